//! What an import keeps beside the books while it runs: where it stands and its wrong cells.

use surrealdb::types::RecordId;

use super::Store;
use super::read::error_key;
use super::rows::{ImportErrorRow, ImportRow};
use crate::Result;
use domain::import::ImportError;

impl Store {
    /// Where an import stands, outside of any chunk.
    pub(crate) async fn put_import(&self, import: ImportRow) -> Result<()> {
        self.db.query("UPSERT $row.id CONTENT $row RETURN NONE").bind(("row", import)).await?.check()?;
        Ok(())
    }

    /// Adds wrong cells from position `from` on. The same positions again change nothing.
    pub(crate) async fn add_import_errors(
        &self,
        import: &str,
        from: i64,
        errors: &[ImportError],
    ) -> Result<()> {
        let rows: Vec<ImportErrorRow> = errors
            .iter()
            .zip(from..)
            .map(|(error, position)| ImportErrorRow {
                id: RecordId::new("import_error", error_key(import, position)),
                sheet: error.sheet.clone(),
                row: error.row,
                column: error.column.clone(),
                value: error.value.clone(),
                code: error.code.clone(),
                message: error.message.clone(),
                warning: error.warning,
            })
            .collect();
        self.db
            .query("INSERT IGNORE INTO import_error $rows RETURN NONE")
            .bind(("rows", rows))
            .await?
            .check()?;
        Ok(())
    }
}
