//! Errors say what happened, what was kept and what to do, with the request id small.

use domain::Problem;
use leptos::prelude::*;

use super::{Button, Icon, IconName};
use crate::error::Fault;

/// What stands in place of something that couldn't be loaded.
#[component]
pub fn ErrorState(
    /// Why.
    fault: Fault,
    /// Tries again.
    #[prop(optional, into)]
    retry: Option<Callback<()>>,
) -> impl IntoView {
    let Problem { title, detail, request_id, .. } = fault.0.clone();
    let signed_out = fault.is_signed_out();
    view! {
        <div class="empty" role="alert">
            <span class="empty-icon empty-icon-bad"><Icon name=IconName::Warning size=24 /></span>
            <h2 class="empty-title">{title}</h2>
            <p class="empty-text">{detail}</p>
            <div class="empty-actions">
                {if signed_out {
                    view! { <a class="button button-secondary" href="/sign-in" rel="external">"Sign in"</a> }.into_any()
                } else {
                    retry
                        .map(|retry| view! { <Button on_click=move |_| retry.run(())>"Try again"</Button> })
                        .into_any()
                }}
            </div>
            {request_id.map(|id| view! { <p class="request-id">"Request " <code>{id}</code></p> })}
        </div>
    }
}

/// What the server refused, over a form. Errors that stand under their fields aren't repeated here.
#[component]
pub fn FormFault(
    /// The refusal; usually [`super::Form::fault`].
    #[prop(into)]
    fault: Signal<Option<Problem>>,
) -> impl IntoView {
    move || {
        fault.get().map(|problem| {
            let signed_out = problem.status == 401 && problem.code() == "unauthenticated";
            view! {
                <div class="notice notice-bad" role="alert">
                    <Icon name=IconName::Warning />
                    <div>
                        <p class="notice-title">{problem.title}</p>
                        <p>{problem.detail}</p>
                        {signed_out.then(|| view! {
                            <p>
                                <a class="link" href="/sign-in" target="_blank" rel="external">"Sign in in a new tab"</a>
                                ", then send this again. What you typed stays here."
                            </p>
                        })}
                        {problem.request_id.map(|id| view! { <p class="request-id">"Request " <code>{id}</code></p> })}
                    </div>
                </div>
            }
        })
    }
}
