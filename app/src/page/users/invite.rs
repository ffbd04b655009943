//! Letting somebody in by a one-time link, which the admin hands on.

use domain::user::Invitation;
use domain::{FieldErrors, Role, User};
use leptos::prelude::*;
use leptos::task::spawn_local;

use super::role_choices;
use crate::api::user::{Link, invite};
use crate::browser;
use crate::ui::{Button, ButtonKind, Dialog, DialogFoot, DialogForm, Field, Form, Select, Toasts, Tone};

/// A button that opens the form of an invitation.
#[component]
pub(super) fn InviteButton(
    /// They are in, and choose a password by the link.
    invited: Callback<(User, Link)>,
) -> impl IntoView {
    let open = RwSignal::new(false);
    let (name, email) = (RwSignal::new(String::new()), RwSignal::new(String::new()));
    let role = RwSignal::new(Role::Collector.as_str().to_owned());
    let busy = RwSignal::new(false);
    let invitation = move || Invitation {
        name: name.get(),
        email: email.get(),
        role: role.with(|role| role.parse().unwrap_or(Role::Viewer)),
    };
    let form = Form::new(move || invitation().validate().err().unwrap_or_else(FieldErrors::default));
    let send = move |()| {
        if busy.get_untracked() || !form.submit() {
            return;
        }
        busy.set(true);
        let wanted = untrack(invitation);
        spawn_local(async move {
            let answer = invite(wanted).await;
            let _ = busy.try_set(false);
            match answer {
                Ok(done) => {
                    let _ = name.try_set(String::new());
                    let _ = email.try_set(String::new());
                    form.reset();
                    let _ = open.try_set(false);
                    let _ = invited.try_run(done);
                }
                Err(fault) => form.refuse(fault.0),
            }
        });
    };
    view! {
        <Button kind=ButtonKind::Primary on_click=move |_| open.set(true)>"Invite"</Button>
        <Dialog title="Invite someone" open>
            <DialogForm form on_submit=send>
                <DialogFoot slot>
                    <Button on_click=move |_| open.set(false)>"Cancel"</Button>
                    <Button kind=ButtonKind::Primary submit=true busy>"Invite"</Button>
                </DialogFoot>
                <Field name="name" label="Name" value=name form autofocus=true id="invite-name" />
                <Field name="email" label="E-mail" kind="email" value=email form id="invite-email" />
                <Select name="role" label="Role" value=role form choices=role_choices() id="invite-role" />
            </DialogForm>
        </Dialog>
    }
}

/// A link to hand on, shown this once.
#[component]
pub(super) fn LinkDialog(
    /// Whose it is, and the link.
    told: RwSignal<Option<(String, Link)>>,
) -> impl IntoView {
    let open = RwSignal::new(false);
    Effect::new(move |_| open.set(told.with(Option::is_some)));
    let title = Signal::derive(move || {
        let name = told.with(|told| told.as_ref().map(|(name, _)| name.clone()));
        format!("A link for {}", name.unwrap_or_default())
    });
    view! {
        <Dialog title open on_close=move |()| told.set(None)>
            {move || told.get().map(|(_, link)| view! { <HandOn link /> })}
        </Dialog>
    }
}

#[component]
fn HandOn(link: Link) -> impl IntoView {
    let address = format!("{}{}", browser::origin(), link.path);
    let until = crate::format::instant(link.expires_at);
    view! {
        <div class="dialog-body stack">
            <p>"Give them this link, in a way that only they read. Whoever opens it first chooses the password."</p>
            <Told label="Link" text=address />
            <p class="field-help">{format!("It is good once, until {until}, and is not shown again.")}</p>
        </div>
    }
}

/// Something to copy.
#[component]
pub(super) fn Told(label: &'static str, text: String) -> impl IntoView {
    let toasts = Toasts::expect();
    let copied = text.clone();
    view! {
        <div class="told-once">
            <input class="input" readonly=true aria-label=label value=text on:focus=move |event| browser::select(&event) />
            <Button on_click=move |_| {
                let text = copied.clone();
                spawn_local(async move {
                    if browser::copy(&text).await {
                        toasts.say(Tone::Good, "Copied", "It is on the clipboard now.");
                    } else {
                        toasts.say(Tone::Bad, "Not copied", "The browser did not allow it; select the text and copy it.");
                    }
                });
            }>
                "Copy"
            </Button>
        </div>
    }
}
