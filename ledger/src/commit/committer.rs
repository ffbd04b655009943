//! The one task that decides, and has one batch written while it decides on the next.

use std::collections::VecDeque;
use std::pin::Pin;
use std::sync::Arc;
use std::time::{Duration, Instant};

use chrono_tz::Tz;
use domain::account::Moment;
use futures::future::{MaybeDone, maybe_done};
use rand::RngExt;
use serde::Serialize;
use serde::de::DeserializeOwned;
use tokio::sync::{mpsc, oneshot, watch};
use tokio::task::JoinHandle;

use super::command::{Command, Job, Needs, Queued, Stop};
use super::desk::{Desk, Head};
use super::told::{Committed, Told};
use crate::index::Index;
use crate::store::{CommitError, Store};
use crate::{Clock, Error, Replayed, Result};

/// Commands one transaction takes at most. More would make the first wait for the last.
pub(crate) const BATCH: usize = 64;
/// Commands that may wait; beyond it callers are told to come back.
const QUEUE: usize = 4096;
/// How long after a command that somebody waits for bulky ones make way: what comes while one of them is being written does
/// not wait for the next as well.
const CALM: Duration = Duration::from_millis(500);
/// Tries of one batch against other nodes before callers are told to come back.
const TRIES: u32 = 30;
/// Rounds of loading one command may ask for; each round loads something it named.
const ROUNDS: u32 = 64;

/// Lets a decision run on the books as they are, and writes nothing: what it would do.
pub(crate) async fn rehearse<T>(
    store: &Store,
    index: &Index,
    needs: &Needs,
    mut decide: impl FnMut(&mut Desk) -> Result<T, Stop>,
) -> Result<T> {
    let mut desk = Desk::new(store.head().await?);
    store.load(index, &mut desk, needs).await?;
    for _ in 0..ROUNDS {
        desk.begin();
        match decide(&mut desk) {
            Ok(answer) => return Ok(answer),
            Err(Stop::Missing) => {
                desk.rollback();
                let missing = desk.take_missing();
                store.load(index, &mut desk, &missing).await?;
            }
            Err(Stop::Refused(error)) => return Err(error),
        }
    }
    Err(Error::internal("a rehearsal never found all it asked for"))
}

/// The handle to the committing task.
pub(crate) struct Committer {
    queue: mpsc::Sender<Box<dyn Job>>,
    committed: Arc<Committed>,
    task: std::sync::Mutex<Option<JoinHandle<()>>>,
}

impl Committer {
    /// Starts the task.
    pub(crate) fn start(store: Arc<Store>, index: Arc<Index>, clock: Clock, zone: Tz) -> Self {
        let (queue, jobs) = mpsc::channel(QUEUE);
        let committed = Arc::new(Committed::default());
        let worker = Worker { store, index, clock, zone, head: None, committed: Arc::clone(&committed) };
        let task = tokio::spawn(worker.work(Inbox::new(jobs)));
        Self { queue, committed, task: std::sync::Mutex::new(Some(task)) }
    }

    /// The last event this process committed, followed; 0 before the first.
    pub(crate) fn committed(&self) -> watch::Receiver<i64> {
        self.committed.follow()
    }

    /// What this process committed right after event number `after` and nobody has taken yet.
    pub(crate) fn take_after(&self, after: i64) -> Vec<Told> {
        self.committed.take_after(after)
    }

    /// Queues a command, behind all that were queued before; it is durable, or refused, when the answer comes.
    pub(crate) fn send<T>(
        &self,
        command: Command<T>,
    ) -> Result<impl Future<Output = Result<Replayed<T>>> + use<T>>
    where
        T: Serialize + DeserializeOwned + Send + 'static,
    {
        let (reply, outcome) = oneshot::channel();
        let job: Box<dyn Job> = Box::new(Queued { command, outcome: None, reply });
        self.queue.try_send(job).map_err(|_| Error::Busy)?;
        Ok(async { outcome.await.map_err(|_| Error::Busy)? })
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

/// Commands that wait, in their order; others overtake bulky ones.
struct Inbox {
    jobs: mpsc::Receiver<Box<dyn Job>>,
    /// Bulky ones that no batch has taken yet.
    bulky: VecDeque<Box<dyn Job>>,
    /// When another last came.
    other_at: Option<Instant>,
    /// Whether anybody is left to send more.
    open: bool,
}

impl Inbox {
    fn new(jobs: mpsc::Receiver<Box<dyn Job>>) -> Self {
        Self { jobs, bulky: VecDeque::new(), other_at: None, open: true }
    }

    /// Whether there is a bulky command that may join the batch.
    fn has_bulky_for(&self, batch: &Batch) -> bool {
        let calm = || self.other_at.is_none_or(|at| at.elapsed() >= CALM);
        let fits = !batch.is_full() && !batch.jobs.iter().any(|job| job.is_bulky());
        !self.bulky.is_empty() && fits && (!batch.behind_bulky || calm())
    }

    /// Whether there may be a next command for the batch.
    fn has_more_for(&self, batch: &Batch) -> bool {
        self.has_bulky_for(batch) || self.open && !batch.is_full()
    }

    /// Waits for a command and adds those that wait and fit; answers how many were there before. To be given up while it
    /// waits loses nothing.
    async fn take(&mut self, batch: &mut Batch) -> usize {
        let before = batch.jobs.len();
        if !self.has_bulky_for(batch) {
            match self.jobs.recv().await {
                Some(job) => self.sort(job, batch),
                None => self.open = false,
            }
        }
        while !batch.is_full()
            && let Ok(job) = self.jobs.try_recv()
        {
            self.sort(job, batch);
        }
        if self.has_bulky_for(batch) {
            batch.jobs.extend(self.bulky.pop_front());
        }
        before
    }

    fn sort(&mut self, job: Box<dyn Job>, batch: &mut Batch) {
        if job.is_bulky() {
            self.bulky.push_back(job);
        } else {
            self.other_at = Some(Instant::now());
            batch.jobs.push(job);
        }
    }
}

/// Commands that decide together and are written together, at most one of them bulky.
#[derive(Default)]
struct Batch {
    jobs: Vec<Box<dyn Job>>,
    /// What they decide on, once there is one.
    desk: Option<Desk>,
    /// Whether a bulky command is being written meanwhile.
    behind_bulky: bool,
}

impl Batch {
    fn behind(writing: Option<&Writing>) -> Self {
        Self { behind_bulky: writing.is_some_and(|writing| writing.bulky), ..Self::default() }
    }

    fn is_full(&self) -> bool {
        self.jobs.len() >= BATCH
    }
}

/// A batch that is being written.
struct Writing {
    task: MaybeDone<JoinHandle<Result<(), Unwritten>>>,
    /// The head when it is.
    head: Head,
    /// The desk as it leaves it, until the next batch decides on that.
    desk: Option<Desk>,
    /// Whether one of its commands is.
    bulky: bool,
}

/// A batch that could not be written.
struct Unwritten {
    jobs: Vec<Box<dyn Job>>,
    error: CommitError,
}

struct Worker {
    store: Arc<Store>,
    index: Arc<Index>,
    clock: Clock,
    zone: Tz,
    /// The head as this process last wrote or read it; `None` when it may have moved.
    head: Option<Head>,
    committed: Arc<Committed>,
}

impl Worker {
    async fn work(mut self, mut inbox: Inbox) {
        let mut writing = None;
        let mut last = false;
        while !last || !inbox.bulky.is_empty() {
            let mut batch = Batch::behind(writing.as_ref());
            let decided = self.gather(&mut inbox, &mut batch, &mut writing).await;
            last |= batch.jobs.iter().any(|job| job.is_last()) || !inbox.open;
            let written = match writing.take() {
                Some(writing) => self.land(writing).await,
                None => true,
            };
            match decided {
                // What these decided on never came to be.
                _ if !written => self.settle(batch.jobs).await,
                Err(error) => {
                    self.head = None;
                    self.settle_apart(batch.jobs, error).await;
                }
                Ok(()) => writing = self.write(batch),
            }
        }
        if let Some(writing) = writing {
            self.land(writing).await;
        }
        // Refuses what was queued behind the last job, instead of leaving it waiting.
        inbox.jobs.close();
        while let Some(job) = inbox.jobs.recv().await {
            job.fail(Error::Busy);
        }
    }

    /// Takes commands and lets them decide, for as long as the batch before them is being written; where none is, what waits.
    async fn gather(
        &mut self,
        inbox: &mut Inbox,
        batch: &mut Batch,
        writing: &mut Option<Writing>,
    ) -> Result<()> {
        loop {
            let decided = match writing {
                None => inbox.take(batch).await,
                Some(writing) => {
                    let more = inbox.has_more_for(batch);
                    tokio::select! {
                        biased;
                        () = &mut writing.task => return Ok(()),
                        decided = inbox.take(batch), if more => decided,
                    }
                }
            };
            if decided == batch.jobs.len() {
                if writing.is_some() {
                    continue;
                }
                // Nobody is left to ask for anything.
                return Ok(());
            }
            let desk = match (batch.desk.take(), writing.as_mut().and_then(|writing| writing.desk.take())) {
                (Some(desk), _) | (None, Some(desk)) => desk,
                (None, None) => self.fresh_desk().await?,
            };
            let desk = batch.desk.insert(desk);
            self.decide(desk, &mut batch.jobs[decided..]).await?;
            if writing.is_none() {
                return Ok(());
            }
        }
    }

    /// Begins to write a batch; the commands are answered once it is durable.
    fn write(&self, batch: Batch) -> Option<Writing> {
        let Batch { jobs, desk, .. } = batch;
        let Some(mut desk) = desk.filter(|desk| !desk.is_clean()) else {
            jobs.into_iter().for_each(Job::settle);
            return None;
        };
        let ((write, told), head) = (desk.hand_over(), desk.head().clone());
        let bulky = jobs.iter().any(|job| job.is_bulky());
        let (store, committed, seq) = (Arc::clone(&self.store), Arc::clone(&self.committed), head.seq);
        let task = tokio::spawn(async move {
            match store.commit(write).await {
                Ok(()) => {
                    answer(&committed, seq, told, jobs);
                    Ok(())
                }
                Err(error) => Err(Unwritten { jobs, error }),
            }
        });
        Some(Writing { task: maybe_done(task), head, desk: Some(desk), bulky })
    }

    /// Waits until a batch is written, or deals with its commands otherwise: then what the next batch decided on is not so.
    async fn land(&mut self, writing: Writing) -> bool {
        let Writing { mut task, head, .. } = writing;
        (&mut task).await;
        let outcome = Pin::new(&mut task).take_output();
        if let Some(Ok(Ok(()))) = outcome {
            self.head = Some(head);
            return true;
        }
        self.head = None;
        match outcome {
            Some(Ok(Err(Unwritten { jobs, error: CommitError::Failed(error) }))) => {
                self.settle_apart(jobs, error).await;
            }
            Some(Ok(Err(Unwritten { jobs, error: CommitError::Conflict }))) => self.settle(jobs).await,
            // It panicked: those who wait for these commands are told to come back.
            _ => tracing::error!("a commit broke off"),
        }
        false
    }

    /// Commits the commands together; where that fails for a reason that may lie with one of them, each alone.
    async fn settle(&mut self, jobs: Vec<Box<dyn Job>>) {
        if let Err((jobs, error)) = self.commit(jobs).await {
            self.settle_apart(jobs, error).await;
        }
    }

    /// Commits each command alone, after all together failed.
    async fn settle_apart(&mut self, mut jobs: Vec<Box<dyn Job>>, error: Error) {
        tracing::error!(error = &error as &dyn std::error::Error, commands = jobs.len(), "commit failed");
        if jobs.len() == 1 {
            if let Some(job) = jobs.pop() {
                job.fail(error);
            }
            return;
        }
        for job in jobs {
            if let Err((alone, error)) = self.commit(vec![job]).await {
                for job in alone {
                    job.fail(Error::internal(error.to_string()));
                }
            }
        }
    }

    /// Decides and writes, one after the other, until nobody else moves the head meanwhile.
    async fn commit(&mut self, mut jobs: Vec<Box<dyn Job>>) -> Result<(), (Vec<Box<dyn Job>>, Error)> {
        for attempt in 0..TRIES {
            let decided = async {
                let mut desk = self.fresh_desk().await?;
                self.decide(&mut desk, &mut jobs).await?;
                Ok(desk)
            };
            let mut desk = match decided.await {
                Ok(desk) => desk,
                Err(error) => {
                    self.head = None;
                    return Err((jobs, error));
                }
            };
            if desk.is_clean() {
                jobs.into_iter().for_each(Job::settle);
                return Ok(());
            }
            let (write, told) = desk.hand_over();
            match self.store.commit(write).await {
                Ok(()) => {
                    self.head = Some(desk.head().clone());
                    answer(&self.committed, desk.head().seq, told, jobs);
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
                    return Err((jobs, error));
                }
            }
        }
        Err((jobs, Error::Busy))
    }

    /// A desk that shows what is in the database.
    async fn fresh_desk(&self) -> Result<Desk> {
        Ok(Desk::new(match self.head.clone() {
            Some(head) => head,
            None => self.store.head().await?,
        }))
    }

    /// Loads what the commands need and lets each decide, in order.
    async fn decide(&self, desk: &mut Desk, jobs: &mut [Box<dyn Job>]) -> Result<()> {
        let moment = Moment { at: self.clock.now(), business_date: self.clock.business_date(self.zone) };
        let mut needs = Needs::default();
        for job in jobs.iter() {
            needs.add(job.needs());
        }
        self.store.load(&self.index, desk, &needs).await?;
        for job in jobs {
            job.reset();
            for round in 0.. {
                match job.run(desk, moment) {
                    Ok(()) => break,
                    Err(Stop::Missing) if round < ROUNDS => {
                        desk.rollback();
                        let missing = desk.take_missing();
                        self.store.load(&self.index, desk, &missing).await?;
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
        Ok(())
    }
}

/// Tells of a commit, then answers its commands: whoever reads after that finds it everywhere.
fn answer(committed: &Committed, seq: i64, told: Vec<Told>, jobs: Vec<Box<dyn Job>>) {
    committed.tell(seq, told);
    jobs.into_iter().for_each(Job::settle);
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A command of which only its kind matters.
    struct Kind {
        bulky: bool,
        needs: Needs,
    }

    impl Job for Kind {
        fn needs(&self) -> &Needs {
            &self.needs
        }
        fn is_bulky(&self) -> bool {
            self.bulky
        }
        fn run(&mut self, _: &mut Desk, _: Moment) -> Result<(), Stop> {
            Ok(())
        }
        fn refuse(&mut self, _: Error) {}
        fn reset(&mut self) {}
        fn settle(self: Box<Self>) {}
        fn fail(self: Box<Self>, _: Error) {}
    }

    fn send(queue: &mpsc::Sender<Box<dyn Job>>, kinds: &str) {
        for kind in kinds.chars() {
            let job = Kind { bulky: kind == 'B', needs: Needs::default() };
            assert!(queue.try_send(Box::new(job)).is_ok());
        }
    }

    fn kinds(batch: &Batch) -> String {
        batch.jobs.iter().map(|job| if job.is_bulky() { 'B' } else { 'o' }).collect()
    }

    #[tokio::test]
    async fn who_waits_at_a_screen_waits_for_one_bulky_command_at_most() {
        let (queue, jobs) = mpsc::channel(QUEUE);
        let mut inbox = Inbox::new(jobs);
        send(&queue, "BoB");
        let mut first = Batch::default();
        assert_eq!(inbox.take(&mut first).await, 0);
        assert_eq!(kinds(&first), "oB");

        // While that is written the next bulky one holds back, and others do not.
        let mut second = Batch { behind_bulky: true, ..Batch::default() };
        assert!(!inbox.has_bulky_for(&second) && inbox.has_more_for(&second));
        send(&queue, "oo");
        inbox.take(&mut second).await;
        send(&queue, "o");
        assert_eq!(inbox.take(&mut second).await, 2);
        assert_eq!(kinds(&second), "ooo");

        // Nothing bulky is being written then.
        let mut third = Batch::default();
        send(&queue, "B");
        inbox.take(&mut third).await;
        assert_eq!((kinds(&third), inbox.bulky.len()), ("B".to_owned(), 1));

        // Where nobody waits, one decides while the one before it is written.
        inbox.other_at = Instant::now().checked_sub(CALM);
        let mut fourth = Batch { behind_bulky: true, ..Batch::default() };
        inbox.take(&mut fourth).await;
        assert_eq!(kinds(&fourth), "B");
        drop(queue);
        assert_eq!((inbox.take(&mut fourth).await, inbox.open), (1, false));
    }
}
