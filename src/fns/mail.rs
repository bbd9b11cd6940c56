//! What links in mails are for: to prove an address, to change it, and to set another password.

use leptos::prelude::*;

use crate::error::AppError;

/// Sends the mail that proves the address of who is logged in once more; does nothing when it is proven. Error: `TooManyTries`.
#[server(prefix = "/fn", endpoint = "send_verification")]
pub async fn send_verification() -> Result<(), AppError> {
    use crate::server::request;
    request::answer(async {
        let state = request::state()?;
        let user = request::session()?.user.ok_or(AppError::NotLoggedIn)?;
        state.backend.send_verification(&user, request::client()?, &state.clock).await
    })
    .await
}

/// Proves the address that the mail with this code was sent to, which may be a new one of the account; gives it. Errors: `DeadLink`,
/// `AddressTaken`.
#[server(prefix = "/fn", endpoint = "verify_email")]
pub async fn verify_email(code: String) -> Result<String, AppError> {
    use crate::server::{request, store::mail::Code};
    request::answer(async {
        let state = request::state()?;
        let code = Code::parse(&code).ok_or(AppError::DeadLink)?;
        state.backend.verify_email(code, request::client()?, &state.clock).await
    })
    .await
}

/// Sends a mail with a link for another password, if an account has this address; the answer is the same if none has. Errors:
/// `Invalid` at `email`, `TooManyTries`.
#[server(prefix = "/fn", endpoint = "request_reset")]
pub async fn request_reset(email: String) -> Result<(), AppError> {
    use crate::{domain::account::Email, error::FieldErrors, server::request};
    request::answer(async {
        let state = request::state()?;
        let email = Email::parse(&email).map_err(|error| FieldErrors::one("email", error))?;
        state.backend.request_reset(email, request::client()?, &state.clock).await
    })
    .await
}

/// Sets another password with the code of a mail, ends every session of the account and logs in. Errors: `DeadLink`, `Invalid` at
/// `new_password`; `SecondFactorNeeded`, once the password is set, where the account asks for a second step.
#[server(prefix = "/fn", endpoint = "reset_password")]
pub async fn reset_password(code: String, new_password: String) -> Result<(), AppError> {
    use crate::server::{request, store::mail::Code};
    request::answer(async {
        let state = request::state()?;
        let code = Code::parse(&code).ok_or(AppError::DeadLink)?;
        let user = state.backend.reset_password(code, new_password, request::client()?, &state.clock).await?;
        request::enter(&user).await
    })
    .await
}

/// Sends a mail to a new address; the link in it makes it the one of who is logged in. Errors: `Invalid` at `email`, `NotConfirmed`,
/// `TooManyTries`.
#[server(prefix = "/fn", endpoint = "change_email")]
pub async fn change_email(
    email: String,
    #[server(default)] confirm_password: String,
    #[server(default)] confirm_code: String,
) -> Result<(), AppError> {
    use crate::{
        domain::account::Email,
        error::FieldErrors,
        server::request::{self, Proof},
    };
    request::answer(async {
        let state = request::state()?;
        let email = Email::parse(&email).map_err(|error| FieldErrors::one("email", error))?;
        let (client, clock) = (request::client()?, state.clock.clone());
        request::unconfined()?;
        request::confirmed(Proof::new(confirm_password, confirm_code), async |user| {
            state.backend.change_email(&user, email, client, &clock).await
        })
        .await
    })
    .await
}
