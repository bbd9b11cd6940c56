//! What Docket tells Prometheus, by the program as it is run.

#![allow(clippy::float_cmp, reason = "counts are whole numbers")]

use std::{collections::BTreeSet, time::Duration};

use docket::server::metrics;
use reqwest::StatusCode;
use serde_json::Value;

use crate::{
    embedded::{Application, Folder},
    support::{Browser, cluster, migrated},
};

/// A Docket with its metrics on a port of its own.
struct Watched {
    app: Application,
    folder: Folder,
    admin: sqlx::PgPool,
    port: u16,
}

impl Watched {
    async fn start() -> Self {
        let options = migrated().await;
        let admin = sqlx::PgPool::connect_with(options.clone()).await.unwrap();
        let url = cluster().await.url(options.get_database().unwrap());
        // Free a moment ago; nobody else takes it that soon.
        let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let folder = Folder::new();
        let log = std::fs::File::create(folder.0.with_extension("log")).unwrap();
        let app = Application::with(&folder.0, |command| {
            command.env("DATABASE_URL", url).env("DOCKET_METRICS_ADDR", format!("127.0.0.1:{port}")).stderr(log);
        });
        Self { app, folder, admin, port }
    }

    async fn scrape(&self) -> String {
        let answer = reqwest::get(format!("http://127.0.0.1:{}/metrics", self.port)).await.unwrap();
        assert_eq!(answer.status(), StatusCode::OK);
        assert!(
            answer.headers()["content-type"]
                .to_str()
                .unwrap()
                .starts_with("application/openmetrics-text; version=1.0.0")
        );
        let text = answer.text().await.unwrap();
        assert!(text.ends_with("# EOF\n"));
        text
    }

    /// The sum of what has this name and all of these labels.
    async fn value(&self, name: &str, labels: &[&str]) -> f64 {
        let text = self.scrape().await;
        let fits = |line: &&str| {
            let (found, rest) = line.split_at(line.find(['{', ' ']).unwrap_or(line.len()));
            found == name && labels.iter().all(|label| rest.contains(label))
        };
        text.lines().filter(fits).map(|line| line.rsplit(' ').next().unwrap().parse::<f64>().unwrap()).sum()
    }

    /// Waits for such a value.
    async fn until(&self, name: &str, labels: &[&str], fits: impl Fn(f64) -> bool) {
        for _ in 0..200 {
            if fits(self.value(name, labels).await) {
                return;
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        panic!("{name} {labels:?} is {}:\n{}", self.value(name, labels).await, self.scrape().await);
    }

    fn log(&self) -> String {
        std::fs::read_to_string(self.folder.0.with_extension("log")).unwrap()
    }
}

impl Drop for Watched {
    fn drop(&mut self) {
        let _ = std::fs::remove_file(self.folder.0.with_extension("log"));
    }
}

#[tokio::test]
async fn what_people_and_jobs_do_is_counted_and_nobody_is_named() {
    let docket = Watched::start().await;
    let ada = Browser::at(&docket.app.url());
    ada.register("Ada Canary", "canary@example.org", "correct horse battery").await;
    let id = ada.add("canary of a title").await;
    ada.page(&format!("/tasks/{id}")).await;
    ada.get("/tasks?q=canary").await;
    ada.get("/nowhere/canary").await;
    ada.refused("add_task", &[("title", "")]).await;
    // The same for whoever asks, and only at its own port.
    assert_eq!(ada.get("/metrics").await.status(), StatusCode::NOT_FOUND);

    assert_eq!(docket.value("docket_http_answers_total", &[r#"route="/tasks/{id}""#, r#"status="2xx""#]).await, 1.0);
    assert_eq!(docket.value("docket_http_answers_total", &[r#"route="/fn/add_task""#, r#"status="4xx""#]).await, 1.0);
    assert!(docket.value("docket_http_answers_total", &[r#"route="other""#, r#"status="4xx""#]).await >= 2.0);
    assert!(docket.value("docket_http_request_seconds_count", &[r#"method="GET""#, r#"route="/tasks""#]).await >= 1.0);
    assert_eq!(docket.value("docket_errors_total", &[r#"code="invalid""#]).await, 1.0);
    assert_eq!(docket.value("docket_scope_seconds_count", &[r#"use_case="fns::tasks::add_task""#]).await, 1.0);
    assert_eq!(docket.value("docket_scope_seconds_count", &[r#"use_case="fns::tasks::get_task""#]).await, 1.0);
    assert!(docket.value("docket_pool_wait_seconds_count", &[]).await >= 5.0);
    assert!(docket.value("docket_pool_connections", &[]).await >= 1.0);
    assert_eq!(docket.value("docket_pool_connections_most", &[]).await, 10.0);
    // Jobs ran when it started, and one of them has counted.
    docket.until("docket_job_runs_total", &[r#"job_name="trash""#, r#"result="worked""#], |runs| runs == 1.0).await;
    docket.until("docket_ready", &[], |ready| ready == 1.0).await;
    docket.until("docket_build_info", &[], |info| info == 1.0).await;

    // A wrong URL is worth a line, too.
    let text = docket.scrape().await;
    for secret in ["canary", "Canary", id.as_str(), "nowhere"] {
        assert!(!text.contains(secret), "{secret} in\n{text}");
    }
    // Bounded: nothing that somebody asks for makes another label.
    let lines = text.lines().count();
    for number in 0..50 {
        ada.get(&format!("/nowhere/{number}")).await;
        ada.get(&format!("/pictures/{number}")).await;
        ada.client.request(format!("X{number}").parse().unwrap(), docket.app.url()).send().await.unwrap();
    }
    let more = docket.scrape().await.lines().count();
    assert!(more - lines < 120, "{lines} lines became {more}");
}

#[tokio::test]
async fn a_slow_statement_is_in_the_log_with_its_plan_and_without_what_anybody_wrote() {
    let docket = Watched::start().await;
    let ada = Browser::at(&docket.app.url());
    ada.register("Ada", "ada@example.org", "correct horse battery").await;
    let id = ada.add("a task").await;
    // Somebody is at the task for a moment, and its owner waits.
    let mut other = docket.admin.begin().await.unwrap();
    sqlx::query("select from tasks for update").execute(&mut *other).await.unwrap();
    let waiting = {
        let (ada, id) = (ada.clone(), id.clone());
        tokio::spawn(async move {
            let fields =
                [("id", id.as_str()), ("version", "1"), ("title", "canary of a title"), ("description", "canary")];
            ada.change("edit_task", &fields).await
        })
    };
    tokio::time::sleep(Duration::from_millis(300)).await;
    other.rollback().await.unwrap();
    waiting.await.unwrap();
    docket.until("docket_slow_statements_total", &[], |count| count >= 1.0).await;
    for _ in 0..200 {
        if docket.log().contains("cost=") {
            break;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    let log = docket.log();
    let slow = log.lines().find(|line| line.contains("cost=")).unwrap_or_else(|| panic!("{log}"));
    let slow: Value = serde_json::from_str(slow).unwrap();
    assert_eq!(slow["level"], "WARN");
    assert!(slow["ms"].as_f64().unwrap() >= 50.0, "{slow}");
    assert!(
        slow["statement"].as_str().unwrap().contains("$2 and user_id = $1 and (deleted_at is null or $3) for update"),
        "{slow}"
    );
    assert!(slow["message"].as_str().unwrap().contains("tasks_pkey on tasks"), "{slow}");
    for secret in ["canary", id.as_str(), "docket.user_id ="] {
        assert!(!log.contains(secret), "{secret} in {log}");
    }
    // Nothing of it is left on the connection.
    let idle = "select count(*) from pg_stat_activity where datname = current_database() and state like 'idle in%'";
    assert_eq!(sqlx::query_scalar::<_, i64>(idle).fetch_one(&docket.admin).await.unwrap(), 0);
}

/// The names of metrics in a text.
fn named(text: &str) -> BTreeSet<String> {
    let words = text.split(|sign: char| !sign.is_ascii_alphanumeric() && sign != '_');
    words.filter(|word| word.starts_with("docket_")).map(str::to_owned).collect()
}

#[test]
fn the_dashboard_and_the_alerts_ask_for_nothing_that_docket_does_not_have() {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/docs");
    let series: BTreeSet<String> = metrics::names()
        .iter()
        .flat_map(|name| ["", "_bucket", "_sum", "_count"].map(|end| format!("{name}{end}")))
        .collect();
    for file in ["grafana.json", "alerts.yml", "operations.md"] {
        let text = std::fs::read_to_string(format!("{folder}/{file}")).unwrap();
        let names = named(&text);
        assert!(names.len() > 5, "{file}");
        let roles = docket::server::database::ROLES;
        let unknown: Vec<_> = names
            .iter()
            .filter(|name| !series.contains(*name) && !roles.contains(&name.as_str()))
            .filter(|name| !NOT_METRICS.contains(&name.as_str()))
            .collect();
        assert!(unknown.is_empty(), "{file} has {unknown:?}");
    }
    // And each is told of.
    let told = named(&std::fs::read_to_string(format!("{folder}/operations.md")).unwrap());
    let untold: Vec<_> = metrics::names().iter().filter(|name| !told.contains(*name)).collect();
    assert!(untold.is_empty(), "operations.md lacks {untold:?}");
}

/// What begins like a metric in the page for who runs Docket.
const NOT_METRICS: [&str; 2] = ["docket_owner", "docket_web"];

#[test]
fn the_dashboard_can_be_imported() {
    let text = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/docs/grafana.json")).unwrap();
    let dashboard: Value = serde_json::from_str(&text).unwrap();
    assert!(dashboard["id"].is_null() && dashboard["uid"].is_string() && dashboard["schemaVersion"].is_u64());
    let panels = dashboard["panels"].as_array().unwrap();
    let ids: BTreeSet<_> = panels.iter().map(|panel| panel["id"].as_u64().unwrap()).collect();
    assert_eq!(ids.len(), panels.len());
    for panel in panels.iter().filter(|panel| panel["type"] != "row") {
        assert_eq!(panel["datasource"]["uid"], "${datasource}", "{panel}");
        assert!(panel["targets"].as_array().unwrap().iter().all(|target| target["expr"].is_string()), "{panel}");
        let place = &panel["gridPos"];
        assert!(place["x"].as_u64().unwrap() + place["w"].as_u64().unwrap() <= 24, "{panel}");
    }
}
