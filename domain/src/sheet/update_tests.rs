use super::super::cell::Cell;
use super::super::formula::neutralised;
use super::super::kind::Kind;
use super::super::mapping::Mapping;
use super::super::profile::{Options, Survey};
use super::super::row::{RowContext, RowResult};
use super::*;

fn known() -> Customer {
    serde_json::from_value(serde_json::json!({
        "id": "cus_1", "reference": "C-1", "name": "Ann Ltd", "email": "a@b.com", "phone": "+44 20 7946 0018",
        "address": "1 High St\nLondon", "notes": "=SUM(A1)", "tags": ["north", "vip"], "currency": "USD",
        "outstanding": {"amount": "12.50", "currency": "USD"}, "overdue": {"amount": "0.00", "currency": "USD"},
        "unapplied": {"amount": "0.00", "currency": "USD"}, "next_due_date": "2025-03-10", "status": "pending",
        "open_invoices": 1, "version": 1, "created_at": "2025-01-01T00:00:00Z", "updated_at": "2025-01-01T00:00:00Z",
    }))
    .unwrap()
}

fn read(kind: Kind, headers: &[&str], row: &[&str]) -> Entry {
    let headers: Vec<String> = headers.iter().map(|header| (*header).to_owned()).collect();
    let cells: Vec<Cell> = row.iter().map(|text| Cell::Text((*text).to_owned())).collect();
    let mut survey = Survey::new(&headers);
    survey.observe(&cells);
    let columns = Mapping::guess(Some(kind), &survey).columns(&survey, &Options::default()).unwrap();
    let context =
        RowContext { default_currency: Currency::USD, business_date: "2025-06-30".parse().unwrap() };
    match columns.read(&cells, context) {
        RowResult::Valid { row, .. } => row,
        other => panic!("{other:?}"),
    }
}

fn customer(headers: &[&str], row: &[&str]) -> SheetRow {
    match read(Kind::Customers, headers, row) {
        Entry::Customer(row) => row,
        other => panic!("{other:?}"),
    }
}

fn change(field: &str, old: Option<&str>, new: Option<&str>) -> FieldChange {
    FieldChange { field: field.to_owned(), old: old.map(str::to_owned), new: new.map(str::to_owned) }
}

#[test]
fn an_export_of_a_customer_imports_again_as_nothing_to_change() {
    let known = known();
    let cells = [
        known.reference.clone(),
        known.name.clone(),
        known.email.clone().unwrap(),
        known.phone.clone().unwrap(),
        known.address.clone().unwrap(),
        known.notes.clone().unwrap(),
        known.tags.join(", "),
        known.currency.to_string(),
        known.outstanding.to_decimal(),
        known.next_due_date.unwrap().to_string(),
        known.status.label().to_owned(),
    ];
    let cells: Vec<_> = cells.iter().map(|cell| neutralised(cell)).collect();
    let row = customer(
        &[
            "Reference",
            "Name",
            "Email",
            "Phone",
            "Address",
            "Notes",
            "Tags",
            "Currency",
            "Outstanding",
            "Next due date",
            "Status",
        ],
        &cells.iter().map(|cell| &**cell).collect::<Vec<_>>(),
    );
    let (next, changes) = row.update(&known);
    assert_eq!((changes, &next), (vec![], &known));
    assert_eq!(row.disagreement(&known), None);
}

#[test]
fn changes_are_told_field_by_field_and_blank_cells_change_nothing() {
    let known = known();
    let row =
        customer(&["Reference", "Name", "Email", "Phone", "Tags"], &["C-1", "Ann plc", "x@y.org", "", ""]);
    let (next, changes) = row.update(&known);
    assert_eq!(
        changes,
        [change("name", Some("Ann Ltd"), Some("Ann plc")), change("email", Some("a@b.com"), Some("x@y.org"))]
    );
    assert_eq!(
        (next.name.as_str(), next.phone, next.tags),
        ("Ann plc", known.phone.clone(), known.tags.clone())
    );
    let row = customer(&["Reference", "Name", "Tags"], &["C-1", "Ann Ltd", "south"]);
    assert_eq!(row.update(&known).1, [change("tags", Some("north, vip"), Some("south"))]);
}

#[test]
fn a_debt_or_a_currency_that_differs_is_said_and_kept() {
    let known = known();
    let code =
        |headers: &[&str], row: &[&str]| customer(headers, row).disagreement(&known).map(|(_, code, _)| code);
    let debt = ["Name", "Amount", "Due", "Status"];
    assert_eq!(code(&debt, &["A", "12.50", "2025-03-10", ""]), None);
    assert_eq!(code(&debt, &["A", "12.51", "2025-03-10", ""]), Some("balance_kept"));
    assert_eq!(code(&debt, &["A", "12.50", "2025-03-10", "Paid"]), Some("balance_kept"));
    assert_eq!(code(&debt, &["A", "", "", ""]), None);
    assert_eq!(code(&["Name", "Currency"], &["A", "EUR"]), Some("currency_kept"));
}

#[test]
fn a_combined_row_adds_its_tag_and_keeps_a_name_it_does_not_know() {
    let headers = ["Customer ID", "Name", "Invoice", "Due date", "Amount", "Disputed"];
    let combined = |name, disputed| match read(
        Kind::Combined,
        &headers,
        &["C-1", name, "1", "2025-03-10", "5", disputed],
    ) {
        Entry::Combined(row) => row,
        other => panic!("{other:?}"),
    };
    let known = known();
    assert_eq!(combined("", "No").update(&known), (known.clone(), vec![]));
    let (next, changes) = combined("", "Yes").update(&known);
    assert_eq!(changes, [change("tags", Some("north, vip"), Some("disputed, north, vip"))]);
    assert_eq!(combined("", "Yes").update(&next).1, [], "the second disputed invoice changes nothing");
    assert_eq!(combined("", "No").update(&next).1, [], "nor does one that isn't disputed");
    assert_eq!(
        combined("Ann plc", "No").update(&known).1,
        [change("name", Some("Ann Ltd"), Some("Ann plc"))]
    );
}

#[test]
fn an_invoice_of_a_known_number_is_compared_with_what_its_row_says() {
    let known: Invoice = serde_json::from_value(serde_json::json!({
        "id": "inv_1", "customer_id": "cus_1", "number": "00042", "kind": "invoice", "issue_date": "2025-01-10",
        "due_date": "2025-02-09", "total": {"amount": "5.00", "currency": "USD"},
        "balance": {"amount": "5.00", "currency": "USD"}, "status": "open", "terms": "net_30", "memo": "Consulting",
        "version": 1, "created_at": "2025-01-01T00:00:00Z", "updated_at": "2025-01-01T00:00:00Z",
    }))
    .unwrap();
    let headers = ["Name", "Invoice", "Invoice date", "Due date", "Amount", "Memo"];
    let changes = |row: &[&str]| match read(Kind::Invoices, &headers, row) {
        Entry::Invoice(row) => row.changes(&known),
        other => panic!("{other:?}"),
    };
    assert_eq!(changes(&["A", "00042", "2025-01-10", "2025-02-09", "5.00", "Consulting"]), []);
    assert_eq!(changes(&["A", "00042", "", "2025-02-09", "5.00", ""]), [], "blank cells say nothing");
    assert_eq!(
        changes(&["A", "00042", "2025-01-10", "2025-02-10", "6.00", ""]),
        [
            change("due_date", Some("2025-02-09"), Some("2025-02-10")),
            change("total", Some("5.00 USD"), Some("6.00 USD"))
        ]
    );
}

#[test]
fn the_same_payment_twice_is_recognised() {
    let payment = |reference| match read(
        Kind::Payments,
        &["Customer", "Date", "Amount", "Reference"],
        &["A", "2025-03-10", "5.00", reference],
    ) {
        Entry::Payment(row) => row,
        other => panic!("{other:?}"),
    };
    let known: Payment = serde_json::from_value(serde_json::json!({
        "id": "pay_1", "customer_id": "cus_1", "amount": {"amount": "5.00", "currency": "USD"},
        "refunded": {"amount": "0.00", "currency": "USD"}, "status": "completed", "method": "cash",
        "source": "import", "reference": "RF18", "received_on": "2025-03-10",
        "unapplied": {"amount": "0.00", "currency": "USD"}, "allocations": [], "version": 1,
        "created_at": "2025-03-10T00:00:00Z", "updated_at": "2025-03-10T00:00:00Z",
    }))
    .unwrap();
    assert!(payment("RF18").is(&known));
    assert!(!payment("RF19").is(&known));
    assert!(!payment("").is(&known));
}

#[test]
fn a_new_row_is_previewed_with_all_it_says() {
    let row = read(
        Kind::Combined,
        &["Customer ID", "Invoice", "Due date", "Amount", "Settled date"],
        &["C-1", "00042", "2025-03-10", "5", "2025-03-11"],
    );
    assert_eq!(
        row.created(),
        [
            change("reference", None, Some("C-1")),
            change("name", None, Some("C-1")),
            change("invoice_number", None, Some("00042")),
            change("due_date", None, Some("2025-03-10")),
            change("total", None, Some("5.00 USD")),
            change("settled_on", None, Some("2025-03-11")),
        ]
    );
}
