//! The only place that knows what time it is.

use domain::Moment;

/// Tells the time. A test or a sandbox may set it.
pub trait Clock: Send + Sync {
    /// Now.
    fn now(&self) -> Moment;
}

/// The clock of the machine.
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    #[expect(clippy::disallowed_methods, reason = "this is the clock that all others are to use")]
    fn now(&self) -> Moment {
        let since_1970 = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
        let micros = since_1970.map_or(0, |elapsed| elapsed.as_micros());
        Moment::from_micros(i64::try_from(micros).unwrap_or(i64::MAX))
    }
}
