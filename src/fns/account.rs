//! To register, to log in, to log out, and who is logged in.

use leptos::prelude::*;

use crate::{domain::account::Profile, error::AppError};

/// Makes an account and logs in.
///
/// `name` has 1 to 100 characters, `password` 8 to 128. Errors: `Invalid` at the fields, also for an address that has an
/// account; `RegistrationClosed`.
#[server(prefix = "/fn", endpoint = "register")]
pub async fn register(name: String, email: String, password: String) -> Result<Profile, AppError> {
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
        let user = state.backend.register(email, name, password).await?;
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
