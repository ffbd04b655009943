//! The customers: who owes, who is late. The grid that collectors live in.

mod grid;
mod new_customer;
mod view;

use std::time::Duration;

use domain::{Action, Counts, CustomerStatus};
use leptos::ev;
use leptos::prelude::*;
use leptos::task::spawn_local;
use leptos_router::NavigateOptions;
use leptos_router::hooks::{use_navigate, use_query_map};

use self::grid::Grid;
use self::new_customer::{Draft, NewCustomerSheet};
use self::view::View;
use crate::api::customer::{customer_counts, list_customers};
use crate::browser;
use crate::live::{CatchUp, Live};
use crate::session::use_session;
use crate::shell::WantsSearch;
use crate::timing::{debounced, throttled};
use crate::ui::{
    Button, ButtonKind, Choice, EmptyState, ErrorState, ExportMenu, Icon, IconName, LinkButton, MoneyField,
    PageHead, Select, Skeleton, Tab, Tabs,
};

/// How long the search waits for the next letter.
const TYPING: Duration = Duration::from_millis(120);
/// Counts are asked for again this long after something happened, once for all that happened in between.
const COUNTING: Duration = Duration::from_millis(400);
/// A list that is being imported into is read again at most this often.
const IMPORTING: Duration = Duration::from_secs(1);

/// The customers.
#[component]
pub fn CustomersPage() -> impl IntoView {
    let session = use_session();
    let query = use_query_map();
    let view = Memo::new(move |_| query.with(View::of));
    // The rows come with the view they were read for: the address may be ahead of them while others load.
    let list = Resource::new_blocking(
        move || view.get(),
        move |view| async move { (list_customers(view.list(session.currency)).await, view) },
    );
    let counts = Resource::new_blocking(|| (), |()| customer_counts());
    let newer_counts = RwSignal::new(None::<Counts>);
    let navigate = use_navigate();
    let go = Callback::new(move |(to, replace): (View, bool)| {
        navigate(&to.address(), NavigateOptions { replace, scroll: false, ..Default::default() });
    });
    let recount = throttled(COUNTING, move || {
        spawn_local(async move {
            if let Ok(counts) = customer_counts().await {
                let _ = newer_counts.try_set(Some(counts));
            }
        });
    });
    let live = Live::expect();
    live.on_event(move |_| recount.run(()));
    live.on_resync(move || {
        recount.run(());
        list.refetch();
    });
    let loading = RwSignal::new(false);
    let may_create = session.may(Action::CreateCustomer);
    let may_import = session.may(Action::Import);
    let creating = RwSignal::new(false);
    let draft = Draft::new(session.currency);
    shortcuts(may_create, creating);
    let read_again = Callback::new(move |()| list.refetch());
    let shown_again = Callback::new(move |()| {
        recount.run(());
        list.refetch();
    });
    view! {
        <div class="customers-page">
            <PageHead title="Customers">
                {may_import.then(|| view! {
                    <LinkButton href="/import"><Icon name=IconName::Import size=16 />"Import"</LinkButton>
                })}
                <ExportMenu of="customers/export" wanted=Signal::derive(move || view.with(|view| view.list(session.currency).parameters())) />
                {may_create.then(|| view! {
                    <Button kind=ButtonKind::Primary on_click=move |_| creating.set(true)>
                        <Icon name=IconName::Plus size=16 />
                        "New customer"
                    </Button>
                })}
            </PageHead>
            <Transition>
                {move || Suspend::new(async move {
                    let first = counts.await.ok();
                    view! { <Views view counts=Signal::derive(move || newer_counts.get().or(first)) /> }
                })}
            </Transition>
            <Filters view go />
            <div class:stale=move || loading.get()>
                <Transition fallback=|| view! { <Skeleton rows=12 /> } set_pending=loading>
                    {move || Suspend::new(async move {
                        match list.await {
                            (Err(fault), _) => view! { <ErrorState fault retry=read_again /> }.into_any(),
                            (Ok(snapshot), _) if snapshot.value.data.is_empty() => {
                                view! { <Nobody view seq=snapshot.seq read_again may_import may_create creating /> }.into_any()
                            }
                            (Ok(snapshot), shown) => {
                                view! { <Grid snapshot shown go read_again newer_counts /> }.into_any()
                            }
                        }
                    })}
                </Transition>
            </div>
        </div>
        <NewCustomerSheet open=creating draft on_created=shown_again />
    }
}

/// Saved views as tabs, each with its count.
#[component]
fn Views(view: Memo<View>, counts: Signal<Option<Counts>>) -> impl IntoView {
    let tab = move |label: &'static str, status: Option<CustomerStatus>, count: fn(&Counts) -> u64| {
        view! {
            <Tab
                label
                href=Signal::derive(move || view.with(|view| view.with_status(status).address()))
                current=Signal::derive(move || view.with(|view| view.status == status))
                count=Signal::derive(move || counts.get().as_ref().map(count))
            />
        }
    };
    view! {
        <Tabs label="Views">
            {tab("All", None, |counts| counts.all)}
            {tab("Overdue", Some(CustomerStatus::Overdue), |counts| counts.overdue)}
            {tab("Pending", Some(CustomerStatus::Pending), |counts| counts.pending)}
            {tab("Paid", Some(CustomerStatus::Paid), |counts| counts.paid)}
        </Tabs>
    }
}

/// Search and filters. The address holds them all; as a form they also work without JavaScript.
#[component]
fn Filters(view: Memo<View>, go: Callback<(View, bool)>) -> impl IntoView {
    let currency = use_session().currency;
    let now = view.get_untracked();
    let q = RwSignal::new(now.q.clone());
    let status = RwSignal::new(now.status.map(|status| status.as_str().to_owned()).unwrap_or_default());
    let min = RwSignal::new(now.min.clone());
    let max = RwSignal::new(now.max.clone());
    // Typing in progress: the address is behind what stands in the boxes.
    let typing = RwSignal::new(false);
    let settle = Callback::new(move |()| {
        typing.set(false);
        let to = view.get_untracked().with_filters(
            q.get_untracked(),
            status.get_untracked().parse().ok(),
            min.get_untracked(),
            max.get_untracked(),
        );
        if to != view.get_untracked() {
            // Every letter would be a step back in the history otherwise.
            go.run((to, true));
        }
    });
    let typed = debounced(TYPING, settle);
    let touch = move || {
        typing.set(true);
        typed.run(());
    };
    Effect::new(move |before: Option<()>| {
        let view = view.get();
        if before.is_some() && !typing.get_untracked() {
            // Came by a tab, a link or the back button.
            let status_now = view.status.map(|status| status.as_str().to_owned()).unwrap_or_default();
            for (field, now) in [(q, view.q), (status, status_now), (min, view.min), (max, view.max)] {
                // The blank after a word isn't in the address, and has to stay where the next word is being typed.
                if field.with_untracked(|text| text.trim() != now.trim()) {
                    field.set(now);
                }
            }
        }
    });
    Effect::new(move |before: Option<()>| {
        min.track();
        max.track();
        if before.is_some() {
            touch();
        }
    });
    let WantsSearch(wants_search) = WantsSearch::expect();
    Effect::new(move |_| {
        if wants_search.get() {
            wants_search.set(false);
            browser::focus_soon("#customer-search");
        }
    });
    let choices = std::iter::once(Choice::new("", "Any"))
        .chain(CustomerStatus::ALL.map(|status| Choice::new(status.as_str(), status.label())))
        .collect::<Vec<_>>();
    let is_filtered = move || view.with(View::is_filtered);
    view! {
        <form
            class="filters"
            method="get"
            action="/customers"
            role="search"
            on:submit=move |event| {
                event.prevent_default();
                settle.run(());
            }
        >
            <div class="field">
                <label class="field-label" for="customer-search">"Search"</label>
                <span class="search-box">
                    <Icon name=IconName::Search size=16 />
                    <input
                        id="customer-search"
                        class="input"
                        type="search"
                        name="q"
                        aria-label="Search customers"
                        placeholder="Name, reference, e-mail or phone"
                        autocomplete="off"
                        spellcheck="false"
                        value=q.get_untracked()
                        prop:value=move || q.get()
                        on:input=move |event| {
                            q.set(event_target_value(&event));
                            touch();
                        }
                    />
                </span>
            </div>
            <Select name="status" label="Status" value=status choices on_change=move |_| settle.run(()) />
            <MoneyField name="min" label="Min. outstanding" value=min currency=currency.code().to_owned() error=amount_error(min, currency) />
            <MoneyField name="max" label="Max. outstanding" value=max currency=currency.code().to_owned() error=amount_error(max, currency) />
            {move || is_filtered().then(|| view! {
                <a class="button button-quiet" href=move || view.with(|view| view.cleared().address())>"Clear"</a>
            })}
            <noscript><button class="button button-secondary" type="submit">"Filter"</button></noscript>
        </form>
    }
}

fn amount_error(text: RwSignal<String>, currency: domain::Currency) -> Signal<Option<String>> {
    Signal::derive(move || {
        text.with(|text| view::amount(text, currency).err().map(|error| error.to_string()))
    })
}

/// Nobody to show: because there is nobody, or because nobody matches.
#[component]
fn Nobody(
    view: Memo<View>,
    seq: i64,
    read_again: Callback<()>,
    may_import: bool,
    may_create: bool,
    creating: RwSignal<bool>,
) -> impl IntoView {
    let live = Live::expect();
    let soon = throttled(IMPORTING, move || read_again.run(()));
    // There is nothing here that could move under the pointer: whatever comes is shown at once.
    live.on_event(move |event| {
        if event.seq > seq {
            soon.run(());
        }
    });
    Effect::new(move |_| match live.catch_up(seq) {
        CatchUp::Events(events) if events.is_empty() => {}
        _ => soon.run(()),
    });
    if view.with_untracked(|view| view.is_filtered() || view.cursor.is_some()) {
        return view! {
            <EmptyState icon=IconName::Search title="Nothing matches" text="No customer fits this search and these filters.">
                <LinkButton href=Signal::derive(move || view.with(|view| view.cleared().address()))>"Clear filters"</LinkButton>
            </EmptyState>
        }
        .into_any();
    }
    let text = if may_import {
        "Bring them in from a spreadsheet: names, contacts, what each owes and when it is due. The template shows the columns."
    } else {
        "A manager can import them from a spreadsheet; they appear here as soon as that has happened."
    };
    view! {
        <div class="card nobody">
            <EmptyState icon=IconName::Customers title="No customers yet" text>
                {may_import.then(|| view! {
                    <LinkButton href="/import" kind=ButtonKind::Primary>
                        <Icon name=IconName::Import size=16 />
                        "Import a spreadsheet"
                    </LinkButton>
                    <LinkButton href="/api/v1/imports/template.xlsx?kind=customers" download=true>
                        <Icon name=IconName::Download size=16 />
                        "Download the template"
                    </LinkButton>
                })}
                {(may_create && !may_import).then(|| view! {
                    <Button kind=ButtonKind::Primary on_click=move |_| creating.set(true)>"Add the first one"</Button>
                })}
            </EmptyState>
        </div>
    }
    .into_any()
}

/// `j`, `k` and `c`.
fn shortcuts(may_create: bool, creating: RwSignal<bool>) {
    let handle = window_event_listener(ev::keydown, move |event| {
        if event.ctrl_key()
            || event.meta_key()
            || event.alt_key()
            || browser::is_typing(&event)
            || browser::has_open_dialog()
        {
            return;
        }
        match event.key().as_str() {
            "j" => browser::focus_row(1),
            "k" => browser::focus_row(-1),
            "c" if may_create => {
                event.prevent_default();
                creating.set(true);
            }
            _ => {}
        }
    });
    on_cleanup(move || handle.remove());
}
