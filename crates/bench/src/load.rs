//! The load generator. A connection sends its next request when it has the answer to the last
//! (closed loop); one function sends at fixed times instead.

use std::net::SocketAddr;
use std::ops::ControlFlow;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use tokio::task::JoinSet;

use crate::connection::{body_with_code, connect, good_body};
use crate::partner;
use crate::score::Score;

/// The requests of a connection.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Supply {
    /// Each request once; the load ends with the last.
    Once,
    /// Starts again from the first when all are sent.
    Repeated,
}

/// The result of a load.
#[derive(Default)]
pub(crate) struct Load {
    /// The time of each answer, in no order.
    pub(crate) latencies: Vec<Duration>,
    /// From the first request to the last answer.
    pub(crate) elapsed: Duration,
    pub(crate) errors: usize,
    /// The first error.
    pub(crate) error: Option<String>,
}

impl Load {
    /// The score, if every answer was good.
    pub(crate) fn score(self) -> Result<Score, String> {
        match self.error {
            Some(error) => Err(format!("{} bad answers, one of them: {error}", self.errors)),
            None => Ok(Score::of(self.latencies, self.elapsed)),
        }
    }

    /// Records an answer. After an error the connection is not used any more.
    fn record(&mut self, answer: Result<Duration, String>) -> ControlFlow<()> {
        match answer {
            Ok(latency) => self.latencies.push(latency),
            Err(error) => {
                self.errors += 1;
                self.error = Some(error);
                return ControlFlow::Break(());
            }
        }
        ControlFlow::Continue(())
    }
}

/// Sends `requests` over `connections` to these servers until `length` is over or none is left.
/// Only an answer with HTTP status 200 and response code 00 is good.
pub(crate) async fn load(
    servers: &[SocketAddr],
    connections: usize,
    length: Duration,
    requests: &Arc<Vec<Vec<u8>>>,
    supply: Supply,
) -> Result<Load, String> {
    let connections = connect(servers, connections).await?;
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
                let answer = connection.exchange(request).await.and_then(good_body).map(drop);
                let answered = Instant::now();
                if load.record(answer.map(|()| answered - sent)).is_break() {
                    break;
                }
                sent = answered;
            }
            load
        });
    }
    join_all(tasks, start).await
}

/// Sends `requests` at fixed times, one per interval `every`, over `connections` in turn. If a
/// request must wait for the answer to an earlier one, its latency counts from its planned time.
pub(crate) async fn timetable(
    address: SocketAddr,
    connections: usize,
    every: Duration,
    requests: &Arc<Vec<Vec<u8>>>,
) -> Result<Load, String> {
    let open = connect(&[address], connections).await?;
    let start = Instant::now();
    let mut tasks = JoinSet::new();
    for (first, mut connection) in open.into_iter().enumerate() {
        let requests = Arc::clone(requests);
        tasks.spawn(async move {
            let mut load = Load::default();
            for (index, request) in requests.iter().enumerate().skip(first).step_by(connections) {
                let due = start + every.mul_f64(index as f64);
                let is_early = Instant::now() < due;
                tokio::time::sleep_until(due.into()).await;
                // A timer that fires late is the load generator's fault, not the server's.
                let since = if is_early { Instant::now() } else { due };
                let answer = connection.exchange(request).await.and_then(good_body).map(drop);
                if load.record(answer.map(|()| since.elapsed())).is_break() {
                    break;
                }
            }
            load
        });
    }
    join_all(tasks, start).await
}

/// Inquires generated bills and pays them, in turn on each connection, until `length` is over. The
/// latencies are those of the payments. The `ref_id`s are in no order, and each `series` has its
/// own.
pub(crate) async fn cycles(
    address: SocketAddr,
    connections: usize,
    length: Duration,
    series: u64,
) -> Result<Load, String> {
    let connections = connect(&[address], connections).await?;
    let next = Arc::new(AtomicUsize::new(0));
    let start = Instant::now();
    let mut tasks = JoinSet::new();
    for mut connection in connections {
        let next = Arc::clone(&next);
        tasks.spawn(async move {
            let mut load = Load::default();
            while start.elapsed() < length {
                let number = next.fetch_add(1, Ordering::Relaxed);
                let ref_id = partner::sign("ref_id", &format!("{series} {number}"));
                if load.record(connection.cycle(&ref_id).await).is_break() {
                    break;
                }
            }
            load
        });
    }
    join_all(tasks, start).await
}

/// Waits for all connections and adds up their results.
async fn join_all(mut tasks: JoinSet<Load>, start: Instant) -> Result<Load, String> {
    let mut total = Load::default();
    while let Some(part) = tasks.join_next().await {
        let part = part.map_err(|error| format!("a connection's task ended: {error}"))?;
        total.latencies.extend(part.latencies);
        total.errors += part.errors;
        total.error = total.error.or(part.error);
    }
    total.elapsed = start.elapsed();
    Ok(total)
}

/// Sends each of `requests` once. Returns the bodies of the answers, in no order. Each must have
/// one of these response codes.
pub(crate) async fn send_all(
    address: SocketAddr,
    connections: usize,
    requests: Vec<Vec<u8>>,
    codes: &'static [&'static str],
) -> Result<Vec<Vec<u8>>, String> {
    let requests = Arc::new(requests);
    let next = Arc::new(AtomicUsize::new(0));
    let mut tasks = JoinSet::new();
    for mut connection in connect(&[address], connections).await? {
        let (requests, next) = (Arc::clone(&requests), Arc::clone(&next));
        tasks.spawn(async move {
            let mut bodies = Vec::new();
            while let Some(request) = requests.get(next.fetch_add(1, Ordering::Relaxed)) {
                bodies.push(body_with_code(connection.exchange(request).await?, codes)?.to_vec());
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::baseline;
    use crate::partner::{Format, Partner};

    fn payment(tr_id: u64) -> Vec<u8> {
        Partner::ONE.payment(tr_id, Format::Json)
    }

    /// The address of a baseline server that runs until the test's runtime ends.
    async fn baseline_server() -> SocketAddr {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        tokio::spawn(async move { axum::serve(listener, baseline::routes()).await });
        address
    }

    #[tokio::test]
    async fn every_request_is_sent_once_and_counted() {
        let address = baseline_server().await;
        let requests = Arc::new((0..100).map(payment).collect());
        let minute = Duration::from_secs(60);
        let load = load(&[address], 7, minute, &requests, Supply::Once).await.unwrap();
        assert_eq!((load.latencies.len(), load.errors, load.error), (100, 0, None));
        assert!(load.elapsed < minute && load.latencies.iter().all(|it| *it <= load.elapsed));
    }

    #[tokio::test]
    async fn requests_are_repeated_until_the_time_is_over() {
        let address = baseline_server().await;
        let requests = Arc::new(vec![payment(1)]);
        let length = Duration::from_millis(100);
        let load = load(&[address], 2, length, &requests, Supply::Repeated).await.unwrap();
        assert!(load.latencies.len() > 2 && load.elapsed >= length);
        assert!(load.score().unwrap().rate > 0.0);
    }

    #[tokio::test]
    async fn a_timetable_is_kept() {
        let address = baseline_server().await;
        let (every, requests) = (Duration::from_millis(2), (0..50).map(payment).collect());
        let load = timetable(address, 3, every, &Arc::new(requests)).await.unwrap();
        assert_eq!((load.latencies.len(), load.errors), (50, 0));
        assert!(load.elapsed >= 49 * every, "{:?}", load.elapsed);
    }

    #[tokio::test]
    async fn a_refused_request_is_an_error_and_no_answer() {
        let address = baseline_server().await;
        let wrong = String::from_utf8(payment(1)).unwrap().replace("bench", "bunch");
        let requests = Arc::new(vec![wrong.into_bytes()]);
        let load =
            load(&[address], 1, Duration::from_secs(60), &requests, Supply::Once).await.unwrap();
        assert_eq!((load.latencies.len(), load.errors), (0, 1));
        assert!(load.error.unwrap().contains("400"));
        assert!(
            send_all(address, 1, requests.to_vec(), &["00"]).await.unwrap_err().contains("400")
        );
    }

    #[tokio::test]
    async fn a_cycle_is_an_inquiry_and_its_payment() {
        let address = baseline_server().await;
        let load = cycles(address, 2, Duration::from_millis(100), 1).await.unwrap();
        assert!(!load.latencies.is_empty() && load.errors == 0);
    }

    #[tokio::test]
    async fn inquiries_bring_their_bodies() {
        let address = baseline_server().await;
        let requests = (0..10).map(|index| Partner::ONE.inquiry(&format!("ref-{index}"))).collect();
        let bodies = send_all(address, 3, requests, &["00"]).await.unwrap();
        assert_eq!(bodies.len(), 10);
        assert!(bodies.iter().all(|body| body.starts_with(br#"{"data":{"tr_id":"#)));
    }
}
