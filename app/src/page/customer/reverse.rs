//! Taking a payment away that bounced, was charged back, or was entered by mistake: what it settled is owed again.

use domain::payment::ReversalKind;
use domain::{FieldErrors, Payment, PaymentId, date};
use leptos::prelude::*;

use super::correcting::{
    Besides, Correcting, Follows, Once, ReasonFields, Reasons, Trial, WhatFollows, account, kept, moment,
    tried,
};
use super::desk::Desk;
use super::settle::Settling;
use crate::api::payment::reverse_payment;
use crate::ui::{Button, ButtonKind, Choice, Dialog, DialogFoot, DialogForm, Form, Select};

/// What is typed. It outlives the dialog: closing it loses nothing.
#[derive(Clone, Copy)]
struct Draft {
    kind: RwSignal<String>,
    reasons: Reasons,
    /// Which payment it is about.
    about: StoredValue<Option<PaymentId>>,
}

impl Draft {
    fn new() -> Self {
        Self { kind: RwSignal::new(usual()), reasons: Reasons::new(), about: StoredValue::default() }
    }

    fn begin(self, payment: &Payment, form: Form) {
        if self.about.with_value(|about| about.as_ref() != Some(&payment.id)) {
            self.clear();
            form.reset();
            self.about.set_value(Some(payment.id.clone()));
        }
    }

    fn clear(self) {
        let _ = self.kind.try_set(usual());
        self.about.try_update_value(Option::take);
        self.reasons.clear();
    }

    fn kind(self) -> ReversalKind {
        self.kind.with(|kind| kind.parse().unwrap_or_default())
    }

    /// Reverses on the account as the page knows it.
    fn try_out(self, desk: Desk, settling: Settling, besides: Besides) -> Trial {
        let Some(payment) = settling.payment.get() else { return Trial::default() };
        let (today, before) = (desk.today.get(), account(desk, besides, Some(&payment)));
        let mut errors = FieldErrors::default();
        let why = self.reasons.read(&payment, today, &mut errors);
        let mut after = before.clone();
        // Refused when it changed meanwhile, or its invoices are still being read: the ledger will say.
        let done = after.reverse(&payment.id, self.kind(), &why, moment(today)).is_ok();
        Trial { errors, follows: done.then(|| Follows::between(&before, &after)) }
    }
}

fn usual() -> String {
    ReversalKind::default().as_str().to_owned()
}

#[component]
pub(super) fn ReverseDialog(desk: Desk, settling: Settling) -> impl IntoView {
    let open = settling.reversing;
    let draft = Draft::new();
    let besides = Besides::default();
    let (busy, once) = (RwSignal::new(false), Once::new());
    let trial = tried(busy, move || draft.try_out(desk, settling, besides));
    let form = Form::new(move || trial.with(|trial| trial.errors.clone()));
    let correcting = Correcting { desk, settling, form, open, busy, once };
    correcting.on_open(besides, move |payment| draft.begin(payment, form));
    let send = move || {
        let kind = untrack(|| draft.kind());
        let ask = |payment: Payment, key| {
            let why = draft.reasons.sent(payment.version);
            reverse_payment(payment.id, kind, why, key)
        };
        correcting.send(ask, move || draft.clear());
    };
    let amount =
        move || settling.payment.with(|payment| payment.as_ref().map(|payment| kept(payment).to_string()));
    let context = move || {
        let name = desk.customer.with(|customer| customer.name.clone());
        settling.payment.with(|payment| {
            payment.as_ref().map(|payment| {
                format!(
                    "{} from {name}, received on {}, no longer counts. What it settled is owed again. This can't be undone.",
                    kept(payment),
                    date::show(payment.received_on),
                )
            })
        })
    };
    view! {
        <Dialog title="Reverse payment" open>
            <DialogForm form on_submit=move |()| send()>
                <p class="consequence">{context}</p>
                <Select
                    name="kind"
                    label="What happened"
                    value=draft.kind
                    form
                    id="reverse-kind"
                    choices=ReversalKind::ALL.iter().map(|kind| Choice::new(kind.as_str(), words(*kind))).collect()
                />
                <ReasonFields reasons=draft.reasons form prefix="reverse" />
                <WhatFollows trial />
                <DialogFoot slot>
                    <Button on_click=move |_| open.set(false)>"Keep it"</Button>
                    <Button kind=ButtonKind::Danger submit=true busy>
                        {move || format!("Reverse {}", amount().unwrap_or_default())}
                    </Button>
                </DialogFoot>
            </DialogForm>
        </Dialog>
    }
}

fn words(kind: ReversalKind) -> &'static str {
    match kind {
        ReversalKind::Bounced => "The cheque or direct debit bounced",
        ReversalKind::Chargeback => "The payer’s bank took the money back",
        ReversalKind::EntryError => "It was entered by mistake",
    }
}
