//! What every request gets: an id, a log line, a limit, a net under panics.

use std::any::Any;
use std::sync::Arc;
use std::time::{Duration, Instant};

use axum::Router;
use axum::extract::{Request, State};
use axum::http::header::{
    CONTENT_SECURITY_POLICY, HeaderName, REFERRER_POLICY, STRICT_TRANSPORT_SECURITY, X_CONTENT_TYPE_OPTIONS,
    X_FRAME_OPTIONS,
};
use axum::http::{HeaderValue, Method};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use domain::Problem;
use tokio::sync::Semaphore;
use tower_http::catch_panic::CatchPanicLayer;
use tower_http::set_header::SetResponseHeaderLayer;
use tracing::Instrument;

use crate::api::problem::Refusal;
use crate::linger::linger;

/// The request's id, in its extensions.
#[derive(Clone, Debug)]
pub(crate) struct RequestId(pub String);

tokio::task_local! {
    /// For answers made where no request is at hand.
    static CURRENT: String;
}

/// The id of the request this task works on.
pub(crate) fn current_id() -> Option<String> {
    CURRENT.try_with(Clone::clone).ok()
}

const CROSS_ORIGIN_OPENER_POLICY: HeaderName = HeaderName::from_static("cross-origin-opener-policy");
const CROSS_ORIGIN_RESOURCE_POLICY: HeaderName = HeaderName::from_static("cross-origin-resource-policy");
const PERMISSIONS_POLICY: HeaderName = HeaderName::from_static("permissions-policy");
const X_REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");
/// No answer takes longer.
const TIMEOUT: Duration = Duration::from_secs(60);
/// Except where a file has to arrive first, perhaps over a slow line.
const UPLOAD_TIMEOUT: Duration = Duration::from_secs(15 * 60);

/// `secure`: browsers come over TLS. `most`: requests worked on at once.
pub(crate) fn layers<S: Clone + Send + Sync + 'static>(
    router: Router<S>,
    secure: bool,
    most: usize,
) -> Router<S> {
    let header = |name, value| SetResponseHeaderLayer::if_not_present(name, HeaderValue::from_static(value));
    router
        .layer(CatchPanicLayer::custom(panicked))
        .layer(axum::middleware::from_fn(in_time))
        .layer(header(X_CONTENT_TYPE_OPTIONS, "nosniff"))
        .layer(header(REFERRER_POLICY, "same-origin"))
        .layer(header(X_FRAME_OPTIONS, "DENY"))
        // Pages say what they need; whatever else is asked for by a browser needs nothing.
        .layer(header(CONTENT_SECURITY_POLICY, "default-src 'none'; frame-ancestors 'none'"))
        .layer(header(CROSS_ORIGIN_OPENER_POLICY, "same-origin"))
        .layer(header(CROSS_ORIGIN_RESOURCE_POLICY, "same-origin"))
        .layer(header(PERMISSIONS_POLICY, "camera=(), geolocation=(), microphone=(), payment=(), usb=()"))
        .layer(tower::util::option_layer(
            secure.then(|| header(STRICT_TRANSPORT_SECURITY, "max-age=31536000")),
        ))
        .layer(axum::middleware::from_fn_with_state(Arc::new(Semaphore::new(most)), not_too_many))
        .layer(axum::middleware::from_fn(identify))
        .layer(axum::middleware::map_request(linger))
}

/// Gives the request its id (the client's own, when it is a sane one), a span, a line in the log.
async fn identify(mut request: Request, next: Next) -> Response {
    let given = request.headers().get(&X_REQUEST_ID).and_then(|id| id.to_str().ok());
    let id = match given.filter(|id| (1..=64).contains(&id.len()) && id.bytes().all(|b| b.is_ascii_graphic()))
    {
        Some(id) => id.to_owned(),
        None => fresh(),
    };
    request.extensions_mut().insert(RequestId(id.clone()));
    // The path alone: queries hold what people search for.
    let span = tracing::info_span!("request", request_id = id, method = %request.method(), path = request.uri().path());
    // Files and health checks would drown the rest.
    let quiet = ["/pkg/", "/fonts/", "/icons/"].iter().any(|files| request.uri().path().starts_with(files))
        || matches!(request.uri().path(), "/healthz" | "/readyz");
    let started = Instant::now();
    let work = async move {
        let response = next.run(request).await;
        let (status, took) = (response.status().as_u16(), started.elapsed());
        let ms = took.as_micros() as u64;
        if status >= 500 {
            tracing::warn!(status, us = ms, "failed");
        } else if quiet {
            tracing::debug!(status, us = ms, "answered");
        } else {
            tracing::info!(status, us = ms, "answered");
        }
        response
    };
    let mut response = CURRENT.scope(id.clone(), work.instrument(span)).await;
    if let Ok(id) = HeaderValue::from_str(&id) {
        response.headers_mut().insert(X_REQUEST_ID, id);
    }
    response
}

/// Works on so many requests at once and no more; others are told to come again rather than to wait without end.
async fn not_too_many(State(slots): State<Arc<Semaphore>>, request: Request, next: Next) -> Response {
    let Ok(_slot) = slots.try_acquire_owned() else {
        let detail = "Too many requests are being worked on; nothing was done. Try again in a moment.";
        return Refusal::from(Problem::new(503, "busy", "Busy", detail)).into_response();
    };
    next.run(request).await
}

/// An answer in time, or one that says there is none.
async fn in_time(request: Request, next: Next) -> Response {
    let upload = request.method() == Method::POST && request.uri().path() == "/api/v1/imports";
    let limit = if upload { UPLOAD_TIMEOUT } else { TIMEOUT };
    match tokio::time::timeout(limit, next.run(request)).await {
        Ok(response) => response,
        Err(_) => {
            let detail = "This took too long and was given up. A change may have been saved all the same: look before you \
                          repeat it, or repeat it with the same Idempotency-Key.";
            Refusal::from(Problem::new(503, "timeout", "Too slow", detail)).into_response()
        }
    }
}

fn fresh() -> String {
    let mut bytes = [0_u8; 12];
    // Without randomness ids repeat; requests still work.
    let _ = getrandom::fill(&mut bytes);
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn panicked(panic: Box<dyn Any + Send + 'static>) -> Response {
    let what = panic
        .downcast_ref::<String>()
        .map(String::as_str)
        .or_else(|| panic.downcast_ref::<&str>().copied())
        .unwrap_or("a panic without words");
    tracing::error!(panic = what, "a handler panicked");
    let detail = "Try again; if it stays, give the request id to whoever runs Duebook.";
    Refusal::from(Problem::new(500, "internal", "Something went wrong on our side", detail)).into_response()
}
