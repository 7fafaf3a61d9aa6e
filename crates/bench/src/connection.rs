//! A keep-alive connection with little overhead.

use std::net::SocketAddr;
use std::ops::Range;
use std::time::{Duration, Instant};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::partner::{self, Format, Partner};

/// The most bytes of an answer. Real answers are far smaller; a longer one is an error.
const ANSWER_LIMIT: usize = 64 * 1024;

/// After this time without an answer the server counts as stopped.
const DEADLINE: Duration = Duration::from_secs(30);

/// Opens `connections` connections in all, to these servers in turn.
pub(crate) async fn connect(
    servers: &[SocketAddr],
    connections: usize,
) -> Result<Vec<Connection>, String> {
    let mut open = Vec::with_capacity(connections);
    for address in servers.iter().copied().cycle().take(connections) {
        let stream = TcpStream::connect(address).await.and_then(|stream| {
            stream.set_nodelay(true)?;
            Ok(stream)
        });
        let stream = stream.map_err(|error| format!("cannot connect to {address}: {error}"))?;
        open.push(Connection { stream, buffer: vec![0; ANSWER_LIMIT] });
    }
    Ok(open)
}

/// The body of the answer to a GET.
pub(crate) async fn get(server: SocketAddr, path: &str) -> Result<Vec<u8>, String> {
    let mut connection = connect(&[server], 1).await?.remove(0);
    let request = format!("GET {path} HTTP/1.1\r\nHost: localhost\r\n\r\n");
    Ok(connection.exchange(request.as_bytes()).await?.body.to_vec())
}

/// An open connection.
pub(crate) struct Connection {
    stream: TcpStream,
    buffer: Vec<u8>,
}

/// A complete answer.
pub(crate) struct Answer<'a> {
    head: &'a [u8],
    body: &'a [u8],
}

impl Connection {
    /// Inquires and pays. Returns the time of the payment.
    pub(crate) async fn cycle(&mut self, ref_id: &str) -> Result<Duration, String> {
        let bill = good_body(self.exchange(&Partner::ONE.inquiry_made_up(ref_id)).await?)?;
        let request = Partner::ONE.payment(partner::transaction_in(bill)?.0, Format::Json);
        let sent = Instant::now();
        good_body(self.exchange(&request).await?)?;
        Ok(sent.elapsed())
    }

    /// Sends a request and waits for its answer.
    pub(crate) async fn exchange(&mut self, request: &[u8]) -> Result<Answer<'_>, String> {
        let exchange = async {
            self.stream.write_all(request).await.map_err(|error| format!("sending: {error}"))?;
            let mut filled = 0;
            loop {
                // Usually one read gets the whole answer.
                let read = self.stream.read(&mut self.buffer[filled..]).await;
                match read.map_err(|error| format!("reading: {error}"))? {
                    0 if filled == ANSWER_LIMIT => return Err("the answer is too long".to_owned()),
                    0 => return Err("the connection was closed before the answer".to_owned()),
                    read => filled += read,
                }
                if let Some(body) = body_of(&self.buffer[..filled])? {
                    return Ok(body);
                }
            }
        };
        let body = tokio::time::timeout(DEADLINE, exchange)
            .await
            .map_err(|_| format!("no answer in {DEADLINE:?}"))??;
        Ok(Answer { head: &self.buffer[..body.start], body: &self.buffer[body] })
    }
}

/// The range of the body in `answer`, once it is complete.
fn body_of(answer: &[u8]) -> Result<Option<Range<usize>>, String> {
    let Some(end) = answer.windows(4).position(|bytes| bytes == b"\r\n\r\n") else {
        return Ok(None);
    };
    let length = answer[..end]
        .split(|byte| *byte == b'\n')
        .filter_map(|line| line.split_at_checked(15))
        .find(|(name, _)| name.eq_ignore_ascii_case(b"content-length:"))
        .and_then(|(_, value)| str::from_utf8(value).ok()?.trim().parse::<usize>().ok())
        .ok_or("an answer without a Content-Length")?;
    let body = end + 4..(end + 4).saturating_add(length);
    match answer.len() {
        whole if whole == body.end => Ok(Some(body)),
        part if part < body.end => Ok(None),
        _ => Err("an answer longer than its Content-Length".to_owned()),
    }
}

/// The body of an answer with HTTP status 200 and response code 00.
pub(crate) fn good_body(answer: Answer<'_>) -> Result<&[u8], String> {
    body_with_code(answer, &["00"])
}

/// The body of an answer with HTTP status 200 and one of these response codes.
pub(crate) fn body_with_code<'a>(answer: Answer<'a>, codes: &[&str]) -> Result<&'a [u8], String> {
    if answer.head.starts_with(b"HTTP/1.1 200 ") && codes.iter().any(|it| has_code(answer.body, it))
    {
        return Ok(answer.body);
    }
    let status = answer.head.split(|byte| *byte == b'\r').next().unwrap_or_default();
    let (status, body) = (String::from_utf8_lossy(status), String::from_utf8_lossy(answer.body));
    Err(format!("{status}: {body}"))
}

/// Whether a body, in JSON or XML, has this response code.
pub(crate) fn has_code(body: &[u8], code: &str) -> bool {
    const NAME: &[u8] = b"response_code";
    // After the name: colon and quote in JSON, a bracket in XML.
    let value = |at: usize| body[at + NAME.len()..].iter().position(u8::is_ascii_digit);
    let found = body.windows(NAME.len()).position(|bytes| bytes == NAME);
    found
        .and_then(|at| Some(&body[at + NAME.len() + value(at)?..]))
        .is_some_and(|value| value.starts_with(code.as_bytes()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_is_whole_when_its_length_says_so() {
        let answer = b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nbody";
        assert_eq!(body_of(answer), Ok(Some(38..42)));
        assert_eq!(body_of(&answer[..41]), Ok(None));
        assert_eq!(body_of(&answer[..20]), Ok(None));
        assert!(body_of(b"HTTP/1.1 200 OK\r\ncontent-length: 3\r\n\r\nbody").is_err());
        assert!(body_of(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n").is_err());
    }

    #[test]
    fn only_200_with_code_00_is_good() {
        let is_good = |head: &str, body: &str| {
            good_body(Answer { head: head.as_bytes(), body: body.as_bytes() }).is_ok()
        };
        assert!(is_good("HTTP/1.1 200 OK\r\n", r#"{"data":{"response_code":"00"}}"#));
        assert!(is_good("HTTP/1.1 200 OK\r\n", "<mp><response_code>00</response_code></mp>"));
        assert!(!is_good("HTTP/1.1 200 OK\r\n", r#"{"data":{"response_code":"17"}}"#));
        assert!(!is_good("HTTP/1.1 503 \r\n", r#"{"data":{"response_code":"00"}}"#));
    }
}
