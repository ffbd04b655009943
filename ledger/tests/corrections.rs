//! Invoices, corrections and ageing, through the use cases.
#![allow(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]

mod common;

use std::collections::HashMap;

use chrono::{Duration, NaiveDate};
use common::{open, owing, pay, person, proven, usd};
use domain::account::{NewAllocation, NewPayment};
use domain::invoice::{InvoicePatch, NewInvoice};
use domain::{CustomerStatus, EventKind, InvoiceStatus, NewCustomer, PaymentStatus, Role};
use ledger::{AgeingQuery, Caller, Clock, Error, Idempotency, InvoiceQuery, Ledger, Why};

const PAST: &str = "2025-03-20";

fn why(reason: &str) -> Why {
    Why { reason: Some(reason.into()), ..Why::default() }
}

fn key(name: &str) -> Idempotency {
    Idempotency::new(name, "test", b"")
}

async fn invoice(ledger: &Ledger, caller: &Caller, new: NewInvoice) -> domain::Invoice {
    ledger.create_invoice(caller, &new, None).await.unwrap().value.invoice
}

fn new_invoice(
    customer: &domain::Customer,
    number: &str,
    total: &str,
    issued: &str,
    terms: &str,
) -> NewInvoice {
    NewInvoice {
        customer_id: customer.id.to_string(),
        number: Some(number.into()),
        total: usd(total),
        issue_date: Some(issued.into()),
        terms: Some(terms.into()),
        ..NewInvoice::default()
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_invoice_goes_from_draft_to_written_off_and_back() {
    let ledger = open(&Clock::default()).await;
    let ada = person(&ledger, None, "Ada", Role::Admin).await;
    let alice = owing(&ledger, &ada, "Alice", "10.00", PAST).await;
    let draft = NewInvoice {
        status: Some("draft".into()),
        ..new_invoice(&alice, "000042", "100.00", "2025-01-10", "end_of_month")
    };
    let invoice = invoice(&ledger, &ada, draft.clone()).await;
    assert_eq!((invoice.number.as_str(), invoice.due_date.to_string().as_str()), ("000042", "2025-01-31"));
    assert_eq!(ledger.customer(&ada, &alice.id).await.unwrap().value.outstanding.to_decimal(), "10.00");
    let taken = ledger.create_invoice(&ada, &draft, None).await;
    assert!(matches!(&taken, Err(Error::Invalid(errors)) if errors.0[0].code == "number_taken"), "{taken:?}");

    let patch = InvoicePatch { total: Some(usd("120.00")), version: Some(1), ..InvoicePatch::default() };
    ledger.edit_invoice(&ada, &invoice.id, &patch).await.unwrap();
    assert!(matches!(
        ledger.edit_invoice(&ada, &invoice.id, &patch).await,
        Err(Error::Conflict { code: "stale_version", .. })
    ));
    let issued = ledger.issue_invoice(&ada, &invoice.id).await.unwrap();
    assert!(issued.overdue);
    let again = ledger.issue_invoice(&ada, &invoice.id).await;
    assert!(matches!(again, Err(Error::Conflict { code: "invalid_transition", .. })), "{again:?}");

    pay(&ledger, &ada, &alice, "50.00", "p1").await;
    let credited = ledger
        .credit_invoice(&ada, &invoice.id, &usd("20.00"), &why("Damaged goods"), None)
        .await
        .unwrap()
        .value;
    assert_eq!(credited.invoice.balance.to_decimal(), "50.00");
    let used = ledger.void_invoice(&ada, &invoice.id, &why("x"), None).await;
    assert!(matches!(used, Err(Error::Conflict { code: "invoice_in_use", .. })), "{used:?}");
    let no_reason = ledger.write_off_invoice(&ada, &invoice.id, &Why::default(), None).await;
    assert!(
        matches!(&no_reason, Err(Error::Invalid(errors)) if errors.0[0].pointer == "/reason"),
        "{no_reason:?}"
    );
    let given_up = ledger.write_off_invoice(&ada, &invoice.id, &why("Insolvent"), None).await.unwrap().value;
    assert_eq!(given_up.invoice.status, InvoiceStatus::Uncollectible);
    let left = ledger.customer(&ada, &alice.id).await.unwrap().value;
    assert_eq!((left.status, left.outstanding.to_decimal()), (CustomerStatus::Overdue, "10.00".into()));
    let recovered = ledger
        .recover_invoice(&ada, &invoice.id, Some(&usd("5.00")), &why("Dividend"), None)
        .await
        .unwrap()
        .value;
    assert_eq!(
        (recovered.invoice.status, recovered.invoice.balance.to_decimal()),
        (InvoiceStatus::Open, "5.00".into())
    );
    pay(&ledger, &ada, &alice, "5.00", "p2").await;
    let after = ledger.customer(&ada, &alice.id).await.unwrap().value;
    assert_eq!(
        (after.outstanding.to_decimal(), after.unapplied.to_decimal()),
        ("10.00".into(), "0.00".into())
    );

    let kinds: Vec<_> = ledger
        .timeline(&ada, &alice.id, None, None)
        .await
        .unwrap()
        .data
        .iter()
        .map(|event| event.kind)
        .collect();
    use EventKind::*;
    let expected = [
        PaymentCompleted,
        InvoiceRecovered,
        InvoiceWrittenOff,
        InvoiceCredited,
        PaymentCompleted,
        InvoiceIssued,
        InvoiceUpdated,
        InvoiceCreated,
        CustomerCreated,
    ];
    assert_eq!(kinds, expected);
    proven(&ledger).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn corrections_are_for_managers_and_happen_once_per_key() {
    let ledger = open(&Clock::default()).await;
    let ada = person(&ledger, None, "Ada", Role::Admin).await;
    let carl = person(&ledger, Some(&ada), "Carl", Role::Collector).await;
    let alice = owing(&ledger, &ada, "Alice", "100.00", PAST).await;
    let payment = pay(&ledger, &carl, &alice, "100.00", "p1").await;
    let refused = ledger.refund_payment(&carl, &payment.id, None, &why("x"), &key("r")).await;
    assert!(matches!(refused, Err(Error::Forbidden { .. })), "{refused:?}");
    let thirty = usd("30.00");
    let racing = (0..6).map(|_| {
        let (ledger, ada, id, amount) = (ledger.clone(), ada.clone(), payment.id.clone(), thirty.clone());
        async move { ledger.refund_payment(&ada, &id, Some(&amount), &why("Overcharged"), &key("r")).await }
    });
    let answers = futures::future::join_all(racing).await;
    assert_eq!(answers.iter().filter(|answer| !answer.as_ref().unwrap().replay).count(), 1);
    let after = ledger.customer(&ada, &alice.id).await.unwrap().value;
    assert_eq!(after.outstanding.to_decimal(), "30.00");
    let reversed = ledger
        .reverse_payment(&ada, &payment.id, Some("chargeback"), &why("Bank took it back"), &key("b"))
        .await
        .unwrap();
    assert_eq!(reversed.value.status, PaymentStatus::Reversed);
    assert_eq!(ledger.customer(&ada, &alice.id).await.unwrap().value.outstanding.to_decimal(), "100.00");
    let again = ledger.refund_payment(&ada, &payment.id, None, &why("x"), &key("r2")).await;
    assert!(matches!(again, Err(Error::Conflict { code: "invalid_transition", .. })), "{again:?}");
    proven(&ledger).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn money_is_moved_undone_and_applied_when_an_invoice_arrives() {
    let ledger = open(&Clock::default()).await;
    let ada = person(&ledger, None, "Ada", Role::Admin).await;
    let alice = owing(&ledger, &ada, "Alice", "100.00", PAST).await;
    let payment = pay(&ledger, &ada, &alice, "150.00", "p1").await;
    let second = invoice(&ledger, &ada, new_invoice(&alice, "2", "80.00", "2025-05-01", "net_30")).await;
    let part = |amount: &str| NewAllocation { invoice_id: second.id.to_string(), amount: usd(amount) };
    let moved = ledger
        .reallocate_payment(&ada, &payment.id, Some(&[part("80.00")]), &Why::default(), None)
        .await
        .unwrap();
    assert_eq!((moved.value.unapplied.to_decimal(), moved.value.allocations.len()), ("70.00".into(), 1));
    let too_much =
        ledger.reallocate_payment(&ada, &payment.id, Some(&[part("80.01")]), &Why::default(), None).await;
    assert!(
        matches!(&too_much, Err(Error::Invalid(errors)) if errors.0[0].code == "above_balance"),
        "{too_much:?}"
    );
    assert_eq!(ledger.apply_unapplied(&ada, &alice.id).await.unwrap().to_decimal(), "70.00");
    assert_eq!(ledger.apply_unapplied(&ada, &alice.id).await.unwrap().to_decimal(), "0.00");
    let after = ledger.customer(&ada, &alice.id).await.unwrap().value;
    assert_eq!(
        (after.outstanding.to_decimal(), after.unapplied.to_decimal()),
        ("30.00".into(), "0.00".into())
    );
    let undone =
        ledger.reallocate_payment(&ada, &payment.id, Some(&[]), &Why::default(), None).await.unwrap().value;
    assert_eq!((undone.unapplied.to_decimal(), undone.allocations.len()), ("150.00".into(), 0));
    proven(&ledger).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn two_people_at_the_same_invoice_leave_it_true() {
    let ledger = open(&Clock::default()).await;
    let other = ledger.second_node().await.unwrap();
    let ada = person(&ledger, None, "Ada", Role::Admin).await;
    for round in 0..15 {
        let alice = owing(&ledger, &ada, &format!("Alice {round}"), "100.00", PAST).await;
        let query = InvoiceQuery { customer_id: Some(alice.id.clone()), ..InvoiceQuery::default() };
        let id = ledger.invoices(&ada, &query).await.unwrap().value.data[0].invoice.id.clone();
        let new =
            NewPayment { customer_id: alice.id.to_string(), amount: usd("100.00"), ..NewPayment::default() };
        let (pay_key, reason) = (key(&format!("p{round}")), why("race"));
        let (paid, voided, given_up) = tokio::join!(
            ledger.record_payment(&ada, &new, &pay_key),
            other.void_invoice(&ada, &id, &reason, None),
            ledger.write_off_invoice(&ada, &id, &reason, None),
        );
        let paid = paid.unwrap().value;
        let invoice = ledger.invoice(&ada, &id).await.unwrap().invoice;
        let winners = usize::from(voided.is_ok())
            + usize::from(given_up.is_ok())
            + usize::from(!paid.allocations.is_empty());
        assert_eq!(winners, 1, "{voided:?} {given_up:?} {paid:?}");
        let expected = if voided.is_ok() {
            InvoiceStatus::Void
        } else if given_up.is_ok() {
            InvoiceStatus::Uncollectible
        } else {
            InvoiceStatus::Paid
        };
        assert_eq!(invoice.status, expected);
    }
    proven(&ledger).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn ageing_changes_at_its_boundaries_and_knows_the_past() {
    let ledger = open(&Clock::default()).await;
    let ada = person(&ledger, None, "Ada", Role::Admin).await;
    let today = ledger.business_date();
    let alice = owing(&ledger, &ada, "Alice", "1.00", &today.to_string()).await;
    for late in [1_i64, 30, 31, 60, 61, 90, 91] {
        let due = (today - Duration::days(late)).to_string();
        let new = NewInvoice {
            terms: None,
            due_date: Some(due.clone()),
            ..new_invoice(&alice, &late.to_string(), "1.00", &due, "")
        };
        invoice(&ledger, &ada, new).await;
    }
    let report = ledger.ageing(&ada, &AgeingQuery::default()).await.unwrap();
    let row = &report.data[0];
    let counts: Vec<(&str, i64)> =
        report.buckets.iter().map(|bucket| (bucket.key.as_str(), row.counts[&bucket.key])).collect();
    assert_eq!(counts, [("current", 1), ("1_30", 2), ("31_60", 2), ("61_90", 2), ("91_plus", 1)]);
    // Tomorrow one from each column is a day older.
    let tomorrow = AgeingQuery { as_of: Some(today + Duration::days(1)), ..AgeingQuery::default() };
    let row = &ledger.ageing(&ada, &tomorrow).await.unwrap().data[0];
    let counts: Vec<i64> = report.buckets.iter().map(|bucket| row.counts[&bucket.key]).collect();
    assert_eq!(counts, [0, 2, 2, 2, 2]);
    // A payment counts from the day the money came, a reversal from the day it was taken away.
    let (came, bounced) = (today - Duration::days(20), today - Duration::days(5));
    let new = NewPayment {
        customer_id: alice.id.to_string(),
        amount: usd("10.00"),
        received_on: Some(came.to_string()),
        ..NewPayment::default()
    };
    let payment = ledger.record_payment(&ada, &new, &key("p")).await.unwrap().value;
    let reason = Why { effective_on: Some(bounced.to_string()), ..why("Cheque bounced") };
    ledger.reverse_payment(&ada, &payment.id, None, &reason, &key("r")).await.unwrap();
    let on = async |date: NaiveDate| {
        let query = AgeingQuery { as_of: Some(date), by_customer: true, ..AgeingQuery::default() };
        let row = ledger.ageing(&ada, &query).await.unwrap().data.remove(0);
        (row.outstanding.to_decimal(), row.unapplied.to_decimal())
    };
    // Six were issued by then, two more since.
    assert_eq!(on(came - Duration::days(1)).await, ("6.00".into(), "0.00".into()));
    assert_eq!(on(came).await, ("0.00".into(), "4.00".into()));
    assert_eq!(on(bounced).await, ("6.00".into(), "0.00".into()));
    assert_eq!(on(today).await, ("8.00".into(), "0.00".into()));
    proven(&ledger).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_overview_names_those_who_owe_most_and_counts_everybody() {
    let ledger = open(&Clock::default()).await;
    let ada = person(&ledger, None, "Ada", Role::Admin).await;
    for (name, amount) in [("Dora", "5.00"), ("Cleo", "7.00"), ("Bert", "7.00"), ("Abel", "9.00")] {
        owing(&ledger, &ada, name, amount, PAST).await;
    }
    let names = async |most: usize| {
        let overview = ledger.ageing_overview(&ada, None, most).await.unwrap().value;
        assert_eq!(overview.customers, 4);
        assert_eq!(overview.total.data[0].outstanding.to_decimal(), "28.00");
        overview.by_customer.data.into_iter().filter_map(|row| row.name).collect::<Vec<_>>()
    };
    assert_eq!(names(2).await, ["Abel", "Bert"], "the name decides between those who owe the same");
    assert_eq!(names(3).await, ["Abel", "Bert", "Cleo"]);
    assert_eq!(names(100).await, ["Abel", "Bert", "Cleo", "Dora"]);
    assert_eq!(names(0).await, [""; 0]);
    proven(&ledger).await;
}

/// IBM's public sample of late payments: 2,466 invoices of 100 customers, settled on the dates they were.
#[tokio::test(flavor = "multi_thread")]
async fn the_public_sample_ages_as_it_was_computed_elsewhere() {
    let ledger = open(&Clock::default()).await;
    let ada = person(&ledger, None, "Ada", Role::Admin).await;
    let mut customers: HashMap<String, domain::Customer> = HashMap::new();
    let mut reader = csv::Reader::from_reader(&include_bytes!("data/ibm-late-payments.csv")[..]);
    let rows: Vec<csv::StringRecord> = reader.records().map(Result::unwrap).collect();
    let date = |text: &str| NaiveDate::parse_from_str(text, "%m/%d/%Y").unwrap().to_string();
    for row in &rows {
        if !customers.contains_key(&row[1]) {
            let new =
                NewCustomer { name: row[1].into(), reference: Some(row[1].into()), ..NewCustomer::default() };
            customers
                .insert(row[1].to_owned(), ledger.create_customer(&ada, &new, None).await.unwrap().value);
        }
    }
    let entered = rows.iter().map(|row| {
        let (ledger, ada, customer) = (&ledger, &ada, &customers[&row[1]]);
        async move {
            let new = NewInvoice {
                customer_id: customer.id.to_string(),
                number: Some(row[3].into()),
                total: usd(&row[6]),
                issue_date: Some(date(&row[4])),
                due_date: Some(date(&row[5])),
                ..NewInvoice::default()
            };
            let invoice = invoice(ledger, ada, new).await;
            let amount = usd(&row[6]);
            let new = NewPayment {
                customer_id: customer.id.to_string(),
                amount: amount.clone(),
                received_on: Some(date(&row[8])),
                allocations: Some(vec![NewAllocation { invoice_id: invoice.id.to_string(), amount }]),
                ..NewPayment::default()
            };
            ledger.record_payment(ada, &new, &key(&row[3])).await.unwrap();
        }
    });
    futures::future::join_all(entered).await;
    let as_of = NaiveDate::from_ymd_opt(2012, 12, 31);
    let report = ledger.ageing(&ada, &AgeingQuery { as_of, ..AgeingQuery::default() }).await.unwrap();
    let row = &report.data[0];
    let figures = |bucket: &str| (row.counts[bucket], row.amounts[bucket].to_decimal());
    assert_eq!(row.outstanding.to_decimal(), "5725.06");
    assert_eq!(figures("current"), (86, "4936.32".into()));
    assert_eq!(figures("1_30"), (13, "788.74".into()));
    assert_eq!((figures("31_60").0, figures("61_90").0, figures("91_plus").0), (0, 0, 0));
    let now = ledger.ageing(&ada, &AgeingQuery::default()).await.unwrap();
    assert!(now.data.iter().all(|row| row.outstanding.is_zero()), "all of it was paid in the end");
    let zeros = InvoiceQuery { q: Some("0000611365".into()), ..InvoiceQuery::default() };
    assert_eq!(ledger.invoices(&ada, &zeros).await.unwrap().value.data[0].invoice.number, "0000611365");
    proven(&ledger).await;
}
