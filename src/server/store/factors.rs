//! The passkeys, codes and sign-ins of who acts.

use sqlx::PgConnection;
use time::OffsetDateTime;
use uuid::Uuid;
use webauthn_rs::prelude::Passkey;

use super::accounts;
use crate::{
    domain::{
        factor::{MOST, PasskeyInfo, PasskeyName, SignInInfo},
        id::{PasskeyId, SignInId},
    },
    error::{AppError, FieldErrors, Message},
    server::{
        clock::Local,
        database::{Actor, Failure},
    },
};

/// For how long an app can be set up after it was begun.
pub const DRAFT: time::Duration = time::Duration::minutes(30);

/// What there is besides passkeys and sign-ins.
#[derive(Clone, Debug)]
pub struct Overview {
    /// Whether there is a password.
    pub password: bool,
    /// The secret of an app, sealed, and whether it is in use; one that was begun too long ago isn't there.
    pub totp: Option<(Vec<u8>, bool)>,
    /// How many backup codes are left.
    pub backup_codes: i64,
    /// From when on a second factor is asked for, if it is.
    pub required: Option<OffsetDateTime>,
}

/// What who acts has.
pub async fn overview(db: &mut PgConnection, actor: Actor, now: OffsetDateTime) -> Result<Overview, Failure> {
    let row = sqlx::query!(
        r#"select password_hash is not null as "password!", secret as "secret?", confirmed_at is not null as "confirmed!",
               (select count(*) from backup_codes where backup_codes.user_id = users.id) as "codes!",
               (select from_when from factor_policy
                where required = 'everybody' or required = 'admins' and role = 'admin') as required
           from users left join totp_secrets
               on totp_secrets.user_id = users.id and (confirmed_at is not null or totp_secrets.created_at > $2)
           where users.id = $1"#,
        actor.user.0,
        now - DRAFT
    );
    let row = row.fetch_optional(db).await?.ok_or(Failure::App(AppError::NotLoggedIn))?;
    Ok(Overview {
        password: row.password,
        totp: row.secret.map(|secret| (secret, row.confirmed)),
        backup_codes: row.codes,
        required: row.required,
    })
}

/// Begins to set up an app, unless there is one in use; whether that was so.
pub async fn begin_totp(
    db: &mut PgConnection,
    actor: Actor,
    sealed: &[u8],
    now: OffsetDateTime,
) -> Result<bool, Failure> {
    let begun = sqlx::query!(
        "insert into totp_secrets (user_id, secret, created_at) values ($1, $2, $3)
         on conflict (user_id) do update set secret = excluded.secret, created_at = excluded.created_at, last_step = 0
             where totp_secrets.confirmed_at is null",
        actor.user.0,
        sealed,
        now
    );
    Ok(begun.execute(db).await?.rows_affected() == 1)
}

/// From now on the app's codes are asked for; the code of this step is used up. Whether that was so: of many at once, one.
pub async fn confirm_totp(
    db: &mut PgConnection,
    actor: Actor,
    sealed: &[u8],
    step: i64,
    now: OffsetDateTime,
) -> Result<bool, Failure> {
    let confirmed = sqlx::query!(
        "update totp_secrets set confirmed_at = $4, last_step = $3
         where user_id = $1 and secret = $2 and confirmed_at is null and created_at > $5",
        actor.user.0,
        sealed,
        step,
        now,
        now - DRAFT
    );
    Ok(confirmed.execute(db).await?.rows_affected() == 1)
}

/// Takes the app away; whether there was one.
pub async fn end_totp(db: &mut PgConnection, actor: Actor) -> Result<bool, Failure> {
    let ended = sqlx::query!("delete from totp_secrets where user_id = $1", actor.user.0);
    Ok(ended.execute(db).await?.rows_affected() == 1)
}

/// Gives who acts these backup codes instead of those from before.
pub async fn set_backup_codes(db: &mut PgConnection, actor: Actor, marks: &[Vec<u8>]) -> Result<(), Failure> {
    sqlx::query!("delete from backup_codes where user_id = $1", actor.user.0).execute(&mut *db).await?;
    sqlx::query!("insert into backup_codes (user_id, mark) select $1, unnest($2::bytea[])", actor.user.0, marks)
        .execute(db)
        .await?;
    Ok(())
}

/// The passkeys of who acts, the oldest first.
pub async fn passkeys(db: &mut PgConnection, actor: Actor, local: &Local) -> Result<Vec<PasskeyInfo>, Failure> {
    let rows = sqlx::query!(
        r#"select id, name, coalesce((credential #>> '{cred,backup_state}')::boolean, false) as "synced!", created_at, last_used_at
           from passkeys where user_id = $1 order by id limit 100"#,
        actor.user.0
    );
    let info = rows.fetch_all(db).await?.into_iter().map(|row| PasskeyInfo {
        id: PasskeyId(row.id),
        name: row.name,
        synced: row.synced,
        made: local.at(row.created_at),
        used: row.last_used_at.map(|at| local.at(at)),
    });
    Ok(info.collect())
}

/// The ids by which devices know the passkeys of who acts.
pub async fn credential_ids(db: &mut PgConnection, actor: Actor) -> Result<Vec<Vec<u8>>, Failure> {
    let ids = sqlx::query_scalar!("select credential_id from passkeys where user_id = $1 limit 100", actor.user.0);
    Ok(ids.fetch_all(db).await?)
}

/// Adds a passkey. Errors: `Invalid` at `name` for who has as many as there may be; `NotLoggedIn` for who was logged out everywhere while at
/// it; `Malformed` for one that is somebody's already.
pub async fn add_passkey(
    db: &mut PgConnection,
    actor: Actor,
    epoch: Uuid,
    (name, passkey): (&PasskeyName, &Passkey),
    now: OffsetDateTime,
) -> Result<(), Failure> {
    // Of many at once, one after the other.
    accounts::hold_epoch(&mut *db, actor, epoch).await?;
    let count = sqlx::query_scalar!(r#"select count(*) as "count!" from passkeys where user_id = $1"#, actor.user.0);
    if usize::try_from(count.fetch_one(&mut *db).await?).unwrap_or(MOST) >= MOST {
        return Err(Failure::App(FieldErrors::one("name", Message::TooManyPasskeys(MOST))));
    }
    let credential = serde_json::to_value(passkey).map_err(|_| Failure::App(AppError::Internal))?;
    let added = sqlx::query!(
        "insert into passkeys (id, user_id, name, credential_id, credential, created_at)
         values ($1, $2, $3, $4, $5, $6) on conflict (credential_id) do nothing",
        Uuid::now_v7(),
        actor.user.0,
        name.as_str(),
        passkey.cred_id().as_slice(),
        credential,
        now
    );
    if added.execute(db).await?.rows_affected() == 1 { Ok(()) } else { Err(Failure::App(AppError::Malformed)) }
}

/// Gives a passkey of who acts another name. Error: `NotFound`.
pub async fn name_passkey(
    db: &mut PgConnection,
    actor: Actor,
    id: PasskeyId,
    name: &PasskeyName,
) -> Result<(), Failure> {
    let named =
        sqlx::query!("update passkeys set name = $3 where user_id = $1 and id = $2", actor.user.0, id.0, name.as_str());
    if named.execute(db).await?.rows_affected() == 1 { Ok(()) } else { Err(Failure::App(AppError::NotFound)) }
}

/// Takes a passkey of who acts away. Error: `NotFound`.
pub async fn end_passkey(db: &mut PgConnection, actor: Actor, id: PasskeyId) -> Result<(), Failure> {
    let ended = sqlx::query!("delete from passkeys where user_id = $1 and id = $2", actor.user.0, id.0);
    if ended.execute(db).await?.rows_affected() == 1 { Ok(()) } else { Err(Failure::App(AppError::NotFound)) }
}

/// Sign-ins of who acts by other providers, the oldest first.
pub async fn sign_ins(db: &mut PgConnection, actor: Actor, local: &Local) -> Result<Vec<SignInInfo>, Failure> {
    let rows = sqlx::query!(
        "select id, provider, created_at from accounts where user_id = $1 order by id limit 100",
        actor.user.0
    );
    let info = rows.fetch_all(db).await?.into_iter().map(|row| SignInInfo {
        id: SignInId(row.id),
        provider: row.provider,
        made: local.at(row.created_at),
    });
    Ok(info.collect())
}

/// How many ways in there are without the password: passkeys, backup codes, sign-ins by other providers. Held until the transaction ends, so
/// that of two that are taken away at once the second is seen.
pub async fn hold_ways(db: &mut PgConnection, actor: Actor) -> Result<Ways, Failure> {
    sqlx::query!("select id from users where id = $1 for no key update", actor.user.0).fetch_optional(&mut *db).await?;
    let ways = sqlx::query_as!(
        Ways,
        r#"select password_hash is not null as "password!",
               (select count(*) from passkeys where user_id = users.id) as "passkeys!",
               (select count(*) from backup_codes where user_id = users.id) as "backup_codes!",
               (select count(*) from accounts where user_id = users.id) as "sign_ins!"
           from users where id = $1"#,
        actor.user.0
    );
    ways.fetch_optional(db).await?.ok_or(Failure::App(AppError::NotLoggedIn))
}

/// What somebody can get in by.
#[derive(Clone, Copy, Debug)]
pub struct Ways {
    /// Whether there is a password.
    pub password: bool,
    /// How many passkeys.
    pub passkeys: i64,
    /// How many backup codes.
    pub backup_codes: i64,
    /// How many sign-ins by other providers.
    pub sign_ins: i64,
}

impl Ways {
    /// Whether somebody gets in with these, even after something was lost: by the password, a provider, two passkeys, or one and backup codes.
    pub fn are_enough(self) -> bool {
        self.password || self.sign_ins > 0 || self.passkeys >= 2 || self.passkeys == 1 && self.backup_codes > 0
    }
}

/// Takes the password of who acts away.
pub async fn drop_password(db: &mut PgConnection, actor: Actor) -> Result<(), Failure> {
    sqlx::query!("update users set password_hash = null where id = $1", actor.user.0).execute(db).await?;
    Ok(())
}
