//! Amounts as people write them into spreadsheets.

use super::cell::{Cell, Fault, plain_decimal};
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
}

/// An amount with how its currency was found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Amount {
    pub money: Money,
    /// The currency, when the cell names exactly one.
    pub named: Option<Currency>,
}

/// Reads an amount of zero or more.
///
/// Text may carry a currency's code or sign before or after the number, thousands separated by commas, points, spaces
/// of any kind or apostrophes, and a decimal point or comma. The later of two kinds of separators is the decimal one. A
/// lone comma before exactly three digits separates thousands ("1,234" is 1234), as in the spreadsheets this product
/// exports; a lone point is always a decimal point, so that "1.234" dollars has too many decimals instead of being
/// guessed at. "(12.00)", "-12" and "12-" are below zero.
pub(super) fn read(cell: &Cell, named: Named) -> Result<Amount, Fault> {
    let (written, mark) = match cell {
        Cell::Number(number) => (from_number(number).ok_or_else(|| invalid(cell))?, None),
        Cell::Text(text) => from_text(text).ok_or_else(|| invalid(cell))?,
        Cell::Empty | Cell::Date(_) | Cell::Bool(_) | Cell::Error(_) => return Err(invalid(cell)),
    };
    let own = mark.and_then(|mark| mark.the_one());
    let currency = settle(mark, named)?;
    let money = written.in_currency(currency).map_err(|error| match error {
        MoneyError::NotANumber(_) => invalid(cell),
        other => Fault::new(other.code(), other.to_string()),
    })?;
    if money.minor() < 0 {
        return Err(Fault::new(
            "negative_amount",
            format!("{money} is a credit; an outstanding amount can't be below zero."),
        ));
    }
    Ok(Amount { money, named: own })
}

fn invalid(cell: &Cell) -> Fault {
    let shown: String = cell.shown().chars().take(40).collect();
    Fault::new("invalid_amount", format!("“{shown}” is not an amount; write digits with a point, such as 1234.50."))
}

/// The one currency all hints agree on.
fn settle(mark: Option<Mark>, named: Named) -> Result<Currency, Fault> {
    let mismatch = |message: String| Err(Fault::new("currency_mismatch", message));
    if let (Some(row), Some(header)) = (named.row, named.header)
        && row != header
    {
        return mismatch(format!("The column is in {header}, but the currency of this row is {row}."));
    }
    match (mark, named.row.or(named.header)) {
        (None, known) => Ok(known.unwrap_or(named.default)),
        (Some(mark), Some(known)) if mark.allows(known) => Ok(known),
        (Some(mark), Some(known)) => {
            mismatch(format!("The amount is in {mark}, but the currency of this row is {known}."))
        }
        (Some(Mark::Code(currency)), None) => Ok(currency),
        (Some(mark), None) if mark.allows(named.default) => Ok(named.default),
        (Some(Mark::Sign([currency])), None) => Ok(*currency),
        (Some(mark), None) => mismatch(format!(
            "{mark} can be several currencies, but not {}; write its code, such as {} 12.50.",
            named.default,
            mark.example()
        )),
    }
}

/// A currency's code, or a sign that one or several currencies use.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Mark {
    Code(Currency),
    Sign(&'static [Currency]),
}

impl Mark {
    fn allows(self, currency: Currency) -> bool {
        match self {
            Mark::Code(code) => code == currency,
            Mark::Sign(currencies) => currencies.contains(&currency),
        }
    }

    /// The currency, if it stands for no other.
    pub fn the_one(self) -> Option<Currency> {
        match self {
            Mark::Code(code) => Some(code),
            Mark::Sign([only]) => Some(*only),
            Mark::Sign(_) => None,
        }
    }

    fn example(self) -> Currency {
        match self {
            Mark::Code(code) => code,
            Mark::Sign(currencies) => currencies.first().copied().unwrap_or(Currency::USD),
        }
    }
}
