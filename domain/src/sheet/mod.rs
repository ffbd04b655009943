//! Rows of a spreadsheet become customers, invoices and payments. Nothing here reads a file.
//!
//! A file is read in two passes. In the first, a [`Survey`] sees every cell once and keeps what a whole column says
//! (which of two numbers is the day, which mark is the decimal one, a few samples), and [`Mapping::guess`] matches
//! columns to fields, which the user may correct. In the second, [`Columns::read`] turns each row into an [`Entry`] or
//! names every wrong cell.
//!
//! Where a cell could mean two things and its column doesn't settle it, it is an error that says what to write instead,
//! with one exception that every spreadsheet of the trade relies on: a lone comma before exactly three digits separates
//! thousands.

mod amount;
mod cell;
mod columns;
mod customer_row;
mod day;
mod entry;
mod field;
mod formula;
mod group;
mod guess;
mod header;
mod kind;
mod language;
mod mapping;
mod mark;
mod profile;
#[cfg(test)]
mod public_sample;
mod row;
mod template;
mod update;
mod values;
mod view;

pub use cell::Cell;
pub use columns::{Columns, HeaderError};
pub use customer_row::{Owed, SheetRow};
pub use entry::{CombinedRow, CustomerKey, Entry, InvoiceRow, PaymentRow};
pub use field::Field;
pub use formula::{neutralised, restored};
pub use group::{ErrorGroups, group_key, group_text};
pub use header::{column_letters, column_name, header_fit, signature};
pub use kind::Kind;
pub use mapping::Mapping;
pub use profile::{ColumnProfile, DateOrder, Decided, DecimalMark, MatchKey, Options, Survey};
pub use row::{CellError, RowContext, RowResult};
pub use template::{Format, Template, TemplateColumn};
