//! The event log's words: what happened, to what, by whom.

use std::fmt;
use std::str::FromStr;

use chrono::{DateTime, Utc};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use crate::Role;

macro_rules! kinds {
    ($($(#[$doc:meta])* $name:ident = $text:literal,)*) => {
        /// What happened. One event per command.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub enum EventKind { $($(#[$doc])* $name,)* }

        impl EventKind {
            /// All kinds.
            pub const ALL: &'static [EventKind] = &[$(EventKind::$name,)*];

            /// The name on the wire.
            pub fn as_str(self) -> &'static str {
                match self { $(EventKind::$name => $text,)* }
            }
        }

        impl FromStr for EventKind {
            type Err = String;

            fn from_str(text: &str) -> Result<Self, String> {
                match text {
                    $($text => Ok(EventKind::$name),)*
                    other => Err(format!("“{other}” is not a kind of event.")),
                }
            }
        }
    };
}

kinds! {
    /// A customer was entered.
    CustomerCreated = "customer.created",
    /// A customer's fields changed.
    CustomerUpdated = "customer.updated",
    /// A customer was put away.
    CustomerArchived = "customer.archived",
    /// A customer was taken out again.
    CustomerUnarchived = "customer.unarchived",
    /// A customer nothing hung on was deleted for good.
    CustomerErased = "customer.erased",
    /// A customer's personal data was taken out of the rows and the log.
    CustomerRedacted = "customer.redacted",
    /// An invoice was entered.
    InvoiceCreated = "invoice.created",
    /// A draft's fields changed.
    InvoiceUpdated = "invoice.updated",
    /// A draft was issued.
    InvoiceIssued = "invoice.issued",
    /// An invoice was taken back.
    InvoiceVoided = "invoice.voided",
    /// A credit note lessened an invoice.
    InvoiceCredited = "invoice.credited",
    /// What an invoice still asked for was given up.
    InvoiceWrittenOff = "invoice.written_off",
    /// A write-off was taken back.
    InvoiceRecovered = "invoice.recovered",
    /// Invoices passed their due date unpaid.
    InvoiceOverdue = "invoice.overdue",
    /// Money is announced, or a payment was marked pending again.
    PaymentPending = "payment.pending",
    /// A payment went to the gateway.
    PaymentProcessing = "payment.processing",
    /// Money was received.
    PaymentCompleted = "payment.completed",
    /// The gateway refused.
    PaymentFailed = "payment.failed",
    /// A payment was given up.
    PaymentCanceled = "payment.canceled",
    /// The gateway didn't answer.
    PaymentUnknown = "payment.unknown",
    /// Money was paid back, in whole or in part.
    PaymentRefunded = "payment.refunded",
    /// A payment bounced, was charged back, or was entered by mistake.
    PaymentReversed = "payment.reversed",
    /// A payment settles other invoices than before.
    PaymentReallocated = "payment.reallocated",
    /// Someone wrote a note.
    NoteAdded = "note.added",
    /// A chunk of an import was saved.
    ImportCommitted = "import.committed",
    /// An import came to its end.
    ImportFinished = "import.finished",
    /// An import was taken back.
    ImportUndone = "import.undone",
    /// Someone registered or was added.
    UserCreated = "user.created",
    /// A user's name, role or activity changed.
    UserUpdated = "user.updated",
    /// An API token was made.
    TokenCreated = "token.created",
    /// An API token was made worthless.
    TokenRevoked = "token.revoked",
    /// A setting changed.
    SettingsChanged = "settings.changed",
}

impl EventKind {
    /// The least role whose screens are told of it as it happens. Without `_`: a new kind needs a decision.
    pub fn least_role(self) -> Role {
        match self {
            EventKind::UserCreated
            | EventKind::UserUpdated
            | EventKind::TokenCreated
            | EventKind::TokenRevoked
            | EventKind::SettingsChanged => Role::Admin,
            EventKind::CustomerCreated
            | EventKind::CustomerUpdated
            | EventKind::CustomerArchived
            | EventKind::CustomerUnarchived
            | EventKind::CustomerErased
            | EventKind::CustomerRedacted
            | EventKind::InvoiceCreated
            | EventKind::InvoiceUpdated
            | EventKind::InvoiceIssued
            | EventKind::InvoiceVoided
            | EventKind::InvoiceCredited
            | EventKind::InvoiceWrittenOff
            | EventKind::InvoiceRecovered
            | EventKind::InvoiceOverdue
            | EventKind::PaymentPending
            | EventKind::PaymentProcessing
            | EventKind::PaymentCompleted
            | EventKind::PaymentFailed
            | EventKind::PaymentCanceled
            | EventKind::PaymentUnknown
            | EventKind::PaymentRefunded
            | EventKind::PaymentReversed
            | EventKind::PaymentReallocated
            | EventKind::NoteAdded
            | EventKind::ImportCommitted
            | EventKind::ImportFinished
            | EventKind::ImportUndone => Role::Viewer,
        }
    }

    /// The kind that says a payment came to `status`.
    pub fn of_payment(status: crate::PaymentStatus) -> EventKind {
        use crate::PaymentStatus::*;
        match status {
            Pending => EventKind::PaymentPending,
            Processing => EventKind::PaymentProcessing,
            Completed => EventKind::PaymentCompleted,
            Failed => EventKind::PaymentFailed,
            Canceled => EventKind::PaymentCanceled,
            Unknown => EventKind::PaymentUnknown,
            PartiallyRefunded | Refunded => EventKind::PaymentRefunded,
            Reversed => EventKind::PaymentReversed,
        }
    }
}

impl fmt::Display for EventKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl Serialize for EventKind {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

impl<'de> Deserialize<'de> for EventKind {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
    }
}

/// Who did it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ActorRef {
    /// User id, or `system` for jobs and the gateway.
    pub id: String,
    /// Name at the time.
    pub name: String,
}

/// What it happened to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Subject {
    /// `customer`, `payment`, `invoice`, `import`, `user`, `settings`.
    #[serde(rename = "type")]
    pub kind: String,
    /// Its id.
    pub id: String,
}

/// One entry of the log, as the API, frames and timelines show it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Event {
    /// Position in the organisation's history, without gaps, from 1.
    pub seq: i64,
    /// When it was committed.
    pub at: DateTime<Utc>,
    /// Who did it.
    pub actor: ActorRef,
    /// The request that asked for it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub request_id: Option<String>,
    /// What happened.
    pub kind: EventKind,
    /// What it happened to.
    pub subject: Subject,
    /// What changed: `changes` (before and after of each row), `customer` (its new summary row), and what the kind adds.
    pub data: serde_json::Value,
    /// The hash of the event before.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub prev_hash: String,
    /// SHA-256 over this event's canonical form and `prev_hash`, in hexadecimal.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub hash: String,
}

impl Event {
    /// A part of `data`, such as `customer`, when it is there and can be read.
    pub fn part<T: DeserializeOwned>(&self, name: &str) -> Option<T> {
        T::deserialize(self.data.get(name)?).ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_go_there_and_back() {
        for kind in EventKind::ALL {
            assert_eq!(kind.as_str().parse(), Ok(*kind));
            let json = serde_json::to_string(kind).unwrap();
            assert_eq!(json, format!("\"{kind}\""));
            assert_eq!(serde_json::from_str::<EventKind>(&json).unwrap(), *kind);
        }
        assert!("payment.stolen".parse::<EventKind>().is_err());
    }

    #[test]
    fn a_payment_tells_each_state_a_command_can_bring_it_to() {
        use crate::PaymentStatus::{Canceled, Completed, Failed, Pending, Processing, Unknown};
        for status in [Pending, Processing, Completed, Failed, Canceled, Unknown] {
            assert_eq!(EventKind::of_payment(status).as_str(), format!("payment.{status}"));
        }
    }
}
