//! What somebody takes along, and what is left when they are gone (`security.md` 19, 40, 62).

use std::collections::BTreeSet;

use docket::server::{
    jobs,
    store::data::{LEFT_OUT, PARTS},
};
use reqwest::{StatusCode, header};
use serde_json::Value;

use crate::support::{App, Browser, PASSWORD, Page, location};

const HERE: &str = "/settings/data";
const FILE: &str = "/settings/data/export.json";
const TABLE: &str = "/settings/data/tasks.csv";

async fn export(browser: &Browser) -> Value {
    let answer = browser.get(FILE).await;
    assert_eq!(answer.status(), StatusCode::OK);
    let text = answer.text().await.unwrap();
    serde_json::from_str(&text).unwrap_or_else(|error| panic!("{error}: {text}"))
}

/// The table as a spreadsheet reads it.
async fn table(browser: &Browser) -> Vec<Vec<String>> {
    let text = browser.get(TABLE).await.text().await.unwrap();
    let text = text.strip_prefix('\u{feff}').expect("spreadsheets know UTF-8 by its first character");
    let mut reader = csv::ReaderBuilder::new().has_headers(false).from_reader(text.as_bytes());
    reader.records().map(|record| record.unwrap().iter().map(str::to_owned).collect()).collect()
}

/// A person of whom there is something everywhere.
async fn somebody(app: &App, name: &str) -> Browser {
    let browser = app.person(name).await;
    let kept = browser.add_with(&format!("{name}'s plan"), &format!("{name}'s words")).await;
    browser.change("set_priority", &[("ids[0]", &kept), ("priority", "high")]).await;
    let trashed = browser.add(&format!("{name}'s rubbish")).await;
    browser.change("trash_tasks", &[("ids[0]", &trashed)]).await;
    app.visitor().log_in(&format!("{name}@example.org"), "not the password").await;
    app.sql(&format!(
        "insert into pictures (user_id, bytes, content_type, hash)
             select id, convert_to('picture of ' || name, 'UTF8'), 'image/webp', md5(name) || md5(name) from users where name = '{name}';
         update users set image = '/pictures/' || md5(name) || md5(name) where name = '{name}';
         insert into api_tokens (id, user_id, name, token_hash, hint, scopes, epoch)
             select gen_random_uuid(), id, name || '''s program', sha256(convert_to(name, 'UTF8')), 'abcd', '{{tasks:read}}', session_epoch
             from users where name = '{name}';
         insert into passkeys (id, user_id, name, credential_id, credential)
             select gen_random_uuid(), id, name || '''s key', sha256(convert_to(name, 'UTF8')), jsonb_build_object('cred', name)
             from users where name = '{name}';
         insert into totp_secrets (user_id, secret) select id, convert_to(name, 'UTF8') from users where name = '{name}';
         insert into backup_codes (user_id, mark) select id, sha256(convert_to(name, 'UTF8')) from users where name = '{name}';
         insert into accounts (id, user_id, provider, provider_account_id)
             select gen_random_uuid(), id, 'acme', name || ' there' from users where name = '{name}';
         update sessions set user_agent = '{name}''s browser' where user_id = (select id from users where name = '{name}')"
    ))
    .await;
    browser
}

#[tokio::test]
async fn everything_that_belongs_to_somebody_is_in_the_export_or_left_out_for_a_reason() {
    let app = App::start().await;
    let ada = somebody(&app, "ada").await;
    let export = export(&ada).await;
    // Every table from which references lead to users, at last; and the log, which refers to nothing.
    let tables: Vec<String> = sqlx::query_scalar(
        "with recursive linked (id) as (
             select 'users'::regclass::oid union values ('audit_logs'::regclass::oid)
             union select conrelid from pg_constraint join linked on confrelid = linked.id where contype = 'f'
         ) select id::regclass::text from linked order by 1",
    )
    .fetch_all(app.pool())
    .await
    .unwrap();
    assert!(
        ["api_tokens", "audit_logs", "pictures", "sessions", "tasks", "users"]
            .iter()
            .all(|name| tables.iter().any(|t| t == name))
    );
    for table in tables {
        let columns: BTreeSet<String> = sqlx::query_scalar(
            "select attname::text from pg_attribute where attrelid = $1::regclass and attnum > 0 and not attisdropped",
        )
        .bind(&table)
        .fetch_all(app.pool())
        .await
        .unwrap()
        .into_iter()
        .collect();
        let left_out = |column: &str| {
            LEFT_OUT.iter().any(|(name, left, why)| *name == table && [column, "*"].contains(left) && !why.is_empty())
        };
        let part = PARTS.iter().find(|part| part.table == table);
        let row = part.map(|part| if part.single { &export[part.name] } else { &export[part.name][0] });
        let exported: BTreeSet<String> =
            row.and_then(Value::as_object).into_iter().flat_map(|row| row.keys().cloned()).collect();
        for column in &columns {
            assert!(
                exported.contains(column) != left_out(column),
                "{table}.{column} is to be in PARTS or, with a reason, in LEFT_OUT of server/store/data.rs"
            );
        }
        assert!(exported.is_subset(&columns), "{table}");
        for (name, left, _) in LEFT_OUT {
            assert!(*name != table || *left == "*" || columns.contains(*left), "{table}.{left} is no column");
        }
    }
    // A column like a reference is one.
    let orphans = app
        .value(
            "select string_agg(table_name, ' ') from information_schema.columns
             where table_schema = 'public' and column_name = 'user_id' and table_name <> 'audit_logs' and not exists
                 (select from pg_constraint where contype = 'f' and conrelid = table_name::regclass and confrelid = 'users'::regclass)",
        )
        .await;
    assert_eq!(orphans, "null");
}

#[tokio::test]
async fn the_export_has_what_is_ones_own_and_nothing_else() {
    let app = App::start().await;
    let ada = somebody(&app, "ada").await;
    somebody(&app, "eve").await;
    let answer = ada.get(FILE).await;
    let headers = answer.headers();
    assert_eq!(headers["content-type"], "application/json; charset=utf-8");
    assert_eq!(headers["cache-control"], "no-store");
    let disposition = headers["content-disposition"].to_str().unwrap();
    let day = disposition.strip_prefix("attachment; filename=\"docket-").and_then(|name| name.strip_suffix(".json\""));
    assert_eq!(day.map(str::len), Some(10), "{disposition}");
    let text = answer.text().await.unwrap();
    let export: Value = serde_json::from_str(&text).unwrap();
    assert_eq!(export["account"]["email"], "ada@example.org");
    assert_eq!(export["picture"]["bytes"], "cGljdHVyZSBvZiBhZGE=");
    assert_eq!(export["sessions"].as_array().unwrap().len(), 1);
    assert_eq!(export["sessions"][0]["user_agent"], "ada's browser");
    let tokens = export["tokens"].as_array().unwrap();
    assert_eq!(tokens.len(), 1);
    assert_eq!((&tokens[0]["name"], &tokens[0]["scopes"][0]), (&"ada's program".into(), &"tasks:read".into()));
    let tasks = export["tasks"].as_array().unwrap();
    let titles: Vec<_> = tasks.iter().map(|task| task["title"].as_str().unwrap()).collect();
    assert_eq!(titles, ["ada's plan", "ada's rubbish"]);
    assert_eq!((&tasks[0]["priority"], &tasks[0]["version"]), (&"high".into(), &2.into()));
    assert!(tasks[0]["deleted_at"].is_null() && tasks[1]["deleted_at"].is_string());
    let history = export["history"].as_array().unwrap();
    let acts: Vec<_> = history.iter().map(|row| row["action"].as_str().unwrap()).collect();
    assert_eq!(acts, ["register", "add", "edit", "add", "trash", "login_failed"]);
    assert!(!text.contains("eve") && !text.contains("argon2"), "{text}");
    let session = app.value("select string_agg(id, ' ') from sessions").await;
    assert!(session.split(' ').all(|id| !text.contains(id)));
    let epoch = app.value("select string_agg(session_epoch::text, ' ') from users").await;
    assert!(epoch.split(' ').all(|id| !text.contains(id)));
}

#[tokio::test]
async fn a_new_account_has_an_export_too() {
    let app = App::start().await;
    let export = export(&app.person("ada").await).await;
    assert!(export["picture"].is_null() && export["tasks"].as_array().unwrap().is_empty());
    assert_eq!(table(&app.person("bob").await).await.len(), 1);
}

#[tokio::test]
async fn much_is_sent_bit_by_bit_and_whole() {
    let app = App::start().await;
    let ada = app.person("ada").await;
    app.sql(
        "insert into tasks (id, user_id, title, position, deleted_at)
         select gen_random_uuid(), users.id, 'task ' || n, lpad(to_hex(n), 24, '0'), case when n % 3 = 0 then now() end
         from users, generate_series(1, 3000) as n",
    )
    .await;
    let export = export(&ada).await;
    let unique: BTreeSet<_> =
        export["tasks"].as_array().unwrap().iter().map(|task| task["title"].to_string()).collect();
    assert_eq!((unique.len(), export["history"].as_array().unwrap().len()), (3000, 3001));
    let unique: BTreeSet<_> = table(&ada).await.into_iter().map(|line| line[1].clone()).collect();
    assert_eq!(unique.len(), 3001);
}

#[tokio::test]
async fn no_cell_of_the_table_is_a_formula() {
    let app = App::start().await;
    let ada = app.person("ada").await;
    let evil = ["=1+1", "+1", "-1", "@SUM(A1)", "＝1", "=cmd|' /C calc'!A0"];
    for title in evil {
        ada.add_with(title, title).await;
    }
    let plain = "a, \"quoted\";\n=second line";
    ada.add_with("plain", plain).await;
    // Blanks at the ends are cut off when they come by a form; not when they come by other ways.
    app.sql(
        "insert into tasks (id, user_id, title, description, position, due_date, due_time)
         select gen_random_uuid(), id, E'\\t=1', E'\\r=1', repeat('a', 24), '2027-01-02', '08:30' from users",
    )
    .await;
    let answer = ada.get(TABLE).await;
    assert_eq!(answer.headers()["content-type"], "text/csv; charset=utf-8; header=present");
    assert_eq!(answer.headers()["cache-control"], "no-store");
    let name = answer.headers()["content-disposition"].to_str().unwrap();
    assert!(name.starts_with("attachment; filename=\"docket-") && name.ends_with(".csv\""));
    let lines = table(&ada).await;
    assert_eq!(lines[0][..7], ["id", "title", "description", "status", "priority", "due_date", "due_time"]);
    assert_eq!(lines.len(), 1 + evil.len() + 2);
    for line in &lines[1..] {
        for cell in line {
            assert!(!cell.starts_with(['=', '+', '-', '@', '\t', '\r', '＝']), "{cell:?}");
        }
        if evil.iter().any(|title| line[1] == format!("'{title}")) {
            assert_eq!(line[1], line[2]);
        }
    }
    let line = |title: &str| lines.iter().find(|line| line[1] == title).unwrap();
    assert_eq!(line("plain")[2], plain);
    assert_eq!(line("'\t=1")[5..7], ["2027-01-02", "08:30"]);
}

#[tokio::test]
async fn who_is_not_logged_in_gets_no_file_and_is_led_back_to_the_page() {
    let app = App::start().await;
    for path in [FILE, TABLE] {
        assert_eq!(location(&app.visitor().get(path).await), "/login?next=%2Fsettings%2Fdata");
    }
    // The database goes: that is said before half a file is sent.
    let ada = app.person("ada").await;
    app.sql("alter table users rename column image to picture").await;
    let answer = ada.get(FILE).await;
    assert!(answer.status().is_server_error() && !answer.headers().contains_key(header::CONTENT_DISPOSITION));
}

#[tokio::test]
async fn a_name_is_changed_and_shown_at_once() {
    let app = App::start().await;
    let ada = app.person("ada").await;
    let set = async |name: &str| {
        ada.submit("/settings/profile", "/fn/set_name", &[("name", name), ("form_next", "/settings/profile")]).await
    };
    assert_eq!(location(&set("  Ada, Countess of Lovelace ").await), "/settings/profile");
    assert_eq!(ada.page("/tasks").await.texts(".who"), ["Ada, Countess of Lovelace"]);
    for (name, expected) in [
        (" ", "This can't be empty."),
        (&"x".repeat(101), "This is 101 characters long; 100 fit."),
        ("a\0b", "This contains the character U+0000"),
    ] {
        let answer = set(name).await;
        assert_eq!(answer.status(), StatusCode::UNPROCESSABLE_ENTITY);
        let page = Page::of(answer).await;
        assert!(page.texts("#set-name-name-message").concat().starts_with(expected));
        assert_eq!(page.attributes("#set-name-name", "aria-invalid"), ["true"]);
    }
    assert_eq!(ada.page("/tasks").await.texts(".who"), ["Ada, Countess of Lovelace"]);
}

/// Where in the database one of these texts stands: in any row of any table, as text or in bytes.
async fn traces(app: &App, texts: &[String]) -> Vec<String> {
    let tables: Vec<String> = sqlx::query_scalar(
        "select table_name::text from information_schema.tables where table_schema = 'public' and table_type = 'BASE TABLE'",
    )
    .fetch_all(app.pool())
    .await
    .unwrap();
    assert!(tables.len() >= 6);
    let mut found = Vec::new();
    for table in tables {
        for text in texts {
            let hex = text.bytes().fold(String::new(), |hex, byte| format!("{hex}{byte:02x}"));
            let bare = text.replace('-', "");
            let query = format!(
                "select count(*) from {table} as part
                 where part::text ilike $1 or to_jsonb(part)::text ilike $1 or part::text ilike $2 or part::text ilike $3"
            );
            let like = |text: &str| format!("%{text}%");
            let count: i64 = sqlx::query_scalar(&query)
                .bind(like(text))
                .bind(like(&hex))
                .bind(like(&bare))
                .fetch_one(app.pool())
                .await
                .unwrap();
            if count > 0 {
                found.push(format!("{table}: {text}"));
            }
        }
    }
    found
}

#[tokio::test]
async fn who_is_erased_leaves_nothing_and_everybody_elses_stays() {
    let app = App::start().await;
    let eve = somebody(&app, "eve").await;
    let ada = somebody(&app, "ada-lovelace").await;
    let elsewhere = app.visitor();
    elsewhere.log_in("ada-lovelace@example.org", PASSWORD).await;
    // A task that is gone already, and one that somebody at the database has changed.
    let purged = ada.add("ada-lovelace's old secret").await;
    app.sql(&format!("delete from tasks where id = '{purged}'")).await;
    app.sql("update tasks set title = 'ada-lovelace again' where title = 'ada-lovelace''s plan'").await;
    let id = app.actor("ada-lovelace").await.user.to_string();
    let texts = [id.clone(), "ada-lovelace".to_owned()];
    for table in [
        "users",
        "sessions",
        "tasks",
        "audit_logs",
        "pictures",
        "api_tokens",
        "passkeys",
        "totp_secrets",
        "backup_codes",
        "accounts",
    ] {
        assert!(traces(&app, &texts).await.iter().any(|found| found.starts_with(&format!("{table}:"))), "{table}");
    }
    let of_eve = "select md5(string_agg(row::text, ' ' order by row::text)) from (
                      select to_jsonb(tasks) as row from tasks where title like 'eve%'
                      union all select to_jsonb(users) from users where name = 'eve'
                      union all select to_jsonb(audit_logs) from audit_logs
                          where user_id = (select id from users where name = 'eve') or action = 'login_failed' and entity_id =
                              (select id::text from users where name = 'eve')) as rows";
    let log = "select string_agg(concat_ws(' ', id, change_id, action, entity_type, created_at,
                                           case when entity_type = 'task' then entity_id end), ', ' order by id) from audit_logs";
    let before = (app.value(of_eve).await, app.value(log).await);

    let answer =
        ada.submit(HERE, "/fn/erase_account", &[("confirm_password", PASSWORD), ("form_next", "/?erased=1")]).await;
    assert_eq!(location(&answer), "/?erased=1");
    let removal = answer.headers()["set-cookie"].to_str().unwrap();
    assert!(removal.starts_with("docket=;") && removal.contains("Max-Age=0"), "{removal}");
    assert!(ada.page("/?erased=1").await.text.contains("Your account is erased"));
    for browser in [&ada, &elsewhere] {
        assert_eq!(browser.call("list_tasks", &[("url", "/tasks")]).await.status(), StatusCode::UNAUTHORIZED);
    }
    assert_eq!(app.visitor().log_in("ada-lovelace@example.org", PASSWORD).await.status(), StatusCode::UNAUTHORIZED);
    assert_eq!(traces(&app, &texts).await, [""; 0]);
    // What happened stays in the log, and one row more.
    let after = app.value(log).await;
    let (old, new) = after.split_at(before.1.len());
    assert_eq!(old, before.1);
    assert!(new.contains("erase account") && new.matches(", ").count() == 1, "{new}");
    assert_eq!(app.value(of_eve).await, before.0);
    assert_eq!(eve.titles("/tasks").await, ["eve's plan"]);
    // The address is free again.
    app.person("ada-lovelace").await;
}

#[tokio::test]
async fn nobody_is_erased_without_the_password() {
    let app = App::start().await;
    app.person("root").await;
    let ada = somebody(&app, "ada").await;
    for (password, expected) in
        [("", "Type your password to go on."), ("not the password", "This is not your password.")]
    {
        let answer = ada.submit(HERE, "/fn/erase_account", &[("confirm_password", password)]).await;
        assert_eq!(answer.status(), StatusCode::FORBIDDEN);
        let page = Page::of(answer).await;
        assert_eq!(page.texts("#erase-account-confirm_password-message"), [expected]);
        assert_eq!(page.attributes("details.erase", "open").len(), 1, "what was opened stays open");
        assert!(!page.text.contains("not the password"));
    }
    assert_eq!(ada.call("erase_account", &[]).await.status(), StatusCode::FORBIDDEN);
    assert_eq!(ada.titles("/tasks").await, ["ada's plan"]);
    assert_eq!(
        app.visitor().call("erase_account", &[("confirm_password", PASSWORD)]).await.status(),
        StatusCode::UNAUTHORIZED
    );
    // Guessing it costs time, as everywhere.
    for _ in 0..5 {
        ada.call("erase_account", &[("confirm_password", "not the password")]).await;
    }
    let answer = ada.call("erase_account", &[("confirm_password", PASSWORD)]).await;
    assert_eq!(answer.status(), StatusCode::TOO_MANY_REQUESTS);
}

#[tokio::test]
async fn the_last_admin_goes_only_when_nobody_is_left_behind() {
    let app = App::start().await;
    let (root, ada) = (app.person("root").await, app.person("ada").await);
    let erase = async |browser: &Browser| {
        let fields = [("confirm_password", PASSWORD), ("form_next", "/?erased=1")];
        browser.submit(HERE, "/fn/erase_account", &fields).await
    };
    let answer = erase(&root).await;
    assert_eq!(answer.status(), StatusCode::UNPROCESSABLE_ENTITY);
    let message = Page::of(answer).await.texts("#erase-account-confirm_password-message").concat();
    assert!(message.ends_with("Make somebody else admin first."), "{message}");
    assert!(root.is_logged_in().await);
    // One who may not act is none.
    app.sql("update users set role = 'admin', is_active = false where name = 'ada'").await;
    assert_eq!(erase(&root).await.status(), StatusCode::UNPROCESSABLE_ENTITY);
    app.sql("update users set is_active = true").await;
    assert_eq!(location(&erase(&root).await), "/?erased=1");
    assert_eq!(location(&erase(&ada).await), "/?erased=1");
    assert_eq!(app.value("select count(*) from users").await, "0");
}

#[tokio::test]
async fn the_log_loses_words_by_forgetting_and_changes_in_no_other_way() {
    let app = App::start().await;
    let ada = somebody(&app, "ada").await;
    let log = "select md5(string_agg(audit_logs::text, ' ' order by id)) from audit_logs";
    let before = app.value(log).await;
    let forget = "select set_config('docket.forgetting', 'on', true);";
    for statement in [
        "update audit_logs set old_values = null, new_values = null",
        "update audit_logs set user_id = null",
        "delete from audit_logs",
        "truncate audit_logs",
        // Even where somebody has found out how forgetting is done.
        &format!("{forget} delete from audit_logs"),
        &format!("{forget} truncate audit_logs"),
        &format!("{forget} update audit_logs set action = 'nothing', old_values = null, new_values = null"),
        &format!(
            "{forget} update audit_logs set created_at = now() - interval '1 day', old_values = null, new_values = null"
        ),
        &format!("{forget} update audit_logs set new_values = '{{}}'"),
        &format!("{forget} update audit_logs set user_id = gen_random_uuid(), old_values = null, new_values = null"),
        &format!(
            "{forget} update audit_logs set entity_id = 'x', old_values = null, new_values = null where entity_type = 'task'"
        ),
        // It ends with the function, within its transaction too.
        "select forget_tasks(array['x']); update audit_logs set old_values = null, new_values = null",
        "select forget_person(); update audit_logs set old_values = null, new_values = null",
        "select set_config('docket.forgetting', '', true); update audit_logs set old_values = null, new_values = null",
    ] {
        let result = sqlx::raw_sql(&format!("begin; {statement}; rollback")).execute(app.pool()).await;
        let error = result.expect_err(statement).to_string();
        assert!(error.contains("audit_logs only grows"), "{statement}: {error}");
    }
    // Nor does it outlast a transaction on the same connection.
    let mut connection = app.pool().acquire().await.unwrap();
    sqlx::raw_sql("rollback; begin; select set_config('docket.forgetting', 'on', true); commit")
        .execute(&mut *connection)
        .await
        .unwrap();
    assert!(
        sqlx::raw_sql("update audit_logs set old_values = null, new_values = null")
            .execute(&mut *connection)
            .await
            .is_err()
    );
    drop(connection);
    assert_eq!(app.value(log).await, before);
    assert!(ada.is_logged_in().await);
}

#[tokio::test]
async fn what_was_written_in_a_task_is_forgotten_when_it_leaves_the_trash() {
    let app = App::at("2026-11-21T12:00:00Z").await;
    let ada = somebody(&app, "ada").await;
    app.sql("update tasks set deleted_at = '2026-10-01' where deleted_at is not null").await;
    let told = async |text: &str| traces(&app, &[text.to_owned()]).await;
    assert_eq!(told("ada's rubbish").await.len(), 2);
    assert_eq!(jobs::run_once(&app.state).await, 0);
    assert_eq!(told("ada's rubbish").await, [""; 0]);
    let rows = "select string_agg(action, ' ' order by id) from audit_logs log where entity_type = 'task' and old_values is null
                    and new_values is null and not exists (select from tasks where id::text = log.entity_id)";
    assert_eq!(app.value(rows).await, "add trash edit purge");
    // Those of tasks that are there stay, and can be taken back.
    assert!(!told("ada's plan").await.is_empty());
    assert_eq!(ada.titles("/tasks").await, ["ada's plan"]);
}
