//! What the grid shows, as its address says it: every filter, the order, the columns and the page can be shared as a link.

use std::cmp::Ordering;

use domain::customer::{CustomerFilter, CustomerSort, SortBy};
use domain::{Currency, Customer, CustomerStatus, Money, MoneyError};
use leptos_router::params::ParamsMap;
use serde::{Deserialize, Serialize};

use super::columns::Columns;
use crate::api::customer::CustomerList;
use crate::format;

/// The state of those who were put away, as the address has it.
pub(super) const ARCHIVED: &str = "archived";
/// Rows a page.
pub(super) const ROWS: u64 = 50;
/// Pages one can go back by key; from further on, back leads to the first.
const TRAIL: usize = 30;

/// What narrows the grid, as its controls hold it.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Narrowed {
    pub q: String,
    pub status: String,
    pub owner: String,
    pub tag: String,
    pub min: String,
    pub max: String,
}

/// One state of the grid.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(super) struct View {
    pub q: String,
    pub status: Option<CustomerStatus>,
    /// Those put away instead.
    pub archived: bool,
    /// Id of the collector.
    pub owner: String,
    pub tag: String,
    pub min: String,
    pub max: String,
    pub sort: CustomerSort,
    pub descending: bool,
    pub columns: Columns,
    /// Id of the saved view that this one began as.
    pub saved: String,
    /// Key of this page; none on the first.
    pub cursor: Option<String>,
    /// Number of this page, from 1, for “51–100 of …”.
    pub page: u64,
    /// Keys of the pages before, for going back.
    trail: Vec<String>,
}

impl View {
    pub(super) fn of(query: &ParamsMap) -> Self {
        let text = |name: &str| query.get(name).map(|value| value.trim().to_owned()).unwrap_or_default();
        let sort = SortBy::parse_list(&text("sort"))
            .ok()
            .and_then(|sort: Vec<SortBy<CustomerSort>>| sort.into_iter().next());
        let cursor = Some(text("cursor")).filter(|cursor| !cursor.is_empty());
        let page =
            if cursor.is_some() { text("page").parse().unwrap_or(2).clamp(2, 1_000_000_000) } else { 1 };
        Self {
            q: text("q"),
            status: text("status").parse().ok(),
            archived: text("status") == ARCHIVED,
            owner: text("owner"),
            tag: text("tag"),
            min: text("min"),
            max: text("max"),
            sort: sort.map(|sort| sort.field).unwrap_or_default(),
            descending: sort.is_some_and(|sort| sort.descending),
            columns: Columns::parse(&text("columns")),
            saved: text("view"),
            cursor,
            page,
            trail: text("trail").split('~').filter(|key| !key.is_empty()).map(str::to_owned).collect(),
        }
    }

    /// The parameters that make the view, without the page: what a saved view holds.
    fn parameters(&self) -> Vec<(&'static str, String)> {
        let sort = match (self.sort, self.descending) {
            (CustomerSort::Name, false) => String::new(),
            (sort, descending) => format!("{}{}", if descending { "-" } else { "" }, sort.as_str()),
        };
        vec![
            ("q", self.q.trim().to_owned()),
            ("status", self.status_name().to_owned()),
            ("owner", self.owner.clone()),
            ("tag", self.tag.trim().to_owned()),
            ("min", self.min.trim().to_owned()),
            ("max", self.max.trim().to_owned()),
            ("sort", sort),
            ("columns", self.columns.to_string()),
        ]
    }

    pub(super) fn address(&self) -> String {
        let page = [
            ("view", self.saved.clone()),
            ("cursor", self.cursor.clone().unwrap_or_default()),
            ("page", if self.page > 1 { self.page.to_string() } else { String::new() }),
            ("trail", self.trail.join("~")),
        ];
        format::address("/customers", self.parameters().into_iter().chain(page))
    }

    /// What a saved view keeps of it: the query of its address, without the page.
    pub(super) fn query(&self) -> String {
        let address = format::address("", self.parameters());
        address.trim_start_matches('?').to_owned()
    }

    /// The state as the filter and the address name it.
    pub(super) fn status_name(&self) -> &'static str {
        if self.archived { ARCHIVED } else { self.status.map(CustomerStatus::as_str).unwrap_or_default() }
    }

    /// What decides about the rows; the rest only decides how they are shown.
    pub(super) fn rows(&self) -> Self {
        Self { columns: Columns::default(), saved: String::new(), ..self.clone() }
    }

    fn first_page(mut self) -> Self {
        self.cursor = None;
        self.page = 1;
        self.trail.clear();
        self
    }

    /// One of the built-in views: a state, with what is searched and filtered besides.
    pub(super) fn with_status(&self, status: Option<CustomerStatus>) -> Self {
        Self { status, archived: false, saved: String::new(), ..self.clone().first_page() }
    }

    pub(super) fn with_filters(&self, narrowed: Narrowed) -> Self {
        let Narrowed { status, .. } = &narrowed;
        let next = Self {
            status: status.parse().ok(),
            archived: status == ARCHIVED,
            q: narrowed.q.trim().to_owned(),
            owner: narrowed.owner,
            tag: narrowed.tag.trim().to_owned(),
            min: narrowed.min.trim().to_owned(),
            max: narrowed.max.trim().to_owned(),
            ..self.clone()
        };
        if next == *self { next } else { next.first_page() }
    }

    pub(super) fn with_columns(&self, columns: Columns) -> Self {
        Self { columns, ..self.clone() }
    }

    /// The same as a saved view, or as none.
    pub(super) fn saved_as(&self, id: &str) -> Self {
        Self { saved: id.to_owned(), ..self.clone() }
    }

    /// The same rows with the columns of `other`.
    pub(super) fn shown_as(&self, other: &Self) -> Self {
        Self { columns: other.columns.clone(), saved: other.saved.clone(), ..self.clone() }
    }

    /// As it stands in the filter's controls.
    pub(super) fn narrowed(&self) -> Narrowed {
        Narrowed {
            q: self.q.clone(),
            status: self.status_name().to_owned(),
            owner: self.owner.clone(),
            tag: self.tag.clone(),
            min: self.min.clone(),
            max: self.max.clone(),
        }
    }

    pub(super) fn with_sort(&self, sort: CustomerSort, descending: bool) -> Self {
        Self { sort, descending, ..self.clone().first_page() }
    }

    pub(super) fn cleared(&self) -> Self {
        let Self { sort, descending, ref columns, .. } = *self;
        Self { sort, descending, columns: columns.clone(), page: 1, ..Self::default() }
    }

    pub(super) fn next(&self, cursor: String) -> Self {
        let mut next = self.clone();
        // The first page has no key; a dash holds its place.
        next.trail.push(self.cursor.clone().unwrap_or_else(|| "-".to_owned()));
        if next.trail.len() > TRAIL {
            next.trail.remove(0);
        }
        next.cursor = Some(cursor);
        next.page = self.page + 1;
        next
    }

    pub(super) fn previous(&self) -> Option<Self> {
        self.cursor.as_ref()?;
        let mut previous = self.clone();
        match previous.trail.pop().filter(|key| key != "-") {
            Some(key) => {
                previous.cursor = Some(key);
                previous.page = self.page.saturating_sub(1).max(2);
                Some(previous)
            }
            None => Some(previous.first_page()),
        }
    }

    /// Whether anything but the order differs from the whole list.
    pub(super) fn is_filtered(&self) -> bool {
        self.status.is_some() || self.has_more_than_status()
    }

    /// Whether the tabs' counts can't tell how many rows match.
    pub(super) fn has_more_than_status(&self) -> bool {
        let typed = [&self.q, &self.owner, &self.tag, &self.min, &self.max];
        self.archived || typed.into_iter().any(|text| !text.trim().is_empty())
    }

    /// The filter in the ledger's terms. Amounts that can't be read don't filter; their fields say so.
    pub(super) fn filter(&self, currency: Currency) -> CustomerFilter {
        let face = |text: &str| amount(text, currency).ok().flatten().map(|money| money.face_value());
        CustomerFilter {
            q: Some(self.q.trim().to_owned()).filter(|q| !q.is_empty()),
            status: self.status,
            owner: Some(self.owner.clone()).filter(|owner| !owner.is_empty()).map(Into::into),
            tag: Some(self.tag.trim().to_owned()).filter(|tag| !tag.is_empty()),
            min_outstanding: face(&self.min),
            max_outstanding: face(&self.max),
            archived: self.archived,
            ..Default::default()
        }
    }

    pub(super) fn list(&self, currency: Currency) -> CustomerList {
        CustomerList {
            filter: self.filter(currency),
            sort: vec![SortBy { field: self.sort, descending: self.descending }],
            limit: Some(ROWS as u32),
            cursor: self.cursor.clone(),
        }
    }

    /// The order of two rows on screen. Only decides whether a changed row belongs elsewhere; the server has the last word.
    pub(super) fn compare(&self, a: &Customer, b: &Customer) -> Ordering {
        let order = match self.sort {
            CustomerSort::Name => a.name.to_lowercase().cmp(&b.name.to_lowercase()),
            CustomerSort::Reference => a.reference.to_lowercase().cmp(&b.reference.to_lowercase()),
            CustomerSort::Outstanding => a.outstanding.face_value().cmp(&b.outstanding.face_value()),
            CustomerSort::Overdue => a.overdue.face_value().cmp(&b.overdue.face_value()),
            CustomerSort::NextDueDate => {
                // Those who owe nothing come last, in both directions.
                return match (a.next_due_date, b.next_due_date) {
                    (Some(a), Some(b)) if self.descending => b.cmp(&a),
                    (Some(a), Some(b)) => a.cmp(&b),
                    (a, b) => b.is_some().cmp(&a.is_some()),
                };
            }
            CustomerSort::Status => a.status.cmp(&b.status),
            CustomerSort::CreatedAt => a.created_at.cmp(&b.created_at),
            CustomerSort::UpdatedAt => a.updated_at.cmp(&b.updated_at),
        };
        if self.descending { order.reverse() } else { order }
    }
}

/// An amount as typed into a filter; nothing when nothing is typed.
pub(super) fn amount(text: &str, currency: Currency) -> Result<Option<Money>, MoneyError> {
    let text = text.trim().replace(',', "");
    if text.is_empty() { Ok(None) } else { Money::parse(&text, currency).map(Some) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(query: &str) -> View {
        let params = query
            .split('&')
            .filter_map(|pair| pair.split_once('='))
            .map(|(name, value)| (name.to_owned(), value.to_owned()))
            .collect::<ParamsMap>();
        View::of(&params)
    }

    #[test]
    fn the_address_holds_everything() {
        let query =
            "q=ann&status=overdue&owner=usr_1&tag=vip&min=10&max=20.5&sort=-outstanding&columns=name%2Cowner";
        let view = of(&query.replace("%2C", ","));
        assert_eq!(view.address(), format!("/customers?{query}"));
        assert_eq!(view.query(), query);
        assert_eq!(of("").address(), "/customers");
    }

    #[test]
    fn nonsense_in_the_address_is_left_aside() {
        let view = of("status=nope&sort=password&page=7&columns=salary");
        assert_eq!(view, View { page: 1, ..View::default() });
    }

    #[test]
    fn goes_forth_and_back() {
        let first = of("sort=reference");
        let second = first.next("a".to_owned());
        let third = second.next("b".to_owned());
        assert_eq!(third.page, 3);
        assert_eq!(third.previous().map(|view| view.address()), Some(second.address()));
        assert_eq!(second.previous().map(|view| view.address()), Some(first.address()));
        assert_eq!(first.previous(), None);
    }

    #[test]
    fn a_new_filter_starts_at_the_first_page() {
        let view = of("q=x").next("a".to_owned());
        assert_eq!(view.with_status(Some(CustomerStatus::Paid)).address(), "/customers?q=x&status=paid");
    }

    #[test]
    fn a_saved_view_is_left_for_a_built_in_one() {
        let view = of("view=sav_1&status=archived&columns=name,tags");
        assert!(view.filter(Currency::USD).archived);
        assert_eq!(view.query(), "status=archived&columns=name%2Ctags");
        assert_eq!(view.with_status(None).address(), "/customers?columns=name%2Ctags");
        assert_eq!(view.rows().shown_as(&view), view);
    }

    #[test]
    fn bounds_are_face_values_and_include_themselves() {
        let filter = of("min=1,000&max=abc").filter(Currency::USD);
        assert_eq!(filter.min_outstanding, Some(10_000_000));
        assert_eq!(filter.max_outstanding, None);
    }
}
