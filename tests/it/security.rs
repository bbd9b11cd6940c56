//! Passwords that are guessed, logins that are tried, and what the owner of an account sees of it.

use reqwest::StatusCode;

use crate::support::{App, Browser, PASSWORD, Page};

const OTHER: &str = "another good one of mine";

async fn wrong(browser: &Browser) -> StatusCode {
    browser.log_in("ada@example.org", "not the password").await.status()
}

#[tokio::test]
async fn a_password_that_is_guessed_soon_is_refused_in_words() {
    let app = App::start().await;
    for password in ["password", "12345678", "qwertyuiop", "docketdocket", "ada@example.org", "Ada Lovelace"] {
        let answer = app.visitor().register("Ada Lovelace", "ada@example.org", password).await;
        assert_eq!(answer.status(), StatusCode::UNPROCESSABLE_ENTITY, "{password}");
        let page = Page::of(answer).await;
        let message = page.texts("#register-password-message").concat();
        assert!(message.starts_with("Too easy to guess: "), "{password}: {message}");
    }
    assert_eq!(app.value("select count(*) from users").await, "0");
}

#[tokio::test]
async fn a_hash_of_a_system_built_on_the_seeds_is_accepted_once_and_replaced() {
    let app = App::start().await;
    app.person("ada").await;
    let old = bcrypt::hash(PASSWORD, 4).unwrap();
    app.sql(&format!("update users set password_hash = '{old}'")).await;
    assert_eq!(wrong(&app.visitor()).await, StatusCode::UNAUTHORIZED);
    assert_eq!(app.value("select password_hash from users").await, old);
    for _ in 0..2 {
        assert_eq!(app.visitor().log_in("ada@example.org", PASSWORD).await.status(), StatusCode::SEE_OTHER);
        assert!(app.value("select password_hash from users").await.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"));
    }
}

#[tokio::test]
async fn another_password_asks_for_the_current_one_and_ends_every_other_session() {
    let app = App::start().await;
    let ada = app.person("ada").await;
    let elsewhere = app.visitor();
    elsewhere.log_in("ada@example.org", PASSWORD).await;
    let change = async |current: &str, new: &str| {
        let fields = [("current_password", current), ("new_password", new), ("form_next", "/settings/security")];
        ada.submit("/settings/security", "/fn/change_password", &fields).await
    };
    let refused = change("not the password", OTHER).await;
    assert_eq!(refused.status(), StatusCode::FORBIDDEN);
    let page = Page::of(refused).await;
    assert_eq!(page.texts("#change-password-current_password-message"), ["This is not your current password."]);
    assert!(!page.text.contains(OTHER) && elsewhere.is_logged_in().await);
    let weak = change(PASSWORD, "password").await;
    assert_eq!(weak.status(), StatusCode::UNPROCESSABLE_ENTITY);
    assert_eq!(change(PASSWORD, OTHER).await.status(), StatusCode::SEE_OTHER);
    assert!(ada.is_logged_in().await && !elsewhere.is_logged_in().await);
    assert_eq!(app.visitor().log_in("ada@example.org", PASSWORD).await.status(), StatusCode::UNAUTHORIZED);
    assert_eq!(app.visitor().log_in("ada@example.org", OTHER).await.status(), StatusCode::SEE_OTHER);
}

#[tokio::test]
async fn of_a_hundred_wrong_logins_at_once_each_is_counted() {
    let app = App::with(&[("DATABASE_ACQUIRE_TIMEOUT", "60")]).await;
    app.person("ada").await;
    let tries = (0..100).map(|_| {
        let visitor = app.visitor();
        tokio::spawn(async move { wrong(&visitor).await })
    });
    let mut counted = 0;
    for answer in tries.collect::<Vec<_>>() {
        match answer.await.unwrap() {
            StatusCode::UNAUTHORIZED => counted += 1,
            // It came when there were enough already, or Docket had no time for it.
            StatusCode::TOO_MANY_REQUESTS | StatusCode::SERVICE_UNAVAILABLE => {}
            other => panic!("{other}"),
        }
    }
    // The last of the free ones sets a delay for all that come after it, however many were on their way.
    assert_eq!(counted, 6);
    let failures = "select string_agg(failures::text, ' ') from login_delays where key not like '%mail%'";
    assert_eq!(app.value(failures).await, format!("{counted} {counted}"));
}

#[tokio::test]
async fn two_hundred_logins_at_once_get_an_answer_each_and_the_rest_goes_on() {
    let app = App::start().await;
    let ada = app.person("ada").await;
    let logins = (0..200).map(|_| {
        let visitor = app.visitor();
        tokio::spawn(async move {
            let answer = visitor.log_in("ada@example.org", PASSWORD).await;
            (answer.status(), answer.headers().contains_key("retry-after"))
        })
    });
    let logins: Vec<_> = logins.collect();
    for _ in 0..20 {
        assert_eq!(ada.get("/healthz").await.status(), StatusCode::OK);
    }
    let mut taken = 0;
    for login in logins {
        match login.await.unwrap() {
            (StatusCode::SEE_OTHER, false) => taken += 1,
            (StatusCode::SERVICE_UNAVAILABLE, true) => {}
            other => panic!("{other:?}"),
        }
    }
    assert!(taken > 0 && ada.is_logged_in().await);
}

#[tokio::test]
async fn who_guesses_waits_longer_each_time_but_not_for_ever_and_the_owner_stays_logged_in() {
    let app = App::at("2026-11-21T12:00:00Z").await;
    let ada = app.person("ada").await;
    for _ in 0..6 {
        assert_eq!(wrong(&app.visitor()).await, StatusCode::UNAUTHORIZED);
    }
    // The right one waits too: who guesses must not learn which one it is.
    let refused = app.visitor().log_in("ada@example.org", PASSWORD).await;
    assert_eq!(
        (refused.status(), refused.headers()["retry-after"].to_str().unwrap()),
        (StatusCode::TOO_MANY_REQUESTS, "1")
    );
    let page = Page::of(refused).await;
    assert_eq!(page.texts("[role=alert]"), ["Too many tries. Wait a second and try again."]);
    // An address that has no account is treated the same way.
    for _ in 0..6 {
        app.visitor().log_in("nobody@example.org", "not the password").await;
    }
    let refused = app.visitor().log_in("nobody@example.org", "not the password").await;
    assert_eq!(refused.status(), StatusCode::TOO_MANY_REQUESTS);
    assert!(ada.is_logged_in().await);
    let mut clock: jiff::Timestamp = "2026-11-21T12:00:00Z".parse().unwrap();
    for seconds in [2, 4, 8, 16] {
        clock += jiff::SignedDuration::from_secs(seconds);
        app.set_clock(&clock.to_string());
        assert_eq!(wrong(&app.visitor()).await, StatusCode::UNAUTHORIZED, "{seconds}");
        let answer = app.visitor().log_in("ada@example.org", PASSWORD).await;
        assert_eq!(answer.headers()["retry-after"].to_str().unwrap(), seconds.to_string());
    }
    // Another Docket on this database, such as the same one after a restart, knows it too.
    let again = App::on(app.options.clone(), &[]).await;
    app.sql("update login_delays set wait_until = now() + interval '10 seconds' where failures > 6").await;
    assert_eq!(again.visitor().log_in("ada@example.org", PASSWORD).await.status(), StatusCode::TOO_MANY_REQUESTS);
    app.sql("update login_delays set wait_until = now() - interval '1 second'").await;
    app.set_clock("2030-11-21T12:00:00Z");
    assert_eq!(app.visitor().log_in("ada@example.org", PASSWORD).await.status(), StatusCode::SEE_OTHER);
    assert_eq!(app.value("select count(*) from login_delays where failures > 6 and key like 'account:%'").await, "0");
}

#[tokio::test]
async fn only_our_own_proxies_say_who_asks() {
    for (proxies, networks) in [("", "1"), ("127.0.0.0/8", "3")] {
        let app = App::with(&[("DOCKET_TRUSTED_PROXIES", proxies)]).await;
        for address in ["198.51.100.1", "198.51.100.2", "2001:db8::1"] {
            let request = app.visitor().client.post(app.url("/fn/log_in")).header("x-forwarded-for", address);
            let answer = request.form(&[("email", "ada@example.org"), ("password", "wrong one")]).send().await.unwrap();
            assert_eq!(answer.status(), StatusCode::UNAUTHORIZED);
        }
        assert_eq!(app.value("select count(*) from login_delays where key like 'network:%'").await, networks);
    }
}

#[tokio::test]
async fn the_owner_sees_every_device_and_logs_one_or_all_others_out() {
    let app = App::start().await;
    let ada = app.person("ada").await;
    let others: Vec<_> = (0..3).map(|_| app.visitor()).collect();
    for other in &others {
        other.log_in("ada@example.org", PASSWORD).await;
    }
    let eve = app.person("eve").await;
    app.sql(
        "update sessions set user_agent = 'Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0', ip_address = '192.0.2.7'
         where user_id = (select id from users where name = 'ada')",
    )
    .await;
    let page = ada.page("/settings/security").await;
    assert_eq!(page.texts("ul.rows li b"), ["Firefox on Linux"; 4]);
    assert!(page.text.contains("(this device)") && page.text.contains("192.0.2.7 · since today"));
    let ids = page.attributes("input[name=session]", "value");
    assert_eq!(ids.len(), 3);
    // What is no id, and somebody else's, are ones that don't exist.
    for id in ["", "\0", "é", "nothing"] {
        assert_eq!(ada.call("end_session", &[("session", id)]).await.status(), StatusCode::NOT_FOUND, "{id:?}");
    }
    let answer = eve.submit("/settings/security", "/fn/end_session", &[("session", &ids[0])]).await;
    assert_eq!(answer.status(), StatusCode::NOT_FOUND);
    let answer = ada.submit("/settings/security", "/fn/end_session", &[("session", &ids[0])]).await;
    assert_eq!(answer.status(), StatusCode::SEE_OTHER);
    let mut left = 0;
    for other in &others {
        left += usize::from(other.is_logged_in().await);
    }
    assert_eq!(left, 2);
    ada.submit("/settings/security", "/fn/end_other_sessions", &[]).await;
    for other in &others {
        assert!(!other.is_logged_in().await);
    }
    assert!(ada.is_logged_in().await && eve.is_logged_in().await);
}

#[tokio::test]
async fn the_owner_sees_what_happened_to_the_account() {
    let app = App::start().await;
    let ada = app.person("ada").await;
    wrong(&app.visitor()).await;
    app.visitor().log_in("ada@example.org", PASSWORD).await;
    let fields = [("current_password", "wrong one"), ("new_password", OTHER)];
    ada.submit("/settings/security", "/fn/change_password", &fields).await;
    let fields = [("current_password", PASSWORD), ("new_password", OTHER)];
    ada.submit("/settings/security", "/fn/change_password", &fields).await;
    let eve = app.person("eve").await;
    let events = ada.page("/settings/security").await.texts(".events li");
    let expected = [
        "The password was changed",
        "A wrong password was typed where the current one is asked for",
        "Logged in",
        "A login failed: wrong password",
        "The account was made",
    ];
    assert_eq!(events.len(), expected.len(), "{events:?}");
    for (event, expected) in events.iter().zip(expected) {
        assert!(event.starts_with(expected) && event.contains("127.0.0.1"), "{event}");
    }
    assert_eq!(eve.page("/settings/security").await.texts(".events li").len(), 1);
    let logged = "select string_agg(coalesce(old_values::text, '') || new_values, ' ') from audit_logs where entity_type = 'account'";
    let logged = app.value(logged).await;
    assert!(!logged.contains(PASSWORD) && !logged.contains(OTHER) && !logged.contains("wrong one"));
}

#[tokio::test]
async fn failed_logins_are_forgotten_after_a_day() {
    let app = App::at("2026-11-21T12:00:00Z").await;
    app.person("ada").await;
    wrong(&app.visitor()).await;
    docket::server::jobs::run_once(&app.state).await;
    // One for the account and one for the network; for the mail to a new account one each for its account, address and network.
    assert_eq!(app.value("select count(*) from login_delays").await, "5");
    app.set_clock("2026-11-22T12:00:01Z");
    docket::server::jobs::run_once(&app.state).await;
    assert_eq!(app.value("select count(*) from login_delays").await, "0");
}

#[tokio::test]
async fn what_is_no_address_is_refused_like_any_other() {
    let app = App::start().await;
    for email in ["ada\0@example.org", "", "no address", &"x".repeat(10_000)] {
        let answer = app.visitor().log_in(email, "not the password").await;
        assert_eq!(answer.status(), StatusCode::UNAUTHORIZED, "{email:?}");
    }
}

#[tokio::test]
async fn judging_a_password_takes_no_more_than_it_may_have() {
    let app = App::start().await;
    let long = "word ".repeat(10_000);
    let fields = [("password", "correct horse battery"), ("name", &*long), ("email", "x")];
    assert_eq!(app.visitor().call("judge_password", &fields).await.status(), StatusCode::OK);
    let fields = [("password", &*long), ("name", "x"), ("email", "x")];
    let answer = app.visitor().call("judge_password", &fields).await.text().await.unwrap();
    assert_eq!(answer, r#"{"Refused":"TooLong"}"#);
}

#[tokio::test]
async fn whoever_finds_a_hole_is_told_whom_to_tell() {
    const PATH: &str = "/.well-known/security.txt";
    let contact = ("DOCKET_SECURITY_CONTACT", "mailto:security@example.org");
    let public = ("DOCKET_PUBLIC_URL", "https://todo.example.org");
    let app = App::at_with("2026-11-22T21:45:10Z", &[contact, public]).await;
    let answer = app.visitor().get(PATH).await;
    assert_eq!(answer.status(), StatusCode::OK);
    assert_eq!(answer.headers()["content-type"], "text/plain; charset=utf-8");
    assert!(!answer.headers().contains_key("set-cookie"));
    assert_eq!(
        answer.text().await.unwrap(),
        "Contact: mailto:security@example.org\nExpires: 2027-05-21T00:00:00Z\nPreferred-Languages: en, de\n\
         Canonical: https://todo.example.org/.well-known/security.txt\n"
    );
    // It never says of itself that it is over.
    app.set_clock("2027-05-21T00:00:00Z");
    assert!(app.visitor().get(PATH).await.text().await.unwrap().contains("\nExpires: 2027-11-17T00:00:00Z\n"));
    // RFC 9116: only what begins with https.
    let plain = App::at_with("2026-11-22T21:45:10Z", &[contact, ("DOCKET_PUBLIC_URL", "http://todo.lan")]).await;
    assert!(!plain.visitor().get(PATH).await.text().await.unwrap().contains("Canonical"));
    let nobody = App::start().await;
    assert_eq!(nobody.visitor().get(PATH).await.status(), StatusCode::NOT_FOUND);
}
