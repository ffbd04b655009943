//! Text that a spreadsheet would take for a formula, written so that it doesn't (OWASP, “CSV injection”), and read back.

use std::borrow::Cow;

/// What a formula can begin with.
const BEGINNINGS: [char; 6] = ['=', '+', '-', '@', '\t', '\r'];

/// The text with an apostrophe in front where a spreadsheet would compute it, as in a telephone number that begins with
/// a plus. Text that has apostrophes before such a beginning gets one more, so that reading always finds the text again.
pub fn neutralised(text: &str) -> Cow<'_, str> {
    if computes(text) { Cow::Owned(format!("'{text}")) } else { Cow::Borrowed(text) }
}

/// The text that was [`neutralised`], or that somebody typed with an apostrophe to keep it from being computed.
pub(super) fn original(text: &str) -> &str {
    text.strip_prefix('\'').filter(|rest| computes(rest)).unwrap_or(text)
}

fn computes(text: &str) -> bool {
    text.trim_start_matches('\'').starts_with(BEGINNINGS)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_would_be_computed_is_kept_as_text() {
        for (text, written) in [
            ("=1+1", "'=1+1"),
            ("+44 20 7946 0018", "'+44 20 7946 0018"),
            ("-12", "'-12"),
            ("@SUM(A1)", "'@SUM(A1)"),
            ("\t=1", "'\t=1"),
            ("\r=1", "'\r=1"),
            ("'=1", "''=1"),
        ] {
            assert_eq!(neutralised(text), written);
            assert_eq!(original(written), text);
        }
    }

    #[test]
    fn all_other_text_stays_as_it_is() {
        for text in ["", "Acme Ltd", "1 = 1", "'t Hooft", "'", "''", "O'Neill & Söhne", "a@b.example"] {
            assert_eq!(neutralised(text), text);
            assert_eq!(original(text), text);
        }
    }
}
