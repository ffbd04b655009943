//! The OpenAPI document, made from the handlers, and Swagger UI from the binary itself.

use axum::Router;
use axum::http::HeaderValue;
use axum::http::header::CONTENT_SECURITY_POLICY;
use tower_http::set_header::SetResponseHeaderLayer;
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
        document
            .components
            .get_or_insert_default()
            .add_security_scheme("bearer", SecurityScheme::Http(scheme));
    }
}

/// What Swagger UI needs: its own files, the one style its script makes (by its hash), and asking the API.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self' 'sha256-RL3ie0nH+Lzz2YNqQN83mnU0J1ot4QL7b99vMdIX99w='; \
                      img-src 'self' data:; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/// The document.
pub(crate) fn document() -> Document {
    api::documented(0).into_openapi()
}

/// The document as committed and served.
pub fn document_text() -> String {
    document().to_pretty_json().unwrap_or_default()
}

pub(crate) fn router() -> Router<State> {
    let policy =
        SetResponseHeaderLayer::overriding(CONTENT_SECURITY_POLICY, HeaderValue::from_static(POLICY));
    Router::from(SwaggerUi::new("/api/docs").url("/api/v1/openapi.json", document())).layer(policy)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_committed_document_is_the_one_the_handlers_make() {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/openapi.json");
        let document = format!("{}\n", document_text());
        if std::env::var_os("UPDATE_OPENAPI").is_some() {
            std::fs::write(path, &document).unwrap();
        }
        let committed = std::fs::read_to_string(path).unwrap_or_default();
        assert!(
            committed == document,
            "server/openapi.json is not what the handlers make; run: UPDATE_OPENAPI=1 cargo test -p server --lib"
        );
    }

    #[test]
    fn every_operation_is_described_and_says_what_it_refuses() {
        let document: serde_json::Value = serde_json::from_str(&document_text()).unwrap();
        for (path, operations) in document["paths"].as_object().unwrap() {
            for (method, operation) in operations.as_object().unwrap() {
                let what = format!("{method} {path}");
                assert!(operation["summary"].is_string(), "{what}");
                let public = operation["security"] == serde_json::json!([{}]) || path.ends_with("/logout");
                assert!(public || operation["responses"]["401"].is_object(), "{what}");
                let ids = operation["operationId"].as_str().unwrap();
                assert!(ids.contains('_'), "{what} has the bare operation id {ids}");
            }
        }
    }
}
