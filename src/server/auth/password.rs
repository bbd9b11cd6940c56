//! Hashing passwords: argon2id with 19 MiB, 2 passes and 1 lane (OWASP Password Storage Cheat Sheet), off the threads
//! that answer requests, and no more at a time than there are cores.

use std::{sync::Arc, time::Duration};

use argon2::{
    Argon2, PasswordHasher as _, PasswordVerifier as _,
    password_hash::{PasswordHash, SaltString, rand_core::OsRng},
};
use tokio::sync::Semaphore;

use crate::{domain::account::Password, error::AppError};

/// How long a login or a registration waits for its turn before it gets a 503.
const PATIENCE: Duration = Duration::from_secs(5);

/// Hashes and verifies. Cheap to clone; clones share the limit.
#[derive(Clone, Debug)]
pub struct PasswordHasher {
    turns: Arc<Semaphore>,
    /// The hash of no password, for accounts that don't exist.
    dummy: Arc<str>,
}

impl PasswordHasher {
    /// One that uses at most `width` threads, each with 19 MiB.
    pub fn new(width: usize) -> Result<Self, argon2::password_hash::Error> {
        let dummy = hash(b"nobody has this password")?;
        Ok(Self { turns: Arc::new(Semaphore::new(width)), dummy: dummy.into() })
    }

    /// A PHC string to store.
    pub async fn hash(&self, password: Password) -> Result<String, AppError> {
        let hashed = self.work(move || hash(password.as_bytes())).await?;
        hashed.map_err(|error| {
            tracing::error!(%error, "a password can't be hashed");
            AppError::Internal
        })
    }

    /// Whether `typed` is the password behind `stored`. Does the same work where there is no hash, and says no.
    ///
    /// A password that is too long for any account is refused without hashing (`security.md` 4).
    pub async fn verify(&self, typed: String, stored: Option<String>) -> Result<bool, AppError> {
        if typed.chars().count() > Password::LONGEST {
            return Ok(false);
        }
        let known = stored.is_some();
        let hash = stored.unwrap_or_else(|| self.dummy.to_string());
        let right = self.work(move || {
            let hash = PasswordHash::new(&hash).map_err(|error| tracing::error!(%error, "a stored hash can't be read"));
            hash.is_ok_and(|hash| Argon2::default().verify_password(typed.as_bytes(), &hash).is_ok())
        });
        Ok(right.await? && known)
    }

    async fn work<T: Send + 'static>(&self, job: impl FnOnce() -> T + Send + 'static) -> Result<T, AppError> {
        let turn = tokio::time::timeout(PATIENCE, Arc::clone(&self.turns).acquire_owned()).await;
        let Ok(Ok(turn)) = turn else {
            tracing::warn!("too many logins at a time");
            return Err(AppError::Unavailable);
        };
        // The turn moves into the job: a client that hangs up ends the waiting, not the work.
        let job = move || {
            let done = job();
            drop(turn);
            done
        };
        tokio::task::spawn_blocking(job).await.map_err(|error| {
            tracing::error!(%error, "hashing panicked");
            AppError::Internal
        })
    }
}

fn hash(password: &[u8]) -> Result<String, argon2::password_hash::Error> {
    // argon2's defaults are OWASP's first choice; the test below holds them there.
    Ok(Argon2::default().hash_password(password, &SaltString::generate(&mut OsRng))?.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn hashes_are_argon2id_as_owasp_asks_and_verify() {
        let hasher = PasswordHasher::new(1).unwrap();
        let hash = hasher.hash(Password::parse("correct horse").unwrap()).await.unwrap();
        assert!(hash.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{hash}");
        assert!(hasher.verify("correct horse".into(), Some(hash.clone())).await.unwrap());
        assert!(!hasher.verify("correct horsf".into(), Some(hash)).await.unwrap());
    }

    #[tokio::test]
    async fn nobody_has_the_password_of_the_dummy() {
        let hasher = PasswordHasher::new(1).unwrap();
        assert!(!hasher.verify("nobody has this password".into(), None).await.unwrap());
    }

    #[tokio::test]
    async fn a_long_password_is_refused_without_its_end_being_cut() {
        let hasher = PasswordHasher::new(1).unwrap();
        let longest = "x".repeat(Password::LONGEST);
        let hash = hasher.hash(Password::parse(&longest).unwrap()).await.unwrap();
        assert!(hasher.verify(longest.clone(), Some(hash.clone())).await.unwrap());
        assert!(!hasher.verify(format!("{longest}y"), Some(hash)).await.unwrap());
    }
}
