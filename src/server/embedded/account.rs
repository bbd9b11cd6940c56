//! Who runs PostgreSQL: whoever runs Docket, except that it refuses root.

use super::EmbeddedError;
use std::fs;
use std::os::unix::fs::MetadataExt;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// The system account that PostgreSQL's programs run under.
#[derive(Debug, Clone)]
pub(super) struct Account {
    pub name: String,
    pub uid: u32,
    pub gid: u32,
    /// Docket is root and has to become this account for its children.
    pub switch: bool,
}

impl Account {
    /// Chooses the account for the cluster `data`, which need not exist yet.
    ///
    /// Root gives way to the cluster's owner, so that one `sudo` in between doesn't take the data from a user who
    /// made it; else to `postgres`, else to `nobody`.
    pub fn choose(data: &Path) -> Result<Self, EmbeddedError> {
        let uid = effective_uid();
        if uid != 0 {
            return Ok(Self { name: String::new(), uid, gid: 0, switch: false });
        }
        let passwd = fs::read_to_string("/etc/passwd").unwrap_or_default();
        if let Ok(owner) = fs::symlink_metadata(data)
            && owner.uid() != 0
        {
            let known = accounts(&passwd).find(|known| known.uid == owner.uid());
            return Ok(known.unwrap_or_else(|| Self {
                name: owner.uid().to_string(),
                uid: owner.uid(),
                gid: owner.gid(),
                switch: true,
            }));
        }
        ["postgres", "nobody"]
            .into_iter()
            .find_map(|name| accounts(&passwd).find(|known| known.name == name && known.uid != 0))
            .ok_or(EmbeddedError::NoAccount)
    }

    /// A command that runs as this account, from a folder everybody can reach, without Docket's environment: its
    /// secrets are not PostgreSQL's business, and variables such as `PGDATA` would change what the programs do.
    pub fn command(&self, program: impl AsRef<std::ffi::OsStr>) -> Command {
        let mut command = Command::new(program);
        command.env_clear().current_dir("/").stdin(Stdio::null());
        for name in ["PATH", "TZ", "TZDIR", "LD_LIBRARY_PATH", "LOCPATH", "LOCALE_ARCHIVE"] {
            if let Some(value) = std::env::var_os(name) {
                command.env(name, value);
            }
        }
        if self.switch {
            // With a user id given, std also drops root's supplementary groups.
            command.uid(self.uid).gid(self.gid);
        }
        command
    }

    /// The outermost part of `folder` (absolute, existing) that this account may not enter, if any.
    pub fn barred(&self, folder: &Path) -> Option<PathBuf> {
        if !self.switch || self.can(r#"cd -- "$1""#, folder) {
            return None;
        }
        let mut outermost: Vec<_> = folder.ancestors().collect();
        outermost.reverse();
        outermost.into_iter().find(|part| !self.can(r#"cd -- "$1""#, part)).map(Path::to_path_buf)
    }

    /// Whether this account may make and remove things in `folder`.
    pub fn may_write(&self, folder: &Path) -> bool {
        self.can(r#"cd -- "$1" && test -w ."#, folder)
    }

    /// Asks the system by trying, because permission bits don't tell of access lists.
    fn can(&self, test: &str, folder: &Path) -> bool {
        self.command("/bin/sh")
            .args(["-c", test, "sh"])
            .arg(folder)
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .status()
            .is_ok_and(|status| status.success())
    }
}

/// The accounts in the text of `/etc/passwd`.
fn accounts(passwd: &str) -> impl Iterator<Item = Account> {
    passwd.lines().filter_map(|line| {
        let mut fields = line.split(':');
        let name = fields.next()?.to_owned();
        let uid = fields.nth(1)?.parse().ok()?;
        let gid = fields.next()?.parse().ok()?;
        Some(Account { name, uid, gid, switch: true })
    })
}

/// The user Docket runs as. std has no call for it; `/proc/self` belongs to that user, and `id` knows elsewhere.
pub(super) fn effective_uid() -> u32 {
    if let Ok(own) = fs::metadata("/proc/self") {
        return own.uid();
    }
    let asked = Command::new("id").arg("-u").stdin(Stdio::null()).output();
    asked
        .ok()
        .and_then(|output| String::from_utf8(output.stdout).ok())
        .and_then(|text| text.trim().parse().ok())
        // Not known: as an ordinary user PostgreSQL itself says what is wrong.
        .unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use super::accounts;

    #[test]
    fn accounts_are_read_from_passwd_and_odd_lines_skipped() {
        let text = "root:x:0:0:root:/root:/bin/sh\n# comment\nnobody:*:-2:-2::/:\npostgres:x:101:104:,,,:/:/bin/bash\n";
        let names: Vec<_> = accounts(text).map(|known| (known.name, known.uid, known.gid)).collect();
        assert_eq!(names, [("root".into(), 0, 0), ("postgres".into(), 101, 104)]);
    }
}
