//! Changing a field where it stands, in the grid: shown at once, taken back where it is refused.

use domain::user::Colleague;
use domain::{CustomerId, FieldErrors};
use leptos::html;
use leptos::prelude::*;
use leptos::task::spawn_local;
use web_sys::KeyboardEvent;

use super::columns::Column;
use super::row::{Change, Row};
use super::rows::Rows;
use crate::browser;
use crate::page::colleagues::Colleagues;
use crate::page::editing::{Changed, Entry, Outcome, save, shown};
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
}

/// A change that met another.
#[derive(Clone)]
struct Clash {
    row: Row,
    change: Change,
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
        Self { cell, clash, rows, toasts: Toasts::expect(), may_edit }
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
            // At once, so that not even a quick key misses it.
            let cell = format!("#{}", cell_id(id, column));
            browser::focus(&cell);
            if column == Column::Name {
                request_animation_frame(move || {
                    // The link is drawn by now.
                    if browser::focused(&cell).is_some() {
                        browser::focus(&format!("{cell} a"));
                    }
                });
            }
        }
    }

    /// Shows what was typed, and saves it. What is wrong with it, if it can't be sent.
    fn send(&self, row: &Row, entry: Entry, typed: &str) -> Result<(), FieldErrors> {
        let shown = row.customer.get_untracked();
        let change = Change::new(&shown, entry, typed);
        if untrack(|| change.draft.is_changed(entry)) {
            untrack(|| change.draft.patch()).apply(&mut shown.clone())?;
            self.save(row, change);
        }
        Ok(())
    }

    /// Saves a change once those of the row before it are saved.
    fn save(&self, row: &Row, change: Change) {
        if !row.change(change) {
            return;
        }
        let (inline, row) = (*self, row.clone());
        spawn_local(async move {
            let _asking = browser::Unsaved::begin();
            while let Some(change) = row.next_change() {
                inline.settle(&row, change).await;
            }
        });
    }

    async fn settle(self, row: &Row, change: Change) {
        let entry = change.entry;
        let outcome = save(&row.id, change.draft).await;
        if let Outcome::Saved(customer) = &outcome {
            self.rows.put((**customer).clone());
            // The list may have let go of the row, or be gone: what waits is sent over this all the same.
            row.put((**customer).clone());
        }
        row.change_ended();
        match outcome {
            Outcome::Saved(_) => {}
            Outcome::Clash => {
                let _ = self.clash.try_set(Some(Clash { row: row.clone(), change }));
            }
            Outcome::Refused(fault) => {
                let Some(customer) = row.customer.try_get_untracked() else { return };
                let reason = fault.0.errors.0.first().map(|error| error.message.clone());
                let title = format!("{}: {} was not saved", customer.name, entry.label().to_lowercase());
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
        let Clash { row, change } = inline.clash.get()?;
        let Change { entry, draft, .. } = change;
        let now = draft.conflict.get()?;
        let (theirs, mine) = (entry.of(&now), draft.field(entry).get_untracked());
        let (kept, saved) = (now.clone(), now);
        let keep = move |_| {
            inline.rows.put(kept.clone());
            inline.clash.set(None);
        };
        let insist = move |_| {
            untrack(|| draft.move_onto(&saved));
            inline.rows.put(saved.clone());
            inline.clash.set(None);
            inline.save(&row, change.clone());
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
