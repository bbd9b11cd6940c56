//! What a server function may ask of the request it answers, and the status it answers with.

use std::{fmt, future::Future, net::SocketAddr};

use axum::{
    extract::ConnectInfo,
    http::{Extensions, HeaderMap, HeaderValue, StatusCode, header, request::Parts},
};
use leptos::prelude::use_context;
use leptos_axum::ResponseOptions;
use serde::{Serialize, de::DeserializeOwned};

use super::{
    auth::{AuthSession, Halfway, sessions},
    client::{self, Client},
    clock::Local,
    config::Config,
    database::{Actor, Database},
    metrics, preferences,
    state::AppState,
    store::accounts::User,
};
use crate::{
    domain::{preferences::Appearance, quick::Tongue},
    error::AppError,
};

/// Answers with what `work` gives. An error sets the status too: of the answer where the browser called the function, of
/// the page where the page did.
pub async fn answer<T>(work: impl Future<Output = Result<T, AppError>>) -> Result<T, AppError> {
    let result = work.await;
    if let Err(error) = &result {
        metrics::error(error);
    }
    if let (Err(error), Some(response)) = (&result, use_context::<ResponseOptions>()) {
        response.set_status(StatusCode::from_u16(error.status()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR));
        if let AppError::TooManyTries(seconds) = error {
            response.insert_header(header::RETRY_AFTER, HeaderValue::from(*seconds));
        }
    }
    result
}

/// As [`answer`], for who is logged in: `work` gets the database and who acts.
pub async fn answer_user<T, W: Future<Output = Result<T, AppError>>>(
    work: impl FnOnce(Database, Actor) -> W,
) -> Result<T, AppError> {
    answer(as_user(work)).await
}

/// As [`answer_user`], for what a page can do without: an error is that of the function, and the page keeps its status.
pub async fn answer_aside<T, W: Future<Output = Result<T, AppError>>>(
    work: impl FnOnce(Database, Actor) -> W,
) -> Result<T, AppError> {
    let result = as_user(work).await;
    // Guests have the pages, too.
    if let Err(error) = &result
        && *error != AppError::NotLoggedIn
    {
        metrics::error(error);
    }
    result
}

/// As [`answer_user`], also for who has to set up a second factor first: what they need for that.
pub async fn answer_confined<T, W: Future<Output = Result<T, AppError>>>(
    work: impl FnOnce(Database, Actor) -> W,
) -> Result<T, AppError> {
    answer(as_anybody(work)).await
}

async fn as_user<T, W: Future<Output = Result<T, AppError>>>(
    work: impl FnOnce(Database, Actor) -> W,
) -> Result<T, AppError> {
    if session()?.user.is_some_and(|user| user.confined) {
        return Err(AppError::FactorRequired);
    }
    as_anybody(work).await
}

async fn as_anybody<T, W: Future<Output = Result<T, AppError>>>(
    work: impl FnOnce(Database, Actor) -> W,
) -> Result<T, AppError> {
    let session = session()?;
    let actor = session.user.map(|user| Actor { user: user.id }).ok_or(AppError::NotLoggedIn)?;
    let row = sessions::row_id(&session.session).ok_or(AppError::NotLoggedIn)?;
    let wrote = sessions::wrote(&session.session).await;
    work(state()?.database.clone().for_session(&row, wrote), actor).await
}

/// The clock and the calendar of who is logged in.
pub fn local() -> Result<Local, AppError> {
    let user = session()?.user.ok_or(AppError::NotLoggedIn)?;
    Ok(Local::new(&user.time_zone, state()?.clock.now()))
}

/// How what people type is read: in the language of the page.
pub fn tongue() -> Result<Tongue, AppError> {
    let Appearance { language, order, .. } = preferences::appearance(&parts()?.headers, state()?.config.is_https());
    Ok(Tongue::of(language, order))
}

/// The running program.
pub fn state() -> Result<AppState, AppError> {
    use_context::<AppState>().ok_or_else(|| missing("state"))
}

/// The session of this request.
pub fn session() -> Result<AuthSession, AppError> {
    parts()?.extensions.get::<AuthSession>().cloned().ok_or_else(|| missing("session"))
}

/// The device that sent this request.
pub fn client() -> Result<Client, AppError> {
    let parts = parts()?;
    Ok(client_of(&parts.headers, &parts.extensions, &state()?.config))
}

/// The device that sent a request with these headers.
pub fn client_of(headers: &HeaderMap, extensions: &Extensions, config: &Config) -> Client {
    let user_agent = headers.get(header::USER_AGENT).and_then(|value| value.to_str().ok());
    let forwarded: Vec<_> = headers.get_all("x-forwarded-for").iter().filter_map(|value| value.to_str().ok()).collect();
    let peer = extensions.get::<ConnectInfo<SocketAddr>>();
    Client {
        ip_address: peer.map(|peer| client::origin(peer.0.ip(), &forwarded, &config.trusted_proxies)),
        user_agent: user_agent.map(|text| text.chars().take(500).collect()),
    }
}

fn parts() -> Result<Parts, AppError> {
    use_context::<Parts>().ok_or_else(|| missing("request"))
}

fn missing(what: &str) -> AppError {
    tracing::error!("a server function ran without its {what}");
    AppError::Internal
}

/// For how long the second step is waited for.
const HALFWAY: i64 = 600;

/// Where a session keeps who is halfway in.
const HALFWAY_KEY: &str = "halfway";

/// Lets in who has shown that an account is theirs by a password, a link of a mail, or another provider's word: logs in, unless the account
/// asks for a second step; then the session waits for that. Error: `SecondFactorNeeded`.
pub async fn enter(user: &User) -> Result<(), AppError> {
    enter_with(&state()?, session()?, user, &client()?).await
}

/// As [`enter`], where `session` is that of the request, and `client` the device.
pub async fn enter_with(state: &AppState, session: AuthSession, user: &User, client: &Client) -> Result<(), AppError> {
    if !state.backend.asks_second_step(user.id).await? {
        return begin_session(session, user, client).await;
    }
    renew(&session).await?;
    // What is asked for next may be asked of another node.
    keep_in(&session, HALFWAY_KEY, &Halfway::of(user, &state.clock)).await?;
    Err(AppError::SecondFactorNeeded)
}

/// Who is halfway in with this session. Error: `NotLoggedIn` for who isn't, or took longer than 10 minutes.
pub async fn halfway() -> Result<Halfway, AppError> {
    let found = session()?.session.get::<Halfway>(HALFWAY_KEY).await.map_err(|error| failed(&error))?;
    let since = state()?.clock.now_utc().unix_timestamp() - HALFWAY;
    found.filter(|halfway| halfway.since > since).ok_or(AppError::NotLoggedIn)
}

/// Keeps something for the next request of this browser, until it is taken. Where nobody is logged in, a session begins for it.
pub async fn keep<T: Serialize + Send + Sync>(key: &str, value: &T) -> Result<(), AppError> {
    keep_in(&session()?, key, value).await
}

/// As [`keep`], where `session` is that of the request.
pub async fn keep_in<T: Serialize + Send + Sync>(session: &AuthSession, key: &str, value: &T) -> Result<(), AppError> {
    session.session.insert(key, value).await.map_err(|error| failed(&error))?;
    session.session.save().await.map_err(|error| failed(&error))
}

/// Takes what [`keep`] has kept: it is there once.
pub async fn take<T: DeserializeOwned>(key: &str) -> Result<Option<T>, AppError> {
    take_from(&session()?, key).await
}

/// As [`take`], where `session` is that of the request.
pub async fn take_from<T: DeserializeOwned>(session: &AuthSession, key: &str) -> Result<Option<T>, AppError> {
    let taken = session.session.remove(key).await.map_err(|error| failed(&error))?;
    if taken.is_some() {
        session.session.save().await.map_err(|error| failed(&error))?;
    }
    Ok(taken)
}

/// Takes everything out of a session, and gives it another id.
async fn renew(session: &AuthSession) -> Result<(), AppError> {
    if session.session.id().is_some() {
        // Not `flush`: the session would be made again under the id it had.
        session.session.clear().await;
        session.session.cycle_id().await.map_err(|error| failed(&error))?;
    }
    Ok(())
}

/// Logs `user` in, in a session of its own: whatever session the request came with is ended, so that nobody can have
/// planted it (session fixation, ASVS 7.2.4).
pub async fn log_in(user: &User) -> Result<(), AppError> {
    begin_session(session()?, user, &client()?).await
}

/// As [`log_in`], where `session` is that of the request, and `client` the device.
pub async fn begin_session(mut session: AuthSession, user: &User, client: &Client) -> Result<(), AppError> {
    renew(&session).await?;
    session.login(user).await.map_err(|error| failed(&error))?;
    sessions::remember(&session.session, client).await.map_err(|error| failed(&error))
}

/// What somebody types to show once more who they are.
#[derive(Clone, Debug, Default)]
pub struct Proof {
    /// The password; not printed, not kept.
    pub password: Hidden,
    /// A code of the app, or a backup code, where the account asks for one.
    pub code: Hidden,
}

impl Proof {
    /// What was typed.
    pub fn new(password: String, code: String) -> Self {
        Self { password: Hidden(password), code: Hidden(code) }
    }
}

/// A text that doesn't print itself.
#[derive(Clone, Default)]
pub struct Hidden(pub String);

impl fmt::Debug for Hidden {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("…")
    }
}

/// Refuses who has to set up a second factor first. Error: `FactorRequired`.
pub fn unconfined() -> Result<(), AppError> {
    let confined = session()?.user.is_some_and(|user| user.confined);
    if confined { Err(AppError::FactorRequired) } else { Ok(()) }
}

/// Does what can't be taken back, for who is logged in and showed who they are in the last minutes, or does so now. Errors: those of `work`,
/// those of [`confirm`].
pub async fn confirmed<T, W: Future<Output = Result<T, AppError>>>(
    proof: Proof,
    work: impl FnOnce(User) -> W,
) -> Result<T, AppError> {
    let (state, user) = (state()?, session()?.user.ok_or(AppError::NotLoggedIn)?);
    let actor = Actor { user: user.id };
    if proof.password.0.is_empty() && state.backend.is_fresh(actor, session_row()?, &state.clock).await? {
        return work(user).await;
    }
    if !state.backend.has_password(actor).await? {
        // Nothing was typed that would make another session fresh.
        let user = confirm(proof).await?;
        return work(user).await;
    }
    let user = confirm(proof).await?;
    let done = work(user.clone()).await;
    // A new session, whose beginning says when this was. Not with a 5xx: the session layer wouldn't save it.
    if !matches!(done, Err(AppError::Unavailable | AppError::Internal)) {
        log_in(&user).await?;
        // The page that shows what was done asks for the session by its id, and it has none before it is saved.
        session()?.session.save().await.map_err(|error| failed(&error))?;
    }
    done
}

/// Who is logged in, with the password typed now, and a code where the account asks for one. Errors: `NotConfirmed` at `confirm_password`,
/// `CodeNotConfirmed` at `confirm_code`, `TooManyTries`; `LogInAgain` for who has no password.
pub async fn confirm(proof: Proof) -> Result<User, AppError> {
    let (state, client) = (state()?, client()?);
    let user = session()?.user.ok_or(AppError::NotLoggedIn)?;
    let actor = Actor { user: user.id };
    if !state.backend.has_password(actor).await? {
        let fresh = state.backend.is_fresh(actor, session_row()?, &state.clock).await?;
        return if fresh { Ok(user) } else { Err(AppError::LogInAgain) };
    }
    let Proof { password: Hidden(password), code: Hidden(code) } = proof;
    if password.is_empty() {
        return Err(AppError::NotConfirmed(false));
    }
    if !state.backend.is_password(actor, password, &client, &state.clock).await? {
        return Err(AppError::NotConfirmed(true));
    }
    state.backend.confirm_code(user.id, &code, &client, &state.clock).await?;
    Ok(user)
}

/// The id of the row of this request's session.
pub fn session_row() -> Result<String, AppError> {
    sessions::row_id(&session()?.session).ok_or(AppError::NotLoggedIn)
}

/// Ends the session of this request.
pub async fn log_out() -> Result<(), AppError> {
    end_session(session()?).await
}

/// As [`log_out`], where `session` is that of the request.
pub async fn end_session(mut session: AuthSession) -> Result<(), AppError> {
    session.logout().await.map(|_| ()).map_err(|error| failed(&error))
}

fn failed(error: &dyn std::fmt::Debug) -> AppError {
    tracing::error!(?error, "the session store failed");
    AppError::Unavailable
}
