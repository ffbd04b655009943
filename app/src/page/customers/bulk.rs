//! What is done with the chosen customers, all at once.

use domain::bulk::{BulkChange, BulkOutcome, BulkUndo, MOST, PART};
use domain::user::Colleague;
use domain::{Action, CustomerId, UserId};
use leptos::prelude::*;
use leptos::task::spawn_local;
use serde_json::json;

use super::chosen::Chosen;
use super::rows::Rows;
use crate::api::customer::{change_customers, customer_ids, undo_change};
use crate::browser;
use crate::error::Fault;
use crate::format;
use crate::live::{Live, LiveStatus};
use crate::page::colleagues::Colleagues;
use crate::session::use_session;
use crate::ui::{Button, ButtonKind, ButtonSize, FILES, Icon, IconName, Menu, Toast, Toasts, Tone};

/// What works on the chosen customers. Copy.
#[derive(Clone, Copy)]
struct Bulk {
    rows: Rows,
    chosen: Chosen,
    busy: RwSignal<bool>,
    /// Of a change in several parts, how many customers it has come to, and of how many.
    reached: RwSignal<Option<(usize, usize)>>,
    /// Whether it is to end with the part that is on its way.
    stop: RwSignal<bool>,
    toasts: Toasts,
    live: Live,
    colleagues: Colleagues,
}

impl Bulk {
    fn change(self, change: BulkChange) {
        let ids = self.chosen.ids();
        self.run(async move { self.change_in_parts(&ids, change).await }, move |(outcome, left, fault)| {
            self.told(outcome, left);
            if let Some(fault) = fault {
                self.toasts.refuse(fault);
            }
        });
    }

    /// What all parts did together, how many customers were not come to, and the fault that ended it if one did.
    async fn change_in_parts(
        self,
        ids: &[CustomerId],
        change: BulkChange,
    ) -> Result<(BulkOutcome, usize, Option<Fault>), Fault> {
        let (first, rest) = ids.split_at(ids.len().min(PART));
        self.reach((!rest.is_empty()).then_some((0, ids.len())));
        let first = change_customers(first.to_vec(), change.clone()).await;
        let mut whole = first.inspect_err(|_| self.reach(None))?;
        let (mut left, mut fault) = (rest.len(), None);
        for part in rest.chunks(PART) {
            if self.stop.try_get_untracked() == Some(true) {
                break;
            }
            self.reach(Some((ids.len() - left, ids.len())));
            match change_customers(part.to_vec(), change.clone()).await {
                Ok(outcome) => whole.add(outcome),
                Err(error) => {
                    fault = Some(error);
                    break;
                }
            }
            left -= part.len();
        }
        self.reach(None);
        Ok((whole, left, fault))
    }

    /// Says how far it is, if the page is still there.
    fn reach(self, reached: Option<(usize, usize)>) {
        let _ = self.reached.try_set(reached);
        if reached.is_none() {
            let _ = self.stop.try_set(false);
        }
    }

    /// Every one of the list, or as many as can be changed at once.
    fn choose_all(self) {
        let wanted = self.rows.wanted();
        self.run(async move { customer_ids(wanted).await }, move |ids| self.chosen.put(ids));
    }

    fn run<T: 'static>(
        self,
        asked: impl Future<Output = Result<T, Fault>> + 'static,
        done: impl FnOnce(T) + 'static,
    ) {
        if self.busy.try_get_untracked() != Some(false) {
            return;
        }
        self.busy.set(true);
        spawn_local(async move {
            let answer = asked.await;
            // Where the page was left meanwhile, what happened is told all the same.
            let _ = self.busy.try_set(false);
            match answer {
                Ok(value) => done(value),
                Err(fault) => self.toasts.refuse(fault),
            }
            if self.live.status.try_get_untracked().is_some_and(|status| status != LiveStatus::Live) {
                self.rows.read_again(0);
            }
        });
    }

    fn told(self, outcome: BulkOutcome, left: usize) {
        let done = &outcome.undo.done;
        let title = match done {
            BulkChange::Assign { owner: Some(id) } => {
                format!("{} assigned to {}", customers(outcome.changed), untrack(|| self.colleagues.name(id)))
            }
            BulkChange::Assign { owner: None } => {
                format!("{} assigned to nobody", customers(outcome.changed))
            }
            BulkChange::AddTag { tag } => format!("{} tagged “{tag}”", customers(outcome.changed)),
            BulkChange::RemoveTag { tag } => format!("“{tag}” taken off {}", customers(outcome.changed)),
            BulkChange::Archive => format!("{} archived", customers(outcome.changed)),
            BulkChange::Unarchive => format!("{} taken out of the archive", customers(outcome.changed)),
        };
        if left == 0 && matches!(done, BulkChange::Archive | BulkChange::Unarchive) {
            self.chosen.clear();
        }
        let mut text = left_alone(&outcome);
        if left > 0 {
            text = format!("{text} Stopped before the other {}.", format::count(left as u64))
                .trim_start()
                .to_owned();
        }
        let toast = Toast::new(tone(&outcome), title, text);
        let undo = outcome.undo;
        self.toasts.push(if outcome.changed > 0 {
            toast.with_action("Undo", move || take_back(undo.clone(), self.toasts))
        } else {
            toast
        });
    }

    /// Saves a file of exactly these.
    fn export(self, ending: &'static str) {
        let sort = self.rows.wanted().parameters().into_iter().find(|(name, _)| *name == "sort");
        let body =
            json!({ "ids": self.chosen.ids(), "sort": sort.map(|(_, sort)| sort).unwrap_or_default() });
        let path = format!("/api/v1/customers/export.{ending}");
        let name = format!("duebook-customers-selected.{ending}");
        self.run(async move { browser::download(&path, &body, &name).await }, |()| ());
    }
}

/// The message that says how far a change is taken back, and in the end that it was.
const TAKING_BACK: &str = "taking-back";

/// Takes a change back, wherever one is by now.
fn take_back(undo: BulkUndo, toasts: Toasts) {
    spawn_local(async move {
        let all = undo.count();
        let mut whole: Option<BulkOutcome> = None;
        let mut done = 0;
        let mut parts = undo.parts().into_iter();
        while let Some(part) = parts.next() {
            if all > PART {
                let text = format!("{} of {}", format::count(done as u64), format::count(all as u64));
                toasts.replace(TAKING_BACK, Toast::new(Tone::Waiting, "Taking it back", text));
            }
            done += part.count();
            match (undo_change(part.clone()).await, &mut whole) {
                (Ok(outcome), Some(whole)) => whole.add(outcome),
                (Ok(outcome), None) => whole = Some(outcome),
                (Err(fault), _) => {
                    let refused = Toast::new(Tone::Bad, fault.0.title, fault.0.detail);
                    toasts.push(match BulkUndo::joined(std::iter::once(part).chain(parts.by_ref())) {
                        Some(rest) => {
                            refused.with_action("Undo the rest", move || take_back(rest.clone(), toasts))
                        }
                        None => refused,
                    });
                }
            }
        }
        let end = whole.map(|outcome| {
            let title = format!("Taken back for {}", customers(outcome.changed));
            Toast::new(tone(&outcome), title, left_alone(&outcome))
        });
        match end {
            Some(end) => toasts.replace(TAKING_BACK, end),
            None => toasts.withdraw(TAKING_BACK),
        }
    });
}

fn customers(count: u64) -> String {
    format::counted(count, "customer", "customers")
}

fn tone(outcome: &BulkOutcome) -> Tone {
    match (outcome.changed, outcome.refused.is_empty()) {
        (_, true) => Tone::Good,
        (0, false) => Tone::Bad,
        (_, false) => Tone::Waiting,
    }
}

/// Who was left as they are, and why.
fn left_alone(outcome: &BulkOutcome) -> String {
    let mut parts = Vec::new();
    if outcome.unchanged > 0 {
        let verb = if outcome.unchanged == 1 { "was" } else { "were" };
        parts.push(format!("{} {verb} so already.", format::count(outcome.unchanged)));
    }
    for refusal in &outcome.refused {
        let more = refusal.count.saturating_sub(refusal.names.len() as u64);
        let names = refusal.names.join(", ");
        let names = match (names.is_empty(), more) {
            (true, _) => customers(refusal.count),
            (false, 0) => names,
            (false, more) => format!("{names} and {} more", format::count(more)),
        };
        parts.push(format!("{names}: {}", refusal.reason));
    }
    parts.join(" ")
}

/// The bar over the foot of the list, while somebody is chosen.
#[component]
pub(super) fn BulkBar(rows: Rows, chosen: Chosen, archived: bool) -> impl IntoView {
    let bulk = Bulk {
        rows,
        chosen,
        busy: RwSignal::new(false),
        reached: RwSignal::new(None),
        stop: RwSignal::new(false),
        toasts: Toasts::expect(),
        live: Live::expect(),
        colleagues: Colleagues::expect(),
    };
    let session = use_session();
    let (may_edit, may_archive, may_export) = (
        session.may(Action::EditCustomer),
        session.may(Action::ArchiveCustomer),
        session.may(Action::Export),
    );
    let (label, change) = match archived {
        true => ("Take out of the archive", BulkChange::Unarchive),
        false => ("Archive", BulkChange::Archive),
    };
    let change = StoredValue::new(change);
    let count = move || match bulk.reached.get() {
        Some((done, all)) => {
            format!("{} of {} changed", format::count(done as u64), format::count(all as u64))
        }
        None => format!("{} selected", format::count(chosen.count() as u64)),
    };
    view! {
        <Show when=move || chosen.count() != 0>
            <div class="bulk" role="toolbar" aria-label="Selected customers" aria-busy=move || bulk.busy.get().to_string()>
                <span class="button-ring" aria-hidden="true"></span>
                <span class="bulk-count" role="status">{count}</span>
                <Show
                    when=move || bulk.reached.with(Option::is_none)
                    fallback=move || view! {
                        <Button size=ButtonSize::Small disabled=bulk.stop on_click=move |_| bulk.stop.set(true)>"Stop"</Button>
                    }
                >
                    <ChooseAllMatching bulk />
                    {may_edit.then(|| view! { <AssignMenu bulk /><TagMenu bulk /> })}
                    {may_archive.then(|| view! {
                        <Button size=ButtonSize::Small on_click=move |_| bulk.change(change.get_value())>
                            <Icon name=IconName::Archive size=14 />
                            {label}
                        </Button>
                    })}
                    {may_export.then(|| view! { <ExportChosen bulk /> })}
                    <Button kind=ButtonKind::Quiet size=ButtonSize::Small label="Clear selection" on_click=move |_| chosen.clear()>
                        <Icon name=IconName::Close size=14 />
                    </Button>
                </Show>
            </div>
        </Show>
    }
}

/// Offers the whole list once all rows that were read are chosen.
#[component]
fn ChooseAllMatching(bulk: Bulk) -> impl IntoView {
    let Bulk { rows, chosen, .. } = bulk;
    let total = move || rows.total.get();
    let reach = move || total().min(MOST as u64);
    let offered = move || (chosen.count() as u64) < reach() && chosen.count() >= rows.list.with(Vec::len);
    let label = move || {
        let reach = format::count(reach());
        if total() > MOST as u64 {
            format!("Select the first {reach}")
        } else {
            format!("Select all {reach} that match")
        }
    };
    view! {
        <Show when=offered>
            <Button kind=ButtonKind::Quiet size=ButtonSize::Small busy=bulk.busy on_click=move |_| bulk.choose_all()>{label}</Button>
        </Show>
    }
}

#[component]
fn AssignMenu(bulk: Bulk) -> impl IntoView {
    let own = use_session().user.map(|user| user.id);
    let entry = move |owner: Option<UserId>, label: String| {
        view! {
            <button type="button" class="menu-item" on:click=move |_| bulk.change(BulkChange::Assign { owner: owner.clone() })>
                {label}
            </button>
        }
    };
    let people = move || {
        let own = own.clone();
        let named = move |person: Colleague| {
            let label = if Some(&person.id) == own.as_ref() { "You".to_owned() } else { person.name };
            entry(Some(person.id), label)
        };
        bulk.colleagues.0.get().into_iter().filter(|person| person.active).map(named).collect_view()
    };
    view! {
        <Menu label="Assign" floating=true face=|| face("Assign", IconName::Users)>
            {people}
            {entry(None, "Nobody".to_owned())}
        </Menu>
    }
}

#[component]
fn TagMenu(bulk: Bulk) -> impl IntoView {
    let tag = RwSignal::new(String::new());
    let put = move |change: fn(String) -> BulkChange| {
        let change = change(tag.get_untracked());
        match change.validate() {
            Ok(change) => bulk.change(change),
            Err(errors) => {
                let message = errors.0.first().map(|error| error.message.clone()).unwrap_or_default();
                bulk.toasts.say(Tone::Bad, "No tag was changed", message);
            }
        }
    };
    view! {
        <Menu label="Tag" floating=true face=|| face("Tag", IconName::Note)>
            <form
                class="bulk-tag"
                // The buttons of a menu close it; its field doesn't.
                on:submit=move |event| {
                    event.prevent_default();
                    put(|tag| BulkChange::AddTag { tag });
                }
            >
                <input
                    class="input"
                    aria-label="Tag to add or remove"
                    placeholder="Tag"
                    autocomplete="off"
                    prop:value=move || tag.get()
                    on:click=|event| event.stop_propagation()
                    on:input=move |event| tag.set(event_target_value(&event))
                />
                <button type="submit" class="button button-secondary button-small">"Add"</button>
                <button
                    type="button"
                    class="button button-quiet button-small"
                    on:click=move |_| put(|tag| BulkChange::RemoveTag { tag })
                >
                    "Remove"
                </button>
            </form>
        </Menu>
    }
}

#[component]
fn ExportChosen(bulk: Bulk) -> impl IntoView {
    let entry = move |(ending, label): (&'static str, &'static str)| {
        view! {
            <button type="button" class="menu-item" on:click=move |_| bulk.export(ending)>
                <Icon name=IconName::File size=16 />
                {label}
            </button>
        }
    };
    view! {
        <Menu label="Export selected" floating=true face=|| face("Export", IconName::Download)>
            {FILES.map(entry).collect_view()}
        </Menu>
    }
}

fn face(label: &'static str, icon: IconName) -> impl IntoView {
    view! { <span class="button button-secondary button-small"><Icon name=icon size=14 />{label}</span> }
}

#[cfg(test)]
mod tests {
    use domain::bulk::BulkRefusal;

    use super::*;

    #[test]
    fn says_who_was_left_alone_and_why() {
        let refusal = |reason: &str, count, names: &[&str]| BulkRefusal {
            reason: reason.into(),
            count,
            names: names.iter().map(|name| (*name).to_owned()).collect(),
        };
        let outcome = BulkOutcome {
            changed: 1,
            unchanged: 2,
            refused: vec![
                refusal("It owes 5.00 USD.", 5, &["Acme", "Zeta"]),
                refusal("There is no such customer.", 1, &[]),
            ],
            undo: BulkUndo { done: BulkChange::Archive, steps: Vec::new() },
        };
        assert_eq!(
            left_alone(&outcome),
            "2 were so already. Acme, Zeta and 3 more: It owes 5.00 USD. 1 customer: There is no such customer."
        );
        assert_eq!(tone(&outcome), Tone::Waiting);
    }
}
