//! Points in time, and the calendar of the trade: Asia/Jakarta, UTC+7 the whole year.

use std::fmt;
use std::time::Duration;

use jiff::civil::DateTime;
use jiff::tz::Offset;

/// Western Indonesia has used this offset since 1964, so no time zone database is needed.
const JAKARTA: Offset = Offset::constant(7);

/// A point in time, in microseconds since 1970 UTC.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Moment(i64);

impl Moment {
    /// The first and the last moment of the calendar (years 1 to 9999).
    const RANGE: (i64, i64) = (-62_135_596_800_000_000, 253_402_207_199_000_000);

    /// `micros` microseconds after 1970 UTC, clamped to the years 1 to 9999.
    pub const fn from_micros(micros: i64) -> Moment {
        let (first, last) = Moment::RANGE;
        Moment(if micros < first {
            first
        } else if micros > last {
            last
        } else {
            micros
        })
    }

    /// Microseconds since 1970 UTC.
    pub const fn as_micros(self) -> i64 {
        self.0
    }

    /// The moment `micros` later.
    pub const fn after_micros(self, micros: i64) -> Moment {
        Moment::from_micros(self.0.saturating_add(micros))
    }

    /// The moment `duration` later.
    pub fn after(self, duration: Duration) -> Moment {
        self.after_micros(micros(duration))
    }

    /// Microseconds since `earlier`; zero if the clock went back.
    pub const fn micros_since(self, earlier: Moment) -> i64 {
        let elapsed = self.0.saturating_sub(earlier.0);
        if elapsed < 0 { 0 } else { elapsed }
    }

    /// The day in Jakarta.
    pub fn day(self) -> jiff::civil::Date {
        self.jakarta().date()
    }

    /// Whether both are on the same day in Jakarta: an inquiry can be paid on its own day only.
    pub fn same_day(self, other: Moment) -> bool {
        self.day() == other.day()
    }

    /// Minutes since midnight in Jakarta, 0 to 1439.
    pub fn minute_of_day(self) -> u16 {
        let time = self.jakarta();
        u16::from(time.hour().unsigned_abs()) * 60 + u16::from(time.minute().unsigned_abs())
    }

    /// `YmdHis` in Jakarta, as `datetime` on the wire: `20180803170750`.
    pub fn compact(self) -> String {
        let t = self.jakarta();
        format!(
            "{:04}{:02}{:02}{:02}{:02}{:02}",
            t.year(),
            t.month(),
            t.day(),
            t.hour(),
            t.minute(),
            t.second()
        )
    }

    /// Date and time in Jakarta for receipts and reports: `2018-08-03 17:07:50`.
    pub fn readable(self) -> String {
        let t = self.jakarta();
        format!(
            "{:04}-{:02}-{:02} {:02}:{:02}:{:02}",
            t.year(),
            t.month(),
            t.day(),
            t.hour(),
            t.minute(),
            t.second()
        )
    }

    /// The moment that [`Moment::readable`] writes, in whole seconds.
    pub fn parse(text: &str) -> Option<Moment> {
        let is_plain = text.len() == 19 && text.as_bytes()[10] == b' ';
        let civil: DateTime = is_plain.then(|| text.parse().ok()).flatten()?;
        let timestamp = JAKARTA.to_timestamp(civil).ok()?;
        Some(Moment::from_micros(timestamp.as_microsecond()))
    }

    /// Midnight in Jakarta at the start of a day such as `2018-08-03`.
    pub fn start_of_day(day: &str) -> Option<Moment> {
        let is_plain = day.len() == 10 && day.bytes().all(|b| b.is_ascii_digit() || b == b'-');
        let date: jiff::civil::Date = is_plain.then(|| day.parse().ok()).flatten()?;
        let timestamp = JAKARTA.to_timestamp(date.to_datetime(jiff::civil::Time::midnight()));
        timestamp.ok().map(|timestamp| Moment::from_micros(timestamp.as_microsecond()))
    }

    fn jakarta(self) -> DateTime {
        let timestamp =
            jiff::Timestamp::from_microsecond(self.0).unwrap_or(jiff::Timestamp::UNIX_EPOCH);
        JAKARTA.to_datetime(timestamp)
    }
}

/// A duration in whole microseconds.
pub fn micros(duration: Duration) -> i64 {
    i64::try_from(duration.as_micros()).unwrap_or(i64::MAX)
}

impl fmt::Display for Moment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.readable())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// 2018-08-03 17:07:50 in Jakarta is 10:07:50 UTC.
    const DOCUMENTED: Moment = Moment::from_micros(1_533_290_870_000_000);
    const HOUR: i64 = 3_600_000_000;

    #[test]
    fn shows_jakarta_time() {
        assert_eq!(DOCUMENTED.compact(), "20180803170750");
        assert_eq!(DOCUMENTED.readable(), "2018-08-03 17:07:50");
        assert_eq!(DOCUMENTED.minute_of_day(), 17 * 60 + 7);
    }

    #[test]
    fn the_day_changes_at_midnight_in_jakarta() {
        let late = DOCUMENTED.after_micros(6 * HOUR);
        assert_eq!(late.compact(), "20180803230750");
        assert!(DOCUMENTED.same_day(late));
        assert!(!DOCUMENTED.same_day(late.after_micros(HOUR)));
        let new_year = Moment::from_micros(1_546_275_600_000_000);
        assert_eq!(new_year.compact(), "20190101000000");
        assert!(!new_year.same_day(new_year.after_micros(-1)));
    }

    #[test]
    fn a_readable_moment_is_parsed_back_to_the_second() {
        let text = DOCUMENTED.readable();
        assert_eq!(Moment::parse(&text), Some(DOCUMENTED));
        assert_eq!(Moment::parse(&DOCUMENTED.after_micros(999_999).readable()), Some(DOCUMENTED));
        for bad in ["", "2018-08-03", "2018-08-03T17:07:50", "2018-02-30 17:07:50", &(text + "Z")] {
            assert_eq!(Moment::parse(bad), None, "{bad:?}");
        }
    }

    #[test]
    fn a_day_starts_at_midnight_in_jakarta() {
        let start = Moment::start_of_day("2018-08-03").unwrap();
        assert_eq!(start.readable(), "2018-08-03 00:00:00");
        assert!(start.same_day(DOCUMENTED));
        for bad in ["", "2018-02-30", "2018-8-3", "20180803--", "2018-08-03T00", "03-08-2018"] {
            assert_eq!(Moment::start_of_day(bad), None, "{bad:?}");
        }
    }

    #[test]
    fn no_time_passes_if_the_clock_went_back() {
        assert_eq!(DOCUMENTED.micros_since(DOCUMENTED.after_micros(5)), 0);
        assert_eq!(DOCUMENTED.after_micros(5).micros_since(DOCUMENTED), 5);
    }

    #[test]
    fn every_moment_is_within_the_calendar() {
        for micros in [i64::MIN, i64::MAX] {
            assert!(!Moment::from_micros(micros).compact().is_empty());
        }
    }
}
