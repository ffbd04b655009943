//! Reports.

use axum::Json;
use axum::extract::State as AxumState;
use domain::ageing::Ageing;
use domain::dashboard::Dashboard;
use ledger::AgeingQuery;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::extract::{Parameters, Signed};
use super::problem::Answer;
use super::schema;
use crate::application::State;

pub(super) fn router() -> OpenApiRouter<State> {
    OpenApiRouter::new().routes(routes!(ageing)).routes(routes!(dashboard))
}

/// Who owed how much, how late, as of a date.
#[utoipa::path(get, path = "/reports/ageing", operation_id = "reports_ageing", tag = "reports", params(schema::AgeingFilter), responses(
    (status = 200, body = schema::Ageing), (status = 401, body = schema::Problem), (status = 422, body = schema::Problem)))]
async fn ageing(
    AxumState(state): AxumState<State>,
    Signed(caller): Signed,
    mut given: Parameters,
) -> Answer<Json<Ageing>> {
    let query = ageing_query(&mut given);
    given.done()?;
    Ok(Json(state.ledger.ageing(&caller, &query).await?))
}

/// Which report.
pub(super) fn ageing_query(given: &mut Parameters) -> AgeingQuery {
    AgeingQuery {
        as_of: given.date("as_of"),
        currency: given.read("currency", |text| {
            text.parse().map_err(|_| "Use an ISO 4217 code such as EUR.".to_owned())
        }),
        by_customer: given
            .read("group", |text| match text {
                "total" => Ok(false),
                "customer" => Ok(true),
                _ => Err("Use total or customer.".to_owned()),
            })
            .unwrap_or(false),
        buckets: given.read("buckets", str::parse),
    }
}

/// The desk at a glance: what is owed, what is late, what came in, for each currency.
#[utoipa::path(get, path = "/reports/dashboard", operation_id = "reports_dashboard", tag = "reports", responses(
    (status = 200, body = schema::Dashboard), (status = 401, body = schema::Problem), (status = 422, body = schema::Problem)))]
async fn dashboard(
    AxumState(state): AxumState<State>,
    Signed(caller): Signed,
    given: Parameters,
) -> Answer<Json<Dashboard>> {
    given.done()?;
    Ok(Json(state.ledger.dashboard(&caller).await?.value))
}
