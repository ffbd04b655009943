//! A menu that opens under a button: `<details>`, so that it works before the page is interactive. Escape and a click
//! elsewhere close it.

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
    /// Entries: links and buttons of class `menu-item`.
    children: Children,
) -> impl IntoView {
    let node = NodeRef::<html::Details>::new();
    let close = move || {
        if let Some(details) = node.get_untracked() {
            details.set_open(false);
        }
    };
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
    view! {
        <details
            class="menu"
            node_ref=node
            on:keydown=move |event| {
                if event.key() == "Escape" {
                    close();
                    if let Some(summary) = node
                        .get_untracked()
                        .and_then(|details| details.query_selector("summary").ok().flatten())
                        .and_then(|summary| summary.dyn_into::<web_sys::HtmlElement>().ok())
                    {
                        // A menu button that can't take the focus back has left the page.
                        let _ = summary.focus();
                    }
                }
            }
        >
            <summary class="menu-button" role="button" aria-label=label aria-haspopup="true">{face.run()}</summary>
            <div class="menu-list" on:click=move |_| close()>{children()}</div>
        </details>
    }
}
