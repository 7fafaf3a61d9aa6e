//! The partner under whose name the load is sent, and its requests as bytes.

use std::path::Path;
use std::process::Command;

use md5::{Digest, Md5};
use serde_json::Value;

/// The partner's name.
pub(super) const USERNAME: &str = "bench";
/// Known to everyone, as the sandbox that it opens lives as long as the measurement.
pub(super) const API_KEY: &str = "bench-key-0123456789abcdef";
/// Where every command goes.
pub(super) const PATH: &str = "/api/v1/bill/check";

/// A sandbox for this partner, with the binary in `directory`.
pub(super) fn sandbox(directory: &Path, data: &Path) -> Command {
    let mut command = Command::new(directory.join("lunas"));
    command.args(["sandbox", "--listen", "127.0.0.1:0", "--data"]).arg(data);
    command.args(["--username", USERNAME, "--api-key", API_KEY]);
    command.args(["--balance", "9000000000000"]);
    command
}

/// Asks for two months of the sandbox's BPJS Kesehatan bill.
pub(super) fn inquiry(ref_id: &str) -> Vec<u8> {
    inquiry_of("8801234560001", ref_id)
}

/// The same for a customer whose payment stays in process.
pub(super) fn inquiry_that_pends(ref_id: &str) -> Vec<u8> {
    inquiry_of("8801234560007", ref_id)
}

fn inquiry_of(hp: &str, ref_id: &str) -> Vec<u8> {
    let sign = sign(USERNAME, ref_id);
    request(&format!(
        r#"{{"commands":"inq-pasca","username":"{USERNAME}","code":"BPJS","hp":"{hp}","ref_id":"{ref_id}","month":"2","sign":"{sign}"}}"#
    ))
}

/// Pays the bill of an inquiry.
pub(super) fn payment(tr_id: u64) -> Vec<u8> {
    let sign = sign(USERNAME, &tr_id.to_string());
    request(&format!(
        r#"{{"commands":"pay-pasca","username":"{USERNAME}","tr_id":"{tr_id}","sign":"{sign}"}}"#
    ))
}

/// Asks what became of a transaction.
pub(super) fn status(ref_id: &str) -> Vec<u8> {
    let sign = sign(USERNAME, "cs");
    request(&format!(
        r#"{{"commands":"checkstatus","username":"{USERNAME}","ref_id":"{ref_id}","sign":"{sign}"}}"#
    ))
}

/// The transaction that the answer to an inquiry has opened.
pub(super) fn tr_id(body: &[u8]) -> Result<u64, String> {
    let answer: Value =
        serde_json::from_slice(body).map_err(|error| format!("an inquiry's answer: {error}"))?;
    let tr_id = &answer["data"]["tr_id"];
    let number = tr_id.as_u64().or_else(|| tr_id.as_str()?.parse().ok());
    number.ok_or_else(|| "an inquiry's answer without a tr_id".to_owned())
}

/// The MD5 of username, key and `signed`, in hexadecimal.
pub(super) fn sign(username: &str, signed: &str) -> String {
    let digest = Md5::new().chain_update(username).chain_update(API_KEY).chain_update(signed);
    format!("{:032x}", u128::from_be_bytes(digest.finalize().into()))
}

fn request(body: &str) -> Vec<u8> {
    format!(
        "POST {PATH} HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n\
         Content-Length: {}\r\n\r\n{body}",
        body.len()
    )
    .into_bytes()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_signature_is_the_md5_of_name_key_and_what_is_signed() {
        // printf %s benchbench-key-0123456789abcdef9732787 | md5sum
        assert_eq!(sign("bench", "9732787"), "aa5ec1bf0da7f0089c9ea574bd9b78a5");
    }

    #[test]
    fn a_request_says_how_long_it_is() {
        let request = String::from_utf8(payment(9_732_787)).unwrap();
        let (head, body) = request.split_once("\r\n\r\n").unwrap();
        assert!(head.starts_with("POST /api/v1/bill/check HTTP/1.1\r\n"), "{head}");
        assert!(head.ends_with(&format!("\r\nContent-Length: {}", body.len())), "{head}");
        let body: serde_json::Value = serde_json::from_str(body).unwrap();
        assert_eq!(body["tr_id"], "9732787");
    }

    #[test]
    fn a_tr_id_is_a_number_or_a_text() {
        assert_eq!(tr_id(br#"{"data":{"tr_id":9732787}}"#), Ok(9_732_787));
        assert_eq!(tr_id(br#"{"data":{"tr_id":"9732787"}}"#), Ok(9_732_787));
        assert!(tr_id(br#"{"data":{}}"#).is_err() && tr_id(b"").is_err());
    }
}
