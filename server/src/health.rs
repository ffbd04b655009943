//! Whether it runs, and whether it works.

use axum::Router;
use axum::extract::State as AxumState;
use axum::http::StatusCode;
use axum::routing::get;

use crate::application::State;

pub(crate) fn router() -> Router<State> {
    Router::new().route("/healthz", get(|| async { "ok" })).route("/readyz", get(ready))
}

/// Ready when the database answers.
async fn ready(AxumState(state): AxumState<State>) -> (StatusCode, &'static str) {
    if state.ledger.ready().await {
        (StatusCode::OK, "ready")
    } else {
        (StatusCode::SERVICE_UNAVAILABLE, "the database does not answer")
    }
}
