//! Who may do what over the API: every operation that its description has, by every way to log in (`security.md` 32, 33).

use std::collections::BTreeSet;

use docket::{domain::scope::Scope, web::api};
use reqwest::Method;
use serde_json::Value;

use crate::{
    api::{Answer, Program},
    support::{App, Browser, PASSWORD},
};

/// Whose things an operation is about.
#[derive(Clone, Copy, PartialEq, Eq)]
enum For {
    /// Nobody's: it is for guests too.
    Everybody,
    /// Those of whoever asks.
    Oneself,
    /// Those of the owner: for anybody else they don't exist.
    Owner,
}

/// An operation: what it is called with, whose things it is about, and what who may do it gets. `{id}` is a task of the owner's, or a
/// session; `TASK` is the task in a body.
type Line = (&'static str, &'static str, &'static str, For, u16);

const OPERATIONS: &[Line] = &[
    (
        "post",
        "/auth/register",
        r#"{"email":"ada@example.org","name":"X","password":"correct horse battery"}"#,
        For::Everybody,
        422,
    ),
    ("post", "/auth/login", r#"{"email":"nobody@example.org","password":"x"}"#, For::Everybody, 401),
    ("post", "/auth/token", "", For::Oneself, 200),
    ("get", "/me", "", For::Oneself, 200),
    ("patch", "/me", r#"{"time_zone":"UTC"}"#, For::Oneself, 200),
    ("delete", "/me", r#"{"password":"wrong"}"#, For::Oneself, 403),
    ("get", "/me/sessions", "", For::Oneself, 200),
    ("delete", "/me/sessions/{id}", "", For::Owner, 204),
    ("get", "/me/audit", "", For::Oneself, 200),
    ("get", "/me/export", "", For::Oneself, 200),
    ("get", "/tasks", "", For::Oneself, 200),
    ("post", "/tasks", r#"{"title":"own"}"#, For::Oneself, 201),
    (
        "post",
        "/tasks/bulk",
        r#"{"operations":[{"action":"update","id":"TASK","task":{"title":"taken over"}}]}"#,
        For::Owner,
        200,
    ),
    ("get", "/tasks/{id}", "", For::Owner, 200),
    ("get", "/tasks/{id}/history", "", For::Owner, 200),
    ("patch", "/tasks/{id}", r#"{"title":"taken over"}"#, For::Owner, 200),
    ("post", "/tasks/{id}/toggle", "", For::Owner, 200),
    ("post", "/tasks/{id}/restore", "", For::Owner, 200),
    ("delete", "/tasks/{id}", "", For::Owner, 204),
    // Last: it ends the session, and what was made of it.
    ("post", "/auth/logout", "", For::Everybody, 204),
];

/// Which scopes the description says that an operation needs.
fn scopes(description: &Value, method: &str, path: &str) -> BTreeSet<Scope> {
    let ways = description["paths"][path][method]["security"].as_array().unwrap();
    let named = ways.iter().filter_map(|way| way["token"].as_array()).flatten();
    named.map(|scope| Scope::parse(scope.as_str().unwrap()).unwrap()).collect()
}

/// A login of somebody's.
struct Way {
    name: String,
    program: Program,
    person: &'static str,
    bearer: bool,
    jwt: bool,
    scopes: BTreeSet<Scope>,
}

/// Makes a personal access token.
async fn token(browser: &Browser, scopes: impl IntoIterator<Item = Scope>) -> String {
    let scopes: Vec<_> =
        scopes.into_iter().enumerate().map(|(n, scope)| (format!("scopes[{n}]"), scope.as_str())).collect();
    let mut fields = vec![("name", "a program"), ("expires", "7")];
    fields.extend(scopes.iter().map(|(name, scope)| (name.as_str(), *scope)));
    let answer = browser.call("make_token", &fields).await;
    assert_eq!(answer.status(), 200);
    answer.json::<Value>().await.unwrap()["token"].as_str().unwrap().to_owned()
}

/// Somebody's logins, of every kind there is.
async fn ways(app: &App, person: &'static str) -> Vec<Way> {
    let browser = app.visitor();
    browser.log_in(&format!("{person}@example.org"), PASSWORD).await;
    let cookie = Program::with_cookie(app, &browser);
    let personal = token(&browser, Scope::OF_TOKENS).await;
    let of_token = Program::with_bearer(app, Some(&personal));
    let jwt = async |program: &Program| {
        let issued = program.post("/auth/token", &Value::Null).await;
        assert_eq!(issued.status, 200, "{}", issued.body);
        issued.body["token"].as_str().unwrap().to_owned()
    };
    let (first, second) = (jwt(&cookie).await, jwt(&of_token).await);
    let way = |name: &str, program, bearer, jwt, scopes: &[Scope]| Way {
        name: format!("{person} by {name}"),
        program,
        person,
        bearer,
        jwt,
        scopes: scopes.iter().copied().collect(),
    };
    vec![
        // Before the cookie, which ends it at last.
        way("a JWT of a session", Program::with_bearer(app, Some(&first)), true, true, &Scope::ALL),
        way("a JWT of a token", Program::with_bearer(app, Some(&second)), true, true, &Scope::OF_TOKENS),
        way("a token", of_token, true, false, &Scope::OF_TOKENS),
        way("a cookie", cookie, false, false, &Scope::ALL),
    ]
}

/// Calls an operation, about new things of ada's.
async fn call(app: &App, ada: &Program, program: &Program, (method, path, body, ..): Line) -> Answer {
    let task = ada.add("the owner's").await["id"].as_str().unwrap().to_owned();
    let id = if path.starts_with("/me") {
        let session = uuid::Uuid::new_v4().simple().to_string();
        app.sql(&format!(
            "insert into sessions (id, data, user_id, expiry_date) select '{session}', '', id, now() + interval '1 day' from users where name = 'ada'"
        ))
        .await;
        session
    } else {
        task.clone()
    };
    let request =
        program.request(Method::from_bytes(method.to_uppercase().as_bytes()).unwrap(), &path.replace("{id}", &id));
    let request = match body {
        "" => request,
        body => request.header("content-type", "application/json").body(body.replace("TASK", &task)),
    };
    let before = app.value(OWNERS).await;
    let answer = Answer::of(request.send().await.unwrap()).await;
    app.sql("delete from login_delays").await;
    if answer.status >= 400 {
        assert_eq!(app.value(OWNERS).await, before, "{method} {path} changed something");
    }
    answer
}

/// What only the owner may change.
const OWNERS: &str = "select string_agg(to_jsonb(tasks)::text, ' ' order by id) from tasks where title <> 'own'";

async fn town() -> App {
    // Too many for a minute.
    let app = App::with(&[("DOCKET_API_LIMIT", "0"), ("DATABASE_ACQUIRE_TIMEOUT", "30")]).await;
    for name in ["root", "ada", "eve", "dan"] {
        app.person(name).await;
    }
    assert_eq!(app.value("select string_agg(name, ' ') from users where role = 'admin'").await, "root");
    app
}

#[tokio::test]
async fn every_operation_answers_each_login_as_it_should() {
    let app = town().await;
    let description = api::description();
    let paths = description["paths"].as_object().unwrap();
    let known: BTreeSet<_> = paths
        .iter()
        .flat_map(|(path, item)| item.as_object().unwrap().keys().map(move |method| (method.as_str(), path.as_str())))
        .collect();
    let listed: BTreeSet<_> = OPERATIONS.iter().map(|(method, path, ..)| (*method, *path)).collect();
    assert_eq!(known, listed, "an operation without a line here");

    let browser = app.visitor();
    browser.log_in("ada@example.org", PASSWORD).await;
    let ada = Program::with_cookie(&app, &browser);
    let mut all = Vec::new();
    for person in ["root", "ada", "eve", "dan"] {
        all.extend(ways(&app, person).await);
    }
    app.sql("update users set is_active = false where name = 'dan'").await;
    for line @ (method, path, _, whose, expected) in OPERATIONS.iter().copied() {
        let needed = scopes(&description, method, path);
        let nobody = call(&app, &ada, &Program::with_bearer(&app, None), line).await;
        let wanted = if whose == For::Everybody { (expected, "") } else { (401, "not_logged_in") };
        assert_eq!(nobody.status, wanted.0, "{method} {path} by nobody");
        assert!(wanted.1.is_empty() || nobody.code() == wanted.1);
        for Way { name, program, person, bearer, jwt, scopes } in &all {
            let what = format!("{method} {path} by {name}");
            let answer = call(&app, &ada, program, line).await;
            let seen = (answer.status, answer.code());
            if *person == "dan" && *bearer {
                assert_eq!(seen, (401, "invalid_token"), "{what}");
                assert!(answer.header("www-authenticate").contains("invalid_token"));
            } else if whose == For::Everybody {
                assert_eq!(answer.status, expected, "{what}");
            } else if *person == "dan" {
                assert_eq!(seen, (401, "not_logged_in"), "{what}");
            } else if let Some(missing) = needed.difference(scopes).next() {
                assert_eq!(seen, (403, "insufficient_scope"), "{what}");
                assert!(answer.header("www-authenticate").contains(missing.as_str()), "{what}");
            } else if path == "/auth/token" && *jwt {
                assert_eq!(seen, (403, "session_needed"), "{what}");
            } else if whose == For::Owner && *person != "ada" {
                assert_eq!(seen, (404, "not_found"), "{what}");
            } else {
                assert_eq!(answer.status, expected, "{what}: {}", answer.body);
            }
            if *person != "ada" {
                assert!(!answer.body.to_string().contains("the owner's"), "{what}");
            }
        }
    }
}

#[tokio::test]
async fn a_token_does_what_its_scopes_say_and_nothing_else() {
    let app = town().await;
    let description = api::description();
    let browser = app.visitor();
    browser.log_in("ada@example.org", PASSWORD).await;
    let ada = Program::with_cookie(&app, &browser);
    for scope in Scope::OF_TOKENS {
        let token = token(&browser, [scope]).await;
        let program = Program::with_bearer(&app, Some(&token));
        for line @ (method, path, _, whose, expected) in OPERATIONS.iter().copied() {
            if whose == For::Everybody {
                continue;
            }
            let needed = scopes(&description, method, path);
            let answer = call(&app, &ada, &program, line).await;
            if needed.iter().all(|needed| *needed == scope) {
                assert_eq!(answer.status, expected, "{method} {path} with {scope:?}: {}", answer.body);
            } else {
                assert_eq!(answer.code(), "insufficient_scope", "{method} {path} with {scope:?}");
            }
        }
    }
}

#[tokio::test]
async fn what_is_ended_lets_nobody_in_at_the_next_request() {
    let app = town().await;
    for (ended_by, ends_session, ends_token) in [
        ("update users set is_active = false where name = 'ada'", true, true),
        ("update users set session_epoch = gen_random_uuid() where name = 'ada'", true, true),
        ("delete from sessions where user_id = (select id from users where name = 'ada')", true, false),
        ("delete from api_tokens", false, true),
        (
            "update api_tokens set expires_at = now() - interval '1 second', created_at = created_at - interval '1 day'",
            false,
            true,
        ),
        ("delete from users where name = 'ada'", true, true),
    ] {
        let all = ways(&app, "ada").await;
        for way in &all {
            assert_eq!(way.program.get("/tasks").await.status, 200, "{}", way.name);
        }
        app.sql(ended_by).await;
        for Way { name, program, .. } in &all {
            let ended = if name.contains("token") { ends_token } else { ends_session };
            assert_eq!(program.get("/tasks").await.status, if ended { 401 } else { 200 }, "{name} after {ended_by}");
        }
        app.sql("update users set is_active = true").await;
    }
}
