//! The second step of a login: codes of an app, backup codes, and who has to have them.

use docket::domain::factor::{BackupCodes, Factors};
use reqwest::{Method, StatusCode};
use serde_json::json;
use totp_rs::{Builder, Secret};

use crate::{
    api::Program,
    support::{App, Browser, PASSWORD, location},
};

const NOON: &str = "2026-11-21T12:00:00Z";
const ADA: &str = "ada@example.org";

/// What an app with this key shows at this time, so many seconds from noon.
fn code(key: &str, seconds: i64) -> String {
    let app =
        Builder::new().with_secret(Secret::try_from_base32(key).unwrap()).with_account_name("ada").build().unwrap();
    let noon: time::OffsetDateTime = time::OffsetDateTime::from_unix_timestamp(1_795_262_400).unwrap();
    app.generate(u64::try_from(noon.unix_timestamp() + seconds).unwrap()).to_string()
}

fn at(app: &App, seconds: u32) {
    app.set_clock(&format!("2026-11-21T12:{:02}:{:02}Z", seconds / 60, seconds % 60));
}

async fn factors(browser: &Browser) -> Factors {
    let answer = browser.call("get_factors", &[]).await;
    assert_eq!(answer.status(), StatusCode::OK);
    serde_json::from_str(&answer.text().await.unwrap()).unwrap()
}

/// Sets up an app at noon; gives its key, and backup codes.
async fn set_up(browser: &Browser) -> (String, Vec<String>) {
    assert_eq!(browser.call("begin_codes", &[]).await.status(), StatusCode::OK);
    let key = factors(browser).await.draft.unwrap().key;
    let answer = browser.call("confirm_codes", &[("code", &code(&key, 0))]).await;
    assert_eq!(answer.status(), StatusCode::OK);
    let BackupCodes(codes) = serde_json::from_str(&answer.text().await.unwrap()).unwrap();
    assert_eq!(codes.len(), 10);
    (key, codes)
}

/// Somebody whose account asks for codes, in a new browser, with the first step done.
async fn halfway(app: &App) -> Browser {
    let browser = app.visitor();
    let answer = browser.call("log_in", &[("email", ADA), ("password", PASSWORD)]).await;
    assert_eq!(answer.status(), StatusCode::UNAUTHORIZED);
    assert!(answer.text().await.unwrap().contains("second_factor_needed"));
    assert!(!browser.is_logged_in().await, "the password alone lets nobody in");
    browser
}

/// The status of a second step.
async fn step(browser: &Browser, code: &str) -> u16 {
    browser.call("second_step", &[("code", code)]).await.status().as_u16()
}

#[tokio::test]
async fn a_code_is_asked_for_and_works_once() {
    let app = App::at(NOON).await;
    let (key, _) = set_up(&app.person("ada").await).await;
    let browser = halfway(&app).await;
    assert_eq!(step(&browser, &code(&key, 0)).await, 403, "enrolment has used it up");
    assert_eq!(step(&browser, &code(&key, -30)).await, 403, "so it has the one before");
    at(&app, 45);
    assert_eq!(step(&browser, &code(&key, 30)).await, 200);
    assert!(browser.is_logged_in().await);
    assert_eq!(app.value("select count(*) from audit_logs where action = 'login'").await, "1");
    let other = halfway(&app).await;
    assert_eq!(step(&other, &code(&key, 30)).await, 403, "used");
    assert_eq!(app.value("select count(*) from audit_logs where action = 'code_failed'").await, "3");
}

#[tokio::test]
async fn the_step_before_works_within_the_window_and_an_older_one_does_not() {
    let app = App::at(NOON).await;
    let (key, _) = set_up(&app.person("ada").await).await;
    at(&app, 10 * 60);
    for (seconds, expected) in [(9 * 60, 403), (9 * 60 + 29, 403), (10 * 60 + 60, 403), (9 * 60 + 30, 200)] {
        let browser = halfway(&app).await;
        assert_eq!(step(&browser, &code(&key, seconds)).await, expected, "{seconds}");
    }
    // Ahead by a step, as the clock of a phone may be.
    let browser = halfway(&app).await;
    assert_eq!(step(&browser, &code(&key, 10 * 60 + 30)).await, 200);
    let browser = halfway(&app).await;
    assert_eq!(step(&browser, &code(&key, 10 * 60)).await, 403, "the one between is over with it");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_twenty_at_once_one_code_lets_one_in() {
    let app = App::at(NOON).await;
    let (key, backup) = set_up(&app.person("ada").await).await;
    at(&app, 300);
    for code in [code(&key, 300), backup[3].clone()] {
        app.sql("delete from login_delays").await;
        let mut browsers = Vec::new();
        for _ in 0..20 {
            browsers.push(halfway(&app).await);
        }
        let steps = browsers.iter().map(|browser| {
            let (browser, code) = (browser.clone(), code.clone());
            tokio::spawn(async move { step(&browser, &code).await })
        });
        let steps: Vec<_> = steps.collect();
        let mut done = Vec::new();
        for step in steps {
            done.push(step.await.unwrap());
        }
        assert_eq!(done.iter().filter(|status| **status == 200).count(), 1, "{done:?}");
        assert!(done.iter().all(|status| matches!(status, 200 | 403 | 429)), "{done:?}");
    }
    assert_eq!(app.value("select count(*) from backup_codes").await, "9");
}

#[tokio::test]
async fn a_backup_code_works_once_however_it_is_typed_and_new_ones_end_the_old() {
    let app = App::at(NOON).await;
    let ada = app.person("ada").await;
    let (_, backup) = set_up(&ada).await;
    assert_eq!(factors(&ada).await.backup_codes, 10);
    let browser = halfway(&app).await;
    assert_eq!(step(&browser, &backup[0].to_uppercase().replace('-', " ")).await, 200);
    assert_eq!(step(&halfway(&app).await, &backup[0]).await, 403);
    assert_eq!(factors(&ada).await.backup_codes, 9);
    let answer = ada.call("make_backup_codes", &[]).await;
    let BackupCodes(new) = serde_json::from_str(&answer.text().await.unwrap()).unwrap();
    assert_eq!(step(&halfway(&app).await, &backup[1]).await, 403, "over");
    assert_eq!(step(&halfway(&app).await, &new[1]).await, 200);
    let stored = app.value("select string_agg(encode(mark, 'escape'), ' ') from backup_codes").await;
    assert!(!new.iter().any(|code| stored.contains(&code.replace('-', ""))));
}

#[tokio::test]
async fn wrong_codes_make_the_next_one_wait_and_that_ends_by_itself() {
    let app = App::at(NOON).await;
    let ada = app.person("ada").await;
    let (key, _) = set_up(&ada).await;
    let browser = halfway(&app).await;
    for _ in 0..6 {
        assert_eq!(step(&browser, "000000").await, 403);
    }
    at(&app, 1);
    assert_eq!(step(&browser, &code(&key, 30)).await, 429, "the right one waits, too");
    // Another login doesn't begin anew, and a live session is spared.
    assert_eq!(step(&halfway(&app).await, &code(&key, 30)).await, 429);
    assert!(ada.is_logged_in().await);
    at(&app, 30);
    assert_eq!(step(&browser, &code(&key, 30)).await, 200);
}

#[tokio::test]
async fn every_way_in_asks_for_the_second_step() {
    let app = App::at(NOON).await;
    let ada = app.person("ada").await;
    let (key, backup) = set_up(&ada).await;
    // A form without scripts leads to the page that asks.
    let browser = app.visitor();
    let fields = [("email", ADA), ("password", PASSWORD), ("form_next", "/board")];
    let answer = browser.submit("/login", "/fn/log_in", &fields).await;
    assert_eq!((answer.status(), location(&answer)), (StatusCode::SEE_OTHER, "/login/second?next=%2Fboard"));
    assert_eq!(browser.page("/login/second?next=%2Fboard").await.texts("h1"), ["Second step"]);
    let refused = browser.submit("/login/second", "/fn/second_step", &[("code", "000000")]).await;
    assert_eq!(refused.status(), StatusCode::FORBIDDEN);
    let answer =
        browser.submit("/login/second", "/fn/second_step", &[("code", &backup[0]), ("form_next", "/board")]).await;
    assert_eq!(location(&answer), "/board");
    assert!(browser.is_logged_in().await);

    // The API.
    let program = Program::with_bearer(&app, None);
    let mut login = json!({ "email": ADA, "password": PASSWORD });
    let answer = program.send(Method::POST, "/auth/login", &login).await;
    assert_eq!((answer.status, answer.code()), (401, "second_factor_needed"));
    login["code"] = "000000".into();
    let answer = program.send(Method::POST, "/auth/login", &login).await;
    assert_eq!((answer.status, answer.code()), (403, "wrong_code"));
    login["code"] = backup[1].clone().into();
    assert_eq!(program.send(Method::POST, "/auth/login", &login).await.status, 200);

    // The same registration again.
    let again = json!({ "email": ADA, "name": "ada", "password": PASSWORD });
    let answer = program.send_with(Method::POST, "/auth/register", &again, &[("idempotency-key", "one")]).await;
    assert!((400..500).contains(&answer.status), "{}", answer.status);

    // A link of a mail: the password is set, and the second step asked for all the same.
    let id = app.actor("ada").await.user;
    app.sql(&format!(
        "update users set email_verified_at = now() where id = '{id}';
         insert into verifications (id, user_id, purpose, email, code_hash, expires_at)
         values (gen_random_uuid(), '{id}', 'reset', '{ADA}', sha256('{0}'), '2026-11-21T12:10:00Z')
         on conflict (user_id, purpose) do update set code_hash = excluded.code_hash, expires_at = excluded.expires_at",
        "a".repeat(64)
    ))
    .await;
    let browser = app.visitor();
    let fields = [("code", "a".repeat(64)), ("new_password", "another horse battery".to_owned())];
    let fields: Vec<_> = fields.iter().map(|(name, value)| (*name, value.as_str())).collect();
    let answer = browser.call("reset_password", &fields).await;
    assert_eq!(answer.status(), StatusCode::UNAUTHORIZED);
    assert!(!browser.is_logged_in().await);
    at(&app, 60);
    assert_eq!(step(&browser, &code(&key, 60)).await, 200);
    assert!(browser.is_logged_in().await);
}

#[tokio::test]
async fn what_cannot_be_taken_back_and_tokens_ask_for_a_code_too() {
    let app = App::at(NOON).await;
    let ada = app.person("ada").await;
    let (key, backup) = set_up(&ada).await;
    // The session isn't fresh any more.
    app.set_clock("2026-11-21T12:30:00Z");
    let token = [("name", "x"), ("scopes[0]", "tasks:read"), ("expires", "7")];
    for (function, fields) in [("make_token", token.as_slice()), ("end_codes", &[]), ("make_backup_codes", &[])] {
        let with = |more: &[(&'static str, &str)]| {
            [fields, more].concat().iter().map(|(a, b)| ((*a).to_owned(), (*b).to_owned())).collect::<Vec<_>>()
        };
        for (more, said) in [
            (with(&[]), "not_confirmed"),
            (with(&[("confirm_password", PASSWORD)]), "code_not_confirmed"),
            (with(&[("confirm_password", PASSWORD), ("confirm_code", "000000")]), "code_not_confirmed"),
            (with(&[("confirm_password", "wrong horse battery"), ("confirm_code", &backup[0])]), "not_confirmed"),
        ] {
            let more: Vec<_> = more.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
            let answer = ada.call(function, &more).await;
            assert_eq!(answer.status(), StatusCode::FORBIDDEN, "{function}");
            assert!(answer.text().await.unwrap().contains(said), "{function}: {said}");
        }
        app.sql("delete from login_delays").await;
    }
    let now = code(&key, 1800);
    let fields = [token.as_slice(), &[("confirm_password", PASSWORD), ("confirm_code", &now)]].concat();
    assert_eq!(ada.call("make_token", &fields).await.status(), StatusCode::OK);
    // Typed a moment ago: it counts for ten minutes.
    assert_eq!(ada.call("end_codes", &[]).await.status(), StatusCode::OK);
    let browser = app.visitor();
    assert_eq!(browser.log_in(ADA, PASSWORD).await.status(), StatusCode::SEE_OTHER, "nothing else is asked for");
}

#[tokio::test]
async fn who_is_halfway_in_is_out_with_the_account_the_epoch_and_time() {
    let app = App::at(NOON).await;
    let (_, backup) = set_up(&app.person("ada").await).await;
    let ends =
        ["update users set is_active = false", "update users set is_active = true, session_epoch = gen_random_uuid()"];
    for (end, code) in ends.into_iter().zip(&backup) {
        let browser = halfway(&app).await;
        app.sql(end).await;
        assert_eq!(step(&browser, code).await, 401, "{end}");
        assert!(!browser.is_logged_in().await);
        app.sql("update users set is_active = true").await;
    }
    let browser = halfway(&app).await;
    app.set_clock("2026-11-21T12:10:00Z");
    assert_eq!(step(&browser, &backup[2]).await, 401, "after ten minutes");
    assert_eq!(step(&app.visitor(), &backup[2]).await, 401, "nobody at all");
    assert_eq!(app.value("select count(*) from backup_codes").await, "10", "none was used up");
}

#[tokio::test]
async fn who_has_to_have_a_second_factor_gets_no_further_without() {
    let app = App::at(NOON).await;
    let (root, eve) = (app.person("root").await, app.person("eve").await);
    let token = [("name", "x"), ("scopes[0]", "tasks:read"), ("expires", "7")];
    let made = root.call("make_token", &token).await.text().await.unwrap();
    let bearer = serde_json::from_str::<docket::domain::token::NewToken>(&made).unwrap().token;
    let allowed = async |browser: &Browser| browser.call("list_tasks", &[("url", "/tasks")]).await.status().as_u16();
    for (fields, status) in [
        ([("required", "somebody"), ("days", "0")], 422),
        ([("required", "admins"), ("days", "91")], 422),
        ([("required", "admins"), ("days", "1")], 200),
    ] {
        assert_eq!(root.call("set_policy", &fields).await.status().as_u16(), status);
    }
    assert_eq!(eve.call("set_policy", &[("required", "nobody"), ("days", "0")]).await.status().as_u16(), 404);
    // The database's own clock says when that is.
    app.sql("update factor_policy set from_when = now() + interval '1 hour'").await;
    assert_eq!((allowed(&root).await, allowed(&eve).await), (200, 200), "there is time");
    assert!(root.page("/settings/security").await.texts(".banner")[0].contains("asks you for a second factor"));
    app.sql("update factor_policy set from_when = now() - interval '1 hour'").await;
    assert_eq!((allowed(&root).await, allowed(&eve).await), (403, 200));
    let answer = Program::with_bearer(&app, Some(&bearer)).get("/tasks").await;
    assert_eq!((answer.status, answer.code()), (403, "factor_required"));
    assert_eq!(location(&root.get("/today").await), "/settings/security");
    assert_eq!(root.get("/settings/data/export.json").await.status(), StatusCode::SEE_OTHER);
    for (function, fields) in
        [("make_token", token.as_slice()), ("set_policy", &[("required", "nobody"), ("days", "0")])]
    {
        assert_eq!(root.call(function, fields).await.status(), StatusCode::FORBIDDEN, "{function}");
    }
    assert!(root.page("/settings/security").await.texts(".banner")[0].contains("before you go on"));
    app.sql("update factor_policy set required = 'everybody'").await;
    assert_eq!(allowed(&eve).await, 403);
    // What they need is there.
    set_up(&root).await;
    assert_eq!(allowed(&root).await, 200);
    assert_eq!(Program::with_bearer(&app, Some(&bearer)).get("/tasks").await.status, 200);
}

#[tokio::test]
async fn who_lost_everything_is_let_in_by_who_runs_docket() {
    let app = App::at(NOON).await;
    let (root, ada) = (app.person("root").await, app.person("ada").await);
    set_up(&ada).await;
    let id = app.actor("ada").await.user.to_string();
    let reset = [("account", id.as_str()), ("order", "reset_factors")];
    assert_eq!(root.call("order_account", &reset).await.status(), StatusCode::OK);
    assert!(!ada.is_logged_in().await);
    assert_eq!(app.visitor().log_in(ADA, PASSWORD).await.status(), StatusCode::SEE_OTHER);
    assert_eq!(app.value("select count(*) from totp_secrets, backup_codes").await, "0");
}

#[tokio::test]
async fn another_password_asks_for_a_code_too() {
    let app = App::at(NOON).await;
    let ada = app.person("ada").await;
    let (_, backup) = set_up(&ada).await;
    let fields = [("current_password", PASSWORD), ("new_password", "another horse battery")];
    let answer = ada.call("change_password", &fields).await;
    assert_eq!(answer.status(), StatusCode::FORBIDDEN);
    assert!(answer.text().await.unwrap().contains("code_not_confirmed"));
    let fields = [fields.as_slice(), &[("confirm_code", backup[0].as_str())]].concat();
    assert_eq!(ada.call("change_password", &fields).await.status(), StatusCode::OK);
}

#[tokio::test]
async fn who_showed_the_password_alone_is_out_once_codes_are_asked_for() {
    let app = App::at(NOON).await;
    let ada = app.person("ada").await;
    let other = app.visitor();
    other.log_in(ADA, PASSWORD).await;
    set_up(&ada).await;
    assert!(ada.is_logged_in().await && !other.is_logged_in().await);
}

#[tokio::test]
async fn what_was_set_up_before_the_address_was_proven_ends_when_its_owner_comes_by_mail() {
    let app = App::at(NOON).await;
    set_up(&app.person("ada").await).await;
    let id = app.actor("ada").await.user;
    app.sql(&format!(
        "insert into passkeys (id, user_id, name, credential_id, credential) values (gen_random_uuid(), '{id}', 'x', 'x', '{{}}');
         insert into accounts (id, user_id, provider, provider_account_id) values (gen_random_uuid(), '{id}', 'acme', 'x');
         insert into verifications (id, user_id, purpose, email, code_hash, expires_at)
         values (gen_random_uuid(), '{id}', 'reset', '{ADA}', sha256('{0}'), '2026-11-21T12:10:00Z')
         on conflict (user_id, purpose) do update set code_hash = excluded.code_hash, expires_at = excluded.expires_at",
        "b".repeat(64)
    ))
    .await;
    let browser = app.visitor();
    let code = "b".repeat(64);
    let fields = [("code", code.as_str()), ("new_password", "another horse battery")];
    assert_eq!(browser.call("reset_password", &fields).await.status(), StatusCode::OK);
    assert!(browser.is_logged_in().await);
    let left =
        "select (select count(*) from passkeys) + (select count(*) from accounts) + (select count(*) from totp_secrets)
                     + (select count(*) from backup_codes)";
    assert_eq!(app.value(left).await, "0");
}

#[tokio::test]
async fn the_last_way_in_stays() {
    let app = App::at(NOON).await;
    let ada = app.person("ada").await;
    let answer = ada.call("drop_password", &[]).await;
    assert_eq!(answer.status(), StatusCode::CONFLICT);
    // An app is asked for after a password; alone it is no way in.
    set_up(&ada).await;
    assert_eq!(ada.call("drop_password", &[]).await.status(), StatusCode::CONFLICT);
    assert_eq!(
        ada.call("end_passkey", &[("passkey", &app.actor("ada").await.user.to_string())]).await.status(),
        StatusCode::NOT_FOUND
    );
}

#[tokio::test]
async fn a_draft_ends_after_half_an_hour_and_asks_nobody_for_anything() {
    let app = App::at(NOON).await;
    let ada = app.person("ada").await;
    assert_eq!(ada.call("begin_codes", &[]).await.status(), StatusCode::OK);
    let key = factors(&ada).await.draft.unwrap().key;
    assert_eq!(app.visitor().log_in(ADA, PASSWORD).await.status(), StatusCode::SEE_OTHER);
    assert_eq!(ada.call("confirm_codes", &[("code", "000000")]).await.status(), StatusCode::FORBIDDEN);
    app.set_clock("2026-11-21T12:30:00Z");
    assert!(factors(&ada).await.draft.is_none());
    assert_eq!(ada.call("confirm_codes", &[("code", &code(&key, 1800))]).await.status(), StatusCode::NOT_FOUND);
    // Nor does a session see it that is older than that.
    ada.call("begin_codes", &[("confirm_password", PASSWORD)]).await;
    let other = app.visitor();
    other.log_in(ADA, PASSWORD).await;
    app.sql("update sessions set created_at = created_at - interval '1 hour'").await;
    assert!(factors(&other).await.draft.is_none());
    let sealed = app.value("select encode(secret, 'base64') from totp_secrets").await;
    assert!(!sealed.contains(&key));
}
