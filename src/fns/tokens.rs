//! Personal access tokens: what programs of a person's log in with.

use leptos::prelude::*;

use crate::{
    domain::token::{NewToken, Tokens},
    error::AppError,
};

/// The tokens of who asks, without what they log in with.
#[server(prefix = "/fn", endpoint = "list_tokens")]
pub async fn list_tokens() -> Result<Tokens, AppError> {
    use crate::server::{request, store::tokens};
    let (local, now) = (request::local()?, request::state()?.clock.now_utc());
    request::answer_user(|database, actor| async move {
        database
            .read(actor, move |db, actor| {
                let local = local.clone();
                Box::pin(async move {
                    let tokens = tokens::list(db, actor, &local, now).await?;
                    Ok(Tokens { tokens, now: local.now() })
                })
            })
            .await
    })
    .await
}

/// Makes a token, and gives it: nobody sees it again. `scopes` are names of what it may do, `expires` a number of days or nothing. Errors:
/// `Invalid` at the fields; `NotConfirmed` at `confirm_password` for who hasn't typed the password in the last minutes; `TooManyTries`.
#[server(prefix = "/fn", endpoint = "make_token")]
pub async fn make_token(
    name: String,
    #[server(default)] scopes: Vec<String>,
    #[server(default)] expires: String,
    #[server(default)] confirm_password: String,
    #[server(default)] confirm_code: String,
) -> Result<NewToken, AppError> {
    use crate::{
        domain::{
            id::ChangeId,
            token::{Expiry, TokenName, parse_scopes},
        },
        error::FieldErrors,
        server::{
            auth::tokens::Secret,
            database::Actor,
            request::{self, Proof},
            store::{
                events,
                tokens::{self, Draft},
            },
        },
    };
    request::answer(async {
        let mut errors = FieldErrors::default();
        let name = errors.check("name", TokenName::parse(&name));
        let scopes = errors.check("scopes", parse_scopes(&scopes));
        let expiry = errors.check("expires", Expiry::parse(&expires));
        let (Some(name), Some(scopes), Some(expiry)) = (name, scopes, expiry) else { return Err(errors.into()) };
        let (state, client) = (request::state()?, request::client()?);
        request::unconfined()?;
        request::confirmed(Proof::new(confirm_password, confirm_code), |user| async move {
            let (secret, made) = (Secret::random(), state.clock.now_utc());
            let expires = match expiry {
                Expiry::Days(days) => Some(made + time::Duration::days(days.into())),
                Expiry::Never => None,
            };
            let (hash, hint) = (secret.hash(), secret.hint().to_owned());
            let draft = Draft { name: name.clone(), scopes, hash, hint, made, expires };
            let (change, epoch) = (ChangeId(uuid::Uuid::now_v7()), user.epoch);
            let made = state.database.write(Actor { user: user.id }, change, move |db, actor| {
                let (draft, client) = (draft.clone(), client.clone());
                Box::pin(async move {
                    tokens::make(&mut *db, actor, epoch, &draft).await?;
                    events::record(db, actor.user, "token_made", &client).await
                })
            });
            made.await?;
            Ok(NewToken { name: name.as_str().to_owned(), token: secret.as_str().to_owned() })
        })
        .await
    })
    .await
}

/// Ends a token of who asks, by the id that [`list_tokens`] gives. Error: `NotFound`.
#[server(prefix = "/fn", endpoint = "end_token")]
pub async fn end_token(token: String) -> Result<(), AppError> {
    use crate::{
        domain::id::ChangeId,
        server::{
            request,
            store::{events, tokens},
        },
    };
    let client = request::client()?;
    request::answer_user(|database, actor| async move {
        let id = token.parse().map_err(|_| AppError::NotFound)?;
        let ended = database.write(actor, ChangeId(uuid::Uuid::now_v7()), move |db, actor| {
            let client = client.clone();
            Box::pin(async move {
                tokens::end(&mut *db, actor, id).await?;
                events::record(db, actor.user, "token_ended", &client).await
            })
        });
        ended.await
    })
    .await
}
