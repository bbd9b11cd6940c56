//! Passkeys, codes of an app, backup codes: to set them up, to log in with them, and to ask for them.

use leptos::prelude::*;

use crate::{
    domain::{
        account::Profile,
        factor::{BackupCodes, Factors, Policy},
    },
    error::AppError,
};

/// What who asks can log in with.
#[server(prefix = "/fn", endpoint = "get_factors")]
pub async fn get_factors() -> Result<Factors, AppError> {
    use crate::server::{database::Actor, request};
    request::answer(async {
        let (state, user) = (request::state()?, request::session()?.user.ok_or(AppError::NotLoggedIn)?);
        let names = state.backend.providers().names();
        let mut factors = state.backend.factors(&user, names, &request::local()?, &state.clock).await?;
        let actor = Actor { user: user.id };
        if !state.backend.may_set_up(actor, request::session_row()?, &state.clock).await? {
            factors.draft = None;
        }
        Ok(factors)
    })
    .await
}

/// The second step of a login: a code of the app, or a backup code. Errors: `WrongCode` at `code`, `TooManyTries`; `NotLoggedIn` for who
/// hasn't done the first one in the last 10 minutes.
#[server(prefix = "/fn", endpoint = "second_step")]
pub async fn second_step(code: String) -> Result<Profile, AppError> {
    use crate::server::request;
    request::answer(async {
        let (state, halfway) = (request::state()?, request::halfway().await?);
        let user = state.backend.second_step(&halfway, &code, request::client()?, &state.clock).await?;
        request::log_in(&user).await?;
        Ok(user.profile)
    })
    .await
}

/// Begins to set up an app; [`get_factors`] has what it needs. Errors: those of a confirmation; `NotFound` for who has one.
#[server(prefix = "/fn", endpoint = "begin_codes")]
pub async fn begin_codes(
    #[server(default)] confirm_password: String,
    #[server(default)] confirm_code: String,
) -> Result<(), AppError> {
    use crate::server::request::{self, Proof};
    request::answer(async {
        let state = request::state()?;
        request::confirmed(Proof::new(confirm_password, confirm_code), async |user| {
            state.backend.begin_codes(&user, &state.clock).await
        })
        .await
    })
    .await
}

/// Codes of the app that is being set up are asked for from now on; gives backup codes, which nothing shows again. Errors: `WrongCode` at
/// `code`; `NotFound` where no app is being set up, or has been for more than half an hour.
#[server(prefix = "/fn", endpoint = "confirm_codes")]
pub async fn confirm_codes(code: String) -> Result<BackupCodes, AppError> {
    use crate::server::{database::Actor, request};
    request::answer(async {
        let (state, user) = (request::state()?, request::session()?.user.ok_or(AppError::NotLoggedIn)?);
        let row = request::session_row()?;
        if !state.backend.may_set_up(Actor { user: user.id }, row.clone(), &state.clock).await? {
            return Err(AppError::NotFound);
        }
        state.backend.confirm_codes(&user, (&code, row), request::client()?, &state.clock).await
    })
    .await
}

/// Codes aren't asked for any more. Errors: those of a confirmation; `NotFound`.
#[server(prefix = "/fn", endpoint = "end_codes")]
pub async fn end_codes(
    #[server(default)] confirm_password: String,
    #[server(default)] confirm_code: String,
) -> Result<(), AppError> {
    use crate::server::request::{self, Proof};
    request::answer(async {
        let (state, client) = (request::state()?, request::client()?);
        request::confirmed(Proof::new(confirm_password, confirm_code), async |user| {
            state.backend.end_codes(&user, client, &state.clock).await
        })
        .await
    })
    .await
}

/// Makes ten backup codes, which nothing shows again; those from before are over. Errors: those of a confirmation.
#[server(prefix = "/fn", endpoint = "make_backup_codes")]
pub async fn make_backup_codes(
    #[server(default)] confirm_password: String,
    #[server(default)] confirm_code: String,
) -> Result<BackupCodes, AppError> {
    use crate::server::request::{self, Proof};
    request::answer(async {
        let (state, client) = (request::state()?, request::client()?);
        request::confirmed(Proof::new(confirm_password, confirm_code), async |user| {
            state.backend.renew_backup_codes(&user, client).await
        })
        .await
    })
    .await
}

/// What a device has to sign to become a passkey: `PublicKeyCredentialCreationOptionsJSON`. Errors: those of a confirmation; `NotFound`
/// where this Docket has no name that passkeys can be bound to.
#[server(prefix = "/fn", endpoint = "begin_passkey")]
pub async fn begin_passkey(
    #[server(default)] confirm_password: String,
    #[server(default)] confirm_code: String,
) -> Result<String, AppError> {
    use crate::server::{
        auth::passkeys,
        request::{self, Proof},
    };
    request::answer(async {
        let state = request::state()?;
        let (options, kept) = request::confirmed(Proof::new(confirm_password, confirm_code), async |user| {
            state.backend.begin_passkey(&user).await
        })
        .await?;
        // After the confirmation, which may have begun another session.
        request::keep(passkeys::NEW_PASSKEY, &kept).await?;
        Ok(options.to_string())
    })
    .await
}

/// Adds the passkey that has signed (`RegistrationResponseJSON`). Errors: `Invalid` at `name`; `WrongPasskey`.
#[server(prefix = "/fn", endpoint = "add_passkey")]
pub async fn add_passkey(name: String, credential: String) -> Result<(), AppError> {
    use crate::{
        domain::factor::PasskeyName,
        error::FieldErrors,
        server::{auth::passkeys, request},
    };
    request::answer(async {
        let (state, user) = (request::state()?, request::session()?.user.ok_or(AppError::NotLoggedIn)?);
        let name = PasskeyName::parse(&name).map_err(|error| FieldErrors::one("name", error))?;
        let answer = serde_json::from_str(&credential).map_err(|_| AppError::WrongPasskey)?;
        let kept = request::take(passkeys::NEW_PASSKEY).await?.ok_or(AppError::WrongPasskey)?;
        state.backend.add_passkey(&user, name, (&answer, &kept), request::client()?, &state.clock).await
    })
    .await
}

/// Gives a passkey another name. Errors: `Invalid` at `name`; `NotFound`.
#[server(prefix = "/fn", endpoint = "name_passkey")]
pub async fn name_passkey(passkey: String, name: String) -> Result<(), AppError> {
    use crate::{
        domain::{factor::PasskeyName, id::ChangeId},
        error::FieldErrors,
        server::{request, store::factors},
    };
    request::answer_confined(|database, actor| async move {
        let id = passkey.parse().map_err(|_| AppError::NotFound)?;
        let name = PasskeyName::parse(&name).map_err(|error| FieldErrors::one("name", error))?;
        database
            .write(actor, ChangeId(uuid::Uuid::now_v7()), move |db, actor| {
                let name = name.clone();
                Box::pin(async move { factors::name_passkey(db, actor, id, &name).await })
            })
            .await
    })
    .await
}

/// Takes a passkey away. Errors: those of a confirmation; `NotFound`; `LastWayIn`.
#[server(prefix = "/fn", endpoint = "end_passkey")]
pub async fn end_passkey(
    passkey: String,
    #[server(default)] confirm_password: String,
    #[server(default)] confirm_code: String,
) -> Result<(), AppError> {
    use crate::server::request::{self, Proof};
    request::answer(async {
        let (state, client) = (request::state()?, request::client()?);
        let id = passkey.parse().map_err(|_| AppError::NotFound)?;
        request::confirmed(Proof::new(confirm_password, confirm_code), async |user| {
            state.backend.end_passkey(&user, id, client, &state.clock).await
        })
        .await
    })
    .await
}

/// Takes the password away from who gets in without it. Errors: those of a confirmation; `LastWayIn`.
#[server(prefix = "/fn", endpoint = "drop_password")]
pub async fn drop_password(
    #[server(default)] confirm_password: String,
    #[server(default)] confirm_code: String,
) -> Result<(), AppError> {
    use crate::server::request::{self, Proof};
    request::answer(async {
        let (state, client) = (request::state()?, request::client()?);
        request::confirmed(Proof::new(confirm_password, confirm_code), async |user| {
            state.backend.drop_password(&user, client, &state.clock).await
        })
        .await
    })
    .await
}

/// What a passkey has to sign to log its owner in: `PublicKeyCredentialRequestOptionsJSON`. Error: `NotFound` where this Docket has no name
/// that passkeys can be bound to.
#[server(prefix = "/fn", endpoint = "get_challenge")]
pub async fn get_challenge() -> Result<String, AppError> {
    use crate::server::{auth::passkeys, request};
    request::answer(async {
        let (options, kept) = request::state()?.backend.ask_for_passkey()?;
        request::keep(passkeys::PASSKEY, &kept).await?;
        serde_json::to_string(&options.public_key).map_err(|_| AppError::Internal)
    })
    .await
}

/// Logs in with the passkey that has signed (`AuthenticationResponseJSON`). Error: `WrongPasskey`, whatever is wrong with it.
#[server(prefix = "/fn", endpoint = "log_in_with_passkey")]
pub async fn log_in_with_passkey(credential: String) -> Result<Profile, AppError> {
    use crate::server::{auth::passkeys, request};
    request::answer(async {
        let state = request::state()?;
        let answer = serde_json::from_str(&credential).map_err(|_| AppError::WrongPasskey)?;
        let kept = request::take(passkeys::PASSKEY).await?.ok_or(AppError::WrongPasskey)?;
        let client = request::client()?;
        let user = state.backend.log_in_with_passkey(answer, kept, client.clone(), &state.clock).await?;
        state.backend.note_login(user.id, client, &state.clock).await?;
        request::log_in(&user).await?;
        Ok(user.profile)
    })
    .await
}

/// Who has to have a second factor. Error: `NotFound` for who doesn't run this Docket.
#[server(prefix = "/fn", endpoint = "get_policy")]
pub async fn get_policy() -> Result<Policy, AppError> {
    use crate::server::{request, store::admin};
    let local = request::local()?;
    request::answer_user(|database, actor| async move {
        database
            .administer(Some(actor), move |db| {
                let local = local.clone();
                Box::pin(async move { admin::policy(db, actor, &local).await })
            })
            .await
    })
    .await
}

/// Asks admins, everybody, or nobody for a second factor, in so many days from now (0 to 90). Errors: `Invalid` at the fields; those of a confirmation; `NotFound` for
/// who doesn't run this Docket.
#[server(prefix = "/fn", endpoint = "set_policy")]
pub async fn set_policy(
    required: String,
    days: String,
    #[server(default)] confirm_password: String,
    #[server(default)] confirm_code: String,
) -> Result<(), AppError> {
    use crate::{
        domain::factor::Required,
        error::{FieldErrors, Message},
        server::{
            database::Actor,
            request::{self, Proof},
        },
    };
    request::answer(async {
        let state = request::state()?;
        request::unconfined()?;
        let mut errors = FieldErrors::default();
        let required = errors.check("required", Required::parse(&required).ok_or(Message::NoPolicy));
        let days = days.trim().parse().ok().filter(|days| *days <= 90);
        let days = errors.check("days", days.ok_or(Message::NoGrace));
        let (Some(required), Some(days)) = (required, days) else { return Err(errors.into()) };
        request::confirmed(Proof::new(confirm_password, confirm_code), async |user| {
            state.backend.set_policy(Actor { user: user.id }, required, days, &state.clock).await
        })
        .await
    })
    .await
}
