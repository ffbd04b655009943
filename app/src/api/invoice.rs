//! Invoices. Commands that move what is owed carry an idempotency key, as payments do.

use chrono::NaiveDate;
use domain::customer::MoneyInput;
use domain::invoice::{InvoicePatch, InvoiceView, NewInvoice};
use domain::{CustomerId, InvoiceId, InvoiceStatus, Page};
use leptos::prelude::*;
use serde::{Deserialize, Serialize};
use server_fn::codec::Json;

use super::payment::Correction;
#[cfg(feature = "ssr")]
use super::payment::once;
use super::{Snapshot, as_parameter};
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
    /// Due on or after.
    pub due_from: Option<NaiveDate>,
    /// Due on or before.
    pub due_to: Option<NaiveDate>,
    /// Parts of the number or of the customer's name.
    pub q: Option<String>,
    /// Rows a page; 50 when absent.
    pub limit: Option<u32>,
    /// From the page before.
    pub cursor: Option<String>,
}

impl InvoiceList {
    /// What it is narrowed to, as parameters of REST.
    pub fn parameters(&self) -> Vec<(&'static str, String)> {
        let Self { customer_id, status, overdue, due_from, due_to, q, limit: _, cursor: _ } = self;
        vec![
            ("customer_id", as_parameter(customer_id.as_ref())),
            ("status", as_parameter(status.map(|status| status.as_str()))),
            ("overdue", as_parameter(*overdue)),
            ("due_from", as_parameter(*due_from)),
            ("due_to", as_parameter(*due_to)),
            ("q", q.clone().unwrap_or_default()),
        ]
    }
}

/// One page of invoices.
#[server(prefix = "/fn", endpoint = "invoice/list", input = Json)]
pub async fn list_invoices(list: InvoiceList) -> Result<Snapshot<Page<InvoiceView>>, Fault> {
    let (ledger, caller) = session()?;
    let query = ledger::InvoiceQuery {
        customer_id: list.customer_id,
        status: list.status,
        overdue: list.overdue,
        due_from: list.due_from,
        due_to: list.due_to,
        q: list.q,
        limit: list.limit,
        cursor: list.cursor,
    };
    let read = ledger.invoices(&caller, &query).await.map_err(refuse)?;
    Ok(Snapshot::of(&ledger, read))
}

/// Enters an invoice, issued at once unless it is to be a draft. `key` makes it happen once.
#[server(prefix = "/fn", endpoint = "invoice/create", input = Json)]
pub async fn create_invoice(new: NewInvoice, key: String) -> Result<InvoiceView, Fault> {
    let (ledger, caller) = session()?;
    let once = once(key, "POST /invoices", &new);
    let created = ledger.create_invoice(&caller, &new, Some(&once)).await.map_err(refuse)?;
    Ok(created.value)
}

/// Changes a draft; `patch.version` guards it, and a stale one is `stale_version` with the invoice as it is now.
#[server(prefix = "/fn", endpoint = "invoice/update", input = Json)]
pub async fn edit_invoice(id: InvoiceId, patch: InvoicePatch) -> Result<InvoiceView, Fault> {
    let (ledger, caller) = session()?;
    ledger.edit_invoice(&caller, &id, &patch).await.map_err(refuse)
}

/// Asks for a draft's money.
#[server(prefix = "/fn", endpoint = "invoice/issue", input = Json)]
pub async fn issue_invoice(id: InvoiceId) -> Result<InvoiceView, Fault> {
    let (ledger, caller) = session()?;
    ledger.issue_invoice(&caller, &id).await.map_err(refuse)
}

/// Takes an invoice back that nothing was paid or credited on.
#[server(prefix = "/fn", endpoint = "invoice/void", input = Json)]
pub async fn void_invoice(id: InvoiceId, why: Correction, key: String) -> Result<InvoiceView, Fault> {
    let (ledger, caller) = session()?;
    let once = once(key, &format!("POST /invoices/{id}/void"), &why);
    let voided = ledger.void_invoice(&caller, &id, &why.into(), Some(&once)).await.map_err(refuse)?;
    Ok(voided.value)
}

/// Writes a credit note over a part or all of what an invoice still asks for.
#[server(prefix = "/fn", endpoint = "invoice/credit", input = Json)]
pub async fn credit_invoice(
    id: InvoiceId,
    amount: MoneyInput,
    why: Correction,
    key: String,
) -> Result<InvoiceView, Fault> {
    let (ledger, caller) = session()?;
    let once = once(key, &format!("POST /invoices/{id}/credit"), &(&amount, &why));
    let credited =
        ledger.credit_invoice(&caller, &id, &amount, &why.into(), Some(&once)).await.map_err(refuse)?;
    Ok(credited.value)
}

/// Gives up what an invoice still asks for.
#[server(prefix = "/fn", endpoint = "invoice/write-off", input = Json)]
pub async fn write_off_invoice(id: InvoiceId, why: Correction, key: String) -> Result<InvoiceView, Fault> {
    let (ledger, caller) = session()?;
    let once = once(key, &format!("POST /invoices/{id}/write-off"), &why);
    let given_up = ledger.write_off_invoice(&caller, &id, &why.into(), Some(&once)).await.map_err(refuse)?;
    Ok(given_up.value)
}

/// Takes a write-off back, in whole or in part: that much is owed again.
#[server(prefix = "/fn", endpoint = "invoice/recover", input = Json)]
pub async fn recover_invoice(
    id: InvoiceId,
    amount: MoneyInput,
    why: Correction,
    key: String,
) -> Result<InvoiceView, Fault> {
    let (ledger, caller) = session()?;
    let once = once(key, &format!("POST /invoices/{id}/recover"), &(&amount, &why));
    let recovered = ledger
        .recover_invoice(&caller, &id, Some(&amount), &why.into(), Some(&once))
        .await
        .map_err(refuse)?;
    Ok(recovered.value)
}
