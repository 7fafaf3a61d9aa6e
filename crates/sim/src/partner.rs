//! The partners: they inquire, pay, pay again, query the status, and try what is forbidden.

use std::sync::Arc;
use std::time::Duration;

use domain::{FailureReason, PartnerId, ProductCode, RefId, State, TrId, Transaction};
use gateway::{Gateway, Request};
use store::CommandError;
use tokio::time::{sleep, timeout};

use crate::cluster::Cluster;
use crate::event::{Answer, Event, PartnerRequest};
use crate::plan::Fault;
use seeded_rng::SeededRng;

/// How long a partner waits for an answer, unless it disconnects.
const ANSWER_TIMEOUT: Duration = Duration::from_secs(30);

/// The products: one of each biller, and one with closing hours.
pub(crate) const PRODUCTS: [&str; 3] = ["BPJS", "PDAM", "PLNPOSTPAID"];

/// The product that is not sold for less than a biller takes.
pub(crate) const NOT_BELOW_COST: &str = PRODUCTS[2];

/// A partner's requests, one after another.
pub(crate) struct PartnerSession {
    pub(crate) cluster: Arc<Cluster>,
    pub(crate) partner: i64,
    pub(crate) rng: SeededRng,
    /// The session's part of a `ref_id`, and how many it has used.
    pub(crate) name: String,
    pub(crate) used: u64,
    /// The `ref_id`s of its bills, to be queried at the end.
    pub(crate) refs: Vec<Box<str>>,
}

impl PartnerSession {
    /// Buys until the run is over. Returns the `ref_id`s that it used.
    pub(crate) async fn run(mut self) -> Vec<Box<str>> {
        while !self.cluster.is_over() {
            let bought = self.buy().await;
            // After a refusal it waits until the cause may have changed.
            let pause = match bought {
                true => self.rng.pick(&[1..20, 1..2_000]).clone(),
                false => 1_000..300_000,
            };
            sleep(Duration::from_millis(self.rng.in_range(pause))).await;
        }
        self.refs
    }

    /// One bill from its inquiry to its end, as the partner sees it.
    async fn buy(&mut self) -> bool {
        self.used += 1;
        let ref_id: Box<str> = format!("{}-{}", self.name, self.used).into();
        // Some customers have bills with several partners, most with one.
        let customers = *self.rng.pick(&[40, 1_000_000]);
        let customer_no: Box<str> = format!("88{:06}", self.rng.in_range(0..customers)).into();
        let Some(tr_id) = self.inquire(&ref_id, &customer_no).await else { return false };
        if self.should_inject(Fault::ChangedReplay) {
            let customer_no = format!("99{:06}", self.rng.in_range(0..1_000_000)).into();
            self.ask(PartnerRequest::Inquire { ref_id: ref_id.clone(), customer_no }).await;
        }
        if self.should_inject(Fault::ForeignPayment) {
            let stranger = 1 + self.partner % (self.cluster.world.plan.partners as i64 + 1);
            self.ask_as(stranger, PartnerRequest::Pay { tr_id }).await;
        }
        if self.should_inject(Fault::Burst) {
            return self.burst(tr_id).await;
        }
        if self.rng.chance(400) {
            self.wait_for_a_round().await;
        }
        let mut answer = self.ask(PartnerRequest::Pay { tr_id }).await;
        for _ in 0..self.rng.in_range(0..4) {
            if answer.as_ref().is_some_and(is_final) && !self.rng.chance(100) {
                break;
            }
            sleep(Duration::from_millis(self.rng.in_range(1..8_000))).await;
            let again = match self.rng.in_range(0..2) {
                0 => PartnerRequest::Pay { tr_id },
                _ => PartnerRequest::Status { ref_id: ref_id.clone() },
            };
            answer = self.ask(again).await.or(answer);
        }
        !matches!(answer, Some(Answer::Refused { .. }))
    }

    /// Inquires until there is an answer.
    async fn inquire(&mut self, ref_id: &str, customer_no: &str) -> Option<i64> {
        self.refs.push(ref_id.into());
        if self.should_inject(Fault::RacingReplay) {
            let customer_no = format!("77{:06}", self.rng.in_range(0..1_000_000)).into();
            let (mut session, ask) = (
                self.concurrent(0),
                PartnerRequest::Inquire { ref_id: ref_id.into(), customer_no },
            );
            tokio::spawn(async move { session.ask(ask).await });
        }
        for _ in 0..4 {
            let ask =
                PartnerRequest::Inquire { ref_id: ref_id.into(), customer_no: customer_no.into() };
            if let Some(Answer::Bill { tr_id, .. }) = self.ask(ask).await {
                return Some(tr_id);
            }
            // Without an answer the inquiry may have been recorded.
            let state_answer = self.ask(PartnerRequest::Status { ref_id: ref_id.into() }).await;
            if let Some(Answer::State { tr_id, .. }) = state_answer {
                return Some(tr_id);
            }
            sleep(Duration::from_millis(self.rng.in_range(1..3_000))).await;
        }
        None
    }

    /// Waits for the next whole minute, as a partner does that pays its bills at fixed times. Many
    /// payments then come in one batch.
    async fn wait_for_a_round(&self) {
        const ROUND: u64 = 60_000;
        let elapsed = self.cluster.world.elapsed().as_millis() as u64;
        sleep(Duration::from_millis(ROUND - elapsed % ROUND)).await;
    }

    /// Pays one bill up to 64 times at once.
    async fn burst(&mut self, tr_id: i64) -> bool {
        let times = self.rng.in_range(2..65);
        let tasks: Vec<_> = (0..times)
            .map(|one| {
                let mut session = self.concurrent(one);
                tokio::spawn(async move { session.ask(PartnerRequest::Pay { tr_id }).await })
            })
            .collect();
        let mut bought = false;
        for task in tasks {
            bought |= matches!(task.await, Ok(Some(Answer::State { .. })));
        }
        bought
    }

    /// Queries the status of every transaction, now that all have ended.
    pub(crate) async fn query_all(mut self) {
        for ref_id in std::mem::take(&mut self.refs) {
            self.ask(PartnerRequest::Status { ref_id }).await;
        }
    }

    async fn ask(&mut self, ask: PartnerRequest) -> Option<Answer> {
        self.ask_as(self.partner, ask).await
    }

    /// Sends a request and waits for its answer, which may be lost.
    async fn ask_as(&mut self, partner: i64, ask: PartnerRequest) -> Option<Answer> {
        let cluster = Arc::clone(&self.cluster);
        let world = &cluster.world;
        let request = world.next_request();
        world.record(Event::Sent { request, partner, ask: ask.clone() });
        if self.should_inject(Fault::PartnerRequestLost) {
            sleep(ANSWER_TIMEOUT).await;
            return None;
        }
        let answer_timeout = match self.should_inject(Fault::PartnerHangsUp) {
            true => Duration::from_millis(self.rng.in_range(1..200)),
            false => ANSWER_TIMEOUT,
        };
        if !self.rng.chance(300) {
            sleep(Duration::from_millis(self.rng.in_range(1..8))).await;
        }
        let (gateway, power) = cluster.nodes.any(&mut self.rng)?;
        let answer = tokio::select! {
            biased;
            () = power.cancelled() => None,
            answer = timeout(answer_timeout, answer(&gateway, PartnerId(partner), ask)) => answer.ok(),
        }?;
        world.record(Event::Answered { request, answer: answer.clone() });
        if self.should_inject(Fault::PartnerAnswerLost) {
            return None;
        }
        if !self.rng.chance(300) {
            sleep(Duration::from_millis(self.rng.in_range(1..8))).await;
        }
        world.record(Event::Received { request });
        Some(answer)
    }

    fn should_inject(&mut self, fault: Fault) -> bool {
        self.cluster.world.should_inject(fault, &mut self.rng)
    }

    fn concurrent(&mut self, one: u64) -> PartnerSession {
        PartnerSession {
            cluster: Arc::clone(&self.cluster),
            partner: self.partner,
            rng: SeededRng::of(self.rng.next_u64(), &[one]),
            name: String::new(),
            used: 0,
            refs: Vec::new(),
        }
    }
}

/// Calls the gateway. Returns its answer in the log's form.
async fn answer(gateway: &Gateway, partner: PartnerId, ask: PartnerRequest) -> Answer {
    match ask {
        PartnerRequest::Inquire { ref_id, customer_no } => {
            let Ok(ref_id) = RefId::new(&ref_id) else { return Answer::Unknown };
            let product =
                PRODUCTS[usize::from(customer_no.as_bytes().last().copied().unwrap_or(0)) % 3];
            let Ok(code) = ProductCode::new(product) else { return Answer::Unknown };
            let (month, year, identity, amount) = (Some(1), None, None, None);
            let request =
                Request { partner, ref_id, code, customer_no, month, year, identity, amount };
            match gateway.inquire(request).await {
                Ok(Transaction { inquiry, .. }) => {
                    let (tr_id, price) = (inquiry.tr_id.0, inquiry.price.selling_price.get());
                    Answer::Bill { tr_id, price }
                }
                Err(CommandError::Refused(no_bill)) => {
                    Answer::Refused { why: no_bill.to_string().into() }
                }
                Err(CommandError::Store(_)) => Answer::Unknown,
            }
        }
        PartnerRequest::Pay { tr_id } => match gateway.pay(partner, TrId(tr_id)).await {
            Ok(paid) => state_answer(&paid.transaction),
            Err(CommandError::Refused(not_begun)) => {
                Answer::Refused { why: not_begun.to_string().into() }
            }
            Err(CommandError::Store(_)) => Answer::Unknown,
        },
        PartnerRequest::Status { ref_id } => {
            let Ok(ref_id) = RefId::new(&ref_id) else { return Answer::Unknown };
            match gateway.status(partner, &ref_id).await {
                Ok(Some(transaction)) => state_answer(&transaction),
                Ok(None) => Answer::Refused { why: "there is no such transaction".into() },
                Err(_) => Answer::Unknown,
            }
        }
    }
}

fn state_answer(transaction: &Transaction) -> Answer {
    let (inquiry, state) = (&transaction.inquiry, transaction.state());
    let payment = transaction.payment.as_ref();
    Answer::State {
        tr_id: inquiry.tr_id.0,
        ref_id: inquiry.ref_id.as_str().into(),
        state: state.name(),
        receipt_no: payment.map_or_else(Box::default, |payment| payment.receipt_no.clone()),
        reason: payment.and_then(|payment| payment.reason).map(FailureReason::name),
        balance: payment.filter(|_| State::is_final(state)).map(|payment| payment.balance.get()),
    }
}

fn is_final(answer: &Answer) -> bool {
    matches!(answer, Answer::State { state: "paid" | "failed", .. })
}
