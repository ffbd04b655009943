//! Ageing: who owes how much and how late it is, today or as of any date. The address holds the date.

use chrono::NaiveDate;
use domain::ageing::{Ageing, AgeingOverview, AgeingRow, Bucket};
use domain::{Money, date};
use leptos::prelude::*;
use leptos_router::NavigateOptions;
use leptos_router::components::A;
use leptos_router::hooks::{use_navigate, use_query_map};

use crate::api::Snapshot;
use crate::api::report::read_ageing;
use crate::format;
use crate::live::Whole;
use crate::ui::{
    Amount, Button, EmptyState, ErrorState, ExportMenu, Field, IconName, LinkButton, PageHead, Skeleton,
    TableFrame,
};

/// Customers that are shown at first, and that each “Show more” adds.
const ROWS: u32 = 100;

/// Who owes how much, how late.
#[component]
pub fn AgeingPage() -> impl IntoView {
    let query = use_query_map();
    let as_of = Memo::new(move |_| query.with(|query| query.get("as_of")?.parse::<NaiveDate>().ok()));
    let wanted = as_of.get_untracked();
    // The first report is read on the server; later ones by the page, which stays where it is.
    let first = Resource::new(|| (), move |()| read_ageing(wanted, ROWS));
    view! {
        <PageHead title="Ageing">
            <ExportMenu of="reports/ageing" wanted=Signal::derive(move || {
                vec![("group", "customer".to_owned()), ("as_of", as_of.get().map(|day| day.to_string()).unwrap_or_default())]
            }) />
        </PageHead>
        <AsOf as_of />
        <Suspense fallback=|| view! { <Skeleton rows=8 /> }>
            {move || Suspend::new(async move {
                match first.await {
                    Ok(first) => view! { <Report first as_of wanted /> }.into_any(),
                    Err(fault) => view! { <ErrorState fault retry=move |()| first.refetch() /> }.into_any(),
                }
            })}
        </Suspense>
    }
}

#[component]
fn Report(
    first: Snapshot<AgeingOverview>,
    /// The date that is asked for.
    as_of: Memo<Option<NaiveDate>>,
    /// That of `first`.
    wanted: Option<NaiveDate>,
) -> impl IntoView {
    let most = RwSignal::new(ROWS);
    let ask = move || read_ageing(as_of.get_untracked(), most.get_untracked());
    // The figures of a day that has passed are not those of today.
    let dated = move || as_of.try_get_untracked().is_some_and(|as_of| as_of.is_none());
    let report = Whole::follow(first, ask, dated);
    Effect::new(move |before: Option<(Option<NaiveDate>, u32)>| {
        let asked = (as_of.get(), most.get());
        if asked != before.unwrap_or((wanted, ROWS)) {
            report.read();
        }
        asked
    });
    let more = move || report.shown.with(|shown| shown.value.has_more());
    view! {
        {move || report.fault.get().map(|fault| view! {
            <ErrorState fault retry=move |()| report.read() />
        })}
        {move || report.shown.with(|shown| if shown.value.total.data.is_empty() {
            view! { <Nothing as_of=shown.value.total.as_of /> }.into_any()
        } else {
            view! { <Figures overview=shown.value.clone() /> }.into_any()
        })}
        <Show when=more>
            <div class="more">
                <Button
                    busy=report.reading
                    on_click=move |_| most.update(|most| *most = most.saturating_add(ROWS))
                >
                    "Show more customers"
                </Button>
            </div>
        </Show>
    }
}

/// Chooses the date. An empty field is today.
#[component]
fn AsOf(as_of: Memo<Option<NaiveDate>>) -> impl IntoView {
    let typed = RwSignal::new(as_of.get_untracked().map(|date| date.to_string()).unwrap_or_default());
    let navigate = use_navigate();
    Effect::new(move |before: Option<String>| {
        let text = typed.get();
        if before.as_ref().is_some_and(|before| *before != text) {
            let chosen = text.parse::<NaiveDate>().ok();
            let address = match chosen {
                Some(date) => format!("/reports/ageing?as_of={date}"),
                None => "/reports/ageing".to_owned(),
            };
            // Half a date is no date yet.
            if chosen.is_some() || text.is_empty() {
                let options = NavigateOptions { replace: true, scroll: false, ..NavigateOptions::default() };
                navigate(&address, options);
            }
        }
        text
    });
    view! {
        <div class="filters ageing-date">
            <Field name="as_of" label="As of" kind="date" value=typed help="Today when empty." />
        </div>
    }
}

#[component]
fn Figures(overview: AgeingOverview) -> impl IntoView {
    let AgeingOverview { total, by_customer, customers } = overview;
    let shown = by_customer.data.len() as u64;
    let lead = format!("Days past due as of {}, by due date.", date::show(total.as_of));
    view! {
        <p class="page-lead">{lead}</p>
        <h2 class="section-title">"Total"</h2>
        <Table label="Total by currency" report=total />
        <h2 class="section-title">"By customer"</h2>
        <Table label="By customer" report=by_customer />
        <p class="more muted" role="status">{extent(shown, customers)}</p>
    }
}

/// How much of the list is on screen.
fn extent(shown: u64, customers: u64) -> String {
    let all = format::counted(customers, "customer", "customers");
    if shown < customers { format!("The first {} of {all}", format::count(shown)) } else { all }
}

#[component]
fn Table(label: &'static str, report: Ageing) -> impl IntoView {
    let Ageing { buckets, data, .. } = report;
    let heads = buckets
        .iter()
        .map(|bucket| view! { <th scope="col" class="numeric">{bucket.label()}</th> })
        .collect_view();
    let by_customer = data.iter().any(|row| row.customer_id.is_some());
    let rows = data.into_iter().map(|row| view! { <Row row buckets=buckets.clone() /> }).collect_view();
    view! {
        <TableFrame label cards=true class="ageing">
            <thead>
                <tr>
                    <th scope="col">{if by_customer { "Customer" } else { "Currency" }}</th>
                    {heads}
                    <th scope="col" class="numeric">"Outstanding"</th>
                    <th scope="col" class="numeric">"Unapplied"</th>
                </tr>
            </thead>
            <tbody>{rows}</tbody>
        </TableFrame>
    }
}

#[component]
fn Row(row: AgeingRow, buckets: Vec<Bucket>) -> impl IntoView {
    let AgeingRow { currency, customer_id, name, outstanding, unapplied, amounts, counts } = row;
    let whose = match (customer_id, name) {
        (Some(id), Some(name)) => view! { <A href=format!("/customers/{id}")>{name}</A> }.into_any(),
        _ => currency.to_string().into_any(),
    };
    let cells = buckets
        .into_iter()
        .map(|bucket| {
            let amount = amounts.get(&bucket.key).copied().unwrap_or_else(|| Money::zero(currency));
            let count = counts.get(&bucket.key).copied().filter(|count| *count > 0);
            view! {
                <td class="numeric" data-label=bucket.label()>
                    <Amount money=amount quiet_zero=true />
                    {count.map(|count| view! {
                        <span class="cell-note">{format::counted(count.unsigned_abs(), "invoice", "invoices")}</span>
                    })}
                </td>
            }
        })
        .collect_view();
    view! {
        <tr>
            <td class="cell-main">{whose}</td>
            {cells}
            <td class="numeric" data-label="Outstanding"><Amount money=outstanding quiet_zero=true /></td>
            <td class="numeric" data-label="Unapplied"><Amount money=unapplied quiet_zero=true /></td>
        </tr>
    }
}

#[component]
fn Nothing(as_of: NaiveDate) -> impl IntoView {
    view! {
        <EmptyState
            icon=IconName::Check
            title="Nothing was owed"
            text=format!("On {} no invoice was open and no money unapplied.", date::show(as_of))
        >
            <LinkButton href="/customers">"Go to customers"</LinkButton>
        </EmptyState>
    }
}
