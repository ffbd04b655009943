//! Pages: one module per page, found by its address.

pub mod ageing;
pub mod customer;
pub mod customers;
pub mod desk;
pub mod import;
pub mod invoices;
mod listing;
pub mod not_found;
pub mod notifications;
pub mod payments;
pub mod register;
pub mod settings;
pub mod sign_in;
pub mod users;
