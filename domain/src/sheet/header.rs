//! Headers, and the fields they name.

use super::field::Field;
use super::kind::Kind;
use super::mark::Mark;
use crate::Currency;
use crate::field::clean_line;

/// What stands in a header's brackets.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Unit {
    None,
    Currency(Currency),
    /// Thousands, millions: amounts that would be read far too small.
    Scaled,
}

/// The field that a header of a sheet of `kind` names, without regard to case, spaces and punctuation. A unit in
/// brackets is allowed: “Amount (USD)”.
pub(super) fn recognise(kind: Kind, header: &str) -> Option<(Field, Unit)> {
    // “Customer (ID)” as a whole before “Customer”; but a sign such as “(€)” leaves nothing to compare.
    let unit = split_unit(header);
    if unit.is_none_or(|(_, unit)| !canonical(unit).is_empty())
        && let Some(field) = Field::by_header(kind, &canonical(header))
    {
        return Some((field, Unit::None));
    }
    let (name, unit) = unit?;
    Field::by_header(kind, &canonical(name)).map(|field| (field, read_unit(unit)))
}

/// How many different fields a row of headers names, in the kind it names most of. A title names none, the header row
/// of a sheet the most.
pub fn header_fit(headers: &[String]) -> usize {
    Kind::ALL.into_iter().map(|kind| fields_of(kind, headers).len()).max().unwrap_or(0)
}

/// Whether a row looks like a header row: it names the name column, or any two fields. For sheets with a title above
/// their header.
pub(super) fn looks_like_header(headers: &[String]) -> bool {
    Kind::ALL.into_iter().any(|kind| {
        let fields = fields_of(kind, headers);
        fields.contains(&Field::Name) || fields.len() >= 2
    })
}

/// The different fields of `kind` that the headers name.
pub(super) fn fields_of(kind: Kind, headers: &[String]) -> Vec<Field> {
    let mut fields = Vec::new();
    for header in headers.iter().filter_map(|header| clean_line(header)) {
        match recognise(kind, &header) {
            Some((field, _)) if !fields.contains(&field) => fields.push(field),
            _ => {}
        }
    }
    fields
}

/// What the headers of a file have in common with those of the next file from the same source: 32 hexadecimal digits
/// that don't depend on case, punctuation or the order of the columns (FNV-1a of 128 bits; for looking up, not for
/// security).
pub fn signature(headers: &[String]) -> String {
    const OFFSET: u128 = 0x6c62_272e_07bb_0142_62b8_2175_6295_c58d;
    const PRIME: u128 = 0x0000_0000_0100_0000_0000_0000_0000_013b;
    let mut folded: Vec<String> =
        headers.iter().map(|header| canonical(header)).filter(|header| !header.is_empty()).collect();
    folded.sort();
    let step = |hash: u128, byte: &u8| (hash ^ u128::from(*byte)).wrapping_mul(PRIME);
    let hash = folded.iter().fold(OFFSET, |hash, header| {
        // The zero keeps “ab”, “c” apart from “a”, “bc”.
        step(header.as_bytes().iter().fold(hash, step), &0)
    });
    format!("{hash:032x}")
}

/// What a header says, however it is written: lower-case letters and digits only, usual abbreviations written out. The
/// number sign counts as the word “number”, so that “Customer #” isn't the customer's name; the percent sign as a word
/// too, so that “Due %” isn't a date.
pub(super) fn canonical(header: &str) -> String {
    words(header).iter().map(|word| written_out(word)).collect()
}

/// Words of headers over amounts; others end with them, such as “Gesamtbetrag”.
const AMOUNTS: [&str; 12] = [
    "amount", "total", "balance", "owed", "debt", "sum", "summe", "betrag", "montant", "importe", "importo",
    "bedrag",
];

/// Words that may stand beside them and change nothing.
const BESIDE_AMOUNTS: [&str; 12] = [
    "the",
    "grand",
    "gross",
    "open",
    "current",
    "invoice",
    "payable",
    "receivable",
    "due",
    "remaining",
    "unpaid",
    "outstanding",
];

/// Whether a header has a word for an amount.
pub(super) fn speaks_of_amounts(header: &str) -> bool {
    words(header).iter().any(|word| is_amount_word(word))
}

/// The unit of a header that calls its column an amount and nothing else, with a unit in brackets or without.
pub(super) fn plain_amount(header: &str) -> Option<Unit> {
    let (name, unit) =
        split_unit(header).map_or((header, Unit::None), |(name, unit)| (name, read_unit(unit)));
    let plain = |word: &String| is_amount_word(word) || BESIDE_AMOUNTS.contains(&written_out(word));
    (speaks_of_amounts(name) && words(name).iter().all(plain)).then_some(unit)
}

fn is_amount_word(word: &str) -> bool {
    AMOUNTS.iter().any(|known| written_out(word).ends_with(known))
}

/// The words of a header in lower case; “invoiceNumber” has two, “customerID” too.
fn words(header: &str) -> Vec<String> {
    let mut words = Vec::new();
    let mut word = String::new();
    let mut before: Option<char> = None;
    let mut rest = header.chars().peekable();
    while let Some(c) = rest.next() {
        let sign = match c {
            '#' | '№' => Some("number"),
            '%' => Some("percent"),
            _ => None,
        };
        let begins = c.is_uppercase()
            && (before.is_some_and(|before| before.is_lowercase() || before.is_numeric())
                || (before.is_some_and(char::is_uppercase) && rest.peek().is_some_and(|c| c.is_lowercase())));
        if (begins || !c.is_alphanumeric()) && !word.is_empty() {
            words.push(std::mem::take(&mut word));
        }
        words.extend(sign.map(str::to_owned));
        if c.is_alphanumeric() {
            word.extend(c.to_lowercase());
        }
        before = Some(c);
    }
    if !word.is_empty() {
        words.push(word);
    }
    words
}

fn written_out(word: &str) -> &str {
    match word {
        "no" | "num" | "nr" | "nbr" => "number",
        "amt" => "amount",
        "acc" | "acct" => "account",
        "addr" => "address",
        "bal" => "balance",
        "ccy" | "curr" => "currency",
        "cust" => "customer",
        "desc" => "description",
        "dt" => "date",
        "info" => "information",
        "inv" => "invoice",
        "mob" => "mobile",
        "pmt" | "pymt" => "payment",
        "ref" => "reference",
        "tel" => "telephone",
        other => other,
    }
}

/// The name and what stands in its brackets.
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

/// A header that is so near a known one that it can only be a slip. Short words and numbered ones (“Address 2”) are
/// near too many others.
pub(super) fn misspelt(kind: Kind, field: Field, header: &str) -> bool {
    let folded = canonical(header);
    let length = folded.chars().count();
    let allowed = if length >= 9 { 2 } else { 1 };
    let numbered = folded.contains(char::is_numeric);
    length >= 6 && !numbered && steps(kind, field, &folded).is_some_and(|steps| steps <= allowed)
}

/// How many letters `header` is from one that names `field`; `None` when it is another word altogether.
pub(super) fn nearness(kind: Kind, field: Field, header: &str) -> Option<usize> {
    let folded = canonical(header);
    steps(kind, field, &folded).filter(|steps| *steps <= 2 && steps * 2 < folded.chars().count())
}

fn steps(kind: Kind, field: Field, folded: &str) -> Option<usize> {
    // Beyond this no header is near, and a pasted essay must not be compared letter by letter.
    if folded.chars().count() > 40 {
        return None;
    }
    field.headers(kind).map(|known| distance(known, folded)).min()
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

/// What a column without a header is called.
pub fn column_name(index: usize) -> String {
    format!("Column {}", column_letters(index))
}

/// The column's letters in a spreadsheet: A, B, … Z, AA.
pub fn column_letters(index: usize) -> String {
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

    #[test]
    fn every_label_and_wire_name_is_a_known_header() {
        for kind in Kind::ALL {
            for field in kind.fields() {
                assert_eq!(recognise(kind, field.label()), Some((*field, Unit::None)), "{kind}: {field:?}");
                assert_eq!(Field::of(kind, field.as_str()), Some(*field), "{kind}: {field:?}");
            }
        }
    }

    #[test]
    fn no_header_stands_for_two_fields_of_a_kind() {
        for kind in Kind::ALL {
            let all: Vec<_> = kind.fields().iter().flat_map(|field| field.headers(kind)).collect();
            let mut seen = std::collections::BTreeSet::new();
            for header in all {
                assert!(seen.insert(header), "{kind}: {header}");
                assert_eq!(canonical(header), header, "is written as canonical leaves it");
            }
        }
    }

    #[test]
    fn words_are_told_apart_and_abbreviations_written_out() {
        for (header, folded) in [
            ("invoiceNumber", "invoicenumber"),
            ("customerID", "customerid"),
            ("IDNumber", "idnumber"),
            ("E-Mail", "email"),
            ("EMail", "email"),
            ("Inv. No.", "invoicenumber"),
            ("Cust #", "customernumber"),
            ("CUSTOMER_NAME", "customername"),
            ("Amt Due", "amountdue"),
            ("Pmt Dt", "paymentdate"),
            ("Due %", "duepercent"),
            ("Übertrag", "übertrag"),
            (" \u{a0}", ""),
        ] {
            assert_eq!(canonical(header), folded, "{header}");
        }
    }

    #[test]
    fn a_unit_in_brackets_is_read() {
        let read = |header| recognise(Kind::Customers, header);
        assert_eq!(read("Amount (USD)"), Some((Field::Outstanding, Unit::Currency(Currency::USD))));
        assert_eq!(read("Amount (€)"), Some((Field::Outstanding, Unit::Currency(Currency::EUR))));
        assert_eq!(read("Amount (incl. VAT)"), Some((Field::Outstanding, Unit::None)));
        assert_eq!(read("Amount (TEUR)"), Some((Field::Outstanding, Unit::Scaled)));
        assert_eq!(read("Customer (ID)"), Some((Field::Reference, Unit::None)));
    }

    #[test]
    fn a_signature_is_the_same_for_the_next_file_and_another_for_other_headers() {
        let first = signature(&row(&["Customer No", "Amt Due", "", "Due date"]));
        assert_eq!(first.len(), 32);
        assert_eq!(first, signature(&row(&["due-date", "AMT DUE", "customer no."])));
        assert_ne!(first, signature(&row(&["Customer No", "Amt Due"])));
        assert_ne!(signature(&row(&["ab", "c"])), signature(&row(&["a", "bc"])));
        assert_eq!(
            signature(&row(&["Name"])),
            "cd15bd928283d94f70812bb154d5e39a",
            "is kept with saved mappings and must not change"
        );
    }

    #[test]
    fn the_row_that_names_most_fields_fits_best() {
        assert_eq!(header_fit(&row(&["Receivables 2025", "", ""])), 0);
        assert_eq!(header_fit(&row(&["John Doe", "john@example.com", "150.75"])), 0);
        assert_eq!(header_fit(&row(&["Name", "Amount", "Amount"])), 2);
        assert_eq!(
            header_fit(&row(&["invoiceNumber", "InvoiceDate", "DueDate", "InvoiceAmount", "SettledDate"])),
            5
        );
    }

    #[test]
    fn a_header_row_is_told_from_a_title_and_from_data() {
        assert!(looks_like_header(&row(&["Name"])));
        assert!(looks_like_header(&row(&["Namee", "Email", "Amount"])));
        assert!(!looks_like_header(&row(&["Receivables 2025", "", ""])));
        assert!(!looks_like_header(&row(&["John Doe", "john@example.com", "150.75"])));
        assert!(!looks_like_header(&row(&["Amount", "Amount"])));
        assert!(!looks_like_header(&[]));
    }

    #[test]
    fn columns_are_lettered_as_in_a_spreadsheet() {
        for (index, letters) in
            [(0, "A"), (25, "Z"), (26, "AA"), (51, "AZ"), (52, "BA"), (701, "ZZ"), (702, "AAA")]
        {
            assert_eq!(column_letters(index), letters);
        }
    }

    #[test]
    fn distance_counts_changed_letters() {
        for (a, b, steps) in [("name", "namee", 1), ("name", "nmae", 2), ("", "abc", 3), ("tel", "tel", 0)] {
            assert_eq!(distance(a, b), steps);
        }
    }

    proptest::proptest! {
        #[test]
        fn any_headers_are_matched_without_a_panic(headers in proptest::collection::vec(".{0,60}", 0..12)) {
            for header in &headers {
                for kind in Kind::ALL {
                    let _ = recognise(kind, header);
                    let _ = kind.fields().iter().filter(|field| misspelt(kind, **field, header)).count();
                }
            }
            let _ = (header_fit(&headers), looks_like_header(&headers));
            proptest::prop_assert_eq!(signature(&headers).len(), 32);
        }
    }
}
