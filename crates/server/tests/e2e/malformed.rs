//! Requests that are none: RC 107 with HTTP 400, naming each field and never what was in it.

use crate::client::{CHECK, Partner, Reply, fresh_ref_id};
use crate::server::Home;

/// Stands in the requests and must not come back.
const SENT: &str = "4111111111111111";

/// A body, and the fields that are at fault.
const IN_JSON: [(&str, &[&str]); 28] = [
    ("", &["body"]),
    ("{", &["body"]),
    ("[]", &["body"]),
    (r#"{"commands":"pay-pasca"}}"#, &["body"]),
    ("\u{feff}{}", &["body"]),
    (r#"{"commands":"pay-pasca","x":"\ud800"}"#, &["body"]),
    (r#"{"x":[[[[[[[[[[[[[[[[[1]]]]]]]]]]]]]]]]]}"#, &["body"]),
    ("{}", &["commands", "username", "sign"]),
    (r#"{"commands":null,"username":"1","sign":"1"}"#, &["commands"]),
    (r#"{"commands":"inq-pasca","username":"1","sign":"1"}"#, &["code", "hp", "ref_id"]),
    (r#"{"commands":"pay-pasca","username":"1","sign":"1"}"#, &["tr_id"]),
    (r#"{"commands":"checkstatus","username":"1","sign":"1"}"#, &["ref_id"]),
    (r#"{"commands":"pay-pasca","username":"1"}"#, &["sign", "tr_id"]),
    (
        r#"{"commands":"pay-pasca","username":"1","sign":"1","tr_id":"1x4111111111111111"}"#,
        &["tr_id"],
    ),
    (r#"{"commands":"pay-pasca","username":"1","sign":"1","tr_id":1.5}"#, &["tr_id"]),
    (r#"{"commands":"pay-pasca","username":"1","sign":"1","tr_id":1e400}"#, &["tr_id"]),
    (r#"{"commands":"pay-pasca","username":"1","sign":"1","tr_id":-1}"#, &["tr_id"]),
    (r#"{"commands":"pay-pasca","username":"1","sign":"1","tr_id":null}"#, &["tr_id"]),
    (
        r#"{"commands":"pay-pasca","username":"1","sign":"1","tr_id":"99999999999999999999"}"#,
        &["tr_id"],
    ),
    (r#"{"commands":"pay-pasca","username":"1","sign":"1","tr_id":1,"tr_id":1}"#, &["tr_id"]),
    (
        r#"{"commands":"pay-pasca","username":"a 4111111111111111","sign":"1","tr_id":1}"#,
        &["username"],
    ),
    (
        r#"{"commands":"inq-pasca","username":"1","sign":"1","code":"A;","hp":"1","ref_id":"1"}"#,
        &["code"],
    ),
    (
        r#"{"commands":"inq-pasca","username":"1","sign":"1","code":"A","hp":"<4111111111111111>","ref_id":"1"}"#,
        &["hp"],
    ),
    (
        r#"{"commands":"inq-pasca","username":"1","sign":"1","code":"A","hp":"1","ref_id":"1","month":"two"}"#,
        &["month"],
    ),
    (
        r#"{"commands":"inq-pasca","username":"1","sign":"1","code":"A","hp":"1","ref_id":"1","year":"19"}"#,
        &["year"],
    ),
    (
        r#"{"commands":"inq-pasca","username":"1","sign":"1","code":"A","hp":"1","ref_id":"1","desc":5}"#,
        &["desc"],
    ),
    (
        r#"{"commands":"inq-pasca","username":"1","sign":"1","code":"A","hp":"1","ref_id":"1","desc":{"amount":[]}}"#,
        &["desc.amount"],
    ),
    (r#"{"commands":"pricelist-pasca","username":"1","sign":"1","status":"some"}"#, &["status"]),
];

const IN_XML: [(&str, &[&str]); 11] = [
    ("", &["body"]),
    ("<mp>", &["body"]),
    ("<mp><commands>pay-pasca</mp>", &["body"]),
    ("<xml></xml>", &["body"]),
    ("<!DOCTYPE mp><mp></mp>", &["body"]),
    (
        r#"<!DOCTYPE mp [<!ENTITY a SYSTEM "file:///etc/passwd">]><mp><commands>&a;</commands></mp>"#,
        &["body"],
    ),
    ("<mp><commands>&a;</commands></mp>", &["body"]),
    ("<mp/>", &["commands", "username", "sign"]),
    ("<mp><commands>pay-pasca</commands><username>1</username><sign>1</sign></mp>", &["tr_id"]),
    ("<mp><commands>pay-pasca</commands><tr_id>1</tr_id><tr_id>1</tr_id></mp>", &["tr_id"]),
    (
        "<mp><commands>pay-pasca</commands><username>1</username><sign>1</sign><tr_id><a/></tr_id></mp>",
        &["tr_id"],
    ),
];

#[test]
fn a_malformed_request_is_told_its_faults_and_leaves_nothing() {
    let home = Home::new();
    let server = home.start(&[]);
    let mut json = server.partner();
    for (body, fields) in IN_JSON {
        assert_names(&mut json, body, fields);
    }
    let mut xml = server.partner().in_xml();
    for (body, fields) in IN_XML {
        assert_names(&mut xml, body, fields);
    }
    let not_utf8 =
        xml.connection.send("POST", CHECK, &["Content-Type: text/xml"], b"<mp>\xff</mp>");
    assert_eq!(faults(&not_utf8.unwrap()), ["body"]);
    let flood = format!("<mp>{}</mp>", (0..300).map(|n| format!("<a{n}/>")).collect::<String>());
    assert_names(&mut xml, &flood, &["body"]);
    assert_eq!(home.audit()["inquiries"], 0);
    // The connections are as good as before.
    assert_eq!(json.inquired("BPJS", "8801234560001").rc(), "00");
    assert_eq!(xml.inquired("BPJS", "8801234560001").rc(), "00");
}

fn assert_names(partner: &mut Partner, body: &str, fields: &[&str]) {
    let reply = partner.post(CHECK, body);
    assert_eq!((reply.status, &*reply.rc()), (400, "107"), "{body}");
    assert_eq!(faults(&reply), fields, "{body}");
    assert!(!String::from_utf8_lossy(&reply.body).contains(SENT), "{reply:?}");
}

/// The fields that `error_details` names.
fn faults(reply: &Reply) -> Vec<String> {
    let document = reply.document();
    let named = document.0.iter().filter_map(|(path, fault)| {
        let (_, field) = path.split_once(".error_details.")?;
        assert!(fault.len() > 4, "{field} has no fault");
        Some(field.to_owned())
    });
    named.collect()
}

#[test]
fn what_a_product_needs_is_named_too() {
    let home = Home::new();
    let server = home.start(&[]);
    let mut partner = server.partner();
    for (code, hp, field) in [
        ("BPJS", "8801234560001", "month"),
        ("BPJSTK", "8102051011270001", "month"),
        ("PBBKOT.CIMAHI", "329801092375999901", "year"),
        ("ESAMSAT.JABAR", "9658548523568701", "nomor_identitas"),
        ("SHOPEEPAY", "082100000001", "desc.amount"),
    ] {
        let ref_id = fresh_ref_id();
        let reply = partner.ask(protocol::Command::Inquiry(protocol::Inquiry {
            code: code.into(),
            hp: hp.into(),
            ref_id: (&*ref_id).into(),
            ..protocol::Inquiry::default()
        }));
        assert_eq!((reply.status, &*reply.rc()), (400, "107"), "{code}");
        assert_eq!(faults(&reply), [field], "{code}");
        assert_eq!(partner.inquire(code, hp, &ref_id).rc(), "00", "{code}: its ref_id is free");
    }
}
