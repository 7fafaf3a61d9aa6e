//! Webhook that reports the final result of a payment answered as pending. Each payment has at most one; it
//! is retried until the partner accepts it or the time limit is over.
//!
//! A payment ends once, so callbacks need no order. A partner that receives one twice recognises it by the
//! payment's `tr_id`.

use std::fmt;
use std::time::Duration;

use crate::{Moment, PartnerId, TrId};

/// A partner's webhook address: an absolute `http` or `https` URL. Which hosts may be called is decided
/// elsewhere.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct CallbackUrl(Box<str>);

/// The text is not such a URL.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("expected an address such as https://example.com/callback, of at most 1000 characters")]
pub struct NotAUrl;

impl CallbackUrl {
    /// Maximum length in bytes.
    pub const LONGEST: usize = 1000;

    /// Checks `text` and makes a URL of it.
    ///
    /// # Errors
    /// When it has another scheme, has no host, is too long, or contains characters that no URL has.
    pub fn new(text: &str) -> Result<CallbackUrl, NotAUrl> {
        let rest = text.strip_prefix("https://").or_else(|| text.strip_prefix("http://"));
        let has_host = rest.is_some_and(|rest| !rest.starts_with(['/', '?', '#', ':', '@']));
        let is_plain = text.bytes().all(|byte| byte.is_ascii_graphic());
        match has_host && is_plain && rest != Some("") && text.len() <= Self::LONGEST {
            true => Ok(CallbackUrl(text.into())),
            false => Err(NotAUrl),
        }
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Scheme and host, such as `https://example.com`: the rest may contain a partner's secret.
    pub fn origin(&self) -> String {
        let (scheme, rest) = self.0.split_once("://").unwrap_or_default();
        let host = rest.split(['/', '\\', '?', '#']).next().and_then(|it| it.rsplit('@').next());
        format!("{scheme}://{}", host.unwrap_or_default())
    }
}

/// Prints no URL: it may contain a partner's secret.
impl fmt::Debug for CallbackUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("CallbackUrl")
    }
}

/// The callback of one payment.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Callback {
    /// The payment that it reports.
    pub tr_id: TrId,
    /// The partner that receives it.
    pub partner: PartnerId,
    /// When the payment ended, or an operator asked for the callback.
    pub since: Moment,
    /// Its delivery state.
    pub state: DeliveryState,
    /// Waiting: time of the next attempt. Delivered or given up: when that happened.
    pub at: Moment,
    /// Number of attempts. Each one is counted before it is sent.
    pub attempts: u32,
    /// Result of the last attempt whose result is known, as text.
    pub answer: Option<Box<str>>,
}

/// The delivery state of a callback.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum DeliveryState {
    /// To be sent, or to be sent again.
    Waiting,
    /// The partner accepted it.
    Delivered,
    /// The partner did not accept it within the time limit. An operator can send it again.
    GivenUp,
}

impl DeliveryState {
    /// All states.
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

    /// The state with that name.
    pub fn named(name: &str) -> Option<DeliveryState> {
        DeliveryState::ALL.into_iter().find(|state| state.name() == name)
    }
}

impl Callback {
    /// A new callback, to be sent from `now` on.
    pub fn due(partner: PartnerId, tr_id: TrId, now: Moment) -> Callback {
        let (state, attempts, answer) = (DeliveryState::Waiting, 0, None);
        Callback { tr_id, partner, since: now, state, at: now, attempts, answer }
    }

    /// Whether an attempt may be made now.
    pub fn is_due(&self, now: Moment) -> bool {
        self.state == DeliveryState::Waiting && self.at <= now
    }

    /// Whether its next attempt would be after the time limit.
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
    fn an_origin_has_none_of_the_parts_that_may_be_secret() {
        for (url, origin) in [
            ("https://example.com", "https://example.com"),
            ("http://127.0.0.1:8090/geheim", "http://127.0.0.1:8090"),
            ("https://example.com?token=geheim", "https://example.com"),
            ("https://example.com#geheim", "https://example.com"),
            ("https://example.com\\geheim", "https://example.com"),
            ("https://a:geheim@[::1]:1/geheim@b", "https://[::1]:1"),
        ] {
            assert_eq!(CallbackUrl::new(url).unwrap().origin(), origin);
        }
    }

    #[test]
    fn every_name_is_parsed_back() {
        for state in DeliveryState::ALL {
            assert_eq!(DeliveryState::named(state.name()), Some(state));
        }
    }
}
