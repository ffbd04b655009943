//! Notifications of the caller.

use axum::Json;
use axum::extract::State as AxumState;
use axum::http::StatusCode;
use domain::Page;
use domain::notification::Notification;
use ledger::NotificationQuery;
use serde::Serialize;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::extract::{Id, Parameters, Signed};
use super::problem::Answer;
use super::schema;
use crate::application::State;

pub(super) fn router() -> OpenApiRouter<State> {
    OpenApiRouter::new()
        .routes(routes!(list))
        .routes(routes!(unread_count))
        .routes(routes!(read_all))
        .routes(routes!(read))
}

#[derive(Serialize)]
struct UnreadCount {
    unread: u64,
}

/// What happened that you want to know, newest first.
#[utoipa::path(get, path = "/notifications", operation_id = "notifications_list", tag = "notifications", params(("unread" = Option<bool>, Query), ("kind" = Option<String>, Query),
    ("limit" = Option<u32>, Query), ("cursor" = Option<String>, Query)), responses(
    (status = 200, body = schema::Page<schema::Notification>), (status = 401, body = schema::Problem), (status = 422, body = schema::Problem)))]
async fn list(
    AxumState(state): AxumState<State>,
    Signed(caller): Signed,
    mut given: Parameters,
) -> Answer<Json<Page<Notification>>> {
    let query = NotificationQuery {
        unread: given.flag("unread"),
        kind: given.read("kind", str::parse),
        limit: given.limit(),
        cursor: given.text("cursor"),
    };
    given.done()?;
    Ok(Json(state.ledger.notifications(&caller, &query).await?.value))
}

/// How many you have not read.
#[utoipa::path(get, path = "/notifications/unread-count", operation_id = "notifications_unread_count", tag = "notifications", responses(
    (status = 200, body = schema::UnreadCount), (status = 401, body = schema::Problem)))]
async fn unread_count(
    AxumState(state): AxumState<State>,
    Signed(caller): Signed,
) -> Answer<Json<UnreadCount>> {
    Ok(Json(UnreadCount { unread: state.ledger.unread_count(&caller).await? }))
}

/// Mark one read, for yourself.
#[utoipa::path(post, path = "/notifications/{id}/read", operation_id = "notifications_read", tag = "notifications", params(("id" = String, Path)), responses(
    (status = 200, body = schema::Notification), (status = 401, body = schema::Problem), (status = 404, body = schema::Problem)))]
async fn read(
    AxumState(state): AxumState<State>,
    Signed(caller): Signed,
    Id(id): Id<String>,
) -> Answer<Json<Notification>> {
    Ok(Json(state.ledger.mark_read(&caller, &id).await?))
}

/// Mark all read, for yourself.
#[utoipa::path(post, path = "/notifications/read-all", operation_id = "notifications_read_all", tag = "notifications", responses(
    (status = 204), (status = 401, body = schema::Problem)))]
async fn read_all(AxumState(state): AxumState<State>, Signed(caller): Signed) -> Answer<StatusCode> {
    state.ledger.mark_all_read(&caller).await?;
    Ok(StatusCode::NO_CONTENT)
}
