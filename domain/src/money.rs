//! Money: whole minor units of one currency. No floats, from the spreadsheet cell to the screen.

use std::fmt;
use std::str::FromStr;
use std::sync::LazyLock;

use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use thiserror::Error;

/// An ISO 4217 currency: its code and how many decimal digits its minor unit has.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Currency([u8; 3]);

/// Currencies whose minor unit is not a hundredth (ISO 4217 table A.1, 2026).
const OTHER_EXPONENTS: &[(&[u8; 3], u32)] = &[
    (b"BHD", 3),
    (b"BIF", 0),
    (b"CLF", 4),
    (b"CLP", 0),
    (b"DJF", 0),
    (b"GNF", 0),
    (b"IQD", 3),
    (b"ISK", 0),
    (b"JOD", 3),
    (b"JPY", 0),
    (b"KMF", 0),
    (b"KRW", 0),
    (b"KWD", 3),
    (b"LYD", 3),
    (b"OMR", 3),
    (b"PYG", 0),
    (b"RWF", 0),
    (b"TND", 3),
    (b"UGX", 0),
    (b"UYI", 0),
    (b"UYW", 4),
    (b"VND", 0),
    (b"VUV", 0),
    (b"XAF", 0),
    (b"XOF", 0),
    (b"XPF", 0),
];

/// Currencies in use whose minor unit is a hundredth (ISO 4217 table A.1, 2026).
const HUNDREDTHS: &str = "AED AFN ALL AMD AOA ARS AUD AWG AZN BAM BBD BDT BGN BMD BND BOB BRL BSD BTN BWP BYN BZD \
    CAD CDF CHF CNY COP CRC CUP CVE CZK DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP GEL GHS GIP GMD GTQ GYD HKD HNL HTG \
    HUF IDR ILS INR IRR JMD KES KGS KHR KPW KYD KZT LAK LBP LKR LRD LSL MAD MDL MGA MKD MMK MNT MOP MRU MUR MVR MWK \
    MXN MYR MZN NAD NGN NIO NOK NPR NZD PAB PEN PGK PHP PKR PLN QAR RON RSD RUB SAR SBD SCR SDG SEK SGD SHP SLE SOS \
    SRD SSP STN SVC SYP SZL THB TJS TMT TOP TRY TTD TWD TZS UAH USD UYU UZS VED VES WST XCD XCG YER ZAR ZMW ZWG";

/// The most decimal digits any currency has.
pub const MAX_EXPONENT: u32 = 4;

/// The largest amount: 10¹³ minor units either way. Leaves room to sum 900,000 of them in an `i64`.
pub const MAX_MINOR: i64 = 10_000_000_000_000;

/// All codes that are known, in order.
static CODES: LazyLock<Vec<[u8; 3]>> = LazyLock::new(|| {
    let hundredths = HUNDREDTHS.split_ascii_whitespace().filter_map(|code| code.as_bytes().try_into().ok());
    let mut codes: Vec<[u8; 3]> = OTHER_EXPONENTS.iter().map(|(code, _)| **code).chain(hundredths).collect();
    codes.sort_unstable();
    codes
});

impl Currency {
    /// The United States dollar.
    pub const USD: Currency = Currency(*b"USD");
    /// The euro.
    pub const EUR: Currency = Currency(*b"EUR");
    /// The Japanese yen, which has no minor unit.
    pub const JPY: Currency = Currency(*b"JPY");
    /// The Kuwaiti dinar, which has thousandths.
    pub const KWD: Currency = Currency(*b"KWD");

    /// Every currency that is known, by code.
    pub fn all() -> impl Iterator<Item = Currency> {
        CODES.iter().copied().map(Currency)
    }

    /// The three-letter code.
    pub fn code(&self) -> &str {
        std::str::from_utf8(&self.0).unwrap_or("XXX")
    }

    /// Decimal digits of the minor unit: 2 for USD, 0 for JPY, 3 for KWD.
    pub fn exponent(&self) -> u32 {
        OTHER_EXPONENTS.iter().find(|(code, _)| **code == self.0).map_or(2, |(_, digits)| *digits)
    }

    /// Minor units of one major unit.
    fn unit(&self) -> i64 {
        10_i64.pow(self.exponent())
    }
}

impl FromStr for Currency {
    type Err = MoneyError;

    fn from_str(text: &str) -> Result<Self, MoneyError> {
        let trimmed = text.trim();
        let unknown = || MoneyError::UnknownCurrency(trimmed.chars().take(40).collect());
        let mut code: [u8; 3] = trimmed.as_bytes().try_into().map_err(|_| unknown())?;
        code.make_ascii_uppercase();
        if CODES.binary_search(&code).is_ok() { Ok(Currency(code)) } else { Err(unknown()) }
    }
}

impl fmt::Display for Currency {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code())
    }
}

impl fmt::Debug for Currency {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code())
    }
}

impl Serialize for Currency {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.code())
    }
}

impl<'de> Deserialize<'de> for Currency {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(D::Error::custom)
    }
}

/// Why a text is not an amount of money.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum MoneyError {
    /// Not a decimal number.
    #[error("“{0}” is not an amount; write digits with a point, such as 1234.50.")]
    NotANumber(String),
    /// More digits after the point than the currency has.
    #[error("{currency} has at most {allowed} digits after the point; {given} were given.")]
    TooPrecise {
        /// The currency asked for.
        currency: Currency,
        /// Its digits.
        allowed: u32,
        /// The digits in the text.
        given: usize,
    },
    /// Beyond [`MAX_MINOR`].
    #[error("The amount is too large.")]
    TooLarge,
    /// Not an ISO 4217 code.
    #[error("“{0}” is not an ISO 4217 currency code such as USD.")]
    UnknownCurrency(String),
}

impl MoneyError {
    /// Stable code for problem documents and sheet errors.
    pub fn code(&self) -> &'static str {
        match self {
            MoneyError::NotANumber(_) => "invalid_amount",
            MoneyError::TooPrecise { .. } => "too_many_decimals",
            MoneyError::TooLarge => "amount_too_large",
            MoneyError::UnknownCurrency(_) => "unknown_currency",
        }
    }
}

/// An amount: whole minor units (cents, yen, fils) of one currency. On the wire
/// `{"amount":"1234.50","currency":"USD"}`; a JSON number is refused.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Money {
    minor: i64,
    currency: Currency,
}

impl Money {
    /// `minor` whole minor units: `Money::from_minor(1250, USD)` is 12.50 USD.
    pub const fn from_minor(minor: i64, currency: Currency) -> Self {
        Self { minor, currency }
    }

    /// Nothing of `currency`.
    pub const fn zero(currency: Currency) -> Self {
        Self { minor: 0, currency }
    }

    /// Whole minor units.
    pub const fn minor(&self) -> i64 {
        self.minor
    }

    /// The currency.
    pub const fn currency(&self) -> Currency {
        self.currency
    }

    /// Whether it is nothing.
    pub const fn is_zero(&self) -> bool {
        self.minor == 0
    }

    /// Whether it is more than nothing.
    pub const fn is_positive(&self) -> bool {
        self.minor > 0
    }

    /// Reads a plain decimal such as `1234.5`: an optional minus, digits, at most the currency's digits after a point.
    /// At most [`MAX_MINOR`] either way.
    pub fn parse(text: &str, currency: Currency) -> Result<Self, MoneyError> {
        Self::parse_any(text, currency).and_then(|money| {
            if money.minor.unsigned_abs() <= MAX_MINOR.unsigned_abs() {
                Ok(money)
            } else {
                Err(MoneyError::TooLarge)
            }
        })
    }

    /// Like [`Money::parse`], up to what fits in an `i64`.
    fn parse_any(text: &str, currency: Currency) -> Result<Self, MoneyError> {
        let trimmed = text.trim();
        let not_a_number = || MoneyError::NotANumber(trimmed.chars().take(40).collect());
        let (negative, digits) = match trimmed.strip_prefix(['-', '−']) {
            Some(rest) => (true, rest),
            None => (false, trimmed),
        };
        let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
        if whole.is_empty()
            || (digits.contains('.') && fraction.is_empty())
            || !whole.bytes().chain(fraction.bytes()).all(|b| b.is_ascii_digit())
        {
            return Err(not_a_number());
        }
        let exponent = currency.exponent() as usize;
        if fraction.len() > exponent {
            return Err(MoneyError::TooPrecise { currency, allowed: exponent as u32, given: fraction.len() });
        }
        let whole: i64 = whole.parse().map_err(|_| MoneyError::TooLarge)?;
        let padded = format!("{fraction:0<exponent$}");
        let fraction: i64 = if padded.is_empty() { 0 } else { padded.parse().map_err(|_| not_a_number())? };
        let minor = whole
            .checked_mul(currency.unit())
            .and_then(|units| units.checked_add(fraction))
            .ok_or(MoneyError::TooLarge)?;
        Ok(Self { minor: if negative { -minor } else { minor }, currency })
    }

    /// The plain decimal, always with all the currency's digits: `1234.50`, `-0.05`, `1200` for yen.
    pub fn to_decimal(&self) -> String {
        let exponent = self.currency.exponent() as usize;
        let sign = if self.minor < 0 { "-" } else { "" };
        let absolute = self.minor.unsigned_abs();
        if exponent == 0 {
            return format!("{sign}{absolute}");
        }
        let unit = self.currency.unit().unsigned_abs();
        format!("{sign}{}.{:0exponent$}", absolute / unit, absolute % unit)
    }

    /// For people: thousands separated, a real minus sign, no currency: `1,234.50`, `−0.05`.
    pub fn grouped(&self) -> String {
        let plain = self.to_decimal();
        let (sign, digits) = match plain.strip_prefix('-') {
            Some(rest) => ("−", rest),
            None => ("", plain.as_str()),
        };
        let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
        let mut grouped = String::with_capacity(plain.len() + whole.len() / 3 + 2);
        for (index, digit) in whole.chars().enumerate() {
            if index > 0 && (whole.len() - index).is_multiple_of(3) {
                grouped.push(',');
            }
            grouped.push(digit);
        }
        if fraction.is_empty() { format!("{sign}{grouped}") } else { format!("{sign}{grouped}.{fraction}") }
    }

    /// Sum of two amounts of one currency; `None` for different currencies or beyond `i64`.
    pub fn checked_add(self, other: Money) -> Option<Money> {
        (self.currency == other.currency)
            .then(|| self.minor.checked_add(other.minor))
            .flatten()
            .map(|minor| Money { minor, currency: self.currency })
    }

    /// Difference of two amounts of one currency; `None` for different currencies or beyond `i64`.
    pub fn checked_sub(self, other: Money) -> Option<Money> {
        self.checked_add(Money { minor: other.minor.checked_neg()?, currency: other.currency })
    }

    /// A number that orders amounts of any currencies by their face value (10⁻⁴ of a major unit). For sorting and
    /// range filters only: it is not money and is never summed.
    pub fn face_value(&self) -> i64 {
        self.minor.saturating_mul(10_i64.pow(MAX_EXPONENT - self.currency.exponent()))
    }
}

/// Reads a bound for amounts of any currency, as a face value ([`Money::face_value`]). It may be larger than one amount that is
/// entered: what a customer owes in all is compared with it.
pub fn parse_face_value(text: &str) -> Result<i64, MoneyError> {
    // A currency of as many digits as any has.
    let unidad_de_fomento = "CLF".parse()?;
    Money::parse_any(text, unidad_de_fomento).map(|money| money.face_value())
}

impl fmt::Display for Money {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.grouped(), self.currency)
    }
}

impl fmt::Debug for Money {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.to_decimal(), self.currency)
    }
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct WireMoney {
    amount: String,
    currency: Currency,
}

impl Serialize for Money {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        WireMoney { amount: self.to_decimal(), currency: self.currency }.serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for Money {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        // What one person may enter is limited; a customer's outstanding amount is a sum of it and may be more.
        let wire = WireMoney::deserialize(deserializer)?;
        Money::parse_any(&wire.amount, wire.currency).map_err(D::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn code(text: &str) -> Result<Money, &'static str> {
        Money::parse(text, Currency::USD).map_err(|error| error.code())
    }

    #[test]
    fn a_plain_decimal_is_read() {
        for (text, minor) in
            [("1234.5", 123_450), ("0", 0), ("-0.05", -5), (" 12 ", 1_200), ("−1", -100), ("007", 700)]
        {
            assert_eq!(code(text), Ok(Money::from_minor(minor, Currency::USD)), "{text}");
        }
    }

    #[test]
    fn a_bound_may_be_larger_than_any_one_amount() {
        assert_eq!(parse_face_value("3000000000.5"), Ok(30_000_000_005_000));
        assert_eq!(parse_face_value("-99999999999999.9999"), Ok(-999_999_999_999_999_999));
        for (text, code) in [
            ("1.23456", "too_many_decimals"),
            ("1000000000000000", "amount_too_large"),
            ("x", "invalid_amount"),
        ] {
            assert_eq!(parse_face_value(text).map_err(|error| error.code()), Err(code), "{text}");
        }
    }

    #[test]
    fn what_is_not_a_plain_decimal_is_refused_and_never_zero() {
        for text in ["", "abc", "1,234.50", ".5", "5.", "1.2.3", "--1", "+1", "1e3", "$1", "٣", "NaN", "1 2"]
        {
            assert_eq!(code(text), Err("invalid_amount"), "{text}");
        }
    }

    #[test]
    fn more_digits_than_the_currency_has_are_refused() {
        assert_eq!(code("1.005"), Err("too_many_decimals"));
        let error = Money::parse("1.5", Currency::JPY).unwrap_err();
        assert_eq!(error.to_string(), "JPY has at most 0 digits after the point; 1 were given.");
    }

    #[test]
    fn the_limit_itself_is_allowed_and_a_cent_more_is_not() {
        assert_eq!(code("100000000000.00"), Ok(Money::from_minor(MAX_MINOR, Currency::USD)));
        assert_eq!(code("-100000000000.00"), Ok(Money::from_minor(-MAX_MINOR, Currency::USD)));
        for text in ["100000000000.01", "-100000000000.01", "99999999999999999999999"] {
            assert_eq!(code(text), Err("amount_too_large"), "{text}");
        }
    }

    #[test]
    fn a_json_number_is_not_money() {
        for json in [
            r#"{"amount":12.5,"currency":"USD"}"#,
            r#"{"amount":12,"currency":"USD"}"#,
            r#"{"amount":"12.5"}"#,
            r#"{"amount":"12.5","currency":"usx"}"#,
            r#"{"amount":"12.5","currency":"USD","tip":"1"}"#,
            r#"{"amount":"12.505","currency":"USD"}"#,
            "12.5",
            r#""12.50 USD""#,
        ] {
            assert!(serde_json::from_str::<Money>(json).is_err(), "{json}");
        }
        let money: Money = serde_json::from_str(r#"{"amount":"12.5","currency":"usd"}"#).unwrap();
        assert_eq!(serde_json::to_string(&money).unwrap(), r#"{"amount":"12.50","currency":"USD"}"#);
    }

    #[test]
    fn people_see_thousands_and_a_real_minus_sign() {
        assert_eq!(Money::from_minor(123_456_789, Currency::USD).to_string(), "1,234,567.89 USD");
        assert_eq!(Money::from_minor(-5, Currency::USD).grouped(), "−0.05");
        assert_eq!(Money::from_minor(1_200, Currency::JPY).grouped(), "1,200");
        assert_eq!(Money::from_minor(1_234, Currency::KWD).grouped(), "1.234");
    }

    #[test]
    fn a_code_is_read_in_any_case_and_an_unknown_one_is_shown_back_in_part() {
        assert_eq!(" eur ".parse(), Ok(Currency::EUR));
        for text in ["", "EURO", "XYZ", "€", "ÄÖ"] {
            assert_eq!(text.parse::<Currency>(), Err(MoneyError::UnknownCurrency(text.to_owned())), "{text}");
        }
        let long = "x".repeat(10_000).parse::<Currency>().unwrap_err();
        assert!(long.to_string().len() < 150);
    }

    #[test]
    fn every_listed_currency_is_listed_once_and_known() {
        let mut codes: Vec<String> = HUNDREDTHS.split_ascii_whitespace().map(str::to_owned).collect();
        codes.extend(OTHER_EXPONENTS.iter().map(|(code, _)| String::from_utf8_lossy(*code).into_owned()));
        let count = codes.len();
        codes.sort();
        codes.dedup();
        assert_eq!(codes.len(), count);
        for code in &codes {
            let currency: Currency = code.parse().unwrap();
            assert_eq!(currency.code(), code);
            assert!(currency.exponent() <= MAX_EXPONENT);
        }
    }
}
