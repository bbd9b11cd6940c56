//! A PostgreSQL of a test's own that listens on loopback, as others run theirs: with certificates, or as the copy of another.

use std::{
    fs,
    net::TcpListener,
    os::unix::{
        fs::{MetadataExt, PermissionsExt, chown},
        process::CommandExt,
    },
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

use sqlx::{
    ConnectOptions, Connection,
    postgres::{PgConnectOptions, PgSslMode},
};

use crate::embedded::Folder;

/// A running server. Stopped, and its folder removed, with this value.
pub struct Server {
    pub port: u16,
    pub data: PathBuf,
    process: Option<Child>,
    folder: Folder,
}

impl Server {
    /// A new one whose superuser is `docket`, without a password for who comes from here.
    pub fn new(settings: &[&str]) -> Self {
        let server = Self::empty();
        Self::run(
            "initdb",
            &[
                "-D",
                &server.path("data"),
                "-U",
                "docket",
                "-E",
                "UTF8",
                "--locale=C.UTF-8",
                "--auth=trust",
                "--no-sync",
            ],
        );
        server.configure(settings);
        server
    }

    /// A copy that follows `primary`, as `pg_basebackup` makes it.
    pub fn copy_of(primary: &Self) -> Self {
        let server = Self::empty();
        let primary = format!("host=127.0.0.1 port={} user=docket", primary.port);
        Self::run("pg_basebackup", &["-d", &primary, "-D", &server.path("data"), "-R", "-X", "stream", "-c", "fast"]);
        // The port of the one it was copied from is in there.
        server.configure(&[]);
        server
    }

    fn empty() -> Self {
        let folder = Folder::new();
        // Root gives way to whoever runs the tests' cluster.
        if let Some((user, group)) = account() {
            chown(&folder.0, Some(user), Some(group)).unwrap();
        }
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        Self { port, data: folder.0.join("data"), process: None, folder }
    }

    fn configure(&self, settings: &[&str]) {
        let own = [
            "listen_addresses = '127.0.0.1'",
            &format!("port = {}", self.port),
            "unix_socket_directories = ''",
            "logging_collector = off",
        ];
        let file = self.data.join("postgresql.conf");
        let text = fs::read_to_string(&file).unwrap();
        fs::write(file, text + "\n" + &own.join("\n") + "\n" + &settings.join("\n") + "\n").unwrap();
    }

    /// A file in its data folder that it may read and nobody else.
    pub fn file(&self, name: &str, content: &str) {
        let path = self.data.join(name);
        fs::write(&path, content).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).unwrap();
        if let Some((user, group)) = account() {
            chown(&path, Some(user), Some(group)).unwrap();
        }
    }

    /// Starts it and waits until it answers.
    pub async fn start(&mut self) {
        let mut command = Self::command("postgres");
        let log = fs::File::options().append(true).create(true).open(self.folder.0.join("log")).unwrap();
        command.arg("-D").arg(&self.data).stdout(Stdio::null()).stderr(log);
        self.process = Some(command.spawn().unwrap());
        let since = Instant::now();
        loop {
            match self.options("postgres").connect().await {
                Ok(connection) => return connection.close().await.unwrap(),
                // One that asks for TLS answers, too.
                Err(sqlx::Error::Database(error)) if error.code().as_deref() == Some("28000") => return,
                Err(error) => {
                    let log = || fs::read_to_string(self.folder.0.join("log")).unwrap();
                    assert!(since.elapsed() < Duration::from_secs(30), "{error}: {}", log());
                    assert!(self.process.as_mut().unwrap().try_wait().unwrap().is_none(), "{}", log());
                }
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }

    /// Stops it; everybody's connections end.
    pub fn stop(&mut self) {
        if let Some(mut process) = self.process.take() {
            crate::embedded::signal("INT", process.id());
            process.wait().unwrap();
        }
    }

    /// How to connect to one of its databases, without TLS.
    pub fn options(&self, database: &str) -> PgConnectOptions {
        PgConnectOptions::new_without_pgpass()
            .host("127.0.0.1")
            .port(self.port)
            .username("docket")
            .database(database)
            .ssl_mode(PgSslMode::Disable)
    }

    fn path(&self, name: &str) -> String {
        self.folder.0.join(name).to_str().unwrap().to_owned()
    }

    fn command(program: &str) -> Command {
        let mut command = Command::new(programs().join(program));
        command.current_dir("/").stdin(Stdio::null()).env("LC_ALL", "C.UTF-8");
        if let Some((user, group)) = account() {
            command.uid(user).gid(group);
        }
        command
    }

    fn run(program: &str, arguments: &[&str]) {
        let output = Self::command(program).args(arguments).output().unwrap();
        assert!(output.status.success(), "{program}: {}", String::from_utf8_lossy(&output.stderr));
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        if let Some(mut process) = self.process.take() {
            crate::embedded::signal("QUIT", process.id());
            let _ = process.wait();
        }
    }
}

/// Where the installed server programs are: where the set-up looks for them.
fn programs() -> PathBuf {
    let setup = Path::new(env!("CARGO_MANIFEST_DIR")).join(".ci/setup");
    let output = Command::new(setup).arg("postgres-bin").output().unwrap();
    PathBuf::from(String::from_utf8(output.stdout).unwrap().trim())
}

/// The account that runs servers where this is root, whom PostgreSQL refuses.
fn account() -> Option<(u32, u32)> {
    fs::metadata("/proc/self").is_ok_and(|own| own.uid() == 0).then(|| {
        let passwd = fs::read_to_string("/etc/passwd").unwrap();
        let entry = ["postgres", "nobody"].iter().find_map(|name| {
            passwd.lines().map(|line| line.split(':').collect::<Vec<_>>()).find(|fields| fields[0] == *name)
        });
        let entry = entry.expect("an account for PostgreSQL");
        (entry[2].parse().unwrap(), entry[3].parse().unwrap())
    })
}
