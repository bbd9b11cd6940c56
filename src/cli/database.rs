//! `docket migrate`, `backup`, `restore`, `verify`: the database as a whole, as its owner.

use std::{io::Write, path::Path};

use clap::{Args, Subcommand};

use super::{Failed, Outcome, running::Running};
use crate::server::{
    backup,
    config::Config,
    database::Database,
    drill,
    migrations::{self, Target},
    verify::{self, Finding},
};

/// Where to take the schema.
#[derive(Debug, Subcommand)]
pub enum Direction {
    /// Applies what is missing
    Up,
    /// Undoes the newest migration, or more
    Down(Down),
    /// Tells which migrations the database has
    Status,
}

/// How far down.
#[derive(Debug, Args)]
#[group(multiple = false)]
pub struct Down {
    /// Undo everything: all data is lost
    #[arg(long)]
    all: bool,
    /// Undo all migrations newer than this one
    #[arg(long, value_name = "VERSION")]
    to: Option<i64>,
}

/// Takes the schema there, and tells where it is.
pub async fn migrate(config: Config, direction: Direction) -> Outcome {
    let running = Running::start(&config.database).await?;
    let result = async {
        // Waits for a cold database, and says what is wrong with it.
        let database = Database::connect(running.direct.clone(), &config.pool).await?;
        let target = match direction {
            Direction::Down(Down { all: true, .. }) => Some(Target::Nothing),
            Direction::Down(Down { to: Some(version), .. }) => Some(Target::Version(version)),
            Direction::Down(_) => Some(Target::Previous),
            Direction::Up | Direction::Status => None,
        };
        if matches!(direction, Direction::Up) {
            migrations::up(&running.direct, running.pooled.get_username()).await?;
        }
        let undone = match target {
            Some(target) => migrations::down(&running.direct, target).await?,
            None => Vec::new(),
        };
        let steps = database.probe(|db| Box::pin(async move { Ok(migrations::status(db).await?) })).await?;
        database.close().await;
        for step in undone {
            // Beside the list of steps, which programs may read.
            writeln!(std::io::stderr(), "{} is undone. {}", step.version, step.lost)?;
        }
        let mut out = std::io::stdout().lock();
        for step in steps {
            writeln!(
                out,
                "{}  {:<8} {}",
                step.version,
                if step.applied { "applied" } else { "missing" },
                step.description
            )?;
        }
        Ok(())
    }
    .await;
    running.stop().await;
    result
}

/// Writes a backup.
pub async fn back_up(config: Config, file: &Path) -> Outcome {
    let running = Running::join(&config.database).await?;
    let result = backup::write(&running.direct, file).await;
    running.stop().await;
    let report = result?;
    let (rows, tables) = (report.rows(), report.tables.len());
    Ok(writeln!(std::io::stdout(), "{rows} rows of {tables} tables are in {}.", file.display())?)
}

/// Brings a backup back, or tries it.
pub async fn restore(config: Config, file: &Path, drill: bool) -> Outcome {
    let running = if drill { Running::join(&config.database).await? } else { Running::start(&config.database).await? };
    let result = if drill {
        drill::hold(&running.direct, file).await.map_err(Into::into)
    } else {
        backup::restore(&running.direct, running.pooled.get_username(), file)
            .await
            .map(|report| (report, Vec::new()))
            .map_err(Into::into)
    };
    running.stop().await;
    let (report, findings): (_, Vec<Finding>) = result.map_err(|error: Failed| error)?;
    tell(&findings)?;
    let (rows, tables, made) = (report.rows(), report.tables.len(), &report.made_at);
    let word = if drill { "could be restored" } else { "are restored" };
    Ok(writeln!(std::io::stdout(), "{rows} rows of {tables} tables, as they were at {made}, {word}.")?)
}

/// Looks whether the database is as it has to be.
pub async fn verify(config: Config) -> Outcome {
    let running = Running::join(&config.database).await?;
    let result = verify::all(&running.direct, running.pooled.get_username()).await;
    running.stop().await;
    tell(&result?)
}

/// Prints what was found, a line each; an error if something is wrong.
fn tell(findings: &[Finding]) -> Outcome {
    let mut out = std::io::stdout().lock();
    for finding in findings {
        writeln!(out, "{finding}")?;
    }
    match findings.iter().filter(|finding| finding.failed()).count() {
        0 => Ok(()),
        failed => Err(format!("{failed} of {} checks failed.", findings.len()).into()),
    }
}
