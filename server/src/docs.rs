//! The OpenAPI document, made from the handlers, and Swagger UI from the binary itself.

use axum::Router;
use utoipa::OpenApi;
use utoipa::openapi::OpenApi as Document;
use utoipa::openapi::security::{HttpAuthScheme, HttpBuilder, SecurityScheme};
use utoipa_swagger_ui::SwaggerUi;

use crate::api;
use crate::application::State;

#[derive(OpenApi)]
#[openapi(
    info(
        title = "Duebook REST API",
        version = "1",
        description = "Customers, invoices and payments of a collections desk. Money is `{\"amount\":\"1234.50\",\"currency\":\"USD\"}`; \
                       errors are RFC 9457 problem documents that name every wrong field.",
        license(name = "MIT OR Apache-2.0", identifier = "MIT OR Apache-2.0")
    ),
    modifiers(&BearerToken),
    security(("bearer" = []))
)]
pub(crate) struct Root;

struct BearerToken;

impl utoipa::Modify for BearerToken {
    fn modify(&self, document: &mut Document) {
        let scheme = HttpBuilder::new().scheme(HttpAuthScheme::Bearer).bearer_format("JWT").build();
        document.components.get_or_insert_default().add_security_scheme("bearer", SecurityScheme::Http(scheme));
    }
}

/// The document.
pub(crate) fn document() -> Document {
    api::documented().into_openapi()
}

/// The document as committed and served.
pub fn document_text() -> String {
    document().to_pretty_json().unwrap_or_default()
}

pub(crate) fn router() -> Router<State> {
    SwaggerUi::new("/api/docs").url("/api/v1/openapi.json", document()).into()
}
