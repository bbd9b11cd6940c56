use std::collections::BTreeSet;

use reqwest::{Method, StatusCode, header};

use crate::support::{App, LOGIN, PASSWORD, Page, cluster, empty_database, location, owner};

#[tokio::test]
async fn a_guarded_page_is_refused_before_it_is_rendered() {
    let app = App::start().await;
    let answer = app.visitor().get("/tasks?q=1").await;
    assert_eq!(location(&answer), "/login?next=%2Ftasks%3Fq%3D1");
    assert_eq!(answer.text().await.unwrap(), "");
}

#[tokio::test]
async fn who_is_logged_in_skips_the_pages_for_guests() {
    let app = App::start().await;
    let ada = app.person("ada").await;
    for path in ["/", "/login", "/register"] {
        assert_eq!(location(&ada.get(path).await), "/today");
    }
    assert_eq!(location(&ada.get("/login?next=%2Ftasks%3Fq%3D1").await), "/tasks?q=1");
    assert_eq!(location(&ada.get("/login?next=//evil.example").await), "/today");
    // Who has to register first comes back to the same page too.
    let page = app.visitor().page("/login?next=%2Ftasks%3Fq%3D1").await;
    assert_eq!(page.attributes(".aside a", "href"), ["/forgot", "/register?next=%2Ftasks%3Fq%3D1"]);
}

#[tokio::test]
async fn logging_in_never_leads_to_another_site() {
    let app = App::start().await;
    app.person("ada").await;
    for next in ["//evil.example", "/\\evil.example", "https://evil.example", "/\t/evil.example"] {
        let fields = [("email", "ada@example.org"), ("password", PASSWORD), ("form_next", next)];
        let answer = app.visitor().submit("/login", "/fn/log_in", &fields).await;
        assert_eq!(location(&answer), "/login", "{next:?}");
    }
}

#[tokio::test]
async fn a_change_from_another_site_is_refused_everywhere() {
    let app = App::start().await;
    let ada = app.person("ada").await;
    let foreign: &[(&str, &str)] = &[
        ("origin", "http://evil.example"),
        ("origin", "null"),
        ("sec-fetch-site", "cross-site"),
        ("sec-fetch-site", "same-site"),
    ];
    for path in
        ["/", "/login", "/register", "/tasks", "/fn/log_in", "/fn/add_task", "/healthz", "/pkg/docket.js", "/nothing"]
    {
        for method in [Method::POST, Method::PUT, Method::PATCH, Method::DELETE] {
            for (name, value) in foreign {
                let request = ada.client.request(method.clone(), app.url(path)).header(*name, *value);
                let answer = request.form(&[("form_action", "/fn/add_task"), ("title", "evil")]).send().await.unwrap();
                assert_eq!(answer.status(), StatusCode::FORBIDDEN, "{method} {path} {name}: {value}");
            }
        }
    }
    assert!(ada.page("/tasks").await.open().is_empty());
}

#[tokio::test]
async fn asking_changes_nothing() {
    let app = App::start().await;
    let ada = app.person("ada").await;
    let id = ada.add("stays").await;
    for path in [
        "/logout",
        "/fn/log_out",
        "/fn/list_tasks",
        &format!("/tasks/{id}"),
        &format!("/tasks?done={id}"),
        &format!("/fn/trash_tasks?ids[0]={id}"),
    ] {
        ada.get(path).await;
    }
    assert_eq!(ada.page("/tasks").await.open(), ["stays"]);
}

#[tokio::test]
async fn what_is_not_there_is_a_friendly_404_with_a_way_back() {
    let app = App::start().await;
    for browser in [app.visitor(), app.person("ada").await] {
        let answer = browser.get("/nothing/here").await;
        assert_eq!(answer.status(), StatusCode::NOT_FOUND);
        let page = Page::of(answer).await;
        assert_eq!(page.texts("h1"), ["There is nothing here"]);
        assert_eq!(page.attributes("main a.button", "href"), ["/"]);
    }
}

#[tokio::test]
async fn a_slash_at_the_end_leads_to_the_page_that_was_meant() {
    let app = App::start().await;
    for browser in [app.visitor(), app.person("ada").await] {
        for (path, meant) in [("/tasks/", "/tasks"), ("/login/", "/login"), ("//evil.example/", "/evil.example")] {
            let answer = browser.get(path).await;
            assert_eq!(answer.status(), StatusCode::PERMANENT_REDIRECT, "{path}");
            assert_eq!(answer.headers()[header::LOCATION], meant);
        }
    }
}

#[tokio::test]
async fn logging_out_works_from_a_page_that_is_not_there() {
    let app = App::start().await;
    let ada = app.person("ada").await;
    let page = Page::of(ada.get("/nothing/here").await).await;
    assert_eq!(page.attributes("header form", "action"), ["/logout"]);
    let answer = ada.submit("/logout", "/fn/log_out", &[("form_next", "/login")]).await;
    assert_eq!(location(&answer), "/login");
    assert!(!ada.is_logged_in().await);
}

#[tokio::test]
async fn a_function_that_is_not_there_is_answered_without_internals() {
    let app = App::start().await;
    let answer = app.visitor().call("nothing", &[]).await;
    assert_eq!(answer.status(), StatusCode::NOT_FOUND);
    assert!(!answer.text().await.unwrap().contains("macro"));
    assert_eq!(app.visitor().submit("/login", "/fn/nothing", &[]).await.status(), StatusCode::BAD_REQUEST);
}

#[tokio::test]
async fn a_client_that_sends_nothing_or_half_a_header_is_let_go() {
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    let app = App::start().await;
    let clients = ["", "GET / HT", "PRI * HT"].map(|start| async move {
        let mut stream = tokio::net::TcpStream::connect(app.address).await.unwrap();
        stream.write_all(start.as_bytes()).await.unwrap();
        let mut rest = Vec::new();
        // Closed, with or without an answer; a limit of its own, so that a failure ends.
        tokio::time::timeout(std::time::Duration::from_mins(1), stream.read_to_end(&mut rest)).await.is_ok()
    });
    let [nothing, half, other] = clients;
    assert_eq!(tokio::join!(nothing, half, other), (true, true, true));
}

#[tokio::test]
async fn a_database_that_does_not_answer_is_a_503_and_the_process_stays_up() {
    let app = App::start().await;
    let ada = app.person("ada").await;
    app.state.database.close().await;
    for answer in [ada.get("/tasks").await, ada.call("add_task", &[("title", "x")]).await, ada.get("/readyz").await] {
        assert_eq!(answer.status(), StatusCode::SERVICE_UNAVAILABLE, "{}", answer.url());
        assert!(answer.headers().contains_key(header::RETRY_AFTER), "{}", answer.url());
    }
    assert_eq!(ada.get("/healthz").await.status(), StatusCode::OK);
}

#[tokio::test]
async fn every_answer_tells_the_browser_to_be_careful() {
    for https in [false, true] {
        let url = if https { "https://todo.example.org" } else { "" };
        let app = App::with(&[("DOCKET_PUBLIC_URL", url)]).await;
        // Without a session: its cookie would be Secure.
        let visitor = app.visitor();
        let mut answers = Vec::new();
        let files = [
            "/favicon.svg",
            "/robots.txt",
            "/manifest.webmanifest",
            "/icon-192.png",
            "/pkg/docket.js",
            "/pkg/docket.css",
            "/pkg/nothing.js",
        ];
        let paths =
            ["/", "/tasks", "/login", "/nothing", "/tasks/", "/healthz", "/readyz", "/fn/add_task", "/fn/nothing"];
        for path in paths.into_iter().chain(files) {
            answers.push((format!("GET {path}"), visitor.get(path).await));
        }
        let post = |path: &str| visitor.client.post(app.url(path));
        answers.push(("refused".into(), visitor.log_in("ada@example.org", "not the password").await));
        answers.push(("answer in JSON".into(), visitor.call("current_user", &[]).await));
        answers.push(("not logged in".into(), visitor.call("add_task", &[("title", "x")]).await));
        answers.push(("no form".into(), post("/login").body("{}").send().await.unwrap()));
        answers.push(("too big".into(), post("/login").body(vec![b'x'; 1 << 20]).send().await.unwrap()));
        answers.push(("foreign".into(), post("/login").header("origin", "https://evil.example").send().await.unwrap()));
        answers.push(("method".into(), visitor.client.delete(app.url("/favicon.svg")).send().await.unwrap()));
        let statuses: BTreeSet<_> = answers.iter().map(|(_, answer)| answer.status().as_u16()).collect();
        for status in [200, 303, 308, 401, 403, 404, 405, 413, 415] {
            assert!(statuses.contains(&status), "{status} is not among {statuses:?}");
        }
        for (what, answer) in answers {
            let header = |name: &str| answer.headers().get(name).map(|value| value.to_str().unwrap());
            for (name, value) in [
                ("x-content-type-options", Some("nosniff")),
                ("referrer-policy", Some("same-origin")),
                ("cross-origin-opener-policy", Some("same-origin")),
                ("x-frame-options", Some("DENY")),
                ("strict-transport-security", https.then_some("max-age=31536000")),
            ] {
                assert_eq!(header(name), value, "{what} {name}");
            }
            let policy = header("content-security-policy").unwrap_or_else(|| panic!("{what}: no policy"));
            for part in ["default-src 'none'", "base-uri 'none'", "frame-ancestors 'none'"] {
                assert!(policy.contains(part), "{what}: {policy}");
            }
            assert!(!policy.contains("unsafe-inline"), "{what}: {policy}");
            if let Some(kind) = header("content-type").filter(|kind| kind.starts_with("text/")) {
                assert!(kind.contains("charset=utf-8"), "{what}: {kind}");
            }
            assert_eq!(header("x-request-id").map(str::len), Some(36), "{what}");
        }
    }
}

#[tokio::test]
async fn who_logs_out_leaves_nothing_in_the_browser() {
    let app = App::start().await;
    let ada = app.person("ada").await;
    assert!(ada.get("/tasks").await.headers().get("clear-site-data").is_none());
    let answer = ada.log_out().await;
    assert_eq!(answer.headers()["clear-site-data"], r#""cache", "storage""#);
    ada.log_in("ada@example.org", PASSWORD).await;
    let answer = ada.call("log_out", &[]).await;
    assert_eq!(answer.headers()["clear-site-data"], r#""cache", "storage""#);
}

#[tokio::test]
async fn a_page_runs_only_the_scripts_of_its_own_answer() {
    let app = App::start().await;
    let mut nonces = Vec::new();
    for _ in 0..2 {
        let answer = app.visitor().get("/login").await;
        let policy = answer.headers()[header::CONTENT_SECURITY_POLICY].to_str().unwrap().to_owned();
        assert!(!policy.contains("unsafe-inline") && !policy.contains("'unsafe-eval'"), "{policy}");
        let page = Page::of(answer).await;
        let scripts = page.texts("script").len();
        let own = page.attributes("script", "nonce");
        assert_eq!(own.len(), scripts, "a script without a nonce");
        assert!(own.iter().all(|nonce| policy.contains(&format!("'nonce-{nonce}'"))));
        nonces.push(own[0].clone());
    }
    assert_ne!(nonces[0], nonces[1]);
}

#[tokio::test]
async fn pages_are_never_kept_and_files_are_asked_for_again() {
    let app = App::start().await;
    let ada = app.person("ada").await;
    for path in ["/tasks", "/login", "/nothing"] {
        assert_eq!(ada.get(path).await.headers()[header::CACHE_CONTROL], "no-store", "{path}");
    }
    let file = ada.get("/favicon.svg").await;
    assert_eq!(file.headers()[header::CACHE_CONTROL], "no-cache");
    let modified = file.headers()[header::LAST_MODIFIED].clone();
    let again =
        ada.client.get(app.url("/favicon.svg")).header(header::IF_MODIFIED_SINCE, modified).send().await.unwrap();
    assert_eq!(again.status(), StatusCode::NOT_MODIFIED);
}

#[tokio::test]
async fn a_form_that_is_too_big_or_no_form_is_refused_in_words() {
    let app = App::start().await;
    let ada = app.person("ada").await;
    let big = ada.submit("/tasks", "/fn/add_task", &[("title", &"x".repeat(100_000))]).await;
    assert_eq!(big.status(), StatusCode::PAYLOAD_TOO_LARGE);
    assert_eq!(Page::of(big).await.texts("h1"), ["That is more than Docket takes"]);
    let request = ada
        .client
        .post(app.url("/tasks"))
        .header(header::CONTENT_TYPE, "text/plain")
        .body("form_action=/fn/add_task&title=x");
    assert_eq!(request.send().await.unwrap().status(), StatusCode::UNSUPPORTED_MEDIA_TYPE);
    let answer = ada.submit("/tasks", "/fn/../tasks", &[]).await;
    assert_eq!(answer.status(), StatusCode::BAD_REQUEST);
    let answer = ada.submit("/tasks", "/fn/complete_tasks", &[("ids[0]", "not-an-id")]).await;
    assert_eq!(answer.status(), StatusCode::BAD_REQUEST);
    let answer = ada.client.post(app.url("/fn/complete_tasks")).form(&[("ids[0]", "not-an-id")]).send().await.unwrap();
    assert_eq!(answer.status(), StatusCode::BAD_REQUEST);
}

#[tokio::test]
async fn a_database_that_is_behind_is_said_to_be_so() {
    let options = cluster().await.options(&empty_database().await);
    let app = App::on(options.clone(), &[]).await;
    let visitor = app.visitor();
    assert_eq!(visitor.get("/healthz").await.status(), StatusCode::OK);
    let ready = visitor.get("/readyz").await;
    assert_eq!(ready.status(), StatusCode::SERVICE_UNAVAILABLE);
    assert!(ready.headers().contains_key(header::RETRY_AFTER));
    assert!(ready.text().await.unwrap().contains("docket migrate up"));
    docket::server::migrations::up(&owner(&options), LOGIN).await.unwrap();
    assert_eq!(visitor.get("/readyz").await.status(), StatusCode::OK);
}

#[tokio::test]
async fn a_fault_inside_shows_a_friendly_page_and_no_secret() {
    let app = App::start().await;
    let ada = app.person("ada").await;
    sqlx::query("alter table tasks rename column title to titel").execute(app.pool()).await.unwrap();
    let answer = ada.get("/tasks").await;
    assert_eq!(answer.status(), StatusCode::INTERNAL_SERVER_ERROR);
    let page = Page::of(answer).await;
    assert!(page.texts("h1").contains(&"That didn't work".to_owned()));
    let answer = ada.submit("/tasks", "/fn/add_task", &[("title", "x")]).await;
    assert_eq!(answer.status(), StatusCode::INTERNAL_SERVER_ERROR);
    let form = Page::of(answer).await;
    for inside in ["titel", "from tasks", "column", "sqlx", "src/"] {
        assert!(!page.text.contains(inside) && !form.text.contains(inside), "{inside}");
    }
    // The session's own table.
    sqlx::query("alter table sessions rename to verschwunden").execute(app.pool()).await.unwrap();
    let answer = ada.get("/tasks").await;
    assert_eq!(answer.status(), StatusCode::SERVICE_UNAVAILABLE);
    let id = answer.headers()["x-request-id"].to_str().unwrap().to_owned();
    let page = Page::of(answer).await;
    assert_eq!(page.texts("h1"), ["Docket is busy at the moment"]);
    assert!(page.texts(".notice-id").concat().contains(&id));
}
