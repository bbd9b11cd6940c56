//! Backups: what is in one comes back, whole or not at all (`security.md` 65).

use std::{
    fs,
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
};

use docket::server::{
    backup::{self, BackupError},
    migrations::{self, Target},
    verify::{self, Finding},
};
use reqwest::StatusCode;
use sqlx::{PgPool, postgres::PgConnectOptions};

use crate::{
    audit,
    embedded::{Application, Folder},
    support::{App, Browser, LOGIN, PASSWORD, cluster, empty_database, owner},
};

/// An empty database, for its owner.
async fn empty() -> PgConnectOptions {
    owner(&cluster().await.options(&empty_database().await))
}

/// The same for the superuser.
fn superuser(options: &PgConnectOptions) -> PgConnectOptions {
    options.clone().username("docket")
}

/// Everything in the schema, by name.
async fn names(options: &PgConnectOptions) -> Vec<String> {
    let pool = PgPool::connect_with(options.clone()).await.unwrap();
    let query = "select relname::text from pg_class where relnamespace = 'public'::regnamespace
                 union select typname::text from pg_type where typnamespace = 'public'::regnamespace
                 union select proname::text from pg_proc where pronamespace = 'public'::regnamespace";
    sqlx::query_scalar(query).fetch_all(&pool).await.unwrap()
}

/// Somebody with a bit of everything, and an awkward text.
async fn somebody(app: &App, name: &str) -> Browser {
    let browser = app.person(name).await;
    let id = browser.add_with("tab\there", "line\nbreak, back\\slash, \\., \\N and 🦀 e\u{301}").await;
    browser.change("set_priority", &[("ids[0]", &id), ("priority", "urgent")]).await;
    let trashed = browser.add("rubbish").await;
    browser.change("trash_tasks", &[("ids[0]", &trashed)]).await;
    app.visitor().log_in(&format!("{name}@example.org"), "not the password").await;
    app.sql(&format!(
        "insert into pictures (user_id, bytes, content_type, hash)
         select id, decode('00ff0a5c2e0a', 'hex'), 'image/webp', repeat('0', 64) from users where name = '{name}'"
    ))
    .await;
    browser
}

#[tokio::test]
async fn a_backup_waits_for_a_migration_that_makes_a_table_anew() {
    let app = App::start().await;
    let _ada = somebody(&app, "ada").await;
    let pool = PgPool::connect_with(owner(&app.options)).await.unwrap();
    let mut migration = pool.begin().await.unwrap();
    sqlx::query("alter table tasks add column twice bigint generated always as (version * 2) stored")
        .execute(&mut *migration)
        .await
        .unwrap();
    let folder = Folder::new();
    let (options, file) = (owner(&app.options), folder.0.join("docket.backup"));
    let goes_on = async {
        let waits = "select exists (select from pg_locks where not granted and relation = 'tasks'::regclass)";
        while app.value(waits).await != "true" {
            tokio::task::yield_now().await;
        }
        migration.commit().await.unwrap();
    };
    let both = async { tokio::join!(backup::write(&options, &file), goes_on) };
    let (report, ()) = tokio::time::timeout(std::time::Duration::from_mins(1), both).await.expect("it did not wait");
    let report = report.unwrap();
    let (_, tasks) = report.tables.iter().find(|(name, _)| name == "tasks").unwrap();
    assert_eq!(tasks.rows, 2);
}

#[tokio::test]
async fn what_is_in_a_backup_comes_back_as_it_was() {
    let app = App::start().await;
    let ada = somebody(&app, "ada").await;
    audit::seal_all(&app).await;
    let folder = Folder::new();
    let file = folder.0.join("docket.backup");
    let before = backup::sums(&owner(&app.options)).await.unwrap();
    let report = backup::write(&owner(&app.options), &file).await.unwrap();
    assert_eq!(report.tables.len(), before.len());
    assert!(report.tables.iter().all(|table| before.contains(table)), "{report:?}\n{before:?}");
    assert_eq!(fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600);
    assert_eq!(fs::read_dir(&folder.0).unwrap().count(), 1, "something is left beside it");

    let fresh = empty().await;
    let restored = backup::restore(&fresh, LOGIN, &file).await.unwrap();
    assert_eq!(restored.tables, report.tables);
    assert_eq!(backup::sums(&fresh).await.unwrap(), before);
    let findings = verify::restored(&fresh).await.unwrap();
    assert!(!findings.iter().any(Finding::failed), "{findings:#?}");

    // Work goes on there: ids go on, triggers log, sessions and passwords work.
    let last = app.value("select max(id) from audit_logs").await;
    let copy = App::on(superuser(&fresh), &[]).await;
    let there = copy.visitor();
    assert_eq!(there.log_in("ada@example.org", PASSWORD).await.status(), StatusCode::SEE_OTHER);
    assert_eq!(there.titles("/tasks").await, ada.titles("/tasks").await);
    there.add("after").await;
    let more = format!("select count(*) from audit_logs where id > {last} and action in ('login', 'add')");
    assert_eq!(copy.value(&more).await, "2");
    audit::seal_all(&copy).await;
    audit::assert_sound(&copy, "0 rows not yet sealed").await;
}

#[tokio::test]
async fn a_backup_made_while_people_write_is_of_one_moment() {
    let app = App::start().await;
    let ada = somebody(&app, "ada").await;
    let enough = Arc::new(AtomicBool::new(false));
    let writers: Vec<_> = (0..4)
        .map(|tab| {
            let (ada, enough) = (ada.clone(), enough.clone());
            tokio::spawn(async move {
                let mut count = 0;
                while !enough.load(Ordering::SeqCst) {
                    ada.add(&format!("{tab}-{count}")).await;
                    count += 1;
                }
                count
            })
        })
        .collect();
    let folder = Folder::new();
    let mut seen = 0;
    for number in 0..3 {
        let before: u64 = app.value("select count(*) from tasks").await.parse().unwrap();
        let file = folder.0.join(number.to_string());
        let report = backup::write(&owner(&app.options), &file).await.unwrap();
        let after: u64 = app.value("select count(*) from tasks").await.parse().unwrap();
        let tasks = report.tables.iter().find(|(name, _)| name == "tasks").unwrap().1.rows;
        assert!(before <= tasks && tasks <= after, "{before} {tasks} {after}");
        assert!(tasks > seen, "nobody wrote");
        seen = tasks;
        let fresh = empty().await;
        backup::restore(&fresh, LOGIN, &file).await.unwrap();
        assert!(backup::sums(&fresh).await.unwrap().iter().all(|table| report.tables.contains(table)));
        // Each task with the row of the log that was written beside it, and the other way round.
        let pool = PgPool::connect_with(superuser(&fresh)).await.unwrap();
        let torn = "select count(*) from tasks full join (select entity_id from audit_logs where action = 'add') log
                    on entity_id = id::text where id is null or entity_id is null";
        assert_eq!(sqlx::query_scalar::<_, i64>(torn).fetch_one(&pool).await.unwrap(), 0);
        pool.close().await;
    }
    enough.store(true, Ordering::SeqCst);
    for writer in writers {
        assert!(writer.await.unwrap() > 0);
    }
}

#[tokio::test]
async fn one_wrong_byte_anywhere_is_found_before_anything_is_changed() {
    let app = App::start().await;
    somebody(&app, "ada").await;
    let folder = Folder::new();
    let file = folder.0.join("docket.backup");
    backup::write(&owner(&app.options), &file).await.unwrap();
    let sound = fs::read(&file).unwrap();
    let broken = folder.0.join("broken");
    let fresh = empty().await;
    let nothing = names(&fresh).await;
    let refuse = async |what: &str, bytes: &[u8]| {
        fs::write(&broken, bytes).unwrap();
        let refused = backup::restore(&fresh, LOGIN, &broken).await;
        assert!(matches!(refused, Err(BackupError::Damaged { .. })), "{what}: {refused:?}");
    };
    // Its first and last bytes, each of them; and everywhere between.
    let edges = (0..20).chain(sound.len() - 120..sound.len());
    for place in edges.chain((1..50).map(|part| part * sound.len() / 50)) {
        for bit in [0x01, 0x80] {
            let mut bytes = sound.clone();
            bytes[place] ^= bit;
            refuse(&format!("byte {place} of {}", sound.len()), &bytes).await;
        }
    }
    refuse("nothing", &[]).await;
    refuse("half of it", &sound[..sound.len() / 2]).await;
    refuse("all but the last byte", &sound[..sound.len() - 1]).await;
    refuse("one byte more", &[&sound[..], b"x"].concat()).await;
    refuse("a byte that is missing", &[&sound[..100], &sound[101..]].concat()).await;
    refuse("something else", &b"-- PostgreSQL database dump\n".repeat(100)).await;
    assert_eq!(names(&fresh).await, nothing);
    backup::restore(&fresh, LOGIN, &file).await.unwrap();
}

#[tokio::test]
async fn everybody_can_read_a_backup_with_zcat() {
    let app = App::start().await;
    app.person("ada").await;
    let folder = Folder::new();
    let file = folder.0.join("docket.backup.gz");
    backup::write(&owner(&app.options), &file).await.unwrap();
    let output = std::process::Command::new("gzip").arg("-dc").arg(&file).output().unwrap();
    assert!(output.status.success(), "{output:?}");
    let text = String::from_utf8(output.stdout).unwrap();
    assert!(text.starts_with("{\"docket_backup\":1,") && text.contains("ada@example.org"), "{text}");
    let (_, seal) = text.trim_end().rsplit_once(' ').unwrap();
    assert_eq!(seal.len(), 64);
}

#[tokio::test]
async fn a_database_with_something_in_it_is_left_as_it_is() {
    let app = App::start().await;
    app.person("ada").await;
    let folder = Folder::new();
    let file = folder.0.join("docket.backup");
    backup::write(&owner(&app.options), &file).await.unwrap();
    let before = backup::sums(&owner(&app.options)).await.unwrap();
    let refused = backup::restore(&owner(&app.options), LOGIN, &file).await.unwrap_err();
    let said = refused.to_string();
    assert!(said.contains("not empty (") && said.contains("docket migrate down --all"), "{said}");
    assert_eq!(backup::sums(&owner(&app.options)).await.unwrap(), before);
    // Also where it isn't Docket's.
    let other = empty().await;
    let pool = PgPool::connect_with(superuser(&other)).await.unwrap();
    sqlx::raw_sql("create table recipes ()").execute(&pool).await.unwrap();
    assert!(matches!(backup::restore(&other, LOGIN, &file).await, Err(BackupError::NotEmpty { .. })));
}

#[tokio::test]
async fn a_restore_that_fails_on_the_way_leaves_nothing() {
    let app = App::start().await;
    somebody(&app, "ada").await;
    let folder = Folder::new();
    let file = folder.0.join("docket.backup");
    backup::write(&owner(&app.options), &file).await.unwrap();
    let fresh = empty().await;
    let pool = PgPool::connect_with(superuser(&fresh)).await.unwrap();
    let nothing = names(&fresh).await;
    // The last thing that it does, with every row in place.
    sqlx::raw_sql(
        "create schema trap;
         create function trap.spring() returns event_trigger language plpgsql as $$
         begin
             if current_query() ilike '%enable trigger user%' then
                 if (select count(*) from public.tasks) > 0 then
                     raise exception 'the disk is full';
                 end if;
             end if;
         end $$;
         create event trigger trap on ddl_command_start execute function trap.spring()",
    )
    .execute(&pool)
    .await
    .unwrap();
    let failed = backup::restore(&fresh, LOGIN, &file).await.unwrap_err();
    assert!(failed.to_string().contains("the disk is full"), "{failed}");
    assert_eq!(names(&fresh).await, nothing);
    sqlx::raw_sql("drop event trigger trap").execute(&pool).await.unwrap();
    backup::restore(&fresh, LOGIN, &file).await.unwrap();
}

#[tokio::test]
async fn a_file_that_is_there_is_not_overwritten_and_nothing_is_left_of_a_failure() {
    let app = App::start().await;
    let folder = Folder::new();
    let file = folder.0.join("docket.backup");
    fs::write(&file, "precious").unwrap();
    let refused = backup::write(&owner(&app.options), &file).await.unwrap_err();
    assert!(refused.to_string().contains("is there already"), "{refused}");
    assert_eq!(fs::read_to_string(&file).unwrap(), "precious");
    let nowhere = folder.0.join("no/such/folder/docket.backup");
    assert!(matches!(backup::write(&owner(&app.options), &nowhere).await, Err(BackupError::File { .. })));
    // The tables can't be read.
    app.sql("alter table tasks rename column title to heading; create table loop_a (id int primary key); create table loop_b (id int primary key references loop_a); alter table loop_a add foreign key (id) references loop_b").await;
    let failed = backup::write(&owner(&app.options), &folder.0.join("other")).await.unwrap_err();
    assert!(failed.to_string().contains("loop_a, loop_b"), "{failed}");
    assert_eq!(fs::read_dir(&folder.0).unwrap().count(), 1);
}

#[tokio::test]
async fn an_older_backup_is_brought_up_and_one_of_a_newer_docket_is_refused() {
    let app = App::start().await;
    app.person("ada").await;
    let folder = Folder::new();
    let (newer, older) = (folder.0.join("newer"), folder.0.join("older"));
    migrations::down(&owner(&app.options), Target::Version(20_261_121_411_000)).await.unwrap();
    backup::write(&owner(&app.options), &older).await.unwrap();
    let fresh = empty().await;
    backup::restore(&fresh, LOGIN, &older).await.unwrap();
    let pool = PgPool::connect_with(superuser(&fresh)).await.unwrap();
    let applied: Vec<i64> =
        sqlx::query_scalar("select version from _sqlx_migrations order by 1").fetch_all(&pool).await.unwrap();
    assert_eq!(applied, migrations::versions());
    let copy = App::on(superuser(&fresh), &[]).await;
    assert_eq!(copy.visitor().log_in("ada@example.org", PASSWORD).await.status(), StatusCode::SEE_OTHER);

    app.sql("insert into _sqlx_migrations select 99990101000000, 'to come', now(), true, checksum, 0 from _sqlx_migrations limit 1").await;
    backup::write(&owner(&app.options), &newer).await.unwrap();
    let fresh = empty().await;
    let nothing = names(&fresh).await;
    let refused = backup::restore(&fresh, LOGIN, &newer).await.unwrap_err();
    assert!(refused.to_string().contains("knows more than this one"), "{refused}");
    app.sql("update _sqlx_migrations set version = 20261121100000, checksum = sha256('x') where version = 20261121100000; delete from _sqlx_migrations where version > 99990000000000").await;
    let changed = folder.0.join("changed");
    backup::write(&owner(&app.options), &changed).await.unwrap();
    let refused = backup::restore(&fresh, LOGIN, &changed).await.unwrap_err();
    assert!(refused.to_string().contains("20261121100000 differs"), "{refused}");
    assert_eq!(names(&fresh).await, nothing);
}

/// The URL for who owns the database.
async fn owners_url(app: &App) -> String {
    cluster().await.url(app.options.get_database().unwrap()).replacen("docket@", "docket_owner@", 1)
}

/// The command itself, as in a terminal.
fn docket(url: &str, arguments: &[&str]) -> std::process::Output {
    let mut command = std::process::Command::new(env!("CARGO_BIN_EXE_docket"));
    command
        .args(arguments)
        .current_dir(std::env::temp_dir())
        .env_clear()
        .env("PATH", std::env::var_os("PATH").unwrap());
    command.env("DATABASE_URL", url).stdin(std::process::Stdio::null()).output().unwrap()
}

fn text(path: &Path) -> &str {
    path.to_str().unwrap()
}

#[tokio::test]
async fn a_drill_restores_a_backup_elsewhere_and_verify_tells_when() {
    let app = App::start().await;
    somebody(&app, "ada").await;
    let url = owners_url(&app).await;
    let folder = Folder::new();
    let file: PathBuf = folder.0.join("docket.backup");
    let output = docket(&url, &["backup", text(&file)]);
    assert!(output.status.success(), "{output:?}");
    assert!(String::from_utf8(output.stdout).unwrap().contains("rows of"));
    let before = backup::sums(&owner(&app.options)).await.unwrap();
    let verified = String::from_utf8(docket(&url, &["verify"]).stdout).unwrap();
    assert!(verified.contains("note    restore drill: there was none; `docket restore --drill FILE`"), "{verified}");

    let output = docket(&url, &["restore", "--drill", text(&file)]);
    let said = String::from_utf8(output.stdout).unwrap();
    assert!(
        output.status.success() && said.contains("could be restored."),
        "{said}{}",
        String::from_utf8_lossy(&output.stderr)
    );
    let changed: Vec<_> =
        backup::sums(&owner(&app.options)).await.unwrap().into_iter().filter(|table| !before.contains(table)).collect();
    assert_eq!(changed.iter().map(|(name, _)| name.as_str()).collect::<Vec<_>>(), ["restore_drills"]);
    let verified = String::from_utf8(docket(&url, &["verify"]).stdout).unwrap();
    let hash = String::from_utf8(std::process::Command::new("sha256sum").arg(&file).output().unwrap().stdout).unwrap();
    assert!(verified.contains(&format!("of the file with SHA-256 {}", &hash[..64])), "{verified}");
    app.sql("update restore_drills set held_at = held_at - interval '91 days'").await;
    let verified = String::from_utf8(docket(&url, &["verify"]).stdout).unwrap();
    assert!(
        verified.contains("note    restore drill: the last one was on") && verified.contains("more than 90 days ago"),
        "{verified}"
    );

    // Of a file that is broken nothing is noted.
    let mut bytes = fs::read(&file).unwrap();
    bytes[200] ^= 4;
    fs::write(&file, bytes).unwrap();
    let output = docket(&url, &["restore", "--drill", text(&file)]);
    assert!(!output.status.success() && String::from_utf8(output.stderr).unwrap().contains("is damaged"));
    assert_eq!(app.value("select count(*) from restore_drills").await, "1");
}

#[tokio::test]
async fn the_private_postgresql_is_backed_up_and_verified_while_docket_runs() {
    let folder = Folder::new();
    let running = Application::start(&folder.0);
    let ada = Browser::at(&running.url());
    ada.register("Ada", "ada@example.org", PASSWORD).await;
    let file = folder.0.join("docket.backup");
    let run = |data: &Path, arguments: &[&str]| {
        let mut command = std::process::Command::new(env!("CARGO_BIN_EXE_docket"));
        command
            .args(arguments)
            .current_dir(std::env::temp_dir())
            .env_clear()
            .env("PATH", std::env::var_os("PATH").unwrap());
        let output = command.env("DOCKET_DATA_DIR", data).stdin(std::process::Stdio::null()).output().unwrap();
        let said = String::from_utf8([output.stdout, output.stderr].concat()).unwrap();
        assert!(output.status.success(), "{arguments:?}: {said}");
        said
    };
    run(&folder.0, &["backup", text(&file)]);
    let said = run(&folder.0, &["verify"]);
    assert!(!said.contains("FAILED") && said.contains("ok      roles: 5 roles"), "{said}");
    assert!(run(&folder.0, &["user", "list"]).contains("ada@example.org"));
    assert!(run(&folder.0, &["jobs", "list"]).contains("trash"));
    run(&folder.0, &["jobs", "run", "sessions"]);
    assert!(ada.is_logged_in().await);

    let other = Folder::new();
    run(&other.0, &["restore", text(&file)]);
    let said = run(&other.0, &["verify"]);
    assert!(!said.contains("FAILED"), "{said}");
    let copy = Application::start(&other.0);
    let there = Browser::at(&copy.url());
    assert_eq!(there.log_in("ada@example.org", PASSWORD).await.status(), StatusCode::SEE_OTHER);
}
