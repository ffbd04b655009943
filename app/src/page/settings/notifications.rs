//! How one wants to be told: kind by kind, and by the browser.

use domain::Role;
use domain::notification::{Delivery, NotificationKind, Preferences};
use leptos::prelude::*;
use leptos::task::spawn_local;

use crate::api::notification::{prefer, read_inbox};
use crate::desktop::{self, Permission};
use crate::live::Inbox;
use crate::notification::words;
use crate::session::use_session;
use crate::ui::{Button, ErrorState, Skeleton, Toasts};

/// How one wants to be told.
#[component]
pub(super) fn NotificationSettings() -> impl IntoView {
    let first = Resource::new(|| (), |()| read_inbox());
    view! {
        <section class="panel account-told">
            <h2 class="panel-title" id="notifications">"Notifications"</h2>
            <Suspense fallback=|| view! { <Skeleton rows=6 /> }>
                {move || Suspend::new(async move {
                    match first.await {
                        Ok(known) => view! { <Choices first=known.preferences /> }.into_any(),
                        Err(fault) => view! { <ErrorState fault retry=move |()| first.refetch() /> }.into_any(),
                    }
                })}
            </Suspense>
            <ByBrowser />
        </section>
    }
}

fn in_words(delivery: Delivery) -> &'static str {
    match delivery {
        Delivery::Toast => "Inbox and message",
        Delivery::Inbox => "Inbox only",
        Delivery::None => "Off",
    }
}

#[component]
fn Choices(first: Preferences) -> impl IntoView {
    let inbox = Inbox::expect();
    let toasts = Toasts::expect();
    let role = use_session().user.map_or(Role::Viewer, |user| user.role);
    // What was chosen here and is not answered yet.
    let asked = RwSignal::new(None::<(NotificationKind, Delivery)>);
    let chosen = move |kind: NotificationKind| match asked.get() {
        Some((asked, delivery)) if asked == kind => delivery,
        _ => inbox.preferences().map_or_else(|| first.of(kind), |known| known.of(kind)),
    };
    let chosen = StoredValue::new(chosen);
    let choose = move |kind: NotificationKind, delivery: Delivery| {
        asked.set(Some((kind, delivery)));
        spawn_local(async move {
            let answer = prefer(kind, delivery).await;
            match answer {
                Ok(known) => inbox.learn(known),
                Err(fault) => toasts.refuse(fault),
            }
            // Another choice may be on its way by now.
            let _ = asked.try_update(|asked| *asked = asked.filter(|asked| *asked != (kind, delivery)));
        });
    };
    let row = move |kind: NotificationKind| {
        let cells = Delivery::ALL
            .map(|delivery| {
                view! {
                    <td>
                        <label class="told-choice">
                            <input
                                type="radio"
                                name=format!("told-{}", kind.as_str())
                                value=delivery.as_str()
                                aria-label=format!("{}: {}", words(kind), in_words(delivery))
                                prop:checked=move || chosen.with_value(|chosen| chosen(kind)) == delivery
                                checked=chosen.with_value(|chosen| untrack(|| chosen(kind))) == delivery
                                on:change=move |_| choose(kind, delivery)
                            />
                        </label>
                    </td>
                }
            })
            .collect_view();
        view! { <tr><th scope="row">{words(kind)}</th>{cells}</tr> }
    };
    view! {
        <table class="told" aria-labelledby="notifications" aria-describedby="notifications-help">
            <thead>
                <tr>
                    <th scope="col"><span class="sr-only">"What happens"</span></th>
                    {Delivery::ALL.map(|delivery| view! { <th scope="col">{in_words(delivery)}</th> }).collect_view()}
                </tr>
            </thead>
            <tbody>{NotificationKind::for_role(role).map(row).collect_view()}</tbody>
        </table>
        <p class="field-help" id="notifications-help">
            "What is off is neither listed nor counted, what came before included. Switch it on again and all of it is back."
        </p>
    }
}

/// Asks for the browser's own notifications, or says how it stands with them.
#[component]
fn ByBrowser() -> impl IntoView {
    // Known in the browser only.
    let permission = RwSignal::new(None::<Permission>);
    let busy = RwSignal::new(false);
    Effect::new(move |_| permission.set(Some(desktop::permission())));
    let ask = move || {
        busy.set(true);
        spawn_local(async move {
            let answer = desktop::ask().await;
            let _ = permission.try_set(Some(answer));
            let _ = busy.try_set(false);
        });
    };
    let text = move || match permission.get() {
        None => "",
        Some(Permission::Unavailable) => {
            "This browser can’t tell you anything here. It takes a recent browser, and an address that begins with https."
        }
        Some(Permission::NotAsked) => {
            "While no page of Duebook is in sight, your browser can tell you what would be a message here."
        }
        Some(Permission::Allowed) => {
            "Your browser tells you what would be a message here while no page of Duebook is in sight. To end that, take the permission back in its settings for this site."
        }
        Some(Permission::Blocked) => {
            "Your browser keeps Duebook from telling you anything. Allow notifications in its settings for this site (beside the address), then load this page again."
        }
    };
    view! {
        <h3 class="panel-subtitle">"While you look elsewhere"</h3>
        <p role="status">{text}</p>
        <Show when=move || permission.get() == Some(Permission::NotAsked)>
            <div class="row"><Button busy on_click=move |_| ask()>"Allow browser notifications"</Button></div>
        </Show>
    }
}
