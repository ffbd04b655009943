//! States: a word and a shape, then a colour, so that nobody has to see colours.

use domain::invoice::InvoiceView;
use domain::{CustomerStatus, InvoiceStatus, PaymentStatus};
use leptos::prelude::*;

/// What a state means for the reader.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tone {
    /// ● Late or failed.
    Bad,
    /// ◐ On its way.
    Waiting,
    /// ✓ Settled.
    Good,
    /// ○ Nothing to do.
    Neutral,
}

/// A state.
#[component]
pub fn StatusBadge(
    /// What it means.
    tone: Tone,
    /// Its word.
    #[prop(into)]
    label: String,
) -> impl IntoView {
    let (class, shape) = match tone {
        Tone::Bad => ("badge badge-bad", "M6 1.500a4.5 4.5 0 1 0 0 9 4.5 4.5 0 0 0 0-9Z"),
        Tone::Waiting => ("badge badge-waiting", "M6 1.500a4.5 4.5 0 1 0 0 9Z"),
        Tone::Good => ("badge badge-good", "m2 6.5 2.8 2.800L10 3.5"),
        Tone::Neutral => ("badge badge-neutral", ""),
    };
    view! {
        <span class=class>
            <svg class="badge-shape" width="12" height="12" viewBox="0 0 12 12" aria-hidden="true" focusable="false">
                {matches!(tone, Tone::Waiting | Tone::Neutral)
                    .then(|| view! { <circle cx="6" cy="6" r="4.25" class="badge-ring" /> })}
                <path d=shape />
            </svg>
            {label}
        </span>
    }
}

/// The state of a customer's debt.
#[component]
pub fn CustomerStatusBadge(
    /// The state.
    status: CustomerStatus,
) -> impl IntoView {
    let tone = match status {
        CustomerStatus::Overdue => Tone::Bad,
        CustomerStatus::Pending => Tone::Waiting,
        CustomerStatus::Paid => Tone::Good,
    };
    view! { <StatusBadge tone label=status.label() /> }
}

/// The state of a payment.
#[component]
pub fn PaymentStatusBadge(
    /// The state.
    status: PaymentStatus,
) -> impl IntoView {
    let tone = match status {
        PaymentStatus::Pending | PaymentStatus::Processing | PaymentStatus::Unknown => Tone::Waiting,
        PaymentStatus::Completed | PaymentStatus::PartiallyRefunded => Tone::Good,
        PaymentStatus::Failed | PaymentStatus::Reversed => Tone::Bad,
        PaymentStatus::Canceled | PaymentStatus::Refunded => Tone::Neutral,
    };
    view! { <StatusBadge tone label=status.label() /> }
}

/// The state of an invoice, with what is derived: overdue, partly paid.
#[component]
pub fn InvoiceStatusBadge(
    /// The invoice.
    invoice: InvoiceView,
) -> impl IntoView {
    let tone = match invoice.invoice.status {
        InvoiceStatus::Open if invoice.overdue => Tone::Bad,
        InvoiceStatus::Open => Tone::Waiting,
        InvoiceStatus::Paid => Tone::Good,
        InvoiceStatus::Draft | InvoiceStatus::Void | InvoiceStatus::Uncollectible => Tone::Neutral,
    };
    view! { <StatusBadge tone label=invoice.label() /> }
}
