//! Changing a customer. When someone else changed the same field in the meantime both values are shown, and the person
//! chooses; other fields are merged.

use domain::customer::MoneyInput;
use domain::{Customer, CustomerPatch};
use leptos::prelude::*;
use leptos::task::spawn_local;

use super::desk::Desk;
use super::record::plain;
use crate::api::customer::update_customer;
use crate::ui::{
    Button, ButtonKind, Dialog, DialogFoot, DialogForm, Field, Form, MoneyField, TextArea, Toasts, Tone,
};

/// The fields of the sheet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Entry {
    Name,
    Reference,
    Email,
    Phone,
    Address,
    Notes,
    Tags,
    CreditLimit,
}

impl Entry {
    const ALL: [Entry; 8] = [
        Entry::Name,
        Entry::Reference,
        Entry::Email,
        Entry::Phone,
        Entry::Address,
        Entry::Notes,
        Entry::Tags,
        Entry::CreditLimit,
    ];

    fn label(self) -> &'static str {
        match self {
            Entry::Name => "Name",
            Entry::Reference => "Reference",
            Entry::Email => "E-mail",
            Entry::Phone => "Phone",
            Entry::Address => "Address",
            Entry::Notes => "Notes",
            Entry::Tags => "Tags",
            Entry::CreditLimit => "Credit limit",
        }
    }

    /// What stands in the field for `customer`.
    fn of(self, customer: &Customer) -> String {
        let text = |value: &Option<String>| value.clone().unwrap_or_default();
        match self {
            Entry::Name => customer.name.clone(),
            Entry::Reference => customer.reference.clone(),
            Entry::Email => text(&customer.email),
            Entry::Phone => text(&customer.phone),
            Entry::Address => text(&customer.address),
            Entry::Notes => text(&customer.notes),
            Entry::Tags => customer.tags.join(", "),
            Entry::CreditLimit => customer.credit_limit.map(|limit| limit.to_decimal()).unwrap_or_default(),
        }
    }

    /// Puts what was typed into `patch`.
    fn put(self, typed: String, patch: &mut CustomerPatch) {
        let optional = |typed: String| Some(Some(typed).filter(|text| !text.trim().is_empty()));
        match self {
            Entry::Name => patch.name = Some(typed),
            Entry::Reference => patch.reference = Some(typed),
            Entry::Email => patch.email = optional(typed),
            Entry::Phone => patch.phone = optional(typed),
            Entry::Address => patch.address = optional(typed),
            Entry::Notes => patch.notes = optional(typed),
            Entry::Tags => patch.tags = Some(typed.split([',', '\n']).map(str::to_owned).collect()),
            Entry::CreditLimit => {
                let amount = optional(typed)
                    .flatten()
                    .map(|typed| MoneyInput { amount: plain(&typed), currency: None });
                patch.credit_limit = Some(amount);
            }
        }
    }
}

/// What is typed, over the row it was typed over. Copy.
#[derive(Clone, Copy)]
struct Draft {
    base: RwSignal<Customer>,
    typed: [RwSignal<String>; Entry::ALL.len()],
    /// Fields that someone else changed too, as they are now.
    conflict: RwSignal<Option<Customer>>,
    /// Fields of the conflict that were decided.
    decided: [RwSignal<String>; Entry::ALL.len()],
}

impl Draft {
    fn new(customer: &Customer) -> Self {
        Self {
            base: RwSignal::new(customer.clone()),
            typed: Entry::ALL.map(|entry| RwSignal::new(entry.of(customer))),
            conflict: RwSignal::new(None),
            decided: Entry::ALL.map(|_| RwSignal::new(String::new())),
        }
    }

    fn field(&self, entry: Entry) -> RwSignal<String> {
        self.typed[entry as usize]
    }

    fn is_changed(&self, entry: Entry) -> bool {
        self.base.with(|base| self.field(entry).with(|typed| *typed != entry.of(base)))
    }

    /// The sheet opens: starts from the row on screen, unless something is typed already.
    fn begin(&self, customer: &Customer) {
        if !Entry::ALL.into_iter().any(|entry| self.is_changed(entry)) {
            self.restart(customer);
        }
    }

    fn restart(&self, customer: &Customer) {
        let _ = self.base.try_set(customer.clone());
        for entry in Entry::ALL {
            let _ = self.field(entry).try_set(entry.of(customer));
        }
        let _ = self.conflict.try_set(None);
    }

    /// Only what was changed.
    fn patch(&self) -> CustomerPatch {
        let mut patch = CustomerPatch::default();
        for entry in Entry::ALL {
            if self.is_changed(entry) {
                entry.put(self.field(entry).get(), &mut patch);
            }
        }
        patch.version = Some(self.base.with(|base| base.version));
        patch
    }

    /// Where `now` differs from what was typed and from what it was typed over.
    fn conflicts(&self, now: &Customer) -> Vec<Entry> {
        let clashes = |entry: &Entry| {
            let theirs = entry.of(now);
            self.is_changed(*entry)
                && self.base.with(|base| entry.of(base) != theirs)
                && self.field(*entry).with(|typed| *typed != theirs)
        };
        Entry::ALL.into_iter().filter(clashes).collect()
    }

    /// What is typed now stands over `now`: fields nobody touched here follow it.
    fn move_onto(&self, now: &Customer) {
        for entry in Entry::ALL {
            if !self.is_changed(entry) {
                self.field(entry).set(entry.of(now));
            }
        }
        self.base.set(now.clone());
    }
}

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
    let send = move || {
        if busy.get_untracked() || !form.submit() {
            return;
        }
        if let Some(now) = draft.conflict.get_untracked() {
            let undecided = untrack(|| draft.conflicts(&now))
                .into_iter()
                .find(|entry| draft.decided[*entry as usize].with_untracked(String::is_empty));
            if let Some(entry) = undecided {
                let detail = format!("Choose which “{}” to keep.", entry.label());
                form.refuse(domain::Problem::new(409, "undecided", "Two versions", detail));
                return;
            }
            untrack(|| draft.move_onto(&now));
            draft.conflict.set(None);
        }
        busy.set(true);
        let patch = untrack(|| draft.patch());
        spawn_local(async move {
            save(desk, draft, form, open, toasts, patch).await;
            let _ = busy.try_set(false);
        });
    };
    let currency = Signal::derive(move || desk.customer.with(|customer| customer.currency.to_string()));
    view! {
        <Dialog title="Edit customer" open side=true>
            <DialogForm form on_submit=move |()| send()>
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

/// Sends the change. A row that others changed elsewhere is no reason to bother anyone: the change is made on the new one.
async fn save(
    desk: Desk,
    draft: Draft,
    form: Form,
    open: RwSignal<bool>,
    toasts: Toasts,
    patch: CustomerPatch,
) {
    let id = desk.id.get_value();
    let mut patch = patch;
    // Each round is a change made by someone else in between.
    for _ in 0..5 {
        let fault = match update_customer(id.clone(), patch.clone()).await {
            Ok(customer) => {
                desk.put_customer(customer.clone());
                draft.restart(&customer);
                form.reset();
                let _ = open.try_set(false);
                toasts.say(Tone::Good, "Saved", format!("{} is up to date.", customer.name));
                return;
            }
            Err(fault) => fault,
        };
        let current = fault.current::<Customer>();
        let Some(now) = current.filter(|_| fault.code() == "stale_version") else {
            form.refuse(fault.0);
            return;
        };
        if open.try_get_untracked().is_none() {
            return;
        }
        if !untrack(|| draft.conflicts(&now)).is_empty() {
            for decided in draft.decided {
                decided.set(String::new());
            }
            draft.conflict.set(Some(now));
            return;
        }
        untrack(|| draft.move_onto(&now));
        patch = untrack(|| draft.patch());
    }
    form.refuse(domain::Problem::new(
        503,
        "busy",
        "Busy",
        "This customer changes all the time; nothing was saved. Try again in a moment.",
    ));
}

/// Both values of every field that two people changed.
#[component]
fn Conflict(draft: Draft) -> impl IntoView {
    move || {
        let now = draft.conflict.get()?;
        // Read once: choosing a side changes what is typed, and the choices must stay.
        let entries = untrack(|| draft.conflicts(&now));
        Some(view! {
            <div class="notice notice-waiting conflict" role="alert">
                <div class="stack">
                    <p class="notice-title">"Someone changed this customer in the meantime"</p>
                    <p>"Nothing was saved yet. Choose for each field, then save again."</p>
                    {entries
                        .into_iter()
                        .map(|entry| {
                            let mine = draft.field(entry).get_untracked();
                            let theirs = entry.of(&now);
                            view! { <Choice draft entry mine theirs /> }
                        })
                        .collect_view()}
                </div>
            </div>
        })
    }
}

#[component]
fn Choice(draft: Draft, entry: Entry, mine: String, theirs: String) -> impl IntoView {
    let decided = draft.decided[entry as usize];
    let name = format!("conflict-{}", entry as usize);
    let side = move |side: &'static str, who: &'static str, value: String| {
        let shown = if value.is_empty() { "nothing".to_owned() } else { value.clone() };
        view! {
            <label class="choice">
                <input
                    type="radio"
                    name=name.clone()
                    value=side
                    prop:checked=move || decided.with(|decided| decided == side)
                    on:change=move |_| {
                        draft.field(entry).set(value.clone());
                        decided.set(side.to_owned());
                    }
                />
                <span><span class="choice-who">{who}</span>" "<span class="lines">{shown}</span></span>
            </label>
        }
    };
    view! {
        <fieldset class="choices">
            <legend class="field-label">{entry.label()}</legend>
            {side("mine", "Yours:", mine)}
            {side("theirs", "Theirs:", theirs)}
        </fieldset>
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn customer(name: &str, phone: Option<&str>, version: i64) -> Customer {
        let zero = serde_json::json!({"amount": "0.00", "currency": "USD"});
        serde_json::from_value(serde_json::json!({
            "id": "cus_1", "reference": "C-1", "name": name, "currency": "USD", "phone": phone, "outstanding": zero,
            "overdue": zero, "unapplied": zero, "status": "paid", "open_invoices": 0, "version": version,
            "created_at": "2026-01-01T00:00:00Z", "updated_at": "2026-01-01T00:00:00Z",
        }))
        .unwrap()
    }

    #[test]
    fn only_what_was_changed_is_sent() {
        Owner::new().with(|| {
            let draft = Draft::new(&customer("Acme", Some("12345"), 3));
            draft.field(Entry::Phone).set(String::new());
            let patch = draft.patch();
            assert_eq!(
                patch,
                CustomerPatch { phone: Some(None), version: Some(3), ..CustomerPatch::default() }
            );
        });
    }

    #[test]
    fn changes_of_different_fields_are_merged() {
        Owner::new().with(|| {
            let draft = Draft::new(&customer("Acme", None, 3));
            draft.field(Entry::Phone).set("12345".to_owned());
            let now = customer("Acme Ltd", None, 4);
            assert_eq!(draft.conflicts(&now), []);
            draft.move_onto(&now);
            assert_eq!(draft.field(Entry::Name).get(), "Acme Ltd");
            let patch = draft.patch();
            assert_eq!((patch.name, patch.version), (None, Some(4)));
            assert_eq!(patch.phone, Some(Some("12345".to_owned())));
        });
    }

    #[test]
    fn changes_of_the_same_field_clash_unless_they_agree() {
        Owner::new().with(|| {
            let draft = Draft::new(&customer("Acme", None, 3));
            draft.field(Entry::Name).set("Acme Inc".to_owned());
            assert_eq!(draft.conflicts(&customer("Acme Ltd", None, 4)), [Entry::Name]);
            assert_eq!(draft.conflicts(&customer("Acme Inc", None, 4)), []);
        });
    }
}
