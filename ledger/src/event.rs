//! The event log, read.

use domain::{Action, Event};

use crate::customer::page_size;
use crate::{Caller, Ledger, Result};

/// Which part of the log.
#[derive(Clone, Copy, Debug, Default)]
pub struct EventQuery {
    /// Events with a greater `seq`.
    pub after: i64,
    /// At most so many, 1–200, 50 when absent.
    pub limit: Option<u32>,
}

impl Ledger {
    /// Events in `seq` order (manager).
    pub async fn events(&self, caller: &Caller, query: EventQuery) -> Result<Vec<Event>> {
        caller.authorise(Action::ReadEvents)?;
        self.store().events(query.after.max(0), page_size(query.limit)).await
    }
}
