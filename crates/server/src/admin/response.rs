//! Answers to an operator. `--json` prints the value of a variant.
//!
//! Money is whole rupiah. Times are written `2018-08-03 17:07:50`, in Asia/Jakarta. Payments
//! contain the customer's number and name: operators may see them, and they are never logged.

use domain::Account;
use domain::callback::DeliveryState;
use secrecy::SecretString;
use serde::{Deserialize, Serialize};

/// The answer to a request. It may hold a new API key, so it has no `Debug`.
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
    /// The balance that it can spend.
    pub(crate) available: i64,
    /// Held for its payments in process.
    pub(crate) held: i64,
    /// The lowest value that `available` may have.
    pub(crate) limit: i64,
    /// The addresses from which it may call; empty: any.
    pub(crate) allow: Vec<String>,
    /// The number of active API keys.
    pub(crate) keys: usize,
    /// Whether its people can sign in to the portal.
    pub(crate) password: bool,
    /// Whether they also need a one-time code.
    pub(crate) codes: bool,
    /// Where its callbacks go, without the parts that may be secret.
    pub(crate) callback: Option<String>,
    pub(crate) since: String,
}

/// A partner with a new API key.
#[derive(Serialize, Deserialize)]
pub(crate) struct NewKey {
    pub(crate) partner: Partner,
    /// The key, if lunas generated it. No other answer contains it.
    #[serde(with = "super::secret_serde")]
    pub(crate) api_key: Option<SecretString>,
}

/// A partner with a new secret for one-time codes.
#[derive(Serialize, Deserialize)]
pub(crate) struct NewCodes {
    pub(crate) partner: Partner,
    /// The URL from which an app reads the secret. No other answer contains it.
    #[serde(with = "super::secret_serde")]
    pub(crate) url: Option<SecretString>,
}

/// A callback: it tells a partner the final result of a payment.
#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Callback {
    pub(crate) tr_id: i64,
    pub(crate) partner: String,
    /// `waiting`, `delivered` or `given-up`.
    #[serde(with = "super::named::standing")]
    pub(crate) standing: DeliveryState,
    /// The number of attempts.
    pub(crate) attempts: u32,
    /// The result of the last attempt.
    pub(crate) answer: Option<String>,
    pub(crate) since: String,
    /// When it is sent next; after the last attempt, when that ended.
    pub(crate) at: String,
}

/// A deposit.
#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Deposit {
    pub(crate) tr_id: i64,
    pub(crate) partner: String,
    pub(crate) amount: i64,
    pub(crate) note: String,
    /// The reference, if it has one.
    pub(crate) reference: Option<String>,
    pub(crate) at: String,
    /// The reversal, if it was reversed.
    pub(crate) reversal: Option<Reversal>,
}

/// The reversal of a deposit.
#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Reversal {
    pub(crate) tr_id: i64,
    pub(crate) reason: String,
    pub(crate) at: String,
}

/// A deposit that was just booked or reversed.
#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Deposited {
    pub(crate) deposit: Deposit,
    /// The balance that the partner can spend afterwards.
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
    /// The operator's margin per bill sheet: the fee minus the commission.
    pub(crate) margin: i64,
    /// A warning, if the margin is not positive.
    pub(crate) remark: Option<String>,
    pub(crate) active: bool,
    /// `01:00-23:00`; `None`: always open.
    pub(crate) hours: Option<String>,
    pub(crate) province: Option<String>,
    pub(crate) biller: String,
}

/// A transaction: an inquiry and, if it has started, its payment.
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
    /// The biller that was asked to pay.
    pub(crate) biller: Option<String>,
    /// The biller's reference number, if paid.
    pub(crate) noref: Option<String>,
    /// The response code that the partner gets, if failed.
    pub(crate) response_code: Option<String>,
    /// Why it failed, in words.
    pub(crate) reason: Option<String>,
    /// The latest answer that left the outcome unknown.
    pub(crate) open_because: Option<String>,
    /// How often the biller was asked for the status.
    pub(crate) asks: u32,
    /// Why it needs manual review, if it does: `not-found`, `too-old`, `mismatch` or
    /// `contradiction`.
    pub(crate) review_reason: Option<String>,
}

/// A payment that needs manual review.
#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct ReviewItem {
    #[serde(flatten)]
    pub(crate) payment: Payment,
    /// The meaning of `review_reason`.
    pub(crate) because: String,
    /// Since when it needs review.
    pub(crate) queued_at: String,
    /// Seconds since the payment began.
    pub(crate) age_seconds: i64,
    /// The last exchange with the biller.
    pub(crate) evidence: Option<Step>,
    /// What the operator must do.
    pub(crate) next_step: String,
}

/// A transaction from its inquiry to its end.
#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct TransactionHistory {
    pub(crate) payment: Payment,
    /// The callback with its final result, if there is one.
    pub(crate) callback: Option<Callback>,
    /// Ordered by time.
    pub(crate) steps: Vec<Step>,
    /// The status query that was just made, if its answer was not new and therefore is no step.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) asked: Option<Step>,
}

/// Something that happened to a transaction: an exchange with the biller, an operator's decision,
/// or a movement of money.
#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Step {
    pub(crate) at: String,
    /// `inquire`, `pay`, `status`, `operator`; `hold`, `post`, `void`.
    pub(crate) what: String,
    /// The duration of an exchange, in microseconds.
    pub(crate) took_micros: Option<i64>,
    /// The answer of an exchange.
    pub(crate) answer: Option<String>,
    /// The postings of a movement; their sum is zero.
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

/// A running sandbox: its clock and its scenarios.
#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Sandbox {
    pub(crate) now: String,
    /// How far the clock is ahead of the machine's time.
    pub(crate) ahead_seconds: i64,
    pub(crate) scenarios: Vec<Scenario>,
}

/// A scenario of the sandbox.
#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Scenario {
    #[serde(rename = "name", with = "super::named::scenario")]
    pub(crate) scenario: sandbox::Scenario,
    pub(crate) on: bool,
    /// For how many more requests; `None`: until it is switched off.
    pub(crate) left: Option<u16>,
    /// What it does.
    pub(crate) what: String,
}

/// How a client on this machine connects to a sandbox.
#[derive(Serialize, Deserialize)]
pub(crate) struct Access {
    pub(crate) url: String,
    pub(crate) username: String,
    /// The partner's newest key; always `Some`.
    #[serde(with = "super::secret_serde")]
    pub(crate) api_key: Option<SecretString>,
}
