//! The connection to SurrealDB: inside this process, or to a server of its own.

use std::borrow::Cow;
use std::future::IntoFuture;

use futures::future::BoxFuture;
use surrealdb::engine::any::Any;
use surrealdb::engine::local::Db;
use surrealdb::method::{Query, Transaction};
use surrealdb::opt::auth::Root;
use surrealdb::types::{Object, SurrealValue};
use surrealdb::{IndexedResults, Surreal};
use surrealdb_cnf::{ConfigMap, NOTIFICATIONS_CHANNEL_SIZE};
use surrealdb_engine_local::Datastore;

const MIB: u64 = 1024 * 1024;
/// How many tables of writes RocksDB keeps in memory: one that is written to, others that are on their way to the disk
/// or kept for finding out what a transaction that began earlier conflicts with.
const WRITE_BUFFERS: u64 = 4;

/// One long-lived handle. Cloning one opens a session.
#[derive(Clone)]
pub(crate) enum Database {
    /// The engine runs in this process.
    Embedded(Surreal<Db>),
    /// The engine is reached over a socket.
    Remote(Surreal<Any>),
}

impl Database {
    /// Connects to `url`. An embedded engine keeps about `memory` bytes of the database at hand.
    pub(crate) async fn connect(url: &str, memory: u64) -> surrealdb::Result<Self> {
        if ["mem:", "rocksdb:", "surrealkv:"].iter().any(|scheme| url.starts_with(scheme)) {
            Ok(Self::Embedded(embedded(url, memory).await?))
        } else {
            Ok(Self::Remote(surrealdb::engine::any::connect(url).await?))
        }
    }

    /// Signs in to a remote one.
    pub(crate) async fn sign_in(&self, username: &str, password: &str) -> surrealdb::Result<()> {
        let root = Root { username: username.to_owned(), password: password.to_owned() };
        match self {
            Self::Embedded(db) => db.signin(root).await.map(drop),
            Self::Remote(db) => db.signin(root).await.map(drop),
        }
    }

    /// Goes into a database, which is made where it is not there.
    pub(crate) async fn enter(&self, namespace: &str, database: &str) -> surrealdb::Result<()> {
        self.query(format!(
            "DEFINE NAMESPACE IF NOT EXISTS {namespace}; USE NS {namespace}; DEFINE DATABASE IF NOT EXISTS {database};"
        ))
        .await?
        .check()?;
        match self {
            Self::Embedded(db) => db.use_ns(namespace).use_db(database).await.map(drop),
            Self::Remote(db) => db.use_ns(namespace).use_db(database).await.map(drop),
        }
    }

    /// A statement to be bound and awaited.
    pub(crate) fn query<'a>(&'a self, text: impl Into<Cow<'a, str>>) -> Statement<'a> {
        match self {
            Self::Embedded(db) => Statement::Embedded(db.query(text)),
            Self::Remote(db) => Statement::Remote(db.query(text)),
        }
    }

    /// Opens a transaction in a session of its own.
    pub(crate) async fn begin(&self) -> surrealdb::Result<OpenTransaction> {
        Ok(match self {
            Self::Embedded(db) => OpenTransaction::Embedded(db.clone().begin().await?),
            Self::Remote(db) => OpenTransaction::Remote(db.clone().begin().await?),
        })
    }
}

/// Opens an engine in this process. The SDK's own way takes no settings but those of the URL's query, and then RocksDB
/// takes half of the machine's memory; so the datastore is built here and handed over.
async fn embedded(url: &str, memory: u64) -> surrealdb::Result<Surreal<Db>> {
    let broken = |error: &dyn std::fmt::Display| surrealdb::Error::internal(error.to_string());
    let (send, notifications) = async_channel::bounded(NOTIFICATIONS_CHANNEL_SIZE);
    // The tasks write, which nobody may before the version of what is stored is known.
    let datastore = Datastore::builder()
        .with_config(settings(memory))
        .with_notify(send)
        .without_maintenance_tasks()
        .build_with_path(url)
        .await
        .map_err(|error| broken(&error))?;
    datastore.check_version().await.map_err(|error| broken(&error))?;
    datastore.bootstrap().await.map_err(|error| broken(&error))?;
    datastore.start_maintenance_tasks();
    Surreal::unstable_from_datastore(datastore, Some(notifications)).await
}

/// What RocksDB keeps in memory: a fifth for rows written last, the rest for blocks read last. Left alone it takes up to
/// 1 GiB for the former and half of the machine for the latter.
fn settings(memory: u64) -> ConfigMap {
    let write_buffer = (memory / 5 / WRITE_BUFFERS).max(MIB);
    let number = |key: &str, number: u64| (format!("rocksdb_{key}"), number.to_string());
    [
        number("write_buffer_size", write_buffer),
        number("max_write_buffer_number", WRITE_BUFFERS),
        number("block_cache_size", (memory - memory / 5).max(MIB)),
        // A row is read with the block it is in.
        number("block_size", 16 * 1024),
        // Small buffers make many files, which would be merged with all there is two at a time: during an import that
        // costs half as much again as the rows do.
        number("file_compaction_trigger", 8),
        number("level0_slowdown_writes_trigger", 24),
        number("level0_stop_writes_trigger", 48),
    ]
    .into_iter()
    .fold(ConfigMap::empty(), |map, (key, value)| map.with_key_value(key, value))
}

/// A statement on its way.
#[must_use = "nothing is asked until it is awaited"]
pub(crate) enum Statement<'a> {
    Embedded(Query<'a, Db>),
    Remote(Query<'a, Any>),
}

impl<'a> Statement<'a> {
    /// Another statement behind this one, with the same parameters.
    pub(crate) fn query(self, text: impl Into<Cow<'a, str>>) -> Self {
        match self {
            Self::Embedded(query) => Self::Embedded(query.query(text)),
            Self::Remote(query) => Self::Remote(query.query(text)),
        }
    }

    /// Fills in a parameter.
    pub(crate) fn bind(self, (name, value): (impl Into<String>, impl SurrealValue)) -> Self {
        // The SDK would copy what comes as a pair, with everything in it.
        let mut variables = Object::new();
        variables.insert(name, value.into_value());
        match self {
            Self::Embedded(query) => Self::Embedded(query.bind(variables)),
            Self::Remote(query) => Self::Remote(query.bind(variables)),
        }
    }
}

impl<'a> IntoFuture for Statement<'a> {
    type Output = surrealdb::Result<IndexedResults>;
    type IntoFuture = BoxFuture<'a, Self::Output>;

    fn into_future(self) -> Self::IntoFuture {
        match self {
            Self::Embedded(query) => query.into_future(),
            Self::Remote(query) => query.into_future(),
        }
    }
}

/// A transaction that was begun and waits for its end.
pub(crate) enum OpenTransaction {
    Embedded(Transaction<Db>),
    Remote(Transaction<Any>),
}

impl OpenTransaction {
    /// A statement within the transaction.
    pub(crate) fn query<'a>(&'a self, text: impl Into<Cow<'a, str>>) -> Statement<'a> {
        match self {
            Self::Embedded(transaction) => Statement::Embedded(transaction.query(text)),
            Self::Remote(transaction) => Statement::Remote(transaction.query(text)),
        }
    }

    /// Ends it without a trace.
    pub(crate) async fn cancel(self) -> surrealdb::Result<()> {
        match self {
            Self::Embedded(transaction) => transaction.cancel().await.map(drop),
            Self::Remote(transaction) => transaction.cancel().await.map(drop),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn rocksdb_takes_the_memory_it_is_given() {
        let dir = tempfile::tempdir().unwrap();
        let url = format!("rocksdb://{}?sync=every", dir.path().join("db").display());
        let db = Database::connect(&url, 80 * MIB).await.unwrap();
        db.enter("one", "two").await.unwrap();
        // RocksDB notes the options it was opened with.
        let options = std::fs::read_dir(dir.path().join("db")).unwrap().flatten().find_map(|entry| {
            let name = entry.file_name().to_string_lossy().into_owned();
            name.starts_with("OPTIONS-").then(|| std::fs::read_to_string(entry.path()).unwrap())
        });
        let options = options.unwrap();
        for option in [
            "write_buffer_size=4194304",
            "block_size=16384",
            "max_write_buffer_number=4",
            "level0_file_num_compaction_trigger=8",
            "level0_slowdown_writes_trigger=24",
            "level0_stop_writes_trigger=48",
        ] {
            assert!(options.lines().any(|line| line.trim() == option), "{option} is not in {options}");
        }
    }
}
