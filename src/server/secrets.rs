//! What Docket has to read again but nobody else may: sealed before it reaches the database, with a key that isn't there. A dump of the
//! database shows neither the keys of one-time codes nor what another provider gave.

use std::{fmt, io, path::Path, sync::Arc};

use argon2::password_hash::rand_core::{OsRng, RngCore};
use base64::{Engine, prelude::BASE64_STANDARD};
use ring::{
    aead::{AES_256_GCM, Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey},
    hkdf, hmac,
    rand::SystemRandom,
};

use crate::error::AppError;

/// How many bytes the key has.
const SIZE: usize = 32;

/// What everything sealed begins with: which way it is sealed.
const VERSION: u8 = 1;

/// The file with the key, in the data folder, where nobody set one.
const FILE: &str = "secret.key";

/// The key of this Docket, which all that share a database have in common. It doesn't print itself.
#[derive(Clone)]
pub struct SecretKey {
    seal: Arc<LessSafeKey>,
    mark: hmac::Key,
}

impl fmt::Debug for SecretKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SecretKey(…)")
    }
}

impl SecretKey {
    /// A key from 32 random bytes. Two keys for two purposes are derived from them (HKDF, RFC 5869).
    pub fn new(bytes: &[u8; SIZE]) -> Option<Self> {
        let root = hkdf::Salt::new(hkdf::HKDF_SHA256, b"docket").extract(bytes);
        // Both fail for lengths only that these algorithms don't have.
        let seal: UnboundKey = root.expand(&[b"seal"], &AES_256_GCM).ok()?.into();
        let mark: hmac::Key = root.expand(&[b"mark"], hmac::HMAC_SHA256).ok()?.into();
        Some(Self { seal: Arc::new(LessSafeKey::new(seal)), mark })
    }

    /// One of 32 bytes in base64.
    pub fn parse(text: &str) -> Option<Self> {
        let bytes: [u8; SIZE] = BASE64_STANDARD.decode(text.trim()).ok()?.try_into().ok()?;
        Self::new(&bytes)
    }

    /// The one in this folder, made if there is none; only its owner may read it.
    pub fn in_folder(folder: &Path) -> io::Result<Self> {
        let file = folder.join(FILE);
        let wrong = || io::Error::new(io::ErrorKind::InvalidData, format!("{} holds no key", file.display()));
        match std::fs::read_to_string(&file) {
            Ok(text) => return Self::parse(&text).ok_or_else(wrong),
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            Err(error) => return Err(error),
        }
        std::fs::create_dir_all(folder)?;
        // Whole or not at all, and never over one that another process made meanwhile.
        let draft = folder.join(format!("{FILE}.{}", std::process::id()));
        write_private(&draft, &format!("{}\n", BASE64_STANDARD.encode(random::<SIZE>())))?;
        let made = std::fs::hard_link(&draft, &file);
        std::fs::remove_file(&draft)?;
        match made {
            Err(error) if error.kind() != io::ErrorKind::AlreadyExists => Err(error),
            _ => Self::parse(&std::fs::read_to_string(&file)?).ok_or_else(wrong),
        }
    }

    /// Seals `text` (AES-256-GCM, NIST SP 800-38D). It opens only for the same `purpose`, which says whose it is, too: what was moved to
    /// another row is of no use there.
    pub fn seal(&self, purpose: &str, text: &[u8]) -> Result<Vec<u8>, AppError> {
        let failed = |_| AppError::Internal;
        let nonce: [u8; NONCE_LEN] = ring::rand::generate(&SystemRandom::new()).map_err(failed)?.expose();
        let mut sealed = text.to_vec();
        let aad = Aad::from(purpose.as_bytes());
        self.seal.seal_in_place_append_tag(Nonce::assume_unique_for_key(nonce), aad, &mut sealed).map_err(failed)?;
        Ok([&[VERSION], nonce.as_slice(), &sealed].concat())
    }

    /// What [`SecretKey::seal`] has sealed. Error: `Internal`, with a word in the log, for what another key has sealed, or somebody changed.
    pub fn open(&self, purpose: &str, sealed: &[u8]) -> Result<Vec<u8>, AppError> {
        self.try_open(purpose, sealed).ok_or_else(|| {
            tracing::error!(purpose, "can't be opened: it was sealed with another DOCKET_SECRET_KEY, or changed");
            AppError::Internal
        })
    }

    fn try_open(&self, purpose: &str, sealed: &[u8]) -> Option<Vec<u8>> {
        let (nonce, text) = sealed.strip_prefix(&[VERSION])?.split_at_checked(NONCE_LEN)?;
        let mut text = text.to_vec();
        let nonce = Nonce::try_assume_unique_for_key(nonce).ok()?;
        let opened = self.seal.open_in_place(nonce, Aad::from(purpose.as_bytes()), &mut text).ok()?;
        Some(opened.to_vec())
    }

    /// What is kept of a short code, to know it again (HMAC-SHA-256): without the key, nobody can find out the code by trying them all.
    pub fn mark(&self, purpose: &str, code: &str) -> Vec<u8> {
        let mut context = hmac::Context::with_key(&self.mark);
        context.update(purpose.as_bytes());
        context.update(&[0]);
        context.update(code.as_bytes());
        context.sign().as_ref().to_vec()
    }
}

/// Random bytes from the system.
pub fn random<const N: usize>() -> [u8; N] {
    let mut bytes = [0; N];
    OsRng.fill_bytes(&mut bytes);
    bytes
}

fn write_private(file: &Path, text: &str) -> io::Result<()> {
    use std::io::Write as _;
    let mut options = std::fs::OpenOptions::new();
    options.write(true).create(true).truncate(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = options.open(file)?;
    file.write_all(text.as_bytes())?;
    file.sync_all()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(byte: u8) -> SecretKey {
        SecretKey::new(&[byte; SIZE]).unwrap()
    }

    #[test]
    fn what_is_sealed_opens_for_its_purpose_only() {
        let sealed = key(1).seal("totp 1", b"a secret").unwrap();
        assert_eq!(key(1).try_open("totp 1", &sealed).unwrap(), b"a secret");
        assert!(key(1).try_open("totp 2", &sealed).is_none(), "moved to another row");
        assert!(key(2).try_open("totp 1", &sealed).is_none(), "another key");
        for place in 0..sealed.len() {
            let mut changed = sealed.clone();
            changed[place] ^= 1;
            assert!(key(1).try_open("totp 1", &changed).is_none(), "byte {place}");
            assert!(key(1).try_open("totp 1", &sealed[..place]).is_none(), "cut at {place}");
        }
        assert_ne!(sealed, key(1).seal("totp 1", b"a secret").unwrap(), "never twice the same");
    }

    #[test]
    fn a_mark_is_that_of_one_code_for_one_purpose() {
        assert_eq!(key(1).mark("a", "bc"), key(1).mark("a", "bc"));
        assert_ne!(key(1).mark("a", "bc"), key(1).mark("ab", "c"));
        assert_ne!(key(1).mark("a", "bc"), key(2).mark("a", "bc"));
    }

    #[test]
    fn a_folder_has_one_key_that_only_its_owner_reads() {
        let folder = std::env::temp_dir().join(format!("docket-secret-{}", uuid::Uuid::now_v7()));
        let sealed = SecretKey::in_folder(&folder).unwrap().seal("a", b"b").unwrap();
        assert_eq!(SecretKey::in_folder(&folder).unwrap().try_open("a", &sealed).unwrap(), b"b");
        let file = folder.join(FILE);
        #[cfg(unix)]
        assert_eq!(std::os::unix::fs::PermissionsExt::mode(&file.metadata().unwrap().permissions()) & 0o777, 0o600);
        std::fs::write(&file, "nonsense").unwrap();
        assert!(SecretKey::in_folder(&folder).is_err());
        std::fs::remove_dir_all(&folder).unwrap();
    }

    #[test]
    fn a_key_does_not_print_itself() {
        assert_eq!(format!("{:?}", key(7)), "SecretKey(…)");
    }
}
