//! The rows on screen, and how they follow what happens without moving.

use std::collections::BTreeSet;
use std::time::Duration;

use domain::payment::PaymentView;
use domain::{Event, Page};
use leptos::prelude::*;
use leptos::task::spawn_local;

use super::filter::Filter;
use super::{is_bulk, paid};
use crate::api::Snapshot;
use crate::api::payment::list_payments;
use crate::error::Fault;
use crate::live::{CatchUp, Live};

/// How long a changed row stays tinted.
const TINT: Duration = Duration::from_millis(1200);

/// One page of payments. Copy.
#[derive(Clone, Copy)]
pub(super) struct PaymentsList {
    pub rows: RwSignal<Vec<PaymentView>>,
    pub total: RwSignal<u64>,
    pub next: RwSignal<Option<String>>,
    /// What happened that would add rows: payments, or whole imports by the number of their event.
    pub changes: RwSignal<BTreeSet<String>>,
    /// Another page is on its way.
    pub reading: RwSignal<bool>,
    /// Why it didn't come.
    pub fault: RwSignal<Option<Fault>>,
    tinted: RwSignal<BTreeSet<String>>,
    filter: Memo<Filter>,
    seq: StoredValue<i64>,
    turn: StoredValue<u64>,
    shown: StoredValue<Filter>,
    live: Live,
}

impl PaymentsList {
    pub(super) fn new(snapshot: Snapshot<Page<PaymentView>>, shown: Filter, filter: Memo<Filter>) -> Self {
        let page = snapshot.value;
        Self {
            rows: RwSignal::new(page.data),
            total: RwSignal::new(page.page.total),
            next: RwSignal::new(page.page.next_cursor),
            changes: RwSignal::default(),
            reading: RwSignal::new(false),
            fault: RwSignal::new(None),
            tinted: RwSignal::default(),
            filter,
            seq: StoredValue::new(snapshot.seq),
            turn: StoredValue::new(0),
            shown: StoredValue::new(shown),
            live: Live::expect(),
        }
    }

    /// From now on the list follows the address and what happens.
    pub(super) fn follow(self) {
        let live = self.live;
        live.on_event(move |event| self.apply(event));
        live.on_resync(move || self.read());
        Effect::new(move |_| self.catch_up());
        Effect::new(move |_| {
            let wanted = self.filter.get();
            if self.shown.with_value(|shown| *shown != wanted) {
                self.read();
            }
        });
    }

    pub(super) fn is_tinted(&self, id: &str) -> bool {
        self.tinted.with(|tinted| tinted.contains(id))
    }

    fn catch_up(self) {
        match self.live.catch_up(self.seq.get_value()) {
            CatchUp::Events(events) => events.iter().for_each(|event| self.apply(event)),
            CatchUp::Refetch => self.read(),
        }
    }

    /// Reads the page that the address asks for; what is on screen stays until it is there.
    pub(super) fn read(self) {
        let Some(wanted) = self.filter.try_get_untracked() else { return };
        let turn = self.turn.try_update_value(|turn| {
            *turn += 1;
            *turn
        });
        self.reading.set(true);
        spawn_local(async move {
            let answer = list_payments(wanted.list()).await;
            // Overtaken by another reading, or the page was left.
            if turn.is_none() || self.turn.try_get_value() != turn {
                return;
            }
            self.reading.set(false);
            match answer {
                Ok(snapshot) => {
                    self.seq.set_value(snapshot.seq);
                    self.shown.set_value(wanted);
                    self.fault.set(None);
                    self.changes.set(BTreeSet::new());
                    self.total.set(snapshot.value.page.total);
                    self.next.set(snapshot.value.page.next_cursor);
                    self.rows.set(snapshot.value.data);
                    self.catch_up();
                }
                Err(fault) => self.fault.set(Some(fault)),
            }
        });
    }

    fn apply(self, event: &Event) {
        if is_bulk(event) {
            let _ = self.changes.try_update(|changes| changes.insert(event.subject.id.clone()));
            return;
        }
        let Some((payment, customer)) = paid(event) else { return };
        let row = PaymentView { payment, customer_name: customer.name };
        let Some(matches) = self.filter.try_with_untracked(|filter| filter.matches(&row)) else { return };
        let id = row.payment.id.clone();
        let here = self.rows.try_update(|rows| match rows.iter_mut().find(|shown| shown.payment.id == id) {
            Some(shown) => {
                if shown.payment.version <= row.payment.version {
                    *shown = row;
                }
                true
            }
            None => false,
        });
        match here {
            Some(true) => self.tint(id.as_str()),
            Some(false) if matches => {
                let _ = self.changes.try_update(|changes| changes.insert(id.into()));
            }
            _ => {}
        }
    }

    fn tint(self, id: &str) {
        let id = id.to_owned();
        let _ = self.tinted.try_update(|tinted| tinted.insert(id.clone()));
        set_timeout(
            move || {
                let _ = self.tinted.try_update(|tinted| tinted.remove(&id));
            },
            TINT,
        );
    }
}
