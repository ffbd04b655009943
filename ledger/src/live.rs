//! The live tail.
use std::sync::Arc;
use domain::{Role, EventKind};
use tokio::sync::broadcast;
use crate::{Ledger, Result};

/// One event as sockets get it, serialised once for all of them.
#[derive(Debug)]
pub struct Frame {
    /// Its position.
    pub seq: i64,
    /// Its kind.
    pub kind: EventKind,
    /// The least role that may see it.
    pub least_role: Role,
    /// `{"type":"event","seq":…}` as in the protocol.
    pub json: Arc<str>,
}

/// The events from now on, in order. Lagging behind the buffer answers `RecvError::Lagged`: resync.
pub struct Tail {
    /// The last event before the first that `frames` will hand out.
    pub seq: i64,
    /// What comes.
    pub frames: broadcast::Receiver<Arc<Frame>>,
}

impl Ledger {
    /// Listens from now on.
    pub fn tail(&self) -> Tail { todo!() }
    /// Frames after `after` and up to `upto` included, in order, at most `limit`: what a resuming socket missed.
    pub async fn frames_between(&self, after: i64, upto: i64, limit: u32) -> Result<Vec<Arc<Frame>>> { todo!() }
}
