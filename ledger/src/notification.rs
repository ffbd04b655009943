//! Notifications.
use domain::Page;
use domain::notification::{Notification, NotificationKind};
use crate::{Caller, Ledger, Read, Result};

/// Which page of which notifications, newest first.
#[derive(Clone, Debug, Default)]
pub struct NotificationQuery {
    /// Only those the caller has not read (or only those read).
    pub unread: Option<bool>,
    /// Of one kind.
    pub kind: Option<NotificationKind>,
    /// Rows a page, 1–200, 50 when absent.
    pub limit: Option<u32>,
    /// From the page before.
    pub cursor: Option<String>,
}

impl Ledger {
    /// One page of notifications.
    pub async fn notifications(&self, caller: &Caller, query: &NotificationQuery) -> Result<Read<Page<Notification>>> { todo!() }
    /// How many the caller has not read.
    pub async fn unread_count(&self, caller: &Caller) -> Result<u64> { todo!() }
    /// Marks one read, for the caller alone.
    pub async fn mark_read(&self, caller: &Caller, id: &str) -> Result<Notification> { todo!() }
    /// Marks all read that happened so far, for the caller alone.
    pub async fn mark_all_read(&self, caller: &Caller) -> Result<()> { todo!() }
}
