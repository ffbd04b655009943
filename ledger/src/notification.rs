//! Notifications: readings of the event log, with what each user has read.

use domain::notification::{Notification, NotificationKind};
use domain::{Action, EventKind, Page, Role};

use crate::customer::{cursor_seq, page, page_size, seq_cursor};
use crate::store::rows::NotificationStateRow;
use crate::{Caller, Error, Ledger, Read, Result};

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
    pub async fn notifications(
        &self,
        caller: &Caller,
        query: &NotificationQuery,
    ) -> Result<Read<Page<Notification>>> {
        caller.authorise(Action::Read)?;
        let seq = self.seq().await?;
        let kinds: Vec<EventKind> = match query.kind {
            Some(kind) if kind.for_admins() && caller.role < Role::Admin => Vec::new(),
            Some(kind) => vec![kind.event_kind()],
            None => kinds_for(caller.role),
        };
        let state = self.store().notification_state(caller.id.as_str()).await?;
        let before = cursor_seq(query.cursor.as_deref())?;
        let limit = page_size(query.limit);
        let unread = query.unread.map(|unread| (unread, &state));
        let (mut events, total) = self.store().events_of(&kinds, unread, before, limit + 1).await?;
        let more = events.len() > limit as usize;
        events.truncate(limit as usize);
        let next = events.last().filter(|_| more).map(|event| seq_cursor(event.seq));
        let rows =
            events.iter().filter_map(|event| Notification::of(event, is_read(&state, event.seq))).collect();
        Ok(Read { seq, value: page(rows, next, total) })
    }

    /// How many the caller has not read.
    pub async fn unread_count(&self, caller: &Caller) -> Result<u64> {
        caller.authorise(Action::Read)?;
        let state = self.store().notification_state(caller.id.as_str()).await?;
        self.store().count_unread(&kinds_for(caller.role), &state).await
    }

    /// Marks one read, for the caller alone.
    pub async fn mark_read(&self, caller: &Caller, id: &str) -> Result<Notification> {
        caller.authorise(Action::Read)?;
        let seq: i64 = id.parse().map_err(|_| Error::NotFound("notification"))?;
        let events = self.store().events(seq - 1, 1).await?;
        let event = events
            .first()
            .filter(|event| kinds_for(caller.role).contains(&event.kind))
            .ok_or(Error::NotFound("notification"))?;
        let notification = Notification::of(event, true).ok_or(Error::NotFound("notification"))?;
        self.store().mark_read(caller.id.as_str(), seq).await?;
        Ok(notification)
    }

    /// Marks all read that happened so far, for the caller alone.
    pub async fn mark_all_read(&self, caller: &Caller) -> Result<()> {
        caller.authorise(Action::Read)?;
        let seq = self.seq().await?;
        self.store().mark_all_read(caller.id.as_str(), seq).await
    }
}

fn kinds_for(role: Role) -> Vec<EventKind> {
    NotificationKind::ALL
        .into_iter()
        .filter(|kind| !kind.for_admins() || role >= Role::Admin)
        .map(NotificationKind::event_kind)
        .collect()
}

fn is_read(state: &NotificationStateRow, seq: i64) -> bool {
    seq <= state.all_before || state.read.contains(&seq)
}
