//! Every documented number: its two response codes, and its effect on the balance.

use std::fs;

use crate::client::{Partner, fresh_ref_id};
use crate::server::{DEPOSIT, Home};

/// family, code, hp, documented outcome, response code of the inquiry and of the payment.
const CASES: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../sandbox/data/cases.csv");
const CODES: &str =
    concat!(env!("CARGO_MANIFEST_DIR"), "/../iak-protocol/tests/data/response-codes.csv");

#[test]
fn every_documented_number_has_its_outcome_and_its_postings() {
    let home = Home::new();
    let server = home.start(&[]);
    let descriptions = descriptions();
    let (mut available, mut held, mut payments) = (DEPOSIT, 0, 0);
    let cases = fs::read_to_string(CASES).unwrap();
    let cases: Vec<Vec<&str>> = cases.lines().skip(1).map(|row| row.split(',').collect()).collect();
    assert_eq!(cases.len(), 128);
    let mut json = server.partner();
    let mut xml = server.partner().in_xml();
    for case in &cases {
        let [family, code, hp, _, inquiry_rc, payment_rc] = case[..] else { panic!("{case:?}") };
        // Two families in XML are enough: the formats differ only in encoding.
        let in_xml = ["bpjs-kesehatan", "tv-telkomvision"].contains(&family);
        let partner = if in_xml { &mut xml } else { &mut json };
        let ref_id = fresh_ref_id();
        let inquired = partner.inquire(code, hp, &ref_id);
        assert_eq!((inquired.status, &*inquired.rc()), (200, inquiry_rc), "{case:?}");
        if inquiry_rc != "00" {
            assert_eq!(inquired.text("message"), Some(description(&descriptions, inquiry_rc)));
            assert_eq!(inquired.text("status").as_deref(), Some("2"));
            assert_is_unknown(partner, &ref_id);
            continue;
        }
        let selling_price = inquired.rupiah("selling_price");
        let paid = partner.pay(inquired.tr_id());
        assert_eq!((paid.status, &*paid.rc()), (200, payment_rc), "{case:?}");
        payments += 1;
        match payment_rc {
            "00" => available -= selling_price,
            "39" => (available, held) = (available - selling_price, held + selling_price),
            _ => {
                assert_eq!(paid.text("message"), Some(description(&descriptions, payment_rc)));
                assert_eq!(paid.text("status").as_deref(), Some("2"));
            }
        }
        assert_eq!(paid.rupiah("balance"), available, "{case:?}");
        assert_eq!(partner.status(&ref_id).rc(), payment_rc, "{case:?}");
    }
    assert_eq!(home.deposit(), (available, held));
    assert!(held > 0, "some payments stay pending");
    let audit = home.audit();
    assert_eq!(audit["payments"], payments);
    assert_eq!(audit["inquiries"], payments, "an inquiry that fails is not recorded");
}

fn assert_is_unknown(partner: &mut Partner, ref_id: &str) {
    assert_eq!(partner.status(ref_id).rc(), "06");
}

/// Code and description of each row.
fn descriptions() -> Vec<(String, String)> {
    let rows = fs::read_to_string(CODES).unwrap();
    let row = |row: &str| {
        let (code, rest) = row.split_once(',').unwrap();
        let (description, _) = rest.rsplit_once(',').unwrap();
        (code.to_owned(), description.trim_matches('"').to_owned())
    };
    rows.lines().skip(1).map(row).collect()
}

fn description(descriptions: &[(String, String)], code: &str) -> String {
    descriptions.iter().find(|row| row.0 == code).unwrap().1.clone()
}

#[test]
fn the_last_four_digits_choose_the_outcome_of_any_other_number() {
    let home = Home::new();
    let server = home.start(&[]);
    let mut partner = server.partner();
    for (hp, inquiry_rc, payment_rc) in [
        ("5550000", "00", Some("00")),
        ("5550014", "14", None),
        ("5550103", "103", None),
        ("5551037", "00", Some("37")),
        ("5551105", "00", Some("105")),
        ("5551039", "00", Some("39")),
        ("5559999", "14", None),
        // It belongs to both schemes; the documented number wins.
        ("8801234560001", "00", Some("00")),
    ] {
        let inquired = partner.inquire("BPJS", hp, &fresh_ref_id());
        assert_eq!(inquired.rc(), inquiry_rc, "{hp}");
        if let Some(payment_rc) = payment_rc {
            assert_eq!(partner.pay(inquired.tr_id()).rc(), payment_rc, "{hp}");
        }
    }
    drop(server);
    let server = home.start(&[("sandbox.scheme", "last-four-digits")]);
    let inquired = server.partner().inquire("BPJS", "8801234560001", &fresh_ref_id());
    assert_eq!(inquired.rc(), "01");
}
