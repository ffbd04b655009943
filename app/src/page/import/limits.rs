//! What a file may be, said before one is chosen.

use leptos::prelude::*;
use serde::{Deserialize, Serialize};
use server_fn::codec::Json;

use crate::error::Fault;
use crate::format;

/// What a file may be.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Limits {
    max_bytes: u64,
    max_rows: u64,
    max_columns: u64,
}

impl Limits {
    pub(super) fn in_words(self) -> String {
        format!(
            "XLSX, XLS, ODS or CSV, up to {} MB, {} rows and {} columns.",
            format::count(self.max_bytes / (1024 * 1024)),
            format::count(self.max_rows),
            format::count(self.max_columns)
        )
    }
}

/// How large a file may be, as this Duebook is configured.
#[server(prefix = "/fn", endpoint = "import/limits", input = Json)]
pub async fn import_limits() -> Result<Limits, Fault> {
    let (ledger, _) = crate::api::session()?;
    let limits = ledger.import_limits();
    Ok(Limits {
        max_bytes: limits.max_bytes as u64,
        max_rows: limits.max_rows as u64,
        max_columns: limits.max_columns as u64,
    })
}
