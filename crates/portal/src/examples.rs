//! The documented exchanges: the files that the protocol's tests read.
//!
//! The published requests of three families do not match their answers; here they are corrected.

use std::borrow::Cow;

use domain::Family;
use iak_protocol::ResponseCode;
use sandbox::{Case, cases};

use crate::commands::Command;

/// A document in both formats.
#[derive(Clone)]
pub(crate) struct Document {
    pub(crate) json: Cow<'static, str>,
    pub(crate) xml: Cow<'static, str>,
}

/// A request and its answer.
#[derive(Clone)]
pub(crate) struct Exchange {
    pub(crate) request: Document,
    pub(crate) answer: Document,
}

impl Exchange {
    /// The exchange with another value in its request.
    fn asking(self, published: &str, right: &str) -> Exchange {
        let put_right = |text: Cow<'_, str>| Cow::Owned(text.replacen(published, right, 1));
        let Document { json, xml } = self.request;
        Exchange { request: Document { json: put_right(json), xml: put_right(xml) }, ..self }
    }
}

macro_rules! document {
    ($($path:expr),+) => {
        Document {
            json: Cow::Borrowed(include_str!(concat!(
                "../../iak-protocol/tests/data/examples/", $($path,)+ ".json"
            ))),
            xml: Cow::Borrowed(include_str!(concat!(
                "../../iak-protocol/tests/data/examples/", $($path,)+ ".xml"
            ))),
        }
    };
}

macro_rules! exchange {
    ($family:literal, $command:literal) => {
        Exchange {
            request: document!($family, "/", $command, "-request"),
            answer: document!($family, "/", $command, "-response"),
        }
    };
}

macro_rules! families {
    ($($family:ident = $name:literal,)+) => {
        const fn published_inquiry(family: Family) -> Exchange {
            match family { $(Family::$family => exchange!($name, "inquiry"),)+ }
        }

        const fn published_payment(family: Family) -> Exchange {
            match family { $(Family::$family => exchange!($name, "payment"),)+ }
        }
    };
}

families! {
    BpjsKesehatan = "bpjs-kesehatan",
    BpjsDenda = "bpjs-denda",
    BpjsKetenagakerjaanBpu = "bpjs-ketenagakerjaan-bpu",
    BpjsKetenagakerjaanPu = "bpjs-ketenagakerjaan-pu",
    ChurchOfferingMember = "church-offering-member",
    ChurchOfferingNonMember = "church-offering-non-member",
    CustomDenom = "custom-denom",
    Esamsat = "esamsat",
    GasPgas = "gas-pgas",
    Insurance = "insurance",
    InternetNonTelkom = "internet-non-telkom",
    InternetTelkom = "internet-telkom",
    Multifinance = "multifinance",
    Pbb = "pbb",
    Pdam = "pdam",
    PlnNontaglis = "pln-nontaglis",
    PlnPostpaid = "pln-postpaid",
    TelcoPostpaid = "telco-postpaid",
    TvNonTelkomvision = "tv-non-telkomvision",
    TvTelkomvision = "tv-telkomvision",
}

/// The inquiry of a family.
pub(crate) fn inquiry(family: Family) -> Exchange {
    let published = published_inquiry(family);
    match family {
        Family::ChurchOfferingMember | Family::ChurchOfferingNonMember => {
            published.asking("10000", "100000")
        }
        Family::Pbb => published.asking("2023", "2019"),
        _ => published,
    }
}

/// The payment of a family.
pub(crate) fn payment(family: Family) -> Exchange {
    let published = published_payment(family);
    match family {
        Family::Pbb => published.asking("inq-pasca", "pay-pasca"),
        _ => published,
    }
}

/// The answers to a status check, by response code.
pub(crate) const fn status_answers() -> [(&'static str, Document); 4] {
    [
        ("rc-00", document!("check-status/success")),
        ("rc-39", document!("check-status/in-process")),
        ("rc-37", document!("check-status/failed")),
        ("rc-42", document!("check-status/not-received")),
    ]
}

/// A price list.
pub(crate) const fn price_list() -> Document {
    document!("price-list/response")
}

/// The family whose exchange is the example of a command.
pub(crate) const SHOWN: Family = Family::BpjsKesehatan;

/// The request that the page of a command shows.
pub(crate) fn request(command: Command) -> Document {
    match command {
        Command::Inquiry => inquiry(SHOWN).request,
        Command::Payment => payment(SHOWN).request,
        Command::Status => document!("check-status/request"),
        Command::PriceList => document!("price-list/request"),
    }
}

/// The inquiry that a form starts from, in JSON: the documented one, for a number that the sandbox
/// pays.
pub(crate) fn inquiry_that_pays(family: Family) -> String {
    let documented = inquiry(family).request.json;
    let pays = |case: &&Case| case.family == family && case.payment == Some(ResponseCode::Success);
    let all = cases();
    let listed = |case: &&Case| documented.contains(&format!("\"{}\"", case.hp));
    let case = all.iter().filter(pays).find(listed).or_else(|| all.iter().find(pays));
    let Some(case) = case else { return documented.into_owned() };
    let (_, rest) = documented.split_once("\"hp\": \"").unwrap_or_default();
    let hp = rest.split('"').next().unwrap_or_default();
    documented.replacen(&format!("\"{hp}\""), &format!("\"{}\"", case.hp), 1)
}

#[cfg(test)]
mod tests {
    use super::*;
    use iak_protocol::{Format, decode_answer, decode_request};

    const FORMATS: [Format; 2] = [Format::Json, Format::Xml];

    fn text(document: &Document, format: Format) -> &[u8] {
        match format {
            Format::Json => document.json.as_bytes(),
            Format::Xml => document.xml.as_bytes(),
        }
    }

    #[test]
    fn every_request_is_one_of_its_command() {
        for format in FORMATS {
            let name = |document: Document| {
                decode_request(text(&document, format), format).unwrap().command.name()
            };
            for family in Family::all() {
                assert_eq!(name(inquiry(family).request), "inq-pasca", "{}", family.name());
                assert_eq!(name(payment(family).request), "pay-pasca", "{}", family.name());
            }
            for command in Command::ALL {
                assert_eq!(name(request(command)), command.name());
            }
        }
    }

    #[test]
    fn every_status_has_the_code_that_it_stands_for() {
        for format in FORMATS {
            for (name, document) in status_answers() {
                let answer = decode_answer(text(&document, format), format).unwrap();
                assert_eq!(format!("rc-{}", answer.response_code), name);
            }
        }
    }
}
