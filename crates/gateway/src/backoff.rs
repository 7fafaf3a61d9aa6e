//! Waits between status queries, and between callback attempts.

use std::time::Duration;

use domain::TrId;
use domain::splitmix64::splitmix64;

/// The wait is shortened in steps of 1/1024 of its quarter.
const PARTS: u32 = 1024;

/// The wait before the next attempt, after `asked` attempts. It doubles up to `longest` and is then
/// shortened by up to a quarter, so that payments that failed together are not retried together.
/// The amount depends only on `tr_id` and `asked`, so it is repeatable.
pub(crate) fn wait(first: Duration, longest: Duration, tr_id: TrId, asked: u32) -> Duration {
    let doubled = first.saturating_mul(2u32.saturating_pow(asked.min(20)));
    let wait = doubled.min(longest);
    let spread =
        splitmix64(splitmix64(tr_id.0.cast_unsigned()) ^ u64::from(asked)) % u64::from(PARTS);
    let parts = u32::try_from(spread).unwrap_or(0);
    wait - wait / 4 / PARTS * parts
}

/// The wait before the next attempt where a biller asks for `shortest` at least: up to a quarter longer.
pub(crate) fn at_least(shortest: Duration, tr_id: TrId, asked: u32) -> Duration {
    let longest = shortest + shortest / 4;
    // Shortened by at most a fifth of the longest, which is the quarter that was added.
    wait(longest, longest, tr_id, asked).max(shortest)
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use domain::TrId;

    const FIRST: Duration = Duration::from_secs(1);
    const LONGEST: Duration = Duration::from_secs(300);

    fn wait(tr_id: TrId, asked: u32) -> Duration {
        super::wait(FIRST, LONGEST, tr_id, asked)
    }

    #[test]
    fn it_doubles_up_to_the_longest() {
        for (asked, seconds) in [(0, 1), (1, 2), (5, 32), (9, 300), (u32::MAX, 300)] {
            for tr_id in 1..200 {
                let full = Duration::from_secs(seconds);
                let waits = wait(TrId(tr_id), asked);
                assert!(waits <= full && waits > full * 3 / 4, "{tr_id} {asked}: {waits:?}");
            }
        }
    }

    #[test]
    fn a_biller_is_not_asked_sooner_than_it_allows() {
        let minute = Duration::from_secs(60);
        for tr_id in 1..500 {
            let wait = super::at_least(minute, TrId(tr_id), 3);
            assert!((minute..=minute + minute / 4).contains(&wait), "{tr_id}: {wait:?}");
        }
    }

    #[test]
    fn payments_that_were_lost_together_part() {
        let waits: std::collections::BTreeSet<_> =
            (1..=1000).map(|tr_id| wait(TrId(tr_id), 9)).collect();
        assert!(waits.len() > 500, "{}", waits.len());
        assert_eq!(wait(TrId(7), 3), wait(TrId(7), 3), "not by chance");
    }
}
