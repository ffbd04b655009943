//! The grid: one goes on scrolling through all rows of the list. A changed cell is tinted for a second; what would move
//! a row waits until it is asked for, so that nothing jumps under the pointer.

use std::collections::BTreeSet;

use chrono::NaiveDate;
use domain::customer::CustomerSort;
use domain::{Action, Counts, Customer, CustomerStatus, Page};
use leptos::ev;
use leptos::prelude::*;

use super::bulk::BulkBar;
use super::cell;
use super::chosen::{ChooseAll, ChooseRow, Chosen};
use super::columns::{Column, Columns};
use super::inline::{CellField, ClashDialog, Inline, cell_id};
use super::keys::Keyboard;
use super::place::LastPlace;
use super::row::Row;
use super::rows::{Reading, Rows};
use super::view::{ROWS, View};
use super::window::{CHUNK, Window};
use crate::api::Snapshot;
use crate::format;
use crate::live::Live;
use crate::session::use_session;
use crate::ui::{ErrorState, Pager, SortHeader, TableFrame};

/// The rows that were read, and those after them.
#[component]
pub(super) fn Grid(
    /// What was read.
    snapshot: Snapshot<Page<Customer>>,
    /// What it was read for.
    shown: View,
    /// What the address asks for now; the columns come from there.
    view: Memo<View>,
    /// Goes to another view.
    go: Callback<(View, bool)>,
    /// Nobody is left to show.
    emptied: Callback<()>,
    /// Counts that came after the page.
    newer_counts: RwSignal<Option<Counts>>,
) -> impl IntoView {
    let next_cursor = snapshot.value.page.next_cursor.clone();
    let business_date = snapshot.business_date;
    let live = Live::expect();
    let today = Signal::derive(move || live.today_since(business_date));
    let rows = Rows::new(snapshot, &shown, emptied);
    rows.follow();
    let window = Window::new(rows.list.with_untracked(Vec::len));
    look_around(rows, window);
    LastPlace::follow(shown.address(), rows, window);
    let columns = Memo::new(move |_| view.with(|view| view.columns.clone()));
    let chosen = Chosen::default();
    let inline = Inline::new(rows, use_session().may(Action::EditCustomer));
    Keyboard { rows, window, chosen, inline }.listen();
    let desk = Desk { rows, window, columns, chosen, inline, today };
    let archived = shown.archived;
    let total = total(&shown, rows, newer_counts);
    let first = (shown.page - 1) * ROWS;
    let in_sight =
        move |end: fn((usize, usize)) -> usize| move || window.sight.with(|sight| end(*sight) as u64);
    let paged = shown.clone();
    // The columns may change while the rows stay.
    let paged = Signal::derive(move || view.with(|view| paged.shown_as(view)));
    let previous = move || paged.with(View::previous).map(|view| view.address());
    let next = move || next_cursor.clone().map(|cursor| paged.with(|view| view.next(cursor)).address());
    view! {
        <Changes rows window />
        <TableFrame
            label="Customers"
            class="customers"
            cards=true
            frame=window.frame
            row_count=Signal::derive(move || Some(total.get() + 1))
            on:scroll=move |_| look(rows, window)
        >
            <Heads desk shown=shown.clone() view go />
            <For each=move || drawn(window) key=|(chunk, _)| *chunk let((chunk, _))>
                <Chunk chunk first desk />
            </For>
            <Gap height=Signal::derive(move || {
                let chunks = rows.list.with(Vec::len).div_ceil(CHUNK);
                window.gap(window.drawn.with(|drawn| drawn.last().copied()), chunks)
            }) />
        </TableFrame>
        <Ahead rows />
        <Pager
            first=Signal::derive(move || first + in_sight(|(from, _)| from + 1)())
            shown=Signal::derive(in_sight(|(from, to)| to - from))
            total
            previous=Signal::derive(previous)
            next=Signal::derive(next)
        />
        <BulkBar rows chosen archived />
        <ClashDialog inline />
    }
}

/// What the rows are drawn with. Copy.
#[derive(Clone, Copy)]
struct Desk {
    rows: Rows,
    window: Window,
    columns: Memo<Columns>,
    chosen: Chosen,
    inline: Inline,
    today: Signal<NaiveDate>,
}

/// How many rows there are: with no filter but the tabs', their counts are newer than what was read.
fn total(shown: &View, rows: Rows, newer_counts: RwSignal<Option<Counts>>) -> Signal<u64> {
    let status = shown.status;
    let by_counts = !shown.has_more_than_status();
    Signal::derive(move || {
        let read = rows.total.get();
        newer_counts.get().filter(|_| by_counts).map_or(read, |counts| match status {
            None => counts.all,
            Some(CustomerStatus::Overdue) => counts.overdue,
            Some(CustomerStatus::Pending) => counts.pending,
            Some(CustomerStatus::Paid) => counts.paid,
        })
    })
}

/// Draws what belongs in sight, and reads on where the end is near.
fn look(rows: Rows, window: Window) {
    let Some(loaded) = rows.list.try_with_untracked(Vec::len) else { return };
    if window.look(loaded) {
        rows.read_on();
    }
}

/// Looks around whenever something may have come into sight.
fn look_around(rows: Rows, window: Window) {
    let soon = move || request_animation_frame(move || look(rows, window));
    Effect::new(move |_| {
        window.begin();
        rows.list.track();
        window.drawn.track();
        soon();
    });
    let scrolled = window_event_listener(ev::scroll, move |_| soon());
    let resized = window_event_listener(ev::resize, move |_| {
        window.forget();
        soon();
    });
    on_cleanup(move || {
        scrolled.remove();
        resized.remove();
    });
}

/// The drawn chunks, each with the drawn one before it.
fn drawn(window: Window) -> Vec<(usize, Option<usize>)> {
    window.drawn.with(|drawn| {
        let before = std::iter::once(None).chain(drawn.iter().copied().map(Some));
        drawn.iter().copied().zip(before).collect()
    })
}

/// What waits to be shown, until somebody asks for it.
#[component]
fn Changes(rows: Rows, window: Window) -> impl IntoView {
    let waiting = move || rows.waiting.with(BTreeSet::len) as u64;
    let show = move |_| {
        let (_, end) = window.sight.get_untracked();
        rows.read_again(end + CHUNK);
    };
    view! {
        <div class="changes-bar" role="status">
            <Show when=move || waiting() != 0>
                <button type="button" class="changes" on:click=show>
                    {move || format::counted(waiting(), "change", "changes")} " · show"
                </button>
            </Show>
        </div>
    }
}

/// Under the rows: why the next ones did not come.
#[component]
fn Ahead(rows: Rows) -> impl IntoView {
    move || match rows.reading.get() {
        Reading::Failed(fault) => Some(view! { <ErrorState fault retry=move |()| rows.retry() /> }),
        _ => None,
    }
}

#[component]
fn Heads(desk: Desk, shown: View, view: Memo<View>, go: Callback<(View, bool)>) -> impl IntoView {
    let Desk { rows, chosen, columns, .. } = desk;
    let sort = Signal::stored((shown.sort.as_str().to_owned(), shown.descending));
    let on_sort = Callback::new(move |(field, descending): (&'static str, bool)| {
        if let Ok(field) = field.parse::<CustomerSort>() {
            go.run((view.with_untracked(|view| view.with_sort(field, descending)), false));
        }
    });
    let head = move |column: Column| {
        let (label, numeric) = (column.label(), column.is_numeric());
        match column.sort() {
            Some(field) => {
                let (field, largest_first) = (field.as_str(), column.largest_first());
                view! { <SortHeader label field sort on_sort numeric largest_first /> }.into_any()
            }
            None => view! { <th scope="col" class:numeric=numeric>{label}</th> }.into_any(),
        }
    };
    view! {
        <thead>
            <tr aria-rowindex="1"><ChooseAll rows chosen />{move || columns.with(|columns| columns.iter().map(head).collect_view())}</tr>
        </thead>
    }
}

/// In place of rows that aren't drawn.
#[component]
fn Gap(height: Signal<f64>) -> impl IntoView {
    move || {
        Some(height.get()).filter(|height| *height > 0.0).map(|height| {
            view! {
                <tbody class="gap" aria-hidden="true">
                    <tr>
                        <td colspan="20" style:height=format!("{height}px")></td>
                    </tr>
                </tbody>
            }
        })
    }
}

/// Rows that are drawn together, after the gap before them.
#[component]
fn Chunk(
    chunk: usize,
    /// How many rows the list has before those that were read.
    first: u64,
    desk: Desk,
) -> impl IntoView {
    let Desk { rows, window, .. } = desk;
    let gap = Signal::derive(move || {
        let before = window.drawn.with(|drawn| drawn.iter().rev().find(|drawn| **drawn < chunk).copied());
        window.gap(before, chunk)
    });
    let place = first + (chunk * CHUNK) as u64;
    let draw = move |index: ReadSignal<usize>, row: Row| {
        // The heads are the first row.
        let number = Signal::derive(move || place + index.get() as u64 + 2);
        view! { <CustomerRow row number desk /> }
    };
    view! {
        <Gap height=gap />
        <tbody data-chunk=chunk.to_string()>
            <ForEnumerate each=move || rows.chunk(chunk) key=|row| row.id.clone() children=draw />
        </tbody>
    }
}

#[component]
fn CustomerRow(row: Row, number: Signal<u64>, desk: Desk) -> impl IntoView {
    let Desk { rows, columns, chosen, .. } = desk;
    let customer = RwSignal::from(row.customer.clone());
    let gone = RwSignal::from(row.gone.clone());
    let (id, own) = (row.id.clone(), row.id.to_string());
    let name = Signal::derive(move || customer.with(|customer| customer.name.clone()));
    let cells = move || {
        columns.with(|columns| columns.iter().map(|column| cell(row.clone(), column, desk)).collect_view())
    };
    view! {
        <tr class:row-gone=move || gone.get() aria-rowindex=move || number.get().to_string() data-id=own>
            <ChooseRow rows chosen id name />
            {cells}
        </tr>
    }
}

/// A cell, which becomes a field where one may change what it shows.
fn cell(row: Row, column: Column, desk: Desk) -> impl IntoView {
    let Desk { inline, today, .. } = desk;
    let (customer, changed) = (RwSignal::from(row.customer.clone()), RwSignal::from(row.tinted.clone()));
    let (id, own) = (row.id.clone(), row.id.clone());
    let shown = match inline.may(column) {
        false => cell::content(column, customer, today),
        true => {
            let is_open = Memo::new(move |_| inline.is_open(&own, column));
            let field = move || view! { <CellField inline row=row.clone() column /> }.into_any();
            view! { {move || if is_open.get() { field() } else { cell::content(column, customer, today) }} }
                .into_any()
        }
    };
    view! {
        <td
            id=cell_id(&id, column)
            class=cell::class(column)
            class:changed=move || changed.with(|changed| changed.contains(&column))
            class:c-editable=inline.may(column)
            tabindex="-1"
            data-column=column.as_str()
            data-label=cell::card_label(column)
            on:dblclick=move |_| inline.open(&id, column)
        >
            {shown}
        </td>
    }
}
