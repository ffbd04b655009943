//! The movable clock of a demonstration.

use axum::Json;
use axum::extract::State as AxumState;
use chrono::NaiveDate;
use domain::FieldError;
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

/// The longest step: further than that, sessions have run out on the way.
const MOST_DAYS: u16 = 365;

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
    let days = body.value.days;
    if !(1..=MOST_DAYS).contains(&days) {
        let message = format!("Use 1 to {MOST_DAYS} days.");
        return Err(ledger::Error::from(FieldError::new("days", "out_of_range", message)).into());
    }
    Ok(Json(Today { business_date: state.ledger.advance_days(&caller, days).await? }))
}
