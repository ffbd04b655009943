//! All invoices by due date: what is asked for, of whom, and what of it is still owed. The address holds the filter, so
//! that a view can be kept and sent to a colleague.

mod filter;

use chrono::NaiveDate;
use domain::invoice::InvoiceView;
use domain::{Customer, Event, Invoice, InvoiceKind, date};
use leptos::prelude::*;
use leptos_router::components::A;

use self::filter::{Filter, FilterBar};
use super::listing::{ListPage, ListRows, Listing, Row};
use crate::browser;
use crate::ui::{Amount, DueDate, EmptyState, IconName, InvoiceStatusBadge, LinkButton};

/// All invoices.
#[component]
pub fn InvoicesPage() -> impl IntoView {
    view! { <ListPage title="Invoices" desk /> }
}

fn desk(list: Listing<Filter>) -> impl IntoView {
    view! {
        <FilterBar filter=list.wanted />
        <ListRows list label="Invoices" class="invoices" heads cells nothing />
    }
}

fn heads() -> impl IntoView {
    view! {
        <th scope="col">"Invoice"</th>
        <th scope="col">"Customer"</th>
        <th scope="col">"Issued"</th>
        <th scope="col" aria-sort="ascending">"Due"</th>
        <th scope="col" class="numeric">"Total"</th>
        <th scope="col" class="numeric">"Balance"</th>
        <th scope="col">"Status"</th>
    }
}

fn nothing(filtered: bool) -> AnyView {
    if filtered {
        view! {
            <EmptyState
                icon=IconName::Search
                title="No invoice matches"
                text="Widen the dates, choose another status, or search for less."
            >
                <LinkButton href="/invoices">"Show all invoices"</LinkButton>
            </EmptyState>
        }
        .into_any()
    } else {
        view! {
            <EmptyState
                icon=IconName::File
                title="No invoices yet"
                text="They are entered on a customer’s page. What a new customer owes, or a spreadsheet says is outstanding, appears here too."
            >
                <LinkButton href="/customers">"Go to customers"</LinkButton>
            </EmptyState>
        }
        .into_any()
    }
}

fn cells(row: InvoiceView, today: NaiveDate) -> AnyView {
    let invoice = row.invoice.clone();
    let name = row.customer_name.clone().unwrap_or_default();
    let issued = match invoice.kind {
        InvoiceKind::OpeningBalance => view! { <span class="faint">"before Duebook"</span> }.into_any(),
        InvoiceKind::Invoice => {
            let issued = invoice.issue_date;
            view! { <time datetime=issued.to_string()>{date::show(issued)}</time> }.into_any()
        }
    };
    let due = invoice.due_date;
    // How late it is says something only while it is owed.
    let due = if invoice.is_open() {
        view! { <DueDate date=Some(due) business_date=today /> }.into_any()
    } else {
        view! { <time datetime=due.to_string()>{date::show(due)}</time> }.into_any()
    };
    view! {
        <td class="i-number">{invoice.number}</td>
        <td class="i-customer cell-main"><A href=format!("/customers/{}", invoice.customer_id)>{name}</A></td>
        <td data-label="Issued" class="i-issued">{issued}</td>
        <td data-label="Due" class="i-due">{due}</td>
        <td data-label="Total" class="i-total numeric"><Amount money=invoice.total /></td>
        <td data-label="Balance" class="i-balance numeric"><Amount money=invoice.balance quiet_zero=true /></td>
        <td class="i-status card-end"><InvoiceStatusBadge invoice=row /></td>
    }
    .into_any()
}

impl Row for InvoiceView {
    fn id(&self) -> &str {
        self.invoice.id.as_str()
    }

    fn version(&self) -> i64 {
        self.invoice.version
    }
}

/// The invoices that an event carries, and the name their customer now has.
fn apply(list: Listing<Filter>, event: &Event) {
    let Some(customer) = event.part::<Customer>("customer") else { return };
    rename(list, &customer);
    let Some(today) = list.today.try_get_untracked() else { return };
    for invoice in event.part::<Vec<Invoice>>("invoices").unwrap_or_default() {
        let row = invoice.view(today).of_customer(customer.name.clone());
        let belongs = belongs(list, &row);
        list.put(row, belongs);
    }
}

/// Whether a row of the whole list belongs among those on screen.
fn belongs(list: Listing<Filter>, row: &InvoiceView) -> bool {
    let key = |row: &InvoiceView| (row.invoice.due_date, row.invoice.id.clone());
    let Some((matches, is_first)) =
        list.wanted.try_with_untracked(|filter| (filter.matches(row), filter.place.cursor.is_none()))
    else {
        return false;
    };
    let has_next = list.next.try_with_untracked(Option::is_some).unwrap_or_default();
    let between = list.rows.try_with_untracked(|rows| {
        let after_first = is_first || rows.first().is_some_and(|first| key(row) >= key(first));
        let before_last = !has_next || rows.last().is_some_and(|last| key(row) <= key(last));
        after_first && before_last
    });
    matches && between == Some(true)
}

fn rename(list: Listing<Filter>, customer: &Customer) {
    let old = |row: &InvoiceView| {
        row.invoice.customer_id == customer.id && row.customer_name.as_deref() != Some(&customer.name)
    };
    if list.rows.try_with_untracked(|rows| rows.iter().any(old)) == Some(true) {
        let _ = list.rows.try_update(|rows| {
            for row in rows.iter_mut().filter(|row| old(row)) {
                row.customer_name = Some(customer.name.clone());
            }
        });
    }
}

/// What is late is another today.
fn begin_day(list: Listing<Filter>, today: NaiveDate) {
    let _ = list.rows.try_update(|rows| {
        for row in rows {
            let name = row.customer_name.take();
            *row = InvoiceView { customer_name: name, ..row.invoice.clone().view(today) };
        }
    });
    if list.wanted.try_with_untracked(Filter::is_of_today) == Some(true) {
        // Where somebody is at work in the list it stays as it is until they look up.
        if browser::query(".invoices tbody:hover, .invoices tbody:focus-within").is_none() {
            list.read();
        } else {
            list.wait(today.to_string());
        }
    }
}
