//! Users, for admins.

use axum::Json;
use axum::extract::State as AxumState;
use axum::http::{HeaderMap, StatusCode};
use axum::response::IntoResponse;
use chrono::{DateTime, Utc};
use domain::user::Invitation;
use domain::{Page, User, UserId};
use ledger::{OneTimeLink, UserPatch};
use serde::Serialize;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::extract::{Body, Id, Signed, etag, if_match};
use super::problem::Answer;
use super::schema;
use crate::application::State;

pub(super) fn router() -> OpenApiRouter<State> {
    OpenApiRouter::new().routes(routes!(list, invite)).routes(routes!(change)).routes(routes!(link))
}

/// Everyone.
#[utoipa::path(get, path = "/users", operation_id = "users_list", tag = "users", responses(
    (status = 200, body = schema::Page<schema::User>), (status = 401, body = schema::Problem), (status = 403, body = schema::Problem)))]
async fn list(AxumState(state): AxumState<State>, Signed(caller): Signed) -> Answer<Json<Page<User>>> {
    Ok(Json(state.ledger.users(&caller).await?))
}

/// A link as the admin hands it on.
#[derive(Serialize)]
struct Link {
    url: String,
    token: String,
    expires_at: DateTime<Utc>,
}

#[derive(Serialize)]
struct Invited {
    user: User,
    link: Link,
}

/// Invite someone. They choose a password by the one-time link, which is told this once; hand it on yourself.
#[utoipa::path(post, path = "/users", operation_id = "users_invite", tag = "users", request_body = schema::Invitation, responses(
    (status = 201, body = schema::Invited), (status = 401, body = schema::Problem), (status = 403, body = schema::Problem),
    (status = 409, body = schema::Problem), (status = 422, body = schema::Problem)))]
async fn invite(
    AxumState(state): AxumState<State>,
    Signed(caller): Signed,
    body: Body<Invitation>,
) -> Answer<impl IntoResponse + use<>> {
    let (user, made) = state.ledger.invite(&caller, &body.value).await?;
    Ok((StatusCode::CREATED, Json(Invited { user, link: told(&state, made) })))
}

/// Make a one-time link by which someone chooses a new password. Links from before are void.
#[utoipa::path(post, path = "/users/{id}/link", operation_id = "users_link", tag = "users", params(("id" = String, Path)), responses(
    (status = 201, body = schema::OneTimeLink), (status = 401, body = schema::Problem), (status = 403, body = schema::Problem),
    (status = 404, body = schema::Problem)))]
async fn link(
    AxumState(state): AxumState<State>,
    Signed(caller): Signed,
    Id(id): Id<UserId>,
) -> Answer<impl IntoResponse + use<>> {
    let made = state.ledger.reset_link(&caller, &id).await?;
    Ok((StatusCode::CREATED, Json(told(&state, made))))
}

fn told(state: &State, link: OneTimeLink) -> Link {
    let url = format!("{}{}", state.address, link.path());
    Link { url, token: link.token, expires_at: link.expires_at }
}

/// Let someone in or out, change their role or name. The last active admin stays one (409).
#[utoipa::path(patch, path = "/users/{id}", operation_id = "users_update", tag = "users", params(("id" = String, Path)), request_body = schema::UserPatch, responses(
    (status = 200, body = schema::User), (status = 401, body = schema::Problem), (status = 403, body = schema::Problem),
    (status = 404, body = schema::Problem), (status = 409, body = schema::Problem), (status = 422, body = schema::Problem)))]
async fn change(
    AxumState(state): AxumState<State>,
    Signed(caller): Signed,
    Id(id): Id<UserId>,
    headers: HeaderMap,
    body: Body<UserPatch>,
) -> Answer<impl IntoResponse + use<>> {
    let patch = UserPatch { version: body.value.version.or(if_match(&headers)?), ..body.value };
    let user = state.ledger.update_user(&caller, &id, &patch).await?;
    Ok((etag(user.version), Json(user)))
}
