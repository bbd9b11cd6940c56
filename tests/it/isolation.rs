//! Nobody sees or changes a row of anybody else's, whatever a statement forgets: the database itself sees to it.

use std::{collections::BTreeSet, sync::Arc};

use docket::{domain::task::Task, error::AppError, server::database::Failure};
use reqwest::StatusCode;
use sqlx::{Connection, Executor, PgConnection, Row, postgres::PgConnectOptions};
use tokio::{sync::Semaphore, task::JoinSet};

use crate::support::{App, Browser, LOGIN, new_change};

/// The tables whose rows belong to somebody: those with a `user_id`, and those that lead to `users`.
const OWNED: &str = "
    select c.oid, c.relname::text as name, c.relrowsecurity and c.relforcerowsecurity as forced
    from pg_class c
    where c.relnamespace = 'public'::regnamespace and c.relkind in ('r', 'p') and (
        c.relname = 'users'
        or exists (select from pg_attribute a where a.attrelid = c.oid and a.attname = 'user_id' and not a.attisdropped)
        or exists (select from pg_constraint f where f.conrelid = c.oid and f.contype = 'f' and f.confrelid = 'users'::regclass))
    order by 2";

/// Connected as the application is, in one of its roles.
async fn role(app: &App, role: &str) -> PgConnection {
    let options: PgConnectOptions = app.options.clone().username(LOGIN);
    let mut connection = PgConnection::connect_with(&options).await.unwrap();
    connection.execute(format!("set role {role}").as_str()).await.unwrap();
    connection
}

/// Two people with a task, a session, a picture, a token, a link and a mail each.
async fn two(app: &App) -> (Browser, Browser) {
    let (ada, bob) = (app.person("ada").await, app.person("bob").await);
    for (person, title) in [(&ada, "ada's plan"), (&bob, "bob's plan")] {
        person.add(title).await;
    }
    app.sql(
        "insert into pictures (user_id, bytes, content_type, hash) select id, 'x', 'image/webp', md5(name) || md5(name) from users;
         insert into api_tokens (id, user_id, name, token_hash, hint, scopes, epoch)
             select gen_random_uuid(), id, name, sha256(convert_to(name, 'UTF8')), 'abcd', '{tasks:read}', session_epoch from users;
         insert into passkeys (id, user_id, name, credential_id, credential)
             select gen_random_uuid(), id, name, sha256(convert_to(name, 'UTF8')), '{}' from users;
         insert into totp_secrets (user_id, secret) select id, 'sealed' from users;
         insert into backup_codes (user_id, mark) select id, sha256('code') from users;
         insert into accounts (id, user_id, provider, provider_account_id) select gen_random_uuid(), id, 'acme', name from users",
    )
    .await;
    (ada, bob)
}

#[tokio::test]
async fn every_table_that_belongs_to_somebody_is_closed_for_all_commands() {
    let app = App::start().await;
    let tables = sqlx::query(OWNED).fetch_all(app.pool()).await.unwrap();
    let names: BTreeSet<String> = tables.iter().map(|row| row.get("name")).collect();
    for known in [
        "users",
        "sessions",
        "tasks",
        "audit_logs",
        "verifications",
        "outbox",
        "pictures",
        "api_tokens",
        "idempotency_keys",
        "passkeys",
        "totp_secrets",
        "backup_codes",
        "accounts",
    ] {
        assert!(names.contains(known), "{known} is not looked at: {names:?}");
    }
    for table in tables {
        let (oid, name) = (table.get::<sqlx::postgres::types::Oid, _>("oid"), table.get::<String, _>("name"));
        assert!(table.get::<bool, _>("forced"), "row-level security of {name} isn't forced");
        // For each role and command that is granted there is a policy, and the one of who acts for a person asks who that is.
        let open: Vec<String> = sqlx::query_scalar(
            "select r.role || ' ' || c.command from unnest($2::text[]) as r(role),
                 (values ('select', 'r'), ('insert', 'a'), ('update', 'w'), ('delete', 'd')) as c(command, kind)
             where not exists (
                 select from pg_policy p where p.polrelid = $1 and p.polcmd in ('*', c.kind::\"char\") and p.polpermissive
                     and (select oid from pg_roles where rolname = r.role) = any(p.polroles))
                 and has_any_column_privilege(r.role, $1, case c.command when 'delete' then 'select' else c.command end)
                 and (c.command <> 'delete' or has_table_privilege(r.role, $1, 'delete'))",
        )
        .bind(oid)
        .bind(docket::server::database::ROLES.map(str::to_owned))
        .fetch_all(app.pool())
        .await
        .unwrap();
        assert_eq!(open, [""; 0], "{name}: granted, and no policy");
        let own: Vec<String> = sqlx::query_scalar(
            "select coalesce(pg_get_expr(polqual, polrelid), '') || ' / ' || coalesce(pg_get_expr(polwithcheck, polrelid), '')
             from pg_policy where polrelid = $1 and 'docket_app'::regrole = any(polroles) and polcmd = '*'",
        )
        .bind(oid)
        .fetch_all(app.pool())
        .await
        .unwrap();
        assert_eq!(own.len(), 1, "{name}: one policy for all commands of who acts for a person");
        let asks = own[0].split(" / ").filter(|part| part.contains("acting_user()")).count();
        assert_eq!(asks, 2, "{name}: {}", own[0]);
    }
}

#[tokio::test]
async fn without_a_person_there_are_no_rows() {
    let app = App::start().await;
    let _people = two(&app).await;
    let mut raw = role(&app, "docket_app").await;
    for table in [
        "users",
        "sessions",
        "tasks",
        "audit_logs",
        "verifications",
        "outbox",
        "pictures",
        "api_tokens",
        "passkeys",
        "totp_secrets",
        "backup_codes",
    ] {
        assert_ne!(app.value(&format!("select count(*) from {table}")).await, "0", "{table} has rows");
        let seen: i64 = sqlx::query_scalar(&format!("select count(*) from {table}")).fetch_one(&mut raw).await.unwrap();
        assert_eq!(seen, 0, "{table}");
    }
    let changed = raw.execute("update tasks set title = 'mine'").await.unwrap().rows_affected();
    assert_eq!(changed, 0);
    assert!(raw.execute("update users set role = 'admin'").await.is_err(), "nobody makes an admin of themselves");
    // Who logged in and took no role on may do nothing at all.
    let mut login = PgConnection::connect_with(&app.options.clone().username(LOGIN)).await.unwrap();
    for table in ["users", "sessions", "tasks", "audit_logs"] {
        let refused = login.execute(format!("select * from {table}").as_str()).await.unwrap_err().to_string();
        assert!(refused.contains("permission denied"), "{table}: {refused}");
    }
}

#[tokio::test]
async fn a_statement_that_forgets_whose_rows_it_is_about_reaches_nobody_elses() {
    let app = App::start().await;
    let _people = two(&app).await;
    let (ada, bob) = (app.actor("ada").await, app.actor("bob").await);
    let titles = app.state.database.read(ada, |db, _| {
        Box::pin(async move { Ok(sqlx::query_scalar::<_, String>("select title from tasks").fetch_all(db).await?) })
    });
    assert_eq!(titles.await.unwrap(), ["ada's plan"]);
    for (statement, rows) in [
        ("update tasks set title = 'x'", 1),
        ("update users set name = 'x'", 1),
        ("delete from sessions", 1),
        ("delete from pictures", 1),
        ("delete from api_tokens", 1),
        ("update passkeys set name = 'x'", 1),
        ("delete from passkeys", 1),
        ("delete from totp_secrets", 1),
        ("delete from backup_codes", 1),
        ("delete from accounts", 1),
        ("delete from outbox", 1),
        ("delete from verifications", 1),
    ] {
        let done = app.state.database.write(ada, new_change(), move |db, _| {
            Box::pin(async move { Ok(db.execute(statement).await?.rows_affected()) })
        });
        assert_eq!(done.await, Ok(rows), "{statement}");
    }
    assert_eq!(app.value("select string_agg(title, ' ' order by title) from tasks").await, "bob's plan x");
    assert_eq!(app.value("select count(*) from sessions").await, "1");
    // Nor does anybody put a row under somebody else's name, or take one.
    for statement in [
        format!(
            "insert into tasks (id, user_id, title, position) values (gen_random_uuid(), '{}', 'x', repeat('a', 24))",
            bob.user
        ),
        format!("update tasks set user_id = '{}'", bob.user),
        format!(
            "insert into audit_logs (change_id, user_id, action, entity_type, entity_id) values (gen_random_uuid(), '{}', 'x', 'task', 'x')",
            bob.user
        ),
        format!(
            "insert into api_tokens (id, user_id, name, token_hash, hint, scopes, epoch)
             values (gen_random_uuid(), '{}', 'x', sha256('x'), 'abcd', '{{tasks:read}}', gen_random_uuid())",
            bob.user
        ),
        "update api_tokens set expires_at = null".to_owned(),
        "update passkeys set credential = '{}'".to_owned(),
        "select access_token from accounts".to_owned(),
        format!("insert into backup_codes (user_id, mark) values ('{}', sha256('x'))", bob.user),
        format!("insert into totp_secrets (user_id, secret) values ('{}', 'x')", bob.user),
        "update factor_policy set required = 'nobody'".to_owned(),
        "select * from signing_keys".to_owned(),
        "insert into signing_keys values (repeat('a', 43), sha256('x'), now(), now() + interval '1 day')".to_owned(),
        "update audit_logs set action = 'x'".to_owned(),
        "delete from audit_logs".to_owned(),
        "delete from tasks".to_owned(),
        "delete from users".to_owned(),
        "insert into users (id, email, name) values (gen_random_uuid(), 'x@y', 'x')".to_owned(),
        "select forget_tasks(array['x'])".to_owned(),
        "alter table tasks disable row level security".to_owned(),
        "truncate tasks".to_owned(),
    ] {
        let said = statement.clone();
        let refused = app.state.database.write(ada, new_change(), move |db, _| {
            let statement = statement.clone();
            Box::pin(async move {
                match db.execute(statement.as_str()).await {
                    Err(sqlx::Error::Database(error)) if error.code().as_deref() == Some("42501") => {
                        Err(Failure::App(AppError::NotFound))
                    }
                    other => Ok(format!("{other:?}")),
                }
            })
        });
        assert_eq!(refused.await, Err(AppError::NotFound), "{said}");
    }
}

#[tokio::test]
async fn each_context_reaches_what_it_is_for_and_nothing_else() {
    let app = App::start().await;
    let _people = two(&app).await;
    for (name, refused) in [
        (
            "docket_sign_in",
            &[
                "select * from tasks",
                "select * from audit_logs",
                "delete from users",
                "update users set role = 'admin'",
                "insert into api_tokens (id) values (gen_random_uuid())",
                "update api_tokens set user_id = gen_random_uuid()",
                "delete from api_tokens",
                "insert into passkeys (id) values (gen_random_uuid())",
                "delete from passkeys",
                "update totp_secrets set secret = 'x'",
                "insert into backup_codes values (gen_random_uuid(), sha256('x'))",
                "update factor_policy set required = 'nobody'",
                "update signing_keys set public_key = sha256('x')",
                "delete from signing_keys",
            ][..],
        ),
        (
            "docket_admin",
            &[
                "select * from tasks",
                "select data from sessions",
                "select * from audit_logs",
                "delete from users",
                "update users set email = 'x@y'",
                "select * from api_tokens",
                "select credential from passkeys",
                "select secret from totp_secrets",
                "select mark from backup_codes",
                "select access_token from accounts",
                "select * from signing_keys",
            ],
        ),
        (
            "docket_jobs",
            &[
                "select email from users",
                "select password_hash from users",
                "select data from sessions",
                "select * from audit_logs",
                "update tasks set title = 'x'",
                "select * from pictures",
                "select token_hash from api_tokens",
                "select * from passkeys",
                "select * from totp_secrets",
                "select * from backup_codes",
                "select * from accounts",
                "update api_tokens set expires_at = null",
                "insert into signing_keys values (repeat('a', 43), sha256('x'), now(), now() + interval '1 day')",
            ],
        ),
    ] {
        let mut raw = role(&app, name).await;
        for statement in refused {
            let error = raw.execute(*statement).await.expect_err(statement).to_string();
            assert!(error.contains("permission denied"), "{name}: {statement}: {error}");
        }
    }
}

#[tokio::test]
async fn the_application_owns_nothing_and_passes_by_no_policy() {
    let app = App::start().await;
    let mighty = format!(
        "select string_agg(rolname, ' ') from pg_roles where (rolname like 'docket\\_%' and rolname <> 'docket_owner' or rolname = '{LOGIN}')
             and (rolsuper or rolbypassrls or rolcreaterole or rolcreatedb or rolreplication)"
    );
    assert_eq!(app.value(&mighty).await, "null");
    let owned = "select string_agg(relname, ' ') from pg_class c join pg_roles r on r.oid = relowner
                 where relnamespace = 'public'::regnamespace and (rolname <> 'docket_owner' or rolsuper or rolbypassrls)";
    assert_eq!(app.value(owned).await, "null");
    let functions = "select string_agg(proname, ' ') from pg_proc p join pg_roles r on r.oid = proowner
                 where pronamespace = 'public'::regnamespace and rolname <> 'docket_owner'";
    assert_eq!(app.value(functions).await, "null");
    // A function that runs as the owner looks for its tables in one place only.
    let loose = "select string_agg(proname, ' ') from pg_proc where pronamespace = 'public'::regnamespace and prosecdef
                 and not coalesce(proconfig @> array['search_path=public, pg_temp'], false)";
    assert_eq!(app.value(loose).await, "null");
}

#[tokio::test]
async fn a_thousand_requests_of_two_people_over_two_connections_mix_nothing_up() {
    let app = App::with(&[("DATABASE_POOL_SIZE", "2"), ("DATABASE_ACQUIRE_TIMEOUT", "60")]).await;
    let (ada, bob) = (app.person("ada").await, app.person("bob").await);
    for n in 0..5 {
        ada.add(&format!("ada {n}")).await;
        bob.add(&format!("bob {n}")).await;
    }
    // Always many at the same time, and never so many that one waits longer than it may.
    let turns = Arc::new(Semaphore::new(40));
    let mut requests = JoinSet::new();
    for n in 0..1_000 {
        let turn = Arc::clone(&turns).acquire_owned().await.unwrap();
        let (name, person) = if n % 2 == 0 { ("ada", ada.clone()) } else { ("bob", bob.clone()) };
        requests.spawn(async move {
            let _turn = turn;
            let tasks: Vec<Task> = match n % 10 {
                0 | 1 => person.change("add_task", &[("title", &format!("{name} more"))]).await.tasks,
                2 | 3 => {
                    let page = person.get("/tasks").await;
                    assert_eq!(page.status(), StatusCode::OK);
                    let (text, other) = (page.text().await.unwrap(), if name == "ada" { "bob " } else { "ada " });
                    assert!(text.contains(name) && !text.contains(&format!(">{other}")), "a foreign row on a page");
                    Vec::new()
                }
                4 | 5 => person.list("/tasks?q=more").await.tasks,
                _ => person.list("/tasks").await.tasks,
            };
            for task in tasks {
                assert!(String::from(task.title.clone()).starts_with(name), "{name} got {:?}", task.title);
            }
        });
    }
    while let Some(done) = requests.join_next().await {
        done.unwrap();
    }
    assert_eq!(app.value("select count(*) from tasks").await, "210");
    assert_eq!(
        app.value("select count(*) from tasks join users on users.id = user_id where title not like name || '%'").await,
        "0"
    );
}
