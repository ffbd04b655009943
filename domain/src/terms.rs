//! Payment terms: when an invoice is due, counted from its issue date.

use std::fmt;
use std::str::FromStr;

use chrono::{Datelike, Days, Months, NaiveDate};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// The longest terms anyone agrees to, in days.
const MOST_DAYS: u16 = 365;

/// How many days a customer has. On the wire `net_30`, `end_of_month` or `end_of_month_15`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PaymentTerms {
    /// So many days after the issue date; 0 is due on receipt.
    Net(u16),
    /// So many days after the last day of the month of issue.
    EndOfMonth(u16),
}

impl PaymentTerms {
    /// What forms offer.
    pub const COMMON: [PaymentTerms; 6] = [
        PaymentTerms::Net(0),
        PaymentTerms::Net(14),
        PaymentTerms::Net(30),
        PaymentTerms::Net(60),
        PaymentTerms::EndOfMonth(0),
        PaymentTerms::EndOfMonth(30),
    ];

    /// The last day on which an invoice issued on `issued` is not late.
    pub fn due_date(self, issued: NaiveDate) -> NaiveDate {
        let (from, days) = match self {
            PaymentTerms::Net(days) => (issued, days),
            PaymentTerms::EndOfMonth(days) => (last_of_month(issued), days),
        };
        from.checked_add_days(Days::new(days.into())).unwrap_or(from)
    }

    /// For people.
    pub fn label(self) -> String {
        match self {
            PaymentTerms::Net(0) => "Due on receipt".to_owned(),
            PaymentTerms::Net(days) => format!("Net {days} days"),
            PaymentTerms::EndOfMonth(0) => "End of month".to_owned(),
            PaymentTerms::EndOfMonth(days) => format!("End of month + {days} days"),
        }
    }
}

fn last_of_month(day: NaiveDate) -> NaiveDate {
    let first = day.with_day(1).unwrap_or(day);
    first.checked_add_months(Months::new(1)).and_then(|next| next.pred_opt()).unwrap_or(day)
}

impl fmt::Display for PaymentTerms {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            PaymentTerms::Net(days) => write!(f, "net_{days}"),
            PaymentTerms::EndOfMonth(0) => f.write_str("end_of_month"),
            PaymentTerms::EndOfMonth(days) => write!(f, "end_of_month_{days}"),
        }
    }
}

impl FromStr for PaymentTerms {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let days = |text: &str| text.parse().ok().filter(|days| *days <= MOST_DAYS);
        if text == "end_of_month" {
            return Ok(PaymentTerms::EndOfMonth(0));
        }
        let named = text
            .strip_prefix("end_of_month_")
            .map(|rest| days(rest).map(PaymentTerms::EndOfMonth))
            .or_else(|| text.strip_prefix("net_").map(|rest| days(rest).map(PaymentTerms::Net)));
        named.flatten().ok_or_else(|| {
            format!("Use net_30, end_of_month or end_of_month_15, with 0 to {MOST_DAYS} days.")
        })
    }
}

impl Serialize for PaymentTerms {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for PaymentTerms {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn due_dates_follow_the_calendar() {
        for (terms, issued, due) in [
            ("net_0", "2025-01-31", "2025-01-31"),
            ("net_30", "2025-01-31", "2025-03-02"),
            ("net_30", "2024-01-31", "2024-03-01"),
            ("end_of_month", "2025-02-01", "2025-02-28"),
            ("end_of_month", "2024-02-29", "2024-02-29"),
            ("end_of_month", "2025-12-31", "2025-12-31"),
            ("end_of_month_15", "2025-12-05", "2026-01-15"),
            ("end_of_month_30", "2025-01-10", "2025-03-02"),
        ] {
            let terms: PaymentTerms = terms.parse().unwrap();
            assert_eq!(terms.due_date(issued.parse().unwrap()).to_string(), due, "{terms} from {issued}");
        }
    }

    #[test]
    fn names_go_there_and_back_and_others_are_refused() {
        for terms in PaymentTerms::COMMON {
            assert_eq!(terms.to_string().parse(), Ok(terms));
        }
        for text in ["", "net", "net_", "net_-1", "net_366", "net_3.5", "end_of_month_", "30", "NET_30"] {
            assert!(text.parse::<PaymentTerms>().is_err(), "{text}");
        }
    }
}
