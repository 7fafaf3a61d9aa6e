//! A faulty network: a proxy between partner and server that damages one exchange on each
//! connection.

use std::io::{Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::thread;
use std::time::Duration;

use crate::client::TIMEOUT;

/// What happens to the exchange.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Fault {
    /// The server gets this many bytes of the request, then the end of the stream.
    RequestCut(usize),
    /// The server gets this many bytes of the request, then a reset.
    RequestReset(usize),
    /// The server gets the request byte by byte.
    RequestDribbled,
    /// The server gets the request twice on one connection.
    RequestDoubled,
    /// The server gets the request on two connections at once.
    RequestSentTwice,
    /// The server gets the end of the stream right after the request.
    RequestHalfClosed,
    /// The partner gets this many bytes of the answer, then the end of the stream.
    AnswerCut(usize),
    /// The partner gets a reset instead of the answer.
    AnswerReset,
    /// The partner gets the answer byte by byte.
    AnswerDribbled,
    /// The partner gets the answer twice.
    AnswerDoubled,
    /// The partner gets other bytes before the answer.
    AnswerGarbled,
    /// Both connections end while the payment is in work.
    AnswerNotAwaited,
}

/// Sends one request of this length through the fault to the server on `port`. The partner connects
/// to the returned port.
pub(crate) fn spoil(fault: Fault, length: usize, port: u16) -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let own = listener.local_addr().unwrap().port();
    thread::spawn(move || {
        let (mut partner, _) = listener.accept().unwrap();
        partner.set_read_timeout(Some(TIMEOUT)).unwrap();
        let mut request = vec![0; length];
        // An unread byte turns the close into a reset.
        let unread = usize::from(matches!(fault, Fault::AnswerReset));
        partner.read_exact(&mut request[..length - unread]).unwrap();
        if unread == 1 {
            partner.peek(&mut request[length - 1..]).unwrap();
        }
        // Connection errors are expected here.
        let _ = exchange(fault, &request, &mut partner, port);
    });
    own
}

fn exchange(
    fault: Fault,
    request: &[u8],
    partner: &mut TcpStream,
    port: u16,
) -> std::io::Result<()> {
    let connect = || -> std::io::Result<TcpStream> {
        let server = TcpStream::connect(("127.0.0.1", port))?;
        server.set_read_timeout(Some(TIMEOUT))?;
        server.set_nodelay(true)?;
        Ok(server)
    };
    let mut server = connect()?;
    match fault {
        Fault::RequestCut(length) => {
            server.write_all(&request[..length.min(request.len())])?;
            server.shutdown(Shutdown::Write)?;
        }
        Fault::RequestReset(length) => {
            // The unread answer to an earlier request turns the close into a reset.
            server.write_all(b"GET /livez HTTP/1.1\r\n\r\n")?;
            server.peek(&mut [0])?;
            server.write_all(&request[..length.min(request.len())])?;
            return Ok(());
        }
        Fault::RequestDribbled => dribble(&mut server, request)?,
        Fault::RequestDoubled => server.write_all(&request.repeat(2))?,
        Fault::RequestSentTwice => {
            let mut other = connect()?;
            other.write_all(request)?;
            server.write_all(request)?;
            answer(&mut other)?;
        }
        Fault::RequestHalfClosed => {
            server.write_all(request)?;
            server.shutdown(Shutdown::Write)?;
        }
        _ => server.write_all(request)?,
    }
    if let Fault::AnswerNotAwaited = fault {
        return Ok(());
    }
    let answer = answer(&mut server)?;
    match fault {
        Fault::AnswerCut(length) => partner.write_all(&answer[..length.min(answer.len())]),
        Fault::AnswerReset => Ok(()),
        Fault::AnswerDribbled => dribble(partner, &answer),
        Fault::AnswerDoubled => partner.write_all(&answer.repeat(2)),
        Fault::AnswerGarbled => partner.write_all(&[b"\0\xff<html>\r\n\r\n", &answer[..]].concat()),
        _ => partner.write_all(&answer),
    }
}

fn dribble(to: &mut TcpStream, bytes: &[u8]) -> std::io::Result<()> {
    to.set_nodelay(true)?;
    for byte in bytes {
        to.write_all(&[*byte])?;
        thread::sleep(Duration::from_micros(100));
    }
    Ok(())
}

/// The first answer, or the part of it that has arrived.
fn answer(server: &mut TcpStream) -> std::io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    let mut piece = [0; 4096];
    loop {
        let read = server.read(&mut piece)?;
        bytes.extend_from_slice(&piece[..read]);
        let text = String::from_utf8_lossy(&bytes).to_ascii_lowercase();
        let length = text.split_once("\r\n\r\n").and_then(|(head, body)| {
            let length = head.split("content-length: ").nth(1)?.lines().next()?.parse().ok()?;
            Some(body.len() >= length)
        });
        if read == 0 || length == Some(true) {
            return Ok(bytes);
        }
    }
}
