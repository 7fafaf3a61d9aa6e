//! Signing, checking a signature, and telling what is wrong with one.

use std::borrow::Cow;
use std::collections::BTreeSet;

use iak_protocol::{
    Command, Format, Inquiry, Known, Listing, Mistake, Request, decode_request, diagnose,
    receipt_suffix, sign, verify,
};

use crate::fields::{in_xml, with};
use crate::support::{pages, request};

const USER: &str = "08123";
const KEY: &str = "Key5e";
const OTHER: &str = "9b1f3";

#[test]
fn a_signature_is_the_md5_of_the_three_parts() {
    // RFC 1321, appendix A.5.
    assert_eq!(sign("", "", "").as_str(), "d41d8cd98f00b204e9800998ecf8427e");
    assert_eq!(sign("a", "b", "c").as_str(), "900150983cd24fb0d6963f7d28e17f72");
    assert_eq!(sign("message", " ", "digest").to_string(), sign("message ", "dig", "est").as_str());
    assert_eq!(receipt_suffix("9732787"), "9732787receipt");
}

#[test]
fn a_signature_is_right_in_any_case_of_its_letters() {
    let right = sign(USER, KEY, "r1").to_string();
    assert!(verify(USER, KEY, "r1", &right));
    assert!(verify(USER, KEY, "r1", &right.to_uppercase()));
}

#[test]
fn every_other_signature_is_wrong() {
    let right = sign(USER, KEY, "r1").to_string();
    for at in 0..32 {
        let mut wrong = right.clone().into_bytes();
        wrong[at] = if wrong[at] == b'0' { b'1' } else { b'0' };
        assert!(!verify(USER, KEY, "r1", std::str::from_utf8(&wrong).unwrap()));
    }
    for wrong in ["", &right[1..], &format!("{right}0"), &format!(" {}", &right[1..]), "ſ"] {
        assert!(!verify(USER, KEY, "r1", wrong), "{wrong:?}");
    }
    assert!(!verify(USER, KEY, "r2", &right));
    assert!(!verify(USER, OTHER, "r1", &right));
    assert!(!verify("0812", KEY, "r1", &right));
}

/// A `tr_id` is signed as it was sent, and blanks around a number are no part of it.
#[test]
fn a_tr_id_is_signed_with_or_without_surrounding_whitespace() {
    for (before, after) in [("", ""), (" ", ""), ("", "\n"), ("\r\n\t", "  ")] {
        let sent = format!("{before}007{after}");
        let json = with("pay-pasca", "tr_id", &serde_json::Value::from(&*sent).to_string());
        let xml = in_xml("pay-pasca", "tr_id", &sent);
        for (body, format) in [(json, Format::Json), (xml, Format::Xml)] {
            let mut request = decode_request(body.as_bytes(), format).unwrap();
            assert_eq!(request.command, Command::Payment { tr_id: 7, sent: Cow::Borrowed(&*sent) });
            let mut fits = |signed: &str| {
                request.sign = sign("u", "key", signed).to_string().into();
                request.is_signed_with("key")
            };
            assert!(fits(&sent) && fits("007"), "{sent:?}");
            for other in
                ["7", "0007", &format!(" {sent}"), &format!("{sent} "), &sent.replace("00", "0 0")]
            {
                assert!(!fits(other), "{sent:?} is not {other:?}");
            }
            // Nor is it signed with blanks on one side alone, where it was sent with both.
            assert!(before.is_empty() || after.is_empty() || !fits(&format!("{before}007")));
        }
    }
    // What is hashed has a bound.
    for (blanks, kept) in [(57, 60), (61, 64), (62, 3), (5000, 3)] {
        let body = in_xml("pay-pasca", "tr_id", &format!("{}007", " ".repeat(blanks)));
        let request = decode_request(body.as_bytes(), Format::Xml).unwrap();
        assert_eq!(request.command.signed_suffix().len(), kept);
    }
}

fn inquiry() -> Command<'static> {
    Command::Inquiry(Inquiry {
        code: "BPJS".into(),
        hp: "8801".into(),
        ref_id: "r1".into(),
        ..Inquiry::default()
    })
}

fn payment() -> Command<'static> {
    Command::Payment { tr_id: 7, sent: "007".into() }
}

fn padded_payment() -> Command<'static> {
    Command::Payment { tr_id: 7, sent: " 007 ".into() }
}

fn status() -> Command<'static> {
    Command::Status { ref_id: "r1".into() }
}

fn price_list() -> Command<'static> {
    Command::PriceList { status: Listing::All, province: None }
}

fn mistake(command: Command<'_>, sign: &str) -> Option<Mistake> {
    let request = Request { username: USER.into(), sign: sign.into(), command };
    let known = Known { api_keys: &["older", KEY], other_keys: &[OTHER], ref_id: Some("r1") };
    diagnose(&request, &known).mistake
}

/// The md5 of the parts in a row.
fn md5(parts: &[&str]) -> String {
    sign(&parts.concat(), "", "").to_string()
}

#[test]
fn a_right_signature_has_no_mistake() {
    for command in [inquiry(), payment(), padded_payment(), status(), price_list()] {
        for suffix in command.signed_suffixes() {
            let right = sign(USER, KEY, suffix).to_string();
            assert_eq!(mistake(command.clone(), &right.to_uppercase()), None);
        }
    }
}

#[test]
fn each_mistake_is_recognised() {
    let swap = KEY.to_uppercase();
    let right = md5(&[USER, KEY, "r1"]);
    for (command, sign, expected) in [
        (inquiry(), String::new(), Mistake::Blank),
        (inquiry(), [USER, KEY, "r1"].concat(), Mistake::NotHashed),
        (inquiry(), "a".repeat(40), Mistake::Sha1),
        (inquiry(), "a".repeat(64), Mistake::Sha256),
        (inquiry(), format!("{right} "), Mistake::WrongLength),
        (inquiry(), "a".repeat(41), Mistake::WrongLength),
        (inquiry(), "z".repeat(32), Mistake::NotHex),
        (inquiry(), "E4FE9E9C8BA737D6897E7F15BB1380A0".to_owned(), Mistake::Example),
        (inquiry(), md5(&[USER, KEY]), Mistake::MissingSuffix),
        (price_list(), md5(&[USER, KEY]), Mistake::MissingSuffix),
        (inquiry(), md5(&[KEY, "r1"]), Mistake::MissingUsername),
        (inquiry(), md5(&[USER, "r1"]), Mistake::MissingKey),
        (inquiry(), md5(&["r1"]), Mistake::SuffixOnly),
        (inquiry(), md5(&[KEY, USER, "r1"]), Mistake::WrongOrder),
        (payment(), md5(&["007", USER, KEY]), Mistake::WrongOrder),
        (inquiry(), md5(&[USER, "+", KEY, "+", "r1"]), Mistake::Separated),
        (inquiry(), md5(&[USER, KEY, "r1", "\n"]), Mistake::Padded),
        (inquiry(), md5(&[" ", USER, KEY, "r1"]), Mistake::Padded),
        (inquiry(), md5(&[USER, KEY, "\"r1\""]), Mistake::Padded),
        (payment(), md5(&[USER, KEY, " 007"]), Mistake::Padded),
        (payment(), md5(&[USER, KEY, "007\r\n"]), Mistake::Padded),
        (payment(), md5(&[USER, KEY, "\t007\t"]), Mistake::Padded),
        (padded_payment(), md5(&[USER, KEY, " 007"]), Mistake::Padded),
        (padded_payment(), md5(&[USER, KEY, "7"]), Mistake::RespelledTrId),
        (inquiry(), md5(&[&right]), Mistake::HashedTwice),
        (inquiry(), md5(&[USER, OTHER, "r1"]), Mistake::OtherKey),
        (inquiry(), md5(&[USER, &swap, "r1"]), Mistake::KeyCase),
        (inquiry(), md5(&[USER, KEY, "cs"]), Mistake::StatusSuffix),
        (price_list(), md5(&[USER, KEY, "cs"]), Mistake::StatusSuffix),
        (status(), md5(&[USER, KEY, "pl"]), Mistake::PriceListSuffix),
        (status(), md5(&[USER, KEY, "r1"]), Mistake::RefIdSuffix),
        (payment(), md5(&[USER, KEY, "r1"]), Mistake::RefIdSuffix),
        (payment(), md5(&[USER, KEY, "7"]), Mistake::RespelledTrId),
        (payment(), md5(&[USER, KEY, "pay-pasca"]), Mistake::CommandSuffix),
        (inquiry(), md5(&[USER, KEY, "8801"]), Mistake::CustomerSuffix),
        (inquiry(), md5(&[USER, KEY, "BPJS"]), Mistake::CodeSuffix),
    ] {
        assert_eq!(mistake(command, &sign), Some(expected), "{sign}");
    }
}

#[test]
fn an_unknown_mistake_is_not_guessed() {
    assert_eq!(mistake(inquiry(), &md5(&["something else"])), None);
    assert_eq!(mistake(payment(), &"0".repeat(32)), None);
}

#[test]
fn a_diagnosis_names_the_formula_and_never_the_key() {
    for (command, canonical) in [
        (inquiry(), "username + api_key + ref_id"),
        (payment(), "username + api_key + tr_id"),
        (status(), "username + api_key + \"cs\""),
        (price_list(), "username + api_key + \"pl\""),
    ] {
        let request = Request { username: USER.into(), sign: KEY.into(), command };
        let known = Known { api_keys: &[KEY], ..Known::default() };
        let diagnosis = diagnose(&request, &known);
        assert_eq!(diagnosis.canonical, canonical);
        let text = diagnosis.mistake.unwrap().to_string();
        assert!(!text.contains(KEY) && !text.contains("  "), "{text}");
    }
}

#[test]
fn every_signature_of_a_published_example_is_recognised() {
    let published: BTreeSet<String> = pages("request")
        .iter()
        .filter(|page| !page.name.starts_with("pbb/payment"))
        .map(|page| request(page).sign.into_owned())
        .chain(["8ad94262a61ac27676a8b2b11fb80ee2".to_owned()])
        .collect();
    assert_eq!(published.len(), 27);
    for sign in published {
        assert_eq!(mistake(payment(), &sign), Some(Mistake::Example), "{sign}");
    }
}
