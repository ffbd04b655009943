//! Amounts survive every way in and out, and never mix.

use domain::money::MAX_MINOR;
use domain::{Currency, Money};
use proptest::prelude::*;

/// One currency of each exponent there is: 0, 2, 3, 4.
const CODES: [&str; 4] = ["JPY", "USD", "KWD", "CLF"];

fn currency() -> impl Strategy<Value = Currency> {
    proptest::sample::select(CODES.map(|code| code.parse::<Currency>().expect("an ISO code")).to_vec())
}

fn money() -> impl Strategy<Value = Money> {
    (-MAX_MINOR..=MAX_MINOR, currency()).prop_map(|(minor, currency)| Money::from_minor(minor, currency))
}

/// Sums of amounts: as large as an `i64` holds.
fn any_money() -> impl Strategy<Value = Money> {
    (-i64::MAX..=i64::MAX, currency()).prop_map(|(minor, currency)| Money::from_minor(minor, currency))
}

#[test]
fn the_exponents_of_the_samples_are_the_ones_meant() {
    let exponents = CODES.map(|code| code.parse::<Currency>().map(|currency| currency.exponent()));
    assert_eq!(exponents, [Ok(0), Ok(2), Ok(3), Ok(4)]);
}

proptest! {
    #[test]
    fn what_is_printed_is_read_back_the_same(money in money()) {
        prop_assert_eq!(Money::parse(&money.to_decimal(), money.currency()), Ok(money));
    }

    #[test]
    fn what_is_read_is_printed_with_all_the_currencys_digits(
        whole in 0_i64..1_000_000, fraction in "[0-9]{0,4}", minus in any::<bool>(), currency in currency(),
    ) {
        let point = if fraction.is_empty() { "" } else { "." };
        let text = format!("{}{whole}{point}{fraction}", if minus { "-" } else { "" });
        let exponent = currency.exponent() as usize;
        match Money::parse(&text, currency) {
            Err(error) => {
                prop_assert_eq!(error.code(), "too_many_decimals");
                prop_assert!(fraction.len() > exponent);
            }
            Ok(money) => {
                prop_assert!(fraction.len() <= exponent);
                let minus = if minus && !money.is_zero() { "-" } else { "" };
                let padded = format!("{fraction:0<exponent$}");
                let point = if exponent == 0 { "" } else { "." };
                prop_assert_eq!(money.to_decimal(), format!("{minus}{whole}{point}{padded}"));
            }
        }
    }

    #[test]
    fn every_amount_goes_through_json_unharmed_sums_above_the_input_limit_too(money in any_money()) {
        let json = serde_json::to_value(money).expect("money serialises");
        prop_assert_eq!(
            &json,
            &serde_json::json!({ "amount": money.to_decimal(), "currency": money.currency().code() })
        );
        prop_assert_eq!(serde_json::from_value::<Money>(json).ok(), Some(money));
    }

    #[test]
    fn grouping_adds_commas_and_a_real_minus_and_nothing_else(money in any_money()) {
        let grouped = money.grouped();
        prop_assert_eq!(grouped.replace(',', "").replace('−', "-"), money.to_decimal());
        let whole = grouped.trim_start_matches('−').split('.').next().unwrap_or_default().to_owned();
        let mut groups = whole.split(',');
        prop_assert!(groups.next().is_some_and(|first| (1..=3).contains(&first.len())));
        prop_assert!(groups.all(|group| group.len() == 3));
    }

    #[test]
    fn sums_are_exact_and_of_one_currency(a in any_money(), b in any_money()) {
        let sum = a.checked_add(b);
        let difference = a.checked_sub(b);
        if a.currency() == b.currency() {
            prop_assert_eq!(sum.map(|m| m.minor()), a.minor().checked_add(b.minor()));
            prop_assert_eq!(difference.map(|m| m.minor()), a.minor().checked_sub(b.minor()));
            prop_assert!(sum.is_none_or(|m| m.currency() == a.currency()));
        } else {
            prop_assert_eq!(sum, None);
            prop_assert_eq!(difference, None);
        }
    }

    #[test]
    fn face_values_order_as_the_amounts_do(a in -MAX_MINOR..MAX_MINOR, b in -MAX_MINOR..MAX_MINOR, currency in currency()) {
        let (one, other) = (Money::from_minor(a, currency), Money::from_minor(b, currency));
        prop_assert_eq!(one.face_value().cmp(&other.face_value()), a.cmp(&b));
    }

    #[test]
    fn no_text_makes_reading_panic(text in any::<String>(), currency in currency()) {
        let _ = Money::parse(&text, currency);
        let _ = text.parse::<Currency>();
    }
}
