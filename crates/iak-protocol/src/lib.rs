//! IAK's postpaid API on the wire: requests, answers, response codes and the signature, in JSON and
//! in XML. No I/O and nothing of the gateway's own: bytes in, values out, and back.
//!
//! # Layout
//!
//! - [`request`]: what a partner asks, and the rules that every field passes before it is used.
//! - [`answer`], [`price_list`], [`receipt`]: what comes back; [`desc`] is the part of a bill whose
//!   fields differ by product family.
//! - [`code`], [`fault`]: the documented response codes, and why a request is unacceptable.
//! - [`signature`], [`diagnosis`]: the md5 that signs a request, and why a given one is wrong.
//! - `encoding`: from a body's bytes to its text.
//! - `json`, `xml`, `writer`: the two formats. What is read is checked whole before any field is
//!   looked at; what is written is well formed whatever the texts hold.
//!
//! Amounts are whole rupiah in an `i64`; nothing passes through floating point. Texts borrow from
//! the body wherever the body spells them without an escape.

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
