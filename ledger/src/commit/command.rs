//! One change, before it happens.

use domain::account::{Moment, Rule};
use domain::{Customer, CustomerId, EventKind, FieldErrors, ImportId, InvoiceId, PaymentId, Subject, UserId};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};
use tokio::sync::oneshot;

use super::desk::Desk;
use crate::caller::Caller;
use crate::{Error, Idempotency, Replayed, Result};

/// What several customers may have in common: without case.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) enum CalledBy {
    Name(String),
    Email(String),
}

impl CalledBy {
    pub(crate) fn name(name: &str) -> Self {
        CalledBy::Name(name.to_lowercase())
    }

    pub(crate) fn email(email: &str) -> Self {
        CalledBy::Email(email.to_lowercase())
    }

    /// What a customer is found by; an archived one is not.
    pub(crate) fn of(customer: &Customer) -> impl Iterator<Item = Self> {
        let found = customer.archived_at.is_none();
        let email = customer.email.as_deref().filter(|_| found).map(Self::email);
        email.into_iter().chain(found.then(|| Self::name(&customer.name)))
    }
}

/// What a command wants to find on the desk. What is missing when it decides is loaded and it decides again, so this
/// only saves round trips; it need not be complete.
#[derive(Clone, Debug, Default)]
pub(crate) struct Needs {
    pub accounts: Vec<CustomerId>,
    pub payments: Vec<PaymentId>,
    /// Invoices that may be closed or drafts; open ones come with their accounts.
    pub invoices: Vec<InvoiceId>,
    /// Customers whose payments with unapplied money are wanted.
    pub unapplied: Vec<CustomerId>,
    /// Invoice numbers of customers, to find out whether they are taken.
    pub numbers: Vec<(CustomerId, String)>,
    /// What customers are called by, to find out who is.
    pub called: Vec<CalledBy>,
    /// Payments of customers on days, to find out whether one is known.
    pub received: Vec<(CustomerId, chrono::NaiveDate)>,
    /// References without case, to find out whose they are.
    pub references: Vec<String>,
    /// So many generated references will be wanted.
    pub generated: usize,
    pub users: Vec<UserId>,
    /// E-mail addresses without case.
    pub emails: Vec<String>,
    /// Every user: for the first registration and the last admin.
    pub all_users: bool,
    pub imports: Vec<ImportId>,
    /// Record keys of idempotency records.
    pub keys: Vec<String>,
    /// Whether anything besides the customer row hangs on these customers.
    pub history: Vec<CustomerId>,
}

impl Needs {
    /// Takes the other's wishes in.
    pub(super) fn add(&mut self, other: &Needs) {
        self.accounts.extend_from_slice(&other.accounts);
        self.payments.extend_from_slice(&other.payments);
        self.invoices.extend_from_slice(&other.invoices);
        self.unapplied.extend_from_slice(&other.unapplied);
        self.numbers.extend_from_slice(&other.numbers);
        self.called.extend_from_slice(&other.called);
        self.received.extend_from_slice(&other.received);
        self.references.extend_from_slice(&other.references);
        self.generated += other.generated;
        self.users.extend_from_slice(&other.users);
        self.emails.extend_from_slice(&other.emails);
        self.all_users |= other.all_users;
        self.imports.extend_from_slice(&other.imports);
        self.keys.extend_from_slice(&other.keys);
        self.history.extend_from_slice(&other.history);
    }
}

/// The event a command writes; the rows it changed are added to `data` by the desk.
#[derive(Clone, Debug)]
pub(crate) struct NewEvent {
    pub kind: EventKind,
    pub subject: Subject,
    /// Whose timeline it belongs to; the customer’s new summary row is added to `data`, as is a changed user.
    pub customer: Option<CustomerId>,
    /// The payment whose full row is added to `data`.
    pub payment: Option<PaymentId>,
    /// The invoice whose number is added to `data`.
    pub invoice: Option<InvoiceId>,
    pub data: Map<String, Value>,
}

impl NewEvent {
    pub(crate) fn new(kind: EventKind, subject: &str, id: &str) -> Self {
        Self {
            kind,
            subject: Subject { kind: subject.to_owned(), id: id.to_owned() },
            customer: None,
            payment: None,
            invoice: None,
            data: Map::new(),
        }
    }

    pub(crate) fn customer(mut self, id: &CustomerId) -> Self {
        self.customer = Some(id.clone());
        self
    }

    pub(crate) fn payment(mut self, id: &PaymentId) -> Self {
        self.payment = Some(id.clone());
        self
    }

    pub(crate) fn invoice(mut self, id: &InvoiceId) -> Self {
        self.invoice = Some(id.clone());
        self
    }

    /// Adds a field to `data`.
    pub(crate) fn with(mut self, field: &str, value: impl Serialize) -> Self {
        self.data.insert(field.to_owned(), serde_json::to_value(value).unwrap_or(Value::Null));
        self
    }
}

/// Why a command did not decide.
#[derive(Debug)]
pub(crate) enum Stop {
    /// Something it asked for is not on the desk yet.
    Missing,
    /// It was refused.
    Refused(Error),
}

impl From<Error> for Stop {
    fn from(error: Error) -> Self {
        Stop::Refused(error)
    }
}

impl From<Rule> for Stop {
    fn from(rule: Rule) -> Self {
        Stop::Refused(rule.into())
    }
}

impl From<FieldErrors> for Stop {
    fn from(errors: FieldErrors) -> Self {
        Stop::Refused(errors.into())
    }
}

type Decide = Box<dyn FnMut(&mut Desk, Moment) -> Result<Option<NewEvent>, Stop> + Send>;
type Answer<T> = Box<dyn Fn(&Desk) -> Result<T> + Send>;

/// One change: decides on the desk, then answers from it. May run several times; only the last run counts.
pub(crate) struct Command<T> {
    pub caller: Caller,
    pub needs: Needs,
    pub idempotency: Option<Idempotency>,
    /// It writes many rows: one transaction takes one such.
    pub bulky: bool,
    decide: Decide,
    answer: Answer<T>,
}

impl<T> Command<T> {
    /// `decide` changes the desk and names the event (`None`: there was nothing to change); `answer` reads the desk
    /// after the changed rows got their versions.
    pub(crate) fn new(
        caller: &Caller,
        needs: Needs,
        decide: impl FnMut(&mut Desk, Moment) -> Result<Option<NewEvent>, Stop> + Send + 'static,
        answer: impl Fn(&Desk) -> Result<T> + Send + 'static,
    ) -> Self {
        Self {
            caller: caller.clone(),
            needs,
            idempotency: None,
            bulky: false,
            decide: Box::new(decide),
            answer: Box::new(answer),
        }
    }

    /// Says that it writes many rows.
    pub(crate) fn bulky(mut self) -> Self {
        self.bulky = true;
        self
    }

    /// Makes it happen once per key.
    pub(crate) fn once(mut self, idempotency: Option<&Idempotency>) -> Self {
        if let Some(idempotency) = idempotency {
            self.needs.keys.push(idempotency.record_key(&self.caller));
            self.idempotency = Some(idempotency.clone());
        }
        self
    }
}

/// A command in the queue, its answer's type forgotten.
pub(super) trait Job: Send {
    fn needs(&self) -> &Needs;
    /// Decides on the desk; what it changed is on the desk, its answer is kept.
    fn run(&mut self, desk: &mut Desk, moment: Moment) -> Result<(), Stop>;
    /// Keeps the refusal until the batch is settled.
    fn refuse(&mut self, error: Error);
    /// Forgets the outcome of this try.
    fn reset(&mut self);
    /// Hands the outcome to whoever waits.
    fn settle(self: Box<Self>);
    /// Hands this failure to whoever waits, whatever was decided.
    fn fail(self: Box<Self>, error: Error);
    /// Whether it writes so many rows that a transaction takes only one such.
    fn is_bulky(&self) -> bool {
        false
    }
    /// Whether the committer ends after it.
    fn is_last(&self) -> bool {
        false
    }
}

pub(super) struct Queued<T> {
    pub command: Command<T>,
    pub outcome: Option<Result<Replayed<T>>>,
    pub reply: oneshot::Sender<Result<Replayed<T>>>,
}

impl<T: Serialize + DeserializeOwned + Send + 'static> Queued<T> {
    /// The first answer, when this key was seen with the same request.
    fn replay(&self, desk: &mut Desk) -> Result<Option<T>, Stop> {
        let Some(idempotency) = &self.command.idempotency else { return Ok(None) };
        let Some(kept) = desk.kept_answer(&idempotency.record_key(&self.command.caller))? else {
            return Ok(None);
        };
        if kept.fingerprint != idempotency.fingerprint {
            return Err(Stop::Refused(Error::KeyReused));
        }
        serde_json::from_str(&kept.answer).map(Some).map_err(|error| Stop::Refused(Error::internal(error)))
    }
}

impl<T: Serialize + DeserializeOwned + Send + 'static> Job for Queued<T> {
    fn needs(&self) -> &Needs {
        &self.command.needs
    }

    fn run(&mut self, desk: &mut Desk, moment: Moment) -> Result<(), Stop> {
        if let Some(value) = self.replay(desk)? {
            self.outcome = Some(Ok(Replayed { value, replay: true }));
            return Ok(());
        }
        desk.begin();
        let event = (self.command.decide)(desk, moment)?;
        desk.finish(event, &self.command.caller, moment)?;
        let value = (self.command.answer)(desk)?;
        if let Some(idempotency) = &self.command.idempotency {
            let answer = serde_json::to_string(&value).map_err(Error::internal)?;
            desk.keep_answer(
                idempotency.record_key(&self.command.caller),
                &idempotency.fingerprint,
                answer,
                moment.at,
            );
        }
        self.outcome = Some(Ok(Replayed { value, replay: false }));
        Ok(())
    }

    fn refuse(&mut self, error: Error) {
        self.outcome = Some(Err(error));
    }

    fn reset(&mut self) {
        self.outcome = None;
    }

    fn is_bulky(&self) -> bool {
        self.command.bulky
    }

    fn settle(self: Box<Self>) {
        let outcome = self.outcome.unwrap_or(Err(Error::Busy));
        // Whoever asked may have gone; the change stands all the same.
        let _ = self.reply.send(outcome);
    }

    fn fail(self: Box<Self>, error: Error) {
        let _ = self.reply.send(Err(error));
    }
}
