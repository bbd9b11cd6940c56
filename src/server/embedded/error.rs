//! What can go wrong with the private PostgreSQL, each as a sentence that says what to do.

use std::io;
use std::path::{Path, PathBuf};

/// Why the private PostgreSQL is not there. `Display` is written for the person who runs Docket.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum EmbeddedError {
    /// No usable server programs on this machine.
    #[error(
        "PostgreSQL 15 or newer is not installed: install it (Debian, Ubuntu: `apt-get install postgresql`; \
         Fedora: `dnf install postgresql-server`; macOS: `brew install postgresql`) or set DATABASE_URL."
    )]
    Missing,

    /// The data was made by a major version whose programs are not here.
    #[error(
        "The data in {folder} needs PostgreSQL {major}, which is not installed: install that version, \
         or set DOCKET_DATA_DIR to another folder."
    )]
    VersionMissing {
        /// The cluster.
        folder: PathBuf,
        /// The major version that made it.
        major: u32,
    },

    /// There is something where the cluster should be.
    #[error(
        "{folder} is not empty and holds no PostgreSQL data: move it away, or set DOCKET_DATA_DIR to another folder."
    )]
    NotACluster {
        /// Where the cluster should be.
        folder: PathBuf,
    },

    /// Root runs Docket, and there is nobody else to run PostgreSQL.
    #[error(
        "PostgreSQL refuses to run as root, and there is neither a user `postgres` nor `nobody`: \
         run Docket as an ordinary user, or set DATABASE_URL."
    )]
    NoAccount,

    /// The user who runs PostgreSQL can't get to the data.
    #[error(
        "PostgreSQL runs as the user `{user}`, who may not enter {ancestor} and so cannot reach {folder}: \
         set DOCKET_DATA_DIR to a folder such as /var/lib/docket."
    )]
    Unreachable {
        /// Docket's folder.
        folder: PathBuf,
        /// Who runs PostgreSQL.
        user: String,
        /// The outermost folder that user may not enter.
        ancestor: PathBuf,
    },

    /// Another Docket holds the folder's lock.
    #[error("Another Docket is using {folder}: stop it, or set DOCKET_DATA_DIR to another folder.")]
    InUse {
        /// Docket's folder.
        folder: PathBuf,
    },

    /// The short folder for the socket is not ours.
    #[error(
        "{folder}, where PostgreSQL's socket should be, belongs to somebody else or is open to others: \
         remove it, or set DOCKET_DATA_DIR to a folder with a shorter path."
    )]
    SocketFolder {
        /// The folder in the system's temporary folder.
        folder: PathBuf,
    },

    /// `initdb` failed.
    #[error("PostgreSQL could not initialise {folder}: {said}")]
    Initialise {
        /// Where the cluster should be.
        folder: PathBuf,
        /// What `initdb` printed as errors.
        said: String,
    },

    /// PostgreSQL stopped again and again, or doesn't answer.
    #[error("PostgreSQL does not start ({}): see {log}.", lines.last().map_or("it says nothing", |line| line.trim()))]
    NotStarted {
        /// PostgreSQL's log.
        log: PathBuf,
        /// The last lines it wrote there in this attempt.
        lines: Vec<String>,
    },

    /// A server left by a crash doesn't go away.
    #[error(
        "An earlier PostgreSQL (process {pid}) still uses {folder} and does not stop: end that process, then try again."
    )]
    Orphan {
        /// Its process.
        pid: u32,
        /// The cluster.
        folder: PathBuf,
    },

    /// A file or program could not be used.
    #[error(
        "Could not {action} {path} ({source}): see that the user who runs Docket may do so, \
         or set DOCKET_DATA_DIR to another folder."
    )]
    Io {
        /// What was tried, as a verb.
        action: &'static str,
        /// With what.
        path: PathBuf,
        /// The system's reason.
        source: io::Error,
    },

    /// PostgreSQL runs, but refused a statement.
    #[error("PostgreSQL refused to set up the database `{name}` ({source}): see its log.")]
    Database {
        /// The database's name.
        name: String,
        /// PostgreSQL's reason.
        source: sqlx::Error,
    },
}

/// Gives an [`io::Error`] the sentence around it.
pub(super) trait Context<T> {
    fn context(self, action: &'static str, path: &Path) -> Result<T, EmbeddedError>;
}

impl<T> Context<T> for io::Result<T> {
    fn context(self, action: &'static str, path: &Path) -> Result<T, EmbeddedError> {
        self.map_err(|source| EmbeddedError::Io { action, path: path.to_path_buf(), source })
    }
}
