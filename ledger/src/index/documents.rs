//! Invoices and payments: the pages of their lists, and those that something is to be done about.

use chrono::{DateTime, NaiveDate, Utc};
use domain::customer::SortBy;
use domain::{InvoiceStatus, Money, PaymentMethod, PaymentStatus};
use itertools::Itertools;
use memchr::memmem::Finder;
use serde::{Deserialize, Deserializer};

use super::customers::Customers;
use super::order::{Column, Found, Key, Row, day, page};
use super::table::{Place, Table};
use crate::payment::PaymentSort;
use crate::store::Keyset;
use crate::store::rows::number_key;
use crate::{InvoiceQuery, PaymentQuery};

/// An invoice as the index knows it.
pub(super) struct Invoice {
    id: Box<str>,
    /// Without case.
    number: Box<str>,
    customer: Place,
    due: i32,
    /// The due date for which its lateness was announced.
    announced: Option<i32>,
    status: InvoiceStatus,
    /// Whether anything is still to be paid.
    owes: bool,
}

/// What an event or a row tells of an invoice: all of a new one, and of another what changed.
#[derive(Clone, Debug, Default, Deserialize)]
pub(crate) struct InvoiceTold {
    pub customer_id: Option<String>,
    pub number: Option<String>,
    pub due_date: Option<NaiveDate>,
    #[serde(default, deserialize_with = "told")]
    pub announced_overdue: Option<Option<NaiveDate>>,
    pub status: Option<InvoiceStatus>,
    pub balance: Option<Money>,
}

/// A payment as the index knows it.
pub(super) struct Payment {
    id: Box<str>,
    /// Without case.
    reference: Option<Box<str>>,
    customer: Place,
    received: i32,
    /// Face value.
    amount: i64,
    /// Microseconds since 1970.
    created: i64,
    /// When the gateway's answer is due, in the same.
    awaited: Option<i64>,
    status: PaymentStatus,
    method: PaymentMethod,
}

/// What an event or a row tells of a payment: all of a new one, and of another what changed.
#[derive(Clone, Debug, Default, Deserialize)]
pub(crate) struct PaymentTold {
    pub customer_id: Option<String>,
    #[serde(default, deserialize_with = "told")]
    pub reference: Option<Option<String>>,
    pub received_on: Option<NaiveDate>,
    pub amount: Option<Money>,
    pub created_at: Option<DateTime<Utc>>,
    #[serde(default, deserialize_with = "told")]
    pub awaited: Option<Option<AwaitedTold>>,
    pub status: Option<PaymentStatus>,
    pub method: Option<PaymentMethod>,
}

#[derive(Clone, Debug, Deserialize)]
pub(crate) struct AwaitedTold {
    pub due_at: DateTime<Utc>,
}

/// A field that may be there and empty: that is another thing than not to be told of.
fn told<'de, T: Deserialize<'de>, D: Deserializer<'de>>(value: D) -> Result<Option<Option<T>>, D::Error> {
    Option::deserialize(value).map(Some)
}

impl InvoiceTold {
    /// Makes it so. What nobody told of before, and tells little of now, is left to whoever reads its row.
    pub(super) fn put(self, id: &str, customers: &Customers, invoices: &mut Table<Invoice>) {
        let place = invoices.place(id);
        match place.and_then(|place| invoices.at_mut(place)) {
            Some(known) => self.change(known),
            None => {
                if let Some(invoice) = self.whole(id, customers) {
                    invoices.put(invoice);
                }
            }
        }
    }

    fn change(self, invoice: &mut Invoice) {
        if let Some(number) = self.number {
            invoice.number = number_key(&number).into();
        }
        if let Some(date) = self.due_date {
            invoice.due = day(date);
        }
        if let Some(announced) = self.announced_overdue {
            invoice.announced = announced.map(day);
        }
        invoice.status = self.status.unwrap_or(invoice.status);
        invoice.owes = self.balance.map_or(invoice.owes, |balance| balance.is_positive());
    }

    fn whole(self, id: &str, customers: &Customers) -> Option<Invoice> {
        Some(Invoice {
            id: id.into(),
            number: number_key(&self.number?).into(),
            customer: customers.place(&self.customer_id?)?,
            due: day(self.due_date?),
            announced: self.announced_overdue.flatten().map(day),
            status: self.status?,
            owes: self.balance?.is_positive(),
        })
    }
}

impl PaymentTold {
    /// As [`InvoiceTold::put`].
    pub(super) fn put(self, id: &str, customers: &Customers, payments: &mut Table<Payment>) {
        let place = payments.place(id);
        match place.and_then(|place| payments.at_mut(place)) {
            Some(known) => self.change(known),
            None => {
                if let Some(payment) = self.whole(id, customers) {
                    payments.put(payment);
                }
            }
        }
    }

    fn change(self, payment: &mut Payment) {
        if let Some(reference) = self.reference {
            payment.reference = reference.map(|reference| reference.to_lowercase().into());
        }
        if let Some(date) = self.received_on {
            payment.received = day(date);
        }
        if let Some(awaited) = self.awaited {
            payment.awaited = awaited.map(|awaited| awaited.due_at.timestamp_micros());
        }
        payment.amount = self.amount.map_or(payment.amount, |amount| amount.face_value());
        payment.created = self.created_at.map_or(payment.created, |at| at.timestamp_micros());
        payment.status = self.status.unwrap_or(payment.status);
        payment.method = self.method.unwrap_or(payment.method);
    }

    fn whole(self, id: &str, customers: &Customers) -> Option<Payment> {
        let awaited = self.awaited.flatten();
        Some(Payment {
            id: id.into(),
            reference: self.reference.flatten().map(|reference| reference.to_lowercase().into()),
            customer: customers.place(&self.customer_id?)?,
            received: day(self.received_on?),
            amount: self.amount?.face_value(),
            created: self.created_at?.timestamp_micros(),
            awaited: awaited.map(|awaited| awaited.due_at.timestamp_micros()),
            status: self.status?,
            method: self.method?,
        })
    }
}

/// What invoices can be ordered by.
#[derive(Clone, Copy)]
pub(super) struct ByDueDate;

impl Row for Invoice {
    type Sort = ByDueDate;

    fn id(&self) -> &str {
        &self.id
    }

    fn key(&self, _: ByDueDate) -> Key<'_> {
        Key::Int(self.due.into())
    }

    fn column(_: ByDueDate) -> Column {
        Column::Day
    }
}

impl Row for Payment {
    type Sort = PaymentSort;

    fn id(&self) -> &str {
        &self.id
    }

    fn key(&self, by: PaymentSort) -> Key<'_> {
        match by {
            PaymentSort::ReceivedOn => Key::Int(self.received.into()),
            PaymentSort::Amount => Key::Int(self.amount),
            PaymentSort::CreatedAt => Key::Int(self.created),
        }
    }

    fn column(by: PaymentSort) -> Column {
        match by {
            PaymentSort::ReceivedOn => Column::Day,
            PaymentSort::Amount | PaymentSort::CreatedAt => Column::Number,
        }
    }
}

/// Which rows are on a page, where the next begins, and how many match in all.
pub(crate) struct IdPage {
    pub ids: Vec<String>,
    pub next: Option<Keyset>,
    pub total: u64,
}

impl IdPage {
    fn of<R: Row>(found: Found<'_, R>) -> Self {
        let ids = found.rows.into_iter().map(|row| row.id().to_owned()).collect();
        Self { ids, next: found.next, total: found.total }
    }

    /// Of what belongs to somebody who is not there.
    fn empty() -> Self {
        Self { ids: Vec::new(), next: None, total: 0 }
    }
}

/// Whether each word stands in a row's own text or in its customer's name.
fn has_words(words: &[Finder<'_>], own: Option<&str>, customer: Place, customers: &Customers) -> bool {
    let own = own.unwrap_or_default().as_bytes();
    words.iter().all(|word| {
        word.find(own).is_some()
            || customers.name(customer).is_some_and(|name| word.find(name.as_bytes()).is_some())
    })
}

impl Invoice {
    fn is_open(&self) -> bool {
        self.status == InvoiceStatus::Open && self.owes
    }
}

/// A page of invoices, the first due first.
pub(super) fn invoices(
    invoices: &Table<Invoice>,
    customers: &Customers,
    query: &InvoiceQuery,
    today: NaiveDate,
    limit: u32,
    after: Option<&Keyset>,
) -> Option<IdPage> {
    let InvoiceQuery { customer_id, status, overdue, due_from, due_to, q, limit: _, cursor: _ } = query;
    let customer = customer_id.as_ref().map(|id| customers.place(id.as_str()));
    if customer == Some(None) {
        return Some(IdPage::empty());
    }
    let customer = customer.flatten();
    let (today, from, to) = (day(today), due_from.map(day), due_to.map(day));
    let words = super::finders(q.as_deref());
    let takes = |invoice: &Invoice| {
        customer.is_none_or(|customer| customer == invoice.customer)
            && status.is_none_or(|status| status == invoice.status)
            && overdue.is_none_or(|overdue| overdue == (invoice.is_open() && invoice.due < today))
            && from.is_none_or(|from| invoice.due >= from)
            && to.is_none_or(|to| invoice.due <= to)
            && has_words(&words, Some(&invoice.number), invoice.customer, customers)
    };
    let sort = [SortBy { field: ByDueDate, descending: false }];
    page(invoices.iter(), takes, &sort, limit, after).map(IdPage::of)
}

/// A page of payments.
pub(super) fn payments(
    payments: &Table<Payment>,
    customers: &Customers,
    query: &PaymentQuery,
    sort: &[SortBy<PaymentSort>],
    limit: u32,
    after: Option<&Keyset>,
) -> Option<IdPage> {
    let PaymentQuery {
        customer_id,
        status,
        method,
        received_from,
        received_to,
        q,
        sort: _,
        limit: _,
        cursor: _,
    } = query;
    let customer = customer_id.as_ref().map(|id| customers.place(id.as_str()));
    if customer == Some(None) {
        return Some(IdPage::empty());
    }
    let customer = customer.flatten();
    let (from, to) = (received_from.map(day), received_to.map(day));
    let words = super::finders(q.as_deref());
    let takes = |payment: &Payment| {
        customer.is_none_or(|customer| customer == payment.customer)
            && status.is_none_or(|status| status == payment.status)
            && method.is_none_or(|method| method == payment.method)
            && from.is_none_or(|from| payment.received >= from)
            && to.is_none_or(|to| payment.received <= to)
            && has_words(&words, payment.reference.as_deref(), payment.customer, customers)
    };
    page(payments.iter(), takes, sort, limit, after).map(IdPage::of)
}

/// Open invoices past due on `today` whose lateness was not announced, the oldest due first, at most `limit`.
pub(super) fn unannounced(invoices: &Table<Invoice>, today: NaiveDate, limit: usize) -> Vec<String> {
    let today = day(today);
    let late = invoices
        .iter()
        .filter(|invoice| invoice.due < today && invoice.is_open() && invoice.announced != Some(invoice.due));
    let first = late.k_smallest_relaxed_by_key(limit, |invoice| (invoice.due, &*invoice.id));
    first.map(|invoice| invoice.id.to_string()).collect()
}

/// Payments the gateway owes an answer before `now`, the longest awaited first, at most `limit`.
pub(super) fn awaited(payments: &Table<Payment>, now: DateTime<Utc>, limit: usize) -> Vec<String> {
    let now = now.timestamp_micros();
    let due =
        payments.iter().filter_map(|payment| Some((payment.awaited.filter(|at| *at < now)?, &*payment.id)));
    due.k_smallest_relaxed(limit).map(|(_, id)| id.to_owned()).collect()
}
