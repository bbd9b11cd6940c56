//! To register, to log in, to log out, and who is logged in.

use leptos::prelude::*;

use crate::{
    domain::account::{Profile, TimeZones},
    error::AppError,
};

/// Makes an account and logs in.
///
/// `name` has 1 to 100 characters, `password` 8 to 128. Errors: `Invalid` at the fields, also for an address that has an
/// account; `RegistrationClosed`. `time_zone` is what the browser knows, or blank.
#[server(prefix = "/fn", endpoint = "register")]
pub async fn register(
    name: String,
    email: String,
    password: String,
    #[server(default)] time_zone: String,
) -> Result<Profile, AppError> {
    use crate::{
        domain::account::{Email, Name, Password},
        error::FieldErrors,
        server::request,
    };
    request::answer(async {
        let state = request::state()?;
        if !state.config.registration_open {
            return Err(AppError::RegistrationClosed);
        }
        let mut errors = FieldErrors::default();
        let name = errors.check("name", Name::parse(&name));
        let email = errors.check("email", Email::parse(&email));
        let password = errors.check("password", Password::parse(&password));
        let (Some(name), Some(email), Some(password)) = (name, email, password) else { return Err(errors.into()) };
        let user = state.backend.register(email, name, &time_zone, password).await?;
        request::log_in(&user).await?;
        Ok(user.profile)
    })
    .await
}

/// Logs in. Error: `WrongCredentials`, the same for an unknown address and a wrong password.
#[server(prefix = "/fn", endpoint = "log_in")]
pub async fn log_in(email: String, password: String) -> Result<Profile, AppError> {
    use crate::server::{auth::Credentials, request};
    use axum_login::AuthnBackend;

    request::answer(async {
        let backend = request::state()?.backend;
        let user = backend.authenticate(Credentials { email, password }).await?.ok_or(AppError::WrongCredentials)?;
        request::log_in(&user).await?;
        Ok(user.profile)
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
        error::FieldErrors,
        server::{clock, request::answer_user, store::accounts},
    };
    answer_user(|database, actor| async move {
        if !clock::is_zone(&time_zone) {
            return Err(FieldErrors::one("time_zone", "This is not a time zone. Choose one of the list."));
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

/// Who is logged in.
#[server(prefix = "/fn", endpoint = "current_user")]
pub async fn current_user() -> Result<Option<Profile>, AppError> {
    use crate::server::request;
    request::answer(async { Ok(request::session()?.user.map(|user| user.profile)) }).await
}
