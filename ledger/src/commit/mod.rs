//! The one way business data changes.
//!
//! A use case hands the committer a [`Command`]: what it needs to see, how it decides, what it answers. One task per
//! process drains the queue, loads what the waiting commands need in one query, lets each decide on the [`Desk`] in
//! turn (the later ones see what the earlier ones changed), and writes all of it in ONE transaction that moves
//! `head.seq`. While one batch is being written the next decides already, on the desk as the first leaves it; it is
//! written, and its commands answered, only once the first is durable, and decides again if the first is not to be.
//! If another node moved the head, everything is loaded and decided again, with jittered, bounded retries.
//! So every history is serialisable and totally ordered, on one node or ten.

mod command;
mod committer;
#[cfg(test)]
mod committer_tests;
mod desk;
mod told;

pub(crate) use command::{CalledBy, Command, Needs, NewEvent, Stop};
pub(crate) use committer::{BATCH, Committer, rehearse};
pub(crate) use desk::{Desk, Head, Kept};
pub(crate) use told::Told;
