//! Finding PostgreSQL's server programs, which many systems keep out of PATH.

use super::EmbeddedError;
use super::account::Account;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// The oldest major version Docket works with.
const OLDEST: u32 = 15;

/// The programs that have to be together in one folder.
const NEEDED: [&str; 3] = ["initdb", "postgres", "pg_ctl"];

/// Where packages put them: a folder, what the names in it begin with, and the rest of the path.
const PLACES: [(&str, &str, &str); 7] = [
    ("/usr/lib/postgresql", "", "bin"),         // Debian, Ubuntu
    ("/usr", "pgsql-", "bin"),                  // PostgreSQL's own RPMs
    ("/usr/libexec", "postgresql", ""),         // Alpine
    ("/usr/lib64", "postgresql", "bin"),        // Gentoo, SUSE
    ("/opt/homebrew/opt", "postgresql", "bin"), // Homebrew on Apple silicon
    ("/usr/local/opt", "postgresql", "bin"),    // Homebrew on Intel
    ("/Applications/Postgres.app/Contents/Versions", "", "bin"),
];

/// PostgreSQL's programs of one version.
#[derive(Debug, Clone)]
pub(super) struct Programs {
    folder: PathBuf,
    major: u32,
}

impl Programs {
    /// The programs to run the cluster `data` with: those of `wanted`, the version that made it, or for a new
    /// cluster the newest. Programs that `account` may not run don't count.
    pub fn find(account: &Account, data: &Path, wanted: Option<u32>) -> Result<Self, EmbeddedError> {
        let mut best: Option<Self> = None;
        for folder in candidates() {
            let Some(major) = version(account, &folder).filter(|major| *major >= OLDEST) else {
                continue;
            };
            if wanted == Some(major) {
                return Ok(Self { folder, major });
            }
            if best.as_ref().is_none_or(|known| known.major < major) {
                best = Some(Self { folder, major });
            }
        }
        let best = best.ok_or(EmbeddedError::Missing)?;
        match wanted {
            None => Ok(best),
            Some(major) => Err(EmbeddedError::VersionMissing { folder: data.to_path_buf(), major }),
        }
    }

    /// The path of one of them.
    pub fn path(&self, program: &str) -> PathBuf {
        self.folder.join(program)
    }
}

/// Folders with all the programs, each once, those in PATH first.
fn candidates() -> Vec<PathBuf> {
    let mut folders: Vec<PathBuf> = std::env::var_os("PATH")
        .map(|path| std::env::split_paths(&path).filter(|folder| folder.is_absolute()).collect())
        .unwrap_or_default();
    if let Ok(output) = Command::new("pg_config").arg("--bindir").stdin(Stdio::null()).output() {
        folders.push(PathBuf::from(String::from_utf8_lossy(&output.stdout).trim()));
    }
    for (place, prefix, rest) in PLACES {
        let Ok(entries) = fs::read_dir(place) else {
            continue;
        };
        let names = entries.flatten().filter(|entry| entry.file_name().to_string_lossy().starts_with(prefix));
        folders.extend(names.map(|entry| entry.path().join(rest)));
    }
    let mut found = Vec::new();
    for folder in folders {
        let complete = NEEDED.iter().all(|name| folder.join(name).is_file());
        if complete && !found.contains(&folder) {
            found.push(folder);
        }
    }
    found
}

/// The major version of the programs in `folder`, if `account` can run them.
fn version(account: &Account, folder: &Path) -> Option<u32> {
    let output = account.command(folder.join("postgres")).arg("--version").output().ok()?;
    major(&String::from_utf8_lossy(&output.stdout))
}

/// The major version in what `postgres --version` prints, e.g. `postgres (PostgreSQL) 15.14 (Debian 15.14-0+deb12u1)`.
fn major(text: &str) -> Option<u32> {
    let (_, number) = text.split_once("(PostgreSQL) ")?;
    let end = number.find(|letter: char| !letter.is_ascii_digit()).unwrap_or(number.len());
    number[..end].parse().ok()
}

#[cfg(test)]
mod tests {
    use super::major;

    #[test]
    fn versions_are_read_whatever_follows_them() {
        assert_eq!(major("postgres (PostgreSQL) 15.14 (Debian 15.14-0+deb12u1)\n"), Some(15));
        assert_eq!(major("postgres (PostgreSQL) 19beta1\n"), Some(19));
        assert_eq!(major("postgres (PostgreSQL) 18"), Some(18));
        assert_eq!(major("something else 15"), None);
    }
}
