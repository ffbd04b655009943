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
    /// Its customer's id and row, if it carries one.
    pub row: Option<(String, Arc<Row>)>,
}

/// What a client holds: rows by customer.
pub type Known = HashMap<String, Arc<Row>>;

/// The rows at the beginning, and every frame since.
pub struct Books {
    pub rows: Known,
    frames: RwLock<HashMap<i64, Arc<Seen>>>,
}

impl Books {
    /// All customers.
    pub async fn read(account: &Account) -> Result<Self> {
        let customers = account.customers(usize::MAX).await?;
        Ok(Self { rows: customers.iter().map(row).collect::<Result<_>>()?, frames: RwLock::default() })
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
                let seen = Arc::new(Seen { text: text.to_owned(), row });
                let mut frames = self.frames.write().unwrap_or_else(PoisonError::into_inner);
                Arc::clone(frames.entry(seq).or_insert(seen))
            }
        };
        if seen.text == text { Ok(seen) } else { Err(format!("event {seq} was told in two ways").into()) }
    }

    /// Whether what a client learned on top of the rows at the beginning is what the database holds.
    pub fn compare(&self, learned: &Known, truth: &Books) -> Result {
        let known = |id: &str| learned.get(id).or_else(|| self.rows.get(id));
        for (id, row) in &truth.rows {
            if known(id) != Some(row) {
                return Err(format!(
                    "customer {id} is {:?} for the client and {row:?} in the books",
                    known(id)
                )
                .into());
            }
        }
        match learned.keys().find(|id| !truth.rows.contains_key(*id)) {
            Some(id) => Err(format!("the client has a customer {id} that the books don't have").into()),
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
pub fn learn(known: &mut Known, id: &str, row: &Arc<Row>) {
    match known.get_mut(id) {
        Some(old) if old.version >= row.version => {}
        Some(old) => *old = Arc::clone(row),
        None => {
            known.insert(id.to_owned(), Arc::clone(row));
        }
    }
}
