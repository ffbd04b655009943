//! Which invoices a payment settles.

use crate::payment::Allocation;
use crate::{Invoice, Money};

/// Applies `available` to the open invoices, oldest due date first (then issue date, then number), and answers the
/// allocations with what is left over. Used by the ledger and, as one types, by the payment form.
pub fn oldest_due_first<'a>(
    available: Money,
    invoices: impl IntoIterator<Item = &'a Invoice>,
) -> (Vec<Allocation>, Money) {
    let mut open: Vec<&Invoice> = invoices
        .into_iter()
        .filter(|invoice| invoice.is_open() && invoice.total.currency() == available.currency())
        .collect();
    open.sort_by(|a, b| {
        (a.due_date, a.issue_date, &a.number, &a.id).cmp(&(b.due_date, b.issue_date, &b.number, &b.id))
    });
    let mut left = available.minor().max(0);
    let mut allocations = Vec::new();
    for invoice in open {
        if left == 0 {
            break;
        }
        let part = left.min(invoice.balance.minor());
        left -= part;
        allocations.push(Allocation {
            invoice_id: invoice.id.clone(),
            amount: Money::from_minor(part, available.currency()),
        });
    }
    (allocations, Money::from_minor(left, available.currency()))
}
