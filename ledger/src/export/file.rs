//! Files that are written row by row, and the cells they hold.

pub(super) mod csv;
pub(super) mod xlsx;

use chrono::{DateTime, NaiveDate, Utc};
use domain::Money;

use crate::Result;

/// A cell with its type: a file has real numbers and dates, and text is never taken for anything else.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Cell {
    Empty,
    Text(String),
    /// Its currency stands in a column of its own.
    Money(Money),
    Count(i64),
    Date(NaiveDate),
    Instant(DateTime<Utc>),
}

impl Cell {
    pub(super) fn text(text: impl Into<String>) -> Self {
        Cell::Text(text.into())
    }

    /// The cell of what may be absent.
    pub(super) fn maybe<T>(value: Option<T>, cell: impl FnOnce(T) -> Cell) -> Self {
        value.map_or(Cell::Empty, cell)
    }
}

/// A file that is written row by row.
pub(super) trait RowWriter {
    /// Adds a row, with a cell for each column.
    fn row(&mut self, cells: &[Cell]) -> Result<()>;
    /// Writes what makes the file whole.
    fn finish(self: Box<Self>) -> Result<()>;
}
