//! What is wrong with the rows, gathered by rule and column, and mended where it stands: cell by cell, or all cells of a
//! group at once.

use std::collections::BTreeMap;

use domain::import::{CellEdit, CellFixes, ErrorGroup, GroupFix, ImportError, ImportState};
use leptos::prelude::*;
use leptos::task::spawn_local;

use super::pieces::{More, Pieces};
use super::work::{Work, is_moving};
use super::{number, rows};
use crate::api::import::{fix_import_cells, import_error_groups, import_errors_of};
use crate::error::Fault;
use crate::format;
use crate::ui::{
    Button, ButtonSize, EmptyState, ErrorState, Field, Icon, IconName, Skeleton, StatusBadge, TableFrame,
    Tone,
};

/// Cells read at a time.
const CELLS: u32 = 50;

#[component]
pub(super) fn Problems(work: Work) -> impl IntoView {
    let first = Resource::new(|| (), {
        let id = work.id();
        move |()| import_error_groups(id.clone())
    });
    view! {
        <Suspense fallback=|| view! { <Skeleton rows=4 /> }>
            {move || Suspend::new(async move {
                match first.await {
                    Ok(groups) => view! { <Groups work groups /> }.into_any(),
                    Err(fault) => view! { <ErrorState fault retry=move |()| first.refetch() /> }.into_any(),
                }
            })}
        </Suspense>
    }
}

#[component]
fn Groups(work: Work, groups: Vec<ErrorGroup>) -> impl IntoView {
    let groups = RwSignal::new(groups);
    let sought = RwSignal::new(String::new());
    let open = RwSignal::new(groups.with_untracked(|groups| match groups.as_slice() {
        // The only one has nothing to choose from.
        [only] => Some(only.key.clone()),
        _ => None,
    }));
    let round = keep_up(work, groups);
    let keys = move || {
        let sought = sought.with(|sought| sought.trim().to_lowercase());
        groups.with(|groups| {
            let found = |group: &&ErrorGroup| {
                group.message.to_lowercase().contains(&sought)
                    || group.column.to_lowercase().contains(&sought)
            };
            groups.iter().filter(found).map(|group| group.key.clone()).collect::<Vec<_>>()
        })
    };
    let checking = move || work.import.with(is_moving);
    view! {
        <Show
            when=move || !groups.with(Vec::is_empty)
            fallback=move || {
                if checking() {
                    view! { <p class="step-note">"Nothing wrong so far."</p> }.into_any()
                } else {
                    view! {
                        <EmptyState
                            icon=IconName::Check
                            title="Nothing is wrong"
                            text="Every cell could be read. Look at the rows one by one, or import them."
                        />
                    }
                    .into_any()
                }
            }
        >
            <Show when=move || groups.with(|groups| groups.len() > 3)>
                <div class="problem-filter">
                    <Field name="problems" kind="search" label="Filter problems" value=sought placeholder="Column or rule" />
                </div>
            </Show>
            <ul class="problems" aria-label="Problems">
                <For each=keys key=|key| key.clone() let:key>
                    <Group work key groups round open />
                </For>
            </ul>
            <Show when=move || keys().is_empty()>
                <p class="step-note">"No problem with these words."</p>
            </Show>
        </Show>
    }
}

/// Reads the groups again whenever rows were judged again; they grow while that goes on. Answers how often.
fn keep_up(work: Work, groups: RwSignal<Vec<ErrorGroup>>) -> RwSignal<u32> {
    let revision = work.revision();
    let round = RwSignal::new(0);
    Effect::new(move |before: Option<_>| {
        let now = revision.get();
        if before.is_some_and(|before| before != now) {
            spawn_local(async move {
                // Out of reach it stays as it was; the frame shows that there is no connection.
                if let Ok(read) = import_error_groups(work.id()).await {
                    let _ = groups.try_set(read);
                    let _ = round.try_update(|round| *round += 1);
                }
            });
        }
        now
    });
    round
}

#[component]
fn Group(
    work: Work,
    key: String,
    groups: RwSignal<Vec<ErrorGroup>>,
    round: RwSignal<u32>,
    open: RwSignal<Option<String>>,
) -> impl IntoView {
    let key = StoredValue::new(key);
    let group = Memo::new(move |_| {
        key.with_value(|key| groups.with(|groups| groups.iter().find(|group| group.key == *key).cloned()))
    });
    let is_open = Memo::new(move |_| key.with_value(|key| open.with(|open| open.as_deref() == Some(key))));
    let message = move || group.with(|group| group.as_ref().map(|group| group.message.clone()));
    let warning = Memo::new(move |_| group.with(|group| group.as_ref().is_some_and(|group| group.warning)));
    let count = Memo::new(move |_| group.with(|group| group.as_ref().map_or(0, |group| group.count)));
    let toggle = move |_| {
        let next = (!is_open.get_untracked()).then(|| key.get_value());
        open.set(next);
    };
    view! {
        <li class="problem">
            <h3 class="problem-head">
                <button type="button" class="problem-button" aria-expanded=move || is_open.get().to_string() on:click=toggle>
                    <span class="problem-arrow" aria-hidden="true">
                        <Icon name=IconName::Right size=14 />
                    </span>
                    <span class="problem-words">{message}</span>
                    {move || if warning.get() {
                        view! { <StatusBadge tone=Tone::Waiting label="To look at" /> }.into_any()
                    } else {
                        view! { <StatusBadge tone=Tone::Bad label="Rejected" /> }.into_any()
                    }}
                </button>
            </h3>
            <Show when=move || is_open.get()>
                <Mend work key=key.get_value() count round />
            </Show>
        </li>
    }
}

/// The cells of a group, to be mended.
#[component]
fn Mend(work: Work, key: String, count: Memo<i64>, round: RwSignal<u32>) -> impl IntoView {
    let key = StoredValue::new(key);
    let cells = RwSignal::new(None::<Result<Pieces<ImportError>, Fault>>);
    let edits = RwSignal::new(BTreeMap::<i64, CellEdit>::new());
    let state = work.state();
    let read = move || {
        spawn_local(async move {
            let Some(key) = key.try_get_value() else { return };
            let answer = import_errors_of(work.id(), key, Some(CELLS), None).await;
            let _ = cells.try_update(|cells| match (cells.as_ref(), answer) {
                (Some(Ok(pieces)), Ok(page)) => pieces.begin(page),
                (_, Ok(page)) => *cells = Some(Ok(Pieces::of(page))),
                (_, Err(fault)) => *cells = Some(Err(fault)),
            });
        });
    };
    Effect::new(move |_| {
        round.track();
        // Not while rows are judged, when it would be a part of them, nor when nothing of the group is left.
        if state.get_untracked() != ImportState::Mapped && count.get_untracked() > 0 {
            read();
        }
    });
    let may_mend = Memo::new(move |_| state.get() == ImportState::Validated);
    let send = move || {
        let wanted: Vec<CellEdit> = edits.with_untracked(|edits| edits.values().cloned().collect());
        if wanted.is_empty() {
            return;
        }
        let fixes = CellFixes { edits: wanted, group: None };
        work.send(fix_import_cells(work.id(), fixes), move |_| {
            let _ = edits.try_update(BTreeMap::clear);
        });
    };
    let waiting = move || edits.with(|edits| edits.len() as u64);
    view! {
        <form
            class="mend"
            novalidate=true
            on:submit=move |event| {
                event.prevent_default();
                send();
            }
        >
            {move || cells.get().map(|cells| match cells {
                Err(fault) => view! { <ErrorState fault retry=move |()| read() /> }.into_any(),
                Ok(pieces) => view! {
                    <Cells pieces edits may_mend />
                    <More
                        pieces
                        read=move |cursor| import_errors_of(work.id(), key.get_value(), Some(CELLS), cursor)
                        label="Show more cells"
                    />
                }
                .into_any(),
            })}
            <Show when=move || cells.with(Option::is_none)><Skeleton rows=3 /></Show>
            <Show when=move || { waiting() > 0 }>
                <div class="import-actions">
                    <Button submit=true busy=work.busy>
                        {move || format!("Check {} again", format::counted(waiting(), "changed cell", "changed cells"))}
                    </Button>
                </div>
            </Show>
        </form>
        <Show when=move || may_mend.get() && (count.get() > 1)>
            <SetAll work key=key.get_value() count />
        </Show>
    }
}

#[component]
fn Cells(
    pieces: Pieces<ImportError>,
    edits: RwSignal<BTreeMap<i64, CellEdit>>,
    may_mend: Memo<bool>,
) -> impl IntoView {
    view! {
        <TableFrame label="Cells" class="cells" cards=true>
            <thead>
                <tr>
                    <th scope="col" class="numeric">"Row"</th>
                    <th scope="col">"Value"</th>
                    <th scope="col">"What to do"</th>
                </tr>
            </thead>
            <tbody>
                <For
                    each=move || pieces.rows.get()
                    key=|cell| (cell.row, cell.column.clone(), cell.value.clone())
                    let:cell
                >
                    <Cell cell edits may_mend />
                </For>
            </tbody>
        </TableFrame>
    }
}

#[component]
fn Cell(cell: ImportError, edits: RwSignal<BTreeMap<i64, CellEdit>>, may_mend: Memo<bool>) -> impl IntoView {
    let ImportError { sheet, row, column, value, message, .. } = cell;
    let label = format!("{column} in row {row}");
    let shown = StoredValue::new(value);
    let place = StoredValue::new((sheet, column));
    let typed = move |value: String| {
        edits.update(|edits| {
            if shown.with_value(|shown| *shown == value) {
                edits.remove(&row);
            } else {
                let (sheet, column) = place.get_value();
                edits.insert(row, CellEdit { sheet, row, column, value });
            }
        });
    };
    let now = move || {
        edits
            .with(|edits| edits.get(&row).map(|edit| edit.value.clone()))
            .unwrap_or_else(|| shown.get_value())
    };
    view! {
        <tr>
            <td data-label="Row" class="numeric">{row.to_string()}</td>
            <td class="cell-field">
                <Show when=move || may_mend.get() fallback=move || view! { <span class="cell-value">{shown.get_value()}</span> }>
                    <input
                        class="input"
                        type="text"
                        aria-label=label.clone()
                        autocomplete="off"
                        placeholder="(empty)"
                        prop:value=now
                        on:input=move |event| typed(event_target_value(&event))
                    />
                </Show>
            </td>
            <td class="cell-wide cell-message">{message}</td>
        </tr>
    }
}

/// One value for every cell of the group.
#[component]
fn SetAll(work: Work, key: String, count: Memo<i64>) -> impl IntoView {
    let value = RwSignal::new(String::new());
    let key = StoredValue::new(key);
    let send = move || {
        let group = GroupFix { key: key.get_value(), value: value.get_untracked() };
        let fixes = CellFixes { edits: Vec::new(), group: Some(group) };
        work.send(fix_import_cells(work.id(), fixes), |_| ());
    };
    view! {
        <form
            class="set-all"
            novalidate=true
            on:submit=move |event| {
                event.prevent_default();
                send();
            }
        >
            <Field name="set-all" label="Or one value for all of them" value placeholder="(empty)" autocomplete="off" />
            <Button submit=true busy=work.busy size=ButtonSize::Medium>
                {move || format!("Set all {}", number(count.get()))}
            </Button>
            <p class="step-note">{move || format!("{} are checked again at once. The file itself stays as it is.", rows(count.get()))}</p>
        </form>
    }
}
