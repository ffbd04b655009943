//! The template that the import page offers.

use rust_xlsxwriter::{DataValidation, ExcelDateTime, Format, FormatAlign, Note, Workbook, XlsxError};

use crate::{Error, Result};

const COLUMNS: [(&str, f64, &str); 9] = [
    ("Reference", 14.0, "Your number for the customer. Rows with a known reference update that customer."),
    ("Name", 28.0, "Company or person. Required."),
    ("Email", 28.0, "Where reminders go."),
    ("Phone", 18.0, "As you would dial it."),
    ("Address", 34.0, "Postal address."),
    ("Currency", 10.0, "ISO 4217 code such as USD; your organisation's currency when empty."),
    ("Outstanding amount", 20.0, "What the customer owes now. Becomes an opening balance."),
    ("Due date", 14.0, "When that is due; the past is fine. Required when something is owed."),
    ("Status", 12.0, "Pending, Overdue or Paid. Paid records the amount as settled."),
];

/// The XLSX template for customers: headers with notes, an example row, a list of allowed states, date cells.
pub fn template() -> Result<Vec<u8>> {
    build().map_err(Error::internal)
}

fn build() -> Result<Vec<u8>, XlsxError> {
    let mut workbook = Workbook::new();
    let sheet = workbook.add_worksheet();
    sheet.set_name("Customers")?;
    let header =
        Format::new().set_bold().set_background_color("#EEF1F6").set_align(FormatAlign::VerticalCenter);
    for (column, (title, width, note)) in (0_u16..).zip(COLUMNS) {
        sheet.write_string_with_format(0, column, title, &header)?;
        sheet.set_column_width(column, width)?;
        sheet.insert_note(0, column, &Note::new(note).add_author_prefix(false))?;
    }
    sheet.set_freeze_panes(1, 0)?;
    for (column, text) in [
        (0, "C-0001"),
        (1, "Example Ltd"),
        (2, "accounts@example.com"),
        (3, "+44 20 7946 0018"),
        (4, "1 Example Street, London"),
        (5, "USD"),
        (8, "Pending"),
    ] {
        sheet.write_string(1, column, text)?;
    }
    sheet.write_number_with_format(1, 6, 1250.5, &Format::new().set_num_format("#,##0.00"))?;
    let date = Format::new().set_num_format("yyyy-mm-dd");
    sheet.write_datetime_with_format(1, 7, ExcelDateTime::from_ymd(2026, 12, 31)?, &date)?;
    sheet.set_column_format(7, &date)?;
    let states = DataValidation::new().allow_list_strings(&["Pending", "Overdue", "Paid"])?;
    sheet.add_data_validation(1, 8, 9999, 8, &states)?;
    workbook.save_to_buffer()
}

#[cfg(test)]
mod tests {
    use chrono::NaiveDate;
    use domain::Currency;
    use domain::sheet::{RowContext, RowResult};

    use super::super::read::sheet;
    use super::super::{ImportLimits, Upload};
    use super::*;

    #[test]
    fn the_template_with_its_example_imports_without_error_on_any_date() {
        let upload = Upload { file_name: "template.xlsx".into(), bytes: template().unwrap() };
        let limits = ImportLimits { max_bytes: 1_000_000, max_rows: 10, max_columns: 50, workers: 1 };
        let sheet = sheet(&upload, &limits).unwrap();
        assert_eq!(sheet.columns.mapping().len(), COLUMNS.len());
        assert_eq!(sheet.rows.len(), 1);
        for year in [2020, 2026, 2040] {
            let business_date = NaiveDate::from_ymd_opt(year, 6, 1).unwrap();
            let context = RowContext { default_currency: Currency::USD, business_date };
            match sheet.columns.read_row(&sheet.rows[0].1, context) {
                RowResult::Valid { row, warnings } => {
                    assert_eq!(row.name, "Example Ltd");
                    assert!(warnings.is_empty(), "{warnings:?}");
                }
                other => panic!("{other:?}"),
            }
        }
    }
}
