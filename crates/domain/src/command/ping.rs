//! No-op command for the readiness probe.

use std::convert::Infallible;

use super::{Command, Decision};
use crate::{Books, RowSet};

/// Reads and changes no row. An answer proves that the database accepts commands.
#[derive(Clone, Copy, Debug)]
pub struct Ping;

impl Command for Ping {
    type Outcome = ();
    type Refusal = Infallible;

    fn touches(&self, _: &mut RowSet) {}

    fn decide(&self, _: &Books) -> Result<Decision<()>, Infallible> {
        Ok(Decision::unchanged(()))
    }
}
