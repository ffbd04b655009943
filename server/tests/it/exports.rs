//! Files that go out: the rows and the order of the list, real numbers and dates, nothing that computes; and back in.

use std::io::Cursor;

use calamine::{Data, DataType, Reader, Xlsx};
use domain::Role;
use reqwest::Method;
use serde_json::{Value, json};

use crate::app::{PASSWORD, Person, TestApp, text};

/// Names, telephone numbers and notes that a spreadsheet would compute, or that are hard to keep as they are.
fn books() -> String {
    let rows = [
        r#"007,"=HYPERLINK(""http://evil.example"",""Click"")",evil@example.com,+44 20 7946 0018,,0,,USD,,"#,
        "R-2,-Minus & Söhne,,+49 30 1234567,\"1 Lane\nSome Town\",1500,2030-01-31,JPY,Pending,\"late, b2b\"",
        "R-3,@Home,home@example.com,,,1234.5,2025-03-20,USD,Overdue,late",
        "R-4,'t Hooft,,,,300.25,2025-03-01,USD,Paid,",
        "R-5,Alder \"Quoted\" Ltd,,,\"=1+1\nsecond line\",99.99,2025-01-15,USD,Pending,vip",
    ];
    format!(
        "Reference,Name,Email,Phone,Address,Outstanding amount,Due date,Currency,Payment status,Tags\n{}\n",
        rows.join("\n")
    )
}

async fn filled() -> (TestApp, Person) {
    let app = TestApp::start().await;
    let ada = app.admin().await;
    let import = ada.import("books.csv", books().into_bytes()).await;
    assert_eq!((&import["created"], &import["invalid"]), (&json!(5), &json!(0)), "{import}");
    (app, ada)
}

async fn bytes(person: &Person, path: &str) -> Vec<u8> {
    let response = person.request(Method::GET, path).send().await.unwrap();
    assert_eq!(response.status(), 200, "{path}");
    response.bytes().await.unwrap().to_vec()
}

/// The header and the rows of a CSV export.
async fn csv(person: &Person, path: &str) -> Vec<Vec<String>> {
    let bytes = bytes(person, path).await;
    let bytes = bytes.strip_prefix("\u{feff}".as_bytes()).expect("it says that it is UTF-8");
    let mut reader = csv::ReaderBuilder::new().has_headers(false).from_reader(bytes);
    reader.records().map(|row| row.unwrap().iter().map(str::to_owned).collect()).collect()
}

/// The header and the rows of the only sheet.
async fn xlsx(person: &Person, path: &str) -> Vec<Vec<Data>> {
    let mut workbook = Xlsx::new(Cursor::new(bytes(person, path).await)).unwrap();
    let sheets = workbook.sheet_names();
    assert_eq!(sheets.len(), 1);
    workbook.worksheet_range(&sheets[0]).unwrap().rows().map(<[Data]>::to_vec).collect()
}

fn column(rows: &[Vec<String>], title: &str) -> Vec<String> {
    let at = rows[0].iter().position(|header| header == title).unwrap_or_else(|| panic!("{title}"));
    rows[1..].iter().map(|row| row[at].clone()).collect()
}

fn cell<'a>(rows: &'a [Vec<Data>], row: usize, title: &str) -> &'a Data {
    let at = rows[0].iter().position(|header| header == title).unwrap_or_else(|| panic!("{title}"));
    &rows[row][at]
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_has_exactly_the_rows_of_the_list_in_its_order() {
    let (app, ada) = filled().await;
    for query in [
        "",
        "?sort=-outstanding,name",
        "?status=overdue&sort=next_due_date",
        "?min_outstanding=99.99&max_outstanding=1234.50&sort=reference",
        "?q=alder",
        "?tag=late&currency=USD",
        "?archived=true",
    ] {
        let list = ada.get(&format!("/customers{query}")).await.is(200).column("reference");
        let file = csv(&ada, &format!("/customers/export.csv{query}")).await;
        assert_eq!(column(&file, "Customer reference"), list, "{query}");
        let book = xlsx(&ada, &format!("/customers/export.xlsx{query}")).await;
        let references: Vec<String> = book[1..].iter().map(|row| row[0].to_string()).collect();
        assert_eq!(references, list, "{query}");
    }
    for query in ["", "?overdue=true", "?status=paid", "?due_from=2025-01-15&due_to=2025-03-20", "?q=home"] {
        let list = ada.get(&format!("/invoices{query}")).await.is(200).column("number");
        let file = csv(&ada, &format!("/invoices/export.csv{query}")).await;
        assert_eq!(column(&file, "Invoice number"), list, "{query}");
    }
    let customers = ada.get("/customers?sort=-outstanding").await.is(200);
    for (number, customer) in customers.rows().iter().take(3).enumerate() {
        ada.pay(customer, "1", &format!("p{number}")).await;
    }
    for query in
        ["", "?sort=amount", "?sort=-received_on,amount", "?method=other", "?status=completed&q=hooft"]
    {
        let list = ada.get(&format!("/payments{query}")).await.is(200);
        let amounts: Vec<String> = list.rows().iter().map(|row| text(&row["amount"]["amount"])).collect();
        let file = csv(&ada, &format!("/payments/export.csv{query}")).await;
        assert_eq!(column(&file, "Amount"), amounts, "{query}");
    }
    app.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn more_rows_than_are_read_at_once_all_come() {
    let app = TestApp::start().await;
    let ada = app.admin().await;
    for part in 0..3 {
        let row = |number: usize| format!("R-{part}-{number},Customer {}\n", number % 7);
        let rows: String = (0..400).map(row).collect();
        ada.import("many.csv", format!("Reference,Name\n{rows}").into_bytes()).await;
    }
    let file = csv(&ada, "/customers/export.csv?sort=name,-reference").await;
    let names = column(&file, "Name");
    assert!(names.is_sorted());
    let mut references = column(&file, "Customer reference");
    let first = references.first().cloned();
    assert_eq!(
        ada.get("/customers?sort=name,-reference&limit=1").await.column("reference").first(),
        first.as_ref()
    );
    references.sort();
    references.dedup();
    assert_eq!(references.len(), 1_200);
    assert_eq!(xlsx(&ada, "/customers/export.xlsx").await.len(), 1_201);
    app.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_in_a_file_computes() {
    let (app, ada) = filled().await;
    let path = "/customers/export.csv?sort=reference";
    let file = csv(&ada, path).await;
    assert_eq!(
        column(&file, "Name"),
        [
            "'=HYPERLINK(\"http://evil.example\",\"Click\")",
            "'-Minus & Söhne",
            "'@Home",
            "'t Hooft",
            "Alder \"Quoted\" Ltd"
        ]
    );
    assert_eq!(column(&file, "Phone")[..2], ["'+44 20 7946 0018", "'+49 30 1234567"]);
    assert_eq!(column(&file, "Address")[4], "'=1+1\nsecond line");
    let raw = String::from_utf8(bytes(&ada, path).await).unwrap();
    assert!(raw.ends_with("\r\n"), "RFC 4180 ends lines so");

    let book = xlsx(&ada, "/customers/export.xlsx?sort=reference").await;
    for row in &book[1..] {
        for cell in row {
            if let Data::String(text) = cell {
                assert!(!text.starts_with(['=', '+', '-', '@', '\t', '\r']), "{text}");
            }
        }
    }
    app.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn amounts_and_dates_are_numbers_and_dates() {
    let (app, ada) = filled().await;
    let book = xlsx(&ada, "/customers/export.xlsx?sort=reference").await;
    let day = |date: &str| Some(date.parse::<chrono::NaiveDate>().unwrap());
    assert_eq!(cell(&book, 1, "Customer reference"), &Data::String("007".to_owned()));
    assert_eq!(cell(&book, 2, "Outstanding amount"), &Data::Float(1500.0));
    assert_eq!(cell(&book, 3, "Outstanding amount"), &Data::Float(1234.5));
    assert_eq!(cell(&book, 3, "Due date").as_date(), day("2025-03-20"));
    assert!(cell(&book, 3, "Due date").is_datetime());
    assert!(cell(&book, 1, "Created (UTC)").is_datetime());
    assert_eq!(cell(&book, 1, "Due date"), &Data::Empty);
    assert_eq!(cell(&book, 3, "Payment status"), "Overdue");

    let file = csv(&ada, "/customers/export.csv?sort=reference").await;
    assert_eq!(column(&file, "Outstanding amount"), ["0.00", "1500", "1234.50", "0.00", "99.99"]);
    assert_eq!(column(&file, "Due date"), ["", "2030-01-31", "2025-03-20", "", "2025-01-15"]);
    app.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_exported_imports_as_nothing_to_change() {
    let (app, ada) = filled().await;
    let notes = json!({ "notes": "+1 for them\n=and more", "credit_limit": { "amount": "5000" } });
    let home = ada.get("/customers?q=R-3").await.is(200).rows()[0].clone();
    ada.patch(&format!("/customers/{}", text(&home["id"])), notes).await.is(200);
    let before = ada.get("/customers?sort=reference").await.is(200).body;
    for ending in ["csv", "xlsx"] {
        let exported = bytes(&ada, &format!("/customers/export.{ending}")).await;
        let import = ada.import(&format!("customers.{ending}"), exported).await;
        let counts =
            ["rows", "valid", "invalid", "created", "updated", "skipped"].map(|name| import[name].clone());
        assert_eq!(counts, [5, 5, 0, 0, 0, 5].map(|count| json!(count)), "{ending}: {import}");
        let errors = import["errors_url"].as_str().map(|url| url.trim_start_matches("/api/v1").to_owned());
        if let Some(errors) = errors {
            assert_eq!(ada.get(&errors).await.is(200).rows(), [] as [Value; 0], "{ending}");
        }
    }
    assert_eq!(ada.get("/customers?sort=reference").await.is(200).body, before);
    app.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn reports_go_out_as_they_stand_on_the_screen() {
    let (app, ada) = filled().await;
    let report = ada.get("/reports/ageing?group=customer&as_of=2025-03-10").await.is(200);
    let file = csv(&ada, "/reports/ageing.csv?group=customer&as_of=2025-03-10").await;
    let names: Vec<String> =
        report.column("name").iter().map(|name| name.trim_start_matches('@').to_owned()).collect();
    let exported: Vec<String> = column(&file, "Customer")
        .iter()
        .map(|name| name.trim_start_matches(['\'', '@']).to_owned())
        .collect();
    assert_eq!(exported, names);
    assert_eq!(
        file[0],
        [
            "As of",
            "Customer reference",
            "Customer",
            "Currency",
            "Not yet due",
            "1–30 days late",
            "31–60 days late",
            "61–90 days late",
            "91+ days late",
            "Outstanding",
            "Invoices",
            "Unapplied"
        ]
    );
    let outstanding: Vec<String> =
        report.rows().iter().map(|row| text(&row["outstanding"]["amount"])).collect();
    assert_eq!(column(&file, "Outstanding"), outstanding);
    assert!(column(&file, "As of").iter().all(|day| day == "2025-03-10"));

    let total = xlsx(&ada, "/reports/ageing.xlsx?currency=USD").await;
    assert_eq!(total.len(), 2);
    assert_eq!(cell(&total, 1, "Outstanding"), &Data::Float(1334.49));

    let figures = csv(&ada, "/reports/dashboard.csv").await;
    let overdue: Vec<&Vec<String>> =
        figures.iter().filter(|row| row[0] == "USD" && row[1] == "Overdue").collect();
    assert_eq!(overdue[0][3..], ["1334.49", "2"]);
    assert_eq!(xlsx(&ada, "/reports/dashboard.xlsx").await.len(), figures.len());
    app.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_manager_saves_a_dated_file_from_the_browser_and_a_collector_does_not() {
    let (app, ada) = filled().await;
    let browser = app.browser();
    browser.post("/auth/login", json!({ "email": ada.email, "password": PASSWORD })).await.is(200);
    let today = app.today();
    for (path, name, kind) in [
        (
            "/customers/export.xlsx",
            "customers",
            "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
        ),
        ("/customers/export.csv", "customers", "text/csv; charset=utf-8"),
        ("/invoices/export.csv", "invoices", "text/csv; charset=utf-8"),
        ("/payments/export.csv", "payments", "text/csv; charset=utf-8"),
        ("/reports/ageing.csv", "ageing", "text/csv; charset=utf-8"),
        ("/reports/dashboard.csv", "dashboard", "text/csv; charset=utf-8"),
    ] {
        let answer = browser.get(path).await.is(200);
        assert_eq!(answer.header("content-type"), kind);
        let ending = path.rsplit('.').next().unwrap();
        let disposition = format!("attachment; filename=\"duebook-{name}-{today}.{ending}\"");
        assert_eq!(answer.header("content-disposition"), disposition);
        assert_eq!(answer.header("cache-control"), "no-store");
    }
    for (path, encoding) in [("/customers/export.csv", Some("gzip")), ("/customers/export.xlsx", None)] {
        let request = browser.request(Method::GET, path).header("accept-encoding", "gzip");
        let response = request.send().await.unwrap();
        let told = response.headers().get("content-encoding").map(|value| value.to_str().unwrap());
        assert_eq!(told, encoding, "{path}: a workbook is compressed already");
    }
    let collector = app.person(&ada, "Carl", Role::Collector).await;
    collector.get("/customers/export.csv").await.problem(403, "forbidden");
    app.stranger().get("/customers/export.csv").await.problem(401, "unauthenticated");
    // A file has no pages.
    ada.get("/customers/export.csv?status=late&limit=5&cursor=x").await.names(&[
        ("/status", "invalid_parameter"),
        ("/limit", "unknown_parameter"),
        ("/cursor", "unknown_parameter"),
    ]);
    app.finish().await;
}
