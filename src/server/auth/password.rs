//! Hashing passwords: argon2id with 19 MiB, 2 passes and 1 lane (OWASP Password Storage Cheat Sheet), off the threads
//! that answer requests, and no more at a time than there are cores.

use std::{sync::Arc, time::Duration};

use argon2::{
    Argon2, PasswordHasher as _, PasswordVerifier as _,
    password_hash::{PasswordHash, SaltString, rand_core::OsRng},
};
use tokio::sync::Semaphore;

use crate::{
    domain::account::{Habit, Password, PasswordError, Strength},
    error::AppError,
};

/// How long a login or a registration waits for its turn before it gets a 503.
const PATIENCE: Duration = Duration::from_secs(5);

/// Hashes and verifies. Cheap to clone; clones share the limit.
#[derive(Clone, Debug)]
pub struct PasswordHasher {
    turns: Arc<Semaphore>,
    patience: Duration,
    /// The hash of no password, for accounts that don't exist.
    dummy: Arc<str>,
}

impl PasswordHasher {
    /// One that uses at most `width` threads, each with 19 MiB.
    pub fn new(width: usize) -> Result<Self, argon2::password_hash::Error> {
        let dummy = hash(b"nobody has this password")?;
        Ok(Self { turns: Arc::new(Semaphore::new(width)), patience: PATIENCE, dummy: dummy.into() })
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
        Ok(self.work(move || matches(&typed, &hash)).await? && known)
    }

    /// What a hash that isn't made as Docket makes them is to be replaced by, now that its password is here; `None` for one that is.
    pub async fn renew(&self, typed: String, stored: &str) -> Result<Option<String>, AppError> {
        if is_current(stored) {
            return Ok(None);
        }
        self.work(move || hash(typed.as_bytes()).ok()).await
    }

    /// [`new_password`], off the threads that answer.
    pub async fn new_password(
        &self,
        typed: String,
        own: [String; 2],
    ) -> Result<Result<Password, PasswordError>, AppError> {
        self.work(move || new_password(&typed, &own.each_ref().map(String::as_str))).await
    }

    /// [`judge`], off the threads that answer.
    pub async fn judge(&self, typed: String, own: [String; 2]) -> Result<Strength, AppError> {
        self.work(move || judge(&typed, &own.each_ref().map(String::as_str))).await
    }

    async fn work<T: Send + 'static>(&self, job: impl FnOnce() -> T + Send + 'static) -> Result<T, AppError> {
        let turn = tokio::time::timeout(self.patience, Arc::clone(&self.turns).acquire_owned()).await;
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

fn matches(typed: &str, stored: &str) -> bool {
    // Brought over from a system built on the specifications (seed 000), which hash with bcrypt.
    if stored.starts_with("$2") {
        return bcrypt::verify(typed, stored).unwrap_or_else(|error| {
            tracing::error!(%error, "a stored bcrypt hash can't be read");
            false
        });
    }
    let hash = PasswordHash::new(stored).map_err(|error| tracing::error!(%error, "a stored hash can't be read"));
    hash.is_ok_and(|hash| Argon2::default().verify_password(typed.as_bytes(), &hash).is_ok())
}

/// Whether a hash is argon2id with at least the work of new ones.
fn is_current(stored: &str) -> bool {
    let params = PasswordHash::new(stored).ok().filter(|hash| hash.algorithm == argon2::ARGON2ID_IDENT);
    let params = params.and_then(|hash| argon2::Params::try_from(&hash).ok());
    let least = argon2::Params::DEFAULT;
    params.is_some_and(|params| params.m_cost() >= least.m_cost() && params.t_cost() >= least.t_cost())
}

/// The most characters of what is known of a person that are looked at: nobody's patience is bought with a long name.
const OWN: usize = 255;

/// How a password does against somebody who tries the usual ones first: common passwords, names, words, keys side by side (zxcvbn).
/// `own` is what is known of the person, which is tried first of all.
fn strength(password: &str, own: &[&str]) -> Strength {
    // As they are, each word of them, and all words in one.
    let words = |text: &&str| {
        let text: String = text.chars().take(OWN).collect();
        let words: Vec<_> = text.split(|letter: char| !letter.is_alphanumeric()).map(str::to_lowercase).collect();
        std::iter::once(text.to_lowercase()).chain([words.concat()]).chain(words.clone())
    };
    let own: Vec<_> = own.iter().chain(&["docket"]).flat_map(words).collect();
    let found = zxcvbn::zxcvbn(password, &own.iter().map(String::as_str).collect::<Vec<_>>());
    let habit = || found.feedback().and_then(zxcvbn::feedback::Feedback::warning).map_or(Habit::Short, habit);
    match found.score() {
        zxcvbn::Score::Zero | zxcvbn::Score::One => Strength::Refused(PasswordError::Weak(habit())),
        zxcvbn::Score::Two => Strength::Fair,
        zxcvbn::Score::Three => Strength::Strong,
        _ => Strength::VeryStrong,
    }
}

fn habit(warning: zxcvbn::feedback::Warning) -> Habit {
    use zxcvbn::feedback::Warning::{
        AWordByItselfIsEasyToGuess, CommonNamesAndSurnamesAreEasyToGuess, DatesAreOftenEasyToGuess,
        NamesAndSurnamesByThemselvesAreEasyToGuess, RecentYearsAreEasyToGuess, RepeatsLikeAaaAreEasyToGuess,
        RepeatsLikeAbcAbcAreOnlySlightlyHarderToGuess, SequencesLikeAbcAreEasyToGuess,
        ShortKeyboardPatternsAreEasyToGuess, StraightRowsOfKeysAreEasyToGuess, ThisIsACommonPassword,
        ThisIsATop10Password, ThisIsATop100Password, ThisIsSimilarToACommonlyUsedPassword,
    };
    match warning {
        StraightRowsOfKeysAreEasyToGuess | ShortKeyboardPatternsAreEasyToGuess => Habit::Keys,
        RepeatsLikeAaaAreEasyToGuess | RepeatsLikeAbcAbcAreOnlySlightlyHarderToGuess => Habit::Repeats,
        ThisIsATop10Password | ThisIsATop100Password | ThisIsACommonPassword | ThisIsSimilarToACommonlyUsedPassword => {
            Habit::Common
        }
        SequencesLikeAbcAreEasyToGuess => Habit::Sequence,
        RecentYearsAreEasyToGuess | DatesAreOftenEasyToGuess => Habit::Date,
        AWordByItselfIsEasyToGuess => Habit::Word,
        NamesAndSurnamesByThemselvesAreEasyToGuess | CommonNamesAndSurnamesAreEasyToGuess => Habit::Name,
    }
}

/// How a password would do for an account; too short and too long ones aren't looked at any further.
pub fn judge(typed: &str, own: &[&str]) -> Strength {
    match Password::parse(typed) {
        Ok(_) => strength(typed, own),
        Err(error) => Strength::Refused(error),
    }
}

/// A password for an account: of a fitting length, and not one that is guessed soon (ASVS 6.2.4, 6.2.11, 6.2.12).
pub fn new_password(typed: &str, own: &[&str]) -> Result<Password, PasswordError> {
    let password = Password::parse(typed)?;
    if let Strength::Refused(error) = strength(typed, own) { Err(error) } else { Ok(password) }
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

    #[test]
    fn what_everybody_tries_first_is_refused() {
        let own = ["ada@example.org", "Ada Lovelace"];
        for typed in
            ["password", "12345678", "qwertyuiop", "docketdocket", "ada@example.org", "adalovelace", "aaaaaaaaaa"]
        {
            assert!(matches!(new_password(typed, &own), Err(PasswordError::Weak(_))), "{typed}");
        }
        for typed in ["correct horse battery", "пароль и ещё слова", "字の海を渡る小舟", "x9$Qv!m2Lr"]
        {
            assert!(new_password(typed, &own).is_ok(), "{typed}: {:?}", strength(typed, &own));
        }
    }

    #[tokio::test]
    async fn a_bcrypt_hash_is_accepted_and_replaced() {
        let hasher = PasswordHasher::new(1).unwrap();
        let old = bcrypt::hash("correct horse", 4).unwrap();
        assert!(hasher.verify("correct horse".into(), Some(old.clone())).await.unwrap());
        assert!(!hasher.verify("correct horsf".into(), Some(old.clone())).await.unwrap());
        let new = hasher.renew("correct horse".into(), &old).await.unwrap().unwrap();
        assert!(new.starts_with("$argon2id$") && hasher.renew("correct horse".into(), &new).await.unwrap().is_none());
        assert!(hasher.verify("correct horse".into(), Some(new)).await.unwrap());
        let weak = "$argon2id$v=19$m=8,t=1,p=1$c29tZXNhbHQ$Ff1VyMkYyrKR9DuI2CV2+Q";
        assert!(hasher.renew("x".into(), weak).await.unwrap().is_some());
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

    #[tokio::test]
    async fn who_finds_too_many_before_them_is_told_to_come_again() {
        let hasher = PasswordHasher { patience: Duration::from_millis(10), ..PasswordHasher::new(2).unwrap() };
        let held = hasher.turns.clone().acquire_many_owned(2).await.unwrap();
        assert_eq!(hasher.verify("correct horse".into(), None).await, Err(AppError::Unavailable));
        drop(held);
        assert_eq!(hasher.verify("correct horse".into(), None).await, Ok(false));
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 4)]
    async fn no_more_is_hashed_at_a_time_than_there_are_turns() {
        use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};
        let hasher = PasswordHasher::new(2).unwrap();
        let (running, most) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
        let jobs = (0..40).map(|_| {
            let (hasher, running, most) = (hasher.clone(), running.clone(), most.clone());
            tokio::spawn(async move {
                let job = move || {
                    most.fetch_max(running.fetch_add(1, SeqCst) + 1, SeqCst);
                    std::thread::sleep(Duration::from_millis(5));
                    running.fetch_sub(1, SeqCst);
                };
                hasher.work(job).await
            })
        });
        for job in jobs.collect::<Vec<_>>() {
            job.await.unwrap().unwrap();
        }
        assert_eq!(most.load(SeqCst), 2);
    }
}
