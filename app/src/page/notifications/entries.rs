//! What is on screen of the inbox, and what happens to it.

use std::collections::{BTreeMap, BTreeSet};

use domain::Role;
use domain::notification::{Delivery, Group, Line, Notification, fold};
use leptos::prelude::*;
use leptos::task::spawn_local;

use super::{Answer, Filter};
use crate::api::Snapshot;
use crate::api::notification::notifications_at;
use crate::error::Fault;
use crate::live::{CatchUp, Inbox, Live};
use crate::ui::Toasts;

/// What is on screen. Copy.
#[derive(Clone, Copy)]
pub(super) struct Entries {
    /// The notifications, grouped: each single one, and each run of many.
    pub groups: Memo<Vec<Group>>,
    /// Where the next page begins.
    pub next: RwSignal<Option<String>>,
    /// A page is on its way.
    pub reading: RwSignal<bool>,
    /// Why no page came.
    pub fault: RwSignal<Option<Fault>>,
    /// What the viewer has read.
    pub inbox: Inbox,
    lines: RwSignal<Vec<Line>>,
    details: RwSignal<BTreeMap<i64, Notification>>,
    /// One of each group that is open.
    opened: RwSignal<BTreeSet<i64>>,
    filter: Memo<Filter>,
    shown: StoredValue<Filter>,
    seq: StoredValue<i64>,
    turn: StoredValue<u64>,
    role: Role,
    live: Live,
    toasts: Toasts,
}

impl Entries {
    pub(super) fn new(first: Snapshot<Answer>, wanted: Filter, filter: Memo<Filter>, role: Role) -> Self {
        let lines = RwSignal::new(first.value.lines);
        let inbox = Inbox::expect();
        inbox.learn(first.value.inbox);
        Self {
            groups: Memo::new(move |_| lines.with(|lines| fold(lines))),
            next: RwSignal::new(first.value.next_cursor),
            reading: RwSignal::new(false),
            fault: RwSignal::new(None),
            inbox,
            lines,
            details: RwSignal::new(by_seq(first.value.entries)),
            opened: RwSignal::default(),
            filter,
            shown: StoredValue::new(wanted),
            seq: StoredValue::new(first.seq),
            turn: StoredValue::new(0),
            role,
            live: Live::expect(),
            toasts: Toasts::expect(),
        }
    }

    pub(super) fn follow(self) {
        self.live.on_event(move |event| {
            Notification::of(event, false).into_iter().for_each(|news| self.add(news));
        });
        self.live.on_resync(move || self.read_again());
        Effect::new(move |_| self.catch_up());
        Effect::new(move |_| {
            let wanted = self.filter.get();
            if self.shown.with_value(|shown| *shown != wanted) {
                self.read_again();
            }
        });
        // Other kinds are listed once the viewer chooses so, here or in another tab.
        let preferences = Memo::new(move |_| self.inbox.preferences());
        Effect::new(move |before: Option<_>| {
            let now = preferences.get();
            if before.flatten().is_some_and(|before| Some(before) != now) {
                self.read_again();
            }
            now
        });
    }

    /// A notification, when it was sent along or has been asked for.
    pub(super) fn detail(self, seq: i64) -> Option<Notification> {
        self.details.with(|details| details.get(&seq).cloned())
    }

    /// How many of a group are not read.
    pub(super) fn unread(self, group: &Group) -> usize {
        group.seqs.iter().filter(|seq| !self.inbox.has_read(**seq)).count()
    }

    pub(super) fn is_open(self, group: &Group) -> bool {
        self.opened.with(|opened| group.seqs.iter().any(|seq| opened.contains(seq)))
    }

    pub(super) fn toggle(self, group: &Group) {
        let was_open = untrack(|| self.is_open(group));
        self.opened.update(|opened| {
            if was_open {
                opened.retain(|seq| !group.seqs.contains(seq));
            } else {
                opened.insert(group.last());
            }
        });
    }

    /// Asks for those of `seqs` that are not here yet.
    pub(super) async fn fetch(self, seqs: &[i64]) -> Result<(), Fault> {
        let missing: Vec<i64> = self
            .details
            .try_with_untracked(|details| {
                seqs.iter().copied().filter(|seq| !details.contains_key(seq)).collect()
            })
            .unwrap_or_default();
        if !missing.is_empty() {
            let entries = notifications_at(missing).await?;
            let _ = self.details.try_update(|details| details.extend(by_seq(entries)));
        }
        Ok(())
    }

    pub(super) fn mark(self, seqs: Vec<i64>) {
        self.inbox.mark(seqs, move |fault| self.toasts.refuse(fault));
    }

    pub(super) fn mark_all(self, busy: RwSignal<bool>) {
        if busy.get_untracked() {
            return;
        }
        busy.set(true);
        spawn_local(async move {
            let answer = self.inbox.mark_all().await;
            let _ = busy.try_set(false);
            answer.err().into_iter().for_each(|fault| self.toasts.refuse(fault));
        });
    }

    pub(super) fn more(self) {
        let Some(cursor) = self.next.get_untracked().filter(|_| !self.reading.get_untracked()) else {
            return;
        };
        let wanted = self.filter.get_untracked();
        self.reading.set(true);
        spawn_local(async move {
            let answer = wanted.read(Some(cursor)).await;
            let _ = self.reading.try_set(false);
            match answer {
                Ok(Snapshot { value, .. }) => {
                    let _ = self.fault.try_set(None);
                    let _ = self.details.try_update(|details| details.extend(by_seq(value.entries)));
                    let _ = self.lines.try_update(|lines| lines.extend(value.lines));
                    let _ = self.next.try_set(value.next_cursor);
                }
                Err(fault) => {
                    let _ = self.fault.try_set(Some(fault));
                }
            }
        });
    }

    pub(super) fn read_again(self) {
        let Some(wanted) = self.filter.try_get_untracked() else { return };
        let turn = self.turn.try_update_value(|turn| {
            *turn += 1;
            *turn
        });
        let _ = self.reading.try_set(true);
        spawn_local(async move {
            let answer = wanted.read(None).await;
            if turn.is_none() || self.turn.try_get_value() != turn {
                return;
            }
            let _ = self.reading.try_set(false);
            match answer {
                Ok(snapshot) => self.show(wanted, snapshot),
                Err(fault) => {
                    let _ = self.fault.try_set(Some(fault));
                }
            }
        });
    }

    fn show(self, wanted: Filter, snapshot: Snapshot<Answer>) {
        let Answer { inbox, lines, entries, next_cursor } = snapshot.value;
        let _ = self.fault.try_set(None);
        self.seq.set_value(snapshot.seq);
        self.shown.set_value(wanted);
        self.inbox.learn(inbox);
        let _ = self.details.try_set(by_seq(entries));
        let _ = self.next.try_set(next_cursor);
        let _ = self.lines.try_set(lines);
        self.catch_up();
    }

    fn catch_up(self) {
        match self.live.catch_up(self.seq.get_value()) {
            CatchUp::Events(events) => {
                let news = events.iter().filter_map(|event| Notification::of(event, false));
                news.for_each(|news| self.add(news));
            }
            CatchUp::Refetch => self.read_again(),
        }
    }

    fn add(self, news: Notification) {
        if !news.kind.is_for(self.role) || self.inbox.delivery(news.kind) == Delivery::None {
            return;
        }
        let Some(filter) = self.filter.try_get_untracked() else { return };
        if filter.kind.is_some_and(|kind| kind != news.kind) {
            return;
        }
        let line = Line::from(&news);
        let _ = self.details.try_update(|details| details.insert(news.seq, news));
        let _ = self.lines.try_update(|lines| {
            let at = lines.partition_point(|shown| shown.seq > line.seq);
            if lines.get(at).is_none_or(|shown| shown.seq != line.seq) {
                lines.insert(at, line);
            }
        });
    }
}

fn by_seq(entries: Vec<Notification>) -> BTreeMap<i64, Notification> {
    entries.into_iter().map(|entry| (entry.seq, entry)).collect()
}
