//! What a biller's answer may look like, and what must not be taken for an answer.

use iak_protocol::{
    Desc, Format, NorefTag, PriceListAnswer, Product, ResponseCode, Unreadable, decode_answer,
    decode_price_list, encode_price_list,
};

use crate::support::{FORMATS, page};

fn json(data: &str) -> Result<iak_protocol::BillAnswer<'static>, Unreadable> {
    let body = format!(r#"{{"data":{{{data}}},"meta":[]}}"#);
    decode_answer(body.leak().as_bytes(), Format::Json)
}

fn xml(fields: &str) -> Result<iak_protocol::BillAnswer<'static>, Unreadable> {
    let body = format!("<mp><response_code>00</response_code>{fields}</mp>");
    decode_answer(body.leak().as_bytes(), Format::Xml)
}

#[test]
fn numbers_may_be_strings_and_strings_numbers() {
    let answer = json(
        r#""response_code":14,"tr_id":"9732787","price":"52500","nominal":50000.00,"admin":"",
           "balance":null,"period":201608,"status":"2","selling_price":-1"#,
    )
    .unwrap();
    assert_eq!(answer.response_code, ResponseCode::IncorrectDestination);
    assert_eq!(answer.tr_id, Some(9_732_787));
    assert_eq!(answer.price, Some(52_500));
    assert_eq!(answer.nominal, Some(50_000));
    assert_eq!((answer.admin, answer.balance), (None, None));
    assert_eq!(answer.period.as_deref(), Some("201608"));
    assert_eq!(answer.status, Some(2));
    assert_eq!(answer.selling_price, Some(-1));
}

#[test]
fn an_amount_that_is_not_whole_is_never_rounded() {
    for value in [
        "1.5",
        "1e5",
        "\"1.\"",
        "\"1,000\"",
        "\"Rp 1\"",
        "\" 1\"",
        "\"+1\"",
        "\".0\"",
        "9223372036854775808",
        "1e400",
        "true",
        "[1]",
        "{}",
        "\"-\"",
        "\"1.0.0\"",
    ] {
        let error = json(&format!(r#""response_code":"00","price":{value}"#)).unwrap_err();
        assert_eq!(error, Unreadable::Field("price"), "{value}");
    }
    assert_eq!(
        json(r#""response_code":"00","status":256"#).unwrap_err(),
        Unreadable::Field("status")
    );
    assert_eq!(xml("<price>1.5</price>").unwrap_err(), Unreadable::Field("price"));
    assert_eq!(xml("<price><a/></price>").unwrap_err(), Unreadable::Field("price"));
}

#[test]
fn an_answer_without_a_documented_code_is_unreadable() {
    assert_eq!(json("").unwrap_err(), Unreadable::NoResponseCode);
    assert_eq!(json(r#""response_code":null"#).unwrap_err(), Unreadable::NoResponseCode);
    for code in ["\"0\"", "0", "\"12\"", "\"\"", "\"OK\"", "\"00 \""] {
        let error = json(&format!(r#""response_code":{code}"#)).unwrap_err();
        assert_eq!(error, Unreadable::UnknownResponseCode, "{code}");
    }
    assert_eq!(decode_answer(b"<mp/>", Format::Xml).unwrap_err(), Unreadable::NoResponseCode);
}

#[test]
fn an_invalid_answer_is_an_error() {
    for body in [
        &b""[..],
        b"<html><body>502</body></html>",
        b"{}",
        b"[]",
        b"{\"data\":[]}",
        b"{\"data\":{\"response_code\":\"00\"",
        b"{\"data\":{\"response_code\":\"00\",\"x\":\"\xFF\"}}",
        b"{\"response_code\":\"00\"}",
        b"{\"data\":\"00\"}",
        b"{\"data\":{\"response_code\":\"00\",\"response_code\":\"37\"}}",
    ] {
        for format in FORMATS {
            let error = decode_answer(body, format).unwrap_err();
            assert!(matches!(error, Unreadable::Body(_)), "{error}");
            let error = decode_price_list(body, format).unwrap_err();
            assert!(matches!(error, Unreadable::Body(_)), "{error}");
        }
    }
    let large = format!(r#"{{"data":{{"response_code":"00"}},"x":"{}"}}"#, "x".repeat(128 * 1024));
    assert!(decode_answer(large.as_bytes(), Format::Json).is_err());
}

#[test]
fn a_duplicate_xml_field_is_an_error_except_the_ref_id_of_the_published_page() {
    for field in ["price", "noref", "response_code", "message", "hp"] {
        let twice = format!("<{field}>1</{field}><{field}>1</{field}>");
        assert_eq!(
            xml(&twice).map(|_| ()),
            Err(Unreadable::Field(match field {
                "price" => "price",
                "noref" => "noref",
                "message" => "message",
                "hp" => "hp",
                _ => "response_code",
            }))
        );
    }
    assert_eq!(xml("<noref>1</noref><no_ref>2</no_ref>").unwrap_err(), Unreadable::Field("no_ref"));
    let page = page("tv-non-telkomvision/payment-response.xml");
    let answer = decode_answer(&page.body, page.format).unwrap();
    assert_eq!(answer.ref_id.as_deref(), Some("091283746517"));
}

#[test]
fn a_missing_message_is_the_description() {
    let answer = json(r#""response_code":"37""#).unwrap();
    assert_eq!(answer.message, "PAYMENT FAILED");
}

#[test]
fn a_desc_is_kept_as_json_text() {
    let answer = json(r#""response_code":"00","desc":{ "a" : 1, "b":"1", "c":[ {} ] }"#).unwrap();
    assert_eq!(answer.desc.unwrap().as_str(), r#"{"a":1,"b":"1","c":[{}]}"#);
    assert_eq!(json(r#""response_code":"00","desc":[]"#).unwrap().desc, Some(Desc::EMPTY));
    assert_eq!(json(r#""response_code":"00","desc":"""#).unwrap().desc, None);
    assert_eq!(json(r#""response_code":"00","desc":null"#).unwrap().desc, None);
    assert!(json(r#""response_code":"00","desc":[1]"#).is_err());
}

#[test]
fn a_desc_in_xml_is_rebuilt_as_json_text() {
    let answer = xml(
        "<desc>\n <a>1</a>\n <t><d><x>&lt;\"</x></d><e/><d>2</d></t> <a>é</a>\n <n> </n></desc>",
    )
    .unwrap();
    assert_eq!(
        answer.desc.unwrap().as_str(),
        r#"{"a":["1","é"],"t":{"d":[{"x":"<\""},"2"],"e":""},"n":" "}"#
    );
    for none in ["<desc/>", "<desc></desc>", "<desc>\n</desc>", "<desc>x</desc>", ""] {
        assert_eq!(xml(none).unwrap().desc, None, "{none}");
    }
    let nested = format!("<desc>{}{}</desc>", "<x>".repeat(17), "</x>".repeat(17));
    assert!(matches!(xml(&nested), Err(Unreadable::Body(_))));
}

#[test]
fn unknown_fields_are_ignored() {
    let answer =
        json(r#""response_code":"00","rc":{"a":[1]},"x":null,"y":1e999,"NOREF":true"#).unwrap();
    assert_eq!(answer.noref, None);
    let answer = xml("<rc><a/><a/></rc><x>1</x><x>2</x><no_ref>7</no_ref>").unwrap();
    assert_eq!(answer.noref.as_deref(), Some("7"));
    assert_eq!(answer.noref_tag, NorefTag::NoUnderscoreRef);
}

#[test]
fn the_faults_of_a_field_may_be_one_text_or_a_list() {
    let told = |answer: Result<iak_protocol::BillAnswer<'_>, Unreadable>| -> Vec<String> {
        let faults = answer.unwrap().error_details;
        faults.iter().map(|fault| format!("{} {}", fault.field, fault.fault)).collect()
    };
    let of_json =
        |details: &str| json(&format!(r#""response_code":"107","error_details":{details}"#));
    assert_eq!(told(of_json(r#"{"a":"x","b":["y","z"],"c":[]}"#)), ["a x", "b y", "b z"]);
    let of_xml = "<error_details><a>x</a><b>y</b><b>z</b></error_details>";
    assert_eq!(told(xml(of_xml)), ["a x", "b y", "b z"]);
    for wrong in [r#"{"a":1}"#, r#"{"a":[1]}"#, r#"{"a":[["x"]]}"#, r#"{"a":null}"#] {
        assert_eq!(of_json(wrong).map(drop), Err(Unreadable::Field("error_details")), "{wrong}");
    }
}

#[test]
fn an_answer_is_utf_8_whatever_it_begins_with_or_declares() {
    let told = |declaration: &str, message: &[u8]| {
        let (before, after) = ("<mp><response_code>00</response_code><message>", "</message></mp>");
        let parts = [declaration.as_bytes(), before.as_bytes(), message, after.as_bytes()];
        let body: &[u8] = parts.concat().leak();
        decode_answer(body, Format::Xml).map(|answer| answer.message.into_owned())
    };
    let latin1 = "<?xml version=\"1.0\" encoding=\"ISO-8859-1\"?>";
    assert_eq!(told("\u{FEFF}", "é".as_bytes()).as_deref(), Ok("é"));
    assert_eq!(told(latin1, b"ascii").as_deref(), Ok("ascii"));
    for message in [&b"\xE9"[..], "é".as_bytes()] {
        assert!(matches!(told(latin1, message), Err(Unreadable::Body(_))), "{message:x?}");
    }
    let marked = "\u{FEFF}{\"data\":{\"response_code\":\"00\"}}";
    assert!(decode_answer(marked.as_bytes(), Format::Json).is_ok());
}

#[test]
fn an_error_text_contains_nothing_of_the_answer() {
    let secret = "4111111111111111";
    for error in [
        json(&format!(r#""response_code":"{secret}""#)).unwrap_err(),
        json(&format!(r#""response_code":"00","price":"{secret}x""#)).unwrap_err(),
        json(&format!(r#""response_code":"00","hp":"{secret}" x"#)).unwrap_err(),
        xml(&format!("<hp>{secret}</ph>")).unwrap_err(),
    ] {
        assert!(!error.to_string().contains(secret), "{error}");
    }
}

#[test]
fn a_price_list_contains_the_province_of_a_water_company() {
    let product = |code: &'static str, province: Option<&'static str>| Product {
        code: code.into(),
        name: "PDAM <A>".into(),
        status: 4,
        fee: 2500,
        komisi: 700,
        product_type: "pdam".into(),
        category: "postpaid".into(),
        province: province.map(Into::into),
    };
    for products in [vec![], vec![product("A", Some("JAWA BARAT")), product("B", None)]] {
        for format in FORMATS {
            let mut out = Vec::new();
            encode_price_list(&products, format, &mut out);
            let read = decode_price_list(&out, format).unwrap();
            assert_eq!(read, PriceListAnswer::Products(products.clone()));
        }
    }
}

#[test]
fn a_refused_price_list_has_its_code() {
    let mut failure = Vec::new();
    for format in FORMATS {
        failure.clear();
        let answer = iak_protocol::BillAnswer::failure(ResponseCode::InvalidSignature);
        iak_protocol::encode_answer(&answer, format, &mut failure);
        let expected = PriceListAnswer::Failure {
            response_code: ResponseCode::InvalidSignature,
            message: "INVALID SIGNATURE".into(),
        };
        assert_eq!(decode_price_list(&failure, format).unwrap(), expected);
    }
}

/// Otherwise a failure with an empty list would say that nothing is sold any more.
#[test]
fn a_price_list_beside_a_failure_is_the_failure() {
    for (code, is_failure) in [("102", true), ("39", true), ("00", false)] {
        let json = format!(r#"{{"data":{{"pasca":[],"response_code":"{code}"}}}}"#);
        let xml = format!("<mp><data></data><response_code>{code}</response_code></mp>");
        for (format, body) in [(Format::Json, json), (Format::Xml, xml)] {
            let read = decode_price_list(body.as_bytes(), format).unwrap();
            let failed = matches!(read, PriceListAnswer::Failure { .. });
            assert_eq!(failed, is_failure, "{body}");
        }
    }
    let unknown = br#"{"data":{"pasca":[],"response_code":"9999"}}"#;
    assert!(decode_price_list(unknown, Format::Json).is_err());
}

#[test]
fn a_product_without_its_fields_is_an_error() {
    let full = r#"{"code":"A","name":"A","status":1,"fee":1,"komisi":1,"type":"t","category":"c"}"#;
    let list = |products: &str| format!(r#"{{"data":{{"pasca":{products}}}}}"#);
    let read =
        |products: &str| decode_price_list(list(products).as_bytes(), Format::Json).map(|_| ());
    assert_eq!(read(&format!("[{full}]")), Ok(()));
    for field in ["code", "name", "status", "fee", "komisi", "type", "category"] {
        let without = full.replace(&format!("\"{field}\""), "\"other\"");
        assert_eq!(read(&format!("[{without}]")), Err(Unreadable::Field(field)));
    }
    for no_list in ["{}", "1", "\"\""] {
        assert_eq!(read(no_list), Err(Unreadable::Field("pasca")));
    }
    assert_eq!(read("[1]"), Err(Unreadable::Field("code")));
    assert_eq!(
        read(&format!("[{}]", full.replace("\"fee\":1", "\"fee\":1.5"))),
        Err(Unreadable::Field("fee"))
    );
}
