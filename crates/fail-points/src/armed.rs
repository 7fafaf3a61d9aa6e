//! The fail points in a test binary: the process is killed or stopped there.

use std::sync::LazyLock;
use std::sync::atomic::{AtomicU32, Ordering};
use std::thread;
use std::time::Duration;

use rustix::process::{Signal, getpid, kill_process};

use crate::{Point, setting};

/// Where the process is to be killed.
#[derive(Debug)]
struct Death {
    point: Point,
    /// At which pass of the point, counted from one.
    passing: u32,
    /// How long after that pass.
    after: Duration,
}

static DEATH: LazyLock<Option<Death>> = LazyLock::new(|| {
    let text = setting("FAIL_POINT")?.into_string().unwrap_or_default();
    let death = Death::parse(&text);
    assert!(death.is_some(), "FAIL_POINT={text}: it is NAME:PASSING or NAME:PASSING+MICROSECONDS");
    death
});

/// Whether the process is stopped (SIGSTOP) instead of killed.
static STANDS_STILL: LazyLock<bool> =
    LazyLock::new(|| setting("FAIL_SIGNAL").is_some_and(|signal| signal == "STOP"));

/// How long a thread may still run after the process was told to stop.
const STOPS_WITHIN: Duration = Duration::from_millis(50);

static PASSED: AtomicU32 = AtomicU32::new(0);

pub(super) fn pass(point: Point) {
    if !is_due(point) {
        return;
    }
    match DEATH.as_ref().map_or(Duration::ZERO, |death| death.after) {
        Duration::ZERO if *STANDS_STILL => {
            let _ = kill_process(getpid(), Signal::STOP);
            thread::sleep(STOPS_WITHIN);
        }
        Duration::ZERO => kill(),
        after => drop(thread::spawn(move || {
            thread::sleep(after);
            kill();
        })),
    }
}

/// Counts a pass. Returns whether it is the requested one.
pub(super) fn is_due(point: Point) -> bool {
    let death = DEATH.as_ref().filter(|death| death.point == point);
    death.is_some_and(|death| PASSED.fetch_add(1, Ordering::Relaxed) + 1 == death.passing)
}

/// Does not return, like every thread of a killed process.
pub(super) fn kill() {
    let _ = kill_process(getpid(), Signal::KILL);
    loop {
        thread::park();
    }
}

impl Death {
    fn parse(text: &str) -> Option<Death> {
        let (name, when) = text.split_once(':')?;
        let (passing, micros) = when.split_once('+').unwrap_or((when, "0"));
        let point = Point::ALL.into_iter().find(|point| point.name() == name)?;
        let after = Duration::from_micros(micros.parse().ok()?);
        Some(Death { point, passing: passing.parse().ok()?, after })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_death_has_a_name_a_passing_and_perhaps_a_delay() {
        for point in Point::ALL {
            let text = format!("{}:7+250", point.name());
            let death = Death::parse(&text).unwrap();
            assert_eq!((death.point, death.passing), (point, 7), "{text}");
            assert_eq!(death.after, Duration::from_micros(250));
        }
        assert_eq!(Death::parse("claimed:1").unwrap().after, Duration::ZERO);
        for bad in ["", "claimed", "claimed:", "claimed:x", "claimed:1+", "clamed:1"] {
            assert!(Death::parse(bad).is_none(), "{bad:?}");
        }
    }
}
