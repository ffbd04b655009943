//! Imports, read. A file is uploaded to the REST route, which can report progress.

use domain::import::{Import, ImportError};
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
    ledger.import_errors(&caller, &id, limit, cursor.as_deref()).await.map_err(refuse)
}
