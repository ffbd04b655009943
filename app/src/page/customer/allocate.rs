//! Changing what a payment settles: moved to other invoices, spread otherwise, or taken off all of them.

use chrono::NaiveDate;
use domain::account::NewAllocation;
use domain::{FieldErrors, Money, Payment, PaymentId, Rule, date};
use leptos::prelude::*;
use leptos::task::spawn_local;

use super::allotment::{Allotment, AllotmentFields, payables};
use super::correcting::{
    Besides, Correcting, Follows, Once, Trial, WhatFollows, account, from_today, kept, moment, read_besides,
    tried,
};
use super::desk::Desk;
use super::settle::Settling;
use crate::api::payment::{Correction, reallocate_payment};
use crate::ui::{Button, ButtonKind, Dialog, DialogFoot, DialogForm, Form};

/// Spreads the payment on the account as the page knows it.
fn try_out(desk: Desk, settling: Settling, besides: Besides, allotment: Allotment) -> Trial {
    let Some(payment) = settling.payment.get() else { return Trial::default() };
    let (today, before) = (desk.today.get(), account(desk, besides, Some(&payment)));
    let wanted = allotment.wanted(payment.amount.currency());
    let mut after = before.clone();
    match after.reallocate(&payment.id, Some(&wanted), &from_today(&payment, today), moment(today)) {
        Ok(()) => Trial { errors: FieldErrors::default(), follows: Some(Follows::between(&before, &after)) },
        Err(Rule::Fields(errors)) => Trial { errors, follows: None },
        // It changed meanwhile, or its invoices are still being read: the ledger will say.
        Err(_) => Trial::default(),
    }
}

/// Whether `wanted` is what the payment settles anyway.
fn is_as_before(payment: &Payment, wanted: &[NewAllocation]) -> bool {
    let same = |part: &NewAllocation| {
        payment.allocations.iter().any(|held| {
            held.invoice_id.as_str() == part.invoice_id
                && Money::parse(&part.amount.amount, held.amount.currency()) == Ok(held.amount)
        })
    };
    payment.allocations.len() == wanted.len() && wanted.iter().all(same)
}

/// The oldest due first, as the ledger would.
fn refill(desk: Desk, settling: Settling, besides: Besides, allotment: Allotment) {
    let Some(payment) = settling.payment.get_untracked() else { return };
    let today: NaiveDate = desk.today.get_untracked();
    let mut account = untrack(|| account(desk, besides, Some(&payment)));
    let spread = account.reallocate(&payment.id, None, &from_today(&payment, today), moment(today));
    if spread.is_ok()
        && let Some(payment) = account.payments.get(&payment.id)
    {
        allotment.fill(&payment.allocations);
    }
}

#[component]
pub(super) fn AllocateSheet(desk: Desk, settling: Settling) -> impl IntoView {
    let open = settling.allocating;
    let allotment = Allotment::new();
    let besides = Besides::default();
    let (busy, once) = (RwSignal::new(false), Once::new());
    let trial = tried(busy, move || try_out(desk, settling, besides, allotment));
    let errors = Signal::derive(move || trial.with(|trial| trial.errors.clone()));
    let form = Form::new(move || errors.get());
    let correcting = Correcting { desk, settling, form, open, busy, once };
    let about = StoredValue::new(None::<(PaymentId, i64)>);
    Effect::new(move |was_open: Option<bool>| {
        let is_open = open.get();
        if busy.get() {
            // Opened meanwhile, it begins when the answer is there.
            return is_open && was_open == Some(true);
        }
        let Some(payment) = settling.payment.get().filter(|_| is_open) else { return is_open };
        let now = Some((payment.id.clone(), payment.version));
        if was_open != Some(true) {
            once.begin(payment.id.as_str());
            if about.get_value() != now {
                allotment.restart();
                form.reset();
            }
            read_besides(desk, None, besides, Some(form));
        }
        // While it is open a newer version takes nothing away of what was typed.
        about.set_value(now);
        allotment.show(payables(&account(desk, besides, Some(&payment)), &payment.allocations));
        is_open
    });
    let send = move || {
        let Some(payment) = settling.payment.get_untracked() else { return };
        allotment.judge();
        // An invoice that isn't there yet would look as if nothing were meant for it.
        if busy.get_untracked() || besides.with_untracked(Option::is_none) || !form.submit() {
            return;
        }
        let wanted = untrack(|| allotment.wanted(payment.amount.currency()));
        if is_as_before(&payment, &wanted) {
            open.set(false);
            return;
        }
        busy.set(true);
        let why = Correction { version: Some(payment.version), ..Correction::default() };
        let key = once.send();
        spawn_local(async move {
            let answer = reallocate_payment(payment.id.clone(), wanted, why, key).await;
            if correcting.hear(&payment.id, answer) {
                about.try_update_value(Option::take);
            }
        });
    };
    let context = move || {
        let name = desk.customer.with(|customer| customer.name.clone());
        settling.payment.with(|payment| {
            payment.as_ref().map(|payment| {
                format!(
                    "{} from {name}, received on {}. What it no longer settles is owed again; what settles nothing is kept \
                     as unapplied money.",
                    kept(payment),
                    date::show(payment.received_on),
                )
            })
        })
    };
    let amount = Signal::derive(move || settling.payment.with(|payment| payment.as_ref().map(kept)));
    let waiting = Signal::derive(move || busy.get() || besides.with(Option::is_none));
    view! {
        <Dialog title="Change what it settles" open side=true>
            <DialogForm form on_submit=move |()| send()>
                <p class="dialog-context">{context}</p>
                <AllotmentFields
                    desk
                    allotment
                    amount
                    errors
                    refill=move || refill(desk, settling, besides, allotment)
                    prefix="allocate"
                    autofocus=true
                />
                <WhatFollows trial />
                <DialogFoot slot>
                    <Button on_click=move |_| open.set(false)>"Close"</Button>
                    <Button kind=ButtonKind::Primary submit=true busy=waiting>"Save"</Button>
                </DialogFoot>
            </DialogForm>
        </Dialog>
    }
}
