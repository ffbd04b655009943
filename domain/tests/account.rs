//! Whatever happens to an account, in whatever order, it stays true.

use std::collections::BTreeMap;

use chrono::{DateTime, Days, NaiveDate, Utc};
use domain::account::{Correction, Moment, NewAllocation, NewPayment, PaymentDraft, Rule};
use domain::customer::MoneyInput;
use domain::invoice::{InvoiceDraft, InvoicePatch, NewInvoice};
use domain::payment::{Awaited, Outcome, ReversalKind};
use domain::{
    Account, Currency, CustomerStatus, InvoiceId, InvoiceStatus, Money, NewCustomer, PaymentId,
    PaymentMethod, PaymentSource, PaymentStatus,
};
use proptest::prelude::*;
use proptest::sample::Index;

fn day(offset: u64) -> NaiveDate {
    NaiveDate::from_ymd_opt(2025, 6, 1)
        .and_then(|day| day.checked_add_days(Days::new(offset)))
        .expect("a date")
}

fn moment(offset: u64) -> Moment {
    Moment { at: DateTime::<Utc>::UNIX_EPOCH, business_date: day(offset) }
}

fn usd(minor: i64) -> Money {
    Money::from_minor(minor, Currency::USD)
}

fn inv(unique: &str) -> InvoiceId {
    InvoiceId::from_unique(unique)
}

fn pay(unique: &str) -> PaymentId {
    PaymentId::from_unique(unique)
}

/// An account that owes `amounts` (minor units, day due), as its opening balances.
fn owing(amounts: &[(i64, u64)]) -> Account {
    let draft = NewCustomer { name: "Alice Johnson".to_owned(), ..NewCustomer::default() }
        .validate(Currency::USD)
        .expect("a valid customer");
    let mut account =
        Account::open("cus_1".into(), "C-1001".to_owned(), draft, inv("unused"), None, moment(0));
    for (index, (minor, due)) in amounts.iter().enumerate() {
        account.add_opening_balance(inv(&index.to_string()), usd(*minor), day(*due), moment(0));
    }
    account
}

fn draft(minor: i64, status: PaymentStatus) -> PaymentDraft {
    PaymentDraft {
        amount: usd(minor),
        received_on: day(0),
        method: PaymentMethod::default(),
        reference: None,
        status,
        allocations: None,
    }
}

fn record(account: &mut Account, unique: &str, minor: i64) {
    account
        .record_payment(pay(unique), draft(minor, PaymentStatus::Completed), PaymentSource::Manual, moment(0))
        .expect("the payment is recorded");
}

/// What each invoice owed as of a day, in minor units.
fn owed_on(account: &Account, date: NaiveDate) -> BTreeMap<InvoiceId, i64> {
    let mut owed: BTreeMap<InvoiceId, i64> =
        account.invoices.values().map(|invoice| (invoice.id.clone(), invoice.asked_on(date))).collect();
    for payment in account.payments.values() {
        for (invoice, minor) in payment.allocated_on(date) {
            *owed.entry(invoice.clone()).or_default() -= minor;
        }
    }
    owed.retain(|_, minor| *minor != 0);
    owed
}

fn unapplied_on(account: &Account, date: NaiveDate) -> i64 {
    let left =
        |payment: &domain::Payment| payment.held_on(date) - payment.allocated_on(date).values().sum::<i64>();
    account.payments.values().map(left).sum()
}

fn figures(account: &Account) -> (i64, i64, i64) {
    let customer = &account.customer;
    (customer.outstanding.minor(), customer.overdue.minor(), customer.unapplied.minor())
}

#[test]
fn a_payment_settles_the_oldest_debt_and_the_customer_is_paid() {
    let mut account = owing(&[(21_000, 5)]);
    assert_eq!(account.customer.status, CustomerStatus::Pending);
    record(&mut account, "1", 21_000);
    assert_eq!(figures(&account), (0, 0, 0));
    assert_eq!(account.customer.status, CustomerStatus::Paid);
    assert_eq!(account.customer.next_due_date, None);
    let invoice = &account.invoices[&inv("0")];
    assert_eq!((invoice.status, invoice.due_date), (InvoiceStatus::Paid, day(5)), "the due date stays");
}

#[test]
fn a_payment_above_what_is_owed_leaves_the_rest_unapplied() {
    let mut account = owing(&[(10_000, 5), (5_000, 3)]);
    record(&mut account, "1", 20_000);
    assert_eq!(figures(&account), (0, 0, 5_000));
    assert_eq!(account.payments[&pay("1")].unapplied, usd(5_000));
    assert_eq!(account.payments[&pay("1")].allocated_minor(), 15_000);
}

#[test]
fn a_partial_payment_leaves_the_rest_owed_and_as_late_as_it_was() {
    let mut account = owing(&[(10_000, 5)]);
    record(&mut account, "1", 4_000);
    assert_eq!(figures(&account), (6_000, 0, 0));
    account.summarise(day(6));
    assert_eq!(figures(&account), (6_000, 6_000, 0));
    assert_eq!(account.customer.status, CustomerStatus::Overdue);
}

#[test]
fn due_today_is_not_overdue() {
    let mut account = owing(&[(10_000, 5)]);
    assert!(account.announce_overdue(day(5)).is_empty());
    assert_eq!(account.customer.status, CustomerStatus::Pending);
    assert_eq!(account.announce_overdue(day(6)), [inv("0")]);
    assert_eq!(account.customer.status, CustomerStatus::Overdue);
}

#[test]
fn lateness_is_announced_once_however_often_and_late_one_asks() {
    let mut account = owing(&[(10_000, 5), (10_000, 7)]);
    assert_eq!(account.announce_overdue(day(30)).len(), 2, "after days of downtime too");
    assert!(account.announce_overdue(day(30)).is_empty());
    assert!(account.announce_overdue(day(31)).is_empty());
}

#[test]
fn marking_a_payment_pending_again_undoes_what_it_settled() {
    let mut account = owing(&[(21_000, 5)]);
    record(&mut account, "1", 30_000);
    assert_eq!(figures(&account), (0, 0, 9_000));
    account
        .move_payment(&pay("1"), PaymentStatus::Pending, Some("Cheque bounced".to_owned()), moment(6))
        .expect("completed may become pending");
    assert_eq!(figures(&account), (21_000, 21_000, 0));
    let payment = &account.payments[&pay("1")];
    assert_eq!(payment.failure.as_deref(), Some("Cheque bounced"));
    assert!(payment.allocations.is_empty() && payment.unapplied.is_zero());
    account.move_payment(&pay("1"), PaymentStatus::Completed, None, moment(6)).expect("and completed again");
    assert_eq!(figures(&account), (0, 0, 9_000));
    assert_eq!(account.payments[&pay("1")].failure, None);
}

#[test]
fn setting_a_state_twice_changes_nothing() {
    let mut account = owing(&[(21_000, 5)]);
    record(&mut account, "1", 10_000);
    let before = account.clone();
    let refused = account.move_payment(&pay("1"), PaymentStatus::Completed, None, moment(0));
    assert!(matches!(refused, Err(Rule::Transition(_))));
    assert_eq!(account, before);
}

fn why(on: u64) -> Correction {
    Correction { reason: "because".to_owned(), on: day(on) }
}

fn typed(minor: i64) -> MoneyInput {
    MoneyInput { amount: usd(minor).to_decimal(), currency: None }
}

#[test]
fn a_refund_takes_unapplied_money_first_and_the_newest_debt_after_it() {
    let mut account = owing(&[(10_000, 5), (10_000, 6)]);
    record(&mut account, "1", 25_000);
    assert_eq!(figures(&account), (0, 0, 5_000));
    account.refund(&pay("1"), Some(&typed(8_000)), &why(0), moment(0)).expect("a part");
    assert_eq!(figures(&account), (3_000, 0, 0));
    assert_eq!(account.invoices[&inv("1")].balance, usd(3_000), "the one that is due later");
    let payment = &account.payments[&pay("1")];
    assert_eq!((payment.status, payment.refunded), (PaymentStatus::PartiallyRefunded, usd(8_000)));
    let refused = account.refund(&pay("1"), Some(&typed(17_001)), &why(0), moment(0));
    assert!(matches!(&refused, Err(Rule::Fields(errors)) if errors.0[0].code == "above_kept"), "{refused:?}");
    account.refund(&pay("1"), None, &why(0), moment(0)).expect("the rest");
    assert_eq!(figures(&account), (20_000, 0, 0));
    assert_eq!(account.payments[&pay("1")].status, PaymentStatus::Refunded);
    assert!(matches!(account.refund(&pay("1"), None, &why(0), moment(0)), Err(Rule::Transition(_))));
}

#[test]
fn a_reversal_reopens_what_was_paid_and_is_final() {
    let mut account = owing(&[(10_000, 5)]);
    record(&mut account, "1", 12_000);
    account.reverse(&pay("1"), ReversalKind::Bounced, &why(7), moment(7)).expect("it bounced");
    assert_eq!(figures(&account), (10_000, 10_000, 0));
    let payment = &account.payments[&pay("1")];
    assert_eq!((payment.status, payment.reversal), (PaymentStatus::Reversed, Some(ReversalKind::Bounced)));
    assert!(account.reverse(&pay("1"), ReversalKind::Bounced, &why(7), moment(7)).is_err());
    // The books of the days between still say that it was paid.
    assert_eq!(owed_on(&account, day(6)), BTreeMap::new());
    assert_eq!(owed_on(&account, day(7)), BTreeMap::from([(inv("0"), 10_000)]));
    assert_eq!(unapplied_on(&account, day(6)), 2_000);
    assert_eq!(unapplied_on(&account, day(7)), 0);
}

#[test]
fn a_payment_is_moved_from_one_invoice_to_another() {
    let mut account = owing(&[(10_000, 5), (10_000, 6)]);
    record(&mut account, "1", 10_000);
    let refused = account.reallocate(&pay("1"), Some(&[part("1", "100.01")]), &why(3), moment(3));
    assert!(matches!(refused, Err(Rule::Fields(_))), "{refused:?}");
    account
        .reallocate(&pay("1"), Some(&[part("1", "70"), part("0", "10")]), &why(3), moment(3))
        .expect("moved");
    assert_eq!(account.invoices[&inv("0")].balance, usd(9_000));
    assert_eq!(account.invoices[&inv("1")].balance, usd(3_000));
    assert_eq!(figures(&account), (12_000, 0, 2_000));
    assert_eq!(owed_on(&account, day(2)), BTreeMap::from([(inv("1"), 10_000)]));
    account.reallocate(&pay("1"), Some(&[]), &why(4), moment(4)).expect("undone");
    assert_eq!(figures(&account), (20_000, 0, 10_000));
    assert_eq!(account.apply_unapplied(moment(5)), Ok(10_000));
    assert_eq!(figures(&account), (10_000, 0, 0));
    assert_eq!(account.invoices[&inv("0")].status, InvoiceStatus::Paid);
}

fn invoice_draft(number: &str, minor: i64, issued: u64, due: u64) -> InvoiceDraft {
    InvoiceDraft {
        number: Some(number.to_owned()),
        total: usd(minor),
        issue_date: day(issued),
        due_date: day(due),
        terms: None,
        memo: None,
        issued: true,
    }
}

#[test]
fn an_invoice_lives_from_draft_to_the_end() {
    let mut account = owing(&[]);
    let draft = InvoiceDraft { issued: false, ..invoice_draft("007", 10_000, 2, 12) };
    account.add_invoice(inv("a"), draft, moment(0)).expect("entered");
    assert_eq!(figures(&account), (0, 0, 0), "a draft asks for nothing");
    assert!(
        matches!(account.issue_invoice(&inv("a"), moment(0)), Err(Rule::Fields(_))),
        "its day is to come"
    );
    let patch =
        InvoicePatch { total: Some(typed(9_000)), terms: Some("net_14".into()), ..InvoicePatch::default() };
    account.edit_invoice(&inv("a"), &patch, moment(0)).expect("edited");
    account.issue_invoice(&inv("a"), moment(2)).expect("issued");
    assert_eq!((figures(&account), account.invoices[&inv("a")].due_date), ((9_000, 0, 0), day(16)));
    assert!(matches!(account.edit_invoice(&inv("a"), &patch, moment(2)), Err(Rule::Invoice(_))));
    record(&mut account, "1", 2_000);
    assert_eq!(account.void_invoice(&inv("a"), &why(3), moment(3)), Err(Rule::InvoiceInUse));
    let refused = account.credit_invoice(&inv("a"), &typed(7_001), &why(3), moment(3));
    assert!(
        matches!(&refused, Err(Rule::Fields(errors)) if errors.0[0].code == "above_balance"),
        "{refused:?}"
    );
    account.credit_invoice(&inv("a"), &typed(3_000), &why(3), moment(3)).expect("credited");
    account.write_off_invoice(&inv("a"), &why(5), moment(5)).expect("written off");
    assert_eq!(account.invoices[&inv("a")].status, InvoiceStatus::Uncollectible);
    assert_eq!(figures(&account), (0, 0, 0));
    account
        .recover_invoice(&inv("a"), Some(&typed(1_500)), &why(20), moment(20))
        .expect("it may come after all");
    assert_eq!(figures(&account), (1_500, 1_500, 0));
    let owed: Vec<_> = [1, 2, 3, 5, 19, 20].map(|on| owed_on(&account, day(on)).values().sum::<i64>()).into();
    assert_eq!(owed, [0, 7_000, 4_000, 0, 0, 1_500]);
    let error = account.void_invoice(&inv("a"), &why(20), moment(20));
    assert_eq!(error, Err(Rule::InvoiceInUse));
    account.add_invoice(inv("b"), invoice_draft("8", 100, 20, 30), moment(20)).expect("entered");
    account.void_invoice(&inv("b"), &why(20), moment(20)).expect("nothing hangs on it");
    let error = account.issue_invoice(&inv("b"), moment(20)).expect_err("void is final");
    assert_eq!(error.to_string(), "A void invoice can't be issued; nothing more can be done to it.");
}

#[test]
fn an_invoice_as_posted_is_checked_in_every_field() {
    let posted = |json: serde_json::Value| {
        let invoice: NewInvoice = serde_json::from_value(json).expect("the right shape");
        invoice.validate(Currency::USD, day(10))
    };
    let total = serde_json::json!({ "amount": "12.50" });
    let draft = posted(
        serde_json::json!({ "customer_id": "c", "number": "0042", "total": total, "terms": "net_30" }),
    )
    .expect("fine");
    assert_eq!((draft.number.as_deref(), draft.due_date, draft.issued), (Some("0042"), day(40), true));
    let errors = posted(serde_json::json!({
        "customer_id": "c", "number": "x".repeat(65), "total": { "amount": "1.234" }, "issue_date": "2025-06-20",
        "due_date": "2025-06-19", "terms": "soon", "status": "paid", "memo": "x".repeat(501),
    }))
    .expect_err("all of it is wrong");
    let codes: Vec<_> = errors.0.iter().map(|e| (e.pointer.as_str(), e.code.as_ref())).collect();
    assert_eq!(
        codes,
        [
            ("/number", "too_long"),
            ("/total/amount", "too_many_decimals"),
            ("/terms", "invalid_terms"),
            ("/memo", "too_long"),
            ("/status", "invalid_status"),
            ("/due_date", "before_issue"),
        ]
    );
    let errors =
        posted(serde_json::json!({ "customer_id": "c", "total": total, "issue_date": "2025-06-20" }))
            .expect_err("no due date");
    assert_eq!(errors.message("due_date"), Some("Enter a due date, or choose terms."));
    let errors = posted(serde_json::json!({ "customer_id": "c", "total": total, "issue_date": "2025-06-20", "terms": "net_0" }))
        .expect_err("issued in the future");
    assert_eq!(errors.0[0].code, "in_the_future");
}

#[test]
fn pending_and_processing_money_settles_nothing() {
    let mut account = owing(&[(10_000, 5)]);
    account
        .record_payment(pay("1"), draft(10_000, PaymentStatus::Pending), PaymentSource::Manual, moment(0))
        .expect("announced");
    let simulation =
        Awaited { outcome: Some(Outcome::Timeout), decline_code: None, due_at: DateTime::UNIX_EPOCH };
    account.start_at_gateway(pay("2"), usd(10_000), simulation, moment(0)).expect("started");
    assert_eq!(figures(&account), (10_000, 0, 0));
    assert!(account.payments[&pay("2")].awaited.is_some());
    account.move_payment(&pay("2"), PaymentStatus::Unknown, None, moment(0)).expect("no answer");
    assert!(account.payments[&pay("2")].awaited.is_some(), "the reconciler still has to ask");
    account.move_payment(&pay("2"), PaymentStatus::Completed, None, moment(0)).expect("it came after all");
    assert_eq!(figures(&account), (0, 0, 0));
    assert!(account.payments[&pay("2")].awaited.is_none());
}

#[test]
fn money_of_another_currency_is_never_mixed_in() {
    let mut account = owing(&[(10_000, 5)]);
    let before = account.clone();
    let euros = PaymentDraft {
        amount: Money::from_minor(10_000, Currency::EUR),
        ..draft(10_000, PaymentStatus::Completed)
    };
    let refused = account.record_payment(pay("1"), euros, PaymentSource::Manual, moment(0));
    let Err(Rule::Fields(errors)) = refused else { panic!("{refused:?}") };
    assert_eq!(
        (errors.0[0].pointer.as_str(), errors.0[0].code.as_ref()),
        ("/amount/currency", "currency_mismatch")
    );
    assert_eq!(account, before);
}

fn part(invoice: &str, amount: &str) -> NewAllocation {
    NewAllocation {
        invoice_id: inv(invoice).to_string(),
        amount: MoneyInput { amount: amount.to_owned(), currency: None },
    }
}

#[test]
fn a_person_may_say_what_a_payment_settles() {
    let mut account = owing(&[(10_000, 5), (10_000, 6)]);
    let wanted =
        PaymentDraft { allocations: Some(vec![part("1", "60")]), ..draft(8_000, PaymentStatus::Completed) };
    account.record_payment(pay("1"), wanted, PaymentSource::Manual, moment(0)).expect("recorded");
    assert_eq!(account.invoices[&inv("1")].balance, usd(4_000));
    assert_eq!(account.invoices[&inv("0")].balance, usd(10_000));
    assert_eq!(figures(&account), (14_000, 0, 2_000));
}

#[test]
fn every_wrong_allocation_is_named_where_it_stands() {
    let mut account = owing(&[(10_000, 5)]);
    let before = account.clone();
    let wanted = PaymentDraft {
        allocations: Some(vec![
            part("0", "100.01"),
            part("9", "1"),
            part("0", "1"),
            part("0", "0"),
            part("0", "x"),
        ]),
        ..draft(5_000, PaymentStatus::Completed)
    };
    let refused = account.record_payment(pay("1"), wanted, PaymentSource::Manual, moment(0));
    let Err(Rule::Fields(errors)) = refused else { panic!("{refused:?}") };
    let found: Vec<_> = errors.0.iter().map(|e| (e.pointer.as_str(), e.code.as_ref())).collect();
    assert_eq!(
        found,
        [
            ("/allocations/0/amount", "above_balance"),
            ("/allocations/1/invoice_id", "not_open"),
            ("/allocations/2/invoice_id", "repeated"),
            ("/allocations/3/amount/amount", "not_positive"),
            ("/allocations/4/amount/amount", "invalid_amount"),
            ("/allocations", "above_amount"),
        ]
    );
    assert_eq!(account, before);
}

#[test]
fn archiving_waits_until_all_is_settled() {
    let mut account = owing(&[(10_000, 5)]);
    assert!(matches!(account.archive(DateTime::UNIX_EPOCH), Err(Rule::NotSettled("an outstanding amount"))));
    record(&mut account, "1", 10_001);
    assert!(matches!(account.archive(DateTime::UNIX_EPOCH), Err(Rule::NotSettled("unapplied money"))));
    let mut account = owing(&[]);
    account.archive(DateTime::UNIX_EPOCH).expect("nothing is open");
    assert_eq!(account.archive(DateTime::UNIX_EPOCH), Err(Rule::Archived));
    let refused = account.record_payment(
        pay("1"),
        draft(1, PaymentStatus::Completed),
        PaymentSource::Manual,
        moment(0),
    );
    assert_eq!(refused, Err(Rule::Archived));
}

#[test]
fn a_payment_as_posted_is_checked_in_every_field() {
    let posted = |json: serde_json::Value| {
        let payment: NewPayment = serde_json::from_value(json).expect("the right shape");
        payment.validate(Currency::USD, day(10))
    };
    let draft =
        posted(serde_json::json!({ "customer_id": "cus_1", "amount": { "amount": "12.50" } })).expect("fine");
    assert_eq!(
        (draft.amount, draft.received_on, draft.status),
        (usd(1_250), day(10), PaymentStatus::Completed)
    );
    let errors = posted(serde_json::json!({
        "customer_id": "cus_1", "amount": { "amount": "0" }, "received_on": "2025-06-12", "method": "shells",
        "reference": "x".repeat(201), "status": "failed",
    }))
    .expect_err("all of it is wrong");
    let codes: Vec<_> = errors.0.iter().map(|e| (e.pointer.as_str(), e.code.as_ref())).collect();
    assert_eq!(
        codes,
        [
            ("/amount/amount", "not_positive"),
            ("/received_on", "in_the_future"),
            ("/method", "unknown_method"),
            ("/reference", "too_long"),
            ("/status", "invalid_status"),
        ]
    );
    let late = posted(
        serde_json::json!({ "customer_id": "c", "amount": { "amount": "1" }, "received_on": "2019-01-31" }),
    );
    assert!(late.is_ok(), "money that came long ago can still be recorded");
    let number = serde_json::from_value::<NewPayment>(
        serde_json::json!({ "customer_id": "c", "amount": { "amount": 1.5 } }),
    );
    assert!(number.is_err(), "an amount is text, never a JSON number");
}

/// Something that happens to an account. Which payment or invoice is meant is decided when it happens.
#[derive(Clone, Debug)]
enum Step {
    Owe { minor: i64, due: u64 },
    Invoice { minor: i64, ago: u64, due_in: u64, issued: bool },
    Bill { invoice: Index, action: u8, minor: i64, ago: u64 },
    Record { minor: i64, ago: u64, completed: bool },
    Simulate { minor: i64 },
    Move { payment: Index, to: Index },
    Correct { payment: Index, reverse: bool, minor: Option<i64>, ago: u64 },
    Reallocate { payment: Index, wanted: Option<Vec<(Index, i64)>>, ago: u64 },
    Apply,
    NextDays(u64),
    Announce,
}

fn step() -> impl Strategy<Value = Step> {
    let minor = 1_i64..60_000;
    let ago = 0_u64..20;
    prop_oneof![
        1 => (minor.clone(), 0_u64..40).prop_map(|(minor, due)| Step::Owe { minor, due }),
        2 => (minor.clone(), ago.clone(), 0_u64..40, any::<bool>())
            .prop_map(|(minor, ago, due_in, issued)| Step::Invoice { minor, ago, due_in, issued }),
        4 => (any::<Index>(), 0_u8..5, minor.clone(), ago.clone())
            .prop_map(|(invoice, action, minor, ago)| Step::Bill { invoice, action, minor, ago }),
        3 => (minor.clone(), ago.clone(), any::<bool>())
            .prop_map(|(minor, ago, completed)| Step::Record { minor, ago, completed }),
        1 => minor.clone().prop_map(|minor| Step::Simulate { minor }),
        4 => (any::<Index>(), any::<Index>()).prop_map(|(payment, to)| Step::Move { payment, to }),
        2 => (any::<Index>(), any::<bool>(), proptest::option::of(minor.clone()), ago.clone())
            .prop_map(|(payment, reverse, minor, ago)| Step::Correct { payment, reverse, minor, ago }),
        3 => (any::<Index>(), proptest::option::of(proptest::collection::vec((any::<Index>(), minor), 0..3)), ago)
            .prop_map(|(payment, wanted, ago)| Step::Reallocate { payment, wanted, ago }),
        1 => Just(Step::Apply),
        2 => (0_u64..15).prop_map(Step::NextDays),
        1 => Just(Step::Announce),
    ]
}

fn pick<K: Clone, V>(index: &Index, map: &BTreeMap<K, V>) -> Option<K> {
    let keys: Vec<_> = map.keys().cloned().collect();
    (!keys.is_empty()).then(|| index.get(&keys).clone())
}

/// A correction that counts from some days ago, as far back as the payment allows.
fn back(account: &Account, payment: &PaymentId, today: u64, ago: u64) -> Correction {
    Correction { on: why(today.saturating_sub(ago)).on.max(account.payments[payment].received_on), ..why(0) }
}

/// Does the step; `Some(false)` when it was refused, `None` when there was nothing to do it to.
fn perform(account: &mut Account, step: Step, unique: &str, today: u64) -> Option<bool> {
    let now = moment(today);
    Some(match step {
        Step::Owe { minor, due } => {
            account.add_opening_balance(inv(unique), usd(minor), day(due), now);
            true
        }
        Step::Invoice { minor, ago, due_in, issued } => {
            let issue = today.saturating_sub(ago);
            let draft = InvoiceDraft { issued, ..invoice_draft(unique, minor, issue, issue + due_in) };
            account.add_invoice(inv(unique), draft, now).is_ok()
        }
        Step::Bill { invoice, action, minor, ago } => {
            let id = pick(&invoice, &account.invoices)?;
            let why = why(today.saturating_sub(ago));
            match action {
                0 => account.issue_invoice(&id, now).is_ok(),
                1 => account.void_invoice(&id, &why, now).is_ok(),
                2 => account.credit_invoice(&id, &typed(minor), &why, now).is_ok(),
                3 => account.write_off_invoice(&id, &why, now).is_ok(),
                _ => account.recover_invoice(&id, None, &why, now).is_ok(),
            }
        }
        Step::Record { minor, ago, completed } => {
            let status = if completed { PaymentStatus::Completed } else { PaymentStatus::Pending };
            let draft = PaymentDraft { received_on: day(today.saturating_sub(ago)), ..draft(minor, status) };
            account.record_payment(pay(unique), draft, PaymentSource::Manual, now).is_ok()
        }
        Step::Simulate { minor } => {
            let simulation = Awaited { outcome: None, decline_code: None, due_at: DateTime::UNIX_EPOCH };
            account.start_at_gateway(pay(unique), usd(minor), simulation, now).is_ok()
        }
        Step::Move { payment, to } => {
            let id = pick(&payment, &account.payments)?;
            account.move_payment(&id, *to.get(&PaymentStatus::ALL), None, now).is_ok()
        }
        Step::Correct { payment, reverse, minor, ago } => {
            let id = pick(&payment, &account.payments)?;
            let why = back(account, &id, today, ago);
            if reverse {
                account.reverse(&id, ReversalKind::Chargeback, &why, now).is_ok()
            } else {
                account.refund(&id, minor.map(typed).as_ref(), &why, now).is_ok()
            }
        }
        Step::Reallocate { payment, wanted, ago } => {
            let id = pick(&payment, &account.payments)?;
            let why = back(account, &id, today, ago);
            let wanted = wanted.map(|parts| {
                let part = |(index, minor): (Index, i64)| {
                    let invoice = pick(&index, &account.invoices)?;
                    Some(NewAllocation { invoice_id: invoice.to_string(), amount: typed(minor) })
                };
                parts.into_iter().filter_map(part).collect::<Vec<_>>()
            });
            account.reallocate(&id, wanted.as_deref(), &why, now).is_ok()
        }
        Step::Apply => account.apply_unapplied(now).is_ok(),
        Step::NextDays(_) | Step::Announce => true,
    })
}

/// Everything that may never be false, from the rows of today and again from the dated facts.
fn check(account: &Account, today: u64) -> Result<(), TestCaseError> {
    let customer = &account.customer;
    let (mut outstanding, mut overdue) = (0, 0);
    for invoice in account.invoices.values() {
        let settled: i64 = account
            .payments
            .values()
            .flat_map(|payment| &payment.allocations)
            .filter(|allocation| allocation.invoice_id == invoice.id)
            .map(|allocation| allocation.amount.minor())
            .sum();
        let asked = if invoice.status == InvoiceStatus::Void {
            0
        } else {
            invoice.total.minor() - invoice.lessened()
        };
        prop_assert_eq!(invoice.balance.minor(), asked - settled);
        prop_assert!(invoice.balance.minor() >= 0);
        let settled = matches!(
            invoice.status,
            InvoiceStatus::Paid | InvoiceStatus::Void | InvoiceStatus::Uncollectible
        );
        prop_assert_eq!(settled, invoice.balance.is_zero());
        prop_assert_eq!(invoice.status == InvoiceStatus::Uncollectible, settled && invoice.written_off() > 0);
        if invoice.is_open() {
            outstanding += invoice.balance.minor();
            if invoice.due_date < day(today) {
                overdue += invoice.balance.minor();
            }
        }
    }
    let mut unapplied = 0;
    for payment in account.payments.values() {
        prop_assert!(payment.unapplied.minor() >= 0);
        if payment.status.holds_money() {
            prop_assert_eq!(payment.allocated_minor() + payment.unapplied.minor(), payment.kept_minor());
        } else {
            prop_assert!(payment.allocations.is_empty() && payment.unapplied.is_zero());
        }
        unapplied += payment.unapplied.minor();
    }
    prop_assert_eq!(figures(account), (outstanding, overdue, unapplied));
    let open: Vec<_> = account.invoices.values().filter(|invoice| invoice.is_open()).collect();
    prop_assert_eq!(customer.open_invoices, i64::try_from(open.len()).unwrap_or(-1));
    prop_assert_eq!(customer.next_due_date, open.iter().map(|invoice| invoice.due_date).min());
    let status = match (outstanding, overdue) {
        (0, _) => CustomerStatus::Paid,
        (_, 0) => CustomerStatus::Pending,
        _ => CustomerStatus::Overdue,
    };
    prop_assert_eq!(customer.status, status);
    // The dated facts agree with today's rows, and were never impossible on any day before.
    let rows: BTreeMap<_, _> =
        open.iter().map(|invoice| (invoice.id.clone(), invoice.balance.minor())).collect();
    prop_assert_eq!(owed_on(account, day(today)), rows);
    prop_assert_eq!(unapplied_on(account, day(today)), unapplied);
    for past in 0..today {
        let owed = owed_on(account, day(past));
        prop_assert!(owed.values().all(|minor| *minor >= 0), "on {}: {owed:?}", day(past));
        for payment in account.payments.values() {
            let (held, settled) = (payment.held_on(day(past)), payment.allocated_on(day(past)));
            prop_assert!(settled.values().all(|minor| *minor > 0), "on {}: {settled:?}", day(past));
            prop_assert!(held >= settled.values().sum::<i64>(), "on {}: {payment:?}", day(past));
        }
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1000))]

    #[test]
    fn an_account_stays_true_whatever_happens(steps in proptest::collection::vec(step(), 1..50)) {
        let mut account = owing(&[(10_000, 5)]);
        let mut today = 0;
        let mut announced = Vec::new();
        for (index, step) in steps.into_iter().enumerate() {
            let before = account.clone();
            match step {
                Step::NextDays(days) => {
                    today += days;
                    account.summarise(day(today));
                }
                Step::Announce => announced.extend(account.announce_overdue(day(today))),
                _ => {}
            }
            if perform(&mut account, step, &format!("{index:03}"), today) == Some(false) {
                prop_assert_eq!(&account, &before, "a refusal changes nothing");
            }
            check(&account, today)?;
        }
        let count = announced.len();
        announced.sort();
        announced.dedup();
        prop_assert_eq!(announced.len(), count, "each lateness is announced once");
    }
}
