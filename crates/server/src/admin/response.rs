//! What an operator is answered. `--json` prints what a variant holds.
//!
//! Money is whole rupiah. Times are written `2018-08-03 17:07:50`, in Asia/Jakarta. Payments show the
//! customer's number and name: they are for the operator's eyes, and no part of them is logged.

use domain::Account;
use domain::callback::DeliveryState;
use secrecy::SecretString;
use serde::{Deserialize, Serialize};

/// The answer to a request. It may hold a new API key and therefore has no `Debug`.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Response {
    Partners(Vec<Partner>),
    Partner(Partner),
    NewKey(NewKey),
    NewCodes(NewCodes),
    Callbacks(Vec<Callback>),
    Deposits(Vec<Deposit>),
    Deposited(Deposited),
    Reversed(Deposited),
    Products(Vec<Product>),
    Product(Product),
    Payments(Vec<Payment>),
    Queue(Vec<ReviewItem>),
    TransactionHistory(Box<TransactionHistory>),
    Sandbox(Sandbox),
    Access(Access),
}

/// A partner.
#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Partner {
    pub(crate) username: String,
    pub(crate) name: String,
    pub(crate) suspended: bool,
    /// What it can spend.
    pub(crate) available: i64,
    /// What is set aside for its payments in process.
    pub(crate) held: i64,
    /// What `available` never goes below.
    pub(crate) limit: i64,
    /// From where it may call; from anywhere, if empty.
    pub(crate) allow: Vec<String>,
    /// How many API keys are in force.
    pub(crate) keys: usize,
    /// Whether its people can sign in to the portal.
    pub(crate) password: bool,
    /// Whether they are asked for a code as well.
    pub(crate) codes: bool,
    /// Where it is told of ends that it has not heard, without what may be secret in it.
    pub(crate) callback: Option<String>,
    pub(crate) since: String,
}

/// A partner with a new API key.
#[derive(Serialize, Deserialize)]
pub(crate) struct NewKey {
    pub(crate) partner: Partner,
    /// The key, where it was made up here. It is in no other answer.
    #[serde(with = "super::secret_serde")]
    pub(crate) api_key: Option<SecretString>,
}

/// A partner with a new secret of one-time codes.
#[derive(Serialize, Deserialize)]
pub(crate) struct NewCodes {
    pub(crate) partner: Partner,
    /// What an app reads the secret from. It is in no other answer.
    #[serde(with = "super::secret_serde")]
    pub(crate) url: Option<SecretString>,
}

/// What tells a partner how a payment ended.
#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Callback {
    pub(crate) tr_id: i64,
    pub(crate) partner: String,
    /// `waiting`, `delivered` or `given-up`.
    #[serde(with = "super::named::standing")]
    pub(crate) standing: DeliveryState,
    /// How often it was sent.
    pub(crate) attempts: u32,
    /// What came of the last attempt.
    pub(crate) answer: Option<String>,
    pub(crate) since: String,
    /// When it is sent next or, once it is over, when that was known.
    pub(crate) at: String,
}

/// A payment into a deposit.
#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Deposit {
    pub(crate) tr_id: i64,
    pub(crate) partner: String,
    pub(crate) amount: i64,
    pub(crate) note: String,
    /// What it is known by, if by anything.
    pub(crate) reference: Option<String>,
    pub(crate) at: String,
    /// What took it back, if anything did.
    pub(crate) reversal: Option<Reversal>,
}

/// What took a payment into a deposit back.
#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Reversal {
    pub(crate) tr_id: i64,
    pub(crate) reason: String,
    pub(crate) at: String,
}

/// A payment into a deposit that was just recorded, or taken back.
#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Deposited {
    pub(crate) deposit: Deposit,
    /// What the partner can spend after it.
    pub(crate) available: i64,
}

/// A product of the price list.
#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Product {
    pub(crate) code: String,
    pub(crate) name: String,
    /// Its `type` in the price list.
    #[serde(rename = "type")]
    pub(crate) kind: String,
    pub(crate) family: String,
    /// Per bill sheet.
    pub(crate) fee: i64,
    /// Per bill sheet.
    pub(crate) commission: i64,
    /// What is earned with a sheet: the fee less the commission.
    pub(crate) margin: i64,
    /// What to know about the margin, where it is not above zero.
    pub(crate) remark: Option<String>,
    pub(crate) active: bool,
    /// `01:00-23:00`; always, if `None`.
    pub(crate) hours: Option<String>,
    pub(crate) province: Option<String>,
    pub(crate) biller: String,
}

/// A transaction: an inquiry with its payment, if that has begun.
#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Payment {
    pub(crate) tr_id: i64,
    pub(crate) state: String,
    pub(crate) partner: String,
    pub(crate) ref_id: String,
    pub(crate) code: String,
    pub(crate) hp: String,
    pub(crate) tr_name: String,
    pub(crate) period: String,
    pub(crate) nominal: i64,
    pub(crate) admin: i64,
    pub(crate) price: i64,
    pub(crate) commission: i64,
    pub(crate) selling_price: i64,
    pub(crate) inquired_at: String,
    pub(crate) begun_at: Option<String>,
    pub(crate) settled_at: Option<String>,
    /// Who was asked to pay.
    pub(crate) biller: Option<String>,
    /// The biller's reference number, once paid.
    pub(crate) noref: Option<String>,
    /// The response code, once failed.
    pub(crate) reason: Option<String>,
    /// The latest answer that left the outcome open.
    pub(crate) open_because: Option<String>,
    /// How often the biller was asked for the status.
    pub(crate) asks: u32,
    /// Why it stands in the operators' queue, if it does: `not-found`, `too-old`, `mismatch` or
    /// `contradiction`.
    pub(crate) review_reason: Option<String>,
}

/// A payment at which an operator must look.
#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct ReviewItem {
    #[serde(flatten)]
    pub(crate) payment: Payment,
    /// What `attention` means.
    pub(crate) because: String,
    /// Since when it stands in the queue.
    pub(crate) queued_at: String,
    /// How long ago it was begun, in seconds.
    pub(crate) age_seconds: i64,
    /// The last exchange with the biller.
    pub(crate) evidence: Option<Step>,
    /// What the operator is to do.
    pub(crate) next_step: String,
}

/// A transaction from its inquiry to its end.
#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct TransactionHistory {
    pub(crate) payment: Payment,
    /// What tells its partner of an end that it has not heard.
    pub(crate) callback: Option<Callback>,
    /// In the order of time.
    pub(crate) steps: Vec<Step>,
    /// The question that was asked now, where its answer says nothing new and is no step.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) asked: Option<Step>,
}

/// Something that happened to a transaction: an exchange with the biller, a word of the operator, or a
/// movement of money.
#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Step {
    pub(crate) at: String,
    /// `inquire`, `pay`, `status`, `operator`; `hold`, `post`, `void`.
    pub(crate) what: String,
    /// How long an exchange took, in microseconds.
    pub(crate) took_micros: Option<i64>,
    /// What an exchange brought.
    pub(crate) answer: Option<String>,
    /// What a movement moved; the amounts sum to zero.
    pub(crate) postings: Vec<Posting>,
}

/// An amount added to an account.
#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Posting {
    /// `available/1`, `held/1`, `float/1`, `fee`, `commission`.
    #[serde(with = "super::named::account")]
    pub(crate) account: Account,
    pub(crate) amount: i64,
}

/// A running sandbox: what its clock shows, and what is made to happen.
#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Sandbox {
    pub(crate) now: String,
    /// How far that is ahead of the machine's time.
    pub(crate) ahead_seconds: i64,
    pub(crate) scenarios: Vec<Scenario>,
}

/// A scenario of the sandbox.
#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Scenario {
    pub(crate) name: String,
    pub(crate) on: bool,
    /// For how many requests more; until it is switched off, if `None`.
    pub(crate) left: Option<u16>,
    /// What happens in it.
    pub(crate) what: String,
}

/// How a client on this machine reaches a sandbox.
#[derive(Serialize, Deserialize)]
pub(crate) struct Access {
    pub(crate) url: String,
    pub(crate) username: String,
    /// The partner's newest key, which is always there.
    #[serde(with = "super::secret_serde")]
    pub(crate) api_key: Option<SecretString>,
}
