//! Accounts as who runs this Docket sees them: the statements of the context `administer`. What an admin asks for by the web looks first
//! whether who acts is one.

use sqlx::PgConnection;
use time::OffsetDateTime;

use super::{events, mail};
use crate::{
    domain::{
        account::Email,
        admin::{AccountLine, AccountPage, Order},
        factor::{Policy, Required},
        id::UserId,
    },
    error::AppError,
    server::{
        client::Client,
        clock::Local,
        database::{Actor, Failure},
    },
};

/// How many accounts stand on a page.
const PAGE: i64 = 50;

/// The most characters that are searched for.
const SEARCH: usize = 255;

/// Refuses whoever is no admin: for them there is nothing here.
async fn check(db: &mut PgConnection, actor: Actor) -> Result<(), Failure> {
    let admin = sqlx::query_scalar!(
        r#"select exists (select from users where id = $1 and role = 'admin' and is_active) as "is!""#,
        actor.user.0
    );
    if admin.fetch_one(db).await? { Ok(()) } else { Err(Failure::App(AppError::NotFound)) }
}

/// Up to 50 accounts, the newest first: those with `search` in name or address, older than `before`.
pub async fn list(
    db: &mut PgConnection,
    actor: Actor,
    search: &str,
    before: Option<UserId>,
    local: &Local,
) -> Result<AccountPage, Failure> {
    check(&mut *db, actor).await?;
    // No name has U+0000 in it, which PostgreSQL doesn't take.
    let search: String = search.trim().chars().take(SEARCH).map(|c| if c == '\0' { '\u{fffd}' } else { c }).collect();
    let total = sqlx::query_scalar!(
        r#"select count(*) as "total!" from users where position(lower($1) in lower(name || ' ' || email)) > 0"#,
        search
    );
    let total = total.fetch_one(&mut *db).await?;
    let rows = sqlx::query!(
        r#"select id, name, email, role = 'admin' as "is_admin!", is_active, created_at,
               (select max(last_seen_at) from sessions where user_id = users.id) as used
           from users where position(lower($1) in lower(name || ' ' || email)) > 0 and ($2::uuid is null or id < $2)
           order by id desc limit $3"#,
        search,
        before.map(|id| id.0),
        PAGE + 1
    );
    let mut rows = rows.fetch_all(db).await?;
    let more = rows.len() > usize::try_from(PAGE).unwrap_or_default();
    rows.truncate(usize::try_from(PAGE).unwrap_or_default());
    let next = rows.last().filter(|_| more).map(|row| UserId(row.id));
    let accounts = rows.into_iter().map(|row| AccountLine {
        own: row.id == actor.user.0,
        id: UserId(row.id),
        name: row.name,
        email: row.email,
        is_admin: row.is_admin,
        is_active: row.is_active,
        since: local.at(row.created_at),
        used: row.used.map(|used| local.at(used)),
    });
    Ok(AccountPage { accounts: accounts.collect(), total, next, today: local.now().day })
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

/// Does something to an account; whether there is one.
pub async fn apply(db: &mut PgConnection, account: UserId, order: Order) -> Result<bool, Failure> {
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
        sqlx::query!("delete from sessions where user_id = $1", account.0).execute(&mut *db).await?;
    }
    if order == Order::ResetFactors {
        reset_factors(db, account).await?;
    }
    Ok(done.rows_affected() == 1)
}

/// Does something to somebody else's account, and tells its owner.
pub async fn order(db: &mut PgConnection, actor: Actor, account: UserId, order: Order) -> Result<(), Failure> {
    // One after the other: two admins who make members of each other would leave none.
    sqlx::query!("select pg_advisory_xact_lock(hashtextextended('an order', 0))").fetch_one(&mut *db).await?;
    check(&mut *db, actor).await?;
    if account == actor.user {
        return Err(Failure::App(AppError::Malformed));
    }
    if !apply(&mut *db, account, order).await? {
        return Err(Failure::App(AppError::NotFound));
    }
    if order.ends_sessions() {
        mail::end_links(&mut *db, account).await?;
    }
    // Not from where: that is the admin's own.
    events::record_by(db, Some(actor.user), account, order.event(), &Client::default()).await
}

/// Takes away all that somebody can show besides the password.
async fn reset_factors(db: &mut PgConnection, account: UserId) -> Result<(), Failure> {
    sqlx::query!("select forget_factors($1)", account.0).execute(db).await?;
    Ok(())
}

/// Who has to have a second factor, for who runs this Docket.
pub async fn policy(db: &mut PgConnection, actor: Actor, local: &Local) -> Result<Policy, Failure> {
    check(&mut *db, actor).await?;
    let row = sqlx::query!("select required, from_when from factor_policy").fetch_one(db).await?;
    let required = Required::parse(&row.required).unwrap_or_default();
    Ok(Policy { required, from: local.at(row.from_when), today: local.now().day })
}

/// Asks these people for a second factor, from then on.
pub async fn set_policy(
    db: &mut PgConnection,
    actor: Actor,
    required: Required,
    from: OffsetDateTime,
) -> Result<(), Failure> {
    check(&mut *db, actor).await?;
    sqlx::query!("update factor_policy set required = $1, from_when = $2", required.as_str(), from)
        .execute(&mut *db)
        .await?;
    events::record_by(db, Some(actor.user), actor.user, "policy", &Client::default()).await
}
