//! Who may do what: every page and every server function that the router knows, for everybody there is (`security.md` 32, 33).

use std::collections::BTreeSet;

use docket::web;
use reqwest::StatusCode;

use crate::support::{App, Browser, PASSWORD};

/// Whose things a function is about.
#[derive(Clone, Copy, PartialEq, Eq)]
enum For {
    /// Nobody's: it is for guests too.
    Everybody,
    /// Those of whoever asks.
    Oneself,
    /// Those of the owner: for anybody else they don't exist.
    Owner,
    /// Those of who runs this Docket: for anybody else they don't exist.
    Admin,
}

/// A server function, what it is called with, whose things it is about, and what the owner gets.
type Line = (&'static str, &'static [(&'static str, &'static str)], For, u16);

/// All of them. `TASK`, `CHANGE`, `SESSION`, `TOKEN`, `PASSKEY` and `SIGN_IN` are the owner's.
const FUNCTIONS: &[Line] = &[
    ("register", &[("name", "X"), ("email", "ada@example.org"), ("password", PASSWORD)], For::Everybody, 422),
    ("log_in", &[("email", "nobody@example.org"), ("password", PASSWORD)], For::Everybody, 401),
    ("log_out", &[], For::Everybody, 200),
    ("current_user", &[], For::Everybody, 200),
    ("judge_password", &[("password", "x")], For::Everybody, 200),
    ("change_password", &[("current_password", "wrong"), ("new_password", PASSWORD)], For::Oneself, 403),
    ("send_verification", &[], For::Oneself, 200),
    ("verify_email", &[("code", "none")], For::Everybody, 410),
    ("request_reset", &[("email", "not an address")], For::Everybody, 422),
    ("reset_password", &[("code", "none"), ("new_password", PASSWORD)], For::Everybody, 410),
    ("change_email", &[("email", "ada@example.org")], For::Oneself, 422),
    ("get_security", &[], For::Oneself, 200),
    ("end_session", &[("session", "SESSION")], For::Owner, 200),
    ("end_other_sessions", &[], For::Oneself, 200),
    ("set_preferences", &[("theme", "dark")], For::Everybody, 200),
    ("list_tokens", &[], For::Oneself, 200),
    ("make_token", &[("name", "x"), ("scopes[0]", "tasks:read"), ("expires", "7")], For::Oneself, 200),
    ("end_token", &[("token", "TOKEN")], For::Owner, 200),
    ("list_time_zones", &[], For::Oneself, 200),
    ("set_time_zone", &[("time_zone", "UTC")], For::Oneself, 200),
    ("set_name", &[("name", "X")], For::Oneself, 200),
    ("remove_picture", &[], For::Oneself, 200),
    ("erase_account", &[("confirm_password", "wrong")], For::Oneself, 403),
    ("list_tasks", &[("url", "/tasks")], For::Oneself, 200),
    ("get_counts", &[], For::Oneself, 200),
    ("add_task", &[("title", "own")], For::Oneself, 200),
    ("add_tasks", &[("tasks[0][title]", "own"), ("tasks[1][title]", "own")], For::Oneself, 200),
    ("get_task", &[("id", "TASK")], For::Owner, 200),
    ("edit_task", &[("id", "TASK"), ("version", "1"), ("title", "taken over")], For::Owner, 200),
    ("complete_tasks", &[("ids[0]", "TASK")], For::Owner, 200),
    ("reopen_tasks", &[("ids[0]", "TASK")], For::Owner, 200),
    ("trash_tasks", &[("ids[0]", "TASK")], For::Owner, 200),
    ("restore_tasks", &[("ids[0]", "TASK")], For::Owner, 200),
    ("set_status", &[("ids[0]", "TASK"), ("status", "completed")], For::Owner, 200),
    ("set_priority", &[("ids[0]", "TASK"), ("priority", "low")], For::Owner, 200),
    ("set_due", &[("ids[0]", "TASK"), ("due_date", "2027-01-01")], For::Owner, 200),
    ("clear_due", &[("ids[0]", "TASK")], For::Owner, 200),
    ("move_task", &[("id", "TASK"), ("place", "top")], For::Owner, 200),
    ("second_step", &[("code", "000000")], For::Everybody, 401),
    ("get_factors", &[], For::Oneself, 200),
    ("begin_codes", &[], For::Oneself, 200),
    ("confirm_codes", &[("code", "000000")], For::Oneself, 403),
    ("end_codes", &[], For::Oneself, 200),
    ("make_backup_codes", &[], For::Oneself, 200),
    ("begin_passkey", &[], For::Oneself, 200),
    ("add_passkey", &[("name", "x"), ("credential", "{}")], For::Oneself, 403),
    ("name_passkey", &[("passkey", "PASSKEY"), ("name", "y")], For::Owner, 200),
    ("end_passkey", &[("passkey", "PASSKEY")], For::Owner, 200),
    ("drop_password", &[("confirm_password", "wrong")], For::Oneself, 403),
    ("get_challenge", &[], For::Everybody, 200),
    ("log_in_with_passkey", &[("credential", "{}")], For::Everybody, 403),
    ("get_policy", &[], For::Admin, 200),
    ("set_policy", &[("required", "nobody"), ("days", "0")], For::Admin, 200),
    ("list_accounts", &[], For::Admin, 200),
    ("order_account", &[("account", "ACCOUNT"), ("order", "log_out")], For::Admin, 200),
    ("undo_change", &[("undone", "CHANGE")], For::Owner, 200),
    ("list_providers", &[], For::Everybody, 200),
    ("end_sign_in", &[("id", "SIGN_IN")], For::Owner, 200),
];

/// Every page, and whether it is for guests too.
const PAGES: &[(&str, bool)] = &[
    ("/", true),
    ("/register", true),
    ("/login", true),
    ("/login/second", true),
    ("/logout", true),
    ("/verify", true),
    ("/forgot", true),
    ("/reset", true),
    ("/today", false),
    ("/upcoming", false),
    ("/tasks", false),
    ("/tasks/{id}", false),
    ("/board", false),
    ("/trash", false),
    ("/settings/profile", false),
    ("/settings/security", false),
    ("/settings/tokens", false),
    ("/settings/appearance", true),
    ("/settings/data", false),
    ("/styleguide", true),
    ("/admin/users", false),
];

/// What is there for everybody and looks at no login.
const PUBLIC: &[&str] = &["/healthz", "/readyz", "/.well-known/jwks.json", "/.well-known/security.txt"];

/// Every file that is made for who is logged in, and what others get.
const FILES: &[(&str, u16)] =
    &[("/pictures/{hash}", 401), ("/settings/data/export.json", 303), ("/settings/data/tasks.csv", 303)];

/// The ways to another provider and back, and where they lead who is logged in.
const SIGN_INS: &[(&str, &str)] =
    &[("/login/with/{provider}", "/today"), ("/login/with/{provider}/done", "/login?problem=expired")];

/// Somebody who asks.
struct Who {
    name: &'static str,
    browser: Browser,
    logged_in: bool,
    owner: bool,
}

/// Logged in anew: some functions end the session.
async fn everybody(app: &App) -> Vec<Who> {
    let log_in = async |name: &str| {
        let browser = app.visitor();
        let answer = browser.log_in(&format!("{name}@example.org"), PASSWORD).await;
        assert_eq!(answer.status(), StatusCode::SEE_OTHER);
        browser
    };
    app.sql("update users set is_active = true").await;
    let disabled = log_in("dan").await;
    app.sql("update users set is_active = false where name = 'dan'").await;
    vec![
        Who { name: "anonymous", browser: app.visitor(), logged_in: false, owner: false },
        Who { name: "disabled", browser: disabled, logged_in: false, owner: false },
        Who { name: "stranger", browser: log_in("eve").await, logged_in: true, owner: false },
        Who { name: "admin", browser: log_in("root").await, logged_in: true, owner: false },
        Who { name: "owner", browser: log_in("ada").await, logged_in: true, owner: true },
    ]
}

async fn town() -> App {
    let app = App::start().await;
    for name in ["root", "ada", "eve", "dan"] {
        app.person(name).await;
    }
    assert_eq!(app.value("select string_agg(name, ' ') from users where role = 'admin'").await, "root");
    app
}

#[tokio::test]
async fn every_function_answers_each_as_it_should() {
    let app = town().await;
    let known: BTreeSet<_> = web::functions().map(|path| path.trim_start_matches("/fn/").to_owned()).collect();
    let listed: BTreeSet<_> = FUNCTIONS.iter().map(|(name, ..)| (*name).to_owned()).collect();
    assert_eq!(known, listed, "a function without a line here");
    let stranger = app.actor("eve").await.user.to_string();
    for (function, fields, whose, expected) in FUNCTIONS {
        for Who { name, browser, logged_in, owner } in everybody(&app).await {
            // Things of the owner's, new for each.
            let ada = app.visitor();
            ada.log_in("ada@example.org", PASSWORD).await;
            let added = ada.change("add_task", &[("title", "the owner's")]).await;
            let owners = app.visitor();
            owners.log_in("ada@example.org", PASSWORD).await;
            let session = ada.page("/settings/security").await.attributes("input[name=session]", "value").remove(0);
            let token = uuid::Uuid::new_v4().to_string();
            app.sql(&format!(
                "insert into api_tokens (id, user_id, name, token_hash, hint, scopes, epoch)
                 select '{token}', id, 'x', sha256('{token}'), 'abcd', '{{tasks:read}}', session_epoch from users where email = 'ada@example.org'"
            ))
            .await;
            app.sql(&format!(
                "insert into passkeys (id, user_id, name, credential_id, credential)
                 select '{token}', id, 'x', sha256('{token}'), '{{}}' from users where email = 'ada@example.org'"
            ))
            .await;
            let sign_in = uuid::Uuid::new_v4().to_string();
            // Elsewhere it would be a way in without the password, which can then be dropped.
            if *function == "end_sign_in" {
                app.sql(&format!(
                    "insert into accounts (id, user_id, provider, provider_account_id)
                     select '{sign_in}', id, 'acme', '{sign_in}' from users where email = 'ada@example.org'"
                ))
                .await;
            }
            let (task, change) = (added.tasks[0].id.to_string(), added.change.to_string());
            let value = |value: &'static str| match value {
                "TASK" => task.clone(),
                "CHANGE" => change.clone(),
                "SESSION" => session.clone(),
                "TOKEN" | "PASSKEY" => token.clone(),
                "SIGN_IN" => sign_in.clone(),
                "ACCOUNT" => stranger.clone(),
                value => value.to_owned(),
            };
            let fields: Vec<_> = fields.iter().map(|(name, text)| (*name, value(text))).collect();
            let fields: Vec<_> = fields.iter().map(|(name, text)| (*name, text.as_str())).collect();
            let before = app
                .value("select string_agg(to_jsonb(tasks)::text, ' ' order by id) from tasks where title <> 'own'")
                .await;
            let expected = match whose {
                For::Everybody => *expected,
                _ if !logged_in => 401,
                For::Owner if !owner => 404,
                For::Admin if name != "admin" => 404,
                _ => *expected,
            };
            let answer = browser.call(function, &fields).await;
            assert_eq!(answer.status().as_u16(), expected, "{function} by {name}");
            let ended = app.value(&format!("not exists (select from api_tokens where id = '{token}')")).await == "true";
            assert_eq!(ended, owner && *function == "end_token", "{function} by {name}");
            let left = app.value(&format!("exists (select from accounts where id = '{sign_in}')")).await == "true";
            assert_eq!(left, !owner && *function == "end_sign_in", "{function} by {name}");
            if !owner {
                let after = app
                    .value("select string_agg(to_jsonb(tasks)::text, ' ' order by id) from tasks where title <> 'own'")
                    .await;
                assert_eq!(after, before, "{function} by {name} changed something");
            }
        }
        app.sql("delete from tasks; delete from login_delays; delete from api_tokens; delete from accounts").await;
    }
}

#[tokio::test]
async fn every_page_is_shown_to_whom_it_is_for() {
    let app = town().await;
    let known: BTreeSet<_> = web::pages().iter().map(String::as_str).collect();
    let listed: BTreeSet<_> = PAGES.iter().map(|(path, _)| *path).collect();
    assert_eq!(known, listed, "a page without a line here");
    let ada = app.visitor();
    ada.log_in("ada@example.org", PASSWORD).await;
    let task = ada.add("the owner's").await;
    for (page, guests) in PAGES {
        let path = page.replace("{id}", &task);
        for Who { name, browser, logged_in, owner } in everybody(&app).await {
            let answer = browser.get(&path).await;
            let expected = match (*guests, logged_in) {
                (true, true)
                    if !["/logout", "/verify", "/forgot", "/reset", "/settings/appearance", "/styleguide"]
                        .contains(&&*path) =>
                {
                    StatusCode::SEE_OTHER
                }
                (false, false) => StatusCode::SEE_OTHER,
                (false, true) if page.contains("{id}") && !owner => StatusCode::NOT_FOUND,
                (false, true) if page.starts_with("/admin") && name != "admin" => StatusCode::NOT_FOUND,
                _ => StatusCode::OK,
            };
            assert_eq!(answer.status(), expected, "{path} for {name}");
            let text = answer.text().await.unwrap();
            assert!(owner || !text.contains("the owner's"), "{path} for {name}");
        }
    }
}

#[tokio::test]
async fn every_file_is_sent_to_whom_it_is_for() {
    let app = town().await;
    let known: BTreeSet<_> = web::files().collect();
    let listed: BTreeSet<_> = FILES.iter().map(|(path, _)| *path).collect();
    assert_eq!(known, listed, "a file without a line here");
    let ada = app.visitor();
    ada.log_in("ada@example.org", PASSWORD).await;
    ada.add("the owner's").await;
    let hash = "0123456789abcdef".repeat(4);
    app.sql(&format!("insert into pictures (user_id, bytes, content_type, hash) select id, 'x', 'image/webp', '{hash}' from users where name = 'ada'"))
        .await;
    for (file, refused) in FILES {
        let path = file.replace("{hash}", &hash);
        for Who { name, browser, logged_in, owner } in everybody(&app).await {
            let answer = browser.get(&path).await;
            assert_eq!(answer.status().as_u16(), if logged_in { 200 } else { *refused }, "{path} for {name}");
            let text = answer.text().await.unwrap();
            // Not "ada": the number of a request may have these letters.
            assert!(owner || !text.contains("the owner's") && !text.contains("ada@"), "{path} for {name}");
        }
    }
}

#[tokio::test]
async fn what_is_for_everybody_is_the_same_for_all_and_begins_no_session() {
    let app = App::with(&[("DOCKET_SECURITY_CONTACT", "mailto:security@example.org")]).await;
    for name in ["root", "ada", "eve", "dan"] {
        app.person(name).await;
    }
    for path in PUBLIC {
        let mut texts = BTreeSet::new();
        for Who { name, browser, .. } in everybody(&app).await {
            let answer = browser.get(path).await;
            assert_eq!(answer.status(), StatusCode::OK, "{path} for {name}");
            assert!(!answer.headers().contains_key("set-cookie"), "{path} for {name}");
            texts.insert(answer.text().await.unwrap());
        }
        assert_eq!(texts.len(), 1, "{path}: {texts:?}");
    }
}

#[tokio::test]
async fn the_ways_to_other_providers_are_for_guests() {
    let app = town().await;
    let listed: Vec<_> = SIGN_INS.iter().map(|(path, _)| *path).collect();
    assert_eq!(web::SIGN_IN_PATHS.to_vec(), listed, "a way without a line here");
    for (path, users) in SIGN_INS {
        for Who { name, browser, logged_in, .. } in everybody(&app).await {
            let answer = browser.get(&path.replace("{provider}", "nobody")).await;
            let guests = if path.ends_with("/done") { "/login?problem=expired" } else { "/login?problem=unknown" };
            let expected = if logged_in { *users } else { guests };
            assert_eq!(crate::support::location(&answer), expected, "{path} for {name}");
        }
    }
}
