//! Midnight in Jakarta: afterwards no inquiry of the day before can be paid. A measurement that
//! pays its own inquiries must fit into one day, and is repeated if the day ended meanwhile.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// Jakarta has no daylight saving time.
const AHEAD_OF_UTC: Duration = Duration::from_secs(7 * 3600);
const DAY: Duration = Duration::from_secs(24 * 3600);

/// The system clock, from which the sandbox knows the day.
#[expect(clippy::disallowed_methods, reason = "this is the clock that the others are given")]
pub(crate) fn now() -> SystemTime {
    SystemTime::now()
}

/// Measures with `turn`. Its argument is the number of earlier attempts, so that no `ref_id` is
/// used twice. If midnight passed meanwhile, the result is dropped, error or not, and the turn is
/// repeated.
pub(crate) async fn within_a_day<T>(
    now: impl Fn() -> SystemTime,
    mut turn: impl AsyncFnMut(u64) -> Result<T, String>,
) -> Result<T, String> {
    let mut attempt = 0;
    loop {
        let day = day_of(now());
        let measured = turn(attempt).await;
        if day_of(now()) == day {
            return measured;
        }
        eprintln!("midnight in Jakarta has passed: inquiries have expired, this turn is repeated");
        attempt += 1;
    }
}

/// How long to wait so that midnight does not fall within the next `length`; zero unless midnight
/// is that near.
pub(crate) fn wait_for(now: SystemTime, length: Duration) -> Duration {
    let left = Duration::from_secs(DAY.as_secs() - in_jakarta(now).as_secs() % DAY.as_secs());
    if left <= length { left } else { Duration::ZERO }
}

fn day_of(now: SystemTime) -> u64 {
    in_jakarta(now).as_secs() / DAY.as_secs()
}

fn in_jakarta(now: SystemTime) -> Duration {
    now.duration_since(UNIX_EPOCH).unwrap_or_default() + AHEAD_OF_UTC
}

#[cfg(test)]
mod tests {
    use std::cell::{Cell, RefCell};

    use super::*;

    /// This many seconds after 17:00 UTC (midnight in Jakarta) of some day.
    fn after_midnight(seconds: i64) -> SystemTime {
        let midnight = 1_767_200_400;
        UNIX_EPOCH + Duration::from_secs(u64::try_from(midnight + seconds).unwrap())
    }

    #[tokio::test]
    async fn what_was_inquired_before_midnight_is_not_measured_after_it() {
        // The start and end of each turn, its result, and the final result.
        type Turn = (i64, i64, Result<u8, &'static str>);
        let table: [(&[Turn], Result<u8, &str>); 5] = [
            (&[(-9, -1, Ok(1))], Ok(1)),
            (&[(0, 9, Ok(1))], Ok(1)),
            (&[(-9, -1, Err("refused"))], Err("refused")),
            (&[(-9, 0, Err("256 bad answers")), (1, 4, Ok(2))], Ok(2)),
            (&[(-9, 3, Ok(1)), (4, 6, Err("refused"))], Err("refused")),
        ];
        for (turns, expected) in table {
            let (clock, attempts) = (Cell::new(turns[0].0), RefCell::new(Vec::new()));
            let measured = within_a_day(
                || after_midnight(clock.get()),
                async |number| {
                    attempts.borrow_mut().push(number);
                    let (begun, ended, came_to) = turns[usize::try_from(number).unwrap()];
                    assert!(clock.get() <= begun);
                    clock.set(ended);
                    came_to.map_err(str::to_owned)
                },
            );
            assert_eq!(measured.await, expected.map_err(str::to_owned), "{turns:?}");
            assert_eq!(
                *attempts.borrow(),
                (0..turns.len() as u64).collect::<Vec<_>>(),
                "{turns:?}"
            );
        }
    }

    #[test]
    fn a_midnight_that_is_near_is_waited_for() {
        let minute = Duration::from_secs(60);
        for (seconds, expected) in [(-61, 0), (-60, 60), (-1, 1), (0, 0), (1, 0), (43_200, 0)] {
            let wait = wait_for(after_midnight(seconds), minute);
            assert_eq!(wait, Duration::from_secs(expected), "{seconds}");
        }
    }
}
