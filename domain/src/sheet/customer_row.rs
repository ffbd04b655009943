//! Rows of a sheet of customers.

use chrono::NaiveDate;

use super::cell::Fault;
use super::field::Field;
use super::row::{Priced, Row, RowContext};
use super::values::{self, Standing};
use crate::{Currency, Money, date};

/// A customer as a row states it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SheetRow {
    /// The customer's number in the user's books.
    pub reference: Option<String>,
    /// Name of the company or person.
    pub name: String,
    /// E-mail address.
    pub email: Option<String>,
    /// Telephone number.
    pub phone: Option<String>,
    /// Postal address.
    pub address: Option<String>,
    /// Standing notes.
    pub notes: Option<String>,
    /// Labels.
    pub tags: Vec<String>,
    /// The account's currency as the row names it: in its currency cell, in the amount's cell or in the brackets of the
    /// amount's header. `None` means the organisation's.
    pub currency: Option<Currency>,
    /// What is owed, or was until it was paid. `None` when the amount is zero or there is none.
    pub owed: Option<Owed>,
}

/// A debt as a row states it; becomes an opening-balance invoice.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Owed {
    /// Above zero, in the row's currency or else the organisation's.
    pub amount: Money,
    /// The past is allowed.
    pub due_date: NaiveDate,
    /// It was paid in full already.
    pub settled: bool,
}

impl SheetRow {
    /// Whether name, e-mail address and telephone number are this customer's, too.
    pub fn is_like(&self, customer: &crate::Customer) -> bool {
        let lower = |text: &Option<String>| text.as_deref().map(str::to_lowercase);
        self.name.to_lowercase() == customer.name.to_lowercase()
            && lower(&self.email) == lower(&customer.email)
            && self.phone == customer.phone
    }
}

impl Row<'_> {
    /// A customer with what it owes in all.
    pub(super) fn customer(&mut self, context: RowContext) -> Option<SheetRow> {
        let details = self.details();
        let name = self.required(Field::Name, "Enter a name.", values::name);
        let (currency, owed) = self.debt(context);
        Some(SheetRow { name: name?, currency, owed, ..details })
    }

    /// All that a row says about a customer itself; the name may be empty.
    pub(super) fn details(&mut self) -> SheetRow {
        let (email, phone) = self.contact();
        SheetRow {
            reference: self.field(Field::Reference, values::reference).value(),
            name: String::new(),
            email,
            phone,
            address: self
                .field(Field::Address, |cell| values::many_lines(cell, "address", 500))
                .value()
                .flatten(),
            notes: self.field(Field::Notes, |cell| values::many_lines(cell, "notes", 5000)).value().flatten(),
            tags: self.field(Field::Tags, values::tags).value().unwrap_or_default(),
            currency: None,
            owed: None,
        }
    }

    /// The columns of their own come first; the one for either fills what they leave open.
    fn contact(&mut self) -> (Option<String>, Option<String>) {
        let email = self.field(Field::Email, |cell| values::email(&cell.text()?, "email")).value();
        let phone = self.field(Field::Phone, values::phone).value();
        let (other_email, other_phone) =
            self.field(Field::Contact, values::contact).value().unwrap_or_default();
        for (own, other) in [(&email, &other_email), (&phone, &other_phone)] {
            if let (Some(own), Some(other)) = (own, other)
                && !own.eq_ignore_ascii_case(other)
            {
                self.warn(
                    Field::Contact,
                    Fault::new(
                        "not_imported",
                        format!("This row also gives {own}; {other} is not imported."),
                    ),
                );
            }
        }
        (email.or(other_email), phone.or(other_phone))
    }

    fn debt(&mut self, context: RowContext) -> (Option<Currency>, Option<Owed>) {
        let Priced { amount, currency } = self.priced(Field::Outstanding, context);
        let due = self.date(Field::DueDate);
        let standing = self.field(Field::Status, values::status).value().unwrap_or(Standing::Open);

        let unclear = amount.is_wrong() || due.is_wrong();
        let amount = amount.value().map(|amount| amount.money).filter(|money| money.is_positive());
        if amount.is_some() && due.is_absent() {
            self.due_date_required();
        }
        let due = due.value();
        if standing == Standing::Overdue && !unclear {
            self.check_overdue(amount.is_some(), due, context.business_date);
        }
        let owed = amount.zip(due).map(|(amount, due_date)| Owed {
            amount,
            due_date,
            settled: standing == Standing::Settled,
        });
        (currency, owed)
    }

    fn due_date_required(&mut self) {
        if self.has(Field::DueDate) {
            self.wrong(
                Field::DueDate,
                Fault::new("required", "Enter when the outstanding amount is due, such as 2026-03-20."),
            );
        } else {
            self.wrong(
                Field::Outstanding,
                Fault::new("required", "An outstanding amount needs a due date; add a “Due date” column."),
            );
        }
    }

    /// Says so where a row calls overdue what isn't.
    pub(super) fn check_overdue(&mut self, owes: bool, due: Option<NaiveDate>, business_date: NaiveDate) {
        let message = match due {
            _ if !owes => {
                "The row says overdue, but nothing is outstanding. It is imported as paid.".to_owned()
            }
            Some(due) if due >= business_date => format!(
                "The row says overdue, but it is not due before {}. It is imported as pending.",
                date::show(due)
            ),
            _ => return,
        };
        self.warn(Field::Status, Fault::new("status_disagrees", message));
    }
}
