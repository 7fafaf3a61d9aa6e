//! The sandbox gives exactly the documented answers.

use std::fs;

use biller::Biller;
use domain::{Price, Rupiah};
use serde::Deserialize;
use serde_json::value::RawValue;

use crate::*;

const EXAMPLES: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../iak-protocol/tests/data/examples");

/// The folder, and the suffixes of its two answers.
const EXCHANGES: [(&str, &str); 21] = [
    ("bpjs-denda", ""),
    ("bpjs-kesehatan", ""),
    ("bpjs-ketenagakerjaan-bpu", ""),
    ("bpjs-ketenagakerjaan-pu", ""),
    ("church-offering-member", ""),
    ("church-offering-non-member", ""),
    ("custom-denom", ""),
    ("esamsat", ""),
    ("gas-pgas", ""),
    ("insurance", ""),
    ("internet-non-telkom", ""),
    ("internet-telkom", ""),
    ("multifinance", ""),
    ("pbb", ""),
    ("pdam", ""),
    ("pdam", "-2"),
    ("pln-nontaglis", ""),
    ("pln-postpaid", ""),
    ("telco-postpaid", ""),
    ("tv-non-telkomvision", ""),
    ("tv-telkomvision", ""),
];

#[derive(Deserialize)]
struct Answer {
    data: Page,
}

#[derive(Deserialize)]
struct Page {
    code: String,
    hp: String,
    tr_name: String,
    period: String,
    nominal: i64,
    admin: i64,
    price: i64,
    selling_price: i64,
    #[serde(default)]
    noref: String,
    desc: Box<RawValue>,
}

#[derive(Deserialize)]
struct Choices {
    month: Option<serde_json::Value>,
    nomor_identitas: Option<String>,
}

fn read<T: for<'a> Deserialize<'a>>(file: &str) -> T {
    let path = format!("{EXAMPLES}/{file}.json");
    let text = fs::read_to_string(&path).unwrap_or_else(|error| panic!("{path}: {error}"));
    serde_json::from_str(&text).unwrap_or_else(|error| panic!("{path}: {error}"))
}

/// The documented inquiry. The pages of two families request something else than they answer:
/// church offerings 10000 instead of 100000, and PBB 2023 instead of 2019. Here the request matches
/// the answer.
fn documented_question(folder: &str, answer: &Page) -> InquiryRequest {
    let choices: Choices = read(&format!("{folder}/inquiry-request"));
    let month = choices.month.map(|month| month.to_string().trim_matches('"').parse().unwrap());
    InquiryRequest {
        month,
        identity: choices.nomor_identitas.map(Into::into),
        amount: Some(Rupiah::new(answer.nominal)),
        ..question(&answer.code, &answer.hp)
    }
}

fn assert_is_the_bill_of(bill: &Bill, page: &Page, what: &str) {
    assert_eq!(*bill.customer_name, page.tr_name, "{what}");
    assert_eq!(*bill.period, page.period, "{what}");
    assert_eq!(bill.nominal.get(), page.nominal, "{what}");
    assert_eq!(*bill.details, compacted(page.desc.get()), "{what}");
    let price = Price::of(&product(&page.code), &bill.clone().into()).unwrap();
    assert_eq!(price.admin.get(), page.admin, "{what}");
    assert_eq!(price.price.get(), page.price, "{what}");
    assert_eq!(price.selling_price.get(), page.selling_price, "{what}");
}

#[test]
fn inquiries_and_payments_are_answered_as_documented() {
    let sandbox = sandbox();
    for (folder, suffix) in EXCHANGES {
        let what = format!("{folder}{suffix}");
        let inquiry: Answer = read(&format!("{folder}/inquiry-response{suffix}"));
        let payment: Answer = read(&format!("{folder}/payment-response{suffix}"));
        let question = documented_question(folder, &inquiry.data);
        let bill = wait(sandbox.inquire(&question)).unwrap().bill;
        assert_is_the_bill_of(&bill, &inquiry.data, &what);

        let receipt = wait(sandbox.pay(&order(&question, bill.clone(), 9_732_787))).unwrap();
        let mut expected = compacted(payment.data.desc.get());
        if folder == "internet-telkom" {
            // The page of the payment lacks a space that inquiry and check status have.
            assert!(expected.contains("JUL2014"));
            expected = expected.replace("JUL2014", "JUL 2014");
        }
        assert_eq!(*receipt.details.unwrap_or(bill.details), expected, "{what}");
        assert_same_style(&receipt.receipt_no, &payment.data.noref);
    }
}

/// The same length and punctuation, and digits only where the documented one has only digits.
fn assert_same_style(noref: &str, documented: &str) {
    let punctuation = |text: &str| -> Vec<_> {
        let marks = text.char_indices();
        marks.filter(|mark| !mark.1.is_ascii_alphanumeric()).collect()
    };
    let letters = |text: &str| {
        let lower = text.bytes().any(|byte| byte.is_ascii_lowercase());
        (lower, text.bytes().any(|byte| byte.is_ascii_uppercase()))
    };
    assert_eq!(noref.len(), documented.len(), "{noref} {documented}");
    assert_eq!(punctuation(noref), punctuation(documented));
    assert_eq!(letters(noref), letters(documented), "{noref} {documented}");
}

#[test]
fn check_status_tells_of_the_same_bills() {
    let sandbox = sandbox();
    for file in ["success", "not-received", "in-process", "failed"] {
        let Answer { data: page } = read(&format!("check-status/{file}"));
        let bill = bill(&sandbox, &page.code, &page.hp).unwrap();
        assert_is_the_bill_of(&bill, &page, file);
    }
}

#[test]
fn a_number_owes_as_many_sheets_as_documented() {
    for (code, hp, sheets, period) in [
        ("TELKOMPSTN", "6391601201", 1, "201405"),
        ("TELKOMPSTN", "6391601202", 3, "201405,201407"),
        ("PDAMKOTA.SURABAYA", "10202001", 1, "201412"),
        ("PDAMKOTA.YOGYAKARTA", "10202001", 1, "201803,201804"),
        ("PDAMKOTA.MEDAN", "10202002", 4, "201409,201412"),
        ("PLNPOSTPAID", "530000000001", 1, "201608"),
        ("PLNPOSTPAID", "530000000002", 4, "201601,201604"),
    ] {
        let bill = bill(&sandbox(), code, hp).unwrap();
        assert_eq!((bill.sheets, &*bill.period), (sheets, period), "{code} {hp}");
        assert_eq!(rows(&bill.details).len(), usize::try_from(sheets).unwrap());
        assert_eq!(sum_of_rows(&bill.details), bill.nominal.get(), "{code} {hp}");
    }
}

#[test]
fn pln_pays_four_sheets_and_tells_how_many_are_left() {
    let sandbox = sandbox();
    for (hp, left_at_inquiry, sheets, left) in
        [("530000000001", None, "1", 0), ("530000000002", Some(4), "4", 4)]
    {
        let question = question("PLNPOSTPAID", hp);
        let bill = wait(sandbox.inquire(&question)).unwrap().bill;
        let owed: serde_json::Value = serde_json::from_str(&bill.details).unwrap();
        assert_eq!(owed["lembar_tagihan"], sheets);
        assert_eq!(owed["lembar_tagihan_sisa"].as_i64(), left_at_inquiry);

        let paid = wait(sandbox.pay(&order(&question, bill, 1))).unwrap().details;
        let paid: serde_json::Value = serde_json::from_str(&paid.unwrap()).unwrap();
        assert_eq!(paid["lembar_tagihan"], sheets);
        assert_eq!(paid["lembar_tagihan_sisa"], left);
        for row in paid["tagihan"]["detail"].as_array().unwrap() {
            assert_eq!(row["meter_awal"], "00080000");
        }
    }
}

#[test]
fn a_water_bill_names_its_company() {
    for (code, hp, name) in
        [("AETRA", "10200000", "AETRA"), ("PDAMKOTA.MEDAN", "10202006", "PDAM KOTA MEDAN")]
    {
        let bill = bill(&sandbox(), code, hp).unwrap();
        let desc: serde_json::Value = serde_json::from_str(&bill.details).unwrap();
        assert_eq!(desc["pdam_name"], name);
    }
}

fn rows(desc: &str) -> Vec<serde_json::Value> {
    let desc: serde_json::Value = serde_json::from_str(desc).unwrap();
    let rows = [&desc["tagihan"]["detail"], &desc["bill"]["detail"]];
    rows.into_iter().filter_map(|rows| rows.as_array().cloned()).flatten().collect()
}

/// The amount that the rows add up to, written as text (telephone, electricity) or in parts
/// (water).
pub(crate) fn sum_of_rows(desc: &str) -> i64 {
    let amount = |row: &serde_json::Value| match row["nilai_tagihan"].as_str() {
        Some(text) => text.parse::<i64>().unwrap(),
        None => ["bill_amount", "penalty", "misc_amount"]
            .map(|part| row[part].as_i64().unwrap())
            .iter()
            .sum(),
    };
    rows(desc).iter().map(amount).sum()
}
