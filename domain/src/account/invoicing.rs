//! What is asked for: invoices and what lessens them besides payments.

use std::collections::BTreeMap;

use chrono::NaiveDate;

use super::{Account, Moment, NewAllocation, Rule};
use crate::allocation::oldest_due_first;
use crate::customer::{MoneyInput, parse_date};
use crate::field;
use crate::invoice::{InvoiceAction, InvoiceDraft, InvoiceEntry, InvoiceEntryKind, InvoicePatch};
use crate::payment::{Allocation, PaymentEntryKind};
use crate::{FieldErrors, Invoice, InvoiceId, InvoiceKind, InvoiceStatus, Money, PaymentId};

/// Why something was corrected, and from when it counts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Correction {
    /// Why, in the words of whoever did it.
    pub reason: String,
    /// The day from which it counts.
    pub on: NaiveDate,
}

/// The longest reason.
const REASON_MAX: usize = 500;

impl Correction {
    /// Reads a correction: a reason, and a day that is not before `earliest` nor after today; today when absent.
    pub fn parse(
        reason: Option<&str>,
        on: Option<&str>,
        earliest: NaiveDate,
        business_date: NaiveDate,
    ) -> Result<Self, FieldErrors> {
        let mut errors = FieldErrors::default();
        let reason = errors.check(field::required_line(
            "reason",
            "the reason",
            reason.unwrap_or_default(),
            REASON_MAX,
        ));
        let on = match on.filter(|text| !text.trim().is_empty()) {
            None => Some(business_date.max(earliest)),
            Some(text) => errors.check(parse_date("effective_on", text)),
        };
        if on.is_some_and(|on| on > business_date.max(earliest)) {
            errors.add("effective_on", "in_the_future", "It can't count from a day after today.");
        }
        if on.is_some_and(|on| on < earliest) {
            let earliest = crate::date::show(earliest);
            errors.add(
                "effective_on",
                "too_early",
                format!("It can't count before {earliest}, when it came into the books."),
            );
        }
        match (reason, on) {
            (Some(reason), Some(on)) if errors.is_empty() => Ok(Self { reason, on }),
            _ => Err(errors),
        }
    }
}

impl Account {
    /// Adds an invoice. `draft.number` must be filled in; that it is free was seen to by the caller.
    pub fn add_invoice(&mut self, id: InvoiceId, draft: InvoiceDraft, moment: Moment) -> Result<(), Rule> {
        if self.customer.archived_at.is_some() {
            return Err(Rule::Archived);
        }
        let invoice = Invoice {
            id: id.clone(),
            customer_id: self.customer.id.clone(),
            number: draft.number.unwrap_or_default(),
            kind: InvoiceKind::Invoice,
            issue_date: draft.issue_date,
            due_date: draft.due_date,
            total: draft.total,
            balance: draft.total,
            status: if draft.issued { InvoiceStatus::Open } else { InvoiceStatus::Draft },
            terms: draft.terms,
            memo: draft.memo,
            entries: Vec::new(),
            reopened_on: None,
            announced_overdue: None,
            import_id: None,
            version: 1,
            created_at: moment.at,
            updated_at: moment.at,
        };
        self.invoices.insert(id, invoice);
        self.summarise(moment.business_date);
        Ok(())
    }

    /// Changes a draft.
    pub fn edit_invoice(&mut self, id: &InvoiceId, patch: &InvoicePatch, moment: Moment) -> Result<(), Rule> {
        let invoice = self.invoice_for(id, InvoiceAction::Edit)?;
        let mut edited = invoice.clone();
        edited.edit(patch, moment.business_date)?;
        *invoice = edited;
        Ok(())
    }

    /// Asks for a draft's money.
    pub fn issue_invoice(&mut self, id: &InvoiceId, moment: Moment) -> Result<(), Rule> {
        if self.customer.archived_at.is_some() {
            return Err(Rule::Archived);
        }
        let invoice = self.invoice_for(id, InvoiceAction::Issue)?;
        if invoice.issue_date > moment.business_date {
            let mut errors = FieldErrors::default();
            errors.add("issue_date", "in_the_future", "Its issue date is still to come; change it or wait.");
            return Err(Rule::Fields(errors));
        }
        invoice.status = InvoiceStatus::Open;
        self.summarise(moment.business_date);
        Ok(())
    }

    /// Takes an invoice back that nothing was paid or credited on.
    pub fn void_invoice(&mut self, id: &InvoiceId, why: &Correction, moment: Moment) -> Result<(), Rule> {
        let invoice = self.invoice_for(id, InvoiceAction::Void)?;
        if !invoice.is_untouched() {
            return Err(Rule::InvoiceInUse);
        }
        if invoice.status == InvoiceStatus::Open {
            invoice.entries.push(entry(InvoiceEntryKind::Voided, invoice.total, invoice.owed_since(), why));
        }
        invoice.balance = Money::zero(invoice.total.currency());
        invoice.status = InvoiceStatus::Void;
        self.summarise(moment.business_date);
        Ok(())
    }

    /// Asks for less: a credit note of at most the balance.
    pub fn credit_invoice(
        &mut self,
        id: &InvoiceId,
        amount: &MoneyInput,
        why: &Correction,
        moment: Moment,
    ) -> Result<(), Rule> {
        let invoice = self.invoice_for(id, InvoiceAction::Credit)?;
        let amount = invoice.credit_amount(amount)?;
        invoice.lessen(entry(InvoiceEntryKind::Credited, amount, invoice.owed_since(), why));
        self.summarise(moment.business_date);
        Ok(())
    }

    /// Gives up what is still owed.
    pub fn write_off_invoice(
        &mut self,
        id: &InvoiceId,
        why: &Correction,
        moment: Moment,
    ) -> Result<(), Rule> {
        let invoice = self.invoice_for(id, InvoiceAction::WriteOff)?;
        let rest = invoice.balance;
        invoice.lessen(entry(InvoiceEntryKind::WrittenOff, rest, invoice.owed_since(), why));
        self.summarise(moment.business_date);
        Ok(())
    }

    /// Takes a write-off back, in whole or in part, because the money may come after all: that much is owed again.
    pub fn recover_invoice(
        &mut self,
        id: &InvoiceId,
        amount: Option<&MoneyInput>,
        why: &Correction,
        moment: Moment,
    ) -> Result<(), Rule> {
        let invoice = self.invoice_for(id, InvoiceAction::Recover)?;
        let amount = invoice.recovery_amount(amount)?;
        // Never before the write-off itself, or the books of the days between would say that too much was owed.
        let written_off = invoice.entries.iter().map(|entry| entry.on).max();
        let recovered = entry(InvoiceEntryKind::Recovered, amount, written_off.unwrap_or(why.on), why);
        invoice.reopen(recovered.on);
        invoice.lessen(recovered);
        self.summarise(moment.business_date);
        Ok(())
    }

    /// Settles open invoices with the unapplied money of the payments at hand, oldest money and oldest due date first.
    /// Answers how much was applied, in minor units.
    pub fn apply_unapplied(&mut self, moment: Moment) -> Result<i64, Rule> {
        let mut payments: Vec<_> = self
            .payments
            .values()
            .filter(|payment| payment.status.holds_money() && payment.unapplied.is_positive())
            .map(|payment| (payment.received_on, payment.id.clone()))
            .collect();
        payments.sort();
        let mut applied = 0;
        for (_, id) in payments {
            let payment = self.payments.get(&id).ok_or(Rule::NoPayment)?;
            let before = payment.unapplied;
            let (parts, _) = oldest_due_first(before, self.invoices.values());
            applied += parts.iter().map(|part| part.amount.minor()).sum::<i64>();
            self.allocate(&id, &parts, moment.business_date, None)?;
            self.settle_payment(&id, before.minor())?;
        }
        self.summarise(moment.business_date);
        Ok(applied)
    }

    /// Makes a payment settle exactly `wanted` (oldest due first when absent) from `on` on; what it settled otherwise is
    /// owed again.
    pub fn reallocate(
        &mut self,
        id: &PaymentId,
        wanted: Option<&[NewAllocation]>,
        why: &Correction,
        moment: Moment,
    ) -> Result<(), Rule> {
        let payment = self.payments.get(id).ok_or(Rule::NoPayment)?;
        if !payment.status.holds_money() {
            return Err(Rule::NotHeld(payment.status));
        }
        let before = payment.unapplied.minor();
        let kept = Money::from_minor(payment.kept_minor(), payment.amount.currency());
        let held = payment.allocations.clone();
        let parts = match wanted {
            Some(wanted) => self.check_allocations(kept, wanted, &held)?,
            None => oldest_due_first(kept, self.with_given_back(&held).values()).0,
        };
        let minor = |list: &[Allocation], invoice: &InvoiceId| -> i64 {
            list.iter().filter(|part| part.invoice_id == *invoice).map(|part| part.amount.minor()).sum()
        };
        let difference = |more: &[Allocation], less: &[Allocation]| {
            more.iter()
                .map(|part| (part, part.amount.minor() - minor(less, &part.invoice_id)))
                .filter(|(_, change)| *change > 0)
                .map(|(part, change)| Allocation {
                    invoice_id: part.invoice_id.clone(),
                    amount: Money::from_minor(change, part.amount.currency()),
                })
                .collect::<Vec<_>>()
        };
        let (less, more) = (difference(&held, &parts), difference(&parts, &held));
        self.unallocate(id, &less, why.on, Some(&why.reason))?;
        // What was taken off on a later day than asked for can't settle something else before.
        let freed = self.payments.get(id).and_then(|payment| {
            let freed = payment.entries.iter().filter(|entry| entry.kind == PaymentEntryKind::Unallocated);
            freed.map(|entry| entry.on).max()
        });
        self.allocate(id, &more, freed.map_or(why.on, |freed| freed.max(why.on)), Some(&why.reason))?;
        self.settle_payment(id, before)?;
        self.summarise(moment.business_date);
        Ok(())
    }

    /// The invoices as they would be without these allocations.
    fn with_given_back(&self, held: &[Allocation]) -> BTreeMap<InvoiceId, Invoice> {
        let mut invoices = self.invoices.clone();
        for part in held {
            if let Some(invoice) = invoices.get_mut(&part.invoice_id) {
                invoice.balance = Money::from_minor(
                    invoice.balance.minor() + part.amount.minor(),
                    invoice.balance.currency(),
                );
                invoice.settle_status();
            }
        }
        invoices
    }

    fn invoice_for(&mut self, id: &InvoiceId, action: InvoiceAction) -> Result<&mut Invoice, Rule> {
        let invoice = self.invoices.get_mut(id).ok_or(Rule::NoInvoice)?;
        invoice.status.allows(action)?;
        Ok(invoice)
    }
}

/// A fact that counts from `earliest` at the earliest.
fn entry(kind: InvoiceEntryKind, amount: Money, earliest: NaiveDate, why: &Correction) -> InvoiceEntry {
    InvoiceEntry { kind, on: why.on.max(earliest), amount, reason: why.reason.clone() }
}
