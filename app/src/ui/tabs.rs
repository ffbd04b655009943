//! Views of one list as tabs: links, so that each has an address.

use leptos::prelude::*;

use crate::format;

/// The bar.
#[component]
pub fn Tabs(
    /// Accessible name of the navigation.
    #[prop(into)]
    label: String,
    /// [`Tab`]s.
    children: Children,
) -> impl IntoView {
    view! { <nav class="tabs" aria-label=label>{children()}</nav> }
}

/// One view.
#[component]
pub fn Tab(
    /// Its name.
    #[prop(into)]
    label: String,
    /// Its address.
    #[prop(into)]
    href: Signal<String>,
    /// Whether it is shown now.
    #[prop(into)]
    current: Signal<bool>,
    /// How many rows it has.
    #[prop(optional, into)]
    count: Signal<Option<u64>>,
    /// Whether it is shown otherwise than it was saved.
    #[prop(optional, into)]
    changed: Signal<bool>,
) -> impl IntoView {
    view! {
        <a class="tab" href=move || href.get() aria-current=move || current.get().then_some("page")>
            {label}
            {move || changed.get().then(|| view! {
                <span class="tab-changed" title="Changed"><span class="sr-only">", changed"</span></span>
            })}
            {move || count.get().map(|count| view! { " " <span class="tab-count">{format::count(count)}</span> })}
        </a>
    }
}
