//! Cells with a date, in every form that banks print.

use jiff::civil::{Date, Time};

use crate::settings::DateOrder;

/// What a date cell says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum DateCell {
    Full {
        date: Date,
        time: Option<Time>,
    },
    /// The year has to come from elsewhere.
    DayAndMonth {
        day: i8,
        month: i8,
    },
    /// The bank has not booked the row yet.
    Pending,
}

/// Why a cell is not a date.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, thiserror::Error)]
pub enum DateFault {
    #[error("this is not a date")]
    NotADate,
    #[error("this day does not exist")]
    NoSuchDay,
    #[error("this time does not exist")]
    NoSuchTime,
    #[error(
        "a spreadsheet program has damaged this date; import the file as the bank sent it, without \
         opening and saving it before"
    )]
    SpreadsheetDamage,
}

/// Years that a statement can be of. A spreadsheet program turns damaged cells into years near 1900.
const YEARS: std::ops::RangeInclusive<i16> = 2000..=2099;
/// Days from the first day of the calendar of spreadsheets to 2000-01-01 and 2099-12-31.
const SERIALS: std::ops::RangeInclusive<i32> = 36_526..=73_050;
const SECONDS_OF_DAY: u64 = 86_400;

/// Parses a date cell, which is not empty.
pub(crate) fn parse_date(cell: &str, order: DateOrder) -> Result<DateCell, DateFault> {
    let text = cell.trim().trim_start_matches('\'').trim().to_uppercase();
    if matches!(text.as_str(), "PEND" | "PENDING") {
        return Ok(DateCell::Pending);
    }
    if let Some(serial) = parse_serial(&text)? {
        return Ok(serial);
    }
    if text.starts_with('#') {
        return Err(DateFault::SpreadsheetDamage);
    }
    let mut parts = Parts(&text);
    let first = parts.digits(1..=4).ok_or(DateFault::NotADate)?;
    if first.len() == 4 {
        return year_first(first, parts);
    }
    let separator = parts.separator().ok_or(DateFault::NotADate)?;
    let (day, month) = match parts.word() {
        Some(word) => (number(first)?, month_of(word).ok_or(DateFault::NotADate)?),
        None => {
            let second = parts.digits(1..=2).ok_or(DateFault::NotADate)?;
            match order {
                DateOrder::DayFirst => (number(first)?, number(second)?),
                DateOrder::MonthFirst => (number(second)?, number(first)?),
            }
        }
    };
    if parts.0.is_empty() {
        return day_and_month(day, month, separator == '-');
    }
    if parts.separator() != Some(separator) {
        return Err(DateFault::NotADate);
    }
    let year = match parts.digits(1..=4) {
        Some(year) if year.len() == 4 => number(year)?,
        Some(year) if year.len() == 2 => 2000 + number(year)?,
        _ => return Err(DateFault::NotADate),
    };
    full(year, month, day, parts)
}

/// Parses a time cell: `09:15`, `09.15.27`, or `HHmmss` without separators.
pub(crate) fn parse_time(cell: &str) -> Result<Time, DateFault> {
    let text = cell.trim().trim_start_matches('\'').trim();
    if (5..=6).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit()) {
        // A spreadsheet program takes the zero away from 091527.
        let text = format!("{text:0>6}");
        return time(number(&text[..2])?, number(&text[2..4])?, number(&text[4..])?);
    }
    let mut parts = Parts(text);
    let time = parts.time()?;
    if parts.0.is_empty() { Ok(time) } else { Err(DateFault::NotADate) }
}

/// The date of a day and a month in this year.
pub(crate) fn date_in_year(year: i16, month: i8, day: i8) -> Result<Date, DateFault> {
    if !YEARS.contains(&year) {
        return Err(DateFault::SpreadsheetDamage);
    }
    Date::new(year, month, day).map_err(|_| DateFault::NoSuchDay)
}

/// `2026-09-02` with an optional time, which a `T` may introduce.
fn year_first(year: &str, mut parts: Parts<'_>) -> Result<DateCell, DateFault> {
    let separator =
        parts.separator().filter(|s| matches!(s, '-' | '/')).ok_or(DateFault::NotADate)?;
    let month = parts.digits(1..=2).ok_or(DateFault::NotADate)?;
    if parts.separator() != Some(separator) {
        return Err(DateFault::NotADate);
    }
    let day = parts.digits(1..=2).ok_or(DateFault::NotADate)?;
    full(number(year)?, number(month)?, number(day)?, parts)
}

fn full(year: i16, month: i16, day: i16, mut parts: Parts<'_>) -> Result<DateCell, DateFault> {
    let date = date_in_year(year, small(month)?, small(day)?)?;
    let time = if parts.0.is_empty() {
        None
    } else {
        parts.0 = parts.0.trim_start_matches([' ', ',', 'T']);
        Some(parts.time()?)
    };
    parts.0 = parts.0.trim_start().strip_prefix("WIB").unwrap_or(parts.0.trim_start());
    if parts.0.is_empty() { Ok(DateCell::Full { date, time }) } else { Err(DateFault::NotADate) }
}

fn day_and_month(day: i16, month: i16, is_damage: bool) -> Result<DateCell, DateFault> {
    // `2-Sep` is what a spreadsheet program makes of 02/09, and 9-Feb of the same in another country.
    if is_damage {
        return Err(DateFault::SpreadsheetDamage);
    }
    let (day, month) = (small(day)?, small(month)?);
    // A leap year: the year that decides is not known here.
    Date::new(2000, month, day).map_err(|_| DateFault::NoSuchDay)?;
    Ok(DateCell::DayAndMonth { day, month })
}

/// The days of a spreadsheet's calendar since 1899-12-30, and the time as a fraction of a day.
fn parse_serial(text: &str) -> Result<Option<DateCell>, DateFault> {
    let (days, fraction) = match text.split_once(['.', ',']) {
        Some((days, fraction)) if !fraction.is_empty() => (days, Some(fraction)),
        Some(_) => return Ok(None),
        None => (text, None),
    };
    let is_digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    if days.len() != 5 || !is_digits(days) || !fraction.is_none_or(is_digits) {
        return Ok(None);
    }
    let days: i32 = days.parse().map_err(|_| DateFault::NotADate)?;
    if !SERIALS.contains(&days) {
        return Err(DateFault::SpreadsheetDamage);
    }
    let time = fraction.map(time_of_fraction).transpose()?;
    let date = Date::constant(1899, 12, 30)
        .checked_add(jiff::Span::new().days(days))
        .map_err(|_| DateFault::NoSuchDay)?;
    Ok(Some(DateCell::Full { date, time }))
}

/// The time of a fraction of a day, to the nearest second but within the day.
fn time_of_fraction(digits: &str) -> Result<Time, DateFault> {
    let kept = &digits[..digits.len().min(12)];
    let scale = 10_u64.pow(u32::try_from(kept.len()).map_err(|_| DateFault::NotADate)?);
    let fraction: u64 = kept.parse().map_err(|_| DateFault::NotADate)?;
    let seconds = ((fraction * SECONDS_OF_DAY + scale / 2) / scale).min(SECONDS_OF_DAY - 1);
    let part = |value: u64| i16::try_from(value).map_err(|_| DateFault::NoSuchTime);
    time(part(seconds / 3600)?, part(seconds / 60 % 60)?, part(seconds % 60)?)
}

/// The month that a word names, in Indonesian or English.
fn month_of(word: &str) -> Option<i16> {
    const MONTHS: [&[&str]; 12] = [
        &["JAN", "JANUARI", "JANUARY"],
        &["FEB", "PEB", "FEBRUARI", "PEBRUARI", "FEBRUARY"],
        &["MAR", "MARET", "MARCH"],
        &["APR", "APRIL"],
        &["MEI", "MAY"],
        &["JUN", "JUNI", "JUNE"],
        &["JUL", "JULI", "JULY"],
        &["AGU", "AGT", "AGS", "AGUST", "AGUSTUS", "AUG", "AUGUST"],
        &["SEP", "SEPT", "SEPTEMBER"],
        &["OKT", "OKTOBER", "OCT", "OCTOBER"],
        &["NOV", "NOP", "NOVEMBER", "NOPEMBER"],
        &["DES", "DESEMBER", "DEC", "DECEMBER"],
    ];
    let index = MONTHS.iter().position(|names| names.contains(&word))?;
    i16::try_from(index + 1).ok()
}

fn number(digits: &str) -> Result<i16, DateFault> {
    digits.parse().map_err(|_| DateFault::NotADate)
}

fn small(number: i16) -> Result<i8, DateFault> {
    i8::try_from(number).map_err(|_| DateFault::NoSuchDay)
}

fn time(hour: i16, minute: i16, second: i16) -> Result<Time, DateFault> {
    let part = |number: i16| i8::try_from(number).map_err(|_| DateFault::NoSuchTime);
    Time::new(part(hour)?, part(minute)?, part(second)?, 0).map_err(|_| DateFault::NoSuchTime)
}

/// The rest of a cell, taken piece by piece.
struct Parts<'a>(&'a str);

impl<'a> Parts<'a> {
    fn digits(&mut self, len: std::ops::RangeInclusive<usize>) -> Option<&'a str> {
        let end = self.0.bytes().take_while(u8::is_ascii_digit).count();
        len.contains(&end).then(|| self.take(end))
    }

    fn word(&mut self) -> Option<&'a str> {
        let end = self.0.bytes().take_while(u8::is_ascii_alphabetic).count();
        (end > 0).then(|| self.take(end))
    }

    fn separator(&mut self) -> Option<char> {
        let first = self.0.chars().next().filter(|c| matches!(c, '/' | '-' | ' '))?;
        self.0 = self.0[1..].trim_start_matches(' ');
        Some(first)
    }

    /// `09:15`, `09.15.27`.
    fn time(&mut self) -> Result<Time, DateFault> {
        let hour = self.digits(1..=2).ok_or(DateFault::NotADate)?;
        let separator = self.0.chars().next().filter(|c| matches!(c, ':' | '.'));
        let separator = separator.ok_or(DateFault::NotADate)?;
        self.take(1);
        let minute = self.digits(2..=2).ok_or(DateFault::NotADate)?;
        let second = if self.0.starts_with(separator) {
            self.take(1);
            self.digits(2..=2).ok_or(DateFault::NotADate)?
        } else {
            "0"
        };
        time(number(hour)?, number(minute)?, number(second)?)
    }

    fn take(&mut self, end: usize) -> &'a str {
        let (taken, rest) = self.0.split_at(end);
        self.0 = rest;
        taken
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(cell: &str, order: DateOrder) -> String {
        match parse_date(cell, order) {
            Ok(DateCell::Full { date, time: Some(time) }) => format!("{date} {time}"),
            Ok(DateCell::Full { date, time: None }) => date.to_string(),
            Ok(DateCell::DayAndMonth { day, month }) => format!("{day}/{month}"),
            Ok(DateCell::Pending) => "pending".to_owned(),
            Err(fault) => format!("{fault:?}"),
        }
    }

    #[test]
    fn dates_as_the_banks_print_them() {
        for (cell, date) in [
            ("02/09", "2/9"),
            ("'02/09", "2/9"),
            ("29/02", "29/2"),
            ("02 SEP", "2/9"),
            ("02/09/2026", "2026-09-02"),
            ("02/09/26", "2026-09-02"),
            ("02/09/26 09.15.27", "2026-09-02 09:15:27"),
            ("02/09/26 09:15", "2026-09-02 09:15:00"),
            ("02-09-2026 09.15", "2026-09-02 09:15:00"),
            ("02-09-26", "2026-09-02"),
            ("02-Sep-2026", "2026-09-02"),
            ("2 Sep 2026 09:15", "2026-09-02 09:15:00"),
            ("01 September 2026 14:24:27", "2026-09-01 14:24:27"),
            ("1 Agustus 2026, 14:24 WIB", "2026-08-01 14:24:00"),
            ("2026-09-02 09:15:27", "2026-09-02 09:15:27"),
            ("2026-09-02T09:15:27", "2026-09-02 09:15:27"),
            ("46129.47", "2026-04-17 11:16:48"),
            ("46129,999999999", "2026-04-17 23:59:59"),
            ("46129", "2026-04-17"),
            ("'PEND", "pending"),
            ("Pend", "pending"),
        ] {
            assert_eq!(shown(cell, DateOrder::DayFirst), date, "{cell:?}");
        }
        assert_eq!(shown("09/02/26 09:15", DateOrder::MonthFirst), "2026-09-02 09:15:00");
    }

    #[test]
    fn months_have_names_in_both_languages() {
        let names = "Jan Feb Peb Mar Apr Mei May Jun Jul Agu Agt Ags Aug Sep Sept Okt Oct Nov Nop Des \
                     Dec Januari Pebruari Maret Juni Juli Oktober Nopember Desember December";
        let months = [1, 2, 2, 3, 4, 5, 5, 6, 7, 8, 8, 8, 8, 9, 9, 10, 10, 11, 11, 12, 12];
        let full = [1, 2, 3, 6, 7, 10, 11, 12, 12];
        for (name, month) in names.split_whitespace().zip(months.into_iter().chain(full)) {
            let date = format!("2026-{month:02}-02");
            assert_eq!(shown(&format!("02 {name} 2026"), DateOrder::DayFirst), date, "{name}");
        }
    }

    #[test]
    fn what_is_no_date_is_refused() {
        for (cell, fault) in [
            ("31/02/2026", "NoSuchDay"),
            ("31/02", "NoSuchDay"),
            ("29/02/2026", "NoSuchDay"),
            ("09/13/2026", "NoSuchDay"),
            ("00/01/2026", "NoSuchDay"),
            ("02/09/2026 25:00", "NoSuchTime"),
            ("02/09/1905", "SpreadsheetDamage"),
            ("2-Sep", "SpreadsheetDamage"),
            ("9-Feb", "SpreadsheetDamage"),
            ("#######", "SpreadsheetDamage"),
            ("12345", "SpreadsheetDamage"),
            ("02/0", "NoSuchDay"),
            ("0", "NotADate"),
            ("02/09/202", "NotADate"),
            ("02/09-2026", "NotADate"),
            ("02/09/2026 x", "NotADate"),
            ("02 Foo 2026", "NotADate"),
            ("02/09/2026 09:15 WITA", "NotADate"),
            ("Saldo Awal", "NotADate"),
            ("", "NotADate"),
            ("é2/09", "NotADate"),
        ] {
            assert_eq!(shown(cell, DateOrder::DayFirst), fault, "{cell:?}");
        }
    }

    #[test]
    fn times_may_lack_separators() {
        for (cell, time) in [
            ("091527", "09:15:27"),
            ("91527", "09:15:27"),
            ("09.15", "09:15:00"),
            ("9:15:27", "09:15:27"),
        ] {
            assert_eq!(
                parse_time(cell).map(|time| time.to_string()),
                Ok(time.to_owned()),
                "{cell}"
            );
        }
        for bad in ["", "0915", "24:00", "09:15:60", "09:15x"] {
            assert!(parse_time(bad).is_err(), "{bad:?}");
        }
    }
}
