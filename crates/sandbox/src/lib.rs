//! The sandbox biller: it pays nothing, and its answers are exactly those of the public reference.
//!
//! An answer depends only on the product, the customer's number and the settings:
//!
//! 1. A documented number has its documented outcome and bill ([`cases`]).
//! 2. The last four digits may select the outcome: `0RRR` is response code RRR of the inquiry,
//!    `1RRR` that of the payment, so `0000` succeeds. Only documented response codes count.
//! 3. The last eight digits `99999001` to `99999006` select a biller that loses a payment, answers
//!    for another one, or contradicts itself.
//! 4. Any other number is code 14, or has a bill generated from a seed.
//!
//! A number consists of digits only. A number whose last digits select an outcome has at most as
//! many digits as the documented numbers of its product. Anything else is code 14, whatever its
//! last digits are.
//!
//! [`Settings::scheme`] says which of the first two rules has priority. An order counts as
//! received: the status of a number that pays is "paid" at any time. Only [`Scenarios`] change the
//! answers to the next requests.
//!
//! The products in [`catalogue`] have no closing hours, so that the sandbox works around the clock.
//! [`cut_off`] has PLN's hours, for tests of closing hours.

mod active_scenarios;
mod bills;
mod cases;
mod catalogue;
mod choices;
mod fault;
mod forms;
mod journal;
mod made_up;
mod noref;
mod outcome;
mod scenario_table;
mod template;

use std::collections::{HashMap, HashSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use domain::{Bill, BillerId, FailureReason, Moment, ProductCode, Quote, TestNumbers, TrId};
use fail_points::{Point, pass};
use iak_protocol::ResponseCode;

use biller::{
    Biller, BillerPolicy, BoxFuture, InquiryError, InquiryRequest, PayError, PaymentRequest,
    Receipt, Reply, Status,
};
use fault::Fault;
use forms::Forms;
use journal::Journal;
use made_up::MadeUp;
use outcome::Outcome;

pub use active_scenarios::{Left, SLOW, Scenarios, Times};
pub use cases::{Case, cases};
pub use catalogue::{catalogue, cut_off};
pub use scenario_table::{Cause, Description, RequestScenario, Scenario, StoredScenario};

/// The biller number of the sandbox.
pub const BILLER_ID: BillerId = BillerId(1);

/// Waits for a time. The caller provides it, because this crate has no timer.
pub type Sleep = fn(Duration) -> BoxFuture<'static, ()>;

/// The settings of the sandbox.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Settings {
    /// The delay of every answer.
    pub latency: Duration,
    /// Whether an unknown number has a generated bill; otherwise it is code 14.
    pub made_up: bool,
    /// The seed of the generated bills: the same seed gives the same bills.
    pub seed: u64,
    /// How a pending payment ends.
    pub pending: PendingRule,
    /// Which scheme has priority for a number that belongs to both.
    pub scheme: Scheme,
    /// How its status answers are to be used.
    pub status: BillerPolicy,
}

/// No delay, no generated bills, pending payments wait for an operator, documented numbers first.
impl Default for Settings {
    fn default() -> Settings {
        Settings {
            latency: Duration::ZERO,
            made_up: false,
            seed: 1,
            pending: PendingRule::ByHand,
            scheme: Scheme::Documented,
            status: BillerPolicy::default(),
        }
    }
}

/// How a pending payment ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PendingRule {
    /// It stays pending.
    ByHand,
    /// It is paid.
    Success {
        /// The time after it began.
        after: Duration,
    },
    /// It fails with code 37.
    Failed {
        /// The time after it began.
        after: Duration,
    },
}

/// Which scheme has priority for a number that belongs to both, such as `8801234560001`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scheme {
    /// The documented numbers.
    Documented,
    /// The last four digits.
    LastFourDigits,
}

/// The sandbox biller.
pub struct Sandbox {
    settings: Settings,
    sleep: Sleep,
    products: HashMap<ProductCode, Documented>,
    forms: Forms,
    journal: Journal,
    scenarios: Arc<Scenarios>,
    /// Orders that came during maintenance; their numbers would give another answer. Like the
    /// scenarios they are lost when the process ends.
    turned_away: Mutex<HashSet<TrId>>,
}

/// The documented facts about a product.
struct Documented {
    name: Box<str>,
    outcomes: HashMap<Box<str>, Outcome>,
    /// The most digits of its customer numbers.
    digits: usize,
}

impl Sandbox {
    /// The sandbox with all documented numbers.
    pub fn new(settings: Settings, sleep: Sleep) -> Sandbox {
        let mut outcomes: HashMap<_, HashMap<_, _>> = HashMap::new();
        for case in cases() {
            let numbers = outcomes.entry(case.code).or_default();
            numbers.insert(
                case.hp,
                Outcome::of(case.inquiry, case.payment.unwrap_or(ResponseCode::Success)),
            );
        }
        let products = catalogue().into_iter().map(|product| {
            let outcomes = outcomes.remove(&product.code).unwrap_or_default();
            let digits = outcomes.keys().map(|hp| hp.len()).max().unwrap_or(usize::MAX);
            (product.code, Documented { name: product.name, outcomes, digits })
        });
        let (products, forms) = (products.collect(), Forms::read());
        let scenarios = Arc::default();
        let turned_away = Mutex::default();
        Sandbox {
            settings,
            sleep,
            products,
            forms,
            journal: Journal::open(),
            scenarios,
            turned_away,
        }
    }

    /// The scenarios for the next requests.
    pub fn scenarios(&self) -> Arc<Scenarios> {
        Arc::clone(&self.scenarios)
    }

    fn bill(&self, question: &InquiryRequest) -> Result<Bill, FailureReason> {
        let InquiryRequest { code, customer_no: hp, .. } = question;
        let customer = match self.listed(code, hp) {
            Some(Outcome::InquiryFails(reason)) => return Err(reason),
            Some(_) => None,
            None if self.settings.made_up && is_number(hp) => {
                Some(MadeUp::customer(self.settings.seed, code, hp))
            }
            None => return Err(FailureReason::CustomerUnknown),
        };
        let product = self.products.get(code);
        let product = product.map_or(code.as_str(), |documented| &documented.name);
        let form = self.forms.of(question.family, code, hp);
        form.bill(question, product, customer.as_ref())
    }

    fn receipt(&self, order: &PaymentRequest) -> Receipt {
        let inquiry = &order.inquiry;
        let form = self.forms.of(order.family, &inquiry.code, &inquiry.customer_no);
        form.receipt(order)
    }

    fn end_of_pending(&self, order: &PaymentRequest, now: Moment) -> Status {
        let elapsed = Duration::from_micros(now.micros_since(order.begun_at).unsigned_abs());
        match self.settings.pending {
            PendingRule::Success { after } if elapsed >= after => Status::Paid(self.receipt(order)),
            PendingRule::Failed { after } if elapsed >= after => {
                Status::Failed(FailureReason::PaymentFailed)
            }
            _ => Status::Pending,
        }
    }

    fn outcome(&self, code: &ProductCode, hp: &str) -> Outcome {
        self.listed(code, hp).unwrap_or(if self.settings.made_up && is_number(hp) {
            Outcome::Pays
        } else {
            Outcome::InquiryFails(FailureReason::CustomerUnknown)
        })
    }

    /// The outcome of a number in one of the schemes.
    fn listed(&self, code: &ProductCode, hp: &str) -> Option<Outcome> {
        let product = self.products.get(code);
        if !is_number(hp) || product.is_some_and(|product| hp.len() > product.digits) {
            return None;
        }
        let documented = || product?.outcomes.get(hp).copied();
        let last_four = || Outcome::of_last_four_digits(hp);
        let listed = match self.settings.scheme {
            Scheme::Documented => documented().or_else(last_four),
            Scheme::LastFourDigits => last_four().or_else(documented),
        };
        listed.or_else(|| Fault::of(hp).map(Outcome::Faults))
    }

    /// Takes a payment.
    async fn order(&self, order: &PaymentRequest) -> Result<Receipt, PayError> {
        self.journal.receive(order.inquiry.tr_id);
        pass(Point::PaymentReceived);
        self.take_its_time().await;
        if self.scenarios.happens(RequestScenario::Maintenance) {
            self.turned_away().insert(order.inquiry.tr_id);
            return Err(PayError::Refused(FailureReason::BillerMaintenance));
        }
        match self.outcome(&order.inquiry.code, &order.inquiry.customer_no) {
            Outcome::Pays if self.scenarios.happens(RequestScenario::LateSuccess) => {
                Err(PayError::InProcess)
            }
            Outcome::Pays => Ok(self.receipt(order)),
            Outcome::Pends => Err(PayError::InProcess),
            Outcome::Faults(fault) => fault.pay(self.receipt(order)),
            Outcome::InquiryFails(reason) | Outcome::PaymentFails(reason) => {
                Err(PayError::Refused(reason))
            }
        }
    }

    /// The state of a payment.
    async fn state_of(&self, order: &PaymentRequest, now: Moment) -> Status {
        self.delay().await;
        if !self.journal.has(order.inquiry.tr_id) {
            return Status::NotFound { is_final: true };
        }
        if self.turned_away().contains(&order.inquiry.tr_id) {
            return Status::Failed(FailureReason::BillerMaintenance);
        }
        match self.outcome(&order.inquiry.code, &order.inquiry.customer_no) {
            Outcome::Pays => Status::Paid(self.receipt(order)),
            Outcome::Pends => self.end_of_pending(order, now),
            Outcome::Faults(fault) => fault.status(self.receipt(order)),
            Outcome::InquiryFails(reason) | Outcome::PaymentFails(reason) => Status::Failed(reason),
        }
    }

    fn turned_away(&self) -> MutexGuard<'_, HashSet<TrId>> {
        self.turned_away.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Waits for the delay of an answer to an inquiry or a payment.
    async fn take_its_time(&self) {
        self.delay().await;
        if self.scenarios.happens(RequestScenario::SlowAnswer) {
            (self.sleep)(SLOW).await;
        }
    }

    async fn delay(&self) {
        if !self.settings.latency.is_zero() {
            (self.sleep)(self.settings.latency).await;
        }
    }
}

/// Whether it can be a customer number of any product.
fn is_number(hp: &str) -> bool {
    !hp.is_empty() && hp.bytes().all(|byte| byte.is_ascii_digit())
}

impl Biller for Sandbox {
    fn inquire<'a>(
        &'a self,
        question: &'a InquiryRequest,
    ) -> BoxFuture<'a, Reply<Result<Quote, InquiryError>>> {
        Box::pin(async move {
            self.take_its_time().await;
            if self.scenarios.happens(RequestScenario::Maintenance) {
                return Err(InquiryError::Refused(FailureReason::BillerMaintenance)).into();
            }
            self.bill(question).map(Quote::from).map_err(InquiryError::Refused).into()
        })
    }

    fn pay<'a>(
        &'a self,
        order: &'a PaymentRequest,
    ) -> BoxFuture<'a, Reply<Result<Receipt, PayError>>> {
        Box::pin(async move { self.order(order).await.into() })
    }

    fn status<'a>(
        &'a self,
        order: &'a PaymentRequest,
        now: Moment,
    ) -> BoxFuture<'a, Reply<Status>> {
        Box::pin(async move { self.state_of(order, now).await.into() })
    }

    fn policy(&self) -> BillerPolicy {
        self.settings.status
    }

    fn test_numbers(&self) -> TestNumbers {
        let numbers = |documented: &Documented| documented.outcomes.keys().cloned().collect();
        let by_product = self.products.iter();
        TestNumbers(by_product.map(|(code, of)| (code.clone(), numbers(of))).collect())
    }
}
