use serde_json::json;

use crate::app::{TestApp, text};

#[tokio::test(flavor = "multi_thread")]
async fn opening_balances_are_invoices_and_lateness_is_derived() {
    let app = TestApp::start().await;
    let ada = app.admin().await;
    let late = ada.owing("Late", "100", &app.day(-5)).await;
    let today = ada.owing("Today", "200", &app.day(0)).await;
    let soon = ada.owing("Soon", "300", &app.day(5)).await;
    let all = ada.get("/invoices").await.is(200);
    assert_eq!(all.column("customer_id"), [text(&late["id"]), text(&today["id"]), text(&soon["id"])]);
    let invoice = &all.rows()[0];
    assert_eq!(invoice["kind"], "opening_balance");
    assert_eq!((&invoice["overdue"], &invoice["days_past_due"]), (&json!(true), &json!(5)));
    assert_eq!((&all.rows()[1]["overdue"], &all.rows()[1]["days_past_due"]), (&json!(false), &json!(0)));
    assert_eq!(invoice["total"], json!({ "amount": "100.00", "currency": "USD" }));

    let one = ada.get(&format!("/invoices/{}", text(&invoice["id"]))).await.is(200);
    assert_eq!(one.body, *invoice);
    assert_eq!(one.header("etag"), "\"1\"");
    ada.get("/invoices/inv_none").await.problem(404, "not_found");

    let owners =
        async |query: String| ada.get(&format!("/invoices?{query}")).await.is(200).column("customer_id");
    assert_eq!(owners("overdue=true".into()).await, [text(&late["id"])]);
    assert_eq!(owners("overdue=false".into()).await, [text(&today["id"]), text(&soon["id"])]);
    assert_eq!(owners(format!("customer_id={}", text(&soon["id"]))).await, [text(&soon["id"])]);
    assert_eq!(owners(format!("due_from={}&due_to={}", app.day(0), app.day(4))).await, [text(&today["id"])]);
    ada.pay(&soon, "300", "k").await.is(201);
    assert_eq!(owners("status=paid".into()).await, [text(&soon["id"])]);
    assert_eq!(owners("status=open".into()).await, [text(&late["id"]), text(&today["id"])]);
    let number = text(&invoice["number"]);
    assert!(owners(format!("q={number}")).await.contains(&text(&late["id"])));
    let first = ada.get("/invoices?limit=2").await.is(200);
    let cursor = text(&first.body["page"]["next_cursor"]);
    assert_eq!(
        ada.get(&format!("/invoices?limit=2&cursor={cursor}")).await.is(200).column("customer_id"),
        [text(&soon["id"])]
    );
    ada.get("/invoices?status=late&sort=due_date&overdue=yes").await.names(&[
        ("/status", "invalid_parameter"),
        ("/sort", "unknown_parameter"),
        ("/overdue", "invalid_parameter"),
    ]);
    app.finish().await;
}
