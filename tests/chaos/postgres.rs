//! A PostgreSQL of one's own: from the programs that are installed, with durable settings, on loopback only.

use std::{
    fs,
    os::unix::{fs::MetadataExt, process::CommandExt},
    path::{Path, PathBuf},
    process::Command,
    time::{Duration, Instant},
};

use sqlx::{ConnectOptions, Connection, PgConnection, postgres::PgConnectOptions};
use tokio::time::{sleep, timeout};

use crate::{
    Fallible,
    process::{Program, free_port, run},
};

/// How long a start may take, with the recovery that it begins with.
const PATIENCE: Duration = Duration::from_mins(1);

/// What every cluster is set to. The first three are what makes a commit durable; the next two make recovery and checkpoints part of
/// every run.
const SETTINGS: &str = "
fsync = on
full_page_writes = on
synchronous_commit = on
max_wal_size = 64MB
checkpoint_timeout = 30s
shared_buffers = 64MB
max_connections = 60
listen_addresses = '127.0.0.1'
unix_socket_directories = ''
";

/// The programs and who they run as.
#[derive(Clone, Debug)]
pub struct Installed {
    folder: PathBuf,
    /// PostgreSQL refuses root: its programs run as the account that its package made.
    account: Option<(u32, u32)>,
}

impl Installed {
    /// Those that `.ci/setup` finds.
    pub fn find() -> Fallible<Self> {
        let setup = Path::new(env!("CARGO_MANIFEST_DIR")).join(".ci/setup");
        let folder = run(Command::new(setup).arg("postgres-bin"))?.trim().into();
        let account = if fs::metadata("/proc/self")?.uid() == 0 {
            let passwd = fs::read_to_string("/etc/passwd")?;
            let entry = |name: &str| {
                let line = passwd.lines().find(|line| line.starts_with(&format!("{name}:")))?;
                let mut fields = line.split(':').skip(2);
                Some((fields.next()?.parse().ok()?, fields.next()?.parse().ok()?))
            };
            let found = entry("postgres").or_else(|| entry("nobody"));
            Some(found.ok_or("PostgreSQL refuses root, and there is neither an account postgres nor nobody")?)
        } else {
            None
        };
        Ok(Self { folder, account })
    }

    fn own(&self, command: &mut Command) {
        if let Some((user, group)) = self.account {
            command.uid(user).gid(group);
        }
    }

    /// Gives a folder to who runs the programs.
    pub fn give(&self, folder: &Path) -> Fallible {
        if let Some((user, group)) = self.account {
            std::os::unix::fs::chown(folder, Some(user), Some(group))?;
        }
        Ok(())
    }
}

/// How a server is told to go.
#[derive(Clone, Copy, Debug)]
pub enum Stop {
    /// Ends every connection and stops in good order.
    Fast,
    /// Leaves everything as it is: the next start recovers.
    Immediate,
}

/// A cluster, with its server while it runs.
#[derive(Debug)]
pub struct Cluster {
    installed: Installed,
    data: PathBuf,
    log: PathBuf,
    port: u16,
    server: Option<Program>,
}

impl Cluster {
    /// A new one in `folder`.
    pub fn make(installed: &Installed, folder: &Path) -> Fallible<Self> {
        let data = folder.join("data");
        fs::create_dir(&data)?;
        installed.give(&data)?;
        let mut command = Command::new(installed.folder.join("initdb"));
        command.arg("-D").arg(&data);
        command.args(["-U", "postgres", "-E", "UTF8", "--locale=C.UTF-8", "--auth=trust"]);
        command.args(["--no-instructions", "--data-checksums"]);
        installed.own(&mut command);
        run(&mut command)?;
        let file = data.join("postgresql.conf");
        fs::write(&file, fs::read_to_string(&file)? + SETTINGS)?;
        Self::at(installed, folder)
    }

    /// The one that is in `folder`.
    pub fn at(installed: &Installed, folder: &Path) -> Fallible<Self> {
        let (data, log) = (folder.join("data"), folder.join("postgres.log"));
        Ok(Self { installed: installed.clone(), data, log, port: free_port()?, server: None })
    }

    /// The port that it listens on.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// Starts the server and waits until it answers, however much there is to recover.
    pub async fn start(&mut self) -> Fallible {
        let since = Instant::now();
        loop {
            if self.server.as_mut().is_none_or(|server| server.ended().is_some()) {
                // What an old server left behind may still hold the shared memory for a moment: then this one ends at once.
                let program = self.installed.folder.join("postgres");
                self.server = Some(Program::start(&program, &self.log, "QUIT", |command| {
                    command.arg("-D").arg(&self.data).args(["-p", &self.port.to_string()]);
                    self.installed.own(command);
                })?);
            }
            if self.connect("postgres").await.is_ok() {
                return Ok(());
            }
            if since.elapsed() > PATIENCE {
                let log = fs::read_to_string(&self.log).unwrap_or_default();
                let last: Vec<_> = log.lines().rev().take(5).collect();
                return Err(
                    format!("PostgreSQL doesn't answer; the end of its log, the last line first: {last:#?}").into()
                );
            }
            sleep(Duration::from_millis(20)).await;
        }
    }

    /// Kills the postmaster; its other processes find out by themselves.
    pub fn kill(&mut self) {
        if let Some(mut server) = self.server.take() {
            server.kill();
        }
    }

    /// Stops it.
    pub async fn stop(&mut self, how: Stop) -> Fallible {
        let Some(mut server) = self.server.take() else { return Ok(()) };
        server.signal(match how {
            Stop::Fast => "INT",
            Stop::Immediate => "QUIT",
        });
        server.wait(PATIENCE).await?;
        Ok(())
    }

    /// Whether it has ended by itself.
    pub fn has_ended(&mut self) -> bool {
        self.server.as_mut().is_none_or(|server| server.ended().is_some())
    }

    /// A superuser's connection, past every proxy and policy.
    pub async fn connect(&self, database: &str) -> Fallible<PgConnection> {
        let options = PgConnectOptions::new_without_pgpass();
        let options = options.host("127.0.0.1").port(self.port).username("postgres").database(database);
        let mut connection = timeout(Duration::from_secs(2), options.disable_statement_logging().connect()).await??;
        timeout(Duration::from_secs(2), connection.ping()).await??;
        Ok(connection)
    }

    /// Runs statements as a superuser, in Docket's database.
    pub async fn execute(&self, statements: &str) -> Fallible {
        sqlx::raw_sql(statements).execute(&mut self.connect("docket").await?).await?;
        Ok(())
    }

    /// As whom Docket comes, at the port of the server itself or of what stands before it.
    pub fn url(port: u16, user: &str) -> String {
        format!("postgres://{user}@127.0.0.1:{port}/docket?sslmode=disable")
    }
}
