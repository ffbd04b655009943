//! What a person has read, and how they want to be told.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::NotificationKind;
use crate::Role;

/// Notifications that are marked as read by one command at most.
pub const MOST_MARKED: usize = 5_000;

/// How one is told of a kind of notification.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Delivery {
    /// In the inbox, and by a message at once.
    #[default]
    Toast,
    /// In the inbox only.
    Inbox,
    /// Not at all: neither listed nor counted, from now on and back.
    None,
}

impl Delivery {
    /// All of them, the loudest first.
    pub const ALL: [Delivery; 3] = [Delivery::Toast, Delivery::Inbox, Delivery::None];

    /// The name on the wire.
    pub fn as_str(self) -> &'static str {
        match self {
            Delivery::Toast => "toast",
            Delivery::Inbox => "inbox",
            Delivery::None => "none",
        }
    }
}

impl std::str::FromStr for Delivery {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        Delivery::ALL
            .into_iter()
            .find(|delivery| delivery.as_str() == text)
            .ok_or_else(|| "Use toast, inbox or none.".to_owned())
    }
}

/// How a person wants to be told of each kind. What they never chose is told as loud as can be.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Preferences(BTreeMap<NotificationKind, Delivery>);

impl Preferences {
    /// How they are told of `kind`.
    pub fn of(&self, kind: NotificationKind) -> Delivery {
        self.0.get(&kind).copied().unwrap_or_default()
    }

    /// What was chosen, kind by kind.
    pub fn iter(&self) -> impl Iterator<Item = (NotificationKind, Delivery)> {
        self.0.iter().map(|(kind, delivery)| (*kind, *delivery))
    }

    /// The kinds that someone of `role` lists and counts.
    pub fn shown(&self, role: Role) -> impl Iterator<Item = NotificationKind> {
        NotificationKind::for_role(role).filter(|kind| self.of(*kind) != Delivery::None)
    }

    /// Every kind that someone of `role` is told of, with how.
    pub fn complete(&self, role: Role) -> Preferences {
        NotificationKind::for_role(role).map(|kind| (kind, self.of(kind))).collect()
    }
}

impl FromIterator<(NotificationKind, Delivery)> for Preferences {
    fn from_iter<I: IntoIterator<Item = (NotificationKind, Delivery)>>(pairs: I) -> Self {
        Self(pairs.into_iter().collect())
    }
}

/// What a person has read and what waits for them, whole: whoever has the newest needs no other.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Inbox {
    /// Grows with each thing that is read and each preference that changes.
    pub version: i64,
    /// The last event that `unread` counts.
    pub seq: i64,
    /// How many are not read.
    pub unread: u64,
    /// Everything up to this event is read.
    pub all_before: i64,
    /// Single events after it that are read, in order.
    pub read: Vec<i64>,
    /// How this person wants to be told.
    pub preferences: Preferences,
}

impl Inbox {
    /// Whether the notification of this event is read.
    pub fn has_read(&self, seq: i64) -> bool {
        is_read(self.all_before, &self.read, seq)
    }

    /// Whether this one is as new as `other`, or newer. They may arrive in any order.
    pub fn supersedes(&self, other: &Inbox) -> bool {
        (self.version, self.seq) >= (other.version, other.seq)
    }
}

/// Whether `seq` is read where everything up to `all_before` is, and the single ones of `read`, which are in order.
pub fn is_read(all_before: i64, read: &[i64], seq: i64) -> bool {
    seq <= all_before || read.binary_search(&seq).is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_not_chosen_is_told_and_what_is_off_is_not_shown() {
        let preferences: Preferences = [
            (NotificationKind::CustomerCreated, Delivery::None),
            (NotificationKind::PaymentReceived, Delivery::Inbox),
        ]
        .into_iter()
        .collect();
        assert_eq!(preferences.of(NotificationKind::PaymentFailed), Delivery::Toast);
        let shown: Vec<_> = preferences.shown(Role::Collector).collect();
        assert!(shown.contains(&NotificationKind::PaymentReceived));
        assert!(!shown.contains(&NotificationKind::CustomerCreated));
        assert!(!shown.contains(&NotificationKind::UserRegistered), "for admins");
        assert_eq!(preferences.complete(Role::Admin).iter().count(), NotificationKind::ALL.len());
    }

    #[test]
    fn preferences_are_named_on_the_wire_as_kinds_are() {
        let json = serde_json::json!({ "invoice.overdue": "none", "payment.failed": "inbox" });
        let preferences: Preferences = serde_json::from_value(json.clone()).unwrap();
        assert_eq!(preferences.of(NotificationKind::InvoiceOverdue), Delivery::None);
        assert_eq!(serde_json::to_value(&preferences).unwrap(), json);
        for delivery in Delivery::ALL {
            assert_eq!(delivery.as_str().parse(), Ok(delivery));
            assert_eq!(serde_json::to_value(delivery).unwrap(), delivery.as_str());
        }
    }

    #[test]
    fn the_newest_counts_whatever_the_order_they_arrive_in() {
        let at = |version, seq| Inbox { version, seq, ..Inbox::default() };
        assert!(at(2, 5).supersedes(&at(1, 9)));
        assert!(at(2, 6).supersedes(&at(2, 5)));
        assert!(at(2, 5).supersedes(&at(2, 5)));
        assert!(!at(1, 9).supersedes(&at(2, 5)));
    }
}
