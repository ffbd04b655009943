//! Where one was in the list: coming back from a customer, one is there again.

use leptos::prelude::*;

use super::rows::Rows;
use super::window::{CHUNK, Window};

/// A place in a list.
#[derive(Clone)]
struct Place {
    /// Which list.
    address: String,
    /// So many rows have to be there.
    rows: usize,
    /// How far the frame and the page were scrolled, in CSS pixels.
    scrolled: (f64, f64),
}

/// The place that was left last. Copy; from context.
#[derive(Clone, Copy)]
pub(crate) struct LastPlace(StoredValue<Option<Place>>);

impl LastPlace {
    /// For all pages of a person.
    pub(crate) fn provide() {
        provide_context(Self(StoredValue::new(None)));
    }

    /// Goes where one was in this list, and notes the place when it is left.
    pub(super) fn follow(address: String, rows: Rows, window: Window) {
        let Some(last) = use_context::<Self>() else { return };
        let left = last.0.try_update_value(|place| place.take_if(|place| place.address == address)).flatten();
        if let Some(place) = left {
            place.enter(rows, window);
        }
        on_cleanup(move || {
            let (first, end) = window.sight.try_get_untracked().unwrap_or_default();
            let scrolled = window.scrolled.try_get_value().unwrap_or_default();
            if first > 0 {
                last.0.try_set_value(Some(Place { address: address.clone(), rows: end + CHUNK, scrolled }));
            }
        });
    }
}

impl Place {
    fn enter(self, rows: Rows, window: Window) {
        Effect::new(move |before: Option<bool>| {
            if before.is_none() {
                rows.read_again(self.rows);
            }
            let there = rows.list.with(Vec::len) >= self.rows.min(rows.total.get() as usize);
            if there && before == Some(false) {
                let scrolled = self.scrolled;
                request_animation_frame(move || window.scroll_to(scrolled));
            }
            there || before == Some(true)
        });
    }
}
