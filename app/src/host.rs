//! The seam to the axum host: what it lends to pages and server functions through Leptos context.

use std::sync::Arc;

use axum::http::HeaderValue;

/// What the axum host lends to server functions through Leptos context.
#[derive(Clone)]
pub struct Host {
    /// The use cases.
    pub ledger: ledger::Ledger,
    /// How a sign-in is kept in the browser.
    pub cookies: Arc<dyn SessionCookies>,
}

/// Writes and clears the cookies of a session.
pub trait SessionCookies: Send + Sync {
    /// `Set-Cookie` values that keep a fresh sign-in.
    fn signed_in(&self, signed_in: &ledger::SignedIn) -> Vec<HeaderValue>;
    /// `Set-Cookie` values that forget it.
    fn signed_out(&self) -> Vec<HeaderValue>;
}

/// Who this request is from; provided by the host for every page and server function.
#[derive(Clone)]
pub struct Visitor {
    /// The signed-in person, if any.
    pub caller: Option<ledger::Caller>,
    /// For error answers and the event log.
    pub request_id: Option<String>,
    /// `light` or `dark`, from the cookie `theme`.
    pub theme: Option<String>,
    /// Where the request comes from, and what the browser calls itself.
    pub client: ledger::Client,
}
