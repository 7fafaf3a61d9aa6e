//! Requests that two parsers could split differently. Ambiguous requests are refused and the
//! connection is closed, so that nothing after them is read as a request.

use std::thread;

use crate::attack_server::{AttackServer, fire, tells_nothing};
use crate::client::{CHECK, Partner, inquiry};

/// An attack: the value of `{head}` and the bytes after the blank line, with the statuses of all
/// answers until the connection ends.
type Case = (&'static str, &'static str, &'static [u16]);

/// Refused, and the connection is closed.
const REFUSED: &[u16] = &[400];
/// Closed in the middle of a body that did not arrive completely.
const NEVER_WHOLE: &[u16] = &[408];
/// One answered request (400, its body is empty), then the next one.
const TAKEN: &[u16] = &[400, 200];

/// Header lines about the body's length. An empty chunked body and the hidden request follow; a
/// parser that counts 5 bytes finds it, as does one that reads chunks.
const LENGTHS: &[(&str, &[u16])] = &[
    ("Content-Length: 5", TAKEN),
    ("Transfer-Encoding: chunked", TAKEN),
    ("Transfer-Encoding: Chunked", TAKEN),
    ("Content-Length: 5\r\nTransfer-Encoding: chunked", REFUSED),
    ("Transfer-Encoding: chunked\r\nContent-Length: 5", REFUSED),
    ("Content-Length: 0\r\nTransfer-Encoding: chunked", REFUSED),
    ("Transfer-Encoding: chunked\r\nX: y\r\nContent-Length: 5", REFUSED),
    ("transfer-encoding: chunked\r\ncontent-length: 5", REFUSED),
    ("Content-Length: 5\r\nContent-Length: 5", REFUSED),
    ("Content-Length: 5\r\nContent-Length: 6", REFUSED),
    ("Content-Length: 6\r\nContent-Length: 5", REFUSED),
    ("Content-Length: 5, 5", REFUSED),
    ("Content-Length: 5, 6", REFUSED),
    ("Content-Length: +5", REFUSED),
    ("Content-Length: -5", REFUSED),
    ("Content-Length: 5 5", REFUSED),
    ("Content-Length: 0x5", REFUSED),
    ("Content-Length: 5a", REFUSED),
    ("Content-Length: 5.0", REFUSED),
    ("Content-Length: 5e0", REFUSED),
    ("Content-Length: \"5\"", REFUSED),
    ("Content-Length: ", REFUSED),
    ("Content-Length: five", REFUSED),
    ("Content-Length: 5;", REFUSED),
    ("Content-Length: \u{665}", REFUSED),
    ("Content-Length: 18446744073709551616", REFUSED),
    ("Content-Length: 18446744073709551615", &[431]),
    ("Content-Length: 99999999999999999999999999", REFUSED),
    ("Content-Length : 5", REFUSED),
    ("Content-Length\t: 5", REFUSED),
    (" Content-Length: 5", REFUSED),
    ("Content-Length: 5\r\n 6", REFUSED),
    ("Content-Length:\r\n 5", REFUSED),
    ("Content-Length: 5\u{b}", REFUSED),
    ("Content-Length: 5\0", REFUSED),
    ("Content-Length: 5\r", REFUSED),
    ("X: y\nContent-Length: 5", REFUSED),
    ("X: y\rContent-Length: 5", REFUSED),
    ("Content-Length: 5\nX: y", REFUSED),
    ("X: y\n\r\nContent-Length: 5", REFUSED),
    ("Transfer-Encoding: identity", REFUSED),
    ("Transfer-Encoding: gzip", REFUSED),
    ("Transfer-Encoding: xchunked", REFUSED),
    ("Transfer-Encoding: chunkedx", REFUSED),
    ("Transfer-Encoding: chunked;q=1", REFUSED),
    ("Transfer-Encoding: \"chunked\"", REFUSED),
    ("Transfer-Encoding: chunked, identity", REFUSED),
    ("Transfer-Encoding: ", REFUSED),
    ("Transfer-Encoding:\u{b}chunked", REFUSED),
    ("Transfer-Encoding: chunked\0", REFUSED),
    ("Transfer-Encoding: \u{0}chunked", REFUSED),
    ("Transfer-Encoding : chunked", REFUSED),
    ("Transfer-Encoding\t: chunked", REFUSED),
    (" Transfer-Encoding: chunked", REFUSED),
    ("Transfer-Encoding:\r\n chunked", REFUSED),
    ("Transfer-Encoding: chunked\r\n ", REFUSED),
    ("Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked", REFUSED),
    ("Transfer-Encoding: chunked\r\nTransfer-Encoding: identity", REFUSED),
    ("Transfer-Encoding: identity\r\nTransfer-Encoding: chunked", REFUSED),
    ("Transfer-Encoding: chunked\r\nTransfer-Encoding: x", REFUSED),
    ("X: y\nTransfer-Encoding: chunked", REFUSED),
    ("X: y\rTransfer-Encoding: chunked", REFUSED),
    ("Transfer-Encoding: chunked\nX: y", REFUSED),
    ("Transfer\u{2011}Encoding: chunked", REFUSED),
];

/// What follows the head of a chunked request. The hidden request comes after it.
const CHUNKS: &[(&str, &[u16])] = &[
    ("2\r\n{}\r\n0\r\n\r\n", TAKEN),
    ("02\r\n{}\r\n000\r\n\r\n", TAKEN),
    ("2;name=value\r\n{}\r\n0\r\n\r\n", TAKEN),
    ("2\r\n{}\r\n0\r\nX-Trailer: y\r\n\r\n", TAKEN),
    ("x\r\n{}\r\n0\r\n\r\n", REFUSED),
    ("-2\r\n{}\r\n0\r\n\r\n", REFUSED),
    ("+2\r\n{}\r\n0\r\n\r\n", REFUSED),
    ("0x2\r\n{}\r\n0\r\n\r\n", REFUSED),
    ("2x\r\n{}\r\n0\r\n\r\n", REFUSED),
    ("\r\n{}\r\n0\r\n\r\n", REFUSED),
    ("2\n{}\r\n0\r\n\r\n", REFUSED),
    ("2\r\n{}\n0\r\n\r\n", REFUSED),
    ("2\r\n{}\r\n0\n\r\n", REFUSED),
    ("2\r\n{}\r\n0\r\n\n", REFUSED),
    ("2\r\n{}\r\n0\r\nX-Trailer: y\n\r\n", REFUSED),
    ("2\r\n{}0\r\n\r\n", REFUSED),
    ("1\r\n{}\r\n0\r\n\r\n", REFUSED),
    ("3\r\n{}\r\n0\r\n\r\n", REFUSED),
    ("2 2\r\n{}\r\n0\r\n\r\n", REFUSED),
    ("2;a\n=b\r\n{}\r\n0\r\n\r\n", REFUSED),
    ("2\r\r\n{}\r\n0\r\n\r\n", REFUSED),
    ("FFFFFFFFFFFFFFFFF\r\n{}\r\n0\r\n\r\n", REFUSED),
    ("10000000000000002\r\n{}\r\n0\r\n\r\n", REFUSED),
    ("\u{ff12}\r\n{}\r\n0\r\n\r\n", REFUSED),
    ("FFFFFFFFFFFFFFF0\r\n{}\r\n0\r\n\r\n", NEVER_WHOLE),
    ("ffff\r\n{}", NEVER_WHOLE),
];

/// Complete heads without a body. `{path}` is a path that answers 200 to everybody.
const HEADS: &[Case] = &[
    ("bare LFs", "GET {path} HTTP/1.1\nHost: x\n\n", REFUSED),
    ("one bare LF at its end", "GET {path} HTTP/1.1\r\nHost: x\r\n\n", REFUSED),
    ("a bare LF after the first line", "GET {path} HTTP/1.1\nHost: x\r\n\r\n", REFUSED),
    ("bare CRs", "GET {path} HTTP/1.1\rHost: x\r\r", REFUSED),
    ("a bare CR in a value", "GET {path} HTTP/1.1\r\nX: a\rb\r\n\r\n", REFUSED),
    ("a folded line", "GET {path} HTTP/1.1\r\nX: a\r\n b\r\n\r\n", REFUSED),
    ("a tab before the first name", "GET {path} HTTP/1.1\r\n\tX: a\r\n\r\n", REFUSED),
    ("no colon", "GET {path} HTTP/1.1\r\nHost\r\n\r\n", REFUSED),
    ("no name", "GET {path} HTTP/1.1\r\n: x\r\n\r\n", REFUSED),
    ("a blank in a name", "GET {path} HTTP/1.1\r\nX Y: x\r\n\r\n", REFUSED),
    ("a NUL in a name", "GET {path} HTTP/1.1\r\nX\0Y: x\r\n\r\n", REFUSED),
    ("a NUL in a value", "GET {path} HTTP/1.1\r\nX: \0\r\n\r\n", REFUSED),
    ("a control character in a value", "GET {path} HTTP/1.1\r\nX: \u{1}\r\n\r\n", REFUSED),
    ("a letter beyond ASCII in a name", "GET {path} HTTP/1.1\r\n\u{d6}: x\r\n\r\n", REFUSED),
    ("HTTP/1.2", "GET {path} HTTP/1.2\r\n\r\n", REFUSED),
    ("HTTP/2.0 in text", "GET {path} HTTP/2.0\r\n\r\n", REFUSED),
    ("HTTP/11", "GET {path} HTTP/11\r\n\r\n", REFUSED),
    ("http in small letters", "GET {path} http/1.1\r\n\r\n", REFUSED),
    ("no version", "GET {path}\r\n\r\n", REFUSED),
    ("more after the version", "GET {path} HTTP/1.1 x\r\n\r\n", REFUSED),
    ("a blank in the path", "GET {path} x HTTP/1.1\r\n\r\n", REFUSED),
    ("a NUL in the path", "GET {path}\0 HTTP/1.1\r\n\r\n", REFUSED),
    ("a tab for a blank", "GET\t{path}\tHTTP/1.1\r\n\r\n", REFUSED),
    ("two blanks", "GET  {path} HTTP/1.1\r\n\r\n", REFUSED),
    ("a blank before the method", " GET {path} HTTP/1.1\r\n\r\n", REFUSED),
    ("no method", " {path} HTTP/1.1\r\n\r\n", REFUSED),
    ("a method that is no token", "G@T() {path} HTTP/1.1\r\n\r\n", REFUSED),
    ("a NUL before the method", "\0GET {path} HTTP/1.1\r\n\r\n", REFUSED),
    ("TLS on a plain port", "\u{16}\u{3}\u{1}\0\u{5}\u{1}\0\0\u{1}\0", REFUSED),
    (
        "a chunked body in HTTP/1.0",
        "POST {path} HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n",
        REFUSED,
    ),
    ("an empty line before the request", "\r\nGET {path} HTTP/1.1\r\n\r\n", &[200, 200]),
    ("a look-alike of a length", "GET {path} HTTP/1.1\r\nContent_Length: 500\r\n\r\n", &[200, 200]),
    (
        "an upgrade",
        "GET {path} HTTP/1.1\r\nConnection: Upgrade\r\nUpgrade: h2c\r\n\r\n",
        &[200, 200],
    ),
    ("closed, and more behind it", "GET {path} HTTP/1.1\r\nConnection: close\r\n\r\n", &[200]),
    ("HTTP/1.0, and more behind it", "GET {path} HTTP/1.0\r\n\r\n", &[200]),
];

pub(crate) fn cases() -> usize {
    LENGTHS.len() + CHUNKS.len() + HEADS.len()
}

/// Short deadlines for cases in which the server waits for more bytes.
const SHORT: [(&str, &str); 3] = [
    ("server.head_deadline", "1s"),
    ("server.body_deadline", "1s"),
    ("server.idle_deadline", "2s"),
];

#[test]
fn nothing_behind_an_ambiguous_length_is_read_as_a_request() {
    let attack = AttackServer::start(&SHORT);
    let attacks = LENGTHS.iter().map(|(lines, must)| {
        let head = format!("POST {CHECK} HTTP/1.1\r\nHost: x\r\n{lines}\r\n\r\n0\r\n\r\n");
        ((*lines).to_owned(), head, *must)
    });
    run(&attack, attacks.collect());
    attack.finish();
}

#[test]
fn a_broken_chunk_ends_its_connection() {
    let attack = AttackServer::start(&SHORT);
    let attacks = CHUNKS.iter().map(|(chunks, must)| {
        let head = format!("POST {CHECK} HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n{chunks}");
        ((*chunks).to_owned(), head, *must)
    });
    run(&attack, attacks.collect());
    attack.finish();
}

#[test]
fn a_head_that_is_none_ends_its_connection() {
    let attack = AttackServer::start(&SHORT);
    let attacks = HEADS
        .iter()
        .map(|(name, head, must)| ((*name).to_owned(), head.replace("{path}", "/livez"), *must));
    run(&attack, attacks.collect());
    attack.finish();
}

/// Pitfall: the guard lost its place in a chunked body, so that the head behind it was not checked.
#[test]
fn a_head_behind_a_chunked_body_is_checked_whether_the_body_is_read_or_not() {
    let attack = AttackServer::start(&SHORT);
    let chunked = |path: &str| {
        format!("POST {path} HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n{{}}\r\n0\r\n\r\n")
    };
    let bare = "GET /livez HTTP/1.1\nHost: x\n\n";
    let read: &[u16] = &[400, 400];
    let unread: &[u16] = &[404, 400];
    let attacks = [(CHECK, read), ("/nowhere", unread)]
        .map(|(path, must)| (path.to_owned(), format!("{}{bare}", chunked(path)), must));
    run(&attack, attacks.into());
    attack.finish();
}

/// A client that sends only the head and waits is answered at once, not at a deadline.
#[test]
fn an_ambiguous_head_is_refused_before_anything_follows_it() {
    let attack =
        AttackServer::start(&[("server.head_deadline", "30s"), ("server.body_deadline", "30s")]);
    // All at the same time: where the guard is missing, each waits for the deadline.
    thread::scope(|scope| {
        for (lines, must) in LENGTHS.iter().filter(|(_, must)| *must == REFUSED) {
            let attack = &attack;
            scope.spawn(move || {
                let head = format!("POST {CHECK} HTTP/1.1\r\nHost: x\r\n{lines}\r\n\r\n");
                let replies = fire(attack.server.port, head.as_bytes());
                let statuses: Vec<u16> = replies.iter().map(|reply| reply.status).collect();
                attack.check(lines, &*statuses, *must);
            });
        }
    });
    attack.finish();
}

/// Sends every attack with a hidden inquiry after it, on a new connection and after a valid
/// request. If the attack is refused, the inquiry must not have been read.
fn run(attack: &AttackServer, attacks: Vec<(String, String, &[u16])>) {
    let before: [(&[u8], &[u16]); 2] = [(b"", &[]), (b"GET /livez HTTP/1.1\r\n\r\n", &[200])];
    thread::scope(|scope| {
        for (number, (name, head, must)) in attacks.iter().enumerate() {
            scope.spawn(move || {
                for (first, answered) in before {
                    let ref_id = format!("hidden-{number}-{}", answered.len());
                    let hidden = hidden(&attack.server.partner(), &ref_id);
                    let stream = [first, head.as_bytes(), &hidden].concat();
                    let replies = fire(attack.server.port, &stream);
                    replies.iter().for_each(|reply| tells_nothing(reply, name));
                    let statuses: Vec<u16> = replies.iter().map(|reply| reply.status).collect();
                    attack.check(name, statuses, [answered, must].concat());
                    let is_read = must.len() == 2 && must[1] == 200;
                    let status = attack.server.partner().status(&ref_id).rc();
                    attack.check(name, &*status, if is_read { "42" } else { "06" });
                }
            });
        }
    });
}

/// A signed inquiry that closes its connection.
fn hidden(partner: &Partner, ref_id: &str) -> Vec<u8> {
    let body = partner.signed(inquiry("BPJS", "8801234560001", ref_id));
    let length = body.len();
    let head = format!(
        "POST {CHECK} HTTP/1.1\r\nHost: lunas\r\nContent-Type: application/json\r\n\
         Connection: close\r\nContent-Length: {length}\r\n\r\n"
    );
    [head.as_bytes(), &body].concat()
}
