//! What stands in the columns of each file.

use std::collections::{HashMap, VecDeque};

use chrono::NaiveDate;
use domain::ageing::{Ageing, AgeingRow, Bucket};
use domain::dashboard::{CurrencyFigures, Dashboard, InvoiceFigure, RECEIVED_DAYS, SOON_DAYS};
use domain::invoice::InvoiceView;
use domain::sheet::Field;
use domain::{Customer, InvoiceKind, Money, Payment};
use futures::StreamExt;

use super::file::Cell;
use super::{Row, Rows};
use crate::Result;
use crate::store::{Keyset, Selection, Snapshot, Title};

/// Rows read at once.
const PART: usize = 1_000;
/// Ids read at once.
const KEYS: u32 = 20_000;

/// What a file is called, and its columns.
pub(super) struct Table {
    /// In the file's name.
    pub slug: &'static str,
    /// Of the workbook's sheet.
    pub title: &'static str,
    pub columns: Vec<Column>,
}

/// A column.
pub(super) struct Column {
    pub title: String,
    /// In characters.
    pub width: f64,
}

fn column(title: impl Into<String>, width: f64) -> Column {
    Column { title: title.into(), width }
}

fn columns(given: &[(&str, f64)]) -> Vec<Column> {
    given.iter().map(|(title, width)| column(*title, *width)).collect()
}

/// A list that the books hold.
pub(super) enum List {
    Customers {
        /// Names of users by id.
        owners: HashMap<String, String>,
    },
    Invoices {
        /// The business date, which says what is overdue.
        today: NaiveDate,
    },
    Payments,
}

impl List {
    pub(super) fn table(&self) -> Table {
        match self {
            List::Customers { .. } => Table {
                slug: "customers",
                title: "Customers",
                // The first ones go by the names that an import knows, so that the file can be imported again.
                columns: columns(&[
                    (Field::Reference.label(), 14.0),
                    (Field::Name.label(), 28.0),
                    (Field::Email.label(), 28.0),
                    (Field::Phone.label(), 18.0),
                    (Field::Address.label(), 34.0),
                    (Field::Currency.label(), 10.0),
                    (Field::Outstanding.label(), 20.0),
                    (Field::DueDate.label(), 12.0),
                    (Field::Status.label(), 16.0),
                    (Field::Tags.label(), 20.0),
                    (Field::Notes.label(), 34.0),
                    ("Overdue", 16.0),
                    ("Unapplied", 16.0),
                    ("Open invoices", 14.0),
                    ("Credit limit", 16.0),
                    ("Owner", 20.0),
                    ("Archived (UTC)", 17.0),
                    ("Created (UTC)", 17.0),
                    ("Updated (UTC)", 17.0),
                ]),
            },
            List::Invoices { .. } => Table {
                slug: "invoices",
                title: "Invoices",
                columns: columns(&[
                    ("Invoice number", 16.0),
                    ("Customer reference", 18.0),
                    ("Customer", 28.0),
                    ("Kind", 16.0),
                    ("Issue date", 12.0),
                    ("Due date", 12.0),
                    ("Currency", 10.0),
                    ("Total", 16.0),
                    ("Balance", 16.0),
                    ("Status", 12.0),
                    ("Days past due", 14.0),
                    ("Terms", 18.0),
                    ("Memo", 34.0),
                    ("Entered (UTC)", 17.0),
                ]),
            },
            List::Payments => Table {
                slug: "payments",
                title: "Payments",
                columns: columns(&[
                    ("Received on", 12.0),
                    ("Customer reference", 18.0),
                    ("Customer", 28.0),
                    ("Currency", 10.0),
                    ("Amount", 16.0),
                    ("Refunded", 16.0),
                    ("Unapplied", 16.0),
                    ("Status", 16.0),
                    ("Method", 14.0),
                    ("Payment reference", 22.0),
                    ("Source", 12.0),
                    ("Reason", 28.0),
                    ("Entered (UTC)", 17.0),
                ]),
            },
        }
    }

    /// The selected rows, read in parts as they are taken.
    pub(super) fn rows(self, snapshot: Snapshot, selection: Selection) -> Rows {
        let reading = Reading { list: self, snapshot, selection, ids: VecDeque::new(), next: Next::First };
        futures::stream::try_unfold(reading, Reading::part).boxed()
    }

    async fn read(&self, snapshot: &Snapshot, ids: &[String]) -> Result<Vec<Row>> {
        match self {
            List::Customers { owners } => {
                let customers = snapshot.customers(ids).await?;
                Ok(customers.into_iter().map(|customer| customer_row(customer, owners)).collect())
            }
            List::Invoices { today } => {
                let invoices = snapshot.invoices(ids).await?;
                let of = invoices.iter().map(|invoice| invoice.customer_id.as_str());
                let titles = Titles(snapshot.titles(of).await?);
                let row = |invoice: domain::Invoice| {
                    let title = titles.of(invoice.customer_id.as_str());
                    invoice_row(invoice.view(*today), title)
                };
                Ok(invoices.into_iter().map(row).collect())
            }
            List::Payments => {
                let payments = snapshot.payments(ids).await?;
                let of = payments.iter().map(|payment| payment.customer_id.as_str());
                let titles = Titles(snapshot.titles(of).await?);
                let row = |payment: Payment| {
                    let title = titles.of(payment.customer_id.as_str());
                    payment_row(payment, title)
                };
                Ok(payments.into_iter().map(row).collect())
            }
        }
    }
}

/// What customers are called, by id.
struct Titles(HashMap<String, Title>);

impl Titles {
    fn of(&self, customer: &str) -> Title {
        self.0.get(customer).cloned().unwrap_or_default()
    }
}

/// A list that is being read.
struct Reading {
    list: List,
    snapshot: Snapshot,
    selection: Selection,
    /// Of rows that are still to be read.
    ids: VecDeque<String>,
    next: Next,
}

/// Where more ids are.
enum Next {
    First,
    After(Keyset),
    Nowhere,
}

impl Reading {
    async fn part(mut self) -> Result<Option<(Vec<Row>, Self)>> {
        if self.ids.is_empty() {
            let after = match &self.next {
                Next::First => None,
                Next::After(keyset) => Some(keyset),
                Next::Nowhere => return Ok(None),
            };
            let keys = self.snapshot.keys(&self.selection, KEYS, after).await?;
            self.ids = keys.ids.into();
            self.next = keys.next.map_or(Next::Nowhere, Next::After);
        }
        let ids: Vec<String> = self.ids.drain(..self.ids.len().min(PART)).collect();
        let rows = if ids.is_empty() { Vec::new() } else { self.list.read(&self.snapshot, &ids).await? };
        Ok(Some((rows, self)))
    }
}

fn customer_row(customer: Customer, owners: &HashMap<String, String>) -> Row {
    let owner = customer.owner.map(|owner| match owners.get(owner.as_str()) {
        Some(name) => name.clone(),
        None => owner.to_string(),
    });
    vec![
        Cell::Text(customer.reference),
        Cell::Text(customer.name),
        Cell::maybe(customer.email, Cell::Text),
        Cell::maybe(customer.phone, Cell::Text),
        Cell::maybe(customer.address, Cell::Text),
        Cell::text(customer.currency.code()),
        Cell::Money(customer.outstanding),
        Cell::maybe(customer.next_due_date, Cell::Date),
        Cell::text(customer.status.label()),
        Cell::Text(customer.tags.join(", ")),
        Cell::maybe(customer.notes, Cell::Text),
        Cell::Money(customer.overdue),
        Cell::Money(customer.unapplied),
        Cell::Count(customer.open_invoices),
        Cell::maybe(customer.credit_limit, Cell::Money),
        Cell::maybe(owner, Cell::Text),
        Cell::maybe(customer.archived_at, Cell::Instant),
        Cell::Instant(customer.created_at),
        Cell::Instant(customer.updated_at),
    ]
}

fn invoice_row(view: InvoiceView, of: Title) -> Row {
    let status = view.label();
    let invoice = view.invoice;
    let kind = match invoice.kind {
        InvoiceKind::Invoice => "Invoice",
        InvoiceKind::OpeningBalance => "Opening balance",
    };
    vec![
        Cell::Text(invoice.number),
        Cell::Text(of.reference),
        Cell::Text(of.name),
        Cell::text(kind),
        Cell::Date(invoice.issue_date),
        Cell::Date(invoice.due_date),
        Cell::text(invoice.total.currency().code()),
        Cell::Money(invoice.total),
        Cell::Money(invoice.balance),
        Cell::text(status),
        Cell::Count(view.days_past_due),
        Cell::maybe(invoice.terms, |terms| Cell::Text(terms.label())),
        Cell::maybe(invoice.memo, Cell::Text),
        Cell::Instant(invoice.created_at),
    ]
}

fn payment_row(payment: Payment, of: Title) -> Row {
    vec![
        Cell::Date(payment.received_on),
        Cell::Text(of.reference),
        Cell::Text(of.name),
        Cell::text(payment.amount.currency().code()),
        Cell::Money(payment.amount),
        Cell::Money(payment.refunded),
        Cell::Money(payment.unapplied),
        Cell::text(payment.status.label()),
        Cell::text(payment.method.label()),
        Cell::maybe(payment.reference, Cell::Text),
        Cell::text(payment.source.label()),
        Cell::maybe(payment.failure, Cell::Text),
        Cell::Instant(payment.created_at),
    ]
}

/// The columns of an ageing report: a column for each of its buckets.
pub(super) fn of_ageing(report: &Ageing, by_customer: bool) -> Table {
    let mut columns = columns(&[("As of", 12.0)]);
    if by_customer {
        columns.extend([column("Customer reference", 18.0), column("Customer", 28.0)]);
    }
    columns.push(column("Currency", 10.0));
    columns.extend(report.buckets.iter().map(|bucket| column(late(bucket), 16.0)));
    columns.extend([column("Outstanding", 16.0), column("Invoices", 10.0), column("Unapplied", 16.0)]);
    Table { slug: "ageing", title: "Ageing", columns }
}

fn late(bucket: &Bucket) -> String {
    match bucket.from {
        None => bucket.label(),
        Some(_) => format!("{} days late", bucket.label()),
    }
}

/// The rows of an ageing report. What customers are called in the books is read as they are taken.
pub(super) fn ageing_rows(snapshot: Snapshot, report: Ageing, by_customer: bool) -> Rows {
    let Ageing { as_of, buckets, data, .. } = report;
    futures::stream::try_unfold((snapshot, data.into_iter()), move |(snapshot, mut data)| {
        let buckets = buckets.clone();
        async move {
            let part: Vec<AgeingRow> = data.by_ref().take(PART).collect();
            if part.is_empty() {
                return Ok(None);
            }
            let mut titles = Titles(HashMap::new());
            if by_customer {
                let of = part.iter().filter_map(|row| row.customer_id.as_ref()).map(|id| id.as_str());
                titles.0 = snapshot.titles(of).await?;
            }
            let row = |row: AgeingRow| {
                let of = row.customer_id.as_ref().filter(|_| by_customer).map(|id| titles.of(id.as_str()));
                ageing_row(row, as_of, &buckets, of)
            };
            let rows = part.into_iter().map(row).collect();
            Ok(Some((rows, (snapshot, data))))
        }
    })
    .boxed()
}

fn ageing_row(row: AgeingRow, as_of: NaiveDate, buckets: &[Bucket], of: Option<Title>) -> Row {
    let none = Money::zero(row.currency);
    let mut cells = vec![Cell::Date(as_of)];
    if let Some(of) = of {
        // Who was taken out of the books since is still named.
        let name = row.name.unwrap_or(of.name);
        cells.extend([Cell::Text(of.reference), Cell::Text(name)]);
    }
    cells.push(Cell::text(row.currency.code()));
    cells.extend(
        buckets.iter().map(|bucket| Cell::Money(row.amounts.get(&bucket.key).copied().unwrap_or(none))),
    );
    cells.extend([
        Cell::Money(row.outstanding),
        Cell::Count(row.counts.values().sum()),
        Cell::Money(row.unapplied),
    ]);
    cells
}

/// The columns of the dashboard.
pub(super) fn of_dashboard() -> Table {
    let columns =
        columns(&[("Currency", 10.0), ("Figure", 30.0), ("Date", 12.0), ("Amount", 16.0), ("Count", 10.0)]);
    Table { slug: "dashboard", title: "Dashboard", columns }
}

/// A row for each figure: pivot tables and formulas find it by its name.
pub(super) fn dashboard_rows(dashboard: &Dashboard) -> Vec<Row> {
    let rows = |figures| currency_rows(figures, &dashboard.buckets, dashboard.business_date);
    dashboard.currencies.iter().flat_map(rows).collect()
}

fn currency_rows(figures: &CurrencyFigures, buckets: &[Bucket], today: NaiveDate) -> Vec<Row> {
    let currency = figures.currency;
    let row = |name: String, date: NaiveDate, amount: Option<Money>, count: Option<i64>| {
        vec![
            Cell::text(currency.code()),
            Cell::Text(name),
            Cell::Date(date),
            Cell::maybe(amount, Cell::Money),
            Cell::maybe(count, Cell::Count),
        ]
    };
    let invoices =
        |name: String, figure: InvoiceFigure| row(name, today, Some(figure.amount), Some(figure.invoices));
    let mut rows = vec![
        invoices("Outstanding".to_owned(), figures.outstanding),
        invoices("Overdue".to_owned(), figures.overdue),
        invoices(format!("Due within {SOON_DAYS} days"), figures.due_soon),
    ];
    rows.extend(buckets.iter().map(|bucket| {
        let (amount, count) =
            (figures.ageing.amounts.get(&bucket.key), figures.ageing.counts.get(&bucket.key));
        row(late(bucket), today, amount.copied(), count.copied())
    }));
    rows.push(row("Unapplied".to_owned(), today, Some(figures.ageing.unapplied), None));
    for (name, count) in [
        ("Customers overdue", figures.customers.overdue),
        ("Customers pending", figures.customers.pending),
        ("Customers paid", figures.customers.paid),
    ] {
        rows.push(row(name.to_owned(), today, None, Some(count)));
    }
    let received = format!("Received in {RECEIVED_DAYS} days");
    rows.push(row(received, today, Some(figures.received_total), None));
    rows.extend(
        figures
            .received
            .iter()
            .map(|day| row("Received".to_owned(), day.date, Some(day.amount), Some(day.payments))),
    );
    rows
}
