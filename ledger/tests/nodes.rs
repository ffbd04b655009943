//! Two servers on one database: each decides on what it read, and the head row of the books lets only one of them be
//! right at a time.
#![allow(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]

mod common;

use std::sync::Arc;

use common::{open, owing, pay, person, proven, usd};
use domain::account::NewPayment;
use domain::presence::Presence;
use domain::{EventKind, Role};
use ledger::{Clock, Error, EventQuery, Idempotency, StatusChange};
use tokio::sync::watch::Receiver;

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

#[tokio::test(flavor = "multi_thread")]
async fn what_is_read_through_one_node_is_told_by_the_other() {
    let one = open(&Clock::default()).await;
    let ada = person(&one, None, "Ada", Role::Admin).await;
    let other = one.second_node().await.unwrap();
    one.start();
    other.start();
    owing(&one, &ada, "Alice", "100.00", PAST).await;
    let mut changes = other.inbox_changes(&ada);
    let before = other.inbox(&ada).await.unwrap();
    changes.mark_unchanged();
    assert!(before.unread > 0);
    let read = one.mark_all_read(&ada).await.unwrap();
    let wait = std::time::Duration::from_secs(5);
    tokio::time::timeout(wait, changes.changed()).await.unwrap().unwrap();
    let after = other.inbox(&ada).await.unwrap();
    assert_eq!((after.version, after.unread), (read.version, 0));
    one.close().await;
    other.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn who_is_at_a_customer_is_told_on_every_node() {
    let clock = Clock::default();
    let one = open(&clock).await;
    let ada = person(&one, None, "Ada", Role::Admin).await;
    let bob = person(&one, Some(&ada), "Bob", Role::Collector).await;
    let other = one.second_node().await.unwrap();
    one.start();
    other.start();
    let acme = owing(&one, &ada, "Acme", "100.00", PAST).await.id;
    let (mut here, mut there) = (one.seat(&ada), other.seat(&bob));
    let mut seen_here = here.watch(acme.clone()).await.unwrap();
    let mut seen_there = there.watch(acme.clone()).await.unwrap();
    let both = |seen: &Presence| seen.people.iter().map(|person| person.name.as_str()).eq(["Ada", "Bob"]);
    until(&mut seen_here, both).await;
    until(&mut seen_there, both).await;

    // Claimed here, taken over there, given back there: each node ends with what was said last.
    let holder = |seen: &Presence| seen.claim.as_ref().map(|claim| claim.person.id.clone());
    here.claim(&acme, None).unwrap();
    until(&mut seen_there, |seen| holder(seen) == Some(ada.id.clone())).await;
    there.claim(&acme, Some(&ada.id)).unwrap();
    until(&mut seen_here, |seen| holder(seen) == Some(bob.id.clone())).await;
    there.release(&acme).unwrap();
    until(&mut seen_here, |seen| holder(seen).is_none()).await;
    here.claim(&acme, None).unwrap();
    until(&mut seen_there, |seen| holder(seen) == Some(ada.id.clone())).await;

    // A node that ends takes its people along, and leaves what they said.
    one.close().await;
    let alone = |seen: &Presence| seen.people.iter().map(|person| person.name.as_str()).eq(["Bob"]);
    until(&mut seen_there, |seen| alone(seen) && holder(seen) == Some(ada.id.clone())).await;
    // For half an hour.
    clock.advance(chrono::Duration::minutes(31));
    until(&mut seen_there, |seen| holder(seen).is_none()).await;
    other.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn people_of_a_node_that_crashed_are_gone_after_a_minute() {
    let clock = Clock::default();
    let one = open(&clock).await;
    let ada = person(&one, None, "Ada", Role::Admin).await;
    let bob = person(&one, Some(&ada), "Bob", Role::Collector).await;
    let acme = owing(&one, &ada, "Acme", "100.00", PAST).await.id;
    let other = one.second_node().await.unwrap();
    other.start();
    let process = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
    process.spawn({
        let (one, acme) = (one.clone(), acme.clone());
        async move {
            one.start();
            let mut seat = one.seat(&ada);
            seat.watch(acme).await.unwrap();
            std::future::pending::<()>().await;
        }
    });
    let mut seat = other.seat(&bob);
    let mut seen = seat.watch(acme).await.unwrap();
    let names = |seen: &Presence, names: &[&str]| {
        seen.people.iter().map(|person| person.name.as_str()).eq(names.iter().copied())
    };
    until(&mut seen, |seen| names(seen, &["Ada", "Bob"])).await;
    // It has no time to take its leave.
    process.shutdown_background();
    clock.advance(chrono::Duration::seconds(61));
    until(&mut seen, |seen| names(seen, &["Bob"])).await;
    other.close().await;
}

/// Waits until what is seen is as it should be.
async fn until(seen: &mut Receiver<Arc<Presence>>, is_so: impl Fn(&Presence) -> bool) {
    let waited = tokio::time::timeout(std::time::Duration::from_secs(10), seen.wait_for(|seen| is_so(seen)));
    let _ = waited.await.unwrap_or_else(|_| panic!("waited in vain")).unwrap();
}
