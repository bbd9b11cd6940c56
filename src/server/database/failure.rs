//! What goes wrong inside a scope, and what of it goes out.

use crate::error::{AppError, FieldErrors, Message};

/// Why a use case failed, inside a scope. The scope makes an [`AppError`] of it.
#[derive(Debug)]
pub enum Failure {
    /// An answer that the person gets.
    App(AppError),
    /// PostgreSQL's; may be worth another try, and may be a rule of the database that has a message.
    Sql(sqlx::Error),
}

impl From<AppError> for Failure {
    fn from(error: AppError) -> Self {
        Self::App(error)
    }
}

impl From<sqlx::Error> for Failure {
    fn from(error: sqlx::Error) -> Self {
        Self::Sql(error)
    }
}

impl Failure {
    /// SQLSTATE 40001 and 40P01: the transaction lost against another one, and may well win the next time.
    pub fn is_transient(&self) -> bool {
        let Self::Sql(sqlx::Error::Database(error)) = self else { return false };
        matches!(error.code().as_deref(), Some("40001" | "40P01"))
    }
}

impl From<Failure> for AppError {
    /// Logs what stays inside, and answers with what may go out.
    fn from(failure: Failure) -> Self {
        if failure.is_transient() {
            tracing::warn!(?failure, "a transaction lost against others again and again");
            return Self::Unavailable;
        }
        let error = match failure {
            Failure::App(error) => return error,
            Failure::Sql(error) => error,
        };
        if let sqlx::Error::Database(database) = &error {
            match (database.constraint(), database.code().as_deref()) {
                (Some("users_email_key"), _) => {
                    return FieldErrors::one("email", Message::HasAccount);
                }
                // The account was erased while its owner was at it.
                (Some("tasks_user_id_fkey"), _) => return Self::NotLoggedIn,
                // A role that isn't there (22023), or that this login may not take on (42501).
                (None, Some("22023" | "42501")) if database.message().contains("role \"docket_") => {
                    tracing::error!(%error, "the database isn't set up for this version of Docket: run `docket migrate up`");
                    return Self::Unavailable;
                }
                _ => {}
            }
        }
        if is_unavailable(&error) {
            tracing::warn!(%error, "the database does not answer");
            return Self::Unavailable;
        }
        tracing::error!(%error, "a statement failed");
        Self::Internal
    }
}

/// Whether both sides don't agree on TLS. It is the same the next time.
pub fn is_tls(error: &sqlx::Error) -> bool {
    match error {
        sqlx::Error::Tls(_) => true,
        // What the TLS library refuses comes as this; nothing else does.
        sqlx::Error::Io(error) => error.kind() == std::io::ErrorKind::InvalidData,
        _ => false,
    }
}

/// Whether the connection is gone, or its server about to end it.
pub fn is_lost(error: &sqlx::Error) -> bool {
    match error {
        sqlx::Error::Io(_) | sqlx::Error::Tls(_) => true,
        // Ended by an administrator, by a crash, because it waited for too long, or not begun yet.
        sqlx::Error::Database(error) => error.code().is_some_and(|code| {
            matches!(&*code, "57P01" | "57P02" | "57P03" | "25P03" | "57P05") || code.starts_with("08")
        }),
        _ => false,
    }
}

/// What an error says at its root.
pub fn innermost(error: &(dyn std::error::Error + 'static)) -> String {
    let mut error = error;
    while let Some(source) = error.source() {
        error = source;
    }
    error.to_string()
}

/// Whether the database can't be reached, or is starting or stopping, rather than refusing the statement.
pub fn is_unavailable(error: &sqlx::Error) -> bool {
    match error {
        sqlx::Error::Io(_) | sqlx::Error::PoolTimedOut | sqlx::Error::PoolClosed | sqlx::Error::Tls(_) => true,
        // Class 57: operator intervention (shutdown, statement timeout); class 53: out of resources; class 08: connection; 25P03: a transaction
        // that waited for too long.
        sqlx::Error::Database(error) => {
            error.code().is_some_and(|code| ["57", "53", "08", "25P03"].iter().any(|class| code.starts_with(class)))
        }
        _ => false,
    }
}
