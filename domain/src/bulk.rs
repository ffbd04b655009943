//! Changes of many customers at once, and how they are taken back.

use serde::{Deserialize, Serialize};

use crate::customer::tags;
use crate::field::{FieldError, FieldErrors};
use crate::{Action, Customer, CustomerId, UserId};

/// Customers that one command may change.
pub const MOST: usize = 10_000;

/// The same change of each of them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "change", rename_all = "snake_case", deny_unknown_fields)]
pub enum BulkChange {
    /// Someone works them, or nobody.
    Assign {
        /// The collector.
        owner: Option<UserId>,
    },
    /// They get a label besides those they have.
    AddTag {
        /// The label.
        tag: String,
    },
    /// They lose a label.
    RemoveTag {
        /// The label.
        tag: String,
    },
    /// They are put away, where they are settled.
    Archive,
    /// They are taken out again.
    Unarchive,
}

impl BulkChange {
    /// What one has to be allowed: the same as for a single customer.
    pub fn action(&self) -> Action {
        match self {
            BulkChange::Assign { .. } | BulkChange::AddTag { .. } | BulkChange::RemoveTag { .. } => {
                Action::EditCustomer
            }
            BulkChange::Archive | BulkChange::Unarchive => Action::ArchiveCustomer,
        }
    }

    /// The change with a clean label, or what is wrong with it.
    pub fn validate(&self) -> Result<Self, FieldErrors> {
        let one = |tag: &String| match tags(std::slice::from_ref(tag))?.as_slice() {
            [tag] => Ok(tag.clone()),
            [] => Err(FieldError::new("tag", "required", "Enter a tag.")),
            _ => Err(FieldError::new("tag", "several", "Enter one tag at a time.")),
        };
        Ok(match self {
            BulkChange::AddTag { tag } => BulkChange::AddTag { tag: one(tag)? },
            BulkChange::RemoveTag { tag } => BulkChange::RemoveTag { tag: one(tag)? },
            other => other.clone(),
        })
    }

    /// Whether a customer is already as the change makes it.
    pub fn holds(&self, customer: &Customer) -> bool {
        match self {
            BulkChange::Assign { owner } => customer.owner == *owner,
            BulkChange::AddTag { tag } => customer.tags.contains(tag),
            BulkChange::RemoveTag { tag } => !customer.tags.contains(tag),
            BulkChange::Archive => customer.archived_at.is_some(),
            BulkChange::Unarchive => customer.archived_at.is_none(),
        }
    }

    /// What makes a customer again what it was `before` this change.
    pub fn inverse(&self, before: &Customer) -> Self {
        match self {
            BulkChange::Assign { .. } => BulkChange::Assign { owner: before.owner.clone() },
            BulkChange::AddTag { tag } => BulkChange::RemoveTag { tag: tag.clone() },
            BulkChange::RemoveTag { tag } => BulkChange::AddTag { tag: tag.clone() },
            BulkChange::Archive => BulkChange::Unarchive,
            BulkChange::Unarchive => BulkChange::Archive,
        }
    }
}

/// A change of some customers.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BulkStep {
    /// What becomes of them.
    pub change: BulkChange,
    /// Whom it concerns.
    pub ids: Vec<CustomerId>,
}

/// What takes a change back, for those whom it changed and who are still as it left them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BulkUndo {
    /// What was done.
    pub done: BulkChange,
    /// What they were before: one step for each way they were.
    pub steps: Vec<BulkStep>,
}

/// Why some were left as they are.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct BulkRefusal {
    /// In words.
    pub reason: String,
    /// How many.
    pub count: u64,
    /// Some of them, by name.
    pub names: Vec<String>,
}

/// What a change of many did.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct BulkOutcome {
    /// So many changed.
    pub changed: u64,
    /// So many were so already.
    pub unchanged: u64,
    /// The others, by reason.
    pub refused: Vec<BulkRefusal>,
    /// What takes it back.
    pub undo: BulkUndo,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_label_is_one_label() {
        let add = |tag: &str| BulkChange::AddTag { tag: tag.into() };
        assert_eq!(add(" vip ").validate(), Ok(add("vip")));
        assert!(add(" ").validate().is_err());
        assert!(add("a, b").validate().is_err());
        assert!(add(&"x".repeat(41)).validate().is_err());
    }

    #[test]
    fn its_wire_form_names_the_change() {
        let text = r#"{"change":"assign","owner":"usr_1"}"#;
        let assign = BulkChange::Assign { owner: Some("usr_1".into()) };
        assert_eq!(serde_json::from_str::<BulkChange>(text).unwrap(), assign);
        assert_eq!(serde_json::to_string(&BulkChange::Archive).unwrap(), r#"{"change":"archive"}"#);
    }
}
