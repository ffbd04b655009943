//! One cell, and what can be said of it without knowing its column.

use std::borrow::Cow;

use chrono::NaiveDate;

use super::formula::restored;
use crate::FieldError;
use crate::field::{is_blank_char, trim};

/// A cell as the file reader hands it over. Numbers come as decimal text, so that no float reaches the rules.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Cell {
    /// Nothing there.
    Empty,
    /// Text.
    Text(String),
    /// A number, as the shortest decimal that the spreadsheet's 15 significant digits give.
    Number(String),
    /// A date (a time of day is dropped).
    Date(NaiveDate),
    /// TRUE or FALSE.
    Bool(bool),
    /// A formula's error such as `#DIV/0!`.
    Error(String),
}

/// How much of a wrong cell is shown back, in characters.
const SHOWN_MAX: usize = 200;

/// What people write where there is nothing to write.
const NOTHING: [&str; 10] = ["-", "--", "–", "—", "n/a", "n.a.", "na", "none", "null", "nil"];

/// What a formula's error looks like in a file that only knows text, such as CSV.
const FORMULA_ERRORS: &[&str] =
    &["#DIV/0!", "#N/A", "#NAME?", "#NULL!", "#NUM!", "#REF!", "#VALUE!", "#SPILL!", "#CALC!"];

/// Why a cell can't be what its column says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Fault {
    pub code: &'static str,
    pub message: String,
}

impl Fault {
    pub fn new(code: &'static str, message: impl Into<String>) -> Self {
        Self { code, message: message.into() }
    }
}

impl From<FieldError> for Fault {
    fn from(error: FieldError) -> Self {
        let code = match error.code {
            Cow::Borrowed(code) => code,
            Cow::Owned(_) => "invalid",
        };
        Self { code, message: error.message }
    }
}

impl Cell {
    /// Whether nothing stands there that anyone could see: empty, or spaces of any kind.
    pub fn is_blank(&self) -> bool {
        match self {
            Cell::Empty => true,
            Cell::Text(text) | Cell::Number(text) => text.chars().all(is_blank_char),
            Cell::Date(_) | Cell::Bool(_) | Cell::Error(_) => false,
        }
    }

    /// Whether it says that there is nothing to say: a dash, “n/a”, “none”.
    pub(super) fn is_dashed_out(&self) -> bool {
        let Cell::Text(text) = self else { return false };
        let word = trim(text);
        NOTHING.iter().any(|nothing| word.eq_ignore_ascii_case(nothing))
    }

    /// What stands in the cell, for the person who has to find it again; at most 200 characters.
    pub fn shown(&self) -> String {
        match self {
            Cell::Empty => String::new(),
            Cell::Text(text) | Cell::Number(text) | Cell::Error(text) => {
                text.chars().take(SHOWN_MAX).collect()
            }
            Cell::Date(date) => date.to_string(),
            Cell::Bool(true) => "TRUE".to_owned(),
            Cell::Bool(false) => "FALSE".to_owned(),
        }
    }

    /// The formula error it shows, if it shows one.
    pub(super) fn formula_error(&self) -> Option<Fault> {
        let error = match self {
            Cell::Error(error) => error.as_str(),
            Cell::Text(text) => FORMULA_ERRORS.iter().find(|error| trim(text) == **error)?,
            _ => return None,
        };
        let error: String = error.chars().take(40).collect();
        Some(Fault::new(
            "formula_error",
            format!("The formula in this cell gives {error}; mend it or write the value itself."),
        ))
    }

    /// The cell of a text column, without the apostrophe that an export put before what looks like a formula. A number is read as it is displayed (`1003`, not `1003.0` or `1.003E+3`).
    pub(super) fn text(&self) -> Result<Cow<'_, str>, Fault> {
        match self {
            Cell::Empty => Ok(Cow::Borrowed("")),
            Cell::Text(text) => Ok(Cow::Borrowed(restored(text))),
            Cell::Number(number) => {
                Ok(plain_decimal(number).map_or_else(|| Cow::Borrowed(number.as_str()), Cow::Owned))
            }
            Cell::Date(date) => Err(Fault::new(
                "not_text",
                format!(
                    "The spreadsheet made the date {date} of this cell; format it as text and write it again."
                ),
            )),
            Cell::Bool(_) => Err(Fault::new("not_text", "TRUE or FALSE can't stand here; write text.")),
            Cell::Error(error) => Ok(Cow::Borrowed(error)),
        }
    }
}

/// The farthest the decimal point is moved. No amount, date or number in a customer list is larger, and a cell of
/// `1E+999999999` must not become a gigabyte of zeros.
const EXPONENT_MAX: i32 = 40;

/// A number cell without exponent and without needless zeros: `1E+3` → `1000`, `12.50` → `12.5`, `1003.0` → `1003`.
/// `None` when it isn't a number or absurdly large or small.
pub(super) fn plain_decimal(number: &str) -> Option<String> {
    let number = number.trim();
    let (mantissa, exponent) = match number.split_once(['e', 'E']) {
        Some((mantissa, exponent)) => (mantissa, exponent.parse::<i32>().ok()?),
        None => (number, 0),
    };
    if exponent.abs() > EXPONENT_MAX {
        return None;
    }
    let (sign, digits) = match mantissa.strip_prefix('-') {
        Some(rest) => ("-", rest),
        None => ("", mantissa.strip_prefix('+').unwrap_or(mantissa)),
    };
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
    let all: String = format!("{whole}{fraction}");
    if all.is_empty() || !all.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    let point = i32::try_from(whole.len()).ok()?.checked_add(exponent)?;
    let (whole, fraction) = match usize::try_from(point) {
        Ok(point) if point >= all.len() => (format!("{all:0<point$}"), String::new()),
        Ok(point) => (all[..point].to_owned(), all[point..].to_owned()),
        Err(_) => (String::new(), format!("{}{all}", "0".repeat(point.unsigned_abs() as usize))),
    };
    let whole = whole.trim_start_matches('0');
    let whole = if whole.is_empty() { "0" } else { whole };
    let fraction = fraction.trim_end_matches('0');
    let sign = if whole == "0" && fraction.is_empty() { "" } else { sign };
    Some(if fraction.is_empty() { format!("{sign}{whole}") } else { format!("{sign}{whole}.{fraction}") })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_is_written_out_without_exponent_or_needless_zeros() {
        for (given, plain) in [
            ("1E+3", "1000"),
            ("1e3", "1000"),
            ("4.42079460018E+11", "442079460018"),
            ("1.5E-2", "0.015"),
            ("150.75", "150.75"),
            ("12.50", "12.5"),
            ("1003.0", "1003"),
            ("007", "7"),
            (".5", "0.5"),
            ("-0.0", "0"),
            ("-12.5", "-12.5"),
            ("0", "0"),
        ] {
            assert_eq!(plain_decimal(given).as_deref(), Some(plain), "{given}");
        }
        for given in ["", ".", "1E+999999999", "1E", "NaN", "inf", "1.2.3", "12a", "--1"] {
            assert_eq!(plain_decimal(given), None, "{given}");
        }
    }

    #[test]
    fn spaces_of_any_kind_are_blank() {
        for text in ["", " ", "\u{a0}", "\u{202f}\t\r\n", "\u{feff}", "\u{200b}"] {
            assert!(Cell::Text(text.to_owned()).is_blank(), "{text:?}");
        }
        assert!(!Cell::Number("0".to_owned()).is_blank());
        assert!(!Cell::Bool(false).is_blank());
        assert!(!Cell::Error("#N/A".to_owned()).is_blank());
    }

    #[test]
    fn a_long_cell_is_shown_in_part() {
        assert_eq!(Cell::Text("ä".repeat(500)).shown(), "ä".repeat(200));
    }
}
