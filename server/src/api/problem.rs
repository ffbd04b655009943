//! Refusals and failures as `application/problem+json` (RFC 9457).

use axum::Json;
use axum::http::header::{CONTENT_TYPE, RETRY_AFTER, WWW_AUTHENTICATE};
use axum::http::{HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use domain::Problem;

use crate::request::current_id;

/// What a handler answers when it can't do what was asked.
#[derive(Debug)]
pub(crate) struct Refusal(Box<Problem>);

/// Result of a handler.
pub(crate) type Answer<T> = Result<T, Refusal>;

impl From<Problem> for Refusal {
    fn from(problem: Problem) -> Self {
        Self(Box::new(problem))
    }
}

impl From<ledger::Error> for Refusal {
    fn from(error: ledger::Error) -> Self {
        let problem = error.problem();
        if problem.status >= 500 {
            // Logged here, where it is handled, and nowhere else. The client gets the request id, never the source.
            tracing::error!(error = &error as &dyn std::error::Error, "a use case failed");
        }
        problem.into()
    }
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        let mut problem = *self.0;
        problem.request_id = current_id();
        let status = StatusCode::from_u16(problem.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let mut response = (status, Json(&problem)).into_response();
        let headers = response.headers_mut();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/problem+json"));
        match status {
            StatusCode::UNAUTHORIZED => {
                headers.insert(WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
            }
            StatusCode::TOO_MANY_REQUESTS | StatusCode::SERVICE_UNAVAILABLE => {
                headers.insert(RETRY_AFTER, problem.retry_after.unwrap_or(1).into());
            }
            _ => {}
        }
        response
    }
}
