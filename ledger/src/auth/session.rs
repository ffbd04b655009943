//! One's own sign-ins: on which devices, used when, ended one by one or all but this one.

use domain::Action;
use domain::user::UserSession;

use crate::store::key;
use crate::{Caller, Error, Ledger, Result};

impl Ledger {
    /// The caller's sessions, the one used last first.
    pub async fn sessions(&self, caller: &Caller) -> Result<Vec<UserSession>> {
        caller.authorise(Action::Read)?;
        caller.as_person()?;
        let now = self.clock().waking_now();
        let rows = self.store().sessions_of(caller.id.as_str()).await?;
        let mut sessions: Vec<UserSession> = rows
            .into_iter()
            .filter(|row| row.expires_at > now)
            .map(|row| {
                let id = key(row.id);
                UserSession {
                    current: id == caller.session_id,
                    id,
                    device: row.device,
                    created_at: row.created_at,
                    last_used_at: row.last_used_at,
                }
            })
            .collect();
        sessions.sort_by_key(|session| (!session.current, std::cmp::Reverse(session.last_used_at)));
        Ok(sessions)
    }

    /// Ends one of the caller's sessions. 404 where it is nobody's or somebody else's.
    pub async fn revoke_session(&self, caller: &Caller, id: &str) -> Result<()> {
        caller.authorise(Action::Read)?;
        caller.as_person()?;
        let session = self.store().session(id).await?.filter(|row| row.user_id == caller.id.as_str());
        session.ok_or(Error::NotFound("session"))?;
        self.forget_callers();
        self.store().end_session(id).await
    }

    /// Ends the caller's sessions but for this one.
    pub async fn revoke_other_sessions(&self, caller: &Caller) -> Result<()> {
        caller.authorise(Action::Read)?;
        caller.as_person()?;
        self.forget_callers();
        self.store().end_sessions_of(caller.id.as_str(), Some(&caller.session_id)).await
    }
}
