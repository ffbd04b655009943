//! Icons: hand-drawn strokes on a 20-unit grid, in the colour of the text beside them.

use leptos::prelude::*;

/// Which icon.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum IconName {
    /// Four tiles.
    Desk,
    /// Two people.
    Customers,
    /// A coin.
    Payments,
    /// An arrow into a tray.
    Import,
    /// A tray.
    Inbox,
    /// A person with a mark.
    Users,
    /// A bell.
    Bell,
    /// A magnifying glass.
    Search,
    /// A plus.
    Plus,
    /// A cross.
    Close,
    /// A mark that something is right.
    Check,
    /// An exclamation mark in a triangle.
    Warning,
    /// An arrow pointing up.
    Up,
    /// An arrow pointing down.
    Down,
    /// An angle pointing left.
    Left,
    /// An angle pointing right.
    Right,
    /// A sun.
    Sun,
    /// A moon.
    Moon,
    /// Three dots.
    More,
    /// A pencil.
    Edit,
    /// A sheet of paper with a folded corner.
    File,
    /// A sheet with an arrow pointing down.
    Download,
    /// A keyboard.
    Keyboard,
    /// A speech bubble.
    Note,
    /// An arrow out of a box.
    SignOut,
    /// A clock.
    Clock,
    /// A lightning bolt.
    Bolt,
    /// A box for putting things away.
    Archive,
    /// Three columns.
    Columns,
}

/// An icon. Hidden from screen readers: the words beside it, or the control's label, say what it means.
#[component]
pub fn Icon(
    /// Which icon.
    name: IconName,
    /// Size in CSS pixels.
    #[prop(default = 18)]
    size: u8,
) -> impl IntoView {
    let path = match name {
        IconName::Desk => {
            "M4 3h4a1 1 0 0 1 1 1v5a1 1 0 0 1-1 1H4a1 1 0 0 1-1-1V4a1 1 0 0 1 1-1ZM4 13h4a1 1 0 0 1 1 1v2a1 1 0 0 1-1 1H4a1 1 0 0 1-1-1v-2a1 1 0 0 1 1-1ZM13 3h3a1 1 0 0 1 1 1v2a1 1 0 0 1-1 1h-3a1 1 0 0 1-1-1V4a1 1 0 0 1 1-1ZM13 10h3a1 1 0 0 1 1 1v5a1 1 0 0 1-1 1h-3a1 1 0 0 1-1-1v-5a1 1 0 0 1 1-1Z"
        }
        IconName::Customers => {
            "M7.5 9.5a3 3 0 1 0 0-6 3 3 0 0 0 0 6ZM2 16.5c0-3 2.4-4.8 5.5-4.8s5.5 1.8 5.5 4.8M13.2 3.8a3 3 0 0 1 0 5.4M15 12c1.9.7 3 2.3 3 4.5"
        }
        IconName::Payments => {
            "M2.5 6a1.5 1.5 0 0 1 1.5-1.500h12A1.5 1.5 0 0 1 17.5 6v8a1.5 1.5 0 0 1-1.5 1.500H4A1.5 1.5 0 0 1 2.5 14ZM10 12.200a2.2 2.2 0 1 0 0-4.4 2.2 2.2 0 0 0 0 4.400ZM5.3 10h.1M14.6 10h.1"
        }
        IconName::Import => {
            "M10 3v9M6.5 8.5 10 12l3.5-3.500M3 12.500V15a1.5 1.5 0 0 0 1.5 1.500h11A1.5 1.5 0 0 0 17 15v-2.5"
        }
        IconName::Inbox => {
            "M3 11.5 5.2 4.700A1.5 1.5 0 0 1 6.6 3.700h6.800a1.5 1.5 0 0 1 1.4 1L17 11.500V15a1.5 1.5 0 0 1-1.5 1.500h-11A1.5 1.5 0 0 1 3 15ZM3 11.500h4l1 2h4l1-2h4"
        }
        IconName::Users => {
            "M8 9.500a3 3 0 1 0 0-6 3 3 0 0 0 0 6ZM2.5 16.500c0-3 2.4-4.8 5.5-4.8 1 0 2 .2 2.8.6M12 14.800l1.7 1.7 3.8-3.8"
        }
        IconName::Bell => {
            "M5 8.500a5 5 0 0 1 10 0c0 3.5 1.5 4.5 1.5 5h-13c0-.5 1.5-1.5 1.5-5ZM8.2 16.200a2 2 0 0 0 3.6 0"
        }
        IconName::Search => "M9 14.500a5.5 5.5 0 1 0 0-11 5.5 5.5 0 0 0 0 11ZM13 13l4 4",
        IconName::Plus => "M10 4v12M4 10h12",
        IconName::Close => "m5 5 10 10M15 5 5 15",
        IconName::Check => "m4 10.5 4 4 8-9",
        IconName::Warning => "M10 3.5 2.5 16.500h15ZM10 8v4M10 14.200v.1",
        IconName::Up => "M10 16V4.500M5.5 9 10 4.5 14.5 9",
        IconName::Down => "M10 4v11.500M5.5 11l4.5 4.5 4.5-4.5",
        IconName::Left => "M12 4.5 6.5 10l5.5 5.5",
        IconName::Right => "M8 4.5 13.5 10 8 15.5",
        IconName::Sun => {
            "M10 13.500a3.5 3.5 0 1 0 0-7 3.5 3.5 0 0 0 0 7ZM10 2v1.500M10 16.500V18M2 10h1.500M16.5 10H18M4.3 4.300l1.1 1.100M14.6 14.600l1.1 1.100M4.3 15.700l1.1-1.100M14.6 5.400l1.1-1.1"
        }
        IconName::Moon => "M16.5 11.800A6.8 6.8 0 0 1 8.2 3.500a6.8 6.8 0 1 0 8.3 8.300Z",
        IconName::More => "M4.5 10h.1M10 10h.1M15.4 10h.1",
        IconName::Edit => "M4 16h3l8.5-8.500a2.1 2.1 0 0 0-3-3L4 13ZM11 6l3 3",
        IconName::File => {
            "M5 3.500h6.500L15.5 7.500V16a.8.8 0 0 1-.8.800H5.300a.8.8 0 0 1-.8-.8V4.300a.8.8 0 0 1 .5-.8ZM11.3 3.500v4.300h4.2"
        }
        IconName::Download => "M10 3v9.500M6 8.800l4 3.9 4-3.900M4 16.500h12",
        IconName::Keyboard => {
            "M2.5 6.500A1.5 1.5 0 0 1 4 5h12a1.5 1.5 0 0 1 1.5 1.500v7A1.5 1.5 0 0 1 16 15H4a1.5 1.5 0 0 1-1.5-1.500ZM5.5 8.300h.1M8.5 8.300h.1M11.5 8.300h.1M14.4 8.300h.1M7 12h6"
        }
        IconName::Note => {
            "M3 5.500A1.5 1.5 0 0 1 4.5 4h11A1.5 1.5 0 0 1 17 5.500v7a1.5 1.5 0 0 1-1.5 1.500H9l-3.5 3v-3h-1A1.5 1.5 0 0 1 3 12.500Z"
        }
        IconName::SignOut => {
            "M8 16.500H5A1.5 1.5 0 0 1 3.5 15V5A1.5 1.5 0 0 1 5 3.500h3M8.5 10h8M13.5 7l3 3-3 3"
        }
        IconName::Clock => "M10 17a7 7 0 1 0 0-14 7 7 0 0 0 0 14ZM10 6v4.200l2.8 1.6",
        IconName::Bolt => "M11 2.5 4.5 11.500H10l-1 6 6.5-9H10Z",
        IconName::Archive => {
            "M3 4.500h14v3.500H3ZM4.5 8v7A1.5 1.5 0 0 0 6 16.500h8a1.5 1.5 0 0 0 1.5-1.500V8M8 11h4"
        }
        IconName::Columns => "M3.500 4h13v12h-13ZM8 4v12M12 4v12",
    };
    view! {
        <svg class="icon" width=size height=size viewBox="0 0 20 20" aria-hidden="true" focusable="false">
            <path d=path />
        </svg>
    }
}
