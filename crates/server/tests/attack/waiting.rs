//! Slow clients: slow heads and bodies, unread answers, silent connections, bodies that continue
//! after the answer.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::thread;
use std::time::Duration;

use crate::attack_server::{AttackServer, connect_from, is_open, memory, serves_the_honest};
use crate::client::CHECK;
use crate::server::wait_for;

/// More connections than the attacks keep open.
const ROOM: [(&str, &str); 2] =
    [("server.max_connections", "5000"), ("server.max_connections_per_address", "3000")];

#[test]
fn connections_that_say_nothing_cost_little_and_are_given_up() {
    const IDLE: usize = 2_000;
    let attack = AttackServer::start(&[&ROOM[..], &[("server.head_deadline", "5s")]].concat());
    let before = memory(&attack.server);
    let mut idle: Vec<TcpStream> = (0..IDLE)
        .map(|n| connect_from(&format!("127.0.0.{}", 2 + n % 4), attack.server.port))
        .collect();
    serves_the_honest(&attack.server);
    let each = memory(&attack.server).saturating_sub(before) / IDLE as u64;
    assert!(each < 64, "{each} KiB for each connection");
    for stream in &mut idle {
        assert_eq!(stream.read(&mut [0; 16]).unwrap_or(0), 0, "nothing is said to them");
    }
    attack.finish();
}

#[test]
fn slow_heads_and_bodies_are_given_up_while_others_are_served() {
    const SLOW: usize = 300;
    let deadlines = [("server.head_deadline", "1s"), ("server.body_deadline", "1s")];
    let attack = AttackServer::start(&[&ROOM[..], &deadlines].concat());
    let head = format!("POST {CHECK} HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\n");
    let heads: [&[u8]; 3] = [b"POST /api", b"GET / HTTP/1.1\r\nX-A: b\r\n", head.as_bytes()];
    let mut slow: Vec<TcpStream> = (0..SLOW)
        .map(|n| {
            let mut stream = connect_from("127.0.0.2", attack.server.port);
            stream.write_all(heads[n % heads.len()]).unwrap();
            stream
        })
        .collect();
    // Single bytes do not extend the deadline.
    for _ in 0..20 {
        slow.iter_mut().for_each(|stream| drop(stream.write(b"x")));
        thread::sleep(Duration::from_millis(100));
        serves_the_honest(&attack.server);
    }
    for (n, stream) in slow.iter_mut().enumerate() {
        let mut told = Vec::new();
        let _ = stream.read_to_end(&mut told);
        let must: &[u8] = if n % heads.len() == 2 { b"HTTP/1.1 408 " } else { b"" };
        assert!(told.starts_with(must), "{:?}", String::from_utf8_lossy(&told));
        assert_eq!(told.is_empty(), must.is_empty());
    }
    attack.finish();
}

/// Requests price lists and reads no answer: the server's memory and time for it are limited.
#[test]
fn whoever_does_not_take_its_answers_is_given_up() {
    const GREEDY: usize = 100;
    let attack = AttackServer::start(&[&ROOM[..], &[("server.write_deadline", "1s")]].concat());
    let partner = attack.server.partner();
    let sign = partner.sign("pl");
    let body = format!(
        r#"{{"commands":"pricelist-pasca","username":"{}","sign":"{sign}"}}"#,
        partner.username
    );
    let length = body.len();
    let request = format!("POST {CHECK} HTTP/1.1\r\nContent-Length: {length}\r\n\r\n{body}");
    let batch = request.repeat(50);
    let before = memory(&attack.server);
    let mut greedy: Vec<TcpStream> =
        (0..GREEDY).map(|_| connect_from("127.0.0.2", attack.server.port)).collect();
    for stream in &mut greedy {
        stream.set_nonblocking(true).unwrap();
    }
    let given_up = |stream: &mut TcpStream| {
        use std::io::ErrorKind::WouldBlock;
        stream.write(batch.as_bytes()).is_err_and(|error| error.kind() != WouldBlock)
    };
    let mut most = 0;
    wait_for("all of them to be given up", || {
        greedy.retain_mut(|stream| !given_up(stream));
        most = most.max(memory(&attack.server));
        greedy.is_empty().then_some(())
    });
    let each = most.saturating_sub(before) / GREEDY as u64;
    assert!(each < 512, "{each} KiB for each connection");
    attack.finish();
}

/// The size of a body that is not read completely.
const LARGE: usize = 5 * 1024 * 1024;

/// A client that sends everything before it reads, as simple ones do, sees why it was refused.
#[test]
fn an_answer_to_a_body_that_was_not_read_is_seen_by_whoever_sends_all_of_it_first() {
    let attack = AttackServer::start(&[]);
    let length = format!("Content-Length: {LARGE}\r\n\r\n");
    let chunk = format!("Transfer-Encoding: chunked\r\n\r\n{LARGE:x}\r\n");
    for (head, must) in [
        (format!("POST {CHECK} HTTP/1.1\r\n{length}"), "HTTP/1.1 413 "),
        (format!("POST {CHECK} HTTP/1.1\r\n{chunk}"), "HTTP/1.1 413 "),
        (format!("POST {CHECK} HTTP/1.0\r\n{length}"), "HTTP/1.0 413 "),
        (format!("POST {CHECK} HTTP/1.1\r\nContent-Type: text/xml\r\n{length}"), "HTTP/1.1 413 "),
        (format!("POST {CHECK}/%ff HTTP/1.1\r\n{length}"), "HTTP/1.1 404 "),
        (format!("PUT {CHECK} HTTP/1.1\r\n{length}"), "HTTP/1.1 405 "),
        (format!("GET /api/v1/download/1 HTTP/1.1\r\n{length}"), "HTTP/1.1 200 "),
        // Such a head is malformed, or too large if it continues.
        (format!("POST {CHECK} HTTP/1.1\r\nContent-Length: 5\r\n{length}"), "HTTP/1.1 4"),
        (format!("POST {CHECK} HTTP/1.1\nHost: x\r\n{length}"), "HTTP/1.1 4"),
    ] {
        let mut stream = connect_from("127.0.0.2", attack.server.port);
        let sent = [head.as_bytes(), &vec![b' '; LARGE]].concat();
        let written = stream.write_all(&sent).map_err(|error| error.kind());
        let mut told = Vec::new();
        let read = stream.read_to_end(&mut told).map(drop).map_err(|error| error.kind());
        let told = String::from_utf8_lossy(&told).into_owned();
        let status = told.get(..must.len()).unwrap_or_default();
        attack.check(&head, (written, read, status), (Ok(()), Ok(()), must));
        if must.contains("413") {
            attack.check(&head, told.contains("is larger than 64 KiB"), true);
            attack.check(&head, told.to_lowercase().contains("connection: close"), true);
        }
    }
    attack.finish();
}

/// The time of reading is limited too; the tests of the connection show that.
#[test]
fn whoever_sends_for_ever_when_it_was_answered_is_cut_off() {
    // More than all sockets between both sides can hold.
    const MOST: usize = 64 * 1024 * 1024;
    let bounds = [("server.linger_limit", "64KiB"), ("server.linger_deadline", "1m")];
    let attack = AttackServer::start(&bounds);
    let mut stream = connect_from("127.0.0.2", attack.server.port);
    let length = usize::MAX / 4;
    let head = format!("POST {CHECK} HTTP/1.1\r\nContent-Length: {length}\r\n\r\n");
    stream.write_all(head.as_bytes()).unwrap();
    let mut sent = 0;
    while sent < MOST && stream.write_all(&[b' '; 64 * 1024]).is_ok() {
        sent += 64 * 1024;
    }
    assert!(sent < MOST, "{sent} bytes were taken");
    attack.finish();
}

#[test]
fn one_address_holds_no_more_than_its_share_of_the_connections() {
    let attack = AttackServer::start(&[("server.max_connections_per_address", "50")]);
    let port = attack.server.port;
    let mut held: Vec<TcpStream> = (0..50).map(|_| connect_from("127.0.0.2", port)).collect();
    let mut over: Vec<TcpStream> = (0..200).map(|_| connect_from("127.0.0.2", port)).collect();
    for stream in &mut over {
        assert_eq!(stream.read(&mut [0; 1]).unwrap_or(0), 0, "closed at once");
    }
    assert!(held.iter_mut().all(is_open), "those that came first stay");
    serves_the_honest(&attack.server);
    drop(held);
    wait_for("their places to be free again", || {
        is_served(connect_from("127.0.0.2", port)).then_some(())
    });
    attack.finish();
}

fn is_served(mut stream: TcpStream) -> bool {
    let mut told = Vec::new();
    stream.write_all(b"GET /livez HTTP/1.1\r\nConnection: close\r\n\r\n").is_ok()
        && stream.read_to_end(&mut told).is_ok()
        && told.starts_with(b"HTTP/1.1 200 ")
}
