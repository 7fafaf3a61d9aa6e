//! The first bytes of a body: byte order marks, and the detection of UTF-16 and UTF-32.

/// The byte order mark of UTF-8; some editors and libraries write it.
pub(crate) const UTF_8: &[u8] = b"\xEF\xBB\xBF";

/// The byte order marks of UTF-32 and UTF-16, which are refused. UTF-32 is first, because one of
/// its marks begins like one of UTF-16.
const WIDE_MARKS: [(&[u8], &str); 4] = [
    (b"\xFF\xFE\0\0", UTF_32),
    (b"\0\0\xFE\xFF", UTF_32),
    (b"\xFF\xFE", UTF_16),
    (b"\xFE\xFF", UTF_16),
];

const UTF_16: &str = "is UTF-16; send it as UTF-8";
const UTF_32: &str = "is UTF-32; send it as UTF-8";

/// The body without a byte order mark.
pub(crate) fn without_mark(body: &[u8]) -> &[u8] {
    body.strip_prefix(UTF_8).unwrap_or(body)
}

/// The first byte that identifies a body. It skips byte order marks, whitespace, and the zeros of
/// UTF-16 and UTF-32.
pub(crate) fn first_byte(body: &[u8]) -> Option<u8> {
    let is_wide = wide(body).is_some();
    let mark = WIDE_MARKS.iter().map(|(mark, _)| *mark).find(|mark| body.starts_with(mark));
    let bare = body.strip_prefix(mark.unwrap_or(UTF_8)).unwrap_or(body);
    bare.iter().copied().find(|byte| !(byte.is_ascii_whitespace() || is_wide && *byte == 0))
}

/// The fault for a body in UTF-16 or UTF-32, with or without a byte order mark. JSON and XML begin
/// with two ASCII characters, so the zeros in the first four bytes show the encoding (RFC 4627,
/// section 3).
pub(crate) fn wide(body: &[u8]) -> Option<&'static str> {
    let marked = WIDE_MARKS.iter().find(|(mark, _)| body.starts_with(mark));
    let first: Option<&[u8; 4]> = body.first_chunk();
    marked.map(|(_, fault)| *fault).or_else(|| match first?.map(|byte| byte == 0) {
        [true, true, true, false] | [false, true, true, true] => Some(UTF_32),
        [true, false, true, false] | [false, true, false, true] => Some(UTF_16),
        _ => None,
    })
}
