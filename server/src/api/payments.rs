//! Payments and the mock gateway.

use axum::Json;
use axum::extract::State as AxumState;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use domain::account::{NewAllocation, NewPayment};
use domain::customer::SortBy;
use domain::payment::PaymentView;
use domain::{CustomerId, Money, Page, PaymentId};
use ledger::{NewSimulation, PaymentQuery, StatusChange};
use serde::{Deserialize, Serialize};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::extract::{Body, Id, OptionalBody, Parameters, Signed, etag, if_match};
use super::invoices::{PartOrAll, why};
use super::problem::Answer;
use super::{idempotency, schema};
use crate::application::State;

pub(super) fn router() -> OpenApiRouter<State> {
    OpenApiRouter::new()
        .routes(routes!(list, record))
        .routes(routes!(simulate))
        .routes(routes!(read, change))
        .routes(routes!(cancel))
        .routes(routes!(refund))
        .routes(routes!(reverse))
        .routes(routes!(allocate))
        .routes(routes!(apply))
}

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct Reason {
    reason: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Reversal {
    kind: Option<String>,
    reason: Option<String>,
    effective_on: Option<String>,
    version: Option<i64>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Reallocation {
    allocations: Option<Vec<NewAllocation>>,
    reason: Option<String>,
    effective_on: Option<String>,
    version: Option<i64>,
}

#[derive(Serialize)]
struct Applied {
    applied: Money,
}

/// Payments, newest first.
#[utoipa::path(get, path = "/payments", operation_id = "payments_list", tag = "payments", params(schema::PaymentFilter,
    schema::Paging), responses(
    (status = 200, body = schema::Page<schema::Payment>), (status = 401, body = schema::Problem), (status = 422, body = schema::Problem)))]
async fn list(
    AxumState(state): AxumState<State>,
    Signed(caller): Signed,
    mut given: Parameters,
) -> Answer<Json<Page<PaymentView>>> {
    let query = PaymentQuery { limit: given.limit(), cursor: given.text("cursor"), ..filter(&mut given) };
    given.done()?;
    Ok(Json(state.ledger.payments(&caller, &query).await?.value))
}

/// Which payments, in which order.
pub(super) fn filter(given: &mut Parameters) -> PaymentQuery {
    PaymentQuery {
        customer_id: given.text("customer_id").map(Into::into),
        status: given.read("status", str::parse),
        method: given.read("method", str::parse),
        received_from: given.date("received_from"),
        received_to: given.date("received_to"),
        q: given.text("q"),
        sort: given.read("sort", SortBy::parse_list).unwrap_or_default(),
        ..PaymentQuery::default()
    }
}

/// Record money received or announced; it settles the oldest due invoices first unless you say which.
#[utoipa::path(post, path = "/payments", operation_id = "payments_record", tag = "payments", params(("Idempotency-Key" = String, Header)), request_body = schema::NewPayment, responses(
    (status = 201, body = schema::Payment), (status = 400, body = schema::Problem), (status = 401, body = schema::Problem),
    (status = 403, body = schema::Problem), (status = 409, body = schema::Problem), (status = 422, body = schema::Problem)))]
async fn record(
    AxumState(state): AxumState<State>,
    Signed(caller): Signed,
    headers: HeaderMap,
    body: Body<NewPayment>,
) -> Answer<Response> {
    let key = idempotency::required(&headers, "POST /payments", &body.bytes)?;
    let payment = state.ledger.record_payment(&caller, &body.value, &key).await?;
    Ok(idempotency::answer(StatusCode::CREATED, &payment, payment.value.version))
}

/// Send a payment through the mock gateway. Its outcome arrives later, as a gateway's callback would.
#[utoipa::path(post, path = "/payments/simulate", operation_id = "payments_simulate", tag = "payments", params(("Idempotency-Key" = String, Header)), request_body = schema::NewSimulation, responses(
    (status = 202, body = schema::Payment), (status = 400, body = schema::Problem), (status = 401, body = schema::Problem),
    (status = 403, body = schema::Problem), (status = 409, body = schema::Problem), (status = 422, body = schema::Problem)))]
async fn simulate(
    AxumState(state): AxumState<State>,
    Signed(caller): Signed,
    headers: HeaderMap,
    body: Body<NewSimulation>,
) -> Answer<Response> {
    let key = idempotency::required(&headers, "POST /payments/simulate", &body.bytes)?;
    let payment = state.ledger.simulate_payment(&caller, &body.value, &key).await?;
    Ok(idempotency::answer(StatusCode::ACCEPTED, &payment, payment.value.version))
}

/// One payment.
#[utoipa::path(get, path = "/payments/{id}", operation_id = "payments_read", tag = "payments", params(("id" = String, Path)), responses(
    (status = 200, body = schema::Payment), (status = 401, body = schema::Problem), (status = 404, body = schema::Problem)))]
async fn read(
    AxumState(state): AxumState<State>,
    Signed(caller): Signed,
    Id(id): Id<PaymentId>,
) -> Answer<impl IntoResponse + use<>> {
    let payment = state.ledger.payment(&caller, &id).await?;
    Ok((etag(payment.payment.version), Json(payment)))
}

/// Mark a payment completed, or pending (again) with a reason.
#[utoipa::path(patch, path = "/payments/{id}", operation_id = "payments_update", tag = "payments", params(("id" = String, Path)), request_body = schema::StatusChange, responses(
    (status = 200, body = schema::Payment), (status = 401, body = schema::Problem), (status = 403, body = schema::Problem),
    (status = 404, body = schema::Problem), (status = 409, body = schema::Problem), (status = 422, body = schema::Problem)))]
async fn change(
    AxumState(state): AxumState<State>,
    Signed(caller): Signed,
    Id(id): Id<PaymentId>,
    headers: HeaderMap,
    body: Body<StatusChange>,
) -> Answer<impl IntoResponse + use<>> {
    let change = StatusChange { version: body.value.version.or(if_match(&headers)?), ..body.value };
    let payment = state.ledger.set_payment_status(&caller, &id, &change).await?;
    Ok((etag(payment.version), Json(payment)))
}

/// Give up a pending payment.
#[utoipa::path(post, path = "/payments/{id}/cancel", operation_id = "payments_cancel", tag = "payments", params(("id" = String, Path)), request_body = Option<schema::Reason>, responses(
    (status = 200, body = schema::Payment), (status = 401, body = schema::Problem), (status = 403, body = schema::Problem),
    (status = 404, body = schema::Problem), (status = 409, body = schema::Problem), (status = 422, body = schema::Problem)))]
async fn cancel(
    AxumState(state): AxumState<State>,
    Signed(caller): Signed,
    Id(id): Id<PaymentId>,
    OptionalBody(body): OptionalBody<Reason>,
) -> Answer<impl IntoResponse + use<>> {
    let payment = state.ledger.cancel_payment(&caller, &id, body.reason.as_deref()).await?;
    Ok((etag(payment.version), Json(payment)))
}

/// Pay money back, in whole or in part. Unapplied money goes first, then what settled the newest debt.
#[utoipa::path(post, path = "/payments/{id}/refund", operation_id = "payments_refund", tag = "payments", params(("id" = String, Path), ("Idempotency-Key" = String, Header)), request_body = schema::PartOrAll, responses(
    (status = 200, body = schema::Payment), (status = 400, body = schema::Problem), (status = 401, body = schema::Problem), (status = 403, body = schema::Problem), (status = 404, body = schema::Problem), (status = 409, body = schema::Problem), (status = 422, body = schema::Problem)))]
async fn refund(
    AxumState(state): AxumState<State>,
    Signed(caller): Signed,
    Id(id): Id<PaymentId>,
    headers: HeaderMap,
    body: Body<PartOrAll>,
) -> Answer<Response> {
    let key = idempotency::required(&headers, &format!("POST /payments/{id}/refund"), &body.bytes)?;
    let body = body.value;
    let why = why(&headers, body.reason, body.effective_on, body.version)?;
    let payment = state.ledger.refund_payment(&caller, &id, body.amount.as_ref(), &why, &key).await?;
    Ok(idempotency::answer(StatusCode::OK, &payment, payment.value.version))
}

/// Take a payment away that bounced, was charged back, or was entered by mistake: what it had settled is owed again.
#[utoipa::path(post, path = "/payments/{id}/reverse", operation_id = "payments_reverse", tag = "payments", params(("id" = String, Path), ("Idempotency-Key" = String, Header)), request_body = schema::Reversal, responses(
    (status = 200, body = schema::Payment), (status = 400, body = schema::Problem), (status = 401, body = schema::Problem), (status = 403, body = schema::Problem), (status = 404, body = schema::Problem), (status = 409, body = schema::Problem), (status = 422, body = schema::Problem)))]
async fn reverse(
    AxumState(state): AxumState<State>,
    Signed(caller): Signed,
    Id(id): Id<PaymentId>,
    headers: HeaderMap,
    body: Body<Reversal>,
) -> Answer<Response> {
    let key = idempotency::required(&headers, &format!("POST /payments/{id}/reverse"), &body.bytes)?;
    let body = body.value;
    let why = why(&headers, body.reason, body.effective_on, body.version)?;
    let payment = state.ledger.reverse_payment(&caller, &id, body.kind.as_deref(), &why, &key).await?;
    Ok(idempotency::answer(StatusCode::OK, &payment, payment.value.version))
}

/// Say what a payment settles: exactly these invoices, none (an empty list), or the oldest due first (no list).
#[utoipa::path(post, path = "/payments/{id}/allocations", operation_id = "payments_allocate", tag = "payments", params(("id" = String, Path), ("Idempotency-Key" = Option<String>, Header)), request_body = schema::Reallocation, responses(
    (status = 200, body = schema::Payment), (status = 400, body = schema::Problem), (status = 401, body = schema::Problem), (status = 403, body = schema::Problem), (status = 404, body = schema::Problem), (status = 409, body = schema::Problem), (status = 422, body = schema::Problem)))]
async fn allocate(
    AxumState(state): AxumState<State>,
    Signed(caller): Signed,
    Id(id): Id<PaymentId>,
    headers: HeaderMap,
    body: Body<Reallocation>,
) -> Answer<Response> {
    let key = idempotency::optional(&headers, &format!("POST /payments/{id}/allocations"), &body.bytes)?;
    let body = body.value;
    let why = why(&headers, body.reason, body.effective_on, body.version)?;
    let wanted = body.allocations.as_deref();
    let payment = state.ledger.reallocate_payment(&caller, &id, wanted, &why, key.as_ref()).await?;
    Ok(idempotency::answer(StatusCode::OK, &payment, payment.value.version))
}

/// Settle a customer's open invoices with its unapplied money, oldest money and oldest due date first.
#[utoipa::path(post, path = "/customers/{id}/apply-unapplied", operation_id = "customers_apply_unapplied", tag = "customers", params(("id" = String, Path)), responses(
    (status = 200, body = schema::Applied), (status = 401, body = schema::Problem), (status = 403, body = schema::Problem),
    (status = 404, body = schema::Problem), (status = 409, body = schema::Problem)))]
async fn apply(
    AxumState(state): AxumState<State>,
    Signed(caller): Signed,
    Id(id): Id<CustomerId>,
) -> Answer<Json<Applied>> {
    Ok(Json(Applied { applied: state.ledger.apply_unapplied(&caller, &id).await? }))
}
