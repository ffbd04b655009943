//! What is around every page: the document and the frame.

mod demo;
#[cfg(feature = "ssr")]
pub(crate) mod document;
pub(crate) mod frame;
mod keys;
mod news;
mod theme;

pub(crate) use frame::WantsSearch;
