//! Buttons. One primary a page.

use leptos::ev::MouseEvent;
use leptos::prelude::*;

/// How loud a button is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ButtonKind {
    /// The page's point; at most one of them.
    Primary,
    /// Everything else.
    #[default]
    Secondary,
    /// Beside other things; no frame until pointed at.
    Quiet,
    /// What can't be undone.
    Danger,
}

impl ButtonKind {
    fn class(self) -> &'static str {
        match self {
            ButtonKind::Primary => "button button-primary",
            ButtonKind::Secondary => "button button-secondary",
            ButtonKind::Quiet => "button button-quiet",
            ButtonKind::Danger => "button button-danger",
        }
    }
}

/// How large a button is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ButtonSize {
    /// 28 px, in rows and bars.
    Small,
    /// 34 px.
    #[default]
    Medium,
}

fn class(kind: ButtonKind, size: ButtonSize) -> String {
    let small = if size == ButtonSize::Small { " button-small" } else { "" };
    format!("{}{small}", kind.class())
}

/// A button. While `busy` it can't be pressed again and shows a turning ring in front of its words.
#[component]
pub fn Button(
    /// How loud.
    #[prop(optional)]
    kind: ButtonKind,
    /// How large.
    #[prop(optional)]
    size: ButtonSize,
    /// Submits the form around it.
    #[prop(optional)]
    submit: bool,
    /// Its command is on the way.
    #[prop(optional, into)]
    busy: Signal<bool>,
    /// Can't be pressed.
    #[prop(optional, into)]
    disabled: Signal<bool>,
    /// What screen readers call it, when it shows only an icon.
    #[prop(optional, into)]
    label: Option<String>,
    /// Pressed.
    #[prop(optional, into)]
    on_click: Option<Callback<MouseEvent>>,
    /// What stands on it.
    children: Children,
) -> impl IntoView {
    view! {
        <button
            class=class(kind, size)
            type=if submit { "submit" } else { "button" }
            disabled=move || disabled.get()
            aria-disabled=move || busy.get().then_some("true")
            aria-busy=move || busy.get().then_some("true")
            aria-label=label.clone()
            title=label
            on:mousedown=move |event| {
                // Leaving a field draws its error, which would move this button away from under the pointer before the
                // click is complete. So sending a form leaves the focus where it is.
                if submit {
                    event.prevent_default();
                }
            }
            on:click=move |event| {
                if busy.get_untracked() {
                    event.prevent_default();
                } else if let Some(on_click) = on_click {
                    on_click.run(event);
                }
            }
        >
            <span class="button-ring" aria-hidden="true"></span>
            {children()}
        </button>
    }
}

/// The label of a field that looks like a button, and is pressed like one before the page is interactive, too.
#[component]
pub fn LabelButton(
    /// The field's id.
    field: &'static str,
    /// How loud.
    #[prop(optional)]
    kind: ButtonKind,
    /// What stands on it.
    children: Children,
) -> impl IntoView {
    view! { <label class=class(kind, ButtonSize::Medium) for=field>{children()}</label> }
}

/// A link that looks like a button.
#[component]
pub fn LinkButton(
    /// Where it leads.
    #[prop(into)]
    href: Signal<String>,
    /// How loud.
    #[prop(optional)]
    kind: ButtonKind,
    /// How large.
    #[prop(optional)]
    size: ButtonSize,
    /// A file to save rather than a page to go to.
    #[prop(optional)]
    download: bool,
    /// What stands on it.
    children: Children,
) -> impl IntoView {
    view! {
        // A download isn't a page: the router has to leave it to the browser.
        <a class=class(kind, size) href=move || href.get() download=download.then_some("") rel=download.then_some("external")>
            {children()}
        </a>
    }
}
