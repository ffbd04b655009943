//! Imports: a file's rows become customers, through the same commit path as everything else.

mod read;
mod run;
mod template;

use domain::import::{Import, ImportError, ImportState};
use domain::{Action, ImportId, Page};
use sha2::{Digest, Sha256};

use crate::customer::{cursor_seq, page, page_size, seq_cursor};
use crate::store::record;
use crate::store::rows::{ImportRow, state_name};
use crate::{Caller, Error, Ledger, Result};

pub use template::template;

/// What an import may cost.
#[derive(Clone, Debug)]
pub struct ImportLimits {
    /// Largest file, bytes.
    pub max_bytes: usize,
    /// Most rows under the header.
    pub max_rows: usize,
    /// Most columns.
    pub max_columns: usize,
    /// Imports parsed at once.
    pub workers: usize,
}

/// A file as it was uploaded.
#[derive(Clone, Debug)]
pub struct Upload {
    /// Its name, for its extension and for people.
    pub file_name: String,
    /// Its content.
    pub bytes: Vec<u8>,
}

impl Ledger {
    /// Reads the file (one that can't be an import is refused here), then goes on in the background: every row is
    /// checked, the valid ones are saved in chunks.
    pub async fn start_import(&self, caller: &Caller, upload: Upload) -> Result<Import> {
        caller.authorise(Action::Import)?;
        let limits = self.inner.config.import.clone();
        if upload.bytes.len() > limits.max_bytes {
            return Err(too_large(limits.max_bytes));
        }
        let slot =
            std::sync::Arc::clone(&self.inner.import_slots).acquire_owned().await.map_err(Error::internal)?;
        let file_hash = crate::chain::hex(&Sha256::digest(&upload.bytes));
        let file_name = upload.file_name.clone();
        // A parser that panics is a file that can't be read, not a dead server.
        let sheet =
            tokio::task::spawn_blocking(move || read::sheet(&upload, &limits)).await.map_err(|_| {
                bad_file(
                    422,
                    "unreadable",
                    "This file is damaged: it could not be read. Save it again and try once more.",
                )
            })??;
        let now = self.clock().now();
        let id = ImportId::from_unique(&self.unique());
        let row = ImportRow {
            id: record("import", id.as_str()),
            kind: "customers".to_owned(),
            file_name,
            file_hash,
            state: state_name(ImportState::Mapped),
            rows: sheet.rows.len() as i64,
            valid: 0,
            invalid: 0,
            created: 0,
            updated: 0,
            skipped: 0,
            error_cells: 0,
            failure: None,
            totals: "[]".to_owned(),
            mapping: serde_json::to_string(&sheet.columns.mapping()).map_err(Error::internal)?,
            created_by: caller.id.as_str().to_owned(),
            created_at: now,
            updated_at: now,
        };
        self.store().put_import(row.clone()).await?;
        let import = Import::try_from(row.clone())?;
        let (ledger, caller) = (self.clone(), caller.clone());
        tokio::spawn(async move {
            run::run(&ledger, &caller, row, sheet).await;
            drop(slot);
        });
        Ok(import)
    }

    /// All imports, newest first.
    pub async fn imports(
        &self,
        caller: &Caller,
        limit: Option<u32>,
        cursor: Option<&str>,
    ) -> Result<Page<Import>> {
        caller.authorise(Action::Read)?;
        let limit = page_size(limit);
        let (mut rows, total) = self.store().imports(cursor, limit + 1).await?;
        let more = rows.len() > limit as usize;
        rows.truncate(limit as usize);
        let imports: Vec<Import> = rows.into_iter().map(Import::try_from).collect::<Result<_>>()?;
        let next = imports.last().filter(|_| more).map(|import| import.id.as_str().to_owned());
        Ok(page(imports, next, total))
    }

    /// One import.
    pub async fn import(&self, caller: &Caller, id: &ImportId) -> Result<Import> {
        caller.authorise(Action::Read)?;
        self.store().import(id.as_str()).await?.try_into()
    }

    /// Its wrong cells, in row order.
    pub async fn import_errors(
        &self,
        caller: &Caller,
        id: &ImportId,
        limit: Option<u32>,
        cursor: Option<&str>,
    ) -> Result<Page<ImportError>> {
        caller.authorise(Action::Read)?;
        let total = self.store().import(id.as_str()).await?.error_cells;
        let from = cursor_seq(cursor)?.unwrap_or(0).max(0);
        let limit = page_size(limit);
        let rows = self.store().import_errors(id.as_str(), from, limit).await?;
        let next = from + rows.len() as i64;
        let errors = rows.into_iter().map(ImportError::from).collect();
        Ok(page(errors, (next < total).then(|| seq_cursor(next)), total.unsigned_abs()))
    }
}

/// At start, says of imports that a stopped process left unfinished that they are, with what was saved.
pub(crate) async fn fail_interrupted(ledger: Ledger) {
    let url = &ledger.inner.config.url;
    let shared = url.starts_with("ws") || url.starts_with("http");
    let quiet_since = ledger.clock().now() - chrono::Duration::minutes(10);
    let Ok(unfinished) = ledger.store().unfinished_imports().await else { return };
    for mut row in unfinished {
        // On a shared database another node may be at it.
        if shared && row.updated_at > quiet_since {
            continue;
        }
        let saved = row.created + row.updated + row.skipped;
        row.state = state_name(ImportState::Failed);
        row.failure = Some(format!(
            "Duebook was stopped during this import; {saved} of {} rows are saved. Import the file again: rows with a \
             reference are recognised.",
            row.rows
        ));
        if let Err(error) = ledger.store().put_import(row).await {
            tracing::warn!(
                error = &error as &dyn std::error::Error,
                "an interrupted import could not be closed"
            );
        }
    }
}

fn bad_file(status: u16, code: &'static str, message: impl Into<String>) -> Error {
    Error::BadFile { status, code, message: message.into() }
}

fn too_large(max_bytes: usize) -> Error {
    let megabytes = max_bytes / (1024 * 1024);
    bad_file(
        413,
        "too_large",
        format!("A file can have at most {megabytes} MB; split it, or save only the sheet you need."),
    )
}
