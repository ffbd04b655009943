//! What is owed, since when, what to do next, and how to reach the customer.

use chrono::NaiveDate;
use domain::{Action, Customer, CustomerStatus, Money, Payment, PaymentStatus, date};
use leptos::prelude::*;

use super::Opened;
use super::dangers::{Dangers, restore};
use super::desk::Desk;
use crate::session::use_session;
use crate::ui::{Amount, Button, ButtonKind, Icon, IconName, Toasts};

#[component]
pub(super) fn Summary(desk: Desk, opened: Opened) -> impl IntoView {
    let customer = desk.customer;
    view! {
        <aside class="customer-panel" aria-label="Summary">
            <div class="panel">
                {move || view! { <Owed customer=customer.get() today=desk.today.get() /> }}
                <NextStep desk />
                <Actions desk opened />
            </div>
            <div class="panel">
                {move || view! { <About customer=customer.get() /> }}
            </div>
        </aside>
    }
}

#[component]
fn Owed(customer: Customer, today: NaiveDate) -> impl IntoView {
    let part = customer.overdue.is_positive() && customer.overdue != customer.outstanding;
    let overdue = customer.status == CustomerStatus::Overdue;
    let since = match customer.next_due_date {
        Some(due) => {
            // Late from the day after it was due.
            let when = if overdue { due.succ_opt().unwrap_or(due) } else { due };
            view! {
                <p class="owed-since" class:late=overdue>
                    {if overdue { "Overdue since " } else { "Due " }}
                    <time datetime=when.to_string()>{date::show(when)}</time>
                    " · "
                    {date::relation(due, today)}
                </p>
            }
            .into_any()
        }
        None => view! { <p class="owed-since">"Nothing is owed"</p> }.into_any(),
    };
    view! {
        <div class="owed">
            <p class="owed-label">"Outstanding"</p>
            <p class="owed-figure"><Amount money=customer.outstanding large=true /></p>
            {since}
            <dl class="facts">
                {part.then(|| view! {
                    <div class="fact"><dt>"of it overdue"</dt><dd class="late"><Amount money=customer.overdue /></dd></div>
                })}
                {(!customer.unapplied.is_zero()).then(|| view! {
                    <div class="fact"><dt>"Unapplied"</dt><dd><Amount money=customer.unapplied /></dd></div>
                })}
                {customer.credit_limit.map(|limit| view! {
                    <div class="fact"><dt>"Credit limit"</dt><dd><Amount money=limit /></dd></div>
                })}
            </dl>
        </div>
    }
}

#[component]
fn NextStep(desk: Desk) -> impl IntoView {
    let words = move || {
        let today = desk.today.get();
        desk.payments
            .rows
            .with(|payments| desk.customer.with(|customer| next_step(customer, payments, today)))
    };
    view! {
        <p class="next-step">
            <span class="next-step-label">"Next step"</span>
            {words}
        </p>
    }
}

/// What a good collector would do now, in one sentence.
fn next_step(customer: &Customer, payments: &[Payment], today: NaiveDate) -> String {
    let total = |status: PaymentStatus| {
        payments
            .iter()
            .filter(|payment| payment.status == status)
            .try_fold(Money::zero(customer.currency), |sum, payment| sum.checked_add(payment.amount))
            .filter(Money::is_positive)
    };
    if customer.archived_at.is_some() {
        return "Nothing: this customer is archived. Restore it to work with it again.".to_owned();
    }
    if let Some(sum) = total(PaymentStatus::Processing) {
        return format!("Wait: {sum} is with the payment gateway.");
    }
    if let Some(sum) = total(PaymentStatus::Unknown) {
        return format!("Wait: the gateway has not said what became of {sum}. It is asked again.");
    }
    if let Some(sum) = total(PaymentStatus::Pending) {
        return format!("Look in the bank: {sum} is announced. Mark it as completed when it has come.");
    }
    let ask = match (&customer.phone, &customer.email) {
        (Some(phone), _) => format!("Call {phone}"),
        (None, Some(email)) => format!("Write to {email}"),
        (None, None) => "Add a phone number or an e-mail address, then ask".to_owned(),
    };
    match (customer.status, customer.next_due_date) {
        (CustomerStatus::Overdue, Some(due)) => {
            let days = date::days_past_due(due, today);
            let late = if days == 1 { "1 day".to_owned() } else { format!("{days} days") };
            format!("{ask}: {} is overdue, the oldest of it by {late}.", customer.overdue)
        }
        (CustomerStatus::Overdue, None) => format!("{ask}: {} is overdue.", customer.overdue),
        (CustomerStatus::Pending, Some(due)) if due == today => {
            format!("Watch for {} today: it is due, not late.", customer.outstanding)
        }
        (CustomerStatus::Pending, _) => {
            let when =
                customer.next_due_date.map_or_else(String::new, |due| format!(" before {}", date::show(due)));
            format!("Nothing to chase{when}.")
        }
        (CustomerStatus::Paid, _) if customer.unapplied.is_positive() => {
            format!("Ask what {} is meant for: it settles no invoice.", customer.unapplied)
        }
        (CustomerStatus::Paid, _) => "Nothing to do: everything is paid.".to_owned(),
    }
}

#[component]
fn Actions(desk: Desk, opened: Opened) -> impl IntoView {
    let session = use_session();
    let toasts = Toasts::expect();
    let archived = Memo::new(move |_| desk.customer.with(|customer| customer.archived_at.is_some()));
    let may_pay = session.may(Action::RecordPayment);
    let may_simulate = session.may(Action::SimulatePayment);
    let may_edit = session.may(Action::EditCustomer);
    let may_note = session.may(Action::AddNote);
    let may_archive = session.may(Action::ArchiveCustomer);
    if !(may_pay || may_simulate || may_edit || may_note || may_archive) {
        return view! {
            <p class="panel-note">"You can read this. A collector, manager or admin can record payments and notes."</p>
        }
        .into_any();
    }
    view! {
        <div class="panel-actions">
            <Show when=move || archived.get() && may_archive>
                <Button kind=ButtonKind::Primary on_click=move |_| restore(desk, toasts)>"Restore customer"</Button>
            </Show>
            <Show when=move || may_pay && !archived.get()>
                <Button kind=ButtonKind::Primary on_click=move |_| opened.record.set(true)>"Record payment"</Button>
            </Show>
            <Show when=move || may_simulate && !archived.get()>
                <Button on_click=move |_| opened.simulate.set(true)>
                    <Icon name=IconName::Bolt size=16 />
                    "Simulate payment"
                </Button>
            </Show>
            <Show when=move || may_edit && !archived.get()>
                <Button on_click=move |_| opened.edit.set(true)><Icon name=IconName::Edit size=16 />"Edit"</Button>
            </Show>
            <Show when=move || may_note>
                <Button on_click=move |_| opened.note.set(true)><Icon name=IconName::Note size=16 />"Add note"</Button>
            </Show>
            {may_archive.then(|| view! { <Dangers desk /> })}
        </div>
    }
    .into_any()
}

#[component]
fn About(customer: Customer) -> impl IntoView {
    let Customer { reference, email, phone, address, notes, tags, .. } = customer;
    let missing = || view! { <span class="faint">"—"</span> }.into_any();
    let email = match email {
        Some(email) => {
            view! { <a class="link" href=format!("mailto:{email}") rel="external">{email.clone()}</a> }
                .into_any()
        }
        None => missing(),
    };
    let phone = match phone {
        Some(phone) => {
            let digits: String = phone.chars().filter(|c| c.is_ascii_digit() || *c == '+').collect();
            view! { <a class="link" href=format!("tel:{digits}") rel="external">{phone}</a> }.into_any()
        }
        None => missing(),
    };
    view! {
        <h2 class="panel-title">"Contact"</h2>
        <dl class="facts facts-contact">
            <div class="fact"><dt>"E-mail"</dt><dd>{email}</dd></div>
            <div class="fact"><dt>"Phone"</dt><dd>{phone}</dd></div>
            {address.map(|address| view! { <div class="fact"><dt>"Address"</dt><dd class="lines">{address}</dd></div> })}
            <div class="fact"><dt>"Reference"</dt><dd>{reference}</dd></div>
            {(!tags.is_empty()).then(|| view! {
                <div class="fact">
                    <dt>"Tags"</dt>
                    <dd class="tags">
                        {tags.into_iter().map(|tag| view! { <span class="tag">{tag}</span> }).collect_view()}
                    </dd>
                </div>
            })}
        </dl>
        {notes.map(|notes| view! {
            <h2 class="panel-title">"Notes"</h2>
            <p class="lines">{notes}</p>
        })}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn customer(overdue: &str, outstanding: &str, status: &str, due: Option<&str>) -> Customer {
        serde_json::from_value(serde_json::json!({
            "id": "cus_1", "reference": "C-1", "name": "Acme", "currency": "USD", "phone": "+1 555 0100",
            "outstanding": {"amount": outstanding, "currency": "USD"}, "overdue": {"amount": overdue, "currency": "USD"},
            "unapplied": {"amount": "0.00", "currency": "USD"}, "next_due_date": due, "status": status,
            "open_invoices": 1, "version": 1, "created_at": "2026-01-01T00:00:00Z", "updated_at": "2026-01-01T00:00:00Z",
        }))
        .unwrap()
    }

    fn today() -> NaiveDate {
        NaiveDate::from_ymd_opt(2026, 11, 21).unwrap()
    }

    #[test]
    fn an_overdue_debt_is_to_be_asked_for() {
        let words = next_step(&customer("210.00", "210.00", "overdue", Some("2026-11-20")), &[], today());
        assert_eq!(words, "Call +1 555 0100: 210.00 USD is overdue, the oldest of it by 1 day.");
    }

    #[test]
    fn due_today_is_not_chased() {
        let words = next_step(&customer("0.00", "210.00", "pending", Some("2026-11-21")), &[], today());
        assert_eq!(words, "Watch for 210.00 USD today: it is due, not late.");
        let words = next_step(&customer("0.00", "210.00", "pending", Some("2026-11-24")), &[], today());
        assert_eq!(words, "Nothing to chase before 24 Nov 2026.");
    }

    #[test]
    fn money_on_its_way_is_not_chased() {
        let payment = |status: &str| -> Payment {
            serde_json::from_value(serde_json::json!({
                "id": "pay_1", "customer_id": "cus_1", "amount": {"amount": "210.00", "currency": "USD"},
                "refunded": {"amount": "0.00", "currency": "USD"}, "unapplied": {"amount": "0.00", "currency": "USD"},
                "status": status, "method": "card", "source": "gateway", "received_on": "2026-11-21",
                "allocations": [], "version": 1, "created_at": "2026-01-01T00:00:00Z",
                "updated_at": "2026-01-01T00:00:00Z",
            }))
            .unwrap()
        };
        let late = customer("210.00", "210.00", "overdue", Some("2026-11-20"));
        assert!(next_step(&late, &[payment("processing")], today()).starts_with("Wait: 210.00 USD"));
        assert!(next_step(&late, &[payment("pending")], today()).starts_with("Look in the bank: 210.00 USD"));
        assert!(next_step(&late, &[payment("failed")], today()).starts_with("Call"));
    }
}
