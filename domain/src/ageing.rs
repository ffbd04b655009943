//! Ageing: how old what is owed is. A bucket is chosen by whole days past due, so what is not yet due is never late.

use std::collections::BTreeMap;

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};

use crate::{Currency, CustomerId, Money};

/// The upper bounds of the late buckets, in days past due; what is later than the last has its own. `30, 60, 90` gives
/// not yet due, 1–30, 31–60, 61–90 and 91 or more.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Buckets(Vec<i64>);

/// Bounds anyone can still read in a table.
const MOST: usize = 11;

impl Default for Buckets {
    fn default() -> Self {
        Self(vec![30, 60, 90])
    }
}

/// One column of an ageing report.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Bucket {
    /// `current`, `1_30`, …, `91_plus`.
    pub key: String,
    /// Fewest days past due; absent for what is not yet due.
    pub from: Option<i64>,
    /// Most days past due; absent in the last bucket.
    pub to: Option<i64>,
}

impl Bucket {
    /// For people.
    pub fn label(&self) -> String {
        match (self.from, self.to) {
            (None, _) => "Not yet due".to_owned(),
            (Some(from), Some(to)) => format!("{from}–{to}"),
            (Some(from), None) => format!("{from}+"),
        }
    }
}

impl Buckets {
    /// All columns, not yet due first.
    pub fn columns(&self) -> Vec<Bucket> {
        let mut columns = vec![Bucket { key: "current".to_owned(), from: None, to: Some(0) }];
        let mut from = 1;
        for to in &self.0 {
            columns.push(Bucket { key: format!("{from}_{to}"), from: Some(from), to: Some(*to) });
            from = to + 1;
        }
        columns.push(Bucket { key: format!("{from}_plus"), from: Some(from), to: None });
        columns
    }

    /// The column of something due on `due`, as of `as_of`. Due on that day is not late.
    pub fn column(&self, due: NaiveDate, as_of: NaiveDate) -> usize {
        let late = (as_of - due).num_days();
        if late <= 0 { 0 } else { 1 + self.0.iter().take_while(|to| late > **to).count() }
    }
}

impl std::str::FromStr for Buckets {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let bounds: Option<Vec<i64>> = text
            .split(',')
            .map(|part| part.trim().parse().ok().filter(|days| (1..=3650).contains(days)))
            .collect();
        bounds
            .filter(|bounds| bounds.len() <= MOST && bounds.is_sorted_by(|a, b| a < b))
            .map(Self)
            .ok_or_else(|| format!("Use 1 to {MOST} rising numbers of days, such as 30,60,90."))
    }
}

/// What one customer (or everybody) owes in one currency, by age.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AgeingRow {
    /// The currency of every amount; amounts of different currencies are never summed.
    pub currency: Currency,
    /// Whose row it is; absent in totals.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub customer_id: Option<CustomerId>,
    /// Their name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// Everything owed.
    pub outstanding: Money,
    /// Received money that settles no invoice.
    pub unapplied: Money,
    /// What is owed, by bucket.
    pub amounts: BTreeMap<String, Money>,
    /// Invoices, by bucket.
    pub counts: BTreeMap<String, i64>,
}

/// Who owed what, how late, as of a date.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ageing {
    /// The date the figures are of.
    pub as_of: NaiveDate,
    /// The organisation's date when they were computed.
    pub business_date: NaiveDate,
    /// The columns, not yet due first.
    pub buckets: Vec<Bucket>,
    /// Totals per currency, or a row for each customer and currency.
    pub data: Vec<AgeingRow>,
}

/// The ageing of one date: totals by currency, and the same by customer as far as there is room.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AgeingOverview {
    /// Totals by currency.
    pub total: Ageing,
    /// Rows of those who owe or are owed most.
    pub by_customer: Ageing,
    /// How many rows there are in all.
    pub customers: u64,
}

impl AgeingOverview {
    /// Whether rows are left out.
    pub fn has_more(&self) -> bool {
        (self.by_customer.data.len() as u64) < self.customers
    }
}

/// Sums one row.
#[derive(Clone, Debug)]
pub struct AgeingSum {
    amounts: Vec<i64>,
    counts: Vec<i64>,
    unapplied: i64,
}

impl AgeingSum {
    /// Nothing yet.
    pub fn new(buckets: &Buckets) -> Self {
        let columns = buckets.0.len() + 2;
        Self { amounts: vec![0; columns], counts: vec![0; columns], unapplied: 0 }
    }

    /// Adds an invoice's balance (minor units) to its column.
    pub fn add(&mut self, column: usize, minor: i64) {
        self.add_many(column, 1, minor);
    }

    /// Adds so many invoices and the sum of their balances (minor units) to a column.
    pub fn add_many(&mut self, column: usize, invoices: i64, minor: i64) {
        if let (Some(amount), Some(count)) = (self.amounts.get_mut(column), self.counts.get_mut(column)) {
            *amount += minor;
            *count += invoices;
        }
    }

    /// Adds unapplied money, in minor units.
    pub fn add_unapplied(&mut self, minor: i64) {
        self.unapplied += minor;
    }

    /// Everything owed, in minor units.
    pub fn outstanding(&self) -> i64 {
        self.amounts.iter().sum()
    }

    /// Adds another row's figures.
    pub fn merge(&mut self, other: &AgeingSum) {
        for (sum, more) in self.amounts.iter_mut().zip(&other.amounts) {
            *sum += more;
        }
        for (sum, more) in self.counts.iter_mut().zip(&other.counts) {
            *sum += more;
        }
        self.unapplied += other.unapplied;
    }

    /// Whether there is nothing to tell.
    pub fn is_empty(&self) -> bool {
        self.unapplied == 0 && self.amounts.iter().all(|minor| *minor == 0)
    }

    /// The finished row.
    pub fn row(
        &self,
        buckets: &Buckets,
        currency: Currency,
        customer: Option<(CustomerId, String)>,
    ) -> AgeingRow {
        let money = |minor| Money::from_minor(minor, currency);
        let (customer_id, name) = customer.unzip();
        let columns = buckets.columns();
        AgeingRow {
            currency,
            customer_id,
            name,
            outstanding: money(self.outstanding()),
            unapplied: money(self.unapplied),
            amounts: columns
                .iter()
                .map(|bucket| bucket.key.clone())
                .zip(self.amounts.iter().copied().map(money))
                .collect(),
            counts: columns.into_iter().map(|bucket| bucket.key).zip(self.counts.iter().copied()).collect(),
        }
    }
}

#[cfg(test)]
mod tests {
    use chrono::Days;

    use super::*;

    #[test]
    fn every_boundary_lands_where_its_name_says() {
        let buckets = Buckets::default();
        let keys: Vec<String> = buckets.columns().into_iter().map(|bucket| bucket.key).collect();
        assert_eq!(keys, ["current", "1_30", "31_60", "61_90", "91_plus"]);
        let due = NaiveDate::from_ymd_opt(2025, 1, 31).unwrap();
        for (late, key) in [
            (0, "current"),
            (1, "1_30"),
            (30, "1_30"),
            (31, "31_60"),
            (60, "31_60"),
            (61, "61_90"),
            (90, "61_90"),
            (91, "91_plus"),
            (4000, "91_plus"),
        ] {
            assert_eq!(keys[buckets.column(due, due + Days::new(late))], key, "{late} days late");
        }
        assert_eq!(buckets.column(due, due - Days::new(1)), 0);
    }

    #[test]
    fn bounds_can_be_chosen() {
        let buckets: Buckets = "15, 45".parse().unwrap();
        let labels: Vec<String> = buckets.columns().iter().map(Bucket::label).collect();
        assert_eq!(labels, ["Not yet due", "1–15", "16–45", "46+"]);
        for text in ["", "0", "30,30", "60,30", "30,,60", "ten", "-5", "1,2,3,4,5,6,7,8,9,10,11,12"] {
            assert!(text.parse::<Buckets>().is_err(), "{text}");
        }
    }

    #[test]
    fn rows_add_up() {
        let buckets = Buckets::default();
        let mut one = AgeingSum::new(&buckets);
        one.add(0, 100);
        one.add(4, 20);
        one.add_unapplied(7);
        let mut all = AgeingSum::new(&buckets);
        assert!(all.is_empty());
        all.merge(&one);
        all.merge(&one);
        let row = all.row(&buckets, Currency::USD, None);
        assert_eq!((row.outstanding.minor(), row.unapplied.minor()), (240, 14));
        assert_eq!((row.amounts["91_plus"].minor(), row.counts["91_plus"], row.counts["1_30"]), (40, 2, 0));
    }
}
