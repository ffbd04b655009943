//! The user's own sheet back, with a column that says what is wrong and the wrong cells coloured. Put right and dropped
//! again, only its rows that were wrong are taken ([`super::open::ERRORS_HEADER`]). An XLSX file comes back as it is, marked
//! ([`super::marked`]); of another format, or once the file itself is gone, its rows are written into a new workbook.

use std::collections::{BTreeMap, HashMap};
use std::ops::ControlFlow;

use domain::import::ImportError;
use domain::sheet::{Cell, Survey};
use rust_xlsxwriter::{Format, FormatAlign, Workbook, XlsxError};

use super::marked::{self, Look, Mark, Marks};
use super::open::ERRORS_HEADER;
use super::read::Book;
use super::stage::{self, Row};
use super::template::{cut, write_cell};
use super::{ImportLimits, Upload};
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
    let (head, headers) = (stage::read(&kept.head)?, json::<Survey>(&kept.survey)?.headers());
    // A file that is such a workbook already keeps its column.
    let last = headers.iter().position(|header| header == ERRORS_HEADER).unwrap_or(headers.len());
    if let Some(marked) = as_it_is(ledger, import, &head, &headers, last).await? {
        return Ok(marked);
    }
    anew(ledger, import, &head, headers, last).await
}

/// The file itself with its errors marked; `None` where it is gone or not such a file.
async fn as_it_is(
    ledger: &Ledger,
    import: &ImportRow,
    head: &[Row],
    headers: &[String],
    last: usize,
) -> Result<Option<Vec<u8>>> {
    let file = ledger.store().file(import.import_id().as_str()).await?;
    let Some(file) = file.filter(|file| marked::can_be_marked(file)) else { return Ok(None) };
    let mut rows = HashMap::new();
    for from in (0..import.chunks).step_by(STRIDE as usize) {
        let judged = judged_rows(ledger, import, from).await?;
        let wrong = judged.into_iter().filter(|row| !row.errors.is_empty());
        rows.extend(wrong.map(|wrong| (wrong.row.number, (wrong.mark(headers, last), wrong.row.cells))));
    }
    let upload = Upload::new(import.file_name.as_str(), file);
    let limits = ledger.import_limits().clone();
    let (sheet, header) = (import.sheet.clone(), head.last().map(|row| row.number));
    let marked = tokio::task::spawn_blocking(move || {
        let rows = compared(&upload, &limits, &sheet, last, rows)?;
        let column = u32::try_from(last).ok()?;
        marked::mark(&upload.bytes, &Marks { sheet, header, column, title: ERRORS_HEADER, rows })
    });
    marked.await.map_err(Error::internal)
}

/// A row as it is now, and what is wrong with it.
struct Wrong {
    row: Row,
    errors: Vec<ImportError>,
}

/// The rows of some chunks with what is said of them.
async fn judged_rows(ledger: &Ledger, import: &ImportRow, from: i64) -> Result<Vec<Wrong>> {
    let id = import.import_id();
    let texts = ledger.store().chunks("import_chunk", id.as_str(), from, from + STRIDE).await?;
    let rows = stage::read_all(&texts)?;
    let (Some(first), Some(last)) = (rows.first(), rows.last()) else { return Ok(Vec::new()) };
    let (first, last) = (i64::from(first.number), i64::from(last.number));
    let mut errors: HashMap<i64, Vec<ImportError>> = HashMap::new();
    for error in ledger.store().import_errors_of_rows(id.as_str(), first, last).await? {
        errors.entry(error.row).or_default().push(error.into());
    }
    let judged = |row: Row| {
        let errors = errors.remove(&i64::from(row.number)).unwrap_or_default();
        Wrong { row, errors }
    };
    Ok(rows.into_iter().map(judged).collect())
}

/// The marks of rows, with the cells that hold something else now than in the file; `None` where that can't be read as it was.
fn compared(
    upload: &Upload,
    limits: &ImportLimits,
    sheet: &str,
    last: usize,
    mut rows: HashMap<u32, (Mark, Vec<Cell>)>,
) -> Option<HashMap<u32, Mark>> {
    let mut book = Book::open(upload, limits).ok()?;
    book.rows(sheet, &mut |number, before| {
        if let Some((mark, now)) = rows.get_mut(&number) {
            for (column, cell) in (0_u32..).zip(now.iter()).filter(|(column, _)| *column as usize != last) {
                if before.get(column as usize).unwrap_or(&Cell::Empty) != cell {
                    mark.mended.insert(column, cell.clone());
                }
            }
        }
        Ok(ControlFlow::Continue(()))
    })
    .ok()?;
    Some(rows.into_iter().map(|(number, (mark, _))| (number, mark)).collect())
}

impl Wrong {
    /// What is wrong, in words.
    fn words(&self) -> String {
        let wrong = self.errors.iter().filter(|error| !error.warning);
        wrong.map(|error| format!("{}: {}", error.column, error.message)).collect::<Vec<_>>().join("\n")
    }

    /// Whether a cell under `header` is wrong, or doubtful.
    fn look(&self, header: &str) -> Option<Look> {
        let of = |warning| {
            self.errors.iter().any(|error| error.warning == warning && error.column == header.trim())
        };
        if of(false) { Some(Look::Wrong) } else { of(true).then_some(Look::Doubtful) }
    }

    fn mark(&self, headers: &[String], last: usize) -> Mark {
        let looks = (0..).zip(headers).filter(|(column, _)| *column as usize != last);
        Mark {
            words: self.words(),
            looks: looks.filter_map(|(column, header)| Some((column, self.look(header)?))).collect(),
            mended: BTreeMap::new(),
        }
    }
}

/// The rows in a new workbook.
async fn anew(
    ledger: &Ledger,
    import: &ImportRow,
    head: &[Row],
    headers: Vec<String>,
    last: usize,
) -> Result<Vec<u8>> {
    let mut sheet = Sheet::new(&import.sheet, head, headers, last).map_err(Error::internal)?;
    for from in (0..import.chunks).step_by(STRIDE as usize) {
        for row in judged_rows(ledger, import, from).await? {
            sheet.row(&row).map_err(Error::internal)?;
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
    fn new(name: &str, head: &[Row], headers: Vec<String>, last: usize) -> Result<Self, XlsxError> {
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
            made.cells(row, |_| None, 0)?;
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

    fn row(&mut self, wrong: &Wrong) -> Result<(), XlsxError> {
        let width = if wrong.errors.is_empty() { 0 } else { usize::from(self.last) };
        self.cells(&wrong.row, |header| wrong.look(header), width)?;
        let words = wrong.words();
        if !words.is_empty() {
            let at = wrong.row.number.saturating_sub(1);
            let sheet = self.workbook.worksheet_from_index(0)?;
            sheet.write_string_with_format(at, self.last, cut(&words), &self.formats.message)?;
        }
        Ok(())
    }

    /// The row's own cells, at their own place; empty ones, too, up to `width`, as they may be what is wrong.
    fn cells(
        &mut self,
        row: &Row,
        look: impl Fn(&str) -> Option<Look>,
        width: usize,
    ) -> Result<(), XlsxError> {
        let width = row.cells.len().max(width);
        let at = row.number.saturating_sub(1);
        let sheet = self.workbook.worksheet_from_index(0)?;
        for (index, column) in (0..width).zip(0_u16..) {
            if column == self.last {
                continue;
            }
            let cell = row.cells.get(index).unwrap_or(&Cell::Empty);
            let formats = &self.formats;
            let format = match (look(self.headers.get(index).map_or("", String::as_str)), cell) {
                (Some(Look::Wrong), Cell::Date(_)) => &formats.wrong_date,
                (Some(Look::Wrong), _) => &formats.wrong,
                (None, Cell::Date(_)) | (Some(_), Cell::Date(_)) => &formats.date,
                (Some(_), _) => &formats.doubtful,
                (None, _) => &formats.plain,
            };
            if *cell != Cell::Empty || !std::ptr::eq(format, &formats.plain) {
                write_cell(sheet, at, column, cell, format)?;
            }
        }
        Ok(())
    }
}
