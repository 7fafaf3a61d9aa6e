//! The table of response codes against the published list.

use std::collections::HashSet;

use iak_protocol::{Class, ResponseCode};

use crate::support::{decoded, page};

/// The published list: code, description, class.
fn published() -> Vec<(String, String, String)> {
    let csv = include_str!("../data/response-codes.csv");
    let rows = csv.lines().skip(1).map(|line| {
        let (code, rest) = line.split_once(',').unwrap();
        let (description, class) = rest.rsplit_once(',').unwrap();
        (code.to_owned(), description.trim_matches('"').to_owned(), class.to_owned())
    });
    rows.collect()
}

#[test]
fn the_table_is_the_published_list() {
    let table: Vec<_> = ResponseCode::ALL
        .iter()
        .map(|code| {
            let class = format!("{:?}", code.class());
            (code.as_str().to_owned(), code.description().to_owned(), class)
        })
        .collect();
    assert_eq!(table, published());
}

#[test]
fn every_code_is_parsed_from_its_own_text_and_from_no_other() {
    for code in ResponseCode::ALL {
        assert_eq!(ResponseCode::parse(code.as_str()), Some(*code));
        assert_eq!(code.to_string(), code.as_str());
    }
    let distinct: HashSet<_> = ResponseCode::ALL.iter().map(|code| code.as_str()).collect();
    assert_eq!(distinct.len(), ResponseCode::ALL.len());
    for unknown in ["", "0", "000", "12", " 00", "00 ", "999", "XX"] {
        assert_eq!(ResponseCode::parse(unknown), None, "{unknown:?}");
    }
}

#[test]
fn only_undefined_and_in_process_codes_are_pending() {
    let pending: Vec<_> = ResponseCode::ALL
        .iter()
        .filter(|code| code.class() == Class::Pending)
        .map(|code| code.as_str())
        .collect();
    assert_eq!(pending, ["05", "39", "201"]);
}

#[test]
fn a_status_check_has_the_published_messages() {
    for name in ["success", "failed", "in-process", "not-received"] {
        let page = page(&format!("check-status/{name}.json"));
        let answer = decoded(&page);
        assert_eq!(answer.message, answer.response_code.status_message(), "{name}");
    }
    let other = ResponseCode::BillerError;
    assert_eq!(other.status_message(), other.description());
}
