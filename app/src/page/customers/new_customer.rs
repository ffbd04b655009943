//! A new customer, in a sheet beside the list.

use domain::Currency;
use domain::customer::{MoneyInput, NewCustomer};
use leptos::prelude::*;
use leptos::task::spawn_local;

use crate::api::customer::create_customer;
use crate::browser;
use crate::live::{Live, LiveStatus};
use crate::ui::{
    Button, ButtonKind, Dialog, DialogFoot, DialogForm, Field, Form, MoneyField, TextArea, Toast, Toasts,
    Tone,
};

/// What was typed. Lives with the page, so that a closed sheet comes back as it was.
#[derive(Clone, Copy)]
pub(super) struct Draft {
    name: RwSignal<String>,
    reference: RwSignal<String>,
    email: RwSignal<String>,
    phone: RwSignal<String>,
    address: RwSignal<String>,
    notes: RwSignal<String>,
    tags: RwSignal<String>,
    currency: RwSignal<String>,
    credit_limit: RwSignal<String>,
    outstanding: RwSignal<String>,
    due_date: RwSignal<String>,
    default_currency: Currency,
    /// Makes the customer once, however often it is sent; kept until an answer came.
    key: RwSignal<String>,
}

impl Draft {
    pub(super) fn new(default_currency: Currency) -> Self {
        let empty = || RwSignal::new(String::new());
        Self {
            name: empty(),
            reference: empty(),
            email: empty(),
            phone: empty(),
            address: empty(),
            notes: empty(),
            tags: empty(),
            currency: RwSignal::new(default_currency.code().to_owned()),
            credit_limit: empty(),
            outstanding: empty(),
            due_date: empty(),
            default_currency,
            key: empty(),
        }
    }

    fn read(&self) -> NewCustomer {
        let filled = |text: RwSignal<String>| Some(text.get()).filter(|text| !text.trim().is_empty());
        let money = |text: RwSignal<String>| {
            filled(text).map(|amount| MoneyInput { amount: amount.trim().replace(',', ""), currency: None })
        };
        NewCustomer {
            name: self.name.get(),
            reference: filled(self.reference),
            email: filled(self.email),
            phone: filled(self.phone),
            address: filled(self.address),
            notes: filled(self.notes),
            tags: self
                .tags
                .get()
                .split(',')
                .map(str::trim)
                .filter(|tag| !tag.is_empty())
                .map(str::to_owned)
                .collect(),
            currency: filled(self.currency),
            owner: None,
            credit_limit: money(self.credit_limit),
            outstanding: money(self.outstanding),
            due_date: filled(self.due_date),
        }
    }

    fn clear(&self) {
        let texts = [
            self.name,
            self.reference,
            self.email,
            self.phone,
            self.address,
            self.notes,
            self.tags,
            self.credit_limit,
            self.outstanding,
            self.due_date,
            self.key,
        ];
        for text in texts {
            let _ = text.try_set(String::new());
        }
        let _ = self.currency.try_set(self.default_currency.code().to_owned());
    }
}

/// The sheet.
#[component]
pub(super) fn NewCustomerSheet(
    /// Whether it is open.
    open: RwSignal<bool>,
    /// What was typed.
    draft: Draft,
    /// A customer was made.
    #[prop(into)]
    on_created: Callback<()>,
) -> impl IntoView {
    let form = Form::new(move || draft.read().validate(draft.default_currency).err().unwrap_or_default());
    let busy = RwSignal::new(false);
    let toasts = Toasts::expect();
    let live = Live::expect();
    let send = move || {
        if busy.get_untracked() || !form.submit() {
            return;
        }
        if draft.key.with_untracked(String::is_empty) {
            draft.key.set(browser::new_key());
        }
        busy.set(true);
        let new = untrack(|| draft.read());
        let key = draft.key.get_untracked();
        spawn_local(async move {
            let answer = create_customer(new, key).await;
            let _ = busy.try_set(false);
            match answer {
                Ok(customer) => {
                    draft.clear();
                    form.reset();
                    let _ = open.try_set(false);
                    on_created.try_run(());
                    // The frame says it otherwise, here as in every other browser.
                    if live.status.try_get_untracked() != Some(LiveStatus::Live) {
                        toasts.push(
                            Toast::new(Tone::Good, "Customer added", format!("{} was added.", customer.name))
                                .with_href(format!("/customers/{}", customer.id)),
                        );
                    }
                }
                Err(fault) => {
                    if !fault.is_unanswered() {
                        let _ = draft.key.try_set(String::new());
                    }
                    form.refuse(fault.0);
                }
            }
        });
    };
    let currency = Signal::derive(move || draft.currency.with(|code| code.trim().to_uppercase()));
    view! {
        <Dialog title="New customer" open side=true>
            <DialogForm form on_submit=move |()| send()>
                <Field name="name" label="Name" value=draft.name form autofocus=true autocomplete="off" />
                <div class="fields-2">
                    <MoneyField name="outstanding" label="Outstanding amount" value=draft.outstanding currency form optional=true help="What is owed already." />
                    <Field name="due_date" label="Due date" kind="date" value=draft.due_date form optional=true help="The past is fine." />
                </div>
                <div class="fields-2">
                    <Field name="email" label="E-mail" kind="email" value=draft.email form optional=true autocomplete="off" />
                    <Field name="phone" label="Phone" kind="tel" value=draft.phone form optional=true autocomplete="off" />
                </div>
                <TextArea name="address" label="Address" value=draft.address form optional=true rows=2 />
                <div class="fields-2">
                    <Field name="reference" label="Reference" value=draft.reference form optional=true help="Your number for them; made up when empty." />
                    <Field name="currency" label="Currency" value=draft.currency form help="ISO code, such as EUR." />
                </div>
                <div class="fields-2">
                    <MoneyField name="credit_limit" label="Credit limit" value=draft.credit_limit currency form optional=true />
                    <Field name="tags" label="Tags" value=draft.tags form optional=true help="Separated by commas." />
                </div>
                <TextArea name="notes" label="Notes" value=draft.notes form optional=true />
                <DialogFoot slot>
                    <Button on_click=move |_| open.set(false)>"Cancel"</Button>
                    <Button kind=ButtonKind::Primary submit=true busy>"Add customer"</Button>
                </DialogFoot>
            </DialogForm>
        </Dialog>
    }
}
