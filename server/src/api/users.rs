//! Users, for admins.

use axum::Json;
use axum::extract::State as AxumState;
use axum::http::HeaderMap;
use axum::response::IntoResponse;
use domain::{Page, User, UserId};
use ledger::UserPatch;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::extract::{Body, Id, Signed, etag, if_match};
use super::problem::Answer;
use super::schema;
use crate::application::State;

pub(super) fn router() -> OpenApiRouter<State> {
    OpenApiRouter::new().routes(routes!(list)).routes(routes!(change))
}

/// Everyone.
#[utoipa::path(get, path = "/users", operation_id = "users_list", tag = "users", responses(
    (status = 200, body = schema::Page<schema::User>), (status = 401, body = schema::Problem), (status = 403, body = schema::Problem)))]
async fn list(AxumState(state): AxumState<State>, Signed(caller): Signed) -> Answer<Json<Page<User>>> {
    Ok(Json(state.ledger.users(&caller).await?))
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
