//! Every published exchange, sent as published; the answer must be equal: names, order and types of
//! the fields, and all values that do not depend on time or transaction.

use std::fs;

use iak_protocol::Format;

use crate::client::{CHECK, Partner, Reply, fresh_ref_id};
use crate::document::Document;
use crate::server::{Home, Server};

const EXAMPLES: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../iak-protocol/tests/data/examples");

/// A published page with a field that contradicts other pages: the published value, the correct
/// value, and the reason.
const REPAIRS: [(&str, &str, &str, &str); 23] = [
    // The requests ask for something else than the answers show.
    ("church-offering-member/inquiry-request.json", "10000", "100000", "answered so"),
    ("church-offering-member/inquiry-request.xml", "10000", "100000", "answered so"),
    ("church-offering-non-member/inquiry-request.json", "10000", "100000", "answered so"),
    ("church-offering-non-member/inquiry-request.xml", "10000", "100000", "answered so"),
    ("pbb/inquiry-request.json", "2023", "2019", "answered so"),
    ("pbb/inquiry-request.xml", "2023", "2019", "answered so"),
    ("pbb/payment-request.json", "inq-pasca", "pay-pasca", "it is a payment"),
    ("pbb/payment-request.xml", "inq-pasca", "pay-pasca", "it is a payment"),
    // Three bills belong to the number in the inquiry.
    ("internet-telkom/payment-response.json", "\"6391601201\"", "\"6391601202\"", "three bills"),
    ("internet-telkom/payment-response.xml", ">6391601201<", ">6391601202<", "three bills"),
    ("internet-telkom/payment-response.json", "JUL2014", "JUL 2014", "all others have the blank"),
    ("tv-non-telkomvision/payment-response.xml", "<ref_id>1500972821</ref_id>", "", "told twice"),
    ("gas-pgas/payment-response.xml", "</noref>", "</noref><ref_id>1</ref_id>", "mandatory"),
    (
        "price-list/response.json",
        "\"postpaid\"\n      },",
        PROVINCE_IN_JSON,
        "water has a province",
    ),
    ("price-list/response.xml", "</category>\n    </pasca>\n    <", PROVINCE_IN_XML, "likewise"),
    // XML pages that show another bill than the JSON pages.
    ("bpjs-ketenagakerjaan-bpu/inquiry-response.xml", "2022-05-11", "05-11-2022", "as in JSON"),
    ("bpjs-ketenagakerjaan-bpu/inquiry-response.xml", "2024-08-10", "09-10-2026", "as in JSON"),
    (
        "bpjs-ketenagakerjaan-bpu/payment-response.xml",
        "05-11-2022",
        "2022-05-11 05:29:52",
        "as in JSON",
    ),
    (
        "bpjs-ketenagakerjaan-bpu/payment-response.xml",
        "08-10-2024",
        "2026-09-10 00:00:00",
        "as in JSON",
    ),
    ("church-offering-non-member/inquiry-response.xml", "No name", "No Name", "as in JSON"),
    ("pdam/payment-response-2.xml", ">3A<", "><", "the tariff of another company"),
    // XML does not need this escape.
    ("esamsat/inquiry-response.xml", r"M\/T", "M/T", "as in JSON"),
    ("esamsat/payment-response.xml", r"M\/T", "M/T", "as in JSON"),
];

const PROVINCE_IN_JSON: &str = "\"postpaid\",\n        \"province\": \"DKI Jakarta\"\n      },";
const PROVINCE_IN_XML: &str =
    "</category>\n      <province>DKI Jakarta</province>\n    </pasca>\n    <";

/// The commission in whole rupiah per sheet on a page that differs from the other pages.
const COMMISSIONS: [(&str, &str, &str); 9] = [
    ("bpjs-kesehatan/inquiry-response.xml", "BPJS", "0"),
    ("bpjs-kesehatan/payment-response.xml", "BPJS", "0"),
    ("gas-pgas/inquiry-response.xml", "PGAS", "500"),
    ("gas-pgas/payment-response.xml", "PGAS", "500"),
    ("internet-telkom/inquiry-response.xml", "TELKOMPSTN", "400"),
    ("internet-telkom/payment-response.xml", "TELKOMPSTN", "400"),
    ("pln-postpaid/inquiry-response.xml", "PLNPOSTPAID", "0"),
    ("tv-non-telkomvision/inquiry-response.xml", "TVBIG", "1000"),
    ("tv-non-telkomvision/payment-response.xml", "TVBIG", "1000"),
];

/// Values that depend on time or transaction: only the type is compared.
const OWN: [&str; 6] = ["tr_id", "ref_id", "datetime", "balance", "noref", "no_ref"];

/// The folder, and the suffixes of the two answers.
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

#[test]
fn every_exchange_in_json_is_as_published() {
    Exchanges::new(Format::Json).all_are_as_published();
}

#[test]
fn every_exchange_in_xml_is_as_published() {
    Exchanges::new(Format::Xml).all_are_as_published();
}

struct Exchanges {
    home: Home,
    server: Server,
    format: Format,
}

impl Exchanges {
    fn new(format: Format) -> Exchanges {
        let home = Home::new();
        let server = home.start(&[]);
        Exchanges { home, server, format }
    }

    fn all_are_as_published(&self) {
        let mut wrong = String::new();
        for (folder, ending) in EXCHANGES {
            for command in ["inquiry", "payment"] {
                let name = self.name(folder, command, ending);
                self.set_commission(&name);
                let (inquired, paid) = self.exchange(self.folder_of_payment(&name, folder), ending);
                let answered = if command == "inquiry" { inquired } else { paid };
                let page = Page::read(&name);
                wrong += &page.difference(&answered);
            }
        }
        assert!(wrong.is_empty(), "- published, + answered\n{wrong}");
    }

    /// One published page belongs to another family.
    fn folder_of_payment<'a>(&self, name: &str, folder: &'a str) -> &'a str {
        if name == "telco-postpaid/payment-response.xml" { "pln-postpaid" } else { folder }
    }

    fn set_commission(&self, name: &str) {
        if let Some((_, code, commission)) = COMMISSIONS.iter().find(|page| page.0 == name) {
            self.home.operate(&["product", "set", code, "--commission", commission, "--at-a-loss"]);
        } else if name == "pln-postpaid/payment-response.xml" {
            self.home.operate(&["product", "set", "PLNPOSTPAID", "--commission", "600"]);
        }
    }

    /// Sends the published inquiry, and the published payment of its answer.
    fn exchange(&self, folder: &str, ending: &str) -> (Reply, Reply) {
        let mut partner = self.server.partner().speaking(self.format);
        let mut inquiry = Page::read(&self.request(folder, "inquiry"));
        if ending == "-2" {
            let answer = Page::read(&self.name(folder, "inquiry", ending)).document();
            inquiry.set("code", &answer.text("code").unwrap());
            inquiry.set("hp", &answer.text("hp").unwrap());
        }
        let ref_id = fresh_ref_id();
        inquiry.set("ref_id", &ref_id);
        let inquired = inquiry.send(&mut partner, &ref_id);

        let mut payment = Page::read(&self.request(folder, "payment"));
        let tr_id = inquired.tr_id().to_string();
        payment.set("tr_id", &tr_id);
        let paid = payment.send(&mut partner, &tr_id);
        (inquired, paid)
    }

    fn name(&self, folder: &str, command: &str, ending: &str) -> String {
        format!("{folder}/{command}-response{ending}.{}", extension(self.format))
    }

    fn request(&self, folder: &str, command: &str) -> String {
        format!("{folder}/{command}-request.{}", extension(self.format))
    }
}

pub(crate) fn extension(format: Format) -> &'static str {
    if format == Format::Json { "json" } else { "xml" }
}

/// A published page with its corrections.
pub(crate) struct Page {
    name: String,
    format: Format,
    text: String,
}

impl Page {
    pub(crate) fn read(name: &str) -> Page {
        let mut text = fs::read_to_string(format!("{EXAMPLES}/{name}")).unwrap();
        for (_, published, repaired, _) in REPAIRS.iter().filter(|repair| repair.0 == name) {
            assert!(text.contains(published), "{name} needs no repair of {published}");
            text = text.replace(published, repaired);
        }
        let format = if name.ends_with("json") { Format::Json } else { Format::Xml };
        Page { name: name.to_owned(), format, text }
    }

    /// Replaces the value of a field. In JSON the value becomes a text.
    pub(crate) fn set(&mut self, field: &str, value: &str) {
        let (start, end, value) = match self.format {
            Format::Json => (format!("\"{field}\": "), &[',', '\n'][..], format!("\"{value}\"")),
            Format::Xml => (format!("<{field}>"), &['<'][..], value.to_owned()),
        };
        let (before, after) = self.text.split_once(&start).expect("the field is there");
        let rest = after.find(end).expect("a value ends");
        self.text = [before, &start, &value, &after[rest..]].concat();
    }

    /// Sends the page as this partner, signed over `suffix`.
    pub(crate) fn send(&mut self, partner: &mut Partner, suffix: &str) -> Reply {
        self.set("username", &partner.username.clone());
        self.set("sign", &partner.sign(suffix));
        partner.post(CHECK, &self.text)
    }

    pub(crate) fn document(&self) -> Document {
        match self.format {
            Format::Json => Document::json(&self.text),
            Format::Xml => Document::xml(&self.text),
        }
    }

    /// The differences between answer and page.
    pub(crate) fn difference(&self, answered: &Reply) -> String {
        assert_eq!(answered.status, 200);
        let (page, answer) = (without_own(self.document()), without_own(answered.document()));
        if page == answer {
            return String::new();
        }
        match page.difference(&answer) {
            none if none.is_empty() => format!("{}: the order differs\n", self.name),
            lines => format!("{}:\n{lines}", self.name),
        }
    }
}

/// For a JSON text the quotes are kept; for numbers and XML, only whether there is a value.
fn without_own(document: Document) -> Document {
    let masked = document.0.into_iter().map(|(path, value)| {
        let own = path.split_once('.').filter(|(_, field)| OWN.contains(field));
        let value = match own {
            Some(_) if value.starts_with('"') => "\"…\"".to_owned(),
            Some(("mp", _)) if !value.is_empty() => "…".to_owned(),
            Some(("data", _)) if value.parse::<i64>().is_ok() => "…".to_owned(),
            _ => value,
        };
        (path, value)
    });
    Document(masked.collect())
}
