//! What Docket does by itself, in one table. When each job last ran stands in the database, for all nodes together: the one that
//! finds it due takes it, and the others leave it alone. A node that dies in the middle blocks nobody, since a job that was begun
//! long enough ago is due again.

use std::{future::Future, pin::Pin, time::Duration};

use jiff::{SignedDuration, Timestamp};
use sqlx::PgConnection;
use time::OffsetDateTime;
use tokio::task::JoinSet;

use super::{
    auth::limits,
    database::Work,
    mail, measure, metrics,
    state::AppState,
    store::{self, accounts, tasks, tokens},
};
use crate::error::AppError;

/// How long a deleted task stays in the trash: 30 days.
pub const TRASH: SignedDuration = SignedDuration::from_hours(30 * 24);

/// For how long its owner still sees a token that has expired: 30 days.
const SHOWN: SignedDuration = SignedDuration::from_hours(30 * 24);

/// How many rows a job deals with in one transaction, so that nobody waits for it.
const BATCH: i64 = 1_000;

/// How often a node looks whether a job is due, and notes that one which every node does is alive.
const LOOK: Duration = Duration::from_mins(1);

type Run = for<'a> fn(&'a AppState) -> Pin<Box<dyn Future<Output = Result<u64, AppError>> + Send + 'a>>;

/// One job.
pub struct Job {
    /// Its name in the log, in the table `jobs` and on the command line.
    pub name: &'static str,
    /// What it does, in a few words.
    pub what: &'static str,
    /// How long from the start of one run to the start of the next.
    pub every: Duration,
    /// Whether every node does it, rather than one for all.
    pub everywhere: bool,
    /// Does it, and gives how many rows it dealt with. More than one Docket may do it at the same time.
    run: Run,
}

const fn job(name: &'static str, what: &'static str, every: Duration, run: Run) -> Job {
    Job { name, what, every, everywhere: false, run }
}

const HOUR: Duration = Duration::from_hours(1);

/// All jobs.
pub const JOBS: &[Job] = &[
    Job { everywhere: true, ..job("mail", "sends mail", Duration::from_secs(3), |state| Box::pin(mail::send(state))) },
    job("sessions", "removes sessions that are over", HOUR, |state| Box::pin(sessions(state))),
    job("login-delays", "forgets failed logins", HOUR, |state| Box::pin(delays(state))),
    job("links", "removes links that don't work any more", HOUR, |state| Box::pin(links(state))),
    job("tokens", "removes tokens that expired 30 days ago", HOUR, |state| Box::pin(expired(state))),
    job("signing-keys", "removes keys that nothing is checked with any more", HOUR, |state| Box::pin(keys(state))),
    job("idempotency-keys", "forgets answers that programs won't ask for again", HOUR, |state| {
        Box::pin(answers(state))
    }),
    job("trash", "removes what was in the trash for 30 days", HOUR, |state| Box::pin(trash(state))),
    Job {
        everywhere: true,
        ..job("measure", "counts what the metrics show", LOOK, |state| Box::pin(measure::measure(state)))
    },
    job("audit", "removes what the audit log has kept long enough", HOUR, |state| Box::pin(audit(state))),
    job("archive", "archives what was completed long ago", HOUR, |state| Box::pin(archive(state))),
    job("seal", "chains the audit log, so that nobody changes it unseen", Duration::from_mins(1), |state| {
        Box::pin(seal(state))
    }),
];

/// The job of this name.
pub fn named(name: &str) -> Option<&'static Job> {
    JOBS.iter().find(|job| job.name == name)
}

/// Does every job again and again. Ends only with its task; a failure is logged and tried again the next time.
pub async fn run_forever(state: AppState) {
    let mut loops = JoinSet::new();
    for job in JOBS {
        let state = state.clone();
        loops.spawn(
            async move { if job.everywhere { everywhere(job, &state).await } else { in_turn(job, &state).await } },
        );
    }
    // They never end by themselves; dropping the set ends them.
    loops.join_next().await;
}

/// Does a job that every node does. It is noted only when something came of it, and once a minute.
async fn everywhere(job: &Job, state: &AppState) {
    let mut noted: Option<tokio::time::Instant> = None;
    loop {
        let started = state.clock.now_utc();
        let result = run(job, state).await;
        if !matches!(result, Ok(0)) || noted.is_none_or(|noted| noted.elapsed() >= LOOK) {
            noted = Some(tokio::time::Instant::now());
            let _ = note(job, state, started, result).await;
        }
        tokio::time::sleep(job.every).await;
    }
}

/// Does a job whenever it is due for all nodes together and this one is the first to see it.
async fn in_turn(job: &Job, state: &AppState) {
    loop {
        if let Ok(Some(started)) = claim(job, state, job.every).await {
            let result = run(job, state).await;
            let _ = note(job, state, started, result).await;
        }
        tokio::time::sleep(job.every.min(LOOK)).await;
    }
}

/// Does every job once, due or not; gives how many failed.
pub async fn run_once(state: &AppState) -> usize {
    let mut failed = 0;
    for job in JOBS {
        failed += usize::from(run_now(job, state).await.is_err());
    }
    failed
}

/// Does a job now, due or not; gives how many rows it dealt with.
pub async fn run_now(job: &Job, state: &AppState) -> Result<u64, AppError> {
    let started = claim(job, state, Duration::ZERO).await?.unwrap_or_else(|| state.clock.now_utc());
    let result = run(job, state).await;
    note(job, state, started, result.clone()).await?;
    result
}

/// Takes a job, if no node has begun it for so long; gives when.
async fn claim(job: &Job, state: &AppState, every: Duration) -> Result<Option<OffsetDateTime>, AppError> {
    let (name, node, now) = (job.name, state.config.node(), state.clock.now_utc());
    let claimed = state.database.maintain(move |db| {
        let node = node.clone();
        Box::pin(async move { store::jobs::claim(db, name, &node, now, every).await })
    });
    claimed.await
}

/// Writes down how a job ended.
async fn note(
    job: &Job,
    state: &AppState,
    started: OffsetDateTime,
    result: Result<u64, AppError>,
) -> Result<(), AppError> {
    let (name, node, now) = (job.name, state.config.node(), state.clock.now_utc());
    let result = result.map_err(|error| error.code());
    let noted = state.database.maintain(move |db| {
        let node = node.clone();
        Box::pin(async move { store::jobs::note(db, name, &node, (started, now), result).await })
    });
    noted.await
}

async fn run(job: &Job, state: &AppState) -> Result<u64, AppError> {
    let begun = tokio::time::Instant::now();
    let result = (job.run)(state).await;
    metrics::job(job.name, begun.elapsed(), result.is_ok());
    match &result {
        Ok(0) => tracing::debug!(job = job.name, "a job had nothing to do"),
        Ok(rows) => tracing::info!(job = job.name, rows, "a job dealt with rows"),
        Err(error) => tracing::warn!(job = job.name, %error, "a job failed; it is tried again"),
    }
    result
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

async fn expired(state: &AppState) -> Result<u64, AppError> {
    let before = time(state.clock.now() - SHOWN)?;
    in_batches(state, move |db| Box::pin(tokens::remove_expired(db, before, BATCH))).await
}

async fn keys(state: &AppState) -> Result<u64, AppError> {
    let now = state.clock.now_utc();
    state.database.maintain(move |db| Box::pin(tokens::remove_keys(db, now))).await
}

async fn answers(state: &AppState) -> Result<u64, AppError> {
    let now = state.clock.now_utc();
    in_batches(state, move |db| Box::pin(store::idempotency::forget(db, now, BATCH))).await
}

async fn trash(state: &AppState) -> Result<u64, AppError> {
    let before = time(state.clock.now() - TRASH)?;
    in_batches(state, move |db| Box::pin(tasks::purge(db, before, BATCH))).await
}

async fn archive(state: &AppState) -> Result<u64, AppError> {
    let Some(days) = state.config.archive_days else { return Ok(0) };
    let now = state.clock.now();
    let (before, now) = (time(now - SignedDuration::from_hours(24 * i64::from(days)))?, time(now)?);
    in_batches(state, move |db| Box::pin(tasks::archive(db, before, now, BATCH))).await
}

async fn audit(state: &AppState) -> Result<u64, AppError> {
    let Some(days) = state.config.audit_days else { return Ok(0) };
    let before = time(state.clock.now() - SignedDuration::from_hours(24 * i64::from(days)))?.date();
    let mut removed = 0;
    loop {
        // Ten thousand at most.
        match state.database.maintain(move |db| Box::pin(store::jobs::remove_audit(db, before))).await? {
            0 => return Ok(removed),
            rows => removed += rows,
        }
    }
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

/// Deals with batch after batch, each in a transaction of its own, until one isn't full.
async fn in_batches(
    state: &AppState,
    deal: impl for<'c> Fn(&'c mut PgConnection) -> Work<'c, u64> + Clone + Send + Sync + 'static,
) -> Result<u64, AppError> {
    let mut dealt = 0;
    loop {
        let rows = state.database.maintain(deal.clone()).await?;
        dealt += rows;
        if rows < BATCH.unsigned_abs() {
            return Ok(dealt);
        }
    }
}
