//! Customers: who owes.

use chrono::{DateTime, NaiveDate, Utc};
use serde::{Deserialize, Serialize};

use crate::field::{self, FieldError, FieldErrors};
use crate::{Currency, CustomerId, Money, UserId, date};

/// The state of a customer's debt, derived from its invoices.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CustomerStatus {
    /// Something is past its due date.
    Overdue,
    /// Something is outstanding, nothing of it overdue.
    Pending,
    /// Nothing is outstanding.
    Paid,
}

impl CustomerStatus {
    /// All states, the most urgent first, which is also their sort order.
    pub const ALL: [CustomerStatus; 3] =
        [CustomerStatus::Overdue, CustomerStatus::Pending, CustomerStatus::Paid];

    /// The name on the wire.
    pub fn as_str(self) -> &'static str {
        match self {
            CustomerStatus::Overdue => "overdue",
            CustomerStatus::Pending => "pending",
            CustomerStatus::Paid => "paid",
        }
    }

    /// For people.
    pub fn label(self) -> &'static str {
        match self {
            CustomerStatus::Overdue => "Overdue",
            CustomerStatus::Pending => "Pending",
            CustomerStatus::Paid => "Paid",
        }
    }
}

impl std::str::FromStr for CustomerStatus {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        CustomerStatus::ALL
            .into_iter()
            .find(|status| status.as_str() == text)
            .ok_or_else(|| "Use paid, pending or overdue.".to_owned())
    }
}

/// A customer with the figures kept true in every transaction that touches it: the row of the grid, of REST, of live
/// frames and of events.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Customer {
    /// Opaque id.
    pub id: CustomerId,
    /// The customer's number in the user's books; unique.
    pub reference: String,
    /// Name of the company or person.
    pub name: String,
    /// Where reminders go.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub email: Option<String>,
    /// Where a collector calls.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub phone: Option<String>,
    /// Postal address.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub address: Option<String>,
    /// Standing notes about the customer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub notes: Option<String>,
    /// Labels.
    #[serde(default)]
    pub tags: Vec<String>,
    /// The one currency of its account.
    pub currency: Currency,
    /// The collector who works it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub owner: Option<UserId>,
    /// How much it may owe.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub credit_limit: Option<Money>,
    /// Σ balances of its open invoices.
    pub outstanding: Money,
    /// The part of `outstanding` that is past due.
    pub overdue: Money,
    /// Σ completed money that settles no invoice.
    pub unapplied: Money,
    /// Earliest due date among open invoices.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next_due_date: Option<NaiveDate>,
    /// Paid, pending or overdue.
    pub status: CustomerStatus,
    /// How many invoices are open.
    pub open_invoices: i64,
    /// When it was put away.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub archived_at: Option<DateTime<Utc>>,
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

/// A new customer as typed or posted; everything but the name may be absent.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NewCustomer {
    /// Name of the company or person.
    #[serde(default)]
    pub name: String,
    /// Generated (`C-1001`, …) when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reference: Option<String>,
    /// E-mail address.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub email: Option<String>,
    /// Telephone number.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub phone: Option<String>,
    /// Postal address.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub address: Option<String>,
    /// Standing notes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub notes: Option<String>,
    /// Labels.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub tags: Vec<String>,
    /// ISO 4217; the organisation's currency when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub currency: Option<String>,
    /// The collector who works it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub owner: Option<UserId>,
    /// How much it may owe.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub credit_limit: Option<MoneyInput>,
    /// What it owes already; becomes an opening-balance invoice and then needs `due_date`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub outstanding: Option<MoneyInput>,
    /// When that is due; the past is allowed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub due_date: Option<String>,
}

/// Money as it arrives: a decimal string, and a currency where the field doesn't imply one.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MoneyInput {
    /// Decimal string.
    pub amount: String,
    /// ISO 4217; the customer's when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub currency: Option<String>,
}

impl MoneyInput {
    /// The amount in `currency`; another currency named in the input is an error.
    pub fn resolve(&self, field: &str, currency: Currency) -> Result<Money, FieldError> {
        if let Some(code) = &self.currency {
            let given: Currency = code.parse().map_err(|error: crate::MoneyError| FieldError {
                pointer: format!("/{field}/currency"),
                code: error.code().into(),
                message: error.to_string(),
            })?;
            if given != currency {
                return Err(FieldError {
                    pointer: format!("/{field}/currency"),
                    code: "currency_mismatch".into(),
                    message: format!("This account is kept in {currency}; {given} can't be mixed in."),
                });
            }
        }
        Money::parse(&self.amount, currency).map_err(|error| FieldError {
            pointer: format!("/{field}/amount"),
            code: error.code().into(),
            message: error.to_string(),
        })
    }
}

/// A validated new customer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CustomerDraft {
    /// Name.
    pub name: String,
    /// Reference, if the user gave one.
    pub reference: Option<String>,
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
    /// Currency of the account.
    pub currency: Currency,
    /// Collector.
    pub owner: Option<UserId>,
    /// Credit limit.
    pub credit_limit: Option<Money>,
    /// Opening balance with its due date, when something is owed.
    pub opening: Option<(Money, NaiveDate)>,
}

impl NewCustomer {
    /// The clean draft, or everything that is wrong. `default_currency` is the organisation's.
    pub fn validate(&self, default_currency: Currency) -> Result<CustomerDraft, FieldErrors> {
        let mut errors = FieldErrors::default();
        let name = errors.check(field::required_line("name", "a name", &self.name, 200));
        let reference =
            errors.check(field::optional_line("reference", self.reference.as_deref(), 64)).flatten();
        let contact = Contact::validate(&mut errors, self.email.as_deref(), self.phone.as_deref());
        let address = errors.check(field::optional_text("address", self.address.as_deref(), 500)).flatten();
        let notes = errors.check(field::optional_text("notes", self.notes.as_deref(), 5000)).flatten();
        let tags = errors.check(tags(&self.tags)).unwrap_or_default();
        let currency = match self.currency.as_deref().map(str::trim).filter(|code| !code.is_empty()) {
            None => self
                .outstanding
                .as_ref()
                .and_then(|money| money.currency.as_deref())
                .and_then(|code| code.parse().ok())
                .unwrap_or(default_currency),
            Some(code) => errors
                .check(code.parse().map_err(|error: crate::MoneyError| {
                    FieldError::new("currency", "unknown_currency", error.to_string())
                }))
                .unwrap_or(default_currency),
        };
        let credit_limit = self.credit_limit.as_ref().and_then(|money| {
            errors.check(not_negative("credit_limit", money.resolve("credit_limit", currency)))
        });
        let outstanding = self.outstanding.as_ref().and_then(|money| {
            errors.check(not_negative("outstanding", money.resolve("outstanding", currency)))
        });
        let due_date = self
            .due_date
            .as_deref()
            .filter(|text| !text.trim().is_empty())
            .and_then(|text| errors.check(parse_date("due_date", text)));
        let opening = match outstanding {
            Some(amount) if amount.is_positive() => {
                if self.due_date.as_deref().is_none_or(|text| text.trim().is_empty()) {
                    errors.add("due_date", "required", "Enter when the outstanding amount is due.");
                }
                due_date.map(|due| (amount, due))
            }
            _ => None,
        };
        match name {
            Some(name) if errors.0.is_empty() => Ok(CustomerDraft {
                name,
                reference,
                email: contact.email,
                phone: contact.phone,
                address,
                notes,
                tags,
                currency,
                owner: self.owner.clone(),
                credit_limit,
                opening,
            }),
            _ => Err(errors),
        }
    }
}

#[derive(Default)]
struct Contact {
    email: Option<String>,
    phone: Option<String>,
}

impl Contact {
    fn validate(errors: &mut FieldErrors, email: Option<&str>, phone: Option<&str>) -> Self {
        let present = |text: &&str| !text.trim().is_empty();
        Self {
            email: email.filter(present).and_then(|text| errors.check(field::email("email", text))),
            phone: phone.filter(present).and_then(|text| errors.check(field::phone("phone", text))),
        }
    }
}

/// A calendar date `YYYY-MM-DD` of a plausible year.
pub fn parse_date(field: &str, text: &str) -> Result<NaiveDate, FieldError> {
    let text = text.trim();
    NaiveDate::parse_from_str(text, "%Y-%m-%d")
        .ok()
        // Signs, inner spaces and missing zeros are read too, but `+2026- 3-1` is no date that anyone meant.
        .filter(|date| date::plausible(*date) && date.to_string() == text)
        .ok_or_else(|| {
            FieldError::new(field, "invalid_date", "Enter a date as YYYY-MM-DD, such as 2026-03-20.")
        })
}

fn not_negative(field: &str, money: Result<Money, FieldError>) -> Result<Money, FieldError> {
    let money = money?;
    if money.minor() < 0 {
        return Err(FieldError {
            pointer: format!("/{field}/amount"),
            code: "negative_amount".into(),
            message: "The amount can't be negative.".into(),
        });
    }
    Ok(money)
}

/// Trimmed labels without repetition, at most 20 of 40 characters. What parts labels in a list is in none of them, so that a
/// list that was written can be read again.
pub fn tags(given: &[String]) -> Result<Vec<String>, FieldError> {
    let parts = given.iter().flat_map(|tag| tag.split([',', ';', '|', '\n']));
    let mut tags: Vec<String> = parts.filter_map(field::clean_line).collect();
    tags.sort();
    tags.dedup();
    if tags.len() > 20 || tags.iter().any(|tag| tag.chars().count() > 40) {
        return Err(FieldError::new("tags", "too_long", "Use at most 20 tags of 40 characters."));
    }
    Ok(tags)
}

/// A change of a customer: absent fields stay, `null` clears.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CustomerPatch {
    /// New name. `null` is refused as an empty one is, not overlooked.
    #[serde(default, deserialize_with = "null_is_empty", skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// New reference; can't be cleared either.
    #[serde(default, deserialize_with = "null_is_empty", skip_serializing_if = "Option::is_none")]
    pub reference: Option<String>,
    /// New e-mail address.
    #[serde(default, with = "absent_or_null", skip_serializing_if = "Option::is_none")]
    pub email: Option<Option<String>>,
    /// New telephone number.
    #[serde(default, with = "absent_or_null", skip_serializing_if = "Option::is_none")]
    pub phone: Option<Option<String>>,
    /// New address.
    #[serde(default, with = "absent_or_null", skip_serializing_if = "Option::is_none")]
    pub address: Option<Option<String>>,
    /// New notes.
    #[serde(default, with = "absent_or_null", skip_serializing_if = "Option::is_none")]
    pub notes: Option<Option<String>>,
    /// New labels; `null` takes all away.
    #[serde(default, deserialize_with = "null_is_empty", skip_serializing_if = "Option::is_none")]
    pub tags: Option<Vec<String>>,
    /// New collector.
    #[serde(default, with = "absent_or_null", skip_serializing_if = "Option::is_none")]
    pub owner: Option<Option<UserId>>,
    /// New credit limit.
    #[serde(default, with = "absent_or_null", skip_serializing_if = "Option::is_none")]
    pub credit_limit: Option<Option<MoneyInput>>,
    /// The version this change was made from; `If-Match` says the same.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub version: Option<i64>,
}

/// What a customer is called whose personal data was erased.
pub const ERASED_NAME: &str = "Erased customer";

impl Customer {
    /// Forgets who it was; what was owed and paid stays.
    pub fn forget_person(&mut self) {
        self.name = ERASED_NAME.to_owned();
        (self.email, self.phone, self.address, self.notes) = (None, None, None, None);
        self.tags.clear();
    }
}

impl CustomerPatch {
    /// Applies the change to `customer`, or says everything that is wrong and changes nothing.
    pub fn apply(&self, customer: &mut Customer) -> Result<(), FieldErrors> {
        let mut errors = FieldErrors::default();
        let mut next = customer.clone();
        if let Some(name) = &self.name
            && let Some(name) = errors.check(field::required_line("name", "a name", name, 200))
        {
            next.name = name;
        }
        if let Some(reference) = &self.reference
            && let Some(reference) =
                errors.check(field::required_line("reference", "a reference", reference, 64))
        {
            next.reference = reference;
        }
        let contact = Contact::validate(
            &mut errors,
            self.email.as_ref().and_then(Option::as_deref),
            self.phone.as_ref().and_then(Option::as_deref),
        );
        if self.email.is_some() {
            next.email = contact.email;
        }
        if self.phone.is_some() {
            next.phone = contact.phone;
        }
        if let Some(address) = &self.address {
            next.address = errors.check(field::optional_text("address", address.as_deref(), 500)).flatten();
        }
        if let Some(notes) = &self.notes {
            next.notes = errors.check(field::optional_text("notes", notes.as_deref(), 5000)).flatten();
        }
        if let Some(given) = &self.tags {
            next.tags = errors.check(tags(given)).unwrap_or_default();
        }
        if let Some(owner) = &self.owner {
            next.owner = owner.clone();
        }
        if let Some(limit) = &self.credit_limit {
            next.credit_limit = limit.as_ref().and_then(|money| {
                errors.check(not_negative("credit_limit", money.resolve("credit_limit", customer.currency)))
            });
        }
        errors.into_result()?;
        *customer = next;
        Ok(())
    }
}

/// A `null` that is there means the empty value.
fn null_is_empty<'de, T: Deserialize<'de> + Default, D: serde::Deserializer<'de>>(
    deserializer: D,
) -> Result<Option<T>, D::Error> {
    Option::<T>::deserialize(deserializer).map(|value| Some(value.unwrap_or_default()))
}

/// Tells an absent field (`None`) from a `null` one (`Some(None)`).
mod absent_or_null {
    use serde::{Deserialize, Deserializer, Serialize, Serializer};

    pub fn serialize<T: Serialize, S: Serializer>(
        value: &Option<Option<T>>,
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        value.as_ref().and_then(Option::as_ref).serialize(serializer)
    }

    pub fn deserialize<'de, T: Deserialize<'de>, D: Deserializer<'de>>(
        deserializer: D,
    ) -> Result<Option<Option<T>>, D::Error> {
        Option::<T>::deserialize(deserializer).map(Some)
    }
}

/// Which customers a list shows. Empty fields don't filter.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct CustomerFilter {
    /// Parts of name, reference, e-mail or telephone number.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub q: Option<String>,
    /// State of the debt.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub status: Option<CustomerStatus>,
    /// Collector.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub owner: Option<UserId>,
    /// One of the labels.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tag: Option<String>,
    /// Currency.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub currency: Option<Currency>,
    /// Least outstanding amount by face value ([`Money::face_value`]), bound included.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub min_outstanding: Option<i64>,
    /// Largest outstanding amount by face value, bound included.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max_outstanding: Option<i64>,
    /// Earliest next due date, included.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub due_from: Option<NaiveDate>,
    /// Latest next due date, included.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub due_to: Option<NaiveDate>,
    /// Show those put away instead.
    #[serde(default)]
    pub archived: bool,
}

impl CustomerFilter {
    /// Whether `customer` is shown. The server asks the database; the live grid asks this for each frame, so that a
    /// row that leaves or enters the filter is noticed.
    pub fn matches(&self, customer: &Customer) -> bool {
        let found = self.q.as_deref().is_none_or(|q| matches_words(customer, q));
        let face = customer.outstanding.face_value();
        found
            && self.archived == customer.archived_at.is_some()
            && self.status.is_none_or(|status| status == customer.status)
            && self.owner.as_ref().is_none_or(|owner| customer.owner.as_ref() == Some(owner))
            && self.tag.as_ref().is_none_or(|tag| customer.tags.contains(tag))
            && self.currency.is_none_or(|currency| currency == customer.currency)
            && self.min_outstanding.is_none_or(|min| face >= min)
            && self.max_outstanding.is_none_or(|max| face <= max)
            && self.due_from.is_none_or(|from| customer.next_due_date.is_some_and(|due| due >= from))
            && self.due_to.is_none_or(|to| customer.next_due_date.is_some_and(|due| due <= to))
    }
}

/// The text that search looks in: name, reference, e-mail and telephone number, without case, and the digits of the
/// telephone number alone so that any way of writing it is found.
pub fn search_text(name: &str, reference: &str, email: Option<&str>, phone: Option<&str>) -> String {
    let digits: String = phone.unwrap_or_default().chars().filter(char::is_ascii_digit).collect();
    [name, reference, email.unwrap_or_default(), phone.unwrap_or_default(), &digits]
        .into_iter()
        .filter(|part| !part.is_empty())
        .collect::<Vec<_>>()
        .join("\n")
        .to_lowercase()
}

fn matches_words(customer: &Customer, q: &str) -> bool {
    let text = search_text(
        &customer.name,
        &customer.reference,
        customer.email.as_deref(),
        customer.phone.as_deref(),
    );
    search_words(q).iter().all(|word| text.contains(word.as_str()))
}

/// The words of a query: lower case, each of which must be found.
pub fn search_words(q: &str) -> Vec<String> {
    q.to_lowercase().split_whitespace().map(str::to_owned).collect()
}

/// What a list can be ordered by.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CustomerSort {
    /// Alphabetically, without case.
    #[default]
    Name,
    /// Their number in the books.
    Reference,
    /// Face value of what they owe.
    Outstanding,
    /// Face value of what is late.
    Overdue,
    /// Earliest due date; those who owe nothing last.
    NextDueDate,
    /// Overdue, pending, paid.
    Status,
    /// When entered.
    CreatedAt,
    /// When last changed.
    UpdatedAt,
}

impl CustomerSort {
    /// All of them.
    pub const ALL: [CustomerSort; 8] = [
        CustomerSort::Name,
        CustomerSort::Reference,
        CustomerSort::Outstanding,
        CustomerSort::Overdue,
        CustomerSort::NextDueDate,
        CustomerSort::Status,
        CustomerSort::CreatedAt,
        CustomerSort::UpdatedAt,
    ];

    /// The name on the wire.
    pub fn as_str(self) -> &'static str {
        match self {
            CustomerSort::Name => "name",
            CustomerSort::Reference => "reference",
            CustomerSort::Outstanding => "outstanding",
            CustomerSort::Overdue => "overdue",
            CustomerSort::NextDueDate => "next_due_date",
            CustomerSort::Status => "status",
            CustomerSort::CreatedAt => "created_at",
            CustomerSort::UpdatedAt => "updated_at",
        }
    }
}

impl std::str::FromStr for CustomerSort {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        CustomerSort::ALL.into_iter().find(|sort| sort.as_str() == text).ok_or_else(|| {
            format!("Sort by one of {}.", CustomerSort::ALL.map(CustomerSort::as_str).join(", "))
        })
    }
}

/// A field to order by and whether the largest comes first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SortBy<F> {
    /// The field.
    pub field: F,
    /// Largest first.
    pub descending: bool,
}

impl<F: std::str::FromStr<Err = String>> SortBy<F> {
    /// Reads `field,-field2`: a minus puts the largest first.
    pub fn parse_list(text: &str) -> Result<Vec<Self>, String> {
        text.split(',')
            .map(str::trim)
            .filter(|part| !part.is_empty())
            .map(|part| {
                let (descending, name) = match part.strip_prefix('-') {
                    Some(name) => (true, name),
                    None => (false, part),
                };
                name.parse().map(|field| SortBy { field, descending })
            })
            .collect()
    }
}

#[cfg(test)]
#[path = "customer_tests.rs"]
mod tests;
