//! Amounts as people write them into spreadsheets.

use super::cell::{Cell, Fault, plain_decimal};
use super::mark::Mark;
use super::profile::{DecimalMark, Vote};
use crate::field::trim;
use crate::{Currency, Money, MoneyError};

/// What the sheet says about the currency of an amount besides the amount's own cell.
#[derive(Clone, Copy, Debug)]
pub(super) struct Named {
    /// By the row's currency cell.
    pub row: Option<Currency>,
    /// By the brackets in the amount's header.
    pub header: Option<Currency>,
    /// The organisation's, when nothing else says it.
    pub default: Currency,
    /// The decimal mark, if the whole column says which.
    pub decimal: Option<DecimalMark>,
}

/// An amount with how its currency was found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Amount {
    pub money: Money,
    /// The currency, when the cell itself names exactly one.
    pub named: Option<Currency>,
}

/// Reads an amount of zero or more.
///
/// Text may carry a currency's code or sign before or after the number, thousands separated by commas, points, spaces
/// of any kind or apostrophes, and a decimal point or comma. Which of the two it is may be known from the column; else
/// the later of two kinds of separators is the decimal one. Then, a lone comma before exactly three digits separates thousands ("1,234" is 1234), as in every spreadsheet of the trade;
/// a lone point is always a decimal point, so that "1.234" dollars has too many decimals instead of being guessed at.
/// "(12.00)", "-12" and "12-" are below zero.
pub(super) fn read(cell: &Cell, named: Named) -> Result<Amount, Fault> {
    let (decimal, mark) = match cell {
        Cell::Number(number) => (plain_decimal(number).ok_or_else(|| invalid(cell))?, None),
        Cell::Text(text) => read_text(text, named.decimal).ok_or_else(|| invalid(cell))?,
        Cell::Empty | Cell::Date(_) | Cell::Bool(_) | Cell::Error(_) => return Err(invalid(cell)),
    };
    let currency = settle(mark, named)?;
    let money =
        Money::parse(without_needless_zeros(&decimal, currency), currency).map_err(|error| match error {
            MoneyError::NotANumber(_) => invalid(cell),
            other => Fault::new(other.code(), other.to_string()),
        })?;
    if money.minor() < 0 {
        return Err(Fault::new(
            "negative_amount",
            format!("{money} is a credit; an amount can't be below zero here."),
        ));
    }
    Ok(Amount { money, named: mark.and_then(Mark::the_one) })
}

/// Whether a text has the form of an amount, of whatever currency and sign.
pub(super) fn looks_like_one(text: &str) -> bool {
    read_text(text, None).is_some()
}

fn invalid(cell: &Cell) -> Fault {
    let shown: String = trim(&cell.shown()).chars().take(40).collect();
    Fault::new(
        "invalid_amount",
        format!("“{shown}” is not an amount; write digits with a point, such as 1234.50."),
    )
}

/// The one currency all hints agree on.
fn settle(mark: Option<Mark>, named: Named) -> Result<Currency, Fault> {
    let mismatch = |message: String| Err(Fault::new("currency_mismatch", message));
    if let (Some(row), Some(header)) = (named.row, named.header)
        && row != header
    {
        return mismatch(format!("The column is in {header}, but the currency of this row is {row}."));
    }
    let known = named.row.or(named.header);
    let Some(mark) = mark else { return Ok(known.unwrap_or(named.default)) };
    match known {
        Some(known) if mark.allows(known) => Ok(known),
        Some(known) => mismatch(format!("The amount is in {mark}, but the currency of this row is {known}.")),
        None if mark.allows(named.default) => Ok(named.default),
        None => mark.the_one().map_or_else(
            || {
                mismatch(format!(
                    "“{mark}” stands for several currencies, but not for {}; write a currency's code, such as \
                     USD 12.50.",
                    named.default
                ))
            },
            Ok,
        ),
    }
}

/// "1200.00" yen is 1200 yen: zeros beyond the currency's digits say nothing. Except that three of them behind the
/// point may be thousands ("12.000"), which is for the person to say.
fn without_needless_zeros(decimal: &str, currency: Currency) -> &str {
    let Some((whole, fraction)) = decimal.split_once('.') else { return decimal };
    let keep = currency.exponent() as usize;
    match fraction.split_at_checked(keep) {
        Some((_, excess))
            if fraction.len() != 3 && !excess.is_empty() && excess.bytes().all(|b| b == b'0') =>
        {
            decimal[..whole.len() + 1 + keep].trim_end_matches('.')
        }
        _ => decimal,
    }
}

/// The plain decimal and the currency's mark in a text; `None` when it is no amount.
fn read_text(text: &str, decimal: Option<DecimalMark>) -> Option<(String, Option<Mark>)> {
    let (before, number, after) = parted(text)?;
    let mut signs = Signs::default();
    let marks = [signs.take(before), signs.take(after)];
    let negative = signs.negative()?;
    let mut mark = None;
    for written in marks.iter().filter(|written| !written.is_empty()) {
        let found = Mark::read(written)?;
        // "$12 USD" says the same thing twice; "€12 USD" doesn't.
        mark = match mark {
            None => Some(found),
            Some(other) => Some(agreed(other, found)?),
        };
    }
    let decimal = plain(&number, decimal)?;
    Some((if negative { format!("-{decimal}") } else { decimal }, mark))
}

/// What stands before the number, the number with its separators, and what stands behind it.
fn parted(text: &str) -> Option<(&str, String, &str)> {
    let text = trim(text);
    let first = text.find(|c: char| c.is_ascii_digit())?;
    let last = text.rfind(|c: char| c.is_ascii_digit())?;
    let (before, number, after) = (&text[..first], &text[first..=last], &text[last + 1..]);
    // ".50" and "$.50", but not "Rs.50"
    match before.strip_suffix(['.', ',']).filter(|rest| !rest.ends_with(char::is_alphabetic)) {
        Some(rest) => Some((rest, format!("0{}{number}", &before[rest.len()..]), after)),
        None => Some((before, number.to_owned(), after)),
    }
}

/// Whether a text is an amount with a decimal point, with a decimal comma, or could be both. `None` for what says
/// nothing about it, such as 1234 or, as everywhere in the trade, 1,234.
pub(super) fn vote(text: &str) -> Option<Vote> {
    let (_, number, _) = parted(text)?;
    if !number.contains(['.', ',']) {
        return None;
    }
    let reads = |mark| plain(&number, Some(mark)).is_some();
    let lone = |mark: char| number.matches([',', '.']).count() == 1 && number.contains(mark);
    match (reads(DecimalMark::Point), reads(DecimalMark::Comma)) {
        (true, false) => Some(Vote::One),
        (false, true) => Some(Vote::Other),
        (true, true) if lone('.') => Some(Vote::Either),
        _ => None,
    }
}

/// The plain decimal of an amount that is written with this decimal mark.
pub(super) fn decimal(text: &str, mark: DecimalMark) -> Option<String> {
    plain(&parted(text)?.1, Some(mark))
}

fn agreed(one: Mark, other: Mark) -> Option<Mark> {
    match (one.the_one(), other.the_one()) {
        (Some(currency), _) if other.allows(currency) => Some(one),
        (_, Some(currency)) if one.allows(currency) => Some(other),
        _ => None,
    }
}

/// The signs around a number.
#[derive(Default)]
struct Signs {
    minus: usize,
    plus: usize,
    opened: usize,
    closed: usize,
}

impl Signs {
    /// Counts the signs in `text` and answers what else stands there.
    fn take(&mut self, text: &str) -> String {
        let mut rest = String::new();
        for c in text.chars() {
            match c {
                '-' | '−' | '–' => self.minus += 1,
                '+' => self.plus += 1,
                '(' => self.opened += 1,
                ')' => self.closed += 1,
                c => rest.push(c),
            }
        }
        trim(&rest).to_owned()
    }

    /// Whether the number is below zero; `None` when the signs make no sense.
    fn negative(&self) -> Option<bool> {
        match (self.minus, self.plus, self.opened, self.closed) {
            (0, 0 | 1, 0, 0) => Some(false),
            (1, 0, 0, 0) | (0, 0, 1, 1) => Some(true),
            _ => None,
        }
    }
}

fn is_space(c: char) -> bool {
    c.is_whitespace()
}

fn is_apostrophe(c: char) -> bool {
    matches!(c, '\'' | '’' | 'ʼ' | '`')
}

/// Digits with separators as a plain decimal.
fn plain(number: &str, decimal: Option<DecimalMark>) -> Option<String> {
    let separator = match decimal {
        // More than one of them leaves a fraction that isn't all digits.
        Some(mark) => number.find(mark.sign()),
        None => decimal_separator(number),
    };
    let (whole, fraction) = match separator {
        Some(at) => (&number[..at], Some(&number[at + 1..])),
        None => (number, None),
    };
    let whole = ungroup(whole)?;
    match fraction {
        None => Some(whole),
        Some(fraction) if !fraction.is_empty() && fraction.bytes().all(|b| b.is_ascii_digit()) => {
            Some(format!("{whole}.{fraction}"))
        }
        Some(_) => None,
    }
}

/// Where the decimal separator stands, if there is one.
fn decimal_separator(number: &str) -> Option<usize> {
    let (commas, points) = (number.matches(',').count(), number.matches('.').count());
    match (commas, points) {
        (0, 0) => None,
        (0, 1) => number.find('.'),
        (1, 0) => number.find(',').filter(|at| !separates_thousands(number, *at)),
        (0, _) | (_, 0) => None,
        _ => number.rfind([',', '.']),
    }
}

/// Whether the only comma of `number` stands as in "1,234".
fn separates_thousands(number: &str, comma: usize) -> bool {
    let (before, after) = (&number[..comma], &number[comma + 1..]);
    after.len() == 3
        && (1..=3).contains(&before.len())
        && !before.starts_with('0')
        && before.bytes().all(|b| b.is_ascii_digit())
}

/// The digits of a whole number whose thousands are separated, if they are in the right places: groups of three, or of
/// two before the last one as in India ("12,34,567").
fn ungroup(whole: &str) -> Option<String> {
    if whole.bytes().all(|b| b.is_ascii_digit()) {
        return Some(whole.to_owned());
    }
    let separator = whole.chars().find(|c| !c.is_ascii_digit())?;
    let same = |c: char| {
        c == separator
            || (is_space(c) && is_space(separator))
            || (is_apostrophe(c) && is_apostrophe(separator))
    };
    if !(is_space(separator) || is_apostrophe(separator) || matches!(separator, ',' | '.')) {
        return None;
    }
    let groups: Vec<&str> = whole.split(same).collect();
    let (first, rest) = groups.split_first()?;
    let (last, middle) = rest.split_last()?;
    let digits = groups.iter().all(|group| !group.is_empty() && group.bytes().all(|b| b.is_ascii_digit()));
    let by_thousands = first.len() <= 3 && middle.iter().all(|group| group.len() == 3);
    let by_lakhs = separator == ',' && first.len() <= 2 && middle.iter().all(|group| group.len() == 2);
    // “0,567” is no thousand.
    let begins = !first.starts_with('0');
    (digits && begins && last.len() == 3 && (by_thousands || by_lakhs)).then(|| groups.concat())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn currency(code: &str) -> Currency {
        code.parse().unwrap()
    }

    fn named(default: Currency) -> Named {
        Named { row: None, header: None, default, decimal: None }
    }

    fn text(written: &str, default: Currency) -> Result<String, &'static str> {
        read(&Cell::Text(written.to_owned()), named(default))
            .map(|amount| format!("{:?}", amount.money))
            .map_err(|fault| fault.code)
    }

    fn number(written: &str, default: Currency) -> Result<String, &'static str> {
        read(&Cell::Number(written.to_owned()), named(default))
            .map(|amount| format!("{:?}", amount.money))
            .map_err(|fault| fault.code)
    }

    fn usd(written: &str) -> Result<String, &'static str> {
        text(written, Currency::USD)
    }

    #[test]
    fn thousands_may_be_separated_in_any_usual_way() {
        for written in [
            "1234.50",
            "1,234.50",
            "1.234,50",
            "1 234.50",
            "1 234,50",
            "1\u{a0}234.50",
            "1\u{202f}234,5",
            "1'234.50",
            "1’234,50",
            " 1,234.5 ",
            "+1234.50",
            "1234,5",
            "1234.500000",
        ] {
            assert_eq!(usd(written).as_deref(), Ok("1234.50 USD"), "{written}");
        }
        for written in ["1,234,567.80", "1.234.567,80", "12,34,567.80", "1 234 567,8", "1234567.8"] {
            assert_eq!(usd(written).as_deref(), Ok("1234567.80 USD"), "{written}");
        }
    }

    #[test]
    fn a_lone_comma_before_three_digits_separates_thousands() {
        assert_eq!(usd("1,234").as_deref(), Ok("1234.00 USD"));
        assert_eq!(usd("123,456").as_deref(), Ok("123456.00 USD"));
        assert_eq!(text("1,234", Currency::KWD).as_deref(), Ok("1234.000 KWD"));
        // Not thousands: four digits before it, or a zero.
        assert_eq!(text("1234,567", Currency::KWD).as_deref(), Ok("1234.567 KWD"));
        assert_eq!(text("0,567", Currency::KWD).as_deref(), Ok("0.567 KWD"));
    }

    #[test]
    fn a_lone_comma_before_other_digits_is_a_decimal_comma() {
        assert_eq!(usd("12,5").as_deref(), Ok("12.50 USD"));
        assert_eq!(usd("12,50").as_deref(), Ok("12.50 USD"));
        assert_eq!(usd(",50").as_deref(), Ok("0.50 USD"));
        assert_eq!(usd("1 234,567"), Err("too_many_decimals"));
    }

    #[test]
    fn a_lone_point_is_a_decimal_point() {
        assert_eq!(usd("1.234"), Err("too_many_decimals"));
        assert_eq!(usd("12.000"), Err("too_many_decimals"));
        assert_eq!(text("1.234", Currency::KWD).as_deref(), Ok("1.234 KWD"));
        assert_eq!(usd(".5").as_deref(), Ok("0.50 USD"));
        assert_eq!(usd("$.50").as_deref(), Ok("0.50 USD"));
    }

    #[test]
    fn zero_is_an_amount() {
        for written in ["0", "0.00", "$0", "-0", "(0.00)", "0,00"] {
            assert_eq!(usd(written).as_deref(), Ok("0.00 USD"), "{written}");
        }
        assert_eq!(number("0", Currency::USD).as_deref(), Ok("0.00 USD"));
    }

    #[test]
    fn credits_are_refused() {
        for written in ["-12", "−12.00", "(12.00)", "12.00-", "-$12", "$-12", "($12)", "$(12)", "-12 €"] {
            let default = if written.contains('€') { Currency::EUR } else { Currency::USD };
            assert_eq!(text(written, default), Err("negative_amount"), "{written}");
        }
        assert_eq!(number("-0.01", Currency::USD), Err("negative_amount"));
        let fault = read(&Cell::Number("-12".to_owned()), named(Currency::USD)).unwrap_err();
        assert_eq!(fault.message, "−12.00 USD is a credit; an amount can't be below zero here.");
    }

    #[test]
    fn more_decimals_than_the_currency_has_are_refused() {
        assert_eq!(usd("12.345"), Err("too_many_decimals"));
        assert_eq!(number("12.345", Currency::USD), Err("too_many_decimals"));
        assert_eq!(text("12.5", Currency::JPY), Err("too_many_decimals"));
        assert_eq!(text("1200.00", Currency::JPY).as_deref(), Ok("1200 JPY"));
        assert_eq!(number("1200.0", Currency::JPY).as_deref(), Ok("1200 JPY"));
        assert_eq!(number("1.234", Currency::KWD).as_deref(), Ok("1.234 KWD"));
        assert_eq!(number("1E-3", Currency::USD), Err("too_many_decimals"));
    }

    #[test]
    fn numbers_may_be_in_exponent_form() {
        assert_eq!(number("1E+3", Currency::USD).as_deref(), Ok("1000.00 USD"));
        assert_eq!(number("1.5075E2", Currency::USD).as_deref(), Ok("150.75 USD"));
        assert_eq!(number("1E+30", Currency::USD), Err("amount_too_large"));
        assert_eq!(number("1E+999999999", Currency::USD), Err("invalid_amount"));
    }

    #[test]
    fn what_is_no_amount_is_refused_and_never_zero() {
        for written in [
            "abc",
            "12abc",
            "1,23,4",
            "1.2.3",
            "1,234.567,89",
            "12 34",
            "1''234",
            "--12",
            "-(12)",
            "(12",
            "12)",
            "12.",
            "1e3",
            "2025-03-10",
            "10/2",
            "12 34 567.8",
            "1,234 567",
            "1.234 567",
            "#12",
            "n/a",
            "-",
            "٣",
            "€",
            "12 bucks",
            "€12 USD",
            "0x10",
        ] {
            assert_eq!(usd(written), Err("invalid_amount"), "{written}");
        }
        assert_eq!(read(&Cell::Bool(true), named(Currency::USD)).unwrap_err().code, "invalid_amount");
        let date = Cell::Date(chrono::NaiveDate::from_ymd_opt(2025, 3, 10).unwrap());
        assert_eq!(read(&date, named(Currency::USD)).unwrap_err().code, "invalid_amount");
    }

    #[test]
    fn a_code_or_sign_may_stand_on_either_side() {
        for written in ["USD 12", "12 usd", "$12", "12 $", "US$ 12", "$12 USD", "USD12"] {
            assert_eq!(usd(written).as_deref(), Ok("12.00 USD"), "{written}");
        }
        assert_eq!(text("12 €", Currency::EUR).as_deref(), Ok("12.00 EUR"));
        assert_eq!(text("$12", currency("CAD")).as_deref(), Ok("12.00 CAD"));
        assert_eq!(text("Rs.500", currency("INR")).as_deref(), Ok("500.00 INR"));
        assert_eq!(text("¥1,200", Currency::JPY).as_deref(), Ok("1200 JPY"));
    }

    #[test]
    fn a_sign_that_means_one_currency_names_it_where_nothing_else_does() {
        let amount = read(&Cell::Text("12 €".to_owned()), named(Currency::USD)).unwrap();
        assert_eq!((amount.money.currency(), amount.named), (Currency::EUR, Some(Currency::EUR)));
        assert_eq!(text("$12", Currency::EUR), Err("currency_mismatch"));
    }

    #[test]
    fn hints_that_contradict_each_other_are_refused() {
        let both = |row: Option<Currency>, header: Option<Currency>, written: &str| {
            read(
                &Cell::Text(written.to_owned()),
                Named { row, header, default: Currency::USD, decimal: None },
            )
            .map(|amount| amount.money.currency())
            .map_err(|fault| fault.code)
        };
        let (usd, eur) = (Some(Currency::USD), Some(Currency::EUR));
        assert_eq!(both(usd, None, "12 €"), Err("currency_mismatch"));
        assert_eq!(both(eur, None, "$12"), Err("currency_mismatch"));
        assert_eq!(both(eur, usd, "12"), Err("currency_mismatch"));
        assert_eq!(both(None, eur, "USD 12"), Err("currency_mismatch"));
        assert_eq!(both(None, eur, "12"), Ok(Currency::EUR));
        assert_eq!(both(eur, eur, "12 EUR"), Ok(Currency::EUR));
    }

    #[test]
    fn a_columns_decimal_mark_settles_an_amount_that_could_be_two() {
        let read = |written: &str, decimal| {
            let named = Named { decimal: Some(decimal), ..named(Currency::KWD) };
            super::read(&Cell::Text(written.to_owned()), named)
                .map(|amount| amount.money.minor())
                .map_err(|fault| fault.code)
        };
        assert_eq!(read("1.234", DecimalMark::Comma), Ok(1_234_000));
        assert_eq!(read("1.234", DecimalMark::Point), Ok(1234));
        assert_eq!(read("1,234", DecimalMark::Point), Ok(1_234_000));
        assert_eq!(read("1,234", DecimalMark::Comma), Ok(1234));
        assert_eq!(read("1 234,5", DecimalMark::Comma), Ok(1_234_500));
        assert_eq!(read("1.234,5", DecimalMark::Point), Err("invalid_amount"));
        assert_eq!(read("1.234.567", DecimalMark::Point), Err("invalid_amount"));
        assert_eq!(read("0,567", DecimalMark::Point), Err("invalid_amount"), "no thousands behind a zero");
        assert_eq!(read("12.5", DecimalMark::Comma), Err("invalid_amount"));
    }

    #[test]
    fn an_amount_votes_only_where_its_separators_tell() {
        for point in ["12.5", "12.50", "1,234.50", "1,234,567", "12,34,567", "$1234.567", "1'234.50"] {
            assert!(matches!(vote(point), Some(Vote::One)), "{point}");
        }
        for comma in ["12,5", "12,50 €", "1.234,50", "1.234.567", "1\u{a0}234,50", "0,567"] {
            assert!(matches!(vote(comma), Some(Vote::Other)), "{comma}");
        }
        assert!(matches!(vote("1.234"), Some(Vote::Either)));
        for silent in ["1234", "1,234", "1 234", "1'234", "2025-03-20", "20.03.2025", "n/a", "1.2.3"] {
            assert!(vote(silent).is_none(), "{silent}");
        }
    }
}
