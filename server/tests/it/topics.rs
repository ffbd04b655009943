//! Every kind of event, and who is told of it as it happens: the live topics, walked with every role.

use std::collections::BTreeSet;

use domain::{EventKind, Role};
use serde_json::{Value, json};

use crate::app::{Person, TestApp, eventually, text};
use crate::live::Socket;

/// The least role that is told of a kind. Without `_`: a new kind needs a decision here as well.
fn told_to(kind: EventKind) -> Role {
    use EventKind as K;
    match kind {
        K::UserCreated | K::UserUpdated => Role::Admin,
        K::TokenCreated | K::TokenRevoked => Role::Admin,
        K::SettingsChanged => Role::Admin,
        K::CustomerCreated | K::CustomerUpdated | K::CustomerArchived | K::CustomerUnarchived => Role::Viewer,
        K::CustomerErased | K::CustomerRedacted | K::NoteAdded => Role::Viewer,
        K::InvoiceCreated | K::InvoiceUpdated | K::InvoiceIssued | K::InvoiceOverdue => Role::Viewer,
        K::InvoiceVoided | K::InvoiceCredited | K::InvoiceWrittenOff | K::InvoiceRecovered => Role::Viewer,
        K::PaymentPending | K::PaymentProcessing | K::PaymentCompleted | K::PaymentFailed => Role::Viewer,
        K::PaymentCanceled | K::PaymentUnknown | K::PaymentRefunded => Role::Viewer,
        K::PaymentReversed | K::PaymentReallocated => Role::Viewer,
        K::ImportCommitted | K::ImportFinished | K::ImportUndone => Role::Viewer,
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn every_kind_of_event_reaches_those_who_may_know_and_nobody_else() {
    let app = TestApp::with(|config| config.demonstration = true).await;
    let ada = app.admin().await;
    let people = app.one_of_each(&ada).await;
    assert_eq!(Socket::open(&app, &[]).await.err(), Some(401), "without a role, no socket at all");
    let mut sockets = Vec::new();
    for (role, person) in &people {
        let mut socket = Socket::of(&app, person).await;
        let seq = socket.hello().await;
        socket.subscribe(seq).await;
        sockets.push((*role, socket));
    }
    everything_happens(&app, &ada).await;
    // Something that everybody is told of comes last, so that each has heard all that is for them.
    ada.owing("The last", "1", &app.day(1)).await;

    for (role, socket) in &mut sockets {
        let heard: BTreeSet<String> = heard_until_the_last(socket).await;
        let meant: BTreeSet<String> = EventKind::ALL
            .iter()
            // No setting can be changed while the server runs.
            .filter(|kind| **kind != EventKind::SettingsChanged && told_to(**kind) <= *role)
            .map(ToString::to_string)
            .collect();
        assert_eq!(heard, meant, "what a {role} is told of");
    }
    app.finish().await;
}

async fn heard_until_the_last(socket: &mut Socket) -> BTreeSet<String> {
    let mut heard = BTreeSet::new();
    loop {
        let event = socket.next_of("event").await;
        heard.insert(text(&event["kind"]));
        if event["data"]["customer"]["name"] == "The last" {
            return heard;
        }
    }
}

/// At least one event of every kind.
async fn everything_happens(app: &TestApp, ada: &Person) {
    let (nora, _) = app.register("Nora").await;
    let nora = text(&nora.is(201).body["user"]["id"]);
    ada.patch(&format!("/users/{nora}"), json!({ "name": "Nora N." })).await.is(200);
    let token = ada.post("/tokens", json!({ "name": "Script", "role": "viewer" })).await.is(201).body;
    ada.delete(&format!("/tokens/{}", text(&token["id"]))).await.is(204);
    customers(ada).await;
    invoices(app, ada).await;
    payments(app, ada).await;
    imports(ada).await;
    ada.owing("Late", "5", &app.day(1)).await;
    ada.post("/demo/advance", json!({ "days": 3 })).await.is(200);
    eventually("an invoice is overdue", async || {
        !ada.get("/notifications?kind=invoice.overdue").await.rows().is_empty()
    })
    .await;
}

async fn customers(ada: &Person) {
    let nobody = ada.post("/customers", json!({ "name": "Nobody's" })).await.is(201).body;
    let path = format!("/customers/{}", text(&nobody["id"]));
    ada.patch(&path, json!({ "phone": "555 0100" })).await.is(200);
    ada.post(&format!("{path}/notes"), json!({ "text": "Called." })).await.is(201);
    ada.post(&format!("{path}/archive"), json!({})).await.is(200);
    ada.post(&format!("{path}/unarchive"), json!({})).await.is(200);
    ada.post(&format!("{path}/archive"), json!({})).await.is(200);
    ada.post(&format!("{path}/erase"), json!({})).await.is(200);
    let mistake = ada.post("/customers", json!({ "name": "A mistake" })).await.is(201).body;
    ada.delete(&format!("/customers/{}", text(&mistake["id"]))).await.is(204);
}

async fn invoices(app: &TestApp, ada: &Person) {
    let customer = ada.post("/customers", json!({ "name": "Buys" })).await.is(201).body;
    let invoice = async |key: &str, status: &str| {
        let body = json!({
            "customer_id": customer["id"], "total": { "amount": "10" }, "due_date": app.day(9), "status": status,
        });
        text(&ada.post_once("/invoices", key, body).await.is(201).body["id"])
    };
    let drafted = invoice("drafted", "draft").await;
    ada.patch(&format!("/invoices/{drafted}"), json!({ "memo": "Second try" })).await.is(200);
    ada.post(&format!("/invoices/{drafted}/issue"), json!({})).await.is(200);
    ada.post(&format!("/invoices/{drafted}/void"), json!({ "reason": "No" })).await.is(200);
    let bad = invoice("bad", "open").await;
    let some = json!({ "amount": { "amount": "1" }, "reason": "Damaged" });
    ada.post_once(&format!("/invoices/{bad}/credit"), "credit", some).await.is(200);
    let off = format!("/invoices/{bad}/write-off");
    ada.post_once(&off, "off", json!({ "reason": "Insolvent" })).await.is(200);
    let back = format!("/invoices/{bad}/recover");
    ada.post_once(&back, "back", json!({ "reason": "Dividend" })).await.is(200);
}

async fn payments(app: &TestApp, ada: &Person) {
    let customer = ada.owing("Pays", "100", &app.day(9)).await;
    let paid = async |amount: &str| text(&ada.pay(&customer, amount, amount).await.is(201).body["id"]);
    let moved = paid("11").await;
    ada.post(&format!("/payments/{moved}/allocations"), json!({ "allocations": [] })).await.is(200);
    ada.post_once(&format!("/payments/{moved}/refund"), "refund", json!({ "reason": "Twice" })).await.is(200);
    let bounced = paid("12").await;
    let reason = json!({ "reason": "Bounced" });
    ada.post_once(&format!("/payments/{bounced}/reverse"), "reverse", reason).await.is(200);
    let pending = json!({
        "customer_id": customer["id"], "amount": { "amount": "13" }, "status": "pending",
    });
    let pending = ada.post_once("/payments", "pending", pending).await.is(201).body;
    let cancel = format!("/payments/{}/cancel", text(&pending["id"]));
    ada.post(&cancel, json!({ "reason": "Typed twice" })).await.is(200);
    for (outcome, status) in [("decline", "failed"), ("timeout", "unknown")] {
        let body = json!({ "customer_id": customer["id"], "amount": { "amount": "1" }, "outcome": outcome });
        let started: Value = ada.post_once("/payments/simulate", outcome, body).await.is(202).body;
        let path = format!("/payments/{}", text(&started["id"]));
        eventually(status, async || ada.get(&path).await.is(200).body["status"] == status).await;
    }
}

async fn imports(ada: &Person) {
    let import = ada.import("customers.csv", b"Name,Email\nImported,imp@example.com\n".to_vec()).await;
    let id = text(&import["id"]);
    ada.post(&format!("/imports/{id}/undo"), json!({})).await.is(202);
    ada.import_at(&id, &["undone"]).await;
}
