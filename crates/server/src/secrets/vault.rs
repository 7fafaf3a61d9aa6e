//! API keys at rest. A request is signed by md5 over the clear key, so keys cannot be hashed; they
//! are encrypted under a master key that never enters the database.

use std::collections::HashMap;
use std::fs::File;
use std::io::{ErrorKind, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::sync::{Arc, PoisonError, RwLock};

use chacha20poly1305::aead::Payload;
use chacha20poly1305::aead::{Aead, Generate, Key, KeyInit};
use chacha20poly1305::{ChaCha20Poly1305, Nonce, XChaCha20Poly1305, XNonce};
use domain::partner::SealedKey;
use secrecy::{ExposeSecret, SecretString};
use store::{Obstacle, find_file};

/// How many bytes of a sealed key are its nonce.
const NONCE: usize = 12;

/// How many keys are kept open.
const MOST_OPEN: usize = 4096;

/// The same of what leaves the gateway.
const OUTWARD_NONCE: usize = 24;

/// Seals and opens API keys.
#[derive(Clone)]
pub(crate) struct Vault {
    cipher: ChaCha20Poly1305,
    /// For what leaves the gateway and comes back. Its nonces are long enough to make up as many as
    /// there are pages, and it derives a key of its own from each.
    egress: XChaCha20Poly1305,
    dummy_key: SealedKey,
    /// Keys that were opened for signatures, which each request needs: to open one takes as long as to
    /// compare three.
    opened: Arc<RwLock<HashMap<SealedKey, Arc<SecretString>>>>,
}

/// Why the vault does not open.
#[derive(Debug, thiserror::Error)]
pub(crate) enum VaultError {
    /// The file of the master key.
    #[error("the master key cannot be used: {0}")]
    File(Obstacle),
    /// It is not there.
    #[error(
        "the master key {} is missing, and the API keys in the database were sealed under it: bring \
         it back from where it is kept, or name it with security.master_key_file; books that never had a \
         partner can be removed instead, and new ones made",
        .0.display()
    )]
    Missing(PathBuf),
    /// Another file than one that lunas made.
    #[error("the master key {0} does not hold 64 hex digits")]
    NotAKey(PathBuf),
    /// Sealed under another master key, or damaged.
    #[error(
        "an API key does not open: it was sealed under another master key; bring back the right \
         master.key, or rotate the partner's key"
    )]
    DoesNotOpen,
}

impl Vault {
    /// Opens the vault with the master key in `file`.
    pub(crate) fn read(file: &Path) -> Result<Vault, VaultError> {
        if !Vault::is_there(file)? {
            return Err(VaultError::Missing(file.to_owned()));
        }
        match std::fs::read_to_string(file) {
            Ok(text) => {
                Vault::from_hex(text.trim()).ok_or_else(|| VaultError::NotAKey(file.to_owned()))
            }
            Err(error) if error.kind() == ErrorKind::NotFound => {
                Err(VaultError::Missing(file.to_owned()))
            }
            Err(error) if error.kind() == ErrorKind::InvalidData => {
                Err(VaultError::NotAKey(file.to_owned()))
            }
            Err(error) => Err(VaultError::File(Obstacle::new(file, "read", &error))),
        }
    }

    /// Whether there is a master key; it is called absent only where that is certain.
    pub(crate) fn is_there(file: &Path) -> Result<bool, VaultError> {
        Ok(find_file(file).map_err(VaultError::File)?.is_some())
    }

    /// A vault with a new master key in `file`, which must not be there.
    #[cfg(test)]
    pub(crate) fn make(file: &Path) -> Result<Vault, VaultError> {
        NewKey::write(file)?.keep()
    }

    fn from_hex(text: &str) -> Option<Vault> {
        let key = Key::<ChaCha20Poly1305>::try_from(from_hex(text)?.as_slice()).ok()?;
        Some(Vault::with(&key))
    }

    fn with(key: &Key<ChaCha20Poly1305>) -> Vault {
        let cipher = ChaCha20Poly1305::new(key);
        let dummy_key = seal(&cipher, &Vault::new_secret());
        let (egress, opened) = (XChaCha20Poly1305::new(key), Arc::default());
        Vault { cipher, egress, dummy_key, opened }
    }

    /// A key that nobody has: what an unknown partner's signature is compared with, so that it
    /// takes the same work as a known one's.
    pub(crate) fn dummy_key(&self) -> SealedKey {
        self.dummy_key.clone()
    }

    /// Encrypts an API key for the database.
    pub(crate) fn seal(&self, key: &SecretString) -> SealedKey {
        seal(&self.cipher, key)
    }

    /// Decrypts an API key.
    pub(crate) fn open(&self, sealed: &SealedKey) -> Result<SecretString, VaultError> {
        let (nonce, sealed) = sealed.0.split_at_checked(NONCE).ok_or(VaultError::DoesNotOpen)?;
        let nonce = Nonce::try_from(nonce).map_err(|_| VaultError::DoesNotOpen)?;
        let clear = self.cipher.decrypt(&nonce, sealed).map_err(|_| VaultError::DoesNotOpen)?;
        let clear = String::from_utf8(clear).map_err(|_| VaultError::DoesNotOpen)?;
        Ok(SecretString::from(clear))
    }

    /// The same, of a key that is needed again and again.
    pub(crate) fn open_cached(&self, sealed: &SealedKey) -> Result<Arc<SecretString>, VaultError> {
        let opened = self.opened.read().unwrap_or_else(PoisonError::into_inner);
        if let Some(key) = opened.get(sealed) {
            return Ok(Arc::clone(key));
        }
        drop(opened);
        let key = Arc::new(self.open(sealed)?);
        let mut opened = self.opened.write().unwrap_or_else(PoisonError::into_inner);
        // Keys that were rotated away go with all others, which are opened again when they are needed.
        if opened.len() >= MOST_OPEN {
            opened.clear();
        }
        opened.insert(sealed.clone(), Arc::clone(&key));
        Ok(key)
    }

    /// Encrypts what somebody else is to keep, in hex. It opens for the same purpose only.
    pub(crate) fn seal_token(&self, purpose: &[u8], clear: &[u8]) -> String {
        let nonce = XNonce::generate();
        let sealed = self.egress.encrypt(&nonce, Payload { msg: clear, aad: purpose });
        #[expect(clippy::expect_used, reason = "the cipher fails on texts of many gigabytes only")]
        let sealed = sealed.expect("a short text");
        hex(&[nonce.as_slice(), &sealed].concat())
    }

    /// Decrypts what came back, unless it was changed or was sealed by others or for another purpose.
    pub(crate) fn opened_for(&self, purpose: &[u8], sealed: &str) -> Option<Vec<u8>> {
        let sealed = from_hex(sealed)?;
        let (nonce, sealed) = sealed.split_at_checked(OUTWARD_NONCE)?;
        let nonce = XNonce::try_from(nonce).ok()?;
        self.egress.decrypt(&nonce, Payload { msg: sealed, aad: purpose }).ok()
    }

    /// A new secret, such as an API key: 32 hex digits.
    pub(crate) fn new_secret() -> SecretString {
        let random = Key::<ChaCha20Poly1305>::generate();
        SecretString::from(hex(&random[..16]))
    }
}

/// A new master key, which gets its name only once it is kept: it is written before the books are made,
/// so that what hinders it is known before them, and is in force after them.
pub(crate) struct NewKey {
    file: PathBuf,
    partial: PathBuf,
    key: Key<ChaCha20Poly1305>,
    /// Whether a making is gone on with that was cut short.
    goes_on: bool,
}

impl Drop for NewKey {
    fn drop(&mut self) {
        // Where it was kept, it has its own name as well. What was begun before can be gone on with again.
        if !self.goes_on {
            let _ = std::fs::remove_file(&self.partial);
        }
    }
}

impl NewKey {
    /// Writes a new key beside `file`, for the owner's eyes only.
    pub(crate) fn write(file: &Path) -> Result<NewKey, VaultError> {
        let partial = NewKey::partial(file);
        let failed = |error| VaultError::File(Obstacle::new(file, "made", &error));
        // Nothing was sealed under one that was cut short.
        let goes_on = std::fs::remove_file(&partial).is_ok();
        let made = File::options().write(true).create_new(true).mode(0o600).open(&partial);
        let mut made = made.map_err(failed)?;
        let key = Key::<ChaCha20Poly1305>::generate();
        let new = NewKey { file: file.to_owned(), partial, key, goes_on };
        // Its name is durable before there are books, as it tells that their making was cut short.
        let written = writeln!(made, "{}", hex(&new.key)).and_then(|()| made.sync_all());
        written.and_then(|()| sync_directory(file)).map_err(failed)?;
        Ok(new)
    }

    /// Whether a key for `file` was written and has not got its name.
    pub(crate) fn is_begun(file: &Path) -> bool {
        std::fs::symlink_metadata(NewKey::partial(file)).is_ok()
    }

    fn partial(file: &Path) -> PathBuf {
        let mut name = file.file_name().unwrap_or_default().to_owned();
        name.push(".partial");
        file.with_file_name(name)
    }

    /// Gives it its name, unless there is a key of that name.
    pub(crate) fn keep(mut self) -> Result<Vault, VaultError> {
        let named =
            std::fs::hard_link(&self.partial, &self.file).and_then(|()| sync_directory(&self.file));
        named.map_err(|error| VaultError::File(Obstacle::new(&self.file, "made", &error)))?;
        self.goes_on = false;
        Ok(Vault::with(&self.key))
    }
}

/// Makes the names in the directory of `file` durable.
fn sync_directory(file: &Path) -> std::io::Result<()> {
    let parent = file.parent().filter(|parent| !parent.as_os_str().is_empty());
    File::open(parent.unwrap_or(Path::new(".")))?.sync_all()
}

fn seal(cipher: &ChaCha20Poly1305, key: &SecretString) -> SealedKey {
    let nonce = Nonce::generate();
    #[expect(clippy::expect_used, reason = "the cipher fails on texts of many gigabytes only")]
    let sealed = cipher.encrypt(&nonce, key.expose_secret().as_bytes()).expect("a short text");
    SealedKey([nonce.as_slice(), &sealed].concat().into())
}

fn from_hex(text: &str) -> Option<Vec<u8>> {
    let digits = text.len().is_multiple_of(2) && text.bytes().all(|byte| byte.is_ascii_hexdigit());
    let byte = |i: usize| u8::from_str_radix(text.get(i..i + 2)?, 16).ok();
    digits.then(|| (0..text.len()).step_by(2).map_while(byte).collect())
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_opens_under_its_own_master_key_only() {
        let dir = tempfile::tempdir().unwrap();
        let vault = Vault::make(&dir.path().join("a")).unwrap();
        let other = Vault::make(&dir.path().join("b")).unwrap();
        let sealed = vault.seal(&SecretString::from("secret-key"));
        assert!(!sealed.0.windows(10).any(|window| window == b"secret-key"));
        assert_eq!(vault.open(&sealed).unwrap().expose_secret(), "secret-key");
        assert!(matches!(other.open(&sealed), Err(VaultError::DoesNotOpen)));
        let again = Vault::read(&dir.path().join("a")).unwrap();
        assert_eq!(again.open(&sealed).unwrap().expose_secret(), "secret-key");
        for damaged in [&sealed.0[..5], &sealed.0[..20], &[]] {
            assert!(vault.open(&SealedKey(damaged.into())).is_err());
        }
    }

    #[test]
    fn keys_that_are_kept_open_are_those_that_open_and_not_without_end() {
        let dir = tempfile::tempdir().unwrap();
        let vault = Vault::make(&dir.path().join("a")).unwrap();
        for number in 0..=2 * MOST_OPEN {
            let key = format!("key-{number}");
            let sealed = vault.seal(&SecretString::from(key.as_str()));
            for _ in 0..2 {
                assert_eq!(vault.open_cached(&sealed).unwrap().expose_secret(), key);
            }
            assert!(vault.opened.read().unwrap().len() <= MOST_OPEN);
        }
        let before = vault.opened.read().unwrap().len();
        assert!(vault.open_cached(&SealedKey([7; 40].into())).is_err());
        assert_eq!(vault.opened.read().unwrap().len(), before);
    }

    #[test]
    fn the_master_key_is_for_its_owner_only_and_must_be_one() {
        use std::os::unix::fs::PermissionsExt;
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("master.key");
        Vault::make(&file).unwrap();
        assert_eq!(std::fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600);
        for bad in ["", "abc", &"g".repeat(64), &"a".repeat(66)] {
            std::fs::write(&file, bad).unwrap();
            assert!(matches!(Vault::read(&file), Err(VaultError::NotAKey(_))), "{bad:?}");
        }
    }

    #[test]
    fn api_keys_differ() {
        let (a, b) = (Vault::new_secret(), Vault::new_secret());
        assert_eq!(a.expose_secret().len(), 32);
        assert_ne!(a.expose_secret(), b.expose_secret());
    }
}
