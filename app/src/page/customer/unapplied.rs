//! Money of the customer that settles nothing: said where nobody overlooks it, with the way to use it.

use domain::Action;
use leptos::prelude::*;
use leptos::task::spawn_local;

use super::desk::Desk;
use crate::api::payment::apply_unapplied;
use crate::session::use_session;
use crate::ui::{Button, ButtonSize, Toasts, Tone};

#[component]
pub(super) fn Unapplied(desk: Desk) -> impl IntoView {
    let customer = desk.customer;
    let may_apply = use_session().may(Action::RecordPayment);
    let any = Memo::new(move |_| customer.with(|customer| customer.unapplied.is_positive()));
    let owed = Memo::new(move |_| customer.with(|customer| customer.outstanding.is_positive()));
    let amount = move || customer.with(|customer| customer.unapplied.to_string());
    view! {
        <Show when=move || any.get()>
            <div class="notice unapplied" role="group" aria-label="Unapplied money">
                <p>{move || format!("{} is not applied to any invoice.", amount())}</p>
                <Show when=move || may_apply && owed.get()>
                    <Apply desk />
                </Show>
            </div>
        </Show>
    }
}

#[component]
fn Apply(desk: Desk) -> impl IntoView {
    let toasts = Toasts::expect();
    let busy = RwSignal::new(false);
    let apply = move |_| {
        if busy.get_untracked() {
            return;
        }
        busy.set(true);
        let id = desk.id.get_value();
        spawn_local(async move {
            // No key: sent twice, there is nothing left to apply.
            let answer = apply_unapplied(id).await;
            let _ = busy.try_set(false);
            match answer {
                Ok(applied) if applied.is_positive() => {
                    let text = format!("{applied} settles the oldest due invoices.");
                    toasts.say(Tone::Good, "Applied", text);
                    desk.settle_without_live();
                }
                Ok(_) => {
                    toasts.say(
                        Tone::Neutral,
                        "Nothing to apply",
                        "There is no open invoice or no unapplied money any more.",
                    );
                    desk.read_again();
                }
                Err(fault) => {
                    toasts.refuse(fault);
                    desk.read_again();
                }
            }
        });
    };
    view! {
        <Button size=ButtonSize::Small busy on_click=apply>"Apply to the oldest due invoices"</Button>
    }
}
