//! `docket jobs`: what Docket does by itself.

use std::io::Write;

use clap::Subcommand;
use time::OffsetDateTime;

use super::{
    Outcome,
    running::{Running, state},
};
use crate::server::{
    config::Config,
    database::Database,
    jobs,
    state::AppState,
    store::{self, jobs::Run},
};

/// What to do with jobs.
#[derive(Debug, Subcommand)]
pub enum Jobs {
    /// Lists all jobs, with when each ran and will run
    List,
    /// Does all of them once, now, or one
    Run {
        /// The name of one, such as `archive`
        name: Option<String>,
    },
}

/// Lists or runs jobs.
pub async fn manage_jobs(config: Config, what: Jobs) -> Outcome {
    // Before a database is started for nothing.
    let job = match &what {
        Jobs::Run { name: Some(name) } => Some(jobs::named(name).ok_or_else(|| no_job(name))?),
        _ => None,
    };
    let running = Running::join(&config.database).await?;
    let result = async {
        let database = Database::connect(running.pooled.clone(), &config.pool).await?;
        let state = state(&config, database.clone())?;
        let result = match job {
            _ if matches!(what, Jobs::List) => list_jobs(&state).await,
            Some(job) => jobs::run_now(job, &state).await.map(drop).map_err(Into::into),
            None => match jobs::run_once(&state).await {
                0 => Ok(()),
                failed => Err(format!("{failed} of the jobs failed: the log says why.").into()),
            },
        };
        database.close().await;
        result
    }
    .await;
    running.stop().await;
    result
}

fn no_job(name: &str) -> String {
    let names: Vec<_> = jobs::JOBS.iter().map(|job| job.name).collect();
    format!("There is no job {name}; there are {}.", names.join(", "))
}

async fn list_jobs(state: &AppState) -> Outcome {
    let runs = state.database.maintain(|db| Box::pin(store::jobs::all(db))).await?;
    let now = state.clock.now_utc();
    let mut out = std::io::stdout().lock();
    let head = ["job", "every", "last run (UTC)", "took", "rows", "runs", "failed", "next (UTC)", "last result"];
    let mut lines = vec![head.map(str::to_owned)];
    for job in jobs::JOBS {
        let run = runs.iter().find(|run| run.name == job.name);
        lines.push(job_line(job, run, now));
    }
    let width = |column: usize| lines.iter().map(|line| line[column].chars().count()).max().unwrap_or_default();
    let widths: Vec<_> = (0..head.len()).map(width).collect();
    for line in &lines {
        let cells: Vec<_> = line.iter().zip(&widths).map(|(cell, width)| format!("{cell:<width$}")).collect();
        writeln!(out, "{}", cells.join("  ").trim_end())?;
    }
    Ok(())
}

/// A job in the list: its name, how often, when it last ran, how long that took, rows, runs, failures, when it is due, and how it went.
fn job_line(job: &jobs::Job, run: Option<&Run>, now: OffsetDateTime) -> [String; 9] {
    let every = match job.every.as_secs() {
        seconds if seconds.is_multiple_of(3_600) => format!("{} h", seconds / 3_600),
        seconds if seconds.is_multiple_of(60) => format!("{} min", seconds / 60),
        seconds => format!("{seconds} s"),
    };
    let at = |at: OffsetDateTime| {
        let (day, time) = (at.date(), at.time());
        format!("{day} {:02}:{:02}:{:02}", time.hour(), time.minute(), time.second())
    };
    let name = job.name.to_owned();
    let Some(run) = run else {
        let [last, took, rows, runs, failed] = ["never", "-", "-", "0", "0"].map(str::to_owned);
        return [name, every, last, took, rows, runs, failed, "now".to_owned(), format!("- ({})", job.what)];
    };
    let ended = run.finished_at.filter(|at| *at >= run.started_at);
    let took = ended.map_or("-".to_owned(), |at| format!("{:.1} s", (at - run.started_at).as_seconds_f32()));
    let next = run.started_at + job.every;
    let next = if job.everywhere || next <= now { "now".to_owned() } else { at(next) };
    let result = match (&run.error, ended) {
        (_, None) => format!("at work, or gone, on {}", run.node),
        (None, _) => format!("worked on {}", run.node),
        (Some(error), _) => format!("failed on {}: {error}; its log says more", run.node),
    };
    let [rows, runs, failures] = [run.rows, run.runs, run.failures].map(|number| number.to_string());
    [name, every, at(run.started_at), took, rows, runs, failures, next, result]
}
