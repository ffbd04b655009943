//! The same change of many customers: each of them a change of its own, with its own event, so that timelines, open
//! screens and the audit say what happened to whom. The committer writes them together, some at a time.

use std::collections::{BTreeMap, HashSet};

use chrono::{DateTime, Utc};
use domain::bulk::{BulkChange, BulkOutcome, BulkRefusal, BulkStep, BulkUndo, MOST, NAMES};
use domain::{Action, Customer, CustomerId, CustomerPatch, EventKind, FieldError};
use futures::StreamExt;

use crate::commit::{BATCH, Command, Desk, Needs, NewEvent, Stop};
use crate::customer::{check_owner, unarchive};
use crate::store::Selection;
use crate::{Caller, CustomerQuery, Error, Ledger, Result};

/// What became of one customer.
struct Fate {
    id: CustomerId,
    /// As it was, where it changed.
    before: Result<Option<Customer>>,
}

impl Ledger {
    /// The customers of a filter, in its order: all of them, or the first that one command may change.
    pub async fn customer_ids(&self, caller: &Caller, query: &CustomerQuery) -> Result<Vec<CustomerId>> {
        caller.authorise(Action::Read)?;
        let selection = Selection::customers(&query.filter, query.order());
        let keys = self.store().snapshot().await?.keys(&selection, MOST as u32, None).await?;
        Ok(keys.ids.into_iter().map(CustomerId::from).collect())
    }

    /// Changes many customers alike. Who can't be changed is left as it is, and told with the reason.
    pub async fn change_customers(
        &self,
        caller: &Caller,
        ids: &[CustomerId],
        change: &BulkChange,
    ) -> Result<BulkOutcome> {
        caller.authorise(change.action())?;
        let change = change.validate()?;
        let step = BulkStep { change: change.clone(), ids: ids.to_vec() };
        let fates = self.change_each(caller, vec![step], None).await?;
        self.tell(change, fates).await
    }

    /// Takes such a change back: each customer is again what it was, unless someone changed that since.
    pub async fn undo_change(&self, caller: &Caller, undo: &BulkUndo) -> Result<BulkOutcome> {
        for change in undo.steps.iter().map(|step| &step.change).chain([&undo.done]) {
            caller.authorise(change.action())?;
        }
        let fates = self.change_each(caller, undo.steps.clone(), Some(&undo.done)).await?;
        self.tell(undo.done.clone(), fates).await
    }

    async fn change_each(
        &self,
        caller: &Caller,
        steps: Vec<BulkStep>,
        done: Option<&BulkChange>,
    ) -> Result<Vec<Fate>> {
        let mut seen = HashSet::new();
        let mut wanted = Vec::new();
        for BulkStep { change, ids } in steps {
            let change = change.validate()?;
            let new = ids.into_iter().filter(|id| seen.insert(id.clone()));
            wanted.extend(new.map(|id| (id, change.clone())));
        }
        if wanted.is_empty() || wanted.len() > MOST {
            let message = format!("Choose between one and {MOST} customers.");
            return Err(FieldError::new("ids", "out_of_range", message).into());
        }
        let changes = wanted.into_iter().map(|(id, change)| {
            let (ledger, caller, done) = (self.clone(), caller.clone(), done.cloned());
            async move {
                let before = ledger.change_one(&caller, &id, change, done).await;
                Fate { id, before }
            }
        });
        // As many at once as one transaction takes.
        Ok(futures::stream::iter(changes).buffered(BATCH).collect().await)
    }

    /// Changes one customer; answers what it was, or `None` where it was so already. With `done`, only one who is still as
    /// that left it.
    async fn change_one(
        &self,
        caller: &Caller,
        id: &CustomerId,
        change: BulkChange,
        done: Option<BulkChange>,
    ) -> Result<Option<Customer>> {
        let mut needs = Needs { accounts: vec![id.clone()], ..Needs::default() };
        if let BulkChange::Assign { owner } = &change {
            needs.users.extend(owner.clone());
        }
        let (id, answer_id) = (id.clone(), id.clone());
        let command = Command::new(
            caller,
            needs,
            move |desk, moment| {
                let customer = &desk.account(&id)?.customer;
                if done.as_ref().is_some_and(|done| !done.holds(customer)) {
                    return Err(changed_since().into());
                }
                if change.holds(customer) {
                    Ok(None)
                } else {
                    decide(desk, &id, &change, moment.at).map(Some)
                }
            },
            move |desk| Ok(desk.before(&answer_id).map(|account| account.customer.clone())),
        );
        Ok(self.commit(command).await?.value)
    }

    async fn tell(&self, done: BulkChange, fates: Vec<Fate>) -> Result<BulkOutcome> {
        let (mut changed, mut unchanged) = (0, 0);
        let mut steps: Vec<BulkStep> = Vec::new();
        let mut refused: BTreeMap<String, Vec<CustomerId>> = BTreeMap::new();
        for Fate { id, before } in fates {
            match before {
                Ok(None) => unchanged += 1,
                Ok(Some(before)) => {
                    changed += 1;
                    let inverse = done.inverse(&before);
                    match steps.iter_mut().find(|step| step.change == inverse) {
                        Some(step) => step.ids.push(id),
                        None => steps.push(BulkStep { change: inverse, ids: vec![id] }),
                    }
                }
                Err(error) => {
                    if error.problem().status >= 500 {
                        tracing::error!(error = &error as &dyn std::error::Error, customer = %id, "bulk change");
                    }
                    refused.entry(reason(&error)).or_default().push(id);
                }
            }
        }
        let refused = self.refusals(refused).await?;
        Ok(BulkOutcome { changed, unchanged, refused, undo: BulkUndo { done, steps } })
    }

    async fn refusals(&self, refused: BTreeMap<String, Vec<CustomerId>>) -> Result<Vec<BulkRefusal>> {
        let mut told = Vec::with_capacity(refused.len());
        for (reason, ids) in refused {
            let some: Vec<String> = ids.iter().take(NAMES).map(|id| id.as_str().to_owned()).collect();
            let rows = self.store().customer_rows(&some).await?;
            let names = rows.into_iter().map(|row| row.name).collect();
            told.push(BulkRefusal { reason, count: ids.len() as u64, names });
        }
        Ok(told)
    }
}

/// Makes the change on the desk.
fn decide(
    desk: &mut Desk,
    id: &CustomerId,
    change: &BulkChange,
    at: DateTime<Utc>,
) -> Result<NewEvent, Stop> {
    let kind = match change {
        BulkChange::Assign { owner } => {
            check_owner(desk, owner.as_ref())?;
            desk.account_mut(id)?.customer.owner = owner.clone();
            EventKind::CustomerUpdated
        }
        BulkChange::AddTag { tag } => {
            let customer = &mut desk.account_mut(id)?.customer;
            let tags = customer.tags.iter().chain([tag]).cloned().collect();
            CustomerPatch { tags: Some(tags), ..CustomerPatch::default() }.apply(customer)?;
            EventKind::CustomerUpdated
        }
        BulkChange::RemoveTag { tag } => {
            desk.account_mut(id)?.customer.tags.retain(|known| known != tag);
            EventKind::CustomerUpdated
        }
        BulkChange::Archive => {
            desk.account_mut(id)?.archive(at)?;
            EventKind::CustomerArchived
        }
        BulkChange::Unarchive => {
            unarchive(desk.account_mut(id)?)?;
            EventKind::CustomerUnarchived
        }
    };
    Ok(NewEvent::new(kind, "customer", id.as_str()).customer(id))
}

fn reason(error: &Error) -> String {
    match error {
        Error::Invalid(errors) => {
            errors.0.iter().map(|error| error.message.as_str()).collect::<Vec<_>>().join(" ")
        }
        error => error.problem().detail,
    }
}

fn changed_since() -> Error {
    Error::conflict("changed_since", "Someone changed it since; it stays as it is now.")
}
