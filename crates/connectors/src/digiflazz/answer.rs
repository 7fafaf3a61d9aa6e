//! Digiflazz's answer about a bill. All fields but `rc` are optional: a failed or pending one has few.

use domain::Rupiah;

use super::json::Object;
use super::request::Subject;
use crate::text::{MAX_TEXT, bounded};

/// The member `data` of an answer or a webhook. It holds personal data and therefore has no `Debug`.
pub(super) struct Answer {
    pub(super) rc: Box<str>,
    pub(super) status: Option<Box<str>>,
    /// The biller's own words. They are compared, never shown.
    pub(super) message: Box<str>,
    pub(super) ref_id: Option<Box<str>>,
    pub(super) customer_no: Option<Box<str>>,
    pub(super) product: Option<Box<str>>,
    pub(super) customer_name: Box<str>,
    /// Free text, such as `NOP 25` or `201901`.
    pub(super) period: Box<str>,
    /// The biller's receipt number.
    pub(super) sn: Box<str>,
    /// The biller's fee for all sheets.
    pub(super) admin: Option<Rupiah>,
    /// What leaves lunas's deposit.
    pub(super) price: Option<Rupiah>,
    /// What the customer owes, with the fee.
    pub(super) selling_price: Option<Rupiah>,
    /// lunas's deposit afterwards.
    pub(super) balance: Option<Rupiah>,
    /// The details of the product, as JSON text.
    pub(super) desc: Option<Box<str>>,
}

impl Answer {
    /// Reads a body: one object whose member `data` is an object with an `rc`.
    ///
    /// # Errors
    /// With what is missing.
    pub(super) fn read(body: &[u8]) -> Result<Answer, &'static str> {
        let body = Object::read(body).ok_or("the answer is not a JSON object")?;
        let data = body.object("data").ok_or("the answer has no object data")?;
        Answer::of(&data).ok_or("the answer has no rc")
    }

    /// Reads the member `data`. `None` if it has no `rc`.
    pub(super) fn of(data: &Object<'_>) -> Option<Answer> {
        let rc = data.get("rc")?.get();
        let text = |name| data.text(name).map(|text| bounded(&text, MAX_TEXT)).unwrap_or_default();
        let named = |name| Some(text(name)).filter(|text| !text.is_empty());
        Some(Answer {
            rc: serde_json::from_str(rc).ok()?,
            status: data.text("status").map(Into::into),
            message: text("message"),
            ref_id: named("ref_id"),
            customer_no: named("customer_no"),
            product: named("buyer_sku_code"),
            customer_name: text("customer_name"),
            period: text("periode"),
            sn: text("sn"),
            admin: data.rupiah("admin"),
            price: data.rupiah("price"),
            selling_price: data.rupiah("selling_price"),
            balance: data.rupiah("buyer_last_saldo"),
            desc: data.get("desc").map(|desc| desc.get().into()),
        })
    }

    /// What the answer names that differs from the bill that was asked about.
    pub(super) fn names_another(&self, subject: &Subject<'_>) -> Option<&'static str> {
        let differs =
            |named: &Option<Box<str>>, asked: &str| named.as_deref().is_some_and(|it| it != asked);
        // Of the two numbers of a vehicle tax the answer may name the first one alone.
        let is_another_number = differs(&self.customer_no, &subject.customer_no)
            && differs(&self.customer_no, subject.bare_customer_no);
        if differs(&self.ref_id, subject.reference) {
            Some("another ref_id")
        } else if is_another_number {
            Some("another customer number")
        } else if differs(&self.product, subject.product) {
            Some("another product")
        } else {
            None
        }
    }

    /// The bill without the biller's fee, if the answer has both amounts.
    pub(super) fn nominal(&self) -> Option<Rupiah> {
        self.selling_price?.minus(self.admin?).ok()
    }

    /// Whether the message says that the bill is paid.
    pub(super) fn says_paid(&self) -> bool {
        let message = self.message.to_lowercase();
        let words: Vec<&str> = message.split(|letter: char| !letter.is_alphanumeric()).collect();
        let has = |phrase: [&str; 2]| words.windows(2).any(|two| two == phrase);
        let is_settled = words.contains(&"lunas") && !has(["belum", "lunas"]);
        is_settled || has(["sudah", "dibayar"]) || has(["sudah", "terbayar"])
    }

    /// Whether the message says that Digiflazz has no data of the transaction, perhaps because it is old.
    pub(super) fn says_no_data(&self) -> bool {
        self.message.to_lowercase().contains("data belum ada")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(json: &str) -> Result<Answer, &'static str> {
        Answer::read(json.as_bytes())
    }

    /// Pitfall: an answer without `data` was taken for a confirmed failure.
    #[test]
    fn an_answer_without_data_or_code_is_no_answer() {
        for bad in [
            "",
            "{}",
            "null",
            "<html>",
            r#"{"rc":"00"}"#,
            r#"{"data":[]}"#,
            r#"{"data":null}"#,
            r#"{"data":[{"rc":"00"}]}"#,
            r#"{"data":{}}"#,
            r#"{"data":{"rc":null}}"#,
            r#"{"data":{"rc":0}}"#,
            r#"{"data":{"rc":"00","status":"Suk"#,
            r#"{"data":{"rc":"00","rc":"02"}}"#,
            r#"{"data":{"rc":"00"}}{}"#,
            r#"[{"data":{}}]"#,
        ] {
            assert!(read(bad).is_err(), "{bad}");
        }
        assert_eq!(&*read(r#"{"data":{"rc":"03"}}"#).ok().unwrap().rc, "03");
    }

    #[test]
    fn a_field_of_another_type_is_as_good_as_absent() {
        let json = r#"{"data":{"rc":"00","ref_id":7,"sn":null,"admin":"2500","price":[],
            "periode":"NOP 25","customer_name":{},"buyer_last_saldo":5000.0,"status":true}}"#;
        let answer = read(json).ok().unwrap();
        assert_eq!((answer.ref_id.as_deref(), &*answer.sn), (Some("7"), ""));
        assert_eq!((answer.admin, answer.price), (Some(Rupiah::new(2500)), None));
        assert_eq!((&*answer.period, &*answer.customer_name), ("NOP 25", ""));
        assert_eq!((answer.balance, answer.status), (Some(Rupiah::new(5000)), None));
    }

    #[test]
    fn a_paid_bill_is_known_by_the_message() {
        let says_paid = |message: &str| {
            let json = serde_json::json!({"data": {"rc": "60", "message": message}}).to_string();
            read(&json).ok().unwrap().says_paid()
        };
        for paid in
            ["Tagihan sudah lunas", "TAGIHAN SUDAH DIBAYAR", "sudah terbayar.", "Lunas", "(LUNAS)"]
        {
            assert!(says_paid(paid), "{paid}");
        }
        for open in ["", "Tagihan belum tersedia", "Tagihan belum lunas", "lunasdemo", "dibayar"] {
            assert!(!says_paid(open), "{open}");
        }
    }

    #[test]
    fn a_long_text_is_cut() {
        let json = format!(r#"{{"data":{{"rc":"00","sn":"{}\u0000"}}}}"#, "é".repeat(600));
        let answer = read(&json).ok().unwrap();
        assert_eq!(answer.sn.len(), MAX_TEXT);
        let nul = read(r#"{"data":{"rc":"00","sn":"a\u0000"}}"#).ok().unwrap();
        assert_eq!(&*nul.sn, "a\u{fffd}");
    }
}
