//! Empty lists say why they are empty and offer the next step.

use leptos::prelude::*;

use super::{Icon, IconName};

/// Why there is nothing here, and what to do.
#[component]
pub fn EmptyState(
    /// What would be here.
    icon: IconName,
    /// Why there is nothing.
    #[prop(into)]
    title: String,
    /// What to do about it.
    #[prop(into)]
    text: String,
    /// Buttons and links that do it.
    #[prop(optional)]
    children: Option<Children>,
) -> impl IntoView {
    view! {
        <div class="empty">
            <span class="empty-icon"><Icon name=icon size=24 /></span>
            <h2 class="empty-title">{title}</h2>
            <p class="empty-text">{text}</p>
            {children.map(|children| view! { <div class="empty-actions">{children()}</div> })}
        </div>
    }
}
