//! What happens to an import's rows once they wait in the database: they are checked, then saved, chunk by chunk. Every
//! step can be cut off; [`run`] goes on where the rows say it was.

use std::sync::Arc;
use std::time::Duration;

use domain::import::{CommitMode, ErrorGroup, ImportState, PreviewCounts, RowOutcome};
use domain::sheet::{CellError, ErrorGroups};
use domain::{EventKind, FieldErrors, ImportId};
use serde::{Deserialize, Serialize};

use super::apply::{self, Applied, Applying, Fields, Made};
use super::check::{self, Checked, Ids, Line, Reading, Seen, Totals};
use super::stage;
use super::undo;
use crate::commit::{Command, Needs, NewEvent};
use crate::store::imports::result_row;
use crate::store::rows::{ImportRow, json, json_text, state_name, word};
use crate::{Caller, Error, Ledger, Result};

/// Chunks that are checked between two writes.
const STRIDE: i64 = 5;
/// How often an import waits for a busy desk before it is given up.
const BUSY_TRIES: u32 = 60;
/// Where errors that show only when a row is saved are placed among those of its row.
const AT_COMMIT: i64 = 2048;

/// What was said of a row, a letter each in `import_check`.
const REJECTED: char = 'x';
const VALID: char = 'v';

fn letter(outcome: Option<RowOutcome>) -> char {
    match outcome {
        Some(RowOutcome::Created) => 'c',
        Some(RowOutcome::Updated) => 'u',
        Some(RowOutcome::Skipped) => 's',
        Some(RowOutcome::Rejected) | None => REJECTED,
    }
}

/// The outcome a letter stands for; valid rows of which no more is known have none.
pub(super) fn outcome(letter: char) -> Option<RowOutcome> {
    match letter {
        'c' => Some(RowOutcome::Created),
        'u' => Some(RowOutcome::Updated),
        's' => Some(RowOutcome::Skipped),
        REJECTED => Some(RowOutcome::Rejected),
        _ => None,
    }
}

/// What a row did, as it is kept.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Done {
    pub row: u32,
    pub outcome: RowOutcome,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub customer: Option<domain::CustomerId>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub made: Vec<Made>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub changes: Vec<domain::import::FieldChange>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fields: Option<(Fields, Fields)>,
}

/// What the rows of a saved chunk did.
pub(super) async fn done(ledger: &Ledger, id: &ImportId, chunk: i64) -> Result<Vec<Done>> {
    let texts = ledger.store().chunks("import_result", id.as_str(), chunk, chunk + 1).await?;
    Ok(texts.iter().map(|text| json::<Vec<Done>>(text)).collect::<Result<Vec<_>>>()?.concat())
}

/// Does what is left to do for an import; whatever fails is told on it. One at a time for each.
pub(super) async fn run(ledger: Ledger, caller: Caller, id: ImportId) {
    let lock = ledger.import_lock(&id);
    let _held = lock.lock().await;
    let mut tries = 0;
    let error = loop {
        match go_on(&ledger, &caller, &id).await {
            Ok(()) => return,
            // Nothing was lost: it goes on where the rows say it is.
            Err(Error::Busy) if tries < BUSY_TRIES => tries += 1,
            Err(error) => break error,
        }
        tokio::time::sleep(Duration::from_millis(500)).await;
    };
    tracing::error!(error = &error as &dyn std::error::Error, import = id.as_str(), "an import failed");
    if let Err(error) = fail(&ledger, &caller, &id, &error).await {
        tracing::error!(
            error = &error as &dyn std::error::Error,
            import = id.as_str(),
            "and could not be marked failed"
        );
    }
}

async fn go_on(ledger: &Ledger, caller: &Caller, id: &ImportId) -> Result<()> {
    let mut row = ledger.store().import(id.as_str()).await?;
    if row.undo_chunks.is_some() {
        return undo::go_on(ledger, caller, id).await;
    }
    if row.is(ImportState::Mapped) {
        let slot = Arc::clone(&ledger.inner.import_slots).acquire_owned().await.map_err(Error::internal)?;
        let ours = check_all(ledger, &mut row).await?;
        drop(slot);
        if !ours {
            return Ok(());
        }
    }
    if row.is(ImportState::Validated) && row.commit == word(&CommitMode::Auto) {
        begin_saving(ledger, &mut row).await?;
    }
    if row.is(ImportState::Committing) {
        save_all(ledger, caller, &row).await?;
    }
    Ok(())
}

/// Lets the rows of a checked import be saved; `false` when somebody changed it meanwhile.
pub(super) async fn begin_saving(ledger: &Ledger, row: &mut ImportRow) -> Result<bool> {
    let now = ledger.clock().now();
    row.state = state_name(ImportState::Committing);
    row.done = 0;
    row.started_at = Some(now);
    row.updated_at = now;
    ledger.store().move_import(row, ImportState::Validated).await
}

// ---- checking ------------------------------------------------------------------------------------------------------

/// Checks every row; `false` when the import was changed or canceled meanwhile. Errors can be read while it goes on.
async fn check_all(ledger: &Ledger, row: &mut ImportRow) -> Result<bool> {
    let store = ledger.store();
    let id = row.import_id();
    let reading = Reading::of(ledger, row).await?;
    store.drop_parts(&["import_check", "import_error"], id.as_str()).await?;
    let now = ledger.clock().now();
    row.mapping = json_text(&reading.columns.mapping())?;
    (row.valid, row.invalid, row.error_cells, row.done) = (0, 0, 0, 0);
    (row.started_at, row.preview) = (Some(now), None);
    let review = row.commit == word(&CommitMode::Review);
    let applying = Applying { import: id.clone(), reading: reading.clone(), mode: row.mode()? };
    let mut tally = Tally::default();
    let mut seen = Seen::default();
    for from in (0..row.chunks).step_by(STRIDE as usize) {
        let texts = store.chunks("import_chunk", id.as_str(), from, from + STRIDE).await?;
        let reading = reading.clone();
        let (chunks, back) = tokio::task::spawn_blocking(move || {
            let checked = texts.iter().map(|text| Ok(check::check(&reading, &mut seen, stage::read(text)?)));
            Ok::<_, Error>((checked.collect::<Result<Vec<_>>>()?, seen))
        })
        .await
        .map_err(Error::internal)??;
        seen = back;
        let mut letters = Vec::with_capacity(chunks.len());
        let mut errors = Vec::new();
        for chunk in chunks {
            let judged = judge(ledger, &applying, chunk, review).await?;
            letters.push(judged.iter().map(|row| row.letter).collect());
            for judged in judged {
                tally.count(&judged);
                errors.extend(applying.reading.place(judged.row, 0, judged.errors));
            }
        }
        store.put_chunks("import_check", id.as_str(), from, letters).await?;
        store.add_import_errors(id.as_str(), errors).await?;
        tally.tell(row)?;
        row.updated_at = ledger.clock().now();
        if !store.move_import(row, ImportState::Mapped).await? {
            return Ok(false);
        }
    }
    row.rows = tally.rows;
    row.preview = review.then(|| json_text(&tally.preview)).transpose()?;
    row.totals = json_text(&tally.totals.into_vec())?;
    row.state = state_name(ImportState::Validated);
    row.started_at = None;
    store.move_import(row, ImportState::Mapped).await
}

/// A row and what is said of it.
struct Judged {
    row: u32,
    letter: char,
    errors: Vec<(CellError, bool)>,
    entry: Option<domain::sheet::Entry>,
}

/// Says what becomes of the rows of a chunk; what the books say of them only where somebody wants to see it first.
async fn judge(
    ledger: &Ledger,
    applying: &Applying,
    chunk: Vec<Checked>,
    rehearsed: bool,
) -> Result<Vec<Judged>> {
    let lines: Vec<Line> = if rehearsed { lines(ledger, &chunk) } else { Vec::new() };
    let mut applied = try_out(ledger, applying, &lines).await?.into_iter();
    let judge = |checked: Checked| {
        let (mut errors, mut letter) =
            (checked.errors, if checked.entry.is_some() { VALID } else { REJECTED });
        if checked.entry.is_some()
            && rehearsed
            && let Some(applied) = applied.next()
        {
            letter = self::letter(applied.outcome);
            errors.extend(applied.errors);
        }
        let entry = checked.entry.filter(|_| letter != REJECTED);
        Judged { row: checked.row.number, letter, errors, entry }
    };
    Ok(chunk.into_iter().map(judge).collect())
}

/// What rows would do, without doing it.
pub(super) async fn try_out(ledger: &Ledger, applying: &Applying, lines: &[Line]) -> Result<Vec<Applied>> {
    if lines.is_empty() {
        return Ok(Vec::new());
    }
    let moment = domain::account::Moment { at: ledger.clock().now(), business_date: ledger.business_date() };
    ledger
        .rehearse(&apply::needs(applying.reading.key, lines), |desk| {
            apply::apply(desk, applying, lines, moment)
        })
        .await
}

/// The valid rows, with ids for what they make.
pub(super) fn lines(ledger: &Ledger, rows: &[Checked]) -> Vec<Line> {
    let line = |checked: &Checked| {
        let entry = checked.entry.clone()?;
        let (number, cells) = (checked.row.number, checked.row.cells.clone());
        Some(Line { number, cells, entry, ids: Ids::new(ledger) })
    };
    rows.iter().filter_map(line).collect()
}

/// What was found so far.
#[derive(Default)]
struct Tally {
    rows: i64,
    invalid: i64,
    cells: i64,
    groups: ErrorGroups,
    preview: PreviewCounts,
    totals: Totals,
}

impl Tally {
    fn count(&mut self, judged: &Judged) {
        self.rows += 1;
        self.cells += judged.errors.len() as i64;
        for (error, warning) in &judged.errors {
            self.groups.add(error, *warning);
        }
        if let Some(outcome) = outcome(judged.letter) {
            self.preview.count(outcome);
        }
        match &judged.entry {
            Some(entry) => self.totals.add(entry),
            None => self.invalid += 1,
        }
    }

    fn tell(&self, row: &mut ImportRow) -> Result<()> {
        row.done = self.rows;
        row.invalid = self.invalid;
        row.valid = self.rows - self.invalid;
        row.error_cells = self.cells;
        row.groups = json_text(&self.groups.clone().into_vec())?;
        Ok(())
    }
}

// ---- saving --------------------------------------------------------------------------------------------------------

/// Saves the chunks that are not saved yet, one transaction each. While one is written, the next is decided on and the one
/// after it is read.
async fn save_all(ledger: &Ledger, caller: &Caller, row: &ImportRow) -> Result<()> {
    let id = row.import_id();
    let applying =
        Applying { import: id.clone(), reading: Reading::of(ledger, row).await?, mode: row.mode()? };
    let prepare = |chunk: i64| {
        let (ledger, id, reading) = (ledger.clone(), id.clone(), applying.reading.clone());
        tokio::spawn(async move { prepare(&ledger, &id, reading, chunk).await })
    };
    let mut next = prepare(row.done_chunks);
    let mut saving = None;
    for chunk in row.done_chunks..row.chunks {
        let prepared = next.await.map_err(Error::internal)??;
        next = prepare(chunk + 1);
        let sent = ledger.send(save(caller, &applying, chunk, prepared))?;
        if let Some(before) = saving.replace(sent)
            && before.await?.value == Went::Off
        {
            return Ok(());
        }
    }
    if let Some(last) = saving
        && last.await?.value == Went::Off
    {
        return Ok(());
    }
    finish(ledger, caller, &id, None).await
}

/// A chunk ready to be saved.
struct Prepared {
    lines: Vec<Line>,
    /// Rows that were rejected when they were checked.
    rejected: Vec<u32>,
}

async fn prepare(ledger: &Ledger, id: &ImportId, reading: Reading, chunk: i64) -> Result<Prepared> {
    let store = ledger.store();
    let texts = store.chunks("import_chunk", id.as_str(), chunk, chunk + 1).await?;
    let letters = store.chunks("import_check", id.as_str(), chunk, chunk + 1).await?.concat();
    let rows: Vec<Checked> = tokio::task::spawn_blocking(move || {
        let rows = stage::read_all(&texts)?;
        // What stands twice in the file was told when it was checked.
        Ok::<_, Error>(
            rows.into_iter()
                .flat_map(|row| check::check(&reading, &mut Seen::default(), vec![row]))
                .collect(),
        )
    })
    .await
    .map_err(Error::internal)??;
    let mut prepared = Prepared { lines: Vec::with_capacity(rows.len()), rejected: Vec::new() };
    for (mut checked, letter) in rows.into_iter().zip(letters.chars()) {
        match checked.entry.take().filter(|_| letter != REJECTED) {
            Some(entry) => {
                let (number, cells) = (checked.row.number, checked.row.cells);
                prepared.lines.push(Line { number, cells, entry, ids: Ids::new(ledger) });
            }
            None => prepared.rejected.push(checked.row.number),
        }
    }
    Ok(prepared)
}

/// How an import goes on after a chunk.
#[derive(Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
enum Went {
    On,
    /// It was canceled, or failed.
    Off,
}

/// Saves one chunk, with what each of its rows did and the import's counts, in one transaction. Done already, it does
/// nothing; [`Error::Busy`] when the chunk before it was not saved.
fn save(caller: &Caller, applying: &Applying, chunk: i64, prepared: Prepared) -> Command<Went> {
    let mut needs = apply::needs(applying.reading.key, &prepared.lines);
    needs.imports.push(applying.import.clone());
    let (applying, id) = (applying.clone(), applying.import.clone());
    let answer = id.clone();
    Command::new(
        caller,
        needs,
        move |desk, moment| {
            let mut import = desk.import(&id)?.clone();
            if !import.is(ImportState::Committing) || import.done_chunks > chunk {
                return Ok(None);
            }
            if import.done_chunks < chunk {
                return Err(Error::Busy.into());
            }
            let applied = apply::apply(desk, &applying, &prepared.lines, moment)?;
            let saved = Saved::of(&applying.reading, &import, &prepared, applied)?;
            saved.count(&mut import)?;
            import.done_chunks += 1;
            import.revision += 1;
            import.updated_at = moment.at;
            let event = saved.event(&import);
            desk.put_import_result(
                result_row(
                    id.as_str(),
                    chunk,
                    json_text(&saved.done)?,
                    saved.done.iter().map(|done| letter(Some(done.outcome))).collect(),
                    saved.customers(),
                ),
                saved.errors.into_iter().map(|placed| placed.row(id.as_str())).collect(),
            );
            desk.put_import(import);
            Ok(Some(event))
        },
        move |desk| {
            let import = desk.imports.get(&answer).and_then(Option::as_ref);
            let committing = import.is_some_and(|import| import.is(ImportState::Committing));
            Ok(if committing { Went::On } else { Went::Off })
        },
    )
    .bulky()
}

/// What a chunk did.
struct Saved {
    done: Vec<Done>,
    errors: Vec<crate::store::imports::Placed>,
    rejected_now: i64,
    groups: Vec<(&'static str, String, bool)>,
}

impl Saved {
    fn of(reading: &Reading, import: &ImportRow, prepared: &Prepared, applied: Vec<Applied>) -> Result<Self> {
        // Who saw a preview was told of warnings already.
        let told = import.commit == word(&CommitMode::Review);
        let mut saved = Self { done: Vec::new(), errors: Vec::new(), rejected_now: 0, groups: Vec::new() };
        for (line, applied) in prepared.lines.iter().zip(applied) {
            let outcome = applied.outcome.unwrap_or(RowOutcome::Rejected);
            saved.rejected_now += i64::from(outcome == RowOutcome::Rejected);
            let errors: Vec<_> =
                applied.errors.into_iter().filter(|(_, warning)| !(*warning && told)).collect();
            saved
                .groups
                .extend(errors.iter().map(|(error, warning)| (error.code, error.column.clone(), *warning)));
            saved.errors.extend(reading.place(line.number, AT_COMMIT, errors));
            saved.done.push(Done {
                row: line.number,
                outcome,
                customer: applied.customer,
                made: applied.made,
                // A new row's fields are those of the row itself.
                changes: if outcome == RowOutcome::Updated { applied.changes } else { Vec::new() },
                fields: applied.fields,
            });
        }
        saved.done.extend(prepared.rejected.iter().map(|row| Done {
            row: *row,
            outcome: RowOutcome::Rejected,
            customer: None,
            made: Vec::new(),
            changes: Vec::new(),
            fields: None,
        }));
        saved.done.sort_by_key(|done| done.row);
        Ok(saved)
    }

    fn of_outcome(&self, outcome: RowOutcome) -> i64 {
        self.done.iter().filter(|done| done.outcome == outcome).count() as i64
    }

    fn count(&self, import: &mut ImportRow) -> Result<()> {
        import.created += self.of_outcome(RowOutcome::Created);
        import.updated += self.of_outcome(RowOutcome::Updated);
        import.skipped += self.of_outcome(RowOutcome::Skipped);
        import.invalid += self.rejected_now;
        import.valid -= self.rejected_now;
        import.error_cells += self.errors.len() as i64;
        import.done += self.done.len() as i64;
        if !self.groups.is_empty() {
            let mut groups = ErrorGroups::from(json::<Vec<ErrorGroup>>(&import.groups)?);
            for (code, column, warning) in &self.groups {
                groups.add_parts(code, column, *warning);
            }
            import.groups = json_text(&groups.into_vec())?;
        }
        Ok(())
    }

    /// Whom the chunk touched.
    fn customers(&self) -> Vec<String> {
        let touched = self.done.iter().filter(|done| !done.made.is_empty() || done.fields.is_some());
        let mut ids: Vec<String> =
            touched.filter_map(|done| done.customer.as_ref()).map(|id| id.as_str().to_owned()).collect();
        ids.sort();
        ids.dedup();
        ids
    }

    fn event(&self, import: &ImportRow) -> NewEvent {
        let progress = import.progress().unwrap_or_default();
        let id = import.import_id();
        NewEvent::new(EventKind::ImportCommitted, "import", id.as_str())
            .with("import_id", id.as_str())
            .with("file_name", &import.file_name)
            .with("rows", self.done.len())
            .with("created", self.of_outcome(RowOutcome::Created))
            .with("updated", self.of_outcome(RowOutcome::Updated))
            .with("skipped", self.of_outcome(RowOutcome::Skipped))
            .with("invalid", self.of_outcome(RowOutcome::Rejected))
            .with("done", progress.done)
            .with("total", progress.total)
            .with("rows_per_second", progress.rows_per_second)
            .with("seconds_left", progress.seconds_left)
    }
}

// ---- the end -------------------------------------------------------------------------------------------------------

/// Brings an import to its end: completed, or as `other` says with the reason.
pub(super) async fn finish(
    ledger: &Ledger,
    caller: &Caller,
    id: &ImportId,
    other: Option<(ImportState, Option<String>)>,
) -> Result<()> {
    let needs = Needs { imports: vec![id.clone()], ..Needs::default() };
    let id = id.clone();
    let command = Command::new(
        caller,
        needs,
        move |desk, moment| {
            let mut import = desk.import(&id)?.clone();
            let state = import.state()?;
            let next = match &other {
                Some((next, _)) => *next,
                None if state != ImportState::Committing => return Ok(None),
                None if import.done_chunks < import.chunks => return Err(Error::Busy.into()),
                None if import.invalid > 0 => ImportState::CompletedWithErrors,
                None => ImportState::Completed,
            };
            if state.is_final() {
                return match other {
                    Some((ImportState::Canceled, _)) => Err(Error::conflict(
                        "already_ended",
                        "This import has come to its end; take it back instead.",
                    )
                    .into()),
                    _ => Ok(None),
                };
            }
            import.state = state_name(next);
            import.failure = other.as_ref().and_then(|(_, failure)| failure.clone());
            import.revision += 1;
            import.updated_at = moment.at;
            let event = NewEvent::new(EventKind::ImportFinished, "import", id.as_str())
                .with("import_id", id.as_str())
                .with("file_name", &import.file_name)
                .with("state", next)
                .with("rows", import.rows)
                .with("valid", import.valid)
                .with("invalid", import.invalid)
                .with("created", import.created)
                .with("updated", import.updated)
                .with("skipped", import.skipped);
            desk.put_import(import);
            Ok(Some(event))
        },
        |_| Ok(()),
    );
    ledger.commit(command).await?;
    Ok(())
}

async fn fail(ledger: &Ledger, caller: &Caller, id: &ImportId, error: &Error) -> Result<()> {
    let row = ledger.store().import(id.as_str()).await?;
    if row.undo_chunks.is_some() {
        return undo::give_up(ledger, row, error).await;
    }
    let saved = row.created + row.updated + row.skipped;
    let reason = match error {
        Error::BadFile { message, .. } => message.clone(),
        Error::Invalid(FieldErrors(errors)) => {
            errors.iter().map(|error| error.message.as_str()).collect::<Vec<_>>().join(" ")
        }
        _ => format!("The import stopped on an error of ours; {saved} rows are saved."),
    };
    finish(ledger, caller, id, Some((ImportState::Failed, Some(reason)))).await
}
