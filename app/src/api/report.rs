//! Reports.

use chrono::NaiveDate;
use domain::Customer;
use domain::ageing::AgeingOverview;
use domain::dashboard::Dashboard;
use leptos::prelude::*;
use serde::{Deserialize, Serialize};
use server_fn::codec::Json;

use super::Snapshot;
#[cfg(feature = "ssr")]
use super::{refuse, session};
use crate::error::Fault;

/// Who owed how much, how late, as of a date, today when absent: all of it in total, and the first `most` customers.
#[server(prefix = "/fn", endpoint = "report/ageing", input = Json)]
pub async fn read_ageing(as_of: Option<NaiveDate>, most: u32) -> Result<Snapshot<AgeingOverview>, Fault> {
    let (ledger, caller) = session()?;
    let most = usize::try_from(most).unwrap_or(usize::MAX);
    let ledger::Read { seq, value } = ledger.ageing_overview(&caller, as_of, most).await.map_err(refuse)?;
    let business_date = value.total.business_date;
    Ok(Snapshot { seq, value, business_date })
}

/// What the desk page shows.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Desk {
    /// The figures of today.
    pub figures: Dashboard,
    /// The customers with the most overdue.
    pub latest: Vec<Customer>,
}

/// The figures of today, and whom to call first.
#[server(prefix = "/fn", endpoint = "report/desk", input = Json)]
pub async fn read_desk() -> Result<Snapshot<Desk>, Fault> {
    let (ledger, caller) = session()?;
    // The position is read with the figures, the customers after it: they can only be newer.
    let figures = ledger.dashboard(&caller).await.map_err(refuse)?;
    let query = ledger::CustomerQuery {
        filter: domain::customer::CustomerFilter {
            status: Some(domain::CustomerStatus::Overdue),
            ..Default::default()
        },
        sort: vec![domain::customer::SortBy {
            field: domain::customer::CustomerSort::Overdue,
            descending: true,
        }],
        limit: Some(8),
        cursor: None,
    };
    let latest = ledger.customers(&caller, &query).await.map_err(refuse)?.value.data;
    let value = Desk { figures: figures.value, latest };
    Ok(Snapshot::of(&ledger, ledger::Read { seq: figures.seq, value }))
}
