//! Customers as the API tells them and as frames tell them. Every client gets the same frames, so each is read once; a client
//! keeps only which frame was its last word on a customer.

use std::{
    collections::HashMap,
    sync::{Arc, PoisonError, RwLock},
};

use serde_json::Value;

use crate::{Result, client::Account};

/// A customer at a version.
#[derive(Clone, Debug, PartialEq)]
pub struct Row {
    pub version: i64,
    pub customer: Value,
}

/// A frame as it was first seen.
pub struct Seen {
    text: String,
    /// Its customer's number and row, if it carries one.
    pub row: Option<(usize, Arc<Row>)>,
}

/// What a client has learned: rows by the customer's number.
pub type Known = Vec<Option<Arc<Row>>>;

/// The rows at the beginning, and every frame since.
pub struct Books {
    /// By the customer's id.
    pub rows: HashMap<String, Arc<Row>>,
    frames: RwLock<HashMap<i64, Arc<Seen>>>,
    /// Customers are numbered as they are met, so that a thousand clients need not look for ids.
    numbers: RwLock<HashMap<String, usize>>,
}

impl Books {
    /// All customers.
    pub async fn read(account: &Account) -> Result<Self> {
        let customers = account.customers(usize::MAX).await?;
        let rows = customers.iter().map(row).collect::<Result<_>>()?;
        Ok(Self { rows, frames: RwLock::default(), numbers: RwLock::default() })
    }

    /// The number of a customer.
    pub fn number(&self, id: &str) -> usize {
        let mut numbers = self.numbers.write().unwrap_or_else(PoisonError::into_inner);
        let next = numbers.len();
        *numbers.entry(id.to_owned()).or_insert(next)
    }

    /// The frame of an event; an error when it reads otherwise than another client's.
    pub fn frame(&self, seq: i64, text: &str) -> Result<Arc<Seen>> {
        let known = self.frames.read().unwrap_or_else(PoisonError::into_inner).get(&seq).cloned();
        let seen = match known {
            Some(seen) => seen,
            None => {
                let frame: Value = serde_json::from_str(text)?;
                if frame["seq"].as_i64() != Some(seq) {
                    return Err(format!("no event {seq} in {text}").into());
                }
                let customer = &frame["data"]["customer"];
                let row = if customer.is_object() { Some(row(customer)?) } else { None };
                let row = row.map(|(id, row)| (self.number(&id), row));
                let seen = Arc::new(Seen { text: text.to_owned(), row });
                let mut frames = self.frames.write().unwrap_or_else(PoisonError::into_inner);
                Arc::clone(frames.entry(seq).or_insert(seen))
            }
        };
        if seen.text == text { Ok(seen) } else { Err(format!("event {seq} was told in two ways").into()) }
    }

    /// Whether what a client learned on top of the rows at the beginning is what the database holds.
    pub fn compare(&self, learned: &Known, truth: &Books) -> Result {
        let known = |id: &str| {
            let learned = learned.get(self.number(id)).and_then(Option::as_ref);
            learned.or_else(|| self.rows.get(id))
        };
        for (id, row) in &truth.rows {
            if known(id) != Some(row) {
                return Err(format!(
                    "customer {id} is {:?} for the client and {row:?} in the books",
                    known(id)
                )
                .into());
            }
        }
        let numbers = self.numbers.read().unwrap_or_else(PoisonError::into_inner);
        let has = |number: &usize| learned.get(*number).is_some_and(Option::is_some);
        match numbers.iter().find(|(id, number)| has(number) && !truth.rows.contains_key(*id)) {
            Some((id, _)) => Err(format!("the client has a customer {id} that the books don't have").into()),
            None => Ok(()),
        }
    }
}

fn row(customer: &Value) -> Result<(String, Arc<Row>)> {
    let id = customer["id"].as_str().ok_or("a customer without an id")?.to_owned();
    let version = customer["version"].as_i64().ok_or("a customer without a version")?;
    Ok((id, Arc::new(Row { version, customer: customer.clone() })))
}

/// Keeps the newer of two rows.
pub fn learn(known: &mut Known, number: usize, row: &Arc<Row>) {
    if known.len() <= number {
        known.resize(number + 1, None);
    }
    let old = &mut known[number];
    if old.as_ref().is_none_or(|old| old.version < row.version) {
        *old = Some(Arc::clone(row));
    }
}
