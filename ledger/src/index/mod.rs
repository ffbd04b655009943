//! What lists are filtered, searched and ordered by, and what rows are found by besides their ids, in memory: a page of a
//! hundred thousand customers, invoices or payments is found in a few milliseconds, by any filter and any order, and only its
//! rows are read from the database. Customers are kept from when they last were: the first pages of the grid are read again
//! and again, and the index knows each row's version.
//!
//! It follows the event log with the live tail, and a reader waits until it has seen what this process committed. Until it has
//! been read at start, and should it ever fall behind, the database answers the same questions itself, by reading every row.

mod customers;
mod documents;
mod order;
mod table;

use std::sync::{Arc, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};
use std::time::Duration;

use chrono::{DateTime, NaiveDate, Utc};
use domain::customer::{CustomerFilter, CustomerSort, SortBy};
use domain::{Customer, CustomerId};
use memchr::memmem::Finder;
use quick_cache::sync::Cache;
use serde::Deserialize;
use serde_json::Value;
use tokio::sync::watch;

use crate::commit::CalledBy;
use crate::payment::PaymentSort;
use crate::store::rows::{CustomerRow, GridRow};
use crate::store::{self, Keyset, Which};
use crate::{InvoiceQuery, Ledger, PaymentQuery, Result};
use customers::Customers;
pub(crate) use customers::{GridPage, Listed, Unapplied};
pub(crate) use documents::{AwaitedTold, IdPage, InvoiceTold, PaymentTold};
use table::Table;

/// Rows read at once when the index is filled.
const LOAD: u32 = 2_000;
/// A reader that has to wait longer for what was committed asks the database.
const PATIENCE: Duration = Duration::from_millis(200);
/// Customers that are kept as they were read last, of about a kibibyte each.
const HELD: usize = 4_096;

/// The index.
pub(crate) struct Index {
    state: RwLock<State>,
    /// How far it has been read.
    filled: watch::Sender<Filled>,
    /// The last event that is in it.
    seq: watch::Sender<i64>,
    /// Customers as they were read last; true as long as they have the version that the index knows.
    held: Cache<CustomerId, Arc<Customer>>,
}

/// How much of the index is there.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Filled {
    Nothing,
    Customers,
    All,
}

struct State {
    customers: Customers,
    invoices: Table<documents::Invoice>,
    payments: Table<documents::Payment>,
    filled: Filled,
    /// What happened to what is still being read.
    waiting: Vec<Change>,
}

/// What an event does to a row.
pub(crate) enum Change {
    /// The customer is like this now.
    Customer(Box<CustomerRow>),
    Invoice(String, InvoiceTold),
    Payment(String, PaymentTold),
    /// The customer is gone.
    Gone(String),
}

/// Words to look for.
fn finders(q: Option<&str>) -> Vec<Finder<'static>> {
    let words = q.map(domain::customer::search_words).unwrap_or_default();
    words.iter().map(|word| Finder::new(word).into_owned()).collect()
}

impl Index {
    pub(crate) fn new(seq: i64) -> Self {
        let state = State {
            customers: Customers::default(),
            invoices: Table::default(),
            payments: Table::default(),
            filled: Filled::Nothing,
            waiting: Vec::new(),
        };
        Self {
            state: RwLock::new(state),
            filled: watch::Sender::new(Filled::Nothing),
            seq: watch::Sender::new(seq),
            held: Cache::new(HELD),
        }
    }

    fn read(&self) -> RwLockReadGuard<'_, State> {
        self.state.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn write(&self) -> RwLockWriteGuard<'_, State> {
        self.state.write().unwrap_or_else(PoisonError::into_inner)
    }

    /// Takes in the event `seq`.
    pub(crate) fn follow(&self, seq: i64, changes: Vec<Change>) {
        if !changes.is_empty() {
            let mut state = self.write();
            changes.into_iter().for_each(|change| state.apply_or_keep(change));
        }
        self.seq.send_replace(seq);
    }

    /// Puts in what was read, and then does to it what happened meanwhile.
    fn fill(&self, filled: Filled, put: impl FnOnce(&mut State)) {
        let mut state = self.write();
        put(&mut state);
        state.filled = filled;
        let waiting = std::mem::take(&mut state.waiting);
        waiting.into_iter().for_each(|change| state.apply_or_keep(change));
        drop(state);
        self.filled.send_replace(filled);
    }

    /// How much of it is there.
    pub(crate) fn filled(&self) -> Filled {
        *self.filled.borrow()
    }

    /// Waits until all of it is there.
    pub(crate) async fn full(&self) {
        // The sender is `self`'s.
        let _ = self.filled.subscribe().wait_for(|filled| *filled == Filled::All).await;
    }

    /// Whether so much of it is there and it has seen the event `seq`, now or in a moment.
    pub(crate) async fn has_seen(&self, seq: i64, filled: Filled) -> bool {
        if self.filled() < filled {
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

    /// A page of customers; `None` when the cursor is not one of this order.
    pub(crate) fn customers(
        &self,
        filter: &CustomerFilter,
        sort: &[SortBy<CustomerSort>],
        limit: u32,
        after: Option<&Keyset>,
    ) -> Option<GridPage> {
        self.read().customers.page(filter, sort, limit, after)
    }

    /// Customers with money that settles nothing.
    pub(crate) fn unapplied(&self) -> Result<Vec<Unapplied>> {
        self.read().customers.unapplied()
    }

    /// For each, who is called so and not archived.
    pub(crate) fn called(&self, by: &[CalledBy]) -> Vec<Vec<CustomerId>> {
        let state = self.read();
        by.iter().map(|by| state.customers.called(by)).collect()
    }

    /// A page of invoices; `None` when the cursor is not one of this order.
    pub(crate) fn invoices(
        &self,
        query: &InvoiceQuery,
        today: NaiveDate,
        limit: u32,
        after: Option<&Keyset>,
    ) -> Option<IdPage> {
        let state = self.read();
        documents::invoices(&state.invoices, &state.customers, query, today, limit, after)
    }

    /// A page of payments; `None` when the cursor is not one of this order.
    pub(crate) fn payments(
        &self,
        query: &PaymentQuery,
        sort: &[SortBy<PaymentSort>],
        limit: u32,
        after: Option<&Keyset>,
    ) -> Option<IdPage> {
        let state = self.read();
        documents::payments(&state.payments, &state.customers, query, sort, limit, after)
    }

    /// Open invoices past due on `today` whose lateness was not announced, the oldest due first, at most `limit`.
    pub(crate) fn unannounced(&self, today: NaiveDate, limit: usize) -> Vec<String> {
        documents::unannounced(&self.read().invoices, today, limit)
    }

    /// Payments the gateway owes an answer before `now`, the longest awaited first, at most `limit`.
    pub(crate) fn awaited(&self, now: DateTime<Utc>, limit: usize) -> Vec<String> {
        documents::awaited(&self.read().payments, now, limit)
    }
}

impl State {
    fn apply_or_keep(&mut self, change: Change) {
        let needs = match change {
            Change::Customer(_) | Change::Gone(_) => Filled::Customers,
            Change::Invoice(..) | Change::Payment(..) => Filled::All,
        };
        if self.filled < needs {
            self.waiting.push(change);
            return;
        }
        match change {
            Change::Customer(row) => self.customers.put(GridRow::from(*row)),
            Change::Invoice(id, told) => told.put(&id, &self.customers, &mut self.invoices),
            Change::Payment(id, told) => told.put(&id, &self.customers, &mut self.payments),
            Change::Gone(id) => self.customers.remove(&id),
        }
    }
}

impl Ledger {
    /// Whether the index answers, and not the database.
    #[doc(hidden)]
    pub fn has_index(&self) -> bool {
        self.inner.index.filled() == Filled::All
    }

    /// The index, when so much of it is there and it has seen what this process committed; else the database is to be asked.
    pub(crate) async fn index(&self, filled: Filled) -> Option<&Index> {
        let committed = *self.inner.committer.committed().borrow();
        let index = &self.inner.index;
        index.has_seen(committed, filled).await.then_some(index)
    }

    /// Fills the index.
    pub(crate) async fn fill_index(self) {
        let mut pause = Duration::from_millis(250);
        while let Err(error) = self.read_index().await {
            tracing::warn!(error = &error as &dyn std::error::Error, "the index can't be read; trying again");
            tokio::time::sleep(pause).await;
            pause = (pause * 2).min(Duration::from_secs(30));
        }
    }

    /// Customers first: everybody's first screen is the grid.
    async fn read_index(&self) -> Result<()> {
        let (store, index) = (self.store(), &self.inner.index);
        let mut after: Option<String> = None;
        if index.filled() < Filled::Customers {
            let mut customers = Customers::default();
            loop {
                let rows = store.grid_rows(after.as_deref(), LOAD).await?;
                let Some(last) = rows.last() else { break };
                after = Some(store::key(last.id.clone()));
                rows.into_iter().for_each(|row| customers.put(row));
            }
            index.fill(Filled::Customers, |state| state.customers = customers);
        }
        // What belongs to a customer who came meanwhile waits with its event, as that customer did.
        let (mut invoices, mut after) = (Table::default(), None);
        loop {
            let rows = store.invoices_told(Which::After(after.as_deref(), LOAD)).await?;
            let Some((last, _)) = rows.last() else { break };
            after = Some(last.clone());
            let state = index.read();
            rows.into_iter().for_each(|(id, told)| told.put(&id, &state.customers, &mut invoices));
        }
        let (mut payments, mut after) = (Table::default(), None);
        loop {
            let rows = store.payments_told(Which::After(after.as_deref(), LOAD)).await?;
            let Some((last, _)) = rows.last() else { break };
            after = Some(last.clone());
            let state = index.read();
            rows.into_iter().for_each(|(id, told)| told.put(&id, &state.customers, &mut payments));
        }
        index.fill(Filled::All, |state| (state.invoices, state.payments) = (invoices, payments));
        Ok(())
    }

    /// What an event with this `data` does to rows. Most carry the customer they are about, and new rows stand in them whole.
    /// Customers of whom only the difference is told are read, and so is what an erasure took out of the event.
    pub(crate) async fn index_changes(&self, data: &Value) -> Result<Vec<Change>> {
        let row = |customer: &Customer| Change::Customer(Box::new(CustomerRow::from(customer)));
        let told = data.get("customer").and_then(|customer| Customer::deserialize(customer).ok());
        let (mut customers, mut documents, mut gone) = (Vec::new(), Vec::new(), Vec::new());
        let mut unread = Unread::default();
        for change in data.get("changes").and_then(Value::as_array).into_iter().flatten() {
            let text = |field: &str| change.get(field).and_then(Value::as_str).unwrap_or_default();
            let id = || text("id").to_owned();
            let after = change.get("after").filter(|after| after.is_object());
            match (text("type"), after) {
                ("customer", _) if told.as_ref().is_some_and(|told| told.id.as_str() == text("id")) => {}
                ("customer", None) => gone.push(Change::Gone(id())),
                ("customer", Some(after)) => {
                    let is_new = change.get("before").is_none_or(Value::is_null);
                    match is_new.then(|| Customer::deserialize(after)) {
                        Some(Ok(customer)) => customers.push(row(&customer)),
                        _ => unread.customers.push(id()),
                    }
                }
                ("invoice", Some(after)) => match InvoiceTold::deserialize(after) {
                    Ok(told) => documents.push(Change::Invoice(id(), told)),
                    Err(_) => unread.invoices.push(id()),
                },
                ("payment", Some(after)) => match PaymentTold::deserialize(after) {
                    Ok(told) => documents.push(Change::Payment(id(), told)),
                    Err(_) => unread.payments.push(id()),
                },
                _ => {}
            }
        }
        customers.extend(told.as_ref().map(row));
        let Unread { customers: named, invoices, payments } = unread;
        if !named.is_empty() {
            let rows = self.store().customer_rows(&named).await?;
            customers.extend(rows.into_iter().map(|row| Change::Customer(Box::new(row))));
        }
        if !invoices.is_empty() {
            let rows = self.store().invoices_told(Which::These(&invoices)).await?;
            documents.extend(rows.into_iter().map(|(id, told)| Change::Invoice(id, told)));
        }
        if !payments.is_empty() {
            let rows = self.store().payments_told(Which::These(&payments)).await?;
            documents.extend(rows.into_iter().map(|(id, told)| Change::Payment(id, told)));
        }
        // An invoice needs its customer to be there.
        Ok(customers.into_iter().chain(documents).chain(gone).collect())
    }
}

/// Rows that an event names and does not tell in whole.
#[derive(Default)]
struct Unread {
    customers: Vec<String>,
    invoices: Vec<String>,
    payments: Vec<String>,
}
