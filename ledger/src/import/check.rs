//! Checks rows: what each says, what is wrong with it. Knows the file alone; what the books say comes in `apply`.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use domain::import::{ImportError, MappingView, Options};
use domain::sheet::{
    CellError, Columns, Entry, Field, HeaderError, Mapping, MatchKey, RowContext, RowResult, SheetRow, Survey,
};
use domain::{Currency, CustomerId, InvoiceId, Money, PaymentId};

use super::stage::Row;
use crate::store::imports::{ERRORS_PER_ROW, Placed};
use crate::store::rows::{ImportRow, json, number_key, reference_key};
use crate::{Ledger, Result};

/// What the user said of columns: its key, and its field or nothing.
pub(super) type Corrections = BTreeMap<String, Option<String>>;

/// How the columns of an import are taken.
pub(super) struct Mapped {
    pub mapping: Mapping,
    pub survey: Survey,
    pub options: Options,
}

impl Mapped {
    /// As the row says; `Err` names what can't be followed of the user's corrections.
    pub fn of(row: &ImportRow, survey: Survey) -> Result<std::result::Result<Self, Vec<HeaderError>>> {
        let corrections: Corrections = json(&row.corrections)?;
        let mut mapping = Mapping::guess(Some(row.kind()?), &survey);
        let corrections: Vec<(String, Option<String>)> = corrections.into_iter().collect();
        if let Err(errors) = mapping.correct(&corrections) {
            return Ok(Err(errors));
        }
        Ok(Ok(Self { mapping, survey, options: json(&row.options)? }))
    }

    pub fn columns(&self) -> std::result::Result<Columns, Vec<HeaderError>> {
        self.mapping.columns(&self.survey, &self.options)
    }

    pub fn view(&self) -> MappingView {
        self.mapping.view(&self.survey, &self.options)
    }
}

/// How the rows of an import are read.
#[derive(Clone)]
pub(super) struct Reading {
    pub sheet: String,
    pub columns: Arc<Columns>,
    pub context: RowContext,
    /// What customers are recognised by.
    pub key: MatchKey,
}

impl Reading {
    pub async fn of(ledger: &Ledger, row: &ImportRow) -> Result<Self> {
        let survey = json(&ledger.store().import_survey(row.import_id().as_str()).await?.survey)?;
        let mapped = Mapped::of(row, survey)?.map_err(wrong_columns)?;
        let columns = mapped.columns().map_err(wrong_columns)?;
        Ok(Self {
            key: mapped.options.key.unwrap_or_default(),
            sheet: row.sheet.clone(),
            columns: Arc::new(columns),
            context: RowContext {
                default_currency: ledger.organisation().currency,
                business_date: ledger.business_date(),
            },
        })
    }

    /// The error as clients see it.
    pub fn tell(&self, row: u32, error: CellError, warning: bool) -> ImportError {
        ImportError {
            sheet: self.sheet.clone(),
            row: i64::from(row),
            column: error.column,
            value: error.value,
            code: error.code.to_owned(),
            message: error.message,
            warning,
        }
    }

    /// The errors of one row, in their places from the `from`th on.
    pub fn place(&self, row: u32, from: i64, errors: Vec<(CellError, bool)>) -> Vec<Placed> {
        (from..ERRORS_PER_ROW)
            .zip(errors)
            .map(|(number, (error, warning))| Placed {
                position: i64::from(row) * ERRORS_PER_ROW + number,
                error: self.tell(row, error, warning),
            })
            .collect()
    }
}

pub(super) fn wrong_columns(errors: Vec<HeaderError>) -> crate::Error {
    let messages: Vec<String> = errors.into_iter().map(|error| error.message).collect();
    super::bad_file(422, "wrong_columns", messages.join(" "))
}

/// A valid row on its way into the books, with the ids that what it makes will get.
#[derive(Clone, Debug)]
pub(super) struct Line {
    pub number: u32,
    pub cells: Vec<domain::sheet::Cell>,
    pub entry: Entry,
    pub ids: Ids,
}

#[derive(Clone, Debug)]
pub(super) struct Ids {
    pub customer: CustomerId,
    pub invoice: InvoiceId,
    pub payment: PaymentId,
}

impl Ids {
    pub fn new(ledger: &Ledger) -> Self {
        Self {
            customer: CustomerId::from_unique(&ledger.unique()),
            invoice: InvoiceId::from_unique(&ledger.unique()),
            payment: PaymentId::from_unique(&ledger.unique()),
        }
    }
}

/// What was said of a row.
pub(super) struct Checked {
    pub row: Row,
    /// What it says, unless a cell is wrong.
    pub entry: Option<Entry>,
    /// Wrong cells, and warnings.
    pub errors: Vec<(CellError, bool)>,
}

/// What stood in earlier rows and may stand in one only, with the row it stands in.
#[derive(Default)]
pub(super) struct Seen(HashMap<String, u32>);

/// Checks rows in their order. Rows in which nothing stands in a column that is read are left out.
pub(super) fn check(reading: &Reading, seen: &mut Seen, rows: Vec<Row>) -> Vec<Checked> {
    let mut checked = Vec::with_capacity(rows.len());
    for row in rows {
        let (entry, mut errors, warnings) = match reading.columns.read(&row.cells, reading.context) {
            RowResult::Blank => continue,
            RowResult::Valid { row, warnings } => (Some(row), Vec::new(), warnings),
            RowResult::Invalid { errors, warnings } => (None, errors, warnings),
        };
        let repeated = entry.as_ref().and_then(|entry| seen.repeated(reading, &row, entry));
        let entry = entry.filter(|_| repeated.is_none());
        errors.extend(repeated);
        let errors = errors.into_iter().map(|error| (error, false));
        let errors = errors.chain(warnings.into_iter().map(|warning| (warning, true))).collect();
        checked.push(Checked { row, entry, errors });
    }
    checked
}

impl Seen {
    /// The error of a row that says once more what another row says already.
    fn repeated(&mut self, reading: &Reading, row: &Row, entry: &Entry) -> Option<CellError> {
        let (key, field, code, what) = match entry {
            Entry::Customer(customer) => once_a_file(reading.key, customer)?,
            Entry::Invoice(invoice) => (
                format!("{}\n{}", reference_key(invoice.customer.shown()), number_key(&invoice.number)),
                Field::InvoiceNumber,
                "duplicate_invoice",
                "this invoice of this customer already; each invoice may stand in one row",
            ),
            Entry::Combined(combined) => (
                format!(
                    "{}\n{}",
                    reference_key(combined.invoice.customer.shown()),
                    number_key(&combined.invoice.number)
                ),
                Field::InvoiceNumber,
                "duplicate_invoice",
                "this invoice of this customer already; each invoice may stand in one row",
            ),
            Entry::Payment(_) => return None,
        };
        match self.0.entry(key) {
            std::collections::hash_map::Entry::Occupied(first) => {
                let message = format!("Row {} has {what}.", first.get());
                Some(reading.columns.error_at(field, &row.cells, code, message))
            }
            std::collections::hash_map::Entry::Vacant(place) => {
                place.insert(row.number);
                None
            }
        }
    }
}

/// What may stand once in a file of customers: the text it is compared by, its column, the rule and the rule in words.
fn once_a_file(key: MatchKey, row: &SheetRow) -> Option<(String, Field, &'static str, &'static str)> {
    Some(match (key, &row.email, &row.reference) {
        (MatchKey::Name, ..) => (
            row.name.to_lowercase(),
            Field::Name,
            "duplicate_name",
            "this name already; recognised by their names, each customer may stand in one row",
        ),
        (MatchKey::Email, Some(email), _) => (
            email.to_lowercase(),
            Field::Email,
            "duplicate_email",
            "this e-mail address already; recognised by it, each customer may stand in one row",
        ),
        (_, _, Some(reference)) => (
            reference_key(reference),
            Field::Reference,
            "duplicate_reference",
            "this reference already; each customer may stand in one row",
        ),
        _ => return None,
    })
}

/// Control totals, one per currency.
#[derive(Default)]
pub(super) struct Totals(BTreeMap<Currency, Money>);

impl Totals {
    pub fn add(&mut self, entry: &Entry) {
        let Some(amount) = entry.amount() else { return };
        let currency = amount.currency();
        let total = self.0.entry(currency).or_insert(Money::zero(currency));
        *total = total.checked_add(amount).unwrap_or(*total);
    }

    pub fn into_vec(self) -> Vec<Money> {
        self.0.into_values().collect()
    }
}
