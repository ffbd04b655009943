//! Who listens, what came last, and what came lately. No socket here, so that its promises can be tested.

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;

use domain::Event;

/// Recent events kept for snapshots that were overtaken by frames.
const KEPT: usize = 256;

pub(super) type Listener = Arc<dyn Fn(&Event) + Send + Sync>;
pub(super) type Resync = Arc<dyn Fn() + Send + Sync>;

/// What has happened since a snapshot.
#[derive(Clone, Debug, PartialEq)]
pub enum CatchUp {
    /// These events, in order; usually none.
    Events(Vec<Event>),
    /// More than is kept: read again.
    Refetch,
}

#[derive(Default)]
pub(super) struct Hub {
    started: bool,
    /// The first event not to be expected: everything after it was or will be handed out.
    base: Option<i64>,
    last: i64,
    recent: VecDeque<Event>,
    next_id: u64,
    listeners: BTreeMap<u64, Listener>,
    resyncs: BTreeMap<u64, Resync>,
    connected: bool,
    /// Events are missing between `last` and the next one to come.
    holed: bool,
}

impl Hub {
    /// Whether this is the first call.
    pub(super) fn start(&mut self) -> bool {
        !std::mem::replace(&mut self.started, true)
    }

    pub(super) fn add_listener(&mut self, listener: impl Fn(&Event) + Send + Sync + 'static) -> u64 {
        self.next_id += 1;
        self.listeners.insert(self.next_id, Arc::new(listener));
        self.next_id
    }

    pub(super) fn add_resync(&mut self, callback: impl Fn() + Send + Sync + 'static) -> u64 {
        self.next_id += 1;
        self.resyncs.insert(self.next_id, Arc::new(callback));
        self.next_id
    }

    pub(super) fn remove(&mut self, id: u64) {
        self.listeners.remove(&id);
        self.resyncs.remove(&id);
    }

    /// Something on screen was read at `seq`.
    pub(super) fn catch_up(&mut self, seq: i64) -> CatchUp {
        if !self.connected {
            // The subscription will begin early enough for the oldest snapshot of the page.
            self.base = Some(self.base.map_or(seq, |base| base.min(seq)));
            self.last = self.base.unwrap_or(seq);
            return CatchUp::Events(Vec::new());
        }
        if seq >= self.last {
            return CatchUp::Events(Vec::new());
        }
        let first_kept = self.recent.front().map_or(self.last + 1, |event| event.seq);
        if self.base.is_none_or(|base| seq < base) || first_kept > seq + 1 {
            return CatchUp::Refetch;
        }
        CatchUp::Events(self.recent.iter().filter(|event| event.seq > seq).cloned().collect())
    }

    /// Where the subscription goes on.
    pub(super) fn resume_from(&self) -> Option<i64> {
        self.base.map(|_| self.last)
    }

    /// The socket is open at the server's head `seq`; answers where to subscribe from.
    pub(super) fn begin_at(&mut self, seq: i64) -> i64 {
        self.connected = true;
        if self.base.is_none() {
            self.base = Some(seq);
            self.last = seq;
        }
        self.last
    }

    /// The listeners to hand `event` to, or `None` when it was handed out before.
    pub(super) fn receive(&mut self, event: &Event) -> Option<Vec<Listener>> {
        if event.seq <= self.last {
            return None;
        }
        self.last = event.seq;
        if std::mem::take(&mut self.holed) {
            self.base = Some(event.seq - 1);
        }
        if self.recent.len() == KEPT {
            self.recent.pop_front();
        }
        self.recent.push_back(event.clone());
        Some(self.listeners.values().cloned().collect())
    }

    /// An unknown number of events were missed: whatever was read before has to be read again.
    pub(super) fn resync(&mut self) -> Vec<Resync> {
        self.recent.clear();
        self.holed = true;
        self.resyncs.values().cloned().collect()
    }

    /// The log is another one, whose head is `seq`.
    pub(super) fn start_over(&mut self, seq: i64) {
        self.last = seq;
        self.base = Some(seq);
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use super::*;

    fn event(seq: i64) -> Event {
        serde_json::from_value(serde_json::json!({
            "seq": seq, "at": "2026-11-20T10:00:00Z", "actor": {"id": "usr_1", "name": "Ann"}, "kind": "note.added",
            "subject": {"type": "customer", "id": "cus_1"}, "data": {},
        }))
        .unwrap()
    }

    #[test]
    fn subscribes_from_the_oldest_snapshot() {
        let mut hub = Hub::default();
        hub.catch_up(12);
        hub.catch_up(9);
        assert_eq!(hub.begin_at(20), 9);
    }

    #[test]
    fn hands_out_each_event_once() {
        let mut hub = Hub::default();
        hub.begin_at(4);
        assert!(hub.receive(&event(5)).is_some());
        assert!(hub.receive(&event(5)).is_none());
        assert!(hub.receive(&event(4)).is_none());
        assert_eq!(hub.resume_from(), Some(5));
    }

    #[test]
    fn one_who_leaves_takes_nobody_along() {
        let mut hub = Hub::default();
        let heard = Arc::new(AtomicUsize::new(0));
        let ear = heard.clone();
        let first = hub.add_listener(|_| ());
        hub.add_listener(move |_| {
            ear.fetch_add(1, Ordering::Relaxed);
        });
        hub.remove(first);
        hub.remove(first);
        for listener in hub.receive(&event(1)).unwrap() {
            listener(&event(1));
        }
        assert_eq!(heard.load(Ordering::Relaxed), 1);
    }

    #[test]
    fn an_overtaken_snapshot_gets_what_it_missed() {
        let mut hub = Hub::default();
        hub.begin_at(4);
        for seq in 5..=8 {
            hub.receive(&event(seq));
        }
        assert_eq!(hub.catch_up(6), CatchUp::Events(vec![event(7), event(8)]));
        assert_eq!(hub.catch_up(8), CatchUp::Events(vec![]));
        assert_eq!(hub.catch_up(3), CatchUp::Refetch);
        hub.resync();
        hub.receive(&event(20));
        assert_eq!(hub.catch_up(8), CatchUp::Refetch);
        assert_eq!(hub.catch_up(19), CatchUp::Events(vec![event(20)]));
    }
}
