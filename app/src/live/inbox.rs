//! What the viewer has read and what waits for them: the same in every tab, whoever of them reads.

use std::collections::BTreeSet;

use domain::notification::{Delivery, Inbox as Known, MOST_MARKED, NotificationKind, Preferences};
use leptos::prelude::*;
use leptos::task::spawn_local;

use crate::api::notification::{mark_all_read, mark_read};
use crate::error::Fault;

/// What the viewer has read. Copy; from context. The first value comes with the page, then with the socket.
#[derive(Clone, Copy, Default)]
pub struct Inbox {
    /// What the server said last.
    known: RwSignal<Option<Known>>,
    /// What came since, as frames tell it.
    newer: RwSignal<BTreeSet<i64>>,
    /// What was marked here, until the server answers.
    marked: RwSignal<BTreeSet<i64>>,
}

impl Inbox {
    /// The viewer's inbox of this page.
    pub fn expect() -> Self {
        use_context().unwrap_or_default()
    }

    /// What the server says. It is whole, and may be older than what is known.
    pub fn learn(&self, inbox: Known) {
        let is_news = self
            .known
            .try_with_untracked(|known| known.as_ref().is_none_or(|known| inbox.supersedes(known)))
            .unwrap_or_default();
        if is_news {
            let _ = self.newer.try_update(|newer| newer.retain(|seq| *seq > inbox.seq));
            let _ = self.known.try_set(Some(inbox));
        }
    }

    /// The books are others, such as restored ones: nothing of before counts.
    pub(super) fn forget(&self) {
        let _ = self.newer.try_update(BTreeSet::clear);
        let _ = self.known.try_set(None);
    }

    /// Another notification came. Its event may be counted already.
    pub fn count(&self, kind: NotificationKind, seq: i64) {
        let counted = |known: &Option<Known>| {
            known
                .as_ref()
                .is_some_and(|known| seq <= known.seq || known.preferences.of(kind) == Delivery::None)
        };
        if self.known.try_with_untracked(counted) == Some(false) {
            let _ = self.newer.try_update(|newer| newer.insert(seq));
        }
    }

    /// How many wait, once something is known in the browser.
    pub fn unread(&self) -> Option<u64> {
        let known = self.known.read();
        let known = known.as_ref()?;
        let marked = self.marked.with(|marked| marked.iter().filter(|seq| !known.has_read(**seq)).count());
        Some((known.unread + self.newer.with(BTreeSet::len) as u64).saturating_sub(marked as u64))
    }

    /// Whether the notification of this event is read.
    pub fn has_read(&self, seq: i64) -> bool {
        self.marked.with(|marked| marked.contains(&seq))
            || self.known.with(|known| known.as_ref().is_some_and(|known| known.has_read(seq)))
    }

    /// How the viewer wants to be told of `kind`.
    pub fn delivery(&self, kind: NotificationKind) -> Delivery {
        let of = |known: &Option<Known>| known.as_ref().map(|known| known.preferences.of(kind));
        self.known.try_with_untracked(of).flatten().unwrap_or_default()
    }

    /// How the viewer wants to be told, followed.
    pub fn preferences(&self) -> Option<Preferences> {
        self.known.with(|known| known.as_ref().map(|known| known.preferences.clone()))
    }

    /// Marks these as read: on screen at once, taken back when the server refuses.
    pub fn mark(self, seqs: Vec<i64>, refused: impl FnOnce(Fault) + 'static) {
        let new: Vec<i64> = seqs.into_iter().filter(|seq| !untrack(|| self.has_read(*seq))).collect();
        if new.is_empty() {
            return;
        }
        let _ = self.marked.try_update(|marked| marked.extend(&new));
        spawn_local(async move {
            let mut fault = None;
            for some in new.chunks(MOST_MARKED) {
                match mark_read(some.to_vec()).await {
                    Ok(inbox) => self.learn(inbox),
                    Err(refusal) => {
                        fault = Some(refusal);
                        break;
                    }
                }
            }
            let new: BTreeSet<i64> = new.into_iter().collect();
            let _ = self.marked.try_update(|marked| marked.retain(|seq| !new.contains(seq)));
            fault.map(refused);
        });
    }

    /// Marks all as read that came so far.
    pub async fn mark_all(self) -> Result<(), Fault> {
        self.learn(mark_all_read().await?);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const KIND: NotificationKind = NotificationKind::PaymentReceived;

    fn known(version: i64, seq: i64, unread: u64) -> Known {
        Known { version, seq, unread, ..Known::default() }
    }

    #[test]
    fn each_is_counted_once_whatever_comes_first() {
        let owner = Owner::new();
        owner.set();
        let inbox = Inbox::default();
        assert_eq!(inbox.unread(), None);
        inbox.learn(known(1, 10, 2));
        // Counted by the server already; new; heard twice.
        for seq in [10, 11, 11] {
            inbox.count(KIND, seq);
        }
        assert_eq!(inbox.unread(), Some(3));
        inbox.learn(known(1, 11, 3));
        assert_eq!(inbox.unread(), Some(3));
        // An answer that was overtaken.
        inbox.learn(known(1, 10, 2));
        assert_eq!(inbox.unread(), Some(3));
        inbox.learn(Known { all_before: 11, ..known(2, 11, 0) });
        inbox.count(KIND, 12);
        assert_eq!((inbox.unread(), inbox.has_read(11), inbox.has_read(12)), (Some(1), true, false));
    }

    #[test]
    fn what_is_off_is_not_counted_and_other_books_begin_anew() {
        let owner = Owner::new();
        owner.set();
        let inbox = Inbox::default();
        let off = Known { preferences: [(KIND, Delivery::None)].into_iter().collect(), ..known(5, 10, 0) };
        inbox.learn(off);
        inbox.count(KIND, 11);
        assert_eq!((inbox.unread(), inbox.delivery(KIND)), (Some(0), Delivery::None));
        inbox.forget();
        inbox.learn(known(1, 3, 1));
        assert_eq!((inbox.unread(), inbox.delivery(KIND)), (Some(1), Delivery::Toast));
    }
}
