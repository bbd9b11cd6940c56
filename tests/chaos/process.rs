//! Programs that are started here and ended here, by their process ids, whatever happens.

use std::{
    fs::{self, File},
    os::unix::{fs::PermissionsExt, process::CommandExt},
    path::{Path, PathBuf},
    process::{Child, Command, ExitStatus, Stdio},
    time::{Duration, Instant},
};

use tokio::time::sleep;

use crate::Fallible;

/// A folder that every user may pass through, removed at the end.
#[derive(Debug)]
pub struct Folder(pub PathBuf);

impl Folder {
    /// A new one among the system's temporary files.
    pub fn new(name: &str) -> Fallible<Self> {
        let path = std::env::temp_dir().canonicalize()?.join(format!("docket-chaos-{}-{name}", std::process::id()));
        fs::create_dir(&path)?;
        fs::set_permissions(&path, fs::Permissions::from_mode(0o755))?;
        Ok(Self(path))
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

/// A program at work.
#[derive(Debug)]
pub struct Program {
    child: Child,
    /// What it is ended with when nobody ended it before.
    last: &'static str,
}

impl Program {
    /// Starts one. What it says goes to the end of `log`. It is sent `last` when this process ends in any way, and when this is dropped.
    pub fn start(program: &Path, log: &Path, last: &'static str, set: impl FnOnce(&mut Command)) -> Fallible<Self> {
        let log = File::options().create(true).append(true).open(log)?;
        // setpriv becomes the program: the process id is the program's own.
        let mut command = Command::new("setpriv");
        command.args(["--pdeathsig", last, "--"]).arg(program);
        command.env_clear().env("PATH", std::env::var_os("PATH").unwrap_or_default()).current_dir("/");
        command.stdin(Stdio::null()).stdout(log.try_clone()?).stderr(log);
        // Ctrl+C is for this process, which ends the others.
        command.process_group(0);
        set(&mut command);
        let child = command.spawn().map_err(|error| format!("{} can't be started: {error}", program.display()))?;
        Ok(Self { child, last })
    }

    /// Its process id.
    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// Sends it a signal, unless it has ended.
    pub fn signal(&mut self, name: &str) {
        if matches!(self.child.try_wait(), Ok(None)) {
            signal(name, self.child.id());
        }
    }

    /// How it ended, if it has.
    pub fn ended(&mut self) -> Option<ExitStatus> {
        self.child.try_wait().ok().flatten()
    }

    /// Ends it as the power does, or the kernel out of memory.
    pub fn kill(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }

    /// Waits until it has ended.
    pub async fn wait(&mut self, most: Duration) -> Fallible<ExitStatus> {
        let since = Instant::now();
        loop {
            if let Some(status) = self.ended() {
                return Ok(status);
            }
            if since.elapsed() > most {
                return Err(format!("a program goes on after {} s", most.as_secs()).into());
            }
            sleep(Duration::from_millis(5)).await;
        }
    }

    /// Its memory that isn't on the disk, in KiB, and how many descriptors it has; nothing once it has ended.
    pub fn usage(&self) -> Option<Usage> {
        usage(self.id())
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        if self.ended().is_some() {
            return;
        }
        signal(self.last, self.child.id());
        for _ in 0..1_000 {
            if self.ended().is_some() {
                return;
            }
            std::thread::sleep(Duration::from_millis(5));
        }
        self.kill();
    }
}

/// What a process takes of the machine.
#[derive(Clone, Copy, Debug, Default)]
pub struct Usage {
    /// Memory, in KiB.
    pub memory: u64,
    /// What it asked the system for to write to, in KiB.
    pub data: u64,
    /// Files and sockets.
    pub descriptors: usize,
}

/// What this process takes, as long as it is there.
pub fn usage(id: u32) -> Option<Usage> {
    let status = fs::read_to_string(format!("/proc/{id}/status")).ok()?;
    let field = |name: &str| {
        let line = status.lines().find_map(|line| line.strip_prefix(name))?;
        line.split_whitespace().next()?.parse().ok()
    };
    let descriptors = fs::read_dir(format!("/proc/{id}/fd")).ok()?.count();
    Some(Usage { memory: field("VmRSS:")?, data: field("VmData:")?, descriptors })
}

/// Sends a signal to one process.
fn signal(name: &str, id: u32) {
    let _ = Command::new("/bin/sh").args(["-c", r#"kill -s "$1" "$2""#, "sh", name, &id.to_string()]).status();
}

/// Runs a program to its end and gives what it said. Error: it didn't end with 0.
pub fn run(command: &mut Command) -> Fallible<String> {
    let output = command.current_dir("/").stdin(Stdio::null()).output();
    let output = output.map_err(|error| format!("{} can't be started: {error}", command.get_program().display()))?;
    let said = [output.stdout, output.stderr].concat();
    let said = String::from_utf8_lossy(&said).into_owned();
    if output.status.success() {
        Ok(said)
    } else {
        Err(format!("{}: {}\n{said}", command.get_program().display(), output.status).into())
    }
}

/// A port that nobody uses.
pub fn free_port() -> Fallible<u16> {
    Ok(std::net::TcpListener::bind("127.0.0.1:0")?.local_addr()?.port())
}
