//! The HTTP edge: paths, methods, sizes, content types, deadlines.

use std::io::ErrorKind;
use std::time::Duration;

use crate::client::{CHECK, Connection, Partner, Reply};
use crate::server::Home;

const JSON: &str = "Content-Type: application/json";
const XML: &str = "Content-Type: application/xml";

fn status_body(partner: &Partner) -> String {
    let (username, sign) = (&partner.username, partner.sign("cs"));
    format!(r#"{{"commands":"checkstatus","username":"{username}","ref_id":"r","sign":"{sign}"}}"#)
}

#[test]
fn an_unknown_path_is_117_in_the_format_of_the_request() {
    let home = Home::new();
    let server = home.start(&[]);
    let mut partner = server.partner();
    for path in ["/", "/api/v1/bill", "/api/v2/bill/check", "/api/v1/bill/check/pdam/x", "/%2e%2e"]
    {
        for (header, content_type) in [(JSON, "application/json"), (XML, "application/xml")] {
            let reply = partner.connection.send("POST", path, &[header], b"{}").unwrap();
            assert_eq!((reply.status, &*reply.rc()), (404, "117"), "{path}");
            assert_eq!(reply.header("content-type"), Some(content_type));
        }
        // That path is an HTML page.
        if path != "/" {
            let reply = partner.get(path);
            assert_eq!((reply.status, &*reply.rc()), (404, "117"), "{path}");
        }
    }
}

#[test]
fn an_unsupported_method_is_405_with_the_supported_ones() {
    let home = Home::new();
    let server = home.start(&[]);
    let mut connection = Connection::open(server.port).unwrap();
    for (method, path, allowed) in [
        ("GET", CHECK, "POST"),
        ("PUT", CHECK, "POST"),
        ("DELETE", "/api/v1/bill/check/pdam", "POST"),
        ("POST", "/api/v1/download/1", "GET"),
        ("POST", "/metrics", "GET"),
    ] {
        let reply = connection.send(method, path, &[], b"").unwrap();
        assert_eq!((reply.status, &*reply.rc()), (405, "117"), "{method} {path}");
        let allow = reply.header("allow").unwrap_or_default();
        assert!(
            allow.split(',').any(|method| method.trim() == allowed),
            "{method} {path}: {allow}"
        );
    }
}

#[test]
fn the_trailing_slash_changes_nothing() {
    let home = Home::new();
    let server = home.start(&[]);
    let mut partner = server.partner();
    let body = status_body(&partner);
    let with = partner.post("/api/v1/bill/check/", &body);
    assert_eq!((with.status, with.body), (200, partner.post(CHECK, &body).body));
}

#[test]
fn the_content_type_decides_the_format_and_then_the_first_byte() {
    let home = Home::new();
    let server = home.start(&[]);
    let mut partner = server.partner();
    let (username, sign) = (partner.username.clone(), partner.sign("cs"));
    let in_json = status_body(&partner);
    let in_xml = format!(
        "<mp><commands>checkstatus</commands><username>{username}</username><ref_id>r</ref_id>\
         <sign>{sign}</sign></mp>"
    );
    let mut send = |headers: &[&str], body: &str| -> Reply {
        partner.connection.send("POST", CHECK, headers, body.as_bytes()).unwrap()
    };
    let (json, xml) = (Some("application/json"), Some("application/xml"));
    for (headers, body, content_type) in [
        (&["Content-Type: application/json; charset=utf-8"][..], &in_json, json),
        (&["Content-Type: Application/JSON"], &in_json, json),
        (&["Content-Type: text/xml"], &in_xml, xml),
        (&["Content-Type: application/xml; charset=\"utf-8\""], &in_xml, xml),
        (&[], &in_json, json),
        (&[], &in_xml, xml),
        (&["Content-Type: text/plain"], &in_json, json),
        (&["Content-Type: application/x-www-form-urlencoded"], &in_xml, xml),
    ] {
        let reply = send(headers, body);
        assert_eq!((reply.status, &*reply.rc()), (200, "06"), "{headers:?}");
        assert_eq!(reply.header("content-type"), content_type, "{headers:?}");
    }
    for (headers, body, content_type) in [
        (&[XML][..], &*in_json, xml),
        (&[JSON], &in_xml, json),
        (&[], "commands=checkstatus", json),
        (&["Content-Type: text/plain"], "", json),
    ] {
        let reply = send(headers, body);
        assert_eq!((reply.status, &*reply.rc()), (400, "107"), "{headers:?}");
        assert_eq!(reply.header("content-type"), content_type, "{headers:?}");
    }
}

#[test]
fn a_body_may_have_64_kib_and_no_byte_more() {
    let home = Home::new();
    let server = home.start(&[]);
    let mut partner = server.partner();
    let body = status_body(&partner);
    let largest = format!("{body}{}", " ".repeat(64 * 1024 - body.len()));
    assert_eq!(partner.post(CHECK, &largest).rc(), "06");
    let reply = partner.post(CHECK, &format!("{largest} "));
    assert_eq!((reply.status, &*reply.rc()), (413, "107"));
    let mut xml = server.partner().in_xml();
    let reply = xml.post(CHECK, &" ".repeat(1 << 20));
    assert_eq!((reply.status, &*reply.rc()), (413, "107"));
}

#[test]
fn a_head_that_is_too_large_is_refused() {
    let home = Home::new();
    let server = home.start(&[]);
    let mut connection = Connection::open(server.port).unwrap();
    let large = format!("X-Large: {}", "x".repeat(20 * 1024));
    let reply = connection.send("POST", CHECK, &[&large], b"{}");
    assert!(reply.is_err() || reply.unwrap().status == 431);
    assert_eq!(server.partner().status("r").rc(), "06");
}

#[test]
fn pipelined_requests_are_answered_in_order() {
    let home = Home::new();
    let server = home.start(&[]);
    let mut partner = server.partner();
    let body = status_body(&partner);
    let request = |path: &str| {
        let length = body.len();
        format!(
            "POST {path} HTTP/1.1\r\nHost: x\r\n{JSON}\r\nContent-Length: {length}\r\n\r\n{body}"
        )
    };
    let both = request(CHECK) + &request("/nowhere");
    partner.connection.write(both.as_bytes()).unwrap();
    assert_eq!(partner.connection.reply().unwrap().rc(), "06");
    assert_eq!(partner.connection.reply().unwrap().rc(), "117");
}

#[test]
fn a_client_that_sends_too_slowly_is_disconnected() {
    let home = Home::new();
    let server =
        home.start(&[("server.head_deadline", "200ms"), ("server.body_deadline", "200ms")]);
    let mut silent = Connection::open(server.port).unwrap();
    assert!(is_closed(silent.reply().unwrap_err().kind()));

    let mut slow_head = Connection::open(server.port).unwrap();
    slow_head.write(b"POST /api/v1/bill/check HT").unwrap();
    assert!(slow_head.reply().is_err_and(|closed| is_closed(closed.kind())));

    let mut slow_body = Connection::open(server.port).unwrap();
    let head = format!("POST {CHECK} HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\n{{");
    slow_body.write(head.as_bytes()).unwrap();
    assert_eq!(slow_body.reply().unwrap().status, 408);
}

/// A check status is answered at once; an inquiry waits for the biller.
const SLOW_BILLER: (&str, &str) = ("sandbox.latency", "100ms");

#[test]
fn an_idle_connection_is_closed_whatever_was_requested_on_it() {
    let home = Home::new();
    let server = home.start(&[SLOW_BILLER, ("server.idle_deadline", "1s")]);
    let mut after_status = server.partner();
    assert_eq!(after_status.status("r").rc(), "06");
    let mut after_inquiry = server.partner();
    after_inquiry.inquired("BPJS", "8801234560001");
    for (idle, what) in [(after_status, "status"), (after_inquiry, "inquiry")] {
        let mut connection = idle.connection;
        let end = connection.reply().unwrap_err();
        assert!(is_closed(end.kind()), "after a {what}: {end}");
    }
}

#[test]
fn a_connection_may_be_idle_for_longer_than_a_head_may_take() {
    let home = Home::new();
    let server = home.start(&[SLOW_BILLER, ("server.head_deadline", "200ms")]);
    let mut after_status = server.partner();
    assert_eq!(after_status.status("r").rc(), "06");
    let mut after_inquiry = server.partner();
    after_inquiry.inquired("BPJS", "8801234560001");
    std::thread::sleep(Duration::from_secs(1));
    for (idle, what) in [(&mut after_status, "status"), (&mut after_inquiry, "inquiry")] {
        let again = idle.try_ask(iak_protocol::Command::Status { ref_id: "r".into() });
        assert_eq!(again.map(|reply| reply.rc()).ok().as_deref(), Some("06"), "after a {what}");
    }
}

fn is_closed(kind: ErrorKind) -> bool {
    matches!(
        kind,
        ErrorKind::UnexpectedEof | ErrorKind::ConnectionReset | ErrorKind::ConnectionAborted
    )
}

#[test]
fn requests_above_the_concurrency_limit_are_503_and_above_the_rate_429() {
    let home = Home::new();
    let server = home.start(&[
        ("sandbox.latency", "2s"),
        ("limits.requests_in_flight", "1"),
        ("limits.requests_per_second_per_partner", "1"),
        ("limits.requests_burst_per_partner", "2"),
    ]);
    let mut first = server.partner();
    let mut second = server.partner();
    let inquiry = std::thread::spawn(move || {
        // The other request may hold the only permit at that moment.
        crate::server::wait_for("a place", || {
            let told = first.inquire("BPJS", "8801234560001", "r").rc();
            (told != "33").then_some(told)
        })
    });
    let shed = crate::server::wait_for("the only place to be taken", || {
        let reply = second.post(CHECK, "{}");
        (reply.status != 400).then_some(reply)
    });
    assert_eq!((shed.status, &*shed.rc()), (503, "33"));
    assert!(shed.header("retry-after").is_some());
    assert_eq!(inquiry.join().unwrap(), "00");

    let limited = crate::server::wait_for("the rate to be passed", || {
        let reply = second.status("r");
        (reply.status != 200).then_some(reply)
    });
    assert_eq!((limited.status, &*limited.rc()), (429, "33"));
    assert!(limited.header("retry-after").is_some());
}

#[test]
fn the_probes_answer_everyone_and_the_metrics_only_this_machine() {
    let home = Home::new();
    let server = home.start(&[("server.trusted_proxies", "127.0.0.1")]);
    let mut partner = server.partner();
    assert_eq!((partner.get("/livez").status, partner.get("/readyz").status), (200, 200));
    assert_eq!(partner.status("r").rc(), "06");
    assert_eq!(server.counted("lunas_requests_total", r#"command="checkstatus",code="06""#), 1);
    let elsewhere = ["X-Forwarded-For: 203.0.113.9"];
    let reply = partner.connection.send("GET", "/metrics", &elsewhere, b"").unwrap();
    assert_eq!((reply.status, &*reply.rc()), (404, "117"));
}
