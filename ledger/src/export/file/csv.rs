//! Comma-separated values.

use std::borrow::Cow;
use std::io::Write as _;

use csv::{Terminator, WriterBuilder};
use domain::sheet::neutralised;

use super::{Cell, RowWriter};
use crate::export::stream::Outlet;
use crate::export::table::Table;
use crate::{Error, Result};

/// Without it spreadsheets take UTF-8 for the machine's old encoding.
const BYTE_ORDER_MARK: &[u8] = "\u{feff}".as_bytes();

/// Writes CSV.
pub(in crate::export) struct Writer(csv::Writer<Outlet>);

impl Writer {
    pub(in crate::export) fn new(table: &Table, mut outlet: Outlet) -> Result<Self> {
        outlet.write_all(BYTE_ORDER_MARK).map_err(Error::internal)?;
        let mut writer = WriterBuilder::new().terminator(Terminator::CRLF).from_writer(outlet);
        writer
            .write_record(table.columns.iter().map(|column| column.title.as_str()))
            .map_err(Error::internal)?;
        Ok(Self(writer))
    }
}

impl RowWriter for Writer {
    fn row(&mut self, cells: &[Cell]) -> Result<()> {
        self.0.write_record(cells.iter().map(|cell| written(cell).into_owned())).map_err(Error::internal)
    }

    fn finish(mut self: Box<Self>) -> Result<()> {
        self.0.flush().map_err(Error::internal)
    }
}

/// Numbers and dates as every program reads them.
fn written(cell: &Cell) -> Cow<'_, str> {
    match cell {
        Cell::Empty => "".into(),
        Cell::Text(text) => neutralised(text),
        Cell::Money(money) => money.to_decimal().into(),
        Cell::Count(count) => count.to_string().into(),
        Cell::Date(date) => date.to_string().into(),
        Cell::Instant(at) => at.format("%Y-%m-%d %H:%M:%S").to_string().into(),
    }
}
