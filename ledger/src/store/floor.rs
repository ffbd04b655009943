//! Rows as they stand in a sheet, inserted as they are: the measure for imports.

use std::time::{Duration, Instant};

use surrealdb::types::SurrealValue;

use super::database::Database;
use crate::Result;

/// Rows of one `INSERT`.
const CHUNK: usize = 1000;

#[derive(Clone, SurrealValue)]
struct SheetRow {
    reference: String,
    name: String,
    email: String,
    phone: String,
    amount: String,
    due_date: String,
}

/// Inserts rows of six cells into a table with the four indexes that a list of customers can't do without, and answers how
/// long it took.
pub(crate) async fn insert(url: &str, memory: u64, rows: Vec<Vec<String>>) -> Result<Duration> {
    let db = Database::connect(url, memory).await?;
    db.enter("floor", "floor").await?;
    db.query(
        "DEFINE TABLE sheet SCHEMALESS;
         DEFINE INDEX sheet_reference ON sheet FIELDS reference UNIQUE;
         DEFINE INDEX sheet_name ON sheet FIELDS name;
         DEFINE INDEX sheet_amount ON sheet FIELDS amount;
         DEFINE INDEX sheet_due ON sheet FIELDS due_date;",
    )
    .await?
    .check()?;
    let begun = Instant::now();
    let mut rows = rows.into_iter().map(|row| {
        let mut cells = row.into_iter();
        let mut next = || cells.next().unwrap_or_default();
        SheetRow {
            reference: next(),
            name: next(),
            email: next(),
            phone: next(),
            amount: next(),
            due_date: next(),
        }
    });
    loop {
        let chunk: Vec<SheetRow> = rows.by_ref().take(CHUNK).collect();
        if chunk.is_empty() {
            return Ok(begun.elapsed());
        }
        db.query("INSERT INTO sheet $rows RETURN NONE").bind(("rows", chunk)).await?.check()?;
    }
}
