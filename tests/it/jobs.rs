//! What Docket does by itself.

use docket::server::jobs;

use crate::support::{App, cluster};

/// Tasks of everybody who has an account that were put into the trash so long before `now`.
async fn trashed(app: &App, title: &str, now: &str, ago: &str, count: u32) {
    app.sql(&format!(
        "insert into tasks (id, user_id, title, position, deleted_at)
         select gen_random_uuid(), id, '{title}', lpad(to_hex(n), 24, '0'), timestamptz '{now}' - interval '{ago}'
         from users, generate_series(1, {count}) as n"
    ))
    .await;
}

#[tokio::test]
async fn what_was_thirty_days_in_the_trash_is_gone_and_nothing_else() {
    let now = "2026-11-21T12:00:00Z";
    let app = App::at(now).await;
    let (ada, eve) = (app.person("ada").await, app.person("eve").await);
    ada.add("live").await;
    app.sql("update tasks set created_at = '2020-01-01', updated_at = '2020-01-01'").await;
    trashed(&app, "a second too long", now, "720 hours 1 second", 1).await;
    trashed(&app, "on the dot", now, "720 hours", 1).await;
    trashed(&app, "29 days 23 hours", now, "719 hours", 1).await;
    trashed(&app, "just now", now, "0 seconds", 1).await;
    assert_eq!(jobs::run_once(&app.state).await, 0);
    for person in [&ada, &eve] {
        assert_eq!(person.titles("/trash").await, ["just now", "29 days 23 hours", "on the dot"]);
    }
    assert_eq!(ada.titles("/tasks").await, ["live"]);
    // The clock decides, and nothing else.
    app.set_clock("2026-11-21T13:00:01Z");
    assert_eq!(jobs::run_once(&app.state).await, 0);
    assert_eq!(ada.titles("/trash").await, ["just now"]);
    app.set_clock("2027-11-21T13:00:00Z");
    assert_eq!(jobs::run_once(&app.state).await, 0);
    // By then the session is over too.
    assert_eq!(app.value("select string_agg(title, ', ') from tasks").await, "live");
    // The log says that they were removed, and keeps nothing of what they said.
    let lines = "select count(*) from audit_logs where action = 'purge' and user_id is null and old_values is null and new_values is null";
    assert_eq!(app.value(lines).await, "8");
}

#[tokio::test]
async fn much_is_removed_bit_by_bit_so_that_nobody_waits() {
    let now = "2026-11-21T12:00:00Z";
    let app = App::at(now).await;
    app.person("ada").await;
    trashed(&app, "old", now, "31 days", 2_500).await;
    trashed(&app, "new", now, "1 day", 100).await;
    assert_eq!(jobs::run_once(&app.state).await, 0);
    assert_eq!(app.value("select count(*) || ' ' || min(title) from tasks").await, "100 new");
    let batches = "select string_agg(count::text, ' ' order by count desc)
                   from (select count(*) from audit_logs where action = 'purge' group by xmin::text) as batches";
    assert_eq!(app.value(batches).await, "1000 1000 500");
}

#[tokio::test]
async fn two_dockets_that_empty_the_trash_at_the_same_time_do_not_hinder_each_other() {
    let now = "2026-11-21T12:00:00Z";
    let app = App::at(now).await;
    app.person("ada").await;
    trashed(&app, "old", now, "31 days", 1_500).await;
    let (one, two) = tokio::join!(jobs::run_once(&app.state), jobs::run_once(&app.state));
    assert_eq!((one, two), (0, 0));
    // What the other one had locked may be left for the next time.
    assert_eq!(jobs::run_once(&app.state).await, 0);
    assert_eq!(app.value("select count(*) from tasks").await, "0");
}

#[tokio::test]
async fn a_job_that_fails_is_counted_and_keeps_no_other_from_its_work() {
    let now = "2026-11-21T12:00:00Z";
    let app = App::at(now).await;
    app.person("ada").await;
    trashed(&app, "old", now, "31 days", 1).await;
    app.sql("alter table sessions rename to verschwunden").await;
    assert_eq!(jobs::run_once(&app.state).await, 1);
    assert_eq!(app.value("select count(*) from tasks").await, "0");
}

#[tokio::test]
async fn jobs_go_on_after_the_database_was_away() {
    let app = App::start().await;
    let _ada = app.person("ada").await;
    app.sql("update sessions set expiry_date = now() - interval '1 second'").await;
    let admin = sqlx::PgPool::connect_with(cluster().await.options("postgres")).await.unwrap();
    let database = app.options.get_database().unwrap().to_owned();
    let set = async |allowed: bool| {
        let close = format!(
            "alter database {database} allow_connections {allowed};
             select pg_terminate_backend(pid) from pg_stat_activity where datname = '{database}' and not {allowed}"
        );
        sqlx::raw_sql(&close).execute(&admin).await.unwrap();
    };
    set(false).await;
    assert_eq!(jobs::run_once(&app.state).await, jobs::JOBS.len());
    set(true).await;
    // A pooler in between remembers for a moment that nobody could log in.
    while std::env::var_os("DOCKET_TEST_POOLER").is_some() && jobs::run_once(&app.state).await > 0 {
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    }
    assert_eq!(jobs::run_once(&app.state).await, 0);
    assert_eq!(app.value("select count(*) from sessions").await, "0");
}
