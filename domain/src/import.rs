//! Imports as clients see them.

use std::collections::BTreeMap;
use std::str::FromStr;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

pub use crate::sheet::{DateOrder, DecimalMark, Kind, MatchKey, Options};
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

    /// Whether rows of it may stand in the books, so that it can be asked to be undone.
    pub fn may_have_saved(self) -> bool {
        self.is_final() && self != ImportState::Undone
    }
}

/// What becomes of rows whose customer, invoice or payment is known already.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Mode {
    /// They change what is known.
    #[default]
    Upsert,
    /// They are left alone.
    CreateOnly,
}

impl FromStr for Mode {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text {
            "upsert" => Ok(Mode::Upsert),
            "create_only" => Ok(Mode::CreateOnly),
            _ => Err("Use upsert or create_only.".to_owned()),
        }
    }
}

/// Whether the user wants to see what would happen first.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CommitMode {
    /// Valid rows are saved without asking.
    #[default]
    Auto,
    /// Nothing is saved before the user agrees.
    Review,
}

impl FromStr for CommitMode {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text {
            "auto" => Ok(CommitMode::Auto),
            "review" => Ok(CommitMode::Review),
            _ => Err("Use auto or review.".to_owned()),
        }
    }
}

/// One import of one file. `rows = valid + invalid`; `valid = created + updated + skipped` once it is finished.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Import {
    /// Opaque id.
    pub id: ImportId,
    /// What its rows stand for.
    pub kind: Kind,
    /// As uploaded.
    pub file_name: String,
    /// SHA-256 of the file, in hexadecimal digits: the same file twice has it twice.
    #[serde(default)]
    pub file_hash: String,
    /// The sheet that is read.
    #[serde(default)]
    pub sheet: String,
    /// All sheets of the file that have rows, when there are several.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub sheets: Vec<String>,
    /// Where it stands.
    pub state: ImportState,
    /// What becomes of rows that are known already.
    #[serde(default)]
    pub mode: Mode,
    /// Whether it waits for the user to agree.
    #[serde(default)]
    pub commit: CommitMode,
    /// Rows with content, under the header.
    pub rows: i64,
    /// Rows without a cell error.
    pub valid: i64,
    /// Rows with at least one cell error.
    pub invalid: i64,
    /// Rows that made something new.
    pub created: i64,
    /// Rows that changed something.
    pub updated: i64,
    /// Rows that changed nothing.
    pub skipped: i64,
    /// What a commit would do, once every row was checked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub preview: Option<PreviewCounts>,
    /// How far it is with what it is doing now; absent while it does nothing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub progress: Option<Progress>,
    /// Whether it can be taken back.
    #[serde(default)]
    pub undo: UndoState,
    /// Where the cell errors are, when there are any.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub errors_url: Option<String>,
    /// What went wrong, when it failed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub failure: Option<String>,
    /// Control totals: the amounts of the valid rows, one per currency.
    pub totals: Vec<Money>,
    /// Which header was taken for which field.
    pub mapping: Vec<(String, String)>,
    /// Who.
    pub created_by: UserId,
    /// Who, for people.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub created_by_name: Option<String>,
    /// When.
    pub created_at: DateTime<Utc>,
    /// When it last moved.
    pub updated_at: DateTime<Utc>,
}

/// What a commit would do with the rows of a file.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct PreviewCounts {
    /// Rows that would make something new.
    pub created: i64,
    /// Rows that would change something.
    pub updated: i64,
    /// Rows that would change nothing.
    pub skipped: i64,
    /// Rows that would be left out, because a cell is wrong.
    pub rejected: i64,
}

impl PreviewCounts {
    /// Counts one row.
    pub fn count(&mut self, outcome: RowOutcome) {
        *match outcome {
            RowOutcome::Created => &mut self.created,
            RowOutcome::Updated => &mut self.updated,
            RowOutcome::Skipped => &mut self.skipped,
            RowOutcome::Rejected => &mut self.rejected,
        } += 1;
    }
}

/// How far an import is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Progress {
    /// Rows checked or saved so far.
    pub done: i64,
    /// Of so many.
    pub total: i64,
    /// Rows per second; 0 while that isn't known yet.
    pub rows_per_second: i64,
    /// How long the rest will take at that rate, in seconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub seconds_left: Option<i64>,
}

impl Progress {
    /// After `done` of `total` rows in `millis` milliseconds.
    pub fn of(done: i64, total: i64, millis: i64) -> Self {
        let rows_per_second = if millis > 0 { done.max(0).saturating_mul(1000) / millis } else { 0 };
        let left = (total - done).max(0);
        let seconds_left =
            (rows_per_second > 0).then(|| left.saturating_add(rows_per_second - 1) / rows_per_second);
        Self { done, total, rows_per_second, seconds_left }
    }
}

/// Whether an import can be taken back.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum UndoState {
    /// There is nothing to take back.
    #[default]
    Nothing,
    /// It can be asked for.
    Possible,
    /// It was taken back.
    Undone,
}

/// Why an import can't be taken back: one thing it brought has been used since.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct UndoRefusal {
    /// The row it came with.
    pub row: i64,
    /// `customer`, `invoice` or `payment`.
    pub subject: String,
    /// Its id.
    pub id: String,
    /// What stands in the way.
    pub reason: String,
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

/// The wrong cells of one column that break the same rule.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ErrorGroup {
    /// What the errors are filtered by: the rule and the column.
    pub key: String,
    /// Stable rule name.
    pub code: String,
    /// Header of the column.
    pub column: String,
    /// How many cells.
    pub count: i64,
    /// `412 rows: due date is missing`.
    pub message: String,
    /// Warnings don't reject rows.
    #[serde(default)]
    pub warning: bool,
}

/// What a commit would do with a row, or did.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RowOutcome {
    /// It makes something new.
    Created,
    /// It changes something.
    Updated,
    /// It changes nothing.
    Skipped,
    /// A cell is wrong.
    Rejected,
}

impl RowOutcome {
    /// All outcomes.
    pub const ALL: [RowOutcome; 4] =
        [RowOutcome::Created, RowOutcome::Updated, RowOutcome::Skipped, RowOutcome::Rejected];

    /// The name on the wire.
    pub fn as_str(self) -> &'static str {
        match self {
            RowOutcome::Created => "created",
            RowOutcome::Updated => "updated",
            RowOutcome::Skipped => "skipped",
            RowOutcome::Rejected => "rejected",
        }
    }
}

impl FromStr for RowOutcome {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        RowOutcome::ALL
            .into_iter()
            .find(|outcome| outcome.as_str() == text)
            .ok_or_else(|| "Use created, updated, skipped or rejected.".to_owned())
    }
}

/// One field of a known customer or invoice, as it is and as the row would make it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FieldChange {
    /// Its wire name.
    pub field: String,
    /// What stands there now, as people read it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub old: Option<String>,
    /// What would.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub new: Option<String>,
}

/// One row of the preview.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PreviewRow {
    /// Row as the spreadsheet numbers it.
    pub row: i64,
    /// What becomes of it.
    pub outcome: RowOutcome,
    /// What it is about, for people: a name, or the number of an invoice.
    pub title: String,
    /// Field by field.
    pub changes: Vec<FieldChange>,
    /// What is wrong with it, and what its writer should know.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub errors: Vec<ImportError>,
    /// The customer it made or changed, once it is saved.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub customer_id: Option<crate::CustomerId>,
}

/// A cell that the user corrected in the browser.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CellEdit {
    /// Sheet name; the one that is read when empty.
    #[serde(default)]
    pub sheet: String,
    /// Row as the spreadsheet numbers it.
    pub row: i64,
    /// Header of the column.
    pub column: String,
    /// What is to stand there; empty for nothing.
    pub value: String,
}

/// How the columns of a file are to be read. What is absent stays as it is.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MappingChange {
    /// What the rows stand for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub kind: Option<Kind>,
    /// Another sheet of the file.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sheet: Option<String>,
    /// The row that holds the headers, as the spreadsheet numbers it; 0 where no row does.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub header_row: Option<i64>,
    /// Column keys with the wire name of their field; `None` for one that is not imported.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub mapping: BTreeMap<String, Option<String>>,
    /// What the values alone don't say.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub options: Option<Options>,
    /// What becomes of rows that are known already.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mode: Option<Mode>,
}

/// Corrections of cells: single ones, or one value for every wrong cell of a group.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CellFixes {
    /// Single cells.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub edits: Vec<CellEdit>,
    /// A whole group.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub group: Option<GroupFix>,
}

/// One value for every wrong cell of a group.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct GroupFix {
    /// [`ErrorGroup::key`].
    pub key: String,
    /// What is to stand in each of its cells; empty for nothing.
    pub value: String,
}

/// The columns of a file, what they were taken for, and what the user has to say about them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct MappingView {
    /// What the rows stand for.
    pub kind: Kind,
    /// Every column, in the order of the file.
    pub columns: Vec<ColumnView>,
    /// What a column of this kind can be.
    pub fields: Vec<FieldChoice>,
    /// What the values alone don't say.
    pub questions: Vec<Question>,
    /// What was answered so far.
    pub options: Options,
    /// What keeps the file from being checked, such as a column that is missing.
    pub problems: Vec<String>,
    /// Whether every column was found by its header or chosen by the user and nothing is left to ask, so that the file
    /// can be imported without looking at its columns.
    #[serde(default)]
    pub certain: bool,
    /// The same for every file with these headers.
    pub signature: String,
    /// The saved mapping that was applied, if one was.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub saved: Option<String>,
    /// The row that holds the headers, as the spreadsheet numbers it; 0 where no row does.
    #[serde(default)]
    pub header_row: i64,
    /// The first rows of the sheet, one of which may be the header.
    #[serde(default)]
    pub top: Vec<TopRow>,
}

/// A row near the top of a sheet.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TopRow {
    /// As the spreadsheet numbers it.
    pub row: i64,
    /// Its first cells with content.
    pub text: String,
}

/// One column of a file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ColumnView {
    /// What corrections name it by: its header, or `Column B` where that is empty or stands twice.
    pub key: String,
    /// Its header as written.
    pub header: String,
    /// Its letters in the spreadsheet.
    pub letter: String,
    /// Up to three different values.
    pub samples: Vec<String>,
    /// Cells with content.
    pub filled: i64,
    /// The wire name of the field it was taken for; absent when it is not imported.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub field: Option<String>,
    /// Why, in words.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// The wire name of the field it may have been meant for, where that is not sure enough to be taken.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub suggestion: Option<String>,
}

/// A field that a column can be taken for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FieldChoice {
    /// Its wire name.
    pub field: String,
    /// For people.
    pub label: String,
    /// Whether no row can be read without it.
    pub required: bool,
}

/// Something that the values of a column don't say.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Question {
    /// The key of the column.
    pub column: String,
    /// The option that answers it: `date_order` or `decimal`.
    pub option: String,
    /// For people.
    pub text: String,
    /// A value that can mean two things.
    pub example: String,
    /// The possible answers.
    pub choices: Vec<QuestionChoice>,
}

/// One answer to a [`Question`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct QuestionChoice {
    /// What the option is set to.
    pub value: String,
    /// What the example then means.
    pub label: String,
}

/// A mapping kept under a name, for the next file with the same headers.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SavedMapping {
    /// Opaque id.
    pub id: String,
    /// As the user called it.
    pub name: String,
    /// What the rows stand for.
    pub kind: Kind,
    /// The headers it is for.
    pub signature: String,
    /// Each column's key with its field's wire name; `None` for one that is not imported.
    pub columns: Vec<(String, Option<String>)>,
    /// The answers that go with it.
    #[serde(default)]
    pub options: Options,
    /// Who saved it.
    pub created_by: UserId,
    /// When.
    pub created_at: DateTime<Utc>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn progress_tells_the_rate_and_how_long_the_rest_takes() {
        assert_eq!(
            Progress::of(500, 2000, 1000),
            Progress { done: 500, total: 2000, rows_per_second: 500, seconds_left: Some(3) }
        );
        assert_eq!(Progress::of(999, 1000, 1000).seconds_left, Some(1), "part of a second is one more");
        assert_eq!(Progress::of(1000, 1000, 1000).seconds_left, Some(0));
        assert_eq!(Progress::of(0, 1000, 0).seconds_left, None);
        assert_eq!(Progress::of(i64::MAX, i64::MAX, 1).seconds_left, Some(0));
    }

    #[test]
    fn words_on_the_wire_go_there_and_back() {
        for mode in [Mode::Upsert, Mode::CreateOnly] {
            let word = serde_json::to_value(mode).unwrap();
            assert_eq!(word.as_str().unwrap().parse(), Ok(mode));
        }
        for mode in [CommitMode::Auto, CommitMode::Review] {
            let word = serde_json::to_value(mode).unwrap();
            assert_eq!(word.as_str().unwrap().parse(), Ok(mode));
        }
        for outcome in RowOutcome::ALL {
            assert_eq!(serde_json::to_value(outcome).unwrap(), outcome.as_str());
            assert_eq!(outcome.as_str().parse(), Ok(outcome));
        }
        assert!("replace".parse::<Mode>().is_err());
        assert!("later".parse::<CommitMode>().is_err());
        assert!("lost".parse::<RowOutcome>().is_err());
    }

    #[test]
    fn an_import_of_before_there_were_kinds_and_undo_can_still_be_read() {
        let import: Import = serde_json::from_value(serde_json::json!({
            "id": "imp_1", "kind": "customers", "file_name": "a.xlsx", "state": "completed", "rows": 1, "valid": 1,
            "invalid": 0, "created": 1, "updated": 0, "skipped": 0, "totals": [], "mapping": [["Name", "name"]],
            "created_by": "usr_1", "created_at": "2026-01-01T00:00:00Z", "updated_at": "2026-01-01T00:00:00Z",
        }))
        .unwrap();
        assert_eq!(
            (import.kind, import.mode, import.undo),
            (Kind::Customers, Mode::Upsert, UndoState::Nothing)
        );
    }
}
