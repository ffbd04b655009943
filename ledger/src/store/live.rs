//! The database's LIVE query on `event`: a wake-up, not the truth. It is at-most-once and unordered, so whoever is
//! woken reads the events by `seq`.

use futures::{FutureExt, StreamExt};
use surrealdb::Notification;
use surrealdb::types::{Number, Value};

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
    /// Waits for the next, and takes those that wait behind it too: one reading serves all. Answers the last event they tell
    /// of, or `None` when the stream ended or failed and has to be opened again.
    pub(crate) async fn next(&mut self) -> Option<i64> {
        let mut last = seq(self.stream.next().await)?;
        while let Some(more) = self.stream.next().now_or_never() {
            last = last.max(seq(more)?);
        }
        Some(last)
    }
}

/// The event that a wake-up tells of; one that does not say may tell of any.
fn seq(told: Option<surrealdb::Result<Notification<Value>>>) -> Option<i64> {
    match told?.ok()?.data {
        Value::Object(fields) => match fields.get("seq") {
            Some(Value::Number(Number::Int(seq))) => Some(*seq),
            _ => Some(i64::MAX),
        },
        _ => Some(i64::MAX),
    }
}
