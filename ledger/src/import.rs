//! Imports.
use domain::import::{Import, ImportError};
use domain::{ImportId, Page};
use crate::{Caller, Ledger, Result};

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

/// The XLSX template for customers: headers, an example row, lists of allowed values.
pub fn template() -> Result<Vec<u8>> { todo!() }

impl Ledger {
    /// Reads the file's first rows at once (a file that can't be an import is refused here), then goes on in the
    /// background: every row is checked, valid ones are saved in chunks.
    pub async fn start_import(&self, caller: &Caller, upload: Upload) -> Result<Import> { todo!() }
    /// All imports, newest first.
    pub async fn imports(&self, caller: &Caller, limit: Option<u32>, cursor: Option<&str>) -> Result<Page<Import>> { todo!() }
    /// One import.
    pub async fn import(&self, caller: &Caller, id: &ImportId) -> Result<Import> { todo!() }
    /// Its wrong cells, in row order.
    pub async fn import_errors(&self, caller: &Caller, id: &ImportId, limit: Option<u32>, cursor: Option<&str>) -> Result<Page<ImportError>> { todo!() }
}
