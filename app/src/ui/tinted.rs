//! Rows that changed a moment ago, which are shown in another tint until one has seen it.

use std::collections::BTreeSet;
use std::time::Duration;

use leptos::prelude::*;

/// How long a changed row stays tinted.
const TINT: Duration = Duration::from_millis(1200);

/// Ids of rows that changed a moment ago. Copy.
#[derive(Clone, Copy, Default)]
pub struct Tinted(RwSignal<BTreeSet<String>>);

impl Tinted {
    /// Whether the row `id` is one.
    pub fn has(&self, id: &str) -> bool {
        self.0.with(|tinted| tinted.contains(id))
    }

    /// The row `id` has just changed.
    pub fn add(self, id: &str) {
        let id = id.to_owned();
        let _ = self.0.try_update(|tinted| tinted.insert(id.clone()));
        set_timeout(
            move || {
                let _ = self.0.try_update(|tinted| tinted.remove(&id));
            },
            TINT,
        );
    }
}
