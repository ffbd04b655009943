//! Invoices.

use axum::Json;
use axum::extract::State as AxumState;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use domain::customer::MoneyInput;
use domain::invoice::{InvoicePatch, InvoiceView, NewInvoice};
use domain::{InvoiceId, Page};
use ledger::{Idempotency, InvoiceQuery, Replayed, Why};
use serde::Deserialize;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::extract::{Body, Id, Parameters, Signed, etag, if_match};
use super::problem::{Answer, Refusal};
use super::{idempotency, schema};
use crate::application::State;

pub(super) fn router() -> OpenApiRouter<State> {
    OpenApiRouter::new()
        .routes(routes!(list, create))
        .routes(routes!(read, edit))
        .routes(routes!(issue))
        .routes(routes!(void))
        .routes(routes!(credit))
        .routes(routes!(write_off))
        .routes(routes!(recover))
}

/// A correction with an amount of its own. Flat, so that a wrong field is named where it stands.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct CreditNote {
    amount: MoneyInput,
    reason: Option<String>,
    effective_on: Option<String>,
    version: Option<i64>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct PartOrAll {
    pub amount: Option<MoneyInput>,
    pub reason: Option<String>,
    pub effective_on: Option<String>,
    pub version: Option<i64>,
}

/// The reason of a correction, guarded by `If-Match` like any change.
pub(super) fn why(
    headers: &HeaderMap,
    reason: Option<String>,
    effective_on: Option<String>,
    version: Option<i64>,
) -> Result<Why, Refusal> {
    Ok(Why { reason, effective_on, version: version.or(if_match(headers)?) })
}

fn key(
    headers: &HeaderMap,
    id: &InvoiceId,
    verb: &str,
    bytes: &[u8],
) -> Result<Option<Idempotency>, Refusal> {
    idempotency::optional(headers, &format!("POST /invoices/{id}/{verb}"), bytes)
}

fn corrected(invoice: &Replayed<InvoiceView>) -> Response {
    idempotency::answer(StatusCode::OK, invoice, invoice.value.invoice.version)
}

/// Invoices by due date.
#[utoipa::path(get, path = "/invoices", operation_id = "invoices_list", tag = "invoices", params(schema::InvoiceFilter,
    schema::Paging), responses(
    (status = 200, body = schema::Page<schema::Invoice>), (status = 401, body = schema::Problem), (status = 422, body = schema::Problem)))]
async fn list(
    AxumState(state): AxumState<State>,
    Signed(caller): Signed,
    mut given: Parameters,
) -> Answer<Json<Page<InvoiceView>>> {
    let query = InvoiceQuery { limit: given.limit(), cursor: given.text("cursor"), ..filter(&mut given) };
    given.done()?;
    Ok(Json(state.ledger.invoices(&caller, &query).await?.value))
}

/// Which invoices.
pub(super) fn filter(given: &mut Parameters) -> InvoiceQuery {
    InvoiceQuery {
        customer_id: given.text("customer_id").map(Into::into),
        status: given.read("status", str::parse),
        overdue: given.flag("overdue"),
        due_from: given.date("due_from"),
        due_to: given.date("due_to"),
        q: given.text("q"),
        ..InvoiceQuery::default()
    }
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

/// Enter an invoice: issued at once, or as a draft.
#[utoipa::path(post, path = "/invoices", operation_id = "invoices_create", tag = "invoices", params(("Idempotency-Key" = Option<String>, Header)), request_body = schema::NewInvoice, responses(
    (status = 201, body = schema::Invoice), (status = 400, body = schema::Problem), (status = 401, body = schema::Problem),
    (status = 403, body = schema::Problem), (status = 409, body = schema::Problem), (status = 422, body = schema::Problem)))]
async fn create(
    AxumState(state): AxumState<State>,
    Signed(caller): Signed,
    headers: HeaderMap,
    body: Body<NewInvoice>,
) -> Answer<Response> {
    let key = idempotency::optional(&headers, "POST /invoices", &body.bytes)?;
    let invoice = state.ledger.create_invoice(&caller, &body.value, key.as_ref()).await?;
    Ok(idempotency::answer(StatusCode::CREATED, &invoice, invoice.value.invoice.version))
}

/// Change a draft.
#[utoipa::path(patch, path = "/invoices/{id}", operation_id = "invoices_update", tag = "invoices", params(("id" = String, Path)), request_body = schema::InvoicePatch, responses(
    (status = 200, body = schema::Invoice), (status = 401, body = schema::Problem), (status = 403, body = schema::Problem), (status = 404, body = schema::Problem), (status = 409, body = schema::Problem), (status = 422, body = schema::Problem)))]
async fn edit(
    AxumState(state): AxumState<State>,
    Signed(caller): Signed,
    Id(id): Id<InvoiceId>,
    headers: HeaderMap,
    body: Body<InvoicePatch>,
) -> Answer<impl IntoResponse + use<>> {
    let patch = InvoicePatch { version: body.value.version.or(if_match(&headers)?), ..body.value };
    let invoice = state.ledger.edit_invoice(&caller, &id, &patch).await?;
    Ok((etag(invoice.invoice.version), Json(invoice)))
}

/// Issue a draft.
#[utoipa::path(post, path = "/invoices/{id}/issue", operation_id = "invoices_issue", tag = "invoices", params(("id" = String, Path)), responses(
    (status = 200, body = schema::Invoice), (status = 401, body = schema::Problem), (status = 403, body = schema::Problem), (status = 404, body = schema::Problem), (status = 409, body = schema::Problem), (status = 422, body = schema::Problem)))]
async fn issue(
    AxumState(state): AxumState<State>,
    Signed(caller): Signed,
    Id(id): Id<InvoiceId>,
) -> Answer<impl IntoResponse + use<>> {
    let invoice = state.ledger.issue_invoice(&caller, &id).await?;
    Ok((etag(invoice.invoice.version), Json(invoice)))
}

/// Take back an invoice that nothing was paid or credited on.
#[utoipa::path(post, path = "/invoices/{id}/void", operation_id = "invoices_void", tag = "invoices", params(("id" = String, Path), ("Idempotency-Key" = Option<String>, Header)), request_body = schema::Why, responses(
    (status = 200, body = schema::Invoice), (status = 400, body = schema::Problem), (status = 401, body = schema::Problem), (status = 403, body = schema::Problem), (status = 404, body = schema::Problem), (status = 409, body = schema::Problem), (status = 422, body = schema::Problem)))]
async fn void(
    AxumState(state): AxumState<State>,
    Signed(caller): Signed,
    Id(id): Id<InvoiceId>,
    headers: HeaderMap,
    body: Body<Why>,
) -> Answer<Response> {
    let key = key(&headers, &id, "void", &body.bytes)?;
    let body = body.value;
    let why = why(&headers, body.reason, body.effective_on, body.version)?;
    Ok(corrected(&state.ledger.void_invoice(&caller, &id, &why, key.as_ref()).await?))
}

/// Write a credit note over a part or all of the balance.
#[utoipa::path(post, path = "/invoices/{id}/credit", operation_id = "invoices_credit", tag = "invoices", params(("id" = String, Path), ("Idempotency-Key" = Option<String>, Header)), request_body = schema::CreditNote, responses(
    (status = 200, body = schema::Invoice), (status = 400, body = schema::Problem), (status = 401, body = schema::Problem), (status = 403, body = schema::Problem), (status = 404, body = schema::Problem), (status = 409, body = schema::Problem), (status = 422, body = schema::Problem)))]
async fn credit(
    AxumState(state): AxumState<State>,
    Signed(caller): Signed,
    Id(id): Id<InvoiceId>,
    headers: HeaderMap,
    body: Body<CreditNote>,
) -> Answer<Response> {
    let key = key(&headers, &id, "credit", &body.bytes)?;
    let body = body.value;
    let why = why(&headers, body.reason, body.effective_on, body.version)?;
    Ok(corrected(&state.ledger.credit_invoice(&caller, &id, &body.amount, &why, key.as_ref()).await?))
}

/// Give up what an invoice still asks for.
#[utoipa::path(post, path = "/invoices/{id}/write-off", operation_id = "invoices_write_off", tag = "invoices", params(("id" = String, Path), ("Idempotency-Key" = Option<String>, Header)), request_body = schema::Why, responses(
    (status = 200, body = schema::Invoice), (status = 400, body = schema::Problem), (status = 401, body = schema::Problem), (status = 403, body = schema::Problem), (status = 404, body = schema::Problem), (status = 409, body = schema::Problem), (status = 422, body = schema::Problem)))]
async fn write_off(
    AxumState(state): AxumState<State>,
    Signed(caller): Signed,
    Id(id): Id<InvoiceId>,
    headers: HeaderMap,
    body: Body<Why>,
) -> Answer<Response> {
    let key = key(&headers, &id, "write-off", &body.bytes)?;
    let body = body.value;
    let why = why(&headers, body.reason, body.effective_on, body.version)?;
    Ok(corrected(&state.ledger.write_off_invoice(&caller, &id, &why, key.as_ref()).await?))
}

/// Take a write-off back, in whole or in part: that much is owed again.
#[utoipa::path(post, path = "/invoices/{id}/recover", operation_id = "invoices_recover", tag = "invoices", params(("id" = String, Path), ("Idempotency-Key" = Option<String>, Header)), request_body = schema::PartOrAll, responses(
    (status = 200, body = schema::Invoice), (status = 400, body = schema::Problem), (status = 401, body = schema::Problem), (status = 403, body = schema::Problem), (status = 404, body = schema::Problem), (status = 409, body = schema::Problem), (status = 422, body = schema::Problem)))]
async fn recover(
    AxumState(state): AxumState<State>,
    Signed(caller): Signed,
    Id(id): Id<InvoiceId>,
    headers: HeaderMap,
    body: Body<PartOrAll>,
) -> Answer<Response> {
    let key = key(&headers, &id, "recover", &body.bytes)?;
    let body = body.value;
    let why = why(&headers, body.reason, body.effective_on, body.version)?;
    Ok(corrected(
        &state.ledger.recover_invoice(&caller, &id, body.amount.as_ref(), &why, key.as_ref()).await?,
    ))
}
