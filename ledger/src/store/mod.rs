//! SurrealDB: the connection, the schema, every statement. No other module holds SurrealQL.

mod commit;
mod database;
mod desk_load;
mod erasure;
pub(crate) mod floor;
pub(crate) mod imports;
mod live;
#[cfg(test)]
mod live_tests;
mod migrate;
mod notification;
mod presence;
mod read;
pub(crate) mod rows;
mod session;
mod sign_in;
mod snapshot;
#[cfg(test)]
mod snapshot_tests;
#[cfg(test)]
pub(crate) mod tamper_tests;
mod timeline;
mod totals;
#[cfg(test)]
mod totals_tests;
mod views;

use std::sync::atomic::AtomicI64;
use std::time::Duration;

use rand::RngExt;
use surrealdb::IndexedResults;
use surrealdb::types::{RecordId, RecordIdKey};

pub(crate) use commit::{CommitError, Write};
use database::{Database, Statement};
pub(crate) use read::{KeyValue, Keyset, PaymentPage, Selection, Which};
pub(crate) use snapshot::{Snapshot, Title};

use crate::{Error, OpenError};

/// One long-lived handle to the database. Never cloned per request: cloning a handle opens a session.
pub(crate) struct Store {
    db: Database,
    /// What moves the running totals is folded in up to this event, if not further.
    folded: AtomicI64,
}

const NAMESPACE: &str = "duebook";
const DATABASE: &str = "main";
/// Tries of a write beside the books.
const TRIES: u32 = 20;

impl Store {
    /// Connects to `url` and brings the schema up to date.
    pub(crate) async fn open(
        url: &str,
        credentials: Option<&(String, String)>,
        memory: u64,
    ) -> Result<Self, OpenError> {
        let store = Self::connect(url, credentials, memory).await?;
        store.migrate().await?;
        Ok(store)
    }

    async fn connect(
        url: &str,
        credentials: Option<&(String, String)>,
        memory: u64,
    ) -> Result<Self, OpenError> {
        let failed =
            |what: &str, error: surrealdb::Error| OpenError(format!("{what} {}: {error}", redacted(url)));
        let connecting = Database::connect(url, memory);
        let db = tokio::time::timeout(Duration::from_secs(30), connecting)
            .await
            .map_err(|_| OpenError(format!("The database at {} did not answer within 30 s.", redacted(url))))?
            .map_err(|error| failed("Can't open the database at", error))?;
        if let Some((username, password)) = credentials {
            db.sign_in(username, password)
                .await
                .map_err(|error| failed("Can't sign in to the database at", error))?;
        }
        db.enter(NAMESPACE, DATABASE).await.map_err(|error| failed("Can't use the database at", error))?;
        Ok(Self { db, folded: AtomicI64::new(0) })
    }

    /// Whether the database answers.
    pub(crate) async fn ready(&self) -> bool {
        let ask = async { self.db.query("RETURN 1").await.and_then(|response| response.check()).is_ok() };
        tokio::time::timeout(Duration::from_secs(2), ask).await.unwrap_or(false)
    }

    /// A write beside the books (sessions, what somebody has read), tried again when another one met it on its row:
    /// unlike the committer's, such writes can meet in one process.
    async fn beside(
        &self,
        write: impl for<'a> Fn(&'a Database) -> Statement<'a>,
    ) -> Result<IndexedResults, Error> {
        let mut tries = 1;
        loop {
            match write(&self.db).await.and_then(IndexedResults::check) {
                Err(error) if tries < TRIES && commit::is_conflict(&error) => tries += 1,
                answer => return Ok(answer?),
            }
            let pause = rand::rng().random_range(0..10);
            tokio::time::sleep(Duration::from_millis(pause)).await;
        }
    }
}

/// The address without what may be secret in it.
fn redacted(url: &str) -> &str {
    url.split('?').next().unwrap_or_default()
}

/// A range of ids to read only the first rows of. Of one that stands after `FROM` itself, SurrealDB 3.3.5 reads all rows and
/// then heeds the `LIMIT`; it hands the limit on to what a function answers.
fn first_of(range: &str) -> String {
    format!("array::first([{range}])")
}

/// Rows of a table in the order of their ids, after one of them, to read only the first of.
fn rows_after(table: &str, id: Option<&str>) -> String {
    id.map_or_else(|| table.to_owned(), |id| first_of(&format!("{table}:`{id}`>..")))
}

/// `table:key` with a text key.
pub(crate) fn record(table: &str, key: &str) -> RecordId {
    RecordId::new(table, key)
}

/// The text key of a record id.
pub(crate) fn key(id: RecordId) -> String {
    match id.key {
        RecordIdKey::String(text) => text,
        RecordIdKey::Number(number) => number.to_string(),
        other => format!("{other:?}"),
    }
}

#[cfg(test)]
mod tests {
    use std::ops::Bound;

    use surrealdb::types::RecordIdKeyRange;

    use super::*;

    #[tokio::test]
    async fn the_first_of_a_range_are_read_without_the_rest() {
        let store = Store::open("mem://", None, 0).await.unwrap();
        store.db.query("CREATE |event:1..9| RETURN NONE").await.unwrap().check().unwrap();
        let key = RecordIdKeyRange { start: Bound::Included(3_i64.into()), end: Bound::Unbounded };
        for range in ["event:3..", "$range"] {
            let from = first_of(range);
            let query =
                format!("SELECT VALUE id FROM {from} LIMIT 2; EXPLAIN ANALYZE SELECT * FROM {from} LIMIT 2");
            let asked = store.db.query(query).bind(("range", RecordId::new("event", key.clone())));
            let mut answers = asked.await.unwrap();
            let ids: Vec<RecordId> = answers.take(0).unwrap();
            assert_eq!(ids, [3, 4].map(|seq: i64| RecordId::new("event", seq)));
            let plan: Option<String> = answers.take(1).unwrap();
            let plan = plan.unwrap();
            let read: Vec<&str> = plan.lines().filter(|line| line.contains("{rows: ")).collect();
            assert!(!read.is_empty() && read.iter().all(|line| line.contains("{rows: 2,")), "{plan}");
        }
    }
}
