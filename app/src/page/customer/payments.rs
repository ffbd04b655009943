//! The payments of a customer, the last entered first, with what can be done about each.

use domain::{Action, Payment, PaymentSource, PaymentStatus, date};
use leptos::prelude::*;
use leptos::task::spawn_local;

use super::Opened;
use super::dangers::tell;
use super::desk::Desk;
use super::settle::{SettleDialogs, Settling};
use crate::api::payment::set_payment_status;
use crate::session::use_session;
use crate::ui::{
    Amount, Button, ButtonKind, ButtonSize, EmptyState, IconName, PaymentStatusBadge, TableFrame, Toasts,
};

#[component]
pub(super) fn Payments(desk: Desk, opened: Opened) -> impl IntoView {
    let list = desk.payments;
    let settling = Settling::new();
    let may_record = use_session().may(Action::RecordPayment);
    let ids =
        Memo::new(move |_| list.rows.with(|rows| rows.iter().map(|row| row.id.clone()).collect::<Vec<_>>()));
    view! {
        <Show when=move || !ids.with(Vec::is_empty) fallback=move || view! {
            <EmptyState
                icon=IconName::Payments
                title="No payments"
                text="Nothing has come in from this customer yet."
            >
                {(may_record && !desk.is_archived()).then(|| view! {
                    <Button on_click=move |_| opened.record.set(true)>"Record the first payment"</Button>
                })}
            </EmptyState>
        }>
            <TableFrame label="Payments" cards=true>
                <thead>
                    <tr>
                        <th scope="col">"Received"</th>
                        <th scope="col" class="numeric">"Amount"</th>
                        <th scope="col">"Status"</th>
                        <th scope="col">"Method"</th>
                        <th scope="col">"Settles"</th>
                        <th scope="col"><span class="sr-only">"Actions"</span></th>
                    </tr>
                </thead>
                <tbody>
                    <For each=move || ids.get() key=Clone::clone let:id>
                        {
                            let key = id.clone();
                            let row = Memo::new(move |_| {
                                list.rows.with(|rows| rows.iter().find(|row| row.id == id).cloned())
                            });
                            view! {
                                <tr class:changed=move || desk.is_tinted(key.as_str())>
                                    {move || row.get().map(|row| view! { <Cells desk row may_record settling /> })}
                                </tr>
                            }
                        }
                    </For>
                </tbody>
            </TableFrame>
            <Show when=move || list.next.with(Option::is_some)>
                <div class="more">
                    <Button busy=list.reading on_click=move |_| desk.more_payments()>"Show earlier payments"</Button>
                </div>
            </Show>
        </Show>
        <SettleDialogs desk settling />
    }
}

#[component]
fn Cells(desk: Desk, row: Payment, may_record: bool, settling: Settling) -> impl IntoView {
    let note = row.failure.clone().filter(|_| row.status != PaymentStatus::Completed);
    let source = match row.source {
        PaymentSource::Manual => None,
        PaymentSource::Import => Some("imported"),
        PaymentSource::Gateway => Some("gateway"),
    };
    let reference = row.reference.clone();
    let settles = row.clone();
    let received = row.received_on;
    view! {
        <td data-label="Received"><time datetime=received.to_string()>{date::show(received)}</time></td>
        <td data-label="Amount" class="numeric"><Amount money=row.amount /></td>
        <td data-label="Status">
            <PaymentStatusBadge status=row.status />
            {note.map(|note| view! { <p class="cell-note">{note}</p> })}
        </td>
        <td data-label="Method">
            {row.method.label()}
            {source.map(|source| view! { <span class="cell-note">{source}</span> })}
            {reference.map(|reference| view! { <span class="cell-note">{reference}</span> })}
        </td>
        <td data-label="Settles">{move || view! { <Settles desk payment=settles.clone() /> }}</td>
        <td class="cell-actions">{may_record.then(|| view! { <RowActions desk row settling /> })}</td>
    }
}

/// What the payment went to.
#[component]
fn Settles(desk: Desk, payment: Payment) -> impl IntoView {
    if !payment.status.holds_money() {
        return view! { <span class="faint">"—"</span> }.into_any();
    }
    let parts = desk.invoices.rows.with(|invoices| {
        payment
            .allocations
            .iter()
            .map(|allocation| {
                let number = invoices
                    .iter()
                    .find(|row| row.invoice.id == allocation.invoice_id)
                    .map_or_else(|| "an invoice".to_owned(), |row| row.invoice.number.clone());
                if allocation.amount == payment.amount {
                    number
                } else {
                    format!("{number}: {}", allocation.amount)
                }
            })
            .collect::<Vec<_>>()
    });
    let unapplied = payment.unapplied;
    view! {
        <ul class="plain">
            {parts.into_iter().map(|part| view! { <li>{part}</li> }).collect_view()}
            {unapplied.is_positive().then(|| view! { <li class="faint">{format!("{unapplied} unapplied")}</li> })}
        </ul>
    }
    .into_any()
}

#[component]
fn RowActions(desk: Desk, row: Payment, settling: Settling) -> impl IntoView {
    let toasts = Toasts::expect();
    let busy = RwSignal::new(false);
    let (id, version) = (row.id.clone(), row.version);
    let complete = move |_| {
        if busy.get_untracked() {
            return;
        }
        busy.set(true);
        let id = id.clone();
        spawn_local(async move {
            match set_payment_status(id, PaymentStatus::Completed, None, Some(version)).await {
                Ok(payment) => {
                    desk.put_payment(payment);
                    desk.settle_without_live();
                }
                Err(fault) => {
                    tell(toasts, &fault);
                    desk.read_again();
                }
            }
            let _ = busy.try_set(false);
        });
    };
    let ask = row.clone();
    match row.status {
        PaymentStatus::Completed => view! {
            <Button size=ButtonSize::Small on_click=move |_| settling.mark_pending(ask.clone())>"Mark as pending"</Button>
        }
        .into_any(),
        PaymentStatus::Pending => view! {
            <Button size=ButtonSize::Small busy on_click=complete>"Mark as completed"</Button>
            <Button kind=ButtonKind::Quiet size=ButtonSize::Small on_click=move |_| settling.cancel(ask.clone())>
                "Cancel"
            </Button>
        }
        .into_any(),
        PaymentStatus::Unknown => view! {
            <Button size=ButtonSize::Small busy on_click=complete>"Mark as completed"</Button>
        }
        .into_any(),
        _ => ().into_any(),
    }
}
