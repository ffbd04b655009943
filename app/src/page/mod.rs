//! Pages: one module per page, found by its address.

pub mod ageing;
mod colleagues;
pub mod customer;
pub mod customers;
pub mod desk;
mod editing;
pub mod import;
pub mod invoices;
pub mod join;
mod listing;
pub mod not_found;
pub mod notifications;
pub mod payments;
pub mod register;
pub mod settings;
pub mod sign_in;
pub mod users;
