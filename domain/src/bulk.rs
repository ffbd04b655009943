//! Changes of many customers at once, and how they are taken back.

use serde::{Deserialize, Serialize};

use crate::customer::tags;
use crate::field::{FieldError, FieldErrors};
use crate::{Action, Customer, CustomerId, UserId};

/// Customers that one command may change.
pub const MOST: usize = 10_000;

/// Customers whom one part of a longer change concerns: four transactions, soon enough done to say how far it has come, and
/// to be stopped.
pub const PART: usize = 256;
/// Names that say who was refused; the others are counted.
pub const NAMES: usize = 3;

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

impl BulkUndo {
    /// The same as several of at most [`PART`] customers each.
    pub fn parts(self) -> Vec<BulkUndo> {
        let part = |change: &BulkChange, ids: &[CustomerId]| BulkUndo {
            done: self.done.clone(),
            steps: vec![BulkStep { change: change.clone(), ids: ids.to_vec() }],
        };
        self.steps.iter().flat_map(|step| step.ids.chunks(PART).map(|ids| part(&step.change, ids))).collect()
    }

    /// Several as one.
    pub fn joined(parts: impl IntoIterator<Item = BulkUndo>) -> Option<BulkUndo> {
        parts.into_iter().reduce(|mut whole, part| {
            whole.steps.extend(part.steps);
            whole
        })
    }

    /// How many customers it concerns.
    pub fn count(&self) -> usize {
        self.steps.iter().map(|step| step.ids.len()).sum()
    }
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

impl BulkOutcome {
    /// Counts in what another part of the same change did.
    pub fn add(&mut self, part: BulkOutcome) {
        self.changed += part.changed;
        self.unchanged += part.unchanged;
        for refusal in part.refused {
            match self.refused.iter_mut().find(|known| known.reason == refusal.reason) {
                Some(known) => {
                    known.count += refusal.count;
                    known.names.extend(refusal.names);
                    known.names.truncate(NAMES);
                }
                None => self.refused.push(refusal),
            }
        }
        for step in part.undo.steps {
            match self.undo.steps.iter_mut().find(|known| known.change == step.change) {
                Some(known) => known.ids.extend(step.ids),
                None => self.undo.steps.push(step),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_of_a_change_add_up_to_the_whole_and_its_undoing_comes_in_parts_too() {
        let ids = |range: std::ops::Range<usize>| -> Vec<CustomerId> {
            range.map(|id| format!("cus_{id:04}").as_str().into()).collect()
        };
        let take_off =
            |range| BulkStep { change: BulkChange::RemoveTag { tag: "vip".into() }, ids: ids(range) };
        let part = |changed: std::ops::Range<usize>, names: &[&str]| BulkOutcome {
            changed: changed.len() as u64,
            unchanged: 1,
            refused: vec![BulkRefusal {
                reason: "It is archived.".into(),
                count: names.len() as u64,
                names: names.iter().map(|name| (*name).to_owned()).collect(),
            }],
            undo: BulkUndo { done: BulkChange::AddTag { tag: "vip".into() }, steps: vec![take_off(changed)] },
        };
        let mut whole = part(0..200, &["Ann", "Ben"]);
        whole.add(part(200..600, &["Cy", "Dee"]));
        assert_eq!((whole.changed, whole.unchanged), (600, 2));
        let refusal = &whole.refused[0];
        assert_eq!((refusal.count, refusal.names.join(" ").as_str()), (4, "Ann Ben Cy"));
        assert_eq!(whole.undo.steps, [take_off(0..600)]);

        assert_eq!(whole.undo.count(), 600);
        let joined = BulkUndo::joined(whole.undo.clone().parts().into_iter().skip(1)).unwrap();
        assert_eq!((joined.count(), &joined.done), (344, &whole.undo.done));
        let parts: Vec<Vec<BulkStep>> = whole.undo.parts().into_iter().map(|part| part.steps).collect();
        assert_eq!(parts, [vec![take_off(0..256)], vec![take_off(256..512)], vec![take_off(512..600)]]);
    }

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
