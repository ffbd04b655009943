//! The axum host: configuration, sign-in cookies, REST v1 with its OpenAPI document, the live relay, pages, commands.
//!
//! Holds no business rule: handlers authenticate, parse, call one use case of `ledger`, and answer.

#![recursion_limit = "512"]
#![cfg_attr(test, allow(clippy::unwrap_used, reason = "a failed unwrap is a failed test"))]

mod api;
pub mod application;
pub mod command;
pub mod config;
mod cookies;
mod docs;
mod health;
pub mod limits;
mod linger;
mod live;
mod metrics;
mod origin;
mod pages;
pub mod proxies;
mod request;
mod secrets;
mod session;

pub use application::Application;
pub use docs::document_text as openapi;
