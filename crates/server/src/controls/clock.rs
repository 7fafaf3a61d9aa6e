//! The sandbox's clock: the machine's time plus an offset.
//!
//! Moving the clock forward is indistinguishable from waiting: inquiries expire at midnight, old
//! unpaid inquiries are dropped, leases end, and payments become too old for status queries. This
//! cannot move money twice, because no rule about money assumes small steps of the clock: the
//! answer of a payment is checked by its fencing token, and a payment that has waited too long
//! before it was sent is not sent.
//!
//! The clock must not simply go back: a claim on an open payment would then last very long, and
//! nobody would query its status. So it goes back only to the machine's time, and only while no
//! payment is open. The offset is stored in the data directory; without that, a restart would move
//! the clock back.

use std::fs;
use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicI64, Ordering};

use domain::Moment;
use gateway::{Clock, SystemClock};
use store::{Obstacle, find_file};

use crate::atomic_file::AtomicFile;

/// The largest offset in microseconds: a year and a day.
const MAX_AHEAD: i64 = 366 * DAY;

const MINUTE: i64 = 60_000_000;
const DAY: i64 = 24 * 60 * MINUTE;

/// A clock that can be ahead of the machine's time.
pub(crate) struct MovedClock {
    /// The offset in microseconds, 0 to [`MAX_AHEAD`].
    ahead: AtomicI64,
    /// The file with the offset.
    file: PathBuf,
}

/// Why the clock was not moved.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ClockError {
    /// The offset would be too large.
    #[error(
        "the sandbox's clock goes 366 days ahead at most, and goes forward by a second at least"
    )]
    OutOfReach,
    /// The offset could not be stored.
    #[error("the distance could not be written to {}: {error}", file.display())]
    NotKept { file: PathBuf, error: io::Error },
}

impl Clock for MovedClock {
    fn now(&self) -> Moment {
        SystemClock.now().after_micros(self.ahead())
    }
}

impl MovedClock {
    /// The clock of a data directory, with the stored offset.
    ///
    /// # Errors
    /// When the file cannot be read or contains no offset.
    pub(crate) fn of(data: &Path) -> io::Result<MovedClock> {
        let file = data.join("sandbox-clock");
        find_file(&file).map_err(io::Error::other)?;
        let ahead = match fs::read_to_string(&file) {
            Ok(text) => {
                let kept = text.trim().parse().ok().filter(|ahead| (0..=MAX_AHEAD).contains(ahead));
                let what = || format!("{}: expected microseconds, up to 366 days", file.display());
                kept.ok_or_else(|| io::Error::new(ErrorKind::InvalidData, what()))?
            }
            Err(error) if error.kind() == ErrorKind::NotFound => 0,
            Err(error) => {
                return Err(io::Error::new(error.kind(), Obstacle::new(&file, "read", &error)));
            }
        };
        Ok(MovedClock { ahead: AtomicI64::new(ahead), file })
    }

    /// How far it is ahead of the machine's time, in microseconds.
    pub(crate) fn ahead(&self) -> i64 {
        self.ahead.load(Ordering::Relaxed)
    }

    /// Moves it forward.
    pub(crate) fn forward(&self, micros: i64) -> Result<(), ClockError> {
        let ahead = self.ahead().checked_add(micros).filter(|ahead| *ahead <= MAX_AHEAD);
        match ahead {
            Some(ahead) if micros >= 1_000_000 => self.keep(ahead),
            _ => Err(ClockError::OutOfReach),
        }
    }

    /// Moves it forward to the next time that it is this minute of the day in Jakarta, 0 to 1439.
    pub(crate) fn forward_to(&self, minute_of_day: u16) -> Result<(), ClockError> {
        let now = self.now();
        let since_midnight =
            i64::from(now.minute_of_day()) * MINUTE + now.as_micros().rem_euclid(MINUTE);
        let wanted = i64::from(minute_of_day) * MINUTE;
        // Less than a second ahead is not a move, so the current minute means tomorrow.
        let distance = match (wanted - since_midnight).rem_euclid(DAY) {
            distance if distance < 1_000_000 => distance + DAY,
            distance => distance,
        };
        self.forward(distance)
    }

    /// Sets it back to the machine's time. No payment may be open.
    pub(crate) fn back(&self) -> Result<(), ClockError> {
        self.keep(0)
    }

    /// Stores the offset before it is in force: completely or not at all.
    fn keep(&self, ahead: i64) -> Result<(), ClockError> {
        let file = AtomicFile::begin(self.file.clone());
        file.and_then(|file| file.write(&format!("{ahead}\n")))
            .map_err(|error| ClockError::NotKept { file: self.file.clone(), error })?;
        self.ahead.store(ahead, Ordering::Relaxed);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HOUR: i64 = 60 * MINUTE;

    #[test]
    fn the_clock_moves_forward_and_is_stored() {
        let data = tempfile::tempdir().unwrap();
        let clock = MovedClock::of(data.path()).unwrap();
        assert_eq!(clock.ahead(), 0);
        clock.forward(HOUR).unwrap();
        clock.forward(DAY).unwrap();
        assert_eq!(clock.ahead(), HOUR + DAY);
        assert!(clock.now().micros_since(SystemClock.now()) > DAY);
        assert_eq!(MovedClock::of(data.path()).unwrap().ahead(), HOUR + DAY, "after a restart");
        clock.back().unwrap();
        assert_eq!(MovedClock::of(data.path()).unwrap().ahead(), 0);
    }

    #[test]
    fn the_clock_moves_neither_back_nor_too_far() {
        let data = tempfile::tempdir().unwrap();
        let clock = MovedClock::of(data.path()).unwrap();
        for bad in [i64::MIN, -DAY, -1, 0, 999_999, MAX_AHEAD + 1, i64::MAX] {
            assert!(clock.forward(bad).is_err(), "{bad}");
        }
        clock.forward(MAX_AHEAD).unwrap();
        assert!(clock.forward(1_000_000).is_err());
        assert_eq!(clock.ahead(), MAX_AHEAD);
    }

    #[test]
    fn the_clock_moves_to_the_next_such_minute() {
        let data = tempfile::tempdir().unwrap();
        let clock = MovedClock::of(data.path()).unwrap();
        for minute in [23 * 60 + 30, 0, 1439, 12 * 60] {
            let before = clock.now();
            clock.forward_to(minute).unwrap();
            assert_eq!(clock.now().minute_of_day(), minute);
            let moved = clock.now().micros_since(before);
            assert!(moved > 0 && moved <= DAY + MINUTE, "{minute}: {moved}");
        }
    }

    #[test]
    fn a_file_without_an_offset_is_an_error() {
        let data = tempfile::tempdir().unwrap();
        for bad in ["", "-1", "tomorrow", "99999999999999999999", "31622400000001"] {
            fs::write(data.path().join("sandbox-clock"), bad).unwrap();
            assert!(MovedClock::of(data.path()).is_err(), "{bad:?}");
        }
    }
}
