//! Dates as people write them into spreadsheets.

use chrono::{Days, Month, NaiveDate, Weekday};

use super::cell::{Cell, Fault, plain_decimal};
use super::language;
use super::profile::{DateOrder, Vote};
use crate::date;
use crate::field::trim;

/// Reads a date of a plausible year. A time of day behind it is dropped.
///
/// A day and a month in digits, separated by slashes or hyphens, stand in the column's `order`. Where there is none they
/// are taken only if this one cell can't mean two days; points always put the day first. Two digits of a year are those
/// of 1969 to 2068, as POSIX has it (`strptime`, `%y`); between hyphens they could stand in front, too.
pub(super) fn read(cell: &Cell, order: Option<DateOrder>) -> Result<NaiveDate, Fault> {
    let date = match cell {
        Cell::Date(date) => Some(*date),
        Cell::Number(number) => read_number(number),
        Cell::Text(text) => read_text(text, order)?,
        Cell::Empty | Cell::Bool(_) | Cell::Error(_) => None,
    };
    date.filter(|date| date::plausible(*date)).ok_or_else(|| {
        let shown: String = trim(&cell.shown()).chars().take(40).collect();
        Fault::new(
            "invalid_date",
            format!("“{shown}” is not a date; write it as YYYY-MM-DD, such as 2026-03-20."),
        )
    })
}

/// A day number of the spreadsheet, or eight digits YYYYMMDD, which no plausible day number has.
fn read_number(number: &str) -> Option<NaiveDate> {
    let plain = plain_decimal(number)?;
    compact(&plain).or_else(|| from_serial(plain.parse().ok()?))
}

fn compact(digits: &str) -> Option<NaiveDate> {
    if digits.len() != 8 || !digits.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    ymd(&digits[..4], &digits[4..6], &digits[6..])
}

/// The day that Excel's 1900 date system numbers `serial`. It counts a 29 February 1900 that never was (60), so later
/// days are one further from the start than they should be.
fn from_serial(serial: u32) -> Option<NaiveDate> {
    let (year, month, day) = match serial {
        0 | 60 => return None,
        1..60 => (1899, 12, 31),
        _ => (1899, 12, 30),
    };
    NaiveDate::from_ymd_opt(year, month, day)?.checked_add_days(Days::new(serial.into()))
}

fn read_text(text: &str, order: Option<DateOrder>) -> Result<Option<NaiveDate>, Fault> {
    let Some(text) = without_time(trim(text)) else { return Ok(None) };
    let parts: Vec<&str> = text.split(['-', '/', '.']).map(str::trim).collect();
    match parts[..] {
        [digits] if digits.len() == 8 && digits.bytes().all(|b| b.is_ascii_digit()) => Ok(compact(digits)),
        [year, month, day] if year.len() == 4 && all_digits(&parts) => Ok(ymd(year, month, day)),
        [day, month, year] if matches!(year.len(), 2 | 4) && all_digits(&parts) => {
            if text.contains('.') {
                Ok(ymd(year, month, day))
            } else if year.len() == 2 && text.contains('-') {
                by_place(text, [day, month, year], order)
            } else {
                by_size(text, [day, month, year], order)
            }
        }
        _ => Ok(with_month_name(text)),
    }
}

fn all_digits(parts: &[&str]) -> bool {
    parts.iter().all(|part| !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit()))
}

/// Two numbers of which either may be the day.
fn by_size(
    text: &str,
    [first, second, year]: [&str; 3],
    order: Option<DateOrder>,
) -> Result<Option<NaiveDate>, Fault> {
    let day_first = ymd(year, second, first);
    let month_first = ymd(year, first, second);
    match (day_first, month_first, order) {
        (Some(_), Some(_), Some(DateOrder::DayFirst)) => Ok(day_first),
        (Some(_), Some(_), Some(DateOrder::MonthFirst)) => Ok(month_first),
        (Some(one), Some(other), None) if one != other => Err(two_days(text, one, other)),
        (one, other, _) => Ok(one.or(other)),
    }
}

/// Numbers of which the first may be the year, too.
fn by_place(text: &str, parts: [&str; 3], order: Option<DateOrder>) -> Result<Option<NaiveDate>, Fault> {
    let [year, month, day] = parts;
    let year_first = (year.len() == 2).then(|| ymd(year, month, day)).flatten();
    match (by_size(text, parts, order)?, year_first) {
        (Some(one), Some(other)) if one != other => Err(two_days(text, one, other)),
        (one, other) => Ok(one.or(other)),
    }
}

fn two_days(text: &str, one: NaiveDate, other: NaiveDate) -> Fault {
    let (one, other) = (date::show(one), date::show(other));
    Fault::new(
        "ambiguous_date",
        format!("“{text}” can mean {one} or {other}. Write dates as YYYY-MM-DD, such as 2026-03-20."),
    )
}

/// Whether a text is a date with the day first, with the month first, or could be both. `None` for what says nothing
/// about it, such as 2026-03-20, 20.03.2026 or 03/03/2026.
pub(super) fn vote(text: &str) -> Option<Vote> {
    let text = without_time(trim(text))?;
    let mut parts = text.split(['-', '/']).map(str::trim);
    let (first, second, year) = (parts.next()?, parts.next()?, parts.next()?);
    let is_year = year.len() == 4 || (year.len() == 2 && !text.contains('-'));
    if parts.next().is_some() || !is_year || !all_digits(&[first, second, year]) {
        return None;
    }
    match (ymd(year, second, first), ymd(year, first, second)) {
        (Some(one), Some(other)) if one != other => Some(Vote::Either),
        (Some(_), None) => Some(Vote::One),
        (None, Some(_)) => Some(Vote::Other),
        _ => None,
    }
}

/// "20 Mar 2026", "20-March-26", "Fri, Mar 20, 2026".
fn with_month_name(text: &str) -> Option<NaiveDate> {
    let mut words = text
        .split(|c: char| c.is_whitespace() || "-/.,".contains(c))
        .filter(|word| !word.is_empty())
        .peekable();
    words.next_if(|word| is_weekday(word));
    let (first, second, year) = (words.next()?, words.next()?, words.next()?);
    if words.next().is_some() || !matches!(year.len(), 2 | 4) {
        return None;
    }
    let (day, month) = match (month_number(first), month_number(second)) {
        (None, Some(month)) => (first, month),
        (Some(month), None) => (second, month),
        _ => return None,
    };
    let day = ["st", "nd", "rd", "th"].iter().find_map(|ordinal| day.strip_suffix(ordinal)).unwrap_or(day);
    if day.len() > 2 || !all_digits(&[day, year]) {
        return None;
    }
    NaiveDate::from_ymd_opt(full_year(year)?, month, day.parse().ok()?)
}

fn is_weekday(word: &str) -> bool {
    word.parse::<Weekday>().is_ok()
}

fn month_number(word: &str) -> Option<u32> {
    let english = word.parse::<Month>().ok().map(|month| month.number_from_month());
    english.or_else(|| language::month(&word.to_lowercase()))
}

fn ymd(year: &str, month: &str, day: &str) -> Option<NaiveDate> {
    if month.len() > 2 || day.len() > 2 {
        return None;
    }
    NaiveDate::from_ymd_opt(full_year(year)?, month.parse().ok()?, day.parse().ok()?)
}

fn full_year(digits: &str) -> Option<i32> {
    let year: i32 = digits.parse().ok()?;
    Some(match (digits.len(), year) {
        (2, ..=68) => 2000 + year,
        (2, _) => 1900 + year,
        _ => year,
    })
}

/// The text before a time of day such as "T00:00:00Z" or ", 10:30 PM"; `None` when what follows is no time.
fn without_time(text: &str) -> Option<&str> {
    let Some(colon) = text.find(':') else { return Some(text) };
    let date_and_hour = &text[..colon];
    let date = date_and_hour.trim_end_matches(|c: char| c.is_ascii_digit());
    let hour = &date_and_hour[date.len()..];
    let is_time = (1..=2).contains(&hour.len())
        && text[colon..]
            .chars()
            .all(|c| c.is_ascii_digit() || c.is_whitespace() || ":.+-zZaApPmM".contains(c));
    let parted = date.trim_end_matches(|c: char| c.is_whitespace() || c == ',' || c == 'T' || c == 't');
    (is_time && parted.len() < date.len()).then_some(parted)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(written: &str) -> Result<String, &'static str> {
        read(&Cell::Text(written.to_owned()), None).map(|date| date.to_string()).map_err(|fault| fault.code)
    }

    fn number(written: &str) -> Result<String, &'static str> {
        read(&Cell::Number(written.to_owned()), None).map(|date| date.to_string()).map_err(|fault| fault.code)
    }

    #[test]
    fn usual_ways_of_writing_a_date_are_read() {
        for written in [
            "2025-03-20",
            "2025/03/20",
            "2025/3/20",
            "2025.03.20",
            " 2025-03-20\u{a0}",
            "20 Mar 2025",
            "20 March 2025",
            "20-Mar-2025",
            "20-MAR-2025",
            "20. March 2025",
            "20th March 2025",
            "Mar 20, 2025",
            "March 20 2025",
            "Mar. 20, 2025",
            "20.03.2025",
            "20.3.2025",
            "20/03/2025",
            "03/20/2025",
            "3/20/2025",
            "20-03-2025",
            "20250320",
            "20.03.25",
            "3/20/25",
            "20/3/25",
            "20-Mar-25",
            "Mar 20, 25",
            "Thu 20 Mar 2025",
            "Thursday, March 20, 2025",
            "20. März 2025",
            "20 mars 2025",
            "20-mrt-2025",
        ] {
            assert_eq!(text(written).as_deref(), Ok("2025-03-20"), "{written}");
        }
        assert_eq!(text("1 Sept 2025").as_deref(), Ok("2025-09-01"));
        assert_eq!(text("03.04.2025").as_deref(), Ok("2025-04-03"), "points put the day first");
        assert_eq!(text("03/03/2025").as_deref(), Ok("2025-03-03"), "equal parts leave no doubt");
        assert_eq!(text("29.02.2024").as_deref(), Ok("2024-02-29"));
        assert_eq!(text("31.12.68").as_deref(), Ok("2068-12-31"));
        assert_eq!(text("31.12.70").as_deref(), Ok("1970-12-31"));
        assert_eq!(text("5-1-26"), Err("ambiguous_date"), "day or month first");
        assert_eq!(text("31-12-70").as_deref(), Ok("1970-12-31"), "there is no day 70");
    }

    #[test]
    fn a_time_of_day_behind_the_date_is_dropped() {
        for written in [
            "2025-03-20T00:00:00Z",
            "2025-03-20 00:00:00",
            "2025-03-20T10:15:30.123+02:00",
            "20 Mar 2025 9:05",
            "3/20/2025 10:30 PM",
            "Mar 20, 2025, 10:30\u{202f}PM",
        ] {
            assert_eq!(text(written).as_deref(), Ok("2025-03-20"), "{written}");
        }
        assert_eq!(text("10:30"), Err("invalid_date"));
        assert_eq!(text("2025-03-20 due: soon"), Err("invalid_date"));
        assert_eq!(text("1 Sept 2025 10:00").as_deref(), Ok("2025-09-01"));
    }

    #[test]
    fn a_date_that_can_mean_two_days_is_refused_with_both() {
        assert_eq!(text("03/04/2025"), Err("ambiguous_date"));
        assert_eq!(text("3-4-2025"), Err("ambiguous_date"));
        assert_eq!(text("3/4/25"), Err("ambiguous_date"));
        assert_eq!(
            read(&Cell::Text("20-03-25".to_owned()), Some(DateOrder::DayFirst)).unwrap_err().message,
            "“20-03-25” can mean 20 Mar 2025 or 25 Mar 2020. Write dates as YYYY-MM-DD, such as 2026-03-20."
        );
        assert_eq!(
            read(&Cell::Text("03/04/2025 00:00".to_owned()), None).unwrap_err().message,
            "“03/04/2025” can mean 3 Apr 2025 or 4 Mar 2025. Write dates as YYYY-MM-DD, such as 2026-03-20."
        );
    }

    #[test]
    fn what_is_no_date_is_refused() {
        for written in [
            "soon",
            "2025-02-29",
            "2025-13-01",
            "31/31/2025",
            "0025-03-20",
            "1969-12-31",
            "2200-01-01",
            "20 Mar",
            "2025",
            "45726",
            "20 Mar 2025 x",
            "Mar Mar 2025",
            "20 Foo 2025",
            "+20/03/2025",
            "2025-3-200",
            "20 Mar 02025",
            "202503201",
        ] {
            assert_eq!(text(written), Err("invalid_date"), "{written}");
        }
        assert_eq!(read(&Cell::Bool(true), None).unwrap_err().code, "invalid_date");
        assert_eq!(
            read(&Cell::Date(NaiveDate::from_ymd_opt(1900, 1, 1).unwrap()), None).unwrap_err().code,
            "invalid_date"
        );
    }

    #[test]
    fn day_numbers_count_from_1900_as_excel_does() {
        let day = |serial| from_serial(serial).map(|date| date.to_string());
        assert_eq!(day(1).as_deref(), Some("1900-01-01"));
        assert_eq!(day(59).as_deref(), Some("1900-02-28"));
        assert_eq!(day(60), None, "29 February 1900 never was");
        assert_eq!(day(61).as_deref(), Some("1900-03-01"));
        assert_eq!(day(25569).as_deref(), Some("1970-01-01"));
        assert_eq!(day(36526).as_deref(), Some("2000-01-01"));
        assert_eq!(day(45726).as_deref(), Some("2025-03-10"));
        assert_eq!(day(u32::MAX), None);
    }

    #[test]
    fn a_number_is_a_day_number_of_a_plausible_year() {
        assert_eq!(number("45726").as_deref(), Ok("2025-03-10"));
        assert_eq!(number("45726.0").as_deref(), Ok("2025-03-10"));
        assert_eq!(number("4.5726E+4").as_deref(), Ok("2025-03-10"));
        assert_eq!(number("20250310").as_deref(), Ok("2025-03-10"));
        for written in ["45726.5", "0", "30", "60", "-1", "1E+30", "99999999", "20251310", "2025"] {
            assert_eq!(number(written), Err("invalid_date"), "{written}");
        }
    }

    #[test]
    fn a_columns_order_settles_a_date_that_could_be_two() {
        let read = |written: &str, order| {
            read(&Cell::Text(written.to_owned()), Some(order)).map(|date| date.to_string()).unwrap()
        };
        assert_eq!(read("03/04/2025", DateOrder::DayFirst), "2025-04-03");
        assert_eq!(read("03-04-2025 10:15", DateOrder::MonthFirst), "2025-03-04");
        // What can only be read in one way is read in it.
        assert_eq!(read("20/03/2025", DateOrder::MonthFirst), "2025-03-20");
        assert_eq!(read("03.04.2025", DateOrder::MonthFirst), "2025-04-03");
        assert_eq!(read("2025-03-04", DateOrder::DayFirst), "2025-03-04");
    }

    #[test]
    fn a_date_votes_only_where_its_numbers_tell() {
        assert!(matches!(vote("20/03/2025"), Some(Vote::One)));
        assert!(matches!(vote("3/20/2025 0:00"), Some(Vote::Other)));
        assert!(matches!(vote("3/20/25"), Some(Vote::Other)));
        assert!(matches!(vote("3-4-2025"), Some(Vote::Either)));
        for silent in [
            "03/03/2025",
            "2025-03-20",
            "20.03.2025",
            "31/31/2025",
            "20 Mar 2025",
            "20-03-25",
            "1/2/3/2025",
            "x",
        ] {
            assert!(vote(silent).is_none(), "{silent}");
        }
    }
}
