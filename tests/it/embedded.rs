//! The private PostgreSQL: real servers, really killed.

use std::{
    fs,
    io::{BufRead, BufReader, Read, Write},
    net::TcpStream,
    os::unix::{
        fs::{MetadataExt, PermissionsExt, chown},
        process::CommandExt,
    },
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    sync::atomic::{AtomicU32, Ordering},
    time::{Duration, Instant},
};

use docket::server::embedded::{Embedded, EmbeddedError, default_folder};
use sqlx::{ConnectOptions, Connection, PgConnection};

use crate::support::{Browser, PASSWORD};

/// One test's own folder, which every user may pass through. Removed at the end.
pub struct Folder(pub PathBuf);

impl Folder {
    pub fn new() -> Self {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let name = format!("docket-test-{}-{}", std::process::id(), COUNT.fetch_add(1, Ordering::Relaxed));
        let path = std::env::temp_dir().canonicalize().unwrap().join(name);
        fs::create_dir(&path).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
        Self(path)
    }

    /// Somebody else removes it.
    pub fn keep(self) -> PathBuf {
        std::mem::ManuallyDrop::new(self).0.clone()
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

/// The application itself, on any free port. Stopped at the end, so that a failed test leaves no PostgreSQL.
pub struct Application {
    process: Child,
    address: String,
}

impl Application {
    fn command(folder: &Path) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_docket"));
        command.arg("serve").env_remove("DATABASE_URL").env_remove("DATABASE_URL_DIRECT");
        command
            .env("DOCKET_DATA_DIR", folder)
            .env("LEPTOS_SITE_ADDR", "127.0.0.1:0")
            .env("RUST_LOG", "warn")
            .stdin(Stdio::null());
        command
    }

    /// Returns when it says where it is.
    pub fn start(folder: &Path) -> Self {
        Self::with(folder, |_| {})
    }

    /// The same, started a little differently.
    pub fn with(folder: &Path, differently: impl FnOnce(&mut Command)) -> Self {
        let mut command = Self::command(folder);
        differently(&mut command);
        let mut process = command.stdout(Stdio::piped()).spawn().unwrap();
        let mut lines = BufReader::new(process.stdout.take().unwrap()).lines().map_while(Result::ok);
        let line = lines.find(|line| line.contains("http://127.0.0.1:")).expect("it says where it is");
        // It may say more, and would fail if nobody listened.
        std::thread::spawn(move || lines.for_each(drop));
        let (_, address) = line.split_once("http://").unwrap();
        let end = address.find(|letter: char| !matches!(letter, '0'..='9' | '.' | ':')).unwrap_or(address.len());
        Self { process, address: address[..end].to_owned() }
    }

    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// As the power does, or the kernel out of memory.
    pub fn kill(&mut self) {
        self.process.kill().unwrap();
        self.process.wait().unwrap();
    }

    fn is_ready(&self) -> bool {
        let mut answer = String::new();
        let mut stream = TcpStream::connect(&self.address).unwrap();
        let request = format!("GET /readyz HTTP/1.1\r\nHost: {}\r\nConnection: close\r\n\r\n", self.address);
        stream.write_all(request.as_bytes()).unwrap();
        stream.read_to_string(&mut answer).unwrap();
        answer.starts_with("HTTP/1.1 200")
    }
}

impl Drop for Application {
    fn drop(&mut self) {
        if !matches!(self.process.try_wait(), Ok(None)) {
            return;
        }
        // Once: the second signal would end it at once.
        signal("TERM", self.process.id());
        for _ in 0..100 {
            if !matches!(self.process.try_wait(), Ok(None)) {
                return;
            }
            std::thread::sleep(Duration::from_millis(100));
        }
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

pub fn signal(signal: &str, pid: u32) {
    let status = Command::new("/bin/sh").args(["-c", r#"kill -s "$1" "$2""#, "sh", signal, &pid.to_string()]).status();
    assert!(status.unwrap().success());
}

/// The process id of the server on the cluster in `folder`.
pub fn server(folder: &Path) -> Option<u32> {
    fs::read_to_string(folder.join("postgres/postmaster.pid")).ok()?.lines().next()?.parse().ok()
}

/// Whether a process runs; one that has ended and was not collected doesn't.
fn runs(pid: u32) -> bool {
    let output = Command::new("ps").args(["-o", "stat=", "-p", &pid.to_string()]).output().unwrap();
    let state = String::from_utf8(output.stdout).unwrap();
    !state.trim().is_empty() && !state.trim().starts_with('Z')
}

pub async fn until(what: &str, mut met: impl FnMut() -> bool) {
    let since = Instant::now();
    while !met() {
        assert!(since.elapsed() < Duration::from_secs(30), "in vain: {what}");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

async fn execute(database: &Embedded, sql: &str) {
    let mut connection = database.options("todo").connect().await.unwrap();
    sqlx::raw_sql(sql).execute(&mut connection).await.unwrap();
}

async fn text(database: &Embedded, sql: &str) -> Result<String, sqlx::Error> {
    let mut connection = database.options("todo").connect().await?;
    sqlx::query_scalar(sql).fetch_one(&mut connection).await
}

#[tokio::test]
async fn a_second_docket_on_the_same_data_is_told_so() {
    let folder = Folder::new();
    let first = Application::start(&folder.0);
    let second = Application::command(&folder.0).output().unwrap();
    let said = String::from_utf8_lossy(&second.stderr).into_owned() + &String::from_utf8_lossy(&second.stdout);
    assert!(!second.status.success());
    assert!(said.contains(&format!("Another Docket is using {}: stop it", folder.0.display())), "{said}");
    assert!(first.is_ready());
    signal("TERM", first.process.id());
    until("the server is gone", || server(&folder.0).is_none()).await;
}

#[tokio::test]
async fn docket_starts_again_after_it_was_killed() {
    let folder = Folder::new();
    let mut killed = Application::start(&folder.0);
    let orphan = server(&folder.0).unwrap();
    killed.kill();
    assert!(runs(orphan));
    let mut next = Application::start(&folder.0);
    assert!(next.is_ready());
    assert!(!runs(orphan));
    signal("TERM", next.process.id());
    next.process.wait().unwrap();
}

#[tokio::test]
async fn docket_takes_its_postgresql_with_it_when_it_stops() {
    let folder = Folder::new();
    let mut application = Application::start(&folder.0);
    let pid = server(&folder.0).unwrap();
    signal("TERM", application.process.id());
    assert!(application.process.wait().unwrap().success());
    assert!(!runs(pid));
    assert_eq!(server(&folder.0), None);
}

#[tokio::test]
async fn data_survives_a_restart_and_the_settings_are_durable() {
    let folder = Folder::new();
    let home = folder.0.join("new, and \"odd\"/.docket");
    let first = Embedded::start(&home).await.unwrap();
    assert!(first.prepare("todo").await.unwrap());
    assert!(!first.prepare("todo").await.unwrap());
    assert!(first.prepare("odd \"name\" ü?").await.unwrap());
    PgConnection::connect(&first.url("odd \"name\" ü?")).await.unwrap().close().await.unwrap();
    let settings = "select concat_ws(' ', current_setting('fsync'), current_setting('full_page_writes'), \
                    current_setting('synchronous_commit'), current_setting('data_checksums'), \
                    current_setting('server_encoding'), '[' || current_setting('listen_addresses') || ']')";
    assert_eq!(text(&first, settings).await.unwrap(), "on on on on UTF8 []");
    execute(&first, "create table t (n text); insert into t values ('seven')").await;
    let _who_stays_connected_does_not_hold_it_up = first.options("todo").connect().await.unwrap();
    tokio::join!(first.stop(), first.stop());
    let second = Embedded::start(&home).await.unwrap();
    assert_eq!(text(&second, "select n from t").await.unwrap(), "seven");
    second.stop().await;
}

#[tokio::test]
async fn a_killed_postgresql_comes_back_with_its_data() {
    let folder = Folder::new();
    let database = Embedded::start(&folder.0).await.unwrap();
    database.prepare("todo").await.unwrap();
    execute(&database, "create table t (n text); insert into t values ('seven')").await;
    let pid = server(&folder.0).unwrap();
    signal("KILL", pid);
    until("another server", || server(&folder.0).is_some_and(|next| next != pid)).await;
    let since = Instant::now();
    while !text(&database, "select n from t").await.is_ok_and(|n| n == "seven") {
        assert!(since.elapsed() < Duration::from_secs(30));
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    database.stop().await;
}

#[tokio::test]
async fn a_pid_file_left_by_a_crash_does_not_hinder_the_start() {
    let folder = Folder::new();
    let first = Embedded::start(&folder.0).await.unwrap();
    let file = folder.0.join("postgres/postmaster.pid");
    let left = fs::read_to_string(&file).unwrap();
    let (_, rest) = left.split_once('\n').unwrap();
    first.stop().await;
    // The process id now belongs to another process of the same user; a power failure cut the file off.
    let owner = fs::metadata(folder.0.join("postgres")).unwrap().uid();
    let mut other = Command::new("sleep").arg("600").current_dir("/").uid(owner).spawn().unwrap();
    for content in [format!("{}\n{rest}", other.id()), String::new()] {
        fs::write(&file, &content).unwrap();
        chown(&file, Some(owner), None).unwrap();
        Embedded::start(&folder.0).await.unwrap().stop().await;
    }
    assert!(runs(other.id()));
    other.kill().unwrap();
    other.wait().unwrap();
}

#[tokio::test]
async fn a_long_path_is_no_obstacle() {
    let folder = Folder::new();
    let database = Embedded::start(&folder.0.join("x".repeat(120))).await.unwrap();
    assert!(database.prepare("todo").await.unwrap());
    database.stop().await;
}

#[tokio::test]
async fn root_is_told_which_folder_keeps_postgresql_out() {
    let folder = Folder::new();
    let project = folder.0.join("project");
    fs::create_dir(&project).unwrap();
    assert_eq!(default_folder(&project), project.join(".docket"));
    if fs::metadata(&folder.0).unwrap().uid() != 0 {
        return; // Others run PostgreSQL themselves, and reach what they own.
    }
    fs::set_permissions(&folder.0, fs::Permissions::from_mode(0o700)).unwrap();
    let error = Embedded::start(&project.join(".docket")).await.unwrap_err();
    assert!(matches!(&error, EmbeddedError::Unreachable { ancestor, .. } if *ancestor == folder.0), "{error}");
    assert!(!project.join(".docket").exists());
    assert!(default_folder(&project).starts_with("/var/lib/docket"));
}

#[tokio::test]
async fn a_postgresql_that_cannot_start_says_why_and_soon() {
    let folder = Folder::new();
    Embedded::start(&folder.0).await.unwrap().stop().await;
    let mut settings = fs::OpenOptions::new().append(true).open(folder.0.join("postgres/postgresql.conf")).unwrap();
    writeln!(settings, "nonsense = 1").unwrap();
    let error = Embedded::start(&folder.0).await.unwrap_err();
    let EmbeddedError::NotStarted { log, lines } = error else { panic!("{error}") };
    assert!(log.starts_with(&folder.0) && lines.iter().any(|line| line.contains("nonsense")), "{lines:?}");
}

/// What the next test kills: this test binary, running only this.
#[tokio::test]
#[ignore = "part of another test"]
async fn holds_a_temporary_cluster() {
    let database = Embedded::temporary().await.unwrap();
    println!("log={}", database.log().display());
    tokio::time::sleep(Duration::from_mins(1)).await;
}

#[tokio::test]
async fn a_temporary_cluster_goes_with_a_killed_process() {
    let mut holder = Command::new(std::env::current_exe().unwrap())
        .args(["holds_a_temporary_cluster", "--ignored", "--nocapture"])
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(holder.stdout.take().unwrap()).lines().map_while(Result::ok);
    let log = lines.find_map(|line| line.split_once("log=").map(|(_, log)| PathBuf::from(log))).unwrap();
    let folder = log.parent().unwrap();
    let pid = server(folder).unwrap();
    holder.kill().unwrap();
    holder.wait().unwrap();
    until("the folder is gone", || !folder.exists()).await;
    until("the server is gone", || !runs(pid)).await;
}

#[tokio::test]
async fn a_database_from_before_there_was_an_owner_is_handed_over_with_everything_in_it() {
    let folder = Folder::new();
    let database = Embedded::start(&folder.0).await.unwrap();
    // As an older Docket made it: everything by the superuser, and nothing of what has come since.
    let older = folder.0.join("migrations");
    fs::create_dir(&older).unwrap();
    for file in fs::read_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/migrations")).unwrap() {
        let file = file.unwrap();
        if file.file_name().to_string_lossy().as_ref() < "20261122" {
            fs::copy(file.path(), older.join(file.file_name())).unwrap();
        }
    }
    let mut admin = database.options("postgres").connect().await.unwrap();
    sqlx::raw_sql("create database todo").execute(&mut admin).await.unwrap();
    let mut connection = database.options("todo").connect().await.unwrap();
    sqlx::migrate::Migrator::new(older).await.unwrap().run_direct(&mut connection).await.unwrap();
    sqlx::raw_sql(
        "insert into users (id, email, name) values (gen_random_uuid(), 'a@b.c', 'Ada');
         insert into tasks (id, user_id, title, position) select gen_random_uuid(), id, 'stays', repeat('a', 24) from users",
    )
    .execute(&mut connection)
    .await
    .unwrap();
    connection.close().await.unwrap();

    assert!(!database.prepare("todo").await.unwrap());
    let owner = database.owner("todo");
    docket::server::migrations::up(&owner, "docket_web").await.unwrap();
    let findings = docket::server::verify::all(&owner, "docket_web").await.unwrap();
    assert!(!findings.iter().any(docket::server::verify::Finding::failed), "{findings:?}");
    let mut owner = owner.connect().await.unwrap();
    let titles: Vec<String> = sqlx::query_scalar("select title from tasks").fetch_all(&mut owner).await.unwrap();
    assert_eq!(titles, ["stays"]);
    database.stop().await;
}

#[tokio::test]
async fn a_node_that_is_there_before_its_database_is_set_up_waits_and_says_so() {
    let (folder, database) = (Folder::new(), Embedded::temporary().await.unwrap());
    // A server that no Docket has seen, and a login that may do nothing yet.
    let mut admin = database.options("postgres").connect().await.unwrap();
    sqlx::raw_sql("create role web login noinherit").execute(&mut admin).await.unwrap();
    sqlx::raw_sql("create role keeper login createrole").execute(&mut admin).await.unwrap();
    sqlx::raw_sql("create database todo owner keeper").execute(&mut admin).await.unwrap();
    let url = database.url("todo").replacen("docket@", "web@", 1);
    let app = Application::with(&folder.0, |command| {
        command.env("DATABASE_URL", &url);
    });
    assert!(!app.is_ready());
    let keeper = database.options("todo").username("keeper");
    // With the owner's own login instead of the application's: there is a schema now, and nobody may use it.
    docket::server::migrations::up(&keeper, "keeper").await.unwrap();
    assert!(!app.is_ready());
    docket::server::migrations::up(&keeper, "web").await.unwrap();
    assert!(app.is_ready());
    let answer = Browser::at(&app.url()).register("Ada", "ada@example.org", PASSWORD).await;
    assert_eq!(answer.status(), reqwest::StatusCode::SEE_OTHER);
    drop(app);
    database.stop().await;
}
