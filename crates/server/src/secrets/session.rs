//! Portal sessions: an encrypted cookie that only the nodes of this gateway can make.
//!
//! There is no table of sessions. A cookie is valid on every node if it decrypts with the master
//! key, is not expired, and has the partner's current session generation.

use std::time::Duration;

use chacha20poly1305::aead::Generate;
use data_encoding::HEXLOWER;
use domain::partner::SignIn;
use domain::{Moment, Partner, PartnerId};

use super::vault::Vault;

/// The purpose of the encryption, so that no other token can be used as a session.
const PURPOSE: &[u8] = b"lunas session 1";

/// A session.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Session {
    pub(crate) partner: PartnerId,
    /// The partner's session generation when it began.
    generation: i64,
    began: Moment,
    /// When the cookie was made.
    seen: Moment,
    /// The CSRF token of its forms.
    token: [u8; 16],
}

/// How long a session is valid.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Lifetime {
    /// Since it began.
    pub(crate) longest: Duration,
    /// Without a page load.
    pub(crate) idle: Duration,
}

impl Session {
    /// A new session, unrelated to earlier ones.
    pub(crate) fn begin(partner: &Partner, now: Moment) -> Session {
        let (partner, generation) = (partner.id, partner.sign_in.sessions);
        Session { partner, generation, began: now, seen: now, token: Generate::generate() }
    }

    /// The session in this cookie, unless it has expired.
    pub(crate) fn open(
        vault: &Vault,
        cookie: &str,
        lifetime: Lifetime,
        now: Moment,
    ) -> Option<Session> {
        let clear = vault.open_token(PURPOSE, cookie)?;
        let (numbers, token) = clear.split_at_checked(4 * 8)?;
        let mut numbers = numbers.chunks_exact(8).map(|number| number.try_into().ok());
        let mut number = || Some(i64::from_be_bytes(numbers.next()??));
        let session = Session {
            partner: PartnerId(number()?),
            generation: number()?,
            began: Moment::from_micros(number()?),
            seen: Moment::from_micros(number()?),
            token: token.try_into().ok()?,
        };
        let holds =
            session.began.after(lifetime.longest) > now && session.seen.after(lifetime.idle) > now;
        holds.then_some(session)
    }

    /// The cookie of this session.
    pub(crate) fn seal(&self, vault: &Vault) -> String {
        let Session { partner, generation, began, seen, token } = self;
        let numbers = [partner.0, *generation, began.as_micros(), seen.as_micros()];
        let mut clear: Vec<u8> = numbers.into_iter().flat_map(i64::to_be_bytes).collect();
        clear.extend(token);
        vault.seal_token(PURPOSE, &clear)
    }

    /// Whether it is a valid session of this partner.
    pub(crate) fn is_of(&self, partner: &Partner) -> bool {
        let SignIn { password, sessions, .. } = &partner.sign_in;
        self.partner == partner.id
            && self.generation == *sessions
            && password.is_some()
            && !partner.suspended
    }

    /// The session with a new time, if its cookie is old enough to be renewed.
    pub(crate) fn renewed(&self, lifetime: Lifetime, now: Moment) -> Option<Session> {
        let due = self.seen.after(lifetime.idle / 10) <= now;
        due.then_some(Session { seen: now, ..*self })
    }

    /// The CSRF token of this session's forms.
    pub(crate) fn token(&self) -> String {
        HEXLOWER.encode(&self.token)
    }
}

#[cfg(test)]
mod tests {
    use domain::partner::PasswordHash;
    use domain::{Rupiah, Username};

    use super::*;

    const HOUR: Duration = Duration::from_secs(3600);
    const LIFETIME: Lifetime = Lifetime { longest: HOUR, idle: Duration::from_secs(600) };

    fn vault() -> Vault {
        let dir = tempfile::tempdir().unwrap();
        Vault::make(&dir.path().join("master.key")).unwrap()
    }

    fn partner() -> Partner {
        Partner {
            id: PartnerId(7),
            username: Username::new("081234567890").unwrap(),
            name: "a partner".into(),
            keys: Vec::new(),
            allow_list: Vec::new(),
            suspended: false,
            min_balance: Rupiah::ZERO,
            created_at: at(0),
            sign_in: SignIn { password: Some(PasswordHash("$".into())), totp: None, sessions: 3 },
            callback: None,
        }
    }

    fn at(seconds: u64) -> Moment {
        Moment::from_micros(1_700_000_000_000_000).after(Duration::from_secs(seconds))
    }

    #[test]
    fn a_session_is_read_from_its_cookie_on_every_node_that_has_the_key_and_no_other() {
        let (vault, other) = (vault(), vault());
        let session = Session::begin(&partner(), at(0));
        let cookie = session.seal(&vault);
        assert_eq!(Session::open(&vault, &cookie, LIFETIME, at(1)), Some(session));
        assert_eq!(Session::open(&vault.clone(), &cookie, LIFETIME, at(1)), Some(session));
        assert_eq!(Session::open(&other, &cookie, LIFETIME, at(1)), None);
        assert_ne!(session.seal(&vault), cookie, "each has a nonce of its own");
        assert_ne!(Session::begin(&partner(), at(0)).token(), session.token());
    }

    #[test]
    fn a_modified_cookie_is_not_valid() {
        let vault = vault();
        let cookie = Session::begin(&partner(), at(0)).seal(&vault);
        for place in 0..cookie.len() {
            let flipped = if cookie.as_bytes()[place] == b'0' { "1" } else { "0" };
            let mut tampered = cookie.clone();
            tampered.replace_range(place..=place, flipped);
            assert_eq!(Session::open(&vault, &tampered, LIFETIME, at(1)), None, "{place}");
        }
        for bad in ["", "0", "zz", &cookie[..cookie.len() - 2], &format!("{cookie}00"), "é"] {
            assert_eq!(Session::open(&vault, bad, LIFETIME, at(1)), None, "{bad:?}");
        }
        let key = vault.seal(&secrecy::SecretString::from("an API key"));
        let key = HEXLOWER.encode(&key.0);
        assert_eq!(Session::open(&vault, &key, LIFETIME, at(1)), None, "another purpose");
        let elsewhere = vault.seal_token(b"lunas form", &[0; 48]);
        assert_eq!(Session::open(&vault, &elsewhere, LIFETIME, at(1)), None, "another purpose");
    }

    #[test]
    fn a_session_ends_when_idle_and_at_its_maximum_age() {
        let vault = vault();
        let mut session = Session::begin(&partner(), at(0));
        let open = |session: &Session, now| {
            Session::open(&vault, &session.seal(&vault), LIFETIME, at(now)).is_some()
        };
        assert!(open(&session, 599) && !open(&session, 600));
        assert_eq!(session.renewed(LIFETIME, at(59)), None, "a page does not make a cookie each");
        for now in (500..3600).step_by(500) {
            assert!(open(&session, now), "{now}");
            session = session.renewed(LIFETIME, at(now)).unwrap();
        }
        assert!(open(&session, 3599) && !open(&session, 3600));
    }

    #[test]
    fn a_session_is_valid_while_its_partner_may_sign_in() {
        let session = Session::begin(&partner(), at(0));
        assert!(session.is_of(&partner()));
        let changed = |change: fn(&mut Partner)| {
            let mut partner = partner();
            change(&mut partner);
            session.is_of(&partner)
        };
        assert!(!changed(|partner| partner.id = PartnerId(8)));
        assert!(!changed(|partner| partner.suspended = true));
        assert!(!changed(|partner| partner.sign_in.sessions = 4));
        assert!(!changed(|partner| partner.sign_in.password = None));
        assert!(changed(|partner| partner.name = "another name".into()));
    }
}
