use domain::Role;
use reqwest::Method;
use reqwest::multipart::Form;
use rust_xlsxwriter::Workbook;
use serde_json::json;

use crate::app::{Answer, TestApp};

const HEADERS: [&str; 5] =
    ["Name", "Contact Information", "Outstanding Payment Amount", "Payment Due Date", "Payment Status"];

/// A sheet as people make it: five columns, real numbers, dates as text, one status that is none.
fn sample(headers: [&str; 5]) -> Vec<u8> {
    let mut workbook = Workbook::new();
    let sheet = workbook.add_worksheet();
    sheet.write_row(0, 0, headers).unwrap();
    let rows = [
        ("John Doe", "john@example.com", 150.75, "2025-03-10", "Pending"),
        ("Jane Smith", "jane@example.com", 320.5, "2025-03-15", "Paid"),
        ("Alice Johnson", "alice@example.com", 210.0, "2025-03-20", "Pending"),
        ("Bob Williams", "bob@example.com", 450.25, "2025-03-25", "Invalid"),
    ];
    for (row, (name, contact, amount, due, status)) in (1..).zip(rows) {
        sheet.write(row, 0, name).unwrap();
        sheet.write(row, 1, contact).unwrap();
        sheet.write(row, 2, amount).unwrap();
        sheet.write(row, 3, due).unwrap();
        sheet.write(row, 4, status).unwrap();
    }
    workbook.save_to_buffer().unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_sheet_with_one_bad_row_imports_the_others_and_names_the_cell() {
    let app = TestApp::start().await;
    let ada = app.admin().await;
    let import = ada.import("customers.xlsx", sample(HEADERS)).await;
    assert_eq!(import["state"], "completed_with_errors");
    let counted =
        ["rows", "valid", "invalid", "created", "updated", "skipped"].map(|field| import[field].clone());
    assert_eq!(counted, [4, 3, 1, 3, 0, 0].map(|count| json!(count)));
    assert_eq!(import["totals"], json!([{ "amount": "360.75", "currency": "USD" }]));

    let url = import["errors_url"].as_str().unwrap();
    let errors = ada.get(url.strip_prefix("/api/v1").unwrap()).await.is(200);
    let rejected: Vec<_> = errors.rows().iter().filter(|error| error["warning"] == json!(false)).collect();
    assert_eq!(rejected.len(), 1, "{}", errors.text);
    assert_eq!(rejected[0]["row"], 5);
    assert_eq!(rejected[0]["column"], "Payment Status");
    assert_eq!(rejected[0]["value"], "Invalid");

    let customers = ada.get("/customers").await.is(200);
    assert_eq!(customers.column("name"), ["Alice Johnson", "Jane Smith", "John Doe"]);
    assert_eq!(customers.column("status"), ["overdue", "paid", "overdue"]);
    assert_eq!(customers.rows()[1]["email"], "jane@example.com");
    assert_eq!(customers.rows()[2]["outstanding"]["amount"], "150.75");
    let payments = ada.get("/payments").await.is(200);
    assert_eq!(payments.rows().len(), 1);
    assert_eq!(
        (&payments.rows()[0]["source"], &payments.rows()[0]["status"]),
        (&json!("import"), &json!("completed"))
    );
    assert_eq!(ada.get("/imports").await.is(200).column("file_name"), ["customers.xlsx"]);
    app.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_template_can_be_filled_in_and_imported() {
    let app = TestApp::start().await;
    let ada = app.admin().await;
    let response = ada.request(Method::GET, "/imports/template.xlsx?kind=customers").send().await.unwrap();
    assert_eq!(response.status(), 200);
    assert!(response.headers()["content-disposition"].to_str().unwrap().contains(".xlsx"));
    let bytes = response.bytes().await.unwrap().to_vec();
    let import = ada.import("template.xlsx", bytes).await;
    assert_eq!(import["invalid"], 0, "{import}");
    app.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn files_that_can_not_be_imports_are_refused_at_once() {
    let app = TestApp::with(|config| config.import.max_bytes = 20_000).await;
    let ada = app.admin().await;
    let refused = async |name: &str, bytes: Vec<u8>, status: u16, code: &str| {
        ada.upload(name, bytes).await.problem(status, code)
    };
    refused("photo.png", b"\x89PNG\r\n\x1a\n\0\0\0".to_vec(), 415, "not_a_spreadsheet").await;
    refused("renamed.xlsx", b"just text".to_vec(), 415, "not_a_spreadsheet").await;
    refused("broken.xlsx", b"PK\x03\x04 and then nothing".to_vec(), 422, "unreadable").await;
    refused("nothing.csv", Vec::new(), 422, "empty").await;
    refused("header.csv", b"Name,Email\n".to_vec(), 422, "no_rows").await;
    let headers = ["Namee", HEADERS[1], HEADERS[2], HEADERS[3], HEADERS[4]];
    let misspelt = refused("misspelt.xlsx", sample(headers), 422, "wrong_columns").await;
    assert!(misspelt.text.contains("Namee"), "{}", misspelt.text);
    refused("large.csv", vec![b'x'; 20_001], 413, "too_large").await;
    refused("larger.csv", vec![b'x'; 200_000], 413, "too_large").await;

    ada.post("/imports", json!({})).await.problem(415, "unsupported_media_type");
    let form = async |form: Form| Answer::of(ada.request(Method::POST, "/imports").multipart(form)).await;
    form(Form::new().text("kind", "robots").text("colour", "red")).await.names(&[
        ("/file", "required"),
        ("/kind", "not_supported"),
        ("/colour", "unknown_field"),
    ]);
    assert_eq!(ada.get("/imports").await.is(200).body["page"]["total"], 0);
    ada.get("/imports/imp_none").await.problem(404, "not_found");
    ada.get("/imports/imp_none/errors").await.problem(404, "not_found");
    app.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn importing_the_same_references_again_updates_instead_of_duplicating() {
    let app = TestApp::start().await;
    let ada = app.admin().await;
    let csv =
        |phone: &str| format!("Reference,Name,Phone\nC-1,Acme,{phone}\nC-2,Beta,+1 555 0100\n").into_bytes();
    let first = ada.import("a.csv", csv("+1 555 0101")).await;
    assert_eq!((&first["state"], &first["created"]), (&json!("completed"), &json!(2)), "{first}");
    let second = ada.import("a.csv", csv("+1 555 0102")).await;
    assert_eq!([&second["created"], &second["updated"], &second["skipped"]], [0, 1, 1]);
    assert_eq!(ada.get("/customers").await.body["page"]["total"], 2);
    app.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn cell_errors_come_in_pages() {
    let app = TestApp::start().await;
    let ada = app.admin().await;
    let rows: String = (0..60).map(|row| format!("Customer {row},not an address\n")).collect();
    let import = ada.import("errors.csv", format!("Name,Email\n{rows}").into_bytes()).await;
    assert_eq!(import["invalid"], 60);
    let path = format!("/imports/{}/errors", import["id"].as_str().unwrap());
    let first = ada.get(&path).await.is(200);
    assert_eq!((first.rows().len(), &first.body["page"]["total"]), (50, &json!(60)));
    let cursor = first.body["page"]["next_cursor"].as_str().unwrap();
    let rest = ada.get(&format!("{path}?cursor={cursor}")).await.is(200);
    assert_eq!(rest.rows().len(), 10);
    assert_eq!((&first.rows()[0]["row"], &rest.rows()[9]["row"]), (&json!(2), &json!(61)));
    app.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn only_managers_import_and_everyone_sees_what_was_imported() {
    let app = TestApp::start().await;
    let ada = app.admin().await;
    let collector = app.person(&ada, "Carl", Role::Collector).await;
    collector.upload("a.csv", b"Name\nAcme\n".to_vec()).await.problem(403, "forbidden");
    ada.import("a.csv", b"Name\nAcme\n".to_vec()).await;
    assert_eq!(collector.get("/imports").await.is(200).rows().len(), 1);
    app.stranger().upload("a.csv", b"Name\nAcme\n".to_vec()).await.problem(401, "unauthenticated");
    app.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_reviewed_import_is_mapped_mended_seen_saved_and_taken_back_over_the_api() {
    let app = TestApp::start().await;
    let ada = app.admin().await;
    let sheet = b"Wer,Name of clerk,Amount,Due date\nAcme,x,10,2026-01-31\nBeta,y,20,\n".to_vec();
    let mapping = r#"{"Wer":"name","Name of clerk":null}"#;
    let fields = [("commit", "review"), ("mapping", mapping), ("mode", "create_only")];
    let import = ada.upload_with("a.csv", sheet.clone(), &fields).await.is(202).body;
    let id = import["id"].as_str().unwrap();
    let at = |what: &str| format!("/imports/{id}{what}");
    let import = ada.import_at(id, &["validated"]).await;
    assert_eq!((&import["mode"], &import["commit"]), (&json!("create_only"), &json!("review")));
    assert_eq!(import["preview"], json!({ "created": 1, "updated": 0, "skipped": 0, "rejected": 1 }));
    assert_eq!(ada.get("/customers").await.body["page"]["total"], 0);

    let view = ada.get(&at("/mapping")).await.is(200).body;
    assert_eq!(view["columns"][0]["field"], "name", "{view}");
    assert_eq!(view["columns"][1].get("field"), None, "{view}");
    let groups = ada.get(&at("/error-groups")).await.is(200);
    let key = groups.rows()[0]["key"].as_str().unwrap();
    let of_group = format!("/errors?group={}", key.replace(' ', "%20"));
    assert_eq!(ada.get(&at(&of_group)).await.is(200).column("row"), ["3"]);
    ada.get(&at("/errors?group=nothing")).await.names(&[("/group", "unknown_group")]);
    ada.get(&at("/preview?outcome=lost")).await.names(&[("/outcome", "invalid_parameter")]);
    assert_eq!(ada.get(&at("/preview?outcome=rejected")).await.is(200).column("title"), ["Beta"]);
    let workbook = ada.get(&at("/errors.xlsx")).await.is(200);
    assert!(workbook.header("content-disposition").contains("a errors.xlsx"));

    ada.patch(&at("/cells"), json!({ "group": { "key": key, "value": "2026-02-28" } })).await.is(202);
    let import = ada.import_at(id, &["validated"]).await;
    assert_eq!(import["invalid"], 0, "{import}");
    let saved = ada.post("/imports/mappings", json!({ "import_id": id, "name": "Ours" })).await.is(201).body;
    assert_eq!(ada.get("/imports/mappings").await.is(200).column("name"), ["Ours"]);
    ada.post(&at("/commit"), json!({})).await.is(202);
    let import = ada.import_at(id, &["completed"]).await;
    assert_eq!((&import["created"], &import["undo"]), (&json!(2), &json!("possible")));
    ada.post(&at("/mapping"), json!({})).await.problem(409, "already_saved");
    ada.post(&at("/cancel"), json!({})).await.problem(409, "already_ended");

    // The next file with these headers is taken the same way by itself.
    let next =
        ada.import("b.csv", b"Wer,Name of clerk,Amount,Due date\nGamma,x,10,2026-01-31\n".to_vec()).await;
    assert_eq!((&next["state"], &next["created"]), (&json!("completed"), &json!(1)), "{next}");
    ada.delete(&format!("/imports/mappings/{}", saved["id"].as_str().unwrap())).await.is(204);
    ada.delete(&format!("/imports/mappings/{}", saved["id"].as_str().unwrap()))
        .await
        .problem(404, "not_found");

    let customers = ada.get("/customers").await.is(200);
    let beta = customers.rows().iter().find(|row| row["name"] == "Beta").unwrap().clone();
    let payment = ada.pay(&beta, "5", "k").await.is(201).body;
    let refused = ada.post(&at("/undo"), json!({})).await.problem(409, "import_in_use");
    assert_eq!(refused.body["current"]["reasons"][0]["row"], 3, "{}", refused.text);
    let reverse = format!("/payments/{}/reverse", payment["id"].as_str().unwrap());
    ada.post_once(&reverse, "r", json!({ "reason": "no" })).await.is(200);
    ada.post(&at("/undo"), json!({})).await.problem(409, "import_in_use");
    let id = next["id"].as_str().unwrap();
    ada.post(&format!("/imports/{id}/undo"), json!({})).await.is(202);
    ada.import_at(id, &["undone"]).await;
    assert_eq!(ada.get("/customers?q=Gamma").await.body["page"]["total"], 0);
    app.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_form_that_says_nonsense_is_told_all_of_it() {
    let app = TestApp::start().await;
    let ada = app.admin().await;
    let fields =
        [("kind", "robots"), ("mode", "replace"), ("commit", "later"), ("mapping", "[1]"), ("options", "x")];
    let answer = ada.upload_with("a.csv", b"Name\nAcme\n".to_vec(), &fields).await;
    answer.names(&[
        ("/kind", "not_supported"),
        ("/mode", "not_supported"),
        ("/commit", "not_supported"),
        ("/mapping", "invalid_json"),
        ("/options", "invalid_json"),
    ]);
    let unknown =
        ada.upload_with("a.csv", b"Name\nAcme\n".to_vec(), &[("mapping", r#"{"Nam":"name"}"#)]).await;
    unknown.problem(422, "wrong_columns");
    for kind in ["customers", "invoices", "payments", "combined"] {
        ada.get(&format!("/imports/template.xlsx?kind={kind}")).await.is(200);
    }
    ada.get("/imports/template.xlsx?kind=robots").await.names(&[("/kind", "invalid_parameter")]);
    app.finish().await;
}
