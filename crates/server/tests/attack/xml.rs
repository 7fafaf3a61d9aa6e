//! Malformed and large XML bodies, and XML features beyond data.
//!
//! Each case is put into a valid check status. An accepted case is answered 06, because the
//! transaction does not exist. `{u}` is the username, `{s}` the signature.

use crate::attack_server::AttackServer;
use crate::client::Partner;

type Must = (u16, &'static str);
const MALFORMED: Must = (400, "107");
const BAD_REF_ID: Must = (200, "03");
const TAKEN: Must = (200, "06");

/// Text before the root element.
const PROLOGS: &[(&str, Must)] = &[
    ("", TAKEN),
    ("<?xml version=\"1.0\"?>", TAKEN),
    ("<?xml version=\"1.0\" encoding=\"utf-8\" standalone=\"yes\"?>", TAKEN),
    ("<!-- c -->", TAKEN),
    ("\r\n\t ", TAKEN),
    ("<?xml version=\"1.1\"?>", MALFORMED),
    // ASCII stays ASCII with every declared encoding.
    ("<?xml version=\"1.0\" encoding=\"utf-16\"?>", TAKEN),
    ("<?xml version=\"1.0\" encoding=\"utf-7\"?>", TAKEN),
    ("<?xml version=\"1.0\" encoding=\"iso-8859-1\"?>", TAKEN),
    ("<?xml version=\"1.0\" encoding=\"ebcdic-cp-us\"?>", TAKEN),
    ("<?xml version=\"1.0\" encoding=\"\"?>", MALFORMED),
    ("<?xml version=\"1.0\" encoding=\"&x;\"?>", MALFORMED),
    ("<?xml version=\"1.0\" encoding=\"iso-8859-1\"?><!-- \u{e9} -->", TAKEN),
    ("<?xml version=\"1.0\" encoding=\"utf-16\"?><!-- \u{e9} -->", TAKEN),
    ("<?xml version=\"1.0\" encoding=\"utf-7\"?><!-- \u{e9} -->", MALFORMED),
    ("<?xml version=\"1.0\" encoding=\"shift_jis\"?><!-- \u{e9} -->", MALFORMED),
    ("<?xml version=\"1.0\" encoding=\"utf-7\"?>+ADwAIQ-DOCTYPE mp+AD4-", MALFORMED),
    ("<?xml version=\"1.0\" encoding=\"iso-8859-1\"?><!DOCTYPE mp><!-- \u{e9} -->", MALFORMED),
    ("<?xml?>", MALFORMED),
    (" <?xml version=\"1.0\"?>", MALFORMED),
    ("<?xml version=\"1.0\"?><?xml version=\"1.0\"?>", MALFORMED),
    ("<?xml-stylesheet type=\"text/xsl\" href=\"http://127.0.0.1/x.xsl\"?>", MALFORMED),
    ("<?php system('id') ?>", MALFORMED),
    ("<!DOCTYPE mp>", MALFORMED),
    ("<!doctype mp>", MALFORMED),
    ("<!DOCTYPE mp []>", MALFORMED),
    ("<!DOCTYPE mp SYSTEM \"http://127.0.0.1/x.dtd\">", MALFORMED),
    ("<!DOCTYPE mp PUBLIC \"-//x\" \"http://127.0.0.1/x.dtd\">", MALFORMED),
    ("<!DOCTYPE mp [<!ENTITY x \"r\">]>", MALFORMED),
    ("<!DOCTYPE mp [<!ENTITY x SYSTEM \"file:///etc/passwd\">]>", MALFORMED),
    ("<!DOCTYPE mp [<!ENTITY x SYSTEM \"http://169.254.169.254/\">]>", MALFORMED),
    ("<!DOCTYPE mp [<!ENTITY x SYSTEM \"expect://id\">]>", MALFORMED),
    ("<!DOCTYPE mp [<!ENTITY % p SYSTEM \"http://127.0.0.1/x\">%p;]>", MALFORMED),
    ("<!DOCTYPE mp [<!ENTITY a \"&b;&b;\"><!ENTITY b \"&a;&a;\">]>", MALFORMED),
    ("<!DOCTYPE mp [<!ATTLIST mp ref_id CDATA \"x\">]>", MALFORMED),
    ("<!DOCTYPE mp [<!ELEMENT mp ANY>]>", MALFORMED),
    ("<!-- --><!DOCTYPE mp>", MALFORMED),
    ("<!ENTITY x \"r\">", MALFORMED),
    ("<!-- -- -->", MALFORMED),
    ("<!-- ", MALFORMED),
    ("<![CDATA[]]>", MALFORMED),
    ("text", MALFORMED),
    ("&amp;", MALFORMED),
    ("<x/>", MALFORMED),
    ("\u{feff}", TAKEN),
    ("\u{feff}<?xml version=\"1.0\"?>", TAKEN),
    ("\u{feff}\u{feff}", MALFORMED),
    (" \u{feff}", MALFORMED),
    ("\u{feff}<!DOCTYPE mp>", MALFORMED),
    ("\u{b}", MALFORMED),
];

/// Values instead of the text of `ref_id`.
const REF_IDS: &[(&str, Must)] = &[
    ("r", TAKEN),
    ("&#114;", TAKEN),
    ("&#x72;", TAKEN),
    ("<![CDATA[r]]>", TAKEN),
    ("r<!-- c -->r", TAKEN),
    ("]]>", BAD_REF_ID),
    ("&x;", MALFORMED),
    ("&nbsp;", MALFORMED),
    ("&lol9;", MALFORMED),
    ("%p;", BAD_REF_ID),
    ("&lt;", BAD_REF_ID),
    ("&#x202e;r", BAD_REF_ID),
    ("&#1088;", BAD_REF_ID),
    ("\u{ff52}", BAD_REF_ID),
    ("r\u{200b}", BAD_REF_ID),
    ("r&#10;X: y", BAD_REF_ID),
    ("<![CDATA[<script>]]>", BAD_REF_ID),
    ("' or '1'='1", BAD_REF_ID),
    ("cs", BAD_REF_ID),
    ("<![CDATA[c]]>s", BAD_REF_ID),
    ("c&#115;", BAD_REF_ID),
    ("", MALFORMED),
    (" ", BAD_REF_ID),
    (" r", BAD_REF_ID),
    ("&#0;", MALFORMED),
    ("&#x0;", MALFORMED),
    ("&#8;", MALFORMED),
    ("&#xd800;", MALFORMED),
    ("&#xfffe;", MALFORMED),
    ("&#x110000;", MALFORMED),
    ("&#99999999999999999999;", MALFORMED),
    ("&#-1;", MALFORMED),
    ("&#;", MALFORMED),
    ("&#x;", MALFORMED),
    ("&#xg;", MALFORMED),
    ("&;", MALFORMED),
    ("&", MALFORMED),
    ("&amp", MALFORMED),
    ("& amp;", MALFORMED),
    ("<", MALFORMED),
    ("<r/>", MALFORMED),
    ("<![CDATA[r", MALFORMED),
    ("<![cdata[r]]>", MALFORMED),
    ("<?x?>", MALFORMED),
    ("<!DOCTYPE x>", MALFORMED),
    ("<xi:include href=\"file:///etc/passwd\"/>", MALFORMED),
    ("\0", MALFORMED),
    ("\u{1}", MALFORMED),
    ("\u{fffe}", MALFORMED),
];

/// Text after the fields of a check status.
const FIELDS: &[(&str, Must)] = &[
    ("<x/>", TAKEN),
    ("<x a='1' b=\"2\"/>", TAKEN),
    ("<ref_id>r</ref_id>", MALFORMED),
    ("<ref_id/>", MALFORMED),
    ("<sign/>", MALFORMED),
    ("<username>other</username>", MALFORMED),
    ("<x/><x/>", TAKEN),
    ("<REF_ID>other</REF_ID>", TAKEN),
    ("<y:ref_id>other</y:ref_id>", TAKEN),
    // Attributes have no meaning, so references in them are never resolved.
    ("<x a='&y;'/>", TAKEN),
    ("<x a='1'b='2'/>", TAKEN),
    ("<x xmlns=\"http://127.0.0.1/\"/>", TAKEN),
    ("<x a='1' a='2'/>", MALFORMED),
    ("<x a/>", MALFORMED),
    ("<x a=1/>", MALFORMED),
    ("<x a='<'/>", MALFORMED),
    ("<x a='/>", MALFORMED),
    ("<1x/>", MALFORMED),
    ("<-x/>", MALFORMED),
    ("< x/>", MALFORMED),
    ("<x", MALFORMED),
    ("<x>", MALFORMED),
    ("</x>", MALFORMED),
    ("<x></y>", MALFORMED),
    ("<x><y></x></y>", MALFORMED),
    ("<x/ >", MALFORMED),
    ("<>", MALFORMED),
    ("text", MALFORMED),
    ("</mp><mp>", MALFORMED),
    ("</mp>text", MALFORMED),
    ("</mp></mp>", MALFORMED),
    ("<!-- -- -->", MALFORMED),
    ("<!-- - --->", MALFORMED),
    ("<?x y?>", MALFORMED),
    ("<!x>", MALFORMED),
];

pub(crate) fn cases() -> usize {
    PROLOGS.len() + REF_IDS.len() + FIELDS.len() + large().len()
}

/// Large, deep and numerous bodies, and the required answers.
fn large() -> Vec<(String, Must)> {
    let nested = |depth: usize| "<a>".repeat(depth) + &"</a>".repeat(depth);
    let children = |count: usize| (0..count).map(|n| format!("<a{n}/>")).collect::<String>();
    let attributes = |count: usize| -> String {
        let listed: String = (0..count).map(|n| format!(" a{n}='1'")).collect();
        format!("<x{listed}/>")
    };
    let long = "r".repeat(60_000);
    let mut bombs = String::from("<!DOCTYPE mp [<!ENTITY l0 \"lol\">");
    for n in 1..10 {
        bombs += &format!("<!ENTITY l{n} \"{}\">", format!("&l{};", n - 1).repeat(10));
    }
    vec![
        (status_with(&nested(15)), TAKEN),
        (status_with(&nested(16)), MALFORMED),
        (status_with(&nested(8_000)), MALFORMED),
        (status_with(&"<a>".repeat(20_000)), MALFORMED),
        (status_with(&children(200)), TAKEN),
        (status_with(&children(260)), MALFORMED),
        (status_with(&children(7_000)), MALFORMED),
        (status_with(&attributes(200)), TAKEN),
        (status_with(&attributes(260)), MALFORMED),
        (status_with(&attributes(5_000)), MALFORMED),
        (status_with(&format!("<x a='{long}'/>")), TAKEN),
        (status_with(&format!("<{long}/>")), TAKEN),
        (status_with(&format!("<!-- {long} -->")), TAKEN),
        (status_with(&format!("<x>{}</x>", "&amp;".repeat(12_000))), TAKEN),
        (status_with(&format!("<x>{}</x>", "&#x61;".repeat(10_000))), TAKEN),
        (status_with("").replace(">r<", &format!(">{long}<")), BAD_REF_ID),
        (status_with("").replace("{u}", &long), MALFORMED),
        (status_with(&format!("<{}", "<".repeat(60_000))), MALFORMED),
        (status_with(&"<!---->".repeat(8_000)), TAKEN),
        (format!("{bombs}]>{}", status_with("").replace(">r<", ">&l9;<")), MALFORMED),
        (" ".repeat(65_537), (413, "107")),
        ("<mp>".repeat(1 << 18), (413, "107")),
    ]
}

fn status_with(fields: &str) -> String {
    format!(
        "<mp><commands>checkstatus</commands><username>{{u}}</username><ref_id>r</ref_id>\
         <sign>{{s}}</sign>{fields}</mp>"
    )
}

fn filled(partner: &Partner, template: &str) -> String {
    template.replace("{u}", &partner.username).replace("{s}", &partner.sign("cs"))
}

#[test]
fn xml_that_is_none_is_refused_and_nothing_is_expanded_or_fetched() {
    let attack = AttackServer::start(&[]);
    let mut partner = attack.server.partner().in_xml();
    let mut post = |template: &str, must: Must| {
        let body = filled(&partner, template);
        attack.post_and_check(&mut partner, template, body.as_bytes(), must);
    };
    for (prolog, must) in PROLOGS {
        post(&format!("{prolog}{}", status_with("")), *must);
    }
    for (ref_id, must) in REF_IDS {
        post(&status_with("").replace(">r<", &format!(">{ref_id}<")), *must);
    }
    for (fields, must) in FIELDS {
        post(&status_with(fields), *must);
    }
    attack.finish();
}

#[test]
fn what_is_no_utf_8_is_refused_in_xml_too() {
    let attack = AttackServer::start(&[]);
    let mut partner = attack.server.partner().in_xml();
    let body = filled(&partner, &status_with(""));
    let at = body.find(">r<").unwrap() + 1;
    let latin1 = b"<?xml version=\"1.0\" encoding=\"iso-8859-1\"?>";
    for bytes in [&b"\xff"[..], b"\xc0\x80", b"\xed\xa0\x80", b"\xe2\x82", b"\xf4\x90\x80\x80"] {
        let body = [&body.as_bytes()[..at], bytes, &body.as_bytes()[at + 1..]].concat();
        attack.post_and_check(&mut partner, &format!("{bytes:x?}"), &body, MALFORMED);
        // If they are text, the text is not a valid ref_id.
        let declared = [&latin1[..], &body].concat();
        attack.post_and_check(
            &mut partner,
            &format!("{bytes:x?} in Latin-1"),
            &declared,
            BAD_REF_ID,
        );
    }
    let declared = format!("<?xml version=\"1.0\" encoding=\"utf-16\"?>{body}");
    for text in [&body, &declared] {
        let wide: Vec<u8> = text.encode_utf16().flat_map(u16::to_be_bytes).collect();
        let marked = [b"\xfe\xff", &wide[..]].concat();
        for bytes in [wide, marked] {
            attack.post_and_check(&mut partner, "UTF-16", &bytes, MALFORMED);
        }
    }
    attack.finish();
}

#[test]
fn what_is_large_deep_or_many_is_refused_before_it_costs() {
    let attack = AttackServer::start(&[]);
    for _ in 0..20 {
        let mut partner = attack.server.partner().in_xml();
        for (template, must) in large() {
            let name = &template[..template.len().min(100)];
            let body = filled(&partner, &template);
            attack.post_and_check(&mut partner, name, body.as_bytes(), must);
        }
    }
    attack.finish();
}
