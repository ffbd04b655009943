//! API tokens: what programs sign in with.

use domain::user::{ApiToken, NewApiToken};
use domain::{FieldError, FieldErrors, Role};
use leptos::prelude::*;
use leptos::task::spawn_local;

use super::invite::Told;
use super::{role_choices, words};
use crate::api::user::{create_token, list_tokens, revoke_token};
use crate::live::Live;
use crate::ui::{
    Button, ButtonKind, ButtonSize, Dialog, DialogFoot, DialogForm, ErrorState, Field, Form, Select,
    Skeleton, TableFrame, Toasts, Tone, When,
};

/// The tokens that are good.
#[component]
pub(super) fn Tokens() -> impl IntoView {
    let known = Resource::new(|| (), |()| list_tokens());
    let again = Callback::new(move |()| known.refetch());
    let live = Live::expect();
    live.on_event(move |event| {
        if event.kind.as_str().starts_with("token.") {
            again.run(());
        }
    });
    live.on_resync(move || again.run(()));
    view! {
        <section class="tokens" aria-labelledby="tokens-title">
            <div class="section-head">
                <h2 class="section-title" id="tokens-title">"API tokens"</h2>
                <NewToken again />
            </div>
            <p class="page-lead">
                "Programs sign in with a token: it has a role and an end, and can be made worthless at any time. "
                <a class="link" href="/api/docs" rel="external">"The API and how to use it"</a>
            </p>
            <Transition fallback=|| view! { <Skeleton rows=2 /> }>
                {move || Suspend::new(async move {
                    match known.await {
                        Ok(page) if page.data.is_empty() => {
                            view! { <p class="panel-note">"There are none."</p> }.into_any()
                        }
                        Ok(page) => view! { <List tokens=page.data again /> }.into_any(),
                        Err(fault) => view! { <ErrorState fault retry=again /> }.into_any(),
                    }
                })}
            </Transition>
        </section>
    }
}

#[component]
fn List(tokens: Vec<ApiToken>, again: Callback<()>) -> impl IntoView {
    let toasts = Toasts::expect();
    let busy = RwSignal::new(false);
    let revoke = move |id: String| {
        if busy.get_untracked() {
            return;
        }
        busy.set(true);
        spawn_local(async move {
            let answer = revoke_token(id).await;
            let _ = busy.try_set(false);
            match answer {
                Ok(()) => {
                    toasts.say(Tone::Good, "Token revoked", "Programs that used it are refused from now on.");
                    let _ = again.try_run(());
                }
                Err(fault) => toasts.refuse(fault),
            }
        });
    };
    let row = move |token: ApiToken| {
        let (id, label) = (token.id, format!("Revoke {}", token.name));
        view! {
            <tr>
                <td data-label="Name" class="cell-main">{token.name}</td>
                <td data-label="Role">{words(token.role)}</td>
                <td data-label="Made">{token.created_by} ", " <When at=token.created_at /></td>
                <td data-label="Last used">
                    {match token.last_used_at {
                        Some(at) => view! { <When at /> }.into_any(),
                        None => "never".into_any(),
                    }}
                </td>
                <td data-label="Good until">{crate::format::instant(token.expires_at)}</td>
                <td class="cell-actions">
                    <Button
                        kind=ButtonKind::Quiet
                        size=ButtonSize::Small
                        busy
                        label=label
                        on_click=move |_| revoke(id.clone())
                    >
                        "Revoke"
                    </Button>
                </td>
            </tr>
        }
    };
    view! {
        <TableFrame label="API tokens" cards=true>
            <thead>
                <tr>
                    <th scope="col">"Name"</th>
                    <th scope="col">"Role"</th>
                    <th scope="col">"Made"</th>
                    <th scope="col">"Last used"</th>
                    <th scope="col">"Good until"</th>
                    <th scope="col"><span class="sr-only">"Actions"</span></th>
                </tr>
            </thead>
            <tbody>{tokens.into_iter().map(row).collect_view()}</tbody>
        </TableFrame>
    }
}

#[component]
fn NewToken(again: Callback<()>) -> impl IntoView {
    let open = RwSignal::new(false);
    let name = RwSignal::new(String::new());
    let role = RwSignal::new(Role::Viewer.as_str().to_owned());
    let days = RwSignal::new(NewApiToken::DAYS.to_string());
    let secret = RwSignal::new(None::<String>);
    let busy = RwSignal::new(false);
    let wanted = move || {
        let role = role.with(|role| role.parse().unwrap_or(Role::Viewer));
        days.with(|days| days.trim().parse()).ok().map(|expires_in_days| NewApiToken {
            name: name.get(),
            role,
            expires_in_days,
        })
    };
    let form = Form::new(move || match wanted() {
        Some(new) => new.validate().err().unwrap_or_default(),
        None => {
            FieldErrors(vec![FieldError::new("expires_in_days", "not_a_number", "Enter a number of days.")])
        }
    });
    let send = move |()| {
        if busy.get_untracked() || !form.submit() {
            return;
        }
        let Some(new) = untrack(wanted) else { return };
        busy.set(true);
        spawn_local(async move {
            let answer = create_token(new).await;
            let _ = busy.try_set(false);
            match answer {
                Ok((_, told)) => {
                    let _ = name.try_set(String::new());
                    form.reset();
                    let _ = secret.try_set(Some(told));
                    let _ = again.try_run(());
                }
                Err(fault) => form.refuse(fault.0),
            }
        });
    };
    view! {
        <Button on_click=move |_| open.set(true)>"New token"</Button>
        <Dialog title="New API token" open on_close=move |()| secret.set(None)>
            {move || match secret.get() {
                Some(text) => view! {
                    <div class="dialog-body stack">
                        <p>"Copy the token now: it is not shown again."</p>
                        <Told label="Token" text />
                    </div>
                }
                .into_any(),
                None => view! {
                    <DialogForm form on_submit=send>
                        <DialogFoot slot>
                            <Button on_click=move |_| open.set(false)>"Cancel"</Button>
                            <Button kind=ButtonKind::Primary submit=true busy>"Make token"</Button>
                        </DialogFoot>
                        <Field
                            name="name"
                            label="Name"
                            value=name
                            form
                            autofocus=true
                            id="token-name"
                            help="What it is for; stands beside what is done with it."
                        />
                        <Select name="role" label="Role" value=role form choices=role_choices() id="token-role" />
                        <Field
                            name="expires_in_days"
                            label="Good for, in days"
                            value=days
                            form
                            inputmode="numeric"
                            id="token-days"
                        />
                    </DialogForm>
                }
                .into_any(),
            }}
        </Dialog>
    }
}
