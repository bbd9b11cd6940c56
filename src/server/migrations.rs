//! The schema, as migrations that are part of the program. Each has an up and a down file in `migrations/`.
//!
//! They hold a lock of their session, so they go over a direct connection, never through a pooler.

use std::collections::BTreeMap;

use sqlx::{
    Connection, PgConnection, PgPool,
    migrate::{Migrate, MigrateError, Migrator},
    postgres::PgConnectOptions,
};

static MIGRATOR: Migrator = sqlx::migrate!();

/// One migration and whether the database has it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Step {
    /// Its number: the time it was written.
    pub version: i64,
    /// What it is about.
    pub description: String,
    /// Whether the database has it.
    pub applied: bool,
}

/// How far `down` goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Target {
    /// Undoes the newest one.
    Previous,
    /// Undoes all that are newer than this one.
    Version(i64),
    /// Undoes everything.
    Nothing,
}

/// Applies what is missing.
pub async fn up(options: &PgConnectOptions) -> Result<(), MigrateError> {
    let mut connection = PgConnection::connect_with(options).await?;
    MIGRATOR.run_direct(&mut connection).await?;
    Ok(connection.close().await?)
}

/// Undoes migrations, newest first.
pub async fn down(options: &PgConnectOptions, target: Target) -> Result<(), MigrateError> {
    let mut connection = PgConnection::connect_with(options).await?;
    connection.ensure_migrations_table().await?;
    let mut applied: Vec<i64> =
        connection.list_applied_migrations().await?.into_iter().map(|step| step.version).collect();
    applied.sort_unstable();
    let version = match target {
        Target::Nothing => 0,
        Target::Version(version) => version,
        Target::Previous => applied.iter().rev().nth(1).copied().unwrap_or(0),
    };
    MIGRATOR.undo(&mut connection, version).await?;
    Ok(connection.close().await?)
}

/// Every migration this program knows, oldest first.
pub async fn status(pool: &PgPool) -> Result<Vec<Step>, sqlx::Error> {
    // A database without the table has none of them; asking for a table that isn't there would be an error.
    let present: bool =
        sqlx::query_scalar("select to_regclass('_sqlx_migrations') is not null").fetch_one(pool).await?;
    let applied: BTreeMap<i64, bool> = if present {
        sqlx::query_as("select version, success from _sqlx_migrations").fetch_all(pool).await?.into_iter().collect()
    } else {
        BTreeMap::new()
    };
    let known = MIGRATOR.iter().filter(|step| step.migration_type.is_up_migration());
    Ok(known
        .map(|step| Step {
            version: step.version,
            description: step.description.to_string(),
            applied: applied.get(&step.version) == Some(&true),
        })
        .collect())
}

/// How many migrations the database lacks.
pub async fn missing(pool: &PgPool) -> Result<usize, sqlx::Error> {
    Ok(status(pool).await?.iter().filter(|step| !step.applied).count())
}

/// The checksum of a migration of this program, in hexadecimal digits; `None` if it knows none of this number.
pub fn checksum(version: i64) -> Option<String> {
    let step = MIGRATOR.iter().find(|step| step.version == version && step.migration_type.is_up_migration())?;
    Some(step.checksum.iter().fold(String::new(), |text, byte| format!("{text}{byte:02x}")))
}

/// Applies exactly these migrations to an empty database, within the transaction of who asks.
pub async fn apply(db: &mut PgConnection, versions: &[i64]) -> Result<(), MigrateError> {
    db.ensure_migrations_table().await?;
    let steps = MIGRATOR.iter().filter(|step| step.migration_type.is_up_migration());
    for step in steps.filter(|step| versions.contains(&step.version)) {
        db.apply(step).await?;
    }
    Ok(())
}

/// The numbers of all migrations of this program, oldest first.
pub fn versions() -> Vec<i64> {
    MIGRATOR.iter().filter(|step| step.migration_type.is_up_migration()).map(|step| step.version).collect()
}
