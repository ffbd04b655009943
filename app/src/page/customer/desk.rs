//! What is on a customer's screen, and how it follows what happens.

use std::time::Duration;

use chrono::NaiveDate;
use domain::invoice::InvoiceView;
use domain::{Customer, CustomerId, Event, EventKind, Invoice, InvoiceStatus, Page, Payment};
use leptos::prelude::*;
use leptos::task::spawn_local;
use leptos_router::NavigateOptions;
use leptos_router::hooks::use_navigate;
use serde::{Deserialize, Serialize};

use crate::api::Snapshot;
use crate::api::customer::{load_customer, timeline};
use crate::api::invoice::{InvoiceList, list_invoices};
use crate::api::payment::{PaymentList, list_payments};
use crate::error::Fault;
use crate::live::{CatchUp, Live, LiveStatus};
use crate::ui::Tinted;

/// Invoices read at once. Most customers have fewer, so that the payment sheet knows all that is open.
const INVOICES: u32 = 200;
/// The least time between two readings of the whole desk.
const PAUSE: Duration = Duration::from_secs(1);

/// All that the page starts with.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Loaded {
    customer: Customer,
    invoices: Page<InvoiceView>,
    payments: Page<Payment>,
    events: Page<Event>,
}

/// Reads the customer first: what is read after it can only be newer, and later events are applied to all of it.
pub(super) async fn load(id: CustomerId) -> Result<Snapshot<Loaded>, Fault> {
    let Snapshot { seq, value: customer, business_date } = load_customer(id.clone()).await?;
    let (invoices, payments, events) = futures::join!(
        list_invoices(invoices_of(&id, None, None)),
        list_payments(payments_of(&id, None)),
        timeline(id.clone(), None, None),
    );
    let value =
        Loaded { customer, invoices: invoices?.value, payments: bare(payments?.value), events: events? };
    Ok(Snapshot { seq, value, business_date })
}

fn invoices_of(id: &CustomerId, status: Option<InvoiceStatus>, cursor: Option<String>) -> InvoiceList {
    InvoiceList {
        customer_id: Some(id.clone()),
        status,
        limit: Some(INVOICES),
        cursor,
        ..InvoiceList::default()
    }
}

fn payments_of(id: &CustomerId, cursor: Option<String>) -> PaymentList {
    PaymentList {
        customer_id: Some(id.clone()),
        sort: Some("-created_at".to_owned()),
        cursor,
        ..PaymentList::default()
    }
}

fn bare(page: Page<domain::payment::PaymentView>) -> Page<Payment> {
    Page { data: page.data.into_iter().map(|view| view.payment).collect(), page: page.page }
}

/// A list of the desk: the rows read so far, how many there are, and where to go on reading.
pub(super) struct List<T: Send + Sync + 'static> {
    /// The rows read so far.
    pub rows: RwSignal<Vec<T>>,
    /// How many there are.
    pub total: RwSignal<u64>,
    /// More are there.
    pub next: RwSignal<Option<String>>,
    /// More are being read.
    pub reading: RwSignal<bool>,
}

// Derived, it would ask the rows to be Copy.
impl<T: Send + Sync> Copy for List<T> {}
impl<T: Send + Sync> Clone for List<T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T: Clone + Send + Sync + 'static> List<T> {
    fn new(page: Page<T>) -> Self {
        Self {
            rows: RwSignal::new(page.data),
            total: RwSignal::new(page.page.total),
            next: RwSignal::new(page.page.next_cursor),
            reading: RwSignal::new(false),
        }
    }

    fn replace(&self, page: Page<T>) {
        let _ = self.rows.try_set(page.data);
        let _ = self.total.try_set(page.page.total);
        let _ = self.next.try_set(page.page.next_cursor);
    }

    /// Adds a later page, without what is there already.
    fn extend(&self, page: Page<T>, same: impl Fn(&T, &T) -> bool) {
        let _ = self.rows.try_update(|rows| {
            for row in page.data {
                if !rows.iter().any(|known| same(known, &row)) {
                    rows.push(row);
                }
            }
        });
        let _ = self.total.try_set(page.page.total);
        let _ = self.next.try_set(page.page.next_cursor);
    }
}

/// What is on screen. Copy; made once for each customer that is looked at.
#[derive(Clone, Copy)]
pub(super) struct Desk {
    /// Whose.
    pub id: StoredValue<CustomerId>,
    /// The customer with its figures.
    pub customer: RwSignal<Customer>,
    /// The organisation's calendar date.
    pub today: RwSignal<NaiveDate>,
    /// By due date.
    pub invoices: List<InvoiceView>,
    /// The last entered first.
    pub payments: List<Payment>,
    /// The last first.
    pub events: List<Event>,
    /// The customer was deleted.
    pub gone: RwSignal<bool>,
    tinted: Tinted,
    seq: StoredValue<i64>,
    waiting: StoredValue<bool>,
    live: Live,
}

impl Desk {
    pub(super) fn new(loaded: Snapshot<Loaded>) -> Self {
        let Snapshot { seq, value, business_date } = loaded;
        Self {
            id: StoredValue::new(value.customer.id.clone()),
            customer: RwSignal::new(value.customer),
            today: RwSignal::new(business_date),
            invoices: List::new(value.invoices),
            payments: List::new(value.payments),
            events: List::new(value.events),
            gone: RwSignal::new(false),
            tinted: Tinted::default(),
            seq: StoredValue::new(seq),
            waiting: StoredValue::new(false),
            live: Live::expect(),
        }
    }

    /// From now on, what happens shows.
    pub(super) fn follow(self) {
        self.live.on_event(move |event| self.apply(event));
        self.live.on_resync(move || self.read_again());
        self.live.on_new_day(move || self.today.try_get_untracked(), move |today| self.begin_day(today));
        Effect::new(move |_| self.catch_up());
    }

    /// What is due and late is another today; what became overdue by it comes as events.
    fn begin_day(self, today: NaiveDate) {
        let _ = self.today.try_set(today);
        let _ = self.invoices.rows.try_update(|rows| {
            for row in rows {
                *row = row.invoice.clone().view(today);
            }
        });
    }

    fn catch_up(self) {
        match self.live.catch_up(self.seq.get_value()) {
            CatchUp::Events(events) => events.iter().for_each(|event| self.apply(event)),
            CatchUp::Refetch => self.read_again(),
        }
    }

    /// Whether the customer was put away.
    pub(super) fn is_archived(&self) -> bool {
        self.customer.with_untracked(|customer| customer.archived_at.is_some())
    }

    /// Whether the row `id` changed a moment ago.
    pub(super) fn is_tinted(&self, id: &str) -> bool {
        self.tinted.has(id)
    }

    fn apply(self, event: &Event) {
        let Some(id) = self.id.try_get_value() else { return };
        if matches!(event.kind, EventKind::ImportCommitted | EventKind::ImportUndone) {
            // One event for a whole chunk: it says that rows changed, not which.
            self.read_again();
            return;
        }
        let named = event.data.pointer("/customer/id").and_then(|value| value.as_str());
        let is_subject = event.subject.kind == "customer" && event.subject.id == id.as_str();
        if named != Some(id.as_str()) && !is_subject {
            return;
        }
        if event.kind == EventKind::CustomerErased {
            let _ = self.gone.try_set(true);
            return;
        }
        if let Some(customer) = event.part("customer") {
            self.put_customer(customer);
        }
        for invoice in event.part::<Vec<Invoice>>("invoices").unwrap_or_default() {
            self.put_invoice(invoice);
        }
        if let Some(payment) = event.part("payment") {
            self.put_payment(payment);
        }
        self.put_event(event.clone());
        match event.kind {
            // Frames don't say which fields changed, the timeline does.
            EventKind::CustomerUpdated => self.read_timeline_again(),
            // Unapplied money found its invoices: the frame carries those, not the payments it came from.
            EventKind::PaymentReallocated if is_subject => self.read_again(),
            _ => {}
        }
    }

    /// Shows the customer as it is now.
    pub(super) fn put_customer(self, customer: Customer) {
        let newer = self.customer.try_with_untracked(|shown| customer.version >= shown.version);
        if newer == Some(true) {
            let _ = self.customer.try_set(customer);
        }
    }

    /// Shows an invoice as it is now.
    pub(super) fn put_invoice(self, invoice: Invoice) {
        let Some(today) = self.today.try_get_untracked() else { return };
        let id = invoice.id.clone();
        let view = invoice.view(today);
        let added = self.invoices.rows.try_update(|rows| {
            if let Some(row) = rows.iter_mut().find(|row| row.invoice.id == id) {
                if row.invoice.version <= view.invoice.version {
                    *row = view;
                }
                return false;
            }
            let key = |row: &InvoiceView| (row.invoice.due_date, row.invoice.id.clone());
            let at = rows.partition_point(|row| key(row) <= key(&view));
            rows.insert(at, view);
            true
        });
        if added == Some(true) {
            let _ = self.invoices.total.try_update(|total| *total += 1);
        }
        self.tinted.add(id.as_str());
    }

    /// Shows a payment as it is now.
    pub(super) fn put_payment(self, payment: Payment) {
        let id = payment.id.clone();
        let complete = self.payments.next.try_with_untracked(Option::is_none).unwrap_or_default();
        let added = self.payments.rows.try_update(|rows| {
            if let Some(row) = rows.iter_mut().find(|row| row.id == id) {
                if row.version <= payment.version {
                    *row = payment;
                }
                return false;
            }
            let at = rows.partition_point(|row| row.created_at > payment.created_at);
            // One that would stand after the last row belongs to a page that isn't read yet.
            let known = at < rows.len() || complete;
            if known {
                rows.insert(at, payment);
            }
            known
        });
        if added == Some(true) {
            let _ = self.payments.total.try_update(|total| *total += 1);
        }
        self.tinted.add(id.as_str());
    }

    /// Adds what just happened to the timeline.
    pub(super) fn put_event(self, event: Event) {
        let added = self.events.rows.try_update(|rows| {
            let at = rows.partition_point(|row| row.seq > event.seq);
            let new = rows.get(at).is_none_or(|row| row.seq != event.seq);
            if new {
                rows.insert(at, event);
            }
            new
        });
        if added == Some(true) {
            let _ = self.events.total.try_update(|total| *total += 1);
        }
    }

    /// Reads everything again, at most once a second. What was typed in an open dialog stays.
    pub(super) fn read_again(self) {
        if self.waiting.try_get_value() != Some(false) {
            return;
        }
        self.waiting.set_value(true);
        set_timeout(
            move || {
                if self.waiting.try_update_value(|waiting| *waiting = false).is_some() {
                    self.read_now();
                }
            },
            PAUSE,
        );
    }

    fn read_now(self) {
        let Some(id) = self.id.try_get_value() else { return };
        spawn_local(async move {
            match load(id).await {
                Ok(Snapshot { seq, value, business_date }) => {
                    if self.seq.try_update_value(|known| *known = seq).is_none() {
                        return;
                    }
                    let _ = self.today.try_set(business_date);
                    let _ = self.customer.try_set(value.customer);
                    self.invoices.replace(value.invoices);
                    self.payments.replace(value.payments);
                    self.events.replace(value.events);
                    self.catch_up();
                }
                Err(fault) if fault.0.status == 404 => {
                    let _ = self.gone.try_set(true);
                }
                // The frame says when there is no connection; the next event or resync tries again.
                Err(_) => {}
            }
        });
    }

    fn read_timeline_again(self) {
        let Some(id) = self.id.try_get_value() else { return };
        spawn_local(async move {
            if let Ok(page) = timeline(id, None, None).await {
                self.events.replace(page);
            }
        });
    }

    /// After a command of one's own: frames bring its effects, unless they don't arrive.
    pub(super) fn settle_without_live(self) {
        if self.live.status.try_get_untracked() != Some(LiveStatus::Live) {
            self.read_again();
        }
    }

    /// The next invoices by due date.
    pub(super) fn more_invoices(self) {
        let Some((id, cursor)) = self.next_of(&self.invoices) else { return };
        spawn_local(async move {
            if let Ok(page) = list_invoices(invoices_of(&id, None, Some(cursor))).await {
                self.invoices.extend(page.value, |a, b| a.invoice.id == b.invoice.id);
            }
            let _ = self.invoices.reading.try_set(false);
        });
    }

    /// The payments before.
    pub(super) fn more_payments(self) {
        let Some((id, cursor)) = self.next_of(&self.payments) else { return };
        spawn_local(async move {
            if let Ok(page) = list_payments(payments_of(&id, Some(cursor))).await {
                self.payments.extend(bare(page.value), |a, b| a.id == b.id);
            }
            let _ = self.payments.reading.try_set(false);
        });
    }

    /// What happened before.
    pub(super) fn more_events(self) {
        let Some((id, cursor)) = self.next_of(&self.events) else { return };
        spawn_local(async move {
            if let Ok(page) = timeline(id, None, Some(cursor)).await {
                self.events.extend(page, |a, b| a.seq == b.seq);
            }
            let _ = self.events.reading.try_set(false);
        });
    }

    fn next_of<T: Clone + Send + Sync>(&self, list: &List<T>) -> Option<(CustomerId, String)> {
        let cursor = list.next.try_get_untracked()??;
        if list.reading.try_get_untracked()? {
            return None;
        }
        list.reading.set(true);
        Some((self.id.try_get_value()?, cursor))
    }

    /// All invoices, or those of one status, of which the list may hold only the first; for the sheets that settle some.
    pub(super) async fn all_invoices(self, status: Option<InvoiceStatus>) -> Result<Vec<Invoice>, Fault> {
        let (mut invoices, mut cursor) = (Vec::new(), None);
        let id = self.id.get_value();
        loop {
            let page = list_invoices(invoices_of(&id, status, cursor)).await?.value;
            invoices.extend(page.data.into_iter().map(|view| view.invoice));
            cursor = page.page.next_cursor;
            if cursor.is_none() {
                return Ok(invoices);
            }
        }
    }
}

/// Shows the payments tab of the customer on screen, where what was just sent can be followed.
pub(super) fn use_show_payments(desk: Desk) -> impl Fn() + Clone + Send + Sync + 'static {
    use_show(desk, "?tab=payments")
}

/// Shows the invoices tab, where what was just entered stands.
pub(super) fn use_show_invoices(desk: Desk) -> impl Fn() + Clone + Send + Sync + 'static {
    use_show(desk, "")
}

fn use_show(desk: Desk, tab: &'static str) -> impl Fn() + Clone + Send + Sync + 'static {
    let navigate = use_navigate();
    move || {
        let Some(id) = desk.id.try_get_value() else { return };
        let here = NavigateOptions { scroll: false, replace: true, ..NavigateOptions::default() };
        navigate(&format!("/customers/{id}{tab}"), here);
    }
}
