//! Imports.

use axum::Json;
use axum::extract::multipart::MultipartRejection;
use axum::extract::{DefaultBodyLimit, Multipart, State as AxumState};
use axum::http::StatusCode;
use axum::http::header::{CONTENT_DISPOSITION, CONTENT_TYPE};
use axum::response::IntoResponse;
use domain::import::{Import, ImportError};
use domain::{FieldError, FieldErrors, ImportId, Page, Problem};
use ledger::Upload;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::extract::{Id, Parameters, Signed};
use super::problem::{Answer, Refusal};
use super::schema;
use crate::application::State;

/// What a form may hold besides the file.
pub(super) const FORM_SLACK: usize = 64 * 1024;

const XLSX: &str = ledger::ExportFormat::Xlsx.media_type();

pub(super) fn router(most_upload: usize) -> OpenApiRouter<State> {
    OpenApiRouter::new()
        .routes(routes!(template))
        .routes(routes!(list, start))
        // The only bodies that are larger than the rest of the API takes.
        .layer(DefaultBodyLimit::max(most_upload))
        .routes(routes!(read))
        .routes(routes!(errors))
}

/// The template: headers, an example row, allowed values.
#[utoipa::path(get, path = "/imports/template.xlsx", operation_id = "imports_template", tag = "imports", params(("kind" = Option<String>, Query, description = "customers")), responses(
    (status = 200, content_type = XLSX, body = Vec<u8>), (status = 401, body = schema::Problem), (status = 422, body = schema::Problem)))]
async fn template(Signed(_caller): Signed, mut given: Parameters) -> Answer<impl IntoResponse + use<>> {
    given.read("kind", only("customers"));
    given.done()?;
    let disposition = "attachment; filename=\"duebook-customers.xlsx\"";
    Ok(([(CONTENT_TYPE, XLSX), (CONTENT_DISPOSITION, disposition)], ledger::template()?))
}

/// Upload a file (multipart, field `file`). Valid rows are saved in the background; a file that can't be an import is
/// refused at once.
#[utoipa::path(post, path = "/imports", operation_id = "imports_start", tag = "imports", request_body(content = schema::Upload, content_type = "multipart/form-data"), responses(
    (status = 202, body = schema::Import), (status = 401, body = schema::Problem), (status = 403, body = schema::Problem),
    (status = 413, body = schema::Problem), (status = 415, body = schema::Problem), (status = 422, body = schema::Problem)))]
async fn start(
    AxumState(state): AxumState<State>,
    Signed(caller): Signed,
    form: Result<Multipart, MultipartRejection>,
) -> Answer<(StatusCode, Json<Import>)> {
    let form = form.map_err(|_| {
        let detail = "Send the file as multipart/form-data, in a field called file.";
        Problem::new(415, "unsupported_media_type", "Unsupported media type", detail)
    })?;
    let upload = read_form(form, state.config.import.max_bytes).await?;
    let import = state.ledger.start_import(&caller, upload).await?;
    Ok((StatusCode::ACCEPTED, Json(import)))
}

async fn read_form(mut form: Multipart, max_bytes: usize) -> Result<Upload, Refusal> {
    let mut errors = FieldErrors::default();
    let mut upload = None;
    let broken = |error: axum::extract::multipart::MultipartError| -> Refusal {
        if error.status() == StatusCode::PAYLOAD_TOO_LARGE {
            let detail = format!("A file can have at most {} MB.", max_bytes / (1024 * 1024));
            return Problem::new(413, "too_large", "This file can't be imported", detail).into();
        }
        Problem::new(400, "malformed_form", "Malformed form", "The form can't be read; send it again.").into()
    };
    while let Some(field) = form.next_field().await.map_err(broken)? {
        let name = field.name().unwrap_or_default().to_owned();
        match name.as_str() {
            "file" => {
                let file_name = field.file_name().unwrap_or("upload").chars().take(200).collect();
                upload = Some(Upload { file_name, bytes: field.bytes().await.map_err(broken)?.to_vec() });
            }
            "kind" | "commit" | "mode" => {
                let allowed = match name.as_str() {
                    "kind" => "customers",
                    "commit" => "auto",
                    _ => "upsert",
                };
                if let Err(message) = only(allowed)(&field.text().await.map_err(broken)?) {
                    errors.add(&name, "not_supported", message);
                }
            }
            _ => errors.add(&name, "unknown_field", format!("There is no field “{name}” here.")),
        }
    }
    if upload.is_none() {
        errors.0.push(FieldError::new("file", "required", "Choose a file."));
    }
    match upload {
        Some(upload) if errors.is_empty() => Ok(upload),
        _ => Err(Problem::invalid(errors).into()),
    }
}

/// All imports, newest first.
#[utoipa::path(get, path = "/imports", operation_id = "imports_list", tag = "imports", params(("limit" = Option<u32>, Query), ("cursor" = Option<String>, Query)), responses(
    (status = 200, body = schema::Page<schema::Import>), (status = 401, body = schema::Problem), (status = 422, body = schema::Problem)))]
async fn list(
    AxumState(state): AxumState<State>,
    Signed(caller): Signed,
    mut given: Parameters,
) -> Answer<Json<Page<Import>>> {
    let (limit, cursor) = (given.limit(), given.text("cursor"));
    given.done()?;
    Ok(Json(state.ledger.imports(&caller, limit, cursor.as_deref()).await?))
}

/// One import: how far it is, what it did.
#[utoipa::path(get, path = "/imports/{id}", operation_id = "imports_read", tag = "imports", params(("id" = String, Path)), responses(
    (status = 200, body = schema::Import), (status = 401, body = schema::Problem), (status = 404, body = schema::Problem)))]
async fn read(
    AxumState(state): AxumState<State>,
    Signed(caller): Signed,
    Id(id): Id<ImportId>,
) -> Answer<Json<Import>> {
    Ok(Json(state.ledger.import(&caller, &id).await?))
}

/// The wrong cells of an import, in row order.
#[utoipa::path(get, path = "/imports/{id}/errors", operation_id = "imports_errors", tag = "imports", params(("id" = String, Path),
    ("limit" = Option<u32>, Query), ("cursor" = Option<String>, Query)), responses(
    (status = 200, body = schema::Page<schema::ImportError>), (status = 401, body = schema::Problem),
    (status = 404, body = schema::Problem), (status = 422, body = schema::Problem)))]
async fn errors(
    AxumState(state): AxumState<State>,
    Signed(caller): Signed,
    Id(id): Id<ImportId>,
    mut given: Parameters,
) -> Answer<Json<Page<ImportError>>> {
    let (limit, cursor) = (given.limit(), given.text("cursor"));
    given.done()?;
    Ok(Json(state.ledger.import_errors(&caller, &id, limit, cursor.as_deref()).await?))
}

fn only(allowed: &'static str) -> impl Fn(&str) -> Result<(), String> {
    move |text| {
        if text == allowed { Ok(()) } else { Err(format!("Only “{allowed}” is supported so far.")) }
    }
}
