//! Files become rows of cells. Floats end here: numbers leave as decimal text.

use std::io::Cursor;

use calamine::{Data, DataType, Reader, Sheets};
use chrono::NaiveDate;
use domain::sheet::{Cell, Columns};

use super::{ImportLimits, Upload, bad_file, too_large};
use crate::Result;

/// The rows of the sheet that holds the data, under its header.
pub(super) struct Sheet {
    pub name: String,
    pub columns: Columns,
    /// Each row with its number as the spreadsheet shows it.
    pub rows: Vec<(i64, Vec<Cell>)>,
}

/// The header is looked for in so many rows from the top.
const HEADER_WITHIN: usize = 20;

/// Reads the first sheet that has a header we know, or says why the file can't be an import.
pub(super) fn sheet(upload: &Upload, limits: &ImportLimits) -> Result<Sheet> {
    if upload.bytes.len() > limits.max_bytes {
        return Err(too_large(limits.max_bytes));
    }
    if upload.bytes.is_empty() {
        return Err(bad_file(422, "empty", "This file is empty."));
    }
    let tables = match Format::of(upload)? {
        Format::Workbook => workbook(&upload.bytes, limits)?,
        Format::Csv => vec![csv(&upload.bytes, limits)?],
    };
    let mut problem = None;
    for table in tables {
        match table.into_sheet(limits) {
            Ok(sheet) => return Ok(sheet),
            Err(error) => problem = problem.or(Some(error)),
        }
    }
    Err(problem.unwrap_or_else(|| bad_file(422, "empty", "This file has no cells with content.")))
}

enum Format {
    Workbook,
    Csv,
}

impl Format {
    fn of(upload: &Upload) -> Result<Self> {
        let bytes = &upload.bytes;
        let extension = upload.file_name.rsplit('.').next().unwrap_or_default().to_lowercase();
        if bytes.starts_with(b"PK\x03\x04") {
            return Ok(Format::Workbook);
        }
        if bytes.starts_with(&[0xD0, 0xCF, 0x11, 0xE0]) {
            // An encrypted workbook is a compound file with a stream of this name (MS-OFFCRYPTO §2.3.4.4).
            let name: Vec<u8> = "EncryptedPackage".encode_utf16().flat_map(u16::to_le_bytes).collect();
            if bytes.windows(name.len()).any(|window| window == name) {
                return Err(bad_file(
                    422,
                    "password_protected",
                    "This file is protected with a password; save it without one and try again.",
                ));
            }
            return Ok(Format::Workbook);
        }
        let text = !bytes.iter().take(8192).any(|byte| *byte == 0);
        if text && matches!(extension.as_str(), "csv" | "txt" | "tsv") {
            return Ok(Format::Csv);
        }
        Err(bad_file(
            415,
            "not_a_spreadsheet",
            "This is not a spreadsheet. Use an XLSX, XLS, ODS or CSV file; the template shows the columns.",
        ))
    }
}

struct Table {
    name: String,
    first_row: i64,
    rows: Vec<Vec<Cell>>,
}

impl Table {
    fn into_sheet(self, limits: &ImportLimits) -> Result<Sheet> {
        let texts = |row: &[Cell]| row.iter().map(header_text).collect::<Vec<_>>();
        let header = self
            .rows
            .iter()
            .take(HEADER_WITHIN)
            .position(|row| Columns::looks_like_header(&texts(row)))
            .or_else(|| self.rows.iter().position(|row| row.iter().any(|cell| *cell != Cell::Empty)))
            .ok_or_else(|| bad_file(422, "empty", "This file has no cells with content."))?;
        let columns = Columns::find(&texts(&self.rows[header])).map_err(|problems| {
            let messages: Vec<String> = problems.into_iter().map(|problem| problem.message).collect();
            bad_file(422, "wrong_columns", messages.join(" "))
        })?;
        let rows: Vec<(i64, Vec<Cell>)> = self
            .rows
            .into_iter()
            .enumerate()
            .skip(header + 1)
            .filter(|(_, row)| row.iter().any(|cell| *cell != Cell::Empty))
            .map(|(index, row)| (self.first_row + index as i64, row))
            .collect();
        if rows.is_empty() {
            return Err(bad_file(422, "no_rows", "There are no rows under the header."));
        }
        if rows.len() > limits.max_rows {
            return Err(bad_file(
                413,
                "too_many_rows",
                format!(
                    "A file can have at most {} rows; this one has {}. Split it.",
                    limits.max_rows,
                    rows.len()
                ),
            ));
        }
        Ok(Sheet { name: self.name, columns, rows })
    }
}

fn header_text(cell: &Cell) -> String {
    match cell {
        Cell::Text(text) | Cell::Number(text) => text.clone(),
        Cell::Date(date) => date.to_string(),
        _ => String::new(),
    }
}

fn workbook(bytes: &[u8], limits: &ImportLimits) -> Result<Vec<Table>> {
    let damaged = || {
        bad_file(
            422,
            "unreadable",
            "This file could not be read as a spreadsheet. Save it again as XLSX and try once more.",
        )
    };
    let mut workbook: Sheets<Cursor<&[u8]>> =
        calamine::open_workbook_auto_from_rs(Cursor::new(bytes)).map_err(|_| damaged())?;
    let mut tables = Vec::new();
    for name in workbook.sheet_names() {
        let range = workbook.worksheet_range(&name).map_err(|_| damaged())?;
        let Some((first_row, _)) = range.start() else { continue };
        if range.width() > limits.max_columns {
            return Err(bad_file(
                422,
                "too_many_columns",
                format!(
                    "The sheet {name} has {} columns; at most {} are read.",
                    range.width(),
                    limits.max_columns
                ),
            ));
        }
        let rows = range.rows().map(|row| row.iter().map(cell).collect()).collect();
        tables.push(Table { name, first_row: i64::from(first_row) + 1, rows });
    }
    Ok(tables)
}

fn cell(data: &Data) -> Cell {
    match data {
        Data::Empty => Cell::Empty,
        Data::String(text) if text.trim().is_empty() => Cell::Empty,
        Data::String(text) => Cell::Text(text.clone()),
        Data::Int(number) => Cell::Number(number.to_string()),
        Data::Float(number) => Cell::Number(decimal_text(*number)),
        Data::Bool(value) => Cell::Bool(*value),
        Data::DateTime(_) => match data.as_datetime() {
            Some(instant) => Cell::Date(instant.date()),
            None => Cell::Text(data.to_string()),
        },
        Data::DateTimeIso(text) => match text.get(..10).and_then(|day| day.parse::<NaiveDate>().ok()) {
            Some(date) => Cell::Date(date),
            None => Cell::Text(text.clone()),
        },
        Data::DurationIso(text) => Cell::Text(text.clone()),
        Data::Error(error) => Cell::Error(error.to_string()),
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

fn csv(bytes: &[u8], limits: &ImportLimits) -> Result<Table> {
    let text = decode(bytes);
    // The header has a delimiter between any two names, wherever it is; amounts in rows may have commas of their own.
    let most = |delimiter: u8| {
        let in_line = |line: &str| line.bytes().filter(|byte| *byte == delimiter).count();
        text.lines()
            .take(HEADER_WITHIN)
            .filter(|line| !line.trim().is_empty())
            .map(in_line)
            .max()
            .unwrap_or(0)
    };
    let delimiter = [b'\t', b';', b','].into_iter().max_by_key(|delimiter| most(*delimiter)).unwrap_or(b',');
    let mut reader = csv::ReaderBuilder::new()
        .delimiter(delimiter)
        .has_headers(false)
        .flexible(true)
        .from_reader(text.as_bytes());
    let mut rows: Vec<Vec<Cell>> = Vec::new();
    for record in reader.records() {
        let record = record
            .map_err(|error| bad_file(422, "unreadable", format!("The CSV can't be read: {error}.")))?;
        if record.len() > limits.max_columns {
            return Err(bad_file(
                422,
                "too_many_columns",
                format!("At most {} columns are read.", limits.max_columns),
            ));
        }
        // Blank lines are no records, and a record's position is before the blank lines it follows: rows are placed by
        // the line they begin on, so that they are numbered as a spreadsheet shows them.
        let line = record.position().map_or(rows.len() as u64 + 1, |position| {
            let rest = text.as_bytes().get(position.byte() as usize..).unwrap_or_default();
            let blank =
                rest.iter().take_while(|byte| matches!(byte, b'\r' | b'\n')).filter(|byte| **byte == b'\n');
            position.line() + blank.count() as u64
        });
        while (rows.len() as u64) + 1 < line && rows.len() <= limits.max_rows * 2 {
            rows.push(Vec::new());
        }
        let cell =
            |text: &str| if text.trim().is_empty() { Cell::Empty } else { Cell::Text(text.to_owned()) };
        rows.push(record.iter().map(cell).collect());
    }
    Ok(Table { name: "CSV".to_owned(), first_row: 1, rows })
}

/// UTF-8 (a byte order mark is dropped), UTF-16 by its mark, else Windows-1252, which never fails.
fn decode(bytes: &[u8]) -> String {
    let utf16 = |from: fn([u8; 2]) -> u16| {
        let units: Vec<u16> = bytes[2..].chunks_exact(2).map(|pair| from([pair[0], pair[1]])).collect();
        String::from_utf16_lossy(&units)
    };
    match bytes {
        [0xFF, 0xFE, ..] => utf16(u16::from_le_bytes),
        [0xFE, 0xFF, ..] => utf16(u16::from_be_bytes),
        _ => match std::str::from_utf8(bytes.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(bytes)) {
            Ok(text) => text.to_owned(),
            Err(_) => bytes.iter().map(|byte| windows_1252(*byte)).collect(),
        },
    }
}

/// Windows-1252: Latin-1 but for 0x80–0x9F (Unicode's CP1252.TXT).
fn windows_1252(byte: u8) -> char {
    const HIGH: [char; 32] = [
        '€', '\u{81}', '‚', 'ƒ', '„', '…', '†', '‡', 'ˆ', '‰', 'Š', '‹', 'Œ', '\u{8d}', 'Ž', '\u{8f}',
        '\u{90}', '‘', '’', '“', '”', '•', '–', '—', '˜', '™', 'š', '›', 'œ', '\u{9d}', 'ž', 'Ÿ',
    ];
    match byte {
        0x80..=0x9F => HIGH[usize::from(byte - 0x80)],
        other => char::from(other),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn limits() -> ImportLimits {
        ImportLimits { max_bytes: 1_000_000, max_rows: 100, max_columns: 50, workers: 1 }
    }

    fn read(file_name: &str, bytes: &[u8]) -> Result<Sheet> {
        sheet(&Upload { file_name: file_name.to_owned(), bytes: bytes.to_vec() }, &limits())
    }

    fn refusal(file_name: &str, bytes: &[u8]) -> (u16, &'static str) {
        match read(file_name, bytes) {
            Err(crate::Error::BadFile { status, code, .. }) => (status, code),
            Err(other) => panic!("{other}"),
            Ok(_) => panic!("was read"),
        }
    }

    #[test]
    fn numbers_leave_as_the_decimals_that_were_typed() {
        for (number, text) in [
            (150.75, "150.75"),
            (0.1 + 0.2, "0.3"),
            (210.0, "210"),
            (-12.5, "-12.5"),
            (0.000_1, "0.0001"),
            (1e15, "1000000000000000"),
            (0.0, "0"),
            (123_456_789.12, "123456789.12"),
        ] {
            assert_eq!(decimal_text(number), text);
        }
    }

    #[test]
    fn files_that_are_no_imports_are_refused_with_a_reason() {
        assert_eq!(refusal("a.xlsx", b""), (422, "empty"));
        assert_eq!(refusal("a.xlsx", b"just some words"), (415, "not_a_spreadsheet"));
        assert_eq!(refusal("a.pdf", b"%PDF-1.7"), (415, "not_a_spreadsheet"));
        assert_eq!(refusal("a.xlsx", b"PK\x03\x04 and then nothing"), (422, "unreadable"));
        assert_eq!(refusal("a.csv", b"Namee,Amount\nx,1\n"), (422, "wrong_columns"));
        assert_eq!(refusal("a.csv", b"Name,Amount\n"), (422, "no_rows"));
        let mut locked = vec![0xD0, 0xCF, 0x11, 0xE0];
        locked.extend("EncryptedPackage".encode_utf16().flat_map(u16::to_le_bytes));
        assert_eq!(refusal("a.xlsx", &locked), (422, "password_protected"));
    }

    #[test]
    fn rows_are_numbered_as_the_file_numbers_them() {
        let sheet = read("a.csv", b"My customers\n\nName;Amount;Due date\n\nAnna;1,5;2026-01-02\n").unwrap();
        assert_eq!(sheet.rows.len(), 1);
        assert_eq!(sheet.rows[0].0, 5);
    }

    #[test]
    fn old_encodings_keep_their_letters() {
        let sheet = read("a.csv", b"Name\nM\xFCller \x80\n").unwrap();
        assert_eq!(sheet.rows[0].1, [Cell::Text("Müller €".into())]);
    }
}
