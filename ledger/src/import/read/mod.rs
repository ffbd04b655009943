//! Files become rows of cells, one row at a time, within bounds that hold whatever the file claims about itself. Floats
//! end here: numbers leave as decimal text.

mod csv;
mod ods;
mod parts;
mod xls;
mod xlsx;

use std::ops::ControlFlow;
use std::time::{Duration, Instant};

use calamine::{Data, DataType};
use chrono::NaiveDate;
use domain::sheet::Cell;

use super::{ImportLimits, Upload, bad_file, too_large};
use crate::{Error, Result};

/// Receives a row: its number as a spreadsheet shows it (the first is 1), and its cells up to the last that is not empty.
pub(super) type EachRow<'a> = dyn FnMut(u32, Vec<Cell>) -> Result<ControlFlow<()>> + 'a;

/// Sheets of one file that are looked at.
const MOST_SHEETS: usize = 50;
/// The longest text of one cell, in bytes; spreadsheets themselves stop at 32,767 characters.
const MOST_TEXT: usize = 128 * 1024;

/// An opened file.
pub(super) struct Book<'a> {
    kind: Kind<'a>,
    bounds: Bounds,
}

enum Kind<'a> {
    Xlsx(Box<xlsx::Workbook<'a>>),
    Xls(Box<xls::Workbook<'a>>),
    Ods(ods::Workbook<'a>),
    Csv(csv::Text<'a>),
}

impl<'a> Book<'a> {
    /// Recognises the file by its content and looks it over; reads no rows yet.
    pub fn open(upload: &'a Upload, limits: &ImportLimits) -> Result<Self> {
        let bytes: &[u8] = &upload.bytes;
        if bytes.len() > limits.max_bytes {
            return Err(too_large(limits.max_bytes));
        }
        if bytes.is_empty() {
            return Err(bad_file(422, "empty", "This file is empty."));
        }
        let bounds = Bounds::of(limits);
        let kind = match Format::of(upload, &bounds)? {
            Format::Xlsx => Kind::Xlsx(Box::new(xlsx::Workbook::open(bytes)?)),
            Format::Xls => Kind::Xls(Box::new(xls::Workbook::open(bytes)?)),
            Format::Ods => Kind::Ods(ods::Workbook::open(bytes)?),
            Format::Csv => Kind::Csv(csv::Text::open(bytes)?),
        };
        Ok(Self { kind, bounds })
    }

    /// The names of its sheets, in order.
    pub fn sheets(&mut self) -> Result<Vec<String>> {
        let mut names = match &mut self.kind {
            Kind::Xlsx(book) => book.sheets(),
            Kind::Xls(book) => book.sheets(),
            Kind::Ods(book) => book.sheets(&self.bounds)?,
            Kind::Csv(_) => vec![csv::SHEET.to_owned()],
        };
        names.truncate(MOST_SHEETS);
        Ok(names)
    }

    /// Hands every row of a sheet that is not empty to `each`, until that has enough.
    pub fn rows(&mut self, sheet: &str, each: &mut EachRow<'_>) -> Result<()> {
        let mut rows = Rows::new(self.bounds, sheet, each);
        match &mut self.kind {
            Kind::Xlsx(book) => book.rows(sheet, &mut rows),
            Kind::Xls(book) => book.rows(sheet, &mut rows),
            Kind::Ods(book) => book.rows(sheet, &mut rows),
            Kind::Csv(text) => text.rows(&mut rows),
        }
    }
}

enum Format {
    Xlsx,
    Xls,
    Ods,
    Csv,
}

impl Format {
    fn of(upload: &Upload, bounds: &Bounds) -> Result<Self> {
        let bytes = &upload.bytes;
        if bytes.starts_with(b"PK\x03\x04") {
            return match parts::inspect(bytes, bounds)? {
                parts::Package::Xlsx => Ok(Format::Xlsx),
                parts::Package::Ods => Ok(Format::Ods),
                parts::Package::Other => Err(not_a_spreadsheet()),
            };
        }
        if bytes.starts_with(&[0xD0, 0xCF, 0x11, 0xE0]) {
            xls::inspect(bytes)?;
            return Ok(Format::Xls);
        }
        let extension = upload.file_name.rsplit('.').next().unwrap_or_default().to_lowercase();
        if matches!(extension.as_str(), "csv" | "txt" | "tsv") && csv::is_text(bytes) {
            return Ok(Format::Csv);
        }
        Err(not_a_spreadsheet())
    }
}

/// What reading may cost.
#[derive(Clone, Copy)]
struct Bounds {
    rows: usize,
    columns: usize,
    seconds: u64,
    until: Instant,
}

impl Bounds {
    fn of(limits: &ImportLimits) -> Self {
        let seconds = limits.timeout_seconds;
        Self {
            rows: limits.max_rows,
            columns: limits.max_columns,
            seconds,
            until: Instant::now() + Duration::from_secs(seconds),
        }
    }

    fn check_time(&self) -> Result<()> {
        if Instant::now() < self.until {
            return Ok(());
        }
        let message = format!(
            "Reading this file took more than {} seconds. Save only the sheet you need, as CSV, and try again.",
            self.seconds
        );
        Err(bad_file(422, "too_slow", message))
    }
}

/// Between two looks at the clock.
const LOOK: usize = 4096;

/// Puts cells together to rows, and stops what goes beyond a bound.
struct Rows<'a, 'b> {
    bounds: Bounds,
    sheet: &'a str,
    each: &'a mut EachRow<'b>,
    given: usize,
    seen: usize,
    number: u32,
    cells: Vec<Cell>,
}

impl<'a, 'b> Rows<'a, 'b> {
    fn new(bounds: Bounds, sheet: &'a str, each: &'a mut EachRow<'b>) -> Self {
        Self { bounds, sheet, each, given: 0, seen: 0, number: 0, cells: Vec::new() }
    }

    /// Takes a cell. Cells of one row come one after the other.
    fn cell(&mut self, row: u32, column: u32, cell: Cell) -> Result<ControlFlow<()>> {
        self.look()?;
        if cell == Cell::Empty {
            return Ok(ControlFlow::Continue(()));
        }
        let number = row.saturating_add(1);
        if number != self.number && self.flush()?.is_break() {
            return Ok(ControlFlow::Break(()));
        }
        self.number = number;
        let column = column as usize;
        if column >= self.bounds.columns {
            return Err(bad_file(
                422,
                "too_many_columns",
                format!(
                    "The sheet {} has more than {} columns; at most {} are read.",
                    self.sheet, self.bounds.columns, self.bounds.columns
                ),
            ));
        }
        if let Cell::Text(text) = &cell
            && text.len() > MOST_TEXT
        {
            return Err(bad_file(
                422,
                "cell_too_long",
                format!(
                    "A cell in row {number} of {} holds more text than a spreadsheet can; is a quotation mark missing?",
                    self.sheet
                ),
            ));
        }
        if self.cells.len() <= column {
            self.cells.resize(column + 1, Cell::Empty);
        }
        if let Some(place) = self.cells.get_mut(column) {
            *place = cell;
        }
        Ok(ControlFlow::Continue(()))
    }

    /// Hands over the row that is complete now.
    fn flush(&mut self) -> Result<ControlFlow<()>> {
        if self.cells.is_empty() {
            return Ok(ControlFlow::Continue(()));
        }
        let cells = std::mem::take(&mut self.cells);
        self.row(cells)
    }

    /// Counts something that costs time without being a row.
    fn look(&mut self) -> Result<()> {
        self.seen += 1;
        if self.seen.is_multiple_of(LOOK) { self.bounds.check_time() } else { Ok(()) }
    }

    fn row(&mut self, cells: Vec<Cell>) -> Result<ControlFlow<()>> {
        self.given += 1;
        // What stands above the header is no row of the import, so a few more are let through here.
        if self.given > self.bounds.rows + super::open::HEADER_WITHIN {
            return Err(too_many_rows(self.bounds.rows));
        }
        (self.each)(self.number, cells)
    }
}

pub(super) fn too_many_rows(most: usize) -> Error {
    bad_file(
        413,
        "too_many_rows",
        format!("A file can have at most {most} rows; this one has more. Split it."),
    )
}

fn not_a_spreadsheet() -> Error {
    bad_file(
        415,
        "not_a_spreadsheet",
        "This is not a spreadsheet. Use an XLSX, XLS, ODS or CSV file; the template shows the columns.",
    )
}

fn damaged() -> Error {
    bad_file(
        422,
        "unreadable",
        "This file could not be read as a spreadsheet. Save it again as XLSX and try once more.",
    )
}

fn locked() -> Error {
    bad_file(
        422,
        "password_protected",
        "This file is protected with a password; save it without one and try again.",
    )
}

/// A file that would cost far more than its size says.
fn bomb(what: &str) -> Error {
    bad_file(
        422,
        "suspicious_file",
        format!("This file {what}; it is not read. Copy the rows into a new file and try again."),
    )
}

fn text_cell(text: String) -> Cell {
    if text.trim().is_empty() { Cell::Empty } else { Cell::Text(text) }
}

fn cell(data: Data) -> Cell {
    match data {
        Data::Empty => Cell::Empty,
        Data::String(text) | Data::DurationIso(text) => text_cell(text),
        Data::Int(number) => Cell::Number(number.to_string()),
        Data::Float(number) => Cell::Number(decimal_text(number)),
        Data::Bool(value) => Cell::Bool(value),
        Data::DateTime(_) => match data.as_datetime() {
            Some(instant) => Cell::Date(instant.date()),
            None => Cell::Text(data.to_string()),
        },
        Data::DateTimeIso(text) => iso_day(text),
        Data::Error(error) => Cell::Error(error.to_string()),
    }
}

/// The day of an ISO 8601 date or date and time.
fn iso_day(text: String) -> Cell {
    match text.get(..10).and_then(|day| day.parse::<NaiveDate>().ok()) {
        Some(date) => Cell::Date(date),
        None => text_cell(text),
    }
}

/// The plain decimal of a spreadsheet number, at the 15 significant digits a spreadsheet keeps: 0.1 + 0.2 is 0.3 there.
fn decimal_text(number: f64) -> String {
    if !number.is_finite() {
        return number.to_string();
    }
    let scientific = format!("{number:.14e}");
    let (mantissa, exponent) = scientific.split_once('e').unwrap_or((&scientific, "0"));
    let exponent: i32 = exponent.parse().unwrap_or(0);
    let (sign, mantissa) = match mantissa.strip_prefix('-') {
        Some(rest) => ("-", rest),
        None => ("", mantissa),
    };
    let digits: String = mantissa.chars().filter(char::is_ascii_digit).collect();
    let digits = digits.trim_end_matches('0');
    if digits.is_empty() {
        return "0".to_owned();
    }
    let point = exponent + 1;
    if point <= 0 {
        return format!("{sign}0.{}{digits}", "0".repeat(point.unsigned_abs() as usize));
    }
    let point = point.unsigned_abs() as usize;
    if digits.len() <= point {
        format!("{sign}{digits}{}", "0".repeat(point - digits.len()))
    } else {
        format!("{sign}{}.{}", &digits[..point], &digits[point..])
    }
}

#[cfg(test)]
#[path = "../read_tests.rs"]
mod tests;
