//! A copy of the database that lists are read from (`DATABASE_URL_REPLICA`).
//!
//! It is behind by what the network takes, so a session has to know how far the database was when it last wrote (`sessions.wrote_lsn`):
//! it reads here what has come at least as far, so that everybody sees what they wrote themselves, whichever node of Docket they
//! ask. What the copy can't answer the database itself does.

use std::{
    sync::{
        Arc, Weak,
        atomic::{AtomicI64, AtomicU64, Ordering},
    },
    time::Duration,
};

use sqlx::{PgConnection, PgPool, postgres::PgConnectOptions};
use tokio::time::{sleep, timeout};

use super::super::config::PoolSettings;

/// How often it is asked how far it is. A write of somebody's own is read here that much later at most.
const PACE: Duration = Duration::from_millis(250);

/// How long an answer to that may take before the copy counts as away, and a connection to it before the database itself is asked.
const PATIENCE: Duration = Duration::from_secs(1);

/// How far the database has come: a position in its log of changes, in bytes (`pg_lsn`).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Position(pub i64);

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
pub struct Replica {
    pool: PgPool,
    /// Negative while it is away.
    replayed: AtomicI64,
    lag_bytes: AtomicU64,
    lag_micros: AtomicU64,
}

impl Replica {
    /// A copy at these options. It is used once it has said how far it is, so a start doesn't wait for it.
    pub(super) fn new(pool: PgPool, primary: PgPool) -> Arc<Self> {
        let replica =
            Arc::new(Self { pool, replayed: AtomicI64::new(-1), lag_bytes: AtomicU64::new(0), lag_micros: AtomicU64::new(0) });
        tokio::spawn(watch(Arc::downgrade(&replica)));
        tokio::spawn(measure(Arc::downgrade(&replica), primary));
        replica
    }

    /// Its connections, if it has what was written up to this position.
    pub(super) fn with(&self, wrote: Option<Position>) -> Option<&PgPool> {
        let replayed = self.replayed.load(Ordering::Acquire);
        (replayed >= wrote.unwrap_or_default().0).then_some(&self.pool)
    }

    /// It failed: nobody is sent there until it has answered again.
    pub(super) fn is_away(&self) {
        self.replayed.store(-1, Ordering::Release);
    }

    /// How far it is behind; `None` while it is away.
    pub fn lag(&self) -> Option<Lag> {
        (self.replayed.load(Ordering::Acquire) >= 0).then(|| Lag {
            bytes: self.lag_bytes.load(Ordering::Relaxed),
            seconds: Duration::from_micros(self.lag_micros.load(Ordering::Relaxed)).as_secs_f64(),
        })
    }
}

/// Asks the copy how far it is, again and again, over a connection of its own. Ends with the last user of the copy.
async fn watch(replica: Weak<Replica>) {
    let mut connection: Option<PgConnection> = None;
    let mut away = None;
    loop {
        let Some(replica) = replica.upgrade() else { return };
        let options = replica.pool.connect_options();
        let answer = timeout(PATIENCE, async { position(&mut connection, &options).await }).await;
        let problem = match answer {
            Ok(Ok(Some((Position(replayed), micros)))) => {
                replica.replayed.store(replayed, Ordering::Release);
                replica.lag_micros.store(u64::try_from(micros).unwrap_or_default(), Ordering::Relaxed);
                None
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
            match &problem {
                Some(cause) => tracing::warn!(%cause, "the replica is not used: everything is read from the database itself"),
                None => tracing::info!("lists are read from the replica"),
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
    use sqlx::Connection;
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
async fn measure(replica: Weak<Replica>, primary: PgPool) {
    loop {
        let current: Result<i64, _> =
            sqlx::query_scalar("select (pg_current_wal_lsn() - '0/0')::bigint").fetch_one(&primary).await;
        let Some(replica) = replica.upgrade() else { return };
        if let Ok(current) = current {
            let behind = current - replica.replayed.load(Ordering::Acquire);
            replica.lag_bytes.store(u64::try_from(behind).unwrap_or_default(), Ordering::Relaxed);
        }
        drop(replica);
        sleep(Duration::from_secs(1)).await;
    }
}
