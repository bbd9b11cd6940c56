//! The chain of the audit log (`docs/database.md`, "The audit chain").

use sqlx::PgConnection;
use time::Date;

use crate::server::database::Failure;

/// Adds to the chain what is sure to be complete; gives how many rows. As long as it gives any, there may be more. It has to come first in its
/// transaction.
pub async fn seal(db: &mut PgConnection) -> Result<u64, Failure> {
    let rows = sqlx::query_scalar!(r#"select seal_audit() as "rows!""#).fetch_one(db).await?;
    Ok(rows.unsigned_abs())
}

/// Removes rows of days before this one, oldest first, up to 10,000; gives how many. The database refuses to remove what is younger than 30 days.
pub async fn remove(db: &mut PgConnection, before: Date) -> Result<u64, Failure> {
    let rows = sqlx::query_scalar!(r#"select remove_audit($1) as "rows!""#, before).fetch_one(db).await?;
    Ok(rows.unsigned_abs())
}
