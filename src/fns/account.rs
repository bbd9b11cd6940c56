//! To register, to log in, to log out, and who is logged in.

use leptos::prelude::*;

use crate::{
    domain::account::{Profile, Security, Strength, TimeZones, Visitor},
    error::AppError,
};

/// Makes an account and logs in.
///
/// `name` has 1 to 100 characters, `password` 8 to 128 and is not guessed soon ([`judge_password`]). Errors: `Invalid` at the fields, also for an address that has an
/// account; `RegistrationClosed`. `time_zone` is what the browser knows, or blank.
#[server(prefix = "/fn", endpoint = "register")]
pub async fn register(
    name: String,
    email: String,
    password: String,
    #[server(default)] time_zone: String,
) -> Result<Profile, AppError> {
    use crate::server::{auth::Registration, request};
    request::answer(async {
        let state = request::state()?;
        if !state.config.registration_open {
            return Err(AppError::RegistrationClosed);
        }
        let typed = Registration { name, email, password, time_zone };
        let user = state.backend.sign_up(typed, None, request::client()?, &state.clock).await?;
        request::log_in(&user).await?;
        Ok(user.profile)
    })
    .await
}

/// Logs in. Errors: `WrongCredentials`, the same for an unknown address and a wrong password; `TooManyTries` after several of them;
/// `SecondFactorNeeded` where the account asks for a second step: then the session waits for it.
#[server(prefix = "/fn", endpoint = "log_in")]
pub async fn log_in(email: String, password: String) -> Result<Profile, AppError> {
    use crate::server::{auth::Credentials, request};

    request::answer(async {
        let state = request::state()?;
        let credentials = Credentials { email, password };
        let user = state.backend.log_in(credentials, request::client()?, &state.clock).await?;
        request::enter(&user).await?;
        Ok(user.profile)
    })
    .await
}

/// How a password would do: shown while it is typed. `name` and `email` are what it must not be made of. Nothing is kept or logged.
#[server(prefix = "/fn", endpoint = "judge_password")]
pub async fn judge_password(
    password: String,
    #[server(default)] name: String,
    #[server(default)] email: String,
) -> Result<Strength, AppError> {
    use crate::server::request;
    request::answer(async {
        let known = request::session()?.user.map(|user| user.profile);
        let (name, email) = known.map_or((name, email), |profile| (profile.name, profile.email));
        request::state()?.backend.hasher().judge(password, [name, email]).await
    })
    .await
}

/// Gives another password to who is logged in, and ends every other session. Errors: `WrongPassword` at `current_password`,
/// `CodeNotConfirmed` at `confirm_code` where the account asks for a code,
/// `TooManyTries`, `Invalid` at `new_password`.
#[server(prefix = "/fn", endpoint = "change_password")]
pub async fn change_password(
    current_password: String,
    new_password: String,
    #[server(default)] confirm_code: String,
) -> Result<(), AppError> {
    use crate::{error::FieldErrors, server::request};
    request::answer(async {
        let state = request::state()?;
        let user = request::session()?.user.ok_or(AppError::NotLoggedIn)?;
        let own = [user.profile.name.clone(), user.profile.email.clone()];
        let new = state.backend.hasher().new_password(new_password, own).await?;
        let new = new.map_err(|error| FieldErrors::one("new_password", error))?;
        let shown = (current_password, confirm_code);
        let user = state.backend.change_password(&user, shown, new, request::client()?, &state.clock).await?;
        // A session of the new epoch, for the device that changed it.
        request::log_in(&user).await
    })
    .await
}

/// Where somebody is logged in as who asks, and what happened to the account.
#[server(prefix = "/fn", endpoint = "get_security")]
pub async fn get_security() -> Result<Security, AppError> {
    use crate::server::{
        request,
        store::{accounts, events},
    };
    let local = request::local()?;
    let row = request::session_row()?;
    request::answer_confined(|database, actor| async move {
        database
            .read(actor, move |db, actor| {
                let (local, row) = (local.clone(), row.clone());
                Box::pin(async move {
                    let sessions = accounts::sessions(&mut *db, actor, &row, &local).await?;
                    let events = events::list(db, actor, &local).await?;
                    Ok(Security { sessions, events, now: local.now() })
                })
            })
            .await
    })
    .await
}

/// Ends one session of who asks, by the id that [`get_security`] gives. Error: `NotFound`.
#[server(prefix = "/fn", endpoint = "end_session")]
pub async fn end_session(session: String) -> Result<(), AppError> {
    use crate::{
        domain::id::ChangeId,
        server::{request, store::accounts},
    };
    let client = request::client()?;
    request::answer_confined(|database, actor| async move {
        database
            .write(actor, ChangeId(uuid::Uuid::now_v7()), move |db, actor| {
                let (session, client) = (session.clone(), client.clone());
                Box::pin(async move { accounts::revoke_session(db, actor, &session, &client).await })
            })
            .await
    })
    .await
}

/// Ends every session of who asks but this one.
#[server(prefix = "/fn", endpoint = "end_other_sessions")]
pub async fn end_other_sessions() -> Result<(), AppError> {
    use crate::{
        domain::id::ChangeId,
        server::{
            request,
            store::{accounts, events, mail},
        },
    };
    let (client, row) = (request::client()?, request::session_row()?);
    request::answer_confined(|database, actor| async move {
        database
            .write(actor, ChangeId(uuid::Uuid::now_v7()), move |db, actor| {
                let (row, client) = (row.clone(), client.clone());
                Box::pin(async move {
                    accounts::end_other_sessions(&mut *db, actor, &row).await?;
                    mail::end_links(&mut *db, actor.user).await?;
                    events::record(db, actor.user, "sessions_ended", &client).await
                })
            })
            .await
    })
    .await
}

/// The time zones, and which one is in force.
#[server(prefix = "/fn", endpoint = "list_time_zones")]
pub async fn list_time_zones() -> Result<TimeZones, AppError> {
    use crate::server::{clock, request};
    request::answer(async {
        let user = request::session()?.user.ok_or(AppError::NotLoggedIn)?;
        Ok(TimeZones { all: clock::zones(), chosen: user.time_zone, now: request::local()?.now() })
    })
    .await
}

/// Sets the time zone that says which day it is: a name of [`list_time_zones`]. Due dates stay what they are. Error: `Invalid` at
/// `time_zone`.
#[server(prefix = "/fn", endpoint = "set_time_zone")]
pub async fn set_time_zone(time_zone: String) -> Result<(), AppError> {
    use crate::{
        domain::id::ChangeId,
        error::{FieldErrors, Message},
        server::{clock, request::answer_user, store::accounts},
    };
    answer_user(|database, actor| async move {
        if !clock::is_zone(&time_zone) {
            return Err(FieldErrors::one("time_zone", Message::NoZone));
        }
        let change = ChangeId(uuid::Uuid::now_v7());
        database
            .write(actor, change, move |db, actor| {
                let zone = time_zone.clone();
                Box::pin(async move { accounts::set_time_zone(db, actor, &zone).await })
            })
            .await
    })
    .await
}

/// Ends the session. Fine for who has none.
#[server(prefix = "/fn", endpoint = "log_out")]
pub async fn log_out() -> Result<(), AppError> {
    use crate::server::request;
    request::answer(request::log_out()).await
}

/// Who asks.
#[server(prefix = "/fn", endpoint = "current_user")]
pub async fn current_user() -> Result<Visitor, AppError> {
    use crate::server::request;
    request::answer(async {
        let user = request::session()?.user;
        let now = user.is_some().then(request::local).transpose()?.map(|local| local.now());
        let confined = user.as_ref().is_some_and(|user| user.confined);
        let user = user.map(|user| user.profile);
        Ok(Visitor { user, now, confined, registration_open: request::state()?.config.registration_open })
    })
    .await
}
