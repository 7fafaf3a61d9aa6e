//! IAK's postpaid API on the wire: requests, answers, response codes and the signature, in JSON and
//! in XML. No I/O, and nothing about the gateway: only bytes to values and back.
//!
//! # Layout
//!
//! - [`request`]: requests of a partner, and the format of every field.
//! - [`answer`], [`price_list`], [`receipt`]: answers; [`desc`] is the part of a bill that differs
//!   by product family.
//! - [`code`], [`fault`]: the documented response codes, and the faults of a request.
//! - `failure_reason`: the response code of each reason of a failure, and the reason of each code.
//! - [`signature`], [`diagnosis`]: the md5 signature, and why a given one is wrong.
//! - `encoding`, `byte_order_mark`: decoding a body's bytes into text.
//! - `json`, `xml`, `writer`: the two formats. A document is checked completely before any field is
//!   used. Output is well formed for any text.
//!
//! Amounts are whole rupiah in an `i64`; there is no floating point. Texts borrow from the body if
//! they have no escapes.

pub mod answer;
pub mod code;
pub mod desc;
pub mod diagnosis;
pub mod fault;
pub mod format;
pub mod price_list;
pub mod receipt;
pub mod request;
pub mod signature;

mod byte_order_mark;
mod encoding;
mod failure_reason;
mod json;
mod limits;
mod writer;
mod xml;

pub use answer::{BillAnswer, NorefTag, Unreadable, decode_answer, encode_answer};
pub use code::{Class, INQUIRY_SUCCESS, PAYMENT_SUCCESS, ResponseCode};
pub use desc::{BadDesc, Desc};
pub use diagnosis::{Diagnosis, Known, Mistake, diagnose};
pub use fault::{Fault, FieldFault};
pub use format::Format;
pub use limits::{MAX_BODY, MAX_DEPTH, MAX_NODES};
pub use price_list::{PriceListAnswer, Product, decode_price_list, encode_price_list};
pub use receipt::encode_receipt_lines;
pub use request::{Command, Inquiry, Listing, Request, decode_request, encode_request};
pub use signature::{Signature, receipt_suffix, sign, verify};
