//! Wrong cells, gathered by what is wrong with them.

use std::collections::BTreeMap;

use super::row::CellError;
use crate::import::ErrorGroup;

/// Counts wrong cells by rule and column. Its size depends on the number of columns and rules only.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ErrorGroups {
    /// By warning or not, column, code.
    counts: BTreeMap<(bool, String, String), i64>,
}

impl ErrorGroups {
    /// Counts one cell.
    pub fn add(&mut self, error: &CellError, warning: bool) {
        self.add_parts(error.code, &error.column, warning);
    }

    /// Counts one cell of which the rule and the column are known.
    pub fn add_parts(&mut self, code: &str, column: &str, warning: bool) {
        *self.counts.entry((warning, column.to_owned(), code.to_owned())).or_default() += 1;
    }

    /// All groups: errors before warnings, the largest first.
    pub fn into_vec(self) -> Vec<ErrorGroup> {
        let mut groups: Vec<ErrorGroup> = self
            .counts
            .into_iter()
            .map(|((warning, column, code), count)| ErrorGroup {
                key: group_key(&code, &column),
                message: group_text(&code, &column, count),
                code,
                column,
                count,
                warning,
            })
            .collect();
        groups.sort_by_key(|group| (group.warning, -group.count));
        groups
    }
}

impl From<Vec<ErrorGroup>> for ErrorGroups {
    /// Counts on from there.
    fn from(groups: Vec<ErrorGroup>) -> Self {
        let counts = groups.into_iter().map(|group| ((group.warning, group.column, group.code), group.count));
        Self { counts: counts.collect() }
    }
}

/// What the errors of a group are filtered by.
pub fn group_key(code: &str, column: &str) -> String {
    format!("{code}:{column}")
}

/// `412 rows: due date is missing`.
pub fn group_text(code: &str, column: &str, count: i64) -> String {
    let rows = if count == 1 { "1 row".to_owned() } else { format!("{count} rows") };
    format!("{rows}: {} {}", inside_a_sentence(column), what_is_wrong(code))
}

/// “Due date” as “due date”, but “IBAN” and “customerID” as they are.
fn inside_a_sentence(column: &str) -> String {
    let mut letters = column.chars();
    match letters.next() {
        Some(first) if !letters.as_str().contains(char::is_uppercase) => {
            first.to_lowercase().chain(letters).collect()
        }
        _ => column.to_owned(),
    }
}

fn what_is_wrong(code: &str) -> &'static str {
    match code {
        "required" => "is missing",
        "too_long" => "is too long",
        "not_text" => "is not text",
        "formula_error" => "shows a formula's error",
        "invalid_email" => "is not an e-mail address",
        "invalid_phone" => "is not a telephone number",
        "invalid_contact" => "is neither an e-mail address nor a telephone number",
        "too_many_contacts" => "has more than one e-mail address or telephone number",
        "invalid_amount" => "is not an amount",
        "negative_amount" => "is below zero",
        "not_positive" => "is not above zero",
        "too_many_decimals" => "has more decimals than its currency",
        "amount_too_large" => "is too large",
        "unknown_currency" => "is not a currency code",
        "currency_mismatch" => "is in another currency",
        "currency_kept" => "names another currency than the customer's",
        "balance_kept" => "differs from what is owed, which a sheet doesn't change",
        "invalid_date" => "is not a date",
        "ambiguous_date" => "can mean two days",
        "before_issue" => "is before the issue date",
        "in_the_future" => "is after today",
        "invalid_status" => "is not a known state",
        "status_disagrees" => "disagrees with the rest of the row",
        "invalid_terms" => "are no payment terms",
        "invalid_yes_no" => "is neither yes nor no",
        "unknown_method" => "is not a known method",
        "not_imported" => "is left out",
        "duplicate_reference" => "stands in an earlier row already",
        "duplicate_number" => "stands in an earlier row already",
        "unknown_customer" => "names no known customer",
        "ambiguous_customer" => "names more than one customer",
        "unknown_invoice" => "names no known invoice",
        _ => "can't be read",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn groups_say_how_many_rows_break_which_rule() {
        assert_eq!(group_text("required", "Due date", 412), "412 rows: due date is missing");
        assert_eq!(
            group_text("invalid_status", "Payment Status", 1),
            "1 row: Payment Status is not a known state"
        );
        assert_eq!(group_text("no_such_rule", "customerID", 2), "2 rows: customerID can't be read");
        assert_eq!(group_text("required", "", 2), "2 rows:  is missing");
    }

    #[test]
    fn the_largest_group_comes_first_and_warnings_last() {
        let mut groups = ErrorGroups::default();
        for (code, column, warning, times) in [
            ("required", "Due", false, 2),
            ("invalid_date", "Due", false, 3),
            ("status_disagrees", "Status", true, 9),
        ] {
            for _ in 0..times {
                groups.add_parts(code, column, warning);
            }
        }
        let found: Vec<_> = groups.into_vec().into_iter().map(|group| (group.key, group.count)).collect();
        assert_eq!(
            found,
            [
                ("invalid_date:Due".to_owned(), 3),
                ("required:Due".to_owned(), 2),
                ("status_disagrees:Status".to_owned(), 9)
            ]
        );
    }
}
