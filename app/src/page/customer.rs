//! One customer.

use leptos::prelude::*;

/// One customer.
#[component]
pub fn CustomerPage() -> impl IntoView {
    view! { <h1>"One customer"</h1> }
}
