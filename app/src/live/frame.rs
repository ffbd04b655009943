//! Frames as they stand on the wire.

use chrono::NaiveDate;
use domain::notification::Inbox;
use domain::presence::Presence;
use domain::{CustomerId, Event, UserId};
use serde::{Deserialize, Serialize};

/// What the server sends.
#[derive(Debug, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub(super) enum Incoming {
    /// The head of the log, and the business date.
    Hello {
        seq: i64,
        /// Servers of before didn't tell it.
        #[serde(default)]
        business_date: Option<NaiveDate>,
    },
    /// Another day has begun.
    Day { business_date: NaiveDate },
    /// Something happened.
    Event(Box<Event>),
    /// What the viewer has read, whole.
    Inbox(Inbox),
    /// Who is at a customer.
    Presence(Presence),
    /// Saved views were changed.
    Views { version: i64 },
    /// Events were missed.
    Resync {},
    /// Are you there?
    Ping,
}

/// What the browser sends.
#[derive(Debug, Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub(super) enum Outgoing {
    /// Send what came after `from_seq`, and go on.
    Subscribe { from_seq: i64 },
    /// This customer is on screen, or none.
    Watch { customer_id: Option<CustomerId> },
    /// I work on it, whoever had it.
    Claim { customer_id: CustomerId, over: Option<UserId> },
    /// I am done with it.
    Release { customer_id: CustomerId },
    /// I am.
    Pong,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_the_protocol() {
        let event = r#"{"type":"event","seq":7,"kind":"payment.completed","at":"2026-11-20T10:00:00Z",
            "actor":{"id":"usr_1","name":"Ann"},"subject":{"type":"payment","id":"pay_1"},"data":{}}"#;
        assert!(matches!(serde_json::from_str(event), Ok(Incoming::Event(event)) if event.seq == 7));
        assert!(matches!(
            serde_json::from_str(r#"{"type":"hello","seq":3,"business_date":"2026-11-20"}"#),
            Ok(Incoming::Hello { seq: 3, .. })
        ));
        assert!(matches!(
            serde_json::from_str(r#"{"type":"day","business_date":"2026-11-21"}"#),
            Ok(Incoming::Day { business_date }) if business_date.to_string() == "2026-11-21"
        ));
        let inbox =
            r#"{"type":"inbox","version":2,"seq":9,"unread":1,"all_before":4,"read":[6],"preferences":{}}"#;
        assert!(matches!(serde_json::from_str(inbox), Ok(Incoming::Inbox(inbox)) if inbox.has_read(6)));
        let presence = r#"{"type":"presence","customer_id":"cus_1","people":[{"id":"usr_1","name":"Ann"}],"claim":null}"#;
        assert!(
            matches!(serde_json::from_str(presence), Ok(Incoming::Presence(known)) if known.people.len() == 1)
        );
        assert!(matches!(
            serde_json::from_str(r#"{"type":"views","version":4}"#),
            Ok(Incoming::Views { version: 4 })
        ));
        assert!(matches!(
            serde_json::from_str(r#"{"type":"resync","reason":"lag"}"#),
            Ok(Incoming::Resync {})
        ));
        assert!(matches!(serde_json::from_str(r#"{"type":"ping"}"#), Ok(Incoming::Ping)));
    }

    #[test]
    fn writes_the_protocol() {
        let text = serde_json::to_string(&Outgoing::Subscribe { from_seq: 4 });
        assert_eq!(text.ok().as_deref(), Some(r#"{"type":"subscribe","from_seq":4}"#));
        let text = serde_json::to_string(&Outgoing::Watch { customer_id: None });
        assert_eq!(text.ok().as_deref(), Some(r#"{"type":"watch","customer_id":null}"#));
    }
}
