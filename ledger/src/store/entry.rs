//! What rows are found by besides their ids: customers by what they are called, invoices by a due date whose passing is still
//! to be told, payments by when a gateway's answer is due. Each is a record without contents, `entry:[by, value, id]`, so
//! that entries of one kind stand in the order of their values and a question is a range of ids.
//!
//! An index of SurrealDB would say the same of every row, whether there is something to find it by or not. In release
//! builds of 3.3.5 on RocksDB the first index of a table costs 43 µs for each row that is inserted and each further one 20;
//! an entry costs 20.

use std::collections::BTreeMap;
use std::ops::Bound;

use chrono::{DateTime, NaiveDate, SecondsFormat, Utc};
use domain::{Customer, Invoice, Payment};
use surrealdb::types::{RecordId, RecordIdKey, RecordIdKeyRange, SurrealValue, Value, array};

use super::{Store, customers_after, first_of, key};
use crate::commit::CalledBy;
use crate::{Error, Result};

const TABLE: &str = "entry";
/// Rows read, and entries written, at once when the books have none yet.
const AT_ONCE: usize = 1000;

/// What rows can be found by.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum By {
    /// Customers who are not archived, by name without case.
    Name,
    /// The same by e-mail address without case.
    Email,
    /// Open invoices whose lateness was not announced, by due date.
    Unannounced,
    /// Payments the mock gateway owes an answer for, by when that is due.
    Awaited,
}

impl By {
    fn as_str(self) -> &'static str {
        match self {
            By::Name => "name",
            By::Email => "email",
            By::Unannounced => "unannounced",
            By::Awaited => "awaited",
        }
    }
}

/// One row can be found by one value.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Entry {
    by: By,
    value: String,
    id: String,
}

impl Entry {
    fn new(by: By, value: impl Into<String>, id: impl Into<String>) -> Self {
        Self { by, value: value.into(), id: id.into() }
    }

    /// Those of a customer.
    pub(crate) fn of_customer(customer: &Customer) -> Vec<Self> {
        let entry = |called: CalledBy| {
            let (by, value) = called.place();
            Self::new(by, value, customer.id.as_str())
        };
        CalledBy::of(customer).map(entry).collect()
    }

    /// That of an invoice.
    pub(crate) fn of_invoice(invoice: &Invoice) -> Option<Self> {
        let untold = invoice.is_open() && invoice.announced_overdue != Some(invoice.due_date);
        untold.then(|| Self::new(By::Unannounced, day(invoice.due_date), invoice.id.as_str()))
    }

    /// That of a payment.
    pub(crate) fn of_payment(payment: &Payment) -> Option<Self> {
        let awaited = payment.awaited.as_ref()?;
        Some(Self::new(By::Awaited, moment(awaited.due_at), payment.id.as_str()))
    }

    fn record(&self) -> RecordId {
        let Self { by, value, id } = self;
        RecordId::new(
            TABLE,
            RecordIdKey::Array(array![by.as_str().to_owned(), value.to_owned(), id.to_owned()]),
        )
    }

    /// The row's id in `entry:[by, value, id]`.
    fn row(record: RecordId) -> Result<String> {
        let broken = || Error::internal("broken row: entry");
        let RecordIdKey::Array(parts) = record.key else { return Err(broken()) };
        let [_, _, id]: [Value; 3] = Vec::from(parts).try_into().map_err(|_| broken())?;
        String::from_value(id).map_err(|_| broken())
    }
}

impl CalledBy {
    /// By what and by which value whoever is called so is found.
    pub(super) fn place(&self) -> (By, &str) {
        match self {
            CalledBy::Name(name) => (By::Name, name),
            CalledBy::Email(email) => (By::Email, email),
        }
    }
}

/// Dates in the order of their texts.
fn day(date: NaiveDate) -> String {
    date.to_string()
}

/// Moments in the order of their texts.
fn moment(at: DateTime<Utc>) -> String {
    at.to_rfc3339_opts(SecondsFormat::Micros, true)
}

/// What changes add to the entries, and what they take out.
#[derive(Debug, Default)]
pub(crate) struct Entries(BTreeMap<Entry, i64>);

impl Entries {
    /// What a customer is found by comes or goes.
    pub(crate) fn customer(&mut self, customer: &Customer, sign: i64) {
        self.add(Entry::of_customer(customer), sign);
    }

    /// The same of an invoice.
    pub(crate) fn invoice(&mut self, invoice: &Invoice, sign: i64) {
        self.add(Entry::of_invoice(invoice), sign);
    }

    /// The same of a payment.
    pub(crate) fn payment(&mut self, payment: &Payment, sign: i64) {
        self.add(Entry::of_payment(payment), sign);
    }

    fn add(&mut self, entries: impl IntoIterator<Item = Entry>, sign: i64) {
        for entry in entries {
            *self.0.entry(entry).or_default() += sign;
        }
    }

    /// Adds everything in `other`.
    pub(crate) fn merge(&mut self, other: Entries) {
        for (entry, sign) in other.0 {
            self.add([entry], sign);
        }
    }

    /// What is new.
    pub(super) fn added(&self) -> Vec<EntryRow> {
        self.signed(1).map(|entry| EntryRow { id: entry.record() }).collect()
    }

    /// What is no more.
    pub(super) fn removed(&self) -> impl Iterator<Item = RecordId> {
        self.signed(-1).map(Entry::record)
    }

    fn signed(&self, sign: i64) -> impl Iterator<Item = &Entry> {
        self.0.iter().filter(move |(_, sum)| **sum == sign).map(|(entry, _)| entry)
    }
}

/// An entry as it is stored.
#[derive(Clone, Debug, SurrealValue)]
pub(crate) struct EntryRow {
    pub id: RecordId,
}

/// Entries by one thing whose values lie between two.
fn range(by: By, from: Bound<&str>, to: Bound<&str>) -> RecordId {
    let at = |value: &str| RecordIdKey::Array(array![by.as_str().to_owned(), value.to_owned()]);
    // An array that goes on stands behind the one it begins with, and before one that goes on with a later kind of value.
    let behind = |value: &str| {
        RecordIdKey::Array(array![by.as_str().to_owned(), value.to_owned(), Value::Array(array![])])
    };
    let start = match from {
        Bound::Included(value) => at(value),
        Bound::Excluded(value) => behind(value),
        Bound::Unbounded => RecordIdKey::Array(array![by.as_str().to_owned()]),
    };
    let end = match to {
        Bound::Included(value) => behind(value),
        Bound::Excluded(value) => at(value),
        Bound::Unbounded => RecordIdKey::Array(array![by.as_str().to_owned(), Value::Array(array![])]),
    };
    RecordId::new(TABLE, RecordIdKeyRange { start: Bound::Included(start), end: Bound::Excluded(end) })
}

impl Store {
    /// For each of these values the ids of the rows that are found by it.
    pub(super) async fn found_by(
        &self,
        values: impl Iterator<Item = (By, &str)>,
    ) -> Result<Vec<Vec<String>>> {
        let range = |(by, value)| range(by, Bound::Included(value), Bound::Included(value));
        let ranges: Vec<RecordId> = values.map(range).collect();
        let query = "RETURN $ranges.map(|$range: any| (SELECT VALUE id FROM $range))";
        let found: Vec<Vec<RecordId>> = self.db.query(query).bind(("ranges", ranges)).await?.take(0)?;
        found.into_iter().map(|records| records.into_iter().map(Entry::row).collect()).collect()
    }

    /// The ids of the rows that are found by dates before this one, the earliest first.
    pub(super) async fn found_before_day(&self, by: By, date: NaiveDate, limit: u32) -> Result<Vec<String>> {
        self.found_before(by, &day(date), limit).await
    }

    /// The ids of the rows that are found by moments before this one, the earliest first.
    pub(super) async fn found_before_moment(
        &self,
        by: By,
        at: DateTime<Utc>,
        limit: u32,
    ) -> Result<Vec<String>> {
        self.found_before(by, &moment(at), limit).await
    }

    async fn found_before(&self, by: By, value: &str, limit: u32) -> Result<Vec<String>> {
        let range = range(by, Bound::Unbounded, Bound::Excluded(value));
        let query = format!("SELECT VALUE id FROM {} LIMIT $limit", first_of("$range"));
        let asked = self.db.query(query).bind(("range", range)).bind(("limit", i64::from(limit)));
        let found: Vec<RecordId> = asked.await?.take(0)?;
        found.into_iter().map(Entry::row).collect()
    }

    /// Every entry there is, as `name "acme" of cus_…`: for `verify`.
    pub(crate) async fn all_entries(&self) -> Result<Vec<String>> {
        let found: Vec<RecordId> = self.db.query("SELECT VALUE id FROM entry").await?.take(0)?;
        found.into_iter().map(|record| Ok(shown(&record))).collect()
    }

    /// Enters all rows of books that were kept without entries. Done again, it does nothing.
    pub(super) async fn enter_all(&self) -> Result<()> {
        #[derive(SurrealValue)]
        struct Called {
            id: RecordId,
            name_key: Option<String>,
            email_key: Option<String>,
            archived: Option<bool>,
        }
        let mut after: Option<String> = None;
        loop {
            let from = customers_after(after.as_deref());
            let query = format!("SELECT id, name_key, email_key, archived FROM {from} LIMIT {AT_ONCE}");
            let rows: Vec<Called> = self.db.query(query).await?.take(0)?;
            let Some(last) = rows.last() else { break };
            after = Some(key(last.id.clone()));
            let mut entries = Vec::new();
            for row in rows.into_iter().filter(|row| row.archived != Some(true)) {
                let id = key(row.id);
                entries.extend(row.name_key.map(|name| Entry::new(By::Name, name, &id)));
                entries.extend(row.email_key.map(|email| Entry::new(By::Email, email, &id)));
            }
            self.enter(&entries).await?;
        }
        #[derive(SurrealValue)]
        struct Dated {
            id: RecordId,
            date: String,
        }
        let query = "SELECT id, unannounced_due AS date FROM invoice WHERE unannounced_due > ''";
        let invoices: Vec<Dated> = self.db.query(query).await?.take(0)?;
        let entry = |row: Dated| Entry::new(By::Unannounced, row.date, key(row.id));
        self.enter(&invoices.into_iter().map(entry).collect::<Vec<_>>()).await?;
        #[derive(SurrealValue)]
        struct Due {
            id: RecordId,
            at: DateTime<Utc>,
        }
        let query = "SELECT id, simulated_due_at AS at FROM payment WHERE simulated_due_at > $epoch";
        let asked = self.db.query(query).bind(("epoch", DateTime::<Utc>::UNIX_EPOCH));
        let payments: Vec<Due> = asked.await?.take(0)?;
        let entry = |row: Due| Entry::new(By::Awaited, moment(row.at), key(row.id));
        self.enter(&payments.into_iter().map(entry).collect::<Vec<_>>()).await
    }

    async fn enter(&self, entries: &[Entry]) -> Result<()> {
        for some in entries.chunks(AT_ONCE) {
            let rows: Vec<EntryRow> = some.iter().map(|entry| EntryRow { id: entry.record() }).collect();
            let query = "INSERT IGNORE INTO entry $rows RETURN NONE";
            self.db.query(query).bind(("rows", rows)).await?.check()?;
        }
        Ok(())
    }
}

/// The entries that rows should have, as [`Store::all_entries`] tells those that are there.
pub(crate) fn expected(customers: &[Customer], invoices: &[Invoice], payments: &[Payment]) -> Vec<String> {
    let customers = customers.iter().flat_map(Entry::of_customer);
    let invoices = invoices.iter().filter_map(Entry::of_invoice);
    let payments = payments.iter().filter_map(Entry::of_payment);
    customers.chain(invoices).chain(payments).map(|entry| shown(&entry.record())).collect()
}

fn shown(record: &RecordId) -> String {
    match &record.key {
        RecordIdKey::Array(parts) => {
            let text = |part: &Value| String::from_value(part.clone()).unwrap_or_default();
            parts.iter().map(text).collect::<Vec<_>>().join(" ")
        }
        other => format!("{other:?}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn store() -> Store {
        Store::open("mem://", None, 0).await.unwrap()
    }

    #[tokio::test]
    async fn values_are_found_whole_and_not_by_their_beginnings() {
        let store = store().await;
        let names =
            [("acme", "1"), ("acme", "2"), ("acme corp", "3"), ("acm", "4"), ("żółw", "5"), ("", "6")];
        let mut entries: Vec<Entry> = names.map(|(name, id)| Entry::new(By::Name, name, id)).into();
        entries.push(Entry::new(By::Email, "acme", "7"));
        store.enter(&entries).await.unwrap();
        store.enter(&entries).await.unwrap();
        let asked = [
            (By::Name, "acme"),
            (By::Name, "żółw"),
            (By::Email, "acme"),
            (By::Name, "nobody"),
            (By::Name, ""),
        ];
        let found = store.found_by(asked.into_iter()).await.unwrap();
        let expected: [&[&str]; 5] = [&["1", "2"], &["5"], &["7"], &[], &["6"]];
        assert_eq!(found, expected);
        assert!(store.found_by([].into_iter()).await.unwrap().is_empty());
    }

    #[tokio::test]
    async fn dates_before_another_come_in_their_order() {
        let store = store().await;
        let dates = ["2026-03-01", "2025-12-31", "2026-02-28", "2026-03-02", "2025-12-31"];
        let entry = |(index, date): (usize, &str)| Entry::new(By::Unannounced, date, index.to_string());
        let mut entries: Vec<Entry> = dates.into_iter().enumerate().map(entry).collect();
        entries.push(Entry::new(By::Email, "2025-01-01", "mail"));
        entries.push(Entry::new(By::Awaited, "2025-01-01", "payment"));
        store.enter(&entries).await.unwrap();
        let today = "2026-03-01".parse().unwrap();
        assert_eq!(store.found_before_day(By::Unannounced, today, 10).await.unwrap(), ["1", "4", "2"]);
        assert_eq!(store.found_before_day(By::Unannounced, today, 1).await.unwrap(), ["1"]);
    }

    #[test]
    fn what_comes_and_goes_again_is_not_written() {
        let entry = |value: &str| Entry::new(By::Name, value, "cus_1");
        let mut entries = Entries::default();
        entries.add([entry("kept")], -1);
        entries.add([entry("kept"), entry("passing")], 1);
        let mut more = Entries::default();
        more.add([entry("passing"), entry("old")], -1);
        more.add([entry("new")], 1);
        entries.merge(more);
        let added: Vec<String> = entries.added().iter().map(|row| shown(&row.id)).collect();
        assert_eq!(added, ["name new cus_1"]);
        assert_eq!(entries.removed().map(|id| shown(&id)).collect::<Vec<_>>(), ["name old cus_1"]);
    }
}
