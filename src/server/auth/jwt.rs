//! What is signed for a quarter of an hour (JWT, RFC 7519; `EdDSA`, RFC 8037), and the keys that it is signed with.
//!
//! A private key never leaves the memory of the process that made it; the database has the public half, which other nodes, and whoever
//! else wants to, check signatures with. So nothing that is in the database, or in a backup of it, can sign anything.

use std::sync::Arc;

use argon2::password_hash::rand_core::{OsRng, RngCore};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use jiff::Timestamp;
use jsonwebtoken::{
    Algorithm, DecodingKey, EncodingKey, Header, Validation,
    jwk::{AlgorithmParameters, Jwk, ThumbprintHash},
};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use time::{Duration, OffsetDateTime};
use tokio::sync::Mutex;
use uuid::Uuid;
use zeroize::Zeroizing;

use crate::{
    domain::{
        id::{TokenId, UserId},
        scope::Scopes,
    },
    error::AppError,
    server::{
        clock::Clock,
        database::Database,
        store::{
            accounts::User,
            sign_in::{self, Root},
        },
    },
};

/// Whom it is for.
const AUDIENCE: &str = "docket-api";

/// For how many seconds it is good.
const LIFE: i64 = 15 * 60;

/// By how many seconds the clocks of two nodes may differ.
const SKEW: i64 = 60;

/// The most bytes that are looked at.
const LONGEST: usize = 2_048;

/// For how long a key signs.
const SIGNS: Duration = Duration::days(7);

/// For how long what a key signed can be checked when it signs no more: longer than anything that it signed is good.
const OVERLAP: Duration = Duration::hours(1);

/// What is signed. Nothing of it is a secret.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Claims {
    iss: String,
    /// The account.
    pub sub: UserId,
    aud: String,
    iat: i64,
    nbf: i64,
    exp: i64,
    jti: Uuid,
    scope: String,
    /// The epoch of the account. It ends with it.
    pub epoch: Uuid,
    /// The row of the session that it was made from.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    sid: Option<String>,
    /// The token that it was made from.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    tid: Option<TokenId>,
}

impl Claims {
    /// For a quarter of an hour from `now`.
    pub fn new(user: &User, scopes: Scopes, root: Root, issuer: &str, now: Timestamp) -> Self {
        let now = now.as_second();
        let (sid, tid) = match root {
            Root::Session(row) => (Some(row), None),
            Root::Token(id) => (None, Some(id)),
        };
        Self {
            iss: issuer.to_owned(),
            sub: user.id,
            aud: AUDIENCE.to_owned(),
            iat: now,
            nbf: now,
            exp: now + LIFE,
            jti: Uuid::new_v4(),
            scope: scopes.to_string(),
            epoch: user.epoch,
            sid,
            tid,
        }
    }

    /// What `token` says, and the key that it names. Nothing of it is proven; what can't be true is refused already.
    pub fn read(token: &str, issuer: &str, now: Timestamp) -> Option<(String, Self)> {
        if token.len() > LONGEST {
            return None;
        }
        let header = jsonwebtoken::decode_header(token).ok()?;
        let is_ours = header.alg == Algorithm::EdDSA && header.typ.as_deref() == Some("JWT") && header.crit.is_none();
        // 256 bits in base64: what PostgreSQL takes as a text.
        let kid = header.kid.filter(|kid| is_ours && kid.len() == 43 && is_plain(kid))?;
        let claims: Self = jsonwebtoken::dangerous::insecure_decode_claims(token).ok()?;
        // By the program's clock, which the library doesn't know.
        let now = now.as_second();
        let in_time = claims.exp > now && claims.nbf <= now + SKEW && claims.iat <= now + SKEW;
        (in_time && claims.aud == AUDIENCE && claims.iss == issuer).then_some((kid, claims))
    }

    /// What it was made from: one thing.
    pub fn root(&self) -> Option<Root> {
        match (&self.sid, self.tid) {
            (Some(row), None) if row.len() <= 64 && is_plain(row) => Some(Root::Session(row.clone())),
            (None, Some(id)) => Some(Root::Token(id)),
            _ => None,
        }
    }

    /// What it may do, if this key has signed `token`, which it was read from.
    pub fn proven(&self, token: &str, issuer: &str, public: &[u8]) -> Option<Scopes> {
        // The library takes the first 32 bytes of what it gets.
        let key = DecodingKey::from_ed_der(<&[u8; 32]>::try_from(public).ok()?);
        let mut rules = Validation::new(Algorithm::EdDSA);
        rules.set_audience(&[AUDIENCE]);
        rules.set_issuer(&[issuer]);
        rules.set_required_spec_claims(&["exp", "nbf", "iss", "aud", "sub"]);
        (rules.validate_exp, rules.validate_nbf) = (false, false);
        jsonwebtoken::decode::<Self>(token, &key, &rules).ok()?;
        Scopes::parse(&self.scope)
    }
}

fn is_plain(text: &str) -> bool {
    text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte))
}

/// Public halves of keys as a set (RFC 7517, section 5).
pub fn key_set(keys: &[(String, Vec<u8>)]) -> Value {
    let key = |(kid, public): &(String, Vec<u8>)| {
        json!({
            "kty": "OKP", "crv": "Ed25519", "x": URL_SAFE_NO_PAD.encode(public), "kid": kid, "use": "sig", "alg": "EdDSA"
        })
    };
    json!({ "keys": keys.iter().map(key).collect::<Vec<_>>() })
}

/// What signs: a key of this process's own, made when it is first needed. Clones share it.
#[derive(Clone, Debug, Default)]
pub struct Signer(Arc<Mutex<Option<Arc<Pair>>>>);

/// A pair of keys. The private one is overwritten when it is dropped, and prints nothing.
#[derive(Debug)]
pub struct Pair {
    kid: String,
    private: EncodingKey,
    made: OffsetDateTime,
}

/// What stands before the 32 bytes of a private key of Ed25519 (PKCS #8, RFC 8410, section 7).
const PKCS8: [u8; 16] =
    [0x30, 0x2e, 0x02, 0x01, 0x00, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x04, 0x22, 0x04, 0x20];

impl Pair {
    /// A new one, and its public half.
    fn random(made: OffsetDateTime) -> Option<(Self, Vec<u8>)> {
        let mut der = Zeroizing::new([0; 48]);
        der[..16].copy_from_slice(&PKCS8);
        OsRng.fill_bytes(&mut der[16..]);
        let private = EncodingKey::from_ed_der(&*der);
        let jwk = Jwk::from_encoding_key(&private, Algorithm::EdDSA).ok()?;
        let kid = jwk.thumbprint(ThumbprintHash::SHA256).ok()?;
        let AlgorithmParameters::OctetKeyPair(parameters) = jwk.algorithm else { return None };
        let public = URL_SAFE_NO_PAD.decode(parameters.x).ok()?;
        Some((Self { kid, private, made }, public))
    }

    fn signs_at(&self, now: OffsetDateTime) -> bool {
        (self.made..self.made + SIGNS).contains(&now)
    }
}

impl Signer {
    /// Signs, with a key that everybody can check; gives the token, and for how many seconds it is good.
    pub async fn sign(&self, database: &Database, claims: &Claims, clock: &Clock) -> Result<(String, u64), AppError> {
        let now = clock.now_utc();
        let known = self.0.lock().await.clone().filter(|pair| pair.signs_at(now));
        let pair = match known {
            Some(pair) if is_published(database, &pair, now).await? => pair,
            // Its public half is gone: whoever removed that wanted nothing that it signed to be good any more.
            old => self.renew(database, old.as_deref(), now).await?,
        };
        let header = Header { kid: Some(pair.kid.clone()), ..Header::new(Algorithm::EdDSA) };
        let token = jsonwebtoken::encode(&header, claims, &pair.private).map_err(|_| failed())?;
        Ok((token, LIFE.unsigned_abs()))
    }

    /// Another pair than `old`: of many who want one at once, the first makes it for all.
    async fn renew(&self, database: &Database, old: Option<&Pair>, now: OffsetDateTime) -> Result<Arc<Pair>, AppError> {
        let mut pair = self.0.lock().await;
        if let Some(new) = &*pair
            && new.signs_at(now)
            && old.is_none_or(|old| old.kid != new.kid)
        {
            return Ok(Arc::clone(new));
        }
        let (new, public) = Pair::random(now).ok_or_else(failed)?;
        let (kid, until) = (new.kid.clone(), now + SIGNS + OVERLAP);
        let published = database.sign_in(move |db| {
            let (kid, public) = (kid.clone(), public.clone());
            Box::pin(async move { sign_in::publish_key(db, &kid, &public, (now, until)).await })
        });
        published.await?;
        Ok(Arc::clone(pair.insert(Arc::new(new))))
    }
}

async fn is_published(database: &Database, pair: &Pair, now: OffsetDateTime) -> Result<bool, AppError> {
    let kid = pair.kid.clone();
    let published = database.sign_in(move |db| {
        let kid = kid.clone();
        Box::pin(async move { sign_in::has_key(db, &kid, now).await })
    });
    published.await
}

fn failed() -> AppError {
    tracing::error!("a login can't be signed");
    AppError::Internal
}
