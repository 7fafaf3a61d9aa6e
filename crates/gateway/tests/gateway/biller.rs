//! A biller that follows a script and counts its calls.

use std::sync::Mutex;
use std::sync::atomic::Ordering::SeqCst;
use std::sync::atomic::{AtomicI64, AtomicU32};
use std::time::Duration;

use biller::{
    Biller, BillerPolicy, BoxFuture, InquiryError, InquiryRequest, PayError, PaymentRequest,
    Receipt, Reply, Status,
};
use domain::{Bill, FailureReason, Moment, Quote, Rupiah};

/// What it takes for each bill.
pub(crate) const COST: i64 = 49_300;

pub(crate) type Extra = (Option<u32>, Option<u16>, Option<Box<str>>, Option<Rupiah>);

/// The answers of the biller.
#[derive(Clone)]
pub(crate) struct Script {
    /// The answer to a payment.
    pub(crate) pay: Result<Receipt, PayError>,
    /// Panics instead of answering.
    pub(crate) panics: bool,
    /// The delay of a payment's answer.
    pub(crate) delay: Duration,
    /// The answer to a status query.
    pub(crate) status: Status,
    /// Its policy.
    pub(crate) rules: BillerPolicy,
}

impl Default for Script {
    fn default() -> Script {
        let receipt = Receipt { receipt_no: "148732328035714773".into(), details: None };
        Script {
            pay: Ok(receipt.clone()),
            panics: false,
            delay: Duration::ZERO,
            status: Status::Paid(receipt),
            rules: BillerPolicy::default(),
        }
    }
}

pub(crate) struct CountingBiller {
    script: Mutex<Script>,
    refuse: Mutex<Option<FailureReason>>,
    /// What its bills have on top, in rupiah.
    raised_by: AtomicI64,
    pub(crate) inquiries: AtomicU32,
    /// What each inquiry had beside the customer's number: month, year, identity number and amount.
    pub(crate) asked: Mutex<Vec<Extra>>,
    pub(crate) pays: AtomicU32,
    /// Runs while it is asked to pay.
    pub(crate) during_pay: Mutex<Option<Box<dyn Fn() + Send>>>,
    pub(crate) asks: AtomicU32,
    /// The handles that were presented, in payments and in status queries.
    pub(crate) presented: Mutex<Vec<Option<Box<str>>>>,
    /// Status queries running now, and the highest number so far.
    asking: AtomicU32,
    pub(crate) most_asking: AtomicU32,
}

impl CountingBiller {
    pub(crate) fn new(script: Script) -> CountingBiller {
        CountingBiller {
            script: Mutex::new(script),
            refuse: Mutex::new(None),
            raised_by: AtomicI64::new(0),
            inquiries: AtomicU32::new(0),
            asked: Mutex::default(),
            pays: AtomicU32::new(0),
            during_pay: Mutex::default(),
            asks: AtomicU32::new(0),
            presented: Mutex::default(),
            asking: AtomicU32::new(0),
            most_asking: AtomicU32::new(0),
        }
    }

    pub(crate) fn refuse_inquiries(&self, reason: Option<FailureReason>) {
        *self.refuse.lock().unwrap() = reason;
    }

    /// Its bills are higher than those of other billers from now on.
    pub(crate) fn raise_nominal(&self, by: i64) {
        self.raised_by.store(by, SeqCst);
    }

    pub(crate) fn set_pay(&self, pay: Result<Receipt, PayError>) {
        self.script.lock().unwrap().pay = pay;
    }

    pub(crate) fn set_status(&self, status: Status) {
        self.script.lock().unwrap().status = status;
    }

    fn present(&self, order: &PaymentRequest) {
        self.presented.lock().unwrap().push(order.inquiry.biller_reference.clone());
    }

    /// Answers status queries with `status` from now on, and waits for `times` queries.
    pub(crate) async fn answer_status(&self, status: Status, times: u32) {
        self.set_status(status);
        let asked = self.asks.load(SeqCst);
        while self.asks.load(SeqCst) < asked + times {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
    }
}

impl Biller for CountingBiller {
    /// Each inquiry has a handle of its own: `Q1`, `Q2` …
    fn inquire<'a>(
        &'a self,
        request: &'a InquiryRequest,
    ) -> BoxFuture<'a, Reply<Result<Quote, InquiryError>>> {
        let InquiryRequest { month, year, identity, amount, .. } = request.clone();
        self.asked.lock().unwrap().push((month, year, identity, amount));
        let number = self.inquiries.fetch_add(1, SeqCst) + 1;
        let refused = *self.refuse.lock().unwrap();
        let bill = Bill {
            customer_name: "VERGIE".into(),
            period: "02".into(),
            nominal: Rupiah::new(50_000 + self.raised_by.load(SeqCst)),
            sheets: 1,
            details: "[]".into(),
        };
        let (biller_reference, cost) = (Some(format!("Q{number}").into()), Some(Rupiah::new(COST)));
        let quote = Quote { bill, biller_reference, cost, admin: None };
        let answer = refused.map_or(Ok(quote), |why| Err(InquiryError::Refused(why)));
        Box::pin(async move { answer.into() })
    }

    fn pay<'a>(
        &'a self,
        order: &'a PaymentRequest,
    ) -> BoxFuture<'a, Reply<Result<Receipt, PayError>>> {
        self.pays.fetch_add(1, SeqCst);
        self.during_pay.lock().unwrap().iter().for_each(|work| work());
        self.present(order);
        let Script { pay, panics, delay, .. } = self.script.lock().unwrap().clone();
        Box::pin(async move {
            tokio::time::sleep(delay).await;
            assert!(!panics, "as the script says");
            pay.into()
        })
    }

    fn status<'a>(&'a self, order: &'a PaymentRequest, _: Moment) -> BoxFuture<'a, Reply<Status>> {
        self.asks.fetch_add(1, SeqCst);
        self.present(order);
        let status = self.script.lock().unwrap().status.clone();
        Box::pin(async move {
            let asking = self.asking.fetch_add(1, SeqCst) + 1;
            self.most_asking.fetch_max(asking, SeqCst);
            tokio::task::yield_now().await;
            self.asking.fetch_sub(1, SeqCst);
            status.into()
        })
    }

    fn policy(&self) -> BillerPolicy {
        self.script.lock().unwrap().rules
    }
}
