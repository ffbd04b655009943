//! Which column holds which field, and how its cells are to be read.

use thiserror::Error;

use super::cell::{Cell, Fault};
use super::field::Field;
use super::header;
use super::kind::Kind;
use super::mapping::Mapping;
use super::profile::{DateOrder, DecimalMark, Options, Survey};
use super::row::CellError;
use crate::Currency;

/// Something about the header row or its mapping that keeps the sheet from being imported.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("{message}")]
pub struct HeaderError {
    /// `no_header`, `missing_column`, `duplicate_column`, `misspelt_column`, `unsupported_unit`, `unknown_header` or
    /// `unknown_field`.
    pub code: &'static str,
    /// What is wrong and what would be right.
    pub message: String,
}

impl HeaderError {
    pub(super) fn new(code: &'static str, message: impl Into<String>) -> Self {
        Self { code, message: message.into() }
    }
}

/// Which column holds which field, and how its cells are to be read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Columns {
    pub(super) kind: Kind,
    /// In column order.
    pub(super) found: Vec<Column>,
}

/// A column that is read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Column {
    pub index: usize,
    pub field: Field,
    /// As written, without line breaks.
    pub header: String,
    /// The currency in the header's brackets.
    pub unit: Option<Currency>,
    /// Which of two numbers in a date is the day, if the column says so.
    pub dates: Option<DateOrder>,
    /// The decimal mark of its amounts, if the column says so.
    pub decimal: Option<DecimalMark>,
}

impl Columns {
    /// Matches the header row of a sheet of customers, by its headers alone. Unknown headers are ignored; misspelt ones
    /// never match, they are suggested. `Err` names every problem.
    pub fn find(headers: &[String]) -> Result<Columns, Vec<HeaderError>> {
        let survey = Survey::new(headers);
        Mapping::guess(Some(Kind::Customers), &survey).columns(&survey, &Options::default())
    }

    /// Whether a row looks like a header row: it names the name column, or any two fields of one kind. For sheets with a
    /// title above their header.
    pub fn looks_like_header(headers: &[String]) -> bool {
        header::looks_like_header(headers)
    }

    /// What the rows stand for.
    pub fn kind(&self) -> Kind {
        self.kind
    }

    /// The header as written and the field it was taken for ([`Field::as_str`]), in column order. Headers that were
    /// ignored don't appear.
    pub fn mapping(&self) -> Vec<(String, String)> {
        self.found.iter().map(|column| (column.header.clone(), column.field.as_str().to_owned())).collect()
    }

    /// Where the column of `field` stands, counted from 0.
    pub fn index_of(&self, field: Field) -> Option<usize> {
        self.of(field).map(|column| column.index)
    }

    /// An error of this row's cell for `field`, for what only the books can tell, such as an unknown customer.
    pub fn error_at(
        &self,
        field: Field,
        cells: &[Cell],
        code: &'static str,
        message: impl Into<String>,
    ) -> CellError {
        let cell = self.of(field).and_then(|column| cells.get(column.index)).unwrap_or(&Cell::Empty);
        let header = self.of(field).map_or(field.label(), |column| &column.header);
        CellError::new(header, cell, Fault::new(code, message))
    }

    /// All columns that are read, in column order.
    pub(super) fn iter(&self) -> impl Iterator<Item = &Column> {
        self.found.iter()
    }

    pub(super) fn of(&self, field: Field) -> Option<&Column> {
        self.found.iter().find(|column| column.field == field)
    }
}
