//! Bodies that are refused as a whole.

use protocol::{Fault, Format, ResponseCode, decode_request};

use crate::support::faults;

/// A payment with this text in front of its last closing bracket or tag.
fn json_with(text: &str) -> String {
    format!(r#"{{"commands":"pay-pasca","username":"u","sign":"s","tr_id":"1"{text}}}"#)
}

fn xml_with(text: &str) -> String {
    format!(
        "<mp><commands>pay-pasca</commands><username>u</username><sign>s</sign>\
         <tr_id>1</tr_id>{text}</mp>"
    )
}

fn accepts(body: impl AsRef<[u8]>, format: Format) {
    let body = body.as_ref();
    let read = decode_request(body, format);
    assert!(read.is_ok(), "{}: {read:?}", String::from_utf8_lossy(body));
}

/// Checks that the body is refused with one fault of the body, and returns what it is.
fn body_fault(body: impl AsRef<[u8]>, format: Format) -> String {
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
fn json_is_read_by_the_letter_of_its_grammar() {
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
fn json_text_is_whole_characters_without_nul() {
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
fn a_body_is_utf_8_with_or_without_a_byte_order_mark() {
    for (format, body) in [(Format::Json, json_with("")), (Format::Xml, xml_with(""))] {
        let plain = decode_request(body.as_bytes(), format).unwrap();
        let marked = format!("\u{FEFF}{body}");
        assert_eq!(decode_request(marked.as_bytes(), format).as_ref(), Ok(&plain));
        assert_eq!(Format::detect(None, marked.as_bytes()), Some(format));
        let twice = format!("\u{FEFF}{marked}");
        for elsewhere in [twice, format!(" {marked}"), format!("{body}\u{FEFF}")] {
            assert_ne!(body_fault(elsewhere, format), "");
        }
        let utf16 = |to: fn(u16) -> [u8; 2], text: &str| -> Vec<u8> {
            text.encode_utf16().flat_map(to).collect()
        };
        for to in [u16::to_le_bytes, u16::to_be_bytes] {
            assert_ne!(body_fault(utf16(to, &body), format), "");
            assert_eq!(body_fault(utf16(to, &marked), format), "is UTF-16; send it as UTF-8");
        }
        // Latin-1, overlong, an encoded surrogate, beyond the last character, cut short.
        for bad in [&b"\xE9"[..], b"\xC0\xAF", b"\xED\xA0\x80", b"\xF4\x90\x80\x80", b"\xE2\x82"] {
            let text = body.replace("pay-pasca", "@");
            let at = text.find('@').unwrap();
            let bytes = [&text.as_bytes()[..at], bad, &text.as_bytes()[at + 1..]].concat();
            assert_eq!(body_fault(bytes, format), "is not UTF-8");
        }
    }
}

#[test]
fn a_json_field_given_twice_is_refused_wherever_it_is() {
    for (twice, name) in [
        (r#","tr_id":"1""#, "tr_id"),
        (r#","tr\u005fid":"1""#, "tr_id"),
        (r#","x":1,"x":1"#, "x"),
        (r#","desc":{"amount":1,"amount":1}"#, "amount"),
        (r#","desc":{"amount":1,"\u0061mount":2}"#, "amount"),
        (r#","x":[{"y":{"z":1,"w":{},"z":2}}]"#, "z"),
    ] {
        let expected = [format!("{name} is given twice")];
        assert_eq!(faults(json_with(twice).as_bytes(), Format::Json), expected, "{twice}");
    }
    // The same name in different objects is no field given twice.
    accepts(json_with(r#","x":{"tr_id":1},"y":[{"x":1},{"x":1}]"#), Format::Json);
}

#[test]
fn an_xml_field_given_twice_is_refused() {
    for (twice, name) in [
        ("<tr_id>1</tr_id>", "tr_id"),
        ("<tr_id/>", "tr_id"),
        ("<x>1</x><y/><x>2</x>", "x"),
        ("<desc><amount>1</amount><amount>1</amount></desc>", "amount"),
        ("<desc><x/><amount>1</amount><x/></desc>", "x"),
        ("<desc/><desc/>", "desc"),
    ] {
        let expected = [format!("{name} is given twice")];
        assert_eq!(faults(xml_with(twice).as_bytes(), Format::Xml), expected, "{twice}");
    }
    accepts(xml_with("<desc><tr_id>1</tr_id></desc><x><y/><y/></x>"), Format::Xml);
}

#[test]
fn a_strange_name_given_twice_is_not_repeated_in_the_fault() {
    let long = "n".repeat(65);
    for name in ["<script>", "a b", "é", "", &long] {
        let twice = json_with(&format!(r#","{name}":1,"{name}":2"#));
        assert_eq!(body_fault(twice, Format::Json), "gives a field twice");
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
    for declaration in [
        "<?xml version=\"1.0\"?>",
        "<?xml version='1.0' encoding='utf-8' standalone='yes' ?>\r\n",
        "<!-- no declaration -->",
    ] {
        accepts(format!("{declaration}{}<!-- the end -->\n", xml_with("")), Format::Xml);
    }
}

/// A body that declares an encoding and holds these bytes in a field that no command knows.
fn declared(encoding: &str, bytes: &[u8]) -> Vec<u8> {
    let declaration = format!("<?xml version='1.0' encoding='{encoding}'?>");
    let body = xml_with("<x>@</x>");
    let (before, after) = body.split_once('@').unwrap();
    [declaration.as_bytes(), before.as_bytes(), bytes, after.as_bytes()].concat()
}

#[test]
fn ascii_is_ascii_whatever_encoding_is_declared() {
    let plain = xml_with("");
    let plain = decode_request(plain.as_bytes(), Format::Xml);
    for encoding in [
        "UTF-16",
        "utf-16",
        "ISO-8859-1",
        "iso-8859-15",
        "windows-1252",
        "US-ASCII",
        "UTF-7",
        "utf8",
        "Shift_JIS",
        "GB2312",
        "EBCDIC-CP-US",
        "x-unheard.of_1",
    ] {
        let body = declared(encoding, b"ascii");
        assert_eq!(decode_request(&body, Format::Xml), plain, "{encoding}");
    }
    for none in ["", "1252", "a b", "&#85;TF-8", "-"] {
        let fault = body_fault(declared(none, b""), Format::Xml);
        assert_eq!(fault, "declares an encoding by a name that is none", "{none:?}");
    }
}

#[test]
fn other_bytes_are_decoded_where_the_declared_encoding_is_one_of_old_clients() {
    let not_taken = "is not ASCII and declares an encoding that is not taken; send UTF-8, \
                     ISO-8859-1 or windows-1252";
    for (encoding, bytes, must) in [
        ("UTF-8", "é".as_bytes(), None),
        ("UTF-16", "é".as_bytes(), None),
        ("ISO-8859-1", b"caf\xE9", None),
        ("iso-8859-1", "é".as_bytes(), None),
        ("Windows-1252", b"\x80 \x93\x94", None),
        ("UTF-8", b"caf\xE9", Some("is not UTF-8")),
        ("UTF-16", b"caf\xE9", Some("is not UTF-8")),
        ("ISO-8859-5", b"caf\xE9", Some(not_taken)),
        ("US-ASCII", b"caf\xE9", Some(not_taken)),
        ("Shift_JIS", b"\x83\x65\x83\x58", Some(not_taken)),
        ("GBK", b"\x81\x3C", Some(not_taken)),
        ("EBCDIC-CP-US", b"\xC1", Some(not_taken)),
        // What is decoded is XML like any other.
        ("ISO-8859-1", b"\xE9&x;", Some("refers to an entity, which is refused")),
        ("ISO-8859-1", b"\xE9\x01", Some("holds a character that XML does not allow")),
    ] {
        let body = declared(encoding, bytes);
        match must {
            None => accepts(body, Format::Xml),
            Some(fault) => assert_eq!(body_fault(body, Format::Xml), fault, "{encoding}"),
        }
    }
}

/// The rules for a field are for its text, and not for the bytes that spell it.
#[test]
fn a_field_is_held_to_its_rule_after_it_was_decoded() {
    let body = |ref_id: &[u8]| {
        let before =
            b"<?xml version='1.0' encoding='ISO-8859-1'?><mp><commands>checkstatus</commands>\
                       <username>u</username><sign>\xE9</sign><ref_id>";
        [before, ref_id, b"</ref_id></mp>"].concat()
    };
    let asked = body(b"r");
    let request = decode_request(&asked, Format::Xml).unwrap();
    assert_eq!((&*request.username, &*request.sign), ("u", "é"));
    for ref_id in [&b"\xE9"[..], b"r\xA0", b"\xEF\xBC\x92"] {
        assert_eq!(decode_request(&body(ref_id), Format::Xml), Err(Fault::RefId), "{ref_id:x?}");
    }
}

#[test]
fn what_only_decorates_xml_is_passed_over() {
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
fn blanks_are_part_of_what_is_no_number() {
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
