//! Notifications.

use domain::Page;
use domain::notification::{Notification, NotificationKind};
use leptos::prelude::*;
use server_fn::codec::Json;

use super::Snapshot;
#[cfg(feature = "ssr")]
use super::{refuse, session};
use crate::error::Fault;

/// One page of the viewer's notifications, newest first.
#[server(prefix = "/fn", endpoint = "notification/list", input = Json)]
pub async fn list_notifications(
    unread: Option<bool>,
    kind: Option<NotificationKind>,
    cursor: Option<String>,
) -> Result<Snapshot<Page<Notification>>, Fault> {
    let (ledger, caller) = session()?;
    let query = ledger::NotificationQuery { unread, kind, limit: None, cursor };
    let read = ledger.notifications(&caller, &query).await.map_err(refuse)?;
    Ok(Snapshot::of(&ledger, read))
}

/// How many the viewer has not read.
#[server(prefix = "/fn", endpoint = "notification/unread", input = Json)]
pub async fn unread_count() -> Result<u64, Fault> {
    let (ledger, caller) = session()?;
    ledger.unread_count(&caller).await.map_err(refuse)
}

/// Marks one read, for the viewer alone.
#[server(prefix = "/fn", endpoint = "notification/read", input = Json)]
pub async fn mark_read(id: String) -> Result<Notification, Fault> {
    let (ledger, caller) = session()?;
    ledger.mark_read(&caller, &id).await.map_err(refuse)
}

/// Marks all read that happened so far, for the viewer alone.
#[server(prefix = "/fn", endpoint = "notification/read-all", input = Json)]
pub async fn mark_all_read() -> Result<(), Fault> {
    let (ledger, caller) = session()?;
    ledger.mark_all_read(&caller).await.map_err(refuse)
}
