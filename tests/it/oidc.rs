//! Sign-in by another provider (OpenID Connect), against one that lies: in this process, and able to say anything. The real one is in
//! `end2end/tests/sign-in.spec.ts`.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex},
};

use axum::{
    Form, Json, Router,
    extract::State,
    http::{HeaderMap, StatusCode as Status, header::LOCATION},
    response::{IntoResponse, Response as Answer},
    routing::{get, post},
};
use base64::{
    Engine,
    prelude::{BASE64_STANDARD, BASE64_URL_SAFE_NO_PAD},
};
use docket::error::AppError;
use reqwest::StatusCode;
use ring::{
    hmac,
    rand::SystemRandom,
    signature::{Ed25519KeyPair, KeyPair},
};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use tokio::net::TcpListener;
use url::Url;

use crate::support::{App, Browser, PASSWORD};

const SECRET: &str = "the secret of the client";

/// What a code stands for.
struct Grant {
    challenge: String,
    redirect: String,
    token: Option<String>,
    info: Value,
}

struct Inner {
    key: Ed25519KeyPair,
    kid: u32,
    /// What is said of the keys, the newest first.
    keys: Vec<Value>,
    grants: HashMap<String, Grant>,
    /// Overrides what it says of itself.
    metadata: Value,
    /// Instead of what it says of itself.
    instead: Option<(Status, &'static str)>,
    /// How often it was asked for what.
    asked: HashMap<&'static str, u32>,
}

/// A provider that says whatever a test wants.
#[derive(Clone)]
struct Provider {
    url: String,
    inner: Arc<Mutex<Inner>>,
}

fn new_key(kid: u32) -> (Ed25519KeyPair, Value) {
    let key = Ed25519KeyPair::generate_pkcs8(&SystemRandom::new()).unwrap();
    let key = Ed25519KeyPair::from_pkcs8(key.as_ref()).unwrap();
    let x = BASE64_URL_SAFE_NO_PAD.encode(key.public_key().as_ref());
    let public =
        json!({ "kty": "OKP", "crv": "Ed25519", "use": "sig", "alg": "EdDSA", "kid": kid.to_string(), "x": x });
    (key, public)
}

fn part(value: &Value) -> String {
    BASE64_URL_SAFE_NO_PAD.encode(value.to_string())
}

impl Provider {
    async fn start() -> Self {
        let (key, public) = new_key(1);
        let inner = Inner {
            key,
            kid: 1,
            keys: vec![public],
            grants: HashMap::new(),
            metadata: json!({}),
            instead: None,
            asked: HashMap::new(),
        };
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let provider = Self { url, inner: Arc::new(Mutex::new(inner)) };
        let router = Router::new()
            .route("/.well-known/openid-configuration", get(discovery))
            .route("/keys", get(keys))
            .route("/token", post(token))
            .route("/info", get(info))
            .with_state(provider.clone());
        tokio::spawn(async move { axum::serve(listener, router).await });
        provider
    }

    /// The setting that makes Docket know it.
    fn setting(&self, domains: &str) -> String {
        let provider = |key: &str, name: &str| {
            format!(
                r#"{{"key":"{key}","name":"{name}","issuer":"{}","client_id":"docket","client_secret":"{SECRET}","domains":[{domains}]}}"#,
                self.url
            )
        };
        format!("[{},{}]", provider("acme", "Acme"), provider("other", "Other & Sons"))
    }

    async fn docket(&self) -> App {
        App::with(&[("DOCKET_PROVIDERS", &self.setting(""))]).await
    }

    /// Signs with another key from now on; the former ones are told of only where `kept`.
    fn rotate(&self, kept: bool) {
        let mut inner = self.inner.lock().unwrap();
        let (key, public) = new_key(inner.kid + 1);
        (inner.key, inner.kid) = (key, inner.kid + 1);
        if !kept {
            inner.keys.clear();
        }
        inner.keys.insert(0, public);
    }

    fn asked(&self, what: &str) -> u32 {
        self.inner.lock().unwrap().asked.get(what).copied().unwrap_or_default()
    }

    fn count(&self, what: &'static str) {
        *self.inner.lock().unwrap().asked.entry(what).or_default() += 1;
    }

    /// A token with these claims, as it should be signed.
    fn sign(&self, claims: &Value) -> String {
        let inner = self.inner.lock().unwrap();
        let text = format!("{}.{}", part(&json!({ "alg": "EdDSA", "kid": inner.kid.to_string() })), part(claims));
        let signature = BASE64_URL_SAFE_NO_PAD.encode(inner.key.sign(text.as_bytes()).as_ref());
        format!("{text}.{signature}")
    }

    /// What the token says of `email`, for who asked at this address.
    fn claims(&self, asked: &Url, email: &str) -> Value {
        let now = time::OffsetDateTime::now_utc().unix_timestamp();
        json!({
            "iss": self.url, "aud": "docket", "sub": format!("sub of {email}"), "nonce": query(asked, "nonce"), "iat": now,
            "exp": now + 300, "email": email, "email_verified": true, "name": "Ada of Acme",
        })
    }

    /// Lets somebody in who came to this address: gives where they go back to.
    fn let_in(&self, asked: &Url, token: Option<String>, info: Value) -> String {
        let code = uuid::Uuid::new_v4().to_string();
        let redirect = query(asked, "redirect_uri");
        let grant = Grant { challenge: query(asked, "code_challenge"), redirect: redirect.clone(), token, info };
        self.inner.lock().unwrap().grants.insert(code.clone(), grant);
        format!("{}?code={code}&state={}", Url::parse(&redirect).unwrap().path(), query(asked, "state"))
    }

    /// Sends the browser there and back, with claims of the test's own making; gives where it ends.
    async fn sign_in_with(&self, browser: &Browser, email: &str, change: impl FnOnce(&mut Value)) -> String {
        let asked = depart(browser, "/login/with/acme").await;
        let mut claims = self.claims(&asked, email);
        change(&mut claims);
        let back = self.let_in(&asked, Some(self.sign(&claims)), json!({}));
        leads(&browser.get(&back).await)
    }

    async fn sign_in(&self, browser: &Browser, email: &str) -> String {
        self.sign_in_with(browser, email, |_| ()).await
    }

    /// The same to connect the account of who is logged in.
    async fn connect(&self, browser: &Browser, email: &str) -> String {
        let asked = Url::parse(&leads(&follow(browser, "/login/with/acme?connect=yes", "same-origin").await)).unwrap();
        let token = self.sign(&self.claims(&asked, email));
        leads(&browser.get(&self.let_in(&asked, Some(token), json!({}))).await)
    }
}

async fn discovery(State(provider): State<Provider>) -> Answer {
    provider.count("discovery");
    let inner = provider.inner.lock().unwrap();
    if let Some((status, text)) = inner.instead {
        let to = [("content-type", "application/json"), ("location", "http://127.0.0.1:1/")];
        return (status, to, text).into_response();
    }
    let url = &provider.url;
    let mut metadata = json!({
        "issuer": url, "authorization_endpoint": format!("{url}/auth"), "token_endpoint": format!("{url}/token"),
        "jwks_uri": format!("{url}/keys"), "userinfo_endpoint": format!("{url}/info"), "response_types_supported": ["code"],
        "subject_types_supported": ["public"], "id_token_signing_alg_values_supported": ["EdDSA", "HS256", "none"],
    });
    metadata.as_object_mut().unwrap().extend(inner.metadata.as_object().unwrap().clone());
    Json(metadata).into_response()
}

async fn keys(State(provider): State<Provider>) -> Json<Value> {
    provider.count("keys");
    Json(json!({ "keys": provider.inner.lock().unwrap().keys }))
}

async fn token(
    State(provider): State<Provider>,
    headers: HeaderMap,
    Form(form): Form<HashMap<String, String>>,
) -> Answer {
    let login = format!("Basic {}", BASE64_STANDARD.encode(format!("docket:{}", SECRET.replace(' ', "+"))));
    let refuse = |why: &str| (Status::BAD_REQUEST, Json(json!({ "error": why }))).into_response();
    if headers.get("authorization").is_none_or(|given| given.to_str().unwrap() != login) {
        return refuse("invalid_client");
    }
    // Each works once.
    let Some(grant) = provider.inner.lock().unwrap().grants.remove(&form["code"]) else {
        return refuse("invalid_grant");
    };
    let challenge = BASE64_URL_SAFE_NO_PAD.encode(Sha256::digest(form["code_verifier"].as_bytes()));
    if challenge != grant.challenge || form["redirect_uri"] != grant.redirect {
        return refuse("invalid_grant");
    }
    let access = uuid::Uuid::new_v4().to_string();
    let mut tokens =
        json!({ "access_token": access, "token_type": "Bearer", "expires_in": 300, "refresh_token": "canary-refresh" });
    if let Some(token) = &grant.token {
        tokens["id_token"] = token.as_str().into();
    }
    provider.inner.lock().unwrap().grants.insert(format!("Bearer {access}"), grant);
    Json(tokens).into_response()
}

async fn info(State(provider): State<Provider>, headers: HeaderMap) -> Answer {
    let given = headers.get("authorization").map(|given| given.to_str().unwrap().to_owned()).unwrap_or_default();
    match provider.inner.lock().unwrap().grants.get(&given) {
        Some(grant) => Json(grant.info.clone()).into_response(),
        None => Status::UNAUTHORIZED.into_response(),
    }
}

fn query(url: &Url, name: &str) -> String {
    url.query_pairs().find(|(key, _)| key == name).map(|(_, value)| value.into_owned()).unwrap_or_default()
}

/// Where an answer sends the browser.
fn leads(answer: &reqwest::Response) -> String {
    assert_eq!(answer.status(), StatusCode::SEE_OTHER);
    answer.headers()[LOCATION].to_str().unwrap().to_owned()
}

/// Where a browser is sent that follows "Continue with …".
async fn depart(browser: &Browser, path: &str) -> Url {
    let url = leads(&browser.get(path).await);
    Url::parse(&url).unwrap_or_else(|_| panic!("{path} leads to {url}"))
}

/// Follows a link, and says where that stood.
async fn follow(browser: &Browser, path: &str, site: &str) -> reqwest::Response {
    browser.client.get(format!("{}{path}", browser.base)).header("sec-fetch-site", site).send().await.unwrap()
}

fn problem(code: &str) -> String {
    format!("/login?problem={code}")
}

const ADA: &str = "ada@example.org";

#[tokio::test]
async fn who_comes_for_the_first_time_gets_an_account_and_the_next_time_the_same() {
    let provider = Provider::start().await;
    let app = provider.docket().await;
    let ada = app.visitor();
    let links = ada.page("/login?next=/board").await.attributes("section a[rel=external]", "href");
    assert_eq!(links, ["/login/with/acme?next=%2Fboard", "/login/with/other?next=%2Fboard"]);
    let asked = depart(&ada, &links[0]).await;
    assert_eq!(asked.path(), "/auth");
    for (name, value) in [("response_type", "code"), ("client_id", "docket"), ("code_challenge_method", "S256")] {
        assert_eq!(query(&asked, name), value);
    }
    assert_eq!(query(&asked, "scope"), "openid email profile");
    assert!(!asked.as_str().contains("secret"));
    // What the token doesn't say the provider does when asked.
    let mut claims = provider.claims(&asked, ADA);
    for name in ["email", "email_verified", "name"] {
        claims.as_object_mut().unwrap().remove(name);
    }
    let info = json!({ "sub": claims["sub"], "email": "ADA@example.org", "email_verified": true, "name": "Ada", "zoneinfo": "Europe/Vienna" });
    let back = provider.let_in(&asked, Some(provider.sign(&claims)), info);
    assert_eq!(leads(&ada.get(&back).await), "/board");
    assert!(ada.is_logged_in().await);
    let made = "select concat_ws(' ', name, email, time_zone, email_verified_at is not null, password_hash is null) from users";
    assert_eq!(app.value(made).await, "Ada ada@example.org Europe/Vienna t t");
    assert_eq!(
        app.value("select concat_ws(' ', provider, provider_account_id) from accounts").await,
        "acme sub of ada@example.org"
    );
    // Nothing of the tokens is there to be read.
    let kept = "select access_token is not null and refresh_token is not null and expires_at > now()
                    and position('canary-refresh'::bytea in refresh_token) = 0 from accounts";
    assert_eq!(app.value(kept).await, "true");
    let tokens = app.value("select access_token from accounts").await;

    let again = app.visitor();
    assert_eq!(provider.sign_in(&again, "other@example.org").await, "/today");
    // By the provider's name for her, whatever address she has there by now.
    let again = app.visitor();
    let moved =
        provider.sign_in_with(&again, "moved@example.org", |claims| claims["sub"] = "sub of ada@example.org".into());
    assert_eq!(moved.await, "/today");
    assert!(again.page("/settings/profile").await.text.contains(ADA));
    assert_eq!(app.value("select count(*) from users").await, "2");
    assert_ne!(app.value("select access_token from accounts order by id limit 1").await, tokens);
    let happened = again.page("/settings/security").await.text;
    assert!(happened.contains("Logged in") && happened.contains("The account was made"));
    // Asked once for all of them.
    assert_eq!((provider.asked("discovery"), provider.asked("keys")), (1, 1));
}

#[tokio::test]
async fn a_token_that_proves_nothing_lets_nobody_in() {
    let provider = Provider::start().await;
    let app = provider.docket().await;
    let now = time::OffsetDateTime::now_utc().unix_timestamp();
    let changes: [(&str, Value); 15] = [
        ("nonce", "another".into()),
        ("nonce", Value::Null),
        ("iss", "https://evil.example".into()),
        ("iss", Value::Null),
        ("aud", "another".into()),
        ("aud", json!([])),
        ("aud", json!(["docket", "another"])),
        ("azp", "another".into()),
        ("exp", (now - 90).into()),
        ("iat", (now + 3_600).into()),
        ("iat", (now - 3_600).into()),
        ("sub", "".into()),
        ("sub", "x".repeat(256).into()),
        ("sub", "a\u{0}b".into()),
        ("sub", Value::Null),
    ];
    for (name, value) in changes {
        let browser = app.visitor();
        let end = provider.sign_in_with(&browser, ADA, |claims| claims[name] = value.clone()).await;
        assert_eq!(end, problem("untrusted"), "{name}: {value}");
        assert!(!browser.is_logged_in().await);
    }
    for (what, token) in [
        ("nothing", (|_, _| None) as fn(&Provider, &Value) -> Option<String>),
        ("no token", |_, _| Some("a.b.c".into())),
        ("no signature", |_, claims| Some(format!("{}.{}.", part(&json!({ "alg": "none" })), part(claims)))),
        ("the signature of another one", |_, claims| {
            let (key, _) = new_key(1);
            let text = format!("{}.{}", part(&json!({ "alg": "EdDSA", "kid": "1" })), part(claims));
            let signature = BASE64_URL_SAFE_NO_PAD.encode(key.sign(text.as_bytes()).as_ref());
            Some(format!("{text}.{signature}"))
        }),
        ("a signature with what both know", |_, claims| {
            let text = format!("{}.{}", part(&json!({ "alg": "HS256" })), part(claims));
            let signature = hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, SECRET.as_bytes()), text.as_bytes());
            Some(format!("{text}.{}", BASE64_URL_SAFE_NO_PAD.encode(signature.as_ref())))
        }),
        ("the signature of other claims", |provider, claims| {
            let mut others = claims.clone();
            others["sub"] = "somebody else".into();
            let (signed, other) = (provider.sign(claims), provider.sign(&others));
            let signature = signed.rsplit_once('.').unwrap().1;
            Some(format!("{}.{signature}", other.rsplit_once('.').unwrap().0))
        }),
    ] {
        let browser = app.visitor();
        let asked = depart(&browser, "/login/with/acme").await;
        let back = provider.let_in(&asked, token(&provider, &provider.claims(&asked, ADA)), json!({}));
        assert_eq!(leads(&browser.get(&back).await), problem("untrusted"), "{what}");
    }
    // What it says when asked is about somebody else.
    let browser = app.visitor();
    let asked = depart(&browser, "/login/with/acme").await;
    let mut claims = provider.claims(&asked, ADA);
    claims.as_object_mut().unwrap().remove("email");
    let info = json!({ "sub": "somebody else", "email": ADA, "email_verified": true });
    let back = provider.let_in(&asked, Some(provider.sign(&claims)), info);
    assert_eq!(leads(&browser.get(&back).await), problem("untrusted"));
    assert_eq!(app.value("select count(*) from users").await, "0");
    let page = browser.page(&problem("untrusted")).await;
    assert!(page.text.contains("doesn’t prove who you are"));
    assert!(!browser.page("/login?problem=%3Cb%3E").await.text.contains("&lt;b&gt;"));
}

#[tokio::test]
async fn a_way_back_works_once_in_the_browser_that_left() {
    let provider = Provider::start().await;
    let app = provider.docket().await;
    let (ada, mallory) = (app.visitor(), app.visitor());
    let back = async |browser: &Browser| {
        let asked = depart(browser, "/login/with/acme").await;
        provider.let_in(&asked, Some(provider.sign(&provider.claims(&asked, ADA))), json!({}))
    };
    // Nobody left.
    let path = back(&ada).await;
    assert_eq!(leads(&mallory.get(&path).await), problem("expired"));
    // Another state, or none; what was kept is used up by that.
    for changed in [path.replace("state=", "state=x"), path.split("&state").next().unwrap().to_owned()] {
        let _ = back(&ada).await;
        assert_eq!(leads(&ada.get(&changed).await), problem("expired"));
        assert_eq!(leads(&ada.get(&path).await), problem("expired"));
    }
    // The code of mallory's own sign-in, brought back by ada: it belongs to another verifier.
    let (own, others) = (back(&ada).await, back(&mallory).await);
    let code = |path: &str| path.split(['=', '&']).nth(1).unwrap().to_owned();
    assert_eq!(leads(&ada.get(&own.replace(&code(&own), &code(&others))).await), problem("untrusted"));
    // By the other provider's door.
    let path = back(&ada).await;
    assert_eq!(leads(&ada.get(&path.replace("/acme/", "/other/")).await), problem("expired"));
    let path = back(&ada).await;
    assert_eq!(leads(&ada.get(&format!("{path}&iss=https%3A%2F%2Fevil.example")).await), problem("untrusted"));
    let path = back(&ada).await;
    assert_eq!(leads(&ada.get(&format!("{path}&error=access_denied")).await), problem("cancelled"));
    assert_eq!(app.value("select count(*) from users").await, "0");
    // And twice.
    let path = back(&ada).await;
    assert_eq!(leads(&ada.get(&path).await), "/today");
    assert_eq!(leads(&ada.get(&path).await), problem("expired"));
    assert!(ada.is_logged_in().await);
    // A code that was used, with what belongs to it kept once more.
    assert_eq!(app.value("select count(*) from users").await, "1");
}

#[tokio::test]
async fn who_took_too_long_begins_again() {
    let provider = Provider::start().await;
    // Its tokens are of the real now.
    let start = time::OffsetDateTime::now_utc();
    let at = |minutes: i64| {
        (start + time::Duration::minutes(minutes)).format(&time::format_description::well_known::Rfc3339).unwrap()
    };
    let app = App::at_with(&at(-11), &[("DOCKET_PROVIDERS", &provider.setting(""))]).await;
    let ada = app.visitor();
    let asked = depart(&ada, "/login/with/acme").await;
    app.set_clock(&at(0));
    let back = provider.let_in(&asked, Some(provider.sign(&provider.claims(&asked, ADA))), json!({}));
    assert_eq!(leads(&ada.get(&back).await), problem("expired"));
    assert_eq!(provider.sign_in(&ada, ADA).await, "/today");
}

#[tokio::test]
async fn only_an_address_that_is_proven_lets_in_and_brings_in_the_few_that_may() {
    let provider = Provider::start().await;
    let app = App::with(&[("DOCKET_PROVIDERS", &provider.setting(r#""acme.org""#))]).await;
    let refused = [
        ("ada@acme.org", Some(false), "unverified"),
        ("ada@acme.org", None, "unverified"),
        ("no address", Some(true), "unverified"),
        ("a\u{0}b@acme.org", Some(true), "unverified"),
        ("ada@example.org", Some(true), "foreign"),
        ("ada@acme.org.evil.example", Some(true), "foreign"),
    ];
    for (email, verified, code) in refused {
        let browser = app.visitor();
        let change = |claims: &mut Value| {
            claims["email_verified"] = json!(verified);
            claims["sub"] = "1".into();
        };
        let end = provider.sign_in_with(&browser, email, change).await;
        assert_eq!(end, problem(code), "{email:?} {verified:?}");
        assert!(!browser.is_logged_in().await);
    }
    assert_eq!(app.value("select count(*) from users").await, "0");
    assert_eq!(provider.sign_in(&app.visitor(), "ada@acme.org").await, "/today");
    // A name that can't be kept is no name.
    let end = provider.sign_in_with(&app.visitor(), "bob@acme.org", |claims| claims["name"] = "a\u{0}b".into()).await;
    assert_eq!(
        (end.as_str(), app.value("select name from users where email = 'bob@acme.org'").await.as_str()),
        ("/today", "bob")
    );

    let closed = [("DOCKET_PROVIDERS", &*provider.setting("")), ("DOCKET_REGISTRATION", "closed")];
    let app = App::on(app.options.clone(), &closed).await;
    assert_eq!(provider.sign_in(&app.visitor(), "eve@acme.org").await, problem("closed"));
    assert_eq!(provider.sign_in(&app.visitor(), "ada@acme.org").await, "/today");
}

#[tokio::test]
async fn an_account_with_the_address_is_nobody_elses_until_its_owner_connects_it() {
    let provider = Provider::start().await;
    let app = provider.docket().await;
    let ada = app.person("ada").await;
    let stranger = app.visitor();
    assert_eq!(provider.sign_in(&stranger, ADA).await, problem("has_account"));
    assert!(!stranger.is_logged_in().await);
    assert!(stranger.page(&problem("has_account")).await.text.contains("An account has this address already"));

    // Not by a link on another site, nor by one that somebody sent.
    let settings = |code: &str| format!("/settings/security?problem={code}");
    for site in ["cross-site", "same-site", "none"] {
        assert_eq!(leads(&follow(&ada, "/login/with/acme?connect=yes", site).await), settings("not_fresh"));
    }
    assert_eq!(leads(&ada.get("/login/with/acme?connect=yes").await), settings("not_fresh"));
    // Nor in a session whose owner may have left.
    app.sql("update sessions set created_at = now() - interval '11 minutes'").await;
    assert_eq!(leads(&follow(&ada, "/login/with/acme?connect=yes", "same-origin").await), settings("not_fresh"));
    assert!(ada.page(&settings("not_fresh")).await.text.contains("login of the last 10 minutes"));
    let ada = app.visitor();
    ada.log_in(ADA, PASSWORD).await;
    // With whatever address, as long as it is hers.
    let asked = Url::parse(&leads(&follow(&ada, "/login/with/acme?connect=yes", "same-origin").await)).unwrap();
    let mut claims = provider.claims(&asked, "ada@acme.org");
    claims["email_verified"] = false.into();
    let back = provider.let_in(&asked, Some(provider.sign(&claims)), json!({}));
    assert_eq!(leads(&ada.get(&back).await), settings("unverified"));
    assert_eq!(provider.connect(&ada, "ada@acme.org").await, "/settings/security");
    assert_eq!(provider.connect(&ada, "ada@acme.org").await, "/settings/security", "it is already");
    assert_eq!(app.value("select count(*) from accounts").await, "1");
    assert!(ada.page("/settings/security").await.text.contains("An account elsewhere was connected"));
    let elsewhere = app.visitor();
    assert_eq!(provider.sign_in(&elsewhere, "ada@acme.org").await, "/today");
    assert!(elsewhere.page("/settings/profile").await.text.contains(ADA));

    // What is hers isn't Eve's.
    let eve = app.person("eve").await;
    assert_eq!(provider.connect(&eve, "ada@acme.org").await, settings("taken"));
    // Nor is what Ada began: Eve is logged in when it comes back.
    let asked = Url::parse(&leads(&follow(&ada, "/login/with/acme?connect=yes", "same-origin").await)).unwrap();
    let back = provider.let_in(&asked, Some(provider.sign(&provider.claims(&asked, "new@acme.org"))), json!({}));
    assert_eq!(leads(&eve.get(&back).await), problem("expired"));
    ada.log_out().await;
    assert_eq!(leads(&ada.get(&back).await), problem("expired"));
    assert_eq!(app.value("select count(*) from accounts").await, "1");
    assert_eq!(leads(&app.visitor().get("/login/with/acme?connect=yes").await), "/login?next=%2Fsettings%2Fsecurity");
}

#[tokio::test]
async fn what_is_removed_lets_nobody_in_and_the_last_way_in_stays() {
    let provider = Provider::start().await;
    let app = provider.docket().await;
    let ada = app.person("ada").await;
    provider.connect(&ada, "ada@acme.org").await;
    let page = ada.page("/settings/security").await;
    assert!(page.text.contains("Remove Acme") && page.text.contains("Connect Other &amp; Sons"), "{}", page.text);
    let id = app.value("select id from accounts").await;
    let eve = app.person("eve").await;
    assert_eq!(eve.refused("end_sign_in", &[("id", &id)]).await, AppError::NotFound);
    assert_eq!(eve.refused("end_sign_in", &[("id", "x")]).await, AppError::NotFound);
    // In a session whose owner may have left, only with the password.
    app.sql("update sessions set created_at = now() - interval '11 minutes'").await;
    assert_eq!(ada.refused("end_sign_in", &[("id", &id)]).await, AppError::NotConfirmed(false));
    let answer = ada
        .submit(
            "/settings/security",
            "/fn/end_sign_in",
            &[("id", &id), ("confirm_password", PASSWORD), ("form_next", "/settings/security")],
        )
        .await;
    assert_eq!(leads(&answer), "/settings/security");
    assert!(ada.page("/settings/security").await.text.contains("An account elsewhere was removed"));
    // It is a stranger's again.
    assert_eq!(provider.sign_in(&app.visitor(), "ada@acme.org").await, "/today");
    assert_eq!(app.value("select count(*) from users").await, "3");

    let bob = app.visitor();
    assert_eq!(provider.sign_in(&bob, "bob@acme.org").await, "/today");
    let id = app
        .value("select accounts.id from accounts join users on users.id = user_id where email = 'bob@acme.org'")
        .await;
    assert_eq!(bob.refused("end_sign_in", &[("id", &id)]).await, AppError::LastWayIn);
    // Who has no password shows who they are by logging in.
    app.sql("update sessions set created_at = now() - interval '11 minutes'").await;
    assert_eq!(bob.refused("end_sign_in", &[("id", &id)]).await, AppError::LogInAgain);
}

#[tokio::test]
async fn a_provider_may_sign_with_another_key_at_any_time() {
    let provider = Provider::start().await;
    let app = provider.docket().await;
    assert_eq!(provider.sign_in(&app.visitor(), ADA).await, "/today");
    provider.rotate(true);
    assert_eq!(provider.sign_in(&app.visitor(), ADA).await, "/today");
    assert_eq!(provider.asked("keys"), 2, "asked again for the new key");
    assert_eq!(provider.sign_in(&app.visitor(), ADA).await, "/today");
    assert_eq!(provider.asked("keys"), 2);
    // A key that it doesn't own up to any more.
    let browser = app.visitor();
    let asked = depart(&browser, "/login/with/acme").await;
    let old = provider.sign(&provider.claims(&asked, ADA));
    provider.rotate(false);
    assert_eq!(provider.sign_in(&app.visitor(), ADA).await, "/today");
    assert_eq!(leads(&browser.get(&provider.let_in(&asked, Some(old), json!({}))).await), problem("untrusted"));
}

#[tokio::test]
async fn what_holds_for_a_password_holds_for_a_provider() {
    let provider = Provider::start().await;
    let app = provider.docket().await;
    let ada = app.visitor();
    provider.sign_in(&ada, ADA).await;
    // A disabled account lets nobody in.
    app.sql("update users set is_active = false").await;
    assert!(!ada.is_logged_in().await);
    let browser = app.visitor();
    assert_eq!(provider.sign_in(&browser, ADA).await, problem("disabled"));
    assert!(!browser.is_logged_in().await);
    app.sql("update users set is_active = true").await;
    // A new epoch ends what came before.
    let ada = app.visitor();
    assert_eq!(provider.sign_in(&ada, ADA).await, "/today");
    assert!(ada.is_logged_in().await);
    app.sql("update users set session_epoch = gen_random_uuid()").await;
    assert!(!ada.is_logged_in().await);
    // A second step is asked for.
    app.sql("insert into totp_secrets (user_id, secret, confirmed_at) select id, 'x', now() from users").await;
    let browser = app.visitor();
    let asked = depart(&browser, "/login/with/acme?next=/board").await;
    let back = provider.let_in(&asked, Some(provider.sign(&provider.claims(&asked, ADA))), json!({}));
    assert_eq!(leads(&browser.get(&back).await), "/login/second?next=%2Fboard");
    assert!(!browser.is_logged_in().await);
}

#[tokio::test]
async fn a_provider_leads_docket_nowhere_else() {
    let provider = Provider::start().await;
    let inner = Provider::start().await;
    for (name, value) in [
        // Another port of this machine is another machine.
        ("jwks_uri", format!("{}/keys", inner.url)),
        ("jwks_uri", "https://169.254.169.254/latest/meta-data".to_owned()),
        ("jwks_uri", "file:///etc/passwd".to_owned()),
        ("jwks_uri", inner.url.replace("http://127.0.0.1", "https://localhost")),
        ("issuer", inner.url.clone()),
        ("authorization_endpoint", "javascript:alert(1)".to_owned()),
        ("authorization_endpoint", "http://example.org/auth".to_owned()),
    ] {
        provider.inner.lock().unwrap().metadata = json!({ name: value });
        let app = provider.docket().await;
        let end = leads(&app.visitor().get("/login/with/acme").await);
        assert!(end == problem("untrusted") || end == problem("unreachable"), "{name} {value}: {end}");
    }
    assert_eq!(inner.asked("keys"), 0);
    provider.inner.lock().unwrap().metadata = json!({ "token_endpoint": format!("{}/token", inner.url) });
    let app = provider.docket().await;
    assert_eq!(provider.sign_in(&app.visitor(), ADA).await, problem("untrusted"));
    provider.inner.lock().unwrap().metadata = json!({});
    let long: &'static str = Box::leak(format!(r#"{{"issuer":"{}"}}"#, "x".repeat(300_000)).into_boxed_str());
    for (status, text) in [
        (Status::FOUND, ""),
        (Status::INTERNAL_SERVER_ERROR, "{}"),
        (Status::OK, "no JSON"),
        (Status::OK, "{}"),
        (Status::OK, long),
    ] {
        provider.inner.lock().unwrap().instead = Some((status, text));
        let app = provider.docket().await;
        let end = leads(&app.visitor().get("/login/with/acme").await);
        assert!(end == problem("untrusted") || end == problem("unreachable"), "{status}: {end}");
    }
    // It is there again.
    provider.inner.lock().unwrap().instead = None;
    assert_eq!(provider.sign_in(&app.visitor(), ADA).await, problem("untrusted"), "what it said is kept for a while");
    let app = provider.docket().await;
    assert_eq!(provider.sign_in(&app.visitor(), ADA).await, "/today");
    assert_eq!(leads(&app.visitor().get("/login/with/nobody").await), problem("unknown"));
    let gone = r#"[{"key":"acme","name":"Acme","issuer":"http://127.0.0.1:1","client_id":"x"}]"#;
    let app = App::with(&[("DOCKET_PROVIDERS", gone)]).await;
    assert_eq!(leads(&app.visitor().get("/login/with/acme").await), problem("unreachable"));
}

#[tokio::test]
async fn the_way_on_stays_on_this_site() {
    let provider = Provider::start().await;
    let app = provider.docket().await;
    for next in ["//evil.example", "/%5Cevil.example", "https://evil.example"] {
        let browser = app.visitor();
        let asked = depart(&browser, &format!("/login/with/acme?next={next}")).await;
        let back = provider.let_in(&asked, Some(provider.sign(&provider.claims(&asked, ADA))), json!({}));
        assert_eq!(leads(&browser.get(&back).await), "/today", "{next}");
        // Who is in already goes on.
        assert_eq!(leads(&browser.get(&format!("/login/with/acme?next={next}")).await), "/today", "{next}");
    }
}
