//! The live tail: follows the event log in `seq` order and hands each event out once, serialised.

use std::collections::VecDeque;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use bytes::Bytes;
use chrono::{NaiveDate, SecondsFormat};
use domain::{Action, EventKind, Role};
use serde_json::{Value, json};
use tokio::sync::{broadcast, watch};

use crate::commit::Told;
use crate::store::rows::EventRow;
use crate::{Caller, Error, Ledger, Result};

/// One event as sockets get it, serialised once for all of them.
#[derive(Debug)]
pub struct Frame {
    /// Its position.
    pub seq: i64,
    /// Its kind.
    pub kind: EventKind,
    /// The least role that may see it.
    pub least_role: Role,
    /// `{"type":"event","seq":…}` as in the protocol; a clone shares the bytes.
    pub json: Bytes,
    /// When it was read from the log.
    pub read_at: Instant,
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
    pub fn tail(&self) -> Tail {
        // Subscribed before the position is read: an event in between comes twice, never not at all, and readers skip
        // what they have by `seq`.
        let frames = self.inner.frames.subscribe();
        Tail { seq: self.inner.tail_seq.load(Ordering::Acquire), frames }
    }

    /// How the relay does. Without a caller: the host knows the asker by the metrics token.
    pub async fn relay_health(&self, caller: Option<&Caller>) -> Result<RelayHealth> {
        if let Some(caller) = caller {
            caller.authorise(Action::ReadMetrics)?;
        }
        let tail_seq = self.inner.tail_seq.load(Ordering::Acquire);
        let relay = &self.inner.relay;
        Ok(RelayHealth {
            head_seq: self.seq().await?,
            tail_seq,
            opened: relay.opened.load(Ordering::Relaxed),
            silent: relay.silent.load(Ordering::Relaxed),
            waiting: self.inner.frames.len(),
        })
    }

    /// The business date, and each that comes after it. A day may begin without any event, and yet what is due or late
    /// is another then.
    pub fn day(&self) -> watch::Receiver<NaiveDate> {
        self.inner.day.subscribe()
    }

    /// Tells everybody who listens when another day has begun; answers today.
    pub(crate) fn tell_day(&self) -> NaiveDate {
        let today = self.business_date();
        self.inner.day.send_if_modified(|told| std::mem::replace(told, today) != today);
        today
    }

    /// Frames after `after` and up to `upto` included, in order, at most `limit`: what a resuming socket missed.
    pub async fn frames_between(&self, after: i64, upto: i64, limit: u32) -> Result<Vec<Arc<Frame>>> {
        let span = u32::try_from(upto.saturating_sub(after).max(0)).unwrap_or(u32::MAX);
        if span == 0 {
            return Ok(Vec::new());
        }
        let rows = self.store().event_rows(after.max(0), span.min(limit)).await?;
        rows.into_iter().map(|row| Frame::new(row).map(Arc::new)).collect()
    }
}

impl Frame {
    fn new(row: EventRow) -> Result<Self> {
        let data = row.data()?;
        Self::of(row, data)
    }

    /// The frame of an event whose data was read already.
    fn of(row: EventRow, mut data: Value) -> Result<Self> {
        let kind: EventKind = row.kind.parse().map_err(|_| Error::internal("broken row: event kind"))?;
        if let Value::Object(fields) = &mut data {
            // Before and after of every row is for the audit; screens patch from the summary rows.
            fields.remove("changes");
        }
        let json = json!({
            "type": "event",
            "seq": row.seq,
            "kind": kind,
            "at": row.at.to_rfc3339_opts(SecondsFormat::Micros, true),
            "actor": { "id": row.actor_id, "name": row.actor_name },
            "subject": { "type": row.subject_type, "id": row.subject_id },
            "data": data,
        });
        Ok(Self {
            seq: row.seq,
            kind,
            least_role: kind.least_role(),
            json: json.to_string().into(),
            read_at: Instant::now(),
        })
    }
}

/// Events read at once.
const READ: u32 = 200;
/// Waking a listener and writing to its network costs about half of this, on both sides, for one frame as for twenty. So much is
/// left between two hand-outs for each listener, and for each frame of the first of them up to [`BUSY`]: the more happens, the
/// more goes together, and telling everybody stays a small part of the work.
const PACE: Duration = Duration::from_micros(20);
/// Frames of a hand-out beyond which the pause after it grows no more.
const BUSY: usize = 5;
/// The longest time between two hand-outs.
const SLOWEST_PACE: Duration = Duration::from_millis(250);

/// Follows the log for ever: woken by this process' committer, for other nodes' commits by the LIVE query, and looking by
/// itself every `poll`, so that a wake-up that was lost or happened on another node costs time, never an event. A stream
/// that ended is opened again, and so is one that was silent when something happened.
pub(crate) async fn follow(ledger: Ledger) {
    let poll = ledger.inner.config.poll;
    let relay = &ledger.inner.relay;
    let mut committed = ledger.inner.committer.committed();
    let mut wake_ups = None;
    let mut cause = Cause::Poll;
    let mut out = HandOut::new(&ledger);
    loop {
        let opened = wake_ups.is_none();
        if opened {
            match ledger.store().wake_ups().await {
                Ok(stream) => {
                    relay.opened.fetch_add(1, Ordering::Relaxed);
                    wake_ups = Some(stream);
                }
                Err(error) => {
                    tracing::warn!(error = &error as &dyn std::error::Error, "no live query; polling")
                }
            }
        }
        let look = opened
            || match cause {
                Cause::LiveQuery(seq) => seq > out.read,
                Cause::Ended | Cause::Poll => true,
                Cause::Commit | Cause::HandOut => false,
            };
        match drain(&ledger, &mut out, look).await {
            // Something happened and the stream that was there all the time said nothing.
            Ok(found) if found > 0 && cause == Cause::Poll && !opened => {
                relay.silent.fetch_add(1, Ordering::Relaxed);
                // On a cluster whose servers don't tell each other, this is how every commit of theirs is found.
                tracing::debug!(found, "the live query was silent; it is opened again");
                wake_ups = None;
                continue;
            }
            Ok(_) => {}
            Err(error) => {
                tracing::warn!(
                    error = &error as &dyn std::error::Error,
                    "events can't be read; trying again"
                );
                tokio::time::sleep(Duration::from_millis(250)).await;
            }
        }
        let woken = async {
            match &mut wake_ups {
                Some(stream) => stream.next().await,
                None => std::future::pending().await,
            }
        };
        cause = tokio::select! {
            // In this order, so that what the stream told in time isn't taken for silence.
            biased;
            told = woken => told.map_or(Cause::Ended, Cause::LiveQuery),
            // This process' own commits need no round through the database.
            own = committed.changed() => if own.is_ok() { Cause::Commit } else { Cause::Ended },
            () = out.due() => Cause::HandOut,
            () = tokio::time::sleep(poll) => Cause::Poll,
        };
        out.go();
        if cause == Cause::Ended {
            wake_ups = None;
        }
    }
}

/// What made the relay look.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Cause {
    /// The live query told of this event.
    LiveQuery(i64),
    /// The live query's stream ended or failed.
    Ended,
    Commit,
    /// Frames that wait for the next hand-out.
    HandOut,
    Poll,
}

/// How the relay has done since the start.
#[derive(Debug, Default)]
pub(crate) struct Relay {
    opened: AtomicU64,
    silent: AtomicU64,
}

/// How the live relay does, for those who watch over it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RelayHealth {
    /// The last event of the books.
    pub head_seq: i64,
    /// The last event that was handed out.
    pub tail_seq: i64,
    /// How often a live query was opened: once, and again whenever it ended or was silent.
    pub opened: u64,
    /// How often something happened of which the live query said nothing.
    pub silent: u64,
    /// Frames that the slowest socket has not taken yet.
    pub waiting: usize,
}

/// Frames on their way to the listeners. One that comes alone goes at once; where there are many listeners and many
/// events, several go together, so that a listener is woken, and the network is written to, once for all of them.
struct HandOut {
    ledger: Ledger,
    waiting: VecDeque<Arc<Frame>>,
    /// The last event that was read from the log.
    read: i64,
    /// When the next may go.
    next: tokio::time::Instant,
}

impl HandOut {
    fn new(ledger: &Ledger) -> Self {
        Self {
            ledger: ledger.clone(),
            waiting: VecDeque::new(),
            read: ledger.inner.tail_seq.load(Ordering::Acquire),
            next: tokio::time::Instant::now(),
        }
    }

    /// Ready when frames wait and it is their time.
    async fn due(&self) {
        if self.waiting.is_empty() {
            return std::future::pending().await;
        }
        tokio::time::sleep_until(self.next).await;
    }

    /// Hands out what waits, if it is time.
    fn go(&mut self) {
        let now = tokio::time::Instant::now();
        if self.waiting.is_empty() || now < self.next {
            return;
        }
        let inner = &self.ledger.inner;
        let costs = inner.frames.receiver_count().saturating_mul(self.waiting.len().min(BUSY));
        self.next = now + PACE.saturating_mul(u32::try_from(costs).unwrap_or(u32::MAX)).min(SLOWEST_PACE);
        for frame in self.waiting.drain(..) {
            inner.tail_seq.store(frame.seq, Ordering::Release);
            // No receiver is no error: nobody is listening.
            let _ = inner.frames.send(frame);
        }
    }
}

/// Takes what this process committed since, and reads what others did: if somebody has to `look`, or something is missing.
/// Answers how many events were read.
async fn drain(ledger: &Ledger, out: &mut HandOut, mut look: bool) -> Result<usize> {
    let committer = &ledger.inner.committer;
    let mut found = 0;
    loop {
        let mut events = committer.take_after(out.read);
        if events.is_empty() {
            if !look && *committer.committed().borrow() <= out.read {
                return Ok(found);
            }
            let rows = ledger.store().event_rows(out.read, READ).await?;
            found += rows.len();
            look = rows.len() == READ as usize;
            if rows.is_empty() {
                return Ok(found);
            }
            events = rows.into_iter().map(Told::read).collect::<Result<_>>()?;
        }
        for Told { row, data, .. } in events {
            let changes = ledger.index_changes(&data).await?;
            let frame = Frame::of(row, data)?;
            ledger.inner.index.follow(frame.seq, changes);
            if matches!(frame.kind, EventKind::UserCreated | EventKind::UserUpdated | EventKind::TokenRevoked)
            {
                ledger.forget_callers();
            }
            out.read = frame.seq;
            out.waiting.push_back(Arc::new(frame));
        }
        out.go();
    }
}
