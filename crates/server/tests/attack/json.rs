//! Malformed, large and misleading JSON bodies.
//!
//! Each case is put into a valid check status. An accepted case is answered 06, because the
//! transaction does not exist. `{u}` is the username, `{s}` the signature.

use crate::attack_server::{AttackServer, tells_nothing};
use crate::client::{CHECK, Partner};

type Must = (u16, &'static str);
const MALFORMED: Must = (400, "107");
const BAD_REF_ID: Must = (200, "03");
const UNSIGNED: Must = (200, "100");
const UNKNOWN_COMMAND: Must = (200, "101");
const TAKEN: Must = (200, "06");
const ENCODED: Must = (415, "107");

/// Additional members of a check status.
const MEMBERS: &[(&str, Must)] = &[
    (r#""x":1"#, TAKEN),
    (r#""ref_id":"r""#, MALFORMED),
    (r#""ref_id":"other""#, MALFORMED),
    (r#""ref\u005fid":"r""#, MALFORMED),
    (r#""\u0072ef_id":"r""#, MALFORMED),
    (r#""sign":"""#, MALFORMED),
    (r#""commands":"pay-pasca""#, MALFORMED),
    (r#""username":"other""#, MALFORMED),
    (r#""x":1,"x":1"#, TAKEN),
    (r#""desc":{"amount":1,"amount":2}"#, MALFORMED),
    (r#""x":{"y":[{"z":1,"z":2}]}"#, TAKEN),
    (r#""Ref_id":"other""#, TAKEN),
    (r#""ref_id ":"other""#, TAKEN),
    (r#""":1"#, TAKEN),
    (r#""__proto__":{"username":"other"}"#, TAKEN),
    (r#""$where":"sleep(1000)""#, TAKEN),
    (r#""x":1e999"#, TAKEN),
    (r#""x":-1e-999"#, TAKEN),
    (r#""x":99999999999999999999999999999999"#, TAKEN),
    (r#""x":01"#, MALFORMED),
    (r#""x":+1"#, MALFORMED),
    (r#""x":.5"#, MALFORMED),
    (r#""x":1."#, MALFORMED),
    (r#""x":1e"#, MALFORMED),
    (r#""x":0x10"#, MALFORMED),
    (r#""x":1_000"#, MALFORMED),
    (r#""x":NaN"#, MALFORMED),
    (r#""x":Infinity"#, MALFORMED),
    (r#""x":-"#, MALFORMED),
    (r#""x":True"#, MALFORMED),
    (r#""x":undefined"#, MALFORMED),
    (r#""x":"\ud83d\ude00""#, TAKEN),
    (r#""x":"\ud800""#, MALFORMED),
    (r#""x":"\udc00""#, MALFORMED),
    (r#""x":"\ud800\u0041""#, MALFORMED),
    (r#""x":"\udc00\ud800""#, MALFORMED),
    (r#""\ud800":1"#, MALFORMED),
    (r#""x":"\u0000""#, MALFORMED),
    (r#""\u0000":1"#, MALFORMED),
    (r#""x":"\x41""#, MALFORMED),
    (r#""x":"\u{41}""#, MALFORMED),
    (r#""x":"\u00G0""#, MALFORMED),
    (r#""x":"\U0041""#, MALFORMED),
    (r#""x":"\""#, MALFORMED),
    ("\"x\":\"\0\"", MALFORMED),
    ("\"x\":\"\u{1}\"", MALFORMED),
    ("\"x\":\"\n\"", MALFORMED),
    ("\"x\":\"\u{7f}\u{2028}\u{202e}\"", TAKEN),
    ("\"x\":\u{a0}1", MALFORMED),
    ("\"x\":\u{feff}1", MALFORMED),
    ("/* c */\"x\":1", MALFORMED),
    ("\"x\":1 // c", MALFORMED),
    ("\"x\":1,", MALFORMED),
    ("x:1", MALFORMED),
    ("'x':1", MALFORMED),
    ("\"x\":'1'", MALFORMED),
    ("\"x\" 1", MALFORMED),
    ("\"x\"", MALFORMED),
    ("\"x\":1}", MALFORMED),
    ("\"x\":1}{", MALFORMED),
    ("\"x\":[1}", MALFORMED),
    ("\"x\":[1,]", MALFORMED),
];

/// Texts and other values instead of the `ref_id`.
const REF_IDS: &[(&str, Must)] = &[
    (r#""r""#, TAKEN),
    (r#""\u0072""#, TAKEN),
    ("10", TAKEN),
    (r#""../../../etc/passwd""#, TAKEN),
    ("null", MALFORMED),
    ("true", MALFORMED),
    ("[]", MALFORMED),
    (r#"["r"]"#, MALFORMED),
    ("{}", MALFORMED),
    (r#"{"$ne":null}"#, MALFORMED),
    ("1.5", MALFORMED),
    ("1e3", MALFORMED),
    ("1e999", MALFORMED),
    (r#""cs""#, BAD_REF_ID),
    (r#""pl""#, BAD_REF_ID),
    (r#""""#, MALFORMED),
    (r#"" ""#, BAD_REF_ID),
    (r#""r ""#, BAD_REF_ID),
    (r#""r\n""#, BAD_REF_ID),
    (r#""r\u0085""#, BAD_REF_ID),
    (r#""r\u00a0""#, BAD_REF_ID),
    (r#""r\u00ad""#, BAD_REF_ID),
    (r#""r\u200b""#, BAD_REF_ID),
    (r#""r\u200d""#, BAD_REF_ID),
    (r#""r\u202e1""#, BAD_REF_ID),
    (r#""r\u2066""#, BAD_REF_ID),
    (r#""\u0433""#, BAD_REF_ID),
    (r#""\uff52""#, BAD_REF_ID),
    (r#""\u0661""#, BAD_REF_ID),
    (r#""r\u0301""#, BAD_REF_ID),
    (r#""\u212a""#, BAD_REF_ID),
    (r#""' OR '1'='1""#, BAD_REF_ID),
    (r#""r;DROP TABLE payment""#, BAD_REF_ID),
    (r#""${jndi:ldap://127.0.0.1/x}""#, BAD_REF_ID),
    (r#""{{7*7}}""#, BAD_REF_ID),
    (r#""<script>alert(1)</script>""#, BAD_REF_ID),
    (r#""=1+1""#, BAD_REF_ID),
    (r#""@SUM(A1)""#, BAD_REF_ID),
    (r#""r%00""#, BAD_REF_ID),
    (r#""r\r\nX: y""#, BAD_REF_ID),
    (r#""$(id)""#, BAD_REF_ID),
    (r#""`id`""#, BAD_REF_ID),
    (r#""r|id""#, BAD_REF_ID),
    (r#""%s%s%n""#, BAD_REF_ID),
    (r#""r\\..\\""#, BAD_REF_ID),
];

/// Complete bodies.
const BODIES: &[(&str, Must)] = &[
    (r#"{"commands":"CHECKSTATUS","username":"{u}","ref_id":"r","sign":"{s}"}"#, UNKNOWN_COMMAND),
    (r#"{"commands":"checkstatus ","username":"{u}","ref_id":"r","sign":"{s}"}"#, UNKNOWN_COMMAND),
    (r#"{"commands":"сheckstatus","username":"{u}","ref_id":"r","sign":"{s}"}"#, UNKNOWN_COMMAND),
    (r#"{"commands":"checkstatus\u200b","username":"{u}","sign":"{s}"}"#, UNKNOWN_COMMAND),
    (r#"{"commands":"","username":"{u}","ref_id":"r","sign":"{s}"}"#, MALFORMED),
    (r#"{"commands":" ","username":"{u}","ref_id":"r","sign":"{s}"}"#, UNKNOWN_COMMAND),
    (r#"{"commands":"checkstatus","username":"{u}","ref_id":"r","sign":""}"#, MALFORMED),
    (r#"{"commands":0,"username":"{u}","ref_id":"r","sign":"{s}"}"#, UNKNOWN_COMMAND),
    (r#"{"commands":["checkstatus"],"username":"{u}","ref_id":"r","sign":"{s}"}"#, MALFORMED),
    (r#"{"commands":"checkstatus","username":"{u} ","ref_id":"r","sign":"{s}"}"#, MALFORMED),
    (r#"{"commands":"checkstatus","username":"{u}\u202e","ref_id":"r","sign":"{s}"}"#, MALFORMED),
    (r#"{"commands":"checkstatus","username":"","ref_id":"r","sign":"{s}"}"#, MALFORMED),
    (r#"{"commands":"checkstatus","username":"{u}'--","ref_id":"r","sign":"{s}"}"#, UNSIGNED),
    (r#"{"commands":"checkstatus","username":"%","ref_id":"r","sign":"{s}"}"#, UNSIGNED),
    (r#"{"commands":"checkstatus","username":"{u}","ref_id":"r","sign":"{s} "}"#, UNSIGNED),
    (r#"{"commands":"checkstatus","username":"{u}","ref_id":"r","sign":"{s}\u0130"}"#, UNSIGNED),
    (r#"{"commands":"checkstatus","username":"{u}","ref_id":"r","sign":0}"#, UNSIGNED),
    (r#"{"commands":"checkstatus","username":"{u}","ref_id":"r","sign":true}"#, MALFORMED),
    (r#"{"commands":"pay-pasca","username":"{u}","sign":"{s}","tr_id":"١"}"#, MALFORMED),
    (r#"{"commands":"pay-pasca","username":"{u}","sign":"{s}","tr_id":"1\u00a0"}"#, MALFORMED),
    // The number is signed, without blanks around it.
    (r#"{"commands":"pay-pasca","username":"{u}","sign":"{s}","tr_id":"1 "}"#, UNSIGNED),
    (r#"{"commands":"pay-pasca","username":"{u}","sign":"{s}","tr_id":"0x1"}"#, MALFORMED),
    (r#"{"commands":"pay-pasca","username":"{u}","sign":"{s}","tr_id":-0}"#, MALFORMED),
    (
        r#"{"commands":"pay-pasca","username":"{u}","sign":"{s}","tr_id":9223372036854775808}"#,
        MALFORMED,
    ),
    (
        r#"{"commands":"pricelist-pasca","username":"{u}","sign":"{s}","status":"all' OR 1=1"}"#,
        MALFORMED,
    ),
    (
        r#"{"commands":"pricelist-pasca","username":"{u}","sign":"{s}","province":"\u0000"}"#,
        MALFORMED,
    ),
    ("[{}]", MALFORMED),
    ("\"checkstatus\"", MALFORMED),
    ("null", MALFORMED),
    ("{}{}", MALFORMED),
    ("{}\n{}", MALFORMED),
    ("{}\0", MALFORMED),
    ("\u{b}{}", MALFORMED),
    ("\u{feff}{}", MALFORMED),
    ("\u{feff}\u{feff}{}", MALFORMED),
    (
        "\u{feff}{\"commands\":\"checkstatus\",\"username\":\"{u}\",\"ref_id\":\"r\",\"sign\":\"{s}\"}",
        TAKEN,
    ),
    (")]}',\n{}", MALFORMED),
    ("<mp></mp>", MALFORMED),
    ("commands=checkstatus&username={u}&ref_id=r&sign={s}", MALFORMED),
    ("--x\r\nContent-Disposition: form-data\r\n\r\n{}\r\n--x--", MALFORMED),
];

/// Invalid UTF-8 instead of the `ref_id`, or extra bytes.
const BYTES: &[&[u8]] = &[
    b"\xff",
    b"\xfe\xff",
    b"\x80",
    b"\xc0\x80",
    b"\xc0\xaf",
    b"\xc1\xbf",
    b"\xe0\x80\xaf",
    b"\xf0\x80\x80\xaf",
    b"\xe2\x82",
    b"\xed\xa0\x80",
    b"\xed\xa0\xbd\xed\xb8\x80",
    b"\xf4\x90\x80\x80",
    b"\xf8\x88\x80\x80\x80",
    b"\xfc\x84\x80\x80\x80\x80",
];

pub(crate) fn cases() -> usize {
    MEMBERS.len() + REF_IDS.len() + BODIES.len() + BYTES.len() + large().len()
}

/// Large, deep and numerous bodies, and the required answers.
fn large() -> Vec<(String, Must)> {
    let member = |value: String| status_with(&format!(r#""x":{value}"#));
    let nested = |depth: usize| "[".repeat(depth) + &"]".repeat(depth);
    let many = |count: usize| vec!["1"; count].join(",");
    let members = |count: usize| -> String {
        (0..count).map(|n| format!(r#","m{n}":1"#)).collect::<String>()[1..].to_owned()
    };
    let long = "r".repeat(60_000);
    vec![
        (member(nested(15)), TAKEN),
        (member(nested(16)), MALFORMED),
        (member(nested(127)), MALFORMED),
        (member(nested(30_000)), MALFORMED),
        (member("[".repeat(60_000)), MALFORMED),
        (member(r#"{"a":"#.repeat(10_000)), MALFORMED),
        (member(format!("[{}]", many(240))), TAKEN),
        (member(format!("[{}]", many(260))), MALFORMED),
        (member(format!("[{}]", many(30_000))), MALFORMED),
        (status_with(&members(240)), TAKEN),
        (status_with(&members(260)), MALFORMED),
        (status_with(&members(4_000)), MALFORMED),
        (member("1".repeat(60_000)), TAKEN),
        (member(format!("1e{}", "9".repeat(60_000))), TAKEN),
        (member(format!(r#""{}""#, r"\u0061".repeat(10_000))), TAKEN),
        (member(format!(r#""{long}""#)), TAKEN),
        (format!(r#"{{"{long}":1}}"#), MALFORMED),
        (status_with(r#""x":1"#).replace(r#""r""#, &format!(r#""{long}""#)), BAD_REF_ID),
        (status_with(r#""x":1"#).replace("{u}", &long), MALFORMED),
        (status_with(r#""x":1"#).replace("{s}", &long), UNSIGNED),
        (" ".repeat(65_536), MALFORMED),
        (" ".repeat(65_537), (413, "107")),
        ("{".repeat(1 << 20), (413, "107")),
    ]
}

fn status_with(members: &str) -> String {
    let known = r#""commands":"checkstatus","username":"{u}","ref_id":"r","sign":"{s}""#;
    format!("{{{known},{members}}}")
}

fn filled(partner: &Partner, template: &str) -> String {
    template.replace("{u}", &partner.username).replace("{s}", &partner.sign("cs"))
}

#[test]
fn json_that_is_none_is_refused_and_the_rest_is_read_exactly() {
    let attack = AttackServer::start(&[]);
    let mut partner = attack.server.partner();
    let mut post = |template: &str, must: Must| {
        let body = filled(&partner, template);
        attack.post_and_check(&mut partner, template, body.as_bytes(), must);
    };
    for (members, must) in MEMBERS {
        post(&status_with(members), *must);
    }
    for (ref_id, must) in REF_IDS {
        post(&status_with(r#""x":1"#).replace(r#""r""#, ref_id), *must);
    }
    for (body, must) in BODIES {
        post(body, *must);
    }
    attack.finish();
}

#[test]
fn what_is_no_utf_8_is_refused_wherever_it_stands() {
    let attack = AttackServer::start(&[]);
    let mut partner = attack.server.partner();
    for bytes in BYTES {
        let body = filled(&partner, &status_with(r#""x":"?""#));
        for place in [r#""r""#, r#""?""#] {
            let at = body.find(place).unwrap() + 1;
            let body = [&body.as_bytes()[..at], bytes, &body.as_bytes()[at + 1..]].concat();
            attack.post_and_check(&mut partner, &format!("{bytes:x?}"), &body, MALFORMED);
        }
    }
    // The same request in other encodings.
    let body = filled(&partner, &status_with(r#""x":1"#));
    let wide = |to: fn(u16) -> [u8; 2]| body.encode_utf16().flat_map(to).collect::<Vec<u8>>();
    let wider = body.chars().flat_map(|c| u32::from(c).to_le_bytes()).collect::<Vec<u8>>();
    let marked = [b"\xff\xfe".to_vec(), wide(u16::to_le_bytes)].concat();
    for bytes in [wide(u16::to_le_bytes), wide(u16::to_be_bytes), wider, marked] {
        attack.post_and_check(&mut partner, "another encoding", &bytes, MALFORMED);
    }
    attack.finish();
}

#[test]
fn what_is_large_deep_or_many_is_refused_before_it_costs() {
    let attack = AttackServer::start(&[]);
    for _ in 0..20 {
        let mut partner = attack.server.partner();
        for (template, must) in large() {
            let name = &template[..template.len().min(100)];
            let body = filled(&partner, &template);
            attack.post_and_check(&mut partner, name, body.as_bytes(), must);
        }
    }
    attack.finish();
}

#[test]
fn a_body_is_taken_as_it_comes_and_no_other_for_what_it_is_said_to_be() {
    let attack = AttackServer::start(&[]);
    let mut partner = attack.server.partner();
    let body = filled(&partner, &status_with(r#""x":1"#)).into_bytes();
    let compressed =
        b"\x1f\x8b\x08\0\0\0\0\0\0\x03\xab\xae\x05\0\x43\xbf\xa6\xa3\x02\0\0\0".to_vec();
    let json = "Content-Type: application/json";
    for (headers, body, must) in [
        (&[json, "Content-Encoding: gzip"][..], &compressed, ENCODED),
        (&[json, "Content-Encoding: br"], &compressed, ENCODED),
        (&["Content-Encoding: gzip"], &compressed, ENCODED),
        (&[json, "Content-Encoding: gzip"], &body, ENCODED),
        (&[json, "content-encoding: X-GZip"], &body, ENCODED),
        (&[json, "Content-Encoding: deflate"], &body, ENCODED),
        (&[json, "Content-Encoding: zstd"], &body, ENCODED),
        (&[json, "Content-Encoding: identity, gzip"], &body, ENCODED),
        (&[json, "Content-Encoding: identity", "Content-Encoding: gzip"], &body, ENCODED),
        (&[json, "Content-Encoding: aws-chunked"], &body, ENCODED),
        (&[json, "Content-Encoding: \u{ff}"], &body, ENCODED),
        (&[json, "Content-Encoding: identity"], &body, TAKEN),
        (&[json, "Content-Encoding: Identity , identity"], &body, TAKEN),
        (&[json, "Content-Encoding:"], &body, TAKEN),
        (&[json], &compressed, MALFORMED),
        (&["Content-Type: application/json; charset=utf-16"], &body, TAKEN),
        (&["Content-Type: application/json; charset=\"\\"], &body, TAKEN),
        (&["Content-Type: multipart/form-data; boundary=x"], &body, TAKEN),
        (&["Content-Type: ,"], &body, TAKEN),
        (&["Content-Type: \u{ff}"], &body, TAKEN),
        (&["Content-Type: application/xml", json], &body, MALFORMED),
        (&[json, "Accept: text/html"], &body, TAKEN),
        (&[json, "Accept-Encoding: gzip, br, zstd"], &body, TAKEN),
        (&[json, "Range: bytes=0-0"], &body, TAKEN),
        (&[json, "Expect: a-miracle"], &body, TAKEN),
        (&[json, "X-HTTP-Method-Override: DELETE"], &body, TAKEN),
        (&[json, "If-None-Match: *"], &body, TAKEN),
    ] {
        let reply = partner.connection.send("POST", CHECK, headers, body).unwrap();
        tells_nothing(&reply, &format!("{headers:?}"));
        attack.check(&format!("{headers:?}"), (reply.status, &*reply.rc()), must);
        assert_eq!(reply.header("content-encoding"), None);
        if must == ENCODED {
            assert_eq!(reply.header("accept-encoding"), Some("identity"));
            let told = String::from_utf8_lossy(&reply.body).into_owned();
            assert!(told.contains("has a Content-Encoding, and none is taken"), "{told}");
        }
    }
    attack.finish();
}
