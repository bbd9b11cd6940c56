//! Accounts as who runs this Docket sees them. Each use case looks first whether who acts does.

use sqlx::PgConnection;

use super::{accounts, events, mail};
use crate::{
    domain::{
        admin::{AccountLine, AccountPage, Order},
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

/// Does something to somebody else's account, and tells its owner.
pub async fn order(db: &mut PgConnection, actor: Actor, account: UserId, order: Order) -> Result<(), Failure> {
    // One after the other: two admins who make members of each other would leave none.
    sqlx::query!("select pg_advisory_xact_lock(hashtextextended('an order', 0))").fetch_one(&mut *db).await?;
    check(&mut *db, actor).await?;
    if account == actor.user {
        return Err(Failure::App(AppError::Malformed));
    }
    if !accounts::order(&mut *db, account, order).await? {
        return Err(Failure::App(AppError::NotFound));
    }
    if order.ends_sessions() {
        mail::end_links(&mut *db, account).await?;
    }
    // Not from where: that is the admin's own.
    events::record_by(db, Some(actor.user), account, order.event(), &Client::default()).await
}
