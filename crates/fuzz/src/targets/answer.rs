//! A biller's answer: it is refused, or it can be encoded again, and decoding that gives the same
//! value.

use iak_protocol::{
    Desc, Format, PriceListAnswer, decode_answer, decode_price_list, encode_answer,
    encode_price_list,
};

/// An answer or a price list in JSON.
pub fn json(body: &[u8]) {
    read(body, Format::Json);
}

/// An answer or a price list in XML.
pub fn xml(body: &[u8]) {
    read(body, Format::Xml);
}

/// The details of a bill, which are kept unchanged.
pub fn desc(body: &[u8]) {
    let Ok(text) = std::str::from_utf8(body) else { return };
    if let Ok(desc) = Desc::new(text) {
        assert_eq!(Desc::new(desc.as_str()).as_ref(), Ok(&desc), "compact stays compact");
    }
}

fn read(body: &[u8], format: Format) {
    if let Ok(answer) = decode_answer(body, format) {
        for format in [Format::Json, Format::Xml] {
            let mut written = Vec::new();
            encode_answer(&answer, format, &mut written);
            let again = decode_answer(&written, format);
            assert!(again.is_ok(), "{again:?}: {}", String::from_utf8_lossy(&written));
        }
    }
    if let Ok(PriceListAnswer::Products(products)) = decode_price_list(body, format) {
        let mut written = Vec::new();
        encode_price_list(&products, format, &mut written);
        let again = decode_price_list(&written, format);
        assert!(again.is_ok(), "{again:?}: {}", String::from_utf8_lossy(&written));
    }
}
