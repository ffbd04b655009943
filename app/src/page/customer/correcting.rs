//! What the dialogs that correct a payment share: the key that makes a command happen once, why it is done and from when,
//! the account as the page knows it, on which a correction is tried before it is sent, and what follows from it in words.

use std::collections::BTreeMap;
use std::future::Future;

use chrono::{DateTime, NaiveDate};
use domain::account::{Correction, Moment};
use domain::{
    Account, FieldErrors, Invoice, InvoiceId, InvoiceStatus, Money, Payment, PaymentId, Problem, date,
};
use leptos::prelude::*;
use leptos::task::spawn_local;

use super::desk::Desk;
use super::settle::{Settling, refresh};
use crate::api;
use crate::browser;
use crate::error::Fault;
use crate::ui::{Amount, Field, Form};

/// Makes commands happen once, however often each is sent: a key for each thing they are about. Copy.
#[derive(Clone, Copy)]
pub(super) struct Once {
    /// What the dialog is about, and the key for it.
    current: StoredValue<(String, String)>,
    /// Keys of what was sent while nobody knows whether it arrived.
    open: StoredValue<BTreeMap<String, String>>,
}

impl Once {
    pub(super) fn new() -> Self {
        Self { current: StoredValue::default(), open: StoredValue::default() }
    }

    /// The dialog opens: a new key, unless an earlier send about the same thing may have arrived.
    pub(super) fn begin(self, about: &str) {
        let key = self.open.with_value(|open| open.get(about).cloned()).unwrap_or_else(browser::new_key);
        self.current.set_value((about.to_owned(), key));
    }

    /// It is being sent.
    pub(super) fn send(self) -> String {
        let (about, key) = self.current.get_value();
        self.open.update_value(|open| {
            open.insert(about, key.clone());
        });
        key
    }

    /// It is known what became of it.
    pub(super) fn answered(self, about: &str) {
        self.open.try_update_value(|open| open.remove(about));
    }

    /// Takes note of a refusal, and puts it in words. A refusal is an answer: nothing happened. Anything else may have,
    /// so the key stays. `arrived` says what became of an earlier send that got no answer.
    pub(super) fn refused(self, about: &str, problem: Problem, arrived: &str) -> Problem {
        if problem.code() == "idempotency_key_reused" {
            self.answered(about);
            self.current.try_update_value(|(current, key)| {
                if current == about {
                    *key = browser::new_key();
                }
            });
            return Problem {
                title: "The first one did arrive".to_owned(),
                detail: arrived.to_owned(),
                errors: FieldErrors::default(),
                ..problem
            };
        }
        if problem.status < 500 {
            self.answered(about);
        }
        problem
    }
}

/// A dialog over one payment. Copy.
#[derive(Clone, Copy)]
pub(super) struct Correcting {
    pub desk: Desk,
    pub settling: Settling,
    pub form: Form,
    pub open: RwSignal<bool>,
    pub busy: RwSignal<bool>,
    pub once: Once,
}

impl Correcting {
    /// Each time the dialog opens, and when the payment moves on while it is open: `begin` offers what can be typed.
    pub(super) fn on_open(self, besides: Besides, begin: impl Fn(&Payment) + 'static) {
        Effect::new(move |_| {
            if self.open.get()
                && let Some(payment) = self.settling.payment.get()
            {
                begin(&payment);
                self.once.begin(payment.id.as_str());
                // Without them the dialog can't say what follows; the ledger does it all the same.
                read_besides(self.desk, None, besides, None);
            }
        });
    }

    /// Sends what was typed, unless something is wrong with it: `ask` asks for it, under the key that makes it happen once,
    /// and `done` runs when it has happened.
    pub(super) fn send<F>(self, ask: impl FnOnce(Payment, String) -> F, done: impl FnOnce() + 'static)
    where
        F: Future<Output = Result<Payment, Fault>> + 'static,
    {
        let Some(payment) = self.settling.payment.get_untracked() else { return };
        if self.busy.get_untracked() || !self.form.submit() {
            return;
        }
        self.busy.set(true);
        let id = payment.id.clone();
        let answer = ask(payment, self.once.send());
        spawn_local(async move {
            if self.hear(&id, answer.await) {
                done();
            }
        });
    }

    /// Takes the answer. Whether it is done, and the dialog still about this payment.
    pub(super) fn hear(self, id: &PaymentId, answer: Result<Payment, Fault>) -> bool {
        let _ = self.busy.try_set(false);
        let about_it = self.settling.is_about(id);
        match answer {
            Ok(payment) => {
                self.once.answered(id.as_str());
                self.desk.put_payment(payment);
                self.desk.settle_without_live();
                if about_it {
                    self.form.reset();
                    let _ = self.open.try_set(false);
                }
                about_it
            }
            Err(fault) => {
                if about_it {
                    refresh(self.desk, self.settling, &fault);
                }
                let problem = self.once.refused(
                    id.as_str(),
                    fault.0,
                    "What you sent before is done. Look at the payment; send again only if this is something else.",
                );
                if problem.status == 422 {
                    // What was fine by what the page knows isn't: it missed something.
                    self.desk.read_again();
                }
                if about_it {
                    self.form.refuse(problem);
                }
                false
            }
        }
    }
}

/// Why something is corrected, and from which day it counts, as typed. Copy.
#[derive(Clone, Copy)]
pub(super) struct Reasons {
    reason: RwSignal<String>,
    on: RwSignal<String>,
}

impl Reasons {
    pub(super) fn new() -> Self {
        Self { reason: RwSignal::default(), on: RwSignal::default() }
    }

    pub(super) fn clear(self) {
        let _ = self.reason.try_set(String::new());
        let _ = self.on.try_set(String::new());
    }

    /// As the domain reads it; where it can't, the errors and something to go on trying with.
    pub(super) fn read(self, payment: &Payment, today: NaiveDate, errors: &mut FieldErrors) -> Correction {
        let (reason, on) = (self.reason.get(), self.on.get());
        Correction::parse(Some(&reason), Some(&on), payment.received_on, today).unwrap_or_else(|wrong| {
            errors.0.extend(wrong.0);
            from_today(payment, today)
        })
    }

    /// As it is sent, decided on `version` of the payment.
    pub(super) fn sent(self, version: i64) -> api::payment::Correction {
        let given = |typed: String| Some(typed).filter(|typed| !typed.trim().is_empty());
        api::payment::Correction {
            reason: given(self.reason.get_untracked()),
            effective_on: given(self.on.get_untracked()),
            version: Some(version),
        }
    }
}

/// A correction of `payment` that counts from today and says nothing.
pub(super) fn from_today(payment: &Payment, today: NaiveDate) -> Correction {
    Correction { reason: String::new(), on: today.max(payment.received_on) }
}

#[component]
pub(super) fn ReasonFields(reasons: Reasons, form: Form, prefix: &'static str) -> impl IntoView {
    view! {
        <Field
            name="reason"
            label="Reason"
            value=reasons.reason
            form
            id=format!("{prefix}-reason")
            help="Everyone who sees this customer can read it."
        />
        <Field
            name="effective_on"
            label="Counts from"
            kind="date"
            value=reasons.on
            form
            optional=true
            id=format!("{prefix}-on")
            help="Today when empty; never before the money came."
        />
    }
}

/// Invoices that the list on screen does not hold; `None` while they are being read.
pub(super) type Besides = RwSignal<Option<Vec<Invoice>>>;

/// Reads the invoices that the list on screen does not hold, of one `status` or all. A form that can't do without them
/// says so when they can't be had.
pub(super) fn read_besides(desk: Desk, status: Option<InvoiceStatus>, into: Besides, form: Option<Form>) {
    if desk.invoices.next.with_untracked(Option::is_none) {
        into.set(Some(Vec::new()));
        return;
    }
    into.set(None);
    spawn_local(async move {
        match (desk.all_invoices(status).await, form) {
            (Ok(invoices), _) => {
                let _ = into.try_set(Some(invoices));
            }
            (Err(fault), Some(form)) => form.refuse(fault.0),
            (Err(_), None) => {}
        }
    });
}

/// The account as the page knows it.
pub(super) fn account(desk: Desk, besides: Besides, payment: Option<&Payment>) -> Account {
    let mut invoices: BTreeMap<InvoiceId, Invoice> = besides.with(|besides| {
        besides.iter().flatten().map(|invoice| (invoice.id.clone(), invoice.clone())).collect()
    });
    desk.invoices.rows.with(|rows| {
        for invoice in rows.iter().map(|row| &row.invoice) {
            // The list follows what happens; what was read besides may be newer only right after it was read.
            if invoices.get(&invoice.id).is_none_or(|known| known.version <= invoice.version) {
                invoices.insert(invoice.id.clone(), invoice.clone());
            }
        }
    });
    let payments = payment.map(|payment| (payment.id.clone(), payment.clone())).into_iter().collect();
    Account { customer: desk.customer.get(), invoices, payments }
}

/// When a correction is tried. A trial writes no row, so the instant doesn't matter.
pub(super) fn moment(today: NaiveDate) -> Moment {
    Moment { at: DateTime::UNIX_EPOCH, business_date: today }
}

/// What is left of a payment after refunds.
pub(super) fn kept(payment: &Payment) -> Money {
    Money::from_minor(payment.kept_minor(), payment.amount.currency())
}

/// How a trial went.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Trial {
    /// What is wrong with what was typed.
    pub errors: FieldErrors,
    /// What would follow, if it can be said.
    pub follows: Option<Follows>,
}

/// Tries a correction whenever what is typed or known changes. While it is on its way to the ledger the last trial holds:
/// the frame that brings its effect may come before the answer, and on top of that effect it would make no sense.
pub(super) fn tried(
    busy: RwSignal<bool>,
    try_out: impl Fn() -> Trial + Send + Sync + 'static,
) -> Memo<Trial> {
    Memo::new(move |last: Option<&Trial>| match last {
        Some(last) if busy.get() => last.clone(),
        _ => try_out(),
    })
}

/// What follows from a correction.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Follows {
    /// Invoices that are owed again, with how much, by due date.
    again: Vec<(Invoice, Money)>,
    /// How much less is unapplied.
    unapplied: Money,
}

impl Follows {
    pub(super) fn between(before: &Account, after: &Account) -> Self {
        let currency = after.customer.currency;
        let more = |invoice: &Invoice| {
            let owed = before.invoices.get(&invoice.id).map_or(0, |invoice| invoice.balance.minor());
            Money::from_minor(invoice.balance.minor() - owed, currency)
        };
        let mut again: Vec<_> = after
            .invoices
            .values()
            .map(|invoice| (invoice, more(invoice)))
            .filter(|(_, more)| more.is_positive())
            .map(|(invoice, more)| (invoice.clone(), more))
            .collect();
        again.sort_by(|(a, _), (b, _)| (a.due_date, &a.number).cmp(&(b.due_date, &b.number)));
        let unapplied = before.customer.unapplied.minor() - after.customer.unapplied.minor();
        Self { again, unapplied: Money::from_minor(unapplied.max(0), currency) }
    }
}

/// What follows, line by line.
#[component]
pub(super) fn WhatFollows(trial: Memo<Trial>) -> impl IntoView {
    move || {
        let Follows { again, unapplied } = trial.with(|trial| trial.follows.clone())?;
        if again.is_empty() && unapplied.is_zero() {
            return None;
        }
        let lines = again
            .into_iter()
            .map(|(invoice, more)| {
                view! {
                    <li class="preview-line">
                        <span>
                            {invoice.number}
                            <span class="cell-note">{format!("due {}, owed again", date::show(invoice.due_date))}</span>
                        </span>
                        <Amount money=more />
                    </li>
                }
            })
            .collect_view();
        Some(view! {
            <div class="preview" role="status">
                <p class="preview-title">"What follows"</p>
                <ul class="plain">
                    {unapplied.is_positive().then(|| view! {
                        <li class="preview-line">
                            <span>"Unapplied money"<span class="cell-note">"that much less of it"</span></span>
                            <Amount money=unapplied />
                        </li>
                    })}
                    {lines}
                </ul>
            </div>
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn account(balance: &str, unapplied: &str) -> Account {
        let usd = |amount: &str| serde_json::json!({"amount": amount, "currency": "USD"});
        let stamps = serde_json::json!("2026-01-01T00:00:00Z");
        let customer = serde_json::from_value(serde_json::json!({
            "id": "cus_1", "reference": "C-1", "name": "Acme", "currency": "USD", "outstanding": usd(balance),
            "overdue": usd("0.00"), "unapplied": usd(unapplied), "status": "pending", "open_invoices": 1, "version": 1,
            "created_at": stamps, "updated_at": stamps,
        }))
        .unwrap();
        let invoice: Invoice = serde_json::from_value(serde_json::json!({
            "id": "inv_1", "customer_id": "cus_1", "number": "007", "kind": "invoice", "issue_date": "2026-01-01",
            "due_date": "2026-02-01", "total": usd("100.00"), "balance": usd(balance), "status": "open", "version": 1,
            "created_at": stamps, "updated_at": stamps,
        }))
        .unwrap();
        Account {
            customer,
            invoices: [(invoice.id.clone(), invoice)].into_iter().collect(),
            payments: BTreeMap::new(),
        }
    }

    #[test]
    fn what_is_owed_again_is_told_and_what_is_no_longer_unapplied() {
        let follows = Follows::between(&account("10.00", "25.00"), &account("60.00", "0.00"));
        let again: Vec<_> = follows
            .again
            .iter()
            .map(|(invoice, more)| (invoice.number.as_str(), more.to_decimal()))
            .collect();
        assert_eq!(again, [("007", "50.00".to_owned())]);
        assert_eq!(follows.unapplied.to_decimal(), "25.00");
    }

    #[test]
    fn nothing_is_told_of_what_becomes_less() {
        let follows = Follows::between(&account("60.00", "0.00"), &account("10.00", "25.00"));
        assert!(follows.again.is_empty() && follows.unapplied.is_zero());
    }

    #[test]
    fn an_unanswered_send_keeps_its_key_and_a_refused_one_does_not() {
        Owner::new().with(|| {
            let once = Once::new();
            once.begin("pay_1");
            once.send();
            let lost = Problem::new(503, "unreachable", "No connection", "");
            once.refused("pay_1", lost, "");
            assert!(once.open.with_value(|open| open.contains_key("pay_1")));
            let wrong = Problem::new(422, "invalid", "Some fields need a look", "");
            once.refused("pay_1", wrong, "");
            assert!(once.open.with_value(BTreeMap::is_empty));
        });
    }
}
