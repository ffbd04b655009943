//! Opening the ledger.

use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::{Arc, PoisonError};

use chrono::NaiveDate;
use chrono_tz::Tz;
use domain::{Currency, ImportId};
use tokio::sync::{broadcast, mpsc, watch};
use tokio::task::JoinHandle;

use crate::commit::{Command, Committer, Desk, Needs, Stop, rehearse};
use crate::gateway::{Callback, Gateway, MockGateway};
use crate::index::Index;
use crate::live::Frame;
use crate::store::Store;
use crate::{AuthConfig, Clock, ImportLimits, Replayed, Result};

/// The organisation this deployment holds.
#[derive(Clone, Debug)]
pub struct Organisation {
    /// Its name, for documents.
    pub name: String,
    /// Whose calendar the business date is of.
    pub time_zone: Tz,
    /// What amounts without a currency are in.
    pub currency: Currency,
}

/// How to open a ledger.
#[derive(Clone, Debug)]
pub struct Config {
    /// `rocksdb://dir?sync=every`, `mem://`, `surrealkv://…`, `ws://…`.
    pub url: String,
    /// Database user for `ws://`, as `(user, password)`.
    pub credentials: Option<(String, String)>,
    /// Bytes of the database that an embedded engine keeps at hand: the rows written last, and those read last.
    pub memory: u64,
    /// Where uploads wait, beside the embedded database.
    pub data_dir: PathBuf,
    /// The organisation.
    pub organisation: Organisation,
    /// Sign-in.
    pub auth: AuthConfig,
    /// What an import may cost.
    pub import: ImportLimits,
    /// The columns of ageing reports, unless a report asks for others.
    pub ageing: domain::ageing::Buckets,
    /// How often the tail looks for events without being woken.
    pub poll: std::time::Duration,
    /// The clock.
    pub clock: Clock,
    /// Whether the clock may be moved: only on books that are not kept.
    pub demonstration: bool,
    /// Who collects payments; the mock gateway when absent.
    pub gateway: Option<Gateway>,
}

/// Why the ledger could not be opened, for the operator.
#[derive(Debug)]
pub struct OpenError(pub String);

impl std::error::Error for OpenError {}

/// The desk's books. Cheap to clone; all clones share one database handle and one committer.
#[derive(Clone)]
pub struct Ledger {
    pub(crate) inner: Arc<Inner>,
}

pub(crate) struct Inner {
    pub(crate) config: Config,
    pub(crate) store: Arc<Store>,
    pub(crate) committer: Committer,
    pub(crate) frames: broadcast::Sender<Arc<Frame>>,
    pub(crate) tail_seq: std::sync::atomic::AtomicI64,
    pub(crate) relay: crate::live::Relay,
    pub(crate) day: watch::Sender<NaiveDate>,
    pub(crate) view_version: watch::Sender<i64>,
    pub(crate) index: Arc<Index>,
    pub(crate) told: tokio::sync::Mutex<crate::inbox::Told>,
    pub(crate) listeners: crate::inbox::Listeners,
    pub(crate) presences: crate::presence::Presences,
    pub(crate) import_slots: Arc<tokio::sync::Semaphore>,
    pub(crate) export_slots: Arc<tokio::sync::Semaphore>,
    pub(crate) import_locks: std::sync::Mutex<HashMap<ImportId, Arc<tokio::sync::Mutex<()>>>>,
    pub(crate) gateway: Gateway,
    pub(crate) reconcile: tokio::sync::Notify,
    callbacks: std::sync::Mutex<Option<mpsc::UnboundedReceiver<Callback>>>,
    pub(crate) decoy_hash: String,
    pub(crate) known_callers: std::sync::Mutex<crate::caller::KnownCallers>,
    tasks: std::sync::Mutex<Vec<JoinHandle<()>>>,
}

/// Frames a slow reader may fall behind before it has to resync.
const FRAME_BUFFER: usize = 4096;

impl Ledger {
    /// Connects, migrates, and starts the committer. Jobs and the live tail start with [`Ledger::start`].
    pub async fn open(config: Config) -> Result<Ledger, OpenError> {
        if config.demonstration && !config.url.starts_with("mem:") {
            return Err(OpenError("A demonstration runs in memory only.".to_owned()));
        }
        let store = Arc::new(Store::open(&config.url, config.credentials.as_ref(), config.memory).await?);
        Self::on(store, config).await
    }

    /// A second node on the same database: its own committer, tail and memory of callers. Embedded databases have one
    /// process, so only tests of what several servers do to one another have a use for it.
    #[doc(hidden)]
    pub async fn second_node(&self) -> Result<Ledger, OpenError> {
        Self::on(Arc::clone(&self.inner.store), self.inner.config.clone()).await
    }

    pub(crate) async fn on(store: Arc<Store>, config: Config) -> Result<Ledger, OpenError> {
        let unreadable = |error| OpenError(format!("The books can't be read: {error}"));
        let seq = store.head().await.map_err(unreadable)?.seq;
        let index = Arc::new(Index::new(seq));
        let zone = config.organisation.time_zone;
        let committer = Committer::start(Arc::clone(&store), Arc::clone(&index), config.clock.clone(), zone);
        let view_version = store.view_version().await.map_err(unreadable)?;
        // A password nobody knows: hashing it takes as long as any other.
        let decoy_hash = crate::auth::password::hash_password(unique(&config.clock))
            .await
            .map_err(|error| OpenError(format!("Passwords can't be hashed: {error}")))?;
        let slots = config.import.workers.max(1);
        let today = config.clock.business_date(zone);
        let (gateway, callbacks) = match config.gateway.clone() {
            Some(gateway) => (gateway, None),
            None => {
                let (mock, callbacks) = MockGateway::new(config.clock.clone());
                (Gateway(Arc::new(mock)), Some(callbacks))
            }
        };
        let presences = crate::presence::Presences::new(unique(&config.clock));
        Ok(Ledger {
            inner: Arc::new(Inner {
                config,
                store,
                committer,
                frames: broadcast::Sender::new(FRAME_BUFFER),
                tail_seq: seq.into(),
                relay: crate::live::Relay::default(),
                day: watch::Sender::new(today),
                view_version: watch::Sender::new(view_version),
                index,
                told: tokio::sync::Mutex::default(),
                listeners: crate::inbox::Listeners::default(),
                presences,
                import_slots: Arc::new(tokio::sync::Semaphore::new(slots)),
                export_slots: Arc::new(tokio::sync::Semaphore::new(crate::export::AT_ONCE)),
                import_locks: std::sync::Mutex::default(),
                gateway,
                reconcile: tokio::sync::Notify::new(),
                callbacks: std::sync::Mutex::new(callbacks),
                decoy_hash,
                known_callers: std::sync::Mutex::default(),
                tasks: std::sync::Mutex::new(Vec::new()),
            }),
        })
    }

    /// Starts the live tail, the overdue check, the mock gateway with its reconciler, and what a stopped process left
    /// half done.
    pub fn start(&self) {
        let tasks = [
            tokio::spawn(crate::live::follow(self.clone())),
            tokio::spawn(fill(self.clone())),
            tokio::spawn(crate::presence::keep(self.clone())),
            tokio::spawn(crate::job::check_overdue(self.clone())),
            tokio::spawn(crate::job::fold_totals(self.clone())),
            tokio::spawn(crate::gateway::reconcile(self.clone())),
            tokio::spawn(crate::job::sweep(self.clone())),
            tokio::spawn(crate::import::resume(self.clone())),
        ];
        self.tasks().extend(tasks);
        let callbacks = self.inner.callbacks.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(callbacks) = callbacks {
            self.tasks().push(tokio::spawn(crate::gateway::listen(self.clone(), callbacks)));
        }
    }

    /// Whether the database answers.
    pub async fn ready(&self) -> bool {
        self.inner.store.ready().await
    }

    /// Stops taking changes and waits for those in hand.
    pub async fn close(&self) {
        let tasks = std::mem::take(&mut *self.tasks());
        for task in tasks {
            task.abort();
        }
        self.leave_presences().await;
        self.inner.committer.close().await;
    }

    /// The organisation's calendar date.
    pub fn business_date(&self) -> NaiveDate {
        self.inner.config.clock.business_date(self.inner.config.organisation.time_zone)
    }

    /// The organisation.
    pub fn organisation(&self) -> &Organisation {
        &self.inner.config.organisation
    }

    /// What an import may cost.
    pub fn import_limits(&self) -> &ImportLimits {
        &self.inner.config.import
    }

    pub(crate) fn store(&self) -> &Store {
        &self.inner.store
    }

    /// Lets a decision run on the books as they are, and writes nothing: what it would do.
    pub(crate) async fn rehearse<T>(
        &self,
        needs: &Needs,
        decide: impl FnMut(&mut Desk) -> Result<T, Stop>,
    ) -> Result<T> {
        rehearse(self.store(), &self.inner.index, needs, decide).await
    }

    pub(crate) fn clock(&self) -> &Clock {
        &self.inner.config.clock
    }

    /// Commits a change and answers once it is durable.
    pub(crate) async fn commit<T>(&self, command: Command<T>) -> Result<Replayed<T>>
    where
        T: serde::Serialize + serde::de::DeserializeOwned + Send + 'static,
    {
        self.send(command)?.await
    }

    /// Queues a change behind those queued before; what it answers comes once it is durable.
    pub(crate) fn send<T>(
        &self,
        command: Command<T>,
    ) -> Result<impl Future<Output = Result<Replayed<T>>> + use<T>>
    where
        T: serde::Serialize + serde::de::DeserializeOwned + Send + 'static,
    {
        self.inner.committer.send(command)
    }

    /// A fresh unique part for an id: 26 characters that sort by time.
    pub(crate) fn unique(&self) -> String {
        unique(self.clock())
    }

    /// The last event certainly in anything read after this call.
    pub(crate) async fn seq(&self) -> Result<i64> {
        Ok(self.store().head().await?.seq)
    }

    fn tasks(&self) -> std::sync::MutexGuard<'_, Vec<JoinHandle<()>>> {
        self.inner.tasks.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn unique(clock: &Clock) -> String {
    use rand::RngExt;
    let millis = clock.now().timestamp_millis().unsigned_abs();
    ulid::Ulid::from_parts(millis, rand::rng().random()).to_string().to_lowercase()
}

/// What is kept in memory is read one after the other, so that a start leaves room for those who ask already: the
/// index, then what people are told.
async fn fill(ledger: Ledger) {
    ledger.clone().fill_index().await;
    crate::inbox::follow(ledger).await;
}
