//! The browser's end of the live protocol: one socket a page, resumed by `seq`.
//!
//! Every event reaches each subscriber once and in order, or `resync` says that some can't be had and what is on screen has
//! to be read again. Subscriptions end with the component that made them, and with no other.

mod frame;
mod hub;
mod inbox;
mod presence;
mod socket;
mod whole;

use chrono::NaiveDate;
use domain::{Event, EventKind};
use leptos::prelude::*;

use hub::Hub;

pub use hub::CatchUp;
pub use inbox::Inbox;
pub use presence::Presence;
pub use whole::Whole;

/// Whether what is on screen follows what happens.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum LiveStatus {
    /// The first connection is being made.
    #[default]
    Connecting,
    /// It follows.
    Live,
    /// The connection broke and is being made again.
    Reconnecting,
    /// The computer is offline.
    Offline,
    /// The session has ended: only signing in helps.
    SignedOut,
}

/// Whether the event says that rows came, changed or went, but not which: those of a spreadsheet.
pub fn is_bulk(event: &Event) -> bool {
    matches!(event.kind, EventKind::ImportCommitted | EventKind::ImportFinished | EventKind::ImportUndone)
}

/// The live connection. Copy; from context.
#[derive(Clone, Copy)]
pub struct Live {
    /// Whether what is on screen follows what happens.
    pub status: RwSignal<LiveStatus>,
    /// The last event that was handed out; 0 before the first connection.
    pub seq: RwSignal<i64>,
    /// The business date, once the server has told it.
    today: RwSignal<Option<NaiveDate>>,
    /// The version of the saved views, once the server has told it.
    views: RwSignal<Option<i64>>,
    hub: StoredValue<Hub>,
}

impl Default for Live {
    fn default() -> Self {
        Self {
            status: RwSignal::default(),
            seq: RwSignal::new(0),
            today: RwSignal::default(),
            views: RwSignal::default(),
            hub: StoredValue::new(Hub::default()),
        }
    }
}

impl Live {
    /// The live connection of this page.
    pub fn expect() -> Self {
        use_context().unwrap_or_default()
    }

    /// Hands every event from now on to `callback`, until the component that asks goes away.
    pub fn on_event(&self, callback: impl Fn(&Event) + Send + Sync + 'static) {
        let Some(id) = self.hub.try_update_value(|hub| hub.add_listener(callback)) else { return };
        let hub = self.hub;
        on_cleanup(move || {
            hub.try_update_value(|hub| hub.remove(id));
        });
    }

    /// Calls back when events were missed that can't be had any more: read again what is on screen.
    pub fn on_resync(&self, callback: impl Fn() + Send + Sync + 'static) {
        let Some(id) = self.hub.try_update_value(|hub| hub.add_resync(callback)) else { return };
        let hub = self.hub;
        on_cleanup(move || {
            hub.try_update_value(|hub| hub.remove(id));
        });
    }

    /// Tells the connection that something on screen was read at `seq`, and answers what has happened since: apply those
    /// events to what was read (an answer can be overtaken by frames), or read again. Call it in an effect, whenever a
    /// snapshot has arrived.
    pub fn catch_up(&self, seq: i64) -> CatchUp {
        self.hub.try_update_value(|hub| hub.catch_up(seq)).unwrap_or(CatchUp::Events(Vec::new()))
    }

    /// The business date, followed: that of what was read, until another day has begun since.
    pub fn today_since(&self, read: NaiveDate) -> NaiveDate {
        self.today.get().map_or(read, |today| today.max(read))
    }

    /// Calls back when another day begins, until the component that asks goes away. `shown` answers the date of what is on
    /// screen: a day that began while that was on its way counts too.
    pub fn on_new_day(
        &self,
        shown: impl Fn() -> Option<NaiveDate> + 'static,
        callback: impl Fn(NaiveDate) + 'static,
    ) {
        let today = self.today;
        Effect::new(move |_| {
            if let (Some(today), Some(shown)) = (today.get(), untrack(&shown))
                && today > shown
            {
                untrack(|| callback(today));
            }
        });
    }

    /// The version of the saved views, followed.
    pub fn view_version(&self) -> Option<i64> {
        self.views.get()
    }

    fn learn_views(&self, version: i64) {
        if self.views.try_get_untracked().is_some_and(|known| known != Some(version)) {
            let _ = self.views.try_set(Some(version));
        }
    }

    /// Another day has begun, or the server tells it for the first time.
    pub(crate) fn begin_day(&self, date: NaiveDate) {
        if self.today.try_get_untracked().is_some_and(|known| known != Some(date)) {
            let _ = self.today.try_set(Some(date));
        }
    }

    /// Connects, once.
    pub(crate) fn start(&self) {
        if self.hub.try_update_value(Hub::start) == Some(true) {
            socket::keep_open(*self);
        }
    }

    /// A frame's event: handed out unless it was before.
    fn receive(&self, event: Event) {
        let Some(Some(listeners)) = self.hub.try_update_value(|hub| hub.receive(&event)) else { return };
        let _ = self.seq.try_set(event.seq);
        for listener in listeners {
            listener(&event);
        }
    }

    /// Events were missed that can't be had.
    fn resync(&self) {
        let Some(callbacks) = self.hub.try_update_value(Hub::resync) else { return };
        for callback in callbacks {
            callback();
        }
    }

    /// The log is another one, whose head is `seq`.
    fn start_over(&self, seq: i64) {
        self.hub.try_update_value(|hub| hub.start_over(seq));
        let _ = self.seq.try_set(seq);
        self.resync();
    }

    /// Where to go on from, if anywhere is known.
    fn resume_from(&self) -> Option<i64> {
        self.hub.try_with_value(Hub::resume_from).flatten()
    }

    /// The server's head when nothing on the page named one.
    fn begin_at(&self, seq: i64) -> i64 {
        self.hub.try_update_value(|hub| hub.begin_at(seq)).unwrap_or(seq)
    }
}
