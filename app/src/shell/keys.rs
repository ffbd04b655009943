//! The list of keys, and the ones that work everywhere.

use leptos::ev;
use leptos::prelude::*;
use leptos_router::hooks::use_navigate;

use super::WantsSearch;
use crate::browser;
use crate::ui::Dialog;

const KEYS: &[(&str, &str)] = &[
    ("/", "Search customers"),
    ("j", "Next row"),
    ("k", "Row before"),
    ("Enter", "Open the row"),
    ("← →", "Cell beside, in the customer list"),
    ("x", "Select the row; with Shift, all from the last one"),
    ("e", "Change the cell, or F2; Enter saves, Esc leaves it"),
    ("c", "New customer, on the list"),
    ("p", "Record a payment, on a customer"),
    ("i", "New invoice, on a customer"),
    ("n", "Add a note, on a customer"),
    ("Esc", "Close what is open"),
    ("?", "This list"),
];

/// `?` and `/`, wherever the focus is (but where one types).
#[component]
pub(super) fn Keys() -> impl IntoView {
    let open = RwSignal::new(false);
    let navigate = use_navigate();
    let WantsSearch(wants_search) = WantsSearch::expect();
    let handle = window_event_listener(ev::keydown, move |event| {
        if event.ctrl_key() || event.meta_key() || event.alt_key() || browser::is_typing(&event) {
            return;
        }
        if browser::has_open_dialog() {
            return;
        }
        match event.key().as_str() {
            "?" => {
                event.prevent_default();
                open.set(true);
            }
            "/" => {
                event.prevent_default();
                if !browser::focus("#customer-search") {
                    wants_search.set(true);
                    navigate("/customers", Default::default());
                }
            }
            _ => {}
        }
    });
    on_cleanup(move || handle.remove());
    view! {
        <Dialog title="Keyboard" open>
            <dl class="keys">
                {KEYS
                    .iter()
                    .map(|(key, what)| view! {
                        <div class="keys-row">
                            <dt><kbd>{*key}</kbd></dt>
                            <dd>{*what}</dd>
                        </div>
                    })
                    .collect_view()}
            </dl>
        </Dialog>
    }
}
