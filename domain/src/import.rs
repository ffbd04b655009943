//! Imports as clients see them.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use crate::{ImportId, Money, UserId};

/// Where an import stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ImportState {
    /// The file is here.
    Uploaded,
    /// Its columns are known.
    Mapped,
    /// Every row was checked.
    Validated,
    /// Rows are being saved.
    Committing,
    /// All rows are saved.
    Completed,
    /// The valid rows are saved, others were rejected.
    CompletedWithErrors,
    /// It could not go on.
    Failed,
    /// The user stopped it.
    Canceled,
    /// The user took it back.
    Undone,
}

impl ImportState {
    /// Whether nothing more will happen by itself.
    pub fn is_final(self) -> bool {
        matches!(
            self,
            ImportState::Completed
                | ImportState::CompletedWithErrors
                | ImportState::Failed
                | ImportState::Canceled
                | ImportState::Undone
        )
    }
}

/// One import of one file. `rows = valid + invalid`; `valid = created + updated + skipped` once it is finished.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Import {
    /// Opaque id.
    pub id: ImportId,
    /// `customers`.
    pub kind: String,
    /// As uploaded.
    pub file_name: String,
    /// Where it stands.
    pub state: ImportState,
    /// Rows with content, under the header.
    pub rows: i64,
    /// Rows without a cell error.
    pub valid: i64,
    /// Rows with at least one cell error.
    pub invalid: i64,
    /// Customers made.
    pub created: i64,
    /// Customers changed.
    pub updated: i64,
    /// Rows that changed nothing.
    pub skipped: i64,
    /// Where the cell errors are, when there are any.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub errors_url: Option<String>,
    /// What went wrong, when it failed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub failure: Option<String>,
    /// Outstanding amounts of the valid rows, one per currency.
    pub totals: Vec<Money>,
    /// Which header was taken for which field.
    pub mapping: Vec<(String, String)>,
    /// Who.
    pub created_by: UserId,
    /// When.
    pub created_at: DateTime<Utc>,
    /// When it last moved.
    pub updated_at: DateTime<Utc>,
}

/// One wrong cell, where the user can find it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ImportError {
    /// Sheet name.
    pub sheet: String,
    /// Row as the spreadsheet numbers it (the first is 1).
    pub row: i64,
    /// Header of the column.
    pub column: String,
    /// What stands in the cell.
    pub value: String,
    /// Stable rule name.
    pub code: String,
    /// What is wrong and what would be right.
    pub message: String,
    /// A warning doesn't reject the row.
    #[serde(default)]
    pub warning: bool,
}
