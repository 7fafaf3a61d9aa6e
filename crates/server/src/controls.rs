//! What somebody at the sandbox can make happen: a clock that is moved, and scenarios for the next
//! requests. `lunas serve` has none of it.

mod clock;

use std::sync::{Arc, OnceLock};

use domain::Username;
use sandbox::Scenarios;

pub(crate) use clock::{ClockError, MovedClock};

/// The controls of a sandbox.
#[derive(Clone)]
pub(crate) struct Controls {
    /// None where the database is on a server, whose other nodes would have another time.
    pub(crate) clock: Option<Arc<MovedClock>>,
    pub(crate) scenarios: Arc<Scenarios>,
    /// Set by the sandbox that is started: a command that opens its data serves nobody.
    pub(crate) served: Arc<OnceLock<Served>>,
}

/// Where a sandbox is reached on its own machine, and the partner that its user starts with.
pub(crate) struct Served {
    pub(crate) url: String,
    pub(crate) username: Username,
}
