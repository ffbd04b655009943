//! Recording a payment: a sheet over the desk, so that the debt stays in sight. It shows as one types what the money
//! settles and what stays over, or asks which invoices it is for.

use domain::account::NewPayment;
use domain::allocation::oldest_due_first;
use domain::customer::MoneyInput;
use domain::{FieldErrors, InvoiceStatus, Money, PaymentId, PaymentMethod, PaymentSource, Rule, date};
use leptos::prelude::*;
use leptos::task::spawn_local;

use super::allotment::{Allotment, AllotmentFields, payables};
use super::correcting::{Besides, account, moment, read_besides};
use super::desk::{Desk, use_show_payments};
use crate::api::payment::record_payment;
use crate::browser;
use crate::ui::{
    Amount, Button, ButtonKind, Choice, Dialog, DialogFoot, DialogForm, Field, Form, MoneyField, Select,
    plain,
};

/// What is typed. It outlives the sheet: closing it loses nothing.
#[derive(Clone, Copy)]
struct Draft {
    amount: RwSignal<String>,
    received_on: RwSignal<String>,
    method: RwSignal<String>,
    reference: RwSignal<String>,
    status: RwSignal<String>,
    /// Which invoices it is for is said by hand.
    by_hand: RwSignal<bool>,
    allotment: Allotment,
    /// The amount that was filled in for the user, as long as they leave it.
    offered: StoredValue<String>,
    /// One for each payment that is meant, however often it is sent.
    key: StoredValue<String>,
    /// It was sent, and nobody knows yet whether it arrived.
    open_question: StoredValue<bool>,
}

impl Draft {
    fn new() -> Self {
        Self {
            amount: RwSignal::default(),
            received_on: RwSignal::default(),
            method: RwSignal::new(PaymentMethod::default().as_str().to_owned()),
            reference: RwSignal::default(),
            status: RwSignal::new("completed".to_owned()),
            by_hand: RwSignal::new(false),
            allotment: Allotment::new(),
            offered: StoredValue::default(),
            key: StoredValue::default(),
            open_question: StoredValue::default(),
        }
    }

    /// The sheet opens: offers what is outstanding unless something else was typed, and today.
    fn begin(self, desk: Desk) {
        if self.amount.with_untracked(|amount| *amount == self.offered.get_value()) {
            let owed = desk.customer.with_untracked(|customer| customer.outstanding);
            let offer = if owed.is_positive() { owed.to_decimal() } else { String::new() };
            self.offered.set_value(offer.clone());
            self.amount.set(offer);
        }
        if self.received_on.with_untracked(String::is_empty) {
            self.received_on.set(desk.today.get_untracked().to_string());
        }
        if !self.open_question.get_value() {
            self.key.set_value(browser::new_key());
        }
    }

    /// The payment is recorded: the next one starts afresh.
    fn end(self) {
        let _ = self.amount.try_set(String::new());
        self.offered.try_update_value(String::clear);
        let _ = self.received_on.try_set(String::new());
        let _ = self.reference.try_set(String::new());
        let _ = self.status.try_set("completed".to_owned());
        let _ = self.by_hand.try_set(false);
        self.allotment.restart();
        self.open_question.try_update_value(|open| *open = false);
    }

    fn payment(self, desk: Desk) -> NewPayment {
        NewPayment {
            customer_id: desk.id.get_value().into(),
            amount: MoneyInput { amount: plain(&self.amount.get()), currency: None },
            received_on: Some(self.received_on.get()),
            method: Some(self.method.get()),
            reference: Some(self.reference.get()).filter(|reference| !reference.trim().is_empty()),
            status: Some(self.status.get()),
            allocations: self.chooses(desk).then(|| self.allotment.wanted(currency_of(desk))),
        }
    }

    /// Whether it settles something, and which is said by hand.
    fn chooses(self, desk: Desk) -> bool {
        self.by_hand.get() && self.is_completed() && desk.customer.with(|customer| customer.open_invoices > 0)
    }

    fn is_completed(self) -> bool {
        self.status.with(|status| status == "completed")
    }

    /// The amount, once it can be read.
    fn money(self, desk: Desk) -> Option<Money> {
        let amount = Money::parse(&self.amount.with(|amount| plain(amount)), currency_of(desk)).ok();
        amount.filter(Money::is_positive)
    }

    /// What is wrong with what is typed: the fields by themselves, then what is said by hand on the account as the page
    /// knows it.
    fn check(self, desk: Desk, besides: Besides) -> FieldErrors {
        let today = desk.today.get();
        let mut errors = match self.payment(desk).validate(currency_of(desk), today) {
            Err(errors) => errors,
            Ok(payment) if payment.allocations.is_some() => {
                let mut account = account(desk, besides, None);
                let id = PaymentId::from("new");
                match account.record_payment(id, payment, PaymentSource::Manual, moment(today)) {
                    Err(Rule::Fields(errors)) => errors,
                    _ => FieldErrors::default(),
                }
            }
            Ok(_) => FieldErrors::default(),
        };
        self.amount.with(|amount| ask_for_amount(amount, &mut errors));
        errors
    }
}

fn currency_of(desk: Desk) -> domain::Currency {
    desk.customer.with(|customer| customer.currency)
}

/// What is wrong with the amount, said for a field that may still be empty.
pub(super) fn ask_for_amount(typed: &str, errors: &mut FieldErrors) {
    if typed.trim().is_empty() {
        errors.0.retain(|error| !error.pointer.starts_with("/amount"));
        errors
            .0
            .insert(0, domain::FieldError::new("amount", "required", "Enter an amount, such as 1234.50."));
    }
}

#[component]
pub(super) fn RecordSheet(desk: Desk, open: RwSignal<bool>) -> impl IntoView {
    let draft = Draft::new();
    let busy = RwSignal::new(false);
    let besides = Besides::new(Some(Vec::new()));
    // While it is on its way nothing is judged anew: the frame that brings it may come before the answer.
    let errors = Memo::new(move |last: Option<&FieldErrors>| match last {
        Some(last) if busy.get() => last.clone(),
        _ => draft.check(desk, besides),
    });
    let form = Form::new(move || errors.get());
    Effect::new(move |_| {
        if open.get() {
            draft.begin(desk);
            read_open(desk, besides);
        }
    });
    Effect::new(move |_| {
        if open.get() && draft.by_hand.get() && !busy.get() {
            draft.allotment.show(payables(&account(desk, besides, None), &[]));
        }
    });
    let show_payments = use_show_payments(desk);
    let send = move || {
        draft.allotment.judge();
        if busy.get_untracked() || !form.submit() {
            return;
        }
        busy.set(true);
        let payment = untrack(|| draft.payment(desk));
        let (key, show_payments) = (draft.key.get_value(), show_payments.clone());
        draft.open_question.set_value(true);
        spawn_local(async move {
            let answer = record_payment(payment, key).await;
            let _ = busy.try_set(false);
            match answer {
                Ok(payment) => {
                    draft.end();
                    form.reset();
                    desk.put_payment(payment);
                    desk.settle_without_live();
                    if open.try_set(false).is_none() {
                        show_payments();
                    }
                }
                Err(fault) if fault.code() == "idempotency_key_reused" => {
                    // An earlier send of this sheet arrived although no answer did, and the fields were changed since.
                    draft.key.set_value(browser::new_key());
                    desk.read_again();
                    form.refuse(domain::Problem {
                        title: "The first one did arrive".to_owned(),
                        detail: "The payment you sent before is recorded. Look at the payments; send again only if this \
                                 is another one."
                            .to_owned(),
                        errors: FieldErrors::default(),
                        ..fault.0
                    });
                }
                Err(fault) => {
                    // A refusal is an answer: nothing is recorded. Anything else may have been, so the key stays.
                    if fault.0.status < 500 {
                        draft.open_question.try_update_value(|open| *open = false);
                    }
                    form.refuse(fault.0);
                }
            }
        });
    };
    let send = StoredValue::new(send);
    let currency = Signal::derive(move || desk.customer.with(|customer| customer.currency.to_string()));
    view! {
        <Dialog title="Record payment" open side=true>
            <DialogForm form on_submit=move |()| send.with_value(|send| send())>
                <p class="dialog-context">
                    {move || desk.customer.with(|customer| format!("{} owes {}.", customer.name, customer.outstanding))}
                </p>
                <MoneyField name="amount" label="Amount" value=draft.amount currency form autofocus=true id="record-amount" />
                <Settles desk draft besides errors />
                <div class="fields-2">
                    <Field
                        name="received_on"
                        label="Received on"
                        kind="date"
                        value=draft.received_on
                        form
                        id="record-received"
                    />
                    <Select
                        name="method"
                        label="Method"
                        value=draft.method
                        form
                        id="record-method"
                        choices=PaymentMethod::ALL
                            .iter()
                            .map(|method| Choice::new(method.as_str(), method.label()))
                            .collect()
                    />
                </div>
                <Field
                    name="reference"
                    label="Reference"
                    value=draft.reference
                    form
                    optional=true
                    id="record-reference"
                    help="What the payer or the bank wrote."
                />
                <Select
                    name="status"
                    label="Status"
                    value=draft.status
                    form
                    id="record-status"
                    choices=vec![
                        Choice::new("completed", "Completed: the money is here"),
                        Choice::new("pending", "Pending: it is announced"),
                    ]
                />
                <DialogFoot slot>
                    <Button on_click=move |_| open.set(false)>"Close"</Button>
                    <Button kind=ButtonKind::Primary submit=true busy>"Record payment"</Button>
                </DialogFoot>
            </DialogForm>
        </Dialog>
    }
}

/// Reads the open invoices where the list on screen doesn't hold them all.
fn read_open(desk: Desk, besides: Besides) {
    let known =
        desk.invoices.rows.with_untracked(|rows| rows.iter().filter(|row| row.invoice.is_open()).count());
    let open = desk.customer.with_untracked(|customer| customer.open_invoices);
    if i64::try_from(known).is_ok_and(|known| known >= open) {
        besides.set(Some(Vec::new()));
    } else {
        // Without them the preview is of what the page knows; the ledger settles the oldest of all.
        read_besides(desk, Some(InvoiceStatus::Open), besides, None);
    }
}

/// How the money finds its invoices: the usual order, with what comes of it, or by hand.
#[component]
fn Settles(desk: Desk, draft: Draft, besides: Besides, errors: Memo<FieldErrors>) -> impl IntoView {
    let choice = move |by_hand: bool, words: &'static str| {
        view! {
            <label class="choice">
                <input
                    type="radio"
                    name="settles"
                    prop:checked=move || draft.by_hand.get() == by_hand
                    on:change=move |_| draft.by_hand.set(by_hand)
                />
                <span>{words}</span>
            </label>
        }
    };
    let can_choose =
        Memo::new(move |_| draft.is_completed() && desk.customer.with(|customer| customer.open_invoices > 0));
    let by_hand = Memo::new(move |_| draft.chooses(desk));
    let refill = move || {
        let Some(amount) = untrack(|| draft.money(desk)) else { return };
        let account = untrack(|| account(desk, besides, None));
        draft.allotment.fill(&oldest_due_first(amount, account.invoices.values()).0);
    };
    view! {
        <Show when=move || can_choose.get()>
            <fieldset class="choices choices-row">
                <legend class="field-label">"Settles"</legend>
                {choice(false, "Oldest due first")}
                {choice(true, "Choose invoices")}
            </fieldset>
        </Show>
        <Show when=move || by_hand.get() fallback=move || view! { <Preview desk draft besides /> }>
            <AllotmentFields
                desk
                allotment=draft.allotment
                amount=Signal::derive(move || draft.money(desk))
                errors
                refill
                prefix="record"
            />
        </Show>
    }
}

/// What the money will settle, oldest due date first, and what stays over.
#[component]
fn Preview(desk: Desk, draft: Draft, besides: Besides) -> impl IntoView {
    let plan = move || {
        let (currency, outstanding) =
            desk.customer.with(|customer| (customer.currency, customer.outstanding));
        let amount = draft.money(desk)?;
        if !draft.is_completed() {
            return Some(view! {
                <div class="preview" role="status">
                    <p>"Settles nothing yet. Once it is marked as completed, the oldest due invoices come first."</p>
                </div>
            }
            .into_any());
        }
        let invoices = account(desk, besides, None).invoices;
        let (parts, unapplied) = oldest_due_first(amount, invoices.values());
        let lines = parts
            .into_iter()
            .filter_map(|part| {
                let invoice = invoices.get(&part.invoice_id)?;
                let left = invoice.balance.checked_sub(part.amount)?;
                Some(view! {
                    <li class="preview-line">
                        <span>
                            {invoice.number.clone()}
                            <span class="cell-note">
                                {format!("due {}", date::show(invoice.due_date))}
                                {if left.is_zero() { ", in full".to_owned() } else { format!(", {left} stays open") }}
                            </span>
                        </span>
                        <Amount money=part.amount />
                    </li>
                })
            })
            .collect_view();
        let still =
            outstanding.checked_sub(amount).filter(Money::is_positive).unwrap_or(Money::zero(currency));
        Some(
            view! {
                <div class="preview" role="status">
                    <p class="preview-title">"This payment settles"</p>
                    <ul class="plain">
                        {lines}
                        {unapplied.is_positive().then(|| view! {
                            <li class="preview-line preview-over">
                                <span>"Stays unapplied"<span class="cell-note">"kept for the customer, never dropped"</span></span>
                                <Amount money=unapplied />
                            </li>
                        })}
                    </ul>
                    <p class="preview-line preview-sum"><span>"Still owed after it"</span><Amount money=still /></p>
                </div>
            }
            .into_any(),
        )
    };
    move || plan().unwrap_or_else(|| ().into_any())
}
