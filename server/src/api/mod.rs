//! REST v1 (`/api/v1`). Handlers authenticate, parse, call one use case, answer.

mod auth;
mod customers;
mod demo;
mod events;
mod exports;
mod extract;
mod idempotency;
mod imports;
mod invoices;
mod me;
mod named;
mod notifications;
mod payments;
pub(crate) mod problem;
mod reports;
mod schema;
mod tokens;
mod users;

use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::http::header::CACHE_CONTROL;
use axum::http::{HeaderValue, StatusCode};
use domain::Problem;
use tower_http::set_header::SetResponseHeaderLayer;
use utoipa::OpenApi;
use utoipa_axum::router::OpenApiRouter;

use crate::application::State;
use problem::Refusal;

/// Largest body that is no file.
const MOST_BYTES: usize = 1024 * 1024;

/// Everything under the base path, with its documentation. `most_upload` is the largest form with a file, in bytes.
pub(crate) fn documented(most_upload: usize) -> OpenApiRouter<State> {
    let v1 = OpenApiRouter::new()
        .merge(auth::router())
        .merge(me::router())
        .merge(users::router())
        .merge(tokens::router())
        .merge(customers::router())
        .merge(invoices::router())
        .merge(payments::router())
        .merge(reports::router())
        .merge(exports::router())
        .merge(demo::router())
        .merge(imports::router(most_upload))
        .merge(notifications::router())
        .merge(events::router());
    OpenApiRouter::with_openapi(crate::docs::Root::openapi()).nest("/api/v1", v1)
}

/// The routes alone.
pub(crate) fn router(state: &State) -> Router<State> {
    let (router, _) = documented(state.config.import.max_bytes + imports::FORM_SLACK).split_for_parts();
    router
        .method_not_allowed_fallback(method_not_allowed)
        .layer(DefaultBodyLimit::max(MOST_BYTES))
        // Answers hold a person's data: nothing on the way may keep them.
        .layer(SetResponseHeaderLayer::if_not_present(CACHE_CONTROL, HeaderValue::from_static("no-store")))
}

/// For bodies over `most` bytes.
pub(crate) fn too_large(most: usize) -> Problem {
    Problem::new(413, "too_large", "Too large", format!("This can have at most {most} bytes."))
}

/// For paths under `/api` where nothing is.
pub(crate) async fn not_found() -> Refusal {
    Problem::new(
        404,
        "not_found",
        "Not found",
        "There is nothing at this address; /api/docs lists what there is.",
    )
    .into()
}

async fn method_not_allowed() -> Refusal {
    let code = StatusCode::METHOD_NOT_ALLOWED.as_u16();
    Problem::new(
        code,
        "method_not_allowed",
        "Method not allowed",
        "This address does not take this method; see /api/docs.",
    )
    .into()
}
