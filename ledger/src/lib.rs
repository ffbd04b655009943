//! What happens: one function per use case (authorise → load → decide in `domain` → commit).
//!
//! [`Ledger`] owns the database, the one committer of this process, the event log and its live tail. Every use case
//! takes the [`Caller`] and names the one [`domain::Action`] it needs; REST handlers and server functions call the same
//! use cases. The only crate that names SurrealDB.

#![cfg_attr(test, allow(clippy::unwrap_used, reason = "a failed unwrap is a failed test"))]

mod auth;
mod bulk;
mod caller;
mod chain;
mod clock;
mod commit;
mod customer;
mod demo;
mod erasure;
mod error;
mod event;
mod export;
mod floor;
mod gateway;
mod import;
mod inbox;
mod index;
mod invoice;
mod job;
mod live;
mod notification;
mod open;
mod payment;
mod presence;
mod report;
mod store;
mod summary;
mod user;
mod verify;
mod view;

pub use auth::{AuthConfig, Client, Credentials, OneTimeLink, SignedIn, session_of};
pub use caller::{Caller, Idempotency};
pub use clock::Clock;
pub use customer::{CustomerQuery, Read};
pub use demo::DemoBooks;
pub use erasure::PersonalData;
pub use error::{Error, Result};
pub use event::EventQuery;
pub use export::{Export, ExportFormat};
pub use floor::{Floor, floor};
pub use gateway::{Callback, Charge, Gateway, GatewayAnswer, GatewayError, Heard, PaymentGateway, Verdict};
pub use import::{ImportLimits, Upload};
pub use invoice::{InvoiceQuery, Why};
pub use live::{Frame, RelayHealth, Tail};
pub use notification::{InboxPage, NotificationQuery};
pub use open::{Config, Ledger, OpenError, Organisation};
pub use payment::{NewSimulation, PaymentQuery, PaymentSort, Replayed, StatusChange};
pub use presence::Seat;
pub use report::AgeingQuery;
pub use user::UserPatch;
pub use verify::{Difference, Report};
