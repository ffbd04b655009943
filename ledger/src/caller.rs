//! Who asks, and for what command.

use domain::event::ActorRef;
use domain::{Action, Role, UserId};
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
