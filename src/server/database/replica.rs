//! A copy of the database that lists are read from (`DATABASE_URL_REPLICA`).
//!
//! It is behind by what the network takes, so a session has to know how far the database was when it last wrote (`sessions.wrote_lsn`):
//! it reads here what has come at least as far, so that everybody sees what they wrote themselves, whichever node of Docket they
//! ask. What the copy can't answer the database itself does.

use std::{
    fmt,
    sync::{
        Arc, Weak,
        atomic::{AtomicI64, AtomicU64, Ordering},
    },
    time::Duration,
};

use sqlx::{Connection, PgConnection, postgres::PgConnectOptions};
use tokio::time::{sleep, timeout};

use super::{Database, Failure, Work, is_unavailable};
use crate::{error::AppError, server::pooler};

/// How often it is asked how far it is. A write of somebody's own is read here that much later at most.
const PACE: Duration = Duration::from_millis(250);

/// How long an answer to that may take before the copy counts as away.
const PATIENCE: Duration = Duration::from_secs(1);

/// How long a list may take there before the database itself is asked.
pub(super) const LIMIT: Duration = Duration::from_secs(2);

/// How far the database has come: a position in its log of changes, in bytes (`pg_lsn`).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Position(pub i64);

impl fmt::Display for Position {
    /// As PostgreSQL writes and reads it.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:X}/{:X}", self.0 >> 32, self.0 & 0xffff_ffff)
    }
}

/// What is known of the copy.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum ReplicaState {
    /// It doesn't answer, or is none: nothing is read there.
    Away,
    /// It is read from.
    Behind(Lag),
}

/// How far the copy is behind.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Lag {
    /// What it has still to do, in bytes of the log of changes.
    pub bytes: u64,
    /// The same as the age of the newest change that it has; 0 when it has everything.
    pub seconds: f64,
}

/// The copy, and how far it is.
#[derive(Debug)]
pub(super) struct Replica {
    database: Database,
    /// Negative while it is away.
    replayed: AtomicI64,
    lag_bytes: AtomicU64,
    lag_micros: AtomicU64,
}

impl Replica {
    /// Follows a copy of the database that `primary` leads to. It is used once it has said how far it is: a start doesn't wait for it.
    pub fn follow(database: Database, primary: Database) -> Arc<Self> {
        let (replayed, lag_bytes, lag_micros) = (AtomicI64::new(-1), AtomicU64::new(0), AtomicU64::new(0));
        let replica = Arc::new(Self { database, replayed, lag_bytes, lag_micros });
        tokio::spawn(watch(Arc::downgrade(&replica)));
        tokio::spawn(measure(Arc::downgrade(&replica), primary));
        replica
    }

    /// Reads there, in a transaction that begins with `begin`, if the copy has come as far as `wrote`. `None`: it hasn't, or it can't
    /// answer; then the database itself has to.
    pub async fn read<T: Send + 'static>(
        self: &Arc<Self>,
        wrote: Option<Position>,
        begin: &str,
        work: impl for<'c> Fn(&'c mut PgConnection) -> Work<'c, T> + Send + Sync + 'static,
    ) -> Option<Result<T, AppError>> {
        let wrote = wrote.unwrap_or_default();
        if self.replayed.load(Ordering::Acquire) < wrote.0 {
            return None;
        }
        // It looks again itself, in a transaction before the one whose snapshot counts: the copy may have begun anew, from further back, or
        // have become a database of its own. Nothing is divided by zero on a copy that is far enough.
        let begin = format!(
            "begin read only; select 1 / (pg_is_in_recovery() and coalesce(pg_last_wal_replay_lsn() >= '{wrote}', false))::int; commit; {begin}"
        );
        let failure = match self.database.try_once(begin, work).await {
            Ok(value) => return Some(Ok(value)),
            Err(failure) => failure,
        };
        match &failure {
            // It took too long there; whether the copy itself is well is found out elsewhere.
            Failure::App(AppError::Unavailable) => {}
            Failure::App(_) => return Some(Err(failure.into())),
            Failure::Sql(error) => {
                tracing::debug!(%error, "the replica did not answer");
                let took_too_long =
                    matches!(error, sqlx::Error::Database(error) if error.code().as_deref() == Some("57014"));
                if is_unavailable(error) && !took_too_long {
                    self.is_away();
                }
            }
        }
        None
    }

    /// Closes its connections.
    pub async fn close(&self) {
        self.database.connections.close().await;
    }

    /// It failed: nobody is sent there until it has answered again.
    fn is_away(&self) {
        self.replayed.store(-1, Ordering::Release);
    }

    /// How far it is behind.
    pub fn state(&self) -> ReplicaState {
        if self.replayed.load(Ordering::Acquire) < 0 {
            return ReplicaState::Away;
        }
        let seconds = Duration::from_micros(self.lag_micros.load(Ordering::Relaxed)).as_secs_f64();
        ReplicaState::Behind(Lag { bytes: self.lag_bytes.load(Ordering::Relaxed), seconds })
    }
}

/// Asks the copy how far it is, again and again, over a connection of its own. Ends with the last user of the copy.
async fn watch(replica: Weak<Replica>) {
    let mut connection: Option<PgConnection> = None;
    let (mut away, mut is_direct) = (None, false);
    loop {
        let Some(replica) = replica.upgrade() else { return };
        let options = replica.database.connections.options();
        let answer = timeout(PATIENCE, async { position(&mut connection, &options).await }).await;
        let problem = match answer {
            Ok(Ok(Some((Position(replayed), micros)))) => {
                // A pooler may stand before it, too.
                let mixed = if is_direct { None } else { pooler::check(&options).await.err() };
                is_direct = mixed.is_none();
                if is_direct {
                    replica.lag_micros.store(u64::try_from(micros).unwrap_or_default(), Ordering::Relaxed);
                    replica.replayed.store(replayed, Ordering::Release);
                }
                mixed.map(|mixed| mixed.to_string())
            }
            Ok(Ok(None)) => Some("it is no replica, or a service of another kind".to_owned()),
            Ok(Err(error)) => Some(error.to_string()),
            Err(_) => Some(format!("no answer within {} s", PATIENCE.as_secs())),
        };
        if problem.is_some() {
            replica.is_away();
            connection = None;
        }
        if away != Some(problem.is_some()) {
            if let Some(cause) = &problem {
                tracing::warn!(%cause, "the replica is not used: everything is read from the database itself");
            } else {
                tracing::info!("lists are read from the replica");
            }
            away = Some(problem.is_some());
        }
        drop(replica);
        sleep(PACE).await;
    }
}

/// Where the copy is, and the microseconds since the newest change that it has, when it knows of one that it hasn't.
async fn position(
    connection: &mut Option<PgConnection>,
    options: &PgConnectOptions,
) -> Result<Option<(Position, i64)>, sqlx::Error> {
    if connection.is_none() {
        *connection = Some(PgConnection::connect_with(options).await?);
    }
    let Some(connection) = connection else { return Ok(None) };
    // One that was promoted is a database of its own, whose positions say nothing.
    let row: (Option<i64>, Option<i64>) = sqlx::query_as(
        "select case when pg_is_in_recovery() then (pg_last_wal_replay_lsn() - '0/0')::bigint end,
                case when pg_last_wal_receive_lsn() > pg_last_wal_replay_lsn()
                     then (extract(epoch from clock_timestamp() - pg_last_xact_replay_timestamp()) * 1000000)::bigint end",
    )
    .fetch_one(connection)
    .await?;
    Ok(row.0.map(|replayed| (Position(replayed), row.1.unwrap_or_default())))
}

/// Notes how far behind the database the copy is, for who watches. Ends with the last user of the copy.
async fn measure(replica: Weak<Replica>, primary: Database) {
    loop {
        let current = primary.try_once("begin read only".to_owned(), |db| {
            let current = sqlx::query_scalar("select (pg_current_wal_lsn() - '0/0')::bigint");
            Box::pin(async { Ok(current.fetch_one(db).await?) })
        });
        let current: Result<i64, _> = current.await;
        let Some(replica) = replica.upgrade() else { return };
        if let Ok(current) = current {
            let behind = current - replica.replayed.load(Ordering::Acquire);
            replica.lag_bytes.store(u64::try_from(behind).unwrap_or_default(), Ordering::Relaxed);
        }
        drop(replica);
        sleep(Duration::from_secs(1)).await;
    }
}
