//! The OpenAPI document, made from the handlers, and Swagger UI from the binary itself.

mod conventions;

use axum::Router;
use axum::http::HeaderValue;
use axum::http::header::CONTENT_SECURITY_POLICY;
use serde_json::Value;
use tower_http::set_header::SetResponseHeaderLayer;
use utoipa::OpenApi;
use utoipa::openapi::OpenApi as Document;
use utoipa::openapi::security::{ApiKey, ApiKeyValue, HttpAuthScheme, HttpBuilder, SecurityScheme};
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
    modifiers(&SignIn),
    security(("bearer" = []), ("cookie" = []))
)]
pub(crate) struct Root;

/// The ways to be signed in.
struct SignIn;

impl utoipa::Modify for SignIn {
    fn modify(&self, document: &mut Document) {
        let bearer = HttpBuilder::new().scheme(HttpAuthScheme::Bearer).bearer_format("JWT").build();
        let cookie = ApiKeyValue::with_description(
            "duebook_access",
            "A browser's session; over TLS the cookie is called `__Host-duebook_access`. What is no GET then needs an \
             `Origin` or `Sec-Fetch-Site` of the desk itself.",
        );
        let components = document.components.get_or_insert_default();
        components.add_security_scheme("bearer", SecurityScheme::Http(bearer));
        components.add_security_scheme("cookie", SecurityScheme::ApiKey(ApiKey::Cookie(cookie)));
    }
}

/// What Swagger UI needs: its own files, the one style its script makes (by its hash), and asking the API.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self' 'sha256-RL3ie0nH+Lzz2YNqQN83mnU0J1ot4QL7b99vMdIX99w='; \
                      img-src 'self' data:; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/// The document.
pub(crate) fn document() -> Value {
    let mut document = serde_json::to_value(api::documented(0).into_openapi()).unwrap_or_default();
    conventions::complete(&mut document);
    // Whether serde_json keeps the order of fields depends on what else is compiled along.
    document.sort_all_objects();
    document
}

/// The document as committed and served.
pub fn document_text() -> String {
    serde_json::to_string_pretty(&document()).unwrap_or_default()
}

pub(crate) fn router() -> Router<State> {
    let policy =
        SetResponseHeaderLayer::overriding(CONTENT_SECURITY_POLICY, HeaderValue::from_static(POLICY));
    Router::from(SwaggerUi::new("/api/docs").external_url_unchecked("/api/v1/openapi.json", document()))
        .layer(policy)
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
