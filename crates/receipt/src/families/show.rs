//! Formats a value of a bill for a receipt. Billers send numbers as text, as JSON numbers or in
//! other forms: an unexpected value is shown unchanged.

use serde_json::Value;

use crate::{rupiah, visible};

/// How a line shows its value.
#[derive(Clone, Copy)]
pub(super) enum Show {
    /// As it is; a list as its texts one after another.
    Text,
    /// Whole rupiah: `Rp 50.000`.
    Rupiah,
    /// Without leading zeros: `005` is `5`.
    Number,
    /// A number with its unit: `2 ORANG`.
    Count(&'static str),
    /// A day: `20191022` is `22-10-2019`.
    Date,
    /// Months or days: `201405,201407` is `MEI 2014, JUL 2014`, and `20181022-20191022` is
    /// `22-10-2018 s.d. 22-10-2019`.
    Period,
    /// How many months, `02` is `2 BULAN`, or else a [`Show::Period`].
    Months,
    /// Several values, all required, with a separator and a suffix.
    Joined(&'static str, &'static str),
}

impl Show {
    /// The line's value, or `None` where the bill has nothing to show for it.
    pub(super) fn value(self, bill: &Value, pointers: &[&str]) -> Option<String> {
        let found = |pointer: &&str| bill.pointer(pointer).and_then(text);
        let parts: Vec<String> = pointers.iter().map(found).collect::<Option<_>>()?;
        Some(match self {
            Self::Joined(between, behind) => parts.join(between) + behind,
            _ => {
                let raw = parts.concat();
                self.written(&raw).unwrap_or(raw)
            }
        })
    }

    /// The formatted value; `None` if it does not have the expected form.
    fn written(self, raw: &str) -> Option<String> {
        match self {
            Self::Text | Self::Joined(..) => None,
            Self::Rupiah => integer(raw).map(rupiah),
            Self::Number => integer(raw).map(|number| number.to_string()),
            Self::Count(unit) => integer(raw).map(|count| format!("{count} {unit}")),
            Self::Date => date(raw),
            Self::Period => period(raw),
            Self::Months if raw.len() <= 2 => Self::Count("BULAN").written(raw),
            Self::Months => period(raw),
        }
    }
}

/// A JSON value as one line of text; `None` if it is empty or not a scalar.
fn text(value: &Value) -> Option<String> {
    let said = match value {
        Value::String(text) => visible(text),
        Value::Number(number) => number.to_string(),
        Value::Array(items) => items.iter().filter_map(text).collect::<Vec<_>>().join("; "),
        Value::Null | Value::Bool(_) | Value::Object(_) => String::new(),
    };
    (!said.is_empty()).then_some(said)
}

fn integer(text: &str) -> Option<i64> {
    text.parse().ok()
}

/// One month or day, a list of them with commas, or two with a dash from the first to the last.
fn period(text: &str) -> Option<String> {
    let (separator, between) = if text.contains('-') { ('-', " s.d. ") } else { (',', ", ") };
    let parts = text.split(separator).map(|part| month(part).or_else(|| date(part)));
    Some(parts.collect::<Option<Vec<_>>>()?.join(between))
}

/// `YYYYMM` with the month's Indonesian abbreviation: `MEI 2014`.
fn month(text: &str) -> Option<String> {
    const NAMES: [&str; 12] =
        ["JAN", "FEB", "MAR", "APR", "MEI", "JUN", "JUL", "AGU", "SEP", "OKT", "NOV", "DES"];
    let (year, month) = digits(text, 6)?.split_at(4);
    let name = NAMES.get(month.parse::<usize>().ok()?.checked_sub(1)?)?;
    Some(format!("{name} {year}"))
}

/// `YYYYMMDD` as Indonesia writes it: `22-10-2019`.
fn date(text: &str) -> Option<String> {
    let (year, rest) = digits(text, 8)?.split_at(4);
    let (month, day) = rest.split_at(2);
    let real = ("01"..="12").contains(&month) && ("01"..="31").contains(&day);
    real.then(|| format!("{day}-{month}-{year}"))
}

fn digits(text: &str, count: usize) -> Option<&str> {
    (text.len() == count && text.bytes().all(|byte| byte.is_ascii_digit())).then_some(text)
}
