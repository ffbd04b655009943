//! Running totals, so that reports over a million invoices read some thousand rows: open invoices by due date, money received
//! by day, customers by status, unapplied money. Every change writes what it moves them by in its own transaction, and a job
//! folds these moves in. What they say can be recomputed from the rows at any time; `verify` does.

use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;

use chrono::NaiveDate;
use domain::{Currency, Customer, CustomerStatus, Invoice, Payment};

/// What is counted and summed. Amounts of different currencies are never summed, so each has its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Topic {
    /// Open invoices, by due date: how many, and their balances.
    Due(NaiveDate),
    /// Payments that hold money, by the day it was received: how many, and what is left of them after refunds.
    Received(NaiveDate),
    /// Customers by status, and what they owe. Archived ones are counted apart.
    Customers(CustomerStatus, Shelf),
    /// Customers with unapplied money, and how much it is.
    Unapplied,
}

/// Where a customer is kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Shelf {
    /// Worked with.
    Active,
    /// Archived.
    Archived,
}

/// A topic in one currency.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct SummaryKey {
    pub currency: Currency,
    pub topic: Topic,
}

/// A count and a sum in minor units; as a difference, both may be negative.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Tally {
    pub count: i64,
    pub minor: i64,
}

impl Tally {
    pub(crate) fn add(&mut self, other: Tally) {
        self.count += other.count;
        self.minor += other.minor;
    }

    pub(crate) fn is_zero(&self) -> bool {
        self.count == 0 && self.minor == 0
    }
}

/// The record's name: `due USD 2026-01-31`. Names of one topic stand together, days in their order.
impl fmt::Display for SummaryKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let currency = self.currency;
        match self.topic {
            Topic::Due(date) => write!(f, "due {currency} {date}"),
            Topic::Received(date) => write!(f, "received {currency} {date}"),
            Topic::Customers(status, Shelf::Active) => write!(f, "customers {currency} {}", status.as_str()),
            Topic::Customers(status, Shelf::Archived) => write!(f, "archived {currency} {}", status.as_str()),
            Topic::Unapplied => write!(f, "unapplied {currency} all"),
        }
    }
}

impl FromStr for SummaryKey {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        let mut parts = text.split(' ');
        let (Some(topic), Some(currency), Some(detail), None) =
            (parts.next(), parts.next(), parts.next(), parts.next())
        else {
            return Err(());
        };
        let date = || detail.parse::<NaiveDate>().map_err(|_| ());
        let status = || detail.parse::<CustomerStatus>().map_err(|_| ());
        Ok(Self {
            currency: currency.parse().map_err(|_| ())?,
            topic: match topic {
                "due" => Topic::Due(date()?),
                "received" => Topic::Received(date()?),
                "customers" => Topic::Customers(status()?, Shelf::Active),
                "archived" => Topic::Customers(status()?, Shelf::Archived),
                "unapplied" => Topic::Unapplied,
                _ => return Err(()),
            },
        })
    }
}

/// Tallies by key: all of them, or what a change moves.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Tallies(BTreeMap<SummaryKey, Tally>);

impl Tallies {
    fn add(&mut self, currency: Currency, topic: Topic, count: i64, minor: i64) {
        self.0.entry(SummaryKey { currency, topic }).or_default().add(Tally { count, minor });
    }

    /// Counts an invoice `sign` times: 1 puts it in, -1 takes it out.
    pub(crate) fn invoice(&mut self, invoice: &Invoice, sign: i64) {
        if invoice.is_open() {
            let balance = invoice.balance;
            self.add(balance.currency(), Topic::Due(invoice.due_date), sign, sign * balance.minor());
        }
    }

    /// Counts a payment.
    pub(crate) fn payment(&mut self, payment: &Payment, sign: i64) {
        if payment.status.holds_money() {
            let topic = Topic::Received(payment.received_on);
            self.add(payment.amount.currency(), topic, sign, sign * payment.kept_minor());
        }
    }

    /// Counts a customer.
    pub(crate) fn customer(&mut self, customer: &Customer, sign: i64) {
        let shelf = if customer.archived_at.is_some() { Shelf::Archived } else { Shelf::Active };
        let topic = Topic::Customers(customer.status, shelf);
        self.add(customer.currency, topic, sign, sign * customer.outstanding.minor());
        if !customer.unapplied.is_zero() {
            self.add(customer.currency, Topic::Unapplied, sign, sign * customer.unapplied.minor());
        }
    }

    /// Adds everything in `other`.
    pub(crate) fn merge(&mut self, other: Tallies) {
        for (key, tally) in other.0 {
            self.insert(key, tally);
        }
    }

    /// Adds a stored tally.
    pub(crate) fn insert(&mut self, key: SummaryKey, tally: Tally) {
        self.0.entry(key).or_default().add(tally);
    }

    /// All that are not zero, the currencies one after the other.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (SummaryKey, Tally)> {
        self.0.iter().filter(|(_, tally)| !tally.is_zero()).map(|(key, tally)| (*key, *tally))
    }

    /// How many customers stand on a shelf, of one status and in one currency where these are given.
    pub(crate) fn customers(
        &self,
        shelf: Shelf,
        status: Option<CustomerStatus>,
        currency: Option<Currency>,
    ) -> u64 {
        let wanted = |key: &SummaryKey| match key.topic {
            Topic::Customers(of, on) => {
                on == shelf
                    && status.is_none_or(|status| status == of)
                    && currency.is_none_or(|currency| currency == key.currency)
            }
            _ => false,
        };
        self.iter().filter(|(key, _)| wanted(key)).map(|(_, tally)| tally.count.unsigned_abs()).sum()
    }

    /// The tally of a key; zero when nothing was counted.
    pub(crate) fn get(&self, key: SummaryKey) -> Tally {
        self.0.get(&key).copied().unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_can_be_read_back() {
        let date = NaiveDate::from_ymd_opt(2026, 1, 31).unwrap();
        for topic in [
            Topic::Due(date),
            Topic::Received(date),
            Topic::Customers(CustomerStatus::Overdue, Shelf::Active),
            Topic::Customers(CustomerStatus::Paid, Shelf::Archived),
            Topic::Unapplied,
        ] {
            let key = SummaryKey { currency: Currency::USD, topic };
            assert_eq!(key.to_string().parse(), Ok(key), "{key}");
        }
        for text in
            ["", "due USD", "due USD soon", "due XXXX 2026-01-31", "lost USD x", "due USD 2026-01-31 x"]
        {
            assert_eq!(text.parse::<SummaryKey>(), Err(()), "{text}");
        }
    }

    #[test]
    fn what_goes_in_and_out_again_leaves_nothing() {
        let mut tallies = Tallies::default();
        tallies.add(Currency::USD, Topic::Unapplied, 1, 500);
        let mut more = Tallies::default();
        more.add(Currency::USD, Topic::Unapplied, -1, -500);
        tallies.merge(more);
        assert_eq!(tallies.iter().count(), 0);
    }
}
