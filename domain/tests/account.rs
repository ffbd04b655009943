//! Whatever happens to an account, in whatever order, it stays true.

use chrono::{DateTime, Days, NaiveDate, Utc};
use domain::account::{Moment, NewAllocation, NewPayment, PaymentDraft, Rule};
use domain::customer::MoneyInput;
use domain::payment::{Outcome, Simulation};
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

#[test]
fn a_partial_refund_does_not_settle_the_same_invoice_twice() {
    let mut account = owing(&[(10_000, 5), (10_000, 6)]);
    record(&mut account, "1", 10_000);
    account.move_payment(&pay("1"), PaymentStatus::PartiallyRefunded, None, moment(0)).expect("it may");
    assert_eq!(figures(&account), (10_000, 0, 0));
    account.move_payment(&pay("1"), PaymentStatus::Reversed, None, moment(0)).expect("it may");
    assert_eq!(figures(&account), (20_000, 0, 0));
}

#[test]
fn pending_and_processing_money_settles_nothing() {
    let mut account = owing(&[(10_000, 5)]);
    account
        .record_payment(pay("1"), draft(10_000, PaymentStatus::Pending), PaymentSource::Manual, moment(0))
        .expect("announced");
    let simulation = Simulation { outcome: Outcome::Timeout, due_at: DateTime::UNIX_EPOCH };
    account.start_simulated(pay("2"), usd(10_000), simulation, moment(0)).expect("started");
    assert_eq!(figures(&account), (10_000, 0, 0));
    assert!(account.payments[&pay("2")].simulated.is_some());
    account.move_payment(&pay("2"), PaymentStatus::Unknown, None, moment(0)).expect("no answer");
    assert!(account.payments[&pay("2")].simulated.is_some(), "the reconciler still has to ask");
    account.move_payment(&pay("2"), PaymentStatus::Completed, None, moment(0)).expect("it came after all");
    assert_eq!(figures(&account), (0, 0, 0));
    assert!(account.payments[&pay("2")].simulated.is_none());
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

/// Something that happens to an account. Which payment is meant is decided when it happens.
#[derive(Clone, Debug)]
enum Step {
    Owe { minor: i64, due: u64 },
    Record { minor: i64, completed: bool },
    Simulate { minor: i64 },
    Move { payment: Index, to: Index },
    NextDays(u64),
    Announce,
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        2 => (1_i64..50_000, 0_u64..40).prop_map(|(minor, due)| Step::Owe { minor, due }),
        3 => (1_i64..60_000, any::<bool>()).prop_map(|(minor, completed)| Step::Record { minor, completed }),
        1 => (1_i64..60_000).prop_map(|minor| Step::Simulate { minor }),
        6 => (any::<Index>(), any::<Index>()).prop_map(|(payment, to)| Step::Move { payment, to }),
        2 => (0_u64..15).prop_map(Step::NextDays),
        1 => Just(Step::Announce),
    ]
}

fn check(account: &Account, business_date: NaiveDate) -> Result<(), TestCaseError> {
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
        prop_assert_eq!(invoice.balance.minor(), invoice.total.minor() - settled);
        prop_assert!(invoice.balance.minor() >= 0);
        prop_assert_eq!(invoice.status == InvoiceStatus::Paid, invoice.balance.is_zero());
        if invoice.is_open() {
            outstanding += invoice.balance.minor();
            if invoice.due_date < business_date {
                overdue += invoice.balance.minor();
            }
        }
    }
    let mut unapplied = 0;
    for payment in account.payments.values() {
        prop_assert!(payment.unapplied.minor() >= 0);
        if payment.status.holds_money() {
            prop_assert_eq!(payment.allocated_minor() + payment.unapplied.minor(), payment.amount.minor());
        } else {
            prop_assert!(payment.allocations.is_empty() && payment.unapplied.is_zero());
        }
        unapplied += payment.unapplied.minor();
    }
    prop_assert_eq!(figures(account), (outstanding, overdue, unapplied));
    prop_assert!(customer.overdue.minor() <= customer.outstanding.minor());
    let open: Vec<_> = account.invoices.values().filter(|invoice| invoice.is_open()).collect();
    prop_assert_eq!(customer.open_invoices, i64::try_from(open.len()).unwrap_or(-1));
    prop_assert_eq!(customer.next_due_date, open.iter().map(|invoice| invoice.due_date).min());
    let status = match (outstanding, overdue) {
        (0, _) => CustomerStatus::Paid,
        (_, 0) => CustomerStatus::Pending,
        _ => CustomerStatus::Overdue,
    };
    prop_assert_eq!(customer.status, status);
    Ok(())
}

proptest! {
    #[test]
    fn an_account_stays_true_whatever_happens(steps in proptest::collection::vec(step(), 1..60)) {
        let mut account = owing(&[(10_000, 5)]);
        let mut today = 0;
        let mut announced = Vec::new();
        for (index, step) in steps.into_iter().enumerate() {
            let unique = format!("{index:03}");
            let before = account.clone();
            let mut refused = false;
            match step {
                Step::Owe { minor, due } => {
                    account.add_opening_balance(inv(&unique), usd(minor), day(due), moment(today));
                }
                Step::Record { minor, completed } => {
                    let status = if completed { PaymentStatus::Completed } else { PaymentStatus::Pending };
                    let recorded =
                        account.record_payment(pay(&unique), draft(minor, status), PaymentSource::Manual, moment(today));
                    prop_assert_eq!(recorded, Ok(()));
                }
                Step::Simulate { minor } => {
                    let simulation = Simulation { outcome: Outcome::Succeed, due_at: DateTime::UNIX_EPOCH };
                    prop_assert_eq!(account.start_simulated(pay(&unique), usd(minor), simulation, moment(today)), Ok(()));
                }
                Step::Move { payment, to } => {
                    let ids: Vec<_> = account.payments.keys().cloned().collect();
                    if !ids.is_empty() {
                        let id = payment.get(&ids);
                        let to = *to.get(&PaymentStatus::ALL);
                        let allowed = account.payments[id].status.next().contains(&to);
                        refused = account.move_payment(id, to, None, moment(today)).is_err();
                        prop_assert_eq!(refused, !allowed);
                    }
                }
                Step::NextDays(days) => {
                    today += days;
                    account.summarise(day(today));
                }
                Step::Announce => announced.extend(account.announce_overdue(day(today))),
            }
            if refused {
                prop_assert_eq!(&account, &before, "a refusal changes nothing");
            }
            check(&account, day(today))?;
        }
        let count = announced.len();
        announced.sort();
        announced.dedup();
        prop_assert_eq!(announced.len(), count, "each lateness is announced once");
    }
}
