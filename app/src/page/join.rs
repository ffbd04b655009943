//! Where a one-time link leads: an invitation, or a new password. Works without JavaScript.

use domain::FieldErrors;
use domain::user::{PASSWORD_MIN, password as new_password};
use leptos::form::ActionForm;
use leptos::prelude::*;
use leptos_meta::Title;
use leptos_router::hooks::use_query_map;

use super::sign_in::{Alone, answer_into, told};
use crate::api::auth::{Join, invitation};
use crate::ui::{Button, ButtonKind, ErrorState, Field, Form, FormFault, Skeleton};

/// Choosing a password.
#[component]
pub fn JoinPage() -> impl IntoView {
    let query = use_query_map();
    let token = query.with_untracked(|query| query.get("token")).unwrap_or_default();
    let problem = query.with_untracked(|query| query.get("problem")).unwrap_or_default();
    let owner = Resource::new_blocking(
        {
            let token = token.clone();
            move || token.clone()
        },
        invitation,
    );
    view! {
        <Title text="Choose a password" />
        <Alone title="Choose a password">
            <Suspense fallback=|| view! { <Skeleton rows=3 /> }>
                {move || {
                    let (token, problem) = (token.clone(), problem.clone());
                    Suspend::new(async move {
                        match owner.await {
                            Ok(user) => view! { <Choose token problem name=user.name email=user.email /> }.into_any(),
                            Err(fault) if fault.code() == "not_found" => view! { <NoLonger /> }.into_any(),
                            Err(fault) => view! { <ErrorState fault retry=move |()| owner.refetch() /> }.into_any(),
                        }
                    })
                }}
            </Suspense>
        </Alone>
    }
}

#[component]
fn NoLonger() -> impl IntoView {
    view! {
        <div class="notice notice-waiting" role="alert">
            <div>
                <p class="notice-title">"This link is no longer good"</p>
                <p>"It was used, or is too old. Ask an admin for a new one."</p>
            </div>
        </div>
        <p class="alone-foot"><a class="link" href="/sign-in">"Go to sign in"</a></p>
    }
}

#[component]
fn Choose(token: String, problem: String, name: String, email: String) -> impl IntoView {
    let password = RwSignal::new(String::new());
    let form = Form::new(move || {
        let mut errors = FieldErrors::default();
        password.with(|password| errors.check(new_password("password", password)));
        errors
    });
    if let Some(problem) = told(&problem) {
        form.refuse(problem);
    }
    let action = ServerAction::<Join>::new();
    answer_into(move || action.value().get(), form, RwSignal::new(false));
    view! {
        <p>"Hello " {name} ". You sign in as " <strong>{email.clone()}</strong> "."</p>
        <FormFault fault=form.fault() />
        <ActionForm
            action=action
            attr:class="stack"
            attr:novalidate="true"
            on:submit:capture=move |event| form.guard(&event)
        >
            <input type="hidden" name="token" value=token />
            // For password managers, which keep the two together.
            <input type="hidden" name="username" autocomplete="username" value=email disabled=true />
            <Field
                name="password"
                label="New password"
                kind="password"
                value=password
                form
                autocomplete="new-password"
                autofocus=true
                help=format!("At least {PASSWORD_MIN} characters. A few unrelated words are best.")
            />
            <Button kind=ButtonKind::Primary submit=true busy=action.pending()>"Save and sign in"</Button>
        </ActionForm>
    }
}
