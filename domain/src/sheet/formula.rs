//! Text that a spreadsheet would take for a formula.
//!
//! A cell of an export that starts with `=`, `+`, `-`, `@`, TAB or CR runs as a formula when a CSV file is opened, and
//! in an XLSX file as soon as somebody edits it. [`neutralised`] puts an apostrophe before it, which spreadsheets take
//! for “this is text”. On import every text column takes that apostrophe away again ([`restored`]), so that an export
//! imports as “nothing to change”. Text that has such apostrophes of its own gets one more, so nothing is lost.

use std::borrow::Cow;

/// The text as it may stand in a cell of an export.
pub fn neutralised(text: &str) -> Cow<'_, str> {
    if is_formula_behind_apostrophes(text) { Cow::Owned(format!("'{text}")) } else { Cow::Borrowed(text) }
}

/// The text as it was before [`neutralised`].
pub fn restored(text: &str) -> &str {
    match text.strip_prefix('\'') {
        Some(rest) if is_formula_behind_apostrophes(rest) => rest,
        _ => text,
    }
}

fn is_formula_behind_apostrophes(text: &str) -> bool {
    text.trim_start_matches('\'').starts_with(['=', '+', '-', '@', '\t', '\r'])
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn formulas_become_text_and_text_stays() {
        for (text, cell) in [
            ("=1+1", "'=1+1"),
            ("+44 20 7946 0018", "'+44 20 7946 0018"),
            ("-5", "'-5"),
            ("@SUM(A1)", "'@SUM(A1)"),
            ("\t=1", "'\t=1"),
            ("\r=1", "'\r=1"),
            ("'=1", "''=1"),
            ("Ann", "Ann"),
            ("'twas", "'twas"),
            ("a=b", "a=b"),
            ("", ""),
        ] {
            assert_eq!(neutralised(text), cell, "{text:?}");
            assert_eq!(restored(cell), text, "{cell:?}");
        }
    }

    proptest! {
        #[test]
        fn what_was_neutralised_is_no_formula_and_comes_back(text in "['=+@\t\r-]{0,4}.*") {
            let cell = neutralised(&text);
            prop_assert!(!cell.starts_with(['=', '+', '-', '@', '\t', '\r']));
            prop_assert_eq!(restored(&cell), text.as_str());
        }
    }
}
