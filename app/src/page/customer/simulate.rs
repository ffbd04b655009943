//! Sending a payment through the mock gateway: what a card terminal or a bank would do, without money.

use domain::account::positive;
use domain::customer::MoneyInput;
use domain::payment::{DeclineCode, Outcome};
use domain::{FieldErrors, Problem};
use leptos::prelude::*;
use leptos::task::spawn_local;

use super::desk::{Desk, use_show_payments};
use super::record::ask_for_amount;
use crate::api::payment::simulate_payment;
use crate::browser;
use crate::ui::{
    Button, ButtonKind, Choice, Dialog, DialogFoot, DialogForm, Form, MoneyField, Select, plain,
};

/// (milliseconds, words); the first is up to the gateway.
const DELAYS: [(&str, &str); 5] = [
    ("", "As the gateway does"),
    ("0", "At once"),
    ("2000", "After 2 seconds"),
    ("10000", "After 10 seconds"),
    ("60000", "After a minute"),
];

fn words(outcome: Outcome) -> &'static str {
    match outcome {
        Outcome::Succeed => "The money arrives",
        Outcome::Decline => "The card is declined",
        Outcome::Timeout => "No answer, settled later",
        Outcome::Delayed => "The money arrives late",
        Outcome::Duplicate => "The money arrives, told three times",
        Outcome::OutOfOrder => "The money arrives, messages out of order",
    }
}

#[component]
pub(super) fn SimulateDialog(desk: Desk, open: RwSignal<bool>) -> impl IntoView {
    let amount = RwSignal::new(String::new());
    let outcome = RwSignal::new(Outcome::default().as_str().to_owned());
    let decline_code = RwSignal::new(DeclineCode::default().as_str().to_owned());
    let delay = RwSignal::new(String::new());
    let offered = StoredValue::new(String::new());
    let key = StoredValue::new(String::new());
    let open_question = StoredValue::new(false);
    let busy = RwSignal::new(false);
    let form = Form::new(move || {
        let currency = desk.customer.with(|customer| customer.currency);
        let mut errors = FieldErrors::default();
        let input = MoneyInput { amount: plain(&amount.get()), currency: None };
        errors.check(positive("amount", &input, currency));
        amount.with(|amount| ask_for_amount(amount, &mut errors));
        errors
    });
    Effect::new(move |_| {
        if !open.get() {
            return;
        }
        if amount.with_untracked(|amount| *amount == offered.get_value()) {
            let owed = desk.customer.with_untracked(|customer| customer.outstanding);
            let offer = if owed.is_positive() { owed.to_decimal() } else { String::new() };
            offered.set_value(offer.clone());
            amount.set(offer);
        }
        if !open_question.get_value() {
            key.set_value(browser::new_key());
        }
    });
    let show_payments = use_show_payments(desk);
    let send = StoredValue::new(move || {
        if busy.get_untracked() || !form.submit() {
            return;
        }
        busy.set(true);
        open_question.set_value(true);
        let customer = desk.id.get_value();
        let money = MoneyInput { amount: plain(&amount.get_untracked()), currency: None };
        let answer: Outcome = outcome.with_untracked(|outcome| outcome.parse().unwrap_or_default());
        let code =
            decline_code.with_untracked(|code| code.parse().ok()).filter(|_| answer == Outcome::Decline);
        let wait = delay.with_untracked(|delay| delay.parse().ok());
        let (once, show_payments) = (key.get_value(), show_payments.clone());
        spawn_local(async move {
            let answer = simulate_payment(customer, money, answer, code, wait, once).await;
            let _ = busy.try_set(false);
            match answer {
                Ok(payment) => {
                    open_question.try_update_value(|open| *open = false);
                    offered.try_update_value(String::clear);
                    let _ = amount.try_set(String::new());
                    form.reset();
                    desk.put_payment(payment);
                    desk.settle_without_live();
                    if open.try_set(false).is_none() {
                        show_payments();
                    }
                }
                Err(fault) => {
                    let mut problem = fault.0;
                    if problem.code() == "idempotency_key_reused" {
                        key.try_update_value(|key| *key = browser::new_key());
                        desk.read_again();
                        problem = Problem {
                            title: "The first one did arrive".to_owned(),
                            detail: "The payment you sent before is with the gateway. Send again only if this is another one."
                                .to_owned(),
                            errors: FieldErrors::default(),
                            ..problem
                        };
                    } else if problem.status < 500 {
                        open_question.try_update_value(|open| *open = false);
                    }
                    form.refuse(problem);
                }
            }
        });
    });
    let currency = Signal::derive(move || desk.customer.with(|customer| customer.currency.to_string()));
    view! {
        <Dialog title="Simulate payment" open>
            <DialogForm form on_submit=move |()| send.with_value(|send| send())>
                <p class="dialog-context">
                    "Sends a card payment through the built-in mock gateway. No money moves, but the account does: the payment is "
                    <em>"processing"</em>
                    " until the gateway answers, and settles invoices when the answer is yes."
                </p>
                <MoneyField name="amount" label="Amount" value=amount currency form autofocus=true id="simulate-amount" />
                <Select
                    name="outcome"
                    label="Outcome"
                    value=outcome
                    id="simulate-outcome"
                    choices=Outcome::ALL.iter().map(|outcome| Choice::new(outcome.as_str(), words(*outcome))).collect()
                />
                <Show when=move || outcome.with(|outcome| outcome == Outcome::Decline.as_str())>
                    <Select
                        name="decline_code"
                        label="Reason"
                        value=decline_code
                        id="simulate-decline-code"
                        choices=DeclineCode::ALL.iter().map(|code| Choice::new(code.as_str(), code.label())).collect()
                    />
                </Show>
                <Select
                    name="delay_ms"
                    label="Delay"
                    value=delay
                    form
                    id="simulate-delay"
                    choices=DELAYS.iter().map(|(value, label)| Choice::new(*value, *label)).collect()
                />
                <DialogFoot slot>
                    <Button on_click=move |_| open.set(false)>"Close"</Button>
                    <Button kind=ButtonKind::Primary submit=true busy>"Send"</Button>
                </DialogFoot>
            </DialogForm>
        </Dialog>
    }
}
