//! XLSX: the texts of all cells are held, the cells themselves are read one by one.

use std::io::Cursor;

use calamine::{Data, Reader, SheetType, Xlsx, XlsxError};

use super::{Rows, cell, damaged, locked};
use crate::{Error, Result};

pub(super) struct Workbook<'a> {
    book: Xlsx<Cursor<&'a [u8]>>,
}

impl<'a> Workbook<'a> {
    pub fn open(bytes: &'a [u8]) -> Result<Self> {
        Ok(Self { book: Xlsx::new(Cursor::new(bytes)).map_err(told)? })
    }

    pub fn sheets(&self) -> Vec<String> {
        let sheets = self.book.sheets_metadata().iter();
        sheets.filter(|sheet| sheet.typ == SheetType::WorkSheet).map(|sheet| sheet.name.clone()).collect()
    }

    pub fn rows(&mut self, sheet: &str, rows: &mut Rows<'_, '_>) -> Result<()> {
        let mut cells = self.book.worksheet_cells_reader(sheet).map_err(told)?;
        while let Some(found) = cells.next_cell().map_err(told)? {
            let (row, column) = found.get_position();
            if rows.cell(row, column, cell(Data::from(found.get_value().clone())))?.is_break() {
                return Ok(());
            }
        }
        rows.flush().map(|_| ())
    }
}

fn told(error: XlsxError) -> Error {
    match error {
        XlsxError::Password => locked(),
        _ => damaged(),
    }
}
