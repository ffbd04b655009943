//! Users.
use domain::{Page, Role, User, UserId};
use serde::{Deserialize, Serialize};
use crate::{Caller, Ledger, Result};

/// A change of a user by an admin.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct UserPatch {
    /// New role.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub role: Option<Role>,
    /// Let in, or shut out (which ends their sessions).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub active: Option<bool>,
    /// New name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// The version this change was made from.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub version: Option<i64>,
}

impl Ledger {
    /// The caller.
    pub async fn me(&self, caller: &Caller) -> Result<User> { todo!() }
    /// The caller's own name.
    pub async fn rename_me(&self, caller: &Caller, name: &str) -> Result<User> { todo!() }
    /// A new password; ends the caller's other sessions.
    pub async fn change_password(&self, caller: &Caller, current: &str, new: &str) -> Result<()> { todo!() }
    /// Everyone, by name (admin).
    pub async fn users(&self, caller: &Caller) -> Result<Page<User>> { todo!() }
    /// Changes a user (admin). The last active admin can't be demoted or shut out.
    pub async fn update_user(&self, caller: &Caller, id: &UserId, patch: &UserPatch) -> Result<User> { todo!() }
}
