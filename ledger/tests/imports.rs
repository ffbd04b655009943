//! Imports, through the use cases.
#![allow(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]

mod common;

use std::time::Duration;

use chrono::NaiveDate;
use common::{desk, import_csv, owing, pay, person, proven};
use domain::customer::CustomerFilter;
use domain::import::{
    CellEdit, CellFixes, CommitMode, GroupFix, Import, ImportState, MappingChange, MatchKey, Mode, Options,
    RowOutcome, UndoState,
};
use domain::sheet::Kind;
use domain::{Action, Customer, EventKind, Role};
use ledger::{
    AgeingQuery, Caller, CustomerQuery, Error, EventQuery, InvoiceQuery, Ledger, PaymentQuery, Upload,
};

const IBM: &[u8] = include_bytes!("data/ibm-late-payments.csv");

fn csv(text: &str) -> Upload {
    Upload::new("sheet.csv", text.as_bytes().to_vec())
}

fn reviewed(upload: Upload) -> Upload {
    Upload { commit: CommitMode::Review, ..upload }
}

/// Waits until nothing more happens by itself.
async fn settled(ledger: &Ledger, ada: &Caller, import: &Import) -> Import {
    let waits = |import: &Import| {
        import.progress.is_none()
            && (import.state.is_final()
                || matches!(import.state, ImportState::Uploaded)
                || (import.state == ImportState::Validated && import.commit == CommitMode::Review))
    };
    let mut import = import.clone();
    for _ in 0..6000 {
        import = ledger.import(ada, &import.id).await.unwrap();
        if waits(&import) {
            return import;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    panic!("waited in vain for {import:?}");
}

async fn import(ledger: &Ledger, ada: &Caller, upload: Upload) -> Import {
    let import = ledger.start_import(ada, upload).await.unwrap();
    settled(ledger, ada, &import).await
}

async fn customers(ledger: &Ledger, ada: &Caller) -> Vec<Customer> {
    let query = CustomerQuery { limit: Some(200), ..CustomerQuery::default() };
    ledger.customers(ada, &query).await.unwrap().value.data
}

fn counts(import: &Import) -> [i64; 6] {
    [import.rows, import.valid, import.invalid, import.created, import.updated, import.skipped]
}

#[tokio::test(flavor = "multi_thread")]
async fn the_public_sample_imports_as_it_is_and_the_second_time_changes_nothing() {
    let (ledger, ada) = desk().await;
    let sample = || Upload::new("ibm-late-payments.csv", IBM.to_vec());
    let first = import(&ledger, &ada, sample()).await;
    let errors = ledger.import_errors(&ada, &first.id, None, Some(3), None).await.unwrap();
    assert_eq!((first.kind, first.state), (Kind::Combined, ImportState::Completed), "{first:?} {errors:?}");
    assert_eq!(counts(&first), [2466, 2466, 0, 2466, 0, 0]);
    assert_eq!(first.totals[0].to_decimal(), "147703.18");
    let found = ledger.customers(&ada, &CustomerQuery::default()).await.unwrap().value;
    assert_eq!(found.page.total, 100);
    assert!(
        customers(&ledger, &ada).await.iter().any(|customer| customer.tags.contains(&"disputed".to_owned()))
    );

    let as_of = NaiveDate::from_ymd_opt(2012, 12, 31);
    let report = ledger.ageing(&ada, &AgeingQuery { as_of, ..AgeingQuery::default() }).await.unwrap();
    let row = &report.data[0];
    let figures = |bucket: &str| (row.counts[bucket], row.amounts[bucket].to_decimal());
    assert_eq!(row.outstanding.to_decimal(), "5725.06");
    assert_eq!(figures("current"), (86, "4936.32".into()));
    assert_eq!(figures("1_30"), (13, "788.74".into()));
    let zeros = InvoiceQuery { q: Some("0000611365".into()), ..InvoiceQuery::default() };
    assert_eq!(ledger.invoices(&ada, &zeros).await.unwrap().value.data[0].invoice.number, "0000611365");

    let again = import(&ledger, &ada, sample()).await;
    assert_eq!(counts(&again), [2466, 2466, 0, 0, 0, 2466]);
    assert_eq!(again.file_hash, first.file_hash);
    proven(&ledger).await;
}

fn recognised_by(key: MatchKey, text: &str) -> Upload {
    Upload { options: Options { key: Some(key), ..Options::default() }, ..csv(text) }
}

#[tokio::test(flavor = "multi_thread")]
async fn customers_without_references_are_recognised_by_name_and_contact() {
    let (ledger, ada) = desk().await;
    let sheet = |notes: &str| {
        format!(
            "Name,Contact Information,Outstanding Payment Amount,Payment Due Date,Notes\n\
             Alice,alice@example.org,10,2026-01-31,{notes}\n\
             Alice,another.alice@example.org,20,2026-01-31,\n\
             Bob,+1 555 0100,30,2026-01-31,\n\
             Carol,,40,2026-01-31,\n\
             Carol,,50,2026-02-28,\n"
        )
    };
    let first = import(&ledger, &ada, csv(&sheet(""))).await;
    assert_eq!(counts(&first), [5, 5, 0, 5, 0, 0]);
    let again = import(&ledger, &ada, csv(&sheet(""))).await;
    assert_eq!(counts(&again), [5, 5, 0, 0, 0, 5], "the same file twice changes nothing");
    let changed = import(&ledger, &ada, csv(&sheet("rings at noon"))).await;
    assert_eq!(counts(&changed), [5, 5, 0, 0, 1, 4]);
    assert_eq!(customers(&ledger, &ada).await.len(), 5);
    proven(&ledger).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn customers_are_recognised_by_the_chosen_key() {
    let (ledger, ada) = desk().await;
    let sheet = "Reference,Name,Email\nR-1,Alice,alice@example.org\nR-2,Bob,bob@example.org\nR-3,Bob,\n";
    import(&ledger, &ada, csv(sheet)).await;

    let by_name =
        recognised_by(MatchKey::Name, "Name,Phone\nALICE,+1 555 0100\nBob,+1 555 0101\nDora,+1 555 0102\n");
    let named = import(&ledger, &ada, by_name).await;
    assert_eq!(counts(&named), [3, 2, 1, 1, 1, 0]);
    let errors = ledger.import_errors(&ada, &named.id, None, None, None).await.unwrap().data;
    assert_eq!((errors[0].row, errors[0].code.as_str()), (3, "ambiguous_customer"));
    assert!(errors[0].message.contains("2 customers have this name"), "{}", errors[0].message);

    let text =
        "Reference,Name,Email\nX-9,Alice Cooper,Alice@Example.org\nR-2,Erin,erin@example.org\nR-2,Bob,\n";
    let mailed = import(&ledger, &ada, recognised_by(MatchKey::Email, text)).await;
    assert_eq!(
        counts(&mailed),
        [3, 2, 1, 0, 1, 1],
        "a row without an address is recognised by its reference"
    );
    let errors = ledger.import_errors(&ada, &mailed.id, None, None, None).await.unwrap().data;
    let told: Vec<_> =
        errors.iter().map(|error| (error.row, error.code.as_str(), error.column.as_str())).collect();
    assert!(told.contains(&(3, "reference_taken", "Reference")), "{told:?}");
    let found = customers(&ledger, &ada).await;
    let alice = found.iter().find(|customer| customer.reference == "R-1").unwrap();
    assert_eq!((alice.name.as_str(), alice.phone.as_deref()), ("Alice Cooper", Some("+1 555 0100")));

    let twice = recognised_by(MatchKey::Email, "Name,Email\nFay,fay@example.org\nFaye,FAY@example.org\n");
    let twice = import(&ledger, &ada, twice).await;
    assert_eq!(counts(&twice), [2, 1, 1, 1, 0, 0]);
    proven(&ledger).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn several_invoices_of_a_new_customer_without_a_reference_are_one_customers() {
    let (ledger, ada) = desk().await;
    let rows: String = (0..300).map(|row| format!("Acme,INV-{row},10,2026-01-31,2025-12-31\n")).collect();
    let sheet = format!("Customer,Invoice number,Amount,Due date,Invoice date\n{rows}");
    let upload = || Upload { kind: Some(Kind::Combined), ..csv(&sheet) };
    let first = import(&ledger, &ada, upload()).await;
    assert_eq!(counts(&first), [300, 300, 0, 300, 0, 0]);
    let found = customers(&ledger, &ada).await;
    assert_eq!((found.len(), found[0].outstanding.to_decimal()), (1, "3000.00".to_owned()));
    assert_eq!(counts(&import(&ledger, &ada, upload()).await), [300, 300, 0, 0, 0, 300]);
    proven(&ledger).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_large_sheet_of_known_customers_changes_only_what_differs() {
    let (ledger, ada) = desk().await;
    let sheet = |phone: &str| {
        let rows = (0..450).map(|row| {
            format!("C{row},Customer {row},{},10,2026-01-31\n", if row == 7 { phone } else { "+1 555 0100" })
        });
        format!("Reference,Name,Phone,Outstanding,Due date\n{}", rows.collect::<String>())
    };
    let first = import_csv(&ledger, &ada, &sheet("+1 555 0100")).await;
    assert_eq!(counts(&first), [450, 450, 0, 450, 0, 0]);
    let second = import_csv(&ledger, &ada, &sheet("+1 555 0199")).await;
    assert_eq!(counts(&second), [450, 450, 0, 0, 1, 449]);
    let only_new = Upload { mode: Mode::CreateOnly, ..csv(&sheet("+1 555 0177")) };
    assert_eq!(counts(&import(&ledger, &ada, only_new).await), [450, 450, 0, 0, 0, 450]);
    let filter = CustomerFilter { q: Some("0199".into()), ..CustomerFilter::default() };
    let query = CustomerQuery { filter, ..CustomerQuery::default() };
    let found = ledger.customers(&ada, &query).await.unwrap().value;
    assert_eq!(found.data.iter().map(|customer| customer.reference.as_str()).collect::<Vec<_>>(), ["C7"]);
    proven(&ledger).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_reviewed_import_shows_what_it_would_do_and_saves_nothing_before_the_user_agrees() {
    let (ledger, ada) = desk().await;
    import_csv(&ledger, &ada, "Reference,Name,Phone\nC-1,Acme,+1 555 0100\nC-2,Beta,+1 555 0101\n").await;
    let sheet = "Reference,Name,Phone,Email\nC-1,Acme,+1 555 0100,\nC-2,Beta Ltd,+1 555 0101,\nC-3,Gamma,,g@example.com\nC-4,,,x\n";
    let checked = import(&ledger, &ada, reviewed(csv(sheet))).await;
    assert_eq!(checked.state, ImportState::Validated, "{checked:?}");
    let preview = checked.preview.unwrap();
    assert_eq!([preview.created, preview.updated, preview.skipped, preview.rejected], [1, 1, 1, 1]);
    assert_eq!(customers(&ledger, &ada).await.len(), 2);

    let rows = ledger.import_preview(&ada, &checked.id, None, None, None).await.unwrap();
    let outcomes: Vec<_> = rows.data.iter().map(|row| (row.row, row.outcome)).collect();
    use RowOutcome::{Created, Rejected, Skipped, Updated};
    assert_eq!(outcomes, [(2, Skipped), (3, Updated), (4, Created), (5, Rejected)]);
    let change = &rows.data[1].changes[0];
    assert_eq!(
        (change.field.as_str(), change.old.as_deref(), change.new.as_deref()),
        ("name", Some("Beta"), Some("Beta Ltd"))
    );
    assert_eq!(rows.data[3].errors.len(), 2, "{:?}", rows.data[3]);
    let updated = ledger.import_preview(&ada, &checked.id, Some(Updated), None, None).await.unwrap();
    assert_eq!((updated.data.len(), updated.page.total), (1, 1));

    ledger.commit_import(&ada, &checked.id).await.unwrap();
    let saved = settled(&ledger, &ada, &checked).await;
    assert_eq!(counts(&saved), [4, 3, 1, 1, 1, 1]);
    let done = ledger.import_preview(&ada, &checked.id, Some(Created), None, None).await.unwrap();
    assert!(done.data[0].customer_id.is_some());
    // Asked again, nothing happens twice.
    ledger.commit_import(&ada, &checked.id).await.unwrap();
    assert_eq!(customers(&ledger, &ada).await.len(), 3);
    proven(&ledger).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn wrong_cells_are_mended_one_by_one_or_by_the_group() {
    let (ledger, ada) = desk().await;
    let sheet = "Name,Email,Outstanding,Due date\nAnna,anna,10,2026-01-31\nBob,,20,\nCarl,,30,\n";
    let checked = import(&ledger, &ada, reviewed(csv(sheet))).await;
    assert_eq!((checked.valid, checked.invalid), (0, 3));
    let groups = ledger.import_error_groups(&ada, &checked.id).await.unwrap();
    let dates = groups.iter().find(|group| group.column == "Due date").unwrap();
    assert_eq!((dates.count, dates.message.as_str()), (2, "2 rows: due date is missing"));
    let of_group = ledger.import_errors(&ada, &checked.id, Some(&dates.key), None, None).await.unwrap();
    assert_eq!(of_group.data.iter().map(|error| error.row).collect::<Vec<_>>(), [3, 4]);

    let edit =
        CellEdit { sheet: String::new(), row: 2, column: "Email".into(), value: "anna@example.com".into() };
    let fixes = CellFixes {
        edits: vec![edit.clone()],
        group: Some(GroupFix { key: dates.key.clone(), value: "2026-02-28".into() }),
    };
    ledger.fix_import_cells(&ada, &checked.id, &fixes).await.unwrap();
    let mended = settled(&ledger, &ada, &checked).await;
    assert_eq!((mended.valid, mended.invalid, mended.errors_url), (3, 0, None));
    let strange = CellFixes { edits: vec![CellEdit { column: "Colour".into(), ..edit }], group: None };
    assert!(matches!(ledger.fix_import_cells(&ada, &checked.id, &strange).await, Err(Error::Invalid(_))));

    ledger.commit_import(&ada, &checked.id).await.unwrap();
    assert_eq!(settled(&ledger, &ada, &checked).await.state, ImportState::Completed);
    let owed: Vec<_> =
        customers(&ledger, &ada).await.iter().map(|customer| customer.outstanding.to_decimal()).collect();
    assert_eq!(owed, ["10.00", "20.00", "30.00"]);
    assert!(matches!(
        ledger.fix_import_cells(&ada, &checked.id, &fixes).await,
        Err(Error::Conflict { code: "already_saved", .. })
    ));
    proven(&ledger).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn columns_are_taken_as_the_user_says_and_the_next_file_like_it_by_itself() {
    let (ledger, ada) = desk().await;
    let sheet = "Wer,Rest,Frist\nAnna,10,03/04/2026\nBob,20,05/06/2026\n";
    let refused = ledger.start_import(&ada, csv(sheet)).await;
    assert!(matches!(refused, Err(Error::BadFile { status: 422, code: "wrong_columns", .. })), "{refused:?}");
    let unmapped = import(&ledger, &ada, reviewed(csv(sheet))).await;
    assert_eq!(unmapped.state, ImportState::Uploaded);
    assert!(!ledger.import_mapping(&ada, &unmapped.id).await.unwrap().problems.is_empty());

    let mapping = [("Wer", "name"), ("Rest", "outstanding"), ("Frist", "due_date")]
        .map(|(column, field)| (column.to_owned(), Some(field.to_owned())));
    let mut change = MappingChange { mapping: mapping.into(), ..MappingChange::default() };
    ledger.set_import_mapping(&ada, &unmapped.id, &change).await.unwrap();
    let asked = settled(&ledger, &ada, &unmapped).await;
    assert_eq!((asked.valid, asked.invalid), (0, 2), "nobody knows which number is the day");
    let view = ledger.import_mapping(&ada, &unmapped.id).await.unwrap();
    assert_eq!(view.questions[0].option, "date_order");
    change.options =
        Some(Options { date_order: Some(domain::import::DateOrder::DayFirst), ..Options::default() });
    ledger.set_import_mapping(&ada, &unmapped.id, &change).await.unwrap();
    assert_eq!(settled(&ledger, &ada, &unmapped).await.valid, 2);
    let saved = ledger.save_mapping(&ada, &unmapped.id, "From the old system").await.unwrap();
    ledger.cancel_import(&ada, &unmapped.id).await.unwrap();

    let next = import(&ledger, &ada, csv("Wer,Rest,Frist\nCarl,30,07/08/2026\n")).await;
    assert_eq!((next.state, next.created), (ImportState::Completed, 1));
    let carl = &customers(&ledger, &ada).await[0];
    assert_eq!(carl.next_due_date, NaiveDate::from_ymd_opt(2026, 8, 7));
    assert_eq!(
        ledger.import_mapping(&ada, &next.id).await.unwrap().saved.as_deref(),
        Some("From the old system")
    );
    assert_eq!(ledger.saved_mappings(&ada).await.unwrap(), std::slice::from_ref(&saved));
    ledger.delete_mapping(&ada, &saved.id).await.unwrap();
    assert!(ledger.saved_mappings(&ada).await.unwrap().is_empty());
    proven(&ledger).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn invoices_and_payments_find_their_customers() {
    let (ledger, ada) = desk().await;
    import_csv(&ledger, &ada, "Reference,Name\nC-1,Acme\nC-2,Beta\nC-3,Twin\nC-4,Twin\n").await;
    let invoices = "Customer reference,Customer name,Invoice number,Issue date,Due date,Amount\n\
                    C-1,,0001,2026-01-01,2026-01-31,100.00\nC-1,,0002,2026-02-01,2026-02-28,50.00\n\
                    ,Beta,0001,2026-01-01,2026-01-31,70.00\n,Twin,9,2026-01-01,2026-01-31,1.00\nC-9,,9,2026-01-01,2026-01-31,1.00\n";
    let first = import(&ledger, &ada, Upload { kind: Some(Kind::Invoices), ..csv(invoices) }).await;
    let errors = ledger.import_errors(&ada, &first.id, None, None, None).await.unwrap();
    let codes: Vec<_> = errors.data.iter().map(|error| (error.row, error.code.as_str())).collect();
    assert_eq!(codes, [(5, "ambiguous_customer"), (6, "unknown_customer")], "{first:?} {errors:?}");
    assert_eq!(counts(&first), [5, 3, 2, 3, 0, 0]);
    let again = import(&ledger, &ada, Upload { kind: Some(Kind::Invoices), ..csv(invoices) }).await;
    assert_eq!(counts(&again), [5, 3, 2, 0, 0, 3]);

    let payments = "Customer reference,Amount,Received on,Invoice number,Payment reference\n\
                    C-1,60,2026-02-10,0002,wire 1\nC-2,70,2026-02-10,,wire 2\nC-1,5,2026-02-11,0007,wire 3\n";
    let paid = import(&ledger, &ada, Upload { kind: Some(Kind::Payments), ..csv(payments) }).await;
    let errors = ledger.import_errors(&ada, &paid.id, None, None, None).await.unwrap();
    assert_eq!(counts(&paid), [3, 2, 1, 2, 0, 0], "{errors:?}");
    assert_eq!(errors.data[0].code, "unknown_invoice");
    let all = customers(&ledger, &ada).await;
    let of = |reference: &str| all.iter().find(|customer| customer.reference == reference).unwrap();
    assert_eq!(of("C-1").outstanding.to_decimal(), "100.00", "the named invoice was settled, not the oldest");
    assert_eq!(of("C-1").unapplied.to_decimal(), "10.00");
    assert_eq!(of("C-2").outstanding.to_decimal(), "0.00");
    let again = import(&ledger, &ada, Upload { kind: Some(Kind::Payments), ..csv(payments) }).await;
    assert_eq!([again.created, again.skipped], [0, 2]);
    proven(&ledger).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_import_is_taken_back_and_can_be_made_again() {
    let (ledger, ada) = desk().await;
    import_csv(&ledger, &ada, "Reference,Name,Phone\nC-1,Acme,+1 555 0100\n").await;
    let sheet = "Reference,Name,Phone,Outstanding,Due date,Status\nC-1,Acme Ltd,+1 555 0199,,,\n\
                 C-2,Beta,,10,2026-01-31,Pending\nC-3,Gamma,,20,2026-01-31,Paid\nC-4,Delta,,,,\n";
    let wrong = import(&ledger, &ada, csv(sheet)).await;
    assert_eq!((wrong.created, wrong.updated, wrong.undo), (3, 1, UndoState::Possible));
    let carl = person(&ledger, Some(&ada), "Carl", Role::Collector).await;
    assert!(matches!(
        ledger.undo_import(&carl, &wrong.id).await,
        Err(Error::Forbidden { action: Action::Import })
    ));
    ledger.undo_import(&ada, &wrong.id).await.unwrap();
    let undone = settled(&ledger, &ada, &wrong).await;
    assert_eq!((undone.state, undone.undo), (ImportState::Undone, UndoState::Undone));
    let left = customers(&ledger, &ada).await;
    assert_eq!(left.len(), 1);
    assert_eq!((left[0].name.as_str(), left[0].phone.as_deref()), ("Acme", Some("+1 555 0100")));
    let events = ledger.events(&ada, EventQuery { after: 0, limit: Some(200) }).await.unwrap();
    assert_eq!(events.last().unwrap().kind, EventKind::ImportUndone);
    assert!(matches!(
        ledger.undo_import(&ada, &wrong.id).await,
        Err(Error::Conflict { code: "already_undone", .. })
    ));

    let right = import(&ledger, &ada, csv(sheet)).await;
    assert_eq!((right.created, right.updated), (3, 1), "references and numbers are free again");
    assert_eq!(customers(&ledger, &ada).await.len(), 4);
    proven(&ledger).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_customers_timeline_tells_of_the_imports_that_touched_it() {
    let (ledger, ada) = desk().await;
    import(&ledger, &ada, csv("Reference,Name,Phone\nC-1,Ann,123456\nC-2,Bob,654321\n")).await;
    let [ann, bob] = customers(&ledger, &ada).await.try_into().unwrap();
    ledger.add_note(&ada, &ann.id, "Called her.").await.unwrap();
    let changed = import(&ledger, &ada, csv("Reference,Name,Phone\nC-1,Ann,777777\nC-2,Bob,654321\n")).await;

    let told = ledger.timeline(&ada, &ann.id, None, None).await.unwrap();
    let kinds: Vec<_> = told.data.iter().map(|event| event.kind).collect();
    assert_eq!(kinds, [EventKind::ImportCommitted, EventKind::NoteAdded, EventKind::ImportCommitted]);
    assert_eq!(told.page.total, 3);
    let changes = told.data[0].data["changes"].as_array().unwrap();
    assert_eq!(changes.len(), 1, "{changes:?}");
    assert_eq!(changes[0]["after"]["phone"], "777777");
    assert!(!told.data[2].data.to_string().contains("654321"), "that is Bob's");
    let bobs = ledger.timeline(&ada, &bob.id, None, None).await.unwrap();
    assert_eq!((bobs.data.len(), bobs.page.total), (1, 1), "the second import left him as he was");

    ledger.undo_import(&ada, &changed.id).await.unwrap();
    settled(&ledger, &ada, &changed).await;
    let mut kinds = Vec::new();
    let mut cursor = None;
    loop {
        let page = ledger.timeline(&ada, &ann.id, Some(1), cursor.as_deref()).await.unwrap();
        kinds.extend(page.data.iter().map(|event| event.kind));
        cursor = page.page.next_cursor;
        if cursor.is_none() {
            break;
        }
    }
    use EventKind::{ImportCommitted, ImportUndone, NoteAdded};
    assert_eq!(kinds, [ImportUndone, ImportCommitted, NoteAdded, ImportCommitted]);

    let invoices = "Customer reference,Invoice number,Issue date,Due date,Amount\nC-1,1,2026-01-01,2026-01-31,10\n\
                    C-2,2,2026-01-01,2026-01-31,20\n";
    import(&ledger, &ada, Upload { kind: Some(Kind::Invoices), ..csv(invoices) }).await;
    let payments = "Customer reference,Amount,Received on\nC-1,10,2026-02-10\nC-2,5,2026-02-10\n";
    import(&ledger, &ada, Upload { kind: Some(Kind::Payments), ..csv(payments) }).await;
    let told = ledger.timeline(&ada, &bob.id, Some(2), None).await.unwrap();
    let [paid, made] = [0, 1].map(|event| {
        let changes = told.data[event].data["changes"].as_array().unwrap();
        changes.iter().filter(|change| change["type"] == "invoice").collect::<Vec<_>>()
    });
    assert_eq!((paid.len(), made.len()), (1, 1), "{paid:?} {made:?}");
    assert_eq!(paid[0]["after"]["balance"]["amount"], "15.00");
    assert_eq!(paid[0]["id"], made[0]["id"]);
    let told = ledger.personal_data(&ada, &bob.id).await.unwrap();
    let kinds: Vec<_> = told.events.iter().map(|event| event.kind).collect();
    assert_eq!(kinds, [ImportCommitted; 3]);
    proven(&ledger).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_later_import_changed_can_be_taken_back_after_it() {
    let (ledger, ada) = desk().await;
    let made = import(&ledger, &ada, csv("Reference,Name\nC-1,Ann\nC-2,Bob\n")).await;
    let changed = import(&ledger, &ada, csv("Reference,Name\nC-1,Anna\n")).await;
    let refused = ledger.undo_import(&ada, &made.id).await;
    let Err(Error::Conflict { code: "import_in_use", message, .. }) = refused else { panic!("{refused:?}") };
    assert!(message.contains("A later import changed it."), "{message}");
    for import in [changed, made] {
        ledger.undo_import(&ada, &import.id).await.unwrap();
        assert_eq!(settled(&ledger, &ada, &import).await.state, ImportState::Undone);
    }
    assert!(customers(&ledger, &ada).await.is_empty());
    proven(&ledger).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_public_sample_can_be_taken_back_whole() {
    let (ledger, ada) = desk().await;
    let sample = import(&ledger, &ada, Upload::new("ibm.csv", IBM.to_vec())).await;
    ledger.undo_import(&ada, &sample.id).await.unwrap();
    assert_eq!(settled(&ledger, &ada, &sample).await.state, ImportState::Undone);
    assert_eq!(customers(&ledger, &ada).await.len(), 0);
    let as_of = NaiveDate::from_ymd_opt(2012, 12, 31);
    let report = ledger.ageing(&ada, &AgeingQuery { as_of, ..AgeingQuery::default() }).await.unwrap();
    assert!(report.data.iter().all(|row| row.outstanding.is_zero()), "as if it had never been");
    proven(&ledger).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_used_since_stands_in_the_way_of_taking_an_import_back() {
    let (ledger, ada) = desk().await;
    let sheet = "Reference,Name,Outstanding,Due date\nC-1,Acme,10,2026-01-31\nC-2,Beta,20,2026-01-31\nC-3,Gamma,30,2026-01-31\nC-4,Delta,,\n";
    let done = import(&ledger, &ada, csv(sheet)).await;
    let all = customers(&ledger, &ada).await;
    let of = |reference: &str| all.iter().find(|customer| customer.reference == reference).unwrap();
    pay(&ledger, &ada, of("C-1"), "5.00", "k").await;
    ledger.add_note(&ada, &of("C-4").id, "Called.").await.unwrap();
    let refused = ledger.undo_import(&ada, &done.id).await;
    let Err(Error::Conflict { code: "import_in_use", current: Some(current), .. }) = refused else {
        panic!("{refused:?}")
    };
    let rows: Vec<i64> =
        current["reasons"].as_array().unwrap().iter().map(|reason| reason["row"].as_i64().unwrap()).collect();
    assert!(rows.contains(&2) && rows.contains(&5) && !rows.contains(&3), "{current}");
    assert_eq!(customers(&ledger, &ada).await.len(), 4, "nothing was taken back");
    assert_eq!(ledger.import(&ada, &done.id).await.unwrap().state, ImportState::Completed);
    proven(&ledger).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stopped_import_goes_on_where_it_was_with_no_row_twice() {
    let (ledger, ada) = desk().await;
    let other = ledger.second_node().await.unwrap();
    let rows: String = (0..1600).map(|row| format!("Customer {row},1.00,2026-01-31\n")).collect();
    let begun = ledger.start_import(&ada, csv(&format!("Name,Outstanding,Due date\n{rows}"))).await.unwrap();
    loop {
        let import = ledger.import(&ada, &begun.id).await.unwrap();
        if import.created > 0 {
            break;
        }
        assert!(!import.state.is_final(), "{import:?}");
        tokio::time::sleep(Duration::from_millis(2)).await;
    }
    ledger.close().await;
    let stopped = other.import(&ada, &begun.id).await.unwrap();
    assert!(stopped.state == ImportState::Committing && stopped.created < 1600, "{stopped:?}");
    other.start();
    let done = settled(&other, &ada, &begun).await;
    assert_eq!((done.state, done.created), (ImportState::Completed, 1600));
    let found = other.customers(&ada, &CustomerQuery::default()).await.unwrap().value;
    assert_eq!(found.page.total, 1600);
    proven(&other).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_canceled_import_keeps_what_is_saved_and_can_be_taken_back() {
    let (ledger, ada) = desk().await;
    let rows: String = (0..1600).map(|row| format!("C{row},Customer {row}\n")).collect();
    let begun = ledger.start_import(&ada, csv(&format!("Reference,Name\n{rows}"))).await.unwrap();
    while ledger.import(&ada, &begun.id).await.unwrap().created == 0 {
        tokio::time::sleep(Duration::from_millis(2)).await;
    }
    let canceled = ledger.cancel_import(&ada, &begun.id).await.unwrap();
    assert_eq!(canceled.state, ImportState::Canceled);
    tokio::time::sleep(Duration::from_millis(300)).await;
    let after = ledger.import(&ada, &begun.id).await.unwrap();
    assert_eq!((after.state, after.created), (ImportState::Canceled, canceled.created));
    assert!(after.created < 1600);
    assert!(matches!(
        ledger.cancel_import(&ada, &begun.id).await,
        Err(Error::Conflict { code: "already_ended", .. })
    ));
    ledger.undo_import(&ada, &begun.id).await.unwrap();
    assert_eq!(settled(&ledger, &ada, &begun).await.state, ImportState::Undone);
    assert!(customers(&ledger, &ada).await.is_empty());
    proven(&ledger).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_workbook_of_errors_comes_back_mended_and_only_its_wrong_rows_are_taken() {
    use calamine::Reader;
    let (ledger, ada) = desk().await;
    let sheet = "Open items\nName,Email,Outstanding,Due date\nAnna,anna@example.com,10,2026-01-31\nBob,bob,20,2026-01-31\n007,,x,2026-01-31\n";
    let first = import(&ledger, &ada, csv(sheet)).await;
    assert_eq!((first.created, first.invalid), (1, 2));
    let (name, bytes) = ledger.import_errors_workbook(&ada, &first.id).await.unwrap();
    assert_eq!(name, "sheet errors.xlsx");
    let mut workbook: calamine::Xlsx<_> =
        calamine::open_workbook_from_rs(std::io::Cursor::new(bytes.clone())).unwrap();
    let range = workbook.worksheet_range("CSV").unwrap();
    let at = |row, column| range.get_value((row, column)).map(ToString::to_string).unwrap_or_default();
    assert_eq!((at(0, 0), at(1, 4)), ("Open items".into(), "Import errors".into()));
    assert_eq!(at(2, 4), "");
    assert!(at(3, 4).starts_with("Email: "), "{}", at(3, 4));
    assert_eq!(at(4, 0), "007");

    // As the user would: the cells are put right, the column of errors is left as it is.
    let mut mended = rust_xlsxwriter::Workbook::new();
    let copy = mended.add_worksheet();
    for (row, cells) in (0..).zip(range.rows()) {
        for (column, cell) in (0..).zip(cells) {
            let text = match cell.to_string().as_str() {
                "bob" => "bob@example.com".to_owned(),
                "x" => "30".to_owned(),
                other => other.to_owned(),
            };
            copy.write(row, column, text).unwrap();
        }
    }
    let second = import(&ledger, &ada, Upload::new("mended.xlsx", mended.save_to_buffer().unwrap())).await;
    assert_eq!(counts(&second), [2, 2, 0, 2, 0, 0]);
    let names: Vec<_> = customers(&ledger, &ada).await.into_iter().map(|customer| customer.name).collect();
    assert_eq!(names, ["007", "Anna", "Bob"]);
    proven(&ledger).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_own_workbook_comes_back_as_it_was_with_its_errors_marked() {
    use calamine::Reader;
    use rust_xlsxwriter::{Color, Format, Formula, Workbook};
    let (ledger, ada) = desk().await;
    let mut workbook = Workbook::new();
    let cover = workbook.add_worksheet().set_name("Read me").unwrap();
    cover.write(0, 0, "From the old system").unwrap();
    let sheet = workbook.add_worksheet().set_name("Open & late").unwrap();
    let (bold, date) = (Format::new().set_bold(), Format::new().set_num_format("dd.mm.yyyy"));
    let money = Format::new().set_num_format("#,##0.00").set_background_color(Color::Yellow);
    for (column, header) in (0..).zip(["Name", "Email", "Outstanding", "Due date"]) {
        sheet.write_with_format(1, column, header, &bold).unwrap();
    }
    let due = rust_xlsxwriter::ExcelDateTime::from_ymd(2026, 1, 31).unwrap();
    for (row, (name, email, amount)) in (2..).zip([
        ("Anna", "anna@example.com", 10.0),
        ("Bob", "bob", 20.0),
        ("Cy", "cy", -30.0),
        ("", "", 5.0),
    ]) {
        sheet.write(row, 0, name).unwrap();
        sheet.write(row, 1, email).unwrap();
        sheet.write_with_format(row, 2, amount, &money).unwrap();
        sheet.write_datetime_with_format(row, 3, &due, &date).unwrap();
    }
    sheet.write_formula(7, 7, Formula::new("=SUM(C3:C6)").set_result("5")).unwrap();
    let file = workbook.save_to_buffer().unwrap();

    let first = import(&ledger, &ada, reviewed(Upload::new("own.xlsx", file))).await;
    // What was mended on the page is mended in the workbook, even where the row is still wrong.
    let first = mended(&ledger, &ada, &first, 5, "Email", "cy@example.com").await;
    assert_eq!(first.invalid, 3);
    let (_, bytes) = ledger.import_errors_workbook(&ada, &first.id).await.unwrap();
    let mut marked: calamine::Xlsx<_> =
        calamine::open_workbook_from_rs(std::io::Cursor::new(bytes.clone())).unwrap();
    assert_eq!(marked.sheet_names(), ["Read me", "Open & late"]);
    let range = marked.worksheet_range("Open & late").unwrap();
    let at = |row, column| range.get_value((row, column)).cloned().unwrap_or_default();
    assert_eq!(at(1, 4).to_string(), "Import errors");
    assert_eq!(at(2, 4), calamine::Data::Empty);
    assert!(at(3, 4).to_string().starts_with("Email: "), "{}", at(3, 4));
    assert!(at(4, 4).to_string().starts_with("Outstanding: "), "{}", at(4, 4));
    assert!(at(5, 4).to_string().contains("Name"), "{}", at(5, 4));
    assert_eq!((at(4, 1).to_string(), at(4, 2).to_string()), ("cy@example.com".into(), "-30".into()));
    // Still a date and a number, the one of them a formula's.
    assert!(matches!(at(3, 3), calamine::Data::DateTime(_)), "{:?}", at(3, 3));
    assert_eq!(at(7, 7).to_string(), "5");
    assert_eq!(marked.worksheet_formula("Open & late").unwrap().get_value((7, 7)).unwrap(), "SUM(C3:C6)");

    let sheet = part(&bytes, "xl/worksheets/sheet2.xml");
    let styles = part(&bytes, "xl/styles.xml");
    let (right, wrong) = (style_of(&sheet, "C4"), style_of(&sheet, "C5"));
    assert_eq!(right, style_of(&sheet, "C3"), "a cell that is right looks as it did");
    let formats: Vec<&str> = styles
        .split("<cellXfs")
        .nth(1)
        .unwrap()
        .split("</cellXfs>")
        .next()
        .unwrap()
        .split("<xf ")
        .skip(1)
        .collect();
    let number_format =
        |format: &str| format.split("numFmtId=\"").nth(1).unwrap().split('"').next().unwrap().to_owned();
    assert_ne!(right, wrong);
    assert_eq!(number_format(formats[right]), number_format(formats[wrong]), "amounts stay amounts");
    assert!(styles.contains("FFFBD5D5"));

    // Dropped again, only the rows that were wrong are taken, and the column is written anew.
    let second = import(&ledger, &ada, reviewed(Upload::new("own errors.xlsx", bytes))).await;
    assert_eq!((second.rows, second.invalid), (3, 3));
    let second = mended(&ledger, &ada, &second, 4, "Email", "bob@example.com").await;
    let (_, bytes) = ledger.import_errors_workbook(&ada, &second.id).await.unwrap();
    let third = import(&ledger, &ada, reviewed(Upload::new("own errors errors.xlsx", bytes))).await;
    assert_eq!((third.rows, third.invalid), (2, 2));
    proven(&ledger).await;
}

/// Puts one cell right.
async fn mended(
    ledger: &Ledger,
    ada: &Caller,
    import: &Import,
    row: i64,
    column: &str,
    value: &str,
) -> Import {
    let edit = CellEdit { sheet: String::new(), row, column: column.into(), value: value.into() };
    let fixes = CellFixes { edits: vec![edit], group: None };
    ledger.fix_import_cells(ada, &import.id, &fixes).await.unwrap();
    settled(ledger, ada, import).await
}

/// The text of a workbook's part.
fn part(workbook: &[u8], name: &str) -> String {
    let mut archive = zip::ZipArchive::new(std::io::Cursor::new(workbook)).unwrap();
    let mut text = String::new();
    std::io::Read::read_to_string(&mut archive.by_name(name).unwrap(), &mut text).unwrap();
    text
}

/// The number of a cell's format.
fn style_of(sheet: &str, place: &str) -> usize {
    let tag = sheet.split(&format!("<c r=\"{place}\"")).nth(1).unwrap().split('>').next().unwrap();
    tag.split("s=\"").nth(1).unwrap().split('"').next().unwrap().parse().unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn another_sheet_of_the_file_can_be_read() {
    let (ledger, ada) = desk().await;
    let mut workbook = rust_xlsxwriter::Workbook::new();
    for (name, customer) in [("March", "Anna"), ("April", "Bob")] {
        let sheet = workbook.add_worksheet();
        sheet.set_name(name).unwrap();
        sheet.write_row(0, 0, ["Name", "Email"]).unwrap();
        sheet.write(1, 0, customer).unwrap();
    }
    let upload = Upload::new("months.xlsx", workbook.save_to_buffer().unwrap());
    let first = import(&ledger, &ada, reviewed(upload)).await;
    assert_eq!((first.sheet.as_str(), first.sheets.len()), ("March", 2));
    let change = MappingChange { sheet: Some("April".into()), ..MappingChange::default() };
    ledger.set_import_mapping(&ada, &first.id, &change).await.unwrap();
    let other = settled(&ledger, &ada, &first).await;
    assert_eq!((other.sheet.as_str(), other.valid), ("April", 1));
    ledger.commit_import(&ada, &first.id).await.unwrap();
    settled(&ledger, &ada, &first).await;
    assert_eq!(customers(&ledger, &ada).await[0].name, "Bob");
    proven(&ledger).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_sheet_that_can_not_be_read_as_it_is_loses_nothing() {
    let (ledger, ada) = desk().await;
    let mut workbook = rust_xlsxwriter::Workbook::new();
    let sheets: [(&str, &[[&str; 2]]); 3] = [
        ("March", &[["Name", "Email"], ["Anna", "anna@example.com"]]),
        ("Offen", &[["Wer", "Post"], ["Bob", "bob@example.com"]]),
        ("Later", &[["Name", "Email"]]),
    ];
    for (name, rows) in sheets {
        let sheet = workbook.add_worksheet();
        sheet.set_name(name).unwrap();
        sheet.write_row_matrix(0, 0, rows.iter().copied()).unwrap();
    }
    let upload = Upload::new("months.xlsx", workbook.save_to_buffer().unwrap());
    let first = import(&ledger, &ada, reviewed(upload)).await;
    let sheet = |name: &str| MappingChange { sheet: Some(name.into()), ..MappingChange::default() };

    // Nothing under its header: refused, and the rows that were there are there.
    let refused = ledger.set_import_mapping(&ada, &first.id, &sheet("Later")).await;
    assert!(matches!(refused, Err(Error::BadFile { code: "no_rows", .. })), "{refused:?}");
    let kept = ledger.set_import_mapping(&ada, &first.id, &MappingChange::default()).await.unwrap();
    assert_eq!(kept.sheet, "March");
    assert_eq!(settled(&ledger, &ada, &first).await.valid, 1);

    // Columns nobody knows: its rows wait for them to be named.
    let waits = ledger.set_import_mapping(&ada, &first.id, &sheet("Offen")).await.unwrap();
    assert_eq!((waits.sheet.as_str(), waits.state), ("Offen", ImportState::Uploaded));
    let named = MappingChange {
        mapping: [("Wer".to_owned(), Some("name".to_owned())), ("Post".to_owned(), Some("email".to_owned()))]
            .into(),
        ..MappingChange::default()
    };
    ledger.set_import_mapping(&ada, &first.id, &named).await.unwrap();
    settled(&ledger, &ada, &first).await;
    ledger.commit_import(&ada, &first.id).await.unwrap();
    settled(&ledger, &ada, &first).await;
    assert_eq!(customers(&ledger, &ada).await[0].email.as_deref(), Some("bob@example.com"));
    proven(&ledger).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn rows_of_accounts_in_other_currencies_are_read_in_theirs() {
    let (ledger, ada) = desk().await;
    import_csv(&ledger, &ada, "Reference,Name,Currency\nJ-1,Tanaka,JPY\n").await;
    let sheet = "Customer reference,Invoice number,Issue date,Due date,Amount,Currency\n\
                 J-1,1,2026-01-01,2026-01-31,1000,\nJ-1,2,2026-01-01,2026-01-31,5,USD\n";
    let done = import(&ledger, &ada, Upload { kind: Some(Kind::Invoices), ..csv(sheet) }).await;
    assert_eq!((done.created, done.invalid), (1, 1));
    let errors = ledger.import_errors(&ada, &done.id, None, None, None).await.unwrap();
    assert_eq!(errors.data[0].code, "currency_mismatch");
    assert_eq!(customers(&ledger, &ada).await[0].outstanding.to_string(), "1,000 JPY");
    proven(&ledger).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn interactive_payments_go_on_while_rows_are_saved() {
    let (ledger, ada) = desk().await;
    let alice = owing(&ledger, &ada, "Alice", "1000.00", "2026-01-31").await;
    let rows: String = (0..1000).map(|row| format!("Customer {row},1.00,2026-01-31\n")).collect();
    let begun = ledger.start_import(&ada, csv(&format!("Name,Outstanding,Due date\n{rows}"))).await.unwrap();
    let mut paid = 0;
    while !ledger.import(&ada, &begun.id).await.unwrap().state.is_final() {
        pay(&ledger, &ada, &alice, "1.00", &format!("k{paid}")).await;
        paid += 1;
    }
    assert!(paid >= 2, "{paid} payments between the chunks");
    let query = PaymentQuery { customer_id: Some(alice.id.clone()), ..PaymentQuery::default() };
    assert_eq!(ledger.payments(&ada, &query).await.unwrap().value.page.total, paid);
    proven(&ledger).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_row_that_holds_the_headers_can_be_named() {
    let (ledger, ada) = desk().await;
    let sheet = "Name,Amount\nWhom,Outstanding\nAnna,10\n";
    let upload = reviewed(csv(sheet));
    let first = import(&ledger, &ada, upload).await;
    let view = ledger.import_mapping(&ada, &first.id).await.unwrap();
    let top: Vec<_> = view.top.iter().map(|row| (row.row, row.text.as_str())).collect();
    assert_eq!(
        (view.header_row, top),
        (1, vec![(1, "Name · Amount"), (2, "Whom · Outstanding"), (3, "Anna · 10")])
    );

    let named = |row| MappingChange { header_row: Some(row), ..MappingChange::default() };
    ledger.set_import_mapping(&ada, &first.id, &named(2)).await.unwrap();
    let second = settled(&ledger, &ada, &first).await;
    let view = ledger.import_mapping(&ada, &first.id).await.unwrap();
    let headers: Vec<_> = view.columns.iter().map(|column| column.header.as_str()).collect();
    assert_eq!((second.rows, view.header_row, headers), (1, 2, vec!["Whom", "Outstanding"]));

    let refused = ledger.set_import_mapping(&ada, &first.id, &named(40)).await.unwrap_err();
    assert!(matches!(&refused, Error::Invalid(errors) if errors.0[0].pointer == "/header_row"), "{refused}");
    assert_eq!(ledger.import_mapping(&ada, &first.id).await.unwrap().header_row, 2, "nothing was lost");
    assert!(matches!(ledger.set_import_mapping(&ada, &first.id, &named(-1)).await, Err(Error::Invalid(_))));

    // Without headers, every row is one, and columns go by their letters.
    let mut none = named(0);
    none.mapping.insert("Column A".to_owned(), Some("name".to_owned()));
    ledger.set_import_mapping(&ada, &first.id, &none).await.unwrap();
    let third = settled(&ledger, &ada, &first).await;
    assert_eq!((third.state, third.rows, third.valid), (ImportState::Validated, 3, 3));
    ledger.commit_import(&ada, &first.id).await.unwrap();
    settled(&ledger, &ada, &first).await;
    let names: Vec<_> = customers(&ledger, &ada).await.into_iter().map(|customer| customer.name).collect();
    assert_eq!(names, ["Anna", "Name", "Whom"]);
    proven(&ledger).await;
}
