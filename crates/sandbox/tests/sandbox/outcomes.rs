//! The outcome of each number, in both schemes.

use biller::{Biller, Status};
use sandbox::Scheme;

use crate::*;

const CASES: &str = include_str!("../../data/cases.csv");
const RESPONSE_CODES: &str = include_str!("../../../iak-protocol/tests/data/response-codes.csv");

#[test]
fn every_documented_number_has_its_outcome() {
    let sandbox = sandbox();
    for row in CASES.lines().skip(1) {
        let fields: Vec<&str> = row.split(',').collect();
        let (code, hp) = (fields[1], fields[2]);
        let owed = bill(&sandbox, code, hp);
        let asked = some_order(&sandbox, code, hp, 7);
        let paid = wait(sandbox.pay(&asked));
        let status = wait(sandbox.status(&asked, BEGUN_AT));
        match (fields[4], fields[5]) {
            ("00", "00") => {
                assert!(owed.is_ok(), "{row}");
                assert_eq!(status, Status::Paid(paid.unwrap()), "{row}");
            }
            ("00", "39") => {
                assert!(owed.is_ok(), "{row}");
                assert_eq!(paid, Err(PayError::InProcess), "{row}");
                assert_eq!(status, Status::Pending, "{row}");
            }
            ("00", refusal) => {
                let refusal = refusal.parse().unwrap();
                assert!(owed.is_ok(), "{row}");
                assert_eq!(paid, refused_payment(refusal), "{row}");
                assert_eq!(status, Status::Failed(reason(refusal)), "{row}");
            }
            (refusal, _) => {
                let refusal = refusal.parse().unwrap();
                assert_eq!(owed, refused_inquiry(refusal), "{row}");
                assert_eq!(paid, refused_payment(refusal), "{row}");
            }
        }
    }
}

#[test]
fn the_last_four_digits_answer_every_documented_code_and_no_other() {
    let sandbox = sandbox();
    let documented: Vec<(u16, bool)> = RESPONSE_CODES
        .lines()
        .skip(1)
        .map(|row| {
            let code = row.split(',').next().unwrap().parse().unwrap();
            (code, row.ends_with(",Pending"))
        })
        .collect();
    for code in 0..1000 {
        let inquiry = bill(&sandbox, "PGAS", &format!("777{code:04}"));
        let payment = pay(&sandbox, "PGAS", &format!("7771{code:03}"), 7);
        match documented.iter().find(|row| row.0 == code) {
            None => {
                assert_eq!(inquiry, refused_inquiry(14), "{code}");
                assert_eq!(payment, refused_payment(14), "{code}");
            }
            Some((0, _)) => assert!(inquiry.is_ok() && payment.is_ok()),
            Some((_, pending)) => {
                assert_eq!(inquiry, refused_inquiry(code), "{code}");
                let expected = match pending {
                    true => Err(PayError::InProcess),
                    false => refused_payment(code),
                };
                assert_eq!(payment, expected, "{code}");
            }
        }
    }
}

#[test]
fn the_settings_say_which_scheme_decides() {
    let first = |scheme| sandbox_with(Settings { scheme, ..Settings::default() });
    let seed = "8801234560001";
    assert!(bill(&first(Scheme::Documented), "BPJS", seed).is_ok());
    let last_four = first(Scheme::LastFourDigits);
    assert_eq!(bill(&last_four, "BPJS", seed), refused_inquiry(1));
    let no_code = "530000000011";
    assert_eq!(bill(&last_four, "PLNPOSTPAID", no_code), refused_inquiry(11));
    let only_documented = "0110014603";
    assert_eq!(bill(&last_four, "PGAS", only_documented), refused_inquiry(103));
}

#[test]
fn a_number_in_no_list_is_14() {
    let sandbox = sandbox();
    for (code, hp) in [
        ("BPJS", "8801234569999"),
        ("BPJS", ""),
        ("BPJS", "8801234560001 "),
        ("PLNPOSTPAID", "530000000012"),
        ("AETRA", "10202002"),
    ] {
        assert_eq!(bill(&sandbox, code, hp), refused_inquiry(14), "{code} {hp}");
        assert_eq!(pay(&sandbox, code, hp, 1), refused_payment(14), "{code} {hp}");
    }
}

#[test]
fn what_is_no_number_of_the_product_is_14_whatever_it_ends_in() {
    let made_up = sandbox_with(Settings { made_up: true, ..Settings::default() });
    for (code, hp, is_made_up) in [
        ("BPJS", " 8801234560001", false),
        ("BPJS", "8801234560000 ", false),
        ("BPJS", "None0000", false),
        ("BPJS", "880123456-0000", false),
        ("BPJS", "8801 2345 60000", false),
        ("BPJS", "x8899999006", false),
        ("BPJS", "٣0000", false),
        // One digit too many, and a number of a product with shorter numbers.
        ("BPJS", "08801234560000", true),
        ("BPJS", "880123499999006", true),
        ("PLNPOSTPAID", "8801234560000", true),
        ("AETRA", "530000000000", true),
    ] {
        for scheme in [Scheme::Documented, Scheme::LastFourDigits] {
            let sandbox = sandbox_with(Settings { scheme, ..Settings::default() });
            assert_eq!(bill(&sandbox, code, hp), refused_inquiry(14), "{code} {hp:?}");
            assert_eq!(pay(&sandbox, code, hp, 1), refused_payment(14), "{code} {hp:?}");
        }
        assert_eq!(bill(&made_up, code, hp).is_ok(), is_made_up, "{code} {hp:?}");
        assert_eq!(pay(&made_up, code, hp, 1).is_ok(), is_made_up, "{code} {hp:?}");
    }
    for (code, hp) in [("BPJS", "8801234560000"), ("BPJS", "0000"), ("AETRA", "10200000")] {
        assert!(bill(&sandbox(), code, hp).is_ok(), "{code} {hp}");
    }
}

#[test]
fn a_product_of_the_operators_own_uses_its_family() {
    let mut asked = question("AETRA", "0000");
    asked.code = ProductCode::new("PDAMKAB.BANDUNG").unwrap();
    let bill = wait(sandbox().inquire(&asked)).unwrap().bill;
    assert!(bill.details.contains(r#""pdam_name":"PDAMKAB.BANDUNG""#));
}

#[test]
fn one_payment_has_one_noref() {
    let sandbox = sandbox();
    let noref = |tr_id| pay(&sandbox, "TELKOMPSTN", "6391601202", tr_id).unwrap().receipt_no;
    assert_eq!(noref(9_732_787), noref(9_732_787));
    assert_ne!(noref(9_732_787), noref(9_732_788));
    assert_ne!(noref(7), noref(10_000_007));
}

#[test]
fn every_answer_takes_the_latency() {
    let latency = std::time::Duration::from_millis(20);
    let slow = sandbox_with(Settings { latency, ..Settings::default() });
    let asked = some_order(&sandbox(), "PGAS", "0000", 1);
    let started = std::time::Instant::now();
    assert!(bill(&slow, "PGAS", "0000").is_ok());
    assert!(started.elapsed() >= latency);
    assert!(wait(slow.pay(&asked)).is_ok());
    assert!(started.elapsed() >= 2 * latency);
    assert!(matches!(wait(slow.status(&asked, BEGUN_AT)), Status::Paid(_)));
    assert!(started.elapsed() >= 3 * latency);
}
