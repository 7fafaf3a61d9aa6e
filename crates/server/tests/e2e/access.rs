//! Access control: signatures, addresses, suspension, and what one partner can learn about another.

use std::fs;

use iak_protocol::Format;

use crate::client::{CHECK, Partner, Reply, fresh_ref_id};
use crate::document::Document;
use crate::server::{API_KEY, Home, Server, USERNAME};

const BPJS: &str = "8801234560001";
const OTHER: &str = "089999999999";
const OTHER_KEY: &str = "another-key-5e5e";

/// Adds a second partner.
fn add_other(home: &Home, server: &Server) -> Partner {
    let file = home.file("other-key");
    fs::write(&file, OTHER_KEY).unwrap();
    let file = file.to_str().unwrap();
    home.operate(&["partner", "add", "--username", OTHER, "--api-key-file", file]);
    Partner::connect(server.port, OTHER, OTHER_KEY).unwrap()
}

fn checked(username: &str, sign: &str, format: Format) -> String {
    match format {
        Format::Json => format!(
            r#"{{"commands":"checkstatus","username":"{username}","ref_id":"r","sign":"{sign}"}}"#
        ),
        Format::Xml => format!(
            "<mp><commands>checkstatus</commands><username>{username}</username>\
             <ref_id>r</ref_id><sign>{sign}</sign></mp>"
        ),
    }
}

#[test]
fn an_unknown_username_and_a_wrong_signature_are_the_same_100() {
    const WRONG: &str = "00000000000000000000000000000000";
    let home = Home::new();
    for hints in ["true", "false"] {
        let server = home.start(&[("sandbox.hints", hints)]);
        for format in [Format::Json, Format::Xml] {
            let mut partner = server.partner().speaking(format);
            let mut refused = |username, sign| -> Reply {
                let reply = partner.post(CHECK, &checked(username, sign, format));
                assert_eq!((reply.status, &*reply.rc()), (200, "100"));
                assert_eq!(reply.text("hint").is_some(), hints == "true");
                reply
            };
            let wrong = refused(USERNAME, WRONG);
            for reply in [refused("nobody", WRONG), refused(USERNAME, "y"), refused("nobody", "x")]
            {
                assert_eq!(without_hint(&reply), without_hint(&wrong));
                assert!(hints == "true" || reply.body == wrong.body);
            }
            // An empty signature is never valid.
            let mut missing = |username| partner.post(CHECK, &checked(username, "", format));
            let (known, unknown) = (missing(USERNAME), missing("nobody"));
            assert_eq!((known.status, &*known.rc()), (400, "107"));
            assert_eq!(known.body, unknown.body);
        }
    }
}

fn without_hint(reply: &Reply) -> Document {
    let mut document = reply.document();
    document.0.retain(|(path, _)| !path.ends_with(".hint"));
    document
}

#[test]
fn a_hint_names_the_mistake_and_never_a_key() {
    let home = Home::new();
    let server = home.start(&[]);
    add_other(&home, &server);
    let mut partner = server.partner();
    let of_other = iak_protocol::sign(USERNAME, OTHER_KEY, "cs").to_string();
    let mistakes = [partner.sign("pl"), partner.sign("r"), of_other, String::from("x")];
    let mut told = Vec::new();
    for sign in mistakes {
        let reply = partner.post(CHECK, &checked(USERNAME, &sign, Format::Json));
        assert_eq!(reply.rc(), "100");
        let hint = reply.text("hint").unwrap();
        for secret in [API_KEY, OTHER_KEY, OTHER, &partner.sign("cs")] {
            assert!(!hint.contains(secret), "{hint}");
        }
        told.push(hint);
    }
    told.sort();
    told.dedup();
    assert!(told.len() >= 3, "different mistakes have different hints: {told:?}");
}

#[test]
fn a_signature_may_be_upper_case_and_is_valid_for_its_own_command_only() {
    let home = Home::new();
    let server = home.start(&[]);
    let mut partner = server.partner();
    let capitals = partner.sign("cs").to_uppercase();
    assert_eq!(partner.post(CHECK, &checked(USERNAME, &capitals, Format::Json)).rc(), "06");
    let padded = format!("{} ", partner.sign("cs"));
    assert_eq!(partner.post(CHECK, &checked(USERNAME, &padded, Format::Json)).rc(), "100");
    let of_price_list = partner.sign("pl");
    assert_eq!(partner.post(CHECK, &checked(USERNAME, &of_price_list, Format::Json)).rc(), "100");
}

/// The number as it was sent, or as digits only.
#[test]
fn a_tr_id_with_blanks_around_it_is_signed_with_them_or_without_them() {
    let home = Home::new();
    let server = home.start(&[]);
    let mut partner = server.partner();
    let tr_id = partner.inquire("BPJS", BPJS, "padded").tr_id();
    let mut pay = |signed: &str| {
        let sign = partner.sign(signed);
        let body = format!(
            r#"{{"commands":"pay-pasca","username":"{USERNAME}","tr_id":" {tr_id}  ","sign":"{sign}"}}"#
        );
        partner.post(CHECK, &body)
    };
    for other in [format!(" {tr_id}"), format!("{tr_id} "), format!(" {tr_id} ")] {
        let reply = pay(&other);
        assert_eq!(reply.rc(), "100", "{other:?}");
        assert!(reply.text("hint").unwrap().contains("There is a blank"), "{reply:?}");
    }
    assert_eq!(pay(&format!(" {tr_id}  ")).rc(), "00");
    assert_eq!(pay(&tr_id.to_string()).rc(), "01");
}

#[test]
fn another_partners_transactions_do_not_exist() {
    let home = Home::new();
    let server = home.start(&[]);
    let mut other = add_other(&home, &server);
    let mut partner = server.partner();
    let inquired = partner.inquire("BPJS", BPJS, "shared");
    let unknown = other.pay(inquired.tr_id() + 1_000);
    let foreign = other.pay(inquired.tr_id());
    assert_eq!((&*unknown.rc(), &*foreign.rc()), ("06", "06"));
    // The answer may repeat the sent values, and nothing else.
    let without_sent = |reply: &Reply| {
        let mut document = reply.document();
        document.0.retain(|(path, _)| !["data.tr_id", "data.ref_id"].contains(&&**path));
        document
    };
    assert_eq!(without_sent(&foreign), without_sent(&unknown));
    assert_eq!(without_sent(&other.status("shared")), without_sent(&other.status("never")));
    // A ref_id is unique for each partner, not globally.
    assert_eq!(other.inquire("BPJS", BPJS, "shared").rc(), "00");
    assert_eq!(partner.pay(inquired.tr_id()).rc(), "00");
    home.audit();
}

#[test]
fn a_suspended_partner_is_118_until_it_is_resumed() {
    let home = Home::new();
    let server = home.start(&[]);
    let mut partner = server.partner();
    let inquired = partner.inquired("BPJS", BPJS);
    home.operate(&["partner", "suspend", USERNAME]);
    for reply in [
        partner.pay(inquired.tr_id()),
        partner.inquire("BPJS", BPJS, &fresh_ref_id()),
        partner.status("r"),
    ] {
        assert_eq!((reply.status, &*reply.rc()), (200, "118"));
    }
    let unsigned = partner.post(CHECK, &checked(USERNAME, "x", Format::Json));
    assert_eq!(unsigned.rc(), "100", "only its key learns that it is suspended");
    home.operate(&["partner", "resume", USERNAME]);
    assert_eq!(partner.pay(inquired.tr_id()).rc(), "00");
}

#[test]
fn an_address_that_is_not_listed_is_102() {
    let home = Home::new();
    let server = home.start(&[]);
    let mut partner = server.partner();
    home.operate(&["partner", "set", USERNAME, "--allow", "203.0.113.7"]);
    let refused = partner.inquire("BPJS", BPJS, "r");
    assert_eq!((refused.status, &*refused.rc()), (200, "102"));
    let unsigned = partner.post(CHECK, &checked(USERNAME, "x", Format::Json));
    assert_eq!(unsigned.rc(), "100");
    // Clients that only claim an address are not trusted.
    assert_eq!(from(&mut partner, "203.0.113.7").rc(), "102");
    drop(server);

    let server = home.start(&[("server.trusted_proxies", "127.0.0.1")]);
    let mut partner = server.partner();
    assert_eq!(from(&mut partner, "203.0.113.7").rc(), "06");
    assert_eq!(from(&mut partner, "203.0.113.8").rc(), "102");
    assert_eq!(from(&mut partner, "203.0.113.7, 198.51.100.1").rc(), "102");
    home.operate(&["partner", "set", USERNAME, "--allow-any"]);
    assert_eq!(from(&mut partner, "203.0.113.8").rc(), "06");
}

/// A check status that a proxy forwards for `address`.
fn from(partner: &mut Partner, address: &str) -> Reply {
    let body = checked(USERNAME, &partner.sign("cs"), Format::Json);
    let headers = ["Content-Type: application/json", &format!("X-Forwarded-For: {address}")];
    partner.connection.send("POST", CHECK, &headers, body.as_bytes()).unwrap()
}

#[test]
fn both_keys_sign_while_one_is_rotated() {
    let home = Home::new();
    let server = home.start(&[]);
    let rotated = home.operate(&["partner", "rotate-key", USERNAME]);
    let new_key = rotated["api_key"].as_str().unwrap().to_owned();
    let mut renewed = Partner::connect(server.port, USERNAME, &new_key).unwrap();
    assert_eq!(server.partner().status("r").rc(), "06");
    assert_eq!(renewed.status("r").rc(), "06");
    home.operate(&["partner", "rotate-key", USERNAME, "--finish"]);
    assert_eq!(server.partner().status("r").rc(), "100");
    assert_eq!(renewed.status("r").rc(), "06");
}
