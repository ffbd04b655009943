//! XLS, the binary format from before 2007. Its reader holds whole sheets, so how large they would become is counted
//! first, from the records themselves.

use std::io::{Cursor, Read};

use calamine::{Reader, Xls, XlsError};

use super::{Rows, bomb, cell, damaged, locked};
use crate::Result;

/// Cells that the rectangles around each sheet's cells may have together.
const MOST_CELLS: u64 = 1 << 21;

pub(super) struct Workbook<'a> {
    book: Xls<Cursor<&'a [u8]>>,
}

impl<'a> Workbook<'a> {
    pub fn open(bytes: &'a [u8]) -> Result<Self> {
        let told = |error| if matches!(error, XlsError::Password) { locked() } else { damaged() };
        Ok(Self { book: Xls::new(Cursor::new(bytes)).map_err(told)? })
    }

    pub fn sheets(&self) -> Vec<String> {
        self.book.sheet_names()
    }

    pub fn rows(&mut self, sheet: &str, rows: &mut Rows<'_, '_>) -> Result<()> {
        let range = self.book.worksheet_range(sheet).map_err(|_| damaged())?;
        let Some((first_row, first_column)) = range.start() else { return Ok(()) };
        for (row, cells) in (first_row..).zip(range.rows()) {
            for (column, data) in (first_column..).zip(cells) {
                if rows.cell(row, column, cell(data.clone()))?.is_break() {
                    return Ok(());
                }
            }
        }
        rows.flush().map(|_| ())
    }
}

/// Refuses what is encrypted, is no workbook, or would become too large.
pub(super) fn inspect(bytes: &[u8]) -> Result<()> {
    let mut file = cfb::CompoundFile::open(Cursor::new(bytes)).map_err(|_| damaged())?;
    // MS-OFFCRYPTO §2.3.4.4: an encrypted XLSX is a compound file with this stream.
    if file.is_stream("/EncryptedPackage") {
        return Err(locked());
    }
    let name = ["/Workbook", "/Book"].into_iter().find(|name| file.is_stream(name));
    let Some(name) = name else { return Err(super::not_a_spreadsheet()) };
    let mut stream = Vec::new();
    let most = bytes.len() as u64;
    file.open_stream(name)
        .and_then(|found| found.take(most).read_to_end(&mut stream))
        .map_err(|_| damaged())?;
    measure(&stream)
}

/// Records of \[MS-XLS\] §2.3.
mod record {
    pub const BOF: [u16; 4] = [0x0809, 0x0409, 0x0209, 0x0009];
    pub const FILE_PASS: u16 = 0x002F;
    /// Cells with a value: their first four bytes are row and column.
    pub const CELLS: [u16; 10] =
        [0x0006, 0x00BD, 0x00D6, 0x00FD, 0x0203, 0x0204, 0x0205, 0x027E, 0x0406, 0x0206];
}

/// Adds up the rectangles around the cells of each sheet.
fn measure(stream: &[u8]) -> Result<()> {
    let mut rest = stream;
    let mut area = 0_u64;
    let mut sheet = Rectangle::default();
    while let [kind_low, kind_high, size_low, size_high, body @ ..] = rest {
        let kind = u16::from_le_bytes([*kind_low, *kind_high]);
        let size = usize::from(u16::from_le_bytes([*size_low, *size_high]));
        let Some((record, after)) = body.split_at_checked(size) else { break };
        rest = after;
        if kind == record::FILE_PASS {
            return Err(locked());
        }
        if record::BOF.contains(&kind) {
            area += std::mem::take(&mut sheet).area();
        } else if record::CELLS.contains(&kind)
            && let [row_low, row_high, column_low, column_high, ..] = record
        {
            sheet.take(
                u16::from_le_bytes([*row_low, *row_high]),
                u16::from_le_bytes([*column_low, *column_high]),
            );
            // A record of several cells ends with the last one's column.
            if kind == 0x00BD
                && let [.., last_low, last_high] = record
            {
                let row = u16::from_le_bytes([*row_low, *row_high]);
                sheet.take(row, u16::from_le_bytes([*last_low, *last_high]));
            }
        }
        if area + sheet.area() > MOST_CELLS {
            return Err(bomb("spreads its cells over more room than can be kept in memory"));
        }
    }
    Ok(())
}

/// The rectangle around cells.
#[derive(Default)]
struct Rectangle(Option<[u16; 4]>);

impl Rectangle {
    fn take(&mut self, row: u16, column: u16) {
        let [top, left, bottom, right] = self.0.unwrap_or([row, column, row, column]);
        self.0 = Some([top.min(row), left.min(column), bottom.max(row), right.max(column)]);
    }

    fn area(&self) -> u64 {
        self.0.map_or(0, |[top, left, bottom, right]| {
            (u64::from(bottom - top) + 1) * (u64::from(right - left) + 1)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cell_at(row: u16, column: u16) -> Vec<u8> {
        let mut record = vec![0x03, 0x02, 14, 0];
        record.extend(row.to_le_bytes());
        record.extend(column.to_le_bytes());
        record.extend([0; 10]);
        record
    }

    #[test]
    fn two_cells_far_apart_are_refused_before_the_room_between_is_made() {
        let near = [cell_at(0, 0), cell_at(65_535, 20)].concat();
        assert!(measure(&near).is_ok());
        let far = [cell_at(0, 0), cell_at(65_535, 255)].concat();
        assert!(measure(&far).is_err());
    }
}
