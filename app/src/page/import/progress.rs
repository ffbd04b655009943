//! Following an import to its end: asked for every 400 ms, and at once when a frame says that it moved.

use std::time::Duration;

use domain::EventKind;
use domain::import::Import;
use leptos::prelude::*;
use leptos::task::spawn_local;

use crate::api::import::import_status;
use crate::live::Live;

/// How often is asked how far it is.
const PAUSE: Duration = Duration::from_millis(400);

/// Keeps `import` as it is now, until it is final.
pub(super) fn follow(import: RwSignal<Option<Import>>) {
    let asking = StoredValue::new(false);
    Live::expect().on_event(move |event| {
        let moved = matches!(event.kind, EventKind::ImportCommitted | EventKind::ImportFinished);
        let about = import.try_with_untracked(|import| {
            import
                .as_ref()
                .is_some_and(|import| import.id.as_str() == event.subject.id && !import.state.is_final())
        });
        if moved && about == Some(true) {
            ask(import, asking);
        }
    });
    Effect::new(move |_| {
        let going_on = import.with(|import| import.as_ref().is_some_and(|import| !import.state.is_final()));
        if going_on {
            set_timeout(move || ask(import, asking), PAUSE);
        }
    });
}

fn ask(import: RwSignal<Option<Import>>, asking: StoredValue<bool>) {
    let id = import.try_with_untracked(|import| {
        import.as_ref().filter(|import| !import.state.is_final()).map(|import| import.id.clone())
    });
    let Some(Some(id)) = id else { return };
    if asking.try_get_value() != Some(false) {
        return;
    }
    asking.set_value(true);
    spawn_local(async move {
        let answer = import_status(id).await;
        if asking.try_update_value(|asking| *asking = false).is_none() {
            return;
        }
        match answer {
            Ok(now) => {
                let _ = import.try_set(Some(now));
            }
            // Out of reach: asked again, and the frame shows that there is no connection.
            Err(_) => set_timeout(move || ask(import, asking), PAUSE * 5),
        }
    });
}
