//! What is wrong with a field, told to the person who can mend it.

use std::borrow::Cow;

use serde::{Deserialize, Serialize};

/// One wrong field: where (JSON pointer), which rule (stable code) and what to do (a sentence).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FieldError {
    /// JSON pointer into the request body, such as `/email`; query parameters use their name the same way.
    pub pointer: String,
    /// Stable, machine-readable rule name such as `invalid_email`.
    pub code: Cow<'static, str>,
    /// What is wrong and what would be right.
    pub message: String,
}

impl FieldError {
    /// An error of the top-level field `field`.
    pub fn new(field: &str, code: &'static str, message: impl Into<String>) -> Self {
        Self { pointer: format!("/{field}"), code: Cow::Borrowed(code), message: message.into() }
    }
}

/// Every wrong field of a request, not only the first. Never empty inside an `Err`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct FieldErrors(pub Vec<FieldError>);

impl FieldErrors {
    /// Adds one wrong field.
    pub fn add(&mut self, field: &str, code: &'static str, message: impl Into<String>) {
        self.0.push(FieldError::new(field, code, message));
    }

    /// Keeps the value of a good result, notes the error of a bad one.
    pub fn check<T>(&mut self, result: Result<T, FieldError>) -> Option<T> {
        match result {
            Ok(value) => Some(value),
            Err(error) => {
                self.0.push(error);
                None
            }
        }
    }

    /// Whether nothing was wrong.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// `Ok` when nothing was wrong.
    pub fn into_result(self) -> Result<(), FieldErrors> {
        if self.0.is_empty() { Ok(()) } else { Err(self) }
    }

    /// The message for `field`, if it is wrong.
    pub fn message(&self, field: &str) -> Option<&str> {
        self.0.iter().find(|e| e.pointer.strip_prefix('/') == Some(field)).map(|e| e.message.as_str())
    }
}

impl From<FieldError> for FieldErrors {
    fn from(error: FieldError) -> Self {
        Self(vec![error])
    }
}

/// Trims, folds inner white space and refuses control characters. Empty becomes `None`.
pub(crate) fn clean_line(text: &str) -> Option<String> {
    let cleaned = text
        .chars()
        .map(|c| if c.is_control() || c.is_whitespace() || c == '\u{feff}' { ' ' } else { c })
        .collect::<String>();
    let line = cleaned.split(' ').filter(|word| !word.is_empty()).collect::<Vec<_>>().join(" ");
    (!line.is_empty()).then_some(line)
}

/// Like [`clean_line`], but keeps line breaks.
pub(crate) fn clean_text(text: &str) -> Option<String> {
    let lines = text.lines().map(|line| clean_line(line).unwrap_or_default()).collect::<Vec<_>>().join("\n");
    let text = lines.trim();
    (!text.is_empty()).then(|| text.to_owned())
}

/// An optional one-line field of at most `max` characters.
pub fn optional_line(field: &str, value: Option<&str>, max: usize) -> Result<Option<String>, FieldError> {
    limit(field, value.and_then(clean_line), max)
}

/// An optional field of several lines and at most `max` characters.
pub fn optional_text(field: &str, value: Option<&str>, max: usize) -> Result<Option<String>, FieldError> {
    limit(field, value.and_then(clean_text), max)
}

/// A field that must say something.
pub fn required_line(field: &str, label: &str, value: &str, max: usize) -> Result<String, FieldError> {
    optional_line(field, Some(value), max)?
        .ok_or_else(|| FieldError::new(field, "required", format!("Enter {label}.")))
}

fn limit(field: &str, value: Option<String>, max: usize) -> Result<Option<String>, FieldError> {
    match value {
        Some(text) if text.chars().count() > max => {
            Err(FieldError::new(field, "too_long", format!("Use at most {max} characters.")))
        }
        other => Ok(other),
    }
}

/// The longest e-mail address that can be delivered (RFC 5321 §4.5.3.1.3, less the angle brackets).
const EMAIL_MAX: usize = 254;

/// An e-mail address, trimmed. Deliberately lenient (one `@`, a dotted domain, no spaces): only sending proves an address.
pub fn email(field: &str, value: &str) -> Result<String, FieldError> {
    let address = value.trim();
    let wrong =
        || FieldError::new(field, "invalid_email", "Enter an e-mail address such as name@example.com.".to_owned());
    let (local, host) = address.rsplit_once('@').ok_or_else(wrong)?;
    let host_ok = host.split('.').count() >= 2
        && host.split('.').all(|label| {
            !label.is_empty()
                && !label.starts_with('-')
                && !label.ends_with('-')
                && label.chars().all(|c| c.is_alphanumeric() || c == '-')
        });
    let local_ok = !local.is_empty()
        && local.len() <= 64
        && !local.contains('@')
        && local.chars().all(|c| !c.is_whitespace() && !c.is_control() && !r#"<>(),;:\"[]"#.contains(c));
    if host_ok && local_ok && address.len() <= EMAIL_MAX { Ok(address.to_owned()) } else { Err(wrong()) }
}

/// A telephone number as written: digits with the usual signs between them, 5 to 20 digits.
pub fn phone(field: &str, value: &str) -> Result<String, FieldError> {
    let number = clean_line(value).unwrap_or_default();
    let digits = number.chars().filter(char::is_ascii_digit).count();
    let signs_ok = number.chars().all(|c| c.is_ascii_digit() || " +-()./x#".contains(c));
    if signs_ok && (5..=20).contains(&digits) && number.len() <= 40 {
        Ok(number)
    } else {
        Err(FieldError::new(field, "invalid_phone", "Enter a telephone number such as +44 20 7946 0018."))
    }
}
