//! Admission control: rate limits by address, by partner and in total, a limit on concurrent work,
//! and a limit on guessing signatures and passwords. All checks are made before anything is
//! recorded.

use std::hash::{BuildHasher, RandomState};
use std::net::{IpAddr, Ipv6Addr};
use std::num::NonZeroU32;
use std::sync::Arc;
use std::time::Duration;

use axum::http::StatusCode;
use domain::PartnerId;
use tokio::sync::{OwnedSemaphorePermit, Semaphore, SemaphorePermit};

use super::rate_limiter::{Quota, RateLimiter};
use crate::config::{Limits, Rate};

const MINUTE: Duration = Duration::from_secs(60);
const SECOND: Duration = Duration::from_secs(1);

/// Decides which requests are accepted.
pub(crate) struct Admission {
    in_work: Arc<Semaphore>,
    /// Half of the permits: the other half is kept for payments.
    in_work_but_payments: Semaphore,
    limits: Limits,
    in_all: Option<RateLimiter<()>>,
    by_address: Option<RateLimiter<IpAddr>>,
    by_partner: Option<RateLimiter<PartnerId>>,
    wrong_by_address: Option<RateLimiter<IpAddr>>,
    wrong_by_signer: Option<RateLimiter<Signer>>,
    passwords: Passwords,
    hasher: RandomState,
}

/// Failed sign-ins, counted apart from failed signatures, so that guessing passwords cannot lock
/// out API clients.
struct Passwords {
    by_address: Option<RateLimiter<IpAddr>>,
    by_partner: Option<RateLimiter<Signer>>,
    /// Counted from all addresses together.
    by_name: Option<RateLimiter<u64>>,
}

/// Limit per username across all addresses = this × the per-address limit.
const ADDRESSES: u32 = 10;

/// The claimed sender of a request: an address and the hash of a username.
type Signer = (IpAddr, u64);

/// Why a request is not accepted now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Throttled {
    /// This sender sends too often; it may retry after this time.
    TooOften(Duration),
    /// Too much work for any sender.
    Overloaded,
    /// Nothing new is accepted from anybody.
    Closed,
}

impl Throttled {
    /// The HTTP status, and how long to wait before the same request is sent again.
    pub(crate) const fn answer(self) -> (StatusCode, Duration) {
        match self {
            Throttled::TooOften(wait) => (StatusCode::TOO_MANY_REQUESTS, wait),
            Throttled::Overloaded => (StatusCode::SERVICE_UNAVAILABLE, Duration::from_secs(1)),
            Throttled::Closed => (StatusCode::SERVICE_UNAVAILABLE, Duration::from_secs(30)),
        }
    }
}

/// The current work of the gateway.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Load {
    /// Payments that have started and are not settled, including those whose partner has
    /// disconnected.
    pub(crate) payments: usize,
    /// Commands that wait for their commit.
    pub(crate) commands: usize,
}

impl Admission {
    pub(crate) fn new(limits: &Limits) -> Admission {
        let wrong = |times| quota(Rate { times, burst: 0 }, MINUTE);
        Admission {
            in_work: Arc::new(Semaphore::new(limits.requests_in_flight)),
            in_work_but_payments: Semaphore::new(limits.requests_in_flight.div_ceil(2)),
            in_all: quota(limits.in_all, SECOND).map(RateLimiter::new),
            by_address: quota(limits.per_address, SECOND).map(RateLimiter::new),
            by_partner: quota(limits.per_partner, SECOND).map(RateLimiter::new),
            wrong_by_address: wrong(limits.wrong_signatures_per_address).map(RateLimiter::new),
            wrong_by_signer: wrong(limits.wrong_signatures_per_partner).map(RateLimiter::new),
            passwords: Passwords::new(limits),
            limits: limits.clone(),
            hasher: RandomState::new(),
        }
    }

    /// A permit for one request from `address`. Only the head is known so far, so a refusal costs
    /// almost nothing.
    pub(crate) fn enter(
        &self,
        address: IpAddr,
        load: Load,
    ) -> Result<OwnedSemaphorePermit, Throttled> {
        if let Some(limiter) = &self.by_address {
            limiter.take(rate_limit_key(address)).map_err(Throttled::TooOften)?;
        }
        if let Some(limiter) = &self.in_all {
            limiter.take(()).map_err(Throttled::TooOften)?;
        }
        if load.commands >= self.limits.commands_waiting
            || load.payments >= self.limits.requests_in_flight
        {
            return Err(Throttled::Overloaded);
        }
        Arc::clone(&self.in_work).try_acquire_owned().map_err(|_| Throttled::Overloaded)
    }

    /// A permit for a request that is not a payment. Only half of the permits: if inquiries could
    /// take all of them, their bills could not be paid, and the work would be lost.
    pub(crate) fn enter_without_paying(&self) -> Result<SemaphorePermit<'_>, Throttled> {
        self.in_work_but_payments.try_acquire().map_err(|_| Throttled::Overloaded)
    }

    /// Counts a request that `partner` has signed.
    pub(crate) fn count(&self, partner: PartnerId) -> Result<(), Throttled> {
        match &self.by_partner {
            Some(limiter) => limiter.take(partner).map_err(Throttled::TooOften),
            None => Ok(()),
        }
    }

    /// Whether `address` may try another signature for `username`. Wrong signatures from other
    /// addresses do not count.
    pub(crate) fn may_sign(&self, address: IpAddr, username: &str) -> Result<(), Throttled> {
        let address = rate_limit_key(address);
        let by_address = self.wrong_by_address.as_ref().and_then(|limiter| limiter.wait(&address));
        let by_signer = || {
            let limiter = self.wrong_by_signer.as_ref()?;
            limiter.wait(&self.signer(address, username))
        };
        match by_address.or_else(by_signer) {
            Some(wait) => Err(Throttled::TooOften(wait)),
            None => Ok(()),
        }
    }

    /// Counts a wrong signature.
    pub(crate) fn wrong_signature(&self, address: IpAddr, username: &str) {
        let address = rate_limit_key(address);
        // A concurrent attempt above the limit passes; the following ones are refused.
        if let Some(limiter) = &self.wrong_by_address {
            let _ = limiter.take(address);
        }
        if let Some(limiter) = &self.wrong_by_signer {
            let _ = limiter.take(self.signer(address, username));
        }
    }

    /// How long `address` must wait before it may try a password for `username`, if it must. If
    /// `is_listed` (the address is on the partner's own allow-list), attempts from other addresses
    /// do not count.
    pub(crate) fn password_wait(
        &self,
        address: IpAddr,
        username: &str,
        is_listed: bool,
    ) -> Option<Duration> {
        let Passwords { by_address, by_partner, by_name } = &self.passwords;
        let (address, name) = self.signer(rate_limit_key(address), username);
        let waits = [
            by_address.as_ref().and_then(|limiter| limiter.wait(&address)),
            by_partner.as_ref().and_then(|limiter| limiter.wait(&(address, name))),
            by_name.as_ref().filter(|_| !is_listed).and_then(|limiter| limiter.wait(&name)),
        ];
        waits.into_iter().flatten().max()
    }

    /// Counts a wrong password or one-time code.
    pub(crate) fn wrong_password(&self, address: IpAddr, username: &str) {
        let Passwords { by_address, by_partner, by_name } = &self.passwords;
        let (address, name) = self.signer(rate_limit_key(address), username);
        // Passwords are compared one at a time, so no concurrent attempt exceeds the limit.
        let _ = by_address.as_ref().map(|limiter| limiter.take(address));
        let _ = by_partner.as_ref().map(|limiter| limiter.take((address, name)));
        let _ = by_name.as_ref().map(|limiter| limiter.take(name));
    }

    fn signer(&self, address: IpAddr, username: &str) -> Signer {
        (address, self.hasher.hash_one(username))
    }
}

impl Passwords {
    fn new(limits: &Limits) -> Passwords {
        let quota = |times| {
            let (times, within) = (NonZeroU32::new(times)?, limits.wrong_passwords_within);
            Some(Quota { times, within, burst: times })
        };
        let per_partner = limits.wrong_passwords_per_partner;
        Passwords {
            by_address: quota(limits.wrong_passwords_per_address).map(RateLimiter::new),
            by_partner: quota(per_partner).map(RateLimiter::new),
            by_name: quota(ADDRESSES * per_partner).map(RateLimiter::new),
        }
    }
}

/// The quota of a rate; `None` if the rate sets no limit.
fn quota(rate: Rate, within: Duration) -> Option<Quota> {
    let times = NonZeroU32::new(rate.times)?;
    Some(Quota { times, within, burst: NonZeroU32::new(rate.burst).unwrap_or(times) })
}

/// The address under which a client is counted. An IPv6 client usually owns a whole /64, so that is
/// one key.
pub(crate) fn rate_limit_key(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(v6) => Ipv6Addr::from_bits(v6.to_bits() & !u128::from(u64::MAX)).into(),
        v4 => v4,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HOME: IpAddr = IpAddr::V4(std::net::Ipv4Addr::new(203, 0, 113, 7));
    const ELSEWHERE: IpAddr = IpAddr::V4(std::net::Ipv4Addr::new(198, 51, 100, 9));
    const IDLE: Load = Load { payments: 0, commands: 0 };

    fn admission(change: impl FnOnce(&mut Limits)) -> Admission {
        let mut limits = Limits {
            in_all: Rate { times: 0, burst: 0 },
            per_address: Rate { times: 0, burst: 0 },
            per_partner: Rate { times: 0, burst: 0 },
            wrong_signatures_per_address: 0,
            wrong_signatures_per_partner: 0,
            wrong_passwords_per_address: 0,
            wrong_passwords_per_partner: 0,
            wrong_passwords_within: MINUTE,
            requests_in_flight: 2,
            commands_waiting: 10,
        };
        change(&mut limits);
        Admission::new(&limits)
    }

    fn is_too_often<T>(entered: Result<T, Throttled>) -> bool {
        matches!(entered, Err(Throttled::TooOften(wait)) if wait > Duration::ZERO)
    }

    #[test]
    fn a_partner_over_its_rate_waits_and_the_others_do_not() {
        let admission = admission(|limits| limits.per_partner = Rate { times: 1, burst: 3 });
        for _ in 0..3 {
            assert_eq!(admission.count(PartnerId(1)), Ok(()));
        }
        assert!(is_too_often(admission.count(PartnerId(1))));
        assert_eq!(admission.count(PartnerId(2)), Ok(()));
    }

    #[test]
    fn an_address_over_its_rate_waits_and_the_others_do_not() {
        let admission = admission(|limits| limits.per_address = Rate { times: 1, burst: 3 });
        assert!((0..3).all(|_| admission.enter(HOME, IDLE).is_ok()));
        assert!(is_too_often(admission.enter(HOME, IDLE)));
        assert!(admission.enter(ELSEWHERE, IDLE).is_ok());
    }

    #[test]
    fn a_total_rate_counts_all_clients() {
        let admission = admission(|limits| limits.in_all = Rate { times: 1, burst: 0 });
        assert!(admission.enter(HOME, IDLE).is_ok());
        assert!(is_too_often(admission.enter(ELSEWHERE, IDLE)));
    }

    #[test]
    fn without_a_rate_there_is_no_limit() {
        let admission = admission(|_| ());
        for _ in 0..10_000 {
            admission.wrong_signature(HOME, "somebody");
            assert!(admission.count(PartnerId(1)).is_ok() && admission.enter(HOME, IDLE).is_ok());
        }
        assert_eq!(admission.may_sign(HOME, "somebody"), Ok(()));
    }

    #[test]
    fn a_permit_is_free_when_its_request_is_done() {
        let admission = admission(|_| ());
        let places = [admission.enter(HOME, IDLE), admission.enter(HOME, IDLE)];
        assert!(places.iter().all(Result::is_ok));
        assert_eq!(admission.enter(HOME, IDLE).err(), Some(Throttled::Overloaded));
        drop(places);
        assert!(admission.enter(HOME, IDLE).is_ok());
    }

    #[test]
    fn half_of_the_permits_are_kept_for_payments() {
        let admission = admission(|limits| limits.requests_in_flight = 5);
        let inquiries: Vec<_> = (0..3).map(|_| admission.enter_without_paying()).collect();
        assert!(inquiries.iter().all(Result::is_ok));
        assert_eq!(admission.enter_without_paying().err(), Some(Throttled::Overloaded));
        drop(inquiries);
        assert!(admission.enter_without_paying().is_ok());
    }

    #[test]
    fn a_disconnected_client_keeps_its_permit_while_its_payment_runs() {
        let admission = admission(|_| ());
        assert!(admission.enter(HOME, Load { payments: 1, commands: 9 }).is_ok());
        for load in [Load { payments: 2, commands: 0 }, Load { payments: 0, commands: 10 }] {
            assert_eq!(admission.enter(HOME, load).err(), Some(Throttled::Overloaded));
        }
    }

    #[test]
    fn guessing_ends_for_one_signer_and_from_one_address() {
        let admission = admission(|limits| {
            limits.wrong_signatures_per_partner = 3;
            limits.wrong_signatures_per_address = 5;
        });
        for _ in 0..3 {
            assert_eq!(admission.may_sign(HOME, "one"), Ok(()));
            admission.wrong_signature(HOME, "one");
        }
        assert!(is_too_often(admission.may_sign(HOME, "one")));
        assert_eq!(admission.may_sign(HOME, "two"), Ok(()), "another name");
        assert_eq!(admission.may_sign(ELSEWHERE, "one"), Ok(()), "another address");
        for name in ["two", "three"] {
            admission.wrong_signature(HOME, name);
        }
        assert!(is_too_often(admission.may_sign(HOME, "four")), "five names from one address");
    }

    #[test]
    fn password_guessing_is_limited_by_address_and_by_username() {
        let admission = admission(|limits| {
            limits.wrong_passwords_per_partner = 2;
            limits.wrong_passwords_per_address = 3;
        });
        let waits = |address, name| admission.password_wait(address, name, false).is_some();
        for _ in 0..2 {
            assert!(!waits(HOME, "one"));
            admission.wrong_password(HOME, "one");
        }
        assert!(waits(HOME, "one") && !waits(HOME, "two") && !waits(ELSEWHERE, "one"));
        admission.wrong_password(HOME, "two");
        assert!(waits(HOME, "three"), "three from one address");
        assert_eq!(admission.may_sign(HOME, "one"), Ok(()), "programs are not kept from working");
        for n in 0..18 {
            admission.wrong_password(IpAddr::from([198, 51, 100, 100 + n]), "one");
        }
        assert!(waits(ELSEWHERE, "one") && !waits(ELSEWHERE, "two"));
        assert_eq!(admission.password_wait(ELSEWHERE, "one", true), None, "on its own list");
        assert!(admission.password_wait(HOME, "one", true).is_some(), "its own guesses count");
    }

    #[test]
    fn an_ipv6_client_is_counted_by_its_network() {
        let of = |text: &str| rate_limit_key(text.parse().unwrap());
        assert_eq!(of("2001:db8:1:2:3:4:5:6"), of("2001:db8:1:2:ffff::1"));
        assert_ne!(of("2001:db8:1:2::1"), of("2001:db8:1:3::1"));
        assert_eq!(of("::ffff:203.0.113.7"), HOME);
        assert_ne!(of("203.0.113.7"), of("203.0.113.8"));
    }
}
