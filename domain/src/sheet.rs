//! Rows of a spreadsheet become customers.
//!
//! [`Columns::find`] matches headers to fields once per sheet; [`Columns::read_row`] turns one row into a
//! [`SheetRow`] or names every wrong cell. Nothing here reads a file.

use chrono::NaiveDate;

use crate::{Currency, Money};

/// A cell as the file reader hands it over. Numbers come as decimal text, so that no float reaches the rules.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Cell {
    /// Nothing there.
    Empty,
    /// Text.
    Text(String),
    /// A number, as the shortest decimal that the spreadsheet's 15 significant digits give.
    Number(String),
    /// A date (a time of day is dropped).
    Date(NaiveDate),
    /// TRUE or FALSE.
    Bool(bool),
    /// A formula's error such as `#DIV/0!`.
    Error(String),
}
