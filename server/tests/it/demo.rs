//! Sample books with a clock that can be moved.

use domain::Role;
use ledger::DemoBooks;
use serde_json::json;

use crate::app::TestApp;

#[tokio::test(flavor = "multi_thread")]
async fn the_books_follow_the_clock_as_they_would_in_life() {
    let app = TestApp::with(|config| config.demonstration = true).await;
    let ada = app.admin().await;
    app.seed(DemoBooks { customers: 12, months: 6 }).await;
    assert_eq!(ada.get("/customers").await.is(200).body["page"]["total"], 12);
    let before = ada.get("/reports/ageing").await.is(200).body;
    let counts = before["data"][0]["counts"].clone();
    assert!(counts["current"].as_i64().unwrap() > 0, "{before}");
    let today = app.today();
    let moved = ada.post("/demo/advance", json!({ "days": 60 })).await.is(200).body;
    assert_eq!(moved["business_date"], (today + chrono::Duration::days(60)).to_string());
    // Sixty days in a blink, and nobody has to sign in again for it.
    let after = ada.get("/reports/ageing").await.is(200).body;
    assert_eq!(after["data"][0]["counts"]["current"], 0, "{after}");
    let told = ada.get("/notifications?kind=invoice.overdue&limit=200").await.is(200);
    assert_eq!(told.body["page"]["total"], counts["current"], "each that fell due on the way, once");
    ada.post("/demo/advance", json!({ "days": 0 })).await.names(&[("/days", "out_of_range")]);
    app.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_clock_of_kept_books_is_never_moved() {
    let app = TestApp::start().await;
    let ada = app.admin().await;
    let mia = app.person(&ada, "Mia", Role::Manager).await;
    mia.post("/demo/advance", json!({ "days": 1 })).await.problem(403, "forbidden");
    let today = app.today();
    ada.post("/demo/advance", json!({ "days": 1 })).await.problem(409, "live_clock");
    assert_eq!(app.today(), today);
    app.finish().await;
}
