//! One's own account: the name that others see, the password, and what one wants to be told.

mod notifications;
mod second_factor;
mod sessions;

use domain::user::{PASSWORD_MIN, password};
use domain::{FieldError, FieldErrors, field};
use leptos::prelude::*;
use leptos::task::spawn_local;

use self::notifications::NotificationSettings;
use self::second_factor::SecondFactorPanel;
use self::sessions::Sessions;
use crate::api::user::{change_password, me, rename_me};
use crate::ui::{Button, ButtonKind, ErrorState, Field, Form, FormFault, PageHead, Skeleton, Toasts, Tone};

/// One's own account.
#[component]
pub fn SettingsPage() -> impl IntoView {
    let first = Resource::new(|| (), |()| me());
    view! {
        <PageHead title="Your account" />
        <Suspense fallback=|| view! { <Skeleton rows=4 /> }>
            {move || Suspend::new(async move {
                match first.await {
                    Ok(user) => view! {
                        <div class="account">
                            <Name name=user.name email=user.email role=user.role.to_string() />
                            <Password />
                            <SecondFactorPanel />
                            <Sessions />
                            <NotificationSettings />
                        </div>
                    }
                    .into_any(),
                    Err(fault) => view! { <ErrorState fault retry=move |()| first.refetch() /> }.into_any(),
                }
            })}
        </Suspense>
    }
}

#[component]
fn Name(name: String, email: String, role: String) -> impl IntoView {
    let name = RwSignal::new(name);
    let busy = RwSignal::new(false);
    let toasts = Toasts::expect();
    let form = Form::new(move || {
        let mut errors = FieldErrors::default();
        name.with(|name| errors.check(field::required_line("name", "your name", name, 100)));
        errors
    });
    let send = move || {
        if busy.get_untracked() || !form.submit() {
            return;
        }
        busy.set(true);
        let wanted = name.get_untracked();
        spawn_local(async move {
            let answer = rename_me(wanted).await;
            let _ = busy.try_set(false);
            match answer {
                Ok(user) => {
                    let _ = name.try_set(user.name.clone());
                    form.reset();
                    toasts.say(Tone::Good, "Saved", format!("Others see you as {}.", user.name));
                }
                Err(fault) => form.refuse(fault.0),
            }
        });
    };
    view! {
        <section class="panel">
            <h2 class="panel-title">"You"</h2>
            <dl class="facts facts-contact">
                <div class="fact"><dt>"E-mail"</dt><dd>{email}</dd></div>
                <div class="fact"><dt>"Role"</dt><dd>{role}</dd></div>
            </dl>
            <form
                class="stack"
                novalidate=true
                on:submit=move |event| {
                    event.prevent_default();
                    send();
                }
            >
                <FormFault fault=form.fault() />
                <Field name="name" label="Name" value=name form autocomplete="name" help="Stands beside what you do, in timelines and notes." />
                <div class="row"><Button submit=true busy>"Save name"</Button></div>
            </form>
        </section>
    }
}

#[component]
fn Password() -> impl IntoView {
    let (current, new) = (RwSignal::new(String::new()), RwSignal::new(String::new()));
    let busy = RwSignal::new(false);
    let toasts = Toasts::expect();
    let form = Form::new(move || {
        let mut errors = FieldErrors::default();
        if current.with(String::is_empty) {
            errors.0.push(FieldError::new("current", "required", "Enter the password you have now."));
        }
        new.with(|new| errors.check(password("new", new)));
        errors
    });
    let send = move || {
        if busy.get_untracked() || !form.submit() {
            return;
        }
        busy.set(true);
        let (old, wanted) = (current.get_untracked(), new.get_untracked());
        spawn_local(async move {
            let answer = change_password(old, wanted).await;
            let _ = busy.try_set(false);
            match answer {
                Ok(()) => {
                    let _ = current.try_set(String::new());
                    let _ = new.try_set(String::new());
                    form.reset();
                    toasts.say(Tone::Good, "Password changed", "Your other devices have to sign in again.");
                }
                Err(fault) => form.refuse(fault.0),
            }
        });
    };
    view! {
        <section class="panel">
            <h2 class="panel-title">"Password"</h2>
            <form
                class="stack"
                novalidate=true
                on:submit=move |event| {
                    event.prevent_default();
                    send();
                }
            >
                <FormFault fault=form.fault() />
                <Field name="current" label="Current password" kind="password" value=current form autocomplete="current-password" />
                <Field
                    name="new"
                    label="New password"
                    kind="password"
                    value=new
                    form
                    autocomplete="new-password"
                    help=format!("At least {PASSWORD_MIN} characters. A few unrelated words are best.")
                />
                <div class="row"><Button kind=ButtonKind::Primary submit=true busy>"Change password"</Button></div>
            </form>
        </section>
    }
}
