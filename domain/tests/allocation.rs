//! A payment settles what is oldest and never more than there is.

use std::collections::BTreeMap;

use chrono::{DateTime, Days, NaiveDate};
use domain::allocation::oldest_due_first;
use domain::{Currency, Invoice, InvoiceId, InvoiceKind, InvoiceStatus, Money};
use proptest::prelude::*;

fn day(offset: u64) -> NaiveDate {
    NaiveDate::from_ymd_opt(2025, 1, 1)
        .and_then(|day| day.checked_add_days(Days::new(offset)))
        .expect("a date")
}

fn invoice(index: usize, balance: i64, due: u64, status: InvoiceStatus, currency: Currency) -> Invoice {
    Invoice {
        id: InvoiceId::from_unique(&index.to_string()),
        customer_id: "cus_1".into(),
        number: format!("I-{index}"),
        kind: InvoiceKind::Invoice,
        issue_date: day(0),
        due_date: day(due),
        total: Money::from_minor(balance + 5, currency),
        balance: Money::from_minor(balance, currency),
        status,
        terms: None,
        memo: None,
        entries: Vec::new(),
        reopened_on: None,
        announced_overdue: None,
        import_id: None,
        version: 1,
        created_at: DateTime::UNIX_EPOCH,
        updated_at: DateTime::UNIX_EPOCH,
    }
}

fn invoices() -> impl Strategy<Value = Vec<Invoice>> {
    let status = proptest::sample::select(vec![
        InvoiceStatus::Open,
        InvoiceStatus::Open,
        InvoiceStatus::Open,
        InvoiceStatus::Paid,
        InvoiceStatus::Draft,
        InvoiceStatus::Void,
        InvoiceStatus::Uncollectible,
    ]);
    let currency = proptest::sample::select(vec![Currency::USD, Currency::USD, Currency::EUR]);
    proptest::collection::vec((0_i64..10_000, 0_u64..20, status, currency), 0..12).prop_map(|rows| {
        rows.into_iter()
            .enumerate()
            .map(|(index, (balance, due, status, currency))| invoice(index, balance, due, status, currency))
            .collect()
    })
}

#[test]
fn equal_due_dates_are_settled_by_issue_date_and_then_by_number() {
    let mut late = invoice(1, 100, 5, InvoiceStatus::Open, Currency::USD);
    late.issue_date = day(1);
    let second = invoice(3, 100, 5, InvoiceStatus::Open, Currency::USD);
    let first = invoice(2, 100, 5, InvoiceStatus::Open, Currency::USD);
    let (allocations, left) =
        oldest_due_first(Money::from_minor(250, Currency::USD), [&late, &second, &first]);
    let parts: Vec<_> = allocations.iter().map(|a| (a.invoice_id.as_str(), a.amount.minor())).collect();
    assert_eq!(parts, [("inv_2", 100), ("inv_3", 100), ("inv_1", 50)]);
    assert!(left.is_zero());
}

proptest! {
    #[test]
    fn allocation_keeps_its_promises(available in -1_000_i64..60_000, invoices in invoices()) {
        let available = Money::from_minor(available, Currency::USD);
        let (allocations, left) = oldest_due_first(available, &invoices);
        let by_id: BTreeMap<_, _> = invoices.iter().map(|invoice| (&invoice.id, invoice)).collect();

        let sum: i64 = allocations.iter().map(|a| a.amount.minor()).sum();
        prop_assert_eq!(left.minor(), available.minor().max(0) - sum, "what is left over is the rest");
        prop_assert!(left.minor() >= 0);

        let mut settled = BTreeMap::new();
        for allocation in &allocations {
            let invoice = by_id[&allocation.invoice_id];
            prop_assert!(invoice.is_open());
            prop_assert_eq!(allocation.amount.currency(), invoice.total.currency());
            prop_assert!(allocation.amount.is_positive() && allocation.amount.minor() <= invoice.balance.minor());
            prop_assert!(settled.insert(&allocation.invoice_id, allocation.amount.minor()).is_none(), "named once");
        }

        // Oldest first: an invoice gets money only when every older one is settled in full.
        for invoice in invoices.iter().filter(|i| i.is_open() && i.balance.currency() == Currency::USD) {
            let got = settled.get(&invoice.id).copied().unwrap_or(0);
            if got < invoice.balance.minor() {
                prop_assert!(left.is_zero(), "money is left while something is owed");
                for id in settled.keys() {
                    prop_assert!(by_id[*id].due_date <= invoice.due_date, "a younger invoice was settled first");
                }
            }
        }
        let due_dates: Vec<_> = allocations.iter().map(|a| by_id[&a.invoice_id].due_date).collect();
        prop_assert!(due_dates.is_sorted());
    }
}
