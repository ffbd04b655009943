//! `GET /live`: the event log over a WebSocket, and the business date: in the greeting, and whenever another day begins.
//!
//! One frame is personal: `{"type":"inbox","version","seq","unread","all_before","read":[…],"preferences":{…}}` says what this
//! user has read and how they want to be told, whole. It is sent on every subscription, and to all sockets of the user
//! whenever they read something or choose otherwise, wherever they do. `unread` counts events up to `seq`: later ones
//! are for the client to count. Of two such frames the one of the greater version is true.
//!
//! So is `{"type":"presence","customer_id","people":[{"id","name"}],"claim":{"id","name","since"}|null}`: who has a customer
//! open, each once, and who says to be working on it. It goes to sockets that asked with `{"type":"watch","customer_id"}`
//! (`null` to look elsewhere; one customer a socket), at once and whenever it changes; a customer that is not there has nobody.
//! `{"type":"claim","customer_id","over"}` takes the customer one watches and, sent again, keeps it: `over` is the user who has
//! it as far as the client knows, or `null`; where it is somebody else's by now, it stays theirs. `{"type":"release",
//! "customer_id"}` gives it back. A claim ends half an hour after it was last renewed, people go with their sockets. None of
//! it locks anything.
//!
//! `{"type":"views","version"}` says that saved views were changed: whoever shows a list of them reads it again if it is of
//! another version. It is sent on every subscription, and whenever one is changed.
//!
//! A frame is serialised once and its bytes are shared by all sockets. The queue of a socket is its place in the ledger's
//! bounded tail: nothing is copied per socket, and one that falls further behind than the settings allow is told to read
//! again instead of being sent what it can't keep up with.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use axum::Extension;
use axum::extract::State as AxumState;
use axum::extract::ws::{CloseFrame, Message, Utf8Bytes, WebSocket, WebSocketUpgrade};
use axum::response::{IntoResponse, Response};
use domain::notification::Inbox;
use domain::presence::Presence;
use domain::{CustomerId, EventKind, Problem, UserId};
use futures::SinkExt;
use ledger::{Caller, Frame, Ledger, Seat, Tail};
use prometheus_client::encoding::EncodeLabelValue;
use serde::{Deserialize, Serialize};
use tokio::runtime::{Builder, Handle, Runtime};
use tokio::sync::broadcast::error::{RecvError, TryRecvError};
use tokio::sync::watch;
use tokio::time::{Instant, interval_at};

use crate::api::problem::Refusal;
use crate::application::State;
use crate::metrics::{Metrics, Resync};
use crate::session::Visitor;

/// A browser that missed more reads its lists again instead.
const MOST_MISSED: i64 = 2_000;
/// Missed frames are read in pieces.
const PIECE: u32 = 200;
/// Between two looks at whether the session still holds.
const LOOK: Duration = Duration::from_secs(5);
/// The longest message a client has reason to send.
const MOST_BYTES: usize = 4096;
/// Messages a client may send at once: far more than any page has reason to.
const MOST_AT_ONCE: f64 = 60.0;
/// Messages a client may go on sending each second.
const MOST_A_SECOND: f64 = 5.0;
/// What is read at once: what clients say is small, and ten thousand sockets times the default of 128 KiB is a gigabyte.
const READ_BUFFER: usize = 4096;
/// Frames are written once so much waits, or none wait any more. Only as much is held as ever waited.
const WRITE_BUFFER: usize = 32 * 1024;
/// How long what was written may take to leave.
const SEND: Duration = Duration::from_secs(10);
/// Close code: the session ended or the role changed.
const SESSION_ENDED: u16 = 4401;

/// Open sockets, by person.
#[derive(Default)]
pub(crate) struct Sockets {
    open: Mutex<HashMap<UserId, usize>>,
}

/// The threads that sockets are served on, apart from those that answer requests: a thousand sockets that are to be told of a change
/// all at once don't stand in the way of the next change.
pub(crate) struct Relays(Option<Runtime>);

impl Relays {
    pub(crate) fn start() -> std::io::Result<Self> {
        // More than there are cores are a larger share of a busy machine: who is told late has to read everything again.
        let threads = std::thread::available_parallelism().map_or(2, |cores| cores.get() * 2);
        let runtime =
            Builder::new_multi_thread().worker_threads(threads).thread_name("relay").enable_all().build()?;
        Ok(Self(Some(runtime)))
    }

    fn handle(&self) -> Handle {
        // It is there until it is dropped.
        self.0.as_ref().map_or_else(Handle::current, |runtime| runtime.handle().clone())
    }
}

impl Drop for Relays {
    fn drop(&mut self) {
        // Waiting is not allowed where this may be dropped; the sockets said their goodbyes before.
        if let Some(runtime) = self.0.take() {
            runtime.shutdown_background();
        }
    }
}

/// One open socket; counted until it is dropped.
struct Place {
    sockets: Arc<Sockets>,
    user: UserId,
}

impl Sockets {
    fn take(self: &Arc<Self>, user: &UserId, most: usize) -> Option<Place> {
        let mut open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        let count = open.entry(user.clone()).or_default();
        if *count >= most {
            return None;
        }
        *count += 1;
        Some(Place { sockets: Arc::clone(self), user: user.clone() })
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut open = self.sockets.open.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(count) = open.get_mut(&self.user) {
            *count -= 1;
            if *count == 0 {
                open.remove(&self.user);
            }
        }
    }
}

/// Refuses strangers before the upgrade; the Origin was checked by then.
pub(crate) async fn upgrade(
    AxumState(state): AxumState<State>,
    Extension(Visitor(caller)): Extension<Visitor>,
    upgrade: Result<WebSocketUpgrade, axum::extract::ws::rejection::WebSocketUpgradeRejection>,
) -> Response {
    let Some(caller) = caller else { return Refusal::from(ledger::Error::Unauthenticated).into_response() };
    let upgrade = match upgrade {
        Ok(upgrade) => upgrade,
        Err(rejection) => return rejection.into_response(),
    };
    let Some(place) = state.sockets.take(&caller.id, state.config.live_per_user) else {
        let detail =
            format!("You have {} live connections open already; close some.", state.config.live_per_user);
        return Refusal::from(Problem::new(429, "too_many_sockets", "Too many connections", detail))
            .into_response();
    };
    let upgrade =
        upgrade.max_message_size(MOST_BYTES).read_buffer_size(READ_BUFFER).write_buffer_size(WRITE_BUFFER);
    upgrade.on_upgrade(async move |socket| {
        let relays = state.relays.handle();
        relays.spawn(async move {
            let mut relay = Relay::new(socket, &state, caller);
            let reason = relay.run(&state).await;
            relay.close(reason).await;
            drop(place);
        });
    })
}

#[derive(Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
enum FromClient {
    Subscribe { from_seq: i64 },
    Watch { customer_id: Option<CustomerId> },
    Claim { customer_id: CustomerId, over: Option<UserId> },
    Release { customer_id: CustomerId },
    Pong,
}

/// Why a socket ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, EncodeLabelValue)]
pub(crate) enum End {
    Gone,
    Silent,
    SignedOut,
    Stopping,
    TalksTooMuch,
}

/// What a client may say: some at once, and then so much a second.
struct Allowance {
    left: f64,
    at: Instant,
}

impl Allowance {
    fn new() -> Self {
        Self { left: MOST_AT_ONCE, at: Instant::now() }
    }

    fn spend(&mut self) -> Result<(), End> {
        let earned = self.at.elapsed().as_secs_f64() * MOST_A_SECOND;
        self.at = Instant::now();
        self.left = (self.left + earned).min(MOST_AT_ONCE) - 1.0;
        if self.left < 0.0 { Err(End::TalksTooMuch) } else { Ok(()) }
    }
}

/// Frames for one person, written for each socket.
#[derive(Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
enum Personal<'a> {
    Inbox(&'a Inbox),
    Presence(&'a Presence),
}

/// What a socket follows besides the log.
struct Following {
    tail: Tail,
    /// Who else is at the customer it watches.
    presence: Option<watch::Receiver<Arc<Presence>>>,
}

struct Relay {
    socket: WebSocket,
    ledger: Ledger,
    metrics: Arc<Metrics>,
    caller: Caller,
    /// The last event sent; `None` until the client says from where.
    sent: Option<i64>,
    /// Its place at the customer it watches.
    seat: Seat,
    allowance: Allowance,
    /// The inbox could not be read when there was something new in it.
    owes_inbox: bool,
    views: watch::Receiver<i64>,
}

impl Relay {
    fn new(socket: WebSocket, state: &State, caller: Caller) -> Self {
        Self {
            socket,
            ledger: state.ledger.clone(),
            metrics: Arc::clone(&state.metrics),
            seat: state.ledger.seat(&caller),
            caller,
            sent: None,
            allowance: Allowance::new(),
            owes_inbox: false,
            views: state.ledger.view_versions(),
        }
    }

    async fn run(&mut self, state: &State) -> End {
        self.metrics.opened();
        let Err(end) = self.relay(state).await;
        self.metrics.ended(end);
        end
    }

    async fn relay(&mut self, state: &State) -> Result<std::convert::Infallible, End> {
        let mut following = Following { tail: self.ledger.tail(), presence: None };
        let mut day = self.ledger.day();
        let mut inbox = self.ledger.inbox_changes(&self.caller);
        let mut stopping = state.stopping.clone();
        let ping = state.config.live_ping;
        let mut pings = interval_at(Instant::now() + ping, ping);
        let mut looks = interval_at(Instant::now() + LOOK, LOOK);
        let mut heard = Instant::now();
        let today = *day.borrow_and_update();
        self.say(format!(r#"{{"type":"hello","seq":{},"business_date":"{today}"}}"#, following.tail.seq))
            .await?;
        loop {
            tokio::select! {
                message = self.socket.recv() => {
                    heard = Instant::now();
                    match message {
                        Some(Ok(Message::Text(text))) => self.hear(&text, &mut following).await?,
                        Some(Ok(Message::Close(_)) | Err(_)) | None => return Err(End::Gone),
                        Some(Ok(_)) => {}
                    }
                }
                frame = following.tail.frames.recv() => match frame {
                    Ok(frame) if following.tail.frames.len() <= state.config.live_queue => {
                        self.hand_out(frame, &mut following.tail).await?;
                    }
                    Ok(_) | Err(RecvError::Lagged(_)) => self.give_up(&mut following.tail).await?,
                    Err(RecvError::Closed) => return Err(End::Stopping),
                },
                Ok(()) = day.changed() => {
                    let today = *day.borrow_and_update();
                    self.say(format!(r#"{{"type":"day","business_date":"{today}"}}"#)).await?;
                }
                Ok(()) = inbox.changed(), if self.sent.is_some() => self.tell_inbox().await?,
                Ok(()) = self.views.changed(), if self.sent.is_some() => self.tell_views().await?,
                presence = news(&mut following.presence) => self.tell(&Personal::Presence(&presence)).await?,
                _ = pings.tick() => {
                    if heard.elapsed() > ping * 2 + Duration::from_secs(1) {
                        return Err(End::Silent);
                    }
                    self.say(r#"{"type":"ping"}"#.to_owned()).await?;
                }
                _ = looks.tick() => {
                    self.look().await?;
                    if self.owes_inbox {
                        self.tell_inbox().await?;
                    }
                }
                () = stopped(&mut stopping) => return Err(End::Stopping),
            }
        }
    }

    /// What the client says. What makes no sense, or is not for the caller to say, is not answered.
    async fn hear(&mut self, text: &str, following: &mut Following) -> Result<(), End> {
        self.allowance.spend()?;
        match serde_json::from_str(text) {
            Ok(FromClient::Subscribe { from_seq }) => {
                following.tail = self.ledger.tail();
                self.tell_inbox().await?;
                self.tell_views().await?;
                self.sent = Some(self.catch_up(from_seq.max(0), following.tail.seq).await?);
            }
            Ok(FromClient::Watch { customer_id }) => following.presence = self.watch(customer_id).await?,
            // Refused, it stays as the last frame said.
            Ok(FromClient::Claim { customer_id, over }) => {
                let _ = self.seat.claim(&customer_id, over.as_ref());
            }
            Ok(FromClient::Release { customer_id }) => {
                let _ = self.seat.release(&customer_id);
            }
            Ok(FromClient::Pong) | Err(_) => {}
        }
        Ok(())
    }

    async fn watch(
        &mut self,
        customer: Option<CustomerId>,
    ) -> Result<Option<watch::Receiver<Arc<Presence>>>, End> {
        let Some(customer) = customer else {
            self.seat.leave();
            return Ok(None);
        };
        match self.seat.watch(customer.clone()).await {
            Ok(presence) => Ok(Some(presence)),
            Err(_) => {
                self.tell(&Personal::Presence(&Presence::nobody(customer))).await?;
                Ok(None)
            }
        }
    }

    /// Sends `frame` and those that wait behind it, and flushes once.
    async fn hand_out(&mut self, frame: Arc<Frame>, tail: &mut Tail) -> Result<(), End> {
        self.metrics.waiting(tail.frames.len());
        let mut next = Some(frame);
        while let Some(frame) = next {
            if matches!(frame.kind, EventKind::UserUpdated) {
                self.look().await?;
            }
            if let Some(last) = self.sent.filter(|last| frame.seq > *last) {
                // A hole can't be in the tail; if one is, the log fills it.
                if frame.seq > last + 1 {
                    self.catch_up(last, frame.seq - 1).await?;
                }
                self.metrics.frame(frame.read_at.elapsed());
                self.write(&frame).await?;
                self.sent = Some(frame.seq);
            }
            next = match tail.frames.try_recv() {
                Ok(frame) => Some(frame),
                // `recv` meets the same news, and knows what to do.
                Err(TryRecvError::Empty | TryRecvError::Closed) => None,
                Err(TryRecvError::Lagged(_)) => return self.give_up(tail).await,
            };
        }
        self.flush().await
    }

    /// Too far behind: the client reads its lists again, and goes on from now.
    async fn give_up(&mut self, tail: &mut Tail) -> Result<(), End> {
        *tail = self.ledger.tail();
        // What was missed may have ended the session.
        self.look().await?;
        if self.sent.is_some() {
            self.resync(Resync::Lagged).await?;
            self.tell_inbox().await?;
            self.sent = Some(tail.seq);
        }
        Ok(())
    }

    /// Sends what was missed after `from` up to `upto`; answers up to where the client is now.
    async fn catch_up(&mut self, from: i64, upto: i64) -> Result<i64, End> {
        if upto - from > MOST_MISSED {
            self.resync(Resync::MissedTooMuch).await?;
            return Ok(upto);
        }
        // A client ahead of us read from another node; the tail reaches it in a moment.
        let mut at = from;
        while at < upto {
            match self.ledger.frames_between(at, upto, PIECE).await {
                Ok(frames) if !frames.is_empty() => {
                    for frame in frames {
                        self.write(&frame).await?;
                        at = frame.seq;
                    }
                    self.flush().await?;
                }
                _ => {
                    self.resync(Resync::LogUnreadable).await?;
                    return Ok(upto);
                }
            }
        }
        Ok(at)
    }

    /// Puts a frame into the connection's buffer, when the caller may see it.
    async fn write(&mut self, frame: &Arc<Frame>) -> Result<(), End> {
        if self.caller.role < frame.least_role {
            return Ok(());
        }
        let text = Utf8Bytes::try_from(frame.json.clone()).map_err(|_| End::Gone)?;
        in_time(self.socket.feed(Message::Text(text))).await
    }

    async fn flush(&mut self) -> Result<(), End> {
        in_time(self.socket.flush()).await
    }

    /// Says what the caller has read, or tries again in a moment.
    async fn tell_inbox(&mut self) -> Result<(), End> {
        let inbox = self.ledger.inbox(&self.caller).await;
        self.owes_inbox = inbox.is_err();
        match inbox {
            Ok(inbox) => self.tell(&Personal::Inbox(&inbox)).await,
            Err(error) => {
                tracing::warn!(error = &error as &dyn std::error::Error, "an inbox can't be read");
                Ok(())
            }
        }
    }

    async fn tell_views(&mut self) -> Result<(), End> {
        let version = *self.views.borrow_and_update();
        self.say(format!(r#"{{"type":"views","version":{version}}}"#)).await
    }

    async fn tell(&mut self, frame: &Personal<'_>) -> Result<(), End> {
        self.say(serde_json::to_string(frame).map_err(|_| End::Gone)?).await
    }

    async fn resync(&mut self, resync: Resync) -> Result<(), End> {
        self.metrics.resync(resync);
        self.say(format!(r#"{{"type":"resync","reason":"{}"}}"#, resync.reason())).await
    }

    async fn say(&mut self, text: String) -> Result<(), End> {
        in_time(self.socket.send(Message::Text(text.into()))).await
    }

    async fn look(&mut self) -> Result<(), End> {
        if self.ledger.still_holds(&self.caller).await { Ok(()) } else { Err(End::SignedOut) }
    }

    async fn close(&mut self, end: End) {
        let (code, reason) = match end {
            End::Gone => return,
            End::Silent => (1001, "no answer to pings"),
            End::SignedOut => (SESSION_ENDED, "the session ended"),
            End::Stopping => (1012, "the server restarts"),
            End::TalksTooMuch => (1008, "too many messages"),
        };
        let frame = CloseFrame { code, reason: Utf8Bytes::from_static(reason) };
        let _ =
            tokio::time::timeout(Duration::from_secs(1), self.socket.send(Message::Close(Some(frame)))).await;
    }
}

/// Who is there, whenever that changes; never, where nothing is watched.
async fn news(presence: &mut Option<watch::Receiver<Arc<Presence>>>) -> Arc<Presence> {
    if let Some(presence) = presence
        && presence.changed().await.is_ok()
    {
        return Arc::clone(&presence.borrow_and_update());
    }
    std::future::pending().await
}

/// Ready once the server stops, or is gone.
async fn stopped(stopping: &mut watch::Receiver<bool>) {
    let _ = stopping.wait_for(|stopping| *stopping).await;
}

/// A peer that takes nothing for so long is gone.
async fn in_time<E>(sending: impl Future<Output = Result<(), E>>) -> Result<(), End> {
    match tokio::time::timeout(SEND, sending).await {
        Ok(Ok(())) => Ok(()),
        _ => Err(End::Gone),
    }
}
