//! Saved views: a filter, an order and columns of the customer list under a name.

use serde::{Deserialize, Serialize};

use crate::field::{self, FieldError, FieldErrors};
use crate::{UserId, ViewId};

/// The longest query that is kept.
const QUERY_MAX: usize = 2_000;
/// The longest name.
const NAME_MAX: usize = 60;

/// A view somebody saved.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SavedView {
    /// Opaque id.
    pub id: ViewId,
    /// Unique among its owner's, without case.
    pub name: String,
    /// What it shows, as the query of the list's address.
    pub query: String,
    /// Whether everyone has it, or only its owner.
    pub shared: bool,
    /// Who saved it.
    pub owner: UserId,
    /// By name.
    pub owner_name: String,
}

/// The views that somebody has, and as of when.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ViewList {
    /// Another with each change of any view.
    pub version: i64,
    /// One's own and those for everyone, by name.
    pub views: Vec<SavedView>,
}

/// A view to be saved.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NewView {
    /// Its name.
    pub name: String,
    /// What it shows.
    pub query: String,
    /// For everyone.
    #[serde(default)]
    pub shared: bool,
}

impl NewView {
    /// The view with a clean name, or everything that is wrong.
    pub fn validate(&self) -> Result<Self, FieldErrors> {
        let mut errors = FieldErrors::default();
        let name = errors.check(name(&self.name));
        let query = errors.check(query(&self.query));
        match (name, query) {
            (Some(name), Some(query)) => Ok(Self { name, query, shared: self.shared }),
            _ => Err(errors),
        }
    }
}

/// A change of a saved view: absent fields stay.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ViewPatch {
    /// New name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// What it shows from now on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub query: Option<String>,
    /// For everyone, or for its owner alone.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub shared: Option<bool>,
}

impl ViewPatch {
    /// Applies the change, or says everything that is wrong and changes nothing.
    pub fn apply(&self, view: &mut SavedView) -> Result<(), FieldErrors> {
        let next = NewView {
            name: self.name.clone().unwrap_or_else(|| view.name.clone()),
            query: self.query.clone().unwrap_or_else(|| view.query.clone()),
            shared: self.shared.unwrap_or(view.shared),
        };
        let NewView { name, query, shared } = next.validate()?;
        (view.name, view.query, view.shared) = (name, query, shared);
        Ok(())
    }
}

fn name(text: &str) -> Result<String, FieldError> {
    field::required_line("name", "a name", text, NAME_MAX)
}

fn query(text: &str) -> Result<String, FieldError> {
    if text.len() <= QUERY_MAX && text.bytes().all(|byte| byte.is_ascii_graphic()) {
        Ok(text.to_owned())
    } else {
        Err(FieldError::new("query", "invalid_query", "This isn't the query of an address."))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_cleaned_and_required() {
        let new =
            NewView { name: " Late\u{a0} payers ".into(), query: "status=overdue".into(), shared: false };
        assert_eq!(new.validate().unwrap().name, "Late payers");
        let new = NewView { name: " ".into(), query: "a b".into(), shared: false };
        let errors = new.validate().unwrap_err();
        assert_eq!(errors.message("name"), Some("Enter a name."));
        assert!(errors.message("query").is_some());
    }

    #[test]
    fn a_wrong_change_changes_nothing() {
        let mut view = SavedView {
            id: "sav_1".into(),
            name: "Late".into(),
            query: "status=overdue".into(),
            shared: false,
            owner: "usr_1".into(),
            owner_name: "Ada".into(),
        };
        let before = view.clone();
        let wrong = ViewPatch { name: Some("x".repeat(61)), shared: Some(true), ..ViewPatch::default() };
        assert!(wrong.apply(&mut view).is_err());
        assert_eq!(view, before);
        let right = ViewPatch { shared: Some(true), ..ViewPatch::default() };
        right.apply(&mut view).unwrap();
        assert_eq!(view, SavedView { shared: true, ..before });
    }
}
