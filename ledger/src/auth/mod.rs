//! Sign-in: passwords (argon2id) with an optional second factor, access tokens (JWT of minutes), refresh tokens (used once,
//! kept hashed), API tokens.

mod attempts;
mod link;
pub(crate) mod password;
mod sealing;
mod second_factor;
mod session;
#[cfg(test)]
mod tests;
mod token;

use chrono::Duration;
use domain::account::Moment;
use domain::user::{Invitation, Registration, email_key};
use domain::{EventKind, Role, SignUp, User, UserId};
use hmac::{Hmac, KeyInit, Mac};
use jsonwebtoken::{DecodingKey, EncodingKey, Header, Validation};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;

pub use link::OneTimeLink;
use password::{check_password, hash_password, is_outdated, new_password};
pub(crate) use token::TOKEN_ID;

use crate::chain::hex;
use crate::commit::{Command, Desk, Needs, NewEvent, Stop};
use crate::store::record;
use crate::store::rows::{SessionRow, UserRow};
use crate::{Caller, Error, Ledger, Result};

/// How people sign in.
#[derive(Clone)]
pub struct AuthConfig {
    /// Keys of access tokens, each at least 32 bytes: the first signs, the others are of before and still recognised.
    pub signing_keys: Vec<Vec<u8>>,
    /// Seals the secrets of second factors in the database: 32 bytes, the same at every node.
    pub sealing_key: Vec<u8>,
    /// Minutes an access token lasts.
    pub access_minutes: i64,
    /// Days a refresh token lasts without use.
    pub refresh_days: i64,
    /// What happens to people who register after the first.
    pub sign_up: SignUp,
    /// Wrong passwords within 15 minutes for one account from one address; ten times as many for an account from anywhere.
    pub password_attempts: i64,
}

/// What somebody signs in with. Its `Debug` form leaves the secrets out.
#[derive(Clone, Default)]
pub struct Credentials {
    /// E-mail address.
    pub email: String,
    /// Password.
    pub password: String,
    /// A code of the authenticator app, or a recovery code.
    pub code: Option<String>,
}

impl Credentials {
    /// Without a second factor.
    pub fn new(email: impl Into<String>, password: impl Into<String>) -> Self {
        Self { email: email.into(), password: password.into(), code: None }
    }
}

impl std::fmt::Debug for Credentials {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Credentials").field("email", &self.email).finish_non_exhaustive()
    }
}

/// Where somebody signs in from.
#[derive(Clone, Debug, Default)]
pub struct Client {
    /// IP address.
    pub address: String,
    /// What the browser calls itself.
    pub device: Option<String>,
}

/// The session that a refresh token says to be of.
pub fn session_of(refresh_token: &str) -> Option<&str> {
    refresh_token.split_once('.').map(|(session, _)| session)
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
    /// When the refresh token beside it was made, in microseconds: a use of this token says that both arrived.
    rot: i64,
}

/// Within this, the refresh token before the current one is a race between two tabs; after it, only good while the current
/// one was never used.
const RACE: Duration = Duration::seconds(30);

impl Ledger {
    /// Registers a person: the first is an active admin, later ones as the sign-up setting says. 409 `email_taken`.
    pub async fn register(&self, registration: &Registration, request_id: Option<String>) -> Result<User> {
        let registration = registration.validate()?;
        let sign_up = self.inner.config.auth.sign_up;
        if sign_up == SignUp::Closed && self.has_users().await? {
            return Err(Error::SignUpClosed);
        }
        let about = [registration.name.as_str(), registration.email.as_str()];
        let password = new_password("password", &registration.password, &about).await?;
        let password_hash = hash_password(password).await?;
        let id = UserId::from_unique(&self.unique());
        let caller = Caller {
            id: id.clone(),
            name: registration.name.clone(),
            role: Role::Viewer,
            session_id: String::new(),
            request_id,
        };
        let email = email_key(&registration.email);
        let needs = Needs { all_users: true, emails: vec![email], ..Needs::default() };
        let answer_id = id.clone();
        let command = Command::new(
            &caller,
            needs,
            move |desk, moment| {
                let first = desk.everyone()?.is_empty();
                if !first && sign_up == SignUp::Closed {
                    return Err(Error::SignUpClosed.into());
                }
                let person = Invitation {
                    name: registration.name.clone(),
                    email: registration.email.clone(),
                    role: if first { Role::Admin } else { Role::Viewer },
                };
                let active = first || sign_up == SignUp::Open;
                let taken = "Someone registered with this e-mail address already; sign in instead.";
                enter(desk, moment, &id, &person, active, &password_hash, taken)
            },
            move |desk| desk.known_user(&answer_id),
        );
        Ok(self.commit(command).await?.value)
    }

    /// Whether anyone has registered yet.
    pub async fn has_users(&self) -> Result<bool> {
        self.store().has_users().await
    }

    /// Checks the password, and the code where the person has a second factor, and starts a session.
    pub async fn sign_in(&self, credentials: &Credentials, client: &Client) -> Result<SignedIn> {
        let email = email_key(&credentials.email);
        let attempt = self.attempt(&email, &client.address).await?;
        // A wrong address costs as much time as a wrong password: some hash is always checked.
        let row = self.store().user_by_email(&email).await?.filter(|row| !row.password_hash.is_empty());
        let hash = row.as_ref().map_or(&self.inner.decoy_hash, |row| &row.password_hash).clone();
        let right = check_password(credentials.password.clone(), hash).await?;
        let row = row.filter(|_| right).ok_or(Error::WrongCredentials)?;
        let user = row.user()?;
        if !user.active {
            self.forgive(attempt).await?;
            return Err(Error::AwaitingApproval);
        }
        match self.check_code(&user, credentials.code.as_deref()).await {
            // A wrong code counts like a wrong password.
            Err(Error::WrongCode) => return Err(Error::WrongCode),
            answer => {
                self.forgive(attempt).await?;
                answer?;
            }
        }
        if is_outdated(&row.password_hash) {
            let hash = hash_password(credentials.password.clone()).await?;
            self.store().rehash(user.id.as_str(), &row.password_hash, &hash).await?;
        }
        let now = self.clock().waking_now();
        let session_id = format!("ses_{}", self.unique());
        let refresh_token = format!("{session_id}.{}", secret()?);
        self.store()
            .put_session(SessionRow {
                id: record("session", &session_id),
                user_id: user.id.as_str().to_owned(),
                device: client.device.as_deref().unwrap_or("unknown").chars().take(200).collect(),
                token_hash: digest(&refresh_token),
                previous_hash: None,
                rotated_at: now,
                arrived: Some(false),
                created_at: now,
                last_used_at: now,
                expires_at: now + Duration::days(self.inner.config.auth.refresh_days),
            })
            .await?;
        self.signed_in(user, &session_id, now, refresh_token)
    }

    /// Trades a refresh token for a new pair. The token before the current one gets the current one again while that may
    /// be because two tabs raced, or because the answer was lost: nothing that came with it was used yet. Anything else is a
    /// stolen token and ends the session.
    pub async fn refresh(&self, refresh_token: &str) -> Result<SignedIn> {
        let session_id = session_of(refresh_token).ok_or(Error::Unauthenticated)?;
        let presented = digest(refresh_token);
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
            let raced = session.arrived != Some(true) || now - session.rotated_at <= RACE;
            if !(current || previous && raced) {
                tracing::warn!(session = session_id, "a spent refresh token came back; the session is ended");
                self.forget_callers();
                self.store().end_session(session_id).await?;
                return Err(Error::Unauthenticated);
            }
            let user = self.active_user(&session.user_id).await?;
            // Derived with the key of before, where keys were changed since.
            let mut successors = Vec::new();
            for key in &self.inner.config.auth.signing_keys {
                successors.push(format!("{session_id}.{}", successor(key, refresh_token)?));
            }
            if previous {
                let given = successors.into_iter().find(|next| same(&digest(next), &session.token_hash));
                let given = given.ok_or(Error::Unauthenticated)?;
                return self.signed_in(user, session_id, session.rotated_at, given);
            }
            let Some(next) = successors.into_iter().next() else { return Err(no_key()) };
            if self.store().rotate_session(session_id, &presented, &digest(&next), now, expires_at).await? {
                return self.signed_in(user, session_id, now, next);
            }
        }
        Err(Error::Unauthenticated)
    }

    /// Ends the session the refresh token belongs to. An unknown token is no error.
    pub async fn sign_out(&self, refresh_token: &str) -> Result<()> {
        let Some(session_id) = session_of(refresh_token) else { return Ok(()) };
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
        if let Some(caller) = self.token_caller(access_token).await? {
            return Ok(caller);
        }
        let mut validation = Validation::new(jsonwebtoken::Algorithm::HS256);
        validation.set_audience(&[AUDIENCE]);
        // The clock of this crate decides, not the library's.
        validation.validate_exp = false;
        validation.set_required_spec_claims(&["exp", "aud", "sub"]);
        let said = jsonwebtoken::decode_header(access_token).map_err(|_| Error::Unauthenticated)?.kid;
        let keys = &self.inner.config.auth.signing_keys;
        let key =
            keys.iter().find(|key| said.as_deref() == Some(&key_id(key))).ok_or(Error::Unauthenticated)?;
        let key = DecodingKey::from_secret(key);
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
        if session.arrived == Some(false) && session.rotated_at.timestamp_micros() == claims.rot {
            self.store().note_arrival(&claims.sid, &session.token_hash).await?;
        }
        let user = self.active_user(&session.user_id).await?;
        let caller = Caller {
            id: user.id,
            name: user.name,
            role: user.role,
            session_id: claims.sid,
            request_id: None,
        };
        self.remember_caller(caller.session_id.clone(), &caller, generation);
        Ok(caller)
    }

    /// Whether the caller's session still holds with the same role: a live socket asks this.
    pub async fn still_holds(&self, caller: &Caller) -> bool {
        if caller.is_token() {
            return match self.token_holds(caller).await {
                Ok(holds) => holds,
                Err(error) => matches!(error, Error::Database(_)),
            };
        }
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

    fn signed_in(
        &self,
        user: User,
        session_id: &str,
        rotated_at: chrono::DateTime<chrono::Utc>,
        refresh_token: String,
    ) -> Result<SignedIn> {
        let auth = &self.inner.config.auth;
        let now = self.clock().waking_now();
        let expires_in = auth.access_minutes * 60;
        let claims = Claims {
            sub: user.id.as_str().to_owned(),
            sid: session_id.to_owned(),
            aud: AUDIENCE.to_owned(),
            iat: now.timestamp(),
            exp: now.timestamp() + expires_in,
            rot: rotated_at.timestamp_micros(),
        };
        let key = auth.signing_keys.first().ok_or_else(no_key)?;
        let header = Header { kid: Some(key_id(key)), ..Header::default() };
        let access_token = jsonwebtoken::encode(&header, &claims, &EncodingKey::from_secret(key))
            .map_err(Error::internal)?;
        Ok(SignedIn {
            access_token,
            expires_in,
            refresh_token,
            refresh_expires_in: auth.refresh_days * 86_400,
            user,
        })
    }
}

/// The secret of the token after `token`. Derived, so that two requests that race with the same token get the same successor
/// and neither signs the other out.
fn successor(key: &[u8], token: &str) -> Result<String> {
    let mut mac = Hmac::<Sha256>::new_from_slice(key).map_err(Error::internal)?;
    mac.update(b"refresh\0");
    mac.update(token.as_bytes());
    Ok(hex(&mac.finalize().into_bytes()))
}

/// What names a key in the header of a token, without telling anything of it.
fn key_id(key: &[u8]) -> String {
    let mut hash = Sha256::new();
    hash.update(b"kid\0");
    hash.update(key);
    hex(&hash.finalize())[..16].to_owned()
}

fn no_key() -> Error {
    Error::internal("there is no key to sign with")
}

/// A new secret of 32 random bytes, in hexadecimal.
fn secret() -> Result<String> {
    let mut bytes = [0_u8; 32];
    getrandom::fill(&mut bytes).map_err(Error::internal)?;
    Ok(hex(&bytes))
}

/// Enters a person whose address nobody has yet; `taken` says what to do about one that somebody has.
fn enter(
    desk: &mut Desk,
    moment: Moment,
    id: &UserId,
    person: &Invitation,
    active: bool,
    password_hash: &str,
    taken: &'static str,
) -> Result<Option<NewEvent>, Stop> {
    let email = email_key(&person.email);
    if desk.email_owner(&email)?.is_some() {
        return Err(Error::conflict("email_taken", taken).into());
    }
    desk.set_email(&email, id.clone());
    desk.put_user(UserRow {
        id: record("user", id.as_str()),
        name: person.name.clone(),
        email: person.email.clone(),
        role: person.role.as_str().to_owned(),
        active,
        password_hash: password_hash.to_owned(),
        version: 1,
        created_at: moment.at,
        updated_at: moment.at,
    });
    Ok(Some(NewEvent::new(EventKind::UserCreated, "user", id.as_str())))
}

fn digest(token: &str) -> String {
    hex(&Sha256::digest(token.as_bytes()))
}

fn same(one: &str, other: &str) -> bool {
    one.as_bytes().ct_eq(other.as_bytes()).into()
}
