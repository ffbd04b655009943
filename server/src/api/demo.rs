//! The movable clock of a demonstration.

use axum::Json;
use axum::extract::State as AxumState;
use chrono::NaiveDate;
use serde::{Deserialize, Serialize};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::extract::{Body, Signed};
use super::problem::Answer;
use super::schema;
use crate::application::State;

pub(super) fn router() -> OpenApiRouter<State> {
    OpenApiRouter::new().routes(routes!(advance))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Step {
    days: u16,
}

#[derive(Serialize)]
struct Today {
    business_date: NaiveDate,
}

/// Move the clock of `duebook demo` forward. What falls due on the way is announced as if the nights had passed.
#[utoipa::path(post, path = "/demo/advance", operation_id = "demo_advance", tag = "demo", request_body = schema::DemoStep, responses(
    (status = 200, body = schema::DemoToday), (status = 401, body = schema::Problem), (status = 403, body = schema::Problem),
    (status = 409, body = schema::Problem), (status = 422, body = schema::Problem)))]
async fn advance(
    AxumState(state): AxumState<State>,
    Signed(caller): Signed,
    body: Body<Step>,
) -> Answer<Json<Today>> {
    Ok(Json(Today { business_date: state.ledger.advance_days(&caller, body.value.days).await? }))
}
