//! The private PostgreSQL: a real server with durable settings, run from the programs installed on this machine, for
//! those who have not set `DATABASE_URL`. It is reached over a Unix socket only.
//!
//! Docket's folder holds `postgres` (the cluster), `postgres.log`, `run` (the socket) and `lock`.
//!
//! ```no_run
//! # async fn example() -> Result<(), Box<dyn std::error::Error>> {
//! use docket::server::embedded::{Embedded, default_folder};
//!
//! let postgres = Embedded::start(&default_folder(&std::env::current_dir()?)).await?;
//! postgres.prepare("docket").await?;
//! let pool = sqlx::PgPool::connect_with(postgres.owner("docket")).await?;
//! pool.close().await;
//! postgres.stop().await;
//! # Ok(())
//! # }
//! ```

mod account;
mod cluster;
mod error;
mod folder;
mod programs;
mod supervisor;
mod temporary;

pub use error::EmbeddedError;
pub use folder::default_folder;

use account::Account;
use cluster::{Cluster, SUPERUSER};
use error::Context;
use sqlx::postgres::{PgConnectOptions, PgSslMode};
use sqlx::{ConnectOptions, Connection, Executor};
use std::fmt::Write;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};
use supervisor::Supervisor;
use temporary::Temporary;

/// How long the first answer may take; after a crash it comes only when recovery is done.
const STARTED_WITHIN: Duration = Duration::from_mins(1);

/// So many ends of the server before it ever answered mean that it can't start.
const HOPELESS: u32 = 3;

/// Owns the databases.
const OWNER: &str = "docket_owner";

/// Logs in for the application.
const LOGIN: &str = "docket_web";

/// Makes every table, function and type of the schema the owner's. Sequences and indexes follow their tables.
const HAND_OVER: &str = "
    do $$
    declare
        command text;
    begin
        for command in
            select format('alter table %s owner to docket_owner', oid::regclass) from pg_class
            where relnamespace = 'public'::regnamespace and relkind = 'r' and relowner <> 'docket_owner'::regrole
            union all
            select format('alter routine %s owner to docket_owner', oid::regprocedure) from pg_proc
            where pronamespace = 'public'::regnamespace and proowner <> 'docket_owner'::regrole
            union all
            select format('alter type %s owner to docket_owner', oid::regtype) from pg_type
            where typnamespace = 'public'::regnamespace and typtype in ('e', 'd') and typowner <> 'docket_owner'::regrole
        loop
            execute command;
        end loop;
    end
    $$";

/// A running private PostgreSQL, restarted if it ends by itself, until [`Embedded::stop`].
#[derive(Debug)]
pub struct Embedded {
    cluster: Arc<Cluster>,
    supervisor: Supervisor,
    temporary: Mutex<Option<Temporary>>,
}

impl Embedded {
    /// Starts the cluster in `folder`, e.g. `.docket`, and the first time makes it. Returns when it answers.
    ///
    /// A server that a killed Docket left running there is stopped first.
    ///
    /// # Errors
    /// Every [`EmbeddedError`] says what to do about it.
    pub async fn start(folder: &Path) -> Result<Self, EmbeddedError> {
        let folder = folder.to_path_buf();
        blocking(move || Self::launch(&folder, None)).await?.when_ready().await
    }

    /// Starts a new cluster in the system's temporary folder, removed when this process ends, however it ends: for tests and drills.
    /// It writes without waiting for the disk.
    pub async fn temporary() -> Result<Self, EmbeddedError> {
        let launch = || {
            let temporary = Temporary::new()?;
            let folder = temporary.folder.clone();
            Self::launch(&folder, Some(temporary))
        };
        blocking(launch).await?.when_ready().await
    }

    fn launch(folder: &Path, temporary: Option<Temporary>) -> Result<Self, EmbeddedError> {
        let (cluster, lock) = Cluster::open(folder, temporary.is_some())?;
        let cluster = Arc::new(cluster);
        let supervisor = Supervisor::start(Arc::clone(&cluster), lock).context("watch over", folder)?;
        Ok(Self { cluster, supervisor, temporary: Mutex::new(temporary) })
    }

    /// Waits for the first answer.
    async fn when_ready(self) -> Result<Self, EmbeddedError> {
        let since = Instant::now();
        let options = self.options("postgres");
        loop {
            let answer = tokio::time::timeout(Duration::from_secs(5), options.connect()).await;
            if let Ok(Ok(connection)) = answer {
                let _ = connection.close().await;
                return Ok(self);
            }
            // Processes of a killed server keep its shared memory until they notice; that passes.
            let hopeless = self.supervisor.exits() >= HOPELESS
                && !self.cluster.last_lines().iter().any(|line| line.contains("shared memory block"));
            if hopeless || since.elapsed() > STARTED_WITHIN {
                let (log, lines) = (self.cluster.log(), self.cluster.last_lines());
                self.stop().await;
                return Err(EmbeddedError::NotStarted { log, lines });
            }
            tokio::time::sleep(Duration::from_millis(25)).await;
        }
    }

    /// How the application connects to `database`: as `docket_web`, who owns nothing and sees no rows but by what Docket says it acts for.
    pub fn login(&self, database: &str) -> PgConnectOptions {
        self.options(database).username(LOGIN)
    }

    /// How migrations and backups connect to `database`: as `docket_owner`, who owns it and is no superuser.
    pub fn owner(&self, database: &str) -> PgConnectOptions {
        self.options(database).username(OWNER)
    }

    /// How the application and the owner connect to `database` of the cluster in `folder`, which another Docket runs at the moment.
    pub async fn beside(folder: &Path, database: &str) -> Result<(PgConnectOptions, PgConnectOptions), EmbeddedError> {
        let folder = folder.to_path_buf();
        let socket = move || {
            let account = Account::choose(&folder.join("postgres"))?;
            folder::socket(&folder::prepare(&folder, &account)?, &account)
        };
        let options = Self::over(&blocking(socket).await?, database);
        Ok((options.clone().username(LOGIN), options.username(OWNER)))
    }

    /// How to connect to `database` as the cluster's superuser `docket`.
    pub fn options(&self, database: &str) -> PgConnectOptions {
        Self::over(&self.cluster.socket, database)
    }

    fn over(socket: &Path, database: &str) -> PgConnectOptions {
        PgConnectOptions::new_without_pgpass()
            .socket(socket)
            .port(5432)
            .username(SUPERUSER)
            .database(database)
            // Set, because `PGSSLMODE` may ask for what a Unix socket can't do.
            .ssl_mode(PgSslMode::Disable)
    }

    /// The same as a URL, for other programs; libpq and sqlx both understand it.
    pub fn url(&self, database: &str) -> String {
        // The host in front is not used, but a URL with a user has to have one.
        let socket = percent_encoded(self.cluster.socket.as_os_str().as_bytes());
        format!("postgres://{SUPERUSER}@localhost/{}?host={socket}", percent_encoded(database.as_bytes()))
    }

    /// PostgreSQL's log, for messages.
    pub fn log(&self) -> PathBuf {
        self.cluster.log()
    }

    /// Makes the database `name` unless it is there, and who owns and who uses it; tells whether it made it.
    pub async fn prepare(&self, name: &str) -> Result<bool, EmbeddedError> {
        self.try_prepare(name).await.map_err(|source| EmbeddedError::Database { name: name.to_owned(), source })
    }

    async fn try_prepare(&self, name: &str) -> Result<bool, sqlx::Error> {
        let mut connection = self.options("postgres").connect().await?;
        for (role, rights) in [(OWNER, "createrole"), (LOGIN, "noinherit")] {
            let known: bool = sqlx::query_scalar("SELECT EXISTS (SELECT FROM pg_roles WHERE rolname = $1)")
                .bind(role)
                .fetch_one(&mut connection)
                .await?;
            if !known {
                made_by_anybody(connection.execute(format!("CREATE ROLE {role} LOGIN {rights}").as_str()).await)?;
            }
        }
        let owner: Option<String> =
            sqlx::query_scalar("SELECT pg_get_userbyid(datdba)::text FROM pg_database WHERE datname = $1")
                .bind(name)
                .fetch_optional(&mut connection)
                .await?;
        let quoted = format!(r#""{}""#, name.replace('"', r#""""#));
        let made = owner.is_none()
            && made_by_anybody(connection.execute(format!("CREATE DATABASE {quoted} OWNER {OWNER}").as_str()).await)?;
        if !made {
            // From before there was an owner, or made by an older Docket since.
            self.hand_over(name).await?;
        }
        if owner.is_some_and(|owner| owner != OWNER) {
            connection.execute(format!("ALTER DATABASE {quoted} OWNER TO {OWNER}").as_str()).await?;
        }
        connection.close().await?;
        Ok(made)
    }

    /// Makes everything in the database the owner's.
    async fn hand_over(&self, name: &str) -> Result<(), sqlx::Error> {
        let mut connection = self.options(name).connect().await?;
        connection.execute(HAND_OVER).await?;
        connection.close().await
    }

    /// Stops the server and waits until it is gone: open transactions are rolled back and the data is left clean.
    /// The folder is then free for another. Stopping twice does nothing.
    pub async fn stop(&self) {
        for (signal, limit) in [("INT", 60), ("QUIT", 20), ("KILL", 5)] {
            if self.supervisor.finished(Duration::ZERO).await {
                break;
            }
            if signal != "INT" {
                tracing::warn!(signal, "PostgreSQL does not stop, asking it harder");
            }
            self.supervisor.end(signal);
            if self.supervisor.finished(Duration::from_secs(limit)).await {
                break;
            }
        }
        let temporary = self.temporary.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(temporary) = temporary {
            let _ = tokio::task::spawn_blocking(|| temporary.remove()).await;
        }
    }
}

impl Drop for Embedded {
    /// Without [`Embedded::stop`] nobody waits, but the server is still told to end.
    fn drop(&mut self) {
        self.supervisor.end("INT");
    }
}

/// Whether this connection made it, or somebody else in the same moment: a database (42P04), a role (42710), or
/// what has to be unique (23505).
fn made_by_anybody<T>(made: Result<T, sqlx::Error>) -> Result<bool, sqlx::Error> {
    match made {
        Err(sqlx::Error::Database(error)) if matches!(error.code().as_deref(), Some("42P04" | "42710" | "23505")) => {
            Ok(false)
        }
        made => made.map(|_| true),
    }
}

/// Runs what blocks where it may.
async fn blocking<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> T {
    match tokio::task::spawn_blocking(work).await {
        Ok(value) => value,
        Err(error) => std::panic::resume_unwind(error.into_panic()),
    }
}

/// `bytes` with all but unreserved characters escaped (RFC 3986, section 2.3).
fn percent_encoded(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(bytes.len() * 3);
    for byte in bytes {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(byte) {
            text.push(char::from(*byte));
        } else {
            let _ = write!(text, "%{byte:02X}");
        }
    }
    text
}
