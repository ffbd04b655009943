//! The real application on a port of its own, used the way people and programs use it.

#![allow(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]

mod app;
mod auth;
mod crash;
mod customers;
mod demo;
mod events;
mod exports;
mod functions;
mod imports;
mod invoices;
mod live;
mod notifications;
mod pages;
mod payments;
mod requests;
mod roles;
mod sign_in;
mod topics;
mod users;
