//! A row of cells becomes an entry, or a list of what is wrong with it.

use chrono::NaiveDate;

use super::amount::{self, Amount, Named};
use super::cell::{Cell, Fault};
use super::columns::{Column, Columns};
use super::customer_row::SheetRow;
use super::day;
use super::entry::Entry;
use super::field::Field;
use super::kind::Kind;
use super::values;
use crate::{Currency, Money};

/// What a row means depends on.
#[derive(Clone, Copy, Debug)]
pub struct RowContext {
    /// The organisation's currency, for rows that name none.
    pub default_currency: Currency,
    /// The day on which "overdue" is true or not.
    pub business_date: NaiveDate,
}

/// What became of a row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RowResult<T> {
    /// Nothing stands in any column that is read.
    Blank,
    /// It can be imported.
    Valid {
        /// What it says.
        row: T,
        /// What its writer should know; in column order.
        warnings: Vec<CellError>,
    },
    /// At least one cell is wrong.
    Invalid {
        /// Every wrong cell, in column order.
        errors: Vec<CellError>,
        /// What its writer should know besides; in column order.
        warnings: Vec<CellError>,
    },
}

/// One wrong cell.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CellError {
    /// The column's header as written.
    pub column: String,
    /// What stands in the cell, at most 200 characters of it.
    pub value: String,
    /// Stable rule name such as `invalid_status`.
    pub code: &'static str,
    /// What is wrong and what would be right.
    pub message: String,
}

impl CellError {
    pub(super) fn new(header: &str, cell: &Cell, fault: Fault) -> Self {
        Self { column: header.to_owned(), value: cell.shown(), code: fault.code, message: fault.message }
    }
}

impl Columns {
    /// Reads one row: what it says, or every wrong cell. Missing cells at its end are empty.
    pub fn read(&self, cells: &[Cell], context: RowContext) -> RowResult<Entry> {
        match self.kind {
            Kind::Customers => self.read_with(cells, |row| row.customer(context).map(Entry::Customer)),
            Kind::Invoices => self.read_with(cells, |row| row.invoice(context).map(Entry::Invoice)),
            Kind::Payments => self.read_with(cells, |row| row.payment(context).map(Entry::Payment)),
            Kind::Combined => self.read_with(cells, |row| row.combined(context).map(Entry::Combined)),
        }
    }

    /// Reads one row of a sheet of customers.
    pub fn read_row(&self, cells: &[Cell], context: RowContext) -> RowResult<SheetRow> {
        self.read_with(cells, |row| row.customer(context))
    }

    fn read_with<T>(&self, cells: &[Cell], read: impl FnOnce(&mut Row) -> Option<T>) -> RowResult<T> {
        if self.iter().all(|column| cells.get(column.index).is_none_or(Cell::is_blank)) {
            return RowResult::Blank;
        }
        let mut row = Row { columns: self, cells, errors: Vec::new(), warnings: Vec::new() };
        let read = read(&mut row);
        let (errors, warnings) = (in_column_order(row.errors), in_column_order(row.warnings));
        match read {
            Some(row) if errors.is_empty() => RowResult::Valid { row, warnings },
            _ => RowResult::Invalid { errors, warnings },
        }
    }
}

fn in_column_order(mut found: Vec<(usize, CellError)>) -> Vec<CellError> {
    found.sort_by_key(|(index, _)| *index);
    found.into_iter().map(|(_, error)| error).collect()
}

/// What a field's cell says.
pub(super) enum Reading<T> {
    Absent,
    /// Reported already.
    Wrong,
    Is(T),
}

impl<T> Reading<T> {
    pub fn is_absent(&self) -> bool {
        matches!(self, Reading::Absent)
    }

    pub fn is_wrong(&self) -> bool {
        matches!(self, Reading::Wrong)
    }

    pub fn value(self) -> Option<T> {
        match self {
            Reading::Is(value) => Some(value),
            Reading::Absent | Reading::Wrong => None,
        }
    }
}

/// An amount with the currency that the row names for it, if it names one.
pub(super) struct Priced {
    pub amount: Reading<Amount>,
    pub currency: Option<Currency>,
}

/// A row while it is read. What is wrong with it gathers on the way; a part is `None` only when something was reported.
pub(super) struct Row<'a> {
    columns: &'a Columns,
    cells: &'a [Cell],
    errors: Vec<(usize, CellError)>,
    warnings: Vec<(usize, CellError)>,
}

impl<'a> Row<'a> {
    /// Reads the cell of `field` unless it is blank or dashed out, and reports what is wrong with it.
    pub fn field<T>(&mut self, field: Field, read: impl FnOnce(&Cell) -> Result<T, Fault>) -> Reading<T> {
        let Some((column, cell)) = self.cell(field) else { return Reading::Absent };
        match cell.formula_error().map_or_else(|| read(cell), Err) {
            Ok(value) => Reading::Is(value),
            Err(fault) => {
                self.errors.push((column.index, CellError::new(&column.header, cell, fault)));
                Reading::Wrong
            }
        }
    }

    /// Like [`Row::field`], but a blank cell is wrong too; `say` tells what to enter.
    pub fn required<T>(
        &mut self,
        field: Field,
        say: &str,
        read: impl FnOnce(&Cell) -> Result<T, Fault>,
    ) -> Option<T> {
        let reading = self.field(field, read);
        if reading.is_absent() {
            self.wrong(field, Fault::new("required", say));
        }
        reading.value()
    }

    /// Reads a date in the order of its column.
    pub fn date(&mut self, field: Field) -> Reading<NaiveDate> {
        let order = self.columns.of(field).and_then(|column| column.dates);
        self.field(field, |cell| day::read(cell, order))
    }

    /// Reads an amount in the currency that the row, the header or the cell itself names, or else the organisation's.
    pub fn priced(&mut self, field: Field, context: RowContext) -> Priced {
        let in_row = self.field(Field::Currency, values::currency);
        let unsure = in_row.is_wrong();
        let in_row = in_row.value();
        let column = self.columns.of(field);
        let in_header = column.and_then(|column| column.unit);
        let named = Named {
            row: in_row,
            header: in_header,
            default: context.default_currency,
            decimal: column.and_then(|column| column.decimal),
        };
        let amount = if unsure {
            self.amount_in_unknown_currency(field, named)
        } else {
            self.field(field, |cell| amount::read(cell, named))
        };
        let in_cell = if let Reading::Is(amount) = &amount { amount.named } else { None };
        Priced { amount, currency: in_row.or(in_header).or(in_cell) }
    }

    /// Like [`Row::priced`], for an amount that must be above zero; `say` tells what to enter.
    pub fn required_amount(
        &mut self,
        field: Field,
        say: &str,
        context: RowContext,
    ) -> Option<(Money, Option<Currency>)> {
        let Priced { amount, currency } = self.priced(field, context);
        if amount.is_absent() {
            self.wrong(field, Fault::new("required", say));
        }
        let money = amount.value()?.money;
        if !money.is_positive() {
            self.wrong(field, Fault::new("not_positive", "Enter an amount above zero."));
            return None;
        }
        Some((money, currency))
    }

    /// With a currency cell that can't be read, only what is wrong in every currency is said of the amount.
    fn amount_in_unknown_currency(&mut self, field: Field, named: Named) -> Reading<Amount> {
        let Some((column, cell)) = self.cell(field) else { return Reading::Absent };
        match cell.formula_error().map_or_else(|| amount::read(cell, named), Err) {
            Ok(amount) => Reading::Is(amount),
            Err(fault) => {
                if matches!(fault.code, "invalid_amount" | "negative_amount" | "formula_error") {
                    self.errors.push((column.index, CellError::new(&column.header, cell, fault)));
                }
                Reading::Wrong
            }
        }
    }

    /// Whether the sheet has a column for `field`.
    pub fn has(&self, field: Field) -> bool {
        self.columns.of(field).is_some()
    }

    /// Whether the cell of `field` was reported as wrong.
    pub fn blames(&self, field: Field) -> bool {
        let index = self.columns.index_of(field);
        self.errors.iter().any(|(at, _)| Some(*at) == index)
    }

    fn cell(&self, field: Field) -> Option<(&'a Column, &'a Cell)> {
        let column = self.columns.of(field)?;
        let cell = self.cells.get(column.index).filter(|cell| !cell.is_blank())?;
        let absent = field.may_be_dashed_out() && cell.is_dashed_out();
        (!absent).then_some((column, cell))
    }

    /// Reports what is wrong with the row where `field` stands, or would stand.
    pub fn wrong(&mut self, field: Field, fault: Fault) {
        let found = self.at(field, fault);
        self.errors.push(found);
    }

    /// Reports what the row's writer should know.
    pub fn warn(&mut self, field: Field, fault: Fault) {
        let found = self.at(field, fault);
        self.warnings.push(found);
    }

    fn at(&self, field: Field, fault: Fault) -> (usize, CellError) {
        let index = self.columns.index_of(field).unwrap_or(usize::MAX);
        (index, self.columns.error_at(field, self.cells, fault.code, fault.message))
    }
}

#[cfg(test)]
#[path = "row_tests.rs"]
mod tests;
