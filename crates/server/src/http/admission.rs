//! Who may come in: a cap on the requests in work, and a rate for each partner.

use std::num::NonZeroU32;
use std::sync::Arc;
use std::time::Duration;

use domain::PartnerId;
use governor::clock::{Clock, DefaultClock};
use governor::state::keyed::HashMapStateStore;
use governor::{Quota, RateLimiter};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use crate::config::Limits;

type Rates = RateLimiter<PartnerId, HashMapStateStore<PartnerId>, DefaultClock>;

/// Decides before anything is recorded.
pub(super) struct Admission {
    in_flight: Arc<Semaphore>,
    rates: Option<Rates>,
    clock: DefaultClock,
}

impl Admission {
    pub(super) fn new(limits: &Limits) -> Admission {
        let quota = NonZeroU32::new(limits.requests_per_second_per_partner).map(|rate| {
            let burst = NonZeroU32::new(limits.requests_burst_per_partner).unwrap_or(rate);
            Quota::per_second(rate).allow_burst(burst)
        });
        let clock = DefaultClock::default();
        Admission {
            in_flight: Arc::new(Semaphore::new(limits.requests_in_flight)),
            rates: quota
                .map(|quota| RateLimiter::new(quota, HashMapStateStore::default(), clock.clone())),
            clock,
        }
    }

    /// A place for one request, unless all are taken.
    pub(super) fn enter(&self) -> Option<OwnedSemaphorePermit> {
        Arc::clone(&self.in_flight).try_acquire_owned().ok()
    }

    /// Counts a request of `partner`; how long to wait, if it was one too many.
    pub(super) fn count(&self, partner: PartnerId) -> Result<(), Duration> {
        let Some(rates) = &self.rates else { return Ok(()) };
        rates.check_key(&partner).map_err(|early| early.wait_time_from(self.clock.now()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn admission(rate: u32, burst: u32, in_flight: usize) -> Admission {
        Admission::new(&Limits {
            requests_per_second_per_partner: rate,
            requests_burst_per_partner: burst,
            requests_in_flight: in_flight,
        })
    }

    #[test]
    fn a_partner_over_its_rate_waits_and_the_others_do_not() {
        let admission = admission(1, 3, 1);
        for _ in 0..3 {
            assert!(admission.count(PartnerId(1)).is_ok());
        }
        assert!(admission.count(PartnerId(1)).unwrap_err() > Duration::ZERO);
        assert!(admission.count(PartnerId(2)).is_ok());
    }

    #[test]
    fn without_a_rate_nobody_waits() {
        let admission = admission(0, 0, 1);
        assert!((0..10_000).all(|_| admission.count(PartnerId(1)).is_ok()));
    }

    #[test]
    fn a_place_is_free_again_when_its_request_is_done() {
        let admission = admission(0, 0, 1);
        let place = admission.enter();
        assert!(place.is_some() && admission.enter().is_none());
        drop(place);
        assert!(admission.enter().is_some());
    }
}
