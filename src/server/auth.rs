//! Who somebody is: passwords, sessions, and the backend that axum-login asks.

mod factors;
pub mod jwt;
pub mod limits;
mod oidc;
pub mod passkeys;
pub mod password;
mod recovery;
pub mod sessions;
pub mod tokens;

use std::{ops::Deref, sync::Arc, time::Duration};

use ::time::OffsetDateTime;
use axum_login::{AuthUser, AuthnBackend};
use sqlx::PgConnection;
use tokio::time::{Instant, sleep_until};
use url::Url;
use webauthn_rs::Webauthn;

use self::{jwt::Signer, limits::Source, password::PasswordHasher};
use super::{
    client::Client,
    clock::{self, Clock},
    database::{Actor, Database, Failure, act_as},
    providers::Providers,
    secrets::SecretKey,
    store::{
        accounts::{self, User},
        admin, events,
        idempotency::{self, Answer, Key},
        mail::{self, Letter, Purpose, Subject},
        sign_in,
    },
};
use crate::{
    domain::{
        account::{Email, Name, Password},
        admin::Order,
        id::{ChangeId, UserId},
    },
    error::{AppError, FieldErrors},
};

pub use self::factors::Halfway;

/// The session of a request and who it belongs to. A copy: what changes in one isn't seen in another.
pub type AuthSession = axum_login::AuthSession<Backend>;

impl AuthUser for User {
    type Id = UserId;

    fn id(&self) -> UserId {
        self.id
    }

    fn session_auth_hash(&self) -> &[u8] {
        self.epoch.as_bytes()
    }
}

/// For how long a password that was typed counts for what can't be taken back.
const FRESH: time::Duration = time::Duration::minutes(10);

/// A failed login is answered after one or more whole steps (`security.md` 6).
const STEP: Duration = Duration::from_millis(100);

/// What somebody typed to log in.
#[derive(Clone)]
pub struct Credentials {
    /// As typed.
    pub email: String,
    /// As typed. Not logged, not kept.
    pub password: String,
}

/// What somebody typed to get an account.
#[derive(Clone)]
pub struct Registration {
    /// What they want to be called.
    pub name: String,
    /// Where mail reaches them.
    pub email: String,
    /// Not logged, not kept.
    pub password: String,
    /// What their browser knows, or blank.
    pub time_zone: String,
}

/// Finds and makes accounts. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Backend(Arc<Parts>);

/// What it works with.
#[derive(Clone, Debug)]
pub struct Parts {
    database: Database,
    hasher: PasswordHasher,
    signer: Signer,
    secrets: SecretKey,
    passkeys: Option<Arc<Webauthn>>,
    providers: Providers,
}

impl Deref for Backend {
    type Target = Parts;

    fn deref(&self) -> &Parts {
        &self.0
    }
}

impl Backend {
    /// A backend on this database. `site`: where people reach Docket, which passkeys are bound to.
    pub fn new(database: Database, hasher: PasswordHasher, secrets: SecretKey, site: Option<&Url>) -> Self {
        let passkeys = site.and_then(passkeys::of_site).map(Arc::new);
        let (signer, providers) = (Signer::default(), Providers::default());
        Self(Arc::new(Parts { database, hasher, signer, secrets, passkeys, providers }))
    }

    /// The same with other providers, which people sign in by.
    #[must_use]
    pub fn with_providers(self, providers: Providers) -> Self {
        Self(Arc::new(Parts { providers, ..Arc::unwrap_or_clone(self.0) }))
    }

    /// The providers that people sign in by.
    pub fn providers(&self) -> &Providers {
        &self.providers
    }

    /// Makes an account of what somebody typed; `key` is what a program sends the same request again by. Errors: `Invalid` at the fields, also
    /// for an address that has an account.
    pub async fn sign_up(
        &self,
        typed: Registration,
        key: Option<Key>,
        client: Client,
        clock: &Clock,
    ) -> Result<User, AppError> {
        let Registration { name, email, password, time_zone } = typed;
        let mut errors = FieldErrors::default();
        let password = self.hasher.new_password(password, [name.clone(), email.clone()]).await?;
        let name = errors.check("name", Name::parse(&name));
        let email = errors.check("email", Email::parse(&email));
        let password = errors.check("password", password);
        let (Some(name), Some(email), Some(password)) = (name, email, password) else { return Err(errors.into()) };
        self.register((email, name, password), &time_zone, key, client, clock).await
    }

    /// Makes an account, and has a mail sent to its address, to see whether it arrives. A time zone that nobody knows is UTC.
    pub async fn register(
        &self,
        (email, name, password): (Email, Name, Password),
        time_zone: &str,
        key: Option<Key>,
        client: Client,
        clock: &Clock,
    ) -> Result<User, AppError> {
        let now = clock.now_utc();
        let hash = self.hasher.hash(password).await?;
        let zone = if clock::is_zone(time_zone) { time_zone } else { "UTC" }.to_owned();
        self.database
            .sign_in(move |db| {
                let (email, name, zone, hash, key, client) =
                    (email.clone(), name.clone(), zone.clone(), hash.clone(), key.clone(), client.clone());
                Box::pin(async move {
                    let user = sign_in::create(&mut *db, &email, &name, &zone, Some(&hash)).await?;
                    let actor = Actor { user: user.id };
                    act_as(&mut *db, actor).await?;
                    events::record(&mut *db, user.id, "register", &client).await?;
                    if let Some(key) = key {
                        idempotency::keep(&mut *db, actor, &key, &Answer::default(), now).await?;
                    }
                    // Whoever asks for too many mails gets the account without one; it can be sent later.
                    let network = client.ip_address.map(Source::mail_from);
                    let own = [Source::mail(&user.id.to_string()), Source::first_mail(email.as_str())];
                    let sources: Vec<_> = own.into_iter().chain(network).collect();
                    if limits::count(&mut *db, &sources, now).await? == 0 {
                        mail::post_link(db, actor, Purpose::Verify, &email, &client, now).await?;
                    }
                    Ok(user)
                })
            })
            .await
    }

    /// Whose account the same request, with this key, has made before: who knows its password. Error: `NotFound` where it has made none.
    pub async fn signed_up(
        &self,
        credentials: Credentials,
        key: Key,
        client: Client,
        clock: &Clock,
    ) -> Result<User, AppError> {
        let now = clock.now_utc();
        let user = self.log_in(credentials, client, clock).await?;
        let made = self.database.write(Actor { user: user.id }, new_change(), move |db, actor| {
            let key = key.clone();
            Box::pin(async move { idempotency::kept(db, actor, &key, now).await })
        });
        made.await?.map(|_| user).ok_or(AppError::NotFound)
    }

    /// Does what who runs Docket orders to the account with this address; whether there is one.
    pub async fn order(&self, email: Email, order: Order) -> Result<bool, AppError> {
        self.database
            .administer(None, move |db| {
                let email = email.clone();
                Box::pin(async move {
                    let Some(id) = admin::find(&mut *db, &email).await? else { return Ok(false) };
                    admin::apply(&mut *db, id, order).await?;
                    if order.ends_sessions() {
                        mail::end_links(&mut *db, id).await?;
                    }
                    events::record_by(db, None, id, order.event(), &Client::default()).await?;
                    Ok(true)
                })
            })
            .await
    }

    /// Sets the password of the account with this address, for who runs Docket, and ends its sessions; whether there is one.
    pub async fn set_password(&self, email: Email, password: Password, clock: &Clock) -> Result<bool, AppError> {
        let now = clock.now_utc();
        let hash = self.hasher.hash(password).await?;
        self.database
            .administer(None, move |db| {
                let (email, hash) = (email.clone(), hash.clone());
                Box::pin(async move {
                    let Some(id) = admin::find(&mut *db, &email).await? else { return Ok(false) };
                    accounts::set_password(&mut *db, Actor { user: id }, &hash).await?;
                    let nobody = Client::default();
                    mail::end_links(&mut *db, id).await?;
                    tell_owner(&mut *db, id, &Letter::new(Subject::PasswordSet, &nobody), now).await?;
                    events::record_by(db, None, id, "password_set", &nobody).await?;
                    Ok(true)
                })
            })
            .await
    }

    /// What hashes passwords and judges them.
    pub fn hasher(&self) -> &PasswordHasher {
        &self.hasher
    }

    /// Checks what somebody typed to log in, unless too much of that failed lately. What happens is told to the owner of the account.
    /// Errors: `WrongCredentials`, `TooManyTries`.
    pub async fn log_in(&self, credentials: Credentials, client: Client, clock: &Clock) -> Result<User, AppError> {
        let begun = Instant::now();
        let found = self.try_to_log_in(credentials, client, clock).await?;
        if found.is_none() {
            // What is written down for the owner of an account takes a moment; nobody learns from it that there is one.
            sleep_until(begun + STEP * (begun.elapsed().as_millis() / STEP.as_millis() + 1).try_into().unwrap_or(1))
                .await;
        }
        found.ok_or(AppError::WrongCredentials)
    }

    async fn try_to_log_in(
        &self,
        credentials: Credentials,
        client: Client,
        clock: &Clock,
    ) -> Result<Option<User>, AppError> {
        let now = clock.now_utc();
        let email = Email::parse(&credentials.email).ok();
        let account = Source::account(email.as_ref().map_or(&credentials.email, Email::as_str));
        let sources: Vec<_> = std::iter::once(account.clone()).chain(client.ip_address.map(Source::network)).collect();
        let wait = {
            let sources = sources.clone();
            self.database.sign_in(move |db| {
                let sources = sources.clone();
                Box::pin(async move { limits::wait(db, &sources, now).await })
            })
        };
        match wait.await? {
            0 => {}
            seconds => return Err(AppError::TooManyTries(seconds)),
        }
        let found = self.authenticate(credentials).await?;
        let id = found.as_ref().map(|user| user.id);
        self.database
            .sign_in(move |db| {
                let (sources, account, client, email) =
                    (sources.clone(), account.clone(), client.clone(), email.clone());
                Box::pin(async move {
                    // Of many at once, those that come after the last free failure learn nothing either.
                    let seconds = limits::wait_in_turn(&mut *db, &sources, now).await?;
                    if seconds > 0 {
                        return Err(AppError::TooManyTries(seconds).into());
                    }
                    if let Some(id) = id {
                        act_as(&mut *db, Actor { user: id }).await?;
                        limits::forgive(&mut *db, &account).await?;
                        if sign_in::asks_second_step(&mut *db, id).await? {
                            // Nobody is in yet.
                            return Ok(());
                        }
                        if !events::knows_device(&mut *db, id, &client).await? {
                            let letter = Letter::new(Subject::NewDevice, &client);
                            tell_owner(&mut *db, id, &letter, now).await?;
                        }
                        events::record(db, id, "login", &client).await
                    } else {
                        limits::fail(&mut *db, &sources, now).await?;
                        match &email {
                            Some(email) => sign_in::record_failure(db, email, &client).await,
                            // No account has what is no address.
                            None => Ok(()),
                        }
                    }
                })
            })
            .await?;
        Ok(found)
    }

    /// Whether this is the password of who acts. A wrong one is counted, and told to the owner. Error: `TooManyTries`.
    pub async fn is_password(
        &self,
        actor: Actor,
        typed: String,
        client: &Client,
        clock: &Clock,
    ) -> Result<bool, AppError> {
        let now = clock.now_utc();
        let source = [Source::account(&actor.user.to_string())];
        let (wait, stored) = {
            let source = source.clone();
            let read = self.database.read(actor, move |db, actor| {
                let source = source.clone();
                Box::pin(async move {
                    let wait = limits::wait(&mut *db, &source, now).await?;
                    Ok((wait, accounts::password_hash(db, actor).await?))
                })
            });
            read.await?
        };
        if wait > 0 {
            return Err(AppError::TooManyTries(wait));
        }
        let right = self.hasher.verify(typed, stored).await?;
        let client = client.clone();
        let noted = self.database.write(actor, new_change(), move |db, actor| {
            let (source, client) = (source.clone(), client.clone());
            Box::pin(async move {
                let seconds = limits::wait_in_turn(&mut *db, &source, now).await?;
                if seconds > 0 {
                    return Err(AppError::TooManyTries(seconds).into());
                }
                if right {
                    return limits::forgive(db, &source[0]).await;
                }
                limits::fail(&mut *db, &source, now).await?;
                events::record(db, actor.user, "password_failed", &client).await
            })
        });
        noted.await?;
        Ok(right)
    }

    /// Gives a user another password, if the current one is right, and ends every session of the account; gives the user of the new
    /// epoch. Errors: `WrongPassword`, `CodeNotConfirmed` where the account asks for a code, `TooManyTries`; `NotLoggedIn` where everybody was logged out meanwhile.
    pub async fn change_password(
        &self,
        user: &User,
        (current, code): (String, String),
        new: Password,
        client: Client,
        clock: &Clock,
    ) -> Result<User, AppError> {
        let (actor, epoch) = (Actor { user: user.id }, user.epoch);
        if !self.is_password(actor, current, &client, clock).await? {
            return Err(AppError::WrongPassword);
        }
        self.confirm_code(user.id, &code, &client, clock).await?;
        let now = clock.now_utc();
        let hash = self.hasher.hash(new).await?;
        let changed = self.database.write(actor, new_change(), move |db, actor| {
            let (hash, client) = (hash.clone(), client.clone());
            Box::pin(async move {
                accounts::hold_epoch(&mut *db, actor, epoch).await?;
                accounts::set_password(&mut *db, actor, &hash).await?;
                mail::end_links(&mut *db, actor.user).await?;
                let letter = Letter::new(Subject::PasswordChanged, &client);
                tell_owner(&mut *db, actor.user, &letter, now).await?;
                events::record(&mut *db, actor.user, "password", &client).await?;
                sign_in::by_id(db, actor.user).await?.ok_or(AppError::NotLoggedIn.into())
            })
        });
        changed.await
    }

    /// Whether the session with this row began, with its password, in the last 10 minutes (ASVS 7.5.1).
    pub async fn is_fresh(&self, actor: Actor, row: String, clock: &Clock) -> Result<bool, AppError> {
        self.began_within(FRESH, actor, row, clock).await
    }

    /// Whether the session with this row isn't older than that.
    pub async fn began_within(
        &self,
        age: time::Duration,
        actor: Actor,
        row: String,
        clock: &Clock,
    ) -> Result<bool, AppError> {
        let since = clock.now_utc() - age;
        let begun = self.database.read(actor, move |db, actor| {
            let row = row.clone();
            Box::pin(async move { accounts::session_began(db, actor, &row).await })
        });
        Ok(begun.await?.is_some_and(|begun| begun > since))
    }
}

/// Has the owner of an account told of what happened, at a proven address, unless they were told a lot lately: nobody floods somebody's
/// mail box by logging in again and again.
async fn tell_owner(db: &mut PgConnection, owner: UserId, letter: &Letter, now: OffsetDateTime) -> Result<(), Failure> {
    if limits::count(&mut *db, &[Source::notice(&owner.to_string())], now).await? == 0 {
        mail::post_to_owner(db, owner, letter, now).await?;
    }
    Ok(())
}

fn new_change() -> ChangeId {
    ChangeId(uuid::Uuid::now_v7())
}

impl AuthnBackend for Backend {
    type User = User;
    type Credentials = Credentials;
    type Error = AppError;

    /// Takes as long for an address that has no account as for one that has: a hash is checked in any case
    /// (`security.md` 6).
    async fn authenticate(&self, credentials: Credentials) -> Result<Option<User>, AppError> {
        let found = match Email::parse(&credentials.email) {
            Ok(email) => {
                self.database
                    .sign_in(move |db| {
                        let email = email.clone();
                        Box::pin(async move { sign_in::by_email(db, &email).await })
                    })
                    .await?
            }
            Err(_) => None,
        };
        let (user, hash) = found.unzip();
        let hash = hash.flatten();
        let right = self.hasher.verify(credentials.password.clone(), hash.clone()).await?;
        let user = user.filter(|_| right);
        if let (Some(user), Some(old)) = (&user, hash)
            && let Some(new) = self.hasher.renew(credentials.password, &old).await?
        {
            let id = user.id;
            self.database
                .sign_in(move |db| {
                    let (old, new) = (old.clone(), new.clone());
                    Box::pin(async move { sign_in::renew_hash(db, id, &old, &new).await })
                })
                .await?;
        }
        Ok(user)
    }

    async fn get_user(&self, id: &UserId) -> Result<Option<User>, AppError> {
        let id = *id;
        match sessions::take_found(id) {
            Some(user) => Ok(Some(user)),
            None => self.database.sign_in(move |db| Box::pin(sign_in::by_id(db, id))).await,
        }
    }
}
