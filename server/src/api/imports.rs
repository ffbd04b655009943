//! Imports.

use axum::Json;
use axum::extract::multipart::MultipartRejection;
use axum::extract::{DefaultBodyLimit, Multipart, State as AxumState};
use axum::http::StatusCode;
use axum::http::header::{CONTENT_DISPOSITION, CONTENT_TYPE};
use axum::response::IntoResponse;
use domain::import::{
    CellFixes, ErrorGroup, Import, ImportError, MappingChange, MappingView, PreviewRow, SavedMapping,
};
use domain::sheet::Kind;
use domain::{FieldError, FieldErrors, ImportId, Page, Problem};
use ledger::Upload;
use serde::{Deserialize, Serialize};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::extract::{Body, Id, Parameters, Signed};
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
        .routes(routes!(error_groups))
        .routes(routes!(errors_workbook))
        .routes(routes!(mapping, set_mapping))
        .routes(routes!(preview))
        .routes(routes!(fix_cells))
        .routes(routes!(commit))
        .routes(routes!(cancel))
        .routes(routes!(undo))
        .routes(routes!(saved_mappings, save_mapping))
        .routes(routes!(delete_mapping))
}

/// The template of a kind: headers, an example row, allowed values.
#[utoipa::path(get, path = "/imports/template.xlsx", operation_id = "imports_template", tag = "imports",
    params(("kind" = Option<schema::SheetKind>, Query, description = "customers when absent")), responses(
    (status = 200, content_type = XLSX, body = schema::File), (status = 401, body = schema::Problem), (status = 422, body = schema::Problem)))]
async fn template(
    AxumState(state): AxumState<State>,
    Signed(_caller): Signed,
    mut given: Parameters,
) -> Answer<impl IntoResponse + use<>> {
    let kind = given.read("kind", str::parse::<Kind>).unwrap_or_default();
    given.done()?;
    let (file_name, bytes) = state.ledger.import_template(kind)?;
    Ok(attachment(&file_name, bytes))
}

/// A workbook to be saved under a name.
fn attachment(file_name: &str, bytes: Vec<u8>) -> impl IntoResponse + use<> {
    let plain: String = file_name
        .chars()
        .map(|c| if c.is_ascii_alphanumeric() || "-_. ".contains(c) { c } else { '_' })
        .collect();
    let disposition = format!("attachment; filename=\"{plain}\"");
    ([(CONTENT_TYPE, XLSX.to_owned()), (CONTENT_DISPOSITION, disposition)], bytes)
}

/// Upload a file (multipart, field `file`). Its rows are checked in the background and the valid ones saved, unless
/// `commit` is `review`; a file that can't be an import is refused at once.
#[utoipa::path(post, path = "/imports", operation_id = "imports_start", tag = "imports", request_body(content = schema::Upload, content_type = "multipart/form-data"), responses(
    (status = 202, body = schema::Import), (status = 401, body = schema::Problem), (status = 403, body = schema::Problem),
    (status = 413, body = schema::Problem), (status = 415, body = schema::Problem), (status = 422, body = schema::Problem),
    (status = 429, body = schema::Problem)))]
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
    let mut upload = Upload::default();
    let mut has_file = false;
    let broken = |error: axum::extract::multipart::MultipartError| -> Refusal {
        if error.status() == StatusCode::PAYLOAD_TOO_LARGE {
            let detail = format!("A file can have at most {} MB.", max_bytes / (1024 * 1024));
            return Problem::new(413, "too_large", "This file can't be imported", detail).into();
        }
        Problem::new(400, "malformed_form", "Malformed form", "The form can't be read; send it again.").into()
    };
    while let Some(field) = form.next_field().await.map_err(broken)? {
        let name = field.name().unwrap_or_default().to_owned();
        if name == "file" {
            upload.file_name = field.file_name().unwrap_or("upload").chars().take(200).collect();
            upload.bytes = field.bytes().await.map_err(broken)?.to_vec();
            has_file = true;
            continue;
        }
        let text = field.text().await.map_err(broken)?;
        if let Err((code, message)) = set(&mut upload, &name, text.trim()) {
            errors.add(&name, code, message);
        }
    }
    if !has_file {
        errors.0.push(FieldError::new("file", "required", "Choose a file."));
    }
    if errors.is_empty() { Ok(upload) } else { Err(Problem::invalid(errors).into()) }
}

/// Sets one field of the form; empty ones count as absent.
fn set(upload: &mut Upload, name: &str, text: &str) -> Result<(), (&'static str, String)> {
    let not_supported = |message: String| ("not_supported", message);
    let not_json = |what: &str| {
        let message = format!("This should be {what}, as JSON.");
        move |_| ("invalid_json", message)
    };
    match name {
        "kind" | "commit" | "mode" | "sheet" | "mapping" | "options" if text.is_empty() => {}
        "kind" => upload.kind = Some(text.parse().map_err(not_supported)?),
        "commit" => upload.commit = text.parse().map_err(not_supported)?,
        "mode" => upload.mode = text.parse().map_err(not_supported)?,
        "sheet" => upload.sheet = Some(text.to_owned()),
        "mapping" => {
            upload.mapping = serde_json::from_str(text)
                .map_err(not_json("an object of header and field, such as {\"Client\": \"name\"}"))?;
        }
        "options" => {
            upload.options = serde_json::from_str(text).map_err(not_json(
                "an object with date_order (day_first, month_first), decimal (point, comma) and key (reference, name, email)",
            ))?;
        }
        _ => return Err(("unknown_field", format!("There is no field “{name}” here."))),
    }
    Ok(())
}

/// All imports, newest first.
#[utoipa::path(get, path = "/imports", operation_id = "imports_list", tag = "imports", params(schema::Paging), responses(
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

/// The wrong cells of an import, in row order; `group` takes the key of one of its error groups.
#[utoipa::path(get, path = "/imports/{id}/errors", operation_id = "imports_errors", tag = "imports", params(("id" = String, Path),
    ("group" = Option<String>, Query), schema::Paging), responses(
    (status = 200, body = schema::Page<schema::ImportError>), (status = 401, body = schema::Problem),
    (status = 404, body = schema::Problem), (status = 422, body = schema::Problem)))]
async fn errors(
    AxumState(state): AxumState<State>,
    Signed(caller): Signed,
    Id(id): Id<ImportId>,
    mut given: Parameters,
) -> Answer<Json<Page<ImportError>>> {
    let (group, limit, cursor) = (given.text("group"), given.limit(), given.text("cursor"));
    given.done()?;
    Ok(Json(state.ledger.import_errors(&caller, &id, group.as_deref(), limit, cursor.as_deref()).await?))
}

#[derive(Serialize)]
struct ErrorGroups {
    data: Vec<ErrorGroup>,
}

/// The wrong cells counted by rule and column, the most first.
#[utoipa::path(get, path = "/imports/{id}/error-groups", operation_id = "imports_error_groups", tag = "imports", params(("id" = String, Path)), responses(
    (status = 200, body = schema::ErrorGroups), (status = 401, body = schema::Problem), (status = 404, body = schema::Problem)))]
async fn error_groups(
    AxumState(state): AxumState<State>,
    Signed(caller): Signed,
    Id(id): Id<ImportId>,
) -> Answer<Json<ErrorGroups>> {
    Ok(Json(ErrorGroups { data: state.ledger.import_error_groups(&caller, &id).await? }))
}

/// The file's own rows with a column that says what is wrong, and the wrong cells coloured. Put right and uploaded again,
/// only the rows that were wrong are taken. Kept for 30 days.
#[utoipa::path(get, path = "/imports/{id}/errors.xlsx", operation_id = "imports_errors_workbook", tag = "imports", params(("id" = String, Path)), responses(
    (status = 200, content_type = XLSX, body = schema::File), (status = 401, body = schema::Problem), (status = 403, body = schema::Problem),
    (status = 404, body = schema::Problem), (status = 409, body = schema::Problem)))]
async fn errors_workbook(
    AxumState(state): AxumState<State>,
    Signed(caller): Signed,
    Id(id): Id<ImportId>,
) -> Answer<impl IntoResponse + use<>> {
    let (file_name, bytes) = state.ledger.import_errors_workbook(&caller, &id).await?;
    Ok(attachment(&file_name, bytes))
}

/// The columns of the file, what they are taken for, and what has to be asked.
#[utoipa::path(get, path = "/imports/{id}/mapping", operation_id = "imports_mapping", tag = "imports", params(("id" = String, Path)), responses(
    (status = 200, body = schema::MappingView), (status = 401, body = schema::Problem), (status = 404, body = schema::Problem),
    (status = 409, body = schema::Problem)))]
async fn mapping(
    AxumState(state): AxumState<State>,
    Signed(caller): Signed,
    Id(id): Id<ImportId>,
) -> Answer<Json<MappingView>> {
    Ok(Json(state.ledger.import_mapping(&caller, &id).await?))
}

/// Take columns otherwise, read another sheet, answer questions. Every row is checked again.
#[utoipa::path(post, path = "/imports/{id}/mapping", operation_id = "imports_set_mapping", tag = "imports", params(("id" = String, Path)), request_body = schema::MappingChange, responses(
    (status = 202, body = schema::Import), (status = 401, body = schema::Problem), (status = 403, body = schema::Problem),
    (status = 404, body = schema::Problem), (status = 409, body = schema::Problem), (status = 422, body = schema::Problem)))]
async fn set_mapping(
    AxumState(state): AxumState<State>,
    Signed(caller): Signed,
    Id(id): Id<ImportId>,
    Body { value, .. }: Body<MappingChange>,
) -> Answer<(StatusCode, Json<Import>)> {
    Ok((StatusCode::ACCEPTED, Json(state.ledger.set_import_mapping(&caller, &id, &value).await?)))
}

/// What a commit would do with each row, field by field, or did; `outcome` filters.
#[utoipa::path(get, path = "/imports/{id}/preview", operation_id = "imports_preview", tag = "imports", params(("id" = String, Path),
    ("outcome" = Option<schema::RowOutcome>, Query), schema::Paging), responses(
    (status = 200, body = schema::Page<schema::PreviewRow>), (status = 401, body = schema::Problem),
    (status = 404, body = schema::Problem), (status = 409, body = schema::Problem), (status = 422, body = schema::Problem)))]
async fn preview(
    AxumState(state): AxumState<State>,
    Signed(caller): Signed,
    Id(id): Id<ImportId>,
    mut given: Parameters,
) -> Answer<Json<Page<PreviewRow>>> {
    let outcome = given.read("outcome", str::parse);
    let (limit, cursor) = (given.limit(), given.text("cursor"));
    given.done()?;
    Ok(Json(state.ledger.import_preview(&caller, &id, outcome, limit, cursor.as_deref()).await?))
}

/// Correct cells before they are saved: single ones, or every wrong cell of a group. Every row is checked again.
#[utoipa::path(patch, path = "/imports/{id}/cells", operation_id = "imports_fix_cells", tag = "imports", params(("id" = String, Path)), request_body = schema::CellFixes, responses(
    (status = 202, body = schema::Import), (status = 401, body = schema::Problem), (status = 403, body = schema::Problem),
    (status = 404, body = schema::Problem), (status = 409, body = schema::Problem), (status = 422, body = schema::Problem)))]
async fn fix_cells(
    AxumState(state): AxumState<State>,
    Signed(caller): Signed,
    Id(id): Id<ImportId>,
    Body { value, .. }: Body<CellFixes>,
) -> Answer<(StatusCode, Json<Import>)> {
    Ok((StatusCode::ACCEPTED, Json(state.ledger.fix_import_cells(&caller, &id, &value).await?)))
}

/// Save the valid rows of an import that was checked. Asked twice, they are saved once.
#[utoipa::path(post, path = "/imports/{id}/commit", operation_id = "imports_commit", tag = "imports", params(("id" = String, Path)), responses(
    (status = 202, body = schema::Import), (status = 401, body = schema::Problem), (status = 403, body = schema::Problem),
    (status = 404, body = schema::Problem), (status = 409, body = schema::Problem)))]
async fn commit(
    AxumState(state): AxumState<State>,
    Signed(caller): Signed,
    Id(id): Id<ImportId>,
) -> Answer<(StatusCode, Json<Import>)> {
    Ok((StatusCode::ACCEPTED, Json(state.ledger.commit_import(&caller, &id).await?)))
}

/// Stop an import. What is saved already stays, and can be taken back.
#[utoipa::path(post, path = "/imports/{id}/cancel", operation_id = "imports_cancel", tag = "imports", params(("id" = String, Path)), responses(
    (status = 200, body = schema::Import), (status = 401, body = schema::Problem), (status = 403, body = schema::Problem),
    (status = 404, body = schema::Problem), (status = 409, body = schema::Problem)))]
async fn cancel(
    AxumState(state): AxumState<State>,
    Signed(caller): Signed,
    Id(id): Id<ImportId>,
) -> Answer<Json<Import>> {
    Ok(Json(state.ledger.cancel_import(&caller, &id).await?))
}

/// Take a whole import back. Refused with 409 and the list of reasons in `current` where something it brought has been
/// used since.
#[utoipa::path(post, path = "/imports/{id}/undo", operation_id = "imports_undo", tag = "imports", params(("id" = String, Path)), responses(
    (status = 202, body = schema::Import), (status = 401, body = schema::Problem), (status = 403, body = schema::Problem),
    (status = 404, body = schema::Problem), (status = 409, body = schema::Problem)))]
async fn undo(
    AxumState(state): AxumState<State>,
    Signed(caller): Signed,
    Id(id): Id<ImportId>,
) -> Answer<(StatusCode, Json<Import>)> {
    Ok((StatusCode::ACCEPTED, Json(state.ledger.undo_import(&caller, &id).await?)))
}

#[derive(Serialize)]
struct SavedMappings {
    data: Vec<SavedMapping>,
}

/// Mappings that were saved, newest first.
#[utoipa::path(get, path = "/imports/mappings", operation_id = "imports_saved_mappings", tag = "imports", responses(
    (status = 200, body = schema::SavedMappings), (status = 401, body = schema::Problem)))]
async fn saved_mappings(
    AxumState(state): AxumState<State>,
    Signed(caller): Signed,
) -> Answer<Json<SavedMappings>> {
    Ok(Json(SavedMappings { data: state.ledger.saved_mappings(&caller).await? }))
}

/// Which import's mapping is kept, under which name.
#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct NewSavedMapping {
    import_id: String,
    name: String,
}

/// Keep how an import's columns are taken: the next file with the same headers is taken so by itself.
#[utoipa::path(post, path = "/imports/mappings", operation_id = "imports_save_mapping", tag = "imports", request_body = schema::NewSavedMapping, responses(
    (status = 201, body = schema::SavedMapping), (status = 401, body = schema::Problem), (status = 403, body = schema::Problem),
    (status = 404, body = schema::Problem), (status = 409, body = schema::Problem), (status = 422, body = schema::Problem)))]
async fn save_mapping(
    AxumState(state): AxumState<State>,
    Signed(caller): Signed,
    Body { value, .. }: Body<NewSavedMapping>,
) -> Answer<(StatusCode, Json<SavedMapping>)> {
    let id = ImportId::from(value.import_id);
    Ok((StatusCode::CREATED, Json(state.ledger.save_mapping(&caller, &id, &value.name).await?)))
}

/// Forget a saved mapping.
#[utoipa::path(delete, path = "/imports/mappings/{id}", operation_id = "imports_delete_mapping", tag = "imports", params(("id" = String, Path)), responses(
    (status = 204), (status = 401, body = schema::Problem), (status = 403, body = schema::Problem), (status = 404, body = schema::Problem)))]
async fn delete_mapping(
    AxumState(state): AxumState<State>,
    Signed(caller): Signed,
    Id(id): Id<String>,
) -> Answer<StatusCode> {
    state.ledger.delete_mapping(&caller, &id).await?;
    Ok(StatusCode::NO_CONTENT)
}
