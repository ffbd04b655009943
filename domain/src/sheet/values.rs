//! Cells become values: what each field's cell may say.

use super::cell::{Cell, Fault, plain_decimal};
use super::language;
use super::mark::Mark;
use crate::field::{self, clean_line, trim};
use crate::terms::PaymentTerms;
use crate::{Currency, PaymentMethod, PaymentStatus, customer};

/// What the status cell says of a debt.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Standing {
    Open,
    /// Open, and less than all of it.
    Partly,
    Overdue,
    Settled,
}

pub(super) fn reference(cell: &Cell) -> Result<String, Fault> {
    Ok(field::required_line("reference", "a reference", &cell.text()?, 64)?)
}

pub(super) fn name(cell: &Cell) -> Result<String, Fault> {
    Ok(field::required_line("name", "a name", &cell.text()?, 200)?)
}

pub(super) fn line(cell: &Cell, name: &str, max: usize) -> Result<Option<String>, Fault> {
    Ok(field::optional_line(name, Some(&cell.text()?), max)?)
}

pub(super) fn many_lines(cell: &Cell, name: &str, max: usize) -> Result<Option<String>, Fault> {
    // A date among the notes is a note.
    let text = match cell {
        Cell::Date(date) => date.to_string().into(),
        other => other.text()?,
    };
    Ok(field::optional_text(name, Some(&text), max)?)
}

pub(super) fn tags(cell: &Cell) -> Result<Vec<String>, Fault> {
    Ok(customer::tags(&[cell.text()?.into_owned()])?)
}

/// As written, as a link (`mailto:`), or with its owner before it (`Ann <ann@example.com>`).
pub(super) fn email(text: &str, name: &str) -> Result<String, Fault> {
    let text = trim(text);
    let text =
        text.get(..7).filter(|scheme| scheme.eq_ignore_ascii_case("mailto:")).map_or(text, |_| &text[7..]);
    let bare =
        text.strip_suffix('>').and_then(|text| text.rsplit_once('<')).map_or(text, |(_, address)| address);
    field::email(name, bare).map_err(|error| match text.matches('@').count() {
        0 | 1 => error.into(),
        _ => Fault::new("invalid_email", "Give one e-mail address; the others belong into the notes."),
    })
}

/// A number cell is a telephone number written without spaces; a broken or negative number is not.
pub(super) fn phone(cell: &Cell) -> Result<String, Fault> {
    if let Cell::Number(number) = cell {
        let digits = plain_decimal(number).filter(|plain| plain.bytes().all(|b| b.is_ascii_digit()));
        return Ok(field::phone("phone", &digits.unwrap_or_default())?);
    }
    Ok(field::phone("phone", &cell.text()?)?)
}

/// An e-mail address where there is an `@`, else a telephone number; or one of each, parted by a comma, a semicolon or
/// a line break.
pub(super) fn contact(cell: &Cell) -> Result<(Option<String>, Option<String>), Fault> {
    if matches!(cell, Cell::Number(_)) {
        return phone(cell).map(|phone| (None, Some(phone)));
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
    let email = email.map(|address| self::email(&address, "contact")).transpose()?;
    let phone = phone.map(|phone| field::phone("contact", &phone)).transpose().map_err(|_| {
        Fault::new(
            "invalid_contact",
            "Enter an e-mail address such as name@example.com or a telephone number such as +44 20 7946 0018.",
        )
    })?;
    Ok((email, phone))
}

pub(super) fn currency(cell: &Cell) -> Result<Currency, Fault> {
    let text = cell.text()?;
    Mark::read(trim(&text)).and_then(Mark::the_one).ok_or_else(|| {
        Fault::new(
            "unknown_currency",
            format!("“{}” is not an ISO 4217 currency code such as USD.", excerpt(cell)),
        )
    })
}

pub(super) fn status(cell: &Cell) -> Result<Standing, Fault> {
    let word = match cell {
        Cell::Text(text) => clean_line(trim(text)).unwrap_or_default().to_lowercase(),
        other => other.shown(),
    };
    match word.as_str() {
        "pending" | "unpaid" | "not paid" | "open" | "due" | "outstanding" => Ok(Standing::Open),
        "partial" | "partially paid" | "partly paid" | "part paid" | "part-paid" => Ok(Standing::Partly),
        "overdue" | "past due" | "late" => Ok(Standing::Overdue),
        "paid" | "paid in full" | "fully paid" | "completed" | "settled" | "cleared" | "closed" => {
            Ok(Standing::Settled)
        }
        other => language::standing(other).ok_or_else(|| {
            Fault::new(
                "invalid_status",
                format!(
                    "“{}” is not a payment status; use Pending, Unpaid or Open for what is owed, Paid, Completed \
                     or Settled for what was paid, or Overdue.",
                    excerpt(cell)
                ),
            )
        }),
    }
}

/// The same of a single invoice, where the rest isn't known that a part left open.
pub(super) fn invoice_status(cell: &Cell) -> Result<Standing, Fault> {
    match status(cell)? {
        Standing::Partly => Err(Fault::new(
            "partly_paid",
            "How much of it is paid isn't known from this; write Open here and import the payments after it.",
        )),
        standing => Ok(standing),
    }
}

/// The number of one invoice, as written.
pub(super) fn invoice_number(cell: &Cell) -> Result<String, Fault> {
    Ok(field::required_line("number", "the invoice's number", &cell.text()?, NUMBER_MAX)?)
}

/// The numbers of the invoices a payment is for.
pub(super) fn invoice_numbers(cell: &Cell) -> Result<Vec<String>, Fault> {
    let text = cell.text()?;
    let mut numbers: Vec<String> = Vec::new();
    for number in text.split([',', ';', '|', '\n']).filter_map(clean_line) {
        if number.chars().count() > NUMBER_MAX || numbers.len() == NUMBERS_MAX {
            return Err(Fault::new(
                "too_long",
                format!(
                    "Give at most {NUMBERS_MAX} invoice numbers of {NUMBER_MAX} characters, parted by commas."
                ),
            ));
        }
        if !numbers.contains(&number) {
            numbers.push(number);
        }
    }
    Ok(numbers)
}

/// The longest invoice number.
const NUMBER_MAX: usize = 64;
/// The most invoices one payment names.
const NUMBERS_MAX: usize = 100;

/// `net_30` as on the wire, and as people write it: “Net 30”, “30 days”, “due on receipt”, “EOM + 15”.
pub(super) fn terms(cell: &Cell) -> Result<PaymentTerms, Fault> {
    let text = cell.text()?;
    let words: String = text.to_lowercase().chars().filter(|c| c.is_alphanumeric()).collect();
    let days = words.trim_start_matches("net").trim_end_matches("net");
    let unit = ["days", "day", "tage", "jours", "días", "dias", "giorni", "dagen"];
    let days = unit.iter().find_map(|unit| days.strip_suffix(unit)).unwrap_or(days);
    let end_of_month = ["endofmonth", "eom"]
        .iter()
        .find_map(|name| words.strip_prefix(name))
        .map(|rest| rest.trim_end_matches("days"));
    let wire = match (words.as_str(), end_of_month) {
        ("dueonreceipt" | "onreceipt" | "receipt" | "immediate" | "cod", _) => "net_0".to_owned(),
        (_, Some("")) => "end_of_month".to_owned(),
        (_, Some(days)) => format!("end_of_month_{days}"),
        _ => format!("net_{days}"),
    };
    // “2/10 net 30” is a discount, not terms of 21030 days, and “3.5 days” are not 35.
    let other = text.contains(['/', '%', '.', ',']) || trim(&text).starts_with('-');
    wire.parse().ok().filter(|_| !other).ok_or_else(|| {
        Fault::new(
            "invalid_terms",
            format!("“{}” are no terms; write Net 30, End of month or End of month + 15.", excerpt(cell)),
        )
    })
}

/// What is disputed, or not.
pub(super) fn yes(cell: &Cell) -> Result<bool, Fault> {
    match cell.shown().trim().to_lowercase().as_str() {
        "yes" | "y" | "true" | "1" | "x" | "disputed" => Ok(true),
        "no" | "n" | "false" | "0" | "-" | "undisputed" => Ok(false),
        _ => Err(Fault::new(
            "invalid_yes_no",
            format!("“{}” is neither yes nor no; write Yes or No.", excerpt(cell)),
        )),
    }
}

/// How the money came; `None` for words that are no method of ours.
pub(super) fn method(cell: &Cell) -> Result<Option<PaymentMethod>, Fault> {
    let words: String = cell.text()?.to_lowercase().chars().filter(|c| c.is_alphanumeric()).collect();
    Ok(match words.as_str() {
        "banktransfer" | "transfer" | "bank" | "wire" | "wiretransfer" | "ach" | "bacs" | "sepa" | "eft"
        | "credittransfer" => Some(PaymentMethod::BankTransfer),
        "card" | "creditcard" | "debitcard" => Some(PaymentMethod::Card),
        "cheque" | "check" => Some(PaymentMethod::Cheque),
        "cash" => Some(PaymentMethod::Cash),
        "directdebit" | "sepadirectdebit" => Some(PaymentMethod::DirectDebit),
        "other" => Some(PaymentMethod::Other),
        _ => None,
    })
}

/// Whether the money is there or only announced.
pub(super) fn payment_status(cell: &Cell) -> Result<PaymentStatus, Fault> {
    match clean_line(&cell.shown()).unwrap_or_default().to_lowercase().as_str() {
        "completed" | "paid" | "received" | "settled" | "cleared" => Ok(PaymentStatus::Completed),
        "pending" | "announced" | "open" => Ok(PaymentStatus::Pending),
        _ => Err(Fault::new(
            "invalid_status",
            format!(
                "“{}” is not a state that payments are imported in; use Completed for money that came, or Pending.",
                excerpt(cell)
            ),
        )),
    }
}

/// As much of a cell as fits into a sentence.
fn excerpt(cell: &Cell) -> String {
    trim(&cell.shown()).chars().take(40).collect()
}
