//! Request-smuggling guard: overwrites a byte of any HTTP/1 request whose framing is ambiguous, and all bytes
//! after it, so that hyper rejects it with 400 and closes the connection.
//!
//! hyper accepts a bare LF as the end of a line, several equal Content-Length headers as one, and
//! Content-Length together with chunked encoding (RFC 9112, 2.2 and 6.3, allows this). A proxy that
//! reads these differently would take a part of one request for the head of the next. The guard follows the
//! chunks of a body, too, so that it knows where each head begins.

/// How much of a line is kept: enough for a name, a colon and a length.
const MAX_LINE: usize = 64;

/// No head and no line between chunks may contain this byte, so hyper rejects a request with it.
const POISON: u8 = 0;

/// The end of a head. hyper parses a head only when it is complete, and a client whose request is
/// refused may send no more of it.
const ENDING: &[u8] = b"\r\n\r\n";

/// The first line of an HTTP/2 connection. HTTP/2 does not have these problems.
pub(super) const HTTP_2: &[u8] = b"PRI * HTTP/2.0\r\n";

/// The parser's position in the byte stream of a connection.
pub(crate) struct FramingGuard {
    place: Place,
    /// The start of the current line, and the line's length so far.
    line: [u8; MAX_LINE],
    length: usize,
    /// The last byte of the current line.
    last: u8,
    /// What must still be passed on after a poisoned head.
    ending: &'static [u8],
}

#[derive(Clone, Copy)]
enum Place {
    /// Before the first line of a head.
    Start,
    /// In a head, with what it has said about its body so far.
    Head(Body),
    /// In a body with this many bytes left.
    Body(u64),
    /// In the line before a chunk.
    ChunkSize,
    /// In a chunk with this many bytes left.
    Chunk(u64),
    /// In the line end after a chunk.
    ChunkEnd,
    /// In the lines after the last chunk.
    Trailers,
    /// After something ambiguous: nothing more is passed on.
    Refused,
    /// In an HTTP/2 connection, until it ends.
    Http2,
}

#[derive(Clone, Copy)]
enum Body {
    Unsaid,
    Length(u64),
    Chunks,
}

/// Two parsers may disagree about the end of the request.
struct Ambiguous;

impl FramingGuard {
    pub(crate) fn new() -> FramingGuard {
        FramingGuard { place: Place::Start, line: [0; MAX_LINE], length: 0, last: 0, ending: &[] }
    }

    /// Whether only complete requests have arrived. False for HTTP/2, where this is unknown.
    pub(crate) fn is_between_requests(&self) -> bool {
        match self.place {
            Place::Start => self.length == 0,
            Place::Http2 => true,
            _ => false,
        }
    }

    /// Bytes that the reader gets before new ones, at most `most`: the end of a poisoned head.
    pub(crate) fn take_ending(&mut self, most: usize) -> &'static [u8] {
        let (now, later) = self.ending.split_at(most.min(self.ending.len()));
        self.ending = later;
        now
    }

    /// Checks bytes that have arrived.
    pub(crate) fn watch(&mut self, mut bytes: &mut [u8]) {
        while !bytes.is_empty() {
            match self.place {
                Place::Start
                | Place::Head(_)
                | Place::ChunkSize
                | Place::ChunkEnd
                | Place::Trailers => {
                    let end = bytes.iter().position(|byte| *byte == b'\n');
                    let (line, rest) = bytes.split_at_mut(end.map_or(bytes.len(), |end| end + 1));
                    self.gather(line);
                    if end.is_some() {
                        // hyper refuses a line feed in the extension of a chunk, but takes any other byte there.
                        let is_refused =
                            matches!(self.place, Place::ChunkSize) && self.last != b'\r';
                        self.place = self.after_line().unwrap_or_else(|Ambiguous| {
                            if !is_refused {
                                line[line.len() - 1] = POISON;
                            }
                            self.ending = ENDING;
                            Place::Refused
                        });
                        self.length = 0;
                    }
                    bytes = rest;
                }
                Place::Body(to_come) => {
                    let (left, rest) = skip(to_come, bytes);
                    self.place = if left == 0 { Place::Start } else { Place::Body(left) };
                    bytes = rest;
                }
                Place::Chunk(to_come) => {
                    let (left, rest) = skip(to_come, bytes);
                    self.place = if left == 0 { Place::ChunkEnd } else { Place::Chunk(left) };
                    bytes = rest;
                }
                Place::Refused => return bytes.fill(POISON),
                Place::Http2 => return,
            }
        }
    }

    /// Adds to the current line. If the line ends here, `last` becomes the byte before its final
    /// one.
    fn gather(&mut self, bytes: &[u8]) {
        let room = &mut self.line[self.length.min(MAX_LINE)..];
        let kept = room.len().min(bytes.len());
        room[..kept].copy_from_slice(&bytes[..kept]);
        if self.length == 0 {
            self.last = 0;
        }
        self.length += bytes.len();
        let without_end = bytes.strip_suffix(b"\n").unwrap_or(bytes);
        self.last = without_end.last().copied().unwrap_or(self.last);
    }

    /// The position after the current line, which has ended.
    fn after_line(&self) -> Result<Place, Ambiguous> {
        if self.last != b'\r' {
            return Err(Ambiguous);
        }
        let line = &self.line[..self.length.min(MAX_LINE)];
        let said = match self.place {
            // All parsers skip empty lines before a request.
            Place::Start if line == b"\r\n" => return Ok(Place::Start),
            Place::Start if line == HTTP_2 => return Ok(Place::Http2),
            Place::Start => return Ok(Place::Head(Body::Unsaid)),
            Place::Head(said) => said,
            Place::ChunkSize => {
                return chunk_size(line).ok_or(Ambiguous).map(|size| match size {
                    0 => Place::Trailers,
                    size => Place::Chunk(size),
                });
            }
            Place::ChunkEnd if line == b"\r\n" => return Ok(Place::ChunkSize),
            Place::ChunkEnd => return Err(Ambiguous),
            Place::Trailers if line == b"\r\n" => return Ok(Place::Start),
            elsewhere => return Ok(elsewhere),
        };
        if line == b"\r\n" {
            return Ok(match said {
                Body::Unsaid | Body::Length(0) => Place::Start,
                Body::Length(length) => Place::Body(length),
                Body::Chunks => Place::ChunkSize,
            });
        }
        let says =
            match line.iter().position(|byte| *byte == b':').map(|colon| line.split_at(colon)) {
                Some((name, value)) if name.eq_ignore_ascii_case(b"content-length") => {
                    Body::Length(length(&value[1..]).ok_or(Ambiguous)?)
                }
                Some((name, value)) if name.eq_ignore_ascii_case(b"transfer-encoding") => {
                    // With another coding besides chunked, nothing would decode the body.
                    match value[1..].trim_ascii().eq_ignore_ascii_case(b"chunked") {
                        true => Body::Chunks,
                        false => return Err(Ambiguous),
                    }
                }
                _ => return Ok(Place::Head(said)),
            };
        match said {
            Body::Unsaid if self.length <= MAX_LINE => Ok(Place::Head(says)),
            _ => Err(Ambiguous),
        }
    }
}

/// Skips the bytes of a body or chunk with `to_come` bytes left. Returns how many are left then, and what follows.
fn skip(to_come: u64, bytes: &mut [u8]) -> (u64, &mut [u8]) {
    let here = usize::try_from(to_come).map_or(bytes.len(), |n| n.min(bytes.len()));
    (to_come.saturating_sub(here as u64), &mut bytes[here..])
}

/// The size in the line before a chunk: hexadecimal digits, and perhaps an extension.
fn chunk_size(line: &[u8]) -> Option<u64> {
    let end = line.iter().position(|byte| !byte.is_ascii_hexdigit())?;
    let digits = std::str::from_utf8(&line[..end]).ok()?;
    let is_end = matches!(line[end], b'\r' | b';' | b' ' | b'\t');
    u64::from_str_radix(digits, 16).ok().filter(|_| is_end)
}

/// A length in digits, with optional blanks around it.
fn length(value: &[u8]) -> Option<u64> {
    let value = value.trim_ascii();
    let digits = !value.is_empty() && value.iter().all(u8::is_ascii_digit);
    std::str::from_utf8(value).ok().filter(|_| digits)?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The head of a request with a chunked body.
    const CHUNKED: &str = "POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n";

    /// Passes a stream through in pieces of every size, and shows the result.
    fn watched(stream: &str) -> String {
        let mut results = (1..=stream.len().max(1)).map(|size| {
            let mut bytes = stream.as_bytes().to_vec();
            let mut guard = FramingGuard::new();
            bytes.chunks_mut(size).for_each(|piece| guard.watch(piece));
            String::from_utf8(bytes).unwrap().replace('\0', "!")
        });
        let first = results.next().unwrap();
        assert!(results.all(|other| other == first), "it matters how {stream:?} is cut");
        first
    }

    #[test]
    fn unambiguous_requests_pass_unchanged() {
        for stream in [
            "GET / HTTP/1.1\r\n\r\n",
            "\r\n\r\nGET / HTTP/1.1\r\nHost: x\r\n\r\nGET / HTTP/1.1\r\n\r\n",
            "POST / HTTP/1.1\r\nContent-Length: 6\r\n\r\n{\n\n\n\n}GET / HTTP/1.1\r\n\r\n",
            "POST / HTTP/1.1\r\ncontent-length:0\r\n\r\nGET / HTTP/1.1\r\n\r\n",
            "POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n\n\n\r\n0\r\n\r\nGET / HTTP/1.1\r\n\r\n",
            "POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n0A ; x=y\r\n0123456789\r\n00\r\nX: y\r\n\r\n",
            "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\n\n\nanything\n",
        ] {
            assert_eq!(watched(stream), stream);
        }
        let long = format!("GET / HTTP/1.1\r\nX: {}\r\n\r\n", "y".repeat(200));
        assert_eq!(watched(&long), long);
    }

    /// What is left of a stream: these first bytes, and nothing readable after them.
    fn spoiled_after(kept: &str, stream: &str) -> String {
        assert!(stream.starts_with(kept), "{stream:?}");
        format!("{kept}{}", "!".repeat(stream.len() - kept.len()))
    }

    #[test]
    fn a_bare_line_feed_anywhere_in_a_head_is_poisoned() {
        for (kept, rest) in [
            ("GET / HTTP/1.1", "\n\n"),
            ("", "\nGET / HTTP/1.1\r\n\r\n"),
            ("GET / HTTP/1.1\r\nX: y", "\nZ: z\r\n\r\n"),
            ("GET / HTTP/1.1\r\n", "\n"),
            ("POST / HTTP/1.1\r\nContent-Length: 2\r\n\r\n\n\nGET / HTTP/1.1", "\n"),
        ] {
            let stream = format!("{kept}{rest}");
            assert_eq!(watched(&stream), spoiled_after(kept, &stream));
        }
    }

    #[test]
    fn a_body_that_is_measured_twice_is_spoiled() {
        for lines in [
            "Content-Length: 5\r\nContent-Length: 5",
            "Content-Length: 5\r\nTransfer-Encoding: chunked",
            "transfer-encoding: chunked\r\nX: y\r\ncontent-length: 5",
            "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked",
            "Transfer-Encoding: gzip, chunked",
            "Transfer-Encoding: gzip",
            "Content-Length: +5",
            "Content-Length: 5, 5",
            "Content-Length:",
            "Content-Length: 18446744073709551616",
            "Content-Length:                                                    5",
        ] {
            let kept = format!("POST / HTTP/1.1\r\n{lines}\r");
            let stream = format!("{kept}\n\r\n");
            assert_eq!(watched(&stream), spoiled_after(&kept, &stream));
        }
    }

    #[test]
    fn only_a_poisoned_head_ends_at_once() {
        let ending = |stream: &str, most: usize| {
            let mut guard = FramingGuard::new();
            guard.watch(&mut stream.as_bytes().to_vec());
            let first = guard.take_ending(most);
            let rest = guard.take_ending(100);
            assert_eq!(guard.take_ending(100), b"", "it is given once");
            [first, rest].concat()
        };
        for most in 0..6 {
            assert_eq!(ending("POST / HTTP/1.1\r\nContent-Length: 5, 5\r\n", most), ENDING);
            assert_eq!(ending("GET / HTTP/1.1\n", most), ENDING);
            assert_eq!(ending("POST / HTTP/1.1\r\nContent-Length: 5\r\n", most), b"");
        }
    }

    #[test]
    fn a_head_behind_a_chunked_body_is_checked() {
        for body in ["0\r\n\r\n", "3;x\r\na\nb\r\n0\r\nX: y\r\n\r\n"] {
            let kept = format!("{CHUNKED}{body}GET / HTTP/1.1");
            let stream = format!("{kept}\n\n");
            assert_eq!(watched(&stream), spoiled_after(&kept, &stream));
        }
    }

    #[test]
    fn an_ambiguous_line_between_chunks_is_spoiled() {
        for (kept, rest) in [
            ("2\n", "{}\r\n"),
            ("2x\r", "\n"),
            ("\r", "\n"),
            ("+2\r", "\n"),
            ("2;a\n", "=b\r\n"),
            ("10000000000000002\r", "\n"),
            ("1\r\n{}\r", "\n0\r\n"),
            ("2\r\n{}", "\n0\r\n"),
            ("0\r\n", "\n"),
            ("0\r\nX: y", "\n\r\n"),
        ] {
            let (kept, stream) = (format!("{CHUNKED}{kept}"), format!("{CHUNKED}{kept}{rest}"));
            assert_eq!(watched(&stream), spoiled_after(&kept, &stream));
        }
    }
}
