//! Users.

use domain::user::Colleague;
use domain::{Page, Role, User, UserId};
use leptos::prelude::*;
use server_fn::codec::Json;

#[cfg(feature = "ssr")]
use super::{refuse, session};
use crate::error::Fault;

/// The viewer.
#[server(prefix = "/fn", endpoint = "user/me", input = Json)]
pub async fn me() -> Result<User, Fault> {
    let (ledger, caller) = session()?;
    ledger.me(&caller).await.map_err(refuse)
}

/// Everyone, by name (admin).
#[server(prefix = "/fn", endpoint = "user/list", input = Json)]
pub async fn list_users() -> Result<Page<User>, Fault> {
    let (ledger, caller) = session()?;
    ledger.users(&caller).await.map_err(refuse)
}

/// Everyone by name, as all who work here may know them.
#[server(prefix = "/fn", endpoint = "user/colleagues", input = Json)]
pub async fn colleagues() -> Result<Vec<Colleague>, Fault> {
    let (ledger, caller) = session()?;
    ledger.colleagues(&caller).await.map_err(refuse)
}

/// Changes a user (admin). The last active admin can't be demoted or shut out.
#[server(prefix = "/fn", endpoint = "user/update", input = Json)]
pub async fn update_user(
    id: UserId,
    role: Option<Role>,
    active: Option<bool>,
    name: Option<String>,
    version: Option<i64>,
) -> Result<User, Fault> {
    let (ledger, caller) = session()?;
    let patch = ledger::UserPatch { role, active, name, version };
    ledger.update_user(&caller, &id, &patch).await.map_err(refuse)
}

/// The viewer's own name.
#[server(prefix = "/fn", endpoint = "user/rename-me", input = Json)]
pub async fn rename_me(name: String) -> Result<User, Fault> {
    let (ledger, caller) = session()?;
    ledger.rename_me(&caller, &name).await.map_err(refuse)
}

/// A new password for the viewer; ends their other sessions.
#[server(prefix = "/fn", endpoint = "user/password", input = Json)]
pub async fn change_password(current: String, new: String) -> Result<(), Fault> {
    let (ledger, caller) = session()?;
    ledger.change_password(&caller, &current, &new).await.map_err(refuse)
}
