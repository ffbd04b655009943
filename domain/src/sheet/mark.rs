//! Currency codes and signs beside an amount.

use std::fmt;

use crate::Currency;

/// A currency's code, or a sign that one or several currencies use.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Mark {
    /// An ISO 4217 code.
    Code(Currency),
    /// A sign, with the codes of the currencies that are written with it.
    Sign(&'static str, &'static [&'static str]),
}

/// Signs in lower case, with the currencies they are used for (Unicode CLDR 48, narrow and wide symbols). Not
/// exhaustive: an unknown sign is an error that asks for the code.
const SIGNS: &[(&str, &[&str])] = &[
    (
        "$",
        &[
            "USD", "CAD", "AUD", "NZD", "SGD", "HKD", "MXN", "TWD", "ARS", "CLP", "COP", "UYU", "BSD", "BBD",
            "BMD", "BND", "BZD", "DOP", "FJD", "GYD", "JMD", "KYD", "LRD", "NAD", "SBD", "SRD", "TTD", "XCD",
            "CUP", "CVE",
        ],
    ),
    ("us$", &["USD"]),
    ("a$", &["AUD"]),
    ("c$", &["CAD"]),
    ("ca$", &["CAD"]),
    ("nz$", &["NZD"]),
    ("s$", &["SGD"]),
    ("hk$", &["HKD"]),
    ("mx$", &["MXN"]),
    ("nt$", &["TWD"]),
    ("r$", &["BRL"]),
    ("€", &["EUR"]),
    ("£", &["GBP", "EGP", "FKP", "GIP", "LBP", "SDG", "SHP", "SSP", "SYP"]),
    ("¥", &["JPY", "CNY"]),
    ("￥", &["JPY", "CNY"]),
    ("₹", &["INR"]),
    ("rs", &["INR", "PKR", "LKR", "NPR", "MUR", "SCR"]),
    ("rs.", &["INR", "PKR", "LKR", "NPR", "MUR", "SCR"]),
    ("₩", &["KRW", "KPW"]),
    ("₽", &["RUB"]),
    ("₺", &["TRY"]),
    ("₪", &["ILS"]),
    ("₫", &["VND"]),
    ("₦", &["NGN"]),
    ("₴", &["UAH"]),
    ("₱", &["PHP"]),
    ("฿", &["THB"]),
    ("₸", &["KZT"]),
    ("₡", &["CRC"]),
    ("₲", &["PYG"]),
    ("₵", &["GHS"]),
    ("₾", &["GEL"]),
    ("₼", &["AZN"]),
    ("zł", &["PLN"]),
    ("kč", &["CZK"]),
    ("ft", &["HUF"]),
    ("kr", &["SEK", "NOK", "DKK", "ISK"]),
    ("kr.", &["SEK", "NOK", "DKK", "ISK"]),
    ("fr.", &["CHF"]),
    ("sfr.", &["CHF"]),
    ("rm", &["MYR"]),
    ("r", &["ZAR"]),
];

impl Mark {
    /// The code or sign in `text`; `None` when it is neither.
    pub fn read(text: &str) -> Option<Mark> {
        let text = text.trim();
        if let Ok(currency) = text.parse() {
            return Some(Mark::Code(currency));
        }
        if text.chars().count() > 4 {
            return None;
        }
        let lower = text.to_lowercase();
        SIGNS.iter().find(|(sign, _)| *sign == lower).map(|(sign, codes)| Mark::Sign(sign, codes))
    }

    /// Whether an amount of `currency` can be written with it.
    pub fn allows(self, currency: Currency) -> bool {
        match self {
            Mark::Code(code) => code == currency,
            Mark::Sign(_, codes) => codes.contains(&currency.code()),
        }
    }

    /// The currency, if it stands for no other.
    pub fn the_one(self) -> Option<Currency> {
        match self {
            Mark::Code(code) => Some(code),
            Mark::Sign(_, [only]) => only.parse().ok(),
            Mark::Sign(..) => None,
        }
    }
}

impl fmt::Display for Mark {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Mark::Code(code) => code.fmt(f),
            Mark::Sign(sign, _) => f.write_str(sign),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_sign_is_lower_case_and_stands_for_known_currencies() {
        for (sign, codes) in SIGNS {
            assert_eq!(*sign, sign.to_lowercase());
            assert!(!codes.is_empty());
            for code in *codes {
                assert_eq!(code.parse::<Currency>().map(|c| c.code().to_owned()).as_deref(), Ok(*code));
            }
        }
    }

    #[test]
    fn a_code_names_one_currency_and_a_dollar_sign_many() {
        assert_eq!(Mark::read("usd").and_then(Mark::the_one), Some(Currency::USD));
        assert_eq!(Mark::read(" € ").and_then(Mark::the_one), Some(Currency::EUR));
        assert_eq!(Mark::read("$").and_then(Mark::the_one), None);
        assert!(Mark::read("$").unwrap().allows(Currency::USD));
        assert!(!Mark::read("$").unwrap().allows(Currency::EUR));
        assert_eq!(Mark::read("bucks"), None);
        assert_eq!(Mark::read(""), None);
    }
}
