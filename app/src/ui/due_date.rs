//! Due dates with the relation people think in.

use chrono::NaiveDate;
use domain::date;
use leptos::prelude::*;

/// `20 Mar 2025` with `611 days late` under it, or a dash.
#[component]
pub fn DueDate(
    /// The date, if anything is due.
    date: Option<NaiveDate>,
    /// Today, for the organisation.
    business_date: NaiveDate,
    /// The relation beside the date rather than under it.
    #[prop(optional)]
    inline: bool,
) -> impl IntoView {
    match date {
        None => view! { <span class="faint" aria-label="Nothing due">"—"</span> }.into_any(),
        Some(due) => {
            let late = due < business_date;
            view! {
                <span class="due" class:due-inline=inline class:due-late=late>
                    <time datetime=due.to_string()>{date::show(due)}</time>
                    " "
                    <span class="due-relation">{date::relation(due, business_date)}</span>
                </span>
            }
            .into_any()
        }
    }
}
