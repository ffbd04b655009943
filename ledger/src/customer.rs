//! Customers.
use domain::customer::{CustomerFilter, CustomerSort, SortBy};
use domain::{Counts, Customer, CustomerId, CustomerPatch, Event, NewCustomer, Page};
use crate::{Caller, Idempotency, Ledger, Replayed, Result};

/// Which page of which customers.
#[derive(Clone, Debug, Default)]
pub struct CustomerQuery {
    /// Which customers.
    pub filter: CustomerFilter,
    /// In which order; by name when empty.
    pub sort: Vec<SortBy<CustomerSort>>,
    /// Rows a page, 1–200, 50 when absent.
    pub limit: Option<u32>,
    /// From the page before.
    pub cursor: Option<String>,
}

/// What was read, and the event it was read after: a live client subscribes from there.
#[derive(Clone, Debug)]
pub struct Read<T> {
    /// The last event whose effect is certainly in `value`.
    pub seq: i64,
    /// What was read.
    pub value: T,
}

impl Ledger {
    /// One page of customers.
    pub async fn customers(&self, caller: &Caller, query: &CustomerQuery) -> Result<Read<Page<Customer>>> { todo!() }
    /// How many there are of each status.
    pub async fn customer_counts(&self, caller: &Caller) -> Result<Counts> { todo!() }
    /// One customer.
    pub async fn customer(&self, caller: &Caller, id: &CustomerId) -> Result<Read<Customer>> { todo!() }
    /// A new customer, with an opening-balance invoice when something is owed.
    pub async fn create_customer(&self, caller: &Caller, new: &NewCustomer, idempotency: Option<&Idempotency>) -> Result<Replayed<Customer>> { todo!() }
    /// Changes a customer; `patch.version` guards it.
    pub async fn update_customer(&self, caller: &Caller, id: &CustomerId, patch: &CustomerPatch) -> Result<Customer> { todo!() }
    /// Deletes a customer on whom nothing hangs.
    pub async fn delete_customer(&self, caller: &Caller, id: &CustomerId) -> Result<()> { todo!() }
    /// Puts a settled customer away.
    pub async fn archive_customer(&self, caller: &Caller, id: &CustomerId) -> Result<Customer> { todo!() }
    /// Takes it out again.
    pub async fn unarchive_customer(&self, caller: &Caller, id: &CustomerId) -> Result<Customer> { todo!() }
    /// What happened to a customer, newest first.
    pub async fn timeline(&self, caller: &Caller, id: &CustomerId, limit: Option<u32>, cursor: Option<&str>) -> Result<Page<Event>> { todo!() }
    /// Adds a note to the timeline.
    pub async fn add_note(&self, caller: &Caller, id: &CustomerId, text: &str) -> Result<Event> { todo!() }
}
