//! The REST API, as programs meet it.

use std::time::Duration;

use reqwest::{Method, RequestBuilder, Response, header};
use serde_json::{Value, json};

use crate::support::{App, Browser, PASSWORD};

/// A program that is logged in as somebody, by whatever its client sends.
#[derive(Clone)]
pub struct Program {
    client: reqwest::Client,
    base: String,
    bearer: Option<String>,
}

impl Program {
    /// With the session of a browser.
    pub fn with_cookie(app: &App, browser: &Browser) -> Self {
        Self { client: browser.client.clone(), base: app.url(""), bearer: None }
    }

    /// With a personal access token or a JWT; without one, as nobody.
    pub fn with_bearer(app: &App, bearer: Option<&str>) -> Self {
        Self { client: app.visitor().client, base: app.url(""), bearer: bearer.map(str::to_owned) }
    }

    pub fn request(&self, method: Method, path: &str) -> RequestBuilder {
        let request = self.client.request(method, format!("{}/api/v1{path}", self.base));
        match &self.bearer {
            Some(bearer) => request.bearer_auth(bearer),
            None => request,
        }
    }

    pub async fn get(&self, path: &str) -> Answer {
        Answer::of(self.request(Method::GET, path).send().await.unwrap()).await
    }

    pub async fn send(&self, method: Method, path: &str, body: &Value) -> Answer {
        self.send_with(method, path, body, &[]).await
    }

    pub async fn send_with(&self, method: Method, path: &str, body: &Value, headers: &[(&str, &str)]) -> Answer {
        let request =
            self.request(method, path).header(header::CONTENT_TYPE, "application/json").body(body.to_string());
        let request = headers.iter().fold(request, |request, (name, value)| request.header(*name, *value));
        Answer::of(request.send().await.unwrap()).await
    }

    pub async fn post(&self, path: &str, body: &Value) -> Answer {
        self.send(Method::POST, path, body).await
    }

    /// Adds a task and gives it.
    pub async fn add(&self, title: &str) -> Value {
        let answer = self.post("/tasks", &json!({ "title": title })).await;
        assert_eq!(answer.status, 201, "{}", answer.body);
        answer.body
    }
}

/// An answer, read.
#[derive(Debug)]
pub struct Answer {
    pub status: u16,
    pub headers: header::HeaderMap,
    pub body: Value,
}

impl Answer {
    pub async fn of(answer: Response) -> Self {
        let (status, headers) = (answer.status(), answer.headers().clone());
        let text = answer.text().await.unwrap();
        let body =
            if text.is_empty() { Value::Null } else { serde_json::from_str(&text).unwrap_or(Value::String(text)) };
        let answer = Self { status: status.as_u16(), headers, body };
        if status.is_client_error() || status.is_server_error() {
            assert_eq!(answer.header("content-type"), "application/problem+json", "{answer:?}");
            assert_eq!(answer.body["status"], answer.status, "{answer:?}");
            assert_eq!(answer.body["type"], format!("/api/docs#{}", answer.code()));
            assert_eq!(answer.body["request_id"], answer.header("x-request-id"));
            for part in ["title", "detail"] {
                assert!(answer.body[part].as_str().is_some_and(|text| !text.is_empty()), "{answer:?}");
            }
        }
        answer
    }

    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().unwrap())
    }

    pub fn code(&self) -> &str {
        self.body["code"].as_str().unwrap_or_default()
    }

    /// The fields that were refused.
    pub fn fields(&self) -> Vec<&str> {
        let errors = self.body["errors"].as_array().map(Vec::as_slice).unwrap_or_default();
        errors.iter().map(|error| error["field"].as_str().unwrap()).collect()
    }
}

async fn ada() -> (App, Program) {
    let app = App::with(&[("DOCKET_API_LIMIT", "0")]).await;
    let browser = app.person("ada").await;
    let program = Program::with_cookie(&app, &browser);
    (app, program)
}

#[tokio::test]
async fn a_program_adds_reads_changes_and_deletes_a_task() {
    let (_app, ada) = ada().await;
    let typed =
        json!({ "title": "  Buy oat milk ", "priority": "high", "due_date": "2027-01-31", "due_time": "17:30" });
    let added = ada.post("/tasks", &typed).await;
    assert_eq!(added.status, 201);
    let task = &added.body;
    let id = task["id"].as_str().unwrap();
    assert_eq!(added.header("location"), format!("/api/v1/tasks/{id}"));
    assert_eq!(added.header("etag"), "\"1\"");
    assert_eq!(
        (&task["title"], &task["completed"], &task["version"]),
        (&json!("Buy oat milk"), &json!(false), &json!(1))
    );
    assert_eq!(
        (&task["due_date"], &task["due_time"], &task["completed_at"]),
        (&json!("2027-01-31"), &json!("17:30"), &Value::Null)
    );
    let path = format!("/tasks/{id}");
    assert_eq!(ada.get(&path).await.body, *task);

    let changed = ada.send(Method::PATCH, &path, &json!({ "completed": true, "due_time": null })).await;
    assert_eq!((changed.status, changed.header("etag")), (200, "\"2\""));
    assert_eq!((&changed.body["status"], &changed.body["due_time"]), (&json!("completed"), &Value::Null));
    assert_eq!(changed.body["due_date"], "2027-01-31");
    assert!(changed.body["completed_at"].as_str().unwrap().ends_with('Z'));
    let nothing = ada.send(Method::PATCH, &path, &json!({})).await;
    assert_eq!(nothing.body["version"], 2, "nothing changed");

    let toggled = ada.post(&format!("{path}/toggle"), &Value::Null).await;
    assert_eq!((toggled.status, &toggled.body["status"]), (200, &json!("pending")));
    let deleted = ada.send(Method::DELETE, &path, &Value::Null).await;
    assert_eq!((deleted.status, deleted.header("etag")), (204, "\"4\""));
    for gone in [path.clone(), format!("{path}/history")] {
        assert_eq!(ada.get(&gone).await.code(), "not_found");
    }
    assert_eq!(ada.send(Method::DELETE, &path, &Value::Null).await.status, 404);
    let restored = ada.post(&format!("{path}/restore"), &Value::Null).await;
    assert_eq!((restored.status, &restored.body["title"]), (200, &json!("Buy oat milk")));
    let history = ada.get(&format!("{path}/history")).await.body;
    let actions: Vec<_> = history["events"].as_array().unwrap().iter().map(|event| &event["action"]).collect();
    assert_eq!(actions, ["restore", "trash", "reopen", "complete", "add"], "{history}");
}

#[tokio::test]
async fn what_is_wrong_with_a_task_is_told_at_its_field() {
    let (app, ada) = ada().await;
    let task = ada.add("there").await;
    let path = format!("/tasks/{}", task["id"].as_str().unwrap());
    let long = "x".repeat(1_001);
    for (body, fields) in [
        (json!({}), &["title"][..]),
        (json!({ "title": "\u{2003}" }), &["title"]),
        (
            json!({ "title": "a\0b", "description": long, "status": "done", "priority": "very", "due_date": "2027-02-30", "due_time": "25:00" }),
            &["title", "description", "status", "priority", "due_date", "due_time"],
        ),
        (json!({ "title": "x", "due_time": "10:00" }), &["due_time"]),
        (json!({ "title": "x", "status": "completed", "completed": false }), &["completed"]),
        (json!({ "title": "x", "status": "pending", "completed": true }), &["completed"]),
        (json!({ "title": null }), &["title"]),
        (json!({ "title": 5 }), &["title"]),
        (json!({ "title": "x", "user_id": "019ab5f0-0000-7c80-9d9c-0a1b2c3d4e5f" }), &["user_id"]),
        (json!({ "title": "x", "role": "admin" }), &["role"]),
        (json!({ "title": "x", "version": 7 }), &["version"]),
        (json!(["x"]), &["body"]),
        (json!("x"), &["body"]),
    ] {
        let answer = ada.post("/tasks", &body).await;
        assert_eq!((answer.status, answer.fields()), (422, fields.to_vec()), "{body}: {}", answer.body);
        if body.is_object() && !fields.contains(&"title") {
            let answer = ada.send(Method::PATCH, &path, &body).await;
            assert_eq!((answer.status, answer.fields()), (422, fields.to_vec()), "{body}: {}", answer.body);
        }
    }
    for body in [json!({ "due_time": "10:00" }), json!({ "due_date": null, "due_time": "10:00" })] {
        assert_eq!(ada.send(Method::PATCH, &path, &body).await.fields(), ["due_time"], "{body}");
    }
    assert_eq!(app.value("select string_agg(title || version, ' ') from tasks").await, "there1");
}

#[tokio::test]
async fn every_text_comes_back_byte_for_byte() {
    let (_app, ada) = ada().await;
    for text in ["🎉 done", "שלום עולם", "e\u{301} and é", "a\u{200d}b\u{feff}c", "<b>&amp;\"'", "\u{1f}x\u{7f}"]
    {
        let task = ada.post("/tasks", &json!({ "title": text, "description": text })).await.body;
        let read = ada.get(&format!("/tasks/{}", task["id"].as_str().unwrap())).await.body;
        assert_eq!((&read["title"], &read["description"]), (&json!(text), &json!(text)));
    }
}

#[tokio::test]
async fn what_is_no_request_is_refused_with_the_right_status() {
    let (_app, ada) = ada().await;
    let send = async |method: Method, path: &str, kind: &str, body: String| {
        let request = ada.request(method, path).header(header::CONTENT_TYPE, kind).body(body);
        Answer::of(request.send().await.unwrap()).await
    };
    let json = "application/json";
    let post = || Method::POST;
    let deep = format!("{}1{}", "[".repeat(10_000), "]".repeat(10_000));
    let wide = format!("{{{}}}", (0..5_000).map(|key| format!("\"k{key}\":1")).collect::<Vec<_>>().join(","));
    for (body, code) in [
        ("{", "malformed"),
        ("", "malformed"),
        ("{\"title\": \"\\ud800\"}", "malformed"),
        (&deep, "invalid"),
        (&wide, "invalid"),
    ] {
        assert_eq!(send(post(), "/tasks", json, body.to_owned()).await.code(), code, "{body:.40}");
    }
    assert_eq!(
        send(post(), "/tasks", json, format!("{{\"title\":\"{}\"}}", "x".repeat(70_000))).await.code(),
        "too_large"
    );
    for kind in ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x", ""] {
        assert_eq!(send(post(), "/tasks", kind, "{\"title\":\"x\"}".to_owned()).await.code(), "unsupported_media_type");
    }
    assert_eq!(
        send(post(), "/tasks", "application/json; charset=utf-8", "{\"title\":\"x\"}".to_owned()).await.status,
        201
    );
    let refused = send(Method::PUT, "/tasks", json, String::new()).await;
    assert_eq!((refused.code(), refused.header("allow")), ("method_not_allowed", "GET,HEAD,POST"));
    for path in ["/nothing", "/tasks/x", "/tasks/019ab5f0-52d7-7c80-9d9c-0a1b2c3d4e5f", "/tasks/%00"] {
        assert_eq!(ada.get(path).await.code(), "not_found", "{path}");
    }
}

#[tokio::test]
async fn a_version_that_is_over_changes_nothing() {
    let (app, ada) = ada().await;
    let task = ada.add("first").await;
    let path = format!("/tasks/{}", task["id"].as_str().unwrap());
    ada.send(Method::PATCH, &path, &json!({ "title": "second" })).await;
    let before = app.value("select to_jsonb(tasks) from tasks").await;
    for (method, path) in [
        (Method::PATCH, path.clone()),
        (Method::DELETE, path.clone()),
        (Method::POST, format!("{path}/toggle")),
        (Method::POST, format!("{path}/restore")),
    ] {
        for tag in ["\"1\"", "W/\"2\"", "2", "\"\"", "\"1\", \"3\"", "nonsense"] {
            let refused = ada.send_with(method.clone(), &path, &json!({ "title": "x" }), &[("if-match", tag)]).await;
            assert_eq!((refused.code(), refused.header("etag")), ("version_mismatch", "\"2\""), "{method} {tag}");
        }
    }
    assert_eq!(app.value("select to_jsonb(tasks) from tasks").await, before);
    for (tag, version) in [("\"2\"", 3), ("\"9\", \"3\"", 4), ("*", 5)] {
        let body = json!({ "title": format!("as of {tag}") });
        let changed = ada.send_with(Method::PATCH, &path, &body, &[("if-match", tag)]).await;
        assert_eq!((changed.status, &changed.body["version"]), (200, &json!(version)));
    }
    let known = async |tag: &str| {
        let answer = ada.request(Method::GET, &path).header("if-none-match", tag).send().await.unwrap();
        (answer.status().as_u16(), answer.headers()["etag"].clone(), !answer.text().await.unwrap().is_empty())
    };
    for (tag, status) in
        [("\"5\"", 304), ("W/\"5\"", 304), ("\"1\", \"5\"", 304), ("*", 304), ("\"4\"", 200), ("5", 200)]
    {
        assert_eq!(known(tag).await, (status, "\"5\"".parse().unwrap(), status == 200), "{tag}");
    }
}

#[tokio::test]
async fn one_key_sent_twenty_times_at_once_makes_one_task_and_twenty_equal_answers() {
    let app = App::with(&[("DOCKET_API_LIMIT", "0"), ("DATABASE_ACQUIRE_TIMEOUT", "30")]).await;
    let browser = app.person("ada").await;
    let ada = Program::with_cookie(&app, &browser);
    let body = json!({ "title": "once" });
    let key = [("idempotency-key", "\"8e03978e-40d5-43dd-bc93-6894a57f9324\"")];
    let tries = (0..20).map(|_| ada.send_with(Method::POST, "/tasks", &body, &key));
    let answers = futures::future::join_all(tries).await;
    for answer in &answers {
        assert_eq!(answer.status, 201, "{}", answer.body);
        assert_eq!(answer.body.to_string(), answers[0].body.to_string(), "to the letter");
        assert_eq!(answer.header("location"), answers[0].header("location"));
        assert_eq!(answer.header("etag"), "\"1\"");
    }
    assert_eq!(app.value("select count(*) from tasks").await, "1");
    // Without its quotes it is the same key.
    let bare = [("idempotency-key", "8e03978e-40d5-43dd-bc93-6894a57f9324")];
    assert_eq!(ada.send_with(Method::POST, "/tasks", &body, &bare).await.body, answers[0].body);

    let other = ada.send_with(Method::POST, "/tasks", &json!({ "title": "other" }), &key).await;
    assert_eq!((other.status, other.code()), (422, "idempotency_key_reused"));
    let elsewhere = format!("/tasks/{}/toggle", answers[0].body["id"].as_str().unwrap());
    assert_eq!(ada.send_with(Method::POST, &elsewhere, &body, &key).await.code(), "idempotency_key_reused");
    // Somebody else's key is another one.
    let eve = Program::with_cookie(&app, &app.person("eve").await);
    assert_eq!(eve.send_with(Method::POST, "/tasks", &json!({ "title": "hers" }), &key).await.status, 201);
    for bad in ["", "a b", &"x".repeat(256)] {
        let refused = ada.send_with(Method::POST, "/tasks", &body, &[("idempotency-key", bad)]).await;
        assert_eq!(refused.fields(), ["Idempotency-Key"]);
    }
}

#[tokio::test]
async fn a_toggle_sent_again_does_not_toggle_back() {
    let (_app, ada) = ada().await;
    let path = format!("/tasks/{}/toggle", ada.add("x").await["id"].as_str().unwrap());
    let toggle = async |key| ada.send_with(Method::POST, &path, &Value::Null, &[("idempotency-key", key)]).await.body;
    let first = toggle("1").await;
    assert_eq!(first["status"], "completed");
    assert_eq!(toggle("1").await, first);
    assert_eq!(toggle("2").await["status"], "pending");
    // What it is by now is no matter: the answer is that of the first time.
    assert_eq!(toggle("1").await, first);
}

#[tokio::test]
async fn a_refused_request_leaves_its_key_free() {
    let (_app, ada) = ada().await;
    let key = [("idempotency-key", "k")];
    assert_eq!(ada.send_with(Method::POST, "/tasks", &json!({ "title": " " }), &key).await.status, 422);
    assert_eq!(ada.send_with(Method::POST, "/tasks", &json!({ "title": "x" }), &key).await.status, 201);
}

#[tokio::test]
async fn a_key_whose_first_request_is_not_done_is_refused() {
    let (app, ada) = ada().await;
    let task = ada.add("x").await;
    let path = format!("/tasks/{}/toggle", task["id"].as_str().unwrap());
    // Somebody holds the task, so the first request waits.
    let mut holding = app.pool().begin().await.unwrap();
    sqlx::query("select from tasks for update").fetch_one(&mut *holding).await.unwrap();
    let key = [("idempotency-key", "k")];
    let first = tokio::spawn({
        let (ada, path) = (ada.clone(), path.clone());
        async move { ada.send_with(Method::POST, &path, &Value::Null, &key).await }
    });
    while app
        .value("select count(*) from pg_stat_activity where wait_event_type = 'Lock' and datname = current_database()")
        .await
        == "0"
    {
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    let second = ada.send_with(Method::POST, &path, &Value::Null, &key).await;
    assert_eq!((second.status, second.code(), second.header("retry-after")), (409, "idempotency_key_in_use", "1"));
    holding.rollback().await.unwrap();
    let first = first.await.unwrap();
    assert_eq!((first.status, &first.body["status"]), (200, &json!("completed")));
    assert_eq!(ada.send_with(Method::POST, &path, &Value::Null, &key).await.body, first.body);
}

#[tokio::test]
async fn a_key_is_forgotten_after_a_day() {
    let app = App::at_with("2026-11-22T10:00:00Z", &[("DOCKET_API_LIMIT", "0")]).await;
    let ada = Program::with_cookie(&app, &app.person("ada").await);
    let add = async || {
        ada.send_with(Method::POST, "/tasks", &json!({ "title": "x" }), &[("idempotency-key", "k")]).await.body
    };
    let first = add().await;
    app.set_clock("2026-11-23T09:59:00Z");
    assert_eq!(add().await, first);
    app.set_clock("2026-11-23T10:01:00Z");
    assert_ne!(add().await["id"], first["id"]);
    app.set_clock("2026-11-24T10:02:00Z");
    assert_eq!(docket::server::jobs::run_once(&app.state).await, 0);
    assert_eq!(app.value("select count(*) from idempotency_keys").await, "0");
}

#[tokio::test]
async fn many_changes_are_made_all_or_none() {
    let (app, ada) = ada().await;
    let task = ada.add("there").await;
    let id = &task["id"];
    let all = json!({ "operations": [
        { "action": "create", "task": { "title": "new" } },
        { "action": "update", "id": id, "version": 1, "task": { "priority": "urgent" } },
        { "action": "complete", "id": id, "version": 2 },
    ] });
    let done = ada.post("/tasks/bulk", &all).await;
    assert_eq!(done.status, 200, "{}", done.body);
    let results = done.body["results"].as_array().unwrap();
    assert_eq!(results.iter().map(|result| &result["status"]).collect::<Vec<_>>(), [201, 200, 200]);
    assert_eq!(results[2]["task"]["status"], "completed");
    assert_eq!((&results[1]["task"]["version"], &results[1]["error"]), (&json!(3), &Value::Null));

    // The third can't be done: nothing is.
    let before = app.value("select string_agg(to_jsonb(tasks)::text, ' ' order by id) from tasks").await;
    let some = json!([
        { "action": "create", "task": { "title": "another" } },
        { "action": "delete", "id": id },
        { "action": "reopen", "id": id, "version": 3 },
        { "action": "restore", "id": id },
    ]);
    let refused = ada.post("/tasks/bulk", &json!({ "operations": some })).await;
    assert_eq!((refused.status, refused.fields()), (404, vec!["operations[2]"]));
    assert_eq!(app.value("select string_agg(to_jsonb(tasks)::text, ' ' order by id) from tasks").await, before);
    // One by one, the others are.
    let done = ada.post("/tasks/bulk", &json!({ "atomic": false, "operations": some })).await;
    let results = done.body["results"].as_array().unwrap();
    assert_eq!(results.iter().map(|result| &result["status"]).collect::<Vec<_>>(), [201, 204, 404, 200]);
    assert_eq!(results[2]["error"]["code"], "not_found");
    assert_eq!(app.value("select count(*) from tasks where deleted_at is null").await, "3");
    let stale = json!({ "operations": [{ "action": "reopen", "id": id, "version": 3 }] });
    assert_eq!(ada.post("/tasks/bulk", &stale).await.code(), "version_mismatch");

    for atomic in [true, false] {
        let bad = json!({ "atomic": atomic, "operations": [
            { "action": "create", "task": { "title": " ", "due_time": "1" } },
            { "action": "create", "task": { "title": "fine" } },
            { "action": "delete", "id": "x" },
        ] });
        let refused = ada.post("/tasks/bulk", &bad).await;
        let fields = ["operations[0].task.title", "operations[0].task.due_time", "operations[2].id"];
        assert_eq!((refused.status, refused.fields()), (422, fields.to_vec()));
    }
    for (operation, field, message) in [
        (
            json!({ "action": "create", "task": { "title": 5 } }),
            "operations[0].task.title",
            "This is a number, where a text is expected.",
        ),
        (
            json!({ "action": "create", "task": { "titel": "x" } }),
            "operations[0].task.titel",
            "There is no such field here.",
        ),
        (
            json!({ "action": "create", "task": ["x"] }),
            "operations[0].task",
            "This is a list, where an object is expected.",
        ),
        (
            json!({ "action": "create", "id": id, "task": { "title": "x" } }),
            "operations[0].id",
            "There is no such field for this action.",
        ),
        (json!({ "action": "delete" }), "operations[0].id", "This is needed."),
        (
            json!({ "action": "delete", "id": id, "version": -1 }),
            "operations[0].version",
            "This is a number, where a whole number is expected.",
        ),
        (
            json!({ "action": "destroy", "id": id }),
            "operations[0].action",
            "This is one of create, update, delete, restore, complete, reopen.",
        ),
        (
            json!({ "action": "update", "id": id, "task": { "status": "done" } }),
            "operations[0].task.status",
            "This is one of pending, in_progress, completed.",
        ),
    ] {
        let refused = ada.post("/tasks/bulk", &json!({ "operations": [operation] })).await;
        let error = json!({ "field": field, "message": message });
        assert_eq!((refused.status, &refused.body["errors"]), (422, &json!([error])), "{operation}");
    }
    for operations in [json!([]), json!(vec![json!({ "action": "complete", "id": id }); 501])] {
        assert_eq!(ada.post("/tasks/bulk", &json!({ "operations": operations })).await.fields(), ["operations"]);
    }
    let most = json!({ "operations": vec![json!({ "action": "create", "task": { "title": "é".repeat(200), "description": "é".repeat(1_000) } }); 500] });
    assert_eq!(ada.post("/tasks/bulk", &most).await.status, 200);
    assert_eq!(app.value("select count(*) from tasks").await, "503");
}

#[tokio::test]
async fn many_changes_of_the_same_tasks_at_once_wait_for_each_other_and_all_are_made() {
    let app = App::with(&[("DOCKET_API_LIMIT", "0"), ("DATABASE_ACQUIRE_TIMEOUT", "30")]).await;
    let ada = Program::with_cookie(&app, &app.person("ada").await);
    let new = vec![json!({ "action": "create", "task": { "title": "x" } }); 50];
    let made = ada.post("/tasks/bulk", &json!({ "operations": new })).await.body;
    let ids: Vec<_> = made["results"].as_array().unwrap().iter().map(|result| result["task"]["id"].clone()).collect();
    // Each in an order of its own.
    let all = (0..8).map(|turn| {
        let mut ids = ids.clone();
        ids.rotate_left(turn * 7);
        if turn % 2 == 1 {
            ids.reverse();
        }
        let title = format!("by {turn}");
        let update = |id: &Value| json!({ "action": "update", "id": id, "task": { "title": title } });
        json!({ "operations": ids.iter().map(update).collect::<Vec<_>>() })
    });
    let all: Vec<_> = all.collect();
    let answers = futures::future::join_all(all.iter().map(|body| ada.post("/tasks/bulk", body))).await;
    for answer in answers {
        assert_eq!(answer.status, 200, "{}", answer.body);
    }
    assert_eq!(
        app.value("select count(distinct title) || ' ' || min(version) || ' ' || max(version) from tasks").await,
        "1 9 9"
    );
}

#[tokio::test]
async fn a_cookie_counts_only_where_it_comes_from_docket_itself() {
    let (app, ada) = ada().await;
    ada.add("hers").await;
    let from = async |method: Method, name: &str, value: &str| {
        let request = ada.request(method, "/tasks").header(name, value).json(&json!({ "title": "planted" }));
        Answer::of(request.send().await.unwrap()).await
    };
    for (name, value) in [
        ("origin", "https://evil.example"),
        ("origin", "null"),
        ("sec-fetch-site", "cross-site"),
        ("sec-fetch-site", "same-site"),
    ] {
        assert_eq!(from(Method::POST, name, value).await.code(), "wrong_origin");
        assert_eq!(from(Method::GET, name, value).await.code(), "not_logged_in");
    }
    assert_eq!(from(Method::GET, "sec-fetch-site", "same-origin").await.status, 200);
    assert_eq!(app.value("select count(*) from tasks").await, "1");
}

#[tokio::test]
async fn a_caller_who_asks_too_often_waits() {
    let app = App::with(&[("DOCKET_API_LIMIT", "5")]).await;
    let ada = Program::with_cookie(&app, &app.person("ada").await);
    let eve = Program::with_cookie(&app, &app.person("eve").await);
    for left in (0..5).rev() {
        let answer = ada.get("/tasks").await;
        assert_eq!((answer.status, answer.header("ratelimit-policy")), (200, "\"caller\";q=5;w=60"));
        assert!(answer.header("ratelimit").starts_with(&format!("\"caller\";r={left};t=")), "{answer:?}");
    }
    let refused = ada.get("/tasks").await;
    assert_eq!((refused.status, refused.code()), (429, "too_many_requests"));
    let wait: u64 = refused.header("retry-after").parse().unwrap();
    assert!((1..=60).contains(&wait));
    assert_eq!(refused.header("ratelimit"), format!("\"caller\";r=0;t={wait}"));
    assert_eq!(eve.get("/tasks").await.status, 200);
    // A header of a proxy in front is nobody's login, and in nobody's way.
    let request = eve.request(Method::GET, "/tasks").header("authorization", "Basic cHJveHk6eA==");
    assert_eq!(Answer::of(request.send().await.unwrap()).await.status, 200);
    // Who isn't logged in is known by the network, whatever they send as a token.
    for number in 0..5 {
        assert_eq!(
            Program::with_bearer(&app, Some(&format!("dkt_{number}"))).get("/tasks").await.code(),
            "invalid_token"
        );
    }
    assert_eq!(Program::with_bearer(&app, None).get("/tasks").await.code(), "too_many_requests");
}

#[tokio::test]
async fn somebody_registers_logs_in_looks_around_and_leaves() {
    let app = App::with(&[("DOCKET_API_LIMIT", "0")]).await;
    let program = Program::with_cookie(&app, &app.visitor());
    assert_eq!(program.get("/me").await.code(), "not_logged_in");
    assert!(program.get("/me").await.header("www-authenticate").starts_with("Bearer"));
    let account =
        json!({ "email": "Ada@Example.org", "name": "Ada", "password": PASSWORD, "time_zone": "Europe/Berlin" });
    let made = program.post("/auth/register", &account).await;
    assert_eq!((made.status, &made.body["user"]["email"]), (201, &json!("ada@example.org")));
    assert_eq!(program.get("/me").await.body, made.body["user"]);
    assert_eq!(program.post("/auth/register", &account).await.fields(), ["email"]);
    let weak = json!({ "email": "x", "name": " ", "password": "password" });
    assert_eq!(program.post("/auth/register", &weak).await.fields(), ["name", "email", "password"]);

    let changed = program.send(Method::PATCH, "/me", &json!({ "name": "Ada L.", "time_zone": "UTC" })).await;
    assert_eq!((&changed.body["name"], &changed.body["time_zone"]), (&json!("Ada L."), &json!("UTC")));
    let bad = json!({ "name": "", "time_zone": "Nowhere/Town" });
    assert_eq!(program.send(Method::PATCH, "/me", &bad).await.fields(), ["name", "time_zone"]);
    assert_eq!(program.send(Method::PATCH, "/me", &json!({ "role": "admin" })).await.fields(), ["role"]);

    let other = Program::with_cookie(&app, &app.visitor());
    let login = json!({ "email": "ada@example.org", "password": PASSWORD });
    assert_eq!(
        other.post("/auth/login", &json!({ "email": "ada@example.org", "password": "wrong" })).await.code(),
        "wrong_credentials"
    );
    assert_eq!(other.post("/auth/login", &login).await.status, 200);
    let sessions = program.get("/me/sessions").await.body["sessions"].clone();
    assert_eq!(
        sessions.as_array().unwrap().iter().map(|session| &session["current"]).collect::<Vec<_>>(),
        [true, false]
    );
    let ended = format!("/me/sessions/{}", sessions[1]["id"].as_str().unwrap());
    assert_eq!(program.send(Method::DELETE, &ended, &Value::Null).await.status, 204);
    assert_eq!(program.send(Method::DELETE, &ended, &Value::Null).await.code(), "not_found");
    assert_eq!(other.get("/me").await.status, 401);

    let audit = program.get("/me/audit?limit=1").await.body;
    assert_eq!(audit["events"][0]["action"], "session_ended");
    let older = program.get(&format!("/me/audit?cursor={}", audit["next_cursor"].as_str().unwrap())).await.body;
    assert!(older["events"].as_array().unwrap().iter().any(|event| event["action"] == "register"), "{older}");
    assert_eq!(program.get("/me/export").await.body["account"]["name"], "Ada L.");

    let wrong = program.send(Method::DELETE, "/me", &json!({ "password": "wrong" })).await;
    assert_eq!((wrong.code(), wrong.fields()), ("not_confirmed", vec!["password"]));
    assert_eq!(program.send(Method::DELETE, "/me", &json!({ "password": PASSWORD })).await.status, 204);
    assert_eq!(program.get("/me").await.status, 401);
    assert_eq!(app.value("select count(*) from users").await, "0");

    let again = program.post("/auth/register", &account).await;
    assert_eq!(again.status, 201);
    let out = Answer::of(program.request(Method::POST, "/auth/logout").send().await.unwrap()).await;
    assert_eq!(out.status, 204);
    assert_eq!(program.get("/me").await.status, 401);
}

#[tokio::test]
async fn who_registers_again_because_the_answer_was_lost_has_one_account() {
    let app = App::with(&[("DOCKET_API_LIMIT", "0"), ("DATABASE_ACQUIRE_TIMEOUT", "30")]).await;
    let account = json!({ "email": "ada@example.org", "name": "Ada", "password": PASSWORD });
    let register = async |account: &Value, key: &str| {
        let program = Program::with_cookie(&app, &app.visitor());
        let answer = program.send_with(Method::POST, "/auth/register", account, &[("idempotency-key", key)]).await;
        (answer, program)
    };
    let tries = futures::future::join_all((0..5).map(|_| register(&account, "k"))).await;
    for (answer, program) in &tries {
        assert_eq!((answer.status, &answer.body), (201, &tries[0].0.body));
        assert_eq!(program.get("/me").await.body["name"], "Ada");
    }
    assert_eq!(app.value("select count(*) from users").await, "1");
    // Another key, another password, another name: an address that is taken.
    let guess = json!({ "email": "ada@example.org", "name": "Ada", "password": "another good password" });
    let other = json!({ "email": "ada@example.org", "name": "Bea", "password": PASSWORD });
    for (account, key) in [(&account, "l"), (&guess, "k"), (&other, "k")] {
        let (refused, program) = register(account, key).await;
        assert_eq!((refused.status, refused.fields()), (422, vec!["email"]), "{account} {key}");
        assert_eq!(program.get("/me").await.status, 401);
    }
}

#[tokio::test]
async fn without_registration_programs_get_no_account_either() {
    let app = App::with(&[("DOCKET_REGISTRATION", "closed")]).await;
    let account = json!({ "email": "ada@example.org", "name": "Ada", "password": PASSWORD });
    let program = Program::with_bearer(&app, None);
    assert_eq!(program.post("/auth/register", &account).await.code(), "registration_closed");
}

#[tokio::test]
async fn a_database_that_does_not_answer_is_a_503_that_says_when_to_come_back() {
    let (app, ada) = ada().await;
    app.sql("revoke select on tasks from docket_app").await;
    let failed = ada.get("/tasks").await;
    assert_eq!(failed.code(), "internal");
    assert!(!failed.body.to_string().contains("permission"), "{}", failed.body);
    let database = app.options.get_database().unwrap().to_owned();
    let mut elsewhere = sqlx::postgres::PgPoolOptions::new()
        .connect_with(app.options.clone().database("postgres"))
        .await
        .unwrap()
        .acquire()
        .await
        .unwrap();
    sqlx::raw_sql(&format!("alter database {database} allow_connections false; select pg_terminate_backend(pid) from pg_stat_activity where datname = '{database}'"))
        .execute(&mut *elsewhere)
        .await
        .unwrap();
    let away = ada.get("/tasks").await;
    assert_eq!((away.status, away.code()), (503, "unavailable"));
    assert!(!away.header("retry-after").is_empty());
    sqlx::raw_sql(&format!("alter database {database} allow_connections true")).execute(&mut *elsewhere).await.unwrap();
}

#[tokio::test]
async fn the_description_is_the_one_that_is_written_down() {
    let app = App::start().await;
    let served: Value = app.visitor().get("/api/openapi.json").await.json().await.unwrap();
    let file = concat!(env!("CARGO_MANIFEST_DIR"), "/docs/openapi.json");
    let text = format!("{:#}\n", docket::web::api::description());
    assert_eq!(served, serde_json::from_str::<Value>(&text).unwrap());
    if std::env::var_os("DOCKET_WRITE").is_some() {
        std::fs::write(file, &text).unwrap();
    }
    let written = std::fs::read_to_string(file).unwrap();
    assert!(written == text, "the API changed: look at it, then `docket openapi >docs/openapi.json`");
    assert_eq!(served["openapi"], "3.1.0");
    let page = app.visitor().page("/api/docs").await;
    for kind in ["not_found", "idempotency_key_reused"] {
        assert!(!page.attributes(&format!("#{kind}"), "id").is_empty(), "{kind}");
    }
    assert_eq!(page.attributes("script", "src"), Vec::<String>::new());
}

#[tokio::test]
async fn every_operation_is_described_whole() {
    let description = docket::web::api::description();
    let paths = description["paths"].as_object().unwrap();
    for (path, item) in paths {
        for (method, operation) in item.as_object().unwrap() {
            let text = |name: &str| operation[name].as_str().unwrap_or_default().to_owned();
            assert!(!text("summary").is_empty() && !text("operationId").is_empty(), "{method} {path}");
            let answers = operation["responses"].as_object().unwrap();
            assert!(answers.contains_key("429") && answers.contains_key("503"), "{method} {path}");
            assert!(answers.keys().any(|status| status.starts_with('2')), "{method} {path}");
            let wants = operation["security"].as_array().unwrap();
            assert!(!wants.is_empty(), "{method} {path}");
        }
    }
}
