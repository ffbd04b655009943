//! Invoices.

use domain::invoice::InvoiceView;
use domain::{CustomerId, InvoiceStatus, Page};
use leptos::prelude::*;
use serde::{Deserialize, Serialize};
use server_fn::codec::Json;

#[cfg(feature = "ssr")]
use super::{refuse, session};
use crate::error::Fault;

/// Which page of which invoices, by due date.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct InvoiceList {
    /// Of one customer.
    pub customer_id: Option<CustomerId>,
    /// Of one stored state.
    pub status: Option<InvoiceStatus>,
    /// Only those overdue, or only those not.
    pub overdue: Option<bool>,
    /// Rows a page; 50 when absent.
    pub limit: Option<u32>,
    /// From the page before.
    pub cursor: Option<String>,
}

/// One page of invoices.
#[server(prefix = "/fn", endpoint = "invoice/list", input = Json)]
pub async fn list_invoices(list: InvoiceList) -> Result<Page<InvoiceView>, Fault> {
    let (ledger, caller) = session()?;
    let query = ledger::InvoiceQuery {
        customer_id: list.customer_id,
        status: list.status,
        overdue: list.overdue,
        limit: list.limit,
        cursor: list.cursor,
        ..Default::default()
    };
    ledger.invoices(&caller, &query).await.map_err(refuse)
}
