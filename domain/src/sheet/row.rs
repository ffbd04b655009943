//! A row of cells becomes a customer, or a list of what is wrong with it.

use chrono::NaiveDate;

use super::amount::{self, Amount, Named};
use super::cell::{Cell, Fault, plain_decimal};
use super::day;
use super::field::Field;
use super::header::{Column, Columns};
use super::mark::Mark;
use crate::field::{self, clean_line, trim};
use crate::{Currency, Money, customer, date};

/// What a row means depends on.
#[derive(Clone, Copy, Debug)]
pub struct RowContext {
    /// The organisation's currency, for rows that name none.
    pub default_currency: Currency,
    /// The day on which "overdue" is true or not.
    pub business_date: NaiveDate,
}

/// What became of a row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RowResult {
    /// Nothing stands in any column that is read.
    Blank,
    /// It can be imported.
    Valid {
        /// What it says.
        row: SheetRow,
        /// What its writer should know; in column order.
        warnings: Vec<CellError>,
    },
    /// At least one cell is wrong.
    Invalid {
        /// Every wrong cell, in column order.
        errors: Vec<CellError>,
        /// What its writer should know besides; in column order.
        warnings: Vec<CellError>,
    },
}

/// One wrong cell.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CellError {
    /// The column's header as written.
    pub column: String,
    /// What stands in the cell, at most 200 characters of it.
    pub value: String,
    /// Stable rule name such as `invalid_status`.
    pub code: &'static str,
    /// What is wrong and what would be right.
    pub message: String,
}

/// A row that can be imported.
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

impl Columns {
    /// Reads one row: its customer, or every wrong cell. Missing cells at its end are empty.
    pub fn read_row(&self, cells: &[Cell], context: RowContext) -> RowResult {
        if self.iter().all(|column| cells.get(column.index).is_none_or(Cell::is_blank)) {
            return RowResult::Blank;
        }
        let mut row = Row { columns: self, cells, errors: Vec::new(), warnings: Vec::new() };
        let read = row.read(context);
        let (errors, warnings) = (in_column_order(row.errors), in_column_order(row.warnings));
        match read {
            Some(row) if errors.is_empty() => RowResult::Valid { row, warnings },
            _ => RowResult::Invalid { errors, warnings },
        }
    }
}

fn in_column_order(mut found: Vec<(usize, CellError)>) -> Vec<CellError> {
    found.sort_by_key(|(index, _)| *index);
    found.into_iter().map(|(_, error)| error).collect()
}

/// What a field's cell says.
enum Reading<T> {
    Absent,
    /// Reported already.
    Wrong,
    Is(T),
}

impl<T> Reading<T> {
    fn value(self) -> Option<T> {
        match self {
            Reading::Is(value) => Some(value),
            Reading::Absent | Reading::Wrong => None,
        }
    }
}

/// What the status cell says of the debt.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Standing {
    Open,
    Overdue,
    Settled,
}

struct Row<'a> {
    columns: &'a Columns,
    cells: &'a [Cell],
    errors: Vec<(usize, CellError)>,
    warnings: Vec<(usize, CellError)>,
}

impl<'a> Row<'a> {
    /// `None` only when something was reported.
    fn read(&mut self, context: RowContext) -> Option<SheetRow> {
        let reference = self.field(Field::Reference, read_reference).value();
        let name = self.name();
        let (email, phone) = self.contact();
        let address = self.field(Field::Address, |cell| many_lines(cell, "address", 500)).value().flatten();
        let notes = self.field(Field::Notes, |cell| many_lines(cell, "notes", 5000)).value().flatten();
        let tags = self.field(Field::Tags, read_tags).value().unwrap_or_default();
        let (currency, owed) = self.debt(context);
        Some(SheetRow { reference, name: name?, email, phone, address, notes, tags, currency, owed })
    }

    fn name(&mut self) -> Option<String> {
        match self.field(Field::Name, |cell| Ok(field::required_line("name", "a name", &cell.text()?, 200)?))
        {
            Reading::Is(name) => Some(name),
            Reading::Wrong => None,
            Reading::Absent => {
                self.wrong(Field::Name, Fault::new("required", "Enter a name."));
                None
            }
        }
    }

    /// The columns of their own come first; the one for either fills what they leave open.
    fn contact(&mut self) -> (Option<String>, Option<String>) {
        let email = self.field(Field::Email, |cell| Ok(field::email("email", &cell.text()?)?)).value();
        let phone = self.field(Field::Phone, read_phone).value();
        let (other_email, other_phone) = self.field(Field::Contact, read_contact).value().unwrap_or_default();
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
        let in_row = self.field(Field::Currency, read_currency);
        let unsure = matches!(in_row, Reading::Wrong);
        let in_row = in_row.value();
        let in_header = self.columns.of(Field::Outstanding).and_then(|column| column.unit);
        let named = Named { row: in_row, header: in_header, default: context.default_currency };
        let amount = if unsure {
            self.amount_in_unknown_currency(named)
        } else {
            self.field(Field::Outstanding, |cell| amount::read(cell, named))
        };
        let due = self.field(Field::DueDate, day::read);
        let standing = self.field(Field::Status, read_status);

        let owes = matches!(&amount, Reading::Is(amount) if amount.money.is_positive());
        if owes && matches!(due, Reading::Absent) {
            self.due_date_required();
        }
        let unclear = matches!(amount, Reading::Wrong) || matches!(due, Reading::Wrong);
        let standing = standing.value().unwrap_or(Standing::Open);
        let due = due.value();
        if standing == Standing::Overdue && !unclear {
            self.check_overdue(owes, due, context.business_date);
        }
        let amount = amount.value();
        let in_cell = amount.as_ref().and_then(|amount| amount.named);
        let owed = amount.filter(|_| owes).zip(due).map(|(amount, due_date)| Owed {
            amount: amount.money,
            due_date,
            settled: standing == Standing::Settled,
        });
        (in_row.or(in_header).or(in_cell), owed)
    }

    /// With a currency cell that can't be read, only what is wrong in every currency is said of the amount.
    fn amount_in_unknown_currency(&mut self, named: Named) -> Reading<Amount> {
        let Some((column, cell)) = self.cell(Field::Outstanding) else { return Reading::Absent };
        match cell.formula_error().map_or_else(|| amount::read(cell, named), Err) {
            Ok(amount) => Reading::Is(amount),
            Err(fault) => {
                if matches!(fault.code, "invalid_amount" | "negative_amount" | "formula_error") {
                    self.errors.push((column.index, report(column, cell, fault)));
                }
                Reading::Wrong
            }
        }
    }

    fn due_date_required(&mut self) {
        if self.columns.of(Field::DueDate).is_some() {
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

    fn check_overdue(&mut self, owes: bool, due: Option<NaiveDate>, business_date: NaiveDate) {
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

    /// Reads the cell of `field` unless it is blank, and reports what is wrong with it.
    fn field<T>(&mut self, field: Field, read: impl FnOnce(&Cell) -> Result<T, Fault>) -> Reading<T> {
        let Some((column, cell)) = self.cell(field) else { return Reading::Absent };
        match cell.formula_error().map_or_else(|| read(cell), Err) {
            Ok(value) => Reading::Is(value),
            Err(fault) => {
                self.errors.push((column.index, report(column, cell, fault)));
                Reading::Wrong
            }
        }
    }

    fn cell(&self, field: Field) -> Option<(&'a Column, &'a Cell)> {
        let column = self.columns.of(field)?;
        let cell = self.cells.get(column.index).filter(|cell| !cell.is_blank())?;
        Some((column, cell))
    }

    fn wrong(&mut self, field: Field, fault: Fault) {
        if let Some(found) = self.at(field, fault) {
            self.errors.push(found);
        }
    }

    fn warn(&mut self, field: Field, fault: Fault) {
        if let Some(found) = self.at(field, fault) {
            self.warnings.push(found);
        }
    }

    fn at(&self, field: Field, fault: Fault) -> Option<(usize, CellError)> {
        let column = self.columns.of(field)?;
        let cell = self.cells.get(column.index).unwrap_or(&Cell::Empty);
        Some((column.index, report(column, cell, fault)))
    }
}

fn report(column: &Column, cell: &Cell, fault: Fault) -> CellError {
    CellError { column: column.header.clone(), value: cell.shown(), code: fault.code, message: fault.message }
}

fn read_reference(cell: &Cell) -> Result<String, Fault> {
    Ok(field::required_line("reference", "a reference", &cell.text()?, 64)?)
}

fn many_lines(cell: &Cell, name: &str, max: usize) -> Result<Option<String>, Fault> {
    // A date among the notes is a note.
    let text = match cell {
        Cell::Date(date) => date.to_string().into(),
        other => other.text()?,
    };
    Ok(field::optional_text(name, Some(&text), max)?)
}

fn read_tags(cell: &Cell) -> Result<Vec<String>, Fault> {
    let tags: Vec<String> = cell.text()?.split([',', ';', '|', '\n']).map(str::to_owned).collect();
    Ok(customer::tags(&tags)?)
}

/// A number cell is a telephone number written without spaces; a broken or negative number is not.
fn read_phone(cell: &Cell) -> Result<String, Fault> {
    if let Cell::Number(number) = cell {
        let digits = plain_decimal(number).filter(|plain| plain.bytes().all(|b| b.is_ascii_digit()));
        return Ok(field::phone("phone", &digits.unwrap_or_default())?);
    }
    Ok(field::phone("phone", &cell.text()?)?)
}

/// An e-mail address where there is an `@`, else a telephone number; or one of each, parted by a comma, a semicolon or
/// a line break.
fn read_contact(cell: &Cell) -> Result<(Option<String>, Option<String>), Fault> {
    if matches!(cell, Cell::Number(_)) {
        return read_phone(cell).map(|phone| (None, Some(phone)));
    }
    let text = cell.text()?;
    let (mut email, mut phone) = (None, None);
    for part in text.split([',', ';', '\n']).filter_map(clean_line) {
        let place = if part.contains('@') { &mut email } else { &mut phone };
        if place.is_some() {
            return Err(Fault::new(
                "too_many_contacts",
                "Give one e-mail address and one telephone number at most; the others belong into the notes.",
            ));
        }
        *place = Some(part);
    }
    let email = email.map(|email| field::email("contact", &email)).transpose()?;
    let phone = phone.map(|phone| field::phone("contact", &phone)).transpose().map_err(|_| {
        Fault::new(
            "invalid_contact",
            "Enter an e-mail address such as name@example.com or a telephone number such as +44 20 7946 0018.",
        )
    })?;
    Ok((email, phone))
}

fn read_currency(cell: &Cell) -> Result<Currency, Fault> {
    let text = cell.text()?;
    Mark::read(trim(&text)).and_then(Mark::the_one).ok_or_else(|| {
        let shown: String = trim(&text).chars().take(40).collect();
        Fault::new("unknown_currency", format!("“{shown}” is not an ISO 4217 currency code such as USD."))
    })
}

fn read_status(cell: &Cell) -> Result<Standing, Fault> {
    let word = match cell {
        Cell::Text(text) => clean_line(trim(text)).unwrap_or_default().to_lowercase(),
        other => other.shown(),
    };
    match word.as_str() {
        "pending" | "unpaid" | "open" => Ok(Standing::Open),
        "overdue" => Ok(Standing::Overdue),
        "paid" | "completed" | "settled" => Ok(Standing::Settled),
        _ => {
            let shown: String = trim(&cell.shown()).chars().take(40).collect();
            Err(Fault::new(
                "invalid_status",
                format!(
                    "“{shown}” is not a payment status; use Pending, Unpaid or Open for what is owed, Paid, Completed \
                     or Settled for what was paid, or Overdue."
                ),
            ))
        }
    }
}

#[cfg(test)]
#[path = "row_tests.rs"]
mod tests;
