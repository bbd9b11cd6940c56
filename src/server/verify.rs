//! Whether the database is as it has to be: what `docket verify` looks at, one line for each check. Changes nothing.

mod audit;
mod roles;
mod rows;

use std::fmt;

use sqlx::{ConnectOptions, Connection, PgConnection, PgExecutor, postgres::PgConnectOptions};

use super::{
    backup::{BackupError, catalog},
    migrations,
};

/// What one check found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// Everything is as it has to be; in a few words.
    Sound(String),
    /// Nothing is broken, and somebody should know.
    Note(String),
    /// What is wrong, each as a sentence with what to do.
    Failed(Vec<String>),
}

impl Verdict {
    /// Sound, unless something is wrong.
    fn of(wrong: Vec<String>, sound: impl Into<String>) -> Self {
        if wrong.is_empty() { Self::Sound(sound.into()) } else { Self::Failed(wrong) }
    }
}

/// A check and what it found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// The name of the check.
    pub check: &'static str,
    /// What it found.
    pub verdict: Verdict,
}

impl Finding {
    /// Whether something is wrong.
    pub fn failed(&self) -> bool {
        matches!(self.verdict, Verdict::Failed(_))
    }
}

impl fmt::Display for Finding {
    /// A line for each thing found.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let check = self.check;
        match &self.verdict {
            Verdict::Sound(words) => write!(f, "ok      {check}: {words}"),
            Verdict::Note(words) => write!(f, "note    {check}: {words}"),
            Verdict::Failed(wrong) => {
                let lines: Vec<_> = wrong.iter().map(|words| format!("FAILED  {check}: {words}")).collect();
                write!(f, "{}", lines.join("\n"))
            }
        }
    }
}

/// Looks at everything, over the connection of the owner. `login` is the role that the application logs in as.
pub async fn all(options: &PgConnectOptions, login: &str) -> Result<Vec<Finding>, sqlx::Error> {
    let mut connection =
        options.clone().application_name("docket verify").disable_statement_logging().connect().await?;
    let mut findings = contents(&mut connection).await?;
    let mut more = |check, verdict| findings.push(Finding { check, verdict });
    more("roles", roles::attributes(&mut connection, login).await?);
    more("server", server(connection.server_version_num()));
    more("durability", durability(&mut connection).await?);
    more("collations", collations(&mut connection).await?);
    more("restore drill", drill(&mut connection).await?);
    let _ = connection.close().await;
    Ok(findings)
}

/// What puts what people keep apart at risk: a server that is too old, and what the login of the application may do and shouldn't, each as a
/// sentence; for a start, which goes on nevertheless.
pub async fn risks(db: &mut PgConnection, login: &str) -> Result<Vec<String>, sqlx::Error> {
    let found = [server(db.server_version_num()), roles::attributes(db, login).await?];
    let wrong = found.map(|verdict| match verdict {
        Verdict::Failed(wrong) => wrong,
        Verdict::Sound(_) | Verdict::Note(_) => Vec::new(),
    });
    Ok(wrong.concat())
}

/// The first release of each version that keeps apart what plans are kept for: before it a plan may be used for another role than it was
/// made for, with what that one may see (CVE-2024-10976).
const APART: [(u32, u32); 3] = [(15, 9), (16, 5), (17, 1)];

fn server(version: Option<u32>) -> Verdict {
    // 150009 is 15.9.
    let Some((major, minor)) = version.map(|number| (number / 10_000, number % 10_000)) else {
        return Verdict::Note("it doesn't say which release it is".to_owned());
    };
    let old = APART.into_iter().find(|(of, first)| *of == major && minor < *first);
    let wrong = old.map(|(major, first)| {
        format!("PostgreSQL {major}.{minor} may mix up what two roles may see (CVE-2024-10976): update it to {major}.{first} or later.")
    });
    Verdict::of(wrong.into_iter().collect(), format!("PostgreSQL {major}.{minor}"))
}

/// What a restored backup has to pass, wherever it is: everything but what is about the server.
pub async fn restored(options: &PgConnectOptions) -> Result<Vec<Finding>, sqlx::Error> {
    let mut connection =
        options.clone().application_name("docket verify").disable_statement_logging().connect().await?;
    let findings = contents(&mut connection).await?;
    let _ = connection.close().await;
    Ok(findings)
}

async fn contents(connection: &mut PgConnection) -> Result<Vec<Finding>, sqlx::Error> {
    // One snapshot: Docket may go on meanwhile.
    let mut snapshot = catalog::snapshot(connection).await.map_err(|error| match error {
        BackupError::Database(error) => error,
        error => sqlx::Error::Protocol(error.to_string()),
    })?;
    let db = &mut *snapshot;
    let mut findings = Vec::new();
    let mut more = |check, verdict| findings.push(Finding { check, verdict });
    more("schema", schema(db).await?);
    more("row-level security", roles::policies(db).await?);
    more("constraints", rows::constraints(db).await?);
    more("indexes", indexes(db).await?);
    more("triggers", triggers(db).await?);
    more("audit log", audit::chain(db).await?);
    snapshot.rollback().await?;
    Ok(findings)
}

/// Whether the database has exactly the migrations of this program.
async fn schema(db: &mut PgConnection) -> Result<Verdict, sqlx::Error> {
    let applied = catalog::migrations(db).await?;
    let own = migrations::versions();
    let mut wrong = Vec::new();
    for version in own.iter().filter(|version| applied.iter().all(|step| step.version != **version)) {
        wrong.push(format!("migration {version} is missing: run `docket migrate up`."));
    }
    for step in &applied {
        match migrations::checksum(step.version) {
            None => wrong.push(format!("migration {} is of a newer Docket: run that one.", step.version)),
            Some(own) if own != step.checksum => wrong.push(format!(
                "migration {} is not the one that this Docket has: run the version that made this database.",
                step.version
            )),
            Some(_) => {}
        }
    }
    Ok(Verdict::of(wrong, format!("{} migrations, none missing", own.len())))
}

/// Whether every index can be used.
async fn indexes(db: &mut PgConnection) -> Result<Verdict, sqlx::Error> {
    let (count,): (i64,) =
        sqlx::query_as("select count(*) from pg_index join pg_class on pg_class.oid = indexrelid where relnamespace = 'public'::regnamespace")
            .fetch_one(&mut *db)
            .await?;
    let invalid: Vec<String> = sqlx::query_scalar(
        "select relname::text from pg_index join pg_class on pg_class.oid = indexrelid
         where relnamespace = 'public'::regnamespace and not (indisvalid and indisready and indislive) order by 1",
    )
    .fetch_all(db)
    .await?;
    let wrong = invalid.into_iter().map(|name| format!("{name} is not valid: `reindex index {name}`.")).collect();
    Ok(Verdict::of(wrong, format!("{count} indexes, all valid")))
}

/// Whether somebody has turned a trigger off: those that keep rules, and those that check references.
async fn triggers(db: &mut PgConnection) -> Result<Verdict, sqlx::Error> {
    let off: Vec<(String, String)> = sqlx::query_as(
        "select tgrelid::regclass::text, tgname::text from pg_trigger join pg_class on pg_class.oid = tgrelid
         where relnamespace = 'public'::regnamespace and tgenabled not in ('O', 'A') order by 1, 2",
    )
    .fetch_all(db)
    .await?;
    let line = |(table, name)| {
        format!("{name} is off: `alter table {table} enable trigger all`, and find out who turned it off.")
    };
    Ok(Verdict::of(off.into_iter().map(line).collect(), "none is off"))
}

/// What PostgreSQL must not be told to do without, and what it is told.
pub async fn lax<'e>(db: impl PgExecutor<'e>) -> Result<Vec<(String, String)>, sqlx::Error> {
    // Of one database or role, too.
    sqlx::query_as(
        "select name, reset_val from pg_settings
         where name in ('fsync', 'full_page_writes', 'synchronous_commit') and reset_val = 'off'
         union select split_part(setting, '=', 1),
             'off for ' || coalesce('role ' || setrole::regrole::text, 'everybody') || coalesce(' in ' || datname, '')
         from (select nullif(setrole, 0) as setrole, nullif(setdatabase, 0) as setdatabase, unnest(setconfig) as setting
               from pg_db_role_setting) as own left join pg_database on pg_database.oid = setdatabase
         where setting = 'synchronous_commit=off' order by 1, 2",
    )
    .fetch_all(db)
    .await
}

async fn durability(db: &mut PgConnection) -> Result<Verdict, sqlx::Error> {
    let wrong = lax(&mut *db).await?.into_iter().map(|(name, value)| {
        format!("{name} is {value}: what Docket has acknowledged is lost when the machine stops. Turn it on in postgresql.conf.")
    });
    let wrong: Vec<_> = wrong.collect();
    let checksums: String = sqlx::query_scalar("show data_checksums").fetch_one(db).await?;
    let pages = if checksums == "on" {
        "pages have checksums"
    } else {
        "pages have no checksums (pg_checksums --enable adds them)"
    };
    Ok(Verdict::of(wrong, format!("fsync, full_page_writes and synchronous_commit are on; {pages}")))
}

/// Whether the system still sorts text as it did when the indexes were made.
async fn collations(db: &mut PgConnection) -> Result<Verdict, sqlx::Error> {
    let wrong: Vec<String> = sqlx::query_scalar(
        "select format('the system now sorts text in another way than when this database was made (%s, then %s): `reindex database %I`, '
                      || 'then `alter database %I refresh collation version`.',
                      pg_database_collation_actual_version(oid), datcollversion, datname, datname)
           from pg_database where datname = current_database() and datcollversion is distinct from pg_database_collation_actual_version(oid)
           union all
           select format('the system now sorts text in another way than when indexes with the collation %s were made (%s, then %s): '
                      || '`reindex database %I`, then `alter collation %s refresh version`.',
                      oid::regcollation, pg_collation_actual_version(oid), collversion, current_database(), oid::regcollation)
           from pg_collation
           where collversion is distinct from pg_collation_actual_version(oid)
               and exists (select from pg_index, unnest(indcollation) as used where used = pg_collation.oid)",
    )
    .fetch_all(db)
    .await?;
    Ok(Verdict::of(wrong, "text is sorted as it was when the indexes were made"))
}

/// When a backup was restored for the last time to see whether that works. None is no failure: there may be other backups.
async fn drill(db: &mut PgConnection) -> Result<Verdict, sqlx::Error> {
    const HOW: &str = "`docket restore --drill FILE` shows whether a backup can be restored";
    let present: bool =
        sqlx::query_scalar("select to_regclass('public.restore_drills') is not null").fetch_one(&mut *db).await?;
    if !present {
        return Ok(Verdict::Note(format!("none noted; {HOW}")));
    }
    let last: Option<(String, i64, String, bool)> = sqlx::query_as(
        "select to_char(held_at at time zone 'UTC', 'YYYY-MM-DD'), rows, encode(file_hash, 'hex'), held_at < now() - interval '90 days'
         from restore_drills order by held_at desc limit 1",
    )
    .fetch_optional(db)
    .await?;
    Ok(match last {
        None => Verdict::Note(format!("there was none; {HOW}")),
        Some((day, _, _, true)) => Verdict::Note(format!("the last one was on {day}, more than 90 days ago; {HOW}")),
        Some((day, rows, hash, false)) => {
            Verdict::Sound(format!("on {day}, {rows} rows, of the file with SHA-256 {hash}"))
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_server_that_mixes_up_roles_is_a_fault() {
        for (version, fails) in [(150_008, true), (150_009, false), (170_000, true), (170_001, false), (180_000, false)]
        {
            assert_eq!(matches!(server(Some(version)), Verdict::Failed(_)), fails, "{version}");
        }
        let Verdict::Failed(wrong) = server(Some(160_004)) else { panic!("16.4 is too old") };
        assert!(wrong[0].contains("PostgreSQL 16.4") && wrong[0].contains("16.5 or later"), "{wrong:?}");
    }
}
