//! Signing in. Works without JavaScript: a plain form post, and what was wrong comes back in the address.

use domain::{FieldErrors, Problem, field};
use leptos::form::ActionForm;
use leptos::prelude::*;
use leptos_meta::Title;
use leptos_router::hooks::use_query_map;

use crate::api::auth::{Admitted, SignIn, safe_next};
use crate::browser;
use crate::shell::frame::Mark;
use crate::ui::{Button, ButtonKind, Field, Form, FormFault, Icon, IconName};

/// Signing in.
#[component]
pub fn SignInPage() -> impl IntoView {
    let query = use_query_map();
    let first = |name: &str| query.with_untracked(|query| query.get(name)).unwrap_or_default();
    let email = RwSignal::new(first("email"));
    let password = RwSignal::new(String::new());
    let code = RwSignal::new(String::new());
    // Who has a second factor is asked for it once the password was right.
    let wants_code = RwSignal::new(is_about_code(&first("problem")));
    let next = first("next");
    let waiting = RwSignal::new(first("problem") == "awaiting_approval");
    let form = Form::new(move || {
        let mut errors = FieldErrors::default();
        email.with(|email| errors.check(field::email("email", email)));
        if password.with(String::is_empty) {
            errors.add("password", "required", "Enter your password.");
        }
        errors
    });
    if let Some(problem) = told(&first("problem")) {
        form.refuse(problem);
    }
    let action = ServerAction::<SignIn>::new();
    answer_into(move || action.value().get(), form, waiting);
    Effect::new(move |_| {
        if let Some(Err(fault)) = action.value().get()
            && is_about_code(fault.code())
        {
            wants_code.set(true);
            code.set(String::new());
            browser::focus_soon("#field-code");
        }
    });
    view! {
        <Title text="Sign in" />
        <Alone title="Sign in">
            <Show when=move || waiting.get()>
                <Waiting />
            </Show>
            <FormFault fault=form.fault() />
            <ActionForm
                action=action
                attr:class="stack"
                attr:novalidate="true"
                on:submit:capture=move |event| form.guard(&event)
            >
                <input type="hidden" name="next" value=safe_next(Some(&next)) />
                <Field name="email" label="E-mail" kind="email" value=email form autocomplete="username" autofocus=true />
                <Field name="password" label="Password" kind="password" value=password form autocomplete="current-password" />
                <Show when=move || wants_code.get()>
                    <Field
                        name="code"
                        label="Code"
                        value=code
                        form
                        autocomplete="one-time-code"
                        help="The six digits your authenticator app shows now, or a recovery code."
                    />
                </Show>
                <Button kind=ButtonKind::Primary submit=true busy=action.pending()>"Sign in"</Button>
            </ActionForm>
            <p class="alone-foot">"New here? " <a class="link" href="/register">"Create an account"</a></p>
        </Alone>
    }
}

/// Whether a sign-in was refused because of the second factor.
fn is_about_code(problem: &str) -> bool {
    matches!(problem, "code_required" | "wrong_code")
}

/// A page by itself: one card in the middle.
#[component]
pub(super) fn Alone(
    /// The page's `<h1>`.
    title: &'static str,
    children: Children,
) -> impl IntoView {
    view! {
        <main id="main" class="alone">
            <div class="alone-card">
                <div class="alone-brand"><Mark /><span class="brand-name">"Duebook"</span></div>
                <h1 class="page-title">{title}</h1>
                {children()}
            </div>
        </main>
    }
}

/// Registered, not yet let in.
#[component]
pub(super) fn Waiting() -> impl IntoView {
    view! {
        <div class="notice notice-waiting" role="status">
            <Icon name=IconName::Clock />
            <div>
                <p class="notice-title">"Waiting for approval"</p>
                <p>"An admin has to approve your account first. Sign in here once they have."</p>
            </div>
        </div>
    }
}

/// Goes on when let in, says what was wrong when not.
pub(super) fn answer_into(
    answer: impl Fn() -> Option<Result<Admitted, crate::error::Fault>> + 'static,
    form: Form,
    waiting: RwSignal<bool>,
) {
    Effect::new(move |_| match answer() {
        // A fresh page: everything on it is then the signed-in person's.
        Some(Ok(Admitted::Go(path))) => browser::load(&path),
        Some(Ok(Admitted::Waiting)) => waiting.set(true),
        Some(Err(fault)) if fault.code() == "awaiting_approval" => waiting.set(true),
        Some(Err(fault)) => form.refuse(fault.0),
        None => {}
    });
}

/// The problem a plain form post came back with, in words.
pub(super) fn told(code: &str) -> Option<Problem> {
    let (title, detail) = match code {
        "" | "awaiting_approval" => return None,
        "code_required" => {
            ("A code is needed", "Enter your password once more, and the code your authenticator app shows.")
        }
        "wrong_code" => ("Sign-in failed", "This code is wrong, too old, or was used already."),
        "too_many_attempts" => ("Too many attempts", "Wait some minutes and try again."),
        "not_found" => {
            ("This link is no longer good", "It was used, or is too old. Ask an admin for a new one.")
        }
        "wrong_credentials" => ("Sign-in failed", "The e-mail address or the password is wrong."),
        "email_taken" => {
            ("Already registered", "This e-mail address is registered already: sign in instead.")
        }
        "sign_up_closed" => ("Sign-up is closed", "Sign-up is closed here; ask an admin for an invitation."),
        "invalid" => ("Some fields need a look", "Mend what is marked and send the form again."),
        "too_many_requests" => ("Too many tries", "Wait a minute and try again."),
        _ => ("That didn't work", "Nothing was saved. Try again."),
    };
    Some(Problem::new(422, code, title, detail))
}
