//! The desk at a glance: what is owed, what is late, what came in. One set of figures for each currency, never summed.

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};

use crate::ageing::{AgeingRow, Bucket};
use crate::{Currency, Money};

/// Days of received money a dashboard shows, today included.
pub const RECEIVED_DAYS: u64 = 30;
/// An invoice is due soon when it is due today or within the six days after it.
pub const SOON_DAYS: u64 = 7;

/// The figures of today.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Dashboard {
    /// The organisation's date they are of.
    pub business_date: NaiveDate,
    /// The columns of `ageing`, not yet due first.
    pub buckets: Vec<Bucket>,
    /// A set of figures for each currency there are customers in, the largest number of customers first.
    pub currencies: Vec<CurrencyFigures>,
}

/// The figures in one currency.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CurrencyFigures {
    /// The currency of every amount.
    pub currency: Currency,
    /// What is owed on open invoices.
    pub outstanding: InvoiceFigure,
    /// Of it, what was due before today.
    pub overdue: InvoiceFigure,
    /// Of it, what is due today or within the six days after.
    pub due_soon: InvoiceFigure,
    /// What is owed and what is unapplied, by age.
    pub ageing: AgeingRow,
    /// Customers by status, archived ones left out.
    pub customers: CustomerFigures,
    /// What came in over the last 30 days, refunds taken off.
    pub received_total: Money,
    /// The same by day, the oldest first, every day there.
    pub received: Vec<DayReceived>,
}

/// Invoices: how many, and what is owed on them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct InvoiceFigure {
    /// The sum of their balances.
    pub amount: Money,
    /// How many.
    pub invoices: i64,
}

/// Customers by status.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct CustomerFigures {
    /// Something is past its due date.
    pub overdue: i64,
    /// Something is outstanding, nothing of it overdue.
    pub pending: i64,
    /// Nothing is outstanding.
    pub paid: i64,
}

impl CustomerFigures {
    /// All of them.
    pub fn all(&self) -> i64 {
        self.overdue + self.pending + self.paid
    }
}

/// Money received on one day.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DayReceived {
    /// The day.
    pub date: NaiveDate,
    /// What came in and was not refunded.
    pub amount: Money,
    /// Payments.
    pub payments: i64,
}
