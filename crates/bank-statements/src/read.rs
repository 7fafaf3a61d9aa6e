//! A file's bytes to a statement: what kind of file it is, and which layout.

use crate::columns::Columns;
use crate::decode::decode;
use crate::error::{FileKind, ReadError};
use crate::limits;
use crate::metadata::is_same_account;
use crate::settings::{ColumnMapping, Delimiter, Settings};
use crate::sheet::{self, Line, physical_lines, split, split_leniently};
use crate::statement::{Note, Statement};
use crate::table::{Table, read_table};
use crate::{camt, html, mt940, workbook};

/// Reads an account statement. The layout is recognised by the content alone.
///
/// # Errors
///
/// If any part of the file is not understood, or contradicts another part. Nothing of the file is
/// returned then.
pub fn read(bytes: &[u8], settings: &Settings) -> Result<Statement, ReadError> {
    if bytes.len() > limits::MAX_FILE {
        return Err(ReadError::FileTooLarge { bytes: bytes.len() });
    }
    for (start, kind) in [(b"%PDF".as_slice(), FileKind::Pdf), (b"\xd0\xcf\x11\xe0", FileKind::Xls)]
    {
        if bytes.starts_with(start) {
            return Err(ReadError::Unsupported { kind });
        }
    }
    if bytes.starts_with(b"PK") {
        return finish(read_workbook(bytes, settings)?, settings);
    }
    let text = decode(bytes)?;
    let start = text.trim_start();
    if start.is_empty() {
        return Err(ReadError::Empty);
    }
    let statement = if start.starts_with(":20:") || start.starts_with("{1:") {
        mt940::read(&text, settings)?
    } else if start.starts_with("<?xml") || start.starts_with("<Document") {
        camt::read(&text, settings)?
    } else if start.starts_with('<') {
        read_lines(&html::rows(&text)?, settings)?
    } else {
        read_delimited(&text, settings)?
    };
    finish(statement, settings)
}

/// Checks what is the same for all kinds of files.
fn finish(mut statement: Statement, settings: &Settings) -> Result<Statement, ReadError> {
    check_account(&mut statement, settings)?;
    if statement.rows.is_empty() {
        statement.notes.push(Note::NoRows);
    }
    Ok(statement)
}

/// The first lines of a text file as cells, for an operator who describes the columns of an unknown
/// layout. Empty if the file is no text.
pub fn preview(bytes: &[u8], delimiter: Delimiter) -> Vec<Vec<String>> {
    let bytes = &bytes[..bytes.len().min(limits::MAX_FILE)];
    let text = decode(bytes).unwrap_or_default();
    let lines = split_leniently(&text, delimiter, limits::MAX_PREAMBLE);
    lines.into_iter().map(|line| line.cells).collect()
}

fn read_delimited(text: &str, settings: &Settings) -> Result<Statement, ReadError> {
    let described = settings.mapping.as_ref().and_then(|mapping| find_mapped(text, mapping));
    let (delimiter, lines, header, columns) = match described.or_else(|| find_header(text)) {
        Some(found) => found,
        None => return read_without_header(text, settings),
    };
    let Some((_, end)) = physical_lines(text).nth(header) else {
        return Err(ReadError::UnknownLayout);
    };
    let rest = text[end..].strip_prefix("\r\n").unwrap_or_else(|| {
        let rest = &text[end..];
        rest.strip_prefix(['\r', '\n']).unwrap_or(rest)
    });
    let body = split(rest, delimiter, header + 2)?;
    read_table(&Table { preamble: &lines[..header], columns, body: &body }, settings)
}

type Found = (Delimiter, Vec<Line>, usize, Columns);

/// The header of the caller's mapping, if the file has it.
fn find_mapped(text: &str, mapping: &ColumnMapping) -> Option<Found> {
    let lines = split_leniently(text, mapping.delimiter, limits::MAX_PREAMBLE);
    let (header, columns) = mapped_header(&lines, mapping)?;
    Some((mapping.delimiter, lines, header, columns))
}

/// The first line that names the columns. With another delimiter than its own it is a single cell.
fn find_header(text: &str) -> Option<Found> {
    Delimiter::ALL.into_iter().find_map(|delimiter| {
        let lines = split_leniently(text, delimiter, limits::MAX_PREAMBLE);
        let (header, mut columns) = named_header(&lines)?;
        columns.delimiter = delimiter.as_char();
        Some((delimiter, lines, header, columns))
    })
}

/// A file without column names, which only the caller's mapping describes.
fn read_without_header(text: &str, settings: &Settings) -> Result<Statement, ReadError> {
    let mapping = settings.mapping.as_ref().filter(|mapping| mapping.header.is_empty());
    let mapping = mapping.ok_or(ReadError::UnknownLayout)?;
    let body = split(text, mapping.delimiter, 1)?;
    let columns = Columns::of_mapping(mapping);
    let statement = read_table(&Table { preamble: &[], columns, body: &body }, settings)?;
    if statement.rows.is_empty() { Err(ReadError::UnknownLayout) } else { Ok(statement) }
}

/// The first sheet with a header.
fn read_workbook(bytes: &[u8], settings: &Settings) -> Result<Statement, ReadError> {
    for sheet in workbook::sheets(bytes)? {
        match read_lines(&sheet, settings) {
            Err(ReadError::UnknownLayout) => {}
            other => return other,
        }
    }
    Err(ReadError::UnknownLayout)
}

fn read_lines(lines: &[sheet::Line], settings: &Settings) -> Result<Statement, ReadError> {
    let first = &lines[..lines.len().min(limits::MAX_PREAMBLE)];
    let described = settings.mapping.as_ref().and_then(|mapping| mapped_header(first, mapping));
    let found = described.or_else(|| named_header(first));
    let (header, columns) = found.ok_or(ReadError::UnknownLayout)?;
    let (preamble, body) = (&lines[..header], &lines[header + 1..]);
    read_table(&Table { preamble, columns, body }, settings)
}

/// The place of the header of the caller's mapping, if it is there.
fn mapped_header(lines: &[Line], mapping: &ColumnMapping) -> Option<(usize, Columns)> {
    let columns = Columns::of_mapping(mapping);
    let header = lines.iter().position(|line| columns.is_header(line))?;
    Some((header, columns))
}

/// The place of the first line that names the columns.
fn named_header(lines: &[Line]) -> Option<(usize, Columns)> {
    let mut candidates = lines.iter().enumerate();
    candidates.find_map(|(index, line)| Some((index, Columns::of_header(line)?)))
}

fn check_account(statement: &mut Statement, settings: &Settings) -> Result<(), ReadError> {
    match (&statement.account, &settings.account) {
        (Some(found), Some(expected)) if !is_same_account(found, expected) => {
            let (found, expected) = (found.as_str().into(), expected.as_str().into());
            Err(ReadError::AccountMismatch { found, expected })
        }
        (Some(_), _) => Ok(()),
        (None, _) => {
            statement.notes.push(Note::AccountNotStated);
            Ok(())
        }
    }
}
