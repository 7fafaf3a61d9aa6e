//! Digiflazz's webhooks: a signed POST when a transaction is formed or its status changes, and a ping.
//!
//! [`verify`] comes first, over the raw body. [`read`] then says what it is. The caller finds the payment by
//! [`BillerReport::reference`], checks with [`BillerReport::difference`] that the report is about it, and
//! [`BillerReport::conclude`] says what the report means for it.
//!
//! A webhook may come more than once, late, never, or before the payment request is answered. So a code that needs
//! a status query after the payment request needs one after a webhook, too.

use std::fmt;

use biller::{BillerReport, PaymentRequest, Reply, Status};
use data_encoding::HEXLOWER_PERMISSIVE;
use domain::{Evidence, Rupiah};
use hmac::{Hmac, KeyInit, Mac};
use serde_json::Value;
use sha1::Sha1;

use super::answer::Answer;
use super::codes;
use super::conclusion::{self, Occasion};
use super::json::Object;
use super::request::Subject;
use crate::connection::{HIDDEN, without};

/// The header with the signature.
pub const SIGNATURE_HEADER: &str = "X-Hub-Signature";

/// The largest body that is read, in bytes.
pub const MAX_BODY: usize = 256 * 1024;

/// The members of a ping, which has no `data`.
const PING: [&str; 3] = ["sed", "hook_id", "hook"];

/// Whether a body has the signature of this secret: `sha1=` and the hex HMAC-SHA1 of the raw body. Nothing has
/// the signature of an empty secret. The comparison takes constant time.
pub fn verify(secret: &str, signature_header: Option<&str>, body: &[u8]) -> bool {
    let hex = signature_header.and_then(|header| header.strip_prefix("sha1="));
    let given = hex.and_then(|hex| HEXLOWER_PERMISSIVE.decode(hex.as_bytes()).ok());
    let mac = Hmac::<Sha1>::new_from_slice(secret.as_bytes());
    match (given, mac) {
        (Some(given), Ok(mac)) if !secret.is_empty() => {
            mac.chain_update(body).verify_slice(&given).is_ok()
        }
        _ => false,
    }
}

/// What a webhook says.
#[derive(Debug)]
pub enum Report {
    /// Digiflazz tests the address. It is answered with 200 and changes nothing.
    Ping {
        /// The body, without the secret that it repeats.
        evidence: Box<str>,
    },
    /// The state of a transaction.
    Payment(PaymentReport),
}

/// The state of a transaction. Its `Debug` hides the customer.
pub struct PaymentReport {
    reference: Box<str>,
    answer: Box<Answer>,
    evidence: Box<str>,
}

/// Why a body is no report.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BadReport {
    /// It is too long.
    #[error("the webhook has more than {MAX_BODY} bytes")]
    TooLong,
    /// It is no JSON object.
    #[error("the webhook is not a JSON object")]
    NotAnObject,
    /// It is neither a ping nor about a transaction.
    #[error("the webhook has no data with an rc and a ref_id")]
    NoTransaction,
}

/// Reads the body of a webhook whose signature was verified.
///
/// # Errors
/// When it is neither a ping nor about a transaction.
pub fn read(body: &[u8]) -> Result<Report, BadReport> {
    if body.len() > MAX_BODY {
        return Err(BadReport::TooLong);
    }
    let report = Object::read(body).ok_or(BadReport::NotAnObject)?;
    if report.has("data") {
        let data = report.object("data").ok_or(BadReport::NoTransaction)?;
        let answer = Answer::of(&data).ok_or(BadReport::NoTransaction)?;
        let reference = answer.ref_id.clone().ok_or(BadReport::NoTransaction)?;
        return Ok(Report::Payment(PaymentReport {
            reference,
            answer: Box::new(answer),
            evidence: without(&[], body),
        }));
    }
    match PING.iter().any(|name| report.has(name)) {
        true => Ok(Report::Ping { evidence: without_secret(body) }),
        false => Err(BadReport::NoTransaction),
    }
}

impl PaymentReport {
    /// The code and its meaning, such as `02: transaction failed`. It holds no personal data.
    pub fn said(&self) -> Box<str> {
        codes::said(&self.answer.rc)
    }

    /// lunas's deposit at Digiflazz afterwards.
    pub fn balance(&self) -> Option<Rupiah> {
        self.answer.balance
    }
}

impl BillerReport for PaymentReport {
    fn reference(&self) -> &str {
        &self.reference
    }

    fn difference(&self, order: &PaymentRequest) -> Option<&'static str> {
        match Subject::of_payment(order) {
            _ if self.answer.product.is_none() => Some("no product"),
            _ if self.answer.customer_no.is_none() => Some("no customer number"),
            Ok(subject) => self.answer.names_another(&subject),
            Err(why) => Some(why),
        }
    }

    /// By the same table and checks as a status answer.
    fn conclude(&self, order: &PaymentRequest) -> Reply<Status> {
        let received = self.evidence.clone();
        Reply {
            answer: conclusion::of_status(&self.answer, order, Occasion::Report),
            evidence: Some(Evidence { sent: "".into(), http_status: None, received }),
            said: Some(self.said()),
            balance: self.balance(),
        }
    }
}

impl fmt::Debug for PaymentReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PaymentReport").field("said", &self.said()).finish_non_exhaustive()
    }
}

/// The text of a ping with every member `secret` hidden; empty if that cannot be done for certain.
fn without_secret(body: &[u8]) -> Box<str> {
    let Ok(mut ping) = serde_json::from_slice::<Value>(body) else { return "".into() };
    hide(&mut ping);
    without(&[], ping.to_string().as_bytes())
}

fn hide(value: &mut Value) {
    match value {
        Value::Object(members) => {
            for (name, value) in members.iter_mut() {
                match name.to_lowercase().contains("secret") {
                    true => *value = HIDDEN.into(),
                    false => hide(value),
                }
            }
        }
        Value::Array(items) => items.iter_mut().for_each(hide),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

#[cfg(test)]
mod tests;
