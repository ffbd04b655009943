//! The rules of receivables.
//!
//! Pure and wasm-safe: no I/O, no clock, no async. "Today" is always an argument, so that the same
//! decision can be taken for any business date. Browser forms and the server validate with this code.

#![cfg_attr(test, allow(clippy::unwrap_used, reason = "a failed unwrap is a failed test"))]

pub mod account;
pub mod ageing;
pub mod allocation;
pub mod bulk;
pub mod customer;
pub mod dashboard;
pub mod date;
pub mod event;
pub mod field;
pub mod id;
pub mod import;
pub mod invoice;
pub mod list;
pub mod money;
pub mod notification;
pub mod payment;
pub mod presence;
pub mod problem;
pub mod role;
pub mod sheet;
pub mod terms;
pub mod user;
pub mod view;

pub use account::{Account, Rule};
pub use customer::{Customer, CustomerPatch, CustomerStatus, NewCustomer};
pub use event::{Event, EventKind, Subject};
pub use field::{FieldError, FieldErrors};
pub use id::{CustomerId, ImportId, InvoiceId, PaymentId, UserId, ViewId};
pub use invoice::{Invoice, InvoiceKind, InvoiceStatus};
pub use list::{Counts, Page};
pub use money::{Currency, Money, MoneyError};
pub use payment::{Payment, PaymentMethod, PaymentSource, PaymentStatus};
pub use problem::Problem;
pub use role::{Action, Role};
pub use terms::PaymentTerms;
pub use user::{SignUp, User};
