//! What the list of invoices is narrowed to, as it stands in the address.

use chrono::NaiveDate;
use domain::invoice::InvoiceView;
use domain::{Event, InvoiceStatus, Page};
use leptos::prelude::*;
use leptos_router::params::ParamsMap;
use std::future::Future;

use crate::api::Snapshot;
use crate::api::invoice::{InvoiceList, list_invoices};
use crate::error::Fault;
use crate::page::listing::{
    FilterForm, Listing, Place, Wanted, as_typed, go_when_typed, refill_date, refill_search, use_change,
    with_any,
};
use crate::ui::{Choice, Field, Select};

/// A state as people ask for it: overdue ones are open, too.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Standing {
    Open,
    Overdue,
    Draft,
    Paid,
    Void,
    WrittenOff,
}

impl Standing {
    const ALL: [Standing; 6] = [
        Standing::Open,
        Standing::Overdue,
        Standing::Draft,
        Standing::Paid,
        Standing::Void,
        Standing::WrittenOff,
    ];

    /// The name in the address.
    fn as_str(self) -> &'static str {
        match self {
            Standing::Open => "open",
            Standing::Overdue => "overdue",
            Standing::Draft => "draft",
            Standing::Paid => "paid",
            Standing::Void => "void",
            Standing::WrittenOff => "written_off",
        }
    }

    fn of(text: &str) -> Option<Self> {
        Standing::ALL.into_iter().find(|standing| standing.as_str() == text)
    }

    fn label(self) -> &'static str {
        match self {
            Standing::Open => "Open",
            Standing::Overdue => "Overdue",
            Standing::Draft => "Draft",
            Standing::Paid => "Paid",
            Standing::Void => "Void",
            Standing::WrittenOff => "Written off",
        }
    }

    fn stored(self) -> InvoiceStatus {
        match self {
            Standing::Open | Standing::Overdue => InvoiceStatus::Open,
            Standing::Draft => InvoiceStatus::Draft,
            Standing::Paid => InvoiceStatus::Paid,
            Standing::Void => InvoiceStatus::Void,
            Standing::WrittenOff => InvoiceStatus::Uncollectible,
        }
    }

    fn has(self, row: &InvoiceView) -> bool {
        row.invoice.status == self.stored() && (self != Standing::Overdue || row.overdue)
    }
}

/// What the list shows.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Filter {
    pub q: String,
    pub standing: Option<Standing>,
    pub due_from: Option<NaiveDate>,
    pub due_to: Option<NaiveDate>,
    pub place: Place,
}

impl Wanted for Filter {
    type Row = InvoiceView;

    const PATH: &'static str = "/invoices";
    const FILE: &'static str = "invoices/export";

    fn of(query: &ParamsMap) -> Self {
        let text = |name: &str| query.get(name).unwrap_or_default();
        Self {
            q: text("q"),
            standing: Standing::of(&text("status")),
            due_from: text("due_from").parse().ok(),
            due_to: text("due_to").parse().ok(),
            place: Place::of(query),
        }
    }

    fn pairs(&self) -> Vec<(&'static str, String)> {
        vec![
            ("q", self.q.trim().to_owned()),
            ("status", self.standing.map(|standing| standing.as_str().to_owned()).unwrap_or_default()),
            ("due_from", as_typed(self.due_from)),
            ("due_to", as_typed(self.due_to)),
        ]
    }

    fn place(&self) -> &Place {
        &self.place
    }

    fn at(&self, place: Place) -> Self {
        Self { place, ..self.clone() }
    }

    fn cleared(&self) -> Self {
        Self::default()
    }

    fn parameters(&self) -> Vec<(&'static str, String)> {
        self.list().parameters()
    }

    fn read(self) -> impl Future<Output = Result<Snapshot<Page<InvoiceView>>, Fault>> + Send + 'static {
        list_invoices(self.list())
    }

    fn apply(list: Listing<Self>, event: &Event) {
        super::apply(list, event);
    }

    fn begin_day(list: Listing<Self>, today: NaiveDate) {
        super::begin_day(list, today);
    }
}

impl Filter {
    fn list(&self) -> InvoiceList {
        InvoiceList {
            customer_id: None,
            status: self.standing.filter(|standing| *standing != Standing::Overdue).map(Standing::stored),
            overdue: (self.standing == Some(Standing::Overdue)).then_some(true),
            due_from: self.due_from,
            due_to: self.due_to,
            q: Some(self.q.trim().to_owned()).filter(|q| !q.is_empty()),
            limit: None,
            cursor: self.place.cursor.clone(),
        }
    }

    /// Whether the date decides what is shown.
    pub(super) fn is_of_today(&self) -> bool {
        self.standing == Some(Standing::Overdue)
    }

    /// Whether `row` is one of those shown, wherever it stands.
    pub(super) fn matches(&self, row: &InvoiceView) -> bool {
        let name = row.customer_name.as_deref().unwrap_or_default();
        let text = format!("{}\n{name}", row.invoice.number).to_lowercase();
        self.standing.is_none_or(|standing| standing.has(row))
            && self.due_from.is_none_or(|from| row.invoice.due_date >= from)
            && self.due_to.is_none_or(|to| row.invoice.due_date <= to)
            && self.q.to_lowercase().split_whitespace().all(|word| text.contains(word))
    }
}

/// The fields that narrow the list. Each acts at once and leads back to the first page.
#[component]
pub(super) fn FilterBar(filter: Memo<Filter>) -> impl IntoView {
    let change = use_change(filter);
    let chosen = |filter: &Filter| filter.standing.map(Standing::as_str).unwrap_or_default().to_owned();
    let now = filter.get_untracked();
    let q = RwSignal::new(now.q.clone());
    let standing = RwSignal::new(chosen(&now));
    let from = RwSignal::new(as_typed(now.due_from));
    let to = RwSignal::new(as_typed(now.due_to));
    // The address is the truth: going back, or following a link, fills the fields again.
    Effect::new(move |before: Option<Filter>| {
        let now = filter.get();
        if before.is_some_and(|before| before != now) {
            refill_search(q, &now.q);
            standing.set(chosen(&now));
            refill_date(from, now.due_from);
            refill_date(to, now.due_to);
        }
        now
    });
    let go = move || {
        let mut next = filter.get_untracked();
        next.q = q.get_untracked().trim().to_owned();
        next.standing = standing.with_untracked(|standing| Standing::of(standing));
        next.due_from = from.with_untracked(|date| date.parse().ok());
        next.due_to = to.with_untracked(|date| date.parse().ok());
        change.run(next);
    };
    go_when_typed(q, [from, to], go);
    let choices = with_any(
        "Any status",
        Standing::ALL.map(|standing| Choice::new(standing.as_str(), standing.label())),
    );
    view! {
        <FilterForm wanted=filter label="Invoices" go>
            <Field name="q" label="Search invoices" kind="search" value=q id="invoices-q" placeholder="Number or customer" />
            <Select name="status" label="Status" value=standing id="invoices-status" on_change=move |_| go() choices />
            <Field name="due_from" label="Due from" kind="date" value=from id="invoices-from" />
            <Field name="due_to" label="Due to" kind="date" value=to id="invoices-to" />
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

    fn row(status: &str, due: &str) -> InvoiceView {
        let money = |amount: &str| serde_json::json!({ "amount": amount, "currency": "USD" });
        let invoice: domain::Invoice = serde_json::from_value(serde_json::json!({
            "id": "inv_1", "customer_id": "cus_1", "number": "0007", "kind": "invoice", "issue_date": "2026-01-01",
            "due_date": due, "total": money("10.00"), "balance": money("10.00"), "status": status, "version": 1,
            "created_at": "2026-01-01T00:00:00Z", "updated_at": "2026-01-01T00:00:00Z",
        }))
        .unwrap();
        invoice.view("2026-02-01".parse().unwrap()).of_customer("Acme Corp")
    }

    #[test]
    fn nonsense_in_the_address_filters_nothing() {
        let nonsense = filter(&[("status", "soon"), ("due_from", "x"), ("from", "-1")]);
        assert_eq!(nonsense.address(), "/invoices");
        assert!(!nonsense.is_narrow());
    }

    #[test]
    fn what_is_in_the_address_comes_back() {
        let narrow = filter(&[("status", "written_off"), ("q", "acme"), ("due_to", "2026-01-31")]);
        assert_eq!(narrow.address(), "/invoices?q=acme&status=written_off&due_to=2026-01-31");
        assert!(narrow.is_narrow());
        assert_eq!(narrow.list().status, Some(InvoiceStatus::Uncollectible));
    }

    #[test]
    fn overdue_is_asked_for_by_itself_and_open_includes_it() {
        let overdue = filter(&[("status", "overdue")]);
        assert_eq!((overdue.list().status, overdue.list().overdue), (None, Some(true)));
        let open = filter(&[("status", "open")]);
        assert_eq!((open.list().status, open.list().overdue), (Some(InvoiceStatus::Open), None));
        let (late, soon) = (row("open", "2026-01-31"), row("open", "2026-02-01"));
        assert_eq!((overdue.matches(&late), overdue.matches(&soon)), (true, false));
        assert!(open.matches(&late) && open.matches(&soon));
        assert!(!open.matches(&row("draft", "2026-01-31")));
    }

    #[test]
    fn words_are_found_in_the_number_and_the_name() {
        let late = row("open", "2026-01-31");
        for (q, found) in [("", true), ("acme 007", true), ("CORP", true), ("acme 8", false)] {
            assert_eq!(filter(&[("q", q)]).matches(&late), found, "{q}");
        }
        assert!(!filter(&[("due_from", "2026-02-01")]).matches(&late));
        assert!(filter(&[("due_to", "2026-01-31")]).matches(&late));
    }

    #[test]
    fn pages_lead_on_and_back() {
        let first = filter(&[]);
        assert_eq!(first.previous(), None);
        assert_eq!(first.next("a".to_owned(), 50), "/invoices?from=51&cursor=a");
        let second = filter(&[("from", "51"), ("cursor", "a")]);
        assert_eq!(second.previous().as_deref(), Some("/invoices"));
        assert_eq!(second.next("b".to_owned(), 50), "/invoices?from=101&trail=a&cursor=b");
        let third = filter(&[("from", "101"), ("cursor", "b"), ("trail", "a")]);
        assert_eq!(third.previous().as_deref(), Some("/invoices?from=51&cursor=a"));
    }
}
