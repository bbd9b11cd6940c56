//! The way to the database: a pool, and scopes around it.
//!
//! A scope is the only way to rows. It begins the transaction, takes on the role that may do what it is for, says who acts, bounds
//! its time, tries again where PostgreSQL asks for it, and commits. All of that holds for the transaction and not for the
//! connection, so that it holds behind a pooler too. It runs in a task of its own, so a client that hangs up can't cut it in
//! half: sqlx loses acknowledged writes when a `begin` is cancelled (`docs/architecture.md`).

mod connections;
mod entered;
mod failure;
mod replica;

use std::{future::Future, pin::Pin, sync::Arc, time::Duration};

use sqlx::{ConnectOptions, Connection, Executor, PgConnection, postgres::PgConnectOptions};
use thiserror::Error;
use tokio::time::{Instant, sleep, timeout};
use uuid::Uuid;

pub use connections::Usage;
pub use entered::in_one_transaction;
pub use failure::{Failure, is_unavailable};
pub use replica::{Lag, Position, ReplicaState};

use self::{
    connections::{Connections, Open, Steps, Taken},
    entered::Entered,
    replica::Replica,
};
use super::{
    config::PoolSettings,
    metrics,
    pooler::{self, Mixed},
};
use crate::{
    domain::id::{ChangeId, UserId},
    error::AppError,
};

/// Who acts: the account whose rows a scope is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Actor {
    /// The account.
    pub user: UserId,
}

/// The roles that Docket takes on; migration 20261122100000 says what each may do.
pub const ROLES: [&str; 4] = [Role::App.name(), Role::SignIn.name(), Role::Admin.name(), Role::Jobs.name()];

/// What a transaction is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Role {
    App,
    SignIn,
    Admin,
    Jobs,
}

impl Role {
    const fn name(self) -> &'static str {
        match self {
            Self::App => "docket_app",
            Self::SignIn => "docket_sign_in",
            Self::Admin => "docket_admin",
            Self::Jobs => "docket_jobs",
        }
    }
}

/// How the statements of a scope are planned.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Plans {
    /// Once for each connection, whatever their values: for what is found by its key, or read in the order of an index.
    Kept,
    /// Each time, with their values: for filters and searches, where one plan for all values may be a bad one for some.
    Fresh,
}

/// Why a start gave up on the database.
#[derive(Debug, Error)]
pub enum ConnectError {
    /// Nobody answered for as long as `DATABASE_CONNECT_TIMEOUT` says.
    #[error(
        "The database did not answer within {seconds} s ({cause}). Check DATABASE_URL, or raise DATABASE_CONNECT_TIMEOUT."
    )]
    Silent {
        /// How long it was tried.
        seconds: u64,
        /// The last failure.
        cause: sqlx::Error,
    },
    /// It answered, and said no: waiting wouldn't help.
    #[error("The database refused the connection ({0}). Check user, password and database in DATABASE_URL.")]
    Refused(sqlx::Error),
    /// It can't be reached as secretly as asked for.
    #[error(
        "The connection to the database is not as secret as DATABASE_URL asks ({0}). Name the authority that signed its certificate \
         (sslrootcert=FILE) and the server as its certificate does, or ask for less (sslmode)."
    )]
    Tls(String),
    /// Something stands before it that mixes statements up.
    #[error(transparent)]
    Pooler(#[from] Mixed),
}

/// A future of a use case that borrows the scope's connection.
pub type Work<'c, T> = Pin<Box<dyn Future<Output = Result<T, Failure>> + Send + 'c>>;

/// The pool and its scopes. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Database {
    connections: Arc<Connections>,
    /// How long a scope may take, waiting for a connection not included.
    limit: Duration,
    /// What every transaction begins with.
    settings: Arc<str>,
    /// Where lists are read.
    replica: Option<Arc<Replica>>,
    /// The session of the request, where there is a replica: its row, and how far the database was when it last wrote.
    session: Option<(Arc<str>, Option<Position>)>,
}

/// How a transaction begins that sees one moment and changes nothing.
const READ: &str = "begin isolation level repeatable read read only";

/// How statements are planned and run where Docket runs: `docs/database.md`, "Rules for queries", has the figures. What is cut off without an
/// order, such as a search that is ranked, has to be the same at the next page: so whole tables are always read from their beginning.
pub(super) const COSTS: &str = "set local jit = off; set local random_page_cost = 1.1; \
    set local max_parallel_workers_per_gather = 0; set local synchronize_seqscans = off";

/// How a transaction goes on whose statements are planned each time.
const FRESH: &str = "set local plan_cache_mode = force_custom_plan";

/// How one goes on whose plans are kept. By itself PostgreSQL keeps one only if it looks as cheap as those made for the values at hand, and
/// it takes planning for cheaper than it is.
const KEPT: &str = "set local plan_cache_mode = force_generic_plan";

/// How a scope begins.
#[derive(Debug)]
enum First {
    /// With these statements.
    Begin(String),
    /// In a transaction that has begun, with another statement or at once.
    GoOn(Option<&'static str>),
}

/// How a scope ends.
#[derive(Debug)]
enum End {
    /// What was changed, counts. `after` is done when it does, whatever becomes of it.
    Commit { after: Option<String> },
    /// Nothing was changed: nobody waits for the end.
    Leave,
    /// The transaction stays open.
    Stay,
}

impl End {
    const COMMIT: Self = Self::Commit { after: None };
}

/// How often a scope tries when it loses against another transaction.
const ATTEMPTS: u32 = 3;

impl Database {
    /// Connects, waiting for a database that is cold or restarting: with pauses of 1 s, doubling to 10 s, until
    /// `DATABASE_CONNECT_TIMEOUT` is over.
    pub async fn connect(options: PgConnectOptions, settings: &PoolSettings) -> Result<Self, ConnectError> {
        let options = prepared(options);
        wait(&options, settings.connect_timeout).await?;
        pooler::check(&options).await?;
        Ok(Self::at(options, settings))
    }

    fn at(options: PgConnectOptions, pool: &PoolSettings) -> Self {
        let statement = pool.statement_timeout.as_millis();
        let settings_of_transactions = format!(
            "set local statement_timeout = {statement}; set local idle_in_transaction_session_timeout = {}; {COSTS}",
            statement * 2
        );
        let (limit, settings) = (pool.statement_timeout * 2, settings_of_transactions.into());
        Self { connections: Arc::new(Connections::lazy(options, pool)), limit, settings, replica: None, session: None }
    }

    /// Reads lists from a replica, too ([`Database::read_anywhere`]). Doesn't wait for it.
    #[must_use]
    pub fn with_replica(mut self, options: PgConnectOptions, settings: &PoolSettings) -> Self {
        let settings =
            PoolSettings { acquire_timeout: settings.acquire_timeout.min(replica::LIMIT / 2), ..settings.clone() };
        let replica = Self { limit: replica::LIMIT, ..Self::at(prepared(options), &settings) };
        self.replica = Some(Replica::follow(replica, self.clone()));
        self
    }

    /// How far the replica is behind, if there is one.
    pub fn replica_state(&self) -> Option<ReplicaState> {
        self.replica.as_ref().map(|replica| replica.state())
    }

    /// For a request of the session with this row, which wrote up to `wrote`: what it writes it sees in every list, wherever that is read.
    #[must_use]
    pub fn for_session(mut self, row: &str, wrote: Option<Position>) -> Self {
        // What a row's id never has, would have to be quoted.
        let plain = row.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte));
        self.session = (self.replica.is_some() && plain).then(|| (row.into(), wrote));
        self
    }

    /// The same, with minutes rather than seconds for a scope: for what is rare and may be a lot. Its statements have the time that
    /// they ask for (`set local statement_timeout`).
    #[must_use]
    pub fn patient(&self) -> Self {
        Self { limit: Duration::from_mins(5), ..self.clone() }
    }

    /// How many connections there are: for what watches over them.
    pub fn usage(&self) -> Usage {
        self.connections.usage()
    }

    /// Does something outside of every scope, where there are no rows to see, on a connection that nobody else uses afterwards.
    pub async fn look<T>(
        &self,
        work: impl for<'c> FnOnce(&'c mut PgConnection) -> Pin<Box<dyn Future<Output = T> + Send + 'c>>,
    ) -> Result<T, sqlx::Error> {
        let mut taken = self.connections.take().await?;
        let value = work(&mut taken).await;
        taken.close();
        Ok(value)
    }

    /// Reads rows of `actor`, in one snapshot that can't write.
    pub async fn read<T: Send + 'static>(
        &self,
        actor: Actor,
        work: impl for<'c> Fn(&'c mut PgConnection, Actor) -> Work<'c, T> + Send + Sync + 'static,
    ) -> Result<T, AppError> {
        self.read_here(actor, Plans::Kept, work).await
    }

    async fn read_here<T: Send + 'static>(
        &self,
        actor: Actor,
        plans: Plans,
        work: impl for<'c> Fn(&'c mut PgConnection, Actor) -> Work<'c, T> + Send + Sync + 'static,
    ) -> Result<T, AppError> {
        let Some(connection) = Entered::take(actor) else {
            return self.scope(self.begin_read(actor, plans), End::Leave, move |db| work(db, actor)).await;
        };
        let work = Arc::new(work);
        let (database, again) = (self.clone(), Arc::clone(&work));
        let going_on = async move {
            let first = First::GoOn((plans == Plans::Fresh).then_some(FRESH));
            let (result, _) = database.transact(connection, &first, &End::Leave, &|db| work(db, actor)).await;
            Ok(result?.0)
        };
        match apart(going_on).await {
            Err(failure)
                if failure.is_transient() || matches!(&failure, Failure::Sql(error) if failure::is_lost(error)) =>
            {
                self.scope(self.begin_read(actor, plans), End::Leave, move |db| again(db, actor)).await
            }
            result => result.map_err(AppError::from),
        }
    }

    fn begin_read(&self, actor: Actor, plans: Plans) -> String {
        let begin = self.begin(READ, Role::App, Some(actor));
        begin + "; " + if plans == Plans::Fresh { FRESH } else { KEPT }
    }

    /// As [`Database::read`], with statements planned like this, and from a replica where there is one that has what this session wrote: for
    /// what may be a moment old.
    pub async fn read_anywhere<T: Send + 'static>(
        &self,
        actor: Actor,
        plans: Plans,
        work: impl for<'c> Fn(&'c mut PgConnection, Actor) -> Work<'c, T> + Send + Sync + 'static,
    ) -> Result<T, AppError> {
        let (Some(replica), Some((_, wrote))) = (&self.replica, &self.session) else {
            return self.read_here(actor, plans, work).await;
        };
        let work = Arc::new(work);
        let there = Arc::clone(&work);
        match replica.read(*wrote, &self.begin_read(actor, plans), move |db| there(db, actor)).await {
            Some(result) => result,
            None => self.read_here(actor, plans, move |db, actor| work(db, actor)).await,
        }
    }

    /// Changes rows of `actor`, as one act that goes by `change` in the audit log. May run `work` again from the start where it lost
    /// against another transaction. The same change sent twice runs one after the other.
    pub async fn write<T: Send + 'static>(
        &self,
        actor: Actor,
        change: ChangeId,
        work: impl for<'c> Fn(&'c mut PgConnection, Actor) -> Work<'c, T> + Send + Sync + 'static,
    ) -> Result<T, AppError> {
        // Still one round trip. The value is a UUID, which needs no quoting.
        let begin = self.begin("begin", Role::App, Some(actor))
            + &format!(
                "; {KEPT}; set local docket.change_id = '{change}'; select pg_advisory_xact_lock(hashtextextended('{change}', 0))"
            );
        // One round trip and one commit more, where there is a replica.
        let after = self.session.as_ref().map(|(row, _)| {
            format!(
                "{}; update sessions set wrote_lsn = pg_current_wal_lsn() where id = '{row}'; commit",
                self.begin("begin", Role::App, Some(actor))
            )
        });
        self.scope(begin, End::Commit { after }, move |db| work(db, actor)).await
    }

    /// Finds out who somebody is, without changing anything. The statement that finds them makes the rest of the transaction theirs, as
    /// [`act_as`] does, so that what a request reads next can go on in it ([`in_one_transaction`]).
    pub async fn enter<T: Send + 'static>(
        &self,
        work: impl for<'c> Fn(&'c mut PgConnection) -> Work<'c, Option<(Option<Actor>, T)>> + Send + Sync + 'static,
    ) -> Result<Option<T>, AppError> {
        let begin = self.begin(READ, Role::SignIn, None) + "; " + KEPT;
        // What is read next may be read elsewhere.
        if self.replica.is_some() || !Entered::is_possible() {
            return Ok(self.scope(begin, End::Leave, work).await?.map(|(_, found)| found));
        }
        Entered::end();
        let (found, open) = self.tries(begin, End::Stay, work).await?;
        let (actor, found) = found.unzip();
        if let Some((actor, open)) = actor.flatten().zip(open) {
            Entered::leave(actor, open);
        }
        Ok(found)
    }

    /// For what happens before the caller is known: to register, to log in, to find who a session belongs to. The statements are those of
    /// `store/sign_in.rs`; once somebody is known, [`act_as`] makes the rest of the transaction theirs.
    pub async fn sign_in<T: Send + 'static>(
        &self,
        work: impl for<'c> Fn(&'c mut PgConnection) -> Work<'c, T> + Send + Sync + 'static,
    ) -> Result<T, AppError> {
        self.scope(self.begin("begin", Role::SignIn, None), End::COMMIT, work).await
    }

    /// For what an admin does to accounts, or who runs Docket by its command line (`None`). The statements are those of `store/admin.rs`.
    pub async fn administer<T: Send + 'static>(
        &self,
        actor: Option<Actor>,
        work: impl for<'c> Fn(&'c mut PgConnection) -> Work<'c, T> + Send + Sync + 'static,
    ) -> Result<T, AppError> {
        self.scope(self.begin("begin", Role::Admin, actor), End::COMMIT, work).await
    }

    /// For what Docket does by itself, for everybody: the jobs.
    pub async fn maintain<T: Send + 'static>(
        &self,
        work: impl for<'c> Fn(&'c mut PgConnection) -> Work<'c, T> + Send + Sync + 'static,
    ) -> Result<T, AppError> {
        self.scope(self.begin("begin", Role::Jobs, None), End::COMMIT, work).await
    }

    /// For what belongs to nobody: whether the database answers, and which migrations it has. Works where the roles aren't there yet.
    pub async fn probe<T: Send + 'static>(
        &self,
        work: impl for<'c> Fn(&'c mut PgConnection) -> Work<'c, T> + Send + Sync + 'static,
    ) -> Result<T, AppError> {
        self.scope(format!("begin read only; {}", self.settings), End::Leave, work).await
    }

    fn begin(&self, begin: &str, role: Role, actor: Option<Actor>) -> String {
        let (settings, role) = (&self.settings, role.name());
        // A UUID needs no quoting.
        let user = actor.map(|actor| format!("; set local docket.user_id = '{}'", actor.user)).unwrap_or_default();
        format!("{begin}; {settings}; set local role {role}{user}")
    }

    async fn scope<T: Send + 'static>(
        &self,
        begin: String,
        end: End,
        work: impl for<'c> Fn(&'c mut PgConnection) -> Work<'c, T> + Send + Sync + 'static,
    ) -> Result<T, AppError> {
        Entered::end();
        Ok(self.tries(begin, end, work).await?.0)
    }

    /// Gives the transaction, too, where it stays open.
    async fn tries<T: Send + 'static>(
        &self,
        begin: String,
        end: End,
        work: impl for<'c> Fn(&'c mut PgConnection) -> Work<'c, T> + Send + Sync + 'static,
    ) -> Result<(T, Option<Open>), AppError> {
        let database = self.clone();
        let tries = async move {
            let (first, mut attempt) = (First::Begin(begin), 1);
            loop {
                match database.attempt(&first, &end, &work).await {
                    Err(failure) if failure.is_transient() && attempt < ATTEMPTS => {
                        metrics::retried();
                        attempt += 1;
                        // Not at once, and not all together.
                        sleep(Duration::from_millis(10 + u64::from(Uuid::new_v4().as_bytes()[0]) / 4)).await;
                    }
                    result => return result,
                }
            }
        };
        apart(tries).await.map_err(AppError::from)
    }

    /// A scope that reads, isn't tried again, and whose failure is told as it is.
    async fn try_once<T: Send + 'static>(
        &self,
        begin: String,
        work: impl for<'c> Fn(&'c mut PgConnection) -> Work<'c, T> + Send + Sync + 'static,
    ) -> Result<T, Failure> {
        let database = self.clone();
        let begin = First::Begin(begin);
        apart(async move { Ok(database.attempt(&begin, &End::Leave, &work).await?.0) }).await
    }

    async fn attempt<T>(
        &self,
        first: &First,
        end: &End,
        work: &(impl for<'c> Fn(&'c mut PgConnection) -> Work<'c, T> + Sync),
    ) -> Result<(T, Option<Open>), Failure> {
        loop {
            let asked = Instant::now();
            let connection = self.connections.take().await;
            metrics::waited(asked.elapsed());
            let connection = connection?;
            let unasked = connection.is_unasked();
            match self.transact(connection, first, end, work).await {
                // It broke while it rested; nothing was begun on it.
                (Err(Failure::Sql(error)), false) if unasked && failure::is_lost(&error) => {}
                (result, _) => return result,
            }
        }
    }

    /// One try on this connection. Gives the transaction, too, where it stays open, and whether it had begun.
    async fn transact<T>(
        &self,
        mut connection: Taken,
        first: &First,
        end: &End,
        work: &(impl for<'c> Fn(&'c mut PgConnection) -> Work<'c, T> + Sync),
    ) -> (Result<(T, Option<Open>), Failure>, bool) {
        let since = Instant::now();
        let mut begun = false;
        let steps = async {
            let mut steps = match first {
                First::Begin(statements) => Steps::begin(&mut connection, statements.clone()).await?,
                First::GoOn(_) => Steps::go_on(&mut connection),
            };
            begun = true;
            if let First::GoOn(Some(statement)) = first {
                steps.execute(*statement).await?;
            }
            let value = work(&mut steps).await?;
            match end {
                End::Commit { .. } => steps.commit().await?,
                End::Leave => drop(steps),
                End::Stay => steps.leave_open(),
            }
            Ok(value)
        };
        let result = timeout(self.limit, steps).await;
        // What a use case refuses, it refuses with the database in good order.
        let good = matches!(result, Ok(Ok(_) | Err(Failure::App(_))));
        if begun || !connection.is_unasked() {
            metrics::scope(std::any::type_name_of_val(work), since.elapsed(), good);
        }
        let result = match result {
            Ok(Ok(value)) if matches!(end, End::Stay) => Ok((value, Some(self.connections.hold(connection)))),
            Ok(result) => {
                let after = if let (Ok(_), End::Commit { after }) = (&result, end) { after.as_deref() } else { None };
                // What fails while it begins may have begun halfway.
                self.leave(connection, good || (begun && is_answer(&result)), after).await;
                result.map(|value| (value, None))
            }
            Err(_) => {
                // Nobody knows what is still on its way on this connection: it must not be used again.
                connection.close();
                tracing::warn!("a use case took longer than {} s", self.limit.as_secs());
                Err(Failure::App(AppError::Unavailable))
            }
        };
        (result, begun)
    }

    /// Leaves a connection, if it is in `order`, for the next scope; `after` is done on it before.
    async fn leave(&self, mut connection: Taken, order: bool, after: Option<&str>) {
        if !order {
            return connection.close();
        }
        if let Some(after) = after {
            let done = timeout(self.limit, connection.execute(after)).await;
            if !matches!(done, Ok(Ok(_))) {
                connection.close();
                tracing::warn!(failure = ?done, "a session's last write was not noted: its lists may be a moment old");
                return;
            }
        }
        self.connections.settle(connection);
    }
    /// Waits for connections in use to come back, for as long as a scope may take, and closes them.
    pub async fn close(&self) {
        let replica = async {
            if let Some(replica) = &self.replica {
                replica.close().await;
            }
        };
        if timeout(self.limit, async { tokio::join!(self.connections.close(), replica) }).await.is_err() {
            tracing::warn!("some connections to the database were still in use");
        }
    }
}

/// How every connection is made. Nothing is asked for at its start that a pooler wouldn't know.
fn prepared(options: PgConnectOptions) -> PgConnectOptions {
    let options = options.application_name("docket").extra_float_digits(None);
    options.log_slow_statements(log::LevelFilter::Warn, metrics::SLOW)
}

/// Runs in a task of its own, which nobody who hangs up can cut in half.
async fn apart<T: Send + 'static>(
    work: impl Future<Output = Result<T, Failure>> + Send + 'static,
) -> Result<T, Failure> {
    let task = tokio::spawn(tracing::Instrument::instrument(work, tracing::Span::current()));
    task.await.unwrap_or_else(|error| {
        tracing::error!(%error, "a use case panicked");
        Err(Failure::App(AppError::Internal))
    })
}

/// Whether a failure is what the server answered, and not one of the way to it.
fn is_answer<T>(result: &Result<T, Failure>) -> bool {
    matches!(result, Err(Failure::Sql(sqlx::Error::Database(_) | sqlx::Error::RowNotFound)))
}

/// Makes the rest of this transaction `actor`'s, who is known now: only their rows are there from here on.
pub async fn act_as(db: &mut PgConnection, actor: Actor) -> Result<(), Failure> {
    sqlx::query!(
        "select set_config('role', 'docket_app', true) as role, set_config('docket.user_id', $1, true) as user",
        actor.user.to_string()
    )
    .fetch_one(db)
    .await?;
    Ok(())
}

/// How long a database that is cold may take for its first answer.
const FIRST_ANSWER: Duration = Duration::from_secs(20);

/// Waits until the database answers. One that is cold may take most of the patience for its first answer.
async fn wait(options: &PgConnectOptions, patience: Duration) -> Result<(), ConnectError> {
    let begun = Instant::now();
    let mut pause = Duration::from_secs(1);
    loop {
        // Not all of the patience for one try, which may be lost on its way.
        let left = patience.saturating_sub(begun.elapsed()).clamp(Duration::from_secs(1), FIRST_ANSWER);
        let answer = async {
            let mut connection = PgConnection::connect_with(options).await?;
            connection.ping().await?;
            connection.close().await
        };
        let cause = match timeout(left, answer).await {
            Ok(Ok(())) => return Ok(()),
            Ok(Err(cause)) if failure::is_tls(&cause) => return Err(ConnectError::Tls(failure::innermost(&cause))),
            Ok(Err(cause)) if !is_unavailable(&cause) => return Err(ConnectError::Refused(cause)),
            Ok(Err(cause)) => cause,
            Err(_) => sqlx::Error::Io(std::io::ErrorKind::TimedOut.into()),
        };
        if begun.elapsed() + pause > patience {
            return Err(ConnectError::Silent { seconds: patience.as_secs(), cause });
        }
        tracing::warn!(error = %cause, "the database does not answer yet; trying again in {} s", pause.as_secs());
        sleep(pause).await;
        pause = (pause * 2).min(Duration::from_secs(10));
    }
}
