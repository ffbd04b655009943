//! A customer's personal data: told in whole, and taken out for good.
//!
//! What was owed and paid stays; who it was is gone from the row, from every event (where a salted digest stays, so that the
//! chain still verifies), and from the files and answers that are kept for a while.

use domain::{Action, Customer, CustomerId, Event, EventKind};
use serde::Serialize;
use serde_json::Value;

use crate::chain::seal;
use crate::commit::{Command, Needs, NewEvent};
use crate::customer::customer_on;
use crate::store::rows::EventRow;
use crate::{Caller, Error, Ledger, Result};

/// All that is kept of a customer as a person.
#[derive(Clone, Debug, Serialize)]
pub struct PersonalData {
    /// As they are known now.
    pub customer: Customer,
    /// All that happened, the first at first.
    pub events: Vec<Event>,
}

impl Ledger {
    /// All that is kept of a customer as a person (admin).
    pub async fn personal_data(&self, caller: &Caller, id: &CustomerId) -> Result<PersonalData> {
        caller.authorise(Action::ErasePersonalData)?;
        let customer = self.customer(caller, id).await?.value;
        let events = self.store().whole_timeline(id).await?;
        Ok(PersonalData { customer, events })
    }

    /// Forgets who a settled customer was, and archives it (admin). Can't be taken back.
    pub async fn erase_personal_data(&self, caller: &Caller, id: &CustomerId) -> Result<Customer> {
        caller.authorise(Action::ErasePersonalData)?;
        let needs = Needs { accounts: vec![id.clone()], ..Needs::default() };
        let (subject, answer_id) = (id.clone(), id.clone());
        let command = Command::new(
            caller,
            needs,
            move |desk, moment| {
                let account = desk.account_mut(&subject)?;
                if account.customer.archived_at.is_none() {
                    account.archive(moment.at)?;
                }
                account.customer.forget_person();
                let event = NewEvent::new(EventKind::CustomerRedacted, "customer", subject.as_str());
                Ok(Some(event.customer(&subject)))
            },
            move |desk| customer_on(desk, &answer_id),
        );
        let customer = self.commit(command).await?.value;
        self.seal_events(id).await?;
        Ok(customer)
    }

    /// Takes a person out of what was written before they were erased.
    async fn seal_events(&self, id: &CustomerId) -> Result<()> {
        let store = self.store();
        for row in store.all_events_about(id.as_str()).await? {
            self.seal_event(&row, None).await?;
        }
        // An import's events carry many customers, each of whom stays what they are.
        for row in store.import_events_with(id.as_str()).await? {
            self.seal_event(&row, Some(id.as_str())).await?;
            store.drop_cells(&row.subject_id).await?;
        }
        store.forget_answers_with(id.as_str()).await?;
        store.note_erased(id.as_str()).await
    }

    /// Puts digests in the place of what an event tells of a person, or of all within it.
    async fn seal_event(&self, row: &EventRow, person: Option<&str>) -> Result<()> {
        let mut data: Value = serde_json::from_str(&row.data).map_err(Error::internal)?;
        seal(&mut data, &row.salt, person);
        self.store().put_event_data(row, data.to_string()).await
    }

    /// Goes on where a process stopped between erasing a customer and sealing its events.
    pub(crate) async fn resume_erasures(&self) -> Result<()> {
        for id in self.store().unsealed().await? {
            self.seal_events(&CustomerId::from(id.as_str())).await?;
        }
        Ok(())
    }
}
