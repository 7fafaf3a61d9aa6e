//! No-op command for the readiness probe.

use super::{Command, Decision, Refusal};
use crate::{Books, RowSet};

/// Reads and changes no row. An answer proves that the database accepts commands.
#[derive(Clone, Copy, Debug)]
pub struct Ping;

impl Command for Ping {
    type Outcome = ();

    fn touches(&self, _: &mut RowSet) {}

    fn decide(&self, _: &Books) -> Result<Decision<()>, Refusal> {
        Ok(Decision { outcome: (), changes: Vec::new() })
    }
}
