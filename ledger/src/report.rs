//! Reports, for any date: from the rows where they say it, from the dated facts where they don't.

use std::cmp::Reverse;
use std::collections::{BTreeMap, HashMap};

use chrono::{Days, NaiveDate};
use domain::ageing::{Ageing, AgeingOverview, AgeingRow, AgeingSum, Buckets};
use domain::customer::{CustomerFilter, CustomerSort, SortBy};
use domain::dashboard::{
    CurrencyFigures, CustomerFigures, Dashboard, DayReceived, InvoiceFigure, RECEIVED_DAYS, SOON_DAYS,
};
use domain::{Action, Currency, CustomerId, CustomerStatus, Money};

use crate::index::{Filled, Unapplied};
use crate::summary::{Shelf, SummaryKey, Tallies, Tally, Topic};
use crate::{Caller, Ledger, Read, Result};

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

/// Which day a report is of, and its columns.
struct AgeingDay {
    as_of: NaiveDate,
    business_date: NaiveDate,
    buckets: Buckets,
}

/// By currency and, where asked for, by customer.
type Sums<'a> = BTreeMap<(Currency, Option<&'a CustomerId>), AgeingSum>;

impl AgeingDay {
    /// Whether it is over: then today's rows don't tell what was owed.
    fn is_past(&self) -> bool {
        self.as_of < self.business_date
    }

    /// What is owed now, in total, as it will have aged on the day.
    fn sums_of_totals(&self, totals: &Tallies, only: Option<Currency>) -> Sums<'static> {
        let mut sums = Sums::new();
        for (SummaryKey { currency, topic }, tally) in totals.iter() {
            if only.is_some_and(|wanted| wanted != currency) {
                continue;
            }
            let sum = match topic {
                Topic::Due(_) | Topic::Unapplied => {
                    sums.entry((currency, None)).or_insert_with(|| AgeingSum::new(&self.buckets))
                }
                Topic::Received(_) | Topic::Customers(..) => continue,
            };
            match topic {
                Topic::Due(due) => {
                    sum.add_many(self.buckets.column(due, self.as_of), tally.count, tally.minor);
                }
                _ => sum.add_unapplied(tally.minor),
            }
        }
        sums
    }

    fn sums<'a>(&self, items: &'a [Item], only: Option<Currency>, by_customer: bool) -> Sums<'a> {
        let mut sums = Sums::new();
        for item in items.iter().filter(|item| only.is_none_or(|currency| currency == item.currency)) {
            let whose = by_customer.then_some(&item.customer);
            let sum = sums.entry((item.currency, whose)).or_insert_with(|| AgeingSum::new(&self.buckets));
            match item.due {
                Some(due) => sum.add(self.buckets.column(due, self.as_of), item.minor),
                None => sum.add_unapplied(item.minor),
            }
        }
        sums
    }
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
        let day = self.ageing_day(query);
        let (report, _) = if query.by_customer || day.is_past() {
            let items = self.items(&day).await?;
            let sums = day.sums(&items, query.currency, query.by_customer);
            self.ageing_report(&day, sums, usize::MAX).await?
        } else {
            let totals = self.store().summaries(&["due", "unapplied"]).await?;
            self.ageing_report(&day, day.sums_of_totals(&totals, query.currency), usize::MAX).await?
        };
        Ok(report)
    }

    /// The same in total and by customer, of whom the first `most` are told.
    pub async fn ageing_overview(
        &self,
        caller: &Caller,
        as_of: Option<NaiveDate>,
        most: usize,
    ) -> Result<Read<AgeingOverview>> {
        caller.authorise(Action::Read)?;
        let seq = self.seq().await?;
        let day = self.ageing_day(&AgeingQuery { as_of, ..AgeingQuery::default() });
        let value = if day.is_past() {
            let items = self.items(&day).await?;
            let (total, _) = self.ageing_report(&day, day.sums(&items, None, false), usize::MAX).await?;
            let (by_customer, customers) =
                self.ageing_report(&day, day.sums(&items, None, true), most).await?;
            AgeingOverview { total, by_customer, customers: customers as u64 }
        } else {
            self.overview_of_today(&day, most).await?
        };
        Ok(Read { seq, value })
    }

    /// Totals from the running totals, and the invoices of only those customers who are told: quick however many owe.
    async fn overview_of_today(&self, day: &AgeingDay, most: usize) -> Result<AgeingOverview> {
        let totals = self.store().summaries(&["due", "unapplied", "customers"]).await?;
        let (total, _) = self.ageing_report(day, day.sums_of_totals(&totals, None), usize::MAX).await?;
        let only = self.unapplied().await?.into_iter().filter(|money| !money.owes);
        let mut credits: Vec<_> = only.map(|money| (money.customer, money.currency)).collect();
        let owing = totals.customers(Shelf::Active, Some(CustomerStatus::Overdue), None)
            + totals.customers(Shelf::Active, Some(CustomerStatus::Pending), None);
        let customers = owing + credits.len() as u64;
        let mut told = Vec::new();
        for row in &total.data {
            let room = most.saturating_sub(told.len());
            if room == 0 {
                break;
            }
            told.extend(self.debtors(row.currency, room).await?);
            if told.len() < most {
                let (these, others) =
                    credits.into_iter().partition(|(_, currency)| *currency == row.currency);
                credits = others;
                let these: Vec<_> = these;
                told.extend(these.into_iter().map(|(id, _)| id));
            }
        }
        let items = self.items_now(Some(&told)).await?;
        let (by_customer, _) = self.ageing_report(day, day.sums(&items, None, true), most).await?;
        Ok(AgeingOverview { total, by_customer, customers })
    }

    /// The customers who owe most in a currency, the largest debt first; of equal ones, by name.
    async fn debtors(&self, currency: Currency, most: usize) -> Result<Vec<CustomerId>> {
        if let Some(index) = self.index(Filled::Customers).await {
            // More than nothing, whatever the currency's smallest unit is.
            let filter = CustomerFilter {
                currency: Some(currency),
                min_outstanding: Some(1),
                ..CustomerFilter::default()
            };
            let by = |field, descending| SortBy { field, descending };
            let largest = [by(CustomerSort::Outstanding, true), by(CustomerSort::Name, false)];
            let most = u32::try_from(most).unwrap_or(u32::MAX);
            if let Some(page) = index.customers(&filter, &largest, most, None) {
                return Ok(page.listed.into_iter().map(|it| it.id).collect());
            }
        }
        self.store().debtors(currency, most).await
    }

    /// The figures of today at a glance, from the running totals.
    pub async fn dashboard(&self, caller: &Caller) -> Result<Read<Dashboard>> {
        caller.authorise(Action::Read)?;
        let seq = self.seq().await?;
        let buckets = &self.inner.config.ageing;
        let totals = self.store().summaries(&["due", "received", "customers", "unapplied"]).await?;
        let day = self.ageing_day(&AgeingQuery::default());
        let ageing = day.sums_of_totals(&totals, None);
        let mut known: Vec<Currency> = totals.iter().map(|(key, _)| key.currency).collect();
        known.dedup();
        let mut currencies: Vec<CurrencyFigures> = known
            .into_iter()
            .map(|currency| {
                let none = AgeingSum::new(buckets);
                let sum = ageing.get(&(currency, None)).unwrap_or(&none);
                figures(&totals, currency, sum.row(buckets, currency, None), day.business_date)
            })
            .collect();
        currencies.sort_by_key(|figures| (-figures.customers.all(), figures.currency));
        let value = Dashboard { business_date: day.business_date, buckets: buckets.columns(), currencies };
        Ok(Read { seq, value })
    }

    fn ageing_day(&self, query: &AgeingQuery) -> AgeingDay {
        let business_date = self.business_date();
        AgeingDay {
            as_of: query.as_of.unwrap_or(business_date),
            business_date,
            buckets: query.buckets.clone().unwrap_or_else(|| self.inner.config.ageing.clone()),
        }
    }

    async fn items(&self, day: &AgeingDay) -> Result<Vec<Item>> {
        if day.is_past() { self.items_on(day.as_of).await } else { self.items_now(None).await }
    }

    /// The first `most` rows, and how many there are: the currencies one after the other, in each who owes most first.
    async fn ageing_report(&self, day: &AgeingDay, sums: Sums<'_>, most: usize) -> Result<(Ageing, usize)> {
        let AgeingDay { as_of, business_date, ref buckets } = *day;
        let count = sums.len();
        let mut sums: Vec<_> = sums.into_iter().collect();
        let order =
            |((currency, _), sum): &((Currency, _), AgeingSum)| (*currency, Reverse(sum.outstanding()));
        sums.sort_by_key(order);
        if let Some(last) = most.checked_sub(1).and_then(|last| sums.get(last)).map(order) {
            // Names decide among those who owe the same, so all of these are still needed.
            let needed = sums.partition_point(|sum| order(sum) <= last);
            sums.truncate(needed);
        }
        let ids: Vec<&str> =
            sums.iter().filter_map(|((_, customer), _)| customer.map(CustomerId::as_str)).collect();
        let names = if ids.is_empty() { HashMap::new() } else { self.store().customer_names(&ids).await? };
        let named = |id: &CustomerId| (id.clone(), names.get(id.as_str()).cloned().unwrap_or_default());
        let mut data: Vec<AgeingRow> = sums
            .into_iter()
            .map(|((currency, customer), sum)| sum.row(buckets, currency, customer.map(&named)))
            .collect();
        data.sort_by(|a, b| {
            let key = |row: &AgeingRow| (row.currency, Reverse(row.outstanding.minor()));
            key(a).cmp(&key(b)).then_with(|| a.name.cmp(&b.name))
        });
        data.truncate(most);
        Ok((Ageing { as_of, business_date, buckets: buckets.columns(), data }, count))
    }

    /// What is owed and unapplied now, from the rows of some customers or of all.
    async fn items_now(&self, of: Option<&[CustomerId]>) -> Result<Vec<Item>> {
        let unapplied = match of {
            Some(of) => self.store().unapplied_money(of).await?,
            None => self.unapplied().await?,
        };
        Ok(items(self.store().open_items(of).await?, unapplied))
    }

    /// Received money that settles nothing, of all customers.
    async fn unapplied(&self) -> Result<Vec<Unapplied>> {
        match self.index(Filled::Customers).await {
            Some(index) => index.unapplied(),
            None => self.store().all_unapplied_money().await,
        }
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

/// What is owed (whose, in which currency, due when, minor units) and what is unapplied, in one list.
fn items(open: Vec<(CustomerId, Currency, NaiveDate, i64)>, unapplied: Vec<Unapplied>) -> Vec<Item> {
    let owed = open.into_iter().map(|(customer, currency, due, minor)| Item {
        customer,
        currency,
        due: Some(due),
        minor,
    });
    let unapplied = unapplied.into_iter().map(|money| Item {
        customer: money.customer,
        currency: money.currency,
        due: None,
        minor: money.minor,
    });
    owed.chain(unapplied).collect()
}

/// The figures of one currency.
fn figures(totals: &Tallies, currency: Currency, ageing: AgeingRow, today: NaiveDate) -> CurrencyFigures {
    let money = |minor| Money::from_minor(minor, currency);
    let soon = today + Days::new(SOON_DAYS);
    let [mut outstanding, mut overdue, mut due_soon] = [Tally::default(); 3];
    for (key, tally) in totals.iter() {
        let Topic::Due(date) = key.topic else { continue };
        if key.currency != currency {
            continue;
        }
        outstanding.add(tally);
        if date < today {
            overdue.add(tally);
        } else if date < soon {
            due_soon.add(tally);
        }
    }
    let invoices = |sum: Tally| InvoiceFigure { amount: money(sum.minor), invoices: sum.count };
    let customers = |status| {
        i64::try_from(totals.customers(Shelf::Active, Some(status), Some(currency))).unwrap_or(i64::MAX)
    };
    let received: Vec<DayReceived> = (0..RECEIVED_DAYS)
        .rev()
        .map(|ago| {
            let date = today - Days::new(ago);
            let tally = totals.get(SummaryKey { currency, topic: Topic::Received(date) });
            DayReceived { date, amount: money(tally.minor), payments: tally.count }
        })
        .collect();
    CurrencyFigures {
        currency,
        outstanding: invoices(outstanding),
        overdue: invoices(overdue),
        due_soon: invoices(due_soon),
        ageing,
        customers: CustomerFigures {
            overdue: customers(CustomerStatus::Overdue),
            pending: customers(CustomerStatus::Pending),
            paid: customers(CustomerStatus::Paid),
        },
        received_total: money(received.iter().map(|day| day.amount.minor()).sum()),
        received,
    }
}
