//! Pages, server functions and the files they need.

use app::host::{Host, Visitor as PageVisitor};
use axum::Router;
use axum::body::Body;
use axum::extract::{Request, State as AxumState};
use axum::http::header::{CACHE_CONTROL, CONTENT_LENGTH, CONTENT_SECURITY_POLICY};
use axum::http::{HeaderMap, HeaderValue, Method};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use axum::routing::any;
use leptos::prelude::provide_context;
use leptos_axum::{LeptosRoutes, generate_route_list};
use tower::ServiceExt;
use tower_http::limit::RequestBodyLimitLayer;
use tower_http::services::ServeDir;
use tower_http::set_header::SetResponseHeaderLayer;

use crate::api::problem::Refusal;
use crate::application::State;
use crate::cookies::find;
use crate::request::RequestId;
use crate::session::{Visitor, client};

pub(crate) fn router(state: &State) -> Router<State> {
    let root = state.config.leptos.site_root.to_string();
    let package = state.config.leptos.site_pkg_dir.to_string();
    let cache = |value| SetResponseHeaderLayer::overriding(CACHE_CONTROL, HeaderValue::from_static(value));
    // Hashed names never change their content; everything else is asked for again.
    let forever = tower::ServiceBuilder::new()
        .layer(cache("public, max-age=31536000, immutable"))
        .service(ServeDir::new(format!("{root}/{package}")).precompressed_br().precompressed_gzip());
    let routes = generate_route_list(app::App);
    let with_pages = Router::<State>::new().leptos_routes_with_handler(routes, page);
    let functions = Router::new()
        .route("/fn/{*path}", any(server_function))
        .layer(RequestBodyLimitLayer::new(MOST_BYTES))
        .layer(axum::middleware::from_fn(small));
    with_pages.nest_service(&format!("/{package}"), forever).merge(functions).fallback(other)
}

/// Largest form; files go to the REST API.
const MOST_BYTES: usize = 1024 * 1024;

/// Says of a form that is too large that it is, in words the page can show.
async fn small(request: Request, next: Next) -> Response {
    let length =
        request.headers().get(CONTENT_LENGTH).and_then(|length| length.to_str().ok()?.parse::<usize>().ok());
    if length.is_some_and(|length| length > MOST_BYTES) {
        return Refusal::from(crate::api::too_large(MOST_BYTES)).into_response();
    }
    next.run(request).await
}

/// What pages and server functions find in their context.
fn context(state: &State, request: &Request) -> impl Fn() + Clone + Send + Sync + 'static {
    let headers: &HeaderMap = request.headers();
    let host = Host { ledger: state.ledger.clone(), cookies: state.cookies.clone() };
    let visitor = PageVisitor {
        caller: request.extensions().get::<Visitor>().and_then(|visitor| visitor.0.clone()),
        request_id: request.extensions().get::<RequestId>().map(|id| id.0.clone()),
        theme: find(headers, "theme").map(str::to_owned),
        client: client(headers, request.extensions().get()),
    };
    move || {
        provide_context(host.clone());
        provide_context(visitor.clone());
    }
}

/// Every page is sent whole, with its data in place: it can be read before (and without) any script, and its status and
/// cookies are known before the first byte leaves.
async fn page(AxumState(state): AxumState<State>, request: Request) -> Response {
    let options = state.config.leptos.clone();
    let context = context(&state, &request);
    let render = leptos_axum::render_app_async_with_context(context, move || app::shell(options.clone()));
    let mut response = render(request).await;
    // Pages hold a person's data: nothing between here and the screen may keep them.
    response.headers_mut().insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}

async fn server_function(AxumState(state): AxumState<State>, request: Request) -> Response {
    let context = context(&state, &request);
    let mut response = leptos_axum::handle_server_fns_with_context(context, request).await.into_response();
    response.headers_mut().insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}

/// What the page for when there is no connection needs, and the service worker, whose own policy says what it may fetch.
const FILES_POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; \
                            connect-src 'self'; manifest-src 'self'; worker-src 'self'; base-uri 'none'; form-action 'none'; \
                            frame-ancestors 'none'";

/// Files of the site root, else the page that says there is nothing here.
async fn other(AxumState(state): AxumState<State>, request: Request) -> Response {
    let path = request.uri().path();
    if path == "/api" || path.starts_with("/api/") {
        return crate::api::not_found().await.into_response();
    }
    let reads = matches!(*request.method(), Method::GET | Method::HEAD);
    // The file of hashes is for the server.
    if reads && path != "/hash.txt" {
        let mut wanted = Request::new(Body::empty());
        *wanted.uri_mut() = request.uri().clone();
        *wanted.headers_mut() = request.headers().clone();
        let files =
            ServeDir::new(state.config.leptos.site_root.as_ref()).append_index_html_on_directories(false);
        if let Ok(response) = files.oneshot(wanted).await
            && !response.status().is_client_error()
        {
            let mut response = response.map(Body::new);
            response.headers_mut().insert(CACHE_CONTROL, HeaderValue::from_static("no-cache"));
            response.headers_mut().insert(CONTENT_SECURITY_POLICY, HeaderValue::from_static(FILES_POLICY));
            return response;
        }
    }
    page(AxumState(state), request).await
}
