//! To another provider and back: `/login/with/{provider}`, which the links "Continue with …" lead to. Two plain routes, so that it works
//! without scripts.

use axum::{
    Router,
    extract::{Path, RawQuery, Request, State},
    response::{IntoResponse, Redirect, Response},
    routing::get,
};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::origin::is_from_own_page;
use crate::{
    domain::{
        id::UserId,
        path::{SECOND_STEP, local_path, login_path, value, with, with_next},
        sign_in::Problem,
    },
    error::AppError,
    server::{
        auth::{AuthSession, sessions},
        client::Client,
        database::Actor,
        providers::{Departure, Identity, Provider, Return},
        request::{client_of, enter_with, keep_in, take_from},
        state::AppState,
        store::accounts::User,
    },
};

/// The paths: to the provider, and back.
pub const PATHS: [&str; 2] = ["/login/with/{provider}", "/login/with/{provider}/done"];

/// Where somebody lands who didn't ask for another page.
const HOME: &str = "/today";

/// Where sign-ins are connected.
const SETTINGS: &str = "/settings/security";

/// How many seconds somebody may be away.
const AWAY: i64 = 600;

/// Where a session keeps who is away.
const AWAY_KEY: &str = "away";

/// Somebody who is at a provider's.
#[derive(Serialize, Deserialize)]
struct Away {
    provider: String,
    state: String,
    nonce: String,
    verifier: String,
    /// Where to go afterwards.
    next: String,
    /// Whose account is to be connected, if one is.
    connects: Option<UserId>,
    /// Since when, in seconds of Unix time.
    since: i64,
}

/// Why it led nowhere, and the page that says so.
struct Refused(Problem, &'static str);

impl IntoResponse for Refused {
    fn into_response(self) -> Response {
        Redirect::to(&with(self.1, "problem", self.0.code())).into_response()
    }
}

/// For who is to be logged in, not connected.
fn at_login(problem: impl Into<Problem>) -> Refused {
    Refused(problem.into(), "/login")
}

/// For who is logged in.
fn at_settings(problem: impl Into<Problem>) -> Refused {
    Refused(problem.into(), SETTINGS)
}

/// The routes.
pub fn routes(state: AppState) -> Router {
    let [start, done] = PATHS;
    Router::new().route(start, get(depart)).route(done, get(come_back)).with_state(state)
}

/// Where a provider sends people back to.
fn way_back(state: &AppState, provider: &Provider) -> String {
    format!("{}/login/with/{}/done", state.config.site(), provider.key)
}

/// Sends somebody to a provider: to log in, or, with `connect` in the query, to connect the account. That takes a login of the last minutes,
/// and a link on a page of Docket's own: nobody is to connect somebody else's account with what is theirs.
async fn depart(
    State(state): State<AppState>,
    Path(key): Path<String>,
    session: AuthSession,
    request: Request,
) -> Result<Response, Refused> {
    let query = request.uri().query().unwrap_or_default();
    let next = value(query, "next").as_deref().and_then(local_path).unwrap_or(HOME).to_owned();
    let connects = match (&session.user, value(query, "connect")) {
        (None, Some(_)) => return Ok(Redirect::to(&login_path(SETTINGS)).into_response()),
        (None, None) => None,
        (Some(_), None) => return Ok(Redirect::to(&next).into_response()),
        (Some(user), Some(_)) => {
            let fresh = is_fresh(&state, &session, user).await.map_err(at_settings)?;
            if !fresh || user.confined || !is_from_own_page(request.headers(), state.config.public_url.as_ref()) {
                return Err(at_settings(Problem::NotFresh));
            }
            Some(user.id)
        }
    };
    let refused = |problem: Problem| Refused(problem, if connects.is_some() { SETTINGS } else { "/login" });
    let providers = state.backend.providers();
    let provider = providers.get(&key).ok_or(refused(Problem::Unknown))?;
    let departure = providers.depart(provider, &way_back(&state, provider)).await.map_err(refused)?;
    let Departure { url, state: expected, nonce, verifier } = departure;
    let since = state.clock.now_utc().unix_timestamp();
    let away = Away { provider: key, state: expected, nonce, verifier, next, connects, since };
    keep_in(&session, AWAY_KEY, &away).await.map_err(|error| refused(error.into()))?;
    Ok(Redirect::to(&url).into_response())
}

async fn is_fresh(state: &AppState, session: &AuthSession, user: &User) -> Result<bool, AppError> {
    let Some(row) = sessions::row_id(&session.session) else { return Ok(false) };
    state.backend.is_fresh(Actor { user: user.id }, row, &state.clock).await
}

/// Takes somebody in who comes back from a provider.
async fn come_back(
    State(state): State<AppState>,
    Path(key): Path<String>,
    session: AuthSession,
    RawQuery(query): RawQuery,
    request: Request,
) -> Result<Response, Refused> {
    let away: Option<Away> = take_from(&session, AWAY_KEY).await.map_err(at_login)?;
    let since = state.clock.now_utc().unix_timestamp() - AWAY;
    let away = away.filter(|away| away.provider == key && away.since > since).ok_or(at_login(Problem::Expired))?;
    let client = client_of(request.headers(), request.extensions(), &state.config);
    let (connects, next) = (away.connects, away.next.clone());
    match connects {
        // Whoever is logged in by now.
        Some(id) => match session.user.clone().filter(|user| user.id == id) {
            Some(user) => connect(&state, &user, away, &query.unwrap_or_default(), client).await,
            None => Err(at_login(Problem::Expired)),
        },
        None => log_in(&state, session, away, &query.unwrap_or_default(), client, &next).await,
    }
}

async fn connect(state: &AppState, user: &User, away: Away, query: &str, client: Client) -> Result<Response, Refused> {
    let (provider, identity) = identify(state, away, query).await.map_err(at_settings)?;
    state.backend.connect(user, &provider, identity, client, &state.clock).await.map_err(at_settings)?;
    Ok(Redirect::to(SETTINGS).into_response())
}

async fn log_in(
    state: &AppState,
    session: AuthSession,
    away: Away,
    query: &str,
    client: Client,
    next: &str,
) -> Result<Response, Refused> {
    let (provider, identity) = identify(state, away, query).await.map_err(at_login)?;
    let open = state.config.registration_open;
    let user = state.backend.arrive(&provider, identity, open, client.clone(), &state.clock).await.map_err(at_login)?;
    match enter_with(state, session, &user, &client).await {
        Ok(()) => Ok(Redirect::to(next).into_response()),
        Err(AppError::SecondFactorNeeded) => Ok(Redirect::to(&with_next(SECOND_STEP, next)).into_response()),
        Err(error) => Err(at_login(error)),
    }
}

/// Who came back with this query.
async fn identify(state: &AppState, away: Away, query: &str) -> Result<(Provider, Identity), Problem> {
    let providers = state.backend.providers();
    let provider = providers.get(&away.provider).ok_or(Problem::Unknown)?;
    // Compared by what doesn't tell how far they are the same.
    let marked = |text: &str| Sha256::digest(text.as_bytes());
    if marked(&value(query, "state").unwrap_or_default()) != marked(&away.state) {
        return Err(Problem::Expired);
    }
    // Another provider's answer (RFC 9207).
    if value(query, "iss").is_some_and(|issuer| issuer != provider.issuer) {
        return Err(Problem::Untrusted);
    }
    let code = value(query, "code").filter(|_| value(query, "error").is_none()).ok_or(Problem::Cancelled)?;
    let back = Return { code, nonce: away.nonce, verifier: away.verifier };
    let identity = providers.identify(provider, &way_back(state, provider), back, state.clock.now_utc()).await?;
    Ok((provider.clone(), identity))
}
