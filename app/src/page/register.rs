//! Registering. The same rules judge while one types, in the browser, and again on the server.

use domain::user::{PASSWORD_MIN, Registration};
use leptos::form::ActionForm;
use leptos::prelude::*;
use leptos_meta::Title;
use leptos_router::hooks::use_query_map;

use super::sign_in::{Alone, Waiting, answer_into, told};
use crate::api::auth::Register;
use crate::ui::{Button, ButtonKind, Field, Form, FormFault};

/// Registering.
#[component]
pub fn RegisterPage() -> impl IntoView {
    let query = use_query_map();
    let first = |name: &str| query.with_untracked(|query| query.get(name)).unwrap_or_default();
    let name = RwSignal::new(first("name"));
    let email = RwSignal::new(first("email"));
    let password = RwSignal::new(String::new());
    let waiting = RwSignal::new(false);
    let form = Form::new(move || {
        let registration = Registration { name: name.get(), email: email.get(), password: password.get() };
        registration.validate().err().unwrap_or_default()
    });
    if let Some(problem) = told(&first("problem")) {
        // Without JavaScript the fields are judged here, by the same rules. The password never travels back, so it is
        // to be entered again in any case.
        form.judge();
        form.refuse(problem);
    }
    let action = ServerAction::<Register>::new();
    answer_into(move || action.value().get(), form, waiting);
    view! {
        <Title text="Create your account" />
        <Alone title="Create your account">
            <Show when=move || waiting.get() fallback=move || view! {
                <FormFault fault=form.fault() />
                <ActionForm
                    action=action
                    attr:class="stack"
                    attr:novalidate="true"
                    on:submit:capture=move |event| form.guard(&event)
                >
                    <Field name="name" label="Name" value=name form autocomplete="name" autofocus=true />
                    <Field name="email" label="E-mail" kind="email" value=email form autocomplete="username" />
                    <Field
                        name="password"
                        label="Password"
                        kind="password"
                        value=password
                        form
                        autocomplete="new-password"
                        help=format!("At least {PASSWORD_MIN} characters. A few unrelated words are best.")
                    />
                    <Button kind=ButtonKind::Primary submit=true busy=action.pending()>"Create account"</Button>
                </ActionForm>
                <p class="alone-foot">"Have an account? " <a class="link" href="/sign-in">"Sign in"</a></p>
            }>
                <Waiting />
                <p class="alone-foot"><a class="link" href="/sign-in">"Back to sign in"</a></p>
            </Show>
        </Alone>
    }
}
