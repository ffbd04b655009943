//! What waits for each person, and who listens to it: counted in memory, and told to all of their sockets at once.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use domain::UserId;
use domain::notification::Line;
use tokio::sync::watch;

use crate::{Caller, Ledger, Result};

/// The notifications of the whole log in short, in order: what people have not read is counted here rather than by going
/// through the events once more for each socket that opens. Read at start, and on from there whenever it is asked.
#[derive(Default)]
pub(crate) struct Told {
    upto: i64,
    lines: Vec<Line>,
}

/// People who listen, with the newest version of their row that this process knows of.
#[derive(Default)]
pub(crate) struct Listeners {
    versions: Mutex<HashMap<UserId, watch::Sender<i64>>>,
}

impl Listeners {
    /// Tells the sockets of `user`, unless they have seen this version or a newer one.
    pub(crate) fn tell(&self, user: &UserId, version: i64) {
        if let Some(sender) = self.lock().get(user) {
            sender.send_if_modified(|known| {
                let newer = version > *known;
                *known = version.max(*known);
                newer
            });
        }
    }

    fn listen(&self, user: &UserId) -> watch::Receiver<i64> {
        self.lock().entry(user.clone()).or_insert_with(|| watch::Sender::new(0)).subscribe()
    }

    /// Who listens; those who left are forgotten.
    fn present(&self) -> Vec<UserId> {
        let mut versions = self.lock();
        versions.retain(|_, sender| sender.receiver_count() > 0);
        versions.keys().cloned().collect()
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<UserId, watch::Sender<i64>>> {
        self.versions.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Ledger {
    /// Changes whenever the caller's inbox was read or set otherwise: at once through this process, within seconds through
    /// another node. Listen before you read [`Ledger::inbox`], and nothing is missed.
    pub fn inbox_changes(&self, caller: &Caller) -> watch::Receiver<i64> {
        self.inner.listeners.listen(&caller.id)
    }

    /// Asks `look` about all notifications of events up to `seq`.
    pub(crate) async fn told<T>(&self, seq: i64, look: impl FnOnce(&[Line]) -> T) -> Result<T> {
        let mut told = self.inner.told.lock().await;
        if told.upto < seq {
            let lines = self.store().notification_lines(told.upto, seq).await?;
            told.lines.extend(lines);
            told.upto = seq;
        }
        let end = told.lines.partition_point(|line| line.seq <= seq);
        Ok(look(told.lines.get(..end).unwrap_or_default()))
    }
}

/// What people read, and which views they saved, through another node reaches the sockets of this one: versions are looked
/// at, again and again. A look that fails is made up for by the next.
pub(crate) async fn follow(ledger: Ledger) {
    // Reading is no business of others: it may take a little longer than events do.
    let pause = ledger.inner.config.poll * 2;
    // Whoever asks first should not have to wait for the whole log. What fails here is read when they do.
    if let Ok(seq) = ledger.seq().await {
        let _ = ledger.told(seq, |_| ()).await;
    }
    loop {
        tokio::time::sleep(pause).await;
        if ledger.inner.view_version.receiver_count() > 0
            && let Ok(version) = ledger.store().view_version().await
        {
            ledger.tell_view_version(version);
        }
        let present = ledger.inner.listeners.present();
        if present.is_empty() {
            continue;
        }
        match ledger.store().notification_versions(present.iter().map(UserId::as_str)).await {
            Ok(versions) => {
                for (user, version) in versions {
                    ledger.inner.listeners.tell(&UserId::from(user), version);
                }
            }
            Err(error) => {
                tracing::warn!(
                    error = &error as &dyn std::error::Error,
                    "inboxes can't be looked at; trying again"
                );
            }
        }
    }
}
