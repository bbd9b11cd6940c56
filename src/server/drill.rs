//! A restore drill: shows that a backup can be brought back, without touching the database that it is of.

use std::path::Path;

use sqlx::{Connection, PgConnection, postgres::PgConnectOptions};
use thiserror::Error;

use super::{
    backup::{self, BackupError, Report},
    embedded::{Embedded, EmbeddedError},
    verify::{self, Finding},
};

/// Why a drill didn't go well.
#[derive(Debug, Error)]
pub enum DrillError {
    /// There was no PostgreSQL to restore into.
    #[error(transparent)]
    Embedded(#[from] EmbeddedError),
    /// The backup can't be restored.
    #[error(transparent)]
    Backup(#[from] BackupError),
    /// What was restored can't be looked at.
    #[error("The restored database refused: {0}.")]
    Verify(sqlx::Error),
    /// The real database didn't take the note.
    #[error("The drill went well, but the database did not take a note of it: {0}.")]
    Note(sqlx::Error),
}

/// Restores a backup into a private PostgreSQL that is gone afterwards, and looks at it as `docket verify` does. If everything is sound, notes in the
/// database `real` which file it was.
pub async fn hold(real: &PgConnectOptions, path: &Path) -> Result<(Report, Vec<Finding>), DrillError> {
    let private = Embedded::temporary().await?;
    let result = try_it(&private, path).await;
    private.stop().await;
    let (report, findings) = result?;
    if !findings.iter().any(Finding::failed) {
        note(real, &report).await.map_err(DrillError::Note)?;
    }
    Ok((report, findings))
}

async fn try_it(private: &Embedded, path: &Path) -> Result<(Report, Vec<Finding>), DrillError> {
    private.prepare("docket").await?;
    let (owner, login) = (private.owner("docket"), private.login("docket"));
    let report = backup::restore(&owner, login.get_username(), path).await?;
    let findings = verify::restored(&owner).await.map_err(DrillError::Verify)?;
    Ok((report, findings))
}

async fn note(real: &PgConnectOptions, report: &Report) -> Result<(), sqlx::Error> {
    let mut connection = PgConnection::connect_with(real).await?;
    sqlx::query!(
        "insert into restore_drills (file_hash, rows) values ($1, $2)",
        &report.sha256[..],
        i64::try_from(report.rows()).unwrap_or(i64::MAX)
    )
    .execute(&mut connection)
    .await?;
    connection.close().await
}
