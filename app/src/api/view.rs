//! Saved views of the customer list.

use domain::ViewId;
use domain::view::{NewView, SavedView, ViewList, ViewPatch};
use leptos::prelude::*;
use server_fn::codec::Json;

#[cfg(feature = "ssr")]
use super::{refuse, session};
use crate::error::Fault;

/// One's own views and those for everyone, by name.
#[server(prefix = "/fn", endpoint = "view/list", input = Json)]
pub async fn saved_views() -> Result<ViewList, Fault> {
    let (ledger, caller) = session()?;
    ledger.saved_views(&caller).await.map_err(refuse)
}

/// Keeps a view under a name.
#[server(prefix = "/fn", endpoint = "view/save", input = Json)]
pub async fn save_view(new: NewView) -> Result<SavedView, Fault> {
    let (ledger, caller) = session()?;
    ledger.save_view(&caller, &new).await.map_err(refuse)
}

/// Changes a view.
#[server(prefix = "/fn", endpoint = "view/update", input = Json)]
pub async fn update_view(id: ViewId, patch: ViewPatch) -> Result<SavedView, Fault> {
    let (ledger, caller) = session()?;
    ledger.update_view(&caller, &id, &patch).await.map_err(refuse)
}

/// Forgets a view.
#[server(prefix = "/fn", endpoint = "view/delete", input = Json)]
pub async fn delete_view(id: ViewId) -> Result<(), Fault> {
    let (ledger, caller) = session()?;
    ledger.delete_view(&caller, &id).await.map_err(refuse)
}
