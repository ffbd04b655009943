//! The books, through the use cases.
#![allow(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]

mod common;

use chrono::Duration;
use common::{import_csv, open, owing, pay, person, proven, usd};
use domain::account::NewPayment;
use domain::customer::{CustomerFilter, CustomerSort, SortBy};
use domain::{CustomerPatch, CustomerStatus, EventKind, NewCustomer, PaymentStatus, Role};
use ledger::{
    Client, Clock, Credentials, CustomerQuery, Error, EventQuery, Idempotency, InvoiceQuery, NewSimulation,
    NotificationQuery, PaymentQuery, StatusChange,
};

const PAST: &str = "2025-03-20";

#[tokio::test(flavor = "multi_thread")]
async fn a_payment_settles_the_oldest_debt_and_its_undoing_brings_it_back() {
    let ledger = open(&Clock::default()).await;
    let ada = person(&ledger, None, "Ada", Role::Admin).await;
    let alice = owing(&ledger, &ada, "Alice", "210.00", PAST).await;
    assert_eq!((alice.status, alice.outstanding.to_decimal()), (CustomerStatus::Overdue, "210.00".into()));

    let payment = pay(&ledger, &ada, &alice, "250.00", "k1").await;
    assert_eq!(payment.status, PaymentStatus::Completed);
    assert_eq!(payment.unapplied.to_decimal(), "40.00");
    let after = ledger.customer(&ada, &alice.id).await.unwrap().value;
    assert_eq!(after.status, CustomerStatus::Paid);
    assert_eq!(after.unapplied.to_decimal(), "40.00");
    assert_eq!(after.version, alice.version + 1);

    let change =
        StatusChange { status: "pending".into(), reason: Some("Cheque not cleared".into()), version: None };
    let pending = ledger.set_payment_status(&ada, &payment.id, &change).await.unwrap();
    assert_eq!(pending.status, PaymentStatus::Pending);
    assert!(pending.allocations.is_empty());
    let after = ledger.customer(&ada, &alice.id).await.unwrap().value;
    assert_eq!((after.status, after.unapplied.to_decimal()), (CustomerStatus::Overdue, "0.00".into()));

    let change = StatusChange { status: "completed".into(), ..StatusChange::default() };
    ledger.set_payment_status(&ada, &payment.id, &change).await.unwrap();
    let again = ledger.set_payment_status(&ada, &payment.id, &change).await;
    assert!(matches!(again, Err(Error::Conflict { code: "invalid_transition", .. })), "{again:?}");
    let timeline = ledger.timeline(&ada, &alice.id, None, None).await.unwrap();
    let kinds: Vec<_> = timeline.data.iter().map(|event| event.kind).collect();
    use EventKind::{CustomerCreated, PaymentCompleted, PaymentPending};
    assert_eq!(kinds, [PaymentCompleted, PaymentPending, PaymentCompleted, CustomerCreated]);
    proven(&ledger).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_makes_a_payment_happen_once_even_when_sent_at_the_same_time() {
    let ledger = open(&Clock::default()).await;
    let ada = person(&ledger, None, "Ada", Role::Admin).await;
    let alice = owing(&ledger, &ada, "Alice", "100.00", PAST).await;
    let new = NewPayment { customer_id: alice.id.to_string(), amount: usd("30.00"), ..NewPayment::default() };
    let key = Idempotency::new("same", "POST /payments", b"30");
    let answers = futures::future::join_all((0..8).map(|_| ledger.record_payment(&ada, &new, &key))).await;
    let answers: Vec<_> = answers.into_iter().map(Result::unwrap).collect();
    assert_eq!(answers.iter().filter(|answer| !answer.replay).count(), 1);
    assert!(answers.iter().all(|answer| answer.value == answers[0].value));
    let other = Idempotency::new("same", "POST /payments", b"31");
    assert!(matches!(ledger.record_payment(&ada, &new, &other).await, Err(Error::KeyReused)));
    let after = ledger.customer(&ada, &alice.id).await.unwrap().value;
    assert_eq!(after.outstanding.to_decimal(), "70.00");
    proven(&ledger).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn many_at_once_lose_nothing_and_leave_no_gap() {
    let ledger = open(&Clock::default()).await;
    let ada = person(&ledger, None, "Ada", Role::Admin).await;
    let customers = futures::future::join_all((0..5).map(|n| {
        let (ledger, ada) = (ledger.clone(), ada.clone());
        async move { owing(&ledger, &ada, &format!("Customer {n}"), "1000.00", PAST).await }
    }))
    .await;
    futures::future::join_all((0..100).map(|n| {
        let (ledger, ada, customer) = (ledger.clone(), ada.clone(), customers[n % 5].clone());
        async move { pay(&ledger, &ada, &customer, "10.00", &format!("k{n}")).await }
    }))
    .await;
    for customer in &customers {
        let after = ledger.customer(&ada, &customer.id).await.unwrap().value;
        assert_eq!(after.outstanding.to_decimal(), "800.00");
    }
    let mut after = 0;
    loop {
        let events = ledger.events(&ada, EventQuery { after, limit: Some(50) }).await.unwrap();
        if events.is_empty() {
            break;
        }
        for event in events {
            after += 1;
            assert_eq!(event.seq, after);
        }
    }
    assert_eq!(after, 1 + 5 + 100);
    proven(&ledger).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn overdue_is_announced_once_also_after_days_of_downtime() {
    let clock = Clock::default();
    let ledger = open(&clock).await;
    let ada = person(&ledger, None, "Ada", Role::Admin).await;
    let today = ledger.business_date();
    let due = |days: i64| (today + Duration::days(days)).to_string();
    let soon = owing(&ledger, &ada, "Soon", "10.00", &due(2)).await;
    owing(&ledger, &ada, "Later", "10.00", &due(30)).await;
    owing(&ledger, &ada, "Long since", "10.00", PAST).await;
    assert_eq!(
        ledger.announce_overdue(today).await.unwrap(),
        0,
        "what is late when entered does not become late"
    );

    clock.advance(Duration::days(2));
    assert_eq!(ledger.announce_overdue(ledger.business_date()).await.unwrap(), 0, "due today is not overdue");
    clock.advance(Duration::days(9));
    assert_eq!(ledger.announce_overdue(ledger.business_date()).await.unwrap(), 1);
    assert_eq!(ledger.announce_overdue(ledger.business_date()).await.unwrap(), 0);
    let ada = {
        let signed_in = ledger
            .sign_in(&Credentials::new("ada@example.com", common::PASSWORD), &Client::default())
            .await
            .unwrap();
        ledger.authenticate(&signed_in.access_token).await.unwrap()
    };
    let late = ledger.customer(&ada, &soon.id).await.unwrap().value;
    assert_eq!(late.status, CustomerStatus::Overdue);
    let query = NotificationQuery {
        kind: Some(domain::notification::NotificationKind::InvoiceOverdue),
        ..NotificationQuery::default()
    };
    let told = ledger.notifications(&ada, &query).await.unwrap().value;
    assert_eq!(told.data.len(), 1);
    assert!(told.data[0].text.contains("Soon"), "{}", told.data[0].text);
    proven(&ledger).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_grid_filters_sorts_finds_and_pages() {
    let ledger = open(&Clock::default()).await;
    let ada = person(&ledger, None, "Ada", Role::Admin).await;
    for (name, amount) in [("Alice", "30.00"), ("Bob", "10.00"), ("Carla", "20.00"), ("Dora", "10.00")] {
        owing(&ledger, &ada, name, amount, PAST).await;
    }
    let plain =
        NewCustomer { name: "Emil".into(), email: Some("emil@calibre.io".into()), ..NewCustomer::default() };
    ledger.create_customer(&ada, &plain, None).await.unwrap();
    let names = async |query: CustomerQuery| {
        let page = ledger.customers(&ada, &query).await.unwrap().value;
        let names: Vec<_> = page.data.into_iter().map(|customer| customer.name).collect();
        (names, page.page.total, page.page.next_cursor)
    };
    let (all, total, next) = names(CustomerQuery::default()).await;
    assert_eq!((all.join(" "), total, next), ("Alice Bob Carla Dora Emil".into(), 5, None));
    let found = CustomerFilter { q: Some("ALI".into()), ..CustomerFilter::default() };
    assert_eq!(names(CustomerQuery { filter: found, ..Default::default() }).await.0, ["Alice", "Emil"]);
    let paid = CustomerFilter { status: Some(CustomerStatus::Paid), ..CustomerFilter::default() };
    assert_eq!(names(CustomerQuery { filter: paid, ..Default::default() }).await.0, ["Emil"]);
    let between = CustomerFilter {
        min_outstanding: Some(10 * 10_000),
        max_outstanding: Some(20 * 10_000),
        ..CustomerFilter::default()
    };
    assert_eq!(names(CustomerQuery { filter: between, ..Default::default() }).await.1, 3);
    for field in CustomerSort::ALL {
        for descending in [false, true] {
            let sort = vec![SortBy { field, descending }];
            let whole = names(CustomerQuery { sort: sort.clone(), ..Default::default() }).await.0;
            let (mut pages, mut cursor) = (Vec::new(), None);
            loop {
                let query =
                    CustomerQuery { sort: sort.clone(), limit: Some(2), cursor, ..Default::default() };
                let (rows, total, next) = names(query).await;
                assert_eq!(total, 5);
                pages.extend(rows);
                cursor = next;
                if cursor.is_none() {
                    break;
                }
            }
            assert_eq!(pages, whole, "{field:?} {descending}");
        }
    }
    let query = CustomerQuery { cursor: Some("nonsense".into()), ..Default::default() };
    assert!(matches!(ledger.customers(&ada, &query).await, Err(Error::Invalid(_))));
    let invoices =
        ledger.invoices(&ada, &InvoiceQuery { overdue: Some(true), ..Default::default() }).await.unwrap();
    assert_eq!(invoices.value.page.total, 4);
    proven(&ledger).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_import_saves_what_is_right_and_names_what_is_wrong() {
    let ledger = open(&Clock::default()).await;
    let ada = person(&ledger, None, "Ada", Role::Admin).await;
    let text = "Name,Contact Information,Outstanding Payment Amount,Payment Due Date,Payment Status\n\
        John Doe,john@example.com,150.75,2025-03-10,Pending\n\
        Jane Smith,jane@example.com,320.5,2025-03-15,Paid\n\
        Alice Johnson,alice@example.com,210,2025-03-20,Pending\n\
        Bob Williams,bob@example.com,450.25,2025-03-25,Invalid\n";
    let import = import_csv(&ledger, &ada, text).await;
    assert_eq!(import.state, domain::import::ImportState::CompletedWithErrors, "{:?}", import.failure);
    assert_eq!((import.rows, import.valid, import.invalid, import.created), (4, 3, 1, 3));
    let errors = ledger.import_errors(&ada, &import.id, None, None, None).await.unwrap().data;
    assert_eq!(errors.len(), 1);
    assert_eq!(
        (errors[0].row, errors[0].column.as_str(), errors[0].value.as_str()),
        (5, "Payment Status", "Invalid")
    );
    let counts = ledger.customer_counts(&ada).await.unwrap();
    assert_eq!((counts.all, counts.overdue, counts.paid), (3, 2, 1));

    let references =
        "Reference,Name,Amount,Due date\nA-1,Anna,5.00,2026-01-01\nA-1,Anna again,5.00,2026-01-01\n";
    let import = import_csv(&ledger, &ada, references).await;
    assert_eq!((import.created, import.invalid), (1, 1));
    let import =
        import_csv(&ledger, &ada, "Reference,Name,Amount,Due date\nA-1,Anna,5.00,2026-01-01\n").await;
    assert_eq!((import.created, import.updated, import.skipped), (0, 0, 1));
    let import = import_csv(&ledger, &ada, "Reference,Name,Email\na-1,Anna,anna@example.com\n").await;
    assert_eq!((import.updated, import.skipped), (1, 0));
    proven(&ledger).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_mock_gateway_answers_as_it_was_asked_to() {
    let ledger = open(&Clock::default()).await;
    ledger.start();
    let ada = person(&ledger, None, "Ada", Role::Admin).await;
    let alice = owing(&ledger, &ada, "Alice", "100.00", PAST).await;
    for (outcome, expected) in [
        ("succeed", PaymentStatus::Completed),
        ("decline", PaymentStatus::Failed),
        ("timeout", PaymentStatus::Unknown),
        ("delayed", PaymentStatus::Completed),
    ] {
        let new = NewSimulation {
            customer_id: alice.id.to_string(),
            amount: usd("10.00"),
            outcome: Some(outcome.into()),
            decline_code: None,
            delay_ms: Some(30),
        };
        let key = Idempotency::new(outcome, "simulate", outcome.as_bytes());
        let payment = ledger.simulate_payment(&ada, &new, &key).await.unwrap().value;
        assert_eq!(payment.status, PaymentStatus::Processing);
        let mut status = payment.status;
        for _ in 0..200 {
            status = ledger.payment(&ada, &payment.id).await.unwrap().payment.status;
            if status != PaymentStatus::Processing {
                break;
            }
            tokio::time::sleep(std::time::Duration::from_millis(20)).await;
        }
        assert_eq!(status, expected, "{outcome}");
    }
    let after = ledger.customer(&ada, &alice.id).await.unwrap().value;
    assert_eq!(after.outstanding.to_decimal(), "80.00");
    let payments =
        ledger.payments(&ada, &PaymentQuery { q: Some("alic".into()), ..Default::default() }).await.unwrap();
    assert_eq!(payments.value.page.total, 4);
    ledger.close().await;
    proven(&ledger).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stale_edit_is_refused_with_what_is_there_now() {
    let ledger = open(&Clock::default()).await;
    let ada = person(&ledger, None, "Ada", Role::Admin).await;
    let alice = owing(&ledger, &ada, "Alice", "100.00", PAST).await;
    let rename = |name: &str, version| CustomerPatch {
        name: Some(name.into()),
        version: Some(version),
        ..CustomerPatch::default()
    };
    let changed = ledger.update_customer(&ada, &alice.id, &rename("Alicia", alice.version)).await.unwrap();
    let stale = ledger.update_customer(&ada, &alice.id, &rename("Alina", alice.version)).await;
    let Err(Error::Conflict { code: "stale_version", current: Some(current), .. }) = stale else {
        panic!("{stale:?}")
    };
    assert_eq!(current["name"], "Alicia");
    assert_eq!(current["version"], changed.version);
    let refused = ledger.delete_customer(&ada, &alice.id).await;
    assert!(matches!(refused, Err(Error::Conflict { code: "has_history", .. })), "{refused:?}");
    let plain = NewCustomer { name: "Plain".into(), ..NewCustomer::default() };
    let plain = ledger.create_customer(&ada, &plain, None).await.unwrap().value;
    ledger.delete_customer(&ada, &plain.id).await.unwrap();
    assert!(matches!(ledger.customer(&ada, &plain.id).await, Err(Error::NotFound(_))));
    proven(&ledger).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn each_person_has_their_own_unread_notifications() {
    let ledger = open(&Clock::default()).await;
    let ada = person(&ledger, None, "Ada", Role::Admin).await;
    let bob = person(&ledger, Some(&ada), "Bob", Role::Collector).await;
    ledger.mark_all_read(&ada).await.unwrap();
    ledger.mark_all_read(&bob).await.unwrap();
    let alice = owing(&ledger, &ada, "Alice", "100.00", PAST).await;
    pay(&ledger, &ada, &alice, "10.00", "k").await;
    assert_eq!(ledger.unread_count(&ada).await.unwrap(), 2);
    let newest =
        ledger.notifications(&ada, &NotificationQuery::default()).await.unwrap().value.data[0].clone();
    ledger.mark_read(&ada, &newest.id).await.unwrap();
    ledger.mark_read(&ada, &newest.id).await.unwrap();
    assert_eq!(ledger.unread_count(&ada).await.unwrap(), 1);
    assert_eq!(ledger.unread_count(&bob).await.unwrap(), 2);
    let unread = NotificationQuery { unread: Some(true), ..NotificationQuery::default() };
    assert_eq!(ledger.notifications(&ada, &unread).await.unwrap().value.page.total, 1);
    ledger.mark_all_read(&ada).await.unwrap();
    assert_eq!(ledger.unread_count(&ada).await.unwrap(), 0);
    assert!(matches!(ledger.events(&bob, EventQuery::default()).await, Err(Error::Forbidden { .. })));
    proven(&ledger).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn refresh_tokens_are_used_once_and_a_lost_answer_is_forgiven() {
    let ledger = open(&Clock::default()).await;
    person(&ledger, None, "Ada", Role::Admin).await;
    let first = ledger
        .sign_in(&Credentials::new("ADA@example.com", common::PASSWORD), &Client::default())
        .await
        .unwrap();
    let second = ledger.refresh(&first.refresh_token).await.unwrap();
    let lost = ledger.refresh(&first.refresh_token).await.unwrap();
    assert_eq!(lost.refresh_token, second.refresh_token, "the answer was lost: the same successor again");
    let third = ledger.refresh(&second.refresh_token).await.unwrap();
    assert!(ledger.authenticate(&third.access_token).await.is_ok());
    assert!(ledger.refresh(&first.refresh_token).await.is_err(), "its successor was used: stolen");
    assert!(ledger.refresh(&third.refresh_token).await.is_err(), "and the whole family is gone");
    assert!(ledger.authenticate(&third.access_token).await.is_err());
    let wrong = ledger
        .sign_in(&Credentials::new("ada@example.com", "something else"), &Client::default())
        .await
        .err()
        .map(|e| e.to_string());
    let nobody = ledger
        .sign_in(&Credentials::new("nobody@example.com", "something else"), &Client::default())
        .await
        .err()
        .map(|e| e.to_string());
    assert_eq!(wrong, nobody);
}

#[tokio::test(flavor = "multi_thread")]
async fn frames_come_in_order_and_resume_without_gap_or_repeat() {
    let ledger = open(&Clock::default()).await;
    ledger.start();
    let ada = person(&ledger, None, "Ada", Role::Admin).await;
    let mut tail = ledger.tail();
    let alice = owing(&ledger, &ada, "Alice", "100.00", PAST).await;
    for n in 0..20 {
        pay(&ledger, &ada, &alice, "1.00", &format!("k{n}")).await;
    }
    let mut last = tail.seq;
    while last < 22 {
        let wait = std::time::Duration::from_secs(5);
        let frame = tokio::time::timeout(wait, tail.frames.recv()).await.unwrap().unwrap();
        if frame.seq > tail.seq {
            assert_eq!(frame.seq, last + 1);
            last = frame.seq;
            assert!(!String::from_utf8_lossy(&frame.json).contains("\"changes\""));
        }
    }
    let missed = ledger.frames_between(3, 22, 1000).await.unwrap();
    assert_eq!(missed.iter().map(|frame| frame.seq).collect::<Vec<_>>(), (4..=22).collect::<Vec<_>>());
    ledger.close().await;
    proven(&ledger).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_closed_ledger_opens_again_with_everything_on_disk() {
    let dir = tempfile::tempdir().unwrap();
    let url = format!("rocksdb://{}?sync=every", dir.path().join("db").display());
    let clock = Clock::default();
    let customer = {
        let ledger = ledger::Ledger::open(common::config(&url, clock.clone())).await.unwrap();
        let ada = person(&ledger, None, "Ada", Role::Admin).await;
        let alice = owing(&ledger, &ada, "Alice", "100.00", PAST).await;
        pay(&ledger, &ada, &alice, "25.00", "k").await;
        ledger.close().await;
        alice.id
    };
    let mut opened = None;
    for _ in 0..50 {
        match ledger::Ledger::open(common::config(&url, clock.clone())).await {
            Ok(ledger) => {
                opened = Some(ledger);
                break;
            }
            Err(_) => tokio::time::sleep(std::time::Duration::from_millis(100)).await,
        }
    }
    let ledger = opened.expect("the directory was let go of");
    let signed_in = ledger
        .sign_in(&Credentials::new("ada@example.com", common::PASSWORD), &Client::default())
        .await
        .unwrap();
    let ada = ledger.authenticate(&signed_in.access_token).await.unwrap();
    let found = ledger.customer(&ada, &customer).await.unwrap().value;
    assert_eq!(found.outstanding.to_decimal(), "75.00");
    proven(&ledger).await;
}
