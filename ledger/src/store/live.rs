//! The database's LIVE query on `event`: a wake-up, not the truth. It is at-most-once and unordered, so whoever is
//! woken reads the events by `seq`.

use futures::{FutureExt, StreamExt};
use surrealdb::types::Value;

use super::Store;
use crate::Result;

/// A stream of "something was committed".
pub(crate) struct WakeUps {
    stream: surrealdb::method::QueryStream<Value>,
}

impl Store {
    pub(crate) async fn wake_ups(&self) -> Result<WakeUps> {
        let mut response = self.db.query("LIVE SELECT seq FROM event").await?.check()?;
        Ok(WakeUps { stream: response.stream::<Value>(0)? })
    }
}

impl WakeUps {
    /// Waits for the next, and takes those that wait behind it too: one reading serves all. `false` when the stream
    /// ended or failed and has to be opened again.
    pub(crate) async fn next(&mut self) -> bool {
        let mut last = self.stream.next().await;
        while let (Some(Ok(_)), Some(more)) = (&last, self.stream.next().now_or_never()) {
            last = more;
        }
        matches!(last, Some(Ok(_)))
    }
}
