//! Requests of a partner: the four commands.
//!
//! Every field that is signed or goes to a biller is checked here for its characters and length,
//! before anything is hashed, stored or sent.

mod decode;
mod encode;
mod rules;

use std::borrow::Cow;

use crate::fault::FieldFault;
use crate::signature::verify;

pub use decode::decode_request;
pub use encode::encode_request;

/// A request whose fields have the right format. Its sender is not verified yet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Request<'a> {
    /// The claimed sender: 1 to 64 visible ASCII characters.
    pub username: Cow<'a, str>,
    /// The signature as sent; any text.
    pub sign: Cow<'a, str>,
    /// What is asked.
    pub command: Command<'a>,
}

/// One of the four commands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Command<'a> {
    /// `inq-pasca`: what is owed?
    Inquiry(Inquiry<'a>),
    /// `pay-pasca`: pay the bill of an inquiry.
    Payment {
        /// The inquiry's number.
        tr_id: i64,
        /// The text as sent, with leading zeros, up to 64 characters including surrounding
        /// whitespace: the signature covers it with or without that whitespace.
        sent: Cow<'a, str>,
    },
    /// `checkstatus`: what is its result?
    Status {
        /// The partner's number of the transaction: 1 to 64 letters, digits and `-_.:/`.
        ref_id: Cow<'a, str>,
    },
    /// `pricelist-pasca`: which products are there?
    PriceList {
        /// Which products.
        status: Listing,
        /// Only those of this province; water companies have one. Printable ASCII.
        province: Option<Cow<'a, str>>,
    },
}

/// Whitespace around a value, including line ends, as in indented XML.
const BLANKS: [char; 4] = [' ', '\t', '\r', '\n'];

/// The fields of an inquiry as sent, without whitespace around numbers. The gateway knows which
/// optional fields a product needs. For other products these fields may contain anything.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Inquiry<'a> {
    /// The product: 1 to 64 letters, digits and `-_.`.
    pub code: Cow<'a, str>,
    /// The customer's number at the biller: 1 to 64 letters, digits, blanks and `-_.:/`.
    pub hp: Cow<'a, str>,
    /// The partner's number of the transaction: 1 to 64 letters, digits and `-_.:/`.
    pub ref_id: Cow<'a, str>,
    /// How many months to pay (BPJS, BPJSTK): one or two digits.
    pub month: Option<Cow<'a, str>>,
    /// The tax year (PBB): four digits.
    pub year: Option<Cow<'a, str>>,
    /// The owner's identity number (ESAMSAT): as `hp`.
    pub nomor_identitas: Option<Cow<'a, str>>,
    /// `desc.amount` (custom denomination, church offering): any text or number token, unchecked.
    pub amount: Option<Cow<'a, str>>,
    /// The faults of optional fields that were sent in the wrong format and are therefore omitted.
    pub unusable: Vec<FieldFault>,
}

/// Which products a price list contains.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Listing {
    /// All of them.
    #[default]
    All,
    /// Products on sale.
    Active,
    /// Products not on sale.
    NonActive,
}

impl Request<'_> {
    /// Whether it is signed with this key, over one of [`Command::signed_suffixes`].
    pub fn is_signed_with(&self, api_key: &str) -> bool {
        let fits = |suffix: &str| verify(&self.username, api_key, suffix, &self.sign);
        self.command.signed_suffixes().map(fits).contains(&true)
    }

    /// An owned copy.
    pub(crate) fn into_owned(self) -> Request<'static> {
        let owned = |text: Cow<'_, str>| Cow::Owned(text.into_owned());
        let command = match self.command {
            Command::Inquiry(inquiry) => Command::Inquiry(Inquiry {
                code: owned(inquiry.code),
                hp: owned(inquiry.hp),
                ref_id: owned(inquiry.ref_id),
                month: inquiry.month.map(owned),
                year: inquiry.year.map(owned),
                nomor_identitas: inquiry.nomor_identitas.map(owned),
                amount: inquiry.amount.map(owned),
                unusable: inquiry.unusable,
            }),
            Command::Payment { tr_id, sent } => Command::Payment { tr_id, sent: owned(sent) },
            Command::Status { ref_id } => Command::Status { ref_id: owned(ref_id) },
            Command::PriceList { status, province } => {
                Command::PriceList { status, province: province.map(owned) }
            }
        };
        Request { username: owned(self.username), sign: owned(self.sign), command }
    }
}

impl<'a> Command<'a> {
    /// A payment of this inquiry.
    pub fn payment(tr_id: i64) -> Command<'a> {
        Command::Payment { tr_id, sent: Cow::Owned(tr_id.to_string()) }
    }

    /// The value of `commands`.
    pub const fn name(&self) -> &'static str {
        match self {
            Command::Inquiry(_) => "inq-pasca",
            Command::Payment { .. } => "pay-pasca",
            Command::Status { .. } => "checkstatus",
            Command::PriceList { .. } => "pricelist-pasca",
        }
    }

    /// The possible suffixes of the request's signature: as sent, and without surrounding
    /// whitespace. A `tr_id` is signed as sent, but whitespace around a number does not count, so
    /// both are right. Other fields have no surrounding whitespace.
    pub fn signed_suffixes(&self) -> [&str; 2] {
        let sent = self.signed_suffix();
        [sent, sent.trim_matches(BLANKS)]
    }

    /// The suffix of the request's signature, after the username and the API key.
    pub fn signed_suffix(&self) -> &str {
        match self {
            Command::Inquiry(inquiry) => &inquiry.ref_id,
            Command::Payment { sent, .. } => sent,
            Command::Status { .. } => "cs",
            Command::PriceList { .. } => "pl",
        }
    }
}

impl Listing {
    /// The value of `status`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Listing::All => "all",
            Listing::Active => "active",
            Listing::NonActive => "non active",
        }
    }

    /// From the value of `status`; clients also send `non-active`.
    pub fn parse(text: &str) -> Option<Listing> {
        match text {
            "all" => Some(Listing::All),
            "active" => Some(Listing::Active),
            "non active" | "non-active" => Some(Listing::NonActive),
            _ => None,
        }
    }
}
