//! A text file as lines of cells.
//!
//! The file is split here and not by a CSV library, because a library accepts what must be refused: a
//! quotation mark that is never closed (a file that was cut off) and text after a closing one.

use crate::error::ReadError;
use crate::limits;
use crate::settings::Delimiter;

/// A line of a table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Line {
    /// Counted from one.
    pub(crate) number: usize,
    pub(crate) cells: Vec<String>,
    /// As in the file, without the line end.
    pub(crate) raw: String,
    /// The line end is missing: the file ends in this line.
    pub(crate) is_open: bool,
}

impl Line {
    /// The cell, or nothing if the line is shorter.
    pub(crate) fn cell(&self, index: usize) -> &str {
        self.cells.get(index).map_or("", String::as_str)
    }

    /// The number of cells without the empty ones at the end.
    pub(crate) fn filled(&self) -> usize {
        self.cells.iter().rposition(|cell| !cell.trim().is_empty()).map_or(0, |last| last + 1)
    }
}

/// Splits `text` into lines of cells; the first line has the number `first`.
pub(crate) fn split(
    text: &str,
    delimiter: Delimiter,
    first: usize,
) -> Result<Vec<Line>, ReadError> {
    let mut splitter = Splitter { text, at: 0, line: first, delimiter: delimiter.as_char() };
    let mut lines = Vec::new();
    while splitter.at < text.len() {
        if lines.len() >= limits::MAX_ROWS * 2 {
            return Err(ReadError::TooManyRows);
        }
        lines.push(splitter.record()?);
    }
    Ok(lines)
}

/// Splits lines that may be titles: a quotation mark that does not fit is an ordinary character.
pub(crate) fn split_leniently(text: &str, delimiter: Delimiter, limit: usize) -> Vec<Line> {
    physical_lines(text)
        .take(limit)
        .enumerate()
        .map(|(index, (start, end))| {
            let raw = &text[start..end];
            let strict = split(raw, delimiter, 1).ok().and_then(|mut lines| lines.pop());
            let cells = strict.map_or_else(
                || {
                    raw.split(delimiter.as_char())
                        .take(limits::MAX_COLUMNS)
                        .map(str::to_owned)
                        .collect()
                },
                |line| line.cells,
            );
            Line { number: index + 1, cells, raw: raw.to_owned(), is_open: false }
        })
        .collect()
}

/// Where each line begins and ends. A line ends with CRLF, LF or CR.
pub(crate) fn physical_lines(text: &str) -> impl Iterator<Item = (usize, usize)> + '_ {
    let mut at = 0;
    std::iter::from_fn(move || {
        let rest = text.get(at..).filter(|rest| !rest.is_empty())?;
        let start = at;
        let end = rest.find(['\r', '\n']).map_or(text.len(), |end| start + end);
        at = end + line_end(&text[end..]);
        Some((start, end))
    })
}

/// The bytes of the line end at the start of `text`; 0 if there is none.
fn line_end(text: &str) -> usize {
    match text.as_bytes() {
        [b'\r', b'\n', ..] => 2,
        [b'\r' | b'\n', ..] => 1,
        _ => 0,
    }
}

struct Splitter<'a> {
    text: &'a str,
    at: usize,
    line: usize,
    delimiter: char,
}

impl<'a> Splitter<'a> {
    fn record(&mut self) -> Result<Line, ReadError> {
        let (start, number) = (self.at, self.line);
        let mut cells = Vec::new();
        loop {
            if cells.len() >= limits::MAX_COLUMNS {
                return Err(ReadError::TooManyColumns { line: number });
            }
            let cell = self.cell()?;
            if cell.len() > limits::MAX_CELL {
                return Err(ReadError::CellTooLong { line: number });
            }
            cells.push(cell);
            if !self.rest().starts_with(self.delimiter) {
                break;
            }
            self.at += self.delimiter.len_utf8();
        }
        let raw = self.text[start..self.at].to_owned();
        let end = line_end(self.rest());
        self.at += end;
        self.line += 1;
        Ok(Line { number, cells, raw, is_open: end == 0 })
    }

    fn cell(&mut self) -> Result<String, ReadError> {
        let rest = self.rest();
        let quoted = rest.trim_start_matches(' ');
        if quoted.starts_with('"') {
            self.at += rest.len() - quoted.len() + 1;
            return self.quoted_cell();
        }
        let end = rest.find([self.delimiter, '\r', '\n']).unwrap_or(rest.len());
        self.at += end;
        Ok(rest[..end].to_owned())
    }

    /// The rest of a cell after its opening quotation mark. Two marks stand for one.
    fn quoted_cell(&mut self) -> Result<String, ReadError> {
        let opened = self.line;
        let mut cell = String::new();
        loop {
            let rest = self.rest();
            let Some(end) = rest.find('"') else {
                return Err(ReadError::OpenQuote { line: opened });
            };
            self.line += line_ends(&rest[..end]);
            cell.push_str(&rest[..end]);
            self.at += end + 1;
            if !self.rest().starts_with('"') {
                break;
            }
            cell.push('"');
            self.at += 1;
        }
        let rest = self.rest();
        let after = rest.trim_start_matches(' ');
        self.at += rest.len() - after.len();
        let is_end = after.is_empty() || after.starts_with([self.delimiter, '\r', '\n']);
        if is_end { Ok(cell) } else { Err(ReadError::TextAfterQuote { line: self.line }) }
    }

    fn rest(&self) -> &'a str {
        self.text.get(self.at..).unwrap_or("")
    }
}

fn line_ends(text: &str) -> usize {
    let line_feeds = text.matches('\n').count();
    let pairs = text.matches("\r\n").count();
    line_feeds + text.matches('\r').count() - pairs
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cells(text: &str, delimiter: Delimiter) -> Vec<(usize, Vec<String>)> {
        let lines = split(text, delimiter, 1).unwrap();
        lines.into_iter().map(|line| (line.number, line.cells)).collect()
    }

    fn line(number: usize, cells: &[&str]) -> (usize, Vec<String>) {
        (number, cells.iter().map(|cell| (*cell).to_owned()).collect())
    }

    #[test]
    fn lines_end_in_three_ways() {
        let expected = [line(1, &["a", "b"]), line(2, &[""]), line(3, &["c", ""])];
        for text in ["a,b\r\n\r\nc,\r\n", "a,b\n\nc,\n", "a,b\r\rc,\r", "a,b\n\nc,"] {
            assert_eq!(cells(text, Delimiter::Comma), expected, "{text:?}");
        }
    }

    #[test]
    fn quoted_cells_hold_delimiters_quotes_and_line_ends() {
        assert_eq!(
            cells("\"a;\"\"b\"\"\";c\r\n \"d\r\ne\" ;f\"g\nh", Delimiter::Semicolon),
            [line(1, &["a;\"b\"", "c"]), line(2, &["d\r\ne", "f\"g"]), line(4, &["h"])]
        );
    }

    #[test]
    fn a_quotation_mark_that_does_not_fit_is_refused() {
        let refused = |text| split(text, Delimiter::Comma, 5).unwrap_err();
        assert_eq!(refused("a\nb,\"c\nd"), ReadError::OpenQuote { line: 6 });
        assert_eq!(refused("\"a\"b,c"), ReadError::TextAfterQuote { line: 5 });
    }

    #[test]
    fn cells_and_lines_have_limits() {
        let long = "x".repeat(limits::MAX_CELL + 1);
        let refused = |text: &str| split(text, Delimiter::Comma, 1).unwrap_err();
        assert_eq!(refused(&long), ReadError::CellTooLong { line: 1 });
        assert_eq!(refused(&",".repeat(200)), ReadError::TooManyColumns { line: 1 });
        assert_eq!(refused(&"\n".repeat(limits::MAX_ROWS * 2 + 1)), ReadError::TooManyRows);
    }

    #[test]
    fn titles_may_hold_any_quotation_mark() {
        let lines = split_leniently("\"a\" b,\"c\r\nd,e\r\n", Delimiter::Comma, 60);
        assert_eq!(lines[0].cells, ["\"a\" b", "\"c"]);
        assert_eq!(lines[1].cells, ["d", "e"]);
        assert_eq!(lines[1].number, 2);
    }
}
