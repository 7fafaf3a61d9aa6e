//! The lines before the table: account, currency and period.

use jiff::civil::Date;

use crate::date::{DateCell, parse_date};
use crate::error::ReadError;
use crate::layout::normalised_name;
use crate::settings::DateOrder;
use crate::sheet::Line;
use crate::statement::{Currency, Period};

/// What the lines before the table say.
#[derive(Debug, Default)]
pub(crate) struct Metadata {
    pub(crate) account: Option<String>,
    pub(crate) currency: Option<Currency>,
    pub(crate) period: Option<Period>,
}

/// Digits that an account number has at least.
const MIN_ACCOUNT: usize = 5;

impl Metadata {
    /// Reads the lines before the table.
    pub(crate) fn read(lines: &[Line], order: DateOrder) -> Result<Metadata, ReadError> {
        let mut metadata = Metadata::default();
        let (mut from, mut to) = (None, None);
        for line in lines {
            let Some((label, value)) = label_and_value(&line.cells) else { continue };
            let label = normalised_name(&label);
            if let Some(account) = stated_account(&label, &value, line.number)? {
                let known = metadata.account.get_or_insert_with(|| account.clone());
                same_account(known, &account, line.number)?;
            } else if is_currency(&label) {
                check_currency(&value, line.number)?;
                metadata.currency = Some(Currency::Rupiah);
            } else if PERIOD.contains(&label.as_str()) {
                metadata.period = metadata.period.or_else(|| period(&value, order));
            } else if FROM.contains(&label.as_str()) {
                from = from.or_else(|| date(&value, order));
            } else if TO.contains(&label.as_str()) {
                to = to.or_else(|| date(&value, order));
            }
        }
        if let (None, Some(from), Some(to)) = (metadata.period, from, to) {
            metadata.period = (from <= to).then_some(Period { from, to });
        }
        Ok(metadata)
    }
}

/// The label of a line and its value: `Label : value` in one cell, or in two with a cell for the colon
/// or equals sign between them.
pub(crate) fn label_and_value(cells: &[String]) -> Option<(String, String)> {
    let first = cells.iter().position(|cell| !cell.trim().is_empty())?;
    let label = cells[first].trim();
    if let Some((label, value)) = label.split_once([':', '=']) {
        let value = value.trim();
        if !value.is_empty() {
            return Some((label.trim().to_owned(), value.to_owned()));
        }
    }
    let mut rest = cells[first + 1..].iter();
    let value = rest.find_map(|cell| {
        let value = cell.trim().trim_start_matches([':', '=']).trim();
        (!value.is_empty()).then(|| value.to_owned())
    });
    match value {
        Some(value) => Some((label.trim_end_matches([':', '=', ' ']).to_owned(), value)),
        // The lines above a table can have another delimiter than the table.
        None => {
            [';', ',', '\t', '|'].iter().filter(|other| label.contains(**other)).find_map(|other| {
                let cells: Vec<String> = label.split(*other).map(str::to_owned).collect();
                label_and_value(&cells)
            })
        }
    }
}

/// The account number of a line with such a label, digits only.
pub(crate) fn stated_account(
    label: &str,
    value: &str,
    line: usize,
) -> Result<Option<String>, ReadError> {
    if ACCOUNT.contains(&label) { account_number(value, line) } else { Ok(None) }
}

/// The digits of an account number; `None` if the text is none, or some of its digits are hidden.
pub(crate) fn account_number(text: &str, line: usize) -> Result<Option<String>, ReadError> {
    let text = text.trim().trim_start_matches(['\'', '"']).trim();
    let is_part = |c: char| c.is_ascii_digit() || matches!(c, '-' | '.' | ' ');
    let end = text.find(|c: char| !is_part(c)).unwrap_or(text.len());
    let digits: String = text[..end].chars().filter(char::is_ascii_digit).collect();
    let rest = &text[end..];
    let is_exponent = |rest: &str| {
        let exponent = rest.strip_prefix(['E', 'e']).map(|rest| rest.trim_start_matches('+'));
        exponent.is_some_and(|digits| digits.starts_with(|c: char| c.is_ascii_digit()))
    };
    let after_comma =
        rest.trim_start_matches([',', '0', '1', '2', '3', '4', '5', '6', '7', '8', '9']);
    if !digits.is_empty() && is_exponent(after_comma) {
        return Err(ReadError::AccountDamaged { line, found: text.into() });
    }
    let is_hidden = rest.starts_with(['*', 'x', 'X']);
    Ok((digits.len() >= MIN_ACCOUNT && !is_hidden).then_some(digits))
}

/// Refuses a second account in one file.
pub(crate) fn same_account(first: &str, found: &str, line: usize) -> Result<(), ReadError> {
    if is_same_account(first, found) {
        return Ok(());
    }
    Err(ReadError::SeveralAccounts { line, first: first.into(), found: found.into() })
}

/// Whether two account numbers are the same: only digits count, and a spreadsheet program takes zeros
/// at the start away.
pub(crate) fn is_same_account(a: &str, b: &str) -> bool {
    account_key(a) == account_key(b)
}

/// The digits of an account number without zeros at the start.
pub(crate) fn account_key(account: &str) -> String {
    let digits = account.chars().filter(char::is_ascii_digit);
    digits.skip_while(|digit| *digit == '0').collect()
}

/// Refuses any currency but the rupiah.
pub(crate) fn check_currency(value: &str, line: usize) -> Result<(), ReadError> {
    let name = normalised_name(value);
    let is_rupiah = ["idr", "rp", "rupiah", "indonesian rupiah", "indonesia rupiah"];
    let first = name.split(' ').next().unwrap_or("");
    if is_rupiah.contains(&name.as_str()) || first == "idr" || first == "rp" {
        return Ok(());
    }
    Err(ReadError::NotRupiah { line, found: value.into() })
}

fn is_currency(label: &str) -> bool {
    ["mata uang", "kode mata uang", "currency", "ccy", "currency code"].contains(&label)
}

/// A period: two dates, one date, or a month.
fn period(value: &str, order: DateOrder) -> Option<Period> {
    const BETWEEN: [&str; 10] =
        [" - ", " s/d ", " s.d. ", " s.d ", " sd ", " to ", " sampai ", " – ", "~", "-"];
    let lower = value.to_lowercase();
    let both = BETWEEN.iter().find_map(|between| {
        let (from, to) = lower.split_once(between)?;
        Some(Period { from: date(from, order)?, to: date(to, order)? })
    });
    let period = both.or_else(|| match date(&lower, order) {
        Some(day) => Some(Period { from: day, to: day }),
        None => {
            let from = date(&format!("01 {}", lower.trim()), order)?;
            Some(Period { from, to: from.last_of_month() })
        }
    });
    period.filter(|period| period.from <= period.to)
}

fn date(text: &str, order: DateOrder) -> Option<Date> {
    match parse_date(text, order) {
        Ok(DateCell::Full { date, .. }) => Some(date),
        _ => None,
    }
}

const ACCOUNT: [&str; 12] = [
    "no rekening",
    "nomor rekening",
    "no rek",
    "norek",
    "rekening",
    "account no",
    "account number",
    "account",
    "no akun",
    "nomor akun",
    "nomor kantong",
    "pocket number",
];
const PERIOD: [&str; 9] = [
    "periode",
    "period",
    "periode transaksi",
    "periode mutasi",
    "transaction period",
    "statement period",
    "date range",
    "rentang tanggal",
    "tanggal mutasi",
];
const FROM: [&str; 5] =
    ["from date", "start date", "tanggal awal", "dari tanggal", "tanggal mulai"];
const TO: [&str; 5] = ["to date", "end date", "tanggal akhir", "sampai tanggal", "tanggal selesai"];

#[cfg(test)]
mod tests {
    use super::*;

    fn read(lines: &[&str]) -> Result<Metadata, ReadError> {
        let line = |text: &&str| Line {
            number: 7,
            cells: text.split(',').map(str::to_owned).collect(),
            raw: (*text).to_owned(),
            is_open: false,
        };
        Metadata::read(&lines.iter().map(line).collect::<Vec<_>>(), DateOrder::DayFirst)
    }

    #[test]
    fn the_account_is_found_in_every_form() {
        for (line, account) in [
            ("No. Rekening,=,'0000000001", Some("0000000001")),
            ("No. rekening : 0000000001", Some("0000000001")),
            ("NOREK;000000000000001", Some("000000000000001")),
            ("Account No.:,123-456-7890 / PT CONTOH 2", Some("1234567890")),
            ("Nomor Rekening,,1000 0000 01", Some("1000000001")),
            ("No. Rekening,=,12345*****", None),
            ("Nama,=,PT 12345678", None),
        ] {
            assert_eq!(read(&[line]).unwrap().account.as_deref(), account, "{line}");
        }
        let damaged = ReadError::AccountDamaged { line: 7, found: "1.23E+12".into() };
        assert_eq!(read(&["No. Rekening,=,1.23E+12"]).unwrap_err(), damaged);
        assert!(read(&["Account : 12345", "Account : 0012345"]).is_ok());
        assert!(read(&["Account : 12345", "Account : 12346"]).is_err());
    }

    #[test]
    fn the_period_is_found_in_every_form() {
        for (lines, from, to) in [
            (&["Periode : 01/09/2026 - 02/09/2026"][..], "2026-09-01", "2026-09-02"),
            (&["Periode,=,01/09/2026-02/09/2026"], "2026-09-01", "2026-09-02"),
            (&["Period:,1 Sep 2026 s/d 2 Sep 2026"], "2026-09-01", "2026-09-02"),
            (&["Periode : 01-09-2026 - 02-09-2026"], "2026-09-01", "2026-09-02"),
            (&["Periode : September 2026"], "2026-09-01", "2026-09-30"),
            (&["From Date : 01/09/2026", "To Date : 02/09/2026"], "2026-09-01", "2026-09-02"),
        ] {
            let period = read(lines).unwrap().period.unwrap();
            assert_eq!(
                (period.from.to_string().as_str(), period.to.to_string().as_str()),
                (from, to)
            );
        }
        for other in ["Periode : bulan ini", "Periode : 02/09/2026 - 01/09/2026"] {
            assert_eq!(read(&[other]).unwrap().period, None);
        }
    }

    #[test]
    fn only_rupiah_are_read() {
        for line in ["Mata Uang,=,IDR", "Kode Mata Uang : Rp", "Currency,=,IDR - Indonesian Rupiah"]
        {
            assert_eq!(read(&[line]).unwrap().currency, Some(Currency::Rupiah));
        }
        let refused = ReadError::NotRupiah { line: 7, found: "USD".into() };
        assert_eq!(read(&["Currency : USD"]).unwrap_err(), refused);
    }
}
