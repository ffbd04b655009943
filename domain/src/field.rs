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

/// Whether a character leaves no mark: white space of any kind (the non-breaking space of spreadsheets too), control
/// characters, and the zero-width signs that come along with copied text. The joiners that some scripts and emoji need
/// (U+200C, U+200D) are not among them.
pub(crate) fn is_blank_char(c: char) -> bool {
    c.is_whitespace() || c.is_control() || matches!(c, '\u{200b}' | '\u{2060}' | '\u{feff}')
}

/// Trims what can't be seen, the marks of writing direction around copied telephone numbers and amounts included.
pub(crate) fn trim(text: &str) -> &str {
    text.trim_matches(|c: char| {
        is_blank_char(c)
            || matches!(c, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
    })
}

/// Trims, and folds inner white space and control characters into single spaces. Empty becomes `None`.
pub(crate) fn clean_line(text: &str) -> Option<String> {
    let cleaned = text.chars().map(|c| if is_blank_char(c) { ' ' } else { c }).collect::<String>();
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

/// The longest e-mail address that can be delivered (RFC 5321 §4.5.3.1.3, less the angle brackets), and the longest part
/// before the @. Counted in characters like every other field: of other scripts a little more passes.
const EMAIL_MAX: usize = 254;
const LOCAL_MAX: usize = 64;

/// An e-mail address, trimmed. Deliberately lenient (one `@`, a dotted domain, no spaces): only sending proves an address.
pub fn email(field: &str, value: &str) -> Result<String, FieldError> {
    let address = trim(value);
    let wrong = || {
        FieldError::new(
            field,
            "invalid_email",
            "Enter an e-mail address such as name@example.com.".to_owned(),
        )
    };
    let (local, host) = address.rsplit_once('@').ok_or_else(wrong)?;
    let host_ok = host.split('.').count() >= 2
        && host.split('.').all(|label| {
            !label.is_empty()
                && !label.starts_with('-')
                && !label.ends_with('-')
                && label.chars().all(|c| c.is_alphanumeric() || c == '-')
        });
    let local_ok = !local.is_empty()
        && local.chars().count() <= LOCAL_MAX
        && !local.contains('@')
        && local.chars().all(|c| !c.is_whitespace() && !c.is_control() && !r#"<>(),;:\"[]"#.contains(c));
    if host_ok && local_ok && address.chars().count() <= EMAIL_MAX {
        Ok(address.to_owned())
    } else {
        Err(wrong())
    }
}

/// A telephone number as written: digits with the usual signs between them, 5 to 20 digits; an extension may follow
/// (`x 12`, `ext. 12`).
pub fn phone(field: &str, value: &str) -> Result<String, FieldError> {
    let number = clean_line(trim(value)).unwrap_or_default();
    let digits = number.chars().filter(char::is_ascii_digit).count();
    let plain = number.to_lowercase().replacen("extension", "x", 1).replacen("ext", "x", 1);
    let signs_ok = plain.chars().all(|c| c.is_ascii_digit() || " +-()./x#".contains(c));
    if signs_ok && (5..=20).contains(&digits) && number.len() <= 40 {
        Ok(number)
    } else {
        Err(FieldError::new(field, "invalid_phone", "Enter a telephone number such as +44 20 7946 0018."))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn usual_email_addresses_are_taken_and_trimmed() {
        for address in
            ["ann@example.com", "a.b+c@sub.example.co.uk", "o'neil@example.com", "ü@exämple.de", "1@2.io"]
        {
            assert_eq!(email("email", &format!(" {address}\u{a0}")).as_deref(), Ok(address));
        }
    }

    #[test]
    fn what_can_not_be_an_email_address_is_refused() {
        let long = format!("{}@example.com", "a".repeat(65));
        let longer = format!("a@{}com", "example.".repeat(32));
        for address in [
            "",
            "ann",
            "@example.com",
            "ann@",
            "ann@example",
            "ann@.com",
            "ann@example.",
            "ann@-a.com",
            "a b@example.com",
            "a@b@example.com",
            "Ann <ann@example.com>",
            "a@b.com, c@d.com",
            "a@exa mple.com",
            &long,
            &longer,
        ] {
            let error = email("email", address).unwrap_err();
            assert_eq!(
                (error.pointer.as_str(), error.code.as_ref()),
                ("/email", "invalid_email"),
                "{address}"
            );
        }
    }

    #[test]
    fn telephone_numbers_stay_as_written() {
        for number in [
            "+44 20 7946 0018",
            "(020) 7946-0018",
            "020.7946.0018",
            "12345",
            "+49 30/123456 x12",
            "020 7946 #9",
        ] {
            assert_eq!(phone("phone", &format!("\u{a0}{number} ")).as_deref(), Ok(number));
        }
        assert_eq!(phone("phone", "(555) 010-0199 Ext. 5").as_deref(), Ok("(555) 010-0199 Ext. 5"));
        assert!(phone("phone", "text 12345").is_err());
        assert_eq!(
            phone("phone", "\u{202a}+44\u{a0}20 7946 0018\u{202c}").as_deref(),
            Ok("+44 20 7946 0018")
        );
    }

    #[test]
    fn what_can_not_be_a_telephone_number_is_refused() {
        for number in ["", "1234", "call me", "0207946001a", "123456789012345678901", &"1 ".repeat(21)] {
            let error = phone("phone", number).unwrap_err();
            assert_eq!(
                (error.pointer.as_str(), error.code.as_ref()),
                ("/phone", "invalid_phone"),
                "{number}"
            );
        }
    }

    #[test]
    fn white_space_is_folded_and_emptiness_is_nothing() {
        assert_eq!(clean_line(" a\u{a0}\u{a0}b\t\r\nc\u{0} ").as_deref(), Some("a b c"));
        assert_eq!(clean_line("\u{a0}\u{feff}\u{200b}"), None);
        assert_eq!(clean_text(" a  b \r\n\r\n c \n").as_deref(), Some("a b\n\nc"));
        assert_eq!(clean_text(" \n "), None);
    }

    #[test]
    fn limits_count_characters_not_bytes() {
        assert!(required_line("name", "a name", &"ä".repeat(200), 200).is_ok());
        let error = required_line("name", "a name", &"ä".repeat(201), 200).unwrap_err();
        assert_eq!(
            (error.code.as_ref(), error.message.as_str()),
            ("too_long", "Use at most 200 characters.")
        );
        let error = required_line("name", "a name", " \u{a0}", 200).unwrap_err();
        assert_eq!((error.code.as_ref(), error.message.as_str()), ("required", "Enter a name."));
        assert_eq!(optional_line("reference", Some("  "), 5), Ok(None));
        assert_eq!(optional_text("notes", None, 5), Ok(None));
    }

    #[test]
    fn every_wrong_field_is_kept() {
        let mut errors = FieldErrors::default();
        assert_eq!(errors.check(phone("phone", "12345")).as_deref(), Some("12345"));
        assert!(errors.clone().into_result().is_ok());
        assert_eq!(errors.check(email("email", "x")), None);
        errors.add("name", "required", "Enter a name.");
        assert_eq!(errors.message("name"), Some("Enter a name."));
        assert_eq!(errors.message("phone"), None);
        let errors = errors.into_result().unwrap_err();
        assert_eq!(errors.0.len(), 2);
        let json = serde_json::to_string(&errors).unwrap();
        assert_eq!(serde_json::from_str::<FieldErrors>(&json).unwrap(), errors);
    }
}
