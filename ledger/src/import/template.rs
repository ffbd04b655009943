//! The templates that the import page offers, written as XLSX. What is in them is in [`domain::sheet::Template`].

use chrono::{Datelike, NaiveDate};
use domain::sheet::{Cell, Format as ColumnFormat, Kind, Template, TemplateColumn};
use rust_xlsxwriter::{
    DataValidation, ExcelDateTime, Format, FormatAlign, Note, Workbook, Worksheet, XlsxError,
};

use crate::{Error, Ledger, Result};

/// Rows that are prepared for being filled in.
const ROWS: u32 = 10_000;

impl Ledger {
    /// The template for sheets of one kind and the name of its file: headers with notes, an example row, lists of allowed
    /// words, text, money and date cells.
    pub fn import_template(&self, kind: Kind) -> Result<(String, Vec<u8>)> {
        let template = Template::of(kind, self.organisation().currency, self.business_date());
        let bytes = build(&template).map_err(Error::internal)?;
        Ok((template.file_name, bytes))
    }
}

fn build(template: &Template) -> Result<Vec<u8>, XlsxError> {
    let mut workbook = Workbook::new();
    let sheet = workbook.add_worksheet();
    sheet.set_name(template.sheet_name)?;
    sheet.set_freeze_panes(1, 0)?;
    for (index, column) in (0_u16..).zip(&template.columns) {
        write_column(sheet, index, column)?;
    }
    workbook.save_to_buffer()
}

fn write_column(sheet: &mut Worksheet, index: u16, column: &TemplateColumn) -> Result<(), XlsxError> {
    let header =
        Format::new().set_bold().set_background_color("#EEF1F6").set_align(FormatAlign::VerticalCenter);
    let format = match column.format {
        ColumnFormat::Text => Format::new().set_num_format("@"),
        ColumnFormat::Money { decimals: 0 } => Format::new().set_num_format("#,##0"),
        ColumnFormat::Money { decimals } => {
            Format::new().set_num_format(format!("#,##0.{}", "0".repeat(decimals as usize)))
        }
        ColumnFormat::Date => Format::new().set_num_format("yyyy-mm-dd"),
    };
    sheet.set_column_width(index, f64::from(column.width))?;
    sheet.set_column_format(index, &format)?;
    sheet.write_string_with_format(0, index, column.header, &header)?;
    sheet.insert_note(0, index, &Note::new(column.note).add_author_prefix(false))?;
    if !column.allowed.is_empty() {
        let list = DataValidation::new().allow_list_strings(column.allowed)?;
        sheet.add_data_validation(1, index, ROWS, index, &list)?;
    }
    write_cell(sheet, 1, index, &column.example, &format)
}

/// A cell as what it is: numbers and dates can be sorted and summed.
pub(super) fn write_cell(
    sheet: &mut Worksheet,
    row: u32,
    column: u16,
    cell: &Cell,
    format: &Format,
) -> Result<(), XlsxError> {
    match cell {
        Cell::Empty => sheet.write_blank(row, column, format)?,
        Cell::Text(text) | Cell::Error(text) => {
            sheet.write_string_with_format(row, column, cut(text), format)?
        }
        Cell::Number(number) => match number.parse::<f64>() {
            Ok(number) if number.is_finite() => {
                sheet.write_number_with_format(row, column, number, format)?
            }
            _ => sheet.write_string_with_format(row, column, cut(number), format)?,
        },
        Cell::Date(date) => match excel_date(*date) {
            Some(excel) => sheet.write_datetime_with_format(row, column, excel, format)?,
            None => sheet.write_string_with_format(row, column, date.to_string(), format)?,
        },
        Cell::Bool(value) => sheet.write_boolean_with_format(row, column, *value, format)?,
    };
    Ok(())
}

/// What fits into a cell of a spreadsheet.
pub(super) fn cut(text: &str) -> String {
    text.chars().take(32_000).collect()
}

/// Spreadsheets know dates from 1900 to 9999.
fn excel_date(date: NaiveDate) -> Option<ExcelDateTime> {
    let year = u16::try_from(date.year()).ok()?;
    ExcelDateTime::from_ymd(year, u8::try_from(date.month()).ok()?, u8::try_from(date.day()).ok()?).ok()
}

/// The template with its example imports without error, whatever the day.
#[cfg(test)]
mod tests {
    use domain::Currency;
    use domain::sheet::{Mapping, Options, RowContext, RowResult};

    use super::super::stage;
    use super::super::{ImportLimits, Upload, open};
    use super::*;

    #[test]
    fn a_template_with_its_example_imports_without_error_on_any_date() {
        let limits = ImportLimits {
            max_bytes: 1_000_000,
            max_rows: 10,
            max_columns: 50,
            timeout_seconds: 60,
            workers: 1,
        };
        let made_on = NaiveDate::from_ymd_opt(2026, 2, 28).unwrap();
        for kind in Kind::ALL {
            let template = Template::of(kind, Currency::USD, made_on);
            let upload = Upload::new("template.xlsx", build(&template).unwrap());
            let mut rows = Vec::new();
            let opened = open::read(&upload, &limits, &open::Wanted::default(), |chunk| {
                rows.extend(stage::read(&chunk)?);
                Ok(())
            })
            .unwrap();
            assert_eq!(opened.rows, 1, "{kind:?}");
            let mapping = Mapping::guess(None, &opened.survey);
            assert_eq!(mapping.kind(), kind);
            let columns = mapping.columns(&opened.survey, &Options::default()).unwrap();
            assert_eq!(columns.mapping().len(), template.columns.len(), "{kind:?}");
            for year in [2026, 2030, 2040] {
                let business_date = NaiveDate::from_ymd_opt(year, 6, 1).unwrap();
                let context = RowContext { default_currency: Currency::USD, business_date };
                match columns.read(&rows[0].cells, context) {
                    RowResult::Valid { warnings, .. } => assert!(warnings.is_empty(), "{warnings:?}"),
                    other => panic!("{kind:?}: {other:?}"),
                }
            }
        }
    }
}
