//! What each field of a request may be.

use std::borrow::Cow;

use iak_protocol::{
    Command, Fault, Format, Inquiry, Listing, Request, ResponseCode, decode_request,
};

use crate::support::{FORMATS, faults};

/// A request with one field set to this JSON value, and the fields of the command beside it.
pub(crate) fn with(command: &str, field: &str, value: &str) -> String {
    let fields: &[(&str, &str)] = match command {
        "inq-pasca" => &[("code", r#""BPJS""#), ("hp", r#""8801""#), ("ref_id", r#""r1""#)],
        "pay-pasca" => &[("tr_id", r#""1""#)],
        "checkstatus" => &[("ref_id", r#""r1""#)],
        _ => &[],
    };
    let mut members = vec![
        ("commands", format!("\"{command}\"")),
        ("username", r#""u""#.to_owned()),
        ("sign", r#""s""#.to_owned()),
    ];
    members.extend(fields.iter().map(|(name, value)| (*name, (*value).to_owned())));
    members.retain(|(name, _)| *name != field);
    members.push((field, value.to_owned()));
    let members: Vec<_> = members.iter().map(|(name, value)| format!("{name:?}:{value}")).collect();
    format!("{{{}}}", members.join(","))
}

/// The same in XML, with the field's text written as it is.
pub(crate) fn in_xml(command: &str, field: &str, text: &str) -> String {
    let json = with(command, field, "\"@\"");
    let members: serde_json::Map<String, serde_json::Value> = serde_json::from_str(&json).unwrap();
    let elements: String = members
        .iter()
        .map(|(name, value)| {
            let text = if name == field { text } else { value.as_str().unwrap() };
            format!("<{name}>{text}</{name}>")
        })
        .collect();
    format!("<mp>{elements}</mp>")
}

fn accepted(command: &str, field: &str, text: &str) {
    let json = with(command, field, &format!("\"{text}\""));
    let from_json = decode_request(json.as_bytes(), Format::Json);
    let xml = in_xml(command, field, text);
    let from_xml = decode_request(xml.as_bytes(), Format::Xml);
    assert!(from_json.is_ok(), "{field} {text:?}: {from_json:?}");
    assert_eq!(from_json, from_xml, "{field} {text:?}");
}

fn refused(command: &str, field: &str, text: &str) {
    for (body, format) in in_both(command, field, text) {
        let faults = match ["month", "year", "nomor_identitas"].contains(&field) {
            true => unusable(&body, format),
            false => faults(body.as_bytes(), format),
        };
        assert_eq!(faults.len(), 1, "{field} {text:?}: {faults:?}");
        assert!(faults[0].starts_with(&format!("{field} must be ")), "{faults:?}");
        assert!(text.len() < 3 || !faults[0].contains(text), "{faults:?} repeats what was sent");
    }
}

fn in_both(command: &str, field: &str, text: &str) -> [(String, Format); 2] {
    let json = with(command, field, &format!("\"{text}\""));
    [(json, Format::Json), (in_xml(command, field, text), Format::Xml)]
}

fn inquiry(body: &str, format: Format) -> Inquiry<'_> {
    match decode_request(body.as_bytes(), format).map(|request| request.command) {
        Ok(Command::Inquiry(inquiry)) => inquiry,
        other => panic!("{body}: {other:?}"),
    }
}

/// What is wrong with the fields of an inquiry that not every product takes, as "field fault".
fn unusable(body: &str, format: Format) -> Vec<String> {
    let inquiry = inquiry(body, format);
    inquiry.unusable.iter().map(|fault| format!("{} {}", fault.field, fault.fault)).collect()
}

#[test]
fn a_username_is_1_to_64_visible_ascii_characters() {
    for good in ["0", "123123123", "a@b.c!", &"u".repeat(64)] {
        accepted("pay-pasca", "username", good);
    }
    for bad in ["a b", " a", "a ", " ", "ä", "\u{202E}a", &"u".repeat(65)] {
        refused("pay-pasca", "username", bad);
    }
}

#[test]
fn a_tr_id_is_1_to_19_digits_that_fit() {
    for good in ["0", "9732787", "007", "9223372036854775807", "0000000000000000001"] {
        accepted("pay-pasca", "tr_id", good);
    }
    for bad in [
        "-1",
        "+1",
        "1.0",
        "1e5",
        "1 2",
        "\u{A0}1",
        "0x1",
        "٣",
        "9223372036854775808",
        "00000000000000000001",
        "1receipt",
    ] {
        refused("pay-pasca", "tr_id", bad);
    }
}

#[test]
fn code_and_customer_allow_only_their_characters() {
    for good in ["B", "MEMBER.Shiftsoft_MMS-Perpuluhan_2022", &"c".repeat(64)] {
        accepted("inq-pasca", "code", good);
    }
    for bad in ["A B", " A", "A ", "A/B", "A'B", "é", &"c".repeat(65)] {
        refused("inq-pasca", "code", bad);
    }
    for good in ["8801234560001", "DK 1243AL", "a.b_c/d:e-f", &"1".repeat(64)] {
        accepted("inq-pasca", "hp", good);
        accepted("inq-pasca", "nomor_identitas", good);
    }
    for bad in ["a+b", "a'b", "a;b", "a%b", "ａ", &"1".repeat(65)] {
        refused("inq-pasca", "hp", bad);
        refused("inq-pasca", "nomor_identitas", bad);
    }
}

#[test]
fn month_year_and_the_price_list_filters_have_their_formats() {
    for good in ["1", "02", "12", "99"] {
        accepted("inq-pasca", "month", good);
    }
    for bad in ["123", "-1", "1.", "a", "None", "0 1"] {
        refused("inq-pasca", "month", bad);
    }
    accepted("inq-pasca", "year", "2023");
    for bad in ["23", "20233", "202a", "None"] {
        refused("inq-pasca", "year", bad);
    }
    for good in ["all", "active", "non active", "non-active"] {
        accepted("pricelist-pasca", "status", good);
    }
    for bad in ["ALL", "ACTIVE", "None", "non  active", " a", "inactive", "1"] {
        refused("pricelist-pasca", "status", bad);
    }
    for good in ["JAWA BARAT", "D.I. Yogyakarta"] {
        accepted("pricelist-pasca", "province", good);
    }
    for bad in ["é", &"p".repeat(65)] {
        refused("pricelist-pasca", "province", bad);
    }
}

#[test]
fn a_ref_id_in_the_wrong_format_has_its_own_response_code() {
    let longest = "r".repeat(64);
    for command in ["inq-pasca", "checkstatus"] {
        for good in ["1", "ref-14_May_2022_0.03.39", "a:b/c", "csx", "CS", &longest] {
            accepted(command, "ref_id", good);
        }
        for bad in [
            "a b",
            " a",
            "a ",
            " ",
            "a\u{A0}b",
            "é",
            "a+b",
            "a|b",
            "a\\\\b",
            "cs",
            "pl",
            &"r".repeat(65),
        ] {
            let json = with(command, "ref_id", &format!("\"{bad}\""));
            assert_eq!(decode_request(json.as_bytes(), Format::Json), Err(Fault::RefId), "{bad:?}");
            let xml = in_xml(command, "ref_id", bad);
            assert_eq!(decode_request(xml.as_bytes(), Format::Xml), Err(Fault::RefId), "{bad:?}");
        }
    }
    assert_eq!(Fault::RefId.response_code(), ResponseCode::InvalidRefId);
    assert_eq!(Fault::RefId.http_status(), 200);
}

#[test]
fn any_sign_is_passed_on_to_verification() {
    for sign in [" ", "abc", "é", &"f".repeat(500)] {
        accepted("pay-pasca", "sign", sign);
    }
}

#[test]
fn a_whole_number_and_its_text_are_equal() {
    for (command, field, number) in [
        ("pay-pasca", "tr_id", "9732787"),
        ("inq-pasca", "month", "2"),
        ("inq-pasca", "hp", "123456789012345678901234567890"),
        ("inq-pasca", "ref_id", "1500961531"),
        ("checkstatus", "username", "123123123"),
    ] {
        let as_number = with(command, field, number);
        let as_text = with(command, field, &format!("\"{number}\""));
        let request = decode_request(as_number.as_bytes(), Format::Json).unwrap();
        assert_eq!(request, decode_request(as_text.as_bytes(), Format::Json).unwrap());
    }
}

#[test]
fn a_value_that_is_neither_text_nor_whole_number_is_refused_by_name() {
    for value in ["1.0", "1e5", "1E400", "-1.5e-3", "true", "[]", "[\"1\"]", "{}"] {
        for (command, field) in [
            ("pay-pasca", "tr_id"),
            ("inq-pasca", "hp"),
            ("inq-pasca", "ref_id"),
            ("checkstatus", "sign"),
            ("pricelist-pasca", "status"),
            ("pay-pasca", "commands"),
        ] {
            let faults = faults(with(command, field, value).as_bytes(), Format::Json);
            assert_eq!(faults, [format!("{field} must be a string or a whole number")], "{value}");
        }
    }
    let nested = in_xml("inq-pasca", "hp", "<b>1</b>");
    assert_eq!(faults(nested.as_bytes(), Format::Xml), ["hp must be a string or a whole number"]);
    let mixed = in_xml("inq-pasca", "hp", "1<b/>2");
    assert_eq!(faults(mixed.as_bytes(), Format::Xml), ["hp must be a string or a whole number"]);
}

#[test]
fn leading_zeros_of_a_tr_id_are_kept() {
    let body = with("pay-pasca", "tr_id", r#""007""#);
    let request = decode_request(body.as_bytes(), Format::Json).unwrap();
    assert_eq!(request.command, Command::Payment { tr_id: 7, sent: Cow::Borrowed("007") });
    assert_eq!(request.command.signed_suffix(), "007");
}

#[test]
fn an_amount_is_passed_on_as_any_token() {
    for (value, raw) in [
        ("10000", "10000"),
        (r#""10000""#, "10000"),
        ("1e400", "1e400"),
        ("-1", "-1"),
        ("10.50", "10.50"),
        (r#""ten""#, "ten"),
        (r#"" 10000\n""#, "10000"),
    ] {
        let body = with("inq-pasca", "desc", &format!(r#"{{"amount":{value},"other":[1]}}"#));
        let request = decode_request(body.as_bytes(), Format::Json).unwrap();
        let Command::Inquiry(Inquiry { amount, .. }) = request.command else { panic!() };
        assert_eq!(amount.as_deref(), Some(raw));
    }
    for value in ["[1]", "{}", "true"] {
        let body = with("inq-pasca", "desc", &format!(r#"{{"amount":{value}}}"#));
        let fault = "desc.amount must be a string or a number";
        assert_eq!(unusable(&body, Format::Json), [fault]);
        assert_eq!(inquiry(&body, Format::Json).amount, None);
    }
}

#[test]
fn a_desc_without_fields_has_no_amount() {
    let in_json = ["{}", "[]", "[ ]", "null", r#""""#, r#"{"amount":null}"#, r#"{"amount":" "}"#];
    let in_json = in_json.map(|desc| (with("inq-pasca", "desc", desc), Format::Json));
    let texts = ["", "\n  ", "<amount/>", "<amount> </amount>", "<x>1</x>"];
    let texts = texts.map(|desc| (in_xml("inq-pasca", "desc", desc), Format::Xml));
    for (body, format) in in_json.into_iter().chain(texts) {
        let inquiry = inquiry(&body, format);
        assert_eq!((inquiry.amount, inquiry.unusable), (None, vec![]), "{body}");
    }
}

#[test]
fn a_desc_that_is_no_object_matters_only_where_an_amount_is_needed() {
    let in_json = ["1", "true", r#""None""#, "[1]"].map(|desc| (Format::Json, desc));
    let texts = ["None", "<amount>1</amount>None", "None<amount>1</amount>"];
    for (format, desc) in in_json.into_iter().chain(texts.map(|desc| (Format::Xml, desc))) {
        let body = |command| match format {
            Format::Json => with(command, "desc", desc),
            Format::Xml => in_xml(command, "desc", desc),
        };
        let asks = body("inq-pasca");
        assert_eq!(unusable(&asks, format), ["desc must be an object"], "{asks}");
        assert_eq!(inquiry(&asks, format).amount, None, "{asks}");
        // No other command has a desc.
        let pays = body("pay-pasca");
        assert!(decode_request(pays.as_bytes(), format).is_ok(), "{pays}");
    }
}

#[test]
fn null_and_the_empty_text_are_absent() {
    for (command, field, is_required) in [
        ("pay-pasca", "commands", true),
        ("pay-pasca", "username", true),
        ("pay-pasca", "sign", true),
        ("pay-pasca", "tr_id", true),
        ("inq-pasca", "code", true),
        ("inq-pasca", "hp", true),
        ("inq-pasca", "ref_id", true),
        ("checkstatus", "ref_id", true),
        ("inq-pasca", "month", false),
        ("inq-pasca", "year", false),
        ("inq-pasca", "nomor_identitas", false),
        ("pricelist-pasca", "status", false),
        ("pricelist-pasca", "province", false),
    ] {
        let empty = format!("<{field}></{field}>");
        let xml = in_xml(command, field, "");
        let absent = [
            (with(command, field, "null"), Format::Json),
            (with(command, field, r#""""#), Format::Json),
            (xml.replace(&empty, &format!("<{field}/>")), Format::Xml),
            (xml.replace(&empty, &format!("<{field}><!-- --></{field}>")), Format::Xml),
            (xml, Format::Xml),
        ];
        for (body, format) in absent {
            if is_required {
                let missing = [format!("{field} is missing")];
                assert_eq!(faults(body.as_bytes(), format), missing, "{body}");
            } else {
                let without = with(command, "x", "1");
                let without = decode_request(without.as_bytes(), Format::Json);
                assert_eq!(decode_request(body.as_bytes(), format), without, "{body}");
            }
        }
    }
}

#[test]
fn whitespace_around_a_number_and_a_price_list_filter_is_ignored() {
    for (command, field, number) in [
        ("inq-pasca", "hp", "8801234560001"),
        ("inq-pasca", "hp", "DK 1243AL"),
        ("inq-pasca", "hp", &"1".repeat(64)),
        ("inq-pasca", "nomor_identitas", "9658548523568701"),
        ("inq-pasca", "month", "02"),
        ("inq-pasca", "year", "2023"),
        ("pricelist-pasca", "status", "non active"),
        ("pricelist-pasca", "province", "JAWA BARAT"),
    ] {
        let bare = with(command, field, &format!("\"{number}\""));
        let bare = decode_request(bare.as_bytes(), Format::Json).unwrap();
        for (before, after) in [(" ", ""), ("", " "), ("  ", "\t "), ("\n    ", "\r\n  ")] {
            let padded = format!("{before}{number}{after}");
            let xml = in_xml(command, field, &padded);
            assert_eq!(decode_request(xml.as_bytes(), Format::Xml).as_ref(), Ok(&bare), "{xml}");
            let json = with(command, field, &serde_json::Value::from(padded).to_string());
            assert_eq!(decode_request(json.as_bytes(), Format::Json).as_ref(), Ok(&bare), "{json}");
        }
    }
    for blanks in [" ", "\n\t", " \r\n "] {
        let body = in_xml("inq-pasca", "hp", blanks);
        assert_eq!(faults(body.as_bytes(), Format::Xml), ["hp is missing"]);
        for field in ["status", "province"] {
            let body = in_xml("pricelist-pasca", field, blanks);
            let read = decode_request(body.as_bytes(), Format::Xml).unwrap().command;
            let all = Command::PriceList { status: Listing::All, province: None };
            assert_eq!(read, all, "{field} {blanks:?} is absent");
        }
    }
}

#[test]
fn every_fault_of_a_request_is_reported_at_once() {
    assert_eq!(
        faults(br#"{"commands":"inq-pasca","hp":"a+b"}"#, Format::Json),
        [
            "username is missing",
            "sign is missing",
            "code is missing",
            "hp must be 1 to 64 letters, digits, blanks or - _ . : /",
            "ref_id is missing",
        ]
    );
    let body = with("inq-pasca", "desc", r#"[1],"month":1.5,"year":"x","nomor_identitas":"+""#);
    assert_eq!(
        unusable(&body, Format::Json),
        [
            "month must be a string or a whole number",
            "year must be 4 digits",
            "nomor_identitas must be 1 to 64 letters, digits, blanks or - _ . : /",
            "desc must be an object",
        ]
    );
    for (body, format) in [(&b"{}"[..], Format::Json), (b"<mp/>", Format::Xml)] {
        let expected = ["commands is missing", "username is missing", "sign is missing"];
        assert_eq!(faults(body, format), expected);
    }
    // A wrong ref_id counts only when all else is right.
    let body = br#"{"commands":"checkstatus","username":"u","ref_id":"a b"}"#;
    assert_eq!(faults(body, Format::Json), ["sign is missing"]);
}

#[test]
fn an_unknown_command_is_reported_before_any_other_field() {
    for command in [" ", "pay", "PAY-PASCA", "pay-pasca ", "topup"] {
        let json = format!(r#"{{"commands":"{command}"}}"#);
        let xml = format!("<mp><commands>{command}</commands></mp>");
        assert_eq!(decode_request(json.as_bytes(), Format::Json), Err(Fault::UnknownCommand));
        assert_eq!(decode_request(xml.as_bytes(), Format::Xml), Err(Fault::UnknownCommand));
    }
    assert_eq!(Fault::UnknownCommand.response_code(), ResponseCode::InvalidCommand);
    assert_eq!(Fault::UnknownCommand.http_status(), 200);
}

#[test]
fn fields_of_other_commands_and_unknown_ones_are_ignored() {
    let json = r#"{"commands":"pay-pasca","username":"u","sign":"s","tr_id":"1",
        "hp":{"a":[null,true]},"month":"abc","x":1e999,"y":{"ref_id":"z","ref":{"ref_id":1}}}"#;
    let xml = "<mp><commands>pay-pasca</commands><username>u</username><sign>s</sign>\
        <tr_id>1</tr_id><hp><a/><a>1</a></hp><month>abc</month><ns:tr_id>2</ns:tr_id>\
        <y><tr_id>3</tr_id></y></mp>";
    let expected = Request {
        username: "u".into(),
        sign: "s".into(),
        command: Command::Payment { tr_id: 1, sent: "1".into() },
    };
    assert_eq!(decode_request(json.as_bytes(), Format::Json).unwrap(), expected);
    assert_eq!(decode_request(xml.as_bytes(), Format::Xml).unwrap(), expected);
}

#[test]
fn a_price_list_contains_all_products_by_default() {
    for body in [
        &br#"{"commands":"pricelist-pasca","username":"u","sign":"s"}"#[..],
        br#"<mp><commands>pricelist-pasca</commands><username>u</username><sign>s</sign></mp>"#,
    ] {
        let format = Format::detect(None, body).unwrap();
        let request = decode_request(body, format).unwrap();
        let all = Command::PriceList { status: Listing::All, province: None };
        assert_eq!(request.command, all);
    }
}

#[test]
fn text_without_escapes_is_borrowed_from_the_body() {
    let json = with("checkstatus", "ref_id", r#""abc""#);
    let xml = in_xml("checkstatus", "ref_id", "abc");
    for (body, format) in FORMATS.into_iter().map(|format| match format {
        Format::Json => (&json, format),
        Format::Xml => (&xml, format),
    }) {
        let request = decode_request(body.as_bytes(), format).unwrap();
        assert!(matches!(request.username, Cow::Borrowed(_)));
        assert!(matches!(request.command, Command::Status { ref_id: Cow::Borrowed("abc") }));
    }
}
