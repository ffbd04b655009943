//! Proof: every derived figure recomputed from the rows and again from the events.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use domain::event::ActorRef;
use domain::{Customer, CustomerStatus, EventKind, Invoice, InvoiceStatus, Payment, Subject};
use serde_json::{Map, Value};

use crate::chain::{GENESIS, Link};
use crate::store::key;
use crate::store::rows::EventRow;
use crate::summary::{SummaryKey, Tallies};
use crate::{Ledger, Result};

/// One thing that is not as it must be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Difference {
    /// What it is about, with its id.
    pub subject: String,
    /// What is wrong.
    pub message: String,
}

/// What `verify` counted and found.
#[derive(Clone, Debug, Default)]
pub struct Report {
    /// Events read.
    pub events: i64,
    /// Customers read.
    pub customers: i64,
    /// Invoices read.
    pub invoices: i64,
    /// Payments read.
    pub payments: i64,
    /// Everything that is wrong.
    pub differences: Vec<Difference>,
}

impl Report {
    fn differ(&mut self, subject: impl Into<String>, message: impl Into<String>) {
        self.differences.push(Difference { subject: subject.into(), message: message.into() });
    }
}

/// Rows as the events say they are, by kind and id.
type Replayed = HashMap<(String, String), Map<String, Value>>;

const READ: u32 = 500;

impl Ledger {
    /// Recomputes every derived figure from the rows and from the events and says what differs. Run it while nothing
    /// writes: a change between reading the events and the rows would look like a difference.
    pub async fn verify(&self) -> Result<Report> {
        let mut report = Report::default();
        let mut replayed = self.replay(&mut report).await?;
        let customers = self.store().all_customers().await?;
        let invoices = self.store().all_invoices().await?;
        let payments = self.store().all_payments().await?;
        report.customers = customers.len() as i64;
        report.invoices = invoices.len() as i64;
        report.payments = payments.len() as i64;
        for customer in &customers {
            compare(&mut report, &mut replayed, "customer", customer.id.as_str(), customer);
        }
        for invoice in &invoices {
            compare(&mut report, &mut replayed, "invoice", invoice.id.as_str(), invoice);
        }
        for payment in &payments {
            compare(&mut report, &mut replayed, "payment", payment.id.as_str(), payment);
        }
        for (kind, id) in replayed.into_keys().filter(|(kind, _)| kind != "user") {
            report.differ(format!("{kind} {id}"), "the events have it, the rows don't");
        }
        self.recompute(&mut report, &customers, &invoices, &payments);
        let mut totals = Tallies::default();
        customers.iter().for_each(|customer| totals.customer(customer, 1));
        invoices.iter().for_each(|invoice| totals.invoice(invoice, 1));
        payments.iter().for_each(|payment| totals.payment(payment, 1));
        compare_totals(&mut report, &totals, &self.store().all_summaries().await?);
        for row in self.store().strays().await? {
            let table = row.table.to_string();
            report.differ(
                format!("{table} {}", key(row)),
                "can't be found by what it says: a column says another thing",
            );
        }
        report.differences.sort_by(|a, b| (&a.subject, &a.message).cmp(&(&b.subject, &b.message)));
        Ok(report)
    }

    /// Walks the log: `seq` without gaps, each hash over its event and the hash before, and the rows it says there are.
    async fn replay(&self, report: &mut Report) -> Result<Replayed> {
        let head = self.store().head().await?;
        let mut replayed = Replayed::new();
        let mut last = 0;
        let mut hash = GENESIS.to_owned();
        loop {
            let rows = self.store().event_rows(last, READ).await?;
            if rows.is_empty() {
                // A gap at the end of a read looks like the end of the log: look once beyond it.
                match self.store().next_event(last).await? {
                    Some(next) => {
                        report.differ(
                            format!("event {}", last + 1),
                            format!("missing: the log goes on at {next}"),
                        );
                        last = next - 1;
                        continue;
                    }
                    None => break,
                }
            }
            for row in rows {
                check_link(report, &row, last + 1, &hash);
                last = row.seq;
                hash.clone_from(&row.hash);
                report.events += 1;
                match serde_json::from_str::<Value>(&row.data) {
                    Ok(data) => apply(&mut replayed, &data),
                    Err(error) => {
                        report.differ(format!("event {}", row.seq), format!("data can't be read: {error}"))
                    }
                }
            }
        }
        if head.seq != last {
            report.differ("head", format!("seq is {}, the last event is {last}", head.seq));
        }
        if head.hash != hash {
            report.differ("head", "hash is not that of the last event");
        }
        Ok(replayed)
    }

    fn recompute(
        &self,
        report: &mut Report,
        customers: &[Customer],
        invoices: &[Invoice],
        payments: &[Payment],
    ) {
        let today = self.business_date();
        let by_invoice: HashMap<&str, &Invoice> =
            invoices.iter().map(|invoice| (invoice.id.as_str(), invoice)).collect();
        let mut allocated: HashMap<&str, i64> = HashMap::new();
        let mut unapplied: HashMap<&str, i64> = HashMap::new();
        for payment in payments {
            let subject = format!("payment {}", payment.id);
            let sum = payment.allocated_minor();
            if sum > payment.kept_minor() {
                report.differ(&subject, "allocates more than it holds");
            }
            check_facts(report, &subject, payment);
            if !payment.status.holds_money() && sum != 0 {
                report.differ(&subject, format!("is {} and allocates", payment.status));
            }
            let mut expected = payment.clone();
            expected.settle_unapplied();
            if expected.unapplied != payment.unapplied {
                report.differ(
                    &subject,
                    format!("unapplied is {}, not {}", payment.unapplied, expected.unapplied),
                );
            }
            *unapplied.entry(payment.customer_id.as_str()).or_default() += payment.unapplied.minor();
            for allocation in &payment.allocations {
                match by_invoice.get(allocation.invoice_id.as_str()) {
                    Some(invoice)
                        if invoice.customer_id == payment.customer_id
                            && invoice.total.currency() == allocation.amount.currency()
                            && payment.amount.currency() == allocation.amount.currency() => {}
                    _ => report.differ(
                        &subject,
                        format!("allocates to {}, which is not its own", allocation.invoice_id),
                    ),
                }
                *allocated.entry(allocation.invoice_id.as_str()).or_default() += allocation.amount.minor();
            }
        }
        let mut open: BTreeMap<&str, Vec<&Invoice>> = BTreeMap::new();
        for invoice in invoices {
            let subject = format!("invoice {}", invoice.id);
            // A draft asks for its total once it is issued; what is void asks for nothing.
            let asked = match invoice.status {
                InvoiceStatus::Void => 0,
                _ => invoice.total.minor() - invoice.lessened(),
            };
            let expected = asked - allocated.get(invoice.id.as_str()).copied().unwrap_or(0);
            if invoice.balance.minor() != expected || expected < 0 {
                report.differ(
                    &subject,
                    format!(
                        "balance is {}, payments, credit notes and write-offs leave {expected} minor units",
                        invoice.balance
                    ),
                );
            }
            let settled = invoice.balance.is_zero();
            let expected = match invoice.status {
                InvoiceStatus::Draft | InvoiceStatus::Void => invoice.status,
                _ if !settled => InvoiceStatus::Open,
                _ if invoice.written_off() > 0 => InvoiceStatus::Uncollectible,
                _ => InvoiceStatus::Paid,
            };
            if invoice.status != expected {
                report.differ(
                    &subject,
                    format!("is {} with a balance of {}", invoice.status.as_str(), invoice.balance),
                );
            }
            if invoice.is_open() {
                open.entry(invoice.customer_id.as_str()).or_default().push(invoice);
            }
        }
        for customer in customers {
            let subject = format!("customer {}", customer.id);
            let invoices = open.remove(customer.id.as_str()).unwrap_or_default();
            let sum = |keep: &dyn Fn(&Invoice) -> bool| -> i64 {
                invoices.iter().filter(|invoice| keep(invoice)).map(|invoice| invoice.balance.minor()).sum()
            };
            let outstanding = sum(&|_| true);
            if customer.outstanding.minor() != outstanding {
                report.differ(
                    &subject,
                    format!(
                        "outstanding is {}, its open invoices say {outstanding} minor units",
                        customer.outstanding
                    ),
                );
            }
            // Between midnight and the overdue check a row still says yesterday; what was announced is the lower bound.
            let announced = sum(&|invoice| invoice.announced_overdue == Some(invoice.due_date));
            let overdue = sum(&|invoice| invoice.is_overdue(today));
            if !(announced.min(overdue)..=announced.max(overdue)).contains(&customer.overdue.minor()) {
                report.differ(
                    &subject,
                    format!("overdue is {}, its invoices say {overdue} minor units", customer.overdue),
                );
            }
            if customer.open_invoices != invoices.len() as i64 {
                report.differ(
                    &subject,
                    format!("counts {} open invoices of {}", customer.open_invoices, invoices.len()),
                );
            }
            if customer.next_due_date != invoices.iter().map(|invoice| invoice.due_date).min() {
                report.differ(&subject, "next due date is not the earliest of its open invoices");
            }
            let status = match (customer.outstanding.minor(), customer.overdue.minor()) {
                (0, _) => CustomerStatus::Paid,
                (_, 0) => CustomerStatus::Pending,
                _ => CustomerStatus::Overdue,
            };
            if customer.status != status {
                report.differ(
                    &subject,
                    format!("is {} and should be {}", customer.status.as_str(), status.as_str()),
                );
            }
            let money = unapplied.remove(customer.id.as_str()).unwrap_or(0);
            if customer.unapplied.minor() != money {
                report.differ(
                    &subject,
                    format!("unapplied is {}, its payments say {money} minor units", customer.unapplied),
                );
            }
        }
        for id in open.into_keys().chain(unapplied.into_iter().filter(|(_, sum)| *sum != 0).map(|(id, _)| id))
        {
            report.differ(format!("customer {id}"), "has invoices or money and no row");
        }
    }
}

/// Whether a payment's dated facts lead to what it says of itself.
fn check_facts(report: &mut Report, subject: &str, payment: &Payment) {
    let end = chrono::NaiveDate::MAX;
    let held = if payment.status.holds_money() { payment.kept_minor() } else { 0 };
    if payment.held_on(end) != held {
        let facts = payment.held_on(end);
        report.differ(subject, format!("holds {held} minor units, its entries say {facts}"));
    }
    let mut allocated: BTreeMap<&domain::InvoiceId, i64> = BTreeMap::new();
    for allocation in &payment.allocations {
        *allocated.entry(&allocation.invoice_id).or_default() += allocation.amount.minor();
    }
    if payment.allocated_on(end) != allocated {
        report.differ(subject, "its entries and its allocations differ");
    }
}

/// Whether the running totals are those of the rows.
fn compare_totals(report: &mut Report, expected: &Tallies, stored: &Tallies) {
    let keys: BTreeSet<SummaryKey> = expected.iter().chain(stored.iter()).map(|(key, _)| key).collect();
    for key in keys {
        let (rows, total) = (expected.get(key), stored.get(key));
        if rows != total {
            report.differ(
                format!("summary {key}"),
                format!(
                    "counts {} with {} minor units, the rows say {} with {}",
                    total.count, total.minor, rows.count, rows.minor
                ),
            );
        }
    }
}

/// Whether rows are found by what they say, and by nothing else.
fn check_link(report: &mut Report, row: &EventRow, expected: i64, prev_hash: &str) {
    let subject = format!("event {}", row.seq);
    if row.seq != expected {
        report.differ(&subject, format!("seq {expected} is missing before it"));
    }
    if row.prev_hash != prev_hash {
        report.differ(&subject, "does not follow from the event before it");
    }
    let kind: Result<EventKind, String> = row.kind.parse();
    let (Ok(kind), Ok(data)) = (kind, serde_json::from_str::<Value>(&row.data)) else {
        report.differ(&subject, "can't be read");
        return;
    };
    let hash = Link {
        seq: row.seq,
        at: row.at,
        actor: &ActorRef { id: row.actor_id.clone(), name: row.actor_name.clone() },
        request_id: row.request_id.as_deref(),
        kind,
        subject: &Subject { kind: row.subject_type.clone(), id: row.subject_id.clone() },
        data: &data,
        salt: &row.salt,
        prev_hash: &row.prev_hash,
    }
    .hash();
    if hash != row.hash {
        report.differ(&subject, "was changed after it was written");
    }
}

/// Applies an event's `changes` to the replayed rows.
fn apply(replayed: &mut Replayed, data: &Value) {
    for change in data.get("changes").and_then(Value::as_array).into_iter().flatten() {
        let text = |field: &str| change.get(field).and_then(Value::as_str).unwrap_or_default().to_owned();
        let key = (text("type"), text("id"));
        match change.get("after") {
            Some(Value::Object(after)) => {
                let row = replayed.entry(key).or_default();
                for (field, value) in after {
                    if value.is_null() {
                        row.remove(field);
                    } else {
                        row.insert(field.clone(), value.clone());
                    }
                }
            }
            _ => {
                replayed.remove(&key);
            }
        }
    }
}

fn compare<T: serde::Serialize>(report: &mut Report, replayed: &mut Replayed, kind: &str, id: &str, row: &T) {
    let subject = format!("{kind} {id}");
    let Some(expected) = replayed.remove(&(kind.to_owned(), id.to_owned())) else {
        report.differ(subject, "the rows have it, the events don't");
        return;
    };
    let Ok(Value::Object(actual)) = serde_json::to_value(row) else {
        report.differ(subject, "can't be read");
        return;
    };
    for field in expected.keys().chain(actual.keys().filter(|field| !expected.contains_key(*field))) {
        let (says, is) = (expected.get(field), actual.get(field));
        let erased = says.is_some_and(|value| value.get("erased").is_some());
        if says != is && !erased {
            let show = |value: Option<&Value>| value.map_or_else(|| "nothing".to_owned(), Value::to_string);
            report.differ(&subject, format!("{field} is {}, the events say {}", show(is), show(says)));
        }
    }
}
