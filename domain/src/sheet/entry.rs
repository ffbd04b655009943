//! Rows of invoices, of payments, and of customers with their invoices.

use chrono::NaiveDate;

use super::cell::Fault;
use super::customer_row::SheetRow;
use super::field::Field;
use super::row::{Reading, Row, RowContext};
use super::values::{self, Standing};
use crate::terms::PaymentTerms;
use crate::{Currency, Money, PaymentMethod, PaymentStatus, customer, date};

/// What a row of a sheet says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Entry {
    /// A customer, with what it owes in all.
    Customer(SheetRow),
    /// An invoice of a known customer.
    Invoice(InvoiceRow),
    /// A payment of a known customer.
    Payment(PaymentRow),
    /// A customer with one of its invoices.
    Combined(CombinedRow),
}

impl Entry {
    /// What the row adds to the control total of its currency: the debt, the invoice or the payment.
    pub fn amount(&self) -> Option<Money> {
        match self {
            Entry::Customer(row) => row.owed.as_ref().filter(|owed| !owed.settled).map(|owed| owed.amount),
            Entry::Invoice(row) => Some(row.total),
            Entry::Payment(row) => Some(row.amount),
            Entry::Combined(row) => Some(row.invoice.total),
        }
    }

    /// What the row is about, for people: a customer's name, an invoice's number.
    pub fn title(&self) -> String {
        match self {
            Entry::Customer(row) => row.name.clone(),
            Entry::Invoice(row) => row.number.clone(),
            Entry::Payment(row) => format!("{} from {}", row.amount, row.customer.shown()),
            Entry::Combined(row) => format!("{}, {}", row.invoice.number, row.customer.name),
        }
    }

    /// The currency of the account, where the row names one.
    pub fn currency(&self) -> Option<Currency> {
        match self {
            Entry::Customer(row) => row.currency,
            Entry::Invoice(row) => row.currency,
            Entry::Payment(row) => row.currency,
            Entry::Combined(row) => row.invoice.currency,
        }
    }
}

/// How a row names a known customer: by reference, or without one by name. One of them is there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CustomerKey {
    /// The customer's number in the user's books.
    pub reference: Option<String>,
    /// Name; decides only where there is no reference.
    pub name: Option<String>,
}

impl CustomerKey {
    /// The reference, else the name.
    pub fn shown(&self) -> &str {
        self.reference.as_deref().or(self.name.as_deref()).unwrap_or_default()
    }
}

/// An invoice as a row states it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InvoiceRow {
    /// Who owes it.
    pub customer: CustomerKey,
    /// Its number, as written.
    pub number: String,
    /// When it was issued, if the row says so.
    pub issue_date: Option<NaiveDate>,
    /// The last day on which it is not late; from the terms where the row gives no date.
    pub due_date: NaiveDate,
    /// Above zero.
    pub total: Money,
    /// The currency as the row names it. `None` means the account's: where that isn't the organisation's, the row has to
    /// be read again with it as the default.
    pub currency: Option<Currency>,
    /// The terms its due date follows from.
    pub terms: Option<PaymentTerms>,
    /// What it is for; says so when it is disputed.
    pub memo: Option<String>,
    /// The customer disputes it.
    pub disputed: bool,
    /// The day on which it was paid in full: the settled date, or for a row that only says Paid the due date, at the
    /// latest the business date.
    pub settled_on: Option<NaiveDate>,
}

impl InvoiceRow {
    /// The issue date, or where the row has none the due date, at the latest the business date.
    pub fn issued_on(&self, business_date: NaiveDate) -> NaiveDate {
        self.issue_date.unwrap_or_else(|| self.due_date.min(business_date))
    }
}

/// A payment as a row states it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PaymentRow {
    /// Who paid.
    pub customer: CustomerKey,
    /// Above zero.
    pub amount: Money,
    /// The currency as the row names it. `None` means the account's, as for an invoice.
    pub currency: Option<Currency>,
    /// When it came; never in the future.
    pub received_on: NaiveDate,
    /// How it came.
    pub method: PaymentMethod,
    /// The payer's or bank's words.
    pub reference: Option<String>,
    /// The numbers of the invoices it is for, in the order written; none means the oldest first.
    pub invoices: Vec<String>,
    /// Completed, or pending.
    pub status: PaymentStatus,
}

/// A customer with one of its invoices. What it says of the customer is repeated on its other rows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CombinedRow {
    /// The customer, without a debt of its own. Named by its reference where the row has no name.
    pub customer: SheetRow,
    /// Its invoice.
    pub invoice: InvoiceRow,
}

/// The label of a customer with a disputed invoice, and the memo of the invoice.
const DISPUTED: &str = "disputed";

impl Row<'_> {
    /// An invoice of a customer that is named by reference or name.
    pub(super) fn invoice(&mut self, context: RowContext) -> Option<InvoiceRow> {
        let customer = self.customer_key();
        self.invoice_of(customer, context)
    }

    /// A customer, named or at least numbered, with an invoice.
    pub(super) fn combined(&mut self, context: RowContext) -> Option<CombinedRow> {
        let mut details = self.details();
        let name = self.field(Field::Name, values::name);
        let nameless = name.is_absent();
        let name = name.value();
        let key = match (&details.reference, &name) {
            (None, None) => {
                if nameless && !self.blames(Field::Reference) {
                    self.customer_required();
                }
                None
            }
            _ => Some(CustomerKey { reference: details.reference.clone(), name: name.clone() }),
        };
        let invoice = self.invoice_of(key, context)?;
        details.name = name.or_else(|| details.reference.clone())?;
        details.currency = invoice.currency;
        if invoice.disputed {
            details.tags.push(DISPUTED.to_owned());
            details.tags = customer::tags(&details.tags).unwrap_or(details.tags);
        }
        Some(CombinedRow { customer: details, invoice })
    }

    /// Money that came from a customer.
    pub(super) fn payment(&mut self, context: RowContext) -> Option<PaymentRow> {
        let customer = self.customer_key();
        let amount =
            self.required_amount(Field::Amount, "Enter how much was paid, such as 1250.00.", context);
        let received_on = self.date(Field::ReceivedOn);
        if received_on.is_absent() {
            self.wrong(
                Field::ReceivedOn,
                Fault::new("required", "Enter when the money came, such as 2026-03-20."),
            );
        }
        let received_on = received_on.value();
        self.not_in_the_future(Field::ReceivedOn, received_on, context, "Money can't have come after today");
        let reference =
            self.field(Field::PaymentReference, |cell| values::line(cell, "reference", REFERENCE_MAX));
        let invoices = self.field(Field::InvoiceNumber, values::invoice_numbers);
        let status = self.field(Field::Status, values::payment_status);
        let method = self.method();
        let (amount, currency) = amount?;
        Some(PaymentRow {
            customer: customer?,
            amount,
            currency,
            received_on: received_on?,
            method,
            reference: reference.value().flatten(),
            invoices: invoices.value().unwrap_or_default(),
            status: status.value().unwrap_or(PaymentStatus::Completed),
        })
    }

    /// `None` when neither is there or one is wrong, which was reported then.
    fn customer_key(&mut self) -> Option<CustomerKey> {
        let reference = self.field(Field::Reference, values::reference);
        let name = self.field(Field::Name, values::name);
        if reference.is_absent() && name.is_absent() {
            self.customer_required();
        }
        let key = CustomerKey { reference: reference.value(), name: name.value() };
        (key.reference.is_some() || key.name.is_some()).then_some(key)
    }

    fn customer_required(&mut self) {
        let field = if self.has(Field::Reference) { Field::Reference } else { Field::Name };
        self.wrong(field, Fault::new("required", "Say whose it is: enter the customer's reference or name."));
    }

    fn invoice_of(&mut self, customer: Option<CustomerKey>, context: RowContext) -> Option<InvoiceRow> {
        let number =
            self.required(Field::InvoiceNumber, "Enter the invoice's number.", values::invoice_number);
        let total =
            self.required_amount(Field::Total, "Enter what the invoice asks for, such as 1250.00.", context);
        let issue = self.date(Field::IssueDate);
        let unclear = issue.is_wrong();
        let issue_date = issue.value();
        let (due_date, terms) = self.due(issue_date, unclear);
        self.check_dates(issue_date, due_date, context);
        let settled_on = self.settled(total.is_some(), due_date, context);
        let disputed = self.field(Field::Disputed, values::yes).value().unwrap_or(false);
        let memo =
            self.field(Field::Memo, |cell| values::many_lines(cell, "memo", MEMO_MAX)).value().flatten();
        let (total, currency) = total?;
        Some(InvoiceRow {
            customer: customer?,
            number: number?,
            issue_date,
            due_date: due_date?,
            total,
            currency,
            terms,
            memo: if disputed { Some(with_dispute(memo)) } else { memo },
            disputed,
            settled_on,
        })
    }

    /// The due date as written, or else as the terms give it. Terms that the due date doesn't follow from are dropped.
    fn due(&mut self, issued: Option<NaiveDate>, unclear: bool) -> (Option<NaiveDate>, Option<PaymentTerms>) {
        let due = self.date(Field::DueDate);
        if let Reading::Is(due) = due {
            let terms = self.terms_beside_a_date();
            return (
                Some(due),
                terms.filter(|terms| issued.map(|issued| terms.due_date(issued)) == Some(due)),
            );
        }
        let terms = self.field(Field::Terms, values::terms);
        if due.is_absent() && terms.is_absent() {
            let field = if self.has(Field::DueDate) { Field::DueDate } else { Field::Terms };
            self.wrong(field, Fault::new("required", "Enter when the invoice is due, such as 2026-03-20."));
        }
        let terms = terms.value();
        if due.is_absent() && terms.is_some() && issued.is_none() && !unclear {
            self.wrong(
                Field::IssueDate,
                Fault::new("required", "Enter the issue date that the terms count from, or a due date."),
            );
        }
        match (due, terms, issued) {
            (Reading::Absent, Some(terms), Some(issued)) => (Some(terms.due_date(issued)), Some(terms)),
            _ => (None, terms),
        }
    }

    /// Where the due date is written, terms we don't know are no reason to refuse the row.
    fn terms_beside_a_date(&mut self) -> Option<PaymentTerms> {
        let read = self.field(Field::Terms, |cell| Ok(values::terms(cell)));
        match read.value()? {
            Ok(terms) => Some(terms),
            Err(_) => {
                self.warn(
                    Field::Terms,
                    Fault::new("not_imported", "These terms are unknown; the due date of the row counts."),
                );
                None
            }
        }
    }

    fn check_dates(&mut self, issued: Option<NaiveDate>, due: Option<NaiveDate>, context: RowContext) {
        self.not_in_the_future(Field::IssueDate, issued, context, "An invoice can't be issued after today");
        if let (Some(issued), Some(due)) = (issued, due)
            && due < issued
        {
            self.wrong(
                Field::DueDate,
                Fault::new(
                    "before_issue",
                    format!(
                        "An invoice can't be due before it is issued ({}); correct one of the dates.",
                        date::show(issued)
                    ),
                ),
            );
        }
    }

    fn not_in_the_future(&mut self, field: Field, day: Option<NaiveDate>, context: RowContext, what: &str) {
        if day.is_some_and(|day| day > context.business_date) {
            self.wrong(
                field,
                Fault::new(
                    "in_the_future",
                    format!("{what}, {}; correct the date.", date::show(context.business_date)),
                ),
            );
        }
    }

    /// When the invoice was paid, if it was.
    fn settled(&mut self, owes: bool, due: Option<NaiveDate>, context: RowContext) -> Option<NaiveDate> {
        let settled = self.date(Field::SettledOn);
        let standing = self.field(Field::Status, values::invoice_status).value();
        if settled.is_wrong() {
            return None;
        }
        if let Some(day) = settled.value() {
            let what = "An invoice can't have been settled after today";
            self.not_in_the_future(Field::SettledOn, Some(day), context, what);
            if matches!(standing, Some(Standing::Open | Standing::Overdue)) {
                let message =
                    format!("The row has the settled date {}; it is imported as paid.", date::show(day));
                self.warn(Field::Status, Fault::new("status_disagrees", message));
            }
            return Some(day);
        }
        match (standing?, due) {
            (Standing::Settled, Some(due)) => Some(due.min(context.business_date)),
            (Standing::Overdue, Some(due)) if owes => {
                self.check_overdue(true, Some(due), context.business_date);
                None
            }
            _ => None,
        }
    }

    fn method(&mut self) -> PaymentMethod {
        match self.field(Field::Method, values::method).value() {
            Some(Some(method)) => method,
            Some(None) => {
                let names = PaymentMethod::ALL.map(PaymentMethod::label).join(", ");
                let message = format!("It is imported as Other; the known methods are {names}.");
                self.warn(Field::Method, Fault::new("unknown_method", message));
                PaymentMethod::Other
            }
            None => PaymentMethod::default(),
        }
    }
}

/// The longest memo of an invoice.
const MEMO_MAX: usize = 500;
/// The longest reference of a payment.
const REFERENCE_MAX: usize = 200;

fn with_dispute(memo: Option<String>) -> String {
    match memo {
        None => "Disputed".to_owned(),
        Some(memo) if memo.to_lowercase().contains(DISPUTED) => memo,
        Some(memo) => {
            let marked = format!("Disputed: {memo}");
            if marked.chars().count() <= MEMO_MAX { marked } else { memo }
        }
    }
}

#[cfg(test)]
#[path = "entry_tests.rs"]
mod tests;
