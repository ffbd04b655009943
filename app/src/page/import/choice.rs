//! Whether the user wants to look before rows are saved, and which import was begun without that wish. Kept by the
//! browser: the one as long as it likes, the other as long as its tab is open.

use domain::ImportId;
use leptos::prelude::*;

const REVIEW: &str = "import-review";
const UNATTENDED: &str = "import-unattended";

fn lasting() -> Option<web_sys::Storage> {
    browser()?.local_storage().ok().flatten()
}

fn passing() -> Option<web_sys::Storage> {
    browser()?.session_storage().ok().flatten()
}

fn browser() -> Option<web_sys::Window> {
    if cfg!(target_arch = "wasm32") { web_sys::window() } else { None }
}

/// Keeps or takes away a mark. A browser that keeps nothing forgets the choice: then it is asked again.
fn mark(storage: Option<web_sys::Storage>, name: &str, value: Option<&str>) {
    if let Some(storage) = storage {
        let _ = match value {
            Some(value) => storage.set_item(name, value),
            None => storage.remove_item(name),
        };
    }
}

fn has(storage: Option<web_sys::Storage>, name: &str, value: &str) -> bool {
    storage.and_then(|storage| storage.get_item(name).ok().flatten()).as_deref() == Some(value)
}

/// Whether rows are only saved after a look.
pub(super) fn wants_review() -> bool {
    has(lasting(), REVIEW, "yes")
}

/// Remembers the choice.
pub(super) fn remember_review(wanted: bool) {
    mark(lasting(), REVIEW, wanted.then_some("yes"));
}

/// The import was begun by somebody who wants it saved without a look, if nothing has to be asked.
pub(super) fn leave_unattended(id: &ImportId) {
    mark(passing(), UNATTENDED, Some(id.as_str()));
}

/// Somebody looks at it after all, or it is on its way.
pub(super) fn attend() {
    mark(passing(), UNATTENDED, None);
}

/// Whether this import was left to itself.
pub(super) fn is_unattended(id: &ImportId) -> bool {
    has(passing(), UNATTENDED, id.as_str())
}

/// The choice, by the place where the file is dropped.
#[component]
pub(super) fn ReviewChoice() -> impl IntoView {
    let wanted = RwSignal::new(false);
    // The server doesn't know what this browser remembers.
    Effect::new(move |_| wanted.set(wants_review()));
    view! {
        <label class="review-choice">
            <input
                type="checkbox"
                prop:checked=move || wanted.get()
                on:change=move |event| {
                    let chosen = event_target_checked(&event);
                    wanted.set(chosen);
                    remember_review(chosen);
                }
            />
            <span>
                "Review before saving"
                <span class="review-note">"Otherwise rows that are right are saved at once, unless something has to be asked."</span>
            </span>
        </label>
    }
}
