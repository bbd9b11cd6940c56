//! The personal access tokens of who acts, and what is removed when it is over.

use sqlx::PgConnection;
use time::OffsetDateTime;
use uuid::Uuid;

use super::accounts;
use crate::{
    domain::{
        id::TokenId,
        scope::{Scope, Scopes},
        token::{MOST, TokenInfo, TokenName, TokenState},
    },
    error::{AppError, FieldErrors, Message},
    server::{
        clock::Local,
        database::{Actor, Failure},
    },
};

/// Those of who acts, the newest first.
pub async fn list(
    db: &mut PgConnection,
    actor: Actor,
    local: &Local,
    now: OffsetDateTime,
) -> Result<Vec<TokenInfo>, Failure> {
    let rows = sqlx::query!(
        r#"select api_tokens.id, api_tokens.name, scopes, hint, expires_at, last_used_at, api_tokens.created_at,
               epoch = session_epoch as "current!"
           from api_tokens join users on users.id = user_id
           where user_id = $1 order by api_tokens.created_at desc, api_tokens.id desc limit 1000"#,
        actor.user.0
    )
    .fetch_all(db)
    .await?;
    let tokens = rows.into_iter().map(|row| TokenInfo {
        id: TokenId(row.id),
        name: row.name,
        scopes: row.scopes.iter().filter_map(|scope| Scope::parse(scope)).collect(),
        hint: row.hint,
        made: local.at(row.created_at),
        used: row.last_used_at.map(|at| local.at(at)),
        expires: row.expires_at.map(|at| local.at(at)),
        state: match row.expires_at {
            _ if !row.current => TokenState::Ended,
            Some(at) if at <= now => TokenState::Expired,
            _ => TokenState::Good,
        },
    });
    Ok(tokens.collect())
}

/// A token that is to be made.
#[derive(Clone, Debug)]
pub struct Draft {
    /// What its owner calls it.
    pub name: TokenName,
    /// What it may do.
    pub scopes: Scopes,
    /// SHA-256 of it.
    pub hash: [u8; 32],
    /// Its last four characters.
    pub hint: String,
    /// When it is made.
    pub made: OffsetDateTime,
    /// When it ends by itself.
    pub expires: Option<OffsetDateTime>,
}

/// Makes a token for who acts. Errors: `Invalid` at `name` for who has as many as there may be; `NotLoggedIn` for who was logged out
/// everywhere while at it.
pub async fn make(db: &mut PgConnection, actor: Actor, epoch: Uuid, draft: &Draft) -> Result<(), Failure> {
    // Of many at once, one after the other.
    accounts::hold_epoch(&mut *db, actor, epoch).await?;
    let count = sqlx::query_scalar!(r#"select count(*) as "count!" from api_tokens where user_id = $1"#, actor.user.0);
    if usize::try_from(count.fetch_one(&mut *db).await?).unwrap_or(MOST) >= MOST {
        return Err(Failure::App(FieldErrors::one("name", Message::TooManyTokens(MOST))));
    }
    let scopes: Vec<_> = draft.scopes.iter().map(|scope| scope.as_str().to_owned()).collect();
    sqlx::query!(
        "insert into api_tokens (id, user_id, name, token_hash, hint, scopes, epoch, expires_at, created_at)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
        Uuid::now_v7(),
        actor.user.0,
        draft.name.as_str(),
        &draft.hash,
        draft.hint,
        &scopes,
        epoch,
        draft.expires,
        draft.made
    )
    .execute(db)
    .await?;
    Ok(())
}

/// Ends a token of who acts, and with it what was signed from it.
pub async fn end(db: &mut PgConnection, actor: Actor, id: TokenId) -> Result<(), Failure> {
    let ended = sqlx::query!("delete from api_tokens where user_id = $1 and id = $2", actor.user.0, id.0);
    if ended.execute(db).await?.rows_affected() == 1 { Ok(()) } else { Err(Failure::App(AppError::NotFound)) }
}

/// Removes up to `limit` tokens that ended by themselves before `before`; gives how many.
pub async fn remove_expired(db: &mut PgConnection, before: OffsetDateTime, limit: i64) -> Result<u64, Failure> {
    let removed = sqlx::query!(
        "delete from api_tokens where id in
             (select id from api_tokens where expires_at < $1 order by expires_at limit $2)",
        before,
        limit
    );
    Ok(removed.execute(db).await?.rows_affected())
}

/// Removes the keys that nothing is checked with any more; gives how many.
pub async fn remove_keys(db: &mut PgConnection, now: OffsetDateTime) -> Result<u64, Failure> {
    let removed = sqlx::query!("delete from signing_keys where expires_at <= $1", now);
    Ok(removed.execute(db).await?.rows_affected())
}
