//! The grid's index answers as the database does: the same rows, in the same order, with the same totals and cursors.
#![allow(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]

mod common;

use std::time::Duration;

use chrono::{Days, NaiveDate};
use common::{import_csv, open, owing, pay, person, proven};
use domain::customer::{CustomerFilter, CustomerSort, SortBy};
use domain::{Currency, CustomerStatus, NewCustomer, Role};
use ledger::{Caller, Clock, CustomerQuery, Ledger};
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

/// Whether both answer every question alike; pages go on with the other's cursor.
async fn agree(database: &Ledger, index: &Ledger, ada: &Caller) {
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
    let database = open(&Clock::default()).await;
    let ada = person(&database, None, "Ada", Role::Admin).await;
    fill(&database, &ada).await;
    let index = database.second_node().await.unwrap();
    index.start();
    while !index.has_grid() {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    assert!(!database.has_grid());
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
    proven(&index).await;
}
