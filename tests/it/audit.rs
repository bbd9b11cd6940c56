//! The chain of the audit log: what it takes in, and what it stands.

use std::time::{Duration, Instant};

use docket::server::{
    jobs,
    verify::{self, Verdict},
};
use sqlx::{Connection, PgConnection};

use crate::support::{App, PASSWORD, owner};

/// As the job does it, each minute.
pub async fn seal(app: &App) -> i64 {
    app.value("seal_audit()").await.parse().unwrap()
}

/// Until there is nothing left to take in. That waits for every transaction on the server that was there before, those of other tests too.
pub async fn seal_all(app: &App) {
    let since = Instant::now();
    let done = "coalesce((select xid is null and last_id >= (select coalesce(max(id), 0) from audit_logs) from audit_marks), false)";
    while seal(app).await > 0 || app.value(done).await != "true" {
        assert!(since.elapsed() < Duration::from_mins(1), "in vain");
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

/// What `docket verify` says of the log.
pub async fn said(app: &App) -> Verdict {
    let findings = verify::restored(&owner(&app.options)).await.unwrap();
    findings.into_iter().find(|finding| finding.check == "audit log").unwrap().verdict
}

pub async fn assert_sound(app: &App, words: &str) {
    match said(app).await {
        Verdict::Sound(said) => assert!(said.contains(words), "{said}"),
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn every_row_of_the_log_is_taken_into_the_chain_once() {
    let app = App::start().await;
    assert_sound(&app, "0 rows of 0 days").await;
    let ada = app.person("ada").await;
    ada.add("one").await;
    assert_sound(
        &app,
        "0 rows of 0 days as they were written (0 forgotten, 0 days removed by age, 2 rows not yet sealed)",
    )
    .await;
    // The first time it only looks how far it may go.
    assert_eq!(seal(&app).await, 0);
    seal_all(&app).await;
    assert_sound(
        &app,
        "2 rows of 1 days as they were written (0 forgotten, 0 days removed by age, 0 rows not yet sealed)",
    )
    .await;
    ada.add("two").await;
    seal_all(&app).await;
    assert_sound(&app, "3 rows of 1 days").await;
    assert_eq!(app.value("select sum(rows) from audit_days").await, "3");
    // Nothing happened, and nothing is written for it.
    let mark = app.value("select xmin from audit_marks").await;
    seal_all(&app).await;
    assert_eq!(app.value("select xmin from audit_marks").await, mark);
}

#[tokio::test]
async fn a_row_that_is_still_being_written_is_waited_for() {
    let app = App::start().await;
    let ada = app.person("ada").await;
    seal_all(&app).await;
    let mut slow = PgConnection::connect_with(&app.options).await.unwrap();
    let mut slow = slow.begin().await.unwrap();
    let row = "insert into audit_logs (change_id, action, entity_type, entity_id) values (gen_random_uuid(), 'add', 'task', 'slow')";
    sqlx::query(row).execute(&mut *slow).await.unwrap();
    // A later row is there before it.
    ada.add("fast").await;
    for _ in 0..5 {
        assert_eq!(seal(&app).await, 0, "went past a row that may still come");
    }
    slow.commit().await.unwrap();
    seal_all(&app).await;
    assert_sound(
        &app,
        "3 rows of 1 days as they were written (0 forgotten, 0 days removed by age, 0 rows not yet sealed)",
    )
    .await;
}

#[tokio::test]
async fn rows_that_come_from_many_sides_at_once_are_all_taken_in() {
    let app = App::start().await;
    let ada = app.person("ada").await;
    let writers = (0..8).map(|tab| {
        let ada = ada.clone();
        tokio::spawn(async move {
            for number in 0..12 {
                ada.add(&format!("{tab}-{number}")).await;
            }
        })
    });
    let writers: Vec<_> = writers.collect();
    while !writers.iter().all(tokio::task::JoinHandle::is_finished) {
        seal(&app).await;
    }
    for writer in writers {
        writer.await.unwrap();
    }
    seal_all(&app).await;
    assert_sound(
        &app,
        "97 rows of 1 days as they were written (0 forgotten, 0 days removed by age, 0 rows not yet sealed)",
    )
    .await;
}

#[tokio::test]
async fn whoever_writes_a_row_can_not_choose_its_digest() {
    let app = App::start().await;
    app.sql(
        "insert into audit_logs (change_id, action, entity_type, entity_id, salt, digest)
         values (gen_random_uuid(), 'add', 'task', 'x', sha256('a'), sha256('b'))",
    )
    .await;
    assert_eq!(app.value("select octet_length(salt) from audit_logs").await, "16");
    seal_all(&app).await;
    assert_sound(&app, "1 rows of 1 days").await;
}

#[tokio::test]
async fn who_is_forgotten_leaves_the_chain_whole() {
    let app = App::start().await;
    let (bob, ada) = (app.person("bob").await, app.person("ada").await);
    ada.add("a secret of ada's").await;
    bob.add("bob's").await;
    seal_all(&app).await;
    // One row more, not yet sealed.
    ada.add("another").await;
    let answer = ada.submit("/settings/data", "/fn/erase_account", &[("confirm_password", PASSWORD)]).await;
    assert!(answer.status().is_redirection(), "{}", answer.status());
    assert_eq!(app.value("select count(*) from users").await, "1");
    assert_eq!(app.value("select count(*) from audit_logs where salt is null").await, "3");
    assert_sound(&app, "(3 forgotten,").await;
    seal_all(&app).await;
    assert_sound(&app, "6 rows of 1 days as they were written (3 forgotten,").await;
}

#[tokio::test]
async fn rows_go_by_whole_days_when_they_are_old_and_the_chain_goes_on() {
    let app = App::start().await;
    app.sql(
        "insert into audit_logs (change_id, action, entity_type, entity_id, created_at)
         select gen_random_uuid(), 'add', 'task', n, now() - (400 - n) * interval '1 day' from generate_series(1, 399, 3) as n",
    )
    .await;
    seal_all(&app).await;
    assert_sound(&app, "133 rows of 133 days").await;
    let remove = "remove_audit((now() - interval '300 days')::date)";
    assert_eq!(app.value(remove).await, "33");
    assert_eq!(app.value(remove).await, "0");
    assert_sound(&app, "100 rows of 133 days as they were written (0 forgotten, 33 days removed by age,").await;
    // What is young stays, whoever asks.
    for young in ["now()::date", "now()::date - 29", "'infinity'"] {
        let refused = sqlx::query(&format!("select remove_audit({young})")).execute(app.pool()).await;
        assert!(refused.unwrap_err().to_string().contains("at least 30 days"), "{young}");
    }
    app.person("ada").await;
    seal_all(&app).await;
    assert_sound(&app, "101 rows of 134 days").await;
}

#[tokio::test]
async fn a_row_that_was_begun_before_midnight_does_not_turn_the_days_back() {
    let app = App::start().await;
    let row = |at: &str| {
        format!(
            "insert into audit_logs (change_id, action, entity_type, entity_id, created_at) values (gen_random_uuid(), 'add', 'task', 'x', '{at}')"
        )
    };
    for at in
        ["2026-01-01 12:00Z", "2026-01-02 00:00:01Z", "2026-01-01 23:59:59Z", "2026-01-02 01:00Z", "3000-01-01 00:00Z"]
    {
        app.sql(&row(at)).await;
    }
    seal_all(&app).await;
    let days = "select string_agg(rows::text, ' ' order by day) from audit_days";
    assert_eq!(app.value(days).await, "1 3 1");
    assert_eq!(app.value("select max(day) <= (now() at time zone 'UTC')::date from audit_days").await, "true");
    assert_sound(&app, "5 rows of 3 days").await;
}

#[tokio::test]
async fn a_note_from_another_server_does_not_stop_the_chain() {
    let app = App::start().await;
    app.person("ada").await;
    seal(&app).await;
    // As in a copy that was loaded into a younger server.
    app.sql("update audit_marks set xid = '9000000000'").await;
    seal_all(&app).await;
    assert_sound(&app, "1 rows of 1 days").await;
}

#[tokio::test]
async fn the_job_takes_in_what_happened() {
    let app = App::start().await;
    app.person("ada").await;
    let since = Instant::now();
    while app.value("select count(*) from audit_days").await == "0" {
        assert_eq!(jobs::run_once(&app.state).await, 0);
        assert!(since.elapsed() < Duration::from_mins(1), "in vain");
    }
    assert_sound(&app, "1 rows of 1 days").await;
}
