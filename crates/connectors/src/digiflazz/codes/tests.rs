//! The documented table once more, and the rows that have cost others money.

use super::*;

/// The documented table once more: the codes of a kind, by whether a transaction is formed.
const FORMED: &str = "00 01 02 03 46 50 51 52 53 54 55 57 58 59 60 70 71 72 73 74 84 85 86 99";
const NOT_FORMED: &str = "40 41 42 43 44 45 47 49 56 61 62 63 64 65 66 67 68 69 80 81 82 83 87 88";

fn codes(list: &'static str) -> impl Iterator<Item = &'static str> {
    list.split(' ')
}

fn word(rc: &str) -> &'static str {
    match rc {
        "00" => "Sukses",
        "03" | "99" => "Pending",
        _ => "Gagal",
    }
}

#[test]
fn the_table_has_every_documented_code_once() {
    let mut documented: Vec<&str> = codes(FORMED).chain(codes(NOT_FORMED)).collect();
    documented.sort_unstable();
    let table: Vec<&str> = TABLE.iter().map(|row| row.rc).collect();
    assert_eq!(table, documented);
    for row in &TABLE {
        assert_eq!(row.stated.as_str(), word(row.rc), "{}", row.rc);
        assert_eq!(row.formed, codes(FORMED).any(|rc| rc == row.rc), "{}", row.rc);
    }
}

/// Pitfall: a refusal of the status query was taken for the failure of a payment that was made.
#[test]
fn a_refused_status_query_says_nothing() {
    let limits = ["85", "86"];
    for rc in codes(NOT_FORMED).chain(limits).chain(["46"]) {
        assert_eq!(after_status(rc, Some("Gagal")), Nothing, "{rc}");
        assert_eq!(in_report(rc, Some("Gagal")), Nothing, "{rc}");
    }
    for rc in codes(NOT_FORMED).filter(|rc| *rc != "49") {
        assert!(matches!(after_payment(rc, Some("Gagal")), Failed(_)), "{rc}: nothing was bought");
    }
    assert_eq!(after_status("50", Some("Gagal")), NotFound);
}

/// Pitfall: a time-out behind Digiflazz was refunded, and the bill was paid afterwards.
#[test]
fn what_looks_like_a_failure_is_verified() {
    for rc in ["01", "70", "46", "49", "50", "85", "86"] {
        assert_eq!(after_payment(rc, Some("Gagal")), Verify, "{rc}");
    }
    for rc in ["01", "70"] {
        assert_eq!(after_status(rc, Some("Gagal")), Failed(BillerTimeout), "{rc}");
        assert_eq!(in_report(rc, Some("Gagal")), Nothing, "{rc}: it may be the first answer");
    }
}

#[test]
fn only_a_formed_transaction_is_done_or_failed_after_a_status_query() {
    for row in &TABLE {
        match row.status {
            Done => assert_eq!(row.rc, "00"),
            Failed(_) => assert!(row.formed && !["85", "86"].contains(&row.rc), "{}", row.rc),
            Pending => assert!(["03", "99"].contains(&row.rc)),
            NotFound => assert_eq!(row.rc, "50"),
            Verify => panic!("{}: a status query is the verification", row.rc),
            Nothing => {}
        }
    }
    assert_eq!(after_payment("74", Some("Gagal")), Failed(PaymentFailed));
    assert_eq!(after_status("74", Some("Gagal")), Failed(PaymentFailed));
}

/// Pitfall: tables of codes that others made up.
#[test]
fn an_unknown_code_and_a_contradiction_say_nothing() {
    let questions = [after_inquiry, after_payment, after_status, in_report];
    for rc in ["", "04", "14", "0", "100", "abc", "48", "75", "98"] {
        for status in [None, Some("Sukses"), Some("Gagal"), Some("pending"), Some("")] {
            for question in questions {
                assert_eq!(question(rc, status), Nothing, "{rc} {status:?}");
            }
        }
        assert_eq!(after_payment(rc, Some("Pending")), Pending);
        assert_eq!(after_status(rc, Some("Pending")), Pending);
    }
    for row in &TABLE {
        for status in ["Sukses", "Gagal", "Pending", "sukses", "GAGAL", "", "Success"] {
            if status != row.stated.as_str() {
                for question in questions {
                    assert_eq!(question(row.rc, Some(status)), Nothing, "{} {status}", row.rc);
                }
            }
        }
        if row.formed {
            assert_eq!(after_payment(row.rc, None), Nothing, "{}", row.rc);
        }
    }
}

#[test]
fn lunas_own_troubles_are_not_the_partners() {
    for (list, reason) in
        [("41 42 45 82 88", BillerAccountRejected), ("44 61", BillerBalanceTooLow)]
    {
        for rc in codes(list) {
            assert_eq!(after_inquiry(rc, None), Failed(reason), "{rc}");
            assert_eq!(after_payment(rc, Some("Gagal")), Failed(reason), "{rc}");
        }
    }
}

#[test]
fn an_inquiry_is_passed_on_only_for_what_lies_with_the_biller() {
    let passed_on = |rc| match after_inquiry(rc, Some("Gagal")) {
        Failed(reason) => reason.lies_with_biller(),
        _ => false,
    };
    for rc in codes("40 41 42 43 44 45 53 55 56 58 61 62 66 67 68 69 70 71 80 81 82 88") {
        assert!(passed_on(rc), "{rc}");
    }
    for rc in codes("51 52 54 57 59 60 72 73 84 87") {
        assert!(!passed_on(rc), "{rc}");
    }
}

#[test]
fn what_was_said_holds_no_text_of_the_biller() {
    assert_eq!(&*said("45"), "45: address of lunas not allowed");
    assert_eq!(&*said("123"), "123: an unknown code");
    for odd in ["", "Siti Aminah", "081234554320", "1\n"] {
        assert!(
            !said(odd).contains("08") && !said(odd).contains("Siti") && !said(odd).contains('\n')
        );
    }
}
