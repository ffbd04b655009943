//! Rows changed behind the committer's back, as a person with the database's password could: `verify` names each.

use std::time::Duration;

use domain::account::NewPayment;
use domain::customer::{MoneyInput, NewCustomer};
use domain::user::Registration;
use domain::{Currency, SignUp};

use crate::{
    AuthConfig, Caller, Client, Clock, Config, Credentials, Idempotency, ImportLimits, Ledger, Organisation,
};

/// Books with a customer who owed 100.00 and paid 40.00: events 1 to 4.
pub(crate) async fn books() -> (Ledger, Caller) {
    let ledger = Ledger::open(Config {
        url: "mem://".to_owned(),
        credentials: None,
        memory: 0,
        data_dir: std::env::temp_dir(),
        organisation: Organisation {
            name: "Test".into(),
            time_zone: "UTC".parse().unwrap(),
            currency: Currency::USD,
        },
        auth: AuthConfig {
            signing_keys: vec![vec![7; 32]],
            sealing_key: vec![5; 32],
            password_attempts: 10,
            access_minutes: 15,
            refresh_days: 30,
            sign_up: SignUp::Open,
        },
        import: ImportLimits {
            max_bytes: 1000,
            max_rows: 10,
            max_columns: 10,
            timeout_seconds: 60,
            workers: 1,
        },
        ageing: Default::default(),
        poll: Duration::from_secs(1),
        clock: Clock::default(),
        demonstration: false,
        gateway: None,
    })
    .await
    .unwrap();
    let password = "seven green kettles".to_owned();
    let ada =
        Registration { name: "Ada".into(), email: "ada@example.com".into(), password: password.clone() };
    ledger.register(&ada, None).await.unwrap();
    let signed_in =
        ledger.sign_in(&Credentials::new(&ada.email, &password), &Client::default()).await.unwrap();
    let ada = ledger.authenticate(&signed_in.access_token).await.unwrap();
    let usd = |amount: &str| MoneyInput { amount: amount.into(), currency: None };
    let new = NewCustomer {
        name: "Alice".into(),
        outstanding: Some(usd("100.00")),
        due_date: Some("2025-03-20".into()),
        ..NewCustomer::default()
    };
    let alice = ledger.create_customer(&ada, &new, None).await.unwrap().value;
    for number in 0..2 {
        let new =
            NewPayment { customer_id: alice.id.to_string(), amount: usd("20.00"), ..NewPayment::default() };
        let key = Idempotency::new(format!("k{number}"), "POST /payments", b"20");
        ledger.record_payment(&ada, &new, &key).await.unwrap();
    }
    (ledger, ada)
}

/// What `verify` says after `tampering`.
async fn found_after(tampering: &str) -> String {
    let (ledger, _) = books().await;
    assert_eq!(ledger.verify().await.unwrap().differences, []);
    ledger.store().fold_totals().await.unwrap();
    ledger.inner.store.db.query(tampering).await.unwrap().check().unwrap();
    let report = ledger.verify().await.unwrap();
    let lines: Vec<String> = report
        .differences
        .iter()
        .map(|difference| format!("{}: {}", difference.subject, difference.message))
        .collect();
    lines.join("\n")
}

#[tokio::test(flavor = "multi_thread")]
async fn a_changed_event_is_found() {
    let found = found_after("UPDATE event:3 SET data = string::replace(data, '20.00', '25.00')").await;
    assert!(found.contains("event 3: was changed after it was written"), "{found}");
    let found = found_after("UPDATE event:2 SET actor_name = 'Somebody else'").await;
    assert!(found.contains("event 2: was changed after it was written"), "{found}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_removed_event_is_found_wherever_it_stood() {
    let found = found_after("DELETE event:2").await;
    assert!(found.contains("event 3: seq 2 is missing before it"), "{found}");
    let found = found_after("DELETE event:4").await;
    assert!(found.contains("head: seq is 4, the last event is 3"), "{found}");
}

#[tokio::test(flavor = "multi_thread")]
async fn reordered_events_are_found() {
    let found = found_after(
        "LET $third = (SELECT * FROM ONLY event:3); LET $fourth = (SELECT * FROM ONLY event:4); DELETE event:3, event:4; \
         CREATE event:3 CONTENT object::extend($fourth, { id: event:3, seq: 3 }); \
         CREATE event:4 CONTENT object::extend($third, { id: event:4, seq: 4 });",
    )
    .await;
    assert!(found.contains("event 3: does not follow from the event before it"), "{found}");
    assert!(found.contains("event 3: was changed after it was written"), "{found}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_figure_that_the_events_do_not_tell_is_found() {
    let found = found_after("UPDATE customer SET outstanding = 0, outstanding_face = 0").await;
    assert!(found.contains("outstanding is 0.00 USD, its open invoices say 6000 minor units"), "{found}");
    assert!(found.contains("the events say"), "{found}");
    let found = found_after("UPDATE invoice SET balance = 9000").await;
    assert!(found.contains("payments, credit notes and write-offs leave 6000 minor units"), "{found}");
    let found = found_after("UPDATE payment SET entries[0].amount = 1999").await;
    assert!(found.contains("its entries say"), "{found}");
    let found = found_after("UPDATE summary:⟨due USD 2025-03-20⟩ SET minor += 1").await;
    assert_eq!(found, "summary due USD 2025-03-20: counts 1 with 6001 minor units, the rows say 1 with 6000");
    for column in
        ["customer SET name_key = 'mallory'", "invoice SET open = false", "payment SET created_us = 0"]
    {
        let found = found_after(&format!("UPDATE {column}")).await;
        assert!(found.contains("can't be found by what it says"), "{column}: {found}");
    }
    let found = found_after("DELETE payment").await;
    assert!(found.contains("the events have it, the rows don't"), "{found}");
}

#[tokio::test(flavor = "multi_thread")]
async fn books_older_than_the_running_totals_are_counted_once() {
    let text = include_str!("../../migrations/0002_summaries.surql");
    let found = found_after(&format!("REMOVE TABLE summary; {text}")).await;
    assert_eq!(found, "");
}
