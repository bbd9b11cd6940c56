//! Docket's folder: made so that only those who must can enter it, and locked against a second Docket.

use super::EmbeddedError;
use super::account::{Account, effective_uid};
use super::error::Context;
use std::fs::{self, DirBuilder, File, OpenOptions, Permissions, TryLockError};
use std::io;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::{DirBuilderExt, MetadataExt, OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

/// How long to wait for another Docket that may just be stopping, as when one is replaced by its next version.
const HANDOVER: Duration = Duration::from_secs(3);

/// Longest path of a socket that every system takes (`sun_path` has 104 bytes on macOS and BSD, 108 on Linux).
const LONGEST_SOCKET: usize = 103;

/// What PostgreSQL adds to the socket's folder at port 5432.
const SOCKET: &str = "/.s.PGSQL.5432";

/// Where Docket keeps its data if nobody says otherwise: `.docket` in the folder `project`.
///
/// Root's PostgreSQL runs as another user, who may not enter e.g. `/root`; then it is a folder of this
/// project's own under `/var/lib/docket`.
pub fn default_folder(project: &Path) -> PathBuf {
    let project = project.canonicalize().unwrap_or_else(|_| project.to_path_buf());
    let folder = project.join(".docket");
    match Account::choose(&folder.join("postgres")) {
        Ok(account) if account.barred(&project).is_some() => Path::new("/var/lib/docket").join(slug(&project)),
        _ => folder,
    }
}

/// Makes `folder` if it is missing, sees that `account` can enter it, and gives its path without symbolic links.
pub(super) fn prepare(folder: &Path, account: &Account) -> Result<PathBuf, EmbeddedError> {
    let folder = std::path::absolute(folder).context("find", folder)?;
    let refuse = |ancestor| EmbeddedError::Unreachable { folder: folder.clone(), user: account.name.clone(), ancestor };
    let existing = folder.ancestors().find(|part| part.exists()).unwrap_or(&folder);
    if existing != folder
        && let Some(ancestor) = account.barred(&existing.canonicalize().context("find", existing)?)
    {
        return Err(refuse(ancestor));
    }
    let missing: Vec<_> = folder.ancestors().take_while(|part| !part.exists()).collect();
    for (index, part) in missing.iter().enumerate().rev() {
        DirBuilder::new().mode(0o700).create(part).context("create", part)?;
        if index > 0 {
            // Folders on the way: as open as mkdir makes them for others, whatever the umask.
            fs::set_permissions(part, Permissions::from_mode(0o755)).context("open", part)?;
        }
    }
    let found = folder.canonicalize().context("find", &folder)?;
    if account.switch && account.barred(&found).as_deref() == Some(found.as_path()) && dedicated(&found) {
        // Root keeps it, so that the account can't put links in the way of the files root opens here;
        // the account only passes through.
        std::os::unix::fs::lchown(&found, None, Some(account.gid)).context("hand over", &found)?;
        fs::set_permissions(&found, Permissions::from_mode(0o710)).context("open", &found)?;
    }
    match account.barred(&found) {
        Some(ancestor) => Err(refuse(ancestor)),
        None => Ok(found),
    }
}

/// Whether Docket may change who enters `folder`: it is empty or was Docket's before, not e.g. somebody's home.
fn dedicated(folder: &Path) -> bool {
    folder.join("lock").is_file() || fs::read_dir(folder).is_ok_and(|mut entries| entries.next().is_none())
}

/// Opens one of Docket's own files in `folder`; it belongs to whom the folder belongs to.
pub(super) fn open(folder: &Path, name: &str) -> Result<File, EmbeddedError> {
    let path = folder.join(name);
    // What PostgreSQL logs can hold data: for the owner only.
    let file =
        OpenOptions::new().create(true).append(true).read(true).mode(0o600).open(&path).context("open", &path)?;
    let owner = fs::metadata(folder).context("read", folder)?;
    if file.metadata().context("read", &path)?.uid() != owner.uid() && effective_uid() == 0 {
        std::os::unix::fs::fchown(&file, Some(owner.uid()), Some(owner.gid())).context("hand over", &path)?;
    }
    Ok(file)
}

/// Locks `folder` for as long as the file given back lives; the system unlocks it however this process ends.
pub(super) fn lock(folder: &Path) -> Result<File, EmbeddedError> {
    let file = open(folder, "lock")?;
    let since = Instant::now();
    loop {
        match file.try_lock() {
            Ok(()) => return Ok(file),
            Err(TryLockError::WouldBlock) if since.elapsed() < HANDOVER => {
                std::thread::sleep(Duration::from_millis(50));
            }
            Err(TryLockError::WouldBlock) => {
                return Err(EmbeddedError::InUse { folder: folder.to_path_buf() });
            }
            Err(TryLockError::Error(error)) => {
                return Err(error).context("lock", &folder.join("lock"));
            }
        }
    }
}

/// Makes the folder for the socket: `run` in `folder`, or where that path would be too long for a socket, a private
/// one with a short and stable name in the system's temporary folder.
pub(super) fn socket(folder: &Path, account: &Account) -> Result<PathBuf, EmbeddedError> {
    let inside = folder.join("run");
    let socket = if takes_socket(&inside) {
        inside
    } else {
        temporary_base(account, 0)?.join(format!("docket-{:016x}", fnv(folder.as_os_str().as_bytes())))
    };
    let refuse = || EmbeddedError::SocketFolder { folder: socket.clone() };
    match DirBuilder::new().mode(0o700).create(&socket) {
        Err(error) if error.kind() != io::ErrorKind::AlreadyExists => {
            return Err(error).context("create", &socket);
        }
        _ => {}
    }
    // A link, or a folder somebody else put there, would let them answer in PostgreSQL's place.
    let found = fs::symlink_metadata(&socket).context("read", &socket)?;
    let ours = found.uid() == account.uid || found.uid() == effective_uid();
    if !found.is_dir() || !ours || found.mode() & 0o022 != 0 {
        return Err(refuse());
    }
    own(&socket, account)?;
    Ok(socket)
}

/// Whether PostgreSQL can have its socket in `folder`: short enough, and no byte that its list of folders can't hold.
fn takes_socket(folder: &Path) -> bool {
    let bytes = folder.as_os_str().as_bytes();
    bytes.len() + SOCKET.len() <= LONGEST_SOCKET && !bytes.iter().any(|byte| matches!(byte, b'"' | b'\n'))
}

/// Removes what a killed server left in the socket's folder: its lock file there names a process id, which may by now
/// be somebody else's, and PostgreSQL would then refuse to start.
pub(super) fn clear_socket(socket: &Path) {
    let path = format!("{}{SOCKET}", socket.display());
    let _ = fs::remove_file(&path);
    let _ = fs::remove_file(path + ".lock");
}

/// A folder for temporary things where `account` can make and remove them, with `room` bytes of path to spare for a
/// socket.
pub(super) fn temporary_base(account: &Account, room: usize) -> Result<PathBuf, EmbeddedError> {
    let usual = std::env::temp_dir();
    [usual.clone(), PathBuf::from("/tmp")]
        .into_iter()
        .filter_map(|base| base.canonicalize().ok())
        .find(|base| takes_socket(&base.join("x".repeat(room.max(23)))) && account.may_write(base))
        .ok_or_else(|| io::Error::other("no folder for temporary files is short enough and can be written"))
        .context("use", &usual)
}

/// Makes root's new folder the account's.
pub(super) fn own(folder: &Path, account: &Account) -> Result<(), EmbeddedError> {
    if account.switch {
        std::os::unix::fs::lchown(folder, Some(account.uid), Some(account.gid)).context("hand over", folder)?;
    }
    Ok(())
}

/// As [`own`], with all that is in it.
pub(super) fn own_all(folder: &Path, account: &Account) -> Result<(), EmbeddedError> {
    own(folder, account)?;
    for entry in fs::read_dir(folder).context("read", folder)? {
        let entry = entry.context("read", folder)?;
        if entry.file_type().context("read", &entry.path())?.is_dir() {
            own_all(&entry.path(), account)?;
        } else {
            own(&entry.path(), account)?;
        }
    }
    Ok(())
}

/// A name for `project` that people recognise and no other project has.
fn slug(project: &Path) -> String {
    let name: String = project
        .file_name()
        .unwrap_or_default()
        .to_string_lossy()
        .chars()
        .map(|letter| if letter.is_ascii_alphanumeric() { letter.to_ascii_lowercase() } else { '-' })
        .take(32)
        .collect();
    format!("{name}-{:016x}", fnv(project.as_os_str().as_bytes()))
}

/// FNV-1a: std's hasher may change with every Rust, and then a project would lose sight of its data.
fn fnv(bytes: &[u8]) -> u64 {
    bytes.iter().fold(0xcbf2_9ce4_8422_2325, |hash, byte| (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3))
}

#[cfg(test)]
mod tests {
    use super::{fnv, slug, takes_socket};
    use std::path::Path;

    #[test]
    fn a_project_keeps_its_name() {
        assert_eq!(fnv(b""), 0xcbf2_9ce4_8422_2325);
        assert_eq!(fnv(b"a"), 0xaf63_dc4c_8601_ec8c);
        assert_eq!(slug(Path::new("/root/My Todo")), format!("my-todo-{:016x}", fnv(b"/root/My Todo")));
    }

    #[test]
    fn long_and_odd_folders_take_no_socket() {
        assert!(takes_socket(Path::new("/srv/docket, the app/.docket/run")));
        assert!(!takes_socket(Path::new("/srv/\"docket\"/run")));
        assert!(!takes_socket(&Path::new("/srv").join("x".repeat(90))));
    }
}
