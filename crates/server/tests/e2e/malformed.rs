//! Malformed requests: RC 107 with HTTP 400, naming each field and never its value.

use crate::client::{CHECK, Partner, Reply, fresh_ref_id};
use crate::server::Home;

/// In the requests; must not be in the answers.
const SENT: &str = "4111111111111111";

/// A body, and the fields with faults.
const IN_JSON: [(&str, &[&str]); 26] = [
    ("", &["body"]),
    ("{", &["body"]),
    ("[]", &["body"]),
    (r#"{"commands":"pay-pasca"}}"#, &["body"]),
    ("\u{feff}\u{feff}{}", &["body"]),
    ("\u{feff}{}", &["commands", "username", "sign"]),
    (r#"{"commands":"pay-pasca","x":"\ud800"}"#, &["body"]),
    (r#"{"x":[[[[[[[[[[[[[[[[[1]]]]]]]]]]]]]]]]]}"#, &["body"]),
    ("{}", &["commands", "username", "sign"]),
    (r#"{"commands":null,"username":"1","sign":"1"}"#, &["commands"]),
    (
        r#"{"commands":"checkstatus","username":"","sign":"","ref_id":""}"#,
        &["username", "sign", "ref_id"],
    ),
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
fn a_malformed_request_gets_its_faults_and_records_nothing() {
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
    // The connections still work.
    assert_eq!(json.inquired("BPJS", "8801234560001").rc(), "00");
    assert_eq!(xml.inquired("BPJS", "8801234560001").rc(), "00");
}

fn assert_names(partner: &mut Partner, body: &str, fields: &[&str]) {
    let reply = partner.post(CHECK, body);
    assert_eq!((reply.status, &*reply.rc()), (400, "107"), "{body}");
    assert_eq!(faults(&reply), fields, "{body}");
    assert!(!String::from_utf8_lossy(&reply.body).contains(SENT), "{reply:?}");
}

/// The fields that `error_details` names; each has a list with one text.
fn faults(reply: &Reply) -> Vec<String> {
    told(reply).into_iter().map(|(field, _)| field).collect()
}

/// The fault that `error_details` gives for each field. In JSON it is in a list.
fn told(reply: &Reply) -> Vec<(String, String)> {
    let document = reply.document();
    let is_json = reply.header("content-type") == Some("application/json");
    let mut told: Vec<(String, String)> = Vec::new();
    for (path, fault) in &document.0 {
        let Some((_, field)) = path.split_once(".error_details.") else { continue };
        if is_json && fault == "[" {
            continue;
        }
        assert!(fault.len() > 4, "{field} has no fault");
        let field = if is_json { field.strip_suffix(".0").unwrap() } else { field };
        told.push((field.to_owned(), fault.trim_matches('"').to_owned()));
    }
    told
}

#[test]
fn a_missing_field_of_the_product_is_named() {
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
        let reply = partner.ask(iak_protocol::Command::Inquiry(iak_protocol::Inquiry {
            code: code.into(),
            hp: hp.into(),
            ref_id: (&*ref_id).into(),
            ..iak_protocol::Inquiry::default()
        }));
        assert_eq!((reply.status, &*reply.rc()), (400, "107"), "{code}");
        let missing = "is missing; this product needs it".to_owned();
        assert_eq!(told(&reply), [(field.to_owned(), missing)], "{code}");
        assert_eq!(partner.inquire(code, hp, &ref_id).rc(), "00", "{code}: its ref_id is free");
    }
}

/// An inquiry with these additional members, in JSON and in XML.
fn inquire_with(partner: &mut Partner, code: &str, hp: &str, more: &str) -> Reply {
    let ref_id = fresh_ref_id();
    let (username, sign) = (partner.username.clone(), partner.sign(&ref_id));
    let body = match partner.format {
        iak_protocol::Format::Json => format!(
            r#"{{"commands":"inq-pasca","username":"{username}","sign":"{sign}","code":"{code}","hp":"{hp}","ref_id":"{ref_id}"{more}}}"#
        ),
        iak_protocol::Format::Xml => format!(
            "<mp><commands>inq-pasca</commands><username>{username}</username><sign>{sign}</sign>\
             <code>{code}</code><hp>{hp}</hp><ref_id>{ref_id}</ref_id>{more}</mp>"
        ),
    };
    partner.post(CHECK, &body)
}

#[test]
fn a_field_that_the_product_does_not_use_is_ignored() {
    let home = Home::new();
    let server = home.start(&[]);
    let mut json = server.partner();
    for field in ["month", "year", "nomor_identitas", "desc"] {
        for value in ["null", r#""""#, r#""None""#, "1.5", "true", "[1]", r#"{"amount":[]}"#] {
            let more = format!(r#","{field}":{value}"#);
            let reply = inquire_with(&mut json, "PLNPOSTPAID", "530000000001", &more);
            assert_eq!((reply.status, &*reply.rc()), (200, "00"), "{more}");
        }
    }
    let mut xml = server.partner().in_xml();
    for field in ["month", "year", "nomor_identitas", "desc"] {
        for value in ["", "None", "<a/><b>1</b>", "<amount>x</amount>None"] {
            let more = format!("<{field}>{value}</{field}>");
            let reply = inquire_with(&mut xml, "PLNPOSTPAID", "530000000001", &more);
            assert_eq!((reply.status, &*reply.rc()), (200, "00"), "{more}");
        }
    }
    // A duplicate field is refused as well.
    let twice = inquire_with(&mut json, "PLNPOSTPAID", "530000000001", r#","month":1,"month":1"#);
    assert_eq!((twice.status, &*twice.rc(), faults(&twice)), (400, "107", vec!["month".into()]));
}

#[test]
fn a_field_that_the_product_uses_is_validated() {
    const MISSING: &str = "is missing; this product needs it";
    const NUMBER: &str = "must be a string or a whole number";
    let home = Home::new();
    let server = home.start(&[]);
    let mut json = server.partner();
    for (code, hp, members, field, fault) in [
        ("BPJS", "8801234560001", r#""month":null"#, "month", MISSING),
        ("BPJS", "8801234560001", r#""month":"","year":"x""#, "month", MISSING),
        ("BPJS", "8801234560001", r#""month":"None""#, "month", "must be 1 or 2 digits"),
        ("BPJS", "8801234560001", r#""month":1.5"#, "month", NUMBER),
        ("PBBKOT.CIMAHI", "329801092375999901", r#""year":"19""#, "year", "must be 4 digits"),
        ("PBBKOT.CIMAHI", "329801092375999901", r#""year":[]"#, "year", NUMBER),
        ("ESAMSAT.JABAR", "9658548523568701", r#""nomor_identitas":{}"#, "nomor_identitas", NUMBER),
        ("SHOPEEPAY", "082100000001", r#""desc":null"#, "desc.amount", MISSING),
        ("SHOPEEPAY", "082100000001", r#""desc":{"amount":""}"#, "desc.amount", MISSING),
        ("SHOPEEPAY", "082100000001", r#""desc":"None""#, "desc", "must be an object"),
        (
            "SHOPEEPAY",
            "082100000001",
            r#""desc":{"amount":[1]}"#,
            "desc.amount",
            "must be a string or a number",
        ),
    ] {
        let reply = inquire_with(&mut json, code, hp, &format!(",{members}"));
        assert_eq!((reply.status, &*reply.rc()), (400, "107"), "{members}");
        assert_eq!(told(&reply), [(field.to_owned(), fault.to_owned())], "{members}");
    }
    assert_eq!(home.audit()["inquiries"], 0);
    let mut xml = server.partner().in_xml();
    for (members, fault) in [("<month/>", MISSING), ("<month>x</month>", "must be 1 or 2 digits")] {
        let reply = inquire_with(&mut xml, "BPJS", "8801234560001", members);
        assert_eq!((reply.status, &*reply.rc()), (400, "107"), "{members}");
        assert_eq!(told(&reply), [("month".to_owned(), fault.to_owned())], "{members}");
    }
}

#[test]
fn blanks_around_a_customer_number_are_removed() {
    let home = Home::new();
    let server = home.start(&[]);
    for (mut partner, month) in [
        (server.partner(), r#","month":" 2 ""#),
        (server.partner().in_xml(), "<month>\n  2\n</month>"),
    ] {
        for hp in [" 8801234560001", "8801234560001 ", "  8801234560001  "] {
            let reply = inquire_with(&mut partner, "BPJS", hp, month);
            assert_eq!((&*reply.rc(), reply.rupiah("nominal")), ("00", 50_000), "{hp:?}");
            assert_eq!(reply.text("hp").as_deref(), Some("8801234560001"), "{hp:?}");
        }
        let other = inquire_with(&mut partner, "BPJS", "8801 234560001", month);
        assert_eq!(other.rc(), "14");
    }
}
