//! What the template of each kind contains, for whoever writes it into a file.

use chrono::{Days, NaiveDate};

use super::cell::Cell;
use super::field::Field;
use super::kind::Kind;
use crate::Currency;

/// A sheet to fill in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Template {
    /// What its rows stand for.
    pub kind: Kind,
    /// Name of the sheet.
    pub sheet_name: &'static str,
    /// Name of the file.
    pub file_name: String,
    /// Its columns, in order.
    pub columns: Vec<TemplateColumn>,
}

/// A column of a template.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TemplateColumn {
    /// What it holds.
    pub field: Field,
    /// Its header, by which it is found again.
    pub header: &'static str,
    /// What to write into it; the comment of the header.
    pub note: &'static str,
    /// Whether no row can be imported without it.
    pub required: bool,
    /// In characters.
    pub width: u16,
    /// How its cells are formatted.
    pub format: Format,
    /// The words that it may hold; any when empty.
    pub allowed: &'static [&'static str],
    /// Its cell in the example row.
    pub example: Cell,
}

/// How the cells of a column are formatted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// As text, so that leading zeros stay.
    Text,
    /// A number with so many decimals.
    Money {
        /// The currency's.
        decimals: u32,
    },
    /// A calendar date, year first.
    Date,
}

impl Template {
    /// The template for `kind`. Its example row is valid on `today` and on every day after it. The examples of the
    /// invoices and payments are of the example customer.
    pub fn of(kind: Kind, currency: Currency, today: NaiveDate) -> Template {
        let fields: &[Field] = match kind {
            Kind::Customers => &[
                Field::Reference,
                Field::Name,
                Field::Email,
                Field::Phone,
                Field::Address,
                Field::Notes,
                Field::Tags,
                Field::Currency,
                Field::Outstanding,
                Field::DueDate,
                Field::Status,
            ],
            Kind::Combined => &[
                Field::Reference,
                Field::Name,
                Field::Email,
                Field::Phone,
                Field::InvoiceNumber,
                Field::IssueDate,
                Field::DueDate,
                Field::Currency,
                Field::Total,
                Field::SettledOn,
                Field::Disputed,
                Field::Memo,
            ],
            Kind::Invoices | Kind::Payments => kind.fields(),
        };
        Template {
            kind,
            sheet_name: kind.label(),
            file_name: format!("duebook-{kind}-template.xlsx"),
            columns: fields.iter().map(|field| column(kind, *field, currency, today)).collect(),
        }
    }
}

fn column(kind: Kind, field: Field, currency: Currency, today: NaiveDate) -> TemplateColumn {
    let day = |days_ago: u64| Cell::Date(today.checked_sub_days(Days::new(days_ago)).unwrap_or(today));
    let text = |text: &str| Cell::Text(text.to_owned());
    let issued = day(40);
    let (width, note, example) = match field {
        Field::Reference => (
            18,
            "Your number for the customer. Rows with a known reference update that customer.",
            text("C-0001"),
        ),
        Field::Name if kind == Kind::Customers => (28, "Company or person. Required.", text("Example Ltd")),
        Field::Name => {
            (28, "Company or person; needed only where there is no reference.", text("Example Ltd"))
        }
        Field::Contact => (28, "An e-mail address or a telephone number.", text("accounts@example.com")),
        Field::Email => (28, "Where reminders go.", text("accounts@example.com")),
        Field::Phone => (20, "As you would dial it.", text("+44 20 7946 0018")),
        Field::Address => (34, "Postal address.", text("1 Example Street, London")),
        Field::Notes => (34, "What everyone who works with this customer should know.", Cell::Empty),
        Field::Tags => (18, "Labels, separated by commas.", text("example")),
        Field::Currency => (
            10,
            "ISO 4217 code such as USD; the account's or your organisation's currency when empty.",
            text(currency.code()),
        ),
        Field::Outstanding => {
            (20, "What the customer owes now. Becomes an opening balance.", money(currency))
        }
        Field::DueDate if kind == Kind::Customers => {
            (14, "When that is due; the past is fine. Required when something is owed.", day(10))
        }
        Field::DueDate => {
            (14, "The last day on which it is not late. May be left out where there are terms.", day(10))
        }
        Field::Status if kind == Kind::Payments => (
            16,
            "Completed for money that came, Pending for money that was announced. Completed when empty.",
            text("Completed"),
        ),
        Field::Status => {
            (16, "Pending, Overdue or Paid. Paid records the amount as settled.", text("Pending"))
        }
        Field::InvoiceNumber if kind == Kind::Payments => {
            (22, "The invoices it pays, separated by commas; the oldest ones when empty.", text("0000012345"))
        }
        Field::InvoiceNumber => {
            (18, "Its number in your books; leading zeros are kept. Required.", text("0000012345"))
        }
        Field::IssueDate => (14, "When it was issued; not after today.", issued),
        Field::Total => (18, "What it asks for. Required, and above zero.", money(currency)),
        Field::Terms => (
            18,
            "Net 30, End of month, End of month + 15; needed only where there is no due date.",
            text("Net 30"),
        ),
        Field::Memo => (34, "What it is for.", text("Example: consulting")),
        Field::Disputed => (12, "Yes if the customer disputes it.", text("No")),
        Field::SettledOn => (14, "When it was paid in full; empty while it is open.", day(5)),
        Field::Amount => (18, "How much was paid. Required, and above zero.", money(currency)),
        Field::ReceivedOn => (14, "When the money came; not after today. Required.", day(0)),
        Field::Method => (18, "How it came; Bank transfer when empty.", text("Bank transfer")),
        Field::PaymentReference => (
            24,
            "The payer's or bank's words. The same day, amount and reference twice is one payment.",
            text("Example 4711"),
        ),
    };
    TemplateColumn {
        field,
        header: field.label(),
        note,
        required: kind.required().iter().any(|group| group.contains(&field)),
        width,
        format: match field {
            _ if field.is_amount() => Format::Money { decimals: currency.exponent() },
            _ if field.is_date() => Format::Date,
            _ => Format::Text,
        },
        allowed: allowed(kind, field),
        example,
    }
}

fn money(currency: Currency) -> Cell {
    Cell::Number(if currency.exponent() == 0 { "1250" } else { "1250.5" }.to_owned())
}

fn allowed(kind: Kind, field: Field) -> &'static [&'static str] {
    match field {
        Field::Status if kind == Kind::Payments => &["Completed", "Pending"],
        Field::Status => &["Pending", "Overdue", "Paid"],
        Field::Disputed => &["Yes", "No"],
        Field::Method => &["Bank transfer", "Card", "Cheque", "Cash", "Direct debit", "Other"],
        _ => &[],
    }
}

#[cfg(test)]
mod tests {
    use super::super::mapping::Mapping;
    use super::super::profile::{Options, Survey};
    use super::super::row::{RowContext, RowResult};
    use super::super::values;
    use super::*;

    fn read(template: &Template, currency: Currency, business_date: NaiveDate) {
        let headers: Vec<String> = template.columns.iter().map(|column| column.header.to_owned()).collect();
        let cells: Vec<Cell> = template.columns.iter().map(|column| column.example.clone()).collect();
        let mut survey = Survey::new(&headers);
        survey.observe(&cells);
        let mapping = Mapping::guess(None, &survey);
        assert_eq!(mapping.kind(), template.kind, "its headers say what it is");
        assert!(mapping.questions(&survey, &Options::default()).is_empty());
        let columns = mapping.columns(&survey, &Options::default()).unwrap();
        assert_eq!(columns.mapping().len(), headers.len(), "every column is known");
        match columns.read(&cells, RowContext { default_currency: currency, business_date }) {
            RowResult::Valid { warnings, .. } => assert!(warnings.is_empty(), "{warnings:?}"),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn every_template_reads_back_with_its_example_on_the_day_it_was_made_and_later() {
        for kind in Kind::ALL {
            for currency in [Currency::USD, Currency::JPY, Currency::KWD] {
                for day in ["2020-02-29", "2026-01-01", "2040-12-31"] {
                    let today: NaiveDate = day.parse().unwrap();
                    let template = Template::of(kind, currency, today);
                    read(&template, currency, today);
                    read(&template, currency, today + Days::new(4000));
                }
            }
        }
    }

    #[test]
    fn every_allowed_word_is_read() {
        for kind in Kind::ALL {
            for column in Template::of(kind, Currency::USD, "2026-01-01".parse().unwrap()).columns {
                for word in column.allowed {
                    let cell = Cell::Text((*word).to_owned());
                    let known = match column.field {
                        Field::Status if kind == Kind::Payments => values::payment_status(&cell).is_ok(),
                        Field::Status => values::status(&cell).is_ok(),
                        Field::Disputed => values::yes(&cell).is_ok(),
                        Field::Method => values::method(&cell).is_ok_and(|method| method.is_some()),
                        _ => false,
                    };
                    assert!(known, "{kind}: {word}");
                }
            }
        }
    }
}
