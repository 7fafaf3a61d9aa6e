//! From the bytes of a body to its text: UTF-8, and what XML may declare.

use iak_protocol::{Fault, Format, decode_request};

use crate::refusals::{accepts, body_fault, json_with, xml_with};

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
        for text in [&body, &marked, &format!("\n{body}")] {
            let utf16 =
                |to: fn(u16) -> [u8; 2]| -> Vec<u8> { text.encode_utf16().flat_map(to).collect() };
            let utf32 = |to: fn(u32) -> [u8; 4]| -> Vec<u8> {
                text.chars().map(u32::from).flat_map(to).collect()
            };
            for (wide, fault) in [
                (utf16(u16::to_le_bytes), "is UTF-16; send it as UTF-8"),
                (utf16(u16::to_be_bytes), "is UTF-16; send it as UTF-8"),
                (utf32(u32::to_le_bytes), "is UTF-32; send it as UTF-8"),
                (utf32(u32::to_be_bytes), "is UTF-32; send it as UTF-8"),
            ] {
                assert_eq!(Format::detect(None, &wide), Some(format), "{wide:x?}");
                assert_eq!(body_fault(wide, format), fault);
            }
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

/// A body that declares an encoding and holds these bytes in a field that no command knows.
fn declared(encoding: &str, bytes: &[u8]) -> Vec<u8> {
    let declaration = format!("<?xml version='1.0' encoding='{encoding}'?>");
    let body = xml_with("<x>@</x>");
    let (before, after) = body.split_once('@').unwrap();
    [declaration.as_bytes(), before.as_bytes(), bytes, after.as_bytes()].concat()
}

#[test]
fn ascii_is_accepted_with_any_declared_encoding() {
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
    for none in ["", "1x", "1252", "a b", "&#85;TF-8", "-"] {
        for bytes in [&b""[..], b"\xE9", "é".as_bytes()] {
            let fault = body_fault(declared(none, bytes), Format::Xml);
            let must = "declares an encoding by a name that is none; send UTF-8, ISO-8859-1 or \
                        windows-1252";
            assert_eq!(fault, must, "{none:?}");
        }
    }
}

#[test]
fn other_bytes_are_decoded_in_the_encodings_of_old_clients() {
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
fn a_field_is_checked_after_it_is_decoded() {
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
