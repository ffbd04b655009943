//! Notifications of the caller.

use axum::Json;
use axum::extract::State as AxumState;
use axum::http::StatusCode;
use domain::Page;
use domain::notification::{Notification, Preferences};
use ledger::NotificationQuery;
use serde::{Deserialize, Serialize};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::extract::{Body, Id, Parameters, Signed};
use super::problem::Answer;
use super::schema;
use crate::application::State;

pub(super) fn router() -> OpenApiRouter<State> {
    OpenApiRouter::new()
        .routes(routes!(list))
        .routes(routes!(unread_count))
        .routes(routes!(read_all))
        .routes(routes!(read_several))
        .routes(routes!(read))
        .routes(routes!(preferences, prefer))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Marked {
    ids: Vec<String>,
}

#[derive(Serialize)]
struct UnreadCount {
    unread: u64,
}

/// What happened that you want to know, newest first.
#[utoipa::path(get, path = "/notifications", operation_id = "notifications_list", tag = "notifications", params(("unread" = Option<bool>, Query), ("kind" = Option<schema::NotificationKind>, Query),
    schema::Paging), responses(
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

/// Mark several read, for yourself: all of them, or none when there is no such one.
#[utoipa::path(post, path = "/notifications/read", operation_id = "notifications_read_several", tag = "notifications", request_body = schema::Marked, responses(
    (status = 200, body = schema::UnreadCount), (status = 401, body = schema::Problem), (status = 404, body = schema::Problem),
    (status = 422, body = schema::Problem)))]
async fn read_several(
    AxumState(state): AxumState<State>,
    Signed(caller): Signed,
    body: Body<Marked>,
) -> Answer<Json<UnreadCount>> {
    let seqs = body.value.ids.iter().map(|id| id.parse()).collect::<Result<Vec<i64>, _>>();
    let seqs = seqs.map_err(|_| ledger::Error::NotFound("notification"))?;
    Ok(Json(UnreadCount { unread: state.ledger.mark_several_read(&caller, &seqs).await?.unread }))
}

/// How you are told of each kind: `toast` (in the inbox and by a message at once), `inbox` (in the inbox only) or `none`
/// (neither listed nor counted, as long as it stands so).
#[utoipa::path(get, path = "/notifications/preferences", operation_id = "notifications_preferences", tag = "notifications", responses(
    (status = 200, body = schema::NotificationPreferences), (status = 401, body = schema::Problem)))]
async fn preferences(
    AxumState(state): AxumState<State>,
    Signed(caller): Signed,
) -> Answer<Json<Preferences>> {
    Ok(Json(state.ledger.inbox(&caller).await?.preferences))
}

/// Change how you are told of some kinds; the others stay as they are.
#[utoipa::path(patch, path = "/notifications/preferences", operation_id = "notifications_prefer", tag = "notifications", request_body = schema::NotificationPreferences, responses(
    (status = 200, body = schema::NotificationPreferences), (status = 401, body = schema::Problem), (status = 422, body = schema::Problem)))]
async fn prefer(
    AxumState(state): AxumState<State>,
    Signed(caller): Signed,
    body: Body<Preferences>,
) -> Answer<Json<Preferences>> {
    Ok(Json(state.ledger.set_notification_preferences(&caller, &body.value).await?.preferences))
}

/// Mark all read, for yourself.
#[utoipa::path(post, path = "/notifications/read-all", operation_id = "notifications_read_all", tag = "notifications", responses(
    (status = 204), (status = 401, body = schema::Problem)))]
async fn read_all(AxumState(state): AxumState<State>, Signed(caller): Signed) -> Answer<StatusCode> {
    state.ledger.mark_all_read(&caller).await?;
    Ok(StatusCode::NO_CONTENT)
}
