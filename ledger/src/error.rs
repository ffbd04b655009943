//! Why a use case was refused or failed.

use std::fmt;

use domain::account::Rule;
use domain::{Action, FieldError, FieldErrors, Problem};

/// Result of a use case.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// Why a use case was refused or failed. Nothing was changed.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// No sign-in, or one that no longer holds.
    #[error("Sign in to go on.")]
    Unauthenticated,
    /// Wrong e-mail or wrong password: the same answer for both.
    #[error("The e-mail address or the password is wrong.")]
    WrongCredentials,
    /// The password is right, and the person has a second factor.
    #[error("Enter the code your authenticator app shows, or a recovery code.")]
    CodeRequired,
    /// The password is right and the code is not.
    #[error("This code is wrong, too old, or was used already.")]
    WrongCode,
    /// Too many wrong passwords or codes.
    #[error("Too many attempts; try again in {}.", waiting(*retry_after))]
    TooMany {
        /// Seconds until it makes sense to try again.
        retry_after: i64,
    },
    /// A program asked for what only people have.
    #[error("An API token has no password, sessions, name or second factor of its own.")]
    NotAPerson,
    /// Registered, not yet let in.
    #[error("An admin has to approve your account first.")]
    AwaitingApproval,
    /// Registration is by invitation.
    #[error("Sign-up is closed here; ask an admin for an invitation.")]
    SignUpClosed,
    /// The role may not.
    #[error("Your role can't {}; {} can.", action.in_words(), least(*action))]
    Forbidden {
        /// What was asked for.
        action: Action,
    },
    /// Not there, or not for the caller to know of.
    #[error("There is no such {0}.")]
    NotFound(&'static str),
    /// Fields are wrong.
    #[error("Some fields need a look.")]
    Invalid(FieldErrors),
    /// The state of things forbids it.
    #[error("{message}")]
    Conflict {
        /// Stable name.
        code: &'static str,
        /// What stands in the way and what to do.
        message: String,
        /// The resource as it is now.
        current: Option<Box<serde_json::Value>>,
    },
    /// The same idempotency key came with another request.
    #[error("This Idempotency-Key was used for a different request; choose a new one.")]
    KeyReused,
    /// A file that can't be an import, or is beyond a limit.
    #[error("{message}")]
    BadFile {
        /// 413, 415 or 422.
        status: u16,
        /// Stable name.
        code: &'static str,
        /// What is wrong with the file and what to do.
        message: String,
    },
    /// Too many changes wait, or the database keeps moving under us.
    #[error("Duebook is busy; nothing was saved. Try again in a moment.")]
    Busy,
    /// The database failed.
    #[error("The database failed.")]
    Database(#[source] Box<surrealdb::Error>),
    /// A bug, or a broken row.
    #[error("Something went wrong on our side.")]
    Internal(#[source] Box<dyn std::error::Error + Send + Sync>),
}

fn waiting(seconds: i64) -> String {
    match seconds {
        ..=1 => "a second".to_owned(),
        2..90 => format!("{seconds} seconds"),
        _ => format!("{} minutes", (seconds + 59) / 60),
    }
}

fn least(action: Action) -> String {
    match action.least_role() {
        domain::Role::Admin => "an admin".to_owned(),
        role => format!("a {role} or above"),
    }
}

impl Error {
    /// A conflict without a current resource.
    pub(crate) fn conflict(code: &'static str, message: impl Into<String>) -> Self {
        Error::Conflict { code, message: message.into(), current: None }
    }

    /// An update made from an old version.
    pub(crate) fn stale(current: &impl serde::Serialize) -> Self {
        Error::Conflict {
            code: "stale_version",
            message: "Someone changed this in the meantime; look at both versions and save again.".to_owned(),
            current: serde_json::to_value(current).ok().map(Box::new),
        }
    }

    /// A bug, or a broken row.
    pub(crate) fn internal(source: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Self {
        Error::Internal(source.into())
    }

    /// What goes over the wire. Never source text.
    pub fn problem(&self) -> Problem {
        let detail = self.to_string();
        match self {
            Error::Unauthenticated => Problem::new(401, "unauthenticated", "Not signed in", detail),
            Error::WrongCredentials => Problem::new(401, "wrong_credentials", "Sign-in failed", detail),
            Error::CodeRequired => Problem::new(401, "code_required", "A code is needed", detail),
            Error::WrongCode => Problem::new(401, "wrong_code", "Sign-in failed", detail),
            Error::TooMany { retry_after } => Problem {
                retry_after: Some(*retry_after),
                ..Problem::new(429, "too_many_attempts", "Too many attempts", detail)
            },
            Error::NotAPerson => Problem::new(403, "not_a_person", "Not for API tokens", detail),
            Error::AwaitingApproval => Problem::new(403, "awaiting_approval", "Awaiting approval", detail),
            Error::SignUpClosed => Problem::new(403, "sign_up_closed", "Sign-up is closed", detail),
            Error::Forbidden { .. } => Problem::new(403, "forbidden", "Not allowed", detail),
            Error::NotFound(_) => Problem::new(404, "not_found", "Not found", detail),
            Error::Invalid(errors) => Problem::invalid(errors.clone()),
            Error::Conflict { code, current, .. } => Problem {
                current: current.as_deref().cloned(),
                ..Problem::new(409, code, "Conflict", detail)
            },
            Error::KeyReused => Problem {
                errors: FieldErrors(vec![FieldError::new("Idempotency-Key", "key_reused", detail.clone())]),
                ..Problem::new(422, "idempotency_key_reused", "Idempotency key reused", detail)
            },
            Error::BadFile { status, code, .. } => {
                Problem::new(*status, code, "This file can't be imported", detail)
            }
            Error::Busy => Problem::new(503, "busy", "Busy", detail),
            Error::Database(_) | Error::Internal(_) => Problem::new(
                500,
                "internal",
                "Something went wrong on our side",
                "Nothing was saved. Try again; if it stays, give the request id to whoever runs Duebook.",
            ),
        }
    }
}

impl From<surrealdb::Error> for Error {
    fn from(source: surrealdb::Error) -> Self {
        Error::Database(Box::new(source))
    }
}

impl From<FieldErrors> for Error {
    fn from(errors: FieldErrors) -> Self {
        Error::Invalid(errors)
    }
}

impl From<FieldError> for Error {
    fn from(error: FieldError) -> Self {
        Error::Invalid(error.into())
    }
}

impl From<Rule> for Error {
    fn from(rule: Rule) -> Self {
        let message = rule.to_string();
        match rule {
            Rule::Fields(errors) => Error::Invalid(errors),
            Rule::Transition(_) => Error::conflict("invalid_transition", message),
            Rule::Archived => Error::conflict("archived", message),
            Rule::HasHistory(_) => Error::conflict("has_history", message),
            Rule::NotSettled(_) => Error::conflict("not_settled", message),
            Rule::NoPayment => Error::NotFound("payment"),
            Rule::NoInvoice => Error::NotFound("invoice"),
            Rule::Invoice(_) => Error::conflict("invalid_transition", message),
            Rule::InvoiceInUse => Error::conflict("invoice_in_use", message),
            Rule::NotHeld(_) => Error::conflict("not_held", message),
        }
    }
}

impl fmt::Display for crate::OpenError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}
