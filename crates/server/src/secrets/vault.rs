//! Encrypts API keys in the database. A signature is the md5 of a text with the clear key, so keys
//! cannot be hashed; they are encrypted with a master key that is never in the database.

use std::collections::HashMap;
use std::fs::File;
use std::io::{ErrorKind, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::sync::{Arc, PoisonError, RwLock};

use chacha20poly1305::aead::Payload;
use chacha20poly1305::aead::{Aead, Generate, Key, KeyInit};
use chacha20poly1305::{ChaCha20Poly1305, Nonce, XChaCha20Poly1305, XNonce};
use data_encoding::{HEXLOWER, HEXLOWER_PERMISSIVE};
use domain::partner::SealedKey;
use secrecy::{ExposeSecret, SecretString};
use store::{Obstacle, find_file};
use tempfile::{NamedTempFile, TempPath};

use crate::atomic_file::sync_directory_of;

/// Nonce length of encrypted keys, in bytes.
const NONCE: usize = 12;

/// How many decrypted keys are cached.
const MAX_CACHED: usize = 4096;

/// Nonce length for tokens we hand out (XChaCha20).
const TOKEN_NONCE: usize = 24;

/// Encrypts and decrypts API keys.
#[derive(Clone)]
pub(crate) struct Vault {
    cipher: ChaCha20Poly1305,
    /// The cipher for tokens we hand out. Its nonces are long enough to be random for any number of
    /// tokens.
    token_cipher: XChaCha20Poly1305,
    dummy_key: SealedKey,
    /// Decrypted keys for signatures: decrypting one takes as long as comparing three.
    opened: Arc<RwLock<HashMap<SealedKey, Arc<SecretString>>>>,
}

/// Why the vault cannot be used, or a key cannot be decrypted.
#[derive(Debug, thiserror::Error)]
pub(crate) enum VaultError {
    /// The master key file cannot be read or written.
    #[error("the master key cannot be used: {0}")]
    File(Obstacle),
    /// The master key file does not exist.
    #[error(
        "the master key {} is missing, and the API keys in the database were encrypted with it: \
         restore it from your copy, or name it with security.master_key_file; books that never \
         had a partner can be removed instead, and created again",
        .0.display()
    )]
    Missing(PathBuf),
    /// The file was not created by lunas.
    #[error("the master key {0} does not hold 64 hex digits")]
    NotAKey(PathBuf),
    /// The key was encrypted with another master key, or is damaged.
    #[error(
        "an API key cannot be decrypted: it was encrypted with another master key; restore the \
         right master.key, or rotate the partner's key"
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

    /// Whether the master key exists; `false` only if that is certain.
    pub(crate) fn is_there(file: &Path) -> Result<bool, VaultError> {
        Ok(find_file(file).map_err(VaultError::File)?.is_some())
    }

    /// Creates a vault with a new master key in `file`, which must not exist.
    #[cfg(test)]
    pub(crate) fn make(file: &Path) -> Result<Vault, VaultError> {
        NewKey::write(file)?.keep()
    }

    fn from_hex(text: &str) -> Option<Vault> {
        let key = HEXLOWER_PERMISSIVE.decode(text.as_bytes()).ok()?;
        let key = Key::<ChaCha20Poly1305>::try_from(key.as_slice()).ok()?;
        Some(Vault::with(&key))
    }

    fn with(key: &Key<ChaCha20Poly1305>) -> Vault {
        let cipher = ChaCha20Poly1305::new(key);
        let dummy_key = seal(&cipher, &Vault::new_secret());
        let (token_cipher, opened) = (XChaCha20Poly1305::new(key), Arc::default());
        Vault { cipher, token_cipher, dummy_key, opened }
    }

    /// A key of no partner. The signature of an unknown partner is compared with it, so that the
    /// time does not show that the partner is unknown.
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

    /// Decrypts an API key, or takes it from the cache.
    pub(crate) fn open_cached(&self, sealed: &SealedKey) -> Result<Arc<SecretString>, VaultError> {
        let opened = self.opened.read().unwrap_or_else(PoisonError::into_inner);
        if let Some(key) = opened.get(sealed) {
            return Ok(Arc::clone(key));
        }
        drop(opened);
        let key = Arc::new(self.open(sealed)?);
        let mut opened = self.opened.write().unwrap_or_else(PoisonError::into_inner);
        // Clearing all also removes rotated keys; the others are decrypted again when they are
        // needed.
        if opened.len() >= MAX_CACHED {
            opened.clear();
        }
        opened.insert(sealed.clone(), Arc::clone(&key));
        Ok(key)
    }

    /// Encrypts a token that a client keeps, in hex. It can be decrypted only for the same purpose.
    pub(crate) fn seal_token(&self, purpose: &[u8], clear: &[u8]) -> String {
        let nonce = XNonce::generate();
        let sealed = self.token_cipher.encrypt(&nonce, Payload { msg: clear, aad: purpose });
        #[expect(clippy::expect_used, reason = "the cipher fails on texts of many gigabytes only")]
        let sealed = sealed.expect("a short text");
        HEXLOWER.encode(&[nonce.as_slice(), &sealed].concat())
    }

    /// Decrypts a token; `None` if it was changed, or made by others or for another purpose.
    pub(crate) fn open_token(&self, purpose: &[u8], sealed: &str) -> Option<Vec<u8>> {
        let sealed = HEXLOWER.decode(sealed.as_bytes()).ok()?;
        let (nonce, sealed) = sealed.split_at_checked(TOKEN_NONCE)?;
        let nonce = XNonce::try_from(nonce).ok()?;
        self.token_cipher.decrypt(&nonce, Payload { msg: sealed, aad: purpose }).ok()
    }

    /// A random number.
    pub(crate) fn random_number() -> u64 {
        let random = Key::<ChaCha20Poly1305>::generate();
        random.iter().take(8).fold(0, |number, byte| number << 8 | u64::from(*byte))
    }

    /// A new secret, such as an API key: 32 hex digits.
    pub(crate) fn new_secret() -> SecretString {
        let random = Key::<ChaCha20Poly1305>::generate();
        SecretString::from(HEXLOWER.encode(&random[..16]))
    }
}

/// A new master key. It is written under a temporary name before the books are created, so that
/// errors are known first; it gets its final name after them.
pub(crate) struct NewKey {
    file: PathBuf,
    partial: NamedTempFile,
    key: Key<ChaCha20Poly1305>,
}

impl NewKey {
    /// Writes a new key next to `file`, readable by its owner only.
    pub(crate) fn write(file: &Path) -> Result<NewKey, VaultError> {
        let partial = NewKey::partial(file);
        let failed = |error| VaultError::File(Obstacle::new(file, "made", &error));
        // An incomplete key has encrypted nothing, so it is replaced.
        let is_resumed = std::fs::remove_file(&partial).is_ok();
        let made = File::options().write(true).create_new(true).mode(0o600).open(&partial);
        let made = made.map_err(failed)?;
        let path = TempPath::try_from_path(partial).map_err(failed)?;
        let mut partial = NamedTempFile::from_parts(made, path);
        // The file of a resumed creation stays, so that it can be resumed again.
        partial.disable_cleanup(is_resumed);
        let key = Key::<ChaCha20Poly1305>::generate();
        // The temporary name is durable before the books exist: it marks an interrupted creation.
        let written = writeln!(partial, "{}", HEXLOWER.encode(&key));
        written
            .and_then(|()| partial.as_file().sync_all())
            .and_then(|()| sync_directory_of(file))
            .map_err(failed)?;
        Ok(NewKey { file: file.to_owned(), partial, key })
    }

    /// Whether a new key for `file` was written but does not have its final name.
    pub(crate) fn is_begun(file: &Path) -> bool {
        std::fs::symlink_metadata(NewKey::partial(file)).is_ok()
    }

    fn partial(file: &Path) -> PathBuf {
        let mut name = file.file_name().unwrap_or_default().to_owned();
        name.push(".partial");
        file.with_file_name(name)
    }

    /// Gives the key its final name, unless a key with this name exists.
    pub(crate) fn keep(self) -> Result<Vault, VaultError> {
        let NewKey { file, partial, key } = self;
        let named = partial.persist_noclobber(&file).map_err(std::io::Error::from);
        named
            .and_then(|_| sync_directory_of(&file))
            .map_err(|error| VaultError::File(Obstacle::new(&file, "made", &error)))?;
        Ok(Vault::with(&key))
    }
}

fn seal(cipher: &ChaCha20Poly1305, key: &SecretString) -> SealedKey {
    let nonce = Nonce::generate();
    #[expect(clippy::expect_used, reason = "the cipher fails on texts of many gigabytes only")]
    let sealed = cipher.encrypt(&nonce, key.expose_secret().as_bytes()).expect("a short text");
    SealedKey([nonce.as_slice(), &sealed].concat().into())
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
    fn the_cache_contains_valid_keys_and_is_limited() {
        let dir = tempfile::tempdir().unwrap();
        let vault = Vault::make(&dir.path().join("a")).unwrap();
        for number in 0..=2 * MAX_CACHED {
            let key = format!("key-{number}");
            let sealed = vault.seal(&SecretString::from(key.as_str()));
            for _ in 0..2 {
                assert_eq!(vault.open_cached(&sealed).unwrap().expose_secret(), key);
            }
            assert!(vault.opened.read().unwrap().len() <= MAX_CACHED);
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
