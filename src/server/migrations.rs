//! The schema, as migrations that are part of the program. Each has an up and a down file in `migrations/`.
//!
//! They hold a lock of their session, so they go over a direct connection, never through a pooler.

use std::collections::BTreeMap;

use sqlx::{
    Connection, Executor, PgConnection,
    migrate::{Migrate, MigrateError, Migrator},
    postgres::PgConnectOptions,
};
use thiserror::Error;

use super::database::ROLES;

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

/// Why the schema could not be brought up.
#[derive(Debug, Error)]
pub enum UpError {
    /// A migration failed.
    #[error(transparent)]
    Migrate(#[from] MigrateError),
    /// The owner may not let the application's login do its work.
    #[error(
        "The login {login} of DATABASE_URL can't be given its rights ({cause}). Run this as a superuser of the database: {grant};"
    )]
    Grant {
        /// Who logs in.
        login: String,
        /// What would do it.
        grant: String,
        /// What PostgreSQL says.
        cause: sqlx::Error,
    },
}

impl From<sqlx::Error> for UpError {
    fn from(error: sqlx::Error) -> Self {
        Self::Migrate(error.into())
    }
}

/// Applies what is missing, as the owner of the tables, and gives `login`, which the application uses, the right to take its roles on.
pub async fn up(owner: &PgConnectOptions, login: &str) -> Result<(), UpError> {
    let mut connection = PgConnection::connect_with(owner).await?;
    MIGRATOR.run_direct(&mut connection).await?;
    // Asked first: who isn't allowed to grant need not, once somebody else has.
    let lacking: Vec<String> = sqlx::query_scalar(
        "select rolname::text from pg_roles
         where rolname = any($2) and exists (select from pg_roles where rolname = $1) and not pg_has_role($1, rolname, 'member')",
    )
    .bind(login)
    .bind(ROLES.map(str::to_owned))
    .fetch_all(&mut connection)
    .await?;
    if !lacking.is_empty() {
        let roles = lacking.join(", ");
        let login = format!("\"{}\"", login.replace('"', "\"\""));
        // It takes a role on for a transaction, and has no rights by itself. Who has the owner's login has them anyway.
        let grant = if owner.get_username() == login {
            format!("grant {roles} to {login}")
        } else if connection.server_version_num().is_some_and(|version| version >= 160_000) {
            format!("grant {roles} to {login} with inherit false, set true")
        } else {
            format!("alter role {login} noinherit; grant {roles} to {login}")
        };
        let granted = connection.execute(grant.as_str()).await;
        granted.map_err(|cause| UpError::Grant { login, grant, cause })?;
    }
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
pub async fn status(db: &mut PgConnection) -> Result<Vec<Step>, sqlx::Error> {
    // A database without the table has none of them; asking for a table that isn't there would be an error.
    let present: bool =
        sqlx::query_scalar("select to_regclass('_sqlx_migrations') is not null").fetch_one(&mut *db).await?;
    let applied: BTreeMap<i64, bool> = if present {
        sqlx::query_as("select version, success from _sqlx_migrations").fetch_all(db).await?.into_iter().collect()
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
pub async fn missing(db: &mut PgConnection) -> Result<usize, sqlx::Error> {
    Ok(status(db).await?.iter().filter(|step| !step.applied).count())
}
