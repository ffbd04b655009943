//! How things are written for people.

use chrono::{DateTime, Utc};

/// `20 Mar 2025, 14:05 UTC`: the same on the server and in the browser.
pub fn instant(at: DateTime<Utc>) -> String {
    at.format("%-d %b %Y, %H:%M UTC").to_string()
}

/// A count with its thousands separated: `1,204`.
pub fn count(number: u64) -> String {
    let digits = number.to_string();
    let mut grouped = String::with_capacity(digits.len() + digits.len() / 3);
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    grouped
}

/// `1 change`, `3 changes`.
pub fn counted(number: u64, one: &str, many: &str) -> String {
    if number == 1 { format!("1 {one}") } else { format!("{} {many}", count(number)) }
}

/// The first letters of the first and the last name: `Alice Johnson` → `AJ`.
pub fn initials(name: &str) -> String {
    let mut words = name.split_whitespace().filter_map(|word| word.chars().next());
    let first = words.next();
    let last = words.next_back();
    [first, last].into_iter().flatten().flat_map(char::to_uppercase).collect()
}

/// A value for a query string.
pub fn query_encode(value: &str) -> String {
    let mut encoded = String::with_capacity(value.len());
    for byte in value.bytes() {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'_' | b'.' | b'~' => {
                encoded.push(char::from(byte))
            }
            other => encoded.push_str(&format!("%{other:02X}")),
        }
    }
    encoded
}

/// An address with those of `pairs` that have a value.
pub fn address<'a>(path: &str, pairs: impl IntoIterator<Item = (&'a str, String)>) -> String {
    let query = pairs
        .into_iter()
        .filter(|(_, value)| !value.is_empty())
        .map(|(name, value)| format!("{name}={}", query_encode(&value)))
        .collect::<Vec<_>>()
        .join("&");
    if query.is_empty() { path.to_owned() } else { format!("{path}?{query}") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn separates_thousands() {
        assert_eq!(count(0), "0");
        assert_eq!(count(1204), "1,204");
        assert_eq!(count(100_000), "100,000");
    }

    #[test]
    fn shortens_names() {
        assert_eq!(initials("Alice Johnson"), "AJ");
        assert_eq!(initials("Mia de la Cruz"), "MC");
        assert_eq!(initials("Plato"), "P");
    }

    #[test]
    fn leaves_out_what_is_empty() {
        let pairs = [("q", "a&b c".to_owned()), ("status", String::new())];
        assert_eq!(address("/customers", pairs), "/customers?q=a%26b%20c");
    }
}
