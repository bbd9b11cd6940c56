//! Who comes by another provider's word: finds their account, makes one, or connects one.

use time::OffsetDateTime;
use uuid::Uuid;

use super::{Backend, new_change, tell_owner};
use crate::{
    domain::{
        account::{Email, Name},
        id::SignInId,
        sign_in::Problem,
    },
    error::AppError,
    server::{
        client::Client,
        clock::{self, Clock},
        database::{Actor, Failure, act_as},
        providers::{Identity, Provider},
        store::{
            accounts::{self, User},
            events, factors,
            mail::{Letter, News, Subject},
            providers::{self, Added},
            sign_in::{self, Known, Tokens},
        },
    },
};

impl From<AppError> for Problem {
    fn from(error: AppError) -> Self {
        match error {
            AppError::Unavailable => Self::Busy,
            // Somebody else took the address in this very moment.
            AppError::Invalid(_) => Self::HasAccount,
            AppError::NotLoggedIn => Self::NotFresh,
            _ => Self::Broken,
        }
    }
}

impl Backend {
    /// Whose account it is that somebody is in by a provider's word. Who isn't known gets one, without a password, if this Docket is `open`,
    /// and the provider has seen that the address is theirs; an account that has this address is nobody's to take by that (OWASP
    /// Authentication Cheat Sheet). Whoever it is may still have to make a second step.
    pub async fn arrive(
        &self,
        provider: &Provider,
        identity: Identity,
        open: bool,
        client: Client,
        clock: &Clock,
    ) -> Result<User, Problem> {
        let now = clock.now_utc();
        let (backend, provider) = (self.clone(), provider.clone());
        let arrived = self.database.sign_in(move |db| {
            let (backend, provider, identity, client) =
                (backend.clone(), provider.clone(), identity.clone(), client.clone());
            Box::pin(async move {
                let known = sign_in::by_provider(&mut *db, &provider.key, &identity.subject).await?;
                let Some(Known { id, user }) = known else {
                    let newcomer = match admit(&provider, &identity, open) {
                        Ok(newcomer) => newcomer,
                        Err(problem) => return Ok(Err(problem)),
                    };
                    if sign_in::has_email(&mut *db, &newcomer.0).await? {
                        return Ok(Err(Problem::HasAccount));
                    }
                    return backend.welcome(db, newcomer, &provider, &identity, &client, now).await.map(Ok);
                };
                let Some(user) = user else { return Ok(Err(Problem::Disabled)) };
                sign_in::keep_tokens(&mut *db, id, &backend.seal(id, &identity, now)?).await?;
                if sign_in::asks_second_step(&mut *db, user.id).await? {
                    // Nobody is in yet.
                    return Ok(Ok(user));
                }
                act_as(&mut *db, Actor { user: user.id }).await?;
                if !events::knows_device(&mut *db, user.id, &client).await? {
                    tell_owner(&mut *db, user.id, &Letter::new(Subject::NewDevice, &client), now).await?;
                }
                events::record(db, user.id, "login", &client).await?;
                Ok(Ok(user))
            })
        });
        arrived.await?
    }

    /// Makes the account of who comes for the first time. The address is proven: the provider has seen that it is theirs.
    async fn welcome(
        &self,
        db: &mut sqlx::PgConnection,
        (email, name): (Email, Name),
        provider: &Provider,
        identity: &Identity,
        client: &Client,
        now: OffsetDateTime,
    ) -> Result<User, Failure> {
        let zone = if clock::is_zone(&identity.zone) { &identity.zone } else { "UTC" };
        let mut user = sign_in::create(&mut *db, &email, &name, zone, None).await?;
        let id = SignInId(Uuid::now_v7());
        let tokens = self.seal(id, identity, now)?;
        sign_in::connect(&mut *db, user.id, id, (&provider.key, &identity.subject), &tokens, now).await?;
        act_as(&mut *db, Actor { user: user.id }).await?;
        accounts::prove_email(&mut *db, user.id, now).await?;
        events::record(&mut *db, user.id, "register", client).await?;
        user.profile.verified = true;
        Ok(user)
    }

    /// Connects the account of who is logged in with who they are to a provider. Fine where it is already.
    pub async fn connect(
        &self,
        user: &User,
        provider: &Provider,
        identity: Identity,
        client: Client,
        clock: &Clock,
    ) -> Result<(), Problem> {
        let now = clock.now_utc();
        let email = identity.email.as_ref().ok_or(Problem::Unverified)?;
        if !provider.lets_in(email) {
            return Err(Problem::Foreign);
        }
        let (backend, key, epoch) = (self.clone(), provider.key.clone(), user.epoch);
        let connected = self.database.write(Actor { user: user.id }, new_change(), move |db, actor| {
            let (backend, key, identity, client) = (backend.clone(), key.clone(), identity.clone(), client.clone());
            Box::pin(async move {
                accounts::hold_epoch(&mut *db, actor, epoch).await?;
                let id = SignInId(Uuid::now_v7());
                let tokens = backend.seal(id, &identity, now)?;
                match providers::add(&mut *db, actor, id, (&key, &identity.subject), &tokens, now).await? {
                    Added::New => {
                        let letter = Letter::new(Subject::Ways { news: News::SignInAdded }, &client);
                        tell_owner(&mut *db, actor.user, &letter, now).await?;
                        events::record(db, actor.user, "sign_in_added", &client).await.map(Ok)
                    }
                    Added::Own => Ok(Ok(())),
                    Added::Others => Ok(Err(Problem::Taken)),
                }
            })
        });
        connected.await?
    }

    /// Takes a sign-in of who acts away. Errors: `NotFound`; `LastWayIn` where nobody would get in any more.
    pub async fn end_sign_in(&self, user: &User, id: SignInId, client: Client, clock: &Clock) -> Result<(), AppError> {
        let (now, epoch) = (clock.now_utc(), user.epoch);
        let ended = self.database.write(Actor { user: user.id }, new_change(), move |db, actor| {
            let client = client.clone();
            Box::pin(async move {
                accounts::hold_epoch(&mut *db, actor, epoch).await?;
                let mut ways = factors::hold_ways(&mut *db, actor).await?;
                providers::end(&mut *db, actor, id).await?;
                ways.sign_ins -= 1;
                if !ways.are_enough() {
                    return Err(AppError::LastWayIn.into());
                }
                let letter = Letter::new(Subject::Ways { news: News::SignInRemoved }, &client);
                tell_owner(&mut *db, actor.user, &letter, now).await?;
                events::record(db, actor.user, "sign_in_removed", &client).await
            })
        });
        ended.await
    }

    /// What a provider gave, so that only this row can be read again with it.
    fn seal(&self, id: SignInId, identity: &Identity, now: OffsetDateTime) -> Result<Tokens, AppError> {
        let refresh = identity.refresh_token.as_ref();
        let refresh = refresh.map(|token| self.secrets.seal(&format!("refresh {id}"), token.as_bytes())).transpose()?;
        let access = self.secrets.seal(&format!("access {id}"), identity.access_token.as_bytes())?;
        // One that works for longer than there are days works for ever.
        let expires = identity.expires_in.and_then(|time| now.checked_add(time.try_into().ok()?));
        Ok(Tokens { access, refresh, expires })
    }
}

/// The address and the name of who may have an account. Errors: why not.
fn admit(provider: &Provider, identity: &Identity, open: bool) -> Result<(Email, Name), Problem> {
    let email = identity.email.clone().ok_or(Problem::Unverified)?;
    if !provider.lets_in(&email) {
        return Err(Problem::Foreign);
    }
    if !open {
        return Err(Problem::Closed);
    }
    let local = email.as_str().split('@').next().unwrap_or_default();
    let local: String = local.chars().take(Name::LIMIT).collect();
    let name = identity.name.clone().or_else(|| Name::parse(&local).ok()).ok_or(Problem::Unverified)?;
    Ok((email, name))
}
