//! Passkeys (WebAuthn): a key that a device keeps and its owner unlocks, instead of a password. The device shows that it has the key and
//! that its owner was asked (user verification), so a passkey is both factors at once.

use url::Url;
use webauthn_rs::{
    Webauthn, WebauthnBuilder,
    prelude::{
        DiscoverableAuthentication, DiscoverableKey, Passkey, PasskeyRegistration, PublicKeyCredential,
        RegisterPublicKeyCredential, RequestChallengeResponse, WebauthnError,
    },
};

use super::{Backend, new_change, tell_owner};
use crate::{
    domain::{
        factor::PasskeyName,
        id::{PasskeyId, UserId},
    },
    error::AppError,
    server::{
        client::Client,
        clock::Clock,
        database::{Actor, act_as},
        store::{
            accounts::{self, User},
            events, factors,
            mail::{Letter, News, Subject},
            sign_in,
        },
    },
};

/// Where the session keeps what a device has to sign to become a passkey.
pub const NEW_PASSKEY: &str = "new_passkey";

/// Where it keeps what a passkey has to sign to log in.
pub const PASSKEY: &str = "passkey";

/// What passkeys are made and checked for: this site and no other, so that nobody can ask for them elsewhere. `None` for one that browsers
/// make none for.
pub(super) fn of_site(site: &Url) -> Option<Webauthn> {
    // Bound to a name: an address in numbers is none (WebAuthn, 5.1.2).
    let name = site.domain()?;
    let builder = WebauthnBuilder::new(name, site).ok()?.rp_name("Docket");
    // Who develops Docket reaches it at any port of this computer.
    builder.allow_any_port(name == "localhost").build().ok()
}

fn refused(error: &WebauthnError) -> AppError {
    tracing::info!(%error, "a passkey was refused");
    AppError::WrongPasskey
}

impl Backend {
    fn webauthn(&self) -> Result<&Webauthn, AppError> {
        self.passkeys.as_deref().ok_or(AppError::NotFound)
    }

    /// What a device has to sign to become a passkey of this account, and what is to be kept until it has. Error: `NotFound` where this
    /// Docket has no name that passkeys can be bound to.
    pub async fn begin_passkey(&self, user: &User) -> Result<(serde_json::Value, PasskeyRegistration), AppError> {
        let known =
            self.database.read(Actor { user: user.id }, |db, actor| Box::pin(factors::credential_ids(db, actor)));
        let (id, profile) = (user.id.0, &user.profile);
        let begun = self.webauthn()?.start_passkey_registration(id, &profile.email, &profile.name, Some(known.await?));
        let (options, state) = begun.map_err(|error| refused(&error))?;
        let mut options = serde_json::to_value(options.public_key).map_err(|_| AppError::Internal)?;
        // To be found without an address being typed; webauthn-rs leaves that to the device.
        options["authenticatorSelection"]["residentKey"] = "required".into();
        options["authenticatorSelection"]["requireResidentKey"] = true.into();
        Ok((options, state))
    }

    /// Adds a passkey that has signed. Errors: `WrongPasskey`; those of the store.
    pub async fn add_passkey(
        &self,
        user: &User,
        name: PasskeyName,
        (answer, state): (&RegisterPublicKeyCredential, &PasskeyRegistration),
        client: Client,
        clock: &Clock,
    ) -> Result<(), AppError> {
        let (now, epoch) = (clock.now_utc(), user.epoch);
        let passkey = self.webauthn()?.finish_passkey_registration(answer, state).map_err(|error| refused(&error))?;
        let added = self.database.write(Actor { user: user.id }, new_change(), move |db, actor| {
            let (name, passkey, client) = (name.clone(), passkey.clone(), client.clone());
            Box::pin(async move {
                factors::add_passkey(&mut *db, actor, epoch, (&name, &passkey), now).await?;
                let letter = Letter::new(Subject::Ways { news: News::PasskeyAdded }, &client);
                tell_owner(&mut *db, actor.user, &letter, now).await?;
                events::record(db, actor.user, "passkey_added", &client).await
            })
        });
        added.await
    }

    /// Takes a passkey away. Errors: `NotFound`; `LastWayIn`.
    pub async fn end_passkey(&self, user: &User, id: PasskeyId, client: Client, clock: &Clock) -> Result<(), AppError> {
        let (now, epoch) = (clock.now_utc(), user.epoch);
        let ended = self.database.write(Actor { user: user.id }, new_change(), move |db, actor| {
            let client = client.clone();
            Box::pin(async move {
                accounts::hold_epoch(&mut *db, actor, epoch).await?;
                factors::end_passkey(&mut *db, actor, id).await?;
                if !factors::hold_ways(&mut *db, actor).await?.are_enough() {
                    return Err(AppError::LastWayIn.into());
                }
                let letter = Letter::new(Subject::Ways { news: News::PasskeyRemoved }, &client);
                tell_owner(&mut *db, actor.user, &letter, now).await?;
                events::record(db, actor.user, "passkey_removed", &client).await
            })
        });
        ended.await
    }

    /// What any passkey has to sign to log its owner in, and what is to be kept until it has. Error: as [`Backend::begin_passkey`].
    pub fn ask_for_passkey(&self) -> Result<(RequestChallengeResponse, DiscoverableAuthentication), AppError> {
        self.webauthn()?.start_discoverable_authentication().map_err(|error| refused(&error))
    }

    /// Whose passkey has signed: who may be logged in. A counter that isn't beyond the last one says that the key was copied. Error:
    /// `WrongPasskey`, whatever is wrong with it.
    pub async fn log_in_with_passkey(
        &self,
        answer: PublicKeyCredential,
        state: DiscoverableAuthentication,
        client: Client,
        clock: &Clock,
    ) -> Result<User, AppError> {
        let now = clock.now_utc();
        let (id, credential_id) =
            self.webauthn()?.identify_discoverable_authentication(&answer).map_err(|error| refused(&error))?;
        let (user, credential_id, backend) = (UserId(id), credential_id.to_vec(), self.clone());
        let checked = self.database.sign_in(move |db| {
            let (credential_id, backend, answer, state, client) =
                (credential_id.clone(), backend.clone(), answer.clone(), state.clone(), client.clone());
            Box::pin(async move {
                let stored = sign_in::hold_passkey(&mut *db, user, &credential_id).await?;
                let stored = stored.ok_or(AppError::WrongPasskey)?;
                let mut passkey: Passkey = serde_json::from_value(stored).map_err(|error| {
                    tracing::error!(%error, "a passkey can't be read");
                    AppError::Internal
                })?;
                let key = DiscoverableKey::from(&passkey);
                match backend.webauthn()?.finish_discoverable_authentication_v2(&answer, state, &key) {
                    Ok(result) => {
                        passkey.update_credential(&result);
                        let passkey = serde_json::to_value(&passkey).map_err(|_| AppError::Internal)?;
                        sign_in::use_passkey(&mut *db, &credential_id, &passkey, now).await?;
                        Ok(true)
                    }
                    Err(error) => {
                        refused(&error);
                        act_as(&mut *db, Actor { user }).await?;
                        events::record(db, user, "passkey_failed", &client).await?;
                        Ok(false)
                    }
                }
            })
        });
        if !checked.await? {
            return Err(AppError::WrongPasskey);
        }
        let found = self.database.sign_in(move |db| Box::pin(sign_in::by_id(db, user))).await?;
        found.ok_or(AppError::WrongPasskey)
    }
}
