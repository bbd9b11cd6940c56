//! Who calls the API, what they may do, and how often. One layer finds it out for every path.

use std::sync::Arc;

use axum::{
    extract::{FromRequestParts, Request, State},
    http::{Extensions, HeaderMap, header, request::Parts},
    middleware::Next,
    response::{IntoResponse, Response},
};

use super::{
    super::origin::is_own,
    limits::{Limits, Source},
    problem::Problem,
};
use crate::{
    domain::scope::{Scope, Scopes},
    error::AppError,
    server::{
        auth::{
            AuthSession, sessions,
            tokens::{By, Login},
        },
        client::Client,
        database::{Actor, Database},
        request::client_of,
        state::AppState,
        store::accounts::User,
    },
};

/// What the layer needs.
#[derive(Clone, Debug)]
pub struct Gate {
    state: AppState,
    limits: Arc<Limits>,
}

impl Gate {
    /// With nobody counted yet.
    pub fn new(state: AppState) -> Self {
        let limits = Arc::new(Limits::new(state.config.api_limit));
        Self { state, limits }
    }
}

/// Who calls: an account, and by which login.
#[derive(Clone, Debug)]
pub struct Caller {
    login: Arc<Login>,
    /// The way to the database for this login.
    pub database: Database,
    /// The device.
    pub client: Client,
}

impl Caller {
    /// Whose rows it is about.
    pub fn actor(&self) -> Actor {
        Actor { user: self.login.user.id }
    }

    /// The account.
    pub fn user(&self) -> &User {
        &self.login.user
    }

    /// What it may do altogether, and what that comes from.
    pub fn login(&self) -> &Login {
        &self.login
    }

    /// Refuses a login without this scope.
    pub fn may(&self, scope: Scope) -> Result<(), Problem> {
        if self.login.scopes.has(scope) { Ok(()) } else { Err(Problem::InsufficientScope(scope)) }
    }

    /// The row of the session, for who is logged in with one.
    pub fn session_row(&self) -> Option<&str> {
        match &self.login.by {
            By::Session(row) => Some(row),
            _ => None,
        }
    }
}

impl<S: Send + Sync> FromRequestParts<S> for Caller {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        parts.extensions.get::<Self>().cloned().ok_or(Problem::App(AppError::NotLoggedIn))
    }
}

/// The device that calls, whoever it is.
#[derive(Clone, Debug)]
pub struct Device(pub Client);

impl<S: Send + Sync> FromRequestParts<S> for Device {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        parts.extensions.get::<Self>().cloned().ok_or(Problem::App(AppError::Internal))
    }
}

/// Finds out who calls, refuses a token that is none, and counts the request.
pub async fn pass(State(gate): State<Gate>, mut request: Request, next: Next) -> Response {
    let client = client_of(request.headers(), request.extensions(), &gate.state.config);
    let refuse = |problem: Problem| {
        let seconds = if let Problem::TooManyRequests(seconds) = problem { seconds } else { 0 };
        let mut answer = problem.into_response();
        gate.limits.refuse(seconds, answer.headers_mut());
        answer
    };
    let network = Source::network(client.ip_address);
    if let Err(problem) = gate.limits.check(network) {
        return refuse(problem);
    }
    let found = find(&gate.state, request.headers(), request.extensions(), &client).await;
    let source = match &found {
        Ok(Some(caller)) => Source::User(caller.user().id),
        // Who tries tokens is counted, too.
        _ => network,
    };
    let left = match gate.limits.count(source) {
        Ok(left) => left,
        Err(problem) => return refuse(problem),
    };
    let mut answer = match found {
        Ok(caller) => {
            request.extensions_mut().insert(Device(client));
            if let Some(caller) = caller {
                request.extensions_mut().insert(caller);
            }
            next.run(request).await
        }
        Err(problem) => problem.into_response(),
    };
    if let Some(left) = left {
        left.tell(answer.headers_mut());
    }
    answer
}

async fn find(
    state: &AppState,
    headers: &HeaderMap,
    extensions: &Extensions,
    client: &Client,
) -> Result<Option<Caller>, Problem> {
    let caller = |login: Login, database| Caller { login: Arc::new(login), database, client: client.clone() };
    if let Some(token) = bearer(headers) {
        let login = match state.backend.token_login(token, &state.config.issuer(), &state.clock).await {
            Err(AppError::NotLoggedIn) => return Err(Problem::InvalidToken),
            login => login?,
        };
        return allowed(caller(login, state.database.clone())).map(Some);
    }
    let Some(AuthSession { user: Some(user), session, .. }) = extensions.get::<AuthSession>() else {
        return Ok(None);
    };
    // A cookie comes with whatever a browser sends; a token doesn't.
    if !is_own(headers, state.config.public_url.as_ref()) {
        return Ok(None);
    }
    let Some(row) = sessions::row_id(session) else { return Ok(None) };
    let database = state.database.clone().for_session(&row, sessions::wrote(session).await);
    let login = Login { user: user.clone(), scopes: Scopes::ALL, by: By::Session(row) };
    allowed(caller(login, database)).map(Some)
}

/// Refuses who has to set up a second factor first.
fn allowed(caller: Caller) -> Result<Caller, Problem> {
    if caller.user().confined { Err(Problem::App(AppError::FactorRequired)) } else { Ok(caller) }
}

/// The token of `Authorization: Bearer …` (RFC 6750), if there is that header.
fn bearer(headers: &HeaderMap) -> Option<&str> {
    let text = headers.get(header::AUTHORIZATION).and_then(|value| value.to_str().ok());
    // Another scheme may be that of a proxy in front.
    let bearer = text.and_then(|text| text.split_once(' ')).filter(|(scheme, _)| scheme.eq_ignore_ascii_case("bearer"));
    bearer.map(|(_, token)| token.trim())
}
