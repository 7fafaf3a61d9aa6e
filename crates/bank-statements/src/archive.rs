//! The parts of a ZIP archive, as far as workbooks use it: stored or deflated, without encryption and
//! without the extensions for archives above 4 GiB.

use std::io::Read;

use flate2::Crc;
use flate2::read::DeflateDecoder;

use crate::error::ReadError;
use crate::limits;

/// An archive whose directory was read.
pub(crate) struct Archive<'a> {
    bytes: &'a [u8],
    entries: Vec<Entry<'a>>,
    /// Bytes that were unpacked so far: the sizes that an archive states are not trusted.
    unpacked: usize,
}

/// A part, as the directory describes it.
struct Entry<'a> {
    name: &'a str,
    is_encrypted: bool,
    method: u16,
    crc: u32,
    packed: usize,
    local_header: usize,
}

/// Signatures of the three kinds of records that are read.
const END: &[u8; 4] = b"PK\x05\x06";
const DIRECTORY: &[u8; 4] = b"PK\x01\x02";
const LOCAL: &[u8; 4] = b"PK\x03\x04";
/// Bytes of these records without what has a variable length.
const END_LENGTH: usize = 22;
const DIRECTORY_LENGTH: usize = 46;
const LOCAL_LENGTH: usize = 30;
/// Bytes of a comment at the end of an archive, at most.
const MAX_COMMENT: usize = 65_535;
/// Parts of a workbook; some have a picture for each cell.
const MAX_PARTS: usize = 2000;

const STORED: u16 = 0;
const DEFLATED: u16 = 8;

impl<'a> Archive<'a> {
    /// Reads the directory at the end of the archive.
    pub(crate) fn open(bytes: &'a [u8]) -> Result<Archive<'a>, ReadError> {
        let entries = directory(bytes).ok_or_else(|| damaged("its directory"))?;
        Ok(Archive { bytes, entries, unpacked: 0 })
    }

    /// Whether there is such a part.
    pub(crate) fn has(&self, name: &str) -> bool {
        self.entries.iter().any(|entry| entry.name == name)
    }

    /// The text of a part, checked by its checksum.
    pub(crate) fn part(&mut self, name: &str) -> Result<String, ReadError> {
        let bad = || damaged(name);
        let entry = self.entries.iter().find(|entry| entry.name == name).ok_or_else(bad)?;
        if entry.is_encrypted {
            return Err(bad());
        }
        let header = record(self.bytes, entry.local_header, LOCAL, LOCAL_LENGTH).ok_or_else(bad)?;
        let variable = usize::from(number(header, 26).ok_or_else(bad)?)
            + usize::from(number(header, 28).ok_or_else(bad)?);
        let start = entry.local_header + LOCAL_LENGTH + variable;
        let packed = self.bytes.get(start..).and_then(|rest| rest.get(..entry.packed));
        let packed = packed.ok_or_else(bad)?;
        let left = limits::MAX_UNPACKED - self.unpacked;
        let mut unpacked = Vec::new();
        let limit = u64::try_from(left).unwrap_or(u64::MAX).saturating_add(1);
        let result = match entry.method {
            STORED => packed.take(limit).read_to_end(&mut unpacked),
            DEFLATED => DeflateDecoder::new(packed).take(limit).read_to_end(&mut unpacked),
            _ => return Err(bad()),
        };
        if unpacked.len() > left {
            return Err(ReadError::WorkbookTooLarge);
        }
        let mut crc = Crc::new();
        crc.update(&unpacked);
        if result.is_err() || crc.sum() != entry.crc {
            return Err(bad());
        }
        self.unpacked += unpacked.len();
        String::from_utf8(unpacked).map_err(|_| bad())
    }
}

fn directory(bytes: &[u8]) -> Option<Vec<Entry<'_>>> {
    let earliest = bytes.len().saturating_sub(END_LENGTH + MAX_COMMENT);
    let tail = &bytes[earliest..];
    let end = earliest + tail.windows(END.len()).rposition(|window| window == END)?;
    let record_of_end = record(bytes, end, END, END_LENGTH)?;
    let count = usize::from(number(record_of_end, 10)?);
    let mut at = usize::try_from(long(record_of_end, 16)?).ok()?;
    if count > MAX_PARTS {
        return None;
    }
    let mut entries = Vec::with_capacity(count);
    for _ in 0..count {
        let header = record(bytes, at, DIRECTORY, DIRECTORY_LENGTH)?;
        let name_length = usize::from(number(header, 28)?);
        let extra = usize::from(number(header, 30)?) + usize::from(number(header, 32)?);
        let name = bytes.get(at + DIRECTORY_LENGTH..)?.get(..name_length)?;
        entries.push(Entry {
            name: std::str::from_utf8(name).ok()?.trim_start_matches('/'),
            is_encrypted: number(header, 8)? & 1 == 1,
            method: number(header, 10)?,
            crc: long(header, 16)?,
            packed: usize::try_from(long(header, 20)?).ok()?,
            local_header: usize::try_from(long(header, 42)?).ok()?,
        });
        at += DIRECTORY_LENGTH + name_length + extra;
    }
    Some(entries)
}

/// The fixed bytes of a record with this signature.
fn record<'a>(bytes: &'a [u8], at: usize, signature: &[u8], length: usize) -> Option<&'a [u8]> {
    let record = bytes.get(at..)?.get(..length)?;
    record.starts_with(signature).then_some(record)
}

fn number(record: &[u8], at: usize) -> Option<u16> {
    Some(u16::from_le_bytes(*record.get(at..)?.first_chunk()?))
}

fn long(record: &[u8], at: usize) -> Option<u32> {
    Some(u32::from_le_bytes(*record.get(at..)?.first_chunk()?))
}

fn damaged(part: &str) -> ReadError {
    ReadError::BadWorkbook { part: part.to_owned() }
}
