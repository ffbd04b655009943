//! Money that goes back: refunds and reversals. What they had settled is owed again.

use super::{Account, Correction, Moment, Rule, positive};
use crate::customer::MoneyInput;
use crate::payment::{Allocation, PaymentEntryKind, ReversalKind};
use crate::{FieldErrors, Money, PaymentId, PaymentStatus};

impl Account {
    /// Pays money back, in whole or in part. Unapplied money goes first; what more is needed is taken from the invoices
    /// that are due last.
    pub fn refund(
        &mut self,
        id: &PaymentId,
        amount: Option<&MoneyInput>,
        why: &Correction,
        moment: Moment,
    ) -> Result<(), Rule> {
        let payment = self.payments.get(id).ok_or(Rule::NoPayment)?;
        let currency = payment.amount.currency();
        let kept = Money::from_minor(payment.kept_minor(), currency);
        // Asked for first: a pending payment has no amount that could be too large.
        payment.status.go(PaymentStatus::Refunded)?;
        let amount = match amount {
            None => kept,
            Some(amount) => positive("amount", amount, currency).map_err(FieldErrors::from)?,
        };
        if amount.minor() > kept.minor() {
            let mut errors = FieldErrors::default();
            errors.add("amount", "above_kept", format!("Only {kept} of this payment is left to pay back."));
            return Err(Rule::Fields(errors));
        }
        let next = if amount == kept { PaymentStatus::Refunded } else { PaymentStatus::PartiallyRefunded };
        let next = payment.status.go(next)?;
        let before = payment.unapplied.minor();
        let on = why.on.max(payment.free_since());
        let mut short = amount.minor() - before;
        let mut held = payment.allocations.clone();
        // The newest debt is opened again first: the mirror of how it was settled.
        held.sort_by_key(|part| {
            std::cmp::Reverse(
                self.invoices.get(&part.invoice_id).map(|invoice| (invoice.due_date, invoice.issue_date)),
            )
        });
        let mut parts = Vec::new();
        for part in held {
            if short <= 0 {
                break;
            }
            let minor = short.min(part.amount.minor());
            short -= minor;
            parts.push(Allocation { amount: Money::from_minor(minor, currency), ..part });
        }
        self.unallocate(id, &parts, on, Some(&why.reason))?;
        let payment = self.payments.get_mut(id).ok_or(Rule::NoPayment)?;
        payment.note(PaymentEntryKind::Refunded, on, None, amount, Some(&why.reason));
        payment.refunded = Money::from_minor(payment.refunded.minor() + amount.minor(), currency);
        payment.status = next;
        self.settle_payment(id, before)?;
        self.summarise(moment.business_date);
        Ok(())
    }

    /// Takes a payment away: it bounced, was charged back, or was entered by mistake. Everything it settled is owed again.
    pub fn reverse(
        &mut self,
        id: &PaymentId,
        kind: ReversalKind,
        why: &Correction,
        moment: Moment,
    ) -> Result<(), Rule> {
        let payment = self.payments.get(id).ok_or(Rule::NoPayment)?;
        let next = payment.status.go(PaymentStatus::Reversed)?;
        let before = payment.unapplied.minor();
        let kept = Money::from_minor(payment.kept_minor(), payment.amount.currency());
        let on = why.on.max(payment.free_since());
        let parts = payment.allocations.clone();
        self.unallocate(id, &parts, on, Some(&why.reason))?;
        let payment = self.payments.get_mut(id).ok_or(Rule::NoPayment)?;
        payment.note(PaymentEntryKind::Reversed, on, None, kept, Some(&why.reason));
        payment.status = next;
        payment.reversal = Some(kind);
        payment.failure = Some(why.reason.clone());
        self.settle_payment(id, before)?;
        self.summarise(moment.business_date);
        Ok(())
    }
}
