use serde_json::{Value, json};

use crate::app::{Person, TestApp, text};

#[tokio::test(flavor = "multi_thread")]
async fn opening_balances_are_invoices_and_lateness_is_derived() {
    let app = TestApp::start().await;
    let ada = app.admin().await;
    let late = ada.owing("Late", "100", &app.day(-5)).await;
    let today = ada.owing("Today", "200", &app.day(0)).await;
    let soon = ada.owing("Soon", "300", &app.day(5)).await;
    let all = ada.get("/invoices").await.is(200);
    assert_eq!(all.column("customer_id"), [text(&late["id"]), text(&today["id"]), text(&soon["id"])]);
    assert_eq!(all.column("customer_name"), ["Late", "Today", "Soon"]);
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
    assert_eq!(owners("q=SOO".into()).await, [text(&soon["id"])], "by the customer's name");
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

async fn entered(person: &Person, customer: &Value, number: &str, total: &str) -> Value {
    let new = json!({
        "customer_id": customer["id"], "number": number, "total": { "amount": total },
        "issue_date": "2025-01-10", "terms": "net_30",
    });
    person.post("/invoices", new).await.is(201).body
}

#[tokio::test(flavor = "multi_thread")]
async fn an_invoice_is_entered_corrected_and_never_forgotten() {
    let app = TestApp::start().await;
    let ada = app.admin().await;
    let customer = ada.post("/customers", json!({ "name": "Acme" })).await.is(201).body;
    let invoice = entered(&ada, &customer, "000042", "100.00").await;
    assert_eq!((&invoice["number"], &invoice["due_date"]), (&json!("000042"), &json!("2025-02-09")));
    assert_eq!((&invoice["status"], &invoice["overdue"]), (&json!("open"), &json!(true)));
    let again = json!({ "customer_id": customer["id"], "number": " 000042", "total": { "amount": "1" }, "due_date": "2025-02-01", "issue_date": "2025-01-01" });
    ada.post("/invoices", again).await.names(&[("/number", "number_taken")]);
    let path = |verb: &str| format!("/invoices/{}/{verb}", text(&invoice["id"]));
    let credit =
        ada.post(&path("credit"), json!({ "amount": { "amount": "30" }, "reason": "Damaged" })).await.is(200);
    assert_eq!(credit.body["balance"]["amount"], "70.00");
    assert_eq!(credit.body["entries"][0]["kind"], "credited");
    assert_eq!(credit.header("etag"), "\"2\"");
    let above = json!({ "amount": { "amount": "70.01" }, "reason": "x" });
    ada.post(&path("credit"), above).await.names(&[("/amount", "above_balance")]);
    ada.post(&path("void"), json!({ "reason": "x" })).await.problem(409, "invoice_in_use");
    ada.post(&path("write-off"), json!({})).await.names(&[("/reason", "required")]);
    let early = json!({ "reason": "x", "effective_on": "2024-12-31" });
    ada.post(&path("write-off"), early).await.names(&[("/effective_on", "too_early")]);
    let later = json!({ "reason": "x", "effective_on": app.day(1) });
    ada.post(&path("write-off"), later).await.names(&[("/effective_on", "in_the_future")]);
    let off = ada.post(&path("write-off"), json!({ "reason": "Insolvent" })).await.is(200).body;
    assert_eq!((&off["status"], &off["balance"]["amount"]), (&json!("uncollectible"), &json!("0.00")));
    let wrong = ada.post(&path("issue"), json!({})).await.problem(409, "invalid_transition");
    assert!(wrong.text.contains("it can be recovered"), "{}", wrong.text);
    let back = ada
        .post(&path("recover"), json!({ "reason": "Dividend", "amount": { "amount": "5" } }))
        .await
        .is(200);
    assert_eq!(back.body["balance"]["amount"], "5.00");
    assert_eq!(ada.look_at(&customer).await["outstanding"]["amount"], "5.00");
    let stale = json!({ "reason": "x", "version": 1 });
    let stale = ada.post(&path("write-off"), stale).await.problem(409, "stale_version");
    assert_eq!(stale.body["current"]["version"], 4);
    app.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_draft_is_edited_until_it_is_issued() {
    let app = TestApp::start().await;
    let ada = app.admin().await;
    let customer = ada.post("/customers", json!({ "name": "Acme" })).await.is(201).body;
    let draft = json!({ "customer_id": customer["id"], "total": { "amount": "10" }, "terms": "end_of_month", "status": "draft" });
    let draft = ada.post("/invoices", draft).await.is(201).body;
    assert!(text(&draft["number"]).starts_with("INV-"), "{draft}");
    assert_eq!(ada.look_at(&customer).await["outstanding"]["amount"], "0.00");
    let path = format!("/invoices/{}", text(&draft["id"]));
    let edited = ada
        .patch(&path, json!({ "total": { "amount": "12.50" }, "due_date": app.day(40) }))
        .await
        .is(200)
        .body;
    assert_eq!((&edited["total"]["amount"], &edited["due_date"]), (&json!("12.50"), &json!(app.day(40))));
    assert!(edited.get("terms").is_none(), "a date by hand is no longer that of the terms");
    ada.patch(&path, json!({ "total": { "amount": "0" }, "terms": "soon" }))
        .await
        .names(&[("/total/amount", "not_positive"), ("/terms", "invalid_terms")]);
    ada.post(&format!("{path}/issue"), json!({})).await.is(200);
    ada.patch(&path, json!({ "memo": "x" })).await.problem(409, "invalid_transition");
    assert_eq!(ada.look_at(&customer).await["outstanding"]["amount"], "12.50");
    app.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn money_goes_back_and_what_it_settled_is_owed_again() {
    let app = TestApp::start().await;
    let ada = app.admin().await;
    let customer = ada.owing("Acme", "100", "2025-03-20").await;
    let payment = ada.pay(&customer, "120", "p").await.is(201).body;
    let path = |verb: &str| format!("/payments/{}/{verb}", text(&payment["id"]));
    ada.post(&path("refund"), json!({ "reason": "x" })).await.problem(400, "idempotency_key_required");
    let part = json!({ "reason": "Overpaid", "amount": { "amount": "50" } });
    let refunded = ada.post_once(&path("refund"), "r", part.clone()).await.is(200);
    assert_eq!(
        (&refunded.body["status"], &refunded.body["unapplied"]["amount"]),
        (&json!("partially_refunded"), &json!("0.00"))
    );
    assert_eq!(ada.post_once(&path("refund"), "r", part).await.is(200).header("idempotent-replay"), "true");
    assert_eq!(ada.look_at(&customer).await["outstanding"]["amount"], "30.00");
    let none = ada.post(&path("allocations"), json!({ "allocations": [] })).await.is(200).body;
    assert_eq!(none["unapplied"]["amount"], "70.00");
    let applied =
        ada.post(&format!("/customers/{}/apply-unapplied", text(&customer["id"])), json!({})).await.is(200);
    assert_eq!(applied.body["applied"]["amount"], "70.00");
    ada.post_once(&path("reverse"), "x", json!({ "kind": "vanished", "reason": "x" }))
        .await
        .names(&[("/kind", "unknown_kind")]);
    let reversed =
        ada.post_once(&path("reverse"), "b", json!({ "reason": "Cheque bounced" })).await.is(200).body;
    assert_eq!((&reversed["status"], &reversed["reversal"]), (&json!("reversed"), &json!("bounced")));
    assert_eq!(ada.look_at(&customer).await["outstanding"]["amount"], "100.00");
    let twice = ada
        .post_once(&path("reverse"), "b2", json!({ "reason": "x" }))
        .await
        .problem(409, "invalid_transition");
    assert!(twice.text.contains("it is final"), "{}", twice.text);
    app.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn ageing_is_reported_in_total_and_by_customer() {
    let app = TestApp::start().await;
    let ada = app.admin().await;
    ada.owing("Acme", "100", &app.day(-31)).await;
    let bird = ada.owing("Bird", "50", &app.day(3)).await;
    ada.pay(&bird, "60", "k").await.is(201);
    let total = ada.get("/reports/ageing").await.is(200).body;
    let keys: Vec<&str> =
        total["buckets"].as_array().unwrap().iter().map(|bucket| bucket["key"].as_str().unwrap()).collect();
    assert_eq!(keys, ["current", "1_30", "31_60", "61_90", "91_plus"]);
    assert_eq!(total["data"][0]["amounts"]["31_60"]["amount"], "100.00");
    assert_eq!(total["data"][0]["unapplied"]["amount"], "10.00");
    let rows = ada.get("/reports/ageing?group=customer&buckets=7,14&currency=USD").await.is(200);
    assert_eq!(rows.column("name"), ["Acme", "Bird"]);
    assert_eq!(rows.body["data"][0]["counts"]["15_plus"], 1);
    assert_eq!(ada.get("/reports/ageing?currency=EUR").await.is(200).rows().len(), 0);
    ada.get("/reports/ageing?as_of=soon&group=town&buckets=9,3&colour=red").await.names(&[
        ("/as_of", "invalid_parameter"),
        ("/group", "invalid_parameter"),
        ("/buckets", "invalid_parameter"),
        ("/colour", "unknown_parameter"),
    ]);
    app.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_dashboard_follows_every_change() {
    let app = TestApp::start().await;
    let ada = app.admin().await;
    assert_eq!(ada.get("/reports/dashboard").await.is(200).body["currencies"], json!([]));
    ada.owing("Acme", "100", &app.day(-31)).await;
    let bird = ada.owing("Bird", "50", &app.day(6)).await;
    ada.owing("Crow", "20", &app.day(7)).await;
    let today = ada.get("/reports/dashboard").await.is(200).body;
    assert_eq!(today["business_date"], app.today().to_string());
    let usd = today["currencies"][0].clone();
    assert_eq!(
        usd["outstanding"],
        json!({ "amount": { "amount": "170.00", "currency": "USD" }, "invoices": 3 })
    );
    assert_eq!(usd["overdue"], json!({ "amount": { "amount": "100.00", "currency": "USD" }, "invoices": 1 }));
    assert_eq!(usd["due_soon"], json!({ "amount": { "amount": "50.00", "currency": "USD" }, "invoices": 1 }));
    assert_eq!(usd["customers"], json!({ "overdue": 1, "pending": 2, "paid": 0 }));
    assert_eq!(usd["ageing"]["amounts"]["31_60"]["amount"], "100.00");
    assert_eq!(usd["received"].as_array().unwrap().len(), 30);
    assert_eq!(usd["received_total"]["amount"], "0.00");

    let paid = ada.pay(&bird, "60", "k").await.is(201).body;
    let usd = ada.get("/reports/dashboard").await.is(200).body["currencies"][0].clone();
    assert_eq!(usd["received"][29]["amount"]["amount"], "60.00");
    assert_eq!(usd["received"][29]["payments"], 1);
    assert_eq!(usd["customers"], json!({ "overdue": 1, "pending": 1, "paid": 1 }));
    assert_eq!(usd["ageing"]["unapplied"]["amount"], "10.00");
    let refund = format!("/payments/{}/refund", paid["id"].as_str().unwrap());
    let part = json!({ "amount": { "amount": "15.00" }, "reason": "Too much" });
    ada.post_once(&refund, "r", part).await.is(200);
    let usd = ada.get("/reports/dashboard").await.is(200).body["currencies"][0].clone();
    assert_eq!(usd["received_total"]["amount"], "45.00");
    assert_eq!(usd["due_soon"]["amount"]["amount"], "5.00");
    ada.get("/reports/dashboard?colour=red").await.names(&[("/colour", "unknown_parameter")]);
    app.finish().await;
}
