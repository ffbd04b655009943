//! Invoices.

use chrono::NaiveDate;
use domain::account::{Correction, Moment};
use domain::customer::MoneyInput;
use domain::invoice::{InvoicePatch, InvoiceView, NewInvoice};
use domain::{
    Account, Action, CustomerId, EventKind, FieldError, Invoice, InvoiceId, InvoiceStatus, Page, Rule,
};
use serde::{Deserialize, Serialize};

use crate::commit::{Command, Desk, Needs, NewEvent, Stop};
use crate::customer::{cursor_keyset, keyset_cursor, page, page_size};
use crate::index::Filled;
use crate::payment::account_named;
use crate::{Caller, Error, Idempotency, Ledger, Read, Replayed, Result};

/// Which page of which invoices, by due date.
#[derive(Clone, Debug, Default)]
pub struct InvoiceQuery {
    /// Of one customer.
    pub customer_id: Option<CustomerId>,
    /// Of one stored state.
    pub status: Option<InvoiceStatus>,
    /// Only those overdue, or only those not.
    pub overdue: Option<bool>,
    /// Due on or after.
    pub due_from: Option<NaiveDate>,
    /// Due on or before.
    pub due_to: Option<NaiveDate>,
    /// Parts of the number or of the customer's name.
    pub q: Option<String>,
    /// Rows a page, 1–200, 50 when absent.
    pub limit: Option<u32>,
    /// From the page before.
    pub cursor: Option<String>,
}

impl Ledger {
    /// One page of invoices.
    pub async fn invoices(&self, caller: &Caller, query: &InvoiceQuery) -> Result<Read<Page<InvoiceView>>> {
        caller.authorise(Action::Read)?;
        let after = cursor_keyset(query.cursor.as_deref(), "due_date")?;
        let (limit, today) = (page_size(query.limit), self.business_date());
        let index = self.index(Filled::All).await;
        // Read first: what the page holds can only be newer.
        let listed =
            index.and_then(|index| Some((index.seq(), index.invoices(query, today, limit, after.as_ref())?)));
        let (seq, (mut rows, next, total)) = match listed {
            Some((seq, listed)) => {
                let rows = self.store().invoices_by_id(&listed.ids).await?;
                let rows = rows.into_iter().map(|invoice| invoice.view(today)).collect();
                (seq, (rows, listed.next, listed.total))
            }
            None => (self.seq().await?, self.store().invoices(query, today, limit, after.as_ref()).await?),
        };
        let ids: Vec<&str> = rows.iter().map(|row| row.invoice.customer_id.as_str()).collect();
        let names = self.store().customer_names(&ids).await?;
        for row in &mut rows {
            row.customer_name = names.get(row.invoice.customer_id.as_str()).cloned();
        }
        Ok(Read { seq, value: page(rows, next.map(|next| keyset_cursor(&next, "due_date")), total) })
    }

    /// One invoice.
    pub async fn invoice(&self, caller: &Caller, id: &InvoiceId) -> Result<InvoiceView> {
        caller.authorise(Action::Read)?;
        let invoice = self.store().invoice(id).await?;
        let customer = self.store().customer(&invoice.customer_id).await?;
        Ok(invoice.view(self.business_date()).of_customer(customer.name))
    }

    /// Enters an invoice, issued at once unless it is to be a draft.
    pub async fn create_invoice(
        &self,
        caller: &Caller,
        new: &NewInvoice,
        idempotency: Option<&Idempotency>,
    ) -> Result<Replayed<InvoiceView>> {
        caller.authorise(Action::ManageInvoices)?;
        let customer = CustomerId::from(new.customer_id.as_str());
        let id = InvoiceId::from_unique(&self.unique());
        let needs = Needs { accounts: vec![customer.clone()], ..Needs::default() };
        let new = new.clone();
        let answer = self.invoice_on(&customer, &id);
        let command = Command::new(
            caller,
            needs,
            move |desk, moment| {
                let account = account_named(desk, &customer)?;
                let mut draft = new.validate(account.customer.currency, moment.business_date)?;
                match &draft.number {
                    Some(number) => check_number(desk, &customer, number, None)?,
                    None => draft.number = Some(desk.generate_number()),
                }
                let account = desk.account_mut(&customer)?;
                account.add_invoice(id.clone(), draft, moment)?;
                // Late from the start: this event tells it, so it does not become late a second time.
                account.announce_overdue_invoice(&id, moment.business_date);
                Ok(Some(invoice_event(EventKind::InvoiceCreated, &customer, &id)))
            },
            answer,
        );
        self.commit(command.once(idempotency)).await
    }

    /// Changes a draft.
    pub async fn edit_invoice(
        &self,
        caller: &Caller,
        id: &InvoiceId,
        patch: &InvoicePatch,
    ) -> Result<InvoiceView> {
        let customer = self.owner_of(caller, Action::ManageInvoices, id).await?;
        let (own, patch) = (id.clone(), patch.clone());
        let version = patch.version;
        self.change_invoice(caller, id, customer.clone(), version, None, move |desk, moment| {
            if let Some(number) = patch.number.as_deref() {
                check_number(desk, &customer, number, Some(&own))?;
            }
            desk.account_with_invoice(&customer, &own)?.edit_invoice(&own, &patch, moment)?;
            Ok(invoice_event(EventKind::InvoiceUpdated, &customer, &own))
        })
        .await
        .map(|replayed| replayed.value)
    }

    /// Issues a draft.
    pub async fn issue_invoice(&self, caller: &Caller, id: &InvoiceId) -> Result<InvoiceView> {
        let customer = self.owner_of(caller, Action::ManageInvoices, id).await?;
        let own = id.clone();
        self.change_invoice(caller, id, customer.clone(), None, None, move |desk, moment| {
            let account = desk.account_with_invoice(&customer, &own)?;
            account.issue_invoice(&own, moment)?;
            account.announce_overdue_invoice(&own, moment.business_date);
            Ok(invoice_event(EventKind::InvoiceIssued, &customer, &own))
        })
        .await
        .map(|replayed| replayed.value)
    }

    /// Takes an invoice back that nothing was paid or credited on.
    pub async fn void_invoice(
        &self,
        caller: &Caller,
        id: &InvoiceId,
        why: &Why,
        idempotency: Option<&Idempotency>,
    ) -> Result<Replayed<InvoiceView>> {
        self.correct_invoice(
            caller,
            Action::ManageInvoices,
            id,
            why,
            idempotency,
            EventKind::InvoiceVoided,
            |account, id, why, moment| account.void_invoice(id, why, moment),
        )
        .await
    }

    /// Writes a credit note over a part or all of what an invoice still asks for.
    pub async fn credit_invoice(
        &self,
        caller: &Caller,
        id: &InvoiceId,
        amount: &MoneyInput,
        why: &Why,
        idempotency: Option<&Idempotency>,
    ) -> Result<Replayed<InvoiceView>> {
        let amount = amount.clone();
        self.correct_invoice(
            caller,
            Action::ManageInvoices,
            id,
            why,
            idempotency,
            EventKind::InvoiceCredited,
            move |account, id, why, moment| account.credit_invoice(id, &amount, why, moment),
        )
        .await
    }

    /// Gives up what an invoice still asks for.
    pub async fn write_off_invoice(
        &self,
        caller: &Caller,
        id: &InvoiceId,
        why: &Why,
        idempotency: Option<&Idempotency>,
    ) -> Result<Replayed<InvoiceView>> {
        self.correct_invoice(caller, Action::WriteOff, id, why, idempotency, EventKind::InvoiceWrittenOff, {
            |account, id, why, moment| account.write_off_invoice(id, why, moment)
        })
        .await
    }

    /// Takes a write-off back, in whole or (with `amount`) in part.
    pub async fn recover_invoice(
        &self,
        caller: &Caller,
        id: &InvoiceId,
        amount: Option<&MoneyInput>,
        why: &Why,
        idempotency: Option<&Idempotency>,
    ) -> Result<Replayed<InvoiceView>> {
        let amount = amount.cloned();
        self.correct_invoice(caller, Action::WriteOff, id, why, idempotency, EventKind::InvoiceRecovered, {
            move |account, id, why, moment| account.recover_invoice(id, amount.as_ref(), why, moment)
        })
        .await
    }

    #[expect(clippy::too_many_arguments, reason = "each of them differs between the corrections")]
    async fn correct_invoice(
        &self,
        caller: &Caller,
        action: Action,
        id: &InvoiceId,
        why: &Why,
        idempotency: Option<&Idempotency>,
        kind: EventKind,
        correct: impl Fn(&mut Account, &InvoiceId, &Correction, Moment) -> Result<(), Rule> + Send + 'static,
    ) -> Result<Replayed<InvoiceView>> {
        let customer = self.owner_of(caller, action, id).await?;
        let (own, why) = (id.clone(), why.clone());
        self.change_invoice(caller, id, customer.clone(), why.version, idempotency, move |desk, moment| {
            let account = desk.account_with_invoice(&customer, &own)?;
            let invoice = account.invoices.get(&own).ok_or(Error::NotFound("invoice"))?;
            let before = invoice.balance;
            let why = why.correction(invoice.issue_date, moment)?;
            correct(account, &own, &why, moment)?;
            let after = account.invoices.get(&own).map_or(before, |invoice| invoice.balance);
            let amount = domain::Money::from_minor((before.minor() - after.minor()).abs(), before.currency());
            Ok(invoice_event(kind, &customer, &own).with("amount", amount).with("reason", &why.reason))
        })
        .await
    }

    async fn change_invoice(
        &self,
        caller: &Caller,
        id: &InvoiceId,
        customer: CustomerId,
        version: Option<i64>,
        idempotency: Option<&Idempotency>,
        mut change: impl FnMut(&mut Desk, Moment) -> Result<NewEvent, Stop> + Send + 'static,
    ) -> Result<Replayed<InvoiceView>> {
        let needs =
            Needs { accounts: vec![customer.clone()], invoices: vec![id.clone()], ..Needs::default() };
        let answer = self.invoice_on(&customer, id);
        let id = id.clone();
        let today = self.clone();
        let command = Command::new(
            caller,
            needs,
            move |desk, moment| {
                let account = desk.account_with_invoice(&customer, &id)?;
                if let Some(current) = account.invoices.get(&id)
                    && version.is_some_and(|version| version != current.version)
                {
                    let current = current.clone().view(today.business_date());
                    return Err(Error::stale(&current.of_customer(&account.customer.name)).into());
                }
                change(desk, moment).map(Some)
            },
            answer,
        );
        self.commit(command.once(idempotency)).await
    }

    /// Whose invoice it is, told only to those who may do `action` to it.
    async fn owner_of(&self, caller: &Caller, action: Action, id: &InvoiceId) -> Result<CustomerId> {
        caller.authorise(action)?;
        Ok(self.store().invoice(id).await?.customer_id)
    }

    fn invoice_on(
        &self,
        customer: &CustomerId,
        id: &InvoiceId,
    ) -> impl Fn(&Desk) -> Result<InvoiceView> + Send + 'static {
        let (customer, id, ledger) = (customer.clone(), id.clone(), self.clone());
        move |desk| {
            let account = desk.accounts.get(&customer).and_then(Option::as_ref);
            let account = account.ok_or(Error::NotFound("customer"))?;
            let invoice: &Invoice = account.invoices.get(&id).ok_or(Error::NotFound("invoice"))?;
            Ok(invoice.clone().view(ledger.business_date()).of_customer(&account.customer.name))
        }
    }
}

/// Why something is corrected, as posted.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Why {
    /// The reason; required.
    #[serde(default)]
    pub reason: Option<String>,
    /// The day from which it counts; today when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub effective_on: Option<String>,
    /// The version this was decided on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub version: Option<i64>,
}

impl Why {
    pub(crate) fn correction(&self, earliest: NaiveDate, moment: Moment) -> Result<Correction, Stop> {
        let (reason, on) = (self.reason.as_deref(), self.effective_on.as_deref());
        Ok(Correction::parse(reason, on, earliest, moment.business_date)?)
    }
}

fn check_number(
    desk: &mut Desk,
    customer: &CustomerId,
    number: &str,
    but: Option<&InvoiceId>,
) -> Result<(), Stop> {
    if desk.number_is_taken(customer, number, but)? {
        let message = "This customer has an invoice of that number already.";
        return Err(Error::from(FieldError::new("number", "number_taken", message)).into());
    }
    Ok(())
}

fn invoice_event(kind: EventKind, customer: &CustomerId, id: &InvoiceId) -> NewEvent {
    NewEvent::new(kind, "invoice", id.as_str()).customer(customer).invoice(id)
}
