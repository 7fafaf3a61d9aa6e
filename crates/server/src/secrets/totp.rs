//! One-time codes from a secret and the time (RFC 6238): HMAC-SHA-1, six digits, 30 seconds, the
//! values that all authenticator apps support.

use chacha20poly1305::aead::Generate;
use data_encoding::BASE32_NOPAD;
use domain::Moment;
use hmac::{Hmac, KeyInit, Mac};
use secrecy::{ExposeSecret, SecretString};
use sha1::Sha1;
use subtle::ConstantTimeEq;

/// Seconds of a time step.
const STEP: i64 = 30;

/// How many steps the user's clock may differ.
const MAX_DRIFT: i64 = 1;

/// A new secret of 160 bits, in base 32.
pub(crate) fn new_secret() -> SecretString {
    let random = <[u8; 20]>::generate();
    SecretString::from(BASE32_NOPAD.encode(&random))
}

/// The URL from which an authenticator app reads the secret.
pub(crate) fn url(username: &str, secret: &SecretString) -> SecretString {
    let label: String = form_urlencoded::byte_serialize(username.as_bytes()).collect();
    let label = label.replace('+', "%20");
    let secret = secret.expose_secret();
    SecretString::from(format!(
        "otpauth://totp/lunas:{label}?secret={secret}&issuer=lunas&algorithm=SHA1&digits=6&period=30"
    ))
}

/// The time step of this code, if it is near the current one and later than `used`. Every step is
/// compared, so that the time does not show which one fits.
pub(crate) fn step_of(secret: &SecretString, code: &str, now: Moment, used: i64) -> Option<i64> {
    let key = BASE32_NOPAD.decode(secret.expose_secret().as_bytes()).ok()?;
    let current = now.as_micros().div_euclid(1_000_000 * STEP);
    let code: String = code.chars().filter(|letter| !letter.is_whitespace()).collect();
    let mut found = None;
    for step in current - MAX_DRIFT..=current + MAX_DRIFT {
        let fits = bool::from(code_at(&key, step).as_bytes().ct_eq(code.as_bytes()));
        if fits && step > used {
            found = Some(step);
        }
    }
    found
}

fn code_at(key: &[u8], step: i64) -> String {
    #[expect(clippy::expect_used, reason = "an HMAC takes keys of every length")]
    let mut mac = Hmac::<Sha1>::new_from_slice(key).expect("a key");
    mac.update(&step.to_be_bytes());
    let hash: [u8; 20] = mac.finalize().into_bytes().into();
    let offset = usize::from(hash[19] & 0x0f);
    let word = [hash[offset], hash[offset + 1], hash[offset + 2], hash[offset + 3]];
    format!("{:06}", (u32::from_be_bytes(word) & 0x7fff_ffff) % 1_000_000)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The table of RFC 6238, appendix B; its codes have eight digits, of which these are the last
    /// six.
    #[test]
    fn the_codes_match_the_rfc() {
        let key = b"12345678901234567890";
        for (seconds, code) in [
            (59, "287082"),
            (1_111_111_109, "081804"),
            (1_111_111_111, "050471"),
            (1_234_567_890, "005924"),
            (2_000_000_000, "279037"),
            (20_000_000_000, "353130"),
        ] {
            assert_eq!(code_at(key, seconds / STEP), code, "{seconds}");
        }
        assert_eq!(BASE32_NOPAD.encode(key), "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ");
    }

    #[test]
    fn a_code_is_valid_one_step_early_or_late_and_only_once() {
        let secret = SecretString::from("GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ");
        let at = |seconds: i64| Moment::from_micros(seconds * 1_000_000);
        let of = |code: &str, seconds, used| step_of(&secret, code, at(seconds), used);
        let (code, step, time) = ("081804", 1_111_111_109 / STEP, 1_111_111_109);
        for off in [-STEP, 0, STEP] {
            assert_eq!(of(code, time + off, 0), Some(step), "{off}");
        }
        for off in [-2 * STEP, 2 * STEP] {
            assert_eq!(of(code, time + off, 0), None, "{off}");
        }
        assert_eq!(of(" 081 804 ", time, step - 1), Some(step));
        assert_eq!(of(code, time, step), None);
        for wrong in ["", "81804", "081805", "0818040", "08180a"] {
            assert_eq!(of(wrong, time, 0), None, "{wrong:?}");
        }
    }

    #[test]
    fn a_secret_is_160_bits_and_no_two_are_the_same() {
        let (one, other) = (new_secret(), new_secret());
        assert_ne!(one.expose_secret(), other.expose_secret());
        let bits = BASE32_NOPAD.decode(one.expose_secret().as_bytes()).unwrap().len() * 8;
        assert_eq!(bits, 160);
        let url = url("a b&c", &one);
        assert!(url.expose_secret().starts_with("otpauth://totp/lunas:a%20b%26c?secret="));
    }
}
