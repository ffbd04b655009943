//! Requests that other sites make in a signed-in browser's name are refused.

use axum::extract::{Request, State as AxumState};
use axum::http::header::{HOST, ORIGIN, UPGRADE};
use axum::http::{HeaderMap, Method};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use domain::Problem;

use crate::api::problem::Refusal;
use crate::application::State;
use crate::proxies::FORWARDED_HOST;
use crate::session::bearer;

/// Checks every mutation and every WebSocket: a foreign Origin never passes; without one, only programs with a bearer
/// token, or a browser that says the request is the page's own, do.
pub(crate) async fn check(AxumState(state): AxumState<State>, request: Request, next: Next) -> Response {
    let reads = matches!(*request.method(), Method::GET | Method::HEAD | Method::OPTIONS);
    let socket = request.headers().contains_key(UPGRADE);
    if (reads && !socket) || is_own(request.headers(), &state) {
        return next.run(request).await;
    }
    let problem = Problem::new(
        403,
        "foreign_origin",
        "Not allowed from there",
        "This request came from another site and was refused.",
    );
    Refusal::from(problem).into_response()
}

fn is_own(headers: &HeaderMap, state: &State) -> bool {
    let text = |name| headers.get(name).and_then(|value| value.to_str().ok());
    if let Some(origin) = text(ORIGIN.as_str()) {
        if let Some(base) = &state.config.base_url {
            return origin == base;
        }
        // Without a base URL the page's own address is what the browser asked for.
        let asked_for = text(FORWARDED_HOST.as_str()).or(text(HOST.as_str()));
        let host = origin.split_once("://").map(|(_, host)| host);
        return host.is_some() && host == asked_for;
    }
    match text("sec-fetch-site") {
        Some(site) => matches!(site, "same-origin" | "none"),
        // Not a browser: a program that signs in has no cookies yet, one that goes on has a token. Cookies alone are
        // what another site could make a browser send.
        None => {
            bearer(headers).is_some()
                || state.cookies.access(headers).or(state.cookies.refresh(headers)).is_none()
        }
    }
}
