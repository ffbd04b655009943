//! Who has which customer open, and who works on it. Kept in memory and in no log: it is true for a moment only.
//!
//! Each process answers for the sockets it holds, in one row of its own (`presence`), and reads those of the others. People
//! are gone with their sockets; those of a process that falls silent after [`SILENCE`]. What someone said about working on
//! a customer holds longer than a process: a restarted one finds it in the row it left.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use chrono::{DateTime, Utc};
use domain::presence::{CLAIM_HOLDS, Person, Presence, Say};
use domain::{Action, CustomerId, UserId};
use serde::{Deserialize, Serialize};
use tokio::sync::watch;

use crate::{Caller, Error, Ledger, Result};

/// Between two looks at what is to be written, and the least time between two writings.
const TICK: Duration = Duration::from_secs(1);
/// Ticks between two readings of the other processes' rows.
const READ_EVERY: u32 = 2;
/// How old a process' own row may become while it has something to say.
const REFRESH: chrono::Duration = chrono::Duration::seconds(20);
/// A row this old is of a process that is gone, and its people with it.
const SILENCE: chrono::Duration = chrono::Duration::minutes(1);
/// A row this old says nothing any more: no claim holds so long without being renewed.
const FORGOTTEN: chrono::Duration = CLAIM_HOLDS;

/// What one process says in its row.
#[derive(Default, Serialize, Deserialize)]
struct Report {
    people: BTreeMap<CustomerId, BTreeSet<Person>>,
    says: BTreeMap<CustomerId, Say>,
}

impl Report {
    /// Takes in what another one says; its people only while it is alive.
    fn add(&mut self, other: Report, is_alive: bool) {
        if is_alive {
            for (customer, people) in other.people {
                self.people.entry(customer).or_default().extend(people);
            }
        }
        for (customer, say) in other.says {
            let newest = self.says.entry(customer).or_insert_with(|| say.clone());
            if say.outranks(newest) {
                *newest = say;
            }
        }
    }
}

/// A customer that someone watches through this process.
struct Room {
    /// By seat: somebody with three tabs sits here three times.
    seats: BTreeMap<u64, Person>,
    told: watch::Sender<Arc<Presence>>,
}

#[derive(Default)]
struct State {
    next_seat: u64,
    rooms: HashMap<CustomerId, Room>,
    /// What was said through this process.
    says: BTreeMap<CustomerId, Say>,
    /// What the other processes say.
    others: Report,
    /// Something was said that is not in the row yet.
    changed: bool,
}

/// Who is where, as this process knows it.
pub(crate) struct Presences {
    /// The name of this process' row.
    node: String,
    state: Mutex<State>,
}

impl Presences {
    pub(crate) fn new(node: String) -> Self {
        Self { node, state: Mutex::default() }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn say(&self, customer: &CustomerId) -> Option<&Say> {
        let (here, there) = (self.says.get(customer), self.others.says.get(customer));
        match (here, there) {
            (Some(here), Some(there)) => Some(if there.outranks(here) { there } else { here }),
            (here, there) => here.or(there),
        }
    }

    /// Tells those who watch `customer` what is true now, if that is news.
    fn tell(&self, customer: &CustomerId, now: DateTime<Utc>) {
        let Some(room) = self.rooms.get(customer) else { return };
        let presence = Arc::new(self.presence(customer, room.seats.values(), now));
        room.told.send_if_modified(|told| {
            let news = *told != presence;
            *told = presence;
            news
        });
    }

    fn presence<'a>(
        &'a self,
        customer: &CustomerId,
        here: impl Iterator<Item = &'a Person>,
        now: DateTime<Utc>,
    ) -> Presence {
        let there = self.others.people.get(customer).into_iter().flatten();
        // Somebody renamed meanwhile sits here under two names; one is enough.
        let people: BTreeMap<&UserId, &Person> =
            there.chain(here).map(|person| (&person.id, person)).collect();
        let mut people: Vec<Person> = people.into_values().cloned().collect();
        people.sort();
        let claim = self.say(customer).and_then(|say| say.as_claim(now));
        Presence { customer_id: customer.clone(), people, claim }
    }

    fn sit_down(
        &mut self,
        seat: u64,
        person: Person,
        customer: &CustomerId,
        now: DateTime<Utc>,
    ) -> watch::Receiver<Arc<Presence>> {
        let nobody = || Room {
            seats: BTreeMap::new(),
            told: watch::Sender::new(Arc::new(Presence::nobody(customer.clone()))),
        };
        let room = self.rooms.entry(customer.clone()).or_insert_with(nobody);
        room.seats.insert(seat, person);
        let mut receiver = room.told.subscribe();
        self.changed = true;
        self.tell(customer, now);
        receiver.mark_changed();
        receiver
    }

    fn stand_up(&mut self, seat: u64, customer: &CustomerId, now: DateTime<Utc>) {
        let Some(room) = self.rooms.get_mut(customer) else { return };
        room.seats.remove(&seat);
        self.changed = true;
        if room.seats.is_empty() {
            self.rooms.remove(customer);
        } else {
            self.tell(customer, now);
        }
    }

    fn put(&mut self, customer: &CustomerId, say: Say, now: DateTime<Utc>) {
        self.says.insert(customer.clone(), say);
        self.changed = true;
        self.tell(customer, now);
    }

    /// What this process says now, for its row.
    fn report(&self) -> Report {
        let people = self.rooms.iter();
        let people =
            people.map(|(customer, room)| (customer.clone(), room.seats.values().cloned().collect()));
        Report { people: people.collect(), says: self.says.clone() }
    }

    fn has_something_to_say(&self) -> bool {
        !self.rooms.is_empty() || !self.says.is_empty()
    }

    /// Forgets what was said too long ago or is outranked, and tells what is no longer true.
    fn look(&mut self, now: DateTime<Utc>) {
        let others = &self.others.says;
        let before = self.says.len();
        self.says.retain(|customer, say| {
            say.is_remembered(now) && others.get(customer).is_none_or(|other| !other.outranks(say))
        });
        self.changed |= before != self.says.len();
        for customer in self.rooms.keys() {
            self.tell(customer, now);
        }
    }
}

/// A socket's seat: at one customer at a time, and gone with the socket.
pub struct Seat {
    ledger: Ledger,
    caller: Caller,
    number: u64,
    at: Option<CustomerId>,
}

impl Ledger {
    /// A seat for one of the caller's sockets.
    pub fn seat(&self, caller: &Caller) -> Seat {
        let mut state = self.inner.presences.lock();
        state.next_seat += 1;
        Seat { ledger: self.clone(), caller: caller.clone(), number: state.next_seat, at: None }
    }
}

impl Seat {
    /// Sits down at a customer: who else is there, now and whenever it changes.
    pub async fn watch(&mut self, customer: CustomerId) -> Result<watch::Receiver<Arc<Presence>>> {
        self.caller.authorise(Action::Read)?;
        self.leave();
        // There has to be such a customer: a name that means nothing is not kept for everybody to see.
        self.ledger.store().customer(&customer).await?;
        let now = self.now();
        if self.ledger.inner.presences.lock().rooms.is_empty() {
            // Nobody listened to the others until now.
            self.ledger.hear_others(now).await?;
        }
        let mut state = self.ledger.inner.presences.lock();
        let receiver = state.sit_down(self.number, self.person(), &customer, now);
        drop(state);
        self.at = Some(customer);
        Ok(receiver)
    }

    /// Stands up.
    pub fn leave(&mut self) {
        if let Some(customer) = self.at.take() {
            self.ledger.inner.presences.lock().stand_up(self.number, &customer, self.now());
        }
    }

    /// Says that the caller works on the customer they sit at, and says it again to keep it. `over` is whose it is as far
    /// as they know; where it is somebody else's by now, it stays theirs.
    pub fn claim(&self, customer: &CustomerId, over: Option<&UserId>) -> Result<()> {
        self.caller.authorise(Action::ClaimCustomer)?;
        self.speak(customer, |current, person, now| Say::claim(current, person, over, now))
    }

    /// Says that the caller is done with it.
    pub fn release(&self, customer: &CustomerId) -> Result<()> {
        self.caller.authorise(Action::ClaimCustomer)?;
        self.speak(customer, |current, person, now| Say::release(current, &person, now))
    }

    fn speak(
        &self,
        customer: &CustomerId,
        say: impl FnOnce(Option<&Say>, Person, DateTime<Utc>) -> Option<Say>,
    ) -> Result<()> {
        if self.at.as_ref() != Some(customer) {
            return Err(Error::NotFound("customer"));
        }
        let now = self.now();
        let mut state = self.ledger.inner.presences.lock();
        if let Some(said) = say(state.say(customer), self.person(), now) {
            state.put(customer, said, now);
        }
        Ok(())
    }

    fn person(&self) -> Person {
        Person { name: self.caller.name.clone(), id: self.caller.id.clone() }
    }

    fn now(&self) -> DateTime<Utc> {
        self.ledger.clock().waking_now()
    }
}

impl Drop for Seat {
    fn drop(&mut self) {
        self.leave();
    }
}

/// Writes this process' row when there is something new to say, or it grows old, and reads those of the others.
pub(crate) async fn keep(ledger: Ledger) {
    let mut written: Option<DateTime<Utc>> = None;
    for tick in 1_u32.. {
        tokio::time::sleep(TICK).await;
        let now = ledger.clock().waking_now();
        let kept = async {
            let is_watched = !ledger.inner.presences.lock().rooms.is_empty();
            if is_watched && tick.is_multiple_of(READ_EVERY) {
                ledger.hear_others(now).await?;
            }
            ledger.inner.presences.lock().look(now);
            ledger.report(&mut written, now).await
        };
        if let Err(error) = kept.await {
            // What was not written is written then.
            ledger.inner.presences.lock().changed = true;
            tracing::warn!(
                error = &error as &dyn std::error::Error,
                "who is where can't be shared; trying again"
            );
        }
    }
}

impl Ledger {
    /// Writes this process' row, where that is due.
    async fn report(&self, written: &mut Option<DateTime<Utc>>, now: DateTime<Utc>) -> Result<()> {
        let report = {
            let mut state = self.inner.presences.lock();
            let grows_old = written.is_none_or(|written| now - written >= REFRESH);
            let is_due = state.changed || (grows_old && state.has_something_to_say());
            if !is_due {
                return Ok(());
            }
            state.changed = false;
            state.report()
        };
        self.write_report(&report, now).await?;
        *written = Some(now);
        Ok(())
    }

    /// This process ends: its people are gone, what they said is not.
    pub(crate) async fn leave_presences(&self) {
        let report = Report { people: BTreeMap::new(), ..self.inner.presences.lock().report() };
        if report.says.is_empty() && self.inner.presences.lock().rooms.is_empty() {
            return;
        }
        if let Err(error) = self.write_report(&report, self.clock().waking_now()).await {
            tracing::warn!(
                error = &error as &dyn std::error::Error,
                "others see our people for a minute more"
            );
        }
    }

    async fn write_report(&self, report: &Report, now: DateTime<Utc>) -> Result<()> {
        let text = serde_json::to_string(report).map_err(Error::internal)?;
        self.store().put_presence(&self.inner.presences.node, now, text).await
    }

    /// Reads what the other processes say.
    async fn hear_others(&self, now: DateTime<Utc>) -> Result<()> {
        let mut heard = Report::default();
        let rows = self.store().presences_but(&self.inner.presences.node, now - FORGOTTEN).await?;
        for (at, text) in rows {
            // A newer process may say it in words of its own.
            let Ok(report) = serde_json::from_str::<Report>(&text) else { continue };
            heard.add(report, now - at < SILENCE);
        }
        self.inner.presences.lock().others = heard;
        Ok(())
    }

    /// Takes out what processes of before have left behind.
    pub(crate) async fn sweep_presences(&self) -> Result<()> {
        self.store().forget_presences(self.clock().waking_now() - FORGOTTEN).await
    }
}
