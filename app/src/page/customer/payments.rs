//! The payments of a customer, the last entered first, with what can be done about each.

use domain::payment::{PaymentEntryKind, ReversalKind};
use domain::{Action, Payment, PaymentSource, PaymentStatus, date};
use leptos::prelude::*;
use leptos::task::spawn_local;

use super::Opened;
use super::desk::Desk;
use super::settle::{SettleDialogs, Settling};
use crate::api::payment::set_payment_status;
use crate::session::use_session;
use crate::ui::{
    Amount, Button, ButtonKind, ButtonSize, EmptyState, Icon, IconName, Menu, PaymentStatusBadge, TableFrame,
    Toasts,
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
                                    {move || row.get().map(|row| view! { <Cells desk row /> })}
                                    <td class="cell-actions">
                                        {may_record.then(|| view! { <RowActions desk row settling /> })}
                                    </td>
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
fn Cells(desk: Desk, row: Payment) -> impl IntoView {
    let notes = notes(&row);
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
            {notes.into_iter().map(|note| view! { <p class="cell-note">{note}</p> }).collect_view()}
        </td>
        <td data-label="Method">
            {row.method.label()}
            {source.map(|source| view! { <span class="cell-note">{source}</span> })}
            {reference.map(|reference| view! { <span class="cell-note">{reference}</span> })}
        </td>
        <td data-label="Settles">{move || view! { <Settles desk payment=settles.clone() /> }}</td>
    }
}

/// Why it stands where it stands, and what was taken back of it, in the order in which it was entered.
fn notes(payment: &Payment) -> Vec<String> {
    // A reversal stands among the facts, with its day.
    let told = matches!(payment.status, PaymentStatus::Completed | PaymentStatus::Reversed);
    let mut notes: Vec<String> = payment.failure.clone().filter(|_| !told).into_iter().collect();
    for entry in &payment.entries {
        let done = match entry.kind {
            PaymentEntryKind::Refunded => "Refunded",
            PaymentEntryKind::Reversed => "Reversed",
            _ => continue,
        };
        let mut note = format!("{done} {} on {}", entry.amount, date::show(entry.on));
        if entry.kind == PaymentEntryKind::Reversed {
            note.push_str(match payment.reversal {
                Some(ReversalKind::Bounced) => ", bounced",
                Some(ReversalKind::Chargeback) => ", charged back",
                Some(ReversalKind::EntryError) => ", entered by mistake",
                None => "",
            });
        }
        if let Some(reason) = &entry.reason {
            note.push_str(": ");
            note.push_str(reason);
        }
        notes.push(note);
    }
    notes
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

/// What can be done about a payment. It stays while the row changes, so that the focus has where to go back to.
#[component]
fn RowActions(desk: Desk, row: Memo<Option<Payment>>, settling: Settling) -> impl IntoView {
    let toasts = Toasts::expect();
    let busy = RwSignal::new(false);
    let status = Memo::new(move |_| row.with(|row| row.as_ref().map(|row| row.status)));
    let complete = move |_| {
        let Some(payment) = row.get_untracked() else { return };
        if busy.get_untracked() {
            return;
        }
        busy.set(true);
        spawn_local(async move {
            let version = Some(payment.version);
            match set_payment_status(payment.id, PaymentStatus::Completed, None, version).await {
                Ok(payment) => {
                    desk.put_payment(payment);
                    desk.settle_without_live();
                }
                Err(fault) => {
                    toasts.refuse(fault);
                    desk.read_again();
                }
            }
            let _ = busy.try_set(false);
        });
    };
    let about = move |ask: fn(&Settling, Payment)| {
        if let Some(payment) = row.get_untracked() {
            ask(&settling, payment);
        }
    };
    let buttons = move || match status.get()? {
        PaymentStatus::Completed => {
            let take_back = move |_| about(Settling::mark_pending);
            Some(
                view! { <Button size=ButtonSize::Small on_click=take_back>"Mark as pending"</Button> }
                    .into_any(),
            )
        }
        PaymentStatus::Pending => {
            let cancel = move |_| about(Settling::cancel);
            let buttons = view! {
                <Button size=ButtonSize::Small busy on_click=complete>"Mark as completed"</Button>
                <Button kind=ButtonKind::Quiet size=ButtonSize::Small on_click=cancel>"Cancel"</Button>
            };
            Some(buttons.into_any())
        }
        PaymentStatus::Unknown => Some(
            view! { <Button size=ButtonSize::Small busy on_click=complete>"Mark as completed"</Button> }
                .into_any(),
        ),
        _ => None,
    };
    view! {
        <div class="row-actions">
            {buttons}
            <Corrections desk row settling />
        </div>
    }
}

/// What can be done about money that has come, behind three dots.
#[component]
fn Corrections(desk: Desk, row: Memo<Option<Payment>>, settling: Settling) -> impl IntoView {
    let may_refund = use_session().may(Action::Refund);
    let can = move |to: PaymentStatus| {
        Memo::new(move |_| {
            may_refund && row.with(|row| row.as_ref().is_some_and(|row| row.status.go(to).is_ok()))
        })
    };
    let (refunds, reverses) = (can(PaymentStatus::Refunded), can(PaymentStatus::Reversed));
    // Without an open invoice only what it settles already can be changed.
    let moves = Memo::new(move |_| {
        let owed = desk.customer.with(|customer| customer.outstanding.is_positive());
        row.with(|row| {
            row.as_ref().is_some_and(|row| row.status.holds_money() && (owed || !row.allocations.is_empty()))
        })
    });
    let any = Memo::new(move |_| refunds.get() || reverses.get() || moves.get());
    let amount = move || row.with(|row| row.as_ref().map(|row| row.amount.to_string()).unwrap_or_default());
    let entry = move |icon: IconName, words: &'static str, offered: Memo<bool>, dialog: RwSignal<bool>| {
        move || {
            let ask = move |_| {
                if let Some(payment) = row.get_untracked() {
                    settling.ask(dialog, payment);
                }
            };
            offered.get().then(|| {
                view! { <button type="button" class="menu-item" on:click=ask><Icon name=icon />{words}</button> }
            })
        }
    };
    move || {
        any.get().then(|| {
            view! {
                <Menu
                    label=format!("Actions for payment of {}", untrack(amount))
                    floating=true
                    face=|| view! {
                        <span class="button button-quiet button-icon button-small"><Icon name=IconName::More size=16 /></span>
                    }
                >
                    {entry(IconName::Edit, "Change what it settles…", moves, settling.allocating)}
                    {entry(IconName::Payments, "Refund…", refunds, settling.refunding)}
                    {entry(IconName::Warning, "Reverse…", reverses, settling.reversing)}
                </Menu>
            }
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn payment(fields: serde_json::Value) -> Payment {
        let usd = |amount: &str| serde_json::json!({"amount": amount, "currency": "USD"});
        let mut payment = serde_json::json!({
            "id": "pay_1", "customer_id": "cus_1", "amount": usd("210.00"), "refunded": usd("0.00"),
            "unapplied": usd("0.00"), "status": "completed", "method": "cheque", "source": "manual",
            "received_on": "2025-03-01", "allocations": [], "version": 1, "created_at": "2025-03-01T00:00:00Z",
            "updated_at": "2025-03-01T00:00:00Z",
        });
        for (name, value) in fields.as_object().unwrap() {
            payment[name] = value.clone();
        }
        serde_json::from_value(payment).unwrap()
    }

    #[test]
    fn what_was_taken_back_is_told_with_its_day_and_why() {
        let usd = |amount: &str| serde_json::json!({"amount": amount, "currency": "USD"});
        let entries = serde_json::json!([
            {"kind": "received", "on": "2025-03-01", "amount": usd("210.00")},
            {"kind": "refunded", "on": "2025-03-03", "amount": usd("50.00"), "reason": "paid twice"},
            {"kind": "reversed", "on": "2025-03-09", "amount": usd("160.00"), "reason": "no cover"},
        ]);
        let reversed = payment(serde_json::json!({
            "status": "reversed", "reversal": "bounced", "failure": "no cover", "entries": entries,
        }));
        assert_eq!(
            notes(&reversed),
            [
                "Refunded 50.00 USD on 3 Mar 2025: paid twice",
                "Reversed 160.00 USD on 9 Mar 2025, bounced: no cover"
            ]
        );
    }

    #[test]
    fn a_failure_is_told_until_the_money_is_there() {
        let failed = serde_json::json!({"status": "failed", "failure": "insufficient funds"});
        assert_eq!(notes(&payment(failed)), ["insufficient funds"]);
        assert!(notes(&payment(serde_json::json!({"failure": "once"}))).is_empty());
    }
}
