//! Every documented operation, asked by everyone.

use domain::Role;
use reqwest::Method;
use serde_json::{Value, json};

use crate::app::{Answer, Person, TestApp, text};

/// The operation, the least role that may do it (`None`: no sign-in needed), and a body it can be asked with.
fn table() -> Vec<(&'static str, &'static str, Option<Role>, Option<Value>)> {
    use Role::{Admin, Collector, Manager, Viewer};
    let money = json!({ "amount": "1" });
    vec![
        ("POST", "/auth/register", None, Some(json!({ "name": "", "email": "", "password": "" }))),
        ("POST", "/auth/login", None, Some(json!({ "email": "nobody@example.com", "password": "wrong" }))),
        ("POST", "/auth/refresh", None, Some(json!({}))),
        ("POST", "/auth/logout", None, None),
        ("POST", "/auth/link", None, Some(json!({ "token": "none", "password": "seven green kettles" }))),
        ("GET", "/me", Some(Viewer), None),
        ("PATCH", "/me", Some(Viewer), Some(json!({ "name": "Someone" }))),
        (
            "POST",
            "/me/password",
            Some(Viewer),
            Some(json!({ "current_password": "wrong", "new_password": "wrong" })),
        ),
        ("GET", "/me/sessions", Some(Viewer), None),
        ("DELETE", "/me/sessions", Some(Viewer), None),
        ("DELETE", "/me/sessions/{id}", Some(Viewer), None),
        ("GET", "/me/second-factor", Some(Viewer), None),
        ("POST", "/me/second-factor", Some(Viewer), Some(json!({ "current_password": "wrong" }))),
        ("POST", "/me/second-factor/confirm", Some(Viewer), Some(json!({ "code": "000000" }))),
        ("POST", "/me/second-factor/remove", Some(Viewer), Some(json!({ "current_password": "wrong" }))),
        ("GET", "/tokens", Some(Admin), None),
        ("POST", "/tokens", Some(Admin), Some(json!({ "name": "Script", "role": "viewer" }))),
        ("DELETE", "/tokens/{id}", Some(Admin), None),
        ("POST", "/users", Some(Admin), Some(json!({ "name": "", "email": "", "role": "viewer" }))),
        ("POST", "/users/{id}/link", Some(Admin), None),
        ("GET", "/users", Some(Admin), None),
        ("PATCH", "/users/{id}", Some(Admin), Some(json!({ "name": "Nobody" }))),
        ("GET", "/customers", Some(Viewer), None),
        ("POST", "/customers", Some(Collector), Some(json!({ "name": "Made" }))),
        ("GET", "/customers/{id}", Some(Viewer), None),
        ("PATCH", "/customers/{id}", Some(Collector), Some(json!({ "name": "Changed" }))),
        ("DELETE", "/customers/{id}", Some(Manager), None),
        ("POST", "/customers/{id}/archive", Some(Manager), None),
        ("POST", "/customers/{id}/unarchive", Some(Manager), None),
        ("GET", "/customers/{id}/personal-data", Some(Admin), None),
        ("POST", "/customers/{id}/erase", Some(Admin), None),
        ("GET", "/customers/{id}/timeline", Some(Viewer), None),
        ("POST", "/customers/{id}/notes", Some(Collector), Some(json!({ "text": "Called." }))),
        ("GET", "/invoices", Some(Viewer), None),
        ("GET", "/invoices/{id}", Some(Viewer), None),
        ("POST", "/invoices", Some(Manager), Some(json!({ "customer_id": "cus_none", "total": money }))),
        ("PATCH", "/invoices/{id}", Some(Manager), Some(json!({ "memo": "Changed" }))),
        ("POST", "/invoices/{id}/issue", Some(Manager), None),
        ("POST", "/invoices/{id}/void", Some(Manager), Some(json!({ "reason": "no" }))),
        ("POST", "/invoices/{id}/credit", Some(Manager), Some(json!({ "amount": money, "reason": "no" }))),
        ("POST", "/invoices/{id}/write-off", Some(Manager), Some(json!({ "reason": "no" }))),
        ("POST", "/invoices/{id}/recover", Some(Manager), Some(json!({ "reason": "no" }))),
        ("POST", "/payments/{id}/refund", Some(Manager), Some(json!({ "reason": "no" }))),
        ("POST", "/payments/{id}/reverse", Some(Manager), Some(json!({ "reason": "no" }))),
        ("POST", "/payments/{id}/allocations", Some(Collector), Some(json!({ "allocations": [] }))),
        ("POST", "/customers/{id}/apply-unapplied", Some(Collector), None),
        ("GET", "/reports/ageing", Some(Viewer), None),
        ("GET", "/reports/dashboard", Some(Viewer), None),
        ("GET", "/customers/export.xlsx", Some(Manager), None),
        ("GET", "/customers/export.csv", Some(Manager), None),
        ("POST", "/customers/export.xlsx", Some(Manager), Some(json!({ "ids": ["cus_none"] }))),
        ("POST", "/customers/export.csv", Some(Manager), Some(json!({ "ids": ["cus_none"] }))),
        ("GET", "/invoices/export.xlsx", Some(Manager), None),
        ("GET", "/invoices/export.csv", Some(Manager), None),
        ("GET", "/payments/export.xlsx", Some(Manager), None),
        ("GET", "/payments/export.csv", Some(Manager), None),
        ("GET", "/reports/ageing.xlsx", Some(Manager), None),
        ("GET", "/reports/ageing.csv", Some(Manager), None),
        ("GET", "/reports/dashboard.xlsx", Some(Manager), None),
        ("GET", "/reports/dashboard.csv", Some(Manager), None),
        ("POST", "/demo/advance", Some(Admin), Some(json!({ "days": 1 }))),
        ("GET", "/payments", Some(Viewer), None),
        ("POST", "/payments", Some(Collector), Some(json!({ "customer_id": "cus_none", "amount": money }))),
        (
            "POST",
            "/payments/simulate",
            Some(Collector),
            Some(json!({ "customer_id": "cus_none", "amount": money })),
        ),
        ("GET", "/payments/{id}", Some(Viewer), None),
        ("PATCH", "/payments/{id}", Some(Collector), Some(json!({ "status": "completed" }))),
        ("POST", "/payments/{id}/cancel", Some(Collector), Some(json!({}))),
        ("GET", "/imports/template.xlsx", Some(Viewer), None),
        ("GET", "/imports", Some(Viewer), None),
        ("POST", "/imports", Some(Manager), Some(json!("a file"))),
        ("GET", "/imports/{id}", Some(Viewer), None),
        ("GET", "/imports/{id}/errors", Some(Viewer), None),
        ("GET", "/imports/{id}/error-groups", Some(Viewer), None),
        ("GET", "/imports/{id}/errors.xlsx", Some(Manager), None),
        ("GET", "/imports/{id}/mapping", Some(Viewer), None),
        ("POST", "/imports/{id}/mapping", Some(Manager), Some(json!({}))),
        ("GET", "/imports/{id}/preview", Some(Viewer), None),
        ("PATCH", "/imports/{id}/cells", Some(Manager), Some(json!({}))),
        ("POST", "/imports/{id}/commit", Some(Manager), None),
        ("POST", "/imports/{id}/cancel", Some(Manager), None),
        ("POST", "/imports/{id}/undo", Some(Manager), None),
        ("GET", "/imports/mappings", Some(Viewer), None),
        (
            "POST",
            "/imports/mappings",
            Some(Manager),
            Some(json!({ "import_id": "imp_none", "name": "Mine" })),
        ),
        ("DELETE", "/imports/mappings/{id}", Some(Manager), None),
        ("GET", "/notifications", Some(Viewer), None),
        ("GET", "/notifications/unread-count", Some(Viewer), None),
        ("POST", "/notifications/{id}/read", Some(Viewer), None),
        ("POST", "/notifications/read-all", Some(Viewer), None),
        ("POST", "/notifications/read", Some(Viewer), Some(json!({ "ids": [] }))),
        ("GET", "/notifications/preferences", Some(Viewer), None),
        ("PATCH", "/notifications/preferences", Some(Viewer), Some(json!({ "payment.received": "inbox" }))),
        ("GET", "/events", Some(Manager), None),
    ]
}

#[tokio::test(flavor = "multi_thread")]
async fn the_table_holds_every_documented_operation() {
    let document: Value = serde_json::from_str(&server::openapi()).unwrap();
    let mut documented: Vec<(String, String)> = Vec::new();
    for (path, operations) in document["paths"].as_object().unwrap() {
        for method in operations.as_object().unwrap().keys() {
            documented.push((method.to_uppercase(), path.strip_prefix("/api/v1").unwrap().to_owned()));
        }
    }
    let mut walked: Vec<(String, String)> =
        table().into_iter().map(|(method, path, ..)| (method.to_owned(), path.to_owned())).collect();
    documented.sort();
    walked.sort();
    assert_eq!(documented, walked);
}

#[tokio::test(flavor = "multi_thread")]
async fn every_operation_refuses_those_who_may_not_and_only_those() {
    let app = TestApp::start().await;
    let ada = app.admin().await;
    let people = app.one_of_each(&ada).await;
    let stranger = app.stranger();
    for (method, path, least, body) in table() {
        let what = format!("{method} {path}");
        let answer = ask(&stranger, method, path, body.as_ref(), 0).await;
        match least {
            Some(_) => assert_eq!(answer.status, 401, "{what} by a stranger: {}", answer.text),
            None => assert_ne!(answer.status, 403, "{what} by a stranger: {}", answer.text),
        }
        let Some(least) = least else { continue };
        for (number, (role, person)) in people.iter().enumerate() {
            let answer = ask(person, method, path, body.as_ref(), number).await;
            let refused = answer.status == 403;
            assert_eq!(refused, *role < least, "{what} by a {role}: {} {}", answer.status, answer.text);
            assert_ne!(answer.status, 401, "{what} by a {role}: {}", answer.text);
            assert!(answer.status.as_u16() < 500, "{what} by a {role}: {}", answer.text);
        }
    }
    app.finish().await;
}

async fn ask(person: &Person, method: &str, path: &str, body: Option<&Value>, number: usize) -> Answer {
    let path = path.replace("{id}", "nobody");
    let request = person
        .request(method.parse::<Method>().unwrap(), &path)
        .header("idempotency-key", format!("{path}{number}"));
    match body {
        Some(Value::String(file)) => {
            let form = reqwest::multipart::Form::new().part(
                "file",
                reqwest::multipart::Part::bytes(text(&json!(file)).into_bytes()).file_name("a.png"),
            );
            Answer::of(request.multipart(form)).await
        }
        Some(body) => Answer::of(request.json(body)).await,
        None => Answer::of(request).await,
    }
}
