//! Import.

use leptos::prelude::*;

/// Import.
#[component]
pub fn ImportPage() -> impl IntoView {
    view! { <h1>"Import"</h1> }
}
