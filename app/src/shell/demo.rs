//! What a demonstration says of itself: that its books are samples, and which day it is in them. An admin lets days pass.

use domain::{Action, date};
use leptos::prelude::*;
use leptos::task::spawn_local;

use crate::api::demo::advance_days;
use crate::live::Live;
use crate::session::{use_session, use_today};
use crate::ui::{Button, ButtonSize, Toasts};

/// Steps of an admin, in days, with what stands on their buttons.
const STEPS: [(u16, &str); 3] = [(1, "+1 day"), (7, "+7 days"), (30, "+30 days")];

/// The bar under the top bar.
#[component]
pub(super) fn DemoBar() -> impl IntoView {
    let today = use_today();
    let may_move = use_session().may(Action::ManageSettings);
    view! {
        <section class="demo-bar" aria-label="Demonstration">
            <p class="demo-date" role="status">
                <span>"Sample books, "</span>
                {move || {
                    let today = today.get();
                    view! { <time datetime=today.to_string()>{date::show(today)}</time> }
                }}
            </p>
            {may_move.then(|| view! { <Steps /> })}
        </section>
    }
}

#[component]
fn Steps() -> impl IntoView {
    let moving = RwSignal::new(None::<u16>);
    let (live, toasts) = (Live::expect(), Toasts::expect());
    let go = move |days: u16| {
        if moving.get_untracked().is_some() {
            return;
        }
        moving.set(Some(days));
        spawn_local(async move {
            let answer = advance_days(days).await;
            let _ = moving.try_set(None);
            match answer {
                // A frame says it too, here as in every other browser, where the connection stands.
                Ok(today) => live.begin_day(today),
                Err(fault) => toasts.refuse(fault),
            }
        });
    };
    let steps = STEPS
        .into_iter()
        .map(|(days, label)| {
            let busy = Signal::derive(move || moving.get() == Some(days));
            view! { <Button size=ButtonSize::Small busy on_click=move |_| go(days)>{label}</Button> }
        })
        .collect_view();
    view! {
        <div class="demo-steps" role="group" aria-labelledby="demo-steps">
            <span id="demo-steps" class="demo-steps-label">"Move the date"</span>
            {steps}
        </div>
    }
}
