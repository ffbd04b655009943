//! What happened to a customer: its own events, and of those of imports what concerns it.

use std::cmp::Reverse;
use std::collections::HashSet;

use domain::{CustomerId, Event};
use serde_json::Value;
use surrealdb::types::{RecordId, SurrealValue};

use super::read::Where;
use super::rows::EventRow;
use super::{Store, key, record};
use crate::Result;

impl Store {
    /// A customer's events before `before`, newest first, and how many there are in all.
    pub(crate) async fn timeline(
        &self,
        id: &CustomerId,
        before: Option<i64>,
        limit: u32,
    ) -> Result<(Vec<Event>, u64)> {
        let mut own = Where::default();
        own.is("customer_id", "=", id.as_str().to_owned());
        let mut imports = self.import_seqs(id).await?;
        let total = self.count("event", &own).await? + imports.len() as u64;
        if let Some(before) = before {
            own.is("seq", "<", before);
        }
        let newest = format!("SELECT * FROM event WHERE {} ORDER BY seq DESC LIMIT {limit}", own.text());
        let rows: Vec<EventRow> = self.ask(newest, own.values).await?.take(0)?;
        let mut events: Vec<Event> = rows.into_iter().map(Event::try_from).collect::<Result<_>>()?;
        imports.retain(|seq| before.is_none_or(|before| *seq < before));
        let latest = imports.len().saturating_sub(limit as usize);
        events.extend(self.import_events(id, imports.split_off(latest)).await?);
        events.sort_unstable_by_key(|event| Reverse(event.seq));
        events.truncate(limit as usize);
        Ok((events, total))
    }

    /// All of a customer's events, in order.
    pub(crate) async fn whole_timeline(&self, id: &CustomerId) -> Result<Vec<Event>> {
        let own = self.all_events_about(id.as_str()).await?;
        let mut events: Vec<Event> = own.into_iter().map(Event::try_from).collect::<Result<_>>()?;
        let imports = self.import_seqs(id).await?;
        events.extend(self.import_events(id, imports).await?);
        events.sort_unstable_by_key(|event| event.seq);
        Ok(events)
    }

    /// The events of imports that touched a customer, or took back that they had, in order.
    async fn import_seqs(&self, id: &CustomerId) -> Result<Vec<i64>> {
        let query = "SELECT VALUE import_seqs FROM $id";
        let found = self.db.query(query).bind(("id", record("customer", id.as_str())));
        let seqs: Vec<Option<Vec<i64>>> = found.await?.take(0)?;
        Ok(seqs.into_iter().flatten().flatten().collect())
    }

    /// Events of imports; of what each changed only what is the customer's.
    async fn import_events(&self, id: &CustomerId, seqs: Vec<i64>) -> Result<Vec<Event>> {
        if seqs.is_empty() {
            return Ok(Vec::new());
        }
        let rows: Vec<EventRow> =
            self.db.query("SELECT * FROM $ids").bind(("ids", event_records(&seqs))).await?.take(0)?;
        let mut events: Vec<Event> = rows.into_iter().map(Event::try_from).collect::<Result<_>>()?;
        let unsure: Vec<RecordId> =
            events.iter_mut().filter_map(changes_in).flatten().filter_map(|change| unsure(change)).collect();
        let mut mine = HashSet::from([id.as_str().to_owned()]);
        if !unsure.is_empty() {
            let query = "SELECT VALUE id FROM $ids WHERE customer_id = $customer";
            let found = self.db.query(query).bind(("ids", unsure)).bind(("customer", id.as_str().to_owned()));
            let found: Vec<RecordId> = found.await?.take(0)?;
            mine.extend(found.into_iter().map(key));
        }
        for changes in events.iter_mut().filter_map(changes_in) {
            changes.retain(|change| {
                text(change, "/id").is_some_and(|id| mine.contains(id)) || owner(change) == Some(id.as_str())
            });
        }
        Ok(events)
    }

    /// Which of some customers an import touched that is younger than `import` and was not taken back.
    pub(crate) async fn touched_since(&self, import: &str, customers: &[String]) -> Result<Vec<String>> {
        #[derive(SurrealValue)]
        struct Touched {
            id: RecordId,
            import_seqs: Option<Vec<i64>>,
        }
        let ids: Vec<RecordId> = customers.iter().map(|id| record("customer", id)).collect();
        let touched: Vec<Touched> =
            self.db.query("SELECT id, import_seqs FROM $ids").bind(("ids", ids)).await?.take(0)?;
        let mut seqs: Vec<i64> =
            touched.iter().flat_map(|row| row.import_seqs.iter().flatten().copied()).collect();
        seqs.sort_unstable();
        seqs.dedup();
        // Chunks of an import stand beside those of another that was made at the same time: its id says which is younger.
        let query = "LET $younger = (SELECT seq, subject_id FROM $events WHERE subject_id > $import); \
                     LET $undone = (SELECT VALUE record::id(id) FROM \
                        (array::distinct($younger.subject_id)).map(|$id: string| type::record('import', $id)) \
                        WHERE state = 'undone'); \
                     SELECT VALUE seq FROM $younger WHERE subject_id NOT IN $undone";
        let found =
            self.db.query(query).bind(("events", event_records(&seqs))).bind(("import", import.to_owned()));
        let standing: Vec<i64> = found.await?.take(2)?;
        let stands = |row: &Touched| row.import_seqs.iter().flatten().any(|seq| standing.contains(seq));
        Ok(touched.into_iter().filter(stands).map(|row| key(row.id)).collect())
    }
}

fn event_records(seqs: &[i64]) -> Vec<RecordId> {
    seqs.iter().map(|seq| RecordId::new("event", *seq)).collect()
}

fn changes_in(event: &mut Event) -> Option<&mut Vec<Value>> {
    event.data.get_mut("changes")?.as_array_mut()
}

fn text<'a>(change: &'a Value, place: &str) -> Option<&'a str> {
    change.pointer(place)?.as_str()
}

/// Whose row was changed, where the change says so: of a row that was there before it tells only what differs.
fn owner(change: &Value) -> Option<&str> {
    text(change, "/after/customer_id").or_else(|| text(change, "/before/customer_id"))
}

/// The row, where it has to be asked whose it is.
fn unsure(change: &Value) -> Option<RecordId> {
    let table = text(change, "/type").filter(|table| *table != "customer" && owner(change).is_none())?;
    Some(record(table, text(change, "/id")?))
}
