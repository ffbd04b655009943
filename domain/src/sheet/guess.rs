//! What a file's headers and values speak for.

use std::collections::BTreeMap;

use super::amount;
use super::field::Field;
use super::header::{column_name, fields_of, plain_amount};
use super::kind::Kind;
use super::mapping::{MappedColumn, Reason};
use super::profile::{ColumnProfile, Reach};
use crate::field::clean_line;

/// What each column is named by: its header, or its letters where that is empty or stands more than once.
pub(super) fn keys(headers: &[String]) -> Vec<String> {
    let lines: Vec<Option<String>> = headers.iter().map(|header| clean_line(header)).collect();
    let mut times: BTreeMap<String, usize> = BTreeMap::new();
    for line in lines.iter().flatten() {
        *times.entry(line.to_lowercase()).or_default() += 1;
    }
    lines
        .into_iter()
        .enumerate()
        .map(|(index, line)| match line {
            Some(line) if times.get(&line.to_lowercase()) == Some(&1) => line,
            _ => column_name(index),
        })
        .collect()
}

/// What the headers speak for. An invoice's number makes rows invoices; a settled date or a way to reach the customer
/// beside it, customers with their invoices; a day of payment without a due date, payments.
pub(super) fn guess_kind(headers: &[String]) -> Kind {
    let combined = fields_of(Kind::Combined, headers);
    let payment = fields_of(Kind::Payments, headers);
    let any = |found: &[Field], fields: &[Field]| fields.iter().any(|field| found.contains(field));
    let dated = any(&combined, &[Field::IssueDate, Field::DueDate, Field::Terms]);
    let paid = any(&payment, &[Field::ReceivedOn, Field::Method, Field::PaymentReference]);
    let numbered = combined.contains(&Field::InvoiceNumber);
    if !dated && paid && payment.contains(&Field::Amount) {
        return Kind::Payments;
    }
    if !numbered || !dated {
        return Kind::Customers;
    }
    let of_customers =
        [Field::SettledOn, Field::Contact, Field::Email, Field::Phone, Field::Address, Field::Tags];
    if any(&combined, &of_customers) { Kind::Combined } else { Kind::Invoices }
}

/// Where no header names what is owed or paid, the one column left that calls itself an amount, says nothing else (a
/// “Total tax” is no debt) and holds amounts.
pub(super) fn guess_amount(kind: Kind, columns: &mut [MappedColumn], profiles: &[ColumnProfile]) {
    let wanted = kind.fields().iter().copied().find(|field| field.is_amount());
    let Some(field) = wanted.filter(|field| columns.iter().all(|column| column.field != Some(*field))) else {
        return;
    };
    let mut found = columns.iter_mut().filter(|column| column.field.is_none()).filter_map(|column| {
        let unit = plain_amount(&column.header)?;
        let samples = profiles.get(column.index)?.samples();
        let amounts = !samples.is_empty() && samples.iter().all(|sample| amount::looks_like_one(sample));
        amounts.then_some((column, unit))
    });
    if let (Some((column, unit)), None) = (found.next(), found.next()) {
        (column.field, column.unit, column.reason) = (Some(field), unit, Some(Reason::Amounts));
    }
}

/// E-mail addresses and telephone numbers are told by their values: under a header we don't know they are found, and
/// under “Contact” names of persons are not taken for them.
pub(super) fn guess_contacts(kind: Kind, columns: &mut [MappedColumn], profiles: &[ColumnProfile]) {
    for at in 0..columns.len() {
        let Some(reach) = profiles.get(at).and_then(ColumnProfile::reaches) else { continue };
        let is_free = |field: Field| {
            kind.fields().contains(&field) && columns.iter().all(|column| column.field != Some(field))
        };
        let (field, reason) = match (columns[at].field, reach) {
            (Some(Field::Contact), Reach::Nobody) => (None, Reason::NoContacts),
            (None, Reach::Emails) if is_free(Field::Email) => (Some(Field::Email), Reason::Emails),
            (None, Reach::Phones) if is_free(Field::Phone) => (Some(Field::Phone), Reason::Phones),
            (None, Reach::Both) if is_free(Field::Contact) => (Some(Field::Contact), Reason::EmailsAndPhones),
            _ => continue,
        };
        (columns[at].field, columns[at].reason) = (field, Some(reason));
    }
}
