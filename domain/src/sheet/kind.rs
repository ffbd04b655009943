//! What the rows of a sheet stand for.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use super::field::Field;

/// What each row of a sheet stands for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// A customer, with what it owes in all.
    #[default]
    Customers,
    /// An invoice of a known customer.
    Invoices,
    /// A payment of a known customer.
    Payments,
    /// A customer, one of its invoices, and when that was settled. The customer is repeated over its rows.
    Combined,
}

impl Kind {
    /// All kinds.
    pub const ALL: [Kind; 4] = [Kind::Customers, Kind::Invoices, Kind::Payments, Kind::Combined];

    /// The name on the wire.
    pub fn as_str(self) -> &'static str {
        match self {
            Kind::Customers => "customers",
            Kind::Invoices => "invoices",
            Kind::Payments => "payments",
            Kind::Combined => "combined",
        }
    }

    /// For people.
    pub fn label(self) -> &'static str {
        match self {
            Kind::Customers => "Customers",
            Kind::Invoices => "Invoices",
            Kind::Payments => "Payments",
            Kind::Combined => "Customers with invoices",
        }
    }

    /// What its columns can hold, in the order of the template.
    pub fn fields(self) -> &'static [Field] {
        use Field::*;
        match self {
            Kind::Customers => &[
                Reference,
                Name,
                Contact,
                Email,
                Phone,
                Address,
                Notes,
                Tags,
                Currency,
                Outstanding,
                DueDate,
                Status,
            ],
            Kind::Invoices => &[
                Reference,
                Name,
                InvoiceNumber,
                IssueDate,
                DueDate,
                Terms,
                Currency,
                Total,
                Status,
                Disputed,
                Memo,
            ],
            Kind::Payments => &[
                Reference,
                Name,
                ReceivedOn,
                Currency,
                Amount,
                Method,
                PaymentReference,
                InvoiceNumber,
                Status,
            ],
            Kind::Combined => &[
                Reference,
                Name,
                Contact,
                Email,
                Phone,
                Address,
                Notes,
                Tags,
                InvoiceNumber,
                IssueDate,
                DueDate,
                Terms,
                Currency,
                Total,
                SettledOn,
                Status,
                Disputed,
                Memo,
            ],
        }
    }

    /// The fields without which no row can be read: of each group, one at least.
    pub fn required(self) -> &'static [&'static [Field]] {
        use Field::*;
        match self {
            Kind::Customers => &[&[Name]],
            Kind::Invoices | Kind::Combined => {
                &[&[Reference, Name], &[InvoiceNumber], &[Total], &[DueDate, Terms]]
            }
            Kind::Payments => &[&[Reference, Name], &[Amount], &[ReceivedOn]],
        }
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for Kind {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        Kind::ALL
            .into_iter()
            .find(|kind| kind.as_str() == text)
            .ok_or_else(|| "Use customers, invoices, payments or combined.".to_owned())
    }
}
