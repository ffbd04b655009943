//! Which column holds which field.

use thiserror::Error;

use super::field::Field;
use super::mark::Mark;
use crate::Currency;
use crate::field::clean_line;

/// Something about the header row that keeps the sheet from being imported.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("{message}")]
pub struct HeaderError {
    /// `no_header`, `missing_column`, `duplicate_column`, `misspelt_column` or `unsupported_unit`.
    pub code: &'static str,
    /// What is wrong and what would be right.
    pub message: String,
}

/// Which column holds which field.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Columns {
    /// In column order.
    found: Vec<Column>,
}

/// A column that is read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Column {
    pub index: usize,
    pub field: Field,
    /// As written, without line breaks.
    pub header: String,
    /// The currency in the header's brackets.
    pub unit: Option<Currency>,
}

impl Columns {
    /// Matches a header row, without regard to case, spaces and punctuation. A unit in brackets is allowed:
    /// “Amount (USD)”. Unknown headers are ignored; misspelt ones never match, they are suggested. `Err` names
    /// every problem.
    pub fn find(headers: &[String]) -> Result<Columns, Vec<HeaderError>> {
        if headers.iter().all(|header| clean_line(header).is_none()) {
            return Err(vec![error(
                "no_header",
                "There is no header row. The first row has to name the columns, for example Name, Outstanding \
                 amount, Due date."
                    .to_owned(),
            )]);
        }
        let mut errors = Vec::new();
        let mut found: Vec<Column> = Vec::new();
        let mut unknown = Vec::new();
        for (index, written) in headers.iter().enumerate() {
            let Some(header) = clean_line(written) else { continue };
            let Some((field, unit)) = recognise(&header) else {
                unknown.push((index, header));
                continue;
            };
            if field == Field::Outstanding && unit == Unit::Scaled {
                errors.push(error(
                    "unsupported_unit",
                    format!(
                        "“{header}” in column {} isn't in whole units of the currency. Write the amounts in full.",
                        letter(index)
                    ),
                ));
            }
            if let Some(first) = found.iter().find(|column| column.field == field) {
                errors.push(error(
                    "duplicate_column",
                    format!(
                        "“{}” in column {} and “{header}” in column {} both stand for {}. Remove or rename one.",
                        first.header,
                        letter(first.index),
                        letter(index),
                        field.label()
                    ),
                ));
                continue;
            }
            let unit = if let Unit::Currency(currency) = unit { Some(currency) } else { None };
            found.push(Column { index, field, header, unit });
        }
        let missing = |field| found.iter().all(|column| column.field != field);
        if missing(Field::Name) {
            errors.push(error("missing_column", no_name(&unknown)));
        }
        for field in Field::ALL.into_iter().filter(|field| field.decides_debt() && missing(*field)) {
            if let Some((index, header)) = misspelt(field, &unknown) {
                errors.push(error(
                    "misspelt_column",
                    format!(
                        "“{header}” in column {} is not a known header. Did you mean “{}”? Correct it, or rename it \
                         if it is something else.",
                        letter(*index),
                        field.label()
                    ),
                ));
            }
        }
        if errors.is_empty() { Ok(Columns { found }) } else { Err(errors) }
    }

    /// Whether a row looks like a header row: it names the name column, or any two fields. For sheets with a title
    /// above their header.
    pub fn looks_like_header(headers: &[String]) -> bool {
        let mut first = None;
        for field in
            headers.iter().filter_map(|header| clean_line(header)).filter_map(|header| recognise(&header))
        {
            match first {
                _ if field.0 == Field::Name => return true,
                Some(seen) if seen != field.0 => return true,
                _ => first = Some(field.0),
            }
        }
        false
    }

    /// The header as written and the field it was taken for ([`Field::as_str`]), in column order. Headers that were
    /// ignored don't appear.
    pub fn mapping(&self) -> Vec<(String, String)> {
        self.found.iter().map(|column| (column.header.clone(), column.field.as_str().to_owned())).collect()
    }

    /// All columns that are read, in column order.
    pub(super) fn iter(&self) -> impl Iterator<Item = &Column> {
        self.found.iter()
    }

    pub(super) fn of(&self, field: Field) -> Option<&Column> {
        self.found.iter().find(|column| column.field == field)
    }
}

fn error(code: &'static str, message: String) -> HeaderError {
    HeaderError { code, message }
}

/// What stands in a header's brackets.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Unit {
    None,
    Currency(Currency),
    /// Thousands, millions: amounts that would be read far too small.
    Scaled,
}

fn recognise(header: &str) -> Option<(Field, Unit)> {
    // “Customer (ID)” as a whole before “Customer”; but a sign such as “(€)” leaves nothing to compare.
    let unit = split_unit(header);
    if unit.is_none_or(|(_, unit)| !fold(unit).is_empty())
        && let Some(field) = known(&fold(header))
    {
        return Some((field, Unit::None));
    }
    let (name, unit) = unit?;
    known(&fold(name)).map(|field| (field, read_unit(unit)))
}

fn known(folded: &str) -> Option<Field> {
    Field::ALL.into_iter().find(|field| field.headers().contains(&folded))
}

/// Lower-case letters and digits only. The number sign counts as the word “no”, so that “Customer #” isn't the
/// customer's name; the percent sign as a word too, so that “Due %” isn't a date.
fn fold(header: &str) -> String {
    let mut folded = String::with_capacity(header.len());
    for c in header.chars() {
        match c {
            '#' | '№' => folded.push_str("no"),
            '%' => folded.push_str("percent"),
            c if c.is_alphanumeric() => folded.extend(c.to_lowercase()),
            _ => {}
        }
    }
    folded
}

fn split_unit(header: &str) -> Option<(&str, &str)> {
    let inner = header.strip_suffix([')', ']'])?;
    let (name, unit) = inner.rsplit_once(['(', '['])?;
    (!name.trim().is_empty()).then_some((name, unit.trim()))
}

/// The words that say an amount isn't in whole units.
const SCALES: &[&str] = &[
    "k",
    "t",
    "m",
    "mm",
    "mn",
    "mio",
    "mill",
    "million",
    "millions",
    "thousand",
    "thousands",
    "000",
    "000s",
];

fn read_unit(unit: &str) -> Unit {
    let is_scale = |word: &str| SCALES.iter().any(|scale| word.eq_ignore_ascii_case(scale));
    // “kUSD”, “TEUR”
    let is_scaled_code = |word: &str| {
        word.get(1..).is_some_and(|code| is_scale(&word[..1]) && code.parse::<Currency>().is_ok())
    };
    if unit.split(|c: char| !c.is_alphanumeric()).any(|word| is_scale(word) || is_scaled_code(word)) {
        return Unit::Scaled;
    }
    Mark::read(unit).and_then(Mark::the_one).map_or(Unit::None, Unit::Currency)
}

fn no_name(unknown: &[(usize, String)]) -> String {
    let suggestion = nearest(Field::Name, 2, unknown)
        .or_else(|| unknown.iter().find(|(_, header)| fold(header).contains("name")));
    match suggestion {
        Some((index, header)) => {
            format!("There is no “Name” column. Did you mean “{header}” in column {}?", letter(*index))
        }
        None => "There is no “Name” column. The first row has to name the columns; call the one with the customers' \
                 names “Name”."
            .to_owned(),
    }
}

/// A header that is so near a known one that it can only be a slip. Short words and numbered ones (“Address 2”) are
/// near too many others.
fn misspelt(field: Field, unknown: &[(usize, String)]) -> Option<&(usize, String)> {
    let entry = nearest(field, 2, unknown)?;
    let folded = fold(&entry.1);
    let length = folded.chars().count();
    let allowed = if length >= 9 { 2 } else { 1 };
    let near = field.headers().iter().any(|known| distance(known, &folded) <= allowed);
    let numbered = folded.contains(char::is_numeric);
    (near && length >= 6 && !numbered).then_some(entry)
}

fn nearest(field: Field, within: usize, unknown: &[(usize, String)]) -> Option<&(usize, String)> {
    unknown
        .iter()
        .filter_map(|entry| {
            let folded = fold(&entry.1);
            let length = folded.chars().count();
            // Beyond this no header is near, and a pasted essay must not be compared letter by letter.
            if length > 40 {
                return None;
            }
            let nearest = field.headers().iter().map(|known| distance(known, &folded)).min()?;
            (nearest <= within && nearest * 2 < length).then_some((nearest, entry))
        })
        .min_by_key(|(nearest, _)| *nearest)
        .map(|(_, entry)| entry)
}

/// Levenshtein's distance: how many letters have to be put in, left out or changed.
fn distance(a: &str, b: &str) -> usize {
    let b: Vec<char> = b.chars().collect();
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, left) in a.chars().enumerate() {
        let mut diagonal = row[0];
        row[0] = i + 1;
        for (j, right) in b.iter().enumerate() {
            let changed = diagonal + usize::from(left != *right);
            diagonal = row[j + 1];
            row[j + 1] = changed.min(row[j] + 1).min(diagonal + 1);
        }
    }
    row[b.len()]
}

/// The column's letters in a spreadsheet: A, B, … Z, AA.
fn letter(index: usize) -> String {
    let mut letters = Vec::new();
    let mut left = index + 1;
    while left > 0 {
        letters.push(char::from(b'A' + u8::try_from((left - 1) % 26).unwrap_or_default()));
        left = (left - 1) / 26;
    }
    letters.iter().rev().collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(headers: &[&str]) -> Vec<String> {
        headers.iter().map(|header| (*header).to_owned()).collect()
    }

    fn mapped(headers: &[&str]) -> Vec<(String, String)> {
        Columns::find(&row(headers)).unwrap().mapping()
    }

    fn errors(headers: &[&str]) -> Vec<(&'static str, String)> {
        Columns::find(&row(headers)).unwrap_err().into_iter().map(|e| (e.code, e.message)).collect()
    }

    fn pair(header: &str, field: &str) -> (String, String) {
        (header.to_owned(), field.to_owned())
    }

    #[test]
    fn the_sample_files_headers_are_known() {
        let headers = [
            "Name",
            "Contact Information",
            "Outstanding Payment Amount",
            "Payment Due Date",
            "Payment Status",
        ];
        assert_eq!(
            mapped(&headers),
            [
                pair("Name", "name"),
                pair("Contact Information", "contact"),
                pair("Outstanding Payment Amount", "outstanding"),
                pair("Payment Due Date", "due_date"),
                pair("Payment Status", "status"),
            ]
        );
    }

    #[test]
    fn every_label_and_wire_name_is_a_known_header() {
        for field in Field::ALL {
            assert_eq!(recognise(field.label()), Some((field, Unit::None)), "{field:?}");
            assert_eq!(recognise(field.as_str()), Some((field, Unit::None)), "{field:?}");
        }
    }

    #[test]
    fn no_header_stands_for_two_fields() {
        let all: Vec<_> = Field::ALL.into_iter().flat_map(Field::headers).collect();
        let unique: std::collections::BTreeSet<_> = all.iter().collect();
        assert_eq!(all.len(), unique.len());
        for header in all {
            assert_eq!(fold(header), **header, "is written as fold leaves it");
        }
    }

    #[test]
    fn case_spaces_and_punctuation_do_not_matter() {
        assert_eq!(
            mapped(&["CUSTOMER_NAME", " e-mail\u{a0}address ", "Amt. due", "Due\nDate", "Customer #"]),
            [
                pair("CUSTOMER_NAME", "name"),
                pair("e-mail address", "email"),
                pair("Amt. due", "outstanding"),
                pair("Due Date", "due_date"),
                pair("Customer #", "reference"),
            ]
        );
    }

    #[test]
    fn a_unit_in_brackets_is_allowed_and_unknown_headers_are_ignored() {
        assert_eq!(
            mapped(&["Name", "Amount (USD)", "Due date [YYYY-MM-DD]", "Shoe size", ""]),
            [
                pair("Name", "name"),
                pair("Amount (USD)", "outstanding"),
                pair("Due date [YYYY-MM-DD]", "due_date")
            ]
        );
        assert_eq!(recognise("Amount (USD)"), Some((Field::Outstanding, Unit::Currency(Currency::USD))));
        assert_eq!(recognise("Amount (€)"), Some((Field::Outstanding, Unit::Currency(Currency::EUR))));
        assert_eq!(recognise("Amount (incl. VAT)"), Some((Field::Outstanding, Unit::None)));
        assert_eq!(recognise("Customer (ID)"), Some((Field::Reference, Unit::None)));
    }

    #[test]
    fn amounts_in_thousands_are_refused() {
        for header in [
            "Amount (in thousands)",
            "Balance (k€)",
            "Amount (USD 000)",
            "Amount (USD, million)",
            "Amount (TEUR)",
        ] {
            let errors = Columns::find(&row(&["Name", header]));
            assert!(
                matches!(&errors, Err(list) if list[0].code == "unsupported_unit"),
                "{header}: {errors:?}"
            );
        }
    }

    #[test]
    fn a_misspelt_name_is_suggested_and_never_taken() {
        assert_eq!(
            errors(&["Namee", "Email"]),
            [("missing_column", "There is no “Name” column. Did you mean “Namee” in column A?".to_owned())]
        );
        assert_eq!(
            errors(&["Email", "Phone", "Costumer"])[0].1,
            "There is no “Name” column. Did you mean “Costumer” in column C?"
        );
        assert_eq!(
            errors(&["Full name", "Email"])[0].1,
            "There is no “Name” column. Did you mean “Full name” in column A?"
        );
        assert!(!errors(&["Email", "Phone"])[0].1.contains("Did you mean"));
    }

    #[test]
    fn a_misspelt_money_column_is_not_silently_ignored() {
        let found = errors(&["Name", "Outstandng amount", "Due dat"]);
        assert_eq!(found.len(), 2);
        assert_eq!(
            found[0],
            (
                "misspelt_column",
                "“Outstandng amount” in column B is not a known header. Did you mean “Outstanding amount”? Correct \
                 it, or rename it if it is something else."
                    .to_owned()
            )
        );
        assert!(found[1].1.starts_with("“Due dat” in column C"));
        assert_eq!(mapped(&["Name", "Status", "Statuss", "Tax", "Address 2"]).len(), 2);
    }

    #[test]
    fn two_columns_for_one_field_are_named_both() {
        assert_eq!(
            errors(&["Name", "Amount", "Balance due"]),
            [(
                "duplicate_column",
                "“Amount” in column B and “Balance due” in column C both stand for Outstanding amount. Remove or \
                 rename one."
                    .to_owned()
            )]
        );
    }

    #[test]
    fn every_problem_is_named() {
        let codes: Vec<_> =
            errors(&["Namee", "Email", "E-mail", "Due dat"]).into_iter().map(|e| e.0).collect();
        assert_eq!(codes, ["duplicate_column", "missing_column", "misspelt_column"]);
    }

    #[test]
    fn an_empty_first_row_is_no_header() {
        assert_eq!(errors(&[])[0].0, "no_header");
        assert_eq!(errors(&["", " \u{a0}"])[0].0, "no_header");
    }

    #[test]
    fn a_header_row_is_told_from_a_title_and_from_data() {
        assert!(Columns::looks_like_header(&row(&["Name"])));
        assert!(Columns::looks_like_header(&row(&["Namee", "Email", "Amount"])));
        assert!(!Columns::looks_like_header(&row(&["Receivables 2025", "", ""])));
        assert!(!Columns::looks_like_header(&row(&["John Doe", "john@example.com", "150.75"])));
        assert!(!Columns::looks_like_header(&row(&["Amount", "Amount"])));
        assert!(!Columns::looks_like_header(&[]));
    }

    #[test]
    fn columns_are_lettered_as_in_a_spreadsheet() {
        for (index, letters) in
            [(0, "A"), (25, "Z"), (26, "AA"), (51, "AZ"), (52, "BA"), (701, "ZZ"), (702, "AAA")]
        {
            assert_eq!(letter(index), letters);
        }
    }

    #[test]
    fn distance_counts_changed_letters() {
        for (a, b, steps) in [("name", "namee", 1), ("name", "nmae", 2), ("", "abc", 3), ("tel", "tel", 0)] {
            assert_eq!(distance(a, b), steps);
        }
    }
}
