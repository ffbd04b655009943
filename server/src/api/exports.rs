//! Exports: lists and reports as files, with the filters and the order of the list.

use axum::body::{Body, Bytes};
use axum::extract::State as AxumState;
use axum::http::header::{CONTENT_DISPOSITION, CONTENT_TYPE};
use axum::response::{IntoResponse, Response};
use domain::customer::SortBy;
use domain::{CustomerId, FieldError};
use futures::TryStreamExt;
use ledger::{Caller, Export, ExportFormat};
use serde::Deserialize;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::extract::{self, Parameters, Signed};
use super::problem::Answer;
use super::{customers, invoices, payments, reports, schema};
use crate::application::State;

const XLSX: &str = ExportFormat::Xlsx.media_type();
/// As documents name it: without the encoding.
const CSV: &str = "text/csv";

pub(super) fn router() -> OpenApiRouter<State> {
    OpenApiRouter::new()
        .routes(routes!(customers_xlsx, chosen_customers_xlsx))
        .routes(routes!(customers_csv, chosen_customers_csv))
        .routes(routes!(invoices_xlsx))
        .routes(routes!(invoices_csv))
        .routes(routes!(payments_xlsx))
        .routes(routes!(payments_csv))
        .routes(routes!(ageing_xlsx))
        .routes(routes!(ageing_csv))
        .routes(routes!(dashboard_xlsx))
        .routes(routes!(dashboard_csv))
}

/// All customers of a filter, as an Excel workbook. The file can be imported again.
#[utoipa::path(get, path = "/customers/export.xlsx", operation_id = "customers_export_xlsx", tag = "customers", params(schema::CustomerFilter), responses(
    (status = 200, content_type = XLSX, body = schema::File), (status = 401, body = schema::Problem),
    (status = 403, body = schema::Problem), (status = 422, body = schema::Problem), (status = 503, body = schema::Problem)))]
async fn customers_xlsx(
    state: AxumState<State>,
    Signed(caller): Signed,
    given: Parameters,
) -> Answer<Response> {
    customers(state, caller, given, ExportFormat::Xlsx).await
}

/// All customers of a filter, as CSV. The file can be imported again.
#[utoipa::path(get, path = "/customers/export.csv", operation_id = "customers_export_csv", tag = "customers", params(schema::CustomerFilter), responses(
    (status = 200, content_type = CSV, body = schema::File), (status = 401, body = schema::Problem),
    (status = 403, body = schema::Problem), (status = 422, body = schema::Problem), (status = 503, body = schema::Problem)))]
async fn customers_csv(
    state: AxumState<State>,
    Signed(caller): Signed,
    given: Parameters,
) -> Answer<Response> {
    customers(state, caller, given, ExportFormat::Csv).await
}

/// Some customers, in an order.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ChosenCustomers {
    ids: Vec<CustomerId>,
    #[serde(default)]
    sort: String,
}

/// These customers and no others, at most 10,000, as an Excel workbook.
#[utoipa::path(post, path = "/customers/export.xlsx", operation_id = "customers_export_chosen_xlsx", tag = "customers", request_body = schema::ChosenCustomers, responses(
    (status = 200, content_type = XLSX, body = schema::File), (status = 401, body = schema::Problem),
    (status = 403, body = schema::Problem), (status = 422, body = schema::Problem), (status = 503, body = schema::Problem)))]
async fn chosen_customers_xlsx(
    state: AxumState<State>,
    Signed(caller): Signed,
    body: extract::Body<ChosenCustomers>,
) -> Answer<Response> {
    chosen_customers(state, caller, body.value, ExportFormat::Xlsx).await
}

/// These customers and no others, at most 10,000, as CSV.
#[utoipa::path(post, path = "/customers/export.csv", operation_id = "customers_export_chosen_csv", tag = "customers", request_body = schema::ChosenCustomers, responses(
    (status = 200, content_type = CSV, body = schema::File), (status = 401, body = schema::Problem),
    (status = 403, body = schema::Problem), (status = 422, body = schema::Problem), (status = 503, body = schema::Problem)))]
async fn chosen_customers_csv(
    state: AxumState<State>,
    Signed(caller): Signed,
    body: extract::Body<ChosenCustomers>,
) -> Answer<Response> {
    chosen_customers(state, caller, body.value, ExportFormat::Csv).await
}

/// All invoices of a filter, as an Excel workbook.
#[utoipa::path(get, path = "/invoices/export.xlsx", operation_id = "invoices_export_xlsx", tag = "invoices", params(schema::InvoiceFilter), responses(
    (status = 200, content_type = XLSX, body = schema::File), (status = 401, body = schema::Problem),
    (status = 403, body = schema::Problem), (status = 422, body = schema::Problem), (status = 503, body = schema::Problem)))]
async fn invoices_xlsx(
    state: AxumState<State>,
    Signed(caller): Signed,
    given: Parameters,
) -> Answer<Response> {
    invoices(state, caller, given, ExportFormat::Xlsx).await
}

/// All invoices of a filter, as CSV.
#[utoipa::path(get, path = "/invoices/export.csv", operation_id = "invoices_export_csv", tag = "invoices", params(schema::InvoiceFilter), responses(
    (status = 200, content_type = CSV, body = schema::File), (status = 401, body = schema::Problem),
    (status = 403, body = schema::Problem), (status = 422, body = schema::Problem), (status = 503, body = schema::Problem)))]
async fn invoices_csv(
    state: AxumState<State>,
    Signed(caller): Signed,
    given: Parameters,
) -> Answer<Response> {
    invoices(state, caller, given, ExportFormat::Csv).await
}

/// All payments of a filter, as an Excel workbook.
#[utoipa::path(get, path = "/payments/export.xlsx", operation_id = "payments_export_xlsx", tag = "payments", params(schema::PaymentFilter), responses(
    (status = 200, content_type = XLSX, body = schema::File), (status = 401, body = schema::Problem),
    (status = 403, body = schema::Problem), (status = 422, body = schema::Problem), (status = 503, body = schema::Problem)))]
async fn payments_xlsx(
    state: AxumState<State>,
    Signed(caller): Signed,
    given: Parameters,
) -> Answer<Response> {
    payments(state, caller, given, ExportFormat::Xlsx).await
}

/// All payments of a filter, as CSV.
#[utoipa::path(get, path = "/payments/export.csv", operation_id = "payments_export_csv", tag = "payments", params(schema::PaymentFilter), responses(
    (status = 200, content_type = CSV, body = schema::File), (status = 401, body = schema::Problem),
    (status = 403, body = schema::Problem), (status = 422, body = schema::Problem), (status = 503, body = schema::Problem)))]
async fn payments_csv(
    state: AxumState<State>,
    Signed(caller): Signed,
    given: Parameters,
) -> Answer<Response> {
    payments(state, caller, given, ExportFormat::Csv).await
}

/// Who owed how much, how late, as of a date, as an Excel workbook.
#[utoipa::path(get, path = "/reports/ageing.xlsx", operation_id = "reports_ageing_xlsx", tag = "reports", params(schema::AgeingFilter), responses(
    (status = 200, content_type = XLSX, body = schema::File), (status = 401, body = schema::Problem),
    (status = 403, body = schema::Problem), (status = 422, body = schema::Problem), (status = 503, body = schema::Problem)))]
async fn ageing_xlsx(state: AxumState<State>, Signed(caller): Signed, given: Parameters) -> Answer<Response> {
    ageing(state, caller, given, ExportFormat::Xlsx).await
}

/// Who owed how much, how late, as of a date, as CSV.
#[utoipa::path(get, path = "/reports/ageing.csv", operation_id = "reports_ageing_csv", tag = "reports", params(schema::AgeingFilter), responses(
    (status = 200, content_type = CSV, body = schema::File), (status = 401, body = schema::Problem),
    (status = 403, body = schema::Problem), (status = 422, body = schema::Problem), (status = 503, body = schema::Problem)))]
async fn ageing_csv(state: AxumState<State>, Signed(caller): Signed, given: Parameters) -> Answer<Response> {
    ageing(state, caller, given, ExportFormat::Csv).await
}

/// The desk at a glance, a row for each figure, as an Excel workbook.
#[utoipa::path(get, path = "/reports/dashboard.xlsx", operation_id = "reports_dashboard_xlsx", tag = "reports", responses(
    (status = 200, content_type = XLSX, body = schema::File), (status = 401, body = schema::Problem),
    (status = 403, body = schema::Problem), (status = 422, body = schema::Problem), (status = 503, body = schema::Problem)))]
async fn dashboard_xlsx(
    state: AxumState<State>,
    Signed(caller): Signed,
    given: Parameters,
) -> Answer<Response> {
    dashboard(state, caller, given, ExportFormat::Xlsx).await
}

/// The desk at a glance, a row for each figure, as CSV.
#[utoipa::path(get, path = "/reports/dashboard.csv", operation_id = "reports_dashboard_csv", tag = "reports", responses(
    (status = 200, content_type = CSV, body = schema::File), (status = 401, body = schema::Problem),
    (status = 403, body = schema::Problem), (status = 422, body = schema::Problem), (status = 503, body = schema::Problem)))]
async fn dashboard_csv(
    state: AxumState<State>,
    Signed(caller): Signed,
    given: Parameters,
) -> Answer<Response> {
    dashboard(state, caller, given, ExportFormat::Csv).await
}

async fn customers(
    AxumState(state): AxumState<State>,
    caller: Caller,
    mut given: Parameters,
    format: ExportFormat,
) -> Answer<Response> {
    let query = customers::filter(&mut given);
    given.done()?;
    Ok(file(state.ledger.export_customers(&caller, &query, format).await?))
}

async fn chosen_customers(
    AxumState(state): AxumState<State>,
    caller: Caller,
    chosen: ChosenCustomers,
    format: ExportFormat,
) -> Answer<Response> {
    let ChosenCustomers { ids, sort } = chosen;
    let sort = SortBy::parse_list(&sort)
        .map_err(|message| ledger::Error::from(FieldError::new("sort", "unknown_sort", message)))?;
    Ok(file(state.ledger.export_chosen_customers(&caller, &ids, &sort, format).await?))
}

async fn invoices(
    AxumState(state): AxumState<State>,
    caller: Caller,
    mut given: Parameters,
    format: ExportFormat,
) -> Answer<Response> {
    let query = invoices::filter(&mut given);
    given.done()?;
    Ok(file(state.ledger.export_invoices(&caller, &query, format).await?))
}

async fn payments(
    AxumState(state): AxumState<State>,
    caller: Caller,
    mut given: Parameters,
    format: ExportFormat,
) -> Answer<Response> {
    let query = payments::filter(&mut given);
    given.done()?;
    Ok(file(state.ledger.export_payments(&caller, &query, format).await?))
}

async fn ageing(
    AxumState(state): AxumState<State>,
    caller: Caller,
    mut given: Parameters,
    format: ExportFormat,
) -> Answer<Response> {
    let query = reports::ageing_query(&mut given);
    given.done()?;
    Ok(file(state.ledger.export_ageing(&caller, &query, format).await?))
}

async fn dashboard(
    AxumState(state): AxumState<State>,
    caller: Caller,
    given: Parameters,
    format: ExportFormat,
) -> Answer<Response> {
    given.done()?;
    Ok(file(state.ledger.export_dashboard(&caller, format).await?))
}

/// Sends a file as it is written. What fails on the way cuts the answer off, so that nobody takes a part for the whole.
fn file(export: Export) -> Response {
    let Export { file_name, format, chunks } = export;
    let chunks = chunks.map_ok(Bytes::from).inspect_err(|error| {
        tracing::error!(error = error as &dyn std::error::Error, "an export broke off");
    });
    let disposition = format!("attachment; filename=\"{file_name}\"");
    let headers = [(CONTENT_TYPE, format.media_type().to_owned()), (CONTENT_DISPOSITION, disposition)];
    (headers, Body::from_stream(chunks)).into_response()
}
