//! Calendar dates as people say them. The business date is always an argument.

use chrono::{Datelike, NaiveDate};

/// Whole days from the due date to the business date; 0 when it is not past. Due today is not late.
pub fn days_past_due(due: NaiveDate, business_date: NaiveDate) -> i64 {
    (business_date - due).num_days().max(0)
}

/// `20 Mar 2025`.
pub fn show(date: NaiveDate) -> String {
    date.format("%-d %b %Y").to_string()
}

/// The relation people think in: `611 days late`, `due today`, `in 3 days`.
pub fn relation(due: NaiveDate, business_date: NaiveDate) -> String {
    match (due - business_date).num_days() {
        0 => "due today".to_owned(),
        1 => "tomorrow".to_owned(),
        -1 => "1 day late".to_owned(),
        days if days > 0 => format!("in {days} days"),
        days => format!("{} days late", -days),
    }
}

/// Dates a business record can carry. Outside it a typed year is a slip, not a date.
pub fn plausible(date: NaiveDate) -> bool {
    (1970..=2199).contains(&date.year())
}
