//! What the log may hold, at its loudest: no secret, and nothing that somebody outside could make look like a line of Docket's.

use std::{fs::File, path::Path};

use docket::domain::token::NewToken;
use reqwest::{StatusCode, header};

use crate::{
    embedded::{Application, Folder},
    support::{Browser, Page, cluster, cookie, migrated},
};

/// A Docket that logs everything to this file.
async fn loud(folder: &Folder, log: &Path) -> Application {
    let options = migrated().await;
    let url = cluster().await.url(options.get_database().unwrap());
    let url = url.replace("@localhost", ":canary-of-the-database@localhost");
    assert!(url.contains("canary"));
    let log = File::create(log).unwrap();
    Application::with(&folder.0, |command| {
        command.env("DATABASE_URL", url).env("RUST_LOG", "trace").stderr(log);
    })
}

/// What programs log in with: as it is made, by script and without, as it is used, and when it is of no use. Gives the part of each without
/// which it is none.
async fn bearers(app: &Application, ada: &Browser) -> Vec<String> {
    let fields = [("name", "backup"), ("scopes[0]", "tasks:read"), ("expires", "7")];
    let made = ada.call("make_token", &fields).await.text().await.unwrap();
    let first = serde_json::from_str::<NewToken>(&made).unwrap().token;
    let made = Page::of(ada.submit("/settings/tokens", "/fn/make_token", &fields).await).await;
    let second = made.attributes(".made input", "value").remove(0);
    let mut bearers = vec![first.clone(), second];
    let post = || ada.client.post(format!("{}/api/v1/auth/token", app.url()));
    for request in [post().header(header::ORIGIN, app.url()), post().bearer_auth(first)] {
        let text = request.send().await.unwrap().text().await.unwrap();
        let answer: serde_json::Value = serde_json::from_str(&text).unwrap();
        bearers.push(answer["token"].as_str().unwrap().to_owned());
    }
    let ask = async |path: &str, bearer: &str| {
        let request = ada.client.get(format!("{}{path}", app.url())).bearer_auth(bearer);
        request.send().await.unwrap().status()
    };
    for bearer in &bearers {
        assert_eq!(ask("/api/v1/tasks", bearer).await, StatusCode::OK);
        assert_eq!(ask("/", bearer).await, StatusCode::SEE_OTHER);
        assert_eq!(ask("/api/v1/tasks", &bearer[..bearer.len() - 1]).await, StatusCode::UNAUTHORIZED);
    }
    let part = |bearer: String| match bearer.rsplit_once('.') {
        Some((_, signature)) => signature[..80].to_owned(),
        None => bearer[4..47].to_owned(),
    };
    bearers.into_iter().map(part).collect()
}

#[tokio::test]
async fn no_secret_is_in_the_log_however_much_is_logged() {
    let folder = Folder::new();
    let log = folder.0.with_extension("log");
    let app = loud(&folder, &log).await;
    let ada = Browser::at(&app.url());
    let mut cookies = Vec::new();
    let answer = ada.register("Ada", "ada@example.org", "canary of the first password").await;
    assert_eq!(answer.status(), StatusCode::SEE_OTHER);
    cookies.extend(cookie(&answer));
    ada.add("a task").await;
    let fields = [("current_password", "canary of a wrong password"), ("new_password", "canary of no password")];
    assert_eq!(ada.submit("/settings/security", "/fn/change_password", &fields).await.status(), StatusCode::FORBIDDEN);
    let fields =
        [("current_password", "canary of the first password"), ("new_password", "canary of the second password")];
    let answer = ada.submit("/settings/security", "/fn/change_password", &fields).await;
    assert_eq!(answer.status(), StatusCode::SEE_OTHER);
    cookies.extend(cookie(&answer));
    ada.call("judge_password", &[("password", "canary of a judged password")]).await;
    ada.log_in("ada@example.org", "canary of a wrong login").await;
    let answer = ada.log_in("ada@example.org", "canary of the second password").await;
    cookies.extend(cookie(&answer));
    ada.page("/settings/security").await;
    // An address that holds one, and a header that nobody of us sends.
    ada.get("/tasks?q=canary+in+a+query").await;
    ada.client.get(app.url()).header(header::AUTHORIZATION, "Bearer canary-of-a-token").send().await.unwrap();
    let bearers = bearers(&app, &ada).await;
    ada.log_out().await;
    drop(app);
    let text = std::fs::read_to_string(&log).unwrap();
    std::fs::remove_file(&log).unwrap();
    // It was loud, and about this.
    for sign in ["\"TRACE\"", "/settings/security", "sqlx", "tower_sessions"] {
        assert!(text.contains(sign), "{sign} is not among {} lines", text.lines().count());
    }
    assert_eq!(cookies.len(), 3);
    let tokens = cookies.iter().map(|cookie| cookie.split_once('=').unwrap().1);
    for secret in tokens.chain(bearers.iter().map(String::as_str)).chain(["canary", "dkt_"]) {
        let line = text.lines().find(|line| line.contains(secret));
        assert!(line.is_none(), "{secret}: {line:?}");
    }
}

#[tokio::test]
async fn nobody_outside_writes_a_line_of_the_log() {
    let folder = Folder::new();
    let log = folder.0.with_extension("log");
    let app = loud(&folder, &log).await;
    let visitor = Browser::at(&app.url());
    let odd = "%0a%0d{%22message%22:%22forged%22}%1b[31mred%1b[0m%e2%80%a8%00";
    for path in [format!("/{odd}"), format!("/tasks?q={odd}"), format!("/fn/{odd}")] {
        visitor.get(&path).await;
    }
    let text = "\r\n{\"message\":\"forged\"}\u{1b}[31m\u{2028}";
    visitor.log_in(text, text).await;
    visitor.register(text, text, text).await;
    for name in ["origin", "host", "user-agent", "x-forwarded-for", "x-request-id"] {
        let value = header::HeaderValue::from_bytes("{\"message\":\"forged\"}\u{2028}\u{85}".as_bytes()).unwrap();
        let request = visitor.client.post(format!("{}/login", app.url())).header(name, value);
        // A host that is none is refused by the client or by the server.
        let _ = request.body("x").send().await;
    }
    drop(app);
    let text = std::fs::read_to_string(&log).unwrap();
    std::fs::remove_file(&log).unwrap();
    assert!(text.contains("forged"), "nothing of it was logged");
    for line in text.lines() {
        let line: serde_json::Value =
            serde_json::from_str(line).unwrap_or_else(|_| panic!("no line of Docket's: {line}"));
        assert!(line["level"].is_string() && line["message"] != "forged", "{line}");
    }
    assert!(!text.chars().any(|c| c.is_control() && c != '\n'), "it holds control characters");
}
