//! Payments.

use leptos::prelude::*;

/// Payments.
#[component]
pub fn PaymentsPage() -> impl IntoView {
    view! { <h1>"Payments"</h1> }
}
