//! Where one is signed in.

use domain::user::UserSession;
use leptos::prelude::*;
use leptos::task::spawn_local;

use crate::api::user::{revoke_session, sessions};
use crate::ui::{Button, ButtonKind, ButtonSize, ErrorState, Skeleton, Toasts, Tone, When};

/// Where one is signed in, and signing out there.
#[component]
pub(super) fn Sessions() -> impl IntoView {
    let known = Resource::new(|| (), |()| sessions());
    let again = Callback::new(move |()| known.refetch());
    view! {
        <section class="panel account-sessions">
            <h2 class="panel-title">"Where you are signed in"</h2>
            <Transition fallback=|| view! { <Skeleton rows=3 /> }>
                {move || Suspend::new(async move {
                    match known.await {
                        Ok(sessions) => view! { <List sessions again /> }.into_any(),
                        Err(fault) => view! { <ErrorState fault retry=again /> }.into_any(),
                    }
                })}
            </Transition>
        </section>
    }
}

#[component]
fn List(sessions: Vec<UserSession>, again: Callback<()>) -> impl IntoView {
    let busy = RwSignal::new(false);
    let toasts = Toasts::expect();
    let revoke = move |id: Option<String>| {
        if busy.get_untracked() {
            return;
        }
        busy.set(true);
        spawn_local(async move {
            let answer = revoke_session(id).await;
            let _ = busy.try_set(false);
            match answer {
                Ok(()) => {
                    toasts.say(Tone::Good, "Signed out there", "Whoever used it has to sign in again.");
                    let _ = again.try_run(());
                }
                Err(fault) => toasts.refuse(fault),
            }
        });
    };
    let others = sessions.len() > 1;
    let row = move |session: UserSession| {
        let (device, id) = (in_words(&session.device), session.id);
        let label = format!("Sign out of {device}");
        view! {
            <li class="session">
                <div>
                    <p class="session-device" title=session.device>{device}</p>
                    <p class="field-help">"Used " <When at=session.last_used_at /> ", signed in " <When at=session.created_at /></p>
                </div>
                {if session.current {
                    view! { <span class="tag">"here"</span> }.into_any()
                } else {
                    view! {
                        <Button
                            kind=ButtonKind::Quiet
                            size=ButtonSize::Small
                            busy
                            label=label
                            on_click=move |_| revoke(Some(id.clone()))
                        >
                            "Sign out"
                        </Button>
                    }
                    .into_any()
                }}
            </li>
        }
    };
    view! {
        <ul class="sessions">{sessions.into_iter().map(row).collect_view()}</ul>
        {others.then(|| view! {
            <div class="row"><Button busy on_click=move |_| revoke(None)>"Sign out everywhere else"</Button></div>
        })}
    }
}

/// What a browser calls itself, as people know it; programs keep their own name.
fn in_words(device: &str) -> String {
    // Edge and Opera say that they are Chrome as well, and Chrome that it is Safari.
    let browsers = [
        ("Edg/", "Edge"),
        ("OPR/", "Opera"),
        ("Firefox/", "Firefox"),
        ("Chrome/", "Chrome"),
        ("Safari/", "Safari"),
    ];
    let systems = [
        ("Windows", "Windows"),
        ("iPhone", "iPhone"),
        ("iPad", "iPad"),
        ("Android", "Android"),
        ("Mac OS X", "macOS"),
        ("Linux", "Linux"),
    ];
    let find = |names: &[(&str, &'static str)]| {
        names.iter().find(|(sign, _)| device.contains(sign)).map(|(_, name)| *name)
    };
    match (find(&browsers), find(&systems)) {
        (Some(browser), Some(system)) => format!("{browser} on {system}"),
        (Some(browser), None) => browser.to_owned(),
        _ => device.chars().take(60).collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::in_words;

    #[test]
    fn browsers_are_called_by_name() {
        let edge = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0 Safari/537.36 Edg/126.0";
        assert_eq!(in_words(edge), "Edge on Windows");
        let safari = "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605.1.15 Version/18.0 Safari/604.1";
        assert_eq!(in_words(safari), "Safari on iPhone");
        assert_eq!(in_words("curl/8.9.1"), "curl/8.9.1");
    }
}
