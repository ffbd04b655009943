//! Users.

use chrono::{DateTime, Utc};
use domain::user::{
    ApiToken, Colleague, Invitation, NewApiToken, SecondFactor, SecondFactorSetup, UserSession,
};
use domain::{Page, Role, User, UserId};
use leptos::prelude::*;
use serde::{Deserialize, Serialize};
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

/// Where the viewer is signed in.
#[server(prefix = "/fn", endpoint = "user/sessions", input = Json)]
pub async fn sessions() -> Result<Vec<UserSession>, Fault> {
    let (ledger, caller) = session()?;
    ledger.sessions(&caller).await.map_err(refuse)
}

/// Signs the viewer out on one device, or everywhere but here.
#[server(prefix = "/fn", endpoint = "user/revoke", input = Json)]
pub async fn revoke_session(id: Option<String>) -> Result<(), Fault> {
    let (ledger, caller) = session()?;
    match id {
        Some(id) => ledger.revoke_session(&caller, &id).await,
        None => ledger.revoke_other_sessions(&caller).await,
    }
    .map_err(refuse)
}

/// Whether the viewer has a second factor.
#[server(prefix = "/fn", endpoint = "user/second-factor", input = Json)]
pub async fn read_second_factor() -> Result<SecondFactor, Fault> {
    let (ledger, caller) = session()?;
    ledger.second_factor(&caller).await.map_err(refuse)
}

/// Makes a secret for an authenticator app.
#[server(prefix = "/fn", endpoint = "user/second-factor/begin", input = Json)]
pub async fn begin_second_factor(current_password: String) -> Result<SecondFactorSetup, Fault> {
    let (ledger, caller) = session()?;
    ledger.begin_second_factor(&caller, &current_password).await.map_err(refuse)
}

/// Turns the second factor on; answers the recovery codes, this once.
#[server(prefix = "/fn", endpoint = "user/second-factor/confirm", input = Json)]
pub async fn confirm_second_factor(code: String) -> Result<Vec<String>, Fault> {
    let (ledger, caller) = session()?;
    ledger.confirm_second_factor(&caller, &code).await.map_err(refuse)
}

/// Takes the second factor off.
#[server(prefix = "/fn", endpoint = "user/second-factor/remove", input = Json)]
pub async fn remove_second_factor(current_password: String) -> Result<(), Fault> {
    let (ledger, caller) = session()?;
    ledger.end_second_factor(&caller, &current_password).await.map_err(refuse)
}

/// A one-time link as the admin hands it on: the path on this desk, and until when it is good.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Link {
    /// Path and query.
    pub path: String,
    /// Until when.
    pub expires_at: DateTime<Utc>,
}

#[cfg(feature = "ssr")]
impl From<ledger::OneTimeLink> for Link {
    fn from(link: ledger::OneTimeLink) -> Self {
        Self { path: link.path(), expires_at: link.expires_at }
    }
}

/// Lets somebody in, who chooses a password by the link (admin).
#[server(prefix = "/fn", endpoint = "user/invite", input = Json)]
pub async fn invite(invitation: Invitation) -> Result<(User, Link), Fault> {
    let (ledger, caller) = session()?;
    let (user, link) = ledger.invite(&caller, &invitation).await.map_err(refuse)?;
    Ok((user, link.into()))
}

/// A link by which somebody chooses a new password (admin).
#[server(prefix = "/fn", endpoint = "user/link", input = Json)]
pub async fn new_link(id: UserId) -> Result<Link, Fault> {
    let (ledger, caller) = session()?;
    ledger.reset_link(&caller, &id).await.map(Link::from).map_err(refuse)
}

/// API tokens that are good (admin).
#[server(prefix = "/fn", endpoint = "token/list", input = Json)]
pub async fn list_tokens() -> Result<Page<ApiToken>, Fault> {
    let (ledger, caller) = session()?;
    ledger.tokens(&caller).await.map_err(refuse)
}

/// Makes an API token (admin); answers its secret, this once.
#[server(prefix = "/fn", endpoint = "token/create", input = Json)]
pub async fn create_token(new: NewApiToken) -> Result<(ApiToken, String), Fault> {
    let (ledger, caller) = session()?;
    ledger.create_token(&caller, &new).await.map_err(refuse)
}

/// Makes an API token worthless (admin).
#[server(prefix = "/fn", endpoint = "token/revoke", input = Json)]
pub async fn revoke_token(id: String) -> Result<(), Fault> {
    let (ledger, caller) = session()?;
    ledger.revoke_token(&caller, &id).await.map_err(refuse)
}
