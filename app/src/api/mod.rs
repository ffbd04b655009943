//! Typed server functions, by area and verb. Each one: session → parse → one ledger use case → map the answer. No rule of
//! the business is here; REST calls the same use cases.

pub mod auth;
pub mod customer;
pub mod demo;
pub mod import;
pub mod invoice;
pub mod notification;
pub mod payment;
pub mod report;
pub mod user;
pub mod view;

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};

/// What was read, the event it was read after (a live client goes on from there), and the date it was judged by.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Snapshot<T> {
    /// The last event whose effect is certainly in `value`.
    pub seq: i64,
    /// What was read.
    pub value: T,
    /// The organisation's calendar date.
    pub business_date: NaiveDate,
}

/// The value of a query parameter; an absent one is left out where it is empty.
fn as_parameter(value: Option<impl ToString>) -> String {
    value.map(|value| value.to_string()).unwrap_or_default()
}

#[cfg(feature = "ssr")]
pub(crate) use ssr::{answer_status, host, refuse, session, visitor};

#[cfg(feature = "ssr")]
mod ssr {
    use domain::Problem;
    use leptos::prelude::*;
    use leptos_axum::ResponseOptions;

    use super::Snapshot;
    use crate::error::Fault;
    use crate::host::{Host, Visitor};

    impl<T> Snapshot<T> {
        pub(crate) fn of(ledger: &ledger::Ledger, read: ledger::Read<T>) -> Self {
            Self { seq: read.seq, value: read.value, business_date: ledger.business_date() }
        }
    }

    /// What the host lends.
    pub(crate) fn host() -> Result<Host, Fault> {
        use_context::<Host>().ok_or_else(|| {
            tracing::error!("a server function ran without Host in its context");
            Fault(Problem::new(
                500,
                "internal",
                "Something went wrong on our side",
                "Nothing was saved. Try again.",
            ))
        })
    }

    /// Who asks.
    pub(crate) fn visitor() -> Visitor {
        use_context::<Visitor>().unwrap_or(Visitor {
            caller: None,
            request_id: None,
            theme: None,
            client: ledger::Client::default(),
        })
    }

    /// The ledger and the signed-in caller, or 401.
    pub(crate) fn session() -> Result<(ledger::Ledger, ledger::Caller), Fault> {
        let host = host()?;
        let caller = visitor().caller.ok_or_else(|| refuse(ledger::Error::Unauthenticated))?;
        Ok((host.ledger, caller))
    }

    /// The ledger's refusal as the browser gets it, with the request id and the HTTP status. Logged here, once.
    pub(crate) fn refuse(error: ledger::Error) -> Fault {
        let mut problem = error.problem();
        problem.request_id = visitor().request_id;
        if problem.status >= 500 {
            tracing::error!(
                error = &error as &dyn std::error::Error,
                request_id = problem.request_id,
                "server function failed"
            );
        }
        answer_status(problem.status);
        Fault(problem)
    }

    /// Sets the HTTP status of the answer; without it every error would be a 500.
    pub(crate) fn answer_status(status: u16) {
        if let (Some(options), Ok(status)) =
            (use_context::<ResponseOptions>(), axum::http::StatusCode::from_u16(status))
        {
            options.set_status(status);
        }
    }
}
