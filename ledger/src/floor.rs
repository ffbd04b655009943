//! What an import can't be quicker than: calamine reads the cells of a workbook, SurrealDB takes them in, and nothing is
//! checked, connected or told to anybody. `cargo xtask bench` measures it beside the real import, on the same rows.

use std::io::Cursor;
use std::time::{Duration, Instant};

use calamine::{Data, Reader, Xlsx};

use crate::store;
use crate::{Error, Result};

/// How long the two halves took.
#[derive(Clone, Copy, Debug)]
pub struct Floor {
    /// Rows under the header.
    pub rows: usize,
    /// Reading every cell.
    pub read: Duration,
    /// Inserting every row into an empty database, each chunk durable before the next.
    pub inserted: Duration,
}

/// Measures it with the first sheet of an XLSX file, in the database at `url`, which must be a fresh one and keeps
/// `memory` bytes at hand.
pub async fn floor(workbook: Vec<u8>, url: &str, memory: u64) -> Result<Floor> {
    let begun = Instant::now();
    let rows = tokio::task::spawn_blocking(move || rows(&workbook)).await.map_err(Error::internal)??;
    let read = begun.elapsed();
    let count = rows.len();
    let inserted = store::floor::insert(url, memory, rows).await?;
    Ok(Floor { rows: count, read, inserted })
}

fn rows(workbook: &[u8]) -> Result<Vec<Vec<String>>> {
    let mut book = Xlsx::new(Cursor::new(workbook)).map_err(Error::internal)?;
    let sheet = book.worksheet_range_at(0).ok_or_else(|| Error::internal("a workbook without sheets"))?;
    let sheet = sheet.map_err(Error::internal)?;
    let text = |cell: &Data| if matches!(cell, Data::Empty) { String::new() } else { cell.to_string() };
    Ok(sheet.rows().skip(1).map(|row| row.iter().map(text).collect()).collect())
}
