//! Questions the screens and the API ask.

use std::borrow::Cow;
use std::fmt::Write as _;

use chrono::{DateTime, NaiveDate, Utc};
use domain::customer::{CustomerFilter, CustomerSort, SortBy};
use domain::invoice::InvoiceView;
use domain::{Currency, Customer, CustomerId, Event, Invoice, InvoiceId, Money, Payment, PaymentId};
use serde::{Deserialize, Serialize};
use surrealdb::types::{RecordId, SurrealValue, Value};

use super::rows::{
    CustomerRow, EventRow, GridRow, InvoiceRow, PaymentRow, UserRow, broken, currency, date, status_rank,
};
use super::snapshot::in_order;
use super::{Store, first_of, key, record, rows_after};
use crate::index::{AwaitedTold, InvoiceTold, PaymentTold, Unapplied};
use crate::payment::PaymentSort;
use crate::summary::Shelf;
use crate::{Error, InvoiceQuery, PaymentQuery, Result};

/// Where a page ends: the values it is ordered by, and the id that breaks ties. Opaque on the wire.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Keyset {
    /// One per sort column.
    pub values: Vec<KeyValue>,
    /// The last row's id.
    pub id: String,
}

/// A value rows are ordered by.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub(crate) enum KeyValue {
    Int(i64),
    Text(String),
}

/// Rows of one page and how many match in all.
pub(crate) struct CustomerPage {
    pub rows: Vec<Customer>,
    pub next: Option<Keyset>,
    pub total: u64,
}

/// Rows of one page and how many match in all.
pub(crate) struct PaymentPage {
    pub rows: Vec<Payment>,
    pub next: Option<Keyset>,
    pub total: u64,
}

#[derive(SurrealValue)]
struct Count {
    count: i64,
}

/// What is owed on an open invoice.
#[derive(SurrealValue)]
struct OpenItem {
    customer_id: String,
    currency: String,
    due_date: String,
    balance: i64,
}

impl TryFrom<OpenItem> for (CustomerId, Currency, NaiveDate, i64) {
    type Error = Error;

    fn try_from(row: OpenItem) -> Result<Self> {
        Ok((row.customer_id.into(), currency(&row.currency)?, date(&row.due_date)?, row.balance))
    }
}

/// A customer's unapplied money.
#[derive(SurrealValue)]
struct UnappliedRow {
    id: RecordId,
    currency: String,
    unapplied: i64,
    outstanding: i64,
}

impl TryFrom<UnappliedRow> for Unapplied {
    type Error = Error;

    fn try_from(row: UnappliedRow) -> Result<Self> {
        Ok(Self {
            customer: key(row.id).into(),
            currency: currency(&row.currency)?,
            minor: row.unapplied,
            owes: row.outstanding > 0,
        })
    }
}

/// A condition under construction: text with numbered parameters, never values.
#[derive(Clone, Default)]
pub(super) struct Where {
    parts: Vec<String>,
    pub(super) values: Vec<Value>,
}

impl Where {
    /// Adds `{column} {operator} $value`.
    pub(super) fn is(&mut self, left: &str, operator: &str, value: impl SurrealValue) {
        let parameter = self.value(value);
        self.parts.push(format!("{left} {operator} {parameter}"));
    }

    pub(super) fn value(&mut self, value: impl SurrealValue) -> String {
        self.values.push(value.into_value());
        format!("$p{}", self.values.len())
    }

    pub(super) fn text(&self) -> String {
        if self.parts.is_empty() { "true".to_owned() } else { self.parts.join(" AND ") }
    }

    /// Only rows after `last` in the given order.
    pub(super) fn after(&mut self, columns: &[(&str, bool)], last: &Keyset) {
        let mut alternatives = Vec::new();
        let mut equal = String::new();
        for ((column, descending), value) in columns.iter().zip(&last.values) {
            let parameter = match value {
                KeyValue::Int(number) => self.value(*number),
                KeyValue::Text(text) => self.value(text.clone()),
            };
            let operator = if *descending { "<" } else { ">" };
            alternatives.push(format!("({equal}{column} {operator} {parameter})"));
            let _ = write!(equal, "{column} = {parameter} AND ");
        }
        let id = self.value(last.id.clone());
        let operator = if columns.first().is_some_and(|(_, descending)| *descending) { "<" } else { ">" };
        alternatives.push(format!("({equal}record::id(id) {operator} {id})"));
        self.parts.push(format!("({})", alternatives.join(" OR ")));
    }
}

pub(super) fn order_by(columns: &[(&str, bool)]) -> String {
    let mut text = String::new();
    for (column, descending) in columns {
        let _ = write!(text, "{column} {}, ", if *descending { "DESC" } else { "ASC" });
    }
    let descending = columns.first().is_some_and(|(_, descending)| *descending);
    let _ = write!(text, "id {}", if descending { "DESC" } else { "ASC" });
    text
}

fn customer_column(sort: CustomerSort) -> &'static str {
    match sort {
        CustomerSort::Name => "name_key",
        CustomerSort::Reference => "reference_key",
        CustomerSort::Outstanding => "outstanding_face",
        CustomerSort::Overdue => "overdue_face",
        CustomerSort::NextDueDate => "due_key",
        CustomerSort::Status => "status_rank",
        CustomerSort::CreatedAt => "created_us",
        CustomerSort::UpdatedAt => "updated_us",
    }
}

fn customer_key(sort: CustomerSort, row: &CustomerRow) -> KeyValue {
    match sort {
        CustomerSort::Name => KeyValue::Text(row.name_key.clone()),
        CustomerSort::Reference => KeyValue::Text(row.reference_key.clone()),
        CustomerSort::Outstanding => KeyValue::Int(row.outstanding_face),
        CustomerSort::Overdue => KeyValue::Int(row.overdue_face),
        CustomerSort::NextDueDate => KeyValue::Text(row.due_key.clone()),
        CustomerSort::Status => KeyValue::Int(row.status_rank),
        CustomerSort::CreatedAt => KeyValue::Int(row.created_us),
        CustomerSort::UpdatedAt => KeyValue::Int(row.updated_us),
    }
}

fn payment_column(sort: PaymentSort) -> &'static str {
    match sort {
        PaymentSort::ReceivedOn => "received_on",
        PaymentSort::Amount => "amount_face",
        PaymentSort::CreatedAt => "created_us",
    }
}

fn payment_key(sort: PaymentSort, row: &PaymentRow) -> KeyValue {
    match sort {
        PaymentSort::ReceivedOn => KeyValue::Text(row.received_on.clone()),
        PaymentSort::Amount => KeyValue::Int(row.amount_face),
        PaymentSort::CreatedAt => KeyValue::Int(row.created_us),
    }
}

fn customer_where(filter: &CustomerFilter) -> Where {
    let mut condition = Where::default();
    condition.is("archived", "=", filter.archived);
    if let Some(status) = filter.status {
        condition.is("status_rank", "=", status_rank(status));
    }
    if let Some(owner) = &filter.owner {
        condition.is("owner", "=", owner.as_str().to_owned());
    }
    if let Some(tag) = &filter.tag {
        condition.is("tags", "CONTAINS", tag.clone());
    }
    if let Some(currency) = filter.currency {
        condition.is("currency", "=", currency.to_string());
    }
    if let Some(min) = filter.min_outstanding {
        condition.is("outstanding_face", ">=", min);
    }
    if let Some(max) = filter.max_outstanding {
        condition.is("outstanding_face", "<=", max);
    }
    if let Some(from) = filter.due_from {
        condition.is("due_key", ">=", from.to_string());
        condition.is("due_key", "<", super::rows::NEVER.to_owned());
    }
    if let Some(to) = filter.due_to {
        condition.is("due_key", "<=", to.to_string());
    }
    for word in filter.q.as_deref().map(domain::customer::search_words).unwrap_or_default() {
        condition.is("search", "CONTAINS", word);
    }
    condition
}

/// Which rows of a table, in which order: what a list and its export have in common.
pub(crate) struct Selection {
    /// A table, or the parameter that holds the ids of some of its rows.
    pub(super) table: Cow<'static, str>,
    pub(super) condition: Where,
    /// Columns, and whether the largest comes first; ids break ties.
    pub(super) columns: Vec<(&'static str, bool)>,
}

impl Selection {
    pub(crate) fn customers(filter: &CustomerFilter, sort: &[SortBy<CustomerSort>]) -> Self {
        let columns = sort.iter().map(|by| (customer_column(by.field), by.descending)).collect();
        Self { table: "customer".into(), condition: customer_where(filter), columns }
    }

    /// These customers and no others, in this order.
    pub(crate) fn chosen_customers(ids: &[CustomerId], sort: &[SortBy<CustomerSort>]) -> Self {
        let mut condition = Where::default();
        let ids: Vec<RecordId> = ids.iter().map(|id| record("customer", id.as_str())).collect();
        let table = condition.value(ids).into();
        // One that is gone has no row and would be an empty one.
        condition.parts.push("name_key != NONE".to_owned());
        Self { table, condition, ..Self::customers(&CustomerFilter::default(), sort) }
    }

    pub(crate) fn invoices(query: &InvoiceQuery, business_date: NaiveDate) -> Self {
        let mut condition = Where::default();
        if let Some(customer) = &query.customer_id {
            condition.is("customer_id", "=", customer.as_str().to_owned());
        }
        if let Some(status) = query.status {
            condition.is("status", "=", status.as_str().to_owned());
        }
        match query.overdue {
            Some(true) => {
                condition.is("open", "=", true);
                condition.is("due_date", "<", business_date.to_string());
            }
            Some(false) => {
                let today = condition.value(business_date.to_string());
                condition.parts.push(format!("(open = false OR due_date >= {today})"));
            }
            None => {}
        }
        if let Some(from) = query.due_from {
            condition.is("due_date", ">=", from.to_string());
        }
        if let Some(to) = query.due_to {
            condition.is("due_date", "<=", to.to_string());
        }
        for word in query.q.as_deref().map(domain::customer::search_words).unwrap_or_default() {
            let word = condition.value(word);
            condition.parts.push(format!(
                "(string::lowercase(number) CONTAINS {word} \
                 OR type::record('customer', customer_id).name_key CONTAINS {word})"
            ));
        }
        Self { table: "invoice".into(), condition, columns: vec![("due_date", false)] }
    }

    pub(crate) fn payments(query: &PaymentQuery, sort: &[SortBy<PaymentSort>]) -> Self {
        let mut condition = Where::default();
        if let Some(customer) = &query.customer_id {
            condition.is("customer_id", "=", customer.as_str().to_owned());
        }
        if let Some(status) = query.status {
            condition.is("status", "=", status.as_str().to_owned());
        }
        if let Some(method) = query.method {
            condition.is("method", "=", method.as_str().to_owned());
        }
        if let Some(from) = query.received_from {
            condition.is("received_on", ">=", from.to_string());
        }
        if let Some(to) = query.received_to {
            condition.is("received_on", "<=", to.to_string());
        }
        for word in query.q.as_deref().map(domain::customer::search_words).unwrap_or_default() {
            let word = condition.value(word);
            condition.parts.push(format!(
                "(string::lowercase(reference ?? '') CONTAINS {word} \
                 OR type::record('customer', customer_id).name_key CONTAINS {word})"
            ));
        }
        let columns = sort.iter().map(|by| (payment_column(by.field), by.descending)).collect();
        Self { table: "payment".into(), condition, columns }
    }
}

/// Which running totals know how many customers a filter leaves: those of status and currency alone do.
fn counted(filter: &CustomerFilter) -> Option<(Shelf, &'static str)> {
    let CustomerFilter {
        q,
        status: _,
        owner,
        tag,
        currency: _,
        min_outstanding,
        max_outstanding,
        due_from,
        due_to,
        archived,
    } = filter;
    let words = q.as_deref().map(domain::customer::search_words).unwrap_or_default();
    let finer = !words.is_empty()
        || owner.is_some()
        || tag.is_some()
        || min_outstanding.is_some()
        || max_outstanding.is_some()
        || due_from.is_some()
        || due_to.is_some();
    let shelf = if *archived { (Shelf::Archived, "archived") } else { (Shelf::Active, "customers") };
    (!finer).then_some(shelf)
}

/// What the index keeps of a customer.
const CUSTOMER: &str = "id, name_key, reference_key, search, email, owner, tags, currency, outstanding_face, overdue_face, \
                    created_us, updated_us, due_key, status_rank, unapplied, archived, version";

/// What it keeps of an invoice.
const INVOICE: &str = "id, customer_id, number, due_date, announced_overdue, status, currency, balance";
/// What it keeps of a payment.
const PAYMENT: &str = "id, customer_id, reference, received_on, currency, amount, created_at, simulated_due_at, \
                       status, method";

/// What the index keeps of an invoice, as rows hold it.
#[derive(SurrealValue)]
struct IndexInvoice {
    id: RecordId,
    customer_id: String,
    number: String,
    due_date: String,
    announced_overdue: Option<String>,
    status: String,
    currency: String,
    balance: i64,
}

impl TryFrom<IndexInvoice> for (String, InvoiceTold) {
    type Error = Error;

    fn try_from(row: IndexInvoice) -> Result<Self> {
        let told = InvoiceTold {
            customer_id: Some(row.customer_id),
            number: Some(row.number),
            due_date: Some(date(&row.due_date)?),
            announced_overdue: Some(row.announced_overdue.as_deref().map(date).transpose()?),
            status: Some(row.status.parse().map_err(|_| broken("invoice status"))?),
            balance: Some(Money::from_minor(row.balance, currency(&row.currency)?)),
        };
        Ok((key(row.id), told))
    }
}

/// What the index keeps of a payment, as rows hold it.
#[derive(SurrealValue)]
struct IndexPayment {
    id: RecordId,
    customer_id: String,
    reference: Option<String>,
    received_on: String,
    currency: String,
    amount: i64,
    created_at: DateTime<Utc>,
    simulated_due_at: Option<DateTime<Utc>>,
    status: String,
    method: String,
}

impl TryFrom<IndexPayment> for (String, PaymentTold) {
    type Error = Error;

    fn try_from(row: IndexPayment) -> Result<Self> {
        let told = PaymentTold {
            customer_id: Some(row.customer_id),
            reference: Some(row.reference),
            received_on: Some(date(&row.received_on)?),
            amount: Some(Money::from_minor(row.amount, currency(&row.currency)?)),
            created_at: Some(row.created_at),
            awaited: Some(row.simulated_due_at.map(|due_at| AwaitedTold { due_at })),
            status: Some(row.status.parse().map_err(|_| broken("payment status"))?),
            method: Some(row.method.parse().map_err(|_| broken("payment method"))?),
        };
        Ok((key(row.id), told))
    }
}

/// Which rows of a table.
#[derive(Clone, Copy)]
pub(crate) enum Which<'a> {
    /// So many of those whose ids come after one.
    After(Option<&'a str>, u32),
    These(&'a [String]),
}

/// A number of rows to read at most.
fn bounded(limit: usize) -> i64 {
    i64::try_from(limit).unwrap_or(i64::MAX)
}

impl Store {
    /// Runs a statement whose parameters are numbered `$p1`, `$p2`, ….
    pub(super) async fn ask(&self, text: String, values: Vec<Value>) -> Result<surrealdb::IndexedResults> {
        let mut query = self.db.query(text);
        for (index, value) in values.into_iter().enumerate() {
            query = query.bind((format!("p{}", index + 1), value));
        }
        Ok(query.await?)
    }

    pub(crate) async fn customers(
        &self,
        filter: &CustomerFilter,
        sort: &[SortBy<CustomerSort>],
        limit: u32,
        after: Option<&Keyset>,
    ) -> Result<CustomerPage> {
        let Selection { mut condition, columns, .. } = Selection::customers(filter, sort);
        let total = match counted(filter) {
            Some((shelf, topic)) => {
                self.summaries(&[topic]).await?.customers(shelf, filter.status, filter.currency)
            }
            None => self.count("customer", &condition).await?,
        };
        if let Some(last) = after {
            condition.after(&columns, last);
        }
        let text = format!(
            "SELECT * FROM customer WHERE {} ORDER BY {} LIMIT {}",
            condition.text(),
            order_by(&columns),
            limit + 1
        );
        let mut rows: Vec<CustomerRow> = self.ask(text, condition.values).await?.take(0)?;
        let more = rows.len() > limit as usize;
        rows.truncate(limit as usize);
        let next = rows.last().filter(|_| more).map(|row| Keyset {
            values: sort.iter().map(|by| customer_key(by.field, row)).collect(),
            id: key(row.id.clone()),
        });
        let rows = rows.into_iter().map(Customer::try_from).collect::<Result<_>>()?;
        Ok(CustomerPage { rows, next, total })
    }

    /// Customers by id, for the index: at most `limit` after `after`.
    pub(crate) async fn grid_rows(&self, after: Option<&str>, limit: u32) -> Result<Vec<GridRow>> {
        let query = format!("SELECT {CUSTOMER} FROM {} LIMIT {limit}", rows_after("customer", after));
        Ok(self.db.query(query).await?.take(0)?)
    }

    /// Some customers, as stored, in no order; those that are not there are left out.
    pub(crate) async fn customer_rows(&self, ids: &[String]) -> Result<Vec<CustomerRow>> {
        self.pick("customer", ids.iter().map(String::as_str)).await
    }

    pub(super) async fn count(&self, table: &str, condition: &Where) -> Result<u64> {
        let text = format!("SELECT count() FROM {table} WHERE {} GROUP ALL", condition.text());
        let count: Option<Count> = self.ask(text, condition.values.clone()).await?.take(0)?;
        Ok(count.map_or(0, |row| row.count.unsigned_abs()))
    }

    pub(crate) async fn customer(&self, id: &CustomerId) -> Result<Customer> {
        let rows: Vec<CustomerRow> = self.pick("customer", std::iter::once(id.as_str())).await?;
        rows.into_iter().next().ok_or(Error::NotFound("customer"))?.try_into()
    }

    /// Names by id, for lists that show whose a row is.
    pub(crate) async fn customer_names(
        &self,
        ids: &[&str],
    ) -> Result<std::collections::HashMap<String, String>> {
        #[derive(SurrealValue)]
        struct Named {
            id: RecordId,
            name: String,
        }
        let ids: Vec<RecordId> = ids.iter().map(|id| record("customer", id)).collect();
        let rows: Vec<Named> =
            self.db.query("SELECT id, name FROM $ids").bind(("ids", ids)).await?.take(0)?;
        Ok(rows.into_iter().map(|row| (key(row.id), row.name)).collect())
    }

    pub(crate) async fn invoices(
        &self,
        query: &InvoiceQuery,
        business_date: chrono::NaiveDate,
        limit: u32,
        after: Option<&Keyset>,
    ) -> Result<(Vec<InvoiceView>, Option<Keyset>, u64)> {
        let Selection { mut condition, columns, .. } = Selection::invoices(query, business_date);
        let total = self.count("invoice", &condition).await?;
        if let Some(last) = after {
            condition.after(&columns, last);
        }
        let text = format!(
            "SELECT * FROM invoice WHERE {} ORDER BY {} LIMIT {}",
            condition.text(),
            order_by(&columns),
            limit + 1
        );
        let mut rows: Vec<InvoiceRow> = self.ask(text, condition.values).await?.take(0)?;
        let more = rows.len() > limit as usize;
        rows.truncate(limit as usize);
        let next = rows.last().filter(|_| more).map(|row| Keyset {
            values: vec![KeyValue::Text(row.due_date.clone())],
            id: key(row.id.clone()),
        });
        let rows = rows
            .into_iter()
            .map(|row| Ok(Invoice::try_from(row)?.view(business_date)))
            .collect::<Result<_>>()?;
        Ok((rows, next, total))
    }

    pub(crate) async fn invoice(&self, id: &InvoiceId) -> Result<Invoice> {
        let rows: Vec<InvoiceRow> = self.pick("invoice", std::iter::once(id.as_str())).await?;
        rows.into_iter().next().ok_or(Error::NotFound("invoice"))?.try_into()
    }

    pub(crate) async fn payments(
        &self,
        query: &PaymentQuery,
        sort: &[SortBy<PaymentSort>],
        limit: u32,
        after: Option<&Keyset>,
    ) -> Result<PaymentPage> {
        let Selection { mut condition, columns, .. } = Selection::payments(query, sort);
        let total = self.count("payment", &condition).await?;
        if let Some(last) = after {
            condition.after(&columns, last);
        }
        let text = format!(
            "SELECT * FROM payment WHERE {} ORDER BY {} LIMIT {}",
            condition.text(),
            order_by(&columns),
            limit + 1
        );
        let mut rows: Vec<PaymentRow> = self.ask(text, condition.values).await?.take(0)?;
        let more = rows.len() > limit as usize;
        rows.truncate(limit as usize);
        let next = rows.last().filter(|_| more).map(|row| Keyset {
            values: sort.iter().map(|by| payment_key(by.field, row)).collect(),
            id: key(row.id.clone()),
        });
        let rows = rows.into_iter().map(Payment::try_from).collect::<Result<_>>()?;
        Ok(PaymentPage { rows, next, total })
    }

    pub(crate) async fn payment(&self, id: &PaymentId) -> Result<Payment> {
        let rows: Vec<PaymentRow> = self.pick("payment", std::iter::once(id.as_str())).await?;
        rows.into_iter().next().ok_or(Error::NotFound("payment"))?.try_into()
    }

    /// Invoices by id, in the order of the ids; those that are not there are left out.
    pub(crate) async fn invoices_by_id(&self, ids: &[String]) -> Result<Vec<Invoice>> {
        let rows: Vec<InvoiceRow> = self.pick("invoice", ids.iter().map(String::as_str)).await?;
        in_order(ids, rows, |invoice: &Invoice| invoice.id.as_str())
    }

    /// Payments by id, in the order of the ids; those that are not there are left out.
    pub(crate) async fn payments_by_id(&self, ids: &[String]) -> Result<Vec<Payment>> {
        let rows: Vec<PaymentRow> = self.pick("payment", ids.iter().map(String::as_str)).await?;
        in_order(ids, rows, |payment: &Payment| payment.id.as_str())
    }

    /// Payments the gateway owes an answer before `now`, the longest awaited first, at most `limit`. Reads all payments: the
    /// index is the quicker one to ask.
    pub(crate) async fn awaited_payments(&self, now: DateTime<Utc>, limit: usize) -> Result<Vec<Payment>> {
        let query = "SELECT * FROM payment WHERE simulated_due_at != NONE AND simulated_due_at < $now \
                     ORDER BY simulated_due_at, id LIMIT $limit";
        let asked = self.db.query(query).bind(("now", now)).bind(("limit", bounded(limit)));
        let rows: Vec<PaymentRow> = asked.await?.take(0)?;
        rows.into_iter().map(Payment::try_from).collect()
    }

    /// Open invoices past due on `today` whose lateness was not announced, oldest due first, at most `limit`. Reads all
    /// invoices: the index is the quicker one to ask.
    pub(crate) async fn unannounced(&self, today: NaiveDate, limit: usize) -> Result<Vec<Invoice>> {
        let query = "SELECT * FROM invoice WHERE open = true AND due_date < $today AND announced_overdue != due_date \
                     ORDER BY due_date, id LIMIT $limit";
        let asked = self.db.query(query).bind(("today", today.to_string())).bind(("limit", bounded(limit)));
        let rows: Vec<InvoiceRow> = asked.await?.take(0)?;
        rows.into_iter().map(Invoice::try_from).collect()
    }

    /// What the index keeps of invoices.
    pub(crate) async fn invoices_told(&self, which: Which<'_>) -> Result<Vec<(String, InvoiceTold)>> {
        self.told::<IndexInvoice, _>("invoice", INVOICE, which).await
    }

    /// What the index keeps of payments.
    pub(crate) async fn payments_told(&self, which: Which<'_>) -> Result<Vec<(String, PaymentTold)>> {
        self.told::<IndexPayment, _>("payment", PAYMENT, which).await
    }

    async fn told<R, T>(&self, table: &str, columns: &str, which: Which<'_>) -> Result<Vec<T>>
    where
        R: SurrealValue,
        T: TryFrom<R, Error = Error>,
    {
        let (from, these) = match which {
            Which::After(after, limit) => (format!("{} LIMIT {limit}", rows_after(table, after)), Vec::new()),
            Which::These(ids) => ("$ids".to_owned(), ids.iter().map(|id| record(table, id)).collect()),
        };
        let asked = self.db.query(format!("SELECT {columns} FROM {from}")).bind(("ids", these));
        let rows: Vec<R> = asked.await?.take(0)?;
        rows.into_iter().map(T::try_from).collect()
    }

    /// Stored events after `after`, in order.
    pub(crate) async fn event_rows(&self, after: i64, limit: u32) -> Result<Vec<EventRow>> {
        let (from, to) = (after.saturating_add(1), after.saturating_add(i64::from(limit)));
        Ok(self.db.query(format!("SELECT * FROM event:{from}..={to}")).await?.take(0)?)
    }

    pub(crate) async fn events(&self, after: i64, limit: u32) -> Result<Vec<Event>> {
        self.event_rows(after, limit).await?.into_iter().map(Event::try_from).collect()
    }

    pub(crate) async fn users(&self) -> Result<Vec<UserRow>> {
        Ok(self.db.query("SELECT * FROM user ORDER BY name").await?.take(0)?)
    }

    pub(crate) async fn user(&self, id: &str) -> Result<Option<UserRow>> {
        let rows: Vec<UserRow> = self.pick("user", std::iter::once(id)).await?;
        Ok(rows.into_iter().next())
    }

    pub(crate) async fn user_by_email(&self, email_key: &str) -> Result<Option<UserRow>> {
        let rows: Vec<super::rows::EmailRow> = self.pick("user_email", std::iter::once(email_key)).await?;
        match rows.into_iter().next() {
            Some(row) => self.user(&row.user_id).await,
            None => Ok(None),
        }
    }

    pub(crate) async fn has_users(&self) -> Result<bool> {
        let found: Vec<RecordId> = self.db.query("SELECT VALUE id FROM user LIMIT 1").await?.take(0)?;
        Ok(!found.is_empty())
    }
}

/// Whole tables, for `verify`.
impl Store {
    pub(crate) async fn all_customers(&self) -> Result<Vec<Customer>> {
        let rows: Vec<CustomerRow> = self.db.query("SELECT * FROM customer").await?.take(0)?;
        rows.into_iter().map(Customer::try_from).collect()
    }

    /// What is owed now, by some customers or by all: customer, currency, due date, balance in minor units.
    pub(crate) async fn open_items(
        &self,
        of: Option<&[CustomerId]>,
    ) -> Result<Vec<(CustomerId, Currency, NaiveDate, i64)>> {
        let theirs = if of.is_some() { "customer_id IN $ids AND" } else { "" };
        let query = format!(
            "SELECT customer_id, currency, due_date, balance FROM invoice WHERE {theirs} open = true"
        );
        let ids: Vec<String> = of.unwrap_or_default().iter().map(|id| id.as_str().to_owned()).collect();
        let rows: Vec<OpenItem> = self.db.query(query).bind(("ids", ids)).await?.take(0)?;
        rows.into_iter().map(TryInto::try_into).collect()
    }

    /// The customers who owe most in a currency, the largest debt first; of equal ones, by name.
    pub(crate) async fn debtors(&self, currency: Currency, most: usize) -> Result<Vec<CustomerId>> {
        #[derive(SurrealValue)]
        struct Row {
            id: RecordId,
            outstanding_face: i64,
            name_key: String,
        }
        let query = "SELECT id, outstanding_face, name_key FROM customer \
                     WHERE archived = false AND outstanding_face > 0 AND currency = $currency \
                     ORDER BY outstanding_face DESC, name_key LIMIT $most";
        let rows: Vec<Row> = self
            .db
            .query(query)
            .bind(("currency", currency.to_string()))
            .bind(("most", bounded(most)))
            .await?
            .take(0)?;
        Ok(rows.into_iter().map(|row| key(row.id).into()).collect())
    }

    /// Received money that settles nothing, of some customers.
    pub(crate) async fn unapplied_money(&self, of: &[CustomerId]) -> Result<Vec<Unapplied>> {
        let ids: Vec<_> = of.iter().map(|id| record("customer", id.as_str())).collect();
        self.unapplied_in("$ids", ids).await
    }

    /// The same of all customers, whose rows are all read: the index is the quicker one to ask.
    pub(crate) async fn all_unapplied_money(&self) -> Result<Vec<Unapplied>> {
        self.unapplied_in("customer", Vec::new()).await
    }

    async fn unapplied_in(&self, rows: &str, ids: Vec<RecordId>) -> Result<Vec<Unapplied>> {
        let query = format!("SELECT id, currency, unapplied, outstanding FROM {rows} WHERE unapplied > 0");
        let rows: Vec<UnappliedRow> = self.db.query(query).bind(("ids", ids)).await?.take(0)?;
        rows.into_iter().map(TryInto::try_into).collect()
    }

    pub(crate) async fn all_invoices(&self) -> Result<Vec<Invoice>> {
        let rows: Vec<InvoiceRow> = self.db.query("SELECT * FROM invoice").await?.take(0)?;
        rows.into_iter().map(Invoice::try_from).collect()
    }

    pub(crate) async fn all_payments(&self) -> Result<Vec<Payment>> {
        let rows: Vec<PaymentRow> = self.db.query("SELECT * FROM payment").await?.take(0)?;
        rows.into_iter().map(Payment::try_from).collect()
    }

    /// Rows of which a column says another thing than the row itself: lists, searches and lookups read those columns.
    pub(crate) async fn strays(&self) -> Result<Vec<RecordId>> {
        let customers: Vec<CustomerRow> = self.db.query("SELECT * FROM customer").await?.take(0)?;
        let again = |customer: &Customer, row: &CustomerRow| CustomerRow {
            import_seqs: row.import_seqs.clone(),
            ..CustomerRow::from(customer)
        };
        let mut strays = stray(customers, |row| &row.id, again)?;
        let invoices: Vec<InvoiceRow> = self.db.query("SELECT * FROM invoice").await?.take(0)?;
        strays.extend(stray(invoices, |row| &row.id, |invoice, _| InvoiceRow::from(invoice))?);
        let payments: Vec<PaymentRow> = self.db.query("SELECT * FROM payment").await?.take(0)?;
        strays.extend(stray(payments, |row| &row.id, |payment, _| PaymentRow::from(payment))?);
        Ok(strays)
    }

    /// The first event after `after`, wherever it is.
    pub(crate) async fn next_event(&self, after: i64) -> Result<Option<i64>> {
        let later = first_of(&format!("event:{}..", after + 1));
        let seqs: Vec<i64> =
            self.db.query(format!("SELECT VALUE seq FROM {later} LIMIT 1")).await?.take(0)?;
        Ok(seqs.into_iter().next())
    }
}

/// The ids of the rows that would be written otherwise now.
fn stray<R, T>(rows: Vec<R>, id: fn(&R) -> &RecordId, again: fn(&T, &R) -> R) -> Result<Vec<RecordId>>
where
    R: Clone + PartialEq,
    T: TryFrom<R, Error = Error>,
{
    let mut strays = Vec::new();
    for row in rows {
        if again(&T::try_from(row.clone())?, &row) != row {
            strays.push(id(&row).clone());
        }
    }
    Ok(strays)
}
