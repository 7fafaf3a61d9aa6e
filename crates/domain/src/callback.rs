//! What tells a partner how a payment ended that was left open: one callback a payment, sent until the
//! partner has taken it or for as long as is reasonable.
//!
//! A payment ends once, so that a callback has nothing to be ordered among, and whoever gets it twice
//! knows it by the payment's number.

use std::fmt;
use std::time::Duration;

use crate::{Moment, PartnerId, TrId};

/// Where a partner wants to be told: an absolute `http` or `https` URL. Which hosts may be called is not
/// decided here.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct CallbackUrl(Box<str>);

/// A text that is no such URL.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("expected an address such as https://example.com/callback, of at most 1000 characters")]
pub struct NotAUrl;

impl CallbackUrl {
    /// The longest one, in bytes.
    pub const LONGEST: usize = 1000;

    /// Takes a text that looks like one.
    ///
    /// # Errors
    /// When it has another scheme, no host, is too long or holds what no URL does.
    pub fn new(text: &str) -> Result<CallbackUrl, NotAUrl> {
        let rest = text.strip_prefix("https://").or_else(|| text.strip_prefix("http://"));
        let has_host = rest.is_some_and(|rest| !rest.starts_with(['/', '?', '#', ':', '@']));
        let is_plain = text.bytes().all(|byte| byte.is_ascii_graphic());
        match has_host && is_plain && rest != Some("") && text.len() <= Self::LONGEST {
            true => Ok(CallbackUrl(text.into())),
            false => Err(NotAUrl),
        }
    }

    /// The URL.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// Shows nothing: a URL may hold a partner's secret.
impl fmt::Debug for CallbackUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("CallbackUrl")
    }
}

/// The callback about one payment.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Callback {
    /// Which payment.
    pub tr_id: TrId,
    /// Who is told.
    pub partner: PartnerId,
    /// Since when there is something to tell.
    pub since: Moment,
    /// How it stands.
    pub standing: DeliveryState,
    /// When it is sent next or, once it is over, when that was known.
    pub at: Moment,
    /// How often it was sent, or was about to be.
    pub attempts: u32,
    /// What came of the last attempt that anything is known of, in words.
    pub answer: Option<Box<str>>,
}

/// How a callback stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum DeliveryState {
    /// It is to be sent, perhaps again.
    Waiting,
    /// The partner has taken it.
    Delivered,
    /// The partner did not take it in all the time there was. An operator can have it sent again.
    GivenUp,
}

impl DeliveryState {
    /// All of them.
    pub const ALL: [DeliveryState; 3] =
        [DeliveryState::Waiting, DeliveryState::Delivered, DeliveryState::GivenUp];

    /// Its name in reports and in the database.
    pub const fn name(self) -> &'static str {
        match self {
            DeliveryState::Waiting => "waiting",
            DeliveryState::Delivered => "delivered",
            DeliveryState::GivenUp => "given-up",
        }
    }

    /// The one of that name.
    pub fn named(name: &str) -> Option<DeliveryState> {
        DeliveryState::ALL.into_iter().find(|standing| standing.name() == name)
    }
}

impl Callback {
    /// One that is to be sent from `now` on.
    pub fn due(partner: PartnerId, tr_id: TrId, now: Moment) -> Callback {
        let (standing, attempts, answer) = (DeliveryState::Waiting, 0, None);
        Callback { tr_id, partner, since: now, standing, at: now, attempts, answer }
    }

    /// Whether it may be sent now.
    pub fn is_due(&self, now: Moment) -> bool {
        self.standing == DeliveryState::Waiting && self.at <= now
    }

    /// Whether its next attempt would come too late.
    pub(crate) fn is_stale(&self, give_up_after: Duration) -> bool {
        self.since.after(give_up_after) < self.at
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_looks_like_a_url_is_one() {
        for good in
            ["https://example.com", "http://127.0.0.1:8090/callback", "https://[::1]/a?b=c%20d"]
        {
            assert_eq!(CallbackUrl::new(good).unwrap().as_str(), good);
        }
        let long = format!("https://example.com/{}", "a".repeat(CallbackUrl::LONGEST));
        let bad = ["", "example.com", "ftp://example.com", "https://", "https:///a", "http://?a"];
        let worse = ["https://a b", "https://a\r\nHost: b", "https://\u{e9}.com", &long];
        for bad in bad.into_iter().chain(worse) {
            assert_eq!(CallbackUrl::new(bad), Err(NotAUrl), "{bad:?}");
        }
    }

    #[test]
    fn a_url_is_not_shown() {
        let url = CallbackUrl::new("https://example.com/?token=geheim").unwrap();
        assert_eq!(format!("{url:?}"), "CallbackUrl");
    }

    #[test]
    fn names_lead_back() {
        for standing in DeliveryState::ALL {
            assert_eq!(DeliveryState::named(standing.name()), Some(standing));
        }
    }
}
