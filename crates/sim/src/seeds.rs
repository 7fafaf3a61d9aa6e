//! Runs many seeds on all processors, and gives their results in the order of the seeds.

use std::ops::{ControlFlow, Range};
use std::sync::mpsc::sync_channel;
use std::thread;

/// How many results of a thread may wait until those of earlier seeds are there. Runs differ in
/// length, so with none waiting every thread would often wait for the slowest.
const MAX_WAITING: usize = 4;

/// Does `run` with each seed and gives the results to `see`, until that breaks. A run has a thread to
/// itself, and what `see` gets does not depend on the number of threads.
pub fn in_order<T: Send, B>(
    seeds: Range<u64>,
    run: impl Fn(u64) -> T + Sync,
    mut see: impl FnMut(T) -> ControlFlow<B>,
) -> ControlFlow<B> {
    let threads = thread::available_parallelism().map_or(1, usize::from);
    thread::scope(|scope| {
        let results: Vec<_> = (0..threads)
            .map(|first| {
                let (sender, results) = sync_channel(MAX_WAITING);
                let (run, own) = (&run, seeds.clone().skip(first).step_by(threads));
                scope.spawn(move || {
                    for seed in own {
                        if sender.send(run(seed)).is_err() {
                            // `see` has broken off.
                            return;
                        }
                    }
                });
                results
            })
            .collect();
        for (_, results) in seeds.zip(results.iter().cycle()) {
            // Nothing comes only if a run has panicked; then the scope panics, too.
            let Ok(result) = results.recv() else { break };
            see(result)?;
        }
        ControlFlow::Continue(())
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::atomic::{AtomicUsize, Ordering};
    use std::time::Duration;

    #[test]
    fn every_seed_is_run_once_and_seen_in_order() {
        for count in [0, 1, 2, 3, 100] {
            let mut seen = Vec::new();
            let slow_at_first = |seed| {
                thread::sleep(Duration::from_millis(if seed == 7 { 20 } else { 0 }));
                seed
            };
            let end: ControlFlow<()> = in_order(7..7 + count, slow_at_first, |seed| {
                seen.push(seed);
                ControlFlow::Continue(())
            });
            assert_eq!(end, ControlFlow::Continue(()));
            assert_eq!(seen, (7..7 + count).collect::<Vec<_>>());
        }
    }

    #[test]
    fn nothing_is_seen_after_the_end_and_little_is_run() {
        let (run, mut seen) = (AtomicUsize::new(0), Vec::new());
        let count = |seed| {
            run.fetch_add(1, Ordering::Relaxed);
            seed
        };
        let end = in_order(1..1_000_000, count, |seed| {
            seen.push(seed);
            if seed == 3 { ControlFlow::Break(seed) } else { ControlFlow::Continue(()) }
        });
        assert_eq!(end, ControlFlow::Break(3));
        assert_eq!(seen, [1, 2, 3]);
        let threads = thread::available_parallelism().map_or(1, usize::from);
        // Each thread has what was seen, what waits, and what it was about to send.
        assert!(run.into_inner() <= 3 + threads * (MAX_WAITING + 2));
    }

    #[test]
    #[should_panic(expected = "a scoped thread panicked")]
    fn a_run_that_panics_is_not_passed_over() {
        let panics = |seed| assert_ne!(seed, 5, "seed 5");
        let _: ControlFlow<()> = in_order(1..20, panics, |()| ControlFlow::Continue(()));
    }
}
