//! Opening the ledger.

use std::path::PathBuf;
use std::sync::Arc;

use chrono::NaiveDate;
use chrono_tz::Tz;
use domain::Currency;

use crate::{AuthConfig, Clock, ImportLimits};

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
    /// Where uploads wait, beside the embedded database.
    pub data_dir: PathBuf,
    /// The organisation.
    pub organisation: Organisation,
    /// Sign-in.
    pub auth: AuthConfig,
    /// What an import may cost.
    pub import: ImportLimits,
    /// How often the tail looks for events without being woken.
    pub poll: std::time::Duration,
    /// The clock.
    pub clock: Clock,
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
}

impl Ledger {
    /// Connects, migrates, and starts the committer. Jobs and the live tail start with [`Ledger::start`].
    pub async fn open(config: Config) -> Result<Ledger, OpenError> {
        todo!()
    }

    /// Starts the live tail, the overdue check, the mock gateway and the reconciler.
    pub fn start(&self) {
        todo!()
    }

    /// Whether the database answers.
    pub async fn ready(&self) -> bool {
        todo!()
    }

    /// Stops taking changes and waits for those in hand.
    pub async fn close(&self) {
        todo!()
    }

    /// The organisation's calendar date.
    pub fn business_date(&self) -> NaiveDate {
        self.inner.config.clock.business_date(self.inner.config.organisation.time_zone)
    }

    /// The organisation.
    pub fn organisation(&self) -> &Organisation {
        &self.inner.config.organisation
    }
}
