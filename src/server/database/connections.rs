//! The connections to one server, and those at hand among them.
//!
//! sqlx's pool asks the server at every release whether a connection is still good, and Docket would have to ask at every use whether it
//! is: two round trips more for each scope. So a connection that a scope has left in good order stays at hand, and the next scope takes
//! it as it is, unless it has rested for long. Where it broke meanwhile, the beginning of the transaction fails, and nothing is lost by
//! beginning on another one ([`Taken::is_unasked`]). Every other connection goes back to sqlx's pool, which looks at it.

use std::{
    ops::{Deref, DerefMut},
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use futures::FutureExt;
use sqlx::{
    Connection, Executor, PgConnection, PgPool, TransactionManager,
    pool::PoolConnection,
    postgres::{PgConnectOptions, PgPoolOptions, Postgres},
};
use tokio::{
    sync::{OwnedSemaphorePermit, Semaphore},
    time::{Instant, timeout, timeout_at},
};

use crate::server::config::PoolSettings;

/// Begins and ends transactions. sqlx's own guard of a transaction can't be left for later.
type Manager = <Postgres as sqlx::Database>::TransactionManager;

/// How long a connection may have rested that is used without being asked. A firewall that forgets connections takes longer.
const FRESH: Duration = Duration::from_secs(1);

/// How many there are, and what they do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Usage {
    /// Those that wait to be used.
    pub idle: u32,
    /// Those in use.
    pub used: u32,
    /// How many there may be.
    pub most: u32,
}

/// All connections to a server.
#[derive(Debug)]
pub(super) struct Connections {
    pool: PgPool,
    /// As many as there may be connections: whoever has a place finds one at hand, or there is room for another.
    places: Arc<Semaphore>,
    at_hand: Mutex<Vec<Resting>>,
    /// How long one may take to be had.
    patience: Duration,
    /// How old one gets.
    recycle: Duration,
}

/// One at hand.
#[derive(Debug)]
struct Resting {
    connection: PoolConnection<Postgres>,
    /// Since when it is kept beside sqlx's pool, which knows how old it is.
    kept: Instant,
    since: Instant,
}

/// One that is used.
#[derive(Debug)]
pub(super) struct Taken {
    connection: PoolConnection<Postgres>,
    kept: Instant,
    unasked: bool,
    #[expect(dead_code, reason = "somebody else may take one when this is given up")]
    place: OwnedSemaphorePermit,
}

impl Taken {
    /// Whether nobody has asked the server since its last use.
    pub fn is_unasked(&self) -> bool {
        self.unasked
    }

    /// Closes it: nobody knows what is still on its way.
    pub fn close(&mut self) {
        self.connection.close_on_drop();
    }
}

impl Deref for Taken {
    type Target = PgConnection;

    fn deref(&self) -> &PgConnection {
        &self.connection
    }
}

impl DerefMut for Taken {
    fn deref_mut(&mut self) -> &mut PgConnection {
        &mut self.connection
    }
}

/// The steps of a transaction on a connection. What has begun ends without changing anything when this is dropped, unless it was committed
/// or is left open.
pub(super) struct Steps<'c>(&'c mut PgConnection);

impl<'c> Steps<'c> {
    /// Begins one with these statements.
    pub async fn begin(connection: &'c mut PgConnection, statements: String) -> Result<Self, sqlx::Error> {
        Manager::begin(connection, Some(statements.into())).await?;
        Ok(Self(connection))
    }

    /// Goes on with the one that is open.
    pub fn go_on(connection: &'c mut PgConnection) -> Self {
        Self(connection)
    }

    /// What was changed, counts.
    pub async fn commit(self) -> Result<(), sqlx::Error> {
        Manager::commit(self.0).await
    }

    /// Leaves it open, to go on with it later.
    pub fn leave_open(self) {
        std::mem::forget(self);
    }
}

impl Deref for Steps<'_> {
    type Target = PgConnection;

    fn deref(&self) -> &PgConnection {
        self.0
    }
}

impl DerefMut for Steps<'_> {
    fn deref_mut(&mut self) -> &mut PgConnection {
        self.0
    }
}

impl Drop for Steps<'_> {
    fn drop(&mut self) {
        Manager::start_rollback(self.0);
    }
}

/// A connection with a transaction that was left open. It ends when this is dropped.
#[derive(Debug)]
pub(super) struct Open {
    connections: Arc<Connections>,
    /// Until it is used.
    taken: Option<Taken>,
}

impl Open {
    /// What to go on with.
    pub fn take(mut self) -> Option<Taken> {
        self.taken.take()
    }
}

impl Drop for Open {
    fn drop(&mut self) {
        if let Some(mut taken) = self.taken.take() {
            drop(Steps::go_on(&mut taken));
            self.connections.settle(taken);
        }
    }
}

impl Connections {
    /// Keeps one for later that has a transaction open.
    pub fn hold(self: &Arc<Self>, taken: Taken) -> Open {
        Open { connections: Arc::clone(self), taken: Some(taken) }
    }

    /// Connects when a connection is needed.
    pub fn lazy(options: PgConnectOptions, settings: &PoolSettings) -> Self {
        // A dead connection leaves as much time to make another.
        let half = settings.acquire_timeout / 2;
        let pool = PgPoolOptions::new()
            .max_connections(settings.size)
            .acquire_timeout(settings.acquire_timeout)
            .max_lifetime(settings.recycle)
            .idle_timeout(settings.recycle)
            // One round trip does both: it finds a dead connection, and ends a transaction that was left open, which would swallow what
            // the next one writes. It begins one first, because to end none is a line in PostgreSQL's log.
            .test_before_acquire(false)
            .before_acquire(move |connection, _| Box::pin(check(connection, half)))
            .connect_lazy_with(options);
        Self {
            pool,
            places: Arc::new(Semaphore::new(settings.size as usize)),
            at_hand: Mutex::default(),
            patience: settings.acquire_timeout,
            recycle: settings.recycle,
        }
    }

    /// Takes one, or waits for one. Error: `PoolTimedOut` when none came back in time, and what a new one may fail with.
    pub async fn take(&self) -> Result<Taken, sqlx::Error> {
        let end = Instant::now() + self.patience;
        let place = timeout_at(end, self.places.clone().acquire_owned()).await;
        let place = place.map_err(|_| sqlx::Error::PoolTimedOut)?.map_err(|_| sqlx::Error::PoolClosed)?;
        // However many have died while they rested, whoever waits is told in time.
        while Instant::now() < end
            && let Some(Resting { mut connection, kept, since }) = self.next()
        {
            if kept.elapsed() > self.recycle {
                self.hand_back(connection);
                continue;
            }
            let unasked = since.elapsed() < FRESH;
            if unasked || check(&mut connection, self.patience / 2).await.is_ok_and(|good| good) {
                return Ok(Taken { connection, kept, unasked, place });
            }
            connection.close_on_drop();
        }
        let connection = timeout_at(end, self.pool.acquire()).await.map_err(|_| sqlx::Error::PoolTimedOut)??;
        Ok(Taken { connection, kept: Instant::now(), unasked: false, place })
    }

    /// Keeps one at hand that is in good order.
    fn keep(&self, taken: Taken) {
        let Taken { connection, kept, .. } = taken;
        // What came last goes first: what nobody needs rests until it is too old.
        let rested = |resting: &Resting| resting.since.elapsed() > self.recycle;
        let mut at_hand = self.at_hand.lock().unwrap_or_else(PoisonError::into_inner);
        if self.pool.is_closed() {
            drop(at_hand);
            return self.hand_back(connection);
        }
        let old = at_hand.first().is_some_and(rested).then(|| at_hand.remove(0));
        at_hand.push(Resting { connection, kept, since: Instant::now() });
        drop(at_hand);
        if let Some(old) = old {
            self.hand_back(old.connection);
        }
    }

    /// Takes one back whose transaction has ended, or is about to ([`Steps`]). Nobody waits for that: the word goes out now, and its answer
    /// is read when the connection is used again.
    pub fn settle(&self, mut taken: Taken) {
        if taken.flush().now_or_never().is_some_and(|sent| sent.is_err()) {
            return taken.close();
        }
        self.keep(taken);
    }

    /// Gives one back to sqlx's pool, in whatever order it is. The pool asks the server whether it is good, and would wait for the answer
    /// without a limit, with a place in its hands: fifteen minutes where the network swallows it.
    fn hand_back(&self, mut connection: PoolConnection<Postgres>) {
        tokio::spawn(timeout(self.patience, connection.return_to_pool()));
    }

    fn next(&self) -> Option<Resting> {
        self.at_hand.lock().unwrap_or_else(PoisonError::into_inner).pop()
    }

    /// How many there are.
    pub fn usage(&self) -> Usage {
        let at_hand = self.at_hand.lock().unwrap_or_else(PoisonError::into_inner).len();
        let idle = u32::try_from(self.pool.num_idle() + at_hand).unwrap_or(u32::MAX);
        let most = self.pool.options().get_max_connections();
        Usage { idle, used: self.pool.size().saturating_sub(idle), most }
    }

    /// How they are made.
    pub fn options(&self) -> Arc<PgConnectOptions> {
        self.pool.connect_options()
    }

    /// Waits for those in use to come back, and closes all.
    pub async fn close(&self) {
        let closed = self.pool.close();
        while let Some(resting) = self.next() {
            drop(resting);
        }
        closed.await;
    }
}

/// Whether a connection is still good. One that doesn't answer is not: a firewall that forgot it tells nobody.
async fn check(connection: &mut PgConnection, patience: Duration) -> Result<bool, sqlx::Error> {
    match timeout(patience, connection.execute("begin; rollback")).await {
        Ok(result) => result.map(|_| true),
        Err(_) => Err(sqlx::Error::Io(std::io::ErrorKind::TimedOut.into())),
    }
}
