//! Users.

use domain::user::Colleague;
use domain::{Action, EventKind, Page, Role, User, UserId};
use serde::{Deserialize, Serialize};

use crate::auth::password::{hash_password, new_password};
use crate::commit::{Command, Needs, NewEvent};
use crate::customer::page;
use crate::{Caller, Error, Ledger, Result};

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
    pub async fn me(&self, caller: &Caller) -> Result<User> {
        caller.authorise(Action::Read)?;
        caller.as_person()?;
        self.store().user(caller.id.as_str()).await?.ok_or(Error::NotFound("user"))?.user()
    }

    /// The caller's own name.
    pub async fn rename_me(&self, caller: &Caller, name: &str) -> Result<User> {
        caller.authorise(Action::Read)?;
        caller.as_person()?;
        let patch = UserPatch { name: Some(name.to_owned()), ..UserPatch::default() };
        self.change_user(caller, &caller.id, patch).await
    }

    /// A new password; ends the caller's other sessions.
    pub async fn change_password(&self, caller: &Caller, current: &str, new: &str) -> Result<()> {
        let user = self.prove_password(caller, current).await?;
        let new = new_password("new_password", new, &[&user.name, &user.email]).await?;
        self.put_password(caller, &user.id, hash_password(new).await?).await?;
        self.forget_callers();
        self.store().end_sessions_of(caller.id.as_str(), Some(&caller.session_id)).await
    }

    /// Everyone, by name (admin).
    pub async fn users(&self, caller: &Caller) -> Result<Page<User>> {
        caller.authorise(Action::ManageUsers)?;
        let rows = self.store().users().await?;
        let users: Vec<User> = rows.iter().map(|row| row.user()).collect::<Result<_>>()?;
        let total = users.len() as u64;
        Ok(page(users, None, total))
    }

    /// Everyone by name, as all who work here may know them.
    pub async fn colleagues(&self, caller: &Caller) -> Result<Vec<Colleague>> {
        caller.authorise(Action::Read)?;
        let rows = self.store().users().await?;
        let known = |row: crate::store::rows::UserRow| Colleague {
            id: UserId::from(crate::store::key(row.id)),
            name: row.name,
            active: row.active,
        };
        Ok(rows.into_iter().map(known).collect())
    }

    /// Changes a user (admin). The last active admin can't be demoted or shut out.
    pub async fn update_user(&self, caller: &Caller, id: &UserId, patch: &UserPatch) -> Result<User> {
        caller.authorise(Action::ManageUsers)?;
        let user = self.change_user(caller, id, patch.clone()).await?;
        if !user.active {
            self.store().end_sessions_of(id.as_str(), None).await?;
        }
        Ok(user)
    }

    async fn change_user(&self, caller: &Caller, id: &UserId, patch: UserPatch) -> Result<User> {
        let name = patch
            .name
            .as_deref()
            .map(|name| domain::field::required_line("name", "a name", name, 100))
            .transpose()?;
        let needs = Needs { users: vec![id.clone()], all_users: true, ..Needs::default() };
        let id = id.clone();
        let answer_id = id.clone();
        let command = Command::new(
            caller,
            needs,
            move |desk, _| {
                let before = desk.user(&id)?.clone();
                let shown = before.user()?;
                if patch.version.is_some_and(|version| version != shown.version) {
                    return Err(Error::stale(&shown).into());
                }
                let mut after = before.clone();
                after.name = name.clone().unwrap_or(after.name);
                after.role = patch.role.unwrap_or(shown.role).as_str().to_owned();
                after.active = patch.active.unwrap_or(after.active);
                if after == before {
                    return Ok(None);
                }
                let leads = |role: &str, active: bool| active && role == Role::Admin.as_str();
                if leads(&before.role, before.active) && !leads(&after.role, after.active) {
                    let admins =
                        desk.everyone()?.iter().filter(|user| leads(&user.role, user.active)).count();
                    if admins <= 1 {
                        return Err(Error::conflict(
                            "last_admin",
                            "This is the last active admin; make someone else an admin first.",
                        )
                        .into());
                    }
                }
                desk.put_user(after);
                Ok(Some(NewEvent::new(EventKind::UserUpdated, "user", id.as_str())))
            },
            move |desk| desk.known_user(&answer_id),
        );
        let user = self.commit(command).await?.value;
        self.forget_callers();
        Ok(user)
    }
}
