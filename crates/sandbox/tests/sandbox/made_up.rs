//! Bills of numbers that are not documented.

use std::collections::HashSet;

use biller::Biller;
use proptest::prelude::*;
use sandbox::Scheme;
use serde_json::Value;

use crate::documented::sum_of_rows;
use crate::*;

fn making_up(seed: u64) -> Sandbox {
    sandbox_with(Settings { made_up: true, seed, ..Settings::default() })
}

/// A number that is not documented, and whose last four digits select nothing.
const NOBODY: &str = "55512349999";

#[test]
fn the_same_seed_and_number_owe_the_same() {
    for product in catalogue() {
        let code = product.code.as_str();
        let owed = bill(&making_up(1), code, NOBODY).unwrap();
        assert_eq!(bill(&making_up(1), code, NOBODY).unwrap(), owed, "{code}");
        assert_ne!(bill(&making_up(2), code, NOBODY).unwrap(), owed, "{code}");
        assert_ne!(bill(&making_up(1), code, "55512349998").unwrap(), owed, "{code}");
    }
}

#[test]
fn the_bills_vary_and_are_whole_hundreds() {
    let sandbox = making_up(1);
    let nominals: HashSet<_> = (0..200)
        .map(|customer| bill(&sandbox, "PLNPOSTPAID", &format!("{customer}9999")))
        .map(|bill| bill.unwrap().nominal.get())
        .collect();
    assert!(nominals.len() > 150, "{} nominals", nominals.len());
    assert!(nominals.iter().all(|nominal| nominal % 100 == 0));
    assert!(nominals.iter().all(|nominal| (50_000..=2_000_000).contains(nominal)));
}

#[test]
fn a_made_up_bill_adds_up() {
    for code in ["TELKOMPSTN", "PLNPOSTPAID", "TVTLKMV", "AETRA", "PDAMKOTA.YOGYAKARTA"] {
        let bill = bill(&making_up(1), code, NOBODY).unwrap();
        assert_eq!(sum_of_rows(&bill.details), bill.nominal.get(), "{code}");
        assert_eq!(bill.sheets, 1, "{code}");
    }
}

#[test]
fn a_made_up_bill_has_the_shape_of_the_documented_one() {
    for product in catalogue() {
        let code = product.code.as_str();
        let documented = bill(&sandbox(), code, "0000").unwrap().details;
        let made_up = bill(&making_up(1), code, NOBODY).unwrap().details;
        assert_eq!(shape(&made_up), shape(&documented), "{code}");
    }
}

#[test]
fn a_made_up_bill_can_be_paid() {
    let sandbox = making_up(1);
    let question = question("ESAMSAT.JABAR", NOBODY);
    let bill = wait(sandbox.inquire(&question)).unwrap().bill;
    let nominal = bill.nominal.get();
    let receipt = wait(sandbox.pay(&order(&question, bill, 1))).unwrap();
    let paid: Value = serde_json::from_str(&receipt.details.unwrap()).unwrap();
    let part = |name| -> i64 { paid["biaya_pokok"][name].as_str().unwrap().parse().unwrap() };
    assert_eq!(part("SWD"), 143_000);
    assert_eq!(part("PKB") + part("SWD"), nominal);
}

#[test]
fn listed_numbers_stay_as_they_are() {
    let sandbox = making_up(1);
    assert_eq!(&*bill(&sandbox, "BPJS", "8801234560001").unwrap().customer_name, "VERGIE");
    assert_eq!(bill(&sandbox, "BPJS", "8801234560005"), refused_inquiry(14));
    assert_eq!(bill(&sandbox, "BPJS", "5550014"), refused_inquiry(14));
}

/// The names and types of all values, without the values; for a list, of its first element.
fn shape(desc: &str) -> Value {
    fn of(value: Value) -> Value {
        match value {
            Value::Object(members) => members.into_iter().map(|(k, v)| (k, of(v))).collect(),
            Value::Array(elements) => elements.into_iter().take(1).map(of).collect(),
            Value::String(_) => "text".into(),
            Value::Number(_) => "number".into(),
            other => other,
        }
    }
    of(serde_json::from_str(desc).unwrap())
}

proptest! {
    #[test]
    fn nothing_from_outside_breaks_an_answer(
        product in proptest::sample::select(catalogue()),
        hp in prop_oneof![".{0,40}", "[0-9]{0,20}", Just("530000000002".to_owned())],
        identity in ".{0,40}",
        month in proptest::option::of(0..20_u32),
        year in any::<u16>(),
        amount in any::<i64>(),
        tr_id in any::<i64>(),
        seed in any::<u64>(),
        made_up in any::<bool>(),
        documented_first in any::<bool>(),
    ) {
        let scheme = match documented_first {
            true => Scheme::Documented,
            false => Scheme::LastFourDigits,
        };
        let sandbox = sandbox_with(Settings { made_up, seed, scheme, ..Settings::default() });
        let question = InquiryRequest {
            code: product.code.clone(),
            biller_code: product.code.clone(),
            reference: None,
            family: product.family,
            customer_no: hp.into(),
            month,
            year: Some(year),
            identity: Some(identity.into()),
            amount: Some(Rupiah::new(amount)),
        };
        let Ok(quote) = wait(sandbox.inquire(&question)) else {
            return Ok(());
        };
        let bill = quote.bill.clone();
        prop_assert!(bill.nominal.is_positive() && bill.sheets > 0);
        prop_assert!(serde_json::from_str::<Value>(&bill.details).is_ok(), "{}", bill.details);
        if Price::of(&product, &quote).is_err() {
            return Ok(());
        }
        if let Ok(receipt) = wait(sandbox.pay(&order(&question, bill, tr_id))) {
            prop_assert!(!receipt.receipt_no.is_empty());
            if let Some(desc) = receipt.details {
                prop_assert!(serde_json::from_str::<Value>(&desc).is_ok(), "{}", desc);
            }
        }
    }
}
