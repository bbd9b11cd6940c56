//! What Docket does by itself, in one table.

use std::{future::Future, pin::Pin, time::Duration};

use jiff::{SignedDuration, Timestamp};
use sqlx::PgConnection;
use time::OffsetDateTime;
use tokio::task::JoinSet;

use super::{
    auth::limits,
    database::Work,
    mail,
    state::AppState,
    store::{self, accounts, tasks},
};
use crate::error::AppError;

/// How long a deleted task stays in the trash: 30 days.
pub const TRASH: SignedDuration = SignedDuration::from_hours(30 * 24);

/// How many rows a job removes in one transaction, so that nobody waits for it.
const BATCH: i64 = 1_000;

type Run = for<'a> fn(&'a AppState) -> Pin<Box<dyn Future<Output = Result<u64, AppError>> + Send + 'a>>;

/// One job.
pub struct Job {
    /// Its name in the log and on the command line.
    pub name: &'static str,
    /// How long from the end of one run to the start of the next.
    pub every: Duration,
    /// Does it, and gives how many rows it dealt with. More than one Docket may do it at the same time.
    run: Run,
}

/// All jobs.
pub const JOBS: [Job; 6] = [
    Job { name: "send mail", every: Duration::from_secs(3), run: |state| Box::pin(mail::send(state)) },
    Job { name: "remove expired sessions", every: Duration::from_hours(1), run: |state| Box::pin(sessions(state)) },
    Job { name: "forget failed logins", every: Duration::from_hours(1), run: |state| Box::pin(delays(state)) },
    Job {
        name: "remove links that don't work any more",
        every: Duration::from_hours(1),
        run: |state| Box::pin(links(state)),
    },
    Job {
        name: "empty the trash of what is older than 30 days",
        every: Duration::from_hours(1),
        run: |state| Box::pin(trash(state)),
    },
    Job { name: "seal the audit log", every: Duration::from_mins(1), run: |state| Box::pin(seal(state)) },
];

/// Does every job again and again. Ends only with its task; a failure is logged and tried again the next time.
pub async fn run_forever(state: AppState) {
    let mut loops = JoinSet::new();
    for job in &JOBS {
        let state = state.clone();
        loops.spawn(async move {
            loop {
                run(job, &state).await;
                tokio::time::sleep(job.every).await;
            }
        });
    }
    // They never end by themselves; dropping the set ends them.
    loops.join_next().await;
}

/// Does every job once; gives how many failed.
pub async fn run_once(state: &AppState) -> usize {
    let mut failed = 0;
    for job in &JOBS {
        failed += usize::from(!run(job, state).await);
    }
    failed
}

async fn run(job: &Job, state: &AppState) -> bool {
    match (job.run)(state).await {
        Ok(rows) => {
            if rows > 0 {
                tracing::info!(job = job.name, rows, "a job dealt with rows");
            }
            true
        }
        Err(error) => {
            tracing::warn!(job = job.name, %error, "a job failed; it is tried again");
            false
        }
    }
}

async fn sessions(state: &AppState) -> Result<u64, AppError> {
    let now = time(state.clock.now())?;
    in_batches(state, move |db| Box::pin(accounts::remove_sessions(db, now, BATCH))).await
}

async fn delays(state: &AppState) -> Result<u64, AppError> {
    let now = state.clock.now_utc();
    in_batches(state, move |db| Box::pin(limits::forget(db, now, BATCH))).await
}

async fn links(state: &AppState) -> Result<u64, AppError> {
    let now = state.clock.now_utc();
    in_batches(state, move |db| Box::pin(store::mail::remove_links(db, now, BATCH))).await
}

async fn trash(state: &AppState) -> Result<u64, AppError> {
    let before = time(state.clock.now() - TRASH)?;
    in_batches(state, move |db| Box::pin(tasks::purge(db, before, BATCH))).await
}

async fn seal(state: &AppState) -> Result<u64, AppError> {
    let mut sealed = 0;
    loop {
        match state.database.maintain(|db| Box::pin(store::audit::seal(db))).await? {
            0 => return Ok(sealed),
            rows => sealed += rows,
        }
    }
}

fn time(at: Timestamp) -> Result<OffsetDateTime, AppError> {
    OffsetDateTime::from_unix_timestamp(at.as_second()).map_err(|_| AppError::Internal)
}

/// Removes batch after batch, each in a transaction of its own, until one isn't full.
async fn in_batches(
    state: &AppState,
    remove: impl for<'c> Fn(&'c mut PgConnection) -> Work<'c, u64> + Clone + Send + Sync + 'static,
) -> Result<u64, AppError> {
    let mut removed = 0;
    loop {
        let rows = state.database.maintain(remove.clone()).await?;
        removed += rows;
        if rows < BATCH.unsigned_abs() {
            return Ok(removed);
        }
    }
}
