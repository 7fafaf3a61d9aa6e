//! The scripts of the pages, run by Node.js and held against the protocol's own functions.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::io::Write;
use std::process::{Command, Stdio};

use iak_protocol::{Format, decode_request, sign};
use serde_json::{Value, json};

/// What a script makes of each of these values; it sees one as `it`, and both modules.
fn each(expression: &str, values: &[Value]) -> Vec<Value> {
    let assets = concat!("file://", env!("CARGO_MANIFEST_DIR"), "/assets");
    let script = format!(
        "import {{ readFileSync }} from 'node:fs';
         import {{ md5 }} from '{assets}/md5.js';
         import {{ read, readAnswer, suffix, withSign, write }} from '{assets}/message.js';
         const values = JSON.parse(readFileSync(0, 'utf8'));
         console.log(JSON.stringify(values.map((it) => {expression})));"
    );
    let mut node = Command::new("node")
        .args(["--input-type=module", "--eval", &script])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("Node.js runs the pages' scripts; `cargo xtask test` installs it");
    let mut stdin = node.stdin.take().unwrap();
    stdin.write_all(Value::from(values).to_string().as_bytes()).unwrap();
    drop(stdin);
    let done = node.wait_with_output().unwrap();
    assert!(done.status.success(), "{expression}");
    serde_json::from_slice(&done.stdout).unwrap()
}

#[test]
fn the_md5_is_that_of_the_protocol() {
    let plain = (0..200).map(|length| "a".repeat(length));
    let wide = (0..70).map(|length| "é€😀\0\u{7f}".repeat(length));
    let texts: Vec<Value> = plain.chain(wide).map(Value::from).collect();
    let hashes = each("md5(it)", &texts);
    assert_eq!(hashes.len(), 270);
    for (text, hash) in texts.iter().zip(hashes) {
        assert_eq!(hash, sign("", "", text.as_str().unwrap()).as_str(), "{text}");
    }
}

fn requests() -> Vec<Value> {
    let of = |command: &str| json!({"commands": command, "username": "u<&>'\"", "sign": ""});
    let with = |mut request: Value, fields: Value| {
        request.as_object_mut().unwrap().extend(fields.as_object().unwrap().clone());
        request
    };
    vec![
        with(of("inq-pasca"), json!({"code": "BPJS", "hp": "1 2", "ref_id": "r-1", "month": "2"})),
        with(
            of("inq-pasca"),
            json!({"code": "X", "hp": "1", "ref_id": "007", "desc": {"amount": 5}}),
        ),
        with(of("pay-pasca"), json!({"tr_id": "0042"})),
        with(of("pay-pasca"), json!({"tr_id": 9_732_787})),
        with(of("checkstatus"), json!({"ref_id": "r"})),
        of("pricelist-pasca"),
    ]
}

#[test]
fn a_written_and_signed_request_is_read_back_unchanged() {
    for (name, format) in [("json", Format::Json), ("xml", Format::Xml)] {
        let written =
            each(&format!("withSign(write(it, '{name}'), '{name}', 'f00d')"), &requests());
        let covered = each(&format!("suffix(read(write(it, '{name}'), '{name}'))"), &requests());
        for ((request, body), suffix) in requests().iter().zip(written).zip(covered) {
            let body = body.as_str().unwrap();
            let read = decode_request(body.as_bytes(), format).unwrap();
            assert_eq!((&*read.username, &*read.sign), ("u<&>'\"", "f00d"), "{body}");
            assert_eq!(read.command.name(), request["commands"]);
            assert_eq!(read.command.signed_suffix(), suffix, "{body}");
        }
    }
}

#[test]
fn converting_the_format_twice_gives_the_same_request() {
    let there_and_back = "read(write(read(write(it, 'xml'), 'xml'), 'json'), 'json')";
    let texts = each(&format!("write({there_and_back}, 'xml')"), &requests());
    assert_eq!(texts, each("write(it, 'xml')", &requests()));
}

#[test]
fn an_unreadable_body_is_refused() {
    let broken = ["", "{", "[]", "null", "1", "{\"a\":1"].map(Value::from);
    let tries = "(() => { try { read(it, FORMAT); return true } catch { return false } })()";
    let read = each(&tries.replace("FORMAT", "'json'"), &broken);
    assert_eq!(read, [false; 6].map(Value::from));
    let broken = ["", "<mp>", "<mq></mq>", "<mp><a></b></mp>", "<mp>text</mp>"].map(Value::from);
    let read = each(&tries.replace("FORMAT", "'xml'"), &broken);
    assert_eq!(read, [false; 5].map(Value::from));
    let nothing = ["<html></html>", "", "{}"].map(Value::from);
    assert_eq!(each("readAnswer(it, 'json')", &nothing), [json!({}), json!({}), json!({})]);
}
