//! Changes of many customers at once, and taking them back.
#![allow(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]

mod common;

use common::{desk, import_csv, owing, pay, person, proven};
use domain::bulk::BulkChange;
use domain::customer::CustomerFilter;
use domain::{Customer, CustomerId, CustomerPatch, EventKind, NewCustomer, Role};
use futures::TryStreamExt;
use ledger::{Caller, CustomerQuery, Error, ExportFormat, Ledger};

async fn made(ledger: &Ledger, caller: &Caller, name: &str, tags: &[&str]) -> Customer {
    let tags = tags.iter().map(|tag| (*tag).to_owned()).collect();
    let new = NewCustomer { name: name.into(), tags, ..NewCustomer::default() };
    ledger.create_customer(caller, &new, None).await.unwrap().value
}

async fn now(ledger: &Ledger, caller: &Caller, customer: &Customer) -> Customer {
    ledger.customer(caller, &customer.id).await.unwrap().value
}

fn ids(customers: &[&Customer]) -> Vec<CustomerId> {
    customers.iter().map(|customer| customer.id.clone()).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn those_assigned_get_back_the_owners_they_had() {
    let (ledger, ada) = desk().await;
    let cora = person(&ledger, Some(&ada), "Cora", Role::Collector).await;
    let (one, two, three) = (
        made(&ledger, &ada, "One", &[]).await,
        made(&ledger, &ada, "Two", &[]).await,
        made(&ledger, &ada, "Three", &[]).await,
    );
    let to = |who: &Caller| BulkChange::Assign { owner: Some(who.id.clone()) };
    ledger.change_customers(&ada, &ids(&[&one]), &to(&ada)).await.unwrap();
    ledger.change_customers(&ada, &ids(&[&three]), &to(&cora)).await.unwrap();

    let done = ledger.change_customers(&cora, &ids(&[&one, &two, &three, &two]), &to(&cora)).await.unwrap();
    assert_eq!((done.changed, done.unchanged, done.refused.len()), (2, 1, 0));
    assert_eq!(now(&ledger, &ada, &two).await.owner, Some(cora.id.clone()));
    let last = ledger.timeline(&ada, &two.id, Some(1), None).await.unwrap().data.remove(0);
    assert_eq!((last.kind, last.actor.name.as_str()), (EventKind::CustomerUpdated, "Cora"));

    let undone = ledger.undo_change(&cora, &done.undo).await.unwrap();
    assert_eq!((undone.changed, undone.refused.len()), (2, 0));
    assert_eq!(now(&ledger, &ada, &one).await.owner, Some(ada.id.clone()));
    assert_eq!(now(&ledger, &ada, &two).await.owner, None);
    assert_eq!(now(&ledger, &ada, &three).await.owner, Some(cora.id.clone()));
    proven(&ledger).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_someone_changed_since_is_not_taken_back() {
    let (ledger, ada) = desk().await;
    let (one, two) = (made(&ledger, &ada, "One", &["vip"]).await, made(&ledger, &ada, "Two", &["old"]).await);
    let add = BulkChange::AddTag { tag: " vip ".into() };
    let done = ledger.change_customers(&ada, &ids(&[&one, &two]), &add).await.unwrap();
    assert_eq!((done.changed, done.unchanged), (1, 1));
    assert_eq!(now(&ledger, &ada, &two).await.tags, ["old", "vip"]);

    // Another change of the row is no obstacle, one of the tag is.
    let rename = CustomerPatch { name: Some("Two Ltd".into()), ..CustomerPatch::default() };
    ledger.update_customer(&ada, &two.id, &rename).await.unwrap();
    let undone = ledger.undo_change(&ada, &done.undo).await.unwrap();
    assert_eq!(undone.changed, 1);
    let after = now(&ledger, &ada, &two).await;
    assert_eq!((after.name.as_str(), after.tags.as_slice()), ("Two Ltd", &["old".to_owned()][..]));
    assert_eq!(now(&ledger, &ada, &one).await.tags, ["vip"]);

    let again = ledger.undo_change(&ada, &done.undo).await.unwrap();
    assert_eq!((again.changed, again.refused[0].count), (0, 1));
    assert_eq!(again.refused[0].names, ["Two Ltd"]);
    proven(&ledger).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn who_owes_is_not_archived_and_said_why() {
    let (ledger, ada) = desk().await;
    let cora = person(&ledger, Some(&ada), "Cora", Role::Collector).await;
    let settled = made(&ledger, &ada, "Settled", &[]).await;
    let owes = owing(&ledger, &ada, "Owes", "5.00", "2026-01-31").await;
    let both = ids(&[&settled, &owes]);
    let refused = ledger.change_customers(&cora, &both, &BulkChange::Archive).await;
    assert!(matches!(refused, Err(Error::Forbidden { .. })));

    let gone = CustomerId::from("cus_gone");
    let wanted = [both.as_slice(), std::slice::from_ref(&gone)].concat();
    let done = ledger.change_customers(&ada, &wanted, &BulkChange::Archive).await.unwrap();
    assert_eq!((done.changed, done.refused.len()), (1, 2));
    let told = done.refused.iter().find(|refusal| refusal.names == ["Owes"]).unwrap();
    assert!(told.reason.contains("outstanding amount"), "{}", told.reason);
    assert!(now(&ledger, &ada, &settled).await.archived_at.is_some());

    let undone = ledger.undo_change(&cora, &done.undo).await;
    assert!(matches!(undone, Err(Error::Forbidden { .. })), "an undo asks for the same role");
    ledger.undo_change(&ada, &done.undo).await.unwrap();
    assert!(now(&ledger, &ada, &settled).await.archived_at.is_none());
    pay(&ledger, &ada, &owes, "5.00", "k").await;
    proven(&ledger).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn hundreds_are_changed_and_restored_and_exported() {
    let (ledger, ada) = desk().await;
    let mut sheet = "Name,Reference\n".to_owned();
    for number in 0..500 {
        sheet.push_str(&format!("Customer {number:03},R-{number:03}\n"));
    }
    import_csv(&ledger, &ada, &sheet).await;
    let filter = CustomerFilter { q: Some("customer".into()), ..CustomerFilter::default() };
    let query = CustomerQuery { filter, ..CustomerQuery::default() };
    let all = ledger.customer_ids(&ada, &query).await.unwrap();
    assert_eq!(all.len(), 500);
    let add = BulkChange::AddTag { tag: "spring".into() };
    let done = ledger.change_customers(&ada, &all, &add).await.unwrap();
    assert_eq!(done.changed, 500);
    let tagged = CustomerFilter { tag: Some("spring".into()), ..CustomerFilter::default() };
    let tagged = CustomerQuery { filter: tagged, ..CustomerQuery::default() };
    assert_eq!(ledger.customers(&ada, &tagged).await.unwrap().value.page.total, 500);

    // Exactly the chosen ones, ordered, whatever else there is.
    let some = [&all[7..9], &all[3..4], &[CustomerId::from("cus_gone")]].concat();
    let export = ledger.export_chosen_customers(&ada, &some, &[], ExportFormat::Csv).await.unwrap();
    let bytes: Vec<Vec<u8>> = export.chunks.try_collect().await.unwrap();
    let text = String::from_utf8(bytes.concat()).unwrap();
    let rows: Vec<&str> = text.lines().skip(1).filter_map(|line| line.split(',').nth(1)).collect();
    assert_eq!(rows, ["Customer 003", "Customer 007", "Customer 008"]);

    ledger.undo_change(&ada, &done.undo).await.unwrap();
    assert_eq!(ledger.customers(&ada, &tagged).await.unwrap().value.page.total, 0);
    proven(&ledger).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wrong_change_touches_nobody() {
    let (ledger, ada) = desk().await;
    let one = made(&ledger, &ada, "One", &[]).await;
    let invalid = |answer: Result<_, Error>| matches!(answer, Err(Error::Invalid(_)));
    assert!(invalid(ledger.change_customers(&ada, &[], &BulkChange::Archive).await.map(|_| ())));
    let many: Vec<CustomerId> = (0..10_001).map(|number| CustomerId::from(format!("cus_{number}"))).collect();
    assert!(invalid(ledger.change_customers(&ada, &many, &BulkChange::Archive).await.map(|_| ())));
    let two_tags = BulkChange::AddTag { tag: "a,b".into() };
    assert!(invalid(ledger.change_customers(&ada, &ids(&[&one]), &two_tags).await.map(|_| ())));
    let to_nobody = BulkChange::Assign { owner: Some("usr_none".into()) };
    let done = ledger.change_customers(&ada, &ids(&[&one]), &to_nobody).await.unwrap();
    assert_eq!((done.changed, done.refused[0].count), (0, 1));
    assert_eq!(now(&ledger, &ada, &one).await, one);
}
