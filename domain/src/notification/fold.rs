//! Many of a kind in a row, told as one: “37 invoices became overdue”.

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};

use super::{Notification, NotificationKind};

/// As many of a kind in a row are told as one; fewer stand for themselves.
pub const FOLDS_FROM: usize = 4;

/// A notification in short: what is needed to count and to group it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Line {
    /// The event it reads.
    pub seq: i64,
    /// What it is about.
    pub kind: NotificationKind,
    /// The day it happened on (UTC, as times are shown).
    pub date: NaiveDate,
}

impl From<&Notification> for Line {
    fn from(notification: &Notification) -> Self {
        Self { seq: notification.seq, kind: notification.kind, date: notification.at.date_naive() }
    }
}

/// What stands as one entry: a single notification, or a run of one kind and day.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Group {
    /// What all of them are about.
    pub kind: NotificationKind,
    /// The day they happened on.
    pub date: NaiveDate,
    /// The events they read, in the order they were given; never empty.
    pub seqs: Vec<i64>,
}

impl Group {
    /// Whether it is a single notification.
    pub fn is_single(&self) -> bool {
        self.seqs.len() == 1
    }

    /// The first of them in the order they were given.
    pub fn first(&self) -> i64 {
        self.seqs.first().copied().unwrap_or_default()
    }

    /// The last of them in the order they were given.
    pub fn last(&self) -> i64 {
        self.seqs.last().copied().unwrap_or_default()
    }
}

/// Groups `lines` without changing their order: each run of at least [`FOLDS_FROM`] of one kind and day is one group.
pub fn fold(lines: &[Line]) -> Vec<Group> {
    let group = |run: &[Line]| {
        let seqs = run.iter().map(|line| line.seq).collect();
        run.first().map(|line| Group { kind: line.kind, date: line.date, seqs })
    };
    lines
        .chunk_by(|one, next| (one.kind, one.date) == (next.kind, next.date))
        .flat_map(|run| if run.len() < FOLDS_FROM { run.chunks(1) } else { run.chunks(run.len()) })
        .filter_map(group)
        .collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn line(seq: i64, kind: NotificationKind, day: u32) -> Line {
        Line { seq, kind, date: NaiveDate::from_ymd_opt(2026, 11, day).unwrap() }
    }

    fn lines() -> impl Strategy<Value = Vec<Line>> {
        prop::collection::vec((0..3_usize, 1..3_u32), 0..60).prop_map(|given| {
            let lines = given.into_iter().enumerate();
            lines.map(|(at, (kind, day))| line(1_000 - at as i64, NotificationKind::ALL[kind], day)).collect()
        })
    }

    #[test]
    fn a_few_stand_for_themselves_and_many_as_one() {
        let overdue = |seq| line(seq, NotificationKind::InvoiceOverdue, 20);
        let paid = line(5, NotificationKind::PaymentReceived, 20);
        let lines = [overdue(10), overdue(9), overdue(8), overdue(6), paid, overdue(4), overdue(3)];
        let seqs: Vec<Vec<i64>> = fold(&lines).into_iter().map(|group| group.seqs).collect();
        assert_eq!(seqs, [vec![10, 9, 8, 6], vec![5], vec![4], vec![3]]);
    }

    #[test]
    fn another_day_is_another_group() {
        let lines: Vec<Line> = (0..8)
            .map(|at| line(100 - at, NotificationKind::CustomerCreated, if at < 4 { 21 } else { 20 }))
            .collect();
        let groups = fold(&lines);
        assert_eq!(groups.iter().map(|group| group.seqs.len()).collect::<Vec<_>>(), [4, 4]);
        assert!(groups[0].date > groups[1].date);
    }

    proptest! {
        #[test]
        fn each_is_in_one_group_and_none_changes_its_place(lines in lines()) {
            let groups = fold(&lines);
            let told: Vec<i64> = groups.iter().flat_map(|group| group.seqs.clone()).collect();
            prop_assert_eq!(told, lines.iter().map(|line| line.seq).collect::<Vec<_>>());
            for group in &groups {
                prop_assert!(group.is_single() || group.seqs.len() >= FOLDS_FROM);
                for line in lines.iter().filter(|line| group.seqs.contains(&line.seq)) {
                    prop_assert_eq!((line.kind, line.date), (group.kind, group.date));
                }
            }
        }

        #[test]
        fn a_run_is_never_told_as_two_groups(lines in lines()) {
            for pair in fold(&lines).windows(2) {
                let same = (pair[0].kind, pair[0].date) == (pair[1].kind, pair[1].date);
                prop_assert!(!same || (pair[0].is_single() && pair[1].is_single()));
            }
        }
    }
}
