//! The caller.

use axum::Json;
use axum::extract::State as AxumState;
use axum::http::StatusCode;
use axum::response::IntoResponse;
use domain::User;
use domain::user::{SecondFactor, SecondFactorSetup, UserSession};
use serde::{Deserialize, Serialize};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::extract::{Body, Id, Signed, etag};
use super::problem::Answer;
use super::schema;
use crate::application::State;

pub(super) fn router() -> OpenApiRouter<State> {
    OpenApiRouter::new()
        .routes(routes!(read, rename))
        .routes(routes!(change_password))
        .routes(routes!(sessions, revoke_others))
        .routes(routes!(revoke))
        .routes(routes!(second_factor, begin))
        .routes(routes!(remove))
        .routes(routes!(confirm))
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

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct PasswordProof {
    current_password: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Code {
    code: String,
}

#[derive(Serialize)]
struct Sessions {
    data: Vec<UserSession>,
}

#[derive(Serialize)]
struct RecoveryCodes {
    recovery_codes: Vec<String>,
}

/// Who you are.
#[utoipa::path(get, path = "/me", operation_id = "me_read", tag = "me", responses(
    (status = 200, body = schema::User), (status = 401, body = schema::Problem), (status = 403, body = schema::Problem)))]
async fn read(
    AxumState(state): AxumState<State>,
    Signed(caller): Signed,
) -> Answer<impl IntoResponse + use<>> {
    Ok(versioned(state.ledger.me(&caller).await?))
}

/// Change your name.
#[utoipa::path(patch, path = "/me", operation_id = "me_update", tag = "me", request_body = schema::NameChange, responses(
    (status = 200, body = schema::User), (status = 401, body = schema::Problem), (status = 403, body = schema::Problem),
    (status = 422, body = schema::Problem)))]
async fn rename(
    AxumState(state): AxumState<State>,
    Signed(caller): Signed,
    body: Body<NameChange>,
) -> Answer<impl IntoResponse + use<>> {
    Ok(versioned(state.ledger.rename_me(&caller, &body.value.name).await?))
}

/// Change your password; your other sessions end.
#[utoipa::path(post, path = "/me/password", operation_id = "me_change_password", tag = "me", request_body = schema::PasswordChange, responses(
    (status = 204), (status = 401, body = schema::Problem), (status = 403, body = schema::Problem), (status = 422, body = schema::Problem),
    (status = 429, body = schema::Problem)))]
async fn change_password(
    AxumState(state): AxumState<State>,
    Signed(caller): Signed,
    body: Body<PasswordChange>,
) -> Answer<StatusCode> {
    let PasswordChange { current_password, new_password } = body.value;
    state.ledger.change_password(&caller, &current_password, &new_password).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Where you are signed in.
#[utoipa::path(get, path = "/me/sessions", operation_id = "me_sessions", tag = "me", responses(
    (status = 200, body = schema::UserSessions), (status = 401, body = schema::Problem), (status = 403, body = schema::Problem)))]
async fn sessions(AxumState(state): AxumState<State>, Signed(caller): Signed) -> Answer<Json<Sessions>> {
    Ok(Json(Sessions { data: state.ledger.sessions(&caller).await? }))
}

/// Sign out everywhere but here.
#[utoipa::path(delete, path = "/me/sessions", operation_id = "me_revoke_other_sessions", tag = "me", responses(
    (status = 204), (status = 401, body = schema::Problem), (status = 403, body = schema::Problem)))]
async fn revoke_others(AxumState(state): AxumState<State>, Signed(caller): Signed) -> Answer<StatusCode> {
    state.ledger.revoke_other_sessions(&caller).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Sign out on one device.
#[utoipa::path(delete, path = "/me/sessions/{id}", operation_id = "me_revoke_session", tag = "me", params(("id" = String, Path)), responses(
    (status = 204), (status = 401, body = schema::Problem), (status = 403, body = schema::Problem), (status = 404, body = schema::Problem)))]
async fn revoke(
    AxumState(state): AxumState<State>,
    Signed(caller): Signed,
    Id(id): Id<String>,
) -> Answer<StatusCode> {
    state.ledger.revoke_session(&caller, &id).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Whether a code is asked for when you sign in.
#[utoipa::path(get, path = "/me/second-factor", operation_id = "me_second_factor", tag = "me", responses(
    (status = 200, body = schema::SecondFactor), (status = 401, body = schema::Problem), (status = 403, body = schema::Problem)))]
async fn second_factor(
    AxumState(state): AxumState<State>,
    Signed(caller): Signed,
) -> Answer<Json<SecondFactor>> {
    Ok(Json(state.ledger.second_factor(&caller).await?))
}

/// Make a secret for an authenticator app (TOTP). It counts once you confirm it with a code.
#[utoipa::path(post, path = "/me/second-factor", operation_id = "me_begin_second_factor", tag = "me", request_body = schema::PasswordProof, responses(
    (status = 200, body = schema::SecondFactorSetup), (status = 401, body = schema::Problem), (status = 403, body = schema::Problem),
    (status = 409, body = schema::Problem), (status = 422, body = schema::Problem), (status = 429, body = schema::Problem)))]
async fn begin(
    AxumState(state): AxumState<State>,
    Signed(caller): Signed,
    body: Body<PasswordProof>,
) -> Answer<Json<SecondFactorSetup>> {
    Ok(Json(state.ledger.begin_second_factor(&caller, &body.value.current_password).await?))
}

/// Turn the second factor on with a code of the app. The recovery codes are told this once.
#[utoipa::path(post, path = "/me/second-factor/confirm", operation_id = "me_confirm_second_factor", tag = "me", request_body = schema::Code, responses(
    (status = 200, body = schema::RecoveryCodes), (status = 401, body = schema::Problem), (status = 403, body = schema::Problem),
    (status = 409, body = schema::Problem), (status = 422, body = schema::Problem)))]
async fn confirm(
    AxumState(state): AxumState<State>,
    Signed(caller): Signed,
    body: Body<Code>,
) -> Answer<Json<RecoveryCodes>> {
    let recovery_codes = state.ledger.confirm_second_factor(&caller, &body.value.code).await?;
    Ok(Json(RecoveryCodes { recovery_codes }))
}

/// Take the second factor off.
#[utoipa::path(post, path = "/me/second-factor/remove", operation_id = "me_remove_second_factor", tag = "me", request_body = schema::PasswordProof, responses(
    (status = 204), (status = 401, body = schema::Problem), (status = 403, body = schema::Problem), (status = 422, body = schema::Problem),
    (status = 429, body = schema::Problem)))]
async fn remove(
    AxumState(state): AxumState<State>,
    Signed(caller): Signed,
    body: Body<PasswordProof>,
) -> Answer<StatusCode> {
    state.ledger.end_second_factor(&caller, &body.value.current_password).await?;
    Ok(StatusCode::NO_CONTENT)
}

fn versioned(user: User) -> impl IntoResponse + use<> {
    (etag(user.version), Json(user))
}
