//! Sign-in: passwords (argon2id), access tokens (JWT of minutes), refresh tokens (used once, kept hashed).

use argon2::password_hash::phc::PasswordHash;
use argon2::password_hash::{PasswordHasher, PasswordVerifier};
use argon2::{Algorithm, Argon2, Params, Version};
use chrono::Duration;
use domain::user::{Registration, email_key};
use domain::{EventKind, Role, SignUp, User, UserId};
use hmac::{Hmac, KeyInit, Mac};
use jsonwebtoken::{DecodingKey, EncodingKey, Header, Validation};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;

use crate::chain::hex;
use crate::commit::{Command, Needs, NewEvent};
use crate::store::record;
use crate::store::rows::{SessionRow, UserRow};
use crate::{Caller, Error, Ledger, Result};

/// How people sign in.
#[derive(Clone)]
pub struct AuthConfig {
    /// Key that signs access tokens, at least 32 bytes.
    pub signing_key: Vec<u8>,
    /// Minutes an access token lasts.
    pub access_minutes: i64,
    /// Days a refresh token lasts without use.
    pub refresh_days: i64,
    /// What happens to people who register after the first.
    pub sign_up: SignUp,
}

impl std::fmt::Debug for AuthConfig {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("AuthConfig")
            .field("access_minutes", &self.access_minutes)
            .field("refresh_days", &self.refresh_days)
            .field("sign_up", &self.sign_up)
            .finish_non_exhaustive()
    }
}

/// A fresh sign-in.
#[derive(Clone)]
pub struct SignedIn {
    /// Short-lived JWT.
    pub access_token: String,
    /// Seconds the access token lasts.
    pub expires_in: i64,
    /// Long-lived, used once.
    pub refresh_token: String,
    /// Seconds the refresh token lasts.
    pub refresh_expires_in: i64,
    /// Who signed in.
    pub user: User,
}

/// Tokens of other kinds or for other services are not access tokens of this one.
const AUDIENCE: &str = "duebook:access";

#[derive(Serialize, Deserialize)]
struct Claims {
    sub: String,
    sid: String,
    aud: String,
    iat: i64,
    exp: i64,
}

impl Ledger {
    /// Registers a person: the first is an active admin, later ones as the sign-up setting says. 409 `email_taken`.
    pub async fn register(&self, registration: &Registration, request_id: Option<String>) -> Result<User> {
        let registration = registration.validate()?;
        let sign_up = self.inner.config.auth.sign_up;
        if sign_up == SignUp::Closed && self.has_users().await? {
            return Err(Error::SignUpClosed);
        }
        let password_hash = hash_password(registration.password.clone()).await?;
        let id = UserId::from_unique(&self.unique());
        let caller = Caller {
            id: id.clone(),
            name: registration.name.clone(),
            role: Role::Viewer,
            session_id: String::new(),
            request_id,
        };
        let email = email_key(&registration.email);
        let needs = Needs { all_users: true, emails: vec![email.clone()], ..Needs::default() };
        let answer_id = id.clone();
        let command = Command::new(
            &caller,
            needs,
            move |desk, moment| {
                let first = desk.everyone()?.is_empty();
                if !first && sign_up == SignUp::Closed {
                    return Err(Error::SignUpClosed.into());
                }
                if desk.email_owner(&email)?.is_some() {
                    return Err(Error::conflict(
                        "email_taken",
                        "Someone registered with this e-mail address already; sign in instead.",
                    )
                    .into());
                }
                let row = UserRow {
                    id: record("user", id.as_str()),
                    name: registration.name.clone(),
                    email: registration.email.clone(),
                    role: if first { Role::Admin } else { Role::Viewer }.as_str().to_owned(),
                    active: first || sign_up == SignUp::Open,
                    password_hash: password_hash.clone(),
                    version: 1,
                    created_at: moment.at,
                    updated_at: moment.at,
                };
                let user = row.user()?;
                desk.set_email(&email, id.clone());
                desk.put_user(row);
                Ok(Some(NewEvent::new(EventKind::UserCreated, "user", id.as_str()).with("user", &user)))
            },
            move |desk| match desk.users.get(&answer_id) {
                Some(Some(row)) => row.user(),
                _ => Err(Error::NotFound("user")),
            },
        );
        Ok(self.commit(command).await?.value)
    }

    /// Whether anyone has registered yet.
    pub async fn has_users(&self) -> Result<bool> {
        self.store().has_users().await
    }

    /// Checks the password and starts a session. `device` is what the browser calls itself.
    pub async fn sign_in(&self, email: &str, password: &str, device: Option<&str>) -> Result<SignedIn> {
        let row = self.store().user_by_email(&email_key(email)).await?;
        // A wrong address costs as much time as a wrong password: some hash is always checked.
        let hash = row.as_ref().map_or(&self.inner.decoy_hash, |row| &row.password_hash).clone();
        let right = check_password(password.to_owned(), hash).await?;
        let row = row.filter(|_| right).ok_or(Error::WrongCredentials)?;
        let user = row.user()?;
        if !user.active {
            return Err(Error::AwaitingApproval);
        }
        let now = self.clock().waking_now();
        let session_id = format!("ses_{}", self.unique());
        let mut secret = [0_u8; 32];
        getrandom::fill(&mut secret).map_err(Error::internal)?;
        let refresh_token = format!("{session_id}.{}", hex(&secret));
        self.store()
            .put_session(SessionRow {
                id: record("session", &session_id),
                user_id: user.id.as_str().to_owned(),
                device: device.unwrap_or("unknown").chars().take(200).collect(),
                token_hash: digest(&refresh_token),
                previous_hash: None,
                rotated_at: now,
                created_at: now,
                last_used_at: now,
                expires_at: now + Duration::days(self.inner.config.auth.refresh_days),
            })
            .await?;
        self.signed_in(user, &session_id, refresh_token)
    }

    /// Trades a refresh token for a new pair. The token before the current one gets the current one again (its answer
    /// was lost, or two tabs raced); anything older is a stolen token and ends the session.
    pub async fn refresh(&self, refresh_token: &str) -> Result<SignedIn> {
        let (session_id, _) = refresh_token.split_once('.').ok_or(Error::Unauthenticated)?;
        let presented = digest(refresh_token);
        let successor = format!("{session_id}.{}", self.successor(refresh_token)?);
        let now = self.clock().waking_now();
        let expires_at = now + Duration::days(self.inner.config.auth.refresh_days);
        // Twice: when another request rotates between reading and rotating, the second look sees that.
        for _ in 0..2 {
            let session = self.store().session(session_id).await?.ok_or(Error::Unauthenticated)?;
            if session.expires_at <= now {
                return Err(Error::Unauthenticated);
            }
            let current = same(&session.token_hash, &presented);
            let previous = session.previous_hash.as_deref().is_some_and(|hash| same(hash, &presented));
            if !current && !previous {
                tracing::warn!(session = session_id, "a spent refresh token came back; the session is ended");
                self.forget_callers();
                self.store().end_session(session_id).await?;
                return Err(Error::Unauthenticated);
            }
            let user = self.active_user(&session.user_id).await?;
            if previous {
                return self.signed_in(user, session_id, successor);
            }
            if self
                .store()
                .rotate_session(session_id, &presented, &digest(&successor), now, expires_at)
                .await?
            {
                return self.signed_in(user, session_id, successor);
            }
        }
        Err(Error::Unauthenticated)
    }

    /// Ends the session the refresh token belongs to. An unknown token is no error.
    pub async fn sign_out(&self, refresh_token: &str) -> Result<()> {
        let Some((session_id, _)) = refresh_token.split_once('.') else { return Ok(()) };
        let Some(session) = self.store().session(session_id).await? else { return Ok(()) };
        let presented = digest(refresh_token);
        let known = same(&session.token_hash, &presented)
            || session.previous_hash.as_deref().is_some_and(|hash| same(hash, &presented));
        if known {
            self.forget_callers();
            self.store().end_session(session_id).await?;
        }
        Ok(())
    }

    /// Ends the caller's own session.
    pub async fn end_session(&self, caller: &Caller) -> Result<()> {
        self.forget_callers();
        self.store().end_session(&caller.session_id).await
    }

    /// Who holds this access token, with the role they have now. Ended sessions and inactive users are refused.
    pub async fn authenticate(&self, access_token: &str) -> Result<Caller> {
        let mut validation = Validation::new(jsonwebtoken::Algorithm::HS256);
        validation.set_audience(&[AUDIENCE]);
        // The clock of this crate decides, not the library's.
        validation.validate_exp = false;
        validation.set_required_spec_claims(&["exp", "aud", "sub"]);
        let key = DecodingKey::from_secret(&self.inner.config.auth.signing_key);
        let claims = jsonwebtoken::decode::<Claims>(access_token, &key, &validation)
            .map_err(|_| Error::Unauthenticated)?
            .claims;
        let now = self.clock().waking_now();
        if claims.exp <= now.timestamp() {
            return Err(Error::Unauthenticated);
        }
        if let Some(caller) = self.known_caller(&claims.sid) {
            return Ok(caller);
        }
        let generation = self.caller_generation();
        let session = self.store().session(&claims.sid).await?.ok_or(Error::Unauthenticated)?;
        if session.user_id != claims.sub || session.expires_at <= now {
            return Err(Error::Unauthenticated);
        }
        let user = self.active_user(&session.user_id).await?;
        let caller = Caller {
            id: user.id,
            name: user.name,
            role: user.role,
            session_id: claims.sid,
            request_id: None,
        };
        self.remember_caller(&caller, generation);
        Ok(caller)
    }

    /// Whether the caller's session still holds with the same role: a live socket asks this.
    pub async fn still_holds(&self, caller: &Caller) -> bool {
        let now = self.clock().waking_now();
        let session = self.store().session(&caller.session_id).await;
        match session {
            Ok(Some(session)) if session.expires_at > now => {
                self.active_user(&session.user_id).await.is_ok_and(|user| user.role == caller.role)
            }
            // A database that does not answer says nothing about the session.
            Err(Error::Database(_)) => true,
            _ => false,
        }
    }

    async fn active_user(&self, id: &str) -> Result<User> {
        let user = self.store().user(id).await?.ok_or(Error::Unauthenticated)?.user()?;
        if user.active { Ok(user) } else { Err(Error::Unauthenticated) }
    }

    fn signed_in(&self, user: User, session_id: &str, refresh_token: String) -> Result<SignedIn> {
        let auth = &self.inner.config.auth;
        let now = self.clock().waking_now();
        let expires_in = auth.access_minutes * 60;
        let claims = Claims {
            sub: user.id.as_str().to_owned(),
            sid: session_id.to_owned(),
            aud: AUDIENCE.to_owned(),
            iat: now.timestamp(),
            exp: now.timestamp() + expires_in,
        };
        let key = EncodingKey::from_secret(&auth.signing_key);
        let access_token =
            jsonwebtoken::encode(&Header::default(), &claims, &key).map_err(Error::internal)?;
        Ok(SignedIn {
            access_token,
            expires_in,
            refresh_token,
            refresh_expires_in: auth.refresh_days * 86_400,
            user,
        })
    }

    /// The secret of the token after `token`. Derived, so that two requests that race with the same token get the same
    /// successor and neither signs the other out.
    fn successor(&self, token: &str) -> Result<String> {
        let mut mac =
            Hmac::<Sha256>::new_from_slice(&self.inner.config.auth.signing_key).map_err(Error::internal)?;
        mac.update(b"refresh\0");
        mac.update(token.as_bytes());
        Ok(hex(&mac.finalize().into_bytes()))
    }
}

fn digest(token: &str) -> String {
    hex(&Sha256::digest(token.as_bytes()))
}

fn same(one: &str, other: &str) -> bool {
    one.as_bytes().ct_eq(other.as_bytes()).into()
}

/// OWASP's first choice for argon2id (Password Storage Cheat Sheet, 2025): 19 MiB, 2 passes, 1 lane.
fn argon2() -> Argon2<'static> {
    let params = Params::new(19 * 1024, 2, 1, None).unwrap_or_default();
    Argon2::new(Algorithm::Argon2id, Version::V0x13, params)
}

/// Hashes off the async threads: it takes tens of milliseconds on purpose.
pub(crate) async fn hash_password(password: String) -> Result<String> {
    tokio::task::spawn_blocking(move || {
        let hash: PasswordHash = argon2().hash_password(password.as_bytes())?;
        Ok::<_, argon2::password_hash::Error>(hash.to_string())
    })
    .await
    .map_err(Error::internal)?
    .map_err(|error| Error::internal(error.to_string()))
}

pub(crate) async fn check_password(password: String, hash: String) -> Result<bool> {
    tokio::task::spawn_blocking(move || {
        // Longer ones were never accepted; hashing them would only cost time.
        password.chars().count() <= domain::user::PASSWORD_MAX
            && PasswordHash::new(&hash)
                .is_ok_and(|hash| argon2().verify_password(password.as_bytes(), &hash).is_ok())
    })
    .await
    .map_err(Error::internal)
}
