//! Accounts as rows. These run before the caller is known.

use std::fmt;

use sqlx::PgConnection;
use time::OffsetDateTime;
use uuid::Uuid;

use crate::{
    domain::{
        account::{Email, Name, Profile},
        id::UserId,
    },
    server::database::{Actor, Failure},
};

/// An account that may act.
#[derive(Clone)]
pub struct User {
    /// Its id.
    pub id: UserId,
    /// What the pages show of it.
    pub profile: Profile,
    /// The name of their time zone, such as `Europe/Berlin` (IANA).
    pub time_zone: String,
    /// A session is good only in the epoch it began in; a new epoch ends them all.
    pub epoch: Uuid,
}

impl fmt::Debug for User {
    /// axum-login traces users: nothing but the id.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("User").field("id", &self.id).finish_non_exhaustive()
    }
}

/// Makes an account. An address that has one already breaks `users_email_key`, which the scope turns into a message at
/// the field.
pub async fn create(
    db: &mut PgConnection,
    email: &Email,
    name: &Name,
    time_zone: &str,
    password_hash: &str,
) -> Result<User, Failure> {
    let id = Uuid::now_v7();
    let epoch = sqlx::query_scalar!(
        "insert into users (id, email, name, time_zone, password_hash) values ($1, $2, $3, $4, $5) returning session_epoch",
        id,
        email.as_str(),
        name.as_str(),
        time_zone,
        password_hash
    )
    .fetch_one(db)
    .await?;
    let profile = Profile { name: name.as_str().to_owned(), email: email.as_str().to_owned() };
    Ok(User { id: UserId(id), profile, time_zone: time_zone.to_owned(), epoch })
}

/// The active account with this address and its password hash.
pub async fn by_email(db: &mut PgConnection, email: &Email) -> Result<Option<(User, Option<String>)>, Failure> {
    let row = sqlx::query!(
        "select id, name, email, time_zone, session_epoch, password_hash from users where lower(email) = $1 and is_active",
        email.as_str()
    )
    .fetch_optional(db)
    .await?;
    Ok(row.map(|row| {
        let profile = Profile { name: row.name, email: row.email };
        (User { id: UserId(row.id), profile, time_zone: row.time_zone, epoch: row.session_epoch }, row.password_hash)
    }))
}

/// The active account with this id.
pub async fn by_id(db: &mut PgConnection, id: UserId) -> Result<Option<User>, Failure> {
    let row = sqlx::query!("select name, email, time_zone, session_epoch from users where id = $1 and is_active", id.0)
        .fetch_optional(db)
        .await?;
    Ok(row.map(|row| User {
        id,
        profile: Profile { name: row.name, email: row.email },
        time_zone: row.time_zone,
        epoch: row.session_epoch,
    }))
}

/// Sets the time zone of who acts.
pub async fn set_time_zone(db: &mut PgConnection, actor: Actor, name: &str) -> Result<(), Failure> {
    sqlx::query!("update users set time_zone = $2 where id = $1", actor.user.0, name).execute(db).await?;
    Ok(())
}

/// Removes up to `limit` sessions that were over at `now`; gives how many.
pub async fn remove_sessions(db: &mut PgConnection, now: OffsetDateTime, limit: i64) -> Result<u64, Failure> {
    let result = sqlx::query!(
        "delete from sessions where id in
             (select id from sessions where expiry_date < $1 order by expiry_date limit $2 for update skip locked)",
        now,
        limit
    )
    .execute(db)
    .await?;
    Ok(result.rows_affected())
}
