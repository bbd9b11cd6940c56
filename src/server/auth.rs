//! Who somebody is: passwords, sessions, and the backend that axum-login asks.

pub mod password;
pub mod sessions;

use axum_login::{AuthUser, AuthnBackend};

use self::password::PasswordHasher;
use super::{
    clock,
    database::Database,
    store::accounts::{self, User},
};
use crate::{
    domain::{
        account::{Email, Name, Password},
        id::UserId,
    },
    error::AppError,
};

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

/// What somebody typed to log in.
#[derive(Clone)]
pub struct Credentials {
    /// As typed.
    pub email: String,
    /// As typed. Not logged, not kept.
    pub password: String,
}

/// Finds and makes accounts.
#[derive(Clone, Debug)]
pub struct Backend {
    database: Database,
    hasher: PasswordHasher,
}

impl Backend {
    /// A backend on this database.
    pub fn new(database: Database, hasher: PasswordHasher) -> Self {
        Self { database, hasher }
    }

    /// Makes an account. A time zone that nobody knows is UTC.
    pub async fn register(
        &self,
        email: Email,
        name: Name,
        time_zone: &str,
        password: Password,
    ) -> Result<User, AppError> {
        let hash = self.hasher.hash(password).await?;
        let zone = if clock::is_zone(time_zone) { time_zone } else { "UTC" }.to_owned();
        self.database
            .before_login(move |db| {
                let (email, name, zone, hash) = (email.clone(), name.clone(), zone.clone(), hash.clone());
                Box::pin(async move { accounts::create(db, &email, &name, &zone, &hash).await })
            })
            .await
    }
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
                    .before_login(move |db| {
                        let email = email.clone();
                        Box::pin(async move { accounts::by_email(db, &email).await })
                    })
                    .await?
            }
            Err(_) => None,
        };
        let (user, hash) = found.unzip();
        let right = self.hasher.verify(credentials.password, hash.flatten()).await?;
        Ok(user.filter(|_| right))
    }

    async fn get_user(&self, id: &UserId) -> Result<Option<User>, AppError> {
        let id = *id;
        self.database.before_login(move |db| Box::pin(accounts::by_id(db, id))).await
    }
}
