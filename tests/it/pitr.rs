//! Point-in-time recovery with PostgreSQL's own programs, as `docs/operations.md` describes it: two clusters, and a moment between two markers
//! (`security.md` 66).

use std::{
    fs,
    os::unix::{fs::chown, process::CommandExt},
    path::{Path, PathBuf},
    process::{Command, Stdio},
    time::{Duration, Instant},
};

use docket::server::{
    migrations,
    verify::{self, Finding},
};
use sqlx::{PgPool, postgres::PgConnectOptions};

use crate::{
    embedded::Folder,
    support::{App, LOGIN, PASSWORD, owner},
};

/// The user to run PostgreSQL as, where this is root; it refuses that.
fn account() -> Option<(u32, u32)> {
    let own = fs::metadata("/proc/self").ok()?;
    if std::os::unix::fs::MetadataExt::uid(&own) != 0 {
        return None;
    }
    let passwd = fs::read_to_string("/etc/passwd").unwrap();
    let line = |name: &str| passwd.lines().find(|line| line.starts_with(&format!("{name}:"))).map(str::to_owned);
    let line = line("postgres").or_else(|| line("nobody")).unwrap();
    let mut fields = line.split(':').skip(2).map(|field| field.parse().unwrap());
    Some((fields.next().unwrap(), fields.next().unwrap()))
}

/// Where PostgreSQL's programs are.
fn program(name: &str) -> PathBuf {
    let known = Command::new("pg_config").arg("--bindir").output().ok();
    let mut folders: Vec<PathBuf> =
        known.map(|out| String::from_utf8(out.stdout).unwrap().trim().into()).into_iter().collect();
    folders.extend(
        fs::read_dir("/usr/lib/postgresql").into_iter().flatten().flatten().map(|entry| entry.path().join("bin")),
    );
    folders.extend(std::env::split_paths(&std::env::var_os("PATH").unwrap()));
    folders
        .into_iter()
        .map(|folder| folder.join(name))
        .find(|path| path.is_file())
        .expect("PostgreSQL's programs are installed")
}

fn run(name: &str, arguments: &[&str]) {
    let mut command = Command::new(program(name));
    command.args(arguments).current_dir("/").env_clear().env("PATH", "/usr/bin:/bin").env("LC_ALL", "C");
    if let Some((user, group)) = account() {
        command.uid(user).gid(group);
    }
    let output = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::piped()).output().unwrap();
    assert!(output.status.success(), "{name}: {}", String::from_utf8_lossy(&output.stderr));
}

/// A cluster of its own, stopped at the end.
struct Server {
    data: PathBuf,
    socket: PathBuf,
}

impl Server {
    fn start(folder: &Path, name: &str, settings: &str) -> Self {
        let server = Self { data: folder.join(name), socket: folder.to_owned() };
        let port = if name == "first" { 5433 } else { 5434 };
        let own = format!(
            "listen_addresses = ''\nunix_socket_directories = '{}'\nport = {port}\n{settings}\n",
            folder.display()
        );
        let mut text = fs::read_to_string(server.data.join("postgresql.conf")).unwrap();
        text.push_str(&own);
        fs::write(server.data.join("postgresql.conf"), text).unwrap();
        let log = folder.join(format!("{name}.log"));
        run("pg_ctl", &["-D", server.data.to_str().unwrap(), "-w", "-t", "60", "-l", log.to_str().unwrap(), "start"]);
        server
    }

    fn options(&self, port: u16, database: &str) -> PgConnectOptions {
        PgConnectOptions::new_without_pgpass().socket(&self.socket).port(port).username("docket").database(database)
    }

    fn stop(&self) {
        run("pg_ctl", &["-D", self.data.to_str().unwrap(), "-w", "-m", "immediate", "stop"]);
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        if self.data.join("postmaster.pid").exists() {
            self.stop();
        }
    }
}

async fn until_true(pool: &PgPool, condition: &str) {
    let since = Instant::now();
    while !sqlx::query_scalar::<_, bool>(condition).fetch_one(pool).await.unwrap() {
        assert!(since.elapsed() < Duration::from_mins(1), "in vain: {condition}");
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
}

#[tokio::test]
async fn recovery_to_a_moment_between_two_tasks_has_the_first_and_not_the_second() {
    let folder = Folder::new();
    if let Some((user, group)) = account() {
        chown(&folder.0, Some(user), Some(group)).unwrap();
    }
    let archive = folder.0.join("archive");
    fs::create_dir(&archive).unwrap();
    if let Some((user, group)) = account() {
        chown(&archive, Some(user), Some(group)).unwrap();
    }
    let (data, copy) = (folder.0.join("first"), folder.0.join("second"));
    run(
        "initdb",
        &[
            "-D",
            data.to_str().unwrap(),
            "-U",
            "docket",
            "--auth",
            "trust",
            "-E",
            "UTF8",
            "--locale",
            "C",
            "--data-checksums",
        ],
    );
    let keep = format!("archive_mode = on\narchive_command = 'test ! -f {0}/%f && cp %p {0}/%f'", archive.display());
    let first = Server::start(&folder.0, "first", &keep);
    let pool = PgPool::connect_with(first.options(5433, "postgres")).await.unwrap();
    let roles = format!("create role docket_owner login createrole; create role {LOGIN} login noinherit");
    sqlx::raw_sql(&roles).execute(&pool).await.unwrap();
    sqlx::raw_sql("create database docket owner docket_owner").execute(&pool).await.unwrap();
    let options = first.options(5433, "docket");
    migrations::up(&owner(&options), LOGIN).await.unwrap();

    // The base of the recovery, from before either of the two.
    let socket = folder.0.to_str().unwrap();
    run(
        "pg_basebackup",
        &["-h", socket, "-p", "5433", "-U", "docket", "-D", copy.to_str().unwrap(), "--checkpoint=fast"],
    );

    let app = App::on(options.clone(), &[]).await;
    let ada = app.person("ada").await;
    ada.add("before").await;
    let moment = app.value("clock_timestamp()").await;
    ada.add("after").await;
    let file = app.value("pg_walfile_name(pg_current_wal_lsn())").await;
    let pool = PgPool::connect_with(options).await.unwrap();
    sqlx::query("select pg_switch_wal()").execute(&pool).await.unwrap();
    until_true(&pool, &format!("select coalesce(last_archived_wal >= '{file}', false) from pg_stat_archiver")).await;
    // As a machine that is lost.
    first.stop();

    fs::write(copy.join("recovery.signal"), "").unwrap();
    let target = format!(
        "archive_mode = off\nrestore_command = 'cp {}/%f %p'\nrecovery_target_time = '{moment}'\nrecovery_target_action = 'promote'",
        archive.display()
    );
    let second = Server::start(&folder.0, "second", &target);
    let options = second.options(5434, "docket");
    let pool = PgPool::connect_with(options.clone()).await.unwrap();
    until_true(&pool, "select not pg_is_in_recovery()").await;
    let copy = App::on(options.clone(), &[]).await;
    let ada = copy.visitor();
    ada.log_in("ada@example.org", PASSWORD).await;
    assert_eq!(ada.titles("/tasks").await, ["before"]);
    ada.add("and it goes on").await;
    let findings = verify::restored(&owner(&options)).await.unwrap();
    assert!(!findings.iter().any(Finding::failed), "{findings:#?}");
}
