//! The event log.

use axum::Json;
use axum::extract::State as AxumState;
use domain::Event;
use ledger::EventQuery;
use serde::Serialize;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::extract::{Parameters, Signed};
use super::problem::Answer;
use super::schema;
use crate::application::State;

pub(super) fn router() -> OpenApiRouter<State> {
    OpenApiRouter::new().routes(routes!(list))
}

#[derive(Serialize)]
struct Events {
    data: Vec<Event>,
}

/// Events in `seq` order (manager and up).
#[utoipa::path(get, path = "/events", operation_id = "events_list", tag = "events", params(("after" = Option<i64>, Query, description = "Events with a greater seq"),
    ("limit" = Option<u32>, Query, minimum = 1, maximum = 200)), responses(
    (status = 200, body = schema::Events), (status = 401, body = schema::Problem), (status = 403, body = schema::Problem), (status = 422, body = schema::Problem)))]
async fn list(
    AxumState(state): AxumState<State>,
    Signed(caller): Signed,
    mut given: Parameters,
) -> Answer<Json<Events>> {
    let after = given.read("after", |text| text.parse().map_err(|_| "Use the seq of an event.".to_owned()));
    let query = EventQuery { after: after.unwrap_or(0), limit: given.limit() };
    given.done()?;
    Ok(Json(Events { data: state.ledger.events(&caller, query).await? }))
}
