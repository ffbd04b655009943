//! API tokens: what programs sign in with. Shown once, kept hashed, with a role and an end.

use chrono::Duration;
use domain::user::{ApiToken, NewApiToken};
use domain::{Action, EventKind, Page};

use super::{digest, same, secret};
use crate::commit::{Command, Needs, NewEvent};
use crate::customer::page;
use crate::store::record;
use crate::store::rows::TokenRow;
use crate::{Caller, Error, Ledger, Result};

/// What every token begins with, so that scanners for leaked secrets find it.
const PREFIX: &str = "dbk_";
/// What the ids of tokens begin with.
pub(crate) const TOKEN_ID: &str = "tok_";
/// How often a token's last use is written down.
const NOTED: Duration = Duration::minutes(5);

impl Ledger {
    /// The tokens that are good, the newest first (admin).
    pub async fn tokens(&self, caller: &Caller) -> Result<Page<ApiToken>> {
        caller.authorise(Action::ManageTokens)?;
        let now = self.clock().waking_now();
        let rows = self.store().tokens().await?;
        let good = rows.into_iter().filter(|row| row.revoked_at.is_none() && row.expires_at > now);
        let mut tokens = good.map(|row| row.token()).collect::<Result<Vec<_>>>()?;
        tokens.sort_by_key(|token| std::cmp::Reverse(token.created_at));
        let total = tokens.len() as u64;
        Ok(page(tokens, None, total))
    }

    /// Makes a token (admin); its secret is told this once.
    pub async fn create_token(&self, caller: &Caller, new: &NewApiToken) -> Result<(ApiToken, String)> {
        caller.authorise(Action::ManageTokens)?;
        let new = new.validate()?;
        let unique = self.unique();
        let told = format!("{PREFIX}{unique}_{}", secret()?);
        let row = TokenRow {
            id: record("api_token", &format!("{TOKEN_ID}{unique}")),
            name: new.name,
            role: new.role.as_str().to_owned(),
            token_hash: digest(&told),
            created_by: caller.name.clone(),
            created_at: self.clock().waking_now(),
            expires_at: self.clock().waking_now() + Duration::days(new.expires_in_days.into()),
            last_used_at: None,
            revoked_at: None,
        };
        let token = self.put_token(caller, row, EventKind::TokenCreated).await?;
        Ok((token, told))
    }

    /// Makes a token worthless at once (admin).
    pub async fn revoke_token(&self, caller: &Caller, id: &str) -> Result<()> {
        caller.authorise(Action::ManageTokens)?;
        let row = self.store().token(id).await?.filter(|row| row.revoked_at.is_none());
        let mut row = row.ok_or(Error::NotFound("token"))?;
        row.revoked_at = Some(self.clock().waking_now());
        self.put_token(caller, row, EventKind::TokenRevoked).await?;
        self.forget_callers();
        Ok(())
    }

    async fn put_token(&self, caller: &Caller, row: TokenRow, kind: EventKind) -> Result<ApiToken> {
        let answer = row.token()?;
        let command = Command::new(
            caller,
            Needs::default(),
            move |desk, _| {
                let token = row.token()?;
                let event = NewEvent::new(kind, "token", &token.id);
                desk.put_token(row.clone());
                Ok(Some(event.with("token", &token)))
            },
            move |_| Ok(answer.clone()),
        );
        Ok(self.commit(command).await?.value)
    }

    /// Who comes with this API token; `None` when it is no API token at all.
    pub(super) async fn token_caller(&self, token: &str) -> Result<Option<Caller>> {
        let Some(id) = token.strip_prefix(PREFIX).and_then(|rest| rest.split_once('_')).map(|(id, _)| id)
        else {
            return Ok(None);
        };
        // Known by what was presented, not by the id in it: another secret is another token.
        let presented = digest(token);
        if let Some(caller) = self.known_caller(&presented) {
            return Ok(Some(caller));
        }
        let generation = self.caller_generation();
        let row = self.store().token(&format!("{TOKEN_ID}{id}")).await?.ok_or(Error::Unauthenticated)?;
        let now = self.clock().waking_now();
        if !same(&row.token_hash, &presented) || row.revoked_at.is_some() || row.expires_at <= now {
            return Err(Error::Unauthenticated);
        }
        if row.last_used_at.is_none_or(|at| now - at > NOTED) {
            self.store().note_token_use(row.id.clone(), now).await?;
        }
        let token = row.token()?;
        let caller = Caller {
            id: token.id.as_str().into(),
            name: token.name,
            role: token.role,
            session_id: token.id,
            request_id: None,
        };
        self.remember_caller(presented, &caller, generation);
        Ok(Some(caller))
    }

    /// Whether an API token still holds with the role it had.
    pub(super) async fn token_holds(&self, caller: &Caller) -> Result<bool> {
        let now = self.clock().waking_now();
        let row = self.store().token(&caller.session_id).await?;
        Ok(row.is_some_and(|row| {
            row.revoked_at.is_none() && row.expires_at > now && row.role == caller.role.as_str()
        }))
    }
}
