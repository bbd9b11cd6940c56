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

/// A migration that was undone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Undone {
    /// Its number.
    pub version: i64,
    /// What was lost by it, in the words of its file.
    pub lost: String,
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
    /// It has rights of others by itself, and would have those of Docket's roles too.
    #[error(
        "The login {login} of DATABASE_URL has the rights of other roles. Give Docket a login of its own (docs/operations.md), or, as it changes them everywhere, say so yourself: {grant};"
    )]
    Inherits {
        /// Who logs in.
        login: String,
        /// What would do it.
        grant: String,
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
    // One after the other: two that grant the same at once hinder each other.
    let mut transaction =
        connection.begin_with("begin; select pg_advisory_xact_lock(hashtextextended('docket roles', 0))").await?;
    // Who isn't allowed to grant need not, once somebody else has.
    let lacking = lacking(&mut transaction, Some(login)).await?;
    if !lacking.is_empty() {
        grant(&mut transaction, owner.get_username() == login, login, &lacking).await?;
    }
    transaction.commit().await?;
    Ok(connection.close().await?)
}

/// Lets a login take roles on. It has no rights by itself, unless it is the owner's.
async fn grant(db: &mut PgConnection, is_owner: bool, login: &str, lacking: &[String]) -> Result<(), UpError> {
    let (known, inherits): (bool, bool) = sqlx::query_as(
        "select exists (select from pg_roles where rolname = $1),
             exists (select from pg_auth_members join pg_roles on pg_roles.oid = member where rolname = $1 and rolinherit)",
    )
    .bind(login)
    .fetch_one(&mut *db)
    .await?;
    let login = format!("\"{}\"", login.replace('"', "\"\""));
    if !known {
        // A pooler may have names of its own.
        tracing::warn!(
            "{login}, who DATABASE_URL logs in as, is no role of the database: grant it {}",
            lacking.join(", ")
        );
        return Ok(());
    }
    let roles = lacking.join(", ");
    let since_16 = db.server_version_num().is_some_and(|version| version >= 160_000);
    let grant = match (is_owner, since_16) {
        (true, _) => format!("grant {roles} to {login}"),
        (false, true) => format!("grant {roles} to {login} with inherit false, set true"),
        (false, false) => format!("alter role {login} noinherit; grant {roles} to {login}"),
    };
    if !is_owner && !since_16 && inherits {
        return Err(UpError::Inherits { login, grant });
    }
    db.execute(grant.as_str()).await.map(|_| ()).map_err(|cause| UpError::Grant { login, grant, cause })
}

/// Which of the roles that the application acts in its login can't take on; `None` for who is connected.
pub async fn lacking(db: &mut PgConnection, login: Option<&str>) -> Result<Vec<String>, sqlx::Error> {
    // From version 16 on, to be a member is one thing and to take the role on another.
    sqlx::query_scalar(
        "select wanted from unnest($2::text[]) as wanted
         where not coalesce((
             select pg_has_role(login.oid, to_regrole(wanted)::oid,
                 case when current_setting('server_version_num')::int >= 160000 then 'set' else 'member' end)
             from pg_roles login where rolname = coalesce($1, session_user::text)), false)",
    )
    .bind(login)
    .bind(ROLES.map(str::to_owned))
    .fetch_all(db)
    .await
}

/// Undoes migrations, newest first; gives which, and what was lost.
pub async fn down(options: &PgConnectOptions, target: Target) -> Result<Vec<Undone>, MigrateError> {
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
    connection.close().await?;
    let steps = MIGRATOR.iter().filter(|step| step.migration_type.is_down_migration());
    let undone = steps.filter(|step| step.version > version && applied.contains(&step.version));
    Ok(undone.rev().map(|step| Undone { version: step.version, lost: beginning(&step.sql) }).collect())
}

/// The comment that a file begins with: in a down file what is lost.
fn beginning(sql: &str) -> String {
    let lines = sql.lines().map_while(|line| line.strip_prefix("--")).map(str::trim);
    lines.collect::<Vec<_>>().join(" ")
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
