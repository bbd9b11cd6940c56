//! Requests that programs send again: what was answered the first time (IETF draft-ietf-httpapi-idempotency-key-header).

use std::sync::Arc;

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use sqlx::{Executor, PgConnection, types::Json};
use time::{Duration, OffsetDateTime};
use uuid::Uuid;

use crate::{
    domain::id::ChangeId,
    error::AppError,
    server::database::{Actor, Database, Failure, Work},
};

/// How long an answer is kept.
pub const KEPT: Duration = Duration::hours(24);

/// What a request is known by when it comes again.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Key {
    hash: [u8; 32],
    fingerprint: [u8; 32],
}

impl Key {
    /// Of the key that the program chose, and of all that makes the request.
    pub fn new(key: &str, request: &[&[u8]]) -> Self {
        let fingerprint = request.iter().fold(Sha256::new(), |hash, part| {
            // With its length, so that no two requests run together into the same bytes.
            hash.chain_update(part.len().to_be_bytes()).chain_update(part)
        });
        Self { hash: Sha256::digest(key).into(), fingerprint: fingerprint.finalize().into() }
    }
}

/// An answer, as it is kept.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Answer {
    /// The HTTP status.
    pub status: u16,
    /// The version of the task, for its `ETag`.
    pub version: Option<u64>,
    /// Where what was made is found.
    pub location: Option<String>,
    /// What was said.
    pub body: serde_json::Value,
}

/// Does `work` as one act of `actor`. A request that was answered already gets that answer again, and nothing is done. Errors: those of
/// `work`, which leave nothing behind; `KeyReused` where the key belongs to another request; `KeyInUse` where the first one is
/// still being worked on after a second.
pub async fn once(
    database: &Database,
    actor: Actor,
    key: Option<Key>,
    now: OffsetDateTime,
    work: impl for<'c> Fn(&'c mut PgConnection, Actor) -> Work<'c, Answer> + Send + Sync + 'static,
) -> Result<Answer, AppError> {
    let work = Arc::new(work);
    let change = ChangeId(Uuid::now_v7());
    let done = database.write(actor, change, move |db, actor| {
        let (key, work) = (key.clone(), Arc::clone(&work));
        Box::pin(async move {
            let Some(key) = key else { return work(db, actor).await };
            take_turn(&mut *db, actor, &key).await?;
            if let Some(answer) = kept(&mut *db, actor, &key, now).await? {
                return Ok(answer);
            }
            let answer = work(&mut *db, actor).await?;
            keep(db, actor, &key, &answer, now).await?;
            Ok(answer)
        })
    });
    done.await
}

/// Waits until no other transaction works under this key.
async fn take_turn(db: &mut PgConnection, actor: Actor, key: &Key) -> Result<(), Failure> {
    db.execute("set local lock_timeout = '1s'").await?;
    let name = format!("{} {:x?}", actor.user, key.hash);
    let locked = sqlx::query!("select pg_advisory_xact_lock(hashtextextended($1, 0))", name).fetch_one(&mut *db).await;
    match locked {
        Ok(_) => {
            db.execute("set local lock_timeout = 0").await?;
            Ok(())
        }
        // lock_not_available
        Err(sqlx::Error::Database(error)) if error.code().as_deref() == Some("55P03") => {
            Err(Failure::App(AppError::KeyInUse))
        }
        Err(error) => Err(error.into()),
    }
}

/// What was answered to the request with this key, not longer than a day ago. Error: `KeyReused`.
pub async fn kept(
    db: &mut PgConnection,
    actor: Actor,
    key: &Key,
    now: OffsetDateTime,
) -> Result<Option<Answer>, Failure> {
    let row = sqlx::query!(
        r#"select fingerprint, answer as "answer: Json<Answer>", created_at from idempotency_keys
           where user_id = $1 and key_hash = $2"#,
        actor.user.0,
        &key.hash
    )
    .fetch_optional(&mut *db)
    .await?;
    let Some(row) = row else { return Ok(None) };
    if row.created_at + KEPT < now {
        sqlx::query!("delete from idempotency_keys where user_id = $1 and key_hash = $2", actor.user.0, &key.hash)
            .execute(db)
            .await?;
        return Ok(None);
    }
    if row.fingerprint != key.fingerprint {
        return Err(Failure::App(AppError::KeyReused));
    }
    Ok(Some(row.answer.0))
}

/// Keeps an answer.
pub async fn keep(
    db: &mut PgConnection,
    actor: Actor,
    key: &Key,
    answer: &Answer,
    now: OffsetDateTime,
) -> Result<(), Failure> {
    // As text: what sqlx takes for JSON would lose the order of its fields.
    let answer = serde_json::to_string(answer).map_err(|error| sqlx::Error::Encode(Box::new(error)))?;
    sqlx::query!(
        "insert into idempotency_keys (user_id, key_hash, fingerprint, answer, created_at)
         values ($1, $2, $3, $4::text::json, $5)",
        actor.user.0,
        &key.hash,
        &key.fingerprint,
        answer,
        now
    )
    .execute(db)
    .await?;
    Ok(())
}

/// Removes up to `limit` answers that were kept long enough; gives how many.
pub async fn forget(db: &mut PgConnection, now: OffsetDateTime, limit: i64) -> Result<u64, Failure> {
    let gone = sqlx::query!(
        "delete from idempotency_keys where (user_id, key_hash) in
             (select user_id, key_hash from idempotency_keys where created_at < $1 order by created_at limit $2
              for update skip locked)",
        now - KEPT,
        limit
    );
    Ok(gone.execute(db).await?.rows_affected())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn another_request_has_another_fingerprint() {
        let of = |parts: &[&str]| Key::new("k", &parts.iter().map(|part| part.as_bytes()).collect::<Vec<_>>());
        assert_eq!(of(&["POST", "/tasks", "{}"]), of(&["POST", "/tasks", "{}"]));
        assert_ne!(of(&["POST", "/tasks", "{}"]), of(&["POST", "/task", "s{}"]));
    }
}
