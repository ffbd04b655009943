//! Inbox.

use leptos::prelude::*;

/// Inbox.
#[component]
pub fn InboxPage() -> impl IntoView {
    view! { <h1>"Inbox"</h1> }
}
