//! A gateway that answers as it is told: for demonstrations and tests. No money moves.

use std::collections::HashSet;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use domain::PaymentId;
use domain::payment::{Awaited, Outcome};
use tokio::sync::mpsc;

use super::{Callback, Charge, GatewayAnswer, GatewayError, PaymentGateway, Verdict};
use crate::Clock;

/// See the module. It remembers nothing over a restart: what it then does not announce is asked for by the reconciler, as
/// with a real gateway whose callback was lost.
pub(crate) struct MockGateway {
    clock: Clock,
    callbacks: mpsc::UnboundedSender<Callback>,
    /// Payments it gave no answer about, once.
    silent_about: Mutex<HashSet<PaymentId>>,
}

/// Between two callbacks about one payment.
const APART: Duration = Duration::from_millis(80);

impl MockGateway {
    /// The gateway, and what it says.
    pub(crate) fn new(clock: Clock) -> (Self, mpsc::UnboundedReceiver<Callback>) {
        let (callbacks, heard) = mpsc::unbounded_channel();
        (Self { clock, callbacks, silent_about: Mutex::default() }, heard)
    }
}

impl PaymentGateway for MockGateway {
    fn collect(&self, charge: Charge) -> GatewayAnswer<'_, ()> {
        let Some(awaited) = charge.awaited else { return Box::pin(async { Ok(()) }) };
        let wait = (awaited.due_at - self.clock.now()).to_std().unwrap_or_default();
        let callbacks = self.callbacks.clone();
        tokio::spawn(async move {
            tokio::time::sleep(wait).await;
            for verdict in announcements(&awaited) {
                // Nobody listens any more once the books are closed.
                let _ = callbacks.send(Callback { payment: charge.payment.clone(), verdict });
                tokio::time::sleep(APART).await;
            }
        });
        Box::pin(async { Ok(()) })
    }

    fn look_up(&self, charge: Charge) -> GatewayAnswer<'_, Option<Verdict>> {
        let answer = match &charge.awaited {
            Some(awaited) if awaited.outcome == Some(Outcome::Timeout) => {
                let mut silent = self.silent_about.lock().unwrap_or_else(PoisonError::into_inner);
                // The first question gets no answer; by the second it is back, and the money was collected after all.
                if silent.remove(&charge.payment) {
                    Ok(Some(Verdict::Completed))
                } else {
                    silent.insert(charge.payment);
                    Err(GatewayError("timed out, as it was told to".to_owned()))
                }
            }
            Some(awaited) => Ok(verdict(awaited)),
            None => Ok(None),
        };
        Box::pin(async { answer })
    }
}

fn verdict(awaited: &Awaited) -> Option<Verdict> {
    Some(match awaited.outcome? {
        Outcome::Decline => Verdict::Declined(awaited.decline_code.unwrap_or_default()),
        Outcome::Succeed | Outcome::Timeout | Outcome::Delayed | Outcome::Duplicate | Outcome::OutOfOrder => {
            Verdict::Completed
        }
    })
}

/// What it says by itself, in the order in which it says it.
fn announcements(awaited: &Awaited) -> Vec<Option<Verdict>> {
    let verdict = verdict(awaited);
    match awaited.outcome {
        Some(Outcome::Timeout) | None => Vec::new(),
        Some(Outcome::Duplicate) => vec![verdict; 3],
        // The decision overtakes the word that it works on it, and the refusal of a first try.
        Some(Outcome::OutOfOrder) => {
            vec![verdict, None, Some(Verdict::Declined(domain::payment::DeclineCode::default()))]
        }
        Some(_) => vec![verdict],
    }
}
