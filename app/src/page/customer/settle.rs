//! Taking a payment back to pending, and giving one up: both name what follows before they do it.

use domain::{FieldErrors, Payment, PaymentStatus, field};
use leptos::prelude::*;
use leptos::task::spawn_local;

use super::desk::Desk;
use crate::api::payment::{cancel_payment, set_payment_status};
use crate::ui::{Button, ButtonKind, Dialog, Field, Form, FormFault};

/// Which payment is asked about. Copy.
#[derive(Clone, Copy)]
pub(super) struct Settling {
    payment: RwSignal<Option<Payment>>,
    pending: RwSignal<bool>,
    canceling: RwSignal<bool>,
}

impl Settling {
    pub(super) fn new() -> Self {
        Self { payment: RwSignal::new(None), pending: RwSignal::new(false), canceling: RwSignal::new(false) }
    }

    /// Asks why it is pending again.
    pub(super) fn mark_pending(&self, payment: Payment) {
        self.payment.set(Some(payment));
        self.pending.set(true);
    }

    /// Asks whether to give it up.
    pub(super) fn cancel(&self, payment: Payment) {
        self.payment.set(Some(payment));
        self.canceling.set(true);
    }
}

/// The two dialogs.
#[component]
pub(super) fn SettleDialogs(desk: Desk, settling: Settling) -> impl IntoView {
    view! {
        <MarkPending desk settling />
        <Cancel desk settling />
    }
}

#[component]
fn MarkPending(desk: Desk, settling: Settling) -> impl IntoView {
    let open = settling.pending;
    let reason = RwSignal::new(String::new());
    let busy = RwSignal::new(false);
    let form = Form::new(move || {
        let mut errors = FieldErrors::default();
        reason.with(|reason| {
            errors.check(field::required_line("reason", "why it is pending again", reason, 500))
        });
        errors
    });
    let send = move || {
        let Some(payment) = settling.payment.get_untracked() else { return };
        if busy.get_untracked() || !form.submit() {
            return;
        }
        busy.set(true);
        let why = reason.get_untracked();
        spawn_local(async move {
            let to = PaymentStatus::Pending;
            let answer = set_payment_status(payment.id, to, Some(why), Some(payment.version)).await;
            let _ = busy.try_set(false);
            match answer {
                Ok(payment) => {
                    desk.put_payment(payment);
                    desk.settle_without_live();
                    let _ = reason.try_set(String::new());
                    form.reset();
                    let _ = open.try_set(false);
                }
                Err(fault) => {
                    refresh(desk, settling, &fault);
                    form.refuse(fault.0);
                }
            }
        });
    };
    let consequence =
        move || settling.payment.with(|payment| payment.as_ref().map(|payment| consequence(desk, payment)));
    view! {
        <Dialog title="Mark as pending" open>
            <form
                class="dialog-form"
                novalidate=true
                on:submit=move |event| {
                    event.prevent_default();
                    send();
                }
            >
                <div class="dialog-body">
                    <FormFault fault=form.fault() />
                    <p class="consequence">{consequence}</p>
                    <Field
                        name="reason"
                        label="Reason"
                        value=reason
                        form
                        id="pending-reason"
                        autofocus=true
                        help="Everyone who sees this customer can read it, such as “Returned by the bank”."
                    />
                </div>
                <footer class="dialog-foot">
                    <Button on_click=move |_| open.set(false)>"Keep as completed"</Button>
                    <Button kind=ButtonKind::Primary submit=true busy>"Mark as pending"</Button>
                </footer>
            </form>
        </Dialog>
    }
}

/// What follows from taking the payment back, in a sentence or two.
fn consequence(desk: Desk, payment: &Payment) -> String {
    let applied = payment.amount.checked_sub(payment.unapplied).unwrap_or(payment.amount);
    let numbers = desk.invoices.rows.with(|invoices| {
        payment
            .allocations
            .iter()
            .filter_map(|part| invoices.iter().find(|row| row.invoice.id == part.invoice_id))
            .map(|row| row.invoice.number.clone())
            .collect::<Vec<_>>()
    });
    let mut text = if applied.is_positive() {
        format!("{applied} will be owed again")
    } else {
        format!("{} will no longer count as received", payment.amount)
    };
    match numbers.as_slice() {
        [] => {}
        [one] => text.push_str(&format!(", on {one}")),
        many => text.push_str(&format!(", on {} invoices", many.len())),
    }
    text.push_str(". Marking it as completed later settles the oldest due invoices first.");
    text
}

/// After a refusal because the payment changed: shows it as it is, so that sending again is about what is seen.
fn refresh(desk: Desk, settling: Settling, fault: &crate::error::Fault) {
    let now = fault.0.current.clone().and_then(|current| serde_json::from_value::<Payment>(current).ok());
    if let Some(payment) = now {
        desk.put_payment(payment.clone());
        let _ = settling.payment.try_set(Some(payment));
    } else if fault.0.status == 409 {
        desk.read_again();
    }
}

#[component]
fn Cancel(desk: Desk, settling: Settling) -> impl IntoView {
    let open = settling.canceling;
    let reason = RwSignal::new(String::new());
    let busy = RwSignal::new(false);
    let form = Form::new(move || {
        let mut errors = FieldErrors::default();
        reason.with(|reason| errors.check(field::optional_line("reason", Some(reason), 500)));
        errors
    });
    let send = move || {
        let Some(payment) = settling.payment.get_untracked() else { return };
        if busy.get_untracked() || !form.submit() {
            return;
        }
        busy.set(true);
        let why = Some(reason.get_untracked()).filter(|reason| !reason.trim().is_empty());
        spawn_local(async move {
            let answer = cancel_payment(payment.id, why).await;
            let _ = busy.try_set(false);
            match answer {
                Ok(payment) => {
                    desk.put_payment(payment);
                    desk.settle_without_live();
                    let _ = reason.try_set(String::new());
                    form.reset();
                    let _ = open.try_set(false);
                }
                Err(fault) => {
                    refresh(desk, settling, &fault);
                    form.refuse(fault.0);
                }
            }
        });
    };
    let amount =
        move || settling.payment.with(|payment| payment.as_ref().map(|payment| payment.amount.to_string()));
    view! {
        <Dialog title="Cancel payment" open>
            <form
                class="dialog-form"
                novalidate=true
                on:submit=move |event| {
                    event.prevent_default();
                    send();
                }
            >
                <div class="dialog-body">
                    <FormFault fault=form.fault() />
                    <p class="consequence">
                        {move || format!(
                            "The announced payment of {} is given up for good. What is owed stays as it is.",
                            amount().unwrap_or_default(),
                        )}
                    </p>
                    <Field name="reason" label="Reason" value=reason form optional=true id="cancel-reason" />
                </div>
                <footer class="dialog-foot">
                    <Button on_click=move |_| open.set(false)>"Keep it"</Button>
                    <Button kind=ButtonKind::Danger submit=true busy>
                        {move || format!("Cancel {}", amount().unwrap_or_default())}
                    </Button>
                </footer>
            </form>
        </Dialog>
    }
}
