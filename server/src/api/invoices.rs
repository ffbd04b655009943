//! Invoices.

use axum::Json;
use axum::extract::State as AxumState;
use axum::response::IntoResponse;
use domain::invoice::InvoiceView;
use domain::{InvoiceId, Page};
use ledger::InvoiceQuery;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::extract::{Id, Parameters, Signed, etag};
use super::problem::Answer;
use super::schema;
use crate::application::State;

pub(super) fn router() -> OpenApiRouter<State> {
    OpenApiRouter::new().routes(routes!(list)).routes(routes!(read))
}

/// Invoices by due date.
#[utoipa::path(get, path = "/invoices", operation_id = "invoices_list", tag = "invoices", params(
    ("customer_id" = Option<String>, Query), ("status" = Option<String>, Query), ("overdue" = Option<bool>, Query),
    ("due_from" = Option<String>, Query), ("due_to" = Option<String>, Query), ("q" = Option<String>, Query),
    ("limit" = Option<u32>, Query), ("cursor" = Option<String>, Query)), responses(
    (status = 200, body = schema::Page<schema::Invoice>), (status = 401, body = schema::Problem), (status = 422, body = schema::Problem)))]
async fn list(
    AxumState(state): AxumState<State>,
    Signed(caller): Signed,
    mut given: Parameters,
) -> Answer<Json<Page<InvoiceView>>> {
    let query = InvoiceQuery {
        customer_id: given.text("customer_id").map(Into::into),
        status: given.read("status", str::parse),
        overdue: given.flag("overdue"),
        due_from: given.date("due_from"),
        due_to: given.date("due_to"),
        q: given.text("q"),
        limit: given.limit(),
        cursor: given.text("cursor"),
    };
    given.done()?;
    Ok(Json(state.ledger.invoices(&caller, &query).await?))
}

/// One invoice.
#[utoipa::path(get, path = "/invoices/{id}", operation_id = "invoices_read", tag = "invoices", params(("id" = String, Path)), responses(
    (status = 200, body = schema::Invoice), (status = 401, body = schema::Problem), (status = 404, body = schema::Problem)))]
async fn read(
    AxumState(state): AxumState<State>,
    Signed(caller): Signed,
    Id(id): Id<InvoiceId>,
) -> Answer<impl IntoResponse + use<>> {
    let invoice = state.ledger.invoice(&caller, &id).await?;
    Ok((etag(invoice.invoice.version), Json(invoice)))
}
