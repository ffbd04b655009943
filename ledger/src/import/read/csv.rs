//! CSV in the encodings and dialects that spreadsheet programs, banks and old systems write.

use std::borrow::Cow;

use chardetng::{EncodingDetector, Iso2022JpDetection, Utf8Detection};
use csv::ReaderBuilder;
use domain::sheet::Cell;
use encoding_rs::{Encoding, UTF_16BE, UTF_16LE};

use super::{Rows, bad_file, text_cell};
use crate::Result;

/// What the only sheet is called.
pub(super) const SHEET: &str = "CSV";

/// What may stand between two fields.
const DELIMITERS: [u8; 4] = [b'|', b'\t', b';', b','];
/// Lines from which the delimiter is told.
const SAMPLE_LINES: usize = 40;
/// How much of the file the encoding and delimiter are told from.
const SAMPLE: usize = 256 * 1024;

pub(super) struct Text<'a> {
    text: Cow<'a, str>,
    delimiter: u8,
}

/// Whether the bytes are text in some encoding, by the zeros that only UTF-16 may have.
pub(super) fn is_text(bytes: &[u8]) -> bool {
    let start = bytes.get(..bytes.len().min(8192)).unwrap_or_default();
    !start.contains(&0) || Encoding::for_bom(start).is_some() || utf16(start).is_some()
}

impl<'a> Text<'a> {
    pub fn open(bytes: &'a [u8]) -> Result<Self> {
        let text = decode(bytes);
        let (text, told) = without_separator_line(text);
        let delimiter = told.unwrap_or_else(|| delimiter(&text));
        Ok(Self { text, delimiter })
    }

    pub fn rows(&self, rows: &mut Rows<'_, '_>) -> Result<()> {
        let bytes = self.text.as_bytes();
        let mut reader = ReaderBuilder::new()
            .delimiter(self.delimiter)
            .has_headers(false)
            .flexible(true)
            .from_reader(bytes);
        let mut record = csv::StringRecord::new();
        let mut row = 0_u32;
        loop {
            // A record's position is before the blank lines it follows; a spreadsheet counts those as rows, and a field
            // with line breaks in it as part of one.
            let from = usize::try_from(reader.position().byte()).unwrap_or(usize::MAX);
            let more = reader
                .read_record(&mut record)
                .map_err(|error| bad_file(422, "unreadable", format!("The CSV can't be read: {error}.")))?;
            if !more {
                return Ok(());
            }
            // … and between the two characters that end the line before.
            let within =
                from.checked_sub(1).is_some_and(|at| bytes.get(at..=from) == Some(b"\r\n".as_slice()));
            row =
                row.saturating_add(blank_lines(bytes.get(from + usize::from(within)..).unwrap_or_default()));
            for (column, text) in (0_u32..).zip(&record) {
                if rows.cell(row, column, field(text))?.is_break() {
                    return Ok(());
                }
            }
            if rows.flush()?.is_break() {
                return Ok(());
            }
            row = row.saturating_add(1);
        }
    }
}

fn field(text: &str) -> Cell {
    text_cell(text.to_owned())
}

/// Blank lines at the start of `rest`.
fn blank_lines(rest: &[u8]) -> u32 {
    let breaks = || rest.iter().take_while(|byte| matches!(byte, b'\r' | b'\n'));
    let of = |wanted: u8| u32::try_from(breaks().filter(|byte| **byte == wanted).count()).unwrap_or(u32::MAX);
    // Systems before OS X ended lines with a carriage return alone.
    of(b'\n').max(if breaks().any(|byte| *byte == b'\n') { 0 } else { of(b'\r') })
}

/// By its mark; else UTF-8 if it is that; else UTF-16 by its zeros; else what its letters look like, which ends at
/// Windows-1252 when nothing else fits.
fn decode(bytes: &[u8]) -> Cow<'_, str> {
    if let Some((encoding, mark)) = Encoding::for_bom(bytes) {
        return encoding.decode_without_bom_handling(bytes.get(mark..).unwrap_or_default()).0;
    }
    if let Some(encoding) = utf16(bytes) {
        return encoding.decode_without_bom_handling(bytes).0;
    }
    if let Ok(text) = std::str::from_utf8(bytes) {
        return Cow::Borrowed(text);
    }
    let mut detector = EncodingDetector::new(Iso2022JpDetection::Deny);
    detector.feed(bytes.get(..bytes.len().min(SAMPLE)).unwrap_or_default(), true);
    detector.guess(None, Utf8Detection::Deny).decode_without_bom_handling(bytes).0
}

/// UTF-16 without a mark: text of any European language has a zero in every other byte.
fn utf16(bytes: &[u8]) -> Option<&'static Encoding> {
    let start = bytes.get(..bytes.len().min(1024))?;
    if start.len() < 4 || std::str::from_utf8(start).is_ok_and(|text| !text.contains('\0')) {
        return None;
    }
    let zeros = |odd: usize| start.iter().skip(odd).step_by(2).filter(|byte| **byte == 0).count();
    let (even, odd) = (zeros(0), zeros(1));
    let pairs = start.len() / 2;
    if odd * 4 > pairs * 3 && even * 10 < pairs {
        Some(UTF_16LE)
    } else if even * 4 > pairs * 3 && odd * 10 < pairs {
        Some(UTF_16BE)
    } else {
        None
    }
}

/// Excel's own first line `sep=;`, which it does not show as a row.
fn without_separator_line(text: Cow<'_, str>) -> (Cow<'_, str>, Option<u8>) {
    let line = text.lines().next().unwrap_or_default();
    let told = line.trim().strip_prefix("sep=").map(str::as_bytes);
    match told {
        Some([delimiter]) => {
            let delimiter = *delimiter;
            let end = text.find('\n').map_or(text.len(), |at| at + 1);
            let rest = match text {
                Cow::Borrowed(text) => Cow::Borrowed(text.get(end..).unwrap_or_default()),
                Cow::Owned(mut text) => {
                    text.drain(..end);
                    Cow::Owned(text)
                }
            };
            (rest, Some(delimiter))
        }
        _ => (text, None),
    }
}

/// The delimiter under which the first rows have most often the same number of fields, and several; of equals the one
/// that makes more of them. A header has a delimiter between any two names, amounts in rows may have commas of their own.
fn delimiter(text: &str) -> u8 {
    let mut end = text.len().min(SAMPLE);
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    let sample = text.get(..end).unwrap_or_default();
    DELIMITERS.into_iter().max_by_key(|delimiter| regularity(sample, *delimiter)).unwrap_or(b',')
}

/// How many of the first rows have the commonest number of fields above one, and that number.
fn regularity(sample: &str, delimiter: u8) -> (usize, usize) {
    let mut reader = ReaderBuilder::new()
        .delimiter(delimiter)
        .has_headers(false)
        .flexible(true)
        .from_reader(sample.as_bytes());
    let mut counts = std::collections::BTreeMap::new();
    for record in reader.byte_records().take(SAMPLE_LINES).flatten() {
        *counts.entry(record.len()).or_insert(0_usize) += 1;
    }
    counts
        .into_iter()
        .filter(|(fields, _)| *fields > 1)
        .map(|(fields, rows)| (rows, fields))
        .max()
        .unwrap_or_default()
}
