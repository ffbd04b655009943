//! What happened to a customer, the last first, in words.

use domain::{Action, Event, EventKind, Money};
use leptos::prelude::*;
use serde_json::Value;

use super::Opened;
use super::desk::Desk;
use crate::format;
use crate::session::use_session;
use crate::ui::{Button, EmptyState, Icon, IconName};

#[component]
pub(super) fn Timeline(desk: Desk, opened: Opened) -> impl IntoView {
    let list = desk.events;
    let may_note = use_session().may(Action::AddNote);
    view! {
        <Show when=move || !list.rows.with(Vec::is_empty) fallback=move || view! {
            <EmptyState icon=IconName::Clock title="Nothing happened yet" text="Payments, notes and changes will stand here.">
                {may_note.then(|| view! { <Button on_click=move |_| opened.note.set(true)>"Write the first note"</Button> })}
            </EmptyState>
        }>
            <ol class="timeline">
                <For each=move || list.rows.get() key=|event| (event.seq, has_changes(event)) let:event>
                    <Entry event />
                </For>
            </ol>
            <Show when=move || list.next.with(Option::is_some)>
                <div class="more">
                    <Button busy=list.reading on_click=move |_| desk.more_events()>"Show what happened before"</Button>
                </div>
            </Show>
        </Show>
    }
}

fn has_changes(event: &Event) -> bool {
    event.data.get("changes").is_some()
}

#[component]
fn Entry(event: Event) -> impl IntoView {
    let Told { icon, title, details } = tell(&event);
    let import = event.subject.kind == "import" && use_session().may(Action::Import);
    let title = if import {
        view! { <a class="link" href=format!("/import/{}", event.subject.id)>{title}</a> }.into_any()
    } else {
        title.into_any()
    };
    view! {
        <li class="timeline-entry">
            <span class="timeline-icon" aria-hidden="true"><Icon name=icon size=16 /></span>
            <div class="timeline-body">
                <p class="timeline-title">{title}</p>
                {details.into_iter().map(|line| view! { <p class="timeline-detail lines">{line}</p> }).collect_view()}
                <p class="timeline-meta">
                    {event.actor.name.clone()}
                    " · "
                    <time datetime=event.at.to_rfc3339()>{format::instant(event.at)}</time>
                </p>
            </div>
        </li>
    }
}

/// An event in words.
#[derive(Debug, PartialEq)]
struct Told {
    icon: IconName,
    title: String,
    details: Vec<String>,
}

fn tell(event: &Event) -> Told {
    let data = &event.data;
    let text = |name: &str| data.get(name).and_then(Value::as_str).map(str::to_owned);
    let amount = money(data.get("amount")).map_or_else(|| "a payment".to_owned(), |money| money.to_string());
    let invoice = text("number").unwrap_or_else(|| "An invoice".to_owned());
    let reason = || text("reason").into_iter().collect::<Vec<_>>();
    let (icon, title, details) = match event.kind {
        EventKind::CustomerCreated => (IconName::Plus, "Customer created".to_owned(), Vec::new()),
        EventKind::CustomerUpdated => (IconName::Edit, "Details changed".to_owned(), changes(data)),
        EventKind::CustomerArchived => (IconName::Archive, "Archived".to_owned(), Vec::new()),
        EventKind::CustomerUnarchived => (IconName::Archive, "Restored".to_owned(), Vec::new()),
        EventKind::CustomerRedacted => (IconName::Close, "Personal data erased".to_owned(), Vec::new()),
        EventKind::CustomerErased => (IconName::Close, "Deleted".to_owned(), Vec::new()),
        EventKind::InvoiceOverdue => {
            let unpaid = vec![format!("{amount} was not paid in time.")];
            (IconName::Clock, format!("{invoice} became overdue"), unpaid)
        }
        EventKind::InvoiceCreated => (IconName::Plus, format!("{invoice} entered: {amount}"), Vec::new()),
        EventKind::InvoiceUpdated => (IconName::Edit, format!("{invoice} changed"), changes(data)),
        EventKind::InvoiceIssued => (IconName::Check, format!("{invoice} issued: {amount}"), Vec::new()),
        EventKind::InvoiceVoided => (IconName::Close, format!("{invoice} voided"), reason()),
        EventKind::InvoiceCredited => (IconName::Edit, format!("{amount} credited on {invoice}"), reason()),
        EventKind::InvoiceWrittenOff => {
            (IconName::Archive, format!("{amount} written off on {invoice}"), reason())
        }
        EventKind::InvoiceRecovered => {
            (IconName::Plus, format!("{amount} of the write-off on {invoice} taken back"), reason())
        }
        EventKind::PaymentRefunded => {
            let back = money(data.get("refunded")).map_or(amount, |money| money.to_string());
            (IconName::Payments, format!("{back} paid back"), reason())
        }
        EventKind::PaymentReversed => (IconName::Warning, format!("Payment of {amount} reversed"), reason()),
        EventKind::PaymentReallocated if data.get("payment").is_some() => {
            let title = format!("What the payment of {amount} settles was changed");
            (IconName::Payments, title, settled(data))
        }
        EventKind::PaymentReallocated => {
            (IconName::Payments, format!("{amount} applied to invoices"), Vec::new())
        }
        EventKind::PaymentPending if text("reason").is_some() => {
            (IconName::Payments, format!("Payment of {amount} marked as pending again"), reason())
        }
        EventKind::PaymentPending => {
            (IconName::Payments, format!("Payment of {amount} announced"), Vec::new())
        }
        EventKind::PaymentProcessing => {
            (IconName::Bolt, format!("Payment of {amount} sent to the gateway"), Vec::new())
        }
        EventKind::PaymentCompleted => {
            (IconName::Check, format!("Payment of {amount} received"), settled(data))
        }
        EventKind::PaymentFailed => (IconName::Warning, format!("Payment of {amount} failed"), reason()),
        EventKind::PaymentCanceled => (IconName::Close, format!("Payment of {amount} canceled"), reason()),
        EventKind::PaymentUnknown => {
            (IconName::Clock, format!("No answer from the gateway for {amount}"), reason())
        }
        EventKind::NoteAdded => (IconName::Note, "Note".to_owned(), text("text").into_iter().collect()),
        EventKind::ImportCommitted | EventKind::ImportFinished => {
            (IconName::Import, "Imported from a spreadsheet".to_owned(), imported(data))
        }
        EventKind::ImportUndone => (IconName::Import, "Import taken back".to_owned(), imported(data)),
        EventKind::UserCreated
        | EventKind::UserUpdated
        | EventKind::TokenCreated
        | EventKind::TokenRevoked
        | EventKind::SettingsChanged => (IconName::Users, event.kind.to_string(), Vec::new()),
    };
    Told { icon, title, details }
}

fn money(value: Option<&Value>) -> Option<Money> {
    serde_json::from_value(value?.clone()).ok()
}

/// What a payment went to, and what stayed over.
fn settled(data: &Value) -> Vec<String> {
    let number = |id: &str| {
        data.get("invoices")?
            .as_array()?
            .iter()
            .find(|invoice| invoice.get("id").and_then(Value::as_str) == Some(id))?
            .get("number")?
            .as_str()
            .map(str::to_owned)
    };
    let parts = data.pointer("/payment/allocations").and_then(Value::as_array).into_iter().flatten();
    let mut lines: Vec<String> = parts
        .filter_map(|part| {
            let amount = money(part.get("amount"))?;
            let number = number(part.get("invoice_id")?.as_str()?)?;
            Some(format!("{amount} settles {number}."))
        })
        .collect();
    if let Some(unapplied) = money(data.pointer("/payment/unapplied")).filter(Money::is_positive) {
        lines.push(format!("{unapplied} stays unapplied."));
    }
    lines
}

/// Invoices or payments of an import that are told one by one.
const FEW: usize = 3;

/// The file, what it changed of the customer's details, and what it brought.
fn imported(data: &Value) -> Vec<String> {
    let file = data.get("file_name").and_then(Value::as_str).map(str::to_owned);
    let invoices = brought(data, "invoice", |invoice| {
        Some(format!("{}: {}", invoice.get("number")?.as_str()?, money(invoice.get("total"))?))
    });
    let payments =
        brought(data, "payment", |payment| Some(format!("Payment of {}", money(payment.get("amount"))?)));
    file.into_iter().chain(changes(data)).chain(invoices).chain(payments).collect()
}

/// What is new of a kind, in words; of many only a few.
fn brought(data: &Value, kind: &str, words: fn(&Value) -> Option<String>) -> Vec<String> {
    let new = changed(data, kind).filter(|change| !was_there(change));
    let mut rows: Vec<&Value> = new.filter_map(|change| change.get("after")).collect();
    let order = ["due_date", "received_on", "number"];
    rows.sort_by_key(|row| order.map(|field| row.get(field).and_then(Value::as_str)));
    let mut lines: Vec<String> = rows.into_iter().filter_map(words).collect();
    if lines.len() > FEW + 1 {
        let more = lines.split_off(FEW).len();
        lines.push(format!("and {more} more {kind}s"));
    }
    lines
}

/// The rows of a kind that an event changed.
fn changed<'a>(data: &'a Value, kind: &'a str) -> impl Iterator<Item = &'a Value> {
    let all = data.get("changes").and_then(Value::as_array).into_iter().flatten();
    all.filter(move |change| change.get("type").and_then(Value::as_str) == Some(kind))
}

fn was_there(change: &Value) -> bool {
    change.get("before").is_some_and(Value::is_object)
}

/// The fields people fill in, as they were and as they are.
const FIELDS: [(&str, &str); 8] = [
    ("name", "Name"),
    ("reference", "Reference"),
    ("email", "E-mail"),
    ("phone", "Phone"),
    ("address", "Address"),
    ("notes", "Notes"),
    ("tags", "Tags"),
    ("credit_limit", "Credit limit"),
];

fn changes(data: &Value) -> Vec<String> {
    let mut lines = Vec::new();
    // Of a new customer everything is new, and stands beside.
    for change in changed(data, "customer").filter(|change| was_there(change)) {
        for (field, label) in FIELDS {
            let Some(after) = change.pointer(&format!("/after/{field}")) else { continue };
            let before = change.pointer(&format!("/before/{field}")).and_then(shown);
            lines.push(match (before, shown(after)) {
                (Some(before), Some(after)) => format!("{label}: {before} → {after}"),
                (None, Some(after)) => format!("{label}: {after}"),
                (Some(before), None) => format!("{label} removed: {before}"),
                (None, None) => format!("{label} changed"),
            });
        }
    }
    lines
}

fn shown(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Array(list) => {
            let words: Vec<&str> = list.iter().filter_map(Value::as_str).collect();
            (!words.is_empty()).then(|| words.join(", "))
        }
        other => money(Some(other)).map(|money| money.to_string()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(kind: &str, data: Value) -> (String, Vec<String>) {
        let event: Event = serde_json::from_value(serde_json::json!({
            "seq": 1, "at": "2026-01-01T00:00:00Z", "actor": {"id": "usr_1", "name": "Ada"}, "kind": kind,
            "subject": {"type": "payment", "id": "pay_1"}, "data": data,
        }))
        .unwrap();
        let told = tell(&event);
        (told.title, told.details)
    }

    #[test]
    fn a_payment_says_what_it_settled_and_what_stayed_over() {
        let usd = |amount: &str| serde_json::json!({"amount": amount, "currency": "USD"});
        let data = serde_json::json!({
            "amount": usd("250.00"),
            "payment": {"allocations": [{"invoice_id": "inv_1", "amount": usd("210.00")}], "unapplied": usd("40.00")},
            "invoices": [{"id": "inv_1", "number": "Opening balance"}],
        });
        let (title, details) = told("payment.completed", data);
        assert_eq!(title, "Payment of 250.00 USD received");
        assert_eq!(details, ["210.00 USD settles Opening balance.", "40.00 USD stays unapplied."]);
    }

    #[test]
    fn a_change_says_what_was_and_what_is() {
        let data = serde_json::json!({"changes": [{
            "type": "customer", "id": "cus_1",
            "before": {"name": "Acme", "phone": "1"}, "after": {"name": "Acme Ltd", "phone": null, "email": "a@b.co"},
        }]});
        let (_, details) = told("customer.updated", data);
        assert_eq!(details, ["Name: Acme → Acme Ltd", "E-mail: a@b.co", "Phone removed: 1"]);
    }

    #[test]
    fn an_import_says_from_which_file_and_what_it_changed() {
        let change = |before: Value| {
            let change = serde_json::json!({
                "type": "customer", "id": "cus_1", "before": before, "after": {"name": "Acme", "phone": "2"},
            });
            told("import.committed", serde_json::json!({"file_name": "march.xlsx", "changes": [change]}))
        };
        assert_eq!(change(Value::Null).1, ["march.xlsx"]);
        let (title, details) = change(serde_json::json!({"name": "Acme Ltd", "phone": "1"}));
        assert_eq!(title, "Imported from a spreadsheet");
        assert_eq!(details, ["march.xlsx", "Name: Acme Ltd → Acme", "Phone: 1 → 2"]);

        let invoice = |number: usize| {
            serde_json::json!({
                "type": "invoice", "id": "inv_1", "before": null,
                "after": {"number": format!("A-{number}"), "total": {"amount": "10.00", "currency": "EUR"}},
            })
        };
        let invoices = |count| {
            let changes: Vec<Value> = (1..=count).rev().map(invoice).collect();
            told("import.committed", serde_json::json!({"changes": changes})).1
        };
        assert_eq!(invoices(1), ["A-1: 10.00 EUR"]);
        assert_eq!(invoices(4).len(), 4);
        assert_eq!(
            invoices(5),
            ["A-1: 10.00 EUR", "A-2: 10.00 EUR", "A-3: 10.00 EUR", "and 2 more invoices"]
        );
    }
}
