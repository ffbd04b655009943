//! Excel workbooks. A row is out of memory when the next one begins (`constant_memory`), on its way through a temporary
//! file; the bytes of the workbook are sent when its last row is known.

use std::io::Write as _;

use chrono::{Datelike, NaiveDate, Timelike};
use domain::Money;
use domain::sheet::neutralised;
use rust_xlsxwriter::{ExcelDateTime, Format, FormatAlign, Workbook, Worksheet, XlsxError};

use super::{Cell, RowWriter};
use crate::export::stream::Outlet;
use crate::export::table::{Column, Table};
use crate::{Error, Result};

/// Rows that a sheet can have; what is more goes to another one.
const SHEET_ROWS: u32 = 1_048_576;
/// A spreadsheet's numbers hold so many digits. What has more is written as text, to the last digit.
const EXACT_DIGITS: u32 = 15;

/// Writes a workbook.
pub(in crate::export) struct Writer {
    workbook: Workbook,
    table: Table,
    formats: Formats,
    outlet: Outlet,
    sheets: usize,
    next_row: u32,
}

impl Writer {
    pub(in crate::export) fn new(table: Table, outlet: Outlet) -> Result<Self> {
        let workbook = Workbook::new();
        let formats = Formats::new();
        let mut writer = Self { workbook, table, formats, outlet, sheets: 0, next_row: SHEET_ROWS };
        writer.begin_sheet().map_err(Error::internal)?;
        Ok(writer)
    }

    fn begin_sheet(&mut self) -> Result<(), XlsxError> {
        let sheet = self.workbook.add_worksheet_with_constant_memory()?;
        self.sheets += 1;
        match self.sheets {
            1 => sheet.set_name(self.table.title)?,
            number => sheet.set_name(format!("{} {number}", self.table.title))?,
        };
        sheet.set_freeze_panes(1, 0)?;
        for (index, Column { title, width }) in (0_u16..).zip(&self.table.columns) {
            sheet.set_column_width(index, *width)?;
            sheet.write_string_with_format(0, index, title, &self.formats.header)?;
        }
        self.next_row = 1;
        Ok(())
    }

    fn add(&mut self, cells: &[Cell]) -> Result<(), XlsxError> {
        if self.next_row == SHEET_ROWS {
            self.begin_sheet()?;
        }
        let sheet = self.workbook.worksheet_from_index(self.sheets - 1)?;
        for (index, cell) in (0_u16..).zip(cells) {
            self.formats.write(sheet, self.next_row, index, cell)?;
        }
        self.next_row += 1;
        Ok(())
    }
}

impl RowWriter for Writer {
    fn row(&mut self, cells: &[Cell]) -> Result<()> {
        self.add(cells).map_err(Error::internal)
    }

    fn finish(mut self: Box<Self>) -> Result<()> {
        self.workbook.save_to_writer(&mut self.outlet).map_err(Error::internal)?;
        self.outlet.flush().map_err(Error::internal)
    }
}

/// How cells look.
struct Formats {
    header: Format,
    date: Format,
    instant: Format,
    /// By the digits of a currency's minor unit.
    money: Vec<Format>,
}

impl Formats {
    fn new() -> Self {
        let money = |digits: u32| match digits {
            0 => Format::new().set_num_format("#,##0"),
            digits => Format::new().set_num_format(format!("#,##0.{}", "0".repeat(digits as usize))),
        };
        Self {
            header: Format::new()
                .set_bold()
                .set_background_color("#EEF1F6")
                .set_align(FormatAlign::VerticalCenter),
            date: Format::new().set_num_format("yyyy-mm-dd"),
            instant: Format::new().set_num_format("yyyy-mm-dd hh:mm"),
            money: (0..=domain::money::MAX_EXPONENT).map(money).collect(),
        }
    }

    fn write(&self, sheet: &mut Worksheet, row: u32, column: u16, cell: &Cell) -> Result<(), XlsxError> {
        match cell {
            Cell::Empty => {}
            Cell::Text(text) => {
                sheet.write_string(row, column, neutralised(text))?;
            }
            Cell::Money(money) => {
                match (number(*money), self.money.get(money.currency().exponent() as usize)) {
                    (Some(number), Some(format)) => {
                        sheet.write_number_with_format(row, column, number, format)?;
                    }
                    _ => {
                        sheet.write_string(row, column, money.to_decimal())?;
                    }
                }
            }
            Cell::Count(count) => {
                // Counts are of rows, far from where a spreadsheet's numbers end.
                sheet.write_number(row, column, *count as f64)?;
            }
            Cell::Date(date) => {
                sheet.write_datetime_with_format(row, column, day(*date)?, &self.date)?;
            }
            Cell::Instant(at) => {
                let second = at.second() as f64;
                let at = day(at.date_naive())?.and_hms(at.hour() as u16, at.minute() as u8, second)?;
                sheet.write_datetime_with_format(row, column, at, &self.instant)?;
            }
        }
        Ok(())
    }
}

/// The spreadsheet's number nearest to an amount, which shows all its digits: the one place where an amount becomes a
/// float, because the file format has no other numbers. `None` when it has more digits than such a number keeps.
fn number(money: Money) -> Option<f64> {
    let exact = money.minor().unsigned_abs() < 10_u64.pow(EXACT_DIGITS);
    exact.then(|| money.to_decimal().parse().ok()).flatten()
}

fn day(date: NaiveDate) -> Result<ExcelDateTime, XlsxError> {
    let part = |number: u32| u8::try_from(number).unwrap_or(u8::MAX);
    ExcelDateTime::from_ymd(
        u16::try_from(date.year()).unwrap_or(u16::MAX),
        part(date.month()),
        part(date.day()),
    )
}
