//! Customers.

use axum::Json;
use axum::extract::State as AxumState;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use domain::customer::{CustomerFilter, SortBy};
use domain::{Customer, CustomerId, CustomerPatch, Event, NewCustomer, Page};
use ledger::{CustomerQuery, PersonalData};
use serde::Deserialize;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::extract::{Body, Id, Parameters, Signed, etag, if_match};
use super::problem::Answer;
use super::{idempotency, schema};
use crate::application::State;

pub(super) fn router() -> OpenApiRouter<State> {
    OpenApiRouter::new()
        .routes(routes!(list, create))
        .routes(routes!(read, change, delete))
        .routes(routes!(archive))
        .routes(routes!(unarchive))
        .routes(routes!(personal_data))
        .routes(routes!(erase))
        .routes(routes!(timeline))
        .routes(routes!(add_note))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct NewNote {
    text: String,
}

/// Customers, filtered, sorted, in pages.
#[utoipa::path(get, path = "/customers", operation_id = "customers_list", tag = "customers", params(schema::CustomerFilter,
    schema::Paging
), responses((status = 200, body = schema::Page<schema::Customer>), (status = 401, body = schema::Problem), (status = 422, body = schema::Problem)))]
async fn list(
    AxumState(state): AxumState<State>,
    Signed(caller): Signed,
    mut given: Parameters,
) -> Answer<Json<Page<Customer>>> {
    let query = CustomerQuery { limit: given.limit(), cursor: given.text("cursor"), ..filter(&mut given) };
    given.done()?;
    Ok(Json(state.ledger.customers(&caller, &query).await?.value))
}

/// Which customers, in which order.
pub(super) fn filter(given: &mut Parameters) -> CustomerQuery {
    CustomerQuery {
        filter: CustomerFilter {
            q: given.text("q"),
            status: given.read("status", str::parse),
            owner: given.text("owner").map(Into::into),
            tag: given.text("tag"),
            currency: given
                .read("currency", |text| text.parse().map_err(|error: domain::MoneyError| error.to_string())),
            min_outstanding: given.read("min_outstanding", face_value),
            max_outstanding: given.read("max_outstanding", face_value),
            due_from: given.date("due_from"),
            due_to: given.date("due_to"),
            archived: given.flag("archived").unwrap_or(false),
        },
        sort: given.read("sort", SortBy::parse_list).unwrap_or_default(),
        ..CustomerQuery::default()
    }
}

/// A decimal as face value: 10⁻⁴ of a major unit of any currency.
fn face_value(text: &str) -> Result<i64, String> {
    domain::money::parse_face_value(text)
        .map_err(|_| "Use a decimal with at most four digits after the point, such as 1234.50.".to_owned())
}

/// A new customer. An outstanding amount becomes an opening-balance invoice.
#[utoipa::path(post, path = "/customers", operation_id = "customers_create", tag = "customers", params(("Idempotency-Key" = Option<String>, Header)), request_body = schema::NewCustomer, responses(
    (status = 201, body = schema::Customer), (status = 401, body = schema::Problem), (status = 403, body = schema::Problem),
    (status = 409, body = schema::Problem), (status = 422, body = schema::Problem)))]
async fn create(
    AxumState(state): AxumState<State>,
    Signed(caller): Signed,
    headers: HeaderMap,
    body: Body<NewCustomer>,
) -> Answer<Response> {
    let key = idempotency::optional(&headers, "POST /customers", &body.bytes)?;
    let created = state.ledger.create_customer(&caller, &body.value, key.as_ref()).await?;
    Ok(idempotency::answer(StatusCode::CREATED, &created, created.value.version))
}

/// One customer.
#[utoipa::path(get, path = "/customers/{id}", operation_id = "customers_read", tag = "customers", params(("id" = String, Path)), responses(
    (status = 200, body = schema::Customer), (status = 401, body = schema::Problem), (status = 404, body = schema::Problem)))]
async fn read(
    AxumState(state): AxumState<State>,
    Signed(caller): Signed,
    Id(id): Id<CustomerId>,
) -> Answer<impl IntoResponse + use<>> {
    Ok(versioned(state.ledger.customer(&caller, &id).await?.value))
}

/// Change a customer; `If-Match` or `version` guards against overwriting somebody else's change.
#[utoipa::path(patch, path = "/customers/{id}", operation_id = "customers_update", tag = "customers", params(("id" = String, Path)), request_body = schema::CustomerPatch, responses(
    (status = 200, body = schema::Customer), (status = 401, body = schema::Problem), (status = 403, body = schema::Problem),
    (status = 404, body = schema::Problem), (status = 409, body = schema::Problem), (status = 422, body = schema::Problem)))]
async fn change(
    AxumState(state): AxumState<State>,
    Signed(caller): Signed,
    Id(id): Id<CustomerId>,
    headers: HeaderMap,
    body: Body<CustomerPatch>,
) -> Answer<impl IntoResponse + use<>> {
    let patch = CustomerPatch { version: body.value.version.or(if_match(&headers)?), ..body.value };
    Ok(versioned(state.ledger.update_customer(&caller, &id, &patch).await?))
}

/// Delete a customer on whom nothing hangs.
#[utoipa::path(delete, path = "/customers/{id}", operation_id = "customers_delete", tag = "customers", params(("id" = String, Path)), responses(
    (status = 204), (status = 401, body = schema::Problem), (status = 403, body = schema::Problem),
    (status = 404, body = schema::Problem), (status = 409, body = schema::Problem)))]
async fn delete(
    AxumState(state): AxumState<State>,
    Signed(caller): Signed,
    Id(id): Id<CustomerId>,
) -> Answer<StatusCode> {
    state.ledger.delete_customer(&caller, &id).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Put a settled customer away.
#[utoipa::path(post, path = "/customers/{id}/archive", operation_id = "customers_archive", tag = "customers", params(("id" = String, Path)), responses(
    (status = 200, body = schema::Customer), (status = 401, body = schema::Problem), (status = 403, body = schema::Problem),
    (status = 404, body = schema::Problem), (status = 409, body = schema::Problem)))]
async fn archive(
    AxumState(state): AxumState<State>,
    Signed(caller): Signed,
    Id(id): Id<CustomerId>,
) -> Answer<impl IntoResponse + use<>> {
    Ok(versioned(state.ledger.archive_customer(&caller, &id).await?))
}

/// Take a customer out of the archive.
#[utoipa::path(post, path = "/customers/{id}/unarchive", operation_id = "customers_unarchive", tag = "customers", params(("id" = String, Path)), responses(
    (status = 200, body = schema::Customer), (status = 401, body = schema::Problem), (status = 403, body = schema::Problem),
    (status = 404, body = schema::Problem), (status = 409, body = schema::Problem)))]
async fn unarchive(
    AxumState(state): AxumState<State>,
    Signed(caller): Signed,
    Id(id): Id<CustomerId>,
) -> Answer<impl IntoResponse + use<>> {
    Ok(versioned(state.ledger.unarchive_customer(&caller, &id).await?))
}

/// All that is kept of a customer as a person.
#[utoipa::path(get, path = "/customers/{id}/personal-data", operation_id = "customers_personal_data", tag = "customers", params(("id" = String, Path)), responses(
    (status = 200, body = schema::PersonalData), (status = 401, body = schema::Problem), (status = 403, body = schema::Problem),
    (status = 404, body = schema::Problem)))]
async fn personal_data(
    AxumState(state): AxumState<State>,
    Signed(caller): Signed,
    Id(id): Id<CustomerId>,
) -> Answer<Json<PersonalData>> {
    Ok(Json(state.ledger.personal_data(&caller, &id).await?))
}

/// Forget who a settled customer was: name, contact, notes and tags go from the customer and from all that was ever logged;
/// what was owed and paid stays. Archives the customer. Can't be taken back.
#[utoipa::path(post, path = "/customers/{id}/erase", operation_id = "customers_erase", tag = "customers", params(("id" = String, Path)), responses(
    (status = 200, body = schema::Customer), (status = 401, body = schema::Problem), (status = 403, body = schema::Problem),
    (status = 404, body = schema::Problem), (status = 409, body = schema::Problem)))]
async fn erase(
    AxumState(state): AxumState<State>,
    Signed(caller): Signed,
    Id(id): Id<CustomerId>,
) -> Answer<impl IntoResponse + use<>> {
    Ok(versioned(state.ledger.erase_personal_data(&caller, &id).await?))
}

/// What happened to a customer, newest first.
#[utoipa::path(get, path = "/customers/{id}/timeline", operation_id = "customers_timeline", tag = "customers", params(("id" = String, Path),
    schema::Paging), responses(
    (status = 200, body = schema::Page<schema::Event>), (status = 401, body = schema::Problem),
    (status = 404, body = schema::Problem), (status = 422, body = schema::Problem)))]
async fn timeline(
    AxumState(state): AxumState<State>,
    Signed(caller): Signed,
    Id(id): Id<CustomerId>,
    mut given: Parameters,
) -> Answer<Json<Page<Event>>> {
    let (limit, cursor) = (given.limit(), given.text("cursor"));
    given.done()?;
    Ok(Json(state.ledger.timeline(&caller, &id, limit, cursor.as_deref()).await?))
}

/// Add a note.
#[utoipa::path(post, path = "/customers/{id}/notes", operation_id = "customers_add_note", tag = "customers", params(("id" = String, Path)), request_body = schema::NewNote, responses(
    (status = 201, body = schema::Event), (status = 401, body = schema::Problem), (status = 403, body = schema::Problem),
    (status = 404, body = schema::Problem), (status = 422, body = schema::Problem)))]
async fn add_note(
    AxumState(state): AxumState<State>,
    Signed(caller): Signed,
    Id(id): Id<CustomerId>,
    body: Body<NewNote>,
) -> Answer<(StatusCode, Json<Event>)> {
    let event = state.ledger.add_note(&caller, &id, &body.value.text).await?;
    Ok((StatusCode::CREATED, Json(event)))
}

fn versioned(customer: Customer) -> impl IntoResponse + use<> {
    (etag(customer.version), Json(customer))
}
