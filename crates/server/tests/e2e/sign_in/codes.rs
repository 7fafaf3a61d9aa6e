//! One-time codes in addition to the password.

use data_encoding::BASE32_NOPAD;
use hmac::{Hmac, KeyInit, Mac};
use sha1::Sha1;

use super::{Browser, PASSWORD, assert_not_logged, html, with_password};
use crate::server::USERNAME;

/// The code that an app shows `off` time steps from now.
fn code(secret: &str, off: i64) -> String {
    #[expect(clippy::disallowed_methods, reason = "an app has the time of day")]
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap();
    let step = now.as_secs() as i64 / 30 + off;
    let key = BASE32_NOPAD.decode(secret.as_bytes()).unwrap();
    let mut mac = Hmac::<Sha1>::new_from_slice(&key).unwrap();
    mac.update(&step.to_be_bytes());
    let hash = mac.finalize().into_bytes();
    let at = usize::from(hash[19] & 15);
    let number = u32::from_be_bytes(hash[at..at + 4].try_into().unwrap()) & 0x7fff_ffff;
    format!("{:06}", number % 1_000_000)
}

#[test]
fn a_one_time_code_is_required_and_valid_once() {
    let limits = [("limits.wrong_passwords_per_partner", "0")];
    let (home, server) = with_password(&[&limits[..], &[("log.level", "trace")]].concat());
    let set = home.operate(&["partner", "totp", USERNAME]);
    let url = set["url"].as_str().unwrap();
    assert!(url.starts_with("otpauth://totp/lunas:081234567890?secret="), "{url}");
    let secret = url.split("secret=").nth(1).unwrap().split('&').next().unwrap();
    assert_eq!(home.operate(&["partner", "show", USERNAME])["codes"], true);

    let now = code(secret, 0);
    let wrong = if now.starts_with('0') { "100000" } else { "000000" };
    for (password, code) in [
        (PASSWORD, ""),
        (PASSWORD, wrong),
        (PASSWORD, &*code(secret, -20)),
        (PASSWORD, &*code(secret, 20)),
        ("not the password", &now),
    ] {
        let mut browser = Browser::new(&server);
        let page = browser.sign_in(USERNAME, password, code);
        assert_eq!(page.status, 422, "{code:?}");
        assert!(!browser.has_session() && !html(&page).contains(&now));
    }
    let mut browser = Browser::new(&server);
    assert_eq!(browser.sign_in(USERNAME, PASSWORD, &now).status, 303);
    assert_eq!(Browser::new(&server).sign_in(USERNAME, PASSWORD, &now).status, 422, "replayed");
    let mut again = Browser::new(&server);
    assert_eq!(again.sign_in(USERNAME, PASSWORD, &code(secret, 1)).status, 303);
    let earlier = Browser::new(&server).sign_in(USERNAME, PASSWORD, &code(secret, 0));
    assert_eq!(earlier.status, 422, "an earlier one than was used");
    assert_eq!(browser.get("/report").status, 200, "a session does not end by another's code");

    home.operate(&["partner", "totp", USERNAME, "--remove"]);
    assert_eq!(browser.get("/report").status, 403, "its session does by a change");
    assert_eq!(Browser::new(&server).sign_in(USERNAME, PASSWORD, "").status, 303);
    assert_not_logged(&home, &[PASSWORD, secret, &now, again.session()]);
}
