//! The caller.

use axum::Json;
use axum::extract::State as AxumState;
use axum::http::StatusCode;
use axum::response::IntoResponse;
use domain::User;
use serde::Deserialize;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::extract::{Body, Signed, etag};
use super::problem::Answer;
use super::schema;
use crate::application::State;

pub(super) fn router() -> OpenApiRouter<State> {
    OpenApiRouter::new().routes(routes!(read, rename)).routes(routes!(change_password))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct NameChange {
    name: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct PasswordChange {
    current_password: String,
    new_password: String,
}

/// Who you are.
#[utoipa::path(get, path = "/me", operation_id = "me_read", tag = "me", responses((status = 200, body = schema::User), (status = 401, body = schema::Problem)))]
async fn read(
    AxumState(state): AxumState<State>,
    Signed(caller): Signed,
) -> Answer<impl IntoResponse + use<>> {
    Ok(versioned(state.ledger.me(&caller).await?))
}

/// Change your name.
#[utoipa::path(patch, path = "/me", operation_id = "me_update", tag = "me", request_body = schema::NameChange, responses(
    (status = 200, body = schema::User), (status = 401, body = schema::Problem), (status = 422, body = schema::Problem)))]
async fn rename(
    AxumState(state): AxumState<State>,
    Signed(caller): Signed,
    body: Body<NameChange>,
) -> Answer<impl IntoResponse + use<>> {
    Ok(versioned(state.ledger.rename_me(&caller, &body.value.name).await?))
}

/// Change your password; your other sessions end.
#[utoipa::path(post, path = "/me/password", operation_id = "me_change_password", tag = "me", request_body = schema::PasswordChange, responses(
    (status = 204), (status = 401, body = schema::Problem), (status = 422, body = schema::Problem)))]
async fn change_password(
    AxumState(state): AxumState<State>,
    Signed(caller): Signed,
    body: Body<PasswordChange>,
) -> Answer<StatusCode> {
    let PasswordChange { current_password, new_password } = body.value;
    state.ledger.change_password(&caller, &current_password, &new_password).await?;
    Ok(StatusCode::NO_CONTENT)
}

fn versioned(user: User) -> impl IntoResponse + use<> {
    (etag(user.version), Json(user))
}
