//! Invoices, opening balances included.

use chrono::{DateTime, NaiveDate, Utc};
use serde::{Deserialize, Serialize};

use crate::{CustomerId, InvoiceId, Money, date};

/// What kind of document it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum InvoiceKind {
    /// What a customer owed when it came into Duebook.
    OpeningBalance,
    /// An invoice.
    Invoice,
}

/// The stored state. Overdue and partially paid are derived, never stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum InvoiceStatus {
    /// Still being written; owes nothing yet.
    Draft,
    /// Issued and not settled.
    Open,
    /// Balance is zero.
    Paid,
    /// Taken back before anything was paid.
    Void,
    /// Written off.
    Uncollectible,
}

impl InvoiceStatus {
    /// The name on the wire.
    pub fn as_str(self) -> &'static str {
        match self {
            InvoiceStatus::Draft => "draft",
            InvoiceStatus::Open => "open",
            InvoiceStatus::Paid => "paid",
            InvoiceStatus::Void => "void",
            InvoiceStatus::Uncollectible => "uncollectible",
        }
    }
}

impl std::str::FromStr for InvoiceStatus {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        use InvoiceStatus::{Draft, Open, Paid, Uncollectible, Void};
        [Draft, Open, Paid, Void, Uncollectible]
            .into_iter()
            .find(|status| status.as_str() == text)
            .ok_or_else(|| "Use draft, open, paid, void or uncollectible.".to_owned())
    }
}

/// An invoice as stored. `balance = total − live allocations − credit notes − write-offs`, never below zero.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Invoice {
    /// Opaque id.
    pub id: InvoiceId,
    /// Who owes it.
    pub customer_id: CustomerId,
    /// Unique per customer; text, so leading zeros survive.
    pub number: String,
    /// Opening balance or invoice.
    pub kind: InvoiceKind,
    /// When it was issued.
    pub issue_date: NaiveDate,
    /// The last day on which it is not late.
    pub due_date: NaiveDate,
    /// What it asks for.
    pub total: Money,
    /// What is still owed.
    pub balance: Money,
    /// Stored state.
    pub status: InvoiceStatus,
    /// The due date for which lateness was already announced, so that each is announced once.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub announced_overdue: Option<NaiveDate>,
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

impl Invoice {
    /// Whether it counts towards what its customer owes.
    pub fn is_open(&self) -> bool {
        self.status == InvoiceStatus::Open && self.balance.is_positive()
    }

    /// Overdue iff open, owing, and due before the business date.
    pub fn is_overdue(&self, business_date: NaiveDate) -> bool {
        self.is_open() && self.due_date < business_date
    }

    /// The invoice as clients see it on `business_date`.
    pub fn view(self, business_date: NaiveDate) -> InvoiceView {
        InvoiceView {
            overdue: self.is_overdue(business_date),
            days_past_due: if self.is_open() { date::days_past_due(self.due_date, business_date) } else { 0 },
            invoice: self,
        }
    }
}

/// An invoice with what is derived for a business date.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct InvoiceView {
    /// The stored invoice.
    #[serde(flatten)]
    pub invoice: Invoice,
    /// Whether it is past due and still owing.
    pub overdue: bool,
    /// Whole days past due; 0 when not late.
    pub days_past_due: i64,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Currency;

    fn invoice(status: InvoiceStatus, balance: i64) -> Invoice {
        Invoice {
            id: "inv_1".into(),
            customer_id: "cus_1".into(),
            number: "007".to_owned(),
            kind: InvoiceKind::Invoice,
            issue_date: "2025-03-01".parse().unwrap(),
            due_date: "2025-03-20".parse().unwrap(),
            total: Money::from_minor(100, Currency::USD),
            balance: Money::from_minor(balance, Currency::USD),
            status,
            announced_overdue: None,
            import_id: None,
            version: 1,
            created_at: DateTime::UNIX_EPOCH,
            updated_at: DateTime::UNIX_EPOCH,
        }
    }

    #[test]
    fn only_what_is_open_and_owing_and_past_its_due_date_is_overdue() {
        let day = |text: &str| text.parse::<NaiveDate>().unwrap();
        for (status, balance, on, overdue) in [
            (InvoiceStatus::Open, 100, "2025-03-21", true),
            (InvoiceStatus::Open, 40, "2025-03-21", true),
            (InvoiceStatus::Open, 100, "2025-03-20", false),
            (InvoiceStatus::Open, 0, "2025-03-21", false),
            (InvoiceStatus::Paid, 0, "2025-03-21", false),
            (InvoiceStatus::Draft, 100, "2025-03-21", false),
            (InvoiceStatus::Void, 100, "2025-03-21", false),
            (InvoiceStatus::Uncollectible, 100, "2025-03-21", false),
        ] {
            let invoice = invoice(status, balance);
            assert_eq!(invoice.is_overdue(day(on)), overdue, "{status:?} {balance} {on}");
            let view = invoice.view(day(on));
            assert_eq!((view.overdue, view.days_past_due), (overdue, i64::from(overdue)));
        }
    }

    #[test]
    fn states_go_by_their_names() {
        use InvoiceStatus::{Draft, Open, Paid, Uncollectible, Void};
        for status in [Draft, Open, Paid, Void, Uncollectible] {
            assert_eq!(status.as_str().parse(), Ok(status));
            assert_eq!(serde_json::to_value(status).unwrap(), status.as_str());
        }
    }
}
