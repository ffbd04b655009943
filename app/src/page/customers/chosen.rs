//! Which customers are chosen, for what is done with several at once.

use std::collections::BTreeSet;

use domain::CustomerId;
use leptos::prelude::*;

use super::rows::Rows;

/// The chosen customers. Copy.
#[derive(Clone, Copy, Default)]
pub(super) struct Chosen {
    ids: RwSignal<BTreeSet<CustomerId>>,
    /// Who was chosen last: a range goes from there.
    anchor: StoredValue<Option<CustomerId>>,
}

impl Chosen {
    pub(super) fn has(&self, id: &CustomerId) -> bool {
        self.ids.with(|ids| ids.contains(id))
    }

    pub(super) fn count(&self) -> usize {
        self.ids.with(BTreeSet::len)
    }

    pub(super) fn ids(&self) -> Vec<CustomerId> {
        self.ids.with_untracked(|ids| ids.iter().cloned().collect())
    }

    pub(super) fn clear(&self) {
        self.put(Vec::new());
    }

    /// These and no others.
    pub(super) fn put(&self, ids: Vec<CustomerId>) {
        let _ = self.ids.try_set(ids.into_iter().collect());
        self.anchor.try_set_value(None);
    }

    /// Chooses one, or no longer; with `range`, all from the one before to this one become as that one is.
    pub(super) fn toggle(&self, rows: Rows, id: &CustomerId, range: bool) {
        let anchor = self.anchor.get_value().filter(|_| range);
        let between = anchor.as_ref().map(|anchor| rows.between(anchor, id)).unwrap_or_default();
        self.ids.update(|ids| {
            if between.is_empty() {
                if !ids.remove(id) {
                    ids.insert(id.clone());
                }
            } else if anchor.is_some_and(|anchor| ids.contains(&anchor)) {
                ids.extend(between);
            } else {
                ids.retain(|id| !between.contains(id));
            }
        });
        self.anchor.set_value(Some(id.clone()));
    }

    /// How many of the rows that were read are chosen.
    fn of(&self, rows: Rows) -> usize {
        rows.list.with(|rows| self.ids.with(|ids| rows.iter().filter(|row| ids.contains(&row.id)).count()))
    }
}

/// The box in the heads: all rows that were read, or none.
#[component]
pub(super) fn ChooseAll(rows: Rows, chosen: Chosen) -> impl IntoView {
    // Counted anew with each choice, but not for each row.
    let count = Memo::new(move |_| if chosen.count() == 0 { 0 } else { chosen.of(rows) });
    let all = move || count.get() > 0 && count.get() == rows.list.with(Vec::len);
    let some = move || count.get() > 0 && !all();
    view! {
        <th scope="col" class="c-choose">
            <input
                type="checkbox"
                aria-label="Select all rows"
                prop:checked=all
                prop:indeterminate=some
                on:change=move |_| {
                    let ids = rows.list.with_untracked(|rows| rows.iter().map(|row| row.id.clone()).collect());
                    chosen.put(if untrack(all) { Vec::new() } else { ids });
                }
            />
        </th>
    }
}

/// The box of a row.
#[component]
pub(super) fn ChooseRow(rows: Rows, chosen: Chosen, id: CustomerId, name: Signal<String>) -> impl IntoView {
    let own = id.clone();
    let is_chosen = Memo::new(move |_| chosen.has(&own));
    // On a click: only that tells whether Shift is held.
    view! {
        <td class="c-choose">
            <input
                type="checkbox"
                class="choose"
                aria-label=move || format!("Select {}", name.get())
                prop:checked=move || is_chosen.get()
                on:click=move |event| chosen.toggle(rows, &id, event.shift_key())
            />
        </td>
    }
}
