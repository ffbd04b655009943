//! Proof.
use crate::{Ledger, Result};

/// One thing that is not as it must be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Difference {
    /// What it is about, with its id.
    pub subject: String,
    /// What is wrong.
    pub message: String,
}

/// What `verify` counted and found.
#[derive(Clone, Debug, Default)]
pub struct Report {
    /// Events read.
    pub events: i64,
    /// Customers read.
    pub customers: i64,
    /// Invoices read.
    pub invoices: i64,
    /// Payments read.
    pub payments: i64,
    /// Everything that is wrong.
    pub differences: Vec<Difference>,
}

impl Ledger {
    /// Recomputes every derived figure from the rows and from the events and says what differs.
    pub async fn verify(&self) -> Result<Report> { todo!() }
}
