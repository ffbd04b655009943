//! `GET /live`: the event log over a WebSocket.
//!
//! A frame is serialised once and shared by all sockets. Each socket reads from the ledger's bounded tail and writes to
//! its own connection; one that can't keep up falls out of the tail's buffer and is told to resync.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use axum::Extension;
use axum::extract::State as AxumState;
use axum::extract::ws::{CloseFrame, Message, Utf8Bytes, WebSocket, WebSocketUpgrade};
use axum::response::{IntoResponse, Response};
use domain::{EventKind, Problem, UserId};
use ledger::{Caller, Frame, Ledger};
use serde::Deserialize;
use tokio::sync::broadcast::error::RecvError;
use tokio::time::{Instant, interval_at};

use crate::api::problem::Refusal;
use crate::application::State;
use crate::session::Visitor;

/// A browser that missed more reads its lists again instead.
const MOST_MISSED: i64 = 2_000;
/// Missed frames are read in pieces.
const PIECE: u32 = 200;
/// Between two looks at whether the session still holds.
const LOOK: Duration = Duration::from_secs(5);
/// The longest message a client has reason to send.
const MOST_BYTES: usize = 4096;
/// How long one frame may take to leave.
const SEND: Duration = Duration::from_secs(10);
/// Close code: the session ended or the role changed.
const SESSION_ENDED: u16 = 4401;

/// Open sockets, by person.
#[derive(Default)]
pub(crate) struct Sockets {
    open: Mutex<HashMap<UserId, usize>>,
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
        let detail = format!("You have {} live connections open already; close some.", state.config.live_per_user);
        return Refusal::from(Problem::new(429, "too_many_sockets", "Too many connections", detail)).into_response();
    };
    upgrade.max_message_size(MOST_BYTES).on_upgrade(move |socket| async move {
        let mut relay = Relay { socket, ledger: state.ledger.clone(), caller };
        let reason = relay.run(&state).await;
        relay.close(reason).await;
        drop(place);
    })
}

#[derive(Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
enum FromClient {
    Subscribe { from_seq: i64 },
    Pong,
}

/// Why a socket ends.
enum End {
    Gone,
    Silent,
    SessionEnded,
    Stopping,
}

struct Relay {
    socket: WebSocket,
    ledger: Ledger,
    caller: Caller,
}

impl Relay {
    async fn run(&mut self, state: &State) -> End {
        match self.relay(state).await {
            Ok(never) => match never {},
            Err(end) => end,
        }
    }

    async fn relay(&mut self, state: &State) -> Result<std::convert::Infallible, End> {
        let mut tail = self.ledger.tail();
        let mut stopping = state.stopping.clone();
        let ping = state.config.live_ping;
        let mut pings = interval_at(Instant::now() + ping, ping);
        let mut looks = interval_at(Instant::now() + LOOK, LOOK);
        let mut heard = Instant::now();
        // The last event sent; `None` until the client says from where.
        let mut sent: Option<i64> = None;
        self.say(&format!(r#"{{"type":"hello","seq":{}}}"#, tail.seq)).await?;
        loop {
            tokio::select! {
                message = self.socket.recv() => {
                    heard = Instant::now();
                    match message {
                        Some(Ok(Message::Text(text))) => {
                            if let Ok(FromClient::Subscribe { from_seq }) = serde_json::from_str(&text) {
                                tail = self.ledger.tail();
                                sent = Some(self.catch_up(from_seq.max(0), tail.seq).await?);
                            }
                        }
                        Some(Ok(Message::Close(_)) | Err(_)) | None => return Err(End::Gone),
                        Some(Ok(_)) => {}
                    }
                }
                frame = tail.frames.recv() => match frame {
                    Ok(frame) => {
                        if matches!(frame.kind, EventKind::UserUpdated) {
                            self.look().await?;
                        }
                        if let Some(last) = sent.filter(|last| frame.seq > *last) {
                            // A hole can't be in the tail; if one is, the log fills it.
                            if frame.seq > last + 1 {
                                self.catch_up(last, frame.seq - 1).await?;
                            }
                            self.send(&frame).await?;
                            sent = Some(frame.seq);
                        }
                    }
                    Err(RecvError::Lagged(_)) => {
                        tail = self.ledger.tail();
                        if sent.is_some() {
                            self.resync("lagged").await?;
                            sent = Some(tail.seq);
                        }
                    }
                    Err(RecvError::Closed) => return Err(End::Stopping),
                },
                _ = pings.tick() => {
                    if heard.elapsed() > ping * 2 + Duration::from_secs(1) {
                        return Err(End::Silent);
                    }
                    self.say(r#"{"type":"ping"}"#).await?;
                }
                _ = looks.tick() => self.look().await?,
                _ = stopping.wait_for(|stopping| *stopping) => return Err(End::Stopping),
            }
        }
    }

    /// Sends what was missed after `from` up to `upto`; answers up to where the client is now.
    async fn catch_up(&mut self, from: i64, upto: i64) -> Result<i64, End> {
        if upto - from > MOST_MISSED {
            self.resync("missed too much").await?;
            return Ok(upto);
        }
        // A client ahead of us read from another node; the tail reaches it in a moment.
        let mut at = from;
        while at < upto {
            match self.ledger.frames_between(at, upto, PIECE).await {
                Ok(frames) if !frames.is_empty() => {
                    for frame in frames {
                        self.send(&frame).await?;
                        at = frame.seq;
                    }
                }
                _ => {
                    self.resync("the log could not be read").await?;
                    return Ok(upto);
                }
            }
        }
        Ok(at)
    }

    async fn send(&mut self, frame: &Arc<Frame>) -> Result<(), End> {
        if self.caller.role >= frame.least_role { self.say(&frame.json).await } else { Ok(()) }
    }

    async fn resync(&mut self, reason: &str) -> Result<(), End> {
        self.say(&format!(r#"{{"type":"resync","reason":"{reason}"}}"#)).await
    }

    async fn say(&mut self, text: &str) -> Result<(), End> {
        let sent = tokio::time::timeout(SEND, self.socket.send(Message::Text(Utf8Bytes::from(text)))).await;
        match sent {
            Ok(Ok(())) => Ok(()),
            _ => Err(End::Gone),
        }
    }

    async fn look(&mut self) -> Result<(), End> {
        if self.ledger.still_holds(&self.caller).await { Ok(()) } else { Err(End::SessionEnded) }
    }

    async fn close(&mut self, end: End) {
        let (code, reason) = match end {
            End::Gone => return,
            End::Silent => (1001, "no answer to pings"),
            End::SessionEnded => (SESSION_ENDED, "the session ended"),
            End::Stopping => (1012, "the server restarts"),
        };
        let frame = CloseFrame { code, reason: Utf8Bytes::from_static(reason) };
        let _ = tokio::time::timeout(Duration::from_secs(1), self.socket.send(Message::Close(Some(frame)))).await;
    }
}
