//! Sample books for demonstrations: the same every time, entered through the use cases like anybody's.

use chrono::{Days, NaiveDate};
use domain::account::{NewAllocation, NewPayment};
use domain::customer::MoneyInput;
use domain::invoice::NewInvoice;
use domain::{FieldError, NewCustomer, Role};
use rand::rngs::SmallRng;
use rand::{RngExt, SeedableRng};

use crate::{Caller, Error, Idempotency, Ledger, Result, Why};

/// What a demonstration starts with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DemoBooks {
    /// Customers.
    pub customers: usize,
    /// Months of invoices and payments before today.
    pub months: u32,
}

impl Default for DemoBooks {
    fn default() -> Self {
        Self { customers: 300, months: 24 }
    }
}

const FIRST: [&str; 24] = [
    "Alder",
    "Bergstrom",
    "Calloway",
    "Delmar",
    "Edgewater",
    "Fontaine",
    "Greywick",
    "Halden",
    "Ibarra",
    "Juniper",
    "Kestrel",
    "Lindqvist",
    "Marlowe",
    "Northgate",
    "Okonkwo",
    "Pemberton",
    "Quillan",
    "Rosewood",
    "Silvester",
    "Tanaka",
    "Underhill",
    "Valdez",
    "Whitaker",
    "Yamamoto",
];
const SECOND: [&str; 16] = [
    "Interiors",
    "Logistics",
    "Press",
    "Seafoods",
    "Clinic",
    "Foundry",
    "Bikes",
    "Solar",
    "Books",
    "Aviation",
    "Dental",
    "Textiles",
    "Robotics",
    "Vineyards",
    "Timber",
    "Studios",
];
const FOR: [&str; 6] = ["Consulting", "Monthly service", "Spare parts", "Delivery", "Licences", "Repairs"];

/// The longest step.
const MOST_DAYS: u16 = 365;

/// How a customer pays.
#[derive(Clone, Copy)]
enum Habit {
    Prompt,
    Late,
    VeryLate,
    InParts,
}

impl Ledger {
    /// Whether the clock of these books may be moved: never where they are kept.
    pub fn is_demonstration(&self) -> bool {
        self.inner.config.demonstration
    }

    /// Moves the calendar 1 to 365 days forward; what falls due is announced as if the nights had passed. Nobody's sign-in
    /// grows older by it. 409 on books that are kept.
    pub async fn advance_days(&self, caller: &Caller, days: u16) -> Result<NaiveDate> {
        caller.authorise(domain::Action::ManageSettings)?;
        if !self.is_demonstration() {
            return Err(Error::conflict(
                "live_clock",
                "The clock moves by itself here; only a demonstration's can be set.",
            ));
        }
        if !(1..=MOST_DAYS).contains(&days) {
            let message = format!("Use 1 to {MOST_DAYS} days.");
            return Err(FieldError::new("days", "out_of_range", message).into());
        }
        self.clock().skip_days(days);
        let today = self.tell_day();
        self.announce_overdue(today).await?;
        Ok(today)
    }

    /// Fills empty books. The same books every time, apart from ids: dates are counted from today.
    pub async fn seed(&self, books: DemoBooks) -> Result<()> {
        let caller = Caller { name: "Demo data".to_owned(), ..Caller::system(Role::Admin) };
        let numbers: Vec<usize> = (0..books.customers).collect();
        // Some at a time: the committer takes them in batches, and each customer's own history stays in order.
        for chunk in numbers.chunks(32) {
            let seeded = chunk.iter().map(|number| self.seed_customer(&caller, *number, books.months));
            futures::future::try_join_all(seeded).await?;
        }
        Ok(())
    }

    async fn seed_customer(&self, caller: &Caller, number: usize, months: u32) -> Result<()> {
        let mut rng = SmallRng::seed_from_u64(0x00d0_eb00 + number as u64);
        let name = format!(
            "{} {}",
            FIRST[number % FIRST.len()],
            SECOND[(number / FIRST.len() + number) % SECOND.len()]
        );
        let name = if number < FIRST.len() * SECOND.len() { name } else { format!("{name} {number}") };
        let host: String = name.to_lowercase().replace(' ', "-");
        let new = NewCustomer {
            reference: Some(format!("D-{:04}", 1 + number)),
            email: Some(format!("accounts@{host}.example.com")),
            phone: Some(format!("+1 555 01{:02} {:03}", number % 100, rng.random_range(100..999))),
            name,
            ..NewCustomer::default()
        };
        let customer = self.create_customer(caller, &new, None).await?.value;
        let habit = match rng.random_range(0..10) {
            0..5 => Habit::Prompt,
            5..8 => Habit::Late,
            8 => Habit::InParts,
            _ => Habit::VeryLate,
        };
        let size = rng.random_range(1..40) * 2_500;
        let today = self.business_date();
        for month in (0..months).rev() {
            if rng.random_bool(0.35) {
                continue;
            }
            let ago = u64::from(month) * 30 + rng.random_range(0..28);
            let issued = today - Days::new(ago);
            let minor = i64::from(size / 2 + rng.random_range(0..size));
            let amount = MoneyInput {
                amount: domain::Money::from_minor(minor, customer.currency).to_decimal(),
                currency: None,
            };
            let terms = if number.is_multiple_of(5) { "end_of_month" } else { "net_30" };
            let invoice = NewInvoice {
                customer_id: customer.id.to_string(),
                total: amount.clone(),
                issue_date: Some(issued.to_string()),
                terms: Some(terms.to_owned()),
                memo: Some(FOR[rng.random_range(0..FOR.len())].to_owned()),
                ..NewInvoice::default()
            };
            let invoice = self.create_invoice(caller, &invoice, None).await?.value.invoice;
            let wait = match habit {
                Habit::Prompt => rng.random_range(5..32),
                Habit::Late | Habit::InParts => rng.random_range(25..75),
                Habit::VeryLate => rng.random_range(60..200),
            };
            let paid_on = issued + Days::new(wait);
            if paid_on > today {
                continue;
            }
            let part = matches!(habit, Habit::InParts) && rng.random_bool(0.5);
            let paid = if part { minor / 2 } else { minor };
            let amount = MoneyInput {
                amount: domain::Money::from_minor(paid, customer.currency).to_decimal(),
                currency: None,
            };
            let payment = NewPayment {
                customer_id: customer.id.to_string(),
                amount: amount.clone(),
                received_on: Some(paid_on.to_string()),
                reference: Some(invoice.number.clone()),
                allocations: Some(vec![NewAllocation { invoice_id: invoice.id.to_string(), amount }]),
                ..NewPayment::default()
            };
            let key = Idempotency::new(format!("demo {}", invoice.id), "demo", b"");
            let payment = self.record_payment(caller, &payment, &key).await?.value;
            let why = |reason: &str| Why { reason: Some(reason.to_owned()), ..Why::default() };
            match rng.random_range(0..60) {
                0 => {
                    let key = Idempotency::new(format!("demo back {}", payment.id), "demo", b"");
                    self.reverse_payment(caller, &payment.id, None, &why("Cheque bounced"), &key).await?;
                }
                1 if part => {
                    self.write_off_invoice(caller, &invoice.id, &why("Not worth pursuing"), None).await?;
                }
                _ => {}
            }
        }
        Ok(())
    }
}
