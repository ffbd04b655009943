//! Payment gateways: the port to whoever collects money, and what the books do with the answers.
//!
//! An adapter implements [`PaymentGateway`] and passes what the gateway says to [`Ledger::gateway_callback`], whether that
//! comes over a channel (the mock) or as a webhook (a real one). Callbacks may come twice, late or in any order, and may
//! never come: the state machine lets only the first that decides change anything, and the reconciler asks about the rest.

mod mock;

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use domain::payment::{Awaited, DeclineCode};
use domain::{Money, Payment, PaymentId, PaymentStatus, Role};
use tokio::sync::mpsc;

pub(crate) use mock::MockGateway;

use crate::index::Filled;
use crate::{Caller, Error, Ledger, Result};

/// A gateway that did not answer, in the operator's words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GatewayError(pub String);

impl fmt::Display for GatewayError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for GatewayError {}

/// What an adapter's calls answer.
pub type GatewayAnswer<'a, T> = Pin<Box<dyn Future<Output = Result<T, GatewayError>> + Send + 'a>>;

/// Whoever collects payments.
pub trait PaymentGateway: Send + Sync {
    /// Asks it to collect a payment. The payment's id makes it happen once, however often it is asked.
    fn collect(&self, charge: Charge) -> GatewayAnswer<'_, ()>;

    /// What became of a payment; `None` while that is not decided.
    fn look_up(&self, charge: Charge) -> GatewayAnswer<'_, Option<Verdict>>;
}

/// A gateway, shared.
#[derive(Clone)]
pub struct Gateway(pub Arc<dyn PaymentGateway>);

impl fmt::Debug for Gateway {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Gateway")
    }
}

/// A payment to collect.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Charge {
    /// The payment, and the key that makes it happen once.
    pub payment: PaymentId,
    /// How much.
    pub amount: Money,
    /// What a mock is to do; real gateways decide for themselves.
    pub awaited: Option<Awaited>,
}

impl Charge {
    pub(crate) fn of(payment: &Payment) -> Self {
        Self { payment: payment.id.clone(), amount: payment.amount, awaited: payment.awaited.clone() }
    }
}

/// What a gateway decided.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// The money is here.
    Completed,
    /// It was refused.
    Declined(DeclineCode),
}

/// What a gateway says by itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Callback {
    /// About which payment.
    pub payment: PaymentId,
    /// What it decided; `None`: it is working on it.
    pub verdict: Option<Verdict>,
}

/// What became of a callback.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Heard {
    /// It settled the payment.
    Settled,
    /// The payment was settled before, or nothing was decided: nothing changed.
    Nothing,
}

impl Ledger {
    /// Does what a gateway says. A callback that comes again, or after what it should have come before, changes nothing.
    pub async fn gateway_callback(&self, callback: &Callback) -> Result<Heard> {
        let Some(verdict) = callback.verdict else { return Ok(Heard::Nothing) };
        let (to, reason) = match verdict {
            Verdict::Completed => (PaymentStatus::Completed, None),
            Verdict::Declined(code) => {
                (PaymentStatus::Failed, Some(format!("Declined: {} ({}).", code.label(), code.as_str())))
            }
        };
        let payment = self.store().payment(&callback.payment).await?;
        if !matches!(payment.status, PaymentStatus::Processing | PaymentStatus::Unknown) {
            return Ok(Heard::Nothing);
        }
        match self.move_payment(&gateway(), &payment.id, to, reason, Some(payment.version)).await {
            Ok(_) => Ok(Heard::Settled),
            // Another callback, or the reconciler, was faster.
            Err(Error::Conflict { .. }) => Ok(Heard::Nothing),
            Err(error) => Err(error),
        }
    }

    /// Asks the gateway about a payment whose answer is overdue. A gateway that does not answer makes it `unknown`.
    async fn reconcile_payment(&self, payment: &Payment) -> Result<()> {
        match self.inner.gateway.0.look_up(Charge::of(payment)).await {
            Ok(verdict) => {
                self.gateway_callback(&Callback { payment: payment.id.clone(), verdict }).await?;
            }
            Err(error) => {
                tracing::warn!(%error, payment = %payment.id, "the gateway did not answer");
                if payment.status == PaymentStatus::Processing {
                    let reason = Some("The gateway did not answer; it is asked again.".to_owned());
                    let version = Some(payment.version);
                    let moved = self
                        .move_payment(&gateway(), &payment.id, PaymentStatus::Unknown, reason, version)
                        .await;
                    if let Err(error) = moved
                        && !matches!(error, Error::Conflict { .. })
                    {
                        return Err(error);
                    }
                }
            }
        }
        Ok(())
    }
}

fn gateway() -> Caller {
    Caller { name: "Payment gateway".to_owned(), ..Caller::system(Role::Collector) }
}

/// Hears what the mock gateway says.
pub(crate) async fn listen(ledger: Ledger, mut callbacks: mpsc::UnboundedReceiver<Callback>) {
    while let Some(callback) = callbacks.recv().await {
        if let Err(error) = ledger.gateway_callback(&callback).await {
            // Not lost: the reconciler asks about every payment whose answer does not come.
            tracing::warn!(error = &error as &dyn std::error::Error, payment = %callback.payment, "a callback failed");
        }
    }
}

/// How long after it was due an answer may still be on its way.
const PATIENCE: chrono::Duration = chrono::Duration::seconds(2);
/// How often the reconciler looks, at the latest: other nodes send payments too.
const IDLE: Duration = Duration::from_secs(5);
/// Payments that are asked about at once.
const AWAITED: usize = 500;

/// Settles the payments whose answers did not come: those of a gateway that was silent, and those of a process that ended
/// before it heard them.
pub(crate) async fn reconcile(ledger: Ledger) {
    loop {
        let pause = match overdue_answers(&ledger).await {
            Ok(pause) => pause,
            Err(error) => {
                let error = &error as &dyn std::error::Error;
                tracing::error!(error, "payments can't be reconciled; trying again");
                IDLE
            }
        };
        tokio::select! {
            () = tokio::time::sleep(pause) => {}
            () = ledger.inner.reconcile.notified() => {}
        }
    }
}

/// Asks about what is overdue and says how long nothing more will be.
async fn overdue_answers(ledger: &Ledger) -> Result<Duration> {
    let now = ledger.clock().now();
    let mut pause = IDLE;
    let soon = now + PATIENCE + chrono::Duration::seconds(5);
    let awaited = match ledger.index(Filled::All).await {
        Some(index) => ledger.store().payments_by_id(&index.awaited(soon, AWAITED)).await?,
        None => ledger.store().awaited_payments(soon, AWAITED).await?,
    };
    for payment in awaited {
        let Some(awaited) = &payment.awaited else { continue };
        match (awaited.due_at + PATIENCE - now).to_std() {
            Ok(left) if !left.is_zero() => pause = pause.min(left),
            _ => ledger.reconcile_payment(&payment).await?,
        }
    }
    Ok(pause)
}
