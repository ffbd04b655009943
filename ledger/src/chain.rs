//! The hash chain over the event log.
//!
//! `hash = SHA-256(canonical(event without hash))`, where the event carries `prev_hash`. Personal fields enter as
//! digests salted per event, so that a person can later be erased from the rows and the events while the chain still
//! verifies: an erased field keeps its digest in place of its text.

use chrono::{DateTime, SecondsFormat, Utc};
use domain::EventKind;
use domain::event::{ActorRef, Subject};
use serde_json::{Map, Value, json};
use sha2::{Digest, Sha256};

/// Fields that name or describe a person, wherever in an event they stand.
const PERSONAL: &[&str] = &["name", "email", "phone", "address", "notes", "text"];

/// What stands in place of an erased personal field.
const ERASED: &str = "erased";

/// Where the chain begins.
pub(crate) const GENESIS: &str = "0000000000000000000000000000000000000000000000000000000000000000";

/// Everything of an event that its hash covers.
pub(crate) struct Link<'a> {
    pub seq: i64,
    pub at: DateTime<Utc>,
    pub actor: &'a ActorRef,
    pub request_id: Option<&'a str>,
    pub kind: EventKind,
    pub subject: &'a Subject,
    pub data: &'a Value,
    pub salt: &'a str,
    pub prev_hash: &'a str,
}

impl Link<'_> {
    /// The event's hash in hexadecimal.
    pub(crate) fn hash(&self) -> String {
        // The data is written apart, not copied into this object: it can be a thousand rows.
        let head = json!({
            "seq": self.seq,
            "at": self.at.to_rfc3339_opts(SecondsFormat::Micros, true),
            "actor": { "id": self.actor.id, "name": self.actor.name },
            "request_id": self.request_id,
            "kind": self.kind.as_str(),
            "subject": { "type": self.subject.kind, "id": self.subject.id },
            "prev_hash": self.prev_hash,
        });
        let mut text = String::with_capacity(1024);
        let mut pointer = String::new();
        text.push('[');
        write_sealed(&mut text, &head, self.salt, &mut pointer);
        text.push(',');
        write_sealed(&mut text, self.data, self.salt, &mut pointer);
        text.push(']');
        hex(&Sha256::digest(text.as_bytes()))
    }
}

/// Lower-case hexadecimal.
pub(crate) fn hex(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    let mut text = String::with_capacity(bytes.len() * 2);
    for byte in bytes {
        text.push(char::from(DIGITS[usize::from(byte >> 4)]));
        text.push(char::from(DIGITS[usize::from(byte & 15)]));
    }
    text
}

/// Writes `value` with sorted keys and without spaces, personal fields as digests.
fn write_sealed(text: &mut String, value: &Value, salt: &str, pointer: &mut String) {
    match value {
        Value::Object(fields) => {
            text.push('{');
            write_sealed_entries(text, fields, salt, pointer);
            text.push('}');
        }
        Value::Array(items) => {
            text.push('[');
            for (index, item) in items.iter().enumerate() {
                if index > 0 {
                    text.push(',');
                }
                within(pointer, &index.to_string(), |pointer| write_sealed(text, item, salt, pointer));
            }
            text.push(']');
        }
        scalar => text.push_str(&scalar.to_string()),
    }
}

fn write_sealed_entries(text: &mut String, fields: &Map<String, Value>, salt: &str, pointer: &mut String) {
    // serde_json keeps keys sorted only while no crate in the build turns on `preserve_order`; the chain can't depend
    // on that.
    let mut sorted: Vec<(&String, &Value)> = fields.iter().collect();
    sorted.sort_unstable_by_key(|(key, _)| *key);
    for (index, (key, value)) in sorted.into_iter().enumerate() {
        if index > 0 {
            text.push(',');
        }
        text.push_str(&Value::String(key.clone()).to_string());
        text.push(':');
        within(pointer, key, |pointer| match personal_digest(key, value, salt, pointer) {
            Some(digest) => text.push_str(&Value::String(digest).to_string()),
            None => write_sealed(text, value, salt, pointer),
        });
    }
}

fn within(pointer: &mut String, key: &str, write: impl FnOnce(&mut String)) {
    let length = pointer.len();
    pointer.push('/');
    pointer.push_str(key);
    write(pointer);
    pointer.truncate(length);
}

fn personal_digest(key: &str, value: &Value, salt: &str, pointer: &str) -> Option<String> {
    if !PERSONAL.contains(&key) {
        return None;
    }
    match value {
        Value::String(personal) => {
            let mut hash = Sha256::new();
            hash.update(salt.as_bytes());
            hash.update(pointer.as_bytes());
            hash.update([0]);
            hash.update(personal.as_bytes());
            Some(hex(&hash.finalize()))
        }
        Value::Object(fields) => fields.get(ERASED).and_then(Value::as_str).map(str::to_owned),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn link<'a>(data: &'a Value, actor: &'a ActorRef, subject: &'a Subject) -> Link<'a> {
        Link {
            seq: 7,
            at: DateTime::from_timestamp_micros(1_700_000_000_000_000).unwrap(),
            actor,
            request_id: Some("r-1"),
            kind: EventKind::CustomerCreated,
            subject,
            data,
            salt: "5a17",
            prev_hash: GENESIS,
        }
    }

    fn people() -> (ActorRef, Subject) {
        (
            ActorRef { id: "usr_1".into(), name: "Ada".into() },
            Subject { kind: "customer".into(), id: "cus_1".into() },
        )
    }

    #[test]
    fn any_change_of_an_event_changes_its_hash() {
        let (actor, subject) = people();
        let data = json!({ "customer": { "name": "Acme", "outstanding": { "amount": "1.00" } } });
        let hash = link(&data, &actor, &subject).hash();
        for other in [
            json!({ "customer": { "name": "Acme Ltd", "outstanding": { "amount": "1.00" } } }),
            json!({ "customer": { "name": "Acme", "outstanding": { "amount": "1.01" } } }),
            json!({ "customer": { "outstanding": { "amount": "1.00" } } }),
        ] {
            assert_ne!(link(&other, &actor, &subject).hash(), hash);
        }
        let other = ActorRef { id: "usr_2".into(), name: "Ada".into() };
        assert_ne!(link(&data, &other, &subject).hash(), hash);
        assert_ne!(Link { seq: 8, ..link(&data, &actor, &subject) }.hash(), hash);
        assert_ne!(Link { prev_hash: "1", ..link(&data, &actor, &subject) }.hash(), hash);
    }

    #[test]
    fn an_erased_field_keeps_the_chain_whole() {
        let (actor, subject) = people();
        let data = json!({ "customer": { "name": "Acme", "tags": ["a"] } });
        let hash = link(&data, &actor, &subject).hash();
        let digest = personal_digest("name", &json!("Acme"), "5a17", "/customer/name").unwrap();
        let erased = json!({ "customer": { "name": { "erased": digest }, "tags": ["a"] } });
        assert_eq!(link(&erased, &actor, &subject).hash(), hash);
    }

    #[test]
    fn key_order_does_not_matter() {
        let (actor, subject) = people();
        let one: Value = serde_json::from_str(r#"{"b":1,"a":{"d":2,"c":3}}"#).unwrap();
        let two: Value = serde_json::from_str(r#"{"a":{"c":3,"d":2},"b":1}"#).unwrap();
        assert_eq!(link(&one, &actor, &subject).hash(), link(&two, &actor, &subject).hash());
    }
}
