//! Takes an import back: what it made is reversed, voided, deleted or put away, what it changed is put back. Refused, with
//! every reason, where something it brought has been used since.

use std::collections::{BTreeMap, HashMap, HashSet};

use domain::account::{Account, Correction, Moment};
use domain::import::{ImportState, RowOutcome, UndoRefusal};
use domain::payment::ReversalKind;
use domain::{Action, CustomerId, EventKind, ImportId, InvoiceId, PaymentId, PaymentStatus};
use serde_json::json;

use super::apply::{Fields, Made};
use super::run::{Done, done};
use crate::commit::{Command, Desk, Needs, NewEvent, Stop};
use crate::store::rows::{ImportRow, state_name};
use crate::{Caller, Error, Ledger, Result};

/// Reasons that a refusal lists.
const MOST_REASONS: usize = 200;

/// Looks whether everything can be taken back, and begins to.
pub(super) async fn begin(ledger: &Ledger, caller: &Caller, id: &ImportId) -> Result<ImportRow> {
    caller.authorise(Action::Import)?;
    let mut row = ledger.store().import(id.as_str()).await?;
    let state = row.state()?;
    if state == ImportState::Undone || row.undo_chunks.is_some() {
        return Err(Error::conflict("already_undone", "This import was taken back already."));
    }
    if !state.may_have_saved() || row.done_chunks == 0 {
        let message =
            "There is nothing to take back: this import has saved no rows, or is not at its end yet.";
        return Err(Error::conflict("nothing_to_undo", message));
    }
    let mut reasons = Vec::new();
    for chunk in (0..row.done_chunks).rev() {
        reasons.extend(reasons_of(ledger, id, &done(ledger, id, chunk).await?).await?);
    }
    if !reasons.is_empty() {
        return Err(refused(reasons));
    }
    row.undo_chunks = Some(row.done_chunks);
    row.done = 0;
    let now = ledger.clock().now();
    (row.started_at, row.updated_at) = (Some(now), now);
    if !ledger.store().move_import(&mut row, state).await? {
        return Err(Error::Busy);
    }
    Ok(row)
}

fn refused(mut reasons: Vec<UndoRefusal>) -> Error {
    let total = reasons.len();
    reasons.sort_by_key(|reason| reason.row);
    let first =
        reasons.first().map(|first| format!("row {}: {}", first.row, first.reason)).unwrap_or_default();
    reasons.truncate(MOST_REASONS);
    Error::Conflict {
        code: "import_in_use",
        message: format!("{total} things this import brought have been used since; {first}"),
        current: Some(Box::new(json!({ "total": total, "reasons": reasons }))),
    }
}

/// Takes back the chunks that are left, the last first: what later rows hung on earlier ones goes before them.
pub(super) async fn go_on(ledger: &Ledger, caller: &Caller, id: &ImportId) -> Result<()> {
    loop {
        let row = ledger.store().import(id.as_str()).await?;
        let Some(left) = row.undo_chunks else { return Ok(()) };
        let done = if left > 0 { done(ledger, id, left - 1).await? } else { Vec::new() };
        take_back(ledger, caller, id, left, done).await?;
    }
}

/// Says on an import why not all of it could be taken back. What was taken back stays so; the rest can be asked for again.
pub(super) async fn give_up(ledger: &Ledger, mut row: ImportRow, error: &Error) -> Result<()> {
    let state = row.state()?;
    row.done_chunks = row.undo_chunks.take().unwrap_or(row.done_chunks);
    row.failure = Some(match error {
        Error::Conflict { message, .. } => format!("It could not be taken back whole: {message}"),
        _ => "It could not be taken back whole, by an error of ours; ask for it again.".to_owned(),
    });
    row.updated_at = ledger.clock().now();
    ledger.store().move_import(&mut row, state).await.map(|_| ())
}

/// One chunk in one transaction; after the last, the import is undone.
async fn take_back(
    ledger: &Ledger,
    caller: &Caller,
    id: &ImportId,
    left: i64,
    done: Vec<Done>,
) -> Result<()> {
    let mut needs = needs(&done);
    needs.imports.push(id.clone());
    let id = id.clone();
    let command = Command::new(
        caller,
        needs,
        move |desk, moment| {
            let mut import = desk.import(&id)?.clone();
            if import.undo_chunks != Some(left) {
                return Ok(None);
            }
            look(desk, &done)?;
            let mut kept = Vec::new();
            for (customer, rows) in by_customer(&done) {
                kept.extend(undo_customer(desk, &id, &customer, &rows, moment)?);
            }
            if !kept.is_empty() {
                return Err(refused(kept).into());
            }
            import.undo_chunks = if left > 1 { Some(left - 1) } else { None };
            import.done += done.len() as i64;
            if left <= 1 {
                import.state = state_name(ImportState::Undone);
            }
            import.revision += 1;
            import.updated_at = moment.at;
            let event = NewEvent::new(EventKind::ImportUndone, "import", id.as_str())
                .with("import_id", id.as_str())
                .with("file_name", &import.file_name)
                .with("rows", done.len())
                .with("done", import.done)
                .with("total", import.rows);
            desk.put_import(import);
            Ok(Some(event))
        },
        |_| Ok(()),
    );
    ledger.commit(command.bulky()).await?;
    Ok(())
}

fn needs(done: &[Done]) -> Needs {
    let mut needs = Needs::default();
    for row in done {
        needs.accounts.extend(row.customer.clone().filter(|_| row.did_something()));
        for made in &row.made {
            match made {
                Made::Customer => {}
                Made::Invoice(id) => needs.invoices.push(id.clone()),
                Made::Payment(id) => needs.payments.push(id.clone()),
            }
        }
    }
    needs
}

impl Done {
    fn did_something(&self) -> bool {
        !self.made.is_empty() || self.fields.is_some()
    }

    fn payments(&self) -> impl Iterator<Item = &PaymentId> {
        self.made.iter().filter_map(|made| if let Made::Payment(id) = made { Some(id) } else { None })
    }

    fn invoices(&self) -> impl Iterator<Item = &InvoiceId> {
        self.made.iter().filter_map(|made| if let Made::Invoice(id) = made { Some(id) } else { None })
    }
}

/// Asks for everything at once.
fn look(desk: &mut Desk, done: &[Done]) -> Result<(), Stop> {
    let mut missing = false;
    let mut ask = |answer: Result<(), Stop>| match answer {
        Err(Stop::Missing) => {
            missing = true;
            Ok(())
        }
        // What was deleted since is told as a reason.
        Err(Stop::Refused(Error::NotFound(_))) | Ok(()) => Ok(()),
        Err(stop) => Err(stop),
    };
    for row in done.iter().filter(|row| row.did_something()) {
        let Some(customer) = &row.customer else { continue };
        ask(desk.account(customer).map(|_| ()))?;
        for id in row.payments() {
            ask(desk.account_with_payment(customer, id).map(|_| ()))?;
        }
        for id in row.invoices() {
            ask(desk.account_with_invoice(customer, id).map(|_| ()))?;
        }
        if row.made.contains(&Made::Customer) {
            ask(desk.history(customer).map(|_| ()))?;
            let reference = desk.account(customer).ok().map(|account| account.customer.reference.clone());
            if let Some(reference) = reference {
                ask(desk.reference_owner(&reference).map(|_| ()))?;
            }
        }
    }
    if missing { Err(Stop::Missing) } else { Ok(()) }
}

/// The rows of each customer, the last first.
fn by_customer(done: &[Done]) -> BTreeMap<CustomerId, Vec<&Done>> {
    let mut rows: BTreeMap<CustomerId, Vec<&Done>> = BTreeMap::new();
    for row in done.iter().rev().filter(|row| row.did_something()) {
        if let Some(customer) = &row.customer {
            rows.entry(customer.clone()).or_default().push(row);
        }
    }
    rows
}

/// Takes back what some rows did to a customer; answers what stands in the way, then nothing of it counts.
fn undo_customer(
    desk: &mut Desk,
    import: &ImportId,
    customer: &CustomerId,
    rows: &[&Done],
    moment: Moment,
) -> Result<Vec<UndoRefusal>, Stop> {
    let first = rows.last().map_or(0, |row| row.row);
    let mut account = match desk.account(customer) {
        Ok(account) => account.clone(),
        Err(Stop::Refused(Error::NotFound(_))) => return Ok(Vec::new()),
        Err(stop) => return Err(stop),
    };
    let was_made = rows.iter().any(|row| row.made.contains(&Made::Customer));
    let mut kept = Vec::new();
    let reopened: HashSet<InvoiceId> = account
        .invoices
        .values()
        .filter(|invoice| invoice.reopened_on.is_some())
        .map(|invoice| invoice.id.clone())
        .collect();
    // Money first: what it settled is untouched again after that.
    for row in rows {
        for id in row.payments() {
            if let Err(reason) = reverse(&mut account, id, moment) {
                kept.push(refusal(row.row, "payment", id.as_str(), reason));
            }
        }
    }
    for row in rows {
        for id in row.invoices() {
            if let Err(reason) = void(&mut account, import, id, reopened.contains(id), moment) {
                kept.push(refusal(row.row, "invoice", id.as_str(), reason));
            }
        }
        if let Some((before, after)) = row.fields.as_ref().filter(|_| !was_made) {
            if Fields::of(&account.customer) == *after {
                before.clone().put(&mut account.customer);
            } else {
                kept.push(refusal(row.row, "customer", customer.as_str(), "Someone changed it."));
            }
        }
    }
    if !kept.is_empty() {
        return Ok(kept);
    }
    if !was_made {
        desk.put_account(account)?;
        return Ok(kept);
    }
    let reference = account.customer.reference.clone();
    if desk.history(customer)?.is_none() && account.invoices.is_empty() && account.payments.is_empty() {
        if desk.reference_owner(&reference)?.as_ref() == Some(customer) {
            desk.remove_account(customer)?;
        }
        return Ok(kept);
    }
    if let Err(rule) = account.archive(moment.at) {
        kept.push(refusal(first, "customer", customer.as_str(), rule.to_string()));
        return Ok(kept);
    }
    // The reference is free again, for the file that should have been imported.
    if desk.reference_owner(&reference)?.as_ref() == Some(customer) {
        account.customer.reference = undone(&reference, import);
        desk.free_reference(&reference, customer);
        desk.give_reference(&account.customer.reference, customer);
    }
    desk.put_account(account)?;
    Ok(kept)
}

/// What a reference or number is called once it was taken back.
fn undone(name: &str, import: &ImportId) -> String {
    format!("{name} (undone {import})")
}

fn why(moment: Moment) -> Correction {
    Correction { reason: "The import that brought it was undone.".to_owned(), on: moment.business_date }
}

/// Takes back a payment, if it stands as the import left it.
fn reverse(account: &mut Account, id: &PaymentId, moment: Moment) -> Result<(), String> {
    let Some(payment) = account.payments.get(id) else { return Ok(()) };
    match payment.status {
        PaymentStatus::Reversed | PaymentStatus::Canceled => return Ok(()),
        _ if payment.version > 1 => return Err("This payment was changed since.".to_owned()),
        _ => {}
    }
    // Mistakes count from the day on which they were made, as if they had not been.
    let on = payment.received_on;
    let undone = match payment.status {
        PaymentStatus::Pending => {
            account.move_payment(id, PaymentStatus::Canceled, Some(why(moment).reason), moment)
        }
        _ => account.reverse(id, ReversalKind::EntryError, &Correction { on, ..why(moment) }, moment),
    };
    undone.map_err(|rule| rule.to_string())
}

/// Takes back an invoice, if nothing else was paid or credited on it, and frees its number. It counts as not asked for
/// from its first day, unless it was `reopened` before: then for some days it was settled, and can't be so twice.
fn void(
    account: &mut Account,
    import: &ImportId,
    id: &InvoiceId,
    reopened: bool,
    moment: Moment,
) -> Result<(), String> {
    let Some(invoice) = account.invoices.get(id) else { return Ok(()) };
    if invoice.status == domain::InvoiceStatus::Void {
        return Ok(());
    }
    if !invoice.is_untouched() {
        return Err("Payments or credits were applied to this invoice since.".to_owned());
    }
    let correction = Correction { on: invoice.issue_date, ..why(moment) };
    account.void_invoice(id, &correction, moment).map_err(|rule| rule.to_string())?;
    if let Some(invoice) = account.invoices.get_mut(id) {
        if let Some(voided) = invoice.entries.last_mut().filter(|_| !reopened) {
            voided.on = correction.on;
        }
        invoice.number = undone(&invoice.number, import);
    }
    Ok(())
}

fn refusal(row: u32, subject: &str, id: &str, reason: impl Into<String>) -> UndoRefusal {
    UndoRefusal { row: i64::from(row), subject: subject.to_owned(), id: id.to_owned(), reason: reason.into() }
}

/// What stands in the way of taking a chunk back.
async fn reasons_of(ledger: &Ledger, id: &ImportId, done: &[Done]) -> Result<Vec<UndoRefusal>> {
    let mut reasons = used_customers(ledger, id, done).await?;
    let moment = Moment { at: ledger.clock().now(), business_date: ledger.business_date() };
    // Customers that this chunk made may have rows in later chunks, which would be gone by then: they are looked at above.
    let rows: Vec<Done> = done
        .iter()
        .cloned()
        .map(|mut row| {
            row.made.retain(|made| *made != Made::Customer);
            row
        })
        .collect();
    let needs = needs(&rows);
    let tried = ledger.rehearse(&needs, |desk| {
        look(desk, &rows)?;
        let mut kept = Vec::new();
        for (customer, rows) in by_customer(&rows) {
            kept.extend(undo_customer(desk, id, &customer, &rows, moment)?);
        }
        Ok(kept)
    });
    reasons.extend(tried.await?);
    Ok(reasons)
}

/// Customers that the chunk made and that somebody has worked with since.
async fn used_customers(ledger: &Ledger, id: &ImportId, done: &[Done]) -> Result<Vec<UndoRefusal>> {
    let made: HashMap<String, u32> = done
        .iter()
        .filter(|row| row.outcome == RowOutcome::Created && row.made.contains(&Made::Customer))
        .filter_map(|row| Some((row.customer.as_ref()?.as_str().to_owned(), row.row)))
        .collect();
    if made.is_empty() {
        return Ok(Vec::new());
    }
    let ids: Vec<String> = made.keys().cloned().collect();
    let mut found: Vec<(String, &str)> = ledger.store().used_since(id.as_str(), &ids).await?;
    let touched = ledger.store().touched_since(id.as_str(), &ids).await?;
    found.extend(touched.into_iter().map(|customer| (customer, "A later import changed it.")));
    let mut told = HashSet::new();
    Ok(found
        .into_iter()
        .filter(|(customer, _)| told.insert(customer.clone()))
        .filter_map(|(customer, reason)| {
            made.get(&customer).map(|row| refusal(*row, "customer", &customer, reason))
        })
        .collect())
}
