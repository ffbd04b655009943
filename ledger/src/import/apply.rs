//! What a row does to the books. The preview lets this run on a desk that nobody writes; the commit on one that is
//! written: so what is shown first is what happens.

use domain::account::{Account, Moment, NewAllocation, PaymentDraft};
use domain::customer::{CustomerDraft, MoneyInput};
use domain::import::{FieldChange, Mode, RowOutcome};
use domain::invoice::InvoiceDraft;
use domain::sheet::{
    CellError, Entry, Field, InvoiceRow, MatchKey, PaymentRow, RowContext, RowResult, SheetRow,
};
use domain::{
    Currency, Customer, CustomerId, ImportId, InvoiceId, InvoiceStatus, Money, PaymentId, PaymentMethod,
    PaymentSource, PaymentStatus, Rule,
};
use serde::{Deserialize, Serialize};

use super::check::{Line, Reading};
use crate::Error;
use crate::commit::{CalledBy, Desk, Needs, Stop};
use crate::store::rows::reference_key;

/// What rows are applied as.
#[derive(Clone)]
pub(super) struct Applying {
    pub import: ImportId,
    pub reading: Reading,
    pub mode: Mode,
}

/// What a row did.
#[derive(Clone, Debug, Default)]
pub(super) struct Applied {
    /// `None`: it was refused, and did nothing.
    pub outcome: Option<RowOutcome>,
    pub customer: Option<CustomerId>,
    pub made: Vec<Made>,
    pub changes: Vec<FieldChange>,
    /// The fields of a known customer before and after it.
    pub fields: Option<(Fields, Fields)>,
    /// What is wrong with it, and warnings.
    pub errors: Vec<(CellError, bool)>,
}

/// Something that a row brought into the books.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Made {
    Customer,
    Invoice(InvoiceId),
    Payment(PaymentId),
}

/// The fields of a customer that rows can change.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Fields {
    pub name: String,
    pub email: Option<String>,
    pub phone: Option<String>,
    pub address: Option<String>,
    pub notes: Option<String>,
    pub tags: Vec<String>,
}

impl Fields {
    pub fn of(customer: &Customer) -> Self {
        Self {
            name: customer.name.clone(),
            email: customer.email.clone(),
            phone: customer.phone.clone(),
            address: customer.address.clone(),
            notes: customer.notes.clone(),
            tags: customer.tags.clone(),
        }
    }

    pub fn put(self, customer: &mut Customer) {
        customer.name = self.name;
        customer.email = self.email;
        customer.phone = self.phone;
        customer.address = self.address;
        customer.notes = self.notes;
        customer.tags = self.tags;
    }
}

/// Why a row did nothing.
enum Refusal {
    Stop(Stop),
    Cell(CellError),
}

impl From<Stop> for Refusal {
    fn from(stop: Stop) -> Self {
        Refusal::Stop(stop)
    }
}

type Tried<T> = Result<T, Refusal>;

/// What the desk will be asked for first.
pub(super) fn needs(key: MatchKey, lines: &[Line]) -> Needs {
    let mut needs = Needs::default();
    for line in lines {
        match Whose::of(&line.entry, key) {
            Whose::Reference(_) | Whose::Nobodys => {}
            Whose::Called(by) => needs.called.push(by),
            Whose::Alike(row) => needs.called.push(CalledBy::name(&row.name)),
        }
        match reference_of(&line.entry) {
            Some(reference) => needs.references.push(reference_key(reference)),
            None if matches!(line.entry, Entry::Customer(_) | Entry::Combined(_)) => needs.generated += 1,
            None => {}
        }
    }
    needs
}

/// What says whose an entry is.
enum Whose<'a> {
    Reference(&'a str),
    Called(CalledBy),
    /// The customer who has name, e-mail address and telephone number in common with this row.
    Alike(&'a SheetRow),
    Nobodys,
}

impl<'a> Whose<'a> {
    fn of(entry: &'a Entry, key: MatchKey) -> Self {
        let (name, email) = match entry {
            Entry::Customer(row) => (Some(row.name.as_str()), row.email.as_deref()),
            Entry::Combined(row) => (Some(row.customer.name.as_str()), row.customer.email.as_deref()),
            Entry::Invoice(InvoiceRow { customer, .. }) | Entry::Payment(PaymentRow { customer, .. }) => {
                (customer.name.as_deref(), None)
            }
        };
        let name = name.filter(|name| !name.is_empty());
        match (key, name, email, reference_of(entry)) {
            (MatchKey::Name, Some(name), ..) => Whose::Called(CalledBy::name(name)),
            (MatchKey::Email, _, Some(email), _) => Whose::Called(CalledBy::email(email)),
            (_, _, _, Some(reference)) => Whose::Reference(reference),
            (_, Some(name), ..) => match entry {
                Entry::Customer(row) => Whose::Alike(row),
                _ => Whose::Called(CalledBy::name(name)),
            },
            _ => Whose::Nobodys,
        }
    }

    /// The customers it fits; one at most where it is their reference.
    fn found(&self, desk: &mut Desk, import: &ImportId) -> Result<Vec<CustomerId>, Stop> {
        match self {
            Whose::Reference(reference) => Ok(desk.reference_owner(reference)?.into_iter().collect()),
            Whose::Called(by) => desk.customers_called(by),
            Whose::Alike(row) => {
                let mut asked = Asked::default();
                let mut alike = Vec::new();
                for id in desk.customers_called(&CalledBy::name(&row.name))? {
                    let Some(account) = asked.take(desk.account(&id))? else { continue };
                    // Rows that look the same in one file are as many customers.
                    if row.is_like(&account.customer) && account.customer.import_id.as_ref() != Some(import) {
                        alike.push(id);
                    }
                }
                asked.done()?;
                alike.truncate(1);
                Ok(alike)
            }
            Whose::Nobodys => Ok(Vec::new()),
        }
    }
}

/// The customer's reference as the row gives it.
fn reference_of(entry: &Entry) -> Option<&str> {
    match entry {
        Entry::Customer(row) => row.reference.as_deref(),
        Entry::Combined(row) => row.customer.reference.as_deref(),
        Entry::Invoice(InvoiceRow { customer, .. }) | Entry::Payment(PaymentRow { customer, .. }) => {
            customer.reference.as_deref()
        }
    }
}

/// Applies rows in their order; answers what each did.
pub(super) fn apply(
    desk: &mut Desk,
    applying: &Applying,
    lines: &[Line],
    moment: Moment,
) -> Result<Vec<Applied>, Stop> {
    look(desk, applying, lines)?;
    lines.iter().map(|line| one(desk, applying, line, moment)).collect()
}

/// Asks for everything the rows touch at once. Asked one after the other, each would cost a round to the database.
fn look(desk: &mut Desk, applying: &Applying, lines: &[Line]) -> Result<(), Stop> {
    let mut asked = Asked::default();
    let mut owners = Vec::with_capacity(lines.len());
    for line in lines {
        owners.push(asked.take(owner(desk, applying, &line.entry))?.and_then(Result::ok).flatten());
    }
    asked.done()?;
    for id in owners.iter().flatten() {
        match desk.account(id) {
            Err(Stop::Refused(Error::NotFound(_))) => {}
            other => {
                asked.take(other.map(|_| ()))?;
            }
        }
    }
    asked.done()?;
    let mut invoices = Vec::new();
    for (line, owner) in lines.iter().zip(&owners) {
        let Some(owner) = owner else { continue };
        match &line.entry {
            Entry::Customer(_) => {}
            Entry::Invoice(row) => {
                invoices.push((owner, asked.take(desk.invoice_numbered(owner, &row.number))?.flatten()));
            }
            Entry::Combined(row) => {
                invoices
                    .push((owner, asked.take(desk.invoice_numbered(owner, &row.invoice.number))?.flatten()));
            }
            Entry::Payment(row) => {
                asked.take(desk.received_on(owner, row.received_on))?;
                for number in &row.invoices {
                    asked.take(desk.invoice_numbered(owner, number))?;
                }
            }
        }
    }
    asked.done()?;
    for (owner, invoice) in invoices {
        if let Some(invoice) = invoice {
            asked.take(desk.account_with_invoice(owner, &invoice).map(|_| ()))?;
        }
    }
    asked.done()
}

/// Remembers that something was missing until everything was asked for.
#[derive(Default)]
struct Asked {
    missing: bool,
}

impl Asked {
    fn take<T>(&mut self, answer: Result<T, Stop>) -> Result<Option<T>, Stop> {
        match answer {
            Ok(value) => Ok(Some(value)),
            Err(Stop::Missing) => {
                self.missing = true;
                Ok(None)
            }
            Err(stop) => Err(stop),
        }
    }

    fn done(&self) -> Result<(), Stop> {
        if self.missing { Err(Stop::Missing) } else { Ok(()) }
    }
}

/// Whose row it is: nobody's yet, or more than one customer's.
fn owner(
    desk: &mut Desk,
    applying: &Applying,
    entry: &Entry,
) -> Result<Result<Option<CustomerId>, usize>, Stop> {
    let mut found = Whose::of(entry, applying.reading.key).found(desk, &applying.import)?;
    Ok(match found.len() {
        0 | 1 => Ok(found.pop()),
        many => Err(many),
    })
}

fn one(desk: &mut Desk, applying: &Applying, line: &Line, moment: Moment) -> Result<Applied, Stop> {
    let mut row = Applier { desk, applying, line, moment, applied: Applied::default() };
    match row.apply() {
        Ok(outcome) => {
            row.applied.outcome = Some(outcome);
            Ok(row.applied)
        }
        Err(Refusal::Cell(error)) => Ok(Applied { errors: vec![(error, false)], ..Applied::default() }),
        Err(Refusal::Stop(stop)) => Err(stop),
    }
}

/// One row at work. It changes copies of accounts and puts them on the desk at the end: a refusal leaves nothing.
struct Applier<'a> {
    desk: &'a mut Desk,
    applying: &'a Applying,
    line: &'a Line,
    moment: Moment,
    applied: Applied,
}

impl Applier<'_> {
    fn apply(&mut self) -> Tried<RowOutcome> {
        let owner = match owner(self.desk, self.applying, &self.line.entry)? {
            Ok(owner) => owner,
            Err(many) => {
                let field = self.customer_field();
                let what = if field == Field::Email { "e-mail address" } else { "name" };
                let message = format!("{many} customers have this {what}; say which by its reference.");
                return self.refuse(field, "ambiguous_customer", message);
            }
        };
        match (&self.line.entry, owner) {
            (Entry::Customer(row), None) => self.create(row),
            (Entry::Customer(row), Some(known)) => self.update(row, &known),
            (Entry::Combined(_), owner) => self.combined(owner),
            (Entry::Invoice(_), Some(known)) => {
                let mut account = self.account(&known)?;
                let row = match self.entry_for(&account)? {
                    Entry::Invoice(row) => row,
                    other => return Err(mixed(&other)),
                };
                let outcome = self.invoice(&mut account, &row)?;
                self.put(account)?;
                Ok(outcome)
            }
            (Entry::Payment(_), Some(known)) => {
                let mut account = self.account(&known)?;
                let row = match self.entry_for(&account)? {
                    Entry::Payment(row) => row,
                    other => return Err(mixed(&other)),
                };
                let outcome = self.payment(&mut account, &row)?;
                self.put(account)?;
                Ok(outcome)
            }
            (
                Entry::Invoice(InvoiceRow { customer, .. }) | Entry::Payment(PaymentRow { customer, .. }),
                None,
            ) => {
                let remedy = match self.line.entry {
                    Entry::Invoice(_) => {
                        "import or enter the customer first, correct it, or take the rows as “Customers with \
                         invoices”: those enter new customers, too."
                    }
                    _ => "import or enter the customer first, or correct it.",
                };
                let message = format!("There is no customer {}; {remedy}", customer.shown());
                self.refuse(self.customer_field(), "unknown_customer", message)
            }
        }
    }

    // ---- customers ---------------------------------------------------------------------------------------------

    fn create(&mut self, row: &SheetRow) -> Tried<RowOutcome> {
        let mut account = self.open(row)?;
        if let Some(owed) = row.owed.as_ref().filter(|owed| owed.settled && owed.amount.is_positive()) {
            let draft = settling(owed.amount, owed.due_date.min(self.moment.business_date), None);
            self.record(&mut account, draft, Field::Outstanding)?;
        }
        self.add(account);
        self.applied.changes = self.line.entry.created();
        Ok(RowOutcome::Created)
    }

    /// A new account, with its opening balance.
    fn open(&mut self, row: &SheetRow) -> Tried<Account> {
        let reference = match &row.reference {
            Some(reference) => {
                if self.desk.reference_owner(reference)?.is_some() {
                    let message = format!(
                        "{reference} is another customer’s reference; correct it, or recognise customers by their reference."
                    );
                    return self.refuse(Field::Reference, "reference_taken", message);
                }
                reference.clone()
            }
            None => self.desk.generate_reference()?,
        };
        let owed = row.owed.as_ref().filter(|owed| owed.amount.is_positive());
        let draft = CustomerDraft {
            name: row.name.clone(),
            reference: Some(reference.clone()),
            email: row.email.clone(),
            phone: row.phone.clone(),
            address: row.address.clone(),
            notes: row.notes.clone(),
            tags: row.tags.clone(),
            currency: self.line.entry.currency().unwrap_or(self.applying.reading.context.default_currency),
            owner: None,
            credit_limit: None,
            opening: owed.map(|owed| (owed.amount, owed.due_date)),
        };
        let ids = &self.line.ids;
        let account = Account::open(
            ids.customer.clone(),
            reference,
            draft,
            ids.invoice.clone(),
            Some(self.applying.import.clone()),
            self.moment,
        );
        self.applied.customer = Some(ids.customer.clone());
        self.applied.made.push(Made::Customer);
        self.applied.made.extend(owed.map(|_| Made::Invoice(ids.invoice.clone())));
        Ok(account)
    }

    /// A known customer's fields follow the sheet; what it owes is never changed by a sheet of customers.
    fn update(&mut self, row: &SheetRow, known: &CustomerId) -> Tried<RowOutcome> {
        self.applied.customer = Some(known.clone());
        if self.applying.mode == Mode::CreateOnly {
            return Ok(RowOutcome::Skipped);
        }
        let mut account = self.account(known)?;
        if let Some((field, code, message)) = row.disagreement(&account.customer) {
            self.warn(field, code, message);
        }
        let (after, changes) = row.update(&account.customer);
        if changes.is_empty() {
            return Ok(RowOutcome::Skipped);
        }
        self.change(&mut account, after, changes);
        self.put(account)?;
        Ok(RowOutcome::Updated)
    }

    fn change(&mut self, account: &mut Account, after: Customer, changes: Vec<FieldChange>) {
        self.applied.fields = Some((Fields::of(&account.customer), Fields::of(&after)));
        self.applied.changes = changes;
        account.customer = after;
    }

    // ---- combined rows -----------------------------------------------------------------------------------------

    fn combined(&mut self, owner: Option<CustomerId>) -> Tried<RowOutcome> {
        let Some(known) = owner else {
            let Entry::Combined(row) = &self.line.entry else { return Err(mixed(&self.line.entry)) };
            let (customer, invoice) = (row.customer.clone(), row.invoice.clone());
            let mut account = self.open(&customer)?;
            self.invoice(&mut account, &invoice)?;
            self.add(account);
            self.applied.changes = self.line.entry.created();
            return Ok(RowOutcome::Created);
        };
        let mut account = self.account(&known)?;
        let row = match self.entry_for(&account)? {
            Entry::Combined(row) => row,
            other => return Err(mixed(&other)),
        };
        let (after, changes) = row.update(&account.customer);
        let updates = !changes.is_empty() && self.applying.mode == Mode::Upsert;
        let mut outcome = self.invoice(&mut account, &row.invoice)?;
        if updates {
            // What the invoice changed of the customer's figures stays.
            let mut customer = account.customer.clone();
            Fields::of(&after).put(&mut customer);
            let of_invoice = std::mem::take(&mut self.applied.changes);
            self.change(&mut account, customer, changes);
            self.applied.changes.extend(of_invoice);
            if outcome == RowOutcome::Skipped {
                outcome = RowOutcome::Updated;
            }
        }
        self.put(account)?;
        Ok(outcome)
    }

    // ---- invoices ----------------------------------------------------------------------------------------------

    /// Enters the invoice, or sees what the row says of one that is known; settles it where the row says so.
    fn invoice(&mut self, account: &mut Account, row: &InvoiceRow) -> Tried<RowOutcome> {
        let customer = account.customer.id.clone();
        self.applied.customer = Some(customer.clone());
        let known = match self.applied.made.contains(&Made::Customer) {
            true => None,
            false => self.desk.invoice_numbered(&customer, &row.number)?,
        };
        let (id, mut outcome) = match known {
            None => {
                self.enter(account, row)?;
                self.applied.changes = self.line.entry.created();
                (self.line.ids.invoice.clone(), RowOutcome::Created)
            }
            Some(_) if self.applying.mode == Mode::CreateOnly => return Ok(RowOutcome::Skipped),
            Some(id) => {
                if !account.invoices.contains_key(&id) {
                    let with = self.desk.account_with_invoice(&customer, &id)?;
                    account
                        .invoices
                        .extend(with.invoices.get(&id).cloned().map(|invoice| (id.clone(), invoice)));
                }
                self.compare(account, &id, row);
                (id, RowOutcome::Skipped)
            }
        };
        if self.settle(account, &id, row)? && outcome == RowOutcome::Skipped {
            outcome = RowOutcome::Updated;
        }
        account.announce_overdue_invoice(&id, self.moment.business_date);
        Ok(outcome)
    }

    fn enter(&mut self, account: &mut Account, row: &InvoiceRow) -> Tried<()> {
        let issue_date = row.issued_on(self.moment.business_date);
        if issue_date > self.moment.business_date {
            let message = "An invoice can't be imported before the day it is issued.";
            return self.refuse(Field::IssueDate, "in_the_future", message);
        }
        let draft = InvoiceDraft {
            number: Some(row.number.clone()),
            total: row.total,
            issue_date,
            due_date: row.due_date,
            terms: row.terms,
            memo: row.memo.clone(),
            issued: true,
        };
        let id = self.line.ids.invoice.clone();
        if let Err(rule) = account.add_invoice(id.clone(), draft, self.moment) {
            return self.forbid(Field::InvoiceNumber, &rule);
        }
        if let Some(invoice) = account.invoices.get_mut(&id) {
            invoice.import_id = Some(self.applying.import.clone());
        }
        self.applied.made.push(Made::Invoice(id));
        Ok(())
    }

    /// An invoice that was issued is never changed by a sheet: where the sheet disagrees, it is told.
    fn compare(&mut self, account: &Account, id: &InvoiceId, row: &InvoiceRow) {
        let Some(invoice) = account.invoices.get(id) else { return };
        let differing: Vec<String> = row
            .changes(invoice)
            .into_iter()
            .map(|change| format!("{} is {}", change.field.replace('_', " "), change.old.unwrap_or_default()))
            .collect();
        if !differing.is_empty() {
            let message = format!(
                "Invoice {} is known and stays as it is: {}. To change what it asks for, credit or void it.",
                invoice.number,
                differing.join(", ")
            );
            self.warn(Field::InvoiceNumber, "invoice_kept", message);
        }
    }

    /// Records what settled an invoice, when the row says that it was and it is not yet.
    fn settle(&mut self, account: &mut Account, id: &InvoiceId, row: &InvoiceRow) -> Tried<bool> {
        let Some(on) = row.settled_on else { return Ok(false) };
        let Some(invoice) = account.invoices.get(id).filter(|invoice| invoice.status == InvoiceStatus::Open)
        else {
            return Ok(false);
        };
        let draft = settling(invoice.balance, on.min(self.moment.business_date), Some(id));
        self.record(account, draft, Field::SettledOn)?;
        Ok(true)
    }

    // ---- payments ----------------------------------------------------------------------------------------------

    fn payment(&mut self, account: &mut Account, row: &PaymentRow) -> Tried<RowOutcome> {
        let customer = account.customer.id.clone();
        self.applied.customer = Some(customer.clone());
        if self.is_known(&customer, row)? {
            return Ok(RowOutcome::Skipped);
        }
        if row.received_on > self.moment.business_date {
            let message = "Money can't have been received after today.";
            return self.refuse(Field::ReceivedOn, "in_the_future", message);
        }
        let allocations = match row.invoices.as_slice() {
            [] => None,
            _ if row.status != PaymentStatus::Completed => None,
            named => Some(self.parts(account, row.amount, named)?),
        };
        let draft = PaymentDraft {
            amount: row.amount,
            received_on: row.received_on,
            method: row.method,
            reference: row.reference.clone(),
            status: row.status,
            allocations,
        };
        self.record(account, draft, Field::Amount)?;
        self.applied.changes = self.line.entry.created();
        Ok(RowOutcome::Created)
    }

    /// Whether the same money is in the books: same day, amount and reference. Two payments without a reference can be
    /// two payments; those of one file are, those of two files are the same file again.
    fn is_known(&mut self, customer: &CustomerId, row: &PaymentRow) -> Tried<bool> {
        let gone = [PaymentStatus::Canceled, PaymentStatus::Failed, PaymentStatus::Reversed];
        let import = &self.applying.import;
        Ok(self.desk.received_on(customer, row.received_on)?.iter().any(|payment| {
            payment.amount == row.amount
                && payment.reference == row.reference
                && !gone.contains(&payment.status)
                && (row.reference.is_some() || payment.import_id.as_ref() != Some(import))
        }))
    }

    /// What a payment settles of the invoices it names, in their order; what is left over stays unapplied.
    fn parts(&mut self, account: &Account, amount: Money, named: &[String]) -> Tried<Vec<NewAllocation>> {
        let mut left = amount.minor();
        let mut parts = Vec::new();
        for number in named {
            let Some(id) = self.desk.invoice_numbered(&account.customer.id, number)? else {
                let message = format!(
                    "{} has no invoice {number}; import it first, or correct it.",
                    account.customer.name
                );
                return self.refuse(Field::InvoiceNumber, "unknown_invoice", message);
            };
            let Some(invoice) = account.invoices.get(&id).filter(|invoice| invoice.is_open()) else {
                self.warn(
                    Field::InvoiceNumber,
                    "not_open",
                    format!("Nothing is owed on invoice {number}; this money stays unapplied."),
                );
                continue;
            };
            let part = left.min(invoice.balance.minor());
            if part > 0 {
                left -= part;
                parts.push(allocation(&id, Money::from_minor(part, amount.currency())));
            }
        }
        Ok(parts)
    }

    fn record(&mut self, account: &mut Account, draft: PaymentDraft, field: Field) -> Tried<()> {
        let id = self.line.ids.payment.clone();
        if let Err(rule) = account.record_payment(id.clone(), draft, PaymentSource::Import, self.moment) {
            return self.forbid(field, &rule);
        }
        if let Some(payment) = account.payments.get_mut(&id) {
            payment.import_id = Some(self.applying.import.clone());
        }
        self.applied.made.push(Made::Payment(id));
        Ok(())
    }

    // ---- the desk ----------------------------------------------------------------------------------------------

    fn account(&mut self, id: &CustomerId) -> Tried<Account> {
        Ok(self.desk.account(id)?.clone())
    }

    /// The row as it reads in the account's currency; refused when it names another.
    fn entry_for(&self, account: &Account) -> Tried<Entry> {
        let currency = account.customer.currency;
        let reading = &self.applying.reading;
        let other = |named: Currency| {
            let message =
                format!("{} is kept in {currency}; {named} can't be mixed in.", account.customer.name);
            Refusal::Cell(reading.columns.error_at(
                Field::Currency,
                &self.line.cells,
                "currency_mismatch",
                message,
            ))
        };
        match self.line.entry.currency() {
            Some(named) if named != currency => Err(other(named)),
            None if currency != reading.context.default_currency => {
                let context = RowContext { default_currency: currency, ..reading.context };
                match reading.columns.read(&self.line.cells, context) {
                    RowResult::Valid { row, .. } => Ok(row),
                    RowResult::Invalid { errors, .. } => match errors.into_iter().next() {
                        Some(error) => Err(Refusal::Cell(error)),
                        None => Err(other(reading.context.default_currency)),
                    },
                    RowResult::Blank => Ok(self.line.entry.clone()),
                }
            }
            _ => Ok(self.line.entry.clone()),
        }
    }

    fn put(&mut self, account: Account) -> Tried<()> {
        Ok(self.desk.put_account(account)?)
    }

    fn add(&mut self, mut account: Account) {
        // What is overdue when it is imported is told by the import; it does not become overdue later.
        account.announce_overdue(self.moment.business_date);
        let (reference, id) = (account.customer.reference.clone(), account.customer.id.clone());
        self.desk.give_reference(&reference, &id);
        self.desk.add_account(account);
    }

    /// The field by which the customer was looked up.
    fn customer_field(&self) -> Field {
        match Whose::of(&self.line.entry, self.applying.reading.key) {
            Whose::Reference(_) => Field::Reference,
            Whose::Called(CalledBy::Email(_)) => Field::Email,
            Whose::Called(CalledBy::Name(_)) | Whose::Alike(_) | Whose::Nobodys => Field::Name,
        }
    }

    fn warn(&mut self, field: Field, code: &'static str, message: String) {
        let error = self.applying.reading.columns.error_at(field, &self.line.cells, code, message);
        self.applied.errors.push((error, true));
    }

    fn refuse<T>(&self, field: Field, code: &'static str, message: impl Into<String>) -> Tried<T> {
        Err(Refusal::Cell(self.applying.reading.columns.error_at(field, &self.line.cells, code, message)))
    }

    /// A refusal in the words of the rule.
    fn forbid<T>(&self, field: Field, rule: &Rule) -> Tried<T> {
        let (code, message) = match rule {
            Rule::Archived => ("archived", rule.to_string()),
            Rule::Fields(errors) => (
                "not_possible",
                errors.0.first().map_or_else(|| rule.to_string(), |error| error.message.clone()),
            ),
            _ => ("not_possible", rule.to_string()),
        };
        self.refuse(field, code, message)
    }
}

/// A row that reads as another kind in another currency: that can't be.
fn mixed(entry: &Entry) -> Refusal {
    Refusal::Stop(Stop::Refused(Error::internal(format!("{} reads as another kind", entry.title()))))
}

/// Money of which only the day is known.
fn settling(amount: Money, on: chrono::NaiveDate, invoice: Option<&InvoiceId>) -> PaymentDraft {
    PaymentDraft {
        amount,
        received_on: on,
        method: PaymentMethod::Other,
        reference: None,
        status: PaymentStatus::Completed,
        allocations: invoice.map(|id| vec![allocation(id, amount)]),
    }
}

fn allocation(invoice: &InvoiceId, amount: Money) -> NewAllocation {
    NewAllocation {
        invoice_id: invoice.as_str().to_owned(),
        amount: MoneyInput { amount: amount.to_decimal(), currency: None },
    }
}
