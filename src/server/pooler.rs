//! Whether what stands between Docket and PostgreSQL keeps prepared statements apart.
//!
//! A pooler in transaction mode gives each statement to any of its connections to the server. PgBouncer before 1.21, and later ones with
//! `max_prepared_statements = 0`, pass the names of prepared statements on as they are: what one connection of Docket prepared as
//! `sqlx_s_1` is another one's `sqlx_s_1` too, and the answer is an error or, worse, rows that belong to another question. That has to be found
//! before the first request.

use std::time::Duration;

use futures::future::join_all;
use sqlx::{Connection, PgConnection, postgres::PgConnectOptions};
use thiserror::Error;
use tokio::time::timeout;

/// The pooler at `DATABASE_URL` can't be used.
#[derive(Debug, Error, PartialEq, Eq)]
#[error(
    "The pooler at DATABASE_URL mixes up the prepared statements of different connections ({0}), so that Docket would read and change \
     the wrong rows. Use its session mode, or PgBouncer 1.21 or newer with max_prepared_statements above 0, or give the address of \
     PostgreSQL itself."
)]
pub struct Mixed(String);

/// So many connections ask at once. Two would do on a quiet pooler.
const CONNECTIONS: i64 = 3;

/// So many statements each prepares.
const STATEMENTS: i64 = 3;

/// Whoever hasn't answered by then isn't judged.
const PATIENCE: Duration = Duration::from_secs(5);

/// Asks questions that differ, one connection after the other and then all at once, none in a transaction that would hold a pooler to
/// one connection, and compares the answers.
///
/// PostgreSQL itself passes always: what isn't clearly a mix-up (no connection left, an outage) judges nobody. Takes a dozen round trips.
///
/// # Errors
/// An answer to another question, or a name of a statement that is in use or unknown.
pub async fn check(options: &PgConnectOptions) -> Result<(), Mixed> {
    timeout(PATIENCE, ask_all(options)).await.unwrap_or_else(|_| {
        tracing::warn!("whether DATABASE_URL keeps prepared statements apart wasn't found out in time");
        Ok(())
    })
}

async fn ask_all(options: &PgConnectOptions) -> Result<(), Mixed> {
    let connections = join_all((0..CONNECTIONS).map(|_| PgConnection::connect_with(options))).await;
    let mut connections: Vec<_> = connections.into_iter().filter_map(Result::ok).zip(0..).collect();
    // In turn: a pooler gives the same connection to each, where the names are taken by the one before.
    for statement in 0..STATEMENTS {
        for (connection, number) in &mut connections {
            ask(connection, *number, statement).await?;
        }
    }
    // At once: a pooler gives them different ones than those they prepared their statements on.
    let results = join_all(connections.iter_mut().map(async |(connection, number)| {
        for statement in (0..STATEMENTS * 2).rev() {
            ask(connection, *number, statement).await?;
        }
        Ok(())
    }));
    let result = results.await.into_iter().collect();
    join_all(connections.into_iter().map(|(connection, _)| connection.close())).await;
    result
}

/// A statement that only this connection knows under this name.
async fn ask(connection: &mut PgConnection, number: i64, statement: i64) -> Result<(), Mixed> {
    let own = number * 1_000 + statement;
    let question = format!("select $1::bigint + {own}");
    match sqlx::query_scalar::<_, i64>(&question).bind(1_000_000_i64).fetch_one(connection).await {
        Ok(answer) if answer == 1_000_000 + own => Ok(()),
        Ok(_) => Err(Mixed("an answer belongs to another question".to_owned())),
        Err(error) => judge(&error),
    }
}

fn judge(error: &sqlx::Error) -> Result<(), Mixed> {
    match error {
        sqlx::Error::Database(database)
            // duplicate_prepared_statement, invalid_sql_statement_name, "cached plan must not change result type".
            if matches!(database.code().as_deref(), Some("42P05" | "26000" | "0A000")) =>
        {
            Err(Mixed(database.message().to_owned()))
        }
        // An answer that isn't of the kind that was asked for.
        sqlx::Error::Protocol(_) | sqlx::Error::ColumnDecode { .. } | sqlx::Error::Decode(_) | sqlx::Error::RowNotFound => {
            Err(Mixed("an answer is of another kind than was asked for".to_owned()))
        }
        error => {
            tracing::debug!(%error, "the check of the pooler was not answered");
            Ok(())
        }
    }
}
