//! Payments and their state machine.

use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;

use chrono::{DateTime, NaiveDate, Utc};
use serde::{Deserialize, Serialize};
use thiserror::Error;

use crate::{CustomerId, InvoiceId, Money, PaymentId};

/// Where a payment stands. Only completed money (whole, or what a partial refund left) allocates.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PaymentStatus {
    /// Announced, not received.
    Pending,
    /// With the gateway.
    Processing,
    /// Received.
    Completed,
    /// Refused by the gateway; final.
    Failed,
    /// Given up before it happened; final.
    Canceled,
    /// The gateway didn't answer; the reconciler settles it.
    Unknown,
    /// Part of it was paid back.
    PartiallyRefunded,
    /// All of it was paid back; final.
    Refunded,
    /// Bounced, charged back or entered by mistake; final.
    Reversed,
}

impl PaymentStatus {
    /// All states.
    pub const ALL: [PaymentStatus; 9] = [
        PaymentStatus::Pending,
        PaymentStatus::Processing,
        PaymentStatus::Completed,
        PaymentStatus::Failed,
        PaymentStatus::Canceled,
        PaymentStatus::Unknown,
        PaymentStatus::PartiallyRefunded,
        PaymentStatus::Refunded,
        PaymentStatus::Reversed,
    ];

    /// The name on the wire.
    pub fn as_str(self) -> &'static str {
        match self {
            PaymentStatus::Pending => "pending",
            PaymentStatus::Processing => "processing",
            PaymentStatus::Completed => "completed",
            PaymentStatus::Failed => "failed",
            PaymentStatus::Canceled => "canceled",
            PaymentStatus::Unknown => "unknown",
            PaymentStatus::PartiallyRefunded => "partially_refunded",
            PaymentStatus::Refunded => "refunded",
            PaymentStatus::Reversed => "reversed",
        }
    }

    /// For people.
    pub fn label(self) -> &'static str {
        match self {
            PaymentStatus::Pending => "Pending",
            PaymentStatus::Processing => "Processing",
            PaymentStatus::Completed => "Completed",
            PaymentStatus::Failed => "Failed",
            PaymentStatus::Canceled => "Canceled",
            PaymentStatus::Unknown => "Unknown",
            PaymentStatus::PartiallyRefunded => "Partly refunded",
            PaymentStatus::Refunded => "Refunded",
            PaymentStatus::Reversed => "Reversed",
        }
    }

    /// The states that may follow this one.
    pub fn next(self) -> &'static [PaymentStatus] {
        use PaymentStatus::*;
        match self {
            Pending => &[Processing, Completed, Failed, Canceled],
            Processing => &[Completed, Failed, Unknown],
            Unknown => &[Completed, Failed],
            Completed => &[Pending, PartiallyRefunded, Refunded, Reversed],
            PartiallyRefunded => &[PartiallyRefunded, Refunded, Reversed],
            Failed | Canceled | Refunded | Reversed => &[],
        }
    }

    /// Goes to `to`, or says which states may follow.
    pub fn go(self, to: PaymentStatus) -> Result<PaymentStatus, InvalidTransition> {
        if self.next().contains(&to) { Ok(to) } else { Err(InvalidTransition { from: self, to }) }
    }

    /// Whether its money has been received and may be allocated.
    pub fn holds_money(self) -> bool {
        matches!(self, PaymentStatus::Completed | PaymentStatus::PartiallyRefunded)
    }
}

impl fmt::Display for PaymentStatus {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for PaymentStatus {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        PaymentStatus::ALL.into_iter().find(|status| status.as_str() == text).ok_or_else(|| {
            format!("Use one of {}.", PaymentStatus::ALL.map(PaymentStatus::as_str).join(", "))
        })
    }
}

/// A change of state that the machine forbids.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("A {from} payment can't become {to}; {}.", allowed_in_words(*from))]
pub struct InvalidTransition {
    /// Where it stands.
    pub from: PaymentStatus,
    /// What was asked for.
    pub to: PaymentStatus,
}

fn allowed_in_words(from: PaymentStatus) -> String {
    let names: Vec<_> = from.next().iter().map(|status| status.as_str()).collect();
    if names.is_empty() { "it is final".to_owned() } else { format!("it can become {}", names.join(", ")) }
}

/// How the money came.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PaymentMethod {
    /// Transfer between bank accounts.
    #[default]
    BankTransfer,
    /// Card.
    Card,
    /// Cheque.
    Cheque,
    /// Cash.
    Cash,
    /// Direct debit.
    DirectDebit,
    /// Anything else.
    Other,
}

impl PaymentMethod {
    /// All methods, in the order shown.
    pub const ALL: [PaymentMethod; 6] = [
        PaymentMethod::BankTransfer,
        PaymentMethod::Card,
        PaymentMethod::Cheque,
        PaymentMethod::Cash,
        PaymentMethod::DirectDebit,
        PaymentMethod::Other,
    ];

    /// The name on the wire.
    pub fn as_str(self) -> &'static str {
        match self {
            PaymentMethod::BankTransfer => "bank_transfer",
            PaymentMethod::Card => "card",
            PaymentMethod::Cheque => "cheque",
            PaymentMethod::Cash => "cash",
            PaymentMethod::DirectDebit => "direct_debit",
            PaymentMethod::Other => "other",
        }
    }

    /// For people.
    pub fn label(self) -> &'static str {
        match self {
            PaymentMethod::BankTransfer => "Bank transfer",
            PaymentMethod::Card => "Card",
            PaymentMethod::Cheque => "Cheque",
            PaymentMethod::Cash => "Cash",
            PaymentMethod::DirectDebit => "Direct debit",
            PaymentMethod::Other => "Other",
        }
    }
}

impl FromStr for PaymentMethod {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        PaymentMethod::ALL.into_iter().find(|method| method.as_str() == text).ok_or_else(|| {
            format!("Use one of {}.", PaymentMethod::ALL.map(PaymentMethod::as_str).join(", "))
        })
    }
}

/// Which door it came through.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PaymentSource {
    /// Entered by a person or over the API.
    #[default]
    Manual,
    /// Came with an imported sheet.
    Import,
    /// Through the payment gateway.
    Gateway,
}

impl PaymentSource {
    /// For people.
    pub fn label(self) -> &'static str {
        match self {
            PaymentSource::Manual => "Entered",
            PaymentSource::Import => "Imported",
            PaymentSource::Gateway => "Gateway",
        }
    }
}

/// Part of a payment applied to an invoice.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Allocation {
    /// The invoice it settles.
    pub invoice_id: InvoiceId,
    /// How much of it.
    pub amount: Money,
}

/// What happened to a payment's money.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PaymentEntryKind {
    /// It came.
    Received,
    /// A part of it settles an invoice.
    Allocated,
    /// That part no longer does.
    Unallocated,
    /// A part of it was paid back.
    Refunded,
    /// It was taken away again: bounced, charged back, or never there.
    Reversed,
    /// It was marked pending again.
    Reopened,
}

/// A fact about a payment's money. Never changed afterwards: a correction is another fact.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PaymentEntry {
    /// What happened.
    pub kind: PaymentEntryKind,
    /// The day from which it counts.
    pub on: NaiveDate,
    /// The invoice, where one is concerned.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub invoice_id: Option<InvoiceId>,
    /// How much, above zero.
    pub amount: Money,
    /// Why.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
}

/// Why a payment is taken back.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ReversalKind {
    /// The cheque or direct debit bounced.
    #[default]
    Bounced,
    /// The payer's bank took the money back.
    Chargeback,
    /// It was entered by mistake.
    EntryError,
}

impl ReversalKind {
    /// All of them, in the order shown.
    pub const ALL: [ReversalKind; 3] =
        [ReversalKind::Bounced, ReversalKind::Chargeback, ReversalKind::EntryError];

    /// The name on the wire.
    pub fn as_str(self) -> &'static str {
        match self {
            ReversalKind::Bounced => "bounced",
            ReversalKind::Chargeback => "chargeback",
            ReversalKind::EntryError => "entry_error",
        }
    }

    /// For people.
    pub fn label(self) -> &'static str {
        match self {
            ReversalKind::Bounced => "Bounced",
            ReversalKind::Chargeback => "Chargeback",
            ReversalKind::EntryError => "Entered by mistake",
        }
    }
}

impl FromStr for ReversalKind {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        ReversalKind::ALL
            .into_iter()
            .find(|kind| kind.as_str() == text)
            .ok_or_else(|| "Use bounced, chargeback or entry_error.".to_owned())
    }
}

/// Why a gateway refuses a payment.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DeclineCode {
    /// The payer's bank gave no reason.
    #[default]
    DoNotHonor,
    /// Not enough money on the account.
    InsufficientFunds,
    /// The card has expired.
    ExpiredCard,
    /// The card was reported lost or stolen.
    LostOrStolen,
    /// The gateway suspects a fraud.
    SuspectedFraud,
}

impl DeclineCode {
    /// All of them, in the order shown.
    pub const ALL: [DeclineCode; 5] = [
        DeclineCode::DoNotHonor,
        DeclineCode::InsufficientFunds,
        DeclineCode::ExpiredCard,
        DeclineCode::LostOrStolen,
        DeclineCode::SuspectedFraud,
    ];

    /// The name on the wire.
    pub fn as_str(self) -> &'static str {
        match self {
            DeclineCode::DoNotHonor => "do_not_honor",
            DeclineCode::InsufficientFunds => "insufficient_funds",
            DeclineCode::ExpiredCard => "expired_card",
            DeclineCode::LostOrStolen => "lost_or_stolen",
            DeclineCode::SuspectedFraud => "suspected_fraud",
        }
    }

    /// For people.
    pub fn label(self) -> &'static str {
        match self {
            DeclineCode::DoNotHonor => "the payer’s bank refused without a reason",
            DeclineCode::InsufficientFunds => "insufficient funds",
            DeclineCode::ExpiredCard => "the card has expired",
            DeclineCode::LostOrStolen => "the card was reported lost or stolen",
            DeclineCode::SuspectedFraud => "suspected fraud",
        }
    }
}

impl FromStr for DeclineCode {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        DeclineCode::ALL
            .into_iter()
            .find(|code| code.as_str() == text)
            .ok_or_else(|| format!("Use one of {}.", DeclineCode::ALL.map(DeclineCode::as_str).join(", ")))
    }
}

/// What the mock gateway will answer.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// The money arrives.
    #[default]
    Succeed,
    /// The card is refused.
    Decline,
    /// No answer; the reconciler asks again later.
    Timeout,
    /// The money arrives late.
    Delayed,
    /// The money arrives, and is announced three times.
    Duplicate,
    /// The money arrives, and an older message comes after that.
    OutOfOrder,
}

impl Outcome {
    /// All outcomes, in the order shown.
    pub const ALL: [Outcome; 6] = [
        Outcome::Succeed,
        Outcome::Decline,
        Outcome::Timeout,
        Outcome::Delayed,
        Outcome::Duplicate,
        Outcome::OutOfOrder,
    ];

    /// The name on the wire.
    pub fn as_str(self) -> &'static str {
        match self {
            Outcome::Succeed => "succeed",
            Outcome::Decline => "decline",
            Outcome::Timeout => "timeout",
            Outcome::Delayed => "delayed",
            Outcome::Duplicate => "duplicate",
            Outcome::OutOfOrder => "out_of_order",
        }
    }
}

impl FromStr for Outcome {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        Outcome::ALL
            .into_iter()
            .find(|outcome| outcome.as_str() == text)
            .ok_or_else(|| format!("Use one of {}.", Outcome::ALL.map(Outcome::as_str).join(", ")))
    }
}

/// A payment.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Payment {
    /// Opaque id.
    pub id: PaymentId,
    /// Who paid.
    pub customer_id: CustomerId,
    /// How much was announced or received.
    pub amount: Money,
    /// How much of it was paid back.
    pub refunded: Money,
    /// Where it stands.
    pub status: PaymentStatus,
    /// How it came.
    pub method: PaymentMethod,
    /// Which door it came through.
    pub source: PaymentSource,
    /// The payer's or bank's words.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reference: Option<String>,
    /// The day the money came, never in the future.
    pub received_on: NaiveDate,
    /// Received money that settles no invoice.
    pub unapplied: Money,
    /// What it settles now.
    pub allocations: Vec<Allocation>,
    /// What happened to its money, in the order in which it was entered.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub entries: Vec<PaymentEntry>,
    /// Why it was taken back.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reversal: Option<ReversalKind>,
    /// Why it failed, was canceled, reversed, or was marked pending again.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub failure: Option<String>,
    /// The answer the gateway owes, until it has given it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub awaited: Option<Awaited>,
    /// The import that brought it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub import_id: Option<crate::ImportId>,
    /// Counts changes, for `If-Match`.
    pub version: i64,
    /// When it was entered.
    pub created_at: DateTime<Utc>,
    /// When it last changed.
    pub updated_at: DateTime<Utc>,
}

/// An answer the gateway owes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Awaited {
    /// What the mock gateway was asked to answer; absent where a real one decides.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub outcome: Option<Outcome>,
    /// Why the mock gateway is to decline.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub decline_code: Option<DeclineCode>,
    /// When it is due; after that the gateway is asked what became of the payment.
    pub due_at: DateTime<Utc>,
}

impl Payment {
    /// Σ live allocations, in minor units.
    pub fn allocated_minor(&self) -> i64 {
        self.allocations.iter().map(|allocation| allocation.amount.minor()).sum()
    }

    /// What is left of it after refunds, in minor units.
    pub fn kept_minor(&self) -> i64 {
        self.amount.minor() - self.refunded.minor()
    }

    /// The money in hand as of `date`, in minor units.
    pub fn held_on(&self, date: NaiveDate) -> i64 {
        let counted = self.entries.iter().filter(|entry| entry.on <= date);
        let sign = |kind| match kind {
            PaymentEntryKind::Received => 1,
            PaymentEntryKind::Refunded | PaymentEntryKind::Reversed | PaymentEntryKind::Reopened => -1,
            PaymentEntryKind::Allocated | PaymentEntryKind::Unallocated => 0,
        };
        counted.map(|entry| sign(entry.kind) * entry.amount.minor()).sum()
    }

    /// What it settled as of `date`: each invoice with its part in minor units.
    pub fn allocated_on(&self, date: NaiveDate) -> BTreeMap<&InvoiceId, i64> {
        let mut parts = BTreeMap::new();
        for entry in self.entries.iter().filter(|entry| entry.on <= date) {
            let sign = match entry.kind {
                PaymentEntryKind::Allocated => 1,
                PaymentEntryKind::Unallocated => -1,
                _ => continue,
            };
            if let Some(invoice) = &entry.invoice_id {
                *parts.entry(invoice).or_default() += sign * entry.amount.minor();
            }
        }
        parts.retain(|_, minor| *minor != 0);
        parts
    }

    /// The earliest day from which money can go back: what it settled until later was settled with it.
    pub(crate) fn free_since(&self) -> NaiveDate {
        let held = |entry: &&PaymentEntry| entry.kind != PaymentEntryKind::Allocated;
        self.entries.iter().filter(held).map(|entry| entry.on).max().unwrap_or(self.received_on)
    }

    /// When the last `minor` units that settle `invoice` were applied to it: the parts with their days, the latest first.
    pub(crate) fn latest_parts(&self, invoice: &InvoiceId, minor: i64) -> Vec<(NaiveDate, i64)> {
        let mut parts: Vec<(NaiveDate, i64)> = Vec::new();
        for entry in self.entries.iter().filter(|entry| entry.invoice_id.as_ref() == Some(invoice)) {
            match entry.kind {
                PaymentEntryKind::Allocated => {
                    parts.push((entry.on, entry.amount.minor()));
                    parts.sort();
                }
                _ => {
                    take_latest(&mut parts, entry.amount.minor());
                }
            }
        }
        take_latest(&mut parts, minor)
    }

    /// The day of the latest fact, or the day it came.
    pub(crate) fn last_day(&self) -> NaiveDate {
        self.entries.iter().map(|entry| entry.on).max().unwrap_or(self.received_on)
    }

    pub(crate) fn note(
        &mut self,
        kind: PaymentEntryKind,
        on: NaiveDate,
        invoice_id: Option<InvoiceId>,
        amount: Money,
        reason: Option<&str>,
    ) {
        if amount.is_positive() {
            let reason = reason.map(str::to_owned);
            self.entries.push(PaymentEntry { kind, on, invoice_id, amount, reason });
        }
    }

    /// Sets `unapplied` from the state, the refunds and the allocations.
    pub fn settle_unapplied(&mut self) {
        let minor = if self.status.holds_money() { self.kept_minor() - self.allocated_minor() } else { 0 };
        self.unapplied = Money::from_minor(minor, self.amount.currency());
    }
}

/// Takes `minor` units off the end of parts that are sorted by day.
fn take_latest(parts: &mut Vec<(NaiveDate, i64)>, minor: i64) -> Vec<(NaiveDate, i64)> {
    let (mut short, mut taken) = (minor, Vec::new());
    while short > 0
        && let Some((on, part)) = parts.pop()
    {
        let minor = part.min(short);
        short -= minor;
        taken.push((on, minor));
        if part > minor {
            parts.push((on, part - minor));
        }
    }
    taken
}

/// A payment in a list, with its customer's name.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PaymentView {
    /// The payment.
    #[serde(flatten)]
    pub payment: Payment,
    /// Its customer's name.
    pub customer_name: String,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn final_states_lead_nowhere() {
        for status in
            [PaymentStatus::Failed, PaymentStatus::Canceled, PaymentStatus::Refunded, PaymentStatus::Reversed]
        {
            assert!(status.next().is_empty(), "{status}");
        }
    }

    #[test]
    fn a_forbidden_change_names_the_allowed_ones() {
        let error = PaymentStatus::Processing.go(PaymentStatus::Pending).unwrap_err();
        assert_eq!(
            error.to_string(),
            "A processing payment can't become pending; it can become completed, failed, unknown."
        );
        let error = PaymentStatus::Refunded.go(PaymentStatus::Completed).unwrap_err();
        assert_eq!(error.to_string(), "A refunded payment can't become completed; it is final.");
    }

    #[test]
    fn setting_a_state_twice_is_refused() {
        for status in PaymentStatus::ALL.into_iter().filter(|s| *s != PaymentStatus::PartiallyRefunded) {
            assert!(status.go(status).is_err(), "{status}");
        }
    }

    #[test]
    fn names_go_there_and_back() {
        for status in PaymentStatus::ALL {
            assert_eq!(status.as_str().parse(), Ok(status));
        }
        for method in PaymentMethod::ALL {
            assert_eq!(method.as_str().parse(), Ok(method));
        }
        for outcome in Outcome::ALL {
            assert_eq!(outcome.as_str().parse(), Ok(outcome));
        }
    }
}
