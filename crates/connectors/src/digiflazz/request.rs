//! What Digiflazz is asked. Every request is built here, from typed values.
//!
//! A bill call names its command in `commands`. Without that member, or under another name, the same JSON is an
//! order to buy a prepaid product. So a bill call cannot be built without it.

use std::borrow::Cow;

use biller::{InquiryRequest, PaymentRequest};
use domain::{Family, Reference, Rupiah};
use iak_protocol::sign;
use secrecy::{ExposeSecret, SecretString};
use serde::Serialize;

/// What is done with a bill.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub(super) enum Command {
    #[serde(rename = "inq-pasca")]
    Inquire,
    #[serde(rename = "pay-pasca")]
    Pay,
    #[serde(rename = "status-pasca")]
    Status,
}

/// The bill that a request and its answer are about. It holds personal data and therefore has no `Debug`.
pub(super) struct Subject<'a> {
    /// The product's code at Digiflazz.
    pub(super) product: &'a str,
    /// The customer's number in the form that Digiflazz takes.
    pub(super) customer_no: Cow<'a, str>,
    /// The customer's number without the identity number.
    pub(super) bare_customer_no: &'a str,
    /// lunas's reference of the inquiry, which its payment repeats.
    pub(super) reference: &'a str,
}

/// What only an inquiry says.
#[derive(Default)]
pub(super) struct Extras {
    /// The tax year.
    pub(super) year: Option<u16>,
    /// What the customer wants to pay.
    pub(super) amount: Option<Rupiah>,
}

/// lunas's account at Digiflazz.
pub(super) struct Account {
    username: String,
    api_key: SecretString,
    testing: bool,
}

/// A request with the texts in it that evidence must not hold.
pub(super) struct SignedRequest {
    pub(super) body: Vec<u8>,
    pub(super) sign: String,
}

#[derive(Serialize)]
struct BillCall<'a> {
    commands: Command,
    username: &'a str,
    buyer_sku_code: &'a str,
    customer_no: &'a str,
    ref_id: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    year: Option<u16>,
    #[serde(skip_serializing_if = "Option::is_none")]
    amount: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    testing: Option<bool>,
    sign: &'a str,
}

/// A question about the account, not about a bill.
#[derive(Serialize)]
struct AccountCall<'a> {
    cmd: &'static str,
    username: &'a str,
    sign: &'a str,
}

impl Account {
    /// An account. `testing` is said in every bill call: whether Digiflazz remembers it is not documented.
    pub(super) fn new(username: String, api_key: SecretString, testing: bool) -> Account {
        Account { username, api_key, testing }
    }

    /// The key, to be hidden in evidence.
    pub(super) fn key(&self) -> &str {
        self.api_key.expose_secret()
    }

    /// A call about a bill.
    pub(super) fn bill_call(
        &self,
        commands: Command,
        subject: &Subject<'_>,
        extras: &Extras,
    ) -> SignedRequest {
        let sign = self.sign(subject.reference);
        let call = BillCall {
            commands,
            username: &self.username,
            buyer_sku_code: subject.product,
            customer_no: &subject.customer_no,
            ref_id: subject.reference,
            year: extras.year,
            amount: extras.amount.map(Rupiah::get),
            testing: self.testing.then_some(true),
            sign: &sign,
        };
        SignedRequest { body: json(&call), sign }
    }

    /// The question for lunas's deposit.
    pub(super) fn balance_call(&self) -> SignedRequest {
        let sign = self.sign("depo");
        let call = AccountCall { cmd: "deposit", username: &self.username, sign: &sign };
        SignedRequest { body: json(&call), sign }
    }

    /// The question for the list of postpaid products. It asks for all: a filtered list is older.
    pub(super) fn price_list_call(&self) -> SignedRequest {
        let sign = self.sign("pricelist");
        let call = AccountCall { cmd: "pasca", username: &self.username, sign: &sign };
        SignedRequest { body: json(&call), sign }
    }

    /// The formula is IAK's.
    fn sign(&self, suffix: &str) -> String {
        sign(&self.username, self.key(), suffix).to_string()
    }
}

#[expect(clippy::expect_used, reason = "texts and numbers are always JSON")]
fn json(call: &impl Serialize) -> Vec<u8> {
    serde_json::to_vec(call).expect("JSON")
}

impl<'a> Subject<'a> {
    /// The bill of an inquiry.
    ///
    /// # Errors
    /// When a part of the customer's number is missing.
    pub(super) fn of_inquiry(
        question: &'a InquiryRequest,
        reference: &'a Reference,
    ) -> Result<Subject<'a>, &'static str> {
        let number = &*question.customer_no;
        Ok(Subject {
            product: question.biller_code.as_str(),
            customer_no: number_at_digiflazz(
                question.family,
                number,
                question.identity.as_deref(),
            )?,
            bare_customer_no: number,
            reference: reference.as_str(),
        })
    }

    /// The bill of a payment. The identity number is the handle that the inquiry's quote had.
    ///
    /// # Errors
    /// When the inquiry has no reference, or a part of the customer's number is missing.
    pub(super) fn of_payment(order: &'a PaymentRequest) -> Result<Subject<'a>, &'static str> {
        let inquiry = &*order.inquiry;
        let reference =
            inquiry.reference.as_ref().ok_or("the inquiry has no reference at the biller")?;
        let number = &*inquiry.customer_no;
        let identity = inquiry.biller_reference.as_deref();
        Ok(Subject {
            product: inquiry.code_at_biller().as_str(),
            customer_no: number_at_digiflazz(order.family, number, identity)?,
            bare_customer_no: number,
            reference: reference.as_str(),
        })
    }
}

/// Digiflazz takes the two numbers of a vehicle tax as one.
fn number_at_digiflazz<'a>(
    family: Family,
    number: &'a str,
    identity: Option<&str>,
) -> Result<Cow<'a, str>, &'static str> {
    match (family, identity) {
        (Family::Esamsat, Some(identity)) => Ok(format!("{number},{identity}").into()),
        (Family::Esamsat, None) => Err("the inquiry has no identity number"),
        _ => Ok(number.into()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    fn account(testing: bool) -> Account {
        Account::new("lunasdemo".into(), "dev-0123456789".to_owned().into(), testing)
    }

    fn subject() -> Subject<'static> {
        Subject {
            product: "pln",
            customer_no: "530000000001".into(),
            bare_customer_no: "530000000001",
            reference: "lunas1",
        }
    }

    fn sent(request: &SignedRequest) -> Value {
        serde_json::from_slice(&request.body).unwrap()
    }

    #[test]
    fn the_published_vectors_are_signed() {
        let key = "dev-0123456789";
        for (suffix, signature) in [
            ("depo", "26be3715c752ac85ee76826aff868d8b"),
            ("deposit", "37fb05e8c435f3bf947bb09edda6c9cf"),
            ("pricelist", "e453bdd9904944416ecaf90a24c37bee"),
            ("lunas-1", "8fe80dcba34410c82bb099e8e3a2cac4"),
            ("530000000001", "b6ed6ed5e8ab2c61279b88f2ce767072"),
        ] {
            assert_eq!(sign("lunasdemo", key, suffix).as_str(), signature, "{suffix}");
        }
        let signature = account(true).balance_call().sign;
        assert_eq!(signature, "26be3715c752ac85ee76826aff868d8b");
        let named = Subject { reference: "lunas-1", ..subject() };
        let call = account(true).bill_call(Command::Pay, &named, &Extras::default());
        assert_eq!(call.sign, "8fe80dcba34410c82bb099e8e3a2cac4");
    }

    /// Pitfall: with `command` in the place of `commands` the same JSON buys a prepaid product.
    #[test]
    fn every_bill_call_has_exactly_these_members() {
        for (command, name) in [
            (Command::Inquire, "inq-pasca"),
            (Command::Pay, "pay-pasca"),
            (Command::Status, "status-pasca"),
        ] {
            let call = account(true).bill_call(command, &subject(), &Extras::default());
            assert_eq!(
                sent(&call),
                json!({
                    "commands": name,
                    "username": "lunasdemo",
                    "buyer_sku_code": "pln",
                    "customer_no": "530000000001",
                    "ref_id": "lunas1",
                    "testing": true,
                    "sign": call.sign,
                })
            );
        }
        let live = account(false).bill_call(Command::Pay, &subject(), &Extras::default());
        assert_eq!(sent(&live).get("testing"), None);
        let balance = account(true).balance_call();
        let expected = json!({"cmd": "deposit", "username": "lunasdemo", "sign": balance.sign});
        assert_eq!(sent(&balance), expected);
        let list = account(true).price_list_call();
        assert_eq!(list.sign, "e453bdd9904944416ecaf90a24c37bee");
        let expected = json!({"cmd": "pasca", "username": "lunasdemo", "sign": list.sign});
        assert_eq!(sent(&list), expected);
    }

    #[test]
    fn an_inquiry_has_the_extra_member_of_its_product() {
        let year = Extras { year: Some(2023), amount: None };
        let call = account(false).bill_call(Command::Inquire, &subject(), &year);
        assert_eq!(sent(&call)["year"], json!(2023));
        let amount = Extras { year: None, amount: Some(Rupiah::new(100_000)) };
        let call = account(false).bill_call(Command::Inquire, &subject(), &amount);
        assert_eq!(sent(&call)["amount"], json!(100_000));
    }

    #[test]
    fn a_vehicle_tax_has_two_numbers_in_one() {
        let number = |family, identity| number_at_digiflazz(family, "9658", identity);
        assert_eq!(number(Family::Esamsat, Some("0212")).unwrap(), "9658,0212");
        assert!(number(Family::Esamsat, None).is_err());
        assert_eq!(number(Family::PlnPostpaid, Some("0212")).unwrap(), "9658");
    }
}
