//! What this process committed, until its tail takes it: that need not read again what was just written.

use std::collections::VecDeque;
use std::sync::{Mutex, MutexGuard, PoisonError};

use serde_json::Value;
use tokio::sync::watch;

use crate::Result;
use crate::store::rows::EventRow;

/// Bytes of events, as texts, that wait at most. Beyond, for want of a tail that takes them, they are left to be read.
const MOST: usize = 4 * 1024 * 1024;

/// An event with its data, which are a text in its row.
#[derive(Debug)]
pub(crate) struct Told {
    /// Without that text.
    pub row: EventRow,
    pub data: Value,
    /// How long the text is.
    bytes: usize,
}

impl Told {
    /// One that is about to be written.
    pub(super) fn of(row: &mut EventRow, data: Value) -> Self {
        let text = std::mem::take(&mut row.data);
        let bare = row.clone();
        let bytes = text.len();
        row.data = text;
        Self { row: bare, data, bytes }
    }

    /// One that was read from the log.
    pub(crate) fn read(mut row: EventRow) -> Result<Self> {
        let text = std::mem::take(&mut row.data);
        let data = serde_json::from_str(&text).map_err(crate::Error::internal)?;
        Ok(Self { row, data, bytes: text.len() })
    }
}

/// How far this process has committed, and what of it waits for the tail.
#[derive(Debug, Default)]
pub(super) struct Committed {
    seq: watch::Sender<i64>,
    waiting: Mutex<Waiting>,
}

#[derive(Debug, Default)]
struct Waiting {
    events: VecDeque<Told>,
    bytes: usize,
}

impl Committed {
    /// Tells of a commit that moved the head to `seq`.
    pub(super) fn tell(&self, seq: i64, told: Vec<Told>) {
        let mut waiting = self.waiting();
        waiting.bytes += told.iter().map(|event| event.bytes).sum::<usize>();
        waiting.events.extend(told);
        if waiting.bytes > MOST {
            *waiting = Waiting::default();
        }
        drop(waiting);
        self.seq.send_replace(seq);
    }

    /// The last event that was committed, followed; 0 before the first.
    pub(super) fn follow(&self) -> watch::Receiver<i64> {
        self.seq.subscribe()
    }

    /// The events that wait and come right after number `after`. Earlier ones are dropped.
    pub(super) fn take_after(&self, after: i64) -> Vec<Told> {
        let mut waiting = self.waiting();
        let mut taken = Vec::new();
        let mut next = after + 1;
        while let Some(event) = waiting.events.pop_front_if(|event| event.row.seq <= next) {
            waiting.bytes -= event.bytes;
            if event.row.seq == next {
                next += 1;
                taken.push(event);
            }
        }
        taken
    }

    fn waiting(&self) -> MutexGuard<'_, Waiting> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use chrono::DateTime;
    use serde_json::json;
    use surrealdb::types::RecordId;

    use super::*;

    fn told(seq: i64, length: usize) -> Told {
        let text = "x".repeat(length);
        let mut row = EventRow {
            id: RecordId::new("event", seq),
            seq,
            at: DateTime::UNIX_EPOCH,
            actor_id: String::new(),
            actor_name: String::new(),
            request_id: None,
            kind: String::new(),
            subject_type: String::new(),
            subject_id: String::new(),
            customer_id: None,
            data: text.clone(),
            salt: String::new(),
            prev_hash: String::new(),
            hash: String::new(),
        };
        let told = Told::of(&mut row, json!(seq));
        assert_eq!((row.data, told.row.data.as_str()), (text, ""));
        told
    }

    fn taken(committed: &Committed, after: i64) -> Vec<i64> {
        committed.take_after(after).into_iter().map(|told| told.row.seq).collect()
    }

    #[test]
    fn events_are_taken_once_in_turn_and_only_without_a_gap() {
        let committed = Committed::default();
        let follow = committed.follow();
        committed.tell(4, vec![told(3, 5), told(4, 5)]);
        committed.tell(7, vec![told(6, 5), told(7, 5)]);
        assert_eq!(*follow.borrow(), 7);
        assert!(taken(&committed, 1).is_empty());
        assert_eq!(taken(&committed, 2), [3, 4]);
        assert!(taken(&committed, 4).is_empty());
        assert_eq!(taken(&committed, 6), [7]);
        assert!(taken(&committed, 6).is_empty());
    }

    #[test]
    fn what_nobody_takes_does_not_pile_up() {
        let committed = Committed::default();
        for seq in 1..=100 {
            committed.tell(seq, vec![told(seq, MOST / 10)]);
            assert!(committed.waiting().events.len() <= 10);
        }
        assert_eq!(*committed.follow().borrow(), 100);
    }
}
