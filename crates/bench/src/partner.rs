//! The partners that send the load, and their requests as bytes.

use std::io::Write;
use std::path::Path;
use std::process::{Command, Stdio};

use md5::{Digest, Md5};
use serde_json::Value;
use xtask::Outcome;
use xtask::process::run;

/// The key is public: the sandbox that it opens exists only during the measurement.
pub(crate) const API_KEY: &str = "bench-key-0123456789abcdef";
/// The largest amounts that lunas accepts, in whole rupiah.
pub(crate) const LARGEST_DEPOSIT: &str = "1000000000000";
const LARGEST_CREDIT: &str = "-1000000000000";
/// The path of every command.
pub(crate) const PATH: &str = "/api/v1/bill/check";

/// The encoding of a request and its answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Format {
    Json,
    Xml,
}

/// A partner.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Partner(usize);

impl Partner {
    /// The partner that every sandbox has.
    pub(crate) const ONE: Partner = Partner(0);

    /// One for each number; number zero is [`Partner::ONE`].
    pub(crate) fn number(number: usize) -> Partner {
        Partner(number)
    }

    /// The username.
    pub(crate) fn username(self) -> String {
        format!("bench{}", self.0)
    }

    /// An inquiry for two months of the sandbox's BPJS Kesehatan bill.
    pub(crate) fn inquiry(self, ref_id: &str) -> Vec<u8> {
        self.inquiry_of("8801234560001", ref_id)
    }

    /// The same for a customer whose payment stays pending.
    pub(crate) fn inquiry_that_pends(self, ref_id: &str) -> Vec<u8> {
        self.inquiry_of("8801234560007", ref_id)
    }

    /// An inquiry for a generated PLN bill, with another customer for each reference.
    pub(crate) fn inquiry_made_up(self, ref_id: &str) -> Vec<u8> {
        let digits: String = ref_id.bytes().map(|byte| char::from(b'0' + byte % 10)).collect();
        // The last four digits would select an outcome if the first of them were 0 or 1, and the
        // last eight a fault if it were 9.
        let (first, last) = digits.split_at(7);
        self.ask(&format!(r#""code":"PLNPOSTPAID","hp":"5{first}8{last:.3}""#), ref_id)
    }

    fn inquiry_of(self, hp: &str, ref_id: &str) -> Vec<u8> {
        self.ask(&format!(r#""code":"BPJS","hp":"{hp}","month":"2""#), ref_id)
    }

    fn ask(self, fields: &str, ref_id: &str) -> Vec<u8> {
        let (username, sign) = (self.username(), self.sign(ref_id));
        json(&format!(
            r#"{{"commands":"inq-pasca","username":"{username}",{fields},"ref_id":"{ref_id}","sign":"{sign}"}}"#
        ))
    }

    /// Pays the bill of an inquiry.
    pub(crate) fn payment(self, tr_id: u64, format: Format) -> Vec<u8> {
        let (username, sign) = (self.username(), self.sign(&tr_id.to_string()));
        match format {
            Format::Json => json(&format!(
                r#"{{"commands":"pay-pasca","username":"{username}","tr_id":"{tr_id}","sign":"{sign}"}}"#
            )),
            Format::Xml => request(
                "application/xml",
                &format!(
                    "<?xml version=\"1.0\"?><mp><commands>pay-pasca</commands><username>{username}\
                     </username><tr_id>{tr_id}</tr_id><sign>{sign}</sign></mp>"
                ),
            ),
        }
    }

    /// A status request.
    pub(crate) fn status(self, ref_id: &str) -> Vec<u8> {
        let (username, sign) = (self.username(), self.sign("cs"));
        json(&format!(
            r#"{{"commands":"checkstatus","username":"{username}","ref_id":"{ref_id}","sign":"{sign}"}}"#
        ))
    }

    fn sign(self, signed: &str) -> String {
        sign(&self.username(), signed)
    }
}

/// A sandbox for [`Partner::ONE`], with the binary in `directory`.
pub(crate) fn sandbox(directory: &Path, data: &Path) -> Command {
    let mut command = Command::new(directory.join("lunas"));
    command.args(["sandbox", "--listen", "127.0.0.1:0", "--data"]).arg(data);
    command.args(["--username", &Partner::ONE.username(), "--api-key", API_KEY]);
    command.args(["--balance", LARGEST_DEPOSIT]);
    command.env("LUNAS_SANDBOX__MADE_UP_BILLS", "true");
    command
}

/// Adds partners to the server on `data` until there are `partners` of them, each with enough
/// balance.
pub(crate) fn add_partners(directory: &Path, data: &Path, partners: usize) -> Outcome {
    for partner in (1..partners).map(Partner) {
        let mut lunas = Command::new(directory.join("lunas"));
        lunas.args(["partner", "add", "--api-key-stdin", "--min-balance", LARGEST_CREDIT]);
        lunas.args(["--username", &partner.username(), "--data"]).arg(data);
        lunas.stdin(Stdio::piped()).stdout(Stdio::null());
        let added = lunas.spawn().and_then(|mut child| {
            child.stdin.take().map_or(Ok(()), |mut stdin| writeln!(stdin, "{API_KEY}"))?;
            child.wait()
        });
        match added {
            Ok(status) if status.success() => {}
            Ok(status) => return Err(format!("`lunas partner add`: {status}")),
            Err(error) => return Err(format!("`lunas partner add`: {error}")),
        }
    }
    Ok(())
}

/// Books a deposit of [`Partner::ONE`] at the server on `data` that lasts for a long load.
pub(crate) fn add_deposit(directory: &Path, data: &Path) -> Outcome {
    let mut lunas = Command::new(directory.join("lunas"));
    lunas.args(["deposit", "add", &Partner::ONE.username(), LARGEST_DEPOSIT]);
    lunas.args(["--reference", "", "--data"]).arg(data);
    run(lunas.stdin(Stdio::null()).stdout(Stdio::null()))
}

/// The `tr_id` and the `ref_id` in the answer to an inquiry.
pub(crate) fn transaction_in(body: &[u8]) -> Result<(u64, String), String> {
    let answer: Value =
        serde_json::from_slice(body).map_err(|error| format!("an inquiry's answer: {error}"))?;
    let (tr_id, ref_id) = (&answer["data"]["tr_id"], &answer["data"]["ref_id"]);
    let number = tr_id.as_u64().or_else(|| tr_id.as_str()?.parse().ok());
    let transaction = number.zip(ref_id.as_str().map(str::to_owned));
    transaction.ok_or_else(|| "an inquiry's answer without a tr_id or a ref_id".to_owned())
}

/// The MD5 of username, key and `signed`, in hexadecimal.
pub(crate) fn sign(username: &str, signed: &str) -> String {
    let digest = Md5::new().chain_update(username).chain_update(API_KEY).chain_update(signed);
    format!("{:032x}", u128::from_be_bytes(digest.finalize().into()))
}

fn json(body: &str) -> Vec<u8> {
    request("application/json", body)
}

fn request(content_type: &str, body: &str) -> Vec<u8> {
    format!(
        "POST {PATH} HTTP/1.1\r\nHost: localhost\r\nContent-Type: {content_type}\r\n\
         Content-Length: {}\r\n\r\n{body}",
        body.len()
    )
    .into_bytes()
}

#[cfg(test)]
mod tests {
    use domain::bounds::{self, Bounds};

    use super::*;

    #[test]
    fn the_signature_is_the_md5_of_name_key_and_what_is_signed() {
        // printf %s benchbench-key-0123456789abcdef9732787 | md5sum
        assert_eq!(sign("bench", "9732787"), "aa5ec1bf0da7f0089c9ea574bd9b78a5");
    }

    #[test]
    fn lunas_accepts_the_amounts() {
        let check = |bounds: Bounds, amount: &str| bounds.check(amount.parse().unwrap());
        for (bounds, amount) in [
            (bounds::FIRST_DEPOSIT, LARGEST_DEPOSIT),
            (bounds::DEPOSIT, LARGEST_DEPOSIT),
            (bounds::MIN_BALANCE, LARGEST_CREDIT),
        ] {
            assert!(check(bounds, amount).is_ok(), "{amount}");
            assert!(check(bounds, &format!("{amount}0")).is_err(), "{amount} is not the largest");
        }
    }

    #[test]
    fn a_request_says_how_long_it_is() {
        for format in [Format::Json, Format::Xml] {
            let request = String::from_utf8(Partner::ONE.payment(9_732_787, format)).unwrap();
            let (head, body) = request.split_once("\r\n\r\n").unwrap();
            assert!(head.starts_with("POST /api/v1/bill/check HTTP/1.1\r\n"), "{head}");
            assert!(head.ends_with(&format!("\r\nContent-Length: {}", body.len())), "{head}");
            assert!(body.contains("9732787"));
        }
    }

    #[test]
    fn a_made_up_customer_has_twelve_digits() {
        let request = Partner::ONE.inquiry_made_up("0cc175b9c0f1b6a831c399e269772661");
        let request = String::from_utf8(request).unwrap();
        let hp = request.split_once(r#""hp":""#).unwrap().1.split('"').next().unwrap();
        assert!(hp.len() == 12 && hp.bytes().all(|byte| byte.is_ascii_digit()), "{hp}");
    }

    #[test]
    fn a_tr_id_is_a_number_or_a_text() {
        let both = (9_732_787, "a".to_owned());
        assert_eq!(transaction_in(br#"{"data":{"tr_id":9732787,"ref_id":"a"}}"#), Ok(both.clone()));
        assert_eq!(transaction_in(br#"{"data":{"tr_id":"9732787","ref_id":"a"}}"#), Ok(both));
        assert!(
            transaction_in(br#"{"data":{"tr_id":1}}"#).is_err() && transaction_in(b"").is_err()
        );
    }
}
