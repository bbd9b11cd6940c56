//! Accounts as rows. These run before the caller is known.

use std::fmt;

use sqlx::PgConnection;
use time::OffsetDateTime;
use uuid::Uuid;

use crate::{
    domain::{
        account::{Email, Name, Profile, SessionInfo},
        admin::Order,
        id::UserId,
    },
    error::AppError,
    server::{
        client::device,
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
    // One after the other, so that there is one first account: its owner runs this Docket.
    sqlx::query!("select pg_advisory_xact_lock(hashtextextended('the first account', 0))").fetch_one(&mut *db).await?;
    let row = sqlx::query_as!(
        Row,
        r#"insert into users (id, email, name, time_zone, password_hash, role)
           values ($1, $2, $3, $4, $5, (case when exists (select from users) then 'member' else 'admin' end)::user_role)
           returning id, name, email, email_verified_at is not null as "verified!", role = 'admin' as "is_admin!", image,
               time_zone, session_epoch, password_hash"#,
        id,
        email.as_str(),
        name.as_str(),
        time_zone,
        password_hash
    )
    .fetch_one(db)
    .await?;
    Ok(row.into())
}

/// What is read of an account to act for it.
struct Row {
    id: Uuid,
    name: String,
    email: String,
    verified: bool,
    is_admin: bool,
    image: Option<String>,
    time_zone: String,
    session_epoch: Uuid,
    password_hash: Option<String>,
}

impl From<Row> for User {
    fn from(row: Row) -> Self {
        let Row { id, name, email, verified, is_admin, image, time_zone, session_epoch, .. } = row;
        let profile = Profile { name, email, verified, is_admin, image };
        Self { id: UserId(id), profile, time_zone, epoch: session_epoch }
    }
}

/// The active account with this address and its password hash.
pub async fn by_email(db: &mut PgConnection, email: &Email) -> Result<Option<(User, Option<String>)>, Failure> {
    let row = sqlx::query_as!(
        Row,
        r#"select id, name, email, email_verified_at is not null as "verified!", role = 'admin' as "is_admin!", image,
               time_zone, session_epoch, password_hash
           from users where lower(email) = $1 and is_active"#,
        email.as_str()
    )
    .fetch_optional(db)
    .await?;
    Ok(row.map(|mut row| {
        let hash = row.password_hash.take();
        (row.into(), hash)
    }))
}

/// The active account with this id.
pub async fn by_id(db: &mut PgConnection, id: UserId) -> Result<Option<User>, Failure> {
    let row = sqlx::query_as!(
        Row,
        r#"select id, name, email, email_verified_at is not null as "verified!", role = 'admin' as "is_admin!", image,
               time_zone, session_epoch, null as password_hash
           from users where id = $1 and is_active"#,
        id.0
    )
    .fetch_optional(db)
    .await?;
    Ok(row.map(User::from))
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

/// An account, as who runs Docket sees it.
#[derive(Clone, Debug)]
pub struct Account {
    /// The address it logs in with.
    pub email: String,
    /// What its owner is called.
    pub name: String,
    /// Whether its owner may run this Docket.
    pub is_admin: bool,
    /// Whether it may be used.
    pub is_active: bool,
    /// When it was made.
    pub created_at: OffsetDateTime,
}

/// All accounts, the oldest first.
pub async fn all(db: &mut PgConnection) -> Result<Vec<Account>, Failure> {
    let accounts = sqlx::query_as!(
        Account,
        r#"select email, name, role = 'admin' as "is_admin!", is_active, created_at from users order by id"#
    );
    Ok(accounts.fetch_all(db).await?)
}

/// The account with this address, whether it may be used or not.
pub async fn find(db: &mut PgConnection, email: &Email) -> Result<Option<UserId>, Failure> {
    let id = sqlx::query_scalar!("select id from users where lower(email) = $1", email.as_str());
    Ok(id.fetch_optional(db).await?.map(UserId))
}

/// Does something to an account, for who runs this Docket; whether there is one.
pub async fn order(db: &mut PgConnection, account: UserId, order: Order) -> Result<bool, Failure> {
    let done = sqlx::query!(
        "update users set
             is_active = case $2 when 'disable' then false when 'enable' then true else is_active end,
             role = case $2 when 'make_admin' then 'admin' when 'make_member' then 'member' else role end,
             session_epoch = case when $3 then gen_random_uuid() else session_epoch end
         where id = $1",
        account.0,
        order.as_str(),
        order.ends_sessions()
    )
    .execute(&mut *db)
    .await?;
    if order.ends_sessions() {
        sqlx::query!("delete from sessions where user_id = $1", account.0).execute(db).await?;
    }
    Ok(done.rows_affected() == 1)
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

/// Whether an account has this address, active or not.
pub async fn has_email(db: &mut PgConnection, email: &Email) -> Result<bool, Failure> {
    let taken =
        sqlx::query_scalar!(r#"select exists (select from users where lower(email) = $1) as "taken!""#, email.as_str());
    Ok(taken.fetch_one(db).await?)
}

/// Replaces a hash by one of the same password, unless the password was changed meanwhile.
pub async fn renew_hash(db: &mut PgConnection, id: UserId, old: &str, new: &str) -> Result<(), Failure> {
    sqlx::query!("update users set password_hash = $3 where id = $1 and password_hash = $2", id.0, old, new)
        .execute(db)
        .await?;
    Ok(())
}

/// Where somebody is logged in as who acts: `current` first, then the last used.
pub async fn sessions(
    db: &mut PgConnection,
    actor: Actor,
    current: &str,
    local: &Local,
) -> Result<Vec<SessionInfo>, Failure> {
    let rows = sqlx::query!(
        r#"select id, host(ip_address) as place, user_agent, created_at, last_seen_at from sessions
           where user_id = $1 and expiry_date > now() order by id <> $2, last_seen_at desc, id limit 100"#,
        actor.user.0,
        current
    )
    .fetch_all(db)
    .await?;
    let sessions = rows.into_iter().map(|row| SessionInfo {
        current: row.id == current,
        id: row.id,
        device: device(row.user_agent.as_deref()),
        place: row.place,
        since: local.at(row.created_at),
        used: local.at(row.last_seen_at),
    });
    Ok(sessions.collect())
}

/// When a session of who acts began; `None` if it is over.
pub async fn session_began(db: &mut PgConnection, actor: Actor, row: &str) -> Result<Option<OffsetDateTime>, Failure> {
    let began =
        sqlx::query_scalar!("select created_at from sessions where user_id = $1 and id = $2", actor.user.0, row);
    Ok(began.fetch_optional(db).await?)
}

/// Ends a session of who acts.
pub async fn end_session(db: &mut PgConnection, actor: Actor, id: &str) -> Result<(), Failure> {
    // What PostgreSQL would refuse as a text, such as U+0000, is no id.
    if !id.bytes().all(|byte| byte.is_ascii_graphic()) {
        return Err(Failure::App(AppError::NotFound));
    }
    let result =
        sqlx::query!("delete from sessions where user_id = $1 and id = $2", actor.user.0, id).execute(db).await?;
    if result.rows_affected() == 1 { Ok(()) } else { Err(Failure::App(AppError::NotFound)) }
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
