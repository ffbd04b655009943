use domain::Role;
use serde_json::{Value, json};

use crate::app::{Person, TestApp, text};

async fn unread(person: &Person) -> Value {
    person.get("/notifications/unread-count").await.is(200).body["unread"].clone()
}

#[tokio::test(flavor = "multi_thread")]
async fn everyone_has_read_what_they_have_read_themselves() {
    let app = TestApp::start().await;
    let ada = app.admin().await;
    let vera = app.person(&ada, "Vera", Role::Viewer).await;
    ada.post("/notifications/read-all", json!({})).await.is(204);
    let customer = ada.owing("Acme", "100", &app.day(1)).await;
    ada.pay(&customer, "40", "k").await.is(201);

    let list = vera.get("/notifications?unread=true").await.is(200);
    assert_eq!(list.column("kind")[..2], ["payment.received", "customer.created"]);
    let newest = &list.rows()[0];
    assert_eq!((&newest["title"], &newest["read"]), (&json!("Payment received"), &json!(false)));
    assert_eq!(newest["text"], "Acme paid 40.00 USD.");
    assert_eq!(newest["customer_id"], customer["id"]);
    assert_eq!((unread(&ada).await, unread(&vera).await), (json!(2), json!(2)));

    let read = vera.post(&format!("/notifications/{}/read", text(&newest["id"])), json!({})).await.is(200);
    assert_eq!(read.body["read"], true);
    assert_eq!((unread(&ada).await, unread(&vera).await), (json!(2), json!(1)));
    assert_eq!(vera.get("/notifications?unread=true").await.column("kind"), ["customer.created"]);
    assert_eq!(vera.get("/notifications?unread=false").await.column("kind"), ["payment.received"]);
    assert_eq!(vera.get("/notifications?kind=payment.received").await.rows().len(), 1);
    vera.post("/notifications/read-all", json!({})).await.is(204);
    assert_eq!((unread(&ada).await, unread(&vera).await), (json!(2), json!(0)));

    vera.post("/notifications/999/read", json!({})).await.problem(404, "not_found");
    vera.post("/notifications/none/read", json!({})).await.problem(404, "not_found");
    vera.get("/notifications?kind=gossip&unread=perhaps")
        .await
        .names(&[("/kind", "invalid_parameter"), ("/unread", "invalid_parameter")]);
    app.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn mark_all_marks_more_than_a_page() {
    let app = TestApp::start().await;
    let ada = app.admin().await;
    for number in 0..60 {
        ada.post("/customers", json!({ "name": format!("Customer {number}") })).await.is(201);
    }
    let first = ada.get("/notifications?kind=customer.created").await.is(200);
    assert_eq!((first.rows().len(), &first.body["page"]["total"]), (50, &json!(60)));
    let cursor = text(&first.body["page"]["next_cursor"]);
    assert_eq!(
        ada.get(&format!("/notifications?kind=customer.created&cursor={cursor}")).await.rows().len(),
        10
    );
    ada.post("/notifications/read-all", json!({})).await.is(204);
    assert_eq!(unread(&ada).await, 0);
    app.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn several_are_marked_at_once() {
    let app = TestApp::start().await;
    let ada = app.admin().await;
    ada.post("/notifications/read-all", json!({})).await.is(204);
    for number in 0..6 {
        ada.post("/customers", json!({ "name": format!("Customer {number}") })).await.is(201);
    }
    let ids = ada.get("/notifications").await.column("id");
    let answer = ada.post("/notifications/read", json!({ "ids": ids[..4] })).await.is(200);
    assert_eq!(answer.body, json!({ "unread": 2 }));
    ada.post("/notifications/read", json!({ "ids": [ids[4], "999"] })).await.problem(404, "not_found");
    ada.post("/notifications/read", json!({ "ids": ["x"] })).await.problem(404, "not_found");
    assert_eq!(unread(&ada).await, 2);
    app.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn everyone_chooses_what_they_are_told() {
    let app = TestApp::start().await;
    let ada = app.admin().await;
    let vera = app.person(&ada, "Vera", Role::Viewer).await;
    ada.post("/customers", json!({ "name": "Acme" })).await.is(201);
    let path = "/notifications/preferences";
    let at_first = vera.get(path).await.is(200).body;
    assert_eq!(at_first.as_object().unwrap().len(), 6, "what viewers are told of");
    assert!(at_first.as_object().unwrap().values().all(|how| how == "toast"));
    let changed = vera.patch(path, json!({ "customer.created": "none" })).await.is(200).body;
    assert_eq!((&changed["customer.created"], &changed["payment.failed"]), (&json!("none"), &json!("toast")));
    assert_eq!(vera.get(path).await.is(200).body, changed);
    assert_eq!(unread(&vera).await, 0);
    assert_eq!(vera.get("/notifications").await.rows().len(), 0);
    assert_eq!(vera.get("/notifications?kind=customer.created").await.rows().len(), 0);
    assert_eq!(unread(&ada).await, 3);
    vera.patch(path, json!({ "customer.created": "perhaps" })).await.problem(422, "invalid");
    vera.patch(path, json!({ "gossip": "none" })).await.problem(422, "invalid");
    vera.patch(path, json!({ "user.registered": "none" })).await.problem(422, "invalid");
    app.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn only_admins_are_told_who_registered() {
    let app = TestApp::start().await;
    let ada = app.admin().await;
    let manager = app.person(&ada, "Mia", Role::Manager).await;
    app.register("Bob").await.0.is(201);
    let told = ada.get("/notifications?kind=user.registered").await.is(200);
    assert_eq!(told.rows()[0]["title"], "Someone waits for approval");
    assert_eq!(manager.get("/notifications?kind=user.registered").await.is(200).rows().len(), 0);
    assert!(!manager.get("/notifications").await.text.contains("Bob"));
    let id = text(&told.rows()[0]["id"]);
    manager.post(&format!("/notifications/{id}/read"), json!({})).await.problem(404, "not_found");
    app.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_falls_due_overnight_is_told_once() {
    let app = TestApp::start().await;
    let ada = app.admin().await;
    ada.owing("Acme", "100", &app.day(0)).await;
    assert_eq!(ada.get("/notifications?kind=invoice.overdue").await.rows().len(), 0);
    app.clock.advance(chrono::Duration::days(1));
    let ada = {
        let mut ada = ada;
        ada.sign_in().await;
        ada
    };
    crate::app::eventually("told", async || {
        ada.get("/notifications?kind=invoice.overdue").await.rows().len() == 1
    })
    .await;
    assert_eq!(ada.get("/customers").await.column("status"), ["overdue"]);
    app.finish().await;
}
