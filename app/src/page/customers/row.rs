//! One row: what is saved of a customer, and what is being saved over it.

use std::collections::VecDeque;
use std::time::Duration;

use domain::{Customer, CustomerId};
use leptos::prelude::*;

use super::columns::Column;
use crate::page::editing::{Draft, Entry};

/// How long a changed cell is tinted.
const TINTED: Duration = Duration::from_millis(1300);

/// One row.
#[derive(Clone)]
pub(super) struct Row {
    pub id: CustomerId,
    /// As it is shown: what is saved, with what is being saved over it.
    pub customer: ArcRwSignal<Customer>,
    unsaved: ArcStoredValue<Option<Box<Unsaved>>>,
    /// Cells that just changed.
    pub tinted: ArcRwSignal<Vec<Column>>,
    /// Doesn't belong here any more.
    pub gone: ArcRwSignal<bool>,
}

/// A field that was changed where it stands.
#[derive(Clone)]
pub(super) struct Change {
    pub entry: Entry,
    pub draft: Draft,
    /// The draft's own: what waits is saved even if the page is left meanwhile.
    _owner: Owner,
}

impl Change {
    pub(super) fn new(shown: &Customer, entry: Entry, typed: &str) -> Self {
        let here = Owner::current();
        let owner = Owner::new_root(None);
        let draft = owner.with(|| Draft::new(shown));
        draft.field(entry).set(typed.to_owned());
        // A new root is the current one until another is.
        if let Some(here) = here {
            here.set();
        }
        Self { entry, draft, _owner: owner }
    }
}

/// Changes of a row that are not saved yet, the first of them on its way. One waits for the other: sent at once, the
/// second would meet the version that the first makes.
struct Unsaved {
    saved: Customer,
    changes: VecDeque<Change>,
}

impl Unsaved {
    /// The customer as it will be.
    fn shown(&self) -> Customer {
        let mut shown = self.saved.clone();
        for change in &self.changes {
            // What is wrong over what is saved now changes nothing here; the server says why.
            let _ = untrack(|| change.draft.patch()).apply(&mut shown);
        }
        shown
    }
}

impl Row {
    pub fn new(customer: Customer) -> Self {
        Self {
            id: customer.id.clone(),
            unsaved: ArcStoredValue::new(None),
            customer: ArcRwSignal::new(customer),
            tinted: ArcRwSignal::default(),
            gone: ArcRwSignal::new(false),
        }
    }

    /// Shows the customer as it is now, unless something newer is shown. How it was.
    pub fn put(&self, new: Customer) -> Option<Customer> {
        let before = self.customer.try_get_untracked()?;
        let saved =
            self.unsaved.try_with_value(|unsaved| unsaved.as_ref().map(|unsaved| unsaved.saved.clone()))?;
        let old = saved.unwrap_or_else(|| before.clone());
        if old.version >= new.version {
            return None;
        }
        let shown = self.unsaved.try_update_value(|unsaved| match unsaved {
            Some(unsaved) => {
                unsaved.saved = new;
                unsaved.shown()
            }
            None => new,
        })?;
        let changed = Column::changed(&before, &shown);
        self.customer.set(shown);
        self.tint(changed);
        Some(old)
    }

    /// Shows a change that is to be saved after those before it. Whether there are none.
    pub fn change(&self, change: Change) -> bool {
        let Some(before) = self.customer.try_get_untracked() else { return false };
        let shown = self.unsaved.try_update_value(|unsaved| {
            let unsaved = unsaved
                .get_or_insert_with(|| Box::new(Unsaved { saved: before, changes: VecDeque::default() }));
            unsaved.changes.push_back(change);
            (unsaved.shown(), unsaved.changes.len() == 1)
        });
        let Some((shown, is_first)) = shown else { return false };
        self.customer.set(shown);
        is_first
    }

    /// The change that is to be sent now, over what is saved.
    pub fn next_change(&self) -> Option<Change> {
        self.unsaved.try_with_value(|unsaved| {
            let unsaved = unsaved.as_ref()?;
            let change = unsaved.changes.front()?.clone();
            // What someone else made of the same field is the server's to say.
            untrack(|| {
                if change.draft.conflicts(&unsaved.saved).is_empty() {
                    change.draft.move_onto(&unsaved.saved);
                }
            });
            Some(change)
        })?
    }

    /// The change that was sent is saved, or will not be.
    pub fn change_ended(&self) {
        let shown = self.unsaved.try_update_value(|all| {
            let mut unsaved = all.take()?;
            unsaved.changes.pop_front();
            let shown = unsaved.shown();
            if !unsaved.changes.is_empty() {
                *all = Some(unsaved);
            }
            Some(shown)
        });
        if let Some(Some(shown)) = shown {
            let _ = self.customer.try_set(shown);
        }
    }

    fn tint(&self, columns: Vec<Column>) {
        if columns.is_empty() {
            return;
        }
        self.tinted.set(columns);
        let tinted = self.tinted.clone();
        set_timeout(move || tinted.set(Vec::new()), TINTED);
    }
}
