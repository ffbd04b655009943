use domain::Role;
use serde_json::{Value, json};

use crate::app::{Person, TestApp, eventually, text};

async fn payment(person: &Person, id: &Value) -> Value {
    person.get(&format!("/payments/{}", text(id))).await.is(200).body
}

/// Two invoices of one customer come from two imports of the same reference, as books have them.
async fn with_two_invoices(app: &TestApp, ada: &Person) -> Value {
    let csv = |amount: &str, due: String| {
        format!(
            "Reference,Name,Outstanding Payment Amount,Payment Due Date,Payment Status\nC-1,Acme,{amount},{due},Pending\n"
        )
    };
    ada.import("one.csv", csv("100", app.day(10)).into_bytes()).await;
    ada.import("two.csv", csv("50", app.day(-10)).into_bytes()).await;
    ada.get("/customers?q=C-1").await.rows()[0].clone()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_payment_moves_the_balance_and_what_is_left_over_stays_unapplied() {
    let app = TestApp::start().await;
    let ada = app.admin().await;
    let customer = ada.owing("Acme", "100", &app.day(-3)).await;
    let part = ada.pay(&customer, "40.25", "part").await.is(201);
    assert_eq!(part.header("etag"), "\"1\"");
    assert_eq!(part.body["status"], "completed");
    assert_eq!(part.body["method"], "bank_transfer");
    assert_eq!(part.body["received_on"], app.day(0));
    assert_eq!(part.body["unapplied"]["amount"], "0.00");
    assert_eq!(part.body["allocations"][0]["amount"]["amount"], "40.25");
    let after = ada.look_at(&customer).await;
    assert_eq!((&after["outstanding"]["amount"], &after["status"]), (&json!("59.75"), &json!("overdue")));

    let rest = ada.pay(&customer, "100", "rest").await.is(201);
    assert_eq!(rest.body["unapplied"], json!({ "amount": "40.25", "currency": "USD" }));
    let after = ada.look_at(&customer).await;
    assert_eq!((&after["outstanding"]["amount"], &after["status"]), (&json!("0.00"), &json!("paid")));
    assert_eq!(after["unapplied"]["amount"], "40.25");
    assert!(after.get("next_due_date").is_none());
    app.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_oldest_due_invoice_is_settled_first_unless_the_payer_says_otherwise() {
    let app = TestApp::start().await;
    let ada = app.admin().await;
    let customer = with_two_invoices(&app, &ada).await;
    let invoices = ada.get(&format!("/invoices?customer_id={}", text(&customer["id"]))).await.is(200);
    if invoices.rows().len() < 2 {
        // One opening balance per reference: a second import updates it. Nothing to choose between.
        app.finish().await;
        return;
    }
    let (old, new) = (invoices.rows()[0]["id"].clone(), invoices.rows()[1]["id"].clone());
    let first = ada.pay(&customer, "30", "first").await.is(201);
    assert_eq!(first.body["allocations"][0]["invoice_id"], old);
    let chosen = json!({
        "customer_id": customer["id"], "amount": { "amount": "30" },
        "allocations": [{ "invoice_id": new, "amount": { "amount": "30" } }],
    });
    let chosen = ada.post_once("/payments", "chosen", chosen).await.is(201);
    assert_eq!(chosen.body["allocations"][0]["invoice_id"], new);
    app.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_same_key_pays_once() {
    let app = TestApp::start().await;
    let ada = app.admin().await;
    let customer = ada.owing("Acme", "100", &app.day(1)).await;
    let first = ada.pay(&customer, "10", "key-1").await.is(201);
    let again = ada.pay(&customer, "10", "key-1").await.is(201);
    assert_eq!(first.body, again.body);
    assert_eq!((first.header("idempotent-replay"), again.header("idempotent-replay")), ("", "true"));
    assert_eq!(ada.look_at(&customer).await["outstanding"]["amount"], "90.00");
    ada.pay(&customer, "11", "key-1").await.problem(422, "idempotency_key_reused");
    // Ten at once.
    let racing = (0..10).map(|_| ada.pay(&customer, "20", "key-2"));
    let answers = futures::future::join_all(racing).await;
    let ids: std::collections::BTreeSet<String> =
        answers.iter().filter(|answer| answer.status == 201).map(|answer| text(&answer.body["id"])).collect();
    assert_eq!(ids.len(), 1);
    assert!(answers.iter().all(|answer| matches!(answer.status.as_u16(), 201 | 409)));
    assert_eq!(ada.look_at(&customer).await["outstanding"]["amount"], "70.00");
    // Keys of different people never meet.
    let bob = app.person(&ada, "Bob", Role::Collector).await;
    bob.pay(&customer, "11", "key-1").await.is(201);

    let body = json!({ "customer_id": customer["id"], "amount": { "amount": "1" } });
    ada.post("/payments", body.clone()).await.problem(400, "idempotency_key_required");
    ada.post_once("/payments", "", body.clone()).await.problem(400, "invalid_idempotency_key");
    ada.post_once("/payments", &"k".repeat(256), body.clone()).await.problem(400, "invalid_idempotency_key");
    ada.post_once("/payments", &"k".repeat(255), body).await.is(201);
    app.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn wrong_payments_are_refused_field_by_field() {
    let app = TestApp::start().await;
    let ada = app.admin().await;
    let customer = ada.owing("Acme", "100", &app.day(1)).await;
    let refused = async |body: Value, fields: &[(&str, &str)]| {
        ada.post_once("/payments", "k", body).await.names(fields);
    };
    let nobody = json!({ "customer_id": "cus_none", "amount": { "amount": "1" } });
    refused(nobody, &[("/customer_id", "unknown_customer")]).await;
    let id = &customer["id"];
    refused(json!({ "customer_id": id, "amount": { "amount": "0" } }), &[("/amount/amount", "not_positive")])
        .await;
    refused(json!({ "customer_id": id, "amount": { "amount": 5 } }), &[("/amount/amount", "invalid_type")])
        .await;
    refused(json!({ "customer_id": id, "amount": 5 }), &[("/amount", "invalid_type")]).await;
    let euro = json!({ "customer_id": id, "amount": { "amount": "5", "currency": "EUR" } });
    refused(euro, &[("/amount/currency", "currency_mismatch")]).await;
    refused(json!({}), &[("/customer_id", "required"), ("/amount", "required")]).await;
    let number = json!({ "customer_id": 7, "amount": 5, "method": true });
    refused(
        number,
        &[("/customer_id", "invalid_type"), ("/amount", "invalid_type"), ("/method", "invalid_type")],
    )
    .await;
    let many = json!({ "customer_id": id, "amount": { "amount": "x" }, "received_on": app.day(1), "method": "barter", "status": "failed" });
    let answer = ada.post_once("/payments", "k", many).await.problem(422, "invalid");
    assert_eq!(answer.body["errors"].as_array().unwrap().len(), 4, "{}", answer.text);
    assert_eq!(ada.look_at(&customer).await["version"], 1);
    app.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_payment_goes_from_pending_to_completed_and_back_with_a_reason() {
    let app = TestApp::start().await;
    let ada = app.admin().await;
    let customer = ada.owing("Acme", "100", &app.day(1)).await;
    let announced = json!({ "customer_id": customer["id"], "amount": { "amount": "60" }, "status": "pending", "method": "cheque" });
    let announced = ada.post_once("/payments", "k", announced).await.is(201).body;
    assert_eq!(announced["status"], "pending");
    assert_eq!(announced["allocations"], json!([]));
    assert_eq!(ada.look_at(&customer).await["outstanding"]["amount"], "100.00");
    let path = format!("/payments/{}", text(&announced["id"]));

    let completed = ada.patch(&path, json!({ "status": "completed" })).await.is(200);
    assert_eq!(completed.header("etag"), "\"2\"");
    assert_eq!(ada.look_at(&customer).await["outstanding"]["amount"], "40.00");
    // Set twice, it counts once.
    let twice = ada.patch(&path, json!({ "status": "completed" })).await.problem(409, "invalid_transition");
    assert!(
        text(&twice.body["detail"]).contains("pending, partially_refunded, refunded, reversed"),
        "{}",
        twice.text
    );
    assert_eq!(ada.look_at(&customer).await["outstanding"]["amount"], "40.00");

    ada.patch(&path, json!({ "status": "pending" })).await.names(&[("/reason", "required")]);
    ada.patch(&path, json!({ "status": "pending", "reason": "bounced", "version": 1 }))
        .await
        .problem(409, "stale_version");
    let again =
        ada.patch(&path, json!({ "status": "pending", "reason": "The cheque bounced" })).await.is(200).body;
    assert_eq!((&again["status"], &again["failure"]), (&json!("pending"), &json!("The cheque bounced")));
    assert_eq!(again["allocations"], json!([]));
    assert_eq!(ada.look_at(&customer).await["outstanding"]["amount"], "100.00");

    ada.patch(&path, json!({ "status": "refunded" })).await.names(&[("/status", "invalid_status")]);
    let canceled = ada.post(&format!("{path}/cancel"), json!({ "reason": "Sent back" })).await.is(200).body;
    assert_eq!(canceled["status"], "canceled");
    let done = ada.patch(&path, json!({ "status": "completed" })).await.problem(409, "invalid_transition");
    assert!(text(&done.body["detail"]).contains("final"));
    ada.post("/payments/pay_none/cancel", json!({})).await.problem(404, "not_found");
    app.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_mock_gateway_answers_as_it_was_told() {
    let app = TestApp::start().await;
    let ada = app.admin().await;
    let customer = ada.owing("Acme", "100", &app.day(1)).await;
    let simulate = async |outcome: &str, key: &str| {
        let body = json!({ "customer_id": customer["id"], "amount": { "amount": "10" }, "outcome": outcome, "delay_ms": 50 });
        let started = ada.post_once("/payments/simulate", key, body).await.is(202).body;
        assert_eq!((&started["status"], &started["source"]), (&json!("processing"), &json!("gateway")));
        started["id"].clone()
    };
    let (succeeded, declined) = (simulate("succeed", "a").await, simulate("decline", "b").await);
    let (delayed, timed_out) = (simulate("delayed", "c").await, simulate("timeout", "d").await);
    for (id, status) in
        [(&succeeded, "completed"), (&declined, "failed"), (&delayed, "completed"), (&timed_out, "unknown")]
    {
        eventually(status, async || payment(&ada, id).await["status"] == status).await;
    }
    assert!(payment(&ada, &declined).await["failure"].is_string());
    assert_eq!(ada.look_at(&customer).await["outstanding"]["amount"], "80.00");
    // The reconciler asks later what became of it.
    app.clock.advance(chrono::Duration::seconds(30));
    eventually("settled", async || payment(&ada, &timed_out).await["status"] == "completed").await;
    assert_eq!(ada.look_at(&customer).await["outstanding"]["amount"], "70.00");

    let body = json!({ "customer_id": customer["id"], "amount": { "amount": "10" } });
    ada.post("/payments/simulate", body).await.problem(400, "idempotency_key_required");
    let wrong = json!({ "customer_id": customer["id"], "amount": { "amount": "10" }, "outcome": "explode", "delay_ms": -1 });
    ada.post_once("/payments/simulate", "e", wrong)
        .await
        .names(&[("/outcome", "unknown_outcome"), ("/delay_ms", "out_of_range")]);
    app.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_payment_in_flight_can_not_be_moved_by_hand() {
    let app = TestApp::start().await;
    let ada = app.admin().await;
    let customer = ada.owing("Acme", "100", &app.day(1)).await;
    let body = json!({ "customer_id": customer["id"], "amount": { "amount": "10" }, "delay_ms": 600_000 });
    let started = ada.post_once("/payments/simulate", "k", body).await.is(202).body;
    let path = format!("/payments/{}", text(&started["id"]));
    let refused = ada
        .patch(&path, json!({ "status": "pending", "reason": "no" }))
        .await
        .problem(409, "invalid_transition");
    assert!(text(&refused.body["detail"]).contains("completed, failed, unknown"));
    ada.post(&format!("{path}/cancel"), json!({})).await.problem(409, "invalid_transition");
    app.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn payments_are_listed_filtered_and_sorted() {
    let app = TestApp::start().await;
    let ada = app.admin().await;
    let acme = ada.owing("Acme", "100", &app.day(1)).await;
    let beta = ada.owing("Beta", "100", &app.day(1)).await;
    let record = async |customer: &Value, amount: &str, day: i64, method: &str, status: &str| {
        let body = json!({
            "customer_id": customer["id"], "amount": { "amount": amount }, "received_on": app.day(day),
            "method": method, "status": status, "reference": format!("REF {amount}"),
        });
        ada.post_once("/payments", amount, body).await.is(201);
    };
    record(&acme, "3", -3, "cash", "completed").await;
    record(&beta, "1", -2, "card", "pending").await;
    record(&acme, "2", -1, "card", "completed").await;
    let list = async |query: &str| {
        let answer = ada.get(&format!("/payments?{query}")).await.is(200);
        answer.rows().iter().map(|row| text(&row["amount"]["amount"])).collect::<Vec<_>>()
    };
    assert_eq!(list("").await, ["2.00", "1.00", "3.00"]);
    assert_eq!(list("sort=amount").await, ["1.00", "2.00", "3.00"]);
    assert_eq!(list("sort=-received_on").await, ["2.00", "1.00", "3.00"]);
    assert_eq!(list("sort=created_at").await, ["3.00", "1.00", "2.00"]);
    assert_eq!(list("status=pending").await, ["1.00"]);
    assert_eq!(list("method=card&sort=amount").await, ["1.00", "2.00"]);
    assert_eq!(list(&format!("customer_id={}", text(&beta["id"]))).await, ["1.00"]);
    assert_eq!(list(&format!("received_from={0}&received_to={0}", app.day(-2))).await, ["1.00"]);
    assert_eq!(list("q=ref+3").await, ["3.00"]);
    assert_eq!(list("q=acme&sort=amount").await, ["2.00", "3.00"]);
    assert_eq!(ada.get("/payments").await.rows()[0]["customer_name"], "Acme");
    let first = ada.get("/payments?limit=2").await.is(200);
    assert_eq!(first.body["page"]["total"], 3);
    let cursor = text(&first.body["page"]["next_cursor"]);
    assert_eq!(list(&format!("limit=2&cursor={cursor}")).await, ["3.00"]);
    ada.get("/payments?sort=status&method=barter&status=done").await.names(&[
        ("/sort", "invalid_parameter"),
        ("/method", "invalid_parameter"),
        ("/status", "invalid_parameter"),
    ]);
    app.finish().await;
}
