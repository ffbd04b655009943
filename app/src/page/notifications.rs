//! The inbox: everything one was told, with what it is about. What is read is each person's own.

use std::collections::BTreeSet;

use domain::notification::{Notification, NotificationKind};
use domain::{Page, Role};
use leptos::prelude::*;
use leptos::task::spawn_local;
use leptos_router::NavigateOptions;
use leptos_router::components::A;
use leptos_router::hooks::{use_navigate, use_query_map};
use leptos_router::params::ParamsMap;

use crate::api::Snapshot;
use crate::api::notification::{list_notifications, mark_all_read, mark_read};
use crate::error::Fault;
use crate::format;
use crate::live::{CatchUp, Live, Unread};
use crate::session::use_session;
use crate::ui::{
    Button, ButtonKind, ButtonSize, Choice, EmptyState, ErrorState, Icon, IconName, LinkButton, PageHead,
    Select, Skeleton, Tab, Tabs, Toasts, Tone,
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

    async fn read(self, cursor: Option<String>) -> Result<Snapshot<Page<Notification>>, Fault> {
        list_notifications(self.unread.then_some(true), self.kind, cursor).await
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

/// What is on screen. Copy.
#[derive(Clone, Copy)]
struct Entries {
    rows: RwSignal<Vec<Notification>>,
    next: RwSignal<Option<String>>,
    reading: RwSignal<bool>,
    /// Those marked as read here and now; they stay in sight until the list is read again.
    read: RwSignal<BTreeSet<String>>,
    fault: RwSignal<Option<Fault>>,
    filter: Memo<Filter>,
    shown: StoredValue<Filter>,
    seq: StoredValue<i64>,
    turn: StoredValue<u64>,
    for_admin: bool,
    live: Live,
    unread: Unread,
    toasts: Toasts,
}

impl Entries {
    fn follow(self) {
        self.live.on_event(move |event| {
            let Some(news) = Notification::of(event, false) else { return };
            self.add(news);
        });
        self.live.on_resync(move || self.read_again());
        Effect::new(move |_| self.catch_up());
        Effect::new(move |_| {
            let wanted = self.filter.get();
            if self.shown.with_value(|shown| *shown != wanted) {
                self.read_again();
            }
        });
    }

    fn catch_up(self) {
        match self.live.catch_up(self.seq.get_value()) {
            CatchUp::Events(events) => {
                events
                    .iter()
                    .filter_map(|event| Notification::of(event, false))
                    .for_each(|news| self.add(news));
            }
            CatchUp::Refetch => self.read_again(),
        }
    }

    fn add(self, news: Notification) {
        if news.kind.for_admins() && !self.for_admin {
            return;
        }
        let Some(filter) = self.filter.try_get_untracked() else { return };
        if filter.kind.is_some_and(|kind| kind != news.kind) {
            return;
        }
        let _ = self.rows.try_update(|rows| {
            let at = rows.partition_point(|row| row.seq > news.seq);
            if rows.get(at).is_none_or(|row| row.seq != news.seq) {
                rows.insert(at, news);
            }
        });
    }

    fn read_again(self) {
        let Some(wanted) = self.filter.try_get_untracked() else { return };
        let turn = self.turn.try_update_value(|turn| {
            *turn += 1;
            *turn
        });
        self.reading.set(true);
        spawn_local(async move {
            let answer = wanted.read(None).await;
            if turn.is_none() || self.turn.try_get_value() != turn {
                return;
            }
            self.reading.set(false);
            match answer {
                Ok(snapshot) => {
                    self.fault.set(None);
                    self.seq.set_value(snapshot.seq);
                    self.shown.set_value(wanted);
                    self.read.set(BTreeSet::new());
                    self.next.set(snapshot.value.page.next_cursor);
                    self.rows.set(snapshot.value.data);
                    self.catch_up();
                }
                Err(fault) => self.fault.set(Some(fault)),
            }
        });
    }

    fn more(self) {
        let Some(cursor) = self.next.get_untracked().filter(|_| !self.reading.get_untracked()) else {
            return;
        };
        let wanted = self.filter.get_untracked();
        self.reading.set(true);
        spawn_local(async move {
            let answer = wanted.read(Some(cursor)).await;
            let _ = self.reading.try_set(false);
            match answer {
                Ok(snapshot) => {
                    let _ = self.fault.try_set(None);
                    let _ = self.rows.try_update(|rows| rows.extend(snapshot.value.data));
                    let _ = self.next.try_set(snapshot.value.page.next_cursor);
                }
                Err(fault) => {
                    let _ = self.fault.try_set(Some(fault));
                }
            }
        });
    }

    fn is_read(&self, entry: &Notification) -> bool {
        entry.read || self.read.with(|read| read.contains(&entry.id))
    }

    /// Marks one as read: on screen at once, taken back when the server refuses.
    fn mark(self, id: String) {
        let new = self.read.try_update(|read| read.insert(id.clone()));
        if new != Some(true) {
            return;
        }
        self.unread.fewer();
        spawn_local(async move {
            if let Err(fault) = mark_read(id.clone()).await {
                let _ = self.read.try_update(|read| read.remove(&id));
                self.unread.more();
                self.tell(&fault);
            }
        });
    }

    fn mark_all(self, busy: RwSignal<bool>) {
        if busy.get_untracked() {
            return;
        }
        busy.set(true);
        spawn_local(async move {
            let answer = mark_all_read().await;
            let _ = busy.try_set(false);
            match answer {
                Ok(()) => {
                    self.unread.set(0);
                    let _ = self.rows.try_update(|rows| {
                        for row in rows {
                            row.read = true;
                        }
                    });
                }
                Err(fault) => self.tell(&fault),
            }
        });
    }

    fn tell(self, fault: &Fault) {
        self.toasts.say(Tone::Bad, fault.0.title.clone(), fault.0.detail.clone());
    }
}

#[component]
fn Inbox(
    snapshot: Snapshot<Page<Notification>>,
    /// What `snapshot` was asked with.
    wanted: Filter,
    /// What the address asks for.
    filter: Memo<Filter>,
) -> impl IntoView {
    let entries = Entries {
        rows: RwSignal::new(snapshot.value.data),
        next: RwSignal::new(snapshot.value.page.next_cursor),
        reading: RwSignal::new(false),
        read: RwSignal::default(),
        fault: RwSignal::new(None),
        filter,
        shown: StoredValue::new(wanted),
        seq: StoredValue::new(snapshot.seq),
        turn: StoredValue::new(0),
        for_admin: use_session().user.is_some_and(|user| user.role == Role::Admin),
        live: Live::expect(),
        unread: Unread::expect(),
        toasts: Toasts::expect(),
    };
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
    let any_unread = move || entries.rows.with(|rows| rows.iter().any(|row| !entries.is_read(row)));
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
                <Tab label="Unread" href=new current=is_new count=Signal::derive(move || entries.unread.get()) />
            </Tabs>
            <Select
                name="kind"
                label="Kind"
                label_hidden=true
                value=kind
                on_change=choose
                choices=std::iter::once(Choice::new("", "All kinds"))
                    .chain(
                        NotificationKind::ALL
                            .into_iter()
                            .filter(|kind| entries.for_admin || !kind.for_admins())
                            .map(|kind| Choice::new(kind.as_str(), words(kind))),
                    )
                    .collect()
            />
        </div>
        {move || entries.fault.get().map(|fault| view! { <ErrorState fault retry=move |()| entries.read_again() /> })}
        <div class:list-reading=move || entries.reading.get() aria-busy=move || entries.reading.get().to_string()>
            <Show when=move || !entries.rows.with(Vec::is_empty) fallback=move || view! { <Nothing filter /> }>
                <ul class="inbox" aria-label="Notifications">
                    <For each=move || entries.rows.get() key=|row| (row.seq, row.read) let:entry>
                        <Entry entries entry />
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

fn words(kind: NotificationKind) -> &'static str {
    match kind {
        NotificationKind::PaymentReceived => "Payments received",
        NotificationKind::PaymentFailed => "Payments failed",
        NotificationKind::PaymentPending => "Payments pending",
        NotificationKind::InvoiceOverdue => "Overdue",
        NotificationKind::CustomerCreated => "New customers",
        NotificationKind::ImportFinished => "Imports",
        NotificationKind::UserRegistered => "New users",
    }
}

fn look(kind: NotificationKind) -> (&'static str, IconName) {
    match kind {
        NotificationKind::PaymentReceived => ("inbox-icon inbox-good", IconName::Check),
        NotificationKind::PaymentFailed => ("inbox-icon inbox-bad", IconName::Warning),
        NotificationKind::PaymentPending => ("inbox-icon inbox-waiting", IconName::Clock),
        NotificationKind::InvoiceOverdue => ("inbox-icon inbox-bad", IconName::Clock),
        NotificationKind::CustomerCreated => ("inbox-icon", IconName::Customers),
        NotificationKind::ImportFinished => ("inbox-icon", IconName::Import),
        NotificationKind::UserRegistered => ("inbox-icon", IconName::Users),
    }
}

/// The page that shows what it is about.
fn address(entry: &Notification) -> Option<String> {
    match (&entry.customer_id, entry.subject.kind.as_str()) {
        (Some(customer), "payment") => Some(format!("/customers/{customer}?tab=payments")),
        (Some(customer), _) => Some(format!("/customers/{customer}")),
        (None, "customer") => Some(format!("/customers/{}", entry.subject.id)),
        (None, "import") => Some(format!("/import/{}", entry.subject.id)),
        (None, "user") => Some("/users".to_owned()),
        (None, _) => None,
    }
}

#[component]
fn Entry(entries: Entries, entry: Notification) -> impl IntoView {
    let id = StoredValue::new(entry.id.clone());
    let (class, icon) = look(entry.kind);
    let is_read = {
        let entry = entry.clone();
        Signal::derive(move || entries.is_read(&entry))
    };
    let title = match address(&entry) {
        Some(href) => view! {
            <A href=href attr:class="inbox-title" on:click=move |_| entries.mark(id.get_value())>{entry.title}</A>
        }
        .into_any(),
        None => view! { <span class="inbox-title">{entry.title}</span> }.into_any(),
    };
    view! {
        <li class="inbox-entry" class:inbox-unread=move || !is_read.get()>
            <span class=class aria-hidden="true"><Icon name=icon size=16 /></span>
            <div class="inbox-body">
                <p class="inbox-head">
                    {title}
                    <Show when=move || !is_read.get()><span class="inbox-dot"><span class="sr-only">"Unread"</span></span></Show>
                </p>
                <p class="inbox-text">{entry.text}</p>
                <time class="inbox-time" datetime=entry.at.to_rfc3339()>{format::instant(entry.at)}</time>
            </div>
            <Show when=move || !is_read.get()>
                <Button kind=ButtonKind::Quiet size=ButtonSize::Small on_click=move |_| entries.mark(id.get_value())>
                    "Mark as read"
                </Button>
            </Show>
        </li>
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
