//! All payments: what came in, what is announced, what failed. The address holds the filter, so that a view can be kept
//! and sent to a colleague.

mod filter;

use chrono::NaiveDate;
use domain::payment::PaymentView;
use domain::{Customer, Event, Money, Payment, PaymentSource, PaymentStatus, date};
use leptos::prelude::*;
use leptos_router::components::A;

use self::filter::{Filter, FilterBar};
use super::listing::{ListPage, ListRows, Listing, Row, use_change};
use crate::format;
use crate::ui::{Amount, EmptyState, IconName, LinkButton, PaymentStatusBadge, SortHeader};

/// All payments.
#[component]
pub fn PaymentsPage() -> impl IntoView {
    view! { <ListPage title="Payments" desk /> }
}

fn desk(list: Listing<Filter>) -> impl IntoView {
    let filter = list.wanted;
    let change = use_change(filter);
    let sort = Signal::derive(move || filter.with(Filter::order));
    let on_sort = Callback::new(move |(field, descending): (&'static str, bool)| {
        let mut next = filter.get_untracked();
        next.sort = format!("{}{field}", if descending { "-" } else { "" });
        change.run(next);
    });
    let heads = move || {
        view! {
            <SortHeader label="Received" field="received_on" sort on_sort largest_first=true />
            <th scope="col">"Customer"</th>
            <SortHeader label="Amount" field="amount" sort on_sort numeric=true largest_first=true />
            <th scope="col">"Status"</th>
            <th scope="col">"Method"</th>
            <th scope="col">"Reference"</th>
            <SortHeader label="Entered" field="created_at" sort on_sort largest_first=true />
        }
    };
    view! {
        <FilterBar filter />
        <ListRows list label="Payments" heads cells nothing />
    }
}

fn nothing(filtered: bool) -> AnyView {
    if filtered {
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

fn cells(row: PaymentView, _today: NaiveDate) -> AnyView {
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
    .into_any()
}

impl Row for PaymentView {
    fn id(&self) -> &str {
        self.payment.id.as_str()
    }

    fn version(&self) -> i64 {
        self.payment.version
    }
}

/// The payment an event carries.
fn apply(list: Listing<Filter>, event: &Event) {
    let (Some(payment), Some(customer)) =
        (event.part::<Payment>("payment"), event.part::<Customer>("customer"))
    else {
        return;
    };
    let row = PaymentView { payment, customer_name: customer.name };
    let Some(matches) = list.wanted.try_with_untracked(|filter| filter.matches(&row)) else { return };
    list.put(row, matches);
}
