//! The people who work here.

use domain::UserId;
use domain::user::Colleague;
use leptos::prelude::*;

/// The people who work here, by whose names owners are shown. Copy; from context.
#[derive(Clone, Copy)]
pub(super) struct Colleagues(pub RwSignal<Vec<Colleague>>);

impl Colleagues {
    pub(super) fn expect() -> Self {
        use_context().unwrap_or_else(|| Self(RwSignal::default()))
    }

    pub(super) fn name(&self, id: &UserId) -> String {
        let named = |people: &Vec<Colleague>| {
            people.iter().find(|person| person.id == *id).map(|person| person.name.clone())
        };
        self.0.try_with(named).flatten().unwrap_or_else(|| "Someone new".to_owned())
    }
}
