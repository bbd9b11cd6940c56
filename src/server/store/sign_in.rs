//! What has to be found before anybody is known: a session by its hash, an account by its address, a link by its code. These are all the
//! statements of the context `sign_in`, which sees everybody's rows (`docs/database.md`, "Who may do what"); nothing else does.

use sqlx::PgConnection;
use time::OffsetDateTime;
use uuid::Uuid;

use super::{
    accounts::User,
    events::place,
    mail::{Code, Letter, Link, Purpose, Subject, json},
};
use crate::{
    domain::{
        account::{Email, Name, Profile},
        id::{SignInId, TokenId, UserId},
        scope::{Scope, Scopes},
    },
    error::AppError,
    server::{client::Client, database::Failure, pictures::Picture},
};

/// Makes an account; without a password for who comes by another provider. An address that has one already breaks `users_email_key`, which the scope turns into a message at
/// the field.
pub async fn create(
    db: &mut PgConnection,
    email: &Email,
    name: &Name,
    time_zone: &str,
    password_hash: Option<&str>,
) -> Result<User, Failure> {
    let id = Uuid::now_v7();
    // One after the other, so that there is one first account: its owner runs this Docket.
    sqlx::query!("select pg_advisory_xact_lock(hashtextextended('the first account', 0))").fetch_one(&mut *db).await?;
    let row = sqlx::query_as!(
        Row,
        r#"insert into users (id, email, name, time_zone, password_hash, role)
           values ($1, $2, $3, $4, $5, (case when exists (select from users) then 'member' else 'admin' end)::user_role)
           returning id, name, email, email_verified_at is not null as "verified!", role = 'admin' as "is_admin!", image,
               time_zone, session_epoch, password_hash, lacks_factor(id) as "confined!""#,
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
    confined: bool,
}

impl From<Row> for User {
    fn from(row: Row) -> Self {
        let Row { id, name, email, verified, is_admin, image, time_zone, session_epoch, confined, .. } = row;
        let profile = Profile { name, email, verified, is_admin, image };
        Self { id: UserId(id), profile, time_zone, epoch: session_epoch, confined }
    }
}

/// The active account with this address and its password hash.
pub async fn by_email(db: &mut PgConnection, email: &Email) -> Result<Option<(User, Option<String>)>, Failure> {
    let row = sqlx::query_as!(
        Row,
        r#"select id, name, email, email_verified_at is not null as "verified!", role = 'admin' as "is_admin!", image,
               time_zone, session_epoch, password_hash, lacks_factor(id) as "confined!"
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
               time_zone, session_epoch, null as password_hash, lacks_factor(id) as "confined!"
           from users where id = $1 and is_active"#,
        id.0
    )
    .fetch_optional(db)
    .await?;
    Ok(row.map(User::from))
}

/// Whether a password, or another provider's word, isn't enough to let somebody in.
pub async fn asks_second_step(db: &mut PgConnection, user: UserId) -> Result<bool, Failure> {
    let asks = sqlx::query_scalar!(r#"select asks_second_step($1) as "asks!""#, user.0);
    Ok(asks.fetch_one(db).await?)
}

/// The sealed secret that an app makes codes from for this account, if they are asked for.
pub async fn totp(db: &mut PgConnection, user: UserId) -> Result<Option<Vec<u8>>, Failure> {
    let secret =
        sqlx::query_scalar!("select secret from totp_secrets where user_id = $1 and confirmed_at is not null", user.0);
    Ok(secret.fetch_optional(db).await?)
}

/// Uses up the codes of this step, and those of all before; whether they weren't yet (RFC 6238, 5.2). Of many at once, one.
pub async fn use_step(db: &mut PgConnection, user: UserId, step: i64) -> Result<bool, Failure> {
    let done = sqlx::query!(
        "update totp_secrets set last_step = $2 where user_id = $1 and confirmed_at is not null and last_step < $2",
        user.0,
        step
    );
    Ok(done.execute(db).await?.rows_affected() == 1)
}

/// Uses up a backup code; whether there was one. Of many at once, one.
pub async fn use_backup_code(db: &mut PgConnection, user: UserId, mark: &[u8]) -> Result<bool, Failure> {
    let done = sqlx::query!("delete from backup_codes where user_id = $1 and mark = $2", user.0, mark);
    Ok(done.execute(db).await?.rows_affected() == 1)
}

/// Takes away what somebody can show besides the password.
pub async fn forget_factors(db: &mut PgConnection, user: UserId) -> Result<(), Failure> {
    sqlx::query!("select forget_factors($1)", user.0).execute(db).await?;
    Ok(())
}

/// A passkey of this account that may be used, as webauthn-rs keeps it. Held until the transaction ends: of two with one counter one is
/// refused.
pub async fn hold_passkey(
    db: &mut PgConnection,
    user: UserId,
    credential_id: &[u8],
) -> Result<Option<serde_json::Value>, Failure> {
    let credential = sqlx::query_scalar!(
        "select credential from passkeys where user_id = $1 and credential_id = $2 for update",
        user.0,
        credential_id
    );
    Ok(credential.fetch_optional(db).await?)
}

/// Notes that a passkey was used, and what it says of itself since.
pub async fn use_passkey(
    db: &mut PgConnection,
    credential_id: &[u8],
    credential: &serde_json::Value,
    now: OffsetDateTime,
) -> Result<(), Failure> {
    sqlx::query!(
        "update passkeys set credential = $2, last_used_at = $3 where credential_id = $1",
        credential_id,
        credential,
        now
    )
    .execute(db)
    .await?;
    Ok(())
}

/// A sign-in by another provider.
#[derive(Debug)]
pub struct Known {
    /// Its row.
    pub id: SignInId,
    /// Whose it is; nobody's who is let in where the account is disabled.
    pub user: Option<User>,
}

/// The sign-in of who has this name at a provider.
pub async fn by_provider(db: &mut PgConnection, provider: &str, subject: &str) -> Result<Option<Known>, Failure> {
    let row = sqlx::query!(
        "select id, user_id from accounts where provider = $1 and provider_account_id = $2",
        provider,
        subject
    );
    let Some(row) = row.fetch_optional(&mut *db).await? else { return Ok(None) };
    let user = by_id(db, UserId(row.user_id)).await?;
    Ok(Some(Known { id: SignInId(row.id), user }))
}

/// What a provider gave for its own programs, sealed.
#[derive(Clone, Debug)]
pub struct Tokens {
    /// What they take.
    pub access: Vec<u8>,
    /// What gives another one of those.
    pub refresh: Option<Vec<u8>>,
    /// Until when the first works.
    pub expires: Option<OffsetDateTime>,
}

/// Connects an account with who it is to a provider. Error: `Unavailable` where somebody else was first, in this very moment.
pub async fn connect(
    db: &mut PgConnection,
    user: UserId,
    id: SignInId,
    (provider, subject): (&str, &str),
    tokens: &Tokens,
    now: OffsetDateTime,
) -> Result<(), Failure> {
    let connected = sqlx::query!(
        "insert into accounts (id, user_id, provider, provider_account_id, access_token, refresh_token, expires_at, created_at)
         values ($1, $2, $3, $4, $5, $6, $7, $8) on conflict (provider, provider_account_id) do nothing",
        id.0,
        user.0,
        provider,
        subject,
        tokens.access,
        tokens.refresh,
        tokens.expires,
        now
    );
    let connected = connected.execute(db).await?.rows_affected() == 1;
    if connected { Ok(()) } else { Err(Failure::App(AppError::Unavailable)) }
}

/// Keeps newer tokens of a sign-in; a token that gives others stays where there is no new one.
pub async fn keep_tokens(db: &mut PgConnection, id: SignInId, tokens: &Tokens) -> Result<(), Failure> {
    sqlx::query!(
        "update accounts set access_token = $2, refresh_token = coalesce($3, refresh_token), expires_at = $4 where id = $1",
        id.0,
        tokens.access,
        tokens.refresh,
        tokens.expires
    )
    .execute(db)
    .await?;
    Ok(())
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

/// What a code is for, without using it; `None` if it is for nothing any more.
pub async fn look(
    db: &mut PgConnection,
    code: &Code,
    purposes: &[Purpose],
    now: OffsetDateTime,
) -> Result<Option<Link>, Failure> {
    let names: Vec<_> = purposes.iter().map(|purpose| purpose.name().to_owned()).collect();
    let row = sqlx::query!(
        r#"select user_id, purpose as "purpose: Purpose", verifications.email as proves, users.email,
               email_verified_at is not null as "verified!", name
           from verifications join users on users.id = user_id
           where code_hash = $1 and purpose::text = any($2) and expires_at > $3 and is_active
               -- A link that went to an address of before is nobody's.
               and (purpose = 'change_email' or lower(verifications.email) = lower(users.email))"#,
        code.hash(),
        &names,
        now
    );
    Ok(row.fetch_optional(db).await?.map(|row| Link {
        user: UserId(row.user_id),
        purpose: row.purpose,
        proves: row.proves,
        email: row.email,
        verified: row.verified,
        name: row.name,
    }))
}

/// As [`look`], and uses the code up: of many at the same time one gets the link.
pub async fn redeem(
    db: &mut PgConnection,
    code: &Code,
    purposes: &[Purpose],
    now: OffsetDateTime,
) -> Result<Option<Link>, Failure> {
    let Some(link) = look(&mut *db, code, purposes, now).await? else { return Ok(None) };
    let used = sqlx::query!("delete from verifications where code_hash = $1 and expires_at > $2", code.hash(), now);
    let used = used.execute(db).await?.rows_affected();
    Ok((used == 1).then_some(link))
}

/// Has a link for another password sent to `email`, if an account has this address. It ends the one before, sent or not. One statement
/// whether there is such an account or not, so that nobody learns it from the time (`security.md` 7).
pub async fn post_reset_link(
    db: &mut PgConnection,
    email: &Email,
    client: &Client,
    now: OffsetDateTime,
) -> Result<(), Failure> {
    let purpose = Purpose::Reset;
    sqlx::query!(
        "with owner as (select id from users where is_active and lower(email) = $1),
         former as (delete from outbox where user_id in (select id from owner) and letter ->> 'purpose' = $2::text),
         link as (
             insert into verifications (id, user_id, purpose, email, created_at)
             select $3, id, $2::text::verification_purpose, $1, $4 from owner
             on conflict (user_id, purpose) do update
                 set email = excluded.email, code_hash = null, expires_at = null, created_at = excluded.created_at
             returning id, user_id)
         insert into outbox (id, user_id, verification_id, recipient, letter, next_try_at, created_at)
         select $5, user_id, id, $1, $6, $4, $4 from link",
        email.as_str(),
        purpose.name(),
        Uuid::now_v7(),
        now,
        Uuid::now_v7(),
        json(&Letter::new(Subject::Link { purpose }, client))
    )
    .execute(db)
    .await?;
    Ok(())
}

/// Notes that a login with this address failed, if it has an account.
pub async fn record_failure(db: &mut PgConnection, email: &Email, client: &Client) -> Result<(), Failure> {
    sqlx::query!(
        "insert into audit_logs (change_id, action, entity_type, entity_id, new_values)
         select $1, 'login_failed', 'account', id::text, $3 from users where lower(email) = $2 for key share",
        Uuid::now_v7(),
        email.as_str(),
        place(client)
    )
    .execute(db)
    .await?;
    Ok(())
}

/// The picture with this hash, whoever has it.
pub async fn picture(db: &mut PgConnection, hash: &str) -> Result<Option<Picture>, Failure> {
    let picture =
        sqlx::query_as!(Picture, "select bytes, content_type, hash from pictures where hash = $1 limit 1", hash);
    Ok(picture.fetch_optional(db).await?)
}

/// A session as its row holds it.
#[derive(Clone, Debug)]
pub struct SessionRow {
    /// A hash of the cookie's token.
    pub id: String,
    /// The record, without the token.
    pub data: Vec<u8>,
    /// Who is logged in.
    pub user: Option<Uuid>,
    /// The device.
    pub client: Client,
}

/// Begins a session; whether its id was free.
pub async fn begin_session(db: &mut PgConnection, row: &SessionRow, now: OffsetDateTime) -> Result<bool, Failure> {
    let begun = sqlx::query!(
        "insert into sessions (id, data, user_id, ip_address, user_agent, created_at, last_seen_at, expiry_date, absolute_expiry)
         values ($1, $2, $3, $4::text::inet, $5, $6, $6,
             -- One that nobody is logged in with holds the first half of a login, or what a passkey has to sign.
             $6::timestamptz + case when $3::uuid is null then interval '1 hour' else interval '14 days' end,
             $6::timestamptz + interval '90 days')
         on conflict (id) do nothing",
        row.id,
        row.data,
        row.user,
        row.client.ip_address.map(|address| address.to_string()),
        row.client.user_agent,
        now
    );
    Ok(begun.execute(db).await?.rows_affected() == 1)
}

/// Writes a session and notes that it is in use, if it is still there: one that was ended stays ended.
pub async fn save_session(db: &mut PgConnection, row: &SessionRow, now: OffsetDateTime) -> Result<(), Failure> {
    sqlx::query!(
        "update sessions
         set data = $2, user_id = $3, ip_address = $4::text::inet, user_agent = $5, last_seen_at = $6,
             expiry_date = least(
                 $6::timestamptz + case when $3::uuid is null then interval '1 hour' else interval '14 days' end, absolute_expiry)
         where id = $1",
        row.id,
        row.data,
        row.user,
        row.client.ip_address.map(|address| address.to_string()),
        row.client.user_agent,
        now
    )
    .execute(db)
    .await?;
    Ok(())
}

/// What there is of a session that isn't over.
#[derive(Debug)]
pub struct Loaded {
    /// The record, without the token.
    pub data: Vec<u8>,
    /// How far the database was when the session last wrote (`Position`); none where there is no replica.
    pub wrote: Option<i64>,
    /// Whose it is.
    pub user: Option<User>,
    /// Whether its use wasn't noted for so long that it has to be (`touch_session`).
    pub stale: bool,
}

/// The record of a session that isn't over, and the active account that it belongs to, whose the rest of the transaction is.
pub async fn load_session(db: &mut PgConnection, id: &str, now: OffsetDateTime) -> Result<Option<Loaded>, Failure> {
    let row = sqlx::query!(
        r#"select data, (wrote_lsn - '0/0')::bigint as wrote, last_seen_at < $2::timestamptz - interval '5 minutes' as "stale!",
             users.id as "user?", name as "name?", email as "email?", email_verified_at is not null as "verified!",
             role = 'admin' as is_admin, image, time_zone as "time_zone?", session_epoch as "session_epoch?",
             lacks_factor(users.id) as confined,
             case when users.id is not null then set_config('role', 'docket_app', true) end as role,
             set_config('docket.user_id', coalesce(users.id::text, ''), true) as acts
         from sessions left join users on users.id = user_id and is_active where sessions.id = $1 and expiry_date > $2"#,
        id,
        now
    );
    Ok(row.fetch_optional(db).await?.map(|row| {
        let user = || {
            let (verified, is_admin, confined) = (row.verified, row.is_admin?, row.confined?);
            let profile = Profile { name: row.name?, email: row.email?, verified, is_admin, image: row.image };
            Some(User {
                id: UserId(row.user?),
                profile,
                time_zone: row.time_zone?,
                epoch: row.session_epoch?,
                confined,
            })
        };
        Loaded { user: { user }(), data: row.data, wrote: row.wrote, stale: row.stale }
    }))
}

/// Notes that a session is in use, which makes it last longer; at most every 5 minutes.
pub async fn touch_session(db: &mut PgConnection, id: &str, now: OffsetDateTime) -> Result<(), Failure> {
    let touched = sqlx::query!(
        "update sessions set last_seen_at = $2, expiry_date =
             least($2 + case when user_id is null then interval '1 hour' else interval '14 days' end, absolute_expiry)
         where id = $1 and expiry_date > $2 and last_seen_at < $2::timestamptz - interval '5 minutes'",
        id,
        now
    );
    touched.execute(db).await?;
    Ok(())
}

/// Ends a session. Fine for one that is over.
pub async fn end_session(db: &mut PgConnection, id: &str) -> Result<(), Failure> {
    sqlx::query!("delete from sessions where id = $1", id).execute(db).await?;
    Ok(())
}

/// What there is of a personal access token.
#[derive(Debug)]
pub struct Found {
    /// Whose it is.
    pub user: User,
    /// The token.
    pub token: TokenId,
    /// What it may do.
    pub scopes: Scopes,
    /// Whether its use wasn't noted for so long that it has to be (`touch_token`).
    pub stale: bool,
}

/// Who a personal access token belongs to, and what it may do, by its hash. The rest of the transaction is theirs.
pub async fn by_token(db: &mut PgConnection, hash: &[u8], now: OffsetDateTime) -> Result<Option<Found>, Failure> {
    let row = sqlx::query!(
        r#"select api_tokens.id as token, scopes, users.id, users.name, email, email_verified_at is not null as "verified!",
               role = 'admin' as "is_admin!", image, time_zone, session_epoch, lacks_factor(users.id) as "confined!",
               (last_used_at is null or last_used_at < $2::timestamptz - interval '5 minutes') as "stale!",
               set_config('role', 'docket_app', true) as role, set_config('docket.user_id', users.id::text, true) as acts
           from api_tokens join users on users.id = user_id
           where token_hash = $1 and (expires_at is null or expires_at > $2) and is_active and session_epoch = epoch"#,
        hash,
        now
    );
    Ok(row.fetch_optional(db).await?.map(|row| {
        let profile = Profile {
            name: row.name,
            email: row.email,
            verified: row.verified,
            is_admin: row.is_admin,
            image: row.image,
        };
        let user = User {
            id: UserId(row.id),
            profile,
            time_zone: row.time_zone,
            epoch: row.session_epoch,
            confined: row.confined,
        };
        let scopes = row.scopes.iter().filter_map(|scope| Scope::parse(scope)).collect();
        Found { user, token: TokenId(row.token), scopes, stale: row.stale }
    }))
}

/// Notes that a token is in use, at most every 5 minutes.
pub async fn touch_token(db: &mut PgConnection, id: TokenId, now: OffsetDateTime) -> Result<(), Failure> {
    let touched = sqlx::query!(
        "update api_tokens set last_used_at = $2
         where id = $1 and (last_used_at is null or last_used_at < $2::timestamptz - interval '5 minutes')",
        id.0,
        now
    );
    touched.execute(db).await?;
    Ok(())
}

/// What a signed token says that it was made from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Root {
    /// The session with this row.
    Session(String),
    /// A personal access token.
    Token(TokenId),
}

/// The account that a signed token is about, and the public half of the key that it names, as long as everything that it is made from is
/// still good. Nothing of this is proven before the signature is; the rest of the transaction is theirs.
pub async fn by_claims(
    db: &mut PgConnection,
    (kid, user, epoch): (&str, UserId, Uuid),
    root: &Root,
    now: OffsetDateTime,
) -> Result<Option<(User, Vec<u8>)>, Failure> {
    let (session, token) = match root {
        Root::Session(row) => (Some(row), None),
        Root::Token(id) => (None, Some(id.0)),
    };
    let row = sqlx::query!(
        r#"select public_key, users.id, name, email, email_verified_at is not null as "verified!", role = 'admin' as "is_admin!",
               image, time_zone, session_epoch, lacks_factor(users.id) as "confined!",
               set_config('role', 'docket_app', true) as role, set_config('docket.user_id', users.id::text, true) as acts
           from users, signing_keys
           where users.id = $2 and is_active and session_epoch = $3 and kid = $1 and signing_keys.expires_at > $6
               and (exists (select from sessions where sessions.id = $4 and user_id = users.id and expiry_date > $6)
                    or exists (select from api_tokens where api_tokens.id = $5 and user_id = users.id and epoch = session_epoch
                                   and (api_tokens.expires_at is null or api_tokens.expires_at > $6)))"#,
        kid,
        user.0,
        epoch,
        session,
        token,
        now
    );
    Ok(row.fetch_optional(db).await?.map(|row| {
        let profile = Profile {
            name: row.name,
            email: row.email,
            verified: row.verified,
            is_admin: row.is_admin,
            image: row.image,
        };
        let user = User {
            id: UserId(row.id),
            profile,
            time_zone: row.time_zone,
            epoch: row.session_epoch,
            confined: row.confined,
        };
        (user, row.public_key)
    }))
}

/// Adds the public half of a key, so that what it signs can be checked by every node.
pub async fn publish_key(
    db: &mut PgConnection,
    kid: &str,
    public: &[u8],
    (made, until): (OffsetDateTime, OffsetDateTime),
) -> Result<(), Failure> {
    sqlx::query!(
        "insert into signing_keys (kid, public_key, created_at, expires_at) values ($1, $2, $3, $4)",
        kid,
        public,
        made,
        until
    )
    .execute(db)
    .await?;
    Ok(())
}

/// Whether what this key signs can be checked.
pub async fn has_key(db: &mut PgConnection, kid: &str, now: OffsetDateTime) -> Result<bool, Failure> {
    let known = sqlx::query_scalar!(
        r#"select exists (select from signing_keys where kid = $1 and expires_at > $2) as "known!""#,
        kid,
        now
    );
    Ok(known.fetch_one(db).await?)
}

/// The public halves of all keys that are good, the newest first.
pub async fn keys(db: &mut PgConnection, now: OffsetDateTime) -> Result<Vec<(String, Vec<u8>)>, Failure> {
    let rows = sqlx::query!(
        "select kid, public_key from signing_keys where expires_at > $1 order by created_at desc, kid limit 1000",
        now
    );
    Ok(rows.fetch_all(db).await?.into_iter().map(|row| (row.kid, row.public_key)).collect())
}
