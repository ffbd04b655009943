//! Leptos: pages, components, typed server functions, the live client.
//!
//! Everything here is compiled twice: with `ssr` into the server, with `hydrate` into the browser's WASM. Only the bodies of
//! server functions and [`host`] know the ledger.

#![recursion_limit = "512"]
#![cfg_attr(test, allow(clippy::unwrap_used, reason = "a failed unwrap is a failed test"))]

pub mod api;
pub mod browser;
mod desktop;
pub mod error;
pub mod format;
#[cfg(feature = "ssr")]
pub mod host;
pub mod live;
mod notification;
pub mod page;
mod route;
pub mod session;
mod shell;
mod timing;
pub mod ui;

pub use route::App;
#[cfg(feature = "ssr")]
pub use shell::document::shell;
