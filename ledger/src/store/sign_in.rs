//! What guards the door, beside the books: counts of wrong passwords, one-time links, second factors, API tokens.

use chrono::{DateTime, Utc};
use surrealdb::types::RecordId;

use super::rows::{AttemptRow, FactorRow, LinkRow, TokenRow};
use super::{Store, record};
use crate::Result;

impl Store {
    /// Adds one to each count; one that ended begins anew. How often, and until when.
    pub(crate) async fn count_attempts(
        &self,
        keys: &[String; 3],
        now: DateTime<Utc>,
        ends_at: DateTime<Utc>,
    ) -> Result<Vec<(i64, DateTime<Utc>)>> {
        let mut counts = Vec::with_capacity(keys.len());
        for key in keys {
            let counted = self.beside(|db| {
                db.query(
                    "UPSERT $id SET count = IF ends_at != NONE AND ends_at > $now { count + 1 } ELSE { 1 }, \
                     ends_at = IF ends_at != NONE AND ends_at > $now { ends_at } ELSE { $ends_at } RETURN count, ends_at",
                )
                .bind(("id", record("attempt", key)))
                .bind(("now", now))
                .bind(("ends_at", ends_at))
            });
            let rows: Vec<AttemptRow> = counted.await?.take(0)?;
            counts.extend(rows.into_iter().map(|row| (row.count, row.ends_at)));
        }
        Ok(counts)
    }

    /// Forgets the first count, and takes one off the others.
    pub(crate) async fn forgive_attempt(&self, forgotten: &str, lessened: [&str; 2]) -> Result<()> {
        self.beside(|db| {
            db.query("DELETE $forgotten; UPDATE $lessened SET count -= 1 RETURN NONE;")
                .bind(("forgotten", record("attempt", forgotten)))
                .bind(("lessened", lessened.map(|key| record("attempt", key)).to_vec()))
        })
        .await?;
        Ok(())
    }

    /// The same password, hashed anew, unless it was changed meanwhile.
    pub(crate) async fn rehash(&self, user: &str, from: &str, to: &str) -> Result<()> {
        self.beside(|db| {
            db.query("UPDATE $id SET password_hash = $to WHERE password_hash = $from RETURN NONE")
                .bind(("id", record("user", user)))
                .bind(("from", from.to_owned()))
                .bind(("to", to.to_owned()))
        })
        .await?;
        Ok(())
    }

    /// Keeps a link, the only one of its user.
    pub(crate) async fn put_link(&self, link: LinkRow) -> Result<()> {
        self.beside(|db| {
            db.query(
                "DELETE one_time_link WHERE user_id = $row.user_id; CREATE $row.id CONTENT $row RETURN NONE;",
            )
            .bind(("row", link.clone()))
        })
        .await?;
        Ok(())
    }

    pub(crate) async fn link(&self, key: &str) -> Result<Option<LinkRow>> {
        let rows: Vec<LinkRow> = self.pick("one_time_link", std::iter::once(key)).await?;
        Ok(rows.into_iter().next())
    }

    /// Takes a link away; `false` when it is gone already.
    pub(crate) async fn take_link(&self, key: &str) -> Result<bool> {
        let taken =
            self.beside(|db| db.query("DELETE $id RETURN BEFORE").bind(("id", record("one_time_link", key))));
        let rows: Vec<LinkRow> = taken.await?.take(0)?;
        Ok(!rows.is_empty())
    }

    pub(crate) async fn second_factor(&self, user: &str) -> Result<Option<FactorRow>> {
        let rows: Vec<FactorRow> = self.pick("second_factor", std::iter::once(user)).await?;
        Ok(rows.into_iter().next())
    }

    pub(crate) async fn put_second_factor(&self, factor: FactorRow) -> Result<()> {
        self.beside(|db| db.query("UPSERT $row.id CONTENT $row RETURN NONE").bind(("row", factor.clone())))
            .await?;
        Ok(())
    }

    pub(crate) async fn end_second_factor(&self, user: &str) -> Result<()> {
        self.beside(|db| db.query("DELETE $id").bind(("id", record("second_factor", user)))).await?;
        Ok(())
    }

    /// Marks the code of a time step as used; `false` when it, or a later one, was used already.
    pub(crate) async fn use_step(&self, user: &str, step: i64) -> Result<bool> {
        let used = self.beside(|db| {
            db.query("UPDATE $id SET last_step = $step WHERE last_step < $step")
                .bind(("id", record("second_factor", user)))
                .bind(("step", step))
        });
        let rows: Vec<FactorRow> = used.await?.take(0)?;
        Ok(!rows.is_empty())
    }

    /// Crosses a recovery code out; `false` when it is none of those left.
    pub(crate) async fn use_recovery_code(&self, user: &str, hash: &str) -> Result<bool> {
        let used = self.beside(|db| {
            db.query("UPDATE $id SET recovery -= $hash WHERE $hash IN recovery")
                .bind(("id", record("second_factor", user)))
                .bind(("hash", hash.to_owned()))
        });
        let rows: Vec<FactorRow> = used.await?.take(0)?;
        Ok(!rows.is_empty())
    }

    pub(crate) async fn tokens(&self) -> Result<Vec<TokenRow>> {
        Ok(self.db.query("SELECT * FROM api_token").await?.take(0)?)
    }

    pub(crate) async fn token(&self, id: &str) -> Result<Option<TokenRow>> {
        let rows: Vec<TokenRow> = self.pick("api_token", std::iter::once(id)).await?;
        Ok(rows.into_iter().next())
    }

    pub(crate) async fn note_token_use(&self, id: RecordId, now: DateTime<Utc>) -> Result<()> {
        self.beside(|db| {
            db.query("UPDATE $id SET last_used_at = $now RETURN NONE")
                .bind(("id", id.clone()))
                .bind(("now", now))
        })
        .await?;
        Ok(())
    }
}
