//! Not for every frame, and not for every letter.

use std::time::Duration;

use leptos::leptos_dom::helpers::TimeoutHandle;
use leptos::prelude::*;

/// Runs this long after the first call, once for all calls in between.
pub fn throttled(wait: Duration, run: impl Fn() + Send + Sync + Copy + 'static) -> Callback<()> {
    let planned = StoredValue::new(false);
    Callback::new(move |()| {
        if planned.try_get_value() == Some(false) {
            planned.try_update_value(|planned| *planned = true);
            set_timeout(
                move || {
                    // Gone with its page.
                    if planned.try_update_value(|planned| *planned = false).is_some() {
                        run();
                    }
                },
                wait,
            );
        }
    })
}

/// Runs once, this long after the last call.
pub fn debounced(wait: Duration, run: Callback<()>) -> Callback<()> {
    let timer = StoredValue::new(None::<TimeoutHandle>);
    Callback::new(move |()| {
        if let Some(timer) = timer.try_get_value().flatten() {
            timer.clear();
        }
        let next = set_timeout_with_handle(
            move || {
                run.try_run(());
            },
            wait,
        )
        .ok();
        timer.try_update_value(|timer| *timer = next);
    })
}
