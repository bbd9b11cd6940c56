//! Sign-ins of who acts by other providers: connecting one, and taking it away.

use sqlx::PgConnection;
use time::OffsetDateTime;

use super::sign_in::Tokens;
use crate::{
    domain::id::SignInId,
    error::AppError,
    server::database::{Actor, Failure},
};

/// What became of connecting a sign-in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Added {
    /// It is connected now.
    New,
    /// It was already.
    Own,
    /// It is connected to somebody else's account.
    Others,
}

/// Connects who acts with who they are to a provider.
pub async fn add(
    db: &mut PgConnection,
    actor: Actor,
    id: SignInId,
    (provider, subject): (&str, &str),
    tokens: &Tokens,
    now: OffsetDateTime,
) -> Result<Added, Failure> {
    let added = sqlx::query!(
        "insert into accounts (id, user_id, provider, provider_account_id, access_token, refresh_token, expires_at, created_at)
         values ($1, $2, $3, $4, $5, $6, $7, $8) on conflict do nothing",
        id.0,
        actor.user.0,
        provider,
        subject,
        tokens.access,
        tokens.refresh,
        tokens.expires,
        now
    );
    if added.execute(&mut *db).await?.rows_affected() == 1 {
        return Ok(Added::New);
    }
    let own = sqlx::query_scalar!(
        r#"select exists (select from accounts where user_id = $1 and provider = $2 and provider_account_id = $3) as "own!""#,
        actor.user.0,
        provider,
        subject
    );
    Ok(if own.fetch_one(db).await? { Added::Own } else { Added::Others })
}

/// Takes a sign-in of who acts away. Error: `NotFound`.
pub async fn end(db: &mut PgConnection, actor: Actor, id: SignInId) -> Result<(), Failure> {
    let ended = sqlx::query!("delete from accounts where user_id = $1 and id = $2", actor.user.0, id.0);
    if ended.execute(db).await?.rows_affected() == 1 { Ok(()) } else { Err(Failure::App(AppError::NotFound)) }
}
