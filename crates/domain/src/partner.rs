//! A partner with its keys, addresses and settings.

use std::fmt;
use std::net::IpAddr;
use std::str::FromStr;

use ipnet::IpNet;

use crate::{CallbackUrl, Moment, PartnerId, Rupiah, Username};

/// A partner. Its balance is in the ledger, not here.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct Partner {
    pub id: PartnerId,
    /// Its user name.
    pub username: Username,
    /// Its display name.
    pub name: Box<str>,
    /// Its API keys, newest first, encrypted under the master key: one, or two while rotating.
    pub keys: Vec<SealedKey>,
    /// Addresses that it may call from; any address if empty.
    pub allow_list: Vec<Network>,
    /// A suspended partner gets RC 118 for everything.
    pub suspended: bool,
    /// Its balance never goes below this. A negative value grants credit.
    pub min_balance: Rupiah,
    pub created_at: Moment,
    /// How its users sign in to the portal.
    pub sign_in: SignIn,
    /// The address for its callbacks, if it wants any.
    pub callback: Option<CallbackUrl>,
}

/// An encrypted API key, as stored. The domain cannot decrypt it.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct SealedKey(pub Box<[u8]>);

/// How a partner's users sign in to the portal.
#[derive(Clone, Default, PartialEq, Eq, Hash)]
pub struct SignIn {
    /// Without a password nobody can sign in.
    pub password: Option<PasswordHash>,
    /// The one-time codes that are required beside the password.
    pub totp: Option<Totp>,
    /// The generation of its sessions. It only grows; sessions of an earlier generation have ended.
    pub sessions: i64,
}

/// The hash of a password with its salt and its cost, in the PHC string format. The domain cannot
/// compute it.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct PasswordHash(pub Box<str>);

/// Time-based one-time codes.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct Totp {
    /// The secret, encrypted under the master key.
    pub secret: SealedKey,
    /// The last time step whose code was accepted; this code and earlier ones are not accepted again.
    pub used: i64,
}

impl SignIn {
    /// Ends all present sessions.
    pub(crate) fn end_sessions(&mut self) {
        self.sessions = self.sessions.saturating_add(1);
    }
}

/// Prints no key, not even an encrypted one.
impl fmt::Debug for Partner {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Partner").field("id", &self.id).finish_non_exhaustive()
    }
}

impl Partner {
    /// Whether a request from `address` is allowed.
    pub fn allows_address(&self, address: IpAddr) -> bool {
        self.allow_list.is_empty() || self.is_allow_listed(address)
    }

    /// Whether the allow-list contains that address.
    pub fn is_allow_listed(&self, address: IpAddr) -> bool {
        self.allow_list.iter().any(|net| net.contains(address))
    }
}

/// An address or a range of addresses, such as `203.0.113.0/24`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Network(IpNet);

/// The text is neither an address nor a range.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("expected an address or a range such as 203.0.113.7 or 203.0.113.0/24")]
pub struct NotANetwork;

impl Network {
    /// Whether it contains `address`. An IPv4 address mapped into IPv6 is treated as IPv4.
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
    fn a_range_contains_its_addresses_only() {
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
    fn other_texts_are_refused() {
        for bad in ["", "example.com", "203.0.113.0/33", "203.0.113.0/-1", "203.0.113.0/", "::/129"]
        {
            assert_eq!(bad.parse::<Network>(), Err(NotANetwork), "{bad:?}");
        }
    }

    #[test]
    fn a_network_is_printed_as_it_is_written() {
        for text in ["203.0.113.7", "203.0.113.0/24", "2001:db8::/32"] {
            assert_eq!(text.parse::<Network>().unwrap().to_string(), text);
        }
    }
}
