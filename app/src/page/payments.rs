//! All payments: what came in, what is announced, what failed. The address holds the filter, so that a view can be kept
//! and sent to a colleague.

mod filter;
mod list;

use std::collections::BTreeSet;

use domain::payment::PaymentView;
use domain::{Customer, Event, EventKind, Money, Payment, PaymentSource, PaymentStatus, date};
use leptos::prelude::*;
use leptos_router::NavigateOptions;
use leptos_router::components::A;
use leptos_router::hooks::{use_navigate, use_query_map};

use self::filter::{Filter, FilterBar};
use self::list::PaymentsList;
use crate::api::payment::list_payments;
use crate::ui::{
    Amount, Button, ButtonKind, ButtonSize, EmptyState, ErrorState, IconName, LinkButton, PageHead, Pager,
    PaymentStatusBadge, Skeleton, SortHeader, TableFrame,
};
use crate::{api::Snapshot, format};

/// All payments.
#[component]
pub fn PaymentsPage() -> impl IntoView {
    let query = use_query_map();
    let filter = Memo::new(move |_| query.with(Filter::of));
    // The first page is read on the server; later ones by the list itself, which stays where it is.
    let wanted = filter.get_untracked();
    let first = Resource::new(|| (), {
        let wanted = wanted.clone();
        move |()| list_payments(wanted.list())
    });
    view! {
        <PageHead title="Payments" />
        <Suspense fallback=|| view! { <Skeleton rows=10 /> }>
            {move || {
                let wanted = wanted.clone();
                Suspend::new(async move {
                    match first.await {
                        Ok(snapshot) => view! { <PaymentsDesk snapshot wanted filter /> }.into_any(),
                        Err(fault) => view! { <ErrorState fault retry=move |()| first.refetch() /> }.into_any(),
                    }
                })
            }}
        </Suspense>
    }
}

#[component]
fn PaymentsDesk(
    snapshot: Snapshot<domain::Page<PaymentView>>,
    /// What `snapshot` was asked with.
    wanted: Filter,
    /// What the address asks for.
    filter: Memo<Filter>,
) -> impl IntoView {
    let list = PaymentsList::new(snapshot, wanted, filter);
    list.follow();
    let navigate = use_navigate();
    let change = Callback::new(move |next: Filter| {
        let options = NavigateOptions { replace: true, scroll: false, ..NavigateOptions::default() };
        navigate(&next.address(), options);
    });
    let sort = Signal::derive(move || filter.with(Filter::order));
    let on_sort = Callback::new(move |(field, descending): (&'static str, bool)| {
        let mut next = filter.get_untracked();
        next.sort = format!("{}{field}", if descending { "-" } else { "" });
        change.run(next.rewound());
    });
    let ids = Memo::new(move |_| {
        list.rows.with(|rows| rows.iter().map(|row| row.payment.id.clone()).collect::<Vec<_>>())
    });
    let filtered = Signal::derive(move || filter.with(Filter::is_narrow));
    view! {
        <FilterBar filter change />
        <Waiting list />
        {move || list.fault.get().map(|fault| view! { <ErrorState fault retry=move |()| list.read() /> })}
        <Show when=move || !ids.with(Vec::is_empty) fallback=move || view! { <Nothing filtered /> }>
            <div class="list" class:list-reading=move || list.reading.get() aria-busy=move || list.reading.get().to_string()>
                <TableFrame label="Payments" cards=true>
                    <thead>
                        <tr>
                            <SortHeader label="Received" field="received_on" sort on_sort largest_first=true />
                            <th scope="col">"Customer"</th>
                            <SortHeader label="Amount" field="amount" sort on_sort numeric=true largest_first=true />
                            <th scope="col">"Status"</th>
                            <th scope="col">"Method"</th>
                            <th scope="col">"Reference"</th>
                            <SortHeader label="Entered" field="created_at" sort on_sort largest_first=true />
                        </tr>
                    </thead>
                    <tbody>
                        <For each=move || ids.get() key=Clone::clone let:id>
                            {
                                let key = id.clone();
                                let row = Memo::new(move |_| {
                                    list.rows.with(|rows| rows.iter().find(|row| row.payment.id == id).cloned())
                                });
                                view! {
                                    <tr class:changed=move || list.is_tinted(key.as_str())>
                                        {move || row.get().map(|row| view! { <Cells row /> })}
                                    </tr>
                                }
                            }
                        </For>
                    </tbody>
                </TableFrame>
                <Pager
                    first=Signal::derive(move || filter.with(|filter| filter.from))
                    shown=Signal::derive(move || list.rows.with(|rows| rows.len() as u64))
                    total=list.total
                    previous=Signal::derive(move || filter.with(Filter::previous))
                    next=Signal::derive(move || {
                        let cursor = list.next.get()?;
                        let shown = list.rows.with(|rows| rows.len() as u64);
                        Some(filter.with(|filter| filter.next(cursor, shown)))
                    })
                />
            </div>
        </Show>
    }
}

/// Rows never move under the pointer: what would move them waits here.
#[component]
fn Waiting(list: PaymentsList) -> impl IntoView {
    view! {
        <div class="waiting" role="status">
            <Show when=move || !list.changes.with(BTreeSet::is_empty)>
                <span>{move || format::counted(list.changes.with(|changes| changes.len() as u64), "change", "changes")}</span>
                <Button size=ButtonSize::Small kind=ButtonKind::Quiet on_click=move |_| list.read()>"Show"</Button>
            </Show>
        </div>
    }
}

#[component]
fn Nothing(filtered: Signal<bool>) -> impl IntoView {
    move || {
        if filtered.get() {
            view! {
                <EmptyState
                    icon=IconName::Search
                    title="No payment matches"
                    text="Widen the dates, choose another status, or search for less."
                >
                    <LinkButton href="/payments">"Show all payments"</LinkButton>
                </EmptyState>
            }
            .into_any()
        } else {
            view! {
                <EmptyState
                    icon=IconName::Payments
                    title="No payments yet"
                    text="Open a customer to record one. What a spreadsheet says is paid appears here too."
                >
                    <LinkButton href="/customers">"Go to customers"</LinkButton>
                </EmptyState>
            }
            .into_any()
        }
    }
}

#[component]
fn Cells(row: PaymentView) -> impl IntoView {
    let PaymentView { payment, customer_name } = row;
    let note = payment.failure.clone().filter(|_| payment.status != PaymentStatus::Completed);
    let source = match payment.source {
        PaymentSource::Manual => None,
        PaymentSource::Import => Some("imported"),
        PaymentSource::Gateway => Some("gateway"),
    };
    let unapplied = Some(payment.unapplied).filter(Money::is_positive);
    let received = payment.received_on;
    view! {
        <td data-label="Received"><time datetime=received.to_string()>{date::show(received)}</time></td>
        <td data-label="Customer" class="cell-main">
            <A href=format!("/customers/{}?tab=payments", payment.customer_id)>{customer_name}</A>
        </td>
        <td data-label="Amount" class="numeric">
            <Amount money=payment.amount />
            {unapplied.map(|unapplied| view! { <span class="cell-note">{format!("{unapplied} unapplied")}</span> })}
        </td>
        <td data-label="Status">
            <PaymentStatusBadge status=payment.status />
            {note.map(|note| view! { <span class="cell-note">{note}</span> })}
        </td>
        <td data-label="Method">
            {payment.method.label()}
            {source.map(|source| view! { <span class="cell-note">{source}</span> })}
        </td>
        <td data-label="Reference">{payment.reference.clone().unwrap_or_else(|| "—".to_owned())}</td>
        <td data-label="Entered">
            <time class="when" datetime=payment.created_at.to_rfc3339()>{format::instant(payment.created_at)}</time>
        </td>
    }
}

/// The payment an event carries, with its customer.
fn paid(event: &Event) -> Option<(Payment, Customer)> {
    let payment = serde_json::from_value(event.data.get("payment")?.clone()).ok()?;
    let customer = serde_json::from_value(event.data.get("customer")?.clone()).ok()?;
    Some((payment, customer))
}

/// Whether rows may have come that no event names.
fn is_bulk(event: &Event) -> bool {
    matches!(event.kind, EventKind::ImportCommitted | EventKind::ImportFinished)
}
