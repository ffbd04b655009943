//! What is around every page: the document and the frame.

#[cfg(feature = "ssr")]
pub(crate) mod document;
pub(crate) mod frame;
mod keys;
mod theme;

pub(crate) use frame::WantsSearch;
