use super::super::cell::Cell;
use super::super::columns::Columns;
use super::super::kind::Kind;
use super::super::mapping::Mapping;
use super::super::profile::{Options, Survey};
use super::super::public_sample;
use super::super::row::{CellError, RowResult};
use super::*;

fn date(text: &str) -> NaiveDate {
    text.parse().unwrap()
}

fn context() -> RowContext {
    RowContext { default_currency: Currency::USD, business_date: date("2025-06-30") }
}

fn cells(row: &[&str]) -> Vec<Cell> {
    row.iter()
        .map(|text| if text.is_empty() { Cell::Empty } else { Cell::Text((*text).to_owned()) })
        .collect()
}

/// Reads the rows of a sheet of `kind`, each with what the whole sheet says about its columns.
fn read_all(kind: Kind, headers: &[&str], rows: &[&[&str]]) -> Vec<RowResult<Entry>> {
    let headers: Vec<String> = headers.iter().map(|header| (*header).to_owned()).collect();
    let mut survey = Survey::new(&headers);
    rows.iter().for_each(|row| survey.observe(&cells(row)));
    let columns: Columns = Mapping::guess(Some(kind), &survey).columns(&survey, &Options::default()).unwrap();
    rows.iter().map(|row| columns.read(&cells(row), context())).collect()
}

fn read(kind: Kind, headers: &[&str], row: &[&str]) -> RowResult<Entry> {
    read_all(kind, headers, &[row]).remove(0)
}

#[track_caller]
fn valid(result: RowResult<Entry>) -> Entry {
    match result {
        RowResult::Valid { row, warnings } if warnings.is_empty() => row,
        other => panic!("{other:?}"),
    }
}

#[track_caller]
fn warned(result: RowResult<Entry>) -> (Entry, Vec<CellError>) {
    match result {
        RowResult::Valid { row, warnings } => (row, warnings),
        other => panic!("{other:?}"),
    }
}

/// (column, code) of every error.
#[track_caller]
fn wrong(result: RowResult<Entry>) -> Vec<(String, &'static str)> {
    match result {
        RowResult::Invalid { errors, .. } => errors.into_iter().map(|e| (e.column, e.code)).collect(),
        other => panic!("{other:?}"),
    }
}

#[track_caller]
fn invoice(result: RowResult<Entry>) -> InvoiceRow {
    match valid(result) {
        Entry::Invoice(row) => row,
        other => panic!("{other:?}"),
    }
}

#[track_caller]
fn payment(result: RowResult<Entry>) -> PaymentRow {
    match valid(result) {
        Entry::Payment(row) => row,
        other => panic!("{other:?}"),
    }
}

#[track_caller]
fn combined(result: RowResult<Entry>) -> CombinedRow {
    match valid(result) {
        Entry::Combined(row) => row,
        other => panic!("{other:?}"),
    }
}

fn usd(minor: i64) -> Money {
    Money::from_minor(minor, Currency::USD)
}

fn error(column: &str, code: &'static str) -> (String, &'static str) {
    (column.to_owned(), code)
}

#[test]
fn rows_of_the_public_late_payments_file_are_customers_with_settled_invoices() {
    let rows: &[&[&str]] = &[
        &[
            "391",
            "0379-NEVHP",
            "4/6/2013",
            "0000611365",
            "1/2/2013",
            "2/1/2013",
            "55.94",
            "No",
            "1/15/2013",
            "Paper",
            "13",
            "0",
        ],
        &[
            "406",
            "8976-AMJEO",
            "3/3/2012",
            "0007900770",
            "1/26/2013",
            "2/25/2013",
            "61.74",
            "Yes",
            "3/3/2013",
            "Electronic",
            "36",
            "6",
        ],
    ];
    let read: Vec<CombinedRow> =
        read_all(Kind::Combined, &public_sample::headers(), rows).into_iter().map(combined).collect();
    let first = &read[0];
    assert_eq!(first.customer.reference.as_deref(), Some("0379-NEVHP"));
    assert_eq!(first.customer.name, "0379-NEVHP", "a customer without a name goes by its reference");
    assert_eq!((first.customer.owed.clone(), first.customer.tags.len()), (None, 0));
    assert_eq!(first.invoice.number, "0000611365", "leading zeros stay");
    assert_eq!(
        first.invoice.issue_date,
        Some(date("2013-01-02")),
        "the column has 1/15 and 1/26: the month is first"
    );
    assert_eq!(first.invoice.due_date, date("2013-02-01"));
    assert_eq!((first.invoice.total, first.invoice.currency), (usd(5594), None));
    assert_eq!(first.invoice.settled_on, Some(date("2013-01-15")));
    let second = &read[1];
    assert_eq!((second.customer.tags.clone(), second.invoice.disputed), (vec!["disputed".to_owned()], true));
    assert_eq!(second.invoice.memo.as_deref(), Some("Disputed"));
    assert_eq!(second.invoice.settled_on, Some(date("2013-03-03")));
}

const INVOICE: [&str; 6] = ["Customer no", "Invoice no", "Invoice date", "Due date", "Amount", "Status"];

#[test]
fn an_invoice_is_read_with_the_customer_it_is_for() {
    let row = invoice(read(
        Kind::Invoices,
        &["Customer no", "Customer", "Invoice no", "Invoice date", "Terms", "Amount", "Ccy", "Description"],
        &["007", "Ann Ltd", "00042", "2025-03-10", "Net 30", "1,234.50", "EUR", "Consulting"],
    ));
    assert_eq!(
        (row.customer.reference.as_deref(), row.customer.name.as_deref()),
        (Some("007"), Some("Ann Ltd"))
    );
    assert_eq!((row.customer.shown(), row.number.as_str()), ("007", "00042"));
    assert_eq!((row.due_date, row.terms), (date("2025-04-09"), Some(PaymentTerms::Net(30))));
    assert_eq!(row.total, Money::from_minor(123_450, Currency::EUR));
    assert_eq!((row.currency, row.memo.as_deref()), (Some(Currency::EUR), Some("Consulting")));
    assert_eq!((row.disputed, row.settled_on), (false, None));
}

#[test]
fn an_invoice_without_an_issue_date_is_as_old_as_its_due_date_or_today() {
    let due = |due| {
        invoice(read(Kind::Invoices, &["Name", "Invoice", "Due date", "Amount"], &["A", "1", due, "5"]))
    };
    assert_eq!(due("2025-03-10").issued_on(date("2025-06-30")), date("2025-03-10"));
    assert_eq!(due("2026-03-10").issued_on(date("2025-06-30")), date("2025-06-30"));
}

#[test]
fn every_wrong_cell_of_an_invoice_is_named_with_its_rule() {
    assert_eq!(
        wrong(read(Kind::Invoices, &INVOICE, &["", "", "soon", "", "0", "void"])),
        [
            error("Customer no", "required"),
            error("Invoice no", "required"),
            error("Invoice date", "invalid_date"),
            error("Due date", "required"),
            error("Amount", "not_positive"),
            error("Status", "invalid_status"),
        ]
    );
    let row =
        |issued, due, amount| wrong(read(Kind::Invoices, &INVOICE, &["1", "1", issued, due, amount, ""]));
    assert_eq!(row("2025-07-01", "2025-08-01", "5"), [error("Invoice date", "in_the_future")]);
    assert_eq!(row("2025-03-10", "2025-03-09", "5"), [error("Due date", "before_issue")]);
    assert_eq!(row("2025-03-10", "2025-03-10", ""), [error("Amount", "required")]);
    assert_eq!(row("2025-03-10", "2025-03-10", "(5.00)"), [error("Amount", "negative_amount")]);
}

#[test]
fn a_paid_invoice_was_settled_when_due_or_today() {
    let settled = |due, status| {
        invoice(read(Kind::Invoices, &INVOICE, &["1", "1", "2025-01-01", due, "5", status])).settled_on
    };
    assert_eq!(settled("2025-03-10", "Paid"), Some(date("2025-03-10")));
    assert_eq!(settled("2025-09-10", "Settled"), Some(date("2025-06-30")));
    assert_eq!(settled("2025-03-10", "Overdue"), None);
    assert_eq!(settled("2025-03-10", "Open"), None);
    let (row, warnings) =
        warned(read(Kind::Invoices, &INVOICE, &["1", "1", "2025-01-01", "2025-09-10", "5", "Overdue"]));
    assert!(matches!(row, Entry::Invoice(row) if row.settled_on.is_none()));
    assert_eq!((warnings[0].column.as_str(), warnings[0].code), ("Status", "status_disagrees"));
    let partly =
        read(Kind::Invoices, &INVOICE, &["1", "1", "2025-01-01", "2025-03-10", "5", "Partially paid"]);
    assert_eq!(wrong(partly), [error("Status", "partly_paid")], "how much of it is not known");
}

#[test]
fn terms_are_read_as_people_write_them() {
    let headers = ["Name", "Invoice", "Invoice date", "Terms", "Amount"];
    let due = |terms| read(Kind::Invoices, &headers, &["A", "1", "2025-01-10", terms, "5"]);
    for (terms, day) in [
        ("net_30", "2025-02-09"),
        ("Net 30", "2025-02-09"),
        ("NET30", "2025-02-09"),
        ("30 days", "2025-02-09"),
        ("30 days net", "2025-02-09"),
        ("14", "2025-01-24"),
        ("Due on receipt", "2025-01-10"),
        ("EOM", "2025-01-31"),
        ("End of month", "2025-01-31"),
        ("End of month + 15 days", "2025-02-15"),
        ("end_of_month_15", "2025-02-15"),
    ] {
        assert_eq!(invoice(due(terms)).due_date, date(day), "{terms}");
    }
    for terms in ["2/10 net 30", "2%", "whenever", "-30", "net 9999", "3.5 days"] {
        assert_eq!(wrong(due(terms)), [error("Terms", "invalid_terms")], "{terms}");
    }
    assert_eq!(wrong(due("")), [error("Terms", "required")]);
    assert_eq!(
        wrong(read(Kind::Invoices, &headers, &["A", "1", "", "Net 30", "5"])),
        [error("Invoice date", "required")]
    );
}

#[test]
fn a_due_date_counts_before_its_terms_and_unknown_terms_do_no_harm() {
    let headers = ["Name", "Invoice", "Invoice date", "Due date", "Terms", "Amount"];
    let row = |due, terms| warned(read(Kind::Invoices, &headers, &["A", "1", "2025-01-10", due, terms, "5"]));
    let terms = |(entry, warnings): (Entry, Vec<CellError>)| match entry {
        Entry::Invoice(row) => (row.terms, warnings.into_iter().map(|w| w.code).collect::<Vec<_>>()),
        other => panic!("{other:?}"),
    };
    assert_eq!(terms(row("2025-02-09", "Net 30")), (Some(PaymentTerms::Net(30)), vec![]));
    assert_eq!(terms(row("2025-02-10", "Net 30")), (None, vec![]), "the terms are not where it comes from");
    assert_eq!(terms(row("2025-02-09", "2/10 net 30")), (None, vec!["not_imported"]));
}

const PAYMENT: [&str; 7] = ["Customer ref", "Customer", "Date", "Amount", "Method", "Reference", "Invoices"];

#[test]
fn a_payment_is_read_with_the_invoices_it_is_for() {
    let row = payment(read(
        Kind::Payments,
        &PAYMENT,
        &["C-1", "", "2025-03-10", "$12.50", "wire transfer", "RF18", "00042; 7,00042"],
    ));
    assert_eq!((row.customer.reference.as_deref(), row.customer.name), (Some("C-1"), None));
    assert_eq!(
        (row.amount, row.received_on, row.method),
        (usd(1250), date("2025-03-10"), PaymentMethod::BankTransfer)
    );
    assert_eq!(
        (row.reference.as_deref(), row.invoices),
        (Some("RF18"), vec!["00042".to_owned(), "7".to_owned()])
    );
    assert_eq!(row.status, PaymentStatus::Completed);
    let bare = payment(read(Kind::Payments, &PAYMENT, &["", "Ann", "2025-06-30", "5", "", "", ""]));
    assert_eq!(
        (bare.customer.shown(), bare.method, bare.invoices.len()),
        ("Ann", PaymentMethod::BankTransfer, 0)
    );
}

#[test]
fn money_that_has_not_come_yet_is_no_payment() {
    let row = |row: &[&str]| wrong(read(Kind::Payments, &PAYMENT, row));
    assert_eq!(row(&["C-1", "", "2025-07-01", "5"]), [error("Date", "in_the_future")]);
    assert_eq!(
        row(&["", "", "", "-5"]),
        [error("Customer ref", "required"), error("Date", "required"), error("Amount", "negative_amount")]
    );
    let headers = ["Name", "Payment date", "Amount", "Status"];
    let status = |word| read(Kind::Payments, &headers, &["A", "2025-03-10", "5", word]);
    assert_eq!(payment(status("Pending")).status, PaymentStatus::Pending);
    assert_eq!(payment(status("cleared")).status, PaymentStatus::Completed);
    assert_eq!(wrong(status("Refunded")), [error("Status", "invalid_status")]);
}

#[test]
fn a_method_of_another_name_is_taken_as_other_and_said() {
    let (row, warnings) = warned(read(Kind::Payments, &PAYMENT, &["C-1", "", "2025-03-10", "5", "Barter"]));
    assert!(matches!(row, Entry::Payment(row) if row.method == PaymentMethod::Other));
    assert_eq!((warnings[0].column.as_str(), warnings[0].code), ("Method", "unknown_method"));
    for method in PaymentMethod::ALL {
        for name in [method.as_str(), method.label()] {
            assert_eq!(
                payment(read(Kind::Payments, &PAYMENT, &["C", "", "2025-03-10", "5", name])).method,
                method
            );
        }
    }
}

const COMBINED: [&str; 9] =
    ["Reference", "Name", "Email", "Invoice", "Due date", "Amount", "Paid on", "Status", "Disputed"];

#[test]
fn a_combined_row_needs_a_customer_and_an_invoice() {
    let row = combined(read(
        Kind::Combined,
        &COMBINED,
        &["C-1", "Ann Ltd", "a@b.com", "1", "2025-03-10", "5 €", "", "", "no"],
    ));
    assert_eq!((row.customer.name.as_str(), row.customer.email.as_deref()), ("Ann Ltd", Some("a@b.com")));
    assert_eq!(row.customer.currency, Some(Currency::EUR), "the account is in the invoice's currency");
    assert_eq!(row.invoice.customer.reference.as_deref(), Some("C-1"));
    assert_eq!(row.invoice.settled_on, None);
    assert_eq!(
        wrong(read(Kind::Combined, &COMBINED, &["", "", "x", "", "", "", "", "", "maybe"])),
        [
            error("Reference", "required"),
            error("Email", "invalid_email"),
            error("Invoice", "required"),
            error("Due date", "required"),
            error("Amount", "required"),
            error("Disputed", "invalid_yes_no"),
        ]
    );
}

#[test]
fn the_settled_date_counts_before_the_status_and_is_never_to_come() {
    let row = |paid, status| {
        read(Kind::Combined, &COMBINED, &["C-1", "", "", "1", "2025-03-10", "5", paid, status, ""])
    };
    assert_eq!(combined(row("2025-02-01", "Paid")).invoice.settled_on, Some(date("2025-02-01")));
    assert_eq!(combined(row("", "Paid")).invoice.settled_on, Some(date("2025-03-10")));
    let (_, warnings) = warned(row("2025-02-01", "Open"));
    assert_eq!((warnings[0].column.as_str(), warnings[0].code), ("Status", "status_disagrees"));
    assert_eq!(wrong(row("2025-07-01", "")), [error("Paid on", "in_the_future")]);
    assert_eq!(wrong(row("soon", "Paid")), [error("Paid on", "invalid_date")]);
}

#[test]
fn a_disputed_invoice_says_so_beside_its_memo() {
    let headers = ["Name", "Invoice", "Due date", "Amount", "Disputed", "Memo"];
    let memo = |disputed: &str, memo: &str| {
        invoice(read(Kind::Invoices, &headers, &["A", "1", "2025-03-10", "5", disputed, memo])).memo
    };
    assert_eq!(memo("Yes", "").as_deref(), Some("Disputed"));
    assert_eq!(memo("y", "Consulting").as_deref(), Some("Disputed: Consulting"));
    assert_eq!(memo("1", "Price disputed").as_deref(), Some("Price disputed"));
    assert_eq!(memo("No", "Consulting").as_deref(), Some("Consulting"));
    assert_eq!(memo("TRUE", &"x".repeat(500)), Some("x".repeat(500)), "no room for more");
}

#[test]
fn what_an_export_neutralised_is_read_as_it_was() {
    let row = valid(read(
        Kind::Customers,
        &["Reference", "Name", "Phone", "Notes"],
        &["'-7", "'=Ann", "'+44 20 7946 0018", "''@home"],
    ));
    let Entry::Customer(row) = row else { panic!("{row:?}") };
    assert_eq!((row.reference.as_deref(), row.name.as_str()), (Some("-7"), "=Ann"));
    assert_eq!((row.phone.as_deref(), row.notes.as_deref()), (Some("+44 20 7946 0018"), Some("'@home")));
}

#[test]
fn a_columns_decimal_comma_settles_what_one_cell_leaves_open() {
    let headers = ["Name", "Amount", "Due"];
    let due = "2025-03-10";
    let amounts = |written: &[&str]| -> Vec<i64> {
        let rows: Vec<[&str; 3]> = written.iter().map(|amount| ["A", *amount, due]).collect();
        let rows: Vec<&[&str]> = rows.iter().map(|row| &row[..]).collect();
        read_all(Kind::Customers, &headers, &rows)
            .into_iter()
            .map(|row| valid(row).amount().unwrap().minor())
            .collect()
    };
    assert_eq!(amounts(&["1.234", "12,50"]), [123_400, 1250]);
    assert_eq!(amounts(&["1.234", "1.234.567,00"]), [123_400, 123_456_700]);
    assert_eq!(amounts(&["1,234", "12.50"]), [123_400, 1250]);
    assert_eq!(amounts(&["1,234", "9"]), [123_400, 900], "as everywhere in the trade");
    assert_eq!(amounts(&["12,34,567.80", "₹ 5".trim_start_matches("₹ ")]), [123_456_780, 500]);
    let point = read_all(Kind::Customers, &headers, &[&["A", "1.234", due], &["B", "12.50", due]]);
    assert_eq!(wrong(point[0].clone()), [error("Amount", "too_many_decimals")]);
}

#[test]
fn control_totals_count_what_the_row_is_about() {
    let customer = |status| {
        valid(read(Kind::Customers, &["Name", "Amount", "Due", "Status"], &["A", "5", "2025-03-10", status]))
            .amount()
    };
    assert_eq!((customer("Open"), customer("Paid")), (Some(usd(500)), None));
    let row = valid(read(
        Kind::Combined,
        &COMBINED,
        &["C-1", "", "", "1", "2025-03-10", "5", "2025-03-10", "", ""],
    ));
    assert_eq!((row.amount(), row.title()), (Some(usd(500)), "1, C-1".to_owned()));
}
