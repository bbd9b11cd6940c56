//! Lists are read from a streaming replica, and nobody misses what they wrote themselves.

use std::time::Duration;

use docket::server::{database::ReplicaState, migrations};
use reqwest::StatusCode;
use sqlx::{ConnectOptions, Connection, postgres::PgConnectOptions};
use tokio::time::{Instant, sleep};

use crate::{
    postgres::Server,
    support::{App, LOGIN, owner},
};

/// A primary with the database `docket`, and a replica that follows it.
struct Pair {
    primary: Server,
    replica: Server,
}

impl Pair {
    async fn start() -> Self {
        let mut primary = Server::new(&["fsync = off"]);
        primary.start().await;
        for statement in [
            "create role docket_owner login createrole",
            "create role docket_web login",
            "create database docket owner docket_owner",
        ] {
            run(&primary.options("postgres"), statement).await;
        }
        migrations::up(&owner(&primary.options("docket")), LOGIN).await.unwrap();
        let mut replica = Server::copy_of(&primary);
        replica.start().await;
        Self { primary, replica }
    }

    /// A node of Docket on both.
    async fn node(&self) -> App {
        let replica = format!("postgres://{LOGIN}@127.0.0.1:{}/docket?sslmode=disable", self.replica.port);
        App::on(self.primary.options("docket"), &[("DATABASE_URL_REPLICA", &replica)]).await
    }

    async fn on_replica(&self, statement: &str) {
        run(&self.replica.options("docket"), statement).await;
    }

    /// How often somebody has looked into the tasks there.
    async fn looks(&self) -> i64 {
        let mut replica = self.replica.options("docket").connect().await.unwrap();
        let looks = "select (seq_scan + idx_scan)::bigint from pg_stat_user_tables where relname = 'tasks'";
        sqlx::query_scalar(looks).fetch_one(&mut replica).await.unwrap()
    }

    /// Lists are read there, by and by.
    async fn is_used(&self, node: &App, browser: &crate::support::Browser) {
        let (before, since) = (self.looks().await, Instant::now());
        while self.looks().await == before {
            assert!(since.elapsed() < Duration::from_secs(30), "the replica is not used");
            browser.titles("/tasks").await;
            sleep(Duration::from_millis(50)).await;
        }
        let state = node.state.database.replica_state();
        assert!(matches!(state, Some(ReplicaState::Behind(_))), "{state:?}");
        println!("{state:?}");
    }
}

async fn run(options: &PgConnectOptions, statement: &str) {
    let mut connection = options.connect().await.unwrap();
    sqlx::raw_sql(statement).execute(&mut connection).await.unwrap();
    connection.close().await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_writes_sees_it_at_once_on_every_node_however_far_the_replica_is_behind() {
    let pair = Pair::start().await;
    let (one, two) = (pair.node().await, pair.node().await);
    let ada = one.person("ada").await;
    ada.add("before").await;
    pair.is_used(&one, &ada).await;
    let elsewhere = one.visitor();
    elsewhere.log_in("ada@example.org", crate::support::PASSWORD).await;
    pair.is_used(&two, &elsewhere.on(&two)).await;

    pair.on_replica("select pg_wal_replay_pause()").await;
    sleep(Duration::from_millis(300)).await;
    for number in 0..20 {
        let title = format!("task {number}");
        ada.add(&title).await;
        for browser in [ada.clone(), ada.on(&two)] {
            assert_eq!(browser.titles("/tasks").await.first(), Some(&title));
            assert!(browser.page("/tasks").await.open().contains(&title));
        }
    }
    let later = one.visitor();
    later.log_in("ada@example.org", crate::support::PASSWORD).await;
    assert_eq!(later.titles("/tasks").await.len(), 21);
    // Another session that was there has written nothing: it reads what the replica has.
    assert_eq!(elsewhere.titles("/tasks").await, ["before"]);
    assert_eq!(elsewhere.on(&two).titles("/tasks").await, ["before"]);
    // But a task itself, and what depends on it, always comes from the database.
    let newest = ada.list("/tasks").await.tasks[0].id;
    assert_eq!(String::from(elsewhere.detail(newest).await.task.title), "task 19");

    pair.on_replica("select pg_wal_replay_resume()").await;
    let since = Instant::now();
    while elsewhere.titles("/tasks").await.len() != 21 {
        assert!(since.elapsed() < Duration::from_secs(30), "it never catches up");
        sleep(Duration::from_millis(20)).await;
    }
    pair.is_used(&one, &ada).await;
    pair.is_used(&two, &ada.on(&two)).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn lists_go_on_without_the_replica_and_it_is_used_again_when_it_is_back() {
    let mut pair = Pair::start().await;
    let app = pair.node().await;
    let ada = app.person("ada").await;
    ada.add("one").await;
    pair.is_used(&app, &ada).await;
    pair.replica.stop();
    for _ in 0..20 {
        assert_eq!(ada.titles("/tasks").await, ["one"]);
        sleep(Duration::from_millis(20)).await;
    }
    assert_eq!(app.state.database.replica_state(), Some(ReplicaState::Away));
    ada.add("two").await;
    assert_eq!(ada.titles("/tasks").await, ["two", "one"]);
    pair.replica.start().await;
    pair.is_used(&app, &ada).await;
    assert_eq!(ada.titles("/tasks").await, ["two", "one"]);
    // Promoted, it has a history of its own.
    pair.on_replica("select pg_promote()").await;
    ada.add("three").await;
    assert_eq!(ada.titles("/tasks").await, ["three", "two", "one"]);
    let since = Instant::now();
    while app.state.database.replica_state() != Some(ReplicaState::Away) {
        assert!(since.elapsed() < Duration::from_secs(30), "a promoted replica is still used");
        sleep(Duration::from_millis(20)).await;
    }
}

#[tokio::test]
async fn what_is_no_replica_is_not_read_from() {
    let direct = crate::support::migrated().await;
    let socket = direct.get_socket().unwrap().display().to_string().replace('/', "%2F");
    let same = format!("postgres://{LOGIN}@localhost/{}?host={socket}", direct.get_database().unwrap());
    let app = App::on(direct, &[("DATABASE_URL_REPLICA", &same)]).await;
    let ada = app.person("ada").await;
    ada.add("one").await;
    assert_eq!(ada.titles("/tasks").await, ["one"]);
    assert_eq!(app.state.database.replica_state(), Some(ReplicaState::Away));
    assert_eq!(ada.get("/tasks").await.status(), StatusCode::OK);
}
