//! The rounds: all contenders have one turn in each round, each round starts with the next of them,
//! and the scores within a round are compared.

use crate::contender::{Contender, Setup};
use crate::machine::sync_disks;
use crate::runtime::under_load;
use crate::score::Score;

/// The scores of one round, in the order of the contenders.
pub(crate) type Round = Vec<Score>;

/// Runs the rounds, after one that warms up all contenders and is not counted.
pub(crate) fn run(
    contenders: &[Contender],
    setup: &mut Setup<'_>,
    rounds: usize,
) -> Result<Vec<Round>, String> {
    let mut scores = Vec::with_capacity(rounds);
    for number in 0..=rounds {
        let mut round = vec![None; contenders.len()];
        for index in order(number, contenders.len()) {
            let contender = &contenders[index];
            let score = under_load(contender.run(setup));
            round[index] = Some(score.map_err(|error| format!("{}: {error}", contender.name))?);
            // What the turn left to the disk, such as a checkpoint of the database, must not slow down the next turn.
            sync_disks()?;
        }
        if number > 0 {
            eprintln!("round {number} of {rounds}");
            scores.push(round.into_iter().flatten().collect());
        }
    }
    Ok(scores)
}

/// The indexes of the contenders in the order of their turns.
fn order(round: usize, contenders: usize) -> impl Iterator<Item = usize> {
    (0..contenders).map(move |turn| (round + turn) % contenders)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_round_begins_with_another() {
        let orders: Vec<Vec<usize>> = (0..4).map(|round| order(round, 3).collect()).collect();
        assert_eq!(orders, [[0, 1, 2], [1, 2, 0], [2, 0, 1], [0, 1, 2]]);
    }
}
