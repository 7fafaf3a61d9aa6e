//! Well-formed requests that are refused: the code for the reason, and no trace in the books.

use iak_protocol::{Command, Inquiry};

use crate::client::{CHECK, Partner, Reply, fresh_ref_id, inquiry};
use crate::server::{DEPOSIT, Home};

const BPJS: &str = "8801234560001";

#[test]
fn an_unknown_command_is_101() {
    let home = Home::new();
    let server = home.start(&[]);
    let body = r#"{"commands":"topup","username":"1","sign":"1"}"#;
    let reply = server.partner().post(CHECK, body);
    assert_eq!((reply.status, &*reply.rc()), (200, "101"));
    let body = "<mp><commands>topup</commands><username>1</username><sign>1</sign></mp>";
    let reply = server.partner().in_xml().post(CHECK, body);
    assert_eq!((reply.status, &*reply.rc()), (200, "101"));
}

#[test]
fn a_ref_id_of_the_wrong_shape_is_03() {
    let home = Home::new();
    let server = home.start(&[]);
    let mut partner = server.partner();
    let too_long = "r".repeat(65);
    for ref_id in ["a b", "a;b", " ", " a", "räf", "cs", "pl", &too_long] {
        let reply = partner.inquire("BPJS", BPJS, ref_id);
        assert_eq!((reply.status, &*reply.rc()), (200, "03"), "{ref_id:?}");
        assert_eq!(partner.status(ref_id).rc(), "03", "{ref_id:?}");
    }
    for ref_id in ["r", "ref-14_May_2022_0.03.39", "a/b:c", &too_long[1..], "0010"] {
        assert_eq!(partner.inquire("BPJS", BPJS, ref_id).rc(), "00", "{ref_id:?}");
    }
    assert_eq!(partner.status("10").rc(), "06", "leading zeros count");
}

#[test]
fn a_repeated_ref_id_is_11_and_changes_nothing() {
    let home = Home::new();
    let server = home.start(&[]);
    let mut partner = server.partner();
    let first = partner.inquire("BPJS", BPJS, "once");
    let again = partner.inquire("BPJS", BPJS, "once");
    let other = partner.inquire("PGAS", "0110014601", "once");
    assert_eq!((again.status, &*again.rc(), &*other.rc()), (200, "11", "11"));
    let status = partner.status("once");
    assert_eq!((status.tr_id(), status.text("code").as_deref()), (first.tr_id(), Some("BPJS")));
    assert_eq!(partner.pay(first.tr_id()).rc(), "00");
    assert_eq!(partner.inquire("BPJS", BPJS, "once").rc(), "11", "for ever once paid");
    assert_eq!(home.audit()["inquiries"], 1);
}

#[test]
fn an_unknown_product_is_20_and_an_inactive_one_is_106() {
    let home = Home::new();
    let server = home.start(&[]);
    let mut partner = server.partner();
    assert_eq!(partner.inquire("NOPE", BPJS, "r").rc(), "20");
    let inquired = partner.inquire("BPJS", BPJS, "r");
    assert_eq!(inquired.rc(), "00", "its ref_id was free again");

    home.operate(&["product", "set", "BPJS", "--off"]);
    assert_eq!(partner.inquire("BPJS", BPJS, "r2").rc(), "106");
    let refused = partner.pay(inquired.tr_id());
    assert_eq!((refused.status, &*refused.rc()), (200, "106"));
    assert_eq!(refused.rupiah("balance"), DEPOSIT);
    home.operate(&["product", "set", "BPJS", "--on"]);
    assert_eq!(partner.inquire("BPJS", BPJS, "r2").rc(), "00");
    assert_eq!(partner.pay(inquired.tr_id()).rc(), "00");
}

#[test]
fn outside_a_products_hours_is_109() {
    let home = Home::new();
    let server = home.start(&[]);
    let mut partner = server.partner();
    let paid = partner.inquired("BPJS", BPJS).tr_id();
    // The server's own clock decides which hours are closed.
    let paid_at = partner.pay(paid).text("datetime").unwrap();
    let hour: u32 = paid_at[8..10].parse().unwrap();
    let hours = |from: u32, to: u32| format!("{:02}:00-{:02}:00", from % 24, to % 24);
    let tr_id = partner.inquired("PLNPOSTPAID", "530000000001").tr_id();
    home.operate(&["product", "set", "PLNPOSTPAID", "--hours", &hours(hour + 12, hour + 13)]);
    let refused = partner.pay(tr_id);
    assert_eq!((refused.status, &*refused.rc()), (200, "109"));
    home.operate(&["product", "set", "PLNPOSTPAID", "--hours", &hours(hour + 23, hour + 3)]);
    assert_eq!(partner.pay(tr_id).rc(), "00", "it is still open to be paid");
}

#[test]
fn an_invalid_amount_is_93() {
    let home = Home::new();
    let server = home.start(&[]);
    let mut partner = server.partner();
    for amount in ["0", "-1", "1.5", "1e5", "1e400", "ten", "9223372036854775808", "1 1", "Rp 1"] {
        assert_eq!(inquire_amount(&mut partner, amount).rc(), "93", "{amount:?}");
    }
    let inquired = inquire_amount(&mut partner, " 100000\n");
    assert_eq!((&*inquired.rc(), inquired.rupiah("nominal")), ("00", 100_000));
    let inquired = inquire_amount(&mut partner, "100000");
    assert_eq!((&*inquired.rc(), inquired.rupiah("nominal")), ("00", 100_000));
    let greatest = inquire_amount(&mut partner, "9223372036854775807");
    assert_eq!(greatest.rc(), "93", "with its fee it is beyond all amounts");
    assert_eq!(home.audit()["inquiries"], 2);
}

fn inquire_amount(partner: &mut Partner, amount: &str) -> Reply {
    let ref_id = fresh_ref_id();
    let Command::Inquiry(inquiry) = inquiry("SHOPEEPAY", "082100000001", &ref_id) else {
        unreachable!("it is an inquiry")
    };
    partner.ask(Command::Inquiry(Inquiry { amount: Some(amount.into()), ..inquiry }))
}

#[test]
fn an_unknown_transaction_is_06() {
    let home = Home::new();
    let server = home.start(&[]);
    let mut partner = server.partner();
    for tr_id in [0, 1, 999_999_999, i64::MAX] {
        assert_eq!(partner.pay(tr_id).rc(), "06", "{tr_id}");
    }
    assert_eq!(partner.status("never-sent").rc(), "06");
}

#[test]
fn a_second_payment_is_01_with_the_fields_of_the_first() {
    let home = Home::new();
    let server = home.start(&[]);
    let mut partner = server.partner();
    let tr_id = partner.inquired("BPJS", BPJS).tr_id();
    let paid = partner.pay(tr_id);
    assert_eq!(paid.rc(), "00");
    // Later events do not change it.
    let other = partner.inquired("PGAS", "0110014601").tr_id();
    assert_eq!(partner.pay(other).rc(), "00");
    home.operate(&["product", "set", "BPJS", "--off"]);

    let again = partner.pay(tr_id);
    assert_eq!((again.status, &*again.rc()), (200, "01"));
    assert_eq!(again.text("message").as_deref(), Some("INVOICE HAS BEEN PAID"));
    let (paid, again) = (paid.document(), again.document());
    let differs = ["data.response_code", "data.message"];
    for (path, value) in paid.0.iter().filter(|(path, _)| !differs.contains(&&**path)) {
        assert!(again.0.contains(&(path.clone(), value.clone())), "{path} is not {value}");
    }
    assert_eq!(partner.pay(tr_id).document(), again, "the same answer for ever");
    assert_eq!(home.audit()["payments"], 2);
}

#[test]
fn a_balance_that_is_too_low_is_17_and_the_last_rupiah_can_be_spent() {
    let home = Home::with_deposit(52_299);
    let server = home.start(&[]);
    let mut partner = server.partner();
    let inquired = partner.inquired("BPJS", BPJS);
    assert_eq!(inquired.rupiah("selling_price"), 52_300);
    let refused = partner.pay(inquired.tr_id());
    assert_eq!((refused.status, &*refused.rc()), (200, "17"));
    assert_eq!(refused.rupiah("balance"), 52_299);
    assert_eq!(home.audit()["payments"], 0);

    home.operate(&["deposit", "add", crate::server::USERNAME, "1", "--no-reference"]);
    let paid = partner.pay(inquired.tr_id());
    assert_eq!((&*paid.rc(), paid.rupiah("balance")), ("00", 0));
    assert_eq!(home.deposit(), (0, 0));
    home.audit();
}
