//! Invoices, opening balances included: what is asked for, and the dated facts that lessen it besides payments.

use chrono::{DateTime, NaiveDate, Utc};
use serde::{Deserialize, Serialize};
use thiserror::Error;

use crate::customer::{MoneyInput, parse_date};
use crate::field::{self, FieldError, FieldErrors};
use crate::terms::PaymentTerms;
use crate::{Currency, CustomerId, InvoiceId, Money, date};

/// What kind of document it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum InvoiceKind {
    /// What a customer owed when it came into Duebook.
    OpeningBalance,
    /// An invoice.
    Invoice,
}

/// The stored state. Overdue and partially paid are derived, never stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum InvoiceStatus {
    /// Still being written; owes nothing yet.
    Draft,
    /// Issued and not settled.
    Open,
    /// Balance is zero.
    Paid,
    /// Taken back before anything was paid.
    Void,
    /// Written off.
    Uncollectible,
}

/// What can be done to an invoice, besides paying it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum InvoiceAction {
    /// Change its fields.
    Edit,
    /// Ask for the money.
    Issue,
    /// Take it back before anything was paid.
    Void,
    /// Ask for less: a credit note.
    Credit,
    /// Give up what is still owed.
    WriteOff,
    /// Take a write-off back, because the money may come after all.
    Recover,
}

impl InvoiceAction {
    fn in_words(self) -> &'static str {
        match self {
            InvoiceAction::Edit => "edited",
            InvoiceAction::Issue => "issued",
            InvoiceAction::Void => "voided",
            InvoiceAction::Credit => "credited",
            InvoiceAction::WriteOff => "written off",
            InvoiceAction::Recover => "recovered",
        }
    }
}

/// Something that the invoice's state forbids.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("A {} invoice can't be {}; {}.", from.as_str(), action.in_words(), allowed_in_words(*from))]
pub struct InvalidInvoiceAction {
    /// Where it stands.
    pub from: InvoiceStatus,
    /// What was asked for.
    pub action: InvoiceAction,
}

fn allowed_in_words(from: InvoiceStatus) -> String {
    let words: Vec<_> = from.actions().iter().map(|action| action.in_words()).collect();
    if words.is_empty() {
        "nothing more can be done to it".to_owned()
    } else {
        format!("it can be {}", words.join(", "))
    }
}

impl InvoiceStatus {
    /// What can be done to an invoice in this state.
    pub fn actions(self) -> &'static [InvoiceAction] {
        use InvoiceAction::{Credit, Edit, Issue, Recover, Void, WriteOff};
        match self {
            InvoiceStatus::Draft => &[Edit, Issue, Void],
            InvoiceStatus::Open => &[Void, Credit, WriteOff],
            InvoiceStatus::Uncollectible => &[Recover],
            InvoiceStatus::Paid | InvoiceStatus::Void => &[],
        }
    }

    /// Whether `action` is among them.
    pub fn allows(self, action: InvoiceAction) -> Result<(), InvalidInvoiceAction> {
        if self.actions().contains(&action) {
            Ok(())
        } else {
            Err(InvalidInvoiceAction { from: self, action })
        }
    }

    /// The name on the wire.
    pub fn as_str(self) -> &'static str {
        match self {
            InvoiceStatus::Draft => "draft",
            InvoiceStatus::Open => "open",
            InvoiceStatus::Paid => "paid",
            InvoiceStatus::Void => "void",
            InvoiceStatus::Uncollectible => "uncollectible",
        }
    }
}

impl std::str::FromStr for InvoiceStatus {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        use InvoiceStatus::{Draft, Open, Paid, Uncollectible, Void};
        [Draft, Open, Paid, Void, Uncollectible]
            .into_iter()
            .find(|status| status.as_str() == text)
            .ok_or_else(|| "Use draft, open, paid, void or uncollectible.".to_owned())
    }
}

/// An invoice as stored. `balance = total − live allocations − credit notes − write-offs`, never below zero.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Invoice {
    /// Opaque id.
    pub id: InvoiceId,
    /// Who owes it.
    pub customer_id: CustomerId,
    /// Unique per customer; text, so leading zeros survive.
    pub number: String,
    /// Opening balance or invoice.
    pub kind: InvoiceKind,
    /// When it was issued.
    pub issue_date: NaiveDate,
    /// The last day on which it is not late.
    pub due_date: NaiveDate,
    /// What it asks for.
    pub total: Money,
    /// What is still owed.
    pub balance: Money,
    /// Stored state.
    pub status: InvoiceStatus,
    /// The terms its due date was computed from.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub terms: Option<PaymentTerms>,
    /// What it is for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub memo: Option<String>,
    /// Credit notes, write-offs, recoveries and the voiding, in the order in which they were entered.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub entries: Vec<InvoiceEntry>,
    /// The latest day on which something settled came to be owed again. What settles it now can't count before, or the
    /// books of the days between would have settled it twice.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reopened_on: Option<NaiveDate>,
    /// The due date for which lateness was already announced, so that each is announced once.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub announced_overdue: Option<NaiveDate>,
    /// The import that brought it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub import_id: Option<crate::ImportId>,
    /// Counts changes, for `If-Match`.
    pub version: i64,
    /// When it was entered.
    pub created_at: DateTime<Utc>,
    /// When it last changed.
    pub updated_at: DateTime<Utc>,
}

/// What lessens an invoice besides payments.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum InvoiceEntryKind {
    /// A credit note.
    Credited,
    /// Given up.
    WrittenOff,
    /// A write-off taken back, in whole or in part.
    Recovered,
    /// Taken back.
    Voided,
}

/// A fact about an invoice. Never changed afterwards: a correction is another fact.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct InvoiceEntry {
    /// What happened.
    pub kind: InvoiceEntryKind,
    /// The day from which it counts.
    pub on: NaiveDate,
    /// How much, above zero.
    pub amount: Money,
    /// Why.
    pub reason: String,
}

impl InvoiceEntry {
    /// By how many minor units it lessens what is owed.
    fn lessens(&self) -> i64 {
        match self.kind {
            InvoiceEntryKind::Recovered => -self.amount.minor(),
            _ => self.amount.minor(),
        }
    }
}

/// An invoice as typed or posted.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NewInvoice {
    /// Who owes it.
    pub customer_id: String,
    /// Its number in the user's books; made up when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub number: Option<String>,
    /// What it asks for.
    pub total: MoneyInput,
    /// Today when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub issue_date: Option<String>,
    /// By hand, or from `terms`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub due_date: Option<String>,
    /// `net_30`, `end_of_month`, …
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub terms: Option<String>,
    /// What it is for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub memo: Option<String>,
    /// `open` (default) or `draft`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub status: Option<String>,
}

/// A change of a draft. Absent fields stay.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct InvoicePatch {
    /// Its number.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub number: Option<String>,
    /// What it asks for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub total: Option<MoneyInput>,
    /// When it is issued.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub issue_date: Option<String>,
    /// By hand, or from `terms`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub due_date: Option<String>,
    /// The terms; empty for none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub terms: Option<String>,
    /// What it is for; empty for nothing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub memo: Option<String>,
    /// The version this change was made from.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub version: Option<i64>,
}

/// A validated invoice.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InvoiceDraft {
    /// Its number, unless one is to be made up.
    pub number: Option<String>,
    /// What it asks for.
    pub total: Money,
    /// When it is issued.
    pub issue_date: NaiveDate,
    /// The last day on which it is not late.
    pub due_date: NaiveDate,
    /// The terms the due date came from.
    pub terms: Option<PaymentTerms>,
    /// What it is for.
    pub memo: Option<String>,
    /// Whether it is issued at once.
    pub issued: bool,
}

/// The longest number.
const NUMBER_MAX: usize = 64;
/// The longest memo.
const MEMO_MAX: usize = 500;

impl NewInvoice {
    /// The clean draft in the account's `currency`, or everything that is wrong.
    pub fn validate(
        &self,
        currency: Currency,
        business_date: NaiveDate,
    ) -> Result<InvoiceDraft, FieldErrors> {
        let mut errors = FieldErrors::default();
        let number =
            errors.check(field::optional_line("number", self.number.as_deref(), NUMBER_MAX)).flatten();
        let total = errors.check(crate::account::positive("total", &self.total, currency));
        let issue_date = match given(self.issue_date.as_deref()) {
            None => Some(business_date),
            Some(text) => errors.check(parse_date("issue_date", text)),
        };
        let terms = given(self.terms.as_deref()).and_then(|text| errors.check(parse_terms(text)));
        let due_date = match (given(self.due_date.as_deref()), terms, issue_date) {
            (Some(text), ..) => errors.check(parse_date("due_date", text)),
            (None, Some(terms), Some(issued)) => Some(terms.due_date(issued)),
            (None, None, _) if given(self.terms.as_deref()).is_none() => {
                errors.add("due_date", "required", "Enter a due date, or choose terms.");
                None
            }
            _ => None,
        };
        // A due date typed over the terms is no longer theirs.
        let terms = terms.filter(|terms| issue_date.map(|issued| terms.due_date(issued)) == due_date);
        let memo = errors.check(field::optional_text("memo", self.memo.as_deref(), MEMO_MAX)).flatten();
        let issued = match self.status.as_deref() {
            None | Some("" | "open") => true,
            Some("draft") => false,
            Some(_) => {
                errors.add("status", "invalid_status", "A new invoice is open or draft.");
                false
            }
        };
        if let (Some(issue_date), Some(due_date)) = (issue_date, due_date) {
            check_dates(&mut errors, issue_date, due_date, issued, business_date);
        }
        match (total, issue_date, due_date) {
            (Some(total), Some(issue_date), Some(due_date)) if errors.is_empty() => {
                Ok(InvoiceDraft { number, total, issue_date, due_date, terms, memo, issued })
            }
            _ => Err(errors),
        }
    }
}

fn given(text: Option<&str>) -> Option<&str> {
    text.filter(|text| !text.trim().is_empty())
}

fn parse_terms(text: &str) -> Result<PaymentTerms, FieldError> {
    text.trim().parse().map_err(|message: String| FieldError::new("terms", "invalid_terms", message))
}

fn check_dates(
    errors: &mut FieldErrors,
    issued: NaiveDate,
    due: NaiveDate,
    is_issued: bool,
    today: NaiveDate,
) {
    if due < issued {
        errors.add("due_date", "before_issue", "An invoice can't be due before it is issued.");
    }
    if is_issued && issued > today {
        errors.add("issue_date", "in_the_future", "Keep it as a draft until then, or issue it today.");
    }
}

impl Invoice {
    /// Takes a draft's new fields.
    pub fn edit(&mut self, patch: &InvoicePatch, business_date: NaiveDate) -> Result<(), FieldErrors> {
        let mut errors = FieldErrors::default();
        if let Some(number) = &patch.number
            && let Some(number) =
                errors.check(field::required_line("number", "the invoice's number", number, NUMBER_MAX))
        {
            self.number = number;
        }
        if let Some(total) = &patch.total
            && let Some(total) = errors.check(crate::account::positive("total", total, self.total.currency()))
        {
            (self.total, self.balance) = (total, total);
        }
        if let Some(text) = &patch.issue_date
            && let Some(date) = errors.check(parse_date("issue_date", text))
        {
            self.issue_date = date;
        }
        match patch.terms.as_deref() {
            Some(text) if text.trim().is_empty() => self.terms = None,
            Some(text) => self.terms = errors.check(parse_terms(text)),
            None => {}
        }
        match (given(patch.due_date.as_deref()), self.terms) {
            (Some(text), terms) => {
                if let Some(date) = errors.check(parse_date("due_date", text)) {
                    self.due_date = date;
                    self.terms = terms.filter(|terms| terms.due_date(self.issue_date) == date);
                }
            }
            (None, Some(terms)) => self.due_date = terms.due_date(self.issue_date),
            (None, None) => {}
        }
        if let Some(memo) = &patch.memo {
            self.memo = errors.check(field::optional_text("memo", Some(memo), MEMO_MAX)).flatten();
        }
        check_dates(&mut errors, self.issue_date, self.due_date, false, business_date);
        errors.into_result()
    }

    /// Whether nothing was paid, credited or given up on it, so that it can be taken back as if it had never been.
    pub fn is_untouched(&self) -> bool {
        self.balance == self.total
    }

    /// What can be done to it as it stands: what its state allows, but voiding only while it is untouched.
    pub fn actions(&self) -> Vec<InvoiceAction> {
        let allowed = self.status.actions().iter().copied();
        allowed.filter(|action| *action != InvoiceAction::Void || self.is_untouched()).collect()
    }

    /// Reads the amount of a credit note: at most what is still owed.
    pub fn credit_amount(&self, amount: &MoneyInput) -> Result<Money, FieldErrors> {
        let amount = crate::account::positive("amount", amount, self.total.currency())?;
        if amount.minor() > self.balance.minor() {
            let message = format!(
                "Only {} is still owed. To credit more, take payments off this invoice first.",
                self.balance
            );
            return Err(FieldError::new("amount", "above_balance", message).into());
        }
        Ok(amount)
    }

    /// Reads how much of a write-off is taken back: at most what was given up, all of it when absent.
    pub fn recovery_amount(&self, amount: Option<&MoneyInput>) -> Result<Money, FieldErrors> {
        let given_up = Money::from_minor(self.written_off(), self.total.currency());
        let Some(amount) = amount else { return Ok(given_up) };
        let amount = crate::account::positive("amount", amount, self.total.currency())?;
        if amount.minor() > given_up.minor() {
            let message = format!("Only {given_up} was written off.");
            return Err(FieldError::new("amount", "above_written_off", message).into());
        }
        Ok(amount)
    }

    /// What was given up and not taken back, in minor units.
    pub fn written_off(&self) -> i64 {
        let sum = |kind| {
            self.entries
                .iter()
                .filter(|entry| entry.kind == kind)
                .map(|entry| entry.amount.minor())
                .sum::<i64>()
        };
        sum(InvoiceEntryKind::WrittenOff) - sum(InvoiceEntryKind::Recovered)
    }

    /// What credit notes, write-offs and the voiding lessen it by, in minor units.
    pub fn lessened(&self) -> i64 {
        self.entries.iter().map(InvoiceEntry::lessens).sum()
    }

    /// Whether it ever asked for money: drafts don't, nor what was void before it was issued.
    pub fn was_issued(&self) -> bool {
        match self.status {
            InvoiceStatus::Draft => false,
            InvoiceStatus::Void => self.entries.iter().any(|entry| entry.kind == InvoiceEntryKind::Voided),
            _ => true,
        }
    }

    /// What it asked for as of `date`, in minor units, before payments: its total from the issue date on, less the credit
    /// notes, write-offs and voiding that counted by then.
    pub fn asked_on(&self, date: NaiveDate) -> i64 {
        if !self.was_issued() || self.issue_date > date {
            return 0;
        }
        let counted = self.entries.iter().filter(|entry| entry.on <= date);
        self.total.minor() - counted.map(InvoiceEntry::lessens).sum::<i64>()
    }

    /// The earliest day on which something can settle what is owed now.
    pub fn owed_since(&self) -> NaiveDate {
        self.reopened_on.map_or(self.issue_date, |day| day.max(self.issue_date))
    }

    /// Notes that something settled is owed again from `on`.
    pub(crate) fn reopen(&mut self, on: NaiveDate) {
        self.reopened_on = Some(self.reopened_on.map_or(on, |day| day.max(on)));
    }

    /// Notes a fact that moves the balance.
    pub(crate) fn lessen(&mut self, entry: InvoiceEntry) {
        self.balance = Money::from_minor(self.balance.minor() - entry.lessens(), self.balance.currency());
        self.entries.push(entry);
        self.settle_status();
    }

    /// Puts the state right after the balance moved. Drafts and void invoices have no balance that moves.
    pub(crate) fn settle_status(&mut self) {
        self.status = match self.status {
            InvoiceStatus::Draft | InvoiceStatus::Void => self.status,
            _ if self.balance.is_positive() => InvoiceStatus::Open,
            _ if self.written_off() > 0 => InvoiceStatus::Uncollectible,
            _ => InvoiceStatus::Paid,
        };
    }

    /// Whether it counts towards what its customer owes.
    pub fn is_open(&self) -> bool {
        self.status == InvoiceStatus::Open && self.balance.is_positive()
    }

    /// Overdue iff open, owing, and due before the business date.
    pub fn is_overdue(&self, business_date: NaiveDate) -> bool {
        self.is_open() && self.due_date < business_date
    }

    /// The invoice as clients see it on `business_date`.
    pub fn view(self, business_date: NaiveDate) -> InvoiceView {
        InvoiceView {
            overdue: self.is_overdue(business_date),
            days_past_due: if self.is_open() { date::days_past_due(self.due_date, business_date) } else { 0 },
            invoice: self,
            customer_name: None,
        }
    }
}

/// An invoice with what is derived for a business date.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct InvoiceView {
    /// The stored invoice.
    #[serde(flatten)]
    pub invoice: Invoice,
    /// Who owes it, by name, where the reader may not know.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub customer_name: Option<String>,
    /// Whether it is past due and still owing.
    pub overdue: bool,
    /// Whole days past due; 0 when not late.
    pub days_past_due: i64,
}

impl InvoiceView {
    /// The same, saying who owes it.
    pub fn of_customer(self, name: impl Into<String>) -> Self {
        Self { customer_name: Some(name.into()), ..self }
    }

    /// Whether a part of it was paid, and a part is still to be.
    pub fn is_partly_paid(&self) -> bool {
        // A credit note lessens the balance too, but pays nothing.
        let asked = self.invoice.total.minor() - self.invoice.lessened();
        self.invoice.status == InvoiceStatus::Open && self.invoice.balance.minor() < asked
    }

    /// Its state for people, with what is derived: overdue, partly paid.
    pub fn label(&self) -> &'static str {
        match self.invoice.status {
            InvoiceStatus::Open if self.overdue => "Overdue",
            InvoiceStatus::Open if self.is_partly_paid() => "Partly paid",
            InvoiceStatus::Open => "Open",
            InvoiceStatus::Paid => "Paid",
            InvoiceStatus::Draft => "Draft",
            InvoiceStatus::Void => "Void",
            InvoiceStatus::Uncollectible => "Written off",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Currency;

    fn invoice(status: InvoiceStatus, balance: i64) -> Invoice {
        Invoice {
            id: "inv_1".into(),
            customer_id: "cus_1".into(),
            number: "007".to_owned(),
            kind: InvoiceKind::Invoice,
            issue_date: "2025-03-01".parse().unwrap(),
            due_date: "2025-03-20".parse().unwrap(),
            total: Money::from_minor(100, Currency::USD),
            balance: Money::from_minor(balance, Currency::USD),
            status,
            terms: None,
            memo: None,
            entries: Vec::new(),
            reopened_on: None,
            announced_overdue: None,
            import_id: None,
            version: 1,
            created_at: DateTime::UNIX_EPOCH,
            updated_at: DateTime::UNIX_EPOCH,
        }
    }

    #[test]
    fn only_what_is_open_and_owing_and_past_its_due_date_is_overdue() {
        let day = |text: &str| text.parse::<NaiveDate>().unwrap();
        for (status, balance, on, overdue) in [
            (InvoiceStatus::Open, 100, "2025-03-21", true),
            (InvoiceStatus::Open, 40, "2025-03-21", true),
            (InvoiceStatus::Open, 100, "2025-03-20", false),
            (InvoiceStatus::Open, 0, "2025-03-21", false),
            (InvoiceStatus::Paid, 0, "2025-03-21", false),
            (InvoiceStatus::Draft, 100, "2025-03-21", false),
            (InvoiceStatus::Void, 100, "2025-03-21", false),
            (InvoiceStatus::Uncollectible, 100, "2025-03-21", false),
        ] {
            let invoice = invoice(status, balance);
            assert_eq!(invoice.is_overdue(day(on)), overdue, "{status:?} {balance} {on}");
            let view = invoice.view(day(on));
            assert_eq!((view.overdue, view.days_past_due), (overdue, i64::from(overdue)));
        }
    }

    #[test]
    fn only_an_untouched_invoice_can_be_voided() {
        use InvoiceAction::{Credit, Edit, Issue, Recover, Void, WriteOff};
        for (status, balance, actions) in [
            (InvoiceStatus::Draft, 100, vec![Edit, Issue, Void]),
            (InvoiceStatus::Open, 100, vec![Void, Credit, WriteOff]),
            (InvoiceStatus::Open, 40, vec![Credit, WriteOff]),
            (InvoiceStatus::Uncollectible, 0, vec![Recover]),
            (InvoiceStatus::Paid, 0, vec![]),
        ] {
            assert_eq!(invoice(status, balance).actions(), actions, "{status:?} {balance}");
        }
    }

    #[test]
    fn no_more_is_credited_than_owed_nor_recovered_than_given_up() {
        let input = |amount: &str| MoneyInput { amount: amount.to_owned(), currency: None };
        let code = |result: Result<Money, FieldErrors>| result.map_err(|errors| errors.0[0].code.to_string());
        let mut invoice = invoice(InvoiceStatus::Open, 40);
        assert_eq!(code(invoice.credit_amount(&input("0.40"))), Ok(Money::from_minor(40, Currency::USD)));
        assert_eq!(code(invoice.credit_amount(&input("0.41"))), Err("above_balance".to_owned()));
        assert_eq!(code(invoice.credit_amount(&input("0"))), Err("not_positive".to_owned()));
        invoice.lessen(InvoiceEntry {
            kind: InvoiceEntryKind::WrittenOff,
            on: invoice.due_date,
            amount: invoice.balance,
            reason: "Gone".to_owned(),
        });
        assert_eq!(invoice.status, InvoiceStatus::Uncollectible);
        assert_eq!(code(invoice.recovery_amount(None)), Ok(Money::from_minor(40, Currency::USD)));
        assert_eq!(code(invoice.recovery_amount(Some(&input("0.41")))), Err("above_written_off".to_owned()));
    }

    #[test]
    fn states_go_by_their_names() {
        use InvoiceStatus::{Draft, Open, Paid, Uncollectible, Void};
        for status in [Draft, Open, Paid, Void, Uncollectible] {
            assert_eq!(status.as_str().parse(), Ok(status));
            assert_eq!(serde_json::to_value(status).unwrap(), status.as_str());
        }
    }
}
