//! One entry of the inbox: a notification, or many of a kind in one.

use domain::notification::{Group, NotificationKind};
use leptos::prelude::*;
use leptos::task::spawn_local;
use leptos_router::components::A;

use super::entries::Entries;
use crate::error::Fault;
use crate::format;
use crate::notification::{address, icon, many, together, tone, words};
use crate::ui::{Button, ButtonKind, ButtonSize, ErrorState, Icon, IconName, Skeleton, Tone};

/// Members of an open group that are shown at once.
const STEP: usize = 20;

#[component]
pub(super) fn EntryView(entries: Entries, group: Group) -> impl IntoView {
    if group.is_single() {
        view! { <Single entries seq=group.first() kind=group.kind /> }.into_any()
    } else {
        view! { <Many entries group /> }.into_any()
    }
}

#[component]
fn Single(entries: Entries, seq: i64, kind: NotificationKind) -> impl IntoView {
    let is_read = Signal::derive(move || entries.inbox.has_read(seq));
    let mark = move || entries.mark(vec![seq]);
    let body = move || {
        let entry = entries.detail(seq);
        let title = entry.as_ref().map_or_else(|| words(kind).to_owned(), |entry| entry.title.clone());
        let title = match entry.as_ref().and_then(address) {
            Some(href) => {
                view! { <A href=href attr:class="inbox-title" on:click=move |_| mark()>{title}</A> }
                    .into_any()
            }
            None => view! { <span class="inbox-title">{title}</span> }.into_any(),
        };
        view! {
            <div class="inbox-body">
                <p class="inbox-head">{title}<Dot is_read /></p>
                {entry.map(|entry| view! {
                    <p class="inbox-text">{entry.text}</p>
                    <time class="inbox-time" datetime=entry.at.to_rfc3339()>{format::instant(entry.at)}</time>
                })}
            </div>
        }
    };
    view! {
        <li class="inbox-entry" class:inbox-unread=move || !is_read.get()>
            <Sign kind />
            {body}
            <Show when=move || !is_read.get()>
                <Button kind=ButtonKind::Quiet size=ButtonSize::Small on_click=move |_| mark()>"Mark as read"</Button>
            </Show>
        </li>
    }
}

/// Many of a kind in one: opened, each of them.
#[component]
fn Many(entries: Entries, group: Group) -> impl IntoView {
    let (kind, oldest) = (group.kind, group.last());
    let drawn = group.clone();
    // What comes on top of it changes it where it stands.
    let group = Memo::new(move |_| {
        let same = |group: &&Group| group.last() == oldest && !group.is_single();
        entries.groups.with(|groups| groups.iter().find(same).cloned()).unwrap_or_else(|| drawn.clone())
    });
    let unread = Memo::new(move |_| group.with(|group| entries.unread(group)));
    let is_read = Signal::derive(move || unread.get() == 0);
    let is_open = Memo::new(move |_| group.with(|group| entries.is_open(group)));
    let id = format!("inbox-group-{oldest}");
    let controls = id.clone();
    let mark = move || entries.mark(group.with_untracked(|group| group.seqs.clone()));
    let newest = move || entries.detail(group.with(Group::first));
    let (href, link) = together(kind);
    view! {
        <li class="inbox-entry inbox-group" class:inbox-unread=move || !is_read.get()>
            <Sign kind />
            <div class="inbox-body">
                <p class="inbox-head">
                    <button
                        type="button"
                        class="inbox-title inbox-fold"
                        aria-expanded=move || is_open.get().to_string()
                        aria-controls=controls
                        on:click=move |_| group.with_untracked(|group| entries.toggle(group))
                    >
                        {move || group.with(|group| many(kind, group.seqs.len()))}
                        <span class="inbox-arrow" aria-hidden="true"><Icon name=IconName::Right size=14 /></span>
                    </button>
                    <Dot is_read />
                </p>
                {move || newest().map(|newest| view! {
                    <p class="inbox-text">{format!("Last: {}", newest.text)}</p>
                    <time class="inbox-time" datetime=newest.at.to_rfc3339()>{format::instant(newest.at)}</time>
                })}
                <p><A href=href attr:class="link" on:click=move |_| mark()>{link}</A></p>
            </div>
            <Show when=move || !is_read.get()>
                <Button kind=ButtonKind::Quiet size=ButtonSize::Small on_click=move |_| mark()>
                    {move || format!("Mark {} as read", format::count(unread.get() as u64))}
                </Button>
            </Show>
            <div class="inbox-open" id=id><Show when=move || is_open.get()><Members entries group /></Show></div>
        </li>
    }
}

/// The notifications of an open group, a few at a time.
#[component]
fn Members(entries: Entries, group: Memo<Group>) -> impl IntoView {
    let wanted = RwSignal::new(STEP);
    let reading = RwSignal::new(false);
    let fault = RwSignal::new(None::<Fault>);
    let here = move || group.with(|group| group.seqs.iter().take(wanted.get()).copied().collect::<Vec<_>>());
    let read = move |seqs: Vec<i64>| {
        let _ = reading.try_set(true);
        spawn_local(async move {
            let answer = entries.fetch(&seqs).await;
            let _ = reading.try_set(false);
            let _ = fault.try_set(answer.err());
        });
    };
    Effect::new(move |_| read(here()));
    let there = move || here().into_iter().filter(|seq| entries.detail(*seq).is_some()).collect::<Vec<_>>();
    let left = move || group.with(|group| group.seqs.len()).saturating_sub(wanted.get());
    view! {
        <ul class="inbox-members" aria-label=move || group.with(|group| many(group.kind, group.seqs.len()))>
            <For each=there key=|seq| *seq let:seq>
                <Member entries seq />
            </For>
        </ul>
        {move || fault.get().map(|fault| view! { <ErrorState fault retry=move |()| read(untrack(here)) /> })}
        <Show when=move || reading.get()><Skeleton rows=2 /></Show>
        <Show when=move || { left() > 0 }>
            <Button size=ButtonSize::Small busy=reading on_click=move |_| wanted.update(|wanted| *wanted += STEP)>
                {move || format!("Show {} more", STEP.min(left()))}
            </Button>
        </Show>
    }
}

#[component]
fn Member(entries: Entries, seq: i64) -> impl IntoView {
    let is_read = Signal::derive(move || entries.inbox.has_read(seq));
    let body = move || {
        let entry = entries.detail(seq)?;
        let text = match address(&entry) {
            Some(href) => view! {
                <A href=href attr:class="inbox-title" on:click=move |_| entries.mark(vec![seq])>{entry.text}</A>
            }
            .into_any(),
            None => view! { <span>{entry.text}</span> }.into_any(),
        };
        Some(view! {
            <span class="inbox-head">{text}<Dot is_read /></span>
            <time class="inbox-time" datetime=entry.at.to_rfc3339()>{format::instant(entry.at)}</time>
        })
    };
    view! { <li class="inbox-member">{body}</li> }
}

#[component]
fn Dot(is_read: Signal<bool>) -> impl IntoView {
    view! {
        <Show when=move || !is_read.get()><span class="inbox-dot"><span class="sr-only">"Unread"</span></span></Show>
    }
}

#[component]
fn Sign(kind: NotificationKind) -> impl IntoView {
    let class = match tone(kind) {
        Tone::Good => "inbox-icon inbox-good",
        Tone::Bad => "inbox-icon inbox-bad",
        Tone::Waiting => "inbox-icon inbox-waiting",
        Tone::Neutral => "inbox-icon",
    };
    view! { <span class=class aria-hidden="true"><Icon name=icon(kind) size=16 /></span> }
}
