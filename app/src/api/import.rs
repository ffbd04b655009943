//! Imports, once the file is here. It is uploaded to the REST route, which can report progress.

use domain::import::{
    CellFixes, ErrorGroup, Import, ImportError, MappingChange, MappingView, PreviewRow, RowOutcome,
    SavedMapping,
};
use domain::{ImportId, Page};
use leptos::prelude::*;
use server_fn::codec::Json;

#[cfg(feature = "ssr")]
use super::{refuse, session};
use crate::error::Fault;

/// All imports, newest first.
#[server(prefix = "/fn", endpoint = "import/list", input = Json)]
pub async fn list_imports(limit: Option<u32>, cursor: Option<String>) -> Result<Page<Import>, Fault> {
    let (ledger, caller) = session()?;
    ledger.imports(&caller, limit, cursor.as_deref()).await.map_err(refuse)
}

/// One import, as it stands.
#[server(prefix = "/fn", endpoint = "import/status", input = Json)]
pub async fn import_status(id: ImportId) -> Result<Import, Fault> {
    let (ledger, caller) = session()?;
    ledger.import(&caller, &id).await.map_err(refuse)
}

/// Its wrong cells, in row order.
#[server(prefix = "/fn", endpoint = "import/errors", input = Json)]
pub async fn import_errors(
    id: ImportId,
    limit: Option<u32>,
    cursor: Option<String>,
) -> Result<Page<ImportError>, Fault> {
    let (ledger, caller) = session()?;
    ledger.import_errors(&caller, &id, None, limit, cursor.as_deref()).await.map_err(refuse)
}

/// Its wrong cells of one group, in row order.
#[server(prefix = "/fn", endpoint = "import/errors-of", input = Json)]
pub async fn import_errors_of(
    id: ImportId,
    group: String,
    limit: Option<u32>,
    cursor: Option<String>,
) -> Result<Page<ImportError>, Fault> {
    let (ledger, caller) = session()?;
    ledger.import_errors(&caller, &id, Some(&group), limit, cursor.as_deref()).await.map_err(refuse)
}

/// Its wrong cells, counted by rule and column.
#[server(prefix = "/fn", endpoint = "import/error-groups", input = Json)]
pub async fn import_error_groups(id: ImportId) -> Result<Vec<ErrorGroup>, Fault> {
    let (ledger, caller) = session()?;
    ledger.import_error_groups(&caller, &id).await.map_err(refuse)
}

/// Its columns, what they are taken for and what has to be asked.
#[server(prefix = "/fn", endpoint = "import/mapping", input = Json)]
pub async fn import_mapping(id: ImportId) -> Result<MappingView, Fault> {
    let (ledger, caller) = session()?;
    ledger.import_mapping(&caller, &id).await.map_err(refuse)
}

/// Takes columns otherwise, reads another sheet, answers questions; every row is checked again.
#[server(prefix = "/fn", endpoint = "import/set-mapping", input = Json)]
pub async fn set_import_mapping(id: ImportId, change: MappingChange) -> Result<Import, Fault> {
    let (ledger, caller) = session()?;
    ledger.set_import_mapping(&caller, &id, &change).await.map_err(refuse)
}

/// What a commit would do with each row, or did.
#[server(prefix = "/fn", endpoint = "import/preview", input = Json)]
pub async fn import_preview(
    id: ImportId,
    outcome: Option<RowOutcome>,
    limit: Option<u32>,
    cursor: Option<String>,
) -> Result<Page<PreviewRow>, Fault> {
    let (ledger, caller) = session()?;
    ledger.import_preview(&caller, &id, outcome, limit, cursor.as_deref()).await.map_err(refuse)
}

/// Corrects cells that are not saved yet; every row is checked again.
#[server(prefix = "/fn", endpoint = "import/fix", input = Json)]
pub async fn fix_import_cells(id: ImportId, fixes: CellFixes) -> Result<Import, Fault> {
    let (ledger, caller) = session()?;
    ledger.fix_import_cells(&caller, &id, &fixes).await.map_err(refuse)
}

/// Saves the valid rows.
#[server(prefix = "/fn", endpoint = "import/commit", input = Json)]
pub async fn commit_import(id: ImportId) -> Result<Import, Fault> {
    let (ledger, caller) = session()?;
    ledger.commit_import(&caller, &id).await.map_err(refuse)
}

/// Stops it; what is saved already stays.
#[server(prefix = "/fn", endpoint = "import/cancel", input = Json)]
pub async fn cancel_import(id: ImportId) -> Result<Import, Fault> {
    let (ledger, caller) = session()?;
    ledger.cancel_import(&caller, &id).await.map_err(refuse)
}

/// Takes it back, unless something it brought has been used since.
#[server(prefix = "/fn", endpoint = "import/undo", input = Json)]
pub async fn undo_import(id: ImportId) -> Result<Import, Fault> {
    let (ledger, caller) = session()?;
    ledger.undo_import(&caller, &id).await.map_err(refuse)
}

/// Mappings that were saved, newest first.
#[server(prefix = "/fn", endpoint = "import/saved-mappings", input = Json)]
pub async fn saved_mappings() -> Result<Vec<SavedMapping>, Fault> {
    let (ledger, caller) = session()?;
    ledger.saved_mappings(&caller).await.map_err(refuse)
}

/// Keeps how its columns are taken, for the next file with the same headers.
#[server(prefix = "/fn", endpoint = "import/save-mapping", input = Json)]
pub async fn save_import_mapping(id: ImportId, name: String) -> Result<SavedMapping, Fault> {
    let (ledger, caller) = session()?;
    ledger.save_mapping(&caller, &id, &name).await.map_err(refuse)
}

/// Forgets a saved mapping.
#[server(prefix = "/fn", endpoint = "import/delete-mapping", input = Json)]
pub async fn delete_saved_mapping(id: String) -> Result<(), Fault> {
    let (ledger, caller) = session()?;
    ledger.delete_mapping(&caller, &id).await.map_err(refuse)
}
