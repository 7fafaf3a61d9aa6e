//! The sandbox biller: it pays nothing and answers to the letter what the public reference shows.
//!
//! What it answers is a function of the product, the customer's number and the settings:
//!
//! 1. A documented number has its documented outcome and bill ([`cases`]).
//! 2. The last four digits may say the outcome: `0RRR` is response code RRR of the inquiry and `1RRR`
//!    of the payment, so that `0000` succeeds. Only documented response codes count.
//! 3. The last eight digits `99999001` to `99999006` stand for a biller that loses a payment, answers
//!    for another one, or changes its mind.
//! 4. Any other number is code 14, or owes a bill made up from a seed.
//!
//! A number is made of digits alone, and one whose last digits say something has no more of them than the
//! documented numbers of its product. What is no number is code 14, whatever it ends in.
//!
//! [`Settings::scheme`] says which of the first two is asked first. An order is taken as received: the
//! status of a number that pays is paid, however often and whenever it is asked. Only what stands in
//! [`Scenarios`] makes the next requests go another way.
//!
//! PLN's hours are left out of the [`catalogue`], so that the sandbox works around the clock.
//! [`cut_off`] has them, for those who want to try them.

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
mod scenarios;
mod template;

use std::collections::{HashMap, HashSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use domain::{Bill, BillerId, FailureCode, Moment, ProductCode, TestNumbers, TrId};
use fail_points::{Point, pass};

use biller::{
    Biller, BillerPolicy, BoxFuture, InquiryError, InquiryRequest, PayError, PaymentRequest,
    Receipt, Status,
};
use fault::Fault;
use forms::Forms;
use journal::Journal;
use made_up::MadeUp;
use outcome::Outcome;

pub use cases::{Case, cases};
pub use catalogue::{catalogue, cut_off};
pub use scenarios::{Left, SLOW, Scenario, Scenarios, Times};

/// The number of the sandbox among the billers.
pub const BILLER_ID: BillerId = BillerId(1);

/// Waits for a time. Who runs the sandbox says how, as this crate has no timer.
pub type Sleep = fn(Duration) -> BoxFuture<'static, ()>;

const INCORRECT_DESTINATION_NUMBER: FailureCode = FailureCode(14);
const PAYMENT_FAILED: FailureCode = FailureCode(37);
const MAINTENANCE: FailureCode = FailureCode(110);

/// How the sandbox behaves.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Settings {
    /// How long every answer takes.
    pub latency: Duration,
    /// Whether a number that is in no list owes a made-up bill; else it is code 14.
    pub made_up: bool,
    /// What the made-up bills are made from: the same seed makes the same bills.
    pub seed: u64,
    /// How a pending payment ends.
    pub pending: PendingRule,
    /// Which scheme decides where a number belongs to both.
    pub scheme: Scheme,
    /// What its answers about the status are worth.
    pub status: BillerPolicy,
}

/// No delay, nothing made up, pending payments wait for an operator, the documented numbers first.
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
    /// Not by itself.
    ByHand,
    /// It is paid.
    Success {
        /// How long after it began.
        after: Duration,
    },
    /// It fails with code 37.
    Failed {
        /// How long after it began.
        after: Duration,
    },
}

/// Which scheme decides where a number belongs to both, such as `8801234560001`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scheme {
    /// The documented numbers.
    Documented,
    /// The last four digits.
    LastFourDigits,
}

/// The biller that pays nothing.
pub struct Sandbox {
    settings: Settings,
    sleep: Sleep,
    products: HashMap<ProductCode, Documented>,
    forms: Forms,
    journal: Journal,
    scenarios: Arc<Scenarios>,
    /// Orders that came in a maintenance, whose numbers would say otherwise. Like the scenarios they are
    /// forgotten with the process.
    turned_away: Mutex<HashSet<TrId>>,
}

/// What is documented about a product.
struct Documented {
    name: Box<str>,
    outcomes: HashMap<Box<str>, Outcome>,
    /// How many digits its numbers have at most.
    digits: usize,
}

impl Sandbox {
    /// The sandbox with all documented numbers.
    pub fn new(settings: Settings, sleep: Sleep) -> Sandbox {
        let mut outcomes: HashMap<_, HashMap<_, _>> = HashMap::new();
        for case in cases() {
            let numbers = outcomes.entry(case.code).or_default();
            numbers.insert(case.hp, Outcome::of(case.inquiry, case.payment));
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

    /// What can be made to happen to the next requests.
    pub fn scenarios(&self) -> Arc<Scenarios> {
        Arc::clone(&self.scenarios)
    }

    fn bill(&self, question: &InquiryRequest) -> Result<Bill, FailureCode> {
        let InquiryRequest { code, customer_no: hp, .. } = question;
        let customer = match self.listed(code, hp) {
            Some(Outcome::InquiryFails(reason)) => return Err(reason),
            Some(_) => None,
            None if self.settings.made_up && is_number(hp) => {
                Some(MadeUp::customer(self.settings.seed, code, hp))
            }
            None => return Err(INCORRECT_DESTINATION_NUMBER),
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
            PendingRule::Failed { after } if elapsed >= after => Status::Failed(PAYMENT_FAILED),
            _ => Status::Pending,
        }
    }

    fn outcome(&self, code: &ProductCode, hp: &str) -> Outcome {
        self.listed(code, hp).unwrap_or(if self.settings.made_up && is_number(hp) {
            Outcome::Pays
        } else {
            Outcome::InquiryFails(INCORRECT_DESTINATION_NUMBER)
        })
    }

    /// What one of the schemes says about a number.
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

    fn turned_away(&self) -> MutexGuard<'_, HashSet<TrId>> {
        self.turned_away.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Waits as long as an answer to an inquiry or a payment takes.
    async fn take_its_time(&self) {
        self.delay().await;
        if self.scenarios.happens(Scenario::SlowAnswer) {
            (self.sleep)(SLOW).await;
        }
    }

    async fn delay(&self) {
        if !self.settings.latency.is_zero() {
            (self.sleep)(self.settings.latency).await;
        }
    }
}

/// Whether it may be a customer's number at all, of any product.
fn is_number(hp: &str) -> bool {
    !hp.is_empty() && hp.bytes().all(|byte| byte.is_ascii_digit())
}

impl Biller for Sandbox {
    fn inquire<'a>(
        &'a self,
        question: &'a InquiryRequest,
    ) -> BoxFuture<'a, Result<Bill, InquiryError>> {
        Box::pin(async move {
            self.take_its_time().await;
            if self.scenarios.happens(Scenario::Maintenance) {
                return Err(InquiryError::Refused(MAINTENANCE));
            }
            self.bill(question).map_err(InquiryError::Refused)
        })
    }

    fn pay<'a>(&'a self, order: &'a PaymentRequest) -> BoxFuture<'a, Result<Receipt, PayError>> {
        Box::pin(async move {
            self.journal.receive(order.inquiry.tr_id);
            pass(Point::PaymentReceived);
            self.take_its_time().await;
            if self.scenarios.happens(Scenario::Maintenance) {
                self.turned_away().insert(order.inquiry.tr_id);
                return Err(PayError::Refused(MAINTENANCE));
            }
            match self.outcome(&order.inquiry.code, &order.inquiry.customer_no) {
                Outcome::Pays if self.scenarios.happens(Scenario::LateSuccess) => {
                    Err(PayError::InProcess)
                }
                Outcome::Pays => Ok(self.receipt(order)),
                Outcome::Pends => Err(PayError::InProcess),
                Outcome::Faults(fault) => fault.pay(self.receipt(order)),
                Outcome::InquiryFails(reason) | Outcome::PaymentFails(reason) => {
                    Err(PayError::Refused(reason))
                }
            }
        })
    }

    fn status<'a>(&'a self, order: &'a PaymentRequest, now: Moment) -> BoxFuture<'a, Status> {
        Box::pin(async move {
            self.delay().await;
            if !self.journal.has(order.inquiry.tr_id) {
                return Status::NotFound { is_final: true };
            }
            if self.turned_away().contains(&order.inquiry.tr_id) {
                return Status::Failed(MAINTENANCE);
            }
            match self.outcome(&order.inquiry.code, &order.inquiry.customer_no) {
                Outcome::Pays => Status::Paid(self.receipt(order)),
                Outcome::Pends => self.end_of_pending(order, now),
                Outcome::Faults(fault) => fault.status(self.receipt(order)),
                Outcome::InquiryFails(reason) | Outcome::PaymentFails(reason) => {
                    Status::Failed(reason)
                }
            }
        })
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
