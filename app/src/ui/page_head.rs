//! The head of a page: its title (and that of the browser's tab) and its actions.

use leptos::prelude::*;
use leptos_meta::Title;

/// Title and actions.
#[component]
pub fn PageHead(
    /// The page's one `<h1>`.
    #[prop(into)]
    title: Signal<String>,
    /// Buttons at the right.
    #[prop(optional)]
    children: Option<Children>,
) -> impl IntoView {
    // On the server the tab's title is asked for when the whole page is drawn, and this part may be gone by then.
    let drawn = title.get_untracked();
    view! {
        <Title text=move || title.try_get().unwrap_or_else(|| drawn.clone()) />
        <header class="page-head">
            <h1 class="page-title">{move || title.get()}</h1>
            {children.map(|children| view! { <div class="page-actions">{children()}</div> })}
        </header>
    }
}
