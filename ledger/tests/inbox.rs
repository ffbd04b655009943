//! What people have read and want to be told of: each their own, however they are asked.
#![allow(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]

mod common;

use common::{desk, owing, pay, person, proven};
use domain::Role;
use domain::notification::{Delivery, NotificationKind, fold};
use ledger::{Caller, Error, Ledger, NotificationQuery};

const PAST: &str = "2025-03-20";

async fn seqs(ledger: &Ledger, caller: &Caller, query: &NotificationQuery) -> Vec<i64> {
    let page = ledger.notifications(caller, query).await.unwrap().value;
    page.data.iter().map(|told| told.seq).collect()
}

/// The whole inbox, page by page.
async fn inbox(ledger: &Ledger, caller: &Caller, unread: Option<bool>) -> Vec<i64> {
    let mut query = NotificationQuery { unread, ..NotificationQuery::default() };
    let mut seqs = Vec::new();
    loop {
        let page = ledger.inbox_page(caller, &query).await.unwrap().value;
        let shown: Vec<i64> = fold(&page.lines).iter().map(|group| group.first()).collect();
        assert_eq!(page.entries.iter().map(|entry| entry.seq).collect::<Vec<_>>(), shown);
        seqs.extend(page.lines.iter().map(|line| line.seq));
        match page.next_cursor {
            Some(cursor) => query.cursor = Some(cursor),
            None => return seqs,
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_one_reads_is_unread_for_the_others() {
    let (ledger, ada) = desk().await;
    let vera = person(&ledger, Some(&ada), "Vera", Role::Viewer).await;
    let acme = owing(&ledger, &ada, "Acme", "100.00", PAST).await;
    for n in 0..5 {
        pay(&ledger, &ada, &acme, "10.00", &format!("k{n}")).await;
    }
    let before = ledger.inbox(&vera).await.unwrap();
    let all = seqs(&ledger, &vera, &NotificationQuery::default()).await;
    assert_eq!((before.unread, all.len()), (6, 6));
    assert_eq!(inbox(&ledger, &vera, None).await, all);

    let after = ledger.mark_several_read(&vera, &[all[0], all[2], all[2]]).await.unwrap();
    assert_eq!((after.unread, after.version), (4, before.version + 1));
    assert!(after.has_read(all[0]) && after.has_read(all[2]) && !after.has_read(all[1]));
    assert_eq!(ledger.unread_count(&ada).await.unwrap(), 8, "Ada is told of those who registered, too");
    let unread = NotificationQuery { unread: Some(true), ..NotificationQuery::default() };
    assert_eq!(seqs(&ledger, &vera, &unread).await, [all[1], all[3], all[4], all[5]]);
    assert_eq!(inbox(&ledger, &vera, Some(true)).await, [all[1], all[3], all[4], all[5]]);

    // What was read stays read, and reading it again is no news.
    let again = ledger.mark_several_read(&vera, &[all[0]]).await.unwrap();
    assert_eq!(again.version, after.version);
    let missing = ledger.mark_several_read(&vera, &[all[1], 999]).await;
    assert!(matches!(missing, Err(Error::NotFound("notification"))));
    let registered = ledger.mark_several_read(&vera, &[2]).await;
    assert!(matches!(registered, Err(Error::NotFound("notification"))), "not for viewers to know of");
    assert_eq!(ledger.unread_count(&vera).await.unwrap(), 4, "all of them, or none");

    let done = ledger.mark_all_read(&vera).await.unwrap();
    assert_eq!((done.unread, done.read.len()), (0, 0));
    pay(&ledger, &ada, &acme, "10.00", "new").await;
    assert_eq!(ledger.unread_count(&vera).await.unwrap(), 1);
    proven(&ledger).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_read_from_the_oldest_on_is_one_number() {
    let (ledger, ada) = desk().await;
    ledger.mark_all_read(&ada).await.unwrap();
    let acme = owing(&ledger, &ada, "Acme", "1000.00", PAST).await;
    for n in 0..120 {
        pay(&ledger, &ada, &acme, "1.00", &format!("k{n}")).await;
    }
    let mut all = inbox(&ledger, &ada, Some(true)).await;
    assert_eq!(all.len(), 121);
    all.reverse();
    // All but the third.
    let third = all.remove(2);
    let read = ledger.mark_several_read(&ada, &all).await.unwrap();
    assert_eq!((read.unread, read.all_before, read.read.len()), (1, third - 1, 118));
    let read = ledger.mark_several_read(&ada, &[third]).await.unwrap();
    assert_eq!((read.unread, read.read.len()), (0, 0));
    let too_many: Vec<i64> = (0..5_001).collect();
    assert!(matches!(ledger.mark_several_read(&ada, &too_many).await, Err(Error::Invalid(_))));
}

#[tokio::test(flavor = "multi_thread")]
async fn many_of_a_kind_are_one_entry_of_a_page() {
    let (ledger, ada) = desk().await;
    for n in 0..60 {
        owing(&ledger, &ada, &format!("Customer {n}"), "10.00", PAST).await;
    }
    let page = ledger.inbox_page(&ada, &NotificationQuery::default()).await.unwrap().value;
    assert_eq!((page.lines.len(), page.next_cursor), (61, None));
    assert_eq!(page.entries.len(), 2, "sixty customers in one, and Ada's registration");
    let first: Vec<i64> = page.lines.iter().take(3).map(|line| line.seq).collect();
    let opened = ledger.notifications_at(&ada, &first).await.unwrap();
    assert_eq!(opened.iter().map(|entry| entry.seq).collect::<Vec<_>>(), first);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_kind_that_is_off_is_neither_listed_nor_counted() {
    let (ledger, ada) = desk().await;
    let vera = person(&ledger, Some(&ada), "Vera", Role::Viewer).await;
    let acme = owing(&ledger, &ada, "Acme", "100.00", PAST).await;
    pay(&ledger, &ada, &acme, "10.00", "k").await;
    let off = [(NotificationKind::PaymentReceived, Delivery::None)].into_iter().collect();
    let known = ledger.set_notification_preferences(&vera, &off).await.unwrap();
    assert_eq!(known.unread, 1);
    assert_eq!(known.preferences.of(NotificationKind::PaymentReceived), Delivery::None);
    assert_eq!(known.preferences.of(NotificationKind::PaymentFailed), Delivery::Toast);
    assert_eq!(seqs(&ledger, &vera, &NotificationQuery::default()).await.len(), 1);
    assert_eq!(inbox(&ledger, &vera, None).await.len(), 1);
    let payments =
        NotificationQuery { kind: Some(NotificationKind::PaymentReceived), ..NotificationQuery::default() };
    assert!(seqs(&ledger, &vera, &payments).await.is_empty());
    assert_eq!(ledger.unread_count(&ada).await.unwrap(), 4, "others are told as before");

    // One choice leaves the others as they are, and back on, nothing is lost.
    let on = [(NotificationKind::PaymentReceived, Delivery::Inbox)].into_iter().collect();
    pay(&ledger, &ada, &acme, "10.00", "k2").await;
    let known = ledger.set_notification_preferences(&vera, &on).await.unwrap();
    assert_eq!(known.unread, 3);
    assert_eq!(inbox(&ledger, &vera, None).await.len(), 3);
    let admins = [(NotificationKind::UserRegistered, Delivery::Inbox)].into_iter().collect();
    let refused = ledger.set_notification_preferences(&vera, &admins).await;
    assert!(matches!(refused, Err(Error::Invalid(_))));
}
