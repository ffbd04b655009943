//! Reading much in parts, all of it as the books stood at one moment.

use std::collections::HashMap;

use domain::{Customer, Invoice, Payment};
use surrealdb::types::{Number, RecordId, SurrealValue, Value};
use tokio::runtime::Handle;

use super::database::OpenTransaction;
use super::read::{KeyValue, Keyset, Selection, order_by};
use super::rows::{CustomerRow, InvoiceRow, PaymentRow};
use super::{Store, key, record};
use crate::{Error, Result};

/// The books at the moment it was opened, whatever is committed meanwhile: a transaction that only reads.
pub(crate) struct Snapshot {
    /// There until it is dropped.
    transaction: Option<OpenTransaction>,
}

/// Ids in the order of a selection, and where the next ones begin.
pub(crate) struct Keys {
    pub ids: Vec<String>,
    pub next: Option<Keyset>,
}

/// A customer as other lists name it.
#[derive(Clone, Debug, Default)]
pub(crate) struct Title {
    pub reference: String,
    pub name: String,
}

impl Store {
    /// Opens a snapshot. It has a session of its own, which ends with it.
    pub(crate) async fn snapshot(&self) -> Result<Snapshot> {
        Ok(Snapshot { transaction: Some(self.db.begin().await?) })
    }
}

impl Snapshot {
    /// At most `limit` ids of the selected rows after `after`. Ids only: the order of many rows is found by reading all of
    /// them, which is best done seldom, and ids take little room.
    pub(crate) async fn keys(
        &self,
        selection: &Selection,
        limit: u32,
        after: Option<&Keyset>,
    ) -> Result<Keys> {
        let Selection { table, condition, columns } = selection;
        let mut condition = condition.clone();
        if let Some(last) = after {
            condition.after(columns, last);
        }
        let mut wanted = vec!["id"];
        for (column, _) in columns {
            if !wanted.contains(column) {
                wanted.push(column);
            }
        }
        let text = format!(
            "SELECT {} FROM {table} WHERE {} ORDER BY {} LIMIT {}",
            wanted.join(", "),
            condition.text(),
            order_by(columns),
            limit + 1
        );
        let mut rows: Vec<Value> = self.ask(text, condition.values).await?;
        let more = rows.len() > limit as usize;
        rows.truncate(limit as usize);
        let next = rows.last().filter(|_| more).map(|row| keyset(row, columns)).transpose()?;
        let ids = rows.iter().map(id).collect::<Result<_>>()?;
        Ok(Keys { ids, next })
    }

    /// Customers by id, in the order of the ids.
    pub(crate) async fn customers(&self, ids: &[String]) -> Result<Vec<Customer>> {
        let rows: Vec<CustomerRow> = self.rows("customer", ids).await?;
        in_order(ids, rows, |customer: &Customer| customer.id.as_str())
    }

    /// Invoices by id, in the order of the ids.
    pub(crate) async fn invoices(&self, ids: &[String]) -> Result<Vec<Invoice>> {
        let rows: Vec<InvoiceRow> = self.rows("invoice", ids).await?;
        in_order(ids, rows, |invoice: &Invoice| invoice.id.as_str())
    }

    /// Payments by id, in the order of the ids.
    pub(crate) async fn payments(&self, ids: &[String]) -> Result<Vec<Payment>> {
        let rows: Vec<PaymentRow> = self.rows("payment", ids).await?;
        in_order(ids, rows, |payment: &Payment| payment.id.as_str())
    }

    /// What customers are called, by id.
    pub(crate) async fn titles(
        &self,
        customers: impl Iterator<Item = &str>,
    ) -> Result<HashMap<String, Title>> {
        #[derive(SurrealValue)]
        struct Row {
            id: RecordId,
            reference: String,
            name: String,
        }
        let ids: Vec<RecordId> = customers.map(|id| record("customer", id)).collect();
        let rows: Vec<Row> =
            self.ask("SELECT id, reference, name FROM $p1".to_owned(), vec![ids.into_value()]).await?;
        let titled = |row: Row| (key(row.id), Title { reference: row.reference, name: row.name });
        Ok(rows.into_iter().map(titled).collect())
    }

    async fn rows<R: SurrealValue>(&self, table: &str, ids: &[String]) -> Result<Vec<R>> {
        let ids: Vec<RecordId> = ids.iter().map(|id| record(table, id)).collect();
        self.ask("SELECT * FROM $p1".to_owned(), vec![ids.into_value()]).await
    }

    /// Answers a statement whose parameters are numbered `$p1`, `$p2`, ….
    async fn ask<R: SurrealValue>(&self, text: String, values: Vec<Value>) -> Result<Vec<R>> {
        let closed = || Error::internal("the snapshot is closed");
        let mut query = self.transaction.as_ref().ok_or_else(closed)?.query(text);
        for (index, value) in values.into_iter().enumerate() {
            query = query.bind((format!("p{}", index + 1), value));
        }
        Ok(query.await?.take(0)?)
    }
}

impl Drop for Snapshot {
    fn drop(&mut self) {
        // The database keeps what was overwritten for as long as somebody may read it.
        if let (Some(transaction), Ok(runtime)) = (self.transaction.take(), Handle::try_current()) {
            runtime.spawn(async move {
                if let Err(error) = transaction.cancel().await {
                    tracing::debug!(error = &error as &dyn std::error::Error, "a snapshot was gone already");
                }
            });
        }
    }
}

fn field<'a>(row: &'a Value, name: &str) -> Option<&'a Value> {
    match row {
        Value::Object(fields) => fields.get(name),
        _ => None,
    }
}

fn id(row: &Value) -> Result<String> {
    match field(row, "id") {
        Some(Value::RecordId(id)) => Ok(key(id.clone())),
        _ => Err(Error::internal("a row has no id")),
    }
}

fn keyset(row: &Value, columns: &[(&str, bool)]) -> Result<Keyset> {
    let value = |(column, _): &(&str, bool)| match field(row, column) {
        Some(Value::String(text)) => Ok(KeyValue::Text(text.clone())),
        Some(Value::Number(Number::Int(number))) => Ok(KeyValue::Int(*number)),
        _ => Err(Error::internal(format!("a row can't be ordered by {column}"))),
    };
    Ok(Keyset { values: columns.iter().map(value).collect::<Result<_>>()?, id: id(row)? })
}

/// The rows as `domain` has them, in the order of `ids`: the database answers them in an order of its own.
pub(super) fn in_order<R, T>(ids: &[String], rows: Vec<R>, id: fn(&T) -> &str) -> Result<Vec<T>>
where
    T: TryFrom<R, Error = Error>,
{
    let mut found = HashMap::with_capacity(rows.len());
    for row in rows {
        let one = T::try_from(row)?;
        found.insert(id(&one).to_owned(), one);
    }
    Ok(ids.iter().filter_map(|id| found.remove(id)).collect())
}
