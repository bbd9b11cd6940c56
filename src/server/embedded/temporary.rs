//! A folder that goes away with this process, however the process ends.

use super::EmbeddedError;
use super::account::Account;
use super::error::Context;
use super::folder;
use std::fs::DirBuilder;
use std::hash::{BuildHasher, Hasher, RandomState};
use std::os::unix::fs::DirBuilderExt;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Stdio};

/// Waits for the end of its input, which only this process holds open; then ends the server as `pg_ctl stop -m
/// immediate` does, and removes the folder. It tries for a while, as an `initdb` may still be writing there.
const WATCHDOG: &str = r#"
trap '' HUP INT TERM
while read -r _; do :; done
tries=0
while [ -e "$1" ] && [ "$tries" -lt 20 ]; do
    if read -r pid 2>/dev/null <"$1/postgres/postmaster.pid"; then
        kill -s QUIT "$pid"
        waits=0
        while kill -s 0 "$pid" && [ -e "$1/postgres/postmaster.pid" ] && [ "$waits" -lt 50 ]; do
            sleep 0.1
            waits=$((waits + 1))
        done
    fi
    rm -rf "$1"
    [ -e "$1" ] && sleep 0.5
    tries=$((tries + 1))
done
"#;

/// The folder and who waits to remove it.
#[derive(Debug)]
pub(super) struct Temporary {
    pub folder: PathBuf,
    watchdog: Child,
}

impl Temporary {
    /// Makes an empty private folder.
    pub fn new() -> Result<Self, EmbeddedError> {
        let account = Account::choose(Path::new(""))?;
        let random = RandomState::new().build_hasher().finish();
        let name = format!("docket-{random:016x}");
        let folder = folder::temporary_base(&account, name.len() + "/run".len())?.join(name);
        DirBuilder::new().mode(0o700).create(&folder).context("create", &folder)?;
        // The watchdog removes it, and runs as the account, because only then may it signal no other server.
        folder::own(&folder, &account)?;
        let watchdog = account
            .command("/bin/sh")
            .args(["-c", WATCHDOG, "sh"])
            .arg(&folder)
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .process_group(0)
            .spawn()
            .context("watch", &folder)?;
        Ok(Self { folder, watchdog })
    }

    /// Removes the folder and waits until it is gone.
    pub fn remove(mut self) {
        // `wait` closes its input first.
        let _ = self.watchdog.wait();
    }
}
