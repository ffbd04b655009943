//! A snapshot answers in any steps what it answers at once, and stays as it is whatever is committed.

use domain::customer::{CustomerFilter, CustomerSort, SortBy};
use domain::{CustomerPatch, NewCustomer};

use super::Selection;
use crate::store::tamper_tests::books;

#[tokio::test(flavor = "multi_thread")]
async fn ids_come_in_steps_as_they_come_at_once_in_every_order() {
    let (ledger, ada) = books().await;
    for number in 0..25 {
        let new = NewCustomer { name: format!("Customer {}", number % 4), ..NewCustomer::default() };
        ledger.create_customer(&ada, &new, None).await.unwrap();
    }
    let snapshot = ledger.store().snapshot().await.unwrap();
    for (field, descending) in [
        (CustomerSort::Name, false),
        (CustomerSort::Name, true),
        (CustomerSort::Outstanding, true),
        (CustomerSort::NextDueDate, false),
        (CustomerSort::CreatedAt, true),
    ] {
        let sort =
            [SortBy { field, descending }, SortBy { field: CustomerSort::Reference, descending: false }];
        let selection = Selection::customers(&CustomerFilter::default(), &sort);
        let all = snapshot.keys(&selection, 1_000, None).await.unwrap();
        assert!(all.next.is_none());
        assert_eq!(all.ids.len(), 26);
        let (mut ids, mut after) = (Vec::new(), None);
        loop {
            let step = snapshot.keys(&selection, 7, after.as_ref()).await.unwrap();
            ids.extend(step.ids);
            match step.next {
                Some(next) => after = Some(next),
                None => break,
            }
        }
        assert_eq!(ids, all.ids, "{field:?} {descending}");
        let rows = snapshot.customers(&ids).await.unwrap();
        assert!(rows.iter().map(|customer| customer.id.as_str()).eq(ids.iter().map(String::as_str)));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_committed_meanwhile_is_not_in_it() {
    let (ledger, ada) = books().await;
    let selection = Selection::customers(&CustomerFilter::default(), &[]);
    let snapshot = ledger.store().snapshot().await.unwrap();
    let ids = snapshot.keys(&selection, 10, None).await.unwrap().ids;

    let alice = snapshot.customers(&ids).await.unwrap().remove(0);
    let patch = CustomerPatch { name: Some("Alicia".to_owned()), ..CustomerPatch::default() };
    ledger.update_customer(&ada, &alice.id, &patch).await.unwrap();
    let new = NewCustomer { name: "Bob".to_owned(), ..NewCustomer::default() };
    ledger.create_customer(&ada, &new, None).await.unwrap();

    assert_eq!(snapshot.keys(&selection, 10, None).await.unwrap().ids, ids);
    assert_eq!(snapshot.customers(&ids).await.unwrap(), [alice]);
    drop(snapshot);
    let later = ledger.store().snapshot().await.unwrap();
    let ids = later.keys(&selection, 10, None).await.unwrap().ids;
    let mut names: Vec<String> =
        later.customers(&ids).await.unwrap().into_iter().map(|customer| customer.name).collect();
    names.sort();
    assert_eq!(names, ["Alicia", "Bob"]);
}
