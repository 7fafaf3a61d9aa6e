//! Shrinks a failure: finds a small plan that still breaks the rule.

use crate::{Plan, Run};

/// The most runs of one shrinking.
const MAX_RUNS: u32 = 400;

/// Makes the plan of a failed run smaller as long as `run` breaks the same rule with it.
pub fn shrink(failed: Run, run: impl Fn(Plan) -> Run) -> Run {
    let rule = failed.broken.as_ref().map(|broken| broken.rule);
    let mut smallest = failed;
    let mut runs = 0;
    'smaller: loop {
        for plan in smallest.plan.smaller() {
            if runs == MAX_RUNS {
                return smallest;
            }
            runs += 1;
            let smaller = run(plan);
            if smaller.broken.as_ref().map(|broken| broken.rule) == rule {
                smallest = smaller;
                continue 'smaller;
            }
        }
        return smallest;
    }
}
