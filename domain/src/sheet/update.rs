//! What a row would do to what is known already, field by field.

use super::customer_row::SheetRow;
use super::entry::{CombinedRow, CustomerKey, Entry, InvoiceRow, PaymentRow};
use super::field::Field;
use crate::import::FieldChange;
use crate::{Currency, Customer, Invoice, Payment, customer};

impl SheetRow {
    /// The customer as this row makes it, with what changes. Without changes the row is skipped.
    ///
    /// A blank cell changes nothing, and tags are replaced. The reference, the currency and what is owed are never
    /// changed by a row; see [`SheetRow::disagreement`].
    pub fn update(&self, known: &Customer) -> (Customer, Vec<FieldChange>) {
        let tags = if self.tags.is_empty() { known.tags.clone() } else { self.tags.clone() };
        self.with_tags(known, tags)
    }

    fn with_tags(&self, known: &Customer, tags: Vec<String>) -> (Customer, Vec<FieldChange>) {
        let mut next = known.clone();
        next.name.clone_from(&self.name);
        for (field, given) in [
            (&mut next.email, &self.email),
            (&mut next.phone, &self.phone),
            (&mut next.address, &self.address),
            (&mut next.notes, &self.notes),
        ] {
            if given.is_some() {
                field.clone_from(given);
            }
        }
        next.tags = tags;
        let changes = changed([
            (Field::Name, Some(known.name.clone()), Some(next.name.clone())),
            (Field::Email, known.email.clone(), next.email.clone()),
            (Field::Phone, known.phone.clone(), next.phone.clone()),
            (Field::Address, known.address.clone(), next.address.clone()),
            (Field::Notes, known.notes.clone(), next.notes.clone()),
            (Field::Tags, list(&known.tags), list(&next.tags)),
        ]);
        (next, changes)
    }

    /// What this row says otherwise than the books and can't change there, as a warning: the field, a code, a message.
    pub fn disagreement(&self, known: &Customer) -> Option<(Field, &'static str, String)> {
        if let Some(currency) = self.currency.filter(|currency| *currency != known.currency) {
            let message = format!(
                "{} is kept in {}; a sheet can't change that to {currency}, and the amount is left alone.",
                known.reference, known.currency
            );
            return Some((Field::Currency, "currency_kept", message));
        }
        let owed = self.owed.as_ref()?;
        let agrees =
            if owed.settled { known.outstanding.is_zero() } else { known.outstanding == owed.amount };
        (!agrees).then(|| {
            let message = format!(
                "{} is known and owes {}; a sheet of customers doesn't change what is owed. Record a payment or an \
                 invoice instead.",
                known.reference, known.outstanding
            );
            (Field::Outstanding, "balance_kept", message)
        })
    }

    fn said(&self) -> Vec<FieldChange> {
        let owed = self.owed.as_ref();
        said([
            (Field::Reference, self.reference.clone()),
            (Field::Name, Some(self.name.clone())),
            (Field::Email, self.email.clone()),
            (Field::Phone, self.phone.clone()),
            (Field::Address, self.address.clone()),
            (Field::Notes, self.notes.clone()),
            (Field::Tags, list(&self.tags)),
            (Field::Currency, self.currency.as_ref().map(Currency::to_string)),
            (Field::Outstanding, owed.map(|owed| owed.amount.to_string())),
            (Field::DueDate, owed.map(|owed| owed.due_date.to_string())),
            (Field::Status, owed.filter(|owed| owed.settled).map(|_| "Paid".to_owned())),
        ])
    }
}

impl CombinedRow {
    /// The customer as this row makes it, with what changes. Since each of a customer's rows has its own invoice, tags
    /// are added, never taken away; and a name that only stands in for a missing one changes nothing.
    pub fn update(&self, known: &Customer) -> (Customer, Vec<FieldChange>) {
        let row = &self.customer;
        let both: Vec<String> = known.tags.iter().chain(&row.tags).cloned().collect();
        let tags = customer::tags(&both).unwrap_or_else(|_| known.tags.clone());
        if row.reference.as_ref() == Some(&row.name) {
            let named = SheetRow { name: known.name.clone(), ..row.clone() };
            return named.with_tags(known, tags);
        }
        row.with_tags(known, tags)
    }
}

impl InvoiceRow {
    /// What this row says otherwise than the invoice of this number. Without changes the row is skipped. A blank cell
    /// says nothing.
    pub fn changes(&self, known: &Invoice) -> Vec<FieldChange> {
        let kept = |given: Option<String>, old: &Option<String>| given.or_else(|| old.clone());
        let terms = known.terms.map(|terms| terms.label());
        let issued = Some(known.issue_date.to_string());
        changed([
            (Field::IssueDate, issued.clone(), kept(self.issue_date.map(|date| date.to_string()), &issued)),
            (Field::DueDate, Some(known.due_date.to_string()), Some(self.due_date.to_string())),
            (Field::Total, Some(known.total.to_string()), Some(self.total.to_string())),
            (Field::Terms, terms.clone(), kept(self.terms.map(|terms| terms.label()), &terms)),
            (Field::Memo, known.memo.clone(), kept(self.memo.clone(), &known.memo)),
        ])
    }

    fn said(&self) -> Vec<FieldChange> {
        said([
            (Field::InvoiceNumber, Some(self.number.clone())),
            (Field::IssueDate, self.issue_date.map(|date| date.to_string())),
            (Field::DueDate, Some(self.due_date.to_string())),
            (Field::Terms, self.terms.map(|terms| terms.label())),
            (Field::Total, Some(self.total.to_string())),
            (Field::SettledOn, self.settled_on.map(|date| date.to_string())),
            (Field::Memo, self.memo.clone()),
        ])
    }
}

impl PaymentRow {
    /// Whether a known payment of the same customer is this one: same day, same amount, same reference.
    pub fn is(&self, known: &Payment) -> bool {
        (self.received_on, self.amount, &self.reference)
            == (known.received_on, known.amount, &known.reference)
    }

    fn said(&self) -> Vec<FieldChange> {
        said([
            (Field::ReceivedOn, Some(self.received_on.to_string())),
            (Field::Amount, Some(self.amount.to_string())),
            (Field::Method, Some(self.method.label().to_owned())),
            (Field::PaymentReference, self.reference.clone()),
            (Field::InvoiceNumber, list(&self.invoices)),
            (Field::Status, Some(self.status.as_str().to_owned())),
        ])
    }
}

impl Entry {
    /// All that the row says, as the changes of something that wasn't there.
    pub fn created(&self) -> Vec<FieldChange> {
        match self {
            Entry::Customer(row) => row.said(),
            Entry::Invoice(row) => [of_customer(&row.customer), row.said()].concat(),
            Entry::Payment(row) => [of_customer(&row.customer), row.said()].concat(),
            Entry::Combined(row) => [row.customer.said(), row.invoice.said()].concat(),
        }
    }
}

fn of_customer(key: &CustomerKey) -> Vec<FieldChange> {
    said([(Field::Reference, key.reference.clone()), (Field::Name, key.name.clone())])
}

fn list(parts: &[String]) -> Option<String> {
    (!parts.is_empty()).then(|| parts.join(", "))
}

fn said<const N: usize>(fields: [(Field, Option<String>); N]) -> Vec<FieldChange> {
    changed(fields.map(|(field, new)| (field, None, new)))
}

fn changed<const N: usize>(fields: [(Field, Option<String>, Option<String>); N]) -> Vec<FieldChange> {
    fields
        .into_iter()
        .filter(|(_, old, new)| old != new)
        .map(|(field, old, new)| FieldChange { field: field.as_str().to_owned(), old, new })
        .collect()
}

#[cfg(test)]
#[path = "update_tests.rs"]
mod tests;
