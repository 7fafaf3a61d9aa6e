//! The signature of a request: md5 over username, API key and a suffix, as 32 hex digits.
//!
//! MD5 over a message with the key allows length extension from one known signature. So the
//! characters and length of a suffix are checked before it is hashed: every
//! [`Command::signed_suffix`](crate::Command::signed_suffix) has.

use std::fmt;

use data_encoding::HEXLOWER;
use md5::{Digest, Md5};
use subtle::ConstantTimeEq;

/// A signature: 32 lower-case hex digits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Signature([u8; 32]);

impl Signature {
    /// The hex digits.
    pub fn as_str(&self) -> &str {
        std::str::from_utf8(&self.0).unwrap_or_default()
    }
}

impl fmt::Display for Signature {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// Signs: the lower-case hex of `md5(username + api_key + suffix)`.
pub fn sign(username: &str, api_key: &str, suffix: &str) -> Signature {
    hash(&[username, api_key, suffix])
}

/// Whether a given signature is the right one, in any case of its letters. The comparison takes
/// constant time.
pub fn verify(username: &str, api_key: &str, suffix: &str, given: &str) -> bool {
    let expected = sign(username, api_key, suffix);
    let given = given.to_ascii_lowercase();
    expected.0.ct_eq(given.as_bytes()).into()
}

/// The suffix of the signature for a receipt download.
pub fn receipt_suffix(tr_id: &str) -> String {
    format!("{tr_id}receipt")
}

/// The md5 of concatenated parts.
pub(crate) fn hash(parts: &[&str]) -> Signature {
    let mut md5 = Md5::new();
    parts.iter().for_each(|part| md5.update(part));
    let mut hex = [0; 32];
    HEXLOWER.encode_mut(&md5.finalize(), &mut hex);
    Signature(hex)
}
