//! Who asks: recognised once per request, before anything else looks at it.

use app::host::SessionCookies;
use axum::extract::{Request, State as AxumState};
use axum::http::header::{AUTHORIZATION, SET_COOKIE, USER_AGENT};
use axum::http::{HeaderMap, HeaderValue};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use ledger::{Caller, Client};

use crate::api::problem::Refusal;
use crate::application::State;
use crate::limits::{Asker, Costly};
use crate::proxies::ClientAddress;
use crate::request::RequestId;

/// The signed-in person of a request, if any.
#[derive(Clone, Debug)]
pub(crate) struct Visitor(pub Option<Caller>);

/// Bearer token or cookies; an access cookie that ran out is renewed with the refresh cookie on the way, so that pages
/// and server functions never see a session run out while somebody works.
pub(crate) async fn recognise(
    AxumState(state): AxumState<State>,
    mut request: Request,
    next: Next,
) -> Response {
    let path = request.uri().path();
    // Files are for everyone. Sign-in and renewal look at the tokens themselves: here they would be spent before that.
    let file = path.starts_with("/pkg/");
    let renews = !path.starts_with("/api/v1/auth/");
    let id = request.extensions().get::<RequestId>().map(|id| id.0.clone());
    let address = request.extensions().get::<ClientAddress>().map(|address| Asker::Address(address.0));
    let known = if file {
        Ok(Known::default())
    } else {
        who(&state, request.headers(), address.filter(|_| renews)).await
    };
    let Known { caller, fresh_cookies } = match known {
        Ok(known) => known,
        // Not "signed out": a database that does not answer says nothing about the session.
        Err(error) => return Refusal::from(error).into_response(),
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

#[derive(Default)]
struct Known {
    caller: Option<Caller>,
    fresh_cookies: Vec<HeaderValue>,
}

/// A session is renewed for an address, and for nobody where there is none.
async fn who(state: &State, headers: &HeaderMap, renews: Option<Asker>) -> ledger::Result<Known> {
    if let Some(token) = bearer(headers) {
        return Ok(Known { caller: holder(state, token).await?, ..Known::default() });
    }
    if let Some(token) = state.cookies.access(headers)
        && let Some(caller) = holder(state, token).await?
    {
        return Ok(Known { caller: Some(caller), ..Known::default() });
    }
    let (Some(refresh), Some(address)) = (state.cookies.refresh(headers), renews) else {
        return Ok(Known::default());
    };
    let asked = [Some(address), session_of(refresh)];
    if asked.iter().flatten().any(|asker| state.limits.check(Costly::Refresh, asker).is_err()) {
        return Err(ledger::Error::Busy);
    }
    match state.ledger.refresh(refresh).await {
        Ok(signed_in) => Ok(Known {
            caller: holder(state, &signed_in.access_token).await?,
            fresh_cookies: state.cookies.signed_in(&signed_in),
        }),
        Err(ledger::Error::Unauthenticated) => {
            Ok(Known { caller: None, fresh_cookies: state.cookies.signed_out() })
        }
        Err(error) => Err(error),
    }
}

/// Whose renewals are counted together.
pub(crate) fn session_of(refresh_token: &str) -> Option<Asker> {
    ledger::session_of(refresh_token).map(|session| Asker::Session(session.to_owned()))
}

/// Who holds an access token, if it still holds.
async fn holder(state: &State, token: &str) -> ledger::Result<Option<Caller>> {
    match state.ledger.authenticate(token).await {
        Ok(caller) => Ok(Some(caller)),
        Err(ledger::Error::Unauthenticated) => Ok(None),
        Err(error) => Err(error),
    }
}

/// Where a sign-in comes from.
pub(crate) fn client(headers: &HeaderMap, address: Option<&ClientAddress>) -> Client {
    Client {
        address: address.map(|address| address.0.to_string()).unwrap_or_default(),
        device: headers.get(USER_AGENT).and_then(|agent| agent.to_str().ok()).map(str::to_owned),
    }
}

/// The token of an `Authorization: Bearer` header.
pub(crate) fn bearer(headers: &HeaderMap) -> Option<&str> {
    let (scheme, token) = headers.get(AUTHORIZATION)?.to_str().ok()?.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| token.trim()).filter(|token| !token.is_empty())
}
