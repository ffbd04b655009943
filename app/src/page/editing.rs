//! Changing a customer, in its sheet or in the grid. When someone else changed the same field in the meantime both values
//! are shown, with who changed it and when, and the person chooses; other fields are merged.

use chrono::{DateTime, Utc};
use domain::customer::MoneyInput;
use domain::{Customer, CustomerId, CustomerPatch, Event, UserId};
use leptos::prelude::*;
use leptos::task::spawn_local;
use serde_json::Value;

use super::colleagues::Colleagues;
use crate::api::customer::{timeline, update_customer};
use crate::error::Fault;
use crate::ui::{When, plain};

/// A field that one changes by hand.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Entry {
    Name,
    Reference,
    Email,
    Phone,
    Address,
    Notes,
    Tags,
    CreditLimit,
    Owner,
}

impl Entry {
    pub(super) const ALL: [Entry; 9] = [
        Entry::Name,
        Entry::Reference,
        Entry::Email,
        Entry::Phone,
        Entry::Address,
        Entry::Notes,
        Entry::Tags,
        Entry::CreditLimit,
        Entry::Owner,
    ];

    pub(super) fn label(self) -> &'static str {
        match self {
            Entry::Name => "Name",
            Entry::Reference => "Reference",
            Entry::Email => "E-mail",
            Entry::Phone => "Phone",
            Entry::Address => "Address",
            Entry::Notes => "Notes",
            Entry::Tags => "Tags",
            Entry::CreditLimit => "Credit limit",
            Entry::Owner => "Owner",
        }
    }

    /// As the wire names it.
    fn name(self) -> &'static str {
        match self {
            Entry::Name => "name",
            Entry::Reference => "reference",
            Entry::Email => "email",
            Entry::Phone => "phone",
            Entry::Address => "address",
            Entry::Notes => "notes",
            Entry::Tags => "tags",
            Entry::CreditLimit => "credit_limit",
            Entry::Owner => "owner",
        }
    }

    /// What stands in the field for `customer`.
    pub(super) fn of(self, customer: &Customer) -> String {
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
            Entry::Owner => customer.owner.as_ref().map(ToString::to_string).unwrap_or_default(),
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
            Entry::Owner => patch.owner = optional(typed).map(|id| id.map(UserId::from)),
        }
    }
}

/// Someone's last change of a field.
#[derive(Clone)]
struct Blame {
    entry: Entry,
    name: String,
    at: DateTime<Utc>,
}

/// What is typed, over the row it was typed over. Copy.
#[derive(Clone, Copy)]
pub(super) struct Draft {
    pub base: RwSignal<Customer>,
    typed: [RwSignal<String>; Entry::ALL.len()],
    /// The row as it is now, where someone else changed the same fields.
    pub conflict: RwSignal<Option<Customer>>,
    /// Who changed which field, and when.
    blame: RwSignal<Vec<Blame>>,
    /// Fields of the conflict that were decided.
    pub decided: [RwSignal<String>; Entry::ALL.len()],
}

impl Draft {
    pub(super) fn new(customer: &Customer) -> Self {
        Self {
            base: RwSignal::new(customer.clone()),
            typed: Entry::ALL.map(|entry| RwSignal::new(entry.of(customer))),
            conflict: RwSignal::new(None),
            blame: RwSignal::default(),
            decided: Entry::ALL.map(|_| RwSignal::new(String::new())),
        }
    }

    pub(super) fn field(&self, entry: Entry) -> RwSignal<String> {
        self.typed[entry as usize]
    }

    pub(super) fn is_changed(&self, entry: Entry) -> bool {
        self.base.with(|base| self.field(entry).with(|typed| *typed != entry.of(base)))
    }

    /// The sheet opens: starts from the row on screen, unless something is typed already.
    pub(super) fn begin(&self, customer: &Customer) {
        if !Entry::ALL.into_iter().any(|entry| self.is_changed(entry)) {
            self.restart(customer);
        }
    }

    pub(super) fn restart(&self, customer: &Customer) {
        let _ = self.base.try_set(customer.clone());
        for entry in Entry::ALL {
            let _ = self.field(entry).try_set(entry.of(customer));
        }
        let _ = self.conflict.try_set(None);
    }

    /// Only what was changed.
    pub(super) fn patch(&self) -> CustomerPatch {
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
    pub(super) fn conflicts(&self, now: &Customer) -> Vec<Entry> {
        let clashes = |entry: &Entry| {
            let theirs = entry.of(now);
            self.is_changed(*entry)
                && self.base.with(|base| entry.of(base) != theirs)
                && self.field(*entry).with(|typed| *typed != theirs)
        };
        Entry::ALL.into_iter().filter(clashes).collect()
    }

    /// What is typed now stands over `now`: fields nobody touched here follow it.
    pub(super) fn move_onto(&self, now: &Customer) {
        for entry in Entry::ALL {
            if !self.is_changed(entry) {
                self.field(entry).set(entry.of(now));
            }
        }
        self.base.set(now.clone());
    }

    /// Someone else changed the same: both versions are to be looked at.
    fn clash(&self, now: Customer) {
        for decided in self.decided {
            decided.set(String::new());
        }
        let (id, blame) = (now.id.clone(), self.blame);
        let fields = untrack(|| self.conflicts(&now));
        self.conflict.set(Some(now));
        spawn_local(async move {
            // Without an answer the two values are shown all the same.
            if let Ok(events) = timeline(id.clone(), Some(BLAMED), None).await {
                let found = fields.into_iter().filter_map(|entry| last_change(&events.data, &id, entry));
                let _ = blame.try_set(found.collect());
            }
        });
    }
}

/// Events that are looked through for who changed a field.
const BLAMED: u32 = 50;

/// The newest event that changed the field of the customer.
fn last_change(events: &[Event], id: &CustomerId, entry: Entry) -> Option<Blame> {
    let touches = |event: &&Event| {
        let changes = event.data.get("changes").and_then(Value::as_array);
        changes.into_iter().flatten().any(|change| {
            let is = |field: &str, value: &str| change.get(field).and_then(Value::as_str) == Some(value);
            let after = change.get("after").and_then(Value::as_object);
            is("type", "customer")
                && is("id", id.as_str())
                && after.is_some_and(|after| after.contains_key(entry.name()))
        })
    };
    let event = events.iter().find(touches)?;
    Some(Blame { entry, name: event.actor.name.clone(), at: event.at })
}

/// What became of what was typed.
pub(super) enum Outcome {
    /// It is saved.
    Saved(Box<Customer>),
    /// Someone else changed the same: [`Draft::conflict`] says how it is now.
    Clash,
    /// Refused.
    Refused(Fault),
}

/// Tries against others who change the same customer.
const TRIES: usize = 5;

/// Saves what is typed. A row that others changed elsewhere is no reason to bother anyone: the change is made on the new
/// one.
pub(super) async fn save(id: &CustomerId, draft: Draft) -> Outcome {
    for _ in 0..TRIES {
        let patch = untrack(|| draft.patch());
        let fault = match update_customer(id.clone(), patch).await {
            Ok(customer) => return Outcome::Saved(Box::new(customer)),
            Err(fault) => fault,
        };
        let now = fault.current::<Customer>().filter(|_| fault.code() == "stale_version");
        // The page may be gone by now, and the draft with it.
        let (Some(now), Some(_)) = (now, draft.conflict.try_get_untracked()) else {
            return Outcome::Refused(fault);
        };
        if !untrack(|| draft.conflicts(&now)).is_empty() {
            draft.clash(now);
            return Outcome::Clash;
        }
        untrack(|| draft.move_onto(&now));
    }
    Outcome::Refused(Fault(domain::Problem::new(
        503,
        "busy",
        "Busy",
        "This customer changes all the time; nothing was saved. Try again in a moment.",
    )))
}

/// Both values of every field that two people changed.
#[component]
pub(super) fn Conflict(draft: Draft) -> impl IntoView {
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
        let shown = shown(entry, &value);
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
            <Changed draft entry />
        </fieldset>
    }
}

/// A value as people read it.
pub(super) fn shown(entry: Entry, value: &str) -> String {
    match (entry, value) {
        (_, "") => "nothing".to_owned(),
        (Entry::Owner, id) => Colleagues::expect().name(&UserId::from(id)),
        (_, value) => value.to_owned(),
    }
}

/// Who changed the field, and when.
#[component]
pub(super) fn Changed(draft: Draft, entry: Entry) -> impl IntoView {
    move || {
        let blame = draft.blame.with(|blame| blame.iter().find(|blame| blame.entry == entry).cloned())?;
        Some(view! { <p class="field-help">"Changed by " {blame.name} ", " <When at=blame.at /></p> })
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

    #[test]
    fn the_newest_change_of_the_field_is_blamed() {
        let event = |seq: i64, name: &str, field: &str| {
            serde_json::from_value(serde_json::json!({
                "seq": seq, "at": "2026-11-20T10:00:00Z", "actor": {"id": "usr_1", "name": name}, "kind": "customer.updated",
                "subject": {"type": "customer", "id": "cus_1"},
                "data": {"changes": [{"type": "customer", "id": "cus_1", "before": {}, "after": {field: "x", "version": seq}}]},
            }))
            .unwrap()
        };
        let events = [event(9, "Eve", "name"), event(8, "Vic", "phone"), event(7, "Ada", "phone")];
        let found = last_change(&events, &"cus_1".into(), Entry::Phone).unwrap();
        assert_eq!(found.name, "Vic");
        assert!(last_change(&events, &"cus_1".into(), Entry::Tags).is_none());
        assert!(last_change(&events, &"cus_2".into(), Entry::Phone).is_none());
    }

    #[test]
    fn an_owner_is_given_and_taken_away() {
        Owner::new().with(|| {
            let draft = Draft::new(&customer("Acme", None, 3));
            draft.field(Entry::Owner).set("usr_1".to_owned());
            assert_eq!(draft.patch().owner, Some(Some("usr_1".into())));
            let mut now = customer("Acme", None, 4);
            now.owner = Some("usr_2".into());
            assert_eq!(draft.conflicts(&now), [Entry::Owner]);
            draft.restart(&now);
            draft.field(Entry::Owner).set(String::new());
            assert_eq!(draft.patch().owner, Some(None));
        });
    }
}
