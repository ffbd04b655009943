//! What a payment gateway may do to the books: answer late, twice, in the wrong order, or not at all.
#![allow(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]

mod common;

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use common::{config, open, owing, person, proven, usd};
use domain::payment::DeclineCode;
use domain::{Payment, PaymentId, PaymentStatus, Role};
use ledger::{
    Callback, Caller, Charge, Client, Clock, Credentials, Gateway, GatewayAnswer, GatewayError, Heard,
    Idempotency, Ledger, NewSimulation, PaymentGateway, Verdict,
};

const PAST: &str = "2025-03-20";

async fn simulate(
    ledger: &Ledger,
    caller: &Caller,
    customer: &domain::Customer,
    outcome: &str,
    delay_ms: i64,
) -> Payment {
    let new = NewSimulation {
        customer_id: customer.id.to_string(),
        amount: usd("10.00"),
        outcome: Some(outcome.into()),
        delay_ms: Some(delay_ms),
        ..NewSimulation::default()
    };
    let key = Idempotency::new(format!("{outcome} {delay_ms}"), "simulate", outcome.as_bytes());
    ledger.simulate_payment(caller, &new, &key).await.unwrap().value
}

async fn becomes(ledger: &Ledger, caller: &Caller, id: &PaymentId, expected: PaymentStatus) -> Payment {
    for _ in 0..600 {
        let payment = ledger.payment(caller, id).await.unwrap().payment;
        if payment.status == expected {
            return payment;
        }
        tokio::time::sleep(Duration::from_millis(25)).await;
    }
    panic!("{id} never became {expected}");
}

#[tokio::test(flavor = "multi_thread")]
async fn every_outcome_ends_where_it_should() {
    let clock = Clock::default();
    let ledger = open(&clock).await;
    ledger.start();
    let ada = person(&ledger, None, "Ada", Role::Admin).await;
    let alice = owing(&ledger, &ada, "Alice", "100.00", PAST).await;
    let mut payments = Vec::new();
    for outcome in ["succeed", "delayed", "duplicate", "out_of_order", "timeout"] {
        payments.push((outcome, simulate(&ledger, &ada, &alice, outcome, 20).await));
    }
    let new = NewSimulation {
        customer_id: alice.id.to_string(),
        amount: usd("10.00"),
        outcome: Some("decline".into()),
        decline_code: Some("expired_card".into()),
        delay_ms: Some(20),
    };
    let declined =
        ledger.simulate_payment(&ada, &new, &Idempotency::new("d", "simulate", b"")).await.unwrap().value;
    let declined = becomes(&ledger, &ada, &declined.id, PaymentStatus::Failed).await;
    assert_eq!(declined.failure.as_deref(), Some("Declined: the card has expired (expired_card)."));
    let (_, timed_out) = payments.pop().unwrap();
    becomes(&ledger, &ada, &timed_out.id, PaymentStatus::Unknown).await;
    clock.advance(chrono::Duration::seconds(15));
    becomes(&ledger, &ada, &timed_out.id, PaymentStatus::Completed).await;
    for (outcome, payment) in &payments {
        let settled = becomes(&ledger, &ada, &payment.id, PaymentStatus::Completed).await;
        assert_eq!(settled.version, 2, "{outcome}: settled once");
    }
    let after = ledger.customer(&ada, &alice.id).await.unwrap().value;
    assert_eq!(after.outstanding.to_decimal(), "50.00");
    ledger.close().await;
    proven(&ledger).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn callbacks_that_come_again_or_too_late_change_nothing() {
    let ledger = open(&Clock::default()).await;
    let ada = person(&ledger, None, "Ada", Role::Admin).await;
    let alice = owing(&ledger, &ada, "Alice", "100.00", PAST).await;
    let payment = simulate(&ledger, &ada, &alice, "succeed", 60_000).await;
    let callback = |verdict| Callback { payment: payment.id.clone(), verdict };
    assert_eq!(ledger.gateway_callback(&callback(None)).await.unwrap(), Heard::Nothing);
    let completed = callback(Some(Verdict::Completed));
    let racing = futures::future::join_all((0..8).map(|_| ledger.gateway_callback(&completed))).await;
    let settled = racing.into_iter().filter(|heard| *heard.as_ref().unwrap() == Heard::Settled).count();
    assert_eq!(settled, 1);
    let declined = callback(Some(Verdict::Declined(DeclineCode::ExpiredCard)));
    assert_eq!(ledger.gateway_callback(&declined).await.unwrap(), Heard::Nothing);
    let nobody = Callback { payment: "pay_none".into(), verdict: Some(Verdict::Completed) };
    assert!(ledger.gateway_callback(&nobody).await.is_err());
    assert_eq!(ledger.customer(&ada, &alice.id).await.unwrap().value.outstanding.to_decimal(), "90.00");
    proven(&ledger).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_on_its_way_is_settled_after_a_restart() {
    let dir = tempfile::tempdir().unwrap();
    let url = format!("rocksdb://{}?sync=every", dir.path().join("db").display());
    let clock = Clock::default();
    let (alice, ids) = {
        let ledger = Ledger::open(config(&url, clock.clone())).await.unwrap();
        let ada = person(&ledger, None, "Ada", Role::Admin).await;
        let alice = owing(&ledger, &ada, "Alice", "100.00", PAST).await;
        // Never started: whatever the gateway announces, nobody hears it.
        let mut ids = Vec::new();
        for (outcome, status) in [
            ("succeed", PaymentStatus::Completed),
            ("decline", PaymentStatus::Failed),
            ("timeout", PaymentStatus::Unknown),
        ] {
            ids.push((simulate(&ledger, &ada, &alice, outcome, 30_000).await.id, status));
        }
        ledger.close().await;
        (alice.id, ids)
    };
    clock.advance(chrono::Duration::minutes(5));
    let mut opened = None;
    for _ in 0..100 {
        match Ledger::open(config(&url, clock.clone())).await {
            Ok(ledger) => {
                opened = Some(ledger);
                break;
            }
            Err(_) => tokio::time::sleep(Duration::from_millis(100)).await,
        }
    }
    let ledger = opened.expect("the directory was let go of");
    ledger.start();
    let signed_in = ledger
        .sign_in(&Credentials::new("ada@example.com", common::PASSWORD), &Client::default())
        .await
        .unwrap();
    let ada = ledger.authenticate(&signed_in.access_token).await.unwrap();
    for (id, status) in &ids {
        becomes(&ledger, &ada, id, *status).await;
    }
    clock.advance(chrono::Duration::seconds(15));
    becomes(&ledger, &ada, &ids[2].0, PaymentStatus::Completed).await;
    let after = ledger.customer(&ada, &alice).await.unwrap().value;
    assert_eq!(after.outstanding.to_decimal(), "80.00");
    ledger.close().await;
    proven(&ledger).await;
}

/// An adapter of somebody else's: it can't be reached at first.
#[derive(Default)]
struct Flaky {
    asked: AtomicU32,
}

impl PaymentGateway for Flaky {
    fn collect(&self, _: Charge) -> GatewayAnswer<'_, ()> {
        Box::pin(async { Err(GatewayError("connection refused".to_owned())) })
    }

    fn look_up(&self, _: Charge) -> GatewayAnswer<'_, Option<Verdict>> {
        let answer = match self.asked.fetch_add(1, Ordering::Relaxed) {
            0 => Err(GatewayError("connection refused".to_owned())),
            1 => Ok(None),
            _ => Ok(Some(Verdict::Completed)),
        };
        Box::pin(async { answer })
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn another_gateway_takes_the_mocks_place() {
    let clock = Clock::default();
    let gateway = Some(Gateway(Arc::new(Flaky::default())));
    let ledger = Ledger::open(ledger::Config { gateway, ..config("mem://", clock.clone()) }).await.unwrap();
    ledger.start();
    let ada = person(&ledger, None, "Ada", Role::Admin).await;
    let alice = owing(&ledger, &ada, "Alice", "100.00", PAST).await;
    let payment = simulate(&ledger, &ada, &alice, "succeed", 0).await;
    becomes(&ledger, &ada, &payment.id, PaymentStatus::Unknown).await;
    clock.advance(chrono::Duration::seconds(15));
    becomes(&ledger, &ada, &payment.id, PaymentStatus::Completed).await;
    ledger.close().await;
    proven(&ledger).await;
}
