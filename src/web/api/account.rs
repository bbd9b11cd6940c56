//! The account of who asks: `/api/v1/auth` and `/api/v1/me`.

use axum::{
    Json as Answered,
    extract::State,
    http::StatusCode,
    response::{IntoResponse, Response},
};
use serde::{Deserialize, Serialize};
use time::OffsetDateTime;
use utoipa::ToSchema;

use super::{
    super::data,
    bodies::{Event, EventPage, Events, event_page, given, new_change, stamp},
    caller::{Caller, Device},
    extract::{IdempotencyKey, Json, Query, Text, Whatever},
    openapi::{ACCOUNT, AUTH},
    problem::Problem,
};
use crate::{
    domain::{account::Name, id::UserId, scope::Scope},
    error::{AppError, FieldErrors},
    server::{
        auth::{AuthSession, Credentials, Halfway, Registration, tokens::By},
        client::device,
        clock,
        data::erase,
        database::Actor,
        request::{begin_session, end_session},
        state::AppState,
        store::{
            accounts::{self, LiveSession, User},
            events,
        },
    },
};

/// An account.
#[derive(Serialize, ToSchema)]
pub struct Account {
    /// UUID version 7.
    #[schema(format = "uuid", example = "019ab5f0-0000-7c80-9d9c-0a1b2c3d4e5f")]
    id: String,
    /// The address to log in with.
    #[schema(example = "ada@example.org")]
    email: String,
    /// What its owner wants to be called.
    #[schema(example = "Ada")]
    name: String,
    /// Whether mail to the address was seen to arrive.
    email_verified: bool,
    /// Whether its owner runs this Docket.
    is_admin: bool,
    /// The path of its picture.
    #[schema(required)]
    image: Option<String>,
    /// The zone that says which day it is (IANA).
    #[schema(example = "Europe/Berlin")]
    time_zone: String,
    /// When it was made.
    #[schema(format = DateTime, example = "2026-11-22T10:30:00.123456Z")]
    created_at: String,
}

impl From<(User, OffsetDateTime)> for Account {
    fn from((user, created_at): (User, OffsetDateTime)) -> Self {
        Self {
            id: user.id.to_string(),
            email: user.profile.email,
            name: user.profile.name,
            email_verified: user.profile.verified,
            is_admin: user.profile.is_admin,
            image: user.profile.image,
            time_zone: user.time_zone,
            created_at: stamp(created_at),
        }
    }
}

/// Who is logged in now.
#[derive(Serialize, ToSchema)]
pub struct LoggedIn {
    /// The account.
    user: Account,
}

async fn logged_in(state: &AppState, id: UserId) -> Result<LoggedIn, Problem> {
    Ok(LoggedIn { user: about(&state.database, Actor { user: id }).await? })
}

async fn about(database: &crate::server::database::Database, actor: Actor) -> Result<Account, Problem> {
    Ok(database.read(actor, |db, actor| Box::pin(accounts::about(db, actor))).await?.into())
}

/// A new account.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewAccount {
    /// Where mail reaches its owner; also to log in with.
    #[schema(format = "email", max_length = 255, example = "ada@example.org")]
    email: String,
    /// What its owner wants to be called. Trimmed.
    #[schema(min_length = 1, max_length = 100, example = "Ada")]
    name: String,
    /// Not one of the common ones, nor made of name and address.
    #[schema(format = Password, min_length = 8, max_length = 128, example = "correct horse battery")]
    password: String,
    /// The zone that says which day it is (IANA); UTC unless it is one that Docket knows.
    #[serde(default, deserialize_with = "given")]
    #[schema(value_type = String, required = false, example = "Europe/Berlin")]
    time_zone: Option<String>,
}

/// Makes an account and logs in.
///
/// The answer sets the session's cookie. Sent again with the same `Idempotency-Key` and the same password, it logs in to the account that
/// it made the first time.
#[utoipa::path(post, path = "/auth/register", tag = AUTH, operation_id = "register", security(()),
    request_body = NewAccount,
    responses((status = 201, description = "The account; the cookie logs in", body = LoggedIn)))]
pub async fn register(
    State(state): State<AppState>,
    Device(client): Device,
    session: AuthSession,
    key: IdempotencyKey,
    Json { value, .. }: Json<NewAccount>,
) -> Result<(StatusCode, Answered<LoggedIn>), Problem> {
    if !state.config.registration_open {
        return Err(Problem::from(AppError::RegistrationClosed));
    }
    let NewAccount { email, name, password, time_zone } = value;
    let time_zone = time_zone.unwrap_or_default();
    // Without the password, which is looked at in any case: it is not to be guessed from what is kept.
    let key = key.of(&[b"POST /auth/register", email.as_bytes(), name.as_bytes(), time_zone.as_bytes()]);
    let credentials = Credentials { email: email.clone(), password: password.clone() };
    let typed = Registration { name, email, password, time_zone };
    let user = match (state.backend.sign_up(typed, key.clone(), client.clone(), &state.clock).await, key) {
        (Err(taken), Some(key)) if taken.at("email").is_some() => {
            // Perhaps by this very request, whose answer was lost.
            let found =
                state.backend.signed_up(credentials, key, client.clone(), &state.clock).await.map_err(|_| taken)?;
            if state.backend.asks_second_step(found.id).await? {
                return Err(Problem::App(AppError::SecondFactorNeeded));
            }
            found
        }
        (user, _) => user?,
    };
    begin_session(session, &user, &client).await?;
    Ok((StatusCode::CREATED, Answered(logged_in(&state, user.id).await?)))
}

/// What somebody logs in with.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Login {
    /// The address of the account.
    #[schema(example = "ada@example.org")]
    email: String,
    /// Its password.
    #[schema(format = Password, example = "correct horse battery")]
    password: String,
    /// Where the account asks for a second step: what its app shows now, or a backup code.
    #[serde(default, deserialize_with = "given")]
    #[schema(value_type = String, required = false, max_length = 100, example = "123456")]
    code: Option<String>,
}

/// Logs in.
///
/// The answer sets the session's cookie. For a program without a browser a personal access token is better.
#[utoipa::path(post, path = "/auth/login", tag = AUTH, operation_id = "logIn", security(()),
    request_body = Login,
    responses((status = 200, description = "The account; the cookie logs in", body = LoggedIn)))]
pub async fn log_in(
    State(state): State<AppState>,
    Device(client): Device,
    session: AuthSession,
    Json { value: Login { email, password, code }, .. }: Json<Login>,
) -> Result<Answered<LoggedIn>, Problem> {
    let user = state.backend.log_in(Credentials { email, password }, client.clone(), &state.clock).await?;
    let user = match code {
        _ if !state.backend.asks_second_step(user.id).await? => user,
        None => return Err(Problem::App(AppError::SecondFactorNeeded)),
        Some(code) => {
            let halfway = Halfway::of(&user, &state.clock);
            state.backend.second_step(&halfway, &code, client.clone(), &state.clock).await?
        }
    };
    begin_session(session, &user, &client).await?;
    Ok(Answered(logged_in(&state, user.id).await?))
}

/// Ends the session, and takes its cookie away.
///
/// Fine for who has none.
#[utoipa::path(post, path = "/auth/logout", tag = AUTH, operation_id = "logOut", security((), ("session" = [])),
    responses((status = 204, description = "Nobody is logged in with the cookie any more")))]
pub async fn log_out(session: AuthSession, _: Whatever) -> Result<StatusCode, Problem> {
    end_session(session).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// A JWT.
#[derive(Serialize, ToSchema)]
pub struct IssuedToken {
    /// The JWT (RFC 7519), signed with EdDSA. Its key is in `/.well-known/jwks.json`.
    token: String,
    /// How it is to be sent: `Authorization: Bearer …`.
    #[schema(example = "Bearer")]
    token_type: &'static str,
    /// After how many seconds it ends.
    #[schema(minimum = 1, example = 900)]
    expires_in: u64,
    /// What it may do, divided by blanks.
    #[schema(example = "tasks:read tasks:write")]
    scope: String,
}

/// Makes a JWT that acts for who asks, for 15 minutes.
///
/// For a session it may do all that the session may, for a personal access token what the token may. It ends with what it was made from.
/// Any service can check it with the keys of `/.well-known/jwks.json`; `aud` is `docket-api`.
#[utoipa::path(post, path = "/auth/token", tag = AUTH, operation_id = "createToken",
    security(("session" = []), ("token" = [])),
    responses((status = 200, description = "The JWT", body = IssuedToken)))]
pub async fn token(
    State(state): State<AppState>,
    caller: Caller,
    _: Whatever,
) -> Result<Answered<IssuedToken>, Problem> {
    if matches!(caller.login().by, By::Jwt) {
        return Err(Problem::SessionNeeded);
    }
    let (token, expires_in) = state.backend.issue_jwt(caller.login(), &state.config.issuer(), &state.clock).await?;
    let scope = caller.login().scopes.to_string();
    Ok(Answered(IssuedToken { token, token_type: "Bearer", expires_in, scope }))
}

/// The account of who asks.
#[utoipa::path(get, path = "/me", tag = ACCOUNT, operation_id = "getMe",
    security(("session" = []), ("token" = ["account:read"])),
    responses((status = 200, description = "The account", body = Account)))]
pub async fn me(caller: Caller) -> Result<Answered<Account>, Problem> {
    caller.may(Scope::AccountRead)?;
    Ok(Answered(about(&caller.database, caller.actor()).await?))
}

/// What is to change of an account.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct AccountChanges {
    /// What its owner wants to be called. Trimmed.
    #[serde(default, deserialize_with = "given")]
    #[schema(value_type = String, required = false, min_length = 1, max_length = 100, example = "Ada L.")]
    name: Option<String>,
    /// The zone that says which day it is: one of IANA's names. Due dates stay what they are.
    #[serde(default, deserialize_with = "given")]
    #[schema(value_type = String, required = false, format = "time-zone", example = "Europe/Berlin")]
    time_zone: Option<String>,
}

/// Changes the account of who asks.
#[utoipa::path(patch, path = "/me", tag = ACCOUNT, operation_id = "updateMe",
    security(("session" = []), ("token" = ["account:write"])),
    request_body = AccountChanges,
    responses((status = 200, description = "The account as it is now", body = Account)))]
pub async fn update_me(caller: Caller, Json { value, .. }: Json<AccountChanges>) -> Result<Answered<Account>, Problem> {
    caller.may(Scope::AccountWrite)?;
    let mut errors = FieldErrors::default();
    let name = errors.check("name", value.name.as_deref().map(Name::parse).transpose()).flatten();
    let zone = value.time_zone;
    if zone.as_deref().is_some_and(|zone| !clock::is_zone(zone)) {
        errors.refuse("time_zone", "This is no time zone that Docket knows, such as Europe/Berlin.");
    }
    if !errors.is_empty() {
        return Err(errors.into());
    }
    let changed = caller.database.write(caller.actor(), new_change(), move |db, actor| {
        let (name, zone) = (name.clone(), zone.clone());
        Box::pin(async move {
            if let Some(name) = name {
                accounts::set_name(&mut *db, actor, &name).await?;
            }
            if let Some(zone) = zone {
                accounts::set_time_zone(&mut *db, actor, &zone).await?;
            }
            accounts::about(db, actor).await
        })
    });
    Ok(Answered(changed.await?.into()))
}

/// The password, for what can't be taken back.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Confirmation {
    /// The password of the account.
    #[schema(format = Password, example = "correct horse battery")]
    password: String,
    /// Where the account asks for a second step: what its app shows now, or a backup code.
    #[serde(default, deserialize_with = "given")]
    #[schema(value_type = String, required = false, max_length = 100, example = "123456")]
    code: Option<String>,
}

/// Erases the account of who asks, with everything that belongs to it, for good.
#[utoipa::path(delete, path = "/me", tag = ACCOUNT, operation_id = "eraseMe",
    security(("session" = []), ("token" = ["account:write"])),
    request_body = Confirmation,
    responses((status = 204, description = "It is gone")))]
pub async fn erase_me(
    State(state): State<AppState>,
    caller: Caller,
    session: AuthSession,
    Json { value, .. }: Json<Confirmation>,
) -> Result<StatusCode, Problem> {
    caller.may(Scope::AccountWrite)?;
    let right = state.backend.is_password(caller.actor(), value.password, &caller.client, &state.clock).await?;
    if !right {
        return Err(Problem::from(AppError::NotConfirmed(true)));
    }
    if state.backend.asks_second_step(caller.user().id).await? {
        let code = value.code.ok_or(AppError::CodeNotConfirmed(false))?;
        state.backend.check_code(caller.user().id, &code, &caller.client, &state.clock).await?;
    }
    erase(&state.database, caller.user()).await.map_err(|error| match error {
        AppError::Invalid(errors) => FieldErrors::one("password", errors.messages()),
        error => error,
    })?;
    if caller.session_row().is_some() {
        // The session is gone with the account; this takes the cookie away too. Where that fails, it leads nowhere.
        let _ = end_session(session).await;
    }
    Ok(StatusCode::NO_CONTENT)
}

/// Where somebody is logged in.
#[derive(Serialize, ToSchema)]
pub struct Sessions {
    /// The one that asks first, then the last used; 100 at most.
    sessions: Vec<Session>,
}

/// A device on which somebody is logged in.
#[derive(Serialize, ToSchema)]
pub struct Session {
    /// Names it; nobody can log in with it.
    #[schema(example = "q83vEjRWeJCrze8SNFZ4kA")]
    id: String,
    /// What it is, in words.
    #[schema(example = "Firefox on Linux")]
    device: String,
    /// Where it was last.
    #[schema(required, example = "192.0.2.7")]
    ip_address: Option<String>,
    /// When it began.
    #[schema(format = DateTime)]
    created_at: String,
    /// When it was last used, to five minutes.
    #[schema(format = DateTime)]
    last_seen_at: String,
    /// Whether it is the one that asks.
    current: bool,
}

/// Where the account is logged in.
#[utoipa::path(get, path = "/me/sessions", tag = ACCOUNT, operation_id = "listSessions",
    security(("session" = []), ("token" = ["account:read"])),
    responses((status = 200, description = "The sessions", body = Sessions)))]
pub async fn sessions(caller: Caller) -> Result<Answered<Sessions>, Problem> {
    caller.may(Scope::AccountRead)?;
    let current = caller.session_row().unwrap_or_default().to_owned();
    let row = current.clone();
    let read = caller.database.read(caller.actor(), move |db, actor| {
        let row = row.clone();
        Box::pin(async move { accounts::live_sessions(db, actor, &row).await })
    });
    let session = |LiveSession { id, ip_address, user_agent, created_at, last_seen_at }: LiveSession| Session {
        current: id == current,
        id,
        device: device(user_agent.as_deref()),
        ip_address,
        created_at: stamp(created_at),
        last_seen_at: stamp(last_seen_at),
    };
    Ok(Answered(Sessions { sessions: read.await?.into_iter().map(session).collect() }))
}

/// Ends a session.
#[utoipa::path(delete, path = "/me/sessions/{id}", tag = ACCOUNT, operation_id = "endSession",
    security(("session" = []), ("token" = ["account:write"])),
    params(("id" = String, Path, description = "The session")),
    responses((status = 204, description = "It is over")))]
pub async fn revoke_session(caller: Caller, Text(id): Text) -> Result<StatusCode, Problem> {
    caller.may(Scope::AccountWrite)?;
    let client = caller.client.clone();
    let ended = caller.database.write(caller.actor(), new_change(), move |db, actor| {
        let (id, client) = (id.clone(), client.clone());
        Box::pin(async move { accounts::revoke_session(db, actor, &id, &client).await })
    });
    ended.await?;
    Ok(StatusCode::NO_CONTENT)
}

/// What who asks did, and what happened to the account, the last first.
#[utoipa::path(get, path = "/me/audit", tag = ACCOUNT, operation_id = "getAudit",
    security(("session" = []), ("token" = ["account:read", "tasks:read"])),
    params(EventPage),
    responses((status = 200, description = "A page of events", body = Events)))]
pub async fn audit(caller: Caller, query: Query) -> Result<Answered<Events>, Problem> {
    caller.may(Scope::AccountRead)?;
    // Tasks are in it.
    caller.may(Scope::TasksRead)?;
    let (before, limit) = event_page(query)?;
    let read = caller
        .database
        .read(caller.actor(), move |db, actor| Box::pin(async move { events::audit(db, actor, before, limit).await }));
    let (rows, next) = read.await?;
    let events = rows.into_iter().map(Event::from).collect();
    Ok(Answered(Events { events, next_cursor: next.map(|id| id.to_string()) }))
}

/// Everything that Docket keeps of the account, as one file.
///
/// It is written while it is sent; where it breaks off, it isn't whole.
#[utoipa::path(get, path = "/me/export", tag = ACCOUNT, operation_id = "exportMe",
    security(("session" = []), ("token" = ["account:read", "tasks:read"])),
    responses((status = 200, description = "The file", content_type = "application/json", body = Object)))]
pub async fn export(State(state): State<AppState>, caller: Caller) -> Result<Response, Problem> {
    caller.may(Scope::AccountRead)?;
    // Tasks are in it.
    caller.may(Scope::TasksRead)?;
    Ok(data::everything(&state, caller.user()).await?.into_response())
}
