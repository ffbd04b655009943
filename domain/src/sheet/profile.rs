//! What a whole column says about its cells. A survey sees every value once and keeps only counts and a few samples.

use serde::{Deserialize, Serialize};

use super::cell::Cell;
use super::{amount, day};
use crate::field::{self, clean_line, trim};

/// Which of the two numbers before the year is the day.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DateOrder {
    /// 20/03/2026.
    DayFirst,
    /// 03/20/2026.
    MonthFirst,
}

/// What stands before the decimals.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DecimalMark {
    /// 1,234.50.
    Point,
    /// 1.234,50.
    Comma,
}

impl DecimalMark {
    pub(super) fn sign(self) -> char {
        match self {
            DecimalMark::Point => '.',
            DecimalMark::Comma => ',',
        }
    }
}

/// What the customers of a file are recognised by.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum MatchKey {
    /// Their reference. A row without one is recognised by the name; in a sheet of customers, where two may bear one name,
    /// by name, e-mail address and telephone number together.
    #[default]
    Reference,
    /// Their name, without case.
    Name,
    /// Their e-mail address, without case.
    Email,
}

impl MatchKey {
    /// All of them.
    pub const ALL: [MatchKey; 3] = [MatchKey::Reference, MatchKey::Name, MatchKey::Email];

    /// The name on the wire.
    pub fn as_str(self) -> &'static str {
        match self {
            MatchKey::Reference => "reference",
            MatchKey::Name => "name",
            MatchKey::Email => "email",
        }
    }
}

/// What the user answered where the values alone don't say it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Options {
    /// For date columns that don't settle it themselves.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub date_order: Option<DateOrder>,
    /// For amount columns that don't settle it themselves.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub decimal: Option<DecimalMark>,
    /// What customers are recognised by; their reference when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub key: Option<MatchKey>,
}

/// What the values of a column say together.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Decided<T> {
    /// No value depends on it.
    Unneeded,
    /// Some values can be read in one way only, and all in that way.
    Is(T),
    /// Every value can be read in both ways: it must be asked. With the first such value.
    Ambiguous(String),
    /// Some values can only be read in one way, others only in the other: each stands for itself.
    Mixed,
}

/// How often a column's values speak for each of two ways of reading them.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
struct Votes {
    one: u64,
    other: u64,
    /// The first value that can be read in both ways.
    either: Option<String>,
}

impl Votes {
    fn decide<T>(&self, one: T, other: T) -> Decided<T> {
        match (self.one, self.other, &self.either) {
            (0, 0, None) => Decided::Unneeded,
            (0, 0, Some(example)) => Decided::Ambiguous(example.clone()),
            (_, 0, _) => Decided::Is(one),
            (0, _, _) => Decided::Is(other),
            _ => Decided::Mixed,
        }
    }
}

/// What a single value says.
pub(super) enum Vote {
    One,
    Other,
    Either,
}

/// How many different values are kept to show.
const SAMPLES: usize = 3;
/// How much of each, in characters.
const SAMPLE_MAX: usize = 60;
/// So many values tell what a column holds.
const TELLING: u64 = 2000;
/// No date or amount is longer, in bytes; what is longer need not be looked at.
const VALUE_MAX: usize = 64;

/// What is known of one column after all its values were seen once.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ColumnProfile {
    header: String,
    filled: u64,
    samples: Vec<String>,
    dates: Votes,
    decimals: Votes,
    emails: u64,
    phones: u64,
    /// Values that a column of contacts could hold, although others could too.
    reachable: u64,
    told: u64,
}

impl ColumnProfile {
    /// A column of which only the header is known.
    pub fn new(header: &str) -> Self {
        Self { header: header.to_owned(), ..Self::default() }
    }

    /// Takes note of one value.
    pub fn observe(&mut self, cell: &Cell) {
        if cell.is_blank() {
            return;
        }
        self.filled += 1;
        if self.samples.len() < SAMPLES {
            self.keep_sample(cell);
        }
        if self.told < TELLING {
            self.told += 1;
            let contact = Contact::of(cell);
            self.emails += u64::from(contact == Some(Contact::Email));
            self.phones += u64::from(contact == Some(Contact::Phone));
            self.reachable += u64::from(contact.is_some());
        }
        if let Cell::Text(text) = cell
            && text.len() <= VALUE_MAX
            && text.bytes().any(|byte| byte.is_ascii_digit())
        {
            count(&mut self.dates, day::vote(text), text);
            count(&mut self.decimals, amount::vote(text), text);
        }
    }

    fn keep_sample(&mut self, cell: &Cell) {
        let sample: String = clean_line(&cell.shown()).unwrap_or_default().chars().take(SAMPLE_MAX).collect();
        if !sample.is_empty() && !self.samples.contains(&sample) {
            self.samples.push(sample);
        }
    }

    /// The header as written.
    pub fn header(&self) -> &str {
        &self.header
    }

    /// How many cells have content.
    pub fn filled(&self) -> u64 {
        self.filled
    }

    /// Up to three different values, the first ones.
    pub fn samples(&self) -> &[String] {
        &self.samples
    }

    /// Which of two numbers in its dates is the day.
    pub fn date_order(&self) -> Decided<DateOrder> {
        self.dates.decide(DateOrder::DayFirst, DateOrder::MonthFirst)
    }

    /// Which mark stands before the decimals of its amounts.
    pub fn decimal(&self) -> Decided<DecimalMark> {
        self.decimals.decide(DecimalMark::Point, DecimalMark::Comma)
    }

    /// Whether most of its values are ways to reach somebody, and which. `None` when it has too few values to tell.
    pub(super) fn reaches(&self) -> Option<Reach> {
        if self.told == 0 {
            return None;
        }
        if self.told >= 5 && self.reachable * 5 < self.told {
            return Some(Reach::Nobody);
        }
        // A wrong cell in five is for the person to mend.
        if (self.emails + self.phones) * 5 < self.told * 4 {
            return None;
        }
        Some(match (self.emails, self.phones) {
            (_, 0) => Reach::Emails,
            (0, _) => Reach::Phones,
            _ => Reach::Both,
        })
    }
}

fn count(votes: &mut Votes, vote: Option<Vote>, text: &str) {
    match vote {
        Some(Vote::One) => votes.one += 1,
        Some(Vote::Other) => votes.other += 1,
        Some(Vote::Either) if votes.either.is_none() => votes.either = Some(trim(text).to_owned()),
        Some(Vote::Either) | None => {}
    }
}

/// What a column of contacts holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Reach {
    Emails,
    Phones,
    Both,
    /// Hardly any value is a contact.
    Nobody,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Contact {
    Email,
    Phone,
    /// Digits that may be a telephone number, or the customer's.
    Digits,
}

impl Contact {
    fn of(cell: &Cell) -> Option<Contact> {
        let text = match cell {
            Cell::Text(text) => trim(text),
            Cell::Number(_) => return Some(Contact::Digits),
            _ => return None,
        };
        if text.contains('@') {
            let mut parts = text.split([',', ';', '\n']);
            return parts.any(|part| field::email("contact", part).is_ok()).then_some(Contact::Email);
        }
        if text.len() > VALUE_MAX || field::phone("contact", text).is_err() {
            return None;
        }
        if day::vote(text).is_some() {
            return None;
        }
        // Signs that amounts and customer numbers don't have.
        let dialled = text.starts_with(['+', '('])
            || (text.starts_with('0') && text.contains([' ', '-', '/']))
            || text.starts_with("00");
        let digits = text.bytes().filter(u8::is_ascii_digit).count();
        Some(if dialled && digits >= 7 { Contact::Phone } else { Contact::Digits })
    }
}

/// What is known of a sheet after all its rows were seen once. Its size depends on the number of columns only.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Survey {
    columns: Vec<ColumnProfile>,
    rows: u64,
}

impl Survey {
    /// A sheet of which only the header row is known.
    pub fn new(headers: &[String]) -> Self {
        Self { columns: headers.iter().map(|header| ColumnProfile::new(header)).collect(), rows: 0 }
    }

    /// Takes note of one row under the header. Cells beyond the last header belong to no column.
    pub fn observe(&mut self, cells: &[Cell]) {
        self.rows += 1;
        for (profile, cell) in self.columns.iter_mut().zip(cells) {
            profile.observe(cell);
        }
    }

    /// The columns in the order of the sheet.
    pub fn columns(&self) -> &[ColumnProfile] {
        &self.columns
    }

    /// The header row as written.
    pub fn headers(&self) -> Vec<String> {
        self.columns.iter().map(|column| column.header.clone()).collect()
    }

    /// How many rows were seen.
    pub fn rows(&self) -> u64 {
        self.rows
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn profile(values: &[&str]) -> ColumnProfile {
        let mut profile = ColumnProfile::new("Due date");
        values.iter().for_each(|value| profile.observe(&Cell::Text((*value).to_owned())));
        profile
    }

    #[test]
    fn one_telling_value_decides_for_the_whole_column() {
        let order = |values: &[&str]| profile(values).date_order();
        assert_eq!(order(&["03/04/2025", "13/04/2025", "05/06/2025"]), Decided::Is(DateOrder::DayFirst));
        assert_eq!(order(&["03/04/2025", "04/13/2025"]), Decided::Is(DateOrder::MonthFirst));
        assert_eq!(order(&["", "03/04/2025"]), Decided::Ambiguous("03/04/2025".to_owned()));
        assert_eq!(order(&["13/04/2025", "04/13/2025"]), Decided::Mixed);
        assert_eq!(order(&["2025-04-03", "03.04.2025", "04/04/2025", "soon"]), Decided::Unneeded);
        let decimal = |values: &[&str]| profile(values).decimal();
        assert_eq!(decimal(&["1.234", "9,50"]), Decided::Is(DecimalMark::Comma));
        assert_eq!(decimal(&["1.234", "9.50"]), Decided::Is(DecimalMark::Point));
        assert_eq!(decimal(&["1.234", "7"]), Decided::Ambiguous("1.234".to_owned()));
        assert_eq!(decimal(&["1.50", "9,50"]), Decided::Mixed);
        assert_eq!(decimal(&["1,234", "7"]), Decided::Unneeded);
    }

    #[test]
    fn real_dates_and_numbers_leave_nothing_to_decide() {
        let mut profile = ColumnProfile::new("Due date");
        profile.observe(&Cell::Date(chrono::NaiveDate::default()));
        profile.observe(&Cell::Number("1.234".to_owned()));
        assert_eq!((profile.date_order(), profile.decimal()), (Decided::Unneeded, Decided::Unneeded));
        assert_eq!(profile.samples(), ["1970-01-01", "1.234"]);
    }

    #[test]
    fn samples_are_short_different_and_few() {
        let long = "ä".repeat(500);
        let profile = profile(&["a", "a ", "", &long, "b", "c"]);
        assert_eq!(profile.samples(), ["a", &"ä".repeat(60), "b"]);
        assert_eq!(profile.filled(), 5);
    }
}
