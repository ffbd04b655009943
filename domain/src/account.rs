//! A customer's account: the customer, its open invoices and the payments at hand. Every decision about money is taken
//! here, on plain values, and leaves the account true.

mod correct;
mod invoicing;

use std::collections::{BTreeMap, BTreeSet};

pub use invoicing::Correction;

use chrono::{DateTime, NaiveDate, Utc};
use serde::{Deserialize, Serialize};
use thiserror::Error;

use crate::allocation::oldest_due_first;
use crate::customer::{CustomerDraft, MoneyInput, parse_date};
use crate::field;
use crate::invoice::InvalidInvoiceAction;
use crate::payment::{Allocation, Awaited, InvalidTransition, PaymentEntryKind};
use crate::{
    Currency, Customer, CustomerId, CustomerStatus, FieldErrors, ImportId, Invoice, InvoiceId, InvoiceKind,
    InvoiceStatus, Money, Payment, PaymentId, PaymentMethod, PaymentSource, PaymentStatus,
};

/// Why a decision was refused. Nothing was changed.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum Rule {
    /// The state machine forbids it.
    #[error(transparent)]
    Transition(#[from] InvalidTransition),
    /// Fields are wrong.
    #[error("Some fields need a look.")]
    Fields(FieldErrors),
    /// The customer was put away.
    #[error("This customer is archived; unarchive it first.")]
    Archived,
    /// Something hangs on the customer.
    #[error("This customer has {0}; archive it instead.")]
    HasHistory(&'static str),
    /// Archiving would hide a debt or money in hand.
    #[error("This customer still has {0}; settle that before archiving.")]
    NotSettled(&'static str),
    /// The payment isn't part of this account.
    #[error("There is no such payment.")]
    NoPayment,
    /// The invoice isn't part of this account.
    #[error("There is no such invoice.")]
    NoInvoice,
    /// The invoice's state forbids it.
    #[error(transparent)]
    Invoice(#[from] InvalidInvoiceAction),
    /// Money or credits hang on the invoice.
    #[error(
        "Payments or credit notes are applied to this invoice; take them off first, or write off what is left."
    )]
    InvoiceInUse,
    /// Only money in hand can be applied.
    #[error("A {0} payment holds no money that could settle anything.")]
    NotHeld(PaymentStatus),
}

impl From<FieldErrors> for Rule {
    fn from(errors: FieldErrors) -> Self {
        Rule::Fields(errors)
    }
}

/// When a decision is taken.
#[derive(Clone, Copy, Debug)]
pub struct Moment {
    /// The instant, for `created_at`.
    pub at: DateTime<Utc>,
    /// The organisation's calendar date.
    pub business_date: NaiveDate,
}

/// A customer with **all** its open invoices, and whatever closed invoices and payments a decision needs besides.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Account {
    /// The customer and its derived figures.
    pub customer: Customer,
    /// All open invoices, and any closed ones a payment at hand is allocated to.
    pub invoices: BTreeMap<InvoiceId, Invoice>,
    /// The payments at hand.
    pub payments: BTreeMap<PaymentId, Payment>,
}

/// A payment as typed or posted.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NewPayment {
    /// Who paid.
    pub customer_id: String,
    /// How much.
    pub amount: MoneyInput,
    /// The day it came; today when absent, never in the future.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub received_on: Option<String>,
    /// How it came.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub method: Option<String>,
    /// The payer's or bank's words.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reference: Option<String>,
    /// `completed` (default) or `pending`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub status: Option<String>,
    /// What it settles; oldest due date first when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub allocations: Option<Vec<NewAllocation>>,
}

/// A part of a new payment meant for one invoice.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NewAllocation {
    /// The invoice.
    pub invoice_id: String,
    /// How much of the payment.
    pub amount: MoneyInput,
}

/// A validated payment, apart from its allocations, which need the account.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PaymentDraft {
    /// How much.
    pub amount: Money,
    /// The day it came.
    pub received_on: NaiveDate,
    /// How it came.
    pub method: PaymentMethod,
    /// The payer's or bank's words.
    pub reference: Option<String>,
    /// Completed or pending.
    pub status: PaymentStatus,
    /// What the user wants it to settle.
    pub allocations: Option<Vec<NewAllocation>>,
}

impl NewPayment {
    /// The clean draft in the account's `currency`, or everything that is wrong.
    pub fn validate(
        &self,
        currency: Currency,
        business_date: NaiveDate,
    ) -> Result<PaymentDraft, FieldErrors> {
        let mut errors = FieldErrors::default();
        let amount = errors.check(positive("amount", &self.amount, currency));
        let received_on = match self.received_on.as_deref().filter(|text| !text.trim().is_empty()) {
            None => Some(business_date),
            Some(text) => errors.check(parse_date("received_on", text)),
        };
        if received_on.is_some_and(|date| date > business_date) {
            errors.add("received_on", "in_the_future", "Money can't have been received after today.");
        }
        let method =
            match self.method.as_deref().filter(|text| !text.is_empty()) {
                None => PaymentMethod::default(),
                Some(text) => errors
                    .check(text.parse().map_err(|message| {
                        crate::FieldError::new("method", "unknown_method", message as String)
                    }))
                    .unwrap_or_default(),
            };
        let reference =
            errors.check(field::optional_line("reference", self.reference.as_deref(), 200)).flatten();
        let status = match self.status.as_deref() {
            None | Some("" | "completed") => PaymentStatus::Completed,
            Some("pending") => PaymentStatus::Pending,
            Some(_) => {
                errors.add("status", "invalid_status", "A new payment is completed or pending.");
                PaymentStatus::Pending
            }
        };
        if status == PaymentStatus::Pending && self.allocations.as_ref().is_some_and(|list| !list.is_empty())
        {
            errors.add(
                "allocations",
                "not_received",
                "Only completed money can settle invoices; leave this out.",
            );
        }
        match (amount, received_on) {
            (Some(amount), Some(received_on)) if errors.0.is_empty() => Ok(PaymentDraft {
                amount,
                received_on,
                method,
                reference,
                status,
                allocations: self.allocations.clone(),
            }),
            _ => Err(errors),
        }
    }
}

/// An amount above zero.
pub fn positive(field: &str, input: &MoneyInput, currency: Currency) -> Result<Money, crate::FieldError> {
    let money = input.resolve(field, currency)?;
    if money.is_positive() {
        Ok(money)
    } else {
        Err(crate::FieldError {
            pointer: format!("/{field}/amount"),
            code: "not_positive".into(),
            message: "Enter an amount above zero.".into(),
        })
    }
}

/// The number every opening balance carries.
pub const OPENING_NUMBER: &str = "Opening balance";

impl Account {
    /// A new account, with an opening-balance invoice when something is owed already.
    pub fn open(
        id: CustomerId,
        reference: String,
        draft: CustomerDraft,
        opening_invoice: InvoiceId,
        import_id: Option<ImportId>,
        moment: Moment,
    ) -> Self {
        let zero = Money::zero(draft.currency);
        let customer = Customer {
            id,
            reference,
            name: draft.name,
            email: draft.email,
            phone: draft.phone,
            address: draft.address,
            notes: draft.notes,
            tags: draft.tags,
            currency: draft.currency,
            owner: draft.owner,
            credit_limit: draft.credit_limit,
            outstanding: zero,
            overdue: zero,
            unapplied: zero,
            next_due_date: None,
            status: CustomerStatus::Paid,
            open_invoices: 0,
            archived_at: None,
            import_id,
            version: 1,
            created_at: moment.at,
            updated_at: moment.at,
        };
        let mut account = Account { customer, invoices: BTreeMap::new(), payments: BTreeMap::new() };
        if let Some((amount, due)) = draft.opening {
            account.add_opening_balance(opening_invoice, amount, due, moment);
        }
        account
    }

    /// Adds the invoice that stands for what was owed before Duebook.
    pub fn add_opening_balance(&mut self, id: InvoiceId, amount: Money, due_date: NaiveDate, moment: Moment) {
        let taken = self.invoices.values().filter(|i| i.kind == InvoiceKind::OpeningBalance).count();
        let number =
            if taken == 0 { OPENING_NUMBER.to_owned() } else { format!("{OPENING_NUMBER} {}", taken + 1) };
        let invoice = Invoice {
            id: id.clone(),
            customer_id: self.customer.id.clone(),
            number,
            kind: InvoiceKind::OpeningBalance,
            issue_date: moment.business_date.min(due_date),
            due_date,
            total: amount,
            balance: amount,
            status: InvoiceStatus::Open,
            terms: None,
            memo: None,
            entries: Vec::new(),
            reopened_on: None,
            announced_overdue: None,
            import_id: self.customer.import_id.clone(),
            version: 1,
            created_at: moment.at,
            updated_at: moment.at,
        };
        self.invoices.insert(id, invoice);
        self.summarise(moment.business_date);
    }

    /// Records money received, or announced, and settles invoices with it.
    pub fn record_payment(
        &mut self,
        id: PaymentId,
        draft: PaymentDraft,
        source: PaymentSource,
        moment: Moment,
    ) -> Result<(), Rule> {
        if self.customer.archived_at.is_some() {
            return Err(Rule::Archived);
        }
        let currency = self.customer.currency;
        if draft.amount.currency() != currency {
            let mut errors = FieldErrors::default();
            let given = draft.amount.currency();
            errors.add(
                "amount/currency",
                "currency_mismatch",
                format!("This account is kept in {currency}; {given} can't be mixed in."),
            );
            return Err(Rule::Fields(errors));
        }
        let allocations = match &draft.allocations {
            Some(wanted) => self.check_allocations(draft.amount, wanted, &[])?,
            None if draft.status == PaymentStatus::Completed => {
                oldest_due_first(draft.amount, self.invoices.values()).0
            }
            None => Vec::new(),
        };
        let zero = Money::zero(draft.amount.currency());
        let mut payment = Payment {
            id: id.clone(),
            customer_id: self.customer.id.clone(),
            amount: draft.amount,
            refunded: zero,
            status: draft.status,
            method: draft.method,
            source,
            reference: draft.reference,
            received_on: draft.received_on,
            unapplied: zero,
            allocations: Vec::new(),
            entries: Vec::new(),
            reversal: None,
            failure: None,
            awaited: None,
            import_id: None,
            version: 1,
            created_at: moment.at,
            updated_at: moment.at,
        };
        if source == PaymentSource::Import {
            payment.import_id = self.customer.import_id.clone();
        }
        if payment.status.holds_money() {
            payment.note(PaymentEntryKind::Received, payment.received_on, None, payment.amount, None);
        }
        let received_on = payment.received_on;
        self.payments.insert(id.clone(), payment);
        self.allocate(&id, &allocations, received_on, None)?;
        self.settle_payment(&id, 0)?;
        self.summarise(moment.business_date);
        Ok(())
    }

    /// Hands a payment to the gateway: it is processing until the gateway answers.
    pub fn start_at_gateway(
        &mut self,
        id: PaymentId,
        amount: Money,
        awaited: Awaited,
        moment: Moment,
    ) -> Result<(), Rule> {
        let draft = PaymentDraft {
            amount,
            received_on: moment.business_date,
            method: PaymentMethod::Card,
            reference: None,
            status: PaymentStatus::Pending,
            allocations: None,
        };
        self.record_payment(id.clone(), draft, PaymentSource::Gateway, moment)?;
        let payment = self.payments.get_mut(&id).ok_or(Rule::NoPayment)?;
        payment.status = payment.status.go(PaymentStatus::Processing)?;
        payment.awaited = Some(awaited);
        Ok(())
    }

    /// Moves a payment to `to` and does what that means for the invoices: completing allocates (oldest due first),
    /// leaving completed takes its allocations back and reopens what they had paid. Paying money back and taking it away
    /// have commands of their own: [`Account::refund`], [`Account::reverse`].
    pub fn move_payment(
        &mut self,
        id: &PaymentId,
        to: PaymentStatus,
        reason: Option<String>,
        moment: Moment,
    ) -> Result<(), Rule> {
        let payment = self.payments.get(id).ok_or(Rule::NoPayment)?;
        let from = payment.status;
        if matches!(to, PaymentStatus::PartiallyRefunded | PaymentStatus::Refunded | PaymentStatus::Reversed)
        {
            return Err(InvalidTransition { from, to }.into());
        }
        let next = from.go(to)?;
        let before = payment.unapplied.minor();
        let kept = Money::from_minor(payment.kept_minor(), payment.amount.currency());
        if from.holds_money() && !next.holds_money() {
            let parts = payment.allocations.clone();
            self.unallocate(id, &parts, moment.business_date, reason.as_deref())?;
            let payment = self.payments.get_mut(id).ok_or(Rule::NoPayment)?;
            payment.note(PaymentEntryKind::Reopened, moment.business_date, None, kept, reason.as_deref());
        }
        let payment = self.payments.get_mut(id).ok_or(Rule::NoPayment)?;
        payment.status = next;
        payment.failure = if next == PaymentStatus::Completed { None } else { reason };
        if next != PaymentStatus::Unknown && next != PaymentStatus::Processing {
            payment.awaited = None;
        }
        if next.holds_money() && !from.holds_money() {
            if payment.source == PaymentSource::Gateway {
                // A gateway's money comes when the gateway says so.
                payment.received_on = moment.business_date;
            }
            let on = payment.received_on.max(payment.last_day());
            payment.note(PaymentEntryKind::Received, on, None, kept, None);
            let parts = oldest_due_first(kept, self.invoices.values()).0;
            self.allocate(id, &parts, on, None)?;
        }
        self.settle_payment(id, before)?;
        self.summarise(moment.business_date);
        Ok(())
    }

    /// Puts the customer away. Refused while something is owed or money is unapplied, so that no debt disappears.
    pub fn archive(&mut self, at: DateTime<Utc>) -> Result<(), Rule> {
        if self.customer.archived_at.is_some() {
            return Err(Rule::Archived);
        }
        if !self.customer.outstanding.is_zero() {
            return Err(Rule::NotSettled("an outstanding amount"));
        }
        if !self.customer.unapplied.is_zero() {
            return Err(Rule::NotSettled("unapplied money"));
        }
        self.customer.archived_at = Some(at);
        Ok(())
    }

    /// Recomputes everything derived from the invoices for `business_date`.
    pub fn summarise(&mut self, business_date: NaiveDate) {
        let currency = self.customer.currency;
        let (mut outstanding, mut overdue, mut count, mut next_due) = (0, 0, 0, None::<NaiveDate>);
        for invoice in self.invoices.values().filter(|invoice| invoice.is_open()) {
            outstanding += invoice.balance.minor();
            if invoice.is_overdue(business_date) {
                overdue += invoice.balance.minor();
            }
            count += 1;
            next_due = Some(next_due.map_or(invoice.due_date, |due| due.min(invoice.due_date)));
        }
        let customer = &mut self.customer;
        customer.outstanding = Money::from_minor(outstanding, currency);
        customer.overdue = Money::from_minor(overdue, currency);
        customer.next_due_date = next_due;
        customer.open_invoices = count;
        customer.status = match (outstanding, overdue) {
            (0, _) => CustomerStatus::Paid,
            (_, 0) => CustomerStatus::Pending,
            _ => CustomerStatus::Overdue,
        };
    }

    /// Marks every invoice that is overdue on `business_date` and not yet announced for its due date, and answers them.
    pub fn announce_overdue(&mut self, business_date: NaiveDate) -> Vec<InvoiceId> {
        let mut announced = Vec::new();
        for invoice in self.invoices.values_mut() {
            if invoice.is_overdue(business_date) && invoice.announced_overdue != Some(invoice.due_date) {
                invoice.announced_overdue = Some(invoice.due_date);
                announced.push(invoice.id.clone());
            }
        }
        self.summarise(business_date);
        announced
    }

    /// Announces one invoice, if it is overdue on `business_date` and was not announced for its due date.
    pub fn announce_overdue_invoice(&mut self, id: &InvoiceId, business_date: NaiveDate) -> bool {
        let Some(invoice) = self.invoices.get_mut(id) else { return false };
        if !invoice.is_overdue(business_date) || invoice.announced_overdue == Some(invoice.due_date) {
            return false;
        }
        invoice.announced_overdue = Some(invoice.due_date);
        self.summarise(business_date);
        true
    }

    /// What `wanted` means as allocations of `amount`, or everything that is wrong with it. `held` is what the payment
    /// settles already and would give back first.
    pub(crate) fn check_allocations(
        &self,
        amount: Money,
        wanted: &[NewAllocation],
        held: &[Allocation],
    ) -> Result<Vec<Allocation>, FieldErrors> {
        let mut errors = FieldErrors::default();
        let mut seen = BTreeSet::new();
        let mut allocations = Vec::new();
        let mut sum = 0_i64;
        for (index, allocation) in wanted.iter().enumerate() {
            let field = format!("allocations/{index}");
            let invoice_id = InvoiceId::from(allocation.invoice_id.as_str());
            let Some(part) =
                errors.check(positive(&format!("{field}/amount"), &allocation.amount, amount.currency()))
            else {
                continue;
            };
            let back: i64 = held
                .iter()
                .filter(|held| held.invoice_id == invoice_id)
                .map(|held| held.amount.minor())
                .sum();
            let takes = |invoice: &&Invoice| invoice.is_open() || back > 0;
            let Some(invoice) = self.invoices.get(&invoice_id).filter(takes) else {
                errors.add(
                    &format!("{field}/invoice_id"),
                    "not_open",
                    "This customer has no such open invoice.",
                );
                continue;
            };
            if !seen.insert(invoice_id.clone()) {
                errors.add(&format!("{field}/invoice_id"), "repeated", "Name each invoice once.");
            }
            let owed = Money::from_minor(invoice.balance.minor() + back, invoice.balance.currency());
            if part.minor() > owed.minor() {
                errors.add(&format!("{field}/amount"), "above_balance", format!("Only {owed} is owed."));
            }
            sum = sum.saturating_add(part.minor());
            allocations.push(Allocation { invoice_id, amount: part });
        }
        if sum > amount.minor() {
            errors.add("allocations", "above_amount", format!("The parts exceed the payment of {amount}."));
        }
        errors.into_result()?;
        Ok(allocations)
    }

    /// Settles invoices with parts of a payment, from `on` at the earliest: never before the money came or the invoice
    /// was issued.
    pub(crate) fn allocate(
        &mut self,
        id: &PaymentId,
        parts: &[Allocation],
        on: NaiveDate,
        reason: Option<&str>,
    ) -> Result<(), Rule> {
        let payment = self.payments.get_mut(id).ok_or(Rule::NoPayment)?;
        for part in parts {
            let invoice = self.invoices.get_mut(&part.invoice_id).ok_or(Rule::NoInvoice)?;
            invoice.balance =
                Money::from_minor(invoice.balance.minor() - part.amount.minor(), invoice.balance.currency());
            invoice.settle_status();
            let on = on.max(payment.received_on).max(invoice.owed_since());
            payment.note(PaymentEntryKind::Allocated, on, Some(part.invoice_id.clone()), part.amount, reason);
            match payment.allocations.iter_mut().find(|held| held.invoice_id == part.invoice_id) {
                Some(held) => {
                    held.amount =
                        Money::from_minor(held.amount.minor() + part.amount.minor(), held.amount.currency());
                }
                None => payment.allocations.push(part.clone()),
            }
        }
        Ok(())
    }

    /// Takes parts of a payment back from invoices, which owe them again from `on`: never before they were settled.
    pub(crate) fn unallocate(
        &mut self,
        id: &PaymentId,
        parts: &[Allocation],
        on: NaiveDate,
        reason: Option<&str>,
    ) -> Result<(), Rule> {
        let payment = self.payments.get_mut(id).ok_or(Rule::NoPayment)?;
        for part in parts {
            let invoice = self.invoices.get_mut(&part.invoice_id).ok_or(Rule::NoInvoice)?;
            invoice.balance =
                Money::from_minor(invoice.balance.minor() + part.amount.minor(), invoice.balance.currency());
            invoice.settle_status();
            // Each part that was applied on a day of its own goes back on no earlier one.
            for (applied, minor) in payment.latest_parts(&part.invoice_id, part.amount.minor()) {
                let (on, amount) = (on.max(applied), Money::from_minor(minor, part.amount.currency()));
                invoice.reopen(on);
                payment.note(
                    PaymentEntryKind::Unallocated,
                    on,
                    Some(part.invoice_id.clone()),
                    amount,
                    reason,
                );
            }
            for held in payment.allocations.iter_mut().filter(|held| held.invoice_id == part.invoice_id) {
                held.amount =
                    Money::from_minor(held.amount.minor() - part.amount.minor(), held.amount.currency());
            }
        }
        payment.allocations.retain(|held| held.amount.is_positive());
        Ok(())
    }

    /// Puts a payment's unapplied money right, and the customer's with it. `before` is what was unapplied, in minor units.
    pub(crate) fn settle_payment(&mut self, id: &PaymentId, before: i64) -> Result<(), Rule> {
        let payment = self.payments.get_mut(id).ok_or(Rule::NoPayment)?;
        payment.settle_unapplied();
        let unapplied = self.customer.unapplied;
        let change = payment.unapplied.minor() - before;
        self.customer.unapplied = Money::from_minor(unapplied.minor() + change, unapplied.currency());
        Ok(())
    }
}
