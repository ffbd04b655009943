//! Notifications: readings of the event log, with what each user has read and wants to be told of.

use std::collections::BTreeMap;

use domain::notification::{
    Delivery, Inbox, Line, MOST_MARKED, Notification, NotificationKind, Preferences, fold, is_read,
};
use domain::{Action, Event, FieldError, Page, Role};

use crate::customer::{cursor_seq, page, page_size, seq_cursor};
use crate::store::rows::NotificationStateRow;
use crate::{Caller, Error, Ledger, Read, Result};

/// Entries of one page of the inbox, a group being one.
const ENTRIES: usize = 50;
/// Notifications of one page of the inbox at most, whatever they are grouped to.
const MOST_LINES: usize = 5_000;
/// Single notifications kept as read until it is looked whether they can be told by one number.
const MOST_SINGLE: usize = 100;

/// Which page of which notifications, newest first.
#[derive(Clone, Debug, Default)]
pub struct NotificationQuery {
    /// Only those the caller has not read (or only those read).
    pub unread: Option<bool>,
    /// Of one kind.
    pub kind: Option<NotificationKind>,
    /// Rows a page, 1–200, 50 when absent.
    pub limit: Option<u32>,
    /// From the page before.
    pub cursor: Option<String>,
}

impl NotificationQuery {
    /// Whether a notification is among those asked for, of which these `kinds` are shown.
    fn takes(&self, kinds: &[NotificationKind], line: &Line, is_read: bool) -> bool {
        kinds.contains(&line.kind) && self.unread.is_none_or(|unread| unread != is_read)
    }
}

/// A page of the inbox, to be grouped by [`fold`].
#[derive(Clone, Debug)]
pub struct InboxPage {
    /// What the caller has read.
    pub inbox: Inbox,
    /// The notifications in short, newest first.
    pub lines: Vec<Line>,
    /// Those that stand for themselves, and the newest of each group.
    pub entries: Vec<Notification>,
    /// Where the next page begins.
    pub next_cursor: Option<String>,
}

impl Ledger {
    /// One page of notifications.
    pub async fn notifications(
        &self,
        caller: &Caller,
        query: &NotificationQuery,
    ) -> Result<Read<Page<Notification>>> {
        caller.authorise(Action::Read)?;
        let seq = self.seq().await?;
        let state = self.store().notification_state(caller.id.as_str()).await?;
        let kinds: Vec<NotificationKind> = asked_for(&state.preferences(), caller.role, query.kind).collect();
        let before = cursor_seq(query.cursor.as_deref())?.unwrap_or(i64::MAX);
        let limit = page_size(query.limit) as usize;
        let wanted = |line: &&Line| query.takes(&kinds, line, state.has_read(line.seq));
        let (total, mut seqs) = self
            .told(seq, |told| {
                let matching = told.iter().rev().filter(wanted).map(|line| line.seq);
                let total = matching.clone().count() as u64;
                (total, matching.filter(|seq| *seq < before).take(limit + 1).collect::<Vec<_>>())
            })
            .await?;
        let more = seqs.len() > limit;
        seqs.truncate(limit);
        let next = seqs.last().filter(|_| more).map(|seq| seq_cursor(*seq));
        let rows = self.entries(&seqs, |seq| state.has_read(seq)).await?;
        Ok(Read { seq, value: page(rows, next, total) })
    }

    /// One page of the inbox: some [`ENTRIES`] entries with all that is grouped in them. `limit` is not asked.
    pub async fn inbox_page(&self, caller: &Caller, query: &NotificationQuery) -> Result<Read<InboxPage>> {
        let inbox = self.inbox(caller).await?;
        let before = cursor_seq(query.cursor.as_deref())?.unwrap_or(i64::MAX);
        let kinds: Vec<NotificationKind> = asked_for(&inbox.preferences, caller.role, query.kind).collect();
        let wanted = |line: &&Line| line.seq < before && query.takes(&kinds, line, inbox.has_read(line.seq));
        let mut lines: Vec<Line> = self
            .told(inbox.seq, |told| told.iter().rev().filter(wanted).take(MOST_LINES + 1).copied().collect())
            .await?;
        let found = lines.len();
        let mut groups = fold(&lines);
        groups.truncate(ENTRIES);
        let of_whole_groups = groups.iter().map(|group| group.seqs.len()).sum::<usize>();
        lines.truncate(of_whole_groups.min(MOST_LINES));
        let next_cursor = lines.last().filter(|_| lines.len() < found).map(|line| seq_cursor(line.seq));
        let shown: Vec<i64> = groups.iter().map(|group| group.first()).collect();
        let entries = self.entries(&shown, |seq| inbox.has_read(seq)).await?;
        Ok(Read { seq: inbox.seq, value: InboxPage { inbox, lines, entries, next_cursor } })
    }

    /// These notifications, newest first; those that are not for the caller are left out.
    pub async fn notifications_at(&self, caller: &Caller, seqs: &[i64]) -> Result<Vec<Notification>> {
        caller.authorise(Action::Read)?;
        at_most(seqs.len(), page_size(Some(u32::MAX)) as usize)?;
        let state = self.store().notification_state(caller.id.as_str()).await?;
        let mut entries = self.entries(seqs, |seq| state.has_read(seq)).await?;
        entries.retain(|entry| entry.kind.is_for(caller.role));
        Ok(entries)
    }

    /// What the caller has read, how many they have not, and how they want to be told.
    pub async fn inbox(&self, caller: &Caller) -> Result<Inbox> {
        caller.authorise(Action::Read)?;
        let state = self.store().notification_state(caller.id.as_str()).await?;
        self.inbox_of(caller, state).await
    }

    /// How many the caller has not read.
    pub async fn unread_count(&self, caller: &Caller) -> Result<u64> {
        Ok(self.inbox(caller).await?.unread)
    }

    /// Marks one read, for the caller alone.
    pub async fn mark_read(&self, caller: &Caller, id: &str) -> Result<Notification> {
        caller.authorise(Action::Read)?;
        let seq: i64 = id.parse().map_err(|_| Error::NotFound("notification"))?;
        self.mark_several_read(caller, &[seq]).await?;
        let mut entries = self.notifications_at(caller, &[seq]).await?;
        entries.pop().ok_or(Error::NotFound("notification"))
    }

    /// Marks several read, for the caller alone: all of them, or none when one is not there.
    pub async fn mark_several_read(&self, caller: &Caller, seqs: &[i64]) -> Result<Inbox> {
        caller.authorise(Action::Read)?;
        at_most(seqs.len(), MOST_MARKED)?;
        let mut wanted = seqs.to_vec();
        wanted.sort_unstable();
        wanted.dedup();
        let head = self.seq().await?;
        let there = self.told(head, |told| wanted.iter().all(|seq| is_told(told, caller.role, *seq))).await?;
        if !there {
            return Err(Error::NotFound("notification"));
        }
        let mut state = self.store().notification_state(caller.id.as_str()).await?;
        wanted.retain(|seq| !state.has_read(*seq));
        if !wanted.is_empty() {
            state = self.store().mark_read(caller.id.as_str(), &wanted).await?;
        }
        if state.read.len() > MOST_SINGLE {
            state = self.shorten(caller, state, head).await?;
        }
        self.inbox_of(caller, state).await
    }

    /// Marks all read that happened so far, for the caller alone.
    pub async fn mark_all_read(&self, caller: &Caller) -> Result<Inbox> {
        caller.authorise(Action::Read)?;
        let seq = self.seq().await?;
        let state = self.store().mark_all_read(caller.id.as_str(), seq).await?;
        self.inbox_of(caller, state).await
    }

    /// Changes how the caller is told of some kinds; the others stay as they are.
    pub async fn set_notification_preferences(&self, caller: &Caller, chosen: &Preferences) -> Result<Inbox> {
        caller.authorise(Action::Read)?;
        let foreign = chosen.iter().find(|(kind, _)| !kind.is_for(caller.role));
        if let Some((kind, _)) = foreign {
            return Err(FieldError::new(kind.as_str(), "not_told", "Only admins are told of this.").into());
        }
        let rows: BTreeMap<String, String> =
            chosen.iter().map(|(kind, how)| (kind.as_str().to_owned(), how.as_str().to_owned())).collect();
        let state = self.store().set_preferences(caller.id.as_str(), rows).await?;
        self.inbox_of(caller, state).await
    }

    /// Everything before the oldest that is unread is read: said by one number instead of many.
    async fn shorten(
        &self,
        caller: &Caller,
        state: NotificationStateRow,
        head: i64,
    ) -> Result<NotificationStateRow> {
        let unread = |told: &[Line]| told.iter().map(|line| line.seq).find(|seq| !state.has_read(*seq));
        let before = self.told(head, unread).await?.map_or(head, |seq| seq - 1);
        if before <= state.all_before {
            return Ok(state);
        }
        self.store().mark_all_read(caller.id.as_str(), before).await
    }

    /// `state`, with what it leaves unread; whoever listens to this caller is told when that is new.
    async fn inbox_of(&self, caller: &Caller, state: NotificationStateRow) -> Result<Inbox> {
        let seq = self.seq().await?;
        let preferences = state.preferences().complete(caller.role);
        let shown: Vec<NotificationKind> = preferences.shown(caller.role).collect();
        let unread = |told: &[Line]| {
            let newer = told.partition_point(|line| line.seq <= state.all_before);
            let newer = told.get(newer..).unwrap_or_default();
            newer.iter().filter(|line| shown.contains(&line.kind) && !state.has_read(line.seq)).count()
        };
        let unread = self.told(seq, unread).await? as u64;
        self.inner.listeners.tell(&caller.id, state.version);
        let NotificationStateRow { version, all_before, read, .. } = state;
        Ok(Inbox { version, seq, unread, all_before, read, preferences })
    }

    /// The notifications of these events, newest first.
    async fn entries(&self, seqs: &[i64], is_read: impl Fn(i64) -> bool) -> Result<Vec<Notification>> {
        let events = self.store().events_at(seqs).await?;
        let told = |event: &Event| Notification::of(event, is_read(event.seq));
        Ok(events.iter().rev().filter_map(told).collect())
    }
}

fn at_most(given: usize, most: usize) -> Result<()> {
    if given <= most {
        return Ok(());
    }
    Err(FieldError::new("ids", "too_many", format!("Name at most {most} at once.")).into())
}

fn is_told(told: &[Line], role: Role, seq: i64) -> bool {
    let line = told.binary_search_by_key(&seq, |line| line.seq).ok().and_then(|at| told.get(at));
    line.is_some_and(|line| line.kind.is_for(role))
}

/// The kinds to list: one of them, or all that are shown.
fn asked_for(
    preferences: &Preferences,
    role: Role,
    kind: Option<NotificationKind>,
) -> impl Iterator<Item = NotificationKind> {
    preferences.shown(role).filter(move |shown| kind.is_none_or(|kind| kind == *shown))
}

impl NotificationStateRow {
    fn preferences(&self) -> Preferences {
        // A kind or a way that a newer version wrote is told as if nothing had been chosen.
        let known =
            |(kind, how): (&String, &String)| Some((kind.parse().ok()?, how.parse::<Delivery>().ok()?));
        self.preferences.iter().filter_map(known).collect()
    }

    fn has_read(&self, seq: i64) -> bool {
        is_read(self.all_before, &self.read, seq)
    }
}
