//! The contest: all entrants have their turn in every round, each round begins with the next of
//! them, and what counts is how their scores of one round compare.

use std::future::Future;
use std::time::Duration;

use tokio::runtime::{Builder, Runtime};

use super::entrant::{Entrant, Field};
use super::machine::{cores, settle};

/// What an entrant reached in its turn.
#[derive(Clone, Copy, Debug)]
pub(super) struct Score {
    /// How much a second, of what the entrant does.
    pub(super) rate: f64,
    /// The median time of one of them, and the time that one of a hundred exceeds. Zero where the
    /// entrant does not tell.
    pub(super) p50: Duration,
    pub(super) p99: Duration,
}

impl Score {
    /// Of so many good answers, each with its time, in `elapsed`.
    pub(super) fn of(mut latencies: Vec<Duration>, elapsed: Duration) -> Score {
        latencies.sort_unstable();
        let at = |percent: usize| {
            let rank = (latencies.len() * percent).div_ceil(100);
            latencies.get(rank.saturating_sub(1)).copied().unwrap_or_default()
        };
        let rate = latencies.len() as f64 / elapsed.as_secs_f64();
        Score { rate, p50: at(50), p99: at(99) }
    }
}

/// The scores of one round, in the order of the entrants.
pub(super) type Round = Vec<Score>;

/// The middle one; of two in the middle what lies between.
pub(super) fn median(values: impl Iterator<Item = f64>) -> f64 {
    let mut values: Vec<f64> = values.collect();
    values.sort_unstable_by(f64::total_cmp);
    match &values[..] {
        [] => f64::NAN,
        _ => f64::midpoint(values[(values.len() - 1) / 2], values[values.len() / 2]),
    }
}

/// The load generator's runtime has half the cores: about what the cheapest server needs as well.
pub(super) fn runtime() -> Result<Runtime, String> {
    let threads = (cores() / 2).max(1);
    let runtime = Builder::new_multi_thread().worker_threads(threads).enable_all().build();
    runtime.map_err(|error| format!("no runtime: {error}"))
}

/// Runs `load` to its end on the load generator's runtime.
pub(super) fn under_load<T>(load: impl Future<Output = Result<T, String>>) -> Result<T, String> {
    runtime()?.block_on(load)
}

/// Runs the rounds, after one that warms all up and does not count.
pub(super) fn run(
    entrants: &[Entrant],
    field: &mut Field<'_>,
    rounds: usize,
) -> Result<Vec<Round>, String> {
    let mut scores = Vec::with_capacity(rounds);
    for number in 0..=rounds {
        let mut round = vec![None; entrants.len()];
        for index in order(number, entrants.len()) {
            let entrant = &entrants[index];
            let score = under_load(entrant.play(field));
            round[index] = Some(score.map_err(|error| format!("{}: {error}", entrant.name))?);
            // What the turn left behind, such as a checkpoint of the database, is not the next one's.
            settle()?;
        }
        if number > 0 {
            eprintln!("round {number} of {rounds}");
            scores.push(round.into_iter().flatten().collect());
        }
    }
    Ok(scores)
}

/// Whose turn it is, one after the other.
fn order(round: usize, entrants: usize) -> impl Iterator<Item = usize> {
    (0..entrants).map(move |turn| (round + turn) % entrants)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_round_begins_with_another() {
        let orders: Vec<Vec<usize>> = (0..4).map(|round| order(round, 3).collect()).collect();
        assert_eq!(orders, [[0, 1, 2], [1, 2, 0], [2, 0, 1], [0, 1, 2]]);
    }

    #[test]
    fn a_score_has_the_middle_and_the_hundredth() {
        let latencies = (1..=200).rev().map(Duration::from_millis).collect();
        let score = Score::of(latencies, Duration::from_secs(2));
        assert!((score.rate - 100.0).abs() < 1e-9);
        assert_eq!(score.p50, Duration::from_millis(100));
        assert_eq!(score.p99, Duration::from_millis(198));
        assert_eq!(Score::of(Vec::new(), Duration::from_secs(1)).p99, Duration::ZERO);
    }
}
