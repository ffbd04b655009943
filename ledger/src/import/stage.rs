//! Rows as they wait in the database: JSON, because it can be read by whoever looks, a letter before each value telling
//! what kind of cell it is.

use domain::sheet::Cell;

use crate::store::rows::{json, json_text};
use crate::{Error, Result};

/// Rows of a chunk: what one transaction saves. Small enough that a payment waiting behind it does not notice.
pub(super) const CHUNK: usize = 200;

/// A row of the file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Row {
    /// As the spreadsheet numbers it.
    pub number: u32,
    pub cells: Vec<Cell>,
}

/// The text of a chunk.
pub(super) fn write(rows: &[Row]) -> Result<String> {
    let rows: Vec<(u32, Vec<Option<String>>)> =
        rows.iter().map(|row| (row.number, row.cells.iter().map(write_cell).collect())).collect();
    json_text(&rows)
}

/// The rows in a chunk's text.
pub(super) fn read(text: &str) -> Result<Vec<Row>> {
    let rows: Vec<(u32, Vec<Option<String>>)> = json(text)?;
    rows.into_iter()
        .map(|(number, cells)| {
            Ok(Row { number, cells: cells.into_iter().map(read_cell).collect::<Result<_>>()? })
        })
        .collect()
}

/// The rows in the texts of several chunks.
pub(super) fn read_all(texts: &[String]) -> Result<Vec<Row>> {
    Ok(texts.iter().map(|text| read(text)).collect::<Result<Vec<_>>>()?.concat())
}

fn write_cell(cell: &Cell) -> Option<String> {
    match cell {
        Cell::Empty => None,
        Cell::Text(text) => Some(format!("t{text}")),
        Cell::Number(number) => Some(format!("n{number}")),
        Cell::Date(date) => Some(format!("d{date}")),
        Cell::Bool(value) => Some(format!("b{}", u8::from(*value))),
        Cell::Error(error) => Some(format!("e{error}")),
    }
}

fn read_cell(text: Option<String>) -> Result<Cell> {
    let Some(mut text) = text else { return Ok(Cell::Empty) };
    if text.is_empty() {
        return Ok(Cell::Empty);
    }
    let kind = text.remove(0);
    match kind {
        't' => Ok(Cell::Text(text)),
        'n' => Ok(Cell::Number(text)),
        'd' => text.parse().map(Cell::Date).map_err(Error::internal),
        'b' => Ok(Cell::Bool(text == "1")),
        'e' => Ok(Cell::Error(text)),
        other => Err(Error::internal(format!("a cell of the unknown kind {other}"))),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn cell() -> impl Strategy<Value = Cell> {
        prop_oneof![
            Just(Cell::Empty),
            any::<String>().prop_map(Cell::Text),
            any::<String>().prop_map(Cell::Number),
            any::<String>().prop_map(Cell::Error),
            any::<bool>().prop_map(Cell::Bool),
            (0..3_000_000_i32)
                .prop_map(|days| Cell::Date(chrono::NaiveDate::from_num_days_from_ce_opt(days).unwrap())),
        ]
    }

    proptest! {
        #[test]
        fn what_waits_comes_out_as_it_went_in(rows in prop::collection::vec((any::<u32>(), prop::collection::vec(cell(), 0..5)), 0..5)) {
            let rows: Vec<Row> = rows.into_iter().map(|(number, cells)| Row { number, cells }).collect();
            prop_assert_eq!(read(&write(&rows).unwrap()).unwrap(), rows);
        }
    }
}
