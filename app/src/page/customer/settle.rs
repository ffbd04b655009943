//! Taking a payment back to pending, and giving one up: both name what follows before they do it. The other corrections
//! of a payment are opened from here too.

use domain::{FieldErrors, Payment, PaymentId, PaymentStatus, field};
use leptos::prelude::*;
use leptos::task::spawn_local;

use super::allocate::AllocateSheet;
use super::desk::Desk;
use super::refund::RefundDialog;
use super::reverse::ReverseDialog;
use crate::api::payment::{cancel_payment, set_payment_status};
use crate::ui::{Button, ButtonKind, Dialog, DialogFoot, DialogForm, Field, Form};

/// Which payment is asked about. Copy.
#[derive(Clone, Copy)]
pub(super) struct Settling {
    /// As it was when the dialog opened, or as a refusal says it is now.
    pub payment: RwSignal<Option<Payment>>,
    pending: RwSignal<bool>,
    canceling: RwSignal<bool>,
    pub refunding: RwSignal<bool>,
    pub reversing: RwSignal<bool>,
    pub allocating: RwSignal<bool>,
}

impl Settling {
    pub(super) fn new() -> Self {
        Self {
            payment: RwSignal::new(None),
            pending: RwSignal::new(false),
            canceling: RwSignal::new(false),
            refunding: RwSignal::new(false),
            reversing: RwSignal::new(false),
            allocating: RwSignal::new(false),
        }
    }

    /// Whether the payment asked about is `id`.
    pub(super) fn is_about(&self, id: &PaymentId) -> bool {
        self.payment
            .try_with_untracked(|payment| payment.as_ref().is_some_and(|payment| payment.id == *id))
            .unwrap_or_default()
    }

    /// Opens one of the dialogs.
    pub(super) fn ask(&self, dialog: RwSignal<bool>, payment: Payment) {
        self.payment.set(Some(payment));
        dialog.set(true);
    }

    /// Asks why it is pending again.
    pub(super) fn mark_pending(&self, payment: Payment) {
        self.ask(self.pending, payment);
    }

    /// Asks whether to give it up.
    pub(super) fn cancel(&self, payment: Payment) {
        self.ask(self.canceling, payment);
    }
}

/// The dialogs over one payment.
#[component]
pub(super) fn SettleDialogs(desk: Desk, settling: Settling) -> impl IntoView {
    view! {
        <MarkPending desk settling />
        <Cancel desk settling />
        <RefundDialog desk settling />
        <ReverseDialog desk settling />
        <AllocateSheet desk settling />
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
            <DialogForm form on_submit=move |()| send()>
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
                <DialogFoot slot>
                    <Button on_click=move |_| open.set(false)>"Keep as completed"</Button>
                    <Button kind=ButtonKind::Primary submit=true busy>"Mark as pending"</Button>
                </DialogFoot>
            </DialogForm>
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
pub(super) fn refresh(desk: Desk, settling: Settling, fault: &crate::error::Fault) {
    let now = fault.current::<Payment>();
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
            <DialogForm form on_submit=move |()| send()>
                <p class="consequence">
                    {move || format!(
                        "The announced payment of {} is given up for good. What is owed stays as it is.",
                        amount().unwrap_or_default(),
                    )}
                </p>
                <Field name="reason" label="Reason" value=reason form optional=true id="cancel-reason" />
                <DialogFoot slot>
                    <Button on_click=move |_| open.set(false)>"Keep it"</Button>
                    <Button kind=ButtonKind::Danger submit=true busy>
                        {move || format!("Cancel {}", amount().unwrap_or_default())}
                    </Button>
                </DialogFoot>
            </DialogForm>
        </Dialog>
    }
}
