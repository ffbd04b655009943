//! One client: follows the socket, is cut off now and then, and goes on where it was. Some read slowly for a while.

use std::{
    sync::{Arc, atomic::Ordering},
    time::{Duration, Instant},
};

use futures::{FutureExt, SinkExt, StreamExt};
use tokio_tungstenite::tungstenite::Message;

use super::books::{Books, Known, learn};
use super::{Counts, Soak};
use crate::{
    Result,
    client::Account,
    live::{self, Socket},
};

/// A connection lasts between one and two of these, if the plan is long enough for it.
const LASTS: Duration = Duration::from_secs(20);
/// One client in so many stops reading for a while, often enough to fall behind.
const SLOW: usize = 20;
const PAUSE: Duration = Duration::from_secs(4);
/// Between two tries to connect.
const AGAIN: Duration = Duration::from_millis(200);

/// See the module.
pub struct Client {
    soak: Arc<Soak>,
    /// Its own row of chance.
    chance: u64,
    slow: bool,
    lasts: Duration,
    /// The last event it has.
    at: i64,
    /// It was told to read again: events that are in what it read may come once more.
    anew: bool,
    known: Known,
}

/// Why a connection ended.
enum End {
    /// It has all there is.
    Complete,
    Broken,
}

impl Client {
    pub fn new(soak: Arc<Soak>, number: usize, from: i64, length: Duration) -> Self {
        Self {
            soak,
            chance: number as u64 + 1,
            slow: number % SLOW == SLOW - 1,
            lasts: LASTS.min(length / 4),
            at: from,
            anew: false,
            known: Known::new(),
        }
    }

    /// Until it has the last event; answers what it knows.
    pub async fn follow(mut self) -> Result<Known> {
        loop {
            // A server that restarts refuses for a moment.
            if let Ok(socket) = self.connect().await {
                match self.listen(socket).await? {
                    End::Complete => return Ok(self.known),
                    End::Broken => self.count(|counts| &counts.broken),
                }
            } else {
                tokio::time::sleep(AGAIN).await;
            }
        }
    }

    async fn connect(&self) -> Result<Socket> {
        let account = &self.soak.account;
        live::subscribe(account.address(), &account.token().await?, Some(self.at)).await
    }

    /// Takes frames until the connection breaks, by itself or on purpose.
    async fn listen(&mut self, mut socket: Socket) -> Result<End> {
        let mut last = self.soak.last.subscribe();
        let until = Instant::now() + self.lasts + self.lasts.mul_f64(self.random());
        let mut pause =
            if self.slow { Some(Instant::now() + self.lasts.mul_f64(self.random())) } else { None };
        let mut head = *last.borrow_and_update();
        loop {
            if last.has_changed()? {
                head = *last.borrow_and_update();
            }
            if head.is_some_and(|head| self.at >= head) {
                return Ok(End::Complete);
            }
            // Once nothing changes any more, everybody may read to the end.
            let left = match head {
                Some(_) => Duration::from_secs(3600),
                None => until.saturating_duration_since(Instant::now()),
            };
            // Frames that have come already are taken without a look around: that costs as much as taking them.
            let message = match socket.next().now_or_never() {
                Some(_) if left.is_zero() => return Ok(End::Broken),
                Some(message) => message,
                None => tokio::select! {
                    message = socket.next() => message,
                    _ = last.changed() => {
                        head = *last.borrow_and_update();
                        continue;
                    }
                    () = tokio::time::sleep(left) => return Ok(End::Broken),
                },
            };
            let Some(Ok(Message::Text(text))) = message else { return Ok(End::Broken) };
            if text.ends_with(r#""type":"event"}"#) {
                self.event(&text)?;
            } else if text.contains(r#""type":"resync""#) {
                // The server may go while it is asked; it says so again to the next connection.
                if self.read_again().await.is_err() {
                    return Ok(End::Broken);
                }
            } else if text.contains(r#""type":"ping""#)
                && socket.send(Message::text(r#"{"type":"pong"}"#)).await.is_err()
            {
                return Ok(End::Broken);
            }
            if pause.is_some_and(|pause| Instant::now() >= pause) {
                pause = None;
                tokio::time::sleep(PAUSE).await;
            }
        }
    }

    fn event(&mut self, text: &str) -> Result {
        let seq = live::seq(text).ok_or("an event without seq")?;
        if seq != self.at + 1 && !(self.anew && seq <= self.at) {
            return Err(format!("event {seq} came after event {}", self.at).into());
        }
        if seq > self.at {
            (self.at, self.anew) = (seq, false);
        }
        self.count(|counts| &counts.frames);
        if let Some((number, row)) = &self.soak.books.frame(seq, text)?.row {
            learn(&mut self.known, *number, row);
        }
        Ok(())
    }

    /// Reads the lists as a page does that was told to; what frames tell meanwhile is newer by its version.
    async fn read_again(&mut self) -> Result {
        self.count(|counts| &counts.resyncs);
        let before = head(&self.soak.account).await?;
        for (id, row) in &Books::read(&self.soak.account).await?.rows {
            learn(&mut self.known, self.soak.books.number(id), row);
        }
        // Frames up to there may still be on their way.
        (self.at, self.anew) = (before, true);
        Ok(())
    }

    fn count(&self, which: impl Fn(&Counts) -> &std::sync::atomic::AtomicU64) {
        which(&self.soak.counts).fetch_add(1, Ordering::Relaxed);
    }

    /// Between 0 and 1; the same for the same client in each run (xorshift64, Marsaglia 2003).
    fn random(&mut self) -> f64 {
        self.chance ^= self.chance << 13;
        self.chance ^= self.chance >> 7;
        self.chance ^= self.chance << 17;
        (self.chance % 10_000) as f64 / 10_000.0
    }
}

/// The last event of the books, as the socket's greeting tells it.
pub async fn head(account: &Account) -> Result<i64> {
    let mut socket = live::open(account.address(), &account.token().await?).await?;
    live::hello(&mut socket).await
}
