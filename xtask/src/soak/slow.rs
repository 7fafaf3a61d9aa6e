//! The part of a soak that attacks a server with slow connections; the benchmark runs it.

use std::time::Duration;

use xtask::say;

use super::Soak;
use super::figures::sum_before;
use crate::bench;

/// Resident memory after the attacks, in MiB.
const MOST_MEMORY: u64 = 200;

/// Attacks in each of four ways for a quarter of the time, at most four minutes.
pub(super) fn run(soak: &Soak, name: &str, share: Duration) -> Result<(String, bool), String> {
    let each = (share / 4).clamp(Duration::from_secs(20), Duration::from_secs(240));
    let mut attack = bench::build()?;
    attack.args(["attack", "--seconds", &each.as_secs().to_string()]);
    let output = soak.run_logged(name, &mut attack)?;
    for line in output.lines().filter(|line| line.contains(" honest payments among slow ")) {
        say!("soak: {name}: {line}");
    }
    figure(&output).ok_or_else(|| "the attack reports no payments or no memory".to_owned())
}

/// The figure that `bench attack` printed, and whether it reaches the goal.
fn figure(output: &str) -> Option<(String, bool)> {
    let memory = sum_before(output, " MiB resident after all attacks")?;
    let payments = sum_before(output, " honest payments in all, all served")?;
    Some((format!("{payments} payments, all served; {memory} MiB"), memory < MOST_MEMORY))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_figure_has_all_payments_and_the_memory() {
        let output = |memory: &str| {
            format!(
                "slow HTTP test status on 5th second: 900 MiB\n7 honest payments among slow heads\n\
                 5 honest payments among slow bodies\n12 honest payments in all, all served\n{memory}"
            )
        };
        for (memory, is_reached) in [(61, true), (199, true), (200, false)] {
            let output = output(&format!("{memory} MiB resident after all attacks\n"));
            let expected = format!("12 payments, all served; {memory} MiB");
            assert_eq!(figure(&output), Some((expected, is_reached)));
        }
        assert_eq!(figure(&output("")), None, "an attack that ended early has no figure");
    }
}
