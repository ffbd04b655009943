//! Who is where: one row for each server process, written by it alone.

use chrono::{DateTime, Utc};
use surrealdb::types::SurrealValue;

use super::{Store, record};
use crate::Result;

#[derive(SurrealValue)]
struct PresenceRow {
    at: DateTime<Utc>,
    /// JSON text: only processes read it, and only whole.
    text: String,
}

impl Store {
    pub(crate) async fn put_presence(&self, node: &str, at: DateTime<Utc>, text: String) -> Result<()> {
        self.beside(|db| {
            db.query("UPSERT $id SET at = $at, text = $text RETURN NONE")
                .bind(("id", record("presence", node)))
                .bind(("at", at))
                .bind(("text", text.clone()))
        })
        .await?;
        Ok(())
    }

    /// The rows of the other processes that were written after `since`, with when they were.
    pub(crate) async fn presences_but(
        &self,
        node: &str,
        since: DateTime<Utc>,
    ) -> Result<Vec<(DateTime<Utc>, String)>> {
        let rows: Vec<PresenceRow> = self
            .db
            .query("SELECT at, text FROM presence WHERE id != $own AND at > $since")
            .bind(("own", record("presence", node)))
            .bind(("since", since))
            .await?
            .take(0)?;
        Ok(rows.into_iter().map(|row| (row.at, row.text)).collect())
    }

    pub(crate) async fn forget_presences(&self, before: DateTime<Utc>) -> Result<()> {
        self.beside(|db| db.query("DELETE presence WHERE at < $before").bind(("before", before))).await?;
        Ok(())
    }
}
