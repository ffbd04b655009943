//! What each user has read and how they want to be told: kept beside the books, not in the event log.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use domain::notification::{Line, NotificationKind};
use domain::{Event, EventKind};
use surrealdb::types::{RecordId, SurrealValue, Value};

use super::rows::{EventRow, NotificationStateRow};
use super::{Store, key, record};
use crate::{Error, Result};

/// What a new row begins with, and what every change of one moves.
const BEGIN: &str = "UPSERT $id SET version = (version ?? 0) + 1, all_before = all_before ?? 0, read = read ?? [], \
                     preferences = preferences ?? {}";

/// Events that are read through rather than looked up by kind.
const ONE_BY_ONE: i64 = 1_000;

#[derive(SurrealValue)]
struct LineRow {
    seq: i64,
    kind: String,
    at: DateTime<Utc>,
}

#[derive(SurrealValue)]
struct VersionRow {
    id: RecordId,
    version: i64,
}

impl Store {
    pub(crate) async fn notification_state(&self, user: &str) -> Result<NotificationStateRow> {
        let rows: Vec<NotificationStateRow> = self.pick("notification_state", std::iter::once(user)).await?;
        Ok(rows.into_iter().next().unwrap_or_default())
    }

    /// The versions of these users' rows; those without one are left out.
    pub(crate) async fn notification_versions(
        &self,
        users: impl Iterator<Item = &str>,
    ) -> Result<Vec<(String, i64)>> {
        let ids: Vec<RecordId> = users.map(|user| record("notification_state", user)).collect();
        let rows: Vec<VersionRow> =
            self.db.query("SELECT id, version FROM $ids").bind(("ids", ids)).await?.take(0)?;
        Ok(rows.into_iter().map(|row| (key(row.id), row.version)).collect())
    }

    /// Marks single events read.
    pub(crate) async fn mark_read(&self, user: &str, seqs: &[i64]) -> Result<NotificationStateRow> {
        self.change_state(user, "read = array::sort(array::union(read ?? [], $new))", seqs.to_vec()).await
    }

    /// Marks everything up to `seq` read.
    pub(crate) async fn mark_all_read(&self, user: &str, seq: i64) -> Result<NotificationStateRow> {
        let change = "all_before = math::max([all_before ?? 0, $new]), read = array::filter(read ?? [], |$one| $one > $new)";
        self.change_state(user, change, seq).await
    }

    /// Changes how a user is told of some kinds.
    pub(crate) async fn set_preferences(
        &self,
        user: &str,
        chosen: BTreeMap<String, String>,
    ) -> Result<NotificationStateRow> {
        self.change_state(user, "preferences = object::extend(preferences ?? {}, $new)", chosen).await
    }

    async fn change_state(
        &self,
        user: &str,
        change: &str,
        new: impl SurrealValue,
    ) -> Result<NotificationStateRow> {
        let new: Value = new.into_value();
        let changed = self.beside(|db| {
            db.query(format!("{BEGIN}, {change} RETURN AFTER"))
                .bind(("id", record("notification_state", user)))
                .bind(("new", new.clone()))
        });
        let rows: Vec<NotificationStateRow> = changed.await?.take(0)?;
        rows.into_iter().next().ok_or_else(|| Error::internal("a row that was written is gone"))
    }

    /// The notifications among the events after `after` and up to `upto`, in order, in short.
    pub(crate) async fn notification_lines(&self, after: i64, upto: i64) -> Result<Vec<Line>> {
        let kinds = NotificationKind::ALL.map(|kind| kind.event_kind().as_str().to_owned()).to_vec();
        // Few events are read one after the other. Of many, most may be nobody's news and large: the index leaves them out.
        let (events, those) = if upto - after <= ONE_BY_ONE {
            (format!("event:{}..={upto}", after + 1), "kind IN $kinds")
        } else {
            ("event".to_owned(), "kind IN $kinds AND seq > $after AND seq <= $upto")
        };
        let query = format!("SELECT seq, kind, at FROM {events} WHERE {those} ORDER BY seq");
        let rows: Vec<LineRow> = self
            .db
            .query(query)
            .bind(("kinds", kinds))
            .bind(("after", after))
            .bind(("upto", upto))
            .await?
            .take(0)?;
        rows.into_iter()
            .map(|row| {
                let kind: EventKind =
                    row.kind.parse().map_err(|_| Error::internal("broken row: event kind"))?;
                let kind = NotificationKind::of(kind)
                    .ok_or_else(|| Error::internal("an event nobody is told of"))?;
                Ok(Line { seq: row.seq, kind, date: row.at.date_naive() })
            })
            .collect()
    }

    /// These events, in order.
    pub(crate) async fn events_at(&self, seqs: &[i64]) -> Result<Vec<Event>> {
        let ids: Vec<RecordId> = seqs.iter().map(|seq| RecordId::new("event", *seq)).collect();
        let rows: Vec<EventRow> = self.db.query("SELECT * FROM $ids").bind(("ids", ids)).await?.take(0)?;
        let mut events: Vec<Event> = rows.into_iter().map(Event::try_from).collect::<Result<_>>()?;
        events.sort_by_key(|event| event.seq);
        Ok(events)
    }
}
