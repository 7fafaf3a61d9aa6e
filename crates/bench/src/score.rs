//! The result of a contender's turn: a rate and its latencies.

use std::time::Duration;

/// The result of a contender's turn.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Score {
    /// Operations per second: payments, inquiries or synced writes.
    pub(crate) rate: f64,
    /// The median time of an operation and its 99th percentile. Zero if the contender does not
    /// report times.
    pub(crate) p50: Duration,
    pub(crate) p99: Duration,
}

impl Score {
    /// The score of operations that took these times, one after the other or concurrently, within
    /// `elapsed`.
    pub(crate) fn of(mut latencies: Vec<Duration>, elapsed: Duration) -> Score {
        latencies.sort_unstable();
        let at = |percent: usize| {
            let rank = (latencies.len() * percent).div_ceil(100);
            latencies.get(rank.saturating_sub(1)).copied().unwrap_or_default()
        };
        let rate = latencies.len() as f64 / elapsed.as_secs_f64();
        Score { rate, p50: at(50), p99: at(99) }
    }
}

/// The middle value, or the mean of the two middle values.
pub(crate) fn median(values: impl Iterator<Item = f64>) -> f64 {
    let mut values: Vec<f64> = values.collect();
    values.sort_unstable_by(f64::total_cmp);
    match &values[..] {
        [] => f64::NAN,
        _ => f64::midpoint(values[(values.len() - 1) / 2], values[values.len() / 2]),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

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
