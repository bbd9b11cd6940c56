//! The way to the database: a pool, and scopes around it.
//!
//! A scope is the only way to a user's rows. It begins the transaction, bounds its time, tries again where PostgreSQL
//! asks for it, and commits. It runs in a task of its own, so a client that hangs up can't cut it in half: sqlx loses
//! acknowledged writes when a `begin` is cancelled (`docs/architecture.md`).

use std::{borrow::Cow, future::Future, pin::Pin, time::Duration};

use sqlx::{
    Connection, Executor, PgConnection, PgPool,
    postgres::{PgConnectOptions, PgPoolOptions},
};
use thiserror::Error;

use super::{config::PoolSettings, pooler};
use crate::{
    domain::id::{ChangeId, UserId},
    error::{AppError, FieldErrors},
};

/// Who acts: the account whose rows a scope is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Actor {
    /// The account.
    pub user: UserId,
}

/// Why a use case failed, inside a scope. The scope makes an [`AppError`] of it.
#[derive(Debug)]
pub enum Failure {
    /// An answer that the person gets.
    App(AppError),
    /// PostgreSQL's; may be worth another try, and may be a rule of the database that has a message.
    Sql(sqlx::Error),
}

impl From<AppError> for Failure {
    fn from(error: AppError) -> Self {
        Self::App(error)
    }
}

impl From<sqlx::Error> for Failure {
    fn from(error: sqlx::Error) -> Self {
        Self::Sql(error)
    }
}

impl Failure {
    /// SQLSTATE 40001 and 40P01: the transaction lost against another one, and may well win the next time.
    fn is_transient(&self) -> bool {
        let Self::Sql(sqlx::Error::Database(error)) = self else { return false };
        matches!(error.code().as_deref(), Some("40001" | "40P01"))
    }
}

impl From<Failure> for AppError {
    /// Logs what stays inside, and answers with what may go out.
    fn from(failure: Failure) -> Self {
        let error = match failure {
            Failure::App(error) => return error,
            Failure::Sql(error) => error,
        };
        if let sqlx::Error::Database(database) = &error {
            match database.constraint() {
                Some("users_email_key") => {
                    return FieldErrors::one("email", "This address has an account already. Log in instead.");
                }
                // The account was erased while its owner was at it.
                Some("tasks_user_id_fkey") => return Self::NotLoggedIn,
                _ => {}
            }
        }
        if is_unavailable(&error) {
            tracing::warn!(%error, "the database does not answer");
            return Self::Unavailable;
        }
        tracing::error!(%error, "a statement failed");
        Self::Internal
    }
}

/// Whether the database can't be reached, or is starting or stopping, rather than refusing the statement.
pub fn is_unavailable(error: &sqlx::Error) -> bool {
    match error {
        sqlx::Error::Io(_) | sqlx::Error::PoolTimedOut | sqlx::Error::PoolClosed | sqlx::Error::Tls(_) => true,
        // Class 57: operator intervention (shutdown, statement timeout); class 53: out of resources; class 08: connection.
        sqlx::Error::Database(error) => {
            error.code().is_some_and(|code| ["57", "53", "08"].iter().any(|class| code.starts_with(class)))
        }
        _ => false,
    }
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
    /// A pooler that mixes up statements.
    #[error(transparent)]
    Pooler(#[from] pooler::Mixed),
}

/// A future of a use case that borrows the scope's connection.
pub type Work<'c, T> = Pin<Box<dyn Future<Output = Result<T, Failure>> + Send + 'c>>;

/// The pool and its scopes. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Database {
    pool: PgPool,
    /// How long a scope may take, waiting for a connection not included.
    limit: Duration,
}

/// How often a scope tries when it loses against another transaction.
const ATTEMPTS: u32 = 3;

impl Database {
    /// Connects, waiting for a database that is cold or restarting: with pauses of 1 s, doubling to 10 s, until
    /// `DATABASE_CONNECT_TIMEOUT` is over.
    pub async fn connect(options: PgConnectOptions, settings: &PoolSettings) -> Result<Self, ConnectError> {
        let options = options.application_name("docket").extra_float_digits(None);
        let pool = PgPoolOptions::new()
            .max_connections(settings.size)
            .acquire_timeout(settings.acquire_timeout)
            .max_lifetime(settings.recycle)
            .idle_timeout(settings.recycle)
            // One round trip does both: it finds a dead connection, and ends a transaction that a cancelled request
            // left open, which would swallow what the next one writes.
            .test_before_acquire(false)
            .before_acquire(|connection, _| Box::pin(async move { connection.execute("rollback").await.map(|_| true) }))
            .connect_lazy_with(options);
        let database = Self { pool, limit: settings.statement_timeout * 2 };
        database.wait(settings.connect_timeout).await?;
        pooler::check(&database.pool.connect_options()).await?;
        Ok(database)
    }

    async fn wait(&self, patience: Duration) -> Result<(), ConnectError> {
        let begun = tokio::time::Instant::now();
        let mut pause = Duration::from_secs(1);
        loop {
            let Err(cause) = self.pool.acquire().await else { return Ok(()) };
            if !is_unavailable(&cause) {
                return Err(ConnectError::Refused(cause));
            }
            if begun.elapsed() + pause > patience {
                return Err(ConnectError::Silent { seconds: patience.as_secs(), cause });
            }
            tracing::warn!(error = %cause, "the database does not answer yet; trying again in {} s", pause.as_secs());
            tokio::time::sleep(pause).await;
            pause = (pause * 2).min(Duration::from_secs(10));
        }
    }

    /// The same, with minutes rather than seconds for a scope: for what is rare and may be a lot. Its statements have the time that
    /// they ask for (`set local statement_timeout`).
    #[must_use]
    pub fn patient(&self) -> Self {
        Self { limit: Duration::from_mins(5), ..self.clone() }
    }

    /// For what brings SQL of its own: the session store, migrations, health.
    pub fn pool(&self) -> &PgPool {
        &self.pool
    }

    /// Reads rows of `actor`, in one snapshot that can't write.
    pub async fn read<T: Send + 'static>(
        &self,
        actor: Actor,
        work: impl for<'c> Fn(&'c mut PgConnection, Actor) -> Work<'c, T> + Send + Sync + 'static,
    ) -> Result<T, AppError> {
        self.scope("begin isolation level repeatable read read only".into(), move |db| work(db, actor)).await
    }

    /// Changes rows of `actor`, as one act that goes by `change` in the audit log. May run `work` again from the start where it lost
    /// against another transaction. The same change sent twice runs one after the other.
    pub async fn write<T: Send + 'static>(
        &self,
        actor: Actor,
        change: ChangeId,
        work: impl for<'c> Fn(&'c mut PgConnection, Actor) -> Work<'c, T> + Send + Sync + 'static,
    ) -> Result<T, AppError> {
        // One round trip. Both values are UUIDs, which need no quoting.
        let begin = format!(
            "begin; set local docket.user_id = '{}'; set local docket.change_id = '{change}'; \
             select pg_advisory_xact_lock(hashtextextended('{change}', 0))",
            actor.user
        );
        self.scope(begin.into(), move |db| work(db, actor)).await
    }

    /// For what happens before the caller is known: to register, to log in, to find who a session belongs to.
    pub async fn before_login<T: Send + 'static>(
        &self,
        work: impl for<'c> Fn(&'c mut PgConnection) -> Work<'c, T> + Send + Sync + 'static,
    ) -> Result<T, AppError> {
        self.scope("begin".into(), work).await
    }

    /// For what Docket does by itself, for everybody: the jobs.
    pub async fn maintain<T: Send + 'static>(
        &self,
        work: impl for<'c> Fn(&'c mut PgConnection) -> Work<'c, T> + Send + Sync + 'static,
    ) -> Result<T, AppError> {
        self.scope("begin".into(), work).await
    }

    async fn scope<T: Send + 'static>(
        &self,
        begin: Cow<'static, str>,
        work: impl for<'c> Fn(&'c mut PgConnection) -> Work<'c, T> + Send + Sync + 'static,
    ) -> Result<T, AppError> {
        let database = self.clone();
        let span = tracing::Span::current();
        let task = tokio::spawn(tracing::Instrument::instrument(
            async move {
                let mut attempt = 1;
                loop {
                    match database.attempt(begin.clone(), &work).await {
                        Err(failure) if failure.is_transient() && attempt < ATTEMPTS => attempt += 1,
                        result => return result.map_err(AppError::from),
                    }
                }
            },
            span,
        ));
        task.await.unwrap_or_else(|error| {
            tracing::error!(%error, "a use case panicked");
            Err(AppError::Internal)
        })
    }

    async fn attempt<T>(
        &self,
        begin: Cow<'static, str>,
        work: &(impl for<'c> Fn(&'c mut PgConnection) -> Work<'c, T> + Sync),
    ) -> Result<T, Failure> {
        let mut connection = self.pool.acquire().await?;
        let transaction = async {
            let mut transaction = connection.begin_with(begin).await?;
            let value = work(&mut transaction).await?;
            transaction.commit().await?;
            Ok(value)
        };
        let result = tokio::time::timeout(self.limit, transaction).await;
        result.unwrap_or_else(|_| {
            // Nobody knows what is still on its way on this connection: it must not be used again.
            connection.close_on_drop();
            tracing::warn!("a use case took longer than {} s", self.limit.as_secs());
            Err(Failure::App(AppError::Unavailable))
        })
    }

    /// Waits for connections in use to come back, and closes them.
    pub async fn close(&self) {
        self.pool.close().await;
    }
}
