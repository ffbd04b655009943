//! Sign-in over REST.

use app::host::SessionCookies;
use axum::extract::State as AxumState;
use axum::http::header::SET_COOKIE;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::{Extension, Json};
use domain::User;
use domain::user::Registration;
use ledger::{Credentials, SignedIn};
use serde::{Deserialize, Serialize};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::extract::{Body, OptionalBody};
use super::problem::Answer;
use super::schema;
use crate::application::State;
use crate::limits::{Costly, refused};
use crate::proxies::ClientAddress;
use crate::request::current_id;
use crate::session::{Visitor, client, session_of};

pub(super) fn router() -> OpenApiRouter<State> {
    OpenApiRouter::new()
        .routes(routes!(register))
        .routes(routes!(login))
        .routes(routes!(refresh))
        .routes(routes!(logout))
        .routes(routes!(follow))
}

#[derive(Serialize)]
struct UserAnswer {
    user: User,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Login {
    email: String,
    password: String,
    code: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct FollowedLink {
    token: String,
    password: String,
}

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct Refresh {
    refresh_token: Option<String>,
}

#[derive(Serialize)]
struct Tokens<'a> {
    access_token: &'a str,
    token_type: &'static str,
    expires_in: i64,
    refresh_token: &'a str,
    user: &'a User,
}

/// Register. The first person becomes the admin; later ones wait for approval, unless the settings say otherwise.
#[utoipa::path(post, path = "/auth/register", operation_id = "auth_register", tag = "auth", security(()), request_body = schema::Registration, responses(
    (status = 201, body = schema::UserAnswer), (status = 409, body = schema::Problem), (status = 422, body = schema::Problem),
    (status = 429, body = schema::Problem)))]
async fn register(
    AxumState(state): AxumState<State>,
    body: Body<Registration>,
) -> Answer<impl IntoResponse + use<>> {
    let user = state.ledger.register(&body.value, current_id()).await?;
    Ok((StatusCode::CREATED, Json(UserAnswer { user })))
}

/// Sign in with e-mail and password, and with a `code` where a second factor is on: without it the answer is 401
/// `code_required`.
#[utoipa::path(post, path = "/auth/login", operation_id = "auth_login", tag = "auth", security(()), request_body = schema::Login, responses(
    (status = 200, body = schema::SignedIn), (status = 401, body = schema::Problem), (status = 403, body = schema::Problem),
    (status = 429, body = schema::Problem)))]
async fn login(
    AxumState(state): AxumState<State>,
    address: Option<Extension<ClientAddress>>,
    headers: HeaderMap,
    body: Body<Login>,
) -> Answer<Response> {
    let Login { email, password, code } = body.value;
    let credentials = Credentials { email, password, code };
    let signed_in = state.ledger.sign_in(&credentials, &client(&headers, address.as_deref())).await?;
    Ok(tokens(&state, &signed_in))
}

/// Trade a refresh token for a new pair.
#[utoipa::path(post, path = "/auth/refresh", operation_id = "auth_refresh", tag = "auth", security(()), request_body = Option<schema::Refresh>, responses(
    (status = 200, body = schema::SignedIn), (status = 401, body = schema::Problem), (status = 429, body = schema::Problem)))]
async fn refresh(
    AxumState(state): AxumState<State>,
    headers: HeaderMap,
    OptionalBody(body): OptionalBody<Refresh>,
) -> Answer<Response> {
    let token = body.refresh_token.as_deref().or_else(|| state.cookies.refresh(&headers));
    let token = token.ok_or(ledger::Error::Unauthenticated)?;
    if let Some(session) = session_of(token) {
        state.limits.check(Costly::Refresh, &session).map_err(|wait| refused(Costly::Refresh, wait))?;
    }
    let signed_in = state.ledger.refresh(token).await?;
    Ok(tokens(&state, &signed_in))
}

/// Sign out: ends the session of the token or cookies sent along.
#[utoipa::path(post, path = "/auth/logout", operation_id = "auth_logout", tag = "auth", security((), ("bearer" = []), ("cookie" = [])), responses((status = 204)))]
async fn logout(
    AxumState(state): AxumState<State>,
    axum::Extension(Visitor(caller)): axum::Extension<Visitor>,
    headers: HeaderMap,
) -> Answer<Response> {
    match (caller, state.cookies.refresh(&headers)) {
        (Some(caller), _) => state.ledger.end_session(&caller).await?,
        (None, Some(token)) => state.ledger.sign_out(token).await?,
        (None, None) => {}
    }
    let mut response = StatusCode::NO_CONTENT.into_response();
    for cookie in state.cookies.signed_out() {
        response.headers_mut().append(SET_COOKIE, cookie);
    }
    Ok(response)
}

/// Choose a password by a one-time link: an invitation, or a link an admin made. Ends the person's sessions and takes their
/// second factor off.
#[utoipa::path(post, path = "/auth/link", operation_id = "auth_follow_link", tag = "auth", security(()), request_body = schema::FollowedLink, responses(
    (status = 200, body = schema::UserAnswer), (status = 404, body = schema::Problem), (status = 422, body = schema::Problem),
    (status = 429, body = schema::Problem)))]
async fn follow(
    AxumState(state): AxumState<State>,
    body: Body<FollowedLink>,
) -> Answer<impl IntoResponse + use<>> {
    let FollowedLink { token, password } = body.value;
    let user = state.ledger.follow_link(&token, &password, current_id()).await?;
    Ok(Json(UserAnswer { user }))
}

fn tokens(state: &State, signed_in: &SignedIn) -> Response {
    let body = Tokens {
        access_token: &signed_in.access_token,
        token_type: "Bearer",
        expires_in: signed_in.expires_in,
        refresh_token: &signed_in.refresh_token,
        user: &signed_in.user,
    };
    let mut response = Json(body).into_response();
    for cookie in state.cookies.signed_in(signed_in) {
        response.headers_mut().append(SET_COOKIE, cookie);
    }
    response
}
