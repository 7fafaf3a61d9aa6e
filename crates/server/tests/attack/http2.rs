//! HTTP/2 frames that cost the server more than the sender: the server closes the connection and
//! serves others.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::Instant;

use crate::attack_server::{AttackServer, connect_from, is_end, serves_the_honest};
use crate::client::TIMEOUT;

const PREFACE: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";

const DATA: u8 = 0;
const HEADERS: u8 = 1;
const RST_STREAM: u8 = 3;
const SETTINGS: u8 = 4;
const PING: u8 = 6;
const WINDOW_UPDATE: u8 = 8;
const CONTINUATION: u8 = 9;

const END_STREAM: u8 = 1;
const END_HEADERS: u8 = 4;

fn frame(kind: u8, flags: u8, stream: u32, payload: &[u8]) -> Vec<u8> {
    let length = u32::try_from(payload.len()).unwrap().to_be_bytes();
    [&length[1..], &[kind, flags], &stream.to_be_bytes(), payload].concat()
}

/// `GET /livez` over http, encoded with HPACK's static table except for the path.
fn get() -> Vec<u8> {
    [&[0x82, 0x86, 0x04, 6][..], b"/livez"].concat()
}

fn repeated(count: u32, frames: impl Fn(u32) -> Vec<u8>) -> Vec<u8> {
    (0..count).flat_map(frames).collect()
}

/// Floods and misplaced frames. The server closes each of these connections.
fn attacks() -> Vec<(&'static str, Vec<u8>)> {
    let open = |n: u32, flags| frame(HEADERS, END_HEADERS | flags, 2 * n + 1, &get());
    let reset = |n: u32| frame(RST_STREAM, 0, 2 * n + 1, &[0, 0, 0, 8]);
    let junk = |length| [&[0x00, 0x01, b'x', 0x7f][..], &vec![b'y'; length]].concat();
    vec![
        (
            "requests taken back at once",
            repeated(20_000, |n| [open(n, END_STREAM), reset(n)].concat()),
        ),
        ("a head that never ends", {
            let first = frame(HEADERS, 0, 1, &get());
            [first, repeated(2_000, |_| frame(CONTINUATION, 0, 1, &junk(120)))].concat()
        }),
        ("empty pieces of a head", {
            let first = frame(HEADERS, 0, 1, &get());
            [first, repeated(100_000, |_| frame(CONTINUATION, 0, 1, &[]))].concat()
        }),
        ("a frame of the wrong stream", frame(DATA, 0, 1, b"x")),
        ("settings on a stream", frame(SETTINGS, 0, 1, &[])),
        ("settings of a strange length", frame(SETTINGS, 0, 0, &[1, 2, 3])),
        ("a ping of a strange length", frame(PING, 0, 0, &[1])),
        ("a window of nothing", frame(WINDOW_UPDATE, 0, 0, &[0; 4])),
        (
            "a window beyond all windows",
            repeated(3, |_| frame(WINDOW_UPDATE, 0, 0, &[0x7f, 255, 255, 255])),
        ),
        ("a frame beyond all frames", [&[255, 255, 255, DATA, 0][..], &[0, 0, 0, 1]].concat()),
        ("streams that count down", [open(5, END_STREAM), open(2, END_STREAM)].concat()),
        ("a stream of the server's", frame(HEADERS, END_HEADERS, 2, &get())),
        (
            "a broken table index",
            frame(HEADERS, END_HEADERS, 1, &[0xff, 0xff, 0xff, 0xff, 0xff, 0xff]),
        ),
        ("a body without a request", frame(DATA, END_STREAM, 1, &[b'x'; 1000])),
        ("HTTP/1 behind the preface", b"GET / HTTP/1.1\r\n\r\n".to_vec()),
    ]
}

/// Too many valid frames: they may be answered or not, but use no memory.
fn floods() -> Vec<(&'static str, Vec<u8>)> {
    vec![
        ("pings", repeated(50_000, |_| frame(PING, 0, 0, &[7; 8]))),
        ("settings", repeated(50_000, |_| frame(SETTINGS, 0, 0, &[]))),
        ("unknown frames", repeated(50_000, |_| frame(0xfa, 0, 0, &[7; 8]))),
        ("bodies of unknown streams", {
            let open = frame(HEADERS, END_HEADERS, 1, &get());
            [open, repeated(50_000, |_| frame(DATA, 0, 1, &[]))].concat()
        }),
    ]
}

pub(crate) fn cases() -> usize {
    attacks().len() + floods().len()
}

fn start(attack: &AttackServer) -> TcpStream {
    let mut stream = connect_from("127.0.0.6", attack.server.port);
    stream.write_all(&[PREFACE, &frame(SETTINGS, 0, 0, &[])].concat()).unwrap();
    stream
}

#[test]
fn frames_out_of_place_and_floods_of_them_end_their_connection() {
    let attack = AttackServer::start(&[]);
    for (name, frames) in attacks() {
        let mut stream = start(&attack);
        // The connection may end before everything is sent.
        let _ = stream.write_all(&frames);
        let begun = Instant::now();
        let end = stream.read_to_end(&mut Vec::new());
        let ended = end.is_ok() || end.is_err_and(|error| is_end(&error));
        attack.check(name, ended && begun.elapsed() < TIMEOUT, true);
        serves_the_honest(&attack.server);
    }
    attack.finish();
}

#[test]
fn a_flood_of_frames_costs_its_sender_more_than_the_server() {
    let attack = AttackServer::start(&[("server.write_deadline", "1s")]);
    for (_, frames) in floods() {
        let mut stream = start(&attack);
        stream.set_write_timeout(Some(TIMEOUT)).unwrap();
        let _ = stream.write_all(&frames);
        serves_the_honest(&attack.server);
    }
    attack.finish();
}
