//! Answers about billers and routes.

use domain::{BillerKind, Hours, Moment};
use gateway::CircuitState;
use serde::{Deserialize, Serialize};

use super::named::Named;

/// A biller.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Biller {
    pub(crate) number: i64,
    /// `None` in a process that does not use this biller.
    pub(crate) name: Option<String>,
}

/// A biller on a network.
#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct BillerDetails {
    pub(crate) name: String,
    pub(crate) number: i64,
    pub(crate) kind: Named<BillerKind>,
    pub(crate) url: String,
    pub(crate) prepaid_url: Option<String>,
    /// lunas's name there.
    pub(crate) username: String,
    pub(crate) testing: bool,
    pub(crate) deadline_seconds: u64,
    pub(crate) concurrency: u16,
    /// Whether its webhooks are accepted.
    pub(crate) webhook: bool,
    /// Whether it is left out of new inquiries.
    pub(crate) paused: bool,
    /// Whether this process asks it.
    pub(crate) circuit: Named<CircuitState>,
    /// Why the circuit is not closed.
    pub(crate) circuit_reason: Option<String>,
    /// lunas's balance there, as the biller told it last.
    pub(crate) balance: Option<i64>,
    pub(crate) balance_at: Option<Named<Moment>>,
    /// Calls of this process in the last hour.
    pub(crate) calls: u64,
    /// Of these, in hundredths: how many had an answer. `None` without calls.
    pub(crate) answered_percent: Option<u64>,
    /// The mean time to an answer, in milliseconds. `None` without calls.
    pub(crate) mean_millis: Option<u64>,
    /// The products with a route to it.
    pub(crate) products: usize,
    pub(crate) since: Named<Moment>,
}

/// lunas's balance at a biller, beside the books.
#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct BillerBalance {
    pub(crate) name: String,
    /// What the biller says.
    pub(crate) balance: i64,
    /// When it said that.
    pub(crate) balance_at: Named<Moment>,
    /// Why it does not say it now; `balance` is then what it said last.
    pub(crate) failure: Option<String>,
    /// What the biller took for all paid bills, by the books.
    pub(crate) taken: i64,
    /// The payments at this biller whose outcome is unknown.
    pub(crate) in_process: usize,
    /// What the biller takes for these, if they are paid.
    pub(crate) in_process_cost: i64,
    /// What changed since the answer before; `None` if there was none, or if this is an old answer.
    pub(crate) difference: Option<BalanceDifference>,
}

/// How the balance at a biller changed between two answers.
#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct BalanceDifference {
    /// The time of the answer before.
    pub(crate) since: Named<Moment>,
    /// How much lower the balance is; negative if it is higher.
    pub(crate) decrease: i64,
    /// What the biller took meanwhile, by the books.
    pub(crate) taken: i64,
    /// The decrease that the books do not explain: `decrease` without `taken`.
    pub(crate) unexplained: i64,
    /// The part of it that payments in process can be: from this amount,
    pub(crate) in_process_least: i64,
    /// to this one.
    pub(crate) in_process_most: i64,
    /// Whether they can be all of it.
    pub(crate) is_explained: bool,
}

/// A biller of a product.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Route {
    pub(crate) product: String,
    /// From 1, in the order in which billers are asked.
    pub(crate) position: usize,
    pub(crate) biller: Biller,
    /// The product's code there.
    pub(crate) code: String,
    pub(crate) active: bool,
    /// Why the biller is not asked at present, as far as this process knows.
    pub(crate) closed_because: Option<String>,
    /// When the biller may be asked; `None`: at any time.
    pub(crate) hours: Option<Named<Hours>>,
}
