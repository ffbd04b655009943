//! The number on the bell.

use leptos::prelude::*;

/// How many notifications the viewer has not read. Copy; from context. The first value comes with the page.
#[derive(Clone, Copy)]
pub struct Unread(RwSignal<Option<u64>>);

impl Default for Unread {
    fn default() -> Self {
        Self(RwSignal::new(None))
    }
}

impl Unread {
    /// The count of this page.
    pub fn expect() -> Self {
        use_context().unwrap_or_default()
    }

    /// The number, once something is known in the browser.
    pub fn get(&self) -> Option<u64> {
        self.0.get()
    }

    /// What the server says.
    pub fn set(&self, count: u64) {
        let _ = self.0.try_set(Some(count));
    }

    /// One more came.
    pub fn more(&self) {
        let _ = self.0.try_update(|count| *count = Some(count.unwrap_or(0) + 1));
    }

    /// One was read.
    pub fn fewer(&self) {
        let _ = self.0.try_update(|count| *count = Some(count.unwrap_or(0).saturating_sub(1)));
    }
}
