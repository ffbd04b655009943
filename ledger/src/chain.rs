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
pub(crate) const ERASED: &str = "erased";

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

/// Puts digests in the place of personal fields, so that they are gone and the hash stays: all of them, or only those within
/// an object that has `id`.
pub(crate) fn seal(data: &mut Value, salt: &str, id: Option<&str>) {
    seal_at(data, salt, id, id.is_none(), &mut String::new());
}

fn seal_at(value: &mut Value, salt: &str, id: Option<&str>, inside: bool, pointer: &mut String) {
    match value {
        Value::Object(fields) => {
            let inside = inside || (id.is_some() && fields.get("id").and_then(Value::as_str) == id);
            for (key, value) in fields {
                within(pointer, key, |pointer| match personal_digest(key, value, salt, pointer) {
                    Some(digest) if inside => *value = json!({ ERASED: digest }),
                    Some(_) => {}
                    None => seal_at(value, salt, id, inside, pointer),
                });
            }
        }
        Value::Array(items) => {
            for (index, item) in items.iter_mut().enumerate() {
                within(pointer, &index.to_string(), |pointer| seal_at(item, salt, id, inside, pointer));
            }
        }
        _ => {}
    }
}

/// What readers get of an event: where something was erased a word says so, or the field is absent.
pub(crate) fn readable(data: &mut Value) {
    match data {
        Value::Object(fields) => {
            let is_erased = |value: &Value| value.get(ERASED).is_some_and(Value::is_string);
            // A name or a text is expected to be there; the other fields may be missing.
            fields.retain(|key, value| matches!(key.as_str(), "name" | "text") || !is_erased(value));
            for (key, value) in fields {
                if PERSONAL.contains(&key.as_str()) && is_erased(value) {
                    *value = Value::String("Erased".to_owned());
                } else {
                    readable(value);
                }
            }
        }
        Value::Array(items) => items.iter_mut().for_each(readable),
        _ => {}
    }
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
    fn sealing_takes_out_one_person_and_keeps_the_hash() {
        let (actor, subject) = people();
        let both = json!({
            "text": "Called.",
            "changes": [
                { "type": "customer", "id": "cus_1", "before": { "name": "Alice", "tags": ["a"] }, "after": { "name": "Ann" } },
                { "type": "customer", "id": "cus_2", "before": { "email": "bob@example.com" }, "after": { "email": null } },
            ],
        });
        let hash = link(&both, &actor, &subject).hash();
        for (id, gone, left) in [
            (Some("cus_1"), vec!["Alice", "Ann"], vec!["bob@", "Called"]),
            (None, vec!["Alice", "bob@", "Called"], vec![]),
        ] {
            let mut sealed = both.clone();
            seal(&mut sealed, "5a17", id);
            let text = sealed.to_string();
            assert!(
                gone.iter().all(|gone| !text.contains(gone)) && left.iter().all(|left| text.contains(left)),
                "{text}"
            );
            assert_eq!(link(&sealed, &actor, &subject).hash(), hash);
            // Twice is once.
            let mut again = sealed.clone();
            seal(&mut again, "5a17", id);
            assert_eq!(again, sealed);
        }
        let mut shown = both.clone();
        seal(&mut shown, "5a17", None);
        readable(&mut shown);
        assert_eq!(shown["text"], "Erased");
        assert_eq!(shown["changes"][1]["before"], json!({}));
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
