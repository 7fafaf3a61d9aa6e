//! Clients that sign for another partner, sign another text, or do not sign.

use std::fs;

use data_encoding::HEXLOWER;
use iak_protocol::sign;

use crate::attack_server::{AttackServer, GUESSING, tells_nothing};
use crate::client::{CHECK, Partner, Reply};
use crate::server::{API_KEY, Home, Server, USERNAME};

const BPJS: &str = "8801234560001";
const OTHER: &str = "089999999999";
const OTHER_KEY: &str = "another-key-5e5e";

/// The signed text of each command, after the username and the key. `{t}` is a `tr_id` of the
/// partner.
const SUFFIXES: [&str; 7] = ["cs", "pl", "r", "{t}", "{t}receipt", "", "inq-pasca"];

/// A body without its signature, and the signed suffix.
const COMMANDS: [(&str, &str); 4] = [
    (r#""commands":"checkstatus","ref_id":"r""#, "cs"),
    (r#""commands":"pricelist-pasca""#, "pl"),
    (r#""commands":"inq-pasca","code":"BPJS","hp":"8801234560001","ref_id":"r","month":"2""#, "r"),
    (r#""commands":"pay-pasca","tr_id":"{t}""#, "{t}"),
];

/// Signatures that are almost right.
const NEAR: [fn(&str) -> String; 14] = [
    |_| String::new(),
    |right| right[..31].to_owned(),
    |right| format!("{right}0"),
    |right| format!(" {right}"),
    |right| format!("{right}\\u0000"),
    |right| format!("{right}\\n"),
    |right| format!("0x{right}"),
    |right| format!("\\\"{right}\\\""),
    |right| right.replace(|c: char| c.is_ascii_digit(), "0"),
    |right| right.chars().rev().collect(),
    |right| format!("{}{}", &right[16..], &right[..16]),
    |right| right.repeat(2),
    |right| HEXLOWER.encode(right.as_bytes()),
    |right| format!("{right},{right}"),
];

pub(crate) fn cases() -> usize {
    COMMANDS.len() * (SUFFIXES.len() + NEAR.len()) + EXTENSIONS.len()
}

/// What an attacker appends to a message with a known signature.
const EXTENSIONS: [&str; 6] = ["", "x", "1", "receipt", "cs", "0000000000"];

fn body(command: &str, tr_id: i64, sign: &str) -> String {
    let command = command.replace("{t}", &tr_id.to_string());
    format!(r#"{{{command},"username":"{USERNAME}","sign":"{sign}"}}"#)
}

/// Adds a second partner.
fn add_other(home: &Home, server: &Server) -> Partner {
    let file = home.file("other-key");
    fs::write(&file, OTHER_KEY).unwrap();
    let file = file.to_str().unwrap();
    home.operate(&["partner", "add", "--username", OTHER, "--api-key-file", file]);
    home.operate(&["deposit", "add", OTHER, "1000000", "--no-reference"]);
    Partner::connect(server.port, OTHER, OTHER_KEY).unwrap()
}

fn told(partner: &mut Partner, body: &str) -> Reply {
    let reply = partner.post(CHECK, body);
    tells_nothing(&reply, body);
    reply
}

#[test]
fn a_signature_is_good_for_its_own_command_only() {
    let attack = AttackServer::start(&[GUESSING]);
    let mut partner = attack.server.partner();
    let tr_id = partner.inquired("BPJS", BPJS).tr_id();
    let deposit = attack.home.deposit();
    let signed_over = |suffix: &str| {
        sign(USERNAME, API_KEY, &suffix.replace("{t}", &tr_id.to_string())).to_string()
    };
    for (command, right) in COMMANDS {
        for suffix in SUFFIXES.iter().filter(|suffix| **suffix != right) {
            let reply = told(&mut partner, &body(command, tr_id, &signed_over(suffix)));
            assert_eq!((reply.status, &*reply.rc()), (200, "100"), "{command} over {suffix}");
        }
        for near in NEAR {
            let sign = near(&signed_over(right));
            let reply = told(&mut partner, &body(command, tr_id, &sign));
            attack.check(&sign, ["100", "107"].contains(&&*reply.rc()), true);
        }
    }
    assert_eq!(attack.home.deposit(), deposit, "nothing was paid");
    assert_eq!(partner.status("r").rc(), "06", "nothing was inquired");
    attack.finish();
}

/// The formulas of two commands are equal if a `ref_id` looks like a `tr_id`, so one signature fits
/// both. It does not help an attacker: the transaction must belong to the partner and must not be
/// paid.
#[test]
fn a_ref_id_that_looks_like_a_tr_id_pays_nothing_of_others() {
    let attack = AttackServer::start(&[]);
    let mut partner = attack.server.partner();
    let mut other = add_other(&attack.home, &attack.server);
    let foreign = other.inquired("BPJS", BPJS).tr_id();
    let inquired = partner.inquire("BPJS", BPJS, &foreign.to_string());
    assert_eq!(inquired.rc(), "00");
    let captured = partner.sign(&foreign.to_string());
    let (pay, _) = COMMANDS[3];
    let reply = told(&mut partner, &body(pay, foreign, &captured));
    assert_eq!((reply.status, &*reply.rc()), (200, "06"), "it is another partner's");
    assert_eq!(other.status("none").rc(), "06");
    assert_eq!(other.pay(foreign).rc(), "00", "its own partner still pays it");
    attack.finish();
}

/// md5 allows length extension: the padding after `username + key + ref_id` plus more text has a
/// signature that needs no key. But the extended text is not a valid `ref_id`.
#[test]
fn an_extended_signature_signs_nothing() {
    let attack = AttackServer::start(&[]);
    let mut partner = attack.server.partner();
    for extension in EXTENSIONS {
        let length = USERNAME.len() + API_KEY.len() + 1;
        let mut padding = vec![0x80];
        padding.resize(64 - 8 - length, 0);
        padding.extend((8 * length as u64).to_le_bytes());
        // As text, each byte is a character in JSON, and another byte in UTF-8: in every decoding
        // it contains characters that no `ref_id` may have.
        let escaped: String = padding.iter().map(|byte| format!("\\u{byte:04x}")).collect();
        let text: String = padding.iter().map(|byte| char::from(*byte)).collect();
        let forged = sign(USERNAME, API_KEY, &format!("r{text}{extension}")).to_string();
        for name in ["checkstatus", "inq-pasca"] {
            let body = format!(
                r#"{{"commands":"{name}","code":"BPJS","hp":"{BPJS}","month":"2","username":"{USERNAME}","ref_id":"r{escaped}{extension}","sign":"{forged}"}}"#
            );
            let reply = told(&mut partner, &body);
            assert_eq!((reply.status, &*reply.rc()), (400, "107"), "NUL is refused at once");
            let without_nul = body.replace("\\u0000", "\\u0001");
            let reply = told(&mut partner, &without_nul);
            assert_eq!((reply.status, &*reply.rc()), (200, "03"), "{extension}");
        }
        // In the path of a receipt it would follow the number.
        let query = format!("username={USERNAME}&sign={forged}");
        let reply = partner.get(&format!("/api/v1/download/1%80{extension}/1?{query}"));
        tells_nothing(&reply, extension);
        assert_ne!(reply.rc(), "00");
    }
    attack.finish();
}

#[test]
fn a_replayed_payment_is_the_same_story_for_ever() {
    let attack = AttackServer::start(&[]);
    let mut partner = attack.server.partner();
    let tr_id = partner.inquire("BPJS", BPJS, "replayed").tr_id();
    let captured = body(COMMANDS[3].0, tr_id, &partner.sign(&tr_id.to_string()));
    let paid = told(&mut partner, &captured);
    assert_eq!(paid.rc(), "00");
    let deposit = attack.home.deposit();
    let again = told(&mut partner, &captured);
    assert_eq!((again.rc(), again.text("noref")), ("01".to_owned(), paid.text("noref")));
    for spelling in [captured.clone(), format!(" {captured}\n"), captured.replace(',', " , ")] {
        for _ in 0..20 {
            // On new connections, as an attacker who captured it would use.
            let replayed = told(&mut attack.server.partner(), &spelling);
            assert_eq!(replayed.document(), again.document());
        }
    }
    // The same number in another spelling needs another signature.
    for spelling in [format!("0{tr_id}"), format!("+{tr_id}"), format!("{tr_id}.0")] {
        let body = captured.replace(&format!(r#""{tr_id}""#), &format!(r#""{spelling}""#));
        assert!(["100", "107"].contains(&&*told(&mut partner, &body).rc()), "{spelling}");
    }
    assert_eq!(attack.home.deposit(), deposit, "one debit");
    attack.finish();
}

#[test]
fn whoever_walks_all_numbers_learns_nothing_of_others() {
    let attack = AttackServer::start(&[]);
    let mut other = add_other(&attack.home, &attack.server);
    let mut partner = attack.server.partner();
    let foreign = partner.inquire("BPJS", BPJS, "foreign").tr_id();
    assert_eq!(partner.pay(foreign).rc(), "00");
    let story = |reply: Reply| {
        let mut document = reply.document();
        document.0.retain(|(path, _)| !["data.tr_id", "data.ref_id"].contains(&&**path));
        document
    };
    let unknown = story(other.pay(i64::MAX));
    for tr_id in foreign - 50..foreign + 50 {
        assert_eq!(story(other.pay(tr_id)), unknown, "{tr_id}");
    }
    let unknown = story(other.status("never-sent"));
    for ref_id in ["foreign", "ref-1", "ref-2", "FOREIGN", "0"] {
        assert_eq!(story(other.status(ref_id)), unknown, "{ref_id}");
    }
    attack.finish();
}
