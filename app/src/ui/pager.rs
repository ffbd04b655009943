//! Where one is in a list, and the way on. Pages are found by key, not by number, so there is only back and forth.

use leptos::prelude::*;

use super::{Icon, IconName};
use crate::format;

/// `51–100 of 1,204` with links to the pages before and after.
#[component]
pub fn Pager(
    /// Number of the first row shown, from 1.
    #[prop(into)]
    first: Signal<u64>,
    /// How many rows are shown.
    #[prop(into)]
    shown: Signal<u64>,
    /// How many there are.
    #[prop(into)]
    total: Signal<u64>,
    /// Address of the page before.
    #[prop(into)]
    previous: Signal<Option<String>>,
    /// Address of the page after.
    #[prop(into)]
    next: Signal<Option<String>>,
) -> impl IntoView {
    let text = move || {
        let (first, shown, total) = (first.get(), shown.get(), total.get());
        if shown == 0 {
            format!("0 of {}", format::count(total))
        } else {
            format!(
                "{}–{} of {}",
                format::count(first),
                format::count(first + shown - 1),
                format::count(total)
            )
        }
    };
    let step = |label: &'static str, icon: IconName, href: Signal<Option<String>>| {
        move || match href.get() {
            Some(href) => view! {
                <a class="button button-secondary button-small" href=href>
                    <Icon name=icon size=14 />
                    {label}
                </a>
            }
            .into_any(),
            None => view! {
                <span class="button button-secondary button-small" aria-disabled="true">
                    <Icon name=icon size=14 />
                    {label}
                </span>
            }
            .into_any(),
        }
    };
    view! {
        <nav class="pager" aria-label="Pages">
            <span class="pager-text">{text}</span>
            {step("Previous", IconName::Left, previous)}
            {step("Next", IconName::Right, next)}
        </nav>
    }
}
