//! A file that was uploaded: which sheet holds the data, where its header is, and its rows as they are kept.

use std::ops::ControlFlow;

use domain::FieldError;
use domain::sheet::{Cell, Columns, Survey, column_name, header_fit};

use super::read::{Book, too_many_rows};
use super::stage::{self, Row};
use super::{ImportLimits, Upload, bad_file};
use crate::Result;

/// The header is looked for in so many rows from the top.
pub(super) const HEADER_WITHIN: usize = 20;
/// The header of the column in which Duebook's own workbook of errors says what is wrong. A file that has it is such a
/// workbook, put right: only the rows that were wrong are taken from it.
pub(super) const ERRORS_HEADER: &str = "Import errors";

/// What is known of a file once all its rows were seen.
pub(super) struct Opened {
    pub sheet: String,
    /// All sheets with rows.
    pub sheets: Vec<String>,
    /// The rows down to the header, that one included.
    pub head: Vec<Row>,
    pub survey: Survey,
    pub rows: i64,
}

/// What the user says of where the rows are.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Wanted {
    /// The sheet; the one that fits best when absent.
    pub sheet: Option<String>,
    /// The row that holds the headers, as the spreadsheet numbers it, 0 for none; found when absent.
    pub header: Option<u32>,
}

/// Reads the rows under the header of a sheet. They go to `keep`, in chunks.
pub(super) fn read(
    upload: &Upload,
    limits: &ImportLimits,
    wanted: &Wanted,
    mut keep: impl FnMut(String) -> Result<()>,
) -> Result<Opened> {
    let mut book = Book::open(upload, limits)?;
    let (sheets, chosen) = choose(&mut book, wanted.sheet.as_deref())?;
    let header = chosen.header(wanted.header)?;
    let Top { sheet, mut rows, .. } = chosen;
    let width = rows.iter().map(|row| row.cells.len()).max().unwrap_or_default();
    rows.truncate(header.map_or(0, |header| header + 1));
    let headers: Vec<String> = match rows.last() {
        Some(row) => row.cells.iter().map(shown).collect(),
        None => (0..width).map(column_name).collect(),
    };
    let errors_column = headers.iter().position(|header| header == ERRORS_HEADER);
    let mut survey = Survey::new(&headers);
    let mut chunk = Vec::with_capacity(stage::CHUNK);
    let (mut seen, mut count) = (0, 0_usize);
    book.rows(&sheet, &mut |number, mut cells| {
        seen += 1;
        if seen <= rows.len() {
            return Ok(ControlFlow::Continue(()));
        }
        if let Some(column) = errors_column {
            if cells.get(column).is_none_or(Cell::is_blank) {
                return Ok(ControlFlow::Continue(()));
            }
            if let Some(cell) = cells.get_mut(column) {
                *cell = Cell::Empty;
            }
        }
        count += 1;
        if count > limits.max_rows {
            return Err(too_many_rows(limits.max_rows));
        }
        survey.observe(&cells);
        chunk.push(Row { number, cells });
        if chunk.len() == stage::CHUNK {
            keep(stage::write(&std::mem::take(&mut chunk))?)?;
        }
        Ok(ControlFlow::Continue(()))
    })?;
    if !chunk.is_empty() {
        keep(stage::write(&chunk)?)?;
    }
    if count == 0 {
        let message = match errors_column {
            Some(_) => {
                "No row of this file says what was wrong with it; leave that column as it is in the rows you mend."
            }
            None => "There are no rows under the header.",
        };
        return Err(bad_file(422, "no_rows", message));
    }
    Ok(Opened { sheet, sheets, head: rows, survey, rows: i64::try_from(count).unwrap_or(i64::MAX) })
}

/// The first rows of a sheet.
struct Top {
    sheet: String,
    rows: Vec<Row>,
    /// Which of them is the header.
    header: usize,
    /// How many fields it names.
    fit: usize,
}

impl Top {
    fn of(book: &mut Book<'_>, sheet: &str) -> Result<Self> {
        let mut rows = Vec::new();
        book.rows(sheet, &mut |number, cells| {
            rows.push(Row { number, cells });
            Ok(if rows.len() > HEADER_WITHIN { ControlFlow::Break(()) } else { ControlFlow::Continue(()) })
        })?;
        let (mut header, mut fit) = (0, 0);
        for (index, row) in rows.iter().take(HEADER_WITHIN).enumerate() {
            let headers: Vec<String> = row.cells.iter().map(shown).collect();
            let fits = header_fit(&headers);
            if fits > fit && (fits >= 2 || Columns::looks_like_header(&headers)) {
                (header, fit) = (index, fits);
            }
        }
        Ok(Self { sheet: sheet.to_owned(), rows, header, fit })
    }

    /// Which of the rows is the header, if any is: the one with this number where one is named.
    fn header(&self, wanted: Option<u32>) -> Result<Option<usize>> {
        match wanted {
            None => Ok(Some(self.header)),
            Some(0) => Ok(None),
            Some(number) => {
                let found = self.rows.iter().take(HEADER_WITHIN).position(|row| row.number == number);
                found.map(Some).ok_or_else(|| {
                    let message = format!(
                        "Row {number} holds nothing, or is not among the first {HEADER_WITHIN}; name the row with the headers, or 0."
                    );
                    FieldError::new("header_row", "no_such_row", message).into()
                })
            }
        }
    }

    fn has_rows(&self) -> bool {
        self.rows.len() > self.header + 1
    }
}

/// The sheets with rows, and the one to read.
fn choose(book: &mut Book<'_>, wanted: Option<&str>) -> Result<(Vec<String>, Top)> {
    let names = book.sheets()?;
    if let Some(wanted) = wanted.filter(|wanted| !names.iter().any(|name| name == wanted)) {
        let message = format!("There is no sheet “{wanted}”; there are {}.", names.join(", "));
        return Err(bad_file(422, "no_such_sheet", message));
    }
    let mut sheets = Vec::new();
    let mut best: Option<Top> = None;
    for name in names {
        let top = Top::of(book, &name)?;
        if top.rows.is_empty() {
            continue;
        }
        sheets.push(name.clone());
        let better = match (wanted, &best) {
            (Some(wanted), _) => wanted == name,
            (None, None) => true,
            (None, Some(best)) => (top.has_rows(), top.fit) > (best.has_rows(), best.fit),
        };
        if better {
            best = Some(top);
        }
    }
    let best = best.ok_or_else(|| bad_file(422, "empty", "This file has no cells with content."))?;
    Ok((sheets, best))
}

/// What stands in a cell of the header.
pub(super) fn shown(cell: &Cell) -> String {
    match cell {
        Cell::Text(text) | Cell::Number(text) => text.clone(),
        Cell::Date(date) => date.to_string(),
        _ => String::new(),
    }
}
