//! Notifications: the events that a person wants to be told of, in words.

mod fold;
mod inbox;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::{Event, EventKind, Money, Role, Subject};

pub use fold::{FOLDS_FROM, Group, Line, fold};
pub use inbox::{Delivery, Inbox, MOST_MARKED, Preferences, is_read};

/// One entry of the notification centre.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Notification {
    /// Opaque id.
    pub id: String,
    /// The event it reads.
    pub seq: i64,
    /// `payment.received`, `payment.failed`, `invoice.overdue`, `customer.created`, `import.finished`, `user.registered`.
    pub kind: NotificationKind,
    /// A few words.
    pub title: String,
    /// A sentence.
    pub text: String,
    /// What to open.
    pub subject: Subject,
    /// The customer to open, when it is about one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub customer_id: Option<String>,
    /// When it happened.
    pub at: DateTime<Utc>,
    /// Whether this user has read it.
    pub read: bool,
}

/// What a notification is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum NotificationKind {
    /// Money came.
    #[serde(rename = "payment.received")]
    PaymentReceived,
    /// A payment was refused, or marked pending again.
    #[serde(rename = "payment.failed")]
    PaymentFailed,
    /// A payment that counted no longer does.
    #[serde(rename = "payment.pending")]
    PaymentPending,
    /// Invoices passed their due date.
    #[serde(rename = "invoice.overdue")]
    InvoiceOverdue,
    /// A customer was entered.
    #[serde(rename = "customer.created")]
    CustomerCreated,
    /// An import came to its end.
    #[serde(rename = "import.finished")]
    ImportFinished,
    /// Someone waits to be let in; for admins.
    #[serde(rename = "user.registered")]
    UserRegistered,
}

impl NotificationKind {
    /// All kinds.
    pub const ALL: [NotificationKind; 7] = [
        NotificationKind::PaymentReceived,
        NotificationKind::PaymentFailed,
        NotificationKind::PaymentPending,
        NotificationKind::InvoiceOverdue,
        NotificationKind::CustomerCreated,
        NotificationKind::ImportFinished,
        NotificationKind::UserRegistered,
    ];

    /// The name on the wire.
    pub fn as_str(self) -> &'static str {
        match self {
            NotificationKind::PaymentReceived => "payment.received",
            NotificationKind::PaymentFailed => "payment.failed",
            NotificationKind::PaymentPending => "payment.pending",
            NotificationKind::InvoiceOverdue => "invoice.overdue",
            NotificationKind::CustomerCreated => "customer.created",
            NotificationKind::ImportFinished => "import.finished",
            NotificationKind::UserRegistered => "user.registered",
        }
    }

    /// The kind of event it reads.
    pub fn event_kind(self) -> EventKind {
        match self {
            NotificationKind::PaymentReceived => EventKind::PaymentCompleted,
            NotificationKind::PaymentFailed => EventKind::PaymentFailed,
            NotificationKind::PaymentPending => EventKind::PaymentPending,
            NotificationKind::InvoiceOverdue => EventKind::InvoiceOverdue,
            NotificationKind::CustomerCreated => EventKind::CustomerCreated,
            NotificationKind::ImportFinished => EventKind::ImportFinished,
            NotificationKind::UserRegistered => EventKind::UserCreated,
        }
    }

    /// The kind that reads `event`, if any does.
    pub fn of(event: EventKind) -> Option<NotificationKind> {
        NotificationKind::ALL.into_iter().find(|kind| kind.event_kind() == event)
    }

    /// Whether someone of `role` may be told of it.
    pub fn is_for(self, role: Role) -> bool {
        self != NotificationKind::UserRegistered || role >= Role::Admin
    }

    /// The kinds that someone of `role` may be told of.
    pub fn for_role(role: Role) -> impl Iterator<Item = NotificationKind> {
        NotificationKind::ALL.into_iter().filter(move |kind| kind.is_for(role))
    }
}

impl std::str::FromStr for NotificationKind {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        NotificationKind::ALL.into_iter().find(|kind| kind.as_str() == text).ok_or_else(|| {
            format!("Use one of {}.", NotificationKind::ALL.map(NotificationKind::as_str).join(", "))
        })
    }
}

impl Notification {
    /// The notification that `event` is, if anyone wants to be told. The server lists with it and the browser makes
    /// toasts with it, from the same frame.
    pub fn of(event: &Event, read: bool) -> Option<Notification> {
        let kind = NotificationKind::of(event.kind)?;
        let data = &event.data;
        let name = data.pointer("/customer/name").and_then(Value::as_str).unwrap_or("A customer");
        let amount = data
            .get("amount")
            .and_then(|value| serde_json::from_value::<Money>(value.clone()).ok())
            .map_or_else(|| "Money".to_owned(), |money| money.to_string());
        let count = |field: &str| data.get(field).and_then(Value::as_i64).unwrap_or(0);
        let text_of = |field: &str| data.get(field).and_then(Value::as_str).unwrap_or_default();
        let (title, text) = match kind {
            NotificationKind::PaymentReceived => {
                ("Payment received".to_owned(), format!("{name} paid {amount}."))
            }
            NotificationKind::PaymentFailed => {
                let reason = text_of("reason");
                let why = if reason.is_empty() { String::new() } else { format!(" {reason}") };
                ("Payment failed".to_owned(), format!("{amount} from {name} did not arrive.{why}"))
            }
            NotificationKind::PaymentPending => {
                let reason = text_of("reason");
                if reason.is_empty() {
                    ("Payment announced".to_owned(), format!("{amount} from {name} is pending."))
                } else {
                    ("Payment pending again".to_owned(), format!("{amount} from {name}: {reason}"))
                }
            }
            NotificationKind::InvoiceOverdue => {
                let invoices = count("count");
                let what =
                    if invoices == 1 { "An invoice".to_owned() } else { format!("{invoices} invoices") };
                let verb = if invoices == 1 { "is" } else { "are" };
                ("Overdue".to_owned(), format!("{what} of {name} {verb} overdue: {amount}."))
            }
            NotificationKind::CustomerCreated => ("New customer".to_owned(), format!("{name} was added.")),
            NotificationKind::ImportFinished => {
                let (created, updated, skipped, invalid) =
                    (count("created"), count("updated"), count("skipped"), count("invalid"));
                let mut text = format!("{}: {} imported", text_of("file_name"), created + updated);
                if skipped > 0 {
                    text.push_str(&format!(", {skipped} unchanged"));
                }
                text.push_str(&format!(", {invalid} rejected."));
                ("Import finished".to_owned(), text)
            }
            NotificationKind::UserRegistered => {
                let who = data.pointer("/user/name").and_then(Value::as_str).unwrap_or("Someone");
                let waits = data.pointer("/user/active").and_then(Value::as_bool) == Some(false);
                let title = if waits { "Someone waits for approval" } else { "New user" };
                (title.to_owned(), format!("{who} registered."))
            }
        };
        Some(Notification {
            id: event.seq.to_string(),
            seq: event.seq,
            kind,
            title,
            text,
            subject: event.subject.clone(),
            customer_id: data.pointer("/customer/id").and_then(Value::as_str).map(str::to_owned),
            at: event.at,
            read,
        })
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::event::ActorRef;

    fn told(kind: EventKind, data: Value) -> Option<(String, String)> {
        let event = Event {
            seq: 7,
            at: DateTime::UNIX_EPOCH,
            actor: ActorRef { id: "usr_1".to_owned(), name: "Ann".to_owned() },
            request_id: None,
            kind,
            subject: Subject { kind: "payment".to_owned(), id: "pay_1".to_owned() },
            data,
            prev_hash: String::new(),
            hash: String::new(),
        };
        Notification::of(&event, false).map(|notification| (notification.title, notification.text))
    }

    fn words(title: &str, text: &str) -> Option<(String, String)> {
        Some((title.to_owned(), text.to_owned()))
    }

    #[test]
    fn names_go_there_and_back() {
        for kind in NotificationKind::ALL {
            assert_eq!(kind.as_str().parse(), Ok(kind));
            assert_eq!(serde_json::to_value(kind).unwrap(), kind.as_str());
            assert_eq!(NotificationKind::of(kind.event_kind()), Some(kind));
        }
    }

    #[test]
    fn money_that_came_and_money_that_did_not_are_told_apart() {
        let data = json!({ "customer": { "id": "cus_1", "name": "Alice" }, "amount": { "amount": "210.00", "currency": "USD" } });
        assert_eq!(
            told(EventKind::PaymentCompleted, data.clone()),
            words("Payment received", "Alice paid 210.00 USD.")
        );
        assert_eq!(
            told(EventKind::PaymentPending, data.clone()),
            words("Payment announced", "210.00 USD from Alice is pending.")
        );
        let mut again = data;
        again["reason"] = json!("Cheque bounced");
        assert_eq!(
            told(EventKind::PaymentPending, again),
            words("Payment pending again", "210.00 USD from Alice: Cheque bounced")
        );
    }

    #[test]
    fn an_import_says_what_came_of_it() {
        let data =
            json!({ "file_name": "customers.xlsx", "created": 3, "updated": 0, "skipped": 0, "invalid": 1 });
        assert_eq!(
            told(EventKind::ImportFinished, data),
            words("Import finished", "customers.xlsx: 3 imported, 1 rejected.")
        );
    }

    #[test]
    fn an_event_nobody_waits_for_is_no_notification_and_odd_data_is_no_panic() {
        assert_eq!(told(EventKind::SettingsChanged, json!({})), None);
        for kind in NotificationKind::ALL {
            assert!(told(kind.event_kind(), json!(null)).is_some());
        }
    }
}
