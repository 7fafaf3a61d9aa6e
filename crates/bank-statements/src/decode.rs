//! The bytes of a text file to text.
//!
//! Two encodings beside UTF-8 occur, so no library for encodings is needed: Windows-1252, and the
//! UTF-16 of a spreadsheet program's "Unicode text".

use std::borrow::Cow;

use crate::error::ReadError;

/// The characters of the bytes 0x80 to 0x9f in Windows-1252. Five are not assigned; they become the
/// control characters of the same number, as in browsers.
const WINDOWS_1252: [char; 32] = [
    '€', '\u{81}', '‚', 'ƒ', '„', '…', '†', '‡', 'ˆ', '‰', 'Š', '‹', 'Œ', '\u{8d}', 'Ž', '\u{8f}',
    '\u{90}', '‘', '’', '“', '”', '•', '–', '—', '˜', '™', 'š', '›', 'œ', '\u{9d}', 'ž', 'Ÿ',
];

/// The text of a file without its byte order mark: UTF-16LE if the mark says so, else UTF-8, else
/// Windows-1252.
pub(crate) fn decode(bytes: &[u8]) -> Result<Cow<'_, str>, ReadError> {
    let text = if let Some(units) = bytes.strip_prefix(b"\xff\xfe") {
        Cow::Owned(utf_16(units)?)
    } else {
        let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
        match std::str::from_utf8(bytes) {
            Ok(text) => Cow::Borrowed(text),
            Err(_) => Cow::Owned(bytes.iter().map(|byte| windows_1252(*byte)).collect()),
        }
    };
    match text.contains('\0') {
        true => Err(ReadError::NotText),
        false => Ok(text),
    }
}

fn utf_16(bytes: &[u8]) -> Result<String, ReadError> {
    let (pairs, rest) = bytes.as_chunks::<2>();
    let units = pairs.iter().map(|pair| u16::from_le_bytes(*pair));
    let text: Result<String, _> = char::decode_utf16(units).collect();
    // Half a character at the end is a file that was cut off.
    text.ok().filter(|_| rest.is_empty()).ok_or(ReadError::NotText)
}

fn windows_1252(byte: u8) -> char {
    match byte {
        0x80..=0x9f => WINDOWS_1252[usize::from(byte - 0x80)],
        _ => char::from(byte),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_encodings_of_banks_and_spreadsheets_are_decoded() {
        let utf_16 = |text: &str| {
            let units = text.encode_utf16().flat_map(u16::to_le_bytes);
            [0xff, 0xfe].into_iter().chain(units).collect::<Vec<u8>>()
        };
        for (bytes, text) in [
            (b"abc".to_vec(), "abc"),
            ("\u{feff}Rp é".as_bytes().to_vec(), "Rp é"),
            (b"caf\xe9 \x80\x96".to_vec(), "café €–"),
            (utf_16("Rp\té😀"), "Rp\té😀"),
        ] {
            assert_eq!(decode(&bytes).unwrap(), text);
        }
    }

    #[test]
    fn bytes_that_are_no_text_are_refused() {
        for bytes in [b"a\0b".as_slice(), b"\xff\xfea", b"\xff\xfe\x00\xd8"] {
            assert!(decode(bytes).is_err());
        }
    }
}
