//! Rows as the database keeps them, and what they are in `domain`. These types are the schema.

use std::collections::BTreeMap;

use chrono::{DateTime, NaiveDate, Utc};
use domain::import::{Import, ImportError, ImportState, Mode, Progress, SavedMapping, UndoState};
use domain::invoice::InvoiceEntry;
use domain::payment::{Allocation, Awaited, PaymentEntry};
use domain::sheet::Kind;
use domain::user::ApiToken;
use domain::{
    Currency, Customer, CustomerStatus, Event, ImportId, Invoice, InvoiceKind, Money, Payment, PaymentMethod,
    PaymentSource, User,
};
use serde::Serialize;
use serde::de::DeserializeOwned;
use surrealdb::types::{Bytes, RecordId, SurrealValue};

use super::{key, record};
use crate::summary::{SummaryKey, Tallies, Tally};
use crate::{Error, Result};

/// Sorts after every date: customers who owe nothing come last.
pub(crate) const NEVER: &str = "9999-12-31";

pub(super) fn broken(what: &str) -> Error {
    Error::internal(format!("broken row: {what}"))
}

pub(super) fn currency(code: &str) -> Result<Currency> {
    code.parse().map_err(|_| broken("currency"))
}

pub(super) fn date(text: &str) -> Result<NaiveDate> {
    text.parse().map_err(|_| broken("date"))
}

/// The wire name of an enum, which is also how it is stored.
fn name<T: Serialize>(value: &T) -> String {
    match serde_json::to_value(value) {
        Ok(serde_json::Value::String(text)) => text,
        _ => String::new(),
    }
}

fn named<T: DeserializeOwned>(text: &str) -> Result<T> {
    serde_json::from_value(serde_json::Value::String(text.to_owned())).map_err(|_| broken(text))
}

#[derive(Clone, Debug, SurrealValue)]
pub(crate) struct HeadRow {
    pub seq: i64,
    pub hash: String,
    pub next_reference: i64,
}

/// A running total.
#[derive(Clone, Debug, SurrealValue)]
pub(crate) struct SummaryRow {
    pub id: RecordId,
    pub count: i64,
    pub minor: i64,
}

impl From<(SummaryKey, Tally)> for SummaryRow {
    fn from((key, tally): (SummaryKey, Tally)) -> Self {
        Self { id: record("summary", &key.to_string()), count: tally.count, minor: tally.minor }
    }
}

impl TryFrom<SummaryRow> for (SummaryKey, Tally) {
    type Error = Error;

    fn try_from(row: SummaryRow) -> Result<Self> {
        tally(&key(row.id), row.count, row.minor)
    }
}

/// What one commit adds to the running totals, under the number of its last event.
#[derive(Clone, Debug, SurrealValue)]
pub(crate) struct MoveRow {
    pub id: RecordId,
    pub moves: Vec<MovedRow>,
}

/// What is added to one total.
#[derive(Clone, Debug, SurrealValue)]
pub(crate) struct MovedRow {
    pub key: String,
    pub count: i64,
    pub minor: i64,
}

impl MoveRow {
    /// `None` when nothing moves.
    pub(crate) fn of(seq: i64, totals: &Tallies) -> Option<Self> {
        let moved = |(key, tally): (SummaryKey, Tally)| MovedRow {
            key: key.to_string(),
            count: tally.count,
            minor: tally.minor,
        };
        let moves: Vec<_> = totals.iter().map(moved).collect();
        (!moves.is_empty()).then(|| Self { id: RecordId::new("summary_move", seq), moves })
    }
}

impl TryFrom<MovedRow> for (SummaryKey, Tally) {
    type Error = Error;

    fn try_from(row: MovedRow) -> Result<Self> {
        tally(&row.key, row.count, row.minor)
    }
}

fn tally(name: &str, count: i64, minor: i64) -> Result<(SummaryKey, Tally)> {
    let key = name.parse().map_err(|()| broken(name))?;
    Ok((key, Tally { count, minor }))
}

#[derive(Clone, Debug, PartialEq, SurrealValue)]
pub(crate) struct CustomerRow {
    pub id: RecordId,
    pub reference: String,
    pub reference_key: String,
    pub name: String,
    pub name_key: String,
    pub email: Option<String>,
    pub phone: Option<String>,
    pub address: Option<String>,
    pub notes: Option<String>,
    pub tags: Vec<String>,
    pub currency: String,
    pub owner: Option<String>,
    pub credit_limit: Option<i64>,
    pub outstanding: i64,
    pub outstanding_face: i64,
    pub overdue: i64,
    pub overdue_face: i64,
    pub unapplied: i64,
    pub due_key: String,
    pub status_rank: i64,
    pub open_invoices: i64,
    pub archived: bool,
    pub archived_at: Option<DateTime<Utc>>,
    pub import_id: Option<String>,
    /// The events of imports that touched the customer, or took back that they had.
    pub import_seqs: Option<Vec<i64>>,
    pub search: String,
    pub version: i64,
    pub created_at: DateTime<Utc>,
    pub updated_at: DateTime<Utc>,
    /// Microseconds since 1970, to order by.
    pub created_us: i64,
    pub updated_us: i64,
}

/// What the index keeps of a customer.
#[derive(Clone, Debug, SurrealValue)]
pub(crate) struct GridRow {
    pub id: RecordId,
    pub name_key: String,
    pub reference_key: String,
    pub search: String,
    pub email: Option<String>,
    pub owner: Option<String>,
    pub tags: Vec<String>,
    pub currency: String,
    pub outstanding_face: i64,
    pub overdue_face: i64,
    pub created_us: i64,
    pub updated_us: i64,
    pub due_key: String,
    pub status_rank: i64,
    pub unapplied: i64,
    pub archived: bool,
    pub version: i64,
}

impl From<CustomerRow> for GridRow {
    fn from(row: CustomerRow) -> Self {
        Self {
            id: row.id,
            name_key: row.name_key,
            reference_key: row.reference_key,
            search: row.search,
            email: row.email,
            owner: row.owner,
            tags: row.tags,
            currency: row.currency,
            outstanding_face: row.outstanding_face,
            overdue_face: row.overdue_face,
            created_us: row.created_us,
            updated_us: row.updated_us,
            due_key: row.due_key,
            status_rank: row.status_rank,
            unapplied: row.unapplied,
            archived: row.archived,
            version: row.version,
        }
    }
}

/// What references are compared by.
pub(crate) fn reference_key(reference: &str) -> String {
    reference.trim().to_lowercase()
}

pub(crate) fn status_rank(status: CustomerStatus) -> i64 {
    match status {
        CustomerStatus::Overdue => 0,
        CustomerStatus::Pending => 1,
        CustomerStatus::Paid => 2,
    }
}

impl From<&Customer> for CustomerRow {
    fn from(customer: &Customer) -> Self {
        Self {
            id: record("customer", customer.id.as_str()),
            reference: customer.reference.clone(),
            reference_key: reference_key(&customer.reference),
            name: customer.name.clone(),
            name_key: customer.name.to_lowercase(),
            email: customer.email.clone(),
            phone: customer.phone.clone(),
            address: customer.address.clone(),
            notes: customer.notes.clone(),
            tags: customer.tags.clone(),
            currency: customer.currency.to_string(),
            owner: customer.owner.clone().map(String::from),
            credit_limit: customer.credit_limit.map(|money| money.minor()),
            outstanding: customer.outstanding.minor(),
            outstanding_face: customer.outstanding.face_value(),
            overdue: customer.overdue.minor(),
            overdue_face: customer.overdue.face_value(),
            unapplied: customer.unapplied.minor(),
            due_key: customer.next_due_date.map_or_else(|| NEVER.to_owned(), |due| due.to_string()),
            status_rank: status_rank(customer.status),
            open_invoices: customer.open_invoices,
            archived: customer.archived_at.is_some(),
            archived_at: customer.archived_at,
            import_id: customer.import_id.clone().map(String::from),
            import_seqs: None,
            search: domain::customer::search_text(
                &customer.name,
                &customer.reference,
                customer.email.as_deref(),
                customer.phone.as_deref(),
            ),
            version: customer.version,
            created_at: customer.created_at,
            updated_at: customer.updated_at,
            created_us: customer.created_at.timestamp_micros(),
            updated_us: customer.updated_at.timestamp_micros(),
        }
    }
}

impl TryFrom<CustomerRow> for Customer {
    type Error = Error;

    fn try_from(row: CustomerRow) -> Result<Self> {
        let currency = currency(&row.currency)?;
        let money = |minor| Money::from_minor(minor, currency);
        Ok(Self {
            id: key(row.id).into(),
            reference: row.reference,
            name: row.name,
            email: row.email,
            phone: row.phone,
            address: row.address,
            notes: row.notes,
            tags: row.tags,
            currency,
            owner: row.owner.map(Into::into),
            credit_limit: row.credit_limit.map(money),
            outstanding: money(row.outstanding),
            overdue: money(row.overdue),
            unapplied: money(row.unapplied),
            next_due_date: if row.due_key == NEVER { None } else { Some(date(&row.due_key)?) },
            status: match row.status_rank {
                0 => CustomerStatus::Overdue,
                1 => CustomerStatus::Pending,
                _ => CustomerStatus::Paid,
            },
            open_invoices: row.open_invoices,
            archived_at: row.archived_at,
            import_id: row.import_id.map(Into::into),
            version: row.version,
            created_at: row.created_at,
            updated_at: row.updated_at,
        })
    }
}

#[derive(Clone, Debug, SurrealValue)]
pub(crate) struct ReferenceRow {
    pub id: RecordId,
    pub customer_id: String,
}

#[derive(Clone, Debug, PartialEq, SurrealValue)]
pub(crate) struct InvoiceEntryRow {
    pub kind: String,
    pub on: String,
    pub amount: i64,
    pub reason: String,
}

/// What invoice numbers are compared by. Leading zeros count.
pub(crate) fn number_key(number: &str) -> String {
    number.trim().to_lowercase()
}

#[derive(Clone, Debug, PartialEq, SurrealValue)]
pub(crate) struct InvoiceRow {
    pub id: RecordId,
    pub customer_id: String,
    pub number: String,
    pub number_key: String,
    pub kind: String,
    pub issue_date: String,
    pub due_date: String,
    pub currency: String,
    pub total: i64,
    pub balance: i64,
    pub status: String,
    pub terms: Option<String>,
    pub memo: Option<String>,
    pub entries: Option<Vec<InvoiceEntryRow>>,
    pub reopened_on: Option<String>,
    pub open: bool,
    pub announced_overdue: Option<String>,
    pub import_id: Option<String>,
    pub version: i64,
    pub created_at: DateTime<Utc>,
    pub updated_at: DateTime<Utc>,
}

impl From<&Invoice> for InvoiceRow {
    fn from(invoice: &Invoice) -> Self {
        Self {
            id: record("invoice", invoice.id.as_str()),
            customer_id: invoice.customer_id.as_str().to_owned(),
            number: invoice.number.clone(),
            number_key: number_key(&invoice.number),
            kind: name(&invoice.kind),
            issue_date: invoice.issue_date.to_string(),
            due_date: invoice.due_date.to_string(),
            currency: invoice.total.currency().to_string(),
            total: invoice.total.minor(),
            balance: invoice.balance.minor(),
            status: invoice.status.as_str().to_owned(),
            terms: invoice.terms.map(|terms| terms.to_string()),
            memo: invoice.memo.clone(),
            entries: (!invoice.entries.is_empty()).then(|| {
                let row = |entry: &InvoiceEntry| InvoiceEntryRow {
                    kind: name(&entry.kind),
                    on: entry.on.to_string(),
                    amount: entry.amount.minor(),
                    reason: entry.reason.clone(),
                };
                invoice.entries.iter().map(row).collect()
            }),
            reopened_on: invoice.reopened_on.map(|date| date.to_string()),
            open: invoice.is_open(),
            announced_overdue: invoice.announced_overdue.map(|date| date.to_string()),
            import_id: invoice.import_id.clone().map(String::from),
            version: invoice.version,
            created_at: invoice.created_at,
            updated_at: invoice.updated_at,
        }
    }
}

impl TryFrom<InvoiceRow> for Invoice {
    type Error = Error;

    fn try_from(row: InvoiceRow) -> Result<Self> {
        let currency = currency(&row.currency)?;
        Ok(Self {
            id: key(row.id).into(),
            customer_id: row.customer_id.into(),
            number: row.number,
            kind: named::<InvoiceKind>(&row.kind)?,
            issue_date: date(&row.issue_date)?,
            due_date: date(&row.due_date)?,
            total: Money::from_minor(row.total, currency),
            balance: Money::from_minor(row.balance, currency),
            status: row.status.parse().map_err(|_| broken("invoice status"))?,
            terms: row.terms.map(|terms| terms.parse().map_err(|_| broken("terms"))).transpose()?,
            memo: row.memo,
            entries: row
                .entries
                .unwrap_or_default()
                .into_iter()
                .map(|entry| {
                    Ok(InvoiceEntry {
                        kind: named(&entry.kind)?,
                        on: date(&entry.on)?,
                        amount: Money::from_minor(entry.amount, currency),
                        reason: entry.reason,
                    })
                })
                .collect::<Result<_>>()?,
            reopened_on: row.reopened_on.as_deref().map(date).transpose()?,
            announced_overdue: row.announced_overdue.as_deref().map(date).transpose()?,
            import_id: row.import_id.map(Into::into),
            version: row.version,
            created_at: row.created_at,
            updated_at: row.updated_at,
        })
    }
}

#[derive(Clone, Debug, PartialEq, SurrealValue)]
pub(crate) struct AllocationRow {
    pub invoice_id: String,
    pub amount: i64,
}

#[derive(Clone, Debug, PartialEq, SurrealValue)]
pub(crate) struct PaymentEntryRow {
    pub kind: String,
    pub on: String,
    pub invoice_id: Option<String>,
    pub amount: i64,
    pub reason: Option<String>,
}

#[derive(Clone, Debug, PartialEq, SurrealValue)]
pub(crate) struct PaymentRow {
    pub id: RecordId,
    pub customer_id: String,
    pub currency: String,
    pub amount: i64,
    pub amount_face: i64,
    pub refunded: i64,
    pub status: String,
    pub method: String,
    pub source: String,
    pub reference: Option<String>,
    pub received_on: String,
    pub unapplied: i64,
    pub allocations: Vec<AllocationRow>,
    pub entries: Option<Vec<PaymentEntryRow>>,
    pub reversal: Option<String>,
    pub failure: Option<String>,
    /// What the mock gateway is to answer, and why it is to decline.
    pub simulated: Option<String>,
    pub decline_code: Option<String>,
    /// When the gateway's answer is due.
    pub simulated_due_at: Option<DateTime<Utc>>,
    pub import_id: Option<String>,
    pub version: i64,
    pub created_at: DateTime<Utc>,
    pub updated_at: DateTime<Utc>,
    pub created_us: i64,
}

impl From<&Payment> for PaymentRow {
    fn from(payment: &Payment) -> Self {
        Self {
            id: record("payment", payment.id.as_str()),
            customer_id: payment.customer_id.as_str().to_owned(),
            currency: payment.amount.currency().to_string(),
            amount: payment.amount.minor(),
            amount_face: payment.amount.face_value(),
            refunded: payment.refunded.minor(),
            status: payment.status.as_str().to_owned(),
            method: payment.method.as_str().to_owned(),
            source: name(&payment.source),
            reference: payment.reference.clone(),
            received_on: payment.received_on.to_string(),
            unapplied: payment.unapplied.minor(),
            allocations: payment
                .allocations
                .iter()
                .map(|a| AllocationRow {
                    invoice_id: a.invoice_id.as_str().to_owned(),
                    amount: a.amount.minor(),
                })
                .collect(),
            entries: (!payment.entries.is_empty()).then(|| {
                let row = |entry: &PaymentEntry| PaymentEntryRow {
                    kind: name(&entry.kind),
                    on: entry.on.to_string(),
                    invoice_id: entry.invoice_id.clone().map(String::from),
                    amount: entry.amount.minor(),
                    reason: entry.reason.clone(),
                };
                payment.entries.iter().map(row).collect()
            }),
            reversal: payment.reversal.map(|kind| kind.as_str().to_owned()),
            failure: payment.failure.clone(),
            simulated: payment.awaited.as_ref().and_then(|a| Some(a.outcome?.as_str().to_owned())),
            decline_code: payment.awaited.as_ref().and_then(|a| Some(a.decline_code?.as_str().to_owned())),
            simulated_due_at: payment.awaited.as_ref().map(|a| a.due_at),
            import_id: payment.import_id.clone().map(String::from),
            version: payment.version,
            created_at: payment.created_at,
            updated_at: payment.updated_at,
            created_us: payment.created_at.timestamp_micros(),
        }
    }
}

impl TryFrom<PaymentRow> for Payment {
    type Error = Error;

    fn try_from(row: PaymentRow) -> Result<Self> {
        let currency = currency(&row.currency)?;
        let money = |minor| Money::from_minor(minor, currency);
        Ok(Self {
            id: key(row.id).into(),
            customer_id: row.customer_id.into(),
            amount: money(row.amount),
            refunded: money(row.refunded),
            status: row.status.parse().map_err(|_| broken("payment status"))?,
            method: row.method.parse::<PaymentMethod>().map_err(|_| broken("payment method"))?,
            source: named::<PaymentSource>(&row.source)?,
            reference: row.reference,
            received_on: date(&row.received_on)?,
            unapplied: money(row.unapplied),
            allocations: row
                .allocations
                .into_iter()
                .map(|a| Allocation { invoice_id: a.invoice_id.into(), amount: money(a.amount) })
                .collect(),
            entries: row
                .entries
                .unwrap_or_default()
                .into_iter()
                .map(|entry| {
                    Ok(PaymentEntry {
                        kind: named(&entry.kind)?,
                        on: date(&entry.on)?,
                        invoice_id: entry.invoice_id.map(Into::into),
                        amount: money(entry.amount),
                        reason: entry.reason,
                    })
                })
                .collect::<Result<_>>()?,
            reversal: row.reversal.map(|kind| kind.parse().map_err(|_| broken("reversal"))).transpose()?,
            failure: row.failure,
            awaited: match row.simulated_due_at {
                Some(due_at) => Some(Awaited {
                    outcome: row
                        .simulated
                        .map(|text| text.parse().map_err(|_| broken("outcome")))
                        .transpose()?,
                    decline_code: row
                        .decline_code
                        .map(|text| text.parse().map_err(|_| broken("decline code")))
                        .transpose()?,
                    due_at,
                }),
                None => None,
            },
            import_id: row.import_id.map(Into::into),
            version: row.version,
            created_at: row.created_at,
            updated_at: row.updated_at,
        })
    }
}

#[derive(Clone, Debug, SurrealValue)]
pub(crate) struct EventRow {
    pub id: RecordId,
    pub seq: i64,
    pub at: DateTime<Utc>,
    pub actor_id: String,
    pub actor_name: String,
    pub request_id: Option<String>,
    pub kind: String,
    pub subject_type: String,
    pub subject_id: String,
    /// The customer it concerns, for timelines.
    pub customer_id: Option<String>,
    /// JSON text: kept as it was hashed, and read far more often than searched.
    pub data: String,
    pub salt: String,
    pub prev_hash: String,
    pub hash: String,
}

impl EventRow {
    /// What readers get of it.
    pub(crate) fn data(&self) -> Result<serde_json::Value> {
        let mut data = serde_json::from_str(&self.data).map_err(Error::internal)?;
        if self.data.contains(crate::chain::ERASED) {
            crate::chain::readable(&mut data);
        }
        Ok(data)
    }
}

impl TryFrom<EventRow> for Event {
    type Error = Error;

    fn try_from(row: EventRow) -> Result<Self> {
        let data = row.data()?;
        Ok(Self {
            seq: row.seq,
            at: row.at,
            actor: domain::event::ActorRef { id: row.actor_id, name: row.actor_name },
            request_id: row.request_id,
            kind: row.kind.parse().map_err(|_| broken("event kind"))?,
            subject: domain::Subject { kind: row.subject_type, id: row.subject_id },
            data,
            prev_hash: row.prev_hash,
            hash: row.hash,
        })
    }
}

/// A user with what must never leave the ledger.
#[derive(Clone, Debug, PartialEq, SurrealValue)]
pub(crate) struct UserRow {
    pub id: RecordId,
    pub name: String,
    pub email: String,
    pub role: String,
    pub active: bool,
    pub password_hash: String,
    pub version: i64,
    pub created_at: DateTime<Utc>,
    pub updated_at: DateTime<Utc>,
}

impl UserRow {
    pub(crate) fn user(&self) -> Result<User> {
        Ok(User {
            id: key(self.id.clone()).into(),
            name: self.name.clone(),
            email: self.email.clone(),
            role: self.role.parse().map_err(|_| broken("role"))?,
            active: self.active,
            invited: self.password_hash.is_empty(),
            version: self.version,
        })
    }
}

/// An API token. Its record outlives it.
#[derive(Clone, Debug, SurrealValue)]
pub(crate) struct TokenRow {
    pub id: RecordId,
    pub name: String,
    pub role: String,
    /// SHA-256 of the token.
    pub token_hash: String,
    /// The name of the admin who made it.
    pub created_by: String,
    pub created_at: DateTime<Utc>,
    pub expires_at: DateTime<Utc>,
    pub last_used_at: Option<DateTime<Utc>>,
    pub revoked_at: Option<DateTime<Utc>>,
}

impl TokenRow {
    pub(crate) fn token(&self) -> Result<ApiToken> {
        Ok(ApiToken {
            id: key(self.id.clone()),
            name: self.name.clone(),
            role: self.role.parse().map_err(|_| broken("role"))?,
            created_by: self.created_by.clone(),
            created_at: self.created_at,
            expires_at: self.expires_at,
            last_used_at: self.last_used_at,
        })
    }
}

/// An invitation or a link to a new password; the key of its record is the hash of its secret.
#[derive(Clone, Debug, SurrealValue)]
pub(crate) struct LinkRow {
    pub id: RecordId,
    pub user_id: String,
    pub expires_at: DateTime<Utc>,
}

/// A second factor; its key is the user's.
#[derive(Clone, Debug, SurrealValue)]
pub(crate) struct FactorRow {
    pub id: RecordId,
    /// The secret of the authenticator app, sealed.
    pub secret: Bytes,
    /// Whether a code of the app was seen.
    pub confirmed: bool,
    /// The time step of the last code that was taken.
    pub last_step: i64,
    /// SHA-256 of the recovery codes that are left.
    pub recovery: Vec<String>,
}

/// How often something was tried, until when it counts.
#[derive(Clone, Debug, SurrealValue)]
pub(crate) struct AttemptRow {
    pub count: i64,
    pub ends_at: DateTime<Utc>,
}

#[derive(Clone, Debug, SurrealValue)]
pub(crate) struct EmailRow {
    pub id: RecordId,
    pub user_id: String,
}

#[derive(Clone, Debug, SurrealValue)]
pub(crate) struct SessionRow {
    pub id: RecordId,
    pub user_id: String,
    pub device: String,
    /// SHA-256 of the refresh token that is good now.
    pub token_hash: String,
    /// Of the one before: its second use is a race or a lost answer until the current one was used, after that a theft.
    pub previous_hash: Option<String>,
    pub rotated_at: DateTime<Utc>,
    /// Whether an access token that came with the current refresh token was used: both arrived. Absent before 0008.
    pub arrived: Option<bool>,
    pub created_at: DateTime<Utc>,
    pub last_used_at: DateTime<Utc>,
    pub expires_at: DateTime<Utc>,
}

#[derive(Clone, Debug, SurrealValue)]
pub(crate) struct IdempotencyRow {
    pub id: RecordId,
    pub fingerprint: String,
    /// The first answer, as JSON text.
    pub answer: String,
    pub at: DateTime<Utc>,
}

#[derive(Clone, Debug, PartialEq, SurrealValue)]
pub(crate) struct ImportRow {
    pub id: RecordId,
    pub kind: String,
    pub file_name: String,
    pub file_hash: String,
    pub sheet: String,
    pub sheets: Vec<String>,
    pub state: String,
    pub mode: String,
    pub commit: String,
    pub rows: i64,
    pub valid: i64,
    pub invalid: i64,
    pub created: i64,
    pub updated: i64,
    pub skipped: i64,
    pub error_cells: i64,
    /// Wire JSON of `Vec<ErrorGroup>`.
    pub groups: String,
    /// Wire JSON of `PreviewCounts`.
    pub preview: Option<String>,
    pub failure: Option<String>,
    /// Wire JSON of `Vec<Money>`.
    pub totals: String,
    /// Wire JSON of the header → field pairs.
    pub mapping: String,
    /// JSON of what the user said of columns: key → field or nothing.
    pub corrections: String,
    /// Wire JSON of `Options`.
    pub options: String,
    /// The name of the saved mapping that was applied.
    pub saved_mapping: Option<String>,
    /// Chunks that wait in `import_chunk`.
    pub chunks: i64,
    /// How many of them are saved.
    pub done_chunks: i64,
    /// Rows checked or saved so far.
    pub done: i64,
    /// Since when.
    pub started_at: Option<DateTime<Utc>>,
    /// Chunks that are still to be taken back, while an undoing runs.
    pub undo_chunks: Option<i64>,
    pub created_by: String,
    pub created_by_name: String,
    pub created_at: DateTime<Utc>,
    pub updated_at: DateTime<Utc>,
    /// Counts changes: who writes a row that another wrote since has to look again.
    pub revision: i64,
}

impl ImportRow {
    pub(crate) fn import_id(&self) -> ImportId {
        key(self.id.clone()).into()
    }

    pub(crate) fn is(&self, state: ImportState) -> bool {
        self.state == name(&state)
    }

    pub(crate) fn state(&self) -> Result<ImportState> {
        named(&self.state)
    }

    pub(crate) fn kind(&self) -> Result<Kind> {
        named(&self.kind)
    }

    pub(crate) fn mode(&self) -> Result<Mode> {
        named(&self.mode)
    }

    /// How far it is, while it does something.
    pub(crate) fn progress(&self) -> Option<Progress> {
        let works = matches!(self.state.as_str(), "mapped" | "committing") || self.undo_chunks.is_some();
        let since = self.started_at.filter(|_| works)?;
        Some(Progress::of(self.done, self.rows, (self.updated_at - since).num_milliseconds()))
    }

    fn undo(&self) -> UndoState {
        match self.state.as_str() {
            "undone" => UndoState::Undone,
            "completed" | "completed_with_errors" | "failed" | "canceled"
                if self.created + self.updated > 0 && self.done_chunks > 0 && self.undo_chunks.is_none() =>
            {
                UndoState::Possible
            }
            _ => UndoState::Nothing,
        }
    }
}

impl TryFrom<ImportRow> for Import {
    type Error = Error;

    fn try_from(row: ImportRow) -> Result<Self> {
        let id = row.import_id();
        Ok(Self {
            errors_url: (row.error_cells > 0).then(|| format!("/api/v1/imports/{id}/errors")),
            id,
            kind: row.kind()?,
            state: row.state()?,
            mode: row.mode()?,
            commit: named(&row.commit)?,
            progress: row.progress(),
            undo: row.undo(),
            preview: row.preview.as_deref().map(json).transpose()?,
            totals: json(&row.totals)?,
            mapping: json(&row.mapping)?,
            file_name: row.file_name,
            file_hash: row.file_hash,
            sheet: row.sheet,
            sheets: row.sheets,
            rows: row.rows,
            valid: row.valid,
            invalid: row.invalid,
            created: row.created,
            updated: row.updated,
            skipped: row.skipped,
            failure: row.failure,
            created_by: row.created_by.into(),
            created_by_name: Some(row.created_by_name).filter(|name| !name.is_empty()),
            created_at: row.created_at,
            updated_at: row.updated_at,
        })
    }
}

/// A value kept as JSON text.
pub(crate) fn json<T: DeserializeOwned>(text: &str) -> Result<T> {
    serde_json::from_str(text).map_err(Error::internal)
}

/// The JSON text of a value.
pub(crate) fn json_text<T: Serialize>(value: &T) -> Result<String> {
    serde_json::to_string(value).map_err(Error::internal)
}

/// The stored name of an import state.
pub(crate) fn state_name(state: ImportState) -> String {
    name(&state)
}

/// The stored name of any of an import's words.
pub(crate) fn word<T: Serialize>(value: &T) -> String {
    name(value)
}

/// What whole columns say, and what stands above the header.
#[derive(Clone, Debug, SurrealValue)]
pub(crate) struct ImportSurveyRow {
    pub id: RecordId,
    /// JSON of `Survey`.
    pub survey: String,
    /// The header row and those above it, as chunks are written.
    pub head: String,
}

/// Cells of rows that one transaction saves, or something that is said of each of them.
#[derive(Clone, Debug, SurrealValue)]
pub(crate) struct ImportChunkRow {
    pub id: RecordId,
    pub text: String,
}

/// A piece of the file.
#[derive(Clone, Debug, SurrealValue)]
pub(crate) struct ImportPartRow {
    pub id: RecordId,
    pub bytes: surrealdb::types::Bytes,
}

/// What the rows of a chunk did.
#[derive(Clone, Debug, SurrealValue)]
pub(crate) struct ImportResultRow {
    pub id: RecordId,
    /// JSON of what each row did.
    pub text: String,
    /// The same in short, a letter for each row, as the check has them.
    pub outcomes: String,
    /// Whom they touched.
    pub customers: Vec<String>,
}

#[derive(Clone, Debug, SurrealValue)]
pub(crate) struct ImportMappingRow {
    pub id: RecordId,
    pub name: String,
    pub kind: String,
    pub signature: String,
    /// JSON of column key and field pairs.
    pub columns: String,
    /// Wire JSON of `Options`.
    pub options: String,
    pub created_by: String,
    pub created_at: DateTime<Utc>,
}

impl TryFrom<ImportMappingRow> for SavedMapping {
    type Error = Error;

    fn try_from(row: ImportMappingRow) -> Result<Self> {
        Ok(Self {
            id: key(row.id),
            name: row.name,
            kind: named(&row.kind)?,
            signature: row.signature,
            columns: json(&row.columns)?,
            options: json(&row.options)?,
            created_by: row.created_by.into(),
            created_at: row.created_at,
        })
    }
}

#[derive(Clone, Debug, SurrealValue)]
pub(crate) struct ImportErrorRow {
    pub id: RecordId,
    pub sheet: String,
    pub row: i64,
    pub column: String,
    pub value: String,
    pub code: String,
    pub message: String,
    pub warning: bool,
}

impl From<ImportErrorRow> for ImportError {
    fn from(row: ImportErrorRow) -> Self {
        Self {
            sheet: row.sheet,
            row: row.row,
            column: row.column,
            value: row.value,
            code: row.code,
            message: row.message,
            warning: row.warning,
        }
    }
}

#[derive(Clone, Debug, Default, SurrealValue)]
pub(crate) struct NotificationStateRow {
    /// Grows with every change of the row.
    pub version: i64,
    /// Everything up to this event is read.
    pub all_before: i64,
    /// Single events after it that are read, in order.
    pub read: Vec<i64>,
    /// How they want to be told, by kind; what they never chose is absent.
    pub preferences: BTreeMap<String, String>,
}
