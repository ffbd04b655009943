//! Customers.

use domain::bulk::{BulkChange, BulkOutcome, BulkUndo};
use domain::customer::{CustomerFilter, CustomerSort, SortBy};
use domain::{Counts, Customer, CustomerId, CustomerPatch, Event, NewCustomer, Page};
use leptos::prelude::*;
use serde::{Deserialize, Serialize};
use server_fn::codec::Json;

use super::{Snapshot, as_parameter};
#[cfg(feature = "ssr")]
use super::{refuse, session};
use crate::error::Fault;

/// Which page of which customers.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct CustomerList {
    /// Which customers.
    pub filter: CustomerFilter,
    /// In which order; by name when empty.
    pub sort: Vec<SortBy<CustomerSort>>,
    /// Rows a page; 50 when absent.
    pub limit: Option<u32>,
    /// From the page before.
    pub cursor: Option<String>,
}

impl CustomerList {
    /// What it is narrowed to and its order, as parameters of REST.
    pub fn parameters(&self) -> Vec<(&'static str, String)> {
        let Self { filter, sort, limit: _, cursor: _ } = self;
        let CustomerFilter {
            q,
            status,
            owner,
            tag,
            currency,
            min_outstanding,
            max_outstanding,
            due_from,
            due_to,
            archived,
        } = filter;
        let column = |by: &SortBy<CustomerSort>| {
            format!("{}{}", if by.descending { "-" } else { "" }, by.field.as_str())
        };
        vec![
            ("q", q.clone().unwrap_or_default()),
            ("status", as_parameter(status.map(|status| status.as_str()))),
            ("owner", as_parameter(owner.as_ref())),
            ("tag", tag.clone().unwrap_or_default()),
            ("currency", as_parameter(*currency)),
            ("min_outstanding", as_parameter(min_outstanding.map(decimal))),
            ("max_outstanding", as_parameter(max_outstanding.map(decimal))),
            ("due_from", as_parameter(*due_from)),
            ("due_to", as_parameter(*due_to)),
            ("archived", as_parameter(archived.then_some(true))),
            ("sort", sort.iter().map(column).collect::<Vec<_>>().join(",")),
        ]
    }
}

/// A face value (10⁻⁴ of a major unit) as a decimal.
fn decimal(face: i64) -> String {
    let (sign, face) = (if face < 0 { "-" } else { "" }, face.unsigned_abs());
    format!("{sign}{}.{:04}", face / 10_000, face % 10_000)
}

/// One page of customers.
#[server(prefix = "/fn", endpoint = "customer/list", input = Json)]
pub async fn list_customers(list: CustomerList) -> Result<Snapshot<Page<Customer>>, Fault> {
    let (ledger, caller) = session()?;
    let query = ledger::CustomerQuery {
        filter: list.filter,
        sort: list.sort,
        limit: list.limit,
        cursor: list.cursor,
    };
    let read = ledger.customers(&caller, &query).await.map_err(refuse)?;
    Ok(Snapshot::of(&ledger, read))
}

/// The customers of a filter, in its order: all, or the first that one command may change.
#[server(prefix = "/fn", endpoint = "customer/ids", input = Json)]
pub async fn customer_ids(list: CustomerList) -> Result<Vec<CustomerId>, Fault> {
    let (ledger, caller) = session()?;
    let query = ledger::CustomerQuery { filter: list.filter, sort: list.sort, ..Default::default() };
    ledger.customer_ids(&caller, &query).await.map_err(refuse)
}

/// Changes many customers alike.
#[server(prefix = "/fn", endpoint = "customer/bulk", input = Json)]
pub async fn change_customers(ids: Vec<CustomerId>, change: BulkChange) -> Result<BulkOutcome, Fault> {
    let (ledger, caller) = session()?;
    ledger.change_customers(&caller, &ids, &change).await.map_err(refuse)
}

/// Takes a change of many back.
#[server(prefix = "/fn", endpoint = "customer/undo-bulk", input = Json)]
pub async fn undo_change(undo: BulkUndo) -> Result<BulkOutcome, Fault> {
    let (ledger, caller) = session()?;
    ledger.undo_change(&caller, &undo).await.map_err(refuse)
}

/// How many customers there are of each status.
#[server(prefix = "/fn", endpoint = "customer/counts", input = Json)]
pub async fn customer_counts() -> Result<Counts, Fault> {
    let (ledger, caller) = session()?;
    ledger.customer_counts(&caller).await.map_err(refuse)
}

/// One customer.
#[server(prefix = "/fn", endpoint = "customer/load", input = Json)]
pub async fn load_customer(id: CustomerId) -> Result<Snapshot<Customer>, Fault> {
    let (ledger, caller) = session()?;
    let read = ledger.customer(&caller, &id).await.map_err(refuse)?;
    Ok(Snapshot::of(&ledger, read))
}

/// A new customer, with an opening-balance invoice when something is owed. `key` makes it happen once.
#[server(prefix = "/fn", endpoint = "customer/create", input = Json)]
pub async fn create_customer(new: NewCustomer, key: String) -> Result<Customer, Fault> {
    let (ledger, caller) = session()?;
    let once = super::payment::once(key, "POST /customers", &new);
    let created = ledger.create_customer(&caller, &new, Some(&once)).await.map_err(refuse)?;
    Ok(created.value)
}

/// Changes a customer; `patch.version` guards it, and a stale one is `stale_version` with the row as it is now.
#[server(prefix = "/fn", endpoint = "customer/update", input = Json)]
pub async fn update_customer(id: CustomerId, patch: CustomerPatch) -> Result<Customer, Fault> {
    let (ledger, caller) = session()?;
    ledger.update_customer(&caller, &id, &patch).await.map_err(refuse)
}

/// Deletes a customer on whom nothing hangs.
#[server(prefix = "/fn", endpoint = "customer/delete", input = Json)]
pub async fn delete_customer(id: CustomerId) -> Result<(), Fault> {
    let (ledger, caller) = session()?;
    ledger.delete_customer(&caller, &id).await.map_err(refuse)
}

/// Puts a settled customer away.
#[server(prefix = "/fn", endpoint = "customer/archive", input = Json)]
pub async fn archive_customer(id: CustomerId) -> Result<Customer, Fault> {
    let (ledger, caller) = session()?;
    ledger.archive_customer(&caller, &id).await.map_err(refuse)
}

/// Forgets who a settled customer was (admin).
#[server(prefix = "/fn", endpoint = "customer/erase", input = Json)]
pub async fn erase_customer(id: CustomerId) -> Result<Customer, Fault> {
    let (ledger, caller) = session()?;
    ledger.erase_personal_data(&caller, &id).await.map_err(refuse)
}

/// Takes it out again.
#[server(prefix = "/fn", endpoint = "customer/unarchive", input = Json)]
pub async fn unarchive_customer(id: CustomerId) -> Result<Customer, Fault> {
    let (ledger, caller) = session()?;
    ledger.unarchive_customer(&caller, &id).await.map_err(refuse)
}

/// What happened to a customer, newest first.
#[server(prefix = "/fn", endpoint = "customer/timeline", input = Json)]
pub async fn timeline(
    id: CustomerId,
    limit: Option<u32>,
    cursor: Option<String>,
) -> Result<Page<Event>, Fault> {
    let (ledger, caller) = session()?;
    ledger.timeline(&caller, &id, limit, cursor.as_deref()).await.map_err(refuse)
}

/// Adds a note to the timeline.
#[server(prefix = "/fn", endpoint = "customer/note", input = Json)]
pub async fn add_note(id: CustomerId, text: String) -> Result<Event, Fault> {
    let (ledger, caller) = session()?;
    ledger.add_note(&caller, &id, &text).await.map_err(refuse)
}
