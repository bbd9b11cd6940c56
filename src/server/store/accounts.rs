//! The account of who acts.

use std::fmt;

use sqlx::PgConnection;
use time::OffsetDateTime;
use uuid::Uuid;

use super::{events, mail};
use crate::{
    domain::{
        account::{Name, Profile, SessionInfo},
        id::UserId,
    },
    error::AppError,
    server::{
        client::{Client, device},
        clock::Local,
        database::{Actor, Failure},
    },
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
    /// Whether this Docket asks for a second factor that they don't have: until they do, there is nothing else for them.
    pub confined: bool,
}

impl fmt::Debug for User {
    /// axum-login traces users: nothing but the id.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("User").field("id", &self.id).finish_non_exhaustive()
    }
}

/// When the account of who acts was made, with the account itself. Error: `NotLoggedIn` for one that is gone.
pub async fn about(db: &mut PgConnection, actor: Actor) -> Result<(User, OffsetDateTime), Failure> {
    let row = sqlx::query!(
        r#"select name, email, email_verified_at is not null as "verified!", role = 'admin' as "is_admin!", image,
               time_zone, session_epoch, created_at, lacks_factor(id) as "confined!"
           from users where id = $1"#,
        actor.user.0
    );
    let row = row.fetch_optional(db).await?.ok_or(Failure::App(AppError::NotLoggedIn))?;
    let profile =
        Profile { name: row.name, email: row.email, verified: row.verified, is_admin: row.is_admin, image: row.image };
    let user =
        User { id: actor.user, profile, time_zone: row.time_zone, epoch: row.session_epoch, confined: row.confined };
    Ok((user, row.created_at))
}

/// Sets what who acts is called.
pub async fn set_name(db: &mut PgConnection, actor: Actor, name: &Name) -> Result<(), Failure> {
    sqlx::query!("update users set name = $2 where id = $1", actor.user.0, name.as_str()).execute(db).await?;
    Ok(())
}

/// Sets the time zone of who acts.
pub async fn set_time_zone(db: &mut PgConnection, actor: Actor, name: &str) -> Result<(), Failure> {
    sqlx::query!("update users set time_zone = $2 where id = $1", actor.user.0, name).execute(db).await?;
    Ok(())
}

/// The password hash of who acts; `None` for who signs in by another way.
pub async fn password_hash(db: &mut PgConnection, actor: Actor) -> Result<Option<String>, Failure> {
    let hash = sqlx::query_scalar!("select password_hash from users where id = $1", actor.user.0);
    Ok(hash.fetch_optional(db).await?.flatten())
}

/// Refuses who acts in an epoch that is over: everybody was logged out while they were at it. Holds it until the transaction ends. Error:
/// `NotLoggedIn`.
pub async fn hold_epoch(db: &mut PgConnection, actor: Actor, epoch: Uuid) -> Result<(), Failure> {
    let held = sqlx::query_scalar!(
        "select id from users where id = $1 and session_epoch = $2 and is_active for no key update",
        actor.user.0,
        epoch
    );
    held.fetch_optional(db).await?.map(|_| ()).ok_or(Failure::App(AppError::NotLoggedIn))
}

/// Gives who acts another password, and ends every session of the account by a new epoch.
pub async fn set_password(db: &mut PgConnection, actor: Actor, hash: &str) -> Result<(), Failure> {
    sqlx::query!(
        "update users set password_hash = $2, session_epoch = gen_random_uuid() where id = $1",
        actor.user.0,
        hash
    )
    .execute(&mut *db)
    .await?;
    sqlx::query!("delete from sessions where user_id = $1", actor.user.0).execute(db).await?;
    Ok(())
}

/// Notes that mail to the address of an account arrives.
pub async fn prove_email(db: &mut PgConnection, id: UserId, now: OffsetDateTime) -> Result<(), Failure> {
    sqlx::query!("update users set email_verified_at = coalesce(email_verified_at, $2) where id = $1", id.0, now)
        .execute(db)
        .await?;
    Ok(())
}

/// Gives an account another address, to which mail has arrived. Error: `AddressTaken`.
pub async fn set_email(db: &mut PgConnection, id: UserId, email: &str, now: OffsetDateTime) -> Result<(), Failure> {
    let changed = sqlx::query!("update users set email = $2, email_verified_at = $3 where id = $1", id.0, email, now);
    match changed.execute(db).await {
        Ok(_) => Ok(()),
        Err(sqlx::Error::Database(error)) if error.constraint() == Some("users_email_key") => {
            Err(Failure::App(AppError::AddressTaken))
        }
        Err(error) => Err(error.into()),
    }
}

/// A session that isn't over.
#[derive(Debug)]
pub struct LiveSession {
    /// Names it; no value that could be used to be logged in.
    pub id: String,
    /// Where it was last, as an IP address.
    pub ip_address: Option<String>,
    /// What the device says it is.
    pub user_agent: Option<String>,
    /// When it began.
    pub created_at: OffsetDateTime,
    /// When it was last used, to five minutes.
    pub last_seen_at: OffsetDateTime,
}

/// Where somebody is logged in as who acts: `current` first, then the last used.
pub async fn live_sessions(db: &mut PgConnection, actor: Actor, current: &str) -> Result<Vec<LiveSession>, Failure> {
    let sessions = sqlx::query_as!(
        LiveSession,
        "select id, host(ip_address) as ip_address, user_agent, created_at, last_seen_at from sessions
         where user_id = $1 and expiry_date > now() order by id <> $2, last_seen_at desc, id limit 100",
        actor.user.0,
        current
    );
    Ok(sessions.fetch_all(db).await?)
}

/// As [`live_sessions`], for the owner's eyes.
pub async fn sessions(
    db: &mut PgConnection,
    actor: Actor,
    current: &str,
    local: &Local,
) -> Result<Vec<SessionInfo>, Failure> {
    let sessions = live_sessions(db, actor, current).await?.into_iter().map(|session| SessionInfo {
        current: session.id == current,
        id: session.id,
        device: device(session.user_agent.as_deref()),
        place: session.ip_address,
        since: local.at(session.created_at),
        used: local.at(session.last_seen_at),
    });
    Ok(sessions.collect())
}

/// When a session of who acts began; `None` if it is over.
pub async fn session_began(db: &mut PgConnection, actor: Actor, row: &str) -> Result<Option<OffsetDateTime>, Failure> {
    let began =
        sqlx::query_scalar!("select created_at from sessions where user_id = $1 and id = $2", actor.user.0, row);
    Ok(began.fetch_optional(db).await?)
}

async fn end_session(db: &mut PgConnection, actor: Actor, id: &str) -> Result<(), Failure> {
    // What PostgreSQL would refuse as a text, such as U+0000, is no id.
    if !id.bytes().all(|byte| byte.is_ascii_graphic()) {
        return Err(Failure::App(AppError::NotFound));
    }
    let result =
        sqlx::query!("delete from sessions where user_id = $1 and id = $2", actor.user.0, id).execute(db).await?;
    if result.rows_affected() == 1 { Ok(()) } else { Err(Failure::App(AppError::NotFound)) }
}

/// Ends a session of who acts, because its owner wants so: what somebody else may have asked for there ends with it.
pub async fn revoke_session(db: &mut PgConnection, actor: Actor, id: &str, client: &Client) -> Result<(), Failure> {
    end_session(&mut *db, actor, id).await?;
    mail::end_links(&mut *db, actor.user).await?;
    events::record(db, actor.user, "session_ended", client).await
}

/// Ends every session of who acts but this one; gives how many.
pub async fn end_other_sessions(db: &mut PgConnection, actor: Actor, current: &str) -> Result<u64, Failure> {
    let result = sqlx::query!("delete from sessions where user_id = $1 and id <> $2", actor.user.0, current);
    Ok(result.execute(db).await?.rows_affected())
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
