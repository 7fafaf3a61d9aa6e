//! The client's choices change the bill.

use biller::Biller;

use crate::*;

fn asked(question: &InquiryRequest) -> Result<Bill, InquiryError> {
    wait(sandbox().inquire(question)).map(|quote| quote.bill)
}

fn months(code: &str, hp: &str, month: Option<u32>) -> Result<Bill, InquiryError> {
    let question = question(code, hp);
    asked(&InquiryRequest { month, ..question })
}

#[test]
fn bpjs_kesehatan_is_25000_a_month() {
    for (month, period, nominal) in [(1, "01", 25_000), (2, "02", 50_000), (12, "12", 300_000)] {
        let bill = months("BPJS", "8801234560001", Some(month)).unwrap();
        assert_eq!((&*bill.period, bill.nominal.get()), (period, nominal));
        assert_eq!(bill.sheets, 1, "the fee is for the bill, not for each month");
    }
}

#[test]
fn bpjs_ketenagakerjaan_is_16800_a_month_and_its_parts_add_up() {
    for (month, period, nominal) in [(1, "1", 16_800), (3, "3", 50_400), (12, "12", 201_600)] {
        let bill = months("BPJSTK", "8102051011270001", Some(month)).unwrap();
        assert_eq!((&*bill.period, bill.nominal.get()), (period, nominal));
        let desc: serde_json::Value = serde_json::from_str(&bill.details).unwrap();
        let parts = ["jht", "jkk", "jkm"].map(|part| desc[part].as_i64().unwrap());
        assert_eq!(parts.iter().sum::<i64>(), nominal);
    }
}

#[test]
fn months_outside_a_year_are_an_invalid_amount() {
    for month in [0, 13, u32::MAX] {
        assert_eq!(months("BPJS", "8801234560001", Some(month)), refused_inquiry(93));
    }
}

#[test]
fn the_amount_is_the_nominal() {
    for code in ["SHOPEEPAY", "MEMBER.Shiftsoft_MMS-Perpuluhan_2022"] {
        let question = question(code, "0000");
        for (amount, expected) in [(1, Some(1)), (75_000, Some(75_000)), (0, None), (-5, None)] {
            let amount = Some(Rupiah::new(amount));
            let owed = asked(&InquiryRequest { amount, ..question.clone() });
            match expected {
                Some(nominal) => assert_eq!(owed.unwrap().nominal.get(), nominal),
                None => assert_eq!(owed, refused_inquiry(93)),
            }
        }
    }
}

#[test]
fn a_missing_choice_fails_where_it_is_needed_only() {
    for (code, hp, needed) in [
        ("BPJS", "8801234560001", true),
        ("SHOPEEPAY", "082100000001", true),
        ("PBBKOT.CIMAHI", "329801092375999901", true),
        ("ESAMSAT.JABAR", "9658548523568701", true),
        ("BPJSTKPU", "210300016066", false),
        ("PGAS", "0110014601", false),
    ] {
        let owed = asked(&InquiryRequest {
            month: None,
            year: None,
            identity: None,
            amount: None,
            ..question(code, hp)
        });
        match needed {
            true => assert_eq!(owed, refused_inquiry(9), "{code}"),
            false => assert!(owed.is_ok(), "{code}"),
        }
    }
}

#[test]
fn the_year_is_the_tax_year() {
    let question = question("PBBKOT.CIMAHI", "329801092375999901");
    let year = Some(2023);
    let bill = asked(&InquiryRequest { year, ..question }).unwrap();
    assert!(bill.details.contains(r#""tahun_pajak":"2023""#));
}

#[test]
fn the_identity_is_shown_as_it_was_sent_and_as_nothing_else() {
    let question = question("ESAMSAT.JABAR", "9658548523568701");
    for identity in [
        "0212502110170100",
        r#"","ntpd":"stolen"#,
        r#""ntpd":"""#,
        r#"\"#,
        "<nominal>",
        "\n\u{0}é🚗",
    ] {
        let question = InquiryRequest { identity: Some(identity.into()), ..question.clone() };
        let bill = asked(&question).unwrap();
        let owed: serde_json::Value = serde_json::from_str(&bill.details).unwrap();
        assert_eq!(owed["nomor_identitas"], identity);
        assert_eq!(owed["ntpd"], "");

        let receipt = wait(sandbox().pay(&order(&question, bill, 1))).unwrap();
        let paid: serde_json::Value = serde_json::from_str(&receipt.details.unwrap()).unwrap();
        assert_eq!(paid["nomor_identitas"], identity);
        assert_eq!(paid["ntpd"], "Q8T3L318R0Z3");
    }
}
