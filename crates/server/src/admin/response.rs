//! Answers to an operator. `--json` prints the value of a variant.
//!
//! Money is whole rupiah. Times are written `2018-08-03 17:07:50`, in Asia/Jakarta. Payments
//! contain the customer's number and name: operators may see them, and they are never logged.

use domain::books::BalanceChangeKind;
use domain::callback::DeliveryState;
use domain::{Account, Family, Hours, Moment, Network, ReviewReason, State};
use secrecy::SecretString;
use serde::{Deserialize, Serialize};

pub(crate) use super::biller_response::Biller;
use super::biller_response::{BillerBalance, BillerDetails, Route};
use super::listed_product::{BillerProduct, BillerProducts};
use super::named::{Event, Named};

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
    BalanceChanges(Vec<BalanceChange>),
    BalanceChanged(BalanceChanged),
    Products(Vec<Product>),
    Product(Product),
    Billers(Vec<BillerDetails>),
    Biller(BillerDetails),
    BillerBalance(BillerBalance),
    BillerProducts(BillerProducts),
    ImportedProducts(Vec<BillerProduct>),
    Routes(Vec<Route>),
    Payments(Vec<Payment>),
    Queue(Vec<ReviewItem>),
    TransactionHistory(Box<TransactionHistory>),
    Actions(Vec<Action>),
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
    pub(crate) min_balance: i64,
    /// The addresses from which it may call; empty: any.
    pub(crate) allow: Vec<Named<Network>>,
    /// The number of active API keys.
    pub(crate) keys: usize,
    /// Whether its people can sign in to the portal.
    pub(crate) password: bool,
    /// Whether they also need a one-time code.
    pub(crate) codes: bool,
    pub(crate) callback: Option<CallbackAddress>,
    pub(crate) since: Named<Moment>,
}

/// Where the callbacks of a partner go, without the parts that may be secret.
#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct CallbackAddress {
    /// Scheme and host, such as `https://example.com`.
    pub(crate) origin: String,
    /// Whether the address has more parts, which are not shown.
    pub(crate) has_more: bool,
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
    pub(crate) state: Named<DeliveryState>,
    /// The number of attempts.
    pub(crate) attempts: u32,
    /// The result of the last attempt.
    pub(crate) answer: Option<String>,
    pub(crate) since: Named<Moment>,
    /// When it is sent next; after the last attempt, when that ended.
    pub(crate) at: Named<Moment>,
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
    pub(crate) at: Named<Moment>,
    /// The reversal, if it was reversed.
    pub(crate) reversal: Option<Reversal>,
}

/// The reversal of a deposit.
#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Reversal {
    pub(crate) tr_id: i64,
    pub(crate) reason: String,
    pub(crate) at: Named<Moment>,
}

/// A deposit that was just booked or reversed.
#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Deposited {
    pub(crate) deposit: Deposit,
    /// The balance that the partner can spend afterwards.
    pub(crate) available: i64,
}

/// A withdrawal or an adjustment.
#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct BalanceChange {
    pub(crate) tr_id: i64,
    pub(crate) partner: String,
    /// `withdrawal` or `adjustment`.
    pub(crate) kind: Named<BalanceChangeKind>,
    /// What it added to the balance; negative if it lowered the balance.
    pub(crate) amount: i64,
    pub(crate) reason: String,
    /// The reference of a withdrawal, if it has one.
    pub(crate) reference: Option<String>,
    pub(crate) at: Named<Moment>,
}

/// A withdrawal or an adjustment that was just booked.
#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct BalanceChanged {
    pub(crate) change: BalanceChange,
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
    pub(crate) family: Named<Family>,
    /// Per bill sheet.
    pub(crate) fee: i64,
    /// Per bill sheet.
    pub(crate) commission: i64,
    /// The fee minus the commission, per bill sheet.
    pub(crate) net_fee: i64,
    /// A warning about the net fee of a product that is on.
    pub(crate) warning: Option<FeeWarning>,
    pub(crate) active: bool,
    /// `01:00-23:00`; `None`: always open.
    pub(crate) hours: Option<Named<Hours>>,
    pub(crate) province: Option<String>,
    /// Whether the biller's own fee is charged where it states one.
    pub(crate) fee_of_biller: bool,
    /// Whether a bill may be sold for less than the biller takes for it.
    pub(crate) below_cost: bool,
    /// Whether a payment may go on at the next biller, if one certainly did not take it.
    pub(crate) failover_payments: bool,
    /// The billers that are asked for its bills, in order.
    pub(crate) routes: Vec<Route>,
}

/// Why the operator earns nothing from a product.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum FeeWarning {
    /// Fee and commission are zero.
    NoFee,
    /// The partner keeps the whole fee.
    NoNetFee,
    /// The partner keeps more than the fee.
    Loss,
}

/// A transaction: an inquiry and, if it has started, its payment.
#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Payment {
    pub(crate) tr_id: i64,
    pub(crate) state: Named<State>,
    pub(crate) partner: String,
    pub(crate) ref_id: String,
    pub(crate) code: String,
    pub(crate) customer_no: String,
    pub(crate) customer_name: String,
    pub(crate) period: String,
    pub(crate) nominal: i64,
    pub(crate) admin: i64,
    pub(crate) price: i64,
    pub(crate) commission: i64,
    pub(crate) selling_price: i64,
    pub(crate) inquired_at: Named<Moment>,
    pub(crate) begun_at: Option<Named<Moment>>,
    pub(crate) settled_at: Option<Named<Moment>>,
    /// The biller that gave the bill or, once it is paid, that of the current attempt.
    pub(crate) biller: Biller,
    /// The biller's own handle of the inquiry.
    pub(crate) biller_reference: Option<String>,
    /// lunas's reference at the biller.
    pub(crate) reference: Option<String>,
    /// What the biller takes; `None` if the payment failed and its biller does not contradict that.
    pub(crate) cost: Option<i64>,
    /// The billers before that of the inquiry that did not give the bill, each with its reason.
    pub(crate) passed_over: Option<String>,
    /// The biller's receipt number, if paid.
    pub(crate) receipt_no: Option<String>,
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
    pub(crate) review_reason: Option<Named<ReviewReason>>,
}

/// A payment that needs manual review.
#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct ReviewItem {
    #[serde(flatten)]
    pub(crate) payment: Payment,
    /// Since when it needs review.
    pub(crate) queued_at: Named<Moment>,
    /// Seconds since the payment began.
    pub(crate) age_seconds: i64,
    /// The last exchange with the biller.
    pub(crate) evidence: Option<Step>,
    /// What the operator must do.
    pub(crate) next_step: NextStep,
}

/// What an operator does about a payment in manual review.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum NextStep {
    /// Find out the outcome from the biller, and resolve the payment.
    Resolve,
    /// Settle the contradiction with the biller, and mark it as reconciled.
    Reconcile,
}

/// A transaction from its inquiry to its end.
#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct TransactionHistory {
    pub(crate) payment: Payment,
    /// The callback with its final result, if there is one.
    pub(crate) callback: Option<Callback>,
    /// The attempts to pay, in order; more than one if the payment went on at another biller.
    pub(crate) attempts: Vec<Attempt>,
    /// Ordered by time.
    pub(crate) steps: Vec<Step>,
    /// The status query that was just made, if its answer was not new and therefore is no step.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) asked: Option<Step>,
}

/// An attempt to pay a bill at one biller.
#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Attempt {
    /// Counted from one.
    pub(crate) number: u32,
    pub(crate) biller: Biller,
    /// lunas's reference there.
    pub(crate) reference: Option<String>,
    /// The biller's own handle of the inquiry.
    pub(crate) biller_reference: Option<String>,
    /// What the biller takes if it pays.
    pub(crate) cost: i64,
    pub(crate) begun_at: Named<Moment>,
    /// Why it failed, if it did.
    pub(crate) failed_because: Option<String>,
}

/// Something that happened to a transaction: an exchange with the biller, an operator's decision,
/// or a movement of money.
#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Step {
    pub(crate) at: Named<Moment>,
    /// `inquire`, `pay`, `status`, `report`, `operator`, `decision`; `hold`, `post`, `void`.
    pub(crate) what: Named<Event>,
    /// The biller of an exchange.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) biller: Option<Biller>,
    /// The number of the attempt that an exchange is about; none if the biller was asked and no attempt followed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) attempt: Option<u32>,
    /// The duration of an exchange, in microseconds.
    pub(crate) took_micros: Option<i64>,
    /// The answer of an exchange.
    pub(crate) answer: Option<String>,
    /// What was sent and received in an exchange over a network, without key and signature.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) evidence: Option<Evidence>,
    /// The postings of a movement; their sum is zero.
    pub(crate) postings: Vec<Posting>,
}

/// What was sent to a biller and what came back.
#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Evidence {
    /// Empty if nothing was sent: there was no connection, or the biller reported by itself.
    pub(crate) sent: String,
    /// `None` without an answer.
    pub(crate) http_status: Option<u16>,
    pub(crate) received: String,
}

/// An amount added to an account.
#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Posting {
    /// `available/1`, `held/1`, `float/1`, `fee`, `commission`.
    pub(crate) account: Named<Account>,
    pub(crate) amount: i64,
}

/// An entry of the log of actions.
#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Action {
    pub(crate) id: i64,
    pub(crate) at: Named<Moment>,
    pub(crate) actor: Actor,
    /// Such as `partner.suspend`.
    pub(crate) action: String,
    /// A partner's username, a product's code or a `tr_id`.
    pub(crate) subject: String,
    /// The fields that it concerns, before it; `None` if the subject is new.
    pub(crate) before: Option<Fields>,
    /// The same fields after it.
    pub(crate) after: Fields,
}

/// Values by their names.
pub(crate) type Fields = serde_json::Map<String, serde_json::Value>;

/// Who changed the books.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(into = "ActorParts", try_from = "ActorParts")]
pub(crate) struct Actor(pub(crate) domain::Actor);

#[derive(Serialize, Deserialize)]
struct ActorParts {
    /// `command-line`, `partner` or `system`.
    kind: String,
    name: String,
}

impl From<Actor> for ActorParts {
    fn from(Actor(actor): Actor) -> ActorParts {
        ActorParts { kind: actor.kind().to_owned(), name: actor.name().to_owned() }
    }
}

impl TryFrom<ActorParts> for Actor {
    type Error = &'static str;

    fn try_from(parts: ActorParts) -> Result<Actor, &'static str> {
        let actor = domain::Actor::named(&parts.kind, &parts.name);
        actor.map(Actor).ok_or("an actor that is unknown to this version")
    }
}

/// A running sandbox: its clock and its scenarios.
#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Sandbox {
    pub(crate) now: Named<Moment>,
    /// How far the clock is ahead of the machine's time.
    pub(crate) ahead_seconds: i64,
    pub(crate) scenarios: Vec<Scenario>,
}

/// A scenario of the sandbox.
#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Scenario {
    #[serde(rename = "name")]
    pub(crate) scenario: Named<sandbox::Scenario>,
    pub(crate) on: bool,
    /// For how many more requests; `None`: until it is switched off.
    pub(crate) left: Option<u16>,
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
