//! A menu that opens under a button: `<details>`, so that it works before the page is interactive. Escape, a choice and
//! a click elsewhere close it; after the first two the focus is on its button again.

use leptos::ev;
use leptos::html;
use leptos::prelude::*;
use wasm_bindgen::JsCast;

/// A menu.
#[component]
pub fn Menu(
    /// Accessible name of the button.
    #[prop(into)]
    label: String,
    /// What stands on the button.
    #[prop(into)]
    face: ViewFn,
    /// Lies over whatever would cut it off, such as the frame of a table.
    #[prop(optional)]
    floating: bool,
    /// Entries: links and buttons of class `menu-item`.
    children: Children,
) -> impl IntoView {
    let node = NodeRef::<html::Details>::new();
    let open = RwSignal::new(false);
    let close = move || {
        if let Some(details) = node.try_get_untracked().flatten() {
            details.set_open(false);
        }
    };
    let leave = move || {
        close();
        let summary = node.try_get_untracked().flatten().and_then(|details| child(&details, "summary"));
        if let Some(summary) = summary {
            // A menu button that can't take the focus back has left the page.
            let _ = summary.focus();
        }
    };
    // A row that changes twice in a moment draws its menu twice, and the first has gone before its effects run: they try.
    // It may have been opened before the page was interactive.
    Effect::new(move |_| {
        let _ = open.try_set(node.try_get().flatten().is_some_and(|details| details.open()));
    });
    // A table has a menu in each row: only the open one listens.
    Effect::new(move |_| {
        if open.try_get() != Some(true) {
            return;
        }
        let outside = window_event_listener(ev::pointerdown, move |event| {
            let inside = node.try_get_untracked().flatten().is_some_and(|details| {
                event
                    .target()
                    .and_then(|target| target.dyn_into::<web_sys::Node>().ok())
                    .is_some_and(|target| details.contains(Some(&target)))
            });
            if !inside {
                close();
            }
        });
        on_cleanup(move || outside.remove());
        if floating {
            let place = move || node.try_get_untracked().flatten().iter().for_each(|details| float(details));
            place();
            let scrolled = window_event_listener(ev::scroll, move |_| place());
            on_cleanup(move || scrolled.remove());
        }
    });
    let is_open = move || node.try_get_untracked().flatten().is_some_and(|details| details.open());
    view! {
        <details
            class="menu"
            class:menu-floating=floating
            node_ref=node
            on:toggle=move |_| {
                let _ = open.try_set(is_open());
            }
            on:keydown=move |event| {
                // Asked of the element itself: what `toggle` tells comes a moment after the menu is in sight.
                if event.key() == "Escape" && is_open() {
                    leave();
                }
            }
        >
            <summary class="menu-button" role="button" aria-label=label aria-haspopup="true">{face.run()}</summary>
            <div class="menu-list" on:click=move |_| leave()>{children()}</div>
        </details>
    }
}

fn child(details: &web_sys::HtmlElement, selector: &str) -> Option<web_sys::HtmlElement> {
    details.query_selector(selector).ok().flatten()?.dyn_into().ok()
}

/// The space between the button and its list, in CSS pixels.
const GAP: f64 = 6.0;

/// Puts the list under its button, or over it where there is no room.
fn float(details: &web_sys::HtmlElement) {
    let (Some(button), Some(list)) = (child(details, "summary"), child(details, ".menu-list")) else {
        return;
    };
    let Some(root) = web_sys::window().and_then(|window| window.document()?.document_element()) else {
        return;
    };
    let (button, height) = (button.get_bounding_client_rect(), f64::from(list.offset_height()));
    let below = button.bottom() + GAP;
    let room = f64::from(root.client_height());
    let top = if below + height > room && button.top() > height + GAP {
        button.top() - GAP - height
    } else {
        below
    };
    // Their right edges meet, unless that would push it over the edge of a narrow screen.
    let left = (button.right() - f64::from(list.offset_width())).max(GAP);
    for (name, value) in [("top", top), ("left", left)] {
        // Only a name or value that CSS doesn't know is refused.
        let _ = list.style().set_property(name, &format!("{value}px"));
    }
}
