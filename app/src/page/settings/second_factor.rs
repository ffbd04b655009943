//! The second factor: set up with an authenticator app, taken off again.

use domain::user::{SecondFactor, SecondFactorSetup};
use domain::{FieldError, FieldErrors};
use leptos::prelude::*;
use leptos::task::spawn_local;

use crate::api::user::{
    begin_second_factor, confirm_second_factor, read_second_factor, remove_second_factor,
};
use crate::error::Fault;
use crate::ui::{
    Button, ButtonKind, ErrorState, Field, Form, FormFault, Skeleton, StatusBadge, Toasts, Tone,
};

/// How far one is.
#[derive(Clone, PartialEq)]
enum Step {
    /// As it is.
    Known,
    /// The app is to be told the secret, and asked for a code.
    Setup(SecondFactorSetup),
    /// These are to be kept.
    Codes(Vec<String>),
}

/// The second factor.
#[component]
pub(super) fn SecondFactorPanel() -> impl IntoView {
    let known = Resource::new(|| (), |()| read_second_factor());
    let step = RwSignal::new(Step::Known);
    let again = Callback::new(move |()| known.refetch());
    view! {
        <section class="panel">
            <h2 class="panel-title">"Second factor"</h2>
            <Transition fallback=|| view! { <Skeleton rows=2 /> }>
                {move || Suspend::new(async move {
                    match known.await {
                        Ok(factor) => view! { <Steps factor step again /> }.into_any(),
                        Err(fault) => view! { <ErrorState fault retry=again /> }.into_any(),
                    }
                })}
            </Transition>
        </section>
    }
}

#[component]
fn Steps(factor: SecondFactor, step: RwSignal<Step>, again: Callback<()>) -> impl IntoView {
    move || match step.get() {
        Step::Setup(setup) => view! { <Confirm setup step /> }.into_any(),
        Step::Codes(codes) => view! { <Keep codes step again /> }.into_any(),
        Step::Known if factor.active => view! { <On factor again /> }.into_any(),
        Step::Known => view! { <Off step /> }.into_any(),
    }
}

/// A form of one field that is sent by a button.
#[component]
fn Ask(
    name: &'static str,
    label: &'static str,
    kind: &'static str,
    autocomplete: &'static str,
    button: &'static str,
    help: &'static str,
    /// Sends it; what is refused is told at the field or above.
    send: Callback<(String, Callback<Fault>)>,
) -> impl IntoView {
    let value = RwSignal::new(String::new());
    let busy = RwSignal::new(false);
    let form = Form::new(move || {
        let mut errors = FieldErrors::default();
        if value.with(String::is_empty) {
            errors.0.push(FieldError::new(name, "required", format!("Enter the {}.", label.to_lowercase())));
        }
        errors
    });
    let refused = Callback::new(move |fault: Fault| {
        let _ = busy.try_set(false);
        form.refuse(fault.0);
    });
    view! {
        <form
            class="stack"
            novalidate=true
            on:submit=move |event| {
                event.prevent_default();
                if !busy.get_untracked() && form.submit() {
                    busy.set(true);
                    send.run((value.get_untracked(), refused));
                }
            }
        >
            <FormFault fault=form.fault() />
            <Field name label kind value form autocomplete help id=format!("second-factor-{name}") />
            <div class="row"><Button submit=true busy>{button}</Button></div>
        </form>
    }
}

#[component]
fn Off(step: RwSignal<Step>) -> impl IntoView {
    let send = Callback::new(move |(password, refused): (String, Callback<Fault>)| {
        spawn_local(async move {
            match begin_second_factor(password).await {
                Ok(setup) => {
                    let _ = step.try_set(Step::Setup(setup));
                }
                Err(fault) => {
                    let _ = refused.try_run(fault);
                }
            }
        });
    });
    view! {
        <p class="panel-note">
            "With an authenticator app on your telephone, a stolen password alone opens nothing: signing in asks for a code as well."
        </p>
        <Ask
            name="current_password"
            label="Current password"
            kind="password"
            autocomplete="current-password"
            button="Set up"
            help="So that nobody sets it up on a desk you left open."
            send
        />
    }
}

#[component]
fn Confirm(setup: SecondFactorSetup, step: RwSignal<Step>) -> impl IntoView {
    let send = Callback::new(move |(code, refused): (String, Callback<Fault>)| {
        spawn_local(async move {
            match confirm_second_factor(code).await {
                Ok(codes) => {
                    let _ = step.try_set(Step::Codes(codes));
                }
                Err(fault) => {
                    let _ = refused.try_run(fault);
                }
            }
        });
    });
    // A margin of four modules, which scanners need.
    let frame = format!("-4 -4 {0} {0}", setup.qr_size + 8);
    view! {
        <p>"Scan this with your authenticator app, or type the secret in."</p>
        <svg class="qr" viewBox=frame role="img" aria-label="QR code for your authenticator app">
            <rect class="qr-paper" x="-4" y="-4" width="100%" height="100%" />
            <path class="qr-ink" d=setup.qr_path />
        </svg>
        <p class="secret"><code>{setup.secret}</code></p>
        <Ask
            name="code"
            label="Code"
            kind="text"
            autocomplete="one-time-code"
            button="Turn on"
            help="The six digits the app shows now."
            send
        />
        <div class="row"><Button kind=ButtonKind::Quiet on_click=move |_| step.set(Step::Known)>"Not now"</Button></div>
    }
}

#[component]
fn Keep(codes: Vec<String>, step: RwSignal<Step>, again: Callback<()>) -> impl IntoView {
    view! {
        <div class="notice notice-waiting" role="status">
            <div>
                <p class="notice-title">"Keep these recovery codes"</p>
                <p>"Each signs you in once when the telephone is lost. They are not shown again."</p>
            </div>
        </div>
        <ul class="recovery-codes" aria-label="Recovery codes">
            {codes.into_iter().map(|code| view! { <li><code>{code}</code></li> }).collect_view()}
        </ul>
        <div class="row">
            <Button
                kind=ButtonKind::Primary
                on_click=move |_| {
                    again.run(());
                    step.set(Step::Known);
                }
            >
                "I have kept them"
            </Button>
        </div>
    }
}

#[component]
fn On(factor: SecondFactor, again: Callback<()>) -> impl IntoView {
    let toasts = Toasts::expect();
    let send = Callback::new(move |(password, refused): (String, Callback<Fault>)| {
        spawn_local(async move {
            match remove_second_factor(password).await {
                Ok(()) => {
                    toasts.say(Tone::Good, "Second factor is off", "Your password alone signs you in.");
                    let _ = again.try_run(());
                }
                Err(fault) => {
                    let _ = refused.try_run(fault);
                }
            }
        });
    });
    let left = match factor.recovery_codes_left {
        1 => "1 recovery code is left.".to_owned(),
        many => format!("{many} recovery codes are left."),
    };
    view! {
        <p class="row"><StatusBadge tone=Tone::Good label="On" /> <span>{left}</span></p>
        <Ask
            name="current_password"
            label="Current password"
            kind="password"
            autocomplete="current-password"
            button="Turn off"
            help="Turn it off and on again for new recovery codes or another telephone."
            send
        />
    }
}
