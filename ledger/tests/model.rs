//! Thousands of random commands against the real ledger and a plain model in memory, compared after each: what the model
//! says in thirty lines, the ledger must say with all its machinery.
#![allow(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]

mod common;

use std::collections::BTreeMap;

use common::{open, person, proven};
use domain::account::{NewAllocation, NewPayment};
use domain::customer::MoneyInput;
use domain::invoice::NewInvoice;
use domain::{CustomerId, InvoiceId, InvoiceStatus, NewCustomer, PaymentId, PaymentStatus, Role};
use ledger::{Caller, Clock, Idempotency, Ledger, StatusChange, Why};
use rand::rngs::SmallRng;
use rand::{RngExt, SeedableRng};

const STEPS: usize = 3_000;
const CUSTOMERS: usize = 4;

/// What an invoice asks for and what lessens it.
#[derive(Clone, Debug)]
struct Bill {
    customer: usize,
    due: String,
    total: i64,
    credited: i64,
    written_off: i64,
    status: &'static str,
}

/// A payment: what is left of it and what it settles.
#[derive(Clone, Debug)]
struct Money {
    customer: usize,
    kept: i64,
    status: &'static str,
    settles: BTreeMap<usize, i64>,
}

/// Everything, in the order in which it was entered.
#[derive(Clone, Debug, Default)]
struct Model {
    bills: Vec<Bill>,
    money: Vec<Money>,
}

impl Model {
    fn balance(&self, bill: usize) -> i64 {
        let settled: i64 = self.money.iter().filter_map(|money| money.settles.get(&bill)).sum();
        let Bill { total, credited, written_off, status, .. } = &self.bills[bill];
        if *status == "void" { 0 } else { total - credited - written_off - settled }
    }

    fn is_open(&self, bill: usize) -> bool {
        !matches!(self.bills[bill].status, "draft" | "void") && self.balance(bill) > 0
    }

    fn status(&self, bill: usize) -> &'static str {
        match self.bills[bill].status {
            fixed @ ("draft" | "void") => fixed,
            _ if self.balance(bill) > 0 => "open",
            _ if self.bills[bill].written_off > 0 => "uncollectible",
            _ => "paid",
        }
    }

    fn unapplied(&self, money: usize) -> i64 {
        let Money { kept, status, settles, .. } = &self.money[money];
        if matches!(*status, "completed" | "partially_refunded") {
            kept - settles.values().sum::<i64>()
        } else {
            0
        }
    }

    /// Oldest due date first; of one day, the one entered first.
    fn settle(&mut self, money: usize) {
        let mut open: Vec<usize> = (0..self.bills.len())
            .filter(|bill| self.bills[*bill].customer == self.money[money].customer && self.is_open(*bill))
            .collect();
        open.sort_by_key(|bill| (self.bills[*bill].due.clone(), *bill));
        for bill in open {
            let part = self.unapplied(money).min(self.balance(bill));
            if part > 0 {
                *self.money[money].settles.entry(bill).or_default() += part;
            }
        }
    }
}

/// The real ledger, with the ids of what the model counts.
struct Real {
    ledger: Ledger,
    ada: Caller,
    customers: Vec<CustomerId>,
    invoices: Vec<InvoiceId>,
    payments: Vec<PaymentId>,
    step: usize,
}

fn usd(minor: i64) -> MoneyInput {
    MoneyInput { amount: format!("{}.{:02}", minor / 100, minor % 100), currency: None }
}

fn why() -> Why {
    Why { reason: Some("because".into()), ..Why::default() }
}

impl Real {
    fn key(&self) -> Idempotency {
        Idempotency::new(self.step.to_string(), "model", b"")
    }

    /// Does one random thing to both; whether both did it, or both refused.
    async fn step(&mut self, model: &mut Model, rng: &mut SmallRng) {
        let bill = rng.random_range(0..model.bills.len().max(1));
        let money = rng.random_range(0..model.money.len().max(1));
        let amount = rng.random_range(1..20_000);
        let customer = rng.random_range(0..CUSTOMERS);
        let roll = rng.random_range(0..100);
        if roll < 18 || model.bills.is_empty() {
            return self.enter(model, customer, amount, rng).await;
        }
        if roll < 40 || model.money.is_empty() {
            return self.pay(model, customer, amount, rng.random_bool(0.8)).await;
        }
        let id = &self.invoices[bill];
        let payment = &self.payments[money];
        let (ledger, ada) = (&self.ledger, &self.ada);
        let status = model.status(bill);
        let (balance, held) = (model.balance(bill), model.money[money].status);
        let (expected, happened) = match roll {
            40..46 => {
                let may = status == "draft";
                if may {
                    model.bills[bill].status = "open";
                }
                (may, ledger.issue_invoice(ada, id).await.is_ok())
            }
            46..50 => {
                let may = status == "draft" || status == "open" && balance == model.bills[bill].total;
                if may {
                    model.bills[bill].status = "void";
                }
                (may, ledger.void_invoice(ada, id, &why(), None).await.is_ok())
            }
            50..58 => {
                let may = status == "open" && amount <= balance;
                if may {
                    model.bills[bill].credited += amount;
                }
                (may, ledger.credit_invoice(ada, id, &usd(amount), &why(), None).await.is_ok())
            }
            58..62 => {
                let may = status == "open";
                if may {
                    model.bills[bill].written_off += balance;
                }
                (may, ledger.write_off_invoice(ada, id, &why(), None).await.is_ok())
            }
            62..66 => {
                let may = status == "uncollectible";
                if may {
                    model.bills[bill].written_off = 0;
                }
                (may, ledger.recover_invoice(ada, id, None, &why(), None).await.is_ok())
            }
            66..74 => {
                // Completed to pending and back.
                let to = if held == "pending" { "completed" } else { "pending" };
                let may = matches!(held, "pending" | "completed");
                if may {
                    model.money[money].settles.clear();
                    model.money[money].status = to;
                    model.settle(money);
                }
                let change = StatusChange { status: to.into(), reason: Some("x".into()), version: None };
                (may, ledger.set_payment_status(ada, payment, &change).await.is_ok())
            }
            74..82 => {
                let may =
                    matches!(held, "completed" | "partially_refunded") && amount <= model.money[money].kept;
                if may {
                    refund(model, money, amount);
                }
                (
                    may,
                    ledger
                        .refund_payment(ada, payment, Some(&usd(amount)), &why(), &self.key())
                        .await
                        .is_ok(),
                )
            }
            82..86 => {
                let may = matches!(held, "completed" | "partially_refunded");
                if may {
                    model.money[money].settles.clear();
                    model.money[money].status = "reversed";
                }
                (may, ledger.reverse_payment(ada, payment, None, &why(), &self.key()).await.is_ok())
            }
            86..94 => {
                // All of it on one invoice, as far as that goes.
                let holds = matches!(held, "completed" | "partially_refunded");
                let back = model.money[money].settles.get(&bill).copied().unwrap_or(0);
                let own = model.bills[bill].customer == model.money[money].customer;
                let may = holds
                    && own
                    && (model.is_open(bill) || back > 0)
                    && amount <= balance + back
                    && amount <= model.money[money].kept;
                if may {
                    model.money[money].settles = BTreeMap::from([(bill, amount)]);
                }
                let wanted = [NewAllocation { invoice_id: id.to_string(), amount: usd(amount) }];
                let moved =
                    ledger.reallocate_payment(ada, payment, Some(&wanted), &Why::default(), None).await;
                (may, moved.is_ok())
            }
            _ => {
                let mut order: Vec<usize> =
                    (0..model.money.len()).filter(|money| model.money[*money].customer == customer).collect();
                order.retain(|money| model.unapplied(*money) > 0);
                for money in order {
                    model.settle(money);
                }
                (true, ledger.apply_unapplied(ada, &self.customers[customer]).await.is_ok())
            }
        };
        assert_eq!(
            happened, expected,
            "step {}, roll {roll}: {:?} {:?}",
            self.step, model.bills[bill], model.money[money]
        );
    }

    async fn enter(&mut self, model: &mut Model, customer: usize, total: i64, rng: &mut SmallRng) {
        let draft = rng.random_bool(0.2);
        let due = format!("2025-{:02}-{:02}", rng.random_range(2..=12), rng.random_range(1..=28));
        let new = NewInvoice {
            customer_id: self.customers[customer].to_string(),
            number: Some(format!("{:06}", model.bills.len())),
            total: usd(total),
            issue_date: Some("2025-01-01".into()),
            due_date: Some(due.clone()),
            status: Some(if draft { "draft" } else { "open" }.into()),
            ..NewInvoice::default()
        };
        let entered = self.ledger.create_invoice(&self.ada, &new, None).await.unwrap();
        self.invoices.push(entered.value.invoice.id);
        let status = if draft { "draft" } else { "open" };
        model.bills.push(Bill { customer, due, total, credited: 0, written_off: 0, status });
    }

    async fn pay(&mut self, model: &mut Model, customer: usize, amount: i64, completed: bool) {
        let status = if completed { "completed" } else { "pending" };
        let new = NewPayment {
            customer_id: self.customers[customer].to_string(),
            amount: usd(amount),
            status: Some(status.into()),
            ..NewPayment::default()
        };
        let paid = self.ledger.record_payment(&self.ada, &new, &self.key()).await.unwrap();
        self.payments.push(paid.value.id);
        model.money.push(Money { customer, kept: amount, status, settles: BTreeMap::new() });
        model.settle(model.money.len() - 1);
    }

    /// Every figure of one customer.
    async fn compare(&self, model: &Model, customer: usize) {
        let what = format!("step {}, customer {customer}", self.step);
        let row = self.ledger.customer(&self.ada, &self.customers[customer]).await.unwrap().value;
        let own = |bill: &usize| model.bills[*bill].customer == customer && model.is_open(*bill);
        let outstanding: i64 = (0..model.bills.len()).filter(own).map(|bill| model.balance(bill)).sum();
        let theirs = (0..model.money.len()).filter(|money| model.money[*money].customer == customer);
        let unapplied: i64 = theirs.map(|money| model.unapplied(money)).sum();
        assert_eq!((row.outstanding.minor(), row.unapplied.minor()), (outstanding, unapplied), "{what}");
        assert_eq!(
            row.open_invoices,
            i64::try_from((0..model.bills.len()).filter(own).count()).unwrap(),
            "{what}"
        );
    }

    /// Every invoice and every payment.
    async fn compare_all(&self, model: &Model) {
        for (bill, id) in self.invoices.iter().enumerate() {
            let invoice = self.ledger.invoice(&self.ada, id).await.unwrap().invoice;
            let status: InvoiceStatus = model.status(bill).parse().unwrap();
            assert_eq!(
                (invoice.balance.minor(), invoice.status),
                (model.balance(bill), status),
                "invoice {bill}"
            );
        }
        for (money, id) in self.payments.iter().enumerate() {
            let payment = self.ledger.payment(&self.ada, id).await.unwrap().payment;
            let status: PaymentStatus = model.money[money].status.parse().unwrap();
            assert_eq!(
                (payment.unapplied.minor(), payment.status),
                (model.unapplied(money), status),
                "payment {money}"
            );
        }
    }
}

/// Unapplied money first, then from the invoices due last.
fn refund(model: &mut Model, money: usize, amount: i64) {
    let mut short = amount - model.unapplied(money);
    let mut settled: Vec<usize> = model.money[money].settles.keys().copied().collect();
    settled.sort_by_key(|bill| std::cmp::Reverse(model.bills[*bill].due.clone()));
    for bill in settled {
        if short <= 0 {
            break;
        }
        let part = model.money[money].settles.get_mut(&bill).unwrap();
        let back = short.min(*part);
        *part -= back;
        short -= back;
    }
    let paid = &mut model.money[money];
    paid.settles.retain(|_, minor| *minor > 0);
    paid.kept -= amount;
    paid.status = if paid.kept == 0 { "refunded" } else { "partially_refunded" };
}

#[tokio::test(flavor = "multi_thread")]
async fn the_ledger_does_what_a_plain_model_does() {
    let seed =
        std::env::var("DUEBOOK_MODEL_SEED").ok().and_then(|text| text.parse().ok()).unwrap_or(20_261_121);
    let mut rng = SmallRng::seed_from_u64(seed);
    let ledger = open(&Clock::default()).await;
    let ada = person(&ledger, None, "Ada", Role::Admin).await;
    let mut customers = Vec::new();
    for number in 0..CUSTOMERS {
        let new = NewCustomer { name: format!("Customer {number}"), ..NewCustomer::default() };
        customers.push(ledger.create_customer(&ada, &new, None).await.unwrap().value.id);
    }
    let mut real = Real { ledger, ada, customers, invoices: Vec::new(), payments: Vec::new(), step: 0 };
    let mut model = Model::default();
    for step in 0..STEPS {
        real.step = step;
        real.step(&mut model, &mut rng).await;
        real.compare(&model, step % CUSTOMERS).await;
        if step % 500 == 499 {
            real.compare_all(&model).await;
            proven(&real.ledger).await;
        }
    }
}
