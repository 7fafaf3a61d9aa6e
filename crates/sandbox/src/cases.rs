//! The documented customer numbers.

use domain::{Family, ProductCode};
use iak_protocol::ResponseCode;

/// A documented number and its outcome in the reference.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Case {
    /// The product's kind of bill.
    pub family: Family,
    /// The product code.
    pub code: ProductCode,
    /// The customer's number.
    pub hp: Box<str>,
    /// The outcome in the reference's words: `Payment - Payment Failed`.
    pub documented_outcome: Box<str>,
    /// The response code of the inquiry.
    pub inquiry: ResponseCode,
    /// The response code of the payment, if the inquiry succeeds.
    pub payment: Option<ResponseCode>,
}

impl Case {
    /// The response code that it ends with.
    pub fn last_code(&self) -> ResponseCode {
        self.payment.unwrap_or(self.inquiry)
    }
}

/// Every documented number, in the order of the reference.
pub fn cases() -> Vec<Case> {
    include_str!("../data/cases.csv")
        .lines()
        .skip(1)
        .map(|row| case(row).expect("a row holds family, code, hp, outcome and two response codes"))
        .collect()
}

fn case(row: &str) -> Option<Case> {
    let fields: Vec<&str> = row.split(',').collect();
    let [family, code, hp, documented_outcome, inquiry, payment] = fields[..] else {
        return None;
    };
    Some(Case {
        family: Family::named(family)?,
        code: ProductCode::new(code).ok()?,
        hp: hp.into(),
        documented_outcome: documented_outcome.into(),
        inquiry: ResponseCode::parse(inquiry)?,
        payment: match payment {
            "" => None,
            code => Some(ResponseCode::parse(code)?),
        },
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn every_number_is_there_once() {
        let all = cases();
        let numbers: BTreeSet<_> = all.iter().map(|case| (&case.code, &case.hp)).collect();
        assert_eq!((numbers.len(), all.len()), (128, 128));
    }

    #[test]
    fn a_payment_has_a_code_exactly_where_the_inquiry_succeeds() {
        for case in cases() {
            let succeeds = case.inquiry == ResponseCode::Success;
            assert_eq!(case.payment.is_some(), succeeds, "{case:?}");
        }
    }

    #[test]
    fn a_broken_row_is_refused() {
        let good = "pdam,AETRA,10202003,Inquiry - Time Out,103,";
        assert!(case(good).is_some());
        for bad in [
            "",
            "pdam,AETRA,10202003,,103",
            "pulsa,X,1,,00,00",
            "pdam,AETRA,1,,x,",
            "pdam,A B,1,,00,00",
            "pdam,AETRA,1,,0,00",
            "pdam,AETRA,1,,00,999",
        ] {
            assert_eq!(case(bad), None, "{bad}");
        }
    }
}
