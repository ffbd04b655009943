//! Imports: a file's rows become customers, invoices and payments, through the same commit path as everything else.
//!
//! A file is read once, when it is uploaded (`read` knows the formats, `open` finds the sheet and its header); its rows
//! then wait in the database in chunks (`stage`), so that no process has to live for an import to go on. They are checked
//! (`check`), tried out or saved (`apply`: the same rules for both), chunk by chunk (`run`), and can be taken back (`undo`).

mod apply;
mod check;
mod marked;
mod open;
mod read;
mod run;
mod stage;
mod template;
mod undo;
mod workbook;

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use domain::import::{
    CellFixes, CommitMode, ErrorGroup, Import, ImportError, ImportState, MappingChange, MappingView, Mode,
    Options, PreviewRow, RowOutcome, SavedMapping, TopRow,
};
use domain::sheet::{Cell, Kind, Mapping, Survey, signature};
use domain::{Action, FieldError, FieldErrors, ImportId, Page};
use sha2::{Digest, Sha256};

use self::check::{Corrections, Mapped};
use self::open::{Opened, Wanted};
use self::run::Done;
use self::stage::Row;
use crate::customer::{cursor_seq, page, page_size, seq_cursor};
use crate::store::record;
use crate::store::rows::{ImportMappingRow, ImportRow, ImportSurveyRow, json, json_text, state_name, word};
use crate::{Caller, Error, Ledger, Result};

/// What an import may cost.
#[derive(Clone, Debug)]
pub struct ImportLimits {
    /// Largest file, bytes.
    pub max_bytes: usize,
    /// Most rows under the header.
    pub max_rows: usize,
    /// Most columns.
    pub max_columns: usize,
    /// Seconds after which reading a file is given up.
    pub timeout_seconds: u64,
    /// Imports read or checked at once.
    pub workers: usize,
}

/// A file as it was uploaded, and what was said with it.
#[derive(Clone, Debug, Default)]
pub struct Upload {
    /// Its name, for its extension and for people.
    pub file_name: String,
    /// Its content.
    pub bytes: Vec<u8>,
    /// What its rows stand for; guessed when absent.
    pub kind: Option<Kind>,
    /// Which sheet is read; the one that fits best when absent.
    pub sheet: Option<String>,
    /// Header to field, where the guess would be wrong; `None` for a column that is not imported.
    pub mapping: BTreeMap<String, Option<String>>,
    /// What the values alone don't say.
    pub options: Options,
    /// What becomes of rows that are known already.
    pub mode: Mode,
    /// Whether the user wants to see what would happen first.
    pub commit: CommitMode,
}

impl Upload {
    /// A file of which nothing else was said.
    pub fn new(file_name: impl Into<String>, bytes: Vec<u8>) -> Self {
        Self { file_name: file_name.into(), bytes, ..Self::default() }
    }
}

/// How long the rows of a file are kept after its import's end: for the workbook of errors.
const KEPT: chrono::Duration = chrono::Duration::days(30);
/// How long an upload that was cut off is left alone.
const STALE: chrono::Duration = chrono::Duration::hours(6);
/// On a database that several nodes share: how long an import may stand still before another node takes it over.
const QUIET: chrono::Duration = chrono::Duration::minutes(2);
/// Single cells that are corrected at once.
const MOST_EDITS: usize = 5000;

impl Ledger {
    /// Reads the file (one that can't be an import is refused here) and keeps its rows; then goes on in the background:
    /// every row is checked and, unless the user wants to see it first, the valid ones are saved.
    pub async fn start_import(&self, caller: &Caller, upload: Upload) -> Result<Import> {
        caller.authorise(Action::Import)?;
        if upload.bytes.len() > self.import_limits().max_bytes {
            return Err(too_large(self.import_limits().max_bytes));
        }
        let id = ImportId::from_unique(&self.unique());
        let row = match self.take_in(caller, &id, upload).await {
            Ok(row) => row,
            Err(error) => {
                self.store().drop_file(id.as_str()).await?;
                return Err(error);
            }
        };
        let import = Import::try_from(row)?;
        self.go_on_with(caller, &import);
        Ok(import)
    }

    /// Keeps everything of an upload that is needed from here on.
    async fn take_in(&self, caller: &Caller, id: &ImportId, upload: Upload) -> Result<ImportRow> {
        let file_hash = crate::chain::hex(&Sha256::digest(&upload.bytes));
        let upload = Arc::new(upload);
        let wanted = Wanted { sheet: upload.sheet.clone(), header: None };
        let (opened, chunks) = self.stage(id, Arc::clone(&upload), wanted).await?;
        // For another sheet, or another row of headers.
        self.store().put_file(id.as_str(), &upload.bytes).await?;
        let now = self.clock().now();
        let mut row = ImportRow {
            id: record("import", id.as_str()),
            kind: word(&Kind::Customers),
            file_name: upload.file_name.clone(),
            file_hash,
            sheet: opened.sheet.clone(),
            sheets: if opened.sheets.len() > 1 { opened.sheets.clone() } else { Vec::new() },
            state: state_name(ImportState::Uploaded),
            mode: word(&upload.mode),
            commit: word(&upload.commit),
            rows: opened.rows,
            valid: 0,
            invalid: 0,
            created: 0,
            updated: 0,
            skipped: 0,
            error_cells: 0,
            groups: "[]".to_owned(),
            preview: None,
            failure: None,
            totals: "[]".to_owned(),
            mapping: "[]".to_owned(),
            corrections: json_text(&upload.mapping)?,
            options: json_text(&upload.options)?,
            saved_mapping: None,
            chunks,
            done_chunks: 0,
            done: 0,
            started_at: None,
            undo_chunks: None,
            created_by: caller.id.as_str().to_owned(),
            created_by_name: caller.name.clone(),
            created_at: now,
            updated_at: now,
            revision: 0,
        };
        self.apply_saved(&mut row, &opened.survey, &upload).await?;
        let columns = self.map(&mut row, &opened.survey)?;
        if let Err(errors) = columns
            && upload.commit == CommitMode::Auto
        {
            return Err(check::wrong_columns(errors));
        }
        self.store().create_import(row.clone(), survey_row(id, &opened)?).await?;
        Ok(row)
    }

    /// Reads a file off the async threads and keeps its rows; answers what it is and how many chunks there are.
    async fn stage(&self, id: &ImportId, upload: Arc<Upload>, wanted: Wanted) -> Result<(Opened, i64)> {
        let slot = Arc::clone(&self.inner.import_slots).acquire_owned().await.map_err(Error::internal)?;
        let limits = self.import_limits().clone();
        let (sender, mut chunks) = tokio::sync::mpsc::channel(8);
        let reading = tokio::task::spawn_blocking(move || {
            let _slot = slot;
            open::read(&upload, &limits, &wanted, |chunk| {
                sender.blocking_send(chunk).map_err(|_| Error::Busy)
            })
        });
        let (mut count, mut batch) = (0_i64, Vec::new());
        while chunks.recv_many(&mut batch, 8).await > 0 {
            let texts = std::mem::take(&mut batch);
            let next = count + texts.len() as i64;
            self.store().put_chunks("import_chunk", id.as_str(), count, texts).await?;
            count = next;
        }
        // A parser that panics is a file that can't be read, not a dead server.
        let opened = reading.await.map_err(|_| {
            let message = "This file is damaged: it could not be read. Save it again and try once more.";
            bad_file(422, "unreadable", message)
        })??;
        Ok((opened, count))
    }

    /// Applies the mapping that was saved for these headers, unless something else was said.
    async fn apply_saved(&self, row: &mut ImportRow, survey: &Survey, upload: &Upload) -> Result<()> {
        row.kind = word(&upload.kind.unwrap_or_else(|| Mapping::guess(None, survey).kind()));
        if !upload.mapping.is_empty() {
            return Ok(());
        }
        let saved = self.store().saved_mappings(Some(&signature(&survey.headers()))).await?;
        let fits = |saved: &&ImportMappingRow| upload.kind.is_none_or(|kind| saved.kind == word(&kind));
        if let Some(saved) = saved.iter().find(fits) {
            let columns: Vec<(String, Option<String>)> = json(&saved.columns)?;
            row.kind.clone_from(&saved.kind);
            row.corrections = json_text(&columns.into_iter().collect::<Corrections>())?;
            if upload.options == Options::default() {
                row.options.clone_from(&saved.options);
            }
            row.saved_mapping = Some(saved.name.clone());
        }
        Ok(())
    }

    /// Says on the row how its columns are taken, and whether they can be read that way.
    fn map(
        &self,
        row: &mut ImportRow,
        survey: &Survey,
    ) -> Result<std::result::Result<(), Vec<domain::sheet::HeaderError>>> {
        let columns = match Mapped::of(row, survey.clone())? {
            Ok(mapped) => mapped.columns(),
            Err(errors) => Err(errors),
        };
        let now = self.clock().now();
        (row.started_at, row.done, row.updated_at) = (Some(now), 0, now);
        Ok(match columns {
            Ok(columns) => {
                row.mapping = json_text(&columns.mapping())?;
                row.state = state_name(ImportState::Mapped);
                Ok(())
            }
            Err(errors) => {
                row.mapping = "[]".to_owned();
                row.state = state_name(ImportState::Uploaded);
                Err(errors)
            }
        })
    }

    /// Does in the background what is left to do.
    fn go_on_with(&self, caller: &Caller, import: &Import) {
        if import.state != ImportState::Uploaded {
            tokio::spawn(run::run(self.clone(), caller.clone(), import.id.clone()));
        }
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

    /// Its wrong cells, in row order; of one group, where its key is given.
    pub async fn import_errors(
        &self,
        caller: &Caller,
        id: &ImportId,
        group: Option<&str>,
        limit: Option<u32>,
        cursor: Option<&str>,
    ) -> Result<Page<ImportError>> {
        caller.authorise(Action::Read)?;
        let row = self.store().import(id.as_str()).await?;
        let group = group.map(|key| group_of(&row, key)).transpose()?;
        let total = group.as_ref().map_or(row.error_cells, |group| group.count);
        let from = cursor_seq(cursor)?.unwrap_or(0).max(0);
        let limit = page_size(limit);
        let parts = group.as_ref().map(|group| (group.code.as_str(), group.column.as_str()));
        let mut rows = self.store().import_errors(id.as_str(), from, limit + 1, parts).await?;
        let more = rows.len() > limit as usize;
        rows.truncate(limit as usize);
        let next = rows.last().filter(|_| more).map(|(position, _)| seq_cursor(position + 1));
        let errors = rows.into_iter().map(|(_, row)| ImportError::from(row)).collect();
        Ok(page(errors, next, total.unsigned_abs()))
    }

    /// Its wrong cells, counted by rule and column.
    pub async fn import_error_groups(&self, caller: &Caller, id: &ImportId) -> Result<Vec<ErrorGroup>> {
        caller.authorise(Action::Read)?;
        json(&self.store().import(id.as_str()).await?.groups)
    }

    /// The user's own sheet with what is wrong, and the name of its file.
    pub async fn import_errors_workbook(&self, caller: &Caller, id: &ImportId) -> Result<(String, Vec<u8>)> {
        caller.authorise(Action::Import)?;
        let row = self.store().import(id.as_str()).await?;
        let name = row.file_name.rsplit_once('.').map_or(row.file_name.as_str(), |(stem, _)| stem);
        Ok((format!("{name} errors.xlsx"), workbook::write(self, &row).await?))
    }

    // ---- mapping -----------------------------------------------------------------------------------------------

    /// Its columns, what they are taken for and what has to be asked.
    pub async fn import_mapping(&self, caller: &Caller, id: &ImportId) -> Result<MappingView> {
        caller.authorise(Action::Read)?;
        let row = self.store().import(id.as_str()).await?;
        let kept = self.store().import_survey(id.as_str()).await?;
        let survey: Survey = json(&kept.survey)?;
        let mut view = match Mapped::of(&row, survey.clone())? {
            Ok(mapped) => mapped.view(),
            // What can't be followed was refused when it was said; a file whose headers changed since shows the guess.
            Err(_) => Mapping::guess(Some(row.kind()?), &survey).view(&survey, &json(&row.options)?),
        };
        view.saved.clone_from(&row.saved_mapping);
        let head = stage::read(&kept.head)?;
        view.header_row = i64::from(header_number(&head));
        let first = self.store().chunks("import_chunk", id.as_str(), 0, 1).await?;
        view.top =
            head.iter().chain(&stage::read_all(&first)?).take(open::HEADER_WITHIN).map(top_row).collect();
        Ok(view)
    }

    /// Takes columns otherwise, reads another sheet, answers questions; then every row is checked again.
    pub async fn set_import_mapping(
        &self,
        caller: &Caller,
        id: &ImportId,
        change: &MappingChange,
    ) -> Result<Import> {
        caller.authorise(Action::Import)?;
        let mut row = self.store().import(id.as_str()).await?;
        let before = open_to_change(&row)?;
        let kept = self.store().import_survey(id.as_str()).await?;
        let mut survey: Survey = json(&kept.survey)?;
        let known =
            Wanted { sheet: Some(row.sheet.clone()), header: Some(header_number(&stage::read(&kept.head)?)) };
        let mut wanted = known.clone();
        if change.sheet.as_ref().is_some_and(|sheet| *sheet != row.sheet) {
            // Its header is to be found.
            wanted = Wanted { sheet: change.sheet.clone(), header: None };
        }
        if let Some(row) = change.header_row {
            wanted.header = Some(given_header(row)?);
        }
        let reads_again = wanted != known;
        if reads_again {
            survey = self.read_again(&mut row, before, wanted, known).await?;
        }
        if let Some(kind) = change.kind {
            row.kind = word(&kind);
        }
        if let Some(mode) = change.mode {
            row.mode = word(&mode);
        }
        if let Some(options) = &change.options {
            row.options = json_text(options)?;
        }
        if !change.mapping.is_empty() || change.kind.is_some() {
            row.corrections = json_text(&change.mapping)?;
            row.saved_mapping = None;
        }
        // The other rows are here already: where their columns can't be read yet, they wait for them to be taken otherwise,
        // as a new file does.
        if let Err(errors) = self.map(&mut row, &survey)?
            && !reads_again
        {
            let told = errors.into_iter().map(|error| FieldError::new("mapping", error.code, error.message));
            return Err(Error::Invalid(FieldErrors(told.collect())));
        }
        self.moved(caller, row, before).await
    }

    /// Reads the file again, which is kept until its rows are dropped: another sheet, or under another header. Where that
    /// fails, the rows that were `known` come back.
    async fn read_again(
        &self,
        row: &mut ImportRow,
        before: ImportState,
        wanted: Wanted,
        known: Wanted,
    ) -> Result<Survey> {
        let id = row.import_id();
        let bytes = self.store().file(id.as_str()).await?.ok_or_else(|| {
            let message = "The file of this import is no longer kept; import it again.";
            Error::from(FieldError::new("sheet", "no_such_sheet", message))
        })?;
        // Nobody else may be at the rows that are put in the place of others now.
        row.state = state_name(ImportState::Uploaded);
        if !self.store().move_import(row, before).await? {
            return Err(Error::Busy);
        }
        let lock = self.import_lock(&id);
        let _held = lock.lock().await;
        self.store().drop_parts(&["import_chunk", "import_check", "import_error"], id.as_str()).await?;
        let upload = Arc::new(Upload::new(row.file_name.clone(), bytes));
        let (opened, chunks) = match self.stage(&id, Arc::clone(&upload), wanted).await {
            Ok(staged) => staged,
            Err(error) => {
                // The rows that were here come back, as they stand in the file.
                self.store().drop_parts(&["import_chunk"], id.as_str()).await?;
                self.stage(&id, upload, known).await?;
                return Err(error);
            }
        };
        self.store().put_survey(survey_row(&id, &opened)?).await?;
        (row.sheet, row.rows, row.chunks) = (opened.sheet, opened.rows, chunks);
        row.corrections = "{}".to_owned();
        Ok(opened.survey)
    }

    /// Writes a changed import and goes on with it.
    async fn moved(&self, caller: &Caller, mut row: ImportRow, before: ImportState) -> Result<Import> {
        let stored = self.store().import(row.import_id().as_str()).await?;
        let from = if stored.revision == row.revision { stored.state()? } else { before };
        if !self.store().move_import(&mut row, from).await? {
            return Err(Error::conflict(
                "changed_meanwhile",
                "This import moved on in the meantime; look at it again.",
            ));
        }
        let import = Import::try_from(row)?;
        self.go_on_with(caller, &import);
        Ok(import)
    }

    /// Mappings that were saved, newest first.
    pub async fn saved_mappings(&self, caller: &Caller) -> Result<Vec<SavedMapping>> {
        caller.authorise(Action::Read)?;
        self.store().saved_mappings(None).await?.into_iter().map(TryInto::try_into).collect()
    }

    /// Keeps how an import's columns are taken, for the next file with the same headers.
    pub async fn save_mapping(&self, caller: &Caller, id: &ImportId, name: &str) -> Result<SavedMapping> {
        caller.authorise(Action::Import)?;
        let name = domain::field::required_line("name", "a name", name, 100)?;
        let row = self.store().import(id.as_str()).await?;
        let survey: Survey = json(&self.store().import_survey(id.as_str()).await?.survey)?;
        let signature = signature(&survey.headers());
        let mapped = Mapped::of(&row, survey)?.map_err(check::wrong_columns)?;
        let same = self.store().saved_mappings(Some(&signature)).await?;
        let known = same.into_iter().find(|saved| saved.name == name && saved.kind == row.kind);
        let saved = ImportMappingRow {
            id: known.map_or_else(
                || record("import_mapping", &format!("map_{}", self.unique())),
                |known| known.id,
            ),
            name,
            kind: row.kind,
            signature,
            columns: json_text(&mapped.mapping.corrections())?,
            options: row.options,
            created_by: caller.id.as_str().to_owned(),
            created_at: self.clock().now(),
        };
        self.store().put_mapping(saved.clone()).await?;
        saved.try_into()
    }

    /// Forgets a saved mapping.
    pub async fn delete_mapping(&self, caller: &Caller, id: &str) -> Result<()> {
        caller.authorise(Action::Import)?;
        if self.store().delete_mapping(id).await? { Ok(()) } else { Err(Error::NotFound("mapping")) }
    }

    // ---- what would happen, and corrections --------------------------------------------------------------------

    /// What a commit would do with each row, or did; in row order.
    pub async fn import_preview(
        &self,
        caller: &Caller,
        id: &ImportId,
        wanted: Option<RowOutcome>,
        limit: Option<u32>,
        cursor: Option<&str>,
    ) -> Result<Page<PreviewRow>> {
        caller.authorise(Action::Read)?;
        let row = self.store().import(id.as_str()).await?;
        let from = cursor_seq(cursor)?.unwrap_or(0).max(0);
        let limit = page_size(limit) as usize;
        let letters = self.store().chunks("import_check", id.as_str(), 0, row.chunks).await?;
        let (mut total, mut found) = (0_u64, Vec::new());
        let mut saved = self.store().import_outcomes(id.as_str(), row.done_chunks).await?.into_iter();
        for (chunk, letters) in (0_i64..).zip(letters) {
            // What was saved says itself what it did.
            let letters = saved.next().unwrap_or(letters);
            for (index, outcome) in letters.chars().map(run::outcome).enumerate() {
                if wanted.is_some() && outcome != wanted {
                    continue;
                }
                total += 1;
                let position = chunk * stage::CHUNK as i64 + index as i64;
                if position >= from && found.len() <= limit {
                    found.push((position, chunk, index));
                }
            }
        }
        let next = found.get(limit).map(|(position, ..)| seq_cursor(*position));
        found.truncate(limit);
        let rows = self.preview_rows(&row, &found).await?;
        Ok(page(rows, next, total))
    }

    /// The rows at some places, each a chunk and a number in it.
    async fn preview_rows(
        &self,
        import: &ImportRow,
        places: &[(i64, i64, usize)],
    ) -> Result<Vec<PreviewRow>> {
        let id = import.import_id();
        let reading = check::Reading::of(self, import).await?;
        let applying = apply::Applying { import: id.clone(), reading: reading.clone(), mode: import.mode()? };
        let mut chunks: BTreeMap<i64, Vec<usize>> = BTreeMap::new();
        for (_, chunk, index) in places {
            chunks.entry(*chunk).or_default().push(*index);
        }
        let mut rows = Vec::with_capacity(places.len());
        for (chunk, wanted) in chunks {
            let texts = self.store().chunks("import_chunk", id.as_str(), chunk, chunk + 1).await?;
            let letters = self.store().chunks("import_check", id.as_str(), chunk, chunk + 1).await?.concat();
            let staged = stage::read_all(&texts)?;
            let checked: Vec<_> = staged
                .into_iter()
                .flat_map(|row| check::check(&reading, &mut check::Seen::default(), vec![row]))
                .collect();
            let checked: Vec<_> = checked
                .into_iter()
                .zip(letters.chars())
                .enumerate()
                .filter(|(at, _)| wanted.contains(at))
                .collect();
            let (Some((_, (first, _))), Some((_, (last, _)))) = (checked.first(), checked.last()) else {
                continue;
            };
            let (first, last) = (i64::from(first.row.number), i64::from(last.row.number));
            let mut errors: HashMap<i64, Vec<ImportError>> = HashMap::new();
            for error in self.store().import_errors_of_rows(id.as_str(), first, last).await? {
                errors.entry(error.row).or_default().push(error.into());
            }
            let done: HashMap<u32, Done> = match chunk < import.done_chunks {
                true => run::done(self, &id, chunk).await?.into_iter().map(|done| (done.row, done)).collect(),
                false => HashMap::new(),
            };
            let waiting: Vec<_> =
                checked.into_iter().map(|(_, (checked, letter))| (checked, letter)).collect();
            let lines: Vec<_> = if done.is_empty() {
                let valid =
                    waiting.iter().filter(|(_, letter)| run::outcome(*letter) != Some(RowOutcome::Rejected));
                valid.flat_map(|(checked, _)| run::lines(self, std::slice::from_ref(checked))).collect()
            } else {
                Vec::new()
            };
            let tried = run::try_out(self, &applying, &lines).await?;
            let mut tried: HashMap<u32, apply::Applied> =
                lines.iter().map(|line| line.number).zip(tried).collect();
            for (checked, letter) in waiting {
                let number = checked.row.number;
                let applied = tried.remove(&number);
                let done = done.get(&number);
                let outcome = done
                    .map(|done| done.outcome)
                    .or_else(|| applied.as_ref().and_then(|applied| applied.outcome))
                    .or(run::outcome(letter))
                    .unwrap_or(RowOutcome::Rejected);
                let changes = match (done, applied) {
                    (Some(done), _) => done.changes.clone(),
                    (None, Some(applied)) => applied.changes,
                    (None, None) => Vec::new(),
                };
                rows.push(PreviewRow {
                    row: i64::from(number),
                    outcome,
                    title: checked
                        .entry
                        .as_ref()
                        .map_or_else(|| first_text(&checked.row.cells), |entry| entry.title()),
                    changes,
                    errors: errors.remove(&i64::from(number)).unwrap_or_default(),
                    customer_id: done.and_then(|done| done.customer.clone()),
                });
            }
        }
        Ok(rows)
    }

    /// Corrects cells of an import that is not saved yet; then every row is checked again.
    pub async fn fix_import_cells(
        &self,
        caller: &Caller,
        id: &ImportId,
        fixes: &CellFixes,
    ) -> Result<Import> {
        caller.authorise(Action::Import)?;
        let mut row = self.store().import(id.as_str()).await?;
        let before = open_to_change(&row)?;
        let survey: Survey = json(&self.store().import_survey(id.as_str()).await?.survey)?;
        let fixes = self.cells_to_fix(&row, &survey, fixes).await?;
        // From here on nobody checks these rows as they were.
        row.state = state_name(ImportState::Uploaded);
        if !self.store().move_import(&mut row, before).await? {
            return Err(Error::Busy);
        }
        let lock = self.import_lock(id);
        let held = lock.lock().await;
        let survey = self.rewrite(&row, &survey.headers(), fixes).await?;
        drop(held);
        self.map(&mut row, &survey)?.map_err(check::wrong_columns)?;
        self.moved(caller, row, ImportState::Uploaded).await
    }

    /// The cells by row and column, or what is wrong with the request.
    async fn cells_to_fix(
        &self,
        row: &ImportRow,
        survey: &Survey,
        fixes: &CellFixes,
    ) -> Result<HashMap<i64, Vec<(usize, String)>>> {
        if fixes.edits.len() > MOST_EDITS {
            let message = format!("Correct at most {MOST_EDITS} cells at once.");
            return Err(FieldError::new("edits", "too_many", message).into());
        }
        let headers = survey.headers();
        let at = |column: &str| headers.iter().position(|header| header.trim() == column.trim());
        let mut errors = FieldErrors::default();
        let mut cells: HashMap<i64, Vec<(usize, String)>> = HashMap::new();
        for (index, edit) in fixes.edits.iter().enumerate() {
            match at(&edit.column) {
                Some(column) => cells.entry(edit.row).or_default().push((column, edit.value.clone())),
                None => errors.add(
                    &format!("edits/{index}/column"),
                    "unknown_column",
                    format!("There is no column “{}” in this file.", edit.column),
                ),
            }
        }
        if let Some(fix) = &fixes.group {
            let group = group_of(row, &fix.key)?;
            let column = at(&group.column).ok_or_else(|| {
                let message = format!(
                    "“{}” is no column of this file; add it and import the file again.",
                    group.column
                );
                FieldError::new("group/key", "unknown_column", message)
            })?;
            let mut from = 0;
            loop {
                let parts = Some((group.code.as_str(), group.column.as_str()));
                let found = self.store().import_errors(row.import_id().as_str(), from, 1000, parts).await?;
                let Some((last, _)) = found.last() else { break };
                from = last + 1;
                for (_, error) in found {
                    cells.entry(error.row).or_default().push((column, fix.value.clone()));
                }
            }
        }
        errors.into_result()?;
        Ok(cells)
    }

    /// Writes corrected cells into the rows that wait, and looks at whole columns again.
    async fn rewrite(
        &self,
        row: &ImportRow,
        headers: &[String],
        mut fixes: HashMap<i64, Vec<(usize, String)>>,
    ) -> Result<Survey> {
        let id = row.import_id();
        let mut survey = Survey::new(headers);
        for chunk in 0..row.chunks {
            let texts = self.store().chunks("import_chunk", id.as_str(), chunk, chunk + 1).await?;
            let mut rows = stage::read_all(&texts)?;
            let mut changed = false;
            for row in &mut rows {
                for (column, value) in fixes.remove(&i64::from(row.number)).unwrap_or_default() {
                    if row.cells.len() <= column {
                        row.cells.resize(column + 1, Cell::Empty);
                    }
                    if let Some(cell) = row.cells.get_mut(column) {
                        *cell = if value.trim().is_empty() { Cell::Empty } else { Cell::Text(value) };
                        changed = true;
                    }
                }
                survey.observe(&row.cells);
            }
            if changed {
                self.store()
                    .put_chunks("import_chunk", id.as_str(), chunk, vec![stage::write(&rows)?])
                    .await?;
            }
        }
        let mut kept = self.store().import_survey(id.as_str()).await?;
        kept.survey = json_text(&survey)?;
        self.store().put_survey(kept).await?;
        Ok(survey)
    }

    // ---- yes, no, back -----------------------------------------------------------------------------------------

    /// Saves the valid rows of a checked import.
    pub async fn commit_import(&self, caller: &Caller, id: &ImportId) -> Result<Import> {
        caller.authorise(Action::Import)?;
        let mut row = self.store().import(id.as_str()).await?;
        match row.state()? {
            ImportState::Validated => {}
            // Asked twice, it is saved once.
            ImportState::Committing | ImportState::Completed | ImportState::CompletedWithErrors => {
                return row.try_into();
            }
            _ => {
                let message = "Only an import whose rows were all checked can be saved; wait, or map its columns first.";
                return Err(Error::conflict("not_validated", message));
            }
        }
        if !run::begin_saving(self, &mut row).await? {
            return Err(Error::conflict(
                "changed_meanwhile",
                "This import moved on in the meantime; look at it again.",
            ));
        }
        let import = Import::try_from(row)?;
        self.go_on_with(caller, &import);
        Ok(import)
    }

    /// Stops an import; what is saved already stays, and can be taken back.
    pub async fn cancel_import(&self, caller: &Caller, id: &ImportId) -> Result<Import> {
        caller.authorise(Action::Import)?;
        self.store().import(id.as_str()).await?;
        run::finish(self, caller, id, Some((ImportState::Canceled, None))).await?;
        self.import(caller, id).await
    }

    /// Takes a whole import back; refused with the list of reasons where something it brought has been used since.
    pub async fn undo_import(&self, caller: &Caller, id: &ImportId) -> Result<Import> {
        let import = Import::try_from(undo::begin(self, caller, id).await?)?;
        self.go_on_with(caller, &import);
        Ok(import)
    }

    /// Of each import one thing happens at a time in this process.
    pub(crate) fn import_lock(&self, id: &ImportId) -> Arc<tokio::sync::Mutex<()>> {
        let mut locks = self.inner.import_locks.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        locks.retain(|_, lock| Arc::strong_count(lock) > 1);
        Arc::clone(locks.entry(id.clone()).or_default())
    }

    /// Drops the rows of imports whose end is long past.
    pub(crate) async fn sweep_imports(&self) -> Result<()> {
        let now = self.clock().now();
        let stale = (now - STALE).timestamp_millis().unsigned_abs();
        let stale = ImportId::from_unique(&ulid::Ulid::from_parts(stale, 0).to_string().to_lowercase());
        self.store().sweep_imports(now - KEPT, stale.as_str()).await
    }
}

/// At start, goes on with what a stopped process left; on a shared database looks again and again for what another node
/// left.
pub(crate) async fn resume(ledger: Ledger) {
    let url = &ledger.inner.config.url;
    let shared = url.starts_with("ws") || url.starts_with("http");
    loop {
        match ledger.store().unfinished_imports().await {
            Ok(rows) => {
                let quiet_since = ledger.clock().now() - QUIET;
                for row in rows.into_iter().filter(|row| !shared || row.updated_at < quiet_since) {
                    let caller = Caller {
                        id: row.created_by.as_str().into(),
                        name: row.created_by_name.clone(),
                        ..Caller::system(domain::Role::Manager)
                    };
                    tracing::info!(
                        import = row.import_id().as_str(),
                        state = row.state,
                        "going on with an import"
                    );
                    tokio::spawn(run::run(ledger.clone(), caller, row.import_id()));
                }
            }
            Err(error) => {
                tracing::warn!(error = &error as &dyn std::error::Error, "unfinished imports can't be read");
            }
        }
        if !shared {
            return;
        }
        tokio::time::sleep(std::time::Duration::from_secs(60)).await;
    }
}

/// The state of an import whose mapping and cells can still be changed.
fn open_to_change(row: &ImportRow) -> Result<ImportState> {
    match row.state()? {
        state @ (ImportState::Uploaded | ImportState::Mapped | ImportState::Validated) => Ok(state),
        _ => Err(Error::conflict(
            "already_saved",
            "The rows of this import are saved, or it has come to its end; correct the file and import it again.",
        )),
    }
}

fn group_of(row: &ImportRow, key: &str) -> Result<ErrorGroup> {
    let groups: Vec<ErrorGroup> = json(&row.groups)?;
    groups.into_iter().find(|group| group.key == key).ok_or_else(|| {
        FieldError::new("group", "unknown_group", "This import has no such group of errors.").into()
    })
}

fn survey_row(id: &ImportId, opened: &Opened) -> Result<ImportSurveyRow> {
    Ok(ImportSurveyRow {
        id: record("import_survey", id.as_str()),
        survey: json_text(&opened.survey)?,
        head: stage::write(&opened.head)?,
    })
}

/// Which row the header is, of those down to it; 0 where there is none.
fn header_number(head: &[Row]) -> u32 {
    head.last().map_or(0, |row| row.number)
}

/// The number of a header row as the user gives it.
fn given_header(row: i64) -> Result<u32> {
    u32::try_from(row).map_err(|_| {
        FieldError::new(
            "header_row",
            "out_of_range",
            "Name the row with the headers, or 0 where there is none.",
        )
        .into()
    })
}

/// A row as one recognises it.
fn top_row(row: &Row) -> TopRow {
    let cells = row.cells.iter().filter(|cell| !cell.is_blank()).take(4).map(Cell::shown);
    let text: String = cells.collect::<Vec<_>>().join(" · ");
    TopRow { row: i64::from(row.number), text: text.chars().take(80).collect() }
}

/// The first thing that stands in a row.
fn first_text(cells: &[Cell]) -> String {
    cells.iter().find(|cell| !cell.is_blank()).map(Cell::shown).unwrap_or_default()
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
