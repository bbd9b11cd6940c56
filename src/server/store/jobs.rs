//! When jobs ran: one row for each, whichever node it was.

use std::time::Duration;

use sqlx::PgConnection;
use time::{Date, OffsetDateTime};

use crate::server::database::Failure;

/// The last run of a job, and what is known of those before.
#[derive(Clone, Debug)]
pub struct Run {
    /// The job.
    pub name: String,
    /// When it was begun.
    pub started_at: OffsetDateTime,
    /// On which node.
    pub node: String,
    /// When it ended; before `started_at` for one that is at work, or whose node is gone.
    pub finished_at: Option<OffsetDateTime>,
    /// How many rows it dealt with.
    pub rows: i64,
    /// The code of the error that it failed with.
    pub error: Option<String>,
    /// When a run last worked.
    pub worked_at: Option<OffsetDateTime>,
    /// How often it ran.
    pub runs: i64,
    /// How often it failed.
    pub failures: i64,
}

/// Takes a job for `node`, unless one has begun it within the last `every`; gives when it did. A job that was begun later than that
/// from now was begun by a clock that is wrong, and is due.
pub async fn claim(
    db: &mut PgConnection,
    name: &str,
    node: &str,
    now: OffsetDateTime,
    every: Duration,
) -> Result<Option<OffsetDateTime>, Failure> {
    Ok(sqlx::query_scalar!(
        "insert into jobs (name, started_at, node) values ($1, $2, $3)
         on conflict (name) do update set started_at = excluded.started_at, node = excluded.node
             where jobs.started_at <= $4 or jobs.started_at > $5
         returning started_at",
        name,
        now,
        node,
        now - every,
        now + every
    )
    .fetch_optional(db)
    .await?)
}

/// Notes that a job ended: when it began and ended, and how many rows it dealt with or the code of the error. Where another node has
/// begun it again meanwhile, it is only counted.
pub async fn note(
    db: &mut PgConnection,
    name: &str,
    node: &str,
    (started, finished): (OffsetDateTime, OffsetDateTime),
    result: Result<u64, &str>,
) -> Result<(), Failure> {
    let rows = result.map_or(0, |rows| i64::try_from(rows).unwrap_or(i64::MAX));
    sqlx::query!(
        "insert into jobs as job (name, node, started_at, finished_at, rows, error, worked_at, runs, failures)
         values ($1, $2, $3, $4, $5, $6, case when $6::text is null then $4::timestamptz end, 1, ($6::text is not null)::int)
         on conflict (name) do update set
             node = case when job.started_at > $3 then job.node else excluded.node end,
             started_at = greatest(job.started_at, excluded.started_at),
             finished_at = case when job.started_at > $3 then job.finished_at else excluded.finished_at end,
             rows = excluded.rows, error = excluded.error, worked_at = coalesce(excluded.worked_at, job.worked_at),
             runs = job.runs + 1, failures = job.failures + excluded.failures",
        name,
        node,
        started,
        finished,
        rows,
        result.err()
    )
    .execute(db)
    .await?;
    Ok(())
}

/// All that is known, by name.
pub async fn all(db: &mut PgConnection) -> Result<Vec<Run>, Failure> {
    Ok(sqlx::query_as!(Run, "select * from jobs order by name").fetch_all(db).await?)
}

/// What there is much or little of.
#[derive(Clone, Copy, Debug)]
pub struct Counts {
    /// Sessions that are in force.
    pub sessions: f64,
    /// Mails that are still to be sent.
    pub mails: f64,
    /// For how many seconds the oldest of them has been.
    pub oldest_mail: f64,
    /// How many days of the audit log are in its chain.
    pub days_sealed: f64,
    /// When a backup was last restored as a drill, in seconds since 1970.
    pub restore_drill: Option<f64>,
}

/// Counts it.
pub async fn counts(db: &mut PgConnection, now: OffsetDateTime) -> Result<Counts, Failure> {
    Ok(sqlx::query_as!(
        Counts,
        r#"select (select count(*)::float8 from sessions where expiry_date > $1) as "sessions!",
               mails as "mails!", oldest_mail as "oldest_mail!",
               (select count(day)::float8 from audit_days) as "days_sealed!",
               (select extract(epoch from max(held_at))::float8 from restore_drills) as restore_drill
           from (select count(*)::float8 as mails,
                        coalesce(greatest(0, extract(epoch from $1 - min(created_at))), 0)::float8 as oldest_mail
                 from outbox) as mail"#,
        now
    )
    .fetch_one(db)
    .await?)
}

/// Removes some of what the audit log has of days before `before`, which is 30 days ago or longer; gives how many rows, 0 when nothing is
/// left to remove.
pub async fn remove_audit(db: &mut PgConnection, before: Date) -> Result<u64, Failure> {
    let removed = sqlx::query_scalar!(r#"select remove_audit($1) as "removed!""#, before);
    Ok(removed.fetch_one(db).await?.unsigned_abs())
}
