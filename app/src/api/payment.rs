//! Payments. Commands that move money carry an idempotency key, made in the browser once per opened dialog and kept
//! until an answer came, so that a repeated click or a lost answer never pays twice.

use chrono::NaiveDate;
use domain::account::{NewAllocation, NewPayment};
use domain::customer::MoneyInput;
use domain::payment::{DeclineCode, Outcome, PaymentView, ReversalKind};
use domain::{CustomerId, Money, Page, Payment, PaymentId, PaymentMethod, PaymentStatus};
use leptos::prelude::*;
use serde::{Deserialize, Serialize};
use server_fn::codec::Json;

use super::{Snapshot, as_parameter};
#[cfg(feature = "ssr")]
use super::{refuse, session};
use crate::error::Fault;

/// Which page of which payments; newest first unless `sort` says otherwise.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct PaymentList {
    /// Of one customer.
    pub customer_id: Option<CustomerId>,
    /// In one state.
    pub status: Option<PaymentStatus>,
    /// That came one way.
    pub method: Option<PaymentMethod>,
    /// Received on or after.
    pub received_from: Option<NaiveDate>,
    /// Received on or before.
    pub received_to: Option<NaiveDate>,
    /// Part of the reference or of the customer's name.
    pub q: Option<String>,
    /// `received_on`, `amount`, `created_at`, with a minus for the largest first; several separated by commas.
    pub sort: Option<String>,
    /// Rows a page; 50 when absent.
    pub limit: Option<u32>,
    /// From the page before.
    pub cursor: Option<String>,
}

impl PaymentList {
    /// What it is narrowed to and its order, as parameters of REST.
    pub fn parameters(&self) -> Vec<(&'static str, String)> {
        let Self { customer_id, status, method, received_from, received_to, q, sort, limit: _, cursor: _ } =
            self;
        vec![
            ("customer_id", as_parameter(customer_id.as_ref())),
            ("status", as_parameter(status.map(|status| status.as_str()))),
            ("method", as_parameter(method.map(|method| method.as_str()))),
            ("received_from", as_parameter(*received_from)),
            ("received_to", as_parameter(*received_to)),
            ("q", q.clone().unwrap_or_default()),
            ("sort", sort.clone().unwrap_or_default()),
        ]
    }
}

/// Why something is corrected, as a dialog sends it.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Correction {
    /// The reason.
    pub reason: Option<String>,
    /// The day from which it counts; today when absent.
    pub effective_on: Option<String>,
    /// The version this was decided on.
    pub version: Option<i64>,
}

#[cfg(feature = "ssr")]
impl From<Correction> for ledger::Why {
    fn from(correction: Correction) -> Self {
        let Correction { reason, effective_on, version } = correction;
        Self { reason, effective_on, version }
    }
}

/// One page of payments.
#[server(prefix = "/fn", endpoint = "payment/list", input = Json)]
pub async fn list_payments(list: PaymentList) -> Result<Snapshot<Page<PaymentView>>, Fault> {
    let (ledger, caller) = session()?;
    let sort = domain::customer::SortBy::parse_list(list.sort.as_deref().unwrap_or_default())
        .map_err(|message| refuse(domain::FieldError::new("sort", "unknown_sort", message).into()))?;
    let query = ledger::PaymentQuery {
        customer_id: list.customer_id,
        status: list.status,
        method: list.method,
        received_from: list.received_from,
        received_to: list.received_to,
        q: list.q,
        sort,
        limit: list.limit,
        cursor: list.cursor,
    };
    let read = ledger.payments(&caller, &query).await.map_err(refuse)?;
    Ok(Snapshot::of(&ledger, read))
}

/// Records money received or announced.
#[server(prefix = "/fn", endpoint = "payment/record", input = Json)]
pub async fn record_payment(new: NewPayment, key: String) -> Result<Payment, Fault> {
    let (ledger, caller) = session()?;
    let once = once(key, "POST /payments", &new);
    let recorded = ledger.record_payment(&caller, &new, &once).await.map_err(refuse)?;
    Ok(recorded.value)
}

/// Sends a payment through the mock gateway; its outcome arrives later, as a live frame.
#[server(prefix = "/fn", endpoint = "payment/simulate", input = Json)]
pub async fn simulate_payment(
    customer_id: CustomerId,
    amount: MoneyInput,
    outcome: Outcome,
    decline_code: Option<DeclineCode>,
    delay_ms: Option<i64>,
    key: String,
) -> Result<Payment, Fault> {
    let (ledger, caller) = session()?;
    let new = ledger::NewSimulation {
        customer_id: customer_id.into(),
        amount,
        outcome: Some(outcome.as_str().to_owned()),
        decline_code: decline_code.map(|code| code.as_str().to_owned()),
        delay_ms,
    };
    let once = once(key, "POST /payments/simulate", &new);
    let sent = ledger.simulate_payment(&caller, &new, &once).await.map_err(refuse)?;
    Ok(sent.value)
}

/// Marks a payment completed or pending; a completed one needs a `reason` to become pending again.
#[server(prefix = "/fn", endpoint = "payment/status", input = Json)]
pub async fn set_payment_status(
    id: PaymentId,
    status: PaymentStatus,
    reason: Option<String>,
    version: Option<i64>,
) -> Result<Payment, Fault> {
    let (ledger, caller) = session()?;
    let change = ledger::StatusChange { status: status.as_str().to_owned(), reason, version };
    ledger.set_payment_status(&caller, &id, &change).await.map_err(refuse)
}

/// Gives up a pending payment.
#[server(prefix = "/fn", endpoint = "payment/cancel", input = Json)]
pub async fn cancel_payment(id: PaymentId, reason: Option<String>) -> Result<Payment, Fault> {
    let (ledger, caller) = session()?;
    ledger.cancel_payment(&caller, &id, reason.as_deref()).await.map_err(refuse)
}

/// Pays a payment back, in whole or (with `amount`) in part.
#[server(prefix = "/fn", endpoint = "payment/refund", input = Json)]
pub async fn refund_payment(
    id: PaymentId,
    amount: Option<MoneyInput>,
    why: Correction,
    key: String,
) -> Result<Payment, Fault> {
    let (ledger, caller) = session()?;
    let once = once(key, &format!("POST /payments/{id}/refund"), &(&amount, &why));
    let why = why.into();
    let refunded = ledger.refund_payment(&caller, &id, amount.as_ref(), &why, &once).await.map_err(refuse)?;
    Ok(refunded.value)
}

/// Takes a payment away that bounced, was charged back, or was entered by mistake.
#[server(prefix = "/fn", endpoint = "payment/reverse", input = Json)]
pub async fn reverse_payment(
    id: PaymentId,
    kind: ReversalKind,
    why: Correction,
    key: String,
) -> Result<Payment, Fault> {
    let (ledger, caller) = session()?;
    let once = once(key, &format!("POST /payments/{id}/reverse"), &(kind, &why));
    let why = why.into();
    let reversed =
        ledger.reverse_payment(&caller, &id, Some(kind.as_str()), &why, &once).await.map_err(refuse)?;
    Ok(reversed.value)
}

/// Makes a payment settle exactly these invoices; with none of them, none.
#[server(prefix = "/fn", endpoint = "payment/allocate", input = Json)]
pub async fn reallocate_payment(
    id: PaymentId,
    allocations: Vec<NewAllocation>,
    why: Correction,
    key: String,
) -> Result<Payment, Fault> {
    let (ledger, caller) = session()?;
    let once = once(key, &format!("POST /payments/{id}/allocations"), &(&allocations, &why));
    let why = why.into();
    let moved = ledger
        .reallocate_payment(&caller, &id, Some(allocations.as_slice()), &why, Some(&once))
        .await
        .map_err(refuse)?;
    Ok(moved.value)
}

/// Settles a customer's open invoices with its unapplied money, oldest money and oldest due date first. Answers how much
/// was applied.
#[server(prefix = "/fn", endpoint = "payment/apply-unapplied", input = Json)]
pub async fn apply_unapplied(customer_id: CustomerId) -> Result<Money, Fault> {
    let (ledger, caller) = session()?;
    ledger.apply_unapplied(&caller, &customer_id).await.map_err(refuse)
}

/// The idempotency of a command: the browser's key and a fingerprint of what it asks for.
#[cfg(feature = "ssr")]
pub(crate) fn once(key: String, operation: &str, body: &impl Serialize) -> ledger::Idempotency {
    // Structs of strings and numbers always serialise, and in the order of their fields.
    let body = serde_json::to_vec(body).unwrap_or_default();
    ledger::Idempotency::new(key, operation, &body)
}
