//! The transaction in which a request that only reads found out who asks: what they see is read in the same one.

use std::{cell::Cell, future::Future};

use tokio::task_local;

use super::{
    Actor,
    connections::{Open, Taken},
};

task_local! {
    /// What the request of this task has open.
    static ENTERED: Cell<Option<Entered>>;
}

/// Answers a request that only reads, for which [`Database::enter`] and the first [`Database::read`] of whom it found are one transaction:
/// all of one moment, and half the way to the database and back.
///
/// [`Database::enter`]: super::Database::enter
/// [`Database::read`]: super::Database::read
pub async fn in_one_transaction<T>(answer: impl Future<Output = T>) -> T {
    ENTERED.scope(Cell::default(), answer).await
}

/// A transaction that is open, and whose rows it shows.
#[derive(Debug)]
pub(super) struct Entered {
    actor: Actor,
    open: Open,
}

impl Entered {
    /// Whether this request may leave one open.
    pub fn is_possible() -> bool {
        ENTERED.try_with(|_| ()).is_ok()
    }

    /// Leaves one open for what this request reads next.
    pub fn leave(actor: Actor, open: Open) {
        // What was open before ends.
        let _ = ENTERED.try_with(|entered| entered.set(Some(Self { actor, open })));
    }

    /// The one that this request has left open for `actor`. One that is for somebody else ends.
    pub fn take(actor: Actor) -> Option<Taken> {
        let entered = ENTERED.try_with(Cell::take).ok().flatten().filter(|entered| entered.actor == actor)?;
        entered.open.take()
    }

    /// Ends what this request has left open: it goes on otherwise, and nobody holds one connection while waiting for another.
    pub fn end() {
        drop(ENTERED.try_with(Cell::take));
    }
}
