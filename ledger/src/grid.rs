//! What the customer grid is filtered, searched and ordered by, in memory: a page of a hundred thousand customers is
//! found in a millisecond or two, by any filter and any order, and only its rows are read from the database, or kept from
//! when they last were: the first pages of a list are read again and again, and the index knows each row's version.
//!
//! It follows the event log with the live tail, and a reader waits until it has seen what this process committed. Until
//! it has been read at start, and should it ever fall behind, the database answers the same questions itself.

use std::cmp::Ordering;
use std::collections::HashMap;
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use chrono::NaiveDate;
use domain::customer::{CustomerFilter, CustomerSort, SortBy};
use domain::{Currency, Customer, CustomerId};
use itertools::{Either, Itertools};
use memchr::memmem::Finder;
use quick_cache::sync::Cache;
use serde::Deserialize;
use serde_json::Value;
use tokio::sync::watch;

use crate::store::rows::{CustomerRow, GridRow, NEVER, status_rank};
use crate::store::{KeyValue, Keyset};
use crate::{Error, Ledger, Result};

/// Rows read at once when the index is filled.
const LOAD: u32 = 2_000;
/// A reader that has to wait longer for what was committed asks the database.
const PATIENCE: Duration = Duration::from_millis(200);
/// Customers that are kept as they were read last, of about a kibibyte each.
const HELD: usize = 4_096;

/// The index.
pub(crate) struct Grid {
    state: RwLock<State>,
    /// The last event that is in it.
    seq: watch::Sender<i64>,
    /// Customers as they were read last; true as long as they have the version that the index knows.
    held: Cache<CustomerId, Arc<Customer>>,
}

#[derive(Default)]
struct State {
    entries: Vec<Entry>,
    places: HashMap<Box<str>, usize>,
    /// What is searched, of all entries in one piece: reading it from one end to the other takes a third of the time that
    /// following as many pointers does.
    texts: Vec<u8>,
    /// Bytes of it that no entry needs any more.
    unused: usize,
    /// What happened while it was being filled; `None` once it is full.
    waiting: Option<Vec<Change>>,
}

/// A customer as the index knows it: what is looked at for every question, and apart from it what only those who are found
/// are asked for. A hundred thousand of these are read from one end to the other, and their size decides how fast.
struct Entry {
    name: Head,
    reference: Head,
    outstanding: i64,
    overdue: i64,
    created: i64,
    updated: i64,
    /// In minor units.
    unapplied: i64,
    search: Span,
    /// Days since the common era; [`NO_DATE`] sorts last.
    due: i32,
    /// `None`: no currency that is known.
    currency: Option<Currency>,
    status: u8,
    archived: bool,
    rest: Box<Rest>,
}

struct Rest {
    id: Box<str>,
    name: Text,
    reference: Text,
    owner: Option<Box<str>>,
    tags: Box<[String]>,
    version: i64,
}

const NO_DATE: i32 = i32::MAX;

/// A text to order by.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
struct Text(Box<str>);

/// The first sixteen bytes of a text, which compare as it does: two texts are mostly told apart without looking at them.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Head(u128);

impl Head {
    fn of(text: &str) -> Self {
        let mut head = [0; 16];
        for (place, byte) in head.iter_mut().zip(text.bytes()) {
            *place = byte;
        }
        Self(u128::from_be_bytes(head))
    }
}

/// A part of [`State::texts`].
#[derive(Clone, Copy)]
struct Span {
    from: usize,
    len: usize,
}

/// So much may be unused before it is worth writing the rest together.
const UNUSED: usize = 64 * 1024;

/// What an event does to a customer.
pub(crate) enum Change {
    /// It is like this now.
    Row(Box<CustomerRow>),
    /// It is gone.
    Gone(String),
}

/// Money of a customer that settles nothing.
pub(crate) struct Unapplied {
    pub customer: CustomerId,
    pub currency: Currency,
    /// How much, in minor units.
    pub minor: i64,
    /// Whether anything is owed besides.
    pub owes: bool,
}

/// A customer on a page, and the version it is there with.
pub(crate) struct Listed {
    pub id: CustomerId,
    version: i64,
}

/// Who is on a page, where the next begins, and how many match in all.
pub(crate) struct GridPage {
    pub listed: Vec<Listed>,
    pub next: Option<Keyset>,
    pub total: u64,
}

impl Grid {
    pub(crate) fn new(seq: i64) -> Self {
        let state = State { waiting: Some(Vec::new()), ..State::default() };
        Self { state: RwLock::new(state), seq: watch::Sender::new(seq), held: Cache::new(HELD) }
    }

    /// Takes in the event `seq`.
    pub(crate) fn follow(&self, seq: i64, changes: Vec<Change>) {
        if !changes.is_empty() {
            let mut state = self.state.write().unwrap_or_else(PoisonError::into_inner);
            match &mut state.waiting {
                Some(waiting) => waiting.extend(changes),
                None => changes.into_iter().for_each(|change| state.apply(change)),
            }
        }
        self.seq.send_replace(seq);
    }

    fn is_full(&self) -> bool {
        self.state.read().unwrap_or_else(PoisonError::into_inner).waiting.is_none()
    }

    /// Whether the index is full and has seen the event `seq`, now or in a moment.
    async fn has_seen(&self, seq: i64) -> bool {
        if !self.is_full() {
            return false;
        }
        let mut seen = self.seq.subscribe();
        let there = tokio::time::timeout(PATIENCE, seen.wait_for(|seen| *seen >= seq)).await;
        matches!(there, Ok(Ok(_)))
    }

    /// The last event that is in it.
    pub(crate) fn seq(&self) -> i64 {
        *self.seq.borrow()
    }

    /// A customer of a page, if it is kept as it is there.
    pub(crate) fn held(&self, listed: &Listed) -> Option<Customer> {
        let held = self.held.get(&listed.id).filter(|held| held.version == listed.version)?;
        Some(Customer::clone(&held))
    }

    /// Keeps a customer as it was read.
    pub(crate) fn hold(&self, customer: &Customer) {
        self.held.insert(customer.id.clone(), Arc::new(customer.clone()));
    }

    /// A page of it; `None` when the cursor is not one of this order.
    pub(crate) fn page(
        &self,
        filter: &CustomerFilter,
        sort: &[SortBy<CustomerSort>],
        limit: u32,
        after: Option<&Keyset>,
    ) -> Option<GridPage> {
        let matcher = Matcher::new(filter);
        // The first column tells nearly all entries apart, and is told by one number.
        let first_by = sort.first();
        let rank = |entry: &Entry| first_by.map_or(0, |by| entry.key(by.field).rank(by.descending));
        let order = |(rank_a, a): &(u128, &Entry), (rank_b, b): &(u128, &Entry)| {
            rank_a.cmp(rank_b).then_with(|| {
                let keys = sort.iter().map(|by| (a.key(by.field), b.key(by.field)));
                compare(sort, keys, || a.rest.id.cmp(&b.rest.id))
            })
        };
        let last = match after {
            Some(after) => {
                let keys = last_keys(sort, after)?;
                let first = first_by.zip(keys.first());
                let rank = first.map_or(0, |(by, key)| key.as_key().rank(by.descending));
                Some((rank, keys, after.id.as_str()))
            }
            None => None,
        };
        let room = limit as usize + 1;
        let mut total = 0;
        let state = self.state.read().unwrap_or_else(PoisonError::into_inner);
        let entries = state.entries.iter();
        // Rows were mostly made in some order; met from its better end, nearly all others are told apart by one comparison.
        let entries = match first_by {
            Some(by) if by.descending => Either::Left(entries.rev()),
            _ => Either::Right(entries),
        };
        let matching = entries.filter(|entry| matcher.takes(entry, &state)).inspect(|_| total += 1);
        let behind_last = matching.map(|entry| (rank(entry), entry)).filter(|(rank, entry)| {
            last.as_ref().is_none_or(|(last_rank, keys, id)| {
                let keys = sort.iter().zip(keys).map(|(by, last)| (entry.key(by.field), last.as_key()));
                rank.cmp(last_rank).then_with(|| compare(sort, keys, || (*entry.rest.id).cmp(id))).is_gt()
            })
        });
        let mut first: Vec<&Entry> =
            behind_last.k_smallest_relaxed_by(room, order).map(|(_, entry)| entry).collect();
        let more = first.len() == room;
        first.truncate(limit as usize);
        let next = first.last().filter(|_| more).map(|entry| Keyset {
            values: sort.iter().map(|by| entry.key(by.field).value(by.field)).collect(),
            id: entry.rest.id.to_string(),
        });
        let listed = |entry: &Entry| Listed {
            id: CustomerId::from(entry.rest.id.to_string()),
            version: entry.rest.version,
        };
        Some(GridPage { listed: first.into_iter().map(listed).collect(), next, total })
    }

    /// Customers with money that settles nothing.
    pub(crate) fn unapplied(&self) -> Result<Vec<Unapplied>> {
        let state = self.state.read().unwrap_or_else(PoisonError::into_inner);
        let told = |entry: &Entry| {
            Ok(Unapplied {
                customer: CustomerId::from(entry.rest.id.to_string()),
                currency: entry.currency.ok_or_else(|| Error::internal("broken row: currency"))?,
                minor: entry.unapplied,
                owes: entry.outstanding > 0,
            })
        };
        state.entries.iter().filter(|entry| entry.unapplied > 0).map(told).collect()
    }
}

impl State {
    fn apply(&mut self, change: Change) {
        match change {
            Change::Row(row) => self.put(GridRow::from(*row)),
            Change::Gone(id) => self.remove(&id),
        }
    }

    fn put(&mut self, row: GridRow) {
        let id: Box<str> = crate::store::key(row.id.clone()).into();
        let place = self.places.get(&id).copied();
        let known = place.and_then(|place| self.entries.get(place)).map(|entry| entry.search);
        let search = self.keep(&row.search, known);
        let entry = Entry::of(id, row, search);
        match place.and_then(|place| self.entries.get_mut(place)) {
            Some(known) => *known = entry,
            None => {
                self.places.insert(entry.rest.id.clone(), self.entries.len());
                self.entries.push(entry);
            }
        }
        self.tidy();
    }

    fn remove(&mut self, id: &str) {
        let Some(place) = self.places.remove(id) else { return };
        self.unused += self.entries.swap_remove(place).search.len;
        if let Some(moved) = self.entries.get(place) {
            self.places.insert(moved.rest.id.clone(), place);
        }
        self.tidy();
    }

    fn text(&self, span: Span) -> &[u8] {
        self.texts.get(span.from..span.from + span.len).unwrap_or_default()
    }

    /// Where a text stands: at the end, unless it is the one that was known.
    fn keep(&mut self, text: &str, known: Option<Span>) -> Span {
        if let Some(known) = known {
            if self.text(known) == text.as_bytes() {
                return known;
            }
            self.unused += known.len;
        }
        let span = Span { from: self.texts.len(), len: text.len() };
        self.texts.extend_from_slice(text.as_bytes());
        span
    }

    /// Writes the texts together when more than half of them is unused.
    fn tidy(&mut self) {
        if self.unused < UNUSED || self.unused * 2 < self.texts.len() {
            return;
        }
        let mut texts = Vec::with_capacity(self.texts.len() - self.unused);
        for entry in &mut self.entries {
            let Span { from, len } = entry.search;
            entry.search.from = texts.len();
            texts.extend_from_slice(self.texts.get(from..from + len).unwrap_or_default());
        }
        (self.texts, self.unused) = (texts, 0);
    }
}

impl Ledger {
    /// Whether the grid's index answers, and not the database.
    #[doc(hidden)]
    pub fn has_grid(&self) -> bool {
        self.inner.grid.is_full()
    }

    /// The index, when it is there and has seen what this process committed; else the database is to be asked.
    pub(crate) async fn grid(&self) -> Option<&Grid> {
        let committed = *self.inner.committer.committed().borrow();
        let grid = &self.inner.grid;
        grid.has_seen(committed).await.then_some(grid)
    }

    /// Fills the index, and then does to it what happened meanwhile.
    pub(crate) async fn fill_grid(self) {
        let mut pause = Duration::from_millis(250);
        while let Err(error) = self.read_grid().await {
            tracing::warn!(
                error = &error as &dyn std::error::Error,
                "the grid's index can't be read; trying again"
            );
            tokio::time::sleep(pause).await;
            pause = (pause * 2).min(Duration::from_secs(30));
        }
    }

    async fn read_grid(&self) -> Result<()> {
        let mut full = State::default();
        let mut after: Option<String> = None;
        loop {
            let rows = self.store().grid_rows(after.as_deref(), LOAD).await?;
            let Some(last) = rows.last() else { break };
            after = Some(crate::store::key(last.id.clone()));
            rows.into_iter().for_each(|row| full.put(row));
        }
        let mut state = self.inner.grid.state.write().unwrap_or_else(PoisonError::into_inner);
        let happened = state.waiting.take().unwrap_or_default();
        *state = full;
        happened.into_iter().for_each(|change| state.apply(change));
        Ok(())
    }

    /// What an event with this `data` does to customers. Most carry the one they are about, and new ones stand in them whole;
    /// those of whom only the difference is told are read.
    pub(crate) async fn grid_changes(&self, data: &Value) -> Result<Vec<Change>> {
        let row = |customer: &Customer| Change::Row(Box::new(CustomerRow::from(customer)));
        let told = data.get("customer").and_then(|customer| Customer::deserialize(customer).ok());
        let (mut changes, mut named) = (Vec::new(), Vec::new());
        for change in data.get("changes").and_then(Value::as_array).into_iter().flatten() {
            let text = |field: &str| change.get(field).and_then(Value::as_str).unwrap_or_default();
            let id = text("id");
            if text("type") != "customer" || told.as_ref().is_some_and(|told| told.id.as_str() == id) {
                continue;
            }
            let is_new = change.get("before").is_none_or(Value::is_null);
            match change.get("after").filter(|after| after.is_object()) {
                None => changes.push(Change::Gone(id.to_owned())),
                Some(after) => match is_new.then(|| Customer::deserialize(after)) {
                    Some(Ok(customer)) => changes.push(row(&customer)),
                    _ => named.push(id.to_owned()),
                },
            }
        }
        changes.extend(told.as_ref().map(row));
        if !named.is_empty() {
            let rows = self.store().customer_rows(&named).await?;
            changes.extend(rows.into_iter().map(|row| Change::Row(Box::new(row))));
        }
        Ok(changes)
    }
}

impl Entry {
    fn of(id: Box<str>, row: GridRow, search: Span) -> Self {
        Self {
            name: Head::of(&row.name_key),
            reference: Head::of(&row.reference_key),
            outstanding: row.outstanding_face,
            overdue: row.overdue_face,
            created: row.created_us,
            updated: row.updated_us,
            unapplied: row.unapplied,
            search,
            due: day(&row.due_key),
            currency: row.currency.parse().ok(),
            status: u8::try_from(row.status_rank).unwrap_or(u8::MAX),
            archived: row.archived,
            rest: Box::new(Rest {
                id,
                name: Text(row.name_key.into()),
                reference: Text(row.reference_key.into()),
                owner: row.owner.map(Into::into),
                tags: row.tags.into(),
                version: row.version,
            }),
        }
    }
}

fn day(key: &str) -> i32 {
    use chrono::Datelike;
    if key == NEVER {
        return NO_DATE;
    }
    key.parse::<NaiveDate>().map_or(NO_DATE, |date| date.num_days_from_ce())
}

/// What a row is ordered by.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Key<'a> {
    Int(i64),
    /// Its beginning, and all of it.
    Text(Head, &'a Text),
}

impl Key<'_> {
    /// A number that compares as the key does, as far as it goes.
    fn rank(self, descending: bool) -> u128 {
        let rank = match self {
            Key::Int(number) => u128::from(number.cast_unsigned() ^ (1 << 63)),
            Key::Text(Head(head), _) => head,
        };
        if descending { !rank } else { rank }
    }

    /// As it stands in a cursor, which the database can go on from as well.
    fn value(self, field: CustomerSort) -> KeyValue {
        match (field, self) {
            (CustomerSort::NextDueDate, Key::Int(day)) => {
                let date = i32::try_from(day)
                    .ok()
                    .filter(|day| *day != NO_DATE)
                    .and_then(NaiveDate::from_num_days_from_ce_opt);
                KeyValue::Text(date.map_or_else(|| NEVER.to_owned(), |date| date.to_string()))
            }
            (_, Key::Int(number)) => KeyValue::Int(number),
            (_, Key::Text(_, Text(text))) => KeyValue::Text(text.to_string()),
        }
    }
}

impl Entry {
    fn key(&self, field: CustomerSort) -> Key<'_> {
        match field {
            CustomerSort::Name => Key::Text(self.name, &self.rest.name),
            CustomerSort::Reference => Key::Text(self.reference, &self.rest.reference),
            CustomerSort::Outstanding => Key::Int(self.outstanding),
            CustomerSort::Overdue => Key::Int(self.overdue),
            CustomerSort::NextDueDate => Key::Int(self.due.into()),
            CustomerSort::Status => Key::Int(self.status.into()),
            CustomerSort::CreatedAt => Key::Int(self.created),
            CustomerSort::UpdatedAt => Key::Int(self.updated),
        }
    }
}

/// A cursor's value.
enum LastKey {
    Int(i64),
    Text(Head, Text),
}

impl LastKey {
    fn as_key(&self) -> Key<'_> {
        match self {
            LastKey::Int(number) => Key::Int(*number),
            LastKey::Text(head, text) => Key::Text(*head, text),
        }
    }
}

/// The values a cursor ends with, one per column; `None` when they are not those of this order.
fn last_keys(sort: &[SortBy<CustomerSort>], after: &Keyset) -> Option<Vec<LastKey>> {
    if after.values.len() != sort.len() {
        return None;
    }
    let key = |(by, value): (&SortBy<CustomerSort>, &KeyValue)| match (by.field, value) {
        (CustomerSort::NextDueDate, KeyValue::Text(text)) => Some(LastKey::Int(day(text).into())),
        (CustomerSort::Name | CustomerSort::Reference, KeyValue::Text(text)) => {
            Some(LastKey::Text(Head::of(text), Text(text.as_str().into())))
        }
        (CustomerSort::Name | CustomerSort::Reference | CustomerSort::NextDueDate, KeyValue::Int(_)) => None,
        (_, KeyValue::Int(number)) => Some(LastKey::Int(*number)),
        (_, KeyValue::Text(_)) => None,
    };
    sort.iter().zip(&after.values).map(key).collect()
}

/// By each column in turn, whose values come in pairs; ids break ties, in the direction of the first column, as in the
/// database.
fn compare<'a>(
    sort: &[SortBy<CustomerSort>],
    keys: impl Iterator<Item = (Key<'a>, Key<'a>)>,
    by_id: impl FnOnce() -> Ordering,
) -> Ordering {
    let turned = |order: Ordering, descending| if descending { order.reverse() } else { order };
    sort.iter()
        .zip(keys)
        .map(|(by, (a, b))| turned(a.cmp(&b), by.descending))
        .find(|order| order.is_ne())
        .unwrap_or_else(|| turned(by_id(), sort.first().is_some_and(|by| by.descending)))
}

/// A filter, made ready for a hundred thousand questions.
struct Matcher<'a> {
    filter: &'a CustomerFilter,
    words: Vec<Finder<'static>>,
    status: Option<i64>,
    due_from: Option<i32>,
    due_to: Option<i32>,
}

impl<'a> Matcher<'a> {
    fn new(filter: &'a CustomerFilter) -> Self {
        use chrono::Datelike;
        let words = filter.q.as_deref().map(domain::customer::search_words).unwrap_or_default();
        Self {
            filter,
            words: words.iter().map(|word| Finder::new(word).into_owned()).collect(),
            status: filter.status.map(status_rank),
            due_from: filter.due_from.map(|date| date.num_days_from_ce()),
            due_to: filter.due_to.map(|date| date.num_days_from_ce()),
        }
    }

    fn takes(&self, entry: &Entry, state: &State) -> bool {
        let filter = self.filter;
        entry.archived == filter.archived
            && self.status.is_none_or(|status| status == i64::from(entry.status))
            && filter.min_outstanding.is_none_or(|min| entry.outstanding >= min)
            && filter.max_outstanding.is_none_or(|max| entry.outstanding <= max)
            && self.due_from.is_none_or(|from| entry.due >= from && entry.due != NO_DATE)
            && self.due_to.is_none_or(|to| entry.due <= to)
            && filter.currency.is_none_or(|currency| Some(currency) == entry.currency)
            && filter.owner.as_ref().is_none_or(|owner| entry.rest.owner.as_deref() == Some(owner.as_str()))
            && filter.tag.as_ref().is_none_or(|tag| entry.rest.tags.contains(tag))
            && self.words.iter().all(|word| word.find(state.text(entry.search)).is_some())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(id: usize, search: &str) -> GridRow {
        GridRow {
            id: crate::store::record("customer", &id.to_string()),
            name_key: search.to_owned(),
            reference_key: String::new(),
            search: search.to_owned(),
            owner: None,
            tags: Vec::new(),
            currency: "USD".to_owned(),
            outstanding_face: 0,
            overdue_face: 0,
            created_us: 0,
            updated_us: 0,
            due_key: NEVER.to_owned(),
            status_rank: 2,
            unapplied: 0,
            archived: false,
            version: 1,
        }
    }

    #[test]
    fn texts_compare_as_their_beginnings_do() {
        let long = "a street of sixteen bytes and more".to_owned();
        let mut texts: Vec<String> = [
            "",
            "a",
            "ab",
            "abcdefgh",
            "abcdefghi",
            "abcdefgz",
            "abcdefghabcdefgh",
            "ä",
            "b",
            "żółw",
            "日本",
            "\u{1}",
        ]
        .map(str::to_owned)
        .into();
        texts.extend([long.clone() + "b", long.clone() + "a", long]);
        texts.sort_unstable();
        let texts: Vec<Text> = texts.into_iter().map(|text| Text(text.into())).collect();
        assert!(texts.is_sorted_by_key(|text| Key::Text(Head::of(&text.0), text)));
    }

    #[test]
    fn what_is_no_longer_searched_takes_no_room() {
        let mut state = State::default();
        let long = "x".repeat(500);
        for round in 0..10 {
            (0..100).for_each(|id| state.put(row(id, &format!("{long} {id} {round}"))));
        }
        (0..50).for_each(|id| state.remove(&id.to_string()));
        assert!(state.texts.len() < 3 * UNUSED, "{}", state.texts.len());
        for entry in &state.entries {
            let text = String::from_utf8_lossy(state.text(entry.search)).into_owned();
            assert_eq!(text, format!("{long} {} 9", entry.rest.id));
        }
        assert_eq!(state.entries.len(), 50);
    }
}
