//! Pages of figures, which are read again as a whole: any change of money may move any of them.

use std::future::Future;
use std::time::Duration;

use chrono::NaiveDate;
use domain::Event;
use leptos::prelude::*;
use leptos::task::spawn_local;

use super::{CatchUp, Live};
use crate::api::Snapshot;
use crate::error::Fault;
use crate::timing::throttled;

/// The least time between two readings, however many events come.
const PAUSE: Duration = Duration::from_secs(1);

/// Figures on screen. Copy; made once by the page that shows them.
///
/// They are signals rather than a resource: what a `Suspend` drew is disposed of when its resource is asked again, while
/// it still stands on the page, and a button in it would fail.
pub struct Whole<T: Send + Sync + 'static> {
    /// What was read last.
    pub shown: RwSignal<Snapshot<T>>,
    /// It is being read again.
    pub reading: RwSignal<bool>,
    /// Why it could not be read again.
    pub fault: RwSignal<Option<Fault>>,
    read: Callback<()>,
}

// Derived, it would ask the figures to be Copy.
impl<T: Send + Sync> Copy for Whole<T> {}
impl<T: Send + Sync> Clone for Whole<T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T: Send + Sync + 'static> Whole<T> {
    /// Shows `first`, and from now on what `ask` answers after any change, at most once a second. `dated` tells whether
    /// the figures are those of today and another day changes them.
    pub fn follow<F>(
        first: Snapshot<T>,
        ask: impl Fn() -> F + Copy + Send + Sync + 'static,
        dated: impl Fn() -> bool + 'static,
    ) -> Self
    where
        F: Future<Output = Result<Snapshot<T>, Fault>> + 'static,
    {
        let shown = RwSignal::new(first);
        let reading = RwSignal::new(false);
        let fault = RwSignal::new(None);
        let asked = StoredValue::new(0_u64);
        let read = move || {
            let turn = asked.try_update_value(|asked| {
                *asked += 1;
                *asked
            });
            let _ = reading.try_set(true);
            let answer = ask();
            spawn_local(async move {
                let answer = answer.await;
                // Asked again in the meantime: that answer counts.
                if asked.try_get_value() != turn {
                    return;
                }
                let _ = reading.try_set(false);
                let _ = fault.try_set(answer.as_ref().err().cloned());
                if let Ok(snapshot) = answer {
                    let _ = shown.try_set(snapshot);
                }
            });
        };
        let live = Live::expect();
        let soon = throttled(PAUSE, read);
        live.on_event(move |event| {
            if moves_figures(event) {
                soon.run(());
            }
        });
        live.on_resync(move || soon.run(()));
        Effect::new(move |_| {
            let Some(seq) = shown.try_with(|shown| shown.seq) else { return };
            match live.catch_up(seq) {
                CatchUp::Events(events) if !events.iter().any(moves_figures) => {}
                _ => soon.run(()),
            }
        });
        let drawn = move || {
            let date: NaiveDate = shown.try_with_untracked(|shown| shown.business_date)?;
            dated().then_some(date)
        };
        live.on_new_day(drawn, move |_| soon.run(()));
        Self { shown, reading, fault, read: Callback::new(move |()| read()) }
    }

    /// Reads it again at once.
    pub fn read(&self) {
        let _ = self.read.try_run(());
    }
}

fn moves_figures(event: &Event) -> bool {
    event.data.get("customer").is_some() || event.subject.kind == "customer" || super::is_bulk(event)
}
