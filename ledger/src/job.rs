//! What happens by itself: the overdue check, the mock gateway's answers, sweeping.

use std::time::Duration;

use chrono::NaiveDate;
use domain::payment::Outcome;
use domain::{Action, EventKind, Invoice, Payment, PaymentStatus, Role};

use crate::commit::{Command, Needs, NewEvent};
use crate::{Caller, Error, Ledger, Result};

/// How often the business date is looked at.
const LOOK: Duration = Duration::from_secs(5);
/// Invoices announced between two looks at the database.
const CHUNK: u32 = 500;
/// How long idempotency keys are kept: longer than the contract's 24 h.
const KEYS: chrono::Duration = chrono::Duration::hours(48);

/// At start and at each change of the business date, announces every invoice that became overdue since the last check,
/// however long that was ago. What is announced is marked on the invoice in the same transaction, so each is announced
/// once, on one node or ten.
pub(crate) async fn check_overdue(ledger: Ledger) {
    let mut checked: Option<NaiveDate> = None;
    loop {
        let today = ledger.business_date();
        if checked != Some(today) {
            match ledger.announce_overdue(today).await {
                Ok(count) => {
                    checked = Some(today);
                    if count > 0 {
                        tracing::info!(count, date = %today, "invoices became overdue");
                    }
                }
                Err(error) => {
                    tracing::error!(
                        error = &error as &dyn std::error::Error,
                        "the overdue check failed; trying again"
                    );
                }
            }
        }
        tokio::time::sleep(LOOK).await;
    }
}

impl Ledger {
    /// Announces all that is overdue on `today` and was not announced; answers how many invoices that were.
    pub async fn announce_overdue(&self, today: NaiveDate) -> Result<usize> {
        let caller = Caller::system(Role::Manager);
        caller.authorise(Action::ManageInvoices)?;
        let mut count = 0;
        loop {
            let invoices = self.store().unannounced(today, CHUNK).await?;
            if invoices.is_empty() {
                return Ok(count);
            }
            let announced = invoices.iter().map(|invoice| self.announce(&caller, invoice));
            let mut any = false;
            for announced in futures::future::join_all(announced).await {
                if announced? {
                    any = true;
                    count += 1;
                }
            }
            if !any {
                return Err(Error::internal("overdue invoices that can't be announced"));
            }
        }
    }

    async fn announce(&self, caller: &Caller, invoice: &Invoice) -> Result<bool> {
        let (id, customer) = (invoice.id.clone(), invoice.customer_id.clone());
        let needs = Needs { accounts: vec![customer.clone()], ..Needs::default() };
        let answer = (customer.clone(), id.clone());
        let command = Command::new(
            caller,
            needs,
            move |desk, moment| {
                let account = desk.account_mut(&customer)?;
                if !account.announce_overdue_invoice(&id, moment.business_date) {
                    return Ok(None);
                }
                let Some(invoice) = account.invoices.get(&id) else { return Ok(None) };
                let (number, due, balance) = (invoice.number.clone(), invoice.due_date, invoice.balance);
                let event =
                    NewEvent::new(EventKind::InvoiceOverdue, "invoice", id.as_str()).customer(&customer);
                Ok(Some(
                    event
                        .with("number", number)
                        .with("due_date", due)
                        .with("amount", balance)
                        .with("count", 1),
                ))
            },
            move |desk| {
                let account = desk.accounts.get(&answer.0).and_then(Option::as_ref);
                let invoice = account.and_then(|account| account.invoices.get(&answer.1));
                Ok(invoice.is_some_and(|invoice| invoice.announced_overdue == Some(invoice.due_date)))
            },
        );
        Ok(self.commit(command).await?.value)
    }

    /// What the mock gateway says about a payment whose answer is due.
    async fn answer_simulation(&self, caller: &Caller, payment: &Payment) -> Result<()> {
        let Some(simulation) = &payment.simulated else { return Ok(()) };
        let (to, reason) = match simulation.outcome {
            Outcome::Succeed | Outcome::Delayed => (PaymentStatus::Completed, None),
            Outcome::Decline => (PaymentStatus::Failed, Some("The card was declined.")),
            Outcome::Timeout => {
                (PaymentStatus::Unknown, Some("The gateway did not answer; it is asked again."))
            }
        };
        match self
            .move_payment(caller, &payment.id, to, reason.map(str::to_owned), Some(payment.version))
            .await
        {
            // Someone else settled it first: a repeated callback changes nothing.
            Ok(_) | Err(Error::Conflict { .. }) => Ok(()),
            Err(error) => Err(error),
        }
    }
}

/// Gives the mock gateway's answers when they are due, also those that came due while no process ran; asks again about
/// payments it did not answer for.
pub(crate) async fn answer_simulations(ledger: Ledger) {
    let caller = Caller { name: "Mock gateway".to_owned(), ..Caller::system(Role::Collector) };
    loop {
        let pause = match answer_due(&ledger, &caller).await {
            Ok(pause) => pause,
            Err(error) => {
                tracing::error!(
                    error = &error as &dyn std::error::Error,
                    "the mock gateway failed; trying again"
                );
                Duration::from_secs(1)
            }
        };
        tokio::select! {
            () = tokio::time::sleep(pause) => {}
            () = ledger.inner.simulations.notified() => {}
        }
    }
}

/// Answers what is due and says how long nothing more will be.
async fn answer_due(ledger: &Ledger, caller: &Caller) -> Result<Duration> {
    /// Another node's simulations are noticed no later than this.
    const IDLE: Duration = Duration::from_secs(5);
    let now = ledger.clock().now();
    let waiting = ledger.store().due_simulations(now + chrono::Duration::days(3650)).await?;
    let mut pause = IDLE;
    for payment in &waiting {
        let Some(simulation) = &payment.simulated else { continue };
        match (simulation.due_at - now).to_std() {
            Ok(left) if !left.is_zero() => {
                pause = pause.min(left);
                break;
            }
            _ => {
                ledger.answer_simulation(caller, payment).await?;
                pause = Duration::ZERO;
            }
        }
    }
    Ok(pause)
}

/// Every hour, takes out what is past its time.
pub(crate) async fn sweep(ledger: Ledger) {
    loop {
        let now = ledger.clock().now();
        if let Err(error) = ledger.store().sweep(now, now - KEYS).await {
            tracing::warn!(
                error = &error as &dyn std::error::Error,
                "sweeping failed; trying again in an hour"
            );
        }
        tokio::time::sleep(Duration::from_secs(3600)).await;
    }
}
