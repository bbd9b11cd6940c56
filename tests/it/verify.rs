//! What `docket verify` finds, and says of it.

use docket::server::verify::{self, Finding, Verdict};

use crate::{
    audit,
    embedded::{Application, Folder},
    support::{App, LOGIN, cluster, owner},
};

/// An application that was used a bit, with its log sealed.
async fn used() -> App {
    let app = App::start().await;
    let ada = app.person("ada").await;
    for number in 0..5 {
        ada.add(&number.to_string()).await;
    }
    audit::seal_all(&app).await;
    app
}

/// Does something that only a superuser can, past every rule.
async fn tamper(app: &App, statement: &str) {
    app.sql(&format!("set session_replication_role = replica; {statement}; set session_replication_role = origin"))
        .await;
}

async fn findings(app: &App) -> Vec<Finding> {
    verify::restored(&owner(&app.options)).await.unwrap()
}

/// The one check that fails, with what it says.
async fn failure(app: &App) -> (&'static str, Vec<String>) {
    let mut failed: Vec<_> = findings(app).await.into_iter().filter(Finding::failed).collect();
    assert_eq!(failed.len(), 1, "{failed:#?}");
    let Finding { check, verdict: Verdict::Failed(said) } = failed.remove(0) else { unreachable!() };
    (check, said)
}

async fn assert_log(app: &App, words: &str) {
    let (check, said) = failure(app).await;
    assert_eq!(check, "audit log");
    assert!(said.iter().any(|said| said.contains(words)), "{words}: {said:#?}");
}

#[tokio::test]
async fn a_database_in_use_is_sound() {
    let app = used().await;
    let findings = findings(&app).await;
    assert!(findings.iter().all(|finding| matches!(finding.verdict, Verdict::Sound(_))), "{findings:#?}");
    assert!(findings.len() >= 6);
}

#[tokio::test]
async fn a_row_of_the_log_that_was_changed_by_hand_is_named() {
    for change in [
        "action = 'purge'",
        "change_id = gen_random_uuid()",
        "entity_type = 'account'",
        "entity_id = 'other'",
        "user_id = gen_random_uuid()",
        "user_id = null",
        "new_values = jsonb_set(new_values, '{title}', '\"other\"')",
        "old_values = '{}'",
        "created_at = created_at - interval '1 microsecond'",
        "salt = uuid_send(gen_random_uuid())",
        "digest = sha256('')",
    ] {
        let app = used().await;
        let id = app.value("select min(id) from audit_logs where action = 'add'").await;
        tamper(&app, &format!("update audit_logs set {change} where id = {id}")).await;
        assert_log(&app, &format!("row {id} was altered")).await;
    }
}

#[tokio::test]
async fn a_row_that_was_changed_together_with_its_digest_is_found_by_its_day() {
    let app = used().await;
    tamper(&app, "update audit_logs set action = 'edit' where id = 3; update audit_logs log set digest = audit_digest(log) where id = 3").await;
    assert_log(&app, "(ids 1 to 6) are not those that were sealed").await;
    // Who then seals the day anew is found by the day after, or by who noted the end of the chain.
    let app = used().await;
    let end = |verdict| match verdict {
        Verdict::Sound(said) => said.rsplit(' ').next().unwrap().to_owned(),
        other => panic!("{other:?}"),
    };
    let before = end(audit::said(&app).await);
    tamper(&app, "update audit_logs set action = 'edit' where id = 3; update audit_logs log set digest = audit_digest(log) where id = 3; delete from audit_days; update audit_marks set last_id = 0").await;
    audit::seal_all(&app).await;
    assert_ne!(end(audit::said(&app).await), before);
}

#[tokio::test]
async fn a_row_of_the_log_that_is_gone_is_missed() {
    let app = used().await;
    tamper(&app, "delete from audit_logs where id in (2, 4, 5)").await;
    assert_log(&app, "were removed, of the ids 2, 4 to 5").await;
    let app = used().await;
    tamper(&app, "delete from audit_logs where id = 6").await;
    assert_log(&app, "1 rows of").await;
    let app = used().await;
    tamper(&app, "delete from audit_logs").await;
    assert_log(&app, "6 rows of").await;
}

#[tokio::test]
async fn a_row_that_was_slipped_in_later_is_found() {
    let app = used().await;
    app.sql("begin; insert into audit_logs (change_id, action, entity_type, entity_id) values (gen_random_uuid(), 'add', 'task', 'x'); rollback").await;
    app.person("bob").await;
    audit::seal_all(&app).await;
    audit::assert_sound(&app, "7 rows of 1 days").await;
    tamper(
        &app,
        "insert into audit_logs (id, change_id, action, entity_type, entity_id, salt, digest) overriding system value
         values (7, gen_random_uuid(), 'add', 'task', 'x', uuid_send(gen_random_uuid()), sha256(''));
         update audit_logs log set digest = audit_digest(log) where id = 7",
    )
    .await;
    assert_log(&app, "1 rows of").await;
}

#[tokio::test]
async fn a_day_that_is_gone_or_marked_as_removed_is_missed() {
    let row = "insert into audit_logs (change_id, action, entity_type, entity_id, created_at)
               select gen_random_uuid(), 'add', 'task', n, now() - (100 - n) * interval '1 day' from generate_series(1, 99) as n";
    for (tampering, said) in [
        ("delete from audit_days where first_id = 50", "the ids from 50 to 50 belong to no day"),
        ("update audit_days set removed_at = now() where first_id = 50", "are marked as removed, and those of"),
        ("update audit_days set removed_at = now()", "which is too young for that"),
        ("delete from audit_logs where id = 50", "were removed, of the ids 50"),
        (
            "update audit_days set hash = sha256('x') where first_id = 50",
            "(ids 50 to 50) are not those that were sealed",
        ),
    ] {
        let app = App::start().await;
        app.sql(row).await;
        audit::seal_all(&app).await;
        audit::assert_sound(&app, "99 rows of 99 days").await;
        tamper(&app, tampering).await;
        assert_log(&app, said).await;
    }
}

#[tokio::test]
async fn rules_that_rows_break_are_named() {
    let app = used().await;
    for (check, tampering, words) in [
        (
            "constraints",
            "update tasks set user_id = gen_random_uuid() where title = '1'",
            "tasks_user_id_fkey (refers to nothing in users)",
        ),
        (
            "constraints",
            "alter table tasks drop constraint tasks_version_counts; update tasks set version = 0 where title = '2'; alter table tasks add constraint tasks_version_counts check (version > 0) not valid",
            "1 rows of tasks break tasks_version_counts, such as",
        ),
        (
            "indexes",
            "update pg_index set indisvalid = false where indexrelid = 'tasks_due_idx'::regclass",
            "tasks_due_idx is not valid: `reindex index tasks_due_idx`",
        ),
        ("triggers", "alter table audit_logs disable trigger audit_logs_grows", "audit_logs_grows is off"),
        ("row-level security", "alter table tasks no force row level security", "it is not forced for tasks"),
        ("row-level security", "alter table sessions disable row level security", "it is off for sessions"),
        (
            "schema",
            "delete from _sqlx_migrations where version = 20261122200000",
            "migration 20261122200000 is missing: run `docket migrate up`",
        ),
        (
            "schema",
            "insert into _sqlx_migrations select 99990101000000, 'x', now(), true, 'x', 0",
            "is of a newer Docket",
        ),
        (
            "schema",
            "update _sqlx_migrations set checksum = 'x' where version = 20261121100000",
            "20261121100000 is not the one that this Docket has",
        ),
    ] {
        tamper(&app, tampering).await;
        let findings = findings(&app).await;
        let found = findings.iter().find(|finding| finding.check == check).unwrap();
        assert!(found.failed() && found.to_string().contains(words), "{tampering}: {found}");
        assert!(found.to_string().lines().all(|line| line.starts_with("FAILED  ")), "{found}");
    }
}

#[tokio::test]
async fn a_login_that_could_see_everything_is_a_fault_and_a_command_that_finds_one_fails() {
    let app = used().await;
    // The cluster's superuser.
    let url = cluster().await.url(app.options.get_database().unwrap());
    let mut command = std::process::Command::new(env!("CARGO_BIN_EXE_docket"));
    command.arg("verify").current_dir(std::env::temp_dir()).env_clear().env("PATH", std::env::var_os("PATH").unwrap());
    let output = command.env("DATABASE_URL", url).output().unwrap();
    let said = String::from_utf8(output.stdout).unwrap();
    assert_eq!(output.status.code(), Some(1));
    assert!(said.contains("FAILED  roles: docket is a superuser"), "{said}");
    assert!(said.contains("ok      audit log: 6 rows"), "{said}");
    assert!(String::from_utf8(output.stderr).unwrap().contains("checks failed"));
}

#[tokio::test]
async fn a_server_that_may_forget_what_it_acknowledged_is_a_fault() {
    let app = App::start().await;
    let name = app.options.get_database().unwrap();
    app.sql(&format!("alter database {name} set synchronous_commit = off")).await;
    let findings = verify::all(&owner(&app.options), LOGIN).await.unwrap();
    let said = findings.iter().find(|finding| finding.check == "durability").unwrap().to_string();
    assert!(said.starts_with("FAILED") && said.contains("durability: synchronous_commit is off"), "{said}");
    // The tests' own server is one.
    assert!(said.contains("durability: fsync is off"), "{said}");
}

#[tokio::test]
async fn a_start_on_such_a_server_warns() {
    let app = App::start().await;
    let name = app.options.get_database().unwrap();
    app.sql(&format!("alter database {name} set synchronous_commit = off")).await;
    let url = cluster().await.url(name).replacen("docket@", &format!("{LOGIN}@"), 1);
    let folder = Folder::new();
    let log = folder.0.join("log");
    let _running = Application::with(&folder.0, |command| {
        command.env("DATABASE_URL", url).stderr(std::fs::File::create(&log).unwrap());
    });
    let said = std::fs::read_to_string(&log).unwrap();
    assert!(said.contains("synchronous_commit is off in PostgreSQL: what was acknowledged is lost"), "{said}");
}
