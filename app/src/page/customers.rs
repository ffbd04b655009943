//! The customers.
use leptos::prelude::*;
/// The customers.
#[component]
pub fn CustomersPage() -> impl IntoView {
    view! { <h1>"Customers"</h1> }
}
