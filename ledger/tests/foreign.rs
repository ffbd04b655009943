//! Files as openpyxl and LibreOffice write them, which `foreign/make.py` has them do in the test set-up.
#![allow(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]

mod common;

use std::path::Path;

use common::{desk, finished, proven};
use domain::customer::{CustomerSort, SortBy};
use domain::import::{Import, ImportState};
use domain::{Customer, CustomerStatus};
use ledger::{Caller, CustomerQuery, InvoiceQuery, Ledger, Upload};

fn sheet(name: &str) -> Vec<u8> {
    let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join("foreign-sheets").join(name);
    std::fs::read(&path).unwrap_or_else(|error| {
        panic!("{}: {error}. `cargo xtask setup --test` has it written.", path.display())
    })
}

async fn import(ledger: &Ledger, ada: &Caller, name: &str) -> Import {
    let import = ledger.start_import(ada, Upload::new(name, sheet(name))).await.unwrap();
    finished(ledger, ada, &import).await
}

async fn customers(ledger: &Ledger, ada: &Caller) -> Vec<Customer> {
    let query = CustomerQuery {
        sort: vec![SortBy { field: CustomerSort::Reference, descending: false }],
        ..CustomerQuery::default()
    };
    ledger.customers(ada, &query).await.unwrap().value.data
}

/// What the rows of make.py are in the books, whoever wrote the file.
async fn are_the_rows(ledger: &Ledger, ada: &Caller, name: &str) {
    let found = customers(ledger, ada).await;
    let told: Vec<_> = found
        .iter()
        .map(|customer| {
            (
                customer.reference.as_str(),
                customer.name.as_str(),
                customer.outstanding.to_decimal(),
                customer.next_due_date.map(|due| due.to_string()),
            )
        })
        .collect();
    let due = |date: &str| Some(date.to_owned());
    assert_eq!(
        told,
        [
            ("00042", "Żółw & Söhne GmbH", "1234.56".to_owned(), due("2026-02-28")),
            ("0007", "株式会社サンプル", "0.30".to_owned(), due("2027-01-31")),
            ("A-7", "O'Brien, \"Bob\"", "1000000.01".to_owned(), due("2026-12-03")),
            ("B-1", "Paid in full Ltd", "0.00".to_owned(), None),
        ],
        "{name}"
    );
    assert_eq!(found[0].notes.as_deref(), Some("line one\nline two"), "{name}");
    assert_eq!(found[1].notes.as_deref(), Some("<b>& co</b>"), "{name}");
    assert_eq!(found[0].phone.as_deref(), Some("+48 22 555 01 00"), "{name}");
    assert_eq!(found[3].status, CustomerStatus::Paid, "{name}");
    let invoices = ledger.invoices(ada, &InvoiceQuery::default()).await.unwrap().value;
    assert_eq!(invoices.page.total, 4, "{name}");
    proven(ledger).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_same_rows_come_out_of_every_programs_file() {
    for name in [
        "plain.xlsx",
        "libreoffice/plain.xlsx",
        "libreoffice/plain.xls",
        "libreoffice/plain.ods",
        "libreoffice/plain.csv",
        "mac.xlsx",
        "libreoffice/mac.xlsx",
        "libreoffice/mac.xls",
        "libreoffice/mac.ods",
        "libreoffice/mac.csv",
    ] {
        let (ledger, ada) = desk().await;
        let import = import(&ledger, &ada, name).await;
        assert_eq!((import.state, import.created), (ImportState::Completed, 4), "{name}: {import:?}");
        are_the_rows(&ledger, &ada, name).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_sheet_with_the_rows_is_found_behind_a_cover_and_a_title() {
    for name in ["titled.xlsx", "libreoffice/titled.xlsx", "libreoffice/titled.xls", "libreoffice/titled.ods"]
    {
        let (ledger, ada) = desk().await;
        let import = import(&ledger, &ada, name).await;
        assert_eq!((import.sheet.as_str(), import.created), ("Open items", 4), "{name}: {import:?}");
        are_the_rows(&ledger, &ada, name).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_formulas_come_to_is_imported_and_an_error_in_one_is_named() {
    for name in ["formulas.xlsx", "formulas.xls", "formulas.ods", "formulas.csv"] {
        let name = format!("libreoffice/{name}");
        let (ledger, ada) = desk().await;
        let import = import(&ledger, &ada, &name).await;
        let counts = (import.state, import.created, import.invalid);
        assert_eq!(counts, (ImportState::CompletedWithErrors, 2, 1), "{name}: {import:?}");
        let told: Vec<_> = customers(&ledger, &ada)
            .await
            .into_iter()
            .map(|customer| (customer.name, customer.outstanding.to_decimal(), customer.next_due_date))
            .collect();
        let day = |month, day| chrono::NaiveDate::from_ymd_opt(2026, month, day);
        assert_eq!(
            told,
            [
                ("Sum of parts".to_owned(), "100.25".to_owned(), day(2, 28)),
                ("Long division".to_owned(), "333.33".to_owned(), day(4, 30)),
            ],
            "{name}"
        );
        let errors = ledger.import_errors(&ada, &import.id, None, None, None).await.unwrap().data;
        let [error] = errors.as_slice() else { panic!("{name}: {errors:?}") };
        assert_eq!(
            (error.row, error.column.as_str(), error.value.as_str()),
            (4, "Amount", "#DIV/0!"),
            "{name}"
        );
    }
}

/// openpyxl saves formulas without what they come to: such cells are empty, and said to be.
#[tokio::test(flavor = "multi_thread")]
async fn formulas_that_were_never_calculated_are_no_values() {
    let (ledger, ada) = desk().await;
    let import = import(&ledger, &ada, "formulas.xlsx").await;
    let named: Vec<_> = ledger
        .import_errors(&ada, &import.id, None, None, None)
        .await
        .unwrap()
        .data
        .into_iter()
        .map(|error| (error.row, error.column))
        .collect();
    assert!(named.contains(&(2, "Name".to_owned())), "{named:?}");
    assert_eq!(
        customers(&ledger, &ada).await.iter().filter(|customer| customer.name == "Sum of parts").count(),
        0
    );
}
