//! The customers: who owes, who is late. The grid that collectors live in.

mod bulk;
mod cell;
mod chosen;
mod columns;
mod filters;
mod grid;
mod inline;
mod keys;
mod new_customer;
mod nobody;
mod place;
mod row;
mod rows;
mod saved;
mod view;
mod window;

use std::time::Duration;

use domain::{Action, Counts, CustomerStatus};
use leptos::ev;
use leptos::prelude::*;
use leptos::task::spawn_local;
use leptos_router::NavigateOptions;
use leptos_router::hooks::{use_navigate, use_query_map};

use self::columns::ColumnChooser;
use self::filters::Filters;
use self::grid::Grid;
use self::new_customer::{Draft, NewCustomerSheet};
use self::nobody::Nobody;
pub(crate) use self::place::LastPlace;
use self::saved::{MissingView, Saved, SavedTabs, ViewMenu};
use self::view::View;
use crate::api::customer::{customer_counts, list_customers};
use crate::api::user::colleagues;
use crate::api::view::saved_views;
use crate::live::Live;
use crate::page::colleagues::Colleagues;
use crate::session::use_session;
use crate::timing::throttled;
use crate::ui::{
    Button, ButtonKind, ErrorState, ExportMenu, Icon, IconName, LinkButton, PageHead, Skeleton, Tab, Tabs,
};

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
    let wanted = Memo::new(move |_| view.with(View::rows));
    let list = Resource::new_blocking(
        move || wanted.get(),
        move |view| async move { (list_customers(view.list(session.currency)).await, view) },
    );
    let counts = Resource::new_blocking(|| (), |()| customer_counts());
    let people = Resource::new_blocking(|| (), |()| colleagues());
    let saved = Resource::new_blocking(|| (), |()| saved_views());
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
    live.on_resync(move || recount.run(()));
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
                    let saved = Saved::new(saved.await.unwrap_or_default(), view, go);
                    view! { <Views view go saved counts=Signal::derive(move || newer_counts.get().or(first)) /> }
                })}
            </Transition>
            <Transition>
                {move || Suspend::new(async move {
                    let people = people.await.unwrap_or_default();
                    view! { <Filters view go people /> }
                })}
            </Transition>
            <div class="customers-list" class:stale=move || loading.get()>
                <Transition fallback=|| view! { <Skeleton rows=12 /> } nostrip:set_pending=in_browser(loading)>
                    {move || Suspend::new(async move {
                        let people = people.await.unwrap_or_default();
                        match list.await {
                            (Err(fault), _) => view! { <ErrorState fault retry=read_again /> }.into_any(),
                            (Ok(snapshot), _) if snapshot.value.data.is_empty() => {
                                view! { <Nobody view seq=snapshot.seq read_again may_import may_create creating /> }.into_any()
                            }
                            (Ok(snapshot), shown) => {
                                provide_context(Colleagues(RwSignal::new(people)));
                                view! { <Grid snapshot shown view go emptied=read_again newer_counts /> }.into_any()
                            }
                        }
                    })}
                </Transition>
            </div>
        </div>
        <NewCustomerSheet open=creating draft on_created=shown_again />
    }
}

/// Where the signal may be told that the list is being read again. On the server that would be from another thread, while the
/// page is rendered, and a read that meets a write fails there.
fn in_browser(loading: RwSignal<bool>) -> Option<SignalSetter<bool>> {
    cfg!(not(feature = "ssr")).then(|| loading.into())
}

/// Views as tabs, each with its count, and the columns.
#[component]
fn Views(
    view: Memo<View>,
    go: Callback<(View, bool)>,
    saved: Saved,
    counts: Signal<Option<Counts>>,
) -> impl IntoView {
    let tab = move |label: &'static str, status: Option<CustomerStatus>, count: fn(&Counts) -> u64| {
        view! {
            <Tab
                label
                href=Signal::derive(move || view.with(|view| view.with_status(status).address()))
                current=Signal::derive(move || view.with(|view| view.status == status && !view.archived && view.saved.is_empty()))
                count=Signal::derive(move || counts.get().as_ref().map(count))
            />
        }
    };
    view! {
        <div class="views">
            <Tabs label="Views">
                {tab("All", None, |counts| counts.all)}
                {tab("Overdue", Some(CustomerStatus::Overdue), |counts| counts.overdue)}
                {tab("Pending", Some(CustomerStatus::Pending), |counts| counts.pending)}
                {tab("Paid", Some(CustomerStatus::Paid), |counts| counts.paid)}
                <SavedTabs saved />
            </Tabs>
            <ViewMenu saved />
            <ColumnChooser view go />
        </div>
        <MissingView saved />
    }
}

/// `c` makes a new customer; the other keys are the grid's.
fn shortcuts(may_create: bool, creating: RwSignal<bool>) {
    let handle = window_event_listener(ev::keydown, move |event| {
        if may_create && event.key() == "c" && keys::is_free(&event) {
            event.prevent_default();
            creating.set(true);
        }
    });
    on_cleanup(move || handle.remove());
}
