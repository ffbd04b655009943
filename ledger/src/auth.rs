//! Sign-in.
use domain::user::Registration;
use domain::{SignUp, User};
use crate::{Caller, Ledger, Result};

/// How people sign in.
#[derive(Clone, Debug)]
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

/// A fresh sign-in.
#[derive(Clone, Debug)]
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

impl Ledger {
    /// Registers a person: the first is an active admin, later ones as the sign-up setting says. 409 `email_taken`.
    pub async fn register(&self, registration: &Registration, request_id: Option<String>) -> Result<User> { todo!() }
    /// Whether anyone has registered yet.
    pub async fn has_users(&self) -> Result<bool> { todo!() }
    /// Checks the password and starts a session. `device` is what the browser calls itself.
    pub async fn sign_in(&self, email: &str, password: &str, device: Option<&str>) -> Result<SignedIn> { todo!() }
    /// Trades a refresh token for a new pair.
    pub async fn refresh(&self, refresh_token: &str) -> Result<SignedIn> { todo!() }
    /// Ends the session the refresh token belongs to. An unknown token is no error.
    pub async fn sign_out(&self, refresh_token: &str) -> Result<()> { todo!() }
    /// Ends the caller's own session.
    pub async fn end_session(&self, caller: &Caller) -> Result<()> { todo!() }
    /// Who holds this access token, with the role they have now. Ended sessions and inactive users are refused.
    pub async fn authenticate(&self, access_token: &str) -> Result<Caller> { todo!() }
    /// Whether the caller's session still holds with the same role: a live socket asks this.
    pub async fn still_holds(&self, caller: &Caller) -> bool { todo!() }
}
