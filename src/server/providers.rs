//! Other providers that people sign in by (OpenID Connect Core 1.0): the code flow with PKCE, state and nonce. Who comes is for
//! `auth/oidc.rs` to find out; nothing here knows the database.

mod reach;

use std::{
    collections::HashMap,
    fmt,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use openidconnect::{
    AuthType, AuthorizationCode, ClaimsVerificationError, ClientId, ClientSecret, CsrfToken, DiscoveryError,
    EndpointMaybeSet, EndpointNotSet, EndpointSet, IssuerUrl, Nonce, OAuth2TokenResponse, PkceCodeChallenge,
    PkceCodeVerifier, RedirectUrl, RequestTokenError, Scope, SignatureVerificationError, TokenResponse, UserInfoError,
    core::{
        CoreAuthenticationFlow, CoreClient, CoreClientAuthMethod, CoreGenderClaim, CoreIdTokenClaims,
        CoreJwsSigningAlgorithm, CoreProviderMetadata, CoreTokenResponse, CoreUserInfoClaims,
    },
};
use serde::Deserialize;
use time::OffsetDateTime;
use tokio::time::Instant;
use url::{Host, Url};

use self::reach::{Net, Reach, Unreached};
use crate::domain::{
    account::{Email, Name},
    sign_in::Problem,
};

/// For how long is believed what a provider said of itself.
const MEMORY: Duration = Duration::from_hours(1);

/// How many seconds the clock of a provider may be ahead.
const SKEW: i64 = 60;

/// How old an identity may be, in seconds: it was made for this very sign-in.
const OLDEST: i64 = 660;

/// How many characters `accounts.provider_account_id` takes.
const SUBJECT_LIMIT: usize = 255;

/// How tokens may be signed. None with a secret, and never without anything.
const ALGORITHMS: [CoreJwsSigningAlgorithm; 9] = [
    CoreJwsSigningAlgorithm::RsaSsaPkcs1V15Sha256,
    CoreJwsSigningAlgorithm::RsaSsaPkcs1V15Sha384,
    CoreJwsSigningAlgorithm::RsaSsaPkcs1V15Sha512,
    CoreJwsSigningAlgorithm::RsaSsaPssSha256,
    CoreJwsSigningAlgorithm::RsaSsaPssSha384,
    CoreJwsSigningAlgorithm::RsaSsaPssSha512,
    CoreJwsSigningAlgorithm::EcdsaP256Sha256,
    CoreJwsSigningAlgorithm::EcdsaP384Sha384,
    CoreJwsSigningAlgorithm::EdDsa,
];

/// A provider, as who runs this Docket has set it.
#[derive(Clone, Deserialize, PartialEq, Eq)]
#[serde(deny_unknown_fields)]
pub struct Provider {
    /// Its name in addresses and in the database.
    pub key: String,
    /// What people know it as.
    pub name: String,
    /// Where it is; it says the same of itself.
    pub issuer: String,
    /// What it knows this Docket as.
    pub client_id: String,
    /// What Docket shows to it; not printed.
    #[serde(default)]
    client_secret: Option<String>,
    /// Whose addresses are let in; anybody's if there are none.
    #[serde(default)]
    domains: Vec<String>,
}

impl fmt::Debug for Provider {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Provider").field("key", &self.key).field("issuer", &self.issuer).finish_non_exhaustive()
    }
}

impl Provider {
    /// Reads the setting: a JSON array. The error is what would work, without anything of what was set.
    pub fn parse_all(text: &str) -> Result<Vec<Self>, String> {
        let form = "it takes a JSON array of objects with key, name, issuer, client_id, client_secret and domains";
        let mut all: Vec<Self> =
            serde_json::from_str(text).map_err(|error| format!("{form} (column {})", error.column()))?;
        for index in 0..all.len() {
            let (before, rest) = all.split_at_mut(index);
            let provider = &mut rest[0];
            let wrong = |reason: &str| Err(format!("provider number {} {reason}", index + 1));
            let fits = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
            if !(1..=50).contains(&provider.key.len()) || !provider.key.chars().all(fits) {
                return wrong("needs a key of 1 to 50 characters: a to z, 0 to 9 and -");
            }
            if before.iter().any(|other| other.key == provider.key) {
                return wrong("has the key of another one");
            }
            provider.name = provider.name.trim().to_owned();
            if !(1..=50).contains(&provider.name.chars().count()) || provider.name.chars().any(char::is_control) {
                return wrong("needs a name of 1 to 50 characters");
            }
            if provider.issuer_url().is_none() {
                return wrong("needs an issuer that begins with https://, as the provider itself writes it");
            }
            if provider.client_id.is_empty() || provider.client_secret.as_deref() == Some("") {
                return wrong("needs the client_id and the client_secret that it knows this Docket by");
            }
            for domain in &mut provider.domains {
                *domain = domain.trim().to_lowercase();
                if domain.is_empty() || domain.contains(['@', ' ', '/']) {
                    return wrong("has a domain that is none; one looks like example.org");
                }
            }
        }
        Ok(all)
    }

    /// Where it is. By https, unless it is on this very machine.
    fn issuer_url(&self) -> Option<Url> {
        let url = Url::parse(&self.issuer).ok()?;
        let bare = url.query().is_none() && url.fragment().is_none() && url.username().is_empty();
        let safe = url.scheme() == "https" || url.scheme() == "http" && is_here(&url);
        (bare && safe && url.password().is_none() && url.has_host()).then_some(url)
    }

    /// Whether who has this address may come in by this provider.
    pub fn lets_in(&self, email: &Email) -> bool {
        let domain = email.as_str().rsplit_once('@').map(|(_, domain)| domain);
        self.domains.is_empty() || domain.is_some_and(|domain| self.domains.iter().any(|one| one == domain))
    }
}

/// Whether a URL leads to this machine by its looks.
fn is_here(url: &Url) -> bool {
    match url.host() {
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        Some(Host::Domain(name)) => name == "localhost",
        None => false,
    }
}

/// What a browser is sent to a provider with, and what has to be known when it comes back.
#[derive(Clone)]
pub struct Departure {
    /// Where to send it.
    pub url: String,
    /// What it comes back with.
    pub state: String,
    /// What the token has to name.
    pub nonce: String,
    /// What shows that who asks for the token is who sent it (PKCE, RFC 7636).
    pub verifier: String,
}

/// What a browser comes back with, and what was kept for it.
pub struct Return {
    /// Stands for the token, once.
    pub code: String,
    /// As in [`Departure`].
    pub nonce: String,
    /// As in [`Departure`].
    pub verifier: String,
}

/// Who somebody is to a provider.
#[derive(Clone)]
pub struct Identity {
    /// The provider's name for them, which never changes (`sub`).
    pub subject: String,
    /// Their address, if the provider has seen that it is theirs.
    pub email: Option<Email>,
    /// What they are called, as far as it is known.
    pub name: Option<Name>,
    /// Their time zone, or blank. Nobody has looked whether there is one of this name.
    pub zone: String,
    /// What the provider's own programs take.
    pub access_token: String,
    /// What gives another one of those.
    pub refresh_token: Option<String>,
    /// How long the first works.
    pub expires_in: Option<Duration>,
}

impl fmt::Debug for Identity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Identity(…)")
    }
}

type Client =
    CoreClient<EndpointSet, EndpointNotSet, EndpointNotSet, EndpointNotSet, EndpointMaybeSet, EndpointMaybeSet>;

/// What a provider said of itself, and when.
type Known = (Arc<CoreProviderMetadata>, Instant);

/// The providers of this Docket. Cheap to clone.
#[derive(Clone, Default)]
pub struct Providers {
    all: Arc<Vec<Provider>>,
    /// Without providers there is nobody to ask.
    net: Option<Net>,
    /// What they said of themselves, and when.
    known: Arc<Mutex<HashMap<String, Known>>>,
}

impl fmt::Debug for Providers {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Providers").field(&self.all).finish()
    }
}

impl Providers {
    /// Those of the settings. Fails where this machine has no way to speak TLS.
    pub fn new(all: Vec<Provider>) -> Result<Self, String> {
        let net = if all.is_empty() { None } else { Some(Net::new().map_err(|error| error.to_string())?) };
        Ok(Self { all: Arc::new(all), net, known: Arc::default() })
    }

    /// The one with this key.
    pub fn get(&self, key: &str) -> Option<&Provider> {
        self.all.iter().find(|provider| provider.key == key)
    }

    /// Their keys and names, in the order of the settings.
    pub fn names(&self) -> Vec<(String, String)> {
        self.all.iter().map(|provider| (provider.key.clone(), provider.name.clone())).collect()
    }

    /// Sends somebody to a provider, who comes back to `redirect`. Error: `Unreachable`.
    pub async fn depart(&self, provider: &Provider, redirect: &str) -> Result<Departure, Problem> {
        let known = self.look(provider, false).await?;
        let client = client(provider, &known, redirect)?;
        let (challenge, verifier) = PkceCodeChallenge::new_random_sha256();
        let flow = CoreAuthenticationFlow::AuthorizationCode;
        let request = client
            .authorize_url(flow, CsrfToken::new_random, Nonce::new_random)
            .add_scope(Scope::new("email".to_owned()))
            .add_scope(Scope::new("profile".to_owned()))
            .set_pkce_challenge(challenge);
        let (url, state, nonce) = request.url();
        if !self.reach(provider)?.may_show(&url) {
            tracing::warn!(provider = provider.key, "its authorization endpoint is not by https");
            return Err(Problem::Untrusted);
        }
        let (state, nonce) = (state.secret().clone(), nonce.secret().clone());
        Ok(Departure { url: url.into(), state, nonce, verifier: verifier.secret().clone() })
    }

    /// Finds out who came back: changes the code for a token, and checks it (OpenID Connect Core 1.0, 3.1.3.7). Errors: `Unreachable`,
    /// `Untrusted`.
    pub async fn identify(
        &self,
        provider: &Provider,
        redirect: &str,
        back: Return,
        now: OffsetDateTime,
    ) -> Result<Identity, Problem> {
        let mut known = self.look(provider, false).await?;
        let reach = self.reach(provider)?;
        let tokens: CoreTokenResponse = {
            let client = client(provider, &known, redirect)?;
            let request = client.exchange_code(AuthorizationCode::new(back.code));
            let request = request.map_err(|error| untrusted(provider, &error))?;
            let verified = request.set_pkce_verifier(PkceCodeVerifier::new(back.verifier));
            verified.request_async(&reach).await.map_err(|error| match error {
                RequestTokenError::Request(error) => unreached(provider, &error),
                // Not what the provider says: it may be anything.
                RequestTokenError::ServerResponse(_) => untrusted(provider, &"it refused the code"),
                RequestTokenError::Parse(..) => untrusted(provider, &"its answer is none"),
                RequestTokenError::Other(error) => untrusted(provider, &error),
            })?
        };
        let nonce = Nonce::new(back.nonce);
        let claims = match verify(provider, &known, redirect, &tokens, &nonce) {
            // It may sign with another key since.
            Err(ClaimsVerificationError::SignatureVerification(
                SignatureVerificationError::NoMatchingKey | SignatureVerificationError::CryptoError(_),
            )) => {
                known = self.look(provider, true).await?;
                verify(provider, &known, redirect, &tokens, &nonce)
            }
            verified => verified,
        };
        let claims = claims.map_err(|error| untrusted(provider, &error))?;
        check(provider, &claims, now)?;
        let mut person = Person::of_token(&claims);
        if person.email.is_none() && known.userinfo_endpoint().is_some() {
            let client = client(provider, &known, redirect)?;
            let request = client.user_info(tokens.access_token().clone(), Some(claims.subject().clone()));
            let request = request.map_err(|error| untrusted(provider, &error))?;
            let info: CoreUserInfoClaims = request.request_async(&reach).await.map_err(|error| match error {
                UserInfoError::Request(error) => unreached(provider, &error),
                UserInfoError::ClaimsVerification(error) => untrusted(provider, &error),
                _ => untrusted(provider, &"what it says of the person can't be read"),
            })?;
            person = Person::of_info(&info);
        }
        Ok(Identity {
            subject: claims.subject().to_string(),
            email: person.email.filter(|_| person.verified).and_then(|email| Email::parse(&email).ok()),
            name: person.name.and_then(|name| Name::parse(&name).ok()),
            zone: person.zone.unwrap_or_default(),
            access_token: tokens.access_token().secret().clone(),
            refresh_token: tokens.refresh_token().map(|token| token.secret().clone()),
            expires_in: tokens.expires_in(),
        })
    }

    fn reach(&self, provider: &Provider) -> Result<Reach, Problem> {
        let issuer = provider.issuer_url().ok_or(Problem::Broken)?;
        Ok(Reach::new(self.net.clone().ok_or(Problem::Broken)?, &issuer))
    }

    /// What a provider says of itself (OpenID Connect Discovery 1.0), its keys too; asked `anew`, or not more often than once an hour.
    async fn look(&self, provider: &Provider, anew: bool) -> Result<Arc<CoreProviderMetadata>, Problem> {
        let kept = {
            let known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
            known.get(&provider.key).filter(|(_, since)| since.elapsed() < MEMORY).map(|(known, _)| Arc::clone(known))
        };
        if let Some(kept) = kept.filter(|_| !anew) {
            return Ok(kept);
        }
        let issuer = IssuerUrl::new(provider.issuer.clone()).map_err(|_| Problem::Broken)?;
        let reach = self.reach(provider)?;
        let found = CoreProviderMetadata::discover_async(issuer, &reach).await.map_err(|error| match error {
            DiscoveryError::Request(error) => unreached(provider, &error),
            DiscoveryError::Response(status, ..) => {
                tracing::warn!(provider = provider.key, %status, "doesn't say where it is to be asked");
                Problem::Unreachable
            }
            DiscoveryError::Parse(_) => untrusted(provider, &"what it says of itself can't be read"),
            DiscoveryError::Validation(error) => untrusted(provider, &error),
            _ => untrusted(provider, &"what it says of itself is of no use"),
        })?;
        let found = Arc::new(found);
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        known.insert(provider.key.clone(), (Arc::clone(&found), Instant::now()));
        Ok(found)
    }
}

fn client(provider: &Provider, known: &CoreProviderMetadata, redirect: &str) -> Result<Client, Problem> {
    let redirect = RedirectUrl::new(redirect.to_owned()).map_err(|_| Problem::Broken)?;
    let secret = provider.client_secret.clone().map(ClientSecret::new);
    let client = CoreClient::from_provider_metadata(known.clone(), ClientId::new(provider.client_id.clone()), secret);
    let basic = known
        .token_endpoint_auth_methods_supported()
        // What holds where it says nothing (OpenID Connect Discovery 1.0, 3).
        .is_none_or(|methods| methods.contains(&CoreClientAuthMethod::ClientSecretBasic));
    let how = if basic { AuthType::BasicAuth } else { AuthType::RequestBody };
    Ok(client.set_redirect_uri(redirect).set_auth_type(how))
}

/// The claims of the token, if this provider has signed it, for this Docket, for this sign-in, and not too long ago.
fn verify(
    provider: &Provider,
    known: &CoreProviderMetadata,
    redirect: &str,
    tokens: &CoreTokenResponse,
    nonce: &Nonce,
) -> Result<CoreIdTokenClaims, ClaimsVerificationError> {
    let other = |text: &str| ClaimsVerificationError::Other(text.to_owned());
    let client = client(provider, known, redirect).map_err(|_| other("there is no client"))?;
    let token = tokens.id_token().ok_or_else(|| other("there is no token"))?;
    token.claims(&client.id_token_verifier().set_allowed_algs(ALGORITHMS), nonce).cloned()
}

/// What the library leaves open.
fn check(provider: &Provider, claims: &CoreIdTokenClaims, now: OffsetDateTime) -> Result<(), Problem> {
    let now = now.unix_timestamp();
    let (made, until) = (claims.issue_time().timestamp(), claims.expiration().timestamp());
    if until <= now - SKEW || made > now + SKEW || made < now - OLDEST {
        return Err(untrusted(provider, &"its token is not of now"));
    }
    if claims.authorized_party().is_some_and(|party| party.as_str() != provider.client_id) {
        return Err(untrusted(provider, &"its token is for another program"));
    }
    let subject = claims.subject().as_str();
    if subject.is_empty() || subject.chars().count() > SUBJECT_LIMIT || subject.chars().any(char::is_control) {
        return Err(untrusted(provider, &"its name for the person can't be kept"));
    }
    Ok(())
}

/// What a provider says of somebody.
#[derive(Default)]
struct Person {
    email: Option<String>,
    verified: bool,
    name: Option<String>,
    zone: Option<String>,
}

/// The same claims, in either of two places.
macro_rules! person {
    ($claims:expr) => {{
        let claims = $claims;
        let name = claims.name().and_then(|name| name.get(None)).map(|name| name.as_str());
        let user_name = || claims.preferred_username().map(|name| name.as_str());
        Person {
            email: claims.email().map(|email| email.as_str().to_owned()),
            verified: claims.email_verified() == Some(true),
            name: name.or_else(user_name).map(str::to_owned),
            zone: claims.zoneinfo().map(|zone| zone.as_str().to_owned()),
        }
    }};
}

impl Person {
    fn of_token(claims: &CoreIdTokenClaims) -> Self {
        person!(claims)
    }

    fn of_info(claims: &openidconnect::UserInfoClaims<openidconnect::EmptyAdditionalClaims, CoreGenderClaim>) -> Self {
        person!(claims)
    }
}

fn untrusted(provider: &Provider, error: &dyn fmt::Display) -> Problem {
    tracing::warn!(provider = provider.key, %error, "a sign-in was refused");
    Problem::Untrusted
}

fn unreached(provider: &Provider, error: &Unreached) -> Problem {
    tracing::warn!(provider = provider.key, %error, "can't be reached");
    match error {
        Unreached::Forbidden | Unreached::TooLong => Problem::Untrusted,
        Unreached::Failed(_) => Problem::Unreachable,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn one(fields: &str) -> Result<Vec<Provider>, String> {
        let defaults = r#""key":"acme","name":"Acme","issuer":"https://id.acme.org","client_id":"docket","client_secret":"hunter2""#;
        let fields = if fields.is_empty() { defaults.to_owned() } else { fields.replace("…", defaults) };
        Provider::parse_all(&format!("[{{{fields}}}]"))
    }

    #[test]
    fn providers_are_read() {
        assert_eq!(Provider::parse_all("[]"), Ok(Vec::new()));
        let provider = one(r#"…,"domains":["Acme.org"]"#).unwrap().remove(0);
        assert!(provider.lets_in(&Email::parse("ada@ACME.org").unwrap()));
        for stranger in ["ada@example.org", "ada@sub.acme.org", "ada@notacme.org", "acme.org@evil.example"] {
            assert!(!provider.lets_in(&Email::parse(stranger).unwrap()), "{stranger}");
        }
        assert!(one("").unwrap()[0].lets_in(&Email::parse("ada@example.org").unwrap()));
        assert!(!format!("{provider:?}").contains("hunter2"));
    }

    #[test]
    fn a_wrong_one_is_said_without_its_secret() {
        let fields = [
            r#"…,"key":"x""#,
            r#"…,"colour":"red""#,
            r#""key":"A cme","name":"Acme","issuer":"https://id.acme.org","client_id":"x","client_secret":"hunter2""#,
            r#""key":"acme","name":" ","issuer":"https://id.acme.org","client_id":"x","client_secret":"hunter2""#,
            r#""key":"acme","name":"Acme","issuer":"http://id.acme.org","client_id":"x","client_secret":"hunter2""#,
            r#""key":"acme","name":"Acme","issuer":"https://a:hunter2@id.acme.org","client_id":"x""#,
            r#""key":"acme","name":"Acme","issuer":"file:///etc/passwd","client_id":"x","client_secret":"hunter2""#,
            r#""key":"acme","name":"Acme","issuer":"https://id.acme.org","client_id":"","client_secret":"hunter2""#,
            r#""key":"acme","name":"Acme","issuer":"https://id.acme.org","client_id":"x","client_secret":["hunter2"]"#,
            r#"…,"domains":["a@b"]"#,
            "…},{…",
        ];
        for fields in fields {
            let error = one(fields).unwrap_err();
            assert!(!error.contains("hunter2"), "{error}");
        }
        assert!(Provider::parse_all("acme").is_err());
    }

    #[test]
    fn this_machine_needs_no_tls() {
        for issuer in ["http://127.0.0.1:4000", "http://localhost", "http://[::1]:80/realm", "https://10.0.0.1"] {
            let fields = format!(r#""key":"a","name":"A","issuer":"{issuer}","client_id":"x""#);
            assert!(one(&fields).is_ok(), "{issuer}");
        }
    }
}
