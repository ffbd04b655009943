//! Notifications.

use domain::notification::{Delivery, Inbox, Line, Notification, NotificationKind};
use leptos::prelude::*;
use serde::{Deserialize, Serialize};
use server_fn::codec::Json;

use super::Snapshot;
#[cfg(feature = "ssr")]
use super::{refuse, session};
use crate::error::Fault;

/// A page of the viewer's inbox, to be grouped by [`domain::notification::fold`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct InboxPage {
    /// What the viewer has read.
    pub inbox: Inbox,
    /// The notifications in short, newest first.
    pub lines: Vec<Line>,
    /// Those that stand for themselves, and the newest of each group.
    pub entries: Vec<Notification>,
    /// Where the next page begins.
    pub next_cursor: Option<String>,
}

#[cfg(feature = "ssr")]
impl From<ledger::InboxPage> for InboxPage {
    fn from(page: ledger::InboxPage) -> Self {
        let ledger::InboxPage { inbox, lines, entries, next_cursor } = page;
        Self { inbox, lines, entries, next_cursor }
    }
}

/// One page of the viewer's inbox, newest first.
#[server(prefix = "/fn", endpoint = "notification/inbox", input = Json)]
pub async fn list_inbox(
    unread: Option<bool>,
    kind: Option<NotificationKind>,
    cursor: Option<String>,
) -> Result<Snapshot<InboxPage>, Fault> {
    let (ledger, caller) = session()?;
    let query = ledger::NotificationQuery { unread, kind, limit: None, cursor };
    let read = ledger.inbox_page(&caller, &query).await.map_err(refuse)?;
    Ok(Snapshot::of(&ledger, ledger::Read { seq: read.seq, value: read.value.into() }))
}

/// These notifications, newest first.
#[server(prefix = "/fn", endpoint = "notification/these", input = Json)]
pub async fn notifications_at(seqs: Vec<i64>) -> Result<Vec<Notification>, Fault> {
    let (ledger, caller) = session()?;
    ledger.notifications_at(&caller, &seqs).await.map_err(refuse)
}

/// What the viewer has read, and how they want to be told.
#[server(prefix = "/fn", endpoint = "notification/unread", input = Json)]
pub async fn read_inbox() -> Result<Inbox, Fault> {
    let (ledger, caller) = session()?;
    ledger.inbox(&caller).await.map_err(refuse)
}

/// Marks these read, for the viewer alone.
#[server(prefix = "/fn", endpoint = "notification/read", input = Json)]
pub async fn mark_read(seqs: Vec<i64>) -> Result<Inbox, Fault> {
    let (ledger, caller) = session()?;
    ledger.mark_several_read(&caller, &seqs).await.map_err(refuse)
}

/// Marks all read that happened so far, for the viewer alone.
#[server(prefix = "/fn", endpoint = "notification/read-all", input = Json)]
pub async fn mark_all_read() -> Result<Inbox, Fault> {
    let (ledger, caller) = session()?;
    ledger.mark_all_read(&caller).await.map_err(refuse)
}

/// Changes how the viewer is told of one kind.
#[server(prefix = "/fn", endpoint = "notification/prefer", input = Json)]
pub async fn prefer(kind: NotificationKind, delivery: Delivery) -> Result<Inbox, Fault> {
    let (ledger, caller) = session()?;
    let chosen = std::iter::once((kind, delivery)).collect();
    ledger.set_notification_preferences(&caller, &chosen).await.map_err(refuse)
}
