//! Customers.

use std::collections::HashMap;

use domain::account::Account;
use domain::customer::{CustomerFilter, CustomerSort, SortBy};
use domain::list::PageInfo;
use domain::{
    Action, Counts, Customer, CustomerId, CustomerPatch, CustomerStatus, Event, EventKind, FieldError,
    InvoiceId, NewCustomer, Page,
};

use crate::commit::{Command, Desk, Needs, NewEvent, Stop};
use crate::index::Filled;
use crate::store::Keyset;
use crate::store::rows::reference_key;
use crate::summary::Shelf;
use crate::{Caller, Error, Idempotency, Ledger, Replayed, Result};

/// Which page of which customers.
#[derive(Clone, Debug, Default)]
pub struct CustomerQuery {
    /// Which customers.
    pub filter: CustomerFilter,
    /// In which order; by name when empty.
    pub sort: Vec<SortBy<CustomerSort>>,
    /// Rows a page, 1–200, 50 when absent.
    pub limit: Option<u32>,
    /// From the page before.
    pub cursor: Option<String>,
}

impl CustomerQuery {
    /// The order asked for, or by name.
    pub(crate) fn order(&self) -> &[SortBy<CustomerSort>] {
        const BY_NAME: &[SortBy<CustomerSort>] = &[SortBy { field: CustomerSort::Name, descending: false }];
        if self.sort.is_empty() { BY_NAME } else { &self.sort }
    }
}

/// What was read, and the event it was read after: a live client subscribes from there.
#[derive(Clone, Debug)]
pub struct Read<T> {
    /// The last event whose effect is certainly in `value`.
    pub seq: i64,
    /// What was read.
    pub value: T,
}

impl Ledger {
    /// One page of customers.
    pub async fn customers(&self, caller: &Caller, query: &CustomerQuery) -> Result<Read<Page<Customer>>> {
        caller.authorise(Action::Read)?;
        let sort = query.order();
        let order = order_name(sort.iter().map(|by| (by.field.as_str(), by.descending)));
        let after = cursor_keyset(query.cursor.as_deref(), &order)?;
        let limit = page_size(query.limit);
        if let Some(read) = self.grid_page(query, sort, limit, after.as_ref(), &order).await? {
            return Ok(read);
        }
        let seq = self.seq().await?;
        let found = self.store().customers(&query.filter, sort, limit, after.as_ref()).await?;
        let next = found.next.map(|next| keyset_cursor(&next, &order));
        Ok(Read { seq, value: page(found.rows, next, found.total) })
    }

    /// A page from the index, when it is there and has seen what this process committed.
    async fn grid_page(
        &self,
        query: &CustomerQuery,
        sort: &[SortBy<CustomerSort>],
        limit: u32,
        after: Option<&Keyset>,
        order: &str,
    ) -> Result<Option<Read<Page<Customer>>>> {
        let Some(index) = self.index(Filled::Customers).await else { return Ok(None) };
        // Read first: what the page holds can only be newer.
        let seq = index.seq();
        let Some(found) = index.customers(&query.filter, sort, limit, after) else { return Ok(None) };
        let mut customers: HashMap<CustomerId, Customer> =
            found.listed.iter().filter_map(|it| index.held(it)).map(|it| (it.id.clone(), it)).collect();
        let unread = found.listed.iter().filter(|it| !customers.contains_key(&it.id));
        let unread: Vec<String> = unread.map(|it| it.id.as_str().to_owned()).collect();
        if !unread.is_empty() {
            for row in self.store().customer_rows(&unread).await? {
                let customer = Customer::try_from(row)?;
                index.hold(&customer);
                customers.insert(customer.id.clone(), customer);
            }
        }
        // One that was deleted a moment ago is in the index and not in the books.
        let data = found.listed.iter().filter_map(|it| customers.remove(&it.id)).collect();
        let next = found.next.map(|next| keyset_cursor(&next, order));
        Ok(Some(Read { seq, value: page(data, next, found.total) }))
    }

    /// How many there are of each status.
    pub async fn customer_counts(&self, caller: &Caller) -> Result<Counts> {
        caller.authorise(Action::Read)?;
        let totals = self.store().summaries(&["customers"]).await?;
        let of = |status| totals.customers(Shelf::Active, Some(status), None);
        let (overdue, pending, paid) =
            (of(CustomerStatus::Overdue), of(CustomerStatus::Pending), of(CustomerStatus::Paid));
        Ok(Counts { all: overdue + pending + paid, overdue, pending, paid })
    }

    /// One customer.
    pub async fn customer(&self, caller: &Caller, id: &CustomerId) -> Result<Read<Customer>> {
        caller.authorise(Action::Read)?;
        let seq = self.seq().await?;
        Ok(Read { seq, value: self.store().customer(id).await? })
    }

    /// A new customer, with an opening-balance invoice when something is owed.
    pub async fn create_customer(
        &self,
        caller: &Caller,
        new: &NewCustomer,
        idempotency: Option<&Idempotency>,
    ) -> Result<Replayed<Customer>> {
        caller.authorise(Action::CreateCustomer)?;
        let draft = new.validate(self.organisation().currency)?;
        let id = CustomerId::from_unique(&self.unique());
        let opening = InvoiceId::from_unique(&self.unique());
        let mut needs = Needs::default();
        match &draft.reference {
            Some(reference) => needs.references.push(reference_key(reference)),
            None => needs.generated = 1,
        }
        needs.users.extend(draft.owner.clone());
        let answer_id = id.clone();
        let command = Command::new(
            caller,
            needs,
            move |desk, moment| {
                check_owner(desk, draft.owner.as_ref())?;
                let reference = match &draft.reference {
                    Some(reference) => {
                        refuse_taken(desk, reference, None)?;
                        reference.clone()
                    }
                    None => desk.generate_reference()?,
                };
                desk.give_reference(&reference, &id);
                let mut account =
                    Account::open(id.clone(), reference, draft.clone(), opening.clone(), None, moment);
                // What is overdue when it is entered is told by this event; it does not become overdue later.
                account.announce_overdue(moment.business_date);
                desk.add_account(account);
                Ok(Some(NewEvent::new(EventKind::CustomerCreated, "customer", id.as_str()).customer(&id)))
            },
            move |desk| customer_on(desk, &answer_id),
        );
        self.commit(command.once(idempotency)).await
    }

    /// Changes a customer; `patch.version` guards it.
    pub async fn update_customer(
        &self,
        caller: &Caller,
        id: &CustomerId,
        patch: &CustomerPatch,
    ) -> Result<Customer> {
        caller.authorise(Action::EditCustomer)?;
        let mut needs = Needs { accounts: vec![id.clone()], ..Needs::default() };
        needs.references.extend(patch.reference.as_deref().map(reference_key));
        needs.users.extend(patch.owner.clone().flatten());
        let (id, patch) = (id.clone(), patch.clone());
        let answer_id = id.clone();
        let command = Command::new(
            caller,
            needs,
            move |desk, _| {
                let before = desk.account(&id)?.customer.clone();
                if patch.version.is_some_and(|version| version != before.version) {
                    return Err(Error::stale(&before).into());
                }
                check_owner(desk, patch.owner.as_ref().and_then(Option::as_ref))?;
                let mut after = before.clone();
                patch.apply(&mut after)?;
                if after == before {
                    return Ok(None);
                }
                if reference_key(&after.reference) != reference_key(&before.reference) {
                    refuse_taken(desk, &after.reference, Some(&id))?;
                    desk.free_reference(&before.reference, &id);
                    desk.give_reference(&after.reference, &id);
                }
                desk.account_mut(&id)?.customer = after;
                Ok(Some(NewEvent::new(EventKind::CustomerUpdated, "customer", id.as_str()).customer(&id)))
            },
            move |desk| customer_on(desk, &answer_id),
        );
        Ok(self.commit(command).await?.value)
    }

    /// Deletes a customer on whom nothing hangs.
    pub async fn delete_customer(&self, caller: &Caller, id: &CustomerId) -> Result<()> {
        caller.authorise(Action::ArchiveCustomer)?;
        let needs = Needs { accounts: vec![id.clone()], history: vec![id.clone()], ..Needs::default() };
        let id = id.clone();
        let command = Command::new(
            caller,
            needs,
            move |desk, _| {
                let reference = desk.account(&id)?.customer.reference.clone();
                if let Some(what) = desk.history(&id)? {
                    return Err(Error::conflict(
                        "has_history",
                        format!(
                            "This customer has {what} and can't be deleted; archive it with POST /api/v1/customers/{id}/archive."
                        ),
                    )
                    .into());
                }
                if desk.reference_owner(&reference)?.is_some() {
                    desk.remove_account(&id)?;
                }
                Ok(Some(NewEvent::new(EventKind::CustomerErased, "customer", id.as_str()).customer(&id)))
            },
            |_| Ok(()),
        );
        self.commit(command).await?;
        Ok(())
    }

    /// Puts a settled customer away.
    pub async fn archive_customer(&self, caller: &Caller, id: &CustomerId) -> Result<Customer> {
        self.put_away(caller, id, EventKind::CustomerArchived, |account, at| Ok(account.archive(at)?)).await
    }

    /// Takes it out again.
    pub async fn unarchive_customer(&self, caller: &Caller, id: &CustomerId) -> Result<Customer> {
        self.put_away(caller, id, EventKind::CustomerUnarchived, |account, _| unarchive(account)).await
    }

    async fn put_away(
        &self,
        caller: &Caller,
        id: &CustomerId,
        kind: EventKind,
        act: fn(&mut Account, chrono::DateTime<chrono::Utc>) -> Result<(), Stop>,
    ) -> Result<Customer> {
        caller.authorise(Action::ArchiveCustomer)?;
        let needs = Needs { accounts: vec![id.clone()], ..Needs::default() };
        let id = id.clone();
        let answer_id = id.clone();
        let command = Command::new(
            caller,
            needs,
            move |desk, moment| {
                act(desk.account_mut(&id)?, moment.at)?;
                Ok(Some(NewEvent::new(kind, "customer", id.as_str()).customer(&id)))
            },
            move |desk| customer_on(desk, &answer_id),
        );
        Ok(self.commit(command).await?.value)
    }

    /// What happened to a customer, newest first.
    pub async fn timeline(
        &self,
        caller: &Caller,
        id: &CustomerId,
        limit: Option<u32>,
        cursor: Option<&str>,
    ) -> Result<Page<Event>> {
        caller.authorise(Action::Read)?;
        let customer = self.store().customer(id).await?;
        let before = cursor_seq(cursor)?;
        let limit = page_size(limit);
        let (mut events, total) = self.store().timeline(&customer.id, before, limit + 1).await?;
        let more = events.len() > limit as usize;
        events.truncate(limit as usize);
        let next = events.last().filter(|_| more).map(|event| seq_cursor(event.seq));
        Ok(page(events, next, total))
    }

    /// Adds a note to the timeline.
    pub async fn add_note(&self, caller: &Caller, id: &CustomerId, text: &str) -> Result<Event> {
        caller.authorise(Action::AddNote)?;
        let text = domain::field::optional_text("text", Some(text), 5000)?
            .ok_or_else(|| FieldError::new("text", "required", "Write something first."))?;
        let needs = Needs { accounts: vec![id.clone()], ..Needs::default() };
        let id = id.clone();
        let command = Command::new(
            caller,
            needs,
            move |desk, _| {
                desk.account(&id)?;
                let event = NewEvent::new(EventKind::NoteAdded, "customer", id.as_str()).customer(&id);
                Ok(Some(event.with("text", &text)))
            },
            |desk| desk.last_event(),
        );
        Ok(self.commit(command).await?.value)
    }
}

pub(crate) fn unarchive(account: &mut Account) -> Result<(), Stop> {
    match account.customer.archived_at.take() {
        Some(_) => Ok(()),
        None => Err(Error::conflict("not_archived", "This customer is not archived.").into()),
    }
}

pub(crate) fn customer_on(desk: &Desk, id: &CustomerId) -> Result<Customer> {
    let account = desk.accounts.get(id).and_then(Option::as_ref).ok_or(Error::NotFound("customer"))?;
    Ok(account.customer.clone())
}

fn refuse_taken(desk: &mut Desk, reference: &str, but: Option<&CustomerId>) -> Result<(), Stop> {
    match desk.reference_owner(reference)? {
        Some(owner) if Some(&owner) != but => Err(Error::Conflict {
            code: "reference_taken",
            message: format!("The reference {reference} belongs to another customer."),
            current: None,
        }
        .into()),
        _ => Ok(()),
    }
}

pub(crate) fn check_owner(desk: &mut Desk, owner: Option<&domain::UserId>) -> Result<(), Stop> {
    let Some(owner) = owner else { return Ok(()) };
    match desk.user(owner) {
        Err(Stop::Refused(Error::NotFound(_))) => {
            Err(Error::from(FieldError::new("owner", "unknown_user", "There is no such user.")).into())
        }
        other => other.map(|_| ()),
    }
}

// ---- pages -----------------------------------------------------------------------------------------------------

/// Rows a page may have.
const PAGE: std::ops::RangeInclusive<u32> = 1..=200;

pub(crate) fn page_size(limit: Option<u32>) -> u32 {
    limit.unwrap_or(50).clamp(*PAGE.start(), *PAGE.end())
}

pub(crate) fn page<T>(data: Vec<T>, next_cursor: Option<String>, total: u64) -> Page<T> {
    Page { data, page: PageInfo { next_cursor, total } }
}

fn bad_cursor() -> Error {
    FieldError::new(
        "cursor",
        "invalid_cursor",
        "This cursor is not of this list and order; start from the first page.",
    )
    .into()
}

/// The name of an order, which a cursor carries so that it can't be used with another.
pub(crate) fn order_name<'a>(columns: impl Iterator<Item = (&'a str, bool)>) -> String {
    columns
        .map(|(name, descending)| format!("{}{name}", if descending { "-" } else { "" }))
        .collect::<Vec<_>>()
        .join(",")
}

pub(crate) fn keyset_cursor(keyset: &Keyset, order: &str) -> String {
    let text = serde_json::to_vec(&(order, keyset)).unwrap_or_default();
    crate::chain::hex(&text)
}

pub(crate) fn cursor_keyset(cursor: Option<&str>, order: &str) -> Result<Option<Keyset>> {
    let Some(cursor) = cursor.filter(|cursor| !cursor.is_empty()) else { return Ok(None) };
    let bytes = unhex(cursor).ok_or_else(bad_cursor)?;
    let (made_for, keyset): (String, Keyset) = serde_json::from_slice(&bytes).map_err(|_| bad_cursor())?;
    if made_for == order && keyset.values.len() == order.split(',').count() {
        Ok(Some(keyset))
    } else {
        Err(bad_cursor())
    }
}

pub(crate) fn seq_cursor(seq: i64) -> String {
    seq.to_string()
}

pub(crate) fn cursor_seq(cursor: Option<&str>) -> Result<Option<i64>> {
    cursor
        .filter(|cursor| !cursor.is_empty())
        .map(|cursor| cursor.parse().map_err(|_| bad_cursor()))
        .transpose()
}

fn unhex(text: &str) -> Option<Vec<u8>> {
    if !text.len().is_multiple_of(2) || !text.is_ascii() {
        return None;
    }
    (0..text.len()).step_by(2).map(|at| u8::from_str_radix(&text[at..at + 2], 16).ok()).collect()
}
