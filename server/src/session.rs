//! Who asks: recognised once per request, before anything else looks at it.

use app::host::SessionCookies;
use axum::extract::{Request, State as AxumState};
use axum::http::HeaderMap;
use axum::http::header::{AUTHORIZATION, SET_COOKIE};
use axum::middleware::Next;
use axum::response::Response;
use ledger::Caller;

use crate::application::State;
use crate::request::RequestId;

/// The signed-in person of a request, if any.
#[derive(Clone, Debug)]
pub(crate) struct Visitor(pub Option<Caller>);

/// Bearer token or cookies; an access cookie that ran out is renewed with the refresh cookie on the way, so that pages
/// and server functions never see a session run out while somebody works.
pub(crate) async fn recognise(AxumState(state): AxumState<State>, mut request: Request, next: Next) -> Response {
    let id = request.extensions().get::<RequestId>().map(|id| id.0.clone());
    let headers = request.headers();
    let mut fresh_cookies = Vec::new();
    let caller = match bearer(headers) {
        Some(token) => state.ledger.authenticate(token).await.ok(),
        None => {
            let access = match state.cookies.access(headers) {
                Some(token) => state.ledger.authenticate(token).await.ok(),
                None => None,
            };
            match (access, state.cookies.refresh(headers)) {
                (Some(caller), _) => Some(caller),
                (None, Some(refresh)) => match state.ledger.refresh(refresh).await {
                    Ok(signed_in) => {
                        fresh_cookies = state.cookies.signed_in(&signed_in);
                        state.ledger.authenticate(&signed_in.access_token).await.ok()
                    }
                    Err(ledger::Error::Unauthenticated) => {
                        fresh_cookies = state.cookies.signed_out();
                        None
                    }
                    Err(_) => None,
                },
                (None, None) => None,
            }
        }
    };
    request.extensions_mut().insert(Visitor(caller.map(|caller| caller.with_request_id(id))));
    let mut response = next.run(request).await;
    // A handler that signs in or out has the last word about the cookies.
    if !response.headers().contains_key(SET_COOKIE) {
        for cookie in fresh_cookies {
            response.headers_mut().append(SET_COOKIE, cookie);
        }
    }
    response
}

/// The token of an `Authorization: Bearer` header.
pub(crate) fn bearer(headers: &HeaderMap) -> Option<&str> {
    let (scheme, token) = headers.get(AUTHORIZATION)?.to_str().ok()?.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| token.trim()).filter(|token| !token.is_empty())
}
