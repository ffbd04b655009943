//! The index answers as the database does: the same rows, in the same order, with the same totals and cursors.
#![allow(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]

mod common;

use std::time::Duration;

use chrono::{Days, NaiveDate};
use common::{finished, import_csv, open, owing, pay, person, proven, usd};
use domain::account::NewPayment;
use domain::customer::{CustomerFilter, CustomerSort, SortBy};
use domain::import::{MatchKey, Options};
use domain::invoice::NewInvoice;
use domain::{Currency, CustomerStatus, NewCustomer, Role};
use ledger::{
    Caller, Clock, CustomerQuery, Idempotency, InvoiceQuery, Ledger, PaymentQuery, PaymentSort, Upload, Why,
};
use rand::rngs::SmallRng;
use rand::{RngExt, SeedableRng};

/// Names that share words, digits and letters beyond ASCII.
const NAMES: [&str; 8] =
    ["Alder Press", "alder books", "Bergström AB", "Calloway", "Dörr & Söhne", "Press 7", "Zeta", "alder"];

async fn fill(ledger: &Ledger, ada: &Caller) {
    let mut rng = SmallRng::seed_from_u64(7);
    let today = ledger.business_date();
    let mut sheet = "Name,Reference,Email,Outstanding amount,Due date,Currency\n".to_owned();
    for number in 0..60 {
        let name = NAMES[rng.random_range(0..NAMES.len())];
        let due = today + Days::new(rng.random_range(0..40)) - Days::new(20);
        let currency = if number % 7 == 0 { "JPY" } else { "USD" };
        let owed = rng.random_range(0..4) * 100;
        sheet.push_str(&format!("{name},R-{number:02},n{number}@example.com,{owed},{due},{currency}\n"));
    }
    import_csv(ledger, ada, &sheet).await;
    for (number, name) in NAMES.iter().take(6).enumerate() {
        let new = NewCustomer {
            name: (*name).to_owned(),
            tags: if number % 2 == 0 { vec!["vip".to_owned()] } else { Vec::new() },
            owner: (number % 3 == 0).then(|| ada.id.clone()),
            ..NewCustomer::default()
        };
        ledger.create_customer(ada, &new, None).await.unwrap();
    }
}

fn filters(today: NaiveDate, ada: &Caller) -> Vec<CustomerFilter> {
    let none = CustomerFilter::default;
    vec![
        none(),
        CustomerFilter { q: Some("ALD".into()), ..none() },
        CustomerFilter { q: Some("press r-1".into()), ..none() },
        CustomerFilter { q: Some("STRÖM".into()), ..none() },
        CustomerFilter { q: Some("nobody".into()), ..none() },
        CustomerFilter { status: Some(CustomerStatus::Overdue), ..none() },
        CustomerFilter { status: Some(CustomerStatus::Paid), currency: Some(Currency::USD), ..none() },
        CustomerFilter { min_outstanding: Some(1_000_000), max_outstanding: Some(2_000_000), ..none() },
        CustomerFilter { due_from: Some(today), ..none() },
        CustomerFilter { due_from: Some(today - Days::new(5)), due_to: Some(today + Days::new(5)), ..none() },
        CustomerFilter { tag: Some("vip".into()), ..none() },
        CustomerFilter { owner: Some(ada.id.clone()), ..none() },
        CustomerFilter { archived: true, ..none() },
    ]
}

fn orders() -> Vec<Vec<SortBy<CustomerSort>>> {
    let by = |field, descending| SortBy { field, descending };
    let mut orders: Vec<Vec<_>> = CustomerSort::ALL
        .into_iter()
        .flat_map(|field| [vec![by(field, false)], vec![by(field, true)]])
        .collect();
    orders.push(vec![by(CustomerSort::Status, false), by(CustomerSort::Outstanding, true)]);
    orders.push(vec![by(CustomerSort::Outstanding, true), by(CustomerSort::Name, false)]);
    orders
}

/// How many customers were changed and added when they were recognised by their names.
async fn import_by_name(ledger: &Ledger, ada: &Caller, text: &str) -> (i64, i64) {
    let options = Options { key: Some(MatchKey::Name), ..Options::default() };
    let upload = Upload { options, ..Upload::new("names.csv", text.as_bytes().to_vec()) };
    let import = ledger.start_import(ada, upload).await.unwrap();
    let import = finished(ledger, ada, &import).await;
    (import.updated, import.created)
}

/// Waits until the index knows what another node did.
async fn caught_up(index: &Ledger) {
    loop {
        let health = index.relay_health(None).await.unwrap();
        if health.tail_seq == health.head_seq {
            return;
        }
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

/// Payments of all kinds, and an invoice in each state.
async fn settle(ledger: &Ledger, ada: &Caller) {
    let owing = CustomerQuery {
        filter: CustomerFilter {
            min_outstanding: Some(1),
            currency: Some(Currency::USD),
            ..Default::default()
        },
        limit: Some(12),
        ..Default::default()
    };
    let customers = ledger.customers(ada, &owing).await.unwrap().value.data;
    let today = ledger.business_date();
    for (number, customer) in customers.iter().enumerate() {
        let new = NewPayment {
            customer_id: customer.id.to_string(),
            amount: usd(&format!("{}.00", 50 + number % 3 * 50)),
            received_on: Some((today - Days::new(number as u64 % 5)).to_string()),
            method: Some(["bank_transfer", "cash", "card"][number % 3].to_owned()),
            reference: (number % 2 == 0).then(|| format!("Wire ÄB {number}")),
            status: Some(["completed", "pending"][number / 4 % 2].to_owned()),
            ..NewPayment::default()
        };
        let key = format!("settle {number}");
        let key = Idempotency::new(key, "POST /payments", new.amount.amount.as_bytes());
        ledger.record_payment(ada, &new, &key).await.unwrap();
        let invoice = NewInvoice {
            customer_id: customer.id.to_string(),
            number: Some(format!("F-{number}")),
            total: usd("10.00"),
            status: (number % 2 == 0).then(|| "draft".to_owned()),
            due_date: Some((today + Days::new(number as u64)).to_string()),
            ..NewInvoice::default()
        };
        let invoice = ledger.create_invoice(ada, &invoice, None).await.unwrap().value.invoice;
        let why = Why { reason: Some("A test.".into()), ..Why::default() };
        match number % 4 {
            1 => drop(ledger.void_invoice(ada, &invoice.id, &why, None).await.unwrap()),
            3 => drop(ledger.write_off_invoice(ada, &invoice.id, &why, None).await.unwrap()),
            _ => {}
        }
    }
}

/// The same of invoices and payments.
async fn lists_agree(database: &Ledger, index: &Ledger, ada: &Caller) {
    let today = index.business_date();
    let (from, to) = (Some(today - Days::new(3)), Some(today + Days::new(4)));
    let words = ["ald", "PRESS", "f-1", "äb", "press f-", "nobody"].map(|q| Some(q.to_owned()));
    let some =
        index.payments(ada, &PaymentQuery::default()).await.unwrap().value.data.remove(0).payment.customer_id;

    let none = InvoiceQuery::default;
    let mut queries = vec![
        none(),
        InvoiceQuery { overdue: Some(true), ..none() },
        InvoiceQuery { overdue: Some(false), due_from: from, ..none() },
        InvoiceQuery { due_from: from, due_to: to, ..none() },
        InvoiceQuery { customer_id: Some(some.clone()), ..none() },
        InvoiceQuery { customer_id: Some("cus_nobody".into()), ..none() },
    ];
    let states = ["draft", "open", "paid", "void", "uncollectible"];
    queries.extend(states.map(|status| InvoiceQuery { status: Some(status.parse().unwrap()), ..none() }));
    queries.extend(words.clone().map(|q| InvoiceQuery { q, ..none() }));
    for mut query in queries {
        query.limit = Some(7);
        let mut rows = 0;
        loop {
            let expected = database.invoices(ada, &query).await.unwrap().value;
            let found = index.invoices(ada, &query).await.unwrap().value;
            assert_eq!(found, expected, "{query:?}");
            rows += found.data.len() as u64;
            query.cursor = if rows % 2 == 0 { found.page.next_cursor } else { expected.page.next_cursor };
            if query.cursor.is_none() {
                assert_eq!(rows, found.page.total);
                break;
            }
        }
    }

    let none = PaymentQuery::default;
    let mut queries = vec![
        none(),
        PaymentQuery { method: Some("cash".parse().unwrap()), ..none() },
        PaymentQuery { received_from: from, ..none() },
        PaymentQuery { received_from: from, received_to: from, ..none() },
        PaymentQuery { customer_id: Some(some), ..none() },
    ];
    let states = ["completed", "pending", "processing", "failed"];
    queries.extend(states.map(|status| PaymentQuery { status: Some(status.parse().unwrap()), ..none() }));
    queries.extend(words.map(|q| PaymentQuery { q, ..none() }));
    let by = |field, descending| SortBy { field, descending };
    for field in [PaymentSort::ReceivedOn, PaymentSort::Amount, PaymentSort::CreatedAt] {
        queries.extend([true, false].map(|last| PaymentQuery { sort: vec![by(field, last)], ..none() }));
    }
    let both = vec![by(PaymentSort::Amount, true), by(PaymentSort::ReceivedOn, false)];
    queries.push(PaymentQuery { sort: both, ..none() });
    for mut query in queries {
        query.limit = Some(4);
        let mut rows = 0;
        loop {
            let expected = database.payments(ada, &query).await.unwrap().value;
            let found = index.payments(ada, &query).await.unwrap().value;
            assert_eq!(found, expected, "{query:?}");
            rows += found.data.len() as u64;
            query.cursor = if rows % 2 == 0 { found.page.next_cursor } else { expected.page.next_cursor };
            if query.cursor.is_none() {
                assert_eq!(rows, found.page.total);
                break;
            }
        }
    }
}

/// Whether both answer every question alike; pages go on with the other's cursor.
async fn agree(database: &Ledger, index: &Ledger, ada: &Caller) {
    lists_agree(database, index, ada).await;
    for filter in filters(index.business_date(), ada) {
        for sort in orders() {
            let (mut cursor, mut rows) = (None, 0);
            loop {
                let query =
                    CustomerQuery { filter: filter.clone(), sort: sort.clone(), limit: Some(7), cursor };
                let expected = database.customers(ada, &query).await.unwrap().value;
                let found = index.customers(ada, &query).await.unwrap().value;
                assert_eq!(found, expected, "{filter:?} {sort:?}");
                rows += found.data.len() as u64;
                cursor = if rows % 2 == 0 { found.page.next_cursor } else { expected.page.next_cursor };
                if cursor.is_none() {
                    assert_eq!(rows, found.page.total);
                    break;
                }
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_index_answers_as_the_database_does() {
    // Not started, it has no index and asks the database.
    let clock = Clock::default();
    let database = open(&clock).await;
    let ada = person(&database, None, "Ada", Role::Admin).await;
    fill(&database, &ada).await;
    settle(&database, &ada).await;
    let index = database.second_node().await.unwrap();
    index.start();
    while !index.has_index() {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    assert!(!database.has_index());
    agree(&database, &index, &ada).await;

    // What happens now is in it as soon as it is answered.
    let today = index.business_date().to_string();
    let new = owing(&index, &ada, "Brand new", "5.00", &today).await;
    pay(&index, &ada, &new, "2.00", "k").await;
    agree(&database, &index, &ada).await;
    pay(&index, &ada, &new, "3.00", "k2").await;
    index.archive_customer(&ada, &new.id).await.unwrap();
    let gone = NewCustomer { name: "Gone".into(), ..NewCustomer::default() };
    let gone = index.create_customer(&ada, &gone, None).await.unwrap().value;
    index.delete_customer(&ada, &gone.id).await.unwrap();
    import_csv(&index, &ada, "Name,Reference\nRenamed,R-03\nAdded,R-99\n").await;
    agree(&database, &index, &ada).await;

    // Who is called what, and what is to be done about invoices, is found in both alike.
    assert_eq!(import_by_name(&index, &ada, "Name,Notes\nRENAMED,seen\nGone,seen\n").await, (1, 1));
    assert_eq!(import_by_name(&database, &ada, "Name,Notes\nrenamed,twice\ngone,twice\n").await, (2, 0));
    clock.advance(chrono::Duration::days(9));
    let today = index.business_date();
    caught_up(&index).await;
    index.announce_overdue(today).await.unwrap();
    assert_eq!(database.announce_overdue(today).await.unwrap(), 0);
    clock.advance(chrono::Duration::days(2));
    let today = index.business_date();
    database.announce_overdue(today).await.unwrap();
    caught_up(&index).await;
    assert_eq!(index.announce_overdue(today).await.unwrap(), 0);
    lists_agree(&database, &index, &ada).await;
    proven(&index).await;
}
