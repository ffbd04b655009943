//! No spreadsheet, however odd, makes the row parser panic or say something untrue.

use chrono::{Days, NaiveDate};
use domain::sheet::{Cell, CellError, Columns, Field, RowContext, RowResult};
use domain::{Currency, field};
use proptest::prelude::*;

fn context() -> RowContext {
    RowContext {
        default_currency: Currency::USD,
        business_date: NaiveDate::from_ymd_opt(2025, 6, 30).expect("a date"),
    }
}

fn all_columns() -> Columns {
    let headers: Vec<String> = Field::ALL.into_iter().map(|field| field.label().to_owned()).collect();
    Columns::find(&headers).expect("all labels are headers")
}

/// Things that people and programs put into cells, right and wrong.
fn written() -> impl Strategy<Value = String> {
    prop_oneof![
        any::<String>(),
        "[-+(]?[$€£]?[0-9]{0,4}[,. '\u{a0}]?[0-9]{0,4}[,.]?[0-9]{0,4}[)-]?( EUR| USD|%)?",
        "[0-9]{1,4}[-/. ][0-9A-Za-z]{1,9}[-/., ]{1,2}[0-9]{2,4}([T ][0-9]{1,2}:[0-9]{2})?",
        "[0-9.]{1,20}([eE][+-]?[0-9]{1,12})?",
        "[a-z@.;, \u{a0}\u{feff}+0-9]{0,30}",
        proptest::sample::select(vec![
            "Paid", "pending", "OVERDUE", "USD", "KWD", "jpy", "€", "#N/A", "", "0", "A"
        ])
        .prop_map(str::to_owned),
    ]
}

fn cell() -> impl Strategy<Value = Cell> {
    prop_oneof![
        1 => Just(Cell::Empty),
        4 => written().prop_map(Cell::Text),
        3 => written().prop_map(Cell::Number),
        1 => (0_u64..200_000).prop_map(|days| Cell::Date(NaiveDate::default().checked_add_days(Days::new(days)).unwrap_or_default())),
        1 => any::<bool>().prop_map(Cell::Bool),
        1 => written().prop_map(Cell::Error),
    ]
}

/// Cells that fit their columns more often than not, so that valid rows are seen too.
fn fitting_row() -> impl Strategy<Value = Vec<Cell>> {
    let text =
        |cells: Vec<&'static str>| proptest::sample::select(cells).prop_map(|t| Cell::Text(t.to_owned()));
    let number = |pattern: &'static str| pattern.prop_map(Cell::Number);
    (
        (text(vec!["", "007"]), text(vec!["Ann", " Bob "]), text(vec!["", "a@b.com", "020 7946 0018"])),
        (
            text(vec!["", "c@d.com"]),
            text(vec!["", "12345"]),
            text(vec!["", "1 High St"]),
            text(vec!["", "late"]),
        ),
        (text(vec!["", "vip"]), text(vec!["", "", "KWD", "JPY", "EUR"])),
        prop_oneof![number("[0-9]{1,15}"), number("[0-9]{1,5}\\.[0-9]{1,2}"), written().prop_map(Cell::Text)],
        prop_oneof![number("4[0-9]{4}"), text(vec!["", "2025-03-10", "10.03.2025"])],
        text(vec!["", "Paid", "Open", "Overdue"]),
    )
        .prop_map(|((a, b, c), (d, e, f, g), (h, i), amount, due, status)| {
            vec![a, b, c, d, e, f, g, h, i, amount, due, status]
        })
}

fn check(errors: &[CellError]) -> Result<(), TestCaseError> {
    let labels: Vec<&str> = Field::ALL.into_iter().map(Field::label).collect();
    let mut places = Vec::new();
    for error in errors {
        prop_assert!(error.value.chars().count() <= 200);
        prop_assert!(!error.code.is_empty() && error.message.chars().count() < 400, "{}", error.message);
        places.push(labels.iter().position(|label| *label == error.column));
    }
    prop_assert!(places.iter().all(Option::is_some));
    prop_assert!(places.is_sorted(), "in column order");
    Ok(())
}

fn check_result(result: RowResult) -> Result<(), TestCaseError> {
    match result {
        RowResult::Blank => {}
        RowResult::Invalid { errors, warnings } => {
            prop_assert!(!errors.is_empty());
            check(&errors)?;
            check(&warnings)?;
        }
        RowResult::Valid { row, warnings } => {
            check(&warnings)?;
            prop_assert!(!row.name.trim().is_empty() && row.name.chars().count() <= 200);
            prop_assert_eq!(
                field::required_line("name", "a name", &row.name, 200).ok(),
                Some(row.name.clone())
            );
            if let Some(email) = &row.email {
                prop_assert!(field::email("email", email).is_ok());
            }
            if let Some(phone) = &row.phone {
                prop_assert!(field::phone("phone", phone).is_ok());
            }
            if let Some(owed) = row.owed {
                prop_assert!(owed.amount.is_positive());
                prop_assert!(owed.amount.minor() <= domain::money::MAX_MINOR);
                prop_assert_eq!(owed.amount.currency(), row.currency.unwrap_or(Currency::USD));
                prop_assert!(domain::date::plausible(owed.due_date));
            }
        }
    }
    Ok(())
}

proptest! {
    #[test]
    fn no_row_of_any_cells_panics_or_breaks_a_promise(row in proptest::collection::vec(cell(), 0..14)) {
        check_result(all_columns().read_row(&row, context()))?;
    }

    #[test]
    fn a_likely_row_breaks_no_promise(row in fitting_row()) {
        check_result(all_columns().read_row(&row, context()))?;
    }

    #[test]
    fn a_row_with_one_odd_cell_breaks_no_promise(mut row in fitting_row(), at in 0_usize..12, odd in cell()) {
        row[at] = odd;
        check_result(all_columns().read_row(&row, context()))?;
    }

    #[test]
    fn no_header_row_panics_and_what_is_mapped_is_unique(
        headers in proptest::collection::vec(
            prop_oneof![any::<String>(), "[a-zA-Z #()\u{a0}]{0,20}", Just("Name".to_owned()), Just("Amount (USD)".to_owned())],
            0..20,
        ),
    ) {
        Columns::looks_like_header(&headers);
        match Columns::find(&headers) {
            Ok(columns) => {
                let mut fields: Vec<String> = columns.mapping().into_iter().map(|(_, field)| field).collect();
                prop_assert!(fields.iter().any(|field| field == "name"));
                let count = fields.len();
                fields.sort();
                fields.dedup();
                prop_assert_eq!(fields.len(), count);
                prop_assert!(Columns::looks_like_header(&headers));
            }
            Err(errors) => prop_assert!(!errors.is_empty()),
        }
    }

    #[test]
    fn an_amount_we_print_is_read_back_the_same(minor in 1_i64..=domain::money::MAX_MINOR, code in proptest::sample::select(vec!["USD", "JPY", "KWD", "CLF"])) {
        let currency: Currency = code.parse().map_err(|e| TestCaseError::fail(format!("{e}")))?;
        let money = domain::Money::from_minor(minor, currency);
        let columns = Columns::find(&["Name", "Amount", "Due", "Ccy"].map(str::to_owned)).expect("known headers");
        for written in [Cell::Number(money.to_decimal()), Cell::Text(money.grouped()), Cell::Text(money.to_string())] {
            let row = [Cell::Text("A".to_owned()), written.clone(), Cell::Number("45726".to_owned()), Cell::Text(code.to_owned())];
            match columns.read_row(&row, context()) {
                RowResult::Valid { row, .. } => prop_assert_eq!(row.owed.map(|owed| owed.amount), Some(money)),
                other => prop_assert!(false, "{:?} {:?}", written, other),
            }
        }
    }
}
