//! Sign-ins: kept beside the books, not in the event log.

use chrono::{DateTime, Utc};

use super::rows::SessionRow;
use super::{Store, record};
use crate::Result;

impl Store {
    pub(crate) async fn put_session(&self, session: SessionRow) -> Result<()> {
        self.beside(|db| db.query("UPSERT $row.id CONTENT $row RETURN NONE").bind(("row", session.clone())))
            .await?;
        Ok(())
    }

    pub(crate) async fn session(&self, id: &str) -> Result<Option<SessionRow>> {
        let rows: Vec<SessionRow> = self.pick("session", std::iter::once(id)).await?;
        Ok(rows.into_iter().next())
    }

    /// Puts the next refresh token in the place of `from`; `false` when another request was first.
    pub(crate) async fn rotate_session(
        &self,
        id: &str,
        from: &str,
        to: &str,
        now: DateTime<Utc>,
        expires_at: DateTime<Utc>,
    ) -> Result<bool> {
        let rotated = self.beside(|db| {
            db.query(
                "UPDATE $id SET previous_hash = token_hash, token_hash = $to, rotated_at = $now, arrived = false, \
                 last_used_at = $now, \
                 expires_at = $expires_at WHERE token_hash = $from",
            )
            .bind(("id", record("session", id)))
            .bind(("from", from.to_owned()))
            .bind(("to", to.to_owned()))
            .bind(("now", now))
            .bind(("expires_at", expires_at))
        });
        let rows: Vec<SessionRow> = rotated.await?.take(0)?;
        Ok(!rows.is_empty())
    }

    /// The current refresh token arrived where it was sent.
    pub(crate) async fn note_arrival(&self, id: &str, token_hash: &str) -> Result<()> {
        self.beside(|db| {
            db.query("UPDATE $id SET arrived = true WHERE token_hash = $hash RETURN NONE")
                .bind(("id", record("session", id)))
                .bind(("hash", token_hash.to_owned()))
        })
        .await?;
        Ok(())
    }

    pub(crate) async fn sessions_of(&self, user: &str) -> Result<Vec<SessionRow>> {
        let found =
            self.db.query("SELECT * FROM session WHERE user_id = $user").bind(("user", user.to_owned()));
        Ok(found.await?.take(0)?)
    }

    pub(crate) async fn end_session(&self, id: &str) -> Result<()> {
        self.beside(|db| db.query("DELETE $id").bind(("id", record("session", id)))).await?;
        Ok(())
    }

    /// Ends a user's sessions, but for one.
    pub(crate) async fn end_sessions_of(&self, user: &str, but: Option<&str>) -> Result<()> {
        let but = but.map(|id| record("session", id));
        self.beside(|db| {
            db.query("DELETE session WHERE user_id = $user AND id != $but")
                .bind(("user", user.to_owned()))
                .bind(("but", but.clone()))
        })
        .await?;
        Ok(())
    }

    /// Takes out what is past its time: sessions, links, counts of attempts, and idempotency keys older than `keys_before`.
    pub(crate) async fn sweep(&self, now: DateTime<Utc>, keys_before: DateTime<Utc>) -> Result<()> {
        self.beside(|db| {
            db.query(
                "DELETE session WHERE expires_at < $now; DELETE idempotency WHERE at < $keys_before; \
                 DELETE one_time_link WHERE expires_at < $now; DELETE attempt WHERE ends_at < $now;",
            )
            .bind(("now", now))
            .bind(("keys_before", keys_before))
        })
        .await?;
        Ok(())
    }
}
