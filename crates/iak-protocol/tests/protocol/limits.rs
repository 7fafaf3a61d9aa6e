//! Each limit of a request: at it a body is accepted, above it refused.

use iak_protocol::{Desc, Format, MAX_BODY, MAX_DEPTH, MAX_NODES, decode_request};

use crate::support::faults;

const JSON: &str = r#"{"commands":"pay-pasca","username":"u","sign":"s","tr_id":"1""#;
const XML: &str = "<mp><commands>pay-pasca</commands><username>u</username><sign>s</sign>\
    <tr_id>1</tr_id>";

/// The object or element around the fields, and the four fields.
const NODES: usize = 5;

fn at_limit_and_above(format: Format, body: impl Fn(usize) -> String, limit: usize, fault: &str) {
    let at = body(limit);
    let read = decode_request(at.as_bytes(), format);
    assert!(read.is_ok(), "{format:?} at {limit}: {read:?}");
    let above = body(limit + 1);
    assert_eq!(faults(above.as_bytes(), format), [format!("body {fault}")]);
}

#[test]
fn a_body_has_64_kib_at_most() {
    assert_eq!(MAX_BODY, 65536);
    let json = |size: usize| format!("{JSON}{}}}", " ".repeat(size - JSON.len() - 1));
    let xml = |size: usize| format!("{XML}{}</mp>", " ".repeat(size - XML.len() - 5));
    at_limit_and_above(Format::Json, json, MAX_BODY, "is larger than 65536 bytes");
    at_limit_and_above(Format::Xml, xml, MAX_BODY, "is larger than 65536 bytes");
}

#[test]
fn a_body_nests_16_levels_at_most() {
    assert_eq!(MAX_DEPTH, 16);
    let fault = "nests deeper than 16 levels";
    let arrays =
        |depth: usize| format!("{JSON},\"x\":{}{}}}", "[".repeat(depth - 1), "]".repeat(depth - 1));
    let objects = |depth: usize| {
        format!("{JSON},\"x\":{}1{}}}", "{\"x\":".repeat(depth - 1), "}".repeat(depth - 1))
    };
    let elements =
        |depth: usize| format!("{XML}{}{}</mp>", "<x>".repeat(depth - 1), "</x>".repeat(depth - 1));
    at_limit_and_above(Format::Json, arrays, MAX_DEPTH, fault);
    at_limit_and_above(Format::Json, objects, MAX_DEPTH, fault);
    at_limit_and_above(Format::Xml, elements, MAX_DEPTH, fault);
}

#[test]
fn a_body_holds_256_values_at_most() {
    assert_eq!(MAX_NODES, 256);
    let fault = "holds more than 256 values";
    let fields = |nodes: usize| {
        let more: String = (NODES..nodes).map(|n| format!(",\"f{n}\":0")).collect();
        format!("{JSON}{more}}}")
    };
    let items =
        |nodes: usize| format!("{JSON},\"x\":[{}]}}", vec!["0"; nodes - NODES - 1].join(","));
    let empty =
        |nodes: usize| format!("{JSON},\"x\":[{}]}}", vec!["{}"; nodes - NODES - 1].join(","));
    at_limit_and_above(Format::Json, fields, MAX_NODES, fault);
    at_limit_and_above(Format::Json, items, MAX_NODES, fault);
    at_limit_and_above(Format::Json, empty, MAX_NODES, fault);

    let elements = |nodes: usize| {
        let more: String = (NODES..nodes).map(|n| format!("<f{n}/>")).collect();
        format!("{XML}{more}</mp>")
    };
    let attributes = |nodes: usize| {
        let more: String = (NODES + 1..nodes).map(|n| format!(" a{n}=''")).collect();
        format!("{XML}<x{more}/></mp>")
    };
    at_limit_and_above(Format::Xml, elements, MAX_NODES, fault);
    at_limit_and_above(Format::Xml, attributes, MAX_NODES, fault);
}

#[test]
fn the_worst_bodies_are_refused_and_cost_no_stack() {
    for (body, format) in [
        ("[".repeat(MAX_BODY), Format::Json),
        ("{\"a\":".repeat(MAX_BODY / 5), Format::Json),
        (format!("{}{}", "[".repeat(30_000), "]".repeat(30_000)), Format::Json),
        ("<mp>".repeat(MAX_BODY / 4), Format::Xml),
        (format!("<mp {}>", "a='' ".repeat(13_000)), Format::Xml),
        (format!("<mp>{}</mp>", "<!---->".repeat(9_000)), Format::Xml),
    ] {
        assert!(decode_request(body.as_bytes(), format).is_err());
    }
}

#[test]
fn a_desc_has_limits_of_its_own() {
    let depth =
        |depth: usize| format!("{}{{}}{}", "{\"x\":".repeat(depth - 1), "}".repeat(depth - 1));
    assert!(Desc::new(&depth(16)).is_ok());
    let error = Desc::new(&depth(17)).unwrap_err();
    assert_eq!(error.to_string(), "desc nests deeper than 16 levels");

    let nodes = |nodes: usize| format!("{{\"x\":[{}]}}", vec!["0"; nodes - 2].join(","));
    assert!(Desc::new(&nodes(4096)).is_ok());
    let error = Desc::new(&nodes(4097)).unwrap_err();
    assert_eq!(error.to_string(), "desc holds more than 4096 values");

    let bytes = |bytes: usize| format!("{{\"x\":\"{}\"}}", "y".repeat(bytes - 8));
    assert!(Desc::new(&bytes(65536)).is_ok());
    let error = Desc::new(&bytes(65537)).unwrap_err();
    assert_eq!(error.to_string(), "desc is larger than 65536 bytes");

    let members = |members: usize| {
        let members: Vec<_> = (0..members).map(|n| format!("\"m{n}\":0")).collect();
        format!("{{{}}}", members.join(","))
    };
    assert!(Desc::new(&members(256)).is_ok());
    let error = Desc::new(&members(257)).unwrap_err();
    assert_eq!(error.to_string(), "desc has an object with too many members");
}
