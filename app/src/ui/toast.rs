//! Short messages in the corner: what just happened, at most three at a time.

use std::time::Duration;

use leptos::prelude::*;

use super::{Icon, IconName, Tone};
use crate::error::Fault;

/// Toasts in sight at once; the rest is counted.
const IN_SIGHT: usize = 3;
/// How long a toast stays.
const STAYS: Duration = Duration::from_secs(6);
/// How long one stays that offers something to do.
const STAYS_WITH_ACTION: Duration = Duration::from_secs(12);

/// A message.
#[derive(Clone)]
pub struct Toast {
    /// What it means.
    pub tone: Tone,
    /// A few words.
    pub title: String,
    /// A sentence; may be empty.
    pub text: String,
    /// What to open.
    pub href: Option<String>,
    /// What can be done about it, such as “Undo”.
    pub action: Option<(String, Callback<()>)>,
}

impl Toast {
    /// A plain message.
    pub fn new(tone: Tone, title: impl Into<String>, text: impl Into<String>) -> Self {
        Self { tone, title: title.into(), text: text.into(), href: None, action: None }
    }

    /// The same, leading somewhere.
    pub fn with_href(mut self, href: impl Into<String>) -> Self {
        self.href = Some(href.into());
        self
    }

    /// The same, offering something to do.
    pub fn with_action(
        mut self,
        label: impl Into<String>,
        action: impl Fn() + Send + Sync + 'static,
    ) -> Self {
        self.action = Some((label.into(), Callback::new(move |()| action())));
        self
    }
}

#[derive(Clone)]
struct Shown {
    id: u64,
    /// What it is one of, where one message may take the place of several.
    name: Option<&'static str>,
    toast: Toast,
}

/// The messages in sight. Copy; from context.
#[derive(Clone, Copy)]
pub struct Toasts {
    shown: RwSignal<Vec<Shown>>,
    more: RwSignal<usize>,
    made: StoredValue<u64>,
    held: RwSignal<bool>,
}

impl Default for Toasts {
    fn default() -> Self {
        Self {
            shown: RwSignal::default(),
            more: RwSignal::new(0),
            made: StoredValue::new(0),
            held: RwSignal::new(false),
        }
    }
}

impl Toasts {
    /// The toasts of this page.
    pub fn expect() -> Self {
        use_context().unwrap_or_default()
    }

    /// Shows a message.
    pub fn push(&self, toast: Toast) {
        self.show(None, toast);
    }

    /// Shows a message that [`Toasts::replace`] may take away again.
    pub fn push_as(&self, name: &'static str, toast: Toast) {
        self.show(Some(name), toast);
    }

    /// Shows a message in the place of all of this name that are still in sight.
    pub fn replace(&self, name: &'static str, toast: Toast) {
        self.withdraw(name);
        self.show(Some(name), toast);
    }

    /// Takes all of this name away.
    pub fn withdraw(&self, name: &'static str) {
        let _ = self.shown.try_update(|shown| shown.retain(|shown| shown.name != Some(name)));
    }

    /// Whether a message of this name is in sight.
    pub fn shows(&self, name: &'static str) -> bool {
        let named = |shown: &Vec<Shown>| shown.iter().any(|shown| shown.name == Some(name));
        self.shown.try_with_untracked(named).unwrap_or_default()
    }

    fn show(&self, name: Option<&'static str>, toast: Toast) {
        let id = self
            .made
            .try_update_value(|made| {
                *made += 1;
                *made
            })
            .unwrap_or_default();
        let stays = if toast.action.is_some() { STAYS_WITH_ACTION } else { STAYS };
        let overflow = self.shown.try_update(|shown| {
            shown.push(Shown { id, name, toast });
            // One that offers to undo something outlives news.
            let mut dropped = 0;
            while shown.len() > IN_SIGHT {
                let oldest = shown.iter().position(|shown| shown.toast.action.is_none()).unwrap_or(0);
                shown.remove(oldest);
                dropped += 1;
            }
            dropped
        });
        if let Some(dropped) = overflow.filter(|dropped| *dropped > 0) {
            let _ = self.more.try_update(|more| *more += dropped);
        }
        self.expire(id, stays);
    }

    /// Shows a message without consequence.
    pub fn say(&self, tone: Tone, title: impl Into<String>, text: impl Into<String>) {
        self.push(Toast::new(tone, title, text));
    }

    /// Says why something that has no form of its own was not done.
    pub fn refuse(&self, fault: Fault) {
        self.say(Tone::Bad, fault.0.title, fault.0.detail);
    }

    /// Takes a message away.
    pub fn dismiss(&self, id: u64) {
        let empty = self.shown.try_update(|shown| {
            shown.retain(|shown| shown.id != id);
            shown.is_empty()
        });
        if empty == Some(true) {
            let _ = self.more.try_set(0);
        }
    }

    fn expire(&self, id: u64, after: Duration) {
        let toasts = *self;
        set_timeout(
            move || match toasts.held.try_get_untracked() {
                // Being read, or under the pointer.
                Some(true) => toasts.expire(id, Duration::from_secs(2)),
                Some(false) => toasts.dismiss(id),
                None => {}
            },
            after,
        );
    }
}

/// Where toasts appear; once, in the frame.
#[component]
pub fn ToastRegion() -> impl IntoView {
    let toasts = Toasts::expect();
    view! {
        <div
            class="toasts"
            role="status"
            aria-live="polite"
            aria-label="Messages"
            on:pointerenter=move |_| toasts.held.set(true)
            on:pointerleave=move |_| toasts.held.set(false)
            on:focusin=move |_| toasts.held.set(true)
            on:focusout=move |_| toasts.held.set(false)
        >
            {move || {
                let more = toasts.more.get();
                (more > 0).then(|| view! { <a class="toast-more" href="/inbox">{format!("{more} more")}</a> })
            }}
            <For each=move || toasts.shown.get() key=|shown| shown.id let:shown>
                <ToastCard id=shown.id toast=shown.toast />
            </For>
        </div>
    }
}

#[component]
fn ToastCard(id: u64, toast: Toast) -> impl IntoView {
    let toasts = Toasts::expect();
    let (class, icon) = match toast.tone {
        Tone::Bad => ("toast toast-bad", IconName::Warning),
        Tone::Waiting => ("toast toast-waiting", IconName::Clock),
        Tone::Good => ("toast toast-good", IconName::Check),
        Tone::Neutral => ("toast toast-neutral", IconName::Bell),
    };
    let title = match toast.href {
        Some(href) => view! {
            <a class="toast-title" href=href on:click=move |_| toasts.dismiss(id)>{toast.title}</a>
        }
        .into_any(),
        None => view! { <span class="toast-title">{toast.title}</span> }.into_any(),
    };
    view! {
        <div class=class>
            <span class="toast-icon"><Icon name=icon /></span>
            <div class="toast-body">
                {title}
                {(!toast.text.is_empty()).then(|| view! { <p class="toast-text">{toast.text}</p> })}
            </div>
            {toast.action.map(|(label, action)| view! {
                <button
                    type="button"
                    class="button button-quiet button-small"
                    on:click=move |_| {
                        action.run(());
                        toasts.dismiss(id);
                    }
                >
                    {label}
                </button>
            })}
            <button type="button" class="button button-quiet button-icon button-small" aria-label="Dismiss" on:click=move |_| toasts.dismiss(id)>
                <Icon name=IconName::Close size=14 />
            </button>
        </div>
    }
}
