//! How programs log in: with a personal access token, or with what is signed for a quarter of an hour from a session or such a token.

use std::{fmt, sync::Arc};

use argon2::password_hash::rand_core::{OsRng, RngCore};
use sha2::{Digest, Sha256};

use super::{Backend, jwt::Claims};
use crate::{
    domain::{id::TokenId, scope::Scopes},
    error::AppError,
    server::{
        clock::Clock,
        database::Actor,
        store::{
            accounts::User,
            sign_in::{self, Found, Root},
        },
    },
};

/// Somebody who is logged in, and what this login may do.
#[derive(Clone, Debug)]
pub struct Login {
    /// Who.
    pub user: User,
    /// What it may do.
    pub scopes: Scopes,
    /// By what.
    pub by: By,
}

/// What somebody logged in with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum By {
    /// The session with this row.
    Session(String),
    /// A personal access token.
    Token(TokenId),
    /// What was signed from one of the others.
    Jwt,
}

/// What every personal access token begins with, so that a scanner of secrets knows one when it sees it.
const PREFIX: &str = "dkt_";

/// How many random characters follow: with 62 to choose from, 256 bits.
const RANDOM: usize = 43;

/// How many characters of checksum come last.
const CHECKSUM: usize = 6;

/// What tokens are written with: no sign among them at which a double click ends.
const DIGITS: &[u8; 62] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

/// A personal access token: `dkt_`, 43 random characters, and a checksum of them, by which a typo is known without asking the database.
/// It doesn't print itself.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(String);

impl Secret {
    /// A new one.
    pub fn random() -> Self {
        let mut random = String::with_capacity(RANDOM);
        let mut bytes = [0; 64];
        while random.len() < RANDOM {
            OsRng.fill_bytes(&mut bytes);
            // Four times each digit: what is beyond would make the first ones likelier.
            let fair = bytes.iter().map(|byte| usize::from(*byte)).filter(|byte| *byte < 4 * DIGITS.len());
            random.extend(fair.map(|byte| char::from(DIGITS[byte % DIGITS.len()])).take(RANDOM - random.len()));
        }
        Self(format!("{PREFIX}{random}{}", checksum(&random)))
    }

    /// One that somebody came with, if it is one.
    pub fn parse(text: &str) -> Option<Self> {
        let rest = text.strip_prefix(PREFIX).filter(|rest| rest.len() == RANDOM + CHECKSUM && rest.is_ascii())?;
        let (random, sum) = rest.split_at(RANDOM);
        (random.bytes().all(|byte| byte.is_ascii_alphanumeric()) && checksum(random) == sum)
            .then(|| Self(text.to_owned()))
    }

    /// For its owner, and for nothing else.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Its last characters, which tell one from another.
    pub fn hint(&self) -> &str {
        &self.0[self.0.len() - 4..]
    }

    /// SHA-256, which is what the database keeps.
    pub fn hash(&self) -> [u8; 32] {
        Sha256::digest(self.0.as_bytes()).into()
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(…)")
    }
}

/// CRC-32, as GitHub's tokens have it.
fn checksum(random: &str) -> String {
    let mut rest = usize::try_from(crc32fast::hash(random.as_bytes())).unwrap_or_default();
    let mut digits = [b'0'; CHECKSUM];
    for digit in digits.iter_mut().rev() {
        *digit = DIGITS[rest % DIGITS.len()];
        rest /= DIGITS.len();
    }
    digits.iter().map(|digit| char::from(*digit)).collect()
}

impl Backend {
    /// Who sends `bearer`, a personal access token or what [`Backend::issue_jwt`] gave. Asks the database each time, so that what was ended,
    /// expired, or belongs to a disabled account is of no use from then on. Error: `NotLoggedIn`, whatever is wrong with it.
    pub async fn token_login(&self, bearer: &str, issuer: &str, clock: &Clock) -> Result<Login, AppError> {
        if bearer.starts_with(PREFIX) {
            let secret = Secret::parse(bearer).ok_or(AppError::NotLoggedIn)?;
            return self.personal_login(&secret, clock).await;
        }
        let (kid, claims) = Claims::read(bearer, issuer, clock.now()).ok_or(AppError::NotLoggedIn)?;
        let (root, now) = (claims.root().ok_or(AppError::NotLoggedIn)?, clock.now_utc());
        let asked = Arc::new((bearer.to_owned(), issuer.to_owned(), kid, claims, root));
        let found = self.database.enter(move |db| {
            let asked = Arc::clone(&asked);
            Box::pin(async move {
                let (bearer, issuer, kid, claims, root) = &*asked;
                let found = sign_in::by_claims(db, (kid, claims.sub, claims.epoch), root, now).await?;
                // Only now is anything of it true.
                Ok(found.and_then(|(user, public)| {
                    let scopes = claims.proven(bearer, issuer, &public)?;
                    Some((Some(Actor { user: user.id }), (user, scopes)))
                }))
            })
        });
        let (user, scopes) = found.await?.ok_or(AppError::NotLoggedIn)?;
        Ok(Login { user, scopes, by: By::Jwt })
    }

    async fn personal_login(&self, secret: &Secret, clock: &Clock) -> Result<Login, AppError> {
        let (hash, now) = (secret.hash(), clock.now_utc());
        let found = self.database.enter(move |db| {
            Box::pin(async move {
                let found = sign_in::by_token(db, &hash, now).await?;
                Ok(found.map(|found| (Some(Actor { user: found.user.id }), found)))
            })
        });
        let Found { user, token, scopes, stale } = found.await?.ok_or(AppError::NotLoggedIn)?;
        if stale {
            // Where that fails, the log says so, and it is noted another time.
            let _ = self.database.sign_in(move |db| Box::pin(sign_in::touch_token(db, token, now))).await;
        }
        Ok(Login { user, scopes, by: By::Token(token) })
    }

    /// Signs what this login may do for a quarter of an hour (a JWT); gives it, and for how many seconds it is good. It is of no use any more
    /// once the session or the token that it is made from isn't. Error: `NotLoggedIn` for what was signed itself: it can't be prolonged.
    pub async fn issue_jwt(&self, login: &Login, issuer: &str, clock: &Clock) -> Result<(String, u64), AppError> {
        let root = match &login.by {
            By::Session(row) => Root::Session(row.clone()),
            By::Token(id) => Root::Token(*id),
            By::Jwt => return Err(AppError::NotLoggedIn),
        };
        let claims = Claims::new(&login.user, login.scopes, root, issuer, clock.now());
        self.signer.sign(&self.database, &claims, clock).await
    }

    /// The public halves of the keys that JWTs are signed with, as JSON Web Keys (RFC 7517, RFC 8037).
    pub async fn jwks(&self, clock: &Clock) -> Result<serde_json::Value, AppError> {
        let now = clock.now_utc();
        let keys = self.database.sign_in(move |db| Box::pin(sign_in::keys(db, now))).await?;
        Ok(super::jwt::key_set(&keys))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_is_known_by_its_looks() {
        let secret = Secret::random();
        let text = secret.as_str();
        assert_eq!(text.len(), 53);
        assert!(text.starts_with("dkt_") && text[4..].bytes().all(|byte| byte.is_ascii_alphanumeric()), "{text}");
        assert_eq!(Secret::parse(text).as_ref(), Some(&secret));
        assert!(text.ends_with(secret.hint()) && secret.hint().len() == 4);
        assert_ne!(Secret::random(), secret);
    }

    #[test]
    fn every_digit_is_as_likely_as_another() {
        let mut counts = [0_u32; 62];
        for _ in 0..1_000 {
            for byte in Secret::random().as_str()[PREFIX.len()..][..RANDOM].bytes() {
                counts[DIGITS.iter().position(|digit| *digit == byte).unwrap()] += 1;
            }
        }
        // 694 of each are expected, with a standard deviation of 26; the first 8 would be 840 without the care for what is beyond.
        assert!(counts.iter().all(|count| (500..800).contains(count)), "{counts:?}");
    }

    #[test]
    fn a_typo_is_known_without_asking_the_database() {
        let good = "dkt_0000000000000000000000000000000000000000000".to_owned();
        let good = format!("{good}{}", checksum(&good[4..]));
        assert!(Secret::parse(&good).is_some());
        for (index, _) in good.char_indices() {
            let mut typo = good.clone();
            typo.replace_range(index..=index, "x");
            assert!(Secret::parse(&typo).is_none() || typo == good, "{typo}");
        }
        for text in ["", "dkt_", &good[..52], &format!("{good}0"), &format!(" {good}"), &good.to_lowercase()] {
            assert!(Secret::parse(text).is_none() || text == good, "{text}");
        }
        // As many bytes, and no place to cut it at.
        assert!(Secret::parse(&format!("dkt_{}é{}", "0".repeat(42), "0".repeat(5))).is_none());
    }

    #[test]
    fn a_token_does_not_print_itself() {
        assert_eq!(format!("{:?}", Secret::random()), "Secret(…)");
    }
}
