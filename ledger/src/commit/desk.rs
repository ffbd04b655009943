//! What the commands of one batch see and change: rows as of `head`, with what earlier commands of the batch did to them.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use chrono::{DateTime, Utc};
use domain::account::Moment;
use domain::{
    Account, Customer, CustomerId, EventKind, ImportId, InvoiceId, Payment, PaymentId, User, UserId,
};
use serde::Serialize;
use serde_json::{Map, Value, json};

use super::command::{CalledBy, Needs, NewEvent, Stop};
use super::told::Told;
use crate::caller::Caller;
use crate::chain::{self, Link};
use crate::store::rows::{
    CustomerRow, EmailRow, EventRow, IdempotencyRow, ImportErrorRow, ImportResultRow, ImportRow, InvoiceRow,
    MoveRow, PaymentRow, ReferenceRow, TokenRow, UserRow, number_key, reference_key,
};
use crate::store::{Write, key, record};
use crate::summary::Tallies;
use crate::{Error, Result};

/// The row every commit moves.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Head {
    pub seq: i64,
    pub hash: String,
    pub next_reference: i64,
}

/// The first answer to an idempotency key.
#[derive(Clone, Debug)]
pub(crate) struct Kept {
    pub fingerprint: String,
    pub answer: String,
}

/// See the module. `None` in a map means: looked for, not there.
pub(crate) struct Desk {
    pub(super) loaded_from: i64,
    /// The head that the database had at least when this desk was made.
    stored: i64,
    head: Head,
    pub(crate) accounts: HashMap<CustomerId, Option<Account>>,
    /// The events of imports that touched those accounts, where any did.
    pub(crate) imported: HashMap<CustomerId, Vec<i64>>,
    pub(crate) payments: HashSet<PaymentId>,
    /// Closed invoices and drafts that were looked for.
    pub(crate) invoices: HashSet<InvoiceId>,
    /// Customers whose payments with unapplied money are on their accounts.
    pub(crate) unapplied: HashSet<CustomerId>,
    /// The invoices that bear a number, as of `head`.
    pub(crate) numbers: HashMap<(CustomerId, String), Vec<InvoiceId>>,
    /// Who is called so, of those not archived.
    pub(crate) called: HashMap<CalledBy, Vec<CustomerId>>,
    /// What came from a customer on a day, as of `head`.
    pub(crate) received: HashMap<(CustomerId, chrono::NaiveDate), Vec<Payment>>,
    pub(crate) references: HashMap<String, Option<CustomerId>>,
    pub(crate) users: BTreeMap<UserId, Option<UserRow>>,
    pub(crate) all_users: bool,
    pub(crate) emails: HashMap<String, Option<UserId>>,
    pub(crate) imports: HashMap<ImportId, Option<ImportRow>>,
    pub(crate) kept: HashMap<String, Option<Kept>>,
    pub(crate) history: HashMap<CustomerId, Option<&'static str>>,
    /// Who got a name or an address on this desk; the database need not know it yet.
    named: HashMap<CalledBy, BTreeSet<CustomerId>>,
    /// Whose notes are being written.
    noted: HashSet<CustomerId>,
    missing: Needs,
    undo: Undo,
    written: Written,
}

/// What one command changed, as it was before.
#[derive(Default)]
struct Undo {
    head: Option<Head>,
    accounts: HashMap<CustomerId, Option<Account>>,
    references: HashMap<String, Option<CustomerId>>,
    users: BTreeMap<UserId, Option<UserRow>>,
    emails: HashMap<String, Option<UserId>>,
    imports: HashMap<ImportId, Option<ImportRow>>,
    events: usize,
    import_results: usize,
    import_errors: usize,
    tokens: usize,
}

/// What the batch will write. Rows are named, not copied: the last command's version of each is written once.
#[derive(Default)]
struct Written {
    events: Vec<EventRow>,
    /// The data of the events, before they became texts.
    data: Vec<Value>,
    customers: BTreeMap<CustomerId, RowFate>,
    invoices: BTreeMap<InvoiceId, (CustomerId, RowFate)>,
    payments: BTreeMap<PaymentId, (CustomerId, RowFate)>,
    references: BTreeMap<String, RowFate>,
    users: HashSet<UserId>,
    emails: HashSet<String>,
    imports: HashSet<ImportId>,
    import_results: Vec<ImportResultRow>,
    import_errors: Vec<ImportErrorRow>,
    kept: Vec<IdempotencyRow>,
    tokens: Vec<TokenRow>,
    /// What the running totals are moved by.
    totals: Tallies,
}

/// Whether the database has the row already.
#[derive(Clone, Copy, PartialEq, Eq)]
enum RowFate {
    Insert,
    Update,
}

impl Desk {
    pub(super) fn new(head: Head) -> Self {
        Self {
            loaded_from: head.seq,
            stored: head.seq,
            head,
            accounts: HashMap::new(),
            imported: HashMap::new(),
            payments: HashSet::new(),
            invoices: HashSet::new(),
            unapplied: HashSet::new(),
            numbers: HashMap::new(),
            called: HashMap::new(),
            received: HashMap::new(),
            references: HashMap::new(),
            users: BTreeMap::new(),
            all_users: false,
            emails: HashMap::new(),
            imports: HashMap::new(),
            kept: HashMap::new(),
            history: HashMap::new(),
            named: HashMap::new(),
            noted: HashSet::new(),
            missing: Needs::default(),
            undo: Undo::default(),
            written: Written::default(),
        }
    }

    pub(crate) fn head(&self) -> &Head {
        &self.head
    }

    /// The head that the database had at least when this desk was made.
    pub(crate) fn stored(&self) -> i64 {
        self.stored
    }

    /// What was asked for and not found on the desk since the last call.
    pub(super) fn take_missing(&mut self) -> Needs {
        std::mem::take(&mut self.missing)
    }

    // ---- what commands read and change -------------------------------------------------------------------------

    /// The account, to look at.
    pub(crate) fn account(&mut self, id: &CustomerId) -> Result<&Account, Stop> {
        match self.accounts.get(id) {
            None => {
                self.missing.accounts.push(id.clone());
                Err(Stop::Missing)
            }
            Some(None) => Err(Error::NotFound("customer").into()),
            Some(Some(account)) => Ok(account),
        }
    }

    /// The account, to change.
    pub(crate) fn account_mut(&mut self, id: &CustomerId) -> Result<&mut Account, Stop> {
        let before = self.account(id)?.clone();
        self.undo.accounts.entry(id.clone()).or_insert(Some(before));
        self.accounts.get_mut(id).and_then(Option::as_mut).ok_or(Stop::Refused(Error::NotFound("customer")))
    }

    /// The account with this payment, and the closed invoices it is allocated to, on it.
    pub(crate) fn account_with_payment(
        &mut self,
        id: &CustomerId,
        payment: &PaymentId,
    ) -> Result<&mut Account, Stop> {
        if !self.payments.contains(payment) {
            self.missing.payments.push(payment.clone());
            self.missing.accounts.push(id.clone());
            return Err(Stop::Missing);
        }
        let account = self.account_mut(id)?;
        if account.payments.contains_key(payment) {
            Ok(account)
        } else {
            Err(Error::NotFound("payment").into())
        }
    }

    /// The account with this invoice on it, open or not.
    pub(crate) fn account_with_invoice(
        &mut self,
        id: &CustomerId,
        invoice: &InvoiceId,
    ) -> Result<&mut Account, Stop> {
        if !self.account(id)?.invoices.contains_key(invoice) {
            if self.invoices.contains(invoice) {
                return Err(Error::NotFound("invoice").into());
            }
            self.missing.invoices.push(invoice.clone());
            self.missing.accounts.push(id.clone());
            return Err(Stop::Missing);
        }
        self.account_mut(id)
    }

    /// The account with all its payments that hold unapplied money.
    pub(crate) fn account_with_unapplied(&mut self, id: &CustomerId) -> Result<&mut Account, Stop> {
        if !self.unapplied.contains(id) {
            self.missing.unapplied.push(id.clone());
            self.missing.accounts.push(id.clone());
            return Err(Stop::Missing);
        }
        self.account_mut(id)
    }

    /// Whether another invoice of this customer bears the number.
    pub(crate) fn number_is_taken(
        &mut self,
        customer: &CustomerId,
        number: &str,
        but: Option<&InvoiceId>,
    ) -> Result<bool, Stop> {
        let key = (customer.clone(), number_key(number));
        if !self.numbers.contains_key(&key) {
            self.missing.numbers.push(key);
            return Err(Stop::Missing);
        }
        self.account(customer)?;
        Ok(self.bearers(&key).any(|id| Some(id) != but))
    }

    /// The invoices that bear a number that was looked for. What stands on the account is as the last command left it.
    fn bearers<'a>(&'a self, key: &'a (CustomerId, String)) -> impl Iterator<Item = &'a InvoiceId> {
        let account = self.accounts.get(&key.0).and_then(Option::as_ref);
        let on_account =
            move |id: &InvoiceId| account.is_some_and(|account| account.invoices.contains_key(id));
        let stored = self.numbers.get(key).into_iter().flatten().filter(move |id| !on_account(id));
        let bears = |invoice: &&domain::Invoice| number_key(&invoice.number) == key.1;
        let at_hand = account.into_iter().flat_map(|account| account.invoices.values()).filter(bears);
        at_hand.map(|invoice| &invoice.id).chain(stored)
    }

    /// The customer's invoice of that number, in any state.
    pub(crate) fn invoice_numbered(
        &mut self,
        customer: &CustomerId,
        number: &str,
    ) -> Result<Option<InvoiceId>, Stop> {
        let key = (customer.clone(), number_key(number));
        let bears = |invoice: &&domain::Invoice| number_key(&invoice.number) == key.1;
        if let Some(invoice) = self.account(customer)?.invoices.values().find(bears) {
            return Ok(Some(invoice.id.clone()));
        }
        if self.is_new(customer) {
            return Ok(None);
        }
        if !self.numbers.contains_key(&key) {
            self.missing.numbers.push(key);
            return Err(Stop::Missing);
        }
        Ok(self.bearers(&key).next().cloned())
    }

    /// Whether the account was added by this batch: nothing of it is in the database.
    fn is_new(&self, customer: &CustomerId) -> bool {
        matches!(self.undo.accounts.get(customer), Some(None))
            || matches!(self.written.customers.get(customer), Some(RowFate::Insert))
    }

    /// The customers called so who are not archived, the oldest first.
    pub(crate) fn customers_called(&mut self, by: &CalledBy) -> Result<Vec<CustomerId>, Stop> {
        let Some(stored) = self.called.get(by) else {
            self.missing.called.push(by.clone());
            return Err(Stop::Missing);
        };
        let bearers: BTreeSet<&CustomerId> =
            stored.iter().chain(self.named.get(by).into_iter().flatten()).collect();
        // Whoever is on the desk is called as the last command left them, or is gone.
        let is_called = |id: &&CustomerId| match self.accounts.get(*id) {
            None => true,
            Some(account) => {
                account.as_ref().is_some_and(|account| CalledBy::of(&account.customer).any(|own| own == *by))
            }
        };
        // An id begins with the time it was made.
        Ok(bearers.into_iter().filter(is_called).cloned().collect())
    }

    /// What came from a customer on a day.
    pub(crate) fn received_on(
        &mut self,
        customer: &CustomerId,
        on: chrono::NaiveDate,
    ) -> Result<Vec<Payment>, Stop> {
        let key = (customer.clone(), on);
        let Some(stored) = self.received.get(&key).cloned() else {
            self.missing.received.push(key);
            return Err(Stop::Missing);
        };
        let account = self.account(customer)?;
        let at_hand = account.payments.values().filter(|payment| payment.received_on == on);
        let mut payments: Vec<Payment> = at_hand.cloned().collect();
        payments.extend(stored.into_iter().filter(|payment| !account.payments.contains_key(&payment.id)));
        Ok(payments)
    }

    /// Puts a changed account in the place of the one it was made from.
    pub(crate) fn put_account(&mut self, account: Account) -> Result<(), Stop> {
        let id = account.customer.id.clone();
        *self.account_mut(&id)? = account;
        Ok(())
    }

    /// The number of an invoice that nobody numbered: the position of the event that enters it, which no other has.
    pub(crate) fn generate_number(&self) -> String {
        format!("INV-{:06}", self.head.seq + 1)
    }

    /// The account as it was before this command, if the command changed it.
    pub(crate) fn before(&self, id: &CustomerId) -> Option<&Account> {
        self.undo.accounts.get(id).and_then(Option::as_ref)
    }

    /// A new account.
    pub(crate) fn add_account(&mut self, account: Account) {
        let id = account.customer.id.clone();
        self.undo.accounts.entry(id.clone()).or_insert(None);
        name(&mut self.named, &account.customer);
        self.accounts.insert(id, Some(account));
    }

    /// Takes an account off the books for good.
    pub(crate) fn remove_account(&mut self, id: &CustomerId) -> Result<(), Stop> {
        let reference = self.account_mut(id)?.customer.reference.clone();
        self.accounts.insert(id.clone(), None);
        self.free_reference(&reference, id);
        Ok(())
    }

    /// What hangs on a customer besides its own row, if anything.
    pub(crate) fn history(&mut self, id: &CustomerId) -> Result<Option<&'static str>, Stop> {
        let account = self.accounts.get(id).and_then(Option::as_ref);
        let is_note = |event: &EventRow| {
            event.kind == EventKind::NoteAdded.as_str() && event.customer_id.as_deref() == Some(id.as_str())
        };
        if account.is_some_and(|account| !account.invoices.is_empty()) {
            return Ok(Some("invoices"));
        }
        if account.is_some_and(|account| !account.payments.is_empty()) {
            return Ok(Some("payments"));
        }
        if self.noted.contains(id) || self.written.events.iter().any(is_note) {
            return Ok(Some("notes"));
        }
        match self.history.get(id) {
            Some(history) => Ok(*history),
            None => {
                self.missing.history.push(id.clone());
                Err(Stop::Missing)
            }
        }
    }

    /// Whose reference this is.
    pub(crate) fn reference_owner(&mut self, reference: &str) -> Result<Option<CustomerId>, Stop> {
        let key = reference_key(reference);
        match self.references.get(&key) {
            Some(owner) => Ok(owner.clone()),
            None => {
                self.missing.references.push(key);
                Err(Stop::Missing)
            }
        }
    }

    /// Gives a reference that was looked for to a customer.
    pub(crate) fn give_reference(&mut self, reference: &str, owner: &CustomerId) {
        let key = reference_key(reference);
        let before = self.references.insert(key.clone(), Some(owner.clone())).flatten();
        self.undo.references.entry(key).or_insert(before);
    }

    /// Takes a customer's reference away from it.
    pub(crate) fn free_reference(&mut self, reference: &str, owner: &CustomerId) {
        let key = reference_key(reference);
        let before = self.references.insert(key.clone(), None).unwrap_or_else(|| Some(owner.clone()));
        self.undo.references.entry(key).or_insert(before);
    }

    /// The next generated reference that is free: `C-1001`, `C-1002`, …
    pub(crate) fn generate_reference(&mut self) -> Result<String, Stop> {
        loop {
            let reference = generated(self.head.next_reference);
            match self.references.get(&reference_key(&reference)) {
                None => {
                    self.missing.generated += 1;
                    return Err(Stop::Missing);
                }
                Some(taken) => {
                    let free = taken.is_none();
                    self.undo.head.get_or_insert_with(|| self.head.clone());
                    self.head.next_reference += 1;
                    if free {
                        return Ok(reference);
                    }
                }
            }
        }
    }

    /// Generated references to look up: the first `count` from here on that are not on the desk.
    pub(crate) fn reference_candidates(&self, count: usize) -> Vec<String> {
        (self.head.next_reference..)
            .map(|number| reference_key(&generated(number)))
            .filter(|key| !self.references.contains_key(key))
            .take(count)
            .collect()
    }

    pub(crate) fn user(&mut self, id: &UserId) -> Result<&UserRow, Stop> {
        match self.users.get(id) {
            None => {
                self.missing.users.push(id.clone());
                Err(Stop::Missing)
            }
            Some(None) => Err(Error::NotFound("user").into()),
            Some(Some(user)) => Ok(user),
        }
    }

    /// Everyone.
    pub(crate) fn everyone(&mut self) -> Result<Vec<&UserRow>, Stop> {
        if !self.all_users {
            self.missing.all_users = true;
            return Err(Stop::Missing);
        }
        Ok(self.users.values().flatten().collect())
    }

    /// Adds or changes a user.
    pub(crate) fn put_user(&mut self, user: UserRow) {
        let id = UserId::from(key(user.id.clone()));
        let before = self.users.insert(id.clone(), Some(user)).flatten();
        self.undo.users.entry(id).or_insert(before);
    }

    /// A user as they are on the desk now.
    pub(crate) fn known_user(&self, id: &UserId) -> Result<User, Error> {
        match self.users.get(id) {
            Some(Some(row)) => row.user(),
            _ => Err(Error::NotFound("user")),
        }
    }

    /// Writes an API token.
    pub(crate) fn put_token(&mut self, token: TokenRow) {
        self.written.tokens.push(token);
    }

    /// Whose e-mail address this is.
    pub(crate) fn email_owner(&mut self, email_key: &str) -> Result<Option<UserId>, Stop> {
        match self.emails.get(email_key) {
            Some(owner) => Ok(owner.clone()),
            None => {
                self.missing.emails.push(email_key.to_owned());
                Err(Stop::Missing)
            }
        }
    }

    pub(crate) fn set_email(&mut self, email_key: &str, owner: UserId) {
        let before = self.emails.insert(email_key.to_owned(), Some(owner)).flatten();
        self.undo.emails.entry(email_key.to_owned()).or_insert(before);
    }

    pub(crate) fn import(&mut self, id: &ImportId) -> Result<&ImportRow, Stop> {
        match self.imports.get(id) {
            None => {
                self.missing.imports.push(id.clone());
                Err(Stop::Missing)
            }
            Some(None) => Err(Error::NotFound("import").into()),
            Some(Some(import)) => Ok(import),
        }
    }

    pub(crate) fn put_import(&mut self, import: ImportRow) {
        let id = ImportId::from(key(import.id.clone()));
        let before = self.imports.insert(id.clone(), Some(import)).flatten();
        self.undo.imports.entry(id).or_insert(before);
    }

    /// Keeps what the rows of a chunk did, with the wrong cells that showed only then.
    pub(crate) fn put_import_result(&mut self, result: ImportResultRow, errors: Vec<ImportErrorRow>) {
        self.written.import_results.push(result);
        self.written.import_errors.extend(errors);
    }

    pub(super) fn kept_answer(&mut self, record_key: &str) -> Result<Option<Kept>, Stop> {
        match self.kept.get(record_key) {
            Some(kept) => Ok(kept.clone()),
            None => {
                self.missing.keys.push(record_key.to_owned());
                Err(Stop::Missing)
            }
        }
    }

    pub(super) fn keep_answer(
        &mut self,
        record_key: String,
        fingerprint: &str,
        answer: String,
        at: DateTime<Utc>,
    ) {
        self.written.kept.push(IdempotencyRow {
            id: record("idempotency", &record_key),
            fingerprint: fingerprint.to_owned(),
            answer: answer.clone(),
            at,
        });
        self.kept.insert(record_key, Some(Kept { fingerprint: fingerprint.to_owned(), answer }));
    }

    // ---- the life of one command -------------------------------------------------------------------------------

    /// Before a command decides.
    pub(super) fn begin(&mut self) {
        let written = &self.written;
        self.undo = Undo {
            events: written.events.len(),
            import_results: written.import_results.len(),
            import_errors: written.import_errors.len(),
            tokens: written.tokens.len(),
            ..Undo::default()
        };
    }

    /// Takes back everything the command did since [`Desk::begin`].
    pub(super) fn rollback(&mut self) {
        let undo = std::mem::take(&mut self.undo);
        if let Some(head) = undo.head {
            self.head = head;
        }
        self.written.events.truncate(undo.events);
        self.written.data.truncate(undo.events);
        self.accounts.extend(undo.accounts);
        self.references.extend(undo.references);
        self.users.extend(undo.users);
        self.emails.extend(undo.emails);
        self.imports.extend(undo.imports);
        self.written.import_results.truncate(undo.import_results);
        self.written.import_errors.truncate(undo.import_errors);
        self.written.tokens.truncate(undo.tokens);
        self.begin();
    }

    /// Gives the changed rows their new versions, and writes the event that carries them.
    pub(super) fn finish(
        &mut self,
        event: Option<NewEvent>,
        caller: &Caller,
        moment: Moment,
    ) -> Result<(), Stop> {
        let mut changes = Vec::new();
        let of_many = event.as_ref().is_some_and(|event| event.customer.is_none());
        // Told beside the customer whose event it is; that of an import has none.
        let mut invoices = event.as_ref().and_then(|event| event.customer.as_ref()).map(|_| Vec::new());
        let mut totals = Tallies::default();
        let mut user = None;
        let mut touched = Vec::new();
        for (id, before) in &self.undo.accounts {
            let after = self.accounts.get_mut(id).and_then(Option::as_mut);
            if let (Some(before), Some(after)) = (before, after.as_deref())
                && found_by(&before.customer) != found_by(&after.customer)
            {
                name(&mut self.named, &after.customer);
            }
            tally(&mut totals, before.as_ref(), after.as_deref());
            let noted = changes.len();
            note_account(&mut self.written, &mut changes, &mut invoices, before.as_ref(), after, moment.at);
            if of_many && changes.len() > noted {
                touched.push(id.clone());
            }
        }
        for (id, before) in &self.undo.users {
            let Some(after) = self.users.get_mut(id).and_then(Option::as_mut) else { continue };
            if before.as_ref() == Some(after) {
                continue;
            }
            after.version = before.as_ref().map_or(1, |before| before.version + 1);
            after.updated_at = moment.at;
            let shown = before.as_ref().map(UserRow::user).transpose()?;
            let now = after.user()?;
            changes.extend(change("user", id.as_str(), shown.as_ref(), Some(&now)));
            user = Some(now);
            self.written.users.insert(id.clone());
        }
        for (key, before) in &self.undo.references {
            let fate = if before.is_some() { RowFate::Update } else { RowFate::Insert };
            self.written.references.entry(key.clone()).or_insert(fate);
        }
        self.written.emails.extend(self.undo.emails.keys().cloned());
        self.written.imports.extend(self.undo.imports.keys().cloned());

        let Some(event) = event else {
            return if changes.is_empty() {
                Ok(())
            } else {
                Err(Stop::Refused(Error::internal("a change without an event")))
            };
        };
        let mut data: Map<String, Value> = event.data;
        if let Some(user) = user {
            data.insert("user".into(), json_of(&user));
        }
        if let Some(account) = event.customer.as_ref().and_then(|id| self.accounts.get(id)?.as_ref()) {
            data.insert("customer".into(), json_of(&account.customer));
            if let Some(payment) = event.payment.as_ref().and_then(|id| account.payments.get(id)) {
                data.insert("payment".into(), json_of(payment));
                data.insert("amount".into(), json_of(&payment.amount));
            }
            if let Some(invoice) = event.invoice.as_ref().and_then(|id| account.invoices.get(id)) {
                data.insert("number".into(), json_of(&invoice.number));
                data.entry("amount").or_insert_with(|| json_of(&invoice.total));
            }
            if let Some(invoices) = invoices.filter(|invoices| !invoices.is_empty()) {
                data.insert("invoices".into(), Value::Array(invoices));
            }
        }
        if !changes.is_empty() {
            data.insert("changes".into(), Value::Array(changes));
        }
        self.append(event.customer, event.kind, event.subject, Value::Object(data), caller, moment.at)?;
        // Last: a command that is refused until here moves nothing.
        self.written.totals.merge(totals);
        self.note_imported(touched);
        Ok(())
    }

    /// The event just written, an import's, tells of several customers: each of them keeps where.
    fn note_imported(&mut self, touched: Vec<CustomerId>) {
        for id in touched {
            if let Some(Some(_)) = self.accounts.get(&id) {
                self.imported.entry(id.clone()).or_default().push(self.head.seq);
                self.written.customers.entry(id).or_insert(RowFate::Update);
            }
        }
    }

    fn append(
        &mut self,
        customer: Option<CustomerId>,
        kind: EventKind,
        subject: domain::Subject,
        data: Value,
        caller: &Caller,
        at: DateTime<Utc>,
    ) -> Result<(), Stop> {
        let mut salt = [0_u8; 16];
        getrandom::fill(&mut salt).map_err(Error::internal)?;
        let salt = chain::hex(&salt);
        let seq = self.head.seq + 1;
        let actor = caller.actor();
        let hash = Link {
            seq,
            at,
            actor: &actor,
            request_id: caller.request_id.as_deref(),
            kind,
            subject: &subject,
            data: &data,
            salt: &salt,
            prev_hash: &self.head.hash,
        }
        .hash();
        self.undo.head.get_or_insert_with(|| self.head.clone());
        let prev_hash = std::mem::replace(&mut self.head.hash, hash.clone());
        self.head.seq = seq;
        self.written.events.push(EventRow {
            id: surrealdb::types::RecordId::new("event", seq),
            seq,
            at,
            actor_id: actor.id,
            actor_name: actor.name,
            request_id: caller.request_id.clone(),
            kind: kind.as_str().to_owned(),
            subject_type: subject.kind,
            subject_id: subject.id,
            customer_id: customer.map(String::from),
            data: data.to_string(),
            salt,
            prev_hash,
            hash,
        });
        self.written.data.push(data);
        Ok(())
    }

    /// The event just written.
    pub(crate) fn last_event(&self) -> Result<domain::Event> {
        let row = self.written.events.last().ok_or_else(|| Error::internal("no event was written"))?;
        row.clone().try_into()
    }

    /// Whether the batch has anything to write.
    pub(super) fn is_clean(&self) -> bool {
        self.written.events.is_empty()
    }

    /// Everything the batch changed, for one transaction, and its events, for whoever listens. The desk is the next batch's
    /// then, which decides while this one is being written: the database need not know yet what it changed, so that stays,
    /// and everything else is looked up again.
    pub(super) fn hand_over(&mut self) -> (Write, Vec<Told>) {
        let written = std::mem::take(&mut self.written);
        let account = |id: &CustomerId| self.accounts.get(id).and_then(Option::as_ref);
        let row = |account: &Account| CustomerRow {
            import_seqs: self.imported.get(&account.customer.id).cloned(),
            ..CustomerRow::from(&account.customer)
        };
        let mut write = Write::new(self.loaded_from, self.head.clone());
        for (id, fate) in &written.customers {
            match (account(id), fate) {
                (Some(account), RowFate::Insert) => write.new_customers.push(row(account)),
                (Some(account), RowFate::Update) => write.customers.push(row(account)),
                (None, RowFate::Update) => write.deleted.push(record("customer", id.as_str())),
                (None, RowFate::Insert) => {}
            }
        }
        for (id, (customer, fate)) in &written.invoices {
            let Some(invoice) = account(customer).and_then(|account| account.invoices.get(id)) else {
                continue;
            };
            match fate {
                RowFate::Insert => write.new_invoices.push(InvoiceRow::from(invoice)),
                RowFate::Update => write.invoices.push(InvoiceRow::from(invoice)),
            }
        }
        for (id, (customer, fate)) in &written.payments {
            let Some(payment) = account(customer).and_then(|account| account.payments.get(id)) else {
                continue;
            };
            match fate {
                RowFate::Insert => write.new_payments.push(PaymentRow::from(payment)),
                RowFate::Update => write.payments.push(PaymentRow::from(payment)),
            }
        }
        for (key, fate) in &written.references {
            let id = record("customer_reference", key);
            let owner = self.references.get(key).and_then(Option::as_ref);
            let row =
                owner.map(|owner| ReferenceRow { id: id.clone(), customer_id: owner.as_str().to_owned() });
            match (row, fate) {
                (Some(row), RowFate::Insert) => write.new_references.push(row),
                (Some(row), RowFate::Update) => write.references.push(row),
                (None, RowFate::Update) => write.deleted.push(id),
                (None, RowFate::Insert) => {}
            }
        }
        write.users = written.users.iter().filter_map(|id| self.users.get(id)?.clone()).collect();
        for key in &written.emails {
            if let Some(Some(owner)) = self.emails.get(key) {
                write
                    .emails
                    .push(EmailRow { id: record("user_email", key), user_id: owner.as_str().to_owned() });
            }
        }
        write.imports = written.imports.iter().filter_map(|id| self.imports.get(id)?.clone()).collect();
        write.totals = MoveRow::of(self.head.seq, &written.totals);
        self.keep(&written);
        let mut events = written.events;
        let told = events.iter_mut().zip(written.data).map(|(row, data)| Told::of(row, data)).collect();
        write.events = events;
        write.import_results = written.import_results;
        write.import_errors = written.import_errors;
        write.kept = written.kept;
        write.tokens = written.tokens;
        (write, told)
    }

    /// Leaves nothing on the desk but what a batch changed.
    fn keep(&mut self, written: &Written) {
        let mut desk = std::mem::replace(self, Desk::new(self.head.clone()));
        // What it leaves is being written now; what it decided on was there before.
        self.stored = desk.loaded_from;
        let bearers =
            written.invoices.values().chain(written.payments.values()).map(|(customer, _)| customer);
        let changed: HashSet<&CustomerId> = written.customers.keys().chain(bearers).collect();
        let kept: HashSet<String> = written.kept.iter().map(|row| key(row.id.clone())).collect();
        desk.accounts.retain(|id, _| changed.contains(id));
        desk.imported.retain(|id, _| changed.contains(id));
        desk.kept.retain(|key, _| kept.contains(key));
        desk.references.retain(|key, _| written.references.contains_key(key));
        desk.users.retain(|id, _| written.users.contains(id));
        desk.emails.retain(|key, _| written.emails.contains(key));
        desk.imports.retain(|id, _| written.imports.contains(id));
        let notes = written.events.iter().filter(|event| event.kind == EventKind::NoteAdded.as_str());
        self.noted = notes.filter_map(|event| Some(event.customer_id.as_deref()?.into())).collect();
        for account in desk.accounts.values().flatten() {
            name(&mut self.named, &account.customer);
        }
        self.accounts = desk.accounts;
        self.imported = desk.imported;
        self.kept = desk.kept;
        self.references = desk.references;
        self.users = desk.users;
        self.emails = desk.emails;
        self.imports = desk.imports;
    }
}

fn generated(number: i64) -> String {
    format!("C-{number}")
}

/// What decides by what a customer is found.
fn found_by(customer: &Customer) -> (&str, Option<&str>, bool) {
    (&customer.name, customer.email.as_deref(), customer.archived_at.is_some())
}

/// Whoever asks who is called so next means this one, too.
fn name(named: &mut HashMap<CalledBy, BTreeSet<CustomerId>>, customer: &Customer) {
    for by in CalledBy::of(customer) {
        named.entry(by).or_default().insert(customer.id.clone());
    }
}

/// Takes what an account was out of the running totals, and puts what it is in. Only rows that changed are looked at.
fn tally(totals: &mut Tallies, before: Option<&Account>, after: Option<&Account>) {
    let sides = [(before, after, -1), (after, before, 1)];
    for (account, other, sign) in sides {
        let Some(account) = account else { continue };
        if other.map(|other| &other.customer) != Some(&account.customer) {
            totals.customer(&account.customer, sign);
        }
        for (id, invoice) in &account.invoices {
            if other.and_then(|other| other.invoices.get(id)) != Some(invoice) {
                totals.invoice(invoice, sign);
            }
        }
        for (id, payment) in &account.payments {
            if other.and_then(|other| other.payments.get(id)) != Some(payment) {
                totals.payment(payment, sign);
            }
        }
    }
}

/// Notes what became of an account: versions, rows to write, changes for the event.
fn note_account(
    written: &mut Written,
    changes: &mut Vec<Value>,
    invoices: &mut Option<Vec<Value>>,
    before: Option<&Account>,
    after: Option<&mut Account>,
    at: DateTime<Utc>,
) {
    let Some(after) = after else {
        if let Some(before) = before {
            let id = before.customer.id.clone();
            changes.extend(change("customer", id.as_str(), Some(&before.customer), None::<&Customer>));
            written.customers.entry(id).or_insert(RowFate::Update);
        }
        return;
    };
    let customer_id = after.customer.id.clone();
    for (id, invoice) in &mut after.invoices {
        let old = before.and_then(|before| before.invoices.get(id));
        if old == Some(&*invoice) {
            continue;
        }
        if let Some(old) = old {
            invoice.version = old.version + 1;
            invoice.updated_at = at;
        }
        changes.extend(change("invoice", id.as_str(), old, Some(&*invoice)));
        if let Some(invoices) = invoices {
            invoices.push(json_of(&*invoice));
        }
        let fate = if old.is_some() { RowFate::Update } else { RowFate::Insert };
        written.invoices.entry(id.clone()).or_insert((customer_id.clone(), fate));
    }
    for (id, payment) in &mut after.payments {
        let old = before.and_then(|before| before.payments.get(id));
        if old == Some(&*payment) {
            continue;
        }
        if let Some(old) = old {
            payment.version = old.version + 1;
            payment.updated_at = at;
        }
        changes.extend(change("payment", id.as_str(), old, Some(&*payment)));
        let fate = if old.is_some() { RowFate::Update } else { RowFate::Insert };
        written.payments.entry(id.clone()).or_insert((customer_id.clone(), fate));
    }
    let old = before.map(|before| &before.customer);
    if old != Some(&after.customer) {
        if let Some(old) = old {
            after.customer.version = old.version + 1;
            after.customer.updated_at = at;
        }
        changes.extend(change("customer", customer_id.as_str(), old, Some(&after.customer)));
        let fate = if old.is_some() { RowFate::Update } else { RowFate::Insert };
        written.customers.entry(customer_id).or_insert(fate);
    }
}

/// `{"type","id","before","after"}` with only the fields that differ; a new row has no `before`, a removed one no `after`.
fn change<T: Serialize>(kind: &str, id: &str, before: Option<&T>, after: Option<&T>) -> Option<Value> {
    let before = before.map(json_of);
    let after = after.map(json_of);
    let (before, after) = match (before, after) {
        (Some(Value::Object(mut before)), Some(Value::Object(mut after))) => {
            for (field, old) in &mut before {
                if !after.contains_key(field) {
                    after.insert(field.clone(), Value::Null);
                } else if after.get(field) == Some(old) {
                    after.remove(field);
                    *old = Value::Null;
                }
            }
            before.retain(|field, _| after.contains_key(field));
            if after.is_empty() {
                return None;
            }
            (Value::Object(before), Value::Object(after))
        }
        (before, after) => (before.unwrap_or(Value::Null), after.unwrap_or(Value::Null)),
    };
    Some(json!({ "type": kind, "id": id, "before": before, "after": after }))
}

fn json_of<T: Serialize>(value: &T) -> Value {
    serde_json::to_value(value).unwrap_or(Value::Null)
}
