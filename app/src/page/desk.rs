//! The desk at a glance: what is owed, what is late, what came in, and whom to call first.

use domain::ageing::Bucket;
use domain::dashboard::{CurrencyFigures, Dashboard, DayReceived, InvoiceFigure};
use domain::{Customer, Money, date};
use leptos::prelude::*;
use leptos_router::components::A;

use crate::api::Snapshot;
use crate::api::report::{Desk, read_desk};
use crate::format;
use crate::live::Whole;
use crate::ui::{
    Amount, ButtonKind, DueDate, EmptyState, ErrorState, ExportMenu, IconName, LinkButton, PageHead,
    Skeleton, TableFrame,
};

/// The desk.
#[component]
pub fn DeskPage() -> impl IntoView {
    // The first figures are read on the server; later ones by the page, which stays where it is.
    let first = Resource::new(|| (), |()| read_desk());
    view! {
        <PageHead title="Desk">
            <ExportMenu of="reports/dashboard" wanted=Signal::stored(Vec::new()) />
        </PageHead>
        <Suspense fallback=|| view! { <Skeleton rows=8 /> }>
            {move || Suspend::new(async move {
                match first.await {
                    Ok(first) => view! { <Glance first /> }.into_any(),
                    Err(fault) => view! { <ErrorState fault retry=move |()| first.refetch() /> }.into_any(),
                }
            })}
        </Suspense>
    }
}

#[component]
fn Glance(first: Snapshot<Desk>) -> impl IntoView {
    let desk = Whole::follow(first, read_desk, || true);
    view! {
        {move || desk.fault.get().map(|fault| view! { <ErrorState fault retry=move |()| desk.read() /> })}
        {move || desk.shown.with(|shown| if shown.value.figures.currencies.is_empty() {
            view! { <Nothing /> }.into_any()
        } else {
            view! { <Figures desk=shown.value.clone() /> }.into_any()
        })}
    }
}

#[component]
fn Nothing() -> impl IntoView {
    view! {
        <EmptyState
            icon=IconName::Customers
            title="Nobody owes anything yet"
            text="Once there are customers, this page says what is owed, how late it is, and what came in."
        >
            <LinkButton href="/import" kind=ButtonKind::Primary>"Import a spreadsheet"</LinkButton>
        </EmptyState>
    }
}

#[component]
fn Figures(desk: Desk) -> impl IntoView {
    let Desk { figures: Dashboard { business_date, buckets, currencies }, latest } = desk;
    let several = currencies.len() > 1;
    let sets = currencies
        .into_iter()
        .map(|figures| view! { <Currency figures buckets=buckets.clone() several /> })
        .collect_view();
    view! {
        <p class="page-lead">{format!("As of {}.", date::show(business_date))}</p>
        {sets}
        {(!latest.is_empty()).then(|| view! {
            <h2 class="section-title">"Most overdue"</h2>
            <TableFrame label="Most overdue" cards=true>
                <thead>
                    <tr>
                        <th scope="col">"Customer"</th>
                        <th scope="col" class="numeric">"Overdue"</th>
                        <th scope="col" class="numeric">"Outstanding"</th>
                        <th scope="col">"Due"</th>
                    </tr>
                </thead>
                <tbody>
                    {latest.into_iter().map(|customer| view! { <Late customer business_date /> }).collect_view()}
                </tbody>
            </TableFrame>
            <p class="more"><A href="/customers?status=overdue&sort=-overdue">"Show all overdue customers"</A></p>
        })}
    }
}

#[component]
fn Late(customer: Customer, business_date: chrono::NaiveDate) -> impl IntoView {
    view! {
        <tr>
            <td class="cell-main" data-label="Customer">
                <A href=format!("/customers/{}", customer.id)>{customer.name}</A>
            </td>
            <td class="numeric late" data-label="Overdue"><Amount money=customer.overdue /></td>
            <td class="numeric" data-label="Outstanding"><Amount money=customer.outstanding /></td>
            <td data-label="Due"><DueDate date=customer.next_due_date business_date /></td>
        </tr>
    }
}

/// The figures of one currency; with a heading where there are several.
#[component]
fn Currency(figures: CurrencyFigures, buckets: Vec<Bucket>, several: bool) -> impl IntoView {
    let code = figures.currency.to_string();
    let label = format!("Figures in {code}");
    let customers = figures.customers;
    let unapplied = figures.ageing.unapplied;
    let people = [
        format::counted(customers.all().unsigned_abs(), "customer", "customers"),
        format!("{} overdue", customers.overdue),
        format!("{} pending", customers.pending),
        format!("{} paid", customers.paid),
    ];
    view! {
        <section class="desk-currency" aria-label=label>
            {several.then(|| view! { <h2 class="section-title">{code}</h2> })}
            <dl class="figures">
                <Figure label="Outstanding" figure=figures.outstanding note=people />
                <Figure label="Overdue" figure=figures.overdue late=true />
                <Figure label="Due within 7 days" figure=figures.due_soon />
                <div class="figure">
                    <dt class="owed-label">"Received in 30 days"</dt>
                    <dd class="figure-amount"><Amount money=figures.received_total large=true /></dd>
                    {unapplied.is_positive().then(|| view! {
                        <dd class="figure-note">{format!("{unapplied} unapplied")}</dd>
                    })}
                </div>
            </dl>
            <div class="charts">
                <Ages figures=figures.ageing buckets />
                <Received days=figures.received />
            </div>
        </section>
    }
}

#[component]
fn Figure(
    label: &'static str,
    figure: InvoiceFigure,
    /// Red, when it is anything at all.
    #[prop(optional)]
    late: bool,
    /// A second line, broken between these if it has to be.
    #[prop(optional, into)]
    note: Vec<String>,
) -> impl IntoView {
    let late = late && figure.amount.is_positive();
    view! {
        <div class="figure">
            <dt class="owed-label">{label}</dt>
            <dd class="figure-amount" class:late=late><Amount money=figure.amount large=true /></dd>
            <dd class="figure-note">{format::counted(figure.invoices.unsigned_abs(), "invoice", "invoices")}</dd>
            {(!note.is_empty()).then(|| view! { <dd class="figure-note">{parts(note)}</dd> })}
        </div>
    }
}

fn parts(note: Vec<String>) -> impl IntoView {
    let last = note.len().saturating_sub(1);
    let part = |(at, part): (usize, String)| {
        // A dot ends a line, it does not begin one.
        view! {
            {(at > 0).then_some(" ")}
            <span class="part">{part}{(at < last).then_some(" ·")}</span>
        }
    };
    note.into_iter().enumerate().map(part).collect_view()
}

/// `part` of `whole` in percent, for the length of a bar.
fn percent(part: i64, whole: i64) -> String {
    // A length on the screen: what a float loses doesn't show.
    let share = if whole > 0 { part.max(0) as f64 * 100.0 / whole as f64 } else { 0.0 };
    format!("{share:.2}%")
}

#[component]
fn Ages(figures: domain::ageing::AgeingRow, buckets: Vec<Bucket>) -> impl IntoView {
    let most = figures.amounts.values().map(Money::minor).max().unwrap_or(0);
    let rows = buckets
        .into_iter()
        .map(|bucket| {
            let amount =
                figures.amounts.get(&bucket.key).copied().unwrap_or_else(|| Money::zero(figures.currency));
            let late = bucket.from.is_some();
            let label = match bucket.from {
                Some(_) => format!("{} days late", bucket.label()),
                None => bucket.label(),
            };
            view! {
                <div class="age">
                    <dt>{label}</dt>
                    <dd class="age-bar">
                        <svg class="bar" class:bar-late=late aria-hidden="true">
                            <rect width=percent(amount.minor(), most) height="100%" rx="3" />
                        </svg>
                        <Amount money=amount quiet_zero=true />
                    </dd>
                </div>
            }
        })
        .collect_view();
    view! {
        <div class="panel">
            <h2 class="panel-title">"How late it is"</h2>
            <dl class="ages">{rows}</dl>
            <p class="panel-note"><A href="/reports/ageing">"Ageing by customer"</A></p>
        </div>
    }
}

#[component]
fn Received(days: Vec<DayReceived>) -> impl IntoView {
    let most = days.iter().map(|day| day.amount.minor()).max().unwrap_or(0);
    let (Some(first), Some(last)) = (days.first().copied(), days.last().copied()) else {
        return ().into_any();
    };
    let best = days.iter().max_by_key(|day| day.amount.minor()).filter(|day| day.amount.is_positive());
    let words = match best {
        Some(best) => format!("Most came in on {}: {}.", date::show(best.date), best.amount),
        None => "Nothing came in over the last 30 days.".to_owned(),
    };
    let count = days.len();
    let bars = days
        .into_iter()
        .enumerate()
        .map(|(at, day)| {
            // Drawn from the bottom: `y` is what is left free above.
            let height = if most > 0 { day.amount.minor().max(0) as f64 * 100.0 / most as f64 } else { 0.0 };
            let told = format!("{}: {}", date::show(day.date), day.amount);
            let slot = 100.0 / count as f64;
            view! {
                <rect
                    x=format!("{:.2}%", slot * at as f64 + slot * 0.15)
                    y=format!("{:.2}%", 100.0 - height)
                    width=format!("{:.2}%", slot * 0.7)
                    height=format!("{height:.2}%")
                    rx="2"
                >
                    <title>{told}</title>
                </rect>
            }
        })
        .collect_view();
    view! {
        <div class="panel">
            <h2 class="panel-title">"Received by day"</h2>
            <svg class="days" role="img" aria-label=words.clone()>{bars}</svg>
            <p class="days-ends"><span>{date::show(first.date)}</span><span>{date::show(last.date)}</span></p>
            <p class="panel-note">{words}</p>
        </div>
    }
    .into_any()
}
