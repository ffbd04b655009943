//! Payments.
use chrono::NaiveDate;
use domain::account::NewPayment;
use domain::customer::{MoneyInput, SortBy};
use domain::payment::PaymentView;
use domain::{CustomerId, Page, Payment, PaymentId, PaymentMethod, PaymentStatus};
use serde::{Deserialize, Serialize};
use crate::{Caller, Idempotency, Ledger, Read, Result};

/// What a list of payments can be ordered by.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum PaymentSort {
    /// The day the money came.
    #[default]
    ReceivedOn,
    /// Face value.
    Amount,
    /// When entered.
    CreatedAt,
}

impl std::str::FromStr for PaymentSort {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text {
            "received_on" => Ok(PaymentSort::ReceivedOn),
            "amount" => Ok(PaymentSort::Amount),
            "created_at" => Ok(PaymentSort::CreatedAt),
            _ => Err("Sort by one of received_on, amount, created_at.".to_owned()),
        }
    }
}

/// Which page of which payments; newest first unless `sort` says otherwise.
#[derive(Clone, Debug, Default)]
pub struct PaymentQuery {
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
    /// In which order.
    pub sort: Vec<SortBy<PaymentSort>>,
    /// Rows a page, 1–200, 50 when absent.
    pub limit: Option<u32>,
    /// From the page before.
    pub cursor: Option<String>,
}

/// An answer, and whether it is the first one again because its idempotency key was seen before.
#[derive(Clone, Debug)]
pub struct Replayed<T> {
    /// The answer.
    pub value: T,
    /// Whether it was given before.
    pub replay: bool,
}

/// A payment to send through the mock gateway.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NewSimulation {
    /// Who pays.
    pub customer_id: String,
    /// How much.
    pub amount: MoneyInput,
    /// `succeed` (default), `decline`, `timeout`, `delayed`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub outcome: Option<String>,
    /// Milliseconds until the gateway answers, at most 600,000.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub delay_ms: Option<i64>,
}

/// A change of a payment's state by hand.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct StatusChange {
    /// `completed` or `pending`.
    pub status: String,
    /// Why; required when a completed payment is marked pending again.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// The version this change was made from.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub version: Option<i64>,
}

impl Ledger {
    /// One page of payments.
    pub async fn payments(&self, caller: &Caller, query: &PaymentQuery) -> Result<Read<Page<PaymentView>>> { todo!() }
    /// One payment.
    pub async fn payment(&self, caller: &Caller, id: &PaymentId) -> Result<PaymentView> { todo!() }
    /// Records money received or announced.
    pub async fn record_payment(&self, caller: &Caller, new: &NewPayment, idempotency: &Idempotency) -> Result<Replayed<Payment>> { todo!() }
    /// Sends a payment through the mock gateway; its outcome arrives later, as a gateway's callback would.
    pub async fn simulate_payment(&self, caller: &Caller, new: &NewSimulation, idempotency: &Idempotency) -> Result<Replayed<Payment>> { todo!() }
    /// Marks a payment completed or pending.
    pub async fn set_payment_status(&self, caller: &Caller, id: &PaymentId, change: &StatusChange) -> Result<Payment> { todo!() }
    /// Gives up a pending payment.
    pub async fn cancel_payment(&self, caller: &Caller, id: &PaymentId, reason: Option<&str>) -> Result<Payment> { todo!() }
}
