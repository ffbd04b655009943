//! What a commit would do with each row, field by field, or did.

use chrono::NaiveDate;
use domain::import::{FieldChange, ImportState, PreviewRow, RowOutcome};
use domain::{CustomerId, Page, date};
use leptos::prelude::*;
use leptos_router::hooks::use_query_map;

use super::check::words_of;
use super::pieces::{More, Pieces};
use super::steps::Step;
use super::work::Work;
use crate::api::import::import_preview;
use crate::ui::{EmptyState, ErrorState, IconName, Skeleton, StatusBadge, TableFrame, Tone};

/// Rows read at a time.
const ROWS: u32 = 50;

#[component]
pub(super) fn Preview(work: Work) -> impl IntoView {
    let query = use_query_map();
    let outcome = Memo::new(move |_| {
        query.with(|query| query.get("outcome")).and_then(|outcome| outcome.parse::<RowOutcome>().ok())
    });
    let revision = work.revision();
    // While rows are judged or saved there is nothing whole to show.
    let settled = Memo::new(move |before: Option<&(ImportState, i64)>| match (revision.get(), before) {
        ((ImportState::Mapped | ImportState::Committing, _), Some(before)) => *before,
        (now, _) => now,
    });
    let id = StoredValue::new(work.id());
    let first = Resource::new(
        move || (outcome.get(), settled.get()),
        move |(outcome, _)| import_preview(id.get_value(), outcome, Some(ROWS), None),
    );
    view! {
        <Outcomes work outcome />
        <Transition fallback=|| view! { <Skeleton rows=6 /> }>
            {move || Suspend::new(async move {
                match first.await {
                    Ok(page) => view! { <Rows work page outcome=outcome.get_untracked() /> }.into_any(),
                    Err(fault) => view! { <ErrorState fault retry=move |()| first.refetch() /> }.into_any(),
                }
            })}
        </Transition>
    }
}

/// The outcomes to narrow to, each with an address.
#[component]
fn Outcomes(work: Work, outcome: Memo<Option<RowOutcome>>) -> impl IntoView {
    let all = std::iter::once(None).chain(RowOutcome::ALL.into_iter().map(Some));
    let links = all
        .map(|wanted| {
            let base = format!("{}&view=preview", Step::Check.address(&work.id()));
            let href = wanted.map_or_else(|| base.clone(), |wanted| format!("{base}&outcome={}", wanted.as_str()));
            let words = wanted.map_or("All", |wanted| tone_and_word(wanted).1);
            view! {
                <a class="pill" href=href aria-current=move || (outcome.get() == wanted).then_some("true")>{words}</a>
            }
        })
        .collect_view();
    view! { <nav class="pills" aria-label="Outcomes">{links}</nav> }
}

fn tone_and_word(outcome: RowOutcome) -> (Tone, &'static str) {
    match outcome {
        RowOutcome::Created => (Tone::Good, "New"),
        RowOutcome::Updated => (Tone::Waiting, "Changed"),
        RowOutcome::Skipped => (Tone::Neutral, "Unchanged"),
        RowOutcome::Rejected => (Tone::Bad, "Rejected"),
    }
}

#[component]
fn Rows(work: Work, page: Page<PreviewRow>, outcome: Option<RowOutcome>) -> impl IntoView {
    if page.data.is_empty() {
        return view! {
            <EmptyState icon=IconName::File title="No such row" text="No row of this file has this outcome." />
        }
        .into_any();
    }
    let pieces = Pieces::of(page);
    let id = work.id();
    view! {
        <TableFrame label="Row by row" class="row-by-row" cards=true>
            <thead>
                <tr>
                    <th scope="col" class="numeric">"Row"</th>
                    <th scope="col">"Outcome"</th>
                    <th scope="col">"About"</th>
                    <th scope="col">"What it says"</th>
                </tr>
            </thead>
            <tbody>
                <For each=move || pieces.rows.get() key=|row| row.row let:row>
                    <Row row />
                </For>
            </tbody>
        </TableFrame>
        <More pieces read=move |cursor| import_preview(id.clone(), outcome, Some(ROWS), cursor) label="Show more rows" />
    }
    .into_any()
}

#[component]
fn Row(row: PreviewRow) -> impl IntoView {
    let (tone, label) = tone_and_word(row.outcome);
    let about = match row.customer_id {
        Some(id) => view! { <a href=address_of(&id)>{row.title}</a> }.into_any(),
        None => row.title.into_any(),
    };
    let changes = row.changes.into_iter().map(|change| view! { <Change change /> }).collect_view();
    let errors = row
        .errors
        .into_iter()
        .map(|error| {
            let class = if error.warning { "change change-doubt" } else { "change change-wrong" };
            view! { <li class=class><span class="change-field">{error.column}</span>{error.message}</li> }
        })
        .collect_view();
    view! {
        <tr>
            <td data-label="Row" class="numeric">{row.row.to_string()}</td>
            <td><StatusBadge tone label /></td>
            <td class="cell-main cell-wide">{about}</td>
            <td class="cell-wide"><ul class="changes-list">{changes}{errors}</ul></td>
        </tr>
    }
}

fn address_of(id: &CustomerId) -> String {
    format!("/customers/{id}")
}

/// Dates as everywhere on the screen.
fn readable(value: String) -> String {
    value.parse::<NaiveDate>().map_or(value, date::show)
}

#[component]
fn Change(change: FieldChange) -> impl IntoView {
    let FieldChange { field, old, new } = change;
    let (old, new) = (old.map(readable), new.map(readable));
    let old = old.map(|old| view! { <del>{old}</del><span aria-hidden="true">" → "</span><span class="sr-only">" becomes "</span> });
    let new = new.map_or_else(
        || view! { <span class="muted">"(empty)"</span> }.into_any(),
        |new| view! { <ins>{new}</ins> }.into_any(),
    );
    view! { <li class="change"><span class="change-field">{words_of(&field)}</span>{old}{new}</li> }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_are_shown_as_everywhere_and_the_rest_as_it_is() {
        assert_eq!(readable("2025-04-03".to_owned()), "3 Apr 2025");
        assert_eq!(readable("00123".to_owned()), "00123");
    }
}
