//! The inbox: everything one was told, with what it is about. What is read is each person's own, and the same in each of
//! their tabs.

mod entries;
mod entry;

use domain::Role;
use domain::notification::NotificationKind;
use leptos::prelude::*;
use leptos_router::NavigateOptions;
use leptos_router::hooks::{use_navigate, use_query_map};
use leptos_router::params::ParamsMap;

use self::entries::Entries;
use self::entry::EntryView;
use crate::api::Snapshot;
use crate::api::notification::{InboxPage as Answer, list_inbox};
use crate::error::Fault;
use crate::format;
use crate::live::Inbox as Read;
use crate::notification::words;
use crate::session::use_session;
use crate::ui::{
    Button, Choice, EmptyState, ErrorState, Icon, IconName, LinkButton, PageHead, Select, Skeleton, Tab, Tabs,
};

/// What the inbox is narrowed to, as it stands in the address.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Filter {
    unread: bool,
    kind: Option<NotificationKind>,
}

impl Filter {
    fn of(query: &ParamsMap) -> Self {
        Self {
            unread: query.get_str("unread") == Some("true"),
            kind: query.get_str("kind").and_then(|kind| kind.parse().ok()),
        }
    }

    fn address(self) -> String {
        let kind = self.kind.map(|kind| kind.as_str().to_owned()).unwrap_or_default();
        let unread = if self.unread { "true".to_owned() } else { String::new() };
        format::address("/inbox", [("unread", unread), ("kind", kind)])
    }

    async fn read(self, cursor: Option<String>) -> Result<Snapshot<Answer>, Fault> {
        list_inbox(self.unread.then_some(true), self.kind, cursor).await
    }
}

/// The inbox.
#[component]
pub fn InboxPage() -> impl IntoView {
    let query = use_query_map();
    let filter = Memo::new(move |_| query.with(Filter::of));
    let wanted = filter.get_untracked();
    // The first page is read on the server; the inbox itself reads on from there.
    let first = Resource::new(|| (), move |()| wanted.read(None));
    view! {
        <Suspense fallback=|| view! { <PageHead title="Inbox" /><Skeleton rows=8 /> }>
            {move || Suspend::new(async move {
                match first.await {
                    Ok(snapshot) => view! { <Inbox snapshot wanted filter /> }.into_any(),
                    Err(fault) => view! {
                        <PageHead title="Inbox" />
                        <ErrorState fault retry=move |()| first.refetch() />
                    }
                    .into_any(),
                }
            })}
        </Suspense>
    }
}

#[component]
fn Inbox(
    snapshot: Snapshot<Answer>,
    /// What `snapshot` was asked with.
    wanted: Filter,
    /// What the address asks for.
    filter: Memo<Filter>,
) -> impl IntoView {
    let role = use_session().user.map_or(Role::Viewer, |user| user.role);
    let entries = Entries::new(snapshot, wanted, filter, role);
    entries.follow();
    let marking = RwSignal::new(false);
    let navigate = use_navigate();
    let kind = RwSignal::new(wanted.kind.map(|kind| kind.as_str().to_owned()).unwrap_or_default());
    Effect::new(move |_| {
        kind.set(filter.get().kind.map(|kind| kind.as_str().to_owned()).unwrap_or_default())
    });
    let choose = move |chosen: String| {
        let next = Filter { kind: chosen.parse().ok(), ..filter.get_untracked() };
        navigate(
            &next.address(),
            NavigateOptions { replace: true, scroll: false, ..NavigateOptions::default() },
        );
    };
    let tab = move |unread: bool| {
        (
            Signal::derive(move || Filter { unread, ..filter.get() }.address()),
            Signal::derive(move || filter.get().unread == unread),
        )
    };
    let (all, is_all) = tab(false);
    let (new, is_new) = tab(true);
    let read = Read::expect();
    let any_unread = move || read.unread().is_some_and(|unread| unread > 0);
    view! {
        <PageHead title="Inbox">
            <Button busy=marking disabled=Signal::derive(move || !any_unread()) on_click=move |_| entries.mark_all(marking)>
                <Icon name=IconName::Check size=16 />
                "Mark all as read"
            </Button>
        </PageHead>
        <div class="inbox-bar">
            <Tabs label="Inbox">
                <Tab label="All" href=all current=is_all />
                <Tab label="Unread" href=new current=is_new count=Signal::derive(move || read.unread()) />
            </Tabs>
            <Select
                name="kind"
                label="Kind"
                label_hidden=true
                value=kind
                on_change=choose
                choices=std::iter::once(Choice::new("", "All kinds"))
                    .chain(
                        NotificationKind::for_role(role)
                            .map(|kind| Choice::new(kind.as_str(), words(kind))),
                    )
                    .collect()
            />
        </div>
        {move || entries.fault.get().map(|fault| view! { <ErrorState fault retry=move |()| entries.read_again() /> })}
        <div class:list-reading=move || entries.reading.get() aria-busy=move || entries.reading.get().to_string()>
            <Show when=move || !entries.groups.with(Vec::is_empty) fallback=move || view! { <Nothing filter /> }>
                <ul class="inbox" aria-label="Notifications">
                    // What comes on top of a group changes it where it stands.
                    <For each=move || entries.groups.get() key=|group| (group.last(), group.is_single()) let:group>
                        <EntryView entries group />
                    </For>
                </ul>
                <Show when=move || entries.next.with(Option::is_some)>
                    <div class="more">
                        <Button busy=entries.reading on_click=move |_| entries.more()>"Show earlier"</Button>
                    </div>
                </Show>
            </Show>
        </div>
    }
}

#[component]
fn Nothing(filter: Memo<Filter>) -> impl IntoView {
    move || {
        let Filter { unread, kind } = filter.get();
        let (title, text) = match (unread, kind) {
            (true, None) => ("Nothing unread", "You have seen all there was."),
            (_, Some(_)) => ("Nothing of this kind", "Choose another kind to see more."),
            (false, None) => (
                "Nothing yet",
                "Payments, new customers, what becomes overdue and finished imports are told here, as they happen.",
            ),
        };
        let narrow = unread || kind.is_some();
        view! {
            <EmptyState icon=IconName::Inbox title text>
                {narrow.then(|| view! { <LinkButton href="/inbox">"Show all"</LinkButton> })}
            </EmptyState>
        }
    }
}
