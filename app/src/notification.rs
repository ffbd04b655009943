//! How notifications look and where they lead: in the inbox, in messages, in those of the browser.

use domain::notification::{Notification, NotificationKind};

use crate::format;
use crate::ui::{IconName, Tone};

/// The kind in words, as filters and settings name it.
pub fn words(kind: NotificationKind) -> &'static str {
    match kind {
        NotificationKind::PaymentReceived => "Payments received",
        NotificationKind::PaymentFailed => "Payments failed",
        NotificationKind::PaymentPending => "Payments pending",
        NotificationKind::InvoiceOverdue => "Overdue",
        NotificationKind::CustomerCreated => "New customers",
        NotificationKind::ImportFinished => "Imports",
        NotificationKind::UserRegistered => "New users",
    }
}

/// Many of a kind as one: “37 invoices became overdue”.
pub fn many(kind: NotificationKind, how_many: usize) -> String {
    let what = match kind {
        NotificationKind::PaymentReceived => "payments received",
        NotificationKind::PaymentFailed => "payments failed",
        NotificationKind::PaymentPending => "payments pending",
        NotificationKind::InvoiceOverdue => "invoices became overdue",
        NotificationKind::CustomerCreated => "new customers",
        NotificationKind::ImportFinished => "imports finished",
        NotificationKind::UserRegistered => "new users",
    };
    format!("{} {what}", format::count(how_many as u64))
}

/// Where many of a kind are seen together, with the words of the link.
pub fn together(kind: NotificationKind) -> (&'static str, &'static str) {
    match kind {
        NotificationKind::PaymentReceived => ("/payments?status=completed", "Show completed payments"),
        NotificationKind::PaymentFailed => ("/payments?status=failed", "Show failed payments"),
        NotificationKind::PaymentPending => ("/payments?status=pending", "Show pending payments"),
        NotificationKind::InvoiceOverdue => ("/customers?status=overdue", "Show overdue customers"),
        NotificationKind::CustomerCreated => ("/customers?sort=-created_at", "Show the newest customers"),
        NotificationKind::ImportFinished => ("/import", "Show imports"),
        NotificationKind::UserRegistered => ("/users", "Show users"),
    }
}

/// What it means to who is told.
pub fn tone(kind: NotificationKind) -> Tone {
    match kind {
        NotificationKind::PaymentReceived | NotificationKind::ImportFinished => Tone::Good,
        NotificationKind::PaymentFailed | NotificationKind::InvoiceOverdue => Tone::Bad,
        NotificationKind::PaymentPending | NotificationKind::UserRegistered => Tone::Waiting,
        NotificationKind::CustomerCreated => Tone::Neutral,
    }
}

/// Its sign.
pub fn icon(kind: NotificationKind) -> IconName {
    match kind {
        NotificationKind::PaymentReceived => IconName::Check,
        NotificationKind::PaymentFailed => IconName::Warning,
        NotificationKind::PaymentPending | NotificationKind::InvoiceOverdue => IconName::Clock,
        NotificationKind::CustomerCreated => IconName::Customers,
        NotificationKind::ImportFinished => IconName::Import,
        NotificationKind::UserRegistered => IconName::Users,
    }
}

/// The page that shows what it is about.
pub fn address(entry: &Notification) -> Option<String> {
    match (&entry.customer_id, entry.subject.kind.as_str()) {
        (Some(customer), "payment") => Some(format!("/customers/{customer}?tab=payments")),
        (Some(customer), _) => Some(format!("/customers/{customer}")),
        (None, "customer") => Some(format!("/customers/{}", entry.subject.id)),
        (None, "import") => Some(format!("/import/{}", entry.subject.id)),
        (None, "user") => Some("/users".to_owned()),
        (None, _) => None,
    }
}
