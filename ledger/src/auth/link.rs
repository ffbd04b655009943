//! One-time links: an invitation, or a new password for somebody who lost theirs. Whoever has the link chooses the password;
//! its secret is kept hashed and is good once.

use chrono::{DateTime, Duration, Utc};
use domain::user::{Invitation, email_key};
use domain::{Action, EventKind, User, UserId};

use super::password::{hash_password, new_password};
use super::{digest, enter, secret};
use crate::commit::{Command, Needs, NewEvent};
use crate::store::record;
use crate::store::rows::LinkRow;
use crate::{Caller, Error, Ledger, Result};

/// How long an invitation is good.
const INVITED: Duration = Duration::days(7);
/// How long a link to a new password is good.
const RESET: Duration = Duration::hours(24);

/// A link as whoever asked for it gets it, once.
#[derive(Clone)]
pub struct OneTimeLink {
    /// What the page `/join` is asked with.
    pub token: String,
    /// Until when it is good.
    pub expires_at: DateTime<Utc>,
}

impl OneTimeLink {
    /// Where it leads, from the address of the desk on.
    pub fn path(&self) -> String {
        format!("/join?token={}", self.token)
    }
}

impl Ledger {
    /// Adds a person, who chooses a password by the link (admin). 409 `email_taken`.
    pub async fn invite(&self, caller: &Caller, invitation: &Invitation) -> Result<(User, OneTimeLink)> {
        caller.authorise(Action::ManageUsers)?;
        let user = self.add_user(caller, invitation, String::new()).await?;
        let link = self.new_link(&user.id, INVITED).await?;
        Ok((user, link))
    }

    /// Adds a person with a password, who may sign in at once (admin): for the command line.
    pub async fn add_user_with_password(
        &self,
        caller: &Caller,
        invitation: &Invitation,
        password: &str,
    ) -> Result<User> {
        caller.authorise(Action::ManageUsers)?;
        let clean = invitation.validate()?;
        let password = new_password("password", password, &[&clean.name, &clean.email]).await?;
        self.add_user(caller, invitation, hash_password(password).await?).await
    }

    async fn add_user(
        &self,
        caller: &Caller,
        invitation: &Invitation,
        password_hash: String,
    ) -> Result<User> {
        let invitation = invitation.validate()?;
        let id = UserId::from_unique(&self.unique());
        let needs = Needs { emails: vec![email_key(&invitation.email)], ..Needs::default() };
        let answer_id = id.clone();
        let command = Command::new(
            caller,
            needs,
            move |desk, moment| {
                let taken =
                    "Someone has this e-mail address already; change their role, or give them a new link.";
                enter(desk, moment, &id, &invitation, true, &password_hash, taken)
            },
            move |desk| desk.known_user(&answer_id),
        );
        Ok(self.commit(command).await?.value)
    }

    /// A link by which somebody chooses a new password (admin), or once more their first. Links from before are void.
    pub async fn reset_link(&self, caller: &Caller, id: &UserId) -> Result<OneTimeLink> {
        caller.authorise(Action::ManageUsers)?;
        let user = self.store().user(id.as_str()).await?.ok_or(Error::NotFound("user"))?.user()?;
        self.new_link(id, if user.invited { INVITED } else { RESET }).await
    }

    /// A user by e-mail address (admin): for the command line.
    pub async fn find_user(&self, caller: &Caller, email: &str) -> Result<User> {
        caller.authorise(Action::ManageUsers)?;
        self.store().user_by_email(&email_key(email)).await?.ok_or(Error::NotFound("user"))?.user()
    }

    async fn new_link(&self, id: &UserId, lasts: Duration) -> Result<OneTimeLink> {
        let token = secret()?;
        let expires_at = self.clock().waking_now() + lasts;
        let row = LinkRow {
            id: record("one_time_link", &digest(&token)),
            user_id: id.as_str().to_owned(),
            expires_at,
        };
        self.store().put_link(row).await?;
        Ok(OneTimeLink { token, expires_at })
    }

    /// Whose link it is. 404 when it was used, is too old, or never was.
    pub async fn link_owner(&self, token: &str) -> Result<User> {
        let now = self.clock().waking_now();
        let row = self.store().link(&digest(token)).await?.filter(|row| row.expires_at > now);
        let row = row.ok_or(Error::NotFound("link"))?;
        let user = self.store().user(&row.user_id).await?.ok_or(Error::NotFound("link"))?.user()?;
        if user.active { Ok(user) } else { Err(Error::NotFound("link")) }
    }

    /// Sets the password of the link's owner, ends their sessions and takes their second factor off: the link is for those
    /// who lost what they signed in with.
    pub async fn follow_link(&self, token: &str, password: &str, request_id: Option<String>) -> Result<User> {
        let user = self.link_owner(token).await?;
        let password = new_password("password", password, &[&user.name, &user.email]).await?;
        let password_hash = hash_password(password).await?;
        // From here on nobody else follows it.
        if !self.store().take_link(&digest(token)).await? {
            return Err(Error::NotFound("link"));
        }
        self.let_back_in(&Caller::as_user(&user, request_id), &user.id, password_hash).await
    }

    /// Sets somebody's password (admin) as a followed link would: for the command line.
    pub async fn reset_password(&self, caller: &Caller, user: &User, password: &str) -> Result<()> {
        caller.authorise(Action::ManageUsers)?;
        let password = new_password("password", password, &[&user.name, &user.email]).await?;
        self.let_back_in(caller, &user.id, hash_password(password).await?).await?;
        Ok(())
    }

    /// A new password for who lost what they signed in with: their sessions and their second factor end.
    async fn let_back_in(&self, caller: &Caller, id: &UserId, password_hash: String) -> Result<User> {
        let user = self.put_password(caller, id, password_hash).await?;
        self.store().end_second_factor(id.as_str()).await?;
        self.forget_callers();
        self.store().end_sessions_of(id.as_str(), None).await?;
        Ok(user)
    }

    /// Writes a new password's hash, with the event that says so.
    pub(crate) async fn put_password(&self, caller: &Caller, id: &UserId, hash: String) -> Result<User> {
        let (id, answer_id) = (id.clone(), id.clone());
        let needs = Needs { users: vec![id.clone()], ..Needs::default() };
        let command = Command::new(
            caller,
            needs,
            move |desk, _| {
                let mut row = desk.user(&id)?.clone();
                row.password_hash = hash.clone();
                desk.put_user(row);
                Ok(Some(
                    NewEvent::new(EventKind::UserUpdated, "user", id.as_str()).with("password", "changed"),
                ))
            },
            move |desk| desk.known_user(&answer_id),
        );
        Ok(self.commit(command).await?.value)
    }
}
