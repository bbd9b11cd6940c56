//! What Docket does by itself.

use std::time::Duration;

use docket::server::{jobs, store};

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

/// What the table says of a job, as text.
async fn of(app: &App, job: &str, columns: &str) -> String {
    app.value(&format!("select ({columns})::text from jobs where name = '{job}'")).await
}

#[tokio::test]
async fn of_many_nodes_one_does_what_is_due_and_the_next_time_comes_an_hour_later() {
    let app = App::at("2026-11-21T12:00:00Z").await;
    let hour = Duration::from_hours(1);
    let claim = async |node: &'static str, at: &str| {
        let at = app.value(&format!("select extract(epoch from timestamptz '{at}')::bigint")).await;
        let at = time::OffsetDateTime::from_unix_timestamp(at.parse().unwrap()).unwrap();
        let claimed = app.state.database.maintain(move |db| Box::pin(store::jobs::claim(db, "trash", node, at, hour)));
        claimed.await.unwrap().is_some()
    };
    let all = futures::future::join_all((0..20).map(|_| claim("one", "2026-11-21T12:00:00Z"))).await;
    assert_eq!(all.into_iter().filter(|claimed| *claimed).count(), 1);
    // Nobody says that it ended: the node is gone. It is due again as if it had.
    assert!(!claim("two", "2026-11-21T12:59:59Z").await);
    assert!(claim("two", "2026-11-21T13:00:00Z").await);
    assert_eq!(of(&app, "trash", "node").await, "two");
    // A clock that was wrong doesn't stop it for years.
    assert!(claim("three", "2030-01-01T00:00:00Z").await);
    assert!(claim("two", "2026-11-21T14:00:00Z").await);
    // One that is a little ahead doesn't make it run twice.
    assert!(!claim("one", "2026-11-21T13:59:58Z").await);
}

#[tokio::test]
async fn when_a_job_ran_how_it_ended_and_how_often_it_failed_is_written_down() {
    let app = App::at("2026-11-21T12:00:00Z").await;
    app.person("ada").await;
    trashed(&app, "old", "2026-11-21T12:00:00Z", "31 days", 3).await;
    let trash = jobs::named("trash").unwrap();
    assert_eq!(jobs::run_now(trash, &app.state).await, Ok(3));
    let row = "started_at = '2026-11-21T12:00Z', finished_at = started_at, worked_at = started_at, rows, error, runs, failures";
    assert_eq!(of(&app, "trash", row).await, "(t,t,t,3,,1,0)");
    assert!(of(&app, "trash", "node").await.ends_with(&format!(":{}", app.address.port())));
    app.set_clock("2026-11-21T13:00:00Z");
    app.sql("alter table tasks rename to verschwunden").await;
    assert!(jobs::run_now(trash, &app.state).await.is_err());
    let row = "started_at = '2026-11-21T13:00Z', worked_at = '2026-11-21T12:00Z', rows, error, runs, failures";
    assert_eq!(of(&app, "trash", row).await, "(t,t,0,internal,2,1)");
    app.sql("alter table verschwunden rename to tasks").await;
    jobs::run_now(trash, &app.state).await.unwrap();
    assert_eq!(of(&app, "trash", "row(error, runs, failures)").await, "(,3,1)");
}

#[tokio::test]
async fn docket_does_its_jobs_by_itself_once_for_two_nodes() {
    let app = App::start().await;
    app.person("ada").await;
    app.sql("update sessions set expiry_date = now() - interval '1 second'").await;
    let nodes =
        [tokio::spawn(jobs::run_forever(app.state.clone())), tokio::spawn(jobs::run_forever(app.state.clone()))];
    let done = format!(
        "select (select count(*) from jobs where runs > 0) = {} and not exists (select from sessions)",
        jobs::JOBS.len()
    );
    for _ in 0..200 {
        if app.value(&done).await == "true" {
            break;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    assert_eq!(app.value(&done).await, "true");
    for job in jobs::JOBS.iter().filter(|job| !job.everywhere) {
        assert_eq!(of(&app, job.name, "runs").await, "1", "{}", job.name);
    }
    for node in nodes {
        node.abort();
    }
}

#[tokio::test]
async fn what_the_audit_log_has_kept_long_enough_goes_by_itself() {
    let app = App::with(&[("DOCKET_AUDIT_DAYS", "30")]).await;
    app.sql(
        "insert into audit_logs (change_id, action, entity_type, entity_id, created_at)
         select gen_random_uuid(), 'edit', 'task', gen_random_uuid(), now() - days * interval '1 day' from unnest(array[100, 35, 25]) as days
         order by days desc",
    )
    .await;
    app.person("ada").await.add("tea").await;
    crate::audit::seal_all(&app).await;
    let before: u32 = app.value("select count(*) from audit_logs").await.parse().unwrap();
    let audit = jobs::named("audit").unwrap();
    let kept = App::on(app.options.clone(), &[]).await;
    assert_eq!(jobs::run_now(audit, &kept.state).await, Ok(0), "for ever, unless somebody sets how long");
    assert_eq!(jobs::run_now(audit, &app.state).await, Ok(2));
    assert_eq!(jobs::run_now(audit, &app.state).await, Ok(0));
    assert_eq!(app.value("select count(*) from audit_logs").await, (before - 2).to_string());
    assert_eq!(app.value("select count(*) from audit_logs where created_at < now() - interval '30 days'").await, "0");
}
