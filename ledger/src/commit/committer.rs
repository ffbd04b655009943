//! The one task that writes.

use std::sync::Arc;
use std::time::Duration;

use chrono_tz::Tz;
use domain::account::Moment;
use rand::RngExt;
use serde::Serialize;
use serde::de::DeserializeOwned;
use tokio::sync::{mpsc, oneshot, watch};
use tokio::task::JoinHandle;

use super::command::{Command, Job, Needs, Queued, Stop};
use super::desk::{Desk, Head};
use crate::store::{CommitError, Store};
use crate::{Clock, Error, Replayed, Result};

/// Commands one transaction takes at most. More would make the first wait for the last.
pub(crate) const BATCH: usize = 64;
/// Commands that may wait; beyond it callers are told to come back.
const QUEUE: usize = 4096;
/// Tries of one batch against other nodes before callers are told to come back.
const TRIES: u32 = 30;
/// Rounds of loading one command may ask for; each round loads something it named.
const ROUNDS: u32 = 64;

/// Lets a decision run on the books as they are, and writes nothing: what it would do.
pub(crate) async fn rehearse<T>(
    store: &Store,
    needs: &Needs,
    mut decide: impl FnMut(&mut Desk) -> Result<T, Stop>,
) -> Result<T> {
    let mut desk = Desk::new(store.head().await?);
    store.load(&mut desk, needs).await?;
    for _ in 0..ROUNDS {
        desk.begin();
        match decide(&mut desk) {
            Ok(answer) => return Ok(answer),
            Err(Stop::Missing) => {
                desk.rollback();
                let missing = desk.take_missing();
                store.load(&mut desk, &missing).await?;
            }
            Err(Stop::Refused(error)) => return Err(error),
        }
    }
    Err(Error::internal("a rehearsal never found all it asked for"))
}

/// The handle to the committing task.
pub(crate) struct Committer {
    queue: mpsc::Sender<Box<dyn Job>>,
    /// The last event this process committed.
    committed: watch::Sender<i64>,
    task: std::sync::Mutex<Option<JoinHandle<()>>>,
}

impl Committer {
    /// Starts the task.
    pub(crate) fn start(store: Arc<Store>, clock: Clock, zone: Tz) -> Self {
        let (queue, jobs) = mpsc::channel(QUEUE);
        let committed = watch::Sender::new(0);
        let worker = Worker { store, clock, zone, head: None, committed: committed.clone() };
        Self { queue, committed, task: std::sync::Mutex::new(Some(tokio::spawn(worker.work(jobs)))) }
    }

    /// The last event this process committed, followed; 0 before the first.
    pub(crate) fn committed(&self) -> watch::Receiver<i64> {
        self.committed.subscribe()
    }

    /// Queues a command and waits until it is durable, or refused.
    pub(crate) async fn commit<T>(&self, command: Command<T>) -> Result<Replayed<T>>
    where
        T: Serialize + DeserializeOwned + Send + 'static,
    {
        let (reply, outcome) = oneshot::channel();
        let job: Box<dyn Job> = Box::new(Queued { command, outcome: None, reply });
        self.queue.try_send(job).map_err(|_| Error::Busy)?;
        outcome.await.map_err(|_| Error::Busy)?
    }

    /// Waits for the commands in hand; later ones are refused.
    pub(crate) async fn close(&self) {
        let stop: Box<dyn Job> = Box::new(LastJob::default());
        let task = self.task.lock().unwrap_or_else(std::sync::PoisonError::into_inner).take();
        if let Some(task) = task
            && self.queue.send(stop).await.is_ok()
        {
            let _ = task.await;
        }
    }
}

/// The job after which the task ends.
#[derive(Default)]
struct LastJob {
    needs: Needs,
}

impl Job for LastJob {
    fn needs(&self) -> &Needs {
        &self.needs
    }
    fn run(&mut self, _: &mut Desk, _: Moment) -> Result<(), Stop> {
        Ok(())
    }
    fn refuse(&mut self, _: Error) {}
    fn reset(&mut self) {}
    fn settle(self: Box<Self>) {}
    fn fail(self: Box<Self>, _: Error) {}
    fn is_last(&self) -> bool {
        true
    }
}

struct Worker {
    store: Arc<Store>,
    clock: Clock,
    zone: Tz,
    /// The head as this process last wrote or read it; `None` when it may have moved.
    head: Option<Head>,
    committed: watch::Sender<i64>,
}

impl Worker {
    async fn work(mut self, mut jobs: mpsc::Receiver<Box<dyn Job>>) {
        let mut last = false;
        while !last {
            let mut batch = Vec::with_capacity(BATCH);
            if jobs.recv_many(&mut batch, BATCH).await == 0 {
                return;
            }
            last = batch.iter().any(|job| job.is_last());
            self.settle(batch).await;
        }
        // Refuses what was queued behind the last job, instead of leaving it waiting.
        jobs.close();
        while let Some(job) = jobs.recv().await {
            job.fail(Error::Busy);
        }
    }

    /// Commits the batch together; where that fails for a reason that may lie with one command, each alone.
    async fn settle(&mut self, batch: Vec<Box<dyn Job>>) {
        let Err((mut batch, error)) = self.commit(batch).await else { return };
        tracing::error!(error = &error as &dyn std::error::Error, commands = batch.len(), "commit failed");
        if batch.len() == 1 {
            if let Some(job) = batch.pop() {
                job.fail(error);
            }
            return;
        }
        for job in batch {
            if let Err((alone, error)) = self.commit(vec![job]).await {
                for job in alone {
                    job.fail(Error::internal(error.to_string()));
                }
            }
        }
    }

    async fn commit(&mut self, mut batch: Vec<Box<dyn Job>>) -> Result<(), (Vec<Box<dyn Job>>, Error)> {
        for attempt in 0..TRIES {
            let desk = match self.decide(&mut batch).await {
                Ok(desk) => desk,
                Err(error) => {
                    self.head = None;
                    return Err((batch, error));
                }
            };
            if desk.is_clean() {
                batch.into_iter().for_each(Job::settle);
                return Ok(());
            }
            match self.store.commit(desk.write()).await {
                Ok(()) => {
                    self.head = Some(desk.head().clone());
                    // Before anybody is answered: who reads after that finds it everywhere.
                    self.committed.send_replace(desk.head().seq);
                    batch.into_iter().for_each(Job::settle);
                    return Ok(());
                }
                Err(CommitError::Conflict) => {
                    self.head = None;
                    let ceiling = 1_u64 << attempt.min(7);
                    let pause = rand::rng().random_range(0..=ceiling);
                    tokio::time::sleep(Duration::from_millis(pause)).await;
                }
                Err(CommitError::Failed(error)) => {
                    self.head = None;
                    return Err((batch, error));
                }
            }
        }
        Err((batch, Error::Busy))
    }

    /// Loads what the batch needs and lets each command decide, in order.
    async fn decide(&mut self, batch: &mut [Box<dyn Job>]) -> Result<Desk> {
        let head = match self.head.clone() {
            Some(head) => head,
            None => self.store.head().await?,
        };
        let moment = Moment { at: self.clock.now(), business_date: self.clock.business_date(self.zone) };
        let mut desk = Desk::new(head);
        let mut needs = Needs::default();
        for job in batch.iter() {
            needs.add(job.needs());
        }
        self.store.load(&mut desk, &needs).await?;
        for job in batch.iter_mut() {
            job.reset();
            for round in 0.. {
                match job.run(&mut desk, moment) {
                    Ok(()) => break,
                    Err(Stop::Missing) if round < ROUNDS => {
                        desk.rollback();
                        let missing = desk.take_missing();
                        self.store.load(&mut desk, &missing).await?;
                    }
                    Err(Stop::Missing) => {
                        desk.rollback();
                        job.refuse(Error::internal("a command never found all it asked for"));
                        break;
                    }
                    Err(Stop::Refused(error)) => {
                        desk.rollback();
                        job.refuse(error);
                        break;
                    }
                }
            }
        }
        Ok(desk)
    }
}
