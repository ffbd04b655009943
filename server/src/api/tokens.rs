//! API tokens, for admins.

use axum::Json;
use axum::extract::State as AxumState;
use axum::http::StatusCode;
use axum::response::IntoResponse;
use domain::Page;
use domain::user::{ApiToken, NewApiToken};
use serde::Serialize;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::extract::{Body, Id, Signed};
use super::problem::Answer;
use super::schema;
use crate::application::State;

pub(super) fn router() -> OpenApiRouter<State> {
    OpenApiRouter::new().routes(routes!(list, create)).routes(routes!(revoke))
}

#[derive(Serialize)]
struct Made {
    #[serde(flatten)]
    token: ApiToken,
    secret: String,
}

/// The tokens that are good.
#[utoipa::path(get, path = "/tokens", operation_id = "tokens_list", tag = "tokens", responses(
    (status = 200, body = schema::Page<schema::ApiToken>), (status = 401, body = schema::Problem), (status = 403, body = schema::Problem)))]
async fn list(AxumState(state): AxumState<State>, Signed(caller): Signed) -> Answer<Json<Page<ApiToken>>> {
    Ok(Json(state.ledger.tokens(&caller).await?))
}

/// Make a token. Its `secret` is told this once; send it as `Authorization: Bearer`.
#[utoipa::path(post, path = "/tokens", operation_id = "tokens_create", tag = "tokens", request_body = schema::NewApiToken, responses(
    (status = 201, body = schema::MadeApiToken), (status = 401, body = schema::Problem), (status = 403, body = schema::Problem),
    (status = 422, body = schema::Problem)))]
async fn create(
    AxumState(state): AxumState<State>,
    Signed(caller): Signed,
    body: Body<NewApiToken>,
) -> Answer<impl IntoResponse + use<>> {
    let (token, secret) = state.ledger.create_token(&caller, &body.value).await?;
    Ok((StatusCode::CREATED, Json(Made { token, secret })))
}

/// Make a token worthless, at once.
#[utoipa::path(delete, path = "/tokens/{id}", operation_id = "tokens_revoke", tag = "tokens", params(("id" = String, Path)), responses(
    (status = 204), (status = 401, body = schema::Problem), (status = 403, body = schema::Problem), (status = 404, body = schema::Problem)))]
async fn revoke(
    AxumState(state): AxumState<State>,
    Signed(caller): Signed,
    Id(id): Id<String>,
) -> Answer<StatusCode> {
    state.ledger.revoke_token(&caller, &id).await?;
    Ok(StatusCode::NO_CONTENT)
}
