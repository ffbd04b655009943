//! Customers: the pages of the grid, and who is called what.

use domain::customer::{CustomerFilter, CustomerSort, SortBy};
use domain::{Currency, CustomerId};
use memchr::memmem::Finder;

use super::order::{Column, Head, Key, NO_DAY, Row, Text, day, day_of, page};
use super::table::{Place, Places, Table};
use crate::commit::CalledBy;
use crate::store::rows::{GridRow, status_rank};
use crate::store::{self, Keyset};
use crate::{Error, Result};

/// All of them.
#[derive(Default)]
pub(super) struct Customers {
    table: Table<Entry>,
    /// By name without case.
    names: Places,
    /// By e-mail address without case.
    emails: Places,
    /// What is searched, of all entries in one piece: reading it from one end to the other takes a third of the time that
    /// following as many pointers does.
    texts: Vec<u8>,
    /// Bytes of it that no entry needs any more.
    unused: usize,
}

/// A customer as the index knows it: what is looked at for every question, and apart from it what only those who are found
/// are asked for. A hundred thousand of these are read from one end to the other, and their size decides how fast.
struct Entry {
    name: Head,
    reference: Head,
    outstanding: i64,
    overdue: i64,
    created: i64,
    updated: i64,
    /// In minor units.
    unapplied: i64,
    search: Span,
    /// Days since the common era; [`NO_DAY`] sorts last.
    due: i32,
    /// `None`: no currency that is known.
    currency: Option<Currency>,
    status: u8,
    archived: bool,
    rest: Box<Rest>,
}

struct Rest {
    id: Box<str>,
    name: Text,
    reference: Text,
    email: Option<Box<str>>,
    owner: Option<Box<str>>,
    tags: Box<[String]>,
    version: i64,
}

/// A part of [`Customers::texts`].
#[derive(Clone, Copy)]
struct Span {
    from: usize,
    len: usize,
}

/// So much may be unused before it is worth writing the rest together.
const UNUSED: usize = 64 * 1024;

/// Money of a customer that settles nothing.
pub(crate) struct Unapplied {
    pub customer: CustomerId,
    pub currency: Currency,
    /// How much, in minor units.
    pub minor: i64,
    /// Whether anything is owed besides.
    pub owes: bool,
}

/// A customer on a page, and the version it is there with.
pub(crate) struct Listed {
    pub id: CustomerId,
    pub(super) version: i64,
}

/// Who is on a page, where the next begins, and how many match in all.
pub(crate) struct GridPage {
    pub listed: Vec<Listed>,
    pub next: Option<Keyset>,
    pub total: u64,
}

impl Customers {
    pub(super) fn page(
        &self,
        filter: &CustomerFilter,
        sort: &[SortBy<CustomerSort>],
        limit: u32,
        after: Option<&Keyset>,
    ) -> Option<GridPage> {
        let matcher = Matcher::new(filter);
        let found = page(self.table.iter(), |entry| matcher.takes(entry, self), sort, limit, after)?;
        let listed = |entry: &Entry| Listed {
            id: CustomerId::from(entry.rest.id.to_string()),
            version: entry.rest.version,
        };
        let listed = found.rows.into_iter().map(listed).collect();
        Some(GridPage { listed, next: found.next, total: found.total })
    }

    /// Customers with money that settles nothing.
    pub(super) fn unapplied(&self) -> Result<Vec<Unapplied>> {
        let told = |entry: &Entry| {
            Ok(Unapplied {
                customer: CustomerId::from(entry.rest.id.to_string()),
                currency: entry.currency.ok_or_else(|| Error::internal("broken row: currency"))?,
                minor: entry.unapplied,
                owes: entry.outstanding > 0,
            })
        };
        self.table.iter().filter(|entry| entry.unapplied > 0).map(told).collect()
    }

    /// Those who are called so and not archived.
    pub(super) fn called(&self, by: &CalledBy) -> Vec<CustomerId> {
        let of = |place: Place| self.table.at(place).filter(|entry| !entry.archived);
        let ids = |places: &mut dyn Iterator<Item = Place>| {
            places.filter_map(of).map(|entry| CustomerId::from(&*entry.rest.id)).collect()
        };
        match by {
            CalledBy::Name(name) => ids(&mut self.names.find(name, |place| Some(of(place)?.name()))),
            CalledBy::Email(email) => ids(&mut self.emails.find(email, |place| of(place)?.email())),
        }
    }

    /// Where a customer stands, for what belongs to it: until it is gone, and then nothing does.
    pub(super) fn place(&self, id: &str) -> Option<Place> {
        self.table.place(id)
    }

    /// The name of the one at a place, without case.
    pub(super) fn name(&self, place: Place) -> Option<&str> {
        self.table.at(place).map(Entry::name)
    }

    pub(super) fn put(&mut self, row: GridRow) {
        let id: Box<str> = store::key(row.id.clone()).into();
        let known = self.table.place(&id).and_then(|place| self.table.at(place)).map(|entry| entry.search);
        let search = self.keep(&row.search, known);
        let (place, before) = self.table.put(Entry::of(id, row, search));
        let Self { table, names, emails, .. } = self;
        let of = |place: Place| table.at(place);
        let Some(entry) = of(place) else { return };
        let before = before.as_ref();
        if before.map(Entry::name) != Some(entry.name()) {
            before.inspect(|before| names.remove(before.name(), place));
            names.add(entry.name(), place, |place| Some(of(place)?.name()));
        }
        let email_before = before.and_then(Entry::email);
        if email_before != entry.email() {
            email_before.inspect(|email| emails.remove(email, place));
            entry.email().inspect(|email| emails.add(email, place, |place| of(place)?.email()));
        }
        self.tidy();
    }

    pub(super) fn remove(&mut self, id: &str) {
        let Some((place, gone)) = self.table.remove(id) else { return };
        self.names.remove(gone.name(), place);
        gone.email().inspect(|email| self.emails.remove(email, place));
        self.unused += gone.search.len;
        self.tidy();
    }

    fn text(&self, span: Span) -> &[u8] {
        self.texts.get(span.from..span.from + span.len).unwrap_or_default()
    }

    /// Where a text stands: at the end, unless it is the one that was known.
    fn keep(&mut self, text: &str, known: Option<Span>) -> Span {
        if let Some(known) = known {
            if self.text(known) == text.as_bytes() {
                return known;
            }
            self.unused += known.len;
        }
        let span = Span { from: self.texts.len(), len: text.len() };
        self.texts.extend_from_slice(text.as_bytes());
        span
    }

    /// Writes the texts together when more than half of them is unused.
    fn tidy(&mut self) {
        if self.unused < UNUSED || self.unused * 2 < self.texts.len() {
            return;
        }
        let mut texts = Vec::with_capacity(self.texts.len() - self.unused);
        for entry in self.table.iter_mut() {
            let Span { from, len } = entry.search;
            entry.search.from = texts.len();
            texts.extend_from_slice(self.texts.get(from..from + len).unwrap_or_default());
        }
        (self.texts, self.unused) = (texts, 0);
    }
}

impl Entry {
    fn of(id: Box<str>, row: GridRow, search: Span) -> Self {
        Self {
            name: Head::of(&row.name_key),
            reference: Head::of(&row.reference_key),
            outstanding: row.outstanding_face,
            overdue: row.overdue_face,
            created: row.created_us,
            updated: row.updated_us,
            unapplied: row.unapplied,
            search,
            due: day_of(&row.due_key),
            currency: row.currency.parse().ok(),
            status: u8::try_from(row.status_rank).unwrap_or(u8::MAX),
            archived: row.archived,
            rest: Box::new(Rest {
                id,
                name: Text(row.name_key.into()),
                reference: Text(row.reference_key.into()),
                email: row.email.map(|email| email.to_lowercase().into()),
                owner: row.owner.map(Into::into),
                tags: row.tags.into(),
                version: row.version,
            }),
        }
    }

    fn name(&self) -> &str {
        &self.rest.name.0
    }

    fn email(&self) -> Option<&str> {
        self.rest.email.as_deref()
    }
}

impl Row for Entry {
    type Sort = CustomerSort;

    fn id(&self) -> &str {
        &self.rest.id
    }

    fn key(&self, by: CustomerSort) -> Key<'_> {
        match by {
            CustomerSort::Name => Key::Text(self.name, &self.rest.name),
            CustomerSort::Reference => Key::Text(self.reference, &self.rest.reference),
            CustomerSort::Outstanding => Key::Int(self.outstanding),
            CustomerSort::Overdue => Key::Int(self.overdue),
            CustomerSort::NextDueDate => Key::Int(self.due.into()),
            CustomerSort::Status => Key::Int(self.status.into()),
            CustomerSort::CreatedAt => Key::Int(self.created),
            CustomerSort::UpdatedAt => Key::Int(self.updated),
        }
    }

    fn column(by: CustomerSort) -> Column {
        match by {
            CustomerSort::Name | CustomerSort::Reference => Column::Text,
            CustomerSort::NextDueDate => Column::Day,
            CustomerSort::Outstanding
            | CustomerSort::Overdue
            | CustomerSort::Status
            | CustomerSort::CreatedAt
            | CustomerSort::UpdatedAt => Column::Number,
        }
    }
}

/// A filter, made ready for a hundred thousand questions.
struct Matcher<'a> {
    filter: &'a CustomerFilter,
    words: Vec<Finder<'static>>,
    status: Option<i64>,
    due_from: Option<i32>,
    due_to: Option<i32>,
}

impl<'a> Matcher<'a> {
    fn new(filter: &'a CustomerFilter) -> Self {
        Self {
            filter,
            words: super::finders(filter.q.as_deref()),
            status: filter.status.map(status_rank),
            due_from: filter.due_from.map(day),
            due_to: filter.due_to.map(day),
        }
    }

    fn takes(&self, entry: &Entry, customers: &Customers) -> bool {
        let filter = self.filter;
        entry.archived == filter.archived
            && self.status.is_none_or(|status| status == i64::from(entry.status))
            && filter.min_outstanding.is_none_or(|min| entry.outstanding >= min)
            && filter.max_outstanding.is_none_or(|max| entry.outstanding <= max)
            && self.due_from.is_none_or(|from| entry.due >= from && entry.due != NO_DAY)
            && self.due_to.is_none_or(|to| entry.due <= to)
            && filter.currency.is_none_or(|currency| Some(currency) == entry.currency)
            && filter.owner.as_ref().is_none_or(|owner| entry.rest.owner.as_deref() == Some(owner.as_str()))
            && filter.tag.as_ref().is_none_or(|tag| entry.rest.tags.contains(tag))
            && self.words.iter().all(|word| word.find(customers.text(entry.search)).is_some())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::rows::NEVER;

    fn row(id: usize, search: &str) -> GridRow {
        GridRow {
            id: store::record("customer", &id.to_string()),
            name_key: search.to_owned(),
            reference_key: String::new(),
            search: search.to_owned(),
            email: None,
            owner: None,
            tags: Vec::new(),
            currency: "USD".to_owned(),
            outstanding_face: 0,
            overdue_face: 0,
            created_us: 0,
            updated_us: 0,
            due_key: NEVER.to_owned(),
            status_rank: 2,
            unapplied: 0,
            archived: false,
            version: 1,
        }
    }

    #[test]
    fn what_is_no_longer_searched_takes_no_room() {
        let mut customers = Customers::default();
        let long = "x".repeat(500);
        for round in 0..10 {
            (0..100).for_each(|id| customers.put(row(id, &format!("{long} {id} {round}"))));
        }
        (0..50).for_each(|id| customers.remove(&id.to_string()));
        assert!(customers.texts.len() < 3 * UNUSED, "{}", customers.texts.len());
        for entry in customers.table.iter() {
            let text = String::from_utf8_lossy(customers.text(entry.search)).into_owned();
            assert_eq!(text, format!("{long} {} 9", entry.rest.id));
        }
        assert_eq!(customers.table.iter().count(), 50);
    }

    #[test]
    fn who_is_called_so_is_found_whole_and_as_they_are_called_now() {
        let mut customers = Customers::default();
        let put = |customers: &mut Customers, id, name: &str, email: Option<&str>, archived| {
            customers.put(GridRow { email: email.map(str::to_owned), archived, ..row(id, name) });
        };
        let called = |customers: &Customers, by: CalledBy| {
            let mut ids: Vec<String> = customers.called(&by).into_iter().map(String::from).collect();
            ids.sort_unstable();
            ids
        };
        let (name, email) = (CalledBy::name, CalledBy::email);
        // Enough of them that the tables grow while they are entered.
        for id in 0..3_000 {
            let mail = (id % 2 == 0).then(|| format!("N{}@Example.org", id / 4));
            put(&mut customers, id, &format!("name {}", id / 2), mail.as_deref(), id % 7 == 0);
        }
        assert_eq!(called(&customers, name("Name 4")), ["8", "9"]);
        assert_eq!(called(&customers, name("name 7")), ["15"], "14 is archived");
        assert_eq!(called(&customers, email("n4@EXAMPLE.org")), ["16", "18"]);
        assert!(called(&customers, name("name")).is_empty());
        assert!(called(&customers, email("name 4")).is_empty());

        put(&mut customers, 8, "renamed", Some("n4@example.org"), false);
        put(&mut customers, 16, "name 8", None, false);
        customers.remove("9");
        assert!(called(&customers, name("name 4")).is_empty());
        assert_eq!(called(&customers, name("renamed")), ["8"]);
        assert_eq!(called(&customers, email("n4@example.org")), ["18", "8"]);
        // The place of one that is gone is another's.
        put(&mut customers, 9_999, "newcomer", Some("n4@example.org"), false);
        assert_eq!(called(&customers, name("newcomer")), ["9999"]);
        assert_eq!(called(&customers, email("n4@example.org")), ["18", "8", "9999"]);
    }
}
