//! No spreadsheet, however odd, makes the row parser panic or say something untrue.

use chrono::{Days, NaiveDate};
use domain::sheet::{
    Cell, CellError, Columns, DateOrder, DecimalMark, Entry, Field, InvoiceRow, Kind, Mapping, Options,
    RowContext, RowResult, SheetRow, Survey,
};
use domain::{Currency, Money, field};
use proptest::prelude::*;

fn context() -> RowContext {
    RowContext {
        default_currency: Currency::USD,
        business_date: NaiveDate::from_ymd_opt(2025, 6, 30).expect("a date"),
    }
}

fn headers(kind: Kind) -> Vec<String> {
    kind.fields().iter().map(|field| field.label().to_owned()).collect()
}

fn all_columns() -> Columns {
    Columns::find(&headers(Kind::Customers)).expect("all labels are headers")
}

fn columns_of(kind: Kind, options: &Options) -> Columns {
    let survey = Survey::new(&headers(kind));
    Mapping::guess(Some(kind), &survey).columns(&survey, options).expect("all labels are headers")
}

fn kind() -> impl Strategy<Value = Kind> {
    proptest::sample::select(Kind::ALL.to_vec())
}

fn options() -> impl Strategy<Value = Options> {
    let order = proptest::sample::select(vec![None, Some(DateOrder::DayFirst), Some(DateOrder::MonthFirst)]);
    let mark = proptest::sample::select(vec![None, Some(DecimalMark::Point), Some(DecimalMark::Comma)]);
    (order, mark).prop_map(|(date_order, decimal)| Options { date_order, decimal, key: None })
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

fn check(kind: Kind, errors: &[CellError]) -> Result<(), TestCaseError> {
    let labels: Vec<&str> = kind.fields().iter().map(|field| field.label()).collect();
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

fn check_result<T>(
    kind: Kind,
    result: RowResult<T>,
    check_row: impl FnOnce(T) -> Result<(), TestCaseError>,
) -> Result<(), TestCaseError> {
    match result {
        RowResult::Blank => Ok(()),
        RowResult::Invalid { errors, warnings } => {
            prop_assert!(!errors.is_empty());
            check(kind, &errors)?;
            check(kind, &warnings)
        }
        RowResult::Valid { row, warnings } => {
            check(kind, &warnings)?;
            check_row(row)
        }
    }
}

fn check_customer(row: SheetRow) -> Result<(), TestCaseError> {
    prop_assert!(!row.name.trim().is_empty() && row.name.chars().count() <= 200);
    prop_assert_eq!(field::required_line("name", "a name", &row.name, 200).ok(), Some(row.name.clone()));
    if let Some(email) = &row.email {
        prop_assert!(field::email("email", email).is_ok());
    }
    if let Some(phone) = &row.phone {
        prop_assert!(field::phone("phone", phone).is_ok());
    }
    if let Some(owed) = row.owed {
        check_money(owed.amount, row.currency)?;
        prop_assert!(domain::date::plausible(owed.due_date));
    }
    Ok(())
}

fn check_money(money: Money, currency: Option<Currency>) -> Result<(), TestCaseError> {
    prop_assert!(money.is_positive() && money.minor() <= domain::money::MAX_MINOR);
    prop_assert_eq!(money.currency(), currency.unwrap_or(Currency::USD));
    Ok(())
}

fn check_invoice(row: &InvoiceRow) -> Result<(), TestCaseError> {
    let today = context().business_date;
    check_money(row.total, row.currency)?;
    prop_assert!(!row.number.is_empty() && row.number.chars().count() <= 64);
    prop_assert!(row.customer.reference.is_some() || row.customer.name.is_some());
    prop_assert!(row.issued_on(today) <= row.due_date && row.issued_on(today) <= today);
    prop_assert!(row.settled_on.is_none_or(|day| day <= today));
    if let (Some(terms), Some(issued)) = (row.terms, row.issue_date) {
        prop_assert_eq!(terms.due_date(issued), row.due_date);
    }
    Ok(())
}

fn check_entry(entry: Entry) -> Result<(), TestCaseError> {
    prop_assert!(!entry.created().is_empty() && !entry.title().is_empty());
    match entry {
        Entry::Customer(row) => check_customer(row),
        Entry::Invoice(row) => check_invoice(&row),
        Entry::Payment(row) => {
            check_money(row.amount, row.currency)?;
            prop_assert!(row.received_on <= context().business_date);
            prop_assert!(row.invoices.iter().all(|number| !number.is_empty()));
            Ok(())
        }
        Entry::Combined(row) => {
            check_invoice(&row.invoice)?;
            prop_assert_eq!(row.customer.tags.iter().any(|tag| tag == "disputed"), row.invoice.disputed);
            check_customer(row.customer)
        }
    }
}

/// An amount of dollars, its thousands parted by `space` or, where the comma is taken, by a point.
fn in_notation(minor: i64, comma: bool, space: &str) -> String {
    let parting = if comma && space == "," { "." } else { space };
    let grouped = Money::from_minor(minor, Currency::USD).grouped();
    let (whole, decimals) = grouped.split_once('.').expect("dollars have cents");
    format!("{}{}{decimals}", whole.replace(',', parting), if comma { "," } else { "." })
}

/// A row for `kind` of cells that may fit.
fn row_of(kind: Kind) -> impl Strategy<Value = Vec<Cell>> {
    let cells: Vec<BoxedStrategy<Cell>> = kind.fields().iter().map(|field| fitting(*field)).collect();
    cells
}

fn fitting(field: Field) -> BoxedStrategy<Cell> {
    let words = |words: &'static [&'static str]| {
        proptest::sample::select(words).prop_map(|word| Cell::Text(word.to_owned())).boxed()
    };
    let likely = match field {
        Field::Name | Field::InvoiceNumber => words(&["Ann", "000123", "'=1", "INV 7"]),
        Field::Email => words(&["", "c@d.com"]),
        Field::Phone => words(&["", "12345", "'+44 20 7946 0018"]),
        Field::Currency => words(&["", "", "KWD", "JPY", "EUR"]),
        Field::Status => words(&["", "Paid", "Pending"]),
        Field::Terms => words(&["", "Net 30", "EOM", "whenever"]),
        Field::Disputed => words(&["", "yes", "No"]),
        Field::Method => words(&["", "Card", "barter"]),
        field if field.is_amount() => "[0-9]{1,6}(\\.[0-9]{1,2})?".prop_map(Cell::Number).boxed(),
        field if field.is_date() => proptest::prop_oneof![
            "4[0-5][0-9]{3}".prop_map(Cell::Number),
            words(&["", "2025-03-10", "03/04/2025"])
        ]
        .boxed(),
        _ => words(&["", "007", "some words"]),
    };
    proptest::prop_oneof![9 => likely, 1 => cell()].boxed()
}

proptest! {
    #[test]
    fn no_row_of_any_cells_panics_or_breaks_a_promise(row in proptest::collection::vec(cell(), 0..14)) {
        check_result(Kind::Customers, all_columns().read_row(&row, context()), check_customer)?;
    }

    #[test]
    fn a_likely_row_breaks_no_promise(row in fitting_row()) {
        check_result(Kind::Customers, all_columns().read_row(&row, context()), check_customer)?;
    }

    #[test]
    fn a_row_with_one_odd_cell_breaks_no_promise(mut row in fitting_row(), at in 0_usize..12, odd in cell()) {
        row[at] = odd;
        check_result(Kind::Customers, all_columns().read_row(&row, context()), check_customer)?;
    }

    #[test]
    fn no_row_of_any_kind_panics_or_breaks_a_promise(
        (kind, row) in kind().prop_flat_map(|kind| (Just(kind), row_of(kind))),
        options in options(),
    ) {
        check_result(kind, columns_of(kind, &options).read(&row, context()), check_entry)?;
    }

    #[test]
    fn odd_cells_of_any_kind_break_no_promise(
        kind in kind(),
        row in proptest::collection::vec(cell(), 0..20),
        options in options(),
    ) {
        check_result(kind, columns_of(kind, &options).read(&row, context()), check_entry)?;
    }

    #[test]
    fn a_survey_is_as_large_after_a_thousand_rows_as_after_ten(rows in proptest::collection::vec(proptest::collection::vec(cell(), 3), 10)) {
        let mut survey = Survey::new(&["A", "B", "C"].map(str::to_owned));
        let mut size = 0;
        for round in 0..100 {
            rows.iter().for_each(|row| survey.observe(row));
            let now = serde_json::to_string(&survey).map_err(|e| TestCaseError::fail(e.to_string()))?.len();
            prop_assert!(round == 0 || now <= size + 60, "only counters grow");
            size = if round == 0 { now } else { size };
        }
    }

    #[test]
    fn amounts_of_a_whole_column_are_read_back_in_the_notation_it_is_written_in(
        minors in proptest::collection::vec(1_i64..=domain::money::MAX_MINOR, 1..20),
        comma in any::<bool>(),
        space in proptest::sample::select(vec![",", " ", "\u{a0}", "\u{202f}", "'"]),
    ) {
        // One amount that leaves no doubt settles all the others.
        let texts: Vec<String> = minors.iter().chain(&[123_456]).map(|minor| in_notation(*minor, comma, space)).collect();
        let headers = ["Name", "Amount", "Due"].map(str::to_owned);
        let row = |text: &String| [Cell::Text("A".into()), Cell::Text(text.clone()), Cell::Number("45726".into())];
        let mut survey = Survey::new(&headers);
        texts.iter().for_each(|text| survey.observe(&row(text)));
        let mapping = Mapping::guess(None, &survey);
        prop_assert!(mapping.questions(&survey, &Options::default()).is_empty());
        let columns = mapping.columns(&survey, &Options::default()).expect("known headers");
        for (minor, text) in minors.iter().zip(&texts) {
            let context = RowContext { default_currency: Currency::USD, ..context() };
            match columns.read_row(&row(text), context) {
                RowResult::Valid { row, .. } => prop_assert_eq!(row.owed.map(|owed| owed.amount.minor()), Some(*minor), "{}", text),
                other => prop_assert!(false, "{} {:?}", text, other),
            }
        }
    }

    #[test]
    fn dates_of_a_whole_column_are_read_back_in_the_order_they_are_written_in(
        days in proptest::collection::vec(0_u64..80_000, 1..20),
        order in proptest::sample::select(vec![DateOrder::DayFirst, DateOrder::MonthFirst]),
        sign in proptest::sample::select(vec!["/", "-"]),
    ) {
        let dates: Vec<NaiveDate> = days.iter().map(|days| NaiveDate::default() + Days::new(*days)).collect();
        let written = |date: NaiveDate| match order {
            DateOrder::DayFirst => date.format(&format!("%d{sign}%m{sign}%Y")).to_string(),
            DateOrder::MonthFirst => date.format(&format!("%-m{sign}%-d{sign}%Y")).to_string(),
        };
        let headers = ["Name", "Amount", "Due"].map(str::to_owned);
        let row = |date: NaiveDate| [Cell::Text("A".into()), Cell::Number("5".into()), Cell::Text(written(date))];
        let telling = NaiveDate::from_ymd_opt(2025, 3, 31).expect("a date");
        let mut survey = Survey::new(&headers);
        dates.iter().chain([&telling]).for_each(|date| survey.observe(&row(*date)));
        let columns = Mapping::guess(None, &survey).columns(&survey, &Options::default()).expect("known headers");
        for date in dates {
            match columns.read_row(&row(date), context()) {
                RowResult::Valid { row, .. } => prop_assert_eq!(row.owed.map(|owed| owed.due_date), Some(date)),
                other => prop_assert!(false, "{:?}", other),
            }
        }
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
        let money = Money::from_minor(minor, currency);
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
