//! People who sign in.

use std::fmt;
use std::str::FromStr;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use crate::field::{self, FieldError, FieldErrors};
use crate::{Role, UserId};

/// A person, without anything secret.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct User {
    /// Opaque id.
    pub id: UserId,
    /// Display name.
    pub name: String,
    /// Unique, compared without case.
    pub email: String,
    /// What they may do.
    pub role: Role,
    /// Whether they may sign in at all.
    pub active: bool,
    /// Whether they were invited and have chosen no password yet.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub invited: bool,
    /// Counts changes, for `If-Match`.
    pub version: i64,
}

/// A person as everyone here may know them: who works a customer, who changed it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Colleague {
    /// Opaque id.
    pub id: UserId,
    /// Display name.
    pub name: String,
    /// Whether they may sign in: others can't be given work.
    pub active: bool,
}

/// What happens to people who register after the first one.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SignUp {
    /// They become an inactive viewer until an admin activates them.
    #[default]
    Approval,
    /// They become an active viewer.
    Open,
    /// They are refused; invitations only.
    Closed,
}

impl FromStr for SignUp {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text {
            "approval" => Ok(SignUp::Approval),
            "open" => Ok(SignUp::Open),
            "closed" => Ok(SignUp::Closed),
            other => Err(format!("“{other}” is not a sign-up policy; use approval, open or closed.")),
        }
    }
}

/// A registration as typed. Its `Debug` form leaves the password out, so that no log gets it by mistake.
#[derive(Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Registration {
    /// Display name.
    pub name: String,
    /// E-mail address to sign in with.
    pub email: String,
    /// Password, 10 to 128 characters.
    pub password: String,
}

impl fmt::Debug for Registration {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Registration")
            .field("name", &self.name)
            .field("email", &self.email)
            .finish_non_exhaustive()
    }
}

/// Somebody who is let in by an admin.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Invitation {
    /// Display name.
    pub name: String,
    /// E-mail address to sign in with.
    pub email: String,
    /// What they may do.
    pub role: Role,
}

impl Invitation {
    /// The invitation with clean fields, or everything that is wrong with it.
    pub fn validate(&self) -> Result<Invitation, FieldErrors> {
        let mut errors = FieldErrors::default();
        let name = errors.check(field::required_line("name", "a name", &self.name, 100));
        let email = errors.check(field::email("email", &self.email));
        match (name, email) {
            (Some(name), Some(email)) => Ok(Invitation { name, email, role: self.role }),
            _ => Err(errors),
        }
    }
}

/// A sign-in that holds, as its owner sees it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct UserSession {
    /// Opaque id.
    pub id: String,
    /// What the browser or program calls itself.
    pub device: String,
    /// Whether it is the one that asks.
    pub current: bool,
    /// When it began.
    pub created_at: DateTime<Utc>,
    /// When its tokens were last renewed; while somebody works that is every few minutes.
    pub last_used_at: DateTime<Utc>,
}

/// What programs sign in with, without its secret.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ApiToken {
    /// Opaque id.
    pub id: String,
    /// What it is for.
    pub name: String,
    /// What it may do.
    pub role: Role,
    /// The name of the admin who made it.
    pub created_by: String,
    /// When.
    pub created_at: DateTime<Utc>,
    /// Until when it is good.
    pub expires_at: DateTime<Utc>,
    /// When it was last used, to a few minutes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_used_at: Option<DateTime<Utc>>,
}

/// An API token to be made.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NewApiToken {
    /// What it is for.
    pub name: String,
    /// What it may do.
    pub role: Role,
    /// Days it is good, 1 to 366.
    #[serde(default = "NewApiToken::default_days")]
    pub expires_in_days: u32,
}

impl NewApiToken {
    /// Days a token is good when nobody says.
    pub const DAYS: u32 = 90;
    /// Most days.
    pub const MOST_DAYS: u32 = 366;

    fn default_days() -> u32 {
        Self::DAYS
    }

    /// The token with clean fields, or everything that is wrong with it.
    pub fn validate(&self) -> Result<NewApiToken, FieldErrors> {
        let mut errors = FieldErrors::default();
        let name = errors.check(field::required_line("name", "what it is for", &self.name, 100));
        if !(1..=Self::MOST_DAYS).contains(&self.expires_in_days) {
            errors.0.push(FieldError::new(
                "expires_in_days",
                "out_of_range",
                format!("Use 1 to {} days.", Self::MOST_DAYS),
            ));
        }
        match name {
            Some(name) if errors.is_empty() => Ok(NewApiToken { name, ..self.clone() }),
            _ => Err(errors),
        }
    }
}

/// Whether somebody has a second factor.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SecondFactor {
    /// Whether a code is asked for when they sign in.
    pub active: bool,
    /// Recovery codes that were not used yet.
    pub recovery_codes_left: usize,
}

/// What an authenticator app is set up with.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SecondFactorSetup {
    /// The secret, base32, to type in.
    pub secret: String,
    /// The same as `otpauth://`, to open.
    pub uri: String,
    /// The same as a QR code, to scan: the path of an SVG, one unit a module.
    pub qr_path: String,
    /// How many units the QR code is wide.
    pub qr_size: i32,
}

impl fmt::Debug for SecondFactorSetup {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SecondFactorSetup").finish_non_exhaustive()
    }
}

/// Shortest password, in characters (NIST SP 800-63B-4 asks for length, not for classes of characters).
pub const PASSWORD_MIN: usize = 10;
/// Longest password, in characters.
pub const PASSWORD_MAX: usize = 128;

impl Registration {
    /// The registration with clean fields, or everything that is wrong with it.
    pub fn validate(&self) -> Result<Registration, FieldErrors> {
        let mut errors = FieldErrors::default();
        let name = errors.check(field::required_line("name", "your name", &self.name, 100));
        let email = errors.check(field::email("email", &self.email));
        let password = errors.check(password("password", &self.password));
        match (name, email, password) {
            (Some(name), Some(email), Some(password)) => Ok(Registration { name, email, password }),
            _ => Err(errors),
        }
    }
}

/// A new password: 10 to 128 characters and not one of the first that anyone would guess.
pub fn password(field: &str, value: &str) -> Result<String, FieldError> {
    let length = value.chars().count();
    if length < PASSWORD_MIN {
        return Err(FieldError::new(field, "too_short", format!("Use at least {PASSWORD_MIN} characters.")));
    }
    if length > PASSWORD_MAX {
        return Err(FieldError::new(field, "too_long", format!("Use at most {PASSWORD_MAX} characters.")));
    }
    let lower = value.to_lowercase();
    let first = lower.chars().next();
    let repeated = lower.chars().all(|c| Some(c) == first);
    if repeated || COMMON_PASSWORDS.contains(&lower.as_str()) {
        return Err(FieldError::new(
            field,
            "too_common",
            "This password is easily guessed; use a few unrelated words.",
        ));
    }
    Ok(value.to_owned())
}

/// The passwords of ten characters and more that lead every published list of leaked ones.
const COMMON_PASSWORDS: &[&str] = &[
    "1234567890",
    "0123456789",
    "9876543210",
    "0987654321",
    "12345678910",
    "123456789a",
    "a123456789",
    "1q2w3e4r5t",
    "1q2w3e4r5t6y",
    "qwertyuiop",
    "qwerty12345",
    "qwerty123456",
    "qwerty1234",
    "password12",
    "password123",
    "password1234",
    "password12345",
    "passw0rd123",
    "p@ssword123",
    "p@ssw0rd123",
    "iloveyou123",
    "welcome123",
    "welcome1234",
    "letmein1234",
    "administrator",
    "admin12345",
    "admin123456",
    "changeme123",
    "football123",
    "baseball123",
    "superman123",
    "abc1234567",
    "abcd123456",
    "asdfghjkl1",
    "asdfghjkl123",
    "zxcvbnm123",
    "1qaz2wsx3edc",
    "qazwsxedc123",
    "monkey12345",
    "dragon12345",
    "sunshine123",
    "princess123",
    "correcthorsebatterystaple",
];

/// What e-mail addresses are compared by.
pub fn email_key(email: &str) -> String {
    email.trim().to_lowercase()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn code(value: &str) -> Result<(), String> {
        password("password", value).map(|_| ()).map_err(|error| error.code.into_owned())
    }

    #[test]
    fn a_password_needs_ten_to_128_characters_of_any_kind() {
        for good in
            ["blue horse", "aaaaaaaaab", "日本語のパスワードです", "  spaces stay  ", &"ab".repeat(64)]
        {
            assert_eq!(password("password", good).as_deref(), Ok(good), "kept as typed");
        }
        assert_eq!(code("ninechars"), Err("too_short".to_owned()));
        assert_eq!(code(""), Err("too_short".to_owned()));
        assert_eq!(code(&"ab".repeat(65)), Err("too_long".to_owned()));
    }

    #[test]
    fn the_first_passwords_anyone_would_guess_are_refused() {
        for bad in ["1234567890", "Password123", "QWERTYUIOP", "aaaaaaaaaa", "AaAaAaAaAa", "          "] {
            assert_eq!(code(bad), Err("too_common".to_owned()), "{bad}");
        }
    }

    #[test]
    fn the_list_of_common_passwords_holds_only_what_could_be_typed() {
        for common in COMMON_PASSWORDS {
            assert!(common.len() >= PASSWORD_MIN, "{common} is refused as too short already");
            assert_eq!(*common, common.to_lowercase());
        }
    }

    #[test]
    fn a_registration_names_every_wrong_field() {
        let registration = Registration { name: " ".into(), email: "x".into(), password: "short".into() };
        let fields: Vec<_> = registration.validate().unwrap_err().0.into_iter().map(|e| e.pointer).collect();
        assert_eq!(fields, ["/name", "/email", "/password"]);
        let good = Registration {
            name: " Ann  Lee ".into(),
            email: " Ann@Example.com ".into(),
            password: "blue horse 7".into(),
        };
        let clean = good.validate().unwrap();
        assert_eq!((clean.name.as_str(), clean.email.as_str()), ("Ann Lee", "Ann@Example.com"));
        assert_eq!(email_key(&clean.email), "ann@example.com");
    }

    #[test]
    fn a_logged_registration_shows_no_password() {
        let registration =
            Registration { name: "A".into(), email: "a@b.com".into(), password: "blue horse 7".into() };
        assert!(!format!("{registration:?}").contains("horse"));
    }

    #[test]
    fn sign_up_policies_go_by_their_names() {
        assert_eq!("approval".parse(), Ok(SignUp::Approval));
        assert_eq!("open".parse(), Ok(SignUp::Open));
        assert_eq!("closed".parse(), Ok(SignUp::Closed));
        assert!("anyone".parse::<SignUp>().is_err());
    }
}
