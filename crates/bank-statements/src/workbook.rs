//! The sheets of an Excel workbook (`.xlsx`) as lines of cells.
//!
//! Numbers are taken as the decimal text in the file, never as floating point.

use crate::archive::Archive;
use crate::element::Element;
use crate::error::{FileKind, ReadError};
use crate::limits;
use crate::sheet::Line;

/// The lines of each sheet.
pub(crate) fn sheets(bytes: &[u8]) -> Result<Vec<Vec<Line>>, ReadError> {
    let mut archive = Archive::open(bytes)?;
    if !archive.has(WORKBOOK) {
        return Err(ReadError::Unsupported { kind: FileKind::Zip });
    }
    let workbook = Element::parse(&archive.part(WORKBOOK)?)?;
    let calendar = workbook.child("workbookPr").and_then(|p| p.attribute("date1904"));
    if matches!(calendar, Some("1" | "true")) {
        return Err(ReadError::Unsupported { kind: FileKind::Calendar1904 });
    }
    let relations = Element::parse(&archive.part("xl/_rels/workbook.xml.rels")?)?;
    let texts = shared_texts(&mut archive)?;
    let mut sheets = Vec::new();
    let named = workbook.child("sheets").into_iter().flat_map(|sheets| sheets.all("sheet"));
    for sheet in named {
        let target = relations
            .all("Relationship")
            .find(|relation| relation.attribute("Id") == sheet.attribute("id"))
            .and_then(|relation| relation.attribute("Target"));
        let Some(target) = target else { continue };
        let part = match target.strip_prefix('/') {
            Some(absolute) => absolute.to_owned(),
            None => format!("xl/{target}"),
        };
        sheets.push(lines(&Element::parse(&archive.part(&part)?)?, &texts)?);
    }
    Ok(sheets)
}

const WORKBOOK: &str = "xl/workbook.xml";
const SHARED_TEXTS: &str = "xl/sharedStrings.xml";
/// Significant digits that a number in a workbook has; more are rounded away.
const SIGNIFICANT: usize = 15;

fn shared_texts(archive: &mut Archive<'_>) -> Result<Vec<String>, ReadError> {
    if !archive.has(SHARED_TEXTS) {
        return Ok(Vec::new());
    }
    let table = Element::parse(&archive.part(SHARED_TEXTS)?)?;
    Ok(table.all("si").map(text).collect())
}

/// The text of `si` or `is`: one `t`, or one in each run of a format.
fn text(item: &Element) -> String {
    let plain = item.all("t").map(|t| t.raw_text.as_str());
    let runs = item.all("r").filter_map(|run| run.child("t")).map(|t| t.raw_text.as_str());
    plain.chain(runs).collect()
}

fn lines(sheet: &Element, texts: &[String]) -> Result<Vec<Line>, ReadError> {
    let mut lines = Vec::new();
    let mut number = 0;
    for row in sheet.child("sheetData").into_iter().flat_map(|data| data.all("row")) {
        if lines.len() >= limits::MAX_ROWS * 2 {
            return Err(ReadError::TooManyRows);
        }
        let stated = row.attribute("r").and_then(|stated| stated.parse().ok());
        number = stated.unwrap_or(number + 1);
        let cells = cells(row, texts, number)?;
        lines.push(Line { number, raw: cells.join("\t"), cells, is_open: false });
    }
    // Empty cells at the end of a row are left out in the file.
    let width = lines.iter().map(|line| line.cells.len()).max().unwrap_or(0);
    lines.iter_mut().for_each(|line| line.cells.resize(width, String::new()));
    Ok(lines)
}

fn cells(row: &Element, texts: &[String], number: usize) -> Result<Vec<String>, ReadError> {
    let mut cells = Vec::new();
    for cell in row.all("c") {
        let index = cell.attribute("r").and_then(column).unwrap_or(cells.len());
        if index >= limits::MAX_COLUMNS {
            return Err(ReadError::TooManyColumns { line: number });
        }
        if index >= cells.len() {
            cells.resize(index + 1, String::new());
        }
        let value = cell.text_at(&["v"]).unwrap_or("");
        let bad = || ReadError::BadWorkbook { part: format!("row {number}") };
        cells[index] = match cell.attribute("t") {
            Some("s") => {
                let shared = value.parse().ok().and_then(|index: usize| texts.get(index));
                shared.ok_or_else(bad)?.clone()
            }
            Some("inlineStr") => cell.child("is").map(text).unwrap_or_default(),
            Some("n") | None if !value.is_empty() => plain_number(value).ok_or_else(bad)?,
            _ => value.to_owned(),
        };
        if cells[index].len() > limits::MAX_CELL {
            return Err(ReadError::CellTooLong { line: number });
        }
    }
    Ok(cells)
}

/// The index of the column of a reference such as `AB12`.
fn column(reference: &str) -> Option<usize> {
    let letters = reference.bytes().take_while(u8::is_ascii_alphabetic);
    let number = letters.take(3).fold(0, |number, letter| {
        number * 26 + usize::from(letter.to_ascii_uppercase() - b'A') + 1
    });
    number.checked_sub(1)
}

/// A number without an exponent. Programs write `1.0001230000000001E6` for 1000123: what is beyond the
/// precision of a workbook is rounded away. A number with more digits than that was damaged by it, and
/// keeps an exponent, which no cell may have.
fn plain_number(text: &str) -> Option<String> {
    let (sign, rest) = text.strip_prefix('-').map_or(("", text), |rest| ("-", rest));
    let (mantissa, exponent) = rest.split_once(['E', 'e']).unwrap_or((rest, "0"));
    let exponent: i32 = exponent.parse().ok().filter(|e: &i32| (-30..=30).contains(e))?;
    let (whole, decimals) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let mut digits: Vec<u8> = whole.bytes().chain(decimals.bytes()).collect();
    if digits.is_empty() || digits.len() > 40 || !digits.iter().all(u8::is_ascii_digit) {
        return None;
    }
    let mut point = i32::try_from(whole.len()).ok()? + exponent;
    let zeros = digits.iter().take_while(|digit| **digit == b'0').count();
    digits.drain(..zeros);
    point -= i32::try_from(zeros).ok()?;
    if round(&mut digits) {
        point += 1;
    }
    while digits.last() == Some(&b'0') {
        digits.pop();
    }
    let digits = String::from_utf8(digits).ok()?;
    if digits.is_empty() {
        return Some("0".to_owned());
    }
    let Ok(before) = usize::try_from(point) else {
        let zeros = usize::try_from(-point).ok()?;
        return Some(format!("{sign}0.{}{digits}", "0".repeat(zeros)));
    };
    if before > SIGNIFICANT {
        return Some(text.to_owned())
            .filter(|text| text.contains(['E', 'e']))
            .or_else(|| Some(format!("{sign}{}E+{}", &digits[..1], before - 1)));
    }
    if digits.len() <= before {
        return Some(format!("{sign}{digits}{}", "0".repeat(before - digits.len())));
    }
    let (whole, decimals) = digits.split_at(before);
    let whole = if whole.is_empty() { "0" } else { whole };
    // Three decimals would look like thousands.
    let fill = if decimals.len() == 3 { "0" } else { "" };
    Some(format!("{sign}{whole}.{decimals}{fill}"))
}

/// Rounds to the significant digits; whether a digit was added at the front.
fn round(digits: &mut Vec<u8>) -> bool {
    let is_up = digits.get(SIGNIFICANT).is_some_and(|digit| *digit >= b'5');
    digits.truncate(SIGNIFICANT);
    if !is_up {
        return false;
    }
    for digit in digits.iter_mut().rev() {
        if *digit < b'9' {
            *digit += 1;
            return false;
        }
        *digit = b'0';
    }
    digits.insert(0, b'1');
    true
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_written_without_an_exponent() {
        for (text, plain) in [
            ("0", "0"),
            ("-0.0", "0"),
            ("1000123", "1000123"),
            ("1000123.0", "1000123"),
            ("1.0001230E7", "10001230"),
            ("1.0001230000000001E6", "1000123"),
            ("999999.9999999999", "1000000"),
            ("56.640000000000001", "56.64"),
            ("56.6399999999999", "56.6399999999999"),
            ("56.639999999999993", "56.64"),
            ("-2500.5", "-2500.5"),
            ("1.125", "1.1250"),
            ("5e-2", "0.05"),
            ("0.05", "0.05"),
            ("46267.385729166664", "46267.3857291667"),
            ("123456789012345", "123456789012345"),
            ("1234567890123456", "1E+15"),
            ("1.23456789012346E+15", "1.23456789012346E+15"),
        ] {
            assert_eq!(plain_number(text).as_deref(), Some(plain), "{text}");
        }
        for bad in ["", "-", "x", "1e", "1e99", "1.2.3", "٣", &"1".repeat(41)] {
            assert_eq!(plain_number(bad), None, "{bad}");
        }
    }

    #[test]
    fn columns_are_named_by_letters() {
        for (reference, index) in
            [("A1", Some(0)), ("Z9", Some(25)), ("AB12", Some(27)), ("7", None)]
        {
            assert_eq!(column(reference), index, "{reference}");
        }
    }
}
