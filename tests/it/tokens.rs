//! What programs log in with: personal access tokens, and what is signed from them for a quarter of an hour.

use std::collections::BTreeSet;

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use docket::{
    domain::{
        scope::Scopes,
        token::{NewToken, TokenState, Tokens},
    },
    error::AppError,
    server::{
        auth::tokens::{By, Login},
        jobs,
        store::sign_in,
    },
};
use jsonwebtoken::{
    Algorithm, EncodingKey, Header,
    jwk::{AlgorithmParameters, Jwk, ThumbprintHash},
};
use reqwest::{StatusCode, header};
use serde_json::{Value, json};
use uuid::Uuid;

use crate::support::{App, Browser, PASSWORD, Page, cookie, location};

const HERE: &str = "/settings/tokens";

const NOON: &str = "2026-11-21T12:00:00Z";

/// Who comes with this.
async fn login(app: &App, bearer: &str) -> Result<Login, AppError> {
    app.state.backend.token_login(bearer, &app.state.config.issuer(), &app.state.clock).await
}

async fn is_refused(app: &App, bearer: &str) -> bool {
    match login(app, bearer).await {
        Ok(_) => false,
        Err(AppError::NotLoggedIn) => true,
        Err(other) => panic!("{other:?}"),
    }
}

/// Makes a token that may read and write tasks.
async fn token(owner: &Browser, name: &str, expires: &str) -> String {
    let fields = [("name", name), ("scopes[0]", "tasks:read"), ("scopes[1]", "tasks:write"), ("expires", expires)];
    let answer = owner.call("make_token", &fields).await;
    let (status, text) = (answer.status(), answer.text().await.unwrap());
    assert_eq!(status, StatusCode::OK, "{text}");
    serde_json::from_str::<NewToken>(&text).unwrap().token
}

async fn list(owner: &Browser) -> Tokens {
    let answer = owner.call("list_tokens", &[]).await;
    assert_eq!(answer.status(), StatusCode::OK);
    serde_json::from_str(&answer.text().await.unwrap()).unwrap()
}

/// What a session is, for the backend: the last one that began.
async fn session(app: &App, name: &str) -> Login {
    let id = app.actor(name).await.user;
    let row = app
        .value(&format!("select id from sessions where user_id = '{id}' order by created_at desc, id limit 1"))
        .await;
    let user = app.state.database.sign_in(move |db| Box::pin(sign_in::by_id(db, id))).await.unwrap().unwrap();
    Login { user, scopes: Scopes::ALL, by: By::Session(row) }
}

async fn jwt(app: &App, login: &Login) -> String {
    let signed = app.state.backend.issue_jwt(login, &app.state.config.issuer(), &app.state.clock).await.unwrap();
    assert_eq!(signed.1, 900);
    signed.0
}

/// The parts of a JWT before its signature.
fn parts(jwt: &str) -> (Value, Value) {
    let part = |index| {
        let text: &str = jwt.split('.').nth(index).unwrap();
        serde_json::from_slice(&URL_SAFE_NO_PAD.decode(text).unwrap()).unwrap()
    };
    (part(0), part(1))
}

/// A key of the test's own, whose public half Docket knows.
struct Key {
    private: EncodingKey,
    public: Vec<u8>,
    kid: String,
}

impl Key {
    fn new(seed: u8) -> Self {
        let mut der =
            vec![0x30, 0x2e, 0x02, 0x01, 0x00, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x04, 0x22, 0x04, 0x20];
        der.extend([seed; 32]);
        let private = EncodingKey::from_ed_der(&der);
        let jwk = Jwk::from_encoding_key(&private, Algorithm::EdDSA).unwrap();
        let kid = jwk.thumbprint(ThumbprintHash::SHA256).unwrap();
        let AlgorithmParameters::OctetKeyPair(pair) = jwk.algorithm else { panic!() };
        Self { private, public: URL_SAFE_NO_PAD.decode(pair.x).unwrap(), kid }
    }

    async fn publish(&self, app: &App) {
        let statement = "insert into signing_keys (kid, public_key, created_at, expires_at) values ($1, $2, $3::timestamptz, $3::timestamptz + '1 day')";
        let query = sqlx::query(statement).bind(&self.kid).bind(&self.public);
        query.bind(app.state.clock.now_utc()).execute(app.pool()).await.unwrap();
    }

    fn sign(&self, claims: &Value) -> String {
        self.sign_with(Header { kid: Some(self.kid.clone()), ..Header::new(Algorithm::EdDSA) }, claims)
    }

    fn sign_with(&self, header: Header, claims: &Value) -> String {
        jsonwebtoken::encode(&header, claims, &self.private).unwrap()
    }
}

/// `claims` with other values; null takes one away.
fn with(claims: &Value, changes: &Value) -> Value {
    let mut claims = claims.clone();
    for (name, value) in changes.as_object().unwrap() {
        claims[name] = value.clone();
    }
    claims.as_object_mut().unwrap().retain(|_, value| !value.is_null());
    claims
}

#[tokio::test]
async fn a_token_lets_a_program_in_with_what_it_may_do_until_it_is_ended() {
    let app = App::start().await;
    let ada = app.person("ada").await;
    let (one, two) = (token(&ada, "one", "7").await, token(&ada, "two", "").await);
    for bearer in [&one, &two] {
        let Login { user, scopes, by } = login(&app, bearer).await.unwrap();
        assert_eq!((user.id, scopes.to_string().as_str()), (app.actor("ada").await.user, "tasks:read tasks:write"));
        assert!(matches!(by, By::Token(_)));
    }
    let all: Vec<_> = list(&ada).await.tokens.into_iter().map(|token| (token.name, token.hint)).collect();
    assert_eq!(all, [("two".to_owned(), two[49..].to_owned()), ("one".to_owned(), one[49..].to_owned())]);
    let id = list(&ada).await.tokens[1].id.to_string();
    assert_eq!(ada.call("end_token", &[("token", &id)]).await.status(), StatusCode::OK);
    assert!(is_refused(&app, &one).await && login(&app, &two).await.is_ok());
    assert_eq!(ada.refused("end_token", &[("token", &id)]).await, AppError::NotFound);
    assert_eq!(ada.refused("end_token", &[("token", "\0")]).await, AppError::NotFound);
    let events = ada.page("/settings/security").await.texts(".events li");
    assert!(events[0].starts_with("An access token was ended"), "{events:?}");
    assert!(events[1].starts_with("An access token was made"), "{events:?}");
}

#[tokio::test]
async fn nothing_that_lets_anybody_in_is_in_the_database() {
    let app = App::start().await;
    let ada = app.person("ada").await;
    let secret = token(&ada, "one", "7").await;
    let signed = jwt(&app, &login(&app, &secret).await.unwrap()).await;
    let tables = "select string_agg(relname::text, ' ') from pg_class where relnamespace = 'public'::regnamespace and relkind = 'r'";
    let tables = app.value(tables).await;
    assert!(tables.contains("api_tokens") && tables.contains("signing_keys"));
    let signature = signed.rsplit_once('.').unwrap().1;
    for table in tables.split(' ') {
        for part in [&secret[4..47], &secret[..47], signature] {
            let found = format!("select count(*) from {table} as t where t::text like '%{part}%'");
            assert_eq!(app.value(&found).await, "0", "{table}");
            let found =
                format!("select count(*) from {table} as t where t::text like '%' || encode('{part}', 'hex') || '%'");
            assert_eq!(app.value(&found).await, "0", "{table}");
        }
    }
    // What signs has two halves, and one of them is here.
    let columns = "select string_agg(attname::text, ' ' order by attnum) from pg_attribute where attrelid = 'signing_keys'::regclass and attnum > 0";
    assert_eq!(app.value(columns).await, "kid public_key created_at expires_at");
}

#[tokio::test]
async fn a_token_ends_when_its_time_is_over_and_is_removed_a_month_later() {
    let app = App::at(NOON).await;
    let ada = app.person("ada").await;
    let (week, ever) = (token(&ada, "week", "7").await, token(&ada, "ever", "").await);
    app.set_clock("2026-11-28T11:59:59Z");
    assert!(login(&app, &week).await.is_ok());
    let signed = jwt(&app, &login(&app, &week).await.unwrap()).await;
    assert!(login(&app, &signed).await.is_ok());
    app.set_clock("2026-11-28T12:00:00Z");
    assert!(is_refused(&app, &week).await, "it had a week");
    assert!(is_refused(&app, &signed).await, "what is signed outlives nothing");
    ada.log_in("ada@example.org", PASSWORD).await;
    let states: Vec<_> = list(&ada).await.tokens.into_iter().map(|token| (token.name, token.state)).collect();
    assert_eq!(states, [("ever".to_owned(), TokenState::Good), ("week".to_owned(), TokenState::Expired)]);
    let page = ada.page(HERE).await;
    assert_eq!(page.texts(".tokens .over b"), ["week"]);
    assert!(page.texts(".tokens .over .when")[0].contains("expired today 12:00"), "{:?}", page.texts(".tokens .when"));
    app.set_clock("2026-12-28T12:00:00Z");
    assert_eq!(jobs::run_once(&app.state).await, 0);
    assert_eq!(app.value("select count(*) from api_tokens").await, "2");
    app.set_clock("2026-12-28T12:00:01Z");
    assert_eq!(jobs::run_once(&app.state).await, 0);
    assert_eq!(app.value("select string_agg(name, ' ') from api_tokens").await, "ever");
    app.set_clock("2036-12-28T12:00:01Z");
    assert_eq!(jobs::run_once(&app.state).await, 0);
    assert!(login(&app, &ever).await.is_ok());
}

#[tokio::test]
async fn the_owner_sees_when_a_token_was_last_used_to_within_five_minutes() {
    let app = App::at(NOON).await;
    let ada = app.person("ada").await;
    let secret = token(&ada, "one", "30").await;
    let used = "select to_char(last_used_at at time zone 'UTC', 'HH24:MI:SS') from api_tokens";
    assert_eq!(app.value(used).await, "null");
    assert!(ada.page(HERE).await.texts(".tokens .when")[0].contains("never used"));
    for (at, noted) in [("12:01:00", "12:01:00"), ("12:06:00", "12:01:00"), ("12:06:01", "12:06:01")] {
        app.set_clock(&format!("2026-11-21T{at}Z"));
        login(&app, &secret).await.unwrap();
        assert_eq!(app.value(used).await, noted, "{at}");
    }
    assert!(ada.page(HERE).await.texts(".tokens .when")[0].contains("last used today 12:06"));
    // Nobody notes a use by what is wrong.
    let typo = format!("{}x", &secret[..52]);
    app.set_clock("2026-11-21T13:00:00Z");
    assert!(is_refused(&app, &typo).await || typo == secret);
    assert_eq!(app.value(used).await, "12:06:01");
}

#[tokio::test]
async fn what_logs_out_everywhere_ends_every_token_and_what_was_signed_at_the_next_request() {
    let app = App::start().await;
    let root = app.person("root").await;
    let ends = ["password", "log_out", "disable", "erase"];
    for name in ends {
        let ada = app.person(name).await;
        let secret = token(&ada, "one", "7").await;
        let by_token = jwt(&app, &login(&app, &secret).await.unwrap()).await;
        let by_session = jwt(&app, &session(&app, name).await).await;
        for bearer in [&secret, &by_token, &by_session] {
            assert!(login(&app, bearer).await.is_ok(), "{name}");
        }
        let id = app.actor(name).await.user.to_string();
        let answer = match name {
            "password" => {
                let fields = [("current_password", PASSWORD), ("new_password", "another good one of mine")];
                ada.call("change_password", &fields).await
            }
            "erase" => ada.call("erase_account", &[("confirm_password", PASSWORD)]).await,
            order => root.call("order_account", &[("account", &id), ("order", order)]).await,
        };
        assert_eq!(answer.status(), StatusCode::OK, "{name}");
        for bearer in [&secret, &by_token, &by_session] {
            assert!(is_refused(&app, bearer).await, "{name}: {bearer}");
        }
        if name == "disable" {
            // What was ended stays ended.
            root.call("order_account", &[("account", &id), ("order", "enable")]).await;
            assert!(is_refused(&app, &secret).await);
        }
    }
    assert_eq!(app.value("select count(*) from api_tokens").await, "3", "the erased account's went with it");
    // Their owners see that they ended, and may remove them.
    let ada = app.visitor();
    ada.log_in("password@example.org", "another good one of mine").await;
    assert_eq!(list(&ada).await.tokens[0].state, TokenState::Ended);
    let page = ada.page(HERE).await;
    assert!(page.texts(".tokens .when")[0].contains("ended when the password was changed"), "{}", page.text);
    assert_eq!(page.texts(".tokens button"), ["Remove"]);
    let id = page.attributes(".tokens input[name=token]", "value").remove(0);
    assert_eq!(location(&ada.submit(HERE, "/fn/end_token", &[("token", &id), ("form_next", HERE)]).await), HERE);
    assert_eq!(ada.page(HERE).await.texts(".nothing").len(), 1);
}

#[tokio::test]
async fn what_was_signed_ends_with_the_session_or_the_token_that_it_is_from() {
    let app = App::start().await;
    let ada = app.person("ada").await;
    let other = app.visitor();
    other.log_in("ada@example.org", PASSWORD).await;
    let mine = jwt(&app, &session(&app, "ada").await).await;
    let login_of_it = login(&app, &mine).await.unwrap();
    assert_eq!((login_of_it.scopes, &login_of_it.by), (Scopes::ALL, &By::Jwt));
    // It gives no further one.
    let again = app.state.backend.issue_jwt(&login_of_it, "docket", &app.state.clock).await;
    assert_eq!(again, Err(AppError::NotLoggedIn));
    other.log_out().await;
    assert!(is_refused(&app, &mine).await, "the session is over");
    let row = session(&app, "ada").await;
    let second = jwt(&app, &row).await;
    assert!(login(&app, &second).await.is_ok());
    app.sql("update sessions set expiry_date = now() - interval '1 second'").await;
    assert!(is_refused(&app, &second).await, "the session has expired");
    app.sql("update sessions set expiry_date = now() + interval '1 day'").await;
    assert!(login(&app, &second).await.is_ok());
    let secret = token(&ada, "one", "7").await;
    let signed = jwt(&app, &login(&app, &secret).await.unwrap()).await;
    assert_eq!(login(&app, &signed).await.unwrap().scopes.to_string(), "tasks:read tasks:write");
    ada.call("end_token", &[("token", &list(&ada).await.tokens[0].id.to_string())]).await;
    assert!(is_refused(&app, &signed).await, "the token was ended");
}

#[tokio::test]
async fn what_is_signed_says_who_signed_what_for_whom_and_nothing_secret() {
    let app = App::at_with(NOON, &[("DOCKET_PUBLIC_URL", "https://todo.example.org")]).await;
    let client = reqwest::Client::builder().redirect(reqwest::redirect::Policy::none()).build().unwrap();
    let form = [("name", "ada"), ("email", "ada@example.org"), ("password", PASSWORD)];
    let answer = client.post(app.url("/fn/register")).form(&form).send().await.unwrap();
    let id = cookie(&answer).unwrap().split_once('=').unwrap().1.to_owned();
    let session = session(&app, "ada").await;
    let signed = jwt(&app, &session).await;
    let (head, claims) = parts(&signed);
    assert_eq!((&head["alg"], &head["typ"]), (&json!("EdDSA"), &json!("JWT")));
    let expected = json!({
        "iss": "https://todo.example.org", "aud": "docket-api", "sub": session.user.id, "epoch": session.user.epoch,
        "iat": 1_795_262_400, "nbf": 1_795_262_400, "exp": 1_795_263_300, "jti": claims["jti"],
        "scope": "tasks:read tasks:write account:read account:write", "sid": claims["sid"],
    });
    assert_eq!(claims, expected);
    assert!(session.by == By::Session(claims["sid"].as_str().unwrap().to_owned()) && !signed.contains(&id));
    assert_ne!(claims["sid"], json!(id));
    let keys = client.get(app.url("/.well-known/jwks.json")).send().await.unwrap();
    assert_eq!(keys.status(), StatusCode::OK);
    assert_eq!(keys.headers()[header::CACHE_CONTROL], "public, max-age=300");
    assert!(!keys.headers().contains_key(header::SET_COOKIE));
    let keys: Value = serde_json::from_str(&keys.text().await.unwrap()).unwrap();
    let key = &keys["keys"][0];
    let known = json!({"keys": [{"kty": "OKP", "crv": "Ed25519", "use": "sig", "alg": "EdDSA", "kid": head["kid"], "x": key["x"]}]});
    assert_eq!(keys, known);
    // By the library's own reading of the set.
    let key: Jwk = serde_json::from_value(key.clone()).unwrap();
    assert_eq!(key.thumbprint(ThumbprintHash::SHA256).unwrap(), head["kid"]);
    let mut rules = jsonwebtoken::Validation::new(Algorithm::EdDSA);
    rules.set_audience(&["docket-api"]);
    rules.validate_exp = false;
    let key = jsonwebtoken::DecodingKey::from_jwk(&key).unwrap();
    assert_eq!(jsonwebtoken::decode::<Value>(&signed, &key, &rules).unwrap().claims, claims);
}

#[tokio::test]
async fn what_is_signed_is_good_for_a_quarter_of_an_hour() {
    let app = App::at(NOON).await;
    app.person("ada").await;
    let signed = jwt(&app, &session(&app, "ada").await).await;
    app.set_clock("2026-11-21T12:14:59Z");
    assert!(login(&app, &signed).await.is_ok());
    app.set_clock("2026-11-21T12:15:00Z");
    assert!(is_refused(&app, &signed).await);
    // The clock of another node may be behind, but not by much.
    app.set_clock("2026-11-21T11:59:00Z");
    assert!(login(&app, &signed).await.is_ok());
    app.set_clock("2026-11-21T11:58:59Z");
    assert!(is_refused(&app, &signed).await);
}

#[tokio::test]
async fn what_was_signed_wrongly_or_says_something_wrong_is_refused() {
    let app = App::at(NOON).await;
    let (ada, eve) = (app.person("ada").await, app.person("eve").await);
    let (_, claims) = parts(&jwt(&app, &session(&app, "ada").await).await);
    let (_, eves) = parts(&jwt(&app, &session(&app, "eve").await).await);
    let (key, unknown) = (Key::new(1), Key::new(2));
    assert!(is_refused(&app, &key.sign(&claims)).await, "nobody knows this key");
    key.publish(&app).await;
    assert!(login(&app, &key.sign(&claims)).await.is_ok(), "the test signs as Docket does");

    let now = app.state.clock.now().as_second();
    let tid = {
        token(&eve, "eve's", "7").await;
        list(&eve).await.tokens[0].id
    };
    token(&ada, "ada's", "7").await;
    let own = list(&ada).await.tokens[0].id;
    assert!(login(&app, &key.sign(&with(&claims, &json!({"sid": null, "tid": own})))).await.is_ok());
    let nobody = Uuid::new_v4();
    for changes in [
        json!({"aud": "docket"}),
        json!({"aud": ["docket-api", "other"]}),
        json!({"aud": null}),
        json!({"iss": "https://evil.example.org"}),
        json!({"iss": ""}),
        json!({"iss": null}),
        json!({"exp": now}),
        json!({"exp": now - 1}),
        json!({"exp": null}),
        json!({"exp": "never"}),
        json!({"exp": 1e300}),
        json!({"nbf": now + 61}),
        json!({"nbf": null}),
        json!({"iat": now + 61}),
        json!({"iat": null}),
        json!({"sub": nobody}),
        json!({"sub": eves["sub"]}),
        json!({"sub": null}),
        json!({"sub": "ada"}),
        json!({"epoch": nobody}),
        json!({"epoch": eves["epoch"]}),
        json!({"epoch": null}),
        json!({"sid": eves["sid"]}),
        json!({"sid": null}),
        json!({"sid": "x\u{0}"}),
        json!({"sid": "x".repeat(65)}),
        json!({"sid": 1}),
        json!({"sid": null, "tid": tid}),
        json!({"sid": null, "tid": nobody}),
        json!({"tid": own}),
        json!({"scope": "tasks:read everything"}),
        json!({"scope": null}),
        json!({"jti": null}),
    ] {
        assert!(is_refused(&app, &key.sign(&with(&claims, &changes))).await, "{changes}");
    }

    let header = |change: fn(&mut Header)| {
        let mut header = Header { kid: Some(key.kid.clone()), ..Header::new(Algorithm::EdDSA) };
        change(&mut header);
        header
    };
    for header in [
        header(|header| header.kid = None),
        header(|header| header.kid = Some("\0".repeat(43))),
        header(|header| header.kid = Some("'; drop table users --".to_owned())),
        header(|header| header.typ = None),
        header(|header| header.typ = Some("dpop+jwt".to_owned())),
        header(|header| header.crit = Some(vec!["b64".to_owned()])),
    ] {
        assert!(is_refused(&app, &key.sign_with(header.clone(), &claims)).await, "{header:?}");
    }
    // Another key that says it is this one, and one that brings itself along.
    let mut forged = header(|_| ());
    assert!(is_refused(&app, &unknown.sign_with(forged.clone(), &claims)).await);
    forged.jwk = Some(Jwk::from_encoding_key(&unknown.private, Algorithm::EdDSA).unwrap());
    assert!(is_refused(&app, &unknown.sign_with(forged, &claims)).await);

    let encoded = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
    let good = key.sign(&claims);
    let signature = good.rsplit_once('.').unwrap().1;
    for alg in ["none", "None", "NONE", "", "ES256", "EDDSA"] {
        let head = encoded(&json!({"typ": "JWT", "alg": alg, "kid": key.kid}));
        for signature in ["", signature] {
            assert!(is_refused(&app, &format!("{head}.{}.{signature}", encoded(&claims))).await, "{alg}");
        }
    }
    // The public key as the secret of a code that both sides share.
    for secret in [key.public.clone(), URL_SAFE_NO_PAD.encode(&key.public).into_bytes()] {
        let header = Header { kid: Some(key.kid.clone()), ..Header::new(Algorithm::HS256) };
        let forged = jsonwebtoken::encode(&header, &claims, &EncodingKey::from_secret(&secret)).unwrap();
        assert!(is_refused(&app, &forged).await);
    }
    // What another was signed for.
    let other = encoded(&with(&claims, &json!({"scope": "tasks:read"})));
    let (head, _) = good.split_once('.').unwrap();
    assert!(is_refused(&app, &format!("{head}.{other}.{signature}")).await);
    assert!(login(&app, &good).await.is_ok(), "all of that was refused for what was wrong with it");
}

#[tokio::test]
async fn rubbish_is_refused_without_asking_the_database() {
    let app = App::start().await;
    app.person("ada").await;
    let signed = jwt(&app, &session(&app, "ada").await).await;
    app.state.database.close().await;
    let deep = format!("{}{}", "[".repeat(600), "]".repeat(600));
    for rubbish in [
        String::new(),
        "dkt_".to_owned(),
        format!("dkt_{}", "A".repeat(49)),
        format!("dkt_{}", "é".repeat(30)),
        format!("dkt_{}", "A".repeat(10_000_000)),
        ".".to_owned(),
        "..".to_owned(),
        "....".to_owned(),
        "a.b.c".to_owned(),
        format!("{signed}.{signed}"),
        format!("{signed}{}", "A".repeat(3_000)),
        format!("{}.{}.", signed.split('.').next().unwrap(), "A".repeat(10_000_000)),
        format!("{}.{}.x", signed.split('.').next().unwrap(), URL_SAFE_NO_PAD.encode(&deep)),
        format!("{}.{}.x", signed.split('.').next().unwrap(), URL_SAFE_NO_PAD.encode("{}")),
        format!("{}.{}.x", signed.split('.').next().unwrap(), URL_SAFE_NO_PAD.encode([0xff, 0xfe])),
        "\0".repeat(100),
    ] {
        let start: String = rubbish.chars().take(80).collect();
        assert!(is_refused(&app, &rubbish).await, "{start}");
    }
    // The database was asked for what may be good.
    assert!(matches!(login(&app, &signed).await, Err(AppError::Unavailable)));
}

#[tokio::test]
async fn a_key_signs_for_a_week_and_is_known_for_an_hour_more() {
    let app = App::at(NOON).await;
    let ada = app.person("ada").await;
    let secret = token(&ada, "one", "365").await;
    let kid = async || {
        let signed = jwt(&app, &login(&app, &secret).await.unwrap()).await;
        assert!(login(&app, &signed).await.is_ok());
        (parts(&signed).0["kid"].as_str().unwrap().to_owned(), signed)
    };
    let (first, _) = kid().await;
    app.set_clock("2026-11-28T11:59:59Z");
    let (same, last) = kid().await;
    assert_eq!(same, first);
    app.set_clock("2026-11-28T12:00:00Z");
    let (second, _) = kid().await;
    assert_ne!(second, first);
    let listed = async || {
        let keys = app.state.backend.jwks(&app.state.clock).await.unwrap();
        keys["keys"].as_array().unwrap().iter().map(|key| key["kid"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(listed().await, [second.clone(), first.clone()]);
    app.set_clock("2026-11-28T12:14:58Z");
    assert!(login(&app, &last).await.is_ok(), "what the old key signed last is good to its end");
    app.set_clock("2026-11-28T12:59:59Z");
    assert_eq!(jobs::run_once(&app.state).await, 0);
    assert_eq!(listed().await.len(), 2);
    app.set_clock("2026-11-28T13:00:00Z");
    assert!(listed().await == [second.as_str()]);
    assert_eq!(jobs::run_once(&app.state).await, 0);
    assert_eq!(app.value("select string_agg(kid, ' ') from signing_keys").await, second);
}

#[tokio::test]
async fn nothing_is_good_that_a_removed_key_has_signed_and_another_key_signs_then() {
    let app = App::at(NOON).await;
    let ada = app.person("ada").await;
    let from = login(&app, &token(&ada, "one", "7").await).await.unwrap();
    let signed = jwt(&app, &from).await;
    let key = Key::new(1);
    key.publish(&app).await;
    let forged = key.sign(&parts(&signed).1);
    assert!(login(&app, &forged).await.is_ok());
    // Over, and not removed yet.
    app.sql("update signing_keys set created_at = '2026-11-01', expires_at = '2026-11-21 12:00:00Z'").await;
    assert!(is_refused(&app, &signed).await && is_refused(&app, &forged).await);
    app.sql("delete from signing_keys").await;
    assert!(is_refused(&app, &signed).await && is_refused(&app, &forged).await);
    let next = jwt(&app, &from).await;
    assert!(login(&app, &next).await.is_ok() && is_refused(&app, &signed).await);
    assert_ne!(parts(&next).0["kid"], parts(&signed).0["kid"]);
}

#[tokio::test]
async fn of_many_who_need_a_key_at_once_one_makes_it_and_every_node_has_its_own() {
    let app = App::start().await;
    let ada = app.person("ada").await;
    let from = login(&app, &token(&ada, "one", "7").await).await.unwrap();
    let other = App::on(app.options.clone(), &[]).await;
    let many = (0..20).map(|number| {
        let (backend, from) = (if number % 2 == 0 { &app } else { &other }.state.backend.clone(), from.clone());
        tokio::spawn(async move { backend.issue_jwt(&from, "docket", &docket::server::clock::Clock::System).await })
    });
    let mut kids = BTreeSet::new();
    for signed in many.collect::<Vec<_>>() {
        let (signed, _) = signed.await.unwrap().unwrap();
        // Each node takes what the other has signed.
        assert!(login(&app, &signed).await.is_ok() && login(&other, &signed).await.is_ok());
        kids.insert(parts(&signed).0["kid"].to_string());
    }
    assert_eq!(kids.len(), 2);
    assert_eq!(app.value("select count(*) from signing_keys").await, "2");
}

/// Asks the API as a program does.
async fn ask(app: &App, path: &str, bearer: &str) -> reqwest::Response {
    reqwest::Client::new().get(app.url(path)).bearer_auth(bearer).send().await.unwrap()
}

#[tokio::test]
async fn a_program_uses_the_api_with_a_token_and_with_what_it_is_given_for_it() {
    let app = App::at(NOON).await;
    let (ada, eve) = (app.person("ada").await, app.person("eve").await);
    ada.add("ada's plan").await;
    eve.add("eve's plan").await;
    let secret = token(&ada, "one", "7").await;
    let request = reqwest::Client::new().post(app.url("/api/v1/auth/token")).bearer_auth(&secret);
    let answer = request.send().await.unwrap();
    assert_eq!(answer.status(), StatusCode::OK);
    assert!(!answer.headers().contains_key(header::SET_COOKIE));
    assert!(answer.headers()[header::CACHE_CONTROL].to_str().unwrap().contains("no-store"));
    let given: Value = serde_json::from_str(&answer.text().await.unwrap()).unwrap();
    assert_eq!((&given["expires_in"], &given["scope"]), (&json!(900), &json!("tasks:read tasks:write")));
    let signed = given["token"].as_str().unwrap();
    for bearer in [secret.as_str(), signed] {
        let answer = ask(&app, "/api/v1/tasks", bearer).await;
        assert_eq!(answer.status(), StatusCode::OK);
        let text = answer.text().await.unwrap();
        assert!(text.contains("ada's plan") && !text.contains("eve's plan"), "{text}");
        // What the token may not, what is made from it may not either.
        assert_eq!(ask(&app, "/api/v1/me", bearer).await.status(), StatusCode::FORBIDDEN);
        // It is a login of programs: the pages know cookies only, and so do their functions.
        assert_eq!(ask(&app, HERE, bearer).await.url().path(), "/login");
        let request = reqwest::Client::new().post(app.url("/fn/make_token")).bearer_auth(bearer);
        let fields = [("name", "x"), ("scopes[0]", "account:read"), ("expires", "")];
        assert_eq!(request.form(&fields).send().await.unwrap().status(), StatusCode::UNAUTHORIZED);
    }
    // What is wrong with a token is nobody's business.
    let typo = format!("{}{}", &secret[..52], if secret.ends_with('0') { '1' } else { '0' });
    let unknown = docket::server::auth::tokens::Secret::random();
    let mut bodies = BTreeSet::new();
    for bearer in [&typo, unknown.as_str(), "nonsense", &signed[..signed.len() - 4]] {
        let answer = ask(&app, "/api/v1/tasks", bearer).await;
        assert_eq!(answer.status(), StatusCode::UNAUTHORIZED, "{bearer}");
        assert_eq!(answer.headers()[header::WWW_AUTHENTICATE], "Bearer realm=\"docket\", error=\"invalid_token\"");
        let mut body: Value = serde_json::from_str(&answer.text().await.unwrap()).unwrap();
        body["request_id"] = Value::Null;
        bodies.insert(body.to_string());
    }
    assert_eq!(bodies.len(), 1);
    app.set_clock("2026-11-21T12:15:00Z");
    assert_eq!(ask(&app, "/api/v1/tasks", signed).await.status(), StatusCode::UNAUTHORIZED);
    assert_eq!(ask(&app, "/api/v1/tasks", &secret).await.status(), StatusCode::OK);
    ada.call("end_token", &[("token", &list(&ada).await.tokens[0].id.to_string())]).await;
    assert_eq!(ask(&app, "/api/v1/tasks", &secret).await.status(), StatusCode::UNAUTHORIZED);
}

#[tokio::test]
async fn without_scripts_a_token_is_shown_by_the_page_that_answers_the_form_and_never_again() {
    let app = App::start().await;
    let ada = app.person("ada").await;
    let page = ada.page(HERE).await;
    assert_eq!(page.texts(".nothing").len(), 1);
    assert!(page.attributes(".settings a", "href").contains(&"/api/docs".to_owned()));
    // As the page offers it.
    let (action, fields) = page.forms("form:has(select[name=expires])").remove(0);
    assert_eq!(action, HERE);
    let mut fields: Vec<_> = fields.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    assert_eq!(fields.remove(0), ("form_action", "/fn/make_token"));
    assert_eq!(fields, [("form_next", HERE), ("name", ""), ("scopes[0]", "tasks:read"), ("expires", "30")]);
    fields[1].1 = "a <b>backup</b> & more";
    fields.push(("scopes[2]", "account:read"));
    let answer = ada.submit(HERE, "/fn/make_token", &fields).await;
    assert_eq!(answer.status(), StatusCode::OK);
    let headers = format!("{:?}", answer.headers());
    assert!(answer.headers()[header::CACHE_CONTROL].to_str().unwrap().contains("no-store"));
    assert_eq!(answer.url().path(), HERE);
    let made = Page::of(answer).await;
    let token = made.attributes(".made input", "value").remove(0);
    assert!(!headers.contains("dkt_") && token.starts_with("dkt_") && !made.text.contains("<b>backup"));
    assert_eq!(login(&app, &token).await.unwrap().scopes.to_string(), "tasks:read account:read");
    assert_eq!(made.texts(".tokens b"), ["a <b>backup</b> & more"]);
    assert_eq!(made.texts(".tokens .chips code"), ["tasks:read", "account:read"]);
    // The form is as it was at first.
    let (_, again) = made.forms("form:has(select[name=expires])").remove(0);
    assert_eq!(again[2], ("name".to_owned(), String::new()));
    let page = ada.page(HERE).await;
    assert!(page.texts(".made").is_empty() && !page.text.contains("dkt_"));
    assert_eq!(page.texts(".tokens .hint"), [format!("…{}", &token[49..])]);
    // Another page takes no notice of the form.
    let answer = ada.submit("/settings/data", "/fn/make_token", &fields).await;
    assert_eq!(answer.status(), StatusCode::OK);
    assert_eq!(Page::of(answer).await.texts("h1"), ["Your data"]);
}

#[tokio::test]
async fn what_a_token_may_not_be_is_said_at_its_field_and_the_choice_stays() {
    let app = App::start().await;
    let ada = app.person("ada").await;
    let refused = async |fields: &[(&str, &str)]| {
        let answer = ada.submit(HERE, "/fn/make_token", fields).await;
        assert_eq!(answer.status(), StatusCode::UNPROCESSABLE_ENTITY, "{fields:?}");
        Page::of(answer).await
    };
    let page = refused(&[("name", " "), ("expires", "8")]).await;
    let messages = page.texts("form:has(select[name=expires]) .field-message");
    assert!(!messages[0].is_empty());
    assert_eq!(
        messages[1..],
        ["Choose at least one thing that it may do.", "Choose 7, 30, 90 or 365 days, or no end."]
    );
    assert!(page.attributes("input[type=checkbox][checked]", "name").is_empty());
    for name in ["x".repeat(101), "x\0y".to_owned()] {
        let page = refused(&[("name", &name), ("scopes[1]", "tasks:write"), ("expires", "")]).await;
        let messages = page.texts("form:has(select[name=expires]) .field-message");
        assert!(!messages[0].is_empty() && messages[1].is_empty() && messages[2].is_empty(), "{messages:?}");
        assert_eq!(page.attributes("input[type=checkbox][checked]", "value"), ["tasks:write"]);
        assert_eq!(page.attributes("select[name=expires] option[selected]", "value"), [""]);
    }
    // No token can take the account over.
    for scope in ["account:write", "admin", "\0"] {
        let page = refused(&[("name", "x"), ("scopes[0]", scope), ("expires", "7")]).await;
        assert!(page.texts("#make-token-scopes-message")[0].contains("offered"));
    }
    assert_eq!(app.value("select count(*) from api_tokens").await, "0");
}

#[tokio::test]
async fn who_has_not_typed_the_password_lately_is_asked_for_it_each_time() {
    let app = App::at(NOON).await;
    let ada = app.person("ada").await;
    app.set_clock("2026-11-21T12:11:00Z");
    let fields = [("name", "late"), ("scopes[0]", "tasks:read"), ("expires", "7")];
    let asked = ada.submit(HERE, "/fn/make_token", &fields).await;
    assert_eq!(asked.status(), StatusCode::FORBIDDEN);
    let page = Page::of(asked).await;
    assert_eq!(page.attributes("input[type=password]", "name"), ["confirm_password"]);
    assert_eq!(page.attributes("input[name=name]", "value"), ["late"]);
    let wrong = [&fields[..], &[("confirm_password", "not the password")]].concat();
    assert_eq!(ada.submit(HERE, "/fn/make_token", &wrong).await.status(), StatusCode::FORBIDDEN);
    assert_eq!(app.value("select count(*) from api_tokens").await, "0");
    let right = [&fields[..], &[("confirm_password", PASSWORD)]].concat();
    let answer = ada.submit(HERE, "/fn/make_token", &right).await;
    assert_eq!(answer.status(), StatusCode::OK);
    assert!(cookie(&answer).is_some(), "a new session, which says when the password was typed");
    let page = Page::of(answer).await;
    let token = page.attributes(".made input", "value").remove(0);
    assert!(login(&app, &token).await.is_ok());
    assert_eq!(page.texts(".tokens b"), ["late"]);
    assert!(!page.text.contains(PASSWORD) && ada.is_logged_in().await);
    assert_eq!(app.value("select count(*) from sessions").await, "1");
    // Good for ten minutes, and then no longer.
    assert_eq!(ada.submit(HERE, "/fn/make_token", &fields).await.status(), StatusCode::OK);
    app.set_clock("2026-11-21T12:22:00Z");
    assert_eq!(ada.submit(HERE, "/fn/make_token", &fields).await.status(), StatusCode::FORBIDDEN);
}

#[tokio::test]
async fn somebody_has_fifty_tokens_at_most_however_many_are_asked_for_at_once() {
    let app = App::with(&[("DATABASE_ACQUIRE_TIMEOUT", "60")]).await;
    let ada = app.person("ada").await;
    app.person("eve").await;
    app.sql(
        "insert into api_tokens (id, user_id, name, token_hash, hint, scopes, epoch)
         select gen_random_uuid(), id, 'old', sha256(convert_to(name || n, 'UTF8')), 'abcd', '{tasks:read}', session_epoch
         from users, generate_series(1, 45) as n",
    )
    .await;
    let fields = [("name", "new"), ("scopes[0]", "tasks:read"), ("expires", "7")];
    let many = (0..10).map(|_| {
        let ada = ada.clone();
        tokio::spawn(async move { ada.call("make_token", &fields).await.status() })
    });
    let mut made = 0;
    for answer in many.collect::<Vec<_>>() {
        match answer.await.unwrap() {
            StatusCode::OK => made += 1,
            StatusCode::UNPROCESSABLE_ENTITY => {}
            other => panic!("{other}"),
        }
    }
    assert_eq!(made, 5);
    assert_eq!(app.value("select string_agg(count::text, ' ' order by count) from (select count(*) from api_tokens group by user_id) as t").await, "45 50");
    let refused = ada.refused("make_token", &fields).await;
    assert!(refused.at("name").unwrap().starts_with("You have 50 tokens"), "{refused:?}");
}

#[tokio::test]
async fn who_was_logged_out_everywhere_while_at_it_makes_no_token() {
    let app = App::start().await;
    let ada = app.person("ada").await;
    app.sql(
        "create function late() returns trigger language plpgsql as $$ begin perform pg_sleep(0.5); return new; end $$;
             create trigger late before insert on api_tokens for each row execute function late()",
    )
    .await;
    let fields = [("name", "new"), ("scopes[0]", "tasks:read"), ("expires", "7")];
    // The one holds the account until it is done; the other waits for that, and ends what it made.
    let (made, ()) = tokio::join!(ada.call("make_token", &fields), async {
        tokio::time::sleep(std::time::Duration::from_millis(200)).await;
        app.sql("update users set session_epoch = gen_random_uuid()").await;
    });
    if made.status() == StatusCode::OK {
        let token = serde_json::from_str::<NewToken>(&made.text().await.unwrap()).unwrap().token;
        assert!(is_refused(&app, &token).await);
    }
    assert_eq!(
        app.value("select count(*) from api_tokens join users on users.id = user_id where epoch = session_epoch").await,
        "0"
    );
}
