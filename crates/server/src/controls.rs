//! The controls of a sandbox: its clock, and scenarios for the next requests. `lunas serve` has
//! none.

mod clock;

use std::sync::{Arc, OnceLock};

use domain::Username;
use sandbox::Scenarios;

pub(crate) use clock::{ClockError, MovedClock};

/// The controls of a sandbox.
#[derive(Clone)]
pub(crate) struct Controls {
    /// `None` with a PostgreSQL database: other nodes would have another time.
    pub(crate) clock: Option<Arc<MovedClock>>,
    pub(crate) scenarios: Arc<Scenarios>,
    /// Set when a sandbox serves; a command that opens its data serves nobody.
    pub(crate) served: Arc<OnceLock<Served>>,
}

/// The local URL of a sandbox, and its first partner.
pub(crate) struct Served {
    pub(crate) url: String,
    pub(crate) username: Username,
}
