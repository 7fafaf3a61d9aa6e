//! Who buys payments: a partner with its keys, addresses and the limit of its deposit.

use std::fmt;
use std::net::IpAddr;
use std::str::FromStr;

use ipnet::IpNet;

use crate::{CallbackUrl, Moment, PartnerId, Rupiah, Username};

/// A partner. Its deposit stands in the ledger, not here.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct Partner {
    /// Its number.
    pub id: PartnerId,
    /// What it signs in with.
    pub username: Username,
    /// What people call it.
    pub name: Box<str>,
    /// Its API keys, newest first, encrypted under the master key: one, or two while rotating.
    pub keys: Vec<SealedKey>,
    /// From where it may call; from anywhere, where there is none.
    pub allow_list: Vec<Network>,
    /// A suspended partner gets RC 118 for everything.
    pub suspended: bool,
    /// Its available deposit never goes below this; negative grants credit.
    pub min_balance: Rupiah,
    /// Since when.
    pub created_at: Moment,
    /// How its people sign in to the portal.
    pub sign_in: SignIn,
    /// Where it is told how a payment ended that was left open, if it wants to be.
    pub callback: Option<CallbackUrl>,
}

/// An API key as it lies in the database. The domain cannot open it.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct SealedKey(pub Box<[u8]>);

/// How the people of a partner sign in to the portal.
#[derive(Clone, Default, PartialEq, Eq, Hash)]
pub struct SignIn {
    /// Without a password nobody does.
    pub password: Option<PasswordHash>,
    /// What is asked for beside the password.
    pub totp: Option<Totp>,
    /// The generation of its sessions, which rises: one of an earlier generation is over.
    pub sessions: i64,
}

/// The hash of a password with its salt and its cost, in the PHC string format. The domain cannot
/// compute it.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct PasswordHash(pub Box<str>);

/// One-time codes that follow from a secret and the time.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct Totp {
    /// The secret, encrypted under the master key.
    pub secret: SealedKey,
    /// The last time step whose code was taken; neither it nor an earlier one is taken again.
    pub used: i64,
}

impl SignIn {
    /// Ends the sessions that have begun.
    pub(crate) fn end_sessions(&mut self) {
        self.sessions = self.sessions.saturating_add(1);
    }
}

/// Shows no key, not even a sealed one.
impl fmt::Debug for Partner {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Partner").field("id", &self.id).finish_non_exhaustive()
    }
}

impl Partner {
    /// Whether a request from `address` is welcome.
    pub fn allows_address(&self, address: IpAddr) -> bool {
        self.allow_list.is_empty() || self.is_allow_listed(address)
    }

    /// Whether the allow-list names that address.
    pub fn is_allow_listed(&self, address: IpAddr) -> bool {
        self.allow_list.iter().any(|net| net.contains(address))
    }
}

/// An address or a range of addresses, such as `203.0.113.0/24`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Network(IpNet);

/// A text that is no address and no range.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("expected an address or a range such as 203.0.113.7 or 203.0.113.0/24")]
pub struct NotANetwork;

impl Network {
    /// Whether `address` lies inside. An IPv4 address that arrives mapped into IPv6 is IPv4.
    pub fn contains(self, address: IpAddr) -> bool {
        self.0.contains(&address.to_canonical())
    }
}

impl FromStr for Network {
    type Err = NotANetwork;

    fn from_str(text: &str) -> Result<Network, NotANetwork> {
        let network = match text.parse::<IpAddr>() {
            Ok(address) => Ok(IpNet::from(address.to_canonical())),
            Err(_) => text.parse().map_err(|_| NotANetwork),
        };
        network.map(Network)
    }
}

impl fmt::Display for Network {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0.prefix_len() == self.0.max_prefix_len() {
            true => self.0.addr().fmt(f),
            false => self.0.fmt(f),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(network: &str, address: &str) -> bool {
        network.parse::<Network>().unwrap().contains(address.parse().unwrap())
    }

    #[test]
    fn ranges_hold_what_they_say() {
        assert!(check("203.0.113.7", "203.0.113.7"));
        assert!(!check("203.0.113.7", "203.0.113.8"));
        assert!(check("203.0.113.0/24", "203.0.113.255"));
        assert!(!check("203.0.113.0/24", "203.0.114.0"));
        assert!(check("0.0.0.0/0", "8.8.8.8"));
        assert!(check("::/0", "2001:db8::1"));
        assert!(!check("::/0", "8.8.8.8"));
        assert!(check("2001:db8::/32", "2001:db8:ffff::1"));
        assert!(check("203.0.113.7", "::ffff:203.0.113.7"));
    }

    #[test]
    fn other_texts_are_no_network() {
        for bad in ["", "example.com", "203.0.113.0/33", "203.0.113.0/-1", "203.0.113.0/", "::/129"]
        {
            assert_eq!(bad.parse::<Network>(), Err(NotANetwork), "{bad:?}");
        }
    }

    #[test]
    fn shows_itself_as_it_is_written() {
        for text in ["203.0.113.7", "203.0.113.0/24", "2001:db8::/32"] {
            assert_eq!(text.parse::<Network>().unwrap().to_string(), text);
        }
    }
}
