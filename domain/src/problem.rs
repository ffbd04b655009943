//! The one error that goes over the wire: REST answers it as `application/problem+json` (RFC 9457), server functions
//! hand the same value to the browser.

use serde::{Deserialize, Serialize};

use crate::{FieldError, FieldErrors};

/// A refusal or a failure, told so that the person or program can go on.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Problem {
    /// A stable name of this kind of problem, such as `stale_version`; on the wire `urn:duebook:problem:{code}`.
    #[serde(rename = "type")]
    pub kind: String,
    /// A few words, the same for every problem of this kind.
    pub title: String,
    /// HTTP status.
    pub status: u16,
    /// What happened here, what was kept and what to do.
    pub detail: String,
    /// Quoted to whoever runs the server.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub request_id: Option<String>,
    /// Every wrong field, for 422.
    #[serde(default, skip_serializing_if = "FieldErrors::is_empty")]
    pub errors: FieldErrors,
    /// The resource as it is now, for a stale update.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub current: Option<serde_json::Value>,
    /// Seconds until it makes sense to try again, for 429.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub retry_after: Option<i64>,
}

impl Problem {
    /// A problem of kind `code`.
    pub fn new(status: u16, code: &str, title: &str, detail: impl Into<String>) -> Self {
        Self {
            kind: format!("urn:duebook:problem:{code}"),
            title: title.to_owned(),
            status,
            detail: detail.into(),
            request_id: None,
            errors: FieldErrors::default(),
            current: None,
            retry_after: None,
        }
    }

    /// The stable name at the end of `type`.
    pub fn code(&self) -> &str {
        self.kind.rsplit(':').next().unwrap_or_default()
    }

    /// 422 with every wrong field.
    pub fn invalid(errors: FieldErrors) -> Self {
        let detail = match errors.0.as_slice() {
            [FieldError { message, .. }] => message.clone(),
            many => format!("{} fields need a look.", many.len()),
        };
        Self { errors, ..Self::new(422, "invalid", "Some fields need a look", detail) }
    }
}

impl std::fmt::Display for Problem {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.detail)
    }
}

impl std::error::Error for Problem {}
