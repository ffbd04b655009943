//! Two servers on one database: each decides on what it read, and the head row of the books lets only one of them be
//! right at a time.
#![allow(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]

mod common;

use common::{open, owing, pay, person, proven, usd};
use domain::account::NewPayment;
use domain::{EventKind, Role};
use ledger::{Clock, Error, EventQuery, Idempotency, StatusChange};

const PAST: &str = "2025-03-20";

#[tokio::test(flavor = "multi_thread")]
async fn payments_through_both_nodes_are_all_counted_once() {
    let one = open(&Clock::default()).await;
    let other = one.second_node().await.unwrap();
    let ada = person(&one, None, "Ada", Role::Admin).await;
    let alice = owing(&one, &ada, "Alice", "1000.00", PAST).await;
    let bob = owing(&other, &ada, "Bob", "1000.00", PAST).await;
    let nodes = [one.clone(), other.clone()];
    let payments = (0..80).map(|n| {
        let (node, ada) = (nodes[n % 2].clone(), ada.clone());
        // Both customers through both nodes.
        let customer = if n % 4 < 2 { alice.clone() } else { bob.clone() };
        async move { pay(&node, &ada, &customer, "10.00", &format!("k{n}")).await }
    });
    futures::future::join_all(payments).await;
    for customer in [&alice, &bob] {
        let after = one.customer(&ada, &customer.id).await.unwrap().value;
        assert_eq!(after.outstanding.to_decimal(), "600.00");
        assert_eq!(after, other.customer(&ada, &customer.id).await.unwrap().value);
    }
    let events = one.events(&ada, EventQuery { after: 0, limit: Some(200) }).await.unwrap();
    let seqs: Vec<i64> = events.iter().map(|event| event.seq).collect();
    assert_eq!(seqs, (1..=3 + 80).collect::<Vec<_>>());
    proven(&other).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn one_key_sent_to_both_nodes_pays_once() {
    let one = open(&Clock::default()).await;
    let other = one.second_node().await.unwrap();
    let ada = person(&one, None, "Ada", Role::Admin).await;
    let alice = owing(&one, &ada, "Alice", "100.00", PAST).await;
    for round in 0..10 {
        let new =
            NewPayment { customer_id: alice.id.to_string(), amount: usd("10.00"), ..NewPayment::default() };
        let key = Idempotency::new(format!("round {round}"), "POST /payments", b"10");
        let (here, there) =
            tokio::join!(one.record_payment(&ada, &new, &key), other.record_payment(&ada, &new, &key));
        let (here, there) = (here.unwrap(), there.unwrap());
        assert_eq!(here.value, there.value);
        assert!(here.replay ^ there.replay, "one of the two happened, the other is told of it");
    }
    let after = one.customer(&ada, &alice.id).await.unwrap().value;
    assert_eq!(after.outstanding.to_decimal(), "0.00");
    proven(&one).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn of_two_changes_of_one_payment_one_is_refused() {
    let one = open(&Clock::default()).await;
    let other = one.second_node().await.unwrap();
    let ada = person(&one, None, "Ada", Role::Admin).await;
    let alice = owing(&one, &ada, "Alice", "100.00", PAST).await;
    for round in 0..10 {
        let payment = pay(&one, &ada, &alice, "5.00", &format!("k{round}")).await;
        let change = StatusChange {
            status: "pending".into(),
            reason: Some("not on the statement".into()),
            ..StatusChange::default()
        };
        let (here, there) = tokio::join!(
            one.set_payment_status(&ada, &payment.id, &change),
            other.set_payment_status(&ada, &payment.id, &change)
        );
        let outcomes = [here, there];
        assert_eq!(outcomes.iter().filter(|outcome| outcome.is_ok()).count(), 1, "{outcomes:?}");
        let refused = outcomes.into_iter().find_map(Result::err).unwrap();
        assert!(matches!(refused, Error::Conflict { code: "invalid_transition", .. }), "{refused:?}");
    }
    proven(&one).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn each_node_tells_its_screens_what_the_other_committed() {
    let one = open(&Clock::default()).await;
    let ada = person(&one, None, "Ada", Role::Admin).await;
    let other = one.second_node().await.unwrap();
    one.start();
    other.start();
    let mut tail = other.tail();
    let alice = owing(&one, &ada, "Alice", "100.00", PAST).await;
    pay(&other, &ada, &alice, "10.00", "k1").await;
    pay(&one, &ada, &alice, "10.00", "k2").await;
    let mut told = Vec::new();
    while told.len() < 3 {
        let wait = std::time::Duration::from_secs(5);
        let frame = tokio::time::timeout(wait, tail.frames.recv()).await.unwrap().unwrap();
        if frame.seq > tail.seq {
            told.push(frame.kind);
        }
    }
    assert_eq!(told, [EventKind::CustomerCreated, EventKind::PaymentCompleted, EventKind::PaymentCompleted]);
    one.close().await;
    other.close().await;
    proven(&one).await;
}
