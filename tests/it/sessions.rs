use std::sync::Arc;

use axum::{Router, body::Body, http::Request, routing::get};
use docket::server::{
    auth::sessions::{self, HashedStore},
    jobs,
};
use reqwest::StatusCode;
use sqlx::Row;
use tokio::sync::Notify;
use tower::ServiceExt;
use tower_sessions::{Expiry, Session, SessionStore, cookie::time::Duration, session::Id};
use tower_sessions_sqlx_store::PostgresStore;

use crate::support::{App, PASSWORD, cookie};

#[tokio::test]
async fn no_value_in_the_table_works_as_a_cookie() {
    let app = App::start().await;
    let answer = app.visitor().register("Ada", "ada@example.org", PASSWORD).await;
    let cookie = cookie(&answer).unwrap();
    let token = cookie.strip_prefix("docket=").unwrap();
    let raw: Id = token.parse().unwrap();
    let row =
        sqlx::query("select id, data, sessions::text as whole from sessions").fetch_one(app.pool()).await.unwrap();
    let (id, data, whole): (String, Vec<u8>, String) = (row.get("id"), row.get("data"), row.get("whole"));
    assert!(!whole.contains(token), "the token stands in the row");
    for bytes in [raw.0.to_be_bytes(), raw.0.to_le_bytes()] {
        assert!(!data.windows(16).any(|window| window == bytes), "the token's bytes stand in the data");
    }
    // rmp writes the id as text or as a number; neither may lead back to the cookie.
    let text = String::from_utf8_lossy(&data);
    assert!(!text.contains(token) && !text.contains(&raw.0.to_string()));
    let answer =
        app.visitor().client.get(app.url("/tasks")).header("cookie", format!("docket={id}")).send().await.unwrap();
    assert_eq!(answer.status(), StatusCode::SEE_OTHER, "the column's value logs in");
}

#[tokio::test]
async fn the_rows_are_those_of_the_library_that_keeps_sessions_in_postgresql() {
    let app = App::start().await;
    let _ada = app.person("ada").await;
    let id: Id = app.value("select id from sessions").await.parse().unwrap();
    let library = PostgresStore::new(app.pool().clone()).with_schema_name("public").unwrap();
    let record =
        library.with_table_name("sessions").unwrap().load(&id).await.unwrap().expect("the library finds no session");
    let user = record.data["axum-login.data"]["user_id"].as_str().unwrap();
    assert_eq!(user, app.actor("ada").await.user.to_string());
}

#[tokio::test]
async fn a_session_that_ended_while_a_request_used_it_stays_ended() {
    let app = App::start().await;
    let store = Arc::new(HashedStore::new(app.state.database.clone(), app.state.clock.clone()));
    let expiry = Some(Expiry::OnInactivity(Duration::days(1)));
    let session = Session::new(None, store.clone(), expiry);
    session.insert("k", 1).await.unwrap();
    session.save().await.unwrap();
    let id = session.id().unwrap();

    let slow = Session::new(Some(id), store.clone(), expiry);
    slow.insert("k", 2).await.unwrap();
    Session::new(Some(id), store.clone(), expiry).flush().await.unwrap();
    slow.save().await.unwrap();

    assert!(store.load(&id).await.unwrap().is_none());
    let (rows,): (i64,) = sqlx::query_as("select count(*) from sessions").fetch_one(app.pool()).await.unwrap();
    assert_eq!(rows, 0);
}

#[tokio::test]
async fn a_logout_during_a_slow_request_of_the_same_session_stays_logged_out() {
    let app = App::start().await;
    let ada = app.visitor();
    let cookie = cookie(&ada.register("Ada", "ada@example.org", PASSWORD).await).unwrap();
    // A request that changes its session and takes its time, through the same layer and store as every other.
    let (begun, go_on) = (Arc::new(Notify::new()), Arc::new(Notify::new()));
    let handler = {
        let (begun, go_on) = (begun.clone(), go_on.clone());
        move |session: Session| async move {
            session.insert("k", 1).await.unwrap();
            begun.notify_one();
            go_on.notified().await;
        }
    };
    let store = HashedStore::new(app.state.database.clone(), app.state.clock.clone());
    let slow = Router::new().route("/", get(handler)).layer(sessions::layer(store, false));
    let request = Request::get("/").header("cookie", &cookie).body(Body::empty()).unwrap();
    let slow = tokio::spawn(slow.oneshot(request));
    begun.notified().await;
    assert_eq!(ada.log_out().await.status(), StatusCode::SEE_OTHER);
    go_on.notify_one();
    assert_eq!(slow.await.unwrap().unwrap().status(), StatusCode::OK);

    let answer = app.visitor().client.get(app.url("/tasks")).header("cookie", cookie).send().await.unwrap();
    assert_eq!(answer.status(), StatusCode::SEE_OTHER, "the old cookie logs in");
    let (rows,): (i64,) = sqlx::query_as("select count(*) from sessions").fetch_one(app.pool()).await.unwrap();
    assert_eq!(rows, 0);
}

/// Days and hours after the test's clock began, as it takes them.
fn after(hours: i64) -> String {
    let begun: jiff::Timestamp = BEGUN.parse().unwrap();
    (begun + jiff::SignedDuration::from_hours(hours)).to_string()
}

const BEGUN: &str = "2026-11-21T12:00:00Z";

#[tokio::test]
async fn a_session_in_use_goes_on_and_one_that_is_not_ends() {
    let app = App::at(BEGUN).await;
    let (used, idle) = (app.person("ada").await, app.person("bob").await);
    app.set_clock(&after(13 * 24));
    assert!(used.is_logged_in().await);
    app.set_clock(&after(14 * 24));
    assert!(used.is_logged_in().await && !idle.is_logged_in().await);
    app.set_clock(&after(28 * 24 - 1));
    assert!(used.is_logged_in().await);
}

#[tokio::test]
async fn a_session_ends_after_ninety_days_however_much_it_is_used() {
    let app = App::at(BEGUN).await;
    let ada = app.person("ada").await;
    for day in (10..90).step_by(10) {
        app.set_clock(&after(day * 24));
        assert!(ada.is_logged_in().await, "{day}");
    }
    app.set_clock(&after(90 * 24 - 1));
    assert!(ada.is_logged_in().await);
    app.set_clock(&after(90 * 24));
    assert!(!ada.is_logged_in().await);
}

#[tokio::test]
async fn the_last_use_of_a_session_is_noted_every_five_minutes_and_no_more() {
    let app = App::at(BEGUN).await;
    let ada = app.person("ada").await;
    let mut seen = Vec::new();
    for minutes in [0, 4, 5, 6, 10, 11, 12] {
        app.state.clock.set(BEGUN.parse::<jiff::Timestamp>().unwrap() + jiff::SignedDuration::from_mins(minutes));
        ada.is_logged_in().await;
        seen.push(app.value(&format!("select extract(minute from last_seen_at - '{BEGUN}')::int from sessions")).await);
    }
    assert_eq!(seen, ["0", "0", "0", "6", "6", "6", "12"]);
}

#[tokio::test]
async fn many_requests_at_once_leave_the_session_as_it_was() {
    let app = App::start().await;
    let ada = app.person("ada").await;
    // Nothing but the login and the device is in it, so there is nothing that one request could lose of another's.
    let data = "select encode(data, 'hex') from sessions";
    let before = app.value(data).await;
    let requests = (0..20).map(|number| {
        let ada = ada.clone();
        tokio::spawn(async move {
            let (zone, title) = (["UTC", "Europe/Berlin"][number % 2], format!("task {number}"));
            assert_eq!(ada.call("set_time_zone", &[("time_zone", zone)]).await.status(), StatusCode::OK);
            ada.add(&title).await;
            assert!(ada.is_logged_in().await);
        })
    });
    for request in requests.collect::<Vec<_>>() {
        request.await.unwrap();
    }
    assert_eq!(app.value(data).await, before);
}

#[tokio::test]
async fn sessions_that_are_over_are_deleted() {
    let app = App::start().await;
    let (_ada, bob) = (app.person("ada").await, app.person("bob").await);
    sqlx::query("update sessions set expiry_date = now() - interval '1 second' where user_id = (select id from users where name = 'ada')")
        .execute(app.pool())
        .await
        .unwrap();
    assert_eq!(jobs::run_once(&app.state).await, 0);
    assert_eq!(app.value("select count(*) from sessions").await, "1");
    assert!(bob.is_logged_in().await);
}

#[tokio::test]
async fn logging_out_ends_this_session_only() {
    let app = App::start().await;
    let desk = app.person("ada").await;
    let phone = app.visitor();
    phone.log_in("ada@example.org", PASSWORD).await;
    desk.log_out().await;
    assert!(!desk.is_logged_in().await);
    assert!(phone.is_logged_in().await);
}

#[tokio::test]
async fn a_row_says_whose_session_it_is_and_from_which_device() {
    let app = App::start().await;
    let request = app.visitor().client.post(app.url("/fn/register")).header("user-agent", "Lynx/2.9");
    let fields = [("name", "Ada"), ("email", "ada@example.org"), ("password", PASSWORD)];
    assert_eq!(request.form(&fields).send().await.unwrap().status(), StatusCode::OK);
    let (email, address, agent): (String, String, String) = sqlx::query_as(
        "select email, host(ip_address), user_agent from sessions join users on users.id = sessions.user_id",
    )
    .fetch_one(app.pool())
    .await
    .unwrap();
    assert_eq!((email.as_str(), address.as_str(), agent.as_str()), ("ada@example.org", "127.0.0.1", "Lynx/2.9"));
}

#[tokio::test]
async fn a_session_never_outlives_its_absolute_limit() {
    let app = App::start().await;
    let store = HashedStore::new(app.state.database.clone(), app.state.clock.clone());
    let session = Session::new(None, Arc::new(store), Some(Expiry::OnInactivity(Duration::days(365))));
    session.insert("k", 1).await.unwrap();
    session.save().await.unwrap();
    let (within,): (bool,) = sqlx::query_as(
        "select expiry_date <= absolute_expiry and absolute_expiry <= now() + interval '90 days' from sessions",
    )
    .fetch_one(app.pool())
    .await
    .unwrap();
    assert!(within);
}
