//! Paying a payment back, in whole or in part: how much, why, and what is owed again because of it.

use domain::customer::MoneyInput;
use domain::{FieldErrors, Money, Payment, PaymentId, Rule, date};
use leptos::prelude::*;

use super::correcting::{
    Besides, Correcting, Follows, Once, ReasonFields, Reasons, Trial, WhatFollows, account, kept, moment,
    tried,
};
use super::desk::Desk;
use super::record::ask_for_amount;
use super::settle::Settling;
use crate::api::payment::refund_payment;
use crate::ui::{Button, ButtonKind, Dialog, DialogFoot, DialogForm, Form, MoneyField, plain};

/// What is typed. It outlives the dialog: closing it loses nothing.
#[derive(Clone, Copy)]
struct Draft {
    amount: RwSignal<String>,
    reasons: Reasons,
    /// The amount that was filled in for the user, as long as they leave it.
    offered: StoredValue<String>,
    /// Which payment it is about.
    about: StoredValue<Option<PaymentId>>,
}

impl Draft {
    fn new() -> Self {
        Self {
            amount: RwSignal::default(),
            reasons: Reasons::new(),
            offered: StoredValue::default(),
            about: StoredValue::default(),
        }
    }

    /// The dialog is about `payment` as it is now: offers all that is left of it unless something else was typed.
    fn begin(self, payment: &Payment, form: Form) {
        if self.about.with_value(|about| about.as_ref() != Some(&payment.id)) {
            self.clear();
            form.reset();
            self.about.set_value(Some(payment.id.clone()));
        }
        if self.amount.with_untracked(|amount| *amount == self.offered.get_value()) {
            let all = kept(payment).to_decimal();
            self.offered.set_value(all.clone());
            self.amount.set(all);
        }
    }

    fn clear(self) {
        let _ = self.amount.try_set(String::new());
        self.offered.try_update_value(String::clear);
        self.about.try_update_value(Option::take);
        self.reasons.clear();
    }

    fn input(self) -> MoneyInput {
        MoneyInput { amount: self.amount.with(|amount| plain(amount)), currency: None }
    }

    /// Refunds on the account as the page knows it.
    fn try_out(self, desk: Desk, settling: Settling, besides: Besides) -> Trial {
        let Some(payment) = settling.payment.get() else { return Trial::default() };
        let (today, before) = (desk.today.get(), account(desk, besides, Some(&payment)));
        let (mut errors, mut wrong) = (FieldErrors::default(), FieldErrors::default());
        let why = self.reasons.read(&payment, today, &mut wrong);
        let mut after = before.clone();
        let follows = match after.refund(&payment.id, Some(&self.input()), &why, moment(today)) {
            Ok(()) => Some(Follows::between(&before, &after)),
            Err(Rule::Fields(amount)) => {
                errors = amount;
                None
            }
            // It changed meanwhile, or its invoices are still being read: the ledger will say.
            Err(_) => None,
        };
        self.amount.with(|amount| ask_for_amount(amount, &mut errors));
        errors.0.extend(wrong.0);
        Trial { errors, follows }
    }
}

#[component]
pub(super) fn RefundDialog(desk: Desk, settling: Settling) -> impl IntoView {
    let open = settling.refunding;
    let draft = Draft::new();
    let besides = Besides::default();
    let (busy, once) = (RwSignal::new(false), Once::new());
    let trial = tried(busy, move || draft.try_out(desk, settling, besides));
    let form = Form::new(move || trial.with(|trial| trial.errors.clone()));
    let correcting = Correcting { desk, settling, form, open, busy, once };
    correcting.on_open(besides, move |payment| draft.begin(payment, form));
    let send = move || {
        let amount = untrack(|| draft.input());
        let ask = |payment: Payment, key| {
            let why = draft.reasons.sent(payment.version);
            refund_payment(payment.id, Some(amount), why, key)
        };
        correcting.send(ask, move || draft.clear());
    };
    let currency = Signal::derive(move || desk.customer.with(|customer| customer.currency.to_string()));
    let context = move || {
        settling.payment.with(|payment| {
            payment.as_ref().map(|payment| {
                format!(
                    "At most {} of the {} received on {} can be paid back. Unapplied money is taken first; for the rest, \
                     the invoices due last are owed again. This can't be undone.",
                    kept(payment),
                    payment.amount,
                    date::show(payment.received_on),
                )
            })
        })
    };
    let label = move || {
        let currency = desk.customer.with(|customer| customer.currency);
        match Money::parse(&draft.input().amount, currency) {
            Ok(amount) if amount.is_positive() => format!("Refund {amount}"),
            _ => "Refund".to_owned(),
        }
    };
    view! {
        <Dialog title="Refund payment" open>
            <DialogForm form on_submit=move |()| send()>
                <p class="consequence">{context}</p>
                <MoneyField name="amount" label="Amount" value=draft.amount currency form autofocus=true id="refund-amount" />
                <ReasonFields reasons=draft.reasons form prefix="refund" />
                <WhatFollows trial />
                <DialogFoot slot>
                    <Button on_click=move |_| open.set(false)>"Keep it"</Button>
                    <Button kind=ButtonKind::Danger submit=true busy>{label}</Button>
                </DialogFoot>
            </DialogForm>
        </Dialog>
    }
}
