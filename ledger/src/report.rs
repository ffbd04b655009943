//! Reports, for any date: from the rows where they say it, from the dated facts where they don't.

use std::collections::{BTreeMap, HashMap};

use chrono::NaiveDate;
use domain::ageing::{Ageing, AgeingSum, Buckets};
use domain::{Action, Currency, CustomerId};

use crate::{Caller, Ledger, Result};

/// Which ageing report.
#[derive(Clone, Debug, Default)]
pub struct AgeingQuery {
    /// The date it is of; today when absent. A day to come ages what is owed today.
    pub as_of: Option<NaiveDate>,
    /// Only this currency.
    pub currency: Option<Currency>,
    /// A row for each customer instead of totals.
    pub by_customer: bool,
    /// The bounds of the columns.
    pub buckets: Option<Buckets>,
}

/// What is owed or unapplied: whose, in which currency, since when due (`None`: unapplied), how much in minor units.
struct Item {
    customer: CustomerId,
    currency: Currency,
    due: Option<NaiveDate>,
    minor: i64,
}

impl Ledger {
    /// Who owed how much, how late, as of a date.
    pub async fn ageing(&self, caller: &Caller, query: &AgeingQuery) -> Result<Ageing> {
        caller.authorise(Action::Read)?;
        let business_date = self.business_date();
        let as_of = query.as_of.unwrap_or(business_date);
        let buckets = query.buckets.clone().unwrap_or_else(|| self.inner.config.ageing.clone());
        let items =
            if as_of >= business_date { self.items_now().await? } else { self.items_on(as_of).await? };
        let mut sums: BTreeMap<(String, Option<CustomerId>), AgeingSum> = BTreeMap::new();
        for item in items {
            if query.currency.is_some_and(|currency| currency != item.currency) {
                continue;
            }
            let whose = query.by_customer.then_some(item.customer);
            let sum =
                sums.entry((item.currency.to_string(), whose)).or_insert_with(|| AgeingSum::new(&buckets));
            match item.due {
                Some(due) => sum.add(buckets.column(due, as_of), item.minor),
                None => sum.add_unapplied(item.minor),
            }
        }
        let names = if query.by_customer { self.names(sums.keys()).await? } else { HashMap::new() };
        let mut data = Vec::with_capacity(sums.len());
        for ((currency, customer), sum) in sums {
            let currency = currency.parse().map_err(crate::Error::internal)?;
            let customer =
                customer.map(|id| (id.clone(), names.get(id.as_str()).cloned().unwrap_or_default()));
            data.push(sum.row(&buckets, currency, customer));
        }
        // The currencies one after the other, in each who owes most first.
        data.sort_by(|a, b| {
            let key = |row: &domain::ageing::AgeingRow| (row.currency.to_string(), -row.outstanding.minor());
            key(a).cmp(&key(b)).then_with(|| a.name.cmp(&b.name))
        });
        Ok(Ageing { as_of, business_date, buckets: buckets.columns(), data })
    }

    async fn names(
        &self,
        keys: impl Iterator<Item = &(String, Option<CustomerId>)>,
    ) -> Result<HashMap<String, String>> {
        let ids: Vec<&str> = keys.filter_map(|(_, id)| id.as_ref().map(|id| id.as_str())).collect();
        self.store().customer_names(&ids).await
    }

    /// What is owed and unapplied now, from the rows.
    async fn items_now(&self) -> Result<Vec<Item>> {
        let open = self.store().open_items().await?;
        let money = self.store().unapplied_money().await?;
        let owed = open.into_iter().map(|(customer, currency, due, minor)| Item {
            customer,
            currency,
            due: Some(due),
            minor,
        });
        let unapplied = money.into_iter().map(|(customer, currency, minor)| Item {
            customer,
            currency,
            due: None,
            minor,
        });
        Ok(owed.chain(unapplied).collect())
    }

    /// What was owed and unapplied on a day that has passed, from the dated facts.
    async fn items_on(&self, date: NaiveDate) -> Result<Vec<Item>> {
        let invoices = self.store().all_invoices().await?;
        let payments = self.store().all_payments().await?;
        let mut settled: HashMap<&str, i64> = HashMap::new();
        let mut items = Vec::new();
        for payment in &payments {
            let parts = payment.allocated_on(date);
            let unapplied = payment.held_on(date) - parts.values().sum::<i64>();
            for (invoice, minor) in parts {
                *settled.entry(invoice.as_str()).or_default() += minor;
            }
            if unapplied != 0 {
                items.push(Item {
                    customer: payment.customer_id.clone(),
                    currency: payment.amount.currency(),
                    due: None,
                    minor: unapplied,
                });
            }
        }
        for invoice in &invoices {
            let minor = invoice.asked_on(date) - settled.get(invoice.id.as_str()).copied().unwrap_or(0);
            if minor != 0 {
                items.push(Item {
                    customer: invoice.customer_id.clone(),
                    currency: invoice.total.currency(),
                    due: Some(invoice.due_date),
                    minor,
                });
            }
        }
        Ok(items)
    }
}
