//! `Idempotency-Key`: makes a POST that moves money happen once.

use axum::Json;
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use domain::Problem;
use ledger::{Idempotency, Replayed};
use serde::Serialize;

use super::problem::Refusal;

const HEADER: &str = "idempotency-key";
const REPLAY: HeaderName = HeaderName::from_static("idempotent-replay");

/// The key of the request, or `None` when it has none.
pub(crate) fn optional(
    headers: &HeaderMap,
    operation: &str,
    body: &[u8],
) -> Result<Option<Idempotency>, Refusal> {
    let Some(value) = headers.get(HEADER) else { return Ok(None) };
    let key =
        value.to_str().ok().map(str::trim).filter(|key| {
            (1..=255).contains(&key.len()) && key.bytes().all(|byte| (0x20..0x7f).contains(&byte))
        });
    match key {
        Some(key) => Ok(Some(Idempotency::new(key, operation, body))),
        None => Err(Problem::new(
            400,
            "invalid_idempotency_key",
            "Invalid Idempotency-Key",
            "Idempotency-Key takes 1 to 255 printable ASCII characters.",
        )
        .into()),
    }
}

/// The key of a request that must have one.
pub(crate) fn required(headers: &HeaderMap, operation: &str, body: &[u8]) -> Result<Idempotency, Refusal> {
    optional(headers, operation, body)?.ok_or_else(|| {
        Problem::new(
            400,
            "idempotency_key_required",
            "Idempotency-Key required",
            "Send an Idempotency-Key header (a fresh UUID, say) so that a repeated request can't move money twice.",
        )
        .into()
    })
}

/// Answers with `status`, and says when it is the first answer again.
pub(crate) fn answer<T: Serialize>(status: StatusCode, replayed: &Replayed<T>, version: i64) -> Response {
    let mut response = (status, super::extract::etag(version), Json(&replayed.value)).into_response();
    if replayed.replay {
        response.headers_mut().insert(REPLAY, HeaderValue::from_static("true"));
    }
    response
}
