//! How long the server waits for each kind of client, with a clock that the tests move.

use tokio::io::{AsyncReadExt, AsyncWriteExt};

use super::*;

const HEAD: Duration = Duration::from_secs(10);
const IDLE: Duration = Duration::from_secs(75);
const WRITE: Duration = Duration::from_secs(30);
const LINGER: Bounds = Bounds { time: Duration::from_secs(30), bytes: 1000 };

fn pair() -> (tokio::io::DuplexStream, TimeoutStream<tokio::io::DuplexStream>, InWork) {
    let (client, server) = tokio::io::duplex(64);
    let in_work = InWork::default();
    let timeouts = Timeouts { head: HEAD, idle: IDLE, write: WRITE, linger: LINGER };
    let stopping = watch::channel(Stop::No).1;
    (client, TimeoutStream::new(server, in_work.clone(), timeouts, stopping), in_work)
}

/// Reads until the connection is closed, and returns how long that took.
async fn given_up_after(timed: &mut TimeoutStream<tokio::io::DuplexStream>) -> Duration {
    let begun = Instant::now();
    let mut buf = [0; 8];
    loop {
        match timed.read(&mut buf).await {
            Ok(_) => {}
            Err(error) => {
                assert_eq!(error.kind(), io::ErrorKind::TimedOut);
                return begun.elapsed().saturating_sub(Duration::from_millis(5));
            }
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_slow_head_is_closed() {
    let (mut client, mut timed, _) = pair();
    tokio::spawn(async move {
        while client.write_all(b"x").await.is_ok() {
            tokio::time::sleep(Duration::from_secs(1)).await;
        }
    });
    let waited = given_up_after(&mut timed).await;
    assert!(waited <= HEAD, "{waited:?}");
}

/// What the reader gets of a stream whose protocol was found out first, and whether that is HTTP/2.
async fn read_whole(stream: &[u8], step: usize, room: usize) -> (bool, Vec<u8>) {
    let (mut client, mut timed, _) = pair();
    let pieces: Vec<Vec<u8>> = stream.chunks(step).map(<[u8]>::to_vec).collect();
    tokio::spawn(async move {
        for piece in pieces {
            client.write_all(&piece).await.unwrap();
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
    });
    let is_http2 = timed.begins_with_http2().await.unwrap();
    let (mut all, mut buf) = (Vec::new(), vec![0; room]);
    loop {
        match timed.read(&mut buf).await.unwrap() {
            0 => return (is_http2, all),
            read => all.extend_from_slice(&buf[..read]),
        }
    }
}

#[tokio::test(start_paused = true)]
async fn the_protocol_is_found_out_and_every_byte_is_still_read() {
    let long = ["POST / HTTP/1.1\r\nX: ".as_bytes(), &[b'y'; 3 * FIRST_READ], b"\r\n\r\n"].concat();
    for (stream, expected) in [
        (&b"GET / HTTP/1.1\r\n\r\n"[..], false),
        (b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", true),
        (b"PRI * HTTP/2.1\r\n\r\n", false),
        (b"PROPFIND / HTTP/1.1\r\n\r\n", false),
        (b"PRI * HTTP/2", false),
        (b"P", false),
        (b"", false),
        (&long, false),
    ] {
        for (step, room) in [(1, 1), (1, 64), (5, 3), (64, 7), (64, 4096)] {
            let (is_http2, read) = read_whole(stream, step, room).await;
            assert_eq!(is_http2, expected, "{step} {room} {}", stream.escape_ascii());
            assert!(read == stream, "{step} {room} {}", read.escape_ascii());
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_client_that_begins_like_http2_and_stops_is_closed() {
    let (mut client, mut timed, _) = pair();
    client.write_all(b"PRI *").await.unwrap();
    let begun = Instant::now();
    let error = timed.begins_with_http2().await.unwrap_err();
    assert_eq!(error.kind(), io::ErrorKind::TimedOut);
    assert!(begun.elapsed() <= HEAD + Duration::from_millis(5));
}

#[tokio::test(start_paused = true)]
async fn an_idle_connection_has_a_longer_timeout_than_a_head() {
    let (mut client, mut timed, in_work) = pair();
    client.write_all(b"GET").await.unwrap();
    let mut buf = [0; 3];
    timed.read_exact(&mut buf).await.unwrap();
    let work = in_work.begin();
    let busy = tokio::time::timeout(Duration::from_secs(600), timed.read(&mut buf)).await;
    assert!(busy.is_err(), "a busy connection is never given up");
    drop(work);
    let waited = given_up_after(&mut timed).await;
    assert!(waited > HEAD && waited <= IDLE, "{waited:?}");

    let (mut client, mut timed, in_work) = pair();
    drop(in_work.begin());
    timed.phase = Phase::Busy;
    client.write_all(b"G").await.unwrap();
    let waited = given_up_after(&mut timed).await;
    assert!(waited <= HEAD, "{waited:?}");
}

/// Pitfall: such a connection was closed at the deadline of a head.
#[tokio::test(start_paused = true)]
async fn a_connection_whose_request_was_answered_at_once_is_idle() {
    let (mut client, mut timed, in_work) = pair();
    client.write_all(b"GET").await.unwrap();
    timed.read_exact(&mut [0; 3]).await.unwrap();
    drop(in_work.begin());
    timed.flush().await.unwrap();
    let waited = given_up_after(&mut timed).await;
    assert!(waited > HEAD && waited <= IDLE, "{waited:?}");

    // The next head has begun to arrive before the answer is flushed.
    let (mut client, mut timed, in_work) = pair();
    let work = in_work.begin();
    let busy = tokio::time::timeout(Duration::from_secs(1), timed.read(&mut [0; 3])).await;
    assert!(busy.is_err());
    drop(work);
    client.write_all(b"GET").await.unwrap();
    timed.read_exact(&mut [0; 3]).await.unwrap();
    timed.flush().await.unwrap();
    let waited = given_up_after(&mut timed).await;
    assert!(waited <= HEAD, "{waited:?}");

    // An answer is flushed once; more flushes do not lengthen the next head's time.
    let (mut client, mut timed, in_work) = pair();
    drop(in_work.begin());
    timed.flush().await.unwrap();
    client.write_all(b"GET").await.unwrap();
    timed.read_exact(&mut [0; 3]).await.unwrap();
    timed.flush().await.unwrap();
    let waited = given_up_after(&mut timed).await;
    assert!(waited <= HEAD, "{waited:?}");
}

#[tokio::test(start_paused = true)]
async fn a_client_that_does_not_read_its_answers_is_closed_even_if_it_reads_slowly() {
    let (mut client, mut timed, _) = pair();
    let begun = Instant::now();
    tokio::spawn(async move {
        while client.read_u8().await.is_ok() {
            tokio::time::sleep(Duration::from_secs(1)).await;
        }
    });
    let written = timed.write_all(&[b'x'; 4096]).await;
    assert_eq!(written.map_err(|error| error.kind()), Err(io::ErrorKind::TimedOut));
    let waited = begun.elapsed();
    assert!(waited <= WRITE + Duration::from_secs(2), "{waited:?}");
}

#[tokio::test(start_paused = true)]
async fn a_client_that_reads_its_answers_has_no_time_limit() {
    let (mut client, mut timed, _) = pair();
    tokio::spawn(async move {
        while client.read_u8().await.is_ok() {
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    });
    for _ in 0..20 {
        timed.write_all(&[b'x'; 100]).await.unwrap();
        timed.flush().await.unwrap();
    }
}

/// A client sends `sent` before the connection is closed and then continues. Returns how long the
/// connection lingers and how many bytes it reads.
async fn lingers(
    sent: &str,
    then: impl AsyncFnOnce(&mut tokio::io::DuplexStream) -> usize,
) -> (Duration, usize) {
    let (mut client, mut timed, _) = pair();
    client.write_all(sent.as_bytes()).await.unwrap();
    timed.read_exact(&mut vec![0; sent.len()]).await.unwrap();
    let begun = Instant::now();
    let closing = async {
        timed.shutdown().await.unwrap();
        let lingered = begun.elapsed();
        drop(timed);
        lingered
    };
    let sending = async {
        assert_eq!(client.read(&mut [0; 1]).await.unwrap(), 0, "our side is closed at once");
        then(&mut client).await
    };
    tokio::join!(closing, sending)
}

const HALF_A_BODY: &str = "POST / HTTP/1.1\r\nContent-Length: 500\r\n\r\n{";

#[tokio::test(start_paused = true)]
async fn a_client_that_still_sends_is_read_completely() {
    let (lingered, sent) = lingers(HALF_A_BODY, async |client| {
        for _ in 0..9 {
            client.write_all(&[b'x'; 100]).await.unwrap();
            tokio::time::sleep(Duration::from_secs(1)).await;
        }
        client.shutdown().await.unwrap();
        900
    })
    .await;
    assert_eq!((lingered.as_secs(), sent), (9, 900));
}

#[tokio::test(start_paused = true)]
async fn an_endless_body_is_read_up_to_the_limits() {
    let endless = async |client: &mut tokio::io::DuplexStream, pause: Duration| {
        let mut sent = 0;
        while client.write_all(&[b'x'; 10]).await.is_ok() {
            sent += 10;
            tokio::time::sleep(pause).await;
        }
        sent
    };
    let fast = async |client: &mut _| endless(client, Duration::from_millis(1)).await;
    let (lingered, sent) = lingers(HALF_A_BODY, fast).await;
    assert!(lingered < LINGER.time, "{lingered:?}");
    // What was in the pipe when it was closed counts too.
    assert!((LINGER.bytes..LINGER.bytes + 100).contains(&sent), "{sent}");

    let slow = async |client: &mut _| endless(client, Duration::from_secs(1)).await;
    let (lingered, sent) = lingers(HALF_A_BODY, slow).await;
    assert_eq!(lingered.as_secs(), LINGER.time.as_secs());
    assert!(sent < LINGER.bytes, "{sent}");
}

/// A body that was announced and never comes must not hold the connection.
#[tokio::test(start_paused = true)]
async fn a_silent_client_is_waited_for_only_shortly() {
    let silent = async |_: &mut _| 0;
    assert_eq!(lingers(HALF_A_BODY, silent).await.0.as_secs(), 5);
    let then_silent = async |client: &mut tokio::io::DuplexStream| {
        tokio::time::sleep(Duration::from_secs(4)).await;
        client.write_all(b"x").await.unwrap();
        1
    };
    assert_eq!(lingers(HALF_A_BODY, then_silent).await.0.as_secs(), 9);
}

#[tokio::test(start_paused = true)]
async fn there_is_no_linger_after_complete_requests() {
    for whole in ["GET / HTTP/1.1\r\n\r\n", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", ""] {
        let silent = async |_: &mut _| 0;
        assert_eq!(lingers(whole, silent).await.0, Duration::ZERO, "{whole}");
    }
    let (client, mut timed, _) = pair();
    assert_eq!(given_up_after(&mut timed).await.as_secs(), HEAD.as_secs() - 1);
    let begun = Instant::now();
    timed.shutdown().await.unwrap();
    assert_eq!(begun.elapsed(), Duration::ZERO, "it was given up");
    drop(client);
}

#[tokio::test(start_paused = true)]
async fn a_stopping_server_does_not_linger() {
    let (mut client, server) = tokio::io::duplex(64);
    let timeouts = Timeouts { head: HEAD, idle: IDLE, write: WRITE, linger: LINGER };
    let (stop, stopping) = watch::channel(Stop::No);
    let mut timed = TimeoutStream::new(server, InWork::default(), timeouts, stopping.clone());
    client.write_all(HALF_A_BODY.as_bytes()).await.unwrap();
    timed.read_exact(&mut [0; HALF_A_BODY.len()]).await.unwrap();
    let mut woken = stopping;
    let begun = Instant::now();
    let closing = async {
        tokio::select! {
            biased;
            closed = timed.shutdown() => closed.unwrap(),
            _ = woken.changed() => timed.shutdown().await.unwrap(),
        }
    };
    let stopped = async {
        tokio::time::sleep(Duration::from_secs(2)).await;
        stop.send_replace(Stop::Asked);
    };
    tokio::join!(closing, stopped);
    assert_eq!(begun.elapsed().as_secs(), 2);
    drop(client);
}
