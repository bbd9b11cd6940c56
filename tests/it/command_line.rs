use std::{
    io::Write,
    process::{Command, Output, Stdio},
};

use crate::support::{App, cluster, empty_database};

/// What cargo-leptos has built for the browser.
const SITE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/target/site");

fn docket(arguments: &[&str], environment: &[(&str, &str)]) -> Output {
    docket_with(arguments, environment, "")
}

/// The same with something on standard input.
fn docket_with(arguments: &[&str], environment: &[(&str, &str)], input: &str) -> Output {
    let folder = std::env::temp_dir();
    let mut command = Command::new(env!("CARGO_BIN_EXE_docket"));
    command.args(arguments).current_dir(folder).env_clear().env("PATH", std::env::var_os("PATH").unwrap());
    command.envs(environment.iter().copied()).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().unwrap();
    // It may end without reading.
    let _ = child.stdin.take().unwrap().write_all(input.as_bytes());
    child.wait_with_output().unwrap()
}

fn lines(output: &Output) -> String {
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout.clone()).unwrap()
}

#[tokio::test]
async fn migrate_goes_up_and_down_and_tells_where_it_is() {
    let url = cluster().await.url(&empty_database().await);
    let environment = [("DATABASE_URL", url.as_str())];
    let count = |word: &str, text: &str| text.lines().filter(|line| line.contains(word)).count();
    let before = lines(&docket(&["migrate", "status"], &environment));
    assert!(count("missing", &before) >= 2 && count("applied", &before) == 0, "{before}");
    let up = lines(&docket(&["migrate", "up"], &environment));
    assert_eq!((count("missing", &up), count("applied", &up)), (0, before.lines().count()));
    let undone = docket(&["migrate", "down"], &environment);
    let said = String::from_utf8(undone.stderr.clone()).unwrap();
    assert!(said.contains(" is undone. ") && said.trim_end().ends_with('.'), "{said}");
    assert_eq!(count("missing", &lines(&undone)), 1);
    let nothing = lines(&docket(&["migrate", "down", "--all"], &environment));
    assert_eq!(nothing, before);
    assert_eq!(lines(&docket(&["migrate", "up"], &environment)), up);
}

#[tokio::test]
async fn jobs_run_does_once_what_docket_does_by_itself() {
    let app = App::start().await;
    let (ada, _bob) = (app.person("ada").await, app.person("bob").await);
    ada.add("stays").await;
    app.sql(
        "insert into tasks (id, user_id, title, position, deleted_at)
         select gen_random_uuid(), id, days || ' days', repeat('0', 24), now() - days * interval '1 day'
         from users, unnest(array[29, 31]) as days;
         update sessions set expiry_date = now() - interval '1 second'
         where user_id = (select id from users where name = 'bob')",
    )
    .await;
    let url = cluster().await.url(app.options.get_database().unwrap());
    let output = docket(&["jobs", "run"], &[("DATABASE_URL", &url), ("RUST_LOG", "info")]);
    let said = String::from_utf8(output.stderr).unwrap();
    assert!(output.status.success() && said.contains(r#""job":"sessions""#) && said.contains(r#""rows":2"#), "{said}");
    assert_eq!(app.value("select string_agg(title, ', ' order by title) from tasks").await, "29 days, 29 days, stays");
    assert_eq!(app.value("select count(*) from sessions").await, "1");
    assert!(ada.is_logged_in().await);

    // And says when it did what; one can be done alone.
    let jobs = |arguments: &[&str]| docket(&[&["jobs"], arguments].concat(), &[("DATABASE_URL", &url)]);
    app.sql("delete from jobs where name in ('links', 'archive'); update jobs set error = 'internal', failures = 1 where name = 'mail'").await;
    lines(&jobs(&["run", "archive"]));
    let list = lines(&jobs(&["list"]));
    let line =
        |name: &str| list.lines().find(|line| line.starts_with(name)).unwrap_or_else(|| panic!("{list}")).to_owned();
    assert!(line("trash").contains("1 h") && line("trash").contains("worked on "), "{list}");
    assert!(line("links").contains("never") && line("archive").contains("worked on "), "{list}");
    assert!(
        line("mail").contains("3 s") && line("mail").contains("failed on") && line("mail").contains("internal"),
        "{list}"
    );
    let unknown = jobs(&["run", "coffee"]);
    let said = String::from_utf8(unknown.stderr).unwrap();
    assert!(!unknown.status.success() && said.contains("There is no job coffee; there are mail, sessions,"), "{said}");

    // A database that lacks what they need is a failure that whoever started them sees.
    let url = cluster().await.url(&empty_database().await);
    let output = docket(&["jobs", "run"], &[("DATABASE_URL", &url)]);
    assert!(!output.status.success());
    let said = String::from_utf8(output.stderr).unwrap();
    assert!(said.contains(&format!("{} of the jobs failed", docket::server::jobs::JOBS.len())), "{said}");
}

#[tokio::test]
async fn who_runs_docket_makes_and_changes_accounts_without_the_web() {
    let app = App::start().await;
    let url = cluster().await.url(app.options.get_database().unwrap());
    let user = |arguments: &[&str], input: &str| {
        let arguments: Vec<_> = ["user"].iter().chain(arguments).copied().collect();
        docket_with(&arguments, &[("DATABASE_URL", &url)], input)
    };
    lines(&user(&["create", "Ada@Example.org", "--name", "Ada"], "correct horse battery\n"));
    lines(&user(&["create", "bob@example.org", "--name", "Bob"], "correct horse battery\n"));
    let all = lines(&user(&["list"], ""));
    let all: Vec<_> = all.lines().map(|line| line.split_whitespace().skip(1).collect::<Vec<_>>().join(" ")).collect();
    // The first one runs this Docket.
    assert_eq!(all, ["admin active ada@example.org Ada", "member active bob@example.org Bob"]);
    let bob = app.visitor();
    bob.log_in("bob@example.org", "correct horse battery").await;
    assert!(bob.is_logged_in().await);
    lines(&user(&["disable", "BOB@example.org"], ""));
    assert!(!bob.is_logged_in().await);
    assert_eq!(
        bob.log_in("bob@example.org", "correct horse battery").await.status(),
        reqwest::StatusCode::UNAUTHORIZED
    );
    lines(&user(&["enable", "bob@example.org"], ""));
    lines(&user(&["make-admin", "bob@example.org"], ""));
    lines(&user(&["set-password", "bob@example.org"], "another good one of mine\n"));
    assert!(lines(&user(&["list"], "")).contains("admin  active   bob@example.org"));
    bob.log_in("bob@example.org", "another good one of mine").await;
    assert!(bob.is_logged_in().await);
    for (arguments, input, said) in [
        (&["disable", "nobody@example.org"][..], "", "There is no account with the address nobody@example.org"),
        (&["set-password", "bob@example.org"][..], "password\n", "Too easy to guess"),
        (&["create", "no-address", "--name", "X"][..], "correct horse battery\n", "This is not an e-mail address"),
        (&["create", "bob@example.org", "--name", "X"][..], "correct horse battery\n", "has an account already"),
    ] {
        let output = user(arguments, input);
        let error = String::from_utf8(output.stderr).unwrap();
        assert!(!output.status.success() && error.contains(said), "{arguments:?}: {error}");
    }
}

#[test]
fn config_shows_where_a_setting_comes_from_and_hides_secrets() {
    let environment = [("DATABASE_URL", "postgres://docket:hunter2@db/docket"), ("DATABASE_POOL_SIZE", "7")];
    let text = lines(&docket(&["config", "--set", "DOCKET_REGISTRATION=closed"], &environment));
    let line = |name: &str| text.lines().find(|line| line.starts_with(name)).unwrap().to_owned();
    assert!(line("DATABASE_POOL_SIZE").contains("7 ") && line("DATABASE_POOL_SIZE").contains("environment"));
    assert!(line("DOCKET_REGISTRATION").contains("closed") && line("DOCKET_REGISTRATION").contains("flag"));
    assert!(line("DATABASE_RECYCLE").contains("300") && line("DATABASE_RECYCLE").contains("default"));
    assert!(line("DATABASE_URL ").contains("(hidden)") && !text.contains("hunter2"), "{text}");
}

#[test]
fn a_wrong_setting_stops_the_start_with_one_sentence() {
    let output = docket(&["serve"], &[("LEPTOS_SITE_ADDR", "here")]);
    assert!(!output.status.success());
    let said = String::from_utf8(output.stderr).unwrap();
    assert_eq!(
        said,
        "docket: LEPTOS_SITE_ADDR=here (from environment) does not work: it takes an address and a port such as 127.0.0.1:3000.\n"
    );
}

#[test]
fn a_database_that_never_answers_stops_the_start_without_naming_the_password() {
    let environment = [
        ("DATABASE_URL", "postgres://docket:hunter2@127.0.0.1:1/docket"),
        ("DATABASE_CONNECT_TIMEOUT", "1"),
        ("LEPTOS_SITE_ROOT", SITE),
        ("LEPTOS_SITE_ADDR", "127.0.0.1:0"),
    ];
    let output = docket(&["serve"], &environment);
    assert!(!output.status.success());
    let said = String::from_utf8(output.stderr).unwrap();
    assert!(said.contains("The database did not answer within 1 s") && !said.contains("hunter2"), "{said}");
}

#[tokio::test]
async fn a_database_that_refuses_is_not_waited_for() {
    let url = cluster().await.url("nothing_here");
    let output = docket(&["migrate", "status"], &[("DATABASE_URL", &url)]);
    assert!(!output.status.success());
    let said = String::from_utf8(output.stderr).unwrap();
    assert!(
        said.contains("The database refused the connection") && said.contains("Check user, password and database"),
        "{said}"
    );
}

#[test]
fn a_start_without_the_browsers_files_says_how_to_build_them() {
    let environment = [("LEPTOS_SITE_ADDR", "127.0.0.1:0"), ("LEPTOS_SITE_ROOT", "nowhere")];
    let output = docket(&["serve"], &environment);
    assert!(!output.status.success());
    let said = String::from_utf8(output.stderr).unwrap();
    assert!(said.contains("docket.js is not there: build with `make build`"), "{said}");
}

#[test]
fn a_file_that_can_not_be_read_is_not_quoted() {
    let folder = std::env::temp_dir().join(format!("docket-config-{}", std::process::id()));
    std::fs::create_dir(&folder).unwrap();
    for (file, text) in [
        (".env", "DATABASE_URL=postgres://u:hunter2 x@h/d"),
        ("Leptos.toml", "DATABASE_URL = postgres://u:hunter2@h/d"),
    ] {
        std::fs::write(folder.join(file), text).unwrap();
        let output = Command::new(env!("CARGO_BIN_EXE_docket")).arg("config").current_dir(&folder).output().unwrap();
        assert!(!output.status.success());
        let said = String::from_utf8(output.stderr).unwrap();
        assert!(said.contains(&format!("{file} can't be read")) && !said.contains("hunter2"), "{said}");
        std::fs::remove_file(folder.join(file)).unwrap();
    }
    std::fs::remove_dir(folder).unwrap();
}
