//! What is counted once a minute, for the metrics.

use super::{
    jobs::JOBS,
    metrics, migrations,
    state::AppState,
    store::jobs::{self, Counts},
};
use crate::error::AppError;

/// Counts it; a job that every node does, each for itself. Nothing where nobody asks for metrics.
pub async fn measure(state: &AppState) -> Result<u64, AppError> {
    if state.config.metrics_listen.is_none() {
        return Ok(0);
    }
    let missing = state.database.probe(|db| Box::pin(async move { Ok(migrations::missing(db).await?) })).await;
    metrics::ready(missing == Ok(0));
    let now = state.clock.now_utc();
    let found = state
        .database
        .maintain(move |db| Box::pin(async move { Ok((jobs::counts(&mut *db, now).await?, jobs::all(db).await?)) }));
    let found = found.await;
    let counts = found.as_ref().ok().map(|(counts, _)| *counts);
    metrics::sessions(counts.map(|Counts { sessions, .. }| sessions));
    metrics::outbox(counts.map(|Counts { mails, oldest_mail, .. }| (mails, oldest_mail)));
    metrics::days_sealed(counts.map(|counts| counts.days_sealed));
    metrics::restore_drill(counts.and_then(|counts| counts.restore_drill));
    let (_, runs) = found?;
    for job in JOBS {
        if let Some(run) = runs.iter().find(|run| run.name == job.name) {
            metrics::last_run(job.name, run.rows, run.worked_at.map(time::OffsetDateTime::unix_timestamp));
        }
    }
    Ok(0)
}
