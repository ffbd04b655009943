//! What pages of all invoices and all payments share: an address that holds what is wanted, the rows on screen, which
//! follow what happens without moving, and the way from page to page.

use std::collections::BTreeSet;
use std::future::Future;
use std::time::Duration;

use chrono::NaiveDate;
use domain::{Event, Page};
use leptos::prelude::*;
use leptos::task::spawn_local;
use leptos_router::NavigateOptions;
use leptos_router::hooks::{use_navigate, use_query_map};
use leptos_router::params::ParamsMap;

use crate::api::Snapshot;
use crate::error::Fault;
use crate::format;
use crate::live::{CatchUp, Live, is_bulk};
use crate::timing::debounced;
use crate::ui::{
    Button, ButtonKind, ButtonSize, Choice, ErrorState, ExportMenu, PageHead, Pager, Skeleton, TableFrame,
    Tinted,
};

/// Rows a page.
const ROWS: u64 = 50;
/// How long one waits while someone types.
const TYPING: Duration = Duration::from_millis(250);

/// Which page of a list. Pages are found by key, so the way back is remembered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Place {
    /// Where the page begins, unless it is the first.
    pub cursor: Option<String>,
    /// The number of its first row.
    from: u64,
    /// The pages before.
    trail: Vec<String>,
}

impl Default for Place {
    fn default() -> Self {
        Self { cursor: None, from: 1, trail: Vec::new() }
    }
}

impl Place {
    pub(super) fn of(query: &ParamsMap) -> Self {
        let text = |name: &str| query.get(name).unwrap_or_default();
        let cursor = Some(text("cursor")).filter(|cursor| !cursor.is_empty());
        Self {
            from: if cursor.is_some() { text("from").parse().unwrap_or(1) } else { 1 },
            trail: text("trail").split(' ').filter(|cursor| !cursor.is_empty()).map(str::to_owned).collect(),
            cursor,
        }
    }

    /// As it stands in an address.
    pub(super) fn pairs(&self) -> [(&'static str, String); 3] {
        [
            ("from", if self.cursor.is_some() { self.from.to_string() } else { String::new() }),
            ("trail", self.trail.join(" ")),
            ("cursor", self.cursor.clone().unwrap_or_default()),
        ]
    }

    /// The page after this one of `shown` rows.
    fn next(&self, cursor: String, shown: u64) -> Self {
        let trail = self.trail.iter().chain(&self.cursor).cloned().collect();
        Self { cursor: Some(cursor), from: self.from + shown, trail }
    }

    /// The page before; the first one where the way back isn't known.
    fn previous(&self) -> Option<Self> {
        self.cursor.as_ref()?;
        let mut trail = self.trail.clone();
        let cursor = trail.pop();
        let from = if cursor.is_some() { self.from.saturating_sub(ROWS).max(1) } else { 1 };
        Some(Self { cursor, from, trail })
    }
}

/// A row of a list.
pub(super) trait Row: Clone + PartialEq + Send + Sync + 'static {
    fn id(&self) -> &str;
    fn version(&self) -> i64;
}

/// What a list is narrowed to, as it stands in the address, and where its rows come from.
pub(super) trait Wanted: Clone + PartialEq + Send + Sync + 'static {
    type Row: Row;

    /// Where the list stands.
    const PATH: &'static str;
    /// Where the API has it as a file, as [`ExportMenu`] takes it.
    const FILE: &'static str;

    fn of(query: &ParamsMap) -> Self;
    /// As it stands in the address, without the page.
    fn pairs(&self) -> Vec<(&'static str, String)>;
    fn place(&self) -> &Place;
    /// The same, on another page.
    fn at(&self, place: Place) -> Self;
    /// All there is, in the same order.
    fn cleared(&self) -> Self;
    /// As the API takes it, without the page.
    fn parameters(&self) -> Vec<(&'static str, String)>;
    /// Reads the page.
    fn read(self) -> impl Future<Output = Result<Snapshot<Page<Self::Row>>, Fault>> + Send + 'static;
    /// Takes in an event that is about single rows.
    fn apply(list: Listing<Self>, event: &Event);
    /// Another day has begun.
    fn begin_day(_list: Listing<Self>, _today: NaiveDate) {}

    fn address(&self) -> String {
        format::address(Self::PATH, self.pairs().into_iter().chain(self.place().pairs()))
    }

    /// The same, from the first page.
    fn rewound(&self) -> Self {
        self.at(Place::default())
    }

    /// Whether anything is left out.
    fn is_narrow(&self) -> bool {
        self.rewound() != self.cleared()
    }

    /// The address of the page after this one of `shown` rows.
    fn next(&self, cursor: String, shown: u64) -> String {
        self.at(self.place().next(cursor, shown)).address()
    }

    /// The address of the page before.
    fn previous(&self) -> Option<String> {
        self.place().previous().map(|place| self.at(place).address())
    }
}

/// One page of a list. Copy.
pub(super) struct Listing<W: Wanted> {
    pub rows: RwSignal<Vec<W::Row>>,
    pub next: RwSignal<Option<String>>,
    /// The date that the rows are judged by.
    pub today: RwSignal<NaiveDate>,
    /// What the address asks for.
    pub wanted: Memo<W>,
    total: RwSignal<u64>,
    /// What happened that would add rows: the rows' ids, or imports'.
    changes: RwSignal<BTreeSet<String>>,
    /// Another page is on its way.
    reading: RwSignal<bool>,
    /// Why it didn't come.
    fault: RwSignal<Option<Fault>>,
    tinted: Tinted,
    seq: StoredValue<i64>,
    turn: StoredValue<u64>,
    /// What the rows were asked with.
    shown: StoredValue<W>,
    live: Live,
}

// Derived, it would ask the filter to be Copy.
impl<W: Wanted> Copy for Listing<W> {}
impl<W: Wanted> Clone for Listing<W> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<W: Wanted> Listing<W> {
    fn new(snapshot: Snapshot<Page<W::Row>>, shown: W, wanted: Memo<W>) -> Self {
        let page = snapshot.value;
        Self {
            rows: RwSignal::new(page.data),
            next: RwSignal::new(page.page.next_cursor),
            today: RwSignal::new(snapshot.business_date),
            wanted,
            total: RwSignal::new(page.page.total),
            changes: RwSignal::default(),
            reading: RwSignal::new(false),
            fault: RwSignal::new(None),
            tinted: Tinted::default(),
            seq: StoredValue::new(snapshot.seq),
            turn: StoredValue::new(0),
            shown: StoredValue::new(shown),
            live: Live::expect(),
        }
    }

    /// From now on the list follows the address, what happens, and the calendar.
    fn follow(self) {
        let live = self.live;
        live.on_event(move |event| self.apply(event));
        live.on_resync(move || self.read());
        live.on_new_day(
            move || self.today.try_get_untracked(),
            move |today| {
                let _ = self.today.try_set(today);
                W::begin_day(self, today);
            },
        );
        Effect::new(move |_| self.catch_up());
        Effect::new(move |_| {
            let wanted = self.wanted.get();
            if self.shown.with_value(|shown| *shown != wanted) {
                self.read();
            }
        });
    }

    fn catch_up(self) {
        match self.live.catch_up(self.seq.get_value()) {
            CatchUp::Events(events) => events.iter().for_each(|event| self.apply(event)),
            CatchUp::Refetch => self.read(),
        }
    }

    /// Reads the page that the address asks for; what is on screen stays until it is there.
    pub(super) fn read(self) {
        let Some(wanted) = self.wanted.try_get_untracked() else { return };
        let turn = self.turn.try_update_value(|turn| {
            *turn += 1;
            *turn
        });
        self.reading.set(true);
        spawn_local(async move {
            let answer = wanted.clone().read().await;
            // Overtaken by another reading, or the page was left.
            if turn.is_none() || self.turn.try_get_value() != turn {
                return;
            }
            self.reading.set(false);
            match answer {
                Ok(snapshot) => {
                    self.seq.set_value(snapshot.seq);
                    self.shown.set_value(wanted);
                    self.fault.set(None);
                    self.changes.set(BTreeSet::new());
                    self.today.set(snapshot.business_date);
                    self.total.set(snapshot.value.page.total);
                    self.next.set(snapshot.value.page.next_cursor);
                    self.rows.set(snapshot.value.data);
                    self.catch_up();
                }
                Err(fault) => self.fault.set(Some(fault)),
            }
        });
    }

    fn apply(self, event: &Event) {
        if is_bulk(event) {
            // Rows may have come that no event names.
            self.wait(event.subject.id.clone());
        } else {
            W::apply(self, event);
        }
    }

    /// Shows a row as it is now, or, where it isn't on screen and `belongs` there, says that it waits.
    pub(super) fn put(self, row: W::Row, belongs: bool) {
        let id = row.id().to_owned();
        let here = self.rows.try_update(|rows| match rows.iter_mut().find(|shown| shown.id() == id) {
            Some(shown) => {
                if shown.version() <= row.version() {
                    *shown = row;
                }
                true
            }
            None => false,
        });
        match here {
            Some(true) => self.tinted.add(&id),
            Some(false) if belongs => self.wait(id),
            _ => {}
        }
    }

    /// Something would add or move rows; it waits until somebody asks for it.
    pub(super) fn wait(self, change: String) {
        let _ = self.changes.try_update(|changes| changes.insert(change));
    }
}

/// The page: its title, what narrows the list, and the list itself, read on the server and followed from there.
#[component]
pub(super) fn ListPage<W, V>(
    /// What stands in the list.
    title: &'static str,
    /// Shows the list, and what narrows it.
    desk: fn(Listing<W>) -> V,
) -> impl IntoView
where
    W: Wanted,
    W::Row: serde::Serialize + serde::de::DeserializeOwned,
    V: IntoView + 'static,
{
    let query = use_query_map();
    let filter = Memo::new(move |_| query.with(W::of));
    // The first page is read on the server; later ones by the list itself, which stays where it is.
    let wanted = filter.get_untracked();
    let first = Resource::new(|| (), {
        let wanted = wanted.clone();
        move |()| wanted.clone().read()
    });
    view! {
        <PageHead title=title>
            <ExportMenu of=W::FILE wanted=Signal::derive(move || filter.with(W::parameters)) />
        </PageHead>
        <Suspense fallback=|| view! { <Skeleton rows=10 /> }>
            {move || {
                let wanted = wanted.clone();
                Suspend::new(async move {
                    match first.await {
                        Ok(snapshot) => {
                            let list = Listing::new(snapshot, wanted, filter);
                            list.follow();
                            desk(list).into_any()
                        }
                        Err(fault) => view! { <ErrorState fault retry=move |()| first.refetch() /> }.into_any(),
                    }
                })
            }}
        </Suspense>
    }
}

/// Goes to the first page of where a filter leads, in place of where one is, unless it is the same.
pub(super) fn use_change<W: Wanted>(wanted: Memo<W>) -> Callback<W> {
    let navigate = use_navigate();
    Callback::new(move |next: W| {
        let next = next.rewound();
        if wanted.with_untracked(|now| *now == next) {
            return;
        }
        let options = NavigateOptions { replace: true, scroll: false, ..NavigateOptions::default() };
        navigate(&next.address(), options);
    })
}

/// The rows, with what waits over them and the way to the other pages under them.
#[component]
pub(super) fn ListRows<W: Wanted>(
    list: Listing<W>,
    /// The table's accessible name.
    label: &'static str,
    /// A further class, for the page's own columns.
    #[prop(default = "")]
    class: &'static str,
    /// The heads of its columns.
    #[prop(into)]
    heads: ViewFn,
    /// The cells of a row.
    cells: fn(W::Row, NaiveDate) -> AnyView,
    /// Why there are no rows; `true` where a filter leaves them out.
    nothing: fn(bool) -> AnyView,
) -> impl IntoView {
    let Listing { rows, total, today, wanted, reading, fault, tinted, .. } = list;
    let ids =
        Memo::new(move |_| rows.with(|rows| rows.iter().map(|row| row.id().to_owned()).collect::<Vec<_>>()));
    let narrow = Memo::new(move |_| wanted.with(W::is_narrow));
    let shown = Signal::derive(move || rows.with(|rows| rows.len() as u64));
    let heads = StoredValue::new(heads);
    view! {
        <div class="waiting" role="status">
            <Show when=move || !list.changes.with(BTreeSet::is_empty)>
                <span>{move || format::counted(list.changes.with(|changes| changes.len() as u64), "change", "changes")}</span>
                <Button size=ButtonSize::Small kind=ButtonKind::Quiet on_click=move |_| list.read()>"Show"</Button>
            </Show>
        </div>
        {move || fault.get().map(|fault| view! { <ErrorState fault retry=move |()| list.read() /> })}
        <Show when=move || !ids.with(Vec::is_empty) fallback=move || move || nothing(narrow.get())>
            <div class="list" class:list-reading=move || reading.get() aria-busy=move || reading.get().to_string()>
                <TableFrame label class cards=true>
                    <thead>
                        <tr>{heads.with_value(ViewFn::run)}</tr>
                    </thead>
                    <tbody>
                        <For each=move || ids.get() key=Clone::clone let:id>
                            {
                                let key = id.clone();
                                let row = Memo::new(move |_| {
                                    rows.with(|rows| rows.iter().find(|row| row.id() == id).cloned())
                                });
                                view! {
                                    <tr class:changed=move || tinted.has(&key)>
                                        {move || row.get().map(|row| cells(row, today.get()))}
                                    </tr>
                                }
                            }
                        </For>
                    </tbody>
                </TableFrame>
                <Pager
                    first=Signal::derive(move || wanted.with(|wanted| wanted.place().from))
                    shown
                    total
                    previous=Signal::derive(move || wanted.with(W::previous))
                    next=Signal::derive(move || {
                        let cursor = list.next.get()?;
                        Some(wanted.with(|wanted| wanted.next(cursor, shown.get())))
                    })
                />
            </div>
        </Show>
    }
}

/// The fields that narrow a list, as `children`, with what clears them. Sent, they go at once.
#[component]
pub(super) fn FilterForm<W: Wanted>(
    wanted: Memo<W>,
    /// Its accessible name.
    label: &'static str,
    /// Goes where the fields lead.
    go: impl Fn() + Copy + Send + Sync + 'static,
    children: Children,
) -> impl IntoView {
    let change = use_change(wanted);
    view! {
        <form
            class="filters"
            method="get"
            action=W::PATH
            role="search"
            aria-label=label
            on:submit=move |event| {
                event.prevent_default();
                go();
            }
        >
            {children()}
            <noscript><Button submit=true>"Show"</Button></noscript>
            <Show when=move || wanted.with(W::is_narrow)>
                <Button kind=ButtonKind::Quiet on_click=move |_| change.run(wanted.with_untracked(W::cleared))>
                    "Clear filters"
                </Button>
            </Show>
        </form>
    }
}

/// The choices of a field that need not be chosen.
pub(super) fn with_any(label: &str, choices: impl IntoIterator<Item = Choice>) -> Vec<Choice> {
    std::iter::once(Choice::new("", label)).chain(choices).collect()
}

/// A date as its field holds it.
pub(super) fn as_typed(date: Option<NaiveDate>) -> String {
    date.map(|date| date.to_string()).unwrap_or_default()
}

/// Fills the search field again when the address says something else. The blank after a word isn't in the address.
pub(super) fn refill_search(field: RwSignal<String>, now: &str) {
    if field.with_untracked(|typed| typed.trim() != now) {
        field.set(now.to_owned());
    }
}

/// The same for a date. A half-typed one is no date yet; it stays as it is.
pub(super) fn refill_date(field: RwSignal<String>, now: Option<NaiveDate>) {
    if field.with_untracked(|typed| typed.parse().ok() != now) {
        field.set(as_typed(now));
    }
}

/// Goes when typing pauses, and at once when a date was chosen.
pub(super) fn go_when_typed(
    search: RwSignal<String>,
    dates: [RwSignal<String>; 2],
    go: impl Fn() + Copy + Send + Sync + 'static,
) {
    let soon = debounced(TYPING, Callback::new(move |()| go()));
    Effect::new(move |before: Option<()>| {
        search.track();
        if before.is_some() {
            soon.run(());
        }
    });
    Effect::new(move |before: Option<()>| {
        dates.iter().for_each(Track::track);
        if before.is_some() {
            go();
        }
    });
}

/// What an address with these parameters asks for.
#[cfg(test)]
pub(super) fn asked<W: Wanted>(pairs: &[(&str, &str)]) -> W {
    let mut query = ParamsMap::new();
    for (name, value) in pairs {
        query.insert((*name).to_owned(), (*value).to_owned());
    }
    W::of(&query)
}
