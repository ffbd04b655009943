//! Rows of a spreadsheet become customers.
//!
//! [`Columns::find`] matches headers to fields once per sheet; [`Columns::read_row`] turns one row into a
//! [`SheetRow`] or names every wrong cell. Nothing here reads a file.
//!
//! Where a cell could mean two things, it is an error that says what to write instead, with one exception that
//! every spreadsheet of the trade relies on: a lone comma before exactly three digits separates thousands.

mod amount;
mod cell;
mod day;
mod field;
mod header;
mod mark;
mod neutral;
mod row;

pub use cell::Cell;
pub use field::Field;
pub use header::{Columns, HeaderError};
pub use neutral::neutralised;
pub use row::{CellError, Owed, RowContext, RowResult, SheetRow};
