//! Cells with an amount of money. Nothing here decides by one cell alone what `1.000` means: such a
//! cell stays undecided until the file's other cells or its balances decide.

use crate::settings::DecimalSeparator;
use crate::statement::Direction;

/// What a cell says about an amount.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct AmountCell {
    pub(crate) number: Number,
    pub(crate) is_negative: bool,
    /// It has a plus or a minus.
    pub(crate) has_sign: bool,
    /// The word `CR`, `DB` … inside of the cell.
    pub(crate) mark: Option<Direction>,
    /// What the cell proves about its column.
    pub(crate) decimal: Option<DecimalSeparator>,
}

/// A number without its sign, in cents.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Number {
    Certain(i64),
    /// One separator before three digits: of thousands, or of decimals if the number then is whole
    /// cents.
    Undecided {
        separator: DecimalSeparator,
        as_thousands: i64,
        as_decimals: Option<i64>,
    },
}

impl Number {
    /// The value in cents in a column with this decimal separator; `None` if it is no amount then.
    pub(crate) fn resolve(self, decimal: DecimalSeparator) -> Option<i64> {
        match self {
            Number::Certain(cents) => Some(cents),
            Number::Undecided { separator, as_decimals, .. } if separator == decimal => as_decimals,
            Number::Undecided { as_thousands, .. } => Some(as_thousands),
        }
    }
}

/// Why a cell is not an amount.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, thiserror::Error)]
pub enum AmountFault {
    #[error("this is not an amount")]
    NotAnAmount,
    #[error("the thousands are not in groups of three digits")]
    BadGroups,
    #[error("an amount has at most two decimals")]
    TooManyDecimals,
    #[error(
        "a spreadsheet program has damaged this number; import the file as the bank sent it, \
         without opening and saving it before"
    )]
    SpreadsheetDamage,
    #[error("only rupiah are read")]
    NotRupiah,
    #[error("the amount is too large")]
    TooLarge,
    #[error("the minus contradicts the column or the mark")]
    WrongSign,
    #[error("the mark must be CR or DB")]
    BadMark,
    #[error("debit and credit contradict each other")]
    Contradiction,
}

/// Parses a cell; `None` if it is empty or a dash.
pub(crate) fn parse_amount(cell: &str) -> Result<Option<AmountCell>, AmountFault> {
    let text: String =
        cell.chars().filter(|c| !c.is_whitespace()).flat_map(char::to_uppercase).collect();
    let text = text.strip_prefix('\'').unwrap_or(&text).replace('\u{2212}', "-");
    if text.is_empty() || text.bytes().all(|byte| byte == b'-') {
        return Ok(None);
    }
    if text.starts_with('#') {
        return Err(AmountFault::SpreadsheetDamage);
    }
    let (text, mark) = strip_mark(&text);
    let (text, minus, plus) = strip_signs(text)?;
    let (number, decimal) = parse_number(text)?;
    Ok(Some(AmountCell { number, is_negative: minus, has_sign: minus || plus, mark, decimal }))
}

/// Parses the word for a direction; `None` if the cell is empty.
pub(crate) fn parse_mark(cell: &str) -> Result<Option<Direction>, AmountFault> {
    let word = cell.trim().trim_start_matches('\'').trim_end_matches('.').trim().to_uppercase();
    match word.as_str() {
        "" => Ok(None),
        "CR" | "C" | "K" | "KR" | "KREDIT" | "CREDIT" => Ok(Some(Direction::Credit)),
        "DB" | "D" | "DR" | "DEBET" | "DEBIT" => Ok(Some(Direction::Debit)),
        _ => Err(AmountFault::BadMark),
    }
}

fn strip_mark(text: &str) -> (&str, Option<Direction>) {
    let word = text.trim_end_matches('.');
    let letters = word.len() - word.trim_end_matches(|c: char| c.is_ascii_alphabetic()).len();
    let (number, mark) = word.split_at(word.len() - letters);
    match parse_mark(mark) {
        Ok(Some(direction)) if !number.is_empty() => (number, Some(direction)),
        _ => (text, None),
    }
}

/// The text without signs and without the name of the currency; whether there was a minus, a plus.
fn strip_signs(text: &str) -> Result<(&str, bool, bool), AmountFault> {
    let mut rest = text;
    let (mut minus, mut plus, mut currency) = (0, 0, 0);
    loop {
        if let Some(after) = rest.strip_prefix('-') {
            (rest, minus) = (after, minus + 1);
        } else if let Some(after) = rest.strip_prefix('+') {
            (rest, plus) = (after, plus + 1);
        } else if let Some(after) = ["RP.", "RP", "IDR"].iter().find_map(|p| rest.strip_prefix(p)) {
            (rest, currency) = (after, currency + 1);
        } else {
            break;
        }
    }
    if let Some(before) = rest.strip_suffix('-') {
        (rest, minus) = (before, minus + 1);
    }
    if minus + plus > 1 || currency > 1 {
        return Err(AmountFault::NotAnAmount);
    }
    Ok((rest, minus == 1, plus == 1))
}

fn parse_number(text: &str) -> Result<(Number, Option<DecimalSeparator>), AmountFault> {
    if !text.bytes().all(|byte| byte.is_ascii_digit() || matches!(byte, b'.' | b',')) {
        return Err(not_a_number(text));
    }
    let Some(last) = text.rfind(['.', ',']) else {
        return Ok((Number::Certain(cents(text, "")?), None));
    };
    let separator = text.as_bytes()[last];
    let (before, after) = (&text[..last], &text[last + 1..]);
    let decimal = if separator == b'.' { DecimalSeparator::Dot } else { DecimalSeparator::Comma };
    let other = match decimal {
        DecimalSeparator::Dot => DecimalSeparator::Comma,
        DecimalSeparator::Comma => DecimalSeparator::Dot,
    };
    let groups: Vec<&str> = before.split(['.', ',']).collect();
    let same = before.bytes().filter(|byte| *byte == separator).count();
    let is_mixed = same + 1 < groups.len();
    match (is_mixed, same) {
        // 1,000,123.00
        (true, 0) => Ok((Number::Certain(cents(&grouped(&groups)?, after)?), Some(decimal))),
        (true, _) => Err(AmountFault::BadGroups),
        // 6500.00.00: seen in files of Mandiri, the decimals twice.
        (false, 1) if groups[1].len() == 2 && groups[1] == after => {
            Ok((Number::Certain(cents(groups[0], after)?), Some(decimal)))
        }
        (false, 0) => match one_separator(before, after, decimal)? {
            number @ Number::Undecided { .. } => Ok((number, None)),
            number => Ok((number, (after.len() < 3).then_some(decimal))),
        },
        // 1.000.123
        (false, _) => {
            let mut all = groups;
            all.push(after);
            Ok((Number::Certain(cents(&grouped(&all)?, "")?), Some(other)))
        }
    }
}

fn one_separator(
    before: &str,
    after: &str,
    separator: DecimalSeparator,
) -> Result<Number, AmountFault> {
    let could_be_thousands =
        after.len() == 3 && (1..=3).contains(&before.len()) && !before.starts_with('0');
    if could_be_thousands {
        let as_thousands = cents(&format!("{before}{after}"), "")?;
        return Ok(Number::Undecided {
            separator,
            as_thousands,
            as_decimals: cents(before, after).ok(),
        });
    }
    if after.is_empty() {
        return Err(AmountFault::NotAnAmount);
    }
    cents(before, after).map(Number::Certain)
}

/// The digits of groups of three; the first may be shorter.
fn grouped(groups: &[&str]) -> Result<String, AmountFault> {
    let is_grouped = groups.split_first().is_some_and(|(first, rest)| {
        (1..=3).contains(&first.len()) && rest.iter().all(|group| group.len() == 3)
    });
    if is_grouped { Ok(groups.concat()) } else { Err(AmountFault::BadGroups) }
}

/// Cents from the digits before and after the decimal separator. Zeros after the second decimal are
/// no harm.
pub(crate) fn cents(whole: &str, decimals: &str) -> Result<i64, AmountFault> {
    let is_digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    if !is_digits(whole) || !is_digits(decimals) || whole.is_empty() && decimals.is_empty() {
        return Err(AmountFault::NotAnAmount);
    }
    let kept = decimals.len().min(2);
    if decimals.bytes().skip(kept).any(|byte| byte != b'0') {
        return Err(AmountFault::TooManyDecimals);
    }
    let digits = format!("{whole}{:0<2}", &decimals[..kept]);
    digits.parse().map_err(|_| AmountFault::TooLarge)
}

fn not_a_number(text: &str) -> AmountFault {
    let first = text.chars().next();
    let begins_with_digit = first.is_some_and(|c| c.is_ascii_digit());
    if begins_with_digit && text.contains('E') {
        AmountFault::SpreadsheetDamage
    } else if text.starts_with(['$', '€', '£', '¥'])
        || ["USD", "EUR", "SGD", "JPY", "CNY", "MYR", "AUD"].iter().any(|c| text.starts_with(c))
    {
        AmountFault::NotRupiah
    } else {
        AmountFault::NotAnAmount
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn value(cell: &str) -> Result<i64, AmountFault> {
        match parse_amount(cell)? {
            None => Ok(0),
            Some(AmountCell { number: Number::Certain(cents), is_negative, mark, .. }) => {
                let is_debit = is_negative || mark == Some(Direction::Debit);
                Ok(if is_debit { -cents } else { cents })
            }
            Some(other) => panic!("{cell:?} is undecided: {other:?}"),
        }
    }

    #[test]
    fn amounts_as_the_banks_print_them() {
        for (cell, cents) in [
            ("1,000,123.00", 100_012_300),
            ("1,000,123.00 CR", 100_012_300),
            ("15,000.00 DB", -1_500_000),
            ("15,000.00 Db.", -1_500_000),
            ("1000123.00", 100_012_300),
            ("1.000.123,00", 100_012_300),
            (".00", 0),
            ("0.00", 0),
            ("0.000", 0),
            (" 20,000.5 ", 2_000_050),
            ("1 000 123.00", 100_012_300),
            ("1,000,000.00-", -100_000_000),
            ("- 2,450,000.00", -245_000_000),
            ("\u{2212}2.450,00", -245_000),
            ("Rp 100.000,00", 10_000_000),
            ("Rp. 100.000,00", 10_000_000),
            ("+Rp1.600.000", 160_000_000),
            ("-Rp1.600.000", -160_000_000),
            ("Rp -1.600.000", -160_000_000),
            ("-", 0),
            ("", 0),
            ("\u{a0}", 0),
            ("6500.00.00", 650_000),
            ("56.64", 5664),
            ("56,6", 5660),
            ("'50000", 5_000_000),
            ("1000.5000", 100_050),
            ("999999999999.99", 99_999_999_999_999),
        ] {
            assert_eq!(value(cell), Ok(cents), "{cell:?}");
        }
    }

    #[test]
    fn what_is_no_amount_is_refused() {
        use AmountFault::*;
        for (cell, fault) in [
            ("1E+06", SpreadsheetDamage),
            ("1,00E+13", SpreadsheetDamage),
            ("########", SpreadsheetDamage),
            ("#VALUE!", SpreadsheetDamage),
            ("1,000,1", BadGroups),
            ("1,00,000.00", BadGroups),
            ("1.000,000.00", BadGroups),
            ("1000,000,000", BadGroups),
            ("1,000.123", TooManyDecimals),
            ("1000.1234", TooManyDecimals),
            ("6500.00.01", BadGroups),
            ("USD100.00", NotRupiah),
            ("$1", NotRupiah),
            ("100 X", NotAnAmount),
            ("--5", NotAnAmount),
            ("-5-", NotAnAmount),
            ("Rp", NotAnAmount),
            ("CR", NotAnAmount),
            ("1,", NotAnAmount),
            (".", NotAnAmount),
            ("٣", NotAnAmount),
            ("99999999999999999999", TooLarge),
        ] {
            assert_eq!(value(cell), Err(fault), "{cell:?}");
        }
    }

    #[test]
    fn three_digits_after_one_separator_are_undecided() {
        use DecimalSeparator::{Comma, Dot};
        for (cell, dot, comma) in [
            ("1.000", Some(100), Some(100_000)),
            ("1,000", Some(100_000), Some(100)),
            (" 20,000 ", Some(2_000_000), Some(2_000)),
            ("50.123", None, Some(5_012_300)),
        ] {
            let cell = parse_amount(cell).unwrap().unwrap();
            assert_eq!(cell.decimal, None);
            assert_eq!(cell.number.resolve(Dot), dot, "{cell:?}");
            assert_eq!(cell.number.resolve(Comma), comma, "{cell:?}");
        }
    }

    #[test]
    fn a_cell_proves_the_separator_of_its_column() {
        use DecimalSeparator::{Comma, Dot};
        for (cell, proof) in [
            ("1,000.00", Some(Dot)),
            ("1.000,00", Some(Comma)),
            ("1.000.000", Some(Comma)),
            ("1,000,000", Some(Dot)),
            ("1.5", Some(Dot)),
            (".00", Some(Dot)),
            ("1000", None),
            ("1.000", None),
        ] {
            assert_eq!(parse_amount(cell).unwrap().unwrap().decimal, proof, "{cell:?}");
        }
    }

    #[test]
    fn marks_are_words_for_a_direction() {
        for word in ["CR", "c", "K", "Cr.", " kredit "] {
            assert_eq!(parse_mark(word), Ok(Some(Direction::Credit)), "{word:?}");
        }
        for word in ["DB", "d", "Db.", "'DB", "Debet"] {
            assert_eq!(parse_mark(word), Ok(Some(Direction::Debit)), "{word:?}");
        }
        assert_eq!(parse_mark(" "), Ok(None));
        assert_eq!(parse_mark("CRX"), Err(AmountFault::BadMark));
    }
}
