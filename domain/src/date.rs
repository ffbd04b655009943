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

#[cfg(test)]
mod tests {
    use super::*;

    fn date(text: &str) -> NaiveDate {
        text.parse().unwrap()
    }

    #[test]
    fn due_today_is_not_late() {
        let today = date("2025-03-20");
        for (due, days) in [("2025-03-21", 0), ("2025-03-20", 0), ("2025-03-19", 1), ("2024-03-20", 365)] {
            assert_eq!(days_past_due(date(due), today), days, "{due}");
        }
    }

    #[test]
    fn relations_are_told_as_people_do() {
        let today = date("2025-03-20");
        for (due, words) in [
            ("2025-03-20", "due today"),
            ("2025-03-21", "tomorrow"),
            ("2025-03-23", "in 3 days"),
            ("2025-03-19", "1 day late"),
            ("2025-03-10", "10 days late"),
        ] {
            assert_eq!(relation(date(due), today), words);
        }
        assert_eq!(show(date("2025-03-05")), "5 Mar 2025");
    }

    #[test]
    fn years_beyond_a_business_lifetime_are_slips() {
        for (day, ok) in
            [("1969-12-31", false), ("1970-01-01", true), ("2199-12-31", true), ("2200-01-01", false)]
        {
            assert_eq!(plausible(date(day)), ok, "{day}");
        }
    }
}
