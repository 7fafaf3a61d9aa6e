//! Every published exchange, in both formats. Where the published pages contradict the rule or each
//! other, the contradiction is listed here with its reason; nothing is passed over.

use std::collections::{BTreeMap, BTreeSet};

use iak_protocol::{
    BillAnswer, Command, Fault, Format, NorefTag, PriceListAnswer, Request, decode_price_list,
    decode_request, encode_price_list, encode_request,
};

use crate::support::{FORMATS, decoded, encoded, page, pages, request, without_layout};

/// Its XML tells `ref_id` twice, before the status and after the biller's reference.
const REF_ID_TWICE: &str = "tv-non-telkomvision/payment-response.xml";

/// Both pages name the command of an inquiry and have the fields of a payment.
const WRONG_COMMAND: [&str; 2] = ["pbb/payment-request.json", "pbb/payment-request.xml"];

fn answer_pages() -> Vec<crate::support::Page> {
    let mut answers = pages("");
    answers.retain(|page| !page.name.contains("request") && !page.name.starts_with("price-list"));
    assert_eq!(answers.len(), 92, "a page is missing or was added");
    answers
}

#[test]
fn every_published_answer_is_written_back_exactly() {
    for page in answer_pages() {
        let written = encoded(&decoded(&page), page.format);
        let published = without_layout(&page);
        if page.name == REF_ID_TWICE {
            let once = published.replace("<ref_id>1500972821</ref_id>", "");
            assert_ne!(once, published);
            assert_eq!(written, once);
        } else {
            assert_eq!(written, published, "{}", page.name);
        }
    }
}

#[test]
fn every_published_price_list_is_written_back_exactly() {
    for page in pages("price-list/response") {
        let PriceListAnswer::Products(products) =
            decode_price_list(&page.body, page.format).unwrap()
        else {
            panic!("{} is a list", page.name);
        };
        assert_eq!(products.len(), 2);
        let mut written = Vec::new();
        encode_price_list(&products, page.format, &mut written);
        assert_eq!(String::from_utf8(written).unwrap(), without_layout(&page));
    }
}

#[test]
fn every_published_request_is_read_and_written_back() {
    for page in pages("request") {
        if WRONG_COMMAND.contains(&page.name.as_str()) {
            continue;
        }
        let request = request(&page);
        let written = encode_request(&request, page.format);
        assert_eq!(decode_request(&written, page.format).unwrap(), request, "{}", page.name);
        // One page sends the month as a number; written, a field is a string.
        let published = without_layout(&page).replace(r#""month":1}"#, r#""month":"1"}"#);
        assert_eq!(String::from_utf8(written).unwrap(), published, "{}", page.name);
    }
}

#[test]
fn a_payment_with_the_command_of_an_inquiry_lacks_its_fields() {
    for name in WRONG_COMMAND {
        let page = page(name);
        let Err(Fault::Malformed(faults)) = decode_request(&page.body, page.format) else {
            panic!("{name} is no inquiry");
        };
        let missing: Vec<_> = faults.iter().map(|fault| &*fault.field).collect();
        assert_eq!(missing, ["code", "hp", "ref_id"]);
    }
}

/// The request pages whose formats were taken from different transactions: the fields that differ.
const REQUESTS_THAT_DIFFER: [(&str, &[&str]); 8] = [
    ("bpjs-kesehatan/inquiry", &["ref_id"]),
    ("bpjs-ketenagakerjaan-pu/inquiry", &["month"]),
    ("church-offering-non-member/inquiry", &["ref_id"]),
    ("gas-pgas/inquiry", &["ref_id", "sign"]),
    ("insurance/inquiry", &["username"]),
    ("insurance/payment", &["tr_id"]),
    ("internet-telkom/inquiry", &["ref_id", "sign"]),
    ("multifinance/inquiry", &["username"]),
];

#[test]
fn the_two_formats_of_a_request_agree() {
    let mut differing = BTreeMap::new();
    for json in pages("request.json") {
        if WRONG_COMMAND.contains(&json.name.as_str()) {
            continue;
        }
        let xml = page(&json.name.replace(".json", ".xml"));
        let fields = differing_fields(&request(&json), &request(&xml));
        if !fields.is_empty() {
            differing.insert(json.name.replace("-request.json", ""), fields);
        }
    }
    assert_eq!(differing, listed(&REQUESTS_THAT_DIFFER));
}

/// The answer pages whose formats were taken from different transactions: the fields that differ.
const ANSWERS_THAT_DIFFER: [(&str, &[&str]); 22] = [
    ("bpjs-kesehatan/inquiry-response", &["ref_id", "selling_price"]),
    ("bpjs-kesehatan/payment-response", &["balance", "datetime", "ref_id", "selling_price"]),
    // Dates of different bills, in different forms.
    ("bpjs-ketenagakerjaan-bpu/inquiry-response", &["desc.tgl_efektif", "desc.tgl_expired"]),
    ("bpjs-ketenagakerjaan-bpu/payment-response", &["desc.tgl_efektif", "desc.tgl_expired"]),
    ("church-offering-member/inquiry-response", &["ref_id"]),
    ("church-offering-non-member/inquiry-response", &["ref_id", "tr_name"]),
    // The XML shows the slash of a model's name as JSON escapes it.
    ("esamsat/inquiry-response", &["desc.model_kb"]),
    ("esamsat/payment-response", &["desc.model_kb"]),
    ("gas-pgas/inquiry-response", &["selling_price"]),
    // The XML has no `ref_id`.
    ("gas-pgas/payment-response", &["balance", "datetime", "ref_id", "selling_price"]),
    ("internet-non-telkom/payment-response", &["balance"]),
    ("internet-telkom/inquiry-response", &["ref_id", "selling_price"]),
    // The JSON lost a blank in a month, and the XML has the reference in the place of `ref_id`.
    (
        "internet-telkom/payment-response",
        &[
            "balance",
            "datetime",
            "desc.tagihan.detail.2.periode",
            "noref",
            "ref_id",
            "selling_price",
        ],
    ),
    ("multifinance/payment-response", &["balance", "datetime", "ref_id"]),
    ("pdam/payment-response", &["balance", "datetime"]),
    // The XML has the tariff of the other water company.
    ("pdam/payment-response-2", &["balance", "datetime", "desc.kode_tarif"]),
    ("pln-postpaid/inquiry-response", &["selling_price"]),
    ("pln-postpaid/payment-response", &["balance", "datetime"]),
    // The XML is the page of PLNPOSTPAID, `ref_id` apart.
    (
        "telco-postpaid/payment-response",
        &[
            "admin",
            "balance",
            "code",
            "datetime",
            "desc.datel",
            "desc.daya",
            "desc.divre",
            "desc.jumlah_tagihan",
            "desc.kode_area",
            "desc.lembar_tagihan",
            "desc.lembar_tagihan_sisa",
            "desc.tagihan.detail.admin",
            "desc.tagihan.detail.denda",
            "desc.tagihan.detail.meter_akhir",
            "desc.tagihan.detail.meter_awal",
            "desc.tagihan.detail.nilai_tagihan",
            "desc.tagihan.detail.periode",
            "desc.tagihan.detail.total",
            "desc.tarif",
            "hp",
            "nominal",
            "noref",
            "period",
            "price",
            "selling_price",
            "tr_id",
            "tr_name",
        ],
    ),
    ("tv-non-telkomvision/inquiry-response", &["selling_price"]),
    ("tv-non-telkomvision/payment-response", &["balance", "datetime", "selling_price"]),
    ("tv-telkomvision/payment-response", &["balance", "datetime"]),
];

#[test]
fn the_two_formats_of_an_answer_agree() {
    let mut differing = BTreeMap::new();
    for page in answer_pages() {
        if page.format == Format::Xml {
            continue;
        }
        let xml = crate::support::page(&page.name.replace(".json", ".xml"));
        let from_xml = decoded(&xml);
        // The same answer, sent in XML: what the formats cannot both tell falls away.
        let mut told = decoded(&page);
        told.noref_tag = from_xml.noref_tag;
        let told = encoded(&told, Format::Xml);
        let told = iak_protocol::decode_answer(told.as_bytes(), Format::Xml).unwrap();
        let fields = differing_fields(&told, &from_xml);
        if !fields.is_empty() {
            differing.insert(page.name.replace(".json", ""), fields);
        }
    }
    assert_eq!(differing, listed(&ANSWERS_THAT_DIFFER));
}

#[test]
fn the_noref_tag_matches_the_published_pages() {
    let with_underscore: BTreeSet<String> = answer_pages()
        .iter()
        .filter(|page| decoded(page).noref_tag == NorefTag::NoUnderscoreRef)
        .map(|page| page.name.clone())
        .collect();
    let expected = [
        "internet-telkom/payment-response.xml",
        "pdam/payment-response-2.xml",
        "pdam/payment-response.xml",
        "pln-postpaid/payment-response.xml",
        "telco-postpaid/payment-response.xml",
        "tv-non-telkomvision/payment-response.xml",
        "tv-telkomvision/payment-response.xml",
    ];
    assert_eq!(with_underscore, BTreeSet::from(expected.map(str::to_owned)));
}

#[test]
fn a_command_signs_the_suffix_of_the_reference() {
    let suffix = |name: &str| request(&page(name)).command.signed_suffix().to_owned();
    assert_eq!(suffix("pdam/inquiry-request.json"), "0912837465");
    assert_eq!(suffix("pdam/payment-request.xml"), "9732791");
    assert_eq!(suffix("check-status/request.xml"), "cs");
    assert_eq!(suffix("price-list/request.json"), "pl");
}

/// A field as text, by its name; within `desc` by its path.
type Fields = BTreeMap<String, String>;

trait Told {
    fn fields(&self) -> Fields;
}

impl Told for Request<'_> {
    fn fields(&self) -> Fields {
        let mut fields = vec![
            ("commands", self.command.name().to_owned()),
            ("username", self.username.to_string()),
            ("sign", self.sign.to_string()),
        ];
        match &self.command {
            Command::Inquiry(inquiry) => fields.extend([
                ("code", inquiry.code.to_string()),
                ("hp", inquiry.hp.to_string()),
                ("ref_id", inquiry.ref_id.to_string()),
                ("month", format!("{:?}", inquiry.month)),
                ("year", format!("{:?}", inquiry.year)),
                ("nomor_identitas", format!("{:?}", inquiry.nomor_identitas)),
                ("amount", format!("{:?}", inquiry.amount)),
            ]),
            Command::Payment { sent, .. } => fields.push(("tr_id", sent.to_string())),
            Command::Status { ref_id } => fields.push(("ref_id", ref_id.to_string())),
            Command::PriceList { status, province } => fields.extend([
                ("status", status.as_str().to_owned()),
                ("province", format!("{province:?}")),
            ]),
        }
        fields.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()
    }
}

impl Told for BillAnswer<'_> {
    fn fields(&self) -> Fields {
        let scalars = [
            ("tr_id", format!("{:?}", self.tr_id)),
            ("code", format!("{:?}", self.code)),
            ("datetime", format!("{:?}", self.datetime)),
            ("hp", format!("{:?}", self.hp)),
            ("tr_name", format!("{:?}", self.tr_name)),
            ("period", format!("{:?}", self.period)),
            ("nominal", format!("{:?}", self.nominal)),
            ("admin", format!("{:?}", self.admin)),
            ("ref_id", format!("{:?}", self.ref_id)),
            ("status", format!("{:?}", self.status)),
            ("response_code", format!("{:?}", self.response_code)),
            ("message", format!("{:?}", self.message)),
            ("price", format!("{:?}", self.price)),
            ("selling_price", format!("{:?}", self.selling_price)),
            ("balance", format!("{:?}", self.balance)),
            ("noref", format!("{:?}", self.noref)),
        ];
        let mut fields: Fields =
            scalars.into_iter().map(|(name, value)| (name.to_owned(), value)).collect();
        if let Some(desc) = &self.desc {
            add_leaves("desc", &serde_json::from_str(desc.as_str()).unwrap(), &mut fields);
        }
        fields
    }
}

fn add_leaves(path: &str, value: &serde_json::Value, leaves: &mut Fields) {
    match value {
        serde_json::Value::Object(members) => {
            for (name, value) in members {
                add_leaves(&format!("{path}.{name}"), value, leaves);
            }
        }
        serde_json::Value::Array(items) => {
            for (index, value) in items.iter().enumerate() {
                add_leaves(&format!("{path}.{index}"), value, leaves);
            }
        }
        leaf => {
            leaves.insert(path.to_owned(), leaf.to_string());
        }
    }
}

fn differing_fields(one: &impl Told, other: &impl Told) -> Vec<String> {
    let (one, other) = (one.fields(), other.fields());
    let names: BTreeSet<_> = one.keys().chain(other.keys()).cloned().collect();
    names.into_iter().filter(|name| one.get(name) != other.get(name)).collect()
}

fn listed(errata: &[(&str, &[&str])]) -> BTreeMap<String, Vec<String>> {
    let owned = |fields: &[&str]| fields.iter().map(|field| (*field).to_owned()).collect();
    errata.iter().map(|(page, fields)| ((*page).to_owned(), owned(fields))).collect()
}

#[test]
fn the_content_type_decides_the_format_and_then_the_first_byte() {
    let detect = Format::detect;
    assert_eq!(detect(Some("application/json"), b"<mp/>"), Some(Format::Json));
    assert_eq!(detect(Some("Application/XML; charset=utf-8"), b"{}"), Some(Format::Xml));
    assert_eq!(detect(Some(" text/xml ;charset=utf-8"), b""), Some(Format::Xml));
    for other in [None, Some("text/plain"), Some("application/x-www-form-urlencoded"), Some("")] {
        assert_eq!(detect(other, b" \r\n\t{"), Some(Format::Json));
        assert_eq!(detect(other, b"<?xml"), Some(Format::Xml));
        assert_eq!(detect(other, b"\xEF\xBB\xBF\n{"), Some(Format::Json));
        assert_eq!(detect(other, b"\xEF\xBB\xBF<?xml"), Some(Format::Xml));
        for body in [&b""[..], b"  ", b"[", b"\xEF\xBB\xBF", b"\xEF\xBB{", b"commands=pay-pasca"] {
            assert_eq!(detect(other, body), None);
        }
    }
    for format in FORMATS {
        assert_eq!(detect(Some(format.content_type()), b""), Some(format));
    }
}
