//! No such page.

use leptos::prelude::*;

use crate::ui::{EmptyState, IconName, LinkButton, PageHead};

/// No such page.
#[component]
pub fn NotFoundPage() -> impl IntoView {
    #[cfg(feature = "ssr")]
    crate::api::answer_status(404);
    view! {
        <main class="main main-alone" id="main">
            <PageHead title="Not found" />
            <EmptyState
                icon=IconName::Search
                title="There is nothing at this address"
                text="Perhaps it was mistyped, or what it named has been deleted."
            >
                <LinkButton href="/customers">"Go to customers"</LinkButton>
            </EmptyState>
        </main>
    }
}
