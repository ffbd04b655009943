//! The running totals: records of `summary`, and what commits since the last folding moved them by.

use std::sync::atomic::Ordering;

use surrealdb::types::{RecordId, RecordIdKey, SurrealValue};

use super::commit::{CommitError, classify};
use super::rows::{MoveRow, MovedRow, SummaryRow};
use super::{Store, first_of};
use crate::summary::{SummaryKey, Tallies, Tally};
use crate::{Error, Result};

/// Commits that are folded in one transaction at most.
const FOLD: usize = 500;
/// Thrown when another node was quicker.
const FOLDED: &str = "folded already";

/// Read by one statement, so that nothing is counted twice or not at all while it is folded.
#[derive(SurrealValue)]
struct TotalRows {
    totals: Vec<SummaryRow>,
    moves: Vec<Vec<MovedRow>>,
}

impl Store {
    /// The running totals of topics, each named by the first word of its records.
    pub(crate) async fn summaries(&self, topics: &[&'static str]) -> Result<Tallies> {
        // `!` is the next character after the space: every name that begins with the topic stands before it.
        let ranges: Vec<String> =
            topics.iter().map(|topic| format!("summary:`{topic} `..`{topic}!`")).collect();
        let wanted = |row: &MovedRow| row.key.split(' ').next().is_some_and(|topic| topics.contains(&topic));
        self.totals(&ranges.join(", "), wanted).await
    }

    /// Every running total.
    pub(crate) async fn all_summaries(&self) -> Result<Tallies> {
        self.totals("summary", |_| true).await
    }

    async fn totals(&self, from: &str, wanted: impl Fn(&MovedRow) -> bool) -> Result<Tallies> {
        let query = format!(
            "RETURN {{ totals: (SELECT id, count, minor FROM {from}), moves: (SELECT VALUE moves FROM {}) }}",
            self.unfolded()
        );
        let rows: Option<TotalRows> = self.db.query(query).await?.take(0)?;
        let rows = rows.ok_or_else(|| Error::internal("no totals were answered"))?;
        let mut tallies = sum(rows.totals)?;
        tallies.merge(sum(rows.moves.into_iter().flatten().filter(wanted))?);
        Ok(tallies)
    }

    /// The moves that may not be folded in yet. What was deleted before them isn't stepped over each time.
    fn unfolded(&self) -> String {
        format!("summary_move:{}..", self.folded.load(Ordering::Acquire) + 1)
    }

    /// Adds what commits have moved to the totals, and forgets these moves. Any node may do it at any time; each move is
    /// folded once.
    pub(crate) async fn fold_totals(&self) -> Result<()> {
        loop {
            let head = self.head().await?.seq;
            let query = format!("SELECT * FROM {} LIMIT {FOLD}", first_of(&self.unfolded()));
            let rows: Vec<MoveRow> = self.db.query(query).await?.take(0)?;
            let Some(last) = rows.last().map(|row| seq(&row.id)).transpose()? else {
                // Another node was here.
                self.folded.fetch_max(head, Ordering::AcqRel);
                return Ok(());
            };
            if !self.fold(rows, last).await? {
                return Ok(());
            }
            self.folded.fetch_max(last, Ordering::AcqRel);
        }
    }

    /// `false` when another node folded some of them.
    async fn fold(&self, rows: Vec<MoveRow>, last: i64) -> Result<bool> {
        let first = rows.first().map(|row| seq(&row.id)).transpose()?.unwrap_or(last);
        let count = rows.len();
        let sums = sum(rows.into_iter().flat_map(|row| row.moves))?;
        let sums: Vec<SummaryRow> = sums.iter().map(SummaryRow::from).collect();
        let text = format!(
            "BEGIN;
             LET $gone = (DELETE summary_move:{first}..={last} RETURN BEFORE);
             IF array::len($gone) != $count {{ THROW '{FOLDED}' }};
             FOR $row IN $sums {{
                 IF array::is_empty((UPDATE $row.id SET count += $row.count, minor += $row.minor RETURN id)) {{
                     CREATE $row.id CONTENT $row RETURN NONE
                 }}
             }};
             COMMIT;"
        );
        let mut response = self.db.query(text).bind(("count", count)).bind(("sums", sums)).await?;
        let errors: Vec<surrealdb::Error> = response.take_errors().into_values().collect();
        if errors.is_empty() {
            return Ok(true);
        }
        match classify(errors, FOLDED) {
            CommitError::Conflict => Ok(false),
            CommitError::Failed(error) => Err(error),
        }
    }
}

fn sum<R>(rows: impl IntoIterator<Item = R>) -> Result<Tallies>
where
    (SummaryKey, Tally): TryFrom<R, Error = Error>,
{
    let mut tallies = Tallies::default();
    for row in rows {
        let (key, tally) = row.try_into()?;
        tallies.insert(key, tally);
    }
    Ok(tallies)
}

fn seq(id: &RecordId) -> Result<i64> {
    match id.key {
        RecordIdKey::Number(seq) => Ok(seq),
        _ => Err(Error::internal("broken row: summary_move")),
    }
}
