//! What stands in the cells.

use chrono::NaiveDate;
use domain::Customer;
use leptos::prelude::*;

use super::columns::Column;
use crate::page::colleagues::Colleagues;
use crate::ui::{Amount, CustomerStatusBadge, DueDate, When};

/// How a telephone shows the cell, where a row is a card.
pub(super) fn class(column: Column) -> &'static str {
    match column {
        Column::Name => "c-name",
        Column::Reference => "c-reference card-skip",
        Column::Outstanding => "c-amount numeric",
        Column::Overdue => "c-overdue numeric card-skip",
        Column::Unapplied | Column::CreditLimit => "c-more numeric",
        Column::Due => "c-due",
        Column::Status => "c-status card-end",
        Column::Updated => "c-updated muted card-skip",
        Column::Created => "c-more muted",
        Column::Email | Column::Phone | Column::Owner | Column::Tags | Column::Currency => "c-more",
    }
}

/// What a telephone writes before a cell that doesn't speak for itself.
pub(super) fn card_label(column: Column) -> Option<&'static str> {
    class(column).starts_with("c-more").then(|| column.label())
}

/// What the cell shows.
pub(super) fn content(column: Column, customer: RwSignal<Customer>, today: Signal<NaiveDate>) -> AnyView {
    let line = move |of: fn(&Customer) -> Option<String>| {
        view! { {move || customer.with(of).map(|text| view! { <span class="cell-line">{text}</span> })} }
            .into_any()
    };
    match column {
        Column::Name => name(customer),
        Column::Reference => line(|customer| Some(customer.reference.clone())),
        Column::Email => line(|customer| customer.email.clone()),
        Column::Phone => line(|customer| customer.phone.clone()),
        Column::Currency => line(|customer| Some(customer.currency.to_string())),
        Column::Owner => {
            let colleagues = Colleagues::expect();
            let owner = move || customer.with(|customer| customer.owner.as_ref().map(|id| colleagues.name(id)));
            view! { {move || owner().map(|name| view! { <span class="cell-line">{name}</span> })} }.into_any()
        }
        Column::Tags => {
            let tags = move || {
                let tags = customer.with(|customer| customer.tags.clone());
                let tag = |tag| view! { <span class="tag">{tag}</span> };
                (!tags.is_empty()).then(|| {
                    view! { <span class="tags">{tags.into_iter().map(tag).collect_view()}</span> }
                })
            };
            view! { {tags} }.into_any()
        }
        Column::Outstanding => {
            view! { {move || view! { <Amount money=customer.with(|customer| customer.outstanding) quiet_zero=true /> }} }
                .into_any()
        }
        Column::Overdue => {
            view! { {move || view! { <Amount money=customer.with(|customer| customer.overdue) quiet_zero=true /> }} }.into_any()
        }
        Column::Unapplied => {
            view! { {move || view! { <Amount money=customer.with(|customer| customer.unapplied) quiet_zero=true /> }} }
                .into_any()
        }
        Column::CreditLimit => {
            view! { {move || customer.with(|customer| customer.credit_limit).map(|money| view! { <Amount money /> })} }
                .into_any()
        }
        Column::Due => view! {
            {move || view! { <DueDate date=customer.with(|customer| customer.next_due_date) business_date=today.get() /> }}
        }
        .into_any(),
        Column::Status => {
            view! { {move || view! { <CustomerStatusBadge status=customer.with(|customer| customer.status) /> }} }.into_any()
        }
        Column::Created => view! { {move || view! { <When at=customer.with(|customer| customer.created_at) /> }} }.into_any(),
        Column::Updated => view! { {move || view! { <When at=customer.with(|customer| customer.updated_at) /> }} }.into_any(),
    }
}

/// The way to the customer, with how to reach them under it.
fn name(customer: RwSignal<Customer>) -> AnyView {
    let contact = move || customer.with(|customer| customer.email.clone().or_else(|| customer.phone.clone()));
    view! {
        <a class="customer-name" href=move || customer.with(|customer| format!("/customers/{}", customer.id))>
            {move || customer.with(|customer| customer.name.clone())}
        </a>
        {move || contact().map(|contact| view! { <span class="cell-sub">{contact}</span> })}
    }
    .into_any()
}
