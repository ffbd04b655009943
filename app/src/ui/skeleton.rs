//! What stands in for rows while they load. It appears after 150 ms (in the style sheet), so that quick answers don't
//! flicker.

use leptos::prelude::*;

/// Grey lines in the shape of a list.
#[component]
pub fn Skeleton(
    /// How many lines.
    #[prop(default = 8)]
    rows: u8,
) -> impl IntoView {
    view! {
        <div class="skeleton" aria-hidden="true">
            {(0..rows).map(|_| view! { <div class="skeleton-row"><span></span><span></span><span></span></div> }).collect_view()}
        </div>
        <p class="sr-only" role="status">"Loading…"</p>
    }
}
