//! The live query killed behind the relay's back: nobody misses an event, and it is opened again.

use std::collections::BTreeMap;
use std::time::Duration;

use domain::customer::NewCustomer;
use surrealdb::types::{SurrealValue, Value};

use super::Store;
use super::tamper_tests::books;
use crate::{Caller, Ledger, Tail};

#[derive(SurrealValue)]
struct TableInfo {
    lives: BTreeMap<String, Value>,
}

/// The live queries on the log.
async fn live_queries(store: &Store) -> Vec<String> {
    let info: Option<TableInfo> = store.db.query("INFO FOR TABLE event").await.unwrap().take(0).unwrap();
    info.unwrap().lives.into_keys().collect()
}

async fn kill_live_queries(store: &Store) {
    for id in live_queries(store).await {
        store.db.query(format!("KILL u'{id}'")).await.unwrap().check().unwrap();
    }
}

async fn add_customer(ledger: &Ledger, caller: &Caller, name: &str) {
    let new = NewCustomer { name: name.into(), ..NewCustomer::default() };
    ledger.create_customer(caller, &new, None).await.unwrap();
}

/// Waits until the tail has handed out event `seq`; each event must come once, in order.
async fn expect(tail: &mut Tail, seq: i64) {
    while tail.seq < seq {
        let frame = tokio::time::timeout(Duration::from_secs(20), tail.frames.recv()).await.unwrap().unwrap();
        if frame.seq > tail.seq {
            assert_eq!(frame.seq, tail.seq + 1);
            tail.seq = frame.seq;
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_live_query_that_was_killed_costs_no_event_and_is_opened_again() {
    let (writer, ada) = books().await;
    let reader = writer.second_node().await.unwrap();
    reader.start();
    let mut tail = reader.tail();
    let mut head = writer.seq().await.unwrap();
    while live_queries(reader.store()).await.is_empty() {
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    for round in 0..3 {
        let before = reader.relay_health(None).await.unwrap();
        kill_live_queries(reader.store()).await;
        // Committed by another node: nothing but the poll can tell of it, if the stream does not end.
        add_customer(&writer, &ada, &format!("Round {round}")).await;
        head += 1;
        expect(&mut tail, head).await;
        let opened = async {
            while reader.relay_health(None).await.unwrap().opened == before.opened {
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
        };
        tokio::time::timeout(Duration::from_secs(20), opened).await.expect("it is opened again");
    }
    // The one that was opened last works: what it tells of is not found by looking.
    let before = reader.relay_health(None).await.unwrap();
    add_customer(&writer, &ada, "After").await;
    expect(&mut tail, head + 1).await;
    let after = reader.relay_health(None).await.unwrap();
    assert_eq!((after.silent, after.tail_seq, after.head_seq), (before.silent, head + 1, head + 1));
    reader.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn among_thousands_of_listeners_each_event_comes_once_and_in_order() {
    let (ledger, ada) = books().await;
    ledger.start();
    let mut first = ledger.tail();
    let others: Vec<Tail> = (0..5_000).map(|_| ledger.tail()).collect();
    let head = ledger.seq().await.unwrap();
    let writer = ledger.clone();
    let writing = tokio::spawn(async move {
        for number in 0..40 {
            add_customer(&writer, &ada, &format!("Customer {number}")).await;
        }
    });
    expect(&mut first, head + 40).await;
    writing.await.unwrap();
    for mut tail in others.into_iter().step_by(500) {
        expect(&mut tail, head + 40).await;
        assert!(tail.frames.is_empty());
    }
    assert_eq!(ledger.relay_health(None).await.unwrap().tail_seq, head + 40);
    ledger.close().await;
}
