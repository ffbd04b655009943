//! The rows that were read: kept true by live frames, and read on as one nears their end.

use std::collections::{BTreeSet, HashMap};

use domain::customer::CustomerFilter;
use domain::{Customer, CustomerId, Event, EventKind, Page};
use leptos::prelude::*;
use leptos::task::spawn_local;

use super::IMPORTING;
use super::row::Row;
use super::view::{ROWS, View};
use super::window::CHUNK;
use crate::api::Snapshot;
use crate::api::customer::{CustomerList, list_customers};
use crate::browser;
use crate::error::Fault;
use crate::live::{CatchUp, Live};
use crate::session::use_session;
use crate::timing::throttled;

/// Rows read at once as one scrolls on.
const MORE: u32 = 100;
/// Rows read at once where many are read again: the most that a page may have.
const AGAIN: u32 = 200;
/// Further down than this the place isn't kept when the rows are read again.
const KEPT: usize = 2_000;

/// What is being read.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) enum Reading {
    #[default]
    Nothing,
    /// The rows after these.
    More,
    /// These once more.
    Again,
    /// What was to be read last did not come.
    Failed(Fault),
}

/// The rows. Copy.
#[derive(Clone, Copy)]
pub(super) struct Rows {
    /// In the order of the list, without a hole.
    pub list: RwSignal<Vec<Row>>,
    /// How many there are in all, as of the last reading.
    pub total: RwSignal<u64>,
    pub reading: RwSignal<Reading>,
    /// Customers that entered, left or moved since the rows were read.
    pub waiting: RwSignal<BTreeSet<CustomerId>>,
    places: StoredValue<HashMap<CustomerId, usize>>,
    /// Where the rows go on.
    next: StoredValue<Option<String>>,
    seq: StoredValue<i64>,
    /// Counts readings, so that an answer which was overtaken is known.
    turn: StoredValue<u64>,
    view: StoredValue<View>,
    filter: StoredValue<CustomerFilter>,
    currency: domain::Currency,
    live: Live,
    /// Nobody is left to show.
    emptied: Callback<()>,
}

impl Rows {
    pub(super) fn new(snapshot: Snapshot<Page<Customer>>, shown: &View, emptied: Callback<()>) -> Self {
        let currency = use_session().currency;
        let rows = Self {
            list: RwSignal::default(),
            total: RwSignal::new(0),
            reading: RwSignal::default(),
            waiting: RwSignal::default(),
            places: StoredValue::default(),
            next: StoredValue::default(),
            seq: StoredValue::new(snapshot.seq),
            turn: StoredValue::new(0),
            view: StoredValue::new(shown.clone()),
            filter: StoredValue::new(shown.filter(currency)),
            currency,
            live: Live::expect(),
            emptied,
        };
        rows.append(snapshot.value);
        rows
    }

    /// From now on the rows follow what happens.
    pub(super) fn follow(self) {
        let soon = throttled(IMPORTING, move || self.read_again(0));
        self.live.on_event(move |event| self.apply(event, soon));
        self.live.on_resync(move || soon.run(()));
        Effect::new(move |_| {
            if let Some(seq) = self.seq.try_get_value() {
                self.catch_up(seq, soon);
            }
        });
    }

    /// The rows of a chunk.
    pub(super) fn chunk(&self, number: usize) -> Vec<Row> {
        self.list.with(|rows| rows.chunks(CHUNK).nth(number).unwrap_or_default().to_vec())
    }

    /// The row of a customer.
    fn find(&self, id: &CustomerId) -> Option<Row> {
        let place = self.place(id)?;
        self.list.try_with_untracked(|rows| rows.get(place).cloned()).flatten()
    }

    /// Where a customer stands in the list.
    pub(super) fn place(&self, id: &CustomerId) -> Option<usize> {
        self.places.try_with_value(|places| places.get(id).copied()).flatten()
    }

    /// Who stands at a place, or at the end before it.
    pub(super) fn at(&self, place: usize) -> Option<(usize, CustomerId)> {
        self.list.with_untracked(|rows| {
            let place = place.min(rows.len().checked_sub(1)?);
            rows.get(place).map(|row| (place, row.id.clone()))
        })
    }

    /// The customers from one row to another, both included.
    pub(super) fn between(&self, one: &CustomerId, other: &CustomerId) -> Vec<CustomerId> {
        let (Some(one), Some(other)) = (self.place(one), self.place(other)) else { return Vec::new() };
        self.list.with_untracked(|rows| {
            let between = rows.get(one.min(other)..=one.max(other)).unwrap_or_default();
            between.iter().map(|row| row.id.clone()).collect()
        })
    }

    /// What is listed, in the ledger's terms.
    pub(super) fn wanted(&self) -> CustomerList {
        self.view.with_value(|view| view.list(self.currency))
    }

    /// Shows a customer as it is now, if it stands here.
    pub(super) fn put(&self, new: Customer) {
        let matches = self.filter.try_with_value(|filter| filter.matches(&new)).unwrap_or(false);
        let id = new.id.clone();
        let Some(row) = self.find(&id) else {
            if matches && self.would_stand_here(&new) {
                self.wait(&id);
            }
            return;
        };
        let Some(old) = row.put(new.clone()) else { return };
        let moved = matches
            && self.view.try_with_value(|view| view.compare(&old, &new)).is_some_and(|order| order.is_ne());
        row.gone.set(!matches);
        if !matches || (moved && self.is_out_of_order(&id)) {
            self.wait(&id);
        } else {
            // Came back to where it belongs.
            let _ = self.waiting.try_update(|waiting| waiting.remove(&id));
        }
    }

    fn apply(&self, event: &Event, soon: Callback<()>) {
        if self.seq.try_get_value().is_none_or(|seq| event.seq <= seq) {
            return;
        }
        if matches!(event.kind, EventKind::ImportCommitted | EventKind::ImportUndone) {
            // Carries no rows. Where somebody is at work in the list it stays as it is until they look up.
            if browser::query(".customers tbody:hover, .customers tbody:focus-within").is_none() {
                soon.run(());
            } else {
                self.wait(&CustomerId::from(event.subject.id.as_str()));
            }
            return;
        }
        if event.kind == EventKind::CustomerErased {
            let id = CustomerId::from(event.subject.id.as_str());
            if let Some(row) = self.find(&id) {
                row.gone.set(true);
                self.wait(&id);
            }
            return;
        }
        if let Some(customer) = event.part("customer") {
            self.put(customer);
        }
    }

    /// Takes in what has happened since something was read.
    fn catch_up(&self, seq: i64, soon: Callback<()>) {
        match self.live.catch_up(seq) {
            CatchUp::Events(events) => events.iter().for_each(|event| self.apply(event, soon)),
            CatchUp::Refetch => soon.run(()),
        }
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
        self.list
            .try_with_untracked(|rows| {
                let after_first = first_page || compare(rows.first()).is_some_and(|order| order.is_ge());
                let before_last = !self.has_more() || compare(rows.last()).is_some_and(|order| order.is_le());
                after_first && before_last
            })
            .unwrap_or(false)
    }

    /// Whether a row stands wrongly between its neighbours.
    fn is_out_of_order(&self, id: &CustomerId) -> bool {
        let Some(at) = self.place(id) else { return false };
        let around = self.list.try_with_untracked(|rows| {
            let around = rows.get(at.saturating_sub(1)..rows.len().min(at + 2)).unwrap_or_default();
            around.iter().filter_map(|row| row.customer.try_get_untracked()).collect::<Vec<_>>()
        });
        self.view
            .try_with_value(|view| {
                !around.unwrap_or_default().is_sorted_by(|a, b| view.compare(a, b).is_le())
            })
            .unwrap_or(false)
    }

    // ---- reading on, and again ---------------------------------------------------------------------------------

    /// Whether there are rows after these.
    pub(super) fn has_more(&self) -> bool {
        self.next.try_with_value(Option::is_some).unwrap_or(false)
    }

    /// Reads the rows after these, unless something is being read or failed to be.
    pub(super) fn read_on(self) {
        let Some(cursor) = self.next.try_get_value().flatten() else { return };
        if self.reading.try_with_untracked(|reading| *reading == Reading::Nothing) != Some(true) {
            return;
        }
        self.reading.set(Reading::More);
        let Some((turn, list)) = self.turn.try_get_value().zip(self.asks(MORE, Some(cursor))) else { return };
        spawn_local(async move {
            let answer = list_customers(list).await;
            if self.turn.try_get_value() != Some(turn) {
                return;
            }
            match answer {
                Ok(snapshot) => {
                    let _ = self.reading.try_set(Reading::Nothing);
                    self.append(snapshot.value);
                    // Frames of these rows may have come before they did.
                    self.catch_up(snapshot.seq, Callback::new(move |()| self.read_again(0)));
                }
                Err(fault) => {
                    let _ = self.reading.try_set(Reading::Failed(fault));
                }
            }
        });
    }

    /// Tries again what failed.
    pub(super) fn retry(self) {
        let _ = self.reading.try_set(Reading::Nothing);
        self.read_on();
    }

    /// Reads the rows again, at least so many of them, so that one stays where one is; far down, only the first ones.
    pub(super) fn read_again(self, needed: usize) {
        let Some(loaded) = self.list.try_with_untracked(Vec::len) else { return };
        let needed = if needed == 0 { loaded } else { needed };
        let needed = if needed > KEPT { ROWS as usize } else { needed };
        let turn = self.turn.try_update_value(|turn| {
            *turn += 1;
            *turn
        });
        let _ = self.reading.try_set(Reading::Again);
        let start = self.view.try_with_value(|view| view.cursor.clone()).flatten();
        spawn_local(async move {
            let answer = self.pages(start, needed).await;
            if turn.is_none() || self.turn.try_get_value() != turn {
                return;
            }
            match answer {
                Some(Ok(snapshot)) if snapshot.value.data.is_empty() => {
                    self.emptied.try_run(());
                }
                Some(Ok(snapshot)) => {
                    let _ = self.reading.try_set(Reading::Nothing);
                    let _ = self.waiting.try_set(BTreeSet::new());
                    self.seq.try_update_value(|seq| *seq = snapshot.seq);
                    self.replace(snapshot.value);
                    self.catch_up(snapshot.seq, Callback::new(move |()| self.read_again(0)));
                }
                Some(Err(fault)) => {
                    let _ = self.reading.try_set(Reading::Failed(fault));
                }
                None => {}
            }
        });
    }

    /// Reads page after page until there are so many rows. All are as new as the first page or newer.
    async fn pages(
        self,
        start: Option<String>,
        needed: usize,
    ) -> Option<Result<Snapshot<Page<Customer>>, Fault>> {
        let limit = |missing: usize| u32::try_from(missing).unwrap_or(AGAIN).clamp(ROWS as u32, AGAIN);
        let mut all = match list_customers(self.asks(limit(needed), start)?).await {
            Ok(first) => first,
            fault => return Some(fault),
        };
        while all.value.data.len() < needed
            && let Some(cursor) = all.value.page.next_cursor.take()
        {
            let missing = needed - all.value.data.len();
            match list_customers(self.asks(limit(missing), Some(cursor))?).await {
                Ok(next) => {
                    all.value.data.extend(next.value.data);
                    all.value.page = next.value.page;
                }
                fault => return Some(fault),
            }
        }
        Some(Ok(all))
    }

    fn asks(&self, limit: u32, cursor: Option<String>) -> Option<CustomerList> {
        let list = self.view.try_with_value(|view| view.list(self.currency))?;
        Some(CustomerList { limit: Some(limit), cursor, ..list })
    }

    fn append(&self, page: Page<Customer>) {
        let known = |id: &CustomerId| self.places.with_value(|places| places.contains_key(id));
        // One that moved on between two readings stands here already.
        let new: Vec<Row> =
            page.data.into_iter().filter(|customer| !known(&customer.id)).map(Row::new).collect();
        self.settle(page.page);
        let first = self.list.with_untracked(Vec::len);
        self.places.update_value(|places| {
            places.extend(new.iter().enumerate().map(|(at, row)| (row.id.clone(), first + at)));
        });
        self.list.update(|rows| rows.extend(new));
    }

    /// Other rows in the place of these; those that were here keep what is drawn of them.
    fn replace(&self, page: Page<Customer>) {
        let mut seen = BTreeSet::new();
        let rows = page
            .data
            .into_iter()
            .filter(|customer| seen.insert(customer.id.clone()))
            .map(|customer| match self.find(&customer.id) {
                Some(row) => {
                    row.gone.set(false);
                    row.put(customer);
                    row
                }
                None => Row::new(customer),
            })
            .collect::<Vec<_>>();
        self.settle(page.page);
        self.places.set_value(rows.iter().enumerate().map(|(at, row)| (row.id.clone(), at)).collect());
        self.list.set(rows);
    }

    fn settle(&self, page: domain::list::PageInfo) {
        self.total.set(page.total);
        self.next.set_value(page.next_cursor);
    }
}
