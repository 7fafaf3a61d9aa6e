//! The day of each row: its year, the period of the file, and today.

use jiff::civil::Date;

use crate::date::{DateCell, date_in_year};
use crate::error::ReadError;
use crate::statement::Period;

/// What limits the days of a file.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Days {
    pub(crate) period: Option<Period>,
    /// The year of the last day without a year, if the file has no period.
    pub(crate) year: Option<i16>,
    /// Its days without a year are at the end of one year and at the start of the next.
    pub(crate) crosses_new_year: bool,
    pub(crate) today: Date,
}

impl Days {
    /// The day of a row; `None` if the row is pending.
    pub(crate) fn date(
        &self,
        line: usize,
        cell: DateCell,
        text: &str,
    ) -> Result<Option<Date>, ReadError> {
        let date = match cell {
            DateCell::Pending => return Ok(None),
            DateCell::Full { date, .. } => date,
            DateCell::DayAndMonth { day, month } => {
                let year = self.year_of(month);
                let found = || text.trim().into();
                let year = year.ok_or_else(|| ReadError::YearUnknown { line, found: found() })?;
                date_in_year(year, month, day).map_err(|fault| ReadError::BadDate {
                    line,
                    column: "date".to_owned(),
                    found: found(),
                    fault,
                })?
            }
        };
        self.check(line, date)?;
        Ok(Some(date))
    }

    /// Refuses a day outside of the period, with one day of tolerance, and a day after today.
    pub(crate) fn check(&self, line: usize, date: Date) -> Result<(), ReadError> {
        if let Some(Period { from, to }) = self.period {
            let earliest = from.yesterday().unwrap_or(from);
            let latest = to.tomorrow().unwrap_or(to);
            if !(earliest..=latest).contains(&date) {
                return Err(ReadError::OutsidePeriod { line, date, from, to });
            }
        }
        if date > self.today {
            return Err(ReadError::InFuture { line, date, today: self.today });
        }
        Ok(())
    }

    /// The year of a month in the period, which may cross the new year.
    fn year_of(&self, month: i8) -> Option<i16> {
        let Some(Period { from, to }) = self.period else {
            let is_in_first_year = self.crosses_new_year && month > 6;
            return Some(self.year? - i16::from(is_in_first_year));
        };
        let is_in_first_year = from.year() == to.year() || month >= from.month();
        Some(if is_in_first_year { from.year() } else { to.year() })
    }
}

/// Whether dates without a year are in December and in January. A file has a month or so, never the
/// whole year between them.
pub(crate) fn crosses_new_year(dates: impl Iterator<Item = DateCell>) -> bool {
    let mut has = [false; 2];
    for date in dates {
        if let DateCell::DayAndMonth { month, .. } = date {
            has[0] |= month == 12;
            has[1] |= month == 1;
        }
    }
    has == [true, true]
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::civil::date;

    const CELL: DateCell = DateCell::DayAndMonth { day: 31, month: 12 };

    fn days(from: Date, to: Date) -> Days {
        Days {
            period: Some(Period { from, to }),
            year: None,
            crosses_new_year: false,
            today: date(2027, 1, 15),
        }
    }

    #[test]
    fn the_year_comes_from_the_period() {
        let new_year = days(date(2026, 12, 20), date(2027, 1, 10));
        assert_eq!(new_year.date(1, CELL, ""), Ok(Some(date(2026, 12, 31))));
        let january = DateCell::DayAndMonth { day: 2, month: 1 };
        assert_eq!(new_year.date(1, january, ""), Ok(Some(date(2027, 1, 2))));
    }

    #[test]
    fn without_a_period_the_year_is_asked_for() {
        let unknown = Days { period: None, ..days(date(2027, 1, 1), date(2027, 1, 1)) };
        let error = ReadError::YearUnknown { line: 4, found: "31/12".into() };
        assert_eq!(unknown.date(4, CELL, " 31/12"), Err(error));
        let known = Days { year: Some(2026), ..unknown };
        assert_eq!(known.date(4, CELL, "31/12"), Ok(Some(date(2026, 12, 31))));
    }

    #[test]
    fn december_before_january_is_in_the_year_before() {
        let cells = |months: &[i8]| {
            let cells: Vec<DateCell> = months
                .iter()
                .map(|month| DateCell::DayAndMonth { day: 2, month: *month })
                .collect();
            crosses_new_year(cells.into_iter())
        };
        assert!(cells(&[12, 1]) && cells(&[1, 12]));
        assert!(!cells(&[11, 12]) && !cells(&[1, 2]));
        let known = Days {
            period: None,
            year: Some(2027),
            crosses_new_year: true,
            ..days(date(2027, 1, 1), date(2027, 1, 1))
        };
        assert_eq!(known.date(1, CELL, ""), Ok(Some(date(2026, 12, 31))));
        let january = DateCell::DayAndMonth { day: 2, month: 1 };
        assert_eq!(known.date(1, january, ""), Ok(Some(date(2027, 1, 2))));
    }

    #[test]
    fn a_leap_day_needs_a_leap_year() {
        let cell = DateCell::DayAndMonth { day: 29, month: 2 };
        let base = days(date(2028, 1, 1), date(2028, 1, 1));
        let today = date(2029, 1, 1);
        let days = |year| Days { period: None, year: Some(year), today, ..base };
        assert!(days(2028).date(1, cell, "29/02").is_ok());
        assert!(matches!(days(2027).date(1, cell, "29/02"), Err(ReadError::BadDate { .. })));
    }

    #[test]
    fn days_outside_of_the_period_and_after_today_are_refused() {
        let period = days(date(2026, 9, 1), date(2026, 9, 2));
        for (day, is_inside) in [(date(2026, 8, 31), true), (date(2026, 9, 3), true)] {
            assert_eq!(period.check(1, day).is_ok(), is_inside);
        }
        for day in [date(2026, 8, 30), date(2026, 9, 4)] {
            assert!(matches!(period.check(1, day), Err(ReadError::OutsidePeriod { .. })));
        }
        let days = Days { period: None, ..period };
        assert!(days.check(1, date(2027, 1, 15)).is_ok());
        assert!(matches!(days.check(1, date(2027, 1, 16)), Err(ReadError::InFuture { .. })));
    }
}
