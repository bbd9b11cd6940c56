//! PgBouncer 1.18 in front of PostgreSQL: what Docket can't work with is refused, with an explanation.

use std::{
    fs,
    net::TcpListener,
    os::unix::{
        fs::{MetadataExt, chown},
        process::CommandExt,
    },
    path::Path,
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

use docket::server::pooler;
use reqwest::StatusCode;
use sqlx::{
    ConnectOptions, Connection,
    postgres::{PgConnectOptions, PgSslMode},
};

use crate::{
    embedded::{Application, Folder},
    support::{Browser, LOGIN, PASSWORD, cluster, migrated},
};

/// Runs what it is given until its own input ends, which is when the process of the tests does, however it does.
const WITH_ME: &str = r#"
folder=$1
shift
"$@" </dev/null &
while read -r _; do :; done
kill "$!"
wait
rm -rf "$folder"
"#;

/// `PgBouncer` on loopback, in front of the tests' cluster. Ends with this value, or with the process.
pub struct PgBouncer {
    process: Child,
    port: u16,
}

impl PgBouncer {
    /// In this mode: session, transaction or statement.
    pub async fn start(mode: &str) -> Self {
        let socket = cluster().await.options("postgres").get_socket().unwrap().clone();
        let folder = Folder::new().keep();
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let users = ["docket", "docket_owner", LOGIN].map(|name| format!("\"{name}\" \"\"\n")).concat();
        let settings = format!(
            "[databases]\n* = host={} port=5432\n[pgbouncer]\nlisten_addr = 127.0.0.1\nlisten_port = {port}\nunix_socket_dir =\n\
             auth_type = trust\nauth_file = {}/users\npool_mode = {mode}\nmax_client_conn = 1000\nserver_idle_timeout = 1\n\
             server_login_retry = 0.01\n",
            socket.display(),
            folder.display()
        );
        fs::write(folder.join("users"), users).unwrap();
        fs::write(folder.join("settings"), settings).unwrap();
        let mut command = Command::new("/bin/sh");
        command
            .args(["-c", WITH_ME, "sh"])
            .arg(&folder)
            .arg(program("pgbouncer"))
            .arg("-q")
            .arg(folder.join("settings"));
        // A group of its own: Ctrl+C would end the shell before it has cleared up.
        command.current_dir("/").process_group(0);
        command.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::null());
        if fs::metadata("/proc/self").is_ok_and(|own| own.uid() == 0) {
            // Whoever runs PostgreSQL may enter its socket's folder; and PgBouncer refuses root as PostgreSQL does.
            let owner = fs::metadata(&socket).unwrap();
            chown(&folder, Some(owner.uid()), Some(owner.gid())).unwrap();
            command.uid(owner.uid()).gid(owner.gid());
        }
        let bouncer = Self { process: command.spawn().unwrap(), port };
        let options = bouncer.options(&cluster().await.options("postgres"));
        let since = Instant::now();
        while let Err(error) = options.connect().await {
            assert!(since.elapsed() < Duration::from_secs(30), "PgBouncer does not answer: {error}");
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        bouncer
    }

    /// The way to the same database through it.
    pub fn options(&self, options: &PgConnectOptions) -> PgConnectOptions {
        PgConnectOptions::new_without_pgpass()
            .host("127.0.0.1")
            .port(self.port)
            .username(options.get_username())
            .database(options.get_database().unwrap())
            .ssl_mode(PgSslMode::Disable)
            // Unknown to PgBouncer, which refuses what it doesn't know.
            .extra_float_digits(None)
    }

    fn url(&self, options: &PgConnectOptions) -> String {
        let database = options.get_database().unwrap();
        format!("postgres://{LOGIN}@127.0.0.1:{}/{database}", self.port)
    }
}

impl Drop for PgBouncer {
    fn drop(&mut self) {
        // Closes its input first.
        let _ = self.process.wait();
    }
}

/// Debian has servers where only root's PATH leads.
pub fn program(name: &str) -> String {
    let path = format!("/usr/sbin/{name}");
    if Path::new(&path).exists() { path } else { name.to_owned() }
}

/// The real program on a database: what it says when it doesn't start.
fn refused(url: &str) -> String {
    let mut command = Command::new(env!("CARGO_BIN_EXE_docket"));
    command.arg("serve").env("DATABASE_URL", url).env("LEPTOS_SITE_ADDR", "127.0.0.1:0").env("RUST_LOG", "off");
    let output = command.stdin(Stdio::null()).output().unwrap();
    assert!(!output.status.success());
    String::from_utf8(output.stderr).unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_pooler_that_mixes_statements_up_is_refused_with_an_explanation() {
    let direct = migrated().await;
    for mode in ["transaction", "statement"] {
        let bouncer = PgBouncer::start(mode).await;
        for _ in 0..5 {
            let error = pooler::check(&bouncer.options(&direct)).await.unwrap_err();
            println!("{mode}: {error}");
        }
        let said = refused(&bouncer.url(&direct));
        assert!(said.starts_with("docket: The pooler at DATABASE_URL mixes up the prepared statements"), "{said}");
        assert!(said.contains("session mode") && said.contains("max_prepared_statements"), "{said}");
        assert_eq!(said.lines().count(), 1, "{said}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_pooler_in_session_mode_and_postgresql_itself_pass() {
    let direct = migrated().await;
    let bouncer = PgBouncer::start("session").await;
    for (name, options) in [("PostgreSQL", direct.clone()), ("PgBouncer", bouncer.options(&direct))] {
        let begun = Instant::now();
        for _ in 0..20 {
            pooler::check(&options).await.unwrap();
        }
        println!("{name}: {} ms for a check", begun.elapsed().as_millis() / 20);
    }
    let folder = Folder::new();
    let url = bouncer.url(&direct);
    let app = Application::with(&folder.0, |command| {
        command.env("DATABASE_URL", url);
    });
    let ada = Browser::at(&app.url());
    assert_eq!(ada.register("Ada", "ada@example.org", PASSWORD).await.status(), StatusCode::SEE_OTHER);
    ada.add("through a pooler").await;
    assert_eq!(ada.titles("/tasks").await, ["through a pooler"]);
}

#[tokio::test]
async fn a_postgresql_with_no_connection_to_spare_is_not_taken_for_a_pooler() {
    let direct = migrated().await;
    let mut connection = direct.connect().await.unwrap();
    let name = direct.get_database().unwrap();
    sqlx::raw_sql(&format!("alter database {name} connection limit 1; create role frugal login connection limit 1"))
        .execute(&mut connection)
        .await
        .unwrap();
    connection.close().await.unwrap();
    pooler::check(&direct.clone().username("frugal")).await.unwrap();
    // Nor one that isn't there.
    pooler::check(&PgConnectOptions::new_without_pgpass().host("127.0.0.1").port(1).username("x")).await.unwrap();
}
