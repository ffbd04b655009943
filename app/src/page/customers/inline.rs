//! Changing a field where it stands, in the grid: shown at once, taken back where it is refused.

use domain::user::Colleague;
use domain::{Customer, CustomerId, FieldErrors};
use leptos::html;
use leptos::prelude::*;
use leptos::task::spawn_local;
use web_sys::KeyboardEvent;

use super::columns::Column;
use super::rows::{Row, Rows};
use crate::browser;
use crate::page::colleagues::Colleagues;
use crate::page::editing::{Changed, Draft, Entry, Outcome, save, shown};
use crate::ui::{Button, ButtonKind, Dialog, Toasts, Tone};

/// What is being changed in the grid. Copy.
#[derive(Clone, Copy)]
pub(super) struct Inline {
    /// The cell that is a field now.
    cell: RwSignal<Option<(CustomerId, Column)>>,
    /// What clashed with someone else's change.
    clash: RwSignal<Option<Clash>>,
    rows: Rows,
    toasts: Toasts,
    may_edit: bool,
    /// The grid's: what was typed outlives the field it was typed in.
    owner: StoredValue<Option<Owner>>,
}

/// A change that met another.
#[derive(Clone)]
struct Clash {
    row: Row,
    entry: Entry,
    draft: Draft,
}

/// The field that is changed in a column.
pub(super) fn entry(column: Column) -> Option<Entry> {
    match column {
        Column::Name => Some(Entry::Name),
        Column::Email => Some(Entry::Email),
        Column::Phone => Some(Entry::Phone),
        Column::Owner => Some(Entry::Owner),
        Column::Tags => Some(Entry::Tags),
        Column::CreditLimit => Some(Entry::CreditLimit),
        _ => None,
    }
}

impl Inline {
    pub(super) fn new(rows: Rows, may_edit: bool) -> Self {
        let (cell, clash) = (RwSignal::new(None), RwSignal::new(None));
        let owner = StoredValue::new(Owner::current());
        Self { cell, clash, rows, toasts: Toasts::expect(), may_edit, owner }
    }

    /// Whether one may change what stands in the column here.
    pub(super) fn may(&self, column: Column) -> bool {
        self.may_edit && entry(column).is_some()
    }

    /// Whether this cell is a field now.
    pub(super) fn is_open(&self, id: &CustomerId, column: Column) -> bool {
        self.cell.with(|cell| cell.as_ref().is_some_and(|(open, at)| open == id && *at == column))
    }

    /// Makes the cell a field.
    pub(super) fn open(&self, id: &CustomerId, column: Column) {
        if self.may(column) {
            self.cell.set(Some((id.clone(), column)));
        }
    }

    /// It is a cell again; the keyboard stays there.
    fn close(&self, id: &CustomerId, column: Column) {
        if untrack(|| self.is_open(id, column)) {
            self.cell.set(None);
            let link = if column == Column::Name { " a" } else { "" };
            browser::focus_soon(format!("#{}{link}", cell_id(id, column)));
        }
    }

    /// Shows what was typed, and saves it. What is wrong with it, if it can't be sent.
    fn send(&self, row: &Row, entry: Entry, typed: &str) -> Result<(), FieldErrors> {
        let before = row.customer.get_untracked();
        let draft = match self.owner.get_value() {
            Some(owner) => owner.with(|| Draft::new(&before)),
            None => Draft::new(&before),
        };
        draft.field(entry).set(typed.to_owned());
        if !untrack(|| draft.is_changed(entry)) {
            return Ok(());
        }
        let mut after = before.clone();
        untrack(|| draft.patch()).apply(&mut after)?;
        row.show(after);
        let (inline, row) = (*self, row.clone());
        spawn_local(async move { inline.settle(row, entry, draft, before).await });
        Ok(())
    }

    async fn settle(self, row: Row, entry: Entry, draft: Draft, before: Customer) {
        match save(&row.id, draft).await {
            Outcome::Saved(customer) => self.rows.put(*customer),
            Outcome::Clash => {
                row.show(before);
                let _ = self.clash.try_set(Some(Clash { row, entry, draft }));
            }
            Outcome::Refused(fault) => {
                let name = before.name.clone();
                row.show(before);
                let reason = fault.0.errors.0.first().map(|error| error.message.clone());
                let title = format!("{name}: {} was not saved", entry.label().to_lowercase());
                self.toasts.say(Tone::Bad, title, reason.unwrap_or(fault.0.detail));
            }
        }
    }
}

/// The id of a cell that can become a field.
pub(super) fn cell_id(id: &CustomerId, column: Column) -> String {
    format!("cell-{id}-{}", column.as_str())
}

/// A cell as a field. Enter saves, Escape leaves it as it was; leaving it saves what is fine.
#[component]
pub(super) fn CellField(inline: Inline, row: Row, column: Column) -> impl IntoView {
    let Some(entry) = entry(column) else { return ().into_any() };
    let (start, name) = row.customer.with_untracked(|customer| (entry.of(customer), customer.name.clone()));
    let typed = RwSignal::new(start);
    let wrong = RwSignal::new(None::<String>);
    let label = format!("{} of {name}", entry.label());
    let (id, leaver) = (row.id.clone(), row.clone());
    let commit = move |row: &Row| match inline.send(row, entry, &typed.get_untracked()) {
        Ok(()) => inline.close(&row.id, column),
        Err(errors) => wrong.set(errors.0.first().map(|error| error.message.clone())),
    };
    let on_key = move |event: KeyboardEvent| {
        // What is typed here is no shortcut of the grid.
        event.stop_propagation();
        match event.key().as_str() {
            "Enter" => {
                event.prevent_default();
                commit(&row);
            }
            "Escape" => {
                event.prevent_default();
                inline.close(&id, column);
            }
            _ => {}
        }
    };
    let on_leave = move || {
        if untrack(|| inline.is_open(&leaver.id, column))
            && inline.send(&leaver, entry, &typed.get_untracked()).is_ok()
        {
            inline.cell.set(None);
        }
    };
    view! {
        <span class="cell-field" on:keydown=on_key>
            {if entry == Entry::Owner {
                view! { <OwnerField label typed on_leave /> }.into_any()
            } else {
                view! { <TextField label typed wrong on_leave /> }.into_any()
            }}
            {move || wrong.get().map(|message| view! { <span class="cell-wrong" role="alert">{message}</span> })}
        </span>
    }
    .into_any()
}

#[component]
fn TextField(
    label: String,
    typed: RwSignal<String>,
    wrong: RwSignal<Option<String>>,
    on_leave: impl Fn() + 'static,
) -> impl IntoView {
    let node = NodeRef::<html::Input>::new();
    Effect::new(move |_| {
        if let Some(input) = node.get() {
            // It was drawn for this, and takes the focus.
            let _ = input.focus();
            // What it holds is written after that.
            request_animation_frame(move || input.select());
        }
    });
    view! {
        <input
            class="input"
            node_ref=node
            aria-label=label
            aria-invalid=move || wrong.with(Option::is_some).then_some("true")
            autocomplete="off"
            prop:value=move || typed.get()
            on:input=move |event| {
                typed.set(event_target_value(&event));
                wrong.set(None);
            }
            on:blur=move |_| on_leave()
        />
    }
}

#[component]
fn OwnerField(label: String, typed: RwSignal<String>, on_leave: impl Fn() + 'static) -> impl IntoView {
    let node = NodeRef::<html::Select>::new();
    Effect::new(move |_| {
        if let Some(select) = node.get() {
            let _ = select.focus();
        }
    });
    let now = typed.get_untracked();
    let option = move |person: Colleague| {
        let own = person.id.to_string();
        view! { <option value=person.id.to_string() selected=move || typed.with(|typed| *typed == own)>{person.name}</option> }
    };
    let people = Colleagues::expect().0.get_untracked();
    let choices = people.into_iter().filter(|person| person.active || person.id.as_str() == now);
    view! {
        <select
            class="input"
            node_ref=node
            aria-label=label
            on:change=move |event| typed.set(event_target_value(&event))
            on:blur=move |_| on_leave()
        >
            <option value="" selected=move || typed.with(String::is_empty)>"Nobody"</option>
            {choices.map(option).collect_view()}
        </select>
    }
}

/// Both versions of what two people changed, and the choice between them.
#[component]
pub(super) fn ClashDialog(inline: Inline) -> impl IntoView {
    let open = RwSignal::new(false);
    Effect::new(move |_| open.set(inline.clash.with(Option::is_some)));
    let name = move || {
        inline.clash.with(|clash| {
            clash.as_ref().map(|clash| clash.row.customer.with(|customer| customer.name.clone()))
        })
    };
    let title = Signal::derive(move || format!("{} was changed meanwhile", name().unwrap_or_default()));
    let body = move || {
        let Clash { row, entry, draft } = inline.clash.get()?;
        let now = draft.conflict.get()?;
        let (theirs, mine) = (entry.of(&now), draft.field(entry).get_untracked());
        let (kept, saved) = (now.clone(), now);
        let keep = move |_| {
            inline.rows.put(kept.clone());
            inline.clash.set(None);
        };
        let insist = move |_| {
            untrack(|| draft.move_onto(&saved));
            let before = saved.clone();
            inline.rows.put(saved.clone());
            inline.clash.set(None);
            let row = row.clone();
            spawn_local(async move { inline.settle(row, entry, draft, before).await });
        };
        Some(view! {
            <div class="dialog-body stack">
                <p>"Someone else changed the same field before your change was saved."</p>
                <dl class="versions">
                    <div>
                        <dt>{format!("{}, theirs", entry.label())}</dt>
                        <dd><span class="lines">{shown(entry, &theirs)}</span><Changed draft entry /></dd>
                    </div>
                    <div>
                        <dt>{format!("{}, yours", entry.label())}</dt>
                        <dd class="lines">{shown(entry, &mine)}</dd>
                    </div>
                </dl>
            </div>
            <footer class="dialog-foot">
                <Button on_click=keep>"Keep theirs"</Button>
                <Button kind=ButtonKind::Primary on_click=insist>"Save mine"</Button>
            </footer>
        })
    };
    view! {
        // Closing it without a choice keeps what is saved.
        <Dialog title open on_close=move |()| inline.clash.set(None)>{body}</Dialog>
    }
}
