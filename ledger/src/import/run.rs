//! What happens to a file's rows after it was accepted.

use std::collections::HashMap;

use domain::account::{Account, Moment, PaymentDraft};
use domain::customer::CustomerDraft;
use domain::import::{ImportError, ImportState};
use domain::sheet::{CellError, RowContext, RowResult, SheetRow};
use domain::{
    Currency, CustomerId, EventKind, ImportId, InvoiceId, Money, PaymentId, PaymentMethod, PaymentSource,
    PaymentStatus,
};

use super::read::Sheet;
use crate::commit::{Command, Desk, Needs, NewEvent, Stop};
use crate::store::key;
use crate::store::rows::{ImportRow, reference_key, state_name};
use crate::{Caller, Error, Ledger, Result};

/// Rows saved in one transaction. Small enough that a payment waiting behind it does not notice.
const CHUNK: usize = 200;
/// Wrong cells written at once.
const ERRORS: usize = 1000;

/// A valid row on its way into the books, with the ids it will get.
#[derive(Clone)]
struct Entry {
    number: i64,
    row: SheetRow,
    customer: CustomerId,
    invoice: InvoiceId,
    payment: PaymentId,
}

/// Checks and saves everything; whatever fails is told on the import.
pub(super) async fn run(ledger: &Ledger, caller: &Caller, import: ImportRow, sheet: Sheet) {
    let id = key(import.id.clone());
    if let Err(error) = check_and_save(ledger, caller, import, sheet).await {
        tracing::error!(error = &error as &dyn std::error::Error, import = id, "an import failed");
        let Ok(mut row) = ledger.store().import(&id).await else { return };
        let saved = row.created + row.updated + row.skipped;
        row.state = state_name(ImportState::Failed);
        row.failure = Some(format!("The import stopped on an error of ours; {saved} rows are saved."));
        row.updated_at = ledger.clock().now();
        if let Err(error) = ledger.store().put_import(row).await {
            tracing::error!(
                error = &error as &dyn std::error::Error,
                import = id,
                "and could not be marked failed"
            );
        }
    }
}

async fn check_and_save(ledger: &Ledger, caller: &Caller, mut import: ImportRow, sheet: Sheet) -> Result<()> {
    let context = RowContext {
        default_currency: ledger.organisation().currency,
        business_date: ledger.business_date(),
    };
    let checked =
        tokio::task::spawn_blocking(move || check(&sheet, context)).await.map_err(Error::internal)?;
    let id = ImportId::from(key(import.id.clone()));
    for (index, errors) in checked.errors.chunks(ERRORS).enumerate() {
        ledger.store().add_import_errors(id.as_str(), (index * ERRORS) as i64, errors).await?;
    }
    import.error_cells = checked.errors.len() as i64;
    import.rows = checked.rows;
    import.invalid = checked.invalid;
    import.valid = checked.rows - checked.invalid;
    let mut totals: Vec<Money> = checked.totals.into_values().collect();
    totals.sort_by_key(|money| money.currency());
    import.totals = serde_json::to_string(&totals).map_err(Error::internal)?;
    import.state = state_name(ImportState::Validated);
    import.updated_at = ledger.clock().now();
    ledger.store().put_import(import.clone()).await?;

    for rows in checked.valid.chunks(CHUNK) {
        let entries: Vec<Entry> = rows
            .iter()
            .map(|(number, row)| Entry {
                number: *number,
                row: row.clone(),
                customer: CustomerId::from_unique(&ledger.unique()),
                invoice: InvoiceId::from_unique(&ledger.unique()),
                payment: PaymentId::from_unique(&ledger.unique()),
            })
            .collect();
        let position = ledger.store().import(id.as_str()).await?.error_cells;
        let warnings = save(ledger, caller, &id, entries).await?;
        if !warnings.is_empty() {
            ledger.store().add_import_errors(id.as_str(), position, &warnings).await?;
        }
    }
    finish(ledger, caller, &id).await
}

struct Checked {
    rows: i64,
    invalid: i64,
    valid: Vec<(i64, SheetRow)>,
    errors: Vec<ImportError>,
    totals: HashMap<Currency, Money>,
}

/// Checks every row; a reference may stand in one row only.
fn check(sheet: &Sheet, context: RowContext) -> Checked {
    let mut checked =
        Checked { rows: 0, invalid: 0, valid: Vec::new(), errors: Vec::new(), totals: HashMap::new() };
    let mut seen: HashMap<String, i64> = HashMap::new();
    let reference_column = sheet
        .columns
        .mapping()
        .into_iter()
        .find(|(_, field)| field == "reference")
        .map_or_else(|| "Reference".to_owned(), |(header, _)| header);
    for (number, cells) in &sheet.rows {
        let tell = |error: CellError, warning: bool| ImportError {
            sheet: sheet.name.clone(),
            row: *number,
            column: error.column,
            value: error.value,
            code: error.code.to_owned(),
            message: error.message,
            warning,
        };
        let (mut errors, warnings, row) = match sheet.columns.read_row(cells, context) {
            RowResult::Blank => continue,
            RowResult::Valid { row, warnings } => (Vec::new(), warnings, Some(row)),
            RowResult::Invalid { errors, warnings } => (errors, warnings, None),
        };
        checked.rows += 1;
        if let Some(reference) = row.as_ref().and_then(|row| row.reference.as_deref()) {
            if let Some(first) = seen.get(&reference_key(reference)) {
                errors.push(CellError {
                    column: reference_column.clone(),
                    value: reference.to_owned(),
                    code: "duplicate_reference",
                    message: format!(
                        "Row {first} has this reference already; each customer may stand in one row."
                    ),
                });
            } else {
                seen.insert(reference_key(reference), *number);
            }
        }
        let rejected = !errors.is_empty();
        checked.errors.extend(errors.into_iter().map(|error| tell(error, false)));
        checked.errors.extend(warnings.into_iter().map(|error| tell(error, true)));
        match row {
            Some(row) if !rejected => {
                if let Some(owed) = row.owed.as_ref().filter(|owed| !owed.settled) {
                    let currency = owed.amount.currency();
                    let total = checked.totals.entry(currency).or_insert(Money::zero(currency));
                    *total = total.checked_add(owed.amount).unwrap_or(*total);
                }
                checked.valid.push((*number, row));
            }
            _ => checked.invalid += 1,
        }
    }
    checked
}

/// What a row did to the books.
enum Outcome {
    Created,
    Updated,
    Skipped,
}

/// Saves one chunk in one transaction, with the import's counts; answers warnings about what was left alone.
async fn save(
    ledger: &Ledger,
    caller: &Caller,
    id: &ImportId,
    entries: Vec<Entry>,
) -> Result<Vec<ImportError>> {
    let references: Vec<String> =
        entries.iter().filter_map(|entry| entry.row.reference.as_deref()).map(reference_key).collect();
    let needs = Needs {
        generated: entries.len() - references.len(),
        references,
        imports: vec![id.clone()],
        ..Needs::default()
    };
    let default_currency = ledger.organisation().currency;
    let id = id.clone();
    let warnings = std::sync::Arc::new(std::sync::Mutex::new(Vec::new()));
    let found = std::sync::Arc::clone(&warnings);
    let command = Command::new(
        caller,
        needs,
        move |desk, moment| {
            let mut left_alone = Vec::new();
            let (mut created, mut updated, mut skipped) = (0_i64, 0_i64, 0_i64);
            for entry in &entries {
                match apply(desk, &id, entry, default_currency, moment, &mut left_alone)? {
                    Outcome::Created => created += 1,
                    Outcome::Updated => updated += 1,
                    Outcome::Skipped => skipped += 1,
                }
            }
            let mut import = desk.import(&id)?.clone();
            import.created += created;
            import.updated += updated;
            import.skipped += skipped;
            import.error_cells += left_alone.len() as i64;
            import.state = state_name(ImportState::Committing);
            import.updated_at = moment.at;
            let event = NewEvent::new(EventKind::ImportCommitted, "import", id.as_str())
                .with("import_id", id.as_str())
                .with("file_name", &import.file_name)
                .with("rows", entries.len())
                .with("created", created)
                .with("updated", updated)
                .with("skipped", skipped);
            desk.put_import(import);
            *found.lock().unwrap_or_else(std::sync::PoisonError::into_inner) = left_alone;
            Ok(Some(event))
        },
        |_| Ok(()),
    );
    ledger.commit(command).await?;
    let found = std::mem::take(&mut *warnings.lock().unwrap_or_else(std::sync::PoisonError::into_inner));
    Ok(found)
}

fn apply(
    desk: &mut Desk,
    import: &ImportId,
    entry: &Entry,
    default_currency: Currency,
    moment: Moment,
    left_alone: &mut Vec<ImportError>,
) -> Result<Outcome, Stop> {
    let row = &entry.row;
    let known = match &row.reference {
        Some(reference) => desk.reference_owner(reference)?,
        None => None,
    };
    match known {
        Some(customer) => update(desk, &customer, entry, left_alone),
        None => {
            let reference = match &row.reference {
                Some(reference) => reference.clone(),
                None => desk.generate_reference()?,
            };
            create(desk, import, entry, reference, default_currency, moment)?;
            Ok(Outcome::Created)
        }
    }
}

fn create(
    desk: &mut Desk,
    import: &ImportId,
    entry: &Entry,
    reference: String,
    default_currency: Currency,
    moment: Moment,
) -> Result<(), Stop> {
    let row = &entry.row;
    let owed = row.owed.as_ref();
    let draft = CustomerDraft {
        name: row.name.clone(),
        reference: Some(reference.clone()),
        email: row.email.clone(),
        phone: row.phone.clone(),
        address: row.address.clone(),
        notes: row.notes.clone(),
        tags: row.tags.clone(),
        currency: row.currency.or(owed.map(|owed| owed.amount.currency())).unwrap_or(default_currency),
        owner: None,
        credit_limit: None,
        opening: owed.filter(|owed| owed.amount.is_positive()).map(|owed| (owed.amount, owed.due_date)),
    };
    desk.set_reference(&reference, Some(entry.customer.clone()));
    let mut account = Account::open(
        entry.customer.clone(),
        reference,
        draft,
        entry.invoice.clone(),
        Some(import.clone()),
        moment,
    );
    if let Some(owed) = owed.filter(|owed| owed.settled && owed.amount.is_positive()) {
        let paid = PaymentDraft {
            amount: owed.amount,
            received_on: owed.due_date.min(moment.business_date),
            method: PaymentMethod::Other,
            reference: None,
            status: PaymentStatus::Completed,
            allocations: None,
        };
        account.record_payment(entry.payment.clone(), paid, PaymentSource::Import, moment)?;
    }
    // What is overdue when it is imported is told by the import; it does not become overdue later.
    account.announce_overdue(moment.business_date);
    desk.add_account(account);
    Ok(())
}

/// A known customer's fields follow the sheet; what it owes is never changed by a sheet of customers.
fn update(
    desk: &mut Desk,
    customer: &CustomerId,
    entry: &Entry,
    left_alone: &mut Vec<ImportError>,
) -> Result<Outcome, Stop> {
    let row = &entry.row;
    let before = desk.account(customer)?.customer.clone();
    if let Some(owed) = row.owed.as_ref().filter(|owed| owed.amount.is_positive()) {
        let agrees =
            if owed.settled { before.outstanding.is_zero() } else { before.outstanding == owed.amount };
        if !agrees {
            left_alone.push(ImportError {
                sheet: String::new(),
                row: entry.number,
                column: "Outstanding".to_owned(),
                value: owed.amount.to_string(),
                code: "balance_kept".to_owned(),
                message: format!(
                    "{} is known and owes {}; a sheet of customers doesn't change what is owed. Record a payment instead.",
                    before.reference, before.outstanding
                ),
                warning: true,
            });
        }
    }
    let mut after = before.clone();
    after.name = row.name.clone();
    for (field, given) in [
        (&mut after.email, &row.email),
        (&mut after.phone, &row.phone),
        (&mut after.address, &row.address),
        (&mut after.notes, &row.notes),
    ] {
        if given.is_some() {
            field.clone_from(given);
        }
    }
    if !row.tags.is_empty() {
        after.tags = row.tags.clone();
    }
    if after == before {
        return Ok(Outcome::Skipped);
    }
    desk.account_mut(customer)?.customer = after;
    Ok(Outcome::Updated)
}

async fn finish(ledger: &Ledger, caller: &Caller, id: &ImportId) -> Result<()> {
    let needs = Needs { imports: vec![id.clone()], ..Needs::default() };
    let id = id.clone();
    let command = Command::new(
        caller,
        needs,
        move |desk, moment| {
            let mut import = desk.import(&id)?.clone();
            let state =
                if import.invalid > 0 { ImportState::CompletedWithErrors } else { ImportState::Completed };
            import.state = state_name(state);
            import.updated_at = moment.at;
            let event = NewEvent::new(EventKind::ImportFinished, "import", id.as_str())
                .with("import_id", id.as_str())
                .with("file_name", &import.file_name)
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
