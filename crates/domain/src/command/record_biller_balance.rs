//! Keeps what a biller told as lunas's balance there.

use std::convert::Infallible;

use super::{Command, Decision};
use crate::{BillerBalance, Books, Change, RowSet};

/// Adds an answer to those that are kept. It moves no money, and nobody decided it.
#[derive(Clone, Copy, Debug)]
pub struct RecordBillerBalance(pub BillerBalance);

impl Command for RecordBillerBalance {
    type Outcome = ();
    type Refusal = Infallible;

    fn touches(&self, _: &mut RowSet) {}

    fn decide(&self, _: &Books) -> Result<Decision<()>, Infallible> {
        Ok(Decision::without_movement((), vec![Change::BillerBalance(self.0)]))
    }
}
