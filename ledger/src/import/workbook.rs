//! The user's own sheet back, with a column that says what is wrong and the wrong cells coloured. Put right and dropped
//! again, only its rows that were wrong are taken ([`super::open::ERRORS_HEADER`]).

use std::collections::{HashMap, HashSet};

use domain::import::ImportError;
use domain::sheet::Survey;
use rust_xlsxwriter::{Format, FormatAlign, Workbook, XlsxError};

use super::open::ERRORS_HEADER;
use super::stage::{self, Row};
use super::template::{cut, write_cell};
use crate::store::imports::rows_are_gone;
use crate::store::rows::{ImportRow, json};
use crate::{Error, Ledger, Result};

/// Chunks that are read at once.
const STRIDE: i64 = 5;
/// What Excel takes as the name of a sheet.
const SHEET_NAME_MAX: usize = 31;

/// Writes the workbook of an import.
pub(super) async fn write(ledger: &Ledger, import: &ImportRow) -> Result<Vec<u8>> {
    let id = import.import_id();
    if import.chunks == 0 {
        return Err(rows_are_gone());
    }
    let kept = ledger.store().import_survey(id.as_str()).await?;
    let (head, survey) = (stage::read(&kept.head)?, json::<Survey>(&kept.survey)?);
    let mut sheet = Sheet::new(&import.sheet, &head, survey.headers()).map_err(Error::internal)?;
    for from in (0..import.chunks).step_by(STRIDE as usize) {
        let texts = ledger.store().chunks("import_chunk", id.as_str(), from, from + STRIDE).await?;
        let rows = stage::read_all(&texts)?;
        let (Some(first), Some(last)) = (rows.first(), rows.last()) else { continue };
        let (first, last) = (i64::from(first.number), i64::from(last.number));
        let mut errors: HashMap<i64, Vec<ImportError>> = HashMap::new();
        for error in ledger.store().import_errors_of_rows(id.as_str(), first, last).await? {
            errors.entry(error.row).or_default().push(error.into());
        }
        for row in &rows {
            let wrong = errors.remove(&i64::from(row.number)).unwrap_or_default();
            sheet.row(row, &wrong).map_err(Error::internal)?;
        }
    }
    tokio::task::spawn_blocking(move || sheet.workbook.save_to_buffer())
        .await
        .map_err(Error::internal)?
        .map_err(Error::internal)
}

struct Sheet {
    workbook: Workbook,
    headers: Vec<String>,
    formats: Formats,
    /// The column of errors.
    last: u16,
}

struct Formats {
    plain: Format,
    date: Format,
    wrong: Format,
    wrong_date: Format,
    doubtful: Format,
    message: Format,
}

impl Formats {
    fn new() -> Self {
        let (wrong, doubtful) = ("#FBD5D5", "#FCEFC7");
        let date = "yyyy-mm-dd";
        Self {
            plain: Format::new(),
            date: Format::new().set_num_format(date),
            wrong: Format::new().set_background_color(wrong),
            wrong_date: Format::new().set_background_color(wrong).set_num_format(date),
            doubtful: Format::new().set_background_color(doubtful),
            message: Format::new().set_font_color("#9B1C1C").set_text_wrap().set_align(FormatAlign::Top),
        }
    }
}

impl Sheet {
    /// Begins with the rows down to the header, if there is one.
    fn new(name: &str, head: &[Row], headers: Vec<String>) -> Result<Self, XlsxError> {
        // A file that is such a workbook already keeps its column.
        let last = headers.iter().position(|header| header == ERRORS_HEADER).unwrap_or(headers.len());
        let last = u16::try_from(last).map_err(|_| XlsxError::RowColumnLimitError)?;
        let mut workbook = Workbook::new();
        // Rows are written in their order and not held.
        let sheet = workbook.add_worksheet_with_constant_memory()?;
        let name: String = name
            .chars()
            .filter(|c| !matches!(c, '[' | ']' | ':' | '*' | '?' | '/' | '\\' | '\''))
            .take(SHEET_NAME_MAX)
            .collect();
        sheet.set_name(if name.trim().is_empty() { "Sheet1" } else { &name })?;
        sheet.set_column_width(last, 60)?;
        let mut made = Self { workbook, headers, formats: Formats::new(), last };
        for (index, row) in head.iter().enumerate() {
            made.cells(row, &[])?;
            if index + 1 == head.len() {
                let at = row.number.saturating_sub(1);
                let bold = Format::new().set_bold();
                made.workbook.worksheet_from_index(0)?.write_string_with_format(
                    at,
                    last,
                    ERRORS_HEADER,
                    &bold,
                )?;
            }
        }
        Ok(made)
    }

    fn row(&mut self, row: &Row, errors: &[ImportError]) -> Result<(), XlsxError> {
        self.cells(row, errors)?;
        let wrong = errors.iter().filter(|error| !error.warning);
        let words: Vec<String> = wrong.map(|error| format!("{}: {}", error.column, error.message)).collect();
        if !words.is_empty() {
            let (at, text) = (row.number.saturating_sub(1), cut(&words.join("\n")));
            let sheet = self.workbook.worksheet_from_index(0)?;
            sheet.write_string_with_format(at, self.last, text, &self.formats.message)?;
        }
        Ok(())
    }

    /// The row's own cells, at their own place.
    fn cells(&mut self, row: &Row, errors: &[ImportError]) -> Result<(), XlsxError> {
        let of = |warning: bool| -> HashSet<&str> {
            errors
                .iter()
                .filter(|error| error.warning == warning)
                .map(|error| error.column.as_str())
                .collect()
        };
        let (wrong, doubtful) = (of(false), of(true));
        let width = row.cells.len().max(if errors.is_empty() { 0 } else { usize::from(self.last) });
        let at = row.number.saturating_sub(1);
        let sheet = self.workbook.worksheet_from_index(0)?;
        for (index, column) in (0..width).zip(0_u16..) {
            let cell = row.cells.get(index).unwrap_or(&domain::sheet::Cell::Empty);
            let header = self.headers.get(index).map_or("", |header| header.trim());
            let is_date = matches!(cell, domain::sheet::Cell::Date(_));
            let formats = &self.formats;
            let format = match (wrong.contains(header), doubtful.contains(header), is_date) {
                _ if column == self.last => continue,
                (true, _, true) => &formats.wrong_date,
                (true, _, false) => &formats.wrong,
                (false, true, false) => &formats.doubtful,
                (false, _, true) => &formats.date,
                (false, false, false) => &formats.plain,
            };
            if *cell != domain::sheet::Cell::Empty || !std::ptr::eq(format, &formats.plain) {
                write_cell(sheet, at, column, cell, format)?;
            }
        }
        Ok(())
    }
}
