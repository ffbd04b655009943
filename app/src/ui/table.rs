//! Tables. The rows are written by the page; the frame, the sticky head and the sortable headings are here.

use leptos::html;
use leptos::prelude::*;

use super::{Icon, IconName};

/// A table in a frame that scrolls by itself when the screen is narrow.
#[component]
pub fn TableFrame(
    /// Its accessible name.
    #[prop(into)]
    label: String,
    /// A further class, for the page's own columns.
    #[prop(default = "")]
    class: &'static str,
    /// Becomes cards under 640 px: give each `<td>` a `data-label`.
    #[prop(optional)]
    cards: bool,
    /// How many rows there are with the heads, where only some of them are on the page.
    #[prop(optional, into)]
    row_count: Signal<Option<u64>>,
    /// The frame itself.
    #[prop(optional)]
    frame: NodeRef<html::Div>,
    /// `<thead>` and `<tbody>`.
    children: Children,
) -> impl IntoView {
    view! {
        <div class="table-frame" class:table-frame-cards=cards node_ref=frame>
            <table
                class=format!("table {class}{}", if cards { " table-cards" } else { "" })
                aria-label=label
                aria-rowcount=move || row_count.get().map(|count| count.to_string())
            >
                {children()}
            </table>
        </div>
    }
}

/// A heading that orders the table.
#[component]
pub fn SortHeader(
    /// What stands in the column.
    #[prop(into)]
    label: String,
    /// The column's name on the wire.
    field: &'static str,
    /// The order now: field and whether the largest comes first.
    #[prop(into)]
    sort: Signal<(String, bool)>,
    /// Order by this one, the largest first if `true`.
    #[prop(into)]
    on_sort: Callback<(&'static str, bool)>,
    /// A column of figures.
    #[prop(optional)]
    numeric: bool,
    /// Orders the largest first when first clicked, as one wants it of amounts and times.
    #[prop(optional)]
    largest_first: bool,
) -> impl IntoView {
    let active = move || sort.with(|(current, descending)| (current == field).then_some(*descending));
    view! {
        <th
            scope="col"
            class:numeric=numeric
            aria-sort=move || match active() {
                Some(true) => "descending",
                Some(false) => "ascending",
                None => "none",
            }
        >
            <button
                type="button"
                class="sort"
                on:click=move |_| {
                    let descending = untrack(active).map_or(largest_first, |descending| !descending);
                    on_sort.run((field, descending));
                }
            >
                {label}
                <span class="sort-mark" aria-hidden="true">
                    {move || match active() {
                        Some(true) => view! { <Icon name=IconName::Down size=12 /> }.into_any(),
                        Some(false) => view! { <Icon name=IconName::Up size=12 /> }.into_any(),
                        None => ().into_any(),
                    }}
                </span>
            </button>
        </th>
    }
}
