//! The imports so far, the last first; those that are being saved show how far they are.

use domain::import::{Import, ImportState, Progress};
use domain::{Event, EventKind, Page};
use leptos::prelude::*;
use leptos::task::spawn_local;
use leptos_router::components::A;

use super::number;
use super::pieces::{More, Pieces};
use super::progress::share;
use crate::api::import::list_imports;
use crate::live::{Live, is_bulk};
use crate::ui::{ErrorState, Skeleton, StatusBadge, TableFrame, Tone, When};

/// Imports read at a time.
const IMPORTS: u32 = 20;

#[component]
pub(super) fn History() -> impl IntoView {
    let first = Resource::new(|| (), |()| list_imports(Some(IMPORTS), None));
    view! {
        <Suspense fallback=|| view! { <Skeleton rows=3 /> }>
            {move || Suspend::new(async move {
                match first.await {
                    Ok(page) => view! { <Imports page /> }.into_any(),
                    Err(fault) => view! { <ErrorState fault retry=move |()| first.refetch() /> }.into_any(),
                }
            })}
        </Suspense>
    }
}

#[component]
fn Imports(page: Page<Import>) -> impl IntoView {
    let pieces = Pieces::of(page);
    let rows = pieces.rows;
    let read_again = move || {
        spawn_local(async move {
            if let Ok(page) = list_imports(Some(IMPORTS), None).await {
                pieces.begin(page);
            }
        });
    };
    let live = Live::expect();
    live.on_event(move |event| {
        if is_bulk(event) && !apply(rows, event) {
            read_again();
        }
    });
    live.on_resync(read_again);
    view! {
        <Show
            when=move || !rows.with(Vec::is_empty)
            fallback=|| view! { <p class="history step-note">"No imports yet. They are listed here, with who began them and what came of them."</p> }
        >
            <section class="history">
                <h2 class="section-title">"Imports so far"</h2>
                <TableFrame label="Imports" class="imports" cards=true>
                    <thead>
                        <tr>
                            <th scope="col">"File"</th>
                            <th scope="col">"Who and when"</th>
                            <th scope="col" class="numeric">"Rows"</th>
                            <th scope="col" class="numeric">"New"</th>
                            <th scope="col" class="numeric">"Changed"</th>
                            <th scope="col" class="numeric">"Rejected"</th>
                            <th scope="col">"State"</th>
                        </tr>
                    </thead>
                    <tbody>
                        <For
                            each=move || rows.with(|rows| rows.iter().map(|row| row.id.clone()).collect::<Vec<_>>())
                            key=|id| id.clone()
                            let:id
                        >
                            {
                                let row = Memo::new(move |_| rows.with(|rows| rows.iter().find(|row| row.id == id).cloned()));
                                row.get_untracked().map(|first| view! { <Row first row /> })
                            }
                        </For>
                    </tbody>
                </TableFrame>
                <More pieces read=|cursor| list_imports(Some(IMPORTS), cursor) label="Show earlier imports" />
            </section>
        </Show>
    }
}

/// Takes in how far an import is; `false` when the list has to be read again.
fn apply(rows: RwSignal<Vec<Import>>, event: &Event) -> bool {
    if event.kind != EventKind::ImportCommitted {
        return false;
    }
    let Some(progress) = progress_of(event) else { return false };
    rows.try_update(|rows| {
        let row = rows.iter_mut().find(|row| row.id.as_str() == event.subject.id);
        let known = row.is_some();
        if let Some(row) = row {
            row.state = ImportState::Committing;
            row.progress = Some(progress);
            for (name, count) in [("created", &mut row.created), ("updated", &mut row.updated)] {
                *count = event.part(name).unwrap_or(*count);
            }
        }
        known
    })
    .unwrap_or(true)
}

fn progress_of(event: &Event) -> Option<Progress> {
    Some(Progress {
        done: event.part("done")?,
        total: event.part("total")?,
        rows_per_second: event.part("rows_per_second").unwrap_or_default(),
        seconds_left: event.part("seconds_left").unwrap_or_default(),
    })
}

#[component]
fn Row(first: Import, row: Memo<Option<Import>>) -> impl IntoView {
    let count = move |of: fn(&Import) -> i64| {
        move || row.with(|row| row.as_ref().map(|row| number(of(row))).unwrap_or_default())
    };
    let short = first.file_hash.chars().take(8).collect::<String>();
    let state = move || {
        row.get().map(|row| {
            let (tone, label) = state_of(&row);
            view! { <StatusBadge tone label /> }
        })
    };
    view! {
        <tr>
            <td class="cell-main cell-wide">
                <A href=format!("/import/{}", first.id)>{first.file_name}</A>
                <span class="cell-note">
                    {first.kind.label()}
                    {(!short.is_empty()).then(|| view! { ", "<code class="hash" title=first.file_hash.clone()>{short}</code> })}
                </span>
            </td>
            <td class="cell-wide">
                {first.created_by_name}
                <span class="cell-note"><When at=first.created_at /></span>
            </td>
            <td data-label="Rows" class="numeric">{count(|row| row.rows)}</td>
            <td data-label="New" class="numeric">{count(|row| row.created)}</td>
            <td data-label="Changed" class="numeric">{count(|row| row.updated)}</td>
            <td data-label="Rejected" class="numeric">{count(|row| row.invalid)}</td>
            <td class="cell-wide">{state}</td>
        </tr>
    }
}

fn state_of(row: &Import) -> (Tone, String) {
    let plain = |tone, label: &str| (tone, label.to_owned());
    match row.state {
        ImportState::Uploaded => plain(Tone::Waiting, "Columns to choose"),
        ImportState::Mapped => plain(Tone::Waiting, "Checking"),
        ImportState::Validated => plain(Tone::Waiting, "To review"),
        ImportState::Committing => {
            let share = row.progress.map(|progress| format!("Saving, {} %", share(progress)));
            (Tone::Waiting, share.unwrap_or_else(|| "Saving".to_owned()))
        }
        ImportState::Completed => plain(Tone::Good, "Done"),
        ImportState::CompletedWithErrors => plain(Tone::Good, "Done, rows rejected"),
        ImportState::Failed => plain(Tone::Bad, "Stopped"),
        ImportState::Canceled => plain(Tone::Neutral, "Canceled"),
        ImportState::Undone => plain(Tone::Neutral, "Taken back"),
    }
}
