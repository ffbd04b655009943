//! What erasing a person reads and rewrites.

use std::collections::BTreeSet;

use domain::EventKind;
use surrealdb::types::{RecordId, SurrealValue};

use super::rows::EventRow;
use super::{Store, key, record};
use crate::Result;

#[derive(SurrealValue)]
struct ResultText {
    id: RecordId,
    text: String,
}

impl Store {
    /// The events of a customer, in order.
    pub(crate) async fn all_events_about(&self, customer: &str) -> Result<Vec<EventRow>> {
        let found = self
            .db
            .query("SELECT * FROM event WHERE customer_id = $customer ORDER BY seq")
            .bind(("customer", customer.to_owned()));
        Ok(found.await?.take(0)?)
    }

    /// Events of imports that carry the customer among others.
    pub(crate) async fn import_events_with(&self, customer: &str) -> Result<Vec<EventRow>> {
        let kinds =
            [EventKind::ImportCommitted, EventKind::ImportUndone].map(|kind| kind.as_str().to_owned());
        let found = self
            .db
            .query("SELECT * FROM event WHERE kind IN $kinds AND string::contains(data, $customer)")
            .bind(("kinds", kinds.to_vec()))
            .bind(("customer", customer.to_owned()));
        Ok(found.await?.take(0)?)
    }

    /// The same event with other data: only ever with digests where something was.
    pub(crate) async fn put_event_data(&self, row: &EventRow, data: String) -> Result<()> {
        if row.data == data {
            return Ok(());
        }
        self.beside(|db| {
            db.query("UPDATE $id SET data = $data RETURN NONE")
                .bind(("id", row.id.clone()))
                .bind(("data", data.clone()))
        })
        .await?;
        Ok(())
    }

    /// Answers that are kept for repeated requests and name the customer; what imports keep for taking them back.
    pub(crate) async fn forget_answers_with(&self, customer: &str) -> Result<()> {
        self.beside(|db| {
            db.query("DELETE idempotency WHERE string::contains(answer, $customer) RETURN NONE")
                .bind(("customer", customer.to_owned()))
        })
        .await?;
        let kept = self
            .db
            .query("SELECT id, text FROM import_result WHERE customers CONTAINS $customer")
            .bind(("customer", customer.to_owned()));
        let kept: Vec<ResultText> = kept.await?.take(0)?;
        for row in kept {
            let text = without_person(&row.text, customer)?;
            self.beside(|db| {
                db.query("UPDATE $id SET text = $text RETURN NONE")
                    .bind(("id", row.id.clone()))
                    .bind(("text", text.clone()))
            })
            .await?;
        }
        Ok(())
    }

    pub(crate) async fn note_erased(&self, customer: &str) -> Result<()> {
        self.beside(|db| {
            db.query("UPSERT $id SET sealed = true RETURN NONE").bind(("id", record("erasure", customer)))
        })
        .await?;
        Ok(())
    }

    /// Customers that were erased and whose events are not sealed yet.
    pub(crate) async fn unsealed(&self) -> Result<BTreeSet<String>> {
        let mut answer = self
            .db
            .query("SELECT VALUE subject_id FROM event WHERE kind = $kind; SELECT VALUE id FROM erasure;")
            .bind(("kind", EventKind::CustomerRedacted.as_str().to_owned()))
            .await?;
        let erased: Vec<String> = answer.take(0)?;
        let sealed: Vec<RecordId> = answer.take(1)?;
        let sealed: BTreeSet<String> = sealed.into_iter().map(key).collect();
        Ok(erased.into_iter().filter(|id| !sealed.contains(id)).collect())
    }
}

/// What is kept of an import's rows, without who the customer was.
fn without_person(text: &str, customer: &str) -> Result<String> {
    let mut kept = serde_json::from_str(text).map_err(crate::Error::internal)?;
    crate::chain::seal(&mut kept, customer, Some(customer));
    crate::chain::readable(&mut kept);
    Ok(kept.to_string())
}
