//! Who asks, and for what command.

use domain::event::ActorRef;
use domain::{Action, Role, User, UserId};
use sha2::{Digest, Sha256};

use crate::{Error, Result};

/// An authenticated person, with the role they hold at this moment (not the one their token was issued with).
#[derive(Clone, Debug)]
pub struct Caller {
    /// The user.
    pub id: UserId,
    /// Their name, for the event log.
    pub name: String,
    /// What they may do now.
    pub role: Role,
    /// The sign-in this request belongs to; a live socket closes with it.
    pub session_id: String,
    /// The request, for the event log and error answers.
    pub request_id: Option<String>,
}

impl Caller {
    /// Whoever runs Duebook, at the command line.
    pub fn operator() -> Self {
        Self { name: "Operator".to_owned(), ..Self::system(Role::Admin) }
    }

    /// A person who acts without a session: they registered, or followed a link.
    pub(crate) fn as_user(user: &User, request_id: Option<String>) -> Self {
        Self {
            id: user.id.clone(),
            name: user.name.clone(),
            role: user.role,
            session_id: String::new(),
            request_id,
        }
    }

    /// Whether a program signed in with an API token.
    pub fn is_token(&self) -> bool {
        self.session_id.starts_with(crate::auth::TOKEN_ID)
    }

    /// The person. API tokens have no password, sessions or second factor of their own.
    pub(crate) fn as_person(&self) -> Result<&UserId> {
        if self.is_token() { Err(Error::NotAPerson) } else { Ok(&self.id) }
    }

    /// Jobs and the mock gateway, which act for nobody.
    pub(crate) fn system(role: Role) -> Self {
        Self {
            id: UserId::from("system"),
            name: "Duebook".to_owned(),
            role,
            session_id: String::new(),
            request_id: None,
        }
    }

    /// The same caller, for another request.
    pub fn with_request_id(mut self, request_id: Option<String>) -> Self {
        self.request_id = request_id;
        self
    }

    /// `Ok` when the caller's role may do `action`.
    pub(crate) fn authorise(&self, action: Action) -> Result<()> {
        if self.role.may(action) { Ok(()) } else { Err(Error::Forbidden { action }) }
    }

    pub(crate) fn actor(&self) -> ActorRef {
        ActorRef { id: self.id.as_str().to_owned(), name: self.name.clone() }
    }
}

/// Makes a money command happen once, however often it is sent: the key the client chose and a fingerprint of what it
/// asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Idempotency {
    /// 1–255 printable characters, chosen by the client.
    pub key: String,
    /// SHA-256 of the request (operation and body), in hexadecimal.
    pub fingerprint: String,
}

impl Idempotency {
    /// `operation` names the command (`POST /payments`), `body` is what was sent.
    pub fn new(key: impl Into<String>, operation: &str, body: &[u8]) -> Self {
        let mut hash = Sha256::new();
        hash.update(operation.as_bytes());
        hash.update([0]);
        hash.update(body);
        Self { key: key.into(), fingerprint: crate::chain::hex(&hash.finalize()) }
    }

    /// The record the key is kept under: keys of different users never meet.
    pub(crate) fn record_key(&self, caller: &Caller) -> String {
        let mut hash = Sha256::new();
        hash.update(caller.id.as_str().as_bytes());
        hash.update([0]);
        hash.update(self.key.as_bytes());
        crate::chain::hex(&hash.finalize())
    }
}

/// Callers recognised lately, by session, so that a stream of requests does not read session and user each time. Emptied
/// whenever a user or session changes here, and by each `user.*` event from elsewhere; entries live [`TTL`] at most.
#[derive(Default)]
pub(crate) struct KnownCallers {
    /// Counts the emptyings: what was read before one must not be remembered after it.
    generation: u64,
    callers: std::collections::HashMap<String, (Caller, chrono::DateTime<chrono::Utc>)>,
}

/// How long a caller is known without looking again.
const TTL: chrono::Duration = chrono::Duration::seconds(2);
/// Callers known at most.
const MOST: usize = 10_000;

impl crate::Ledger {
    /// `key` is the session, or the digest of an API token.
    pub(crate) fn known_caller(&self, key: &str) -> Option<Caller> {
        let now = self.clock().waking_now();
        let known = self.known_callers();
        known.callers.get(key).filter(|(_, at)| now - *at < TTL).map(|(caller, _)| caller.clone())
    }

    pub(crate) fn caller_generation(&self) -> u64 {
        self.known_callers().generation
    }

    pub(crate) fn remember_caller(&self, key: String, caller: &Caller, generation: u64) {
        let now = self.clock().waking_now();
        let mut known = self.known_callers();
        if known.generation != generation {
            return;
        }
        if known.callers.len() >= MOST {
            known.callers.clear();
        }
        known.callers.insert(key, (caller.clone(), now));
    }

    pub(crate) fn forget_callers(&self) {
        let mut known = self.known_callers();
        known.generation += 1;
        known.callers.clear();
    }

    fn known_callers(&self) -> std::sync::MutexGuard<'_, KnownCallers> {
        self.inner.known_callers.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
    }
}
