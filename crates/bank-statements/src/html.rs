//! The rows of HTML tables: what some banks call an `.xls` file.
//!
//! Only what such files use is read: rows, cells, line breaks and entities. All tables of the file are
//! read as one.

use crate::error::ReadError;
use crate::limits;
use crate::sheet::Line;

/// Every row of every table.
pub(crate) fn rows(text: &str) -> Result<Vec<Line>, ReadError> {
    let mut reader = Reader { lines: Vec::new(), row: None, cell: None, number: 1 };
    let mut rest = text;
    let mut row_start = 0;
    while let Some(open) = rest.find('<') {
        reader.text(&rest[..open])?;
        rest = &rest[open..];
        let at = text.len() - rest.len();
        let (tag, length) = tag(rest)
            .ok_or(ReadError::MissingField { line: reader.number, field: "the end of a tag" })?;
        match tag.as_str() {
            "tr" => {
                reader.end_cell()?;
                reader.end_row(&text[row_start..at]);
                row_start = at;
                reader.row = Some((reader.number, Vec::new()));
            }
            "td" | "th" => {
                reader.end_cell()?;
                reader.cell = Some(String::new());
            }
            "/td" | "/th" => reader.end_cell()?,
            "/tr" | "/table" => {
                reader.end_cell()?;
                reader.end_row(&text[row_start..at + length]);
            }
            "br" => reader.text(" ")?,
            _ => {}
        }
        reader.count_lines(&rest[..length]);
        rest = &rest[length..];
        if reader.lines.len() > limits::MAX_ROWS * 2 {
            return Err(ReadError::TooManyRows);
        }
    }
    if reader.row.is_some() || !text.to_ascii_lowercase().contains("</table") {
        return Err(ReadError::MissingField { line: reader.number, field: "the end of the table" });
    }
    Ok(reader.lines)
}

struct Reader {
    lines: Vec<Line>,
    /// The open row, with the number of its line.
    row: Option<(usize, Vec<String>)>,
    cell: Option<String>,
    number: usize,
}

impl Reader {
    fn text(&mut self, text: &str) -> Result<(), ReadError> {
        self.count_lines(text);
        match &mut self.cell {
            Some(cell) if cell.len() + text.len() > limits::MAX_CELL => {
                Err(ReadError::CellTooLong { line: self.number })
            }
            Some(cell) => {
                cell.push_str(text);
                Ok(())
            }
            None => Ok(()),
        }
    }

    fn end_cell(&mut self) -> Result<(), ReadError> {
        let (Some(cell), Some((number, cells))) = (self.cell.take(), &mut self.row) else {
            return Ok(());
        };
        if cells.len() >= limits::MAX_COLUMNS {
            return Err(ReadError::TooManyColumns { line: *number });
        }
        // A line end inside of a cell is a space, and spaces at its ends are those of the source.
        let unbroken = cell.replace(['\r', '\n', '\t'], " ");
        cells.push(unescape(&unbroken).trim().to_owned());
        Ok(())
    }

    fn end_row(&mut self, raw: &str) {
        let Some((number, cells)) = self.row.take() else { return };
        self.lines.push(Line { number, cells, raw: raw.to_owned(), is_open: false });
    }

    fn count_lines(&mut self, text: &str) {
        self.number += text.matches('\n').count();
    }
}

/// The name of the tag at the start of `text` in lower case, and the length of the tag.
fn tag(text: &str) -> Option<(String, usize)> {
    if text.starts_with("<!--") {
        return Some((String::new(), text.find("-->")? + 3));
    }
    let end = text.find('>')? + 1;
    let inside = &text[1..end - 1];
    let name = inside.find(char::is_whitespace).map_or(inside, |length| &inside[..length]);
    // `<td/>` is an empty cell, which the next tag ends.
    let name = name.strip_suffix('/').unwrap_or(name);
    Some((name.to_ascii_lowercase(), end))
}

/// Bytes of an entity such as `&nbsp;`, at most.
const MAX_ENTITY: usize = 12;

fn unescape(text: &str) -> String {
    const NAMED: [(&str, char); 6] =
        [("amp", '&'), ("lt", '<'), ("gt", '>'), ("quot", '"'), ("apos", '\''), ("nbsp", ' ')];
    let mut unescaped = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(start) = rest.find('&') {
        unescaped.push_str(&rest[..start]);
        rest = &rest[start..];
        let end = rest.bytes().take(MAX_ENTITY).position(|byte| byte == b';');
        let entity = end.map(|end| &rest[1..end]);
        let named = |name: &str| NAMED.iter().find(|(known, _)| *known == name).map(|(_, c)| *c);
        match entity.and_then(|entity| named(entity).or_else(|| numbered(entity)).zip(Some(entity)))
        {
            Some((c, entity)) => {
                unescaped.push(c);
                rest = &rest[entity.len() + 2..];
            }
            None => {
                unescaped.push('&');
                rest = &rest[1..];
            }
        }
    }
    unescaped.push_str(rest);
    unescaped
}

/// The character of `#39` or `#x27`.
fn numbered(entity: &str) -> Option<char> {
    let number = entity.strip_prefix('#')?;
    let number = match number.strip_prefix(['x', 'X']) {
        Some(hexadecimal) => u32::from_str_radix(hexadecimal, 16).ok()?,
        None => number.parse().ok()?,
    };
    char::from_u32(number).filter(|c| *c != '\0').map(|c| if c == '\u{a0}' { ' ' } else { c })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_of_tables_become_lines_of_cells() {
        let text = "<html><head><style>td { x }</style></head><TABLE>\n<tr><td colspan=2>A&nbsp;&amp; \
                    B&#39;s<br>C</td><td></td></tr>\n<TR><TD>1<TD/><TD>2\n3</TR>\n<!-- <tr> --></TABLE>";
        let rows = rows(text).unwrap();
        assert_eq!(rows[0].cells, ["A & B's C", ""]);
        assert_eq!(rows[1].cells, ["1", "", "2 3"]);
        assert_eq!((rows[0].number, rows[1].number), (2, 3));
        assert_eq!(rows[1].raw, "<TR><TD>1<TD/><TD>2\n3</TR>");
    }

    #[test]
    fn a_table_that_is_cut_off_is_refused() {
        for text in ["<table><tr><td>1</td></tr>", "<table><tr><td>1", "<table><tr><t", "<table>"] {
            assert!(matches!(rows(text), Err(ReadError::MissingField { .. })), "{text}");
        }
    }

    #[test]
    fn entities_that_are_unknown_stay() {
        assert_eq!(unescape("a & b &unknown; &#0; &#xe9;&#160;c"), "a & b &unknown; &#0; é c");
    }
}
