//! Bodies that are refused as a whole.

use iak_protocol::{Fault, Format, ResponseCode, decode_request};

use crate::support::faults;

/// A payment with this text in front of its last closing bracket or tag.
pub(crate) fn json_with(text: &str) -> String {
    format!(r#"{{"commands":"pay-pasca","username":"u","sign":"s","tr_id":"1"{text}}}"#)
}

pub(crate) fn xml_with(text: &str) -> String {
    format!(
        "<mp><commands>pay-pasca</commands><username>u</username><sign>s</sign>\
         <tr_id>1</tr_id>{text}</mp>"
    )
}

pub(crate) fn accepts(body: impl AsRef<[u8]>, format: Format) {
    let body = body.as_ref();
    let read = decode_request(body, format);
    assert!(read.is_ok(), "{}: {read:?}", String::from_utf8_lossy(body));
}

/// Checks that the body is refused with one fault of the body, and returns what it is.
pub(crate) fn body_fault(body: impl AsRef<[u8]>, format: Format) -> String {
    let faults = faults(body.as_ref(), format);
    assert_eq!(faults.len(), 1, "{faults:?}");
    faults[0].strip_prefix("body ").unwrap_or_else(|| panic!("{faults:?}")).to_owned()
}

#[test]
fn the_bodies_of_these_tests_are_accepted_as_they_are() {
    accepts(json_with(""), Format::Json);
    accepts(xml_with(""), Format::Xml);
}

#[test]
fn a_malformed_request_is_107_with_http_400() {
    let fault = decode_request(b"", Format::Json).unwrap_err();
    assert_eq!(fault.response_code(), ResponseCode::FormatError);
    assert_eq!(fault.http_status(), 400);
    assert_eq!(fault.field_faults().len(), 1);
    assert!(matches!(fault, Fault::Malformed(_)));
}

#[test]
fn only_valid_json_is_accepted() {
    for text in [
        "",
        " ",
        "{",
        "}",
        "{}}",
        "{}{}",
        "{} x",
        "{,}",
        "{\"a\":1,}",
        "{a:1}",
        "{'a':1}",
        "{\"a\" 1}",
        "{\"a\":}",
        "{\"a\":01}",
        "{\"a\":+1}",
        "{\"a\":.5}",
        "{\"a\":1.}",
        "{\"a\":NaN}",
        "{\"a\":Infinity}",
        "{\"a\":True}",
        "{\"a\":\"\n\"}",
        "{\"a\":\"\\x\"}",
        "{\"a\":\"\\u12\"}",
        "{\"a\":1}//",
        "{/**/}",
        "{\"a\":[1,]}",
        "{\"a\":[1}]",
        "{\"a\":\"",
        "{\"a\":\"\\",
        "\u{A0}{}",
    ] {
        let fault = body_fault(text, Format::Json);
        assert!(fault.starts_with("is not well-formed JSON: "), "{text:?}: {fault}");
    }
    for scalar in ["1", "\"a\"", "null", "[]", "[{}]"] {
        assert_eq!(body_fault(scalar, Format::Json), "is not a JSON object");
    }
    accepts(format!("\r\n\t {} \n", json_with("")), Format::Json);
}

#[test]
fn json_text_has_complete_characters_and_no_nul() {
    for field in ["commands", "unknown"] {
        for escape in [r"\ud800", r"\udc00", r"\ud800\u0041", r"\udc00\ud800", r"\ud83d\ud83d"] {
            let value = format!(r#"{{"{field}":"{escape}"}}"#);
            assert!(body_fault(value, Format::Json).contains("surrogate"), "{escape}");
            let key = format!(r#"{{"{escape}":"{field}"}}"#);
            assert!(body_fault(key, Format::Json).contains("surrogate"), "{escape}");
        }
        let nul = format!(r#"{{"{field}":"a\u0000"}}"#);
        assert_eq!(body_fault(nul, Format::Json), "holds a NUL character");
    }
    let nul = r#"{"x":{"a\u0000":1}}"#;
    assert_eq!(body_fault(nul, Format::Json), "holds a NUL character");
    assert!(body_fault("{\"x\":\"\0\"}", Format::Json).contains("control character"));
    accepts(json_with(r#","x":"\ud83d\ude00 \uFEFF""#), Format::Json);
}

#[test]
fn a_known_duplicate_json_field_is_refused() {
    for (twice, name) in [
        (r#","tr_id":"1""#, "tr_id"),
        (r#","tr\u005fid":"1""#, "tr_id"),
        (r#","month":null,"month":null"#, "month"),
        (r#","desc":{},"desc":{}"#, "desc"),
        (r#","desc":{"amount":1,"amount":1}"#, "amount"),
        (r#","desc":{"amount":1,"\u0061mount":2}"#, "amount"),
    ] {
        let expected = [format!("{name} is given twice")];
        assert_eq!(faults(json_with(twice).as_bytes(), Format::Json), expected, "{twice}");
    }
    // The same name in different objects is no field given twice.
    accepts(json_with(r#","x":{"tr_id":1},"y":[{"x":1},{"x":1}]"#), Format::Json);
    let plain = json_with("");
    let plain = decode_request(plain.as_bytes(), Format::Json);
    for ignored in [
        r#","x":1,"x":"2""#,
        r#","":1,"":2,"<a>":1,"<a>":2"#,
        r#","x":[{"y":{"tr_id":1,"w":{},"tr_id":2}}]"#,
        r#","desc":{"x":1,"x":2}"#,
    ] {
        let body = json_with(ignored);
        assert_eq!(decode_request(body.as_bytes(), Format::Json), plain, "{ignored}");
    }
}

#[test]
fn a_known_duplicate_xml_field_is_refused() {
    for (twice, name) in [
        ("<tr_id>1</tr_id>", "tr_id"),
        ("<tr_id/>", "tr_id"),
        ("<month/><x/><month/>", "month"),
        ("<desc><amount>1</amount><amount>1</amount></desc>", "amount"),
        ("<desc><amount/><x/><amount/></desc>", "amount"),
        ("<desc/><desc/>", "desc"),
    ] {
        let expected = [format!("{name} is given twice")];
        assert_eq!(faults(xml_with(twice).as_bytes(), Format::Xml), expected, "{twice}");
    }
    for ignored in [
        "<desc><tr_id>1</tr_id></desc><x><y/><y/></x>",
        "<x>1</x><y/><x>2</x>",
        "<desc><x/><amount>1</amount><x/></desc>",
    ] {
        accepts(xml_with(ignored), Format::Xml);
    }
}

#[test]
fn xml_is_refused_where_it_is_not_well_formed() {
    let fields = xml_with("");
    for text in [
        "<mp>".to_owned(),
        "<mp></pm>".to_owned(),
        "<mp><a></mp></a>".to_owned(),
        "</mp>".to_owned(),
        "<mp".to_owned(),
        "<mp/><mp/>".to_owned(),
        format!("{fields}x"),
        format!("{fields}</mp>"),
        format!("{fields}<!-- -- -->"),
        format!("x{fields}"),
        format!("\n<?xml version=\"1.0\"?>{fields}"),
        format!("<!-- --><?xml version=\"1.0\"?>{fields}"),
        format!("<?xml version=\"1.0\"?><?xml version=\"1.0\"?>{fields}"),
        xml_with("<x>&</x>"),
        xml_with("<x>a & b</x>"),
        xml_with("<x>&amp</x>"),
        xml_with("<1>a</1>"),
        xml_with("<a\"b>a</a\"b>"),
        xml_with("<x y>a</x>"),
        xml_with("<x y=1>a</x>"),
        xml_with("<x y='1' y='2'/>"),
        xml_with("<x y='<'/>"),
        xml_with("<x><![CDATA[a]]</x>"),
        xml_with("<x><!-- a -- b --></x>"),
        xml_with("<x>\u{1}</x>"),
        xml_with("<x>\u{FFFF}</x>"),
        xml_with("<x y='\u{B}'/>"),
        xml_with("<!-- \0 -->"),
        xml_with("text"),
        xml_with("<![CDATA[text]]>"),
        xml_with("&#65;"),
    ] {
        assert_ne!(body_fault(&text, Format::Xml), "", "{text}");
    }
    assert_eq!(body_fault("", Format::Xml), "is empty");
    assert_eq!(body_fault("<MP/>", Format::Xml), "has another root than <mp>");
    assert_eq!(body_fault("<mp><hp>1", Format::Xml), "ends before its elements do");
}

#[test]
fn a_doctype_and_everything_that_needs_one_is_refused() {
    let bomb = "<!DOCTYPE mp [<!ENTITY a 'aaaaaaaaaa'><!ENTITY b '&a;&a;&a;&a;&a;&a;&a;&a;'>]>";
    let external = "<!DOCTYPE mp SYSTEM \"http://127.0.0.1/x.dtd\">";
    for doctype in ["<!DOCTYPE mp>", "<!doctype mp>", bomb, external] {
        let body = format!("{doctype}{}", xml_with("<x>&b;</x>"));
        assert_eq!(body_fault(body, Format::Xml), "has a DOCTYPE, which is refused");
        let declared = format!("<?xml version=\"1.0\"?>\n{doctype}\n{}", xml_with(""));
        assert_eq!(body_fault(declared, Format::Xml), "has a DOCTYPE, which is refused");
    }
    assert_ne!(body_fault(xml_with("<!DOCTYPE mp>"), Format::Xml), "");
    for entity in ["&nbsp;", "&b;", "&AMP;", "&%b;"] {
        let body = xml_with(&format!("<x>{entity}</x>"));
        assert_eq!(body_fault(body, Format::Xml), "refers to an entity, which is refused");
    }
    for reference in [
        "&#0;",
        "&#x0;",
        "&#8;",
        "&#xD800;",
        "&#xFFFE;",
        "&#x110000;",
        "&#;",
        "&#x;",
        "&#+65;",
        "&#-1;",
        "&#99999999999;",
    ] {
        let body = xml_with(&format!("<x>{reference}</x>"));
        let fault = body_fault(body, Format::Xml);
        assert_eq!(fault, "refers to a character that XML does not allow", "{reference}");
    }
}

#[test]
fn a_processing_instruction_is_refused_and_so_is_another_version() {
    for body in [
        format!("<?php echo 1 ?>{}", xml_with("")),
        xml_with("<?xml-stylesheet href='x'?>"),
        format!("{}<?x?>", xml_with("")),
    ] {
        assert_ne!(body_fault(body, Format::Xml), "");
    }
    for declaration in ["<?xml version='1.1'?>", "<?xml version='2.0'?>", "<?xml ?>"] {
        let body = format!("{declaration}{}", xml_with(""));
        assert_eq!(body_fault(body, Format::Xml), "is not declared as XML 1.0");
    }
    for parts in [
        "version='1.0' version='1.0'",
        "version='1.0' encoding='UTF-8' encoding='UTF-8'",
        "version='1.0' encoding='UTF-8' encoding='ISO-8859-1'",
        "version='1.0' standalone='yes' standalone='yes'",
        "version='1.0' standalone='yes' encoding='UTF-8'",
        "version='1.0' more='x'",
    ] {
        let body = format!("<?xml {parts}?>{}", xml_with(""));
        let fault = body_fault(body, Format::Xml);
        assert_eq!(fault, "has an XML declaration that is not well-formed", "{parts}");
    }
    for declaration in [
        "<?xml version=\"1.0\"?>",
        "<?xml version='1.0' encoding='utf-8' standalone='yes' ?>\r\n",
        // As a published page had it.
        "<?xml version=\"1.0\"encoding=\"UTF-8\"?>",
        "<!-- no declaration -->",
    ] {
        accepts(format!("{declaration}{}<!-- the end -->\n", xml_with("")), Format::Xml);
    }
}

#[test]
fn comments_and_attributes_in_xml_are_ignored() {
    let plain = xml_with("");
    let decorated = "<mp xmlns='urn:x' a='&undeclared;'>\n <!-- c -->\n\
        <commands>pay<!-- c -->-<![CDATA[pasca]]></commands >\n\
        <username x=\"1\">&#117;</username><sign>&#x73;</sign>\t<tr_id>1</tr_id>\n</mp>\n";
    assert_eq!(
        decode_request(decorated.as_bytes(), Format::Xml).unwrap(),
        decode_request(plain.as_bytes(), Format::Xml).unwrap()
    );
    let entities = xml_with("").replace(">s<", ">&lt;&gt;&amp;&apos;&quot;<");
    let request = decode_request(entities.as_bytes(), Format::Xml).unwrap();
    assert_eq!(request.sign, "<>&'\"");
}

#[test]
fn whitespace_is_part_of_a_text() {
    for (field, padded, fault) in [
        (">u<", "> u<", "username must be 1 to 64 visible ASCII characters"),
        (">1<", "> 1 1\n<", "tr_id must be 1 to 19 digits that fit 64 bits"),
    ] {
        let padded = xml_with("").replace(field, padded);
        assert_eq!(faults(padded.as_bytes(), Format::Xml), [fault]);
    }
    let padded = xml_with("").replace(">s<", ">s\n<");
    assert_eq!(decode_request(padded.as_bytes(), Format::Xml).unwrap().sign, "s\n");
}
