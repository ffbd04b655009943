//! The invoices of a customer, by due date.

use domain::invoice::InvoiceView;
use domain::{InvoiceKind, date};
use leptos::prelude::*;

use super::desk::Desk;
use crate::ui::{Amount, Button, DueDate, EmptyState, IconName, InvoiceStatusBadge, TableFrame};

#[component]
pub(super) fn Invoices(desk: Desk) -> impl IntoView {
    let list = desk.invoices;
    let ids = Memo::new(move |_| {
        list.rows.with(|rows| rows.iter().map(|row| row.invoice.id.clone()).collect::<Vec<_>>())
    });
    view! {
        <Show when=move || !ids.with(Vec::is_empty) fallback=|| view! {
            <EmptyState
                icon=IconName::File
                title="No invoices"
                text="Nothing has been charged yet. An outstanding amount typed on a new customer, or imported with a spreadsheet, appears here as an opening balance."
            />
        }>
            <TableFrame label="Invoices" cards=true>
                <thead>
                    <tr>
                        <th scope="col">"Invoice"</th>
                        <th scope="col">"Issued"</th>
                        <th scope="col">"Due"</th>
                        <th scope="col" class="numeric">"Total"</th>
                        <th scope="col" class="numeric">"Balance"</th>
                        <th scope="col">"Status"</th>
                    </tr>
                </thead>
                <tbody>
                    <For each=move || ids.get() key=Clone::clone let:id>
                        {
                            let key = id.clone();
                            let row = Memo::new(move |_| {
                                list.rows.with(|rows| rows.iter().find(|row| row.invoice.id == id).cloned())
                            });
                            view! {
                                <tr class:changed=move || desk.is_tinted(key.as_str())>
                                    {move || row.get().map(|row| view! { <Cells desk row /> })}
                                </tr>
                            }
                        }
                    </For>
                </tbody>
            </TableFrame>
            <Show when=move || list.next.with(Option::is_some)>
                <div class="more">
                    <Button busy=list.reading on_click=move |_| desk.more_invoices()>"Show more invoices"</Button>
                </div>
            </Show>
        </Show>
    }
}

#[component]
fn Cells(desk: Desk, row: InvoiceView) -> impl IntoView {
    let invoice = row.invoice.clone();
    let opening = invoice.kind == InvoiceKind::OpeningBalance;
    let open = invoice.is_open();
    let due = invoice.due_date;
    view! {
        <td data-label="Invoice" class="cell-main">{invoice.number.clone()}</td>
        <td data-label="Issued">
            {if opening {
                view! { <span class="faint">"before Duebook"</span> }.into_any()
            } else {
                view! { <time datetime=invoice.issue_date.to_string()>{date::show(invoice.issue_date)}</time> }.into_any()
            }}
        </td>
        <td data-label="Due">
            {move || if open {
                view! { <DueDate date=Some(due) business_date=desk.today.get() /> }.into_any()
            } else {
                view! { <time datetime=due.to_string()>{date::show(due)}</time> }.into_any()
            }}
        </td>
        <td data-label="Total" class="numeric"><Amount money=invoice.total /></td>
        <td data-label="Balance" class="numeric"><Amount money=invoice.balance quiet_zero=true /></td>
        <td data-label="Status"><InvoiceStatusBadge invoice=row /></td>
    }
}
