use super::super::cell::plain_decimal;
use super::super::customer_row::{Owed, SheetRow};
use super::*;

fn date(text: &str) -> NaiveDate {
    text.parse().unwrap()
}

fn context() -> RowContext {
    RowContext { default_currency: Currency::USD, business_date: date("2025-06-30") }
}

/// A cell as one would type it into a spreadsheet.
fn cell(text: &str) -> Cell {
    match text {
        "" => Cell::Empty,
        "TRUE" => Cell::Bool(true),
        error if error.starts_with('#') => Cell::Error(error.to_owned()),
        number if plain_decimal(number).is_some() => Cell::Number(number.to_owned()),
        text => Cell::Text(text.to_owned()),
    }
}

fn cells(row: &[&str]) -> Vec<Cell> {
    row.iter().map(|text| cell(text)).collect()
}

fn columns(headers: &[&str]) -> Columns {
    Columns::find(&headers.iter().map(|header| (*header).to_owned()).collect::<Vec<_>>()).unwrap()
}

fn read(headers: &[&str], row: &[Cell]) -> RowResult<SheetRow> {
    columns(headers).read_row(row, context())
}

#[track_caller]
fn valid(headers: &[&str], row: &[Cell]) -> SheetRow {
    match read(headers, row) {
        RowResult::Valid { row, warnings } if warnings.is_empty() => row,
        other => panic!("{other:?}"),
    }
}

/// (column, code) of every error.
#[track_caller]
fn wrong(headers: &[&str], row: &[Cell]) -> Vec<(String, &'static str)> {
    match read(headers, row) {
        RowResult::Invalid { errors, .. } => errors.into_iter().map(|e| (e.column, e.code)).collect(),
        other => panic!("{other:?}"),
    }
}

#[track_caller]
fn only_error(headers: &[&str], row: &[Cell]) -> CellError {
    match read(headers, row) {
        RowResult::Invalid { mut errors, .. } if errors.len() == 1 => errors.remove(0),
        other => panic!("{other:?}"),
    }
}

const SAMPLE: [&str; 5] =
    ["Name", "Contact Information", "Outstanding Payment Amount", "Payment Due Date", "Payment Status"];

#[test]
fn the_sample_file_gives_two_debts_one_payment_and_one_wrong_cell() {
    let sample = columns(&SAMPLE);
    let rows = [
        ["John Doe", "john@example.com", "150.75", "2025-03-10", "Pending"],
        ["Jane Smith", "jane@example.com", "320.5", "2025-03-15", "Paid"],
        ["Alice Johnson", "alice@example.com", "210", "2025-03-20", "Pending"],
        ["Bob Williams", "bob@example.com", "450.25", "2025-03-25", "Invalid"],
    ];
    let results: Vec<_> = rows.iter().map(|row| sample.read_row(&cells(row), context())).collect();
    for (index, minor, due, settled) in
        [(0, 15_075, "2025-03-10", false), (1, 32_050, "2025-03-15", true), (2, 21_000, "2025-03-20", false)]
    {
        let RowResult::Valid { row, warnings } = &results[index] else { panic!("{:?}", results[index]) };
        assert_eq!(row.name, rows[index][0]);
        assert_eq!(row.email.as_deref(), Some(rows[index][1]));
        assert_eq!(row.phone, None);
        assert_eq!(row.currency, None);
        assert_eq!(
            row.owed,
            Some(Owed { amount: Money::from_minor(minor, Currency::USD), due_date: date(due), settled })
        );
        assert!(warnings.is_empty());
    }
    let RowResult::Invalid { errors, warnings } = &results[3] else { panic!("{:?}", results[3]) };
    assert_eq!(
        errors,
        &[CellError {
            column: "Payment Status".to_owned(),
            value: "Invalid".to_owned(),
            code: "invalid_status",
            message:
                "“Invalid” is not a payment status; use Pending, Unpaid or Open for what is owed, Paid, \
                      Completed or Settled for what was paid, or Overdue."
                    .to_owned(),
        }]
    );
    assert!(warnings.is_empty());
}

#[test]
fn a_row_of_blanks_is_blank_whatever_stands_in_other_columns() {
    let headers = ["Name", "Shoe size", "Amount"];
    assert_eq!(read(&headers, &[]), RowResult::Blank);
    assert_eq!(read(&headers, &cells(&["", "44", ""])), RowResult::Blank);
    assert_eq!(read(&headers, &[Cell::Text("\u{a0} ".to_owned())]), RowResult::Blank);
    assert_eq!(only_error(&headers, &cells(&["", "", "0"])).code, "required");
}

#[test]
fn a_name_is_required_trimmed_and_limited() {
    assert_eq!(valid(&["Name"], &cells(&["\u{a0} Anna\u{a0}\u{a0}Lee\n"])).name, "Anna Lee");
    assert_eq!(valid(&["Name"], &cells(&["365"])).name, "365");
    assert_eq!(valid(&["Name"], &cells(&["ä".repeat(200).as_str()])).name.chars().count(), 200);
    let error = only_error(&["Name"], &cells(&["ä".repeat(201).as_str()]));
    assert_eq!((error.code, error.value.chars().count()), ("too_long", 200));
    let error = only_error(&["Email", "Customer"], &cells(&["a@b.com", " "]));
    assert_eq!((error.column.as_str(), error.code, error.value.as_str()), ("Customer", "required", " "));
    assert_eq!(only_error(&["Name"], &[Cell::Bool(true)]).code, "not_text");
    let error = only_error(&["Name"], &[Cell::Date(date("2025-03-01"))]);
    assert_eq!((error.code, error.value.as_str()), ("not_text", "2025-03-01"));
}

#[test]
fn references_keep_their_leading_zeros_and_numbers_lose_their_exponent() {
    let reference = |cell: Cell| valid(&["Name", "Ref"], &[Cell::Text("A".to_owned()), cell]).reference;
    assert_eq!(reference(Cell::Text("00042".to_owned())).as_deref(), Some("00042"));
    assert_eq!(reference(Cell::Number("1003".to_owned())).as_deref(), Some("1003"));
    assert_eq!(reference(Cell::Number("1003.0".to_owned())).as_deref(), Some("1003"));
    assert_eq!(reference(Cell::Number("1E+5".to_owned())).as_deref(), Some("100000"));
    assert_eq!(reference(Cell::Empty), None);
    let long = [Cell::Text("A".to_owned()), Cell::Text("9".repeat(65))];
    assert_eq!(only_error(&["Name", "Ref"], &long).code, "too_long");
    let dated = [Cell::Text("A".to_owned()), Cell::Date(date("2025-03-10"))];
    assert_eq!(only_error(&["Name", "Ref"], &dated).code, "not_text", "3-10 that Excel made a date of");
}

#[test]
fn a_dash_says_that_there_is_nothing_to_say() {
    let headers = ["Name", "Email", "Phone", "Outstanding", "Due date"];
    for dash in ["-", "–", "n/a", "N/A", " none "] {
        let row = valid(&headers, &cells(&["Acme", dash, dash, "", dash]));
        assert_eq!((row.email, row.phone, row.owed), (None, None, None), "{dash}");
        let error = only_error(&headers, &cells(&["Acme", "", "", "12", dash]));
        assert_eq!((error.column.as_str(), error.code), ("Due date", "required"));
        let error = only_error(&headers, &cells(&["Acme", "", "", dash, "2025-03-10"]));
        assert_eq!(error.code, "invalid_amount", "how much is never guessed: {dash}");
    }
    assert_eq!(valid(&["Name", "Notes"], &cells(&["Acme", "n/a"])).notes.as_deref(), Some("n/a"));
    assert_eq!(valid(&["Name"], &cells(&["None"])).name, "None");
}

#[test]
fn an_email_address_may_be_a_link_or_stand_behind_its_owner() {
    let email = |written: &str| valid(&["Name", "Email"], &cells(&["Acme", written])).email;
    for written in ["mailto:ann@example.com", "Mailto:ann@example.com", "Ann Lee <ann@example.com>"] {
        assert_eq!(email(written).as_deref(), Some("ann@example.com"), "{written}");
    }
    let several = only_error(&["Name", "Email"], &cells(&["Acme", "a@b.co; c@d.co"]));
    assert_eq!(several.message, "Give one e-mail address; the others belong into the notes.");
    assert_eq!(only_error(&["Name", "Email"], &cells(&["Acme", "<>"])).code, "invalid_email");
}

#[test]
fn a_status_may_be_said_in_other_words_and_languages() {
    let headers = ["Name", "Outstanding", "Due date", "Status"];
    let owed = |status: &str| valid(&headers, &cells(&["Acme", "12", "2025-03-10", status])).owed.unwrap();
    for open in ["Unpaid", "Past due", "Partially paid", "due", "überfällig", "Impayé", "openstaand"] {
        assert!(!owed(open).settled, "{open}");
    }
    for settled in ["PAID", "Paid in full", "cleared", "Bezahlt", "réglée", "pagado", "pagato", "betaald"] {
        assert!(owed(settled).settled, "{settled}");
    }
}

#[test]
fn a_contact_is_an_email_address_or_a_telephone_number() {
    let contact = |text: &str| {
        let row = valid(&["Name", "Contact"], &cells(&["A", text]));
        (row.email, row.phone)
    };
    let text = |text: &str| Some(text.to_owned());
    assert_eq!(contact("ann@example.com"), (text("ann@example.com"), None));
    assert_eq!(contact("+44 20 7946 0018"), (None, text("+44 20 7946 0018")));
    assert_eq!(contact("\u{202a}+44 20\u{a0}7946 0018\u{202c}"), (None, text("+44 20 7946 0018")));
    assert_eq!(contact("442079460018"), (None, text("442079460018")), "a number cell");
    assert_eq!(contact("4.42079460018E+11"), (None, text("442079460018")));
    assert_eq!(contact("ann@example.com; 020 7946 0018"), (text("ann@example.com"), text("020 7946 0018")));
    for (written, code) in [
        ("ann@", "invalid_email"),
        ("@", "invalid_email"),
        ("ask Bob", "invalid_contact"),
        ("12", "invalid_phone"),
        ("44207946.5", "invalid_phone"),
        ("-442079460018", "invalid_phone"),
        ("a@b.com, c@d.com", "too_many_contacts"),
    ] {
        let error = only_error(&["Name", "Contact"], &cells(&["A", written]));
        assert_eq!((error.column.as_str(), error.code), ("Contact", code), "{written}");
    }
}

#[test]
fn columns_of_their_own_come_before_the_contact_column_and_nothing_is_dropped_in_silence() {
    let headers = ["Name", "Email", "Phone", "Contact"];
    let row = valid(&headers, &cells(&["A", "a@b.com", "", "020 7946 0018"]));
    assert_eq!((row.email.as_deref(), row.phone.as_deref()), (Some("a@b.com"), Some("020 7946 0018")));
    assert_eq!(valid(&headers, &cells(&["A", "a@b.com", "", "A@B.com"])).email.as_deref(), Some("a@b.com"));
    let RowResult::Valid { row, warnings } = read(&headers, &cells(&["A", "a@b.com", "", "c@d.com"])) else {
        panic!()
    };
    assert_eq!(row.email.as_deref(), Some("a@b.com"));
    assert_eq!((warnings[0].column.as_str(), warnings[0].code), ("Contact", "not_imported"));
    assert_eq!(
        wrong(&headers, &cells(&["A", "nobody", "call me", ""])),
        [("Email".to_owned(), "invalid_email"), ("Phone".to_owned(), "invalid_phone")]
    );
}

#[test]
fn notes_and_addresses_keep_their_lines_and_tags_are_parted() {
    let row = valid(
        &["Name", "Address", "Notes", "Tags"],
        &[
            Cell::Text("A".to_owned()),
            Cell::Text("1 High St\r\nLondon".to_owned()),
            Cell::Date(date("2025-03-10")),
            Cell::Text("vip; North, vip ,".to_owned()),
        ],
    );
    assert_eq!(row.address.as_deref(), Some("1 High St\nLondon"));
    assert_eq!(row.notes.as_deref(), Some("2025-03-10"));
    assert_eq!(row.tags, ["North", "vip"]);
    assert_eq!(
        wrong(
            &["Name", "Address", "Notes", "Tags"],
            &[
                Cell::Text("A".to_owned()),
                Cell::Text("x".repeat(501)),
                Cell::Text("x".repeat(5001)),
                Cell::Text("x".repeat(41)),
            ]
        ),
        [
            ("Address".to_owned(), "too_long"),
            ("Notes".to_owned(), "too_long"),
            ("Tags".to_owned(), "too_long")
        ]
    );
}

const DEBT: [&str; 4] = ["Name", "Amount", "Due", "Status"];

#[test]
fn every_allowed_status_is_known_in_any_case() {
    for (written, settled) in [
        ("Pending", false),
        ("UNPAID", false),
        ("open", false),
        ("", false),
        ("Overdue", false),
        ("Paid", true),
        (" completed ", true),
        ("Settled\u{a0}", true),
    ] {
        let row = valid(&DEBT, &cells(&["A", "12.5", "2025-03-10", written]));
        assert_eq!(row.owed.map(|owed| owed.settled), Some(settled), "{written}");
    }
    for written in ["Done", "yes", "1", "TRUE", "Paid?", "over due"] {
        let error = only_error(&DEBT, &cells(&["A", "12.5", "2025-03-10", written]));
        assert_eq!((error.code, error.value.as_str()), ("invalid_status", written));
        for allowed in ["Pending", "Unpaid", "Open", "Paid", "Completed", "Settled", "Overdue"] {
            assert!(error.message.contains(allowed), "{}", error.message);
        }
    }
}

#[test]
fn overdue_where_the_due_date_disagrees_is_a_warning_and_the_row_stays_open() {
    for due in ["2025-06-30", "2025-07-01"] {
        let RowResult::Valid { row, warnings } = read(&DEBT, &cells(&["A", "12.5", due, "Overdue"])) else {
            panic!()
        };
        assert!(!row.owed.unwrap().settled);
        assert_eq!(warnings.len(), 1);
        assert_eq!((warnings[0].column.as_str(), warnings[0].code), ("Status", "status_disagrees"));
    }
    assert_eq!(
        valid(&DEBT, &cells(&["A", "12.5", "2025-06-29", "Overdue"])).owed.map(|o| o.settled),
        Some(false)
    );
    for amount in ["0", ""] {
        let result = read(&DEBT, &cells(&["A", amount, "2025-03-10", "Overdue"]));
        let RowResult::Valid { row, warnings } = result else { panic!("{result:?}") };
        assert_eq!((row.owed, warnings[0].code), (None, "status_disagrees"));
    }
    // What is wrong already needs no second word.
    let RowResult::Invalid { warnings, .. } = read(&DEBT, &cells(&["A", "abc", "2025-03-10", "Overdue"]))
    else {
        panic!()
    };
    assert!(warnings.is_empty());
}

#[test]
fn an_amount_above_zero_needs_a_due_date() {
    let error = only_error(&DEBT, &cells(&["A", "12.5", "", "Paid"]));
    assert_eq!((error.column.as_str(), error.value.as_str(), error.code), ("Due", "", "required"));
    let error = only_error(&["Name", "Amount"], &cells(&["A", "12.5"]));
    assert_eq!((error.column.as_str(), error.value.as_str(), error.code), ("Amount", "12.5", "required"));
    assert!(error.message.contains("“Due date” column"), "{}", error.message);
}

#[test]
fn who_owes_nothing_needs_no_due_date() {
    for amount in ["0", "0.00", "$0", ""] {
        assert_eq!(valid(&DEBT, &cells(&["A", amount, "", ""])).owed, None, "{amount}");
        assert_eq!(valid(&DEBT, &cells(&["A", amount, "2025-03-10", "Paid"])).owed, None, "{amount}");
    }
    assert_eq!(valid(&["Name", "Amount"], &cells(&["A", "0"])).owed, None);
}

#[test]
fn past_due_dates_and_day_numbers_are_taken() {
    let due = |cell: Cell| {
        let row = [Cell::Text("A".to_owned()), Cell::Number("5".to_owned()), cell];
        valid(&DEBT, &row).owed.unwrap().due_date.to_string()
    };
    assert_eq!(due(Cell::Number("45726".to_owned())), "2025-03-10");
    assert_eq!(due(Cell::Date(date("1999-12-31"))), "1999-12-31");
    assert_eq!(due(Cell::Text("10 Mar 2025".to_owned())), "2025-03-10");
    let error = only_error(&DEBT, &cells(&["A", "5", "03/04/2025"]));
    assert_eq!((error.column.as_str(), error.code), ("Due", "ambiguous_date"));
    assert!(error.message.contains("2026-03-20"));
}

#[test]
fn every_wrong_cell_of_a_row_is_named_in_column_order() {
    assert_eq!(
        wrong(&["Status", "Amount", "Due", "Email", "Name"], &cells(&["?", "-1", "soon", "x", ""])),
        [
            ("Status".to_owned(), "invalid_status"),
            ("Amount".to_owned(), "negative_amount"),
            ("Due".to_owned(), "invalid_date"),
            ("Email".to_owned(), "invalid_email"),
            ("Name".to_owned(), "required"),
        ]
    );
}

#[test]
fn a_formulas_error_is_named_in_any_column_that_is_read() {
    let headers = [
        "Name", "Ref", "Contact", "Email", "Phone", "Address", "Notes", "Tags", "Currency", "Amount", "Due",
        "Status",
    ];
    let row = vec![Cell::Error("#DIV/0!".to_owned()); headers.len()];
    assert!(wrong(&headers, &row).iter().all(|(_, code)| *code == "formula_error"));
    assert_eq!(wrong(&headers, &row).len(), headers.len());
    let error = only_error(&DEBT, &cells(&["A", "#DIV/0!", "", ""]));
    assert_eq!(error.message, "The formula in this cell gives #DIV/0!; mend it or write the value itself.");
    // A file that only knows text.
    let row = [Cell::Text("#N/A".to_owned())];
    assert_eq!(only_error(&["Name"], &row).code, "formula_error");
    assert!(matches!(read(&["Name", "Other"], &cells(&["A", "#REF!"])), RowResult::Valid { .. }));
}

const MONEY: [&str; 4] = ["Name", "Currency", "Amount", "Due"];

#[test]
fn the_rows_currency_decides_how_many_decimals_there_are() {
    let row = valid(&MONEY, &cells(&["A", "kwd", "1.234", "2025-03-10"]));
    assert_eq!(row.currency, Some(Currency::KWD));
    assert_eq!(row.owed.map(|owed| owed.amount), Some(Money::from_minor(1234, Currency::KWD)));
    assert_eq!(
        wrong(&MONEY, &cells(&["A", "JPY", "12.5", "2025-03-10"])),
        [("Amount".to_owned(), "too_many_decimals")]
    );
}

#[test]
fn a_currency_that_is_unknown_is_the_only_error_it_makes() {
    let error = only_error(&MONEY, &cells(&["A", "XYZ", "1.234", "2025-03-10"]));
    assert_eq!((error.column.as_str(), error.code), ("Currency", "unknown_currency"));
    assert_eq!(only_error(&MONEY, &cells(&["A", "$", "1", "2025-03-10"])).code, "unknown_currency");
    assert_eq!(
        wrong(&MONEY, &cells(&["A", "XYZ", "abc", "soon"])),
        [
            ("Currency".to_owned(), "unknown_currency"),
            ("Amount".to_owned(), "invalid_amount"),
            ("Due".to_owned(), "invalid_date")
        ]
    );
}

#[test]
fn an_amounts_sign_must_agree_with_the_rows_currency() {
    let error = only_error(&MONEY, &cells(&["A", "USD", "12 €", "2025-03-10"]));
    assert_eq!((error.column.as_str(), error.code), ("Amount", "currency_mismatch"));
    assert_eq!(error.message, "The amount is in €, but the currency of this row is USD.");
}

#[test]
fn the_currency_is_the_one_named_anywhere_in_the_row_or_the_header() {
    let currency = |headers: &[&str], row: &[&str]| valid(headers, &cells(row)).currency;
    assert_eq!(currency(&MONEY, &["A", "€", "12", "2025-03-10"]), Some(Currency::EUR));
    assert_eq!(currency(&MONEY, &["A", "", "12 EUR", "2025-03-10"]), Some(Currency::EUR));
    assert_eq!(currency(&MONEY, &["A", "", "$12", "2025-03-10"]), None);
    let in_euros = ["Name", "Amount (EUR)", "Due"];
    assert_eq!(currency(&in_euros, &["A", "12", "2025-03-10"]), Some(Currency::EUR));
    assert_eq!(currency(&in_euros, &["A", "", ""]), Some(Currency::EUR));
    assert_eq!(
        only_error(&["Name", "Amount (EUR)", "Due", "Ccy"], &cells(&["A", "12", "2025-03-10", "USD"])).code,
        "currency_mismatch"
    );
}
