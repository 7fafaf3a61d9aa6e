//! The load generator: keep-alive connections that cost as little as they can.
//!
//! The loop is closed: a connection sends its next request when it has the answer to the last.

use std::net::SocketAddr;
use std::ops::Range;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::task::JoinSet;

use super::partner;

/// An answer is far smaller; a longer one is an error.
const ANSWER_LIMIT: usize = 64 * 1024;

/// No answer takes this long unless the server has stopped answering.
const DEADLINE: Duration = Duration::from_secs(30);

/// What a connection sends next.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Supply {
    /// Each request once; the load ends with the last.
    Once,
    /// From the first again when all are sent.
    Repeated,
}

/// What came of a load.
#[derive(Default)]
pub(super) struct Load {
    /// Each answer's time, in no order.
    pub(super) latencies: Vec<Duration>,
    /// From the first request to the last answer.
    pub(super) elapsed: Duration,
    pub(super) errors: usize,
    /// What the first of the errors was.
    pub(super) error: Option<String>,
}

impl Load {
    /// Good answers a second.
    pub(super) fn rate(&self) -> f64 {
        self.latencies.len() as f64 / self.elapsed.as_secs_f64()
    }
}

/// Sends `requests` over `connections` until `length` is over or they are used up. Only an answer
/// that is HTTP 200 and carries response code 00 is a good one.
pub(super) async fn load(
    address: SocketAddr,
    connections: usize,
    length: Duration,
    requests: &Arc<Vec<Vec<u8>>>,
    supply: Supply,
) -> Result<Load, String> {
    let connections = connect(address, connections).await?;
    let next = Arc::new(AtomicUsize::new(0));
    let start = Instant::now();
    let mut tasks = JoinSet::new();
    for mut connection in connections {
        let (requests, next) = (Arc::clone(requests), Arc::clone(&next));
        tasks.spawn(async move {
            let mut load = Load::default();
            let mut sent = start;
            while sent - start < length {
                let mut index = next.fetch_add(1, Ordering::Relaxed);
                if supply == Supply::Repeated {
                    index %= requests.len();
                }
                let Some(request) = requests.get(index) else {
                    break;
                };
                let answer = connection.exchange(request).await.and_then(good);
                let answered = Instant::now();
                match answer {
                    Ok(_) => load.latencies.push(answered - sent),
                    Err(error) => {
                        load.errors += 1;
                        load.error = Some(error);
                        // What else comes on this connection is not to be trusted.
                        break;
                    }
                }
                sent = answered;
            }
            load
        });
    }
    whole(tasks, start).await
}

/// Inquires and pays in turn on each connection until `length` is over. The latencies are those of
/// the payments, the partner's numbers are in no order, and no `round` has those of another.
pub(super) async fn cycles(
    address: SocketAddr,
    connections: usize,
    length: Duration,
    round: usize,
) -> Result<Load, String> {
    let connections = connect(address, connections).await?;
    let next = Arc::new(AtomicUsize::new(0));
    let start = Instant::now();
    let mut tasks = JoinSet::new();
    for mut connection in connections {
        let next = Arc::clone(&next);
        tasks.spawn(async move {
            let mut load = Load::default();
            while start.elapsed() < length {
                let number = next.fetch_add(1, Ordering::Relaxed);
                let ref_id = partner::sign("ref_id", &format!("{round} {number}"));
                match connection.cycle(&ref_id).await {
                    Ok(paid_in) => load.latencies.push(paid_in),
                    Err(error) => {
                        load.errors += 1;
                        load.error = Some(error);
                        break;
                    }
                }
            }
            load
        });
    }
    whole(tasks, start).await
}

/// Waits for the connections' parts of a load.
async fn whole(mut tasks: JoinSet<Load>, start: Instant) -> Result<Load, String> {
    let mut whole = Load::default();
    while let Some(part) = tasks.join_next().await {
        let part = part.map_err(|error| format!("a connection's task ended: {error}"))?;
        whole.latencies.extend(part.latencies);
        whole.errors += part.errors;
        whole.error = whole.error.or(part.error);
    }
    whole.elapsed = start.elapsed();
    Ok(whole)
}

/// Sends each of `requests` once and returns the bodies of the answers, in no order. Each carries
/// one of these response codes.
pub(super) async fn ask_all(
    address: SocketAddr,
    connections: usize,
    requests: Vec<Vec<u8>>,
    codes: &'static [&'static str],
) -> Result<Vec<Vec<u8>>, String> {
    let requests = Arc::new(requests);
    let next = Arc::new(AtomicUsize::new(0));
    let mut tasks = JoinSet::new();
    for mut connection in connect(address, connections).await? {
        let (requests, next) = (Arc::clone(&requests), Arc::clone(&next));
        tasks.spawn(async move {
            let mut bodies = Vec::new();
            while let Some(request) = requests.get(next.fetch_add(1, Ordering::Relaxed)) {
                bodies.push(told(connection.exchange(request).await?, codes)?.to_vec());
            }
            Ok::<_, String>(bodies)
        });
    }
    let mut bodies = Vec::with_capacity(requests.len());
    while let Some(part) = tasks.join_next().await {
        bodies.extend(part.map_err(|error| format!("a connection's task ended: {error}"))??);
    }
    Ok(bodies)
}

async fn connect(address: SocketAddr, connections: usize) -> Result<Vec<Connection>, String> {
    let mut open = Vec::with_capacity(connections);
    for _ in 0..connections {
        let stream = TcpStream::connect(address).await.and_then(|stream| {
            stream.set_nodelay(true)?;
            Ok(stream)
        });
        let stream = stream.map_err(|error| format!("cannot connect to {address}: {error}"))?;
        open.push(Connection { stream, buffer: vec![0; ANSWER_LIMIT] });
    }
    Ok(open)
}

struct Connection {
    stream: TcpStream,
    buffer: Vec<u8>,
}

/// A whole answer.
struct Answer<'a> {
    head: &'a [u8],
    body: &'a [u8],
}

impl Connection {
    /// Inquires and pays, and says how long the payment took.
    async fn cycle(&mut self, ref_id: &str) -> Result<Duration, String> {
        let tr_id = partner::tr_id(good(self.exchange(&partner::inquiry(ref_id)).await?)?)?;
        let request = partner::payment(tr_id);
        let sent = Instant::now();
        good(self.exchange(&request).await?)?;
        Ok(sent.elapsed())
    }

    async fn exchange(&mut self, request: &[u8]) -> Result<Answer<'_>, String> {
        let exchange = async {
            self.stream.write_all(request).await.map_err(|error| format!("sending: {error}"))?;
            let mut filled = 0;
            loop {
                // Mostly the one read of the answer.
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

/// Where the body lies in `answer`, once it is whole.
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

/// The body of a good answer.
fn good(answer: Answer<'_>) -> Result<&[u8], String> {
    told(answer, &["00"])
}

/// The body of an answer with one of these response codes.
fn told<'a>(answer: Answer<'a>, codes: &[&str]) -> Result<&'a [u8], String> {
    if answer.head.starts_with(b"HTTP/1.1 200 ") && codes.iter().any(|it| says(answer.body, it)) {
        return Ok(answer.body);
    }
    let status = answer.head.split(|byte| *byte == b'\r').next().unwrap_or_default();
    let (status, body) = (String::from_utf8_lossy(status), String::from_utf8_lossy(answer.body));
    Err(format!("{status}: {body}"))
}

/// Whether an answer carries this response code.
pub(super) fn says(body: &[u8], code: &str) -> bool {
    let field = format!(r#""response_code":"{code}""#);
    body.windows(field.len()).any(|bytes| bytes == field.as_bytes())
}

#[cfg(test)]
mod tests {
    use super::super::bare;
    use super::*;

    /// The address of a bare server that lives as long as the test's runtime.
    async fn bare_server() -> SocketAddr {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        tokio::spawn(async move { axum::serve(listener, bare::routes()).await });
        address
    }

    #[tokio::test]
    async fn every_request_is_sent_once_and_counted() {
        let address = bare_server().await;
        let requests = Arc::new((0..100).map(partner::payment).collect());
        let minute = Duration::from_secs(60);
        let load = load(address, 7, minute, &requests, Supply::Once).await.unwrap();
        assert_eq!((load.latencies.len(), load.errors, load.error), (100, 0, None));
        assert!(load.elapsed < minute && load.latencies.iter().all(|it| *it <= load.elapsed));
    }

    #[tokio::test]
    async fn requests_are_repeated_until_the_time_is_over() {
        let address = bare_server().await;
        let requests = Arc::new(vec![partner::payment(1)]);
        let length = Duration::from_millis(100);
        let load = load(address, 2, length, &requests, Supply::Repeated).await.unwrap();
        assert!(load.latencies.len() > 2 && load.elapsed >= length);
        assert!(load.rate() > 0.0);
    }

    #[tokio::test]
    async fn a_refused_request_is_an_error_and_no_answer() {
        let address = bare_server().await;
        let wrong = String::from_utf8(partner::payment(1)).unwrap().replace("bench", "bunch");
        let requests = Arc::new(vec![wrong.into_bytes()]);
        let load =
            load(address, 1, Duration::from_secs(60), &requests, Supply::Once).await.unwrap();
        assert_eq!((load.latencies.len(), load.errors), (0, 1));
        assert!(load.error.unwrap().contains("400"));
        assert!(ask_all(address, 1, requests.to_vec(), &["00"]).await.unwrap_err().contains("400"));
    }

    #[tokio::test]
    async fn a_cycle_is_an_inquiry_and_its_payment() {
        let address = bare_server().await;
        let load = cycles(address, 2, Duration::from_millis(100), 1).await.unwrap();
        assert!(!load.latencies.is_empty() && load.errors == 0);
    }

    #[tokio::test]
    async fn inquiries_bring_their_bodies() {
        let address = bare_server().await;
        let requests = (0..10).map(|index| partner::inquiry(&format!("ref-{index}"))).collect();
        let bodies = ask_all(address, 3, requests, &["00"]).await.unwrap();
        assert_eq!(bodies.len(), 10);
        assert!(bodies.iter().all(|body| body.starts_with(br#"{"data":{"tr_id":"#)));
    }

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
        let judge = |head: &str, body: &str| {
            good(Answer { head: head.as_bytes(), body: body.as_bytes() }).is_ok()
        };
        assert!(judge("HTTP/1.1 200 OK\r\n", r#"{"data":{"response_code":"00"}}"#));
        assert!(!judge("HTTP/1.1 200 OK\r\n", r#"{"data":{"response_code":"17"}}"#));
        assert!(!judge("HTTP/1.1 503 \r\n", r#"{"data":{"response_code":"00"}}"#));
    }
}
