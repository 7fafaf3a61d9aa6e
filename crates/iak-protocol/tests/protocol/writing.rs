//! What is written is well formed, whatever the texts hold.

use iak_protocol::{
    BadDesc, BillAnswer, Desc, FieldFault, Format, NorefTag, ResponseCode, decode_answer,
    encode_receipt_lines,
};

use crate::support::{FORMATS, encoded};

const XML_START: &str = r#"<?xml version="1.0" encoding="UTF-8"?><mp>"#;

fn paid(message: &str) -> BillAnswer<'_> {
    BillAnswer::new(ResponseCode::Success, message)
}

fn xml_of_desc(desc: &str) -> String {
    let mut answer = paid("m");
    answer.desc = Some(Desc::new(desc).unwrap());
    let xml = encoded(&answer, Format::Xml);
    let start = format!("{XML_START}<response_code>00</response_code><message>m</message>");
    xml.strip_prefix(&start).unwrap().strip_suffix("</mp>").unwrap().to_owned()
}

#[test]
fn a_failure_tells_its_code_its_description_and_status_2() {
    let failure = BillAnswer::failure(ResponseCode::InvalidSignature);
    assert_eq!(
        encoded(&failure, Format::Json),
        r#"{"data":{"status":2,"response_code":"100","message":"INVALID SIGNATURE"},"meta":[]}"#
    );
    assert_eq!(
        encoded(&failure, Format::Xml),
        format!(
            "{XML_START}<status>2</status><response_code>100</response_code>\
             <message>INVALID SIGNATURE</message></mp>"
        )
    );
}

#[test]
fn our_own_fields_come_last() {
    let mut answer = BillAnswer::failure(ResponseCode::FormatError);
    answer.noref = Some("n".into());
    answer.noref_tag = NorefTag::NoUnderscoreRef;
    answer.ref_id = Some("r".into());
    answer.desc = Some(Desc::EMPTY);
    answer.sign = Some("s".into());
    answer.error_details = vec![
        FieldFault::new("hp", "is missing"),
        FieldFault { field: "<\">".into(), fault: "is given twice".into() },
        FieldFault::new("hp", "is \"not\" <this>"),
    ];
    answer.hint = Some("h".into());
    assert_eq!(
        encoded(&answer, Format::Json),
        r#"{"data":{"status":2,"response_code":"107","message":"XML FORMAT ERROR","noref":"n","#
            .to_owned()
            + r#""ref_id":"r","desc":[],"sign":"s","error_details":{"hp":["is missing","#
            + r#""is \"not\" <this>"],"<\">":["is given twice"]},"hint":"h"},"meta":[]}"#
    );
    assert_eq!(
        encoded(&answer, Format::Xml),
        format!(
            "{XML_START}<status>2</status><response_code>107</response_code>\
             <message>XML FORMAT ERROR</message><no_ref>n</no_ref><ref_id>r</ref_id>\
             <sign>s</sign><error_details><hp>is missing</hp>\
             <hp>is \"not\" &lt;this&gt;</hp><____>is given twice</____>\
             </error_details><hint>h</hint></mp>"
        )
    );
}

#[test]
fn markup_in_a_text_stays_text() {
    let hostile = "</message><status>1</status>&amp;<![CDATA[\"'\\ ]]>\r\n\t\u{85}\u{2028}é😀";
    // A bare carriage return would be read as a line feed.
    assert!(encoded(&paid(hostile), Format::Xml).contains("&#13;\n\t"));
    for format in FORMATS {
        let text = encoded(&paid(hostile), format);
        let read = decode_answer(text.as_bytes(), format).unwrap();
        assert_eq!(read.message, hostile);
        assert_eq!(read.status, None);
    }
}

#[test]
fn a_character_that_xml_does_not_allow_is_replaced_and_json_escapes_it() {
    let hostile = "a\0b\u{1}c\u{1B}d\u{FFFE}e\u{FFFF}f";
    let json = encoded(&paid(hostile), Format::Json);
    assert!(json.contains(r#""a\u0000b\u0001c\u001bd"#), "{json}");
    let xml = encoded(&paid(hostile), Format::Xml);
    assert!(xml.contains("<message>a\u{FFFD}b\u{FFFD}c\u{FFFD}d\u{FFFD}e\u{FFFD}f</"), "{xml}");
}

#[test]
fn a_desc_is_written_byte_for_byte_in_json() {
    let text = r#"{"b":"1","a":1,"f":1.50,"e":1E400,"n":null,"u":"\u00e9\/"}"#;
    let mut answer = paid("m");
    answer.desc = Some(Desc::new(text).unwrap());
    let json = encoded(&answer, Format::Json);
    assert!(json.contains(&format!(r#""desc":{text}}},"meta""#)), "{json}");
}

#[test]
fn a_desc_is_compacted_and_borrowed_if_it_is_compact() {
    let compact = r#"{"a b":[1,"c : d",{"e":[]},[]],"f":{},"g":"\" ,"}"#;
    let spaced = "\n{ \"a b\" :\t[ 1 , \"c : d\", {\"e\" : [ ] } ,[\r\n] ] ,\"f\": { }, \
        \"g\":\"\\\" ,\" } ";
    assert_eq!(Desc::new(spaced).unwrap().as_str(), compact);
    let desc = Desc::new(compact).unwrap();
    assert_eq!(desc.as_str().as_ptr(), compact.as_ptr());
    assert_eq!(desc.to_string(), compact);
}

#[test]
fn an_empty_desc_is_an_empty_array_in_json_and_absent_in_xml() {
    for empty in ["[]", "{}", " [ ] ", "{\n}"] {
        let desc = Desc::new(empty).unwrap();
        assert!(desc.is_empty());
        let mut answer = paid("m");
        answer.desc = Some(desc);
        assert!(encoded(&answer, Format::Json).contains(r#""desc":[]"#));
        assert!(!encoded(&answer, Format::Xml).contains("desc"));
    }
    assert!(!encoded(&paid("m"), Format::Json).contains("desc"));
    assert!(!Desc::new(r#"{"a":1}"#).unwrap().is_empty());
}

#[test]
fn an_invalid_desc_is_refused() {
    let refused =
        |text: &str| Desc::new(text).map_err(|error: BadDesc| error.to_string()).unwrap_err();
    for text in ["1", "\"a\"", "null", "[1]", "[[]]", "[{}]"] {
        assert_eq!(refused(text), "desc is neither an object nor []");
    }
    assert_eq!(refused(r#"{"a":1,"b":{"c":1,"c":2}}"#), "desc has the member c twice");
    // A strange name is not repeated.
    for name in ["<script>", "a b", "é", "", &"n".repeat(65)] {
        let twice = format!(r#"{{"{name}":1,"{name}":2}}"#);
        assert_eq!(refused(&twice), "desc gives a field twice");
    }
    for text in ["", "{", "{\"a\":1}}", "{'a':1}"] {
        assert!(refused(text).starts_with("desc is not well-formed JSON: "), "{text}");
    }
    assert_eq!(refused(r#"{"a":"\u0000"}"#), "desc holds a NUL character");
}

#[test]
fn in_xml_an_array_is_a_repeated_element_and_an_empty_value_an_empty_one() {
    assert_eq!(
        xml_of_desc(r#"{"a":[{"x":1},{"x":"2"}],"b":["p","q"],"c":[[1,2],[3]]}"#),
        "<desc><a><x>1</x></a><a><x>2</x></a><b>p</b><b>q</b><c>1</c><c>2</c><c>3</c></desc>"
    );
    assert_eq!(
        xml_of_desc(r#"{"t":{"d":[]},"e":"","n":null,"o":{},"l":[{}],"f":false,"d":1.50}"#),
        "<desc><t/><e/><n/><o/><l/><f>false</f><d>1.50</d></desc>"
    );
}

#[test]
fn an_invalid_element_name_is_replaced() {
    assert_eq!(
        xml_of_desc(r#"{"":1,"1st":2,"a b":3,"<x/>":4,"ns:a":5,"é\"":6,"-a":7,"a.b-c_1":8}"#),
        "<desc><_>1</_><_1st>2</_1st><a_b>3</a_b><__x__>4</__x__><ns_a>5</ns_a><___>6</___>\
         <_-a>7</_-a><a.b-c_1>8</a.b-c_1></desc>"
    );
}

#[test]
fn a_receipt_has_its_lines_in_order() {
    let lines = [("HEADER", "STRUK \"PLN\""), ("ADMIN", "Rp 2.500"), ("A", "")];
    let mut out = Vec::new();
    encode_receipt_lines(lines, &mut out);
    assert_eq!(
        String::from_utf8(out).unwrap(),
        r#"{"data":{"HEADER":"STRUK \"PLN\"","ADMIN":"Rp 2.500","A":""},"meta":[]}"#
    );
}

#[test]
fn an_answer_is_appended_to_the_buffer() {
    let mut out = b"before".to_vec();
    iak_protocol::encode_answer(&paid("m"), Format::Json, &mut out);
    assert!(out.starts_with(b"before{\"data\":{\"response_code\":\"00\""));
}
