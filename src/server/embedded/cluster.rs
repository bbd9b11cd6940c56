//! One cluster on disk: made, found, cleared of what a crash left, started.

use super::EmbeddedError;
use super::account::Account;
use super::error::Context;
use super::folder;
use super::programs::Programs;
use std::fs::{self, DirBuilder, File};
use std::io::{self, Read, Seek, SeekFrom};
use std::os::unix::fs::{DirBuilderExt, MetadataExt};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

/// The superuser of every cluster.
pub(super) const SUPERUSER: &str = "docket";

/// PostgreSQL's log begins anew, keeping the one before, when a start finds it longer than this.
const LONGEST_LOG: u64 = 8 << 20;

/// Sorts by bytes on every system alike, so that an upgrade of the system's locales can't spoil an index.
const LOCALE: &str = if cfg!(target_os = "macos") { "en_US.UTF-8" } else { "C.UTF-8" };

/// Settings that hold whatever the cluster's own `postgresql.conf` says.
const SETTINGS: [&str; 5] = [
    "listen_addresses=",
    "port=5432",
    "unix_socket_permissions=0700",
    "logging_collector=off",
    "log_destination=stderr",
];

/// The same for a cluster that is to outlive a power failure, and for one that ends with this process.
const DURABLE: [&str; 3] = ["fsync=on", "full_page_writes=on", "synchronous_commit=on"];
const TEMPORARY: [&str; 2] = ["fsync=off", "full_page_writes=off"];

/// A cluster whose folder this process has locked.
#[derive(Debug)]
pub(super) struct Cluster {
    folder: PathBuf,
    data: PathBuf,
    /// The folder of its socket.
    pub socket: PathBuf,
    account: Account,
    programs: Programs,
    /// Whether it ends with this process: nothing has to reach the disk.
    temporary: bool,
    log: File,
    /// Where this process's part of the log begins.
    log_start: u64,
}

impl Cluster {
    /// Opens the cluster in `folder`, making what is missing, and gives it with the folder's lock. No server runs
    /// on it when this returns. Blocks.
    pub fn open(folder: &Path, temporary: bool) -> Result<(Self, File), EmbeddedError> {
        let account = Account::choose(&folder.join("postgres"))?;
        let version = version(&folder.join("postgres"))?;
        let programs = Programs::find(&account, &folder.join("postgres"), version)?;
        let folder = folder::prepare(folder, &account)?;
        let lock = folder::lock(&folder)?;
        let log_path = folder.join("postgres.log");
        if fs::metadata(&log_path).is_ok_and(|log| log.len() > LONGEST_LOG) {
            let _ = fs::rename(&log_path, folder.join("postgres.log.1"));
        }
        let log = folder::open(&folder, "postgres.log")?;
        let log_start = log.metadata().context("read", &log_path)?.len();
        let socket = folder::socket(&folder, &account)?;
        let data = folder.join("postgres");
        let cluster = Self { folder, data, socket, account, programs, temporary, log, log_start };
        cluster.initialise()?;
        cluster.clear()?;
        Ok((cluster, lock))
    }

    /// Makes the cluster if there is none. It gets its name only when it is complete, and a name of its own before, as
    /// an `initdb` whose Docket was killed may still be writing to the one before.
    fn initialise(&self) -> Result<(), EmbeddedError> {
        for entry in fs::read_dir(&self.folder).context("read", &self.folder)?.flatten() {
            if entry.file_name().to_string_lossy().starts_with("postgres.new") {
                let _ = fs::remove_dir_all(entry.path());
            }
        }
        if version(&self.data)?.is_some() {
            if self.account.switch && fs::metadata(&self.data).context("read", &self.data)?.uid() == 0 {
                // Brought back by root from a backup that didn't keep owners.
                folder::own_all(&self.data, &self.account)?;
            }
            return Ok(());
        }
        match fs::remove_dir(&self.data) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => {
                return Err(EmbeddedError::NotACluster { folder: self.data.clone() });
            }
            _ => {}
        }
        let new = self.folder.join(format!("postgres.new-{}", std::process::id()));
        DirBuilder::new().mode(0o700).create(&new).context("create", &new)?;
        folder::own(&new, &self.account)?;
        tracing::info!(folder = %self.data.display(), "making a new PostgreSQL cluster");
        self.initdb(&new, LOCALE).or_else(|error| match &error {
            // Small systems have no locale but C.
            EmbeddedError::Initialise { said, .. } if said.contains("locale") => self.initdb(&new, "C"),
            _ => Err(error),
        })?;
        fs::rename(&new, &self.data).context("name", &self.data)?;
        File::open(&self.folder).and_then(|folder| folder.sync_all()).context("write", &self.folder)
    }

    fn initdb(&self, new: &Path, locale: &str) -> Result<(), EmbeddedError> {
        let program = self.programs.path("initdb");
        let output = self
            .command("initdb")
            .arg("-D")
            .arg(new)
            .args(["--username", SUPERUSER, "--encoding", "UTF8", "--locale", locale])
            .args(["--auth-local=trust", "--auth-host=reject", "--data-checksums", "--no-instructions"])
            .args(self.temporary.then_some("--no-sync"))
            // Ctrl+C is for Docket, which will stop when this is done.
            .process_group(0)
            .output()
            .context("run", &program)?;
        if output.status.success() {
            return Ok(());
        }
        let said = String::from_utf8_lossy(&output.stderr).trim().replace('\n', " ");
        let said = if said.is_empty() { output.status.to_string() } else { said };
        Err(EmbeddedError::Initialise { folder: self.data.clone(), said })
    }

    /// Starts a server, without waiting until it answers.
    pub fn spawn(&self) -> io::Result<Child> {
        let mut socket = std::ffi::OsString::from("unix_socket_directories=\"");
        socket.push(&self.socket);
        socket.push("\"");
        let mut command = self.command("postgres");
        command.arg("-D").arg(&self.data).arg("-c").arg(socket);
        for setting in SETTINGS.iter().chain(if self.temporary { &TEMPORARY[..] } else { &DURABLE }) {
            command.args(["-c", setting]);
        }
        // A group of its own: Ctrl+C must not end the database before Docket has finished its requests.
        command.process_group(0).stdout(self.log.try_clone()?).stderr(self.log.try_clone()?).spawn()
    }

    /// Ends a server that a killed Docket left running, and removes what would keep a new one from starting.
    pub fn clear(&self) -> Result<(), EmbeddedError> {
        let path = self.data.join("postmaster.pid");
        let text = match fs::read_to_string(&path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => None,
            other => Some(other.context("read", &path)?),
        };
        if let Some(text) = text {
            let pid = text.lines().next().and_then(|line| line.trim().trim_start_matches('-').parse::<u32>().ok());
            match pid {
                Some(pid) if self.serves(pid) => {
                    tracing::warn!(pid, "stopping a PostgreSQL that an earlier Docket left running");
                    self.end(pid)?;
                }
                // Dead: PostgreSQL sees that itself, and first makes sure that no child of the dead one lives on.
                Some(pid) if !exists(pid) => {}
                // The number belongs to another process by now, or the file was cut off by a power failure:
                // PostgreSQL would not dare to start.
                _ => fs::remove_file(&path).context("remove", &path)?,
            }
        }
        folder::clear_socket(&self.socket);
        Ok(())
    }

    /// Leaves no empty folder behind in the system's temporary folder, if the socket was there.
    pub fn leave(&self) {
        if !self.socket.starts_with(&self.folder) {
            let _ = fs::remove_dir(&self.socket);
        }
    }

    /// Whether the process is a PostgreSQL server of this very cluster.
    fn serves(&self, pid: u32) -> bool {
        let process = PathBuf::from(format!("/proc/{pid}"));
        if Path::new("/proc/self").exists() {
            let name = fs::read_to_string(process.join("comm")).unwrap_or_default();
            let (cwd, data) = (fs::metadata(process.join("cwd")), fs::metadata(&self.data));
            return name.starts_with("postgres")
                && cwd.is_ok_and(|cwd| data.is_ok_and(|data| (cwd.dev(), cwd.ino()) == (data.dev(), data.ino())));
        }
        let command = ps(pid);
        command.contains("postgres") && command.contains(&*self.data.to_string_lossy())
    }

    /// Stops the server `pid`: fast, and if that doesn't do, at once.
    fn end(&self, pid: u32) -> Result<(), EmbeddedError> {
        for (mode, seconds) in [("fast", "60"), ("immediate", "20")] {
            let status = self
                .command("pg_ctl")
                .args(["stop", "-w", "-m", mode, "-t", seconds, "-D"])
                .arg(&self.data)
                .stdout(Stdio::null())
                .stderr(Stdio::null())
                .status();
            if status.is_ok_and(|status| status.success()) || !self.serves(pid) {
                return Ok(());
            }
        }
        Err(EmbeddedError::Orphan { pid, folder: self.data.clone() })
    }

    fn command(&self, program: &str) -> Command {
        let mut command = self.account.command(self.programs.path(program));
        command.env("LC_ALL", LOCALE);
        command
    }

    /// PostgreSQL's log.
    pub fn log(&self) -> PathBuf {
        self.folder.join("postgres.log")
    }

    /// The last lines PostgreSQL wrote since this process opened the cluster.
    pub fn last_lines(&self) -> Vec<String> {
        let mut bytes = Vec::new();
        let read = File::open(self.log()).and_then(|mut log| {
            let end = log.metadata()?.len();
            log.seek(SeekFrom::Start(self.log_start.max(end.saturating_sub(16 << 10))))?;
            log.read_to_end(&mut bytes)
        });
        if read.is_err() {
            return Vec::new();
        }
        let text = String::from_utf8_lossy(&bytes);
        let lines: Vec<_> = text.lines().map(str::to_owned).collect();
        lines[lines.len().saturating_sub(20)..].to_vec()
    }
}

/// The major version that made the cluster `data`; `None` if there is none.
fn version(data: &Path) -> Result<Option<u32>, EmbeddedError> {
    let path = data.join("PG_VERSION");
    match fs::read_to_string(&path) {
        Ok(text) => match text.trim().parse() {
            Ok(major) => Ok(Some(major)),
            Err(_) => Err(EmbeddedError::NotACluster { folder: data.to_path_buf() }),
        },
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error).context("read", &path),
    }
}

/// Whether there is a process `pid`; a dead one that nobody has collected yet counts, as it does for PostgreSQL.
fn exists(pid: u32) -> bool {
    if Path::new("/proc/self").exists() {
        Path::new("/proc").join(pid.to_string()).exists()
    } else {
        !ps(pid).is_empty()
    }
}

/// The command line of the process `pid`, where there is no `/proc`.
fn ps(pid: u32) -> String {
    let output = Command::new("ps").args(["-o", "command=", "-p", &pid.to_string()]).stdin(Stdio::null()).output();
    output.map(|output| String::from_utf8_lossy(&output.stdout).trim().to_owned()).unwrap_or_default()
}
