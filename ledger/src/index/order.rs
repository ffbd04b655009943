//! Rows in order, and pages of them.

use std::cmp::Ordering;

use chrono::{Datelike, NaiveDate};
use domain::customer::SortBy;
use itertools::{Either, Itertools};

use crate::store::rows::NEVER;
use crate::store::{KeyValue, Keyset};

/// The day of those that have none: it sorts last.
pub(super) const NO_DAY: i32 = i32::MAX;

/// Days since the common era.
pub(super) fn day(date: NaiveDate) -> i32 {
    date.num_days_from_ce()
}

/// The same of a date as rows hold it.
pub(super) fn day_of(key: &str) -> i32 {
    if key == NEVER {
        return NO_DAY;
    }
    key.parse().map_or(NO_DAY, day)
}

/// A text to order by.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Text(pub Box<str>);

/// The first sixteen bytes of a text, which compare as it does: two texts are mostly told apart without looking at them.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Head(u128);

impl Head {
    pub(super) fn of(text: &str) -> Self {
        let mut head = [0; 16];
        for (place, byte) in head.iter_mut().zip(text.bytes()) {
            *place = byte;
        }
        Self(u128::from_be_bytes(head))
    }
}

/// What a row is ordered by.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Key<'a> {
    Int(i64),
    /// Its beginning, and all of it.
    Text(Head, &'a Text),
}

impl Key<'_> {
    /// A number that compares as the key does, as far as it goes.
    fn rank(self, descending: bool) -> u128 {
        let rank = match self {
            Key::Int(number) => u128::from(number.cast_unsigned() ^ (1 << 63)),
            Key::Text(Head(head), _) => head,
        };
        if descending { !rank } else { rank }
    }

    /// As it stands in a cursor, which the database can go on from as well.
    fn value(self, column: Column) -> KeyValue {
        match (column, self) {
            (Column::Day, Key::Int(day)) => {
                let date = i32::try_from(day)
                    .ok()
                    .filter(|day| *day != NO_DAY)
                    .and_then(NaiveDate::from_num_days_from_ce_opt);
                KeyValue::Text(date.map_or_else(|| NEVER.to_owned(), |date| date.to_string()))
            }
            (_, Key::Int(number)) => KeyValue::Int(number),
            (_, Key::Text(_, Text(text))) => KeyValue::Text(text.to_string()),
        }
    }
}

/// What stands in a column.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Column {
    Number,
    /// Of a date; a text in the database.
    Day,
    Text,
}

/// A row of the index.
pub(super) trait Row {
    /// What it can be ordered by.
    type Sort: Copy;

    fn id(&self) -> &str;
    fn key(&self, by: Self::Sort) -> Key<'_>;
    fn column(by: Self::Sort) -> Column;
}

/// A cursor's value.
enum LastKey {
    Int(i64),
    Text(Head, Text),
}

impl LastKey {
    /// `None`: not a value of this column.
    fn of(column: Column, value: &KeyValue) -> Option<Self> {
        match (column, value) {
            (Column::Number, KeyValue::Int(number)) => Some(LastKey::Int(*number)),
            (Column::Day, KeyValue::Text(text)) => Some(LastKey::Int(day_of(text).into())),
            (Column::Text, KeyValue::Text(text)) => {
                Some(LastKey::Text(Head::of(text), Text(text.as_str().into())))
            }
            (Column::Number, KeyValue::Text(_)) | (Column::Day | Column::Text, KeyValue::Int(_)) => None,
        }
    }

    fn as_key(&self) -> Key<'_> {
        match self {
            LastKey::Int(number) => Key::Int(*number),
            LastKey::Text(head, text) => Key::Text(*head, text),
        }
    }
}

/// Rows of a page, where the next begins, and how many match in all.
pub(super) struct Found<'a, R> {
    pub rows: Vec<&'a R>,
    pub next: Option<Keyset>,
    pub total: u64,
}

/// The first `limit` rows behind `after`, of those that `takes` takes. `None`: the cursor is not one of this order.
pub(super) fn page<'a, R: Row>(
    rows: impl DoubleEndedIterator<Item = &'a R>,
    takes: impl Fn(&R) -> bool,
    sort: &[SortBy<R::Sort>],
    limit: u32,
    after: Option<&Keyset>,
) -> Option<Found<'a, R>> {
    // The first column tells nearly all rows apart, and is told by one number.
    let first_by = sort.first();
    let rank = |row: &R| first_by.map_or(0, |by| row.key(by.field).rank(by.descending));
    let order = |(rank_a, a): &(u128, &R), (rank_b, b): &(u128, &R)| {
        rank_a.cmp(rank_b).then_with(|| {
            let keys = sort.iter().map(|by| (a.key(by.field), b.key(by.field)));
            compare(sort, keys, || a.id().cmp(b.id()))
        })
    };
    let last = match after {
        Some(after) => {
            let keys = last_keys::<R>(sort, after)?;
            let first = first_by.zip(keys.first());
            let rank = first.map_or(0, |(by, key)| key.as_key().rank(by.descending));
            Some((rank, keys, after.id.as_str()))
        }
        None => None,
    };
    let room = limit as usize + 1;
    let mut total = 0;
    // Rows were mostly made in some order; met from its better end, nearly all others are told apart by one comparison.
    let rows = match first_by {
        Some(by) if by.descending => Either::Left(rows.rev()),
        _ => Either::Right(rows),
    };
    let matching = rows.filter(|row| takes(row)).inspect(|_| total += 1);
    let behind_last = matching.map(|row| (rank(row), row)).filter(|(rank, row)| {
        last.as_ref().is_none_or(|(last_rank, keys, id)| {
            let keys = sort.iter().zip(keys).map(|(by, last)| (row.key(by.field), last.as_key()));
            rank.cmp(last_rank).then_with(|| compare(sort, keys, || row.id().cmp(id))).is_gt()
        })
    });
    let mut first: Vec<&R> = behind_last.k_smallest_relaxed_by(room, order).map(|(_, row)| row).collect();
    let more = first.len() == room;
    first.truncate(limit as usize);
    let next = first.last().filter(|_| more).map(|row| Keyset {
        values: sort.iter().map(|by| row.key(by.field).value(R::column(by.field))).collect(),
        id: row.id().to_owned(),
    });
    Some(Found { rows: first, next, total })
}

/// The values a cursor ends with, one per column; `None` when they are not those of this order.
fn last_keys<R: Row>(sort: &[SortBy<R::Sort>], after: &Keyset) -> Option<Vec<LastKey>> {
    if after.values.len() != sort.len() {
        return None;
    }
    sort.iter().zip(&after.values).map(|(by, value)| LastKey::of(R::column(by.field), value)).collect()
}

/// By each column in turn, whose values come in pairs; ids break ties, in the direction of the first column, as in the
/// database.
fn compare<'a, S>(
    sort: &[SortBy<S>],
    keys: impl Iterator<Item = (Key<'a>, Key<'a>)>,
    by_id: impl FnOnce() -> Ordering,
) -> Ordering {
    let turned = |order: Ordering, descending| if descending { order.reverse() } else { order };
    sort.iter()
        .zip(keys)
        .map(|(by, (a, b))| turned(a.cmp(&b), by.descending))
        .find(|order| order.is_ne())
        .unwrap_or_else(|| turned(by_id(), sort.first().is_some_and(|by| by.descending)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_compare_as_their_beginnings_do() {
        let long = "a street of sixteen bytes and more".to_owned();
        let mut texts: Vec<String> = [
            "",
            "a",
            "ab",
            "abcdefgh",
            "abcdefghi",
            "abcdefgz",
            "abcdefghabcdefgh",
            "ä",
            "b",
            "żółw",
            "日本",
            "\u{1}",
        ]
        .map(str::to_owned)
        .into();
        texts.extend([long.clone() + "b", long.clone() + "a", long]);
        texts.sort_unstable();
        let texts: Vec<Text> = texts.into_iter().map(|text| Text(text.into())).collect();
        assert!(texts.is_sorted_by_key(|text| Key::Text(Head::of(&text.0), text)));
    }
}
