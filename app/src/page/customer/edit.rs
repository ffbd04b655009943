//! The sheet in which a customer is changed.

use domain::Problem;
use leptos::prelude::*;
use leptos::task::spawn_local;

use super::desk::Desk;
use crate::page::editing::{Conflict, Draft, Entry, Outcome, save};
use crate::ui::{
    Button, ButtonKind, Dialog, DialogFoot, DialogForm, Field, Form, MoneyField, TextArea, Toasts, Tone,
};

#[component]
pub(super) fn EditSheet(desk: Desk, open: RwSignal<bool>) -> impl IntoView {
    let draft = desk.customer.with_untracked(Draft::new);
    let busy = RwSignal::new(false);
    let toasts = Toasts::expect();
    let form = Form::new(move || {
        let mut customer = draft.base.get();
        draft.patch().apply(&mut customer).err().unwrap_or_default()
    });
    Effect::new(move |_| {
        if open.get() {
            untrack(|| desk.customer.with(|customer| draft.begin(customer)));
        }
    });
    let submit = move || {
        if busy.get_untracked() || !form.submit() {
            return;
        }
        if let Some(now) = draft.conflict.get_untracked() {
            let undecided = untrack(|| draft.conflicts(&now))
                .into_iter()
                .find(|entry| draft.decided[*entry as usize].with_untracked(String::is_empty));
            if let Some(entry) = undecided {
                let detail = format!("Choose which “{}” to keep.", entry.label());
                form.refuse(Problem::new(409, "undecided", "Two versions", detail));
                return;
            }
            untrack(|| draft.move_onto(&now));
            draft.conflict.set(None);
        }
        busy.set(true);
        spawn_local(async move {
            send(desk, draft, form, open, toasts).await;
            let _ = busy.try_set(false);
        });
    };
    let currency = Signal::derive(move || desk.customer.with(|customer| customer.currency.to_string()));
    view! {
        <Dialog title="Edit customer" open side=true>
            <DialogForm form on_submit=move |()| submit()>
                <Conflict draft />
                <Field name="name" label="Name" value=draft.field(Entry::Name) form id="edit-name" autofocus=true />
                <Field
                    name="reference"
                    label="Reference"
                    value=draft.field(Entry::Reference)
                    form
                    id="edit-reference"
                    help="The customer's number in your books."
                />
                <Field name="email" label="E-mail" kind="email" value=draft.field(Entry::Email) form optional=true id="edit-email" />
                <Field name="phone" label="Phone" kind="tel" value=draft.field(Entry::Phone) form optional=true id="edit-phone" />
                <TextArea name="address" label="Address" value=draft.field(Entry::Address) form optional=true id="edit-address" />
                <MoneyField
                    name="credit_limit"
                    label="Credit limit"
                    value=draft.field(Entry::CreditLimit)
                    currency
                    form
                    optional=true
                    id="edit-limit"
                />
                <Field
                    name="tags"
                    label="Tags"
                    value=draft.field(Entry::Tags)
                    form
                    optional=true
                    id="edit-tags"
                    help="Separated by commas."
                />
                <TextArea
                    name="notes"
                    label="Notes"
                    value=draft.field(Entry::Notes)
                    form
                    optional=true
                    rows=4
                    id="edit-notes"
                    help="What always holds. What happened belongs into the timeline, as a note."
                />
                <DialogFoot slot>
                    <Button on_click=move |_| {
                        desk.customer.with_untracked(|customer| draft.restart(customer));
                        form.reset();
                        open.set(false);
                    }>"Discard"</Button>
                    <Button kind=ButtonKind::Primary submit=true busy>"Save"</Button>
                </DialogFoot>
            </DialogForm>
        </Dialog>
    }
}

async fn send(desk: Desk, draft: Draft, form: Form, open: RwSignal<bool>, toasts: Toasts) {
    match save(&desk.id.get_value(), draft).await {
        Outcome::Saved(customer) => {
            desk.put_customer((*customer).clone());
            draft.restart(&customer);
            form.reset();
            let _ = open.try_set(false);
            toasts.say(Tone::Good, "Saved", format!("{} is up to date.", customer.name));
        }
        Outcome::Clash => {}
        Outcome::Refused(fault) => form.refuse(fault.0),
    }
}
