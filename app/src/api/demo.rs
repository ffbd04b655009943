//! The movable calendar of a demonstration.

use chrono::NaiveDate;
use leptos::prelude::*;
use server_fn::codec::Json;

#[cfg(feature = "ssr")]
use super::{refuse, session};
use crate::error::Fault;

/// Lets days pass (admin); what falls due on the way is announced. Answers the new date.
#[server(prefix = "/fn", endpoint = "demo/advance", input = Json)]
pub async fn advance_days(days: u16) -> Result<NaiveDate, Fault> {
    let (ledger, caller) = session()?;
    ledger.advance_days(&caller, days).await.map_err(refuse)
}
