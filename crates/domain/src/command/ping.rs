//! Whether commands are carried out at all.

use super::{Command, Decision, Refusal};
use crate::{Books, RowSet};

/// Touches no row and changes none. Who is answered knows that the database takes commands.
#[derive(Clone, Copy, Debug)]
pub struct Ping;

impl Command for Ping {
    type Outcome = ();

    fn touches(&self, _: &mut RowSet) {}

    fn decide(&self, _: &Books) -> Result<Decision<()>, Refusal> {
        Ok(Decision { outcome: (), changes: Vec::new() })
    }
}
