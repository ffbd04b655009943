//! Light and dark. The choice is a cookie, so that the server can send the page in it at once.

use leptos::prelude::*;

use crate::session::use_session;
use crate::ui::{Icon, IconName};

/// Changes between the light and the dark theme.
#[component]
pub(super) fn ThemeToggle() -> impl IntoView {
    let dark = RwSignal::new(use_session().theme.as_deref() == Some("dark"));
    let chosen = use_session().theme.is_some();
    Effect::new(move |_| {
        // Only the browser knows what the system prefers.
        if !chosen {
            let prefers_dark = window().match_media("(prefers-color-scheme: dark)").ok().flatten();
            dark.set(prefers_dark.is_some_and(|query| query.matches()));
        }
    });
    let label = move || if dark.get() { "Light theme" } else { "Dark theme" };
    view! {
        <button
            type="button"
            class="button button-quiet button-icon"
            aria-label=label
            title=label
            on:click=move |_| {
                dark.update(|dark| *dark = !*dark);
                keep(if dark.get_untracked() { "dark" } else { "light" });
            }
        >
            {move || if dark.get() {
                view! { <Icon name=IconName::Sun /> }
            } else {
                view! { <Icon name=IconName::Moon /> }
            }}
        </button>
    }
}

fn keep(theme: &'static str) {
    let document = document();
    if let Some(root) = document.document_element() {
        // An attribute with a plain name can always be set.
        let _ = root.set_attribute("data-theme", theme);
    }
    let cookie = format!("theme={theme}; Path=/; Max-Age=31536000; SameSite=Lax");
    let _ = js_sys::Reflect::set(&document, &"cookie".into(), &cookie.into());
}
