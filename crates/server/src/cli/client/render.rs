//! The answers of a server as text for a person. All texts come from outside, and nothing in them
//! may control the terminal.

use std::borrow::Cow;
use std::fmt;

use domain::display::is_invisible;
use iak_protocol::{BillAnswer, Desc, Product, ResponseCode};
use serde::Deserialize;
use serde::de::{MapAccess, Visitor};
use serde_json::value::RawValue;

use crate::cli::print::{Table, left, right, rupiah};

/// A name and its value.
type Line = [String; 2];

/// An answer about one bill: one line per field, with its name on the wire and its value.
pub(super) fn bill(answer: &BillAnswer<'_>) -> serde_json::Result<String> {
    let mut lines: Vec<Line> = Vec::new();
    let mut line = |name: &str, value: Option<String>| {
        lines.extend(value.map(|value| [name.to_owned(), value]));
    };
    let text = |value: &Option<Cow<'_, str>>| value.as_deref().map(str::to_owned);
    line("response_code", Some(answer.response_code.to_string()));
    line("message", Some(answer.message.to_string()));
    line("hint", text(&answer.hint));
    line("tr_id", answer.tr_id.map(|tr_id| tr_id.to_string()));
    line("ref_id", text(&answer.ref_id));
    line("status", answer.status.map(|number| status(number, answer.response_code)));
    line("code", text(&answer.code));
    line("hp", text(&answer.hp));
    line("tr_name", text(&answer.tr_name));
    line("period", text(&answer.period));
    line("nominal", answer.nominal.map(rupiah));
    line("admin", answer.admin.map(rupiah));
    line("price", answer.price.map(rupiah));
    line("selling_price", answer.selling_price.map(rupiah));
    line("balance", answer.balance.map(rupiah));
    line("datetime", answer.datetime.as_deref().map(moment));
    line("noref", text(&answer.noref));
    for fault in &answer.error_details {
        let name = format!("error_details.{}", fault.field);
        line(&name, Some(fault.fault.to_string()));
    }
    if let Some(desc) = &answer.desc {
        flatten_desc(desc, &mut lines)?;
    }
    Ok(Table::new([left(""), left("")], lines).to_string())
}

/// A price list: one line per product.
pub(super) fn products(products: &[Product<'_>]) -> String {
    let columns = [
        left("CODE"),
        left("TYPE"),
        left("STATUS"),
        right("FEE"),
        right("COMMISSION"),
        left("NAME"),
        left("PROVINCE"),
    ];
    let row = |product: &Product<'_>| {
        [
            product.code.to_string(),
            product.product_type.to_string(),
            match product.status {
                1 => "active".to_owned(),
                4 => "not active".to_owned(),
                other => other.to_string(),
            },
            rupiah(product.fee),
            rupiah(product.komisi),
            product.name.to_string(),
            product.province.as_deref().unwrap_or_default().to_owned(),
        ]
    };
    Table::new(columns, products.iter().map(row)).to_string()
}

/// A document as it was sent, without characters that could control the terminal. JSON keeps its
/// meaning: a carriage return is not part of a value, and the others become JSON escapes.
pub(super) fn document(text: &str) -> String {
    let mut shown = String::with_capacity(text.len() + 1);
    for c in text.chars().filter(|c| *c != '\r') {
        if is_invisible(c) && !matches!(c, '\n' | '\t') {
            shown.push_str(&format!("\\u{:04x}", u32::from(c)));
        } else {
            shown.push(c);
        }
    }
    if !shown.ends_with('\n') {
        shown.push('\n');
    }
    shown
}

/// `YmdHis` as a readable date and time; any other text unchanged.
fn moment(datetime: &str) -> String {
    if datetime.len() != 14 || !datetime.bytes().all(|byte| byte.is_ascii_digit()) {
        return datetime.to_owned();
    }
    let part = |from: usize, to: usize| &datetime[from..to];
    let (year, month, day) = (part(0, 4), part(4, 6), part(6, 8));
    let (hour, minute, second) = (part(8, 10), part(10, 12), part(12, 14));
    format!("{year}-{month}-{day} {hour}:{minute}:{second} Asia/Jakarta")
}

/// The `status` of a transaction and its meaning. Where there is no transaction, none has failed.
fn status(status: u8, code: ResponseCode) -> String {
    let meaning = match status {
        0 => "inquired only",
        1 => "paid",
        2 if code == ResponseCode::InquiryNotFound => "no such transaction",
        2 => "failed",
        3 => "in process",
        _ => return status.to_string(),
    };
    format!("{status} ({meaning})")
}

/// One line for each scalar in `desc`, named by its path.
fn flatten_desc(desc: &Desc<'_>, lines: &mut Vec<Line>) -> serde_json::Result<()> {
    flatten("desc".to_owned(), serde_json::from_str(desc.as_str())?, lines)
}

fn flatten(path: String, value: &RawValue, lines: &mut Vec<Line>) -> serde_json::Result<()> {
    let text = value.get();
    match text.as_bytes().first() {
        Some(b'{') => {
            for (name, member) in serde_json::from_str::<Members<'_>>(text)?.0 {
                flatten(format!("{path}.{name}"), member, lines)?;
            }
        }
        Some(b'[') => {
            let items = serde_json::from_str::<Vec<&RawValue>>(text)?;
            for (index, item) in items.into_iter().enumerate() {
                flatten(format!("{path}[{index}]"), item, lines)?;
            }
        }
        Some(b'"') => lines.push([path, serde_json::from_str(text)?]),
        _ => lines.push([path, text.to_owned()]),
    }
    Ok(())
}

/// The members of an object in their order, which a map would lose. Each is kept as text, so that no
/// number changes.
struct Members<'a>(Vec<(String, &'a RawValue)>);

impl<'de> Deserialize<'de> for Members<'de> {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct InOrder;

        impl<'de> Visitor<'de> for InOrder {
            type Value = Members<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Members<'de>, A::Error> {
                let mut members = Vec::new();
                while let Some(member) = map.next_entry()? {
                    members.push(member);
                }
                Ok(Members(members))
            }
        }

        deserializer.deserialize_map(InOrder)
    }
}

#[cfg(test)]
mod tests {
    use iak_protocol::{Format, decode_answer};

    use super::*;

    fn example(name: &str) -> String {
        let examples = concat!(env!("CARGO_MANIFEST_DIR"), "/../iak-protocol/tests/data/examples");
        std::fs::read_to_string(format!("{examples}/{name}")).unwrap()
    }

    #[test]
    fn a_bill_is_read_as_labelled_lines_in_order() {
        let body = example("check-status/success.json");
        let answer = decode_answer(body.as_bytes(), Format::Json).unwrap();
        let text = bill(&answer).unwrap();
        insta::assert_snapshot!("bill", text);
    }

    #[test]
    fn faults_and_hints_are_shown() {
        let mut answer = BillAnswer::failure(ResponseCode::FormatError);
        answer.hint = Some("Send hp.".into());
        answer.error_details.push(iak_protocol::FieldFault::new("hp", "is missing"));
        assert_eq!(
            bill(&answer).unwrap(),
            "response_code     107\nmessage           XML FORMAT ERROR\nhint              Send hp.\n\
             status            2 (failed)\nerror_details.hp  is missing\n"
        );
        let none = bill(&BillAnswer::failure(ResponseCode::InquiryNotFound)).unwrap();
        assert!(none.contains("2 (no such transaction)"), "{none}");
    }

    #[test]
    fn no_text_from_outside_controls_the_terminal() {
        let mut answer = BillAnswer::new(ResponseCode::Success, "a\nb\u{1b}[2J\u{9b}\u{202e}");
        answer.desc = Some(Desc::new(r#"{"\u001b[1m":"x\r\ny","n":1.50}"#).unwrap());
        assert_eq!(
            bill(&answer).unwrap(),
            "response_code  00\nmessage        a\u{fffd}b\u{fffd}[2J\u{fffd}\u{fffd}\n\
             desc.\u{fffd}[1m      x\u{fffd}\u{fffd}y\ndesc.n         1.50\n"
        );
        assert_eq!(document("{\r\n\t\"a\u{9b}\u{2028}\": 1}"), "{\n\t\"a\\u009b\\u2028\": 1}\n");
    }

    #[test]
    fn an_invalid_time_is_shown_unchanged() {
        assert_eq!(moment("20210316174828"), "2021-03-16 17:48:28 Asia/Jakarta");
        assert_eq!(moment("2021-03-16"), "2021-03-16");
        assert_eq!(moment("2021031617482é"), "2021031617482é");
    }

    #[test]
    fn products_are_shown_in_columns() {
        let list = [
            Product {
                code: "PDAMKOTA.SURABAYA".into(),
                name: "PDAM".into(),
                status: 4,
                fee: 2500,
                komisi: 700,
                product_type: "pdam".into(),
                category: "postpaid".into(),
                province: Some("Jawa Timur".into()),
            },
            Product { code: "BPJS".into(), name: "BPJS".into(), status: 1, ..Product::default() },
        ];
        insta::assert_snapshot!("products", products(&list));
    }
}
