//! An answer about one bill: to an inquiry, a payment or a status check, every failure, and the
//! callback with the final result of a pending payment.

mod decode;

use std::borrow::Cow;

pub use decode::{Unreadable, decode_answer};

use crate::code::ResponseCode;
use crate::desc::Desc;
use crate::fault::FieldFault;
use crate::format::Format;
use crate::writer::Writer;

pub(crate) use decode::{Draft, json_data, set_number, set_text, utf8};

/// An answer about one bill. Fields that are `None` are omitted. Amounts are whole rupiah.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BillAnswer<'a> {
    /// The inquiry's number.
    pub tr_id: Option<i64>,
    /// The product.
    pub code: Option<Cow<'a, str>>,
    /// When it was paid, as `YmdHis` (`20180803170750`) in Asia/Jakarta.
    pub datetime: Option<Cow<'a, str>>,
    /// The customer's number at the biller.
    pub hp: Option<Cow<'a, str>>,
    /// The customer's name.
    pub tr_name: Option<Cow<'a, str>>,
    /// The billed period as the biller writes it.
    pub period: Option<Cow<'a, str>>,
    /// The bill without fees.
    pub nominal: Option<i64>,
    /// The fee of all bill sheets.
    pub admin: Option<i64>,
    /// The partner's own number for the transaction.
    pub ref_id: Option<Cow<'a, str>>,
    /// In a status check: 0 inquired only, 1 paid, 2 failed, 3 in process; 2 in a failure.
    pub status: Option<u8>,
    /// The result of the request.
    pub response_code: ResponseCode,
    /// The description of the code.
    pub message: Cow<'a, str>,
    /// What the customer pays: `nominal + admin`.
    pub price: Option<i64>,
    /// What is taken from the partner's balance: `price` minus the commission.
    pub selling_price: Option<i64>,
    /// The partner's remaining balance.
    pub balance: Option<i64>,
    /// The biller's receipt number.
    pub noref: Option<Cow<'a, str>>,
    /// The part that differs by product family.
    pub desc: Option<Desc<'a>>,
    /// In a callback: the signature over `ref_id`.
    pub sign: Option<Cow<'a, str>>,
    /// The faults of a malformed request, grouped by field.
    pub error_details: Vec<FieldFault>,
    /// In the sandbox: advice.
    pub hint: Option<Cow<'a, str>>,
    /// The XML name of `noref`.
    pub noref_tag: NorefTag,
}

/// The XML name of `noref`: the published pages differ by product family and command.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum NorefTag {
    /// `<noref>`: most families, and every status check.
    #[default]
    Noref,
    /// `<no_ref>`: a payment of water, electricity (`PLNPOSTPAID`), Telkom internet, television
    /// and mobile phone bills.
    NoUnderscoreRef,
}

impl<'a> BillAnswer<'a> {
    /// An answer with only its code and message.
    pub fn new(response_code: ResponseCode, message: impl Into<Cow<'a, str>>) -> BillAnswer<'a> {
        BillAnswer {
            tr_id: None,
            code: None,
            datetime: None,
            hp: None,
            tr_name: None,
            period: None,
            nominal: None,
            admin: None,
            ref_id: None,
            status: None,
            response_code,
            message: message.into(),
            price: None,
            selling_price: None,
            balance: None,
            noref: None,
            desc: None,
            sign: None,
            error_details: Vec::new(),
            hint: None,
            noref_tag: NorefTag::Noref,
        }
    }

    /// A failure with this code, its description and `status` 2.
    pub fn failure(response_code: ResponseCode) -> BillAnswer<'a> {
        let mut answer = BillAnswer::new(response_code, response_code.description());
        answer.status = Some(2);
        answer
    }
}

/// Appends an answer.
///
/// One order of fields serves every published answer: `ref_id` stands before the status where
/// there is no `noref`, and after `noref` where there is one.
pub fn encode_answer(answer: &BillAnswer<'_>, format: Format, out: &mut Vec<u8>) {
    let mut writer = Writer::answer(format, out);
    let ref_id_first = answer.noref.is_none();
    number(&mut writer, "tr_id", answer.tr_id);
    text(&mut writer, "code", &answer.code);
    text(&mut writer, "datetime", &answer.datetime);
    text(&mut writer, "hp", &answer.hp);
    text(&mut writer, "tr_name", &answer.tr_name);
    text(&mut writer, "period", &answer.period);
    number(&mut writer, "nominal", answer.nominal);
    number(&mut writer, "admin", answer.admin);
    if ref_id_first {
        text(&mut writer, "ref_id", &answer.ref_id);
    }
    number(&mut writer, "status", answer.status.map(i64::from));
    writer.text("response_code", answer.response_code.as_str());
    writer.text("message", &answer.message);
    number(&mut writer, "price", answer.price);
    number(&mut writer, "selling_price", answer.selling_price);
    number(&mut writer, "balance", answer.balance);
    text(&mut writer, answer.noref_tag.name(format), &answer.noref);
    if !ref_id_first {
        text(&mut writer, "ref_id", &answer.ref_id);
    }
    if let Some(desc) = &answer.desc {
        writer.json("desc", desc.json());
    }
    text(&mut writer, "sign", &answer.sign);
    if !answer.error_details.is_empty() {
        writer.open("error_details");
        faults(&mut writer, &answer.error_details);
        writer.close("error_details");
    }
    text(&mut writer, "hint", &answer.hint);
    writer.end_answer();
}

/// Each field once, with the list of its faults.
fn faults(writer: &mut Writer<'_>, faults: &[FieldFault]) {
    for (index, FieldFault { field, .. }) in faults.iter().enumerate() {
        if faults[..index].iter().all(|earlier| earlier.field != *field) {
            let of_the_field = faults[index..].iter().filter(|it| it.field == *field);
            writer.texts(field, of_the_field.map(|it| &*it.fault));
        }
    }
}

impl NorefTag {
    const fn name(self, format: Format) -> &'static str {
        match (format, self) {
            (Format::Xml, NorefTag::NoUnderscoreRef) => "no_ref",
            _ => "noref",
        }
    }
}

fn number(writer: &mut Writer<'_>, name: &str, value: Option<i64>) {
    if let Some(value) = value {
        writer.number(name, value);
    }
}

fn text(writer: &mut Writer<'_>, name: &str, value: &Option<Cow<'_, str>>) {
    if let Some(value) = value {
        writer.text(name, value);
    }
}
