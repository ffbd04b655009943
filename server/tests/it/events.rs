use domain::Role;
use serde_json::{Value, json};

use crate::app::{TestApp, text};

#[tokio::test(flavor = "multi_thread")]
async fn the_log_has_no_gap_and_hides_secrets() {
    let app = TestApp::start().await;
    let ada = app.admin().await;
    let customers: Vec<Value> = futures::future::join_all((0..8).map(|number| {
        let ada = ada.clone();
        let due = app.day(1);
        async move { ada.owing(&format!("Customer {number}"), "100", &due).await }
    }))
    .await;
    let keys: Vec<String> = (0..40).map(|number| format!("key {number}")).collect();
    let payments =
        keys.iter().zip(customers.iter().cycle()).map(|(key, customer)| ada.pay(customer, "1", key));
    for answer in futures::future::join_all(payments).await {
        answer.is(201);
    }
    let all = ada.get("/events?limit=200").await.is(200);
    let seqs: Vec<i64> = all.rows().iter().map(|event| event["seq"].as_i64().unwrap()).collect();
    assert_eq!(seqs, (1..=49).collect::<Vec<_>>());
    for pair in all.rows().windows(2) {
        assert_eq!(pair[0]["hash"], pair[1]["prev_hash"]);
    }
    let created = &all.rows()[1];
    assert_eq!((&created["kind"], &created["actor"]["name"]), (&json!("customer.created"), &json!("Ada")));
    assert!(created["request_id"].is_string());
    for secret in ["password_hash", "argon2", "seven green"] {
        assert!(!all.text.contains(secret), "{secret}");
    }
    let rest = ada.get("/events?after=47&limit=5").await.is(200);
    assert_eq!(rest.column("seq"), ["48", "49"]);
    ada.get("/events?after=soon&order=desc")
        .await
        .names(&[("/after", "invalid_parameter"), ("/order", "unknown_parameter")]);
    app.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_log_is_for_managers() {
    let app = TestApp::start().await;
    let ada = app.admin().await;
    app.person(&ada, "Carl", Role::Collector).await.get("/events").await.problem(403, "forbidden");
    app.person(&ada, "Mia", Role::Manager).await.get("/events").await.is(200);
    app.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_request_id_of_the_client_reaches_the_log() {
    let app = TestApp::start().await;
    let ada = app.admin().await;
    let request = ada
        .request(reqwest::Method::POST, "/customers")
        .header("x-request-id", "batch-7.row-12")
        .json(&json!({ "name": "Acme" }));
    let answer = crate::app::Answer::of(request).await.is(201);
    assert_eq!(answer.header("x-request-id"), "batch-7.row-12");
    let events = ada.get("/events").await.is(200);
    assert_eq!(text(&events.rows().last().unwrap()["request_id"]), "batch-7.row-12");
    app.finish().await;
}
