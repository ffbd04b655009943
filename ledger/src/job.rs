//! What happens by itself: the overdue check, folding of totals, sweeping. What the gateway answers is in [`crate::gateway`].

use std::time::Duration;

use chrono::NaiveDate;
use domain::{Action, EventKind, Invoice, Role};

use crate::commit::{Command, Needs, NewEvent};
use crate::index::Filled;
use crate::{Caller, Error, Ledger, Result};

/// How often the business date is looked at.
const LOOK: Duration = Duration::from_secs(5);
/// How long the overdue check waits for the index after a start.
const FILLING: Duration = Duration::from_secs(60);
/// Invoices announced between two looks at the database.
const CHUNK: usize = 500;
/// Between two foldings of what moved the running totals.
const FOLDING: Duration = Duration::from_secs(1);
/// How long idempotency keys are kept: longer than the contract's 24 h.
const KEYS: chrono::Duration = chrono::Duration::hours(48);

/// At start and at each change of the business date, tells the screens the date and announces every invoice that
/// became overdue since the last check, however long that was ago. What is announced is marked on the invoice in the same
/// transaction, so each is announced once, on one node or ten.
pub(crate) async fn check_overdue(ledger: Ledger) {
    let mut checked: Option<NaiveDate> = None;
    // Reading every invoice to find the late ones would only hold up whoever reads them all already. Should that not come to
    // an end, the check is made all the same.
    let _ = tokio::time::timeout(FILLING, ledger.inner.index.full()).await;
    loop {
        let today = ledger.tell_day();
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
            let invoices = self.unannounced(today).await?;
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

    /// Some of the invoices whose lateness is to be announced, the oldest due first.
    async fn unannounced(&self, today: NaiveDate) -> Result<Vec<Invoice>> {
        match self.index(Filled::All).await {
            Some(index) => self.store().invoices_by_id(&index.unannounced(today, CHUNK)).await,
            None => self.store().unannounced(today, CHUNK).await,
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
}

/// Whenever something was committed, folds in what moved the running totals, once for all that happened in a while.
pub(crate) async fn fold_totals(ledger: Ledger) {
    let mut committed = ledger.inner.committer.committed();
    loop {
        if let Err(error) = ledger.store().fold_totals().await {
            tracing::warn!(
                error = &error as &dyn std::error::Error,
                "the running totals could not be folded; trying again"
            );
        }
        tokio::time::sleep(FOLDING).await;
        if committed.changed().await.is_err() {
            return;
        }
    }
}

/// Every hour, takes out what is past its time.
pub(crate) async fn sweep(ledger: Ledger) {
    loop {
        let clock = ledger.clock();
        if let Err(error) = ledger.store().sweep(clock.waking_now(), clock.now() - KEYS).await {
            tracing::warn!(
                error = &error as &dyn std::error::Error,
                "sweeping failed; trying again in an hour"
            );
        }
        if let Err(error) = ledger.resume_erasures().await {
            tracing::warn!(
                error = &error as &dyn std::error::Error,
                "an erased customer's events could not be sealed; trying again in an hour"
            );
        }
        if let Err(error) = ledger.sweep_imports().await {
            tracing::warn!(
                error = &error as &dyn std::error::Error,
                "sweeping imports failed; trying again in an hour"
            );
        }
        if let Err(error) = ledger.sweep_presences().await {
            tracing::warn!(
                error = &error as &dyn std::error::Error,
                "sweeping presences failed; trying again in an hour"
            );
        }
        tokio::time::sleep(Duration::from_secs(3600)).await;
    }
}
