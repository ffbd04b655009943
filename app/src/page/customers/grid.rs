//! The rows, kept true by live frames. A changed cell is tinted for a second; what would move a row waits until it is
//! asked for, so that nothing jumps under the pointer.

use std::collections::BTreeSet;
use std::time::Duration;

use domain::customer::{CustomerFilter, CustomerSort};
use domain::{Counts, Customer, CustomerId, CustomerStatus, Event, EventKind, Page};
use leptos::prelude::*;

use super::IMPORTING;
use super::view::{ROWS, View};
use crate::api::Snapshot;
use crate::browser;
use crate::format;
use crate::live::{CatchUp, Live};
use crate::session::use_session;
use crate::timing::throttled;
use crate::ui::{Amount, CustomerStatusBadge, DueDate, Pager, SortHeader, TableFrame, When};

/// How long a changed cell is tinted.
const TINTED: Duration = Duration::from_millis(1300);

/// One row.
#[derive(Clone)]
struct Row {
    id: CustomerId,
    customer: RwSignal<Customer>,
    /// Cells that just changed.
    changed: RwSignal<Cells>,
    /// Doesn't belong here any more.
    gone: RwSignal<bool>,
}

/// Which cells of a row.
#[derive(Clone, Copy, Default, PartialEq)]
struct Cells {
    name: bool,
    reference: bool,
    outstanding: bool,
    overdue: bool,
    due: bool,
    status: bool,
}

impl Cells {
    fn between(old: &Customer, new: &Customer) -> Self {
        Self {
            name: old.name != new.name || old.email != new.email || old.phone != new.phone,
            reference: old.reference != new.reference,
            outstanding: old.outstanding != new.outstanding,
            overdue: old.overdue != new.overdue,
            due: old.next_due_date != new.next_due_date,
            status: old.status != new.status,
        }
    }
}

/// What the frames work on. Copy.
#[derive(Clone, Copy)]
struct Rows {
    seq: i64,
    rows: StoredValue<Vec<Row>>,
    view: StoredValue<View>,
    filter: StoredValue<CustomerFilter>,
    has_next: bool,
    /// Customers that entered, left or moved since the page was read.
    waiting: RwSignal<BTreeSet<CustomerId>>,
    read_again: Callback<()>,
    read_soon: Callback<()>,
}

impl Rows {
    fn apply(&self, event: &Event) {
        if event.seq <= self.seq {
            return;
        }
        if matches!(event.kind, EventKind::ImportCommitted | EventKind::ImportUndone) {
            // Carries no rows. Where somebody is at work in the list it stays as it is until they look up.
            if browser::query(".customers tbody:hover, .customers tbody:focus-within").is_none() {
                self.read_soon.run(());
            } else {
                self.wait(&CustomerId::from(event.subject.id.as_str()));
            }
            return;
        }
        if event.kind == EventKind::CustomerErased {
            let id = CustomerId::from(event.subject.id.as_str());
            if let Some(row) = self.find(&id) {
                let _ = row.gone.try_set(true);
                self.wait(&id);
            }
            return;
        }
        if let Some(customer) = event.part("customer") {
            self.patch(customer);
        }
    }

    fn patch(&self, new: Customer) {
        let matches = self.filter.try_with_value(|filter| filter.matches(&new)).unwrap_or(false);
        let Some(row) = self.find(&new.id) else {
            if matches && self.would_stand_here(&new) {
                self.wait(&new.id);
            }
            return;
        };
        let Some(old) = row.customer.try_get_untracked().filter(|old| old.version < new.version) else {
            return;
        };
        let id = new.id.clone();
        let changed = Cells::between(&old, &new);
        let moved = matches
            && self.view.try_with_value(|view| view.compare(&old, &new)).is_some_and(|order| order.is_ne());
        let _ = row.customer.try_set(new);
        let _ = row.gone.try_set(!matches);
        tint(row.changed, changed);
        if !matches || (moved && self.is_out_of_order(&id)) {
            self.wait(&id);
        } else {
            // Came back to where it belongs.
            let _ = self.waiting.try_update(|waiting| waiting.remove(&id));
        }
    }

    fn find(&self, id: &CustomerId) -> Option<Row> {
        self.rows.try_with_value(|rows| rows.iter().find(|row| row.id == *id).cloned()).flatten()
    }

    fn wait(&self, id: &CustomerId) {
        let _ = self.waiting.try_update(|waiting| waiting.insert(id.clone()));
    }

    /// Whether a customer that isn't shown sorts among those that are.
    fn would_stand_here(&self, new: &Customer) -> bool {
        let compare = |row: Option<&Row>| {
            let shown = row.and_then(|row| row.customer.try_get_untracked())?;
            self.view.try_with_value(|view| view.compare(new, &shown))
        };
        let first_page = self.view.try_with_value(|view| view.cursor.is_none()).unwrap_or(false);
        self.rows
            .try_with_value(|rows| {
                let after_first = first_page || compare(rows.first()).is_some_and(|order| order.is_ge());
                let before_last = !self.has_next || compare(rows.last()).is_some_and(|order| order.is_le());
                after_first && before_last
            })
            .unwrap_or(false)
    }

    /// Whether a row stands wrongly between its neighbours.
    fn is_out_of_order(&self, id: &CustomerId) -> bool {
        self.rows
            .try_with_value(|rows| {
                let Some(at) = rows.iter().position(|row| row.id == *id) else { return false };
                let from = at.saturating_sub(1);
                let around = rows[from..rows.len().min(at + 2)]
                    .iter()
                    .filter_map(|row| row.customer.try_get_untracked())
                    .collect::<Vec<_>>();
                self.view
                    .try_with_value(|view| !around.is_sorted_by(|a, b| view.compare(a, b).is_le()))
                    .unwrap_or(false)
            })
            .unwrap_or(false)
    }
}

fn tint(cells: RwSignal<Cells>, changed: Cells) {
    if changed == Cells::default() {
        return;
    }
    let _ = cells.try_set(changed);
    set_timeout(
        move || {
            let _ = cells.try_set(Cells::default());
        },
        TINTED,
    );
}

/// One page of customers.
#[component]
pub(super) fn Grid(
    /// What was read.
    snapshot: Snapshot<Page<Customer>>,
    /// What it was read for.
    shown: View,
    /// Goes to another view.
    go: Callback<(View, bool)>,
    /// Reads this one again.
    read_again: Callback<()>,
    /// Counts that came after the page.
    newer_counts: RwSignal<Option<Counts>>,
) -> impl IntoView {
    let Snapshot { seq, value: page, business_date } = snapshot;
    let next_cursor = page.page.next_cursor;
    let read_total = page.page.total;
    let rows = page
        .data
        .into_iter()
        .map(|customer| Row {
            id: customer.id.clone(),
            customer: RwSignal::new(customer),
            changed: RwSignal::default(),
            gone: RwSignal::new(false),
        })
        .collect::<Vec<_>>();
    let state = Rows {
        seq,
        rows: StoredValue::new(rows.clone()),
        view: StoredValue::new(shown.clone()),
        filter: StoredValue::new(shown.filter(use_session().currency)),
        has_next: next_cursor.is_some(),
        waiting: RwSignal::default(),
        read_again,
        read_soon: throttled(IMPORTING, move || read_again.run(())),
    };
    let live = Live::expect();
    let today = Signal::derive(move || live.today_since(business_date));
    live.on_event(move |event| state.apply(event));
    Effect::new(move |_| match live.catch_up(seq) {
        CatchUp::Events(events) => events.iter().for_each(|event| state.apply(event)),
        CatchUp::Refetch => state.read_again.run(()),
    });
    let sort = Signal::stored((shown.sort.as_str().to_owned(), shown.descending));
    let sorted = shown.clone();
    let on_sort = Callback::new(move |(field, descending): (&'static str, bool)| {
        if let Ok(field) = field.parse::<CustomerSort>() {
            go.run((sorted.with_sort(field, descending), false));
        }
    });
    // With no filter but the tabs', their counts are the newer total.
    let status = shown.status;
    let by_counts = !shown.has_more_than_status();
    let total = Signal::derive(move || {
        newer_counts.get().filter(|_| by_counts).map_or(read_total, |counts| match status {
            None => counts.all,
            Some(CustomerStatus::Overdue) => counts.overdue,
            Some(CustomerStatus::Pending) => counts.pending,
            Some(CustomerStatus::Paid) => counts.paid,
        })
    });
    let count = rows.len() as u64;
    let first = (shown.page - 1) * ROWS + 1;
    let previous = shown.previous().map(|view| view.address());
    let next = next_cursor.map(|cursor| shown.next(cursor).address());
    view! {
        <div class="changes-bar" role="status">
            {move || {
                let waiting = state.waiting.with(BTreeSet::len) as u64;
                (waiting > 0).then(|| view! {
                    <button type="button" class="changes" on:click=move |_| state.read_again.run(())>
                        {format::counted(waiting, "change", "changes")} " · show"
                    </button>
                })
            }}
        </div>
        <TableFrame label="Customers" class="customers" cards=true>
            <thead>
                <tr>
                    <SortHeader label="Customer" field="name" sort on_sort />
                    <SortHeader label="Reference" field="reference" sort on_sort />
                    <SortHeader label="Outstanding" field="outstanding" sort on_sort numeric=true largest_first=true />
                    <SortHeader label="Overdue" field="overdue" sort on_sort numeric=true largest_first=true />
                    <SortHeader label="Due" field="next_due_date" sort on_sort />
                    <SortHeader label="Status" field="status" sort on_sort />
                    <SortHeader label="Updated" field="updated_at" sort on_sort largest_first=true />
                </tr>
            </thead>
            <tbody>
                {rows.into_iter().map(|row| view! { <CustomerRow row today /> }).collect_view()}
            </tbody>
        </TableFrame>
        <Pager
            first=Signal::stored(first)
            shown=Signal::stored(count)
            total
            previous=Signal::stored(previous)
            next=Signal::stored(next)
        />
    }
}

#[component]
fn CustomerRow(row: Row, today: Signal<chrono::NaiveDate>) -> impl IntoView {
    let Row { id, customer, changed, gone } = row;
    let cell = move |which: fn(&Cells) -> bool| move || changed.with(which);
    let contact = move || customer.with(|customer| customer.email.clone().or_else(|| customer.phone.clone()));
    view! {
        <tr class:row-gone=move || gone.get()>
            <td class="c-name" class:changed=cell(|cells| cells.name)>
                <a class="customer-name" href=format!("/customers/{id}")>{move || customer.with(|customer| customer.name.clone())}</a>
                {move || contact().map(|contact| view! { <span class="cell-sub">{contact}</span> })}
            </td>
            <td class="c-reference card-skip" class:changed=cell(|cells| cells.reference)>
                {move || customer.with(|customer| customer.reference.clone())}
            </td>
            <td class="c-amount numeric" class:changed=cell(|cells| cells.outstanding)>
                {move || view! { <Amount money=customer.with(|customer| customer.outstanding) quiet_zero=true /> }}
            </td>
            <td class="c-overdue numeric card-skip" class:changed=cell(|cells| cells.overdue)>
                {move || view! { <Amount money=customer.with(|customer| customer.overdue) quiet_zero=true /> }}
            </td>
            <td class="c-due" class:changed=cell(|cells| cells.due)>
                {move || view! { <DueDate date=customer.with(|customer| customer.next_due_date) business_date=today.get() /> }}
            </td>
            <td class="c-status card-end" class:changed=cell(|cells| cells.status)>
                {move || view! { <CustomerStatusBadge status=customer.with(|customer| customer.status) /> }}
            </td>
            <td class="c-updated muted card-skip">
                {move || view! { <When at=customer.with(|customer| customer.updated_at) /> }}
            </td>
        </tr>
    }
}
