//! What imports keep beside the books: where each stands, the rows that wait, what was said of them and what they did.

use std::ops::Bound;

use chrono::{DateTime, Utc};
use domain::import::{ImportError, ImportState};
use surrealdb::types::{RecordId, RecordIdKey, RecordIdKeyRange, SurrealValue, array};

use super::read::Where;
use super::rows::{
    ImportChunkRow, ImportErrorRow, ImportMappingRow, ImportPartRow, ImportResultRow, ImportRow,
    ImportSurveyRow, state_name,
};
use super::{Store, first_of, key, record};
use crate::{Error, Result};

/// Tables whose records are kept under `[import, number]` and hold what is in the file.
const WAITING: [&str; 3] = ["import_part", "import_chunk", "import_check"];

/// Errors of one row that are told apart.
pub(crate) const ERRORS_PER_ROW: i64 = 4096;

/// A wrong cell and where it stands among all of its import.
pub(crate) struct Placed {
    /// The row times [`ERRORS_PER_ROW`], and its number within the row.
    pub position: i64,
    pub error: ImportError,
}

impl Placed {
    pub(crate) fn row(self, import: &str) -> ImportErrorRow {
        let Placed { position, error } = self;
        ImportErrorRow {
            id: numbered("import_error", import, position),
            sheet: error.sheet,
            row: error.row,
            column: error.column,
            value: error.value,
            code: error.code,
            message: error.message,
            warning: error.warning,
        }
    }
}

/// `table:[import, number]`.
pub(crate) fn numbered(table: &str, import: &str, number: i64) -> RecordId {
    RecordId::new(table, RecordIdKey::Array(array![import.to_owned(), number]))
}

/// `table:[import, from]..[import, to]`, `to` excluded.
fn range(table: &str, import: &str, from: i64, to: i64) -> RecordId {
    let at = |number: i64| RecordIdKey::Array(array![import.to_owned(), number]);
    RecordId::new(table, RecordIdKeyRange { start: Bound::Included(at(from)), end: Bound::Excluded(at(to)) })
}

/// The number in `table:[import, number]`.
fn number_in(id: &RecordId) -> Option<i64> {
    let RecordIdKey::Array(parts) = &id.key else { return None };
    parts.get(1).and_then(|part| i64::from_value(part.clone()).ok())
}

#[derive(SurrealValue)]
struct Ids {
    id: RecordId,
}

impl Store {
    pub(crate) async fn imports(&self, before: Option<&str>, limit: u32) -> Result<(Vec<ImportRow>, u64)> {
        let total = self.count("import", &Where::default()).await?;
        let mut condition = Where::default();
        if let Some(before) = before {
            condition.is("record::id(id)", "<", before.to_owned());
        }
        // Ids begin with the time they were made, so their order is the imports' order.
        let text = format!("SELECT * FROM import WHERE {} ORDER BY id DESC LIMIT {limit}", condition.text());
        Ok((self.ask(text, condition.values).await?.take(0)?, total))
    }

    pub(crate) async fn import(&self, id: &str) -> Result<ImportRow> {
        let rows: Vec<ImportRow> = self.pick("import", std::iter::once(id)).await?;
        rows.into_iter().next().ok_or(Error::NotFound("import"))
    }

    /// Imports with work to do: checking, saving or taking back.
    pub(crate) async fn unfinished_imports(&self) -> Result<Vec<ImportRow>> {
        let query = "SELECT * FROM import WHERE state IN ['mapped', 'committing'] OR undo_chunks >= 0 \
                     OR (state = 'validated' AND `commit` = 'auto')";
        Ok(self.db.query(query).await?.take(0)?)
    }

    /// Puts a new import down.
    pub(crate) async fn create_import(&self, import: ImportRow, survey: ImportSurveyRow) -> Result<()> {
        self.db
            .query("BEGIN; UPSERT $row.id CONTENT $row RETURN NONE; UPSERT $survey.id CONTENT $survey RETURN NONE; COMMIT;")
            .bind(("row", import))
            .bind(("survey", survey))
            .await?
            .check()?;
        Ok(())
    }

    /// Writes where an import stands, outside of any chunk; `false` when it was changed since it was read.
    pub(crate) async fn move_import(&self, import: &mut ImportRow, from: ImportState) -> Result<bool> {
        let read = import.revision;
        import.revision += 1;
        let (row, from) = (import.clone(), state_name(from));
        let mut answer = self
            .beside(|db| {
                db.query("UPDATE $row.id CONTENT $row WHERE revision = $read AND state = $from RETURN id")
                    .bind(("row", row.clone()))
                    .bind(("read", read))
                    .bind(("from", from.clone()))
            })
            .await?;
        let moved: Vec<Ids> = answer.take(0)?;
        Ok(!moved.is_empty())
    }

    /// Keeps chunks from number `from` on.
    pub(crate) async fn put_chunks(
        &self,
        table: &'static str,
        import: &str,
        from: i64,
        texts: Vec<String>,
    ) -> Result<()> {
        let rows: Vec<ImportChunkRow> = (from..)
            .zip(texts)
            .map(|(number, text)| ImportChunkRow { id: numbered(table, import, number), text })
            .collect();
        self.beside(|db| {
            db.query("FOR $row IN $rows { UPSERT $row.id CONTENT $row RETURN NONE };")
                .bind(("rows", rows.clone()))
        })
        .await?;
        Ok(())
    }

    /// Chunks from number `from` up to `to`, that one excluded.
    pub(crate) async fn chunks(
        &self,
        table: &'static str,
        import: &str,
        from: i64,
        to: i64,
    ) -> Result<Vec<String>> {
        let query = "SELECT VALUE text FROM $range";
        Ok(self.db.query(query).bind(("range", range(table, import, from, to))).await?.take(0)?)
    }

    /// In short, what the rows of the first `count` chunks did.
    pub(crate) async fn import_outcomes(&self, import: &str, count: i64) -> Result<Vec<String>> {
        let query = "SELECT VALUE outcomes FROM $range";
        Ok(self.db.query(query).bind(("range", range("import_result", import, 0, count))).await?.take(0)?)
    }

    pub(crate) async fn import_survey(&self, import: &str) -> Result<ImportSurveyRow> {
        let rows: Vec<ImportSurveyRow> = self.pick("import_survey", std::iter::once(import)).await?;
        rows.into_iter().next().ok_or_else(rows_are_gone)
    }

    pub(crate) async fn put_survey(&self, survey: ImportSurveyRow) -> Result<()> {
        self.beside(|db| db.query("UPSERT $row.id CONTENT $row RETURN NONE").bind(("row", survey.clone())))
            .await?;
        Ok(())
    }

    /// Keeps the file itself, in pieces.
    pub(crate) async fn put_file(&self, import: &str, bytes: &[u8]) -> Result<()> {
        for (number, piece) in (0_i64..).zip(bytes.chunks(512 * 1024)) {
            let row = ImportPartRow {
                id: numbered("import_part", import, number),
                bytes: surrealdb::types::Bytes::from(piece.to_vec()),
            };
            self.beside(|db| db.query("UPSERT $row.id CONTENT $row RETURN NONE").bind(("row", row.clone())))
                .await?;
        }
        Ok(())
    }

    /// The file, when it was kept.
    pub(crate) async fn file(&self, import: &str) -> Result<Option<Vec<u8>>> {
        let range = range("import_part", import, 0, i64::MAX);
        let rows: Vec<ImportPartRow> =
            self.db.query("SELECT * FROM $range").bind(("range", range)).await?.take(0)?;
        let bytes: Vec<u8> = rows.iter().flat_map(|row| row.bytes.iter().copied()).collect();
        Ok(Some(bytes).filter(|bytes| !bytes.is_empty()))
    }

    /// Drops what an import left in some tables.
    pub(crate) async fn drop_parts(&self, tables: &[&str], import: &str) -> Result<()> {
        for table in tables {
            let range = range(table, import, 0, i64::MAX);
            self.beside(|db| db.query("DELETE $range RETURN NONE").bind(("range", range.clone()))).await?;
        }
        Ok(())
    }

    /// Drops everything of a file that was refused after all.
    pub(crate) async fn drop_file(&self, import: &str) -> Result<()> {
        self.drop_parts(&WAITING, import).await
    }

    /// Drops the cells of an import that came to its end, and calls one off that waits for somebody.
    pub(crate) async fn drop_cells(&self, import: &str) -> Result<()> {
        self.drop_file(import).await?;
        self.beside(|db| {
            db.query(
                "DELETE $survey; UPDATE $id SET chunks = 0, revision += 1, \
                 state = IF state IN ['uploaded', 'validated'] { 'canceled' } ELSE { state } RETURN NONE",
            )
            .bind(("survey", record("import_survey", import)))
            .bind(("id", record("import", import)))
        })
        .await?;
        Ok(())
    }

    /// Drops the cells of imports that ended before `before`, and what uploads left that were cut off before `stale`
    /// (an import's id begins with its time).
    pub(crate) async fn sweep_imports(&self, before: DateTime<Utc>, stale: &str) -> Result<()> {
        let query = "SELECT VALUE id FROM import WHERE updated_at < $before AND chunks > 0 AND undo_chunks = NONE \
                     AND state IN ['completed', 'completed_with_errors', 'failed', 'canceled', 'undone', 'uploaded', 'validated']";
        let old: Vec<RecordId> = self.db.query(query).bind(("before", before)).await?.take(0)?;
        for id in old {
            self.drop_cells(&key(id)).await?;
        }
        for table in WAITING {
            let query = format!(
                "DELETE {table} WHERE record::id(id)[0] < $stale \
                 AND type::record('import', record::id(id)[0]).chunks = NONE RETURN NONE"
            );
            self.beside(|db| db.query(query.clone()).bind(("stale", stale.to_owned()))).await?;
        }
        Ok(())
    }

    /// Adds wrong cells. The same positions again change nothing.
    pub(crate) async fn add_import_errors(&self, import: &str, errors: Vec<Placed>) -> Result<()> {
        if errors.is_empty() {
            return Ok(());
        }
        let rows: Vec<ImportErrorRow> = errors.into_iter().map(|placed| placed.row(import)).collect();
        self.beside(|db| {
            db.query("INSERT IGNORE INTO import_error $rows RETURN NONE").bind(("rows", rows.clone()))
        })
        .await?;
        Ok(())
    }

    /// Wrong cells of an import from position `from`, in row order, each with its position; of one group where its code
    /// and column are given.
    pub(crate) async fn import_errors(
        &self,
        import: &str,
        from: i64,
        limit: u32,
        group: Option<(&str, &str)>,
    ) -> Result<Vec<(i64, ImportErrorRow)>> {
        let (code, column) = group.unwrap_or_default();
        let filter = if group.is_some() { "WHERE code = $code AND column = $column" } else { "" };
        let rows: Vec<ImportErrorRow> = self
            .db
            .query(format!("SELECT * FROM {} {filter} LIMIT {limit}", first_of("$range")))
            .bind(("range", range("import_error", import, from, i64::MAX)))
            .bind(("code", code.to_owned()))
            .bind(("column", column.to_owned()))
            .await?
            .take(0)?;
        Ok(rows.into_iter().map(|row| (number_in(&row.id).unwrap_or_default(), row)).collect())
    }

    /// Wrong cells of a range of rows.
    pub(crate) async fn import_errors_of_rows(
        &self,
        import: &str,
        first: i64,
        last: i64,
    ) -> Result<Vec<ImportErrorRow>> {
        let bounds =
            range("import_error", import, first * ERRORS_PER_ROW, (last + 1).saturating_mul(ERRORS_PER_ROW));
        Ok(self.db.query("SELECT * FROM $range").bind(("range", bounds)).await?.take(0)?)
    }

    /// Mappings that were saved; those for these headers first when a signature is given.
    pub(crate) async fn saved_mappings(&self, signature: Option<&str>) -> Result<Vec<ImportMappingRow>> {
        let filter = if signature.is_some() { "WHERE signature = $signature" } else { "" };
        let query = format!("SELECT * FROM import_mapping {filter} ORDER BY created_at DESC LIMIT 500");
        let signature = signature.unwrap_or_default().to_owned();
        Ok(self.db.query(query).bind(("signature", signature)).await?.take(0)?)
    }

    pub(crate) async fn put_mapping(&self, mapping: ImportMappingRow) -> Result<()> {
        self.beside(|db| db.query("UPSERT $row.id CONTENT $row RETURN NONE").bind(("row", mapping.clone())))
            .await?;
        Ok(())
    }

    /// `false` when there was none.
    pub(crate) async fn delete_mapping(&self, id: &str) -> Result<bool> {
        let id = record("import_mapping", id);
        let mut answer =
            self.beside(|db| db.query("DELETE $id RETURN BEFORE").bind(("id", id.clone()))).await?;
        let gone: Vec<Ids> = answer.take(0)?;
        Ok(!gone.is_empty())
    }

    /// What hangs on customers besides what an import brought: the customer, and what it is.
    pub(crate) async fn used_since(
        &self,
        import: &str,
        customers: &[String],
    ) -> Result<Vec<(String, &'static str)>> {
        let mut answer = self
            .db
            .query("SELECT VALUE customer_id FROM invoice WHERE customer_id IN $ids AND (import_id = NONE OR import_id != $import)")
            .query("SELECT VALUE customer_id FROM payment WHERE customer_id IN $ids AND (import_id = NONE OR import_id != $import)")
            .query("SELECT VALUE customer_id FROM event WHERE customer_id IN $ids AND kind = 'note.added'")
            .query("SELECT VALUE customer_id FROM event WHERE customer_id IN $ids AND kind IN ['customer.updated', 'customer.archived', 'customer.unarchived']")
            .bind(("ids", customers.to_vec()))
            .bind(("import", import.to_owned()))
            .await?;
        let mut found = Vec::new();
        for (index, what) in [
            "It has invoices that did not come with this import.",
            "It has payments that did not come with this import.",
            "Someone wrote a note about it.",
            "Someone changed it.",
        ]
        .into_iter()
        .enumerate()
        {
            let ids: Vec<String> = answer.take(index)?;
            found.extend(ids.into_iter().map(|id| (id, what)));
        }
        Ok(found)
    }
}

/// The rows were dropped.
pub(crate) fn rows_are_gone() -> Error {
    Error::conflict(
        "rows_dropped",
        "The rows of this import are no longer kept: they go 30 days after its end, and when somebody in them is \
         erased. Import the file again.",
    )
}

/// What the rows of a chunk did, as it is kept.
pub(crate) fn result_row(
    import: &str,
    number: i64,
    text: String,
    outcomes: String,
    customers: Vec<String>,
) -> ImportResultRow {
    ImportResultRow { id: numbered("import_result", import, number), text, outcomes, customers }
}
