//! What the list of payments is narrowed to, as it stands in the address.

use std::future::Future;

use chrono::NaiveDate;
use domain::payment::PaymentView;
use domain::{Event, Page, PaymentMethod, PaymentStatus};
use leptos::prelude::*;
use leptos_router::params::ParamsMap;

use crate::api::Snapshot;
use crate::api::payment::{PaymentList, list_payments};
use crate::error::Fault;
use crate::page::listing::{
    FilterForm, Listing, Place, Wanted, as_typed, go_when_typed, refill_date, refill_search, use_change,
    with_any,
};
use crate::ui::{Choice, Field, Select};

/// How the list is ordered when nothing is said.
const ORDER: &str = "-received_on";

/// What the list shows.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Filter {
    pub q: String,
    pub status: Option<PaymentStatus>,
    pub method: Option<PaymentMethod>,
    pub received_from: Option<NaiveDate>,
    pub received_to: Option<NaiveDate>,
    pub sort: String,
    pub place: Place,
}

impl Wanted for Filter {
    type Row = PaymentView;

    const PATH: &'static str = "/payments";
    const FILE: &'static str = "payments/export";

    fn of(query: &ParamsMap) -> Self {
        let text = |name: &str| query.get(name).unwrap_or_default();
        let sort = text("sort");
        let known = ["received_on", "amount", "created_at"].contains(&sort.trim_start_matches('-'));
        Self {
            q: text("q"),
            status: text("status").parse().ok(),
            method: text("method").parse().ok(),
            received_from: text("received_from").parse().ok(),
            received_to: text("received_to").parse().ok(),
            sort: if known { sort } else { ORDER.to_owned() },
            place: Place::of(query),
        }
    }

    fn pairs(&self) -> Vec<(&'static str, String)> {
        vec![
            ("q", self.q.trim().to_owned()),
            ("status", self.status.map(|status| status.as_str().to_owned()).unwrap_or_default()),
            ("method", self.method.map(|method| method.as_str().to_owned()).unwrap_or_default()),
            ("received_from", as_typed(self.received_from)),
            ("received_to", as_typed(self.received_to)),
            ("sort", if self.sort == ORDER { String::new() } else { self.sort.clone() }),
        ]
    }

    fn place(&self) -> &Place {
        &self.place
    }

    fn at(&self, place: Place) -> Self {
        Self { place, ..self.clone() }
    }

    fn cleared(&self) -> Self {
        Self { sort: self.sort.clone(), ..Self::default() }
    }

    fn parameters(&self) -> Vec<(&'static str, String)> {
        self.list().parameters()
    }

    fn read(self) -> impl Future<Output = Result<Snapshot<Page<PaymentView>>, Fault>> + Send + 'static {
        list_payments(self.list())
    }

    fn apply(list: Listing<Self>, event: &Event) {
        super::apply(list, event);
    }
}

impl Filter {
    fn list(&self) -> PaymentList {
        PaymentList {
            customer_id: None,
            status: self.status,
            method: self.method,
            received_from: self.received_from,
            received_to: self.received_to,
            q: Some(self.q.trim().to_owned()).filter(|q| !q.is_empty()),
            sort: Some(self.sort.clone()),
            limit: None,
            cursor: self.place.cursor.clone(),
        }
    }

    /// The field the list is ordered by, and whether the largest comes first.
    pub(super) fn order(&self) -> (String, bool) {
        match self.sort.strip_prefix('-') {
            Some(field) => (field.to_owned(), true),
            None => (self.sort.clone(), false),
        }
    }

    /// Whether `row` is one of those shown, wherever it stands.
    pub(super) fn matches(&self, row: &PaymentView) -> bool {
        let PaymentView { payment, customer_name } = row;
        let text =
            format!("{}\n{}", payment.reference.as_deref().unwrap_or_default(), customer_name).to_lowercase();
        self.status.is_none_or(|status| status == payment.status)
            && self.method.is_none_or(|method| method == payment.method)
            && self.received_from.is_none_or(|from| payment.received_on >= from)
            && self.received_to.is_none_or(|to| payment.received_on <= to)
            && self.q.to_lowercase().split_whitespace().all(|word| text.contains(word))
    }
}

/// The fields that narrow the list. Each acts at once and leads back to the first page.
#[component]
pub(super) fn FilterBar(filter: Memo<Filter>) -> impl IntoView {
    let change = use_change(filter);
    let now = filter.get_untracked();
    let q = RwSignal::new(now.q.clone());
    let status = RwSignal::new(now.status.map(|status| status.as_str().to_owned()).unwrap_or_default());
    let method = RwSignal::new(now.method.map(|method| method.as_str().to_owned()).unwrap_or_default());
    let from = RwSignal::new(as_typed(now.received_from));
    let to = RwSignal::new(as_typed(now.received_to));
    // The address is the truth: going back, or following a link, fills the fields again.
    Effect::new(move |before: Option<Filter>| {
        let now = filter.get();
        if before.is_some_and(|before| before != now) {
            refill_search(q, &now.q);
            status.set(now.status.map(|status| status.as_str().to_owned()).unwrap_or_default());
            method.set(now.method.map(|method| method.as_str().to_owned()).unwrap_or_default());
            refill_date(from, now.received_from);
            refill_date(to, now.received_to);
        }
        now
    });
    let go = move || {
        let mut next = filter.get_untracked();
        next.q = q.get_untracked().trim().to_owned();
        next.status = status.with_untracked(|status| status.parse().ok());
        next.method = method.with_untracked(|method| method.parse().ok());
        next.received_from = from.with_untracked(|date| date.parse().ok());
        next.received_to = to.with_untracked(|date| date.parse().ok());
        change.run(next);
    };
    go_when_typed(q, [from, to], go);
    view! {
        <FilterForm wanted=filter label="Payments" go>
            <Field name="q" label="Search payments" kind="search" value=q id="payments-q" placeholder="Customer or reference" />
            <Select
                name="status"
                label="Status"
                value=status
                id="payments-status"
                on_change=move |_| go()
                choices=with_any(
                    "Any status",
                    PaymentStatus::ALL.iter().map(|status| Choice::new(status.as_str(), status.label())),
                )
            />
            <Select
                name="method"
                label="Method"
                value=method
                id="payments-method"
                on_change=move |_| go()
                choices=with_any(
                    "Any method",
                    PaymentMethod::ALL.iter().map(|method| Choice::new(method.as_str(), method.label())),
                )
            />
            <Field name="received_from" label="Received from" kind="date" value=from id="payments-from" />
            <Field name="received_to" label="Received to" kind="date" value=to id="payments-to" />
        </FilterForm>
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::page::listing::asked;

    fn filter(pairs: &[(&str, &str)]) -> Filter {
        asked(pairs)
    }

    #[test]
    fn nonsense_in_the_address_filters_nothing() {
        let nonsense =
            filter(&[("status", "soon"), ("received_from", "x"), ("sort", "password"), ("from", "-1")]);
        assert_eq!(nonsense.address(), "/payments");
        assert!(!nonsense.is_narrow());
    }

    #[test]
    fn what_is_in_the_address_comes_back() {
        let narrow = filter(&[
            ("status", "failed"),
            ("q", "acme"),
            ("sort", "-amount"),
            ("received_to", "2026-01-31"),
        ]);
        assert_eq!(narrow.address(), "/payments?q=acme&status=failed&received_to=2026-01-31&sort=-amount");
        assert!(narrow.is_narrow());
        assert_eq!(narrow.order(), ("amount".to_owned(), true));
    }

    #[test]
    fn pages_lead_on_and_back() {
        let first = filter(&[]);
        assert_eq!(first.previous(), None);
        assert_eq!(first.next("a".to_owned(), 50), "/payments?from=51&cursor=a");
        let second = filter(&[("from", "51"), ("cursor", "a")]);
        assert_eq!(second.previous().as_deref(), Some("/payments"));
        assert_eq!(second.next("b".to_owned(), 50), "/payments?from=101&trail=a&cursor=b");
        let third = filter(&[("from", "101"), ("cursor", "b"), ("trail", "a")]);
        assert_eq!(third.previous().as_deref(), Some("/payments?from=51&cursor=a"));
    }
}
